package localswift

import (
	"encoding/json"
	"net/http"
)

// info answers /info with what this endpoint really does and its limits, in
// the form of the server it stands for.
func (q *request) info() error {
	if q.r.Method != http.MethodGet && (q.r.Method != http.MethodHead || q.s.opt.Personality == RGW) {
		return errMethod
	}
	body, err := json.Marshal(q.s.opt.Personality.capabilities(q.s.opt.MaxObject))
	if err != nil {
		return err
	}
	q.answer(http.StatusOK, "application/json; charset=UTF-8", string(body))
	return nil
}

type object = map[string]any

func (p Personality) capabilities(maxObject int64) object {
	if p == RGW {
		return object{
			"bulk_delete":      object{},
			"container_quotas": object{},
			"account_quotas":   object{},
			"swift": object{
				"max_file_size": maxObject, "container_listing_limit": listingLimit, "version": "16.2.15",
				"policies":         []object{{"default": true, "name": "default-placement"}},
				"strict_cors_mode": true, "max_object_name_size": maxObjectName, "max_container_name_length": 255,
			},
			"tempurl":  object{"methods": tempURLMethods},
			"slo":      object{"max_manifest_segments": maxSegments},
			"tempauth": object{"account_acls": true},
		}
	}
	return object{
		"swift": object{
			"version": "2.30.1", "max_file_size": maxObject,
			"account_listing_limit": listingLimit, "container_listing_limit": listingLimit,
			"max_account_name_length": maxAccountName, "max_container_name_length": maxContainerName, "max_object_name_length": maxObjectName,
			"max_meta_name_length": maxMetaName, "max_meta_value_length": maxMetaValue,
			"max_meta_count": maxMetaCount, "max_meta_overall_size": maxMetaTotal, "max_header_size": maxHeaderValue,
			"account_autocreate": true, "allow_account_management": true, "strict_cors_mode": true,
			"policies": []object{{"default": true, "name": policyName, "aliases": policyName}},
		},
		"slo": object{
			"max_manifest_segments": maxSegments, "max_manifest_size": maxManifestSize, "min_segment_size": 1,
			"yield_frequency": 10, "allow_async_delete": false,
		},
		"bulk_delete":      object{"max_deletes_per_request": maxBulkOpenStack, "max_failed_deletes": 1000},
		"container_quotas": object{},
		"account_quotas":   object{},
		"tempauth":         object{"account_acls": true},
		"tempurl": object{
			"methods": tempURLMethods, "allowed_digests": []string{"sha1", "sha256", "sha512"}, "deprecated_digests": []string{"sha1"},
			"incoming_remove_headers": []string{"x-timestamp", "x-open-expired"}, "incoming_allow_headers": []string{},
			"outgoing_remove_headers": []string{"x-object-meta-*"}, "outgoing_allow_headers": []string{"x-object-meta-public-*"},
		},
	}
}

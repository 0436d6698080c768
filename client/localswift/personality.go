package localswift

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Personality is the server whose answers are given where servers differ.
type Personality int

const (
	// OpenStack answers as OpenStack Swift 2.30 with tempauth.
	OpenStack Personality = iota
	// RGW answers as Ceph RADOS Gateway 16.2.
	RGW
)

// String is "openstack" or "rgw".
func (p Personality) String() string {
	if p == RGW {
		return "rgw"
	}
	return "openstack"
}

func (p Personality) maxObject() int64 {
	if p == RGW {
		return maxObjectRGW
	}
	return maxObjectOpenStack
}

// root is what comes before /v1 and /info. RGW has the S3 interface at the root.
func (p Personality) root() string {
	if p == RGW {
		return "/swift"
	}
	return ""
}

// isAuth tells whether a path is for signing in. RGW takes everything below
// /auth. tempauth knows /auth/v1.0; the bare /auth/, which clients of gateways
// use, is taken as well.
func (p Personality) isAuth(path string) bool {
	if p == RGW {
		return path == "/auth" || strings.HasPrefix(path, "/auth/")
	}
	switch strings.TrimSuffix(path, "/") {
	case "/auth", "/auth/v1", "/auth/v1.0":
		return true
	}
	return false
}

func (p Personality) healthy() (kind, body string) {
	if p == RGW {
		return "application/xml", ""
	}
	return "text/plain", "OK"
}

// stranger answers a path outside the Swift interface.
func (p Personality) stranger(q *request) error {
	if p == RGW {
		q.w.Header().Set("x-amz-request-id", q.trans)
		q.answer(http.StatusNotFound, "application/xml", `<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchBucket</Code><RequestId>`+
			q.trans+`</RequestId><HostId>localswift</HostId></Error>`)
		return nil
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(q.r.URL.Path, "/"), "/")
	if len(first) > 1 && first[0] == 'v' && first[1] > '1' && first[1] <= '9' {
		return fail(http.StatusBadRequest, "") // a version there is not
	}
	return errBadURL
}

// errBadURL is OpenStack's answer to a path that is none of its own.
var errBadURL = failText(http.StatusPreconditionFailed, "NoSuchKey", "Bad URL")

// badPath is the answer to a path that is no UTF-8 or has a NUL in it.
func (p Personality) badPath() error {
	if p == RGW {
		return fail(http.StatusBadRequest, "InvalidObjectName")
	}
	return failText(http.StatusPreconditionFailed, "", "Invalid UTF8 or contains NULL")
}

// checkContainer refuses impossible container names: RGW on every verb,
// OpenStack only when one is created.
func (p Personality) checkContainer(name string, create bool) error {
	if p == RGW {
		if n := len(name); n < 3 || n > 255 || name[0] == '.' {
			return fail(http.StatusBadRequest, "InvalidBucketName")
		}
		return nil
	}
	if create && len(name) > maxContainerName {
		return failText(http.StatusBadRequest, "", fmt.Sprintf("Container name length of %d longer than %d", len(name), maxContainerName))
	}
	return nil
}

// checkObject refuses object names that are too long.
func (p Personality) checkObject(name string) error {
	if len(name) > maxObjectName {
		return failPlain(http.StatusBadRequest, "InvalidObjectName", fmt.Sprintf("Object name length of %d longer than %d", len(name), maxObjectName))
	}
	if !utf8.ValidString(name) {
		return p.badPath()
	}
	return nil
}

// tooLarge is the answer to a body over the limit.
func (p Personality) tooLarge() error {
	if p == RGW {
		return fail(http.StatusBadRequest, "EntityTooLarge")
	}
	return failPlain(http.StatusRequestEntityTooLarge, "", "Your request is too large.")
}

// limit reads the limit of a listing of containers (account) or objects. RGW
// cuts an object listing's explicit limit to 1,000 without a word, and gives
// nothing for 0 and less.
func (p Personality) limit(text string, account bool) (int, error) {
	if text == "" {
		return listingLimit, nil
	}
	n, err := strconv.Atoi(text)
	if p == RGW {
		switch {
		case err != nil:
			return 0, fail(http.StatusBadRequest, "InvalidArgument")
		case account && n > listingLimit:
			return 0, fail(http.StatusPreconditionFailed, "PreconditionFailed")
		case !account:
			n = min(n, 1000)
		}
		return max(n, 0), nil
	}
	if err != nil || n < 0 {
		return listingLimit, nil // Swift ignores what is no number
	}
	if n > listingLimit {
		return 0, failText(http.StatusPreconditionFailed, "", fmt.Sprintf("Maximum limit is %d", listingLimit))
	}
	return n, nil
}

// defaultType is the Content-Type of an object stored without one, when its
// name's suffix says nothing.
func (p Personality) defaultType() string {
	if p == RGW {
		return "binary/octet-stream"
	}
	return "application/octet-stream"
}

// otherMethod is the answer to a method there is not.
func (p Personality) otherMethod(method string) error {
	if p == RGW && method == http.MethodOptions {
		return fail(http.StatusBadRequest, "InvalidArgument") // seen: it wants an Origin
	}
	return errMethod
}

// metaName is the form in which a metadata header's name comes back. Neither
// server keeps an underscore: on the way to both it is lost among the dashes.
func (p Personality) metaName(name string) string {
	return http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
}

// shows tells whether everybody may see a container's header that OpenStack
// shows to owners only: RGW's access lists are no secret.
func (p Personality) shows(header string) bool {
	return p == RGW && (header == readACL || header == writeACL)
}

// listed is how a time is written in JSON listings.
func (p Personality) listed(t stamp) string {
	if p == RGW {
		return t.time().Format("2006-01-02T15:04:05.000Z")
	}
	return t.time().Format("2006-01-02T15:04:05.000000")
}

// typeParameter is a Content-Type's parameter as Swift's listings read it
// (swift/common/utils, _rfc_extension_pattern).
var typeParameter = regexp.MustCompile(`\s*;\s*([^()<>@,;:"/\[\]?={}\x00-\x20\x7f]+)\s*(?:=\s*([^()<>@,;:"/\[\]?={}\x00-\x20\x7f]+|"(?:[^"\\]|\\.)*"))?`)

// listedType is a Content-Type as listings show it. OpenStack takes it apart
// and puts it together again: spaces around ";" go, and an unquoted value ends
// where a character comes that would need quotes (tag=v/1 is listed as tag=v).
func (p Personality) listedType(kind string) string {
	main, params, ok := strings.Cut(kind, ";")
	if p == RGW || !ok {
		return kind
	}
	var b strings.Builder
	b.WriteString(main)
	for _, m := range typeParameter.FindAllStringSubmatch(";"+params, -1) {
		b.WriteString(";" + m[1] + "=" + m[2])
	}
	return b.String()
}

// etagName is how the ETag header of a PUT is spelled.
func (p Personality) etagName() string {
	if p == RGW {
		return "etag"
	}
	return "Etag"
}

// sameETag compares an ETag request header with the MD5 of what came.
// OpenStack takes it with quotes, too.
func (p Personality) sameETag(header, etag string) bool {
	if p != RGW {
		header = strings.Trim(header, `"`)
	}
	return header == "" || header == etag
}

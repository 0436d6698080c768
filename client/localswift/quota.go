package localswift

import (
	"errors"
	"net/http"
	"strconv"
)

// The headers of a container's quota.
const (
	quotaBytes = "X-Container-Meta-Quota-Bytes"
	quotaCount = "X-Container-Meta-Quota-Count"
)

// checkQuota refuses size bytes more in a container that has no room for them.
// As on the real servers the object that is replaced still counts.
func (q *request) checkQuota(from querier, c *containerRow, size int64) error {
	full := failText(http.StatusRequestEntityTooLarge, "QuotaExceeded", "Upload exceeds quota.")
	if most, ok := quota(c.headers, quotaBytes); ok && c.bytes+size > most {
		return full
	}
	if most, ok := quota(c.headers, quotaCount); ok && c.objects+1 > most {
		return full
	}
	a, err := getAccount(q.contextFor(from), from, c.owner)
	if errors.Is(err, errNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	if most, ok := quota(a.headers, "X-Account-Meta-Quota-Bytes"); ok && a.bytes+size > most && !(q.user != nil && q.user.Reseller) {
		return full
	}
	return nil
}

func quota(f fields, name string) (int64, bool) {
	n, err := strconv.ParseInt(f[name], 10, 64)
	return n, err == nil
}

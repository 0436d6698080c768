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
	return q.checkAccountQuota(from, c.owner, size, full)
}

// checkAccountQuota adds the account up only when it has a quota: that is dear,
// and this happens twice a PUT.
func (q *request) checkAccountQuota(from querier, account string, size int64, full error) error {
	if q.user != nil && q.user.Reseller {
		return nil
	}
	ctx := q.contextFor(from)
	var headers fields
	err := from.QueryRowContext(ctx, "SELECT headers FROM account WHERE name = ?", account).Scan(&headers)
	if errors.Is(err, errNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	most, ok := quota(headers, "X-Account-Meta-Quota-Bytes")
	if !ok {
		return nil
	}
	a, err := getAccount(ctx, from, account)
	if err != nil {
		return err
	}
	if a.bytes+size > most {
		return full
	}
	return nil
}

func quota(f fields, name string) (int64, bool) {
	n, err := strconv.ParseInt(f[name], 10, 64)
	return n, err == nil
}

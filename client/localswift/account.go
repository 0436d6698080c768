package localswift

import (
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// serveAccount answers requests for the account itself. Accounts exist as soon
// as somebody asks for one he owns.
func (q *request) serveAccount() error {
	if q.s.opt.Personality == RGW && q.user == nil {
		return errNoObject // seen: 404, not 401
	}
	var n need
	var do func() error
	switch q.r.Method {
	case http.MethodGet, http.MethodHead:
		n, do = readAccount, q.getAccount
	case http.MethodPost:
		n, do = changeAccount, q.postAccount
	case http.MethodPut:
		n, do = ownAccount, q.postAccount
	case http.MethodDelete:
		n, do = ownAccount, q.deleteAccount
	default:
		n, do = readAccount, func() error { return errMethod }
	}
	if q.s.opt.Personality == RGW && q.r.Method == http.MethodDelete {
		return errMethod
	}
	if err := q.authorize(q.account, "", n); err != nil {
		return err
	}
	return do()
}

func (q *request) getAccount() error {
	a, err := getAccount(q.ctx, q.store.read, q.account)
	if errors.Is(err, errNoRow) {
		a, err = &accountRow{name: q.account, created: stampOf(q.now)}, nil
	}
	if err != nil {
		return err
	}
	h := q.w.Header()
	h.Set("X-Account-Container-Count", strconv.FormatInt(a.containers, 10))
	h.Set("X-Account-Object-Count", strconv.FormatInt(a.objects, 10))
	h.Set("X-Account-Bytes-Used", strconv.FormatInt(a.bytes, 10))
	h.Set("X-Timestamp", timestamp(a.created))
	if q.s.opt.Personality != RGW {
		const policy = "X-Account-Storage-Policy-Policy-0-"
		h.Set(policy+"Container-Count", strconv.FormatInt(a.containers, 10))
		h.Set(policy+"Object-Count", strconv.FormatInt(a.objects, 10))
		h.Set(policy+"Bytes-Used", strconv.FormatInt(a.bytes, 10))
		h.Set("Accept-Ranges", "bytes")
	}
	q.showMetadata(a.headers)
	if q.r.Method == http.MethodHead {
		return q.headListing()
	}
	l, err := q.listing(true)
	if err != nil {
		return err
	}
	prefix := ""
	if q.s.opt.Personality == RGW { // seen: the limit counts before the prefix picks
		prefix, l.prefix = l.prefix, ""
	}
	return q.sendListing(l, "account", a.name, func(emit func(entry) error) error {
		return q.store.eachContainer(q.ctx, a.id, l, func(e entry) error {
			if !strings.HasPrefix(e.name, prefix) {
				return nil
			}
			return emit(e)
		})
	})
}

func (q *request) postAccount() error {
	p := q.s.opt.Personality
	h := q.r.Header
	if err := checkMetadata(p, h, "Account"); err != nil {
		return err
	}
	if !q.owner {
		return q.denied()
	}
	for _, name := range []string{"X-Account-Meta-Quota-Bytes", "X-Remove-Account-Meta-Quota-Bytes"} {
		if v, ok := h[name]; ok {
			if !q.user.Reseller {
				return fail(http.StatusForbidden, "AccessDenied")
			}
			if _, err := strconv.ParseUint(v[0], 10, 63); v[0] != "" && err != nil {
				return failText(http.StatusBadRequest, "InvalidArgument", "Invalid bytes quota.")
			}
		}
	}
	if v := h.Get(accountACL); v != "" {
		if _, err := parseGrants(v); err != nil {
			return err
		}
	}
	created := false
	err := q.store.update(func(tx *sql.Tx) error {
		_, err := getAccount(background, tx, q.account)
		created = errors.Is(err, errNoRow)
		a, err := makeAccount(tx, q.account, stampOf(q.now))
		if err != nil {
			return err
		}
		merged := mergeMetadata(p, a.headers, h, "Account", accountACL)
		_, err = tx.Exec("UPDATE account SET headers = ? WHERE id = ?", []byte(merged.text()), a.id)
		return err
	})
	switch {
	case err != nil:
		return err
	case q.r.Method == http.MethodPost:
		q.done(http.StatusNoContent)
	case created:
		q.done(http.StatusCreated)
	default:
		q.done(http.StatusAccepted)
	}
	return nil
}

// deleteAccount removes an empty account; resellers only, as with tempauth.
func (q *request) deleteAccount() error {
	err := q.store.update(func(tx *sql.Tx) error {
		a, err := getAccount(background, tx, q.account)
		switch {
		case err != nil:
			return err
		case a.containers > 0:
			return fail(http.StatusConflict, "AccountNotEmpty")
		}
		_, err = tx.Exec("DELETE FROM account WHERE id = ?", a.id)
		return err
	})
	if err != nil {
		return err
	}
	q.done(http.StatusNoContent)
	return nil
}

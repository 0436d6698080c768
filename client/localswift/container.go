package localswift

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// policyName is the one storage policy there is.
const policyName = "Policy-0"

// findContainer looks a container up where the personality looks.
func (q *request) findContainer(from querier, account, name string) (*containerRow, error) {
	if q.s.opt.Personality == RGW {
		account = ""
	}
	c, err := getContainer(q.contextFor(from), from, account, name)
	if errors.Is(err, errNoRow) {
		return nil, errNoContainer
	}
	return c, err
}

// contextFor is the request's context for reading, and one without an end
// within a transaction, which the request shares with others.
func (q *request) contextFor(from querier) context.Context {
	if _, ok := from.(*sql.Tx); ok {
		return background
	}
	return q.ctx
}

// enter returns a container once the request's sender has been let in. On
// OpenStack a container that does not exist is, to a stranger, one he may not
// see; RGW tells.
func (q *request) enter(account, name string, n need) (*containerRow, error) {
	if err := q.s.opt.Personality.checkContainer(name, false); err != nil {
		return nil, err
	}
	c, err := q.findContainer(q.store.read, account, name)
	if err != nil && (!errors.Is(err, errNoContainer) || q.s.opt.Personality == RGW) {
		return nil, err
	}
	list := ""
	if c != nil {
		account, list = c.owner, c.headers[n.list()]
	}
	if denied := q.authorize(account, list, n); denied != nil {
		return nil, denied
	}
	return c, err
}

// own is enter for the container the request names.
func (q *request) own(n need) (*containerRow, error) { return q.enter(q.account, q.container, n) }

// serveContainer answers requests for a container.
func (q *request) serveContainer() error {
	switch q.r.Method {
	case http.MethodGet, http.MethodHead:
		return q.getContainer()
	case http.MethodPut:
		return q.putContainer()
	case http.MethodPost:
		return q.postContainer()
	case http.MethodDelete:
		return q.deleteContainer()
	}
	if _, err := q.own(changeContainer); err != nil {
		return err
	}
	return q.s.opt.Personality.otherMethod(q.r.Method)
}

func (q *request) getContainer() error {
	p := q.s.opt.Personality
	if p == RGW && q.user == nil {
		if moved, err := q.strangersListing(); moved || err != nil {
			return err
		}
	}
	c, err := q.own(listContainer)
	if err != nil && p == RGW && failureOf(err).status == http.StatusUnauthorized {
		return fail(http.StatusForbidden, "AccessDenied") // seen: of listings a stranger is told 403
	}
	if err != nil {
		return err
	}
	h := q.w.Header()
	h.Set("X-Container-Object-Count", strconv.FormatInt(c.objects, 10))
	h.Set("X-Container-Bytes-Used", strconv.FormatInt(c.bytes, 10))
	h.Set("Last-Modified", lastModified(c.changed))
	h.Set("X-Timestamp", timestamp(c.created))
	if p == RGW {
		h.Set("X-Container-Bytes-Used-Actual", strconv.FormatInt(c.bytes, 10))
		if q.r.Method == http.MethodGet {
			h.Set("X-Timestamp", timestamp(0)) // seen
		}
		h.Set("X-Storage-Policy", "default-placement")
		h.Set("X-Storage-Class", "STANDARD")
	} else {
		h.Set("X-Storage-Policy", policyName)
	}
	h.Set("Accept-Ranges", "bytes")
	q.showMetadata(c.headers)
	if p == RGW { // seen: a quota holds and is not told
		h.Del(quotaBytes)
		h.Del(quotaCount)
	}
	if q.r.Method == http.MethodHead {
		return q.headListing()
	}
	l, err := q.listing(false)
	if err != nil {
		return err
	}
	return q.sendListing(l, "container", c.name, func(emit func(entry) error) error {
		return q.store.eachObject(q.ctx, c.id, l, emit)
	})
}

// strangersListing does what RGW does when nobody signed in: without a slash at
// its end the listing has moved to where it has one.
func (q *request) strangersListing() (moved bool, err error) {
	if _, err := q.findContainer(q.store.read, q.account, q.container); err != nil {
		return false, err
	}
	if q.r.Method != http.MethodGet || strings.HasSuffix(q.r.URL.Path, "/") {
		return false, nil
	}
	q.w.Header().Set("Location", q.r.URL.EscapedPath()+"/")
	q.answer(http.StatusMovedPermanently, "text/plain; charset=utf-8", "")
	return true, nil
}

// containerHeaders checks what a PUT or POST of a container brings.
func (q *request) containerHeaders() error {
	h := q.r.Header
	if err := checkMetadata(q.s.opt.Personality, h, "Container"); err != nil {
		return err
	}
	for _, name := range []string{quotaBytes, quotaCount} {
		if v := h.Get(name); v != "" {
			if _, err := strconv.ParseUint(v, 10, 63); err != nil {
				return failText(http.StatusBadRequest, "InvalidArgument", "Invalid "+strings.ToLower(strings.TrimPrefix(name, "X-Container-Meta-Quota-"))+" quota.")
			}
		}
	}
	return cleanACLs(h)
}

func (q *request) putContainer() error {
	p := q.s.opt.Personality
	if err := p.checkContainer(q.container, true); err != nil {
		return err
	}
	if err := q.mayPutContainer(); err != nil {
		return err
	}
	if err := q.containerHeaders(); err != nil {
		return err
	}
	if v := q.r.Header.Get("X-Storage-Policy"); v != "" && v != policyName && (p != RGW || v != "default-placement") {
		return failPlain(http.StatusBadRequest, "InvalidLocationConstraint", fmt.Sprintf("Invalid X-Storage-Policy '%s'", v))
	}
	status := http.StatusCreated
	err := q.store.update(func(tx *sql.Tx) error {
		a, err := makeAccount(tx, q.account, stampOf(q.now))
		if err != nil {
			return err
		}
		c, err := q.findContainer(tx, q.account, q.container)
		if errors.Is(err, errNoContainer) {
			f := mergeMetadata(p, nil, q.r.Header, "Container", readACL, writeACL)
			_, err = tx.Exec("INSERT INTO container (account, name, created, changed, headers) VALUES (?, ?, ?, ?, ?)",
				a.id, q.container, int64(stampOf(q.now)), int64(stampOf(q.now)), []byte(f.text()))
			return err
		}
		if err != nil {
			return err
		}
		status = http.StatusAccepted
		if p == RGW && (c.account != a.id || c.headers[readACL] != "" || c.headers[writeACL] != "") {
			return fail(http.StatusConflict, "BucketAlreadyExists") // seen: with an access list, too
		}
		return q.saveContainer(tx, c)
	})
	if err != nil {
		return err
	}
	q.done(status)
	return nil
}

// mayPutContainer lets owners in. RGW was seen to let users in who may only
// read, and to tell a stranger 403.
func (q *request) mayPutContainer() error {
	if q.s.opt.Personality == RGW {
		switch {
		case q.user == nil:
			return fail(http.StatusForbidden, "AccessDenied")
		case q.user.Reads:
			return nil
		}
	}
	return q.authorize(q.account, "", changeContainer)
}

// saveContainer merges the request's headers into the container's.
func (q *request) saveContainer(tx *sql.Tx, c *containerRow) error {
	f := mergeMetadata(q.s.opt.Personality, c.headers, q.r.Header, "Container", readACL, writeACL)
	if f.text() == c.headers.text() {
		return nil
	}
	_, err := tx.Exec("UPDATE container SET headers = ?, changed = ? WHERE id = ?", []byte(f.text()), int64(stampOf(q.now)), c.id)
	return err
}

func (q *request) postContainer() error {
	n := changeContainer
	if q.s.opt.Personality == RGW {
		n = writeObject // seen: who may write in it may say who else may
	}
	if _, err := q.own(n); err != nil {
		return err
	}
	if err := q.containerHeaders(); err != nil {
		return err
	}
	err := q.store.update(func(tx *sql.Tx) error {
		c, err := q.findContainer(tx, q.account, q.container)
		if err != nil {
			return err
		}
		return q.saveContainer(tx, c)
	})
	if err != nil {
		return err
	}
	q.done(http.StatusNoContent)
	return nil
}

func (q *request) deleteContainer() error {
	n := changeContainer
	if q.s.opt.Personality == RGW {
		n = writeObject // seen: who may write in it may delete it
	}
	if _, err := q.own(n); err != nil {
		return err
	}
	if err := q.removeContainer(q.account, q.container); err != nil {
		return err
	}
	q.done(http.StatusNoContent)
	return nil
}

// removeContainer deletes an empty container.
func (q *request) removeContainer(account, name string) error {
	return q.store.update(func(tx *sql.Tx) error {
		c, err := q.findContainer(tx, account, name)
		switch {
		case err != nil:
			return err
		case c.objects > 0:
			return fail(http.StatusConflict, reasons[http.StatusConflict][1])
		}
		_, err = tx.Exec("DELETE FROM container WHERE id = ?", c.id)
		return err
	})
}

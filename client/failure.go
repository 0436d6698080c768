package client

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"syscall"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// fail makes the *Error of an operation from whatever went wrong below. It is the one place where
// errors of the leaves become codes.
func fail(op, image string, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		if known.Op == "" {
			known.Op = op
		}
		if known.Image == "" {
			known.Image = image
		}
		return known
	}
	e := &Error{Op: op, Image: image, Err: err, Code: Internal}
	e.Code, e.Hint = classify(err)
	return e
}

// refuse is an *Error whose operation and image are filled in by fail.
func refuse(code Code, err error, hint string) error { return &Error{Code: code, Err: err, Hint: hint} }

func classify(err error) (code Code, hint string) {
	var (
		status  *store.StatusError
		broken  *store.BrokenError
		source  *store.SourceError
		in      *signin.Error
		missing *signin.MissingError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return Canceled, ""
	case errors.Is(err, context.DeadlineExceeded):
		return Unavailable, ""
	case errors.As(err, &missing):
		return Invalid, ""
	case errors.As(err, &in):
		switch {
		case in.Status == 0 || in.Status >= 500 || in.Status == http.StatusTooManyRequests:
			return Unavailable, "check the URL, the network and http_proxy/no_proxy"
		case in.Status == http.StatusUnauthorized || in.Status == http.StatusForbidden:
			return Denied, ""
		}
		return Invalid, ""
	case errors.As(err, &status):
		return statusCode(status.Status)
	case errors.Is(err, store.ErrChanged):
		return Unavailable, "try again"
	case errors.Is(err, store.ErrDamaged):
		return Corrupt, ""
	case errors.As(err, &source):
		if code, ok := localCode(source.Err); ok {
			return code, ""
		}
		return Invalid, ""
	case errors.As(err, &broken):
		return Unavailable, ""
	}
	if code, ok := localCode(err); ok {
		return code, ""
	}
	return Internal, ""
}

func statusCode(status int) (Code, string) {
	switch status {
	case http.StatusNotFound:
		return NotFound, ""
	case http.StatusUnauthorized, http.StatusForbidden:
		return Denied, "ask whoever owns the collection for access"
	case http.StatusRequestEntityTooLarge, http.StatusInsufficientStorage:
		return Full, "the quota or the disk of the server is used up"
	case http.StatusConflict, http.StatusPreconditionFailed:
		return Exists, ""
	case http.StatusUnprocessableEntity:
		return Corrupt, "what arrived was not what was sent; push again"
	case http.StatusRequestTimeout, http.StatusTooManyRequests, 498:
		return Unavailable, ""
	}
	if status >= 500 {
		return Unavailable, ""
	}
	return Invalid, ""
}

// localCode is the code of a failure of the local file system.
func localCode(err error) (Code, bool) {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return Full, true
	case errors.Is(err, fs.ErrNotExist):
		return NotFound, true
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return Denied, true
	case errors.Is(err, fs.ErrExist):
		return Exists, true
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return Invalid, true
	}
	return "", false
}

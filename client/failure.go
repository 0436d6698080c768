package client

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile"
	"github.com/sregistry-shell/sregistry-shell/client/library"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
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

// hinted is err with a hint at what to do next.
func hinted(err error, hint string) error {
	var known *Error
	if !errors.As(err, &known) {
		known = &Error{Err: err}
		known.Code, _ = classify(err)
	}
	if known.Hint == "" {
		known.Hint = hint
	}
	return known
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
		damaged *imagefile.DamagedError
		wrong   *signin.SettingsError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return Canceled, ""
	case errors.Is(err, context.DeadlineExceeded):
		return Unavailable, ""
	case errors.As(err, &missing), errors.As(err, &wrong):
		return Invalid, ""
	case signin.Untrusted(err) != "":
		return Invalid, signin.Untrusted(err)
	case errors.As(err, &in):
		switch {
		case errors.Is(in, signin.ErrExpired):
			return Denied, "ask for a new one, and set it as the old one was; what was fetched is kept"
		case in.Refused():
			return Denied, ""
		case in.Status == 0:
			return Unavailable, "check the URL, the network and http_proxy/no_proxy"
		case in.Busy():
			return Unavailable, "try again later"
		}
		return Invalid, ""
	case errors.As(err, &damaged):
		return Corrupt, ""
	case errors.Is(err, imagefile.ErrNoImage):
		return Invalid, ""
	case errors.Is(err, store.ErrChanged):
		return Unavailable, "try again"
	case errors.Is(err, store.ErrGarbled):
		return Unavailable, ""
	case errors.Is(err, store.ErrElsewhere):
		return Unavailable, "a token goes to no other place; if that one is right, use it as the URL"
	case errors.Is(err, store.ErrLost):
		return Corrupt, "push or copy the image again: what is missing is sent"
	case errors.Is(err, store.ErrDamaged):
		return Corrupt, "what arrived was not what was sent; push again"
	case errors.Is(err, store.ErrNotFound):
		return NotFound, ""
	case errors.Is(err, store.ErrDenied):
		return Denied, "ask whoever owns the collection for access"
	case errors.Is(err, store.ErrFull):
		return Full, "the quota or the disk of the server is used up"
	case errors.Is(err, store.ErrExists):
		return Exists, ""
	case errors.Is(err, store.ErrBusy):
		return Unavailable, ""
	case errors.Is(err, library.ErrNotFound):
		return NotFound, "images lists those there are"
	case errors.Is(err, library.ErrAmbiguous):
		return Invalid, "name one of them with its version"
	case errors.Is(err, library.ErrExists):
		return Exists, ""
	case errors.Is(err, library.ErrOff), errors.Is(err, library.ErrForeign):
		return Invalid, ""
	case errors.Is(err, library.ErrDamaged):
		return Corrupt, "mend or move it, or name another folder with SREGISTRY_DATABASE"
	case errors.Is(err, localswift.ErrDamaged):
		return Corrupt, "mend or move it, or name another folder"
	case errors.Is(err, library.ErrReadOnly):
		return Denied, ""
	case errors.Is(err, library.ErrLocked):
		return Unavailable, "try again, or name a folder on another file system with SREGISTRY_DATABASE"
	case errors.Is(err, library.ErrFull):
		return Full, ""
	case errors.As(err, &status):
		return Invalid, ""
	case errors.As(err, &source):
		if code, ok := FileCode(source.Err); ok {
			return code, ""
		}
		return Invalid, ""
	case errors.As(err, &broken):
		return Unavailable, ""
	}
	if code, ok := FileCode(err); ok {
		return code, ""
	}
	return Internal, ""
}

// FileCode is the code of a failure of the local file system: Full where there is no room, Denied
// where there are no rights. ok is false for any other failure.
func FileCode(err error) (code Code, ok bool) {
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

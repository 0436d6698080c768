package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client/name"
)

// Code says what kind of failure an Error is. Scripts branch on it (`err.code`), and every
// code has its own exit status, so that cron jobs and Slurm prologs can branch too.
type Code string

// The codes, and the only ones.
const (
	Invalid     Code = "invalid"     // the request itself is wrong: a bad name, a wrong option, a missing setting
	NotFound    Code = "not_found"   // no such image, collection or file
	Denied      Code = "denied"      // the server knows who asks and refuses, or does not know who asks
	Unavailable Code = "unavailable" // the server or the network failed; trying again may help
	Corrupt     Code = "corrupt"     // bytes are not what their hash says
	Partial     Code = "partial"     // some items of a batch failed, with different codes
	Exists      Code = "exists"      // something else is there already
	Full        Code = "full"        // no room: quota, server disk or local disk
	Canceled    Code = "canceled"    // interrupted by the user or a signal
	Internal    Code = "internal"    // a fault of this program
)

// exitStatus is the one place where codes become exit statuses.
var exitStatus = map[Code]int{
	Internal: 1, Invalid: 2, NotFound: 3, Denied: 4, Unavailable: 5,
	Corrupt: 6, Partial: 7, Exists: 8, Full: 9, Canceled: 130,
}

// ExitStatus is the process exit status for the code: 1 for one that is unknown.
func (c Code) ExitStatus() int {
	if n, ok := exitStatus[c]; ok {
		return n
	}
	return 1
}

// Error is every error an operation of this package returns. Its text names what was tried,
// on what, why it failed and, where something helps, what to do next; it never holds a secret.
type Error struct {
	Op    string // the verb: "push", "pull", "sign in"
	Image string // what it was tried on, as the user wrote it; may be empty
	Code  Code
	Err   error  // the reason
	Hint  string // what to do next; may be empty

	Done   []Image  // Partial: the items that were done
	Failed []*Error // Partial: the items that failed, in the order they were given
}

// Error reads like "pull lab/x: no such image; `client.search("lab/")` lists what is there".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Image != "" {
		image := e.Image
		if name.CheckText(image) != nil { // a name that somebody made to look like something else
			image = strconv.QuoteToASCII(image)
		}
		b.WriteString(" " + image)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	for _, f := range e.Failed {
		b.WriteString("\n  " + f.Error())
	}
	return b.String()
}

// Unwrap gives the reason to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf is the code of err: that of the outermost *Error in it, Canceled for a canceled
// context, Internal for anything else.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.Canceled):
		return Canceled
	}
	return Internal
}

// ExitStatus is the process exit status for err: 0 for nil, that of its code, and for a batch
// whose failures all have one code that of the code.
func ExitStatus(err error) int {
	if err == nil {
		return 0
	}
	code := CodeOf(err)
	var e *Error
	if errors.As(err, &e) && code == Partial {
		for i, f := range e.Failed {
			if i == 0 {
				code = f.Code
			} else if f.Code != code {
				return Partial.ExitStatus()
			}
		}
	}
	return code.ExitStatus()
}

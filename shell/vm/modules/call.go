package modules

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/nearest"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// call is one call of a function: its arguments, with errors that name them.
type call struct {
	L      *lua.LState
	host   *Host
	name   string // "fs.size"
	params string // "path"
}

func (c *call) ctx() context.Context { return c.L.Context() }

// raise raises err with its code; it does not return.
func (c *call) raise(err error) {
	var e *client.Error
	if !errors.As(err, &e) {
		e = &client.Error{Op: c.name, Code: codeOf(err), Err: err}
	}
	value.Raise(c.L, c.name, e)
}

// invalid is the error of an argument that is wrong.
func (c *call) invalid(format string, args ...any) error {
	return &client.Error{Op: c.name, Code: client.Invalid, Err: fmt.Errorf(format, args...)}
}

// about is the error of something that was done to a file: the path becomes the image of the
// error, and what Go says of the operation is left out.
func (c *call) about(path string, err error) error {
	if err == nil {
		return nil
	}
	code := codeOf(err)
	var onPath *fs.PathError
	var onLink *os.LinkError
	switch {
	case errors.As(err, &onPath):
		err = onPath.Err
	case errors.As(err, &onLink):
		err = onLink.Err
	}
	return &client.Error{Op: c.name, Image: path, Code: code, Err: err}
}

// codeOf is the code of an error of the operating system.
func codeOf(err error) client.Code {
	is := func(targets ...error) bool {
		return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
	}
	switch {
	case is(context.Canceled, context.DeadlineExceeded):
		return client.Canceled
	case is(syscall.ENOSPC, syscall.EDQUOT):
		return client.Full
	case is(fs.ErrNotExist, syscall.ENOTDIR):
		return client.NotFound
	case is(fs.ErrExist, syscall.ENOTEMPTY):
		return client.Exists
	case is(fs.ErrPermission, syscall.EROFS):
		return client.Denied
	case is(syscall.EISDIR, syscall.EINVAL, syscall.ENAMETOOLONG, syscall.ELOOP, syscall.EXDEV):
		return client.Invalid
	}
	return client.Unavailable
}

// wrong is the error of argument i, called name.
func (c *call) wrong(i int, name, want string) error {
	v := c.L.Get(i)
	if v == lua.LNil {
		return c.invalid("%s is missing; it is written %s(%s)", name, c.name, c.params)
	}
	return c.invalid("%s must be %s, not a %s", name, want, v.Type())
}

// str is argument i as a string; an image or anything else with a text counts as its text.
func (c *call) str(i int, name string) string {
	switch v := c.L.Get(i).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return value.FormatNumber(float64(v))
	case *lua.LTable:
		if value.RecordType(v) != nil {
			return value.ToString(c.L, v)
		}
	}
	c.raise(c.wrong(i, name, "a string"))
	return ""
}

func (c *call) has(i int) bool { return c.L.Get(i) != lua.LNil }

func (c *call) optStr(i int, name, otherwise string) string {
	if !c.has(i) {
		return otherwise
	}
	return c.str(i, name)
}

func (c *call) num(i int, name string) float64 {
	v, ok := c.L.Get(i).(lua.LNumber)
	if !ok {
		c.raise(c.wrong(i, name, "a number"))
	}
	return float64(v)
}

func (c *call) list(i int, name string) *lua.LTable {
	t, ok := c.L.Get(i).(*lua.LTable)
	if !ok {
		c.raise(c.wrong(i, name, "a list"))
	}
	return t
}

// options is argument i as a table of options, all of which must be known.
func (c *call) options(i int, known ...string) map[string]lua.LValue {
	out := map[string]lua.LValue{}
	if !c.has(i) {
		return out
	}
	t, ok := c.L.Get(i).(*lua.LTable)
	if !ok {
		c.raise(c.wrong(i, "options", "a table"))
	}
	t.ForEach(func(k, v lua.LValue) {
		key, isName := k.(lua.LString)
		if !isName || !slices.Contains(known, string(key)) {
			c.raise(c.invalid("unknown option %q%s; it takes %s", k.String(), meant(k.String(), known), strings.Join(known, ", ")))
		}
		out[string(key)] = v
	})
	return out
}

// encode makes the result a Lua value; a Lua value stays what it is.
func (c *call) encode(result any) lua.LValue { return value.Encode(c.L, result) }

func meant(name string, known []string) string { return didYouMean(nearest.Of(name, known)) }

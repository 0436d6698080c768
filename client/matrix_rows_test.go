package client

import (
	"net/http"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

// matrixRow is a fault.
type matrixRow struct {
	name  string
	fault localswift.Fault
	codes []Code // that a failure may have
	kinds string // the kinds of requests it can happen to; empty: all
	whole bool   // it happens to the operation, not to one kind of request
	lies  bool   // what is believed of it may leave segments to clean

	silent, refused bool
	ahead           time.Duration
}

// Kinds of requests.
const (
	reading = "get range"
	listing = "account listing"
	sending = "put segment manifest"
)

// answered is a row for a status.
func answered(name string, status int, headers []string, codes ...Code) matrixRow {
	return matrixRow{name: name, fault: localswift.Answer(status, http.StatusText(status), headers...), codes: codes}
}

var busy = []Code{Unavailable}

// matrixRows are the faults. A 404 is no fault where something is looked for: an image that the
// server does not show is not there.
var matrixRows = []matrixRow{
	{name: "connection refused", refused: true, whole: true, codes: busy},
	{name: "reset before an answer", fault: localswift.ResetBefore(), codes: busy},
	{name: "reset in the request's body", fault: localswift.ResetUpload(100), codes: busy, kinds: sending},
	{name: "reset in the answer's body", fault: localswift.ResetReply(20), codes: busy, kinds: reading + listing},
	{name: "reset after it was done", fault: localswift.ResetAfter(), codes: busy},
	{name: "silence", fault: localswift.Silence(), codes: busy, silent: true},
	{name: "silence in the answer's body", fault: localswift.StallReply(20), codes: busy, silent: true, kinds: reading + listing},
	answered("401, as for a token that expired", 401, nil, Denied),
	answered("403, as for a token that expired", 403, nil, Denied),
	{name: "404", fault: localswift.Answer(404, "Not Found"), codes: []Code{NotFound, Unavailable, Invalid}, lies: true},
	answered("408", 408, nil, Unavailable),
	answered("409", 409, nil, Unavailable, Corrupt),
	answered("412", 412, nil, Unavailable, Exists, Invalid),
	answered("413", 413, nil, Full, Invalid),
	answered("422", 422, nil, Corrupt, Invalid),
	answered("429 with Retry-After", 429, []string{"Retry-After: 0"}, Unavailable),
	answered("498", 498, nil, Unavailable),
	answered("500", 500, nil, Unavailable),
	{name: "502 with 100 KB of HTML", codes: busy,
		fault: localswift.Answer(502, "<html>"+strings.Repeat("<p>Bad Gateway\n", 7000), "Content-Type: text/html")},
	answered("503", 503, nil, Unavailable),
	answered("507", 507, nil, Full),
	{name: "body cut short", fault: localswift.Truncate(20), codes: busy, kinds: reading + listing},
	{name: "body too short, with its length", fault: localswift.Shorten(5), codes: []Code{Unavailable, Corrupt}, kinds: reading + listing},
	{name: "body too long", fault: localswift.Extend("[]{}"), codes: []Code{Unavailable, Corrupt}, kinds: reading + listing},
	{name: "a bit flipped on the way up", fault: localswift.CorruptUpload(50), codes: []Code{Corrupt}, kinds: sending},
	{name: "a bit flipped on the way down", fault: localswift.Corrupt(50), codes: []Code{Corrupt, Invalid}, kinds: reading},
	{name: "wrong ETag", fault: localswift.SetHeader("Etag", strings.Repeat("0", 32)), codes: []Code{Corrupt, Unavailable}, kinds: reading + sending + "head", lies: true},
	{name: "Content-Length too small", fault: localswift.WrongLength(-5), codes: []Code{Unavailable, Corrupt}, kinds: reading + listing},
	{name: "Content-Length too large", fault: localswift.WrongLength(5), codes: busy, kinds: reading + listing},
	{name: "redirect to another host", fault: localswift.Redirect(307, "http://elsewhere.invalid/x"), codes: busy},
	{name: "a page of a listing comes again", fault: localswift.RepeatPage(), codes: busy, kinds: listing},
	{name: "short pages", fault: localswift.ShortPages(1), kinds: listing},
	{name: "invalid JSON", fault: localswift.InvalidJSON(), codes: busy, kinds: listing},
	{name: "the server's clock an hour ahead", whole: true, ahead: time.Hour},
	{name: "the server's clock an hour behind", whole: true, ahead: -time.Hour},
}

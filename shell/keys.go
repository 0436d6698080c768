package shell

import (
	"bytes"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// The stand-ins of a line break and a tab in a line that was pasted. The line editor knows one
// line, and takes a tab for the completion key; expand puts back what they stand for.
const (
	lineBreak = '⏎'
	tabMark   = '␉'
)

// deleteMark comes before the byte that a Delete key becomes: the line editor takes that byte for
// Ctrl-D, and leaves the shell if the line is empty.
const deleteMark = '\uf8ff'

// pasteMark stands for a text that was pasted, until nextPaste puts it in its place: the line editor
// draws the line for every character that it is given.
const pasteMark = '\uf8fe'

// keys stands between the terminal and the line editor, and translates what the editor does not
// know, misreads, or would be ended by:
//
//   - Home, End and the arrows with Ctrl or Alt, as xterm, tmux, screen, rxvt and the Linux
//     console send them;
//   - Delete, which gets a mark before it;
//   - what comes in brackets of a paste: text, in which nothing is a key, and for which a mark is given;
//   - NUL (Ctrl-Space), which the editor takes for the end of input. In what was typed before the
//     terminal became raw it is the Ctrl-D that the terminal then had put there;
//   - all other sequences, which are dropped.
//
// A sequence may come in pieces. The reader is used by one goroutine;
// nextPaste may be called from another.
type keys struct {
	in    io.Reader
	raw   [1024]byte
	part  []byte // of a sequence that is not complete
	out   []byte // translated, not yet read
	paste []byte // what was pasted so far; nil outside of a paste
	ended atomic.Bool

	mu     sync.Mutex
	pasted []string     // whole pastes, for which marks were given
	ahead  atomic.Int64 // bytes to come that were typed before the terminal became raw
}

// Read gives translated keys.
func (k *keys) Read(p []byte) (int, error) {
	for len(k.out) == 0 {
		n, err := k.in.Read(k.raw[:])
		for i := range k.raw[:min(int64(n), k.ahead.Load())] {
			if k.raw[i] == 0 {
				k.raw[i] = 4
			}
		}
		k.ahead.Store(max(0, k.ahead.Load()-int64(n)))
		k.translate(k.raw[:n])
		if err != nil && len(k.out) == 0 {
			k.ended.Store(true)
			return 0, err
		}
	}
	n := copy(p, k.out)
	k.out = k.out[n:]
	return n, nil
}

const (
	pasteBegins = "\x1b[200~"
	pasteEnds   = "\x1b[201~"
	// mostPaste bounds what a paste that never ends can hold; the rest is dropped.
	mostPaste = 1 << 20
)

func (k *keys) translate(in []byte) {
	for _, c := range in {
		switch {
		case k.paste != nil:
			k.paste = append(k.paste, c)
			if text, ended := bytes.CutSuffix(k.paste, []byte(pasteEnds)); ended {
				k.keep(oneLine(string(text)))
				k.paste = nil
			} else if len(k.paste) > mostPaste {
				// Make room before what may be the beginning of the end.
				at := mostPaste - len(pasteEnds)
				k.paste = slices.Delete(k.paste, at, at+1)
			}
		case len(k.part) > 0:
			k.part = append(k.part, c)
			k.sequence()
		case c == '\x1b':
			k.part = append(k.part, c)
		case c == 0:
		default:
			k.out = append(k.out, c)
		}
	}
}

// keep gives a mark for a paste.
func (k *keys) keep(text string) {
	if text == "" {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pasted = append(k.pasted, text)
	k.out = append(k.out, string(pasteMark)...)
}

// nextPaste is what the next mark stands for.
func (k *keys) nextPaste() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.pasted) == 0 {
		return ""
	}
	text := k.pasted[0]
	k.pasted = k.pasted[1:]
	return text
}

// known are the sequences with another meaning here than dropping them. ^A and ^E go to the ends
// of the line, ESC b and ESC f a word back and on.
var known = map[string]string{
	// Arrows, Home and End as they are.
	"\x1b[A": "\x1b[A", "\x1b[B": "\x1b[B", "\x1b[C": "\x1b[C", "\x1b[D": "\x1b[D",
	"\x1bOA": "\x1b[A", "\x1bOB": "\x1b[B", "\x1bOC": "\x1b[C", "\x1bOD": "\x1b[D",
	"\x1b[H": "\x01", "\x1b[F": "\x05", "\x1bOH": "\x01", "\x1bOF": "\x05",
	"\x1b[1~": "\x01", "\x1b[4~": "\x05", "\x1b[7~": "\x01", "\x1b[8~": "\x05",
	// A word back and on.
	"\x1b[1;5D": "\x1bb", "\x1b[1;5C": "\x1bf", "\x1b[1;3D": "\x1bb", "\x1b[1;3C": "\x1bf",
	"\x1b[5D": "\x1bb", "\x1b[5C": "\x1bf", "\x1bOd": "\x1bb", "\x1bOc": "\x1bf",
	"\x1b\x1b[D": "\x1bb", "\x1b\x1b[C": "\x1bf", "\x1b\x1bOD": "\x1bb", "\x1b\x1bOC": "\x1bf",
	"\x1b[3~": string(deleteMark) + "\x04",
}

// sequence looks at what came since ESC, and translates it once it is complete.
func (k *keys) sequence() {
	s := k.part
	body := s[1:]
	if body[0] == '\x1b' { // Alt with a key that is a sequence itself
		if body = body[1:]; len(body) == 0 {
			return
		}
	}
	last := s[len(s)-1]
	switch {
	case body[0] == '[' && (len(body) == 1 || last < '@'), body[0] == 'O' && len(body) == 1:
		// Not complete, unless it is none: a control character never belongs to one.
		if last >= ' ' && len(s) < 32 {
			return
		}
		k.part = nil
		if last < ' ' && last != 0 {
			k.translate([]byte{last})
		}
	case string(s) == pasteBegins:
		k.part, k.paste = nil, []byte{}
	case body[0] == '[' || body[0] == 'O':
		k.part = nil
		k.out = append(k.out, known[string(s)]...)
	case last == '\x1b':
		k.part = []byte{last}
	case last == 0:
		k.part = nil
	default: // Alt with a letter
		k.part = nil
		k.out = append(k.out, s...)
	}
}

// oneLine is a text of several lines as the line editor can hold it: its breaks and tabs as marks,
// a break at the end and what is no text left out.
func oneLine(s string) string {
	var out []rune
	for i, r := range s {
		switch {
		case r == '\r' && i+1 < len(s) && s[i+1] == '\n':
		case r == '\n' || r == '\r':
			out = append(out, lineBreak)
		case r == '\t':
			out = append(out, tabMark)
		case r < ' ' || r == 0x7f || r == utf8.RuneError || r == deleteMark || r == pasteMark:
		default:
			out = append(out, r)
		}
	}
	for len(out) > 0 && out[len(out)-1] == lineBreak {
		out = out[:len(out)-1]
	}
	return string(out)
}

// expand puts back what the marks of oneLine stand for.
func expand(line string) string {
	var out []rune
	for _, r := range line {
		switch r {
		case lineBreak:
			r = '\n'
		case tabMark:
			r = '\t'
		}
		out = append(out, r)
	}
	return string(out)
}

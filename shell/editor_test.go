package shell

import (
	"sync"
	"testing"
)

// Readline tells that a line begins from another goroutine than the one that follows the keys, and
// does not wait for it. The race detector sees what both would touch.
func TestEditedWhileALineBegins(t *testing.T) {
	var e editor
	var begun sync.WaitGroup
	begun.Go(func() { e.edited(nil, 0, 0) })
	e.edited([]rune("x"), 1, 'x')
	begun.Wait()
	if string(e.line) != "x" || e.cursor != 1 {
		t.Errorf("the line is %q, at %d", string(e.line), e.cursor)
	}
}

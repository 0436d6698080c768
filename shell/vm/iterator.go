package vm

import (
	"iter"
	"runtime"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// iterator makes a function that gives the next image at every call, and nothing after the last.
// One that a loop left before its end is stopped when Lua can no longer call it, and at last by Close:
// until then it holds a listing and a goroutine.
func (m *VM) iterator(L *lua.LState, op string, seq iter.Seq2[client.Image, error]) lua.LValue {
	for _, id := range m.left.take() {
		delete(m.stops, id)
	}
	next, stop := iter.Pull2(seq)
	stop = sync.OnceFunc(stop)
	id := m.nextID
	m.nextID++
	m.stops[id] = stop
	f := L.NewFunction(func(L *lua.LState) int {
		return guard(L, op, func() int {
			image, err, ok := next()
			if !ok || err != nil {
				stop()
				delete(m.stops, id)
			}
			if err != nil {
				m.raiseAs(L, op, err)
			}
			if !ok {
				L.Push(lua.LNil)
				return 1
			}
			L.Push(value.Encode(L, image))
			return 1
		})
	})
	left := m.left // and not m, whose stack may still hold f
	runtime.AddCleanup(f, func(id int) {
		stop()
		left.add(id)
	}, id)
	return f
}

// leftBehind are the ids of iterators that the collector found nobody to call.
type leftBehind struct {
	mu  sync.Mutex
	ids []int
}

func (l *leftBehind) add(id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids = append(l.ids, id)
}

func (l *leftBehind) take() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := l.ids
	l.ids = nil
	return ids
}

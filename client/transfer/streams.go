package transfer

import "context"

// Streams bounds how many requests move bytes at once, over all transfers of a client: more would
// only share the same network, and each costs a buffer.
type Streams struct{ slots chan struct{} }

// NewStreams allows n at once.
func NewStreams(n int) *Streams { return &Streams{make(chan struct{}, n)} }

// Run calls move when there is a slot for it, and gives the slot back. It fails without calling
// when the context ends first.
func (s *Streams) Run(ctx context.Context, move func() error) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return move()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

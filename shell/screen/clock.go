package screen

import "time"

// Clock is the time as progress sees it.
type Clock interface {
	Now() time.Time
	// Tick sends a value every d until stop is called.
	Tick(d time.Duration) (ticks <-chan time.Time, stop func())
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Tick(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTicker(d)
	return t.C, t.Stop
}

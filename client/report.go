package client

// Reporter is told what a person may want to see while an operation runs. Results never go
// through it: they are returned. Its methods are called from several goroutines at once.
type Reporter interface {
	// Note is told of an event worth a line: "Creating collection yippy...".
	Note(text string)
	// Warn is told of something that is odd but does not stop the operation.
	Warn(text string)
	// Plan is told, in a dry run, of what would have been done.
	Plan(text string)
	// Debug is told of every request and answer, without secrets. It is not called unless
	// Config.Debug is set.
	Debug(text string)
	// Begin is told that bytes are about to move. The Meter is used until End.
	Begin(Transfer) Meter
}

// Transfer says what is about to move.
type Transfer struct {
	Verb  string // "push", "pull", or "hash" while a file is read before it is sent
	Label string // the image or file, for a person
	Size  int64  // bytes in all; -1 when unknown
}

// Meter is told how far one transfer is.
type Meter interface {
	// Add counts n more bytes. A negative n takes bytes back that have to move again.
	Add(n int64)
	// End closes the meter; err is nil when everything moved.
	End(err error)
}

type silent struct{}

func (silent) Note(string)          {}
func (silent) Warn(string)          {}
func (silent) Plan(string)          {}
func (silent) Debug(string)         {}
func (silent) Begin(Transfer) Meter { return silent{} }
func (silent) Add(int64)            {}
func (silent) End(error)            {}

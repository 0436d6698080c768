package modules

// LimitJSON makes the longest text of json.encode shorter, until it is undone.
func LimitJSON(bytes int) (undo func()) {
	before := maxJSON
	maxJSON = bytes
	return func() { maxJSON = before }
}

package verbs

// table is the table: the order is the order of help and of README.
var table = []*Verb{
	push, pull, search, list, each, stat, exists, inspect, versions, duplicate, remove, share,
	collections, access, usage, clean, whoami,
	libraryAdd, libraryGet, libraryImages, libraryInspect, libraryMove, libraryRename, libraryRemove,
}

// Package vm runs Lua: it binds the verbs of the table, the modules and the standard library to
// one Lua state, and turns what comes out of it into values for the prompt and errors with exit
// codes.
//
// It promises that a cancelled context stops any Lua code and any verb, that nothing swallows an
// interrupt or an exit, that variables and coroutines survive an interrupt at the prompt, that a
// *client.Error keeps its code through pcall and error, and that no fault of a script takes the
// process down. Lua is 5.1, with the additions of std.go.
//
// It never touches a terminal: output goes to the writers of Options, remarks to its functions.
// It knows no storage: a verb is whatever package verbs says. All methods of a VM belong to one
// goroutine, except Globals and Members, which give nothing while a program runs.
//
// It is tested by tables of Lua programs, by fuzzing what reads source or values, and by a
// stand-in for a verb's connection.
package vm

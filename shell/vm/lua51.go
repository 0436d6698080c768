package vm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// standard is Lua's own library: how each function is called, and what it does. A parameter named
// path takes a file, which completion knows.
var standard = strings.TrimSpace(`
assert(value [, message])	value, or an error with the message when it is nil or false
collectgarbage([what])	with "count": KiB of memory in use; with "collect": give back what is not needed
dofile([path])	run a file
error(value [, level])	fail with a message or any other value
getfenv([f])	the table of the globals of a function
getmetatable(value)	the metatable
ipairs(list)	for a loop: each index and value, from 1 on
load(source [, name, mode, env])	compile a string, or what a function gives: a function, or nil and a message
loadfile([path])	compile a file: a function, or nil and a message
loadstring(text [, name])	compile a string: a function, or nil and a message
next(table [, key])	the key after that one, and its value
pairs(table)	for a loop: every key and value, in no order
pcall(f, ...)	call f: true and its results, or false and the error
print(...)	write values with tabs between them, and a line break
rawequal(a, b)	whether two values are the same one; no metatable is asked
rawget(table, key)	a field; no metatable is asked
rawlen(value)	the length of a table or string; no metatable is asked
rawset(table, key, value)	set a field; no metatable is asked
select(n, ...)	the arguments from number n on; with "#" how many there are
setfenv(f, table)	set the table of the globals of a function
setmetatable(table, metatable)	set the metatable, and give the table
tonumber(value [, base])	the number that a string means, or nil
tostring(value)	a value as text
type(value)	"nil", "boolean", "number", "string", "table", "function" or "userdata"
unpack(list [, i, j])	the values of a list, one by one
xpcall(f, handler, ...)	call f as pcall does; handler makes the error that is given
coroutine.create(f)	a coroutine of a function
coroutine.resume(co, ...)	start a coroutine, or go on with it: true and what it yields, or false and the error
coroutine.running()	the coroutine that runs; nil in the main program
coroutine.status(co)	"suspended", "running", "normal" or "dead"
coroutine.wrap(f)	a function that resumes a coroutine at each call
coroutine.yield(...)	give values to who resumed the coroutine, and wait to be resumed
debug.traceback([message, level])	the functions that are being called, as text
io.close([file])	close a file
io.flush()	write out what is held back
io.input([path])	set or give what io.read reads from
io.lines([path])	for a loop: the lines of a file
io.open(path [, mode])	open a file; mode is "r", "w", "a", "r+", ...: a file, or nil and a message
io.output([path])	set or give what io.write writes to
io.popen(command [, mode])	run a shell command, to read its output or write its input
io.read([format, ...])	read from standard input: "*l" a line, "*n" a number, "*a" all, n that many bytes
io.tmpfile()	a temporary file
io.type(value)	"file", "closed file" or nil
io.write(...)	write strings and numbers to standard output
math.abs(x)	without its sign
math.ceil(x)	rounded up
math.floor(x)	rounded down
math.fmod(x, y)	what is left of x by y
math.huge	larger than any number
math.log(x)	the natural logarithm
math.max(x, ...)	the largest
math.min(x, ...)	the smallest
math.modf(x)	the whole part, and the rest
math.pi	the circle's
math.pow(x, y)	x to the power of y
math.random([m, n])	a number from 0 to below 1; with m, n a whole one between them
math.randomseed(x)	begin the row of random numbers again
math.sqrt(x)	the square root
os.clock()	seconds of CPU this program used
os.date([format, time])	a time as text, or with "*t" as a table
os.difftime(a, b)	seconds from b to a
os.execute([command])	run a shell command: its exit status
os.getenv(name)	a variable of the environment, or nil
os.remove(path)	remove a file: true, or nil and a message
os.rename(from, to)	rename a file: true, or nil and a message
os.time([table])	seconds since 1970
os.tmpname()	a name for a temporary file
string.byte(s [, i, j])	the codes of characters
string.char(...)	the characters of codes
string.find(s, pattern [, init, plain])	where a pattern is found: first and last index, and captures; or nil
string.format(format, ...)	values as text: %d %s %q %5.1f and so on
string.gmatch(s, pattern)	for a loop: every match of a pattern
string.gsub(s, pattern, new [, n])	replace matches by a string, table or function: the text, and how many
string.len(s)	how many bytes
string.lower(s)	in lower case
string.match(s, pattern [, init])	what a pattern matches: its captures, or all; or nil
string.rep(s, n [, between])	n times s
string.reverse(s)	backwards
string.sub(s, i [, j])	from i to j; negative ones count from the end
string.upper(s)	in upper case
table.concat(list [, between, i, j])	the strings of a list in one
table.getn(list)	how many items; #list
table.insert(list [, at], value)	put a value into a list, at its end by default
table.maxn(table)	the largest index
table.pack(...)	a list of the arguments, with their number as n
table.remove(list [, at])	take a value out of a list, the last by default
table.sort(list [, less])	sort a list in place
table.unpack(list [, i, j])	the values of a list, one by one
`)

// standardHelp is the help on a function of Lua's own library, or on one of its tables.
func standardHelp(topic string) (string, bool) {
	var rows [][2]string
	for line := range strings.SplitSeq(standard, "\n") {
		signature, text, _ := strings.Cut(line, "\t")
		name, _, _ := strings.Cut(signature, "(")
		if name == topic {
			return signature + "\n\n" + capital(text) + ". It is part of Lua 5.1.", true
		}
		if library, _, dotted := strings.Cut(name, "."); dotted && library == topic {
			rows = append(rows, [2]string{signature, text})
		}
	}
	if rows == nil {
		return "", false
	}
	return topic + ": part of Lua 5.1\n\n" + table(rows), true
}

// documentStandard lets help and completion know Lua's own functions.
func (m *VM) documentStandard() {
	for line := range strings.SplitSeq(standard, "\n") {
		signature, _, _ := strings.Cut(line, "\t")
		name, _, _ := strings.Cut(signature, "(")
		if f, ok := m.lookup(name).(*lua.LFunction); ok && m.topics[f] == "" {
			m.topics[f], m.signatures[f] = name, signature
		}
		if library, _, dotted := strings.Cut(name, "."); dotted {
			if t, ok := m.global().RawGetString(library).(*lua.LTable); ok {
				m.libraries[t] = library
			}
		}
	}
}

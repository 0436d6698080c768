package memory

import (
	"bytes"
	"math"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// left is how many bytes the process can still take: of the machine's memory, of its control
// group's and those above it, and of its own address space (ulimit -v).
func left() int64 {
	least := field("/proc/meminfo", "MemAvailable:", 1024)
	for _, group := range groups() {
		least = min(least, group)
	}
	return min(least, space())
}

// space is how many bytes of address space the process can still take (ulimit -v and -d), math.MaxInt64 without a limit.
func space() int64 {
	least := int64(math.MaxInt64)
	var most unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_AS, &most) == nil && most.Cur < math.MaxInt64 {
		least = min(least, int64(most.Cur)-mapped(0))
	}
	if unix.Getrlimit(unix.RLIMIT_DATA, &most) == nil && most.Cur < math.MaxInt64 {
		least = min(least, int64(most.Cur)-mapped(5))
	}
	return least
}

// mapped is a column of statm in bytes: 0 is all address space, 5 that of data.
func mapped(column int) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	columns := bytes.Fields(text)
	if err != nil || len(columns) <= column {
		return 0
	}
	n, _ := strconv.ParseInt(string(columns[column]), 10, 64)
	return n * int64(os.Getpagesize())
}

// groups is what each control group with a limit leaves. Pages of files do not count: they are
// given up.
func groups() []int64 {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	var all []int64
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		root, limit, used := "/sys/fs/cgroup", "memory.max", "anon"
		if parts[1] != "" {
			root, limit, used = "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "total_rss"
			if parts[1] != "memory" {
				continue
			}
		}
		for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
			most, err := os.ReadFile(path.Join(root, dir, limit))
			if n, bad := strconv.ParseInt(strings.TrimSpace(string(most)), 10, 64); err == nil && bad == nil {
				if taken := field(path.Join(root, dir, "memory.stat"), used, 1); taken < math.MaxInt64 {
					n -= taken
				}
				all = append(all, n)
			}
			if dir == "/" {
				break
			}
		}
	}
	return all
}

// field is the number behind a word at the beginning of a line, times unit; more than there can be
// when it is not there.
func field(file, word string, unit int64) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return math.MaxInt64
	}
	for line := range bytes.Lines(text) {
		if columns := bytes.Fields(line); len(columns) > 1 && string(columns[0]) == word {
			if n, err := strconv.ParseInt(string(columns[1]), 10, 64); err == nil {
				return n * unit
			}
		}
	}
	return math.MaxInt64
}

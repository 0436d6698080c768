package vm

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
)

func TestInputOfACommand(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	printing(t, nil, map[string]string{
		`local f = io.popen("cat; echo end", "w") print(io.type(f), tostring(f), f:write("a", 1, "\n") == f, f:close(), io.type(f))`:      "a1\nend\nfile\tfile (command)\ttrue\t0\tclosed file",
		`local f = io.popen("cat >/dev/null; exit 3", "w") print(f:close(), pcall(f.write, f, "x"))`:                                      "3\tfalse\ttest.lua:1: the file is closed",
		`local f = io.popen("cat >/dev/null", "w") print(io.close(f), pcall(io.close, f))`:                                                "0\tfalse\ttest.lua:1: the file is closed",
		`local f = io.popen("sort", "w") io.output(f) io.write("b\na\n") io.close() io.write("c\n")`:                                      "a\nb\nc",
		`local f = io.popen("exec 0<&-", "w") local ok, why repeat ok, why = f:write(("x"):rep(1000)) until not ok print(why, f:close())`: "write |1: broken pipe\t0",
		`local f = io.popen("cat >/dev/null", "w") print(pcall(f.read, f), pcall(f.seek, f), f:flush(), f:close())`:                       "false\tfalse\ttrue\t0",
		`local f = io.popen("echo hi; exit 3") print(f:read("*a"), f:close())`:                                                            "hi\n\t3",
	})
}

// Neither a command that reads nothing nor one that does not end keeps an interrupt: the shortest would last 30 s.
func TestInterruptedInputOfACommand(t *testing.T) {
	for _, source := range []string{
		`f = io.popen("cat >/dev/null; echo waits; exec sleep 100", "w") f:close()`,
		`f = io.popen("trap '' INT; cat >/dev/null; echo waits; sleep 30", "w") f:close()`,
		`f = io.popen("head -c 100000 >/dev/null; echo waits; exec sleep 100", "w") f:write(("x"):rep(1e6))`,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		b := newBench(t, func(o *Options) { o.Stdout = calling(cancel) })
		began := time.Now()
		err := b.Run(ctx, "test.lua", source)
		var failed *client.Error
		if !errors.As(err, &failed) || failed.Code != client.Canceled || time.Since(began) > 20*time.Second {
			t.Errorf("%s: %v after %v", source, err, time.Since(began))
		}
		if b.run(t, `local ok, v = pcall(f.write, f, "x") assert(not ok or v == nil)`); len(b.stops) != 0 && strings.Contains(source, "close") {
			t.Errorf("%s: %d things are left to close", source, len(b.stops))
		}
	}
}

// calling is called by what is written.
type calling func()

func (c calling) Write(p []byte) (int, error) {
	c()
	return len(p), nil
}

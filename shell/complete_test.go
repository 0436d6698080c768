package shell

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

type fakeNames struct{}

func members(names ...string) []vm.Member {
	var out []vm.Member
	for _, name := range names {
		m := vm.Member{Name: name, Kind: vm.Value}
		if f, ok := strings.CutSuffix(name, "("); ok {
			m = vm.Member{Name: f, Kind: vm.Function}
		}
		out = append(out, m)
	}
	return out
}

func (fakeNames) Globals() []vm.Member { return members("client", "connect(", "print(", "_G", "fs") }

func (fakeNames) Members(path string) []vm.Member {
	return map[string][]vm.Member{
		"client":   members("push(", "pull(", "search(", "stat("),
		"deep.est": members("member"),
	}[path]
}

func (fakeNames) Callee(path string) (*verbs.Verb, string) {
	if verb := verbs.Find(strings.Replace(path, "other.", "client.", 1)); verb != nil && strings.Contains(path, ".") {
		return verb, ""
	}
	return nil, map[string]string{
		"help": "help([topic])", "require": "require(module)", "fs.rename": "fs.rename(from, to)", "io.open": "io.open(path [, mode])",
	}[path]
}

// other is the client behind the verbs of the global other.
var other = client.New(client.Config{})

func (fakeNames) Client(path string) *client.Client {
	if strings.HasPrefix(path, "other.") {
		return other
	}
	return nil
}

func fakeRemote(c *client.Client, typed, _ string) suggestion {
	if c == other {
		return suggestion{[]string{"another"}, len(typed)}
	}
	return suggestion{[]string{"remote"}, len(typed)}
}

func fakeLocal(typed, _ string) suggestion { return suggestion{[]string{"local"}, len(typed)} }

func fakeSources() sources {
	files := newFolders()
	files.patience = time.Minute // of a busy machine
	return sources{known: fakeNames{}, remote: fakeRemote, local: fakeLocal, files: files}
}

func TestSuggest(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	os.MkdirAll("images/deep", 0o755)
	for _, name := range []string{"images/a.sif", "ubuntu.sif", "ubuntu.simg", ".hidden", "_under", "it's.sif", "esc\x1b.sif"} {
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	os.Symlink("images", "link")
	for _, c := range []struct {
		before string
		want   string // endings, separated by blanks
		typed  int
	}{
		{"cl", "ient", 2},
		{"c", "lient onnect(", 1},
		{"x = cl", "ient", 2},
		{"whi", "le", 3},
		{"_", "G", 1},
		{"client.", "pull( push( search( stat(", 0},
		{"client.pu", "ll( sh(", 2},
		{"client:pu", "ll( sh(", 2},
		{"print(client.se", "arch(", 2},
		{"deep.est.m", "ember", 1},
		{"f().m", "", 1},
		{"x[1].m", "", 1},
		{`client.push("`, `_under images/ it's.sif link/ ubuntu.sif ubuntu.simg`, 0},
		{`client.push("ub`, "untu.sif untu.simg", 2},
		{`client.push('it`, "", 2},
		{`client.push("ubuntu.sim`, `g"`, 10},
		{`client.push("images/`, "a.sif deep/", 0},
		{`client.push("images/a`, `.sif"`, 1},
		{`client.push("link/d`, `eep/`, 1},
		{`client.push("./.h`, `idden"`, 2},
		{`client.push "images/a`, `.sif"`, 1},
		{`client.push("a.sif", "ubu`, "remote", 3},
		{`client.pull("lab/u`, "remote", 5},
		{`other.pull("lab/u`, "another", 5},
		{`other:pull("lab/u`, "another", 5},
		{`async(other.pull, "lab/u`, "another", 5},
		{`client.pull(other.stat("lab/x").uri, other.stat("lab/u`, "another", 5},
		{`client.delete(other.stat("lab/x").uri); client.stat("lab/u`, "remote", 5},
		{`client.search "lab/u`, "remote", 5},
		{`client.inspect("`, `_under it's.sif ubuntu.sif ubuntu.simg remote`, 0},
		{`client.inspect("ub`, `untu.sif untu.simg remote`, 2},
		{`client.inspect("images/`, `remote`, 7},
		{`client.inspect("./im`, `ages/`, 2},
		{`client.inspect("./images/a`, `.sif"`, 1},
		{`client.inspect("../no/su`, ``, 0},
		{`library.get("lab/u`, "local", 5},
		{`client.rm("lab/u`, "local", 5},
		{`library.inspect("lab/u`, "local", 5},
		{`library.inspect "lab/u`, "local", 5},
		{`library.images{`, "check= query=", 0},
		{`client.delete({"lab/a", "lab/`, "remote", 4},
		{`client.push({ {"images/a`, `.sif"`, 1},
		{`client.push({ {"images/a.sif", "lab/a"}, {"images/a`, `.sif"`, 1},
		{`client.pull("lab/x", "ubuntu.sim`, `g"`, 10},
		{`client.pull("lab/x", {file="ubuntu.sim`, `g"`, 10},
		{`client.pull("lab/x", {`, "file= force= if_missing= jobs= offline= save=", 0},
		{`client.pull("lab/x", "file", {`, "force= if_missing= jobs= offline= save=", 0},
		{`client.pull{`, "file= force= if_missing= image= jobs= offline= save=", 0},
		{`client.pull("lab/x", {force=true, `, "file= if_missing= jobs= offline= save=", 0},
		{`client.pull("lab/x", {force=`, "false true", 0},
		{`client.pull("lab/x", {force = `, "false true", 0},
		{`client.pull("lab/x", {jobs=`, "", 0},
		{`client:pull("lab/u`, "remote", 5},
		{`async(client.push, "images/a`, `.sif"`, 1},
		{`async(client.push, "a.sif", "lab/u`, "remote", 5},
		{`async("push", "images/a`, `.sif"`, 1},
		{`async(client.push, "a.sif", "lab/u", {if`, "_absent=", 2},
		{`help("sor`, `t t.by t.compare t.natural t.version`, 3},
		{`help("prun`, ``, 3},
		{`help("clie`, `nt"`, 4},
		{`help(cl`, `ient`, 2},
		{`require("jso`, `n"`, 3},
		{`fs.rename("images/a`, `.sif"`, 1},
		{`fs.rename("images/a.sif", "images/a`, `.sif"`, 1},
		{`io.open("images/a`, `.sif"`, 1},
		{`io.open("images/a.sif", "`, "", 0},
		{`f(io.open("images/a`, `.sif"`, 1},
		{`local images = 1; print(ima`, `ges`, 3},
		{"function f(images)\n  return ima", `ges`, 3},
		{"x.images = 1; ima", ``, 3},
		{`!ls images/a`, `.sif `, 1},
		{`!ls im`, `ages/`, 2},
		{`!ls "im`, ``, 2},
		{`?clie`, `nt`, 4},
		{`? clie`, `nt`, 4},
		{`help clie`, `nt`, 4},
		{`client.pull("lab/x", {fo`, "rce=", 2},
		{`client.pull("lab/x", {force=true, jo`, "bs=", 2},
		{`client.pull("lab/x", {force=tr`, "ue", 2},
		{`client.pull{fo`, "rce=", 2},
		{`print("ub`, "", 0},
		{`-- cl`, "", 0},
		{`x = "a" `, "", 0},
		{`x = `, "", 0},
		{"nothing.here.", "", 0},
	} {
		got := fakeSources().suggest(c.before)
		if found := strings.Join(got.endings, " "); found != c.want || found != "" && got.typed != c.typed {
			t.Errorf("%s: %q, %d typed; not %q, %d", c.before, found, got.typed, c.want, c.typed)
		}
	}
}

func TestSuggestInAFolderThatIsNotThere(t *testing.T) {
	if got := fakeSources().suggest(`client.push("` + filepath.Join(t.TempDir(), "no", "such") + `/`); len(got.endings) > 0 {
		t.Errorf("%v", got)
	}
}

// A folder may be on a server that hangs: no key waits long for it, and however many come, one
// goroutine reads it.
func TestFolderThatHangs(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "fuzz"), 0o755); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var reads atomic.Int32
		from := fakeSources()
		from.files.patience = patience
		from.files.read = func(string) ([]os.DirEntry, error) {
			reads.Add(1)
			<-release
			return entries, nil
		}
		for _, before := range []string{`client.push("`, `client.push("fu`, `io.open("`, `!ls fu`, `client.inspect("fu`} {
			began := time.Now()
			got := from.suggest(before)
			if took := time.Since(began); took != patience {
				t.Errorf("%s: it took %v, not %v", before, took, patience)
			}
			if got.endings != nil && got.endings[0] != "remote" {
				t.Errorf("%s: %q", before, got.endings)
			}
		}
		if n := reads.Load(); n != 1 {
			t.Errorf("it is read by %d goroutines", n)
		}
		close(release)
		synctest.Wait()
		began := time.Now()
		if got := from.suggest(`client.push("fu`); strings.Join(got.endings, " ") != "zz/" || time.Since(began) != 0 {
			t.Errorf("after it came back: %q", got.endings)
		}
	})
}

func TestCompleterKeepsCandidatesOnTheScreen(t *testing.T) {
	long, wide := strings.Repeat("x", 100), strings.Repeat("日", 50)
	var many []string
	for i := range 10000 {
		many = append(many, fmt.Sprintf("%s-%d.sif", []string{"alpine", "debian", "ubuntu"}[i%3], i))
	}
	numbers := slices.Clone(many)
	for i := range numbers {
		numbers[i] = strings.TrimPrefix(fmt.Sprint(10000+i), "1")
	}
	x := strings.Repeat("x", 74-3)
	for _, c := range []struct {
		word    string
		endings []string
		columns int
		want    string
	}{
		{"abc", []string{"a", "b"}, 80, "a b"},
		{"abc", []string{long}, 80, long}, // is inserted, not shown
		{"abc", []string{long, "b"}, 80, x + "xx b"},
		{"abc", []string{wide, "b"}, 80, strings.Repeat("日", 36) + " b"},
		{"abc", []string{long + "1", long + "2"}, 80, x + "xx"},
		{strings.Repeat("w", 90), []string{"ab", "ac"}, 80, "a"},
		{strings.Repeat("w", 90), []string{"b", "c"}, 80, ""},
		{"abc", many, 80, "alpine- debian- ubuntu-"},
		{"abc", numbers, 80, "0 1 2 3 4 5 6 7 8 9"},
		{"abc", slices.Repeat([]string{"a"}, 1000), 80, "a"},
		{"", []string{"日本", "日曜"}, 80, "日本 日曜"},
	} {
		e := &editor{columns: c.columns, completions: true}
		line := []rune(c.word)
		got, length := completer{e, func(string) ([]string, int) { return c.endings, len(line) }}.Do(line, len(line))
		var shown []string
		for _, ending := range got {
			shown = append(shown, string(ending))
			if cells := length + len(ending); len(got) > 1 && cells > c.columns-4 {
				t.Errorf("%s: %d columns of %d", string(ending), cells, c.columns)
			}
		}
		if strings.Join(shown, " ") != c.want {
			t.Errorf("%s: %q, not %q", c.word, shown, c.want)
		}
	}
	e := &editor{columns: 80}
	if got, _ := (completer{e, func(string) ([]string, int) { return []string{"x"}, 0 }}).Do(nil, 0); got != nil {
		t.Error("it completes while a question is asked")
	}
}

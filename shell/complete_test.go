package shell

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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

func fakeRemote(typed, _ string) suggestion { return suggestion{[]string{"remote"}, len(typed)} }

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
		{`client.search "lab/u`, "remote", 5},
		{`client.delete({"lab/a", "lab/`, "remote", 4},
		{`client.push({ {"images/a`, `.sif"`, 1},
		{`client.push({ {"images/a.sif", "lab/a"}, {"images/a`, `.sif"`, 1},
		{`client.pull("lab/x", "ubuntu.sim`, `g"`, 10},
		{`client.pull("lab/x", {file="ubuntu.sim`, `g"`, 10},
		{`client.pull("lab/x", {`, "file= force= if_missing= image= jobs= save=", 0},
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
		got := suggest(fakeNames{}, fakeRemote, c.before)
		if found := strings.Join(got.endings, " "); found != c.want || found != "" && got.typed != c.typed {
			t.Errorf("%s: %q, %d typed; not %q, %d", c.before, found, got.typed, c.want, c.typed)
		}
	}
}

func TestSuggestInAFolderThatIsNotThere(t *testing.T) {
	if got := suggest(fakeNames{}, fakeRemote, `client.push("`+filepath.Join(t.TempDir(), "no", "such")+`/`); len(got.endings) > 0 {
		t.Errorf("%v", got)
	}
}

func TestCompleterKeepsCandidatesOnTheScreen(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct {
		endings []string
		columns int
		want    int
	}{
		{[]string{"a", "b"}, 80, 2},
		{[]string{long}, 80, 1}, // is inserted, not shown
		{[]string{long, "b"}, 80, 0},
		{[]string{strings.Repeat("日", 37), "b"}, 80, 0},
		{[]string{strings.Repeat("x", 60), "b"}, 80, 2},
		{slices.Repeat([]string{"a"}, 1000), 80, mostEndings},
	} {
		e := &editor{columns: c.columns, completions: true}
		got, _ := completer{e, func(string) ([]string, int) { return c.endings, 3 }}.Do([]rune("abc"), 3)
		if len(got) != c.want {
			t.Errorf("%d of %d candidates, not %d", len(got), len(c.endings), c.want)
		}
	}
	e := &editor{columns: 80}
	if got, _ := (completer{e, func(string) ([]string, int) { return []string{"x"}, 0 }}).Do(nil, 0); got != nil {
		t.Error("it completes while a question is asked")
	}
}

package library

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/name"
)

// Variables by which a process of this test binary is told to work on a library.
const (
	actAs   = "LIBRARY_TEST_ACT" // add, list or all
	actOn   = "LIBRARY_TEST_ON"  // folder of the database and the images
	actWith = "LIBRARY_TEST_WITH"
)

func TestMain(m *testing.M) {
	if os.Getenv(actAs) != "" {
		if err := act(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// act adds an image as a member of a group does, or lists what is there.
func act() error {
	umask, err := strconv.ParseUint(os.Getenv("LIBRARY_TEST_UMASK"), 8, 32)
	if err != nil {
		return err
	}
	syscall.Umask(int(umask))
	dir := os.Getenv(actOn)
	l := New(Settings{Database: filepath.Join(dir, "base", databaseFile), Storage: filepath.Join(dir, "shub"), Wait: time.Minute})
	defer l.Close()
	if os.Getenv(actAs) == "list" {
		rows, err := l.All(background, "")
		for _, r := range rows {
			content, err := os.ReadFile(r.Image)
			if err != nil {
				return err
			}
			fmt.Println(r.FullName(), string(content))
		}
		if err == nil && l.Writable(background) == nil {
			return errors.New("it may write")
		}
		return err
	}
	for _, each := range strings.Fields(os.Getenv(actWith)) {
		n, err := name.Parse(each)
		if err != nil {
			return err
		}
		path, err := l.Place(n, "1", "sif")
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(each), 0o777); err != nil {
			return err
		}
		if _, _, err := l.Record(background, Entry{Name: n, Version: "1", Image: path}); err != nil {
			return err
		}
	}
	return nil
}

func process(act, dir, with, umask string, as *syscall.Credential) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), actAs+"="+act, actOn+"="+dir, actWith+"="+with, "LIBRARY_TEST_UMASK="+umask)
	if as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	}
	return cmd
}

// 64 processes that begin with no library at all write different images into it: none is lost, and
// nobody is told that the database is locked.
func TestManyProcesses(t *testing.T) {
	const processes, each = 64, 3
	dir := t.TempDir()
	var wg sync.WaitGroup
	for p := range processes {
		names := ""
		for i := range each {
			names += fmt.Sprintf(" lab/image%d:v%d", p, i)
		}
		cmd := process("add", dir, names, "022", nil)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Errorf("process %d: %v: %s", p, err, &out)
			}
		})
	}
	wg.Wait()
	l := open(t, Settings{Database: filepath.Join(dir, "base", databaseFile), Storage: filepath.Join(dir, "shub")})
	rows, err := l.All(t.Context(), "")
	if err != nil || len(rows) != processes*each {
		t.Errorf("%d rows of %d, %v", len(rows), processes*each, err)
	}
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.String()] = true
		if !isFile(r.Image) || r.CollectionID != rows[0].CollectionID {
			t.Errorf("%+v", r)
		}
	}
	if len(seen) != len(rows) {
		t.Errorf("%d different rows of %d", len(seen), len(rows))
	}
	left, err := os.ReadDir(filepath.Join(dir, "base"))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the database: %v, %v", left, err)
	}
}

// Who makes a folder for an image, and who tidies up what is empty, do not get into each other's way.
func TestPlaceWhileOthersTidyUp(t *testing.T) {
	dir := t.TempDir()
	l := open(t, Settings{Database: filepath.Join(dir, "base", databaseFile), Storage: filepath.Join(dir, "shub")})
	var wg sync.WaitGroup
	for i := range 8 {
		n, err := name.Parse(fmt.Sprintf("lab/image%d:v1", i%4))
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for range 200 {
				path, err := l.Place(n, "1", "sif")
				if err != nil {
					t.Error(err)
					return
				}
				l.Tidy(path)
				other := filepath.Join(dir, fmt.Sprint(i))
				if err := os.WriteFile(other, nil, 0o600); err != nil {
					t.Error(err)
					return
				}
				if path, err = l.Own(other, n, fmt.Sprint(i), "sif", true); err != nil {
					t.Error(err)
					return
				}
				os.Remove(path)
				l.Tidy(path)
			}
		})
	}
	wg.Wait()
}

// Two users of a group write, a third one reads: everything that is made has the rights that the
// umask and the setgid folder give. Other users can only be had by root; without, one user does all.
func TestGroup(t *testing.T) {
	const group, one, two, three = 4711, 4712, 4713, 4714
	dir, err := os.MkdirTemp("", "group")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	root := os.Getuid() == 0
	as := func(uid uint32, groups ...uint32) *syscall.Credential {
		if !root {
			return nil
		}
		return &syscall.Credential{Uid: uid, Gid: uid, Groups: groups}
	}
	if root {
		binary, err := os.ReadFile(os.Args[0]) // where others may run it
		if err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(dir, "test")
		if err := os.WriteFile(copied, binary, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(copied, 0o755); err != nil { // whatever the umask
			t.Fatal(err)
		}
		defer func(path string) { os.Args[0] = path }(os.Args[0])
		os.Args[0] = copied
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	shared := filepath.Join(dir, "shared")
	if err := os.Mkdir(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	if root {
		if err := os.Chown(shared, -1, group); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(shared, 0o775|os.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		act, with string
		as        *syscall.Credential
	}{
		{"add", "lab/a lab/b", as(one, group)}, {"add", "lab/b:2 new/c", as(two, group)}, {"add", "new/c:2", as(one, group)},
	} {
		if out, err := process(step.act, shared, step.with, "002", step.as).CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v: %s", step.act, step.with, err, out)
		}
	}
	err = filepath.WalkDir(shared, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := info.Mode()
		if mode.Perm()&0o060 != 0o060 || d.IsDir() && mode&os.ModeSetgid == 0 || root && info.Sys().(*syscall.Stat_t).Gid != group {
			t.Errorf("%s is %v", path, mode)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !root {
		return
	}
	out, err := process("list", shared, "", "022", as(three)).CombinedOutput()
	if err != nil || strings.Count(string(out), "\n") != 5 {
		t.Errorf("the third: %v: %s", err, out)
	}
	if out, err := process("add", shared, "lab/mine", "022", as(three)).CombinedOutput(); err == nil {
		t.Errorf("the third may write: %s", out)
	}
}

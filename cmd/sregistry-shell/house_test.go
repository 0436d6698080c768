package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sregistry-shell/sregistry-shell/"

// TestHouse holds the rules by which the rooms are furnished: imports run one way, cmd to shell
// to client to its leaves; only store and signin know ncw/swift; what a server does its own way is
// known in store, in the endpoint that imitates servers, and in the cases that hold both to the
// truth, and nowhere else. Comments may name servers.
func TestHouse(t *testing.T) {
	quirk := regexp.MustCompile(`(?i)rgw|ceph|d41d8|tempauth|StatusUnprocessableEntity|multipart-manifest`)
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			if err == nil && d.Name() != "." {
				err = fs.SkipDir
			}
			return err
		}
		room := filepath.ToSlash(filepath.Dir(strings.TrimPrefix(path, "../../")))
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if why := forbidden(room, imported); why != "" {
				t.Errorf("%s imports %s: %s", path, imported, why)
			}
		}
		if room == "client/store" || strings.HasPrefix(room, "client/localswift") || strings.HasPrefix(room, "cmd") {
			return nil
		}
		ast.Inspect(f, func(n ast.Node) bool {
			text := ""
			switch x := n.(type) {
			case *ast.Ident:
				text = x.Name
			case *ast.BasicLit:
				text = x.Value
			}
			if quirk.MatchString(text) {
				t.Errorf("%s knows of a server: %s", path, text)
			}
			return true
		})
		return nil
	})
	if err != nil || files < 50 {
		t.Errorf("%d files, %v", files, err)
	}
}

// forbidden says why a room may not import something.
func forbidden(room, imported string) string {
	if strings.HasPrefix(imported, "github.com/ncw/swift") && room != "client/store" && room != "client/signin" {
		return "only client/store and client/signin speak Swift"
	}
	if strings.HasPrefix(imported, "github.com/yuin/gopher-lua") && !strings.HasPrefix(room, "shell") {
		return "Lua lives in shell"
	}
	ours, ok := strings.CutPrefix(imported, module)
	if !ok {
		return ""
	}
	switch floor := strings.Split(room, "/")[0]; {
	case strings.HasPrefix(room, "client/") && ours == "client":
		return "leaves never import client"
	case floor == "client" && !strings.HasPrefix(ours, "client"),
		floor == "shell" && (strings.HasPrefix(ours, "cmd") || strings.HasPrefix(ours, "client/")):
		return "imports run from cmd to shell to client to its leaves"
	case room == "shell/verbs" && strings.HasPrefix(ours, "shell/vm"):
		return "the table of verbs knows no Lua"
	}
	return ""
}

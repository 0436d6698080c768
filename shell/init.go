package shell

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/sregistry-shell/sregistry-shell/shell/vm"
	lua "github.com/yuin/gopher-lua"
)

// runInit runs init.lua of the configuration directory, for a person at a terminal and for nobody
// else: a script must do the same wherever it runs. Its failure is said and does not keep anybody
// from the prompt; the error is what ends the shell.
func (s *Session) runInit(ctx context.Context) error {
	dir := s.configDir()
	if dir == "" || s.c.NoInit || !s.c.Screen.Interactive() {
		return nil
	}
	path := filepath.Join(dir, "init.lua")
	source, err := vm.ReadSourceFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		s.c.Screen.Warn(fmt.Sprintf("init.lua: %v", err))
		return nil
	}
	_, err = s.evaluate(ctx, func(ctx context.Context) ([]lua.LValue, error) {
		return nil, s.vm.Run(ctx, path, source)
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var exit *vm.ExitError
	if errors.As(err, &exit) {
		return exit
	}
	if err != nil {
		s.complain(err)
	}
	return nil
}

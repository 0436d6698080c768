package client

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Settings that may not be read are denied, and not wrong.
func TestSettingsThatMayNotBeRead(t *testing.T) {
	dir := t.TempDir()
	settings, embedded := filepath.Join(dir, "settings"), filepath.Join(dir, "embedded")
	if err := os.WriteFile(settings, []byte("{}"), 0); err != nil {
		t.Fatal(err)
	}
	c, err := NewEmbedded(embedded, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OS_CLIENT_CONFIG_FILE", settings)
	// Root reads everything, unless it looks at files as somebody else. That holds for a thread.
	runtime.LockOSThread()
	if os.Getuid() == 0 {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := unix.SetfsuidRetUid(4712); err != nil {
			t.Fatal(err)
		}
	} else if err := os.Chmod(embedded, 0); err != nil {
		t.Fatal(err)
	}
	_, fromFile := FromEnvironment(func(name string) string { return map[string]string{"SREGISTRY_CLIENT_SECRETS": settings}[name] })
	_, fromCloud := Connect(ConnectRequest{Cloud: "lab"}, Config{})
	_, fromFolder := NewEmbedded(embedded, Config{})
	if os.Getuid() == 0 {
		if _, err := unix.SetfsuidRetUid(0); err != nil {
			t.Fatal(err) // the thread ends with the test
		}
	} else {
		os.Chmod(embedded, 0o700)
	}
	runtime.UnlockOSThread()
	for what, err := range map[string]error{"the settings file": fromFile, "clouds.yaml": fromCloud, "the embedded folder": fromFolder} {
		if CodeOf(err) != Denied {
			t.Errorf("%s: %v (%s)", what, err, CodeOf(err))
		}
	}
}

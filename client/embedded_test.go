package client

import (
	"os"
	"path/filepath"
	"testing"
)

// A folder of images whose index is damaged is corrupt, which is no fault of this program.
func TestEmbeddedThatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.db"), make([]byte, 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := NewEmbedded(dir, Config{})
	if err == nil {
		c.Close()
	}
	if CodeOf(err) != Corrupt {
		t.Errorf("it is %v (%s)", err, CodeOf(err))
	}
}

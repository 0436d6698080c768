package transfer

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// connected is both ends of a connection.
func connected(t *testing.T) (from, to *net.TCPConn) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	return c.(*net.TCPConn), s.(*net.TCPConn)
}

func TestSendAt(t *testing.T) {
	content := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{1}).Read(content)
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	told := int64(0)
	section := Metered(Section{f, 1000}, func(n int64) { told += n }).(*metered)
	from, to := connected(t)
	got := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(to)
		got <- b
	}()
	n, err := section.SendAt(from, 77, 2<<20)
	if runtime.GOOS != "linux" {
		if n != 0 || !errors.Is(err, errors.ErrUnsupported) {
			t.Fatalf("sent %d, %v", n, err)
		}
		return
	}
	if n != 2<<20 || err != nil {
		t.Fatalf("sent %d, %v", n, err)
	}
	// Behind the end of the file, a read has to say what is wrong.
	rest := int64(len(content)) - 1000 - 77 - 2<<20
	n, err = section.SendAt(from, 77+2<<20, rest+5)
	if n != rest || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("sent %d, %v behind the end", n, err)
	}
	from.Close()
	if !bytes.Equal(<-got, content[1077:]) {
		t.Error("other bytes arrived")
	}
	if want := int64(len(content)) - 1000; told != want {
		t.Errorf("told of %d bytes, and the last one is the %dth", told, want)
	}
	if n, err := section.SendAt(from, 0, 10); n != 0 || err == nil || errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a closed connection took %d, %v", n, err)
	}
}

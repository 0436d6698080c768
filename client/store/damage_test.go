package store

import (
	"errors"
	"testing"
	"time"
)

// A 422 means that the bytes were damaged on their way: they are sent once more, and no oftener.
func TestDamagedOnTheWay(t *testing.T) {
	for _, damage := range []error{status(422), ErrDamaged, misread(status(400))} {
		for _, c := range []struct {
			fail  []error
			calls int
			ok    bool
		}{
			{[]error{damage}, 2, true},
			{[]error{reset, damage, status(503)}, 4, true},
			{[]error{damage, damage}, 2, false},
			{[]error{damage, reset, damage}, 3, false},
		} {
			f := &flaky{fail: c.fail}
			_, err := Retry{Store: f, First: time.Microsecond}.Put(t.Context(), Key{}, nil, 0, 0, Header{MD5: "mine"})
			if f.calls != c.calls || (err == nil) != c.ok || err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("%v: %d calls, want %d; %v", c.fail, f.calls, c.calls, err)
			}
			f = &flaky{fail: c.fail}
			_, err = Retry{Store: f, First: time.Microsecond}.PutManifest(t.Context(), Key{}, nil, Header{})
			if f.calls != c.calls || (err == nil) != c.ok || err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("a manifest, %v: %d calls, want %d; %v", c.fail, f.calls, c.calls, err)
			}
		}
	}
}

// What a manifest was refused for tells whether it was damaged on its way.
func TestMisread(t *testing.T) {
	for _, c := range []struct {
		status int
		reason string
		want   error
	}{
		{400, "Manifest must be valid JSON.", ErrDamaged},
		{400, "InvalidArgument", ErrDamaged},
		{400, "/c/x: 404 Not Found", ErrDamaged},
		{404, "NoSuchKey", ErrDamaged},
		{404, "NoSuchBucket", ErrNotFound},
		{404, "", ErrNotFound},
		{400, "Metadata value longer than 256", ErrInvalid},
		{413, "Number of segments must be <= 100", ErrFull},
		{409, "", ErrBusy},
	} {
		err := misread(&StatusError{Status: c.status, Reason: c.reason})
		if !errors.Is(err, c.want) || errors.Is(err, ErrDamaged) != (c.want == ErrDamaged) {
			t.Errorf("%d %s: %v", c.status, c.reason, err)
		}
	}
}

func TestQuotaFits(t *testing.T) {
	for _, c := range []struct {
		h    map[string]string
		n    int64
		want bool
	}{
		{nil, 1 << 60, true},
		{map[string]string{"X-Account-Bytes-Used": "90"}, 1 << 60, true},
		{map[string]string{"X-Account-Bytes-Used": "90", "X-Account-Meta-Quota-Bytes": ""}, 1 << 60, true},
		{map[string]string{"X-Account-Bytes-Used": "90", "X-Account-Meta-Quota-Bytes": "-1"}, 1 << 60, true},
		{map[string]string{"X-Account-Bytes-Used": "90", "X-Account-Meta-Quota-Bytes": "100"}, 10, true},
		{map[string]string{"X-Account-Bytes-Used": "90", "X-Account-Meta-Quota-Bytes": "100"}, 11, false},
		{map[string]string{"X-Account-Bytes-Used": "200", "X-Account-Meta-Quota-Bytes": "100"}, 1, false},
		{map[string]string{"X-Account-Bytes-Used": "9223372036854775807", "X-Account-Meta-Quota-Bytes": "0"}, 9223372036854775807, false},
	} {
		if got := quotaIn(c.h, "Account").Fits(c.n); got != c.want {
			t.Errorf("%d more with %v fit: %v", c.n, c.h, got)
		}
	}
	objects := quotaIn(map[string]string{"X-Container-Object-Count": "3", "X-Container-Meta-Quota-Count": "5"}, "Container")
	if !objects.FitsObjects(2) || objects.FitsObjects(3) || !objects.Fits(1<<60) {
		t.Errorf("%+v", objects)
	}
}

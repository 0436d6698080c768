package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// abilities is what a service says of itself at /info, as far as it matters here.
type abilities struct {
	TempURL *struct {
		Methods []string `json:"methods"`
		Digests []string `json:"allowed_digests"`
	} `json:"tempurl"`
	SLO struct {
		MinSegment *int64 `json:"min_segment_size"`
	} `json:"slo"`
	TempAuth *struct{} `json:"tempauth"`
}

// grantsAccounts tells that access lists mean whole accounts: on RGW, account:user gives nobody
// anything. RGW is told by what it says of large objects, which has no least size of a segment.
func (a abilities) grantsAccounts() bool { return a.SLO.MinSegment == nil }

// grantsProjects tells that access lists are Keystone's: project:user, each a name, an id or *, and a
// word alone is a role. Swift says nothing of Keystone, and names its own way to sign in.
func (a abilities) grantsProjects() bool { return a.SLO.MinSegment != nil && a.TempAuth == nil }

// discovery asks for the abilities once.
type discovery struct {
	mu    sync.Mutex
	known *abilities
}

func (s *Swift) abilities(ctx context.Context) (abilities, error) {
	s.discovery.mu.Lock()
	defer s.discovery.mu.Unlock()
	if s.discovery.known != nil {
		return *s.discovery.known, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, signin.Discovery, nil)
	if err != nil {
		return abilities{}, err
	}
	req.Header.Set("User-Agent", signin.UserAgent)
	resp, err := s.http.Do(req)
	if err = plain(ctx, err); err != nil {
		return abilities{}, fmt.Errorf("what the server can do cannot be asked: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return abilities{}, broken(ctx, err)
	}
	var a abilities
	if err := json.Unmarshal(body, &a); err != nil {
		return abilities{}, fmt.Errorf("what the server says it can do is not valid JSON: %w", err)
	}
	s.discovery.known = &a
	return a, nil
}

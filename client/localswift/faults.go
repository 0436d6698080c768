package localswift

import (
	"net/http"
	"sync"
)

// Plan makes chosen requests go wrong. It is for tests, and can be reached by
// Go only. The zero value does nothing; rules may be added while the server
// runs.
type Plan struct {
	mu    sync.Mutex
	rules []*plannedRule
}

// Rule says which requests a fault strikes.
type Rule struct {
	// Match picks requests; nil picks all. On(method, path) makes the usual ones.
	Match func(*http.Request) bool
	// Skip lets that many matching requests through first.
	Skip int
	// Count is how many are struck then; 0 means every one.
	Count int
	// Fault is what happens to them.
	Fault Fault
}

// Fault stands between the server and a request: it may change the request,
// the reply, or the connection, or do something else altogether.
type Fault func(next http.Handler) http.Handler

type plannedRule struct {
	Rule
	seen, struck int
}

// Add adds a rule. For a request the first rule that strikes is the one. The
// function it returns tells how often the rule has struck.
func (p *Plan) Add(r Rule) (struck func() int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rule := &plannedRule{Rule: r}
	p.rules = append(p.rules, rule)
	return func() int {
		p.mu.Lock()
		defer p.mu.Unlock()
		return rule.struck
	}
}

// Clear removes every rule.
func (p *Plan) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = nil
}

// pick finds the fault for a request, nil for none.
func (p *Plan) pick(r *http.Request) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, rule := range p.rules {
		if rule.Match != nil && !rule.Match(r) {
			continue
		}
		rule.seen++
		if rule.seen <= rule.Skip || (rule.Count > 0 && rule.struck >= rule.Count) {
			continue
		}
		rule.struck++
		return rule.Fault
	}
	return nil
}

func (p *Plan) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := p.pick(r); f != nil {
			f(next).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

package icpcode_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/icpcode/icpcode"
)

// spy is a store that notes what it is asked, and lets a test step in.
type spy struct {
	icpcode.Store

	// Each stands in for the call, if set, and may make it.
	load   func(ctx context.Context, keys []icpcode.Key, call func() ([]icpcode.Document, error)) ([]icpcode.Document, error)
	commit func(ctx context.Context, c icpcode.Change, call func() error) error
	list   func(q icpcode.Query, call func(icpcode.Query) (icpcode.Page, error)) (icpcode.Page, error)
	read   func(q icpcode.EventQuery, call func(icpcode.EventQuery) ([]icpcode.Event, error)) ([]icpcode.Event, error)

	mu    sync.Mutex
	known map[icpcode.Key]bool // all keys that were ever named
	asked []string             // the calls, in order
	n     map[string]int       // how many of each method
}

func newSpy(s icpcode.Store) *spy {
	return &spy{Store: s, known: map[icpcode.Key]bool{}, n: map[string]int{}}
}

// spied puts a spy between the engine and the store of w.
func (w *world) spied() *spy {
	s := newSpy(w.store)
	w.store = s
	w.eng = icpcode.New(s, &w.opt)
	return s
}

func (s *spy) note(method string, what any, keys ...icpcode.Key) {
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n[method]++
	s.asked = append(s.asked, method+" "+string(text))
	for _, k := range keys {
		s.known[k] = true
	}
}

// calls returns how often a method was called.
func (s *spy) calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n[method]
}

// forget begins a new list of calls and returns the one so far.
func (s *spy) forget() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked, s.n = nil, map[string]int{}
	return asked
}

func (s *spy) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	s.note("Load", keys, keys...)
	call := func() ([]icpcode.Document, error) { return s.Store.Load(ctx, keys...) }
	if s.load != nil {
		return s.load(ctx, keys, call)
	}
	return call()
}

func (s *spy) Commit(ctx context.Context, c icpcode.Change) error {
	var keys []icpcode.Key
	for _, p := range c.Puts {
		keys = append(keys, p.Key)
	}
	s.note("Commit", keys, keys...)
	call := func() error { return s.Store.Commit(ctx, c) }
	if s.commit != nil {
		return s.commit(ctx, c, call)
	}
	return call()
}

func (s *spy) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	s.note("List", q)
	call := func(q icpcode.Query) (icpcode.Page, error) { return s.Store.List(ctx, q) }
	if s.list != nil {
		return s.list(q, call)
	}
	return call(q)
}

func (s *spy) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	s.note("Events", q)
	call := func(q icpcode.EventQuery) ([]icpcode.Event, error) { return s.Store.Events(ctx, q) }
	if s.read != nil {
		return s.read(q, call)
	}
	return call(q)
}

// dump tells everything that the store holds under the keys that were ever
// named, events included.
func (s *spy) dump(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	keys := slices.SortedFunc(maps.Keys(s.known), icpcode.Key.Compare)
	s.mu.Unlock()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	for _, d := range must[[]icpcode.Document](t)(s.Store.Load(context.Background(), keys...)) {
		if d.Version > 0 {
			must[int](t)(0, enc.Encode(d))
		}
		if d.Key.Kind == icpcode.KindRecord {
			for _, e := range s.events(t, d.Key.Code) {
				must[int](t)(0, enc.Encode(e))
			}
		}
	}
	return b.String()
}

// events returns all events of a code, as they are stored.
func (s *spy) events(t testing.TB, c icpcode.Code) []icpcode.Event {
	t.Helper()
	return must[[]icpcode.Event](t)(s.Store.Events(context.Background(), icpcode.EventQuery{Code: c, Limit: 1000}))
}

// failing returns the rules that an error names as failing.
func failing(err error) icpcode.RuleIDs {
	var no *icpcode.RefusedError
	if !errors.As(err, &no) {
		return 0
	}
	return no.Decision.Fail
}

// noCodes checks that an error shows no code, neither plain nor as it is
// displayed, nor in any of its reasons.
func noCodes(t testing.TB, what string, err error, codes ...icpcode.Code) {
	t.Helper()
	if err == nil {
		return
	}
	text := err.Error() + why(err)
	for _, c := range codes {
		if c.IsZero() {
			continue
		}
		if strings.Contains(text, c.String()) || strings.Contains(text, c.Display()) {
			t.Errorf("%s: the error shows a whole code: %s", what, text)
		}
	}
}

package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// twisted is a plain store with some methods replaced.
type twisted struct {
	*plain
	gaps     gaps
	onLoad   func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error)
	onCommit func(ctx context.Context, c icpcode.Change) error
	onList   func(ctx context.Context, q icpcode.Query) (icpcode.Page, error)
	onEvents func(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error)
	onPurge  func(before time.Time, limit int) int
	limit    int // what MaxWrites returns
}

func (s *twisted) MaxWrites() int { return s.limit }

func (s *twisted) PurgeEvents(ctx context.Context, before time.Time, limit int) (int, error) {
	if s.onPurge != nil {
		return s.onPurge(before, limit), nil
	}
	return s.plain.PurgeEvents(ctx, before, limit)
}

func (s *twisted) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	defer s.gaps.end()
	if s.onLoad != nil {
		return s.onLoad(ctx, keys)
	}
	return s.plain.Load(ctx, keys...)
}

func (s *twisted) Commit(ctx context.Context, c icpcode.Change) error {
	defer s.gaps.end()
	if s.onCommit != nil {
		return s.onCommit(ctx, c)
	}
	return s.plain.Commit(ctx, c)
}

func (s *twisted) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	defer s.gaps.end()
	if s.onList != nil {
		return s.onList(ctx, q)
	}
	return s.plain.List(ctx, q)
}

func (s *twisted) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	defer s.gaps.end()
	if s.onEvents != nil {
		return s.onEvents(ctx, q)
	}
	return s.plain.Events(ctx, q)
}

// accept makes a commit that locks and, if the context is not done and accept
// returns nil, applies.
func (s *twisted) accept(accept func(icpcode.Change) error) {
	s.onCommit = func(ctx context.Context, c icpcode.Change) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := accept(c); err != nil {
			return err
		}
		s.apply(c)
		return nil
	}
}

// given makes a store keep something else than it was given.
func (s *twisted) given(edit func(*icpcode.Change)) {
	s.onCommit = func(ctx context.Context, c icpcode.Change) error {
		d := icpcode.Change{Puts: slices.Clone(c.Puts), Events: slices.Clone(c.Events)}
		for i := range d.Puts {
			d.Puts[i].Document = d.Puts[i].Clone()
		}
		for i := range d.Events {
			d.Events[i] = d.Events[i].Clone()
		}
		edit(&d)
		return s.plain.Commit(ctx, d)
	}
}

// instants makes a store keep other instants than it was given.
func (s *twisted) instants(f func(time.Time) time.Time) {
	edit := func(all ...*time.Time) {
		for _, t := range all {
			if !t.IsZero() {
				*t = f(*t)
			}
		}
	}
	s.given(func(c *icpcode.Change) {
		for _, p := range c.Puts {
			switch b := p.Body.(type) {
			case *icpcode.Ledger:
				edit(&b.ClosedAt)
			case *icpcode.Receipt:
				edit(&b.Result.At)
			case *icpcode.Record:
				edit(&b.Issued, &b.Granted, &b.Updated)
			}
		}
		for i := range c.Events {
			edit(&c.Events[i].At, &c.Events[i].Issued, &c.Events[i].Granted)
		}
	})
}

// keyed makes a store that takes keys for one another for which f returns the
// same.
func (s *twisted) keyed(f func(icpcode.Key) icpcode.Key) {
	s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
		mapped := slices.Clone(keys)
		for i := range mapped {
			mapped[i] = f(mapped[i])
		}
		docs, err := s.plain.Load(ctx, mapped...)
		for i := range docs {
			docs[i].Key = keys[i]
		}
		return docs, err
	}
	s.given(func(c *icpcode.Change) {
		for i := range c.Puts {
			c.Puts[i].Key = f(c.Puts[i].Key)
		}
	})
}

// texts returns a function for keyed that maps the texts of a key.
func texts(f func(string) string) func(icpcode.Key) icpcode.Key {
	return func(k icpcode.Key) icpcode.Key {
		k.A, k.B = f(k.A), f(k.B)
		return k
	}
}

// gaps are the moments between the statements of a store that works in steps.
// One lasts until another call has come to a gap or has ended, so that steps
// do cross where they can, however goroutines are scheduled.
type gaps struct {
	mu    sync.Mutex
	open  int
	moved chan struct{} // closed when a call comes to a gap or ends
}

// maxGap bounds the wait for others: there may be none.
const maxGap = 5 * time.Millisecond

// wake lets all open gaps end. It needs the lock.
func (g *gaps) wake() {
	if g.moved != nil {
		close(g.moved)
	}
	g.moved = make(chan struct{})
}

func (g *gaps) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wake()
}

func (g *gaps) wait() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wake()
	if g.open > 0 {
		return
	}
	g.open++
	moved := g.moved
	g.mu.Unlock()
	select {
	case <-moved:
	case <-time.After(maxGap):
	}
	g.mu.Lock()
	g.open--
}

// split runs f, which is to read or to write in steps: between them it calls
// gap without the lock.
func (s *twisted) split(f func(gap func())) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(func() { s.mu.Unlock(); s.gaps.wait(); s.mu.Lock() })
}

// late makes a replica that is one Commit behind.
func (s *twisted) late() *plain {
	replica := newPlain()
	var before icpcode.Change
	s.accept(func(c icpcode.Change) error {
		if err := s.conflict(c); err != nil {
			return err
		}
		replica.mu.Lock()
		defer replica.mu.Unlock()
		replica.apply(before)
		before = c
		return nil
	})
	return replica
}

// A brokenStore is a plain store with one thing wrong, and the cases that are
// there to catch it.
type brokenStore struct {
	name   string
	spoil  func(s *twisted)
	caught []string
}

var broken = slices.Concat(brokenCommits, brokenManners, brokenRaces, brokenLoads, brokenKeys, brokenKeeping, brokenLists, brokenOrders, brokenCodes, brokenEvents, brokenLimits)

// errDone says that an accept has applied the Change itself.
var errDone = errors.New("done")

// done makes errDone of an accept a success.
func (s *twisted) done() {
	commit := s.onCommit
	s.onCommit = func(ctx context.Context, c icpcode.Change) error {
		if err := commit(ctx, c); !errors.Is(err, errDone) {
			return err
		}
		return nil
	}
}

// scan returns the records that keep holds for, in no order.
func (s *twisted) scan(keep func(*icpcode.Record) bool) []icpcode.Record {
	var all []icpcode.Record
	for _, d := range s.docs {
		if r, ok := d.Body.(*icpcode.Record); ok && keep(r) {
			all = append(all, *d.Clone().Body.(*icpcode.Record))
		}
	}
	return all
}

// stale makes a store that indexes by the value that a record was born with,
// or by the first value other than "" that it had.
func (s *twisted) stale(by icpcode.Index, birth bool) {
	first := make(map[icpcode.Code]string)
	s.given(func(c *icpcode.Change) {
		for _, p := range c.Puts {
			if r, ok := p.Body.(*icpcode.Record); ok && first[r.Code] == "" && (!birth || p.Expect == 0) {
				first[r.Code] = by.Of(r)
			}
		}
	})
	s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
		if q.By != by {
			return s.plain.List(ctx, q)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		records := s.scan(func(r *icpcode.Record) bool {
			return first[r.Code] == q.Value && (q.State == icpcode.StateNone || r.State == q.State)
		})
		slices.SortFunc(records, newestFirst)
		return page(records, q)
	}
}

// complaints runs one case against a store and returns what it prints.
func complaints(t *testing.T, name string, s icpcode.Store) []string {
	t.Helper()
	all := slices.Concat(basics, cases)
	i := slices.IndexFunc(all, func(tc testCase) bool { return tc.name == name })
	if i < 0 {
		t.Fatalf("there is no case %s", name)
	}
	return failures(t, &all[i], s)
}

// failures runs a case against a store and returns what it prints.
func failures(t *testing.T, tc *testCase, s icpcode.Store) []string {
	t.Helper()
	r := &recorder{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		tc.run(r, s, 100*time.Millisecond)
	}()
	<-done
	return r.failed
}

func TestBrokenStoresAreCaught(t *testing.T) {
	for _, b := range broken {
		t.Run(b.name, func(t *testing.T) {
			for _, name := range b.caught {
				s := &twisted{plain: newPlain()}
				b.spoil(s)
				failed := complaints(t, name, s)
				if len(failed) == 0 {
					t.Errorf("case %s does not catch a store that %s", name, b.name)
					continue
				}
				t.Logf("%s: %s", name, failed[0])
			}
		})
	}
}

// One cause gives few failures, and each prints the sentence that was broken.
func TestOneCauseGivesFewFailures(t *testing.T) {
	for _, tt := range []struct {
		store string
		most  int
		rule  string
	}{
		{"reads back only twelve digits", 4, ""},
		{"puts one too many on a page", 2, rulePage},
		{"has an error for what is absent", 4, ""},
		{"takes no acquaintances", 8, ""},
		{"leaves out what is absent", 3, ruleOrder},
		{"has no index of ICP numbers", 3, ""},
	} {
		t.Run(tt.store, func(t *testing.T) {
			i := slices.IndexFunc(broken, func(b brokenStore) bool { return b.name == tt.store })
			var failed []string
			left := suite(func(tc *testCase) bool {
				s := &twisted{plain: newPlain()}
				broken[i].spoil(s)
				found := failures(t, tc, s)
				failed = append(failed, found[:min(1, len(found))]...)
				return len(found) == 0
			})
			if len(failed) == 0 || len(failed) > tt.most || left != len(cases) {
				t.Errorf("%d cases failed and %d were not run, want at most %d and %d:\n%s",
					len(failed), left, tt.most, len(cases), strings.Join(failed, "\n"))
			}
			for _, f := range failed {
				if !strings.HasSuffix(f, tt.rule) {
					t.Errorf("a failure prints another sentence than %q:\n%s", tt.rule, f)
				}
			}
		})
	}
}

// A case that has caught nothing proves nothing.
func TestEveryCaseCatchesABrokenStore(t *testing.T) {
	for _, tc := range slices.Concat(basics, cases) {
		caught := false
		for _, b := range broken {
			caught = caught || slices.Contains(b.caught, tc.name)
		}
		if !caught {
			t.Errorf("no broken store is there for case %s", tc.name)
		}
	}
}

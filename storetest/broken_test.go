package storetest

import (
	"context"
	"errors"
	"slices"
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
		d := icpcode.Change{Puts: slices.Clone(c.Puts), Ensures: slices.Clone(c.Ensures), Events: slices.Clone(c.Events)}
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
		for i := range c.Ensures {
			c.Ensures[i] = f(c.Ensures[i])
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

var broken = slices.Concat(brokenCommits, brokenManners, brokenRaces, brokenLoads, brokenKeys, brokenKeeping, brokenLists, brokenEvents)

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
				first[r.Code] = indexValue(r, by)
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
		slices.SortFunc(records, func(a, b icpcode.Record) int { return a.Code.Compare(b.Code) })
		return page(records, q)
	}
}

// complaints runs one case against a store and returns what it prints.
func complaints(t *testing.T, name string, s icpcode.Store) []string {
	t.Helper()
	i := slices.IndexFunc(cases, func(tc testCase) bool { return tc.name == name })
	if i < 0 {
		t.Fatalf("there is no case %s", name)
	}
	r := &recorder{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		cases[i].run(r, s, 100*time.Millisecond)
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

// A case that has caught nothing proves nothing.
func TestEveryCaseCatchesABrokenStore(t *testing.T) {
	for _, tc := range cases {
		caught := false
		for _, b := range broken {
			caught = caught || slices.Contains(b.caught, tc.name)
		}
		if !caught {
			t.Errorf("no broken store is there for case %s", tc.name)
		}
	}
}

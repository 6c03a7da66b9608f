package lincheck

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// unruly lets other goroutines in around every call of a store, and loses some
// of its Commits before or after they took effect.
type unruly struct {
	icpcode.Store
	slow      bool         // takes its time, so that requests meet
	lose      float64      // share of the Commits that are lost
	shared    atomic.Int64 // Commits of several requests
	conflicts atomic.Int64
	lost      [2]atomic.Int64 // before, after
}

var errLost = errors.New("lincheck: the answer was lost")

// yield lets the others go on.
func (u *unruly) yield() {
	times := 4
	if u.slow {
		times = 400
	}
	for range rand.N(times) {
		runtime.Gosched()
	}
}

func (u *unruly) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	u.yield()
	docs, err := u.Store.Load(ctx, keys...)
	u.yield()
	return docs, err
}

func (u *unruly) Commit(ctx context.Context, c icpcode.Change) error {
	receipts := 0
	for _, p := range c.Puts {
		if p.Key.Kind == icpcode.KindReceipt {
			receipts++
		}
	}
	if receipts > 1 {
		u.shared.Add(1)
	}
	u.yield()
	if rand.Float64() < u.lose/2 {
		u.lost[0].Add(1)
		return errLost
	}
	err := u.Store.Commit(ctx, c)
	if errors.Is(err, icpcode.ErrConflict) {
		u.conflicts.Add(1)
	}
	u.yield()
	if err == nil && rand.Float64() < u.lose/2 {
		u.lost[1].Add(1)
		return errLost
	}
	return err
}

func runs(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

// record makes a history over a store.
func record(t *testing.T, s icpcode.Store, o Options) *History {
	t.Helper()
	o.Stores = []icpcode.Store{s}
	o.Again, o.Abandon = func(err error) bool { return errors.Is(err, errLost) }, 0.5
	h, err := Record(t.Context(), o)
	if err != nil {
		t.Error(err)
	}
	return h
}

// linearizable asks whether a history is linearizable.
func linearizable(t *testing.T, h *History) bool {
	t.Helper()
	result := h.Check()
	if result == porcupine.Unknown {
		t.Error("the checker did not come to an end")
	}
	return result == porcupine.Ok
}

// TestLinearizable records many small histories over memstore, of a store that
// answers and of one whose answers get lost, and checks them all: with requests
// that share commits in one engine, with several engines, which conflict, and
// with one that conflicts with itself.
func TestLinearizable(t *testing.T) {
	for _, tt := range []struct {
		lose float64
		Options
	}{
		{0, Options{Engines: 1}}, {0.2, Options{Engines: 1}}, {0, Options{Engines: 4}}, {0.2, Options{Engines: 4}},
		{0, Options{Engines: 1, Unmerged: true}}, {0.2, Options{Engines: 1, Unmerged: true}},
	} {
		lose := tt.lose
		t.Run(fmt.Sprintf("%d engines, unmerged %v, lose %v", tt.Engines, tt.Unmerged, lose), func(t *testing.T) {
			var all Count
			abandoned, resolved := 0, 0
			shares := tt.Engines == 1 && !tt.Unmerged
			store := &unruly{lose: lose, slow: shares}
			for range runs(200) {
				store.Store = memstore.New()
				h := record(t, store, tt.Options)
				if !linearizable(t, h) {
					t.Fatalf("not linearizable: %s", h)
				}
				all.Add(h.Count())
				abandoned += h.Abandoned
				resolved += h.Resolved
			}
			t.Logf("%+v; %d commits were shared, %d conflicted, lost %d before and %d after, %d abandoned, of which %d had been done",
				all, store.shared.Load(), store.conflicts.Load(), store.lost[0].Load(), store.lost[1].Load(), abandoned, resolved)
			n := runs(200)
			if all.Overlap < 10*n || all.Done < 10*n || all.Refused < 2*n || all.None < n/5 || all.Replayed < n/10 {
				t.Error("the histories are too quiet to prove anything")
			}
			if shares && store.shared.Load() < int64(n/8) || !shares && store.conflicts.Load() < int64(n/4) {
				t.Error("the requests did not meet")
			}
			for _, k := range []kind{issue, buy, bind, grant, submit, resubmit, approve, release, refund, void, closing} {
				if all.kinds[k] < n/20 {
					t.Errorf("%s was done %d times only", k, all.kinds[k])
				}
			}
			if lose > 0 && (store.lost[0].Load() < int64(n) || store.lost[1].Load() < int64(n)) {
				t.Error("too few answers were lost")
			}
			if lose > 0 && (resolved < n/10 || resolved > abandoned-n/10) {
				t.Errorf("of %d abandoned requests %d had been done", abandoned, resolved)
			}
		})
	}
}

// TestSeesRaces records histories over a store that checks and then acts: where
// that happened the checker must say so.
func TestSeesRaces(t *testing.T) {
	n := runs(60)
	fired, flagged := lies(t, n, func() liar { return &Racing{Store: memstore.New()} }, Options{NeverClose: true})
	t.Logf("%d runs, the race fired in %d, flagged were %d", n, fired, flagged)
	if fired < n/2 {
		t.Errorf("the race fired in %d of %d runs only", fired, n)
	}
	if flagged < fired/2 || flagged == 0 {
		t.Errorf("of %d runs in which the race fired %d were flagged", fired, flagged)
	}
}

// TestSeesEveryLie changes one answer of a history that is right: the checker
// must say so.
func TestSeesEveryLie(t *testing.T) {
	lies, seen := 0, 0
	for range runs(20) {
		h := record(t, memstore.New(), Options{})
		if !linearizable(t, h) {
			t.Fatal("not linearizable")
		}
		for i := range h.Operations {
			o := h.Operations[i].Output.(output)
			lie := o
			switch {
			case o.NoCode:
				lie = output{Refused: icpcode.MakeRuleIDs(icpcode.RSKMove)}
			case o.Refused != 0:
				lie = output{}
			case len(o.Codes) > 0:
				lie.Codes = o.Codes[1:]
			default:
				lie.Count, lie.Version = o.Count+1, o.Version+1
			}
			lying := &History{Operations: slices.Clone(h.Operations)}
			lying.Operations[i].Output = lie
			lies++
			if !linearizable(t, lying) {
				seen++
			}
		}
	}
	t.Logf("%d of %d lies were seen", seen, lies)
	if seen < lies*9/10 {
		t.Errorf("only %d of %d lies were seen", seen, lies)
	}
}

// TestSeesTornReplacements records histories over a store that approves filings
// and does not end those that they replace: where that happened the checker
// must say so, wherever somebody looked.
func TestSeesTornReplacements(t *testing.T) {
	n := runs(100)
	fired, flagged := lies(t, n, func() liar { return &Tearing{Store: memstore.New()} }, Options{Ends: true})
	t.Logf("%d runs, %d had torn replacements, flagged were %d", n, fired, flagged)
	if fired < n/2 || flagged < fired*9/10 || flagged == 0 {
		t.Errorf("of %d runs %d had torn replacements, and %d were flagged", n, fired, flagged)
	}
}

// TestSeesWrongReviews records histories over a store whose lists do not know
// what ended: a review finds filings there that are over, and the checker must
// say so.
func TestSeesWrongReviews(t *testing.T) {
	n := runs(20)
	fired, flagged := lies(t, n, func() liar { return &Lagging{Store: memstore.New()} }, Options{Ends: true})
	t.Logf("%d runs, %d had reviews of ended filings, flagged were %d", n, fired, flagged)
	if fired < n/2 || flagged < fired {
		t.Errorf("of %d runs %d had reviews of ended filings, and %d were flagged", n, fired, flagged)
	}
}

// TestEnds records histories of filings that end, and that are replaced: each
// ends once, and what replaces and what is replaced end together or not at all.
func TestEnds(t *testing.T) {
	for _, tt := range []struct {
		lose float64
		Options
	}{{0, Options{Engines: 1}}, {0.2, Options{Engines: 1}}, {0, Options{}}, {0.2, Options{}}} {
		t.Run(fmt.Sprintf("%d engines, lose %v", tt.Engines, tt.lose), func(t *testing.T) {
			tt.Ends = true
			store := &unruly{lose: tt.lose, slow: tt.Engines == 1}
			var all Count
			n := runs(200)
			for range n {
				store.Store = memstore.New()
				h := record(t, store, tt.Options)
				if !linearizable(t, h) {
					t.Fatalf("not linearizable: %s", h)
				}
				all.Add(h.Count())
			}
			t.Logf("%+v", all)
			if all.kinds[end] < 2*n || all.kinds[approve] < 4*n || all.AtRisk < n/2 || all.Ended < 2*n || all.Refused < 5*n || all.Overlap < 5*n {
				t.Error("the histories are too quiet to prove anything")
			}
		})
	}
}

// TestSeesEndsTwice records such histories over a store that checks and then
// acts: a filing ends twice there, and the checker must say so.
func TestSeesEndsTwice(t *testing.T) {
	n := runs(60)
	fired, flagged := 0, 0
	for range n {
		store := &Racing{Store: &unruly{Store: memstore.New(), slow: true}}
		h := record(t, store, Options{Ends: true})
		if store.Fired() == 0 {
			continue
		}
		fired++
		if !linearizable(t, h) {
			flagged++
		}
	}
	t.Logf("%d runs, the race fired in %d, flagged were %d", n, fired, flagged)
	if fired < n/2 || flagged < fired/2 || flagged == 0 {
		t.Errorf("of %d runs the race fired in %d, and %d were flagged", n, fired, flagged)
	}
}

// liar is a store with a fault, which counts how often it showed.
type liar interface {
	icpcode.Store
	Fired() int64
}

// lies records histories, each over a store of its own, and counts those in
// which its fault showed and those that the checker flags.
func lies(t *testing.T, histories int, store func() liar, o Options) (fired, flagged int) {
	t.Helper()
	for range histories {
		s := store()
		h := record(t, s, o)
		if s.Fired() == 0 {
			continue
		}
		fired++
		if !linearizable(t, h) {
			flagged++
		}
	}
	return fired, flagged
}

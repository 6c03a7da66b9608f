package sqltest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/lincheck"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// unanswered reports whether a client does not know what became of a request:
// its outcome is unknown, or the database could not be asked.
func unanswered(err error) bool {
	return errors.Is(err, icpcode.ErrUnknownOutcome) || errors.Is(err, sqlstore.ErrUnavailable)
}

// TestLinearizable records histories of eight clients over every engine, and
// over links that lose every twelfth round trip, and asks of each whether it
// could as well have happened one request after the other. What became of
// requests that nobody answered is read from the database. The clients share
// one engine, two or four, which merge three times of four. Every second history
// is of filings that end, and that others replace.
func TestLinearizable(t *testing.T) {
	each(t, engines, linearizableOn)
	for _, l := range links {
		t.Run(l.name+", losing", func(t *testing.T) { linearizableLosing(t, l) })
	}
}

func linearizableOn(t *testing.T, e engine) {
	t.Helper()
	var stores []icpcode.Store
	for _, db := range e.migrated(t) {
		stores = append(stores, sqlstore.New(db, e.dialect, nil))
	}
	linearizable(t, stores, size(8, 400), 0)
}

func linearizableLosing(t *testing.T, l link) {
	t.Helper()
	var lost [dbtest.Lose + 1]atomic.Int64
	var harm atomic.Bool
	name := l.database(t)
	db := l.unharmed(t, name)
	faulty, end := l.open(t, name, func() dbtest.Fate {
		if !harm.Load() || rand.N(12) > 0 {
			return dbtest.Pass
		}
		fate := dbtest.Drop + dbtest.Fate(rand.N(2))
		lost[fate].Add(1)
		return fate
	})
	t.Cleanup(end)
	harm.Store(true)
	stores := []icpcode.Store{sqlstore.New(faulty, l.dialect, nil)}
	abandoned, resolved := linearizable(t, append(stores, sqlstore.New(db, l.dialect, nil)), size(16, 400), 0.5)
	t.Logf("%d answers lost, %d requests dropped; %d abandoned, of which %d had been done",
		lost[dbtest.Lose].Load(), lost[dbtest.Drop].Load(), abandoned, resolved)
	if lost[dbtest.Lose].Load() < 5 || lost[dbtest.Drop].Load() < 5 || abandoned < leastAbandoned || resolved == 0 {
		t.Error("too little was lost")
	}
}

// leastAbandoned is how many requests are to be given up on, at least.
const leastAbandoned = 5

// linearizable records histories over ways to one database, and checks them.
// The last store is one that answers: what a review finds there at the end is
// what the codes say.
func linearizable(t *testing.T, stores []icpcode.Store, histories int, abandon float64) (abandoned, resolved int) {
	t.Helper()
	var all lincheck.Count
	over := enough()
	// Few answers that are lost are those of commits.
	scarce := func() bool { return abandon > 0 && (abandoned < leastAbandoned || resolved == 0) }
	for n := 0; n < histories || !over() || scarce() && n < 10*histories; n++ {
		h, err := lincheck.Record(t.Context(), lincheck.Options{
			Stores: stores, Prefix: fmt.Sprintf("h%d-", n), Again: unanswered, Abandon: abandon,
			Engines: 1 << (n % 3), Unmerged: n%4 == 3, Ends: n%2 == 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		if result := h.Check(); result != porcupine.Ok {
			t.Fatalf("the checker says %s of the history %s", result, h)
		}
		all.Add(h.Count())
		abandoned += h.Abandoned
		resolved += h.Resolved
	}
	t.Logf("%d histories: %+v", histories, all)
	if found := reviewAgrees(t, stores[len(stores)-1]); found == 0 {
		t.Error("no filing is at risk")
	}
	if all.Overlap < 10*histories || all.Done < 10*histories || all.Refused < histories || all.AtRisk < histories/4 || all.Ended < histories/2 {
		t.Error("the histories are too quiet to prove anything")
	}
	return abandoned, resolved
}

// TestLinearizableSeesRaces records histories over a store that loads, checks
// and then commits whatever there is: where that happened the checker must say
// so.
func TestLinearizableSeesRaces(t *testing.T) {
	each(t, []engine{sqliteFiles, onPostgres, onMariaDB}, linearizableSeesRaces)
}

func linearizableSeesRaces(t *testing.T, e engine) {
	t.Helper()
	s, _ := e.store(t)
	var fired, flagged [2]int // of histories of all, and of ends
	for n := 0; n < 40 && min(flagged[0], flagged[1]) < 2; n++ {
		race := &lincheck.Racing{Store: s}
		h, err := lincheck.Record(t.Context(), lincheck.Options{
			Stores: []icpcode.Store{race}, Prefix: fmt.Sprintf("h%d-", n), NeverClose: true, Again: conflicting, Ends: n%2 == 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		if race.Fired() > 0 {
			fired[n%2]++
			if h.Check() == porcupine.Illegal {
				flagged[n%2]++
			}
		}
	}
	t.Logf("the race fired in %d histories, of all requests and of ends, flagged were %d", fired, flagged)
	if min(flagged[0], flagged[1]) < 2 {
		t.Errorf("of %d histories in which the race fired, of all requests and of ends, only %d were flagged", fired, flagged)
	}
}

// TestLinearizableSees records histories of filings that end over stores that
// are wrong only there: one ends none of the filings that an approval replaces,
// and one does not list that a filing ended. The checker must say so of each.
func TestLinearizableSees(t *testing.T) {
	each(t, []engine{sqliteFiles, onPostgres, onMariaDB}, linearizableSees)
}

func linearizableSees(t *testing.T, e engine) {
	t.Helper()
	s, _ := e.store(t)
	for _, plant := range []struct {
		name string
		make func() wrong
	}{
		{"torn replacements", func() wrong { return &lincheck.Tearing{Store: s} }},
		{"wrong reviews", func() wrong { return &lincheck.Lagging{Store: s} }},
	} {
		t.Run(plant.name, func(t *testing.T) {
			fired := 0
			for n := range 10 {
				store := plant.make()
				h, err := lincheck.Record(t.Context(), lincheck.Options{
					Stores: []icpcode.Store{store}, Prefix: fmt.Sprintf("%.4s%d-", plant.name, n), Again: conflicting, Ends: true,
				})
				if err != nil {
					t.Fatal(err)
				}
				if store.Fired() == 0 {
					continue
				}
				fired++
				if h.Check() == porcupine.Illegal {
					return
				}
			}
			t.Errorf("of 10 histories the store was wrong in %d, and none was flagged", fired)
		})
	}
}

// wrong is a store with a fault, which counts how often it showed.
type wrong interface {
	icpcode.Store
	Fired() int64
}

// conflicting reports whether a store gave up on conflicts: the racing one
// makes up versions.
func conflicting(err error) bool {
	return errors.Is(err, icpcode.ErrConflict) && !errors.Is(err, context.Canceled)
}

package sqltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/lincheck"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// TestCrashEnds kills a database server with SIGKILL while clients end filings
// and replace them: each ends once, and what replaces and what is replaced end
// together or not at all. What became of unanswered requests is read
// when the server is back, and so is what a review finds.
func TestCrashEnds(t *testing.T) {
	for _, e := range killable {
		t.Run(e.name, func(t *testing.T) {
			s, err := e.start()
			dbtest.Need(t, err)
			db := dbtest.Open(t, s.Driver(), s.DSN(s.Database(t))+e.params)
			if err := sqlstore.Migrate(t.Context(), db, e.dialect); err != nil {
				t.Fatal(err)
			}
			crashEnds(t, s, size(6, 100), sqlstore.New(db, e.dialect, nil))
		})
	}
	// One of three nodes crashes, and the clients of another go on.
	t.Run("Galera", func(t *testing.T) {
		servers := galera(t)
		stores, _ := nodes(t, onGalera.migrated(t))
		crashEnds(t, servers[len(servers)-1], size(2, 30), icpcode.Store(stores[len(stores)-1]), stores[0])
	})
}

// crashEnds records histories of clients over ways to one database, of which a
// server crashes in each. The last way is one that answers afterwards.
func crashEnds(t *testing.T, s *dbtest.Server, histories int, stores ...icpcode.Store) {
	t.Helper()
	var all lincheck.Count
	var failed atomic.Int64
	abandoned, resolved := 0, 0
	for n := range histories {
		h := crashing(t, s, stores, n, &failed)
		if result := h.Check(); result != porcupine.Ok {
			t.Fatalf("the checker says %s of the history %s", result, h)
		}
		all.Add(h.Count())
		abandoned += h.Abandoned
		resolved += h.Resolved
	}
	t.Logf("%d histories with a crash in each: %+v; %d attempts failed, %d requests abandoned, of which %d had been done", histories, all, failed.Load(), abandoned, resolved)
	if found := reviewAgrees(t, stores[len(stores)-1]); found == 0 && histories > 2 { // of two all may have ended
		t.Error("no filing is at risk")
	}
	if all.Ended < histories {
		t.Errorf("in %d histories only %d filings ended", histories, all.Ended)
	}
	if all.Done < 10*histories || failed.Load() < int64(histories) {
		t.Error("the crashes did not meet the clients")
	}
}

// crashing records a history in which the server crashes once.
func crashing(t *testing.T, s *dbtest.Server, stores []icpcode.Store, n int, failed *atomic.Int64) *lincheck.History {
	t.Helper()
	var wg sync.WaitGroup
	counting := &commitsUntil{Store: stores[0], reached: make(chan struct{})}
	ways := append([]icpcode.Store{counting}, stores[1:]...)
	counting.left.Store(int64(1 + rand.IntN(12))) // of the two dozen and more that there are
	wg.Go(func() {
		<-counting.reached
		if err := s.Kill(); err != nil {
			t.Error(err)
		}
		if err := s.Start(); err != nil {
			t.Error(err)
		}
	})
	defer wg.Wait()
	again := func(err error) bool {
		if unanswered(err) {
			failed.Add(1)
			wait(t.Context(), 2*time.Millisecond) // until it is back
			return true
		}
		return false
	}
	h, err := lincheck.Record(t.Context(), lincheck.Options{
		Stores: ways, Prefix: fmt.Sprintf("c%d-", n), Again: again, Abandon: 0.5, Engines: 1 << (n % 3), Ends: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// commitsUntil is a store that tells when it has begun so many Commits.
type commitsUntil struct {
	icpcode.Store
	left    atomic.Int64
	reached chan struct{}
}

func (c *commitsUntil) Commit(ctx context.Context, change icpcode.Change) error {
	if c.left.Add(-1) == 0 {
		close(c.reached)
	}
	return c.Store.Commit(ctx, change)
}

package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// TestContexts cuts requests short at every moment of theirs: each ends at
// once, with the context's error or its answer, and leaves no connection in
// use and no goroutine behind.
func TestContexts(t *testing.T) { each(t, engines, contexts) }

func contexts(t *testing.T, e engine) {
	t.Helper()
	db := e.migrated(t)[0]
	store := sqlstore.New(db, e.dialect, nil)
	if err := everything(t.Context(), store, "warm-"); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	var mu sync.Mutex
	cut, done := 0, 0
	for w := range 8 {
		wg.Go(func() {
			for i := range 40 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*200*time.Microsecond)
				err := everything(ctx, store, string(rune('a'+w))+string(rune('A'+i))+"-")
				cancel()
				mu.Lock()
				if err == nil {
					done++
				} else {
					cut++
				}
				mu.Unlock()
				if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, icpcode.ErrUnknownOutcome) {
					t.Errorf("a request that was cut short returned error %v", err)
				}
			}
		})
	}
	wg.Wait()
	if cut < 100 {
		t.Errorf("only %d requests were cut short, and %d done", cut, done)
	}
	settled(t, db, before)
	if err := everything(t.Context(), store, "after-"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// settled waits until no connection is in use, and there are no more
// goroutines than the pool's.
func settled(t *testing.T, db *sql.DB, before int) {
	t.Helper()
	var inUse, goroutines int
	for range 200 {
		stats := db.Stats()
		// A driver may have a few goroutines for each connection.
		inUse, goroutines = stats.InUse, runtime.NumGoroutine()-before-4*stats.OpenConnections
		if inUse == 0 && goroutines <= 0 {
			return
		}
		wait(t.Context(), 10*time.Millisecond)
	}
	t.Errorf("after two seconds %d connections are in use, and there are %d goroutines more than before", inUse, goroutines)
}

// TestUnavailable has no server there: the error says so, and the store works
// again when the server does.
func TestUnavailable(t *testing.T) {
	for _, tc := range []struct {
		name    string
		dialect sqlstore.Dialect
		start   func() (*dbtest.Server, error)
	}{
		{"PostgreSQL", sqlstore.PostgreSQL, func() (*dbtest.Server, error) { return lab.Postgres() }},
		{"MariaDB", sqlstore.MySQL, func() (*dbtest.Server, error) { return lab.MariaDB() }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := tc.start()
			dbtest.Need(t, err)
			db := dbtest.Open(t, s.Driver(), s.DSN(s.Database(t)))
			if err := sqlstore.Migrate(t.Context(), db, tc.dialect); err != nil {
				t.Fatal(err)
			}
			store := sqlstore.New(db, tc.dialect, nil)
			if err := everything(t.Context(), store, "before-"); err != nil {
				t.Fatal(err)
			}
			if err := s.Kill(); err != nil {
				t.Fatal(err)
			}
			key := icpcode.Key{Kind: icpcode.KindLedger, A: "i"}
			for range 3 {
				if _, err := store.Load(t.Context(), key); !errors.Is(err, sqlstore.ErrUnavailable) {
					t.Errorf("without a server Load returned error %v, want ErrUnavailable", err)
				}
			}
			put := icpcode.Put{Document: icpcode.Document{Key: key, Version: 1, Body: &icpcode.Ledger{}}}
			err = store.Commit(t.Context(), icpcode.Change{Puts: []icpcode.Put{put}})
			if !errors.Is(err, sqlstore.ErrUnavailable) || errors.Is(err, icpcode.ErrConflict) {
				t.Errorf("without a server Commit returned error %v, want ErrUnavailable and no conflict", err)
			}
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			if err := everything(t.Context(), store, "after-"); err != nil {
				t.Errorf("with the server back: %v", err)
			}
		})
	}
}

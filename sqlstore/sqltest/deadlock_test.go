package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

const (
	lockers = 32 // writers
	locked  = 24 // documents of each kind in a Change
	shared  = 60 // documents of each kind that they take from
)

// deadlocks counts the deadlocks that a server has met.
func deadlocks(t *testing.T, d sqlstore.Dialect, s *dbtest.Server) int64 {
	t.Helper()
	if d == sqlstore.MySQL {
		return status(t, dbtest.Open(t, s.Driver(), s.DSN("mysql")), "Innodb_deadlocks")
	}
	// A session hands in what it counted when it ends, and that may take a
	// moment: the log is at once.
	n, err := s.Count("deadlock detected")
	if err != nil {
		t.Fatal(err)
	}
	return int64(n)
}

// lockables are engines whose writers wait for each other. PostgreSQL is to
// look for deadlocks sooner than after a second, as it does by default.
var lockables = []struct {
	engine
	server func(testing.TB) *dbtest.Server
	params string
}{
	{onPostgres, postgres, "&deadlock_timeout=20ms"},
	{onMariaDB, mariadb, ""},
	{onMultiMariaDB, mariadb, fewTrips},
}

// TestDeadlocks commits Changes of many documents of several kinds from many
// writers, documents that are there already and such as are just being born:
// some conflict, but no two wait for each other.
func TestDeadlocks(t *testing.T) {
	for _, e := range lockables {
		for _, births := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, births %v", e.name, births), func(t *testing.T) {
				s := e.server(t)
				db := dbtest.Open(t, s.Driver(), s.DSN(s.Database(t))+e.params)
				db.SetMaxIdleConns(lockers)
				if err := sqlstore.Migrate(t.Context(), db, e.dialect); err != nil {
					t.Fatal(err)
				}
				store := sqlstore.New(db, e.dialect, nil)
				if c, err := draw(t.Context(), store, 0, shared); err != nil {
					t.Fatal(err)
				} else if err := store.Commit(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				before := deadlocks(t, e.dialect, s)
				var done, conflicts atomic.Int64
				var wg sync.WaitGroup
				changes, over := size(12, 200), enough()
				for range lockers {
					wg.Go(func() {
						for n := 0; n < changes || !over(); n++ {
							generation := 0
							if births {
								generation = 1 + n/4
							}
							c, err := draw(t.Context(), store, generation, locked)
							if err == nil {
								err = store.Commit(t.Context(), c)
							}
							if errors.Is(err, icpcode.ErrConflict) {
								conflicts.Add(1)
							} else if err != nil {
								t.Error(err)
								return
							} else {
								done.Add(1)
							}
						}
					})
				}
				wg.Wait()
				met := deadlocks(t, e.dialect, s) - before
				t.Logf("%d commits, %d conflicts", done.Load(), conflicts.Load())
				if births && e.dialect == sqlstore.MySQL {
					// InnoDB locks the gap that a new row goes into, and those
					// who waited for an insert that rolls back all have it. The
					// deadlock is a conflict like any other.
					t.Logf("%d deadlocks", met)
				} else if !births && met != 0 || 50*met > done.Load()+conflicts.Load() {
					t.Errorf("%d deadlocks", met)
				}
				if done.Load() < int64(changes) || conflicts.Load() < int64(changes) {
					t.Error("the writers hardly met")
				}
			})
		}
	}
}

// draw draws a Change of n documents of each kind that other writers draw too.
func draw(ctx context.Context, s icpcode.Store, generation, n int) (icpcode.Change, error) {
	var keys []icpcode.Key
	for _, i := range rand.Perm(shared)[:n] {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindLedger, A: fmt.Sprintf("i%d-%d", generation, i)})
	}
	for _, i := range rand.Perm(shared)[:n] {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindAccountLedger, A: fmt.Sprintf("a%d-%d", generation, i), B: "ECS"})
	}
	for _, i := range rand.Perm(shared)[:n] {
		kind := icpcode.KindGrantees + icpcode.Kind(i%2)
		keys = append(keys, icpcode.Key{Kind: kind, A: fmt.Sprintf("a%d-%d", generation, i), Year: 2026})
	}
	slices.SortFunc(keys, icpcode.Key.Compare)
	docs, err := s.Load(ctx, keys...)
	if err != nil {
		return icpcode.Change{}, err
	}
	var c icpcode.Change
	for _, d := range docs {
		body := icpcode.NewBody(d.Key.Kind)
		if p, ok := body.(*icpcode.Partners); ok {
			p.Accounts = []icpcode.AccountID{icpcode.AccountID(fmt.Sprint(d.Version))}
		}
		if l, ok := body.(*icpcode.Ledger); ok {
			l.Issued = int(d.Version)
		}
		c.Puts = append(c.Puts, icpcode.Put{Expect: d.Version, Document: icpcode.Document{Key: d.Key, Version: d.Version + 1, Body: body}})
	}
	return c, nil
}

// TestDeadlocksAreSeen updates rows by hand in no order: the servers count
// deadlocks.
func TestDeadlocksAreSeen(t *testing.T) {
	for _, e := range lockables[:2] {
		t.Run(e.name, func(t *testing.T) {
			s := e.server(t)
			db := dbtest.Open(t, s.Driver(), s.DSN(s.Database(t))+e.params)
			var values []string
			for n := range shared {
				values = append(values, fmt.Sprintf("(%d, 0)", n))
			}
			for _, query := range []string{
				"create table counts (id int primary key, n int not null)", "insert into counts values " + strings.Join(values, ", "),
			} {
				if _, err := db.ExecContext(t.Context(), query); err != nil {
					t.Fatal(err)
				}
			}
			before := deadlocks(t, e.dialect, s)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var failed atomic.Int64
			var wg sync.WaitGroup
			for range lockers {
				wg.Go(func() {
					for range 5 {
						if err := unsorted(ctx, db); err != nil {
							failed.Add(1)
						}
					}
				})
			}
			wg.Wait()
			met := deadlocks(t, e.dialect, s) - before
			t.Logf("%d transactions failed, %d deadlocks", failed.Load(), met)
			if met == 0 {
				t.Error("no deadlock was seen")
			}
		})
	}
}

// unsorted updates rows in one transaction, in no order.
func unsorted(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, n := range rand.Perm(shared)[:locked] {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("update counts set n = n + 1 where id = %d", n)); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

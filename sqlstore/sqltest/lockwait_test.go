package sqltest

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
)

// held is a store whose commits wait until it opens.
type held struct {
	icpcode.Store
	open    chan struct{}
	largest atomic.Int64 // most receipts in one commit
}

func (s *held) Commit(ctx context.Context, c icpcode.Change) error {
	var receipts int64
	for _, p := range c.Puts {
		if p.Key.Kind == icpcode.KindReceipt {
			receipts++
		}
	}
	if s.largest.Load() < receipts {
		s.largest.Store(receipts)
	}
	<-s.open
	return s.Store.Commit(ctx, c)
}

// TestLockWait has another session lock a row that one request of a shared
// commit needs, in a database that waits for a lock for a second: the others
// are done while the row is still locked, and that one when it is free.
func TestLockWait(t *testing.T) { each(t, []engine{onPostgres, onMariaDB, onMultiMariaDB}, lockWait) }

func lockWait(t *testing.T, e engine) {
	const strangers = 15
	db := e.migrated(t)[0]
	waitForASecond(t, db, e.dialect)
	s := &held{Store: sqlstore.New(db, e.dialect, nil), open: make(chan struct{})}
	eng := newEngine(s)
	issue := func(instance, id string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		_, err := eng.Issue(ctx, icpcode.IssueRequest{Actor: "owner", RequestID: id, Quantity: 1, Instance: server("owner", instance, 1000)})
		return err
	}
	for n := range 30 { // every commit takes a tenth of a second: to be held for twice as long is not unusual
		s.open = make(chan struct{})
		time.AfterFunc(100*time.Millisecond, func() { close(s.open) })
		if err := issue("locked", fmt.Sprint("first ", n)); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var version int
	lock := "select version from icp_ledgers where instance = 'locked' for update"
	if err := tx.QueryRowContext(t.Context(), lock).Scan(&version); err != nil {
		t.Fatal(err)
	}
	s.open = make(chan struct{})
	done, late := make(chan error, strangers+2), make(chan error, 1)
	begin := func(instance string, told chan<- error) {
		go func() { told <- issue(instance, instance) }()
		wait(t.Context(), 5*time.Millisecond)
	}
	begin("a", done) // two commits are held, and the others queue behind them
	begin("b", done)
	for n := range strangers {
		if n == strangers/2 {
			begin("locked", late)
		}
		begin(fmt.Sprint("stranger", n), done)
	}
	close(s.open)
	start := time.Now()
	for range strangers + 2 {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case err := <-late:
			t.Fatalf("the request for the locked row was answered: %v", err)
		case <-time.After(20 * time.Second):
			t.Fatalf("strangers of the locked row still wait after %v", time.Since(start))
		}
	}
	t.Logf("%d shared a commit with a request for a locked row: the others were done after %v", s.largest.Load(), time.Since(start))
	if s.largest.Load() < 3 {
		t.Errorf("at most %d shared a commit: nothing was shown", s.largest.Load())
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-late; err != nil {
		t.Errorf("when the row was free: %v", err)
	}
}

// waitForASecond has the sessions of db that begin from now on wait for locks
// for a second, as docs/operations.md advises.
func waitForASecond(t *testing.T, db *sql.DB, d sqlstore.Dialect) {
	t.Helper()
	var name string
	ask, set, back := "select current_database()", "alter database %s set lock_timeout = '1s'", ""
	if d == sqlstore.MySQL {
		ask, set, back = "select @@global.innodb_lock_wait_timeout", "set global innodb_lock_wait_timeout = 1", "set global innodb_lock_wait_timeout = %s"
	}
	if err := db.QueryRowContext(t.Context(), ask).Scan(&name); err != nil {
		t.Fatal(err)
	}
	if d != sqlstore.MySQL {
		set = fmt.Sprintf(set, name)
	}
	if _, err := db.ExecContext(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	db.SetMaxIdleConns(0) // those that are open wait for longer
	db.SetMaxIdleConns(32)
	if back != "" {
		t.Cleanup(func() {
			if _, err := db.ExecContext(context.Background(), fmt.Sprintf(back, name)); err != nil {
				t.Error(err)
			}
		})
	}
}

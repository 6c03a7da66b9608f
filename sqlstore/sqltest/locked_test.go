package sqltest

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
)

// TestLockedRows has the ledgers of 64 instances locked by transactions of
// others, and a request for each. Requests for another instance are done while
// the locks are held, and those that waited as soon as they are free.
func TestLockedRows(t *testing.T) {
	each(t, []engine{onPostgres, onMariaDB, onMultiMariaDB}, lockedRows)
}

func lockedRows(t *testing.T, e engine) {
	const locked, soon = 64, 5 * time.Second
	db := e.migrated(t)[0]
	db.SetMaxOpenConns(0) // each lock holds one connection, and each request that waits for it
	eng := newEngine(sqlstore.New(db, e.dialect, nil))
	issue := func(instance, id string) (icpcode.Result, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		return eng.Issue(ctx, icpcode.IssueRequest{Actor: "owner", RequestID: id, Quantity: 1, Instance: server("owner", instance, 1000)})
	}
	must := func(_ icpcode.Result, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	name := func(n int) string { return fmt.Sprint("locked", n) }
	must(issue("free", "first"))
	lock := "select version from icp_ledgers where instance = $1 for update"
	waiting := "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
	if e.dialect == sqlstore.MySQL {
		lock = "select version from icp_ledgers where instance = ? for update"
		waiting = "select count(*) from information_schema.innodb_trx where trx_state = 'LOCK WAIT'"
	}
	locks := make([]*sql.Tx, locked)
	for n := range locks {
		must(issue(name(n), fmt.Sprint("first ", n)))
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		var version int
		if err := tx.QueryRowContext(t.Context(), lock, name(n)).Scan(&version); err != nil {
			t.Fatal(err)
		}
		locks[n] = tx
	}
	type answer struct {
		n   int
		err error
	}
	answers := make(chan answer, locked)
	begin := func(from, to int) {
		for n := from; n < to; n++ {
			go func() {
				_, err := issue(name(n), fmt.Sprint("waits ", n))
				answers <- answer{n, err}
			}()
		}
	}
	free := func(id string) {
		t.Helper()
		start := time.Now()
		must(issue("free", id))
		if d := time.Since(start); d > soon {
			t.Errorf("%s took %v, though it needs nothing that is locked", id, d)
		}
	}
	// meet does requests that need nothing locked until n others wait.
	meet := func(n int) {
		t.Helper()
		begun := time.Now()
		for at := 0; at < n; {
			free(fmt.Sprint("free ", at, time.Since(begun)))
			if err := db.QueryRowContext(t.Context(), waiting).Scan(&at); err != nil {
				t.Fatal(err)
			}
			wait(t.Context(), 150*time.Millisecond) // InnoDB shows what it showed within the last 100 ms
			if time.Since(begun) > 20*time.Second {
				t.Fatalf("%d of %d requests wait for their rows", at, n)
			}
		}
	}
	// Once one waits, no other shares a commit with a stranger.
	begin(0, 1)
	meet(1)
	begin(1, locked)
	meet(locked)
	for n := range 20 {
		free(fmt.Sprint("free beside all ", n))
	}
	// Half of the locks are free: what needs them goes on, and nothing else.
	for _, part := range [][]*sql.Tx{locks[:locked/2], locks[locked/2:]} {
		select {
		case a := <-answers:
			t.Fatalf("a request for a locked row was answered: %+v", a)
		default:
		}
		for _, tx := range part {
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		for range part {
			select {
			case a := <-answers:
				if a.err != nil {
					t.Errorf("request %d: %v", a.n, a.err)
				}
			case <-time.After(soon):
				t.Fatalf("requests still wait %v after the rows that they need are free", soon)
			}
		}
		t.Logf("%d requests were done %v after their rows were free", len(part), time.Since(start))
		free("free after " + name(len(part)) + time.Since(start).String())
	}
}

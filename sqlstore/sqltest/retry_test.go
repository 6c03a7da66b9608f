package sqltest

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// TestInTxAgain delivers orders beside codes of one instance from several
// goroutines at once, through Store.InTx: each is delivered once, with its row,
// though transactions meet conflicts; what aborts leaves nothing, and is tried
// once.
func TestInTxAgain(t *testing.T) {
	each(t, []engine{deferredFiles, onPostgres, onSerializable, onMariaDB, onMultiMariaDB}, inTxAgain)
}

// deferredFiles is SQLite where a transaction takes its lock only when it
// writes, and then finds that others have written: with _txlock=immediate, as a
// service would open it, one waits for the other and no two conflict.
var deferredFiles = engine{"SQLite deferred", sqlstore.SQLite, func(t testing.TB) []*sql.DB {
	return []*sql.DB{dbtest.Open(t, "sqlite", strings.Replace(sqliteDSN(sqliteFile(t)), "immediate", "deferred", 1))}
}}

func inTxAgain(t *testing.T, e engine) {
	t.Helper()
	db := e.migrated(t)[0]
	ctx := t.Context()
	if _, err := db.ExecContext(ctx, "create table orders (id varchar(64) primary key, code varchar(64))"); err != nil {
		t.Fatal(err)
	}
	store := sqlstore.New(db, e.dialect, nil)
	eng := newEngine(store)
	var tries atomic.Int64
	deliver := func(id string, after error) error {
		return store.InTx(ctx, eng, func(tx *sql.Tx, eng *icpcode.Engine) error {
			tries.Add(1)
			got, err := eng.Issue(ctx, icpcode.IssueRequest{
				Actor: "a", RequestID: id, Quantity: 1, Certification: icpcode.Enterprise, Instance: server("a", "i", 100),
			})
			if err != nil {
				return err
			}
			if !got.Replayed {
				if _, err = tx.ExecContext(ctx, "insert into orders values ('"+id+"', '"+got.Codes[0].String()+"')"); err != nil {
					return err
				}
			}
			return after
		})
	}
	const callers, orders = 4, 10
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := range orders {
				if err := deliver(fmt.Sprintf("order-%d-%d", c, i), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := tries.Load(); n <= callers*orders {
		t.Errorf("%d transactions for %d orders: none met a conflict, and nothing was proven", n, callers*orders)
	}
	count := func(query string) (n int) {
		t.Helper()
		if err := db.QueryRowContext(ctx, query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const pairs = "select count(*) from orders o join icp_codes c on c.code = o.code"
	check := func(what string) {
		t.Helper()
		if o, c, p := count("select count(*) from orders"), count("select count(*) from icp_codes"), count(pairs); o != callers*orders || c != o || p != o {
			t.Errorf("%s there are %d orders, %d codes and %d of them together, want %d", what, o, c, p, callers*orders)
		}
	}
	check("after all")
	once := func(what string, want error, do func() error) {
		t.Helper()
		before := tries.Load()
		if err := do(); !errors.Is(err, want) || want == nil && err == nil {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		if n := tries.Load() - before; n != 1 {
			t.Errorf("%s was tried %d times, want once", what, n)
		}
		check("after " + what)
	}
	sorry := errors.New("sorry")
	once("an abort", sorry, func() error { return deliver("order-aborted", sorry) })
	once("a replay", sorry, func() error { return deliver("order-0-0", sorry) })
	once("a hook that was held up", icpcode.ErrHook, func() error {
		return deliver("order-hook", &icpcode.HookError{Hook: "VerifyPhone", Err: icpcode.ErrConflict})
	})
	once("a refusal", icpcode.ErrRefused, func() error {
		return store.InTx(ctx, eng, func(_ *sql.Tx, eng *icpcode.Engine) error {
			tries.Add(1)
			_, err := eng.Issue(ctx, icpcode.IssueRequest{Actor: "a", Quantity: 1, Instance: server("b", "i", 100)})
			return err
		})
	})
	taken := errors.New("the row is there")
	once("a row that is there", taken, func() error {
		err := store.InTx(ctx, eng, func(tx *sql.Tx, _ *icpcode.Engine) error {
			tries.Add(1)
			_, err := tx.ExecContext(ctx, "insert into orders values ('order-0-0', 'x')")
			return err
		})
		if err == nil || errors.Is(err, icpcode.ErrConflict) {
			return err
		}
		return taken
	})
	// What conflicts for ever is given up.
	before := tries.Load()
	err := store.InTx(ctx, eng, func(*sql.Tx, *icpcode.Engine) error { tries.Add(1); return icpcode.ErrConflict })
	if n := tries.Load() - before; n != 64 || icpcode.CategoryOf(err) != icpcode.CategoryConflict {
		t.Errorf("what conflicts for ever was tried %d times: %v", n, err)
	}
	check("after all that")
}

package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
)

// TestInTx issues a code and writes the caller's own row in one transaction:
// both are there after its commit, and neither after a roll back.
func TestInTx(t *testing.T) { each(t, engines, inTx) }

func inTx(t *testing.T, e engine) {
	t.Helper()
	db := e.migrated(t)[0]
	ctx := t.Context()
	if _, err := db.ExecContext(ctx, "create table orders (id integer primary key, code varchar(64))"); err != nil {
		t.Fatal(err)
	}
	if e.dialect == sqlstore.SQLite {
		db.SetMaxOpenConns(1) // as many services have it
	}
	store := sqlstore.New(db, e.dialect, nil)
	eng := newEngine(store)
	order := func(id int, end func(*sql.Tx) error) (icpcode.Result, error) {
		t.Helper()
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }() // nothing after an end
		res, err := eng.InTx(store.In(tx)).Issue(ctx, icpcode.IssueRequest{
			Actor: "a", RequestID: "order", Quantity: 2, Certification: icpcode.Enterprise, Instance: server("a", "i", 0),
		})
		if err != nil {
			return res, err
		}
		text := "insert into orders values (1, '" + res.Codes[0].String() + "')"
		if _, err := tx.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
		return res, end(tx)
	}
	count := func(table string) (n int) {
		t.Helper()
		if err := db.QueryRowContext(ctx, "select count(*) from "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if _, err := order(1, (*sql.Tx).Rollback); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"orders", "icp_codes", "icp_events", "icp_receipts", "icp_ledgers"} {
		if n := count(table); n != 0 {
			t.Errorf("after a roll back %s has %d rows", table, n)
		}
	}
	res, err := order(1, (*sql.Tx).Commit)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Events) != 2 {
		t.Errorf("the result has %d events, want 2", len(res.Events))
	}
	if orders, codes := count("orders"), count("icp_codes"); orders != 1 || codes != 2 {
		t.Errorf("after a commit there are %d orders and %d codes, want 1 and 2", orders, codes)
	}
	again, err := eng.Issue(ctx, icpcode.IssueRequest{
		Actor: "a", RequestID: "order", Quantity: 2, Certification: icpcode.Enterprise, Instance: server("a", "i", 0),
	})
	if err != nil || !again.Replayed || again.Codes[0] != res.Codes[0] {
		t.Errorf("the same request outside was not answered from the receipt: %v, error %v", again, err)
	}
}

// TestInTxConflict has another writer come between: the caller is told, may
// commit nothing half done, and succeeds in a new transaction.
func TestInTxConflict(t *testing.T) {
	each(t, []engine{onPostgres, onMariaDB, onMultiMariaDB}, inTxConflict)
}

func inTxConflict(t *testing.T, e engine) {
	t.Helper()
	db := e.migrated(t)[0]
	ctx := t.Context()
	store := sqlstore.New(db, e.dialect, nil)
	eng := newEngine(store)
	if _, err := eng.Issue(ctx, issueOne("first")); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing after a roll back
	// Between what the engine loads and what it commits.
	between := &interrupted{Store: store.In(tx), by: func() {
		if _, err := eng.Issue(ctx, issueOne("between")); err != nil {
			t.Error(err)
		}
	}}
	if _, err := eng.InTx(between).Issue(ctx, issueOne("inside")); !errors.Is(err, icpcode.ErrConflict) {
		t.Fatalf("Issue returned error %v, want ErrConflict", err)
	}
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		t.Fatal(err)
	}
	tx, err = db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	if _, err := eng.InTx(store.In(tx)).Issue(ctx, issueOne("inside")); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	page, err := store.List(ctx, icpcode.Query{By: icpcode.ByInstance, Value: "i", Limit: 10})
	if err != nil || len(page.Records) != 3 {
		t.Errorf("there are %d codes, want 3; error %v", len(page.Records), err)
	}
}

func issueOne(id string) icpcode.IssueRequest {
	return icpcode.IssueRequest{
		Actor: "a", RequestID: id, Quantity: 1, Certification: icpcode.Enterprise, Instance: server("a", "i", 0),
	}
}

// interrupted is a store that something happens to before its first Commit.
type interrupted struct {
	icpcode.Store
	by func()
}

func (s *interrupted) Commit(ctx context.Context, c icpcode.Change) error {
	if s.by != nil {
		s.by()
		s.by = nil
	}
	return s.Store.Commit(ctx, c)
}

// TestInTxAllOrNothing has a Change of which one document is at its version
// and another is not, and then the caller's transaction committed all the
// same, though it must not be: no half of the Change may be in it.
func TestInTxAllOrNothing(t *testing.T) {
	each(t, []engine{sqliteFiles, onPostgres, onMariaDB, onMultiMariaDB}, inTxAllOrNothing)
}

func inTxAllOrNothing(t *testing.T, e engine) {
	t.Helper()
	db := e.migrated(t)[0]
	ctx := t.Context()
	store := sqlstore.New(db, e.dialect, nil)
	put := func(id string, expect uint64) icpcode.Put {
		return icpcode.Put{Expect: expect, Document: icpcode.Document{
			Key: icpcode.Key{Kind: icpcode.KindLedger, A: id}, Version: expect + 1, Body: &icpcode.Ledger{Issued: int(expect) + 1},
		}}
	}
	if err := store.Commit(ctx, icpcode.Change{Puts: []icpcode.Put{put("a", 0), put("b", 0)}}); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = store.In(tx).Commit(ctx, icpcode.Change{Puts: []icpcode.Put{put("a", 1), put("b", 7)}})
	if !errors.Is(err, icpcode.ErrConflict) {
		t.Errorf("Commit returned error %v, want ErrConflict", err)
	}
	if err := tx.Commit(); err != nil {
		t.Logf("the caller's commit: %v", err) // PostgreSQL's has ended already
	}
	docs, err := store.Load(ctx, put("a", 0).Key, put("b", 0).Key)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		if d.Version != 1 {
			t.Errorf("%s is at version %d, want 1", d.Key.A, d.Version)
		}
	}
}

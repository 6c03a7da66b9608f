package sqltest

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
	"github.com/shopspring/decimal"
)

// hooked opens connections on which something happens, once, before what a
// test waits for.
type hooked struct {
	driver driver.Driver
	dsn    string
	begin  func()            // before a transaction begins
	text   func(text string) // before each statement
}

func (h *hooked) Driver() driver.Driver { return h.driver }

func (h *hooked) Connect(context.Context) (driver.Conn, error) {
	c, err := h.driver.Open(h.dsn)
	return &hookedConn{c, h}, err
}

type hookedConn struct {
	driver.Conn
	by *hooked
}

func (c *hookedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if c.by.begin != nil {
		c.by.begin()
	}
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

func (c *hookedConn) Prepare(text string) (driver.Stmt, error) {
	if c.by.text != nil {
		c.by.text(text)
	}
	return c.Conn.Prepare(text)
}

// dsnOf makes a database of each kind for which a test has its own drivers.
func dsnOf(t *testing.T, d sqlstore.Dialect) (driver, dsn string) {
	t.Helper()
	switch d {
	case sqlstore.PostgreSQL:
		s := postgres(t)
		return s.Driver(), s.DSN(s.Database(t))
	case sqlstore.MySQL:
		s := mariadb(t)
		return s.Driver(), s.DSN(s.Database(t))
	default:
		return "sqlite", sqliteDSN(sqliteFile(t))
	}
}

var dialects = []sqlstore.Dialect{sqlstore.PostgreSQL, sqlstore.MySQL, sqlstore.SQLite}

// TestPurgesTogether lets a second purge, and the request whose receipt it
// forgot, come between what the first one finds and what it forgets.
func TestPurgesTogether(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.String(), func(t *testing.T) {
			ctx := t.Context()
			name, dsn := dsnOf(t, d)
			db := dbtest.Open(t, name, dsn)
			if err := sqlstore.Migrate(ctx, db, d); err != nil {
				t.Fatal(err)
			}
			plain := sqlstore.New(db, d, nil)
			clock := now
			eng := icpcode.New(plain, &icpcode.Options{
				Clock: func() time.Time { return clock }, Price: icpcode.Money{Amount: decimal.RequireFromString("1.00"), Currency: "CNY"},
			})
			buy := func() icpcode.Result {
				res, err := eng.Buy(ctx, icpcode.BuyRequest{Actor: "a", RequestID: "r", Quantity: 1})
				if err != nil {
					t.Fatal(err)
				}
				return res
			}
			buy()
			before := now.AddDate(0, 0, 1)
			var once sync.Once
			fired := false
			h := &hooked{driver: db.Driver(), dsn: dsn}
			hdb := sql.OpenDB(h)
			defer func() { _ = hdb.Close() }()
			store := sqlstore.New(hdb, d, nil)
			if err := store.Check(ctx); err != nil {
				t.Fatal(err)
			}
			h.begin = func() {
				once.Do(func() {
					fired = true
					if n, err := plain.PurgeReceipts(ctx, before, 10); n != 1 || err != nil {
						t.Errorf("the purge between forgot %d receipts, error %v", n, err)
					}
					clock = now.AddDate(0, 0, 2)
					if buy().Replayed {
						t.Error("the receipt was not forgotten")
					}
				})
			}
			if n, err := store.PurgeReceipts(ctx, before, 10); n != 0 || err != nil {
				t.Errorf("PurgeReceipts returned %d and error %v, though the other purge was first", n, err)
			}
			if !fired {
				t.Fatal("nothing came between")
			}
			if !buy().Replayed {
				t.Error("a receipt that was written anew was purged: the request was done a third time")
			}
		})
	}
}

// TestInTxContextEnds ends the context of a Commit in the middle of it, and
// then commits the caller's transaction: no half of the Change may be in it.
func TestInTxContextEnds(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.String(), func(t *testing.T) {
			name, dsn := dsnOf(t, d)
			db := dbtest.Open(t, name, dsn)
			if err := sqlstore.Migrate(t.Context(), db, d); err != nil {
				t.Fatal(err)
			}
			plain := sqlstore.New(db, d, nil)
			h := &hooked{driver: db.Driver(), dsn: dsn}
			hdb := sql.OpenDB(h)
			defer func() { _ = hdb.Close() }()
			store := sqlstore.New(hdb, d, nil)
			if err := store.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			h.text = func(text string) {
				if strings.Contains(text, "into icp_receipts") {
					cancel()
				}
			}
			tx, err := hdb.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			key := icpcode.Key{Kind: icpcode.KindLedger, A: "i"}
			err = store.In(tx).Commit(ctx, icpcode.Change{Puts: []icpcode.Put{
				{Document: icpcode.Document{Key: key, Version: 1, Body: &icpcode.Ledger{Issued: 1}}},
				{Document: icpcode.Document{Key: icpcode.Key{Kind: icpcode.KindReceipt, A: "a", B: "r"}, Version: 1, Body: &icpcode.Receipt{}}},
			}})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("Commit returned error %v, want Canceled", err)
			}
			if err := tx.Commit(); err != nil {
				t.Logf("the caller's commit: %v", err)
			}
			docs, err := plain.Load(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			if docs[0].Version != 0 {
				t.Error("half of the Change was committed")
			}
		})
	}
}

// TestInTxUncommitted has a transaction of the caller's that shows what is not
// committed, and what it shows rolled back before it commits.
func TestInTxUncommitted(t *testing.T) {
	for _, e := range []engine{onMariaDB, onMultiMariaDB, onPostgres} {
		t.Run(e.name, func(t *testing.T) {
			db := e.migrated(t)[0]
			ctx := t.Context()
			store := sqlstore.New(db, e.dialect, nil)
			eng := newEngine(store)
			bought, err := eng.Buy(ctx, icpcode.BuyRequest{Actor: "a", RequestID: "buy", Quantity: 2})
			if err != nil {
				t.Fatal(err)
			}
			grant := func(e *icpcode.Engine, id string, c icpcode.Code) (icpcode.Result, error) {
				return e.Grant(ctx, icpcode.GrantRequest{
					Actor: "a", RequestID: id, Codes: []icpcode.Code{c}, GrantTo: "g", Certification: icpcode.Enterprise,
				})
			}
			other, err := db.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = other.Rollback() }()
			if _, err := grant(eng.InTx(store.In(other)), "other", bought.Codes[0]); err != nil {
				t.Fatal(err)
			}
			tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadUncommitted})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			if e.dialect == sqlstore.MySQL {
				// Sees the receipt, which is not there.
				if _, err := tx.ExecContext(ctx, "set innodb_lock_wait_timeout = 1"); err != nil {
					t.Fatal(err)
				}
				if res, err := grant(eng.InTx(store.In(tx)), "other", bought.Codes[0]); !errors.Is(err, icpcode.ErrConflict) {
					t.Errorf("a request was answered from a receipt that is not committed: %+v, error %v, want ErrConflict", res.Replayed, err)
				}
			}
			between := &interrupted{Store: store.In(tx), by: func() {
				if err := other.Rollback(); err != nil {
					t.Error(err)
				}
			}}
			_, err = grant(eng.InTx(between), "mine", bought.Codes[1])
			if err == nil {
				err = tx.Commit()
			} else if !errors.Is(err, icpcode.ErrConflict) {
				t.Errorf("Grant returned error %v, want ErrConflict or none", err)
			}
			docs, lerr := store.Load(ctx,
				icpcode.Key{Kind: icpcode.KindGrantees, A: "a", Year: 2026}, icpcode.Key{Kind: icpcode.KindAcquaintance, A: "a", B: "g"},
				icpcode.Key{Kind: icpcode.KindRecord, Code: bought.Codes[1]})
			if lerr != nil {
				t.Fatal(lerr)
			}
			granted := docs[2].Body.(*icpcode.Record).Grantee == "g"
			if granted != (err == nil) || granted && (docs[0].Version == 0 || docs[1].Version == 0) {
				t.Errorf("granted: %t, error %v; the partner is recorded at version %d, the acquaintance at %d", granted, err, docs[0].Version, docs[1].Version)
			}
		})
	}
}

// shown returns every way in which an error may come to be read.
func shown(err error) string {
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Error("x", "err", err)
	slog.New(slog.NewJSONHandler(&b, nil)).Error("x", "err", err)
	return b.String() + fmt.Sprintf("%v %+v %#v %q", err, err, err, err)
}

// TestErrorsShowNoCodes walks the ways in which a statement about a code can
// fail, with every driver.
func TestErrorsShowNoCodes(t *testing.T) {
	// Each opens a database, and the same through links that fail.
	type opened struct {
		driver, dsn, via string
		link             *trigger
	}
	behind := func(t *testing.T, s *dbtest.Server, driver, params string) opened {
		o := opened{driver: driver, link: &trigger{}}
		p, err := s.Proxy(o.link.plan)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Close() })
		name := s.Database(t)
		o.dsn, o.via = s.DSN(name)+params, s.Via(p, name)+params
		return o
	}
	my := func(params string) func(*testing.T) opened {
		return func(t *testing.T) opened {
			s := mariadb(t)
			return behind(t, s, s.Driver(), params)
		}
	}
	pg := func(driver, params string) func(*testing.T) opened {
		return func(t *testing.T) opened { return behind(t, postgres(t), driver, params) }
	}
	for _, tc := range []struct {
		name string
		d    sqlstore.Dialect
		open func(*testing.T) opened
	}{
		{"pgx", sqlstore.PostgreSQL, pg("pgx", "")},
		{"pgx, unprepared", sqlstore.PostgreSQL, pg("pgx", "&default_query_exec_mode=simple_protocol")},
		{"lib_pq", sqlstore.PostgreSQL, pg("postgres", "")},
		{"mysql", sqlstore.MySQL, my("")},
		{"mysql, several", sqlstore.MySQL, my(fewTrips)},
		{"modernc", sqlstore.SQLite, func(t *testing.T) opened { return opened{driver: "sqlite", dsn: sqliteDSN(sqliteFile(t))} }},
		{"mattn", sqlstore.SQLite, func(t *testing.T) opened {
			return opened{driver: "sqlite3", dsn: "file:" + sqliteFile(t) + "?_journal_mode=wal&_busy_timeout=10000"}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := tc.open(t)
			db := dbtest.Open(t, o.driver, o.dsn)
			if err := sqlstore.Migrate(t.Context(), db, tc.d); err != nil {
				t.Fatal(err)
			}
			if o.link != nil {
				links := dbtest.Open(t, o.driver, o.via)
				links.SetMaxOpenConns(1) // so the next round trip is that of the Commit
				walkLinks(t, sqlstore.New(links, tc.d, nil), o.link)
			}
			walkErrors(t, db, sqlstore.New(db, tc.d, nil), tc.d)
		})
	}
}

// codeChange is a Change that writes a code, from version expect.
func codeChange(t *testing.T, text string, expect uint64) icpcode.Change {
	t.Helper()
	var c icpcode.Code
	if err := c.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	r := &icpcode.Record{Code: c, Version: expect + 1, State: icpcode.StateAvailable, Last: icpcode.ActionIssue, Origin: icpcode.OriginFree, Owner: "o", Issued: now, Updated: now}
	return icpcode.Change{
		Puts: []icpcode.Put{
			{Expect: expect, Document: icpcode.Document{Key: icpcode.Key{Kind: icpcode.KindRecord, Code: c}, Version: expect + 1, Body: r}},
			{Document: icpcode.Document{Key: icpcode.Key{Kind: icpcode.KindReceipt, A: "a", B: fmt.Sprint(text, expect)}, Version: 1, Body: &icpcode.Receipt{Result: icpcode.Result{Codes: []icpcode.Code{c}, At: now}}}},
		},
		Events: []icpcode.Event{{Code: c, Seq: expect + 1, At: now, Action: icpcode.ActionIssue, From: icpcode.StateNone, To: icpcode.StateAvailable}},
	}
}

// walkLinks has the link break at each round trip of a Commit, before and after
// the server did what it was asked.
func walkLinks(t *testing.T, store *sqlstore.Store, link *trigger) {
	t.Helper()
	met := map[dbtest.Fate]int{}
	for _, fate := range []dbtest.Fate{dbtest.Drop, dbtest.Lose} {
		for at := 1; at <= 6; at++ {
			// The connection is new after one that broke: it is readied first.
			if _, err := store.Load(t.Context(), icpcode.Key{Kind: icpcode.KindLedger, A: "i"}); err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf("0123456780%d%d", fate, at)
			link.set(fate, at)
			err := store.Commit(t.Context(), codeChange(t, text, 0))
			_, fired := link.set(dbtest.Pass, 0)
			if !fired {
				continue // it took fewer round trips
			}
			met[fate]++
			if err == nil {
				continue // the driver asked again before anything was done
			}
			if s := shown(err); strings.Contains(s, text) {
				t.Errorf("round trip %d, %s: a whole code shows: %s", at, fate, s)
			}
			// Where the driver takes the link for one that was broken before,
			// database/sql sends the statement again, and meets what it wrote.
			docs, gone := store.Load(t.Context(), icpcode.Key{Kind: icpcode.KindReceipt, A: "a", B: text + "0"})
			if errors.Is(err, icpcode.ErrConflict) && (gone != nil || docs[0].Version != 1) {
				t.Errorf("round trip %d, %s: %v, but nothing of it is there: %v", at, fate, err, gone)
			}
		}
	}
	if met[dbtest.Drop] == 0 || met[dbtest.Lose] == 0 {
		t.Errorf("the link broke %v times", met)
	}
}

func walkErrors(t *testing.T, db *sql.DB, store *sqlstore.Store, d sqlstore.Dialect) {
	t.Helper()
	ctx := t.Context()
	code := func(text string) (c icpcode.Code) {
		if err := c.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	texts := []string{"012345678901", "012345678902", "012345678903"}
	put := func(text string, expect uint64) icpcode.Change { return codeChange(t, text, expect) }
	failed := 0
	fails := func(what string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s: no error", what)
			return
		}
		failed++
		for _, text := range texts {
			if s := shown(err); strings.Contains(s, text) {
				t.Errorf("%s: a whole code shows: %s", what, s)
			}
		}
	}
	exec := func(text string) {
		t.Helper()
		if _, err := db.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Commit(ctx, put(texts[0], 0)); err != nil {
		t.Fatal(err)
	}
	fails("a code that is there", store.Commit(ctx, put(texts[0], 0)))
	again := put(texts[1], 0)
	again.Events = put(texts[0], 0).Events
	fails("an event that is there", store.Commit(ctx, again))
	fails("another version", store.Commit(ctx, put(texts[0], 7)))
	func() {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		fails("in a transaction", store.In(tx).Commit(ctx, put(texts[0], 0)))
	}()
	done, cancel := context.WithCancel(ctx)
	cancel()
	fails("a context that is done", store.Commit(done, put(texts[1], 0)))
	if d != sqlstore.SQLite { // which adds no constraints
		exec("alter table icp_events add constraint never check (code <> '" + texts[2] + "')")
		fails("a constraint", store.Commit(ctx, put(texts[2], 0)))
	}
	key := icpcode.Key{Kind: icpcode.KindRecord, Code: code(texts[0])}
	load := func() error { _, err := store.Load(ctx, key); return err }
	exec("update icp_codes set state = 'odd' where code = '" + texts[0] + "'")
	fails("a row that does not read back", load())
	exec("alter table icp_codes rename column remark to remarked")
	fails("a column that is not there, written", store.Commit(ctx, put(texts[0], 1)))
	fails("a column that is not there, read", load())
	exec("alter table icp_codes rename to icp_gone")
	fails("a table that is not there", load())
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	fails("a database that is closed", load())
	if failed < 10 {
		t.Errorf("only %d things failed", failed)
	}
}

package sqltest

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// old is a database as version 1 left it.
type old struct {
	engine
	file string // of its answers, in testdata/v1
}

// restored fills a fresh database of a server with a dump.
func restored(t testing.TB, s *dbtest.Server, file, params string) []*sql.DB {
	t.Helper()
	dump, err := os.ReadFile("testdata/v1/" + file + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	name := s.Database(t)
	db := dbtest.Open(t, s.Driver(), s.DSN(name)+"&multiStatements=true")
	if s.Driver() != "mysql" {
		db = dbtest.Open(t, s.Driver(), s.DSN(name))
	}
	if _, err := db.ExecContext(t.Context(), string(dump)); err != nil {
		t.Fatal(err)
	}
	return []*sql.DB{dbtest.Open(t, s.Driver(), s.DSN(name)+params)}
}

var olds = []old{
	{engine{"PostgreSQL", sqlstore.PostgreSQL, func(t testing.TB) []*sql.DB { return restored(t, postgres(t), "postgresql", "") }}, "postgresql"},
	{engine{"MariaDB", sqlstore.MySQL, func(t testing.TB) []*sql.DB { return restored(t, mariadb(t), "mysql", fewTrips) }}, "mysql"},
	{engine{"SQLite", sqlstore.SQLite, func(t testing.TB) []*sql.DB {
		b, err := os.ReadFile("testdata/v1/sqlite.db")
		if err != nil {
			t.Fatal(err)
		}
		path := sqliteFile(t)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return []*sql.DB{dbtest.Open(t, "sqlite", sqliteDSN(path))}
	}}, "sqlite"},
}

// TestOldData opens databases that version 1 wrote, migrates them by several
// processes at once, and compares what they answer with what they answered
// then. Requests of then are answered from their receipts.
func TestOldData(t *testing.T) {
	for _, o := range olds {
		t.Run(o.name, func(t *testing.T) {
			db := o.open(t)[0]
			ctx := t.Context()
			store := sqlstore.New(db, o.dialect, nil)
			if err := store.Check(ctx); !errors.Is(err, sqlstore.ErrSchema) {
				t.Errorf("before the migration Check returned error %v, want ErrSchema", err)
			}
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if err := sqlstore.Migrate(ctx, db, o.dialect); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			b, err := os.ReadFile("testdata/v1/" + o.file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want oldAnswers
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			if len(want.Records) < 10 || len(want.Results) < 16 {
				t.Fatalf("there are only %d records and %d results of before", len(want.Records), len(want.Results))
			}
			got, err := askHistory(ctx, store, want.Results)
			if err != nil {
				t.Fatal(err)
			}
			if d := diff(jsonOf(t, want), jsonOf(t, got)); d != "" {
				t.Errorf("it answers otherwise than before:\n%s", d)
			}
			again, err := tellHistory(ctx, newEngine(store))
			if err != nil {
				t.Fatal(err)
			}
			for i := range again {
				if !again[i].Replayed {
					t.Errorf("request %d was done a second time", i+1)
				}
				again[i].Replayed = false
			}
			if d := diff(jsonOf(t, want.Results), jsonOf(t, again)); d != "" {
				t.Errorf("receipts answer otherwise than before:\n%s", d)
			}
			oldLists(t, store, &want)
			oldPurges(t, store, &want)
		})
	}
}

func jsonOf(t testing.TB, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(b, &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

// oldLists looks for every old record in every list that it must be in.
func oldLists(t *testing.T, store *sqlstore.Store, want *oldAnswers) {
	t.Helper()
	services := 0
	for _, r := range want.Records {
		for by := icpcode.ByOwner; by <= icpcode.Everything; by++ {
			if by != icpcode.Everything && by.Of(&r) == "" {
				continue
			}
			if by == icpcode.ByService {
				services++
			}
			for _, state := range []icpcode.State{icpcode.StateNone, r.State} {
				page, err := store.List(t.Context(), icpcode.Query{By: by, Value: by.Of(&r), State: state, Newest: true, Limit: 1000})
				if err != nil {
					t.Fatal(err)
				}
				found := 0
				for _, l := range page.Records {
					if l.Code == r.Code {
						found++
					}
				}
				if found != 1 {
					t.Errorf("List by %v in state %v has a record %d times", by, state, found)
				}
			}
		}
	}
	if services < 5 {
		t.Errorf("only %d of the records have a service", services)
	}
}

// oldPurges asserts that the histories of what is only Filed stay, which
// version 1 would have purged.
func oldPurges(t *testing.T, store *sqlstore.Store, want *oldAnswers) {
	t.Helper()
	over := 0
	for i := range want.Records {
		if !want.Records[i].Over().IsZero() {
			over++
		}
	}
	if n, err := store.PurgeEvents(t.Context(), now.AddDate(1, 0, 0), 1000); n != over || err != nil {
		t.Errorf("PurgeEvents returned %d and error %v, want %d", n, err, over)
	}
	filed := 0
	for _, r := range want.Records {
		events, err := store.Events(t.Context(), icpcode.EventQuery{Code: r.Code, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		if r.State == icpcode.StateFiled {
			filed++
		}
		if got, purged := len(events) == 0, !r.Over().IsZero(); got != purged {
			t.Errorf("the history of a code that is %v was purged: %t", r.State, got)
		}
	}
	if filed == 0 {
		t.Error("no record is Filed")
	}
}

// TestOldEngines has statements of version 1, as its stores send them, meet a
// migrated schema: a process that has been running since before the migration
// writes nothing more, and one that starts is refused by its check.
func TestOldEngines(t *testing.T) {
	for _, o := range olds {
		t.Run(o.name, func(t *testing.T) {
			db := o.open(t)[0]
			b, err := os.ReadFile("testdata/v1/statements-" + o.file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var all []struct {
				Text string `json:"text"`
				Args []any  `json:"args"`
			}
			if err := json.Unmarshal(b, &all); err != nil {
				t.Fatal(err)
			}
			if len(all) < 3 {
				t.Fatalf("there are only %d statements", len(all))
			}
			tried := func(fails bool) {
				t.Helper()
				for _, s := range all {
					tx, err := db.BeginTx(t.Context(), nil)
					if err != nil {
						t.Fatal(err)
					}
					_, err = tx.ExecContext(t.Context(), s.Text, s.Args...)
					if got := err != nil && !strings.Contains(err.Error(), "IC001"); got != fails {
						t.Errorf("the statement failed: %t, want %t: %v\n%s", got, fails, err, s.Text)
					}
					_ = tx.Rollback() // of the statement's, whether or not it failed
				}
			}
			tried(false)
			if err := sqlstore.Migrate(t.Context(), db, o.dialect); err != nil {
				t.Fatal(err)
			}
			tried(true)
			var version int
			if err := db.QueryRowContext(t.Context(), "select coalesce(max(version), 0) from icp_schema").Scan(&version); err != nil || version != 3 {
				t.Errorf("version 1 reads version %d, error %v, and refuses what is above 1", version, err)
			}
		})
	}
}

package sqltest

import (
	"errors"
	"sync"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// TestMigrateTogether migrates from several processes at once, which here are
// connections, on Galera of different nodes.
func TestMigrateTogether(t *testing.T) { each(t, engines, migrateTogether) }

func migrateTogether(t *testing.T, e engine) {
	t.Helper()
	dbs := e.open(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := sqlstore.Migrate(t.Context(), dbs[i%len(dbs)], e.dialect); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	// Once more, over tables in use.
	store := sqlstore.New(dbs[0], e.dialect, nil)
	if err := everything(t.Context(), store, "before-"); err != nil {
		t.Fatal(err)
	}
	if err := sqlstore.Migrate(t.Context(), dbs[0], e.dialect); err != nil {
		t.Fatal(err)
	}
	page, err := store.List(t.Context(), icpcode.Query{By: icpcode.ByOwner, Value: "before-owner", Limit: 10})
	if err != nil || len(page.Records) == 0 {
		t.Errorf("after the second migration List returned %d records and error %v", len(page.Records), err)
	}
}

// TestSchema asserts that a store says what is wrong with the schema, and
// works once that is mended.
func TestSchema(t *testing.T) { each(t, engines, schema) }

func schema(t *testing.T, e engine) {
	t.Helper()
	db := e.open(t)[0]
	store := sqlstore.New(db, e.dialect, nil)
	key := icpcode.Key{Kind: icpcode.KindLedger, A: "i"}
	if _, err := store.Load(t.Context(), key); !errors.Is(err, sqlstore.ErrSchema) {
		t.Errorf("without tables Load returned error %v, want ErrSchema", err)
	}
	if err := sqlstore.Migrate(t.Context(), db, e.dialect); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(t.Context(), key); err != nil {
		t.Errorf("with tables Load returned error %v", err)
	}
	if _, err := db.ExecContext(t.Context(), "insert into icp_schema (version) values (99)"); err != nil {
		t.Fatal(err)
	}
	if err := sqlstore.Migrate(t.Context(), db, e.dialect); !errors.Is(err, sqlstore.ErrSchema) {
		t.Errorf("over a newer schema Migrate returned error %v, want ErrSchema", err)
	}
	if err := sqlstore.New(db, e.dialect, nil).Check(t.Context()); !errors.Is(err, sqlstore.ErrSchema) {
		t.Errorf("over a newer schema Check returned error %v, want ErrSchema", err)
	}
}

// TestSettings asserts that a store refuses to work on settings that would
// break its promises.
func TestSettings(t *testing.T) {
	for _, tc := range []struct{ name, params string }{
		{"sql_mode", "&sql_mode=''"},
		{"isolation", "&tx_isolation='READ-UNCOMMITTED'"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := mariadb(t)
			db := dbtest.Open(t, s.Driver(), s.DSN(s.Database(t))+tc.params)
			if err := sqlstore.Migrate(t.Context(), db, sqlstore.MySQL); err != nil {
				t.Fatal(err)
			}
			store := sqlstore.New(db, sqlstore.MySQL, nil)
			if err := store.Check(t.Context()); !errors.Is(err, sqlstore.ErrSettings) {
				t.Errorf("Check returned error %v, want ErrSettings", err)
			}
			if err := store.Commit(t.Context(), icpcode.Change{}); !errors.Is(err, sqlstore.ErrSettings) {
				t.Errorf("Commit returned error %v, want ErrSettings", err)
			}
		})
	}
	t.Run("wsrep_sync_wait", func(t *testing.T) {
		s := galera(t)[0]
		db := dbtest.Open(t, s.Driver(), s.DSN(s.Database(t)))
		if err := sqlstore.Migrate(t.Context(), db, sqlstore.MySQL); err != nil {
			t.Fatal(err)
		}
		if err := sqlstore.New(db, sqlstore.MySQL, nil).Check(t.Context()); !errors.Is(err, sqlstore.ErrSettings) {
			t.Errorf("Check returned error %v, want ErrSettings", err)
		}
	})
}

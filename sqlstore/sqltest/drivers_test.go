package sqltest

import (
	"database/sql"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
	"github.com/icpcode/icpcode/storetest"

	_ "github.com/lib/pq"           // driver "postgres"
	_ "github.com/mattn/go-sqlite3" // driver "sqlite3"
)

// TestDrivers runs the conformance suite over other drivers than those of the
// other tests.
func TestDrivers(t *testing.T) {
	for _, e := range []engine{
		{"lib/pq", sqlstore.PostgreSQL, func(t testing.TB) []*sql.DB {
			s := postgres(t)
			return []*sql.DB{dbtest.Open(t, "postgres", s.DSN(s.Database(t)))}
		}},
		{"mattn/go-sqlite3", sqlstore.SQLite, func(t testing.TB) []*sql.DB {
			return []*sql.DB{dbtest.Open(t, "sqlite3", "file:"+sqliteFile(t)+"?_journal_mode=wal&_synchronous=full&_busy_timeout=10000&_txlock=immediate")}
		}},
	} {
		t.Run(e.name, func(t *testing.T) {
			s, _ := e.store(t)
			storetest.Run(t, func(testing.TB) icpcode.Store { return s })
		})
	}
}

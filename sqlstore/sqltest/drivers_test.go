package sqltest

import (
	"database/sql"
	"testing"

	_ "github.com/lib/pq"           // driver "postgres"
	_ "github.com/mattn/go-sqlite3" // driver "sqlite3"

	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// Settings that services have for reasons of their own, and that change what
// a driver sends, or what it and the server make of a value.
const (
	pooled = "&default_query_exec_mode=exec&timezone=Asia/Shanghai&datestyle=German&standard_conforming_strings=off"
	local  = "&multiStatements=true&clientFoundRows=true&parseTime=true&loc=Asia%2FShanghai&time_zone=%27%2B08%3A00%27&collation=utf8mb4_general_ci"
	ansi   = "&interpolateParams=true&sql_mode=%27ANSI%2CSTRICT_ALL_TABLES%2CNO_BACKSLASH_ESCAPES%27"
)

// TestDrivers runs the conformance suite over other drivers and settings than
// those of the other tests.
func TestDrivers(t *testing.T) {
	pq := func(params string) func(testing.TB) []*sql.DB {
		return func(t testing.TB) []*sql.DB {
			s := postgres(t)
			return []*sql.DB{dbtest.Open(t, "postgres", s.DSN(s.Database(t))+params)}
		}
	}
	inMemory := func(driver string) func(testing.TB) []*sql.DB {
		return func(t testing.TB) []*sql.DB {
			db := dbtest.Open(t, driver, ":memory:")
			db.SetMaxOpenConns(1) // each connection would be a database
			return []*sql.DB{db}
		}
	}
	each(t, []engine{
		onServer("pgx, unprepared", sqlstore.PostgreSQL, postgres, pooled),
		{"lib_pq", sqlstore.PostgreSQL, pq("")},
		{"lib_pq, binary", sqlstore.PostgreSQL, pq("&binary_parameters=yes")},
		onServer("MariaDB, local times", sqlstore.MySQL, mariadb, local),
		onServer("MariaDB, ANSI", sqlstore.MySQL, mariadb, ansi),
		onNodes("Galera, prepared", "&wsrep_sync_wait=1"),
		onNodes("Galera, interpolated", "&wsrep_sync_wait=1&interpolateParams=true"),
		{"SQLite in memory", sqlstore.SQLite, inMemory("sqlite")},
		{"go-sqlite3", sqlstore.SQLite, func(t testing.TB) []*sql.DB {
			return []*sql.DB{dbtest.Open(t, "sqlite3", "file:"+sqliteFile(t)+"?_journal_mode=wal&_synchronous=full&_busy_timeout=10000")}
		}},
		{"go-sqlite3 in memory", sqlstore.SQLite, inMemory("sqlite3")},
	}, conformance)
}

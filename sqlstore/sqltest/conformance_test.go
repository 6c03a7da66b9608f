package sqltest

import (
	"database/sql"
	"os"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
	"github.com/icpcode/icpcode/storetest"
)

// TestConformance proves the whole contract on every engine: on Galera with
// each call at another node than the one before.
func TestConformance(t *testing.T) {
	each(t, engines, conformance)
	dir := os.Getenv("ICPCODE_POSTGRES")
	if dir == "" {
		return
	}
	t.Run("PostgreSQL of ICPCODE_POSTGRES", func(t *testing.T) {
		e := onServer(dir, sqlstore.PostgreSQL, func(t testing.TB) *dbtest.Server {
			t.Helper()
			s := one(t, dir, func() (*dbtest.Server, error) { return lab.PostgresAt(dir) })
			t.Log(s.Name)
			return s
		}, "")
		conformance(t, e)
	})
}

func conformance(t *testing.T, e engine) {
	t.Helper()
	s, _ := e.store(t)
	storetest.Run(t, func(testing.TB) icpcode.Store { return s })
}

// TestIsolationIsTheOperators asserts that the engine which stands in for
// databases that throw serialization failures does so.
func TestIsolationIsTheOperators(t *testing.T) {
	db := onSerializable.open(t)[0]
	var level string
	if err := db.QueryRowContext(t.Context(), "show transaction_isolation").Scan(&level); err != nil {
		t.Fatal(err)
	}
	if level != "serializable" {
		t.Errorf("transactions are %q, want serializable", level)
	}
}

// TestGaleraIsOne asserts that the nodes are one cluster.
func TestGaleraIsOne(t *testing.T) {
	nodes := galera(t)
	for _, n := range nodes {
		db := dbtest.Open(t, n.Driver(), n.DSN("mysql"))
		if got := status(t, db, "wsrep_cluster_size"); got != int64(len(nodes)) {
			t.Errorf("%s sees a cluster of %d, want %d", n.Name, got, len(nodes))
		}
	}
}

// status returns a counter of a MariaDB server.
func status(t testing.TB, db *sql.DB, name string) int64 {
	t.Helper()
	var n int64
	if err := db.QueryRowContext(t.Context(), "show global status like '"+name+"'").Scan(&name, &n); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
	_ "modernc.org/sqlite" // driver "sqlite"
)

var torture = flag.Duration("torture", 0, "run the long versions of the fault tests, each for at least this long; 0: the short ones")

// size returns one of two numbers, as the flag says.
func size(short, long int) int {
	if *torture > 0 {
		return long
	}
	return short
}

// enough returns a function that reports whether a long test has gone on for
// as long as the flag says. A short one has at once.
func enough() func() bool {
	start := time.Now()
	return func() bool { return time.Since(start) >= *torture }
}

// lab has the servers that tests share.
var lab *dbtest.Lab

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(writerEnv) != "" {
		if err := write(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// The tests cut links on purpose: that need not be told.
	if err := mysql.SetLogger(&mysql.NopLogger{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if lab, err = dbtest.NewLab(); err != nil {
		return 1, err
	}
	return m.Run(), lab.Close()
}

// engine is a kind of database that tests run on.
type engine struct {
	name    string
	dialect sqlstore.Dialect
	// open opens a fresh and empty database, once for each of its writers
	// that are to be told apart: the nodes of a cluster.
	open func(testing.TB) []*sql.DB
}

// each proves something of every engine.
func each(t *testing.T, engines []engine, prove func(*testing.T, engine)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) { prove(t, e) })
	}
}

// eachLink is each for what takes links that lose round trips.
func eachLink(t *testing.T, links []link, prove func(*testing.T, link)) {
	t.Helper()
	for _, l := range links {
		t.Run(l.name, func(t *testing.T) { prove(t, l) })
	}
}

// one starts a server that is shared under a name.
func one(t testing.TB, name string, start func() (*dbtest.Server, error)) *dbtest.Server {
	t.Helper()
	return lab.Once(t, name, func() ([]*dbtest.Server, error) {
		s, err := start()
		return []*dbtest.Server{s}, err
	})[0]
}

func postgres(t testing.TB) *dbtest.Server {
	t.Helper()
	return one(t, "PostgreSQL", func() (*dbtest.Server, error) { return lab.Postgres() })
}

func mariadb(t testing.TB) *dbtest.Server {
	t.Helper()
	return one(t, "MariaDB", func() (*dbtest.Server, error) { return lab.MariaDB() })
}

// galera are three nodes that all take writes.
func galera(t testing.TB) []*dbtest.Server {
	t.Helper()
	return lab.Once(t, "Galera", func() ([]*dbtest.Server, error) { return lab.Galera(3) })
}

// onAll makes a new database that every node of a cluster has. A session
// chooses its database before it can wait for what other nodes did.
func onAll(t testing.TB, nodes []*dbtest.Server) string {
	t.Helper()
	name := nodes[0].Database(t)
	for _, n := range nodes[1:] {
		db := dbtest.Open(t, n.Driver(), n.DSN("mysql")+causal)
		var there int
		err := db.QueryRowContext(t.Context(), "select count(*) from information_schema.schemata where schema_name = '"+name+"'").Scan(&there)
		if err != nil || there != 1 {
			t.Fatalf("%s has %d databases called %s: %v", n.Name, there, name, err)
		}
	}
	return name
}

const (
	// fewTrips makes a Commit to MariaDB as few round trips as can be.
	fewTrips = "&multiStatements=true&interpolateParams=true"
	// causal makes a session of a Galera node see what was acknowledged by
	// others. Several statements in one text are not for Galera, and the store
	// must know.
	causal = "&wsrep_sync_wait=1" + fewTrips
)

// sqliteDSN is a SQLite file as a service would open it.
func sqliteDSN(path string) string {
	return "file:" + path + "?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(10000)&_txlock=immediate"
}

// sqliteFile returns the path of a file that is not there yet.
func sqliteFile(t testing.TB) string { return filepath.Join(t.TempDir(), "icp.db") }

// onServer returns an engine on a fresh database of one server.
func onServer(name string, d sqlstore.Dialect, server func(testing.TB) *dbtest.Server, params string) engine {
	return engine{name, d, func(t testing.TB) []*sql.DB {
		s := server(t)
		return []*sql.DB{dbtest.Open(t, s.Driver(), s.DSN(s.Database(t))+params)}
	}}
}

// onNodes returns an engine on a fresh database of all nodes of a cluster.
func onNodes(name, params string) engine {
	return engine{name, sqlstore.MySQL, func(t testing.TB) []*sql.DB {
		t.Helper()
		nodes := galera(t)
		name := onAll(t, nodes)
		var dbs []*sql.DB
		for _, n := range nodes {
			dbs = append(dbs, dbtest.Open(t, n.Driver(), n.DSN(name)+params))
		}
		return dbs
	}}
}

var (
	sqliteFiles = engine{"SQLite", sqlstore.SQLite, func(t testing.TB) []*sql.DB {
		return []*sql.DB{dbtest.Open(t, "sqlite", sqliteDSN(sqliteFile(t)))}
	}}
	onPostgres     = onServer("PostgreSQL", sqlstore.PostgreSQL, postgres, "")
	onSerializable = onServer("PostgreSQL serializable", sqlstore.PostgreSQL, postgres, "&default_transaction_isolation=serializable")
	onMariaDB      = onServer("MariaDB", sqlstore.MySQL, mariadb, "")
	onMultiMariaDB = onServer("MariaDB multi-statement", sqlstore.MySQL, mariadb, fewTrips)
	onGalera       = onNodes("Galera", causal)
	engines        = []engine{sqliteFiles, onPostgres, onSerializable, onMariaDB, onMultiMariaDB, onGalera}
)

// migrated opens a fresh database of e with the tables in it.
func (e engine) migrated(t testing.TB) []*sql.DB {
	t.Helper()
	dbs := e.open(t)
	if err := sqlstore.Migrate(t.Context(), dbs[0], e.dialect); err != nil {
		t.Fatal(err)
	}
	return dbs
}

// store returns a store over a fresh database of e, which spreads its calls
// where e has several nodes.
func (e engine) store(t testing.TB) (icpcode.Store, []*sql.DB) {
	t.Helper()
	dbs := e.migrated(t)
	s := new(spread)
	for _, db := range dbs {
		store := sqlstore.New(db, e.dialect, nil)
		if err := store.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.stores = append(s.stores, store)
	}
	return s, dbs
}

// spread is a store that gives each call to the next of some others.
type spread struct {
	stores []icpcode.Store
	calls  atomic.Int64
}

func (s *spread) next() icpcode.Store { return s.stores[s.calls.Add(1)%int64(len(s.stores))] }

func (s *spread) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	return s.next().Load(ctx, keys...)
}

func (s *spread) Commit(ctx context.Context, c icpcode.Change) error { return s.next().Commit(ctx, c) }

func (s *spread) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	return s.next().List(ctx, q)
}

func (s *spread) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	return s.next().Events(ctx, q)
}

// wait waits for a moment, for what went wrong to be over.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// refused reports whether err is the rules' answer.
func refused(err error) bool { return errors.Is(err, icpcode.ErrRefused) }

package sqltest

import (
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// yoursEnv names a database server of the reader's: "postgres://…" or a DSN of
// go-sql-driver/mysql.
const yoursEnv = "ICPCODE_DSN"

// yours is a server that these tests did not start.
type yours struct {
	name    string
	dialect sqlstore.Dialect
	// network and address are where it listens.
	network, address string
	// connector connects to a database, or to that of the DSN, at an address on
	// the loopback interface or, if port is 0, at its own.
	connector func(database string, port int) (driver.Connector, error)
	singly    bool
	answer    dbtest.Answer
}

// yoursAt reads a DSN.
func yoursAt(dsn string) (*yours, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return yoursPostgres(dsn)
	}
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("%s is neither postgres://… nor a DSN of go-sql-driver/mysql: %w", yoursEnv, err)
	}
	return &yours{
		name: "MySQL", dialect: sqlstore.MySQL, network: c.Net, address: c.Addr, singly: !c.MultiStatements, answer: dbtest.MySQLAnswer,
		connector: func(database string, port int) (driver.Connector, error) {
			c := c.Clone()
			if database != "" {
				c.DBName = database
			}
			if port > 0 {
				c.Net, c.Addr = "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
			}
			return mysql.NewConnector(c)
		},
	}, nil
}

func yoursPostgres(dsn string) (*yours, error) {
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", yoursEnv, err)
	}
	y := &yours{name: "PostgreSQL", dialect: sqlstore.PostgreSQL, network: "tcp"}
	y.address = net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	if filepath.IsAbs(c.Host) {
		y.network, y.address = "unix", filepath.Join(c.Host, fmt.Sprintf(".s.PGSQL.%d", c.Port))
	}
	y.connector = func(database string, port int) (driver.Connector, error) {
		c := c.Copy()
		if database != "" {
			c.Database = database
		}
		if port > 0 {
			c.Host, c.Port, c.Fallbacks = "127.0.0.1", uint16(port), nil
		}
		return stdlib.GetConnector(*c), nil
	}
	return y, nil
}

// open opens a database, or that of the DSN, as it is or through a port.
func (y *yours) open(t testing.TB, database string, port int) *sql.DB {
	t.Helper()
	c, err := y.connector(database, port)
	if err != nil {
		t.Fatal(err)
	}
	return sql.OpenDB(c)
}

// prefix is what the names of databases begin with that tests make on servers
// of others.
const prefix = "icpcode_test_"

// database makes a database that is dropped when the test ends.
func (y *yours) database(t testing.TB) string {
	t.Helper()
	name := prefix + strings.ToLower(rand.Text())
	admin := y.open(t, "", 0)
	t.Cleanup(func() { _ = admin.Close() })
	if _, err := admin.ExecContext(t.Context(), "create database "+name); err != nil {
		t.Fatalf("%v: the account of %s must be allowed to create databases, which are dropped again", err, yoursEnv)
	}
	t.Cleanup(func() {
		// t.Context has ended by now.
		_, err := admin.Exec("drop database " + name) //nolint:noctx // see above
		if err != nil && y.dialect == sqlstore.PostgreSQL {
			_, err = admin.Exec("drop database " + name + " with (force)") //nolint:noctx // see above
		}
		if err != nil {
			t.Errorf("database %s must be dropped by hand: %v", name, err)
		}
	})
	return name
}

// link is a way to the server, through a proxy where round trips are lost.
func (y *yours) link() link {
	e := engine{y.name, y.dialect, func(t testing.TB) []*sql.DB {
		t.Helper()
		db := y.open(t, y.database(t), 0)
		t.Cleanup(func() { _ = db.Close() })
		return []*sql.DB{db}
	}}
	return link{e, y.singly, func(t *testing.T) string { t.Helper(); return y.database(t) },
		func(t *testing.T, database string, plan dbtest.Plan) (*sql.DB, func()) {
			t.Helper()
			p, err := dbtest.NewProxyTo(y.network, y.address, y.answer, plan)
			if err != nil {
				t.Fatal(err)
			}
			db := y.open(t, database, p.Port())
			return db, func() {
				_ = db.Close() // a driver may complain that its link is lost
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			}
		}}
}

// TestYours proves on the server that ICPCODE_DSN names what is proven on the
// databases that these tests start, but that it survives a crash. Without one
// it proves on those that it finds its way, and leaves nothing behind.
func TestYours(t *testing.T) {
	if dsn := os.Getenv(yoursEnv); dsn != "" {
		y, err := yoursAt(dsn)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range proofs {
			t.Run(p.name, func(t *testing.T) { p.prove(t, y.link()) })
		}
		return
	}
	for _, s := range []func(testing.TB) *dbtest.Server{postgres, mariadb} {
		server := s(t)
		t.Run(server.Name, func(t *testing.T) { yoursLikeOurs(t, server) })
	}
	if _, err := yoursAt("mysql://root@localhost:3306/"); err == nil {
		t.Error("an address that is no DSN was taken for one")
	}
}

// yoursLikeOurs takes a server of the lab for a reader's.
func yoursLikeOurs(t *testing.T, server *dbtest.Server) {
	y, err := yoursAt(server.DSN(server.Database(t)))
	if err != nil {
		t.Fatal(err)
	}
	l := y.link()
	t.Run("Schema", func(t *testing.T) { schema(t, l.engine) })
	t.Run("SchedulesSeeDuplicates", func(t *testing.T) { schedulesSeeDuplicates(t, l) })
	text := "select datname from pg_database"
	if y.dialect == sqlstore.MySQL {
		text = "show databases"
	}
	db := y.open(t, "", 0)
	defer func() { _ = db.Close() }()
	all, err := column(t.Context(), db, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if strings.HasPrefix(name, prefix) {
			t.Errorf("database %s was left behind", name)
		}
	}
}

package sqltest

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// proof is what is to hold on every database that a service may run on.
type proof struct {
	name  string
	prove func(*testing.T, link)
}

// on makes a proof for links of one for engines.
func on(prove func(*testing.T, engine)) func(*testing.T, link) {
	return func(t *testing.T, l link) {
		t.Helper()
		prove(t, l.engine)
	}
}

// proofs are those that any database can be asked for: TiDB, and a reader's
// own. A test that loops over engines or links adds itself by a line.
var proofs = []proof{
	{"Conformance", on(conformance)},
	{"MigrateTogether", on(migrateTogether)},
	{"Schema", on(schema)},
	{"InTx", on(inTx)},
	{"InTxConflict", on(inTxConflict)},
	{"InTxAllOrNothing", on(inTxAllOrNothing)},
	{"PurgeReceipts", on(purgeReceipts)},
	{"PurgeEvents", on(purgeEvents)},
	{"PurgeEndedFilings", on(purgeEndedFilings)},
	{"Contexts", on(contexts)},
	{"Merging", on(merging)},
	{"Linearizable", on(linearizableOn)},
	{"LinearizableSeesRaces", on(linearizableSeesRaces)},
	{"LinearizableSees", on(linearizableSees)},
	{"LinearizableLosing", linearizableLosing},
	{"Ambiguous", ambiguousOnce},
	{"AmbiguousSeesDuplicates", ambiguousTwice},
	{"Schedules", schedules},
	{"SchedulesSeeDuplicates", schedulesSeeDuplicates},
}

// tidb is a server of one node over unistore.
func tidb(t testing.TB) *dbtest.Server {
	t.Helper()
	return one(t, "TiDB", startTiDB)
}

func startTiDB() (*dbtest.Server, error) { return lab.TiDB() }

var (
	onTiDB      = onServer("TiDB", sqlstore.MySQL, tidb, "")
	onMultiTiDB = onServer("TiDB multi-statement", sqlstore.MySQL, tidb, fewTrips)
)

// TestTiDB proves on TiDB what is proven on the other databases, but that it
// survives a crash, which unistore does not. It is a step of its own, `make
// tidb`, for the server must be built first.
func TestTiDB(t *testing.T) {
	t.Log(tidb(t).Name)
	for _, l := range []link{
		overNetwork(onTiDB, "", "TiDB", startTiDB),
		overNetwork(onMultiTiDB, fewTrips, "TiDB", startTiDB),
	} {
		t.Run(l.name, func(t *testing.T) {
			for _, p := range proofs {
				t.Run(p.name, func(t *testing.T) { p.prove(t, l) })
			}
		})
	}
	t.Run("Rivals", func(t *testing.T) { rivalsWriteTheSame(t, tidbKind) })
	t.Run("Plans", tidbPlans)
	t.Run("Settings", tidbSettings)
	t.Run("Password", tidbPassword)
	// Settings that services have, for the whole suite.
	for _, e := range []engine{
		onServer("several, prepared, 0900_ai_ci", sqlstore.MySQL, tidb, "&multiStatements=true&collation=utf8mb4_0900_ai_ci"),
		onServer("one, interpolated, unicode_ci", sqlstore.MySQL, tidb, "&interpolateParams=true&collation=utf8mb4_unicode_ci"),
		onServer("one, prepared, bin", sqlstore.MySQL, tidb, "&collation=utf8mb4_bin"),
		onServer("local times", sqlstore.MySQL, tidb, local),
		onServer("ANSI", sqlstore.MySQL, tidb, ansi),
		onServer("optimistic", sqlstore.MySQL, tidb, fewTrips+"&tidb_txn_mode=%27optimistic%27"),
	} {
		t.Run("Conformance, "+e.name, func(t *testing.T) { conformance(t, e) })
	}
}

// tidbSettings asserts that a store refuses to work on settings of TiDB's that
// break its promises, and names them.
func tidbSettings(t *testing.T) {
	s := tidb(t)
	name := s.Database(t)
	if err := sqlstore.Migrate(t.Context(), dbtest.Open(t, s.Driver(), s.DSN(name)), sqlstore.MySQL); err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{
		"tidb_read_staleness='-5'", "tidb_enable_external_ts_read=1", "tidb_low_resolution_tso=1", "tidb_read_consistency='weak'",
		"tidb_guarantee_linearizability=0", "tidb_batch_commit=1", "tidb_constraint_check_in_place_pessimistic=0", "sql_mode=''",
	} {
		variable, value, _ := strings.Cut(set, "=")
		db := dbtest.Open(t, s.Driver(), s.DSN(name)+"&"+variable+"="+url.QueryEscape(value))
		err := sqlstore.New(db, sqlstore.MySQL, nil).Check(t.Context())
		if !errors.Is(err, sqlstore.ErrSettings) || !strings.Contains(err.Error(), variable) {
			t.Errorf("with %s Check returned error %v, want ErrSettings that names it", set, err)
		}
	}
}

// tidbPassword opens a database with a password that is proven in the way of
// MySQL 8, caching_sha2_password.
func tidbPassword(t *testing.T) {
	s := tidb(t)
	name := s.Database(t)
	root := dbtest.Open(t, s.Driver(), s.DSN(name))
	for _, text := range []string{
		"create user 'shop'@'%' identified with caching_sha2_password by 'open sesame'",
		"grant all on " + name + ".* to 'shop'@'%'",
	} {
		if _, err := root.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	for password, fits := range map[string]bool{"open sesame": true, "sesame": false} {
		db := dbtest.Open(t, s.Driver(), strings.Replace(s.DSN(name), "root@", "shop:"+password+"@", 1)+"&tls=skip-verify")
		err := sqlstore.Migrate(t.Context(), db, sqlstore.MySQL)
		if err == nil {
			err = everything(t.Context(), sqlstore.New(db, sqlstore.MySQL, nil), "shop-")
		}
		if (err == nil) != fits {
			t.Errorf("with the password %q: %v", password, err)
		}
	}
}

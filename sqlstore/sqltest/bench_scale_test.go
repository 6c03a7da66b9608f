package sqltest

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// lives is how many codes live a life in each half of a measurement.
const lives = 5_000

// TestSQLScale measures what a code costs: rows, bytes of tables with their
// indexes, and bytes of the log; how many are issued a second, of many
// instances and of one; and what it costs that one draw of a hundred meets a
// code that is taken, as it does when a hundredth of all codes are.
func TestSQLScale(t *testing.T) {
	mustMeasure(t, "bench-scale")
	for _, k := range []kind{postgresKind, mariaKind, sqliteKind} {
		t.Run(k.name, func(t *testing.T) {
			t.Run("a code's life", func(t *testing.T) { life(t, k) })
			for _, hot := range []bool{false, true} {
				c := crowd{64, hot}
				t.Run(c.String(), func(t *testing.T) { collisions(t, k, c) })
			}
		})
	}
}

// The events of a life: issued, submitted, approved; every fifth code is
// granted as it is issued.
const eventsOfLife, grantEvery, codesOfInstance = 3.2, 5, 5

// life lets codes live twice. The second half is what a code costs: the first
// pays for tables that were empty.
func life(t *testing.T, k kind) {
	t.Helper()
	db := k.open(t)(k.params)
	if err := sqlstore.Migrate(t.Context(), db, k.dialect); err != nil {
		t.Fatal(err)
	}
	eng := newEngine(sqlstore.New(db, k.dialect, nil))
	live(t, eng, 0)
	before := weigh(t, db, k.dialect)
	live(t, eng, lives)
	after := weigh(t, db, k.dialect)
	rows, size := 0.0, 0.0
	for i := range after.tables {
		a, b := &after.tables[i], &before.tables[i]
		r, s := float64(a.rows-b.rows)/lives, float64(a.bytes-b.bytes)/lives
		rows, size = rows+r, size+s
		t.Logf("%-18s %6.2f rows a code, %6.0f bytes", a.name, r, s)
	}
	logged := float64(after.log-before.log) / lives
	t.Logf("=> %s: a code that is issued, filed and approved: %.1f rows, %.0f bytes of tables and indexes, %.0f bytes of log", k.name, rows, size, logged)
	t.Logf("=> %s: 1e9 such codes: %.1fe9 rows, %.1f TB", k.name, rows, size*1e9/1e12)
	events := float64(after.of("icp_events").rows-before.of("icp_events").rows) / lives
	if events < eventsOfLife-0.01 || events > eventsOfLife+0.01 || size < 1000 || k.dialect != sqlstore.SQLite && logged < 1000 {
		t.Errorf("a code has %.2f events, %.0f bytes and %.0f bytes of log, want %.2f events and some bytes", events, size, logged, eventsOfLife)
	}
}

// live lets codes be issued, filed and approved, from number first on.
func live(t *testing.T, eng *icpcode.Engine, first int) {
	t.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= lives || t.Failed() {
					return
				}
				if err := liveOne(t.Context(), eng, first+n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

func liveOne(ctx context.Context, eng *icpcode.Engine, n int) error {
	// Names of the lengths that providers give.
	owner := icpcode.AccountID(fmt.Sprintf("10%014d", n/40))
	r := icpcode.IssueRequest{
		Actor: owner, RequestID: fmt.Sprintf("order-2026-%012d", n), Quantity: 1, Certification: icpcode.Enterprise,
		Instance: server(owner, fmt.Sprintf("i-bp1%017d", n/codesOfInstance), 0),
	}
	holder := owner
	if n%grantEvery == 0 {
		holder = icpcode.AccountID(fmt.Sprintf("20%014d", n/40))
		r.GrantTo = holder
	}
	res, err := eng.Issue(ctx, r)
	if err != nil {
		return err
	}
	filing := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: fmt.Sprintf("shop%d.example.cn", n), Subject: "杭州示例网络科技有限公司"}
	if _, err := eng.Submit(ctx, icpcode.SubmitRequest{
		Actor: holder, RequestID: fmt.Sprintf("submit-2026-%012d", n), Code: res.Codes[0], Filing: filing,
	}); err != nil {
		return err
	}
	_, err = eng.Approve(ctx, icpcode.ApproveRequest{
		Actor: ops, RequestID: fmt.Sprintf("approve-2026-%012d", n), Code: res.Codes[0], ICPNumber: fmt.Sprintf("浙ICP备%010d号-1", n),
	})
	return err
}

// weight is what a database weighs.
type weight struct {
	tables []tableWeight
	log    int64
}

type tableWeight struct {
	name        string
	rows, bytes int64
}

func (w *weight) of(name string) tableWeight {
	for _, t := range w.tables {
		if t.name == name {
			return t
		}
	}
	return tableWeight{}
}

// number returns the number that a query answers.
func number(t *testing.T, db *sql.DB, text string) (n int64) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), text).Scan(&n); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

// logged returns how many bytes of log a server has written.
func logged(t *testing.T, db *sql.DB, d sqlstore.Dialect) (n int64) {
	t.Helper()
	switch d {
	case sqlstore.PostgreSQL:
		return number(t, db, "select (pg_current_wal_lsn() - '0/0')::bigint")
	case sqlstore.MySQL:
		return status(t, db, "Innodb_os_log_written")
	default:
		return 0 // the log of SQLite is a file that begins anew
	}
}

// weigh asks a database how large its tables are, once it has tidied them.
func weigh(t *testing.T, db *sql.DB, d sqlstore.Dialect) *weight {
	t.Helper()
	number := func(text string) int64 { t.Helper(); return number(t, db, text) }
	exec := func(text string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	w := &weight{log: logged(t, db, d)}
	var size string
	switch d {
	case sqlstore.PostgreSQL:
		exec("vacuum (analyze)")
		size = "select pg_total_relation_size('%s')"
	case sqlstore.MySQL:
		size = "select file_size from information_schema.innodb_sys_tablespaces where name = concat(database(), '/%s')"
	case sqlstore.SQLite:
		size = "select coalesce(sum(pgsize), 0) from dbstat where name in (select name from sqlite_schema where tbl_name = '%s')"
	}
	for _, name := range []string{
		"icp_codes", "icp_events", "icp_receipts", "icp_ledgers", "icp_partners", "icp_acquaintances",
	} {
		w.tables = append(w.tables, tableWeight{name, number("select count(*) from " + name), number(fmt.Sprintf(size, name))})
	}
	return w
}

// collisions compares an engine whose draws meet no code that is taken with
// one of which a hundredth do.
func collisions(t *testing.T, k kind, c crowd) {
	t.Helper()
	const free, taken = "Engine, all codes free", "Engine, one in a hundred taken"
	a := k.arena(t, c.callers, true, nil)
	again := &repeating{every: 100}
	both := [...]struct {
		name   string
		o      icpcode.Options
		store  counting
		issued atomic.Int64
	}{{name: free}, {name: taken, o: icpcode.Options{Entropy: again}}}
	a.rivals = nil
	for i := range both {
		b := &both[i]
		b.store.Store = sqlstore.New(a.db, k.dialect, nil)
		r := byEngine(b.name, &b.store, &b.o)
		a.rivals = append(a.rivals, rival{b.name, func(ctx context.Context, o *order) error {
			err := r.issue(ctx, o)
			if err == nil {
				b.issued.Add(1)
			}
			return err
		}})
	}
	o := a.compete(t, c)
	o.show(t, c.String(), a.rivals)
	commits := func(i int) float64 { return float64(both[i].store.commits.Load()) / float64(both[i].issued.Load()) }
	t.Logf("=> %s, %v: %.0f codes a second in %.3f commits a code; with one draw in a hundred taken %.2fx in %.3f",
		k.name, c, o.of(free, rate), commits(0), o.ratio(taken, free, rate), commits(1))
	if server := scaleServers[k.name]; server != nil {
		work(t, server(t), a, c, fmt.Sprintf("%s, %v", k.name, c))
	}
	if n := again.repeats.Load(); n < 10 {
		t.Errorf("only %d draws were of codes that are taken", n)
	}
}

// scaleServers are the servers whose processor time is measured.
var scaleServers = map[string]func(testing.TB) *dbtest.Server{postgresKind.name: fastPostgres, mariaKind.name: fastMariaDB}

// work measures what a code costs in processor time, which other work on the
// same machine changes little.
func work(t *testing.T, s *dbtest.Server, a *arena, c crowd, what string) {
	t.Helper()
	log := logged(t, a.db, a.kind.dialect)
	own, server, err := s.CPU()
	if err != nil {
		t.Fatal(err)
	}
	var codes atomic.Int64
	issue := a.issue(a.rivals[0], c)
	press(t, c.callers, 8**lapLength, func(ctx context.Context) error {
		codes.Add(1)
		return issue(ctx)
	})
	ownAfter, serverAfter, err := s.CPU()
	if err != nil {
		t.Fatal(err)
	}
	n := time.Duration(codes.Load())
	log = logged(t, a.db, a.kind.dialect) - log
	t.Logf("=> %s: a code that is issued: %v of a processor for the library, its driver and its caller, %v for the server, %d bytes of log",
		what, (ownAfter-own)/n, (serverAfter-server)/n, log/int64(n))
	if ownAfter == own || serverAfter == server {
		t.Error("no processor time was taken")
	}
}

// repeating is entropy of which one draw in so many was there before.
type repeating struct {
	every   int
	repeats atomic.Int64

	mu   sync.Mutex
	old  [][8]byte
	rest bytes.Buffer
}

// Read implements [io.Reader].
func (r *repeating) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.rest.Len() < len(b) {
		var word [8]byte
		if _, err := io.ReadFull(rand.Reader, word[:]); err != nil {
			return 0, err
		}
		// Not one that is still on its way.
		const recent = 1000
		if n := len(r.old) - recent; n > 0 && mathrand.IntN(r.every) == 0 {
			word = r.old[mathrand.IntN(n)]
			r.repeats.Add(1)
		} else {
			r.old = append(r.old, word)
		}
		r.rest.Write(word[:])
	}
	return r.rest.Read(b)
}

package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

var (
	lapLength = flag.Duration("lap", 250*time.Millisecond, "how long a benchmark lets each rival work at a time")
	laps      = flag.Int("laps", 15, "how often rivals of a benchmark work in turn")
)

// mustMeasure skips a benchmark in a test run.
func mustMeasure(t *testing.T, target string) {
	t.Helper()
	if os.Getenv("ICPCODE_BENCH") != "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("measuring is a step of its own: make %s", target)
	}
	t.Skipf("set ICPCODE_BENCH=1 (make %s) to measure; measuring proves nothing in a test run", target)
}

// kind is a kind of database to measure on, and who competes there. The first
// rival is the best that can be written by hand.
type kind struct {
	name    string
	dialect sqlstore.Dialect
	// open opens a fresh database, and a function that opens it again with
	// further parameters.
	open   func(testing.TB) func(params string) *sql.DB
	params string
	rivals []func(t testing.TB, a *arena, entropy io.Reader) rival
}

const (
	handRival   = "by hand"
	naiveRival  = "naive"
	mergedRival = "Engine"
	aloneRival  = "Engine, unmerged"
	// On MariaDB: with arguments written into the text, and without several
	// statements in one. A DSN that says nothing has neither.
	inlineRival = "naive, interpolated"
	singlyRival = "Engine, one statement at a time"
)

func onKind(server func(testing.TB) *dbtest.Server) func(testing.TB) func(string) *sql.DB {
	return func(t testing.TB) func(string) *sql.DB {
		t.Helper()
		s := server(t)
		name := s.Database(t)
		return func(params string) *sql.DB { return dbtest.Open(t, s.Driver(), s.DSN(name)+params) }
	}
}

// Servers to measure have room for what they work on, as those of a service
// would, and are as durable as they come.
func fastPostgres(t testing.TB) *dbtest.Server {
	t.Helper()
	return one(t, "PostgreSQL to measure", func() (*dbtest.Server, error) { return lab.Postgres(roomyPostgres...) })
}

var roomyPostgres = []string{"shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=30min"}

func fastMariaDB(t testing.TB) *dbtest.Server {
	t.Helper()
	return one(t, "MariaDB to measure", func() (*dbtest.Server, error) {
		return lab.MariaDB("innodb_buffer_pool_size=1G", "innodb_log_file_size=1G")
	})
}

func engineOf(name string, unmerged bool) func(testing.TB, *arena, io.Reader) rival {
	return func(_ testing.TB, a *arena, entropy io.Reader) rival {
		return byEngine(name, sqlstore.New(a.db, a.kind.dialect, nil), &icpcode.Options{Unmerged: unmerged, Entropy: entropy})
	}
}

func naiveOf(_ testing.TB, a *arena, entropy io.Reader) rival {
	return rival{naiveRival, byHand(a.db, entropy).naive(a.kind.dialect)}
}

var (
	postgresKind = kind{
		"PostgreSQL", sqlstore.PostgreSQL, onKind(fastPostgres), "",
		[]func(testing.TB, *arena, io.Reader) rival{
			func(_ testing.TB, a *arena, entropy io.Reader) rival {
				return rival{handRival, byHand(a.db, entropy).onPostgreSQL}
			},
			naiveOf, engineOf(mergedRival, false), engineOf(aloneRival, true),
		},
	}
	mariaKind = kind{
		"MariaDB", sqlstore.MySQL, onKind(fastMariaDB), "&multiStatements=true&interpolateParams=true",
		[]func(testing.TB, *arena, io.Reader) rival{
			func(_ testing.TB, a *arena, entropy io.Reader) rival {
				return rival{handRival, byHand(a.db, entropy).onMariaDB}
			},
			func(_ testing.TB, a *arena, entropy io.Reader) rival {
				return rival{naiveRival, byHand(a.again(""), entropy).naive(a.kind.dialect)}
			},
			engineOf(mergedRival, false), engineOf(aloneRival, true),
			func(_ testing.TB, a *arena, entropy io.Reader) rival {
				s := sqlstore.New(a.again("&interpolateParams=true"), sqlstore.MySQL, nil)
				return byEngine(singlyRival, s, &icpcode.Options{Unmerged: true, Entropy: entropy})
			},
			func(_ testing.TB, a *arena, entropy io.Reader) rival {
				return rival{inlineRival, byHand(a.db, entropy).naive(a.kind.dialect)}
			},
		},
	}
	sqliteKind = kind{
		"SQLite", sqlstore.SQLite, func(t testing.TB) func(string) *sql.DB {
			t.Helper()
			path := sqliteFile(t)
			return func(string) *sql.DB { return dbtest.Open(t, "sqlite", sqliteDSN(path)) }
		}, "",
		[]func(testing.TB, *arena, io.Reader) rival{
			func(t testing.TB, a *arena, entropy io.Reader) rival {
				return rival{handRival, byHand(a.db, entropy).onSQLite(t)}
			},
			naiveOf, engineOf(mergedRival, false), engineOf(aloneRival, true),
		},
	}
	kinds = []kind{postgresKind, mariaKind, sqliteKind}
)

// arena is one fresh database with instances in it, and the rivals who issue
// codes for them.
type arena struct {
	kind    kind
	db      *sql.DB
	again   func(params string) *sql.DB // another pool on the same database
	rivals  []rival
	tag     string // of this process's requests
	serials atomic.Int64
}

// Instances of an arena: many, each of which few callers meet at; those of
// which one at a time is hot, until its codes are all issued; and some that
// have none left.
const (
	spreadOnes = 10_000
	hotOnes    = 2_000
	fullOnes   = 100
)

func (a *arena) spread(n int) string { return "i-bp1h4adlltjc" + strconv.Itoa(n) }
func (a *arena) hot(n int) string    { return "i-hot1h4adlltj" + strconv.Itoa(n) }
func (a *arena) full(n int) string   { return "i-full1h4adllt" + strconv.Itoa(n) }

// arena opens a fresh database for so many callers at a time. To measure in,
// it is stocked with a code for each of the many instances: the first rows of a
// table are a case of their own, and here they are of nobody's interest.
// Entropy, which may be nil, is for each rival.
func (k kind) arena(t testing.TB, callers int, stocked bool, entropy func() io.Reader) *arena {
	t.Helper()
	open := k.open(t)
	a := &arena{kind: k, tag: "order-"}
	a.again = func(params string) *sql.DB {
		db := open(params)
		db.SetMaxOpenConns(callers + 1) // one for whoever holds its own
		db.SetMaxIdleConns(callers + 1)
		return db
	}
	a.db = a.again(k.params)
	if err := sqlstore.Migrate(t.Context(), a.db, k.dialect); err != nil {
		t.Fatal(err)
	}
	if stocked {
		a.prepare(t, 1)
		a.stock(t)
	} else {
		a.prepare(t, 0)
	}
	for _, f := range k.rivals {
		var e io.Reader
		if entropy != nil {
			e = entropy()
		}
		a.rivals = append(a.rivals, f(t, a, e))
	}
	return a
}

// prepare inserts the ledgers of the instances. So many codes of each of the
// many have been issued.
func (a *arena) prepare(t testing.TB, issued int) {
	t.Helper()
	var all []string
	for n := range spreadOnes {
		all = append(all, fmt.Sprintf("('%s', 1, %d, %d)", a.spread(n), issued, issued))
	}
	for n := range hotOnes {
		all = append(all, fmt.Sprintf("('%s', 1, 0, 0)", a.hot(n)))
	}
	for n := range fullOnes {
		all = append(all, fmt.Sprintf("('%s', 1, %d, %d)", a.full(n), maxQuota, maxQuota))
	}
	a.insert(t, "insert into icp_ledgers (instance, version, issued, attached) ", all)
}

// stock inserts a code of each of the many instances.
func (a *arena) stock(t testing.TB) {
	t.Helper()
	const at = "2026-02-01 04:00:00.000000"
	var codes, events, receipts []string
	for n := range spreadOnes {
		code, o := fmt.Sprintf("0%011d", n*(1e11/spreadOnes)), orderOf(n, a.spread(n), "stock-"+strconv.Itoa(n))
		codes = append(codes, fmt.Sprintf("('%s', 1, 'Available', 'Issue', 'Free', '%s', '%s', '%s', 'ECS', 'alibaba-2026-01-06', %d, '%s', '%s')",
			code, o.owner, o.owner, o.instance, maxQuota, at, at))
		events = append(events, fmt.Sprintf("('%s', 1, '%s', 'Issue', '%s', '%s', 'None', 'Available', 'alibaba-2026-01-06', '%s', '%s', 'ECS', 'Free', %d)",
			code, at, o.owner, o.request, o.owner, o.instance, maxQuota))
		receipts = append(receipts, fmt.Sprintf(`('%s', '%s', 1, '%s', '%064d', '{"request_id":"%s","action":"Issue","at":"2026-02-01T04:00:00Z","codes":["%s"],"state":"Available"}')`,
			o.owner, o.request, at, n, o.request, code))
	}
	a.insert(t, intoCodes, codes)
	a.insert(t, intoEvents, events)
	a.insert(t, intoRecs, receipts)
}

// insert inserts rows, some hundred at a time.
func (a *arena) insert(t testing.TB, into string, rows []string) {
	t.Helper()
	for part := range slices.Chunk(rows, 500) {
		if _, err := a.db.ExecContext(t.Context(), into+"values "+strings.Join(part, ", ")); err != nil {
			t.Fatal(err)
		}
	}
}

// orderOf is an order for the n-th instance of many: forty are one owner's.
func orderOf(n int, instance, request string) order {
	return order{"10" + strconv.Itoa(n/40), instance, request}
}

// crowd is a number of callers who issue one code after the other, each as
// soon as the one before was answered.
type crowd struct {
	callers int
	hot     bool // all for one instance; otherwise for any
}

func (c crowd) String() string {
	if c.hot {
		return fmt.Sprintf("%d hot", c.callers)
	}
	return fmt.Sprintf("%d spread", c.callers)
}

// next returns what is ordered next.
func (a *arena) next(c crowd) order {
	serial := int(a.serials.Add(1))
	n := rand.IntN(spreadOnes)
	o := orderOf(n, a.spread(n), a.tag+strconv.Itoa(serial))
	if c.hot {
		o.owner, o.instance = "10", a.hot(serial/maxQuota)
	}
	return o
}

// lap is how a rival did for a while.
type lap struct {
	rate     float64 // issued in a second
	p50, p99 time.Duration
}

// press lets callers do something over and over for a while.
func press(t testing.TB, callers int, d time.Duration, do func(context.Context) error) lap {
	t.Helper()
	took := make([][]time.Duration, callers)
	errs := make([]error, callers)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range callers {
		wg.Go(func() {
			for begun := start; begun.Sub(start) < d; {
				if errs[i] = do(t.Context()); errs[i] != nil {
					return
				}
				end := time.Now()
				took[i] = append(took[i], end.Sub(begun))
				begun = end
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(start)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	return lap{float64(len(all)) / elapsed.Seconds(), all[len(all)/2], all[len(all)*99/100]}
}

// issue orders a code of a rival until it is there.
func (a *arena) issue(r rival, c crowd) func(context.Context) error {
	return func(ctx context.Context) error {
		o := a.next(c)
		for {
			if err := r.issue(ctx, &o); err == nil || !retry(err) {
				return err
			}
		}
	}
}

// retry reports whether a caller tries again. Where many meet at one instance,
// an engine that does not merge gives up at last; by hand, somebody else may
// have drawn the same code.
func retry(err error) bool {
	var postgres *pgconn.PgError
	var maria *mysql.MySQLError
	var file *sqlite.Error
	return errors.Is(err, icpcode.ErrConflict) ||
		errors.As(err, &postgres) && postgres.Code == "23505" ||
		errors.As(err, &maria) && maria.Number == 1062 ||
		errors.As(err, &file) && file.Code() == 1555
}

// outcome is the laps of each rival, by name.
type outcome map[string][]lap

// compete lets all rivals of an arena issue in turn.
func (a *arena) compete(t testing.TB, c crowd) outcome {
	t.Helper()
	return a.turns(t, c.callers, func(r rival) func(context.Context) error { return a.issue(r, c) })
}

// turns lets all rivals of an arena work in turn, after one short lap each
// that does not count. Their order is another one each time: what one leaves
// behind for a server to do slows the next.
func (a *arena) turns(t testing.TB, callers int, work func(rival) func(context.Context) error) outcome {
	t.Helper()
	for _, r := range a.rivals {
		press(t, callers, *lapLength/4, work(r))
	}
	all := outcome{}
	for range *laps {
		for _, j := range rand.Perm(len(a.rivals)) {
			r := a.rivals[j]
			all[r.name] = append(all[r.name], press(t, callers, *lapLength, work(r)))
		}
	}
	return all
}

// of returns the median of a measure over the laps of a rival.
func (o outcome) of(name string, measure func(lap) float64) float64 {
	var v []float64
	for _, l := range o[name] {
		v = append(v, measure(l))
	}
	return median(v)
}

// ratio returns the median of the ratios of a measure, lap by lap.
func (o outcome) ratio(name, floor string, measure func(lap) float64) float64 {
	var v []float64
	for i, l := range o[name] {
		v = append(v, measure(l)/measure(o[floor][i]))
	}
	return median(v)
}

func rate(l lap) float64 { return l.rate }
func p50(l lap) float64  { return l.p50.Seconds() }
func p99(l lap) float64  { return l.p99.Seconds() }

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}

// show prints how each rival did, side by side.
func (o outcome) show(t testing.TB, what string, rivals []rival) {
	t.Helper()
	floor := rivals[0].name
	for _, r := range rivals {
		t.Logf("%-24s %-32s %8.0f/s %6.2fx   p50 %8.3f ms   p99 %8.3f ms %6.2fx", what, r.name, o.of(r.name, rate), o.ratio(r.name, floor, rate),
			1e3*o.of(r.name, p50), 1e3*o.of(r.name, p99), o.ratio(r.name, floor, p99))
	}
}

// bound is what was promised of a ratio. 0: nothing was.
type bound struct{ least, most, dream float64 }

// verdict prints a ratio, and fails the benchmark where it breaks its bound.
func verdict(t testing.TB, what string, ratio float64, b bound) {
	t.Helper()
	limit := fmt.Sprintf("at least %5.2fx", b.least)
	if b.most > 0 {
		limit = fmt.Sprintf("at most  %5.2fx", b.most)
	}
	t.Logf("=> %-64s %6.2fx   %s   dream %5.2fx", what, ratio, limit, b.dream)
	if ratio < b.least || b.most > 0 && ratio > b.most {
		t.Errorf("%s: %.2fx, want %s", what, ratio, limit)
	}
}

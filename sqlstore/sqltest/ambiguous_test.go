package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// lossRate is the share of commits whose answer is lost, and the share of
// those that are lost before.
const lossRate = 0.05

// lossy is a store on one connection that loses some of its Commits: a lost
// answer is that of the last round trip, a dropped request any. How many round
// trips a Commit takes it learns from those before it. It is of one goroutine.
type lossy struct {
	icpcode.Store
	due   [dbtest.Lose + 1]float64 // how many are to be lost
	known map[string]int           // round trips by the shape of the Change, on this connection

	trigger trigger
	commits *atomic.Int64
	fired   *[dbtest.Lose + 1]atomic.Int64
}

// trigger is a [dbtest.Plan] for one connection: a fate for one round trip to
// come.
type trigger struct {
	mu    sync.Mutex
	fate  dbtest.Fate
	at    int // the round trip that it hits
	trips int
	fired bool
}

func (g *trigger) plan() dbtest.Fate {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trips++
	if g.fate == dbtest.Pass || g.trips != g.at {
		return dbtest.Pass
	}
	g.fired = true
	return g.fate
}

// set begins to count, and returns how many round trips there were since, and
// whether the fate before was met.
func (g *trigger) set(fate dbtest.Fate, at int) (trips int, fired bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	trips, fired = g.trips, g.fired
	g.fate, g.at, g.trips, g.fired = fate, at, 0, false
	return trips, fired
}

// Commit implements [icpcode.Store], most of the time.
func (l *lossy) Commit(ctx context.Context, c icpcode.Change) error {
	l.commits.Add(1)
	shape := fmt.Sprint(len(c.Events))
	for _, p := range c.Puts {
		shape += fmt.Sprint(" ", p.Key.Kind, p.Expect == 0)
	}
	l.due[dbtest.Lose] += lossRate
	l.due[dbtest.Drop] += lossRate
	fate, at := dbtest.Pass, l.known[shape]
	if at > 0 {
		fate = dbtest.Drop + dbtest.Fate(rand.N(2))
		if rand.Float64() > l.due[fate] {
			fate = dbtest.Pass
		}
		if fate == dbtest.Drop {
			at = 1 + rand.N(at)
		}
	}
	l.trigger.set(fate, at)
	err := l.Store.Commit(ctx, c)
	trips, fired := l.trigger.set(dbtest.Pass, 0)
	if fired {
		l.due[fate]--
		l.fired[fate].Add(1)
	}
	if err == nil {
		l.known[shape] = trips
	} else if !errors.Is(err, icpcode.ErrConflict) {
		clear(l.known) // another connection takes its own round trips
	}
	return err
}

// ambiguous is a load of issues and grants over links that fail.
type ambiguous struct {
	names    string // "r": prefix of request IDs; "": without
	requests int64

	next      atomic.Int64
	commits   atomic.Int64
	fired     [dbtest.Lose + 1]atomic.Int64
	lost      atomic.Int64 // requests that answered an error
	replayed  atomic.Int64
	conflicts atomic.Int64

	mu   sync.Mutex
	acks []ack
}

const (
	// perInstance is how many codes are asked of an instance, which is its
	// quota: one more, and a request is refused.
	perInstance = 20
	// apart is how many instances are issued for at a time. With many of them
	// few commits conflict: an answer that is lost is then one to a commit.
	apart = 64
)

// work issues and grants until all is done. Without request IDs it does what
// one would do without: it sends again what failed.
func (a *ambiguous) work(ctx context.Context, t *testing.T, s icpcode.Store) {
	eng := newEngine(s)
	for {
		n := int(a.next.Add(1)) - 1
		if int64(n) >= a.requests {
			return
		}
		group := n/(apart*perInstance)*apart + n%apart
		owner := icpcode.AccountID(fmt.Sprintf("o%d", group))
		quota := perInstance
		issue, grant := "", ""
		if a.names != "" {
			issue, grant = fmt.Sprintf("%s%d", a.names, n), fmt.Sprintf("%sg%d", a.names, n)
		} else {
			quota = 1000 // for the duplicates to find room
		}
		res, err := a.until(ctx, func() (icpcode.Result, error) {
			return eng.Issue(ctx, icpcode.IssueRequest{
				Actor: owner, RequestID: issue, Quantity: 1, Instance: server(owner, fmt.Sprintf("i%d", group), quota),
			})
		})
		if err != nil {
			t.Errorf("issue %d: %v", n, err)
			return
		}
		a.ack(ack{actor: owner, request: res.RequestID, codes: res.Codes})
		codes := res.Codes
		res, err = a.until(ctx, func() (icpcode.Result, error) {
			return eng.Grant(ctx, icpcode.GrantRequest{
				Actor: owner, RequestID: grant, Codes: codes, GrantTo: icpcode.AccountID(fmt.Sprintf("g%d-%d", group, n/apart%10)),
				Certification: icpcode.Enterprise,
			})
		})
		if err != nil {
			if a.names == "" && refused(err) {
				continue // it had been granted already, which nobody can know
			}
			t.Errorf("grant %d: %v", n, err)
			return
		}
		a.ack(ack{actor: owner, request: res.RequestID, codes: res.Codes, granted: true})
	}
}

func (a *ambiguous) ack(k ack) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.acks = append(a.acks, k)
}

// until sends a request until it is answered.
func (a *ambiguous) until(ctx context.Context, send func() (icpcode.Result, error)) (icpcode.Result, error) {
	for {
		res, err := send()
		if err == nil && res.Replayed {
			a.replayed.Add(1)
		}
		if errors.Is(err, icpcode.ErrConflict) && !errors.Is(err, icpcode.ErrUnknownOutcome) {
			a.conflicts.Add(1)
			wait(ctx, time.Millisecond)
			continue
		}
		if err == nil || refused(err) || ctx.Err() != nil {
			return res, err
		}
		a.lost.Add(1)
	}
}

// link is a way to a database that can lose round trips. The databases do not
// wait for their disks: links are lost here, not power.
type link struct {
	engine
	// singly says that a Commit takes a round trip for each statement.
	singly bool
	// database makes a database, and returns its name.
	database func(t *testing.T) string
	// open opens it through a link of its own, to be closed with close.
	open func(t *testing.T, database string, plan dbtest.Plan) (db *sql.DB, close func())
}

var links = []link{
	{sqliteFiles, false, func(t *testing.T) string { return sqliteFile(t) }, func(t *testing.T, path string, plan dbtest.Plan) (*sql.DB, func()) {
		t.Helper()
		dsn := sqliteDSN(path) + "&_pragma=synchronous(off)"
		plain, err := sql.Open("sqlite", dsn)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(dbtest.NewConnector(plain.Driver(), dsn, plan))
		return db, func() {
			if err := errors.Join(db.Close(), plain.Close()); err != nil {
				t.Error(err)
			}
		}
	}},
	overNetwork(onPostgres, "", "PostgreSQL", func() (*dbtest.Server, error) { return lab.Postgres("fsync=off") }),
	overNetwork(onMultiMariaDB, fewTrips, "MariaDB", hurriedMariaDB),
	overNetwork(onMariaDB, "", "MariaDB", hurriedMariaDB),
}

func hurriedMariaDB() (*dbtest.Server, error) { return lab.MariaDB("innodb_flush_method=nosync") }

// overNetwork is a link to a server that does not wait for its disk, through a
// proxy.
func overNetwork(e engine, params, name string, start func() (*dbtest.Server, error)) link {
	server := func(t *testing.T) *dbtest.Server {
		t.Helper()
		return one(t, name+" without waiting", start)
	}
	singly := e.dialect == sqlstore.MySQL && !strings.Contains(params, "multiStatements")
	return link{e, singly, func(t *testing.T) string {
		t.Helper()
		return server(t).Database(t)
	}, func(t *testing.T, database string, plan dbtest.Plan) (*sql.DB, func()) {
		t.Helper()
		s := server(t)
		p, err := s.Proxy(plan)
		if err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open(s.Driver(), s.Via(p, database)+params)
		if err != nil {
			t.Fatal(err)
		}
		return db, func() {
			_ = db.Close() // a driver may complain that its link is lost
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
	}}
}

// unharmed opens a database through a link that loses nothing, and makes the
// tables.
func (l link) unharmed(t *testing.T, database string) *sql.DB {
	t.Helper()
	db, end := l.open(t, database, func() dbtest.Fate { return dbtest.Pass })
	t.Cleanup(end)
	if err := sqlstore.Migrate(t.Context(), db, l.dialect); err != nil {
		t.Fatal(err)
	}
	return db
}

const ambiguousWriters = 16

// lose runs a load over links that fail, and returns a database without such
// links and a store over it, for the audit.
func (l link) lose(t *testing.T, a *ambiguous) (*sql.DB, icpcode.Store) {
	t.Helper()
	name := l.database(t)
	db := l.unharmed(t, name)
	var wg sync.WaitGroup
	for range ambiguousWriters {
		s := &lossy{known: map[string]int{}, commits: &a.commits, fired: &a.fired}
		own, end := l.open(t, name, s.trigger.plan)
		own.SetMaxOpenConns(1)
		s.Store = sqlstore.New(own, l.dialect, nil)
		wg.Go(func() {
			defer end()
			a.work(t.Context(), t, s)
		})
	}
	wg.Wait()
	return db, sqlstore.New(db, l.dialect, nil)
}

// TestAmbiguous loses 5 % of the answers to commits, and 5 % of the commits
// before they are made: with retries by request ID everything happens once.
func TestAmbiguous(t *testing.T) { eachLink(t, links, ambiguousOnce) }

func ambiguousOnce(t *testing.T, link link) {
	t.Helper()
	a := &ambiguous{names: "r", requests: int64(size(500, 20_000))}
	db, s := link.lose(t, a)
	codes, problems, err := audit(t.Context(), db, s, a.acks)
	if err != nil {
		t.Fatal(err)
	}
	lost, dropped := a.fired[dbtest.Lose].Load(), a.fired[dbtest.Drop].Load()
	t.Logf("%d commits, %d answers lost, %d commits dropped, %d requests failed, %d of them had taken effect, %d gave up on conflicts",
		a.commits.Load(), lost, dropped, a.lost.Load(), a.replayed.Load(), a.conflicts.Load())
	if len(problems) > 0 {
		t.Errorf("problems: %s", summary(problems))
	}
	if int64(codes) != a.requests || int64(len(a.acks)) != 2*a.requests {
		t.Errorf("%d codes are there after %d acknowledgements, want %d and %d", codes, len(a.acks), a.requests, 2*a.requests)
	}
	grants, err := column(t.Context(), db, "select code from icp_codes where grantee is not null and version = 2")
	if err != nil || int64(len(grants)) != a.requests {
		t.Errorf("%d codes were granted once, %v, want all %d", len(grants), err, a.requests)
	}
	if least := a.requests * 2 * 4 / 100; lost < least || dropped < least {
		t.Errorf("only %d answers were lost and %d commits dropped, want %d each", lost, dropped, least)
	}
	if a.replayed.Load() < lost*8/10 {
		t.Errorf("of %d lost answers only %d were of commits that had taken effect", lost, a.replayed.Load())
	}
}

// TestAmbiguousSeesDuplicates runs the same without request IDs: what is sent
// again is done again.
func TestAmbiguousSeesDuplicates(t *testing.T) { eachLink(t, links, ambiguousTwice) }

func ambiguousTwice(t *testing.T, link link) {
	t.Helper()
	a := &ambiguous{requests: int64(size(100, 1000))}
	db, s := link.lose(t, a)
	codes, problems, err := audit(t.Context(), db, s, a.acks)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d answers lost, %d codes for %d requests", a.fired[dbtest.Lose].Load(), codes, a.requests)
	if int64(codes) <= a.requests {
		t.Errorf("%d requests made %d codes: nothing was done twice", a.requests, codes)
	}
	if len(problems) > 0 {
		t.Errorf("duplicates are consistent all the same, but: %s", summary(problems))
	}
}

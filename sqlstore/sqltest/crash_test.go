package sqltest

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// crashWriters is how many write when the crash comes.
const crashWriters = 8

// killable are the database servers that a test starts for itself, to kill them.
var killable = []struct {
	name    string
	dialect sqlstore.Dialect
	start   func() (*dbtest.Server, error)
	params  string
}{
	{"PostgreSQL", sqlstore.PostgreSQL, func() (*dbtest.Server, error) { return lab.Postgres() }, ""},
	{"MariaDB", sqlstore.MySQL, func() (*dbtest.Server, error) { return lab.MariaDB() }, fewTrips},
}

// TestCrash kills a database server with SIGKILL under eight writers of two
// engines, again and again: what was acknowledged is there, once.
func TestCrash(t *testing.T) {
	for _, e := range killable {
		t.Run(e.name, func(t *testing.T) {
			s, err := e.start()
			dbtest.Need(t, err)
			rounds := size(5, 200)
			c := newCrash(t, s, e.dialect, e.params)
			if err := c.store.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.rounds(t, rounds)
			codes, problems, err := audit(t.Context(), c.db, c.store, c.acks)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s killed %d times: %d acknowledged, %d refused, %d attempts failed, of which %d had taken effect",
				s.Name, rounds, c.acked.Load(), c.refused.Load(), c.failed.Load(), c.replayed.Load())
			if len(problems) > 0 {
				t.Errorf("problems: %s", summary(problems))
			}
			if int64(codes) != c.acked.Load() {
				t.Errorf("%d codes are there, %d were acknowledged", codes, c.acked.Load())
			}
			if c.failed.Load() < int64(rounds*crashWriters/2) {
				t.Errorf("only %d attempts failed: the crashes did not meet the writers", c.failed.Load())
			}
			if c.acked.Load() < int64(size(500, 100_000)) || c.refused.Load() == 0 {
				t.Errorf("only %d requests were acknowledged and %d refused", c.acked.Load(), c.refused.Load())
			}
		})
	}
}

// crash is a load on a server that is killed.
type crash struct {
	load
	server *dbtest.Server
	db     *sql.DB
	store  *sqlstore.Store
}

func newCrash(t *testing.T, s *dbtest.Server, d sqlstore.Dialect, params string) *crash {
	t.Helper()
	c := &crash{server: s, db: dbtest.Open(t, s.Driver(), s.DSN(s.Database(t))+params)}
	if err := sqlstore.Migrate(t.Context(), c.db, d); err != nil {
		t.Fatal(err)
	}
	c.store = sqlstore.New(c.db, d, nil)
	both := twoEngines(c.store)
	c.job, c.engine = job, func(writer, _ int) *icpcode.Engine { return both[writer%2] }
	return c
}

// rounds kills and starts the server so often, and more if the time is not up.
// Between two crashes it waits for some acknowledgements, so that each of them
// has something to lose.
func (c *crash) rounds(t *testing.T, n int) {
	t.Helper()
	over, done := enough(), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		c.run(ctx, t, crashWriters, func() bool {
			select {
			case <-done:
				return true
			default:
				return false
			}
		})
	})
	for i := 0; i < n || !over(); i++ {
		c.reach(t, c.acked.Load()+100+rand.Int64N(int64(size(200, 1000))))
		if err := c.server.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := c.server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
}

// TestCrashSeesLoss runs the same on servers that acknowledge what they have
// not written: the audit finds it.
func TestCrashSeesLoss(t *testing.T) {
	for _, e := range []struct {
		name    string
		dialect sqlstore.Dialect
		start   func() (*dbtest.Server, error)
	}{
		{"PostgreSQL", sqlstore.PostgreSQL, func() (*dbtest.Server, error) {
			return lab.Postgres("synchronous_commit=off", "wal_writer_delay=10s")
		}},
		{"MariaDB", sqlstore.MySQL, func() (*dbtest.Server, error) {
			return lab.MariaDB("innodb_flush_log_at_trx_commit=0", "innodb_flush_log_at_timeout=60")
		}},
	} {
		t.Run(e.name, func(t *testing.T) {
			s, err := e.start()
			dbtest.Need(t, err)
			c := newCrash(t, s, e.dialect, "")
			c.rounds(t, 1)
			_, problems, err := audit(t.Context(), c.db, c.store, c.acks)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, "is lost") }) {
				t.Errorf("%d requests were acknowledged, and none was found lost", len(c.acks))
			}
		})
	}
}

// writerEnv names the SQLite file that a process of the test binary writes,
// and how.
const writerEnv = "ICPCODE_SQLTEST_WRITER"

// hastyMode, before the file's name, is the planted bug.
const hastyMode = "hasty:"

// write is the process that writes SQLite: it reads numbers of jobs, does them
// with several writers, and answers each with its number and the codes.
func write(in io.Reader, out io.Writer) error {
	ctx := context.Background()
	path, hastily := strings.CutPrefix(os.Getenv(writerEnv), hastyMode)
	path, torn := strings.CutPrefix(path, tornMode)
	path, ends := strings.CutPrefix(path, endsMode)
	db, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return err
	}
	if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite); err != nil {
		return err
	}
	var s icpcode.Store = sqlstore.New(db, sqlstore.SQLite, nil)
	if hastily {
		s = newHasty(s)
	}
	if torn {
		s = tornStore{s}
	}
	do := func(eng *icpcode.Engine, n int) ([]icpcode.Code, error) {
		res, err := eng.Issue(ctx, job(n))
		return res.Codes, err
	}
	if ends || torn {
		do = func(eng *icpcode.Engine, n int) ([]icpcode.Code, error) { return replaceFiling(ctx, eng, n) }
	}
	both := twoEngines(s)
	var mu sync.Mutex
	say := func(line string) error {
		mu.Lock()
		defer mu.Unlock()
		_, err := io.WriteString(out, line+"\n")
		return err
	}
	jobs, errs := make(chan int), make([]error, crashWriters)
	var wg sync.WaitGroup
	for w := range crashWriters {
		wg.Go(func() {
			for n := range jobs {
				codes, err := do(both[w%2], n)
				for errors.Is(err, icpcode.ErrConflict) { // with the other engine, again and again
					codes, err = do(both[w%2], n)
				}
				if err != nil && !refused(err) {
					errs[w] = errors.Join(errs[w], err)
					continue
				}
				line := strconv.Itoa(n)
				for _, c := range codes {
					line += " " + c.String()
				}
				errs[w] = errors.Join(errs[w], say(line))
			}
		})
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		jobs <- n
	}
	close(jobs)
	wg.Wait()
	return errors.Join(errors.Join(errs...), lines.Err(), db.Close())
}

// hasty is a store that acknowledges a Commit before it makes it: one after
// the other, a moment later.
type hasty struct {
	icpcode.Store
	queue chan icpcode.Change
}

func newHasty(s icpcode.Store) *hasty {
	h := &hasty{s, make(chan icpcode.Change, 1<<16)}
	go func() {
		for c := range h.queue {
			_ = h.Store.Commit(context.Background(), c) // nobody asks any more
		}
	}()
	return h
}

// Commit implements [icpcode.Store], wrongly.
func (h *hasty) Commit(_ context.Context, c icpcode.Change) error {
	var own icpcode.Change
	for _, p := range c.Puts {
		own.Puts = append(own.Puts, icpcode.Put{Expect: p.Expect, Document: p.Document.Clone()})
	}
	for _, e := range c.Events {
		own.Events = append(own.Events, e.Clone())
	}
	h.queue <- own
	return nil
}

// sqliteCrash is a process that writes a file and is killed.
type sqliteCrash struct {
	path, mode string
	sent       int
	open       map[int]bool // jobs that were sent and not answered
	acks       []ack
	refused    int
	lost       int // jobs that a crash left unanswered
}

// round lets a process write until it has answered so many jobs, and kills it.
func (c *sqliteCrash) round(t *testing.T, answers int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), writerEnv+"="+c.mode+c.path)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// What the last crash left open comes first. A reserve keeps the writers
	// busy.
	unanswered := slices.Sorted(maps.Keys(c.open))
	give := func() {
		n := c.sent
		if len(unanswered) > 0 {
			n, unanswered = unanswered[0], unanswered[1:]
		} else {
			c.sent++
		}
		c.open[n] = true
		_, _ = fmt.Fprintln(in, n) // if it died, it does not answer either
	}
	for range 2 * crashWriters {
		give()
	}
	lines := bufio.NewScanner(out)
	for i := 0; lines.Scan(); i++ {
		if i == answers {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		c.answer(t, lines.Text())
		if i < answers {
			give()
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the writer was not killed, but ended: %v\n%s", err, &complaints)
	}
	c.lost += len(c.open)
}

// answer notes what the writer says.
func (c *sqliteCrash) answer(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)
	if len(words) == 0 {
		t.Fatal("the writer said nothing")
	}
	n, err := strconv.Atoi(words[0])
	if err != nil {
		t.Fatal(err)
	}
	delete(c.open, n)
	if len(words) == 1 {
		c.refused++
		return
	}
	r := job(n)
	a := ack{actor: r.Actor, request: r.RequestID}
	for _, w := range words[1:] {
		code, err := icpcode.ParseCode(w)
		if err != nil {
			t.Fatal(err)
		}
		a.codes = append(a.codes, code)
	}
	c.acks = append(c.acks, a)
}

// problems audits the file.
func (c *sqliteCrash) problems(t *testing.T) (int, []string) {
	t.Helper()
	db := dbtest.Open(t, "sqlite", sqliteDSN(c.path))
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite); err != nil {
		t.Fatal(err)
	}
	codes, problems, err := audit(t.Context(), db, sqlstore.New(db, sqlstore.SQLite, nil), c.acks)
	if err != nil {
		t.Fatal(err)
	}
	return codes, problems
}

// TestCrashSQLite kills a process that writes a SQLite file, again and again:
// what it acknowledged is there, once.
func TestCrashSQLite(t *testing.T) {
	c := &sqliteCrash{path: sqliteFile(t), open: map[int]bool{}}
	rounds, over := size(8, 200), enough()
	for i := 0; i < rounds || !over(); i++ {
		c.round(t, 100+rand.IntN(size(100, 1200)))
	}
	killed := c.lost
	codes, problems := c.problems(t)
	t.Logf("killed at least %d times: %d acknowledged, %d refused, %d requests interrupted", rounds, len(c.acks), c.refused, killed)
	if len(problems) > 0 {
		t.Errorf("problems: %s", summary(problems))
	}
	// What the last crash interrupted may have been done or not.
	if codes < len(c.acks) || codes > len(c.acks)+len(c.open) {
		t.Errorf("%d codes are there, %d were acknowledged and %d asked for", codes, len(c.acks), len(c.open))
	}
	if killed < rounds || len(c.acks) < size(500, 100_000) || c.refused == 0 {
		t.Error("that is too little to prove anything")
	}
}

// TestCrashSQLiteSeesLoss runs the same with a store that acknowledges before
// it commits.
func TestCrashSQLiteSeesLoss(t *testing.T) {
	c := &sqliteCrash{path: sqliteFile(t), mode: hastyMode, open: map[int]bool{}}
	for range 5 {
		c.round(t, 200)
		_, problems := c.problems(t)
		if slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, "is lost") }) {
			return
		}
	}
	t.Errorf("%d requests were acknowledged before they were done, and none was found lost", len(c.acks))
}

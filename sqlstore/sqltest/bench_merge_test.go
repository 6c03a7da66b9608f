package sqltest

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// TestSQLMergeRatios measures what it brings that an engine lets requests
// share their commits: against an engine that does not, and against SQL
// written by hand.
func TestSQLMergeRatios(t *testing.T) {
	mustMeasure(t, "bench-merge")
	if dsn := os.Getenv(secondEnv); dsn != "" {
		second(t, dsn)
		return
	}
	slow := postgresKind
	slow.name, slow.open = "PostgreSQL with 1 ms", onKind(slowPostgres)
	for _, k := range []kind{postgresKind, slow, mariaKind, sqliteKind} {
		t.Run(k.name, func(t *testing.T) {
			for _, hot := range []bool{false, true} {
				for _, n := range []int{1, 2, 4, 8, 16, 64} {
					t.Run(crowd{n, hot}.String(), func(t *testing.T) { merge(t, k, crowd{n, hot}) })
				}
			}
		})
	}
	t.Run("two processes", twoProcesses)
}

// The least that merging brings against statements by hand, and the most that
// the slowest percent then waits.
var mergeBounds = map[string]struct{ rate, wait bound }{
	"PostgreSQL, 64 spread":        {rate: bound{least: 2, dream: 4}},
	"PostgreSQL, 64 hot":           {bound{least: 8, dream: 16}, bound{most: 0.2, dream: 0.05}},
	"PostgreSQL with 1 ms, 64 hot": {bound{least: 20, dream: 30}, bound{most: 0.2, dream: 0.05}},
	"SQLite, 64 spread":            {rate: bound{least: 4, dream: 8}},
	"SQLite, 64 hot":               {rate: bound{least: 4, dream: 8}},
}

func merge(t *testing.T, k kind, c crowd) {
	t.Helper()
	a := k.arena(t, c.callers, true, nil)
	a.rivals = slices.DeleteFunc(a.rivals, func(r rival) bool { return r.name != handRival && r.name != mergedRival && r.name != aloneRival })
	o := a.compete(t, c)
	o.show(t, c.String(), a.rivals)
	cell := fmt.Sprintf("%s, %v", k.name, c)
	least := 0.95
	if cell == "PostgreSQL with 1 ms, 16 spread" {
		least = 0.9
	}
	verdict(t, cell+": merged / unmerged", o.ratio(mergedRival, aloneRival, rate), bound{least: least, dream: 1})
	b := mergeBounds[cell]
	if b.rate != (bound{}) {
		verdict(t, cell+": merged / by hand", o.ratio(mergedRival, handRival, rate), b.rate)
	}
	if b.wait != (bound{}) {
		verdict(t, cell+": p99 merged / by hand", o.ratio(mergedRival, handRival, p99), b.wait)
	}
}

// slowPostgres takes a millisecond more for each sync.
func slowPostgres(t testing.TB) *dbtest.Server {
	t.Helper()
	return one(t, "PostgreSQL with 1 ms", func() (*dbtest.Server, error) {
		dir, err := os.MkdirTemp("", "slowsync") //nolint:usetesting // the server is of another user, who could not reach it
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // it is a temporary directory
		if err := os.Chmod(dir, 0o755); err != nil {
			return nil, err
		}
		shim := filepath.Join(dir, "slowsync.so")
		out, err := exec.CommandContext(t.Context(), "gcc", "-shared", "-fPIC", "-o", shim, filepath.Join("testdata", "slowsync.c"), "-ldl").CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("gcc: %w\n%s", err, out)
		}
		// Only this server is started with it.
		if err := os.Setenv("LD_PRELOAD", shim); err != nil { //nolint:usetesting // for a moment, not for the test
			return nil, err
		}
		s, err := lab.Postgres(roomyPostgres...)
		if err := errors.Join(err, os.Unsetenv("LD_PRELOAD")); err != nil {
			return nil, err
		}
		return s, slowly(t, s)
	})
}

// slowly fails if a commit does not take the millisecond.
func slowly(t testing.TB, s *dbtest.Server) error {
	db := dbtest.Open(t, s.Driver(), s.DSN(s.Database(t)))
	if _, err := db.ExecContext(t.Context(), "create table slow (n integer)"); err != nil {
		return err
	}
	fastest := time.Hour
	for range 20 {
		start := time.Now()
		if _, err := db.ExecContext(t.Context(), "insert into slow values (1)"); err != nil {
			return err
		}
		fastest = min(fastest, time.Since(start))
	}
	if fastest < time.Millisecond {
		return fmt.Errorf("a commit takes only %v", fastest)
	}
	return nil
}

// Two processes share one hot instance, with half of the callers each.
const (
	secondEnv   = "ICPCODE_BENCH_SECOND" // the DSN that the second process works on
	halfCallers = 32
)

// twoProcesses compares two engines, in processes of their own, with two
// processes that write by hand.
func twoProcesses(t *testing.T) {
	s := fastPostgres(t)
	name := s.Database(t)
	k := postgresKind
	k.open = func(testing.TB) func(string) *sql.DB {
		return func(params string) *sql.DB { return dbtest.Open(t, s.Driver(), s.DSN(name)+params) }
	}
	a := k.arena(t, halfCallers, true, nil)
	other := startSecond(t, s.DSN(name))
	h := new(heat)
	o := outcome{}
	for i := range *laps + 1 {
		for _, r := range a.rivals {
			if r.name == naiveRival {
				continue
			}
			theirs := other.press(t, r.name)
			l := press(t, halfCallers, *lapLength, h.issue(a, r))
			his := <-theirs
			l.rate, l.p50, l.p99 = l.rate+his.rate, max(l.p50, his.p50), max(l.p99, his.p99)
			if i > 0 { // the first lap does not count
				o[r.name] = append(o[r.name], l)
			}
		}
	}
	a.rivals = slices.DeleteFunc(a.rivals, func(r rival) bool { return r.name == naiveRival })
	o.show(t, fmt.Sprintf("2 x %d hot", halfCallers), a.rivals)
	verdict(t, "PostgreSQL, two processes on a hot instance: merged / by hand", o.ratio(mergedRival, handRival, rate), bound{least: 2, dream: 6})
}

// heat is which instance is hot. Processes that do not know of each other
// agree on it: it is used up before they go on to the next.
type heat struct{ n atomic.Int64 }

func (h *heat) issue(a *arena, r rival) func(context.Context) error {
	return func(ctx context.Context) error {
		o := a.next(crowd{hot: true})
		for {
			n := h.n.Load()
			o.instance = a.hot(int(n))
			err := r.issue(ctx, &o)
			switch {
			case errors.Is(err, icpcode.ErrRefused), errors.Is(err, errNoQuota):
				h.n.CompareAndSwap(n, n+1)
			case err == nil || !retry(err):
				return err
			}
		}
	}
}

// process is a second process, which does as it is told.
type process struct {
	to   io.Writer
	from *bufio.Scanner
}

func startSecond(t *testing.T, dsn string) *process {
	t.Helper()
	answers, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// It ends when nothing more can be asked of it.
	cmd := exec.Command(os.Args[0], "-test.run=^TestSQLMergeRatios$", "-lap="+lapLength.String())
	cmd.Env = append(os.Environ(), secondEnv+"="+dsn)
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(theirs.Close(), in.Close(), cmd.Wait(), answers.Close()); err != nil {
			t.Error(err)
		}
	})
	return &process{in, bufio.NewScanner(answers)}
}

// press lets a rival of the other process work for a lap.
func (p *process) press(t *testing.T, name string) <-chan lap {
	t.Helper()
	if _, err := fmt.Fprintln(p.to, name); err != nil {
		t.Fatal(err)
	}
	done := make(chan lap, 1)
	go func() {
		var l lap
		if !p.from.Scan() {
			t.Error("the second process has ended")
		} else if _, err := fmt.Sscan(p.from.Text(), &l.rate, &l.p50, &l.p99); err != nil {
			t.Error(err)
		}
		done <- l
	}()
	return done
}

// second is what the second process does.
func second(t *testing.T, dsn string) {
	a := &arena{kind: postgresKind, tag: "second-" + strconv.Itoa(os.Getpid()) + "-"}
	a.db = dbtest.Open(t, "pgx", dsn)
	a.db.SetMaxOpenConns(halfCallers + 1)
	a.db.SetMaxIdleConns(halfCallers + 1)
	for _, f := range a.kind.rivals {
		a.rivals = append(a.rivals, f(t, a, nil))
	}
	h := new(heat)
	out := os.NewFile(3, "answers")
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		i := slices.IndexFunc(a.rivals, func(r rival) bool { return r.name == orders.Text() })
		l := press(t, halfCallers, *lapLength, h.issue(a, a.rivals[i]))
		if _, err := fmt.Fprintln(out, l.rate, int64(l.p50), int64(l.p99)); err != nil {
			t.Fatal(err)
		}
	}
}

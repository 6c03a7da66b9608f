package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// failover is a load on a primary with a standby behind a link.
type failover struct {
	load
	primary, standby *dbtest.Server
	link             *dbtest.Proxy
	db               *sql.DB // of the standby
	store            *sqlstore.Store
	current          atomic.Int64 // which of the two writers try first
}

// newFailover starts a primary that waits for its standby, or does not.
func newFailover(t *testing.T, synchronous bool) *failover {
	t.Helper()
	f := new(failover)
	var err error
	f.primary, err = lab.Postgres()
	dbtest.Need(t, err)
	if f.link, err = dbtest.NewProxy(f.primary.Port, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.link.Close(); err != nil {
			t.Error(err)
		}
	})
	name := f.primary.Database(t)
	db := dbtest.Open(t, f.primary.Driver(), f.primary.DSN(name))
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.PostgreSQL); err != nil {
		t.Fatal(err)
	}
	f.standby, err = lab.Standby(f.primary, "standby", f.link)
	dbtest.Need(t, err)
	want := "async"
	if synchronous {
		want = "sync"
		for _, query := range []string{"alter system set synchronous_standby_names = 'standby'", "select pg_reload_conf()"} {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.follows(t, db, want)
	f.db = dbtest.Open(t, f.standby.Driver(), f.standby.DSN(name))
	f.store = sqlstore.New(f.db, sqlstore.PostgreSQL, nil)
	engines := []*icpcode.Engine{newEngine(sqlstore.New(db, sqlstore.PostgreSQL, nil)), newEngine(f.store)}
	f.job = job
	f.engine = func(_, try int) *icpcode.Engine { return engines[(int(f.current.Load())+try)%2] }
	return f
}

// follows waits until the standby follows in the given way.
func (f *failover) follows(t *testing.T, db *sql.DB, want string) {
	t.Helper()
	state, limit := "", time.After(time.Minute)
	for state != want {
		err := db.QueryRowContext(t.Context(), "select sync_state from pg_stat_replication where state = 'streaming'").Scan(&state)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
		select {
		case <-limit:
			t.Fatalf("the standby follows %q, want %q\n%s", state, want, f.standby.Log())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// disaster lets writers work, cuts the link to the standby, and kills the
// primary when more requests were acknowledged or a time has passed. Then it
// promotes the standby, and lets the writers go on there. It returns how many
// were acknowledged between cut and kill.
func (f *failover) disaster(t *testing.T, before, between int64) int64 {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var enough atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() { f.run(ctx, t, crashWriters, enough.Load) })
	f.reach(t, before)
	f.link.Stall(true)
	// What the standby has may still be on its way to a writer.
	wait(ctx, 100*time.Millisecond)
	cut := f.acked.Load()
	for deadline := time.Now().Add(time.Second); f.acked.Load() < cut+between && time.Now().Before(deadline); {
		wait(ctx, time.Millisecond)
	}
	lost := f.acked.Load() - cut
	if err := f.primary.Kill(); err != nil {
		t.Fatal(err)
	}
	f.link.Cut()
	if err := f.standby.Promote(ctx); err != nil {
		t.Fatal(err)
	}
	f.current.Store(1)
	f.reach(t, f.acked.Load()+before/4)
	enough.Store(true)
	wg.Wait()
	return lost
}

// TestFailover promotes a synchronous standby after the link to it was cut and
// then the primary killed: all that was acknowledged is there.
func TestFailover(t *testing.T) {
	for range size(1, 10) {
		f := newFailover(t, true)
		before := int64(size(500, 5000))
		between := f.disaster(t, before, before)
		codes, problems, err := audit(t.Context(), f.db, f.store, f.acks)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d acknowledged, of them %d after the link was cut; %d attempts failed, %d of them had taken effect",
			f.acked.Load(), between, f.failed.Load(), f.replayed.Load())
		if len(problems) > 0 {
			t.Errorf("problems: %s", summary(problems))
		}
		if int64(codes) != f.acked.Load() {
			t.Errorf("%d codes are there, %d were acknowledged", codes, f.acked.Load())
		}
		// An answer that was on its way may be counted late: one a writer.
		if between > crashWriters {
			t.Errorf("%d requests were acknowledged that the standby cannot have: it is not synchronous", between)
		}
		if f.failed.Load() < crashWriters/2 {
			t.Errorf("only %d attempts failed: the disaster did not meet the writers", f.failed.Load())
		}
	}
}

// TestFailoverSeesLoss runs the same with an asynchronous standby: it loses
// what was acknowledged after the link was cut, and the audit finds it.
func TestFailoverSeesLoss(t *testing.T) {
	f := newFailover(t, false)
	between := f.disaster(t, 300, 200)
	_, problems, err := audit(t.Context(), f.db, f.store, f.acks)
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, p := range problems {
		if strings.Contains(p, "is lost") {
			lost++
		}
	}
	t.Logf("%d acknowledged after the link was cut, %d lost", between, lost)
	if between < 100 || lost < int(between) {
		t.Errorf("%d requests were acknowledged after the link was cut, and %d were found lost: %s", between, lost, summary(problems))
	}
}

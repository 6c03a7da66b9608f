package sqltest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// schedule is the fate of some round trips, by their number from 1.
type schedule map[int]dbtest.Fate

// script is a [dbtest.Plan] for one run of a story: it follows a schedule.
type script struct {
	mu    sync.Mutex
	sched schedule
	trips int
	fired int
}

func (s *script) plan() dbtest.Fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trips++
	fate := s.sched[s.trips]
	if fate != dbtest.Pass {
		s.fired++
	}
	return fate
}

// set begins a schedule and returns how many round trips the one before took,
// and how many of its faults fired.
func (s *script) set(next schedule) (trips, fired int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	trips, fired = s.trips, s.fired
	s.sched, s.trips, s.fired = next, 0, 0
	return trips, fired
}

// story is what happens in each run: an issue with a grant, a grant of a
// bought code, and a refund, each sent until it is answered.
type story struct {
	eng    *icpcode.Engine
	n      int  // names it
	repeat bool // by request ID
	bought []icpcode.Code
	done   map[string]icpcode.Result
}

func (y *story) owner() icpcode.AccountID { return icpcode.AccountID(fmt.Sprintf("o%d", y.n)) }

// tell lets it happen.
func (y *story) tell(ctx context.Context) error {
	id := func(name string) string {
		if !y.repeat {
			return ""
		}
		return name
	}
	y.done = map[string]icpcode.Result{}
	for _, step := range []struct {
		name string
		send func() (icpcode.Result, error)
	}{
		{"issue", func() (icpcode.Result, error) {
			return y.eng.Issue(ctx, icpcode.IssueRequest{
				Actor: y.owner(), RequestID: id("issue"), Instance: server(y.owner(), fmt.Sprintf("i%d", y.n), 0), Quantity: 1,
			})
		}},
		{"grant", func() (icpcode.Result, error) {
			return y.eng.Grant(ctx, icpcode.GrantRequest{
				Actor: y.owner(), RequestID: id("grant"), Codes: y.bought[:1], GrantTo: icpcode.AccountID(fmt.Sprintf("g%d", y.n)),
				Certification: icpcode.Enterprise,
			})
		}},
		{"refund", func() (icpcode.Result, error) {
			return y.eng.Refund(ctx, icpcode.RefundRequest{Actor: y.owner(), RequestID: id("refund"), Code: y.bought[1]})
		}},
	} {
		for try := 0; ; try++ {
			res, err := step.send()
			if err == nil {
				y.done[step.name] = res
				break
			}
			if refused(err) || errors.Is(err, icpcode.ErrInvalid) || try == 20 {
				return fmt.Errorf("%s: %w", step.name, err)
			}
		}
	}
	return nil
}

// problems compares what happened, as a store without faults tells it, with
// what the story says: each once.
func (y *story) problems(ctx context.Context, s icpcode.Store) ([]string, error) {
	var problems []string
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	page, err := s.List(ctx, icpcode.Query{By: icpcode.ByOwner, Value: string(y.owner()), Limit: 100})
	if err != nil {
		return nil, err
	}
	got := map[string]int{}
	for _, r := range page.Records {
		events, err := s.Events(ctx, icpcode.EventQuery{Code: r.Code, Limit: 100})
		if err != nil {
			return nil, err
		}
		sum, err := icpcode.RecordOf(events)
		if d := diff(r, sum); err != nil || d != "" {
			problem("a code is not the sum of its events: %v\n%s", err, d)
		}
		for _, e := range events {
			got[e.Action.String()]++
		}
	}
	want := map[string]int{"Issue": 1, "Buy": 2, "Grant": 1, "Refund": 1}
	if !maps.Equal(got, want) {
		problem("what happened is %v, want %v", got, want)
	}
	year := icpcode.NaturalYear(now)
	docs, err := s.Load(ctx,
		icpcode.Key{Kind: icpcode.KindLedger, A: fmt.Sprintf("i%d", y.n)},
		icpcode.Key{Kind: icpcode.KindGrantees, A: string(y.owner()), Year: year},
		icpcode.Key{Kind: icpcode.KindGranters, A: fmt.Sprintf("g%d", y.n), Year: year},
		icpcode.Key{Kind: icpcode.KindAcquaintance, A: string(y.owner()), B: fmt.Sprintf("g%d", y.n)},
	)
	if err != nil {
		return nil, err
	}
	if l, ok := docs[0].Body.(*icpcode.Ledger); !ok || l.Issued != 1 || l.Attached != 1 {
		problem("the ledger is %+v", docs[0].Body)
	}
	for _, d := range docs[1:3] {
		if p, ok := d.Body.(*icpcode.Partners); !ok || len(p.Accounts) != 1 {
			problem("the partners are %+v", d.Body)
		}
	}
	if docs[3].Version == 0 {
		problem("the two are not acquainted")
	}
	for name, res := range y.done {
		if len(res.Codes) != 1 || !slices.ContainsFunc(page.Records, func(r icpcode.Record) bool { return r.Code == res.Codes[0] }) {
			problem("the result of %s is not there", name)
		}
	}
	return problems, nil
}

// explorer tells the story under every schedule.
type explorer struct {
	link   link
	repeat bool
	depth  int

	name   string // of the database
	script script
	clean  icpcode.Store
	named  int
	runs   int
	fired  int
	unmet  int      // schedules of which not every fault fired: the story was shorter this time
	found  []string // schedules that something went wrong under
}

// explore tells the story under sched, and then under each schedule that has
// one more fault after the last one of sched.
func (x *explorer) explore(ctx context.Context, t *testing.T, sched schedule) {
	trips := x.run(ctx, t, sched)
	if len(sched) == x.depth || t.Failed() {
		return
	}
	for trip := slices.Max(append(slices.Collect(maps.Keys(sched)), 0)) + 1; trip <= trips; trip++ {
		for _, fate := range []dbtest.Fate{dbtest.Drop, dbtest.Lose} {
			more := maps.Clone(sched)
			more[trip] = fate
			x.explore(ctx, t, more)
		}
	}
}

// run tells the story once, and returns how many round trips that took. The
// connection to a server is fresh but for one story without faults, in which
// its statements are prepared, so that schedules that begin the same way go on
// the same way.
func (x *explorer) run(ctx context.Context, t *testing.T, sched schedule) int {
	db, end := x.link.open(t, x.name, x.script.plan)
	defer end()
	db.SetMaxOpenConns(1)
	y := &story{eng: newEngine(sqlstore.New(db, x.link.dialect, nil)), repeat: true}
	stories := []schedule{nil, sched}
	if x.link.dialect == sqlstore.SQLite {
		stories = stories[1:]
	}
	for _, harm := range stories {
		x.named++
		y.n, y.repeat = x.named, x.repeat || harm == nil
		res, err := newEngine(x.clean).Buy(ctx, icpcode.BuyRequest{Actor: y.owner(), RequestID: "buy", Quantity: 2})
		if err != nil {
			t.Fatal(err)
		}
		y.bought = res.Codes
		x.script.set(harm)
		if err := y.tell(ctx); err != nil {
			x.found = append(x.found, fmt.Sprintf("%v: %v", sched, err))
		}
	}
	x.runs++
	trips, fired := x.script.set(nil)
	if fired != len(sched) {
		x.unmet++
	}
	x.fired += fired
	problems, err := y.problems(ctx, x.clean)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		x.found = append(x.found, fmt.Sprintf("%v: %s", sched, p))
	}
	return trips
}

// start explores every schedule over a link up to a depth.
func (x *explorer) start(t *testing.T) {
	t.Helper()
	x.name = x.link.database(t)
	x.clean = sqlstore.New(x.link.unharmed(t, x.name), x.link.dialect, nil)
	x.explore(t.Context(), t, schedule{})
	t.Logf("%d stories, %d faults, %d schedules not met to their end", x.runs, x.fired, x.unmet)
}

// TestSchedules loses up to three round trips of an issue, a grant and a
// refund, before or after the server does what they ask, in every combination:
// each happens exactly once.
func TestSchedules(t *testing.T) { eachLink(t, links, schedules) }

func schedules(t *testing.T, link link) {
	t.Helper()
	depth := size(2, 3)
	if link.singly {
		depth--
	}
	if testing.Short() {
		depth = 1
	}
	x := &explorer{link: link, repeat: true, depth: depth}
	x.start(t)
	for _, f := range x.found[:min(10, len(x.found))] {
		t.Error(f)
	}
	if x.unmet*50 > x.runs {
		t.Errorf("of %d schedules %d were not met to their end", x.runs, x.unmet)
	}
	if least := size(10, 1000); x.runs < least || x.fired < least {
		t.Errorf("that were %d stories with %d faults, want at least %d", x.runs, x.fired, least)
	}
}

// TestSchedulesSeeDuplicates runs all single faults without request IDs: some
// of them must make something happen twice, or refuse what was done.
func TestSchedulesSeeDuplicates(t *testing.T) { eachLink(t, links, schedulesSeeDuplicates) }

func schedulesSeeDuplicates(t *testing.T, link link) {
	t.Helper()
	x := &explorer{link: link, depth: 1}
	x.start(t)
	if len(x.found) == 0 {
		t.Errorf("%d faults, and nothing went wrong without request IDs", x.fired)
	}
}

package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/storetest"
)

// runway is a store whose calls the test lets through one by one. It is for
// the bubbles of package synctest: when everybody waits, what is under way is
// known.
type runway struct {
	icpcode.Store
	loads bool // hold Loads, too
	deaf  bool // do not look at the context while waiting

	mu      sync.Mutex
	open    bool // let everything through
	held    []*call
	commits int
	largest int                 // requests in one Commit
	flying  map[icpcode.Key]int // of the Commits under way
	crossed []icpcode.Key       // that were in two of them
}

// call is a call that is held.
type call struct {
	method storetest.Method
	change icpcode.Change
	ctx    context.Context //nolint:containedctx // of the call
	pass   chan func(func() error) error
}

// receipts are the IDs of the requests that a Commit carries.
func (c *call) receipts() []string { return receipts(c.change) }

func receipts(c icpcode.Change) []string {
	var ids []string
	for _, p := range c.Puts {
		if p.Key.Kind == icpcode.KindReceipt {
			ids = append(ids, p.Key.B)
		}
	}
	slices.Sort(ids)
	return ids
}

func newRunway(s icpcode.Store) *runway {
	return &runway{Store: s, flying: map[icpcode.Key]int{}}
}

// around holds a call until it is let through, by a function that may make it.
func (r *runway) around(ctx context.Context, c *call, do func() error) error {
	r.mu.Lock()
	if r.open || c.method == storetest.Load && !r.loads {
		r.mu.Unlock()
		return do()
	}
	c.ctx, c.pass = ctx, make(chan func(func() error) error, 1)
	r.held = append(r.held, c)
	r.mu.Unlock()
	done := ctx.Done()
	if r.deaf {
		done = nil
	}
	select {
	case pass := <-c.pass:
		return pass(do)
	case <-done:
		return ctx.Err()
	}
}

func (r *runway) Load(ctx context.Context, keys ...icpcode.Key) (docs []icpcode.Document, err error) {
	err = r.around(ctx, &call{method: storetest.Load}, func() error {
		docs, err = r.Store.Load(ctx, keys...)
		return err
	})
	return docs, err
}

func (r *runway) Commit(ctx context.Context, c icpcode.Change) error {
	var keys []icpcode.Key
	for _, p := range c.Puts {
		keys = append(keys, p.Key)
	}
	r.mu.Lock()
	r.commits++
	r.largest = max(r.largest, len(receipts(c)))
	for _, k := range keys {
		if r.flying[k]++; r.flying[k] > 1 {
			r.crossed = append(r.crossed, k)
		}
	}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, k := range keys {
			r.flying[k]--
		}
	}()
	return r.around(ctx, &call{method: storetest.Commit, change: c}, func() error { return r.Store.Commit(ctx, c) })
}

// waiting waits until everybody waits, and returns the calls that are held.
func (r *runway) waiting() []*call {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.held)
}

// let lets a call through, by a function, or as it is.
func (r *runway) let(c *call, by func(do func() error) error) {
	r.mu.Lock()
	r.held = slices.DeleteFunc(r.held, func(h *call) bool { return h == c })
	r.mu.Unlock()
	if by == nil {
		by = func(do func() error) error { return do() }
	}
	c.pass <- by
	synctest.Wait()
}

// clear lets everything through, from now on.
func (r *runway) clear() {
	r.mu.Lock()
	r.open = true
	held := r.held
	r.held = nil
	r.mu.Unlock()
	for _, c := range held {
		c.pass <- func(do func() error) error { return do() }
	}
	synctest.Wait()
}

// told is what a request was told.
type told struct {
	id   string
	res  icpcode.Result
	err  error
	done atomic.Bool
}

// crew sends requests at the same time. What it was told is to be read when
// everybody waits.
type crew struct {
	*world
	runway *runway
}

// newCrew is for the inside of a bubble.
func newCrew(t *testing.T) *crew {
	t.Helper()
	w := newWorld(t)
	r := newRunway(w.store)
	w.store = r
	return &crew{w.with(func(o *icpcode.Options) {
		o.Observe = nil
		o.VerifyPhone = func(context.Context, icpcode.Verification) error { return nil }
	}), r}
}

func (c *crew) send(ctx context.Context, id string, do func(ctx context.Context, id string) (icpcode.Result, error)) *told {
	t := &told{id: id}
	go func() {
		t.res, t.err = do(ctx, id)
		t.done.Store(true)
	}()
	synctest.Wait()
	return t
}

// issue sends a request for one code, granted to to.
func (c *crew) issue(ctx context.Context, id string, i icpcode.Instance, to icpcode.AccountID) *told {
	return c.send(ctx, id, func(ctx context.Context, id string) (icpcode.Result, error) {
		return c.eng.Issue(ctx, icpcode.IssueRequest{
			Actor: i.Owner, RequestID: id, Instance: i, Quantity: 1, GrantTo: to, Certification: icpcode.Enterprise})
	})
}

// crowd sends n requests for one code each of an instance.
func (c *crew) crowd(n int, i icpcode.Instance) []*told {
	var all []*told
	for k := range n {
		all = append(all, c.issue(c.ctx, fmt.Sprintf("%s-%03d", i.ID, k), i, ""))
	}
	return all
}

// count counts the requests that were answered, and that succeeded.
func count(all []*told) (answered, done int) {
	for _, t := range all {
		if t.done.Load() {
			answered++
		}
		if t.done.Load() && t.err == nil {
			done++
		}
	}
	return answered, done
}

func ids(all []*told) []string {
	var ids []string
	for _, t := range all {
		ids = append(ids, t.id)
	}
	slices.Sort(ids)
	return ids
}

// one checks that exactly one Commit is held, of these requests.
func (c *crew) one(requests ...*told) *call {
	c.t.Helper()
	held := c.runway.waiting()
	if len(held) != 1 || !slices.Equal(held[0].receipts(), ids(requests)) {
		var got []string
		for _, h := range held {
			got = append(got, fmt.Sprint(h.method, h.receipts()))
		}
		c.t.Fatalf("under way are %v, want one Commit of %v", got, ids(requests))
	}
	return held[0]
}

// TestMergeTogether has one request under way and the others for the same
// instance waiting: they share the next commit, are answered after it, and the
// last ones refused because of those before them.
func TestMergeTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		i := c.server(theOwner)
		all := c.crowd(9, i)
		c.runway.let(c.one(all[0]), nil)
		if answered, done := count(all); answered != 1 || done != 1 || !all[0].done.Load() {
			t.Fatalf("%d were answered", answered)
		}
		// Four of the eight get what is left; the other four wait to be told.
		second := c.one(all[1:5]...)
		if answered, _ := count(all); answered != 1 {
			t.Fatalf("%d were answered before the commit", answered)
		}
		if _, ok := second.ctx.Deadline(); ok || second.ctx.Err() != nil {
			t.Error("the shared commit has a deadline")
		}
		c.runway.let(second, nil)
		if answered, done := count(all); answered != 9 || done != 5 {
			t.Fatalf("%d were answered and %d done", answered, done)
		}
		for n, a := range all[:5] {
			if a.res.RequestID != a.id || a.res.Quota.Used != n+1 || a.res.Replayed {
				t.Errorf("request %d: %+v", n, a.res)
			}
			c.state(a.res.Codes[0], icpcode.StateAvailable)
		}
		for _, a := range all[5:] {
			refused(t, a.err, icpcode.ELGQuota)
		}
		if c.runway.commits != 2 {
			t.Errorf("it took %d commits", c.runway.commits)
		}
	})
}

// TestMergeUnmerged sends the same with Options.Unmerged: everybody commits.
func TestMergeUnmerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.with(func(o *icpcode.Options) { o.Unmerged = true })
		all := c.crowd(4, c.server(theOwner))
		if held := c.runway.waiting(); len(held) != 4 {
			t.Errorf("%d commits are under way, want 4", len(held))
		}
		c.runway.clear()
		<-time.After(time.Second) // who conflicts pauses
		synctest.Wait()
		if _, done := count(all); done != 4 || c.runway.commits < 5 || len(c.runway.crossed) == 0 {
			t.Errorf("%d were done in %d commits, without a conflict", done, c.runway.commits)
		}
	})
}

// TestMergeNotInTxNorDry lets nothing wait that is in a transaction of the
// caller's or a dry run.
func TestMergeNotInTxNorDry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		i := c.server(theOwner)
		all := c.crowd(2, i)
		first := c.one(all[0])
		r := icpcode.IssueRequest{Actor: theOwner, RequestID: "tx", Instance: i, Quantity: 1}
		if _, err := c.eng.DryRun().Issue(c.ctx, r); err != nil {
			t.Error(err)
		}
		if d, err := c.eng.Verify(c.ctx, r); err != nil || d.Refused() {
			t.Errorf("%v, %v", d.Fail, err)
		}
		if res, err := c.eng.InTx(c.runway.Store).Issue(c.ctx, r); err != nil || len(res.Events) != 1 {
			t.Errorf("in a transaction: %+v, %v", res, err)
		}
		c.runway.clear()
		if _, done := count(all); done != 2 || len(first.receipts()) != 1 {
			t.Errorf("%d were done", done)
		}
	})
}

// TestMergeBounds queues more than one commit may carry: of requests, and of
// documents.
func TestMergeBounds(t *testing.T) {
	for _, quantity := range []int{1, 20} {
		synctest.Test(t, func(t *testing.T) {
			c := newCrew(t)
			i := c.server(theOwner)
			i.ContractQuota = 1000
			n := 300
			if quantity > 1 {
				n = 100 // half of them find the quota used up
			}
			var all []*told
			for k := range n {
				all = append(all, c.send(c.ctx, fmt.Sprint(k), func(ctx context.Context, id string) (icpcode.Result, error) {
					return c.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, RequestID: id, Instance: i, Quantity: quantity})
				}))
			}
			documents, answered := 0, 0
			for answered < n {
				held := c.runway.waiting()
				if len(held) != 1 {
					t.Fatalf("%d commits are under way", len(held))
				}
				documents = max(documents, len(held[0].change.Puts))
				c.runway.let(held[0], nil)
				answered, _ = count(all)
			}
			most := min(128, 1024/(quantity+2))
			if c.runway.largest != most || documents > 1024 {
				t.Errorf("with %d codes each a commit carried up to %d requests and %d documents, want %d", quantity, c.runway.largest, documents, most)
			}
		})
	}
}

// others sends n requests that have nothing in common.
func (c *crew) others(name string, n int) []*told {
	var all []*told
	for k := range n {
		all = append(all, c.issue(c.ctx, fmt.Sprintf("%s-%03d", name, k), c.server(theOwner), ""))
	}
	return all
}

// underWay checks how many calls are held.
func (c *crew) underWay(n int) []*call {
	c.t.Helper()
	held := c.runway.waiting()
	if len(held) != n {
		c.t.Fatalf("%d calls are under way, want %d", len(held), n)
	}
	return held
}

// TestMergePlaces sends requests that have nothing in common: two commits at a
// time carry them.
func TestMergePlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		all := c.others("r", 2)
		c.underWay(2)
		all = append(all, c.others("s", 200)...)
		for range 2 { // 128 of those who wait, then the others
			c.runway.let(c.underWay(2)[0], nil)
		}
		c.underWay(2)
		c.runway.clear()
		if _, done := count(all); done != len(all) || c.runway.largest != 128 || c.runway.commits != 4 {
			t.Errorf("%d were done in %d commits of up to %d", done, c.runway.commits, c.runway.largest)
		}
	})
}

// TestMergeSlowFlights has commits take much longer than usual: those who wait
// for a place leave then, but not without end.
func TestMergeSlowFlights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.runway.deaf = true
		var all []*told
		for n := range 50 { // every commit takes 20 ms at first
			all = append(all, c.others(fmt.Sprint("usual ", n), 1)...)
			<-time.After(20 * time.Millisecond)
			c.runway.let(c.underWay(1)[0], nil)
		}
		all = append(all, c.others("stall", 1)...) // which is no measure of what is usual
		<-time.After(time.Hour)
		c.runway.let(c.underWay(1)[0], nil)
		before := c.runway.commits
		all = append(all, c.others("slow", 5)...)
		<-time.After(60 * time.Millisecond)
		all = append(all, c.others("usual again", 5)...)
		c.underWay(2)
		<-time.After(time.Second)
		if r := c.underWay(3)[2].receipts(); len(r) != 8 || r[0] != "slow-002" {
			t.Errorf("when two were overdue, %v left", r)
		}
		for len(c.runway.waiting()) < 16 {
			<-time.After(time.Second)
			all = append(all, c.others(fmt.Sprint("even later ", len(all)), 2)...)
		}
		<-time.After(time.Second)
		all = append(all, c.others("last", 2)...)
		c.underWay(16)
		c.runway.clear()
		if _, done := count(all); done != len(all) || c.runway.commits != before+17 {
			t.Errorf("%d of %d were done, in %d commits", done, len(all), c.runway.commits-before)
		}
	})
}

// TestMergeImpatient has a caller leave at once: nothing is overdue yet, so
// nothing is given up. Later what is overdue is, though others land.
func TestMergeImpatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.runway.deaf = true
		i := c.server(theOwner)
		all := append([]*told{c.issue(c.ctx, "first", i, "")}, c.others("other", 1)...)
		leave := func(d time.Duration, i icpcode.Instance) {
			t.Helper()
			ctx, cancel := context.WithTimeout(c.ctx, d)
			defer cancel()
			left := c.issue(ctx, fmt.Sprint("left after ", d), i, "")
			<-ctx.Done()
			synctest.Wait()
			is(t, left.err, context.DeadlineExceeded)
		}
		all = append(all, c.issue(c.ctx, "next", i, ""))
		leave(time.Microsecond, c.server(theOwner))
		leave(time.Microsecond, i)
		held := c.underWay(2)
		// The first is forgotten, while others come and go.
		c.runway.let(held[1], nil)
		all = append(all, c.others("one more", 1)...)
		c.runway.let(c.underWay(2)[1], nil)
		leave(time.Second, i)
		if held := c.underWay(2); !held[1].carries("next") {
			t.Errorf("under way is %v, want next", held[1].receipts())
		}
		c.runway.clear()
		if _, done := count(all); done != len(all) {
			t.Errorf("%d of %d were done", done, len(all))
		}
	})
}

// TestMergePlaceAfterKey has requests wait for a document, and by the time they
// get it, for a place.
func TestMergePlaceAfterKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		i := c.server(theOwner)
		i.ContractQuota = 100
		all := append([]*told{c.issue(c.ctx, "first", i, "")}, c.others("slow", 1)...)
		<-time.After(time.Second)
		all = append(all, c.others("other", 2)...)
		held := c.underWay(4)
		all = append(all, c.crowd(80, i)...)
		ctx, cancel := context.WithCancel(c.ctx)
		defer cancel()
		left := c.issue(ctx, "left", i, "")
		c.runway.let(held[0], nil) // the first: there are two others, and a slow one
		c.underWay(3)
		cancel()
		synctest.Wait()
		c.underWay(3)
		c.runway.let(held[2], nil)
		if r := c.underWay(3)[2].receipts(); len(r) != 80 {
			t.Errorf("%d leave together, want 80", len(r))
		}
		c.runway.clear()
		if _, done := count(all); done != len(all) || !errors.Is(left.err, context.Canceled) {
			t.Errorf("%d of %d were done", done, len(all))
		}
	})
}

// TestMergeKeepsKeysApart lets random requests meet, over random delays: no
// two commits of an engine name the same document, nothing conflicts, and all
// of it adds up. An engine that does not merge shows that this can be seen.
func TestMergeKeepsKeysApart(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			c := newCrew(t)
			c.runway.open = true
			delayed := &delayed{Store: c.runway.Store}
			c.runway.Store = delayed
			merges := seed > 0
			c.with(func(o *icpcode.Options) { o.Unmerged, o.Remember = !merges, int(seed%3)*30 })
			var servers []icpcode.Instance
			for range 6 {
				i := c.server(theOwner)
				i.ContractQuota = 100
				servers = append(servers, i)
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			issued := 0
			for n := range 40 {
				wg.Go(func() {
					dice := rand.New(rand.NewPCG(seed, uint64(n)))
					var codes []icpcode.Code
					for k := range 10 {
						id := fmt.Sprint(n, "-", k)
						var err error
						var res icpcode.Result
						switch what := dice.IntN(4); {
						case what == 0 && len(codes) > 0:
							_, err = c.eng.Submit(c.ctx, icpcode.SubmitRequest{Actor: theOwner, RequestID: id, Code: codes[0], Filing: c.site()})
							codes = codes[1:]
						case what == 1 && len(codes) > 1:
							_, err = c.eng.Grant(c.ctx, icpcode.GrantRequest{Actor: theOwner, RequestID: id, Codes: codes[:2], GrantTo: "2002", Certification: icpcode.Enterprise})
							codes = codes[2:]
						default:
							i := servers[dice.IntN(len(servers))]
							res, err = c.eng.Issue(c.ctx, icpcode.IssueRequest{Actor: theOwner, RequestID: id, Instance: i, Quantity: 1 + dice.IntN(2)})
							codes = append(codes, res.Codes...)
							mu.Lock()
							issued += len(res.Codes)
							mu.Unlock()
						}
						if err != nil {
							t.Errorf("%s: %v%s", id, err, why(err))
						}
					}
				})
			}
			wg.Wait()
			if merges == (len(c.runway.crossed) > 0) || merges == (delayed.conflicts > 0) {
				t.Errorf("merging is %v: %d documents were in two commits at a time, %d commits conflicted", merges, len(c.runway.crossed), delayed.conflicts)
			}
			if merges == (c.runway.largest < 4) {
				t.Errorf("merging is %v: at most %d requests shared a commit", merges, c.runway.largest)
			}
			listed := 0
			for _, err := range c.eng.Owned(c.ctx, icpcode.ListRequest{Actor: theOwner}) {
				if err != nil {
					t.Fatal(err)
				}
				listed++
			}
			if listed != issued {
				t.Errorf("%d codes are there, %d were issued", listed, issued)
			}
		})
	}
}

// TestMergeForgetsNobody lets crowds come and go, impatient ones among them,
// over a store with moods. Whoever waits is answered: a bubble in which
// everybody waits for ever fails. What was told adds up.
func TestMergeForgetsNobody(t *testing.T) {
	lost, left, failed := 0, 0, 0 // over all seeds
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			inner := memstore.New()
			m := &moody{Store: inner, dice: rand.New(rand.NewPCG(seed, 1))}
			w := newWorld(t)
			w.store = m
			w.with(func(o *icpcode.Options) { o.Observe, o.Remember = nil, int(seed%2)*50 })
			var servers []icpcode.Instance
			for range 40 {
				i := w.server(theOwner)
				i.ContractQuota = 1000
				servers = append(servers, i)
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			told := map[icpcode.Code]bool{}
			doubtful := 0
			for n := range 120 {
				wg.Go(func() {
					dice := rand.New(rand.NewPCG(seed, uint64(n)+2))
					for range 6 {
						<-time.After(time.Duration(dice.IntN(int(20 * time.Millisecond))))
						ctx, cancel := w.ctx, context.CancelFunc(func() {})
						if dice.IntN(3) == 0 {
							ctx, cancel = context.WithTimeout(ctx, time.Duration(dice.IntN(int(20*time.Millisecond))))
						}
						i := servers[dice.IntN(1+dice.IntN(len(servers)))] // some are hot
						res, err := w.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
						cancel()
						mu.Lock()
						switch {
						case err == nil:
							told[res.Codes[0]] = true
						case errors.Is(err, icpcode.ErrUnknownOutcome):
							doubtful++
						case errors.Is(err, context.DeadlineExceeded):
							left++
						case errors.Is(err, errMood), errors.Is(err, icpcode.ErrConflict):
							failed++
						default:
							t.Error(err)
						}
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			<-time.After(time.Second) // what callers have left behind comes to its end
			w.store = inner
			w.with(func(*icpcode.Options) {})
			there := 0
			for r, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: theOwner}) {
				if err != nil {
					t.Fatal(err)
				}
				if told[r.Code] {
					delete(told, r.Code)
				} else {
					there++
				}
			}
			if len(told) > 0 || there > doubtful {
				t.Errorf("%d codes that were told are not there, and %d are there that were not, of %d that are in doubt", len(told), there, doubtful)
			}
			if m.most < 5 {
				t.Errorf("at most %d shared a commit", m.most)
			}
			lost += doubtful
		})
	}
	if lost < 100 || left < 100 || failed < 5 {
		t.Errorf("%d were in doubt, %d left, %d failed", lost, left, failed)
	}
}

var errMood = errors.New("not now")

// moody is a store that conflicts, fails before and after it did something,
// and now and then takes very long without looking at its context.
type moody struct {
	icpcode.Store
	mu   sync.Mutex
	dice *rand.Rand
	most int // requests in one Commit
}

func (m *moody) roll(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dice.IntN(n)
}

func (m *moody) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	<-time.After(time.Duration(m.roll(int(2 * time.Millisecond))))
	if m.roll(50) == 0 {
		return nil, errMood
	}
	return m.Store.Load(ctx, keys...)
}

func (m *moody) Commit(_ context.Context, c icpcode.Change) error {
	m.mu.Lock()
	m.most = max(m.most, len(receipts(c)))
	m.mu.Unlock()
	<-time.After(time.Duration(m.roll(int(2 * time.Millisecond))))
	if m.roll(50) == 0 {
		<-time.After(100 * time.Millisecond)
	}
	switch m.roll(20) {
	case 0:
		return icpcode.ErrConflict
	case 1:
		return errMood
	case 2:
		return errors.Join(m.Store.Commit(context.Background(), c), errMood)
	}
	return m.Store.Commit(context.Background(), c)
}

// delayed is a store that takes its time.
type delayed struct {
	icpcode.Store
	takes     time.Duration // 0: up to a millisecond
	mu        sync.Mutex
	conflicts int
}

func (d *delayed) pause() {
	takes := d.takes
	if takes == 0 {
		takes = time.Duration(1 + rand.IntN(int(time.Millisecond)))
	}
	<-time.After(takes)
}

func (d *delayed) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	d.pause()
	return d.Store.Load(ctx, keys...)
}

func (d *delayed) Commit(ctx context.Context, c icpcode.Change) error {
	d.pause()
	err := d.Store.Commit(ctx, c)
	d.pause()
	if errors.Is(err, icpcode.ErrConflict) {
		d.mu.Lock()
		d.conflicts++
		d.mu.Unlock()
	}
	return err
}

// TestMergeQuickStore has a store that answers within microseconds: nobody
// waits for anybody, until it becomes slow.
func TestMergeQuickStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.runway.open = true
		d := &delayed{Store: c.runway.Store, takes: time.Microsecond}
		c.runway.Store = d
		pressed := func() (most int) {
			c.runway.largest, c.runway.crossed = 0, nil
			i := c.server(theOwner)
			i.ContractQuota = 100
			if _, done := count(c.crowd(50, i)); done != 0 {
				t.Fatal("the store does not take its time")
			}
			<-time.After(time.Second)
			return c.runway.largest
		}
		alone := func(n int) {
			for range n {
				must[icpcode.Result](t)(c.eng.Issue(c.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: c.server(theOwner), Quantity: 1}))
			}
		}
		if most := pressed(); most < 40 {
			t.Errorf("before anything is known of the store, at most %d shared a commit", most)
		}
		alone(100)
		if most := pressed(); most != 1 || len(c.runway.crossed) == 0 {
			t.Errorf("over a quick store %d shared a commit, and %d documents were in two", most, len(c.runway.crossed))
		}
		d.takes = time.Millisecond
		alone(1000)
		if most := pressed(); most < 40 || len(c.runway.crossed) != 0 {
			t.Errorf("over a slow store at most %d shared a commit, and %d documents were in two", most, len(c.runway.crossed))
		}
	})
}

// TestMergeCancelled lets callers leave at every point: from the queue, during
// the Load, during the Commit, and during the pause after a conflict.
func TestMergeCancelled(t *testing.T) {
	left := errors.New("left")
	// begin has the first request under way and three waiting, of which the
	// middle one can leave.
	begin := func(t *testing.T) (c *crew, all []*told, leave context.CancelFunc) {
		c = newCrew(t)
		i := c.server(theOwner)
		ctx, cancel := context.WithCancelCause(c.ctx)
		all = append(all, c.issue(c.ctx, "0", i, ""), c.issue(c.ctx, "1", i, ""), c.issue(ctx, "2", i, ""), c.issue(c.ctx, "3", i, ""))
		return c, all, func() { cancel(left); synctest.Wait() }
	}
	// gone checks that only the one who left is told so.
	gone := func(t *testing.T, c *crew, all []*told, unknown bool, issued int) {
		t.Helper()
		is(t, all[2].err, context.Canceled)
		if errors.Is(all[2].err, icpcode.ErrUnknownOutcome) != unknown {
			t.Errorf("the caller who left is told %v", all[2].err)
		}
		c.runway.clear()
		for _, n := range []int{0, 1, 3} {
			if !all[n].done.Load() || all[n].err != nil {
				t.Errorf("request %d: %v", n, all[n].err)
			}
		}
		codes := 0
		for _, err := range c.eng.Owned(c.ctx, icpcode.ListRequest{Actor: theOwner}) {
			if err != nil {
				t.Fatal(err)
			}
			codes++
		}
		if codes != issued {
			t.Errorf("%d codes were issued, want %d", codes, issued)
		}
		// The same request again settles it.
		again := c.issue(c.ctx, "2", c.server(theOwner), "")
		if errors.Is(again.err, icpcode.ErrRequestReused) != (issued == 4) {
			t.Errorf("again: %+v, %v", again.res, again.err)
		}
	}
	t.Run("queue", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, all, leave := begin(t)
			first := c.one(all[0])
			leave()
			if !all[2].done.Load() {
				t.Fatal("the caller could not leave the queue")
			}
			c.runway.let(first, nil)
			c.one(all[1], all[3])
			gone(t, c, all, false, 3)
		})
	})
	t.Run("load", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, all, leave := begin(t)
			c.runway.loads = true
			c.runway.let(c.one(all[0]), nil)
			load := c.runway.waiting()
			if len(load) != 1 || load[0].method != storetest.Load {
				t.Fatalf("%d calls are under way, want the Load", len(load))
			}
			leave()
			c.runway.let(load[0], nil)
			c.one(all[1], all[3])
			gone(t, c, all, false, 3)
		})
	})
	t.Run("commit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, all, leave := begin(t)
			c.runway.let(c.one(all[0]), nil)
			c.one(all[1:]...)
			leave()
			gone(t, c, all, true, 4)
		})
	})
	t.Run("pause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, all, leave := begin(t)
			c.runway.let(c.one(all[0]), nil)
			for range 8 { // the last pauses are long enough to leave in
				held := c.runway.waiting()
				if len(held) == 0 {
					<-time.After(20 * time.Millisecond)
					held = c.runway.waiting()
				}
				if len(held) != 1 || len(held[0].receipts()) != 3 {
					t.Fatalf("%d commits are under way", len(held))
				}
				c.runway.let(held[0], func(func() error) error { return icpcode.ErrConflict })
				if len(c.runway.waiting()) == 0 {
					break
				}
			}
			if len(c.runway.waiting()) != 0 {
				t.Fatal("there is no pause")
			}
			leave()
			<-time.After(20 * time.Millisecond)
			c.one(all[1], all[3])
			gone(t, c, all, false, 3)
		})
	})
	t.Run("doubt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, all, leave := begin(t)
			c.runway.let(c.one(all[0]), nil)
			shared := c.one(all[1:]...)
			c.runway.loads = true
			// It takes effect, but that is not known when the caller leaves.
			c.runway.let(shared, func(do func() error) error { return errors.Join(do(), errors.New("lost")) })
			if held := c.runway.waiting(); len(held) != 1 || held[0].method != storetest.Load {
				t.Fatalf("%d calls are under way, want the Load", len(held))
			}
			leave()
			if errors.Is(all[2].err, context.Canceled) {
				t.Errorf("the caller who left is told %v, not what the store said", all[2].err)
			}
			c.runway.clear()
			if answered, done := count(all); answered != 4 || done != 3 || !errors.Is(all[2].err, icpcode.ErrUnknownOutcome) {
				t.Errorf("%d were done; the caller who left is told %v", done, all[2].err)
			}
			if again := c.issue(c.ctx, "3", c.server(theOwner), ""); !errors.Is(again.err, icpcode.ErrRequestReused) {
				t.Errorf("again: %v", again.err)
			}
		})
	})
	t.Run("all", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newCrew(t)
			i := c.server(theOwner)
			ctx, cancel := context.WithCancel(c.ctx)
			first := c.issue(c.ctx, "0", i, "")
			all := []*told{c.issue(ctx, "1", i, ""), c.issue(ctx, "2", i, "")}
			c.runway.let(c.one(first), nil)
			shared := c.one(all...)
			cancel()
			synctest.Wait()
			if answered, done := count(all); answered != 2 || done != 0 {
				t.Errorf("%d could leave", answered)
			}
			if shared.ctx.Err() == nil {
				t.Error("nobody waits any more, and the commit goes on")
			}
			for _, a := range all {
				is(t, a.err, icpcode.ErrUnknownOutcome)
			}
			c.runway.clear()
		})
	})
}

// TestMergeStoreNeverReturns has a store that does not come back, nor looks at
// its contexts: callers can leave, others go on, and what was stuck does not
// stay in the way.
func TestMergeStoreNeverReturns(t *testing.T) {
	for _, shared := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newCrew(t)
			c.runway.deaf = true
			i := c.server(theOwner)
			all := []*told{c.issue(c.ctx, "a", i, "")}
			stuck := c.one(all[0])
			if shared {
				all = append(all, c.issue(c.ctx, "b", i, ""), c.issue(c.ctx, "c", i, ""))
				c.runway.let(stuck, nil)
				stuck = c.one(all[1:]...)
			}
			// Others have nothing to do with it.
			other := c.issue(c.ctx, "other", c.server("3003"), "")
			c.runway.let(c.runway.waiting()[1], nil)
			if !other.done.Load() || other.err != nil {
				t.Fatalf("the other: %v", other.err)
			}
			// Who waits for it can leave.
			ctx, cancel := context.WithTimeout(c.ctx, time.Second)
			defer cancel()
			start := time.Now()
			late := c.issue(ctx, "late", i, "")
			behind := c.issue(c.ctx, "behind", i, "")
			<-time.After(time.Second)
			synctest.Wait()
			is(t, late.err, context.DeadlineExceeded)
			if errors.Is(late.err, icpcode.ErrUnknownOutcome) || time.Since(start) != time.Second {
				t.Errorf("after %v: %v", time.Since(start), late.err)
			}
			// From then on it is not waited for.
			if !c.runway.waiting()[1:][0].carries("behind") {
				t.Fatal("who came after it waits for ever")
			}
			c.runway.let(c.runway.waiting()[1], nil)
			if !behind.done.Load() || behind.err != nil {
				t.Errorf("who came after it: %v", behind.err)
			}
			// At last it comes back, too late: it conflicts and is done again.
			c.runway.let(stuck, nil)
			c.runway.clear()
			if _, done := count(all); done != len(all) {
				t.Errorf("%d of %d were done in the end", done, len(all))
			}
		})
	}
}

func (c *call) carries(id string) bool { return slices.Contains(c.receipts(), id) }

// TestMergeFairness presses on one instance without end: who wants another
// one does not wait, and who wants the hot one and another gets it in turn.
func TestMergeFairness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.runway.open = true
		c.runway.Store = &delayed{Store: c.runway.Store, takes: time.Millisecond}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		// Two granters are hot, each with a grantee whom nobody else knows.
		for n := range 100 {
			wg.Go(func() {
				granter := icpcode.AccountID(fmt.Sprint("hot", n%2))
				for k := 0; ; k++ {
					select {
					case <-stop:
						return
					default:
					}
					i := c.server2(granter, fmt.Sprint("i-", n, "-", k))
					_, err := c.eng.Issue(c.ctx, icpcode.IssueRequest{
						Actor: granter, Instance: i, Quantity: 1, GrantTo: "t" + granter, Certification: icpcode.Enterprise})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		<-time.After(100 * time.Millisecond)
		for k := range 20 {
			start := time.Now()
			_, err := c.eng.Issue(c.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: c.server2(theOwner, fmt.Sprint("j-", k)), Quantity: 1})
			if took := time.Since(start); err != nil || took > 20*time.Millisecond {
				t.Errorf("who wants something else takes %v, %v", took, err)
			}
			// This one names documents of both hot granters' flights.
			start = time.Now()
			_, err = c.eng.Issue(c.ctx, icpcode.IssueRequest{
				Actor: "hot0", Instance: c.server2("hot0", fmt.Sprint("k-", k)), Quantity: 1, GrantTo: "thot1", Certification: icpcode.Enterprise})
			if took := time.Since(start); err != nil || took > 40*time.Millisecond {
				t.Errorf("who wants what two others press on takes %v, %v", took, err)
			}
		}
		close(stop)
		wg.Wait()
		if c.runway.largest < 20 {
			t.Errorf("at most %d shared a commit: nobody pressed", c.runway.largest)
		}
	})
}

// TestMergeNobodyOvertakes has a request wait for one of its documents: who comes
// later and wants another one of them waits behind it.
func TestMergeNobodyOvertakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.runway.open = true
		i := c.server(theOwner)
		paid := c.buy(theOwner, 1)[0]
		c.runway.open = false
		first := c.issue(c.ctx, "first", i, "")
		bind := c.send(c.ctx, "bind", func(ctx context.Context, id string) (icpcode.Result, error) {
			return c.eng.Bind(ctx, icpcode.BindRequest{Actor: theOwner, RequestID: id, Code: paid, Instance: i})
		})
		void := c.send(c.ctx, "void", func(ctx context.Context, id string) (icpcode.Result, error) {
			return c.eng.Void(ctx, icpcode.CodeRequest{Actor: ops, RequestID: id, Code: paid, Reason: "test"})
		})
		other := c.issue(c.ctx, "other", c.server(theOwner), "")
		held := c.runway.waiting()
		if len(held) != 2 || !held[0].carries("first") || !held[1].carries("other") {
			t.Fatalf("%d commits are under way", len(held))
		}
		c.runway.let(held[0], nil)
		c.runway.let(held[1], nil)
		c.runway.let(c.one(bind, void), nil)
		if _, done := count([]*told{first, bind, void, other}); done != 4 {
			t.Errorf("%d were done; bind: %v", done, bind.err)
		}
		if r := c.record(paid); r.State != icpcode.StateInvalid || r.Instance != i.ID || r.Version != 3 {
			t.Errorf("the code is %+v", r)
		}
	})
}

// TestMergeLivingFlights lets a caller leave the queue while other commits
// return: what is under way is not given up.
func TestMergeLivingFlights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		i := c.server(theOwner)
		first := c.issue(c.ctx, "first", i, "")
		other := c.issue(c.ctx, "other", c.server(theOwner), "")
		ctx, cancel := context.WithCancel(c.ctx)
		late := c.issue(ctx, "late", i, "")
		c.runway.let(c.runway.waiting()[1], nil)
		cancel()
		synctest.Wait()
		is(t, late.err, context.Canceled)
		next := c.issue(c.ctx, "next", i, "")
		c.runway.let(c.one(first), nil)
		c.runway.let(c.one(next), nil)
		if _, done := count([]*told{first, other, next}); done != 3 || len(c.runway.crossed) != 0 {
			t.Errorf("%d were done, %d documents were in two commits", done, len(c.runway.crossed))
		}
	})
}

// TestMergeAbandoned lets all callers of a shared commit leave that never comes
// back: it is not waited for.
func TestMergeAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.runway.deaf = true
		i := c.server(theOwner)
		ctx, cancel := context.WithCancel(c.ctx)
		first := c.issue(c.ctx, "first", i, "")
		all := []*told{c.issue(ctx, "1", i, ""), c.issue(ctx, "2", i, "")}
		c.runway.let(c.one(first), nil)
		stuck := c.one(all...)
		next := c.issue(c.ctx, "next", i, "")
		cancel()
		held := c.runway.waiting()
		if answered, _ := count(all); answered != 2 || len(held) != 2 || !held[1].carries("next") {
			t.Fatalf("%d have left, %d commits are under way", answered, len(held))
		}
		c.runway.let(held[1], nil)
		if next.err != nil || !next.done.Load() {
			t.Errorf("the next: %v", next.err)
		}
		c.runway.let(stuck, nil)
	})
}

// TestMergeLingers has callers who ask again as soon as they are answered: they
// all share the next commit, instead of taking turns in two halves.
func TestMergeLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers, each = 32, 20
		c := newCrew(t)
		c.runway.open = true
		c.runway.Store = &delayed{Store: c.runway.Store, takes: time.Millisecond}
		i := c.server(theOwner)
		i.ContractQuota = 1000
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for range each {
					if _, err := c.eng.Issue(c.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if c.runway.commits > each*3/2 {
			t.Errorf("%d callers took %d commits to ask %d times, so they shared it by %d", callers, c.runway.commits, each, callers*each/c.runway.commits)
		}
	})
}

// server2 is server with a name, for use by several goroutines.
func (c *crew) server2(owner icpcode.AccountID, id string) icpcode.Instance {
	w := &world{now: c.now}
	i := w.server(owner)
	i.ID = icpcode.InstanceID(id)
	return i
}

// TestMergePhone has first grants among requests that share a commit: the phone
// is asked on the caller's goroutine with nothing under way, and the others do
// not wait for it.
func TestMergePhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		answer := make(chan error)
		asked := 0
		c.with(func(o *icpcode.Options) {
			o.VerifyPhone = func(context.Context, icpcode.Verification) error { asked++; return <-answer }
		})
		i := c.server(theOwner)
		all := []*told{
			c.issue(c.ctx, "0", i, ""), c.issue(c.ctx, "1", i, ""), c.issue(c.ctx, "2", i, theGrantee), c.issue(c.ctx, "3", i, ""),
		}
		c.runway.let(c.one(all[0]), nil)
		c.runway.let(c.one(all[1], all[3]), nil)
		if answered, done := count(all); answered != 3 || done != 3 || asked != 1 {
			t.Fatalf("%d were done and the phone was asked %d times", done, asked)
		}
		next := c.issue(c.ctx, "4", i, "")
		c.runway.let(c.one(next), nil)
		answer <- nil
		c.runway.let(c.one(all[2]), nil)
		if all[2].err != nil || asked != 1 || all[2].res.Quota.Used != 5 {
			t.Errorf("the first grant: %+v, %v, asked %d times", all[2].res, all[2].err, asked)
		}
	})
}

// TestMergeObserves tells each caller's observer of its own events, on its own
// goroutine and with its own context.
func TestMergeObserves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		c := newCrew(t)
		var mu sync.Mutex
		seen := map[string]string{}
		c.with(func(o *icpcode.Options) {
			o.Observe = func(ctx context.Context, events []icpcode.Event) {
				mu.Lock()
				defer mu.Unlock()
				for _, e := range events {
					seen[e.RequestID] += fmt.Sprint(ctx.Value(key{}), e.Action)
				}
			}
		})
		i := c.server(theOwner)
		var all []*told
		for _, id := range []string{"a", "b", "c"} {
			all = append(all, c.issue(context.WithValue(c.ctx, key{}, id), id, i, ""))
		}
		c.runway.let(c.one(all[0]), nil)
		shared := c.one(all[1:]...)
		if shared.ctx.Value(key{}) != nil {
			t.Error("the shared commit has the values of a caller's context")
		}
		c.runway.let(shared, nil)
		for _, a := range all {
			if seen[a.id] != a.id+"Issue" {
				t.Errorf("of %s was observed %q", a.id, seen[a.id])
			}
		}
	})
}

// TestMergeFailsAlone lets one request of a shared commit fail: by an error of
// the store's, by its panic, and by the end of its goroutine.
func TestMergeFailsAlone(t *testing.T) {
	bad := errors.New("cannot be written")
	poisoned := func(by func() error) func(c *call) func(func() error) error {
		return func(c *call) func(func() error) error {
			return func(do func() error) error {
				if c.carries("bad") {
					return by()
				}
				return do()
			}
		}
	}
	for name, by := range map[string]func() error{
		"error": func() error { return bad }, "panic": func() error { panic(bad) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrew(t)
				i := c.server(theOwner)
				all := []*told{c.issue(c.ctx, "0", i, ""), c.issue(c.ctx, "1", i, "")}
				met := c.send(c.ctx, "bad", func(ctx context.Context, id string) (res icpcode.Result, err error) {
					defer func() {
						if value := recover(); value != nil {
							err = errors.Join(icpcode.ErrUnknownOutcome, value.(error))
						}
					}()
					return c.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, RequestID: id, Instance: i, Quantity: 1})
				})
				all = append(all, c.issue(c.ctx, "2", i, ""))
				through := poisoned(by)
				for held := c.runway.waiting(); len(held) > 0; held = c.runway.waiting() {
					c.runway.let(held[0], through(held[0]))
				}
				if _, done := count(all); done != 3 {
					t.Errorf("%d of the others were done", done)
				}
				is(t, met.err, bad)
				is(t, met.err, icpcode.ErrUnknownOutcome)
			})
		})
	}
	// A test that ends in a store must not leave others waiting.
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		i := c.server(theOwner)
		all := c.crowd(4, i)
		c.runway.let(c.one(all[0]), nil)
		c.runway.let(c.one(all[1:]...), func(func() error) error { runtime.Goexit(); return nil })
		for _, a := range all[1:] {
			is(t, a.err, icpcode.ErrUnknownOutcome)
		}
		next := c.issue(c.ctx, "next", i, "")
		c.runway.clear()
		if next.err != nil {
			t.Error(next.err)
		}
	})
}

// TestMergeListsFirst closes an instance while codes are issued for it, and
// imports a code twice: each finds what the others have done.
func TestMergeListsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		i := c.server(theOwner)
		all := c.crowd(3, i)
		closing := c.send(c.ctx, "close", func(ctx context.Context, id string) (icpcode.Result, error) {
			return c.eng.CloseInstance(ctx, icpcode.CloseRequest{Actor: ops, RequestID: id, Instance: i.ID, Reason: "gone"})
		})
		late := c.issue(c.ctx, "late", i, "")
		c.runway.clear()
		if _, done := count(all); done != 3 || closing.err != nil {
			t.Fatalf("%d were done, closing: %v", done, closing.err)
		}
		codes := 3
		if late.err == nil {
			codes = 4
		} else {
			refused(t, late.err, icpcode.LIFClose)
		}
		if len(closing.res.Codes) != codes {
			t.Errorf("closing ended %d codes, want %d", len(closing.res.Codes), codes)
		}
	})
}

// TestMergeEveryFaultSchedule lets six requests meet, of which five share a
// commit, under every schedule of two faults. Callers repeat their requests
// until they have an answer: each is done once.
func TestMergeEveryFaultSchedule(t *testing.T) {
	calls := mergeErrand(t, "no faults")
	fired := 0
	for first := 1; first <= calls+2; first++ {
		for second := first + 1; second <= calls+6; second++ {
			for _, effects := range [][2]storetest.Effect{
				{storetest.FailBefore, storetest.FailBefore}, {storetest.FailBefore, storetest.FailAfter}, {storetest.FailBefore, storetest.Conflict},
				{storetest.FailAfter, storetest.FailBefore}, {storetest.FailAfter, storetest.FailAfter}, {storetest.FailAfter, storetest.Conflict},
				{storetest.Conflict, storetest.FailBefore}, {storetest.Conflict, storetest.FailAfter}, {storetest.Conflict, storetest.Conflict},
			} {
				faults := []storetest.Fault{{Call: first, Effect: effects[0]}, {Call: second, Effect: effects[1]}}
				if mergeErrand(t, fmt.Sprint(faults), faults...) < 0 {
					fired++
				}
			}
		}
	}
	if fired < 100 {
		t.Errorf("only %d schedules fired", fired)
	}
	t.Logf("%d calls without faults, %d schedules fired", calls, fired)
}

// mergeErrand returns the number of calls of the store, negative if all of the
// faults fired.
func mergeErrand(t *testing.T, what string, faults ...storetest.Fault) (calls int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		i := w.server(theOwner)
		old := w.issue(i, 1)[0]
		inner := w.store
		faulty := storetest.NewFaulty(inner, faults...)
		r := newRunway(faulty)
		seen := map[string]int{}
		var mu sync.Mutex
		w.store = r
		c := &crew{w.with(func(o *icpcode.Options) {
			o.VerifyPhone = func(context.Context, icpcode.Verification) error { return nil }
			o.Observe = func(_ context.Context, events []icpcode.Event) {
				mu.Lock()
				defer mu.Unlock()
				for _, e := range events {
					seen[fmt.Sprint(e.Code, e.Seq)]++
				}
			}
		}), r}
		until := func(do func(ctx context.Context, id string) (icpcode.Result, error)) func(ctx context.Context, id string) (icpcode.Result, error) {
			return func(ctx context.Context, id string) (res icpcode.Result, err error) {
				for range 8 {
					if res, err = do(ctx, id); !errors.Is(err, storetest.ErrInjected) {
						break
					}
				}
				return res, err
			}
		}
		issue := until(func(ctx context.Context, id string) (icpcode.Result, error) {
			return c.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, RequestID: id, Instance: i, Quantity: 1})
		})
		granted := until(func(ctx context.Context, id string) (icpcode.Result, error) {
			return c.eng.Issue(ctx, icpcode.IssueRequest{
				Actor: theOwner, RequestID: id, Instance: i, Quantity: 1, GrantTo: theGrantee, Certification: icpcode.Enterprise})
		})
		submit := until(func(ctx context.Context, id string) (icpcode.Result, error) {
			return c.eng.Submit(ctx, icpcode.SubmitRequest{Actor: theOwner, RequestID: id, Code: old, Filing: w.site()})
		})
		all := []*told{
			c.send(w.ctx, "0", issue), c.send(w.ctx, "1", issue), c.send(w.ctx, "2", granted), c.send(w.ctx, "3", issue), c.send(w.ctx, "4", issue),
		}
		filed := c.send(w.ctx, "5", submit)
		r.clear()
		<-time.After(time.Minute) // whatever pauses is over
		synctest.Wait()
		if r.largest < 3 && len(faults) == 0 {
			t.Errorf("at most %d shared a commit", r.largest)
		}
		// One of the five found the quota used up. The others are done, once.
		if answered, done := count(all); answered != 5 || done != 4 || filed.err != nil {
			t.Errorf("%s: %d were answered and %d done, filed: %v", what, answered, done, filed.err)
		}
		codes := map[icpcode.Code]bool{old: true}
		for _, a := range all {
			if a.err != nil {
				refused(t, a.err, icpcode.ELGQuota)
				continue
			}
			codes[a.res.Codes[0]] = true
		}
		w.store = inner
		w.with(func(*icpcode.Options) {})
		n := 0
		for rec, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: theOwner}) {
			if err != nil || !codes[rec.Code] {
				t.Errorf("%s: a code that nobody was told of, %v", what, err)
			}
			n++
		}
		if n != 5 || len(codes) != 5 {
			t.Errorf("%s: %d codes are there and %d were told", what, n, len(codes))
		}
		for event, times := range seen {
			if times != 1 {
				t.Errorf("%s: event %s was observed %d times", what, event, times)
			}
		}
		calls = faulty.Calls(storetest.AnyMethod)
		if len(faults) > 0 && len(faulty.Fired()) == len(faults) {
			calls = -calls
		}
	})
	return calls
}

// TestMergeTwoEngines presses on one instance through two engines, each of
// which merges: they conflict, and nothing is lost or done twice.
func TestMergeTwoEngines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := &delayed{Store: memstore.New()}
		runways := []*runway{newRunway(d), newRunway(d)}
		i := w.server(theOwner)
		i.ContractQuota = 900
		var wg sync.WaitGroup
		var mu sync.Mutex
		codes := map[icpcode.Code]bool{}
		lost := 0
		for _, r := range runways {
			r.open = true
			w.store = r
			eng := w.with(func(o *icpcode.Options) { o.Observe = nil }).eng
			for range 40 {
				wg.Go(func() {
					for range 15 {
						res, err := eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
						mu.Lock()
						if err != nil && strings.Contains(err.Error(), "ELG-QUOTA") {
							lost++
						} else if err != nil {
							t.Error(err)
						} else {
							codes[res.Codes[0]] = true
						}
						mu.Unlock()
					}
				})
			}
		}
		wg.Wait()
		if len(codes) != 900 || lost != 300 {
			t.Errorf("%d codes were issued and %d requests refused", len(codes), lost)
		}
		if d.conflicts == 0 || runways[0].largest < 10 || runways[1].largest < 10 {
			t.Errorf("%d conflicts, at most %d and %d shared a commit", d.conflicts, runways[0].largest, runways[1].largest)
		}
	})
}

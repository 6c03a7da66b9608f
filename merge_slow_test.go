package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode"
)

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

// TestMergeSlowFlights has commits take much longer than usual: those that wait
// for a place leave then, each by itself while anything is overdue, and
// together once nothing is.
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
		all = append(all, c.others("slow", 20)...)
		<-time.After(60 * time.Millisecond)
		c.underWay(2)
		// Places double as long as nothing comes back.
		for _, n := range []int{4, 8, 16} {
			<-time.After(115 * time.Millisecond)
			if held := c.underWay(n); len(held[n-1].receipts()) != 1 {
				t.Errorf("while nothing comes back, %v leave together", held[n-1].receipts())
			}
		}
		all = append(all, c.others("late", 20)...)
		c.runway.let(c.underWay(16)[0], nil)
		c.underWay(15)
		<-time.After(time.Second)
		for _, held := range c.underWay(39) {
			if r := held.receipts(); len(r) != 1 {
				t.Errorf("while some are overdue, %v left together", r)
			}
		}
		for n := 39; n > 0; n-- {
			c.runway.let(c.underWay(n)[0], nil)
		}
		all = append(all, c.others("again", 6)...)
		c.runway.let(c.underWay(2)[0], nil)
		if r := c.underWay(2)[1].receipts(); len(r) != 4 {
			t.Errorf("when nothing is overdue, %v left together", r)
		}
		c.runway.clear()
		if _, done := count(all); done != len(all) || c.runway.commits != before+43 {
			t.Errorf("%d of %d were done, in %d commits", done, len(all), c.runway.commits-before)
		}
	})
}

// TestMergeHanging has 64 instances whose commits hang, each with a request of
// its own, and one request that has nothing to do with any of them: before
// them, among them and after them it is done soon, and so are twenty.
func TestMergeHanging(t *testing.T) {
	const hanging = 64
	for _, place := range []int{0, 1, 7, 32, 63, 64} {
		for _, together := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				c := newCrew(t)
				locked := &locks{Store: c.runway.Store, but: "i-free"}
				c.runway.open, c.runway.Store = true, locked
				ctx, cancel := context.WithCancel(c.ctx)
				var all []*told
				var free *told
				var took time.Duration
				pause := func() {
					if !together {
						<-time.After(3 * time.Millisecond)
					}
				}
				issue := func() {
					free = c.send(c.ctx, "free", func(ctx context.Context, id string) (res icpcode.Result, err error) {
						// What was done once says nothing of those that hang.
						i := c.server2(theOwner, "i-free")
						i.ContractQuota = 100
						for n := range 20 {
							start := time.Now()
							if res, err = c.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, RequestID: fmt.Sprint(id, n), Instance: i, Quantity: 1}); err != nil {
								break
							}
							took = max(took, time.Since(start))
						}
						return res, err
					})
					pause()
				}
				for n := range hanging {
					if n == place {
						issue()
					}
					all = append(all, c.issue(ctx, fmt.Sprint("hangs ", n), c.server(theOwner), ""))
					pause()
				}
				if place == hanging {
					issue()
				}
				<-time.After(2 * time.Second)
				synctest.Wait()
				if free == nil || !free.done.Load() || free.err != nil || took > 100*time.Millisecond {
					t.Errorf("at place %d, together %v: the free one is done after %v", place, together, took)
				}
				if answered, _ := count(all); answered != 0 {
					t.Errorf("%d of those that hang were answered", answered)
				}
				// Whose caller leaves is told so, and nothing stays behind.
				cancel()
				synctest.Wait()
				if answered, done := count(all); answered != hanging || done != 0 {
					t.Errorf("%d were answered, %d done", answered, done)
				}
				locked.gone.Store(true)
				after := c.issue(c.ctx, "after", c.server(theOwner), "")
				if !after.done.Load() || after.err != nil {
					t.Errorf("afterwards: %v", after.err)
				}
			})
		}
	}
}

// locks is a store in which others hold locks on all instances but one: what
// needs one of them waits until its context is done.
type locks struct {
	icpcode.Store
	but  string
	gone atomic.Bool
}

func (l *locks) Commit(ctx context.Context, c icpcode.Change) error {
	for _, p := range c.Puts {
		if p.Key.Kind == icpcode.KindLedger && p.Key.A != l.but && !l.gone.Load() {
			<-ctx.Done()
			return ctx.Err()
		}
	}
	return l.Store.Commit(ctx, c)
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

// TestMergeQuickStore has a store that answers within microseconds: a request
// does not wait for others there, unless it conflicts again and again.
func TestMergeQuickStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.runway.open = true
		d := &delayed{Store: c.runway.Store, takes: time.Microsecond}
		c.runway.Store = d
		pressed := func(same bool) (most int) {
			c.runway.largest, c.runway.crossed = 0, nil
			i := c.server(theOwner)
			i.ContractQuota = 100
			var all []*told
			if same {
				all = c.crowd(50, i)
			} else {
				all = c.others(string(i.ID), 50)
			}
			if _, done := count(all); done != 0 {
				t.Fatal("the store does not take its time")
			}
			<-time.After(time.Second)
			if _, done := count(all); done != 50 {
				t.Errorf("%d of 50 were done", done)
			}
			return c.runway.largest
		}
		if most := pressed(true); most < 40 {
			t.Errorf("before anything is known of the store, at most %d shared a commit", most)
		}
		for range 200 {
			must[icpcode.Result](t)(c.eng.Issue(c.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: c.server(theOwner), Quantity: 1}))
		}
		for range 3 {
			if most := pressed(false); most != 1 {
				t.Errorf("over a quick store %d shared a commit", most)
			}
		}
		before := c.runway.commits
		if most := pressed(true); most < 40 || c.runway.commits-before > 50*4 {
			t.Errorf("those that conflicted over a quick store took %d commits, shared by at most %d", c.runway.commits-before, most)
		}
	})
}

// TestMergeBecomesSlow has a store that was quick become slow: that is noticed
// whatever is asked for, be it always the same of one instance or something
// else each time. Without it, most of what is asked of one instance conflicts
// until it is given up.
func TestMergeBecomesSlow(t *testing.T) {
	const callers, each = 64, 8
	for _, instances := range []int{1, 2, 16, callers * each} {
		for seed := range 16 { // which of them are timed, and were so by fingerprint
			synctest.Test(t, func(t *testing.T) {
				c := newCrew(t)
				c.runway.open = true
				d := &delayed{Store: c.runway.Store, takes: time.Microsecond}
				c.runway.Store = d
				for n := range 300 {
					must[icpcode.Result](t)(c.eng.Issue(c.ctx, icpcode.IssueRequest{
						Actor: theOwner, Instance: c.server2(theOwner, fmt.Sprint("quick-", seed, "-", n)), Quantity: 1}))
				}
				d.takes = 5 * time.Millisecond
				before := c.runway.commits
				var wg sync.WaitGroup
				var failed atomic.Int64
				for n := range callers {
					wg.Go(func() {
						for k := range each {
							i := c.server2(theOwner, fmt.Sprint("slow-", seed, "-", (n*each+k)%instances))
							i.ContractQuota = 1000
							if _, err := c.eng.Issue(c.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1}); err != nil {
								failed.Add(1)
							}
						}
					})
				}
				wg.Wait()
				if took := c.runway.commits - before; failed.Load() != 0 || took > callers*each {
					t.Errorf("%d instances: %d of %d failed, in %d commits", instances, failed.Load(), callers*each, took)
				}
				if c.runway.largest < 8 {
					t.Errorf("%d instances: at most %d shared a commit", instances, c.runway.largest)
				}
			})
		}
	}
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

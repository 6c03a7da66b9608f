package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/storetest"
)

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

// TestMergeManyLeave has a crowd wait for one instance over a store that hangs,
// and their contexts end together. Each is told so at once, and others go on
// meanwhile. What that costs is measured in TestMergeManyLeaveCost.
func TestMergeManyLeave(t *testing.T) {
	leaveTogether(t, 8000)
}

// leaveTogether has n callers wait and leave.
func leaveTogether(t *testing.T, n int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		i := c.server(theOwner)
		hangs := &hanging{Store: c.runway.Store, key: icpcode.Key{Kind: icpcode.KindLedger, A: string(i.ID)}, until: make(chan struct{})}
		c.runway.open, c.runway.Store = true, hangs
		start := time.Now()
		ctx, cancel := context.WithTimeout(c.ctx, time.Second)
		defer cancel()
		first := c.issue(ctx, "first", i, "")
		errs := make([]error, n)
		var wg sync.WaitGroup
		for k := range n {
			wg.Go(func() {
				_, errs[k] = c.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, RequestID: fmt.Sprint(k), Instance: i, Quantity: 1})
				if errors.Is(errs[k], context.DeadlineExceeded) && time.Since(start) != time.Second {
					t.Errorf("request %d was told after %v", k, time.Since(start))
				}
			})
		}
		<-ctx.Done()
		others := make([]error, 20)
		for k := range others {
			wg.Go(func() {
				_, others[k] = c.eng.Issue(c.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: c.server2(theOwner, fmt.Sprint("other-", k)), Quantity: 1})
			})
		}
		wg.Wait() // while the store still hangs
		close(hangs.until)
		synctest.Wait()
		if !first.done.Load() {
			t.Error("the first was not answered though the store came back")
		}
		for k, err := range errs {
			if err == nil || !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("of %d, request %d was told %v", n, k, err)
			}
		}
		if err := errors.Join(others...); err != nil {
			t.Errorf("of those that had nothing to do with it: %v", err)
		}
	})
}

// hanging is a store in which Commits of one document hang, whatever their
// context says.
type hanging struct {
	icpcode.Store
	key   icpcode.Key
	until chan struct{}
}

func (h *hanging) Commit(ctx context.Context, c icpcode.Change) error {
	for _, p := range c.Puts {
		if p.Key == h.key {
			<-h.until
		}
	}
	return h.Store.Commit(ctx, c)
}

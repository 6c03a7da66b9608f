package icpcode_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode"
)

// impatient is a store in which another session holds the lock of an instance:
// a commit that needs it waits for as long as the store allows, and is then
// told that it conflicts.
type impatient struct {
	icpcode.Store
	locked icpcode.InstanceID
	wait   time.Duration
	free   atomic.Bool // the lock is free
	waits  atomic.Int64
}

func (s *impatient) Commit(ctx context.Context, c icpcode.Change) error {
	for _, p := range c.Puts {
		if p.Key.Kind == icpcode.KindLedger && p.Key.A == string(s.locked) && !s.free.Load() {
			s.waits.Add(1)
			<-time.After(s.wait)
			return fmt.Errorf("lock wait timeout exceeded: %w", icpcode.ErrConflict)
		}
	}
	return s.Store.Commit(ctx, c)
}

// TestMergeLockWait has a commit of many requests wait for a lock that one of
// them needs, over a store that waits for a second: the others are done after
// a second for each halving and one more, and that one when the lock is free.
func TestMergeLockWait(t *testing.T) {
	for _, place := range []int{0, 1, 31, 62, 63} {
		synctest.Test(t, func(t *testing.T) {
			const strangers, halvings = 63, 6
			c := newCrew(t)
			s := &impatient{Store: c.runway.Store, locked: "i-locked", wait: time.Second}
			c.runway.Store = s
			all := c.others("r", 2)
			c.underWay(2)
			all = append(all, c.others("before", place)...)
			late := c.issue(c.ctx, "locked", c.server2(theOwner, "i-locked"), "")
			all = append(all, c.others("after", strangers-place)...)
			start := time.Now()
			c.runway.clear()
			for range 2 * halvings {
				<-time.After(time.Second)
				synctest.Wait()
				if _, done := count(all); done == len(all) {
					break
				}
			}
			if _, done := count(all); done != len(all) || time.Since(start) > (halvings+2)*time.Second {
				t.Errorf("the lock is of request %d: %d of %d strangers were done after %v", place, done, len(all), time.Since(start))
			}
			if answered, _ := count([]*told{late}); answered != 0 {
				t.Errorf("a request for a locked instance was answered: %v", late.err)
			}
			s.free.Store(true)
			<-time.After(2 * time.Second)
			synctest.Wait()
			if _, done := count([]*told{late}); done != 1 {
				t.Errorf("after the lock was free: %v", late.err)
			}
			if c.runway.largest != strangers+1 || s.waits.Load() < halvings {
				t.Errorf("up to %d shared a commit, and %d waited for the lock", c.runway.largest, s.waits.Load())
			}
		})
	}
}

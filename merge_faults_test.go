package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/storetest"
)

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

package icpcode_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode"
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
		if d, err := verify(c.ctx, c.eng, r); err != nil || d.Refused() {
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

// TestMergeBounds queues more than one commit may carry: of requests, of
// documents, and of events, of which a document has one beside it.
func TestMergeBounds(t *testing.T) {
	for _, tt := range []struct {
		quantity, requests int
		to                 icpcode.AccountID
		most               int // requests in a commit
	}{{1, 300, "", 128}, {20, 100, "", 1024 / 22}, {20, 100, theGrantee, 1024 / 40}} {
		synctest.Test(t, func(t *testing.T) {
			c := newCrew(t)
			i := c.server(theOwner)
			i.ContractQuota = 1000 // where there are more, the last find it used up
			var all []*told
			for k := range tt.requests {
				all = append(all, c.send(c.ctx, fmt.Sprint(k), func(ctx context.Context, id string) (icpcode.Result, error) {
					return c.eng.Issue(ctx, icpcode.IssueRequest{
						Actor: theOwner, RequestID: id, Instance: i, Quantity: tt.quantity, GrantTo: tt.to, Certification: icpcode.Enterprise})
				}))
			}
			documents, events, answered := 0, 0, 0
			for answered < tt.requests {
				held := c.runway.waiting()
				if len(held) != 1 {
					t.Fatalf("%d commits are under way", len(held))
				}
				documents, events = max(documents, len(held[0].change.Puts)), max(events, len(held[0].change.Events))
				c.runway.let(held[0], nil)
				answered, _ = count(all)
			}
			if c.runway.largest != tt.most || documents > 1024 || events > 1024 {
				t.Errorf("with %d codes each for %q a commit carried up to %d requests, %d documents and %d events, want %d requests",
					tt.quantity, tt.to, c.runway.largest, documents, events, tt.most)
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

func (c *call) carries(id string) bool { return slices.Contains(c.receipts(), id) }

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

// TestMergeListsFirst closes an instance while codes are issued for it, and
// imports a code twice: each finds what the others have done.
func TestMergeListsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		i := c.server(theOwner)
		all := c.crowd(3, i)
		closing := c.send(c.ctx, "close", func(ctx context.Context, id string) (icpcode.Result, error) {
			return c.eng.CloseInstance(ctx, icpcode.CloseRequest{Actor: ops, RequestID: id, InstanceID: i.ID, Reason: "gone"})
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

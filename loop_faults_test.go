package icpcode

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestBatchConflict conflicts until the k-th Commit: the whole batch is decided
// again, on fresh documents and with fresh codes.
func TestBatchConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for k := range 8 {
			w := newLoopWorld(t)
			seen := map[Code]bool{}
			w.store.fail = func(n int) shelfFault {
				if n <= k {
					// Somebody else takes a slot meanwhile.
					l := w.ledger("i-1")
					if n == 1 {
						l.Issued++
						l.Attached++
					}
					key := ledgerKey("i-1")
					w.store.docs[key] = Document{Key: key, Version: w.store.docs[key].Version + 1, Body: &l}
					return shelfFault{err: fmt.Errorf("wrapped: %w", ErrConflict)}
				}
				return shelfFault{}
			}
			var batch []*pending
			for i := range 5 {
				batch = append(batch, w.issue("1001", fmt.Sprint("r", i), "i-1", 1, ""))
			}
			if n := w.carry(batch...); n != k+1 || len(w.store.loads) != k+1 {
				t.Errorf("%d conflicts: %d loads and %d commits", k, len(w.store.loads), n)
			}
			for i, p := range batch {
				if i == 4 && k > 0 {
					refusedBy(t, p.err, ELGQuota)
					continue
				}
				if p.err != nil || seen[p.res.Codes[0]] {
					t.Errorf("request %d: %v, %v", i, p.err, p.res.Codes)
					continue
				}
				seen[p.res.Codes[0]] = true
			}
			if w.ledger("i-1").Issued != 5 {
				t.Errorf("issued %d", w.ledger("i-1").Issued)
			}
		}
	})
}

// TestBatchUnknownOutcome loses the answer of a Commit: the batch is tried again
// in halves, and the receipts tell what had happened.
func TestBatchUnknownOutcome(t *testing.T) {
	lost := errors.New("connection lost")
	for _, after := range []bool{false, true} {
		w := newLoopWorld(t)
		w.done(w.issue("1001", "old", "i-1", 3, ""))
		w.store.fail = func(n int) shelfFault {
			if n == 2 {
				return shelfFault{lost, after}
			}
			return shelfFault{}
		}
		batch := []*pending{
			w.issue("1001", "old", "i-1", 3, ""), // a receipt that is stored
			w.issue("1001", "a", "i-1", 2, ""),
			w.issue("1001", "a", "i-1", 2, ""), // rests on its neighbour's receipt
			w.issue("1001", "b", "i-1", 1, ""), // refused because of its neighbour
			w.issue("1001", "a", "i-1", 1, ""), // reuses its neighbour's ID
		}
		commits := 2
		if after {
			commits = 1
		}
		if n := w.carry(batch...); n != commits {
			t.Errorf("took effect %v: took %d commits, want %d", after, n, commits)
		}
		for i, p := range batch[:3] {
			if p.err != nil || p.res.Replayed != (i != 1 || after) {
				t.Errorf("took effect %v: request %d: %+v, %v", after, i, p.res, p.err)
			}
		}
		if len(batch[1].events) > 0 == after {
			t.Errorf("took effect %v: %d events to observe", after, len(batch[1].events))
		}
		refusedBy(t, batch[3].err, ELGQuota)
		if batch[4].err != ErrRequestReused {
			t.Errorf("the reused ID: %v", batch[4].err)
		}
		if w.ledger("i-1").Issued != 5 {
			t.Errorf("took effect %v: issued %d", after, w.ledger("i-1").Issued)
		}
		w.consistent()
	}
}

// TestBatchInDoubt loses the answer of a Commit, and then others take what
// there was: a request that was in it is not told that it was refused, since
// that Commit might yet take effect.
func TestBatchInDoubt(t *testing.T) {
	lost := errors.New("connection lost")
	w := newLoopWorld(t)
	w.store.fail = func(n int) shelfFault {
		if n == 1 {
			key := ledgerKey("i-1")
			w.store.docs[key] = Document{Key: key, Version: 9, Body: &Ledger{Issued: 5, Attached: 5}}
			return shelfFault{err: lost}
		}
		return shelfFault{}
	}
	in, out := w.issue("1001", "a", "i-1", 5, ""), w.issue("1001", "b", "i-1", 1, "")
	if n := w.carry(in, out); n != 1 {
		t.Errorf("took %d commits", n)
	}
	var unknown *UnknownOutcomeError
	if !errors.As(in.err, &unknown) || unknown.RequestID != "a" || !errors.Is(in.err, lost) {
		t.Errorf("what was in the commit answers %v", in.err)
	}
	refusedBy(t, out.err, ELGQuota)
	// The same request again is another one to the engine, and certain.
	again := w.issue("1001", "a", "i-1", 5, "")
	w.carry(again)
	refusedBy(t, again.err, ELGQuota)
}

// TestBatchPoisoned has requests whose Commit fails, beside others: they fail
// alone, wherever they stand.
func TestBatchPoisoned(t *testing.T) {
	bad := errors.New("cannot be written")
	for n := 2; n <= 9; n++ {
		for first := range n {
			for second := first; second < n; second++ {
				w := newLoopWorld(t)
				poison := map[Key]bool{}
				w.store.poison = func(c Change) error {
					for _, p := range c.Puts {
						if poison[p.Key] {
							return bad
						}
					}
					return nil
				}
				var batch []*pending
				for i := range n {
					batch = append(batch, w.issue("1001", fmt.Sprint("r", i), InstanceID(fmt.Sprint("i-", i/4)), 1, ""))
				}
				poison[batch[first].receipt], poison[batch[second].receipt] = true, true
				commits := w.carry(batch...)
				for i, p := range batch {
					if i == first || i == second {
						var unknown *UnknownOutcomeError
						if !errors.As(p.err, &unknown) || unknown.RequestID != p.requestID || !errors.Is(p.err, bad) {
							t.Errorf("of %d, %d is bad and answers %v", n, i, p.err)
						}
						continue
					}
					if p.err != nil {
						t.Errorf("of %d, %d and %d are bad, and %d answers %v", n, first, second, i, p.err)
					}
				}
				if commits < 3 || commits > 2*n {
					t.Errorf("of %d, %d and %d are bad, which took %d commits", n, first, second, commits)
				}
				w.consistent()
			}
		}
	}
}

// TestBatchManyPoisoned has more bad requests than attempts may fail in a row:
// it is the good ones in between that show that the store is in order.
func TestBatchManyPoisoned(t *testing.T) {
	w := newLoopWorld(t)
	bad := errors.New("cannot be written")
	var batch []*pending
	poison := map[Key]bool{}
	for i := range merging(0).Requests {
		batch = append(batch, w.issue("1001", fmt.Sprint("r", i), InstanceID(fmt.Sprint("i-", i)), 1, ""))
		poison[batch[i].receipt] = i%7 == 3
	}
	w.store.poison = func(c Change) error {
		for _, p := range c.Puts {
			if poison[p.Key] {
				return bad
			}
		}
		return nil
	}
	w.carry(batch...)
	for i, p := range batch {
		if errors.Is(p.err, bad) != (i%7 == 3) {
			t.Errorf("request %d: %v", i, p.err)
		}
	}
	w.consistent()
}

// TestBatchStoreIsDown fails everything: the callers are told soon. A batch is
// halved as long as fewer than sixteen attempts failed, and what is left by then
// is tried once, in the parts that there are.
func TestBatchStoreIsDown(t *testing.T) {
	down := errors.New("down")
	for size, tries := range map[int]int{128: 16 + 5, 100: 16 + 3} {
		w := newLoopWorld(t)
		w.store.fail = func(int) shelfFault { return shelfFault{err: down} }
		var batch []*pending
		for i := range size {
			batch = append(batch, w.issue("1001", fmt.Sprint("r", i), InstanceID(fmt.Sprint("i-", i)), 1, ""))
		}
		if n := w.carry(batch...); n != tries {
			t.Errorf("for %d requests the store was tried %d times, want %d", size, n, tries)
		}
		for i, p := range batch {
			if !errors.Is(p.err, ErrUnknownOutcome) || !errors.Is(p.err, down) {
				t.Errorf("request %d: %v", i, p.err)
			}
		}
	}
}

// TestBatchDoubts has a commit whose outcome is unknown, and then no answer from
// the store at all: only what the commit would have written is in doubt, not
// what had been done long before.
func TestBatchDoubts(t *testing.T) {
	w := newLoopWorld(t)
	w.done(w.issue("1001", "a", "i-1", 1, ""))
	w.store.fail = func(int) shelfFault {
		w.store.cut = 1
		return shelfFault{err: errors.New("connection lost")}
	}
	again, fresh := w.issue("1001", "a", "i-1", 1, ""), w.issue("1001", "b", "i-2", 1, "")
	w.carry(again, fresh)
	if errors.Is(again.err, ErrUnknownOutcome) || !errors.Is(again.err, ErrUnavailable) {
		t.Errorf("what was done before has %v, want no doubt", again.err)
	}
	if !errors.Is(fresh.err, ErrUnknownOutcome) {
		t.Errorf("what may have been done has %v, want ErrUnknownOutcome", fresh.err)
	}
}

// TestBatchPanics has a store that panics over one request of a batch: its
// caller meets the panic, the others are done.
func TestBatchPanics(t *testing.T) {
	w := newLoopWorld(t)
	var bad *pending
	w.store.poison = func(c Change) error {
		for _, p := range c.Puts {
			if p.Key == bad.receipt {
				panic("what is this?")
			}
		}
		return nil
	}
	var batch []*pending
	for i := range 5 {
		batch = append(batch, w.issue("1001", fmt.Sprint("r", i), "i-1", 1, ""))
	}
	bad = batch[3]
	met := func() (value any) {
		defer func() { value = recover() }()
		w.carry(batch...)
		return nil
	}()
	if met != "what is this?" {
		t.Errorf("the caller meets %v", met)
	}
	for i, p := range batch {
		if p != bad && p.err != nil {
			t.Errorf("request %d: %v", i, p.err)
		}
	}
	if l := w.ledger("i-1"); l.Issued != 4 {
		t.Errorf("issued %d", l.Issued)
	}
	w.consistent()
}

// TestBatchOneConflicts has one request that always conflicts beside others:
// it gives up alone.
func TestBatchOneConflicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLoopWorld(t)
		var bad *pending
		w.store.poison = func(c Change) error {
			for _, p := range c.Puts {
				if p.Key == bad.receipt {
					return ErrConflict
				}
			}
			return nil
		}
		var batch []*pending
		for i := range merging(0).Requests {
			batch = append(batch, w.issue("1001", fmt.Sprint("r", i), InstanceID(fmt.Sprint("i-", i/5)), 1, ""))
		}
		bad = batch[77]
		start := time.Now()
		w.carry(batch...)
		for i, p := range batch {
			if p == bad {
				if !errors.Is(p.err, ErrConflict) || errors.Is(p.err, ErrUnknownOutcome) {
					t.Errorf("what always conflicts answers %v", p.err)
				}
			} else if p.err != nil {
				t.Errorf("request %d: %v", i, p.err)
			}
		}
		if waited := time.Since(start); waited > 2*time.Second {
			t.Errorf("waited %v", waited)
		}
		w.consistent()
	})
}

// TestBatchFailures has one request whose own part fails beside others that
// go on.
func TestBatchFailures(t *testing.T) {
	w := newLoopWorld(t, 1, 2) // two codes, then the entropy is at its end
	a, b, c := w.issue("1001", "a", "i-1", 2, ""), w.issue("1002", "b", "i-2", 1, ""), w.enter("ops", "c", &closing{CloseRequest: CloseRequest{
		Actor: "ops", InstanceID: "i-3", Reason: "gone"}})
	if n := w.carry(a, b, c); n != 1 {
		t.Errorf("took %d commits", n)
	}
	if a.err != nil || c.err != nil || !errors.Is(b.err, ErrEntropy) {
		t.Errorf("%v, %v, %v", a.err, b.err, c.err)
	}
	// A request with a receipt needs no entropy.
	again := w.issue("1001", "a", "i-1", 2, "")
	if n := w.carry(again); n != 0 || again.err != nil || !again.res.Replayed {
		t.Errorf("%d commits, %+v, %v", n, again.res, again.err)
	}
	// Documents that are kept back are nobody's answer.
	before := w.store.dump()
	w.store.cut = 1
	d, e := w.issue("1001", "d", "i-1", 0, ""), w.issue("1001", "e", "i-1", 0, "")
	w.carry(d, e)
	for _, p := range []*pending{d, e} {
		if p.err == nil || !strings.Contains(p.err.Error(), "documents") {
			t.Errorf("with a document missing: %v", p.err)
		}
	}
	if w.store.dump() != before {
		t.Error("something was written")
	}
}

// TestViewSecondLoad decides on a key that was not loaded ahead: what was
// written before it is noticed is forgotten.
func TestViewSecondLoad(t *testing.T) {
	w := newLoopWorld(t)
	p := w.enter("1001", "r", &forgetful{issuing{IssueRequest: IssueRequest{
		Actor: "1001", Instance: w.server("i-1", "1001"), Quantity: 1, GrantTo: "2002", Certification: Enterprise,
	}}})
	w.acquaint("1001", "2002")
	many := w.issue("1001", "s", "i-1", 1, "")
	if n := w.carry(many, p); n != 1 || p.err != nil || many.err != nil {
		t.Fatalf("%d commits, %v, %v", n, p.err, many.err)
	}
	if len(w.store.loads) < 2 {
		t.Errorf("there was %d load: nothing was missing", len(w.store.loads))
	}
	if l := w.ledger("i-1"); l.Issued != 2 {
		t.Errorf("issued %d, want 2", l.Issued)
	}
	w.consistent()
}

// forgetful is an issue that does not say what it reads.
type forgetful struct{ issuing }

func (*forgetful) keys(_ *call, keys []Key) []Key { return keys }

// TestLoopGivesUp meets a store that conflicts for ever, without waiting.
func TestLoopGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLoopWorld(t)
		w.store.fail = func(int) shelfFault { return shelfFault{err: ErrConflict} }
		a, b := w.issue("1001", "a", "i-1", 1, ""), w.issue("1002", "b", "i-2", 6, "")
		start := time.Now()
		n := w.carry(a, b)
		if n != maxAttempts || !errors.Is(a.err, ErrConflict) || !strings.Contains(a.err.Error(), "64 attempts") {
			t.Errorf("after %d attempts: %v", n, a.err)
		}
		refusedBy(t, b.err, ELGQuota)
		if waited := time.Since(start); waited > maxAttempts*lastBackoff || waited == 0 {
			t.Errorf("waited %v", waited)
		}
		if len(w.store.docs) != 0 {
			t.Error("something was written")
		}
	})
}

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for i := range 200 {
			start := time.Now()
			if err := backOff(t.Context(), i); err != nil {
				t.Fatal(err)
			}
			waited := time.Since(start)
			if i < 2 && waited != 0 {
				t.Errorf("after conflict %d it waits %v, want not at all", i, waited)
			}
			if waited > lastBackoff {
				t.Errorf("after conflict %d it waits %v", i, waited)
			}
		}
		start := time.Now()
		for range 20 { // a random part of 80 µs
			if err := backOff(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
		}
		if time.Since(start) == 0 {
			t.Error("after conflict 2, the third, it never waits")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, i := range []int{0, 5} {
			if err := backOff(ctx, i); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled, it answers %v", err)
			}
		}
		ctx, cancel = context.WithTimeoutCause(t.Context(), time.Nanosecond, errors.New("late"))
		defer cancel()
		for i := 20; ; i++ {
			if err := backOff(ctx, i); err != nil {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("cancelled while waiting, it answers %v", err)
				}
				break
			}
		}
	})
}

package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/storetest"
	"github.com/shopspring/decimal"
)

// TestUnknownOutcome loses the answer of the Commit of each operation, which
// took effect or did not: the caller is told that it is unknown, and the same
// request again is done exactly once.
func TestUnknownOutcome(t *testing.T) {
	for _, effect := range []storetest.Effect{storetest.FailBefore, storetest.FailAfter} {
		for _, o := range changing {
			for _, given := range []bool{false, true} {
				what := fmt.Sprintf("%s, %v, request ID given %v", o.name, effect, given)
				w := newWorld(t)
				in := newInputs(w)
				if given {
					in.named("r")
				}
				faulty := storetest.NewFaulty(w.store, storetest.Fault{Method: storetest.Commit, Call: 1, Effect: effect})
				w.eng = icpcode.New(faulty, &w.opt)
				seen := len(w.seen)
				err := o.do(in)
				if len(faulty.Fired()) != 1 {
					t.Fatalf("%s: the fault did not fire", what)
				}
				var unknown *icpcode.UnknownOutcomeError
				if !errors.As(err, &unknown) || !errors.Is(err, icpcode.ErrUnknownOutcome) || !errors.Is(err, storetest.ErrInjected) {
					t.Errorf("%s: got %v", what, err)
					continue
				}
				if unknown.RequestID == "" || !strings.Contains(err.Error(), unknown.RequestID) {
					t.Errorf("%s: the error does not say how to repeat the request: %v", what, err)
				}
				noCodes(t, what, err, in.codes...)
				if len(w.seen) != seen {
					t.Errorf("%s: it was observed", what)
				}
				in.repeat(unknown.RequestID)
				calls := w.calls
				if err := o.do(in); err != nil {
					t.Errorf("%s: again: %v%s", what, err, why(err))
				}
				if effect == storetest.FailAfter && (len(w.seen) != seen || w.calls != calls) {
					t.Errorf("%s: repeated it is not replayed", what)
				}
				if effect == storetest.FailBefore && len(w.seen) == seen && o.name != "CloseInstance" {
					t.Errorf("%s: repeated it is not done", what)
				}
			}
		}
	}
}

// repeat sets the request ID of every request.
func (in *inputs) repeat(id string) {
	in.issue.RequestID, in.auto.RequestID, in.buy.RequestID, in.bind.RequestID, in.grant.RequestID = id, id, id, id, id
	in.submit.RequestID, in.resubmit.RequestID, in.approve.RequestID, in.reject.RequestID, in.stage.RequestID = id, id, id, id, id
	in.end.RequestID, in.correct.RequestID = id, id
	in.release.RequestID, in.refund.RequestID, in.void.RequestID, in.closing.RequestID, in.imported.RequestID = id, id, id, id, id
}

// TestEveryStoreCallFails makes each call of the store fail in turn: what the
// caller is told is the store's error, unknown if it came from a Commit, and
// then nothing or all of it has happened.
func TestEveryStoreCallFails(t *testing.T) {
	broken := errors.New("broken")
	for n, o := range operations {
		for call := 1; ; call++ {
			w := newWorld(t)
			in := newInputs(w)
			in.list.Facts = each(func(id icpcode.InstanceID) icpcode.Instance { return icpcode.Instance{ID: id} })
			faulty := storetest.NewFaulty(w.store, storetest.Fault{Call: call, Err: broken})
			w.eng = icpcode.New(faulty, &w.opt)
			err := o.do(in)
			if len(faulty.Fired()) == 0 {
				if err != nil || call == 1 {
					t.Errorf("%s: %v, without a fault", o.name, err)
				}
				break
			}
			is(t, err, broken)
			if unknown := errors.Is(err, icpcode.ErrUnknownOutcome); unknown != (faulty.Calls(storetest.Commit) > 0) || unknown && n >= len(changing) {
				t.Errorf("%s, call %d: got %v", o.name, call, err)
			}
		}
	}
}

// TestAlwaysConflicts has a store on which somebody else is always faster. The
// time is a bubble's: nothing really waits.
func TestAlwaysConflicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, o := range changing {
			w := newWorld(t)
			in := newInputs(w)
			spy := w.spied()
			spy.commit = func(context.Context, icpcode.Change, func() error) error {
				return fmt.Errorf("store: %w", icpcode.ErrConflict)
			}
			seen, start := len(w.seen), time.Now()
			err := o.do(in)
			is(t, err, icpcode.ErrConflict)
			if errors.Is(err, icpcode.ErrUnknownOutcome) {
				t.Errorf("%s: a conflict is an unknown outcome: %v", o.name, err)
			}
			if n := spy.calls("Commit"); n < 10 || n > 100 {
				t.Errorf("%s gave up after %d attempts", o.name, n)
			}
			if waited := time.Since(start); waited == 0 || waited > 5*time.Second {
				t.Errorf("%s waited %v", o.name, waited)
			}
			if len(w.seen) != seen || w.calls > 1 {
				t.Errorf("%s was observed, or asked the phone %d times", o.name, w.calls)
			}
			noCodes(t, o.name, err, in.codes...)
			// When the store is quiet again it goes on.
			spy.commit = nil
			if err := o.do(in); err != nil {
				t.Errorf("%s, when the store is quiet: %v", o.name, err)
			}
		}
	})
}

// TestCancelled cancels the context at the n-th conflict, at the end of a Load
// and inside of a Commit.
func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := context.Canceled
		for n := 1; n <= 20; n++ {
			w := newWorld(t)
			i := w.server(theOwner)
			spy := w.spied()
			ctx, cancel := context.WithCancel(t.Context())
			spy.commit = func(context.Context, icpcode.Change, func() error) error {
				if spy.calls("Commit") == n {
					cancel()
				}
				return icpcode.ErrConflict
			}
			start := time.Now()
			_, err := w.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
			is(t, err, cause)
			if errors.Is(err, icpcode.ErrUnknownOutcome) || errors.Is(err, icpcode.ErrConflict) {
				t.Errorf("cancelled at conflict %d: %v", n, err)
			}
			if got := spy.calls("Commit"); got != n || time.Since(start) > time.Second {
				t.Errorf("cancelled at conflict %d, it went on until %d, for %v", n, got, time.Since(start))
			}
			cancel()
		}
		// A deadline that passes while it backs off.
		w := newWorld(t)
		i := w.server(theOwner)
		spy := w.spied()
		spy.commit = func(context.Context, icpcode.Change, func() error) error { return icpcode.ErrConflict }
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := w.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
		is(t, err, context.DeadlineExceeded)
		if waited := time.Since(start); waited != time.Millisecond {
			t.Errorf("with a deadline in 1ms it answered after %v", waited)
		}
		// After the Load nothing was committed, so nothing is unknown.
		spy.forget()
		ctx, cancel = context.WithCancel(t.Context())
		spy.load = func(_ context.Context, _ []icpcode.Key, call func() ([]icpcode.Document, error)) ([]icpcode.Document, error) {
			defer cancel()
			return call()
		}
		_, err = w.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
		is(t, err, cause)
		if spy.calls("Commit") != 0 || errors.Is(err, icpcode.ErrUnknownOutcome) {
			t.Errorf("cancelled before its commit: %d commits, %v", spy.calls("Commit"), err)
		}
		// Inside of the Commit it is.
		ctx, cancel = context.WithCancel(t.Context())
		spy.load = nil
		spy.commit = func(ctx context.Context, _ icpcode.Change, call func() error) error {
			err := call()
			cancel()
			return errors.Join(err, ctx.Err())
		}
		r := icpcode.IssueRequest{Actor: theOwner, RequestID: "r", Instance: i, Quantity: 5}
		_, err = w.eng.Issue(ctx, r)
		is(t, err, icpcode.ErrUnknownOutcome)
		is(t, err, cause)
		spy.commit = nil
		if res := must[icpcode.Result](t)(w.eng.Issue(t.Context(), r)); !res.Replayed || len(res.Codes) != 5 {
			t.Errorf("again: %+v", res)
		}
	})
}

// errand is a life that goes on whatever the store does: each request is
// repeated with its ID until it has an answer.
type errand struct {
	t     testing.TB
	eng   *icpcode.Engine
	inner icpcode.Store
	calls int // of the phone
	seen  map[string]int
	now   time.Time
}

func newErrand(t testing.TB, inner icpcode.Store, faulty icpcode.Store) *errand {
	e := &errand{t: t, inner: inner, seen: map[string]int{}, now: at(2026, 3, 1, 12, 0, 0)}
	e.eng = icpcode.New(faulty, &icpcode.Options{
		RuleBook: theBook, Clock: func() time.Time { return e.now }, Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil },
		Price:       icpcode.Money{Amount: decimal.RequireFromString("33.34"), Currency: "CNY"},
		VerifyPhone: func(context.Context, icpcode.Verification) error { e.calls++; return nil },
		Observe: func(_ context.Context, events []icpcode.Event) {
			for _, ev := range events {
				e.seen[fmt.Sprint(ev.Code, ev.Seq)]++
			}
		},
	})
	return e
}

// theBook is shared, so that making an engine costs little.
var theBook = icpcode.Alibaba()

func (e *errand) repeat(what string, do func() (icpcode.Result, error)) icpcode.Result {
	for range 8 {
		res, err := do()
		if err == nil {
			return res
		}
		if !errors.Is(err, storetest.ErrInjected) {
			e.t.Fatalf("%s: %v%s", what, err, why(err))
		}
	}
	e.t.Fatalf("%s has no answer", what)
	return icpcode.Result{}
}

// run issues two codes, grants one, issues and grants another, buys two and
// refunds one of them, and checks that each of it happened once.
func (e *errand) run(what string) {
	ctx := e.t.Context()
	w := &world{t: e.t, now: e.now}
	i := w.server(theOwner)
	issued := e.repeat("issue", func() (icpcode.Result, error) {
		return e.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, RequestID: "1", Instance: i, Quantity: 2})
	})
	e.repeat("grant", func() (icpcode.Result, error) {
		return e.eng.Grant(ctx, icpcode.GrantRequest{
			Actor: theOwner, RequestID: "2", Codes: issued.Codes[:1], GrantTo: theGrantee, Certification: icpcode.Enterprise})
	})
	both := e.repeat("issue and grant", func() (icpcode.Result, error) {
		return e.eng.Issue(ctx, icpcode.IssueRequest{
			Actor: theOwner, RequestID: "3", Instance: i, Quantity: 1, GrantTo: theGrantee, Certification: icpcode.Enterprise})
	})
	bought := e.repeat("buy", func() (icpcode.Result, error) {
		return e.eng.Buy(ctx, icpcode.BuyRequest{Actor: theOwner, RequestID: "4", Quantity: 2})
	})
	refund := e.repeat("refund", func() (icpcode.Result, error) {
		return e.eng.Refund(ctx, icpcode.RefundRequest{Actor: theOwner, RequestID: "5", Code: bought.Codes[0]})
	})

	// Whatever happened on the way, the store is as if nothing had.
	eng := icpcode.New(e.inner, &icpcode.Options{
		RuleBook: theBook, Clock: func() time.Time { return e.now }, Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil }})
	want := map[icpcode.Code]string{
		issued.Codes[0]: "Available v2 for 2002", issued.Codes[1]: "Available v1 for 1001", both.Codes[0]: "Available v2 for 2002",
		bought.Codes[0]: "Refunded v2 for 1001", bought.Codes[1]: "Unbound v1 for 1001",
	}
	n := 0
	for r, err := range eng.Owned(ctx, icpcode.ListRequest{Actor: theOwner}) {
		if got := fmt.Sprintf("%v v%d for %s", r.State, r.Version, r.Holder()); err != nil || want[r.Code] != got {
			e.t.Errorf("%s: a code is %s, want %q (%v)", what, got, want[r.Code], err)
		}
		n++
	}
	if n != len(want) || len(want) != 5 {
		e.t.Errorf("%s: %d codes and %d of them known, want 5", what, n, len(want))
	}
	docs, err := e.inner.Load(ctx, icpcode.Key{Kind: icpcode.KindLedger, A: string(i.ID)})
	if l, ok := docs[0].Body.(*icpcode.Ledger); err != nil || !ok || l.Issued != 3 || l.Attached != 3 {
		e.t.Errorf("%s: the ledger is %+v, %v", what, docs[0].Body, err)
	}
	q, err := eng.GrantQuota(ctx, theOwner)
	if err != nil || q.Out.Used != 1 {
		e.t.Errorf("%s: %+v, %v", what, q, err)
	}
	if refund.Money.String() != "33.34 CNY" {
		e.t.Errorf("%s: refunded %v", what, refund.Money)
	}
	for event, times := range e.seen {
		if times != 1 {
			e.t.Errorf("%s: event %s was observed %d times", what, event, times)
		}
	}
}

// TestEveryFaultSchedule runs the errand under every schedule of up to three
// faults: each at one of the calls of the store, failing before, after, or
// with a conflict.
func TestEveryFaultSchedule(t *testing.T) {
	calls := func() int { // without faults
		inner := memstore.New()
		faulty := storetest.NewFaulty(inner)
		e := newErrand(t, inner, faulty)
		e.run("no faults")
		if e.calls != 1 {
			t.Errorf("the phone was asked %d times", e.calls)
		}
		return faulty.Calls(storetest.AnyMethod)
	}()
	if calls < 10 {
		t.Fatalf("the errand has only %d calls", calls)
	}
	depth := 3
	if testing.Short() {
		depth = 2
	}
	fired := [4]int{} // schedules, by how many faults they have
	var extend func(from int, faults []storetest.Fault)
	extend = func(from int, faults []storetest.Fault) {
		// A fault makes the request come again, and so more calls.
		for call := from; call <= calls+len(faults)+1; call++ {
			for _, effect := range []storetest.Effect{storetest.FailBefore, storetest.FailAfter, storetest.Conflict} {
				inner := memstore.New()
				longer := append(slices.Clone(faults), storetest.Fault{Call: call, Effect: effect})
				faulty := storetest.NewFaulty(inner, longer...)
				newErrand(t, inner, faulty).run(fmt.Sprint(longer))
				if len(faulty.Fired()) < len(longer) {
					continue // a Load does not conflict, and the last calls are only there after some faults
				}
				fired[len(longer)]++
				if len(longer) < depth {
					extend(call+1, longer)
				}
			}
		}
	}
	extend(1, nil)
	t.Logf("%d calls; schedules of each depth: %v", calls, fired[1:])
	if fired[1] < 2*calls+calls/3 || fired[depth] < 1000 && depth == 3 {
		t.Errorf("only %v schedules fired", fired[1:])
	}
}

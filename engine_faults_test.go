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

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/storetest"
	"github.com/shopspring/decimal"
)

// again sends the requests of in that change something, and returns their
// results by name.
func (in *inputs) results(t *testing.T) map[string]icpcode.Result {
	t.Helper()
	ctx, eng := in.w.ctx, in.w.eng
	ask := must[icpcode.Result](t)
	return map[string]icpcode.Result{
		"Issue": ask(eng.Issue(ctx, in.issue)), "SubmitAuto": ask(eng.SubmitAuto(ctx, in.auto)), "Buy": ask(eng.Buy(ctx, in.buy)),
		"Bind": ask(eng.Bind(ctx, in.bind)), "Grant": ask(eng.Grant(ctx, in.grant)), "Submit": ask(eng.Submit(ctx, in.submit)),
		"Resubmit": ask(eng.Resubmit(ctx, in.resubmit)), "Approve": ask(eng.Approve(ctx, in.approve)),
		"Reject": ask(eng.Reject(ctx, in.reject)), "Stage": ask(eng.Stage(ctx, in.stage)),
		"End": ask(eng.End(ctx, in.end)), "Correct": ask(eng.Correct(ctx, in.correct)),
		"Release": ask(eng.Release(ctx, in.release)), "Refund": ask(eng.Refund(ctx, in.refund)), "Void": ask(eng.Void(ctx, in.void)),
		"CloseInstance": ask(eng.CloseInstance(ctx, in.closing)), "Import": ask(eng.Import(ctx, in.imported)),
	}
}

// TestReceipts repeats every request after everything that it rested on has
// changed: the first result comes back as it then was, and nothing happens.
func TestReceipts(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	in := newInputs(w)
	in.named("r")
	first := in.results(t)
	if len(first) != len(changing) {
		t.Fatalf("%d of %d operations were done", len(first), len(changing))
	}
	for name, r := range first {
		if r.Replayed || r.RequestID == "" || !r.At.Equal(w.now) {
			t.Errorf("%s at first: %+v", name, r)
		}
	}
	// The world moves on: the quota is used up, the codes are dead, the clock,
	// the facts, the proof, the price and the phone are others.
	must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: in.issue.Instance.ID, Reason: "gone"}))
	w.now = w.now.AddDate(3, 0, 0)
	w.phone = func(icpcode.Verification) error { return icpcode.ErrNotVerified }
	w.with(func(o *icpcode.Options) {
		o.Price = icpcode.Money{Amount: decimal.NewFromInt(1), Currency: "USD"}
		o.ImportFormat = icpcode.TwelveDigits
	})
	for _, i := range []*icpcode.Instance{&in.issue.Instance, &in.auto.Instance, &in.bind.Instance, &in.submit.Instance, &in.resubmit.Instance} {
		i.Owner, i.Status, i.Expires, i.Region, i.IPs = "4004", icpcode.StatusReleased, time.Time{}, "cn-hongkong", nil
	}
	in.issue.Certification, in.grant.Certification, in.issue.Proof, in.grant.Proof = icpcode.Personal, 0, "other", "other"
	in.issue.Assume, in.auto.Assume, in.bind.Assume, in.grant.Assume = 1<<5, 1<<5, 1<<5, 1<<5
	in.grant.Instances = nil
	before, seen, calls := spy.dump(t), len(w.seen), w.calls
	again := in.results(t)
	for name, want := range first {
		want.Replayed = true
		if diff := cmp.Diff(want, again[name], byValue); diff != "" {
			t.Errorf("%s again answers otherwise: %s", name, diff)
		}
	}
	// A dry run of the same request says the same.
	real := w.eng
	w.eng = real.DryRun()
	for name, r := range in.results(t) {
		if !r.Replayed {
			t.Errorf("%s again, dry, is not replayed", name)
		}
	}
	w.eng = real
	// The result is the caller's: changing it changes no receipt.
	again["Issue"].Codes[0] = icpcode.Code{}
	if got := in.results(t)["Issue"].Codes[0]; got.IsZero() {
		t.Error("the result shares memory with the receipt")
	}
	// Of another actor the same IDs are other requests.
	for _, r := range []*icpcode.AccountID{&in.issue.Actor, &in.bind.Actor, &in.submit.Actor, &in.refund.Actor, &in.closing.Actor} {
		*r = theStranger
	}
	_, err := w.eng.Issue(w.ctx, in.issue)
	is(t, err, icpcode.ErrRefused)
	_, err = w.eng.Refund(w.ctx, in.refund)
	is(t, err, icpcode.ErrNoCode)
	if after := spy.dump(t); after != before || len(w.seen) != seen || w.calls != calls {
		t.Errorf("repeating has changed the store from\n%s\nto\n%s", before, after)
	}
}

// TestRequestReused sends another request under an ID that was used: all that
// makes a request the one it is is told apart.
func TestRequestReused(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	in := newInputs(w)
	in.named("r")
	in.results(t)
	for name, change := range map[string]func(in *inputs){
		"Issue: instance":  func(in *inputs) { in.issue.Instance.ID = "i-other" },
		"Issue: quantity":  func(in *inputs) { in.issue.Quantity = 2 },
		"Issue: grantee":   func(in *inputs) { in.issue.GrantTo = "3003" },
		"Issue: no grant":  func(in *inputs) { in.issue.GrantTo = "" },
		"Issue: remark":    func(in *inputs) { in.issue.Remark = "other" },
		"Issue: operation": func(in *inputs) { in.issue.RequestID = in.buy.RequestID },
		"SubmitAuto: ID of an issue": func(in *inputs) {
			in.auto.RequestID = in.issue.RequestID
		},
		"SubmitAuto: instance":          func(in *inputs) { in.auto.Instance.ID = "i-other" },
		"SubmitAuto: domain":            func(in *inputs) { in.auto.Filing.Domain = "other.cn" },
		"SubmitAuto: an app":            func(in *inputs) { in.auto.Filing.Domain, in.auto.Filing.App = "", in.auto.Filing.Domain },
		"SubmitAuto: subject":           func(in *inputs) { in.auto.Filing.Subject = "other" },
		"SubmitAuto: kind":              func(in *inputs) { in.auto.Filing.Kind = icpcode.FilingChange },
		"SubmitAuto: addresses":         func(in *inputs) { in.auto.Filing.IPs = nil },
		"SubmitAuto: remark":            func(in *inputs) { in.auto.Remark = "other" },
		"Buy: quantity":                 func(in *inputs) { in.buy.Quantity = 2 },
		"Buy: remark":                   func(in *inputs) { in.buy.Remark = "other" },
		"Buy: paid":                     func(in *inputs) { in.buy.Paid.Decimal = decimal.NewFromInt(1) },
		"Buy: at the price":             func(in *inputs) { in.buy.Paid.Valid = false },
		"Bind: code":                    func(in *inputs) { in.bind.Code = in.refund.Code },
		"Bind: instance":                func(in *inputs) { in.bind.Instance.ID = "i-other" },
		"Grant: codes":                  func(in *inputs) { in.grant.Codes = append(slices.Clone(in.grant.Codes), in.codes[2]) },
		"Grant: grantee":                func(in *inputs) { in.grant.GrantTo = "3003" },
		"Submit: code":                  func(in *inputs) { in.submit.Code = in.codes[2] },
		"Submit: filing":                func(in *inputs) { in.submit.Filing.Domain = "other.cn" },
		"Submit: operation":             func(in *inputs) { in.submit = in.resubmit; in.submit.RequestID = in.resubmit.RequestID },
		"Resubmit: filing":              func(in *inputs) { in.resubmit.Filing.Subject = "other" },
		"Approve: code":                 func(in *inputs) { in.approve.Code = in.codes[2] },
		"Approve: number":               func(in *inputs) { in.approve.ICPNumber = "ICP-2" },
		"Reject: code":                  func(in *inputs) { in.reject.Code = in.codes[2] },
		"Reject: rejection":             func(in *inputs) { in.reject.Rejection = "other" },
		"Approve: replaces":             func(in *inputs) { in.approve.Replaces = in.codes[2:3] },
		"Approve: replaces nothing":     func(in *inputs) { in.approve.Replaces = nil },
		"End: code":                     func(in *inputs) { in.end.Code = in.codes[2] },
		"End: end":                      func(in *inputs) { in.end.End, in.end.Successor = icpcode.EndCancelled, icpcode.Code{} },
		"End: successor":                func(in *inputs) { in.end.Successor = in.codes[2] },
		"End: reason":                   func(in *inputs) { in.end.Reason = "other" },
		"Correct: code":                 func(in *inputs) { in.correct.Code = in.codes[2] },
		"Correct: number":               func(in *inputs) { in.correct.ICPNumber = "ICP-3" },
		"Stage: code":                   func(in *inputs) { in.stage.Code = in.codes[2] },
		"Stage: stage":                  func(in *inputs) { in.stage.Stage = icpcode.StageReview },
		"Release: code":                 func(in *inputs) { in.release.Code = in.codes[2] },
		"Release: reason":               func(in *inputs) { in.release.Reason = "other" },
		"Refund: code":                  func(in *inputs) { in.refund.Code = in.codes[7] },
		"Refund: ID of a release":       func(in *inputs) { in.refund = icpcode.RefundRequest(in.release) },
		"Void: code":                    func(in *inputs) { in.void.Code = in.codes[2] },
		"Void: reason":                  func(in *inputs) { in.void.Reason = "other" },
		"CloseInstance: instance":       func(in *inputs) { in.closing.InstanceID = "i-other" },
		"CloseInstance: refunded":       func(in *inputs) { in.closing.Refunded = true },
		"CloseInstance: reason":         func(in *inputs) { in.closing.Reason = "other" },
		"Import: code":                  func(in *inputs) { in.imported.Code = must[icpcode.Code](t)(icpcode.Opaque.Parse("import-other")) },
		"Import: state":                 func(in *inputs) { in.imported.State, in.imported.Filing = icpcode.StateInvalid, nil },
		"Import: owner":                 func(in *inputs) { in.imported.Owner = "4004" },
		"Import: grantee":               func(in *inputs) { in.imported.Grantee = "4004" },
		"Import: granted":               func(in *inputs) { in.imported.Granted = in.imported.Granted.Add(time.Microsecond) },
		"Import: issued":                func(in *inputs) { in.imported.Issued = in.imported.Issued.Add(-time.Microsecond) },
		"Import: instance":              func(in *inputs) { in.imported.InstanceID = "i-other" },
		"Import: product":               func(in *inputs) { in.imported.Product = "OTHER" },
		"Import: origin":                func(in *inputs) { in.imported.Origin, in.imported.Paid = icpcode.OriginFree, icpcode.Money{} },
		"Import: paid":                  func(in *inputs) { in.imported.Paid.Amount = decimal.NewFromInt(6) },
		"Import: currency":              func(in *inputs) { in.imported.Paid.Currency = "USD" },
		"Import: remark":                func(in *inputs) { in.imported.Remark = "other" },
		"Import: no filing":             func(in *inputs) { in.imported.Filing = nil },
		"Import: domain":                func(in *inputs) { f := *in.imported.Filing; f.Domain = "other.cn"; in.imported.Filing = &f },
		"Import: number":                func(in *inputs) { f := *in.imported.Filing; f.ICPNumber = "ICP-9"; in.imported.Filing = &f },
		"Import: parts that run into 1": func(in *inputs) { in.imported.Owner, in.imported.Grantee = "10012", "002" },
	} {
		before := spy.dump(t)
		other := *in
		change(&other)
		operation, _, _ := strings.Cut(name, ":")
		for _, o := range operations {
			if o.name != operation {
				continue
			}
			err := o.do(&other)
			is(t, err, icpcode.ErrRequestReused)
			noCodes(t, name, err, in.codes...)
			// A dry run says so too.
			w.eng = w.eng.DryRun()
			is(t, o.do(&other), icpcode.ErrRequestReused)
			w.with(func(*icpcode.Options) {})
		}
		if after := spy.dump(t); after != before {
			t.Errorf("%s: the store has changed from\n%s\nto\n%s", name, before, after)
		}
	}
}

// TestRequestKeys has actors and IDs that would be one if they were joined.
func TestRequestKeys(t *testing.T) {
	w := newWorld(t)
	seen := map[icpcode.Code]bool{}
	for _, k := range []struct {
		actor icpcode.AccountID
		id    string
	}{{"a", "b:c"}, {"a:b", "c"}, {"a", "b/c"}, {"a/b", "c"}, {"ab", "c"}, {"a", "bc"}, {"A", "bc"}, {"a", "BC"}, {"a", "b c"}, {"a b", "c"}} {
		res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{
			Actor: k.actor, RequestID: k.id, Instance: w.server(k.actor), Quantity: 1}))
		if res.Replayed || res.RequestID != k.id || seen[res.Codes[0]] {
			t.Errorf("%s, %s: %+v", k.actor, k.id, res)
		}
		seen[res.Codes[0]] = true
	}
	// An empty ID: one is drawn, another each time, and it repeats the request.
	i := w.server(theOwner)
	r := icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1}
	one, two := must[icpcode.Result](t)(w.eng.Issue(w.ctx, r)), must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
	if len(one.RequestID) != 32 || one.RequestID == two.RequestID || one.Codes[0] == two.Codes[0] {
		t.Errorf("drawn were %q and %q", one.RequestID, two.RequestID)
	}
	r.RequestID = one.RequestID
	if again := must[icpcode.Result](t)(w.eng.Issue(w.ctx, r)); !again.Replayed || again.Codes[0] != one.Codes[0] {
		t.Errorf("repeated by the ID that was drawn: %+v", again)
	}
	// A refusal leaves no receipt: the same ID can succeed later.
	r = icpcode.IssueRequest{Actor: theOwner, RequestID: "later", Instance: w.server(theOwner), Quantity: 6}
	_, err := w.eng.Issue(w.ctx, r)
	refused(t, err, icpcode.ELGQuota)
	r.Quantity = 5
	must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
}

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

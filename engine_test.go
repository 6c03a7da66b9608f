package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

// changing are the operations that change something, each done once by
// newInputs' requests.
var changing = operations[:17]

// TestClockReadOnce counts the readings of the clock: one per operation, also
// when it met conflicts or asked the phone.
func TestClockReadOnce(t *testing.T) {
	w := newWorld(t)
	in := newInputs(w)
	spy := w.spied()
	readings := 0
	w.with(func(o *icpcode.Options) { o.Clock = func() time.Time { readings++; return w.now } })
	conflicts := 0
	spy.commit = func(_ context.Context, _ icpcode.Change, call func() error) error {
		if conflicts < 2 {
			conflicts++
			return icpcode.ErrConflict
		}
		return call()
	}
	for n, o := range operations {
		readings, conflicts = 0, 0
		if err := o.do(in); err != nil {
			t.Fatalf("%s: %v%s", o.name, err, why(err))
		}
		if readings != 1 {
			t.Errorf("%s read the clock %d times, want once", o.name, readings)
		}
		if n < len(changing) && conflicts != 2 {
			t.Errorf("%s met %d conflicts, want 2", o.name, conflicts)
		}
	}
	if w.calls != 1 {
		t.Errorf("the phone was asked %d times, want once", w.calls)
	}
}

// TestOneLoadOneCommit counts the calls of the store: what an operation needs
// it asks for at once, where nobody interferes and the phone is not asked.
func TestOneLoadOneCommit(t *testing.T) {
	w := newWorld(t)
	in := newInputs(w)
	must[icpcode.Result](t)(w.grant(theOwner, theGrantee)) // so that they are acquainted
	spy := w.spied()
	for _, o := range changing {
		spy.forget()
		if err := o.do(in); err != nil {
			t.Fatalf("%s: %v%s", o.name, err, why(err))
		}
		want := 1
		if o.name == "Approve" {
			want++ // it looks for the filings that it could replace
		}
		if loads, commits := spy.calls("Load"), spy.calls("Commit"); loads != want || commits != 1 {
			t.Errorf("%s asked for %d loads and %d commits, want %d and one", o.name, loads, commits, want)
		}
	}
}

// TestClockAtMidnight reads the clock in the last second of the year, meets a
// conflict, and is done after midnight: it counts in the old year.
func TestClockAtMidnight(t *testing.T) {
	for _, operation := range []string{"Issue", "Grant"} {
		w := newWorld(t)
		in := newInputs(w)
		spy := w.spied()
		w.now = at(2026, 12, 31, 23, 59, 59)
		in.issue.Instance.Expires = w.now.AddDate(1, 0, 0)
		in.grant.Instances = nil
		read := w.now
		conflicted := false
		spy.commit = func(_ context.Context, _ icpcode.Change, call func() error) error {
			w.now = at(2027, 1, 1, 0, 0, 1)
			if !conflicted {
				conflicted = true
				return icpcode.ErrConflict
			}
			return call()
		}
		for _, o := range operations {
			if o.name != operation {
				continue
			}
			if err := o.do(in); err != nil {
				t.Fatal(err, why(err))
			}
		}
		if !conflicted {
			t.Fatal("there was no conflict")
		}
		if got := w.seen[len(w.seen)-1].At; !got.Equal(read) {
			t.Errorf("%s happened at %v, want %v", operation, got, read)
		}
		if q := must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, theOwner)); q.Year != 2027 || q.Out.Used != 0 {
			t.Errorf("%s: in the new year %+v", operation, q)
		}
		w.now = read
		for account, used := range map[icpcode.AccountID][2]int{theOwner: {1, 0}, theGrantee: {0, 1}} {
			q := must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, account))
			if q.Year != 2026 || [2]int{q.Out.Used, q.In.Used} != used || !q.Resets.Equal(at(2027, 1, 1, 0, 0, 0)) {
				t.Errorf("%s: in the old year %s has %+v", operation, account, q)
			}
		}
	}
}

// TestClockGoesBack lets the clock go back between two operations: the order
// of events is that of their numbers.
func TestClockGoesBack(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	c := w.issue(w.server(theOwner), 1)[0]
	w.now = w.now.Add(-48 * time.Hour)
	must[icpcode.Result](t)(w.submit(theOwner, c))
	w.now = w.now.Add(-48 * time.Hour)
	must[icpcode.Result](t)(w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: theOwner, Code: c}))
	r := w.record(c)
	if !r.Updated.Before(r.Issued) || r.State != icpcode.StateAvailable || r.Version != 3 {
		t.Errorf("recorded %+v", r)
	}
	if got := must[icpcode.Record](t)(icpcode.RecordOf(spy.events(t, c))); got.State != r.State || !got.Updated.Equal(r.Updated) {
		t.Errorf("replayed %+v", got)
	}
}

// TestHooks makes each function that the caller supplies fail and panic: the
// error says which, nothing changes, and no quota is lost.
func TestHooks(t *testing.T) {
	sorry := errors.New("sorry")
	for _, h := range []struct {
		hook  string
		spoil func(w *world, o *icpcode.Options)
		panic any
		asks  []string // the operations that meet it; nil: all
	}{
		{hook: "Clock", panic: "broken", spoil: func(_ *world, o *icpcode.Options) { o.Clock = func() time.Time { panic("broken") } }},
		{hook: "Operator", panic: "broken", spoil: func(_ *world, o *icpcode.Options) {
			o.Operator = func(context.Context, icpcode.AccountID) (bool, error) { panic("broken") }
		}},
		{hook: "VerifyPhone", panic: sorry, asks: []string{"Issue", "Grant"}, spoil: func(w *world, _ *icpcode.Options) {
			w.phone = func(icpcode.Verification) error { panic(sorry) }
		}},
		{hook: "VerifyPhone", asks: []string{"Issue", "Grant"}, spoil: func(w *world, _ *icpcode.Options) {
			w.phone = func(icpcode.Verification) error { return fmt.Errorf("no line: %w", sorry) }
		}},
		{hook: "VerifyPhone", asks: []string{"Issue", "Grant"}, spoil: func(w *world, _ *icpcode.Options) {
			w.phone = func(icpcode.Verification) error { return &icpcode.HookError{Hook: "VerifyPhone", Err: sorry} }
		}},
	} {
		w := newWorld(t)
		spy := w.spied()
		in := newInputs(w)
		before, seen := spy.dump(t), len(w.seen)
		w.with(func(o *icpcode.Options) { h.spoil(w, o) })
		for _, o := range operations {
			if h.asks != nil && !slices.Contains(h.asks, o.name) {
				continue
			}
			err := o.do(in)
			var hook *icpcode.HookError
			if !errors.As(err, &hook) || !errors.Is(err, icpcode.ErrHook) || hook.Hook != h.hook || hook.Panic != h.panic {
				t.Errorf("%s with a %s that fails: %v", o.name, h.hook, err)
				continue
			}
			if h.panic == nil && !errors.Is(err, sorry) {
				t.Errorf("%v does not unwrap to the hook's error", err)
			}
			if !strings.Contains(err.Error(), h.hook) || !strings.Contains(err.Error(), "sorry") && !strings.Contains(err.Error(), "broken") {
				t.Errorf("the error is %q", err)
			}
		}
		if after := spy.dump(t); after != before || len(w.seen) != seen {
			t.Errorf("%s: the store has changed from\n%s\nto\n%s", h.hook, before, after)
		}
	}
	// The facts of a list.
	w := newWorld(t)
	in := newInputs(w)
	in.list.Facts = each(func(icpcode.InstanceID) icpcode.Instance { panic("broken") })
	for _, o := range operations {
		if o.name != "Owned" && o.name != "Pick" && o.name != "Review" {
			continue
		}
		var hook *icpcode.HookError
		if err := o.do(in); !errors.As(err, &hook) || hook.Hook != "Facts" || hook.Panic != "broken" {
			t.Errorf("%s with facts that panic: %v", o.name, err)
		}
	}
	// What the phone says no to is a refusal, and asked again in a new request.
	w = newWorld(t)
	in = newInputs(w)
	w.phone = func(v icpcode.Verification) error {
		if v.Granter != theOwner || v.Grantee != theGrantee || v.Proof != "834211" || v.RequestID == "" {
			return icpcode.ErrNotVerified
		}
		return nil
	}
	for _, proof := range []string{"", "834210"} {
		in.issue.Proof, in.grant.Proof = proof, proof
		for _, o := range operations {
			if o.name == "Issue" || o.name == "Grant" {
				err := o.do(in)
				no := refused(t, err, icpcode.GRTFirst)
				if !no.PhoneNeeded || no.Pass.Has(icpcode.GRTFirst) || !errors.Is(err, icpcode.ErrNotVerified) {
					t.Errorf("%s, not verified: %+v, %v", o.name, *no, err)
				}
			}
		}
	}
	in.grant.Proof = "834211"
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, in.grant))
}

// TestEntropyFails lets the entropy end: what needs it answers ErrEntropy,
// what does not goes on.
func TestEntropyFails(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	in := newInputs(w)
	before := spy.dump(t)
	w.with(func(o *icpcode.Options) { o.Entropy = strings.NewReader("only 15 bytes..") })
	for i, o := range changing {
		// The request ID is drawn before anything else.
		if err := o.do(in); !errors.Is(err, icpcode.ErrEntropy) {
			t.Errorf("%s: got %v", o.name, err)
		}
		if i == 0 && !errors.Is(o.do(in), io.ErrUnexpectedEOF) && !errors.Is(o.do(in), io.EOF) {
			t.Errorf("%s does not say how: %v", o.name, o.do(in))
		}
	}
	if after := spy.dump(t); after != before {
		t.Errorf("the store has changed from\n%s\nto\n%s", before, after)
	}
	// With a request ID only codes need entropy.
	in.named("given")
	for _, o := range changing {
		err := o.do(in)
		if draws := o.name == "Issue" || o.name == "SubmitAuto" || o.name == "Buy"; draws != errors.Is(err, icpcode.ErrEntropy) || !draws && err != nil {
			t.Errorf("%s: got %v", o.name, err)
		}
	}
	w.with(func(o *icpcode.Options) { o.Entropy = nil })
	for _, o := range changing[:3] {
		if err := o.do(in); err != nil {
			t.Errorf("%s, with entropy: %v", o.name, err)
		}
	}
}

// named gives each request an ID.
func (in *inputs) named(id string) {
	for _, r := range []*string{
		&in.issue.RequestID, &in.auto.RequestID, &in.buy.RequestID, &in.bind.RequestID, &in.grant.RequestID, &in.submit.RequestID,
		&in.resubmit.RequestID, &in.approve.RequestID, &in.reject.RequestID, &in.stage.RequestID, &in.end.RequestID, &in.correct.RequestID, &in.release.RequestID, &in.refund.RequestID, &in.void.RequestID,
		&in.closing.RequestID, &in.imported.RequestID,
	} {
		*r = id + fmt.Sprintf("-%p", r) // different requests of one actor
	}
}

// TestObserver is told the events of each operation once, after their commit,
// and of nothing else.
func TestObserver(t *testing.T) {
	w := newWorld(t)
	in := newInputs(w)
	in.named("r")
	spy := w.spied()
	type key struct{}
	w.ctx = context.WithValue(w.ctx, key{}, "the caller's")
	var told [][]icpcode.Event
	w.with(func(o *icpcode.Options) {
		o.Observe = func(ctx context.Context, events []icpcode.Event) {
			told = append(told, events)
			if ctx.Value(key{}) != "the caller's" {
				t.Error("the observer has another context")
			}
			for _, e := range events {
				stored := spy.events(t, e.Code)
				if diff := cmp.Diff(stored[e.Seq-1], e, byValue); diff != "" {
					t.Errorf("%v is told and not committed: %s", e.Action, diff)
				}
			}
		}
	})
	dry := &world{ctx: w.ctx, eng: w.eng.DryRun()}
	for _, o := range operations {
		real := in.w
		in.w = dry
		if err := o.do(in); err != nil {
			t.Errorf("dry, %s: %v", o.name, err)
		}
		in.w = real
		if len(told) != 0 {
			t.Errorf("dry, %s is observed", o.name)
			told = nil
		}
	}
	want := map[string][]icpcode.Action{
		"Issue": {icpcode.ActionIssue, icpcode.ActionGrant}, "SubmitAuto": {icpcode.ActionIssue, icpcode.ActionSubmit},
		"Buy": {icpcode.ActionBuy}, "Bind": {icpcode.ActionBind}, "Grant": {icpcode.ActionGrant}, "Submit": {icpcode.ActionSubmit},
		"Resubmit": {icpcode.ActionResubmit}, "Approve": {icpcode.ActionApprove, icpcode.ActionEnd}, "End": {icpcode.ActionEnd}, "Correct": {icpcode.ActionCorrect}, "Reject": {icpcode.ActionReject}, "Stage": {icpcode.ActionStage}, "Release": {icpcode.ActionRelease},
		"Refund": {icpcode.ActionRefund}, "Void": {icpcode.ActionVoid}, "Import": {icpcode.ActionImport},
	}
	for range 2 { // the second time everything is replayed
		for _, o := range operations {
			told = nil
			if err := o.do(in); err != nil {
				t.Fatalf("%s: %v%s", o.name, err, why(err))
			}
			var got []icpcode.Action
			for _, events := range told {
				for _, e := range events {
					got = append(got, e.Action)
				}
			}
			if !slices.Equal(got, want[o.name]) || len(told) > 1 {
				t.Errorf("%s: %d times told of %v, want %v once", o.name, len(told), got, want[o.name])
			}
		}
		want = nil
	}
	told = nil
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: w.server(theOwner), Quantity: 6})
	refused(t, err, icpcode.ELGQuota)
	_, err = w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: theStranger, Code: in.codes[0], Reason: "x"})
	is(t, err, icpcode.ErrNoCode)
	// A close that ends many codes is told of all of them at once.
	w.issue(in.issue.Instance, 3)
	told = nil
	must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: in.issue.Instance.ID, Reason: "gone"}))
	if len(told) != 1 || len(told[0]) < 4 {
		t.Errorf("a close is told %d times", len(told))
	}
}

// TestObserverPanics lets the observer panic: its panic reaches the caller,
// whose request has been done.
func TestObserverPanics(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	told := 0
	w.with(func(o *icpcode.Options) {
		o.Observe = func(context.Context, []icpcode.Event) { told++; panic("observer") }
	})
	i := w.server(theOwner)
	r := icpcode.IssueRequest{Actor: theOwner, RequestID: "r", Instance: i, Quantity: 2}
	panicked := func() (p any) {
		defer func() { p = recover() }()
		_, _ = w.eng.Issue(w.ctx, r)
		return nil
	}()
	if panicked != "observer" || told != 1 || spy.calls("Commit") != 1 {
		t.Errorf("panicked with %v, told %d times, %d commits", panicked, told, spy.calls("Commit"))
	}
	again := must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
	if !again.Replayed || len(again.Codes) != 2 || told != 1 {
		t.Errorf("again: %+v, told %d times", again, told)
	}
	if got := w.record(again.Codes[1]); got.State != icpcode.StateAvailable {
		t.Errorf("the code is %v", got.State)
	}
}

package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/storetest"
)

// remembering is a world whose engine remembers n documents.
func remembering(t *testing.T, n int) (*world, *storetest.Faulty) {
	t.Helper()
	w := newWorld(t)
	counting := storetest.NewFaulty(w.store)
	w.store = counting
	return w.with(func(o *icpcode.Options) { o.Remember = n }), counting
}

// calls does something and returns how many Loads and Commits it took.
func calls(s *storetest.Faulty, do func()) (loads, commits int) {
	loads, commits = s.Calls(storetest.Load), s.Calls(storetest.Commit)
	do()
	return s.Calls(storetest.Load) - loads, s.Calls(storetest.Commit) - commits
}

// TestRemember does what needs only documents of the engine's own last commits
// without a Load, and loads before it refuses or answers again.
func TestRemember(t *testing.T) {
	w, store := remembering(t, 100)
	i := w.server(theOwner)
	var codes []icpcode.Code
	again := icpcode.IssueRequest{Actor: theOwner, RequestID: "again", Instance: i, Quantity: 1}
	for _, step := range []struct {
		what           string
		do             func() error
		err            error
		loads, commits int
	}{
		{"the first", func() error { codes = w.issue(i, 2); return nil }, nil, 1, 1},
		{"the second", func() error { codes = append(codes, w.issue(i, 1)...); return nil }, nil, 0, 1},
		{"a filing", func() error { _, err := w.submit(theOwner, codes[0]); return err }, nil, 0, 1},
		{"a filing twice", func() error { _, err := w.submit(theOwner, codes[0]); return err }, icpcode.ErrRefused, 1, 0},
		{"a stranger's", func() error { _, err := w.submit(theStranger, codes[1]); return err }, icpcode.ErrNoCode, 1, 0},
		{"with an ID", func() error { _, err := w.eng.Issue(w.ctx, again); return err }, nil, 0, 1},
		{"with the same again", func() error {
			res, err := w.eng.Issue(w.ctx, again)
			if !res.Replayed {
				t.Error("it is not replayed")
			}
			return err
		}, nil, 1, 1},
		{"too many", func() error {
			_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 2})
			return err
		}, icpcode.ErrRefused, 1, 0},
		{"the last", func() error { codes = append(codes, w.issue(i, 1)...); return nil }, nil, 1, 1}, // forgotten at the conflict
		{"a first grant", func() error {
			_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: theOwner, Codes: codes[1:2], GrantTo: theGrantee, Certification: icpcode.Enterprise})
			return err
		}, nil, 2, 1}, // before the phone, and after it
		{"another grant", func() error {
			_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: theOwner, Codes: codes[2:3], GrantTo: theGrantee, Certification: icpcode.Enterprise})
			return err
		}, nil, 0, 1},
		{"dry", func() error {
			_, err := w.eng.DryRun().Submit(w.ctx, icpcode.SubmitRequest{Actor: theGrantee, Code: codes[1], Filing: w.site()})
			return err
		}, nil, 1, 0},
		{"in a transaction", func() error {
			_, err := w.eng.InTx(store).Submit(w.ctx, icpcode.SubmitRequest{Actor: theGrantee, Code: codes[1], Filing: w.site()})
			return err
		}, nil, 1, 1},
	} {
		var err error
		loads, commits := calls(store, func() { err = step.do() })
		if !errors.Is(err, step.err) || loads != step.loads || commits != step.commits {
			t.Errorf("%s: %v after %d loads and %d commits, want %v after %d and %d", step.what, err, loads, commits, step.err, step.loads, step.commits)
		}
	}
}

// TestRememberOthers lets another engine change what was remembered: the commit
// conflicts, and what is answered is right.
func TestRememberOthers(t *testing.T) {
	w, store := remembering(t, 100)
	other := icpcode.New(store, &w.opt)
	i := w.server(theOwner)
	codes := w.issue(i, 2)
	must[icpcode.Result](t)(other.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 2}))
	// One is left, and not three.
	var err error
	loads, commits := calls(store, func() {
		_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 2})
	})
	refused(t, err, icpcode.ELGQuota)
	if loads != 1 || commits != 1 {
		t.Errorf("refused after %d loads and %d commits", loads, commits)
	}
	if issued := w.issue(i, 1); len(issued) != 1 {
		t.Errorf("issued %d", len(issued))
	}
	// The code that it believes to be Available was voided.
	must[icpcode.Result](t)(other.Void(w.ctx, icpcode.CodeRequest{Actor: ops, Code: codes[0], Reason: "test"}))
	_, err = w.submit(theOwner, codes[0])
	refused(t, err, icpcode.LIFSubmit)
	i.ContractQuota = 6
	if issued := w.issue(i, 1); len(issued) != 1 {
		t.Errorf("issued %d", len(issued))
	}
	// An import that is known already answers with the state of today.
	in := icpcode.ImportRequest{
		Actor: ops, Code: must[icpcode.Code](t)(icpcode.Opaque.Parse("X-1")), State: icpcode.StateAvailable, Owner: theOwner,
		Instance: i.ID, Product: i.Product, Origin: icpcode.OriginFree, Issued: w.now,
	}
	must[icpcode.Result](t)(w.eng.Import(w.ctx, in))
	must[icpcode.Result](t)(other.Submit(w.ctx, icpcode.SubmitRequest{Actor: theOwner, Code: in.Code, Filing: w.site()}))
	if res := must[icpcode.Result](t)(w.eng.Import(w.ctx, in)); res.State != icpcode.StateFiling {
		t.Errorf("the import again says %v", res.State)
	}
	must[icpcode.Result](t)(other.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, Instance: i.ID, Reason: "gone"}))
	i.ContractQuota = 8
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
	refused(t, err, icpcode.LIFClose)
}

// TestRememberLosesAnswers loses the answers of commits that took effect and of
// others that did not: nothing is believed of them.
func TestRememberLosesAnswers(t *testing.T) {
	for _, effect := range []storetest.Effect{storetest.FailBefore, storetest.FailAfter, storetest.Conflict} {
		w := newWorld(t)
		faulty := storetest.NewFaulty(w.store, storetest.Fault{Method: storetest.Commit, Call: 2, Effect: effect})
		w.store = faulty
		w.with(func(o *icpcode.Options) { o.Remember = 100 })
		i := w.server(theOwner)
		w.issue(i, 2)
		r := icpcode.IssueRequest{Actor: theOwner, RequestID: "r", Instance: i, Quantity: 2}
		_, err := w.eng.Issue(w.ctx, r)
		if len(faulty.Fired()) != 1 || errors.Is(err, icpcode.ErrUnknownOutcome) != (effect != storetest.Conflict) {
			t.Fatalf("%v: %v", effect, err)
		}
		loads, _ := calls(faulty, func() {
			if res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, r)); res.Replayed != (effect != storetest.FailBefore) || res.Quota.Used != 4 {
				t.Errorf("%v, again: %+v", effect, res)
			}
		})
		if loads != 1 {
			t.Errorf("%v: %d loads", effect, loads)
		}
		if codes := w.issue(i, 1); len(codes) != 1 {
			t.Errorf("%v: issued %d", effect, len(codes))
		}
	}
}

// TestRememberLimit goes on about more instances than it may remember: the
// oldest are loaded again.
func TestRememberLimit(t *testing.T) {
	w, store := remembering(t, 6) // three instances with a code each
	var servers []icpcode.Instance
	for range 6 {
		servers = append(servers, w.server(theOwner))
	}
	for round := range 2 {
		for n, i := range servers {
			if loads, _ := calls(store, func() { w.issue(i, 1) }); loads != 1 {
				t.Errorf("round %d, instance %d: %d loads", round, n, loads)
			}
		}
	}
	for n, i := range servers[3:] {
		if loads, _ := calls(store, func() { w.issue(i, 1) }); loads != 0 {
			t.Errorf("the last three, %d: %d loads", n, loads)
		}
	}
	// An account with many partners is not kept.
	w, store = remembering(t, 1000)
	w.rules(func(s *icpcode.RuleSet) {
		if s.Grant.Allowed {
			s.Grant.MaxGrantees = icpcode.NoLimit
		}
	})
	i := w.server(theOwner)
	i.ContractQuota = 1000
	grant := func(n int) {
		must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{
			Actor: theOwner, Instance: i, Quantity: 1, GrantTo: icpcode.AccountID(fmt.Sprint("t", n)), Certification: icpcode.Enterprise}))
	}
	for n := range 102 {
		grant(n)
	}
	if loads, _ := calls(store, func() { grant(5) }); loads != 1 {
		t.Errorf("with 102 partners it takes %d loads", loads)
	}
}

// TestRememberMerged has requests share a commit that needs no Load, and then one
// that does, since one of them would be refused.
func TestRememberMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.with(func(o *icpcode.Options) { o.Remember = 100 })
		i := c.server(theOwner)
		first := c.issue(c.ctx, "first", i, "")
		c.runway.loads = true
		two := []*told{c.issue(c.ctx, "a", i, ""), c.issue(c.ctx, "b", i, "")}
		c.runway.let(c.one(first), nil)
		shared := c.one(two...)
		ctx, cancel := context.WithCancel(c.ctx)
		three := []*told{c.issue(c.ctx, "c", i, ""), c.issue(ctx, "d", i, ""), c.issue(c.ctx, "e", i, "")}
		c.runway.let(shared, nil)
		if answered, done := count(two); answered != 2 || done != 2 {
			t.Fatalf("%d were done", done)
		}
		held := c.runway.waiting()
		if len(held) != 1 || held[0].method != storetest.Load {
			t.Fatalf("%d calls are under way, want the Load", len(held))
		}
		// No Commit is on its way: it is certain what becomes of who leaves now.
		cancel()
		synctest.Wait()
		if is(t, three[1].err, context.Canceled); errors.Is(three[1].err, icpcode.ErrUnknownOutcome) {
			t.Errorf("who left is told %v", three[1].err)
		}
		c.runway.let(held[0], nil)
		c.runway.let(c.one(three[0], three[2]), nil)
		if answered, done := count(three); answered != 3 || done != 2 {
			t.Errorf("%d were done", done)
		}
	})
}

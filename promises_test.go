package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// Questions that the promises leave open, with the answers that
// docs/decisions.md gives and why.

// TestHookThatAsksItsOwnEngine shows that a hook which asks the engine that
// asks it, without end, is an error and not the end of the process, and that
// one which asks once is none.
func TestHookThatAsksItsOwnEngine(t *testing.T) {
	w := newWorld(t)
	code := must[icpcode.Code](t)(icpcode.ParseCode("012345678901"))
	ask := func(actor icpcode.AccountID) error {
		_, err := w.eng.Lookup(w.ctx, actor, code, icpcode.Instance{})
		return err
	}
	asked := 0
	var last error
	for name, spoil := range map[string]func(o *icpcode.Options){
		"Operator": func(o *icpcode.Options) {
			o.Operator = func(context.Context, icpcode.AccountID) (bool, error) {
				asked++
				if err := ask("1001"); last == nil {
					last = err
				}
				return false, nil
			}
		},
		"Clock": func(o *icpcode.Options) {
			o.Clock = func() time.Time {
				asked++
				if err := ask("1001"); last == nil {
					last = err
				}
				return w.now
			}
		},
	} {
		asked, last = 0, nil
		before := w.opt
		w.with(spoil)
		err := ask("1001")
		var hook *icpcode.HookError
		if !errors.As(last, &hook) || hook.Hook != name {
			t.Errorf("%s: the innermost call answers %v", name, last)
		}
		if asked < 64 || asked > 100_000 {
			t.Errorf("%s: it was asked %d times, and answered %v", name, asked, err)
		}
		w.opt = before
	}

	w.with(func(o *icpcode.Options) {
		o.Operator = func(_ context.Context, a icpcode.AccountID) (bool, error) {
			return a != "inner" && errors.Is(ask("inner"), icpcode.ErrNoCode) && a == ops, nil
		}
	})
	if err := ask("1001"); !errors.Is(err, icpcode.ErrNoCode) {
		t.Errorf("a hook that asks once: %v", err)
	}
}

// TestManyHooksAtOnce shows that hooks of many callers are not taken for one
// that asks itself.
func TestManyHooksAtOnce(t *testing.T) {
	w := newWorld(t)
	const many = 1500
	var all, inside sync.WaitGroup
	inside.Add(many)
	w.with(func(o *icpcode.Options) {
		o.Operator = func(context.Context, icpcode.AccountID) (bool, error) {
			inside.Done()
			inside.Wait() // until all of them are in here
			return false, nil
		}
	})
	code := must[icpcode.Code](t)(icpcode.ParseCode("012345678901"))
	for range many {
		all.Go(func() {
			if _, err := w.eng.Lookup(w.ctx, "1001", code, icpcode.Instance{}); !errors.Is(err, icpcode.ErrNoCode) {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestGranteeSeesTheSequence shows what a grantee learns of the time before the
// grant: how many events there were, and nothing of what was in them.
func TestGranteeSeesTheSequence(t *testing.T) {
	w := newWorld(t)
	code := w.issue(w.server("1001"), 1)[0]
	must[icpcode.Result](t)(w.submit("1001", code))
	must[icpcode.Result](t)(w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: "1001", Code: code, Reason: "the owner's own"}))
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
		Actor: "1001", Codes: []icpcode.Code{code}, GrantTo: "2002", Certification: icpcode.Enterprise, Proof: "1",
	}))
	first := true
	for e, err := range w.eng.History(w.ctx, "2002", code) {
		if err != nil {
			t.Fatal(err)
		}
		if first && (e.Seq != 4 || e.Action != icpcode.ActionGrant) {
			t.Errorf("the grantee's history begins with event %d, %v", e.Seq, e.Action)
		}
		first = false
	}
	r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, "2002", code, icpcode.Instance{}))
	if r.Version != 4 || r.Filing != nil || r.Reason != "" {
		t.Errorf("the grantee sees version %d, the filing %v and the reason %q", r.Version, r.Filing, r.Reason)
	}
	// Granted with its issue, a code has nothing before.
	res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{
		Actor: "1001", Instance: w.server("1001"), Quantity: 1, GrantTo: "2002", Certification: icpcode.Enterprise,
	}))
	for e, err := range w.eng.History(w.ctx, "2002", res.Codes[0]) {
		if err != nil || e.Seq != 2 {
			t.Errorf("event %d, %v", e.Seq, err)
		}
	}
}

// TestGranteeOfARefundedServer shows that a grantee's list says Invalid where
// the granter's server was refunded (LIF-VIEW), and that a review says why, in
// the provider's words, since the filing is the grantee's to save.
func TestGranteeOfARefundedServer(t *testing.T) {
	w := newWorld(t)
	server := w.server("1001")
	res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{
		Actor: "1001", Instance: server, Quantity: 2, GrantTo: "2002", Certification: icpcode.Enterprise, Proof: "1",
	}))
	w.filed("2002", res.Codes[0])
	must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: server.ID, Refunded: true, Reason: "7 days"}))
	if r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, "2002", res.Codes[1], icpcode.Instance{})); r.State != icpcode.StateInvalid {
		t.Errorf("the grantee sees %v, want Invalid", r.State)
	}
	told := 0
	for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: "2002"}) {
		if err != nil {
			t.Fatal(err)
		}
		for r := range a.Decision.Reasons(icpcode.English) {
			if r.Rule == icpcode.RSKReleased {
				told++
				if !strings.Contains(r.Found, "refunded") || strings.Contains(r.Found, "1001") || strings.Contains(r.Found, "7 days") {
					t.Errorf("the grantee is told %q", r.Found)
				}
			}
		}
	}
	if told != 1 {
		t.Errorf("the grantee's filing is reviewed %d times", told)
	}
}

// TestProductThatChanges shows that a server which becomes another product gets
// no second quota, also where one is counted per account.
func TestProductThatChanges(t *testing.T) {
	for _, from := range []icpcode.Product{icpcode.ECS, icpcode.ElasticWeb} {
		w := newWorld(t)
		w.now = at(2025, 6, 1, 12, 0, 0) // ElasticWeb is counted per account in the set of then
		to := icpcode.ElasticWeb
		if from == to {
			to = icpcode.ECS
		}
		server := w.server("1001")
		server.Product = from
		w.issue(server, 5)
		server.Product = to
		_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: server, Quantity: 1})
		var no *icpcode.RefusedError
		if !errors.As(err, &no) || !no.Decision.Fail.Has(icpcode.ELGQuota) || no.Decision.Quota.Used != 5 {
			t.Errorf("%v to %v: %v%s", from, to, err, why(err))
		}
	}
}

// TestImportsThatAreRefused shows the two imports that are not taken: of one
// code more than an instance can have, and of a living code of a closed one.
func TestImportsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	n := 0
	take := func(state icpcode.State, instance icpcode.InstanceID) error {
		n++
		_, err := w.eng.Import(w.ctx, icpcode.ImportRequest{
			Actor: ops, Code: must[icpcode.Code](t)(icpcode.Opaque.Parse(fmt.Sprintf("%012d", n))), State: state, Owner: "1001",
			InstanceID: instance, Product: icpcode.ECS, Origin: icpcode.OriginFree, Issued: at(2025, 1, 1, 0, 0, 0),
		})
		return err
	}
	for range 1000 { // far above any quota
		if err := take(icpcode.StateAvailable, "i-full"); err != nil {
			t.Fatalf("code %d: %v", n, err)
		}
	}
	if err := take(icpcode.StateAvailable, "i-full"); !errors.Is(err, icpcode.ErrInvalid) {
		t.Errorf("code 1001 of an instance: %v", err)
	}
	if err := take(icpcode.StateAvailable, "i-gone"); err != nil {
		t.Fatal(err)
	}
	must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: "i-gone", Reason: "released"}))
	var no *icpcode.RefusedError
	if err := take(icpcode.StateAvailable, "i-gone"); !errors.As(err, &no) || !no.Decision.Fail.Has(icpcode.LIFClose) {
		t.Errorf("a living code of a closed instance: %v", err)
	}
	if err := take(icpcode.StateInvalid, "i-gone"); err != nil {
		t.Errorf("a dead code of a closed instance: %v", err)
	}
}

// TestGranteeIsToldToAskItsGranter: a grantee cannot renew the server behind a
// code that it received, and is told who can (LIF-VIEW); the owner is told to
// renew.
func TestGranteeIsToldToAskItsGranter(t *testing.T) {
	w := newWorld(t)
	codes := w.issue(w.server("1001"), 3)
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[:2], GrantTo: "2002", Certification: icpcode.Enterprise}))
	w.filed("2002", codes[0])
	w.filed("1001", codes[2])
	expired := w.now.Add(-time.Hour)
	w.with(func(o *icpcode.Options) {
		o.Facts = func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			return map[icpcode.InstanceID]icpcode.Instance{ids[0]: {Expires: expired}}, nil
		}
	})
	told := func(actor icpcode.AccountID, what icpcode.Rule, list func(context.Context, icpcode.ListRequest) (icpcode.AssessmentPage, error)) (en, zh string) {
		t.Helper()
		for _, a := range must[icpcode.AssessmentPage](t)(list(w.ctx, icpcode.ListRequest{Actor: actor})).Assessments {
			for r := range a.Decision.Reasons(icpcode.English) {
				if r.Rule == what {
					en = r.Remedy
				}
			}
			for r := range a.Decision.Reasons(icpcode.Chinese) {
				if r.Rule == what {
					zh = r.Remedy
				}
			}
		}
		return en, zh
	}
	for _, c := range []struct {
		actor icpcode.AccountID
		rule  icpcode.Rule
		asks  bool
	}{{"2002", icpcode.LIFEffective, true}, {"2002", icpcode.RSKExpiring, true}, {"1001", icpcode.RSKExpiring, false}} {
		list := w.eng.PickPage
		if c.rule == icpcode.RSKExpiring {
			list = w.eng.ReviewPage
		}
		en, zh := told(c.actor, c.rule, list)
		if en == "" || strings.Contains(en, "granter") != c.asks || strings.Contains(zh, "请联系授权账号") != c.asks || !strings.Contains(zh, "续费") {
			t.Errorf("%s is told of %v: %q, %q", c.actor, c.rule, en, zh)
		}
	}
}

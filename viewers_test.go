package icpcode_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

// TestStrangersLearnNothing asks as a stranger for codes that are unknown,
// somebody's, dead or used: the answer is the same error, found by asking the
// store for the same documents.
func TestStrangersLearnNothing(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	codes := map[string]icpcode.Code{
		"unknown": must[icpcode.Code](t)(icpcode.ParseCode("000000000001")), "opaque": must[icpcode.Code](t)(icpcode.Opaque.Parse("x-1")),
	}
	for _, c := range lifeCases()[1:] {
		codes[c.String()], _ = c.make(w)
	}
	own := w.server(theStranger)
	mine := w.issue(own, 1)[0]
	asks := map[string]func(c icpcode.Code) error{
		"Bind": func(c icpcode.Code) error {
			_, err := w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: theStranger, RequestID: "r", Code: c, Instance: own})
			return err
		},
		"Grant": func(c icpcode.Code) error {
			_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{
				Actor: theStranger, RequestID: "r", Codes: []icpcode.Code{c}, GrantTo: "3003", Certification: icpcode.Enterprise})
			return err
		},
		"Grant with one's own": func(c icpcode.Code) error {
			_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{
				Actor: theStranger, RequestID: "r", Codes: []icpcode.Code{mine, c}, GrantTo: "3003", Certification: icpcode.Enterprise})
			return err
		},
		"Submit": func(c icpcode.Code) error {
			_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: theStranger, RequestID: "r", Code: c, Filing: w.site()})
			return err
		},
		"Submit with an instance": func(c icpcode.Code) error {
			_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: theStranger, RequestID: "r", Code: c, Filing: w.site(), Instance: own})
			return err
		},
		"Resubmit": func(c icpcode.Code) error {
			_, err := w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: theStranger, RequestID: "r", Code: c})
			return err
		},
		"Approve": func(c icpcode.Code) error {
			_, err := w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: theStranger, RequestID: "r", Code: c, ICPNumber: "x"})
			return err
		},
		"Release": func(c icpcode.Code) error {
			_, err := w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: theStranger, RequestID: "r", Code: c})
			return err
		},
		"Refund": func(c icpcode.Code) error {
			_, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theStranger, RequestID: "r", Code: c})
			return err
		},
		"Void": func(c icpcode.Code) error {
			_, err := w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: theStranger, RequestID: "r", Code: c, Reason: "x"})
			return err
		},
		"Lookup": func(c icpcode.Code) error {
			r, err := w.eng.Lookup(w.ctx, theStranger, c, icpcode.Instance{})
			if diff := cmp.Diff(icpcode.Record{}, r, byValue); diff != "" {
				t.Errorf("a stranger is shown %s", diff)
			}
			return err
		},
		"History": func(c icpcode.Code) error {
			n := 0
			var last error
			for e, err := range w.eng.History(w.ctx, theStranger, c) {
				n++
				last = err
				if e.Seq != 0 {
					t.Errorf("a stranger is shown %+v", e)
				}
			}
			if n != 1 {
				t.Errorf("a stranger is shown %d events", n)
			}
			return last
		},
	}
	for name, ask := range asks {
		var text string
		var calls []string
		for which, c := range codes {
			spy.forget()
			err := ask(c)
			if err != icpcode.ErrNoCode {
				t.Errorf("%s, %s: got %v", name, which, err)
			}
			var got []string
			for _, call := range spy.forget() {
				got = append(got, strings.ReplaceAll(call, `"`+c.String()+`"`, "the code"))
			}
			// Keys are sorted, and where the code stands among them tells
			// nothing about it but itself.
			for i := range got {
				method, keys, _ := strings.Cut(got[i], " ")
				parts := strings.Split(strings.Trim(keys, "[]"), "},{")
				slices.Sort(parts)
				got[i] = method + fmt.Sprint(parts)
			}
			if calls == nil {
				calls, text = got, err.Error()
			}
			if !slices.Equal(got, calls) || len(got) == 0 {
				t.Errorf("%s, %s: the store is asked\n%v, for another code\n%v", name, which, got, calls)
			}
			if err.Error() != text {
				t.Errorf("%s, %s: %q, for another code %q", name, which, err, text)
			}
		}
	}
	// Nor do lists by instance or number, of what is not one's own.
	for by, r := range map[string]icpcode.ListRequest{
		"instance": {Actor: theStranger, InstanceID: "i-000001"}, "number": {Actor: theStranger, ICPNumber: "ICP-1"},
	} {
		for _, list := range []func(context.Context, icpcode.ListRequest) iter.Seq2[icpcode.Record, error]{w.eng.Owned, w.eng.Received} {
			for rec, err := range list(w.ctx, r) {
				t.Errorf("by %s a stranger finds %+v, %v", by, rec, err)
			}
		}
	}
}

// TestLookupPerViewer shows one code to each who may see it.
func TestLookupPerViewer(t *testing.T) {
	w := newWorld(t)
	code, i := theWholeLife(w)
	full := w.record(code)
	if full.Paid.String() != "77.77 CNY" || full.Remark != "secret remark" || full.Assumed != icpcode.MakeRuleIDs(icpcode.ELGTerm) ||
		full.ContractQuota != 50 || full.ICPNumber() != "ICP-1" || full.Grantee != theGrantee || full.Version != 7 {
		t.Fatalf("the operator sees %+v", full)
	}
	owner := full
	owner.Filing = nil // it is the grantee's
	if diff := cmp.Diff(owner, must[icpcode.Record](t)(w.eng.Lookup(w.ctx, theOwner, code, i)), byValue); diff != "" {
		t.Errorf("the owner sees otherwise: %s", diff)
	}
	grantee := full
	grantee.Paid, grantee.Remark, grantee.Assumed, grantee.ContractQuota = icpcode.Money{}, "", 0, 0
	if diff := cmp.Diff(grantee, must[icpcode.Record](t)(w.eng.Lookup(w.ctx, theGrantee, code, i)), byValue); diff != "" {
		t.Errorf("the grantee sees otherwise: %s", diff)
	}
	// An owner that did not grant sees its filing.
	own := w.issue(w.server(theOwner), 1)[0]
	must[icpcode.Result](t)(w.submit(theOwner, own))
	if r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, theOwner, own, icpcode.Instance{})); r.Filing == nil {
		t.Error("the owner does not see its own filing")
	}
	// What is shown is the viewer's: changing it changes nothing.
	full.Filing.IPs[0] = full.Filing.IPs[0].Next()
	full.Filing.Domain = "changed.cn"
	if got := w.record(code); got.Filing.Domain != "example.cn" || got.Filing.IPs[0] == full.Filing.IPs[0] {
		t.Error("what is shown shares memory with what is stored")
	}
}

// TestHistoryPerViewer shows the history of one code to each who may see it.
func TestHistoryPerViewer(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	code, _ := theWholeLife(w)
	stored := spy.events(t, code)
	history := func(actor icpcode.AccountID) (events []icpcode.Event) {
		for e, err := range w.eng.History(w.ctx, actor, code) {
			events = append(events, must[icpcode.Event](t)(e, err))
		}
		return events
	}
	if diff := cmp.Diff(stored, history(ops), byValue); diff != "" {
		t.Errorf("the operator sees otherwise: %s", diff)
	}
	want := make([]icpcode.Event, 0, len(stored))
	for _, e := range stored {
		if e.Actor == ops {
			e.Actor = "operator"
		}
		if e.Actor != theOwner {
			e.RequestID = ""
		}
		if e.Action == icpcode.ActionRelease {
			e.Reason = "" // told to the holder
		}
		e.Filing = nil
		want = append(want, e)
	}
	if diff := cmp.Diff(want, history(theOwner), byValue); diff != "" {
		t.Errorf("the owner sees otherwise: %s", diff)
	}
	want = want[:0]
	for _, e := range stored[2:] { // from the grant on
		if e.Actor == ops {
			e.Actor = "operator"
		}
		if e.Actor != theGrantee {
			e.RequestID = ""
		}
		e.Assumed = 0
		want = append(want, e)
	}
	if diff := cmp.Diff(want, history(theGrantee), byValue); diff != "" {
		t.Errorf("the grantee sees otherwise: %s", diff)
	}
	// The refund of a granted code is the owner's business.
	code = w.buy(theOwner, 1)[0]
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
		Actor: theOwner, Codes: []icpcode.Code{code}, GrantTo: theGrantee, Certification: icpcode.Enterprise}))
	must[icpcode.Result](t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theOwner, Code: code}))
	for _, e := range history(theGrantee) {
		if !e.Refund.IsZero() || !e.Paid.IsZero() {
			t.Errorf("the grantee sees what was refunded: %+v", e)
		}
	}
	if events := history(theOwner); events[2].Refund.IsZero() || events[0].Paid.IsZero() {
		t.Error("the owner does not see what was paid and refunded")
	}
	// An imported code of a grantee begins with its grant.
	imported := must[icpcode.Code](t)(icpcode.Opaque.Parse("imported"))
	must[icpcode.Result](t)(w.eng.Import(w.ctx, icpcode.ImportRequest{
		Actor: ops, Code: imported, State: icpcode.StateFiling, Owner: theOwner, Grantee: theGrantee, InstanceID: "i-1", Product: icpcode.ECS,
		Origin: icpcode.OriginFree, Issued: w.now, Granted: w.now, Filing: &icpcode.Filing{Domain: "old.cn"}, Remark: "secret remark"}))
	code = imported
	if events := history(theGrantee); len(events) != 1 || events[0].Filing == nil || events[0].Remark != "" || events[0].Actor != "operator" {
		t.Errorf("the grantee sees the import as %+v", events)
	}
	if events := history(theOwner); len(events) != 1 || events[0].Filing != nil || events[0].Remark == "" {
		t.Errorf("the owner sees the import as %+v", events)
	}
}

// TestWhoIsToldTheReason says why to each who may see the code: a holder's
// reasons are the holder's to know, an owner's the owner's, and an operator's
// are meant for both, but for those about the holder's filing. An operator is
// told all of them.
func TestWhoIsToldTheReason(t *testing.T) {
	const reason = "because"
	release := func(w *world, actor icpcode.AccountID, c icpcode.Code) error {
		must[icpcode.Result](t)(w.submit(theGrantee, c))
		_, err := w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: actor, Code: c, Reason: reason})
		return err
	}
	closing := func(w *world, i icpcode.Instance, refunded bool) error {
		_, err := w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: refunded, Reason: reason})
		return err
	}
	for _, s := range []struct {
		what string
		do   func(w *world, c icpcode.Code, i icpcode.Instance) error
		told []icpcode.AccountID
	}{
		{
			"withdrawn", func(w *world, c icpcode.Code, _ icpcode.Instance) error { return release(w, theGrantee, c) },
			[]icpcode.AccountID{theGrantee, ops},
		},
		{
			"rejected", func(w *world, c icpcode.Code, _ icpcode.Instance) error { return release(w, ops, c) },
			[]icpcode.AccountID{theGrantee, ops},
		},
		{
			"withdrawn for good", func(w *world, c icpcode.Code, _ icpcode.Instance) error {
				w.rules(func(s *icpcode.RuleSet) { s.Life.ReleaseTo = icpcode.StateInvalid })
				return release(w, theGrantee, c)
			},
			[]icpcode.AccountID{theGrantee, ops},
		},
		{
			"refunded", func(w *world, c icpcode.Code, _ icpcode.Instance) error {
				_, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theOwner, Code: c, Reason: reason})
				return err
			},
			[]icpcode.AccountID{theOwner, ops},
		},
		{
			"voided", func(w *world, c icpcode.Code, _ icpcode.Instance) error {
				_, err := w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: c, Reason: reason})
				return err
			},
			[]icpcode.AccountID{theOwner, theGrantee, ops},
		},
		{
			"closed, refunded", func(w *world, _ icpcode.Code, i icpcode.Instance) error { return closing(w, i, true) },
			[]icpcode.AccountID{theOwner, theGrantee, ops},
		},
		{
			"closed, released", func(w *world, _ icpcode.Code, i icpcode.Instance) error { return closing(w, i, false) },
			[]icpcode.AccountID{theOwner, theGrantee, ops},
		},
	} {
		w := newWorld(t)
		c, i := lifeCase{state: icpcode.StateAvailable, granted: true, paid: true}.make(w)
		must[int](t)(0, s.do(w, c, i))
		for _, actor := range []icpcode.AccountID{theOwner, theGrantee, ops} {
			want := ""
			if slices.Contains(s.told, actor) {
				want = reason
			}
			if got := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, actor, c, icpcode.Instance{})).Reason; got != want {
				t.Errorf("%s: the record tells %s %q, want %q", s.what, actor, got, want)
			}
			var last icpcode.Event
			for e, err := range w.eng.History(w.ctx, actor, c) {
				last = must[icpcode.Event](t)(e, err)
			}
			if last.Reason != want {
				t.Errorf("%s: the history tells %s %q, want %q", s.what, actor, last.Reason, want)
			}
		}
	}
}

// TestRefundsPerViewer shows what was refunded (LIF-VIEW): to a grantee a code
// is 已失效 if it was the instance, and 已退费 only if it was the code itself,
// which has to have been bought.
func TestRefundsPerViewer(t *testing.T) {
	closed := func(w *world, c icpcode.Code, i icpcode.Instance) error {
		_, err := w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: true, Reason: "gone"})
		return err
	}
	imported := func(o icpcode.Origin) func(*world) icpcode.Code {
		return func(w *world) icpcode.Code {
			return must[icpcode.Result](t)(w.eng.Import(w.ctx, icpcode.ImportRequest{
				Actor: ops, Code: must[icpcode.Code](t)(icpcode.Opaque.Parse("old")), State: icpcode.StateRefunded, Owner: theOwner,
				Grantee: theGrantee, InstanceID: "i-old", Product: icpcode.ECS, Origin: o, Issued: w.now, Granted: w.now,
			})).Codes[0]
		}
	}
	with := func(paid bool, do func(*world, icpcode.Code, icpcode.Instance) error) func(*world) icpcode.Code {
		return func(w *world) icpcode.Code {
			c, i := lifeCase{state: icpcode.StateAvailable, granted: true, paid: paid}.make(w)
			must[int](t)(0, do(w, c, i))
			return c
		}
	}
	for _, s := range []struct {
		what string
		code func(*world) icpcode.Code
		want icpcode.State
	}{
		{"the instance of a free code", with(false, closed), icpcode.StateInvalid},
		{"the instance of a paid code", with(true, closed), icpcode.StateInvalid},
		{"the code", with(true, func(w *world, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theOwner, Code: c})
			return err
		}), icpcode.StateRefunded},
		{"a free code, elsewhere", imported(icpcode.OriginFree), icpcode.StateInvalid},
		{"a paid code, elsewhere", imported(icpcode.OriginPaid), icpcode.StateRefunded},
	} {
		w := newWorld(t)
		c := s.code(w)
		for actor, want := range map[icpcode.AccountID]icpcode.State{theOwner: icpcode.StateRefunded, theGrantee: s.want} {
			if got := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, actor, c, icpcode.Instance{})).State; got != want {
				t.Errorf("%s was refunded: it is %v to %s, want %v", s.what, got, actor, want)
			}
		}
	}
}

// TestReviewTellsHowItWasClosed reviews what was filed with an instance that
// was refunded, and with one that was released.
func TestReviewTellsHowItWasClosed(t *testing.T) {
	for refunded, want := range map[bool]string{true: "refunded", false: "released"} {
		w := newWorld(t)
		i := w.server(theOwner)
		w.filed(theOwner, w.issue(i, 1)[0])
		must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: refunded, Reason: "gone"}))
		n := 0
		for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: theOwner}) {
			n++
			d := must[icpcode.Assessment](t)(a, err).Decision
			if got := found(t, &d, icpcode.RSKReleased); got != want {
				t.Errorf("found %q, want %q", got, want)
			}
		}
		if n != 1 {
			t.Errorf("%d filings are at risk, want 1", n)
		}
	}
}

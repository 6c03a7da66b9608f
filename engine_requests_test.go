package icpcode_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
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

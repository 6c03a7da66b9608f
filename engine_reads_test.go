package icpcode_test

import (
	"errors"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// theWholeLife is a paid code with everything on it that somebody must not
// see: bought under a remark, bound under an assumption and a contract,
// granted, filed by the grantee, rejected, filed again and approved.
func theWholeLife(w *world) (icpcode.Code, icpcode.Instance) {
	w.t.Helper()
	i := w.server(theOwner)
	i.ContractQuota, i.TermMonths = 50, 0
	code := must[icpcode.Result](w.t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{
		Actor: theOwner, RequestID: "buy", Quantity: 1, Remark: "secret remark", Paid: decimal.NewNullDecimal(decimal.RequireFromString("77.77")),
	})).Codes[0]
	must[icpcode.Result](w.t)(w.eng.Bind(w.ctx, icpcode.BindRequest{
		Actor: theOwner, RequestID: "bind", Code: code, Instance: i, Assume: icpcode.MakeRuleIDs(icpcode.ELGTerm)}))
	must[icpcode.Result](w.t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
		Actor: theOwner, RequestID: "grant", Codes: []icpcode.Code{code}, GrantTo: theGrantee, Assume: icpcode.MakeRuleIDs(icpcode.GRTEnterprise)}))
	file := icpcode.SubmitRequest{Actor: theGrantee, RequestID: "submit", Code: code, Filing: w.site()}
	must[icpcode.Result](w.t)(w.eng.Submit(w.ctx, file))
	must[icpcode.Result](w.t)(w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: ops, RequestID: "release", Code: code, Reason: "rejected"}))
	file.RequestID = "submit again"
	must[icpcode.Result](w.t)(w.eng.Submit(w.ctx, file))
	must[icpcode.Result](w.t)(w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: ops, RequestID: "approve", Code: code, ICPNumber: "ICP-1"}))
	return code, i
}

// TestLongHistory has a history of several pages: all of it is shown, as much
// as is asked for, and an error ends it.
func TestLongHistory(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	code := w.issue(w.server(theOwner), 1)[0]
	must[icpcode.Result](t)(w.submit(theOwner, code))
	for range 598 {
		must[icpcode.Result](t)(w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: theOwner, Code: code, Filing: w.site()}))
	}
	n := uint64(0)
	for e, err := range w.eng.History(w.ctx, theOwner, code) {
		n++
		if err != nil || e.Seq != n {
			t.Fatalf("after %d comes %d, %v", n-1, e.Seq, err)
		}
	}
	if n != 600 {
		t.Errorf("%d events are shown, want 600", n)
	}
	for _, stop := range []int{1, 200, 201} {
		spy.forget()
		n := 0
		for _, err := range w.eng.History(w.ctx, theOwner, code) {
			if n++; n == stop || err != nil {
				break
			}
		}
		if pages := spy.calls("Events"); pages != (stop+199)/200 {
			t.Errorf("stopped at %d after %d pages", stop, pages)
		}
	}
	broken := errors.New("broken")
	pages := 0
	spy.read = func(q icpcode.EventQuery, call func(icpcode.EventQuery) ([]icpcode.Event, error)) ([]icpcode.Event, error) {
		if pages++; pages == 2 {
			return nil, broken
		}
		return call(q)
	}
	n, failed := 0, 0
	for _, err := range w.eng.History(w.ctx, theOwner, code) {
		if err == nil {
			n++
			continue
		}
		failed++
		is(t, err, broken)
		noCodes(t, "History", err, code)
	}
	if n != 200 || failed != 1 {
		t.Errorf("%d events and %d errors, want 200 and one", n, failed)
	}
}

// TestEachRuleHasOneAnswer asks for an issue and grant: of each rule of both
// the decision says that it passed, failed or is unknown, and one of them only.
func TestEachRuleHasOneAnswer(t *testing.T) {
	w := newWorld(t)
	asked := icpcode.MakeRuleIDs(icpcode.GRTEnterprise, icpcode.GRTOut, icpcode.GRTIn, icpcode.GRTFirst, icpcode.GRTOnce)
	for r := icpcode.ELGProduct; r <= icpcode.ELGAccount; r++ {
		asked |= icpcode.MakeRuleIDs(r)
	}
	account, enterprise := icpcode.MakeRuleIDs(icpcode.ELGAccount), icpcode.MakeRuleIDs(icpcode.GRTEnterprise)
	for _, c := range []struct {
		what          string
		change        func(*icpcode.IssueRequest)
		fail, unknown icpcode.RuleIDs
	}{
		{"good", func(*icpcode.IssueRequest) {}, 0, 0},
		{"personal", func(r *icpcode.IssueRequest) { r.Certification = icpcode.Personal }, account | enterprise, 0},
		{"not stated", func(r *icpcode.IssueRequest) { r.Certification = 0 }, 0, account | enterprise},
		{"to oneself", func(r *icpcode.IssueRequest) { r.GrantTo = r.Actor }, icpcode.MakeRuleIDs(icpcode.GRTOnce), 0},
	} {
		r := icpcode.IssueRequest{Actor: theOwner, Instance: w.server(theOwner), Quantity: 1, GrantTo: theGrantee, Certification: icpcode.Enterprise}
		c.change(&r)
		d := must[icpcode.Decision](t)(verify(w.ctx, w.eng, r))
		if d.Fail != c.fail || d.Unknown != c.unknown || d.Pass != asked&^c.fail&^c.unknown {
			t.Errorf("%s: pass %v, fail %v, unknown %v", c.what, d.Pass, d.Fail, d.Unknown)
		}
	}
}

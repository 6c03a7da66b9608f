package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

func testLIFIssue(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "r1", Instance: i, Quantity: 1, Remark: "shop"}))
	want := icpcode.Record{
		Code: res.Codes[0], Version: 1, State: icpcode.StateAvailable, Last: icpcode.ActionIssue, Origin: icpcode.OriginFree,
		Owner: "1001", InstanceID: i.ID, Product: i.Product, RuleSetVersion: "alibaba-2026-01-06", Issued: w.now.UTC(), Updated: w.now.UTC(), Remark: "shop",
	}
	if diff := cmp.Diff(want, w.record(res.Codes[0]), byValue); diff != "" {
		t.Error(diff)
	}
	if res.State != icpcode.StateAvailable || res.Action != icpcode.ActionIssue || res.Quota != (icpcode.Quota{Used: 1, Limit: 5, Requested: 1}) {
		t.Errorf("result %+v", res)
	}
	// What was assumed is recorded.
	i = w.server("1001")
	i.TermMonths, i.Trial = 0, icpcode.Unknown
	assume := icpcode.MakeRuleIDs(icpcode.ELGTerm, icpcode.ELGBilling, icpcode.ELGRegion)
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
	refused(t, err)
	res = must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1, Assume: assume}))
	if got, want := w.record(res.Codes[0]).Assumed, icpcode.MakeRuleIDs(icpcode.ELGTerm, icpcode.ELGBilling); got != want {
		t.Errorf("the code records that %v was assumed, want %v", got, want)
	}
	// Filing straight with an instance issues by itself, under the same quota.
	i = w.server("1001")
	w.issue(i, 4)
	res = must[icpcode.Result](t)(w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{Actor: "1001", Instance: i, Filing: w.site()}))
	r := w.record(res.Codes[0])
	if r.Origin != icpcode.OriginAuto || r.State != icpcode.StateFiling || r.Version != 2 || r.Filing.Domain != "example.cn" {
		t.Errorf("auto: %+v", r)
	}
	_, err = w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{Actor: "1001", Instance: i, Filing: w.site()})
	refused(t, err, icpcode.ELGQuota)
	_, err = w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{Actor: "1002", Instance: w.server("1001"), Filing: w.site()})
	refused(t, err, icpcode.ELGOwner)
}

func testLIFBuy(t *testing.T) {
	w := newWorld(t)
	res := must[icpcode.Result](t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 2}))
	for _, c := range res.Codes {
		r := w.record(c)
		if r.State != icpcode.StateUnbound || r.InstanceID != "" || r.Origin != icpcode.OriginPaid || r.Paid.String() != "100.00 CNY" {
			t.Errorf("bought %+v", r)
		}
		_, err := w.submit("1001", c)
		refused(t, err, icpcode.LIFSubmit)
	}
	for _, n := range []int{0, -1, 21} {
		_, err := w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: n})
		refused(t, err, icpcode.ELGBatch)
	}
}

func testLIFImport(t *testing.T) {
	w := newWorld(t)
	code := func(s string) icpcode.Code { return must[icpcode.Code](t)(icpcode.Opaque.Parse(s)) }
	i := w.server("1001")
	base := icpcode.ImportRequest{Actor: ops, Code: code("X-1"), State: icpcode.StateFiled, Owner: "1001", Grantee: "2002",
		InstanceID: i.ID, Product: i.Product, Origin: icpcode.OriginFree, Issued: at(2026, 1, 2, 0, 0, 0), Granted: at(2026, 1, 3, 0, 0, 0),
		Filing: &icpcode.Filing{Domain: "old.cn", ICPNumber: "京ICP备1号"}}
	first := must[icpcode.Result](t)(w.eng.Import(w.ctx, base))
	if first.Replayed {
		t.Error("the first import was replayed")
	}
	// The same again is a no-op, different is an error.
	again := must[icpcode.Result](t)(w.eng.Import(w.ctx, base))
	if again.Replayed || w.record(base.Code).Version != 1 {
		t.Error("the same import again changed something")
	}
	different := base
	different.Granted = at(2026, 1, 4, 0, 0, 0)
	_, err := w.eng.Import(w.ctx, different)
	is(t, err, icpcode.ErrDiffers)
	// It counts in the quota and is not refused by it.
	w.issue(i, 4)
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
	refused(t, err, icpcode.ELGQuota)
	more := base
	more.Code = code("X-2")
	must[icpcode.Result](t)(w.eng.Import(w.ctx, more))
	// It counts in the caps and is not refused by them, and makes acquainted.
	for n := range 3 {
		r := base
		r.Code, r.Owner, r.InstanceID = code(fmt.Sprint("Y-", n)), icpcode.AccountID(fmt.Sprint("g", n)), w.server("x").ID
		must[icpcode.Result](t)(w.eng.Import(w.ctx, r))
	}
	if q := must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, "2002")); q.In.Used != 4 {
		t.Errorf("2002 has %d granters after imports, want 4", q.In.Used)
	}
	_, err = w.grant("3003", "2002")
	refused(t, err, icpcode.GRTIn)
	must[icpcode.Result](t)(w.grant("1001", "2002"))
	if w.calls != 0 {
		t.Error("acquaintances were verified by phone")
	}
	// Only an operator imports.
	bad := base
	bad.Code, bad.Actor = code("X-3"), "1001"
	_, err = w.eng.Import(w.ctx, bad)
	refused(t, err, icpcode.LIFImport)
}

func testLIFBind(t *testing.T) {
	w := newWorld(t)
	codes := w.buy("1001", 3)
	i := w.server("1001")
	must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: codes[0], Instance: i}))
	if r := w.record(codes[0]); r.State != icpcode.StateAvailable || r.InstanceID != i.ID || r.Product != i.Product {
		t.Errorf("bound %+v", r)
	}
	// It cannot be undone.
	_, err := w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: codes[0], Instance: w.server("1001")})
	refused(t, err, icpcode.LIFBind)
	// The instance must be eligible, and the owner's.
	bad := w.server("1001")
	bad.PublicIP, bad.IPs = icpcode.No, nil
	_, err = w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: codes[1], Instance: bad})
	refused(t, err, icpcode.ELGPublicIP)
	_, err = w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: codes[1], Instance: w.server("1002")})
	refused(t, err, icpcode.ELGOwner)
	// Also after a grant, but not by the grantee.
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[2:], GrantTo: "2002", Certification: icpcode.Enterprise}))
	_, err = w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "2002", Code: codes[2], Instance: w.server("2002")})
	refused(t, err, icpcode.LIFBind)
	must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: codes[2], Instance: i}))
	if r := w.record(codes[2]); r.Grantee != "2002" || r.State != icpcode.StateAvailable {
		t.Errorf("bound after a grant: %+v", r)
	}
}

func testLIFSubmit(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	must[icpcode.Result](t)(w.submit("1001", c))
	r := w.record(c)
	if diff := cmp.Diff(w.site(), *r.Filing, byValue); diff != "" || r.State != icpcode.StateFiling {
		t.Errorf("%v: %s", r.State, diff)
	}
	_, err := w.submit("1001", c)
	refused(t, err, icpcode.LIFSubmit)
	dead := w.issue(w.server("1001"), 1)[0]
	must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: dead, Reason: "test"}))
	_, err = w.submit("1001", dead)
	refused(t, err, icpcode.LIFSubmit)
}

func testLIFResubmit(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	fixed := w.site()
	fixed.Domain, fixed.Subject, fixed.Kind = "fixed.cn", "subject-2", icpcode.FilingAccess
	r := icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: fixed}
	_, err := w.eng.Resubmit(w.ctx, r)
	refused(t, err, icpcode.LIFResubmit)
	must[icpcode.Result](t)(w.submit("1001", c))
	must[icpcode.Result](t)(w.eng.Resubmit(w.ctx, r))
	must[icpcode.Result](t)(w.eng.Resubmit(w.ctx, r)) // as often as needed
	if got := w.record(c); got.Filing.Domain != "fixed.cn" || got.Filing.Kind != icpcode.FilingAccess || got.State != icpcode.StateFiling || got.Version != 4 {
		t.Errorf("resubmitted %+v", got)
	}
}

func testLIFApprove(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	r := icpcode.ApproveRequest{Actor: ops, Code: c, ICPNumber: "浙ICP备12345678号-1"}
	_, err := w.eng.Approve(w.ctx, r)
	refused(t, err, icpcode.LIFApprove)
	must[icpcode.Result](t)(w.submit("1001", c))
	own := r
	own.Actor = "1001"
	_, err = w.eng.Approve(w.ctx, own)
	refused(t, err, icpcode.LIFApprove)
	must[icpcode.Result](t)(w.eng.Approve(w.ctx, r))
	if got := w.record(c); got.State != icpcode.StateFiled || got.ICPNumber() != r.ICPNumber || got.Filing.Domain != "example.cn" {
		t.Errorf("approved %+v", got)
	}
	found := 0
	for rec, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: "1001", ICPNumber: r.ICPNumber}) {
		if err != nil || rec.Code != c {
			t.Errorf("found %v, %v", rec.Code, err)
		}
		found++
	}
	if found != 1 {
		t.Errorf("the ICP number finds %d codes", found)
	}
	r.ICPNumber = ""
	_, err = w.eng.Approve(w.ctx, r)
	is(t, err, icpcode.ErrInvalid)
}

func testLIFRelease(t *testing.T) {
	w := newWorld(t)
	codes := w.issue(w.server("1001"), 3)
	release := func(actor icpcode.AccountID, c icpcode.Code) error {
		_, err := w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: actor, Code: c, Reason: "withdrawn"})
		return err
	}
	refused(t, release("1001", codes[0]), icpcode.LIFRelease)
	for _, actor := range []icpcode.AccountID{"1001", ops} {
		must[icpcode.Result](t)(w.submit("1001", codes[0]))
		if err := release(actor, codes[0]); err != nil {
			t.Fatal(err)
		}
		w.state(codes[0], icpcode.StateAvailable)
	}
	// After a grant the owner is not the holder.
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[1:2], GrantTo: "2002", Certification: icpcode.Enterprise}))
	must[icpcode.Result](t)(w.submit("2002", codes[1]))
	refused(t, release("1001", codes[1]), icpcode.LIFRelease)
	if err := release("2002", codes[1]); err != nil {
		t.Fatal(err)
	}
	// Other providers let the code die.
	w.rules(func(s *icpcode.RuleSet) { s.Life.ReleaseTo = icpcode.StateInvalid })
	must[icpcode.Result](t)(w.submit("1001", codes[2]))
	if err := release(ops, codes[2]); err != nil {
		t.Fatal(err)
	}
	w.state(codes[2], icpcode.StateInvalid)
}

func testLIFRefund(t *testing.T) {
	w := newWorld(t)
	codes := w.buy("1001", 3)
	i := w.server("1001")
	for _, c := range codes[1:] {
		must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: c, Instance: i}))
	}
	refund := func(actor icpcode.AccountID, c icpcode.Code) (icpcode.Result, error) {
		return w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: actor, Code: c})
	}
	for _, c := range codes[:2] { // Unbound and Available
		if res := must[icpcode.Result](t)(refund("1001", c)); res.Money.String() != "100.00 CNY" {
			t.Errorf("refunds %v", res.Money)
		}
		w.state(c, icpcode.StateRefunded)
		_, err := refund("1001", c)
		refused(t, err, icpcode.LIFRefund)
	}
	must[icpcode.Result](t)(w.submit("1001", codes[2]))
	_, err := refund("1001", codes[2])
	refused(t, err, icpcode.LIFRefund)
	_, err = refund(ops, w.buy("1001", 1)[0])
	refused(t, err, icpcode.LIFRefund)
	_, err = refund("1001", w.issue(i, 1)[0]) // a free code
	refused(t, err, icpcode.LIFRefund)
}

func testLIFVoid(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	available, filing := w.issue(i, 1)[0], w.issue(i, 1)[0]
	must[icpcode.Result](t)(w.submit("1001", filing))
	void := func(actor icpcode.AccountID, c icpcode.Code, reason string) error {
		_, err := w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: actor, Code: c, Reason: reason})
		return err
	}
	is(t, void(ops, available, ""), icpcode.ErrInvalid)
	refused(t, void("1001", available, "mine"), icpcode.LIFVoid)
	for _, c := range []icpcode.Code{w.buy("1001", 1)[0], available, filing} {
		if err := void(ops, c, "first"); err != nil {
			t.Fatal(err)
		}
		refused(t, void(ops, c, "second"), icpcode.LIFVoid)
		if r := w.record(c); r.State != icpcode.StateInvalid || r.Reason != "first" || r.Last != icpcode.ActionVoid {
			t.Errorf("voided %+v", r)
		}
	}
	filed := w.issue(i, 1)[0]
	w.filed("1001", filed)
	refused(t, void(ops, filed, "late"), icpcode.LIFVoid)
}

func testLIFClose(t *testing.T) {
	for _, refundedInstance := range []bool{true, false} {
		w := newWorld(t)
		i := w.server("1001")
		free := w.issue(i, 3)
		must[icpcode.Result](t)(w.submit("1001", free[1]))
		w.filed("1001", free[2])
		paid := w.buy("1001", 2)
		must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: paid[0], Instance: i}))
		r := icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: refundedInstance, Reason: "gone"}
		own := r
		own.Actor = "1001"
		_, err := w.eng.CloseInstance(w.ctx, own)
		refused(t, err, icpcode.LIFClose)
		before := must[icpcode.Result](t)(w.eng.DryRun().CloseInstance(w.ctx, r))
		res := must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, r))
		rests := map[icpcode.Code]bool{free[1]: true, free[2]: true}
		for _, named := range [][]icpcode.Code{before.Resting, res.Resting} {
			if len(named) != 2 || !rests[named[0]] || !rests[named[1]] || named[0] == named[1] {
				t.Errorf("filings rest on %v, want on %v", named, free[1:])
			}
		}
		if before.Decision.Advice != icpcode.MakeRuleIDs(icpcode.RSKMove) {
			t.Errorf("the dry run advises %v", before.Decision.Advice)
		}
		end, money := icpcode.StateInvalid, "0.00"
		if refundedInstance {
			end, money = icpcode.StateRefunded, "100.00 CNY"
		}
		w.state(free[0], end)
		w.state(paid[0], end)
		w.state(free[1], icpcode.StateInvalid)
		w.state(free[2], icpcode.StateFiled)
		w.state(paid[1], icpcode.StateUnbound)
		if len(res.Codes) != 3 || res.Money.String() != money {
			t.Errorf("closing changed %d codes and pays %v, want 3 and %s", len(res.Codes), res.Money, money)
		}
		// A closed instance issues and binds nothing more, nor closes again.
		_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
		refused(t, err, icpcode.LIFClose)
		_, err = w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{Actor: "1001", Instance: i, Filing: w.site()})
		refused(t, err, icpcode.LIFClose)
		_, err = w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: paid[1], Instance: i})
		refused(t, err, icpcode.LIFClose)
		_, err = w.eng.CloseInstance(w.ctx, r)
		refused(t, err, icpcode.LIFClose)
		var again *icpcode.RefusedError
		if errors.As(err, &again) && (again.Decision.Advice != 0 || again.Decision.Case.Resting != 0) {
			t.Errorf("closing again tells of %d filings, and advises %v", again.Decision.Case.Resting, again.Decision.Advice)
		}
		_, err = w.eng.Import(w.ctx, icpcode.ImportRequest{Actor: ops, Code: must[icpcode.Code](t)(icpcode.Opaque.Parse("late")),
			State: icpcode.StateAvailable, Owner: "1001", InstanceID: i.ID, Product: i.Product, Origin: icpcode.OriginFree, Issued: w.now})
		refused(t, err, icpcode.LIFClose)
		// Also one that never had a code.
		empty := w.server("1001")
		must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: empty.ID, Reason: "gone"}))
		_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: empty, Quantity: 1})
		refused(t, err, icpcode.LIFClose)
	}
	// Whether a bound paid code gets its price back is a policy.
	w := newWorld(t)
	w.rules(func(s *icpcode.RuleSet) { s.Life.CloseRefundsPaid = false })
	i := w.server("1001")
	c := w.buy("1001", 1)[0]
	must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: c, Instance: i}))
	if res := must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: true, Reason: "gone"})); !res.Money.IsZero() {
		t.Errorf("pays back %v", res.Money)
	}
}

func testLIFEffective(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	codes := w.issue(i, 3)
	must[icpcode.Result](t)(w.submit("1001", codes[1]))
	w.filed("1001", codes[2])
	show := func(c icpcode.Code) icpcode.State {
		return must[icpcode.Record](t)(w.eng.Lookup(w.ctx, "1001", c, i)).State
	}
	w.now = i.Expires.Add(-time.Microsecond)
	if got := show(codes[0]); got != icpcode.StateAvailable {
		t.Errorf("before the expiry the code reads %v", got)
	}
	w.now = i.Expires
	for n, want := range []icpcode.State{icpcode.StateInvalid, icpcode.StateFiling, icpcode.StateFiled} {
		if got := show(codes[n]); got != want {
			t.Errorf("at the expiry code %d reads %v, want %v", n, got, want)
		}
	}
	_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: codes[0], Filing: w.site(), Instance: i})
	refused(t, err, icpcode.ELGStatus, icpcode.LIFEffective)
	_, err = w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[:1], GrantTo: "2002", Certification: icpcode.Enterprise, Instances: []icpcode.Instance{i}})
	refused(t, err, icpcode.LIFEffective)
	// Renewed, it works again.
	i.Expires = i.Expires.AddDate(1, 0, 0)
	if got := show(codes[0]); got != icpcode.StateAvailable {
		t.Errorf("renewed, the code reads %v", got)
	}
	must[icpcode.Result](t)(w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: codes[0], Filing: w.site(), Instance: i}))
}

func testLIFView(t *testing.T) {
	tellsWhy(t)
	w := newWorld(t)
	i := w.server("1001")
	i2 := w.server("1001")
	bought := w.buy("1001", 1)
	codes := slices.Concat(w.issue(i, 2), bought)
	must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: bought[0], Instance: i2}))
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes, GrantTo: "2002", Certification: icpcode.Enterprise}))
	must[icpcode.Result](t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "1001", Code: bought[0]}))
	must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: true, Reason: "gone"}))
	states := func(list func(context.Context, icpcode.ListRequest) func(func(icpcode.Record, error) bool), actor icpcode.AccountID) map[icpcode.Code]icpcode.State {
		got := map[icpcode.Code]icpcode.State{}
		for r, err := range list(w.ctx, icpcode.ListRequest{Actor: actor}) {
			if err != nil {
				t.Fatal(err)
			}
			got[r.Code] = r.State
			if actor == "2002" && (!r.Paid.IsZero() || !r.Refunded.IsZero()) {
				t.Error("the grantee sees what was paid")
			}
		}
		return got
	}
	owner := states(func(c context.Context, r icpcode.ListRequest) func(func(icpcode.Record, error) bool) {
		return w.eng.Owned(c, r)
	}, "1001")
	grantee := states(func(c context.Context, r icpcode.ListRequest) func(func(icpcode.Record, error) bool) {
		return w.eng.Received(c, r)
	}, "2002")
	// The instance was refunded: 已退费 to the owner, 已失效 to the grantee.
	want := map[icpcode.Code]icpcode.State{codes[0]: icpcode.StateRefunded, codes[1]: icpcode.StateRefunded, bought[0]: icpcode.StateRefunded}
	if diff := cmp.Diff(want, owner, byValue); diff != "" {
		t.Error("owner: ", diff)
	}
	// The code itself was refunded: 已退费 to both.
	want[codes[0]], want[codes[1]] = icpcode.StateInvalid, icpcode.StateInvalid
	if diff := cmp.Diff(want, grantee, byValue); diff != "" {
		t.Error("grantee: ", diff)
	}
	if icpcode.StateInvalid.Label(icpcode.Chinese) != "已失效" || icpcode.StateRefunded.Label(icpcode.Chinese) != "已退费" {
		t.Error("the states are not called what the pages call them")
	}
}

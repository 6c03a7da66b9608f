package icpcode_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// at risk lists what a review by an account finds, by code.
func (w *world) risks(actor icpcode.AccountID, facts func(icpcode.InstanceID) icpcode.Instance) map[icpcode.Code]icpcode.RuleIDs {
	w.t.Helper()
	found := map[icpcode.Code]icpcode.RuleIDs{}
	for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: actor, Facts: each(facts)}) {
		if err != nil {
			w.t.Fatal(err)
		}
		found[a.Record.Code] = a.Decision.Fail
	}
	return found
}

// TestRemediesEndFindings does for each rule of a review what its remedy says,
// and sees the finding gone. TestRemediesEndDNSFindings does so for RSK-DNS;
// RSK-MOVE and RSK-ENDED are no findings.
func TestRemediesEndFindings(t *testing.T) {
	done := map[icpcode.Rule]bool{icpcode.RSKDNS: true, icpcode.RSKMove: true, icpcode.RSKEnded: true}
	for _, k := range []struct {
		rule        icpcode.Rule
		spoil, mend func(w *world, i *icpcode.Instance)
		remedy      string
	}{
		{icpcode.RSKExpiring, func(w *world, i *icpcode.Instance) { i.Expires = w.now.Add(time.Hour) },
			func(w *world, i *icpcode.Instance) { i.Expires = w.now.AddDate(1, 0, 0) }, "renew the instance"},
		{icpcode.RSKBilling, func(_ *world, i *icpcode.Instance) { i.Billing = icpcode.PayAsYouGo },
			func(_ *world, i *icpcode.Instance) { i.Billing = icpcode.Subscription }, "convert the instance to subscription"},
		{icpcode.RSKDowngraded, func(_ *world, i *icpcode.Instance) { i.Downgraded = icpcode.Yes },
			func(_ *world, i *icpcode.Instance) { i.Downgraded = icpcode.No }, "upgrade the instance again and restore what it lost, such as an EIP"},
		{icpcode.RSKIP, func(w *world, i *icpcode.Instance) {
			i.IPs = w.server("x").IPs[:1]
			i.IPs = []netip.Addr{i.IPs[0].Next()}
		},
			func(w *world, i *icpcode.Instance) { i.IPs = w.server("x").IPs }, "put the filed IP back, or file a change filing"},
		{icpcode.RSKReleased, func(_ *world, i *icpcode.Instance) { i.Status = icpcode.StatusReleased }, nil, "access or change filing"},
		{icpcode.RSKOwner, func(_ *world, i *icpcode.Instance) { i.Owner = "4004" }, nil, "access or change filing"},
	} {
		w := newWorld(t)
		i, next := w.server("1001"), w.server("1001")
		c := w.issue(i, 1)[0]
		w.filed("1001", c)
		facts := func(id icpcode.InstanceID) icpcode.Instance {
			if id == i.ID {
				return i
			}
			return next
		}
		if found := w.risks("1001", facts); len(found) != 0 {
			t.Fatalf("%v before anything went wrong", found)
		}
		k.spoil(w, &i)
		if found := w.risks("1001", facts); !found[c].Has(k.rule) {
			t.Errorf("%v is not found: %v", k.rule, found)
		}
		set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now))
		told := slices.Collect(set.Review(w.record(c), i, w.now).Reasons(icpcode.English))
		if !slices.ContainsFunc(told, func(r icpcode.Reason) bool {
			return r.Rule == k.rule && (r.Remedy == k.remedy || k.mend == nil && strings.Contains(r.Remedy, k.remedy))
		}) {
			t.Errorf("the remedy of %v is not %q: %+v", k.rule, k.remedy, told)
		}
		if k.mend != nil {
			k.mend(w, &i)
		} else {
			// A filing with another server's code, and the old filing ends.
			moved, f := w.issue(next, 1)[0], w.site()
			f.Kind = icpcode.FilingAccess
			must[icpcode.Result](t)(w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: moved, Filing: f}))
			must[icpcode.Result](t)(w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: ops, Code: moved, ICPNumber: "浙ICP备12345678号-1", Replaces: []icpcode.Code{c}}))
		}
		if found := w.risks("1001", facts); len(found) != 0 {
			t.Errorf("%v: after its remedy there is %v", k.rule, found)
		}
		done[k.rule] = true
	}
	for r := icpcode.Rule(1); r.String() != ""; r++ {
		if strings.HasPrefix(r.String(), "RSK-") && !done[r] {
			t.Errorf("the remedy of %v is not done", r)
		}
	}
}

// TestMoveIsAskedBeforehand: for a planned move each filing that rests on the
// old server is named, with what the new one lacks.
func TestMoveIsAskedBeforehand(t *testing.T) {
	w := newWorld(t)
	from, to := w.server("1001"), w.server("1001")
	codes := w.issue(from, 4)
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[2:3], GrantTo: "2002", Certification: icpcode.Enterprise}))
	w.filed("1001", codes[0])
	must[icpcode.Result](t)(w.submit("1001", codes[1]))
	w.filed("2002", codes[2])
	ask := func(actor icpcode.AccountID, to icpcode.Instance) (named []icpcode.Code, last icpcode.Decision) {
		t.Helper()
		for a, err := range w.eng.PlanMove(w.ctx, icpcode.ListRequest{Actor: actor, InstanceID: from.ID}, to) {
			if err != nil {
				t.Fatal(err)
			}
			lasting(t, a.Decision)
			if a.Decision.Advice != icpcode.MakeRuleIDs(icpcode.RSKMove) {
				t.Errorf("the advice is %v", a.Decision.Advice)
			}
			named, last = append(named, a.Record.Code), a.Decision
		}
		slices.SortFunc(named, icpcode.Code.Compare)
		if paged := w.movePages(actor, from.ID, to); !slices.Equal(paged, named) {
			t.Errorf("by pages %v rest on the server, want %v", paged, named)
		}
		return named, last
	}
	want := slices.SortedFunc(slices.Values(codes[:3]), icpcode.Code.Compare)
	if named, d := ask("1001", to); !slices.Equal(named, want) || d.Refused() || d.Quota.Left() != 5 {
		t.Errorf("%v rest on the server, refused %v, quota %+v", named, d.Fail, d.Quota)
	}
	// The grantee is told of its own filing, and that the other server is not its.
	if named, d := ask("2002", to); !slices.Equal(named, codes[2:3]) || d.Fail != icpcode.MakeRuleIDs(icpcode.ELGOwner) || d.Case.IssuedInstance != -1 {
		t.Errorf("%v rest on the server, refused %v", named, d.Fail)
	}
	if named, _ := ask("3003", to); len(named) != 0 {
		t.Errorf("a stranger is told of %v", named)
	}
	w.issue(to, 5)
	if _, d := ask("1001", to); d.Fail != icpcode.MakeRuleIDs(icpcode.ELGQuota) {
		t.Errorf("a server without codes: refused %v", d.Fail)
	}
	to.Status = icpcode.StatusStopped
	if _, d := ask("1001", to); d.Fail != icpcode.MakeRuleIDs(icpcode.ELGQuota, icpcode.ELGStatus) {
		t.Errorf("a stopped server: refused %v", d.Fail)
	}
	must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: to.ID, Reason: "gone"}))
	if _, d := ask("1001", to); !d.Fail.Has(icpcode.LIFClose) {
		t.Errorf("a closed server: refused %v", d.Fail)
	}
	for _, bad := range []struct {
		r  icpcode.ListRequest
		to icpcode.Instance
	}{
		{icpcode.ListRequest{Actor: "1001"}, to},
		{icpcode.ListRequest{Actor: "1001", InstanceID: to.ID}, to},
		{icpcode.ListRequest{Actor: "1001", InstanceID: from.ID}, icpcode.Instance{}},
		{icpcode.ListRequest{InstanceID: from.ID}, to},
	} {
		for _, err := range w.eng.PlanMove(w.ctx, bad.r, bad.to) {
			is(t, err, icpcode.ErrInvalid)
		}
		_, err := w.eng.PlanMovePage(w.ctx, bad.r, bad.to)
		is(t, err, icpcode.ErrInvalid)
	}
	// A cursor is of the two instances.
	first := must[icpcode.AssessmentPage](t)(w.eng.PlanMovePage(w.ctx, icpcode.ListRequest{Actor: "1001", InstanceID: from.ID, Limit: 1}, to))
	next := icpcode.ListRequest{Actor: "1001", InstanceID: from.ID, Limit: 1, After: first.Next}
	if p, err := w.eng.PlanMovePage(w.ctx, next, to); err != nil || len(p.Assessments) != 1 || p.Assessments[0].Record.Code == first.Assessments[0].Record.Code {
		t.Errorf("the second page is %+v, %v", p, err)
	}
	_, err := w.eng.PlanMovePage(w.ctx, next, w.server("1001"))
	is(t, err, icpcode.ErrInvalid)
	next.InstanceID = to.ID
	_, err = w.eng.PlanMovePage(w.ctx, next, from)
	is(t, err, icpcode.ErrInvalid)
}

// movePages is what PlanMovePage names, by pages of one, sorted.
func (w *world) movePages(actor icpcode.AccountID, from icpcode.InstanceID, to icpcode.Instance) (named []icpcode.Code) {
	w.t.Helper()
	r := icpcode.ListRequest{Actor: actor, InstanceID: from, Limit: 1}
	for more := true; more; more = r.After != "" {
		p := must[icpcode.AssessmentPage](w.t)(w.eng.PlanMovePage(w.ctx, r, to))
		for _, a := range p.Assessments {
			if a.Decision.Advice != icpcode.MakeRuleIDs(icpcode.RSKMove) {
				w.t.Errorf("the advice is %v", a.Decision.Advice)
			}
			named = append(named, a.Record.Code)
		}
		r.After = p.Next
	}
	slices.SortFunc(named, icpcode.Code.Compare)
	return named
}

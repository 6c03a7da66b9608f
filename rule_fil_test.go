package icpcode_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

func testFILHolder(t *testing.T) {
	w := newWorld(t)
	codes := w.issue(w.server("1001"), 2)
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[:1], GrantTo: "2002", Certification: icpcode.Enterprise}))
	_, err := w.submit("1001", codes[0])
	refused(t, err, icpcode.FILHolder)
	_, err = w.submit(ops, codes[0])
	refused(t, err, icpcode.FILHolder)
	must[icpcode.Result](t)(w.submit("2002", codes[0]))
	_, err = w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: codes[0], Filing: w.site()})
	refused(t, err, icpcode.FILHolder)
	// To a stranger an unknown, foreign, dead or used code is one and the
	// same error, whatever is asked.
	must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: codes[1], Reason: "test"}))
	used := w.issue(w.server("1001"), 1)[0]
	w.filed("1001", used)
	unknown := must[icpcode.Code](t)(icpcode.ParseCode("000000000001"))
	var texts []string
	for _, c := range []icpcode.Code{unknown, codes[0], codes[1], used} {
		for _, f := range []func() error{
			func() error { _, err := w.submit("6666", c); return err },
			func() error {
				_, err := w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: "6666", Code: c})
				return err
			},
			func() error { _, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "6666", Code: c}); return err },
			func() error {
				_, err := w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: "6666", Code: c})
				return err
			},
			func() error {
				_, err := w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: "6666", Code: c, Reason: "x"})
				return err
			},
			func() error {
				_, err := w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: "6666", Code: c, ICPNumber: "x"})
				return err
			},
			func() error {
				_, err := w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "6666", Code: c, Instance: w.server("6666")})
				return err
			},
			func() error {
				_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "6666", Codes: []icpcode.Code{c}, GrantTo: "2002"})
				return err
			},
			func() error { _, err := w.eng.Lookup(w.ctx, "6666", c, icpcode.Instance{}); return err },
		} {
			err := f()
			is(t, err, icpcode.ErrNoCode)
			texts = append(texts, err.Error())
		}
	}
	if slices.Sort(texts); texts[0] != texts[len(texts)-1] {
		t.Errorf("strangers can tell codes apart: %q, %q", texts[0], texts[len(texts)-1])
	}
}

func testFILWhat(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	c := w.issue(i, 1)[0]
	bad := map[string]func(*icpcode.Filing){
		"no kind":         func(f *icpcode.Filing) { f.Kind = 0 },
		"unknown kind":    func(f *icpcode.Filing) { f.Kind = 5 },
		"no domain":       func(f *icpcode.Filing) { f.Domain = "localhost" },
		"an address":      func(f *icpcode.Filing) { f.Domain = "47.96.1.180" },
		"a URL":           func(f *icpcode.Filing) { f.Domain = "http://example.cn/" },
		"a space":         func(f *icpcode.Filing) { f.Domain = "exam ple.cn" },
		"invalid UTF-8":   func(f *icpcode.Filing) { f.Domain = "\xff.cn" },
		"long subject":    func(f *icpcode.Filing) { f.Subject = strings.Repeat("x", 129) },
		"bad app":         func(f *icpcode.Filing) { f.Domain, f.App = "", "a\nb" },
		"own number":      func(f *icpcode.Filing) { f.ICPNumber = "京ICP备1号" },
		"no address":      func(f *icpcode.Filing) { f.IPs = []netip.Addr{{}} },
		"another address": func(f *icpcode.Filing) { f.IPs = []netip.Addr{netip.MustParseAddr("8.8.8.8")} },
	}
	for name, edit := range bad {
		f := w.site()
		edit(&f)
		_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: f, Instance: i})
		t.Log(name)
		refused(t, err, icpcode.FILWhat)
		_, err = w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{Actor: "1001", Filing: f, Instance: i})
		refused(t, err, icpcode.FILWhat)
	}
	f := icpcode.Filing{Kind: icpcode.FilingChange, App: "订餐助手", Subject: "s"}
	must[icpcode.Result](t)(w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: f}))
	f = icpcode.Filing{Kind: icpcode.FilingAccess, Domain: "中文网址.中国", Subject: "s"}
	must[icpcode.Result](t)(w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: f}))
	f.IPs = []netip.Addr{netip.MustParseAddr("8.8.8.8")} // not judged where the instance's are not known
	must[icpcode.Result](t)(w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: f}))
}

func testFILSuccess(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	codes := w.issue(i, 2)
	w.filed("1001", codes[0])
	w.staysUsed("1001", codes[0])
	_, err := w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: ops, Code: codes[0], Reason: "deregistered"})
	refused(t, err, icpcode.LIFRelease)
	_, err = w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[:1], GrantTo: "2002", Certification: icpcode.Enterprise})
	refused(t, err, icpcode.GRTState)
	w.state(codes[0], icpcode.StateFiled)
	// One service may consume several codes over time.
	w.filed("1001", codes[1])
}

func testFILPick(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	i2 := w.server("1001")
	codes := w.issue(i, 4)
	late := w.issue(i2, 1)[0]
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: append(codes[1:], late), GrantTo: "2002", Certification: icpcode.Enterprise}))
	must[icpcode.Result](t)(w.submit("2002", codes[2]))
	must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: codes[3], Reason: "test"}))
	bought := w.buy("2002", 1)[0]
	got := map[icpcode.Code]icpcode.RuleIDs{}
	facts := func(id icpcode.InstanceID) icpcode.Instance {
		if id == i2.ID {
			return icpcode.Instance{ID: id, Status: icpcode.StatusExpired}
		}
		return icpcode.Instance{}
	}
	for a, err := range w.eng.Pick(w.ctx, icpcode.ListRequest{Actor: "2002", Facts: each(facts)}) {
		if err != nil {
			t.Fatal(err)
		}
		got[a.Record.Code] = a.Decision.Fail
		if a.Decision.Refused() != (a.Decision.Fail != 0) {
			t.Errorf("refused %v, fails %v", a.Decision.Refused(), a.Decision.Fail)
		}
	}
	submit := icpcode.MakeRuleIDs(icpcode.LIFSubmit)
	want := map[icpcode.Code]icpcode.RuleIDs{
		codes[1]: 0, codes[2]: submit, codes[3]: submit, bought: submit, late: icpcode.MakeRuleIDs(icpcode.ELGStatus, icpcode.LIFEffective),
	}
	if diff := cmp.Diff(want, got, byValue); diff != "" {
		t.Error(diff)
	}
}

func testFILForeign(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	c := w.issue(i, 1)[0]
	i.Provider = "tencent"
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
	refused(t, err, icpcode.FILForeign)
	_, err = w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{Actor: "1001", Instance: i, Filing: w.site()})
	refused(t, err, icpcode.FILForeign)
	_, err = w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: w.site(), Instance: i})
	refused(t, err, icpcode.FILForeign)
	i.Provider = "alibaba"
	w.issue(i, 1)
}

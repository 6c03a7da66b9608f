package icpcode_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// ruleTests has a test for every rule, named for it. That each fails when its
// rule is disabled is shown by package internal/disable.
var ruleTests = map[icpcode.Rule]func(*testing.T){
	icpcode.ELGProduct:     testELGProduct,
	icpcode.ELGOwner:       testELGOwner,
	icpcode.ELGBilling:     testELGBilling,
	icpcode.ELGTerm:        testELGTerm,
	icpcode.ELGRemaining:   testELGRemaining,
	icpcode.ELGRegion:      testELGRegion,
	icpcode.ELGPublicIP:    testELGPublicIP,
	icpcode.ELGStatus:      testELGStatus,
	icpcode.ELGIPInUse:     testELGIPInUse,
	icpcode.ELGQuota:       testELGQuota,
	icpcode.ELGBatch:       testELGBatch,
	icpcode.ELGAccount:     testELGAccount,
	icpcode.CODFormat:      testCODFormat,
	icpcode.CODOpaque:      testCODOpaque,
	icpcode.CODUnique:      testCODUnique,
	icpcode.CODUnguessable: testCODUnguessable,
	icpcode.CODInput:       testCODInput,
	icpcode.CODInstant:     testCODInstant,
	icpcode.CODOne:         testCODOne,
	icpcode.LIFIssue:       testLIFIssue,
	icpcode.LIFBuy:         testLIFBuy,
	icpcode.LIFImport:      testLIFImport,
	icpcode.LIFBind:        testLIFBind,
	icpcode.LIFSubmit:      testLIFSubmit,
	icpcode.LIFResubmit:    testLIFResubmit,
	icpcode.LIFApprove:     testLIFApprove,
	icpcode.LIFReject:      testLIFReject,
	icpcode.LIFStage:       testLIFStage,
	icpcode.LIFRelease:     testLIFRelease,
	icpcode.LIFRefund:      testLIFRefund,
	icpcode.LIFVoid:        testLIFVoid,
	icpcode.LIFClose:       testLIFClose,
	icpcode.LIFEnd:         testLIFEnd,
	icpcode.LIFCorrect:     testLIFCorrect,
	icpcode.LIFEffective:   testLIFEffective,
	icpcode.LIFView:        testLIFView,
	icpcode.GRTEnterprise:  testGRTEnterprise,
	icpcode.GRTOut:         testGRTOut,
	icpcode.GRTIn:          testGRTIn,
	icpcode.GRTFirst:       testGRTFirst,
	icpcode.GRTAtomic:      testGRTAtomic,
	icpcode.GRTVerify:      testGRTVerify,
	icpcode.GRTOnce:        testGRTOnce,
	icpcode.GRTState:       testGRTState,
	icpcode.GRTRepeat:      testGRTRepeat,
	icpcode.GRTOwner:       testGRTOwner,
	icpcode.GRTPrivate:     testGRTPrivate,
	icpcode.PAYWhen:        testPAYWhen,
	icpcode.PAYPrice:       testPAYPrice,
	icpcode.PAYExact:       testPAYExact,
	icpcode.PAYRefund:      testPAYRefund,
	icpcode.PAYQuota:       testPAYQuota,
	icpcode.FILHolder:      testFILHolder,
	icpcode.FILWhat:        testFILWhat,
	icpcode.FILSuccess:     testFILSuccess,
	icpcode.FILCheck:       testFILCheck,
	icpcode.FILPick:        testFILPick,
	icpcode.FILService:     testFILService,
	icpcode.FILForeign:     testFILForeign,
	icpcode.RSKExpiring:    testRSKExpiring,
	icpcode.RSKReleased:    testRSKReleased,
	icpcode.RSKBilling:     testRSKBilling,
	icpcode.RSKDowngraded:  testRSKDowngraded,
	icpcode.RSKOwner:       testRSKOwner,
	icpcode.RSKIP:          testRSKIP,
	icpcode.RSKDNS:         testRSKDNS,
	icpcode.RSKMove:        testRSKMove,
	icpcode.RSKEnded:       testRSKEnded,
}

func TestRule(t *testing.T) {
	for r := icpcode.ELGProduct; r.String() != ""; r++ {
		test := ruleTests[r]
		if test == nil {
			t.Errorf("%v has no test", r)
			continue
		}
		t.Run(r.String(), test)
	}
}

// elg is one question to one eligibility rule.
type elg struct {
	name string
	edit func(*icpcode.IssueRequest)
	want icpcode.Tri
}

// ask puts the questions to the pure check, each on a request that otherwise
// passes, and checks what the one rule answers and that the others pass.
func (w *world) ask(rule icpcode.Rule, also icpcode.RuleIDs, questions ...elg) {
	w.t.Helper()
	set := must[*icpcode.RuleSet](w.t)(icpcode.Alibaba().At(w.now))
	answered := map[icpcode.Tri]bool{}
	for _, q := range questions {
		r := icpcode.IssueRequest{Actor: "1001", Instance: w.server("1001"), Quantity: 1}
		q.edit(&r)
		d := set.Check(r, 0, w.now)
		got := map[bool]icpcode.Tri{d.Pass.Has(rule): icpcode.Yes, d.Fail.Has(rule): icpcode.No, d.Unknown.Has(rule): icpcode.Unknown}[true]
		if got != q.want {
			w.t.Errorf("%s: %v answers %v, want %v", q.name, rule, got, q.want)
		}
		if others := (d.Fail | d.Unknown) &^ icpcode.MakeRuleIDs(rule) &^ also; others != 0 {
			w.t.Errorf("%s: also refused by %v", q.name, others)
		}
		if d.Refused() != (got != icpcode.Yes || (d.Fail|d.Unknown)&also != 0) {
			w.t.Errorf("%s: Refused is %v though the rule answers %v", q.name, d.Refused(), got)
		}
		answered[q.want] = true
	}
	if !answered[icpcode.Yes] || !answered[icpcode.No] {
		w.t.Errorf("%v was not seen to pass and to fail", rule)
	}
}

func testELGProduct(t *testing.T) {
	w := newWorld(t)
	product := func(p icpcode.Product) func(*icpcode.IssueRequest) {
		return func(r *icpcode.IssueRequest) { r.Instance.Product = p }
	}
	w.ask(icpcode.ELGProduct, 0,
		elg{"ECS", product(icpcode.ECS), icpcode.Yes}, elg{"SWAS", product(icpcode.SWAS), icpcode.Yes},
		elg{"ElasticWeb", product(icpcode.ElasticWeb), icpcode.Yes}, elg{"NAT", product(icpcode.NAT), icpcode.Yes},
		elg{"SLB", product(icpcode.SLB), icpcode.Yes},
		elg{"OSS", product("OSS"), icpcode.No}, elg{"case", product("ecs"), icpcode.No},
	)
	w.ask(icpcode.ELGProduct, icpcode.MakeRuleIDs(icpcode.ELGQuota),
		elg{"ECS", product(icpcode.ECS), icpcode.Yes}, elg{"OSS", product("OSS"), icpcode.No},
		elg{"not stated", product(""), icpcode.Unknown},
	)
	i := w.server("1001")
	i.Product = "OSS"
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
	no := refused(t, err, icpcode.ELGProduct)
	if !no.Pass.Has(icpcode.ELGQuota) || no.Quota.Limit != 0 {
		t.Errorf("an unlisted product: quota %+v, pass %v; want it to pass and show 0", no.Quota, no.Pass)
	}
	// The order of a Marketplace site counted in 2019.
	w.now = at(2019, 9, 17, 0, 0, 0)
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now))
	for amount, want := range map[string]icpcode.Tri{"98.99": icpcode.No, "99": icpcode.Yes, "0": icpcode.Unknown} {
		i := w.server("1001")
		i.Product, i.FirstTermMonths, i.OrderAmount = icpcode.Marketplace, 12, decimal.RequireFromString(amount)
		d := set.Check(icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1}, 0, w.now)
		if d.Pass.Has(icpcode.ELGProduct) != (want == icpcode.Yes) || d.Fail.Has(icpcode.ELGProduct) != (want == icpcode.No) {
			t.Errorf("an order of %s: pass %v, fail %v, want %v", amount, d.Pass, d.Fail, want)
		}
	}
}

func testELGOwner(t *testing.T) {
	w := newWorld(t)
	w.ask(icpcode.ELGOwner, 0,
		elg{"owner", func(r *icpcode.IssueRequest) {}, icpcode.Yes},
		elg{"another", func(r *icpcode.IssueRequest) { r.Actor = "1002" }, icpcode.No},
		elg{"case", func(r *icpcode.IssueRequest) { r.Actor, r.Instance.Owner = "ab", "aB" }, icpcode.No},
		elg{"not stated", func(r *icpcode.IssueRequest) { r.Instance.Owner = "" }, icpcode.Unknown},
	)
	// A second-hand server: the new owner issues under what quota is left,
	// the codes of the old one stay with it and count.
	i := w.server("1001")
	old := w.issue(i, 3)
	i.Owner = "1002"
	w.issue(i, 2)
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1002", Instance: i, Quantity: 1})
	refused(t, err, icpcode.ELGQuota)
	if got := w.record(old[0]).Owner; got != "1001" {
		t.Errorf("the old owner's code is now of %s", got)
	}
	// A stranger is not told how many codes the owner has.
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "6666", Instance: i, Quantity: 1})
	no := refused(t, err, icpcode.ELGOwner)
	if no.Quota.Used >= 0 {
		t.Errorf("a stranger learns that %d codes were issued", no.Quota.Used)
	}
}

func testELGBilling(t *testing.T) {
	w := newWorld(t)
	neither := icpcode.MakeRuleIDs(icpcode.ELGTerm, icpcode.ELGRemaining)
	w.ask(icpcode.ELGBilling, neither,
		elg{"subscription", func(r *icpcode.IssueRequest) {}, icpcode.Yes},
		elg{"pay as you go", func(r *icpcode.IssueRequest) { r.Instance.Billing = icpcode.PayAsYouGo }, icpcode.No},
		elg{"trial", func(r *icpcode.IssueRequest) { r.Instance.Trial = icpcode.Yes }, icpcode.No},
		elg{"not stated", func(r *icpcode.IssueRequest) { r.Instance.Billing = 0 }, icpcode.Unknown},
		elg{"trial not stated", func(r *icpcode.IssueRequest) { r.Instance.Trial = 0 }, icpcode.Unknown},
	)
	// Pay-as-you-go has neither a term nor a time left.
	i := w.server("1001")
	i.Billing = icpcode.PayAsYouGo
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
	if no := refused(t, err, icpcode.ELGBilling); no.Unknown != neither {
		t.Errorf("unknown are %v, want %v", no.Unknown, neither)
	}
}

func testELGTerm(t *testing.T) {
	w := newWorld(t)
	months := func(n int) func(*icpcode.IssueRequest) {
		return func(r *icpcode.IssueRequest) { r.Instance.TermMonths = n }
	}
	// Created and expiry can prove a term too short, but not long enough.
	span := func(from, to time.Time) func(*icpcode.IssueRequest) {
		return func(r *icpcode.IssueRequest) {
			r.Instance.TermMonths, r.Instance.Created, r.Instance.Expires = 0, from, to
		}
	}
	w.ask(icpcode.ELGTerm, icpcode.MakeRuleIDs(icpcode.ELGRemaining, icpcode.ELGStatus),
		elg{"2", months(2), icpcode.No}, elg{"3", months(3), icpcode.Yes}, elg{"12", months(12), icpcode.Yes},
		elg{"not stated", months(0), icpcode.Unknown},
		elg{"only created is stated", span(at(2026, 2, 1, 0, 0, 0), time.Time{}), icpcode.Unknown},
		elg{"only the expiry is stated", span(time.Time{}, at(2026, 5, 1, 0, 0, 0)), icpcode.Unknown},
		elg{"a microsecond short", span(at(2026, 2, 1, 0, 0, 0), at(2026, 5, 1, 0, 0, 0).Add(-time.Microsecond)), icpcode.No},
		elg{"three months to the instant", span(at(2026, 2, 1, 0, 0, 0), at(2026, 5, 1, 0, 0, 0)), icpcode.Unknown},
		elg{"89 days are three months", span(at(2026, 2, 1, 0, 0, 0), at(2026, 2, 1, 0, 0, 0).Add(89*24*time.Hour)), icpcode.Unknown},
		elg{"91 days are not", span(at(2026, 3, 1, 0, 0, 0), at(2026, 3, 1, 0, 0, 0).Add(91*24*time.Hour)), icpcode.No},
		elg{"30 November ends on 28 February", span(at(2025, 11, 30, 8, 0, 0), at(2026, 2, 28, 8, 0, 0)), icpcode.Unknown},
		elg{"and not before", span(at(2025, 11, 30, 8, 0, 0), at(2026, 2, 28, 7, 59, 59)), icpcode.No},
		elg{"in a leap year on the 29th", span(at(2027, 11, 30, 8, 0, 0), at(2028, 2, 28, 8, 0, 0)), icpcode.No},
		elg{"in Beijing's months", span(time.Date(2026, 1, 31, 16, 0, 0, 0, time.UTC), time.Date(2026, 4, 30, 16, 0, 0, 0, time.UTC)), icpcode.Unknown},
	)
	// TERM and REMAINING are two facts.
	i := w.server("1001")
	i.TermMonths, i.Expires = 24, w.now.Add(10*24*time.Hour)
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
	refused(t, err, icpcode.ELGRemaining)
}

func testELGRemaining(t *testing.T) {
	w := newWorld(t)
	left := func(d time.Duration) func(*icpcode.IssueRequest) {
		return func(r *icpcode.IssueRequest) { r.Instance.Expires = w.now.Add(d) }
	}
	const days90 = 90 * 24 * time.Hour
	w.ask(icpcode.ELGRemaining, icpcode.MakeRuleIDs(icpcode.ELGStatus),
		elg{"90 days", left(days90), icpcode.Yes}, elg{"a second less", left(days90 - time.Second), icpcode.No},
		elg{"a microsecond less", left(days90 - time.Microsecond), icpcode.No},
		elg{"expired", left(-time.Second), icpcode.No},
		elg{"not stated", func(r *icpcode.IssueRequest) { r.Instance.Expires = time.Time{} }, icpcode.Unknown},
	)
	// The older rules did not ask.
	w.now = at(2026, 1, 5, 23, 59, 59)
	i := w.server("1001")
	i.Expires = w.now.Add(time.Hour)
	w.issue(i, 1)
}

func testELGRegion(t *testing.T) {
	w := newWorld(t)
	region := func(s string) func(*icpcode.IssueRequest) {
		return func(r *icpcode.IssueRequest) { r.Instance.Region = s }
	}
	w.ask(icpcode.ELGRegion, 0,
		elg{"杭州", region("cn-hangzhou"), icpcode.Yes}, elg{"河源", region("cn-heyuan"), icpcode.Yes},
		elg{"香港", region("cn-hongkong"), icpcode.No}, elg{"Singapore", region("ap-southeast-1"), icpcode.No},
		elg{"not listed", region("cn-atlantis"), icpcode.Unknown}, elg{"not stated", region(""), icpcode.Unknown},
	)
}

func testELGPublicIP(t *testing.T) {
	w := newWorld(t)
	w.ask(icpcode.ELGPublicIP, 0,
		elg{"yes", func(r *icpcode.IssueRequest) {}, icpcode.Yes},
		elg{"masked", func(r *icpcode.IssueRequest) { r.Instance.IPs = nil }, icpcode.Yes},
		elg{"no", func(r *icpcode.IssueRequest) { r.Instance.PublicIP, r.Instance.IPs = icpcode.No, nil }, icpcode.No},
		elg{"a partner's", func(r *icpcode.IssueRequest) { r.Instance.PartnerIP = true }, icpcode.No},
		elg{"not stated", func(r *icpcode.IssueRequest) { r.Instance.PublicIP, r.Instance.IPs = 0, nil }, icpcode.Unknown},
	)
}

func testELGStatus(t *testing.T) {
	w := newWorld(t)
	status := func(s icpcode.Status) func(*icpcode.IssueRequest) {
		return func(r *icpcode.IssueRequest) { r.Instance.Status = s }
	}
	w.ask(icpcode.ELGStatus, icpcode.MakeRuleIDs(icpcode.ELGRemaining),
		elg{"running", status(icpcode.StatusRunning), icpcode.Yes}, elg{"pending", status(icpcode.StatusPending), icpcode.No},
		elg{"stopped", status(icpcode.StatusStopped), icpcode.No}, elg{"expired", status(icpcode.StatusExpired), icpcode.No},
		elg{"locked", status(icpcode.StatusLocked), icpcode.No}, elg{"refunded", status(icpcode.StatusRefunded), icpcode.No},
		elg{"released", status(icpcode.StatusReleased), icpcode.No}, elg{"not stated", status(0), icpcode.Unknown},
		elg{"expired just now", func(r *icpcode.IssueRequest) { r.Instance.Expires = w.now }, icpcode.No},
		elg{"expired, nothing else known", func(r *icpcode.IssueRequest) { r.Instance.Status, r.Instance.Expires = 0, w.now }, icpcode.No},
	)
	// Whether a stopped instance is good enough is a policy.
	w.rules(func(s *icpcode.RuleSet) { s.Products[0].StoppedPasses = true })
	i := w.server("1001")
	i.Status = icpcode.StatusStopped
	w.issue(i, 1)
}

func testELGIPInUse(t *testing.T) {
	w := newWorld(t)
	held := func(v icpcode.Tri) func(*icpcode.IssueRequest) {
		return func(r *icpcode.IssueRequest) { r.Instance.IPHeld = v }
	}
	w.ask(icpcode.ELGIPInUse, 0,
		elg{"free", held(icpcode.No), icpcode.Yes}, elg{"held", held(icpcode.Yes), icpcode.No}, elg{"not stated", held(icpcode.Unknown), icpcode.Unknown})
}

func testELGQuota(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	codes := w.issue(i, 4)
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 2})
	no := refused(t, err, icpcode.ELGQuota)
	if diff := cmp.Diff(icpcode.Quota{Used: 4, Limit: 5, Requested: 2}, no.Quota); diff != "" {
		t.Error(diff)
	}
	w.issue(i, 1)
	// A slot once used never comes back: not by success, void or expiry, and
	// renewing adds none.
	w.filed("1001", codes[0])
	must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: codes[1], Reason: "test"}))
	i.Expires = i.Expires.AddDate(3, 0, 0)
	i.TermMonths += 36
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
	refused(t, err, icpcode.ELGQuota)
	// A contract overrides the quota and is recorded on the code.
	i.ContractQuota = 7
	more := w.issue(i, 2)
	if got := w.record(more[0]).ContractQuota; got != 7 {
		t.Errorf("the code records a contract of %d, want 7", got)
	}
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
	refused(t, err, icpcode.ELGQuota)
	// How many were issued can be unknown to the pure check.
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now))
	if d := set.Check(icpcode.IssueRequest{Actor: "1001", Instance: w.server("1001"), Quantity: 1}, -1, w.now); d.Unknown != icpcode.MakeRuleIDs(icpcode.ELGQuota) {
		t.Errorf("unknown are %v", d.Unknown)
	}
	// That of an unknown product is unknown, and no assumption oversells.
	all := ^icpcode.RuleIDs(0)
	x := w.server("1001")
	x.Product = ""
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: x, Quantity: 1, Assume: all})
	if no := refused(t, err); no.Unknown != icpcode.MakeRuleIDs(icpcode.ELGProduct, icpcode.ELGQuota) {
		t.Errorf("unknown are %v", no.Unknown)
	}
	x.ContractQuota = 1
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: x, Quantity: 1, Assume: all})
	refused(t, err)
	x.Owner = ""
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "6666", Instance: x, Quantity: 1, Assume: all &^ icpcode.MakeRuleIDs(icpcode.ELGOwner)})
	refused(t, err)
	testQuotaUnknown(t)
	// There is no cap per account: ten servers make fifty codes.
	for range 10 {
		w.issue(w.server("1002"), 5)
	}
	if n, err := set.ServersFor(icpcode.ECS, 46); n != 10 || err != nil {
		t.Errorf("46 sites need %d servers (%v), want 10", n, err)
	}
	// Elastic Web Hosting was counted per account.
	w = newWorld(t)
	w.now = at(2020, 1, 1, 0, 0, 0)
	for n := range 6 {
		i := w.server("1001")
		i.Product = icpcode.ElasticWeb
		_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
		if n < 5 && err != nil {
			t.Fatal(err, why(err))
		}
		if n == 5 {
			refused(t, err, icpcode.ELGQuota)
		}
	}
}

// A quota that no source gives is unknown: nothing is issued until a contract
// says how many, whatever is assumed.
func testQuotaUnknown(t *testing.T) {
	t.Helper()
	w := newWorld(t).rules(func(s *icpcode.RuleSet) {
		for n := range s.Products {
			s.Products[n].Quota, s.Products[n].PerAccount, s.Products[n].QuotaUnknown = 0, false, true
		}
	})
	i := w.server("1001")
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1, Assume: ^icpcode.RuleIDs(0)})
	no := refused(t, err)
	if no.Unknown&^no.Assumed != icpcode.MakeRuleIDs(icpcode.ELGQuota) || no.Quota != (icpcode.Quota{Limit: icpcode.UnknownLimit, Requested: 1}) || no.Quota.Left() != 0 {
		t.Errorf("unknown %v, quota %+v", no.Unknown, no.Quota)
	}
	set := must[*icpcode.RuleSet](t)(w.opt.RuleBook.At(w.now))
	for n, want := range map[int]icpcode.RuleIDs{-1: 0, 0: 0, 1: icpcode.MakeRuleIDs(icpcode.ELGQuota), 1000: icpcode.MakeRuleIDs(icpcode.ELGQuota)} {
		for _, used := range []int{-1, 0, 1000} {
			d := set.Check(icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: n}, used, w.now)
			if d.Unknown != want || d.Fail.Has(icpcode.ELGQuota) || d.Advice != 0 {
				t.Errorf("%d requested after %d: unknown %v, fails %v, advice %v", n, used, d.Unknown, d.Fail, d.Advice)
			}
		}
	}
	if _, err := set.ServersFor(icpcode.ECS, 1); refused(t, err).Quota.Limit != icpcode.UnknownLimit {
		t.Errorf("one site: %v", err)
	}
	// A contract says how many.
	i.ContractQuota = 2
	w.issue(i, 2)
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1})
	refused(t, err, icpcode.ELGQuota)
}

func testELGBatch(t *testing.T) {
	w := newWorld(t)
	n := func(n int) func(*icpcode.IssueRequest) {
		return func(r *icpcode.IssueRequest) { r.Quantity, r.Instance.ContractQuota = n, 1000 }
	}
	w.ask(icpcode.ELGBatch, icpcode.MakeRuleIDs(icpcode.ELGQuota),
		elg{"1", n(1), icpcode.Yes}, elg{"20", n(20), icpcode.Yes}, elg{"21", n(21), icpcode.No}, elg{"0", n(0), icpcode.No},
		elg{"-1", n(-1), icpcode.No}, elg{"most", n(1<<63 - 1), icpcode.No}, elg{"least", n(-1 << 63), icpcode.No})
	i := w.server("1001")
	i.ContractQuota = 100
	for _, n := range []int{0, -1, 21} {
		_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: n})
		refused(t, err, icpcode.ELGBatch)
	}
	w.issue(i, 20)
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now))
	set.Batch, set.BatchUnknown = 0, true
	for n, want := range map[int]icpcode.Tri{-1: icpcode.No, 0: icpcode.No, 1: icpcode.Yes, 2: icpcode.Unknown, 1 << 40: icpcode.Unknown} {
		d := set.Check(icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: n, Assume: icpcode.MakeRuleIDs(icpcode.ELGBatch)}, 0, w.now)
		batch := icpcode.MakeRuleIDs(icpcode.ELGBatch)
		if d.Pass&batch != 0 != (want == icpcode.Yes) || d.Fail&batch != 0 != (want == icpcode.No) || d.Unknown&batch != 0 != (want == icpcode.Unknown) || d.Assumed&batch != 0 {
			t.Errorf("%d codes where the limit is not known: %v, want %v", n, d, want)
		}
	}
}

func testELGAccount(t *testing.T) {
	w := newWorld(t)
	cert := func(c icpcode.Certification, to icpcode.AccountID) func(*icpcode.IssueRequest) {
		return func(r *icpcode.IssueRequest) { r.Certification, r.GrantTo = c, to }
	}
	w.ask(icpcode.ELGAccount, 0,
		elg{"enterprise for another", cert(icpcode.Enterprise, "2002"), icpcode.Yes},
		elg{"personal for itself", cert(icpcode.Personal, ""), icpcode.Yes},
		elg{"personal for another", cert(icpcode.Personal, "2002"), icpcode.No},
		elg{"self-employed", cert(icpcode.SelfEmployed, "2002"), icpcode.No},
		elg{"sole trader", cert(icpcode.SoleTrader, "2002"), icpcode.No},
		elg{"not stated", cert(0, "2002"), icpcode.Unknown},
	)
	// Until the last instant of January 2024 nobody asked.
	w.now = at(2024, 1, 31, 23, 59, 59)
	must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{
		Actor: "1001", Instance: w.server("1001"), Quantity: 1, GrantTo: "2002", Certification: icpcode.Personal}))
	w.now = at(2024, 2, 1, 0, 0, 0)
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{
		Actor: "1001", Instance: w.server("1001"), Quantity: 1, GrantTo: "2002", Certification: icpcode.Personal})
	refused(t, err, icpcode.ELGAccount, icpcode.GRTEnterprise)
	// The strict reading asks it of every code, but not of filing straight
	// with an instance.
	w.rules(func(s *icpcode.RuleSet) { s.Account = icpcode.AccountAll })
	i := w.server("1001")
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1, Certification: icpcode.Personal})
	refused(t, err, icpcode.ELGAccount)
	must[icpcode.Result](t)(w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{Actor: "1001", Instance: i, Filing: w.site()}))
}

func testCODFormat(t *testing.T) {
	w := newWorld(t)
	for range 20 {
		for _, c := range w.issue(w.server("1001"), 5) {
			s := c.String()
			if len(s) != 12 || s[0] != '0' || strings.Trim(s, "0123456789") != "" {
				t.Fatalf("a code does not have twelve digits after a 0: %q", s)
			}
			if want := s[:4] + "-" + s[4:8] + "-" + s[8:]; c.Display() != want {
				t.Errorf("displayed as %q, want %q", c.Display(), want)
			}
		}
	}
	for _, s := range []string{"112345678901", "01234567890", "0123456789012", "01234567890a", "０12345678９0", "", "012345678:01", "01234567/901"} {
		if _, err := icpcode.ParseCode(s); !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", s, err)
		}
	}
	for _, s := range []string{"000000000000", "012345678901", "099999999999"} {
		if c, err := icpcode.ParseCode(s); err != nil || c.String() != s {
			t.Errorf("%q: got %q, %v", s, c.String(), err)
		}
	}
}

func testCODOpaque(t *testing.T) {
	w := newWorld(t)
	const uuid = "6F9619FF-8B86-D011-B42D-00CF4FC964FF"
	c := must[icpcode.Code](t)(icpcode.Opaque.Parse("  " + uuid + "\n"))
	if c.String() != uuid || c.Display() != uuid {
		t.Errorf("%q is read as %q and shown as %q", uuid, c.String(), c.Display())
	}
	lower := must[icpcode.Code](t)(icpcode.Opaque.Parse(strings.ToLower(uuid)))
	if lower == c {
		t.Error("case is not kept")
	}
	if a, b := must[icpcode.Code](t)(icpcode.Opaque.Parse("012345678901")), must[icpcode.Code](t)(icpcode.ParseCode("0123-4567-8901")); a != b {
		t.Error("one code has two values")
	}
	for _, s := range []string{"", " ", "a b", "a\x00b", strings.Repeat("x", 65), "\xff"} {
		if _, err := icpcode.Opaque.Parse(s); !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", s, err)
		}
	}
	must[icpcode.Code](t)(icpcode.Opaque.Parse(strings.Repeat("x", 64)))
	// An import accepts what the options say.
	r := icpcode.ImportRequest{Actor: ops, Code: c, State: icpcode.StateAvailable, Owner: "1001", InstanceID: "i-1", Product: icpcode.ECS,
		Origin: icpcode.OriginFree, Issued: at(2025, 1, 1, 0, 0, 0)}
	w.with(func(o *icpcode.Options) { o.ImportFormat = icpcode.TwelveDigits })
	_, err := w.eng.Import(w.ctx, r)
	is(t, err, icpcode.ErrInvalid)
	w.with(func(o *icpcode.Options) { o.ImportFormat = icpcode.Opaque })
	must[icpcode.Result](t)(w.eng.Import(w.ctx, r))
	must[icpcode.Result](t)(w.submit("1001", c))
}

// repeats is an entropy source that repeats each of its values.
type repeats struct {
	values []uint64
	n      int
}

func (r *repeats) Read(b []byte) (int, error) {
	v := r.values[min(r.n/2, len(r.values)-1)]
	r.n++
	for i := range 8 {
		b[i] = byte(v >> (8 * i))
	}
	return 8, nil
}

func testCODUnique(t *testing.T) {
	w := newWorld(t)
	source := &repeats{values: []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}}
	w.with(func(o *icpcode.Options) { o.Entropy = source })
	codes := map[icpcode.Code]bool{}
	ask := func(n int) {
		for _, c := range must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{
			Actor: "1001", RequestID: fmt.Sprint("r", len(codes)), Instance: w.server("1001"), Quantity: n,
		})).Codes {
			if codes[c] {
				t.Fatal("a code was issued twice")
			}
			codes[c] = true
		}
	}
	ask(5)
	for range 5 {
		ask(1)
	}
	// Also when the code is dead.
	for c := range codes {
		must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, RequestID: "void" + c.String(), Code: c, Reason: "test"}))
	}
	source.n = 0
	i := w.server("1001")
	res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "again", Instance: i, Quantity: 1}))
	if codes[res.Codes[0]] {
		t.Error("a dead code was issued again")
	}
	if source.n < 20 {
		t.Errorf("the source was asked %d times: no draw collided", source.n)
	}
}

// broken fails in the way it is told to.
type broken struct {
	how string
	n   int
}

func (b *broken) Read(p []byte) (int, error) {
	if b.n > 0 {
		n := min(b.n, len(p))
		b.n -= n
		for i := range n {
			p[i] = byte(b.n + i*7)
		}
		return n, nil
	}
	switch b.how {
	case "fail":
		return 0, errors.New("no randomness today")
	case "short":
		return 0, io.EOF
	case "panic":
		panic("no randomness today")
	}
	clear(p)
	return len(p), nil // zeros for ever
}

func testCODUnguessable(t *testing.T) {
	// Neither sequential nor of a smaller space: over many draws each of the
	// eleven digits takes all values about equally often.
	var counts [12][10]int
	entropy := bufio.NewReader(&counter{})
	const draws = 20_000
	last := icpcode.Code{}
	ascending := 0
	for range draws {
		c := must[icpcode.Code](t)(icpcode.Draw(entropy))
		for i, d := range c.String() {
			counts[i][d-'0']++
		}
		if c.Compare(last) > 0 {
			ascending++
		}
		last = c
	}
	for i := 1; i < 12; i++ {
		for d, n := range counts[i] {
			if n < draws/10*8/10 || n > draws/10*12/10 {
				t.Errorf("digit %d is %d in %d of %d draws", i, d, n, draws)
			}
		}
	}
	if ascending < draws*4/10 || ascending > draws*6/10 {
		t.Errorf("%d of %d draws are above the one before", ascending, draws)
	}
	for _, how := range []string{"fail", "short", "panic", "zeros"} {
		for _, n := range []int{0, 3, 8, 20} {
			w := newWorld(t)
			w.with(func(o *icpcode.Options) { o.Entropy = &broken{how, n} })
			i := w.server("1001")
			_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "r", Instance: i, Quantity: 5})
			is(t, err, icpcode.ErrEntropy)
			w.with(func(o *icpcode.Options) { o.Entropy = nil })
			w.issue(i, 5) // it cost no quota
		}
	}
	// A code alone opens nothing.
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	_, err := w.submit("6666", c)
	is(t, err, icpcode.ErrNoCode)
	if strings.Contains(fmt.Sprint(c.Masked(), c.LogValue(), fmt.Sprintf("%#v", c)), c.String()) {
		t.Error("a masked code shows the whole code")
	}
}

// counter is a weak but evenly spread source: a permutation of a counter.
type counter struct{ n uint64 }

func (c *counter) Read(b []byte) (int, error) {
	for i := 0; i+8 <= len(b); i += 8 {
		c.n++
		x := c.n * 0x9E3779B97F4A7C15
		x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
		x = (x ^ x>>27) * 0x94D049BB133111EB
		x ^= x >> 31
		for j := range 8 {
			b[i+j] = byte(x >> (8 * j))
		}
	}
	return len(b) &^ 7, nil
}

func testCODInput(t *testing.T) {
	want := must[icpcode.Code](t)(icpcode.ParseCode("012345678901"))
	for _, s := range []string{
		" 0123-4567-8901 ", "0123 4567 8901", "“012345678901”", "「0123 4567 8901」", "０１２３４５６７８９０１", "0123－4567－8901",
		"(012345678901)", "012345678901。", "\t012345678901\r\n", "\ufeff012345678901", "0123\u30004567\u30008901", "【012345678901】", "'012345678901'",
	} {
		if c, err := icpcode.ParseCode(s); err != nil || c != want {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"0123_4567_8901", "O12345678901", "01234567890１2", "0123.4567.8901", "٠12345678901", "code 012345678901", strings.Repeat(" ", 300) + "012345678901", "0\xff2345678901"} {
		_, err := icpcode.ParseCode(s)
		var bad *icpcode.InvalidError
		if !errors.As(err, &bad) {
			t.Errorf("%q: got %v, want an *InvalidError", s, err)
			continue
		}
		if strings.Contains(err.Error(), "4567") || bad.Field != "Code" {
			t.Errorf("%q: the error echoes the code: %v", s, err)
		}
	}
}

func testCODInstant(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	w.state(c, icpcode.StateAvailable)
	must[icpcode.Result](t)(w.submit("1001", c)) // at the same instant
	if r := w.record(c); !r.Issued.Equal(w.now) || !r.Updated.Equal(r.Issued) {
		t.Errorf("issued %v, submitted %v, want both at %v", r.Issued, r.Updated, w.now)
	}
}

func testCODOne(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	for name, edit := range map[string]func(*icpcode.Filing){
		"a domain and an app": func(f *icpcode.Filing) { f.App = "app" },
		"neither":             func(f *icpcode.Filing) { f.Domain = "" },
		"two domains":         func(f *icpcode.Filing) { f.Domain = "a.cn,b.cn" },
		"no subject":          func(f *icpcode.Filing) { f.Subject = "" },
	} {
		f := w.site()
		edit(&f)
		_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: f})
		t.Log(name)
		refused(t, err, icpcode.FILWhat)
	}
	must[icpcode.Result](t)(w.submit("1001", c))
	other := w.site()
	other.Domain = "other.cn"
	_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: other})
	refused(t, err, icpcode.LIFSubmit)
	if got := w.record(c).Filing.Domain; got != "example.cn" {
		t.Errorf("the code now files for %s", got)
	}
}

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

func testGRTEnterprise(t *testing.T) {
	w := newWorld(t)
	codes := w.issue(w.server("1001"), 5)
	for n, cert := range []icpcode.Certification{icpcode.Personal, icpcode.SelfEmployed, icpcode.SoleTrader, 0, icpcode.Enterprise} {
		_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[n : n+1], GrantTo: "2002", Certification: cert})
		if cert == icpcode.Enterprise {
			must[int](t)(0, err)
			continue
		}
		if cert == 0 {
			if no := refused(t, err); no.Unknown != icpcode.MakeRuleIDs(icpcode.GRTEnterprise) {
				t.Errorf("unknown are %v", no.Unknown)
			}
			continue
		}
		refused(t, err, icpcode.GRTEnterprise)
	}
	// Until 2024-02-01 00:00 in Beijing anybody granted.
	w.now = at(2024, 1, 31, 23, 59, 59)
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[:1], GrantTo: "2002", Certification: icpcode.Personal}))
	w.now = at(2024, 2, 1, 0, 0, 0)
	_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[1:2], GrantTo: "2002", Certification: icpcode.Personal})
	refused(t, err, icpcode.GRTEnterprise)
}

func testGRTOut(t *testing.T) {
	w := newWorld(t)
	w.now = at(2026, 12, 31, 23, 59, 59)
	for n := range 10 {
		must[icpcode.Result](t)(w.grant("1001", icpcode.AccountID(fmt.Sprint("t", n))))
	}
	_, err := w.grant("1001", "t10")
	refused(t, err, icpcode.GRTOut)
	must[icpcode.Result](t)(w.grant("1001", "t3")) // any number of codes
	w.now = w.now.Add(time.Second)                 // 1 January 00:00 in Beijing, still 31 December in UTC
	if w.now.UTC().Year() != 2026 {
		t.Fatal("the test does not cross the year in Beijing alone")
	}
	must[icpcode.Result](t)(w.grant("1001", "t10"))
	// The plain grant counts in the same way.
	codes := w.issue(w.server("1001"), 1)
	for n := range 9 {
		must[icpcode.Result](t)(w.grant("1001", icpcode.AccountID(fmt.Sprint("u", n))))
	}
	_, err = w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes, GrantTo: "u9", Certification: icpcode.Enterprise})
	refused(t, err, icpcode.GRTOut)
	if q := must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, "1001")); q.Out.Used != 10 || q.Out.Limit != 10 || q.Out.Left() != 0 || q.Year != 2027 || !q.Resets.Equal(at(2028, 1, 1, 0, 0, 0)) {
		t.Errorf("quota %+v", q)
	}
}

func testGRTIn(t *testing.T) {
	w := newWorld(t)
	w.now = at(2026, 12, 31, 23, 59, 59)
	for n := range 3 {
		must[icpcode.Result](t)(w.grant(icpcode.AccountID(fmt.Sprint("g", n)), "2002"))
	}
	_, err := w.grant("g3", "2002")
	refused(t, err, icpcode.GRTIn)
	must[icpcode.Result](t)(w.grant("g1", "2002")) // any number of codes
	w.now = w.now.Add(time.Second)
	must[icpcode.Result](t)(w.grant("g3", "2002"))
	if q := must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, "2002")); q.In.Used != 1 || q.In.Limit != 3 || q.Year != 2027 {
		t.Errorf("quota %+v", q)
	}
}

func testGRTFirst(t *testing.T) {
	w := newWorld(t)
	w.phone = func(v icpcode.Verification) error {
		if v.Granter != "1001" || v.Grantee != "2002" {
			t.Errorf("verifies %+v", v)
		}
		if v.Proof != "834211" {
			return fmt.Errorf("wrong code: %w", icpcode.ErrNotVerified)
		}
		return nil
	}
	i := w.server("1001")
	r := icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1, GrantTo: "2002", Certification: icpcode.Enterprise, Proof: "000000"}
	_, err := w.eng.Issue(w.ctx, r)
	refused(t, err, icpcode.GRTFirst)
	// Not asked when something else refuses.
	bad := r
	bad.Quantity = 6
	_, err = w.eng.Issue(w.ctx, bad)
	refused(t, err, icpcode.ELGQuota)
	if w.calls != 1 {
		t.Errorf("the phone was asked %d times, want once", w.calls)
	}
	r.Proof = "834211"
	must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
	// Never again, not even in a later year.
	w.now = w.now.AddDate(0, 10, 0)
	r.Proof, r.Instance = "", w.server("1001")
	must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
	if w.calls != 2 {
		t.Errorf("the phone was asked %d times, want twice", w.calls)
	}
	// A hook that fails or panics issues nothing, and is no refusal.
	other := w.server("1001")
	r = icpcode.IssueRequest{Actor: "1001", Instance: other, Quantity: 1, GrantTo: "2002", Certification: icpcode.Enterprise}
	r.GrantTo = "2003"
	w.phone = func(icpcode.Verification) error { return io.ErrUnexpectedEOF }
	_, err = w.eng.Issue(w.ctx, r)
	is(t, err, icpcode.ErrHook)
	is(t, err, io.ErrUnexpectedEOF)
	w.phone = func(icpcode.Verification) error { panic("down") }
	_, err = w.eng.Issue(w.ctx, r)
	is(t, err, icpcode.ErrHook)
	w.issue(other, 5)
	// Without a hook first grants are refused.
	w.with(func(o *icpcode.Options) { o.VerifyPhone = nil })
	r.Instance = w.server("1001")
	_, err = w.eng.Issue(w.ctx, r)
	refused(t, err, icpcode.GRTFirst)
}

func testGRTAtomic(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 2, GrantTo: "2002", Certification: icpcode.Enterprise}))
	for _, c := range res.Codes {
		if r := w.record(c); r.Grantee != "2002" || r.Version != 2 || r.State != icpcode.StateAvailable {
			t.Errorf("issued and granted: %+v", r)
		}
	}
	for n := range 3 {
		must[icpcode.Result](t)(w.grant(icpcode.AccountID(fmt.Sprint("g", n)), "3003"))
	}
	seen := len(w.seen)
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 2, GrantTo: "3003", Certification: icpcode.Enterprise})
	refused(t, err, icpcode.GRTIn)
	if len(w.seen) != seen {
		t.Error("a refusal has events")
	}
	w.issue(i, 3) // the failure cost no quota
	// All reasons are given, those of the instance and those of the grant.
	i.Region, i.PublicIP = "cn-hongkong", icpcode.No
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1, GrantTo: "3003", Certification: icpcode.Personal})
	refused(t, err, icpcode.ELGRegion, icpcode.ELGPublicIP, icpcode.ELGQuota, icpcode.ELGAccount, icpcode.GRTEnterprise, icpcode.GRTIn)
	// A batch grant too: one code that cannot be granted refuses all.
	codes := w.issue(w.server("1001"), 3)
	must[icpcode.Result](t)(w.submit("1001", codes[2]))
	_, err = w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes, GrantTo: "2002", Certification: icpcode.Enterprise})
	refused(t, err, icpcode.GRTState)
	if r := w.record(codes[0]); r.Grantee != "" {
		t.Error("a batch was granted in part")
	}
}

func testGRTVerify(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	r := icpcode.IssueRequest{Actor: "1001", RequestID: "r1", Instance: i, Quantity: 2, GrantTo: "2002", Certification: icpcode.Enterprise}
	asked := func() icpcode.Decision { return must[icpcode.Decision](t)(verify(w.ctx, w.eng, r)) }
	if d := asked(); d.Refused() || !d.PhoneNeeded {
		t.Errorf("before the first grant: refused %v, phone %v", d.Refused(), d.PhoneNeeded)
	}
	if w.calls != 0 || len(w.seen) != 0 {
		t.Error("verifying called a hook")
	}
	must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
	r.RequestID = "r2"
	if d := asked(); d.Refused() || d.PhoneNeeded || d.Quota.Used != 2 {
		t.Errorf("after it: refused %v, phone %v, quota %+v", d.Refused(), d.PhoneNeeded, d.Quota)
	}
	if q := must[icpcode.Decision](t)(verify(w.ctx, w.eng, r)).Quota; q.Used != 2 {
		t.Errorf("verifying used quota: %+v", q)
	}
	r.Quantity = 4
	if d := asked(); !d.Refused() || d.Fail != icpcode.MakeRuleIDs(icpcode.ELGQuota) {
		t.Errorf("over the quota: fails %v", d.Fail)
	}
	r.Quantity = 3
	must[icpcode.Result](t)(w.eng.Issue(w.ctx, r)) // nothing was used up by asking
}

func testGRTOnce(t *testing.T) {
	w := newWorld(t)
	codes := w.issue(w.server("1001"), 3)
	grant := func(actor, to icpcode.AccountID, codes ...icpcode.Code) error {
		_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: actor, Codes: codes, GrantTo: to, Certification: icpcode.Enterprise})
		return err
	}
	refused(t, grant("1001", "1001", codes[0]), icpcode.GRTOnce)
	if err := grant("1001", "2002", codes[:2]...); err != nil {
		t.Fatal(err, why(err))
	}
	refused(t, grant("1001", "2003", codes[0]), icpcode.GRTOnce)
	refused(t, grant("1001", "2002", codes[0]), icpcode.GRTOnce)
	refused(t, grant("2002", "2003", codes[0]), icpcode.GRTOnce) // not passed on
	is(t, grant("6666", "2003", codes[0]), icpcode.ErrNoCode)
	is(t, grant("1001", "2003", codes[2], codes[2]), icpcode.ErrInvalid)
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: w.server("1001"), Quantity: 1, GrantTo: "1001", Certification: icpcode.Enterprise})
	refused(t, err, icpcode.GRTOnce)
}

func testGRTState(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	codes := w.issue(i, 4)
	must[icpcode.Result](t)(w.submit("1001", codes[1]))
	w.filed("1001", codes[2])
	must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: codes[3], Reason: "test"}))
	grant := func(c icpcode.Code) error {
		_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: []icpcode.Code{c}, GrantTo: "2002", Certification: icpcode.Enterprise})
		return err
	}
	bought := w.buy("1001", 2)
	must[icpcode.Result](t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "1001", Code: bought[1]}))
	for _, c := range []icpcode.Code{codes[1], codes[2], codes[3], bought[1]} {
		refused(t, grant(c), icpcode.GRTState)
	}
	// The result tells the state of the codes, and none where they differ.
	for _, batch := range [][]icpcode.Code{w.issue(i, 1), w.buy("1001", 2), append(w.buy("1001", 1), w.issue(w.server("1001"), 1)...)} {
		want := w.record(batch[0]).State
		if w.record(batch[len(batch)-1]).State != want {
			want = icpcode.StateNone
		}
		res := must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: batch, GrantTo: "2002", Certification: icpcode.Enterprise}))
		if res.State != want {
			t.Errorf("the result says %v, want %v", res.State, want)
		}
	}
	for _, c := range []icpcode.Code{codes[0], bought[0]} {
		before := w.record(c).State
		if err := grant(c); err != nil {
			t.Fatal(err, why(err))
		}
		w.state(c, before)
	}
}

func testGRTRepeat(t *testing.T) {
	w := newWorld(t)
	quota := func() int { return must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, "1001")).Out.Used }
	for range 3 {
		must[icpcode.Result](t)(w.grant("1001", "2002"))
		if got := quota(); got != 1 {
			t.Errorf("%d grantees after granting to one", got)
		}
	}
	w.now = at(2027, 1, 1, 0, 0, 0)
	if got := quota(); got != 0 {
		t.Errorf("%d grantees in the new year", got)
	}
	must[icpcode.Result](t)(w.grant("1001", "2002"))
	if got := quota(); got != 1 {
		t.Errorf("%d grantees after granting in the new year", got)
	}
	// At the cap the partners of the year are still admitted.
	for n := range 9 {
		must[icpcode.Result](t)(w.grant("1001", icpcode.AccountID(fmt.Sprint("t", n))))
	}
	must[icpcode.Result](t)(w.grant("1001", "2002"))
	// Partners are recorded under every rule set: those of January 2024 meet
	// the cap of February.
	w = newWorld(t)
	w.now = at(2024, 1, 15, 0, 0, 0)
	for n := range 12 {
		must[icpcode.Result](t)(w.grant("1001", icpcode.AccountID(fmt.Sprint("t", n))))
	}
	w.now = at(2024, 2, 1, 0, 0, 0)
	_, err := w.grant("1001", "t99")
	refused(t, err, icpcode.GRTOut)
	must[icpcode.Result](t)(w.grant("1001", "t11"))
}

func testGRTOwner(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	c := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1, GrantTo: "2002", Certification: icpcode.Enterprise})).Codes[0]
	w.filed("2002", c)
	if r := w.record(c); r.Owner != "1001" || r.InstanceID != i.ID || r.Grantee != "2002" || r.Holder() != "2002" {
		t.Errorf("after the grantee filed: %+v", r)
	}
	// It stays charged to the owner's instance.
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 5})
	refused(t, err, icpcode.ELGQuota)
}

func testGRTPrivate(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		must[icpcode.Result](t)(w.grant(icpcode.AccountID(fmt.Sprint("secret-", n)), "2002"))
	}
	_, err := w.grant("1001", "2002")
	no := refused(t, err, icpcode.GRTIn)
	for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
		for r := range no.Reasons(l) {
			if strings.Contains(fmt.Sprintf("%+v", r), "secret") {
				t.Errorf("the granter learns who else grants: %+v", r)
			}
		}
	}
	if strings.Contains(fmt.Sprintf("%+v", no), "secret") {
		t.Error("the error carries who else grants")
	}
	if in := no.Case.Grant.In; in.Used >= 0 || in.Partner || in.Kept != icpcode.No {
		t.Errorf("the granter learns of the target's cap %+v", in)
	}
	// A report is one's own: the caller names whom it has authenticated.
	if q := must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, "1001")); q.In.Used != 0 || q.Out.Used != 0 {
		t.Errorf("a report shows another's counts: %+v", q)
	}
	// An account does not list another's codes, nor their history.
	told := 0
	for _, err := range w.eng.Received(w.ctx, icpcode.ListRequest{Actor: "1001", Account: "2002"}) {
		told++
		is(t, err, icpcode.ErrInvalid)
	}
	if told != 1 {
		t.Errorf("to list another's codes is told %d times that it cannot be", told)
	}
	c := must[icpcode.Result](t)(w.grant("secret-0", "2002")).Codes[0]
	must[icpcode.Result](t)(w.submit("2002", c))
	for _, err := range w.eng.History(w.ctx, "1001", c) {
		is(t, err, icpcode.ErrNoCode)
	}
	// The owner does not see what its grantee files, the grantee not what was
	// before the grant.
	if r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, "secret-0", c, icpcode.Instance{})); r.Filing != nil || r.State != icpcode.StateFiling {
		t.Errorf("the owner sees %+v", r)
	}
	var seqs []uint64
	for e, err := range w.eng.History(w.ctx, "2002", c) {
		seqs = append(seqs, must[icpcode.Event](t)(e, err).Seq)
	}
	if !slices.Equal(seqs, []uint64{2, 3}) {
		t.Errorf("the grantee sees the events %v, want the grant and what followed", seqs)
	}
	t.Run("nothing of others is told", testNothingOfOthersIsTold)
	t.Run("the rest is told", testWhatMayBeToldIsTold)
}

func testPAYWhen(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	w.issue(i, 5)
	d := must[icpcode.Decision](t)(verify(w.ctx, w.eng, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1}))
	if d.Advice != icpcode.MakeRuleIDs(icpcode.PAYWhen) || d.Fail.Has(icpcode.PAYWhen) {
		t.Errorf("advice %v, fail %v", d.Advice, d.Fail)
	}
	advised := false
	for r := range d.Reasons(icpcode.English) {
		advised = advised || r.Rule == icpcode.PAYWhen && r.Outcome == icpcode.OutcomeAdvised && r.Remedy != ""
	}
	if !advised {
		t.Error("nobody is told that codes can be bought")
	}
	for _, n := range []int{1, 6} {
		d := must[icpcode.Decision](t)(verify(w.ctx, w.eng, icpcode.IssueRequest{Actor: "1001", Instance: w.server("1001"), Quantity: n}))
		if d.Advice != 0 {
			t.Errorf("advice %v where there are free codes", d.Advice)
		}
	}
	w.buy("1001", 1) // never a gate
}

func testPAYPrice(t *testing.T) {
	w := newWorld(t)
	w.with(func(o *icpcode.Options) { o.Price = icpcode.Money{} })
	_, err := w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 1})
	is(t, err, icpcode.ErrNoPrice)
	for _, bad := range []icpcode.Money{
		{Amount: decimal.NewFromInt(-1), Currency: "CNY"}, {Amount: decimal.NewFromInt(1)}, {Currency: "CNY"},
		{Amount: decimal.NewFromInt(1), Currency: "yuan"}, {Amount: decimal.New(1, 1_000_000_000), Currency: "CNY"},
	} {
		w.with(func(o *icpcode.Options) { o.Price = bad })
		_, err := w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 1})
		is(t, err, icpcode.ErrInvalid)
	}
	w.with(func(o *icpcode.Options) {
		o.Price = icpcode.Money{Amount: decimal.RequireFromString("12.5"), Currency: "CNY"}
	})
	if res := must[icpcode.Result](t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 3})); res.Money.String() != "37.50 CNY" {
		t.Errorf("three cost %v", res.Money)
	}
}

func testPAYExact(t *testing.T) {
	w := newWorld(t)
	res := must[icpcode.Result](t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{
		Actor: "1001", Quantity: 3, Paid: decimal.NewNullDecimal(decimal.RequireFromString("100.00")),
	}))
	var parts []string
	sum := decimal.Zero
	for _, c := range res.Codes {
		p := w.record(c).Paid.Amount
		parts = append(parts, p.String())
		sum = sum.Add(p)
	}
	if !slices.Equal(parts, []string{"33.34", "33.33", "33.33"}) || !sum.Equal(decimal.NewFromInt(100)) {
		t.Errorf("100.00 is split into %v", parts)
	}
	for _, total := range []string{"0", "0.01", "0.19", "9999999999999999.99"} {
		for n := 1; n <= 20; n++ {
			d := decimal.RequireFromString(total)
			parts := must[[]decimal.Decimal](t)(icpcode.Split(d, n))
			if got := decimal.Sum(decimal.Zero, parts...); !got.Equal(d) || len(parts) != n {
				t.Errorf("%s over %d adds up to %s", total, n, got)
			}
			if spread := parts[0].Sub(parts[n-1]); spread.GreaterThan(decimal.New(1, -2)) || spread.IsNegative() {
				t.Errorf("%s over %d differs by %s", total, n, spread)
			}
		}
	}
	for _, bad := range []string{"-0.01", "0.001", "10000000000000000", "1E+100"} {
		_, err := icpcode.Split(decimal.RequireFromString(bad), 2)
		is(t, err, icpcode.ErrInvalid)
		_, err = w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 3, Paid: decimal.NewNullDecimal(decimal.RequireFromString(bad))})
		is(t, err, icpcode.ErrInvalid)
	}
	for _, n := range []int{0, -1, 1001} {
		_, err := icpcode.Split(decimal.NewFromInt(1), n)
		is(t, err, icpcode.ErrInvalid)
	}
}

func testPAYRefund(t *testing.T) {
	w := newWorld(t)
	codes := must[icpcode.Result](t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{
		Actor: "1001", Quantity: 3, Paid: decimal.NewNullDecimal(decimal.RequireFromString("100.00")),
	})).Codes
	// What was paid for that code, also after the price has changed.
	w.with(func(o *icpcode.Options) {
		o.Price = icpcode.Money{Amount: decimal.RequireFromString("500"), Currency: "CNY"}
	})
	res := must[icpcode.Result](t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "1001", RequestID: "r", Code: codes[0]}))
	if res.Money.String() != "33.34 CNY" || w.record(codes[0]).Refunded.String() != "33.34 CNY" {
		t.Errorf("refunds %v, recorded %v", res.Money, w.record(codes[0]).Refunded)
	}
	// Once: the same request returns the same answer, another is refused.
	if again := must[icpcode.Result](t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "1001", RequestID: "r", Code: codes[0]})); !again.Replayed || again.Money.String() != "33.34 CNY" {
		t.Errorf("again %+v", again)
	}
	_, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "1001", RequestID: "r2", Code: codes[0]})
	refused(t, err, icpcode.LIFRefund)
	// Voiding pays nothing back.
	res = must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: codes[1], Reason: "test"}))
	if !res.Money.IsZero() || !w.record(codes[1]).Refunded.IsZero() {
		t.Errorf("voiding pays back %v", res.Money)
	}
}

func testPAYQuota(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	w.issue(i, 5)
	for _, c := range w.buy("1001", 2) {
		must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: c, Instance: i}))
	}
	i = w.server("1001")
	must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: w.buy("1001", 1)[0], Instance: i}))
	w.issue(i, 5) // all of the free quota is still there
	// Otherwise by policy.
	w.rules(func(s *icpcode.RuleSet) { s.Life.PaidUsesQuota = true })
	i = w.server("1001")
	must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: w.buy("1001", 1)[0], Instance: i}))
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 5})
	refused(t, err, icpcode.ELGQuota)
	w.issue(i, 4)
	_, err = w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: w.buy("1001", 1)[0], Instance: i})
	refused(t, err, icpcode.ELGQuota)
}

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
	_, err := w.submit("1001", codes[0])
	refused(t, err, icpcode.LIFSubmit)
	_, err = w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: ops, Code: codes[0], Reason: "deregistered"})
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

// risk is one question to a review of a Filed code.
type risk struct {
	name string
	edit func(*icpcode.Instance)
	want icpcode.RuleIDs
}

// review asks about a filed code, through the pure function and the engine.
func (w *world) review(rule icpcode.Rule, questions ...risk) {
	w.t.Helper()
	i := w.server("1001")
	c := w.issue(i, 1)[0]
	w.filed("1001", c)
	set := must[*icpcode.RuleSet](w.t)(icpcode.Alibaba().At(w.now))
	failed := false
	for _, q := range questions {
		today := i
		q.edit(&today)
		d := set.Review(w.record(c), today, w.now)
		if d.Fail != q.want {
			w.t.Errorf("%s: at risk by %v, want %v", q.name, d.Fail, q.want)
		}
		failed = failed || d.Fail.Has(rule)
		n := 0
		for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: "1001", Facts: each(func(icpcode.InstanceID) icpcode.Instance { return today })}) {
			if err != nil || a.Decision.Fail != q.want {
				w.t.Errorf("%s: the engine finds %v (%v), want %v", q.name, a.Decision.Fail, err, q.want)
			}
			for r := range a.Decision.Reasons(icpcode.Chinese) {
				if r.Remedy == "" || r.Source(icpcode.English) == "" {
					w.t.Errorf("%s: %v has no remedy or source", q.name, r.Rule)
				}
			}
			n++
		}
		if n != map[bool]int{true: 1}[q.want != 0] {
			w.t.Errorf("%s: the engine finds %d filings at risk", q.name, n)
		}
		w.state(c, icpcode.StateFiled) // the code stays
	}
	if !failed {
		w.t.Errorf("%v was not seen to fail", rule)
	}
}

func testRSKExpiring(t *testing.T) {
	w := newWorld(t)
	expiring := icpcode.MakeRuleIDs(icpcode.RSKExpiring)
	in := func(d time.Duration) func(*icpcode.Instance) {
		return func(i *icpcode.Instance) { i.Expires = w.now.Add(d) }
	}
	const day = 24 * time.Hour
	w.review(icpcode.RSKExpiring,
		risk{"a year", func(*icpcode.Instance) {}, 0}, risk{"31 days", in(31 * day), 0},
		risk{"30 days", in(30 * day), expiring}, risk{"expired", in(0), expiring},
		risk{"said to be expired", func(i *icpcode.Instance) { i.Status = icpcode.StatusExpired }, expiring},
		risk{"not stated", func(i *icpcode.Instance) { i.Expires = time.Time{} }, 0})
	w.renewing(in)
	// A filing must last until its review can end.
	w.rules(func(s *icpcode.RuleSet) { s.Risk.ReviewDays = 40 })
	i := w.server("1001")
	c := w.issue(i, 1)[0]
	must[icpcode.Result](t)(w.submit("1001", c))
	i.Expires = w.now.Add(40 * day)
	found := 0
	for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: "1001", InstanceID: i.ID, Facts: each(func(icpcode.InstanceID) icpcode.Instance { return i })}) {
		if err != nil || a.Decision.Fail != expiring {
			t.Errorf("filing: %v, %v", a.Decision.Fail, err)
		}
		found++
	}
	if found != 1 {
		t.Errorf("found %d filings at risk", found)
	}
}

// renewing asks about what is said to renew itself: that makes an expiry ahead
// advice, which the engine lists, and one that has passed a finding all the same.
func (w *world) renewing(in func(time.Duration) func(*icpcode.Instance)) {
	const day = 24 * time.Hour
	const suffice = "keep the balance sufficient until then: the instance renews by itself only if it can be paid"
	expiring, move := icpcode.MakeRuleIDs(icpcode.RSKExpiring), icpcode.MakeRuleIDs(icpcode.RSKMove)
	i := w.server("1001")
	c := w.issue(i, 1)[0]
	w.filed("1001", c)
	for _, q := range []struct {
		name         string
		edit         func(*icpcode.Instance)
		renew        icpcode.Tri
		fail, advice icpcode.RuleIDs
		remedy       string
	}{
		{"on, 31 days", in(31 * day), icpcode.Yes, 0, 0, ""},
		{"on, 30 days", in(30 * day), icpcode.Yes, 0, expiring, suffice},
		{"on, an instant", in(time.Microsecond), icpcode.Yes, 0, expiring, suffice},
		{"on, expired", in(0), icpcode.Yes, expiring, move, "renew the instance"},
		{"on, said to be expired", func(i *icpcode.Instance) { i.Status, i.Expires = icpcode.StatusExpired, w.now.Add(day) }, icpcode.Yes, expiring, move, "renew the instance"},
		{"off, 30 days", in(30 * day), icpcode.No, expiring, move, "renew the instance, or turn on auto-renewal"},
		{"off, 31 days", in(31 * day), icpcode.No, 0, 0, ""},
		{"not stated, 30 days", in(30 * day), icpcode.Unknown, expiring, move, "renew the instance"},
	} {
		today := i
		q.edit(&today)
		today.AutoRenew = q.renew
		n := 0
		for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: "1001", InstanceID: i.ID, Facts: each(func(icpcode.InstanceID) icpcode.Instance { return today })}) {
			d := must[icpcode.Assessment](w.t)(a, err).Decision
			if d.Fail != q.fail || d.Advice != q.advice || d.Refused() != (q.fail != 0) || d.Pass.Has(icpcode.RSKExpiring) {
				w.t.Errorf("%s: at risk by %v, advice %v, refused %v; want %v and %v", q.name, d.Fail, d.Advice, d.Refused(), q.fail, q.advice)
			}
			for r := range d.Reasons(icpcode.English) {
				if r.Rule == icpcode.RSKExpiring && r.Remedy != q.remedy {
					w.t.Errorf("%s: %q, want %q", q.name, r.Remedy, q.remedy)
				}
			}
			n++
		}
		if n != map[bool]int{true: 1}[q.fail|q.advice != 0] {
			w.t.Errorf("%s: the engine lists %d filings", q.name, n)
		}
	}
}

func testRSKReleased(t *testing.T) {
	w := newWorld(t)
	released := icpcode.MakeRuleIDs(icpcode.RSKReleased)
	w.review(icpcode.RSKReleased,
		risk{"running", func(*icpcode.Instance) {}, 0},
		risk{"released", func(i *icpcode.Instance) { i.Status = icpcode.StatusReleased }, released},
		risk{"refunded", func(i *icpcode.Instance) { i.Status = icpcode.StatusRefunded }, released})
	// A closed instance is known to be gone without facts.
	i := w.server("3003")
	c := w.issue(i, 1)[0]
	w.filed("3003", c)
	must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Reason: "gone"}))
	found := 0
	for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: "3003"}) {
		if err != nil || a.Decision.Fail != released {
			t.Errorf("closed: %v, %v", a.Decision.Fail, err)
		}
		found++
	}
	if found != 1 {
		t.Errorf("found %d filings at risk", found)
	}
}

func testRSKBilling(t *testing.T) {
	newWorld(t).review(icpcode.RSKBilling,
		risk{"subscription", func(*icpcode.Instance) {}, 0},
		risk{"pay as you go", func(i *icpcode.Instance) { i.Billing = icpcode.PayAsYouGo }, icpcode.MakeRuleIDs(icpcode.RSKBilling)},
		risk{"not stated", func(i *icpcode.Instance) { i.Billing = 0 }, 0})
}

func testRSKDowngraded(t *testing.T) {
	downgraded := icpcode.MakeRuleIDs(icpcode.RSKDowngraded)
	newWorld(t).review(icpcode.RSKDowngraded,
		risk{"as it was", func(*icpcode.Instance) {}, 0},
		risk{"downgraded", func(i *icpcode.Instance) { i.Downgraded = icpcode.Yes }, downgraded},
		risk{"moved abroad", func(i *icpcode.Instance) { i.Region = "cn-hongkong" }, downgraded},
		risk{"lost its address", func(i *icpcode.Instance) { i.PublicIP, i.IPs = icpcode.No, nil }, downgraded | icpcode.MakeRuleIDs(icpcode.RSKIP)},
		risk{"not stated", func(i *icpcode.Instance) { i.Downgraded = icpcode.Unknown }, 0})
}

func testRSKOwner(t *testing.T) {
	newWorld(t).review(icpcode.RSKOwner,
		risk{"same", func(*icpcode.Instance) {}, 0},
		risk{"sold", func(i *icpcode.Instance) { i.Owner = "4004" }, icpcode.MakeRuleIDs(icpcode.RSKOwner)},
		risk{"not stated", func(i *icpcode.Instance) { i.Owner = "" }, 0})
}

func testRSKIP(t *testing.T) {
	moved := netip.MustParseAddr("47.96.1.181")
	newWorld(t).review(icpcode.RSKIP,
		risk{"same", func(*icpcode.Instance) {}, 0},
		risk{"one more", func(i *icpcode.Instance) { i.IPs = append([]netip.Addr{moved}, i.IPs...) }, 0},
		risk{"another", func(i *icpcode.Instance) { i.IPs = []netip.Addr{moved} }, icpcode.MakeRuleIDs(icpcode.RSKIP)},
		risk{"masked", func(i *icpcode.Instance) { i.IPs = nil }, 0})
}

func testRSKMove(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	c := w.issue(i, 1)[0]
	w.filed("1001", c)
	i.Expires = w.now.Add(time.Hour)
	n := 0
	for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: "1001", Facts: each(func(icpcode.InstanceID) icpcode.Instance { return i })}) {
		if err != nil {
			t.Fatal(err)
		}
		for r := range a.Decision.Reasons(icpcode.English) {
			if r.Rule == icpcode.RSKMove {
				n++
				if r.Outcome != icpcode.OutcomeAdvised || r.Remedy == "" {
					t.Errorf("advice %+v", r)
				}
			}
		}
		if a.Decision.Fail.Has(icpcode.RSKMove) {
			t.Error("advice gates")
		}
	}
	if n != 1 {
		t.Errorf("the owner is told %d times how to move", n)
	}
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now))
	if d := set.Review(w.record(c), w.server("1001"), w.now); d.Advice != 0 {
		t.Errorf("advice %v where nothing is at risk", d.Advice)
	}
}

package icpcode_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

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

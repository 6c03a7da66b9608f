package icpcode_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

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

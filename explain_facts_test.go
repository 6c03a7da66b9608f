package icpcode

import (
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// What is said of single facts: one change to an instance that passes
// everything, and what then is found and to be done.
func TestReasonsOfFacts(t *testing.T) {
	tests := []struct {
		change        func(*IssueRequest)
		rule          Rule
		outcome       Outcome
		found, remedy string
	}{
		{nil, ELGProduct, OutcomePassed, "ECS", ""},
		{nil, ELGOwner, OutcomePassed, "the applicant bought it", ""},
		{nil, ELGBilling, OutcomePassed, "subscription; not a trial", ""},
		{nil, ELGTerm, OutcomePassed, "15 calendar months", ""},
		{nil, ELGRemaining, OutcomePassed, "146 days left, until 2026-06-01 00:00:00 +08:00", ""},
		{nil, ELGRegion, OutcomePassed, "cn-hangzhou", ""},
		{nil, ELGPublicIP, OutcomePassed, "present", ""},
		{nil, ELGStatus, OutcomePassed, "running", ""},
		{nil, ELGIPInUse, OutcomePassed, "held by no other filing", ""},
		{nil, ELGQuota, OutcomePassed, "1 issued, 2 requested", ""},
		{nil, ELGBatch, OutcomePassed, "2 requested", ""},
		{func(r *IssueRequest) {
			r.Instance.Product, r.Instance.TermMonths = "Marketplace-x", 0
		}, ELGTerm, OutcomePassed, "not known", ""},
		{nil, ELGAccount, OutcomePassed, "an enterprise account", ""},

		{func(r *IssueRequest) { r.Instance.Product = "OSS" }, ELGProduct, OutcomeFailed, "OSS", "use a server of a listed product"},
		{func(r *IssueRequest) { r.Instance.Product = "" }, ELGProduct, OutcomeUnknown, "not known: the product", "state the product"},
		{func(r *IssueRequest) { r.Instance.Product = Marketplace }, ELGProduct, OutcomePassed, "Marketplace website; an order of CNY 78", ""},
		{func(r *IssueRequest) {
			r.Instance.Product, r.Instance.OrderAmount = Marketplace, decimal.New(7699, -2)
		}, ELGProduct, OutcomeFailed, "Marketplace website; an order of CNY 76.99", "use a server whose order reaches CNY 77"},
		{func(r *IssueRequest) {
			r.Instance.Product, r.Instance.OrderAmount = Marketplace, decimal.Decimal{}
		}, ELGProduct, OutcomeUnknown, "not known: the amount of the order", "state the amount of the order"},
		{func(r *IssueRequest) { r.Instance.Owner = explainOther }, ELGOwner, OutcomeFailed, "another account bought it", "apply with the purchasing account (the new owner of a second-hand server applies itself)"},
		{func(r *IssueRequest) { r.Instance.Owner = "" }, ELGOwner, OutcomeUnknown, "not known: who bought it", "state who bought it"},
		{func(r *IssueRequest) { r.Instance.Billing = PayAsYouGo }, ELGBilling, OutcomeFailed, "pay-as-you-go; not a trial", "convert it to subscription"},
		{func(r *IssueRequest) { r.Instance.Billing = PayAsYouGo }, ELGTerm, OutcomeUnknown, "pay-as-you-go, which has no term; but 15 calendar months are stated", "convert it to subscription"},
		{func(r *IssueRequest) { r.Instance.Billing = PayAsYouGo }, ELGRemaining, OutcomeUnknown, "pay-as-you-go, which has no term", "convert it to subscription"},
		{func(r *IssueRequest) {
			r.Instance.Billing, r.Assume = PayAsYouGo, MakeRuleIDs(ELGTerm)
		}, ELGTerm, OutcomeAssumed, "pay-as-you-go, which has no term; but 15 calendar months are stated; assumed to pass", "convert it to subscription"},
		{func(r *IssueRequest) { r.Instance.Trial = Yes }, ELGBilling, OutcomeFailed, "subscription; a trial", "buy a subscription in place of the trial"},
		{func(r *IssueRequest) { r.Instance.Trial = Unknown }, ELGBilling, OutcomeUnknown, "not known: whether it is a trial", "state whether it is a trial"},
		{func(r *IssueRequest) { r.Instance.Billing = 0 }, ELGBilling, OutcomeUnknown, "not known: how it is paid for", "state how it is paid for"},
		{func(r *IssueRequest) {
			r.Instance.Billing, r.Instance.Trial = 0, 0
		}, ELGBilling, OutcomeUnknown, "not known: how it is paid for; whether it is a trial", "state how it is paid for; whether it is a trial"},
		{func(r *IssueRequest) { r.Instance.TermMonths, r.Instance.FirstTermMonths = 1, 1 }, ELGTerm, OutcomeFailed, "1 calendar month", "renew until 4 calendar months are bought"},
		{func(r *IssueRequest) {
			r.Instance.Product, r.Instance.FirstTermMonths = Marketplace, 13
		}, ELGTerm, OutcomeFailed, "13 calendar months", "use an instance that was first bought for that long (renewing does not help)"},
		{func(r *IssueRequest) {
			r.Instance.Product, r.Instance.FirstTermMonths, r.Instance.TermMonths = Marketplace, 0, 12
		}, ELGTerm, OutcomeFailed, "12 calendar months, renewals included", "use an instance that was first bought for that long (renewing does not help)"},
		{func(r *IssueRequest) {
			r.Instance.Product, r.Instance.FirstTermMonths, r.Instance.TermMonths = Marketplace, 0, 20
			r.Instance.Expires = shanghaiTime("2027-02-01 00:00:00")
		}, ELGTerm, OutcomeUnknown, "not known: the term of the first purchase, in months", "state the term of the first purchase, in months"},
		{func(r *IssueRequest) { r.Instance.Expires = time.Time{} }, ELGRemaining, OutcomeUnknown, "not known: when it expires", "state when it expires"},
		{func(r *IssueRequest) { r.Instance.Expires = explainNow }, ELGRemaining, OutcomeFailed, "expired at 2026-01-06 00:00:00 +08:00", "renew until at least 97 full days are left (a server just bought for the shortest term may still fail by a day or two)"},
		{func(r *IssueRequest) { r.Instance.Region = "cn-hongkong" }, ELGRegion, OutcomeFailed, "cn-hongkong, outside mainland China", "buy in a mainland region"},
		{func(r *IssueRequest) { r.Instance.Region = "" }, ELGRegion, OutcomeUnknown, "not known: the region", "state the region"},
		{func(r *IssueRequest) { r.Instance.Region = "cn-hangzho" }, ELGRegion, OutcomeUnknown, "not known: the rule set does not list cn-hangzho", "state the region as the provider spells it"},
		{func(r *IssueRequest) { r.Instance.Region = "a\nb" }, ELGRegion, OutcomeUnknown, `not known: the rule set does not list "a\nb"`, "state the region as the provider spells it"},
		{func(r *IssueRequest) { r.Instance.PublicIP = No }, ELGPublicIP, OutcomeFailed, "no public IP", "buy public bandwidth or bind an EIP"},
		{func(r *IssueRequest) { r.Instance.PublicIP = Unknown }, ELGPublicIP, OutcomeUnknown, "not known: whether it has a public IP", "state whether it has a public IP"},
		{func(r *IssueRequest) { r.Instance.PublicIP, r.Instance.PartnerIP = 0, true }, ELGPublicIP, OutcomeFailed, "a partner's own IP", "buy public bandwidth or bind an EIP"},
		{func(r *IssueRequest) { r.Instance.IPs = []netip.Addr{netip.MustParseAddr("47.96.1.7")} }, ELGPublicIP, OutcomePassed, "47.96.1.7", ""},
		{func(r *IssueRequest) {
			r.Instance.IPs = slices.Repeat([]netip.Addr{netip.MustParseAddr("47.96.1.7")}, 3)
		}, ELGPublicIP, OutcomePassed, "47.96.1.7 and 2 more", ""},
		{func(r *IssueRequest) { r.Instance.Status = 0 }, ELGStatus, OutcomeUnknown, "not known: its status", "state its status"},
		{func(r *IssueRequest) { r.Instance.Status = StatusPending }, ELGStatus, OutcomeFailed, "being created or starting", "wait until it runs"},
		{func(r *IssueRequest) { r.Instance.Status = StatusStopped }, ELGStatus, OutcomeFailed, "stopped", "start it"},
		{func(r *IssueRequest) {
			r.Instance.Product, r.Instance.Status = ElasticWeb, StatusStopped
		}, ELGStatus, OutcomePassed, "stopped", ""},
		{func(r *IssueRequest) { r.Instance.Status = StatusExpired }, ELGStatus, OutcomeFailed, "expired; 146 days left, until 2026-06-01 00:00:00 +08:00", "renew"},
		{func(r *IssueRequest) {
			r.Instance.Status, r.Instance.Expires = StatusExpired, explainNow // said once
		}, ELGStatus, OutcomeFailed, "expired at 2026-01-06 00:00:00 +08:00", "renew"},
		{func(r *IssueRequest) { r.Instance.Status = StatusLocked }, ELGStatus, OutcomeFailed, "locked", "pay what is owed, or have the lock lifted"},
		{func(r *IssueRequest) {
			r.Instance.Status, r.Instance.Expires = StatusLocked, explainNow
		}, ELGStatus, OutcomeFailed, "locked; expired at 2026-01-06 00:00:00 +08:00", "renew; pay what is owed, or have the lock lifted"},
		{func(r *IssueRequest) {
			r.Instance.Status, r.Instance.Expires = 0, explainNow
		}, ELGStatus, OutcomeFailed, "expired at 2026-01-06 00:00:00 +08:00", "renew"},
		{func(r *IssueRequest) { r.Instance.Status = StatusRefunded }, ELGStatus, OutcomeFailed, "refunded", "use another instance"},
		{func(r *IssueRequest) {
			r.Instance.Status, r.Instance.Expires = StatusReleased, explainNow
		}, ELGStatus, OutcomeFailed, "released; expired at 2026-01-06 00:00:00 +08:00", "use another instance"},
		{func(r *IssueRequest) { r.Instance.IPHeld = Yes }, ELGIPInUse, OutcomeFailed, "held by another filing", "use another IP, or release the other filing if it is yours"},
		{func(r *IssueRequest) { r.Instance.IPHeld = Unknown }, ELGIPInUse, OutcomeUnknown, "not known: whether another filing holds its IP", "state whether another filing holds its IP"},
		{func(r *IssueRequest) {
			r.Instance.Billing, r.Instance.Expires, r.Instance.Status = PayAsYouGo, explainNow, StatusStopped
		}, ELGStatus, OutcomeFailed, "stopped", "start it"},
		{func(r *IssueRequest) { r.Quantity, r.Instance.ContractQuota = 3, 2 }, ELGQuota, OutcomeFailed, "1 issued, 3 requested", "request at most 1; use another instance, or buy a paid code"},
		{func(r *IssueRequest) { r.Quantity, r.Instance.ContractQuota = 3, 1 }, ELGQuota, OutcomeFailed, "1 issued, 3 requested", "use another instance, or buy a paid code"},
		{func(r *IssueRequest) { r.Quantity = 24 }, ELGBatch, OutcomeFailed, "24 requested", "split the request"},
		{func(r *IssueRequest) { r.Quantity = 0 }, ELGBatch, OutcomeFailed, "0 requested", "request at least one"},
		{func(r *IssueRequest) { r.GrantTo, r.Certification = explainOther, Personal }, ELGAccount, OutcomeFailed, "a personal account", "verify as an enterprise, or file with the purchasing account"},
		{func(r *IssueRequest) { r.GrantTo, r.Certification = explainOther, SelfEmployed }, ELGAccount, OutcomeFailed, "a self-employed account", "verify as an enterprise, or file with the purchasing account"},
		{func(r *IssueRequest) { r.GrantTo, r.Certification = explainOther, SoleTrader }, ELGAccount, OutcomeFailed, "a sole trader's account", "verify as an enterprise, or file with the purchasing account"},
		{func(r *IssueRequest) { r.GrantTo, r.Certification = explainOther, 0 }, ELGAccount, OutcomeUnknown, "not known: how the account was verified", "state how the account was verified"},
		{func(r *IssueRequest) { r.Instance.Provider = "tencent" }, FILForeign, OutcomeFailed, "a server of Tencent Cloud", "get the code from the provider that sold the server"},
		{func(r *IssueRequest) { r.Quantity, r.Instance.ContractQuota = 6, 1 }, PAYWhen, OutcomeAdvised, "no free code is left for this", "buy a paid code and bind it to the instance"},
	}
	for _, tt := range tests {
		d := checkOf(tt.change)
		got := answerOf(t, &d, English, tt.rule)
		if got.Outcome != tt.outcome || got.Found != tt.found || got.Remedy != tt.remedy {
			t.Errorf("%v\n got %v %q %q\nwant %v %q %q", tt.rule, got.Outcome, got.Found, got.Remedy, tt.outcome, tt.found, tt.remedy)
		}
		completeReason(t, English, got)
		completeReason(t, Chinese, answerOf(t, &d, Chinese, tt.rule))
	}
}

// What the rules ask for, and that every number in it is the set's.
func TestRequiredNumbers(t *testing.T) {
	product := func(p Product) func(*IssueRequest) { return func(r *IssueRequest) { r.Instance.Product = p } }
	tests := []struct {
		change   func(*IssueRequest)
		rule     Rule
		required string
	}{
		{nil, ELGProduct, "a product that supplies codes: ECS, Marketplace website, Elastic Web Hosting, Marketplace-x"},
		{product(Marketplace), ELGProduct, "a product that supplies codes: ECS, Marketplace website, Elastic Web Hosting, Marketplace-x; an order of at least CNY 77"},
		{nil, ELGTerm, "bought for at least 4 calendar months, renewals included"},
		{product(Marketplace), ELGTerm, "first bought for at least 14 calendar months"},
		{nil, ELGRemaining, "at least 97 full days left"},
		{nil, ELGStatus, "running, not expired"},
		{product(ElasticWeb), ELGStatus, "running or stopped, not expired"},
		{nil, ELGQuota, "at most 6 codes ever, for the instance"},
		{product(ElasticWeb), ELGQuota, "at most 8 codes ever, for this product in the account"},
		{func(r *IssueRequest) { r.Instance.ContractQuota = 1 }, ELGQuota, "at most 1 code ever, for the instance; as the contract says"},
		{product("OSS"), ELGQuota, "nothing"},
		{nil, ELGBatch, "1 to 23 codes in one request"},
		{nil, ELGAccount, "nothing"},
		{func(r *IssueRequest) { r.GrantTo = explainOther }, ELGAccount, "an enterprise account, to issue codes for another account"},
		{product("Marketplace-x"), ELGBilling, "nothing"},
		{product("Marketplace-x"), ELGTerm, "nothing"},
		{product("Marketplace-x"), ELGRemaining, "nothing"},
		{product("Marketplace-x"), ELGRegion, "nothing"},
		{product("Marketplace-x"), ELGPublicIP, "nothing"},
		{product("Marketplace-x"), ELGStatus, "nothing"},
		{product("Marketplace-x"), ELGIPInUse, "nothing"},
	}
	for _, tt := range tests {
		d := checkOf(tt.change)
		if got := answerOf(t, &d, English, tt.rule); got.Required != tt.required {
			t.Errorf("%v\n got %q\nwant %q", tt.rule, got.Required, tt.required)
		}
	}
	all := oddRules()
	all.Account = AccountAll
	d := all.Check(IssueRequest{Actor: explainAsker, Quantity: 1, Instance: goodInstance()}, 0, explainNow)
	if got := answerOf(t, &d, English, ELGAccount).Required; got != "an enterprise account, to issue codes" {
		t.Errorf("ELG-ACCOUNT of the strict reading requires %q", got)
	}
	for _, l := range []Lang{English, Chinese} {
		if got := (&situation{set: new(RuleSet)}).reason(l, ELGProduct, OutcomeFailed).Required; got != l.say("a product that supplies codes: the rule set lists none", "支持备案服务码的产品：规则集未列出任何产品") {
			t.Errorf("a set without products requires %q", got)
		}
	}
}

// A quota that no source gives is asked for.
func TestReasonOfQuotaThatNoSourceGives(t *testing.T) {
	s := oddRules().clone()
	s.Products[0].Quota, s.Products[0].QuotaUnknown = 0, true
	r := IssueRequest{Actor: explainAsker, Quantity: 1, Instance: goodInstance()}
	r.Instance.Product = s.Products[0].Product
	r.Instance.ContractQuota = 0
	for _, used := range []int{-1, 0, 7} {
		d := s.Check(r, used, explainNow)
		en, zh := answerOf(t, &d, English, ELGQuota), answerOf(t, &d, Chinese, ELGQuota)
		if en.Outcome != OutcomeUnknown || en.Required != "codes left of the quota, which no source gives" || en.Found != "not known: how many codes the provider allows" ||
			!strings.Contains(en.Remedy, "state how many codes the provider allows") {
			t.Errorf("after %d: %+v", used, en)
		}
		if zh.Required != "配额内尚有余量（没有资料给出配额数量）" || !strings.Contains(zh.Remedy, "提供商允许申请的备案服务码数量") {
			t.Errorf("after %d: %+v", used, zh)
		}
	}
}

// A count that is not the asker's to know is asked for of the owner; one that
// the caller left out, of the caller.
func TestReasonOfUnknownQuota(t *testing.T) {
	r := IssueRequest{Actor: explainAsker, Quantity: 1, Instance: goodInstance()}
	d := oddRules().Check(r, -1, explainNow)
	if got := answerOf(t, &d, English, ELGQuota); got.Found != "not known: how many codes were issued" {
		t.Errorf("found %q", got.Found)
	}
	d = oddRules().Check(r, 0, explainNow)
	for _, o := range []Outcome{OutcomePassed, OutcomeUnknown} {
		if got := d.reason(English, ELGQuota, o); got.Found != "0 issued, 1 requested" {
			t.Errorf("found %q", got.Found)
		}
	}
	r.Instance.Owner = explainOther
	d = oddRules().Check(r, -1, explainNow)
	if got := answerOf(t, &d, English, ELGQuota); got.Found != "not known: the count is for the instance's owner alone" {
		t.Errorf("found %q", got.Found)
	}
	r.Instance.Owner = ""
	d = oddRules().Check(r, -1, explainNow)
	if got := answerOf(t, &d, English, ELGQuota); got.Found != "not known: who bought it" || got.Remedy != "state who bought it" {
		t.Errorf("found %q, remedy %q", got.Found, got.Remedy)
	}
	r.Quantity = 7
	d = oddRules().Check(r, -1, explainNow)
	if got, want := answerOf(t, &d, English, ELGQuota), (saying(
		ELGQuota, OutcomeFailed, "at most 6 codes ever, for the instance", "7 requested",
		"request at most 6; use another instance, or buy a paid code",
	)); !got.same(want) {
		t.Errorf("more than the whole quota: %+v, want %+v", got, want)
	}
}

// shownTerm reads the whole days and hours of a text.
var shownTerm = regexp.MustCompile(`^(?:less than an hour|(?:(\d+) days?)? ?(?:(\d+) hours?)?) left, until `)

// ELG-REMAINING: what is shown as left is enough if and only if the rule
// passes, and it is never more than what is left, nor an hour less.
func TestRemainingIsShown(t *testing.T) {
	set := oddRules()
	n := set.Products[0].RemainingDays
	limit := time.Duration(n) * 24 * time.Hour
	var lefts []time.Duration
	for _, d := range []time.Duration{
		0, time.Microsecond, time.Millisecond, time.Second - time.Microsecond, time.Second, time.Minute, time.Hour,
		day - time.Microsecond, day, day + time.Microsecond,
	} {
		lefts = append(lefts, limit+d, limit-d, day+d)
	}
	lefts = append(lefts, time.Microsecond, time.Second, 100*time.Millisecond, 10*time.Second)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		lefts = append(lefts, time.Microsecond+time.Duration(rng.Int64N(int64(2*limit))).Truncate(time.Microsecond))
	}
	for _, left := range lefts {
		now := explainNow.Add(time.Duration(left.Nanoseconds() * 7 % int64(time.Hour)).Truncate(time.Microsecond))
		r := IssueRequest{Actor: explainAsker, Quantity: 1, Instance: goodInstance()}
		r.Instance.Expires = now.Add(left)
		d := set.Check(r, 0, now)
		a := answerOf(t, &d, English, ELGRemaining)
		m := shownTerm.FindStringSubmatch(a.Found)
		if m == nil {
			t.Fatalf("%v left is shown as %q", left, a.Found)
		}
		days, _ := strconv.Atoi(m[1]) // "" is none
		hours, _ := strconv.Atoi(m[2])
		if shown := time.Duration(days)*day + time.Duration(hours)*time.Hour; shown > left || left >= shown+time.Hour {
			t.Fatalf("%v left is shown as %q", left, a.Found)
		}
		if (days >= n) != (a.Outcome == OutcomePassed) {
			t.Fatalf("%v with %v required is %v and shown as %q", left, limit, a.Outcome, a.Found)
		}
	}
}

// A term may end in 9998, which is longer than a time.Duration can say.
func TestRemainingOfCenturies(t *testing.T) {
	d := checkOf(func(r *IssueRequest) { r.Instance.Expires = shanghaiTime("9998-01-06 00:00:01") })
	const want = "2911713 days left, until 9998-01-06 00:00:01 +08:00"
	if got := answerOf(t, &d, English, ELGRemaining).Found; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d = checkOf(func(r *IssueRequest) { r.Instance.Expires = explainNow.Add(25*time.Hour + 10*time.Millisecond) })
	if got := answerOf(t, &d, English, ELGRemaining).Found; got != "1 day 1 hour left, until 2026-01-07 01:00:00.01 +08:00" {
		t.Errorf("got %q", got)
	}
}

// TestPaidCodesWhereTheyAreSold: PAY-WHEN advises only where the provider sells
// codes, and to bind one to the very instance only where that is not refused.
func TestPaidCodesWhereTheyAreSold(t *testing.T) {
	at := explainNow
	for _, c := range []struct {
		what   string
		sells  bool
		change func(*Instance)
		want   string // the remedy of PAY-WHEN, "" where it does not advise
		quota  string // that of ELG-QUOTA
	}{
		{"a good server", true, func(*Instance) {}, "buy a paid code and bind it to the instance", "use another instance, or buy a paid code"},
		{"no codes are sold", false, func(*Instance) {}, "", "use another instance"},
		{
			"a stopped server", true, func(i *Instance) { i.Status = StatusStopped },
			"buy a paid code and bind it to another instance, which meets the requirements", "use another instance, or buy a paid code",
		},
		{
			"another's server", true, func(i *Instance) { i.Owner = explainOther },
			"buy a paid code and bind it to another instance, which meets the requirements", "use another instance, or buy a paid code",
		},
		{
			"a fact that is missing", true, func(i *Instance) { i.Trial = Unknown },
			"buy a paid code and bind it to another instance, which meets the requirements", "use another instance, or buy a paid code",
		},
		{
			"another cloud's server", true, func(i *Instance) { i.Provider = "other" },
			"buy a paid code and bind it to another instance, which meets the requirements", "use another instance, or buy a paid code",
		},
	} {
		set := oddRules()
		set.Life.SellsCodes = c.sells
		i := goodInstance()
		c.change(&i)
		d := set.Check(IssueRequest{Actor: explainAsker, Quantity: 1, Certification: Enterprise, Instance: i}, 6, at)
		got := ""
		if d.Advice.Has(PAYWhen) {
			got = answerOf(t, &d, English, PAYWhen).Remedy
		}
		if quota := answerOf(t, &d, English, ELGQuota).Remedy; got != c.want || quota != c.quota {
			t.Errorf("%s: advised %q, to the quota %q", c.what, got, quota)
		}
	}
}

// TestTermThatIsDenied: of a term that is stated and of creation and expiry that
// leave less, the shorter one counts, and both are shown (ELG-TERM). A day is
// not held against it, as days are often stated without their hours.
func TestTermThatIsDenied(t *testing.T) {
	created := shanghaiTime("2025-06-01 00:00:00")
	for _, c := range []struct {
		expires string
		want    Tri
	}{
		{"2025-07-01 00:00:00", No}, {"2025-09-29 23:59:59", No}, {"2025-09-30 00:00:00", Yes}, {"2025-10-01 00:00:00", Yes},
	} {
		i := goodInstance()
		i.Created, i.Expires, i.TermMonths = created, shanghaiTime(c.expires), 24
		d := oddRules().Check(IssueRequest{Actor: explainAsker, Quantity: 1, Certification: Enterprise, Instance: i}, 0, created.Add(day))
		if got := answer(&d, ELGTerm); got != c.want {
			t.Errorf("4 months asked, 24 stated, until %s: %v, want %v", c.expires, got, c.want)
		}
		if c.want == No {
			found := answerOf(t, &d, English, ELGTerm).Found
			if !strings.Contains(found, "24 calendar months; but it lasts from 2025-06-01") || !strings.Contains(found, c.expires[:10]) {
				t.Errorf("found %q", found)
			}
		}
	}
}

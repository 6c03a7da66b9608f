package icpcode

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
)

// oddRules is a set of which no number is that of a preset or of another rule,
// so that a text that shows a number can only have it from here.
func oddRules() *RuleSet {
	q := Requirements{
		Subscription: true, TermMonths: 4, RemainingDays: 97, Mainland: true, PublicIP: true, Running: true,
		IPFree: true, Quota: 6,
	}
	market := q
	market.MinOrder, market.FirstPurchaseOnly, market.TermMonths = decimal.New(77, 0), true, 14
	web := q
	web.PerAccount, web.StoppedPasses, web.Quota = true, true, 8
	return &RuleSet{
		Version: "odd", Effective: shanghaiTime("2020-01-01 00:00:00"), Provider: "alibaba", AsOf: "2020-01-01",
		Products:        []ProductRules{{ECS, q}, {Marketplace, market}, {ElasticWeb, web}, {Marketplace + "-x", Requirements{}}},
		Base:            q,
		MainlandRegions: []string{"cn-hangzhou"}, OtherRegions: []string{"cn-hongkong"},
		Batch: 23, Account: AccountOthers,
		Grant: GrantRules{Allowed: true, Enterprise: true, MaxGrantees: 11, MaxGranters: 2, VerifyFirst: true},
		Life:  LifeRules{ReleaseTo: StateAvailable, SellsCodes: true},
		Risk:  RiskRules{ExpiringDays: 31, ReviewDays: 43},
	}
}

func shanghaiTime(s string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, s, shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

// explainNow is when the explained requests are made.
var explainNow = shanghaiTime("2026-01-06 00:00:00")

const (
	explainAsker = AccountID("asker-5D2F")
	explainOther = AccountID("other-7B31")
)

// goodInstance passes every rule of oddRules.
func goodInstance() Instance {
	return Instance{
		ID: "i-1", Owner: explainAsker, Product: ECS, Region: "cn-hangzhou", Billing: Subscription, Status: StatusRunning,
		TermMonths: 12, FirstTermMonths: 15, Created: shanghaiTime("2025-06-01 00:00:00"),
		Expires: shanghaiTime("2026-06-01 00:00:00"), OrderAmount: decimal.New(78, 0), Trial: No, PublicIP: Yes, IPHeld: No,
		Downgraded: No,
	}
}

func checkOf(change func(*IssueRequest)) Decision {
	r := IssueRequest{Actor: explainAsker, Quantity: 2, Certification: Enterprise, Instance: goodInstance()}
	if change != nil {
		change(&r)
	}
	return oddRules().Check(r, 1, explainNow)
}

// answerOf is what d says of one rule.
func answerOf(t *testing.T, d *Decision, l Lang, r Rule) Reason {
	t.Helper()
	for a := range d.Answers(l) {
		if a.Rule == r {
			return a
		}
	}
	t.Fatalf("%v is not among the answers", r)
	return Reason{}
}

// situation is what texts rest on, also such as no case has.
type situation struct {
	At                           time.Time
	set                          *RuleSet
	actor                        AccountID
	instance                     Instance
	roles                        Role
	action, closed               Action
	state                        State
	certification                Certification
	forOthers, PhoneNeeded, paid bool
	phone                        Phone
	Quota                        Quota
	problem                      FilingProblem
}

func (s *situation) reason(l Lang, r Rule, o Outcome) Reason {
	d := Decision{Quota: s.Quota, Verdict: Verdict{PhoneNeeded: s.PhoneNeeded}, set: s.set}
	d.Case.begin(OperationReview, s.At)
	d.Case.ForAnother, d.Case.Certification, d.Case.Filing.Problem = s.forOthers, s.certification, s.problem
	d.Case.Bought = relation(s.instance.Owner, s.actor, "")
	d.Case.Grant = &CaseGrant{Phone: s.phone}
	e := explainer{
		Decision: &d, Lang: l, outcome: o, set: s.set, action: s.action, instance: s.instance, state: s.state, roles: s.roles,
		paid: s.paid, closed: s.closed,
	}
	return e.reason(r)
}

// teller explains a rule.
type teller interface {
	tell(t *testing.T, l Lang, r Rule) Reason
}

func (s situation) tell(_ *testing.T, l Lang, r Rule) Reason { return s.reason(l, r, OutcomeFailed) }

func (d Decision) tell(t *testing.T, l Lang, r Rule) Reason { return answerOf(t, &d, l, r) }

// saying is a Reason without its facts and citations.
func saying(r Rule, o Outcome, required, found, remedy string) Reason {
	return Reason{Rule: r, Outcome: o, Required: required, Found: found, Remedy: remedy}
}

// same reports whether two reasons say the same.
func (r Reason) same(as Reason) bool {
	r.Facts, as.Facts, r.Citations, as.Citations = nil, nil, nil, nil
	return cmp.Equal(r, as)
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// completeReason checks what every reason must have.
func completeReason(t *testing.T, l Lang, a Reason) {
	t.Helper()
	if a.Required == "" || a.Found == "" || a.Source(l) == "" {
		t.Fatalf("%v %v in %v lacks a part: %+v", a.Rule, a.Outcome, l, a)
	}
	if (a.Remedy == "") != (a.Outcome == OutcomePassed) {
		t.Fatalf("%v %v in %v: remedy %q", a.Rule, a.Outcome, l, a.Remedy)
	}
	texts := a.Required + "|" + a.Found + "|" + a.Remedy
	if strings.Contains(texts, "%!") {
		t.Fatalf("%v %v in %v was formatted wrongly: %s", a.Rule, a.Outcome, l, texts)
	}
	if l == English && hasHan(texts) {
		t.Fatalf("%v %v is not all English: %s", a.Rule, a.Outcome, texts)
	}
	if l == Chinese && (!hasHan(a.Required) || a.Remedy != "" && !hasHan(a.Remedy)) {
		t.Fatalf("%v %v is not Chinese: %s", a.Rule, a.Outcome, texts)
	}
	if l == Chinese && englishWord.MatchString(foreignTerms.ReplaceAllString(a.Required+a.Found+a.Remedy, "")) {
		t.Fatalf("%v %v is not all Chinese: %s", a.Rule, a.Outcome, texts)
	}
	for _, id := range []AccountID{explainAsker, explainOther} {
		if strings.Contains(texts, string(id)) {
			t.Fatalf("%v %v names an account: %s", a.Rule, a.Outcome, texts)
		}
	}
}

var (
	englishWord = regexp.MustCompile(`[A-Za-z]{3,}`)
	// foreignTerms are names that Chinese texts have too.
	foreignTerms = regexp.MustCompile(`(Instance|Filing)\.[A-Za-z]+|有误：Filing |State\(\?\)|OSS|Certification|docs/rules\.md|[A-Z]{3}-[A-Z]+|` +
		`ECS|Web|NAT|NAT64|SLB|ENS|EIP|App|DNS|UTF-8|example\.cn|cn-[a-z]+|alibaba|tencent|Marketplace-x|Unlisted|odd`)
)

// explainWorld yields decisions of every kind: each fact at each value, one
// after the other, under sets that ask for everything, for nothing, and none.
func explainWorld(yield func(*situation)) {
	yield(new(situation))
	for _, set := range []*RuleSet{nil, {}, oddRules(), {
		Version: "none", Grant: GrantRules{Allowed: true, MaxGrantees: NoLimit, MaxGranters: NoLimit}, Account: AccountAll,
		Products: []ProductRules{{Product: ECS}}, Life: LifeRules{PaidUsesQuota: true},
	}} {
		base := situation{
			At: explainNow, set: set, actor: explainAsker, instance: goodInstance(), roles: RoleOwner | RoleHolder,
			action: ActionSubmit, state: StateAvailable, certification: Enterprise, Quota: Quota{2, 6, 1},
			problem: filingProblem("Filing.Domain", "is not one domain name, like example.cn"),
		}
		vary := func(change func(*situation)) {
			d := base
			change(&d)
			yield(&d)
		}
		vary(func(*situation) {})
		vary(func(d *situation) { *d = situation{set: set} })
		for _, p := range []Product{"", ECS, Marketplace, ElasticWeb, "Marketplace-x", "Unlisted"} {
			vary(func(d *situation) { d.instance.Product = p })
			vary(func(d *situation) { d.instance.Product, d.instance.ContractQuota = p, 9 })
			vary(func(d *situation) { d.instance.Product, d.instance.OrderAmount = p, decimal.Decimal{} })
			for _, months := range []int{0, 1, 2, 40} {
				vary(func(d *situation) { d.instance.Product, d.instance.TermMonths = p, months })
				vary(func(d *situation) { d.instance.Product, d.instance.FirstTermMonths = p, months })
				vary(func(d *situation) {
					d.instance.Product, d.instance.TermMonths, d.instance.FirstTermMonths = p, months, 0
					d.instance.Created = time.Time{}
				})
			}
		}
		for n := range 5 {
			tri := Tri(n)
			vary(func(d *situation) { d.instance.Billing = Billing(n) })
			vary(func(d *situation) { d.instance.Billing, d.instance.Trial = Billing(n), Unknown })
			vary(func(d *situation) { d.instance.Trial = tri })
			vary(func(d *situation) { d.instance.PublicIP = tri })
			vary(func(d *situation) { d.instance.IPHeld = tri })
			vary(func(d *situation) { d.instance.Downgraded = tri })
			vary(func(d *situation) { d.instance.AutoRenew = tri })
			vary(func(d *situation) { d.certification = Certification(n) })
			vary(func(d *situation) { d.forOthers, d.certification = true, Certification(n) })
			vary(func(d *situation) {
				d.instance.IPs = slices.Repeat([]netip.Addr{netip.MustParseAddr("47.96.1.7")}, n)
			})
			vary(func(d *situation) { d.Quota.Used = n - 1 })
			vary(func(d *situation) { d.Quota.Requested = n - 1 })
		}
		for n := range uint8(12) {
			vary(func(d *situation) { d.instance.Status = Status(n) })
			vary(func(d *situation) { d.instance.Status, d.At = Status(n), explainNow.AddDate(2, 0, 0) })
			vary(func(d *situation) { d.instance.Status, d.instance.Expires = Status(n), time.Time{} })
		}
		for _, change := range []func(*situation){
			func(d *situation) { d.instance.PartnerIP = true },
			func(d *situation) { d.instance.Owner = "" },
			func(d *situation) { d.instance.Owner = explainOther },
			func(d *situation) { d.instance.Owner, d.Quota.Used = explainOther, -1 },
			func(d *situation) { d.instance.Region = "" },
			func(d *situation) { d.instance.Region = "cn-hongkong" },
			func(d *situation) { d.instance.Region = "cn-elsewhere\n" },
			func(d *situation) { d.instance.Provider = "tencent" },
			func(d *situation) { d.PhoneNeeded = true },
			func(d *situation) { d.paid = true },
			func(d *situation) { d.problem = 0 },
			func(d *situation) { d.problem = filingProblem("Filing.Domain", "is longer than 253 bytes") },
			func(d *situation) { d.state, d.action = State(200), Action(200) },
			func(d *situation) { d.closed = Action(200) },
		} {
			vary(change)
		}
	}
}

// explainLives yields a decision for each state, action and set of roles, and
// for one more of each.
func explainLives(yield func(*situation)) {
	set := oddRules()
	for s := range State(numStates + 1) {
		for a := range Action(numActions + 1) {
			for roles := range Role(16) {
				yield(&situation{
					At: explainNow, set: set, actor: explainAsker, instance: goodInstance(),
					state: s, action: a, roles: roles, closed: a, paid: roles&1 == 0,
				})
			}
		}
	}
}

func TestReasonsAreComplete(t *testing.T) {
	n := 0
	seen := make(map[string]bool) // most of what is said was said before
	complete := func(d *situation, rules iter.Seq[Rule]) {
		for r := range rules {
			for o := OutcomePassed; o <= OutcomeAdvised; o++ {
				for _, l := range []Lang{English, Chinese} {
					a := d.reason(l, r, o)
					if a.Rule != r || a.Outcome != o {
						t.Fatalf("the reason of %v %v says %v %v", r, o, a.Rule, a.Outcome)
					}
					n++
					if key := fmt.Sprint(l, a); !seen[key] {
						seen[key] = true
						completeReason(t, l, a)
					}
				}
			}
		}
	}
	explainWorld(func(d *situation) {
		complete(d, func(yield func(Rule) bool) {
			for r := Rule(1); r < numRules && yield(r); r++ {
			}
		})
	})
	explainLives(func(d *situation) {
		complete(d, MakeRuleIDs(d.action.Rule(), LIFClose, LIFEnd, GRTOnce, FILHolder, LIFEffective).All())
	})
	if n < 200_000 {
		t.Errorf("only %d reasons were made", n)
	}
}

func TestReasonOfNoRule(t *testing.T) {
	explainWorld(func(d *situation) {
		for _, r := range []Rule{0, numRules, 255} {
			for _, o := range []Outcome{OutcomePassed, OutcomeFailed, OutcomeUnknown, OutcomeAssumed, OutcomeAdvised, 77} {
				for _, l := range []Lang{English, Chinese, 9} {
					if a := d.reason(l, r, o); a.Rule != r || a.Outcome != o || len(a.Citations) > 0 {
						t.Fatalf("no rule: %+v", a)
					}
				}
			}
		}
	})
	for _, r := range []Rule{0, numRules, 255} {
		if r.Title(English) != "" || r.Title(Chinese) != "" {
			t.Errorf("Rule(%d) is no rule and has a title", r)
		}
	}
}

func TestTitles(t *testing.T) {
	for _, l := range []Lang{English, Chinese} {
		seen := make(map[string]Rule)
		for r := Rule(1); r < numRules; r++ {
			title := r.Title(l)
			if title == "" || hasHan(title) != (l == Chinese) {
				t.Errorf("title of %v: %q", r, title)
			}
			if other, twice := seen[title]; twice {
				t.Errorf("%v and %v have one title, %q", r, other, title)
			}
			seen[title] = r
		}
	}
	labels := []struct {
		o      Outcome
		en, zh string
	}{
		{OutcomePassed, "passed", "通过"}, {OutcomeFailed, "failed", "未通过"}, {OutcomeUnknown, "unknown", "未知"},
		{OutcomeAssumed, "assumed", "假定通过"}, {OutcomeAdvised, "advice", "建议"}, {99, "", ""},
	}
	for _, w := range labels {
		if w.o.String() != w.en || w.o.Label(English) != w.en || w.o.Label(Chinese) != w.zh {
			t.Errorf("Outcome(%d): %q %q", w.o, w.o, w.o.Label(Chinese))
		}
	}
}

// Whatever the check of a filing finds is in the table, and told of in both
// languages.
func TestFilingProblems(t *testing.T) {
	good := Filing{Kind: FilingFirst, Domain: "example.cn", Subject: "s"}
	long := strings.Repeat("a", 300)
	ips := []netip.Addr{netip.MustParseAddr("47.96.1.7")}
	seen := make(map[FilingProblem]bool)
	for want, change := range map[string]func(*Filing){
		"kind": func(f *Filing) { f.Kind = 0 }, "service": func(f *Filing) { f.Domain = "" }, "domain_form": func(f *Filing) { f.Domain = "a..b" },
		"domain_address": func(f *Filing) { f.Domain = "47.96.1.7" }, "domain_long": func(f *Filing) { f.Domain = long + ".cn" },
		"domain_utf8": func(f *Filing) { f.Domain = "\xff.cn" }, "app_utf8": func(f *Filing) { f.Domain, f.App = "", "\xff" },
		"app_long": func(f *Filing) { f.Domain, f.App = "", long }, "app_control": func(f *Filing) { f.Domain, f.App = "", "a\x00" },
		"app_space": func(f *Filing) { f.Domain, f.App = "", "a " }, "subject_empty": func(f *Filing) { f.Subject = "" },
		"subject_long": func(f *Filing) { f.Subject = long }, "subject_space": func(f *Filing) { f.Subject = " s" },
		"subject_control": func(f *Filing) { f.Subject = "a\x00b" }, "subject_utf8": func(f *Filing) { f.Subject = "\xff" },
		"ips_many": func(f *Filing) { f.IPs = slices.Repeat(ips, 300) }, "ips_form": func(f *Filing) { f.IPs = []netip.Addr{{}} },
		"icp_number": func(f *Filing) { f.ICPNumber = "x" },
	} {
		f := good
		change(&f)
		p := f.problem()
		if p.String() != want {
			t.Errorf("the problem of %+v is %q, want %q", f, p, want)
		}
		seen[p] = true
		d := situation{problem: p}
		for _, l := range []Lang{English, Chinese} {
			completeReason(t, l, d.reason(l, FILWhat, OutcomeFailed))
		}
	}
	if good.problem() != 0 {
		t.Errorf("a good filing has the problem %v", good.problem())
	}
	if len(seen) != int(numFilingProblems)-1 {
		t.Errorf("%d of %d problems were met", len(seen), numFilingProblems-1)
	}
}

func TestReasonsGolden(t *testing.T) {
	short := func(r *IssueRequest) { r.Instance.Expires = explainNow.Add(97*24*time.Hour - time.Second) }
	tests := []struct {
		name   string
		d      teller
		rule   Rule
		en, zh Reason
	}{
		{
			"ELG-REMAINING, one second short", checkOf(short), ELGRemaining,
			saying(
				ELGRemaining, OutcomeFailed, "at least 97 full days left",
				"96 days 23 hours left, until 2026-04-12 23:59:59 +08:00",
				"renew (a server just bought for the shortest term may still fail by a day or two)",
			),
			saying(
				ELGRemaining, OutcomeFailed, "距到期不少于97天（按每24小时计1天）",
				"剩余96天23小时，2026-04-12 23:59:59到期",
				"续费（刚按最短时长购买的服务器也可能差一两天）",
			),
		},
		{
			"ELG-TERM, proven short", checkOf(func(r *IssueRequest) {
				r.Instance.TermMonths, r.Instance.Expires = 0, shanghaiTime("2025-09-30 00:00:00")
			}), ELGTerm,
			saying(
				ELGTerm, OutcomeFailed, "bought for at least 4 calendar months, renewals included",
				"too short, for it lasts from 2025-06-01 00:00:00 +08:00 to 2025-09-30 00:00:00 +08:00",
				"renew until 4 calendar months are bought",
			),
			saying(
				ELGTerm, OutcomeFailed, "购买时长至少4个月（含续费）",
				"自2025-06-01 00:00至2025-09-30 00:00，时长不足",
				"续费至购满4个月",
			),
		},
		{
			"ELG-TERM, unknown", checkOf(func(r *IssueRequest) { r.Instance.TermMonths = 0 }), ELGTerm,
			saying(
				ELGTerm, OutcomeUnknown, "bought for at least 4 calendar months, renewals included",
				"not known: the term bought, in months",
				"state the term bought, in months",
			),
			saying(
				ELGTerm, OutcomeUnknown, "购买时长至少4个月（含续费）", "未说明购买月数",
				"请说明购买月数",
			),
		},
		{
			"ELG-TERM, assumed", checkOf(func(r *IssueRequest) {
				r.Instance.TermMonths, r.Assume = 0, MakeRuleIDs(ELGTerm)
			}), ELGTerm,
			saying(
				ELGTerm, OutcomeAssumed, "bought for at least 4 calendar months, renewals included",
				"not known; assumed to pass: the term bought, in months",
				"state the term bought, in months",
			),
			saying(
				ELGTerm, OutcomeAssumed, "购买时长至少4个月（含续费）", "未说明购买月数，假定通过",
				"请说明购买月数",
			),
		},
		{
			"ELG-ACCOUNT does not bind this request", checkOf(func(r *IssueRequest) { r.Certification = 0 }), ELGAccount,
			saying(ELGAccount, OutcomePassed, "nothing", "not known", ""),
			saying(ELGAccount, OutcomePassed, "无要求", "未知", ""),
		},
		{
			"ELG-QUOTA", checkOf(func(r *IssueRequest) { r.Quantity = 7 }), ELGQuota,
			saying(
				ELGQuota, OutcomeFailed, "at most 6 codes ever, for the instance", "1 issued, 7 requested",
				"request at most 5; use another instance, or buy a paid code",
			),
			saying(
				ELGQuota, OutcomeFailed, "该实例累计最多申请6个备案服务码", "已申请1个，本次申请7个",
				"本次最多申请5个；改用其他实例，或购买收费备案服务码",
			),
		},
		{
			"ELG-STATUS, stopped and past its expiry", checkOf(func(r *IssueRequest) {
				r.Instance.Status, r.Instance.Expires = StatusStopped, explainNow
			}), ELGStatus,
			saying(
				ELGStatus, OutcomeFailed, "running, not expired", "stopped; expired at 2026-01-06 00:00:00 +08:00", "renew",
			),
			saying(
				ELGStatus, OutcomeFailed, "正常运行，未到期", "已停止；已于2026-01-06 00:00到期", "续费",
			),
		},
		{
			"GRT-OUT", situation{At: explainNow, set: oddRules()}, GRTOut,
			saying(
				GRTOut, OutcomeFailed, "different grantees of one granter in the natural year 2026: at most 11",
				"the cap of 11 is reached, and this grantee would be another one",
				"grant to an account that has a grant of this year, or wait until 2027-01-01 00:00:00 +08:00",
			),
			saying(
				GRTOut, OutcomeFailed, "2026自然年内，一个账号最多授权至11个不同的账号", "本自然年已授权至11个账号，达到上限，且目标账号不在其中",
				"授权给本自然年内已授权过的账号，或等到2027-01-01 00:00再授权",
			),
		},
		{
			"LIF-SUBMIT of a used code", situation{
				At: explainNow, set: oddRules(), action: ActionSubmit, state: StateFiled,
				roles: RoleOwner | RoleHolder,
			}, LIFSubmit,
			saying(
				LIFSubmit, OutcomeFailed, "the code is Available", "the code is Filed", "use another code: this one is spent",
			),
			saying(
				LIFSubmit, OutcomeFailed, "备案服务码状态为可使用", "备案服务码状态为已备案", "该备案服务码已不可再用，请换用其他备案服务码",
			),
		},
		{
			"LIF-REFUND of a free code", situation{
				At: explainNow, set: oddRules(), action: ActionRefund, state: StateAvailable,
				roles: RoleOwner | RoleHolder,
			}, LIFRefund,
			saying(
				LIFRefund, OutcomeFailed, "a paid code; the code is Unbound or Available; done by the owner",
				"a code that was not bought; the code is Available; asked by the owner",
				"nothing was paid for it, so nothing can be paid back",
			),
			saying(
				LIFRefund, OutcomeFailed, "收费备案服务码；备案服务码状态为未绑定实例或可使用；由购买账号操作",
				"不是购买的收费备案服务码；备案服务码状态为可使用；操作账号为购买账号", "该备案服务码未付费，无费用可退",
			),
		},
		{
			"LIF-CLOSE of an issue", situation{
				At: explainNow, set: oddRules(), action: ActionIssue, closed: ActionCloseRefund,
			}, LIFClose,
			saying(
				LIFClose, OutcomeFailed, "an instance that was not closed", "the instance was refunded and closed",
				"use another instance",
			),
			saying(LIFClose, OutcomeFailed, "实例未退费、未释放", "实例已退费", "改用其他实例"),
		},
		{
			"FIL-HOLDER", situation{
				At: explainNow, set: oddRules(), action: ActionSubmit, state: StateAvailable,
				roles: RoleOwner,
			}, FILHolder,
			saying(
				FILHolder, OutcomeFailed, "the holder: the grantee if the code was granted, else its owner",
				"asked by the owner, who granted it to another account", "have the holder file, or use a code of your own",
			),
			saying(
				FILHolder, OutcomeFailed, "持有账号（已授权的为被授权账号，未授权的为购买账号）", "操作账号为购买账号，但该码已授权给其他账号",
				"由持有账号备案，或使用自己的备案服务码",
			),
		},
		{
			"RSK-EXPIRING during a review", oddRules().Review(
				Record{State: StateFiling, InstanceID: "i-1", Product: ECS, Owner: explainAsker},
				func() Instance { i := goodInstance(); i.Expires = explainNow.Add(43 * day); return i }(), explainNow,
			), RSKExpiring,
			saying(
				RSKExpiring, OutcomeFailed, "no expiry within 43 days, before the review can end",
				"43 days left, until 2026-02-18 00:00:00 +08:00", "renew the instance",
			),
			saying(
				RSKExpiring, OutcomeFailed, "43天内（审核结束前）不到期", "剩余43天，2026-02-18 00:00到期", "为实例续费",
			),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for l, want := range []Reason{tt.en, tt.zh} {
				got := tt.d.tell(t, Lang(l), tt.rule)
				got.Facts = nil
				if d := cmp.Diff(want, got); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

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
		{nil, ELGTerm, OutcomePassed, "12 calendar months", ""},
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
		{func(r *IssueRequest) { r.Instance.Billing = PayAsYouGo }, ELGTerm, OutcomeUnknown, "pay-as-you-go, which has no term", "convert it to subscription"},
		{func(r *IssueRequest) { r.Instance.Billing = PayAsYouGo }, ELGRemaining, OutcomeUnknown, "pay-as-you-go, which has no term", "convert it to subscription"},
		{func(r *IssueRequest) {
			r.Instance.Billing, r.Assume = PayAsYouGo, MakeRuleIDs(ELGTerm)
		}, ELGTerm, OutcomeAssumed, "pay-as-you-go, which has no term; assumed to pass", "convert it to subscription"},
		{func(r *IssueRequest) { r.Instance.Trial = Yes }, ELGBilling, OutcomeFailed, "subscription; a trial", "buy a subscription in place of the trial"},
		{func(r *IssueRequest) { r.Instance.Trial = Unknown }, ELGBilling, OutcomeUnknown, "not known: whether it is a trial", "state whether it is a trial"},
		{func(r *IssueRequest) { r.Instance.Billing = 0 }, ELGBilling, OutcomeUnknown, "not known: how it is paid for", "state how it is paid for"},
		{func(r *IssueRequest) {
			r.Instance.Billing, r.Instance.Trial = 0, 0
		}, ELGBilling, OutcomeUnknown, "not known: how it is paid for; whether it is a trial", "state how it is paid for; whether it is a trial"},
		{func(r *IssueRequest) { r.Instance.TermMonths = 1 }, ELGTerm, OutcomeFailed, "1 calendar month", "renew until 4 calendar months are bought"},
		{func(r *IssueRequest) {
			r.Instance.Product, r.Instance.FirstTermMonths = Marketplace, 13
		}, ELGTerm, OutcomeFailed, "13 calendar months", "use an instance that was first bought for that long (renewing does not help)"},
		{func(r *IssueRequest) {
			r.Instance.Product, r.Instance.FirstTermMonths = Marketplace, 0
		}, ELGTerm, OutcomeFailed, "12 calendar months, renewals included", "use an instance that was first bought for that long (renewing does not help)"},
		{func(r *IssueRequest) {
			r.Instance.Product, r.Instance.FirstTermMonths, r.Instance.TermMonths = Marketplace, 0, 20
			r.Instance.Expires = shanghaiTime("2027-02-01 00:00:00")
		}, ELGTerm, OutcomeUnknown, "not known: the term of the first purchase, in months", "state the term of the first purchase, in months"},
		{func(r *IssueRequest) { r.Instance.Expires = time.Time{} }, ELGRemaining, OutcomeUnknown, "not known: when it expires", "state when it expires"},
		{func(r *IssueRequest) { r.Instance.Expires = explainNow }, ELGRemaining, OutcomeFailed, "expired at 2026-01-06 00:00:00 +08:00", "renew (a server just bought for the shortest term may still fail by a day or two)"},
		{func(r *IssueRequest) { r.Instance.Region = "cn-hongkong" }, ELGRegion, OutcomeFailed, "cn-hongkong, outside mainland China", "buy in a mainland region"},
		{func(r *IssueRequest) { r.Instance.Region = "" }, ELGRegion, OutcomeUnknown, "not known: the region", "state the region"},
		{func(r *IssueRequest) { r.Instance.Region = "cn-hangzho" }, ELGRegion, OutcomeUnknown, "not known: the rule set does not list cn-hangzho", "state the region as the provider spells it"},
		{func(r *IssueRequest) { r.Instance.Region = "a\nb" }, ELGRegion, OutcomeUnknown, `not known: the rule set does not list "a\nb"`, "state the region as the provider spells it"},
		{func(r *IssueRequest) { r.Instance.PublicIP = No }, ELGPublicIP, OutcomeFailed, "no public IP", "buy public bandwidth or bind an EIP"},
		{func(r *IssueRequest) { r.Instance.PublicIP = Unknown }, ELGPublicIP, OutcomeUnknown, "not known: whether it has a public IP", "state whether it has a public IP"},
		{func(r *IssueRequest) { r.Instance.PartnerIP = true }, ELGPublicIP, OutcomeFailed, "a partner's own IP", "buy public bandwidth or bind an EIP"},
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
		{func(r *IssueRequest) { r.Instance.Status = StatusExpired }, ELGStatus, OutcomeFailed, "expired", "renew"},
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

// GRT-PRIVATE: what a granter is told of its target's cap does not depend on
// anything that belongs to somebody else.
func TestGrantInTellsOnlyTheCap(t *testing.T) {
	want := map[Lang]Reason{
		English: saying(
			GRTIn, OutcomeFailed, "different granters to one grantee in the natural year 2026: at most 2",
			"the target account has reached the cap of 2 in the natural year 2026",
			"wait until 2027-01-01 00:00:00 +08:00, or file with the purchasing account",
		),
		Chinese: saying(
			GRTIn, OutcomeFailed, "2026自然年内，一个账号最多接收2个不同账号的授权", "目标账号最多接收2个账号的授权，已达到2026自然年的上限",
			"等到2027-01-01 00:00再授权，或使用购买账号备案",
		),
	}
	n := 0
	explainWorld(func(d *situation) {
		if d.set == nil || d.set.Version != "odd" || NaturalYear(d.At) != NaturalYear(explainNow) {
			return
		}
		n++
		for l, w := range want {
			if got := d.reason(l, GRTIn, OutcomeFailed); !got.same(w) {
				t.Fatalf("\n got %+v\nwant %+v", got, w)
			}
		}
	})
	if n < 100 {
		t.Errorf("only %d decisions were looked at", n)
	}
}

func TestReasonsOfGrants(t *testing.T) {
	owned, granted, received := RoleOwner|RoleHolder, RoleOwner, RoleGrantee|RoleHolder
	decide := func(change func(*situation)) situation {
		d := situation{At: explainNow, set: oddRules(), action: ActionGrant, state: StateAvailable, roles: owned, forOthers: true}
		change(&d)
		return d
	}
	tests := []struct {
		d             situation
		rule          Rule
		o             Outcome
		found, remedy string
	}{
		{decide(func(d *situation) {}), GRTOut, OutcomePassed, "within the cap", ""},
		{decide(func(d *situation) {}), GRTIn, OutcomePassed, "within the cap", ""},
		{decide(func(d *situation) { d.set.Grant = GrantRules{} }), GRTOut, OutcomeFailed, "it allows none", "file with the purchasing account"},
		{decide(func(d *situation) { d.set.Grant = GrantRules{} }), GRTIn, OutcomeFailed, "it allows none", "file with the purchasing account"},
		{decide(func(d *situation) { d.phone = PhoneRefused }), GRTFirst, OutcomeFailed, "the first grant to this account, and the proof of the phone was not accepted", "verify the phone, then grant again"},
		{decide(func(d *situation) { d.phone = PhoneNoProof }), GRTFirst, OutcomeFailed, "the first grant to this account, and no proof of the phone was given", "verify the phone, then grant again"},
		{decide(func(d *situation) {}), GRTFirst, OutcomePassed, "verified, or granted to before", ""},
		{decide(func(d *situation) { d.PhoneNeeded = true }), GRTFirst, OutcomePassed, "the first grant to this account: the phone is yet to be verified", ""},
		{decide(func(d *situation) { d.certification = Personal }), GRTEnterprise, OutcomeFailed, "a personal account", "verify as an enterprise, or file with the purchasing account"},
		{decide(func(d *situation) {}), GRTEnterprise, OutcomeUnknown, "not known: how the account was verified", "state how the account was verified"},
		{decide(func(d *situation) {}), GRTOnce, OutcomePassed, "never granted", ""},
		{decide(func(d *situation) { d.forOthers = false }), GRTOnce, OutcomeFailed, "the target is the purchasing account itself", "choose another account: a code of your own needs no grant"},
		{decide(func(d *situation) { d.forOthers = false }), GRTFirst, OutcomePassed, "no other account is granted to", ""},
		{decide(func(d *situation) { d.roles = 0 }), GRTOnce, OutcomeFailed, "it was granted before", "choose codes that were never granted"},
		{decide(func(d *situation) { d.roles = granted }), GRTOnce, OutcomeFailed, "asked by the owner, who granted it to another account", "use a code of your own that was never granted"},
		{decide(func(d *situation) { d.roles = received }), GRTOnce, OutcomeFailed, "asked by the grantee", "use a code of your own that was never granted"},
		{decide(func(d *situation) { d.state = StateFiling }), GRTState, OutcomeFailed, "the code is Filing", "wait until its filing ends, or withdraw the filing"},
		{decide(func(d *situation) { d.state = StateInvalid }), GRTState, OutcomeFailed, "the code is Invalid", "use another code: this one is spent"},
		{decide(func(d *situation) { d.state = StateInvalid }), GRTState, OutcomePassed, "recorded so, and Invalid now", ""},
	}
	for _, tt := range tests {
		if got := tt.d.reason(English, tt.rule, tt.o); got.Found != tt.found || got.Remedy != tt.remedy {
			t.Errorf("%v %v\n got %q %q\nwant %q %q", tt.rule, tt.o, got.Found, got.Remedy, tt.found, tt.remedy)
		}
	}
	d := decide(func(d *situation) {
		d.set.Grant = GrantRules{Allowed: true, MaxGrantees: NoLimit, MaxGranters: NoLimit}
	})
	for _, r := range []Rule{GRTEnterprise, GRTOut, GRTIn, GRTFirst} {
		if got := d.reason(English, r, OutcomePassed).Required; got != "nothing" {
			t.Errorf("%v, which is not imposed, requires %q", r, got)
		}
	}
	if got := d.reason(English, GRTState, OutcomeFailed).Required; got != "the code is Unbound or Available" {
		t.Errorf("GRT-STATE requires %q", got)
	}
}

// The states and the parts that a rule of LIF requires are those that
// [State.Next] allows, for every action, state and part.
func TestReasonsOfSteps(t *testing.T) {
	for a := ActionIssue; a < numActions; a++ {
		r := a.Rule()
		if r == LIFClose || r == LIFImport {
			continue // about the instance and the operator, not about a state
		}
		for s := range State(numStates) {
			for roles := range Role(16) {
				d := situation{At: explainNow, set: oddRules(), action: a, state: s, roles: roles, paid: true}
				got := d.reason(English, r, OutcomeFailed)
				_, may := s.Next(a, roles)
				_, could := s.Next(a, RoleOwner|RoleGrantee|RoleHolder|RoleOperator)
				for from := StateUnbound; from < numStates; from++ {
					_, allowed := from.Next(a, RoleOwner|RoleGrantee|RoleHolder|RoleOperator)
					if strings.Contains(got.Required, from.String()) != allowed {
						t.Fatalf("%v from %v: requires %q", a, from, got.Required)
					}
				}
				if s != StateNone && !strings.Contains(got.Found, s.String()) && a != ActionIssue && a != ActionBuy {
					t.Fatalf("%v of a code that is %v: found %q", a, s, got.Found)
				}
				if could && !may && !strings.HasPrefix(got.Remedy, "have it done by ") {
					t.Fatalf("%v of a code that is %v by %v: remedy %q", a, s, roles, got.Remedy)
				}
				if !could && (a == ActionEnd || a == ActionCorrect) {
					if got.Remedy != "none is needed: only a filing that was approved ends or has a number" {
						t.Fatalf("%v of a code that is %v: remedy %q", a, s, got.Remedy)
					}
					continue
				}
				if !could && s.Terminal() && got.Remedy != "use another code: this one is spent" {
					t.Fatalf("%v of a code that is %v: remedy %q", a, s, got.Remedy)
				}
			}
		}
	}
	tests := []struct {
		a                       Action
		s                       State
		roles                   Role
		required, found, remedy string
	}{
		{ActionBind, StateAvailable, RoleOwner | RoleHolder, "the code is Unbound; done by the owner", "the code is Available; asked by the owner", "none is needed: it is tied to its instance, for good"},
		{ActionSubmit, StateUnbound, RoleOwner | RoleHolder, "the code is Available", "the code is Unbound", "bind it to an instance first"},
		{ActionResubmit, StateAvailable, RoleGrantee | RoleHolder, "the code is Filing", "the code is Available", "submit a filing with it first"},
		{ActionApprove, StateFiling, RoleOwner | RoleHolder, "the code is Filing; done by an operator", "the code is Filing; asked by the owner", "have it done by an operator"},
		{ActionRelease, StateFiling, RoleOwner, "the code is Filing; done by the holder or an operator", "the code is Filing; asked by the owner, who granted it to another account", "have it done by the holder or an operator"},
		{ActionForfeit, StateAvailable, RoleOperator, "the code is Filing; done by the holder or an operator", "the code is Available; asked by an operator", "ask the holder to submit a filing with it first"},
		{ActionVoid, StateFiled, RoleOperator | RoleOwner | RoleHolder, "the code is Unbound or Available or Filing; done by an operator", "the code is Filed; asked by the owner or an operator", "use another code: this one is spent"},
		{ActionRefund, StateFiling, RoleOwner | RoleHolder, "a paid code; the code is Unbound or Available; done by the owner", "the code is Filing; asked by the owner", "wait until its filing ends, or withdraw the filing"},
		{ActionImport, StateFiled, 0, "done by an operator", "asked by an account that is no operator", "have an operator import it"},
		{ActionCloseRelease, StateNone, 0, "an instance that was not closed; done by an operator", "not closed; asked by an account that is no operator", "have an operator close it"},
		{ActionIssue, StateNone, 0, "done by the owner", "asked by neither owner, grantee nor operator", "have it done by the owner"},
	}
	for _, tt := range tests {
		d := situation{At: explainNow, set: oddRules(), action: tt.a, state: tt.s, roles: tt.roles, paid: true}
		got := d.reason(English, tt.a.Rule(), OutcomeFailed)
		if got.Required != tt.required || got.Found != tt.found || got.Remedy != tt.remedy {
			t.Errorf("%v of %v\n got %q %q %q\nwant %q %q %q", tt.a, tt.s, got.Required, got.Found, got.Remedy, tt.required, tt.found, tt.remedy)
		}
	}
	// A rule is explained by its own action where the decision is of another.
	other := situation{At: explainNow, set: oddRules(), action: ActionIssue, state: StateFiling, roles: RoleOwner | RoleHolder}
	if got := other.reason(English, LIFApprove, OutcomeFailed); got.Required != "the code is Filing; done by an operator" {
		t.Errorf("LIF-APPROVE of an issue: %+v", got)
	}
	if got := other.reason(English, LIFIssue, OutcomePassed); got.Found != "asked by the owner" {
		t.Errorf("LIF-ISSUE: %+v", got)
	}
	closed := situation{At: explainNow, set: oddRules(), action: ActionCloseRefund, roles: RoleOperator, closed: ActionCloseRelease}
	if got := closed.reason(English, LIFClose, OutcomeFailed); got.Found != "the instance was released and closed; asked by an operator" ||
		got.Remedy != "none is needed: it is closed already" {
		t.Errorf("closing twice: %+v", got)
	}
	closed.action = ActionImport
	if got := closed.reason(English, LIFClose, OutcomeFailed); got.Remedy != "import it in the state in which the closing left it" {
		t.Errorf("importing into a closed instance: %+v", got)
	}
}

func TestReasonsOfTheEffectiveState(t *testing.T) {
	expired, gone, paygo := goodInstance(), goodInstance(), goodInstance()
	expired.Expires = explainNow
	paygo.Billing = PayAsYouGo
	gone.Status = StatusReleased
	tests := []struct {
		i             Instance
		o             Outcome
		found, remedy string
	}{
		{expired, OutcomeFailed, "running; expired at 2026-01-06 00:00:00 +08:00", "renew the instance: the code can then be used again"},
		{paygo, OutcomeFailed, "running", "renew the instance: the code can then be used again"},
		{gone, OutcomeFailed, "released; 146 days left, until 2026-06-01 00:00:00 +08:00", "use another code"},
		{Instance{}, OutcomeFailed, "the instance has expired or gone", "renew the instance: the code can then be used again"},
		{Instance{}, OutcomePassed, "nothing against it is known", ""},
		{goodInstance(), OutcomePassed, "running; 146 days left, until 2026-06-01 00:00:00 +08:00", ""},
	}
	for _, tt := range tests {
		d := situation{At: explainNow, set: oddRules(), instance: tt.i}
		if got := d.reason(English, LIFEffective, tt.o); got.Found != tt.found || got.Remedy != tt.remedy {
			t.Errorf("\n got %q %q\nwant %q %q", got.Found, got.Remedy, tt.found, tt.remedy)
		}
	}
}

func TestReasonsOfRisks(t *testing.T) {
	rec := Record{
		State: StateFiled, InstanceID: "i-1", Product: ECS, Owner: explainAsker,
		Filing: &Filing{IPs: []netip.Addr{netip.MustParseAddr("47.96.1.7")}},
	}
	tests := []struct {
		change func(*Instance)
		rule   Rule
		o      Outcome
		found  string
	}{
		{func(i *Instance) {}, RSKExpiring, OutcomePassed, "146 days left, until 2026-06-01 00:00:00 +08:00"},
		{func(i *Instance) { i.Expires = explainNow.Add(31 * day) }, RSKExpiring, OutcomeFailed, "31 days left, until 2026-02-06 00:00:00 +08:00"},
		{func(i *Instance) { i.AutoRenew = Yes }, RSKExpiring, OutcomePassed, "146 days left, until 2026-06-01 00:00:00 +08:00; auto-renewal is on"},
		{func(i *Instance) { i.Expires, i.AutoRenew = explainNow.Add(31*day), No }, RSKExpiring, OutcomeFailed, "31 days left, until 2026-02-06 00:00:00 +08:00; auto-renewal is off"},
		{func(i *Instance) { i.Expires, i.AutoRenew = explainNow.Add(31*day), Yes }, RSKExpiring, OutcomeAdvised, "31 days left, until 2026-02-06 00:00:00 +08:00; auto-renewal is on"},
		{func(i *Instance) { i.Expires, i.AutoRenew = explainNow, Yes }, RSKExpiring, OutcomeFailed, "expired at 2026-01-06 00:00:00 +08:00"},
		{func(i *Instance) { i.Expires, i.Status = time.Time{}, StatusExpired }, RSKExpiring, OutcomeFailed, "expired"},
		{func(i *Instance) { i.Expires = time.Time{} }, RSKExpiring, OutcomeAssumed, "not known; assumed to pass: when it expires"},
		{func(i *Instance) {}, RSKReleased, OutcomePassed, "running"},
		{func(i *Instance) { i.Status = StatusRefunded }, RSKReleased, OutcomeFailed, "refunded"},
		{func(i *Instance) { i.Status = 0 }, RSKReleased, OutcomeAssumed, "not known; assumed to pass: its status"},
		{func(i *Instance) { i.Billing = PayAsYouGo }, RSKBilling, OutcomeFailed, "pay-as-you-go"},
		{func(i *Instance) { i.Billing = 0 }, RSKBilling, OutcomeAssumed, "not known; assumed to pass: how it is paid for"},
		{func(i *Instance) {}, RSKDowngraded, OutcomePassed, "it is so"},
		{func(i *Instance) { i.Downgraded, i.PublicIP, i.Region = Yes, No, "cn-hongkong" }, RSKDowngraded, OutcomeFailed, "downgraded; no public IP; cn-hongkong, outside mainland China"},
		{func(i *Instance) { i.PartnerIP = true }, RSKDowngraded, OutcomeFailed, "a partner's own IP"},
		{func(i *Instance) { i.Downgraded = 0 }, RSKDowngraded, OutcomeAssumed, "not known; assumed to pass: whether it was downgraded"},
		{func(i *Instance) {}, RSKOwner, OutcomePassed, "it has the same owner"},
		{func(i *Instance) { i.Owner = explainOther }, RSKOwner, OutcomeFailed, "another account owns it now"},
		{func(i *Instance) { i.Owner = "" }, RSKOwner, OutcomeAssumed, "not known; assumed to pass: who owns it"},
		{func(i *Instance) { i.IPs = []netip.Addr{netip.MustParseAddr("47.96.1.7")} }, RSKIP, OutcomePassed, "47.96.1.7"},
		{func(i *Instance) { i.IPs = []netip.Addr{netip.MustParseAddr("47.96.1.8")} }, RSKIP, OutcomeFailed, "the filed IP is gone; 47.96.1.8"},
		{func(i *Instance) { i.PublicIP = No }, RSKIP, OutcomeFailed, "the filed IP is gone; no public IP"},
		{func(i *Instance) {}, RSKIP, OutcomeAssumed, "not known; assumed to pass: its public IPs"},
		{func(i *Instance) { i.Status = StatusReleased }, RSKMove, OutcomeAdvised, "a filing rests on this server"},
	}
	for _, tt := range tests {
		i := goodInstance()
		tt.change(&i)
		d := oddRules().Review(rec, i, explainNow)
		for _, l := range []Lang{English, Chinese} {
			completeReason(t, l, answerOf(t, &d, l, tt.rule))
		}
		if got := answerOf(t, &d, English, tt.rule); got.Outcome != tt.o || got.Found != tt.found {
			t.Errorf("%v\n got %v %q\nwant %v %q", tt.rule, got.Outcome, got.Found, tt.o, tt.found)
		}
	}
	i := goodInstance()
	i.IPs = []netip.Addr{netip.MustParseAddr("47.96.1.8")}
	rec.Filing = nil
	d := oddRules().Review(rec, i, explainNow)
	if got := answerOf(t, &d, English, RSKIP).Found; got != "not known; assumed to pass: the filed IPs" {
		t.Errorf("RSK-IP of a filing without IPs: %q", got)
	}
	horizons := []struct {
		s                State
		expiring, review int
		want             string
	}{
		{StateFiled, 31, 43, "no expiry within 31 days"},
		{StateFiling, 31, 43, "no expiry within 43 days, before the review can end"},
		{StateFiling, 43, 31, "no expiry within 43 days"},
		{StateFiling, 43, 43, "no expiry within 43 days"},
		{StateFiled, 1, 1, "no expiry within 1 day"},
	}
	for _, h := range horizons {
		set := oddRules()
		set.Risk = RiskRules{h.expiring, h.review}
		d := situation{set: set, state: h.s}
		if got := d.reason(English, RSKExpiring, OutcomeFailed).Required; got != h.want {
			t.Errorf("%v %d %d: %q, want %q", h.s, h.expiring, h.review, got, h.want)
		}
	}
}

// No text has a code in it: none is in a Decision to begin with.
func TestReasonsWithoutASet(t *testing.T) {
	d := situation{At: explainNow, instance: goodInstance(), action: ActionVoid, state: StateFiled}
	for r, want := range map[Rule]string{
		ELGTerm: "the instance was bought for long enough, it is not so",
		LIFVoid: "the code is Unbound or Available or Filing; done by an operator, the code is Filed; asked by neither owner, grantee nor operator",
	} {
		if a := d.reason(English, r, OutcomeFailed); a.Required+", "+a.Found != want {
			t.Errorf("got %q, %q", a.Required, a.Found)
		}
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

package icpcode

import (
	"fmt"
	"iter"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
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
		TermMonths: 15, FirstTermMonths: 15, Created: shanghaiTime("2025-03-01 00:00:00"),
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
	if field := goField.FindString(texts); field != "" {
		t.Fatalf("%v %v in %v names the Go field %q: %s", a.Rule, a.Outcome, l, field, texts)
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
	foreignTerms = regexp.MustCompile(`OSS|docs/rules\.md|[A-Z]{3}-[A-Z]+|` +
		`ECS|Web|NAT|NAT64|SLB|ENS|EIP|App|DNS|UTF-8|example\.cn|cn-[a-z]+|alibaba|tencent|Marketplace-x|Unlisted|odd`)
)

// goField matches what names a field of a value that callers fill in, or of one
// that they are handed: all that an English text cannot have by chance.
var goField = func() *regexp.Regexp {
	var types, fields []string
	for _, t := range []reflect.Type{
		reflect.TypeFor[Instance](), reflect.TypeFor[Filing](), reflect.TypeFor[Case](), reflect.TypeFor[Decision](), reflect.TypeFor[Record](), reflect.TypeFor[Options](),
		reflect.TypeFor[RuleSet](), reflect.TypeFor[Requirements](), reflect.TypeFor[GrantRules](), reflect.TypeFor[LifeRules](), reflect.TypeFor[RiskRules](),
		reflect.TypeFor[IssueRequest](), reflect.TypeFor[GrantRequest](), reflect.TypeFor[SubmitRequest](), reflect.TypeFor[ImportRequest](), reflect.TypeFor[State](),
	} {
		types = append(types, t.Name())
		for n := 0; t.Kind() == reflect.Struct && n < t.NumField(); n++ {
			if f := t.Field(n).Name; regexp.MustCompile(`^[A-Z]+[a-z]+[A-Z]|^[A-Z]{3,}[a-z]`).MatchString(f) {
				fields = append(fields, f)
			}
		}
	}
	return regexp.MustCompile(`\b(` + strings.Join(types, "|") + `)[.(][A-Z?]\w*|\b(` + strings.Join(fields, "|") + `)\b`)
}()

// TestGoFieldsAreSeen plants names of fields in texts, and what only looks so.
func TestGoFieldsAreSeen(t *testing.T) {
	for text, seen := range map[string]bool{
		"state whether another filing holds its IP (Instance.IPHeld)": true, "请提供购买月数（Instance.TermMonths）": true, "有误：Filing.Domain": true,
		"TermMonths is 0": true, "请说明IPHeld": true, "State(?)": true, "the Filing. Instance": false, "NAT64, an ECS instance; IPv6": false, "DNS": false,
	} {
		if goField.MatchString(text) != seen {
			t.Errorf("%q: seen is %v", text, !seen)
		}
	}
}

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
		{OutcomeAssumed, "assumed", "假定通过"}, {OutcomeAdvised, "advice", "建议"}, {99, "?", "?"},
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

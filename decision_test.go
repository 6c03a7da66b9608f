package icpcode_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// lasting checks that a decision survives JSON: it says the same, writes the
// same bytes, and its set decides its case alike.
func lasting(t testing.TB, d icpcode.Decision) {
	t.Helper()
	first := must[[]byte](t)(json.Marshal(d))
	var back icpcode.Decision
	if err := json.Unmarshal(first, &back); err != nil {
		t.Fatalf("%s\nis not read back: %v", first, err)
	}
	if second := must[[]byte](t)(json.Marshal(back)); string(second) != string(first) {
		t.Errorf("written again it is another:\n%s\n%s", first, second)
	}
	for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
		for what, all := range map[string]func(icpcode.Decision) []string{
			"reasons": func(d icpcode.Decision) []string { return words(d.Reasons(l)) },
			"answers": func(d icpcode.Decision) []string { return words(d.Answers(l)) },
		} {
			if diff := cmp.Diff(all(d), all(back)); diff != "" {
				t.Errorf("read back, the %s in %v differ: %s", what, l, diff)
			}
		}
	}
}

func words(all func(func(icpcode.Reason) bool)) []string {
	var w []string
	for r := range all {
		w = append(w, fmt.Sprintf("%v %v %d: %s | %s | %s | %v", r.Rule, r.Outcome, r.Position, r.Required, r.Found, r.Remedy, r.Facts))
	}
	return w
}

// judgedAgain decides the case of a decision that was read back.
func judgedAgain(t testing.TB, set *icpcode.RuleSet, d icpcode.Decision) icpcode.Decision {
	t.Helper()
	var back icpcode.Decision
	if err := json.Unmarshal(must[[]byte](t)(json.Marshal(d)), &back); err != nil {
		t.Fatal(err)
	}
	return must[icpcode.Decision](t)(set.Decide(back.Case))
}

func asJSON(t testing.TB, v any) string { t.Helper(); return string(must[[]byte](t)(json.Marshal(v))) }

// The zero Decision refuses, and says why.
func TestNothingDecided(t *testing.T) {
	var d icpcode.Decision
	if !d.Refused() || d.RuleSetVersion() != "" || d.RuleSetDigest() != (icpcode.Digest{}) {
		t.Errorf("the zero decision is %+v", d)
	}
	for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
		all := slices.Collect(d.Reasons(l))
		if len(all) != 1 || all[0].Outcome != icpcode.OutcomeUnknown || all[0].Found == "" || all[0].Remedy == "" {
			t.Errorf("it says %+v", all)
		}
	}
	lasting(t, d)
	if got := (&icpcode.RefusedError{Decision: d}).Error(); got != "icpcode: refused: nothing was decided" {
		t.Errorf("its error is %q", got)
	}
}

// What a granter is told does not depend on how many granters its target has,
// but for whether the cap is reached: GRT-PRIVATE.
func TestDecisionsTellNothingOfOthers(t *testing.T) {
	told := func(others int) (verified, refused string) {
		w := newWorld(t)
		for n := range others {
			must[icpcode.Result](t)(w.grant(icpcode.AccountID(fmt.Sprint("other-", n)), theGrantee))
		}
		w.n = 1000 // the same IDs in every world
		r := icpcode.IssueRequest{
			Actor: theOwner, Instance: w.server(theOwner), Quantity: 1, GrantTo: theGrantee, Certification: icpcode.Enterprise,
		}
		d := must[icpcode.Decision](t)(verify(w.ctx, w.eng, r))
		lasting(t, d)
		if set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now)); asJSON(t, judgedAgain(t, set, d)) != asJSON(t, d) {
			t.Errorf("judged again it answers otherwise:\n%s\n%s", asJSON(t, d), asJSON(t, judgedAgain(t, set, d)))
		}
		r.Quantity = 21 // refused, whatever the caps
		_, err := w.eng.Issue(w.ctx, r)
		var no *icpcode.RefusedError
		if !errors.As(err, &no) {
			t.Fatalf("21 codes: %v", err)
		}
		lasting(t, no.Decision)
		return asJSON(t, d), asJSON(t, no.Decision)
	}
	verified, refused := told(0)
	for n := 1; n < 3; n++ {
		if v, r := told(n); v != verified || r != refused {
			t.Errorf("with %d other granters the decision tells:\n%s\n%s\nwithout:\n%s\n%s", n, v, r, verified, refused)
		}
	}
	if full, _ := told(3); full == verified {
		t.Error("the cap is reached, and the decision is the same")
	}
}

// A cap whose count was withheld holds under the set that answered it, and is
// unknown under another.
func TestWithheldIsUnknownUnderAnotherSet(t *testing.T) {
	w := newWorld(t)
	d := must[icpcode.Decision](t)(verify(w.ctx, w.eng, icpcode.IssueRequest{
		Actor: theOwner, Instance: w.server(theOwner), Quantity: 1, GrantTo: theGrantee, Certification: icpcode.Enterprise,
	}))
	if !d.Pass.Has(icpcode.GRTIn) {
		t.Fatalf("GRT-IN is not passed: %v", d)
	}
	sets := icpcode.Alibaba().Sets()
	sets[2].Grant.MaxGranters = 4
	other := must[*icpcode.RuleBook](t)(icpcode.NewRuleBook(sets...))
	got := must[icpcode.Decision](t)(must[*icpcode.RuleSet](t)(other.At(w.now)).Decide(d.Case))
	if !got.Unknown.Has(icpcode.GRTIn) || got.Pass != d.Pass&^icpcode.MakeRuleIDs(icpcode.GRTIn) || !got.Refused() {
		t.Errorf("under another set it passes %v, fails %v, and %v is unknown", got.Pass, got.Fail, got.Unknown)
	}
	for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
		lasting(t, got)
		if n := len(words(got.Reasons(l))); n != 1 {
			t.Errorf("%d reasons", n)
		}
	}
}

// A count of codes that is not the asker's to know is unknown under every set,
// also where one that is known would do.
func TestWithheldCountsAreUnknown(t *testing.T) {
	w := newWorld(t)
	facts := w.server(theOwner)
	w.issue(facts, 1)
	d := must[icpcode.Decision](t)(verify(w.ctx, w.eng, icpcode.IssueRequest{Actor: "stranger", Instance: facts, Quantity: 1}))
	for quota := range 8 {
		sets := icpcode.Alibaba().Sets()
		for n := range sets[2].Products {
			sets[2].Products[n].Quota = quota
		}
		other := must[*icpcode.RuleBook](t)(icpcode.NewRuleBook(sets...))
		got := must[icpcode.Decision](t)(must[*icpcode.RuleSet](t)(other.At(w.now)).Decide(d.Case))
		if known := quota < 1; got.Unknown.Has(icpcode.ELGQuota) == known || got.Fail.Has(icpcode.ELGQuota) != known {
			t.Errorf("with a quota of %d it passes %v, fails %v, and %v is unknown", quota, got.Pass, got.Fail, got.Unknown)
		}
		lasting(t, got)
	}
}

// The IPs of a filing are its holder's alone: an owner that granted the code is
// told under every set that RSK-IP is unknown.
func TestWithheldIPsAreUnknown(t *testing.T) {
	w := newWorld(t)
	facts := w.server(theOwner)
	code := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{
		Actor: theOwner, RequestID: "r", Instance: facts, Quantity: 1, GrantTo: theGrantee, Certification: icpcode.Enterprise, Proof: "1234",
	})).Codes[0]
	w.filed(theGrantee, code)
	facts.IPs = []netip.Addr{netip.MustParseAddr("47.96.1.99")}
	for asker, withheld := range map[icpcode.AccountID]bool{theOwner: true, theGrantee: false} {
		r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, asker, code, icpcode.Instance{}))
		d := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now)).Review(r, facts, w.now)
		for _, s := range icpcode.Alibaba().Sets() {
			got := must[icpcode.Decision](t)(must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(s.Effective)).Decide(d.Case))
			if got.Unknown.Has(icpcode.RSKIP) != withheld {
				t.Errorf("under %s the %s is told of RSK-IP: it passes %v, fails %v, and %v is unknown", s.Version, asker, got.Pass, got.Fail, got.Unknown)
			}
			lasting(t, got)
		}
	}
}

// Decide brings a case into its normal form, in what it returns only: instants
// in UTC to the microsecond, amounts without zeros at the end, addresses that
// are not mapped.
func TestDecideNormalizes(t *testing.T) {
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)))
	facts := func(at time.Time, amount decimal.Decimal, ip string) icpcode.Instance {
		return icpcode.Instance{Product: icpcode.ECS, Created: at, Expires: at, OrderAmount: amount, IPs: []netip.Addr{netip.MustParseAddr(ip)}}
	}
	for name, one := range map[string]func(at time.Time, amount decimal.Decimal, ip string) icpcode.Case{
		"Submit": func(at time.Time, amount decimal.Decimal, ip string) icpcode.Case {
			return icpcode.Case{
				Operation: icpcode.OperationSubmit, At: at, Instance: facts(at, amount, ip), Filing: icpcode.CaseFiling{IPs: []netip.Addr{netip.MustParseAddr(ip)}},
				Code: icpcode.CaseCode{State: icpcode.StateAvailable, Asker: icpcode.RoleOwner},
			}
		},
		"Grant": func(at time.Time, amount decimal.Decimal, ip string) icpcode.Case {
			return icpcode.Case{Operation: icpcode.OperationGrant, At: at, Grant: &icpcode.CaseGrant{
				Codes:     []icpcode.CaseCode{{State: icpcode.StateAvailable, Asker: icpcode.RoleOwner, Instance: 1}},
				Instances: []icpcode.Instance{facts(at, amount, ip)},
			}}
		},
	} {
		at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
		normal := one(at, decimal.New(15, -1), "47.96.1.180")
		odd := func() icpcode.Case {
			return one(at.Add(900).In(icpcode.Shanghai()), decimal.New(150, -2), "::ffff:47.96.1.180")
		}
		given := odd()
		a, b := must[icpcode.Decision](t)(set.Decide(given)), must[icpcode.Decision](t)(set.Decide(normal))
		if diff := cmp.Diff(b.Case, a.Case, cmp.Comparer(alike[decimal.Decimal]), cmp.Comparer(alike[time.Time]), cmp.Comparer(alike[netip.Addr])); diff != "" || asJSON(t, a) != asJSON(t, b) {
			t.Errorf("%s: the case is not in the normal form: %s\n%s\n%s", name, diff, asJSON(t, a), asJSON(t, b))
		}
		if !reflect.DeepEqual(given, odd()) {
			t.Errorf("%s: what was given was written to: %+v", name, given)
		}
	}
}

// alike reports whether two values are the same within, too.
func alike[T any](a, b T) bool { return reflect.DeepEqual(a, b) }

// A case that cannot be is refused.
func TestCasesThatCannotBe(t *testing.T) {
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)))
	good := func() icpcode.Case {
		return icpcode.Case{
			Operation: icpcode.OperationSubmit, At: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
			Code: icpcode.CaseCode{State: icpcode.StateAvailable, Origin: icpcode.OriginFree, Asker: icpcode.RoleOwner},
		}
	}
	if _, err := set.Decide(good()); err != nil {
		t.Fatal(err)
	}
	grant := &icpcode.CaseGrant{}
	for name, change := range map[string]func(*icpcode.Case){
		"no operation":      func(c *icpcode.Case) { c.Operation = 0 },
		"unknown operation": func(c *icpcode.Case) { c.Operation = 99 },
		"no instant":        func(c *icpcode.Case) { c.At = time.Time{} },
		"no code":           func(c *icpcode.Case) { c.Code = icpcode.CaseCode{} },
		"no state":          func(c *icpcode.Case) { c.Code.State = 0 },
		"unknown origin":    func(c *icpcode.Case) { c.Code.Origin = 9 },
		"grantee of none":   func(c *icpcode.Case) { c.Code.Asker = icpcode.RoleGrantee },
		"operator as part":  func(c *icpcode.Case) { c.Code.Asker = icpcode.RoleOperator },
		"facts of none":     func(c *icpcode.Case) { c.Code.Instance = 1 },
		"several codes": func(c *icpcode.Case) {
			*c = icpcode.Case{Operation: icpcode.OperationIssue, At: c.At, Grant: &icpcode.CaseGrant{Codes: []icpcode.CaseCode{c.Code}}}
		},
		"facts of none but one": func(c *icpcode.Case) {
			g := &icpcode.CaseGrant{Codes: []icpcode.CaseCode{c.Code}, Instances: make([]icpcode.Instance, 2)}
			*c = icpcode.Case{Operation: icpcode.OperationGrant, At: c.At, Grant: g}
		},
		"a code of no state in a grant": func(c *icpcode.Case) {
			*c = icpcode.Case{Operation: icpcode.OperationGrant, At: c.At, Grant: &icpcode.CaseGrant{Codes: make([]icpcode.CaseCode, 1)}}
		},
		"an owner in a grant": func(c *icpcode.Case) {
			g := &icpcode.CaseGrant{Codes: []icpcode.CaseCode{c.Code}, Instances: []icpcode.Instance{{Owner: "1001"}}}
			*c = icpcode.Case{Operation: icpcode.OperationGrant, At: c.At, Grant: g}
		},
		"an owner":         func(c *icpcode.Case) { c.Instance.Owner = "1001" },
		"wrong facts":      func(c *icpcode.Case) { c.Instance.TermMonths = -1 },
		"a grant":          func(c *icpcode.Case) { c.Grant = grant },
		"unknown relation": func(c *icpcode.Case) { c.Bought = 9 },
		"unknown closing":  func(c *icpcode.Case) { c.Closed = icpcode.ActionVoid },
		"certification":    func(c *icpcode.Case) { c.Certification = 9 },
		"unknown problem":  func(c *icpcode.Case) { c.Filing.Problem = 200 },
		"filing of an issue": func(c *icpcode.Case) {
			c.Operation, c.Code, c.Filing.Problem = icpcode.OperationIssue, icpcode.CaseCode{}, 1
		},
		"issue of a code": func(c *icpcode.Case) { c.Operation = icpcode.OperationIssue },
		"grant of none":   func(c *icpcode.Case) { *c = icpcode.Case{Operation: icpcode.OperationGrant, At: c.At, Grant: grant} },
		"unknown phone": func(c *icpcode.Case) {
			*c = icpcode.Case{Operation: icpcode.OperationIssue, At: c.At, Grant: &icpcode.CaseGrant{Phone: 9}}
		},
		"an end of none":       func(c *icpcode.Case) { c.Operation = icpcode.OperationEnd },
		"rests on a filing":    func(c *icpcode.Case) { c.Resting = 1 },
		"ended while it works": func(c *icpcode.Case) { c.Code.Last = icpcode.ActionVoid },
		"ends while it is under review": func(c *icpcode.Case) {
			c.Code.State, c.Code.Ended = icpcode.StateFiling, icpcode.EndDeregistered
		},
		"ends again without an end": func(c *icpcode.Case) {
			c.Operation, c.Code.State, c.End = icpcode.OperationEnd, icpcode.StateFiled, &icpcode.CaseEnd{End: icpcode.EndDeregistered, Again: true}
		},
		"17 replaced": func(c *icpcode.Case) {
			c.Operation, c.Code.State = icpcode.OperationApprove, icpcode.StateFiling
			c.Replaces = slices.Repeat([]icpcode.CaseOther{{State: icpcode.StateFiled}}, 17)
		},
		"two answers": func(c *icpcode.Case) {
			*c = icpcode.Case{Operation: icpcode.OperationIssue, At: c.At, Grant: &icpcode.CaseGrant{In: icpcode.CaseCap{Kept: icpcode.Yes}}}
		},
	} {
		c := good()
		change(&c)
		if d, err := set.Decide(c); !errors.Is(err, icpcode.ErrInvalid) || !d.Refused() {
			t.Errorf("%s: %v, %+v", name, err, d)
		}
	}
}

// docs/case.md names every member of the JSON of cases and decisions, and none
// that there is not; and every word of the operations.
func TestCaseDocs(t *testing.T) {
	doc := string(must[[]byte](t)(os.ReadFile("docs/case.md")))
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)))
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	ip := []netip.Addr{netip.MustParseAddr("47.96.1.180")}
	facts := icpcode.Instance{
		ID: "i", Owner: "o", Product: icpcode.ECS, Provider: "alibaba", Region: "cn-hangzhou", Billing: 1, Status: 1, TermMonths: 1,
		FirstTermMonths: 1, Created: at, Expires: at, AutoRenew: 1, OrderAmount: decimal.NewFromInt(1), Trial: 1, PublicIP: 1, PartnerIP: true, IPs: ip,
		IPHeld: 1, Downgraded: 1, ContractQuota: 1,
	}
	code := icpcode.CaseCode{State: 1, Last: icpcode.ActionVoid, Origin: 1, Product: "p", Asker: 1, Granted: true, Instance: 1}
	c := icpcode.Case{
		Operation: icpcode.OperationGrant, At: at, Operator: true, ForAnother: true, Certification: 1, Bought: 1, Closed: icpcode.ActionCloseRefund,
		Quantity: 1, Assume: icpcode.MakeRuleIDs(icpcode.ELGTerm), Instance: facts, Code: code, Filing: icpcode.CaseFiling{Problem: 1, IPs: ip},
		Grant: &icpcode.CaseGrant{
			Out: icpcode.CaseCap{Partner: true}, In: icpcode.CaseCap{Used: -1, Kept: icpcode.Yes, Under: set.Digest()}, Acquainted: true,
			Codes: []icpcode.CaseCode{code}, Instances: []icpcode.Instance{facts},
		},
	}
	d := set.Check(icpcode.IssueRequest{Actor: "o", Quantity: 1, Instance: icpcode.Instance{Owner: "o"}}, 0, at)
	names := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, child := range v {
				names[k] = true
				if k != "citations" { // docs/sources.md has their parts
					walk(child)
				}
			}
		case []any:
			for _, child := range v {
				walk(child)
			}
		}
	}
	closing := must[icpcode.Decision](t)(set.Decide(icpcode.Case{Operation: icpcode.OperationCloseRelease, At: at, Resting: 1}))
	for _, value := range []any{c, d, closing, must[icpcode.Decision](t)(set.Decide(icpcode.Case{
		Operation: icpcode.OperationGrant, At: at, Grant: &icpcode.CaseGrant{Codes: []icpcode.CaseCode{{State: 1}}},
	})), icpcode.Case{
		Code:     icpcode.CaseCode{Ended: icpcode.EndMoved},
		End:      &icpcode.CaseEnd{Again: true, Successor: &icpcode.CaseOther{Ended: icpcode.EndMoved, SameService: true}},
		Replaces: make([]icpcode.CaseOther, 1),
	}} {
		var tree any
		if err := json.Unmarshal([]byte(asJSON(t, value)), &tree); err != nil {
			t.Fatal(err)
		}
		walk(tree)
	}
	if len(names) < 60 {
		t.Errorf("only %d members were found", len(names))
	}
	for name := range names {
		if !strings.Contains(doc, "`"+name+"`") {
			t.Errorf("docs/case.md does not name %s", name)
		}
	}
	for line := range strings.Lines(doc) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		for part := range strings.SplitSeq(strings.Split(line, "|")[1], ",") {
			if name := strings.Trim(part, " `"); !names[name] {
				t.Errorf("docs/case.md has the member %s, which is none", name)
			}
		}
	}
}

// docs/case.md has the words of each list of values.
func TestCaseDocsNameValues(t *testing.T) {
	doc := string(must[[]byte](t)(os.ReadFile("docs/case.md")))
	named := func(value fmt.Stringer) {
		if !strings.Contains(doc, "`"+value.String()+"`") {
			t.Errorf("docs/case.md does not name %v", value)
		}
	}
	for o := icpcode.OperationIssue; o.String() != "?"; o++ {
		named(o)
	}
	for p := icpcode.PhoneNone; p.String() != "?"; p++ {
		named(p)
	}
	for e := icpcode.EndDeregistered; e.String() != "?"; e++ {
		named(e)
	}
}

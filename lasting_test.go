package icpcode_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/presets"
	"github.com/shopspring/decimal"
)

// Every decision survives JSON: read back it writes the same bytes, gives the
// same answers in both languages, and the set decides its case alike. The
// cases are random ones of all operations under all presets: a few thousand,
// or as many as ICPCODE_DECISIONS says (make decisions).
func TestDecisionsSurviveJSON(t *testing.T) {
	want := 4_000
	if s := os.Getenv("ICPCODE_DECISIONS"); s != "" {
		want = must[int](t)(strconv.Atoi(s))
	}
	var sets []*icpcode.RuleSet
	for _, name := range presets.Names() {
		book := must[*presets.Preset](t)(presets.Lookup(name)).Book
		for _, s := range book.Sets() {
			sets = append(sets, must[*icpcode.RuleSet](t)(book.At(s.Effective)))
		}
	}
	var digests []icpcode.Digest
	for _, s := range sets {
		digests = append(digests, s.Digest())
	}
	shapes := shapesOf(t, sets[0])
	var mu sync.Mutex
	total, refused := 0, 0
	seen, fields := map[icpcode.Operation]int{}, map[string]bool{}
	workers := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			g := &caseGen{Rand: rand.New(rand.NewPCG(1, uint64(worker))), digests: digests}
			mine, said, no := map[icpcode.Operation]int{}, map[string]bool{}, 0
			for n := worker; n < want && !t.Failed(); n += workers {
				set := sets[n%len(sets)]
				c := g.aCase(shapes[n/len(sets)%len(shapes)], set)
				d, err := set.Decide(c)
				if err != nil {
					t.Errorf("a case cannot be: %v\n%+v", err, c)
					continue
				}
				if p := survives(set, &d); p != "" {
					t.Error(p)
				}
				mine[c.Operation]++
				if n < fieldsSeen {
					stated(said, "Case", reflect.ValueOf(c))
				}
				if d.Refused() {
					no++
				}
			}
			mu.Lock()
			defer mu.Unlock()
			refused += no
			maps.Copy(fields, said)
			for o, n := range mine {
				seen[o] += n
				total += n
			}
		})
	}
	all.Wait()
	t.Logf("%d decisions, %d of them refusals, were written, read back and decided again: %v", total, refused, seen)
	if total < want || refused < want/4 || refused > want*9/10 {
		t.Errorf("that is not %d decisions, both refusals and others", want)
	}
	for o := icpcode.OperationIssue; o.String() != "?"; o++ {
		if seen[o] < total/len(shapes)/2 {
			t.Errorf("of %v it was %d decisions", o, seen[o])
		}
	}
	for _, f := range roomsOf("Case", reflect.TypeFor[icpcode.Case]()) {
		no := strings.HasSuffix(f.path, ".Owner") || f.path == "Case.Code.Instance" // which no case has
		if !holds(f.of) && !no && !fields[f.path] {
			t.Errorf("no case of %d had %s", min(want, fieldsSeen), f.path)
		}
	}
}

// fieldsSeen is how many of the cases are looked at for what they have.
const fieldsSeen = 4_000

// holds reports whether a type is looked into: a struct of this library's.
func holds(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() == reflect.TypeFor[icpcode.Case]().PkgPath()
}

// stated adds the paths of what v has that is not zero.
func stated(seen map[string]bool, path string, v reflect.Value) {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		stated(seen, path, v.Elem())
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			stated(seen, path, v.Index(i))
		}
	case holds(v.Type()):
		for i := range v.NumField() {
			stated(seen, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case !v.IsZero():
		seen[path] = true
	}
}

// survives says what a decision loses in JSON, or "".
func survives(set *icpcode.RuleSet, d *icpcode.Decision) string {
	// The methods, since package json checks and compacts what they return
	// once more: that is a quarter of the time.
	first, err := d.MarshalJSON()
	var back icpcode.Decision
	if err == nil {
		err = back.UnmarshalJSON(first)
	}
	if err != nil {
		return fmt.Sprintf("a decision is not written or not read back: %v\n%s", err, first)
	}
	if second, err := back.MarshalJSON(); err != nil || !bytes.Equal(first, second) {
		return fmt.Sprintf("a decision is written, read and written as another: %v\n%s\n%s", err, first, second)
	}
	again, err := set.Decide(back.Case)
	if err != nil || again.Verdict != d.Verdict || again.Quota != d.Quota {
		return fmt.Sprintf("a decision that was read back is decided otherwise: %v %+v\n%s", err, again.Verdict, first)
	}
	for _, l := range [...]icpcode.Lang{icpcode.English, icpcode.Chinese} {
		answers := slices.Collect(d.Answers(l))
		if !sameReasons(answers, slices.Collect(back.Answers(l))) || !sameReasons(refusing(d, answers, l), slices.Collect(back.Reasons(l))) {
			return fmt.Sprintf("a decision that was read back says something else:\n%s", first)
		}
	}
	return ""
}

// refusing returns the reasons of a decision, which are those of its answers
// that did not pass: but in a grant, where a rule can pass for one code and
// fail for another.
func refusing(d *icpcode.Decision, answers []icpcode.Reason, l icpcode.Lang) []icpcode.Reason {
	if d.Case.Operation == icpcode.OperationGrant {
		return slices.Collect(d.Reasons(l))
	}
	return slices.DeleteFunc(answers, func(r icpcode.Reason) bool {
		return r.Outcome == icpcode.OutcomePassed || r.Outcome == icpcode.OutcomeAssumed
	})
}

func sameReasons(a, b []icpcode.Reason) bool {
	return slices.EqualFunc(a, b, func(a, b icpcode.Reason) bool {
		return a.Rule == b.Rule && a.Outcome == b.Outcome && a.Position == b.Position && a.Required == b.Required && a.Found == b.Found &&
			a.Remedy == b.Remedy && slices.Equal(a.Facts, b.Facts) && slices.Equal(a.Citations, b.Citations)
	})
}

// A loss is seen: of a word, of a fact, and of an answer under another set.
func TestLossesAreSeen(t *testing.T) {
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(at(2026, 6, 1, 0, 0, 0)))
	d := set.Check(icpcode.IssueRequest{Actor: "1001", Quantity: 1, Instance: icpcode.Instance{Owner: "1001", Product: icpcode.ECS}}, 4, at(2026, 6, 1, 0, 0, 0))
	if p := survives(set, &d); p != "" {
		t.Fatal(p)
	}
	for what, harm := range map[string]func(*icpcode.Decision){
		"its quota":   func(d *icpcode.Decision) { d.Quota.Used++ },
		"its case":    func(d *icpcode.Decision) { d.Case.Quantity = 2 },
		"a fact":      func(d *icpcode.Decision) { d.Case.Instance.Product = "" },
		"its answers": func(d *icpcode.Decision) { d.Fail |= icpcode.MakeRuleIDs(icpcode.ELGOwner); d.Pass &^= d.Fail },
	} {
		harmed := d
		harm(&harmed)
		if survives(set, &harmed) == "" {
			t.Errorf("a decision that lost %s passes", what)
		}
	}
	if older := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(at(2023, 6, 1, 0, 0, 0))); survives(older, &d) == "" {
		t.Error("another set decides it alike")
	}
}

// shape says what the cases of an operation have.
type shape struct {
	operation                  icpcode.Operation
	code, filing, grant, codes bool
}

// shapesOf finds the shapes of all operations: those that are decided.
func shapesOf(t testing.TB, set *icpcode.RuleSet) []shape {
	g := &caseGen{Rand: rand.New(rand.NewPCG(1, 1)), digests: []icpcode.Digest{set.Digest()}}
	var shapes []shape
	for o := icpcode.OperationIssue; o.String() != "?"; o++ {
		for bits := range 16 {
			s := shape{o, bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0}
			if s.codes && !s.grant {
				continue
			}
			fits := true
			for range 20 { // some of which have a filing
				_, err := set.Decide(g.aCase(s, set))
				fits = fits && err == nil
			}
			if fits {
				shapes = append(shapes, s)
			}
		}
	}
	return shapes
}

// caseGen makes random cases, most of whose facts pass.
type caseGen struct {
	*rand.Rand
	digests []icpcode.Digest // of all sets
}

// rarely is true one time in n.
func (g *caseGen) rarely(n int) bool { return g.IntN(n) == 0 }

func (g *caseGen) aCase(s shape, set *icpcode.RuleSet) icpcode.Case {
	c := icpcode.Case{
		Operation: s.operation, At: set.Effective.Add(time.Duration(g.IntN(1_000_000_000)) * 37 * time.Millisecond), Operator: g.rarely(3), ForAnother: !g.rarely(3),
		Certification: icpcode.Certification(g.IntN(5)), Bought: icpcode.Relation(g.IntN(5)), Quantity: g.IntN(22) - 1,
		IssuedInstance: g.IntN(7) - 1, IssuedAccount: g.IntN(7) - 1,
	}
	if g.rarely(2) {
		c.Bought, c.Certification = icpcode.RelationAsker+icpcode.Relation(2*g.IntN(2)), icpcode.Enterprise
	}
	if g.rarely(4) {
		c.Assume = icpcode.MakeRuleIDs(icpcode.ELGTerm, icpcode.ELGIPInUse, icpcode.GRTEnterprise, icpcode.ELGOwner)
	}
	if g.rarely(8) {
		c.Closed = icpcode.ActionCloseRefund + icpcode.Action(g.IntN(2))
	}
	if !g.rarely(8) {
		c.Instance = g.facts(set, c.At)
	}
	if s.code {
		c.Code = g.code(set, 0)
	}
	if s.filing {
		c.Filing = icpcode.CaseFiling{Problem: icpcode.FilingProblem(max(0, g.IntN(12)-6)), IPs: g.addresses()}
	}
	if s.grant {
		c.Grant = &icpcode.CaseGrant{Out: g.limit(set), In: g.limit(set), Acquainted: g.rarely(2), Phone: icpcode.Phone(g.IntN(5))}
	}
	if s.operation == icpcode.OperationCloseRefund || s.operation == icpcode.OperationCloseRelease {
		c.Resting = g.IntN(3)
	}
	if s.operation == icpcode.OperationEnd {
		c.End = &icpcode.CaseEnd{End: icpcode.EndDeregistered + icpcode.End(g.IntN(3))}
		if c.Operator = c.Operator || g.rarely(2); c.End.End == icpcode.EndMoved && c.Operator {
			other := g.other()
			c.End.Successor = &other
		}
		if g.rarely(4) {
			c.Code.State, c.Code.Last, c.Code.Ended, c.End.Again = icpcode.StateFiled, icpcode.ActionNone, c.End.End, true
		}
	}
	if s.operation == icpcode.OperationApprove {
		for range g.IntN(3) {
			c.Replaces = append(c.Replaces, g.other())
		}
	}
	if s.codes {
		for range g.IntN(3) {
			c.Grant.Instances = append(c.Grant.Instances, g.facts(set, c.At))
		}
		for range max(len(c.Grant.Instances), 1) + g.IntN(3) {
			c.Grant.Codes = append(c.Grant.Codes, g.code(set, len(c.Grant.Instances)))
		}
	}
	return c
}

// other is what is known of a code beside the one that it is about.
func (g *caseGen) other() icpcode.CaseOther {
	o := icpcode.CaseOther{State: icpcode.StateUnbound + icpcode.State(g.IntN(6)), SameService: !g.rarely(3)}
	if g.rarely(2) {
		o.State = icpcode.StateFiled
	}
	if o.State == icpcode.StateFiled && g.rarely(2) {
		o.Ended = icpcode.EndDeregistered + icpcode.End(g.IntN(3))
	}
	return o
}

func (g *caseGen) limit(set *icpcode.RuleSet) icpcode.CaseCap {
	if g.rarely(3) {
		return icpcode.CaseCap{Used: -1, Kept: icpcode.Tri(g.IntN(3)), Under: g.digests[g.IntN(len(g.digests))]}
	}
	return icpcode.CaseCap{Used: g.IntN(12), Partner: g.rarely(3)}
}

func (g *caseGen) code(set *icpcode.RuleSet, instances int) icpcode.CaseCode {
	c := icpcode.CaseCode{
		State: icpcode.StateUnbound + icpcode.State(g.IntN(6)), Origin: icpcode.Origin(g.IntN(4)), Product: g.product(set), Granted: g.rarely(2), Instance: g.IntN(instances + 1),
	}
	if g.rarely(2) {
		c.State = icpcode.StateAvailable
	}
	if c.State == icpcode.StateRefunded || c.State == icpcode.StateInvalid {
		c.Last = []icpcode.Action{
			icpcode.ActionNone, icpcode.ActionRefund, icpcode.ActionVoid, icpcode.ActionForfeit, icpcode.ActionCloseRefund, icpcode.ActionCloseRelease, icpcode.ActionImport,
		}[g.IntN(7)]
	}
	if c.State == icpcode.StateFiled && g.rarely(2) {
		c.Ended = icpcode.EndDeregistered + icpcode.End(g.IntN(3))
	}
	c.Asker = []icpcode.Role{0, icpcode.RoleOwner, icpcode.RoleOwner}[g.IntN(3)]
	if c.Granted && g.rarely(2) {
		c.Asker = icpcode.RoleGrantee
	}
	return c
}

func (g *caseGen) product(set *icpcode.RuleSet) icpcode.Product {
	if g.rarely(12) {
		return []icpcode.Product{"", "Other", "<\u2028&>"}[g.IntN(3)]
	}
	return set.Products[g.IntN(len(set.Products))].Product
}

func (g *caseGen) addresses() []netip.Addr {
	all := []netip.Addr{
		netip.MustParseAddr("47.96.1.180"), netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2400:3200::1"), netip.MustParseAddr("::ffff:47.96.1.181"),
	}
	return all[:g.IntN(len(all)+1)]
}

// facts are random ones, which pass the rules of the set more often than not.
func (g *caseGen) facts(set *icpcode.RuleSet, t time.Time) icpcode.Instance {
	i := icpcode.Instance{
		ID: "i-bp1", Product: g.product(set), Billing: icpcode.Subscription, Status: icpcode.StatusRunning, TermMonths: 12, FirstTermMonths: 12,
		Created: t.AddDate(0, -6, 0), Expires: t.AddDate(1, 0, g.IntN(30)), OrderAmount: decimal.New(int64(g.IntN(100_000)), -2),
		Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No, Downgraded: icpcode.No, IPs: g.addresses(),
	}
	if len(set.MainlandRegions) > 0 {
		i.Region = set.MainlandRegions[g.IntN(len(set.MainlandRegions))]
	}
	for range g.IntN(5) {
		switch g.IntN(18) {
		case 0:
			i.Billing = icpcode.Billing(g.IntN(3))
		case 1:
			i.Status = icpcode.Status(g.IntN(8))
		case 2:
			i.TermMonths = g.IntN(5)
		case 3:
			i.FirstTermMonths = g.IntN(5)
		case 4:
			i.Created = time.Time{}
		case 5:
			i.Expires = t.Add(time.Duration(g.IntN(200)-20) * 24 * time.Hour)
			i.AutoRenew = icpcode.Tri(g.IntN(3))
		case 6:
			i.Expires = time.Time{}
		case 7:
			i.OrderAmount = decimal.Decimal{}
		case 8:
			i.Trial = icpcode.Tri(g.IntN(3))
		case 9:
			i.PublicIP = icpcode.Tri(g.IntN(3))
		case 10:
			i.PartnerIP = true
		case 11:
			i.IPHeld = icpcode.Tri(g.IntN(3))
		case 12:
			i.Downgraded = icpcode.Tri(g.IntN(3))
		case 13:
			i.ContractQuota = g.IntN(30)
		case 14:
			i.Region = []string{"", "elsewhere", "区域<&>"}[g.IntN(3)]
		case 15:
			i.Provider = []string{"alibaba", "tencent", "云&<>"}[g.IntN(3)]
		case 16:
			i.Created = t.Add(-time.Duration(g.IntN(1_000_000_000)) * time.Microsecond)
		case 17:
			i.ID = []icpcode.InstanceID{"", "服务器\u2029<>&\"."}[g.IntN(2)]
		}
	}
	if len(set.OtherRegions) > 0 && g.rarely(12) {
		i.Region = set.OtherRegions[g.IntN(len(set.OtherRegions))]
	}
	return i
}

package icpcode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// smallSets returns two sets that NewRuleBook accepts.
func smallSets() []RuleSet {
	need := Requirements{Subscription: true, TermMonths: 3, RemainingDays: 90, Mainland: true, Running: true, Quota: 5}
	first := RuleSet{
		Version: "v1", Effective: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Provider: "cloud", Source: "a page", AsOf: "2020-01-01",
		Products:        []ProductRules{{ECS, need}, {NAT, need}},
		Base:            Requirements{Subscription: true, Running: true},
		MainlandRegions: []string{"east", "west"}, OtherRegions: []string{"island", "abroad"},
		Batch: 20, Account: AccountOthers,
		Grant: GrantRules{Allowed: true, MaxGrantees: 10, MaxGranters: NoLimit},
		Life:  LifeRules{ReleaseTo: StateInvalid},
	}
	second := *first.clone()
	second.Version, second.Effective = "v2", first.Effective.Add(time.Microsecond)
	return []RuleSet{first, second}
}

// ruleBookFaults spoil the second of smallSets, in the order in which
// NewRuleBook reads. All of them can be in one set.
var ruleBookFaults = []struct {
	path, problem string
	spoil         func(s *RuleSet)
}{

	{"version", "is empty", func(s *RuleSet) { s.Version = "" }},
	{"version", "is longer than 128 bytes", func(s *RuleSet) { s.Version = strings.Repeat("v", 129) }},
	{"version", "has a control character", func(s *RuleSet) { s.Version = "v\n2" }},
	{"version", "is not valid UTF-8", func(s *RuleSet) { s.Version = "v\xff" }},
	{"version", "has space around it", func(s *RuleSet) { s.Version = "v2 " }},
	{"version", "is that of another set", func(s *RuleSet) { s.Version = "v1" }},
	{"effective", "is missing", func(s *RuleSet) { s.Effective = time.Time{} }},
	{"effective", "is outside the years 2000 to 9998", func(s *RuleSet) { s.Effective = time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC) }},
	{"effective", "is outside the years 2000 to 9998", func(s *RuleSet) { s.Effective = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }},
	{"effective", "has a fraction of a microsecond", func(s *RuleSet) { s.Effective = s.Effective.Add(1) }},
	{"effective", "is not after that of the set before: the two overlap", func(s *RuleSet) { s.Effective = smallSets()[0].Effective }},
	{"effective", "is not after that of the set before: the two overlap", func(s *RuleSet) { s.Effective = smallSets()[0].Effective.Add(-time.Hour) }},
	{"provider", "is empty", func(s *RuleSet) { s.Provider = "" }},
	{"provider", "has a control character", func(s *RuleSet) { s.Provider = "\x7f" }},
	{"source", "has a control character", func(s *RuleSet) { s.Source = "a\tb" }},
	{"source", "is not valid UTF-8", func(s *RuleSet) { s.Source = "\xff" }},
	{"source", "is too long", func(s *RuleSet) { s.Source = strings.Repeat("s", 1025) }},
	{"as_of", "is not a date such as 2026-01-06", func(s *RuleSet) { s.AsOf = "2026-02-30" }},
	{"as_of", "is not a date such as 2026-01-06", func(s *RuleSet) { s.AsOf = "2026-1-6" }},
	{"as_of", "is not a date such as 2026-01-06", func(s *RuleSet) { s.AsOf = "2026-01-06 " }},
	{"products[0].product", "is empty", func(s *RuleSet) { s.Products[0].Product = "" }},
	{"products[0].product", "has space around it", func(s *RuleSet) { s.Products[0].Product = " ECS" }},
	{"products[0].term_months", "is below 0", func(s *RuleSet) { s.Products[0].TermMonths = -1 }},
	{"products[0].term_months", "is above 1200", func(s *RuleSet) { s.Products[0].TermMonths = 1201 }},
	{"products[0].term_months", "is set, but only a subscription has a term", func(s *RuleSet) {
		s.Products[0].Subscription = false
		s.Products[0].TermMonths = 1
	}},
	{"products[0].first_purchase_only", "is set, but no term is asked for", func(s *RuleSet) {
		s.Products[0].TermMonths = 0
		s.Products[0].FirstPurchaseOnly = true
	}},
	{"products[0].remaining_days", "is below 0", func(s *RuleSet) { s.Products[0].RemainingDays = -1 }},
	{"products[0].remaining_days", "is above 36500", func(s *RuleSet) { s.Products[0].RemainingDays = 36501 }},
	{"products[0].remaining_days", "is set, but only a subscription has a term", func(s *RuleSet) {
		s.Products[0].Subscription = false
		s.Products[0].TermMonths = 0
		s.Products[0].RemainingDays = 1
	}},
	{"products[0].mainland", "is set, but the set lists no mainland region", func(s *RuleSet) { s.MainlandRegions = nil }},
	{"products[0].stopped_passes", "is set, but no instance has to run", func(s *RuleSet) {
		s.Products[0].Running = false
		s.Products[0].StoppedPasses = true
	}},
	{"products[0].min_order", "is negative", func(s *RuleSet) { s.Products[0].MinOrder = decimal.New(-1, -2) }},
	{"products[0].min_order", "is not below 10^16", func(s *RuleSet) { s.Products[0].MinOrder = decimal.New(1, 16) }},
	{"products[0].min_order", "is not an amount of money", func(s *RuleSet) { s.Products[0].MinOrder = decimal.New(1, 1_000_000_000) }},
	{"products[0].quota", "is below 0", func(s *RuleSet) { s.Products[0].Quota = -1 }},
	{"products[0].quota", "is above 1000", func(s *RuleSet) { s.Products[0].Quota = 1001 }},
	{"products[0].per_account", "is set, but there is no quota", func(s *RuleSet) {
		s.Products[0].Quota = 0
		s.Products[0].PerAccount = true
	}},
	{"products[0].quota_unknown", "is set, but there is a quota", func(s *RuleSet) { s.Products[0].QuotaUnknown = true }},
	{"products[1].product", "is listed twice", func(s *RuleSet) { s.Products[1].Product = s.Products[0].Product }},
	{"products[1].quota", "is above 1000", func(s *RuleSet) { s.Products[1].Quota = 1001 }},
	{"base.term_months", "is above 1200", func(s *RuleSet) { s.Base.TermMonths = 1201 }},
	{"base.first_purchase_only", "is set, but no term is asked for", func(s *RuleSet) { s.Base.FirstPurchaseOnly = true }},
	{"base.quota", "is not 0, but a product that is not listed supplies no codes", func(s *RuleSet) { s.Base.Quota = 1 }},
	{"base.per_account", "is set, but there is no quota", func(s *RuleSet) { s.Base.PerAccount = true }},
	{"base.quota_unknown", "is set, but a product that is not listed supplies no codes", func(s *RuleSet) { s.Base.QuotaUnknown = true }},
	{"mainland_regions[0]", "is empty", func(s *RuleSet) { s.MainlandRegions = []string{"", "east"} }},
	{"mainland_regions[1]", "is listed twice", func(s *RuleSet) { s.MainlandRegions = []string{"east", "east"} }},
	{"other_regions[0]", "has a control character", func(s *RuleSet) { s.OtherRegions[0] = "is\x00land" }},
	{"other_regions[0]", "is a mainland region too", func(s *RuleSet) { s.OtherRegions[0] = "east"; s.MainlandRegions = []string{"east"} }},
	{"other_regions[1]", "is listed twice", func(s *RuleSet) { s.OtherRegions = []string{"island", "island"} }},
	{"batch_unknown", "is set, but there is a batch", func(s *RuleSet) { s.Batch, s.BatchUnknown = 20, true }},
	{"batch", "is below 1", func(s *RuleSet) { s.Batch = 0 }},
	{"batch", "is above 1000", func(s *RuleSet) { s.Batch = 1001 }},
	{"account", `is none of "", "others", "all"`, func(s *RuleSet) { s.Account = "Others" }},
	{"grant.enterprise", "is set, but no grant is allowed", func(s *RuleSet) { s.Grant = GrantRules{Enterprise: true, VerifyFirst: true} }},
	{"grant.max_grantees", "is below 1", func(s *RuleSet) { s.Grant.Allowed = true; s.Grant.MaxGrantees = 0 }},
	{"grant.max_grantees", "is below 1", func(s *RuleSet) { s.Grant.Allowed = true; s.Grant.MaxGrantees = -2 }},
	{"grant.max_grantees", "is above 1000", func(s *RuleSet) { s.Grant.Allowed = true; s.Grant.MaxGrantees = 1001 }},
	{"grant.max_grantees", "is set, but no grant is allowed", func(s *RuleSet) { s.Grant = GrantRules{MaxGrantees: NoLimit} }},
	{"grant.max_granters", "is below 1", func(s *RuleSet) { s.Grant = GrantRules{Allowed: true, MaxGrantees: 1} }},
	{"grant.max_granters", "is above 1000", func(s *RuleSet) { s.Grant = GrantRules{Allowed: true, MaxGrantees: 1000, MaxGranters: 1001} }},
	{"grant.max_granters", "is set, but no grant is allowed", func(s *RuleSet) { s.Grant = GrantRules{MaxGranters: 3} }},
	{"grant.verify_first", "is set, but no grant is allowed", func(s *RuleSet) { s.Grant = GrantRules{VerifyFirst: true} }},
	{"life.release_to", "is none of Available, Invalid", func(s *RuleSet) { s.Life.ReleaseTo = StateNone }},
	{"life.release_to", "is none of Available, Invalid", func(s *RuleSet) { s.Life.ReleaseTo = StateUnbound }},
	{"filing.refuse", "names a rule that no filing is judged by: ELG-PRODUCT, GRT-OUT", func(s *RuleSet) { s.Filing.Refuse = MakeRuleIDs(ELGProduct, GRTOut) }},
	{"filing.advise", "names a rule that no filing is judged by: ELG-QUOTA", func(s *RuleSet) { s.Filing.Advise = MakeRuleIDs(ELGQuota, ELGTerm) }},
	{"filing.advise", "names a rule that refuses: ELG-STATUS", func(s *RuleSet) {
		s.Filing = FilingRules{MakeRuleIDs(ELGStatus, ELGOwner), MakeRuleIDs(ELGStatus, ELGTerm)}
	}},
	{"risk.expiring_days", "is below 0", func(s *RuleSet) { s.Risk.ExpiringDays = -1 }},
	{"risk.expiring_days", "is above 36500", func(s *RuleSet) { s.Risk.ExpiringDays = 36501 }},
	{"risk.review_days", "is below 0", func(s *RuleSet) { s.Risk.ReviewDays = -1 }},
	{"risk.review_days", "is above 36500", func(s *RuleSet) { s.Risk.ReviewDays = 36501 }},
	{"assume", "names a rule that cannot be assumed: ELG-BATCH", func(s *RuleSet) { s.Assume = MakeRuleIDs(ELGBatch, ELGTerm) }},
	{"assume", "names a rule that cannot be assumed: GRT-OUT", func(s *RuleSet) { s.Assume = MakeRuleIDs(GRTOut) }},
	{"assume", "names a rule that cannot be assumed: " + Rule(63).String(), func(s *RuleSet) { s.Assume = 1 << 63 }}, // that no decision answers
}

func wantRuleBookError(t *testing.T, what string, err error, path, problem string) {
	t.Helper()
	var e *RuleBookError
	if !errors.As(err, &e) || !errors.Is(err, ErrRuleBook) {
		t.Errorf("%s: got %v, want a RuleBookError", what, err)
		return
	}
	if e.Path != path || e.Problem != problem {
		t.Errorf("%s: got %q %q, want %q %q", what, e.Path, e.Problem, path, problem)
	}
}

func TestNewRuleBookRefuses(t *testing.T) {
	if _, err := NewRuleBook(smallSets()...); err != nil {
		t.Fatal(err)
	}
	for _, f := range ruleBookFaults {
		sets := smallSets()
		f.spoil(&sets[1])
		b, err := NewRuleBook(sets...)
		wantRuleBookError(t, f.path, err, "sets[1]."+f.path, f.problem)
		if b != nil {
			t.Errorf("%s: got a book beside the error", f.path)
		}
	}
	_, err := NewRuleBook()
	wantRuleBookError(t, "no sets", err, "sets", "has no rule set")
	_, err = NewRuleBook(make([]RuleSet, 1001)...)
	wantRuleBookError(t, "1001 sets", err, "sets", "has more than 1000 elements")

	many := smallSets()
	for i := range 1001 {
		many[0].OtherRegions = append(many[0].OtherRegions, fmt.Sprint("r", i))
	}
	_, err = NewRuleBook(many...)
	wantRuleBookError(t, "1003 regions", err, "sets[0].other_regions", "has more than 1000 elements")
	many[0].MainlandRegions = many[0].OtherRegions
	_, err = NewRuleBook(many...)
	wantRuleBookError(t, "1003 regions", err, "sets[0].mainland_regions", "has more than 1000 elements")
	many[0].Products = make([]ProductRules, 1001)
	_, err = NewRuleBook(many...)
	wantRuleBookError(t, "1001 products", err, "sets[0].products", "has more than 1000 elements")
}

// TestNewRuleBookNamesTheFirstProblem puts every two faults into one set, and
// each into a set before that with the other.
func TestNewRuleBookNamesTheFirstProblem(t *testing.T) {
	pairs := 0
	for i, first := range ruleBookFaults {
		for _, second := range ruleBookFaults[i+1:] {
			sets := smallSets()
			second.spoil(&sets[1])
			first.spoil(&sets[1])
			_, err := NewRuleBook(sets...)
			var e *RuleBookError
			if !errors.As(err, &e) {
				t.Fatalf("%s and %s: got %v", first.path, second.path, err)
			}
			// The second may undo what makes the first wrong, but then it is
			// the first problem itself.
			if e.Path != "sets[1]."+first.path || e.Problem != first.problem {
				t.Errorf("%s (%s) and %s (%s): got %v", first.path, first.problem, second.path, second.problem, err)
			}
			pairs++
		}
		sets := smallSets()
		sets[1].Version = ""
		first.spoil(&sets[0])
		_, err := NewRuleBook(sets...)
		var e *RuleBookError
		if !errors.As(err, &e) {
			t.Fatalf("%s: got %v", first.path, err)
		}
		relative := strings.Contains(first.problem, "the two overlap") || strings.Contains(first.problem, "another set")
		if !relative && e.Path != "sets[0]."+first.path {
			t.Errorf("%s in the first set: got %v", first.path, err)
		}
	}
	if pairs < 2000 {
		t.Errorf("only %d pairs were tried", pairs)
	}
}

// TestNewRuleBookAccepts goes to the edge of every range.
func TestNewRuleBookAccepts(t *testing.T) {
	for name, change := range map[string]func(s *RuleSet){
		"longest version": func(s *RuleSet) { s.Version = strings.Repeat("v", 128) },
		"words":           func(s *RuleSet) { s.Version, s.Source = "规则 <2026>", "阿里云 \u2028"+strings.Repeat("s", 1000) },
		"last instant":    func(s *RuleSet) { s.Effective = time.Date(9998, 12, 31, 23, 59, 59, 999_999_000, time.UTC) },
		"no source":       func(s *RuleSet) { s.Source, s.AsOf = "", "" },
		"leap day":        func(s *RuleSet) { s.AsOf = "2024-02-29" },
		"no products":     func(s *RuleSet) { s.Products = nil },
		"no rule": func(s *RuleSet) {
			s.Products[0].Requirements, s.Products[1].Requirements, s.Base = Requirements{}, Requirements{}, Requirements{}
			s.MainlandRegions, s.OtherRegions = nil, nil
		},
		"most": func(s *RuleSet) {
			s.Products[0].Requirements = Requirements{
				Subscription: true, TermMonths: 1200, FirstPurchaseOnly: true, RemainingDays: 36500, Running: true, StoppedPasses: true,
				MinOrder: decimal.RequireFromString("9999999999999999.99"), Quota: 1000, PerAccount: true,
			}
			s.Batch, s.Account, s.Risk = 1000, AccountAll, RiskRules{36500, 36500}
			s.Grant = GrantRules{Allowed: true, Enterprise: true, MaxGrantees: 1000, MaxGranters: 1000, VerifyFirst: true}
		},
		"least": func(s *RuleSet) {
			s.Batch, s.Account, s.Life.ReleaseTo = 1, AccountAny, StateAvailable
			s.Grant = GrantRules{Allowed: true, MaxGrantees: 1, MaxGranters: 1}
		},
		"no limits":   func(s *RuleSet) { s.Grant = GrantRules{Allowed: true, MaxGrantees: NoLimit, MaxGranters: NoLimit} },
		"no grants":   func(s *RuleSet) { s.Grant = GrantRules{} },
		"assumed all": func(s *RuleSet) { s.Assume = Assumable },
		"many": func(s *RuleSet) {
			for i := range 998 {
				s.MainlandRegions = append(s.MainlandRegions, fmt.Sprint("m", i))
				s.OtherRegions = append(s.OtherRegions, fmt.Sprint("o", i))
				s.Products = append(s.Products, ProductRules{Product: Product(fmt.Sprint("p", i))})
			}
		},
	} {
		sets := smallSets()
		change(&sets[1])
		b, err := NewRuleBook(sets...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		roundTrip(t, b)
	}
	first := smallSets()[:1]
	first[0].Effective = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := NewRuleBook(first...); err != nil {
		t.Errorf("first instant: %v", err)
	}
}

// TestAssumable: a set may assume what a missing fact can leave unknown.
func TestAssumable(t *testing.T) {
	var ids []string
	for r := range Assumable.All() {
		ids = append(ids, r.String())
	}
	const want = "ELG-PRODUCT ELG-OWNER ELG-BILLING ELG-TERM ELG-REMAINING ELG-REGION ELG-PUBLICIP ELG-STATUS ELG-IPINUSE ELG-ACCOUNT GRT-ENTERPRISE"
	if got := strings.Join(ids, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// sameNumbers makes equal amounts of money equal values.
func sameNumbers(sets []RuleSet) []RuleSet {
	for i := range sets {
		same := func(q *Requirements) { q.MinOrder = decimal.RequireFromString(q.MinOrder.String()) }
		same(&sets[i].Base)
		for j := range sets[i].Products {
			same(&sets[i].Products[j].Requirements)
		}
	}
	return sets
}

func TestRuleBookErrorText(t *testing.T) {
	_, err := ParseRuleBook([]byte(strings.Replace(smallBook, `"quota":5`, `"quota":1001`, 1)))
	if got, want := err.Error(), "icpcode: invalid rule book: sets[0].products[0].quota: is above 1000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err = ParseRuleBook(nil)
	if got, want := err.Error(), "icpcode: invalid rule book: ends early"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if errors.Is(err, ErrInvalid) {
		t.Error("a RuleBookError matches ErrInvalid")
	}
}

// TestRuleBookDoesNotAlias changes what went into a book and what came out.
func TestRuleBookDoesNotAlias(t *testing.T) {
	sets := smallSets()
	sets[0].Products[0].PerAccount = true
	b, err := NewRuleBook(sets...)
	if err != nil {
		t.Fatal(err)
	}
	before, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, spoil := range [][]RuleSet{sets, b.Sets()} {
		spoil[0].Products[0].Quota = 999
		spoil[0].Products[0].Product = "other"
		spoil[0].MainlandRegions[0], spoil[0].OtherRegions[0] = "other", "east"
		spoil[1].Batch = 999
	}
	if after, err := json.Marshal(b); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the book changed: %s, %v", after, err)
	}
	check := func(s *RuleSet, region string) Tri {
		d := s.Check(IssueRequest{Instance: Instance{Product: ECS, Region: region}}, 0, s.Effective)
		return answer(&d, ELGRegion)
	}
	if got := check(b.sets[0], "east"); got != Yes {
		t.Errorf("east: got %v, want Yes", got)
	}
	// A changed copy is judged by what it says now.
	changed := b.Sets()
	changed[0].MainlandRegions, changed[0].OtherRegions = []string{"north"}, []string{"east"}
	for region, want := range map[string]Tri{"north": Yes, "east": No, "island": Unknown} {
		if got := check(&changed[0], region); got != want {
			t.Errorf("%s in the changed copy: got %v, want %v", region, got, want)
		}
	}
	if again, err := NewRuleBook(changed...); err != nil || check(again.sets[0], "north") != Yes || !again.countsPerAccount(ECS) {
		t.Errorf("a book of changed copies: %v", err)
	}
}

func TestRuleBookAt(t *testing.T) {
	b, err := NewRuleBook(smallSets()...)
	if err != nil {
		t.Fatal(err)
	}
	at := smallSets()[0].Effective
	for _, c := range []struct {
		t    time.Time
		want string
	}{{at.Add(-1), ""}, {at, "v1"}, {at.Add(999), "v1"}, {at.Add(1000), "v2"}, {maxInstant, "v2"}} {
		s, err := b.At(c.t)
		if c.want == "" {
			if !errors.Is(err, ErrNoRules) {
				t.Errorf("%v: got %v, want ErrNoRules", c.t, err)
			}
			continue
		}
		if err != nil || s.Version != c.want {
			t.Errorf("%v: got %v and %v, want %s", c.t, s, err, c.want)
		}
	}
	if _, err := new(RuleBook).At(at); !errors.Is(err, ErrNoRules) {
		t.Errorf("zero book: got %v, want ErrNoRules", err)
	}
	if new(RuleBook).countsPerAccount(ECS) || len(new(RuleBook).Sets()) != 0 {
		t.Error("the zero book has rules")
	}
}

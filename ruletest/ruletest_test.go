package ruletest

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/storetest"
	"github.com/shopspring/decimal"
)

// small is a book whose quotas and caps are so small that every sequence meets
// them, and whose sets differ in every policy.
func small(t *testing.T) *icpcode.RuleBook {
	t.Helper()
	data, err := os.ReadFile("testdata/small.json")
	if err != nil {
		t.Fatal(err)
	}
	book, err := icpcode.ParseRuleBook(data)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// TestNothingPlanted is what the planted bugs are worth: with nothing planted
// nothing is found, and everything was tried.
func TestNothingPlanted(t *testing.T) {
	for name, book := range map[string]*icpcode.RuleBook{"small": small(t), "Alibaba": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(book)
			if n, found := s.hunt(800); found != "" {
				t.Fatalf("check %d: %s", n, found)
			}
			for _, m := range s.missing() {
				t.Errorf("seen only %d times: %s", m.seen, m.what)
			}
			t.Logf("%v", s.seen)
		})
	}
}

// TestSharedStore does checks one after the other over one store.
func TestSharedStore(t *testing.T) {
	s := newSetup(small(t))
	s.share(memstore.New())
	if n, found := s.hunt(100); found != "" {
		t.Errorf("check %d: %s", n, found)
	}
	first, _ := s.newTag()
	if second, _ := s.newTag(); first == second {
		t.Errorf("two checks have the tag %q", first)
	}
}

// TestOddBooks: every book that can be made can be proven.
func TestOddBooks(t *testing.T) {
	least := func(version string, effective time.Time) icpcode.RuleSet {
		return icpcode.RuleSet{
			Version: version, Effective: effective, Provider: "p", Batch: 1, Life: icpcode.LifeRules{ReleaseTo: icpcode.StateInvalid},
		}
	}
	at := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	most := least("most", at(2020))
	strict := icpcode.Requirements{
		Subscription: true, TermMonths: 1200, FirstPurchaseOnly: true, RemainingDays: 36500, Mainland: true, PublicIP: true,
		Running: true, IPFree: true, MinOrder: decimal.New(1, 15), Quota: 1000, PerAccount: true,
	}
	most.Products = []icpcode.ProductRules{{Product: "Unlisted", Requirements: strict}, {Product: "Unlisted-", Requirements: strict}}
	most.MainlandRegions = []string{"r"}
	most.Batch, most.Account = 1000, icpcode.AccountAll
	most.Grant = icpcode.GrantRules{Allowed: true, Enterprise: true, MaxGrantees: 1000, MaxGranters: 1000, VerifyFirst: true}
	secret := least("secret", at(2020))
	secret.Products = []icpcode.ProductRules{
		{Product: "Known", Requirements: icpcode.Requirements{Quota: 2}}, {Product: "Secret", Requirements: icpcode.Requirements{QuotaUnknown: true}},
	}
	secret.Life.PaidUsesQuota = true
	for name, sets := range map[string][]icpcode.RuleSet{
		"no source gives quotas": {secret},
		"nothing is allowed":     {least("least", at(2020))},
		"since ever":             {least("first", at(2000)), most},
		"until ever":             {most, least("last", at(9998))},
		"two sets a tick apart":  {most, least("second", at(2020).Add(time.Microsecond))},
		"everything is asked":    {most},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			book, err := icpcode.NewRuleBook(sets...)
			if err != nil {
				t.Fatal(err)
			}
			s := newSetup(book)
			if n, found := s.hunt(60); found != "" {
				t.Errorf("check %d: %s", n, found)
			}
		})
	}
}

// TestMissing: what was not seen is missed, and only what the book makes
// possible.
func TestMissing(t *testing.T) {
	missed := func(book *icpcode.RuleBook) string {
		var all []string
		for _, m := range newSetup(book).missing() {
			all = append(all, m.what)
		}
		return strings.Join(all, "\n") + "\n"
	}
	all := missed(small(t))
	for _, what := range []string{"Grant done", "Issue refused", "refused by GRT-IN", "refused by FIL-FOREIGN", string(earlyGrant), string(answerWasLost), "Pick judged a second time", "a decision read back from JSON"} {
		if !strings.Contains(all, what+"\n") {
			t.Errorf("not missed: %s", what)
		}
	}
	book, err := icpcode.NewRuleBook(icpcode.RuleSet{
		Version: "least", Effective: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Provider: "p", Batch: 1,
		Life: icpcode.LifeRules{ReleaseTo: icpcode.StateAvailable},
	})
	if err != nil {
		t.Fatal(err)
	}
	all = missed(book)
	for _, what := range []string{"Grant done", "Issue done", "refused by ELG-TERM", "refused by GRT-FIRST", string(capReached)} {
		if strings.Contains(all, what+"\n") {
			t.Errorf("missed, though this book does not make it possible: %s", what)
		}
	}
}

// TestReport: a failure says what was done and what it should have done, and
// shows no whole code.
func TestReport(t *testing.T) {
	s := newSetup(small(t))
	s.between = func(_ *world, under icpcode.Store) icpcode.Store {
		return &broken{Store: under, put: alters(func(_ icpcode.Key, r *icpcode.Record) { r.Remark += "!" })}
	}
	_, found := s.hunt(10)
	for _, want := range []string{"CST: ", " by \"", "code#", "want"} {
		if !strings.Contains(found, want) {
			t.Errorf("%q is not in:\n%s", want, found)
		}
	}
	if strings.Contains(found, "00000000") {
		t.Errorf("it shows a whole code:\n%s", found)
	}
}

// TestLeastStore proves a book over a store that takes the least that one can:
// what does not fit is refused, and everything else goes on as ever.
func TestLeastStore(t *testing.T) {
	sets := icpcode.Alibaba().Sets()
	for i := range sets {
		sets[i].Batch = 30
		sets[i].Products = slices.Clone(sets[i].Products)
		for j := range sets[i].Products {
			sets[i].Products[j].Quota = 60
		}
	}
	book, err := icpcode.NewRuleBook(sets...)
	if err != nil {
		t.Fatal(err)
	}
	s := newSetup(book)
	s.newStore = func() icpcode.Store { return storetest.NewLeast(memstore.New()) }
	if n, found := s.hunt(100); found != "" {
		t.Errorf("check %d: %s", n, found)
	}
	if s.seen.tooLarge < 20 {
		t.Errorf("%d requests were too large for the store: nothing was proven", s.seen.tooLarge)
	}
}

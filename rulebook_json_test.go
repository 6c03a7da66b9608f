package icpcode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/icpcode/icpcode/internal/strictjson"
)

// roundTrip checks that the JSON form of b reads back as an equal book.
func roundTrip(t rapid.TB, b *RuleBook) {
	t.Helper()
	data, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseRuleBook(data)
	if err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	if got, want := sameNumbers(back.Sets()), sameNumbers(b.Sets()); !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v\nwant %+v", got, want)
	}
	if !reflect.DeepEqual(back.perAccount, b.perAccount) {
		t.Fatalf("got %v per account, want %v", back.perAccount, b.perAccount)
	}
	for i, s := range back.sets {
		if !reflect.DeepEqual(s.regions, b.sets[i].regions) {
			t.Fatalf("got regions %v, want %v", s.regions, b.sets[i].regions)
		}
	}
	if again, err := json.Marshal(back); err != nil || !bytes.Equal(data, again) {
		t.Fatalf("got %s and %v\nwant %s", again, err, data)
	}
}

// randomBook returns sets that NewRuleBook accepts, drawn with n, which
// returns a number below its argument.
func randomBook(n func(int) int) []RuleSet {
	flag := func() bool { return n(2) == 1 }
	text := func() string {
		const letters = `abz<>&"\/ 规备\u2028é😀`
		s := "x"
		for range n(12) {
			r := []rune(letters)
			s += string(r[n(len(r))])
		}
		return s + "x"
	}
	need := func(mainland bool) Requirements {
		q := Requirements{
			Subscription: flag(), Mainland: mainland && flag(), PublicIP: flag(), Running: flag(), IPFree: flag(),
			MinOrder: decimal.New(int64(n(1e9)), int32(n(6)-4)),
		}
		if q.Subscription {
			q.TermMonths, q.RemainingDays = n(1201), n(36501)
		}
		q.FirstPurchaseOnly = q.TermMonths > 0 && flag()
		q.StoppedPasses = q.Running && flag()
		return q
	}
	most := func() int {
		if flag() {
			return NoLimit
		}
		return 1 + n(1000)
	}
	sets := make([]RuleSet, 1+n(4))
	at := time.Date(2001+n(7000), 1, 1, 0, 0, n(86400), 0, time.FixedZone("", n(24)*3600))
	for i := range sets {
		at = at.Add(time.Duration(1+n(1e9)) * time.Duration(1+n(1e6)) * time.Microsecond).Truncate(time.Microsecond)
		s := RuleSet{
			Version: fmt.Sprint(text(), i), Effective: at, Provider: text(), Source: text(), Batch: 1 + n(1000),
			Account: []AccountRule{AccountAny, AccountOthers, AccountAll}[n(3)],
			Life:    LifeRules{[]State{StateAvailable, StateInvalid}[n(2)], flag(), flag(), flag()},
			Risk:    RiskRules{n(36501), n(36501)},
			Assume:  RuleIDs(n(1<<40)) & Assumable,
		}
		if flag() {
			s.AsOf = at.Format(time.DateOnly)
		}
		for j := range n(4) {
			s.MainlandRegions = append(s.MainlandRegions, fmt.Sprint(text(), 2*j))
		}
		for j := range n(4) {
			s.OtherRegions = append(s.OtherRegions, fmt.Sprint(text(), 2*j+1))
		}
		mainland := len(s.MainlandRegions) > 0
		s.Base = need(mainland)
		for j := range n(5) {
			q := need(mainland)
			q.Quota = n(1001)
			q.PerAccount = q.Quota > 0 && flag()
			s.Products = append(s.Products, ProductRules{Product(fmt.Sprint(text(), j)), q})
		}
		if flag() {
			s.Grant = GrantRules{true, flag(), most(), most(), flag()}
		}
		sets[i] = s
	}
	return sets
}

func TestRuleBookRoundTrip(t *testing.T) {
	roundTrip(t, Alibaba())
	rapid.Check(t, func(t *rapid.T) {
		b, err := NewRuleBook(randomBook(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") })...)
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, b)
	})
}

// smallBook is a whole book in JSON.
const smallBook = `{"sets":[{
	"version":"v1","effective":"2026-01-06T00:00:00+08:00","provider":"cloud","source":"a page","as_of":"2026-01-06",
	"products":[{"product":"ECS","subscription":true,"term_months":3,"remaining_days":90,"mainland":true,"public_ip":true,
		"running":true,"stopped_passes":true,"ip_free":true,"min_order":"99","quota":5,"per_account":true}],
	"base":{"running":true},
	"mainland_regions":["east"],"other_regions":[],
	"batch":20,"account":"others",
	"grant":{"allowed":true,"enterprise":true,"max_grantees":10,"max_granters":-1,"verify_first":true},
	"life":{"release_to":"Available","close_refunds_paid":true,"paid_uses_quota":false},
	"risk":{"expiring_days":30,"review_days":28},
	"assume":"ELG-TERM GRT-ENTERPRISE"
}]}`

func TestParseRuleBook(t *testing.T) {
	b, err := ParseRuleBook([]byte(smallBook))
	if err != nil {
		t.Fatal(err)
	}
	want := []RuleSet{{
		Version: "v1", Effective: time.Date(2026, 1, 6, 0, 0, 0, 0, shanghai), Provider: "cloud", Source: "a page", AsOf: "2026-01-06",
		Products: []ProductRules{{ECS, Requirements{
			Subscription: true, TermMonths: 3, RemainingDays: 90, Mainland: true, PublicIP: true, Running: true,
			StoppedPasses: true, IPFree: true, MinOrder: decimal.NewFromInt(99), Quota: 5, PerAccount: true,
		}}},
		Base:            Requirements{Running: true},
		MainlandRegions: []string{"east"}, OtherRegions: []string{},
		Batch: 20, Account: AccountOthers,
		Grant:  GrantRules{Allowed: true, Enterprise: true, MaxGrantees: 10, MaxGranters: NoLimit, VerifyFirst: true},
		Life:   LifeRules{ReleaseTo: StateAvailable, CloseRefundsPaid: true},
		Risk:   RiskRules{ExpiringDays: 30, ReviewDays: 28},
		Assume: MakeRuleIDs(ELGTerm, GRTEnterprise),
	}}
	if got := sameNumbers(b.Sets()); !reflect.DeepEqual(got, sameNumbers(want)) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if two, err := NewRuleBook(smallSets()...); err != nil || two.countsPerAccount(ECS) {
		t.Errorf("got %v and %v counted per account, want none", two, err)
	}
	if !b.countsPerAccount(ECS) || b.countsPerAccount(NAT) {
		t.Errorf("got %v counted per account, want ECS", b.perAccount)
	}

	// What is absent is zero and allows nothing.
	b, err = ParseRuleBook([]byte(`{"sets":[{"version":"v","effective":"2026-01-06T00:00:00Z","provider":"c","batch":1,"life":{"release_to":"Invalid"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := b.sets[0]
	if len(s.Products) != 0 || s.Grant != (GrantRules{}) || s.Filing != (FilingRules{}) || s.Assume != 0 {
		t.Errorf("got %+v, want nothing allowed", s)
	}
	d := s.Check(IssueRequest{Actor: "1", Quantity: 1, Instance: Instance{Owner: "1", Product: ECS}}, 0, s.Effective)
	if !d.Fail.Has(ELGProduct) {
		t.Errorf("an empty set passed an ECS: %+v", d)
	}
}

// TestParseRuleBookRefuses puts one fault into smallBook.
func TestParseRuleBookRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, path, problem string }{
		{`"quota":5`, `"quota":1001`, "sets[0].products[0].quota", "is above 1000"},
		{`"quota":5`, `"quota":"5"`, "sets[0].products[0].quota", "is a string, not an integer"},
		{`"quota":5`, `"quota":5.0`, "sets[0].products[0].quota", "is not an integer"},
		{`"quota":5`, `"quota":5e0`, "sets[0].products[0].quota", "is not an integer"},
		{`"quota":5`, `"quota":99999999999999999999`, "sets[0].products[0].quota", "is out of range"},
		{`"quota":5`, `"quota":null`, "sets[0].products[0].quota", "is null"},
		{`"quota":5`, `"quota":5,"quota":5`, "sets[0].products[0].quota", "is given twice"},
		{`"quota":5`, `"Quota":5`, "sets[0].products[0].Quota", "is not known, but spelt otherwise: quota"},
		{`"quota":5`, `"codes":5`, "sets[0].products[0].codes", "is not known"},
		{`"quota":5`, `"Requirements":{"quota":5}`, "sets[0].products[0].Requirements", "is not known"},
		{`"quota":5`, `"quota":[[[[[[5]]]]]]`, "sets[0].products[0].quota", "is an array, not an integer"},
		{`"subscription":true`, `"subscription":1`, "sets[0].products[0].subscription", "is a number, not true or false"},
		{`"subscription":true`, `"subscription":false`, "sets[0].products[0].term_months", "is set, but only a subscription has a term"},
		{`"min_order":"99"`, `"min_order":"ninety"`, "sets[0].products[0].min_order", "is not a valid decimal"},
		{`"min_order":"99"`, `"min_order":"-0.01"`, "sets[0].products[0].min_order", "is negative"},
		{`"min_order":"99"`, `"min_order":"1E33"`, "sets[0].products[0].min_order", "is not an amount of money"},
		{`"min_order":"99"`, `"min_order":"` + strings.Repeat("9", 1<<20) + `"`, "sets[0].products[0].min_order", "is too long"},
		{`"base":{"running":true}`, `"base":[]`, "sets[0].base", "is an array, not an object"},
		{`"base":{"running":true}`, `"base":{"quota":1}`, "sets[0].base.quota", "is not 0, but a product that is not listed supplies no codes"},
		{`"version":"v1"`, `"version":""`, "sets[0].version", "is empty"},
		{`"version":"v1",`, ``, "sets[0].version", "is empty"},
		{`"version":"v1"`, `"version":"v\u0000"`, "sets[0].version", "has a control character"},
		{`"version":"v1"`, `"version":"v\ud800"`, "sets[0].version", "is not valid UTF-8"},
		{`"version":"v1"`, "\"version\":\"v\xff\"", "sets[0].version", "is not valid UTF-8"},
		{`"provider":"cloud",`, ``, "sets[0].provider", "is empty"},
		{`"effective":"2026-01-06T00:00:00+08:00",`, ``, "sets[0].effective", "is missing"},
		{`"effective":"2026-01-06T00:00:00+08:00"`, `"effective":"2026-01-06"`, "sets[0].effective", "is not a time such as 2026-01-06T00:00:00+08:00"},
		{`"effective":"2026-01-06T00:00:00+08:00"`, `"effective":"2026-01-06T00:00:00.0000001+08:00"`, "sets[0].effective", "has a fraction of a microsecond"},
		{`"as_of":"2026-01-06"`, `"as_of":"6.1.2026"`, "sets[0].as_of", "is not a date such as 2026-01-06"},
		{`"mainland_regions":["east"]`, `"mainland_regions":["east",7]`, "sets[0].mainland_regions[1]", "is a number, not a string"},
		{`"mainland_regions":["east"]`, `"mainland_regions":null`, "sets[0].mainland_regions", "is null"},
		{`"other_regions":[]`, `"other_regions":["east"]`, "sets[0].other_regions[0]", "is a mainland region too"},
		{`"batch":20,`, ``, "sets[0].batch", "is below 1"},
		{`"account":"others"`, `"account":"nobody"`, "sets[0].account", `is none of "", "others", "all"`},
		{`"allowed":true,`, ``, "sets[0].grant.enterprise", "is set, but no grant is allowed"},
		{`"release_to":"Available"`, `"release_to":"Gone"`, "sets[0].life.release_to", "is not the name of a state"},
		{`"release_to":"Available"`, `"release_to":1`, "sets[0].life.release_to", "is a number, not a valid state"},
		{`"release_to":"Available",`, ``, "sets[0].life.release_to", "is none of Available, Invalid"},
		{`"assume":"ELG-TERM GRT-ENTERPRISE"`, `"assume":"ELG-TERM,ELG-OWNER"`, "sets[0].assume", "is not the ID of a rule"},
		{`"assume":"ELG-TERM GRT-ENTERPRISE"`, `"assume":16`, "sets[0].assume", "is a number, not valid rule IDs"},
		{`"assume":"ELG-TERM GRT-ENTERPRISE"`, `"assume":"COD-UNIQUE"`, "sets[0].assume", "has a rule that no decision answers: COD-UNIQUE"},
		{smallBook, smallBook + "{}", "", "has something after the document"},
		{smallBook, smallBook[:len(smallBook)-1], "", "ends early"},
		{smallBook, ``, "", "ends early"},
		{smallBook, `null`, "", "is null"},
		{smallBook, `[]`, "", "is an array, not an object"},
		{smallBook, `{}`, "sets", "has no rule set"},
		{smallBook, `{"sets":[]}`, "sets", "has no rule set"},
		{smallBook, `{"sets":{}}`, "sets", "is an object, not an array"},
		{smallBook, `{"sets":[null]}`, "sets[0]", "is null"},
		{smallBook, `{"sets":` + strings.Repeat("[", 1<<20), "sets[0]", "is an array, not an object"},
		{smallBook, `{"sets":[` + strings.Repeat("{},", 1<<20), "sets", "has more than 1000 elements"},
		{smallBook, smallBook + strings.Repeat(" ", 4<<20-len(smallBook)+1), "", "is larger than 4 MiB"},
	} {
		if strings.Count(smallBook, c.old) != 1 {
			t.Fatalf("smallBook has not one %s", c.old)
		}
		b, err := ParseRuleBook([]byte(strings.Replace(smallBook, c.old, c.new, 1)))
		wantRuleBookError(t, fmt.Sprintf("%.60s", c.new), err, c.path, c.problem)
		if b != nil {
			t.Errorf("%.60s: got a book beside the error", c.new)
		}
	}
	if _, err := ParseRuleBook([]byte(smallBook + strings.Repeat(" ", 4<<20-len(smallBook)))); err != nil {
		t.Errorf("4 MiB: %v", err)
	}
}

// TestRuleBookInOtherJSON reads and writes a book as part of other documents.
func TestRuleBookInOtherJSON(t *testing.T) {
	type config struct {
		Name  string    `json:"name"`
		Rules RuleBook  `json:"rules"`
		Old   *RuleBook `json:"old"`
	}
	text := `{"name":"n","rules":` + smallBook + `,"old":null}`
	var c config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	roundTrip(t, &c.Rules)
	if c.Old != nil {
		t.Errorf("got %v of null", c.Old)
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var again config
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	if got, want := sameNumbers(again.Rules.Sets()), sameNumbers(c.Rules.Sets()); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}

	before := c.Rules.Sets()
	err = json.Unmarshal([]byte(`{"rules":{"sets":[{"version":1}]}}`), &c)
	wantRuleBookError(t, "nested", err, "sets[0].version", "is a number, not a string")
	if !reflect.DeepEqual(c.Rules.Sets(), before) {
		t.Error("a book that could not be read changed the old one")
	}
	if data, err := json.Marshal(RuleBook{}); err != nil || string(data) != `{"sets":[]}` {
		t.Errorf("zero book: got %s and %v", data, err)
	}
}

// TestRuleBookTooLargeForJSON: what MarshalJSON writes can be read back.
func TestRuleBookTooLargeForJSON(t *testing.T) {
	sets := make([]RuleSet, 0, 40)
	for i := range cap(sets) {
		s := *smallSets()[0].clone()
		s.Version = fmt.Sprint("v", i)
		s.Effective = s.Effective.Add(time.Duration(i) * time.Hour)
		s.OtherRegions = nil
		for j := range strictjson.MaxElements {
			s.OtherRegions = append(s.OtherRegions, fmt.Sprintf("r%d%s", j, strings.Repeat("-", 120)))
		}
		sets = append(sets, s)
	}
	b, err := NewRuleBook(sets...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = json.Marshal(b)
	wantRuleBookError(t, "large", err, "", "is larger than 4 MiB")
}

// TestLargestRuleBook: a book of exactly 4 MiB of JSON is written and read
// back, and one byte more is not.
func TestLargestRuleBook(t *testing.T) {
	sets := make([]RuleSet, 0, 40)
	for i := range cap(sets) {
		s := *smallSets()[0].clone()
		s.Version, s.Effective = fmt.Sprint("v", i), s.Effective.Add(time.Duration(i)*time.Hour)
		s.Source, s.OtherRegions = "", nil
		sets = append(sets, s)
	}
	size := func() int {
		b, err := NewRuleBook(sets...)
		if err != nil {
			t.Fatal(err)
		}
		data, err := b.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		return len(data)
	}
	// Fill up with regions, then to the byte with text.
	const region = len(`"",`) + maxIDBytes
	for i := range (maxRuleBook - size()) / region {
		s := &sets[i%len(sets)]
		s.OtherRegions = append(s.OtherRegions, fmt.Sprintf("r%0*d", maxIDBytes-1, i))
	}
	for i, left := 0, maxRuleBook-size(); left > 0; i++ {
		n := min(left, maxSource)
		sets[i].Source = strings.Repeat("s", n)
		left -= n
	}
	b, err := NewRuleBook(sets...)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(b)
	if err != nil || len(data) != maxRuleBook {
		t.Fatalf("a book of %d bytes is written with %v", len(data), err)
	}
	if _, err := ParseRuleBook(data); err != nil {
		t.Errorf("it is not read back: %v", err)
	}
	sets[len(sets)-1].Source += "s"
	b, err = NewRuleBook(sets...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = json.Marshal(b)
	wantRuleBookError(t, "a byte more", err, "", "is larger than 4 MiB")
}

// FuzzParseRuleBook: no panic, every error has its type, and what is read can
// be written and read again.
func FuzzParseRuleBook(f *testing.F) {
	f.Add([]byte(smallBook))
	preset, err := json.Marshal(Alibaba())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(preset)
	f.Add([]byte(`{"sets":[{"version":"v","effective":"2026-01-06T00:00:00Z","provider":"c","batch":1,"life":{"release_to":"Invalid"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ParseRuleBook(data)
		if err != nil {
			var e *RuleBookError
			if !errors.As(err, &e) || e.Problem == "" {
				t.Fatalf("got %#v, want a RuleBookError", err)
			}
			return
		}
		roundTrip(t, b)
	})
}

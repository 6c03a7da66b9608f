package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/presets"
)

// everything is a set in which no field is zero but QuotaUnknown, so that each
// can change alone.
func everything() icpcode.RuleSet {
	q := icpcode.Requirements{
		Subscription: true, TermMonths: 3, FirstPurchaseOnly: true, RemainingDays: 90, Mainland: true, PublicIP: true,
		Running: true, StoppedPasses: true, IPFree: true, MinOrder: decimal.NewFromInt(99), Quota: 5, PerAccount: true,
	}
	base := q
	base.Quota, base.PerAccount = 0, false
	return icpcode.RuleSet{
		Version: "a", Effective: time.Date(2026, 1, 1, 0, 0, 0, 0, china), Provider: "p", Source: "s", AsOf: "2026-01-01",
		Products: []icpcode.ProductRules{{Product: "X", Requirements: q}}, Base: base,
		MainlandRegions: []string{"m"}, OtherRegions: []string{"o"}, Batch: 20, Account: icpcode.AccountOthers,
		Grant:  icpcode.GrantRules{Allowed: true, Enterprise: true, MaxGrantees: 10, MaxGranters: 3, VerifyFirst: true},
		Life:   icpcode.LifeRules{ReleaseTo: icpcode.StateAvailable, CloseRefundsPaid: true, PaidUsesQuota: true, SellsCodes: true},
		Filing: icpcode.FilingRules{Refuse: icpcode.MakeRuleIDs(icpcode.ELGStatus), Advise: icpcode.MakeRuleIDs(icpcode.ELGTerm)},
		Risk:   icpcode.RiskRules{ExpiringDays: 30, ReviewDays: 28},
		Assume: icpcode.MakeRuleIDs(icpcode.ELGTerm),
	}
}

// unsaid are fields of which nothing is said, and why.
var unsaid = map[string]string{
	"Base.Quota":        "a product that is not listed has none",
	"Base.PerAccount":   "a product that is not listed has no quota",
	"Base.QuotaUnknown": "a product that is not listed has no quota",
}

// TestEveryFieldIsCompared changes each field of a set in turn, found by
// reflection: the comparison has to tell of each, in both languages, and so a
// field that the library adds cannot be forgotten here.
func TestEveryFieldIsCompared(t *testing.T) {
	changed := 0
	var walk func(v reflect.Value, path string, at func(*icpcode.RuleSet) reflect.Value)
	check := func(path string, change func(*icpcode.RuleSet)) {
		changed++
		a, b := everything(), everything()
		change(&b)
		for _, lang := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
			told := len(speaker{lang}.compare(&a, &b)) > 0
			if why := unsaid[path]; told == (why != "") {
				t.Errorf("%s: told %v; %s", path, told, why)
			}
		}
	}
	walk = func(v reflect.Value, path string, at func(*icpcode.RuleSet) reflect.Value) {
		switch {
		case v.Type() == reflect.TypeFor[time.Time]():
			check(path, func(s *icpcode.RuleSet) { at(s).Set(reflect.ValueOf(time.Date(2027, 1, 1, 0, 0, 0, 0, china))) })
		case v.Type() == reflect.TypeFor[decimal.Decimal]():
			check(path, func(s *icpcode.RuleSet) { at(s).Set(reflect.ValueOf(decimal.NewFromInt(1))) })
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				f := v.Type().Field(i)
				if !f.IsExported() || f.Type.Kind() == reflect.Map {
					continue // what is cited is no difference in the rules
				}
				name := strings.TrimPrefix(path+"."+f.Name, ".")
				walk(v.Field(i), name, func(s *icpcode.RuleSet) reflect.Value { return at(s).Field(i) })
			}
		case v.Kind() == reflect.Slice:
			check(path, func(s *icpcode.RuleSet) { at(s).SetZero() })
			walk(v.Index(0), path+"[0]", func(s *icpcode.RuleSet) reflect.Value { return at(s).Index(0) })
		case v.Kind() == reflect.Bool:
			check(path, func(s *icpcode.RuleSet) { at(s).SetBool(!at(s).Bool()) })
		case v.Kind() == reflect.String:
			check(path, func(s *icpcode.RuleSet) { at(s).SetString("all") })
		case v.CanInt():
			check(path, func(s *icpcode.RuleSet) { at(s).SetInt(at(s).Int() + 1) })
		case v.CanUint():
			check(path, func(s *icpcode.RuleSet) { at(s).SetUint(at(s).Uint() << 1) })
		default:
			t.Errorf("%s: a %s, which this test does not know how to change", path, v.Type())
		}
	}
	set := everything()
	walk(reflect.ValueOf(set), "", func(s *icpcode.RuleSet) reflect.Value { return reflect.ValueOf(s).Elem() })
	if changed < 40 {
		t.Errorf("only %d fields were changed", changed)
	}
	for path := range unsaid {
		if _, err := fmt.Sscanf(path, "Base.%s", new(string)); err != nil {
			t.Error(err)
		}
	}
	same := everything()
	if list := (speaker{}).compare(&set, &same); len(list) != 0 {
		t.Errorf("equal sets differ in %v", list)
	}
}

// TestSettingsOfPresets: every preset can be told in both languages, and the
// two differ in nothing but the words.
func TestSettingsOfPresets(t *testing.T) {
	for _, name := range presets.Names() {
		p, err := presets.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range p.Book.Sets() {
			en, zh := speaker{icpcode.English}.settings(&set), speaker{icpcode.Chinese}.settings(&set)
			seen := make(map[string]bool)
			for i := range en {
				if en[i].rule != zh[i].rule || en[i].key() != zh[i].key() || en[i].free != zh[i].free {
					t.Errorf("%s: %v is %v", set.Version, en[i], zh[i])
				}
				if seen[en[i].key()] {
					t.Errorf("%s: %v is there twice", set.Version, en[i])
				}
				seen[en[i].key()] = true
				if !chinese(zh[i].text) || strings.Contains(en[i].text+zh[i].text, "%!") {
					t.Errorf("%s: %q, %q", set.Version, en[i].text, zh[i].text)
				}
			}
		}
	}
}

// TestDiffOfVersions: what two versions are may be said by name, by preset and
// by file.
func TestDiffOfVersions(t *testing.T) {
	set := everything()
	book, err := icpcode.NewRuleBook(set)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(book)
	if err != nil {
		t.Fatal(err)
	}
	own := file(t, "own.json", string(data))
	for _, test := range []struct {
		args     []string
		from, to string
		status   int
	}{
		{[]string{"alibaba-2018-09-27", "alibaba"}, "alibaba-2018-09-27", "alibaba-2026-01-06", exitYes},
		{[]string{"alibaba", "alibaba"}, "alibaba-2026-01-06", "alibaba-2026-01-06", exitYes},
		{[]string{"alibaba", "alibaba", "-at", "2025-01-01"}, "alibaba-2024-02-01", "alibaba-2024-02-01", exitYes},
		{[]string{"huawei", own}, "huawei-2026-05-19", "a", exitYes},
		{[]string{"a", "alibaba-2024-02-01", "-rules", own}, "a", "alibaba-2024-02-01", exitYes},
		{[]string{"alibaba"}, "", "", exitUsage},
		{[]string{"alibaba", "alibaba-1999"}, "", "", exitUsage},
		{[]string{"tencent", "alibaba", "-at", "2025-01-01"}, "", "", exitUsage}, // no rules of Tencent's then
	} {
		r := runIt(append([]string{"rules", "-diff", "-json"}, test.args...)...)
		if r.status != test.status {
			t.Errorf("%q: status %d, want %d: %s", test.args, r.status, test.status, r.errors)
		}
		if test.status != exitYes {
			continue
		}
		doc := decode[struct {
			From, To string
			Changes  []change
		}](t, r.out)
		if doc.From != test.from || doc.To != test.to || (test.from == test.to) != (len(doc.Changes) == 0) {
			t.Errorf("%q: from %s to %s, %d changes", test.args, doc.From, doc.To, len(doc.Changes))
		}
	}
}

// TestDiffOfServers: a server changes its verdict exactly where the two sets,
// asked by themselves, say so.
func TestDiffOfServers(t *testing.T) {
	versions := []string{"alibaba-2018-09-27", "alibaba-2024-02-01", "alibaba-2026-01-06"}
	verdicts := func(version string) map[string]string {
		p, err := presets.Lookup("alibaba")
		if err != nil {
			t.Fatal(err)
		}
		var only []icpcode.RuleSet
		for _, s := range p.Book.Sets() {
			if s.Version == version {
				only = append(only, s)
			}
		}
		book, err := icpcode.NewRuleBook(only...)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(book)
		if err != nil {
			t.Fatal(err)
		}
		r := runIt(append([]string{"precheck", "-json", "-rules", file(t, "one.json", string(data))}, tour...)...)
		doc := decode[struct {
			Servers []struct{ ID, Verdict string }
		}](t, r.out)
		m := make(map[string]string)
		for _, s := range doc.Servers {
			m[s.ID] = s.Verdict
		}
		return m
	}
	changed := 0
	for _, from := range versions {
		for _, to := range versions {
			a, b := verdicts(from), verdicts(to)
			r := runIt(append([]string{"rules", "-diff", "-json", from, to}, tour...)...)
			doc := decode[struct {
				Servers []struct{ ID, From, To string }
				Changed int
				Count   int `json:"server_count"`
			}](t, r.out)
			got := make(map[string]bool)
			for _, s := range doc.Servers {
				got[s.ID] = true
				if s.From != a[s.ID] || s.To != b[s.ID] {
					t.Errorf("%s: %s -> %s, asked by themselves %s -> %s", s.ID, s.From, s.To, a[s.ID], b[s.ID])
				}
			}
			for id := range a {
				if (a[id] != b[id]) != got[id] {
					t.Errorf("%s from %s to %s: %s -> %s, shown %v", id, from, to, a[id], b[id], got[id])
				}
			}
			if doc.Changed != len(doc.Servers) || doc.Count != len(a) || len(a) != 24 {
				t.Errorf("%s to %s: %d of %d", from, to, doc.Changed, doc.Count)
			}
			changed += doc.Changed
		}
	}
	if changed == 0 {
		t.Error("no verdict changes: this test sees nothing")
	}
}

package console

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// TestRules: the set in force is said in words with its documents, and what
// differs from the next.
func TestRules(t *testing.T) {
	s := newStand(t)
	s.get("/console/rules", "1001").shows(404)
	s.get("/console/rules", ops).shows(200, "alibaba-2026-01-06", "at least 90 full days left", "other products", "a review is taken to last up to", "at most 10 grantees", "[1]", `<li id="d1">`, "No later set")
	s.do("GET", "/console/rules", ops, "zh", nil).shows(200, "距到期不少于90天", "cn-hangzhou", "最多授权至10个不同的账号", "没有已知的下一版规则")

	today := s.now
	s.now = time.Date(2025, 12, 31, 0, 0, 0, 0, china)
	s.get("/console/rules", ops).shows(200, "alibaba-2024-02-01", "2026-01-06 00:00")
	s.now = today

	sets := icpcode.Alibaba().Sets()
	next := icpcode.Alibaba().Sets()[len(sets)-1]
	next.Version, next.Effective = "next", time.Date(2100, 1, 1, 0, 0, 0, 0, china)
	next.Products[0].RemainingDays = 30
	next.Grant.VerifyFirst = false
	next.Products = next.Products[:len(next.Products)-1]
	next.Cites, next.Documents = nil, nil
	book, err := icpcode.NewRuleBook(append(sets, next)...)
	if err != nil {
		t.Fatal(err)
	}
	s.o.RuleBook = book
	s.mount()
	s.get("/console/rules", ops).shows(200, "2100-01-01 00:00",
		"<del>at least 90 full days left</del> → <ins>at least 30 full days left</ins>",
		"<del>the first grant to an account verifies the phone</del> → <ins>no phone is verified</ins></li>")

	empty := &icpcode.RuleBook{}
	s.o.RuleBook = empty
	s.mount()
	if p := s.get("/console/rules", ops); p.status < 500 || len(s.failed) != 1 {
		t.Errorf("without rules it is answered %d, and the service told %v", p.status, s.failed)
	}
}

// TestRulesSayEverything changes each field of a rule set, and sees the page of
// the rules tell a difference.
func TestRulesSayEverything(t *testing.T) {
	full := func() *icpcode.RuleSet {
		s := icpcode.Alibaba().Sets()[len(icpcode.Alibaba().Sets())-1]
		for _, q := range []*icpcode.Requirements{&s.Base, &s.Products[0].Requirements} {
			*q = icpcode.Requirements{
				Subscription: true, TermMonths: 3, RemainingDays: 90, Mainland: true, PublicIP: true, Running: true, IPFree: true,
				MinOrder: decimal.New(1, 0), Quota: 5,
			}
		}
		s.Grant = icpcode.GrantRules{Allowed: true, Enterprise: true, MaxGrantees: 10, MaxGranters: 3, VerifyFirst: true}
		s.Life.SellsCodes = true
		return &s
	}
	// What the page shows otherwise, or what decides nothing.
	elsewhere := []string{
		"Version", "Effective", "Source", "AsOf", "Cites", "Documents", "Base.Quota", "Base.QuotaUnknown", "Base.PerAccount",
	}
	for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
		c := &call{lang: l}
		before := c.sayings(full())
		changed := 0
		var walk func(path string, at func(*icpcode.RuleSet) reflect.Value)
		walk = func(path string, at func(*icpcode.RuleSet) reflect.Value) {
			if slices.Contains(elsewhere, path) {
				return
			}
			s := full()
			v := at(s)
			switch {
			case path == "Products":
				walk("Products[0]", func(s *icpcode.RuleSet) reflect.Value { return at(s).Index(0) })
				return
			case v.Type() == reflect.TypeFor[decimal.Decimal]():
				v.Set(reflect.ValueOf(decimal.New(2, 0)))
			case v.Kind() == reflect.Struct:
				for i := range v.NumField() {
					f := v.Type().Field(i)
					if !f.IsExported() {
						continue
					}
					name := f.Name
					if path != "" && !f.Anonymous {
						name = path + "." + name
					} else if f.Anonymous {
						name = path
					}
					walk(name, func(s *icpcode.RuleSet) reflect.Value { return at(s).Field(i) })
				}
				return
			case v.Kind() == reflect.Bool:
				v.SetBool(!v.Bool())
			case v.CanInt():
				v.SetInt(v.Int() + 1)
			case v.CanUint():
				v.SetUint(v.Uint() ^ 1)
			case v.Kind() == reflect.String:
				v.SetString(v.String() + "x")
			default:
				v.Set(reflect.Append(v, reflect.ValueOf("xx-new-1")))
			}
			changed++
			if len(differences(before, c.sayings(s))) == 0 {
				t.Errorf("%v: another %s makes no difference", l, path)
			}
		}
		walk("", func(s *icpcode.RuleSet) reflect.Value { return reflect.ValueOf(s).Elem() })
		if changed < 30 {
			t.Errorf("%v: only %d fields were changed", l, changed)
		}
	}
}

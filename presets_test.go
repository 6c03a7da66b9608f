package icpcode

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// wantProduct is one row of the tables in the rules' sources.
type wantProduct struct {
	product   Product
	months    int
	first     bool // the first purchase alone counts
	days      int  // left, 0: no rule
	quota     int
	inAccount bool
	yuan      int64 // least order
}

type wantSet struct {
	version, from, asOf, source string
	products                    []wantProduct
	base                        wantProduct
	granting                    bool // under the rules of 2024
}

// wantAlibaba is transcribed by hand from the sources, apart from the data.
var wantAlibaba = []wantSet{
	{
		version: "alibaba-2018-09-27", from: "2018-09-27T00:00:00+08:00", asOf: "2019-09-17",
		source:   "Alibaba Cloud product table and FAQ, copy of 2019-09-17",
		products: wantTable, base: wantProduct{product: "OSS", months: 3},
	},
	{
		version: "alibaba-2024-02-01", from: "2024-01-31T16:00:00Z", asOf: "2024-02-01",
		source:   "Alibaba Cloud product table and FAQ, copy of 2019-09-17; Alibaba Cloud: applying for free filing service codes (text after 2024-02-01)",
		products: wantTable, base: wantProduct{product: "OSS", months: 3}, granting: true,
	},
	{
		version: "alibaba-2026-01-06", from: "2026-01-06T00:00:00+08:00", asOf: "2026-01-06",
		source: "Chengdu agency guide to Alibaba Cloud filing service codes, 2026-01-06; Alibaba Cloud: applying for free filing service codes (text after 2024-02-01)",
		products: []wantProduct{
			{product: "ECS", months: 3, days: 90, quota: 5},
			{product: "SWAS", months: 3, days: 90, quota: 5},
			{product: "ElasticWeb", months: 3, days: 90, quota: 5},
			{product: "NAT", months: 3, days: 90, quota: 5},
			{product: "SLB", months: 3, days: 90, quota: 5},
		},
		base: wantProduct{product: "OSS", months: 3, days: 90}, granting: true,
	},
}

var wantTable = []wantProduct{
	{product: "ECS", months: 3, quota: 5},
	{product: "WebHosting", months: 3, quota: 5},
	{product: "SWAS", months: 3, quota: 5},
	{product: "ElasticWeb", months: 6, quota: 5, inAccount: true},
	{product: "Marketplace", months: 12, first: true, quota: 1, yuan: 99},
	{product: "NAT", months: 1, quota: 2},
	{product: "NAT64", months: 1, quota: 2},
	{product: "ENS", months: 3, quota: 5},
}

const (
	wantMainland = `
		cn-beijing cn-chengdu cn-fuzhou cn-guangzhou cn-hangzhou cn-heyuan cn-huhehaote cn-nanjing cn-qingdao cn-shanghai
		cn-shenzhen cn-wuhan-lr cn-wulanchabu cn-zhangjiakou cn-zhengzhou-jva cn-zhongwei
		cn-beijing-finance-1 cn-hangzhou-finance cn-shanghai-finance-1 cn-shenzhen-finance-1 cn-north-2-gov-1
		cn-heyuan-acdr-1 cn-east-hangzhou-01`
	wantOther = `
		cn-hongkong ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-5
		ap-southeast-6 ap-southeast-7 ap-southeast-8 eu-central-1 eu-west-1 eu-west-2 me-central-1 me-east-1 na-south-1
		rus-west-1 sa-east-1 us-east-1 us-southeast-1 us-west-1`
)

// presetCheck asks a book questions and notes the wrong answers.
type presetCheck struct {
	problems []string
	where    string
}

func (c *presetCheck) expect(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		c.problems = append(c.problems, fmt.Sprintf("%s: %s: got %v, want %v", c.where, what, got, want))
	}
}

// checkPresets reports how b differs from the sources. What an instance must
// be it asks of RuleSet.Check, at the edge and one step beside it; the rest,
// which only the engine acts on, it reads.
func checkPresets(b *RuleBook) []string {
	c := &presetCheck{where: "book"}
	c.expect("sets", len(b.sets), len(wantAlibaba))
	for _, p := range []Product{ECS, SWAS, ElasticWeb, NAT, SLB, WebHosting, Marketplace, NAT64, ENS, "OSS"} {
		c.expect(string(p)+" counted per account", b.countsPerAccount(p), p == "ElasticWeb")
	}
	before := ""
	for i := range wantAlibaba {
		w := &wantAlibaba[i]
		from, err := time.Parse(time.RFC3339, w.from)
		c.where = w.version
		c.expect("effective", err, nil)
		if s, err := b.At(from.Add(-time.Microsecond)); err != nil {
			c.expect("set before", errors.Is(err, ErrNoRules) && before == "", true)
		} else {
			c.expect("set before", s.Version, before)
		}
		s, err := b.At(from)
		if err != nil {
			c.expect("set", err, nil)
			continue
		}
		c.set(s, w, from)
		before = w.version
	}
	return c.problems
}

func (c *presetCheck) set(s *RuleSet, w *wantSet, from time.Time) {
	c.expect("version", s.Version, w.version)
	c.expect("as of", s.AsOf, w.asOf)
	c.expect("source", s.Source, w.source)
	c.expect("assume", s.Assume.String(), "")
	c.expect("products", len(s.Products), len(w.products))
	for _, p := range w.products {
		c.where = w.version + " " + string(p.product)
		c.requirements(s, p, from, true)
	}
	c.where = w.version + " base"
	c.requirements(s, w.base, from, false)
	c.expect("quota", s.Base.Quota, 0)
	c.expect("quota unknown", s.Base.QuotaUnknown, false)
	c.expect("per account", s.Base.PerAccount, false)
	c.expect("least order", s.Base.MinOrder.String(), "0")
	c.where = w.version

	mainland, other := strings.Fields(wantMainland), strings.Fields(wantOther)
	c.expect("mainland regions", len(s.MainlandRegions), len(mainland))
	c.expect("other regions", len(s.OtherRegions), len(other))
	region := func(name string) Tri {
		d := s.Check(IssueRequest{Instance: Instance{Product: w.products[0].product, Region: name}}, 0, from)
		return answer(&d, ELGRegion)
	}
	for _, name := range mainland {
		c.expect(name, region(name), Yes)
	}
	for _, name := range other {
		c.expect(name, region(name), No)
	}
	for _, name := range []string{"", "cn-mars", "CN-HANGZHOU", "cn-hangzhou-d"} {
		c.expect("region "+name, region(name), Unknown)
	}

	batch := func(n int) Tri {
		d := s.Check(IssueRequest{Quantity: n}, 0, from)
		return answer(&d, ELGBatch)
	}
	c.expect("0 at once", batch(0), No)
	c.expect("1 at once", batch(1), Yes)
	c.expect("20 at once", batch(20), Yes)
	c.expect("21 at once", batch(21), No)

	account := func(to AccountID, of Certification) Tri {
		d := s.Check(IssueRequest{Actor: "1001", GrantTo: to, Certification: of}, 0, from)
		return answer(&d, ELGAccount)
	}
	others := map[Certification]Tri{CertificationUnknown: Yes, Personal: Yes, SelfEmployed: Yes, SoleTrader: Yes, Enterprise: Yes}
	if w.granting {
		others = map[Certification]Tri{CertificationUnknown: Unknown, Personal: No, SelfEmployed: No, SoleTrader: No, Enterprise: Yes}
	}
	for of, want := range others {
		c.expect(fmt.Sprint("for another account, certification ", of), account("2002", of), want)
		c.expect(fmt.Sprint("for oneself, certification ", of), account("", of), Yes)
	}

	c.expect("grants allowed", s.Grant.Allowed, true)
	c.expect("granter is an enterprise", s.Grant.Enterprise, w.granting)
	c.expect("first grant verified", s.Grant.VerifyFirst, w.granting)
	if w.granting {
		c.expect("grantees a year", s.Grant.MaxGrantees, 10)
		c.expect("granters a year", s.Grant.MaxGranters, 3)
	} else {
		c.expect("grantees a year", s.Grant.MaxGrantees, NoLimit)
		c.expect("granters a year", s.Grant.MaxGranters, NoLimit)
	}
	c.expect("released to", s.Life.ReleaseTo.Label(Chinese), "可使用")
	c.expect("codes are sold", s.Life.SellsCodes, w.granting)
	c.expect("close refunds", s.Life.CloseRefundsPaid, true)
	c.expect("paid uses quota", s.Life.PaidUsesQuota, false)
	refuse, advise := "", ""
	if w.version == "alibaba-2026-01-06" {
		refuse, advise = "ELG-OWNER, ELG-BILLING, ELG-REGION, ELG-PUBLICIP, ELG-STATUS", "ELG-TERM, ELG-REMAINING"
	}
	c.expect("a filing is refused by", s.Filing.Refuse.String(), refuse)
	c.expect("a filing is advised of", s.Filing.Advise.String(), advise)
	c.expect("expiring", s.Risk.ExpiringDays, 30)
	c.expect("review", s.Risk.ReviewDays, 36)
}

// requirements asks about an instance that is just good enough, then with one
// fact after the other a step worse.
func (c *presetCheck) requirements(s *RuleSet, w wantProduct, from time.Time, listed bool) {
	good := Instance{
		ID: "i-1", Owner: "1001", Product: w.product, Provider: "alibaba", Region: "cn-hangzhou",
		Billing: Subscription, Status: StatusRunning, TermMonths: w.months, FirstTermMonths: w.months,
		Expires: from.AddDate(0, 0, w.days).Add(time.Microsecond), Trial: No, PublicIP: Yes, IPHeld: No,
		OrderAmount: decimal.NewFromInt(w.yuan),
	}
	if w.days > 0 {
		good.Expires = from.Add(time.Duration(w.days) * 24 * time.Hour)
	}
	ask := func(what string, r Rule, want Tri, used int, worsen func(*Instance)) {
		i := good
		worsen(&i)
		d := s.Check(IssueRequest{
			Actor: "1001", Instance: i, Quantity: 1, Certification: Enterprise,
		}, used, from)
		c.expect(r.String()+" "+what, answer(&d, r), want)
	}
	nothing := func(*Instance) {}

	for r := ELGProduct; r <= ELGAccount; r++ {
		want := Yes
		if r == ELGProduct && !listed {
			want = No
		}
		ask("of a good one", r, want, max(0, w.quota-1), nothing)
	}
	ask("of its own cloud", FILForeign, Unknown, 0, nothing)
	ask("of another cloud", FILForeign, No, 0, func(i *Instance) { i.Provider = "tencent" })
	if listed {
		ask("used up", ELGQuota, No, w.quota, nothing)
		_, err := s.ServersFor(w.product, w.quota)
		c.expect("one server for the quota", err, nil)
		_, err = s.ServersFor(w.product, w.quota+1)
		c.expect("more servers refused", err != nil, w.inAccount)
		if w.yuan > 0 {
			ask("a cent less", ELGProduct, No, 0, func(i *Instance) { i.OrderAmount = decimal.New(w.yuan*100-1, -2) })
			ask("amount unknown", ELGProduct, Unknown, 0, func(i *Instance) { i.OrderAmount = decimal.Decimal{} })
		}
	}
	ask("pay as you go", ELGBilling, No, 0, func(i *Instance) { i.Billing = PayAsYouGo })
	ask("trial", ELGBilling, No, 0, func(i *Instance) { i.Trial = Yes })

	tooShort := No
	if w.months == 1 {
		tooShort = Unknown // no term is shorter than one month, and 0 is unknown
	}
	ask("a month less", ELGTerm, tooShort, 0, func(i *Instance) { i.TermMonths--; i.FirstTermMonths-- })
	want := Yes
	if w.first {
		want = No
	}
	ask("renewed", ELGTerm, want, 0, func(i *Instance) { i.TermMonths = 1200; i.FirstTermMonths = max(1, w.months-1) })
	want = Yes
	if w.first {
		want = Unknown
	}
	ask("first unknown", ELGTerm, want, 0, func(i *Instance) { i.FirstTermMonths = 0 })

	want = Yes
	if w.days > 0 {
		want = Unknown
	}
	ask("expiry unknown", ELGRemaining, want, 0, func(i *Instance) { i.Expires = time.Time{} })
	if w.days > 0 {
		ask("a microsecond less", ELGRemaining, No, 0, func(i *Instance) { i.Expires = i.Expires.Add(-time.Microsecond) })
	}
	ask("abroad", ELGRegion, No, 0, func(i *Instance) { i.Region = "cn-hongkong" })
	ask("none", ELGPublicIP, No, 0, func(i *Instance) { i.PublicIP = No })
	ask("stopped", ELGStatus, No, 0, func(i *Instance) { i.Status = StatusStopped })
	ask("locked", ELGStatus, No, 0, func(i *Instance) { i.Status = StatusLocked })
	ask("held", ELGIPInUse, No, 0, func(i *Instance) { i.IPHeld = Yes })
}

// answer returns what d answers to r. A rule that was not asked is Unknown.
func answer(d *Decision, r Rule) Tri {
	if d.Fail.Has(r) {
		return No
	}
	if d.Pass.Has(r) {
		return Yes
	}
	return Unknown
}

func TestAlibaba(t *testing.T) {
	for _, p := range checkPresets(Alibaba()) {
		t.Error(p)
	}
}

// TestAlibabaIsValid checks that the preset, which is not validated when it is
// made, is what NewRuleBook would have made of it.
func TestAlibabaIsValid(t *testing.T) {
	b, err := NewRuleBook(alibabaSets()...)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(b, Alibaba()) {
		t.Error("Alibaba differs from the book that NewRuleBook makes of the same sets")
	}
}

func TestAlibabaIsFresh(t *testing.T) {
	for _, s := range Alibaba().sets {
		s.Batch, s.Products[0].Quota, s.MainlandRegions[0] = 1, 1, "spoilt"
		clear(s.regions)
	}
	for _, p := range checkPresets(Alibaba()) {
		t.Error("after another book was spoilt: ", p)
	}
}

// TestAlibabaBoundaries: a decision at an instant uses the set in force then.
func TestAlibabaBoundaries(t *testing.T) {
	b := Alibaba()
	shanghaiTime := func(y int, m time.Month, d int) time.Time {
		return time.Date(y, m, d, 0, 0, 0, 0, time.FixedZone("", 8*60*60))
	}
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Time{}, ""},
		{shanghaiTime(2018, 9, 27).Add(-time.Microsecond), ""},
		{shanghaiTime(2018, 9, 27), "alibaba-2018-09-27"},
		{shanghaiTime(2018, 9, 27).UTC(), "alibaba-2018-09-27"},
		{shanghaiTime(2019, 9, 17), "alibaba-2018-09-27"},
		{shanghaiTime(2024, 2, 1).Add(-time.Microsecond), "alibaba-2018-09-27"},
		{shanghaiTime(2024, 2, 1), "alibaba-2024-02-01"},
		{shanghaiTime(2026, 1, 6).Add(-time.Microsecond), "alibaba-2024-02-01"},
		{shanghaiTime(2026, 1, 6), "alibaba-2026-01-06"},
		{time.Date(2026, 1, 5, 16, 0, 0, 0, time.UTC), "alibaba-2026-01-06"},
		{shanghaiTime(9000, 1, 1), "alibaba-2026-01-06"},
	} {
		s, err := b.At(c.at)
		if c.want == "" {
			if !errors.Is(err, ErrNoRules) || s != nil {
				t.Errorf("%v: got %v and %v, want ErrNoRules", c.at, s, err)
			}
			continue
		}
		if err != nil || s.Version != c.want {
			t.Errorf("%v: got %v and %v, want %s", c.at, s, err, c.want)
			continue
		}
		d := s.Check(IssueRequest{}, 0, c.at)
		if d.RuleSetVersion() != c.want {
			t.Errorf("%v: decided under %s, want %s", c.at, d.RuleSetVersion(), c.want)
		}
	}
}

// TestAlibabaPersonalGrant tells what the three sets are for: the same
// request has a different answer on each date.
func TestAlibabaPersonalGrant(t *testing.T) {
	b := Alibaba()
	for _, c := range []struct {
		at   time.Time
		fail RuleIDs
	}{
		{time.Date(2024, 1, 31, 15, 59, 59, 999999000, time.UTC), 0},
		{time.Date(2024, 1, 31, 16, 0, 0, 0, time.UTC), MakeRuleIDs(ELGAccount)},
		{time.Date(2026, 1, 5, 16, 0, 0, 0, time.UTC), MakeRuleIDs(ELGAccount, ELGRemaining)},
	} {
		s, err := b.At(c.at)
		if err != nil {
			t.Fatal(err)
		}
		d := s.Check(IssueRequest{
			Actor: "1001", GrantTo: "2002", Certification: Personal, Quantity: 1,
			Instance: Instance{
				ID: "i-1", Owner: "1001", Product: ECS, Region: "cn-hangzhou", Billing: Subscription, Status: StatusRunning,
				TermMonths: 3, Expires: c.at.Add(90*24*time.Hour - time.Microsecond), Trial: No, PublicIP: Yes, IPHeld: No,
			},
		}, 0, c.at)
		if d.Fail != c.fail || d.Unknown != 0 {
			t.Errorf("%v: failed %v, unknown %v; want failed %v", c.at, d.Fail, d.Unknown, c.fail)
		}
	}
}

// flip is one change to the data: what is at path becomes something else.
type flip struct {
	path  string
	apply func(sets reflect.Value)
}

// flipsOf lists the changes to v, which is at path, and which at finds in
// another copy of the sets.
func flipsOf(v reflect.Value, path string, at func(sets reflect.Value) reflect.Value) []flip {
	var flips []flip
	set := func(to any) {
		flips = append(flips, flip{fmt.Sprintf("%s = %v", path, to), func(sets reflect.Value) {
			field := at(sets)
			field.Set(reflect.ValueOf(to).Convert(field.Type()))
		}})
	}
	switch x := v.Interface().(type) {
	case time.Time:
		set(x.Add(time.Microsecond))
		set(x.Add(-time.Microsecond))
		set(x.Add(24 * time.Hour))
		set(x.Add(-24 * time.Hour))
		return flips
	case decimal.Decimal:
		set(x.Add(decimal.New(1, -2)))
		set(x.Sub(decimal.New(1, -2)))
		return flips
	case RuleIDs:
		for r := range Assumable.All() {
			set(x ^ MakeRuleIDs(r))
		}
		return flips
	case State:
		for s := range State(numStates) {
			if s != x {
				set(s)
			}
		}
		return flips
	}
	switch v.Kind() {
	case reflect.Bool:
		set(!v.Bool())
	case reflect.Int:
		set(v.Int() + 1)
		set(v.Int() - 1)
	case reflect.String:
		set(v.String() + "x")
		if v.String() != "" {
			set("")
			set(v.String()[1:])
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || f.Type.Kind() == reflect.Map {
				continue // what is cited is flipped with every preset's values
			}
			flips = append(flips, flipsOf(v.Field(i), path+"."+f.Name, func(sets reflect.Value) reflect.Value {
				return at(sets).Field(i)
			})...)
		}
	case reflect.Slice:
		flips = append(flips,
			flip{path + " without any", func(sets reflect.Value) { at(sets).SetZero() }},
			flip{path + " with another", func(sets reflect.Value) {
				at(sets).Set(reflect.Append(at(sets), reflect.New(v.Type().Elem()).Elem()))
			}})
		for i := range v.Len() {
			name := fmt.Sprintf("%s[%d]", path, i)
			flips = append(flips, flip{name + " dropped", func(sets reflect.Value) {
				list := at(sets)
				list.Set(reflect.AppendSlice(list.Slice(0, i), list.Slice(i+1, list.Len())))
			}})
			flips = append(flips, flipsOf(v.Index(i), name, func(sets reflect.Value) reflect.Value {
				return at(sets).Index(i)
			})...)
		}
	default:
		panic("no flip for " + path)
	}
	return flips
}

// TestCheckPresetsSeesEveryFlip flips each number, flag, string, date and list
// of the preset in turn, and wants checkPresets to see it.
func TestCheckPresetsSeesEveryFlip(t *testing.T) {
	sets := Alibaba().Sets()
	flips := flipsOf(reflect.ValueOf(&sets).Elem(), "sets", func(sets reflect.Value) reflect.Value { return sets })
	for _, f := range flips {
		flipped := Alibaba().Sets()
		f.apply(reflect.ValueOf(&flipped).Elem())
		if len(checkPresets(compile(flipped))) == 0 {
			t.Errorf("%s: not seen", f.path)
		}
	}
	leaves := make(map[string]bool)
	for _, f := range flips {
		path, _, _ := strings.Cut(f.path, " ")
		leaves[path] = true
	}
	t.Logf("%d flips of %d values seen", len(flips), len(leaves))
	if len(flips) < 1000 || !slices.ContainsFunc(flips, func(f flip) bool { return f.path == "sets[2].Products[4].Requirements.RemainingDays = 91" }) {
		t.Errorf("only %d flips were made", len(flips))
	}
}

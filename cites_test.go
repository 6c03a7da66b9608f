package icpcode

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// unciteable are the fields of a set that name it, and those that cite.
var unciteable = []string{"version", "provider", "source", "as_of", "cites", "products", "base", "grant", "life", "filing", "risk"}

// TestEveryFieldCanBeCited holds the lists of fields against the types: a field
// that is forgotten could never say where it comes from.
func TestEveryFieldCanBeCited(t *testing.T) {
	var fields, known []string
	jsonFields("", reflect.TypeFor[RuleSet](), &fields)
	fields = slices.DeleteFunc(fields, func(f string) bool { return slices.Contains(unciteable, f) })
	for p := range (&RuleSet{}).paths() {
		var r Rule
		if strings.HasPrefix(p, base) || r.UnmarshalText([]byte(p)) == nil {
			continue
		}
		known = append(known, p)
	}
	slices.Sort(fields)
	slices.Sort(known)
	if !slices.Equal(fields, known) {
		t.Errorf("the fields are\n%q\nand what can be cited\n%q", fields, known)
	}
}

// TestEveryFieldIsARules: each field that can be cited stands behind a rule, so
// that its document is shown.
func TestEveryFieldIsARules(t *testing.T) {
	used := map[string]bool{"effective": true, "assume": true} // of the whole set
	s := &RuleSet{}
	for r, fields := range ruleFields {
		for _, f := range fields {
			path := f
			if word, ok := strings.CutPrefix(f, "."); ok {
				path = everyProduct + word
			}
			if !s.paths()[path] {
				t.Errorf("%v: there is no field %s", Rule(r), f)
			}
			used[path] = true
		}
	}
	for p := range s.paths() {
		var r Rule
		if !strings.HasPrefix(p, base) && r.UnmarshalText([]byte(p)) != nil && !used[p] {
			t.Errorf("no rule rests on %s", p)
		}
	}
}

// citing returns sets that cite two documents and an inference.
func citing() []RuleSet {
	sets := smallSets()
	for i := range sets {
		sets[i].Cites = map[string][]string{
			"products[].quota": {"page"}, "products[NAT].quota": {"table", "page"}, "base.running": {"guess"}, "batch": {"guess"},
			"products[].product": {"page"}, "ELG-OWNER": {"table"},
		}
		sets[i].Documents = map[string]Citation{
			"page":  {Publisher: Bilingual{English: "Cloud"}, Title: "页面", Date: "2020-01-01", Address: "https://cloud.example/a", Official: true},
			"table": {Title: "table", Date: "2019-09-17", Dating: DatedRead},
			"guess": {Note: Bilingual{English: "why"}},
		}
	}
	return sets
}

func TestCitations(t *testing.T) {
	b := made(NewRuleBook(citing()...))(t)
	s := b.sets[0]
	page, table, guess := s.Documents["page"], s.Documents["table"], s.Documents["guess"]
	for _, c := range []struct {
		rule    Rule
		product Product
		want    []Citation
	}{
		{ELGQuota, ECS, []Citation{page}},
		{ELGQuota, NAT, []Citation{table, page}}, // one product before all of them
		{ELGQuota, "OSS", nil},                   // it is not listed: base has no quota to cite
		{ELGProduct, "OSS", []Citation{page}},    // the document of the list
		{ELGStatus, "OSS", []Citation{guess}},    // what is not listed is judged by base
		{ELGStatus, ECS, nil},                    // nothing is cited
		{ELGBatch, ECS, []Citation{guess}},       // of the set
		{ELGOwner, ECS, []Citation{table}},       // of a rule that no field is about
		{CODUnique, ECS, nil}, {0, ECS, nil}, {255, ECS, nil},
	} {
		if got := s.Citations(c.rule, c.product); !slices.Equal(got, c.want) {
			t.Errorf("%v of %s: %v, want %v", c.rule, c.product, got, c.want)
		}
	}
	if got := s.Cited("products[NAT].quota"); !slices.Equal(got, []Citation{table, page}) {
		t.Errorf("NAT's quota is cited by %v", got)
	}
	if got := s.Cited("grant.allowed"); got != nil {
		t.Errorf("grants are cited by %v", got)
	}
	want := []string{
		"products[ECS].subscription", "products[ECS].term_months", "products[ECS].remaining_days", "products[ECS].mainland", "products[ECS].running",
		"products[NAT].subscription", "products[NAT].term_months", "products[NAT].remaining_days", "products[NAT].mainland", "products[NAT].running",
		"base.subscription", "effective", "mainland_regions", "other_regions", "account", "grant.allowed", "grant.max_grantees", "grant.max_granters",
		"life.release_to", "life.close_refunds_paid", "life.paid_uses_quota", "life.sells_codes",
	}
	if got := s.Uncited(); !slices.Equal(got, want) {
		t.Errorf("uncited are\n%q, want\n%q", got, want)
	}
}

// TestCitationsOfASource: a set that cites nothing shows its source for its own
// numbers, and nothing for rules that are the library's.
func TestCitationsOfASource(t *testing.T) {
	s := &smallSets()[0]
	want := []Citation{{Title: "a page", Date: "2020-01-01"}}
	if got := s.Citations(ELGTerm, ECS); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := s.Citations(LIFSubmit, ECS); got != nil {
		t.Errorf("a rule that no field is about: %v", got)
	}
	s.Source = ""
	if got := s.Citations(ELGTerm, ECS); got != nil {
		t.Errorf("without a source: %v", got)
	}
}

func made[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestCitesRefused: what is cited is read strictly, and the error says where.
func TestCitesRefused(t *testing.T) {
	document := func(change func(d *Citation)) func(*RuleSet) {
		return func(s *RuleSet) {
			d := s.Documents["page"]
			change(&d)
			s.Documents["page"] = d
		}
	}
	long := strings.Repeat("x", maxCitation+1)
	for _, c := range []struct {
		path, problem string
		spoil         func(s *RuleSet)
	}{
		{`sets[1].cites["products[].quotas"]`, "names no field and no rule", func(s *RuleSet) { s.Cites["products[].quotas"] = []string{"page"} }},
		{`sets[1].cites["products[OSS].quota"]`, "names no field and no rule", func(s *RuleSet) { s.Cites["products[OSS].quota"] = []string{"page"} }},
		{"sets[1].cites.version", "names no field and no rule", func(s *RuleSet) { s.Cites["version"] = []string{"page"} }},
		{"sets[1].cites.ELG-OWNERS", "names no field and no rule", func(s *RuleSet) { s.Cites["ELG-OWNERS"] = []string{"page"} }},
		{"sets[1].cites.batch", "is empty", func(s *RuleSet) { s.Cites["batch"] = nil }},
		{"sets[1].cites.batch", "has more than 20 elements", func(s *RuleSet) { s.Cites["batch"] = make([]string, 21) }},
		{"sets[1].cites.batch[1]", "names no document of the book", func(s *RuleSet) { s.Cites["batch"] = []string{"page", "pages"} }},
		{"sets[1].cites.batch[1]", "is listed twice", func(s *RuleSet) { s.Cites["batch"] = []string{"page", "page"} }},
		{"documents.other", "is cited by no field of the set", func(s *RuleSet) { s.Documents["other"] = s.Documents["page"] }},
		{"documents.page", "differs from that of another set", document(func(d *Citation) { d.Title = "other" })},
		{`documents[" "]`, "has space around it", func(s *RuleSet) {
			s.Documents[" "], s.Cites["batch"] = s.Documents["page"], []string{" ", "guess"}
		}},
	} {
		sets := citing()
		c.spoil(&sets[1])
		wantBookError(t, sets, c.path, c.problem)
	}
	for _, c := range []struct {
		field, problem string
		change         func(d *Citation)
	}{
		{"publisher.en", "has a control character", func(d *Citation) { d.Publisher.English = "a\nb" }},
		{"publisher.zh", "is too long", func(d *Citation) { d.Publisher.Chinese = long }},
		{"title", "is not valid UTF-8", func(d *Citation) { d.Title = "\xff" }},
		{"title", "is missing", func(d *Citation) { d.Title = "" }},
		{"dating", `is none of "", "after", "read"`, func(d *Citation) { d.Dating = "before" }},
		{"date", "is missing", func(d *Citation) { d.Date, d.Dating = "", DatedAfter }},
		{"date", "is not a date such as 2026-01-06", func(d *Citation) { d.Date = "2026-02-30" }},
		{"address", "is too long", func(d *Citation) { d.Address = "https://a.example/" + long }},
		{"address", "is not a web address that begins with https:// or http://", func(d *Citation) { d.Address = "cloud.example" }},
		{"address", "is not a web address that begins with https:// or http://", func(d *Citation) { d.Address = "ftp://cloud.example/a" }},
		{"address", "is not a web address that begins with https:// or http://", func(d *Citation) { d.Address = "https://cloud.example/a b" }},
		{"address", "is not a web address that begins with https:// or http://", func(d *Citation) { d.Address = "https:///a" }},
		{"note.en", "has a control character", func(d *Citation) { d.Note.English = "\x00" }},
		{"note.zh", "has a control character", func(d *Citation) { d.Note.Chinese = "\x00" }},
		{"note", "is missing: what is inferred says from what", func(d *Citation) { *d = Citation{} }},
	} {
		sets := citing()
		for i := range sets {
			document(c.change)(&sets[i])
		}
		wantBookError(t, sets, "documents.page."+c.field, c.problem)
	}
	for _, address := range []string{"", "http://cloud.example/a", "https://cloud.example/页面?a=b#c"} {
		sets := citing()
		for i := range sets {
			document(func(d *Citation) { d.Address = address })(&sets[i])
		}
		if _, err := NewRuleBook(sets...); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func wantBookError(t *testing.T, sets []RuleSet, path, problem string) {
	t.Helper()
	var e *RuleBookError
	if _, err := NewRuleBook(sets...); !errors.As(err, &e) || e.Path != path || e.Problem != problem {
		t.Errorf("%v, want %s: %s", err, path, problem)
	}
}

// TestCitesRoundTrip: a book that is written reads back equal, each document
// stands once, and one that no set cites is an error: it would be lost.
func TestCitesRoundTrip(t *testing.T) {
	b := made(NewRuleBook(citing()...))(t)
	data := made(json.Marshal(b))(t)
	if n := strings.Count(string(data), "页面"); n != 1 {
		t.Errorf("a document stands %d times in %s", n, data)
	}
	again := made(ParseRuleBook(data))(t)
	if back := made(json.Marshal(again))(t); string(back) != string(data) {
		t.Errorf("%s reads back as\n%s", data, back)
	}
	for i, s := range again.Sets() {
		if !reflect.DeepEqual(s.Documents, b.sets[i].Documents) || !reflect.DeepEqual(s.Cites, b.sets[i].Cites) {
			t.Errorf("%s cites %v of %v", s.Version, s.Cites, s.Documents)
		}
	}
	spare := strings.Replace(string(data), `"documents":{`, `"documents":{"spare":{"title":"x"},`, 1)
	var e *RuleBookError
	if _, err := ParseRuleBook([]byte(spare)); !errors.As(err, &e) || e.Path != "documents.spare" || e.Problem != "is cited by no set" {
		t.Errorf("a document that no set cites: %v", err)
	}
	lost := strings.Replace(string(data), `"guess":{`, `"guesses":{`, 1)
	if _, err := ParseRuleBook([]byte(lost)); !errors.As(err, &e) || e.Path != `sets[0].cites["base.running"][0]` {
		t.Errorf("a key that is no document: %v", err)
	}
}

// TestCitesAreCopied: a change of what a book took or returned leaves the book as it is.
func TestCitesAreCopied(t *testing.T) {
	sets := citing()
	b := made(NewRuleBook(sets...))(t)
	at := made(b.At(sets[0].Effective))(t)
	for _, s := range []*RuleSet{&sets[0], &b.Sets()[0], at} {
		s.Cites["batch"][0] = "page"
		delete(s.Cites, "ELG-OWNER")
		delete(s.Documents, "table")
	}
	if !reflect.DeepEqual(b, made(NewRuleBook(citing()...))(t)) {
		t.Error("the book was changed")
	}
}

// inferredRules are those that no document of Alibaba Cloud says, whatever the
// set: they are the library's own.
var inferredRules = []Rule{
	CODUnguessable, CODInput, LIFImport, GRTOnce, GRTState, GRTRepeat, GRTPrivate, PAYPrice, PAYExact, PAYRefund,
	LIFCorrect, FILService,
}

// TestAlibabaCitesEveryRule: each rule has a document, or what it is inferred
// from, in each set that asks it, but those on the list.
func TestAlibabaCitesEveryRule(t *testing.T) {
	for _, s := range Alibaba().Sets() {
		if u := s.Uncited(); len(u) > 0 {
			t.Errorf("%s: %q cite nothing", s.Version, u)
		}
		for r := Rule(1); r < numRules; r++ {
			cites := len(s.Citations(r, ECS)) > 0
			asked := !(r == ELGRemaining && s.Products[0].RemainingDays == 0) && !(r == FILCheck && s.Filing == FilingRules{}) &&
				!(s.Account == AccountAny && (r == ELGAccount || r == GRTFirst || r == GRTEnterprise))
			if asked && cites == slices.Contains(inferredRules, r) {
				t.Errorf("%s: %v cites a document: %v", s.Version, r, cites)
			}
		}
	}
}

// TestQuotaOfNATIsTheTables: NAT's two codes of 2019 are the product table's,
// and the five of 2026 the guide's.
func TestQuotaOfNATIsTheTables(t *testing.T) {
	b := Alibaba()
	for _, c := range []struct {
		at   time.Time
		date string
	}{
		{time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), "2019-09-17"},
		{time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), "2019-09-17"},
		{time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), "2026-01-06"},
	} {
		s := made(b.At(c.at))(t)
		if got := s.Cited("products[NAT].quota"); len(got) != 1 || got[0].Date != c.date {
			t.Errorf("%v: %+v", c.at, got)
		}
	}
}

// TestReasonsCite: a reason shows the documents of its rule, product and set, in
// words and in parts, also when its decision was read back from JSON.
func TestReasonsCite(t *testing.T) {
	at := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
	s := made(Alibaba().At(at))(t)
	r := IssueRequest{Actor: "1001", Quantity: 3, Instance: Instance{Owner: "1001", Product: NAT}}
	d := s.Check(r, 0, at)
	const en = "Alibaba Cloud, 备案服务号产品表及常见问题, 2019-09-17, official"
	const zh = "阿里云《备案服务号产品表及常见问题》，2019-09-17，官方"
	data := made(json.Marshal(d))(t)
	var back Decision
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for _, d := range []Decision{d, back} {
		for l, want := range map[Lang]string{English: en, Chinese: zh} {
			a := answerOf(t, &d, l, ELGQuota)
			if !strings.HasPrefix(a.Source(l), want) || !slices.Contains(a.Citations, s.Documents["table"]) {
				t.Errorf("ELG-QUOTA of NAT in 2019 comes from %s", a.Source(l))
			}
			if strings.Contains(a.Source(l), "2026-01-06") {
				t.Errorf("the guide of 2026 is cited for 2019: %s", a.Source(l))
			}
		}
	}
	if got := (Reason{}).Source(English); got != "inferred: no document says it" {
		t.Errorf("without a citation: %q", got)
	}
}

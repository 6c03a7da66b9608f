package icpcode

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode/internal/strictjson"
)

// citable is a field of a rule set that a document gives.
type citable struct {
	path string // in docs/rules.md; of a product's or the base's field the last word
	says bool   // the field says something, so that a document must give it
}

// citable lists the requirements. A field that imposes nothing needs no
// document.
func (q *Requirements) citable() []citable {
	return []citable{
		{"subscription", q.Subscription},
		{"term_months", q.TermMonths != 0},
		{"first_purchase_only", q.FirstPurchaseOnly},
		{"remaining_days", q.RemainingDays != 0},
		{"mainland", q.Mainland},
		{"public_ip", q.PublicIP},
		{"running", q.Running},
		{"stopped_passes", q.StoppedPasses},
		{"ip_free", q.IPFree},
		{"min_order", !q.MinOrder.IsZero()},
		{"quota", q.Quota != 0},
		{"quota_unknown", q.QuotaUnknown},
		{"per_account", q.PerAccount},
	}
}

// citable lists the fields that are not about products. A policy says
// something whatever its value is.
func (s *RuleSet) citable() []citable {
	return []citable{
		{"effective", true},
		{"mainland_regions", len(s.MainlandRegions) > 0},
		{"other_regions", len(s.OtherRegions) > 0},
		{"batch", !s.BatchUnknown},
		{"batch_unknown", s.BatchUnknown},
		{"account", s.Account != AccountAny},
		{"grant.allowed", true},
		{"grant.enterprise", s.Grant.Enterprise},
		{"grant.max_grantees", s.Grant.MaxGrantees != 0},
		{"grant.max_granters", s.Grant.MaxGranters != 0},
		{"grant.verify_first", s.Grant.VerifyFirst},
		{"life.release_to", true},
		{"life.close_refunds_paid", true},
		{"life.paid_uses_quota", true},
		{"life.sells_codes", true},
		{"filing.refuse", s.Filing.Refuse != 0},
		{"filing.advise", s.Filing.Advise != 0},
		{"risk.expiring_days", s.Risk.ExpiringDays != 0},
		{"risk.review_days", s.Risk.ReviewDays != 0},
		{"assume", s.Assume != 0},
	}
}

const (
	everyProduct = "products[]."
	base         = "base."
)

// ofProduct is the path of one product's fields, with its final dot.
func ofProduct(p Product) string { return "products[" + string(p) + "]." }

// ruleFields are the fields that a rule rests on, indexed by Rule. Those that
// begin with a dot are of a product, or of base where the set does not list
// it.
var ruleFields = [numRules][]string{
	ELGProduct:   {".product", ".min_order"},
	ELGBilling:   {".subscription"},
	ELGTerm:      {".term_months", ".first_purchase_only"},
	ELGRemaining: {".remaining_days"},
	ELGRegion:    {".mainland", "mainland_regions", "other_regions"},
	ELGPublicIP:  {".public_ip"},
	ELGStatus:    {".running", ".stopped_passes"},
	ELGIPInUse:   {".ip_free"},
	ELGQuota:     {".quota", ".quota_unknown", ".per_account"},
	ELGBatch:     {"batch", "batch_unknown"},
	ELGAccount:   {"account"},

	LIFRelease: {"life.release_to"},
	LIFClose:   {"life.close_refunds_paid"},

	GRTEnterprise: {"grant.enterprise", "grant.allowed"},
	GRTOut:        {"grant.max_grantees", "grant.allowed"},
	GRTIn:         {"grant.max_granters", "grant.allowed"},
	GRTFirst:      {"grant.verify_first", "grant.allowed"},

	PAYWhen:  {"life.sells_codes"},
	PAYQuota: {"life.paid_uses_quota"},

	FILCheck: {"filing.refuse", "filing.advise"},

	RSKExpiring:   {"risk.expiring_days", "risk.review_days"},
	RSKBilling:    {".subscription"},
	RSKDowngraded: {".public_ip", ".mainland", "mainland_regions", "other_regions"},
}

// Citations returns the documents behind rule r for product p, in the order of
// the fields that the rule rests on, each once. What a field was inferred from
// comes last: see [Citation.Inferred]. None means that no document of this
// set says it: the rule is inferred. Where the set cites nothing at all, its
// Source stands for the documents of its fields. It is pure.
func (s *RuleSet) Citations(r Rule, p Product) []Citation {
	if r >= numRules {
		return nil
	}
	fields := ruleFields[r]
	if len(s.Cites) == 0 && len(fields) > 0 && s.Source != "" {
		return []Citation{{Title: s.Source, Date: s.AsOf}}
	}
	var keys []string
	add := func(path string) {
		for _, k := range s.cited(path) {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	_, listed := s.requirements(p)
	for _, f := range fields {
		word, product := strings.CutPrefix(f, ".")
		if !product {
			add(f)
			continue
		}
		if listed {
			add(ofProduct(p) + word)
			continue
		}
		add(base + word)
		if r == ELGProduct {
			// That a product is not on the list stands where the list does.
			for i := range s.Products {
				add(ofProduct(s.Products[i].Product) + word)
			}
		}
	}
	add(r.String())
	found := s.documents(keys)
	slices.SortStableFunc(found, func(a, b Citation) int { return order(a.Inferred()) - order(b.Inferred()) })
	return found
}

func order(last bool) int {
	if last {
		return 1
	}
	return 0
}

// Cited returns the documents that give the field at path, as docs/rules.md
// names it: "batch", "grant.max_grantees", "products[NAT].quota", or
// "products[].quota" for what holds of every product that is not cited by
// itself. It is pure.
func (s *RuleSet) Cited(path string) []Citation { return s.documents(s.cited(path)) }

// Uncited lists the paths of the fields that say something and cite nothing,
// neither a document nor what they are inferred from, in the order of
// docs/rules.md. A set of the presets has none.
func (s *RuleSet) Uncited() []string {
	var paths []string
	check := func(before string, fields []citable) {
		for _, f := range fields {
			if f.says && len(s.cited(before+f.path)) == 0 {
				paths = append(paths, before+f.path)
			}
		}
	}
	for i := range s.Products {
		p := &s.Products[i]
		check(ofProduct(p.Product), append([]citable{{"product", true}}, p.citable()...))
	}
	check(base, s.Base.citable())
	check("", s.citable())
	return paths
}

// cited returns the keys of what gives the field at path.
func (s *RuleSet) cited(path string) []string {
	if keys, ok := s.Cites[path]; ok {
		return keys
	}
	if i := strings.LastIndex(path, "]."); i >= 0 {
		return s.Cites[everyProduct+path[i+2:]]
	}
	return nil
}

func (s *RuleSet) documents(keys []string) []Citation {
	var found []Citation
	for _, k := range keys {
		if c, ok := s.Documents[k]; ok {
			found = append(found, c)
		}
	}
	return found
}

// cloneCites returns a copy that shares nothing with m; nil if it is empty.
func cloneCites(m map[string][]string) map[string][]string {
	if len(m) == 0 {
		return nil
	}
	c := make(map[string][]string, len(m))
	for path, keys := range m {
		c[path] = slices.Clone(keys)
	}
	return c
}

// cloneDocuments returns a copy of m; nil if it is empty.
func cloneDocuments(m map[string]Citation) map[string]Citation {
	if len(m) == 0 {
		return nil
	}
	return maps.Clone(m)
}

// share gives each set the documents that it cites. One that no set cites is
// an error, as it would be lost.
func share(documents map[string]Citation, sets []RuleSet) error {
	used := make(map[string]bool)
	for i := range sets {
		s := &sets[i]
		for _, keys := range s.Cites {
			for _, k := range keys {
				d, ok := documents[k]
				if !ok {
					continue // NewRuleBook says where
				}
				if s.Documents == nil {
					s.Documents = make(map[string]Citation)
				}
				s.Documents[k], used[k] = d, true
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(documents)) {
		if !used[k] {
			return &RuleBookError{strictjson.Join("documents", k), "is cited by no set"}
		}
	}
	return nil
}

// allDocuments are those of all sets.
func allDocuments(sets []*RuleSet) map[string]Citation {
	all := make(map[string]Citation)
	for _, s := range sets {
		maps.Copy(all, s.Documents)
	}
	return all
}

const (
	maxCitation = 1024 // bytes of a text of a citation
	maxKeys     = 20   // of one field
)

// cites checks what a set cites. Documents holds those of the sets before.
func (c *checker) cites(s *RuleSet, documents map[string]Citation) {
	known := s.paths()
	used := make(map[string]bool)
	for _, path := range slices.Sorted(maps.Keys(s.Cites)) {
		at := strictjson.Join("cites", path)
		if !known[path] {
			c.bad(at, "names no field and no rule")
		}
		keys := s.Cites[path]
		if len(keys) == 0 {
			c.bad(at, "is empty")
		}
		if len(keys) > maxKeys {
			c.bad(at, fmt.Sprintf("has more than %d elements", maxKeys))
		}
		for i, k := range keys {
			if _, ok := s.Documents[k]; !ok {
				c.bad(fmt.Sprintf("%s[%d]", at, i), "names no document of the book")
			}
			if slices.Contains(keys[:i], k) {
				c.bad(fmt.Sprintf("%s[%d]", at, i), "is listed twice")
			}
			used[k] = true
		}
	}
	c.at = "" // the documents are the book's
	for _, k := range slices.Sorted(maps.Keys(s.Documents)) {
		at := strictjson.Join("documents", k)
		if !used[k] {
			c.bad(at, "is cited by no field of the set")
		}
		if d, ok := documents[k]; ok && d != s.Documents[k] {
			c.bad(at, "differs from that of another set")
		}
		documents[k] = s.Documents[k]
		c.invalid(at, checkID("", k))
		c.at = at + "."
		c.citation(s.Documents[k])
		c.at = ""
	}
}

// paths are those that a set can cite documents for.
func (s *RuleSet) paths() map[string]bool {
	known := make(map[string]bool)
	add := func(before string, fields []citable) {
		for _, f := range fields {
			known[before+f.path] = true
		}
	}
	product := append([]citable{{path: "product"}}, s.Base.citable()...)
	add(everyProduct, product)
	for i := range s.Products {
		add(ofProduct(s.Products[i].Product), product)
	}
	add(base, s.Base.citable())
	add("", s.citable())
	for r := Rule(1); r < numRules; r++ {
		known[r.String()] = true
	}
	return known
}

func (c *checker) citation(d Citation) {
	c.invalid("publisher.en", checkText("", d.Publisher.English, maxCitation))
	c.invalid("publisher.zh", checkText("", d.Publisher.Chinese, maxCitation))
	c.invalid("title", checkText("", d.Title, maxCitation))
	if d.Title == "" && !d.Inferred() {
		c.bad("title", "is missing")
	}
	if d.Dating != DatedItself && d.Dating != DatedAfter && d.Dating != DatedRead {
		c.bad("dating", noneOf+`"", "after", "read"`)
	}
	if d.Date == "" && d.Dating != DatedItself {
		c.bad("date", "is missing")
	}
	if _, err := time.Parse(time.DateOnly, d.Date); d.Date != "" && err != nil {
		c.bad("date", "is not a date such as 2026-01-06")
	}
	c.invalid("address", checkText("", d.Address, maxCitation))
	if u, err := url.Parse(d.Address); d.Address != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Contains(d.Address, " ")) {
		c.bad("address", "is not a web address that begins with https:// or http://")
	}
	c.invalid("note.en", checkText("", d.Note.English, maxCitation))
	c.invalid("note.zh", checkText("", d.Note.Chinese, maxCitation))
	if d == (Citation{}) {
		c.bad("note", "is missing: what is inferred says from what")
	}
}

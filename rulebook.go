package icpcode

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/icpcode/icpcode/internal/strictjson"
)

// RuleBook holds the versions of the rules in order of their effective dates.
// A decision at an instant uses the set in force at that instant. The zero
// value holds none: [RuleBook.At] always fails. A RuleBook does not change
// and is safe for concurrent use.
type RuleBook struct {
	sets       []*RuleSet
	perAccount map[Product]bool // products that any set counts per account
}

// RuleBookError says what is wrong with a rule book, and where. It matches
// [ErrRuleBook].
type RuleBookError struct {
	// Path is where, in the words of the JSON form:
	// "sets[1].products[0].quota". It is empty for the whole document.
	Path    string
	Problem string // "is above 1000"
}

// Error names the path and the problem.
func (e *RuleBookError) Error() string {
	if e.Path == "" {
		return ErrRuleBook.Error() + ": " + e.Problem
	}
	return ErrRuleBook.Error() + ": " + e.Path + ": " + e.Problem
}

// Is makes the error match [ErrRuleBook].
func (e *RuleBookError) Is(target error) bool { return target == ErrRuleBook }

// NewRuleBook makes a book of copies of the given sets, in order of their
// effective dates. What a set leaves at zero it does not allow; Version,
// Effective, Provider, Batch (but with BatchUnknown) and Life.ReleaseTo cannot
// be left so. The error is a [*RuleBookError] that names the first problem, as if the sets were read
// from top to bottom.
func NewRuleBook(sets ...RuleSet) (*RuleBook, error) {
	var c checker
	c.book(sets)
	if c.err != nil {
		return nil, c.err
	}
	return compile(sets), nil
}

// compile makes a book of sets that are known to be right.
func compile(sets []RuleSet) *RuleBook {
	b := &RuleBook{perAccount: make(map[Product]bool)}
	for i := range sets {
		s := sets[i].canonical()
		s.digest = s.Digest()
		s.regions = regionIndex{} // not nil: it is the whole answer
		for _, r := range s.MainlandRegions {
			s.regions.add(r, Yes)
		}
		for _, r := range s.OtherRegions {
			s.regions.add(r, No)
		}
		for j := range s.Products {
			if s.Products[j].PerAccount {
				b.perAccount[s.Products[j].Product] = true
			}
		}
		b.sets = append(b.sets, s)
	}
	return b
}

// canonical returns a copy of s with one zone, and without a list that would be
// null in JSON.
func (s *RuleSet) canonical() *RuleSet {
	c := s.clone()
	c.Effective = c.Effective.In(shanghai)
	c.Products = append([]ProductRules{}, c.Products...)
	c.MainlandRegions = append([]string{}, c.MainlandRegions...)
	c.OtherRegions = append([]string{}, c.OtherRegions...)
	return c
}

// Digest is a SHA-256. The zero value is none.
type Digest [sha256.Size]byte

// String returns the digest in hexadecimal, or "" for none.
func (d Digest) String() string {
	if d == (Digest{}) {
		return ""
	}
	return hex.EncodeToString(d[:])
}

// MarshalText returns the digest in hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a digest in hexadecimal, or "".
func (d *Digest) UnmarshalText(b []byte) error {
	*d = Digest{}
	if n, err := hex.Decode(d[:], b[:min(len(b), 2*len(d))]); err != nil || len(b) != 2*len(d) && n+len(b) > 0 {
		return invalid("Digest", "is not a SHA-256 in hexadecimal")
	}
	return nil
}

// Digest returns the SHA-256 of the set's JSON form without Source, AsOf and
// Cites, which change no answer. A [Decision] bears that of the set that made
// it, so that a set which answers the same can be found again.
func (s *RuleSet) Digest() Digest {
	if s.digest != (Digest{}) {
		return s.digest
	}
	c := *s
	c.Source, c.AsOf, c.Cites, c.Documents = "", "", nil, nil
	data, err := json.Marshal(c.canonical())
	if err != nil {
		return Digest{} // of a set that no book takes
	}
	return sha256.Sum256(data)
}

// maxRuleBook bounds the JSON form of a book, in bytes.
const maxRuleBook = 4 << 20

// ParseRuleBook reads a book from its JSON form, which docs/rules.md
// describes. It is strict: a field that is unknown, given twice, null or of
// the wrong type is an error, as is anything that [NewRuleBook] refuses. The
// error is a [*RuleBookError].
func ParseRuleBook(data []byte) (*RuleBook, error) {
	if len(data) > maxRuleBook {
		return nil, &RuleBookError{Problem: "is larger than 4 MiB"}
	}
	var doc struct {
		Documents map[string]Citation `json:"documents"`
		Sets      []RuleSet           `json:"sets"`
	}
	err := strictjson.Decode(data, &doc)
	if err == nil {
		return bookOf(doc.Documents, doc.Sets)
	}
	return nil, bookError(err)
}

// bookError is what strictjson found wrong with a book.
func bookError(err error) *RuleBookError {
	e := &RuleBookError{Problem: err.Error()}
	var at *strictjson.Error
	if errors.As(err, &at) {
		e.Path, e.Problem = at.Path, at.Problem
	}
	var in *InvalidError
	if errors.As(err, &in) {
		e.Problem = in.Problem // a rule or state says best what it is not
	}
	return e
}

// bookOf makes a book of sets whose documents stand beside them.
func bookOf(documents map[string]Citation, sets []RuleSet) (*RuleBook, error) {
	unused := share(documents, sets)
	b, err := NewRuleBook(sets...)
	if err == nil && unused != nil {
		return nil, unused
	}
	return b, err
}

// UnmarshalJSON makes b what [ParseRuleBook] reads.
func (b *RuleBook) UnmarshalJSON(data []byte) error {
	parsed, err := ParseRuleBook(data)
	if err != nil {
		return err
	}
	*b = *parsed
	return nil
}

// MarshalJSON writes the form that [ParseRuleBook] reads back as an equal
// book. A book too large to be read back is a [*RuleBookError].
func (b RuleBook) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(struct {
		Documents map[string]Citation `json:"documents,omitempty"`
		Sets      []*RuleSet          `json:"sets"`
	}{allDocuments(b.sets), append([]*RuleSet{}, b.sets...)})
	if err == nil && len(data) > maxRuleBook {
		return nil, &RuleBookError{Problem: "is larger than 4 MiB"}
	}
	return data, err
}

// Sets returns copies of the sets in order, for the caller to change and to
// make another book of.
func (b *RuleBook) Sets() []RuleSet {
	sets := make([]RuleSet, len(b.sets))
	for i, s := range b.sets {
		sets[i] = *s.clone()
		sets[i].regions = nil
	}
	return sets
}

// At returns a copy of the set in force at t, or an error matching
// [ErrNoRules] before the first set. To judge by other rules, make another
// book of what [RuleBook.Sets] returns: a set that was changed by itself is
// not checked, and its lists of regions are not read again.
func (b *RuleBook) At(t time.Time) (*RuleSet, error) {
	s, err := b.at(t)
	if err != nil {
		return nil, err
	}
	c := s.clone()
	c.regions = s.regions // never changes
	return c, nil
}

// at returns the set in force at t, which is the book's own.
func (b *RuleBook) at(t time.Time) (*RuleSet, error) {
	for _, s := range slices.Backward(b.sets) {
		if !t.Before(s.Effective) {
			return s, nil
		}
	}
	if len(b.sets) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoRules, t.In(shanghai).Format(time.RFC3339))
	}
	return nil, fmt.Errorf("%w: %s; the first set is in force from %s", ErrNoRules, t.In(shanghai).Format(time.RFC3339), b.sets[0].Effective.Format(time.RFC3339))
}

// countsPerAccount reports whether any set counts p per account, so that its
// codes are counted there too.
func (b *RuleBook) countsPerAccount(p Product) bool { return b.perAccount[p] }

// Limits of the numbers in a set.
const (
	maxRuleDays = 36500
	maxBatch    = 1000
	maxSource   = 1024 // bytes
)

// Assumable are the rules whose fact the caller states and can lack. How many
// codes were issued and how many are asked for is not such a fact: no
// assumption oversells.
const Assumable = elgRules&^(1<<ELGBatch|1<<ELGQuota) | 1<<GRTEnterprise

// checker keeps the first problem that it is told of.
type checker struct {
	at  string // the path of what is being checked, with its final dot
	err error
}

func (c *checker) bad(field, problem string) {
	if c.err == nil {
		c.err = &RuleBookError{c.at + field, problem}
	}
}

// invalid reports the problem of an [*InvalidError], or nothing.
func (c *checker) invalid(field string, err error) {
	var in *InvalidError
	if errors.As(err, &in) {
		c.bad(field, in.Problem)
	}
}

func (c *checker) between(field string, n, least, most int) {
	if n < least {
		c.bad(field, fmt.Sprintf("is below %d", least))
	}
	if n > most {
		c.bad(field, fmt.Sprintf("is above %d", most))
	}
}

func (c *checker) length(field string, n int) {
	if n > strictjson.MaxElements {
		c.bad(field, fmt.Sprintf("has more than %d elements", strictjson.MaxElements))
	}
}

func (c *checker) book(sets []RuleSet) {
	if len(sets) == 0 {
		c.bad("sets", "has no rule set")
	}
	c.length("sets", len(sets))
	versions := make(map[string]bool)
	documents := make(map[string]Citation)
	var last time.Time
	for i := range sets {
		s := &sets[i]
		set := fmt.Sprintf("sets[%d].", i)
		c.at = set
		c.invalid("version", checkID("", s.Version))
		if versions[s.Version] {
			c.bad("version", "is that of another set")
		}
		versions[s.Version] = true
		c.effective(s.Effective, last)
		last = s.Effective
		c.origin(s)
		c.products(s, set)
		c.at = set + "base."
		base := s.Base
		base.QuotaUnknown = false // told below
		c.requirements(s, &base)
		if s.Base.Quota != 0 {
			c.bad("quota", "is not 0, but a product that is not listed supplies no codes")
		}
		if s.Base.QuotaUnknown {
			c.bad("quota_unknown", "is set, but a product that is not listed supplies no codes")
		}
		c.at = set
		c.regions(s)
		c.policy(s)
		c.cites(s, documents)
	}
}

func (c *checker) effective(t, last time.Time) {
	if t.IsZero() {
		c.bad("effective", "is missing")
	}
	whole, err := instant("", t)
	c.invalid("effective", err)
	if !whole.Equal(t) {
		c.bad("effective", "has a fraction of a microsecond")
	}
	if !t.After(last) {
		c.bad("effective", "is not after that of the set before: the two overlap")
	}
}

func (c *checker) origin(s *RuleSet) {
	c.invalid("provider", checkID("", s.Provider))
	c.invalid("source", checkText("", s.Source, maxSource))
	if s.AsOf == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, s.AsOf); err != nil {
		c.bad("as_of", "is not a date such as 2026-01-06")
	}
}

func (c *checker) products(s *RuleSet, set string) {
	c.length("products", len(s.Products))
	seen := make(map[Product]bool)
	for i := range s.Products {
		p := &s.Products[i]
		c.at = fmt.Sprintf("%sproducts[%d].", set, i)
		c.invalid("product", checkID("", string(p.Product)))
		if seen[p.Product] {
			c.bad("product", "is listed twice")
		}
		seen[p.Product] = true
		c.requirements(s, &p.Requirements)
	}
}

func (c *checker) requirements(s *RuleSet, q *Requirements) {
	c.between("term_months", q.TermMonths, 0, maxTermMonths)
	if q.TermMonths > 0 && !q.Subscription {
		c.bad("term_months", "is set, but only a subscription has a term")
	}
	if q.FirstPurchaseOnly && q.TermMonths == 0 {
		c.bad("first_purchase_only", "is set, but no term is asked for")
	}
	c.between("remaining_days", q.RemainingDays, 0, maxRuleDays)
	if q.RemainingDays > 0 && !q.Subscription {
		c.bad("remaining_days", "is set, but only a subscription has a term")
	}
	if q.Mainland && len(s.MainlandRegions) == 0 {
		c.bad("mainland", "is set, but the set lists no mainland region")
	}
	if q.StoppedPasses && !q.Running {
		c.bad("stopped_passes", "is set, but no instance has to run")
	}
	c.invalid("min_order", checkAmount("", q.MinOrder))
	c.between("quota", q.Quota, 0, maxAttached)
	if q.QuotaUnknown && q.Quota != 0 {
		c.bad("quota_unknown", "is set, but there is a quota")
	}
	if q.PerAccount && q.Quota == 0 {
		c.bad("per_account", "is set, but there is no quota")
	}
}

func (c *checker) regions(s *RuleSet) {
	mainland := make(map[string]bool)
	c.list("mainland_regions", s.MainlandRegions, mainland, nil)
	c.list("other_regions", s.OtherRegions, make(map[string]bool), mainland)
}

// list checks a list of regions and adds them to seen.
func (c *checker) list(name string, regions []string, seen, mainland map[string]bool) {
	c.length(name, len(regions))
	for i, r := range regions {
		field := fmt.Sprintf("%s[%d]", name, i)
		c.invalid(field, checkID("", r))
		if seen[r] {
			c.bad(field, "is listed twice")
		}
		if mainland[r] {
			c.bad(field, "is a mainland region too")
		}
		seen[r] = true
	}
}

// policy checks all that is not about products.
func (c *checker) policy(s *RuleSet) {
	if s.BatchUnknown && s.Batch != 0 {
		c.bad("batch_unknown", "is set, but there is a batch")
	}
	if !s.BatchUnknown {
		c.between("batch", s.Batch, 1, maxBatch)
	}
	if s.Account != AccountAny && s.Account != AccountOthers && s.Account != AccountAll {
		c.bad("account", noneOf+`"", "others", "all"`)
	}
	c.grant(&s.Grant)
	if s.Life.ReleaseTo != StateAvailable && s.Life.ReleaseTo != StateInvalid {
		c.bad("life.release_to", noneOf+"Available, Invalid")
	}
	c.filing(&s.Filing)
	c.between("risk.expiring_days", s.Risk.ExpiringDays, 0, maxRuleDays)
	c.between("risk.review_days", s.Risk.ReviewDays, 0, maxRuleDays)
	if other := s.Assume &^ Assumable; other != 0 {
		c.bad("assume", "names a rule that cannot be assumed: "+other.String())
	}
}

func (c *checker) grant(g *GrantRules) {
	if g.Allowed {
		c.most("grant.max_grantees", g.MaxGrantees)
		c.most("grant.max_granters", g.MaxGranters)
		return
	}
	const problem = "is set, but no grant is allowed"
	if g.Enterprise {
		c.bad("grant.enterprise", problem)
	}
	if g.MaxGrantees != 0 {
		c.bad("grant.max_grantees", problem)
	}
	if g.MaxGranters != 0 {
		c.bad("grant.max_granters", problem)
	}
	if g.VerifyFirst {
		c.bad("grant.verify_first", problem)
	}
}

// most checks the cap of a grant.
func (c *checker) most(field string, n int) {
	if n != NoLimit {
		c.between(field, n, 1, maxPartners)
	}
}

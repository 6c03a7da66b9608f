package icpcode

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// NoLimit as a cap of a [GrantRules] says that the rule set imposes none.
const NoLimit = -1

// UnknownLimit as the limit of a [Quota] says that no source gives it.
const UnknownLimit = -2

// RuleSet is one dated version of all the rules, as data. The zero value
// allows nothing. Its JSON form is described in docs/rules.md.
type RuleSet struct {
	// Version names the set and is recorded with every code it decides.
	Version string `json:"version"`
	// Effective is the instant from which the set is in force, until the next
	// set of the book.
	Effective time.Time `json:"effective"`
	Provider  string    `json:"provider"` // "alibaba" (FIL-FOREIGN)
	Source    string    `json:"source"`   // where the numbers come from
	AsOf      string    `json:"as_of"`    // the date of the source, "2026-01-06"

	// Products are those that supply codes; every other product fails
	// ELG-PRODUCT and is judged by Base.
	Products []ProductRules `json:"products"`
	Base     Requirements   `json:"base"`
	// Regions in the provider's spelling. A region in neither list is unknown
	// (ELG-REGION).
	MainlandRegions []string `json:"mainland_regions"`
	OtherRegions    []string `json:"other_regions"`

	Batch int `json:"batch"` // most codes in one request, 1 to 1000; 0 with BatchUnknown (ELG-BATCH)
	// BatchUnknown says that no source gives Batch. A request for one code then
	// passes ELG-BATCH, and for more of them it is unknown.
	BatchUnknown bool `json:"batch_unknown,omitzero"`

	Account AccountRule `json:"account"` // which accounts must be enterprise-verified (ELG-ACCOUNT)
	Grant   GrantRules  `json:"grant"`
	Life    LifeRules   `json:"life"`
	Filing  FilingRules `json:"filing,omitzero"` // FIL-CHECK; absent: none is judged
	Risk    RiskRules   `json:"risk"`
	// Assume names the rules whose unknown is assumed to pass; every code
	// records what was assumed. ELG-QUOTA and ELG-BATCH cannot be.
	Assume RuleIDs `json:"assume"`

	// Cites says which documents give each field, by the field's path, as
	// docs/rules.md names it, or by the ID of a rule that no field is about.
	// The values are keys of Documents. A set may cite nothing; a field that
	// is cited by nothing is listed by Uncited.
	Cites map[string][]string `json:"cites,omitempty"`
	// Documents are those that Cites names. In JSON they stand beside the
	// sets, each once: sets that share a key share the document.
	Documents map[string]Citation `json:"-"`

	// Of a set in a book; a copy that can be changed has neither.
	regions regionIndex // the two lists
	digest  Digest
}

// ProductRules are the requirements of one product.
type ProductRules struct {
	Product Product `json:"product"`
	Requirements
}

// Requirements say what an instance must be to issue a code. A zero field
// imposes nothing, except Quota: 0 issues nothing unless QuotaUnknown is set.
type Requirements struct {
	Subscription bool `json:"subscription"` // not pay-as-you-go, not trial (ELG-BILLING)
	// TermMonths is the least term in calendar months, renewals included, or
	// the first purchase alone (ELG-TERM).
	TermMonths        int  `json:"term_months"`
	FirstPurchaseOnly bool `json:"first_purchase_only"`
	RemainingDays     int  `json:"remaining_days"` // in units of 24 hours (ELG-REMAINING)
	Mainland          bool `json:"mainland"`       // ELG-REGION
	PublicIP          bool `json:"public_ip"`      // ELG-PUBLICIP
	Running           bool `json:"running"`        // ELG-STATUS
	StoppedPasses     bool `json:"stopped_passes"` // a stopped instance is as good as a running one
	IPFree            bool `json:"ip_free"`        // ELG-IPINUSE
	// MinOrder is the least amount of the order in yuan; 0: any (ELG-PRODUCT).
	MinOrder decimal.Decimal `json:"min_order"`
	// Quota is how many codes can ever be issued for the instance, or for
	// the product in one account (ELG-QUOTA), 0 to 1000.
	Quota int `json:"quota"`
	// QuotaUnknown says that codes are issued but no source says how many;
	// Quota is then 0. ELG-QUOTA is unknown unless a contract gives a number.
	QuotaUnknown bool `json:"quota_unknown"`
	// PerAccount counts for the product in one account. A contract quota
	// still counts for the instance. Accounts are counted from when a book
	// first says so of the product: set it from the first day, or import.
	PerAccount bool `json:"per_account"`
}

// AccountRule says whose codes need an enterprise-verified owner
// (ELG-ACCOUNT). The zero value imposes nothing.
type AccountRule string

// The values of an [AccountRule].
const (
	AccountAny    AccountRule = ""
	AccountOthers AccountRule = "others" // codes that are granted to another account
	AccountAll    AccountRule = "all"    // the strict reading: all codes
)

// GrantRules are the rules of granting. The zero value allows no grant.
type GrantRules struct {
	Allowed     bool `json:"allowed"`
	Enterprise  bool `json:"enterprise"`   // the granter must be enterprise-verified (GRT-ENTERPRISE)
	MaxGrantees int  `json:"max_grantees"` // per granter and natural year, 1 to 1000 or NoLimit (GRT-OUT)
	MaxGranters int  `json:"max_granters"` // per grantee and natural year, 1 to 1000 or NoLimit (GRT-IN)
	VerifyFirst bool `json:"verify_first"` // the first grant ever needs phone verification (GRT-FIRST)
}

// LifeRules are the points of a code's life on which providers differ.
type LifeRules struct {
	// ReleaseTo is where a withdrawn or rejected filing leaves its code:
	// StateAvailable or StateInvalid (LIF-RELEASE).
	ReleaseTo State `json:"release_to"`
	// CloseRefundsPaid gives a bound paid code its price back when its
	// instance is refunded (LIF-CLOSE).
	CloseRefundsPaid bool `json:"close_refunds_paid"`
	// PaidUsesQuota makes a paid code consume the quota of the instance it
	// is bound to (PAY-QUOTA).
	PaidUsesQuota bool `json:"paid_uses_quota"`
	// SellsCodes says that the provider sells codes: only then is one advised
	// where no free code is left (PAY-WHEN).
	SellsCodes bool `json:"sells_codes"`
}

// RiskRules are the horizons of a [RuleSet.Review], in units of 24 hours.
type RiskRules struct {
	ExpiringDays int `json:"expiring_days"` // warn of an expiry that near
	ReviewDays   int `json:"review_days"`   // the longest that a review takes
}

// clone returns a copy of s that shares no slice with it.
func (s *RuleSet) clone() *RuleSet {
	c := *s
	c.Products = slices.Clone(s.Products)
	c.MainlandRegions = slices.Clone(s.MainlandRegions)
	c.OtherRegions = slices.Clone(s.OtherRegions)
	c.Cites, c.Documents = cloneCites(s.Cites), cloneDocuments(s.Documents)
	c.regions, c.digest = nil, Digest{}
	return &c
}

// Requirements returns what an instance of product p must be, and whether the
// set lists the product: one that it does not list is judged by Base.
func (s *RuleSet) Requirements(p Product) (q Requirements, listed bool) {
	r, listed := s.requirements(p)
	return *r, listed
}

// Mainland answers whether a region, in the provider's spelling, is in mainland
// China (ELG-REGION). One that the set does not list is [Unknown].
func (s *RuleSet) Mainland(region string) Tri {
	return s.region(&Requirements{Mainland: true}, &Instance{Region: region})
}

// requirements returns what p must meet, and whether the set lists it.
func (s *RuleSet) requirements(p Product) (*Requirements, bool) {
	for i := range s.Products {
		if q := &s.Products[i]; q.Product == p {
			return &q.Requirements, true
		}
	}
	return &s.Base, false
}

// Quota is the state of a count that has a limit.
type Quota struct {
	Used      int `json:"used"`  // negative: not known, or not the asker's to know
	Limit     int `json:"limit"` // NoLimit: none; UnknownLimit: not known
	Requested int `json:"requested,omitempty"`
}

// Left returns how many more the limit allows, at least 0, and 0 if Used or the
// limit is not known. It is only meaningful where the limit is not [NoLimit].
func (q Quota) Left() int {
	if q.Used < 0 {
		return 0
	}
	return max(0, q.Limit-q.Used)
}

// Rule groups by what asks them.
const (
	elgRules = RuleIDs(1<<(ELGAccount+1) - 1<<ELGProduct)
	// Bind: all but QUOTA, BATCH and ACCOUNT. QUOTA where a paid code uses it.
	bindRules = elgRules &^ (1<<ELGQuota | 1<<ELGBatch | 1<<ELGAccount)
	// Auto: all but ACCOUNT.
	autoRules = elgRules &^ (1 << ELGAccount)
)

// Check answers every eligibility rule (ELG) for issuing r.Quantity codes at
// t for r.Instance. Used is how many were issued before, for the instance or,
// where the product's PerAccount is set, for that product in the account; if
// it is negative, that is unknown. Check is pure and allocates nothing. It
// does not judge the grant itself: see [Engine.DryRun].
func (s *RuleSet) Check(r IssueRequest, used int, t time.Time) (d Decision) {
	// Field by field into the result: a composite literal would be copied.
	d.Case.Operation, d.Case.At = OperationIssue, t
	d.Case.issue(&r)
	d.Case.round()
	d.Case.IssuedInstance, d.Case.IssuedAccount = used, used
	if used < 0 {
		d.Case.IssuedInstance, d.Case.IssuedAccount = -1, -1
	}
	d.set, d.Decided = s, true
	s.judgeInstance(&d, elgRules)
	return d
}

func tri(ok bool) Tri {
	if ok {
		return Yes
	}
	return No
}

// product: ELG-PRODUCT.
func (q *Requirements) product(i *Instance, listed bool) Tri {
	if i.Product == "" {
		return Unknown
	}
	if !listed {
		return No
	}
	if q.MinOrder.IsZero() {
		return Yes
	}
	if i.OrderAmount.IsZero() || checkAmount("", i.OrderAmount) != nil {
		return Unknown
	}
	return tri(i.OrderAmount.GreaterThanOrEqual(q.MinOrder))
}

// billing: ELG-BILLING.
func (q *Requirements) billing(i *Instance) Tri {
	if !q.Subscription {
		return Yes
	}
	if i.Billing == PayAsYouGo || i.Trial == Yes {
		return No
	}
	if i.Billing == BillingUnknown || i.Trial == Unknown {
		return Unknown
	}
	return Yes
}

// term: ELG-TERM. The restrictive one of facts that contradict each other wins:
// no first purchase is longer than the term with its renewals, and none lasts
// from creation beyond the expiry, which prove a term too short also where it is
// unknown.
func (q *Requirements) term(i *Instance) Tri {
	if q.TermMonths == 0 {
		return Yes
	}
	if i.Billing == PayAsYouGo {
		return Unknown
	}
	if i.TermMonths > 0 && i.TermMonths < q.TermMonths {
		return No // renewals included it is too short, so the first purchase is
	}
	months := i.TermMonths
	if q.FirstPurchaseOnly {
		months = i.FirstTermMonths
	}
	if months > 0 {
		// Days that were stated without their hours are not held against it.
		return tri(months >= q.TermMonths && (i.Created.IsZero() || !i.lastsBelow(q.TermMonths, day)))
	}
	if i.lastsBelow(q.TermMonths, 0) {
		return No
	}
	return Unknown
}

// lastsBelow reports whether creation and expiry leave no term of so many
// months, even if it ended later by slack.
func (i *Instance) lastsBelow(months int, slack time.Duration) bool {
	return !i.Created.IsZero() && !i.Expires.IsZero() && i.Expires.Add(slack).Before(AddMonths(i.Created, months))
}

// remaining: ELG-REMAINING. Of an instance whose status is expired nothing is
// left, whatever its date says.
func (q *Requirements) remaining(i *Instance, left int64) Tri {
	if q.RemainingDays == 0 {
		return Yes
	}
	if i.Billing == PayAsYouGo {
		return Unknown
	}
	if i.Status == StatusExpired {
		return No
	}
	if i.Expires.IsZero() {
		return Unknown
	}
	return tri(left >= int64(q.RemainingDays)*day.Microseconds())
}

const day = 24 * time.Hour

// left returns what is left of the paid term at t in microseconds, negative
// once it has ended. time.Time's own methods say the same, at twice the price.
func (i *Instance) left(t time.Time) int64 { return i.Expires.UnixMicro() - t.UnixMicro() }

// region: ELG-REGION.
func (s *RuleSet) region(q *Requirements, i *Instance) Tri {
	if !q.Mainland {
		return Yes
	}
	if s.regions != nil {
		return s.regions.find(i.Region)
	}
	if slices.Contains(s.MainlandRegions, i.Region) {
		return Yes
	}
	if slices.Contains(s.OtherRegions, i.Region) {
		return No
	}
	return Unknown
}

// regionIndex holds the regions by the length of their names, and whether each
// is in mainland China. A handful of names are of one length, so that going
// through them beats hashing.
type regionIndex [][]struct {
	name     string
	mainland Tri
}

func (x *regionIndex) add(name string, mainland Tri) {
	for len(*x) <= len(name) {
		*x = append(*x, nil)
	}
	same := &(*x)[len(name)]
	*same = append(*same, struct {
		name     string
		mainland Tri
	}{name, mainland})
}

func (x regionIndex) find(name string) Tri {
	if len(name) >= len(x) {
		return Unknown
	}
	same := x[len(name)]
	for i := range same {
		if same[i].name == name {
			return same[i].mainland
		}
	}
	return Unknown
}

// publicIP: ELG-PUBLICIP.
func (q *Requirements) publicIP(i *Instance) Tri {
	if !q.PublicIP {
		return Yes
	}
	if i.PartnerIP || i.noPublicIP() {
		return No
	}
	return i.PublicIP
}

// status: ELG-STATUS.
func (q *Requirements) status(i *Instance, left int64) Tri {
	if !q.Running {
		return Yes
	}
	if i.ended(left) {
		return No
	}
	if i.Status == StatusUnknown {
		return Unknown
	}
	if i.Status == StatusStopped && q.StoppedPasses {
		return Yes
	}
	return tri(i.Status == StatusRunning)
}

// ipFree: ELG-IPINUSE.
func (q *Requirements) ipFree(i *Instance) Tri {
	if !q.IPFree {
		return Yes
	}
	if i.IPHeld == Unknown {
		return Unknown
	}
	return tri(i.IPHeld == No)
}

// limit is the quota as the limit of a count.
func (q *Requirements) limit() int {
	if q.QuotaUnknown {
		return UnknownLimit
	}
	return q.Quota
}

// quota: ELG-QUOTA. A product that supplies no codes has no quota to exceed;
// that of an unknown product is unknown, also in which ledger it counts. More
// than the whole quota is too many, whatever was issued before; whether
// anything is left of one that no source gives is unknown.
func quota(i *Instance, listed bool, q Quota) Tri {
	if !listed && i.Product != "" {
		return Yes
	}
	if listed && q.Limit == UnknownLimit {
		if q.Requested < 1 {
			return Yes
		}
		return Unknown
	}
	if !listed || q.Used < 0 && q.Requested <= q.Limit {
		return Unknown
	}
	return tri(q.Requested <= q.Limit-max(0, q.Used))
}

// batch: ELG-BATCH.
func (s *RuleSet) batch(n int) Tri {
	if s.BatchUnknown && n > 1 {
		return Unknown
	}
	return tri(n >= 1 && (s.BatchUnknown || n <= s.Batch))
}

// account: ELG-ACCOUNT.
func (s *RuleSet) account(c Certification, forOthers bool) Tri {
	if s.Account == AccountAny || !forOthers && s.Account == AccountOthers {
		return Yes
	}
	if c == CertificationUnknown {
		return Unknown
	}
	return tri(c == Enterprise)
}

// ServersFor answers how many servers of a product sites websites and apps
// need, at one code each, when each has its whole quota. There is no cap per
// account, unless the product is counted per account: then more servers do
// not help, and the error is a [*RefusedError] naming ELG-QUOTA; so it is where
// the quota is not known. A product that supplies no codes is refused by
// ELG-PRODUCT. Sites is 0 to 10^9.
func (s *RuleSet) ServersFor(p Product, sites int) (int, error) {
	if sites < 0 || sites > 1_000_000_000 {
		return 0, invalid("sites", "is not between 0 and 10^9")
	}
	if sites == 0 {
		return 0, nil
	}
	d := Decision{Case: Case{Operation: OperationServersFor, Quantity: sites, IssuedInstance: -1, IssuedAccount: -1}}
	d.Case.Instance.Product = p
	s.decide(&d)
	if err := d.err(); err != nil {
		return 0, err
	}
	q, _ := s.requirements(p)
	return (sites + q.Quota - 1) / q.Quota, nil
}

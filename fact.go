package icpcode

// Fact names a fact that can be stated, as a [Reason] lists those that are
// missing. Its text is the name of the fact in JSON, "term_months", which is
// also that of its column in package inventory. The zero value is none.
type Fact uint8

// The facts: those of an [Instance], then what a request or its documents say.
const (
	FactNone Fact = iota
	FactOwner
	FactProduct
	FactProvider
	FactRegion
	FactBilling
	FactStatus
	FactTermMonths
	FactFirstTermMonths
	FactCreated
	FactExpires
	FactAutoRenew
	FactOrderAmount
	FactTrial
	FactPublicIP
	FactPartnerIP
	FactIPs
	FactIPHeld
	FactDowngraded
	FactContractQuota
	FactCertification // of the account that asks
	FactIssued        // how many codes were issued before
	FactFilingIPs     // the addresses that were filed

	numFacts = iota
)

// factNames is indexed by Fact.
var factNames = []string{
	"none", "owner", "product", "provider", "region", "billing", "status", "term_months", "first_term_months", "created", "expires",
	"auto_renew", "order_amount", "trial", "public_ip", "partner_ip", "ips", "ip_held", "downgraded", "contract_quota",
	"certification", "issued", "filing_ips",
}

// String returns the fact's name, "term_months".
func (f Fact) String() string { return name(factNames, f) }

// MarshalText returns the fact's name.
func (f Fact) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads a fact's name.
func (f *Fact) UnmarshalText(b []byte) error { return parseName(f, "Fact", factNames, b) }

// factsOf are the facts of an instance that each rule looks at.
var factsOf = [numRules][]Fact{
	ELGProduct: {FactProduct, FactOrderAmount}, ELGOwner: {FactOwner}, ELGBilling: {FactBilling, FactTrial},
	ELGTerm: {FactBilling, FactTermMonths, FactFirstTermMonths, FactCreated, FactExpires}, ELGRemaining: {FactBilling, FactStatus, FactExpires},
	ELGRegion: {FactRegion}, ELGPublicIP: {FactPublicIP, FactPartnerIP, FactIPs}, ELGStatus: {FactStatus, FactExpires},
	ELGIPInUse: {FactIPHeld}, ELGQuota: {FactIssued, FactContractQuota}, ELGAccount: {FactCertification},
	LIFEffective: {FactStatus, FactExpires}, GRTEnterprise: {FactCertification}, FILForeign: {FactProvider},
	FILWhat: {FactIPs}, RSKExpiring: {FactStatus, FactExpires, FactAutoRenew}, RSKReleased: {FactStatus}, RSKBilling: {FactBilling},
	RSKDowngraded: {FactDowngraded, FactPublicIP, FactPartnerIP, FactIPs, FactRegion}, RSKOwner: {FactOwner}, RSKIP: {FactPublicIP, FactIPs, FactFilingIPs},
}

// known reports whether a fact is stated.
func (e *explainer) known(f Fact) bool {
	i := &e.instance
	return [numFacts]bool{
		FactOwner: e.Case.Bought != RelationUnknown, FactProduct: i.Product != "", FactProvider: i.Provider != "",
		FactRegion: i.Region != "", FactBilling: i.Billing != 0, FactStatus: i.Status != 0, FactTermMonths: i.TermMonths != 0,
		FactFirstTermMonths: i.FirstTermMonths != 0, FactCreated: !i.Created.IsZero(), FactExpires: !i.Expires.IsZero(),
		FactAutoRenew: i.AutoRenew != Unknown, FactOrderAmount: !i.OrderAmount.IsZero(), FactTrial: i.Trial != Unknown, FactPublicIP: i.PublicIP != Unknown,
		FactPartnerIP: i.PartnerIP, FactIPs: len(i.IPs) > 0, FactIPHeld: i.IPHeld != Unknown, FactDowngraded: i.Downgraded != Unknown,
		FactContractQuota: i.ContractQuota != 0, FactCertification: e.Case.Certification != CertificationUnknown,
		FactIssued: e.Quota.Used >= 0, FactFilingIPs: len(e.Case.Filing.IPs) > 0,
	}[f]
}

package icpcode

import (
	"net/netip"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// AccountID names an account of the provider: an owner, a grantee, or an
// operator. Like every ID here it is 1 to 128 bytes of UTF-8 without control
// characters or outer spaces, compared byte for byte and never normalised.
type AccountID string

// InstanceID names an instance (云产品实例): a server, gateway or load
// balancer. For its form see [AccountID].
type InstanceID string

// Product names a kind of cloud product, in the spelling of the rule set.
// Products that a rule set does not list supply no codes (ELG-PRODUCT).
type Product string

// Products of the preset rule book. Rule sets may name others.
const (
	ECS         Product = "ECS"         // 云服务器
	SWAS        Product = "SWAS"        // 轻量应用服务器, Simple Application Server
	ElasticWeb  Product = "ElasticWeb"  // 弹性Web托管, Elastic Web Hosting
	NAT         Product = "NAT"         // NAT网关
	SLB         Product = "SLB"         // 负载均衡
	WebHosting  Product = "WebHosting"  // 云虚拟主机
	Marketplace Product = "Marketplace" // 云市场建站
	NAT64       Product = "NAT64"       // IPv6转换服务
	ENS         Product = "ENS"         // 边缘节点服务
)

// Tri is a fact that can be missing. The zero value is [Unknown], and unknown
// never passes a rule.
type Tri uint8

// The values of a [Tri].
const (
	Unknown Tri = iota
	No
	Yes
)

// Billing is how an instance is paid for. The zero value is unknown.
type Billing uint8

// The values of [Billing].
const (
	BillingUnknown Billing = iota
	Subscription           // 包年/包月, prepaid
	PayAsYouGo             // 按量付费, postpaid
)

// Status is the running state of an instance. The zero value is unknown.
type Status uint8

// The values of [Status].
const (
	StatusUnknown  Status = iota
	StatusRunning         // running normally
	StatusPending         // being created or starting: not running yet
	StatusStopped         // stopped or stopping
	StatusExpired         // 已到期
	StatusLocked          // locked for money, security or recycling
	StatusRefunded        // 已退费
	StatusReleased        // 已释放
)

// Certification is how an account's real name was verified (实名认证). The
// zero value is unknown.
type Certification uint8

// The values of [Certification].
const (
	CertificationUnknown Certification = iota
	Personal                           // 个人
	SelfEmployed                       // 个体
	SoleTrader                         // 个体工商户
	Enterprise                         // 企业
)

// Instance holds the facts about one instance on which decisions rest. The
// caller states them afresh in each request; the library never looks them up.
// A field left at its zero value is unknown. Its JSON form has the names of the
// columns that package inventory reads, and leaves out what is unknown.
type Instance struct {
	ID      InstanceID `json:"id,omitzero"`
	Owner   AccountID  `json:"owner,omitzero"` // the account that bought it (ELG-OWNER)
	Product Product    `json:"product,omitzero"`
	// Provider names the cloud that sold the instance, in the spelling of
	// RuleSet.Provider. Empty means the rule set's own; another provider's
	// server needs that provider's code (FIL-FOREIGN).
	Provider string `json:"provider,omitzero"`
	Region   string `json:"region,omitzero"` // the provider's spelling, "cn-hangzhou"

	Billing Billing `json:"billing,omitzero"`
	Status  Status  `json:"status,omitzero"`
	// TermMonths is the term bought in calendar months, renewals included,
	// 1 to 1200 (ELG-TERM). FirstTermMonths is that of the first purchase
	// alone, which some products are judged by.
	TermMonths      int `json:"term_months,omitzero"`
	FirstTermMonths int `json:"first_term_months,omitzero"`
	// Created and Expires bound the paid term. They also prove a term too
	// short where TermMonths is unknown. Expires of a pay-as-you-go instance
	// means nothing and is not read.
	Created time.Time `json:"created,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	// AutoRenew says whether the instance renews itself when its term ends
	// (自动续费, RSK-EXPIRING).
	AutoRenew Tri `json:"auto_renew,omitzero"`
	// OrderAmount is what was paid for the order, in yuan, by which some
	// products are judged (ELG-PRODUCT).
	OrderAmount decimal.Decimal `json:"order_amount,omitzero"`

	Trial Tri `json:"trial,omitzero"` // a trial or free tier (ELG-BILLING)
	// PublicIP is Yes when the instance has a public address of the
	// provider's, also where IPs cannot tell which (masked). PartnerIP says
	// that the address is a partner's own (自有IP), which cannot be filed.
	PublicIP  Tri  `json:"public_ip,omitzero"`
	PartnerIP bool `json:"partner_ip,omitzero"`
	// IPs are all of the public addresses; none if not all are known. If none
	// of them is a public one, the instance has no public IP (ELG-PUBLICIP).
	// IPv4-mapped addresses are the IPv4 addresses that they map.
	IPs        []netip.Addr `json:"ips,omitempty"`
	IPHeld     Tri          `json:"ip_held,omitzero"`    // held by a filing not made with this instance's codes (ELG-IPINUSE)
	Downgraded Tri          `json:"downgraded,omitzero"` // 降配 since its codes were issued (RSK-DOWNGRADED)

	// ContractQuota is the number of codes that a contract with the customer
	// allows for this instance, 1 to 1000 (ELG-QUOTA). 0: the rule set's.
	ContractQuota int `json:"contract_quota,omitzero"`
}

// Limits on what one request or document may hold.
const (
	maxIDBytes     = 128
	maxRemarkBytes = 256
	maxTermMonths  = 1200
	maxIPs         = 256
	// maxAttached bounds the codes of one instance, so that closing it fits
	// into one Change; maxPartners bounds a Partners document.
	maxAttached = 1000
	maxPartners = 1000
	// maxGrantCodes bounds the codes of one grant.
	maxGrantCodes = 1000
)

// shanghai is Asia/Shanghai since 1992: no daylight saving time, so no time
// zone database is needed.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// Shanghai returns Asia/Shanghai, the zone in which months and natural years
// are counted and which texts show, as it is since 1992: eight hours ahead of
// UTC, without daylight saving time and without a time zone database.
func Shanghai() *time.Location { return shanghai }

// The instants that the library handles: years 2000 to 9998.
var (
	minInstant = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	maxInstant = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// instant checks t and truncates it to the microsecond, in UTC and without a
// monotonic reading, so that equal instants are equal values.
func instant(field string, t time.Time) (time.Time, error) {
	if t.Before(minInstant) || !t.Before(maxInstant) {
		return time.Time{}, invalid(field, "is outside the years 2000 to 9998")
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// optionalInstant is instant for a field that may be zero.
func optionalInstant(field string, t time.Time) (time.Time, error) {
	if t.IsZero() {
		return time.Time{}, nil
	}
	return instant(field, t)
}

// checkID checks an ID.
func checkID(field, id string) error {
	if p := idProblem(id); p != "" {
		return invalid(field, p)
	}
	return nil
}

// idProblem says what is wrong with an ID, or "".
func idProblem(id string) string {
	if id == "" {
		return "is empty"
	}
	if len(id) > maxIDBytes {
		return "is longer than 128 bytes"
	}
	if clean, ok := plainASCII(id); ok && clean {
		return ""
	}
	if !utf8.ValidString(id) {
		return "is not valid UTF-8"
	}
	for _, r := range id {
		if unicode.IsControl(r) {
			return "has a control character"
		}
	}
	first, _ := utf8.DecodeRuneInString(id)
	last, _ := utf8.DecodeLastRuneInString(id)
	if unicode.IsSpace(first) || unicode.IsSpace(last) {
		return "has space around it"
	}
	return ""
}

// plainASCII reports whether id is ASCII, and whether all of it is visible.
func plainASCII(id string) (clean, ascii bool) {
	clean = true
	for i := range len(id) {
		c := id[i]
		if c >= utf8.RuneSelf {
			return false, false
		}
		clean = clean && c > ' ' && c < 0x7F
	}
	return clean, true
}

// optionalID is checkID for a field that may be empty.
func optionalID(field, id string) error {
	if id == "" {
		return nil
	}
	return checkID(field, id)
}

// checkText checks free text of at most limit bytes.
func checkText(field, s string, limit int) error {
	if len(s) > limit {
		return invalid(field, "is too long")
	}
	if !utf8.ValidString(s) {
		return invalid(field, "is not valid UTF-8")
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return invalid(field, "has a control character")
		}
	}
	return nil
}

// stated reports whether any fact is stated.
func (i *Instance) stated() bool {
	return i.ID != "" || i.Owner != "" || i.Product != "" || i.Provider != "" || i.Region != "" ||
		i.Billing != 0 || i.Status != 0 || i.TermMonths != 0 || i.FirstTermMonths != 0 ||
		!i.Created.IsZero() || !i.Expires.IsZero() || !i.OrderAmount.IsZero() ||
		i.Trial != 0 || i.AutoRenew != 0 || i.PublicIP != 0 || i.PartnerIP || len(i.IPs) > 0 || i.IPHeld != 0 || i.Downgraded != 0 ||
		i.ContractQuota != 0
}

// settle makes the facts those of the instance id, of which they are said to
// be: if they name none it is theirs, and they must not name another. Facts
// that were dropped for a slip of the pen would pass what they should refuse.
func (i *Instance) settle(field string, id InstanceID) error {
	if !i.stated() || i.ID == id {
		return nil
	}
	if i.ID != "" {
		return invalid(field, "is not the instance of the code")
	}
	i.ID = id
	return nil
}

// normalize checks the facts and truncates their instants. It does not ask
// that any is known.
func (i *Instance) normalize() error {
	var err error
	if i.Created, err = optionalInstant("Instance.Created", i.Created); err != nil {
		return err
	}
	if i.Expires, err = optionalInstant("Instance.Expires", i.Expires); err != nil {
		return err
	}
	for _, f := range [...]struct{ name, text string }{
		{"Instance.ID", string(i.ID)}, {"Instance.Owner", string(i.Owner)}, {"Instance.Product", string(i.Product)},
		{"Instance.Provider", i.Provider}, {"Instance.Region", i.Region},
	} {
		if err := optionalID(f.name, f.text); err != nil {
			return err
		}
	}
	if i.Billing > PayAsYouGo {
		return invalid("Instance.Billing", "is not a known value")
	}
	if i.Status > StatusReleased {
		return invalid("Instance.Status", "is not a known value")
	}
	if i.AutoRenew > Yes || i.Trial > Yes || i.PublicIP > Yes || i.IPHeld > Yes || i.Downgraded > Yes {
		return invalid("Instance", "has a three-valued fact that is not Unknown, No or Yes")
	}
	if i.TermMonths < 0 || i.TermMonths > maxTermMonths {
		return invalid("Instance.TermMonths", "is not between 0 and 1200")
	}
	if i.FirstTermMonths < 0 || i.FirstTermMonths > maxTermMonths {
		return invalid("Instance.FirstTermMonths", "is not between 0 and 1200")
	}
	if err := checkAmount("Instance.OrderAmount", i.OrderAmount); err != nil {
		return err
	}
	i.OrderAmount = shortest(i.OrderAmount)
	if i.ContractQuota < 0 || i.ContractQuota > maxAttached {
		return invalid("Instance.ContractQuota", "is not between 0 and 1000")
	}
	i.IPs = unmapped(i.IPs)
	return checkIPs("Instance.IPs", i.IPs)
}

func checkIPs(field string, ips []netip.Addr) error {
	if p := ipsProblem(ips); p != "" {
		return invalid(field, p)
	}
	return nil
}

// ipsProblem says what is wrong with a list of addresses, or "".
func ipsProblem(ips []netip.Addr) string {
	if len(ips) > maxIPs {
		return "has more than 256 addresses"
	}
	for _, ip := range ips {
		if !ip.IsValid() || ip.Zone() != "" {
			return "has an address that is not valid"
		}
	}
	return ""
}

// expired reports whether the paid term has ended at t.
func (i *Instance) expired(t time.Time) bool { return i.ended(i.left(t)) }

// ended is expired where so much of the term is left.
func (i *Instance) ended(left int64) bool {
	return i.Status == StatusExpired || i.Billing != PayAsYouGo && !i.Expires.IsZero() && left <= 0
}

// gone reports whether the instance no longer exists for its owner.
func (i *Instance) gone() bool {
	return i.Status == StatusReleased || i.Status == StatusRefunded
}

// AddMonths returns the instant n calendar months after t, counted in
// Asia/Shanghai (ELG-TERM): the same day and time of day, or the last day of
// a month that has no such day. From 30 November 2025 three months reach
// 28 February 2026.
func AddMonths(t time.Time, n int) time.Time {
	t = t.In(shanghai)
	y, m, d := t.Date()
	first := time.Date(y, m+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), shanghai)
	return first.AddDate(0, 0, min(d, daysIn(first))-1)
}

func daysIn(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, shanghai).Day()
}

// NaturalYear returns the natural year (自然年) of t: the calendar year in
// Asia/Shanghai, on which the caps of grants are counted.
func NaturalYear(t time.Time) int { return t.In(shanghai).Year() }

// yearEnds returns the instant at which the natural year ends.
func yearEnds(year int) time.Time {
	return time.Date(year+1, 1, 1, 0, 0, 0, 0, shanghai)
}

package ruletest

import (
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// elg are the rules of eligibility.
var elg = icpcode.MakeRuleIDs(
	icpcode.ELGProduct, icpcode.ELGOwner, icpcode.ELGBilling, icpcode.ELGTerm, icpcode.ELGRemaining, icpcode.ELGRegion,
	icpcode.ELGPublicIP, icpcode.ELGStatus, icpcode.ELGIPInUse, icpcode.ELGQuota, icpcode.ELGBatch, icpcode.ELGAccount,
)

// facts is one question to the rules of eligibility.
type facts struct {
	set    *icpcode.RuleSet
	inst   *icpcode.Instance
	actor  icpcode.AccountID
	now    time.Time
	used   int // negative: unknown
	n      int
	cert   icpcode.Certification
	others bool // the codes are for another account
}

// answer answers all of the rules of eligibility, and fails FIL-FOREIGN for a
// server of another provider.
func (f *facts) answer() verdict {
	var v verdict
	i := f.inst
	q, listed := requirements(f.set, i.Product)

	product := yes(listed)
	if listed && q.MinOrder.IsPositive() {
		product = yes(i.OrderAmount.Cmp(q.MinOrder) >= 0)
		if i.OrderAmount.IsZero() {
			product = icpcode.Unknown
		}
	}
	if i.Product == "" {
		product = icpcode.Unknown
	}
	v.say(icpcode.ELGProduct, product)

	owner := yes(i.Owner == f.actor)
	if i.Owner == "" {
		owner = icpcode.Unknown
	}
	v.say(icpcode.ELGOwner, owner)

	v.say(icpcode.ELGBilling, f.billing(&q))
	v.say(icpcode.ELGTerm, f.term(&q))

	remaining := icpcode.Yes
	if q.RemainingDays > 0 {
		remaining = yes(!f.now.Add(time.Duration(q.RemainingDays) * 24 * time.Hour).After(micro(i.Expires)))
		if i.Expires.IsZero() {
			remaining = icpcode.Unknown
		}
		if i.Status == icpcode.StatusExpired { // nothing is left
			remaining = icpcode.No
		}
		if i.Billing == icpcode.PayAsYouGo {
			remaining = icpcode.Unknown
		}
	}
	v.say(icpcode.ELGRemaining, remaining)

	region := icpcode.Yes
	if q.Mainland {
		region = icpcode.Unknown
		if slices.Contains(f.set.OtherRegions, i.Region) {
			region = icpcode.No
		}
		if slices.Contains(f.set.MainlandRegions, i.Region) {
			region = icpcode.Yes
		}
	}
	v.say(icpcode.ELGRegion, region)

	address := icpcode.Yes
	if q.PublicIP {
		address = i.PublicIP
		if i.PartnerIP {
			address = icpcode.No
		}
	}
	v.say(icpcode.ELGPublicIP, address)

	v.say(icpcode.ELGStatus, f.status(&q))

	held := icpcode.Yes
	if q.IPFree && i.IPHeld == icpcode.Yes {
		held = icpcode.No
	}
	if q.IPFree && i.IPHeld == icpcode.Unknown {
		held = icpcode.Unknown
	}
	v.say(icpcode.ELGIPInUse, held)

	// A product that supplies no codes has no quota to exceed; that of an
	// unknown product is unknown. More than the whole quota is never there.
	quota := icpcode.Yes
	if f.limit() == icpcode.UnknownLimit {
		if f.n > 0 {
			quota = icpcode.Unknown
		}
	} else if listed || i.Product == "" {
		quota = yes(max(0, f.used)+f.n <= f.limit())
		if !listed || f.used < 0 && f.n <= f.limit() {
			quota = icpcode.Unknown
		}
	}
	v.say(icpcode.ELGQuota, quota)
	v.say(icpcode.ELGBatch, batchOf(f.set, f.n))

	account := icpcode.Yes
	if f.set.Account == icpcode.AccountAll || f.set.Account == icpcode.AccountOthers && f.others {
		account = yes(f.cert == icpcode.Enterprise)
		if f.cert == icpcode.CertificationUnknown {
			account = icpcode.Unknown
		}
	}
	v.say(icpcode.ELGAccount, account)

	if i.Provider != "" && i.Provider != f.set.Provider {
		v.say(icpcode.FILForeign, icpcode.No)
	}
	return v
}

// limit is the quota that the rules or the contract give; a product that is
// not listed has none.
func (f *facts) limit() int {
	q, listed := requirements(f.set, f.inst.Product)
	if !listed {
		return 0
	}
	if f.inst.ContractQuota > 0 {
		return f.inst.ContractQuota
	}
	if q.QuotaUnknown {
		return icpcode.UnknownLimit
	}
	return q.Quota
}

func (f *facts) billing(q *icpcode.Requirements) icpcode.Tri {
	i := f.inst
	if !q.Subscription {
		return icpcode.Yes
	}
	if i.Billing == icpcode.PayAsYouGo || i.Trial == icpcode.Yes {
		return icpcode.No
	}
	if i.Billing == icpcode.Subscription && i.Trial == icpcode.No {
		return icpcode.Yes
	}
	return icpcode.Unknown
}

func (f *facts) term(q *icpcode.Requirements) icpcode.Tri {
	i := f.inst
	if q.TermMonths == 0 {
		return icpcode.Yes
	}
	if i.Billing == icpcode.PayAsYouGo {
		return icpcode.Unknown
	}
	bought := i.TermMonths
	if q.FirstPurchaseOnly {
		bought = i.FirstTermMonths
		if bought > i.TermMonths && i.TermMonths > 0 { // the first purchase is a part of the whole
			bought = i.TermMonths
		}
	}
	if bought > 0 {
		// What lasts more than a day too short was not bought for so long.
		known := !i.Created.IsZero() && !i.Expires.IsZero()
		denied := known && monthsAfter(micro(i.Created), q.TermMonths).After(micro(i.Expires).Add(day))
		return yes(bought >= q.TermMonths && !denied)
	}
	// The first purchase is a part of the whole.
	if i.TermMonths > 0 && i.TermMonths < q.TermMonths {
		return icpcode.No
	}
	// A term ends no later than it expires.
	if !i.Created.IsZero() && !i.Expires.IsZero() && monthsAfter(micro(i.Created), q.TermMonths).After(micro(i.Expires)) {
		return icpcode.No
	}
	return icpcode.Unknown
}

func (f *facts) status(q *icpcode.Requirements) icpcode.Tri {
	i := f.inst
	if !q.Running {
		return icpcode.Yes
	}
	if expired(i, f.now) {
		return icpcode.No
	}
	switch i.Status {
	case icpcode.StatusUnknown:
		return icpcode.Unknown
	case icpcode.StatusRunning:
		return icpcode.Yes
	case icpcode.StatusStopped:
		return yes(q.StoppedPasses)
	}
	return icpcode.No
}

// expired reports whether the paid term is over. Pay-as-you-go has none.
func expired(i *icpcode.Instance, now time.Time) bool {
	over := !i.Expires.IsZero() && !micro(i.Expires).After(now) && i.Billing != icpcode.PayAsYouGo
	return over || i.Status == icpcode.StatusExpired
}

// ahead is how far the clocks of Shanghai are ahead of UTC.
const ahead = 8 * time.Hour

// year is the natural year of t.
func year(t time.Time) int { return t.UTC().Add(ahead).Year() }

// newYear is the instant at which a natural year begins.
func newYear(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Add(-ahead) }

// monthsAfter is n calendar months after t in Shanghai, or the last day of a
// month that is too short.
func monthsAfter(t time.Time, n int) time.Time {
	t = t.UTC().Add(ahead)
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	months := t.Year()*12 + int(t.Month()) - 1 + n
	y, month := months/12, months%12+1
	last := []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		last = 29
	}
	day := time.Date(y, time.Month(month), min(t.Day(), last), 0, 0, 0, 0, time.UTC)
	return day.Add(t.Sub(midnight)).Add(-ahead)
}

// batchOf answers ELG-BATCH. Where no source gives the limit, one code passes.
func batchOf(set *icpcode.RuleSet, n int) icpcode.Tri {
	if n < 1 {
		return icpcode.No
	}
	if set.BatchUnknown {
		if n == 1 {
			return icpcode.Yes
		}
		return icpcode.Unknown
	}
	return yes(n <= set.Batch)
}

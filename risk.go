package icpcode

import "time"

// rskRules are what a review asks.
const rskRules = RuleIDs(1<<(RSKIP+1) - 1<<RSKExpiring)

// Review answers what became of the instance of a code that a filing rests on
// (RSK): a rule that fails is a risk to the filing, not to the code, which
// stays as it is. A fact that today lacks raises no finding: its rule is in
// Unknown and Assumed. Where today has no fact at all the review cannot tell,
// which is a finding: nothing is assumed. Codes that are neither Filed
// nor Filing have nothing at risk. It is pure and allocates nothing.
func (s *RuleSet) Review(r Record, today Instance, t time.Time) Decision {
	d := Decision{At: t, set: s, action: r.Last, state: r.State, actor: r.Owner, instance: today}
	if r.State != StateFiled && r.State != StateFiling {
		return d
	}
	if today.ID != r.InstanceID {
		today = Instance{}
		d.instance = today
	}
	q, _ := s.requirements(r.Product)
	var m [3]RuleIDs
	m[s.lasting(&r, &today, t)] |= 1 << RSKExpiring
	m[present(&today)] |= 1 << RSKReleased
	m[prepaid(q, &today)] |= 1 << RSKBilling
	m[s.undiminished(q, &today)] |= 1 << RSKDowngraded
	m[sameOwner(&r, &today)] |= 1 << RSKOwner
	m[keepsIPs(&r, &today)] |= 1 << RSKIP
	d.Unknown = m[Unknown] & rskRules
	d.Fail = m[No] & rskRules
	d.Pass = m[Yes] & rskRules
	if today.stated() {
		d.Assumed = d.Unknown
	}
	if d.Fail != 0 {
		d.Advice = 1 << RSKMove
	}
	return d
}

// lasting: RSK-EXPIRING. A review that has begun must be able to end.
func (s *RuleSet) lasting(r *Record, today *Instance, t time.Time) Tri {
	if today.expired(t) {
		return No
	}
	if today.Billing == PayAsYouGo || today.Expires.IsZero() {
		return Unknown
	}
	days := s.Risk.ExpiringDays
	if r.State == StateFiling {
		days = max(days, s.Risk.ReviewDays)
	}
	return tri(today.Expires.Sub(t) > time.Duration(days)*day)
}

// present: RSK-RELEASED.
func present(today *Instance) Tri {
	if today.Status == StatusUnknown {
		return Unknown
	}
	return tri(!today.gone())
}

// prepaid: RSK-BILLING.
func prepaid(q *Requirements, today *Instance) Tri {
	if !q.Subscription {
		return Yes
	}
	if today.Billing == BillingUnknown {
		return Unknown
	}
	return tri(today.Billing == Subscription)
}

// undiminished: RSK-DOWNGRADED. It fails also where the instance lost its
// public address or region.
func (s *RuleSet) undiminished(q *Requirements, today *Instance) Tri {
	address, region := q.publicIP(today), s.region(q, today)
	if today.Downgraded == Yes || address == No || region == No {
		return No
	}
	if today.Downgraded == Unknown || address == Unknown || region == Unknown {
		return Unknown
	}
	return Yes
}

// sameOwner: RSK-OWNER.
func sameOwner(r *Record, today *Instance) Tri {
	if today.Owner == "" {
		return Unknown
	}
	return tri(today.Owner == r.Owner)
}

// keepsIPs: RSK-IP.
func keepsIPs(r *Record, today *Instance) Tri {
	if r.Filing == nil || len(r.Filing.IPs) == 0 {
		return Unknown
	}
	if len(today.IPs) == 0 {
		if today.PublicIP == No {
			return No
		}
		return Unknown
	}
	for _, ip := range r.Filing.IPs {
		if !hasIP(today.IPs, ip) {
			return No
		}
	}
	return Yes
}

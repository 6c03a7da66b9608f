package icpcode

import "time"

// rskRules are what a review asks.
const rskRules = RuleIDs(1<<(RSKIP+1) - 1<<RSKExpiring)

// Review answers what became of the instance of a code that a filing rests on
// (RSK): a rule that fails is a risk to the filing, not to the code, which
// stays as it is. A fact that today lacks raises no finding: its rule is in
// Unknown and Assumed. Where today has no fact at all the review cannot tell,
// which is a finding: nothing is assumed. That an instance expires soon which
// renews itself is advice and no risk (RSK-EXPIRING). Codes that are neither Filed
// nor Filing have nothing at risk, and neither have those whose filing ended
// (RSK-ENDED). It is pure and allocates nothing.
func (s *RuleSet) Review(r Record, today Instance, t time.Time) (d Decision) {
	roles := rolesOf(true, false, r.Grantee != "")
	if today.ID != r.InstanceID {
		today = Instance{}
	}
	d.Case.begin(OperationReview, t)
	d.Case.about(&r, roles, r.Owner, &today)
	d.Case.reviewed(r.Filing)
	d.Case.round()
	s.decide(&d)
	return d
}

// reviewed adds the filing that a review is about; nil: it is not known.
// Records of before hold addresses as they were typed.
func (c *Case) reviewed(f *Filing) {
	if f != nil {
		c.Filing.IPs = unmapped(f.IPs)
	}
}

// lasting: RSK-EXPIRING. A review that has begun must be able to end.
func (s *RuleSet) lasting(state State, today *Instance, t time.Time) Tri {
	if today.expired(t) {
		return No
	}
	if today.Billing == PayAsYouGo || today.Expires.IsZero() {
		return Unknown
	}
	days := s.Risk.ExpiringDays
	if state == StateFiling {
		days = max(days, s.Risk.ReviewDays)
	}
	return tri(today.Expires.Sub(t) > time.Duration(days)*day)
}

// renews reports whether the instance renews itself before its term ends, which
// lies ahead of t. A term that has ended was not renewed, whatever was stated.
func (i *Instance) renews(t time.Time) bool {
	return i.AutoRenew == Yes && !i.Expires.IsZero() && !i.expired(t)
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

// keepsIPs: RSK-IP. That there is no public address wins over a list of them.
func keepsIPs(f *CaseFiling, today *Instance) Tri {
	if len(f.IPs) == 0 {
		return Unknown
	}
	if today.PublicIP == No {
		return No
	}
	if len(today.IPs) == 0 {
		return Unknown
	}
	for _, ip := range f.IPs {
		if !hasIP(today.IPs, ip) {
			return No
		}
	}
	return Yes
}

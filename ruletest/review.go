package ruletest

import (
	"net/netip"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// troubled returns what is known of an instance in a review: the truth, but in
// most turns with something wrong with it.
func (w *world) troubled(id icpcode.InstanceID) icpcode.Instance {
	i := w.todays(id)
	if i.ID == "" {
		return i
	}
	switch (w.turn + len(w.used)) % 9 {
	case 1:
		i.Billing = icpcode.PayAsYouGo
	case 2:
		i.Downgraded = icpcode.Yes
	case 3:
		i.IPs = addresses[1:2]
		i.PublicIP = icpcode.Tri(w.turn % 3)
	case 4:
		i.Expires = micro(w.now).Add(time.Duration(w.turn*7%45) * day)
		i.AutoRenew = icpcode.Tri(w.turn % 3)
	case 5:
		i.Status = icpcode.StatusReleased
	case 6:
		i.Owner = w.everyone[w.turn%len(w.everyone)]
	case 7:
		i.Expires, i.Owner, i.Downgraded, i.IPs = time.Time{}, "", icpcode.Unknown, nil
	case 8:
		return icpcode.Instance{} // nothing is known
	}
	return i
}

// risks says what is wrong with the filing that rests on a code, what a review
// advises, and whether it lists the filing: where something is wrong or to be
// kept in mind, and where nothing is known. Told says that the viewer knows the
// filed addresses.
func (m *model) risks(r *icpcode.Record, today icpcode.Instance, now time.Time, told bool) (wrong, advice icpcode.RuleIDs, listed bool) {
	if !rests(r) {
		return 0, 0, false
	}
	set := m.inForce(now)
	if l := m.ledgers[r.InstanceID]; l != nil && l.Closed != icpcode.ActionNone {
		today.ID, today.Status = r.InstanceID, icpcode.StatusReleased
	}
	if today.ID == "" {
		return 0, 0, true
	}
	q, _ := requirements(set, r.Product)
	is := func(rule icpcode.Rule, bad bool) {
		if bad {
			wrong |= icpcode.MakeRuleIDs(rule)
		}
	}
	horizon := set.Risk.ExpiringDays
	if r.State == icpcode.StateFiling {
		horizon = max(horizon, set.Risk.ReviewDays)
	}
	paid := today.Billing != icpcode.PayAsYouGo && !today.Expires.IsZero()
	soon := paid && !micro(today.Expires).After(now.Add(time.Duration(horizon)*day))
	if soon && today.AutoRenew == icpcode.Yes && !expired(&today, now) {
		soon, advice = false, icpcode.MakeRuleIDs(icpcode.RSKExpiring)
	}
	is(icpcode.RSKExpiring, expired(&today, now) || soon)
	is(icpcode.RSKReleased, today.Status == icpcode.StatusReleased || today.Status == icpcode.StatusRefunded)
	is(icpcode.RSKBilling, q.Subscription && today.Billing == icpcode.PayAsYouGo)
	lostIP := q.PublicIP && (today.PartnerIP || today.PublicIP == icpcode.No)
	is(icpcode.RSKDowngraded, today.Downgraded == icpcode.Yes || lostIP || q.Mainland && slices.Contains(set.OtherRegions, today.Region))
	is(icpcode.RSKOwner, today.Owner != "" && today.Owner != r.Owner)
	none := today.PublicIP == icpcode.No
	if told && r.Filing != nil && (none || len(today.IPs) > 0) {
		gone := none || slices.ContainsFunc(r.Filing.IPs, func(ip netip.Addr) bool { return !slices.Contains(today.IPs, ip) })
		is(icpcode.RSKIP, gone && len(r.Filing.IPs) > 0)
	}
	if wrong != 0 {
		advice |= icpcode.MakeRuleIDs(icpcode.RSKMove)
	}
	return wrong, advice, advice != 0
}

// review checks that a review of an account lists exactly the filings that the
// model says are at risk, and judges each decision twice.
func (w *world) review(account icpcode.AccountID) {
	type answer struct{ fail, advice icpcode.RuleIDs }
	found := map[icpcode.Code]answer{}
	var whole []icpcode.Assessment
	r := icpcode.ListRequest{Actor: account, Account: account, Facts: each(w.troubled)}
	for a, err := range w.eng.Review(w.ctx, r) {
		if err != nil {
			w.Fatalf("%v", err)
		}
		w.twice(nil, &a.Decision)
		if _, again := found[a.Record.Code]; again {
			w.fail(nil, "a review of %q lists a filing twice", account)
		}
		whole = append(whole, a)
		found[a.Record.Code] = answer{a.Decision.Fail, a.Decision.Advice}
	}
	if w.turn%3 == 1 {
		w.reviewPages(r, whole)
	}
	now := micro(w.now)
	for _, c := range w.model.order {
		r := w.model.codes[c]
		if r.Owner != account && r.Grantee != account {
			continue
		}
		wrong, advice, listed := w.model.risks(r, w.troubled(r.InstanceID), now, account == holder(r) || account == w.operator)
		got, is := found[c]
		if is != listed || got != (answer{wrong, advice}) {
			w.fail(nil, "a review of %q lists a %v filing: %v, with %v; the model %v, with %v", account, r.State, is, got, listed, answer{wrong, advice})
		}
		delete(found, c)
		for rule := range wrong.All() {
			w.seen.risks[rule]++
		}
		if ended(r) {
			goesOn := *r
			goesOn.Progress = nil
			lost, _, _ := w.model.risks(&goesOn, w.troubled(r.InstanceID), now, false)
			w.seen.mark(endedAtRisk, lost != 0)
		}
		w.seen.mark(atEase, rests(r) && !listed)
		w.seen.mark(renewing, listed && wrong == 0 && advice != 0)
	}
	if len(found) > 0 {
		w.fail(nil, "a review of %q lists %d filings that are not its own", account, len(found))
	}
}

package icpcode

import (
	"strings"
)

// product: ELG-PRODUCT.
func (e *explainer) product() words {
	i := &e.instance
	var listed []string
	for _, p := range e.set.Products {
		listed = append(listed, e.productName(p.Product))
	}
	w := words{
		required: e.say("a product that supplies codes: %s", strings.Join(listed, e.say(", "))),
		found:    e.productName(i.Product), remedy: e.say("use a server of a listed product"),
	}
	if len(listed) == 0 {
		w.required = e.say("a product that supplies codes: the rule set lists none")
	}
	if i.Product == "" {
		w.lack(e, FactProduct, "the product")
		return w
	}
	if !e.listed || e.q.MinOrder.IsZero() {
		return w
	}
	w.required = e.join(w.required, e.say("an order of at least CNY %s", e.q.MinOrder))
	w.remedy = e.say("use a server whose order reaches CNY %s", e.q.MinOrder)
	if i.OrderAmount.IsZero() {
		w.lack(e, FactOrderAmount, "the amount of the order")
		return w
	}
	if checkAmount("", i.OrderAmount) != nil {
		w.lack(e, FactOrderAmount, "the amount of the order")
		return w
	}
	w.found = e.join(w.found, e.say("an order of CNY %s", i.OrderAmount))
	return w
}

func (e *explainer) productName(p Product) string {
	if label, ok := productLabels[p]; ok {
		return e.say(label)
	}
	return plain(string(p))
}

// owner: ELG-OWNER.
func (e *explainer) owner() words {
	w := words{
		required: e.say("the account that bought the instance"), found: e.say("another account bought it"),
		remedy: e.say("apply with the purchasing account; the new owner of a second-hand server applies itself"),
	}
	if e.Case.Bought.asker() == Yes {
		w.found = e.say("the applicant bought it")
	}
	if e.Case.Bought == RelationUnknown {
		w.lack(e, FactOwner, "who bought it")
	}
	return w
}

// billing: ELG-BILLING.
func (e *explainer) billing() words {
	i := &e.instance
	w := words{
		required: e.say("subscription, not a trial"), free: !e.q.Subscription,
		found: e.join(labelOf(e.Lang, billingLabels, i.Billing), labelOf(e.Lang, trialLabels, i.Trial)),
	}
	if i.Trial == Yes {
		w.remedy = e.say("buy a subscription in place of the trial")
	}
	if i.Billing == PayAsYouGo {
		w.remedy = e.say("convert it to subscription")
	}
	if i.Billing == BillingUnknown {
		w.lack(e, FactBilling, "how it is paid for")
	}
	if i.Trial == Unknown {
		w.lack(e, FactTrial, "whether it is a trial")
	}
	return w
}

// term: ELG-TERM.
func (e *explainer) term() words {
	i, n := &e.instance, e.q.TermMonths
	w := words{
		required: e.plural(n, "bought for at least %d calendar month, renewals included", "bought for at least %d calendar months, renewals included"),
		remedy:   e.plural(n, "renew until %d calendar month is bought", "renew until %d calendar months are bought"),
		free:     n == 0,
	}
	months, lacks, what := i.TermMonths, FactTermMonths, "the term bought, in months"
	if e.q.FirstPurchaseOnly {
		w.required = e.plural(n, "first bought for at least %d calendar month", "first bought for at least %d calendar months")
		w.remedy = e.say("use an instance that was first bought for that long; renewing does not help")
		lacks, what = FactFirstTermMonths, "the term of the first purchase, in months"
		if i.FirstTermMonths > 0 {
			months = i.FirstTermMonths
		}
	}
	if i.Billing == PayAsYouGo {
		return e.noTerm(w)
	}
	if months > 0 {
		w.found = e.plural(months, "%d calendar month", "%d calendar months")
		if e.q.FirstPurchaseOnly && i.FirstTermMonths == 0 {
			w.found = e.plural(months, "%d calendar month, renewals included", "%d calendar months, renewals included")
		}
	}
	if months >= n && e.outcome == OutcomeFailed && !i.Created.IsZero() {
		w.found = e.join(w.found, e.say("but it lasts from %s to %s only", when(i.Created), when(i.Expires)))
	}
	if months == 0 && e.outcome == OutcomeFailed && !i.Created.IsZero() {
		w.found = e.say("too short, for it lasts from %s to %s", when(i.Created), when(i.Expires))
	}
	w.lack(e, lacks, what)
	return w
}

// noTerm says that what is paid as it goes has no paid term.
func (e *explainer) noTerm(w words) words {
	w.found = e.say("pay-as-you-go, which has no term")
	w.remedy = e.say("convert it to subscription")
	return w
}

// remaining: ELG-REMAINING.
func (e *explainer) remaining() words {
	n := e.q.RemainingDays
	w := words{
		required: e.plural(n, "at least %d full day left", "at least %d full days left"),
		found:    e.expiry(), free: n == 0,
		remedy: e.say("renew; a server fresh from the shortest term that can be bought may fail by a day or two"),
	}
	if e.instance.Billing == PayAsYouGo {
		return e.noTerm(w)
	}
	if e.instance.Expires.IsZero() {
		w.lack(e, FactExpires, "when it expires")
	}
	return w
}

// region: ELG-REGION.
func (e *explainer) region() words {
	region := plain(e.instance.Region)
	w := words{
		required: e.say("a region in mainland China"), found: region,
		remedy: e.say("buy in a mainland region"), free: !e.q.Mainland,
	}
	if e.instance.Region == "" {
		w.found = ""
		w.lack(e, FactRegion, "the region")
		return w
	}
	if e.outcome == OutcomeFailed {
		w.found = e.say("%s, outside mainland China", region)
	}
	if e.outcome == OutcomeUnknown || e.outcome == OutcomeAssumed {
		w.found = e.say("not known: the rule set does not list %s", region)
		w.facts = []Fact{FactRegion}
		w.remedy = e.say("state the region as the provider spells it")
	}
	return w
}

// publicIP: ELG-PUBLICIP.
func (e *explainer) publicIP() words {
	w := words{
		required: e.say("a public IP of the provider's"), found: e.addresses(),
		remedy: e.say("buy public bandwidth or bind an EIP"), free: !e.q.PublicIP,
	}
	if e.set.gateways() && e.instance.Product != NAT && e.instance.Product != SLB {
		w.remedy = e.join(w.remedy, e.say("behind a NAT gateway or load balancer that has one, apply with that"))
	}
	if e.instance.PublicIP == Unknown && !e.instance.noPublicIP() {
		w.lack(e, FactPublicIP, "whether it has a public IP")
	}
	return w
}

// gateways reports whether what servers can be reached through supplies codes.
func (s *RuleSet) gateways() bool {
	_, nat := s.requirements(NAT)
	_, slb := s.requirements(SLB)
	return nat || slb
}

// addresses shows the public addresses, which may be masked; "" where it is
// not known whether there are any.
func (e *explainer) addresses() string {
	i := &e.instance
	if i.PartnerIP {
		return e.say("a partner's own IP")
	}
	if i.PublicIP == No {
		return e.say("no public IP")
	}
	if len(i.IPs) == 0 && i.PublicIP == Yes {
		return e.say("present")
	}
	if len(i.IPs) == 0 {
		return ""
	}
	first := i.IPs[0].Unmap()
	if i.noPublicIP() && i.PublicIP == Yes {
		return e.say("stated to have one, but %s is not public", first)
	}
	if i.noPublicIP() {
		return e.say("%s, which is not public", first)
	}
	if len(i.IPs) == 1 {
		return first.String()
	}
	return e.say("%s and %d more", first, len(i.IPs)-1)
}

// status: ELG-STATUS.
func (e *explainer) status() words {
	i := &e.instance
	w := words{required: e.say("running, not expired"), found: labelOf(e.Lang, statusLabels, i.Status), free: !e.q.Running}
	if e.q.StoppedPasses {
		w.required = e.say("running or stopped, not expired")
	}
	w.remedy = e.say("start it")
	if i.Status == StatusPending {
		w.remedy = e.say("wait until it runs")
	}
	var settle, renew string
	if i.Status == StatusLocked {
		settle = e.say("settle the lock")
		w.remedy = settle
	}
	if i.expired(e.Case.At) {
		renew = e.say("renew")
		w.remedy = e.join(renew, settle)
	}
	if i.gone() {
		w.remedy = e.say("use another instance")
	}
	if renew != "" && !i.Expires.IsZero() && !e.Case.At.Before(i.Expires) {
		w.found = e.join(w.found, e.expiry())
	}
	if i.Status == StatusUnknown {
		w.lack(e, FactStatus, "its status")
	}
	return w
}

// ipInUse: ELG-IPINUSE.
func (e *explainer) ipInUse() words {
	w := words{
		required: e.say("an IP that no other filing holds"), found: e.say("held by another filing"),
		remedy: e.say("release the other filing or use another IP"), free: !e.q.IPFree,
	}
	if e.instance.IPHeld == No {
		w.found = e.say("held by no other filing")
	}
	if e.instance.IPHeld == Unknown {
		w.found = ""
		w.lack(e, FactIPHeld, "whether another filing holds its IP")
	}
	return w
}

// orBuy is a remedy with a paid code where the provider sells them.
func (e *explainer) orBuy(alone, sold string) string {
	if e.set.Life.SellsCodes {
		return e.say(sold)
	}
	return e.say(alone)
}

// quota: ELG-QUOTA.
func (e *explainer) quota() words {
	q := e.Quota
	w := words{
		required: e.plural(q.Limit, "at most %d code ever, for the instance", "at most %d codes ever, for the instance"),
		found:    e.say("%d issued, %d requested", max(q.Used, 0), q.Requested),
		remedy:   e.orBuy("use another instance", "use another instance, or buy a paid code"), free: !e.listed,
	}
	if e.q.PerAccount && e.instance.ContractQuota == 0 {
		w.required = e.plural(q.Limit, "at most %d code ever, for this product in the account", "at most %d codes ever, for this product in the account")
		w.remedy = e.orBuy("use another product", "use another product, or buy a paid code")
	}
	if e.instance.ContractQuota > 0 && e.listed {
		w.required = e.join(w.required, e.say("as the contract says"))
	}
	left := q.Left()
	switch {
	case e.instance.Product == "":
		w.required = e.say("codes left of the product's quota")
		w.lack(e, FactProduct, "the product")
	case q.Limit == UnknownLimit:
		w.required = e.say("codes left of the quota, which no source gives")
		w.lack(e, FactContractQuota, "how many codes the provider allows")
	case q.Used >= 0:
	case q.Requested > q.Limit: // too many, whatever was issued before
		w.found = e.say("%d requested", q.Requested)
		left = q.Limit
	case e.Case.Bought == RelationUnknown:
		w.lack(e, FactOwner, "who bought it")
	case e.Case.Bought.asker() == Yes:
		w.lack(e, FactIssued, "how many codes were issued")
	default:
		w.found = e.say("not known: the count is for the instance's owner alone")
		w.remedy = e.say("apply as the owner")
	}
	if left > 0 {
		w.remedy = e.join(e.say("request at most %d", left), w.remedy)
	}
	return w
}

// batch: ELG-BATCH.
func (e *explainer) batch() words {
	w := words{
		required: e.say("1 to %d codes in one request", e.set.Batch), found: e.say("%d requested", e.Quota.Requested),
		remedy: e.say("split the request"),
	}
	if e.Quota.Requested < 1 {
		w.remedy = e.say("request at least one")
	}
	return w
}

// account: ELG-ACCOUNT.
func (e *explainer) account() words {
	w := e.certified()
	w.required = e.say("an enterprise account, to issue codes")
	w.remedy = e.say("verify as an enterprise, or file with the purchasing account")
	w.free = e.set.Account == AccountAny || e.set.Account == AccountOthers && !e.Case.ForAnother
	if e.set.Account == AccountOthers {
		w.required = e.say("an enterprise account, to issue codes for another account")
	}
	return w
}

func (e *explainer) certified() words {
	w := words{found: labelOf(e.Lang, certificationLabels, e.Case.Certification)}
	if e.Case.Certification == CertificationUnknown {
		w.lack(e, FactCertification, "how the account was verified")
	}
	return w
}

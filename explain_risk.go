package icpcode

// expiring: RSK-EXPIRING.
func (e *explainer) expiring() words {
	n := e.set.Risk.ExpiringDays
	w := words{required: e.plural(n, "no expiry within %d day", "no expiry within %d days"), found: e.expiry(), remedy: e.say("renew")}
	if e.state == StateFiling && e.set.Risk.ReviewDays > n {
		n = e.set.Risk.ReviewDays
		w.required = e.plural(n, "no expiry within %d day, before the review can end", "no expiry within %d days, before the review can end")
	}
	if w.found == "" {
		w.found = labelOf(e.Lang, statusLabels, e.instance.Status)
		w.lack(e, FactExpires, "when it expires")
	}
	return w
}

// released: RSK-RELEASED.
func (e *explainer) released() words {
	w := words{
		required: e.say("an instance that still exists"), found: labelOf(e.Lang, statusLabels, e.instance.Status),
		remedy: e.say("file an access or change filing with another server's code at once"),
	}
	if e.instance.Status == StatusUnknown {
		w.lack(e, FactStatus, "its status")
	}
	return w
}

// rebilled: RSK-BILLING.
func (e *explainer) rebilled() words {
	w := words{
		required: e.say("an instance that stays a subscription"), found: labelOf(e.Lang, billingLabels, e.instance.Billing),
		remedy: e.say("convert it to subscription"),
	}
	if e.instance.Billing == BillingUnknown {
		w.lack(e, FactBilling, "how it is paid for")
	}
	return w
}

// downgraded: RSK-DOWNGRADED.
func (e *explainer) downgraded() words {
	i := &e.instance
	var lower, ip, region string
	if i.Downgraded == Yes {
		lower = e.say("downgraded")
	}
	if i.PartnerIP || i.PublicIP == No || i.noPublicIP() {
		ip = e.addresses()
	}
	if e.set.region(&Requirements{Mainland: true}, i) == No {
		region = e.say("%s, outside mainland China", plain(i.Region))
	}
	w := words{
		required: e.say("an instance as eligible as when its codes were issued"), found: e.join(lower, ip, region),
		remedy: e.say("upgrade it again and restore what it lost, such as an EIP"),
	}
	if i.Downgraded == Unknown {
		w.lack(e, FactDowngraded, "whether it was downgraded")
	}
	if w.found == "" {
		w.found = e.general(RSKDowngraded).found
	}
	return w
}

// resold: RSK-OWNER.
func (e *explainer) resold() words {
	w := words{
		required: e.say("an instance that keeps its owner"), found: e.say("another account owns it now"),
		remedy: e.say("file an access or change filing with a code of a server of your own"),
	}
	if e.outcome == OutcomePassed {
		w.found = e.say("it has the same owner")
	}
	if e.Case.Bought == RelationUnknown {
		w.lack(e, FactOwner, "who owns it")
	}
	return w
}

// ipGone: RSK-IP.
func (e *explainer) ipGone() words {
	w := words{
		required: e.say("the filed IP on the instance"), found: e.addresses(),
		remedy: e.say("put the filed IP back, or file a change filing"),
	}
	if e.outcome == OutcomeFailed {
		w.found = e.join(e.say("the filed IP is gone"), w.found)
	}
	if len(e.instance.IPs) == 0 {
		w.lack(e, FactIPs, "its public IPs")
		return w
	}
	w.lack(e, FactFilingIPs, "the filed IPs")
	return w
}

// move: RSK-MOVE.
func (e *explainer) move() words {
	return words{
		required: e.say("nothing: it is advice"), found: e.say("a filing rests on this server"),
		remedy: e.say("before leaving it, file an access or change filing with the new server's code; within one cloud changing DNS is said to do"),
	}
}

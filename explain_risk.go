package icpcode

// expiring: RSK-EXPIRING.
func (e *explainer) expiring() words {
	n := e.set.Risk.ExpiringDays
	w := words{required: e.plural(n, "no expiry within %d day", "no expiry within %d days", "%d天内不到期"), found: e.expiry(), remedy: e.byOwner("renew the instance", "为实例续费")}
	if e.state == StateFiling && e.set.Risk.ReviewDays > n {
		n = e.set.Risk.ReviewDays
		w.required = e.plural(n, "no expiry within %d day, before the review can end", "no expiry within %d days, before the review can end", "%d天内（审核结束前）不到期")
	}
	if w.found == "" {
		w.found = labelOf(e.Lang, statusLabels, e.instance.Status)
		w.lack(e, FactExpires, "when it expires", "到期时间")
		return w
	}
	if e.instance.expired(e.Case.At) {
		w.found = e.lapse()
		if e.instance.AutoRenew == Yes {
			w.found = e.join(w.found, e.say("although auto-renewal is stated to be on", "但记为已开启自动续费"))
		}
		return w
	}
	switch e.instance.AutoRenew {
	case Yes:
		w.found = e.join(w.found, e.say("auto-renewal is on", "已开启自动续费"))
		w.remedy = e.byOwner("keep the balance sufficient until then: the instance renews by itself only if it can be paid", "在到期前确保账户余额充足：余额充足时实例自动续费")
	case No:
		w.found = e.join(w.found, e.say("auto-renewal is off", "未开启自动续费"))
		w.remedy = e.byOwner("renew the instance, or turn on auto-renewal", "为实例续费，或开启自动续费")
	case Unknown:
	}
	return w
}

// released: RSK-RELEASED.
func (e *explainer) released() words {
	w := words{
		required: e.say("an instance that still exists", "实例仍然存在"), found: labelOf(e.Lang, statusLabels, e.instance.Status),
		remedy: e.byHolder("file an access or change filing with another server's code at once", "立即使用其他服务器的备案服务码办理接入备案或变更备案"),
	}
	if e.instance.Status == StatusUnknown {
		w.lack(e, FactStatus, "its status", "实例状态")
	}
	return w
}

// rebilled: RSK-BILLING.
func (e *explainer) rebilled() words {
	w := words{
		required: e.say("an instance that stays a subscription", "实例保持包年/包月"), found: labelOf(e.Lang, billingLabels, e.instance.Billing),
		remedy: e.byOwner("convert the instance to subscription", "将实例转为包年/包月（转包月）"),
	}
	if e.instance.Billing == BillingUnknown {
		w.lack(e, FactBilling, "how it is paid for", "计费方式")
	}
	return w
}

// downgraded: RSK-DOWNGRADED.
func (e *explainer) downgraded() words {
	i := &e.instance
	var lower, ip, region string
	if i.Downgraded == Yes {
		lower = e.say("downgraded", "已降配")
	}
	if i.PartnerIP || i.PublicIP == No || i.noPublicIP() {
		ip = e.addresses()
	}
	if e.set.Mainland(i.Region) == No {
		region = e.say("%s, outside mainland China", "%s，不在中国大陆", plain(i.Region))
	}
	w := words{
		required: e.say("an instance as eligible as when its codes were issued", "实例保持在符合申请备案服务码条件的状态"), found: e.join(lower, ip, region),
		remedy: e.byOwner("upgrade the instance again and restore what it lost, such as an EIP", "将实例升配，并恢复缺失的条件，例如绑定EIP"),
	}
	if i.Downgraded == Unknown {
		w.lack(e, FactDowngraded, "whether it was downgraded", "是否已降配")
	}
	if w.found == "" {
		w.found = e.general(RSKDowngraded).found
	}
	return w
}

// resold: RSK-OWNER.
func (e *explainer) resold() words {
	w := words{
		required: e.say("an instance that keeps its owner", "实例未转给其他账号"), found: e.say("another account owns it now", "当前属于其他账号"),
		remedy: e.byHolder("file an access or change filing with a code of another server", "使用其他服务器的备案服务码办理接入备案或变更备案"),
	}
	if e.outcome == OutcomePassed {
		w.found = e.say("it has the same owner", "所属账号未变")
	}
	if e.Case.Bought == RelationUnknown {
		w.lack(e, FactOwner, "who owns it", "当前所属账号")
	}
	return w
}

// ipGone: RSK-IP.
func (e *explainer) ipGone() words {
	w := words{
		required: e.say("the filed IP on the instance", "备案IP仍在实例上"), found: e.addresses(),
		remedy: e.say("%s, or %s", "%s，或%s", e.byOwner("put the filed IP back", "恢复备案IP"), e.byHolder("file a change filing", "办理变更备案")),
	}
	if e.outcome == OutcomeFailed {
		w.found = e.join(e.say("the filed IP is gone", "备案IP已不在实例上"), w.found)
	}
	if len(e.instance.IPs) == 0 {
		w.lack(e, FactIPs, "its public IPs", "实例的公网IP")
		return w
	}
	w.lack(e, FactFilingIPs, "the filed IPs", "备案IP")
	return w
}

// move: RSK-MOVE.
func (e *explainer) move() words {
	file := e.byHolder("file an access or change filing with the new server's code", "用新服务器的备案服务码办理接入备案或变更备案")
	return words{
		required: e.say("nothing: it is advice", "无要求，仅为建议"), found: e.say("a filing rests on this server", "该服务器上有备案"),
		remedy: e.say("before leaving it, %s; inside one cloud changing DNS is said to be enough", "弃用旧服务器前，先%s；同一提供商内更换服务器，修改DNS解析即可", file),
	}
}

package icpcode

// enterprise: GRT-ENTERPRISE.
func (e *explainer) enterprise() words {
	w := e.certified()
	w.required = e.say("an enterprise account, to grant codes", "授权账号须通过企业认证")
	w.remedy = e.say("verify as an enterprise, or file with the purchasing account", "完成企业认证，或使用购买账号备案")
	w.free = !e.set.Grant.Enterprise
	return w
}

// grantsOut: GRT-OUT.
func (e *explainer) grantsOut() words {
	year, n := NaturalYear(e.Case.At), e.set.Grant.MaxGrantees
	w := words{
		required: e.say("different grantees of one granter in the natural year %d: at most %d", "%d自然年内，一个账号最多授权至%d个不同的账号", year, n),
		found:    e.say("the cap of %d is reached, and this grantee would be another one", "本自然年已授权至%d个账号，达到上限，且目标账号不在其中", n),
		remedy:   e.say("grant to an account that has a grant of this year, or wait until %s", "授权给本自然年内已授权过的账号，或等到%s再授权", e.when(yearEnds(year))),
		free:     n == NoLimit,
	}
	return e.capped(w)
}

// grantsIn: GRT-IN. It tells neither the target's other granters nor
// their number (GRT-PRIVATE).
func (e *explainer) grantsIn() words {
	year, n := NaturalYear(e.Case.At), e.set.Grant.MaxGranters
	w := words{
		required: e.say("different granters to one grantee in the natural year %d: at most %d", "%d自然年内，一个账号最多接收%d个不同账号的授权", year, n),
		found:    e.say("the target account has reached the cap of %d in the natural year %d", "目标账号最多接收%d个不同账号的授权，已达到%d自然年的上限", n, year),
		remedy:   e.say("wait until %s, or file with the purchasing account", "等到%s再授权，或使用购买账号备案", e.when(yearEnds(year))),
		free:     n == NoLimit,
	}
	return e.capped(w)
}

func (e *explainer) capped(w words) words {
	if e.outcome == OutcomePassed {
		w.found = e.say("within the cap", "未超上限")
	}
	if !e.set.Grant.Allowed && e.outcome != OutcomePassed {
		w.required = e.say("a rule set that allows grants", "规则集允许授权")
		w.found = e.say("it allows none", "规则集不允许授权")
		w.remedy = e.say("file with the purchasing account", "使用购买账号备案")
	}
	return w
}

// firstGrant: GRT-FIRST.
func (e *explainer) firstGrant() words {
	w := words{
		required: e.say("phone verification of the first grant ever to an account", "首次授权给某账号须通过手机验证码验证"),
		found:    e.say("the first grant to this account, and the proof of the phone was not accepted", "首次授权给该账号，手机验证未通过"),
		remedy:   e.say("verify the phone, then grant again", "完成手机验证后再授权"), free: !e.set.Grant.VerifyFirst,
	}
	if e.Case.Grant != nil && e.Case.Grant.Phone == PhoneNoProof {
		w.found = e.say("the first grant to this account, and no proof of the phone was given", "首次授权给该账号，未提供手机验证码")
	}
	if e.Case.Grant != nil && e.Case.Grant.Phone == PhoneNone {
		w.found = e.say("the first grant to this account, and this service verifies no phone", "首次授权给该账号，而本服务未接入手机验证")
		w.remedy = e.say("ask the provider to verify the phone", "请联系提供商开通手机验证")
	}
	if e.outcome == OutcomePassed && !e.Case.ForAnother {
		w.found = e.say("no other account is granted to", "未授权给其他账号")
		return w
	}
	if e.outcome == OutcomePassed {
		w.found = e.say("verified, or granted to before", "已通过手机验证，或曾授权给该账号")
	}
	if e.outcome == OutcomePassed && e.PhoneNeeded {
		w.found = e.say("the first grant to this account: the phone is yet to be verified", "首次授权给该账号，尚待手机验证")
	}
	return w
}

// once: GRT-ONCE. In a batch the roles are those of the first code refused,
// and another code of it may be what was granted before.
func (e *explainer) once() words {
	w := words{
		required: e.say("a code that was never granted, to an account other than its owner", "未曾授权的备案服务码，且目标账号不是购买账号"),
		found:    e.say("it was granted before", "该备案服务码已授权过"),
		remedy:   e.say("choose codes that were never granted", "选择未曾授权的备案服务码"),
	}
	if !e.Case.ForAnother {
		w.found = e.say("the target is the purchasing account itself", "目标账号就是购买账号本身")
		w.remedy = e.say("choose another account: a code of your own needs no grant", "更换目标账号；本账号的备案服务码无须授权")
	}
	if e.outcome == OutcomePassed {
		w.found = e.say("never granted", "未曾授权")
	}
	if e.outcome != OutcomePassed && e.roles != 0 && e.roles&(RoleOwner|RoleHolder) != RoleOwner|RoleHolder {
		w.found = e.asker()
		w.remedy = e.say("use a code of your own that was never granted", "使用本账号未曾授权的备案服务码")
	}
	return w
}

// buy: PAY-WHEN.
func (e *explainer) buy() words {
	w := words{
		required: e.say("nothing: it is advice", "无要求，仅为建议"), found: e.say("no free code is left for this", "已无免费备案服务码可申请"),
		remedy: e.say("buy a paid code and bind it to the instance", "购买收费备案服务码并绑定到该实例"),
	}
	if !e.binds() {
		w.remedy = e.say("buy a paid code and bind it to another instance, which meets the requirements", "购买收费备案服务码并绑定到其他符合要求的实例")
	}
	if e.set.Life.PaidUsesQuota {
		w.remedy = e.say("buy a paid code and bind it to an instance with quota left", "购买收费备案服务码并绑定到尚有配额的实例")
	}
	return w
}

// binds reports whether a paid code could be bound to the instance: what binding
// asks, too, was answered without a refusal (LIF-BIND).
func (e *explainer) binds() bool {
	return e.Decision.refusals()&(bindRules|1<<FILForeign|1<<LIFClose) == 0
}

// holder: FIL-HOLDER.
func (e *explainer) holder() words {
	return words{
		required: e.say("the holder: the grantee if the code was granted, else its owner", "持有账号（已授权的为被授权账号，未授权的为购买账号）"), found: e.asker(),
		remedy: e.say("have the holder file, or use a code of your own", "由持有账号备案，或使用自己的备案服务码"),
	}
}

// filing: FIL-WHAT.
func (e *explainer) filing() words {
	w := words{
		required: e.say("a kind of filing, one domain or one app, its subject, and only IPs of the instance", "备案类型、一个域名或一个App、备案主体，且IP须属于该实例"),
		found:    e.Case.Filing.Problem.Text(e.Lang), remedy: e.say("correct the filing", "修改备案内容"),
	}
	if w.found == "" && e.outcome == OutcomeFailed {
		w.found = e.say("it names an IP address that is not the instance's", "含有不属于该实例的IP地址")
	}
	if w.found == "" {
		w.found = e.general(FILWhat).found
	}
	return w
}

// foreign: FIL-FOREIGN.
func (e *explainer) foreign() words {
	w := words{
		required: e.say("a server of the provider of the code, %s", "须为该服务码的提供商（%s）的服务器", e.provider(e.set.Provider)),
		found:    e.say("a server of %s", "服务器由%s提供", e.provider(e.instance.Provider)),
		remedy:   e.say("get the code from the provider that sold the server", "向所购服务器的提供商申请备案服务码"),
	}
	if e.instance.Provider == "" {
		w.found = e.say("no other provider is named", "未说明由其他提供商提供")
	}
	return w
}

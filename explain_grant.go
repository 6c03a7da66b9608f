package icpcode

// enterprise: GRT-ENTERPRISE.
func (e *explainer) enterprise() words {
	w := e.certified()
	w.required = e.say("an enterprise account, to grant codes")
	w.remedy = e.say("verify as an enterprise, or file with the purchasing account")
	w.free = !e.set.Grant.Enterprise
	return w
}

// grantsOut: GRT-OUT.
func (e *explainer) grantsOut() words {
	year, n := NaturalYear(e.Case.At), e.set.Grant.MaxGrantees
	w := words{
		required: e.say("different grantees of one granter in the natural year %d: at most %d", year, n),
		found:    e.say("the cap of %d is reached, and this grantee would be another one", n),
		remedy:   e.say("grant to an account of this year, or wait until %s", when(yearEnds(year))),
		free:     n == NoLimit,
	}
	return e.capped(w)
}

// grantsIn: GRT-IN. Nothing in it tells whom the target has to do with, nor
// how many they are (GRT-PRIVATE).
func (e *explainer) grantsIn() words {
	year, n := NaturalYear(e.Case.At), e.set.Grant.MaxGranters
	w := words{
		required: e.say("different granters to one grantee in the natural year %d: at most %d", year, n),
		found:    e.say("the target account has reached the cap of %d in the natural year %d", n, year),
		remedy:   e.say("wait until %s, or file with the purchasing account", when(yearEnds(year))),
		free:     n == NoLimit,
	}
	return e.capped(w)
}

func (e *explainer) capped(w words) words {
	if e.outcome == OutcomePassed {
		w.found = e.say("within the cap")
	}
	if !e.set.Grant.Allowed && e.outcome != OutcomePassed {
		w.required = e.say("a rule set that allows grants")
		w.found = e.say("it allows none")
		w.remedy = e.say("file with the purchasing account")
	}
	return w
}

// firstGrant: GRT-FIRST.
func (e *explainer) firstGrant() words {
	w := words{
		required: e.say("phone verification of the first grant ever to an account"),
		found:    e.say("the first grant to this account, and the proof of the phone was not accepted"),
		remedy:   e.say("verify the phone, then grant again"), free: !e.set.Grant.VerifyFirst,
	}
	if e.Case.Grant != nil && e.Case.Grant.Phone == PhoneNoProof {
		w.found = e.say("the first grant to this account, and no proof of the phone was given")
	}
	if e.Case.Grant != nil && e.Case.Grant.Phone == PhoneNone {
		w.found = e.say("the first grant to this account, and this service verifies no phone")
		w.remedy = e.say("ask the provider to verify the phone")
	}
	if e.outcome == OutcomePassed {
		w.found = e.say("verified, or granted to before")
	}
	if e.outcome == OutcomePassed && e.PhoneNeeded {
		w.found = e.say("the first grant to this account: the phone is yet to be verified")
	}
	return w
}

// once: GRT-ONCE. In a batch the roles are those of the first code refused,
// and another code of it may be what was granted before.
func (e *explainer) once() words {
	w := words{
		required: e.say("a code that was never granted, to an account other than its owner"),
		found:    e.say("granted to its own owner, or granted before"),
		remedy:   e.say("choose another account, or codes that were never granted"),
	}
	if e.outcome == OutcomePassed {
		w.found = e.say("never granted")
	}
	if e.outcome != OutcomePassed && e.roles != 0 && e.roles&(RoleOwner|RoleHolder) != RoleOwner|RoleHolder {
		w.found = e.asker()
		w.remedy = e.say("use a code of your own that was never granted")
	}
	return w
}

// buy: PAY-WHEN.
func (e *explainer) buy() words {
	w := words{
		required: e.say("nothing: it is advice"), found: e.say("no free code is left for this"),
		remedy: e.say("buy a paid code and bind it to the instance"),
	}
	if !e.binds() {
		w.remedy = e.say("buy a paid code and bind it to another instance, which meets the requirements")
	}
	if e.set.Life.PaidUsesQuota {
		w.remedy = e.say("buy a paid code and bind it to an instance with quota left")
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
		required: e.say("the holder: the grantee if the code was granted, else its owner"), found: e.asker(),
		remedy: e.say("have the holder file, or use a code of your own"),
	}
}

// filing: FIL-WHAT.
func (e *explainer) filing() words {
	w := words{
		required: e.say("a kind of filing, one domain or one app, its subject, and only IPs of the instance"),
		found:    e.Case.Filing.Problem.Text(e.Lang), remedy: e.say("correct the filing"),
	}
	if w.found == "" && e.outcome == OutcomeFailed {
		w.found = e.say("it names an IP address that is not the instance's")
	}
	if w.found == "" {
		w.found = e.general(FILWhat).found
	}
	return w
}

// foreign: FIL-FOREIGN.
func (e *explainer) foreign() words {
	w := words{
		required: e.say("a server of the provider of the code, %s", plain(e.set.Provider)),
		found:    e.say("a server of %s", plain(e.instance.Provider)),
		remedy:   e.say("get the code from the provider that sold the server"),
	}
	if e.instance.Provider == "" {
		w.found = e.say("no other provider is named")
	}
	return w
}

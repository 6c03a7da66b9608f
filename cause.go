package icpcode

// cause is why a code is dead.
type cause uint8

const (
	causeNone     cause = iota
	causeRefunded       // the code was
	causeInstanceRefunded
	causeInstanceReleased
	causeExpired // its instance has, which is not recorded
	causeLapsed  // its instance has expired or is gone, and today's facts are not there to say which
	causeVoided
	causeForfeited
	causeImported // it was dead when it was taken over

	numCauses = iota
)

// causes says why a code is dead, and what its owner and its grantee can do.
var causes = [numCauses]struct{ owner, grantee, ownerCan, granteeCan Bilingual }{
	causeRefunded: {
		Bilingual{"the code was refunded", "该备案服务码已退费"}, Bilingual{"the account that granted it had it refunded", "授权账号已将该备案服务码退费"},
		otherCode, otherGrant,
	},
	causeInstanceRefunded: {
		Bilingual{"its instance was refunded", "其实例已退费"}, Bilingual{"the instance of the account that granted it was refunded", "授权账号的实例已退费"},
		otherCode, otherGrant,
	},
	causeInstanceReleased: {
		Bilingual{"its instance was released", "其实例已释放"}, Bilingual{"the instance of the account that granted it was released", "授权账号的实例已释放"},
		otherCode, otherGrant,
	},
	causeExpired: {
		Bilingual{"its instance has expired", "其实例已到期"}, Bilingual{"the instance of the account that granted it has expired", "授权账号的实例已到期"},
		Bilingual{"renew the instance: the code can then be used again", "为实例续费，续费后该备案服务码可再次使用"},
		Bilingual{"ask the granter to renew the instance: the code can then be used again", "请联系授权账号为实例续费，续费后该备案服务码可再次使用"},
	},
	causeLapsed: {
		Bilingual{"its instance has expired or is gone", "其实例已到期，或已不存在"},
		Bilingual{"the instance of the account that granted it has expired or is gone", "授权账号的实例已到期，或已不存在"},
		Bilingual{
			"if it has expired, renew it: the code can then be used again; if it is gone, use another code",
			"若实例仅到期，请续费，续费后该备案服务码可再次使用；若实例已不存在，请使用其他备案服务码",
		},
		Bilingual{
			"ask the granter to renew the instance, if it has expired: the code can then be used again; if it is gone, ask for another code",
			"若实例仅到期，请联系授权账号续费，续费后该备案服务码可再次使用；若实例已不存在，请联系授权账号另行授权备案服务码",
		},
	},
	causeVoided: {
		Bilingual{"the provider voided it", "该备案服务码已被作废"}, Bilingual{"the provider voided it", "该备案服务码已被作废"},
		otherCode, otherGrant,
	},
	causeForfeited: {
		Bilingual{"its filing was withdrawn or rejected for good, and the code went with it", "其备案已撤回或最终驳回，该备案服务码随之失效"},
		Bilingual{"its filing was withdrawn or rejected for good, and the code went with it", "其备案已撤回或最终驳回，该备案服务码随之失效"},
		otherCode, otherGrant,
	},
	causeImported: {
		Bilingual{"it was dead already when it was taken over", "导入时已失效"}, Bilingual{"it was dead already when it was taken over", "导入时已失效"},
		otherCode, otherGrant,
	},
}

var (
	otherCode  = Bilingual{"use another code", "请使用其他备案服务码"}
	otherGrant = Bilingual{"ask the granter for another code", "请联系授权账号另行授权备案服务码"}
)

// Why says in language l why a code is dead, and what its viewer can do about
// it (LIF-VIEW); "" of a code that is not. R is a record that the [Engine]
// returned to the viewer. Its owner and operators are told to renew, a grantee
// to ask its granter. Today are the facts about its instance that r was asked
// for with; without them it is not told whether an instance has expired or is
// gone.
func (r *Record) Why(l Lang, viewer AccountID, today Instance) (cause, remedy string) {
	c := &causes[r.cause(&today)]
	if r.Grantee != "" && viewer == r.Grantee {
		return c.grantee.Text(l), c.granteeCan.Text(l)
	}
	return c.owner.Text(l), c.ownerCan.Text(l)
}

// cause tells from what happened last, and where that was no end from today's
// facts, why the code shows as dead.
func (r *Record) cause(today *Instance) cause {
	if r.State != StateRefunded && r.State != StateInvalid {
		return causeNone
	}
	if c := causeOf(r.Last); c != causeNone && !r.Lapsed {
		return c
	}
	if today.ID != r.InstanceID {
		return causeLapsed
	}
	return lapse(today)
}

// causeOf returns why a code is dead that an action ended; causeNone of an
// action that ends none.
func causeOf(last Action) cause {
	if last >= numActions {
		return causeNone
	}
	return [numActions]cause{
		ActionRefund: causeRefunded, ActionCloseRefund: causeInstanceRefunded, ActionCloseRelease: causeInstanceReleased,
		ActionVoid: causeVoided, ActionForfeit: causeForfeited, ActionImport: causeImported,
	}[last]
}

// lapse returns why a code does not work whose instance has expired or gone.
func lapse(today *Instance) cause {
	if today.Status == StatusRefunded {
		return causeInstanceRefunded
	}
	if today.Status == StatusReleased {
		return causeInstanceReleased
	}
	return causeExpired
}

// lastEnd returns what ended the code, if anything did.
func (r *Record) lastEnd() Action {
	if r.cause(new(Instance)) == causeNone || causeOf(r.Last) == causeNone {
		return ActionNone
	}
	return r.Last
}

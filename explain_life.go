package icpcode

import (
	"strings"
)

// roleLabels name the parts of an actor, by the number of their bit.
var roleLabels = []Bilingual{{"the owner", "购买账号"}, {"the grantee", "被授权账号"}, {"the holder", "持有账号"}, {"an operator", "提供商"}}

func (e *explainer) rolesName(by Role) string {
	var names []string
	for n := range roleLabels {
		if by>>n&1 != 0 {
			names = append(names, roleLabels[n].Text(e.Lang))
		}
	}
	return strings.Join(names, e.say(" or ", "或"))
}

// asker says which part the actor plays.
func (e *explainer) asker() string {
	roles := e.roles &^ RoleHolder
	if roles == 0 {
		return e.say("asked by neither owner, grantee nor operator", "操作账号既不是购买账号、被授权账号，也不是提供商")
	}
	if e.roles&(RoleOwner|RoleHolder) == RoleOwner {
		return e.say("asked by the owner, who granted it to another account", "操作账号为购买账号，但该码已授权给其他账号")
	}
	return e.say("asked by %s", "操作账号为%s", e.rolesName(roles))
}

// byOwner is what only the owner of the instance can do, as this asker can bring
// it about. Both texts follow "ask the granter to".
func (e *explainer) byOwner(en, zh string) string {
	do := e.say(en, zh)
	if e.roles&RoleOwner != 0 || e.roles == 0 {
		return do
	}
	if e.received() {
		return e.say("ask the granter to %s", "请联系授权账号%s", do)
	}
	return e.say("ask the owner to %s", "请联系购买账号%s", do)
}

// byHolder is the same of what only the holder can do.
func (e *explainer) byHolder(en, zh string) string {
	do := e.say(en, zh)
	if e.roles&RoleHolder != 0 || e.roles == 0 {
		return do
	}
	if e.roles&RoleOwner != 0 {
		return e.say("ask the grantee to %s", "请联系被授权账号%s", do)
	}
	return e.say("ask the holder to %s", "请联系持有账号%s", do)
}

// actionOf returns the action that a rule of the life of a code is about.
func (e *explainer) actionOf(r Rule) Action {
	if r == e.action.Rule() {
		return e.action
	}
	for a := range Action(numActions) {
		if a.Rule() == r {
			return a
		}
	}
	return ActionNone
}

// step explains a step in the life of a code: from which states, and by
// which parties. FIL-HOLDER and GRT-ONCE say it of submitting and granting.
func (e *explainer) step(a Action) words {
	var from []string
	var by Role
	for s := range State(numStates) {
		if steps[s][a].by == 0 {
			continue
		}
		by |= steps[s][a].by
		if s != StateNone {
			from = append(from, s.Label(e.Lang))
		}
	}
	w := words{remedy: e.stepRemedy(a)}
	if len(from) > 0 {
		w.required = e.say("the code is %s", "备案服务码状态为%s", strings.Join(from, e.say(" or ", "或")))
		w.found = e.died(e.cause)
		if e.cause != causeRefunded || e.state != StateRefunded { // which says it already
			w.found = e.join(e.say("the code is %s", "备案服务码状态为%s", e.state.Label(e.Lang)), w.found)
		}
	}
	if e.outcome == OutcomePassed && len(from) > 0 && e.state < numStates && steps[e.state][a].by == 0 {
		w.found = e.say("recorded so, and %s now", "记录的状态符合，目前显示为%s", e.state.Label(e.Lang))
	}
	if by == RoleHolder || a == ActionGrant {
		return w
	}
	w.required = e.join(w.required, e.say("done by %s", "由%s操作", e.rolesName(by)))
	w.found = e.join(w.found, e.asker())
	return w
}

// stepRemedy says how to get from the state of the code to where a is allowed.
func (e *explainer) stepRemedy(a Action) string {
	recorded := e.state
	if e.lapsed {
		recorded = StateAvailable
	}
	if recorded < numStates && steps[recorded][a].by != 0 {
		return e.say("have it done by %s", "请由%s操作", e.rolesName(steps[recorded][a].by))
	}
	if a == ActionEnd || a == ActionCorrect {
		return e.say("none is needed: only a filing that was approved ends or has a number",
			"无需处理，只有已通过的备案才会终止或有备案号")
	}
	if e.cause != causeNone {
		return e.afterDeath(e.cause)
	}
	if e.state.Terminal() {
		return e.say("use another code: this one is spent", "该备案服务码已不可再用，请换用其他备案服务码")
	}
	if e.state == StateFiling {
		return e.say("wait until its filing ends, or %s", "等待备案结束，或%s", e.byHolder("withdraw the filing", "撤回备案"))
	}
	if e.state == StateUnbound {
		return e.byOwner("bind it to an instance first", "先将其绑定到实例")
	}
	if e.state == StateAvailable && a == ActionBind {
		return e.say("none is needed: it is tied to its instance, for good", "无需操作，已绑定实例且不可解绑")
	}
	if e.state == StateAvailable {
		return e.byHolder("submit a filing with it first", "先用该备案服务码提交备案")
	}
	return e.say("have it done by the account that may", "请由有权限的账号操作")
}

// died says why a code is dead, in the words for this asker (LIF-VIEW).
func (e *explainer) died(c cause) string {
	if e.received() {
		return causes[c].grantee.Text(e.Lang)
	}
	return causes[c].owner.Text(e.Lang)
}

// afterDeath says what this asker can do about a dead code.
func (e *explainer) afterDeath(c cause) string {
	if e.received() {
		return causes[c].granteeCan.Text(e.Lang)
	}
	return causes[c].ownerCan.Text(e.Lang)
}

// importing: LIF-IMPORT.
func (e *explainer) importing() words {
	return words{
		required: e.say("done by %s", "由%s操作", e.rolesName(RoleOperator)), found: e.operatorOrNot(),
		remedy: e.say("have an operator import it", "请由提供商导入"),
	}
}

func (e *explainer) operatorOrNot() string {
	if e.roles&RoleOperator != 0 {
		return e.say("asked by an operator", "由提供商操作")
	}
	return e.say("asked by an account that is no operator", "操作账号不是提供商")
}

// refund: LIF-REFUND.
func (e *explainer) refund() words {
	w := e.step(ActionRefund)
	w.required = e.join(e.say("a paid code", "收费备案服务码"), w.required)
	if !e.paid {
		w.found = e.join(e.say("a code that was not bought", "不是购买的收费备案服务码"), w.found)
		w.remedy = e.say("nothing was paid for it, so nothing can be paid back", "该备案服务码未付费，无费用可退")
	}
	return w
}

// closeLabels are what closed an instance.
var closeLabels = []Bilingual{
	ActionCloseRefund: {"the instance was refunded and closed", "实例已退费"}, ActionCloseRelease: {"the instance was released and closed", "实例已释放"},
}

// close: LIF-CLOSE, of the closing and of what a closed instance refuses.
func (e *explainer) close() words {
	w := words{required: e.say("an instance that was not closed", "实例未退费、未释放"), found: labelOf(e.Lang, closeLabels, e.closed)}
	if w.found == "" {
		w.found = e.say("not closed", "实例未退费、未释放")
	}
	w.remedy = e.say("use another instance", "改用其他实例")
	if e.action == ActionImport {
		w.remedy = e.say("import it in the state in which the closing left it", "按实例退费或释放后的状态导入")
	}
	if e.action != ActionCloseRefund && e.action != ActionCloseRelease {
		return w
	}
	w.required = e.join(w.required, e.say("done by %s", "由%s操作", e.rolesName(RoleOperator)))
	w.found = e.join(w.found, e.operatorOrNot())
	w.remedy = e.say("have an operator close it", "请由提供商登记实例退费或释放")
	if e.closed != ActionNone {
		w.remedy = e.say("none is needed: it is closed already", "无需操作，实例的退费或释放已登记")
	}
	return w
}

// effective: LIF-EFFECTIVE.
func (e *explainer) effective() words {
	w := words{
		required: e.say("an instance that has neither expired nor gone", "实例未到期、未退费、未释放"), found: e.instanceNow(),
		remedy: e.byOwner("renew the instance: the code can then be used again", "为实例续费，续费后该备案服务码可再次使用"),
	}
	if w.found == "" && e.outcome == OutcomePassed {
		w.found = e.say("nothing against it is known", "未见异常")
	}
	if e.outcome == OutcomeFailed {
		c := causeLapsed
		if e.instance.stated() {
			c = lapse(&e.instance)
		}
		if s := e.instance.Status; s == StatusExpired || e.instance.gone() {
			w.found = e.expiry() // the cause says the status
		}
		w.found, w.remedy = e.join(e.died(c), w.found), e.afterDeath(c)
	}
	return w
}

// received reports whether the asker has the code from its owner, and so cannot
// renew its instance.
func (e *explainer) received() bool { return e.roles&(RoleOwner|RoleGrantee) == RoleGrantee }

// instanceNow shows the status and expiry of the instance, as far as known.
func (e *explainer) instanceNow() string {
	return e.join(labelOf(e.Lang, statusLabels, e.instance.Status), e.expiry())
}

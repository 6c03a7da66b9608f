package icpcode

import (
	"strings"
)

// roleLabels name the parts of an actor, by the number of their bit.
var roleLabels = []string{"the owner", "the grantee", "the holder", "an operator"}

func (e *explainer) rolesName(by Role) string {
	var names []string
	for n := range roleLabels {
		if by>>n&1 != 0 {
			names = append(names, e.say(roleLabels[n]))
		}
	}
	return strings.Join(names, e.say(" or "))
}

// asker says which part the actor plays.
func (e *explainer) asker() string {
	roles := e.roles &^ RoleHolder
	if roles == 0 {
		return e.say("asked by neither owner, grantee nor operator")
	}
	if e.roles&(RoleOwner|RoleHolder) == RoleOwner {
		return e.say("asked by the owner, who granted it to another account")
	}
	return e.say("asked by %s", e.rolesName(roles))
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

// step explains a step in the life of a code: from which states, and by whom.
// Who may submit and grant is for FIL-HOLDER and GRT-ONCE to say.
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
		w.required = e.say("the code is %s", strings.Join(from, e.say(" or ")))
		w.found = e.say("the code is %s", e.state.Label(e.Lang))
	}
	if e.outcome == OutcomePassed && len(from) > 0 && e.state < numStates && steps[e.state][a].by == 0 {
		w.found = e.say("recorded so, and %s now", e.state.Label(e.Lang))
	}
	if by == RoleHolder || a == ActionGrant {
		return w
	}
	w.required = e.join(w.required, e.say("done by %s", e.rolesName(by)))
	w.found = e.join(w.found, e.asker())
	return w
}

// stepRemedy says how to get from the state of the code to where a is allowed.
func (e *explainer) stepRemedy(a Action) string {
	if e.state < numStates && steps[e.state][a].by != 0 {
		return e.say("have it done by %s", e.rolesName(steps[e.state][a].by))
	}
	if e.state.Terminal() {
		return e.say("use another code: this one is spent")
	}
	if e.state == StateFiling {
		return e.say("wait until its filing ends, or withdraw the filing")
	}
	if e.state == StateUnbound {
		return e.say("bind it to an instance first")
	}
	if e.state == StateAvailable && a == ActionBind {
		return e.say("none is needed: it is tied to its instance, for good")
	}
	if e.state == StateAvailable {
		return e.say("submit a filing with it first")
	}
	return e.say("have it done by the account that may")
}

// importing: LIF-IMPORT.
func (e *explainer) importing() words {
	return words{
		required: e.say("done by %s", e.rolesName(RoleOperator)), found: e.operatorOrNot(),
		remedy: e.say("have an operator import it"),
	}
}

func (e *explainer) operatorOrNot() string {
	if e.roles&RoleOperator != 0 {
		return e.say("asked by an operator")
	}
	return e.say("asked by an account that is no operator")
}

// refund: LIF-REFUND.
func (e *explainer) refund() words {
	w := e.step(ActionRefund)
	w.required = e.join(e.say("a paid code"), w.required)
	if !e.paid {
		w.found = e.join(e.say("a code that was not bought"), w.found)
		w.remedy = e.say("nothing was paid for it, so nothing can be paid back")
	}
	return w
}

// closeLabels are what closed an instance.
var closeLabels = []string{
	ActionCloseRefund: "the instance was refunded and closed", ActionCloseRelease: "the instance was released and closed",
}

// close: LIF-CLOSE, of the closing and of what a closed instance refuses.
func (e *explainer) close() words {
	w := words{required: e.say("an instance that was not closed"), found: labelOf(e.Lang, closeLabels, e.closed)}
	if w.found == "" {
		w.found = e.say("not closed")
	}
	w.remedy = e.say("use another instance")
	if e.action == ActionImport {
		w.remedy = e.say("import it in the state in which the closing left it")
	}
	if e.action != ActionCloseRefund && e.action != ActionCloseRelease {
		return w
	}
	w.required = e.join(w.required, e.say("done by %s", e.rolesName(RoleOperator)))
	w.found = e.join(w.found, e.operatorOrNot())
	w.remedy = e.say("have an operator close it")
	if e.closed != ActionNone {
		w.remedy = e.say("none is needed: it is closed already")
	}
	return w
}

// effective: LIF-EFFECTIVE.
func (e *explainer) effective() words {
	w := words{
		required: e.say("an instance that has neither expired nor gone"), found: e.instanceNow(),
		remedy: e.say("have the instance renewed: the code can then be used again"),
	}
	if w.found == "" && e.outcome == OutcomeFailed {
		w.found = e.say("the instance has expired or gone")
	}
	if w.found == "" && e.outcome == OutcomePassed {
		w.found = e.say("nothing against it is known")
	}
	if e.instance.gone() {
		w.remedy = e.say("use another code")
	}
	return w
}

// instanceNow shows the status and expiry of the instance, as far as known.
func (e *explainer) instanceNow() string {
	return e.join(labelOf(e.Lang, statusLabels, e.instance.Status), e.expiry())
}

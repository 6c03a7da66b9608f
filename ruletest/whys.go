package ruletest

import (
	"strings"

	"github.com/icpcode/icpcode"
)

// death is why a code is dead, as its owner and its grantee are told (LIF-VIEW).
type death struct{ owner, grantee string }

var (
	refundedCode = death{"the code was refunded", "the account that granted it had it refunded"}
	refundedOff  = death{"its instance was refunded", "the instance of the account that granted it was refunded"}
	releasedOff  = death{"its instance was released", "the instance of the account that granted it was released"}
	expiredNow   = death{"its instance has expired", "the instance of the account that granted it has expired"}
)

// deaths are those that were recorded, by what ended the code.
var deaths = map[icpcode.Action]death{
	icpcode.ActionRefund: refundedCode, icpcode.ActionCloseRefund: refundedOff, icpcode.ActionCloseRelease: releasedOff,
	icpcode.ActionVoid:    {"the provider voided it", "the provider voided it"},
	icpcode.ActionForfeit: {"its filing was withdrawn or rejected for good, and the code went with it", "its filing was withdrawn or rejected for good, and the code went with it"},
	icpcode.ActionImport:  {"it was dead already when it was taken over", "it was dead already when it was taken over"},
}

// why says why a code is dead to a viewer, who sees that it works or not, and
// what the viewer can do about it.
func (w *world) why(r *icpcode.Record, viewer icpcode.AccountID, today *icpcode.Instance) (cause, remedy string) {
	d, recorded := deaths[r.Last]
	recorded = recorded && (r.State == icpcode.StateInvalid || r.State == icpcode.StateRefunded)
	if !recorded && works(r, today, micro(w.now)) {
		return "", ""
	}
	if !recorded {
		d = expiredNow
		switch today.Status {
		case icpcode.StatusReleased:
			d = releasedOff
		case icpcode.StatusRefunded:
			d = refundedOff
		}
	}
	granted := r.Grantee != "" && viewer == r.Grantee
	w.seen.mark(whyToGrantee, granted)
	w.seen.mark(whyToOwner, !granted)
	switch {
	case d == expiredNow && granted:
		return d.grantee, "ask the granter to renew the instance: the code can then be used again"
	case d == expiredNow:
		return d.owner, "renew the instance: the code can then be used again"
	case granted:
		return d.grantee, "ask the granter for another code"
	}
	return d.owner, "use another code"
}

// deadly are the rules that say why a code is dead.
var deadly = icpcode.MakeRuleIDs(icpcode.LIFSubmit, icpcode.LIFResubmit, icpcode.LIFRelease, icpcode.LIFEffective)

// dies checks that a decision about a dead code says why it died.
func (w *world) dies(o *op, d *icpcode.Decision, r *icpcode.Record, viewer icpcode.AccountID, today *icpcode.Instance) {
	if r == nil || d.Fail&deadly == 0 {
		return
	}
	cause, remedy := w.why(r, viewer, today)
	if cause == "" {
		return
	}
	for said := range d.Reasons(icpcode.English) {
		if deadly.Has(said.Rule) && said.Outcome == icpcode.OutcomeFailed && (!strings.Contains(said.Found, cause) || said.Remedy != remedy) {
			w.fail(o, "of a dead code %q is told %q, %q by %v, want %q, %q (LIF-VIEW)", viewer, said.Found, said.Remedy, said.Rule, cause, remedy)
		}
	}
}

package icpcode

import (
	"iter"
	"time"
)

// Decision is what the rules answered: for each rule that was asked pass,
// fail or unknown. It is a small value that costs nothing to make; the words
// are found only when [Decision.Reasons] or [Decision.Answers] are ranged
// over. The zero value answers nothing and refuses nothing.
type Decision struct {
	Pass, Fail, Unknown RuleIDs // disjoint
	Assumed             RuleIDs // those of Unknown that the request or rule set assumes to pass
	Advice              RuleIDs // rules that advise and never gate (PAY-WHEN, RSK-MOVE)
	Quota               Quota   // ELG-QUOTA: of the instance, or of the product in the account
	// PhoneNeeded says that the phone is yet to be verified (GRT-FIRST): if
	// nothing refuses, the action passes once it is.
	PhoneNeeded bool
	At          time.Time // the instant that was asked about

	set           *RuleSet
	action        Action
	state         State // of the code, as the asker sees it
	roles         Role
	forOthers     bool
	certification Certification
	actor         AccountID
	instance      Instance
	detail        string // of FIL-WHAT, LIF-IMPORT: an English phrase
	closed        Action
	noPhone       bool // there is nothing to verify a phone with
	paid          bool
}

// Refused reports whether a rule fails, or is unknown and not assumed.
func (d *Decision) Refused() bool { return d.refusals() != 0 }

func (d *Decision) refusals() RuleIDs { return d.Fail | d.Unknown&^d.Assumed }

// RuleSet returns the version of the rule set that answered.
func (d *Decision) RuleSet() string {
	if d.set == nil {
		return ""
	}
	return d.set.Version
}

// err returns the refusal, or nil.
func (d *Decision) err() error {
	if !d.Refused() {
		return nil
	}
	return &RefusedError{*d}
}

// Outcome is what one rule answered.
type Outcome uint8

// The outcomes.
const (
	OutcomePassed Outcome = iota
	OutcomeFailed
	OutcomeUnknown // a fact is unknown
	OutcomeAssumed // a fact is unknown and was assumed to pass
	OutcomeAdvised // advice, no gate
)

// Reason explains what one rule answered.
type Reason struct {
	Rule     Rule    `json:"rule"`
	Outcome  Outcome `json:"outcome"`
	Required string  `json:"required"`         // what the rule asks for
	Found    string  `json:"found"`            // what there was
	Remedy   string  `json:"remedy,omitempty"` // what to do about it; "" where the rule passed
	Source   string  `json:"source"`           // where the rule comes from
}

// Reasons explains the refusal: every rule that failed or whose fact is
// unknown and not assumed, then the advice. It is empty if nothing refused.
// The texts name no account but the asker's and no code.
func (d *Decision) Reasons(l Lang) iter.Seq[Reason] {
	return d.explain(l, d.refusals(), d.Advice)
}

// Answers explains every rule that was asked, also those that passed, then
// the advice.
func (d *Decision) Answers(l Lang) iter.Seq[Reason] {
	return d.explain(l, d.Pass|d.Fail|d.Unknown, d.Advice)
}

func (d *Decision) explain(l Lang, asked, advice RuleIDs) iter.Seq[Reason] {
	return func(yield func(Reason) bool) {
		for r := range asked.All() {
			if !yield(d.reason(l, r, d.outcome(r))) {
				return
			}
		}
		for r := range advice.All() {
			if !yield(d.reason(l, r, OutcomeAdvised)) {
				return
			}
		}
	}
}

func (d *Decision) outcome(r Rule) Outcome {
	if d.Fail.Has(r) {
		return OutcomeFailed
	}
	if d.Assumed.Has(r) {
		return OutcomeAssumed
	}
	if d.Unknown.Has(r) {
		return OutcomeUnknown
	}
	return OutcomePassed
}

// about sets what d says about the code of r, in the words of its asker.
func (d *Decision) about(r *Record, roles Role, today Instance) {
	d.roles = roles
	d.state = r.view(roles, today, d.At).State
	d.paid = r.Origin == OriginPaid
}

// answer notes what a rule says.
func (d *Decision) answer(r Rule, t Tri) {
	if t == Yes {
		d.Pass |= 1 << r
	}
	if t == No {
		d.Fail |= 1 << r
	}
	if t == Unknown {
		d.Unknown |= 1 << r
	}
}

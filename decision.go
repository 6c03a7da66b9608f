package icpcode

import "iter"

// Decision is what the rules answered to a [Case]: for each rule that was
// asked pass, fail or unknown. It costs little to make; the words are found
// only when [Decision.Reasons] or [Decision.Answers] are ranged over. The zero
// value refuses: nothing was decided.
//
// A decision that the [Engine] hands out has the case as its asker may know
// it. Its JSON has the case, the answers, the version and digest of the rule
// set and every answer in words, so that it explains itself also when it is
// read back without the rule book; [RuleSet.Decide] of its case under the same
// set decides it again.
type Decision struct {
	Case Case
	Verdict
	Quota Quota // ELG-QUOTA: of the instance, or of the product in the account

	set  *RuleSet // that decided; nil where the decision was read back
	said *said    // what a decision that was read back says
}

// Verdict is what the rules answered, without why. The zero value refuses.
type Verdict struct {
	Pass, Fail, Unknown RuleIDs // disjoint
	Assumed             RuleIDs // those of Unknown that the request or rule set assumes to pass
	Advice              RuleIDs // rules that advise and never gate (PAY-WHEN, RSK-MOVE, RSK-EXPIRING of what renews itself, and what FIL-CHECK advises)
	Decided             bool    // rules were asked
	// PhoneNeeded says that the phone is yet to be verified (GRT-FIRST), also
	// after a proof that was not accepted: if nothing else refuses, the action
	// passes once it is.
	PhoneNeeded bool
}

// Refused reports whether a rule fails, or is unknown and not assumed, or
// nothing was decided.
func (v Verdict) Refused() bool { return !v.Decided || v.refusals() != 0 }

func (v Verdict) refusals() RuleIDs { return v.Fail | v.Unknown&^v.Assumed }

// RuleSetVersion returns the version of the rule set that answered.
func (d Decision) RuleSetVersion() string {
	if d.said != nil {
		return d.said.RuleSet.Version
	}
	if d.set == nil {
		return ""
	}
	return d.set.Version
}

// RuleSetDigest returns the digest of the rule set that answered: see
// [RuleSet.Digest].
func (d Decision) RuleSetDigest() Digest {
	if d.said != nil {
		return d.said.RuleSet.Digest
	}
	if d.set == nil {
		return Digest{}
	}
	return d.set.Digest()
}

// err returns the refusal, or nil.
func (d *Decision) err() error {
	if !d.Refused() {
		return nil
	}
	return &RefusedError{Decision: d.shown()}
}

// shown returns the decision as its asker may know it: how near the other side
// of a grant is to its cap is replaced by what the rule answers (GRT-PRIVATE).
func (d *Decision) shown() Decision {
	if d.Case.Operator || d.Case.Grant == nil || d.Case.Grant.In.Used < 0 {
		return *d
	}
	s := *d
	g := *d.Case.Grant
	g.In = CaseCap{Used: -1, Kept: d.set.within(&g.In, d.set.Grant.MaxGranters), Under: d.set.Digest()}
	s.Case.Grant = &g
	return s
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

// Reason explains what one rule answered. Its texts suit a customer: they name
// no account, no code and nothing of a program.
type Reason struct {
	Rule    Rule    `json:"rule"`
	Outcome Outcome `json:"outcome"`
	// Position says which code of a grant it is about, or which of those that
	// an approval replaces, counted from 1; 0: all of the request.
	Position int    `json:"position,omitzero"`
	Required string `json:"required"`         // what the rule asks for
	Found    string `json:"found"`            // what there was
	Remedy   string `json:"remedy,omitempty"` // what to do about it; "" where the rule passed
	// Facts are those that are missing, or where the rule failed those that it
	// failed on; none where that is no fact that can be stated.
	Facts []Fact `json:"facts,omitempty"`
	// Citations are the documents that the rule comes from, and what was
	// inferred; none where no document says it. See [RuleSet.Citations].
	Citations []Citation `json:"citations"`
}

// Source says in language l where the rule comes from: its citations, each in
// one line, or that no document says it.
func (r Reason) Source(l Lang) string { return sourceText(r.Citations, l) }

func sourceText(citations []Citation, l Lang) string {
	if len(citations) == 0 {
		return Citation{}.Text(l)
	}
	texts := make([]string, len(citations))
	for i, c := range citations {
		texts[i] = c.Text(l)
	}
	return joinParts(texts, Bilingual{"; ", "；"}.Text(l))
}

// Reasons explains the refusal: every rule that failed or whose fact is
// unknown and not assumed, then the advice. It is empty if nothing refused and
// there is no advice. In a grant of codes the reasons about the grant come
// first, then those about each refused code.
func (d Decision) Reasons(l Lang) iter.Seq[Reason] {
	return d.explain(l, d.refusals(), d.Advice)
}

// Answers explains every rule that was asked, also those that passed, then
// the advice.
func (d Decision) Answers(l Lang) iter.Seq[Reason] {
	return d.explain(l, d.Pass|d.Fail|d.Unknown, d.Advice)
}

// grantedRules are the rules that a grant asks of each code.
const grantedRules = 1<<GRTState | 1<<GRTOnce | 1<<LIFEffective

func (d *Decision) explain(l Lang, asked, advice RuleIDs) iter.Seq[Reason] {
	return func(yield func(Reason) bool) {
		if d.said != nil {
			d.said.tell(l, d, asked, advice, yield)
			return
		}
		if !d.Decided {
			yield(undecided(l))
			return
		}
		if d.Case.Operation == OperationGrant {
			if !d.explainGrant(l, asked, yield) {
				return
			}
			asked = 0
		}
		if d.Case.Operation == OperationApprove {
			if !d.explainReplaces(l, asked&replacedRules, yield) {
				return
			}
			asked &^= replacedRules
		}
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

// explainGrant explains the grant, then each code: what each would be told
// alone.
func (d *Decision) explainGrant(l Lang, asked RuleIDs, yield func(Reason) bool) bool {
	whole := Decision{Case: d.Case, set: d.set}
	whole.set.judgeGrant(&whole)
	for r := range (asked & (whole.Pass | whole.Fail | whole.Unknown)).All() {
		if r == GRTOnce && !whole.Fail.Has(r) {
			continue // each code answers it
		}
		if !yield(d.reason(l, r, whole.outcome(r))) {
			return false
		}
	}
	passes := asked&d.Pass != 0
	for i := range d.Case.Grant.Codes {
		one := Decision{Case: d.Case, set: d.set}
		one.judgeGranted(&d.Case.Grant.Codes[i])
		told := one.Fail
		if passes {
			told |= one.Pass
		}
		for r := range (told & (asked | grantedRules)).All() {
			reason := d.reasonOf(l, r, one.outcome(r), i)
			if !yield(reason) {
				return false
			}
		}
	}
	return true
}

// replacedRules are the rules that an approval asks of each code that it
// replaces.
const replacedRules = 1<<LIFEnd | 1<<FILService

// explainReplaces explains what each code that an approval replaces was asked.
func (d *Decision) explainReplaces(l Lang, asked RuleIDs, yield func(Reason) bool) bool {
	passes := asked&d.Pass != 0
	for i := range d.Case.Replaces {
		one := Decision{Case: d.Case, set: d.set}
		one.judgeReplaced(&d.Case.Replaces[i])
		told := one.Fail
		if passes {
			told |= one.Pass
		}
		for r := range (told & (asked | d.Fail&replacedRules)).All() {
			if !yield(d.reasonOf(l, r, one.outcome(r), i)) {
				return false
			}
		}
	}
	return true
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

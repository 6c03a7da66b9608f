package icpcode

import (
	"strings"
	"time"
)

// maxRejectionBytes is how long what is to be corrected may be.
const maxRejectionBytes = 2000

// rejection is what [Engine.Reject] makes of a RejectRequest.
type rejection struct {
	RejectRequest
	oneCode
}

func (r *rejection) normalize() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	if r.Rejection == "" {
		return invalid("Rejection", "is empty")
	}
	r.Rejection = strings.ReplaceAll(r.Rejection, "\r\n", "\n")
	return checkText("Rejection", strings.ReplaceAll(r.Rejection, "\n", " "), maxRejectionBytes)
}

func (r *rejection) fingerprint(p *digest) {
	p.action(ActionReject)
	p.code(r.Code)
	p.text(r.Rejection)
}

func (r *rejection) keys(_ *call, keys []Key) []Key { return append(keys, recordKey(r.Code)) }

// decide: LIF-REJECT.
func (r *rejection) decide(c *call, v *view) (Result, Decision, error) {
	rec, d, err := c.judge(v, OperationReject, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	e := c.event(r.Code, ActionReject, rec.State)
	e.Step = &Step{Rejection: r.Rejection}
	v.occur(e)
	return c.result(ActionReject, rec.State, r.Code), d, nil
}

// staging is what [Engine.Stage] makes of a StageRequest.
type staging struct {
	StageRequest
	oneCode
}

func (r *staging) normalize() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	if r.Stage == StageNone || r.Stage > StageReview {
		return invalid("Stage", "is not a known stage")
	}
	return nil
}

func (r *staging) fingerprint(p *digest) {
	p.action(ActionStage)
	p.code(r.Code)
	p.number(int64(r.Stage))
}

func (r *staging) keys(_ *call, keys []Key) []Key { return append(keys, recordKey(r.Code)) }

// decide: LIF-STAGE. The stage that the filing has already is no event.
func (r *staging) decide(c *call, v *view) (Result, Decision, error) {
	rec, d, err := c.judge(v, OperationStage, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	if rec.Progress == nil || rec.Progress.Stage != r.Stage {
		e := c.event(r.Code, ActionStage, rec.State)
		e.Step = &Step{Stage: r.Stage}
		v.occur(e)
	}
	return c.result(ActionStage, rec.State, r.Code), d, nil
}

// judge decides an operation on one code that looks at the code alone.
func (c *call) judge(v *view, o Operation, code Code) (*Record, Decision, error) {
	d := c.decision(o)
	rec, roles, err := c.find(v, code)
	if err != nil {
		return nil, d, err
	}
	d.Case.about(rec, roles, c.actor, new(Instance))
	return rec, d, c.decide(&d)
}

// Progress is what became of the filing of a [Record], beside its state. It
// has at least one field set, and is never changed once a record has it.
type Progress struct {
	Stage     Stage     `json:"stage,omitzero"`       // of the review of the filing (LIF-STAGE)
	Staged    time.Time `json:"staged,omitzero"`      // since when
	Rejection string    `json:"rejection,omitempty"`  // what is to be corrected (LIF-REJECT), at most 2,000 bytes
	Rejected  time.Time `json:"rejected,omitzero"`    // when the filing was sent back
	End       End       `json:"end,omitzero"`         // how the filing of a Filed code ended (LIF-END)
	Ended     time.Time `json:"ended,omitzero"`       // when it did
	EndReason string    `json:"end_reason,omitempty"` // why, at most 256 bytes
	Successor Code      `json:"successor,omitzero"`   // the code that the filing moved to
}

// after returns what is known of the progress of a filing after e, and leaves
// p as it is. What was told of a review holds no more once the filing is sent
// again or the review ends.
func (p *Progress) after(e *Event) *Progress {
	s := e.Step
	if s == nil && e.Action != ActionCorrect {
		return nil
	}
	if s == nil {
		return p
	}
	var next Progress
	if p != nil {
		next = *p
	}
	if s.Stage != StageNone {
		next.Stage, next.Staged = s.Stage, e.At
	}
	if s.Rejection != "" {
		next.Rejection, next.Rejected = s.Rejection, e.At
	}
	if s.End != EndNone {
		next.End, next.Ended, next.EndReason, next.Successor = s.End, e.At, e.Reason, s.Successor
	}
	if next == (Progress{}) {
		return nil
	}
	return &next
}

// seen returns the progress as an actor with the given roles may know it
// (GRT-PRIVATE), and leaves p as it is.
func (p *Progress) seen(role Role) *Progress {
	if p == nil || role&RoleOperator != 0 {
		return p
	}
	c := *p
	if role&RoleHolder == 0 {
		c = Progress{End: p.End, Ended: p.Ended, EndReason: p.EndReason}
	}
	c.Successor = Code{}
	if c == (Progress{}) {
		return nil
	}
	return &c
}

// seen returns the step as seen of a Progress does.
func (t *Step) seen(role Role) *Step {
	if t == nil || role&RoleOperator != 0 {
		return t
	}
	c := *t
	if role&RoleHolder == 0 {
		c = Step{End: t.End}
	}
	c.Successor = Code{}
	if c == (Step{}) {
		return nil
	}
	return &c
}

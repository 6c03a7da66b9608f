package icpcode

import "strings"

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
	d := Decision{Case: c.newCase(o)}
	rec, roles, err := c.find(v, code)
	if err != nil {
		return nil, d, err
	}
	d.Case.about(rec, roles, c.actor, new(Instance))
	return rec, d, c.decide(&d)
}

package icpcode

import "slices"

// maxReplaces is how many filings one approval can end.
const maxReplaces = 16

// maxCandidates is how many codes an approval names that it could have
// replaced.
const maxCandidates = 16

// filingEnd is what [Engine.End] makes of an EndRequest.
type filingEnd struct {
	EndRequest
	oneCode
}

func (r *filingEnd) normalize() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	if r.End == EndNone || r.End > EndMoved {
		return invalid("End", "is not a known end of a filing")
	}
	if r.End == EndMoved && r.Successor.IsZero() {
		return invalid("Successor", "is empty")
	}
	if r.End != EndMoved && !r.Successor.IsZero() {
		return invalid("Successor", "goes together with a filing that moved")
	}
	if r.Successor == r.Code {
		return invalid("Successor", "is the code itself")
	}
	if r.Reason == "" {
		return invalid("Reason", "is empty")
	}
	return checkText("Reason", r.Reason, maxRemarkBytes)
}

func (r *filingEnd) fingerprint(p *digest) {
	p.action(ActionEnd)
	p.code(r.Code)
	p.number(int64(r.End))
	p.code(r.Successor)
	p.text(r.Reason)
}

func (r *filingEnd) keys(c *call, keys []Key) []Key {
	keys = append(keys, recordKey(r.Code))
	if c.operator && r.End == EndMoved {
		keys = append(keys, recordKey(r.Successor))
	}
	return keys
}

// decide: LIF-END, FIL-SERVICE. The end that the filing has already is no
// event. What is asked of the successor cannot change any more: that it is
// Filed, and for what.
func (r *filingEnd) decide(c *call, v *view) (Result, Decision, error) {
	d := c.decision(OperationEnd)
	rec, roles, err := c.find(v, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	d.Case.about(rec, roles, c.actor, new(Instance))
	d.Case.End = &CaseEnd{End: r.End}
	if c.operator {
		p := rec.Progress
		d.Case.End.Again = p != nil && p.End == r.End && p.Successor == r.Successor
	}
	if c.operator && r.End == EndMoved {
		next, _, err := c.find(v, r.Successor)
		if err != nil {
			return Result{}, d, err
		}
		d.Case.End.Successor = &CaseOther{State: next.State, SameService: sameService(rec, next)}
	}
	if err := c.decide(&d); err != nil {
		return Result{}, d, err
	}
	if !d.Case.End.Again {
		c.endFiling(v, r.Code, Step{End: r.End, Successor: r.Successor}, r.Reason)
	}
	return c.result(ActionEnd, rec.State, r.Code), d, nil
}

// endFiling ends the filing of a Filed code.
func (c *call) endFiling(v *view, code Code, how Step, reason string) {
	e := c.event(code, ActionEnd, StateFiled)
	e.Step, e.Reason = &how, reason
	v.occur(e)
}

// sameService reports whether two codes were filed for one service, which is
// known of both (FIL-SERVICE).
func sameService(a, b *Record) bool {
	s := a.Service()
	return s != "" && s == b.Service()
}

// ended returns how the filing of a Filed code ended.
func (r *Record) ended() End {
	if r.Progress == nil {
		return EndNone
	}
	return r.Progress.End
}

// checkReplaces checks the codes whose filings an approval ends.
func (r *approval) checkReplaces() error {
	if len(r.Replaces) > maxReplaces {
		return invalid("Replaces", "has more than 16 codes")
	}
	for i, code := range r.Replaces {
		if code.IsZero() {
			return invalid("Replaces", "has an empty code")
		}
		if code == r.Code {
			return invalid("Replaces", "has the code itself")
		}
		if slices.Contains(r.Replaces[:i], code) {
			return invalid("Replaces", "has a code twice")
		}
	}
	r.Replaces = slices.Clone(r.Replaces)
	return nil
}

// prepare lists the filings for the same service, for an operator.
func (r *approval) prepare(c *call, _ *told, d desk) (err error) {
	if !c.operator {
		return nil // it will be refused, whatever there is
	}
	r.service, r.candidates, err = d.sharing(r.Code, r.Replaces)
	return err
}

// replaced adds to the case the filings that are to end.
func (r *approval) replaced(c *call, v *view, rec *Record, d *Decision) error {
	if !c.operator {
		return nil // another learns nothing of codes that may not be its own
	}
	for _, code := range r.Replaces {
		old, _, err := c.find(v, code)
		if err != nil {
			return err
		}
		d.Case.Replaces = append(d.Case.Replaces, CaseOther{State: old.State, Ended: old.ended(), SameService: sameService(rec, old)})
	}
	return nil
}

// sharing lists the codes of filings that are for the service of a code's, and
// have not ended: the latest issued first, without those to skip.
func (a *errand) sharing(code Code, skip []Code) (service string, codes []Code, err error) {
	var v view
	if err := a.e.load(a.ctx, &v, []Key{recordKey(code)}); err != nil {
		return "", nil, err
	}
	rec := read[Record](&v, recordKey(code))
	if rec == nil || rec.State != StateFiling || rec.Service() == "" {
		return "", nil, nil
	}
	service = rec.Service()
	for page, err := range a.e.pages(a.ctx, Query{By: ByService, Value: service, State: StateFiled, Newest: true}) {
		if err != nil {
			return "", nil, err
		}
		for i := range page {
			old := &page[i]
			if old.ended() == EndNone && !slices.Contains(skip, old.Code) {
				codes = append(codes, old.Code)
			}
			if len(codes) == maxCandidates {
				return service, codes, nil
			}
		}
	}
	return service, codes, nil
}

// correction is what [Engine.Correct] makes of a CorrectRequest.
type correction struct {
	CorrectRequest
	oneCode
}

func (r *correction) normalize() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	return checkID("ICPNumber", r.ICPNumber)
}

func (r *correction) fingerprint(p *digest) {
	p.action(ActionCorrect)
	p.code(r.Code)
	p.text(r.ICPNumber)
}

func (r *correction) keys(_ *call, keys []Key) []Key { return append(keys, recordKey(r.Code)) }

// decide: LIF-CORRECT. The number that is recorded already is no event.
func (r *correction) decide(c *call, v *view) (Result, Decision, error) {
	rec, d, err := c.judge(v, OperationCorrect, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	if wrong := rec.ICPNumber(); wrong != r.ICPNumber {
		e := c.event(r.Code, ActionCorrect, rec.State)
		e.Filing = rec.numbered(r.ICPNumber)
		if wrong != "" {
			e.Step = &Step{Corrected: wrong}
		}
		v.occur(e)
	}
	return c.result(ActionCorrect, rec.State, r.Code), d, nil
}

// numbered returns the filing of the code with an ICP number.
func (r *Record) numbered(number string) *Filing {
	f := r.Filing.clone()
	if f == nil {
		f = new(Filing)
	}
	f.ICPNumber = number
	return f
}

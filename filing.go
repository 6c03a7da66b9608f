package icpcode

// filingRequest is what a submission and a resubmission have in common.
type filingRequest struct {
	SubmitRequest
	oneCode
	learned
}

func (r *filingRequest) prepare(_ *call, last *told, d desk) error { return r.learn(last, d) }

func (r *filingRequest) keys(_ *call, keys []Key) []Key { return append(keys, recordKey(r.Code)) }

func (r *filingRequest) normalize() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	r.Filing = *r.Filing.clone()
	return r.Instance.normalize()
}

// decide: LIF-SUBMIT or LIF-RESUBMIT, FIL-HOLDER, FIL-WHAT, FIL-FOREIGN.
func (r *filingRequest) decide(c *call, v *view, a Action) (Result, Decision, error) {
	d := Decision{Case: c.newCase(filingOperation(a))}
	rec, roles, err := c.find(v, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	today := r.Instance
	if err := today.settle("Instance.ID", rec.InstanceID); err != nil {
		return Result{}, d, err
	}
	if !today.stated() {
		known, err := r.about(c, rec)
		if err != nil {
			return Result{}, d, err
		}
		today = known[rec.InstanceID]
	}
	d.Case.about(rec, roles, c.actor, &today)
	d.Case.Filing = r.Filing.part()
	if err := c.decide(&d); err != nil {
		return Result{}, d, err
	}
	to, _ := rec.State.Next(a, roles)
	e := c.event(r.Code, a, to)
	e.Filing = r.Filing.entered()
	v.occur(e)
	return c.result(a, to, r.Code), d, nil
}

func filingOperation(a Action) Operation {
	if a == ActionResubmit {
		return OperationResubmit
	}
	return OperationSubmit
}

// part is what a case knows of the filing. What is not a list of addresses has
// none in it.
func (f *Filing) part() CaseFiling {
	p := CaseFiling{Problem: f.problem()}
	if ipsProblem(f.IPs) == "" {
		p.IPs = unmapped(f.IPs)
	}
	return p
}

// fits reports whether the addresses are the instance's, where those are known.
func (f *CaseFiling) fits(today *Instance) bool {
	if len(today.IPs) == 0 {
		return today.PublicIP != No || len(f.IPs) == 0
	}
	for _, ip := range f.IPs {
		if !hasIP(today.IPs, ip) {
			return false
		}
	}
	return true
}

// submission and resubmission are what [Engine.Submit] and [Engine.Resubmit]
// make of a SubmitRequest.
type (
	submission   struct{ filingRequest }
	resubmission struct{ filingRequest }
)

func (r *submission) fingerprint(p *digest) {
	p.action(ActionSubmit)
	p.code(r.Code)
	p.filing(&r.Filing)
}

func (r *submission) decide(c *call, v *view) (Result, Decision, error) {
	return r.filingRequest.decide(c, v, ActionSubmit)
}

func (r *resubmission) fingerprint(p *digest) {
	p.action(ActionResubmit)
	p.code(r.Code)
	p.filing(&r.Filing)
}

func (r *resubmission) decide(c *call, v *view) (Result, Decision, error) {
	return r.filingRequest.decide(c, v, ActionResubmit)
}

// approval is what [Engine.Approve] makes of an ApproveRequest.
type approval struct {
	ApproveRequest
	oneCode
}

func (r *approval) normalize() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	return checkID("ICPNumber", r.ICPNumber)
}

func (r *approval) fingerprint(p *digest) {
	p.action(ActionApprove)
	p.code(r.Code)
	p.text(r.ICPNumber)
}

func (r *approval) keys(_ *call, keys []Key) []Key { return append(keys, recordKey(r.Code)) }

// decide: LIF-APPROVE, FIL-SUCCESS.
func (r *approval) decide(c *call, v *view) (Result, Decision, error) {
	rec, d, err := c.judge(v, OperationApprove, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	to, _ := rec.State.Next(ActionApprove, d.asker())
	e := c.event(r.Code, ActionApprove, to)
	e.Filing = rec.Filing.clone()
	if e.Filing == nil {
		e.Filing = new(Filing)
	}
	e.Filing.ICPNumber = r.ICPNumber
	v.occur(e)
	return c.result(ActionApprove, to, r.Code), d, nil
}

package icpcode

// filingRequest is what a submission and a resubmission have in common.
type filingRequest struct {
	SubmitRequest
	oneCode
}

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
	d := c.decision(a)
	rec, roles, err := c.find(v, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	today := r.Instance
	if err := today.settle("Instance.ID", rec.InstanceID); err != nil {
		return Result{}, d, err
	}
	c.judgeUse(&d, rec, roles, today, a)
	d.judgeFiling(&r.Filing, &today)
	if err := c.settle(&d); err != nil {
		return Result{}, d, err
	}
	to, _ := rec.State.Next(a, roles)
	e := c.event(r.Code, a, to)
	e.Filing = r.Filing.entered()
	v.occur(e)
	return c.result(a, to, r.Code), d, nil
}

// judgeUse answers whether an actor with these roles can file with the code
// now: the life of the code, FIL-HOLDER, LIF-EFFECTIVE and FIL-FOREIGN.
func (c *call) judgeUse(d *Decision, rec *Record, roles Role, today Instance, a Action) {
	d.about(rec, roles, today)
	d.instance = today
	_, may := rec.State.Next(a, RoleHolder)
	d.answer(a.Rule(), tri(may))
	d.answer(FILHolder, tri(roles&RoleHolder != 0))
	d.answer(LIFEffective, tri(rec.Effective(today, c.at) == rec.State))
	if today.Provider != "" && today.Provider != c.set.Provider {
		d.answer(FILForeign, No)
	}
}

// judgeFiling answers FIL-WHAT: what the filing says, and that its addresses
// are the instance's where those are known.
func (d *Decision) judgeFiling(f *Filing, today *Instance) {
	field, problem := f.problem()
	if problem == "" && !hasAddresses(today, f) {
		field, problem = "Filing.IPs", "has an address that is not the instance's"
	}
	d.answer(FILWhat, tri(problem == ""))
	if problem != "" {
		d.detail = field + " " + problem
	}
}

func hasAddresses(today *Instance, f *Filing) bool {
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
	d := c.decision(ActionApprove)
	rec, roles, err := c.find(v, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	d.about(rec, roles, Instance{})
	to, may := rec.State.Next(ActionApprove, roles)
	d.answer(LIFApprove, tri(may))
	if err := c.settle(&d); err != nil {
		return Result{}, d, err
	}
	e := c.event(r.Code, ActionApprove, to)
	e.Filing = rec.Filing.clone()
	if e.Filing == nil {
		e.Filing = new(Filing)
	}
	e.Filing.ICPNumber = r.ICPNumber
	v.occur(e)
	return c.result(ActionApprove, to, r.Code), d, nil
}

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
	d := c.decision(filingOperation(a))
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

	// What was listed for an operator: the service of the filing, and the
	// filings for the same that were going on.
	service    string
	candidates []Code
}

func (r *approval) normalize() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	if err := r.checkReplaces(); err != nil {
		return err
	}
	return checkID("ICPNumber", r.ICPNumber)
}

func (r *approval) fingerprint(p *digest) {
	p.action(ActionApprove)
	p.code(r.Code)
	p.text(r.ICPNumber)
	for _, code := range r.Replaces {
		p.code(code)
	}
}

func (r *approval) draws(*RuleSet) int { return 0 }

func (r *approval) keys(c *call, keys []Key) []Key {
	keys = append(keys, recordKey(r.Code))
	if c.operator {
		for _, code := range r.Replaces {
			keys = append(keys, recordKey(code))
		}
	}
	return keys
}

func (r *approval) writes(*call) (puts, events int) { return 1 + len(r.Replaces), 1 + len(r.Replaces) }

// decide: LIF-APPROVE, FIL-SUCCESS, and of what it replaces LIF-END and
// FIL-SERVICE: all of it ends with the approval, or nothing happens.
func (r *approval) decide(c *call, v *view) (Result, Decision, error) {
	d := c.decision(OperationApprove)
	rec, roles, err := c.find(v, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	d.Case.about(rec, roles, c.actor, new(Instance))
	if err := r.replaced(c, v, rec, &d); err != nil {
		return Result{}, d, err
	}
	if err := c.decide(&d); err != nil {
		return Result{}, d, err
	}
	if r.service != "" && r.service != rec.Service() {
		return Result{}, d, errStale // it was corrected meanwhile
	}
	to, _ := rec.State.Next(ActionApprove, roles)
	e := c.event(r.Code, ActionApprove, to)
	e.Filing = rec.numbered(r.ICPNumber)
	v.occur(e)
	res := c.result(ActionApprove, to, append([]Code{r.Code}, r.Replaces...)...)
	for _, code := range r.Replaces {
		c.endFiling(v, code, Step{End: EndMoved, Successor: r.Code}, "")
	}
	res.Candidates = r.candidates
	return res, d, nil
}

package icpcode

import "errors"

// issuing is what [Engine.Issue] makes of an IssueRequest.
type issuing struct {
	IssueRequest
	phone
}

func (r *issuing) normalize() error {
	if err := checkSubject(&r.Instance); err != nil {
		return err
	}
	if err := optionalID("GrantTo", string(r.GrantTo)); err != nil {
		return err
	}
	if err := checkCertification(r.Certification); err != nil {
		return err
	}
	return checkText("Remark", r.Remark, maxRemarkBytes)
}

// checkSubject checks the facts about an instance that a request is about.
func checkSubject(i *Instance) error {
	if err := i.normalize(); err != nil {
		return err
	}
	return checkID("Instance.ID", string(i.ID))
}

func (r *issuing) fingerprint(p *digest) {
	p.action(ActionIssue)
	p.text(string(r.Instance.ID))
	p.number(int64(r.Quantity))
	p.text(string(r.GrantTo))
	p.text(r.Remark)
}

func (r *issuing) prepare(c *call, last *told, d desk) error {
	return r.ask(c, last, d, Verification{Granter: r.Actor, Grantee: r.GrantTo, Proof: r.Proof})
}

func (r *issuing) draws(set *RuleSet) int {
	if set.batch(r.Quantity) != Yes {
		return 0
	}
	return r.Quantity
}

func (r *issuing) keys(c *call, keys []Key) []Key {
	keys = c.ledgerKeys(keys, &r.Instance)
	if r.GrantTo != "" {
		keys = grantKeys(keys, r.Actor, r.GrantTo, NaturalYear(c.at))
	}
	return keys
}

func (r *issuing) writes(c *call) (puts, events int) {
	puts, events = r.draws(c.set), r.draws(c.set)
	puts += c.ledgerPuts(r.Instance.Product)
	if r.GrantTo != "" {
		return puts + grantPuts, 2 * events
	}
	return puts, events
}

// decide: LIF-ISSUE, and with a grantee GRT-ATOMIC.
func (r *issuing) decide(c *call, v *view) (Result, Decision, error) {
	l := c.readLedgers(v, &r.Instance, r.Assume)
	d := c.decision(OperationIssue)
	d.Case.issue(&r.IssueRequest)
	l.tell(&d.Case)
	var g grant
	if r.GrantTo != "" {
		g = readGrant(v, r.Actor, r.GrantTo, NaturalYear(c.at))
		d.Case.Grant = g.part(r.state(c))
	}
	err := c.decide(&d)
	if err != nil && !errors.Is(err, errPhone) {
		return Result{}, d, err
	}
	if err := l.room(c, r.Quantity); err != nil {
		return Result{}, d, err
	}
	if err := r.fits(c); err != nil {
		return Result{}, d, err
	}
	if err != nil {
		return Result{}, d, err
	}
	l.take(v, r.Quantity, true)
	for _, code := range c.codes {
		c.born(v, code, OriginFree, &r.Instance, r.Remark, d.Assumed)
		if r.GrantTo != "" {
			e := c.event(code, ActionGrant, StateAvailable)
			e.Grantee, e.Assumed = r.GrantTo, d.Assumed
			v.occur(e)
		}
	}
	if r.GrantTo != "" {
		g.record(v)
	}
	res := c.result(ActionIssue, StateAvailable, c.codes...)
	res.Quota, res.PhoneNeeded = d.Quota, d.PhoneNeeded
	res.Quota.Used += d.Quota.Requested
	return res, d, nil
}

// fits checks that one commit can write all of it.
func (r *issuing) fits(c *call) error {
	if r.GrantTo != "" {
		return c.capacity.fits("Quantity", r.Quantity, 2, c.ledgerPuts(r.Instance.Product)+grantPuts)
	}
	return c.capacity.fits("Quantity", r.Quantity, 1, c.ledgerPuts(r.Instance.Product))
}

// born makes a code come into being for an instance.
func (c *call) born(v *view, code Code, o Origin, i *Instance, remark string, assumed RuleIDs) {
	e := c.event(code, ActionIssue, StateAvailable)
	e.Owner, e.Origin, e.Remark, e.Assumed = c.actor, o, remark, assumed
	e.InstanceID, e.Product, e.ContractQuota = i.ID, i.Product, i.ContractQuota
	v.occur(e)
}

// automatic is what [Engine.SubmitAuto] makes of an SubmitAutoRequest.
type automatic struct {
	SubmitAutoRequest
	direct
}

func (r *automatic) normalize() error {
	r.Filing = *r.Filing.clone()
	if err := checkSubject(&r.Instance); err != nil {
		return err
	}
	return checkText("Remark", r.Remark, maxRemarkBytes)
}

func (r *automatic) fingerprint(p *digest) {
	p.action(ActionNone) // as no other request does
	p.text(string(r.Instance.ID))
	p.filing(&r.Filing)
	p.text(r.Remark)
}

func (r *automatic) draws(*RuleSet) int { return 1 }

func (r *automatic) keys(c *call, keys []Key) []Key { return c.ledgerKeys(keys, &r.Instance) }

func (r *automatic) writes(c *call) (puts, events int) {
	return 1 + c.ledgerPuts(r.Instance.Product), 2
}

// decide: the code is issued and filed with in one commit (LIF-ISSUE, auto).
// ELG-ACCOUNT does not bind it.
func (r *automatic) decide(c *call, v *view) (Result, Decision, error) {
	l := c.readLedgers(v, &r.Instance, r.Assume)
	d := c.decision(OperationSubmitAuto)
	d.Case.state(&r.Instance)
	d.Case.Bought, d.Case.Assume = relation(r.Instance.Owner, c.actor, ""), r.Assume
	d.Case.Filing = r.Filing.part()
	l.tell(&d.Case)
	if err := c.decide(&d); err != nil {
		return Result{}, d, err
	}
	if err := l.room(c, 1); err != nil {
		return Result{}, d, err
	}
	l.take(v, 1, true)
	code := c.codes[0]
	c.born(v, code, OriginAuto, &r.Instance, r.Remark, d.Assumed)
	e := c.event(code, ActionSubmit, StateFiling)
	e.Filing = r.Filing.entered()
	v.occur(e)
	res := c.result(ActionIssue, StateFiling, code)
	res.Quota = d.Quota
	res.Quota.Used += d.Quota.Requested
	return res, d, nil
}

package icpcode

// ending is a request that ends a filing or a code: what Release, Refund and
// Void have in common.
type ending struct {
	ReleaseRequest
	oneCode
	action Action // ActionRelease, ActionRefund or ActionVoid
}

func (r *ending) normalize() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	if r.action == ActionVoid && r.Reason == "" {
		return invalid("Reason", "is empty")
	}
	return checkText("Reason", r.Reason, maxRemarkBytes)
}

func (r *ending) fingerprint(p *digest) {
	p.action(r.action)
	p.code(r.Code)
	p.text(r.Reason)
}

func (r *ending) keys(_ *call, keys []Key) []Key { return append(keys, recordKey(r.Code)) }

// decide: LIF-RELEASE, LIF-REFUND with PAY-REFUND, LIF-VOID.
func (r *ending) decide(c *call, v *view) (Result, Decision, error) {
	action := r.action
	if action == ActionRelease && c.set.Life.ReleaseTo == StateInvalid {
		action = ActionForfeit
	}
	rec, d, err := c.judge(v, endingOperation(r.action), r.Code)
	if err != nil {
		return Result{}, d, err
	}
	to, _ := rec.State.Next(action, d.asker())
	e := c.event(r.Code, action, to)
	e.Reason = r.Reason
	if action == ActionRefund {
		e.Refund = rec.Paid
	}
	v.occur(e)
	res := c.result(action, to, r.Code)
	res.Money = e.Refund
	return res, d, nil
}

func endingOperation(a Action) Operation {
	if a == ActionRefund {
		return OperationRefund
	}
	if a == ActionVoid {
		return OperationVoid
	}
	return OperationRelease
}

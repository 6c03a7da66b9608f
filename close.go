package icpcode

// closing is what [Engine.CloseInstance] makes of a CloseRequest.
type closing struct {
	CloseRequest
	listed []Code // of the instance
}

func (r *closing) normalize() error {
	if err := checkID("InstanceID", string(r.InstanceID)); err != nil {
		return err
	}
	if r.Reason == "" {
		return invalid("Reason", "is empty")
	}
	return checkText("Reason", r.Reason, maxRemarkBytes)
}

func (r *closing) action() Action {
	if r.Refunded {
		return ActionCloseRefund
	}
	return ActionCloseRelease
}

func (r *closing) fingerprint(p *digest) {
	p.action(r.action())
	p.text(string(r.InstanceID))
	p.text(r.Reason)
}

// prepare lists the codes of the instance.
func (r *closing) prepare(c *call, _ *told, d desk) (err error) {
	if !c.operator {
		return nil // it will be refused, whatever there is
	}
	r.listed, err = d.attached(r.InstanceID)
	return err
}

func (r *closing) draws(*RuleSet) int { return 0 }

func (r *closing) keys(_ *call, keys []Key) []Key {
	keys = append(keys, ledgerKey(r.InstanceID))
	for _, code := range r.listed {
		keys = append(keys, recordKey(code))
	}
	return keys
}

func (r *closing) writes(*call) (puts, events int) { return len(r.listed) + 1, len(r.listed) }

// fits checks that one commit can end all codes that are to end. It can fail
// only where more were attached than the store can close by now.
func (r *closing) fits(c *call, records []*Record) error {
	n := 0
	for _, rec := range records {
		if _, may := rec.State.Next(r.action(), RoleOperator); may {
			n++
		}
	}
	return c.capacity.fits("InstanceID", n, 1, 1)
}

// decide: LIF-CLOSE. The codes that were listed must be all that the ledger
// counts; otherwise one was attached meanwhile, and the engine lists again.
func (r *closing) decide(c *call, v *view) (Result, Decision, error) {
	a := r.action()
	d := c.decision(OperationCloseRelease)
	if r.Refunded {
		d.Case.Operation = OperationCloseRefund
	}
	var next Ledger
	if l := read[Ledger](v, ledgerKey(r.InstanceID)); l != nil {
		next = *l
	}
	if c.operator {
		d.Case.Closed = next.Closed
	}
	res := c.result(a, StateNone)
	var records []*Record
	if c.operator && next.Closed == ActionNone { // otherwise it is refused
		if len(r.listed) != next.Attached {
			return Result{}, d, errStale
		}
		records = make([]*Record, len(r.listed))
		for i, code := range r.listed {
			// A record may be read as it was before it was bound: documents
			// of one Load need not be of one moment.
			records[i] = read[Record](v, recordKey(code))
			if records[i] == nil || records[i].InstanceID != r.InstanceID {
				return Result{}, d, errStale
			}
			if records[i].carries() {
				res.Resting = append(res.Resting, records[i].Code)
			}
		}
		d.Case.Resting = len(res.Resting)
	}
	if err := c.decide(&d); err != nil {
		return Result{}, d, err
	}
	if err := r.fits(c, records); err != nil {
		return Result{}, d, err
	}
	var paid purse
	for _, rec := range records {
		to, may := rec.State.Next(a, RoleOperator)
		if !may {
			continue
		}
		e := c.event(rec.Code, a, to)
		e.Reason = r.Reason
		if to == StateRefunded && rec.Origin == OriginPaid && c.set.Life.CloseRefundsPaid {
			e.Refund = rec.Paid
			paid.add(e.Refund)
		}
		v.occur(e)
		if len(res.Codes) == 0 {
			res.State = to
		}
		if to != res.State {
			res.State = StateNone
		}
		res.Codes = append(res.Codes, rec.Code)
	}
	next.Closed, next.ClosedAt, next.Reason = a, c.at, r.Reason
	v.put(ledgerKey(r.InstanceID), &next)
	res.Money = paid.total()
	return res, d, nil
}

// carries reports whether a filing rests on the code: one under review, or one
// that was approved and has not ended.
func (r *Record) carries() bool {
	return r.State == StateFiling || r.State == StateFiled && r.Over().IsZero()
}

// purse adds up amounts of one currency.
type purse struct {
	sum   Money
	mixed bool
}

func (t *purse) add(m Money) {
	if m.Amount.IsZero() {
		return
	}
	if t.sum.Currency != "" && t.sum.Currency != m.Currency {
		t.mixed = true
	}
	t.sum = Money{t.sum.Amount.Add(m.Amount), m.Currency}
}

// total returns the sum, or no money where currencies were mixed: there is no
// such amount, and the codes' records have each.
func (t *purse) total() Money {
	if t.mixed {
		return Money{}
	}
	return t.sum
}

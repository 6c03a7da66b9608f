package icpcode

import "github.com/shopspring/decimal"

// buying is what [Engine.Buy] makes of a BuyRequest.
type buying struct {
	BuyRequest
	direct
}

func (r *buying) normalize() error {
	if r.Paid.Valid {
		if err := checkCents("Paid", r.Paid.Decimal); err != nil {
			return err
		}
	}
	return checkText("Remark", r.Remark, maxRemarkBytes)
}

func (r *buying) fingerprint(p *digest) {
	p.action(ActionBuy)
	p.number(int64(r.Quantity))
	p.text(r.Remark)
	if r.Paid.Valid {
		p.text(r.Paid.Decimal.StringFixed(cents))
	}
}

func (r *buying) draws(set *RuleSet) int {
	if set.batch(r.Quantity) != Yes {
		return 0
	}
	return r.Quantity
}

func (r *buying) keys(_ *call, keys []Key) []Key { return keys }

func (r *buying) writes(c *call) (puts, events int) { return r.draws(c.set), r.draws(c.set) }

// decide: LIF-BUY, PAY-PRICE, PAY-EXACT.
func (r *buying) decide(c *call, v *view) (Result, Decision, error) {
	d := c.decision(OperationBuy)
	d.Case.Quantity = r.Quantity
	if c.price.Currency == "" && c.price.Amount.IsZero() {
		return Result{}, d, ErrNoPrice
	}
	if err := checkPrice(c.price); err != nil {
		return Result{}, d, err
	}
	if err := c.decide(&d); err != nil {
		return Result{}, d, err
	}
	if err := c.capacity.fits("Quantity", r.Quantity, 1, 0); err != nil {
		return Result{}, d, err
	}
	total := c.price.Amount.Mul(decimal.NewFromInt(int64(r.Quantity))).Round(cents)
	if r.Paid.Valid {
		total = r.Paid.Decimal
	}
	parts, err := Split(total, r.Quantity)
	if err != nil {
		return Result{}, d, err
	}
	for i, code := range c.codes {
		e := c.event(code, ActionBuy, StateUnbound)
		e.Owner, e.Origin, e.Remark = c.actor, OriginPaid, r.Remark
		e.Paid = Money{parts[i], c.price.Currency}
		v.occur(e)
	}
	res := c.result(ActionBuy, StateUnbound, c.codes...)
	res.Money = Money{total, c.price.Currency}
	return res, d, nil
}

// binding is what [Engine.Bind] makes of a BindRequest.
type binding struct {
	BindRequest
	direct
}

func (r *binding) normalize() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	return checkSubject(&r.Instance)
}

func (r *binding) fingerprint(p *digest) {
	p.action(ActionBind)
	p.code(r.Code)
	p.text(string(r.Instance.ID))
}

func (r *binding) keys(c *call, keys []Key) []Key {
	return c.ledgerKeys(append(keys, recordKey(r.Code)), &r.Instance)
}

func (r *binding) writes(c *call) (puts, events int) { return 1 + c.ledgerPuts(r.Instance.Product), 1 }

// decide: LIF-BIND, PAY-QUOTA.
func (r *binding) decide(c *call, v *view) (Result, Decision, error) {
	d := c.decision(OperationBind)
	rec, roles, err := c.find(v, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	l := c.readLedgers(v, &r.Instance, r.Assume)
	d.Case.about(rec, roles, c.actor, &r.Instance)
	d.Case.Assume = r.Assume
	l.tell(&d.Case)
	if err := c.decide(&d); err != nil {
		return Result{}, d, err
	}
	if err := l.room(c, 1); err != nil {
		return Result{}, d, err
	}
	l.take(v, 1, c.set.Life.PaidUsesQuota)
	to, _ := rec.State.Next(ActionBind, roles)
	e := c.event(r.Code, ActionBind, to)
	e.InstanceID, e.Product, e.ContractQuota = r.Instance.ID, r.Instance.Product, r.Instance.ContractQuota
	e.Assumed = d.Assumed
	v.occur(e)
	return c.result(ActionBind, to, r.Code), d, nil
}

package icpcode

import (
	"github.com/shopspring/decimal"
)

func (r *IssueRequest) normalize() error {
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

func (r *IssueRequest) fingerprint(p *digest) {
	p.action(ActionIssue)
	p.text(string(r.Instance.ID))
	p.number(int64(r.Quantity))
	p.text(string(r.GrantTo))
	p.text(r.Remark)
}

func (r *IssueRequest) draws(set *RuleSet) int {
	if set.batch(r.Quantity) != Yes {
		return 0
	}
	return r.Quantity
}

func (r *IssueRequest) keys(c *call, keys []Key) []Key {
	keys = c.ledgerKeys(keys, &r.Instance)
	if r.GrantTo != "" {
		keys = grantKeys(keys, r.Actor, r.GrantTo, NaturalYear(c.at))
	}
	return keys
}

// decide: LIF-ISSUE, and with a grantee GRT-ATOMIC.
func (r *IssueRequest) decide(c *call, v *view) (Result, Decision, error) {
	l := c.readLedgers(v, &r.Instance, r.Assume)
	d := c.set.Check(*r, l.used, c.at)
	l.judge(&d)
	var g grant
	if r.GrantTo != "" {
		g = readGrant(v, r.Actor, r.GrantTo, NaturalYear(c.at))
		c.judgeGrant(&d, g, r.Certification, r.Assume)
	}
	if err := d.err(); err != nil {
		return Result{}, d, err
	}
	if err := l.room(r.Quantity); err != nil {
		return Result{}, d, err
	}
	if err := c.settle(&d); err != nil {
		return Result{}, d, err
	}
	used := l.take(v, r.Quantity, true)
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
	res.Quota.Used = used
	return res, d, nil
}

// born makes a code come into being for an instance.
func (c *call) born(v *view, code Code, o Origin, i *Instance, remark string, assumed Rules) {
	e := c.event(code, ActionIssue, StateAvailable)
	e.Owner, e.Origin, e.Remark, e.Assumed = c.actor, o, remark, assumed
	e.Instance, e.Product, e.ContractQuota = i.ID, i.Product, i.ContractQuota
	v.occur(e)
}

func (r *AutoRequest) normalize() error {
	r.Filing = *r.Filing.clone()
	if err := checkSubject(&r.Instance); err != nil {
		return err
	}
	return checkText("Remark", r.Remark, maxRemarkBytes)
}

func (r *AutoRequest) fingerprint(p *digest) {
	p.action(ActionNone) // as no other request does
	p.text(string(r.Instance.ID))
	p.filing(&r.Filing)
	p.text(r.Remark)
}

func (r *AutoRequest) draws(*RuleSet) int { return 1 }

func (r *AutoRequest) keys(c *call, keys []Key) []Key { return c.ledgerKeys(keys, &r.Instance) }

// decide: the code is issued and filed with in one commit (LIF-ISSUE, auto).
// ELG-ACCOUNT does not bind it.
func (r *AutoRequest) decide(c *call, v *view) (Result, Decision, error) {
	l := c.readLedgers(v, &r.Instance, r.Assume)
	d := c.decision(ActionIssue)
	d.instance, d.Assumed = r.Instance, r.Assume|c.set.Assume
	d.Quota = Quota{Used: l.used, Requested: 1}
	c.set.judge(&d, autoRules)
	l.judge(&d)
	d.judgeFiling(&r.Filing, &r.Instance)
	if err := c.settle(&d); err != nil {
		return Result{}, d, err
	}
	if err := l.room(1); err != nil {
		return Result{}, d, err
	}
	used := l.take(v, 1, true)
	code := c.codes[0]
	c.born(v, code, OriginAuto, &r.Instance, r.Remark, d.Assumed)
	e := c.event(code, ActionSubmit, StateFiling)
	e.Filing = &r.Filing
	v.occur(e)
	res := c.result(ActionIssue, StateFiling, code)
	res.Quota = d.Quota
	res.Quota.Used = used
	return res, d, nil
}

func (r *BuyRequest) normalize() error {
	if r.Paid.Valid {
		if err := checkCents("Paid", r.Paid.Decimal); err != nil {
			return err
		}
	}
	return checkText("Remark", r.Remark, maxRemarkBytes)
}

func (r *BuyRequest) fingerprint(p *digest) {
	p.action(ActionBuy)
	p.number(int64(r.Quantity))
	p.text(r.Remark)
	if r.Paid.Valid {
		p.text(r.Paid.Decimal.StringFixed(cents))
	}
}

func (r *BuyRequest) draws(set *RuleSet) int {
	if set.batch(r.Quantity) != Yes {
		return 0
	}
	return r.Quantity
}

func (r *BuyRequest) keys(_ *call, keys []Key) []Key { return keys }

// decide: LIF-BUY, PAY-PRICE, PAY-EXACT.
func (r *BuyRequest) decide(c *call, v *view) (Result, Decision, error) {
	d := c.decision(ActionBuy)
	if c.price.Currency == "" && c.price.Amount.IsZero() {
		return Result{}, d, ErrNoPrice
	}
	if err := checkPrice(c.price); err != nil {
		return Result{}, d, err
	}
	d.Quota.Requested = r.Quantity
	d.answer(ELGBatch, c.set.batch(r.Quantity))
	if err := c.settle(&d); err != nil {
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

func (r *BindRequest) normalize() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	return checkSubject(&r.Instance)
}

func (r *BindRequest) fingerprint(p *digest) {
	p.action(ActionBind)
	p.code(r.Code)
	p.text(string(r.Instance.ID))
}

func (r *BindRequest) keys(c *call, keys []Key) []Key {
	return c.ledgerKeys(append(keys, recordKey(r.Code)), &r.Instance)
}

// decide: LIF-BIND, PAY-QUOTA.
func (r *BindRequest) decide(c *call, v *view) (Result, Decision, error) {
	d := c.decision(ActionBind)
	rec, roles, err := c.find(v, r.Code)
	if err != nil {
		return Result{}, d, err
	}
	l := c.readLedgers(v, &r.Instance, r.Assume)
	asked := bindRules
	if c.set.Life.PaidUsesQuota {
		asked |= 1 << ELGQuota
	}
	d.instance, d.Assumed = r.Instance, r.Assume|c.set.Assume
	d.Quota = Quota{Used: l.used, Requested: 1}
	c.set.judge(&d, asked)
	l.judge(&d)
	d.about(rec, roles, Instance{})
	to, may := rec.State.Next(ActionBind, roles)
	d.answer(LIFBind, tri(may))
	if err := c.settle(&d); err != nil {
		return Result{}, d, err
	}
	if err := l.room(1); err != nil {
		return Result{}, d, err
	}
	l.take(v, 1, c.set.Life.PaidUsesQuota)
	e := c.event(r.Code, ActionBind, to)
	e.Instance, e.Product, e.ContractQuota = r.Instance.ID, r.Instance.Product, r.Instance.ContractQuota
	e.Assumed = d.Assumed
	v.occur(e)
	return c.result(ActionBind, to, r.Code), d, nil
}

// ledgers are the counts that an issue reads and raises.
type ledgers struct {
	instance, account       *Ledger // nil: nothing counted yet
	instanceKey, accountKey Key
	perAccount              bool // the product is counted per account too
	ours                    bool // the actor owns the instance, as far as known
	used                    int  // the count that decides; negative: not the actor's to know
}

// ledgerAccount returns the account that an account's ledger is of: the
// instance's owner, or the actor where that is assumed.
func (c *call) ledgerAccount(i *Instance) AccountID {
	if i.Owner == "" {
		return c.actor
	}
	return i.Owner
}

func (c *call) ledgerKeys(keys []Key, i *Instance) []Key {
	keys = append(keys, ledgerKey(i.ID))
	if c.book.countsPerAccount(i.Product) {
		keys = append(keys, accountLedgerKey(c.ledgerAccount(i), i.Product))
	}
	return keys
}

func (c *call) readLedgers(v *view, i *Instance, assume Rules) ledgers {
	l := ledgers{instanceKey: ledgerKey(i.ID), perAccount: c.book.countsPerAccount(i.Product)}
	l.instance = read[Ledger](v, l.instanceKey)
	if l.perAccount {
		l.accountKey = accountLedgerKey(c.ledgerAccount(i), i.Product)
		l.account = read[Ledger](v, l.accountKey)
	}
	l.ours = i.Owner == c.actor || i.Owner == "" && (assume|c.set.Assume).Has(ELGOwner)
	if !l.ours {
		l.used = -1
		return l
	}
	deciding := l.instance
	// A contract is about the instance.
	if q, _ := c.set.requirements(i.Product); q.PerAccount && i.ContractQuota == 0 {
		deciding = l.account
	}
	if deciding != nil {
		l.used = deciding.Issued
	}
	return l
}

// judge answers LIF-CLOSE: a closed instance issues and binds nothing more.
func (l *ledgers) judge(d *Decision) {
	if l.ours && l.instance != nil && l.instance.Closed != ActionNone {
		d.closed = l.instance.Closed
		d.answer(LIFClose, No)
	}
}

// room reports whether n more codes can be attached to the instance.
func (l *ledgers) room(n int) error {
	if l.instance != nil && l.instance.Attached+n > maxAttached {
		return invalid("Instance.ID", "has 1000 codes attached, the most that one instance can have")
	}
	return nil
}

// take attaches n codes, counts them as issued if they use the quota, and
// returns the count that decides, after it.
func (l *ledgers) take(v *view, n int, counts bool) int {
	issued := 0
	if counts {
		issued = n
	}
	var next Ledger
	if l.instance != nil {
		next = *l.instance
	}
	next.Attached += n
	next.Issued += issued
	v.put(l.instanceKey, &next)
	if l.perAccount && counts {
		var account Ledger
		if l.account != nil {
			account = *l.account
		}
		account.Issued += issued
		v.put(l.accountKey, &account)
	}
	return l.used + issued
}

package ruletest

import (
	"slices"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// apply does what decide allowed. The result has the codes that were drawn,
// and the request ID.
func (m *model) apply(o *op, e *env, res icpcode.Result) {
	set := m.inForce(e.now)
	m.touched = m.touched[:0]
	clear(m.acts)
	switch o.kind {
	case opIssue, opAuto:
		m.applyIssue(o, e, set, res.Codes)
	case opBuy:
		parts := split(o.total(e.price), len(res.Codes))
		for i, c := range res.Codes {
			m.born(c, e, set, icpcode.ActionBuy, icpcode.Record{
				State: icpcode.StateUnbound, Origin: icpcode.OriginPaid, Owner: o.actor, Paid: parts[i], Remark: o.text,
			})
		}
	case opBind:
		assumed := m.judge(o, e, set).assumed
		r := m.happen(o.code, e, icpcode.ActionBind, icpcode.StateAvailable)
		r.InstanceID, r.Product, r.ContractQuota = o.inst.ID, o.inst.Product, o.inst.ContractQuota
		r.RuleSetVersion, r.Assumed = set.Version, assumed
		m.attach(o.inst.ID, o.inst.Product, r.Owner, 1, set.Life.PaidUsesQuota)
	case opGrant:
		for _, c := range o.codes {
			m.grant(c, e, m.codes[c].State, o.to)
		}
		m.partner(o.actor, o.to, year(e.now))
	case opImport:
		m.applyImport(o, e, set)
	case opClose:
		m.applyClose(o, e, set, res)
	case opEnd:
		m.applyEnd(o, e)
	case opCorrect:
		m.applyCorrect(o, e)
	default:
		m.applyCode(o, e, res)
	}
	id := receiptOf{o.actor, res.RequestID}
	res.Replayed, res.PhoneNeeded = false, false
	m.receipts[id] = receipt{o.as(res.RequestID).identity(), res}
	m.touch(icpcode.Key{Kind: icpcode.KindReceipt, A: string(o.actor), B: res.RequestID})
}

func (m *model) touch(k icpcode.Key) {
	if !slices.Contains(m.touched, k) {
		m.touched = append(m.touched, k)
	}
}

// born makes a code come into being.
func (m *model) born(c icpcode.Code, e *env, set *icpcode.RuleSet, a icpcode.Action, r icpcode.Record) *icpcode.Record {
	r.Code, r.Version, r.Last, r.RuleSetVersion, r.Updated = c, 1, a, set.Version, e.now
	if r.Issued.IsZero() {
		r.Issued = e.now
	}
	m.codes[c] = &r
	m.order = append(m.order, c)
	m.acts[c] = append(m.acts[c], a)
	m.touch(icpcode.Key{Kind: icpcode.KindRecord, Code: c})
	return &r
}

// happen makes something happen to a code.
func (m *model) happen(c icpcode.Code, e *env, a icpcode.Action, to icpcode.State) *icpcode.Record {
	r := m.codes[c]
	r.Version++
	r.State, r.Last, r.Updated, r.Reason, r.Progress = to, a, e.now, "", nil
	m.acts[c] = append(m.acts[c], a)
	m.touch(icpcode.Key{Kind: icpcode.KindRecord, Code: c})
	return r
}

func (m *model) grant(c icpcode.Code, e *env, s icpcode.State, to icpcode.AccountID) {
	r := m.happen(c, e, icpcode.ActionGrant, s)
	r.Grantee, r.Granted, r.Filing = to, e.now, nil
}

// attach counts codes that are tied to an instance.
func (m *model) attach(i icpcode.InstanceID, p icpcode.Product, owner icpcode.AccountID, n int, counts bool) {
	l := m.ledgers[i]
	if l == nil {
		l = new(icpcode.Ledger)
		m.ledgers[i] = l
	}
	l.Attached += n
	m.touch(icpcode.Key{Kind: icpcode.KindLedger, A: string(i)})
	if !counts {
		return
	}
	l.Issued += n
	m.accounts[accountProduct{owner, p}] += n
	if m.countedPerAccount(p) {
		m.touch(icpcode.Key{Kind: icpcode.KindAccountLedger, A: string(owner), B: string(p)})
	}
}

// partner records that two accounts are partners of a year, and acquainted.
func (m *model) partner(granter, grantee icpcode.AccountID, y int) {
	add := func(k partnersOf, other icpcode.AccountID, kind icpcode.Kind) {
		if slices.Contains(m.partners[k], other) {
			return
		}
		m.partners[k] = append(m.partners[k], other)
		slices.Sort(m.partners[k])
		m.touch(icpcode.Key{Kind: kind, A: string(k.account), Year: y})
	}
	add(partnersOf{false, granter, y}, grantee, icpcode.KindGrantees)
	add(partnersOf{true, grantee, y}, granter, icpcode.KindGranters)
	if !m.met[pair{granter, grantee}] {
		m.met[pair{granter, grantee}] = true
		m.touch(icpcode.Key{Kind: icpcode.KindAcquaintance, A: string(granter), B: string(grantee)})
	}
}

func (m *model) applyIssue(o *op, e *env, set *icpcode.RuleSet, codes []icpcode.Code) {
	a := m.judge(o, e, set)
	r := icpcode.Record{
		State: icpcode.StateAvailable, Origin: icpcode.OriginFree, Owner: o.actor, InstanceID: o.inst.ID, Product: o.inst.Product,
		Assumed: a.assumed, ContractQuota: o.inst.ContractQuota, Remark: o.text,
	}
	if o.kind == opAuto {
		r.Origin = icpcode.OriginAuto
	}
	for _, c := range codes {
		m.born(c, e, set, icpcode.ActionIssue, r)
		if o.kind == opAuto {
			m.happen(c, e, icpcode.ActionSubmit, icpcode.StateFiling).Filing = copied(&o.filing)
		}
		if o.to != "" {
			m.grant(c, e, icpcode.StateAvailable, o.to)
		}
	}
	m.attach(o.inst.ID, o.inst.Product, o.actor, len(codes), true)
	if o.to != "" {
		m.partner(o.actor, o.to, year(e.now))
	}
}

func (m *model) applyImport(o *op, e *env, set *icpcode.RuleSet) {
	if m.codes[o.code] != nil {
		return
	}
	i := o.imp
	m.imports[o.code] = o.identity()
	r := m.born(o.code, e, set, icpcode.ActionImport, icpcode.Record{
		State: i.State, Origin: i.Origin, Owner: i.Owner, Grantee: i.Grantee, InstanceID: i.InstanceID, Product: i.Product,
		Issued: micro(i.Issued), Filing: copied(i.Filing), Paid: i.Paid, Remark: i.Remark,
	})
	if i.State == icpcode.StateRefunded {
		r.Refunded = i.Paid
	}
	if i.InstanceID != "" {
		m.attach(i.InstanceID, i.Product, i.Owner, 1, i.Origin != icpcode.OriginPaid || set.Life.PaidUsesQuota)
	}
	if i.Grantee != "" {
		r.Granted = micro(i.Granted)
		m.partner(i.Owner, i.Grantee, year(r.Granted))
	}
}

func (m *model) applyClose(o *op, e *env, set *icpcode.RuleSet, res icpcode.Result) {
	for _, c := range res.Codes {
		r := m.codes[c]
		back, to := closeRefund(r, o.refunded, set), icpcode.StateInvalid
		if o.refunded && r.State == icpcode.StateAvailable {
			to = icpcode.StateRefunded
		}
		m.happen(c, e, res.Action, to)
		r.Refunded, r.Reason = back, o.text
	}
	m.attach(o.inst.ID, "", "", 0, false)
	l := m.ledgers[o.inst.ID]
	l.Closed, l.ClosedAt, l.Reason = res.Action, e.now, o.text
}

func (m *model) applyCode(o *op, e *env, res icpcode.Result) {
	before := m.codes[o.code].Progress
	if o.kind == opStage && before != nil && before.Stage == o.stage {
		return // it is no event
	}
	r := m.happen(o.code, e, res.Action, res.State)
	if o.kind == opStage || o.kind == opReject {
		r.Progress = progressed(before, o, e.now)
		return
	}
	if o.kind == opSubmit || o.kind == opResubmit {
		r.Filing = copied(&o.filing)
		return
	}
	if o.kind == opApprove {
		r.Filing = numbered(r.Filing, o.text)
		for _, c := range o.codes {
			m.endFiling(c, e.now, e, icpcode.EndMoved, o.code, "")
		}
		return
	}
	r.Reason = o.text
	if o.kind == opRefund {
		r.Refunded = r.Paid
	}
}

// progressed is the progress of a filing once an operator said something of it.
func progressed(before *icpcode.Progress, o *op, now time.Time) *icpcode.Progress {
	var p icpcode.Progress
	if before != nil {
		p = *before
	}
	if o.kind == opStage {
		p.Stage, p.Staged = o.stage, now
	} else {
		p.Rejection, p.Rejected = o.text, now
	}
	return &p
}

func copied(f *icpcode.Filing) *icpcode.Filing {
	if f == nil {
		return nil
	}
	c := *f
	c.IPs = slices.Clone(f.IPs)
	return &c
}

// micro truncates an instant as the library does on entry.
func micro(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }

// split divides money to the cent; the first codes get the cents that are
// left over (PAY-EXACT).
func split(total icpcode.Money, n int) []icpcode.Money {
	left := total.Amount.Shift(2).IntPart()
	parts := make([]icpcode.Money, n)
	for i := range parts {
		part := (left + int64(n-i) - 1) / int64(n-i)
		parts[i] = icpcode.Money{Amount: decimal.New(part, -2), Currency: total.Currency}
		left -= part
	}
	return parts
}

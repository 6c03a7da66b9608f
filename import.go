package icpcode

import (
	"fmt"
	"slices"
)

// importing is what [Engine.Import] makes of an ImportRequest.
type importing struct {
	ImportRequest
	birth   *Event // the first event of the code, if it exists
	lookups int    // how often birth was looked for
}

func (r *importing) normalize() error {
	r.Filing = r.Filing.clone()
	var err error
	if r.Issued, err = instant("Issued", r.Issued); err != nil {
		return err
	}
	if r.Granted, err = optionalInstant("Granted", r.Granted); err != nil {
		return err
	}
	if err := checkID("Owner", string(r.Owner)); err != nil {
		return err
	}
	for _, f := range [...]struct{ name, text string }{
		{"Grantee", string(r.Grantee)}, {"InstanceID", string(r.InstanceID)}, {"Product", string(r.Product)},
	} {
		if err := optionalID(f.name, f.text); err != nil {
			return err
		}
	}
	if err := checkText("Remark", r.Remark, maxRemarkBytes); err != nil {
		return err
	}
	if err := r.checkLife(); err != nil {
		return err
	}
	if err := r.checkPaid(); err != nil {
		return err
	}
	return r.checkFiling()
}

// checkLife checks that the state, the parties and the dates can go together.
func (r *importing) checkLife() error {
	if r.Code.IsZero() {
		return invalid("Code", "is empty")
	}
	if r.State == StateNone || r.State >= numStates {
		return invalid("State", "is not a state that a code can have")
	}
	if r.Origin == OriginNone || r.Origin > OriginPaid {
		return invalid("Origin", "is not a known origin")
	}
	if (r.Grantee == "") != r.Granted.IsZero() {
		return invalid("Granted", "goes together with a grantee")
	}
	if r.Grantee == r.Owner {
		return invalid("Grantee", "is the owner")
	}
	if r.Grantee != "" && r.Granted.Before(r.Issued) {
		return invalid("Granted", "is before it was issued")
	}
	if (r.InstanceID == "") != (r.Product == "") {
		return invalid("Product", "goes together with an instance")
	}
	if r.State == StateUnbound && (r.InstanceID != "" || r.Origin != OriginPaid) {
		return invalid("State", "is Unbound, which only a paid code without an instance can be")
	}
	if r.InstanceID == "" && r.Origin != OriginPaid {
		return invalid("InstanceID", "is empty, which only that of a paid code can be")
	}
	if r.InstanceID == "" && (r.State == StateAvailable || r.State == StateFiling || r.State == StateFiled) {
		return invalid("InstanceID", "is empty, which no code can be filed with")
	}
	return nil
}

func (r *importing) checkPaid() error {
	if err := checkCents("Paid", r.Paid.Amount); err != nil {
		return err
	}
	if r.Paid.IsZero() {
		return nil
	}
	if r.Origin != OriginPaid {
		return invalid("Paid", "is set for a code that was not bought")
	}
	return checkCurrency("Paid", r.Paid.Currency)
}

// checkFiling checks what is known of a filing; nothing needs to be.
func (r *importing) checkFiling() error {
	f := r.Filing
	if f == nil {
		return nil
	}
	if r.State == StateUnbound {
		return invalid("Filing", "is set for a code without an instance")
	}
	if f.Kind > FilingChange {
		return invalid("Filing.Kind", "is not a known kind")
	}
	if f.Domain != "" && f.App != "" {
		return invalid("Filing", "has both a domain and an app")
	}
	if f.Domain != "" {
		if p := domainProblem(f.Domain); p != "" {
			return invalid("Filing.Domain", p)
		}
	}
	for _, t := range [...]struct{ name, text string }{
		{"Filing.App", f.App}, {"Filing.Subject", f.Subject}, {"Filing.ICPNumber", f.ICPNumber},
	} {
		if err := optionalID(t.name, t.text); err != nil {
			return err
		}
	}
	if f.ICPNumber != "" && r.State != StateFiled {
		return invalid("Filing.ICPNumber", "is set for a code that is not Filed")
	}
	return checkIPs("Filing.IPs", f.IPs)
}

func (r *importing) fingerprint(p *digest) {
	p.action(ActionImport)
	p.code(r.Code)
	p.number(int64(r.State))
	p.number(int64(r.Origin))
	p.text(string(r.Owner))
	p.text(string(r.Grantee))
	p.text(string(r.InstanceID))
	p.text(string(r.Product))
	p.instant(r.Issued)
	p.instant(r.Granted)
	p.text(r.Paid.Amount.StringFixed(cents))
	p.text(r.Paid.Currency)
	p.text(r.Remark)
	if r.Filing != nil {
		p.filing(r.Filing)
	}
}

// subject is the instance of the code, for its ledgers.
func (r *importing) subject() Instance {
	return Instance{ID: r.InstanceID, Product: r.Product, Owner: r.Owner}
}

// prepare looks for the first event of the code.
func (r *importing) prepare(_ *call, _ *told, d desk) (err error) {
	r.lookups++
	r.birth, err = d.birth(r.Code)
	return err
}

func (r *importing) draws(*RuleSet) int { return 0 }

func (r *importing) keys(c *call, keys []Key) []Key {
	keys = append(keys, recordKey(r.Code))
	if r.InstanceID != "" {
		i := r.subject()
		keys = c.ledgerKeys(keys, &i)
	}
	if r.Grantee != "" {
		keys = grantKeys(keys, r.Owner, r.Grantee, NaturalYear(r.Granted))
	}
	return keys
}

func (r *importing) writes(c *call) (puts, events int) {
	return 1 + c.ledgerPuts(r.Product) + grantPuts, 1
}

// decide: LIF-IMPORT. Quotas and caps count what is imported and never refuse
// it.
func (r *importing) decide(c *call, v *view) (Result, Decision, error) {
	d := c.decision(OperationImport)
	d.Case.Code = CaseCode{State: r.State, Origin: r.Origin, Product: r.Product, Granted: r.Grantee != ""}
	if err := c.decide(&d); err != nil {
		return Result{}, d, err
	}
	if !c.format.accepts(r.Code) {
		return Result{}, d, invalid("Code", "is not of the format that is imported here")
	}
	res := c.result(ActionImport, r.State, r.Code)
	e := r.event(c)
	if known := read[Record](v, recordKey(r.Code)); known != nil {
		if r.birth == nil {
			if r.lookups < sureLookups {
				return Result{}, d, errStale // it may be new
			}
			return Result{}, d, fmt.Errorf("%w: its history is gone, so that what was imported is not known", ErrDiffers)
		}
		if !sameImport(&e, r.birth) {
			return Result{}, d, ErrDiffers
		}
		res.State = known.State
		return res, d, nil
	}
	if err := r.count(c, v, &d); err != nil {
		return Result{}, d, err
	}
	v.occur(e)
	if r.Grantee != "" {
		g := readGrant(v, r.Owner, r.Grantee, NaturalYear(r.Granted))
		g.record(v)
	}
	return res, d, nil
}

// count attaches the code to its instance and counts it.
func (r *importing) count(c *call, v *view, d *Decision) error {
	if r.InstanceID == "" {
		return nil
	}
	i := r.subject()
	l := c.readLedgers(v, &i, 0)
	l.ours = true
	l.tell(&d.Case)
	if err := c.decide(d); err != nil {
		return err
	}
	if err := l.room(c, 1); err != nil {
		return err
	}
	l.take(v, 1, r.Origin != OriginPaid || c.set.Life.PaidUsesQuota)
	return nil
}

func (r *importing) event(c *call) Event {
	e := c.event(r.Code, ActionImport, r.State)
	e.Owner, e.Grantee, e.Granted = r.Owner, r.Grantee, r.Granted
	e.InstanceID, e.Product, e.Origin = r.InstanceID, r.Product, r.Origin
	e.Issued, e.Filing, e.Paid, e.Remark = r.Issued, r.Filing.entered(), r.Paid, r.Remark
	if r.State == StateRefunded {
		e.Refund = r.Paid
	}
	return e
}

// sameImport reports whether two imports say the same of a code.
func sameImport(a, b *Event) bool {
	return b.Action == ActionImport && a.To == b.To && a.Origin == b.Origin &&
		a.Owner == b.Owner && a.Grantee == b.Grantee && a.InstanceID == b.InstanceID && a.Product == b.Product &&
		a.Issued.Equal(b.Issued) && a.Granted.Equal(b.Granted) && a.Remark == b.Remark &&
		a.Paid.Amount.Equal(b.Paid.Amount) && a.Paid.Currency == b.Paid.Currency && sameFiling(a.Filing, b.Filing)
}

func sameFiling(a, b *Filing) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == b.Kind && a.Service() == b.Service() && a.Subject == b.Subject &&
		a.ICPNumber == b.ICPNumber && slices.Equal(unmapped(a.IPs), unmapped(b.IPs))
}

package ruletest

import (
	"fmt"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// What befalls a code once it is there: filings, their review, refunds, closings
// and imports.

func (g *gen) submit() *op { return g.filed(opSubmit, icpcode.StateAvailable) }

func (g *gen) resubmit() *op { return g.filed(opResubmit, icpcode.StateFiling) }

func (g *gen) filed(k kind, s icpcode.State) *op {
	if g.lacks(in(s)) {
		return g.auto()
	}
	c := g.code(in(s))
	o := g.request(&op{kind: k, code: c}, g.holderOf(c))
	if r := g.model.codes[c]; r != nil && g.rarely(5) {
		o.actor = r.Owner
	}
	g.file(o)
	switch g.roll(6) {
	case 0, 1:
	case 5:
		o.inst = g.facts(among(g, g.servers), nil)
	default:
		if s := g.behind(c); s != nil {
			o.inst = g.facts(s, nil)
			if g.rarely(6) {
				o.inst.ID = "" // the code's is meant
			}
		}
	}
	return o
}

func (g *gen) approve() *op {
	if g.lacks(in(icpcode.StateFiling)) {
		return g.submit()
	}
	o := g.request(&op{kind: opApprove, code: g.code(in(icpcode.StateFiling))}, g.operator)
	o.text = among(g, g.numbers)
	g.replaces(o)
	return o
}

func (g *gen) reject() *op {
	if g.lacks(in(icpcode.StateFiling)) {
		return g.submit()
	}
	o := g.request(&op{kind: opReject, code: g.code(in(icpcode.StateFiling))}, g.operator)
	o.text = among(g, []string{"the photo is dark", "域名已过期\n请更换照片"})
	return o
}

func (g *gen) tellStage() *op {
	if g.lacks(in(icpcode.StateFiling)) {
		return g.submit()
	}
	o := g.request(&op{kind: opStage, code: g.code(in(icpcode.StateFiling))}, g.operator)
	o.stage = icpcode.Stage(1 + g.roll(3))
	return o
}

func (g *gen) release() *op {
	if g.lacks(in(icpcode.StateFiling)) {
		return g.submit()
	}
	c := g.code(in(icpcode.StateFiling))
	o := g.request(&op{kind: opRelease, code: c}, among(g, []icpcode.AccountID{g.holderOf(c), g.operator}))
	o.text = among(g, []string{"", "withdrawn"})
	return o
}

func (g *gen) refund() *op {
	open := func(r *icpcode.Record) bool {
		return r.Origin == icpcode.OriginPaid && (r.State == icpcode.StateUnbound || r.State == icpcode.StateAvailable)
	}
	if g.lacks(open) {
		return g.buy()
	}
	c := g.code(open)
	o := g.request(&op{kind: opRefund, code: c}, g.ownerOf(c))
	o.text = among(g, []string{"", "not needed"})
	return o
}

func (g *gen) void() *op {
	c := g.code(in(icpcode.StateUnbound, icpcode.StateAvailable, icpcode.StateFiling))
	return g.request(&op{kind: opVoid, code: c, text: "by order"}, g.operator)
}

func (g *gen) close() *op {
	o := g.request(&op{kind: opClose, refunded: g.roll(2) == 0, text: "gone"}, g.operator)
	o.inst.ID = among(g, g.servers).id
	if g.roll(2) == 1 {
		// One with a paid code that is not in use, to see money flow back.
		r := g.model.codes[g.code(func(r *icpcode.Record) bool {
			return r.Origin == icpcode.OriginPaid && r.State == icpcode.StateAvailable
		})]
		if r != nil && r.InstanceID != "" {
			o.inst.ID = r.InstanceID
		}
	}
	return o
}

// imported draws a code that was issued elsewhere.
func (g *gen) imported() *op {
	o := g.request(&op{kind: opImport}, g.operator)
	s := among(g, g.servers)
	i := &icpcode.ImportRequest{
		State: icpcode.StateAvailable, Owner: s.owner, InstanceID: s.id, Product: s.product, Origin: icpcode.OriginFree,
		Issued: g.past(), Remark: among(g, []string{"", "old"}),
	}
	o.imp = i
	o.code = g.importable()
	i.State = icpcode.State(1 + g.roll(6))
	switch g.roll(4) {
	case 1:
		i.Origin = icpcode.OriginAuto
	case 2, 3:
		i.Origin = icpcode.OriginPaid
		i.Paid = icpcode.Money{Amount: decimal.New(int64(g.roll(3))*1250, -2), Currency: among(g, []string{"CNY", "USD"})}
	}
	if i.State == icpcode.StateUnbound {
		i.Origin, i.InstanceID, i.Product = icpcode.OriginPaid, "", ""
	}
	if g.roll(3) == 2 {
		i.Grantee, i.Granted = g.account(), g.past()
		if i.Granted.Before(i.Issued) {
			i.Issued = i.Granted
		}
		if i.Grantee == i.Owner {
			i.Grantee = g.passive[0]
		}
	}
	if i.State == icpcode.StateFiled || i.State == icpcode.StateFiling && g.roll(2) == 1 {
		i.Filing = &icpcode.Filing{Kind: icpcode.FilingFirst, Domain: g.domain()}
		if i.State == icpcode.StateFiled {
			i.Filing.ICPNumber = among(g, g.numbers)
		}
	}
	if g.rarely(8) {
		// Perhaps the same as before.
		for _, c := range g.model.order {
			if before := g.imports[c]; before != nil {
				o.code, o.imp = c, before
			}
		}
	}
	return o
}

// importable draws the code of an import: one that looks otherwise, one that
// the engine might draw some day, or one that exists.
func (g *gen) importable() icpcode.Code {
	g.ids++
	switch g.roll(4) {
	case 2:
		return g.entropy.code(g.pick(entropySpan))
	case 3:
		return g.code(func(*icpcode.Record) bool { return true })
	}
	c, err := icpcode.Opaque.Parse(fmt.Sprintf("%sX-%d", g.tag, g.ids))
	if err != nil {
		panic(err)
	}
	return c
}

// past draws when something happened elsewhere: often at the edge of a year.
func (g *gen) past() time.Time {
	y := year(g.now)
	return handled(among(g, []time.Time{
		g.now, g.now.Add(-day), newYear(y), newYear(y).Add(-time.Microsecond), newYear(y).Add(ahead - time.Microsecond),
	}))
}

// repeat sends a request again, with fresh facts, or another one under its ID.
func (g *gen) repeat() *op {
	if len(g.done) == 0 {
		return g.issue()
	}
	old := g.done[len(g.done)-1-g.pick(min(len(g.done), 16))]
	o := old.as(old.id)
	switch g.roll(4) {
	case 0:
		return o
	case 3:
		o = g.next()[0].op
		if o == nil || o.invalid != "" {
			o = g.issue()
		}
		o.actor, o.id = old.actor, old.id
		return o
	}
	if s := g.byID[o.inst.ID]; s != nil && o.kind != opClose {
		o.inst = g.facts(s, &o.assume)
	}
	o.cert, o.proof, o.phone = g.certification(), "again", phoneNo
	return o
}

package ruletest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// spoil makes a request that cannot be read as one.
func (g *gen) spoil(o *op) {
	spoils := []struct {
		what string
		do   func(*op)
	}{
		{"no actor", func(o *op) { o.actor = "" }},
		{"a long actor", func(o *op) { o.actor = icpcode.AccountID(strings.Repeat("x", 129)) }},
		{"a control character in the request ID", func(o *op) { o.id, o.badID = "a\nb", true }},
		{"space around the request ID", func(o *op) { o.id, o.badID = " a", true }},
	}
	more := func(what string, do func(*op)) {
		spoils = append(spoils, struct {
			what string
			do   func(*op)
		}{what, do})
	}
	switch o.kind {
	case opIssue, opAuto, opBind:
		more("no instance", func(o *op) { o.inst.ID = "" })
		more("a negative term", func(o *op) { o.inst.TermMonths = -1 })
		more("an expiry out of range", func(o *op) { o.inst.Expires = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) })
		more("an unknown billing", func(o *op) { o.inst.Billing = 9 })
		more("a contract of 1001", func(o *op) { o.inst.ContractQuota = 1001 })
	case opGrant:
		more("no grantee", func(o *op) { o.to = "" })
		more("a code twice", func(o *op) { o.codes = append(slices.Clone(o.codes), o.codes[0]) })
		more("no code", func(o *op) { o.codes = nil })
		more("an unknown certification", func(o *op) { o.cert = 9 })
	case opBuy:
		more("a negative payment", func(o *op) { o.paid = decimal.NewNullDecimal(decimal.New(-1, -2)) })
		more("a fraction of a cent", func(o *op) { o.paid = decimal.NewNullDecimal(decimal.New(1, -3)) })
	case opClose:
		more("no instance", func(o *op) { o.inst.ID = "" })
		more("no reason", func(o *op) { o.text = "" })
	case opImport:
		more("granted before issued", func(o *op) {
			i := *o.imp
			i.Grantee, i.Granted = "x", i.Issued.Add(-time.Second)
			o.imp = &i
		})
		more("to be filed with, but of no instance", func(o *op) {
			i := *o.imp
			i.State, i.Origin, i.InstanceID, i.Product = icpcode.StateAvailable, icpcode.OriginPaid, "", ""
			o.imp = &i
		})
		more("both a website and an app", func(o *op) {
			i := *o.imp
			i.Filing = &icpcode.Filing{Domain: "a.cn", App: "a"}
			o.imp = &i
		})
		more("no owner", func(o *op) { i := *o.imp; i.Owner = ""; o.imp = &i })
		more("no state", func(o *op) { i := *o.imp; i.State = 0; o.imp = &i })
	case opVoid:
		more("no reason", func(o *op) { o.text = "" })
	default:
		more("no code", func(o *op) { o.code = icpcode.Code{} })
	}
	s := among(g, spoils)
	o.invalid = s.what
	s.do(o)
}

// time moves the clock: on, back, and to where something begins or ends.
func (g *gen) time() []todo {
	before, after := g.edges(g.now)
	jitter := time.Duration(g.roll(2)) * 999
	to := among(g, []time.Time{
		g.now.Add(time.Second), after, after.Add(-time.Microsecond), g.now.Add(day), after.Add(time.Hour), g.now.Add(40 * day),
		g.now.Add(-time.Hour), before.Add(-time.Microsecond), g.start(), g.start(),
	})
	return []todo{moving(to.Add(jitter))}
}

func moving(to time.Time) todo {
	to = handled(to)
	return todo{
		what:   "the clock shows " + to.In(shanghai).Format("2006-01-02 15:04:05.999999999"),
		change: func(w *world) { w.now = to },
	}
}

// handled returns t, or the nearest instant that leaves room on both sides
// within those that the library handles.
func handled(t time.Time) time.Time {
	if first := time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC); t.Before(first) {
		return first
	}
	if last := time.Date(9996, 1, 1, 0, 0, 0, 0, time.UTC); t.After(last) {
		return last
	}
	return t
}

var shanghai = time.FixedZone("CST", int(ahead/time.Second))

// edges returns the last edge at or before t and the first after it: of a rule
// set, of a natural year, and of a year in UTC, which must mean nothing.
func (g *gen) edges(t time.Time) (before, after time.Time) {
	y := year(t)
	edges := []time.Time{newYear(y), newYear(y).Add(ahead), newYear(y + 1), newYear(y).Add(ahead - time.Hour)}
	for i := range g.model.sets {
		edges = append(edges, g.model.sets[i].Effective)
	}
	before, after = newYear(y-1), newYear(y+1)
	for _, e := range edges {
		if !e.After(t) && e.After(before) {
			before = e
		}
		if e.After(t) && e.Before(after) {
			after = e
		}
	}
	return before, after
}

// start draws an instant to begin at.
func (g *gen) start() time.Time {
	sets := g.model.sets
	s := &sets[len(sets)-1-g.pick(len(sets))]
	first, y := s.Effective, year(s.Effective)
	return [...]time.Time{
		first.Add(30 * day), first.Add(30 * day), newYear(y + 1).Add(-time.Microsecond), first, newYear(y + 1).Add(-time.Hour),
		newYear(y + 1), first.Add(300 * day), first.Add(-time.Microsecond),
	}[g.roll(8)]
}

// server changes something about a server.
func (g *gen) server() []todo {
	s := among(g, g.servers)
	switch g.roll(5) {
	case 0:
		to := g.account()
		return []todo{{what: fmt.Sprintf("%s is sold to %s", s.id, to), change: func(*world) { s.owner = to }}}
	case 1:
		end := g.now.Add(time.Duration(g.roll(3)) * time.Hour)
		return []todo{{what: fmt.Sprintf("%s will expire soon", s.id), change: func(*world) { s.expires = end }}}
	case 2:
		return []todo{{what: fmt.Sprintf("%s is renewed", s.id), change: func(*world) { s.expires = time.Time{} }}}
	}
	// A server that can do nothing more goes first.
	for _, other := range g.servers {
		if l := g.model.ledgers[other.id]; l != nil && l.Closed != icpcode.ActionNone {
			s = other
		}
	}
	owner, product := among(g, g.everyone), g.product()
	contract := 0
	if g.rarely(4) {
		contract = 1 + g.roll(8)
	}
	return []todo{{what: fmt.Sprintf("%s is replaced by a new %s of %s", s.id, product, owner), change: func(w *world) {
		for i := range w.servers {
			if w.servers[i] == s {
				w.servers[i] = w.newServer(owner, product, contract)
			}
		}
	}}}
}

// restart begins again with another engine over the same store.
func (g *gen) restart() []todo {
	c := g.config()
	return []todo{{what: fmt.Sprintf("the engine is started again: %+v", c), change: func(w *world) { w.configure(c) }}}
}

// config draws how an engine is set up.
func (g *gen) config() config {
	c := config{price: among(g, []string{"100", "12.345", "0.01"})}
	if g.rarely(10) {
		c.price = ""
	}
	c.noHook = g.rarely(10)
	c.digits = g.rarely(10)
	return c
}

// fill brings an account to the edge of its cap on partners by importing,
// perhaps at the end of a year, then grants, and perhaps again in the next.
func (g *gen) fill() []todo {
	var todos []todo
	_, edge := g.edges(g.now)
	if g.roll(2) == 1 {
		g.now = handled(edge.Add(-time.Microsecond))
		todos = append(todos, moving(g.now))
	}
	s := among(g, g.servers)
	hub, y := s.owner, year(g.now)
	granters := g.roll(2) == 1
	limit := g.set().Grant.MaxGrantees
	if granters {
		hub, limit = g.account(), g.set().Grant.MaxGranters
	}
	have := len(g.model.partners[partnersOf{granters, hub, y}])
	for n := range min(limit, mostPassive) - have - g.roll(2) {
		g.ids++
		c, err := icpcode.Opaque.Parse(fmt.Sprintf("%sF-%d", g.tag, g.ids))
		if err != nil {
			panic(err)
		}
		owner, grantee := hub, g.passive[n]
		if granters {
			owner, grantee = grantee, owner
		}
		todos = append(todos, todo{op: &op{kind: opImport, actor: g.operator, id: fmt.Sprint("f", g.ids), code: c, imp: &icpcode.ImportRequest{
			State: icpcode.StateRefunded, Origin: icpcode.OriginPaid, Owner: owner, Grantee: grantee, Issued: g.now, Granted: g.now,
		}}})
	}
	try := func() {
		o := g.issueAndGrant()
		if granters {
			o.to = hub
		} else {
			o.actor, o.inst, o.n = hub, s.today(g.model, g.now), 1
		}
		todos = append(todos, todo{op: o})
	}
	try()
	if g.roll(2) == 1 {
		g.now = handled(edge)
		todos = append(todos, moving(g.now))
		try()
	}
	return todos
}

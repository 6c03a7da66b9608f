package ruletest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// dice draws numbers. Low numbers are the plainer choices, towards which a
// failing sequence is shrunk.
type dice interface {
	// roll returns a number from 0 to n-1. N is at most maxRoll.
	roll(n int) int
}

// maxRoll keeps draws small, since rapid prefers the low ones of a large range.
const maxRoll = 16

// gen draws what happens next in a world. Of the world it changes nothing but
// the count of names.
type gen struct {
	*world
	dice
	now time.Time
}

// pick is roll for any n.
func (g *gen) pick(n int) int {
	if n <= maxRoll {
		return g.roll(n)
	}
	rows := (n + maxRoll - 1) / maxRoll
	return (g.pick(rows)*maxRoll + g.roll(maxRoll)) % n
}

// rarely reports true once in n times.
func (g *gen) rarely(n int) bool { return g.pick(n) == n-1 }

func among[T any](g *gen, s []T) T { return s[g.pick(len(s))] }

// todo is one thing to happen: an operation, or a change of the world.
type todo struct {
	op    *op
	fault fault
	times int

	what   string
	change func(*world)
}

// plan is what is to happen next.
type plan struct {
	world *world
	todos []todo
}

// GoString says what happens. It is what rapid prints of a failing sequence.
func (p plan) GoString() string {
	var b strings.Builder
	for _, t := range p.todos {
		b.WriteString("\n      " + t.GoString())
	}
	return p.world.tidy(b.String())
}

// GoString says what happens.
func (t todo) GoString() string {
	if t.op == nil {
		return t.what
	}
	s := t.op.GoString()
	if t.fault != noFault {
		s += fmt.Sprintf(" [fault %d, %d times]", t.fault, t.times)
	}
	return s
}

// choices returns what can happen, as often as it does relative to the rest.
func choices() []func(*gen) []todo {
	var all []func(*gen) []todo
	for _, c := range []struct {
		times int
		draw  func(*gen) []todo
	}{
		{5, single((*gen).issue)}, {6, single((*gen).issueAndGrant)}, {2, single((*gen).auto)}, {3, single((*gen).buy)},
		{4, single((*gen).bind)}, {4, single((*gen).grant)}, {4, single((*gen).submit)}, {1, single((*gen).resubmit)},
		{2, single((*gen).approve)}, {1, single((*gen).reject)}, {2, single((*gen).tellStage)}, {2, single((*gen).end)}, {1, single((*gen).correct)}, {2, single((*gen).release)}, {2, single((*gen).refund)}, {1, single((*gen).void)},
		{1, single((*gen).close)}, {2, single((*gen).imported)}, {3, single((*gen).repeat)},
		{4, (*gen).time}, {2, (*gen).server}, {1, (*gen).restart}, {1, (*gen).fill},
	} {
		for range c.times {
			all = append(all, c.draw)
		}
	}
	return all
}

func single(draw func(*gen) *op) func(*gen) []todo {
	return func(g *gen) []todo { return []todo{g.doing(draw(g))} }
}

// next draws what happens next.
func (g *gen) next() []todo { return among(g, g.choices)(g) }

// doing wraps an operation, and sometimes makes something go wrong.
func (g *gen) doing(o *op) todo {
	t := todo{op: o}
	if g.rarely(14) {
		g.spoil(o)
		return t
	}
	if g.rarely(14) {
		t.fault = fault(1 + g.roll(4))
		t.times = 1
		if t.fault == conflict {
			t.times += g.roll(3)
		}
	}
	return t
}

func (g *gen) account() icpcode.AccountID { return among(g, g.everyone) }

// request gives an operation its actor and an ID.
func (g *gen) request(o *op, actor icpcode.AccountID) *op {
	o.actor = actor
	if g.rarely(10) {
		o.actor = g.account()
	}
	switch g.roll(8) {
	case 0:
		// The engine draws one.
	case 1:
		if len(g.used) > 0 {
			o.id = among(g, g.used)
			break
		}
		fallthrough
	default:
		g.ids++
		o.id = fmt.Sprint("r", g.ids)
	}
	return o
}

// set returns the set in force, or the first.
func (g *gen) set() *icpcode.RuleSet {
	if s := g.model.inForce(g.now); s != nil {
		return s
	}
	return &g.model.sets[0]
}

// roomy draws a server that can issue one more, where there is one, in half of
// all cases.
func (g *gen) roomy() *server {
	if g.roll(2) == 1 {
		for _, s := range g.servers {
			f := facts{set: g.set(), inst: new(icpcode.Instance)}
			*f.inst = s.today(g.model, g.now)
			used, closed := g.model.count(&op{actor: s.owner, inst: *f.inst}, f.set)
			if !closed && used < f.limit() {
				return s
			}
		}
	}
	return among(g, g.servers)
}

func (g *gen) issue() *op {
	s := g.roomy()
	o := g.request(&op{kind: opIssue, n: 1, cert: g.certification()}, s.owner)
	o.inst = g.facts(s, &o.assume)
	o.text = among(g, []string{"", "shop", "备注"})
	set := g.set()
	used, _ := g.model.count(o, set)
	f := facts{set: set, inst: &o.inst}
	switch g.roll(10) {
	case 3:
		o.n = 2
	case 4:
		o.n = 3
	case 5, 6:
		o.n = min(max(1, f.limit()-used), 30) // what is left
	case 7:
		o.n = min(max(1, f.limit()-used+1), 30)
	case 8:
		o.n = min(max(set.Batch, 1), 30)
	case 9:
		o.n = among(g, []int{0, -1, set.Batch + 1})
	}
	return o
}

func (g *gen) issueAndGrant() *op {
	o := g.issue()
	if o.n > 3 {
		o.n = 1
	}
	g.grantee(o)
	return o
}

// grantee draws to whom codes are granted, and what goes with it.
func (g *gen) grantee(o *op) {
	o.to = g.account()
	if g.rarely(6) {
		o.to = among(g, g.passive)
	}
	o.proof = among(g, []string{"834211", ""})
	o.phone = [...]phone{phoneYes, phoneYes, phoneYes, phoneYes, phoneYes, phoneNo, phoneFails, phonePanics}[g.roll(8)]
}

func (g *gen) certification() icpcode.Certification {
	return [...]icpcode.Certification{
		icpcode.Enterprise, icpcode.Enterprise, icpcode.Enterprise, icpcode.Enterprise, icpcode.Enterprise, icpcode.Enterprise,
		icpcode.CertificationUnknown, icpcode.Personal, icpcode.SelfEmployed, icpcode.SoleTrader,
	}[g.roll(10)]
}

func (g *gen) auto() *op {
	s := g.roomy()
	o := g.request(&op{kind: opAuto}, s.owner)
	o.inst = g.facts(s, &o.assume)
	o.text = among(g, []string{"", "shop"})
	g.file(o)
	return o
}

// file draws a filing.
func (g *gen) file(o *op) {
	o.filing = icpcode.Filing{Kind: icpcode.FilingKind(1 + g.roll(4)), Domain: g.domain(), Subject: "subject-1"}
	if g.rarely(4) {
		o.filing.Domain, o.filing.App = "", g.tag+"订餐助手"
	}
	switch g.roll(8) {
	case 0, 1, 2:
	case 7:
		o.filing.IPs = addresses[:2]
	default:
		o.filing.IPs = addresses[:1]
	}
	if g.rarely(10) {
		o.broken = true
		among(g, []func(*icpcode.Filing){
			func(f *icpcode.Filing) { f.Kind = icpcode.FilingNone },
			func(f *icpcode.Filing) { f.Domain, f.App = "example.cn", "both" },
			func(f *icpcode.Filing) { f.Domain, f.App = "", "" },
			func(f *icpcode.Filing) { f.Domain, f.App = "localhost", "" },
			func(f *icpcode.Filing) { f.Subject = "" },
			func(f *icpcode.Filing) { f.IPs = []netip.Addr{{}} },
			func(f *icpcode.Filing) { f.ICPNumber = "京ICP备1号" },
		})(&o.filing)
	}
}

func (g *gen) buy() *op {
	buyer := g.account()
	if g.roll(4) < 3 {
		buyer = among(g, g.servers).owner // who can bind it
	}
	o := g.request(&op{kind: opBuy, n: 1}, buyer)
	o.text = among(g, []string{"", "paid"})
	switch g.roll(8) {
	case 4:
		o.n = 2
	case 5:
		o.n = 3
	case 6:
		o.n = min(max(g.set().Batch, 1), 20)
	case 7:
		o.n = among(g, []int{0, -1, g.set().Batch + 1})
	}
	if g.rarely(4) {
		o.paid = decimal.NewNullDecimal(among(g, []decimal.Decimal{decimal.New(100, 0), decimal.Zero, decimal.New(1, -2), decimal.New(9999, -2)}))
	}
	return o
}

// code draws a code, mostly one for which fits holds.
func (g *gen) code(fits func(*icpcode.Record) bool) icpcode.Code {
	var some []icpcode.Code
	if !g.rarely(10) {
		for _, c := range g.model.order {
			if fits(g.model.codes[c]) {
				some = append(some, c)
			}
		}
	}
	if len(some) == 0 {
		some = g.model.order
	}
	if len(some) == 0 || g.rarely(16) {
		return g.nowhere
	}
	return some[len(some)-1-g.pick(len(some))]
}

// lacks reports, mostly, that no code fits: then something else is better
// done.
func (g *gen) lacks(fits func(*icpcode.Record) bool) bool {
	for _, c := range g.model.order {
		if fits(g.model.codes[c]) {
			return false
		}
	}
	return !g.rarely(6)
}

// holderOf returns who may file with a code, or its owner.
func (g *gen) holderOf(c icpcode.Code) icpcode.AccountID {
	if r := g.model.codes[c]; r != nil {
		return holder(r)
	}
	return g.everyone[0]
}

func (g *gen) ownerOf(c icpcode.Code) icpcode.AccountID {
	if r := g.model.codes[c]; r != nil {
		return r.Owner
	}
	return g.everyone[0]
}

func in(states ...icpcode.State) func(*icpcode.Record) bool {
	return func(r *icpcode.Record) bool { return slices.Contains(states, r.State) }
}

func (g *gen) bind() *op {
	if g.lacks(in(icpcode.StateUnbound)) {
		return g.buy()
	}
	c := g.code(in(icpcode.StateUnbound))
	owner := g.ownerOf(c)
	o := g.request(&op{kind: opBind, code: c}, owner)
	s := among(g, g.servers)
	for _, own := range g.servers {
		if own.owner == owner && g.roll(4) < 3 {
			s = own
		}
	}
	o.inst = g.facts(s, &o.assume)
	return o
}

func (g *gen) grant() *op {
	open := func(r *icpcode.Record) bool {
		return r.Grantee == "" && (r.State == icpcode.StateAvailable || r.State == icpcode.StateUnbound)
	}
	if g.lacks(open) {
		return g.issue()
	}
	c := g.code(open)
	owner := g.ownerOf(c)
	o := g.request(&op{kind: opGrant, codes: []icpcode.Code{c}, cert: g.certification()}, owner)
	for range g.roll(4) {
		more := g.code(func(r *icpcode.Record) bool { return open(r) && r.Owner == owner })
		if !slices.Contains(o.codes, more) {
			o.codes = append(o.codes, more)
		}
	}
	g.grantee(o)
	if g.rarely(8) {
		o.assume = icpcode.MakeRuleIDs(icpcode.GRTEnterprise)
	}
	if g.roll(2) == 1 {
		for _, c := range o.codes {
			if s := g.behind(c); s != nil && !slices.ContainsFunc(o.today, func(i icpcode.Instance) bool { return i.ID == s.id }) {
				o.today = append(o.today, g.facts(s, nil))
			}
		}
		if s := among(g, g.servers); len(o.today) == 0 && g.rarely(4) {
			o.today = append(o.today, g.facts(s, nil))
		}
	}
	return o
}

// behind returns the server behind a code, or nil.
func (g *gen) behind(c icpcode.Code) *server {
	r := g.model.codes[c]
	if r == nil {
		return nil
	}
	return g.byID[r.InstanceID]
}

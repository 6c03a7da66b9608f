package ruletest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// domains are what is filed for, below a label of each world, in the forms in which they are typed, and the
// services that they are (FIL-SERVICE), worked out by hand.
var domains = map[string]string{
	"example.cn": "example.cn", "Example.CN.": "example.cn", "example。cn": "example.cn",
	"xn--fsqu00a.cn": "例子.cn", "例子.CN": "例子.cn", "old.cn": "old.cn", "OLD。cn｡": "old.cn",
}

// typed are the domains in a fixed order.
var typed = []string{"example.cn", "Example.CN.", "example。cn", "xn--fsqu00a.cn", "例子.CN", "old.cn", "OLD。cn｡"}

// service is what a filing is for, or "".
func service(f *icpcode.Filing) string {
	if f == nil {
		return ""
	}
	if f.App != "" {
		return "app " + f.App
	}
	world, domain, _ := strings.Cut(f.Domain, ".")
	if s := domains[domain]; s != "" {
		return strings.ToLower(world) + "." + s
	}
	return ""
}

// domain draws one in a zone of the world's own: others can be in its store.
func (g *gen) domain() string { return g.tag + "x." + among(g, typed) }

// spelled spells a filing out, its domain in one form (FIL-SERVICE).
func spelled(f *icpcode.Filing) string {
	c := *f
	if s := service(f); f.App == "" && s != "" {
		c.Domain = s
	}
	return fmt.Sprint(c)
}

// ended reports whether the filing of a code ended.
func ended(r *icpcode.Record) bool { return r.Progress != nil && r.Progress.End != icpcode.EndNone }

// judgeReplaces answers what an approval asks of the codes that it replaces,
// and names those that it could replace, too.
func (m *model) judgeReplaces(o *op, r *icpcode.Record, a *answer) {
	for _, c := range o.codes {
		old := m.codes[c]
		a.must(icpcode.FILService, service(r.Filing) != "" && service(old.Filing) == service(r.Filing))
		a.must(icpcode.LIFEnd, old.State == icpcode.StateFiled && !ended(old))
	}
	a.res.Codes = append(a.res.Codes, o.codes...)
	if r.State != icpcode.StateFiling || service(r.Filing) == "" {
		return
	}
	var others []*icpcode.Record
	for _, c := range m.order {
		old := m.codes[c]
		if old.State == icpcode.StateFiled && !ended(old) && service(old.Filing) == service(r.Filing) && !slices.Contains(o.codes, c) {
			others = append(others, old)
		}
	}
	slices.SortFunc(others, func(a, b *icpcode.Record) int {
		if n := b.Issued.Compare(a.Issued); n != 0 {
			return n
		}
		return strings.Compare(b.Code.String(), a.Code.String())
	})
	for _, old := range others[:min(16, len(others))] {
		a.res.Candidates = append(a.res.Candidates, old.Code)
	}
}

// judgeEnd answers whether a filing may end.
func (m *model) judgeEnd(o *op, r *icpcode.Record, a *answer) {
	may := o.actor == m.operator && r.State == icpcode.StateFiled && (!ended(r) || again(o, r))
	if o.actor == m.operator && o.end == icpcode.EndMoved {
		next := m.codes[o.next]
		a.must(icpcode.FILService, service(r.Filing) != "" && service(next.Filing) == service(r.Filing))
		may = may && next.State == icpcode.StateFiled
	}
	a.must(icpcode.LIFEnd, may)
	a.res.Action, a.res.State = icpcode.ActionEnd, icpcode.StateFiled
}

// again reports whether the filing of a code ended in just this way before.
func again(o *op, r *icpcode.Record) bool {
	return ended(r) && r.Progress.End == o.end && r.Progress.Successor == o.next
}

// endFiling ends the filing of a code.
func (m *model) endFiling(c icpcode.Code, now time.Time, e *env, end icpcode.End, next icpcode.Code, reason string) {
	r := m.happen(c, e, icpcode.ActionEnd, icpcode.StateFiled)
	r.Reason = reason
	r.Progress = &icpcode.Progress{End: end, Ended: now, EndReason: reason, Successor: next}
}

// applyEnd ends a filing, unless it ended so before.
func (m *model) applyEnd(o *op, e *env) {
	if r := m.codes[o.code]; !again(o, r) {
		m.endFiling(o.code, e.now, e, o.end, o.next, o.text)
	}
}

// applyCorrect corrects a number, unless it is right. How a filing ended stays.
func (m *model) applyCorrect(o *op, e *env) {
	r := m.codes[o.code]
	if r.Filing != nil && r.Filing.ICPNumber == o.text {
		return
	}
	p := r.Progress
	m.happen(o.code, e, icpcode.ActionCorrect, icpcode.StateFiled)
	r.Progress = p
	r.Filing = numbered(r.Filing, o.text)
}

// numbered is a filing with its ICP number.
func numbered(f *icpcode.Filing, number string) *icpcode.Filing {
	f = copied(f)
	if f == nil {
		f = new(icpcode.Filing)
	}
	f.ICPNumber = number
	return f
}

// known is what a viewer may know of the progress of a filing (GRT-PRIVATE):
// the owner of a granted code only that it ended, and none but operators where
// it went.
func known(p *icpcode.Progress, holder bool) *icpcode.Progress {
	if p == nil || !holder && p.End == icpcode.EndNone {
		return nil
	}
	k := icpcode.Progress{End: p.End, Ended: p.Ended, EndReason: p.EndReason}
	if holder {
		k = *p
		k.Successor = icpcode.Code{}
	}
	return &k
}

// stepped is known of what an event says.
func stepped(s *icpcode.Step, holder bool) *icpcode.Step {
	if s == nil || !holder && s.End == icpcode.EndNone {
		return nil
	}
	k := icpcode.Step{End: s.End}
	if holder {
		k = *s
		k.Successor = icpcode.Code{}
	}
	return &k
}

func (g *gen) end() *op {
	filed := func(r *icpcode.Record) bool { return r.State == icpcode.StateFiled && !ended(r) }
	if g.lacks(filed) {
		return g.approve()
	}
	o := g.request(&op{kind: opEnd, code: g.code(filed)}, g.operator)
	o.text = among(g, []string{"gone", "迁至他处"})
	o.end = icpcode.End(1 + g.roll(3))
	if g.roll(4) == 3 {
		o.code = g.code(ended) // again, in this way or another
		if r := g.model.codes[o.code]; r != nil && ended(r) && g.roll(2) == 1 {
			o.end, o.next = r.Progress.End, r.Progress.Successor
			return o
		}
	}
	if o.end == icpcode.EndMoved {
		o.next = g.code(func(r *icpcode.Record) bool { return r.State == icpcode.StateFiled && g.sameService(r, o.code) })
		if o.next == o.code {
			o.end, o.next = icpcode.EndCancelled, icpcode.Code{}
		}
	}
	return o
}

// sameService reports, mostly, whether a code is another that was filed for the
// service of c's.
func (g *gen) sameService(r *icpcode.Record, c icpcode.Code) bool {
	of := g.model.codes[c]
	return of != nil && r.Code != c && (service(r.Filing) == service(of.Filing) || g.rarely(6))
}

// replaces draws the codes that an approval replaces.
func (g *gen) replaces(o *op) {
	for range g.roll(3) {
		c := g.code(func(r *icpcode.Record) bool {
			return r.State == icpcode.StateFiled && g.sameService(r, o.code) && (!ended(r) || g.rarely(8))
		})
		if c != o.code && !slices.Contains(o.codes, c) {
			o.codes = append(o.codes, c)
		}
	}
}

func (g *gen) correct() *op {
	if g.lacks(in(icpcode.StateFiled)) {
		return g.approve()
	}
	o := g.request(&op{kind: opCorrect, code: g.code(in(icpcode.StateFiled))}, g.operator)
	o.text = among(g, g.numbers)
	return o
}

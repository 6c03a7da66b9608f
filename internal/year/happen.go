package year

import (
	"fmt"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// something makes one thing happen.
func (p *play) something() {
	switch n := p.IntN(100); {
	case n < 14:
		p.issue("")
	case n < 26:
		p.issue(p.account())
	case n < 29:
		p.auto()
	case n < 33:
		p.buy()
	case n < 37:
		p.bind()
	case n < 38:
		p.importCode()
	case n < 44:
		p.grant()
	case n < 74:
		p.submit()
	case n < 76:
		p.release()
	case n < 78:
		p.refund()
	case n < 79:
		p.void()
	case n < 80:
		p.close()
	case n < 84:
		p.end()
	case n < 85:
		p.correct()
	case n < 88:
		p.newServer()
	case n < 94:
		p.renew()
	default:
		p.trouble()
	}
}

func (p *play) issue(to icpcode.AccountID) {
	i := p.server()
	n := 1 + p.IntN(2)
	actor := i.Owner
	if p.IntN(20) == 0 {
		actor = p.account()
	}
	res, err := p.eng.Issue(p.ctx, icpcode.IssueRequest{
		Actor: actor, Instance: p.facts(i.ID), Quantity: n, GrantTo: to, Certification: certified(actor),
	})
	what := "Issue"
	if to != "" {
		what = "IssueAndGrant"
	}
	if !p.told(what, err) {
		return
	}
	p.expect(what, true, actor == i.Owner && !p.closed[i.ID] && to != actor)
	for _, c := range res.Codes {
		k := p.born(c, actor, i.ID, icpcode.StateAvailable)
		if to != "" {
			k.holder = to
			p.page.Grants++
		}
	}
}

func (p *play) born(c icpcode.Code, owner icpcode.AccountID, server icpcode.InstanceID, s icpcode.State) *code {
	k := p.byCode[c]
	if k == nil {
		k = &code{code: c}
		p.codes = append(p.codes, k)
		p.byCode[c] = k
	}
	if k.state != icpcode.StateNone {
		fail("a code was drawn twice (COD-UNIQUE)")
	}
	k.owner, k.holder, k.server, k.state = owner, owner, server, s
	return k
}

// filing is a filing of a new site on a server.
func (p *play) filing(kind icpcode.FilingKind, domain string, server icpcode.InstanceID) icpcode.Filing {
	if domain == "" {
		p.sites++
		domain = fmt.Sprintf("site-%d.cn", p.sites)
	}
	return icpcode.Filing{Kind: kind, Domain: domain, Subject: "subject", IPs: slices.Clone(p.byID[server].IPs)}
}

func (p *play) auto() {
	i := p.server()
	f := p.filing(icpcode.FilingFirst, "", i.ID)
	res, err := p.eng.SubmitAuto(p.ctx, icpcode.SubmitAutoRequest{Actor: i.Owner, Instance: p.facts(i.ID), Filing: f})
	if p.told("SubmitAuto", err) {
		p.filed(p.born(res.Codes[0], i.Owner, i.ID, icpcode.StateFiling), &f)
	}
}

// filed notes that a code was filed with: the review takes 10 to 20 working
// days.
func (p *play) filed(c *code, f *icpcode.Filing) {
	c.state, c.domain, c.ips, c.left, c.waiting = icpcode.StateFiling, f.Domain, f.IPs, 10+p.IntN(11), false
}

func (p *play) buy() {
	n := 1 + p.IntN(3)
	a := p.server().Owner
	res, err := p.eng.Buy(p.ctx, icpcode.BuyRequest{Actor: a, Quantity: n})
	if !p.told("Buy", err) {
		return
	}
	p.in = p.in.Add(res.Money.Amount)
	for _, c := range res.Codes {
		k := p.born(c, a, "", icpcode.StateUnbound)
		k.bought, k.paid = true, decimal.NewFromInt(100)
	}
}

func (p *play) bind() {
	c := p.pick(func(c *code) bool { return c.state == icpcode.StateUnbound })
	if c == nil {
		return
	}
	i := p.server()
	for _, own := range p.servers {
		if own.Owner == c.owner && p.IntN(3) > 0 {
			i = own
		}
	}
	_, err := p.eng.Bind(p.ctx, icpcode.BindRequest{Actor: c.owner, Code: c.code, Instance: p.facts(i.ID)})
	if p.told("Bind", err) {
		p.expect("Bind", true, i.Owner == c.owner && !p.closed[i.ID])
		c.server, c.state = i.ID, icpcode.StateAvailable
	}
}

func (p *play) grant() {
	c := p.pick(func(c *code) bool {
		return c.holder == c.owner && (c.state == icpcode.StateUnbound || c.state == icpcode.StateAvailable)
	})
	if c == nil {
		return
	}
	to := p.account()
	_, err := p.eng.Grant(p.ctx, icpcode.GrantRequest{Actor: c.owner, Codes: []icpcode.Code{c.code}, GrantTo: to, Certification: certified(c.owner)})
	if p.told("Grant", err) {
		p.expect("Grant", true, to != c.owner && certified(c.owner) == icpcode.Enterprise)
		c.holder = to
		p.page.Grants++
	}
}

// submit files with a code: a site of its own, or one that the holder has on
// another server, which it will replace.
func (p *play) submit() {
	c := p.pick(func(c *code) bool { return c.state == icpcode.StateAvailable })
	if c == nil {
		return
	}
	f := p.filing(icpcode.FilingFirst, "", c.server)
	if old := p.pick(func(o *code) bool {
		return o.state == icpcode.StateFiled && !o.ended && o.holder == c.holder && o.server != c.server
	}); old != nil && p.IntN(2) == 0 {
		f = p.filing(icpcode.FilingAccess, old.domain, c.server)
	}
	r := icpcode.SubmitRequest{Actor: c.holder, Code: c.code, Filing: f}
	before, err := p.eng.DryRun().Submit(p.ctx, r)
	_, again := p.eng.Submit(p.ctx, r)
	if (err == nil) != (again == nil) {
		fail("Submit answers %v, and its dry run %v", again, err)
	}
	if !p.told("Submit", again) {
		return
	}
	if before.Decision.Advice != 0 {
		p.page.Advised++
	}
	i := p.byID[c.server]
	gone := !i.Expires.After(p.now) && i.Billing == icpcode.Subscription || i.Status != icpcode.StatusRunning
	if p.now.Before(time.Date(2026, 1, 6, 0, 0, 0, 0, shanghai)) {
		p.expect("Submit", true, !gone || i.Status == icpcode.StatusStopped)
	} else {
		p.expect("Submit", true, !gone && i.Owner == c.owner && i.Billing == icpcode.Subscription && i.Region == "cn-hangzhou")
	}
	p.filed(c, &f)
}

// work is a working day of the reviewers.
func (p *play) work() {
	for _, c := range p.codes {
		if c.state != icpcode.StateFiling {
			continue
		}
		if c.waiting {
			if p.IntN(3) == 0 {
				f := p.filing(icpcode.FilingFirst, c.domain, c.server)
				if _, err := p.eng.Resubmit(p.ctx, icpcode.SubmitRequest{Actor: c.holder, Code: c.code, Filing: f}); p.told("Resubmit", err) {
					p.filed(c, &f)
				}
			}
			continue
		}
		c.left--
		switch {
		case c.left == 9 || c.left == 6 || c.left == 3:
			stage := icpcode.Stage(4 - c.left/3)
			_, err := p.eng.Stage(p.ctx, icpcode.StageRequest{Actor: ops, Code: c.code, Stage: stage})
			p.expect("Stage", p.told("Stage", err), true)
		case c.left == 1 && p.IntN(6) == 0:
			_, err := p.eng.Reject(p.ctx, icpcode.RejectRequest{Actor: ops, Code: c.code, Rejection: "照片不清晰"})
			p.expect("Reject", p.told("Reject", err), true)
			c.waiting = true
		case c.left <= 0:
			p.approve(c)
		}
	}
}

// approve ends a review, and with it the older filing of the same site.
func (p *play) approve(c *code) {
	r := icpcode.ApproveRequest{Actor: ops, Code: c.code, ICPNumber: fmt.Sprintf("浙ICP备%08d号-1", p.sites)}
	var old []*code
	for _, o := range p.codes {
		if o != c && o.state == icpcode.StateFiled && !o.ended && o.domain == c.domain && len(old) < 16 {
			old = append(old, o)
			r.Replaces = append(r.Replaces, o.code)
		}
	}
	_, err := p.eng.Approve(p.ctx, r)
	p.expect("Approve", p.told("Approve", err), true)
	c.state, c.number = icpcode.StateFiled, r.ICPNumber
	for _, o := range old {
		o.ended = true
		p.page.Filings["moved"]++
	}
}

func (p *play) end() {
	c := p.pick(func(c *code) bool { return c.state == icpcode.StateFiled })
	if c == nil {
		return
	}
	kind, name := icpcode.EndDeregistered, "deregistered"
	if p.IntN(2) == 0 {
		kind, name = icpcode.EndCancelled, "cancelled"
	}
	before := c.ended
	_, err := p.eng.End(p.ctx, icpcode.EndRequest{Actor: ops, Code: c.code, End: kind, Reason: "closed down"})
	if p.told("End", err) && !before {
		c.ended = true
		p.page.Filings[name]++
	} else if !before {
		fail("a filing in force does not end: %v", err)
	}
}

func (p *play) release() {
	c := p.pick(func(c *code) bool { return c.state == icpcode.StateFiling })
	if c == nil {
		return
	}
	_, err := p.eng.Release(p.ctx, icpcode.ReleaseRequest{Actor: c.holder, Code: c.code, Reason: "withdrawn"})
	p.expect("Release", p.told("Release", err), true)
	c.state = icpcode.StateAvailable
}

func (p *play) refund() {
	c := p.pick(func(c *code) bool { return c.bought })
	if c == nil {
		return
	}
	open := c.state == icpcode.StateUnbound || c.state == icpcode.StateAvailable
	res, err := p.eng.Refund(p.ctx, icpcode.RefundRequest{Actor: c.owner, Code: c.code})
	done := p.told("Refund", err)
	p.expect("Refund", done, open)
	if done {
		c.state = icpcode.StateRefunded
		p.back(c, res.Money.Amount)
	}
}

func (p *play) back(c *code, amount decimal.Decimal) {
	if !amount.Equal(c.paid) {
		fail("%v was paid back of %v (PAY-REFUND)", amount, c.paid)
	}
	p.out, c.paid = p.out.Add(amount), decimal.Zero
}

func (p *play) void() {
	c := p.pick(func(c *code) bool { return !c.state.Terminal() })
	if c == nil {
		return
	}
	_, err := p.eng.Void(p.ctx, icpcode.VoidRequest{Actor: ops, Code: c.code, Reason: "by order"})
	p.expect("Void", p.told("Void", err), true)
	c.state = icpcode.StateInvalid
}

// close closes a server: the answer names what rests on it.
func (p *play) close() {
	i := p.server()
	refunded := p.IntN(2) == 0
	res, err := p.eng.CloseInstance(p.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: refunded, Reason: "left"})
	done := p.told("CloseInstance", err)
	p.expect("CloseInstance", done, !p.closed[i.ID])
	if !done {
		return
	}
	p.closed[i.ID] = true
	i.Status = icpcode.StatusReleased
	var rest []icpcode.Code
	for _, c := range p.codes {
		if c.server != i.ID {
			continue
		}
		if c.rests() {
			rest = append(rest, c.code)
		}
		if c.state == icpcode.StateAvailable && refunded {
			c.state = icpcode.StateRefunded
			if c.bought {
				p.back(c, decimal.NewFromInt(100))
			}
			continue
		}
		if c.state == icpcode.StateAvailable || c.state == icpcode.StateFiling {
			c.state = icpcode.StateInvalid
		}
	}
	named := slices.SortedFunc(slices.Values(res.Resting), icpcode.Code.Compare)
	slices.SortFunc(rest, icpcode.Code.Compare)
	if !slices.Equal(named, rest) {
		fail("closing a server names %d filings that rest on it, want %d", len(named), len(rest))
	}
}

func (p *play) renew() {
	i := p.server()
	if p.closed[i.ID] {
		return
	}
	i.TermMonths = min(i.TermMonths+12, 1200)
	i.Expires = icpcode.AddMonths(i.Expires, 12)
	i.Status, i.Billing, i.Downgraded = icpcode.StatusRunning, icpcode.Subscription, icpcode.No
}

// trouble changes a server for the worse.
func (p *play) trouble() {
	i := p.server()
	if p.closed[i.ID] || p.IntN(3) > 0 {
		return
	}
	switch p.IntN(5) {
	case 0:
		i.Owner = p.account()
	case 1:
		i.Billing = icpcode.PayAsYouGo
	case 2:
		i.Downgraded = icpcode.Yes
	case 3:
		i.IPs[0] = i.IPs[0].Next()
	case 4:
		i.Status = icpcode.StatusStopped
	}
}

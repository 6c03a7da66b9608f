package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// filing: only the holder files; the operator approves.
func (t *tour) filing(shop, forum icpcode.Instance) error {
	t.title("Filing")
	t.wait(time.Hour)
	site := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "forum.example.cn", Subject: "subject-2002", IPs: first(forum.IPs)}
	for _, who := range []icpcode.AccountID{stranger, t.account} {
		t.do(who, "files %s with %s", site.Domain, t.given[0].Display())
		if err := t.refusal(t.submit(who, t.given[0], forum, site)); err != nil {
			return err
		}
	}
	t.do(client, "files %s with %s", site.Domain, t.given[0].Display())
	if err := t.submit(client, t.given[0], forum, site); err != nil {
		return err
	}
	t.got("under review")
	t.do(client, "looks up which codes can be filed with now")
	if err := t.assessments(t.engine.Pick(t.ctx, icpcode.ListRequest{Actor: client, InstanceID: forum.ID, Facts: each(t.today)})); err != nil {
		return err
	}

	for i, domain := range []string{"shop.example.cn", "blog.example.cn"} {
		site := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: domain, Subject: "subject-1001", IPs: first(shop.IPs)}
		t.do(t.account, "files %s with %s", domain, t.issued[i].Display())
		if err := t.submit(t.account, t.issued[i], shop, site); err != nil {
			return err
		}
		t.got("under review")
	}

	t.wait(20 * 24 * time.Hour)
	for i, code := range []icpcode.Code{t.given[0], t.issued[0]} {
		r := icpcode.ApproveRequest{Actor: operator, RequestID: t.order(), Code: code, ICPNumber: fmt.Sprintf("浙ICP备%d%06d号-1", t.now.In(china).Year(), i+1)}
		t.do(r.Actor, "approves the filing with %s", code.Display())
		if _, err := t.engine.Approve(t.ctx, r); err != nil {
			return err
		}
		record, err := t.engine.Lookup(t.ctx, operator, code, icpcode.Instance{})
		if err != nil {
			return err
		}
		t.got("%s, %s", record.State.Label(t.lang), record.ICPNumber())
	}
	return nil
}

func first(ips []netip.Addr) []netip.Addr { return ips[:min(1, len(ips))] }

func (t *tour) submit(who icpcode.AccountID, code icpcode.Code, today icpcode.Instance, f icpcode.Filing) error {
	_, err := t.engine.Submit(t.ctx, icpcode.SubmitRequest{Actor: who, RequestID: t.order(), Code: code, Filing: f, Instance: today})
	return err
}

// today returns the facts about a server.
func (t *tour) today(id icpcode.InstanceID) icpcode.Instance {
	for _, s := range t.servers {
		if s.Instance.ID == id {
			return s.Instance
		}
	}
	return icpcode.Instance{}
}

// refund: what was paid for a code comes back once.
func (t *tour) refund(_, _ icpcode.Instance) error {
	t.title("Refund")
	t.wait(time.Hour)
	bought, err := t.buy(t.account, 1)
	if err != nil {
		return err
	}
	for range 2 {
		t.wait(time.Minute)
		t.do(t.account, "asks for a refund of %s", bought[0].Display())
		res, err := t.engine.Refund(t.ctx, icpcode.RefundRequest{Actor: t.account, RequestID: t.order(), Code: bought[0], Reason: "not needed"})
		if err != nil {
			if err := t.refusal(err); err != nil {
				return err
			}
			continue
		}
		t.got("%s; %s to be paid back", res.State.Label(t.lang), res.Money)
	}
	return nil
}

// closing: the shop's server is refunded, and with it all of its codes.
func (t *tour) closing(shop, _ icpcode.Instance) error {
	t.title("A closed instance")
	t.wait(time.Hour)
	t.do(operator, "closes %s, which was refunded", shop.ID)
	_, err := t.engine.CloseInstance(t.ctx, icpcode.CloseRequest{
		Actor: operator, RequestID: t.order(), InstanceID: shop.ID, Refunded: true, Reason: "refunded to its owner",
	})
	if err != nil {
		return err
	}
	if err := t.records(t.engine.Owned(t.ctx, icpcode.ListRequest{Actor: t.account, InstanceID: shop.ID})); err != nil {
		return err
	}
	t.do(t.account, "asks what is at risk")
	return t.review(t.account)
}

// review prints which filings are at risk.
func (t *tour) review(who icpcode.AccountID) error {
	return t.assessments(t.engine.Review(t.ctx, icpcode.ListRequest{Actor: who, Facts: each(t.today)}))
}

// records prints codes in the order in which they were issued: a store lists
// them in an order of its own.
func (t *tour) records(list iter.Seq2[icpcode.Record, error]) error {
	return t.assessments(func(yield func(icpcode.Assessment, error) bool) {
		for r, err := range list {
			if !yield(icpcode.Assessment{Record: r}, err) {
				return
			}
		}
	})
}

// assessments prints codes and what the rules say of them.
func (t *tour) assessments(list iter.Seq2[icpcode.Assessment, error]) error {
	var all []icpcode.Assessment
	for a, err := range list {
		if err != nil {
			return err
		}
		all = append(all, a)
	}
	order := slices.Concat(t.issued, t.given)
	slices.SortFunc(all, func(a, b icpcode.Assessment) int {
		return cmp.Compare(slices.Index(order, a.Record.Code), slices.Index(order, b.Record.Code))
	})
	for _, a := range all {
		t.got("%s of %s: %s", a.Record.Code.Display(), a.Record.InstanceID, a.Record.State.Label(t.lang))
		if !a.Decision.Decided {
			continue // it was only listed
		}
		for r := range a.Decision.Reasons(t.lang) {
			t.reason("       ", r)
		}
	}
	return nil
}

// later is what happens with time alone: the forum's server expires and is
// renewed, and a new year begins.
func (t *tour) later(_, forum icpcode.Instance) error {
	t.title("As time goes by")
	if !forum.Expires.IsZero() {
		t.plan(forum.Expires.AddDate(0, 0, -20), func() error {
			t.do(client, "asks what is at risk: %s expires at %s", forum.ID, forum.Expires.In(china).Format(time.DateTime))
			return t.review(client)
		})
		for _, d := range []time.Duration{-time.Second, 0} {
			t.plan(forum.Expires.Add(d), func() error { return t.states(forum) })
		}
		t.plan(forum.Expires.Add(time.Hour), func() error {
			forum.Expires = icpcode.AddMonths(forum.Expires, 12)
			t.do(t.account, "renews %s until %s", forum.ID, forum.Expires.In(china).Format(time.DateOnly))
			return t.states(forum)
		})
	}
	slices.SortStableFunc(t.plans, func(a, b plan) int { return a.at.Compare(b.at) })
	for _, p := range t.plans {
		t.now = p.at
		if err := p.do(); err != nil {
			return err
		}
	}
	return nil
}

// plan is something to do later.
type plan struct {
	at time.Time
	do func() error
}

func (t *tour) plan(at time.Time, do func() error) { t.plans = append(t.plans, plan{at, do}) }

// states prints how the codes of a server read now to the client.
func (t *tour) states(today icpcode.Instance) error {
	t.do(client, "looks at the codes of %s", today.ID)
	r := icpcode.ListRequest{Actor: client, InstanceID: today.ID, Facts: each(func(icpcode.InstanceID) icpcode.Instance { return today })}
	return t.records(t.engine.Received(t.ctx, r))
}

// histories prints the whole life of a code, as both sides see it.
func (t *tour) histories(_, _ icpcode.Instance) error {
	t.title("The history of %s", t.given[0].Display())
	for _, who := range []icpcode.AccountID{t.account, client} {
		t.text("as %s sees it:", who)
		for e, err := range t.engine.History(t.ctx, who, t.given[0]) {
			if err != nil {
				return err
			}
			more := ""
			if e.Filing != nil {
				more = " " + strings.TrimSpace(e.Filing.Domain+" "+e.Filing.ICPNumber)
			}
			if e.Grantee != "" {
				more = fmt.Sprintf(" to %s", e.Grantee)
			}
			t.print(fmt.Sprintf("  %d  %s  ", e.Seq, e.At.In(china).Format(time.DateTime)), "",
				fmt.Sprintf("%s: %s%s, %s -> %s", e.Actor, e.Action.Label(t.lang), more, e.From.Label(t.lang), e.To.Label(t.lang)))
		}
	}
	return nil
}

// each makes a hook for facts of a function that knows one instance at a time.
func each(one func(icpcode.InstanceID) icpcode.Instance) func(context.Context, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	return func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
		known := make(map[icpcode.InstanceID]icpcode.Instance, len(ids))
		for _, id := range ids {
			known[id] = one(id)
		}
		return known, nil
	}
}

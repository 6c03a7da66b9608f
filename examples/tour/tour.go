package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
	"github.com/icpcode/icpcode/memstore"
)

// The people of the tour, beside the account that asks for codes.
const (
	client   = icpcode.AccountID("2002") // files with codes that it is granted
	stranger = icpcode.AccountID("6006")
	operator = icpcode.AccountID("operator")

	phoneCode = "834211" // what the text message said
	price     = "30.00"  // of a paid code, in CNY
)

// tour is one run.
type tour struct {
	ctx     context.Context
	out     strings.Builder
	part    int
	lang    icpcode.Lang
	account icpcode.AccountID
	assume  icpcode.RuleIDs

	source, factsSource string
	servers             []server
	troubles            []string

	now    time.Time // the clock: nothing here waits
	plans  []plan    // for later
	rules  *icpcode.RuleBook
	engine *icpcode.Engine
	orders int            // request IDs so far
	issued []icpcode.Code // for the shop's server
	given  []icpcode.Code // for the forum's server, to the client
}

// server is one server of the inventory and what is known of it.
type server struct {
	inventory.Server
	changes  []inventory.Change // what the CSV set
	decision icpcode.Decision   // may one code be issued for it?
}

// walk takes the tour. Everything that it prints comes from the engine.
func (t *tour) walk() error {
	t.rules = icpcode.Alibaba()
	t.engine = icpcode.New(memstore.New(), &icpcode.Options{
		RuleBook: t.rules,
		Clock:    func() time.Time { return t.now },
		Price:    icpcode.Money{Amount: decimal.RequireFromString(price), Currency: "CNY"},
		Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == operator, nil },
		VerifyPhone: func(_ context.Context, v icpcode.Verification) error {
			if v.Proof != phoneCode {
				return icpcode.ErrNotVerified
			}
			return nil
		},
	})
	set, err := t.rules.At(t.now)
	if err != nil {
		return err
	}
	t.facts()
	if err := t.precheck(set); err != nil {
		return err
	}
	fit := t.fit()
	if len(fit) < 2 {
		t.title("The life of a code")
		t.text("The rest of the tour needs two servers that may have codes, and this inventory has %d. State what is missing in a CSV of facts, or take the tour without arguments.", len(fit))
		return nil
	}
	shop, forum := fit[0].Instance, fit[1].Instance
	for _, part := range []func(shop, forum icpcode.Instance) error{
		t.quota, t.issueAndGrant, t.caps, t.filing, t.refund, t.closing, t.later, t.histories,
	} {
		if err := part(shop, forum); err != nil {
			return err
		}
	}
	return nil
}

// facts prints what is known of the servers, and from where.
func (t *tour) facts() {
	t.title("What is known")
	t.text("%s: %s.", t.source, count(len(t.servers), "server"))
	for _, s := range t.troubles {
		t.print("  ! ", "", s)
	}
	var notes, changes groups
	for i, s := range t.servers {
		for _, n := range s.Notes {
			notes.add(n.Text(t.lang), "", i+1)
		}
		for _, c := range s.changes {
			changes.add(c.Fact+": "+c.From+" -> ", c.To, i+1)
		}
	}
	t.groups("Noticed while reading it, by server:", notes)
	slices.SortFunc(changes, func(a, b group) int { return strings.Compare(a.head, b.head) })
	t.groups(t.factsSource+" changes these facts, by server:", changes)
	t.text("")
	t.text("Stated by the tour itself: %s asks for codes and is verified as an enterprise; a paid code costs %s CNY; the phone code is %s.", t.account, price, phoneCode)
	if t.assume != 0 {
		t.text("Assumed to pass where the fact is missing: %s.", t.assume)
	}
}

// group is a text that several servers share, up to its end.
type group struct {
	head string
	ends []end
}

type end struct {
	text    string
	servers []int
}

// groups are in the order in which their texts were first met.
type groups []group

// add adds a server's number and returns the index of its group.
func (g *groups) add(head, tail string, server int) int {
	i := slices.IndexFunc(*g, func(x group) bool { return x.head == head })
	if i < 0 {
		i = len(*g)
		*g = append(*g, group{head: head})
	}
	ends := &(*g)[i].ends
	j := slices.IndexFunc(*ends, func(x end) bool { return x.text == tail })
	if j < 0 {
		j = len(*ends)
		*ends = append(*ends, end{text: tail})
	}
	(*ends)[j].servers = append((*ends)[j].servers, server)
	return i
}

func (t *tour) groups(title string, groups groups) {
	if len(groups) == 0 {
		return
	}
	t.text("")
	t.text("%s", title)
	for _, g := range groups {
		var ends []string
		for _, e := range g.ends {
			ends = append(ends, strings.TrimSpace(fmt.Sprintf("%s (%s)", e.text, list(e.servers))))
		}
		t.print("  ", "      ", strings.TrimSpace(g.head)+" "+strings.Join(ends, ", "))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// precheck says which servers may have codes, and why not the others.
func (t *tour) precheck(set *icpcode.RuleSet) error {
	t.title("Which servers may have codes on %s", t.now.In(china).Format(time.DateOnly))
	var founds groups // by all of a reason but what was found
	var reasons []icpcode.Reason
	note := func(r icpcode.Reason, number int) string {
		i := founds.add(strings.Join([]string{r.Rule.String(), r.Outcome.String(), r.Required, r.Remedy, r.Source(t.lang)}, "\x00"), r.Found, number)
		if i == len(reasons) {
			reasons = append(reasons, r)
		}
		return letter(i)
	}
	fmt.Fprintf(&t.out, "%4s  %s %s %s\n", "", pad("server", 23), pad("name", 16), "codes, or why not")
	capacity, able := 0, 0
	for i := range t.servers {
		s := &t.servers[i]
		got, err := t.engine.DryRun().Issue(t.ctx, icpcode.IssueRequest{
			Actor: t.account, Certification: icpcode.Enterprise, Instance: s.Instance, Quantity: 1, Assume: t.assume,
		})
		var no *icpcode.RefusedError
		if err != nil && !errors.As(err, &no) {
			return fmt.Errorf("%s: %w", s.Instance.ID, err)
		}
		d := got.Decision
		if no != nil {
			d = &no.Decision
		}
		s.decision = *d
		verdict := "yes: " + count(d.Quota.Left(), "code")
		if d.Refused() {
			verdict = "cannot tell:"
			if d.Fail != 0 {
				verdict = "no:"
			}
		} else {
			capacity += d.Quota.Left()
			able++
			if d.Assumed != 0 {
				verdict += ", assuming"
			}
		}
		for r := range d.Answers(t.lang) {
			if r.Outcome != icpcode.OutcomePassed {
				verdict += " " + note(r, i+1)
			}
		}
		fmt.Fprintf(&t.out, "%4d  %s %s %s\n", i+1, pad(safe(string(s.Instance.ID), 23), 23), pad(safe(s.Name, 16), 16), verdict)
	}
	if len(reasons) > 0 {
		t.text("")
		t.text("Why, by server:")
		t.text("")
	}
	for i, r := range reasons {
		r.Found = ""
		for _, e := range founds[i].ends {
			if r.Found != "" {
				r.Found += "\n"
			}
			r.Found += fmt.Sprintf("%s (%s)", e.text, list(e.servers))
		}
		t.reason(fmt.Sprintf("  %-3s", letter(i)), r)
	}
	t.text("")
	t.text("%s may have %s together.", count(able, "server"), count(capacity, "code"))
	const sites = 12
	n, err := set.ServersFor(icpcode.ECS, sites)
	if err != nil {
		return err
	}
	t.text("%d websites need %s (rules: %s, as of %s, unofficial).", sites, count(n, "server"), set.Version, set.AsOf)
	return nil
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }

// fit returns the servers that may have codes.
func (t *tour) fit() []server {
	var fit []server
	for _, s := range t.servers {
		if !s.decision.Refused() {
			fit = append(fit, s)
		}
	}
	return fit
}

// order returns the ID of the next request. A repetition of a request would
// carry the same ID, and do nothing twice.
func (t *tour) order() string {
	t.orders++
	return fmt.Sprintf("order-%d", t.orders)
}

// wait moves the clock.
func (t *tour) wait(d time.Duration) { t.now = t.now.Add(d) }

// refusal prints why a request was refused. Anything else that went wrong is
// an error of the tour.
func (t *tour) refusal(err error) error {
	var no *icpcode.RefusedError
	if errors.As(err, &no) {
		t.got("refused")
		for r := range no.Decision.Reasons(t.lang) {
			t.reason("       ", r)
		}
		return nil
	}
	if errors.Is(err, icpcode.ErrNoCode) {
		t.got("%v", err)
		return nil
	}
	if err == nil {
		t.got("done: the rules of this day allow it")
	}
	return err
}

func codes(codes []icpcode.Code) string {
	var texts []string
	for _, c := range codes {
		texts = append(texts, c.Display())
	}
	return strings.Join(texts, ", ")
}

// quota issues codes for the shop's server until there are no more.
func (t *tour) quota(shop, _ icpcode.Instance) error {
	t.title("Codes up to the quota")
	r := icpcode.IssueRequest{
		Actor: t.account, Certification: icpcode.Enterprise, Instance: shop, Quantity: 2, Assume: t.assume,
	}
	for left := r.Quantity; left > 0; {
		r.RequestID = t.order()
		t.do(r.Actor, "asks for %s for %s (%s)", count(r.Quantity, "code"), shop.ID, r.RequestID)
		res, err := t.engine.Issue(t.ctx, r)
		if err != nil {
			return err
		}
		t.got("%s; %d of %d used", codes(res.Codes), res.Quota.Used, res.Quota.Limit)
		t.issued = append(t.issued, res.Codes...)
		t.wait(time.Minute)
		if len(t.issued) == len(res.Codes) {
			t.do(r.Actor, "sends %s again, as after a lost answer", r.RequestID)
			if res, err = t.engine.Issue(t.ctx, r); err != nil {
				return err
			}
			answer := "another answer"
			if res.Replayed {
				answer = "the first answer again"
			}
			t.got("%s: %s; %d of %d used", answer, codes(res.Codes), res.Quota.Used, res.Quota.Limit)
			t.wait(time.Minute)
		}
		left = res.Quota.Left()
		r.Quantity = min(left, 20)
	}
	r.Quantity, r.RequestID = 1, t.order()
	t.do(r.Actor, "asks for one more")
	_, err := t.engine.Issue(t.ctx, r)
	return t.refusal(err)
}

// issueAndGrant issues codes for the forum's server and grants them to the
// client in the same action.
func (t *tour) issueAndGrant(_, forum icpcode.Instance) error {
	t.title("Issue and grant in one action")
	r := icpcode.IssueRequest{
		Actor: t.account, Certification: icpcode.Enterprise, Instance: forum, Quantity: 2, GrantTo: client, Assume: t.assume,
	}
	t.wait(10 * time.Minute)
	t.do(t.account, "asks beforehand whether 2 codes for %s could be granted to %s", forum.ID, client)
	d, err := t.engine.DryRun().Issue(t.ctx, r)
	if err != nil {
		return t.refusal(err)
	}
	answer := "yes"
	if d.PhoneNeeded {
		answer = "yes, once the phone is verified"
	}
	t.got("%s; nothing has changed: %d of %d left", answer, d.Decision.Quota.Left(), d.Decision.Quota.Limit)
	if d.PhoneNeeded {
		t.wait(time.Minute)
		r.Proof, r.RequestID = "000000", t.order()
		t.do(t.account, "does it, with phone code %s", r.Proof)
		_, err := t.engine.Issue(t.ctx, r)
		if err := t.refusal(err); err != nil {
			return err
		}
	}
	t.wait(time.Minute)
	r.Proof, r.RequestID = phoneCode, t.order()
	t.do(t.account, "does it, with phone code %s", r.Proof)
	res, err := t.engine.Issue(t.ctx, r)
	if err != nil {
		return err
	}
	t.got("%s, all granted to %s; %d of %d used", codes(res.Codes), client, res.Quota.Used, res.Quota.Limit)
	t.given = res.Codes
	return nil
}

// caps grants until both yearly caps are reached.
func (t *tour) caps(_, _ icpcode.Instance) error {
	t.title("The yearly caps on grants")
	q, err := t.engine.GrantQuota(t.ctx, t.account)
	if err != nil {
		return err
	}
	if q.Out.Limit == icpcode.NoLimit || q.In.Limit == icpcode.NoLimit {
		t.text("The rules of this day have no caps.")
		return nil
	}
	t.text("Paid codes belong to no instance yet, and can be granted too.")
	t.text("")
	t.wait(10 * time.Minute)
	bought, err := t.buy(t.account, q.Out.Left()+2)
	if err != nil {
		return err
	}
	if err := t.eleventhGrantee(bought); err != nil {
		return err
	}
	t.text("")
	return t.fourthGranter()
}

// buy buys paid codes.
func (t *tour) buy(who icpcode.AccountID, n int) ([]icpcode.Code, error) {
	t.do(who, "buys %s", count(n, "code"))
	res, err := t.engine.Buy(t.ctx, icpcode.BuyRequest{Actor: who, RequestID: t.order(), Quantity: n})
	if err != nil {
		return nil, err
	}
	t.got("%s, %s", res.Money, codes(res.Codes))
	return res.Codes, nil
}

func (t *tour) grant(who, to icpcode.AccountID, code icpcode.Code) error {
	_, err := t.engine.Grant(t.ctx, icpcode.GrantRequest{
		Actor: who, RequestID: t.order(), Codes: []icpcode.Code{code}, GrantTo: to,
		Certification: icpcode.Enterprise, Proof: phoneCode,
	})
	return err
}

// eleventhGrantee grants a code each to different accounts until the granter's
// cap is reached.
func (t *tour) eleventhGrantee(bought []icpcode.Code) error {
	grantee := func(i int) icpcode.AccountID { return icpcode.AccountID(fmt.Sprintf("3%03d", i+1)) }
	for i := 0; ; i++ {
		t.wait(time.Minute)
		err := t.grant(t.account, grantee(i), bought[i])
		if err == nil {
			t.do(t.account, "grants %s to %s", bought[i].Display(), grantee(i))
			continue
		}
		q, quotaErr := t.engine.GrantQuota(t.ctx, t.account)
		if quotaErr != nil {
			return quotaErr
		}
		t.got("granted; %d of %d accounts in %d", q.Out.Used, q.Out.Limit, q.Year)
		t.do(t.account, "grants %s to %s, an account too many", bought[i].Display(), grantee(i))
		if err := t.refusal(err); err != nil {
			return err
		}
		t.again(q.Resets, t.account, grantee(i), bought[i])
		return nil
	}
}

// fourthGranter lets further accounts grant to the client until the client's
// cap is reached.
func (t *tour) fourthGranter() error {
	for n := 1; ; n++ {
		granter := icpcode.AccountID(fmt.Sprintf("4%03d", n))
		t.wait(time.Minute)
		bought, err := t.buy(granter, 1)
		if err != nil {
			return err
		}
		t.do(granter, "grants it to %s", client)
		err = t.grant(granter, client, bought[0])
		q, quotaErr := t.engine.GrantQuota(t.ctx, client)
		if quotaErr != nil {
			return quotaErr
		}
		if err == nil {
			t.got("granted; to %s that is granter %d of %d", client, q.In.Used, q.In.Limit)
			continue
		}
		if err := t.refusal(err); err != nil {
			return err
		}
		t.again(q.Resets, granter, client, bought[0])
		return nil
	}
}

// again plans to repeat a grant that a cap refused: in the last second of the
// year, and in the first of the next.
func (t *tour) again(resets time.Time, who, to icpcode.AccountID, code icpcode.Code) {
	for _, at := range []time.Time{resets.Add(-time.Second), resets} {
		t.plan(at, func() error {
			t.do(who, "grants %s to %s", code.Display(), to)
			if err := t.grant(who, to, code); err != nil {
				return t.refusal(err)
			}
			t.got("granted")
			return nil
		})
	}
}

// filing: the holder files, and nobody else; the operator approves.
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

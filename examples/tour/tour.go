package main

import (
	"context"
	"errors"
	"fmt"
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

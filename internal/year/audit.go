package year

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// risks says what is wrong with the filing that rests on a code.
func (p *play) risks(c *code) (wrong icpcode.RuleIDs) {
	i := p.byID[c.server]
	is := func(r icpcode.Rule, bad bool) {
		if bad {
			wrong |= icpcode.MakeRuleIDs(r)
		}
	}
	ahead := 30
	if c.state == icpcode.StateFiling {
		ahead = 36
	}
	is(icpcode.RSKExpiring, i.Billing == icpcode.Subscription && !i.Expires.After(p.now.Add(time.Duration(ahead)*24*time.Hour)))
	is(icpcode.RSKReleased, p.closed[i.ID])
	is(icpcode.RSKBilling, i.Billing == icpcode.PayAsYouGo)
	is(icpcode.RSKDowngraded, i.Downgraded == icpcode.Yes || i.Region != "cn-hangzhou")
	is(icpcode.RSKOwner, i.Owner != c.owner)
	is(icpcode.RSKIP, c.ips[0] != i.IPs[0])
	return wrong
}

// review is the review of all accounts: it finds exactly what the year knows
// to be at risk.
func (p *play) review() {
	found := map[icpcode.Code]icpcode.RuleIDs{}
	for a, err := range p.eng.Review(p.ctx, icpcode.ListRequest{Actor: ops}) {
		if err != nil {
			fail("a review ends with %v", err)
		}
		if _, twice := found[a.Record.Code]; twice {
			fail("a review lists a filing twice")
		}
		found[a.Record.Code] = a.Decision.Fail
	}
	now := map[finding]bool{}
	for _, c := range p.codes {
		var want icpcode.RuleIDs
		if c.rests() {
			want = p.risks(c)
		}
		if found[c.code] != want {
			fail("a review finds %v of a %v filing, want %v", found[c.code], c.state, want)
		}
		delete(found, c.code)
		for r := range want.All() {
			k := finding{r, c.code}
			now[k] = true
			if !p.found[k] {
				p.page.Raised[r.String()]++
			}
		}
		for _, r := range [...]icpcode.Rule{icpcode.RSKExpiring, icpcode.RSKReleased, icpcode.RSKBilling, icpcode.RSKDowngraded, icpcode.RSKOwner, icpcode.RSKIP} {
			if k := (finding{r, c.code}); p.found[k] && !now[k] {
				p.page.Gone[r.String()]++
			}
		}
	}
	if len(found) > 0 {
		fail("a review finds %d filings that there are not", len(found))
	}
	p.found = now
}

// audit counts again from what the store has: records are the sum of their
// events and what the year remembers, ledgers count codes, partners count
// grants within the caps, and money in is money out and money held.
func (p *play) audit() {
	ledgers := map[icpcode.InstanceID]icpcode.Ledger{}
	partners := map[icpcode.Key][]string{}
	held := p.in.Sub(p.out)
	for _, c := range p.codes {
		r := load[icpcode.Record](p.ctx, p.store, icpcode.Key{Kind: icpcode.KindRecord, Code: c.code})
		events := p.history(c)
		sum, err := icpcode.RecordOf(events)
		if err != nil || !sameJSON(sum, r) {
			fail("a record is not the sum of its events: %v", err)
		}
		ended := r.Progress != nil && r.Progress.End != icpcode.EndNone
		if r.State != c.state || ended != c.ended || r.Owner != c.owner || r.Holder() != c.holder || r.InstanceID != c.server {
			fail("a code is %v of %q held by %q on %q, ended %v; want %v of %q held by %q on %q, ended %v",
				r.State, r.Owner, r.Holder(), r.InstanceID, ended, c.state, c.owner, c.holder, c.server, c.ended)
		}
		if r.Filing != nil && r.Filing.ICPNumber != c.number {
			fail("the number of a filing is %q, want %q", r.Filing.ICPNumber, c.number)
		}
		ends := 0
		for i := range events {
			if events[i].Step != nil && events[i].Step.End != icpcode.EndNone {
				ends++
			}
		}
		if ends > 1 || ends == 1 != ended {
			fail("a filing ended %d times", ends)
		}
		p.count(r, ended)
		held = held.Sub(r.Paid.Amount).Add(r.Refunded.Amount)
		if r.InstanceID != "" {
			l := ledgers[r.InstanceID]
			l.Attached++
			if r.Origin != icpcode.OriginPaid {
				l.Issued++
			}
			ledgers[r.InstanceID] = l
		}
		if r.Grantee != "" {
			y := icpcode.NaturalYear(r.Granted)
			add(partners, icpcode.Key{Kind: icpcode.KindGrantees, A: string(r.Owner), Year: y}, string(r.Grantee))
			add(partners, icpcode.Key{Kind: icpcode.KindGranters, A: string(r.Grantee), Year: y}, string(r.Owner))
		}
	}
	if !held.IsZero() {
		fail("money: %v came in, %v was paid back, and what is held differs by %v", p.in, p.out, held)
	}
	for id, want := range ledgers {
		l := load[icpcode.Ledger](p.ctx, p.store, icpcode.Key{Kind: icpcode.KindLedger, A: string(id)})
		if l.Issued != want.Issued || l.Attached != want.Attached {
			fail("a ledger counts %d issued and %d attached; its codes are %d and %d", l.Issued, l.Attached, want.Issued, want.Attached)
		}
		own := l.Issued - p.counted[id]
		if own > 5 {
			fail("a server issued %d codes (ELG-QUOTA)", own)
		}
		p.page.Fullest = max(p.page.Fullest, own)
	}
	for k, want := range partners {
		got := load[icpcode.Partners](p.ctx, p.store, k)
		most, limit := &p.page.MostGrantees, 10
		if k.Kind == icpcode.KindGranters {
			most, limit = &p.page.MostGranters, 3
		}
		// Imports count, and no cap refuses them (LIF-IMPORT).
		if len(got.Accounts) != len(want) || len(want) > limit+p.joined[k] {
			fail("an account has %d partners of a year, its codes say %d, and the cap is %d", len(got.Accounts), len(want), limit)
		}
		*most = max(*most, len(want)-p.joined[k])
	}
	p.page.Paid, p.page.PaidBack = p.in.StringFixed(2), p.out.StringFixed(2)
}

// count adds a code to the page.
func (p *play) count(r *icpcode.Record, ended bool) {
	p.page.Codes[r.State.String()]++
	p.page.Origins[map[icpcode.Origin]string{icpcode.OriginFree: "free", icpcode.OriginAuto: "auto", icpcode.OriginPaid: "paid"}[r.Origin]]++
	if r.State == icpcode.StateFiling {
		p.page.Filings["under review"]++
	}
	if r.State == icpcode.StateFiled && !ended {
		p.page.Filings["in force"]++
	}
}

func add(to map[icpcode.Key][]string, k icpcode.Key, who string) {
	if !slices.Contains(to[k], who) {
		to[k] = append(to[k], who)
	}
}

// load reads one document from the store.
func load[B any](ctx context.Context, s icpcode.Store, k icpcode.Key) *B {
	docs, err := s.Load(ctx, k)
	if err != nil || len(docs) != 1 {
		fail("%d documents of 1 were loaded: %v", len(docs), err)
	}
	b, ok := any(docs[0].Body).(*B)
	if !ok {
		fail("a document of kind %v is gone", k.Kind)
	}
	return b
}

// sameJSON reports whether two values are written alike.
func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

// finding is what a review found of a filing.
type finding struct {
	rule icpcode.Rule
	code icpcode.Code
}

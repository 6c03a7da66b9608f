// Package year plays a year of a provider, from one seed: accounts, servers,
// grants up to the caps, filings with stages, rejections, moves and ends,
// corrected numbers, codes that were
// issued elsewhere, refunds, expiries, holidays, forgotten histories, and a
// change of the rules in between. Then it
// audits what the store has. It is for tests.
package year

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

const (
	accounts = 240
	servers  = 320
	days     = 365
	perDay   = 14 // things that happen on one day
	ops      = icpcode.AccountID("ops")
)

var (
	shanghai = time.FixedZone("CST", 8*60*60)
	begin    = time.Date(2025, 7, 1, 9, 0, 0, 0, shanghai)
)

// off are the public holidays of the year that is played, first and last day,
// and worked the weekend days that are worked instead: those of
// testdata/calendar of the root.
var (
	off = [][2]string{
		{"2025-10-01", "2025-10-08"}, {"2026-01-01", "2026-01-03"}, {"2026-02-15", "2026-02-23"},
		{"2026-04-04", "2026-04-06"}, {"2026-05-01", "2026-05-05"}, {"2026-06-19", "2026-06-21"},
	}
	worked = []string{"2025-09-28", "2025-10-11", "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09"}
)

func workingDay(t time.Time) bool {
	d := t.In(shanghai).Format(time.DateOnly)
	if slices.Contains(worked, d) {
		return true
	}
	for _, h := range off {
		if d >= h[0] && d <= h[1] {
			return false
		}
	}
	return t.In(shanghai).Weekday() != time.Saturday && t.In(shanghai).Weekday() != time.Sunday
}

// A FoundError is what an audit found, or an answer that cannot be.
type FoundError string

func (f FoundError) Error() string { return string(f) }

func fail(format string, args ...any) { panic(FoundError(fmt.Sprintf(format, args...))) }

// code is what the year itself remembers of a code.
type code struct {
	code    icpcode.Code
	owner   icpcode.AccountID
	holder  icpcode.AccountID
	server  icpcode.InstanceID
	state   icpcode.State
	paid    decimal.Decimal // what was paid and not paid back
	bought  bool
	ended   bool
	domain  string
	number  string // of the filing, as it is recorded now
	ips     []netip.Addr
	events  []icpcode.Event // as they were told
	purged  time.Time       // the last instant before which histories were forgotten
	left    int             // working days until the review ends
	waiting bool
}

func (c *code) rests() bool {
	return c.state == icpcode.StateFiling || c.state == icpcode.StateFiled && !c.ended
}

type play struct {
	*rand.Rand
	ctx   context.Context
	store icpcode.Store
	eng   *icpcode.Engine
	now   time.Time

	servers []*icpcode.Instance
	byID    map[icpcode.InstanceID]*icpcode.Instance
	closed  map[icpcode.InstanceID]bool
	codes   []*code
	byCode  map[icpcode.Code]*code
	sites   int
	in, out decimal.Decimal
	counted map[icpcode.InstanceID]int // imported codes of a server
	joined  map[icpcode.Key]int        // imported grants
	found   map[finding]bool           // of the last review

	page Page
}

// Page is what a year came to, for a person to check.
type Page struct {
	Seed           uint64
	Codes          map[string]int // by state
	Origins        map[string]int
	Grants         int
	Filings        map[string]int // under review, in force, by how they ended
	Done           map[string]int // operations
	Refused        map[string]int // by rule
	Raised, Gone   map[string]int // findings by rule
	Advised        int
	Paid, PaidBack string
	Events         int
	Receipts       int // forgotten
	Purged         int // histories that were forgotten, where the store can do that
	MostGrantees   int // of one account in one natural year
	MostGranters   int
	Fullest        int // codes of one server under its quota
}

// String lists the page.
func (p Page) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "a year from 2025-07-01, seed %d\n", p.Seed)
	for _, part := range []struct {
		what string
		n    map[string]int
	}{
		{"codes", p.Codes}, {"origins", p.Origins}, {"filings", p.Filings}, {"done", p.Done}, {"refused by", p.Refused},
		{"findings raised", p.Raised}, {"findings cleared", p.Gone},
	} {
		fmt.Fprintf(&b, "%-17s", part.what)
		sum := 0
		for _, k := range slices.Sorted(maps.Keys(part.n)) {
			fmt.Fprintf(&b, " %s %d,", k, part.n[k])
			sum += part.n[k]
		}
		fmt.Fprintf(&b, " all %d\n", sum)
	}
	fmt.Fprintf(&b, "grants            %d; most grantees of one account in a natural year %d, most granters %d\n", p.Grants, p.MostGrantees, p.MostGranters)
	fmt.Fprintf(&b, "fullest server    %d codes under its quota\n", p.Fullest)
	fmt.Fprintf(&b, "advice            %d filings went with advice on their server\n", p.Advised)
	fmt.Fprintf(&b, "money             %s paid, %s paid back\n", p.Paid, p.PaidBack)
	fmt.Fprintf(&b, "events            %d; %d receipts forgotten\n", p.Events, p.Receipts)
	return b.String()
}

// Play plays the year of a seed over an empty store, and returns its page. The
// error is a FoundError: what the audit at its end found, or an answer that cannot
// be. The same seed gives the same page over any store.
func Play(ctx context.Context, store icpcode.Store, seed uint64) (page Page, err error) {
	var key [32]byte
	key[0], key[1], key[2], key[3] = byte(seed), byte(seed>>8), byte(seed>>16), 'y'
	p := &play{
		Rand: rand.New(rand.NewPCG(seed, 2025)), ctx: ctx, store: store, now: begin, byID: map[icpcode.InstanceID]*icpcode.Instance{},
		closed: map[icpcode.InstanceID]bool{}, byCode: map[icpcode.Code]*code{}, found: map[finding]bool{},
		counted: map[icpcode.InstanceID]int{}, joined: map[icpcode.Key]int{},
	}
	p.page = Page{
		Seed: seed, Codes: map[string]int{}, Origins: map[string]int{}, Filings: map[string]int{}, Done: map[string]int{},
		Refused: map[string]int{}, Raised: map[string]int{}, Gone: map[string]int{},
	}
	p.eng = icpcode.New(store, &icpcode.Options{
		Clock: func() time.Time { return p.now }, Entropy: rand.NewChaCha8(key), CursorKey: key,
		ImportFormat: icpcode.Opaque, Observe: p.heard,
		Price:       icpcode.Money{Amount: decimal.NewFromInt(100), Currency: "CNY"},
		Operator:    func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil },
		VerifyPhone: func(context.Context, icpcode.Verification) error { return nil },
		Facts: func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			known := map[icpcode.InstanceID]icpcode.Instance{}
			for _, id := range ids {
				known[id] = p.facts(id)
			}
			return known, nil
		},
	})
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(FoundError)
			if !ok {
				panic(r)
			}
			err = fmt.Errorf("seed %d, %s: %w", seed, p.now.In(shanghai).Format(time.DateOnly), f)
		}
	}()
	for range servers {
		p.newServer()
	}
	for d := range days {
		p.now = begin.AddDate(0, 0, d)
		for range perDay {
			p.now = p.now.Add(20 * time.Minute)
			p.something()
		}
		if workingDay(p.now) {
			p.work()
		}
		if d%7 == 6 || d == days-1 {
			p.review()
		}
		if d%30 == 29 {
			p.purge()
		}
	}
	p.audit()
	return p.page, nil
}

func (p *play) account() icpcode.AccountID {
	// A few accounts do most, so that they come to their caps.
	if p.IntN(3) == 0 {
		return icpcode.AccountID(fmt.Sprintf("a%03d", p.IntN(12)))
	}
	return icpcode.AccountID(fmt.Sprintf("a%03d", p.IntN(accounts)))
}

// certified says how an account was verified: four of five are enterprises.
func certified(a icpcode.AccountID) icpcode.Certification {
	if a[len(a)-1]%5 == 4 {
		return icpcode.Personal
	}
	return icpcode.Enterprise
}

func (p *play) newServer() {
	n := len(p.servers) + 1
	i := &icpcode.Instance{
		ID: icpcode.InstanceID(fmt.Sprintf("i-%04d", n)), Owner: p.account(), Provider: "alibaba", Region: "cn-hangzhou",
		Product: []icpcode.Product{icpcode.ECS, icpcode.ECS, icpcode.ECS, icpcode.SWAS, icpcode.NAT, icpcode.ElasticWeb, icpcode.WebHosting}[p.IntN(7)],
		Billing: icpcode.Subscription, Status: icpcode.StatusRunning, TermMonths: 12, Created: p.now, Trial: icpcode.No, PublicIP: icpcode.Yes,
		IPHeld: icpcode.No, Downgraded: icpcode.No, IPs: []netip.Addr{netip.AddrFrom4([4]byte{47, 96, byte(n >> 8), byte(n)})},
	}
	switch p.IntN(12) {
	case 0:
		i.TermMonths = 1
	case 1:
		i.Billing = icpcode.PayAsYouGo
	case 2:
		i.Region = "cn-hongkong"
	case 3:
		i.TermMonths = 6
	case 4:
		i.TermMonths = 24
	}
	i.Expires = icpcode.AddMonths(i.Created, i.TermMonths)
	p.servers = append(p.servers, i)
	p.byID[i.ID] = i
}

// facts are today's about a server.
func (p *play) facts(id icpcode.InstanceID) icpcode.Instance {
	i := *p.byID[id]
	i.IPs = slices.Clone(i.IPs)
	return i
}

func (p *play) server() *icpcode.Instance { return p.servers[p.IntN(len(p.servers))] }

// pick returns a code for which fits holds, or nil.
func (p *play) pick(fits func(*code) bool) *code {
	n := len(p.codes)
	if n == 0 {
		return nil
	}
	from := p.IntN(n)
	for i := range n {
		if c := p.codes[(from+i)%n]; fits(c) {
			return c
		}
	}
	return nil
}

// told counts an answer, and reports whether it was done.
func (p *play) told(what string, err error) bool {
	if err == nil {
		p.page.Done[what]++
		return true
	}
	var no *icpcode.RefusedError
	if !errors.As(err, &no) {
		fail("%s answers %v", what, err)
	}
	for r := range (no.Decision.Fail | no.Decision.Unknown&^no.Decision.Assumed).All() {
		p.page.Refused[r.String()]++
	}
	return false
}

// expect checks that an answer is a refusal or not, as the year itself knows.
func (p *play) expect(what string, done, want bool) {
	if done != want {
		fail("%s was done: %v, want %v", what, done, want)
	}
}

package ruletest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

// seeded rolls by a seed, so that a hunt is the same every time.
type seeded struct{ *rand.Rand }

func (d seeded) roll(n int) int { return d.IntN(n) }

// recorder ends a check by a panic, which hunt recovers.
type recorder struct{}

type failure string

func (recorder) Helper()                           {}
func (recorder) Logf(string, ...any)               {}
func (recorder) Fatalf(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }

// hunt does checks until one fails, and returns how many it did and how the
// last one failed.
func (s *setup) hunt(checks int) (done int, found string) {
	for n := range checks {
		if found := s.once(uint64(n)); found != "" {
			return n + 1, found
		}
	}
	return checks, ""
}

func (s *setup) once(seed uint64) (found string) {
	defer func() {
		if p := recover(); p != nil {
			f, ok := p.(failure)
			if !ok {
				panic(p)
			}
			found = string(f)
		}
	}()
	w := newWorld(s, recorder{})
	g := &gen{world: w, dice: seeded{rand.New(rand.NewPCG(seed, 1))}}
	w.steps(w.populate(g))
	for range 40 {
		g.now = w.now
		w.steps(g.next())
	}
	w.audit()
	return ""
}

// broken is a store that is wrong in one way.
type broken struct {
	icpcode.Store
	key    func(icpcode.Key) icpcode.Key         // under which it keeps a document
	put    func(icpcode.Put) (icpcode.Put, bool) // what it keeps of a document, if anything
	change func(icpcode.Change) icpcode.Change
	after  func(error) error // what becomes of the answer of a Commit
	list   func(icpcode.Query, []icpcode.Record) []icpcode.Record
	events func([]icpcode.Event) []icpcode.Event
}

func (b *broken) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	if b.key == nil {
		return b.Store.Load(ctx, keys...)
	}
	under := make([]icpcode.Key, len(keys))
	for i := range keys {
		under[i] = b.key(keys[i])
	}
	docs, err := b.Store.Load(ctx, under...)
	for i := range docs {
		docs[i].Key = keys[i]
	}
	return docs, err
}

func (b *broken) Commit(ctx context.Context, c icpcode.Change) error {
	c.Puts, c.Events = slices.Clone(c.Puts), slices.Clone(c.Events)
	var puts []icpcode.Put
	for _, p := range c.Puts {
		keep := true
		p.Document = p.Document.Clone()
		if b.put != nil {
			p, keep = b.put(p)
		}
		if b.key != nil {
			p.Key = b.key(p.Key)
		}
		if keep {
			puts = append(puts, p)
		}
	}
	c.Puts = puts
	if b.change != nil {
		c = b.change(c)
	}
	slices.SortFunc(c.Puts, func(p, q icpcode.Put) int { return p.Key.Compare(q.Key) })
	err := b.Store.Commit(ctx, c)
	if b.after != nil {
		err = b.after(err)
	}
	return err
}

func (b *broken) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	page, err := b.Store.List(ctx, q)
	if b.list != nil {
		page.Records = b.list(q, page.Records)
	}
	return page, err
}

func (b *broken) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	events, err := b.Store.Events(ctx, q)
	if b.events != nil {
		events = b.events(events)
	}
	return events, err
}

// loses returns a put that drops documents of a kind.
func loses(k icpcode.Kind) func(icpcode.Put) (icpcode.Put, bool) {
	return func(p icpcode.Put) (icpcode.Put, bool) { return p, p.Key.Kind != k }
}

// alters returns a put that changes bodies.
func alters[B any](change func(k icpcode.Key, b *B)) func(icpcode.Put) (icpcode.Put, bool) {
	return func(p icpcode.Put) (icpcode.Put, bool) {
		if b, ok := any(p.Body).(*B); ok {
			change(p.Key, b)
		}
		return p, true
	}
}

// TestBrokenStores plants bugs in the store, which the audits read too.
func TestBrokenStores(t *testing.T) {
	for name, b := range map[string]broken{
		"loses instance ledgers":   {put: loses(icpcode.KindLedger)},
		"loses account ledgers":    {put: loses(icpcode.KindAccountLedger)},
		"lets grantees lapse":      {put: loses(icpcode.KindGrantees)},
		"lets granters lapse":      {put: loses(icpcode.KindGranters)},
		"forgets receipts":         {put: loses(icpcode.KindReceipt)},
		"loses records":            {put: loses(icpcode.KindRecord)},
		"forgets acquaintances":    {put: loses(icpcode.KindAcquaintance)},
		"drops the last event":     {change: func(c icpcode.Change) icpcode.Change { c.Events = c.Events[:max(0, len(c.Events)-1)]; return c }},
		"tears a large change":     {change: func(c icpcode.Change) icpcode.Change { c.Puts = c.Puts[:min(len(c.Puts), 4)]; return c }},
		"counts one too few":       {put: alters(func(_ icpcode.Key, l *icpcode.Ledger) { l.Issued = max(0, l.Issued-1) })},
		"forgets what is attached": {put: alters(func(_ icpcode.Key, l *icpcode.Ledger) { l.Attached = 0 })},
		"reopens closed instances": {put: alters(func(_ icpcode.Key, l *icpcode.Ledger) { l.Closed = icpcode.ActionNone })},
		"keeps one partner":        {put: alters(func(_ icpcode.Key, p *icpcode.Partners) { p.Accounts = p.Accounts[:1] })},
		"keeps whole seconds":      {put: alters(func(_ icpcode.Key, r *icpcode.Record) { r.Updated = r.Updated.Truncate(time.Second) })},
		"loses remarks":            {put: alters(func(_ icpcode.Key, r *icpcode.Record) { r.Remark = "" })},
		"rounds money":             {put: alters(func(_ icpcode.Key, r *icpcode.Record) { r.Paid.Amount = r.Paid.Amount.Round(0) })},
		"pays back more": {put: alters(func(_ icpcode.Key, r *icpcode.Receipt) {
			r.Result.Money.Amount = r.Result.Money.Amount.Add(decimal.New(1, -2))
		})},
		"forgets what was advised of a filing": {put: alters(func(_ icpcode.Key, r *icpcode.Receipt) {
			r.Result.Advice &= icpcode.MakeRuleIDs(icpcode.RSKMove)
		})},
		"swaps codes of a receipt":   {put: alters(func(_ icpcode.Key, r *icpcode.Receipt) { slices.Reverse(r.Result.Codes) })},
		"lets a code change hands":   {put: alters(func(_ icpcode.Key, r *icpcode.Record) { r.Owner = r.Holder() })},
		"folds case":                 {key: func(k icpcode.Key) icpcode.Key { k.A = strings.ToLower(k.A); return k }},
		"mixes up years":             {key: func(k icpcode.Key) icpcode.Key { k.Year /= 2; return k }},
		"mixes up both sides":        {key: func(k icpcode.Key) icpcode.Key { return oneSide(k) }},
		"one receipt for all actors": {key: func(k icpcode.Key) icpcode.Key { return anybody(k) }},
		"calls a success a conflict": {after: func(err error) error { return first(err, icpcode.ErrConflict) }},
		"calls a conflict a success": {after: func(err error) error { return unless(err, icpcode.ErrConflict) }},
		"lists a record twice":       {list: func(_ icpcode.Query, r []icpcode.Record) []icpcode.Record { return append(r, r[:min(1, len(r))]...) }},
		"lists no granted codes":     {list: func(_ icpcode.Query, r []icpcode.Record) []icpcode.Record { return slices.DeleteFunc(r, granted) }},
		"lists no filed codes":       {list: func(q icpcode.Query, r []icpcode.Record) []icpcode.Record { return listsNone(q, r) }},
		"skips an event":             {events: func(e []icpcode.Event) []icpcode.Event { return append(e[:min(1, len(e))], e[min(2, len(e)):]...) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(small(t))
			s.newStore = func() icpcode.Store {
				b := b
				b.Store = memstore.New()
				return &b
			}
			s.mustFind(t)
		})
	}
}

// mustFind checks that the planted bug is found.
func (s *setup) mustFind(t *testing.T) {
	t.Helper()
	n, found := s.hunt(3000)
	if found == "" {
		t.Errorf("not found in %d checks", n)
		return
	}
	t.Logf("found by check %d: %.400s", n, found)
}

func oneSide(k icpcode.Key) icpcode.Key {
	if k.Kind == icpcode.KindGranters {
		k.Kind = icpcode.KindGrantees
	}
	return k
}

func anybody(k icpcode.Key) icpcode.Key {
	if k.Kind == icpcode.KindReceipt {
		k.A = "anybody"
	}
	return k
}

func first(err, instead error) error {
	if err == nil {
		return instead
	}
	return err
}

func unless(err, ignored error) error {
	if errors.Is(err, ignored) {
		return nil
	}
	return err
}

func granted(r icpcode.Record) bool { return r.Grantee != "" }

func listsNone(q icpcode.Query, records []icpcode.Record) []icpcode.Record {
	if q.State == icpcode.StateFiled {
		return nil
	}
	return records
}

// TestBrokenEngines plants bugs between the engine and the store, where they
// look like bugs of the engine: the audits read what the store really has.
func TestBrokenEngines(t *testing.T) {
	for name, make := range map[string]func(*world) broken{
		"counts natural years in UTC": func(w *world) broken {
			return broken{key: func(k icpcode.Key) icpcode.Key {
				if k.Year != 0 && k.Year == year(w.now) {
					k.Year = w.now.UTC().Year()
				}
				return k
			}}
		},
		"changes codes without caps": func(*world) broken { return broken{put: loses(icpcode.KindGrantees)} },
		"changes caps without codes": func(*world) broken {
			return broken{change: func(c icpcode.Change) icpcode.Change {
				c.Events = slices.DeleteFunc(c.Events, func(e icpcode.Event) bool { return e.Action == icpcode.ActionGrant })
				return c
			}}
		},
		"counts the account twice": func(*world) broken {
			return broken{put: alters(func(k icpcode.Key, l *icpcode.Ledger) {
				if k.Kind == icpcode.KindAccountLedger {
					l.Issued++
				}
			})}
		},
		"leaves no receipt": func(*world) broken { return broken{put: loses(icpcode.KindReceipt)} },
		"writes to a bystander": func(w *world) broken {
			return broken{change: func(c icpcode.Change) icpcode.Change {
				if w.turn%7 == 0 {
					k := icpcode.Key{Kind: icpcode.KindGrantees, A: "6666", Year: w.turn}
					c.Puts = append(c.Puts, icpcode.Put{Document: icpcode.Document{Key: k, Version: 1, Body: new(icpcode.Partners)}})
				}
				return c
			}}
		},
		"files for the owner": func(*world) broken {
			return broken{put: alters(func(_ icpcode.Key, r *icpcode.Record) {
				if r.State == icpcode.StateFiling {
					r.Grantee = ""
				}
			})}
		},
		"forgets why": func(*world) broken {
			return broken{put: alters(func(_ icpcode.Key, r *icpcode.Record) { r.Reason = "" })}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(small(t))
			s.between = func(w *world, under icpcode.Store) icpcode.Store {
				b := make(w)
				b.Store = under
				return &b
			}
			s.mustFind(t)
		})
	}
}

// TestWrongOptions gives the engine other options than the model thinks.
func TestWrongOptions(t *testing.T) {
	for name, change := range map[string]func(*icpcode.Options){
		"everybody is an operator": func(o *icpcode.Options) {
			o.Operator = func(_ context.Context, _ icpcode.AccountID) (bool, error) { return true, nil }
		},
		"nobody is an operator":    func(o *icpcode.Options) { o.Operator = nil },
		"a clock eight hours back": func(o *icpcode.Options) { o.Clock = shifted(o.Clock, -8*time.Hour) },
		"a clock a tick ahead":     func(o *icpcode.Options) { o.Clock = shifted(o.Clock, time.Microsecond) },
		"another price":            func(o *icpcode.Options) { o.Price.Amount = o.Price.Amount.Add(decimal.New(1, -2)) },
		"another format":           func(o *icpcode.Options) { o.ImportFormat = icpcode.TwelveDigits },
		"no phone":                 func(o *icpcode.Options) { o.VerifyPhone = nil },
		"a phone that says yes": func(o *icpcode.Options) {
			o.VerifyPhone = func(context.Context, icpcode.Verification) error { return nil }
		},
		"a phone that is asked twice": func(o *icpcode.Options) {
			if ask := o.VerifyPhone; ask != nil {
				o.VerifyPhone = func(ctx context.Context, v icpcode.Verification) error {
					return errors.Join(ask(ctx, v), ask(ctx, v))
				}
			}
		},
		"a clock that is read twice": func(o *icpcode.Options) {
			read := o.Clock
			o.Clock = func() time.Time { read(); return read() }
		},
		"an observer that hears the first event": func(o *icpcode.Options) {
			tell := o.Observe
			o.Observe = func(ctx context.Context, e []icpcode.Event) { tell(ctx, e[:1]) }
		},
		"an observer that hears all twice": func(o *icpcode.Options) {
			tell := o.Observe
			o.Observe = func(ctx context.Context, e []icpcode.Event) { tell(ctx, e); tell(ctx, e) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(small(t))
			s.options = change
			s.mustFind(t)
		})
	}
}

func shifted(read func() time.Time, by time.Duration) func() time.Time {
	return func() time.Time { return read().Add(by) }
}

// TestWrongRules changes each field of the rules, and gives the engine the
// changed book and the model the right one.
func TestWrongRules(t *testing.T) {
	for name, change := range map[string]func(s []icpcode.RuleSet){
		"version":                 func(s []icpcode.RuleSet) { s[1].Version += "x" },
		"effective, a tick late":  func(s []icpcode.RuleSet) { s[1].Effective = s[1].Effective.Add(time.Microsecond) },
		"effective, a tick early": func(s []icpcode.RuleSet) { s[1].Effective = s[1].Effective.Add(-time.Microsecond) },
		"effective in UTC":        func(s []icpcode.RuleSet) { s[2].Effective = s[2].Effective.Add(8 * time.Hour) },
		"provider":                func(s []icpcode.RuleSet) { s[0].Provider += "x" },
		"a product less":          func(s []icpcode.RuleSet) { s[0].Products = s[0].Products[:2] },
		"another product":         func(s []icpcode.RuleSet) { s[1].Products[1].Product = "Unlisted" },
		"mainland region less":    func(s []icpcode.RuleSet) { s[0].MainlandRegions = s[0].MainlandRegions[1:] },
		"other region less":       func(s []icpcode.RuleSet) { s[0].OtherRegions = nil },
		"batch +1":                func(s []icpcode.RuleSet) { s[0].Batch++ },
		"batch -1":                func(s []icpcode.RuleSet) { s[0].Batch-- },
		"account all for others":  func(s []icpcode.RuleSet) { s[1].Account = icpcode.AccountAll },
		"account any for others":  func(s []icpcode.RuleSet) { s[1].Account = icpcode.AccountAny },
		"account others for all":  func(s []icpcode.RuleSet) { s[0].Account = icpcode.AccountOthers },
		"no grants":               func(s []icpcode.RuleSet) { s[0].Grant = icpcode.GrantRules{} },
		"grants":                  func(s []icpcode.RuleSet) { s[2].Grant = s[1].Grant },
		"no enterprise":           func(s []icpcode.RuleSet) { s[0].Grant.Enterprise = false },
		"enterprise":              func(s []icpcode.RuleSet) { s[1].Grant.Enterprise = true },
		"grantees +1":             func(s []icpcode.RuleSet) { s[0].Grant.MaxGrantees++ },
		"grantees -1":             func(s []icpcode.RuleSet) { s[0].Grant.MaxGrantees-- },
		"grantees unlimited":      func(s []icpcode.RuleSet) { s[0].Grant.MaxGrantees = icpcode.NoLimit },
		"granters +1":             func(s []icpcode.RuleSet) { s[0].Grant.MaxGranters++ },
		"granters limited":        func(s []icpcode.RuleSet) { s[1].Grant.MaxGranters = 3 },
		"first grants unverified": func(s []icpcode.RuleSet) { s[0].Grant.VerifyFirst = false },
		"first grants verified":   func(s []icpcode.RuleSet) { s[1].Grant.VerifyFirst = true },
		"released to Available":   func(s []icpcode.RuleSet) { s[0].Life.ReleaseTo = icpcode.StateAvailable },
		"released to Invalid":     func(s []icpcode.RuleSet) { s[1].Life.ReleaseTo = icpcode.StateInvalid },
		"close refunds nothing":   func(s []icpcode.RuleSet) { s[0].Life.CloseRefundsPaid = false },
		"close refunds":           func(s []icpcode.RuleSet) { s[1].Life.CloseRefundsPaid = true },
		"paid uses no quota":      func(s []icpcode.RuleSet) { s[0].Life.PaidUsesQuota = false },
		"paid uses quota":         func(s []icpcode.RuleSet) { s[1].Life.PaidUsesQuota = true },
		"assume less":             func(s []icpcode.RuleSet) { s[1].Assume = icpcode.MakeRuleIDs(icpcode.GRTEnterprise) },
		"assume more":             func(s []icpcode.RuleSet) { s[0].Assume = icpcode.MakeRuleIDs(icpcode.ELGOwner) },
		"no subscription":         func(s []icpcode.RuleSet) { q := &s[2].Products[0]; q.Subscription, q.TermMonths = false, 0 },
		"subscription":            func(s []icpcode.RuleSet) { s[0].Products[2].Subscription = true },
		"term +1":                 func(s []icpcode.RuleSet) { s[0].Products[0].TermMonths++ },
		"term -1":                 func(s []icpcode.RuleSet) { s[0].Products[0].TermMonths-- },
		"first purchase":          func(s []icpcode.RuleSet) { s[0].Products[0].FirstPurchaseOnly = true },
		"not first purchase":      func(s []icpcode.RuleSet) { s[0].Products[1].FirstPurchaseOnly = false },
		"remaining +1":            func(s []icpcode.RuleSet) { s[0].Products[0].RemainingDays++ },
		"remaining -1":            func(s []icpcode.RuleSet) { s[0].Products[0].RemainingDays-- },
		"anywhere":                func(s []icpcode.RuleSet) { s[0].Products[0].Mainland = false },
		"mainland":                func(s []icpcode.RuleSet) { s[0].Products[2].Mainland = true },
		"without address":         func(s []icpcode.RuleSet) { s[0].Products[0].PublicIP = false },
		"with address":            func(s []icpcode.RuleSet) { s[2].Products[0].PublicIP = true },
		"not running":             func(s []icpcode.RuleSet) { s[1].Products[1].Running = false },
		"running":                 func(s []icpcode.RuleSet) { s[0].Products[2].Running = true },
		"stopped fails":           func(s []icpcode.RuleSet) { s[0].Products[0].StoppedPasses = false },
		"stopped passes":          func(s []icpcode.RuleSet) { s[1].Products[0].StoppedPasses = true },
		"address held":            func(s []icpcode.RuleSet) { s[0].Products[0].IPFree = false },
		"address free":            func(s []icpcode.RuleSet) { s[1].Products[0].IPFree = true },
		"order +0.01":             func(s []icpcode.RuleSet) { q := &s[0].Products[1]; q.MinOrder = q.MinOrder.Add(decimal.New(1, -2)) },
		"order -0.01":             func(s []icpcode.RuleSet) { q := &s[0].Products[1]; q.MinOrder = q.MinOrder.Sub(decimal.New(1, -2)) },
		"quota +1":                func(s []icpcode.RuleSet) { s[0].Products[0].Quota++ },
		"quota -1":                func(s []icpcode.RuleSet) { s[0].Products[0].Quota-- },
		"quota +1 of the last":    func(s []icpcode.RuleSet) { s[2].Products[0].Quota++ },
		"per instance":            func(s []icpcode.RuleSet) { s[0].Products[0].PerAccount = false },
		"per account":             func(s []icpcode.RuleSet) { s[2].Products[0].PerAccount = true },
		"filing refuses less":     func(s []icpcode.RuleSet) { s[0].Filing.Refuse = icpcode.MakeRuleIDs(icpcode.ELGOwner) },
		"filing refuses more":     func(s []icpcode.RuleSet) { s[0].Filing.Refuse |= icpcode.MakeRuleIDs(icpcode.ELGPublicIP) },
		"filing advises less":     func(s []icpcode.RuleSet) { s[2].Filing.Advise = icpcode.MakeRuleIDs(icpcode.ELGTerm) },
		"filing advises more":     func(s []icpcode.RuleSet) { s[2].Filing.Advise |= icpcode.MakeRuleIDs(icpcode.ELGOwner) },
		"filing judges in all":    func(s []icpcode.RuleSet) { s[1].Filing = s[0].Filing },
		"base runs not":           func(s []icpcode.RuleSet) { s[0].Base.Running = false },
		"base has address":        func(s []icpcode.RuleSet) { s[0].Base.PublicIP = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sets := small(t).Sets()
			change(sets)
			wrong, err := icpcode.NewRuleBook(sets...)
			if err != nil {
				t.Fatal(err)
			}
			s := newSetup(small(t))
			s.engineBook = wrong
			s.mustFind(t)
		})
	}
}

// TestWrongReview lets the engine look less or further ahead than the rules
// say, which nothing but a review does: one that lists too little and one that
// lists too much are found.
func TestWrongReview(t *testing.T) {
	for name, days := range map[string]int{"too little": 0, "too much": 400} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(small(t))
			sets := s.book.Sets()
			for i := range sets {
				sets[i].Risk = icpcode.RiskRules{ExpiringDays: days, ReviewDays: days}
			}
			book, err := icpcode.NewRuleBook(sets...)
			if err != nil {
				t.Fatal(err)
			}
			s.engineBook = book
			s.mustFind(t)
		})
	}
}

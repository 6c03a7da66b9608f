package ruletest

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

// reporter is the part of a [testing.TB] that a check needs. The package's own
// tests give another one, to see checks fail.
type reporter interface {
	Helper()
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// setup is what all checks of a run have in common. The last three are for
// planting bugs.
type setup struct {
	book     *icpcode.RuleBook
	sets     []icpcode.RuleSet
	newStore func() icpcode.Store
	newTag   func() (tag string, firstCode uint64)
	products []icpcode.Product
	unlisted icpcode.Product
	choices  []func(*gen) []todo
	seen     *coverage

	// front stands between the checks and their engines; nil: nothing does.
	front func(icpcode.Store, icpcode.Options) (eng, dry Engine)

	engineBook *icpcode.RuleBook // that the engine has in place of book
	options    func(*icpcode.Options)
	between    func(w *world, s icpcode.Store) icpcode.Store // the engine and the store
}

func newSetup(book *icpcode.RuleBook) *setup {
	if book == nil {
		book = icpcode.Alibaba()
	}
	s := &setup{
		book: book, sets: book.Sets(), choices: choices(), seen: newCoverage(), unlisted: "Unlisted",
		newStore: func() icpcode.Store { return memstore.New() },
		newTag:   func() (string, uint64) { return "", 0 },
	}
	for i := range s.sets {
		for _, p := range s.sets[i].Products {
			if !slices.Contains(s.products, p.Product) {
				s.products = append(s.products, p.Product)
			}
		}
	}
	for slices.Contains(s.products, s.unlisted) {
		s.unlisted += "-"
	}
	// The latest rules come first, and so does what they list.
	slices.Reverse(s.products)
	s.products = append(s.products, s.unlisted)
	return s
}

// world is one check: an engine over a store, whose clock and phone the check
// holds, the model, and who and what there is.
type world struct {
	reporter
	*setup
	ctx   context.Context
	model *model
	store icpcode.Store
	tap   *tap
	opt   icpcode.Options
	eng   Engine
	dry   Engine

	now     time.Time
	reads   int // of the clock
	asks    int // of the phone hook
	asked   icpcode.Verification
	phone   phone
	heard   []icpcode.Event // by the observer
	entropy *entropy

	tag      string
	operator icpcode.AccountID
	everyone []icpcode.AccountID // who acts
	passive  []icpcode.AccountID // who only receives and grants elsewhere
	servers  []*server
	byID     map[icpcode.InstanceID]*server
	numbers  []string // ICP numbers
	nowhere  icpcode.Code
	ids      int
	used     []string // request IDs
	done     []*op
	imports  map[icpcode.Code]*icpcode.ImportRequest
	turn     int               // counts the operations
	judged   int               // decisions that were judged twice
	ownSets  []icpcode.RuleSet // of the engine's book, once it was asked for

	ended  map[icpcode.Code]uint64 // the versions of codes that reached their end
	cashIn map[string]int64        // in cents, by currency
	paid   map[string]int64        // back, in cents, by currency
}

// mostPassive is the largest cap on partners that is tried out.
const mostPassive = 16

// server is an instance. It passes every rule while it has not expired.
type server struct {
	id       icpcode.InstanceID
	owner    icpcode.AccountID
	product  icpcode.Product
	contract int
	expires  time.Time // zero: late enough
}

// config is how an engine is set up.
type config struct {
	price          string // "": none
	noHook, digits bool
}

// newWorld begins a check.
func newWorld(s *setup, r reporter) *world {
	w := &world{
		reporter: r, setup: s, ctx: context.Background(), store: s.newStore(),
		byID: map[icpcode.InstanceID]*server{}, imports: map[icpcode.Code]*icpcode.ImportRequest{},
		ended: map[icpcode.Code]uint64{}, cashIn: map[string]int64{}, paid: map[string]int64{},
	}
	var first uint64
	w.tag, first = s.newTag()
	w.entropy = &entropy{first: first}
	account := func(name string) icpcode.AccountID { return icpcode.AccountID(w.tag + name) }
	w.operator = account("ops")
	// Two of them differ only in case.
	w.everyone = []icpcode.AccountID{account("1001"), account("1002"), account("acme"), account("Acme"), account("2002"), w.operator, account("6666")}
	for i := range mostPassive + 1 {
		w.passive = append(w.passive, account(fmt.Sprint("p", i)))
	}
	w.numbers = []string{w.tag + "浙ICP备12345678号-1", w.tag + "浙ICP备12345678号-2"}
	var err error
	if w.nowhere, err = icpcode.Opaque.Parse(w.tag + "nowhere"); err != nil {
		r.Fatalf("%v", err)
	}
	w.model = newModel(s.sets, w.operator)
	w.tap = &tap{Store: w.store}
	w.model.limit = limitOf(w.store)
	return w
}

// populate draws the beginning.
func (w *world) populate(g *gen) []todo {
	g.now = handled(g.start())
	todos := []todo{moving(g.now)}
	for i := range 5 {
		owner, product := w.everyone[i%4], g.product()
		contract := 0
		if g.rarely(8) {
			contract = 1 + g.roll(8)
		}
		todos = append(todos, todo{what: fmt.Sprintf("%q has a new %s, contract %d", owner, product, contract), change: func(w *world) {
			w.servers = append(w.servers, w.newServer(owner, product, contract))
		}})
	}
	return append(todos, g.restart()...)
}

func (w *world) newServer(owner icpcode.AccountID, p icpcode.Product, contract int) *server {
	s := &server{
		id: icpcode.InstanceID(fmt.Sprintf("%si-%d", w.tag, len(w.byID)+1)), owner: owner, product: p, contract: contract,
	}
	w.byID[s.id] = s
	return s
}

// today returns the true facts about a server.
func (s *server) today(m *model, now time.Time) icpcode.Instance {
	set := m.inForce(now)
	if set == nil {
		set = &m.sets[0]
	}
	q, _ := requirements(set, s.product)
	i := icpcode.Instance{
		ID: s.id, Owner: s.owner, Product: s.product, Billing: icpcode.Subscription, Status: icpcode.StatusRunning,
		TermMonths: max(q.TermMonths, 1), FirstTermMonths: max(q.TermMonths, 1), Expires: s.expires,
		Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No, Downgraded: icpcode.No, IPs: addresses[:2],
		OrderAmount: q.MinOrder, ContractQuota: s.contract,
	}
	if i.Expires.IsZero() {
		i.Expires = now.Add(time.Duration(q.RemainingDays+100) * day)
		if i.Expires.Year() > 9998 {
			i.Expires = time.Date(9998, 12, 31, 0, 0, 0, 0, time.UTC)
		}
	}
	if len(set.MainlandRegions) > 0 {
		i.Region = set.MainlandRegions[0]
	}
	return i
}

// configure makes the engine, perhaps not for the first time.
func (w *world) configure(c config) {
	w.opt = icpcode.Options{
		RuleBook: w.book,
		Clock:    func() time.Time { w.reads++; return w.now },
		Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) {
			return a == w.operator, nil
		},
		Observe:      func(_ context.Context, events []icpcode.Event) { w.heard = append(w.heard, events...) },
		Entropy:      w.entropy,
		ImportFormat: icpcode.Opaque,
	}
	if c.price != "" {
		w.opt.Price = icpcode.Money{Amount: decimal.RequireFromString(c.price), Currency: "CNY"}
	}
	if !c.noHook {
		w.opt.VerifyPhone = w.verify
	}
	if c.digits {
		w.opt.ImportFormat = icpcode.TwelveDigits
	}
	if w.engineBook != nil {
		w.opt.RuleBook = w.engineBook
	}
	w.opt.Unmerged = w.turn%2 == 1 // nothing here tells the two apart
	opt := w.opt
	if w.options != nil {
		w.options(&opt)
	}
	var s icpcode.Store = w.tap
	if w.between != nil {
		s = w.between(w, s)
	}
	if w.front != nil {
		w.eng, w.dry = w.front(s, opt)
		return
	}
	eng := icpcode.New(s, &opt)
	w.eng, w.dry = eng, eng.DryRun()
}

// verify is the phone hook.
func (w *world) verify(_ context.Context, v icpcode.Verification) error {
	w.asks++
	w.asked = v
	switch w.phone {
	case phoneNo:
		return fmt.Errorf("wrong code: %w", icpcode.ErrNotVerified)
	case phoneFails:
		return errHook
	case phonePanics:
		panic("the phone is down")
	}
	return nil
}

// env is what an operation meets now.
func (w *world) env() *env {
	return &env{now: micro(w.now), hook: w.opt.VerifyPhone != nil, price: w.opt.Price, format: w.opt.ImportFormat}
}

// tidy makes a text the same in every run, as rapid needs to shrink it: it
// takes out the tag, and numbers the codes and request IDs that were drawn.
func (w *world) tidy(s string) string {
	for i, c := range w.model.order {
		s = strings.ReplaceAll(s, c.String(), fmt.Sprintf("code#%d", i))
	}
	for i, id := range w.used {
		if len(id) == 32 {
			s = strings.ReplaceAll(s, id, fmt.Sprintf("drawn#%d", i))
		}
	}
	if w.tag != "" {
		s = strings.ReplaceAll(s, w.tag, "")
	}
	return s
}

// entropy is a source that is good enough for tests and so poor that codes
// collide: it draws from entropySpan codes.
type entropy struct {
	first uint64
	n     uint64
}

// entropySpan is how many different codes there are, of the codeSpace that
// there could be.
const (
	entropySpan = 4096
	codeSpace   = 100_000_000_000
)

func (e *entropy) Read(b []byte) (int, error) {
	n := 0
	for ; n+8 <= len(b); n += 8 {
		e.n++
		x := e.n * 0x9E3779B97F4A7C15
		x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
		binary.LittleEndian.PutUint64(b[n:], e.first+x>>40%entropySpan)
	}
	return n, nil
}

// code returns one of the codes that can be drawn.
func (e *entropy) code(n int) icpcode.Code {
	c, err := icpcode.ParseCode(fmt.Sprintf("%012d", e.first+uint64(n)))
	if err != nil {
		panic(err)
	}
	return c
}

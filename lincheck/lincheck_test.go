package lincheck

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

const (
	clients = 8
	each    = 6 // requests of each client
	worlds  = 2

	ops icpcode.AccountID = "ops"
)

// book is the rule book in force, with limits that a short history reaches.
func book(t *testing.T) *icpcode.RuleBook {
	t.Helper()
	var sets []icpcode.RuleSet
	for _, s := range icpcode.Alibaba().Sets() {
		set := s
		set.Products = slices.Clone(set.Products)
		for i := range set.Products {
			set.Products[i].Quota = quota
		}
		set.Grant.MaxGrantees, set.Grant.MaxGranters = maxGrantees, maxGranters
		sets = append(sets, set)
	}
	b, err := icpcode.NewRuleBook(sets...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var now = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

// unruly lets other goroutines in around every call of a store, and loses some
// of its Commits before or after they took effect.
type unruly struct {
	icpcode.Store
	lose      float64 // share of the Commits that are lost
	conflicts atomic.Int64
	lost      [2]atomic.Int64 // before, after
}

var errLost = errors.New("lincheck: the answer was lost")

// yield lets the others go on.
func yield() {
	for range rand.N(4) {
		runtime.Gosched()
	}
}

func (u *unruly) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	yield()
	docs, err := u.Store.Load(ctx, keys...)
	yield()
	return docs, err
}

func (u *unruly) Commit(ctx context.Context, c icpcode.Change) error {
	yield()
	if rand.Float64() < u.lose/2 {
		u.lost[0].Add(1)
		return errLost
	}
	err := u.Store.Commit(ctx, c)
	if errors.Is(err, icpcode.ErrConflict) {
		u.conflicts.Add(1)
	}
	yield()
	if err == nil && rand.Float64() < u.lose/2 {
		u.lost[1].Add(1)
		return errLost
	}
	return err
}

// racing is a store that checks the versions, and then writes whatever they are
// by now: the fault that the checker must see.
type racing struct {
	icpcode.Store
	mu    sync.Mutex
	fired atomic.Int64 // writes over another one's
}

func (r *racing) Commit(ctx context.Context, c icpcode.Change) error {
	before, err := r.versions(ctx, c)
	if err != nil {
		return err
	}
	for i, p := range c.Puts {
		if before[i] != p.Expect {
			return icpcode.ErrConflict
		}
	}
	for range 20 {
		runtime.Gosched()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	after, err := r.versions(ctx, c)
	if err != nil {
		return err
	}
	c.Puts = slices.Clone(c.Puts)
	for i := range c.Puts {
		c.Puts[i].Expect = after[i]
		c.Puts[i].Version = max(c.Puts[i].Version, after[i]+1)
	}
	err = r.Store.Commit(ctx, c)
	if err == nil && !slices.Equal(before, after) {
		r.fired.Add(1)
	}
	return err
}

func (r *racing) versions(ctx context.Context, c icpcode.Change) ([]uint64, error) {
	var keys []icpcode.Key
	for _, p := range c.Puts {
		keys = append(keys, p.Key)
	}
	docs, err := r.Store.Load(ctx, keys...)
	var versions []uint64
	for _, d := range docs {
		versions = append(versions, d.Version)
	}
	return versions, err
}

// recorder makes a history.
type recorder struct {
	t     *testing.T
	eng   *icpcode.Engine
	clock atomic.Int64 // orders calls and answers

	mu      sync.Mutex
	history []porcupine.Operation
	codes   [worlds][]*known // that somebody was given
	// neverClose leaves out what takes long where the counts are wrong: a
	// close waits until they are right.
	neverClose bool
	// dropped are answers that say that every attempt conflicted. Nothing
	// happened, so there is nothing to record.
	dropped int
}

func (r *recorder) server(id icpcode.InstanceID, owner icpcode.AccountID) icpcode.Instance {
	return icpcode.Instance{
		ID: id, Owner: owner, Product: icpcode.ECS, Region: "cn-hangzhou", Billing: icpcode.Subscription,
		Status: icpcode.StatusRunning, TermMonths: 12, Expires: now.AddDate(1, 0, 0), Trial: icpcode.No,
		PublicIP: icpcode.Yes, IPHeld: icpcode.No,
	}
}

// names of a world's accounts and instances.
func owner(world, n int) icpcode.AccountID { return icpcode.AccountID(fmt.Sprintf("o%d-%d", world, n)) }

func grantee(world, n int) icpcode.AccountID {
	return icpcode.AccountID(fmt.Sprintf("g%d-%d", world, n))
}

func server(world, n int) icpcode.InstanceID {
	return icpcode.InstanceID(fmt.Sprintf("i%d-%d", world, n))
}

// known is what a client may know of a code without asking: whose it is, and
// what was done last.
type known struct {
	code           icpcode.Code
	owner, grantee icpcode.AccountID
	last           kind
}

// next are requests that make sense after another one, for most draws.
var next = map[kind][]kind{
	issue: {grant, submit, submit, void, lookup}, buy: {bind, bind, grant, refund, refund, void}, bind: {grant, submit, refund, closing},
	grant: {submit, submit, bind, lookup}, submit: {resubmit, approve, release, release, void, closing},
	resubmit: {approve, release}, release: {submit, grant, closing}, approve: {lookup, release}, refund: {refund, bind, lookup},
	void: {void, lookup}, closing: {lookup, submit},
}

// draw draws the n-th request of a client.
func (r *recorder) draw(client, n int) input {
	world := client % worlds
	k := rand.N(3)
	in := input{World: world, Kind: issue, ID: fmt.Sprintf("c%d-%d", client, n)}
	r.mu.Lock()
	codes := r.codes[world]
	var about known
	if len(codes) > 0 {
		about = *codes[rand.N(len(codes))]
	}
	r.mu.Unlock()
	any := []kind{issue, issue, issue, buy, buy, grantees, granters}
	if len(codes) > 0 && rand.N(3) > 0 {
		any = next[about.last]
		if rand.N(4) == 0 {
			any = []kind{bind, grant, submit, resubmit, approve, release, refund, void, closing, lookup}
		}
	}
	in.Kind = any[rand.N(len(any))]
	holder := about.owner
	if about.grantee != "" && rand.N(4) > 0 {
		holder = about.grantee
	}
	if rand.N(16) == 0 {
		holder = grantee(world, k) // maybe a stranger
	}
	switch in.Kind {
	case issue:
		in.Actor, in.Instance, in.N = owner(world, k), server(world, k), 1+rand.N(2)
		if rand.N(2) == 0 {
			in.To = grantee(world, rand.N(3))
		}
		if rand.N(4) == 0 { // a request that several clients send
			in.ID, in.N, in.To = "shared", 1, ""
		}
	case buy:
		in.Actor, in.N = owner(world, k), 1
	case closing:
		in.Actor, in.Instance = ops, server(world, k)
		if r.neverClose {
			in.Kind, in.ID, in.Actor = grantees, "", owner(world, k)
		}
	case grantees:
		in.Actor, in.ID = owner(world, k), ""
	case granters:
		in.Actor, in.ID = grantee(world, k), ""
	default:
		in.Code, in.Actor = about.code, holder
	}
	switch in.Kind {
	case bind:
		// The owner of the code is that of the instance, or else the code is
		// none.
		in.Actor, in.Instance = owner(world, k), server(world, k)
		if rand.N(4) > 0 {
			in.Actor, in.Instance = about.owner, ownServer(world, about.owner)
		}
	case grant:
		in.Actor, in.To = about.owner, grantee(world, k)
	case refund:
		in.Actor = about.owner
	case release:
		in.Actor = []icpcode.AccountID{holder, ops}[rand.N(2)]
	case approve, void:
		in.Actor = ops
	case lookup:
		in.Actor, in.ID = ops, ""
	}
	in.Operator = in.Actor == ops
	return in
}

// ownServer returns the instance of an owner.
func ownServer(world int, a icpcode.AccountID) icpcode.InstanceID {
	for n := range 3 {
		if owner(world, n) == a {
			return server(world, n)
		}
	}
	return server(world, 0)
}

// learn notes what a client was told, so that others can go on from there.
func (r *recorder) learn(in input, o output) {
	if o.NoCode || o.Refused != 0 || in.ID == "" {
		return
	}
	for _, c := range o.Codes {
		i := slices.IndexFunc(r.codes[in.World], func(k *known) bool { return k.code == c })
		if i < 0 {
			i = len(r.codes[in.World])
			r.codes[in.World] = append(r.codes[in.World], &known{code: c, owner: in.Actor})
		}
		k := r.codes[in.World][i]
		k.last = in.Kind
		if in.To != "" {
			k.grantee = in.To
		}
	}
}

// ask sends one request to the engine.
func (r *recorder) ask(ctx context.Context, in input) (output, error) {
	var res icpcode.Result
	var err error
	filing := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "s"}
	plain := icpcode.CodeRequest{Actor: in.Actor, RequestID: in.ID, Code: in.Code, Reason: "x"}
	switch in.Kind {
	case issue:
		res, err = r.eng.Issue(ctx, icpcode.IssueRequest{
			Actor: in.Actor, RequestID: in.ID, Instance: r.server(in.Instance, in.Actor), Quantity: in.N, GrantTo: in.To,
			Certification: icpcode.Enterprise,
		})
	case buy:
		res, err = r.eng.Buy(ctx, icpcode.BuyRequest{Actor: in.Actor, RequestID: in.ID, Quantity: in.N})
	case bind:
		res, err = r.eng.Bind(ctx, icpcode.BindRequest{
			Actor: in.Actor, RequestID: in.ID, Code: in.Code, Instance: r.server(in.Instance, in.Actor)})
	case grant:
		res, err = r.eng.Grant(ctx, icpcode.GrantRequest{
			Actor: in.Actor, RequestID: in.ID, Codes: []icpcode.Code{in.Code}, GrantTo: in.To, Certification: icpcode.Enterprise})
	case submit:
		res, err = r.eng.Submit(ctx, icpcode.SubmitRequest{Actor: in.Actor, RequestID: in.ID, Code: in.Code, Filing: filing})
	case resubmit:
		res, err = r.eng.Resubmit(ctx, icpcode.SubmitRequest{Actor: in.Actor, RequestID: in.ID, Code: in.Code, Filing: filing})
	case approve:
		res, err = r.eng.Approve(ctx, icpcode.ApproveRequest{Actor: in.Actor, RequestID: in.ID, Code: in.Code, ICPNumber: "ICP-1"})
	case release:
		res, err = r.eng.Release(ctx, plain)
	case refund:
		res, err = r.eng.Refund(ctx, plain)
	case void:
		res, err = r.eng.Void(ctx, plain)
	case closing:
		res, err = r.eng.CloseInstance(ctx, icpcode.CloseRequest{Actor: in.Actor, RequestID: in.ID, Instance: in.Instance, Reason: "x"})
	case lookup:
		rec, err := r.eng.Lookup(ctx, in.Actor, in.Code, icpcode.Instance{})
		if errors.Is(err, icpcode.ErrNoCode) {
			return output{NoCode: true}, nil
		}
		return output{State: rec.State, Version: rec.Version, Grantee: rec.Grantee}, err
	case grantees, granters:
		q, err := r.eng.GrantQuota(ctx, in.Actor)
		n := q.Out.Used
		if in.Kind == granters {
			n = q.In.Used
		}
		return output{Count: n}, err
	}
	var no *icpcode.RefusedError
	if errors.As(err, &no) {
		return output{Refused: no.Decision.Fail}, nil
	}
	if errors.Is(err, icpcode.ErrNoCode) {
		return output{NoCode: true}, nil
	}
	return output{Codes: res.Codes}, err
}

// do sends a request until it has an answer, and records it as one operation:
// it takes effect once, however often it is sent.
func (r *recorder) do(ctx context.Context, client int, in input) {
	call := r.clock.Add(1)
	o, err := r.ask(ctx, in)
	for errors.Is(err, errLost) {
		o, err = r.ask(ctx, in)
	}
	back := r.clock.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, icpcode.ErrConflict) && !errors.Is(err, icpcode.ErrUnknownOutcome) {
		r.dropped++
		return
	}
	if err != nil {
		r.t.Errorf("%+v: %v", in, err)
		return
	}
	r.history = append(r.history, porcupine.Operation{ClientId: client, Input: in, Call: call, Output: o, Return: back})
	r.learn(in, o)
}

// record makes one history over a store, ending in a look at everything.
func record(t *testing.T, s icpcode.Store, rules *icpcode.RuleBook, neverClose bool) *recorder {
	t.Helper()
	r := &recorder{t: t, neverClose: neverClose, eng: icpcode.New(s, &icpcode.Options{
		Rules: rules, Clock: func() time.Time { return now }, Operator: func(a icpcode.AccountID) bool { return a == ops },
		Price:       icpcode.Money{Amount: decimal.NewFromInt(1), Currency: "CNY"},
		VerifyPhone: func(context.Context, icpcode.Verification) error { return nil },
	})}
	var wg sync.WaitGroup
	start := make(chan struct{})
	for client := range clients {
		wg.Go(func() {
			<-start
			for n := range each {
				r.do(t.Context(), client, r.draw(client, n))
			}
		})
	}
	close(start)
	wg.Wait()
	for world := range worlds {
		for _, k := range r.codes[world] {
			r.do(t.Context(), 0, input{World: world, Kind: lookup, Actor: ops, Operator: true, Code: k.code})
		}
		for n := range 3 {
			r.do(t.Context(), 0, input{World: world, Kind: grantees, Actor: owner(world, n)})
			r.do(t.Context(), 0, input{World: world, Kind: granters, Actor: grantee(world, n)})
		}
	}
	return r
}

// check asks whether a history is linearizable.
func check(t *testing.T, history []porcupine.Operation) bool {
	t.Helper()
	result := porcupine.CheckOperationsTimeout(model(), history, 20*time.Second)
	if result == porcupine.Unknown {
		t.Error("the checker did not come to an end")
	}
	return result == porcupine.Ok
}

// overlaps counts the operations that began before an earlier one had ended.
func overlaps(history []porcupine.Operation) int {
	byCall := slices.SortedFunc(slices.Values(history), func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	n, end := 0, int64(0)
	for _, o := range byCall {
		if o.Call < end {
			n++
		}
		end = max(end, o.Return)
	}
	return n
}

func runs(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

// TestLinearizable records many small histories over memstore, of a store that
// answers and of one whose answers get lost, and checks them all.
func TestLinearizable(t *testing.T) {
	rules := book(t)
	for _, lose := range []float64{0, 0.2} {
		t.Run(fmt.Sprintf("lose %v", lose), func(t *testing.T) {
			var asked, over, done, refused, none, replayed int
			kinds := map[kind]int{}
			store := &unruly{lose: lose}
			for range runs(200) {
				store.Store = memstore.New()
				r := record(t, store, rules, false)
				if !check(t, r.history) {
					t.Fatalf("not linearizable: %s", describe(r.history))
				}
				over += overlaps(r.history)
				seen := map[string]bool{}
				for _, o := range r.history {
					in, out := o.Input.(input), o.Output.(output)
					asked++
					switch {
					case out.NoCode:
						none++
					case out.Refused != 0:
						refused++
					case in.ID != "":
						done++
						kinds[in.Kind]++
						key := fmt.Sprint(in.World, in.Actor, in.ID)
						if seen[key] {
							replayed++
						}
						seen[key] = true
					}
				}
			}
			t.Logf("%d requests, %d overlap, %d done, %d refused, %d no code, %d replayed, %d conflicts, lost %d before and %d after",
				asked, over, done, refused, none, replayed, store.conflicts.Load(), store.lost[0].Load(), store.lost[1].Load())
			n := runs(200)
			if over < 10*n || done < 10*n || refused < 2*n || none < n/5 || replayed < n/10 || store.conflicts.Load() < int64(n/4) {
				t.Error("the histories are too quiet to prove anything")
			}
			for _, k := range []kind{issue, buy, bind, grant, submit, resubmit, approve, release, refund, void, closing} {
				if kinds[k] < n/20 {
					t.Errorf("%s was done %d times only", k, kinds[k])
				}
			}
			if lose > 0 && (store.lost[0].Load() < int64(n) || store.lost[1].Load() < int64(n)) {
				t.Error("too few answers were lost")
			}
		})
	}
}

// TestSeesRaces records histories over a store that checks and then acts: where
// that happened the checker must say so.
func TestSeesRaces(t *testing.T) {
	rules := book(t)
	n := runs(60)
	fired, flagged := 0, 0
	for range n {
		store := &racing{Store: memstore.New()}
		r := record(t, store, rules, true)
		if store.fired.Load() == 0 {
			continue
		}
		fired++
		if !check(t, r.history) {
			flagged++
		}
	}
	t.Logf("%d runs, the race fired in %d, flagged were %d", n, fired, flagged)
	if fired < n/2 {
		t.Errorf("the race fired in %d of %d runs only", fired, n)
	}
	if flagged < fired/2 || flagged == 0 {
		t.Errorf("of %d runs in which the race fired %d were flagged", fired, flagged)
	}
}

// TestSeesEveryLie changes one answer of a history that is right: the checker
// must say so.
func TestSeesEveryLie(t *testing.T) {
	rules := book(t)
	lies, seen := 0, 0
	for range runs(20) {
		r := record(t, memstore.New(), rules, false)
		if !check(t, r.history) {
			t.Fatal("not linearizable")
		}
		for i := range r.history {
			o := r.history[i].Output.(output)
			lie := o
			switch {
			case o.NoCode:
				lie = output{Refused: icpcode.MakeRules(icpcode.RSKMove)}
			case o.Refused != 0:
				lie = output{}
			case len(o.Codes) > 0:
				lie.Codes = o.Codes[1:]
			default:
				lie.Count, lie.Version = o.Count+1, o.Version+1
			}
			history := slices.Clone(r.history)
			history[i].Output = lie
			lies++
			if !check(t, history) {
				seen++
			}
		}
	}
	t.Logf("%d of %d lies were seen", seen, lies)
	if seen < lies*9/10 {
		t.Errorf("only %d of %d lies were seen", seen, lies)
	}
}

// describe tells a history in the order of its calls.
func describe(history []porcupine.Operation) string {
	s := ""
	for _, o := range slices.SortedFunc(slices.Values(history), func(a, b porcupine.Operation) int { return int(a.Call - b.Call) }) {
		s += fmt.Sprintf("\n%d-%d client %d %+v: %+v", o.Call, o.Return, o.ClientId, o.Input, o.Output)
	}
	return s
}

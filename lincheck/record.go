package lincheck

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
)

const (
	clients = 8
	each    = 6 // requests of each client
	worlds  = 2
)

// book is the rule book in force, with limits that a short history reaches.
func book() (*icpcode.RuleBook, error) {
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
	return icpcode.NewRuleBook(sets...)
}

var now = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

// Options say over what a history is recorded, and how.
type Options struct {
	// Stores are what the engines of the clients work on, in turn: one store,
	// or several ways to one and the same database. The last of them is asked
	// for the receipts of abandoned requests.
	Stores []icpcode.Store
	// Engines is how many engines the 8 clients share, in turn: requests meet
	// in one, and engines meet in the store. 0 means 4.
	Engines int
	// Unmerged is that of the engines.
	Unmerged bool
	// Prefix begins all names. Histories over one database need different
	// ones.
	Prefix string
	// Again reports whether an error is one after which the client sends its
	// request again, with the same ID: an unknown outcome, or a store that
	// could not be reached. nil: none is. Other errors end the recording.
	Again func(error) bool
	// Abandon is the share of unknown outcomes, 0 to 1, after which the client
	// gives up instead. What became of the request is then read from its
	// receipt, when all clients are done.
	Abandon float64
	// NeverClose leaves out what takes long where counts are wrong: a close
	// waits until they are right.
	NeverClose bool
	// Ends makes histories of filings: each world has some that were approved
	// and some under review before the clients begin, and clients ask for little
	// but their ends.
	Ends bool
}

// History is what clients asked, and what they were told.
type History struct {
	Operations []porcupine.Operation
	// Dropped counts answers that say that every attempt conflicted, and
	// abandoned requests that had no effect: nothing happened, so there is
	// nothing to check.
	Dropped int
	// Abandoned counts the requests that clients gave up on, and Resolved
	// those of them that had been done.
	Abandoned, Resolved int
}

// recorder makes a history.
type recorder struct {
	Options
	engines []*icpcode.Engine
	clock   atomic.Int64 // orders calls and answers

	mu      sync.Mutex
	history History
	codes   [worlds][]*known      // that somebody was given
	open    []porcupine.Operation // abandoned
	err     error
}

// facts returns facts that pass every rule.
func facts(id icpcode.InstanceID, owner icpcode.AccountID) icpcode.Instance {
	return icpcode.Instance{
		ID: id, Owner: owner, Product: icpcode.ECS, Region: "cn-hangzhou", Billing: icpcode.Subscription,
		Status: icpcode.StatusRunning, TermMonths: 12, Expires: now.AddDate(1, 0, 0), Trial: icpcode.No,
		PublicIP: icpcode.Yes, IPHeld: icpcode.No,
	}
}

// The names of a world's accounts and instances.

func (r *recorder) ops() icpcode.AccountID { return icpcode.AccountID(r.Prefix + "ops") }

func (r *recorder) owner(world, n int) icpcode.AccountID {
	return icpcode.AccountID(fmt.Sprintf("%so%d-%d", r.Prefix, world, n))
}

func (r *recorder) grantee(world, n int) icpcode.AccountID {
	return icpcode.AccountID(fmt.Sprintf("%sg%d-%d", r.Prefix, world, n))
}

func (r *recorder) server(world, n int) icpcode.InstanceID {
	return icpcode.InstanceID(fmt.Sprintf("%si%d-%d", r.Prefix, world, n))
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
	resubmit: {approve, release}, release: {submit, grant, closing}, approve: {lookup, release, end, end}, end: {end, lookup}, refund: {refund, bind, lookup},
	void: {void, lookup}, closing: {lookup, submit},
}

// draw draws the n-th request of a client.
func (r *recorder) draw(client, n int) input {
	world := client % worlds
	k := rand.N(3)
	in := input{World: world, Kind: issue, ID: fmt.Sprintf("c%d-%d", client, n)}
	r.mu.Lock()
	codes := r.codes[world]
	var about, other known
	if len(codes) > 0 {
		about = *codes[rand.N(len(codes))]
		other = r.filed(codes)
	}
	r.mu.Unlock()
	choice := []kind{issue, issue, issue, buy, buy, grantees, granters}
	if len(codes) > 0 && rand.N(3) > 0 {
		choice = next[about.last]
		if rand.N(4) == 0 {
			choice = []kind{bind, grant, submit, resubmit, approve, release, refund, void, closing, end, lookup}
		}
	}
	if r.Ends && len(codes) > 0 {
		choice = []kind{approve, approve, approve, end, end, end, lookup, lookup, release}
	}
	in.Kind = choice[rand.N(len(choice))]
	holder := about.owner
	if about.grantee != "" && rand.N(4) > 0 {
		holder = about.grantee
	}
	if rand.N(16) == 0 {
		holder = r.grantee(world, k) // maybe a stranger
	}
	switch in.Kind {
	case issue:
		in.Actor, in.Instance, in.N = r.owner(world, k), r.server(world, k), 1+rand.N(2)
		if rand.N(2) == 0 {
			in.To = r.grantee(world, rand.N(3))
		}
		if rand.N(4) == 0 { // a request that several clients send
			in.ID, in.N, in.To = "shared", 1, ""
		}
	case buy:
		in.Actor, in.N = r.owner(world, k), 1
	case closing:
		in.Actor, in.Instance = r.ops(), r.server(world, k)
		if r.NeverClose {
			in.Kind, in.ID, in.Actor = grantees, "", r.owner(world, k)
		}
	case grantees:
		in.Actor, in.ID = r.owner(world, k), ""
	case granters:
		in.Actor, in.ID = r.grantee(world, k), ""
	default:
		in.Code, in.Actor = about.code, holder
	}
	switch in.Kind {
	case bind:
		// The owner of the code is that of the instance, or else the code is
		// none.
		in.Actor, in.Instance = r.owner(world, k), r.server(world, k)
		if rand.N(4) > 0 {
			in.Actor, in.Instance = about.owner, r.ownServer(world, about.owner)
		}
	case grant:
		in.Actor, in.To = about.owner, r.grantee(world, k)
	case refund:
		in.Actor = about.owner
	case release:
		in.Actor = []icpcode.AccountID{holder, r.ops()}[rand.N(2)]
	case approve, end, void:
		in.Actor = r.ops()
	case lookup:
		in.Actor, in.ID = r.ops(), ""
	}
	in.Operator = in.Actor == r.ops()
	if other.code == in.Code {
		other = known{}
	}
	if in.Kind == approve && rand.N(4) > 0 {
		in.Other = other.code
	}
	if in.Kind == end {
		in.End = icpcode.End(1 + rand.N(3))
		if in.End == icpcode.EndMoved {
			in.Other = other.code
		}
		if in.End == icpcode.EndMoved && other.code.IsZero() {
			in.End = icpcode.EndCancelled
		}
	}
	return in
}

// file makes the filings that histories of filings begin with.
func (r *recorder) file(ctx context.Context) {
	abandon := r.Abandon
	r.Abandon = 0 // nothing of it may be missing
	defer func() { r.Abandon = abandon }()
	for world := range worlds {
		owner, n := r.owner(world, 0), 0
		ask := func(in input) {
			n++
			in.World, in.ID = world, fmt.Sprintf("first%d-%d", world, n)
			in.Operator = in.Actor == r.ops()
			r.do(ctx, 0, in)
		}
		ask(input{Kind: issue, Actor: owner, Instance: r.server(world, 0), N: quota})
		ask(input{Kind: issue, Actor: r.owner(world, 1), Instance: r.server(world, 1), N: 1})
		for i, k := range slices.Clone(r.codes[world]) {
			ask(input{Kind: submit, Actor: k.owner, Code: k.code})
			if i%2 == 0 {
				ask(input{Kind: approve, Actor: r.ops(), Code: k.code})
			}
		}
	}
}

// filed draws a code that was filed with, where there is one.
func (r *recorder) filed(codes []*known) known {
	var some []*known
	for _, k := range codes {
		if k.last == approve || k.last == end {
			some = append(some, k)
		}
	}
	if len(some) == 0 {
		return known{}
	}
	return *some[rand.N(len(some))]
}

// ownServer returns the instance of an owner.
func (r *recorder) ownServer(world int, a icpcode.AccountID) icpcode.InstanceID {
	for n := range 3 {
		if r.owner(world, n) == a {
			return r.server(world, n)
		}
	}
	return r.server(world, 0)
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

// do sends a request until it has an answer, and records it as one operation:
// it takes effect once, however often it is sent.
func (r *recorder) do(ctx context.Context, client int, in input) {
	eng := r.engines[client%len(r.engines)]
	op := porcupine.Operation{ClientId: client, Input: in, Call: r.clock.Add(1)}
	o, err := r.ask(ctx, eng, in)
	for err != nil && r.Again != nil && r.Again(err) && ctx.Err() == nil {
		if errors.Is(err, icpcode.ErrUnknownOutcome) && rand.Float64() < r.Abandon {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.history.Abandoned++
			r.open = append(r.open, op)
			return
		}
		o, err = r.ask(ctx, eng, in)
	}
	op.Output, op.Return = o, r.clock.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, icpcode.ErrConflict) && !errors.Is(err, icpcode.ErrUnknownOutcome) {
		r.history.Dropped++
		return
	}
	if err != nil {
		r.err = errors.Join(r.err, fmt.Errorf("%+v: %w", in, err))
		return
	}
	r.history.Operations = append(r.history.Operations, op)
	r.learn(in, o)
}

// resolve finds out what became of the requests that clients gave up on. All
// else is done, and so whatever they did has been done by now.
func (r *recorder) resolve(ctx context.Context) error {
	for _, op := range r.open {
		in := op.Input.(input)
		docs, err := r.Stores[len(r.Stores)-1].Load(ctx, icpcode.Key{Kind: icpcode.KindReceipt, A: string(in.Actor), B: in.ID})
		if err != nil {
			return err
		}
		receipt, done := docs[0].Body.(*icpcode.Receipt)
		if !done {
			r.history.Dropped++
			continue
		}
		r.history.Resolved++
		o := output{Codes: receipt.Result.Codes}
		op.Output, op.Return = o, r.clock.Add(1)
		r.history.Operations = append(r.history.Operations, op)
		r.learn(in, o)
	}
	return nil
}

// Record makes one history of some fifty requests of 8 clients, ending in a
// look at everything.
func Record(ctx context.Context, o Options) (*History, error) {
	rules, err := book()
	if err != nil {
		return nil, err
	}
	r := &recorder{Options: o}
	if o.Engines == 0 {
		o.Engines = 4
	}
	for n := range o.Engines {
		r.engines = append(r.engines, icpcode.New(o.Stores[n%len(o.Stores)], &icpcode.Options{
			RuleBook: rules, Clock: func() time.Time { return now }, Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == r.ops(), nil },
			Price:       icpcode.Money{Amount: decimal.NewFromInt(1), Currency: "CNY"},
			VerifyPhone: func(context.Context, icpcode.Verification) error { return nil },
			Unmerged:    o.Unmerged,
		}))
	}
	if o.Ends {
		r.file(ctx)
	}
	var wg sync.WaitGroup
	start := make(chan struct{})
	for client := range clients {
		wg.Go(func() {
			<-start
			for n := range each {
				r.do(ctx, client, r.draw(client, n))
			}
		})
	}
	close(start)
	wg.Wait()
	if err := r.resolve(ctx); err != nil {
		return nil, err
	}
	r.Abandon = 0
	for world := range worlds {
		for _, k := range r.codes[world] {
			r.do(ctx, 0, input{World: world, Kind: lookup, Actor: r.ops(), Operator: true, Code: k.code})
		}
		for n := range 3 {
			r.do(ctx, 0, input{World: world, Kind: grantees, Actor: r.owner(world, n)})
			r.do(ctx, 0, input{World: world, Kind: granters, Actor: r.grantee(world, n)})
			// Only here, where nothing else is under way: a list is no snapshot.
			for _, status := range []int{released, running} {
				r.do(ctx, 0, input{World: world, Kind: review, Actor: r.ops(), Operator: true, Instance: r.server(world, n), N: status})
			}
		}
	}
	return &r.history, r.err
}

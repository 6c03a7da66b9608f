package icpcode

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/icpcode/icpcode/internal/merge"
	"github.com/icpcode/icpcode/internal/panicked"
)

// A request goes from its method of the Engine to its decision like this:
//
//	do                 checks it, with enter, and tells its caller what became of it
//	settle             prepares it, and has it carried until nothing is left to prepare
//	  carry            hands it to the queue (internal/merge), where it goes alone or meets others
//	    try, fly       carry a batch until each of its requests has an answer: one on
//	                   the goroutine of its caller, several on one of their own
//	      attempt      draws, reads, decides and commits, once
//	        decide     decides a batch in order (batch.go), by pending.answer
//	          decide   is the request's own, and pure: it makes a Case,
//	                   which RuleSet.Decide judges (judge.go)

// pending is one request on its way.
type pending struct {
	call
	request request
	receipt Key // zero in a dry run without a request ID
	print   [sha256.Size]byte
	typed   [sha256.Size]byte // print, as versions before made it
	failed  error             // to prepare or to draw: the answer, unless there is a receipt
	told
	ticket merge.Ticket[Key, *pending]

	// What a caller is told that leaves: underway says that a Commit with the
	// request in it may be on its way. Doubt is the error of one that may
	// have taken effect, or do so yet: from then on nothing but success is
	// certain.
	underway bool
	doubt    error
}

// do takes one request from its checks to its answer.
func (e *Engine) do(ctx context.Context, actor AccountID, requestID string, r request) (Result, error) {
	s := e.scratch.Get().(*scratch)
	defer e.putScratch(s)
	p, err := e.enter(ctx, s, actor, requestID, r)
	if err != nil {
		return Result{}, err
	}
	if err := e.settle(ctx, s, p); err != nil {
		return Result{}, err
	}
	if p.verdict != nil {
		shown := p.verdict.shown()
		p.res.Decision = &shown
	}
	if e.dry {
		return p.res, nil
	}
	if e.inTx {
		p.res.Events = p.events
	} else if e.opt.Observe != nil && len(p.events) > 0 {
		e.observe(ctx, p.events)
	}
	return p.res, nil
}

// enter checks a request and reads everything that holds for all of its
// attempts, the clock once.
func (e *Engine) enter(ctx context.Context, s *scratch, actor AccountID, requestID string, r request) (*pending, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkID("Actor", string(actor)); err != nil {
		return nil, err
	}
	if err := optionalID("RequestID", requestID); err != nil {
		return nil, err
	}
	if err := r.normalize(); err != nil {
		return nil, err
	}
	now, set, noRules := e.now()
	if noRules != nil && (requestID == "" || !errors.Is(noRules, ErrNoRules)) {
		return nil, noRules // otherwise there may be a receipt
	}
	operator, err := e.isOperator(ctx, actor)
	if err != nil {
		return nil, err
	}
	if requestID == "" && !e.dry {
		if requestID, err = e.entropy.requestID(); err != nil {
			return nil, err
		}
	}
	p := &pending{request: r, call: call{
		actor: actor, operator: operator, requestID: requestID, at: now, set: set, book: e.opt.RuleBook,
		price: e.opt.Price, format: e.opt.ImportFormat, canVerify: e.opt.VerifyPhone != nil, canAsk: e.opt.Facts != nil, dry: e.dry,
		capacity: e.capacity,
	}, failed: noRules}
	if requestID != "" {
		p.receipt = receiptKey(actor, requestID)
	}
	s.digest = digest{buf: s.digest.buf[:0]}
	r.fingerprint(&s.digest)
	p.print = s.digest.sum()
	p.typed = p.print
	if s.digest.differs {
		s.digest = digest{buf: s.digest.buf[:0], typed: true}
		r.fingerprint(&s.digest)
		p.typed = s.digest.sum()
	}
	return p, nil
}

// settle takes a request to its answer, which is in p unless it is the error.
func (e *Engine) settle(ctx context.Context, s *scratch, p *pending) error {
	s.errand = errand{e, ctx, p}
	noRules := p.failed
	for stale, asked := 0, false; ; {
		p.failed = noRules
		if noRules == nil {
			p.failed = p.request.prepare(&p.call, &p.told, &s.errand)
		}
		if p.failed != nil && p.err != nil {
			return p.conclude(p.failed) // it had no receipt a moment ago
		}
		if left := e.carry(ctx, s, p); left != nil {
			return left
		}
		facts := errors.Is(p.err, errFacts)
		if errors.Is(p.err, errPhone) || facts && !asked {
			asked = asked || facts
			continue
		}
		if !facts && !errors.Is(p.err, errStale) {
			return p.conclude(p.err)
		}
		stale++
		if e.inTx {
			return p.conclude(fmt.Errorf("%w: the transaction has something else than it lists or draws", ErrConflict))
		}
		if stale == maxAttempts {
			return p.conclude(fmt.Errorf("%w: in %d attempts the store never had what it listed", ErrConflict, maxAttempts))
		}
		if err := backOff(ctx, stale-1); err != nil {
			return p.conclude(err)
		}
	}
}

// conclude makes of what became of a request what its caller is told.
func (p *pending) conclude(err error) error {
	if err == nil {
		return nil
	}
	var store *panicError
	if errors.As(err, &store) {
		panic(store.value)
	}
	if p.doubt != nil {
		return &UnknownOutcomeError{RequestID: p.requestID, Err: p.doubt}
	}
	return err
}

// carry takes a request to an answer, alone or with others. Its error is that
// of a caller that left.
func (e *Engine) carry(ctx context.Context, s *scratch, p *pending) error {
	s.alone[0] = p
	s.batch = batch{requests: s.alone[:]}
	s.gather(s.alone[:])
	try := func() (done bool) {
		return e.afterAttempt(ctx, s, &s.batch, e.attempt(ctx, s, &s.batch)) == finished
	}
	if e.alone {
		for !try() {
		}
		return nil
	}
	if err := e.queue.Do(ctx, &p.ticket, p, s.keys, p.weight(), try); err == nil {
		return nil
	}
	if p.underway {
		return &UnknownOutcomeError{RequestID: p.requestID, Err: ctx.Err()}
	}
	return p.conclude(ctx.Err())
}

// fly takes the requests of a flight to their answers. The queue calls it on
// a goroutine of its own.
func (e *Engine) fly(ctx context.Context, requests []*pending) {
	s := e.scratch.Get().(*scratch)
	defer e.putScratch(s)
	s.failures = 0
	todo := []batch{{requests: requests}}
	defer func() {
		for i := range todo { // the store ended the goroutine
			todo[i].note(s, errEnded)
			todo[i].answer(errEnded)
		}
	}()
	for len(todo) > 0 {
		b, rest := &todo[0], todo[1:]
		s.gather(b.requests)
		next := again
		for next == again {
			next = e.afterAttempt(ctx, s, b, e.safely(ctx, s, b))
		}
		switch next {
		case inHalves:
			rest = append(b.halves(), rest...)
		case later:
			rest = append(rest, b.halves()...)
		}
		todo = rest
	}
}

// errEnded is the answer where a store called runtime.Goexit.
var errEnded = error(&storeError{"store", errors.New("it ended the goroutine that called it")})

// panicError is what a store panicked with while it worked for several callers.
type panicError struct{ value any }

func (p *panicError) Error() string {
	return fmt.Sprintf("icpcode: the store panicked: %v", panicked.Value(p.value))
}

// safely makes an attempt, and turns a panic of the store's into an error: it
// is for the callers to meet.
func (e *Engine) safely(ctx context.Context, s *scratch, b *batch) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value}
		}
	}()
	begun := time.Now()
	err = e.attempt(ctx, s, b)
	b.waited = time.Since(begun) >= lockWait
	return err
}

// next is what to do with a batch after an attempt.
type next int

const (
	finished next = iota // its requests have their answers
	again
	inHalves
	later // in halves, after the others of the flight
)

// afterAttempt says what comes after an attempt that ended with err, and answers the
// batch if nothing does. What is to be set aside is answered with errStale.
func (e *Engine) afterAttempt(ctx context.Context, s *scratch, b *batch, err error) next {
	if err == nil {
		s.failures = 0
		b.answer(nil)
		return finished
	}
	b.note(s, err)
	conflict := errors.Is(err, ErrConflict)
	if conflict {
		b.conflicts++
	} else {
		s.failures++
	}
	if ctx.Err() == nil && b.divides(s, conflict) {
		return inHalves
	}
	if conflict && !e.inTx {
		if b.conflicts < maxAttempts {
			if b.waited {
				return later
			}
			return again
		}
		err = fmt.Errorf("icpcode: gave up after %d attempts: %w", b.conflicts, err)
	}
	b.answer(err)
	return finished
}

// backOff waits after the i-th conflict.
func backOff(ctx context.Context, i int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if i < 2 {
		return nil
	}
	limit := min(lastBackoff, firstBackoff<<min(i, 20))
	t := time.NewTimer(rand.N(limit))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// attempt decides a batch on one snapshot and commits it as one Change. Its
// error is a conflict, or one that is every request's answer.
func (e *Engine) attempt(ctx context.Context, s *scratch, b *batch) error {
	v := &s.view
	s.clear()
	if b.conflicts > 0 {
		if err := backOff(ctx, b.conflicts-1); err != nil {
			return err
		}
	}
	for _, p := range b.requests {
		if p.failed == nil {
			p.failed = e.draw(p)
		}
	}
	if err := e.read(ctx, s, b); err != nil {
		return err
	}
	if e.dry || len(v.events) == 0 && !v.writes() {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.committing = !e.inTx
	err := e.store.Commit(ctx, v.change())
	if err != nil && e.inTx {
		return unavailable(ctx, "commit", err)
	}
	return err
}

// read decides a batch on what the store has.
func (e *Engine) read(ctx context.Context, s *scratch, b *batch) error {
	v := &s.view
	for keys := s.keys; ; {
		if err := e.load(ctx, v, keys); err != nil {
			return err
		}
		b.decide(v)
		if len(v.missing) == 0 {
			return nil
		}
		keys = v.missing
		v.reset()
	}
}

// load reads the keys that the view does not have.
func (e *Engine) load(ctx context.Context, v *view, keys []Key) error {
	if len(keys) == 0 {
		return nil // a dry run may need none
	}
	docs, err := e.store.Load(ctx, keys...)
	if err != nil {
		return unavailable(ctx, "load", err)
	}
	if len(docs) != len(keys) {
		return &storeError{"load", fmt.Errorf("the store returned %d documents for %d keys", len(docs), len(keys))}
	}
	for i := range docs {
		if docs[i].Key != keys[i] {
			return &storeError{"load", fmt.Errorf("document %d that the store returned is not of the key that was asked for", i)}
		}
	}
	v.fill(docs)
	return nil
}

// unavailable makes the error of what a method of a store returned. If the
// caller's context has ended, that is what it was, not the store.
func unavailable(ctx context.Context, method string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("icpcode: %s: %w", method, err)
	}
	return &storeError{method, err}
}

// hasEnded reports whether an error is that of a context that has ended.
func hasEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// draw draws the codes for one attempt.
func (e *Engine) draw(p *pending) error {
	if p.set == nil {
		return nil
	}
	n := p.request.draws(p.set)
	if n == 0 {
		return nil
	}
	p.codes = make([]Code, n)
	if e.dry {
		for i := range p.codes {
			p.codes[i] = Code{n: uint64(i) + 1} // stands for any; never shown
		}
		return nil
	}
	return e.entropy.draw(p.codes)
}

// scratch is what an attempt needs for a moment and no longer: none of its
// memory reaches the caller, and a store must not keep what it is given.
type scratch struct {
	view       view
	batch      batch       // of the one request that goes alone
	alone      [1]*pending // its requests
	errand     errand
	keys       []Key // that the batch at hand names
	digest     digest
	committing bool // a Commit is on its way, or was the last that happened
	failures   int  // attempts of a flight in a row that failed, other than by a conflict
}

// gather collects the keys that the requests of a batch name, each once.
func (s *scratch) gather(batch []*pending) {
	s.keys = s.keys[:0]
	for _, p := range batch {
		s.keys = p.names(s.keys)
	}
	if len(batch) > 1 {
		slices.SortFunc(s.keys, Key.Compare)
		s.keys = slices.Compact(s.keys)
	}
}

// clear makes room for another attempt.
func (s *scratch) clear() {
	clear(s.view.slots)
	s.view = view{slots: s.view.slots[:0]}
	s.committing = false
}

// putScratch keeps scratch for another request, without any document in it.
func (e *Engine) putScratch(s *scratch) {
	if cap(s.keys) > 2*usualPuts {
		return // not worth keeping
	}
	clear(s.keys)
	s.alone[0], s.errand = nil, errand{}
	s.clear()
	e.scratch.Put(s)
}

package icpcode

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// request is what one operation asks. Its decide is pure: it sees nothing but
// the call and the view.
type request interface {
	// normalize checks the request and truncates its instants.
	normalize() error
	// fingerprint writes what makes the request the one it is.
	fingerprint(*digest)
	// keys adds the keys that decide will read.
	keys(c *call, keys []Key) []Key
	// decide refuses, or writes to the view what the request does.
	decide(c *call, v *view) (Result, Decision, error)
}

// drawer is a request that needs codes drawn.
type drawer interface {
	draws(*RuleSet) int
}

// Answers of decide that are not for the caller.
var (
	errPhone = errors.New("icpcode: the phone must be verified first")
	errStale = errors.New("icpcode: what was drawn or listed before does not fit")
)

// Retries are bounded. The first ones follow at once, since a conflict means
// that somebody else succeeded; later ones wait a random part of a delay that
// doubles.
const (
	maxAttempts  = 64
	firstBackoff = 20 * time.Microsecond
	lastBackoff  = 20 * time.Millisecond
)

// sureLookups is how often the history of a code that exists must have been
// looked for, and not found, until it is taken to be purged rather than new.
const sureLookups = 3

// pending is one request on its way through the loop.
type pending struct {
	call
	request
	ticket
	receipt Key // zero in a dry run without a request ID
	print   [sha256.Size]byte
	failed  error // to draw or to list: the answer, unless there is a receipt

	res      Result
	decision *Decision // of a dry run, and where the phone is needed
	err      error
	events   []Event
}

// do takes one request from its checks to its answer.
func (e *Engine) do(ctx context.Context, actor AccountID, requestID string, r request) (Result, *Decision, error) {
	s := e.scratch.Get().(*scratch)
	defer e.release(s)
	p, err := e.enter(ctx, s, actor, requestID, r)
	if err != nil {
		return Result{}, nil, err
	}
	if err := e.settle(ctx, s, p); err != nil {
		return Result{}, nil, err
	}
	if errors.Is(p.err, errPhone) {
		if p.err = e.verify(ctx, p); p.err != nil {
			return Result{}, p.decision, p.err
		}
		p.verified = true
		if err := e.settle(ctx, s, p); err != nil {
			return Result{}, nil, err
		}
	}
	if p.err != nil {
		return Result{}, p.decision, p.err
	}
	if e.dry {
		return p.res, p.decision, nil
	}
	if e.inTx {
		p.res.Events = p.events
	} else if e.opt.Observe != nil && len(p.events) > 0 {
		e.opt.Observe(ctx, p.events)
	}
	return p.res, p.decision, nil
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
	operator, err := e.isOperator(actor)
	if err != nil {
		return nil, err
	}
	if requestID == "" && !e.dry {
		if requestID, err = e.entropy.requestID(); err != nil {
			return nil, err
		}
	}
	p := &pending{request: r, call: call{
		actor: actor, operator: operator, requestID: requestID, at: now, set: set, book: e.opt.Rules,
		price: e.opt.Price, format: e.opt.Import, canVerify: e.opt.VerifyPhone != nil, dry: e.dry,
	}, failed: noRules}
	if requestID != "" {
		p.receipt = receiptKey(actor, requestID)
	}
	s.digest.buf = s.digest.buf[:0]
	r.fingerprint(&s.digest)
	p.print = s.digest.sum()
	return p, nil
}

// now reads the clock, and finds the rules in force.
func (e *Engine) now() (time.Time, *RuleSet, error) {
	now, err := e.readClock()
	if err != nil {
		return now, nil, err
	}
	now, err = instant("Options.Clock", now)
	if err != nil {
		return now, nil, err
	}
	set, err := e.opt.Rules.at(now)
	return now, set, err
}

func (e *Engine) readClock() (now time.Time, err error) {
	defer recovered("Clock", &err)
	return e.opt.Clock(), nil
}

func (e *Engine) isOperator(actor AccountID) (bool, error) {
	if e.opt.Operator == nil {
		return false, nil
	}
	var is bool
	err := guard("Operator", func() error { is = e.opt.Operator(actor); return nil })
	return is, err
}

// guard calls a function of the caller's and turns its panic into an error.
func guard(name string, f func() error) (err error) {
	defer recovered(name, &err)
	return f()
}

// recovered, deferred, turns a panic of the hook of that name into an error.
func recovered(name string, err *error) {
	if p := recover(); p != nil {
		if c, ok := p.(Code); ok {
			p = c.masked()
		}
		*err = &HookError{Hook: name, Panic: p}
	}
}

// verify asks the phone hook about a first grant.
func (e *Engine) verify(ctx context.Context, p *pending) error {
	v := Verification{Granter: p.actor, RequestID: p.requestID}
	switch r := p.request.(type) {
	case *IssueRequest:
		v.Grantee, v.Proof = r.GrantTo, r.Proof
	case *GrantRequest:
		v.Grantee, v.Proof = r.GrantTo, r.Proof
	}
	err := guard("VerifyPhone", func() error { return e.opt.VerifyPhone(ctx, v) })
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrNotVerified) {
		p.decision.Pass &^= 1 << GRTFirst
		p.decision.Fail |= 1 << GRTFirst
		p.decision.PhoneNeeded = false
		return p.decision.err()
	}
	var panicked *HookError
	if errors.As(err, &panicked) && panicked.Panic != nil {
		return err
	}
	return &HookError{Hook: "VerifyPhone", Err: err}
}

// settle takes a request to its answer. Its error is that of a caller who
// left while others carried the request.
func (e *Engine) settle(ctx context.Context, s *scratch, p *pending) error {
	s.alone[0] = p
	for i := 0; ; i++ {
		p.failed = e.lookUp(ctx, p)
		s.gather(s.alone[:])
		if e.merger == nil {
			e.carry(ctx, s, nil, s.alone[:], 0)
		} else if err := e.merger.carry(ctx, s, p); err != nil {
			return err
		}
		if !errors.Is(p.err, errStale) {
			break
		}
		if e.inTx {
			p.err = fmt.Errorf("%w: the transaction has something else than it lists or draws", ErrConflict)
			break
		}
		if i+1 == maxAttempts {
			p.err = fmt.Errorf("%w: in %d attempts the store never had what it listed", ErrConflict, maxAttempts)
			break
		}
		if p.err = backOff(ctx, i); p.err != nil {
			break
		}
	}
	p.conclude()
	return nil //nolint:nilerr // p has its own answer
}

// conclude makes of what became of a request what its caller is told.
func (p *pending) conclude() {
	if p.err == nil {
		return
	}
	var panicked *panicError
	if errors.As(p.err, &panicked) {
		panic(panicked.value)
	}
	if p.doubt != nil {
		p.err = &UnknownOutcomeError{RequestID: p.requestID, Err: p.doubt}
	}
}

// carry carries a batch through load, decide and commit, again after each
// conflict, until every request has an answer; those that are left aside have
// errStale. Tries is how many conflicts there were before. The batch of a
// merged flight may have to be halved instead; carry then says so, and how
// many conflicts there were by now.
func (e *Engine) carry(ctx context.Context, s *scratch, f *merged, batch []*pending, tries int) (halve bool, now int) {
	for {
		err := e.try(ctx, s, f, batch)
		if err == nil {
			f.answer(batch, nil)
			return false, tries
		}
		conflict := errors.Is(err, ErrConflict)
		if conflict {
			tries++
		}
		if ctx.Err() == nil && f.halves(batch, tries, conflict) {
			return true, tries
		}
		if conflict && !e.inTx {
			if tries >= maxAttempts {
				err = fmt.Errorf("icpcode: gave up after %d attempts: %w", tries, err)
			} else if err = backOff(ctx, tries-1); err == nil {
				continue
			}
		}
		f.answer(batch, err)
		return false, tries
	}
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
func (e *Engine) attempt(ctx context.Context, s *scratch, f *merged, batch []*pending) error {
	v := &s.view
	s.clear()
	for _, p := range batch {
		if p.failed == nil {
			p.failed = e.draw(p)
		}
	}
	if !e.guess(s, f, batch) {
		if err := e.read(ctx, s, f, batch); err != nil {
			return err
		}
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
		return fmt.Errorf("icpcode: commit: %w", err)
	}
	if err == nil && e.memory != nil {
		e.memory.keep(v)
	}
	return err
}

// guess decides a batch on what the engine remembers, and reports whether that
// may be committed.
func (e *Engine) guess(s *scratch, f *merged, batch []*pending) bool {
	if e.memory == nil {
		return false
	}
	if e.memory.recall(&s.view, s.keys) {
		f.decide(&s.view, batch)
		if s.view.certain(batch) {
			return true
		}
		f.undecide()
	}
	s.clear()
	return false
}

// read decides a batch on what the store has.
func (e *Engine) read(ctx context.Context, s *scratch, f *merged, batch []*pending) error {
	v := &s.view
	for keys := s.keys; ; {
		if err := e.load(ctx, v, keys); err != nil {
			return err
		}
		f.decide(v, batch)
		if len(v.missing) == 0 {
			return nil
		}
		keys = v.missing
		v.reset()
	}
}

// scratch is what an attempt needs for a moment and no longer: none of its
// memory reaches the caller, and a store must not keep what it is given.
type scratch struct {
	view       view
	alone      [1]*pending // the batch of one request
	keys       []Key
	digest     digest
	committing bool // a Commit is on its way, or was the last that happened
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

// names adds the keys that a request names.
func (p *pending) names(keys []Key) []Key {
	if p.receipt.Kind != 0 {
		keys = append(keys, p.receipt)
	}
	if p.set == nil {
		return keys
	}
	return p.keys(&p.call, keys)
}

// clear makes room for another attempt.
func (s *scratch) clear() {
	clear(s.view.slots)
	s.view = view{slots: s.view.slots[:0]}
	s.committing = false
}

// release hands scratch on, without holding on to any document.
func (e *Engine) release(s *scratch) {
	if cap(s.keys) > 2*maxDocuments {
		return // not worth keeping
	}
	clear(s.keys)
	s.alone[0] = nil
	s.clear()
	e.scratch.Put(s)
}

// load reads the keys that the view does not have.
func (e *Engine) load(ctx context.Context, v *view, keys []Key) error {
	if len(keys) == 0 {
		return nil // a dry run may need none
	}
	docs, err := e.store.Load(ctx, keys...)
	if err != nil {
		return fmt.Errorf("icpcode: load: %w", err)
	}
	if len(docs) != len(keys) {
		return fmt.Errorf("icpcode: load: the store returned %d documents for %d keys", len(docs), len(keys))
	}
	for i := range docs {
		if docs[i].Key != keys[i] {
			return fmt.Errorf("icpcode: load: document %d that the store returned is not of the key that was asked for", i)
		}
	}
	v.fill(docs)
	return nil
}

// draw draws the codes for one attempt.
func (e *Engine) draw(p *pending) error {
	d, ok := p.request.(drawer)
	if !ok || p.set == nil {
		return nil
	}
	p.codes = make([]Code, d.draws(p.set))
	if e.dry {
		for i := range p.codes {
			p.codes[i] = Code{n: uint64(i) + 1} // stands for any; never shown
		}
		return nil
	}
	return e.entropy.draw(p.codes)
}

// lookUp finds what a request needs before its keys are known.
func (e *Engine) lookUp(ctx context.Context, p *pending) error {
	if p.set == nil {
		return p.failed // there are no rules
	}
	switch r := p.request.(type) {
	case *CloseRequest:
		return e.list(ctx, p, r.Instance)
	case *ImportRequest:
		events, err := e.store.Events(ctx, EventQuery{Code: r.Code, Limit: 1})
		if err != nil {
			return fmt.Errorf("icpcode: events: %w", err)
		}
		p.birth, p.lookups = nil, p.lookups+1
		if len(events) > 0 {
			p.birth = &events[0]
		}
	}
	return nil
}

// list finds the codes of the instance to close.
func (e *Engine) list(ctx context.Context, p *pending, id InstanceID) error {
	p.listed = p.listed[:0]
	if !p.operator {
		return nil // who will be refused, whatever there is
	}
	for r, err := range e.pages(ctx, Query{By: ByInstance, Value: string(id)}) {
		if err != nil {
			return err
		}
		p.listed = append(p.listed, r.Code)
	}
	return nil
}

// answer decides the request on the view.
func (p *pending) answer(v *view) {
	p.res, p.decision, p.err, p.events = Result{}, nil, nil, nil
	if p.receipt.Kind != 0 {
		if r := read[Receipt](v, p.receipt); r != nil {
			p.replay(r)
			return
		}
	}
	if p.failed != nil {
		p.err = p.failed
		return
	}
	if !p.dry && !v.vacant(p.codes) {
		p.err = errStale
		return
	}
	before := len(v.events)
	res, d, err := p.decide(&p.call, v)
	p.res, p.err = res, err
	if p.dry || errors.Is(err, errPhone) {
		told := d
		p.decision = &told
	}
	if err != nil {
		return
	}
	p.events = v.events[before:len(v.events):len(v.events)]
	if p.dry {
		if _, drawn := p.request.(drawer); drawn {
			p.res.Codes = nil
		}
		return
	}
	v.put(p.receipt, &Receipt{Fingerprint: p.print, Result: p.res})
}

// replay answers with the receipt of a request that was done before.
func (p *pending) replay(r *Receipt) {
	if r.Fingerprint != p.print {
		p.err = ErrRequestReused
		return
	}
	p.res = r.Result
	p.res.Codes = slices.Clone(r.Result.Codes)
	p.res.Replayed = true
}

// source draws from entropy, one caller at a time. It remembers the last draw:
// one that comes twice in a row is of a source that repeats itself.
type source struct {
	mu       sync.Mutex
	r        *bufio.Reader
	lastCode Code
	lastID   [16]byte
}

// newSource reads ahead: a draw from the buffer costs half of one that asks
// the kernel.
func newSource(r io.Reader) *source {
	return &source{r: bufio.NewReaderSize(r, 512)}
}

// draw fills codes with different ones.
func (s *source) draw(codes []Code) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer exhausted(&err)
	for i := range codes {
		for redraws := 0; ; redraws++ {
			c, err := Draw(s.r)
			if err != nil {
				return err
			}
			if c != s.lastCode && !slices.Contains(codes[:i], c) {
				codes[i], s.lastCode = c, c
				break
			}
			if redraws == maxRedraws {
				return fmt.Errorf("%w: it repeats itself", ErrEntropy)
			}
		}
	}
	return nil
}

// requestID draws a request ID of 128 bits.
func (s *source) requestID() (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer exhausted(&err)
	var b [16]byte
	if _, err := io.ReadFull(s.r, b[:]); err != nil {
		return "", fmt.Errorf("%w: %w", ErrEntropy, err)
	}
	if b == s.lastID {
		return "", fmt.Errorf("%w: it repeats itself", ErrEntropy)
	}
	s.lastID = b
	return hex.EncodeToString(b[:]), nil
}

// exhausted, deferred, makes a panic of the entropy source fail like an error
// of it.
func exhausted(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: panic: %v", ErrEntropy, p)
	}
}

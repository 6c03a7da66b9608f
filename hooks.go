package icpcode

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode/internal/panicked"
)

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
	set, err := e.opt.RuleBook.at(now)
	return now, set, err
}

func (e *Engine) readClock() (now time.Time, err error) {
	defer e.inHooks.Add(-1)
	if e.inHooks.Add(1) > manyHooks && nested("(*Engine).readClock") {
		return now, &HookError{Hook: "Clock", Err: errNested}
	}
	defer recovered("Clock", &err)
	return e.opt.Clock(), nil
}

func (e *Engine) isOperator(ctx context.Context, actor AccountID) (is bool, err error) {
	if e.opt.Operator == nil {
		return false, nil
	}
	defer e.inHooks.Add(-1)
	if e.inHooks.Add(1) > manyHooks && nested("(*Engine).isOperator") {
		return false, &HookError{Hook: "Operator", Err: errNested}
	}
	defer recovered("Operator", &err)
	if is, err = e.opt.Operator(ctx, actor); err != nil {
		return false, &HookError{Hook: "Operator", Err: err}
	}
	return is, nil
}

// factsHook is the type of Options.Facts.
type factsHook = func(context.Context, []InstanceID) (map[InstanceID]Instance, error)

// facts asks for today's facts about different instances. The map that it
// returns has each of them, the zero Instance where nothing is known.
func (e *Engine) facts(ctx context.Context, hook factsHook, ids []InstanceID) (map[InstanceID]Instance, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer e.inHooks.Add(-1)
	if e.inHooks.Add(1) > manyHooks && nested("(*Engine).facts") {
		return nil, &HookError{Hook: "Facts", Err: errNested}
	}
	var stated map[InstanceID]Instance
	err := guard("Facts", func() (err error) { stated, err = hook(ctx, slices.Clone(ids)); return err })
	if err != nil {
		return nil, hookError("Facts", err)
	}
	today := make(map[InstanceID]Instance, len(ids))
	for _, id := range ids {
		i := stated[id]
		if err := i.settle("Instance.ID", id); err != nil {
			return nil, badFacts(id, err)
		}
		if err := i.normalize(); err != nil {
			return nil, badFacts(id, err)
		}
		today[id] = i
	}
	return today, nil
}

// badFacts is the hook's fault. It does not match ErrInvalid: the request has
// nothing to mend.
func badFacts(id InstanceID, err error) error {
	what := err.Error()
	var bad *InvalidError
	if errors.As(err, &bad) {
		what = bad.Field + " " + bad.Problem
	}
	return &HookError{Hook: "Facts", Err: fmt.Errorf("what it returned for instance %q cannot be: %s", id, what)}
}

// errNested is what a hook is told that asks the engine, which
// asks it, and so on: without it that would end the process, since no recover
// stops an overflow of the stack.
var errNested = errors.New("icpcode: it asks its own engine without end")

const (
	// manyHooks is how many calls of hooks must be under way until
	// it is asked whether they are of one goroutine. To ask takes some 100 µs.
	manyHooks = 1000
	// deepest is how many of them one goroutine may be in.
	deepest = 64
)

// nested reports whether this goroutine is in the method that calls a hook more
// often than any hook that ends.
func nested(method string) bool {
	var pcs [4096]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	for n, more := 0, true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if strings.HasSuffix(f.Function, method) {
			if n++; n > deepest {
				return true
			}
		}
	}
	return false
}

// guard calls a function of the caller's and turns its panic into an error.
func guard(name string, f func() error) (err error) {
	defer recovered(name, &err)
	return f()
}

// recovered, deferred, turns a panic of the hook of that name into an error.
func recovered(name string, err *error) {
	if p := recover(); p != nil {
		*err = &HookError{Hook: name, Panic: panicked.Value(p)}
	}
}

// errand is the desk of a request: it asks on behalf of its caller, outside of
// any flight.
type errand struct {
	e   *Engine
	ctx context.Context //nolint:containedctx // of the one call that it lives for
	p   *pending
}

func (a *errand) attached(id InstanceID) ([]Code, error) {
	var codes []Code
	for page, err := range a.e.pages(a.ctx, Query{By: ByInstance, Value: string(id)}) {
		if err != nil {
			return nil, err
		}
		for i := range page {
			codes = append(codes, page[i].Code)
		}
	}
	return codes, nil
}

func (a *errand) birth(code Code) (*Event, error) {
	events, err := a.e.store.Events(a.ctx, EventQuery{Code: code, Limit: 1})
	if err != nil {
		return nil, unavailable(a.ctx, "events", err)
	}
	if len(events) == 0 {
		return nil, nil //nolint:nilnil // it has none, which is no error
	}
	return &events[0], nil
}

func (a *errand) verify(v Verification) error {
	defer a.e.inHooks.Add(-1)
	if a.e.inHooks.Add(1) > manyHooks && nested("(*errand).verify") {
		return &HookError{Hook: "VerifyPhone", Err: errNested}
	}
	v.RequestID = a.p.requestID
	err := guard("VerifyPhone", func() error { return a.e.opt.VerifyPhone(a.ctx, v) })
	if err == nil || errors.Is(err, ErrNotVerified) {
		return err
	}
	return hookError("VerifyPhone", err)
}

func (a *errand) facts(ids []InstanceID) (map[InstanceID]Instance, error) {
	return a.e.facts(a.ctx, a.e.opt.Facts, ids)
}

// observe tells the observer what was done. It panics where the observer's own
// requests are observed without end: nothing is left that could fail.
func (e *Engine) observe(ctx context.Context, events []Event) {
	defer e.inHooks.Add(-1)
	if e.inHooks.Add(1) > manyHooks && nested("(*Engine).observe") {
		panic(&HookError{Hook: "Observe", Err: errNested})
	}
	e.opt.Observe(ctx, events)
}

// hookError makes the failure of a hook of what guard returned.
func hookError(name string, err error) error {
	var hook *HookError
	if errors.As(err, &hook) && hook.Panic != nil {
		return err
	}
	return &HookError{Hook: name, Err: err}
}

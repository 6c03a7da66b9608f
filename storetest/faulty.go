package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/icpcode/icpcode"
)

// ErrInjected is what a call returns that a [Faulty] store makes fail, unless
// its [Fault] names another error.
var ErrInjected = errors.New("storetest: injected fault")

// Method names a method of a store. The zero value is any.
type Method uint8

// The methods of a store.
const (
	AnyMethod Method = iota
	Load
	Commit
	List
	Events
)

// String returns the method's name.
func (m Method) String() string {
	if m > Events {
		return "Method(?)"
	}
	return [...]string{"any method", "Load", "Commit", "List", "Events"}[m]
}

// Effect is what becomes of a call. The zero value is [FailBefore].
type Effect uint8

// The effects.
const (
	// FailBefore does nothing and returns the error.
	FailBefore Effect = iota
	// FailAfter makes the call and returns the error in place of its result:
	// a Commit that took effect, whose answer was lost. A call that fails by
	// itself returns its own error.
	FailAfter
	// Conflict does nothing and returns an error matching
	// icpcode.ErrConflict. Only Commits conflict: it does not fire at another
	// method.
	Conflict
)

// String returns the effect's name.
func (e Effect) String() string {
	if e > Conflict {
		return "Effect(?)"
	}
	return [...]string{"fail before", "fail after", "conflict"}[e]
}

// Fault is one call of a [Faulty] store that fails.
type Fault struct {
	Method Method // whose calls are counted; the zero value counts all
	Call   int    // which call it hits, from 1
	Effect Effect
	Err    error // what the call returns; nil: ErrInjected
}

// String returns "Commit 2: fail after".
func (f Fault) String() string { return fmt.Sprintf("%v %d: %v", f.Method, f.Call, f.Effect) }

func (f Fault) err() error {
	if f.Effect == Conflict {
		return fmt.Errorf("%w: injected", icpcode.ErrConflict)
	}
	if f.Err != nil {
		return f.Err
	}
	return ErrInjected
}

// Faulty is a store that hands its calls to another and makes chosen ones
// fail. If two faults hit one call, the first of them fires. A test that
// injects faults proves nothing unless they fired: ask [Faulty.Fired].
// It is safe for concurrent use if the other store is.
type Faulty struct {
	store icpcode.Store

	mu     sync.Mutex
	faults []Fault // those that have not fired
	fired  []Fault
	calls  [Events + 1]int
}

// NewFaulty returns a store over s that fails as the faults say.
func NewFaulty(s icpcode.Store, faults ...Fault) *Faulty {
	return &Faulty{store: s, faults: slices.Clone(faults)}
}

// Fired returns the faults that have fired, in that order.
func (f *Faulty) Fired() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.fired)
}

// Calls returns how often a method was called, faults included.
func (f *Faulty) Calls(m Method) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[m]
}

// next counts a call and returns the fault that it meets, if any.
func (f *Faulty) next(m Method) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[AnyMethod]++
	f.calls[m]++
	for i, fault := range f.faults {
		if fault.Method != AnyMethod && fault.Method != m || fault.Call != f.calls[fault.Method] {
			continue
		}
		if fault.Effect == Conflict && m != Commit {
			continue
		}
		f.faults = slices.Delete(f.faults, i, i+1)
		f.fired = append(f.fired, fault)
		return fault, true
	}
	return Fault{}, false
}

// around makes one call, or not.
func (f *Faulty) around(m Method, call func() error) error {
	fault, hit := f.next(m)
	if !hit {
		return call()
	}
	if fault.Effect == FailAfter {
		if err := call(); err != nil {
			return err // it failed by itself
		}
	}
	return fault.err()
}

// MaxWrites implements [icpcode.Limited]: it returns the other store's.
func (f *Faulty) MaxWrites() int { return maxWrites(f.store) }

// Load implements [icpcode.Store].
func (f *Faulty) Load(ctx context.Context, keys ...icpcode.Key) (docs []icpcode.Document, err error) {
	err = f.around(Load, func() error { docs, err = f.store.Load(ctx, keys...); return err })
	if err != nil {
		return nil, err
	}
	return docs, nil
}

// Commit implements [icpcode.Store].
func (f *Faulty) Commit(ctx context.Context, c icpcode.Change) error {
	return f.around(Commit, func() error { return f.store.Commit(ctx, c) })
}

// List implements [icpcode.Store].
func (f *Faulty) List(ctx context.Context, q icpcode.Query) (page icpcode.Page, err error) {
	err = f.around(List, func() error { page, err = f.store.List(ctx, q); return err })
	if err != nil {
		return icpcode.Page{}, err
	}
	return page, nil
}

// Events implements [icpcode.Store].
func (f *Faulty) Events(ctx context.Context, q icpcode.EventQuery) (events []icpcode.Event, err error) {
	err = f.around(Events, func() error { events, err = f.store.Events(ctx, q); return err })
	if err != nil {
		return nil, err
	}
	return events, nil
}

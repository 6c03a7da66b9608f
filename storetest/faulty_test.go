package storetest

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/icpcode/icpcode"
)

// Every fault at every call of a short program of calls: what is done, what
// comes back, and that it fired.
func TestFaultyFailsAsScheduled(t *testing.T) {
	program := []Method{Load, Commit, List, Commit, Events, Load, Commit}
	for _, method := range []Method{AnyMethod, Load, Commit, List, Events} {
		for call := 1; call <= len(program)+1; call++ {
			for _, effect := range []Effect{FailBefore, FailAfter, Conflict} {
				fault := Fault{Method: method, Call: call, Effect: effect}
				t.Run(fault.String(), func(t *testing.T) { runProgram(t, program, fault) })
			}
		}
	}
}

func runProgram(t *testing.T, program []Method, fault Fault) {
	t.Helper()
	n := newNames()
	inner := newPlain()
	s := NewFaulty(inner, fault)
	counts := make(map[Method]int)
	fired := false
	for _, m := range program {
		counts[AnyMethod]++
		counts[m]++
		hit := !fired && (fault.Method == AnyMethod || fault.Method == m) && counts[fault.Method] == fault.Call &&
			(fault.Effect != Conflict || m == Commit)
		fired = fired || hit

		before := len(inner.docs)
		err := call(t.Context(), s, n, m)
		wrote := len(inner.docs) > before

		if want := m == Commit && (!hit || fault.Effect == FailAfter); wrote != want {
			t.Errorf("%v call %d: wrote %v, want %v", m, counts[m], wrote, want)
		}
		if !hit && err != nil {
			t.Errorf("%v call %d: error %v, want none", m, counts[m], err)
		}
		if hit && fault.Effect == Conflict && !errors.Is(err, icpcode.ErrConflict) {
			t.Errorf("%v call %d: error %v, want ErrConflict", m, counts[m], err)
		}
		if hit && fault.Effect != Conflict && (!errors.Is(err, ErrInjected) || errors.Is(err, icpcode.ErrConflict)) {
			t.Errorf("%v call %d: error %v, want ErrInjected", m, counts[m], err)
		}
	}
	want := []Fault{}
	if fired {
		want = append(want, fault)
	}
	if got := s.Fired(); !slices.Equal(got, want) {
		t.Errorf("fired %v, want %v", got, want)
	}
	for m, n := range counts {
		if got := s.Calls(m); got != n {
			t.Errorf("counted %d calls of %v, want %d", got, m, n)
		}
	}
}

// call calls one method and checks that a failed call returns nothing.
func call(ctx context.Context, s icpcode.Store, n *names, m Method) (err error) {
	empty := true
	switch m {
	case Load:
		var docs []icpcode.Document
		docs, err = s.Load(ctx, n.key(icpcode.KindLedger))
		empty = docs == nil
	case Commit:
		err = s.Commit(ctx, icpcode.Change{Puts: []icpcode.Put{n.put(n.key(icpcode.KindLedger), 0, 1)}})
	case List:
		var page icpcode.Page
		page, err = s.List(ctx, icpcode.Query{By: icpcode.ByOwner, Value: n.id(), Limit: 1})
		empty = page.Records == nil
	case Events:
		var events []icpcode.Event
		events, err = s.Events(ctx, icpcode.EventQuery{Code: n.code(), Limit: 1})
		empty = events == nil
	}
	if err != nil && !empty {
		return errors.New("a call that failed returned something")
	}
	return err
}

func TestFaultyFiresSeveralFaults(t *testing.T) {
	n := newNames()
	s := NewFaulty(newPlain(),
		Fault{Method: Commit, Call: 1, Effect: Conflict},
		Fault{Call: 1, Effect: FailBefore, Err: io.ErrUnexpectedEOF}, // the same call: the one above fires
		Fault{Method: Commit, Call: 2, Effect: FailAfter, Err: io.ErrUnexpectedEOF},
		Fault{Method: Commit, Call: 9},
	)
	change := icpcode.Change{Puts: []icpcode.Put{n.put(n.key(icpcode.KindLedger), 0, 1)}}
	for i, want := range []error{icpcode.ErrConflict, io.ErrUnexpectedEOF, icpcode.ErrConflict} {
		// The third conflicts by itself: the second took effect.
		if err := s.Commit(t.Context(), change); !errors.Is(err, want) {
			t.Errorf("Commit %d returned %v, want %v", i+1, err, want)
		}
	}
	if fired := s.Fired(); len(fired) != 2 || fired[0].Effect != Conflict || fired[1].Effect != FailAfter {
		t.Errorf("fired %v, want a conflict and a lost answer", fired)
	}
}

// Without faults it is the store that it wraps.
func TestFaultyWithoutFaultsKeepsTheContract(t *testing.T) {
	Run(t, func(testing.TB) icpcode.Store { return NewFaulty(newPlain()) })
}

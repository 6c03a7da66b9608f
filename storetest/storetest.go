// Package storetest proves that an [icpcode.Store] keeps its contract, and
// measures it. For a store of your own:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t testing.TB) icpcode.Store { return mystore.New() })
//	}
//
//	func BenchmarkStore(b *testing.B) {
//		storetest.Benchmark(b, func(t testing.TB) icpcode.Store { return mystore.New() })
//	}
//
// [Run] has a case for every sentence of the contract that says MUST, and a
// failure prints the sentence. There is nothing to opt out of: a store that
// fails a case will one day issue too many codes, lose one, or tell a caller
// so.
//
// [Faulty] wraps a store and makes chosen calls fail, to test what stands
// above it.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// Run proves a store, one subtest for each case.
//
// It calls newStore once for each case. Each call may return a fresh store,
// or one over the same database as before: all names and codes are random, so
// that cases disturb neither each other nor what is there already. Nothing is
// ever deleted; use a database that can be thrown away. newStore registers
// what must be closed with its testing.TB's Cleanup.
//
// Run calls a store from up to 16 goroutines. Some things no suite can see,
// and a store's own tests should: that an acknowledged Commit survives a
// crash, and that a store which tries a conflicting Commit a few times over
// does so.
func Run(t *testing.T, newStore func(testing.TB) icpcode.Store) {
	t.Helper()
	for i := range cases {
		tc := &cases[i]
		t.Run(tc.name, func(t *testing.T) {
			tc.run(t, newStore(t), patience)
		})
	}
}

const (
	// patience is how long a call may take that has nothing to wait for.
	patience = 5 * time.Second
	// caseLimit ends a case whose store never comes back.
	caseLimit = 2 * time.Minute
)

// testCase proves one sentence of the contract, or a part of it.
type testCase struct {
	name  string
	rule  string // the sentence, as store.go has it
	check func(*probe)
}

// run runs the case against s and complains to r.
func (tc *testCase) run(r reporter, s icpcode.Store, patience time.Duration) {
	ctx, cancel := context.WithTimeout(r.Context(), caseLimit)
	defer cancel()
	tc.check(&probe{reporter: r, names: newNames(), ctx: ctx, store: s, rule: tc.rule, patience: patience})
}

// reporter is the part of a [testing.TB] that a case needs. The suite's own
// tests run cases with another one, to see them fail.
type reporter interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// probe is one case at work: a store, fresh names, and somewhere to complain.
type probe struct {
	reporter
	*names
	ctx      context.Context
	store    icpcode.Store
	rule     string
	patience time.Duration
}

// Errorf reports what was seen, and the rule that was broken.
func (p *probe) Errorf(format string, args ...any) {
	p.Helper()
	p.reporter.Errorf("%s\nThe contract: %s", fmt.Sprintf(format, args...), p.rule)
}

// Fatalf is Errorf and ends the case. Only the case's own goroutine calls it.
func (p *probe) Fatalf(format string, args ...any) {
	p.Helper()
	p.reporter.Fatalf("%s\nThe contract: %s", fmt.Sprintf(format, args...), p.rule)
}

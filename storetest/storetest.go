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
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// Run proves a store, one subtest for each case. The first cases are about
// what all others rest on: if one of them fails, the others are not run.
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
	left := suite(func(tc *testCase) bool {
		return t.Run(tc.name, func(t *testing.T) {
			tc.run(t, newStore(t), patience)
		})
	})
	if left > 0 {
		t.Logf("%d more cases were not run: they rest on what failed", left)
	}
}

// suite runs all cases in order, by run, which reports whether one passed. If
// one of the basic cases failed the others would only say so again: it returns
// how many were left out.
func suite(run func(*testCase) bool) (left int) {
	sound := true
	for i := range basics {
		sound = run(&basics[i]) && sound
	}
	if !sound {
		return len(cases)
	}
	for i := range cases {
		run(&cases[i])
	}
	return 0
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
	p := &probe{reporter: r, names: newNames(), ctx: ctx, store: s, rule: tc.rule, patience: patience, most: usualWrites}
	if n := maxWrites(s); n != 0 {
		p.most = max(n, leastWrites)
	}
	tc.check(p)
}

// maxWrites returns the limit of a store, 0 for none.
func maxWrites(s icpcode.Store) int {
	if l, ok := s.(icpcode.Limited); ok {
		return l.MaxWrites()
	}
	return 0
}

// How many Puts and events together one Change of the suite has at most: over
// a store that is not limited 1,024 Puts and an event beside nearly each, and
// no fewer than any store takes.
const (
	usualPuts   = 1024
	usualWrites = 2 * usualPuts
	leastWrites = 64
)

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
	most     int // Puts and events together in one Change
}

// ruleError is an error of a store that broke another sentence than the one
// that the case is about.
type ruleError struct {
	rule string
	error
}

// ruled returns the sentence to print beside args.
func (p *probe) ruled(args []any) string {
	for _, a := range args {
		var b *ruleError
		if err, ok := a.(error); ok && errors.As(err, &b) {
			return b.rule
		}
	}
	return p.rule
}

// Errorf reports what was seen, and the rule that was broken.
func (p *probe) Errorf(format string, args ...any) {
	p.Helper()
	p.reporter.Errorf("%s\nThe contract: %s", fmt.Sprintf(format, args...), p.ruled(args))
}

// Fatalf is Errorf and ends the case. Only the case's own goroutine calls it.
func (p *probe) Fatalf(format string, args ...any) {
	p.Helper()
	p.reporter.Fatalf("%s\nThe contract: %s", fmt.Sprintf(format, args...), p.ruled(args))
}

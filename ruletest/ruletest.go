// Package ruletest proves that an [icpcode.Engine] which decides by a rule
// book of your own keeps what the library promises:
//
//	func TestRules(t *testing.T) { ruletest.Run(t, book) }
//
// [Run] does random sequences of everything that can be done: issues, grants,
// filings, purchases, refunds, closed instances, imports, repeated requests,
// strangers, servers that expire or are sold, a phone hook that says no, a
// clock that crosses natural years and rule sets and goes back, commits that
// conflict and answers that are lost. What each must answer is predicted by a
// model of the rules that is written separately from the library and reads
// only the data of the book. After each step these must hold:
//
//   - The answer is the model's: success, every rule that refuses and every
//     one that is unknown, or the error. The dry run before it gave the same,
//     and changed nothing.
//   - The engine adds to no quota above its limit, and to no cap. Only imports
//     and lowered limits can leave more than that.
//   - A grant moves codes and caps together, or nothing. Whatever fails
//     changes nothing, and what succeeds writes nothing but its own.
//   - Ledgers equal counts over codes, partners the counterparties of the
//     natural year, and money in equals money out and money held.
//   - No two codes are ever equal. Nothing happens to a code after its end.
//     Only its holder files with it.
//   - The events of a code have no gap, lead from state to state, and add up
//     to its record. The observer heard exactly those that were committed.
//   - The same request again, under its ID, gives the same answer and changes
//     nothing. Another one under its ID is refused. After a lost answer it
//     takes effect exactly once.
//   - The phone is asked at most once, and only where the dry run said so; the
//     clock is read once.
//   - Lists, single codes, their histories and the reports on grants show what
//     the model has, to each viewer what it may see. A dead code tells why it
//     died, also where it is refused, and a planned move what it needs.
//
// How much is tried is up to the flags of package [pgregory.net/rapid], or its
// environment variables: -rapid.checks or RAPID_CHECKS sequences (100) of about
// -rapid.steps or RAPID_STEPS steps (30). That takes a second or two and finds
// most mistakes; a mistake at the edge of a year can take thousands of checks.
// A failing sequence is shrunk, and printed step by step.
//
// A run of at least 100,000 operations fails if it did not see each operation
// succeed and be refused, and each rule refuse that the book can refuse by: it
// would no longer prove anything. Shorter runs log what they saw.
package ruletest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/icpcode/icpcode"
	"pgregory.net/rapid"
)

// Run proves a rule book over the in-memory store. Nil means
// [icpcode.Alibaba].
func Run(t *testing.T, book *icpcode.RuleBook) {
	t.Helper()
	prove(t, newSetup(book))
}

// RunStore is [Run] over a store of your own. It calls newStore once; all
// checks use the same store, one after the other, under names and codes that
// are new in each. Nothing is ever deleted: use a database that can be thrown
// away. Package storetest proves the store itself.
func RunStore(t *testing.T, book *icpcode.RuleBook, newStore func(testing.TB) icpcode.Store) {
	t.Helper()
	s := newSetup(book)
	s.share(newStore(t))
	prove(t, s)
}

// enough is how many operations must see everything.
const enough = 100_000

func prove(t *testing.T, s *setup) {
	t.Helper()
	if len(s.sets) == 0 {
		t.Fatal("the book has no rule set, so there is nothing to prove")
	}
	rapid.Check(t, s.check)
	missing := s.missing()
	for _, m := range missing {
		if s.seen.steps >= enough {
			t.Errorf("in %d operations it was seen only %d times: %s", s.seen.steps, m.seen, m.what)
		}
	}
	t.Logf("%v", s.seen)
}

// share makes all checks use one store.
func (s *setup) share(store icpcode.Store) {
	s.newStore = func() icpcode.Store { return store }
	s.newTag = func() (string, uint64) {
		return fmt.Sprintf("%x-", rand.Uint64()), rand.Uint64N(codeSpace - entropySpan)
	}
}

// check is one check: a random sequence of things that happen.
func (s *setup) check(t *rapid.T) {
	w := newWorld(s, t)
	begin := rapid.Custom(func(t *rapid.T) plan {
		return plan{w, w.populate(&gen{world: w, dice: rapidDice{t}})}
	})
	w.steps(begin.Draw(t, "beginning").todos)
	next := rapid.Custom(func(t *rapid.T) plan {
		return plan{w, (&gen{world: w, dice: rapidDice{t}, now: w.now}).next()}
	})
	t.Repeat(map[string]func(*rapid.T){"step": func(t *rapid.T) { w.steps(next.Draw(t, "step").todos) }})
	w.audit()
}

// rapidDice draws from a check's bits, so that rapid can shrink them.
type rapidDice struct{ t *rapid.T }

func (d rapidDice) roll(n int) int { return rolls[n].Draw(d.t, "") }

// rolls are generators of numbers below their index.
var rolls = func() (g [maxRoll + 1]*rapid.Generator[int]) {
	for n := 1; n < len(g); n++ {
		g[n] = rapid.IntRange(0, n-1)
	}
	return g
}()

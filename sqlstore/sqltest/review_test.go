package sqltest

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"testing"

	"github.com/icpcode/icpcode"
)

// reviewAgrees reviews all filings of a store, after clients raced or the server
// crashed, where every second instance was released: the review finds a filing
// exactly if the documents say that it rests on one of these, or on one that was
// closed, and has not ended. It returns how many it found.
func reviewAgrees(t *testing.T, store icpcode.Store) int {
	t.Helper()
	found, problems := reviewProblems(t, store, newEngine(store).Review)
	for _, p := range problems {
		t.Error(p)
	}
	return found
}

// reviewing is [icpcode.Engine.Review], or one that is wrong.
type reviewing func(context.Context, icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error]

// gone reports whether an instance was released, as every second one was.
func gone(id icpcode.InstanceID) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return h.Sum32()%2 == 0
}

// reviewProblems returns how many filings a review found, and what is wrong with
// that.
func reviewProblems(t *testing.T, store icpcode.Store, review reviewing) (found int, problems []string) {
	t.Helper()
	all := icpcode.ListRequest{Actor: ops, Facts: func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
		facts := map[icpcode.InstanceID]icpcode.Instance{}
		for _, id := range ids {
			facts[id] = icpcode.Instance{ID: id, Status: icpcode.StatusRunning}
			if gone(id) {
				facts[id] = icpcode.Instance{ID: id, Status: icpcode.StatusReleased}
			}
		}
		return facts, nil
	}}
	want := map[icpcode.Code]bool{}
	for rec, err := range newEngine(store).Owned(t.Context(), all) {
		if err != nil {
			t.Fatal(err)
		}
		if atRisk(t, store, &rec) {
			want[rec.Code] = true
		}
	}
	for a, err := range review(t.Context(), all) {
		if err != nil {
			t.Fatal(err)
		}
		if !a.Decision.Fail.Has(icpcode.RSKReleased) {
			problems = append(problems, fmt.Sprintf("the review lists a filing with %v, and nothing is wrong", a.Decision.Fail|a.Decision.Advice))
			continue
		}
		found++
		if !want[a.Record.Code] {
			problems = append(problems, fmt.Sprintf(
				"the review finds a filing in state %v that is not at risk, or finds it twice: %+v", a.Record.State, a.Record.Progress))
		}
		delete(want, a.Record.Code)
	}
	for range want {
		problems = append(problems, "the review does not find a filing that rests on a server which was released")
	}
	return found, problems
}

// atRisk reports whether the documents say that a filing goes on, and rests on
// an instance that was released or closed.
func atRisk(t *testing.T, store icpcode.Store, rec *icpcode.Record) bool {
	t.Helper()
	if rec.State != icpcode.StateFiling && (rec.State != icpcode.StateFiled || over(rec)) {
		return false
	}
	docs, err := store.Load(t.Context(), icpcode.Key{Kind: icpcode.KindLedger, A: string(rec.InstanceID)})
	if err != nil {
		t.Fatal(err)
	}
	return docs[0].Body.(*icpcode.Ledger).Closed != icpcode.ActionNone || gone(rec.InstanceID)
}

func over(rec *icpcode.Record) bool {
	return rec.Progress != nil && rec.Progress.End != icpcode.EndNone
}

// TestReviewAgreesSees gives reviewProblems reviews that are wrong: one that
// forgets a filing, one that has one twice, one that lists a filing that ended,
// and one that lists a filing of which nothing is wrong.
func TestReviewAgreesSees(t *testing.T) {
	s, _ := sqliteFiles.store(t)
	eng := newEngine(s)
	for n := range 8 {
		if _, err := replaceFiling(t.Context(), eng, n); err != nil {
			t.Fatal(err)
		}
	}
	var ended, fine icpcode.Assessment
	for rec, err := range eng.Owned(t.Context(), icpcode.ListRequest{Actor: ops}) {
		if err != nil {
			t.Fatal(err)
		}
		if over(&rec) && gone(rec.InstanceID) {
			ended.Record, ended.Decision.Fail = rec, icpcode.MakeRuleIDs(icpcode.RSKReleased)
		}
		if rec.State == icpcode.StateFiled && !over(&rec) && !gone(rec.InstanceID) {
			fine.Record, fine.Decision.Advice = rec, icpcode.MakeRuleIDs(icpcode.RSKMove)
		}
	}
	if ended.Record.Code.IsZero() || fine.Record.Code.IsZero() {
		t.Fatal("no filing ended, or none is without a risk")
	}
	if found, problems := reviewProblems(t, s, eng.Review); found == 0 || len(problems) > 0 {
		t.Errorf("the right review finds %d filings, and is said to have the problems %q", found, problems)
	}
	for name, change := range map[string]func([]icpcode.Assessment) []icpcode.Assessment{
		"forgets one":      func(as []icpcode.Assessment) []icpcode.Assessment { return as[1:] },
		"has one twice":    func(as []icpcode.Assessment) []icpcode.Assessment { return append(as, as[0]) },
		"lists an ended":   func(as []icpcode.Assessment) []icpcode.Assessment { return append(as, ended) },
		"lists a safe one": func(as []icpcode.Assessment) []icpcode.Assessment { return append(as, fine) },
	} {
		_, problems := reviewProblems(t, s, changed(eng.Review, change))
		if len(problems) != 1 {
			t.Errorf("a review that %s has the problems %q, want one", name, problems)
		}
	}
}

// changed is a review that answers something else.
func changed(review reviewing, change func([]icpcode.Assessment) []icpcode.Assessment) reviewing {
	return func(ctx context.Context, r icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error] {
		return func(yield func(icpcode.Assessment, error) bool) {
			var as []icpcode.Assessment
			for a, err := range review(ctx, r) {
				if err != nil {
					yield(a, err)
					return
				}
				as = append(as, a)
			}
			for _, a := range change(as) {
				if !yield(a, nil) {
					return
				}
			}
		}
	}
}

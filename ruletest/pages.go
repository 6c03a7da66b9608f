package ruletest

import (
	"errors"
	"slices"

	"github.com/icpcode/icpcode"
)

// assessed follows the pages of a list from the first to the last. What names
// the list in a failure.
func (w *world) assessed(what string, r icpcode.ListRequest, page func(icpcode.ListRequest) (icpcode.AssessmentPage, error)) (all []icpcode.Assessment) {
	for more := true; more; more = r.After != "" {
		p, err := page(r)
		if err != nil {
			w.Fatalf("%v", err)
		}
		if len(p.Assessments) > r.Limit {
			w.fail(nil, "a page of a %s by %q has %d filings, want %d at most", what, r.Actor, len(p.Assessments), r.Limit)
		}
		if r.After != "" && r.After == p.Next {
			w.fail(nil, "a page of a %s by %q is followed by itself", what, r.Actor)
		}
		all = append(all, p.Assessments...)
		r.After = p.Next
	}
	return all
}

// same checks that the pages of a list are together the list as a whole.
func (w *world) same(what string, r icpcode.ListRequest, paged, whole []icpcode.Assessment) {
	if !slices.EqualFunc(paged, whole, func(a, b icpcode.Assessment) bool {
		return sameRecord(&a.Record, &b.Record) && a.Decision.Fail == b.Decision.Fail && a.Decision.Unknown == b.Decision.Unknown &&
			a.Decision.Advice == b.Decision.Advice && a.Decision.Quota == b.Decision.Quota
	}) {
		w.fail(nil, "a page of a %s by %q: there are %d filings by page of %d, and %d as a whole, or others", what, r.Actor, len(paged), r.Limit, len(whole))
	}
}

// movePages checks the pages of a move, and that the cursor of one is of no
// other move.
func (w *world) movePages(r icpcode.ListRequest, to icpcode.Instance, whole []icpcode.Assessment) {
	r.Limit = 1 + w.turn%3
	foreign := false
	paged := w.assessed("move", r, func(r icpcode.ListRequest) (icpcode.AssessmentPage, error) {
		if r.After != "" && !foreign {
			foreign = true
			elsewhere := to
			elsewhere.ID += "x"
			if p, err := w.eng.PlanMovePage(w.ctx, r, elsewhere); !errors.Is(err, icpcode.ErrInvalid) {
				w.fail(nil, "a page of a move by %q with the cursor of another move answers %+v, %v", r.Actor, p, err)
			}
		}
		return w.eng.PlanMovePage(w.ctx, r, to)
	})
	w.same("move", r, paged, whole)
	w.seen.mark(movedByPages, foreign)
}

// reviewPages checks the pages of a review.
func (w *world) reviewPages(r icpcode.ListRequest, whole []icpcode.Assessment) {
	r.Limit = 1 + w.turn%7
	n := 0
	w.same("review", r, w.assessed("review", r, func(r icpcode.ListRequest) (icpcode.AssessmentPage, error) {
		n++
		return w.eng.ReviewPage(w.ctx, r)
	}), whole)
	w.seen.mark(reviewedByPages, n > 1 && len(whole) > 1)
}

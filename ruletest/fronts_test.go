package ruletest

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// wrong is an engine whose answers or questions are changed on their way.
type wrong struct {
	Engine
	listed   func(*icpcode.ListRequest)
	picked   func(*icpcode.Assessment)
	moving   func(*icpcode.ListRequest, *icpcode.Instance)
	found    func(*icpcode.Record)
	done     func(*icpcode.Result)
	reviewed func(*icpcode.Assessment) (listed bool)

	movePage, reviewPage func(asked icpcode.ListRequest, p *icpcode.AssessmentPage)
}

func (e *wrong) ask(r icpcode.ListRequest) icpcode.ListRequest {
	if e.listed != nil {
		e.listed(&r)
	}
	if r.Stage == icpcode.StageNone && !r.Rejected {
		r.Before = time.Time{} // it goes together with one of them
	}
	return r
}

func (e *wrong) Owned(ctx context.Context, r icpcode.ListRequest) iter.Seq2[icpcode.Record, error] {
	return e.Engine.Owned(ctx, e.ask(r))
}

func (e *wrong) Received(ctx context.Context, r icpcode.ListRequest) iter.Seq2[icpcode.Record, error] {
	return e.Engine.Received(ctx, e.ask(r))
}

// changed changes each assessment of a list.
func changed(all iter.Seq2[icpcode.Assessment, error], change func(*icpcode.Assessment)) iter.Seq2[icpcode.Assessment, error] {
	return func(yield func(icpcode.Assessment, error) bool) {
		for a, err := range all {
			if change != nil {
				change(&a)
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

func (e *wrong) Pick(ctx context.Context, r icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error] {
	return changed(e.Engine.Pick(ctx, e.ask(r)), e.picked)
}

func (e *wrong) PlanMove(ctx context.Context, r icpcode.ListRequest, to icpcode.Instance) iter.Seq2[icpcode.Assessment, error] {
	if e.moving != nil {
		e.moving(&r, &to)
	}
	return e.Engine.PlanMove(ctx, r, to)
}

func (e *wrong) PlanMovePage(ctx context.Context, r icpcode.ListRequest, to icpcode.Instance) (icpcode.AssessmentPage, error) {
	p, err := e.Engine.PlanMovePage(ctx, r, to)
	if err == nil && e.movePage != nil {
		e.movePage(r, &p)
	}
	return p, err
}

func (e *wrong) ReviewPage(ctx context.Context, r icpcode.ListRequest) (icpcode.AssessmentPage, error) {
	p, err := e.Engine.ReviewPage(ctx, r)
	if err == nil && e.reviewPage != nil {
		e.reviewPage(r, &p)
	}
	return p, err
}

func (e *wrong) Review(ctx context.Context, r icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error] {
	return func(yield func(icpcode.Assessment, error) bool) {
		for a, err := range e.Engine.Review(ctx, r) {
			if err == nil && e.reviewed != nil && !e.reviewed(&a) {
				continue
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

func (e *wrong) Lookup(ctx context.Context, actor icpcode.AccountID, code icpcode.Code, today icpcode.Instance) (icpcode.Record, error) {
	r, err := e.Engine.Lookup(ctx, actor, code, today)
	if err == nil && e.found != nil {
		e.found(&r)
	}
	return r, err
}

func (e *wrong) tell(r icpcode.Result, err error) (icpcode.Result, error) {
	if err == nil && e.done != nil {
		e.done(&r)
	}
	return r, err
}

func (e *wrong) Submit(ctx context.Context, r icpcode.SubmitRequest) (icpcode.Result, error) {
	return e.tell(e.Engine.Submit(ctx, r))
}

func (e *wrong) Resubmit(ctx context.Context, r icpcode.SubmitRequest) (icpcode.Result, error) {
	return e.tell(e.Engine.Resubmit(ctx, r))
}

// TestBrokenFronts plants bugs between the checks and the engine, where they
// look like those of one method. Each must be found by the check that is for it.
func TestBrokenFronts(t *testing.T) {
	for name, b := range map[string]struct {
		wrong
		by string // what the check says that must find it
	}{
		"lists filings in any stage":          {wrong{listed: func(r *icpcode.ListRequest) { r.Stage = icpcode.StageNone }}, "list "},
		"lists filings that are not rejected": {wrong{listed: func(r *icpcode.ListRequest) { r.Rejected = false }}, "list "},
		"lists filings of any age":            {wrong{listed: func(r *icpcode.ListRequest) { r.Before = time.Time{} }}, "list "},
		"picks and does not say why a code died": {wrong{picked: func(a *icpcode.Assessment) {
			a.Decision.Case.Code.Last = icpcode.ActionNone
		}}, "of a dead code "},
		"picks and blames the owner for a closed instance": {wrong{picked: func(a *icpcode.Assessment) {
			if c := &a.Decision.Case.Code; c.Last == icpcode.ActionCloseRefund || c.Last == icpcode.ActionCloseRelease {
				c.Last = icpcode.ActionRefund
			}
		}}, "of a dead code "},
		"picks and tells of another server than it decided of": {wrong{picked: func(a *icpcode.Assessment) {
			a.Decision.Case.Instance.Provider = "another"
		}}, "decided otherwise by the pure function"},
		"says that a lapsed code was imported so": {wrong{found: func(r *icpcode.Record) { r.Lapsed = r.Lapsed && r.Last != icpcode.ActionImport }}, "why a code is dead "},
		"says that a voided code was refunded": {wrong{found: func(r *icpcode.Record) {
			if r.Last == icpcode.ActionVoid {
				r.Last = icpcode.ActionRefund
			}
		}}, "why a code is dead "},
		"moves what is an operator's own": {wrong{moving: func(r *icpcode.ListRequest, _ *icpcode.Instance) { r.Account = r.Actor }}, "a move by "},
		"moves what is anybody's":         {wrong{moving: func(r *icpcode.ListRequest, _ *icpcode.Instance) { r.Actor = "ops" }}, "a move by "},
		"moves to a server of another account": {wrong{moving: func(r *icpcode.ListRequest, to *icpcode.Instance) {
			to.Owner = r.Actor
		}}, "a move by "},
		"moves and forgets what the server is": {wrong{moving: func(_ *icpcode.ListRequest, to *icpcode.Instance) {
			to.Billing = icpcode.Subscription
		}}, "a move by "},
		"files without advice": {wrong{done: func(r *icpcode.Result) { r.Advice = 0 }}, "the result advises "},
		"files without words":  {wrong{done: func(r *icpcode.Result) { r.Decision = nil }}, "it advises "},
		"reviews nothing that is Filing": {wrong{reviewed: func(a *icpcode.Assessment) bool {
			return a.Record.State != icpcode.StateFiling
		}}, "a review of "},
		"moves by pages without the last filing": {wrong{movePage: func(_ icpcode.ListRequest, p *icpcode.AssessmentPage) {
			if n := len(p.Assessments); p.Next == "" && n > 0 {
				p.Assessments = p.Assessments[:n-1]
			}
		}}, "a page of a move "},
		"moves by pages that are too long": {wrong{movePage: func(r icpcode.ListRequest, p *icpcode.AssessmentPage) {
			for n := len(p.Assessments); n > 0 && len(p.Assessments) <= r.Limit; {
				p.Assessments = append(p.Assessments, p.Assessments[0])
			}
		}}, "a page of a move "},
		"reviews by pages and stays on one": {wrong{reviewPage: func(r icpcode.ListRequest, p *icpcode.AssessmentPage) {
			if r.After != "" {
				p.Next = r.After
			}
		}}, "a page of a review "},
		"reviews by pages without the first filing": {wrong{reviewPage: func(r icpcode.ListRequest, p *icpcode.AssessmentPage) {
			if r.After == "" && len(p.Assessments) > 0 {
				p.Assessments = p.Assessments[1:]
			}
		}}, "a page of a review "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(small(t))
			s.front = func(st icpcode.Store, o icpcode.Options) (eng, dry Engine) {
				e, front := icpcode.New(st, &o), b.wrong
				front.Engine = e
				return &front, e.DryRun()
			}
			n, found := s.hunt(3000)
			if found == "" || !strings.Contains(found, b.by) {
				t.Errorf("not found by %q in %d checks, but: %.600s", b.by, n, found)
			}
			t.Logf("found by check %d: %.300s", n, found)
		})
	}
}

package icpcode_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

// reviewed is a granted code in a filing of its grantee's, and what an operator
// says of the review.
type reviewed struct {
	*world
	code icpcode.Code
}

func newReviewed(t *testing.T) *reviewed {
	t.Helper()
	w := newWorld(t)
	r := &reviewed{w, w.issue(w.server("1001"), 1)[0]}
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: []icpcode.Code{r.code}, GrantTo: "2002", Certification: icpcode.Enterprise}))
	return r
}

func (r *reviewed) reject(actor icpcode.AccountID, what string) (icpcode.Result, error) {
	return r.eng.Reject(r.ctx, icpcode.RejectRequest{Actor: actor, Code: r.code, Rejection: what})
}

func (r *reviewed) stage(actor icpcode.AccountID, s icpcode.Stage) (icpcode.Result, error) {
	return r.eng.Stage(r.ctx, icpcode.StageRequest{Actor: actor, Code: r.code, Stage: s})
}

func (r *reviewed) progress(want *icpcode.Progress) {
	r.t.Helper()
	for viewer, p := range map[icpcode.AccountID]*icpcode.Progress{"2002": want, ops: want, "1001": nil} {
		got := must[icpcode.Record](r.t)(r.eng.Lookup(r.ctx, viewer, r.code, icpcode.Instance{}))
		if diff := cmp.Diff(p, got.Progress, byValue); diff != "" {
			r.t.Errorf("%s sees of the progress, to the right: %s", viewer, diff)
		}
	}
}

// steps returns the actions that a viewer sees, and what they say of the
// filing.
func (r *reviewed) steps(viewer icpcode.AccountID) (steps []icpcode.Step) {
	r.t.Helper()
	for e, err := range r.eng.History(r.ctx, viewer, r.code) {
		if err != nil {
			r.t.Fatal(err)
		}
		if e.Action == icpcode.ActionReject || e.Action == icpcode.ActionStage {
			var s icpcode.Step
			if e.Step != nil {
				s = *e.Step
			}
			steps = append(steps, s)
		}
	}
	return steps
}

func testLIFReject(t *testing.T) {
	w := newReviewed(t)
	const wrong = "the photo is dark,\nand the domain has expired"
	_, err := w.reject(ops, wrong)
	refused(t, err, icpcode.LIFReject) // there is no filing
	must[icpcode.Result](t)(w.submit("2002", w.code))
	for _, actor := range []icpcode.AccountID{"1001", "2002"} {
		_, err = w.reject(actor, wrong)
		refused(t, err, icpcode.LIFReject)
	}
	w.now = w.now.Add(time.Hour)
	res := must[icpcode.Result](t)(w.reject(ops, "the photo is dark,\r\nand the domain has expired"))
	if res.Action != icpcode.ActionReject || res.State != icpcode.StateFiling || !slices.Equal(res.Codes, []icpcode.Code{w.code}) {
		t.Errorf("the result is %+v", res)
	}
	w.progress(&icpcode.Progress{Rejection: wrong, Rejected: w.now})
	// Sent again, the filing has nothing against it any more.
	must[icpcode.Result](t)(w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: "2002", Code: w.code, Filing: w.site()}))
	w.progress(nil)
	// The last one holds, and an approval needs no correction.
	must[icpcode.Result](t)(w.reject(ops, wrong))
	w.now = w.now.Add(time.Hour)
	must[icpcode.Result](t)(w.reject(ops, "the photo is dark"))
	w.progress(&icpcode.Progress{Rejection: "the photo is dark", Rejected: w.now})
	must[icpcode.Result](t)(w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: ops, Code: w.code, ICPNumber: "ICP-1"}))
	w.progress(nil)
	w.state(w.code, icpcode.StateFiled)
	_, err = w.reject(ops, wrong)
	refused(t, err, icpcode.LIFReject)

	all := []icpcode.Step{{Rejection: wrong}, {Rejection: wrong}, {Rejection: "the photo is dark"}}
	for viewer, want := range map[icpcode.AccountID][]icpcode.Step{ops: all, "2002": all, "1001": make([]icpcode.Step, 3)} {
		if diff := cmp.Diff(want, w.steps(viewer), byValue); diff != "" {
			t.Errorf("%s sees in the history: %s", viewer, diff)
		}
	}
}

func testLIFStage(t *testing.T) {
	w := newReviewed(t)
	_, err := w.stage(ops, icpcode.StageSMS)
	refused(t, err, icpcode.LIFStage) // there is no filing
	must[icpcode.Result](t)(w.submit("2002", w.code))
	for _, actor := range []icpcode.AccountID{"1001", "2002"} {
		_, err = w.stage(actor, icpcode.StageSMS)
		refused(t, err, icpcode.LIFStage)
	}
	// Any order.
	for _, s := range []icpcode.Stage{icpcode.StageSMS, icpcode.StageVerification, icpcode.StageReview} {
		w.now = w.now.Add(time.Hour)
		if res := must[icpcode.Result](t)(w.stage(ops, s)); res.Action != icpcode.ActionStage || res.State != icpcode.StateFiling {
			t.Errorf("the result is %+v", res)
		}
		w.progress(&icpcode.Progress{Stage: s, Staged: w.now})
	}
	// The same again is no event, and begins nothing anew.
	since, version := w.now, w.record(w.code).Version
	w.now = w.now.Add(time.Hour)
	must[icpcode.Result](t)(w.stage(ops, icpcode.StageReview))
	w.progress(&icpcode.Progress{Stage: icpcode.StageReview, Staged: since})
	if got := w.record(w.code).Version; got != version {
		t.Errorf("the same stage again makes version %d of %d", got, version)
	}
	// A rejection leaves the stage in which it came, and both go together.
	must[icpcode.Result](t)(w.reject(ops, "the photo is dark"))
	w.progress(&icpcode.Progress{Stage: icpcode.StageReview, Staged: since, Rejection: "the photo is dark", Rejected: w.now})
	must[icpcode.Result](t)(w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: "2002", Code: w.code, Filing: w.site()}))
	w.progress(nil)
	must[icpcode.Result](t)(w.stage(ops, icpcode.StageReview))
	must[icpcode.Result](t)(w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: "2002", Code: w.code}))
	w.progress(nil)
	_, err = w.stage(ops, icpcode.StageSMS)
	refused(t, err, icpcode.LIFStage)
	if got, want := w.steps("2002"), (icpcode.Step{Stage: icpcode.StageSMS}); len(got) != 5 || got[0] != want {
		t.Errorf("the grantee sees in the history %+v", got)
	}
	if got := w.steps("1001"); !slices.Equal(got, make([]icpcode.Step, 5)) {
		t.Errorf("the owner sees in the history %+v", got)
	}
}

package ruletest

import (
	"context"
	"iter"
	"testing"

	"github.com/icpcode/icpcode"
)

// Engine is what the checks ask of an [icpcode.Engine].
type Engine interface {
	Issue(context.Context, icpcode.IssueRequest) (icpcode.Result, error)
	SubmitAuto(context.Context, icpcode.SubmitAutoRequest) (icpcode.Result, error)
	Buy(context.Context, icpcode.BuyRequest) (icpcode.Result, error)
	Bind(context.Context, icpcode.BindRequest) (icpcode.Result, error)
	Grant(context.Context, icpcode.GrantRequest) (icpcode.Result, error)
	Submit(context.Context, icpcode.SubmitRequest) (icpcode.Result, error)
	Resubmit(context.Context, icpcode.SubmitRequest) (icpcode.Result, error)
	Approve(context.Context, icpcode.ApproveRequest) (icpcode.Result, error)
	Reject(context.Context, icpcode.RejectRequest) (icpcode.Result, error)
	End(context.Context, icpcode.EndRequest) (icpcode.Result, error)
	Correct(context.Context, icpcode.CorrectRequest) (icpcode.Result, error)
	Stage(context.Context, icpcode.StageRequest) (icpcode.Result, error)
	Release(context.Context, icpcode.ReleaseRequest) (icpcode.Result, error)
	Refund(context.Context, icpcode.RefundRequest) (icpcode.Result, error)
	Void(context.Context, icpcode.VoidRequest) (icpcode.Result, error)
	CloseInstance(context.Context, icpcode.CloseRequest) (icpcode.Result, error)
	Import(context.Context, icpcode.ImportRequest) (icpcode.Result, error)

	Lookup(ctx context.Context, actor icpcode.AccountID, code icpcode.Code, today icpcode.Instance) (icpcode.Record, error)
	History(ctx context.Context, actor icpcode.AccountID, code icpcode.Code) iter.Seq2[icpcode.Event, error]
	Owned(context.Context, icpcode.ListRequest) iter.Seq2[icpcode.Record, error]
	OwnedPage(context.Context, icpcode.ListRequest) (icpcode.Page, error)
	Received(context.Context, icpcode.ListRequest) iter.Seq2[icpcode.Record, error]
	ReceivedPage(context.Context, icpcode.ListRequest) (icpcode.Page, error)
	Pick(context.Context, icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error]
	PickPage(context.Context, icpcode.ListRequest) (icpcode.AssessmentPage, error)
	Review(context.Context, icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error]
	ReviewPage(context.Context, icpcode.ListRequest) (icpcode.AssessmentPage, error)
	PlanMove(ctx context.Context, r icpcode.ListRequest, to icpcode.Instance) iter.Seq2[icpcode.Assessment, error]
	PlanMovePage(ctx context.Context, r icpcode.ListRequest, to icpcode.Instance) (icpcode.AssessmentPage, error)
	GrantQuota(ctx context.Context, actor icpcode.AccountID) (icpcode.GrantQuota, error)
}

// RunThrough is [Run] through a front of your own, such as a server and its
// client. The front makes an engine over the store with the options, which it
// may change, and returns what asks it, for real and as dry runs. It is called
// again whenever a check starts its engine anew, and never concurrently. The
// front must answer as the engine does, errors included.
func RunThrough(t *testing.T, book *icpcode.RuleBook, front func(icpcode.Store, icpcode.Options) (eng, dry Engine)) {
	t.Helper()
	s := newSetup(book)
	s.front = front
	prove(t, s)
}

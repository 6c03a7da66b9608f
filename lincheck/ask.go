package lincheck

import (
	"context"
	"errors"
	"slices"

	"github.com/icpcode/icpcode"
)

// ask sends one request to an engine.
func (r *recorder) ask(ctx context.Context, eng *icpcode.Engine, in input) (output, error) {
	var res icpcode.Result
	var err error
	filing := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "s"}
	plain := icpcode.ReleaseRequest{Actor: in.Actor, RequestID: in.ID, Code: in.Code, Reason: "x"}
	switch in.Kind {
	case issue:
		res, err = eng.Issue(ctx, icpcode.IssueRequest{
			Actor: in.Actor, RequestID: in.ID, Instance: facts(in.Instance, in.Actor), Quantity: in.N, GrantTo: in.To,
			Certification: icpcode.Enterprise,
		})
	case buy:
		res, err = eng.Buy(ctx, icpcode.BuyRequest{Actor: in.Actor, RequestID: in.ID, Quantity: in.N})
	case bind:
		res, err = eng.Bind(ctx, icpcode.BindRequest{
			Actor: in.Actor, RequestID: in.ID, Code: in.Code, Instance: facts(in.Instance, in.Actor)})
	case grant:
		res, err = eng.Grant(ctx, icpcode.GrantRequest{
			Actor: in.Actor, RequestID: in.ID, Codes: []icpcode.Code{in.Code}, GrantTo: in.To, Certification: icpcode.Enterprise})
	case submit:
		res, err = eng.Submit(ctx, icpcode.SubmitRequest{Actor: in.Actor, RequestID: in.ID, Code: in.Code, Filing: filing})
	case resubmit:
		res, err = eng.Resubmit(ctx, icpcode.SubmitRequest{Actor: in.Actor, RequestID: in.ID, Code: in.Code, Filing: filing})
	case approve:
		res, err = eng.Approve(ctx, icpcode.ApproveRequest{Actor: in.Actor, RequestID: in.ID, Code: in.Code, ICPNumber: "ICP-1", Replaces: in.replaces()})
	case end:
		res, err = eng.End(ctx, icpcode.EndRequest{
			Actor: in.Actor, RequestID: in.ID, Code: in.Code, End: in.End, Successor: in.Other, Reason: "x"})
	case release:
		res, err = eng.Release(ctx, plain)
	case refund:
		res, err = eng.Refund(ctx, icpcode.RefundRequest(plain))
	case void:
		res, err = eng.Void(ctx, icpcode.VoidRequest(plain))
	case closing:
		res, err = eng.CloseInstance(ctx, icpcode.CloseRequest{Actor: in.Actor, RequestID: in.ID, InstanceID: in.Instance, Reason: "x"})
	case lookup:
		rec, err := eng.Lookup(ctx, in.Actor, in.Code, icpcode.Instance{})
		if errors.Is(err, icpcode.ErrNoCode) {
			return output{NoCode: true}, nil
		}
		o := output{State: rec.State, Version: rec.Version, Grantee: rec.Grantee}
		if rec.Progress != nil {
			o.Ended = rec.Progress.End
		}
		return o, err
	case grantees, granters:
		q, err := eng.GrantQuota(ctx, in.Actor)
		n := q.Out.Used
		if in.Kind == granters {
			n = q.In.Used
		}
		return output{Count: n}, err
	case review:
		return r.review(ctx, eng, in)
	}
	var no *icpcode.RefusedError
	if errors.As(err, &no) {
		return output{Refused: no.Decision.Fail}, nil
	}
	if errors.Is(err, icpcode.ErrNoCode) {
		return output{NoCode: true}, nil
	}
	return output{Codes: res.Codes}, err
}

// review asks which filings of an instance are at risk.
func (r *recorder) review(ctx context.Context, eng *icpcode.Engine, in input) (output, error) {
	status := icpcode.StatusRunning
	if in.N == released {
		status = icpcode.StatusReleased
	}
	var o output
	for a, err := range eng.Review(ctx, icpcode.ListRequest{
		Actor: in.Actor, InstanceID: in.Instance,
		Facts: func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			facts := map[icpcode.InstanceID]icpcode.Instance{}
			for _, id := range ids {
				facts[id] = icpcode.Instance{ID: id, Status: status}
			}
			return facts, nil
		},
	}) {
		if err != nil {
			return output{}, err
		}
		o.Codes = append(o.Codes, a.Record.Code)
	}
	slices.SortFunc(o.Codes, icpcode.Code.Compare)
	o.Count = len(o.Codes)
	return o, nil
}

// replaces are the codes that an approval replaces.
func (in input) replaces() []icpcode.Code {
	if in.Other.IsZero() {
		return nil
	}
	return []icpcode.Code{in.Other}
}

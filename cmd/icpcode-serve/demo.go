package main

import (
	"context"
	"fmt"
	"time"

	"github.com/icpcode/icpcode"
)

// demoPhone verifies a phone by what demo prints.
func demoPhone(_ context.Context, v icpcode.Verification) error {
	if v.Proof != "1234" {
		return icpcode.ErrNotVerified
	}
	return nil
}

// fill makes up accounts, and servers: good ones, and one for each refusal.
func (w *world) fill(now time.Time) {
	good := icpcode.Instance{
		Product: icpcode.ECS, Region: "cn-hangzhou", Billing: icpcode.Subscription, Status: icpcode.StatusRunning, TermMonths: 12,
		Created: now.AddDate(0, -1, 0), Expires: now.AddDate(0, 11, 0), Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
	}
	add := func(owner icpcode.AccountID, id icpcode.InstanceID, change func(*icpcode.Instance)) {
		i := good
		i.ID, i.Owner = id, owner
		if change != nil {
			change(&i)
		}
		w.servers[id] = i
	}
	for n := range 6 {
		add("1001", icpcode.InstanceID(fmt.Sprintf("i-good-%d", n+1)), nil)
	}
	add("1002", "i-person", nil)
	add("2001", "i-partner", nil)
	for _, a := range demoFilers {
		add(a, "i-of-"+icpcode.InstanceID(a), nil)
	}
	add("1001", "i-product", func(i *icpcode.Instance) { i.Product = "RDS" })
	add("1001", "i-billing", func(i *icpcode.Instance) { i.Billing, i.TermMonths = icpcode.PayAsYouGo, 0 })
	add("1001", "i-trial", func(i *icpcode.Instance) { i.Trial = icpcode.Yes })
	add("1001", "i-term", func(i *icpcode.Instance) { i.TermMonths, i.Expires = 1, now.AddDate(0, 0, 100) })
	add("1001", "i-remaining", func(i *icpcode.Instance) { i.Expires = now.AddDate(0, 0, 10) })
	add("1001", "i-region", func(i *icpcode.Instance) { i.Region = "cn-hongkong" })
	add("1001", "i-public-ip", func(i *icpcode.Instance) { i.PublicIP = icpcode.No })
	add("1001", "i-status", func(i *icpcode.Instance) { i.Status = icpcode.StatusStopped })
	add("1001", "i-ip-in-use", func(i *icpcode.Instance) { i.IPHeld = icpcode.Yes })
	add("1001", "i-unknown", func(i *icpcode.Instance) { i.IPHeld, i.TermMonths = icpcode.Unknown, 0 })
	w.operators["ops"] = true
	w.verified["1001"], w.verified["2001"] = true, true
}

// demoFilers have filed, five websites each, and wait for the operator.
var demoFilers = []icpcode.AccountID{"5001", "5002", "5003", "5004"}

// demoIssues is how many codes live issues for each of the good servers; the
// first has none left.
var demoIssues = []int{5, 4, 3}

// live lets things happen: a quota that is used up, caps that are nearly
// reached, and filings in every state.
func (w *world) live(ctx context.Context, eng *icpcode.Engine) error {
	n := 0
	id := func() string { n++; return fmt.Sprint("demo-", n) }
	if err := w.queue(ctx, eng, id); err != nil { // the oldest
		return err
	}
	var codes []icpcode.Code
	for i, quantity := range demoIssues {
		server := w.servers[icpcode.InstanceID(fmt.Sprintf("i-good-%d", i+1))]
		r, err := eng.Issue(ctx, icpcode.IssueRequest{Actor: "1001", RequestID: id(), Instance: server, Quantity: quantity})
		if err != nil {
			return err
		}
		codes = append(codes, r.Codes...)
	}
	// Nine of ten grantees, and two of three granters to 3001.
	for i := range 9 {
		to := icpcode.AccountID(fmt.Sprint(4001 + i))
		if i == 0 {
			to = "3001"
		}
		if err := demoGrant(ctx, eng, "1001", codes[i], to, id()); err != nil {
			return err
		}
	}
	r, err := eng.Issue(ctx, icpcode.IssueRequest{Actor: "2001", RequestID: id(), Instance: w.servers["i-partner"], Quantity: 1})
	if err != nil {
		return err
	}
	if err := demoGrant(ctx, eng, "2001", r.Codes[0], "3001", id()); err != nil {
		return err
	}
	return demoFilings(ctx, eng, codes[9:], id)
}

// queue lets twenty filings wait under review, in all its stages.
func (w *world) queue(ctx context.Context, eng *icpcode.Engine, id func() string) error {
	n := 0
	for _, a := range demoFilers {
		for range 5 {
			n++
			filing := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: fmt.Sprintf("site-%d.example.cn", n), Subject: "subject-" + string(a)}
			r, err := eng.SubmitAuto(ctx, icpcode.SubmitAutoRequest{
				Actor: a, RequestID: id(), Instance: w.servers["i-of-"+icpcode.InstanceID(a)], Filing: filing,
			})
			if err != nil {
				return err
			}
			stage := []icpcode.Stage{icpcode.StageVerification, icpcode.StageSMS, icpcode.StageReview}[n%3]
			if _, err := eng.Stage(ctx, icpcode.StageRequest{Actor: "ops", RequestID: id(), Code: r.Codes[0], Stage: stage}); err != nil {
				return err
			}
		}
	}
	return nil
}

func demoGrant(ctx context.Context, eng *icpcode.Engine, by icpcode.AccountID, code icpcode.Code, to icpcode.AccountID, id string) error {
	_, err := eng.Grant(ctx, icpcode.GrantRequest{
		Actor: by, RequestID: id, Codes: []icpcode.Code{code}, GrantTo: to, Certification: icpcode.Enterprise, Proof: "1234",
	})
	return err
}

// demoFilings files with three codes: one is under review, one was sent back,
// one is filed. One paid code is not tied to a server, one was refunded, and
// one code is void.
func demoFilings(ctx context.Context, eng *icpcode.Engine, codes []icpcode.Code, id func() string) error {
	if len(codes) < 3 {
		return errDemo
	}
	for i, code := range codes[:3] {
		_, err := eng.Submit(ctx, icpcode.SubmitRequest{Actor: "1001", RequestID: id(), Code: code, Filing: icpcode.Filing{
			Kind: icpcode.FilingFirst, Domain: fmt.Sprintf("demo-%d.example.cn", i+1), Subject: "subject-1",
		}})
		if err != nil {
			return err
		}
	}
	paid, err := eng.Buy(ctx, icpcode.BuyRequest{Actor: "1001", RequestID: id(), Quantity: 3})
	if err != nil {
		return err
	}
	steps := []func() (icpcode.Result, error){
		func() (icpcode.Result, error) {
			return eng.Stage(ctx, icpcode.StageRequest{Actor: "ops", RequestID: id(), Code: codes[0], Stage: icpcode.StageSMS})
		},
		func() (icpcode.Result, error) {
			return eng.Reject(ctx, icpcode.RejectRequest{Actor: "ops", RequestID: id(), Code: codes[1], Rejection: "域名证书不清晰，请重新上传。"})
		},
		func() (icpcode.Result, error) {
			return eng.Approve(ctx, icpcode.ApproveRequest{Actor: "ops", RequestID: id(), Code: codes[2], ICPNumber: "浙ICP备00000000号-1"})
		},
		func() (icpcode.Result, error) {
			return eng.Refund(ctx, icpcode.RefundRequest{Actor: "1001", RequestID: id(), Code: paid.Codes[0], Reason: "not needed"})
		},
		func() (icpcode.Result, error) {
			return eng.Void(ctx, icpcode.VoidRequest{Actor: "ops", RequestID: id(), Code: paid.Codes[1], Reason: "demonstration"})
		},
	}
	for _, step := range steps {
		if _, err := step(); err != nil {
			return err
		}
	}
	return nil
}

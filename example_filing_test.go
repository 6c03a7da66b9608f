package icpcode_test

import (
	"context"
	"fmt"

	"github.com/icpcode/icpcode"
)

// site is what the examples file.
var site = icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "subject-9"}

// issued returns an engine whose account 1001 has n codes.
func issued(n int) (*icpcode.Engine, []icpcode.Code) {
	eng, server := tour()
	got, err := eng.Issue(context.Background(), icpcode.IssueRequest{Actor: "1001", RequestID: "order-1", Instance: server, Quantity: n})
	if err != nil {
		panic(err)
	}
	return eng, got.Codes
}

// submitted returns an engine whose account 1001 has filed with the first of
// two codes.
func submitted() (*icpcode.Engine, []icpcode.Code) {
	eng, codes := issued(2)
	r := icpcode.SubmitRequest{Actor: "1001", RequestID: "file-1", Code: codes[0], Filing: site}
	if _, err := eng.Submit(context.Background(), r); err != nil {
		panic(err)
	}
	return eng, codes
}

// filed is submitted, and approved.
func filed() (*icpcode.Engine, []icpcode.Code) {
	eng, codes := submitted()
	r := icpcode.ApproveRequest{Actor: "ops", RequestID: "approve-1", Code: codes[0], ICPNumber: "浙ICP备12345678号-1"}
	if _, err := eng.Approve(context.Background(), r); err != nil {
		panic(err)
	}
	return eng, codes
}

// Filing straight with a server: its code is issued by itself.
func ExampleEngine_SubmitAuto() {
	eng, server := tour()
	got, err := eng.SubmitAuto(context.Background(), icpcode.SubmitAutoRequest{
		Actor: "1001", RequestID: "file-1", Instance: server, Filing: site,
	})
	fmt.Println(len(got.Codes), got.State, got.Quota.Left(), err)
	// Output:
	// 1 Filing 4 <nil>
}

// An operator says how far the review of a filing is, and lists what waits.
func ExampleEngine_Stage() {
	ctx := context.Background()
	eng, codes := submitted()
	_, err := eng.Stage(ctx, icpcode.StageRequest{Actor: "ops", RequestID: "stage-1", Code: codes[0], Stage: icpcode.StageSMS})
	fmt.Println(err)
	for rec, err := range eng.Owned(ctx, icpcode.ListRequest{Actor: "ops", All: true, Stage: icpcode.StageSMS}) {
		fmt.Println(rec.Owner, rec.Filing.Domain, rec.Progress.Stage, err)
	}
	// Output:
	// <nil>
	// 1001 example.cn SMS <nil>
}

// An operator sends a filing back. The holder reads what is wrong.
func ExampleEngine_Reject() {
	ctx := context.Background()
	eng, codes := submitted()
	_, err := eng.Reject(ctx, icpcode.RejectRequest{
		Actor: "ops", RequestID: "reject-1", Code: codes[0], Rejection: "The domain is not registered to the subject.",
	})
	fmt.Println(err)
	rec, err := eng.Lookup(ctx, "1001", codes[0], icpcode.Instance{})
	fmt.Println(rec.State, rec.Progress.Rejection, err)
	// Output:
	// <nil>
	// Filing The domain is not registered to the subject. <nil>
}

// The holder corrects what was sent back.
func ExampleEngine_Resubmit() {
	ctx := context.Background()
	eng, codes := submitted()
	_, err := eng.Reject(ctx, icpcode.RejectRequest{Actor: "ops", RequestID: "reject-1", Code: codes[0], Rejection: "Wrong domain."})
	if err != nil {
		fmt.Println(err)
		return
	}
	right := site
	right.Domain = "example.com.cn"
	got, err := eng.Resubmit(ctx, icpcode.SubmitRequest{Actor: "1001", RequestID: "file-2", Code: codes[0], Filing: right})
	fmt.Println(got.State, err)
	rec, err := eng.Lookup(ctx, "1001", codes[0], icpcode.Instance{})
	fmt.Println(rec.Filing.Domain, rec.Progress == nil || rec.Progress.Rejection == "", err)
	// Output:
	// Filing <nil>
	// example.com.cn true <nil>
}

// The filing is approved and replaces an older one of the same site, which
// ends in the same commit.
func ExampleEngine_Approve() {
	ctx := context.Background()
	eng, codes := filed()
	r := icpcode.SubmitRequest{Actor: "1001", RequestID: "file-2", Code: codes[1], Filing: site}
	if _, err := eng.Submit(ctx, r); err != nil {
		fmt.Println(err)
		return
	}
	got, err := eng.Approve(ctx, icpcode.ApproveRequest{
		Actor: "ops", RequestID: "approve-2", Code: codes[1], ICPNumber: "浙ICP备12345678号-2", Replaces: codes[:1],
	})
	fmt.Println(len(got.Codes), got.State, err)
	older, err := eng.Lookup(ctx, "1001", codes[0], icpcode.Instance{})
	fmt.Println(older.State, older.Progress.End, err)
	// Output:
	// 2 Filed <nil>
	// Filed Moved <nil>
}

// A filing that was withdrawn gives its code back.
func ExampleEngine_Release() {
	eng, codes := submitted()
	got, err := eng.Release(context.Background(), icpcode.ReleaseRequest{Actor: "1001", RequestID: "release-1", Code: codes[0]})
	fmt.Println(got.State, err)
	// Output:
	// Available <nil>
}

// A number that was mistyped is put right, and both stay in the history.
func ExampleEngine_Correct() {
	ctx := context.Background()
	eng, codes := filed()
	_, err := eng.Correct(ctx, icpcode.CorrectRequest{Actor: "ops", RequestID: "correct-1", Code: codes[0], ICPNumber: "浙ICP备12345687号-1"})
	fmt.Println(err)
	rec, err := eng.Lookup(ctx, "1001", codes[0], icpcode.Instance{})
	fmt.Println(rec.ICPNumber(), err)
	// Output:
	// <nil>
	// 浙ICP备12345687号-1 <nil>
}

// The site was given up. The code stays used.
func ExampleEngine_End() {
	ctx := context.Background()
	eng, codes := filed()
	got, err := eng.End(ctx, icpcode.EndRequest{
		Actor: "ops", RequestID: "end-1", Code: codes[0], End: icpcode.EndDeregistered, Reason: "deregistered by its subject",
	})
	fmt.Println(got.State, err)
	// Output:
	// Filed <nil>
}

// Before a server is given up: could another one take its filings over?
func ExampleEngine_PlanMove() {
	ctx := context.Background()
	eng, _ := filed()
	_, other := tour()
	other.ID, other.PublicIP = "i-bp2def", icpcode.No
	for a, err := range eng.PlanMove(ctx, icpcode.ListRequest{Actor: "1001", InstanceID: "i-bp1abc"}, other) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(a.Record.Filing.Domain)
		for r := range a.Decision.Reasons(icpcode.English) {
			fmt.Printf("%s: %s\n", r.Rule, r.Remedy)
		}
	}
	// Output:
	// example.cn
	// ELG-PUBLICIP: buy public bandwidth or bind an EIP (if it is reached through a NAT gateway or load balancer with a public IP, apply with that)
	// RSK-MOVE: before leaving it, file an access or change filing with the new server's code; inside one cloud changing DNS is said to be enough
}

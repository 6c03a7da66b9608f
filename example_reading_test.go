package icpcode_test

import (
	"context"
	"fmt"

	"github.com/icpcode/icpcode"
)

// granted returns an engine whose account 1001 has granted the second of its
// two codes to account 2002.
func granted() (*icpcode.Engine, []icpcode.Code) {
	eng, codes := issued(2)
	_, err := eng.Grant(context.Background(), icpcode.GrantRequest{
		Actor: "1001", RequestID: "grant-1", Codes: codes[1:], GrantTo: "2002",
		Certification: icpcode.Enterprise, Proof: "834211",
	})
	if err != nil {
		panic(err)
	}
	return eng, codes
}

// To everybody but owner, grantee and operators there is no such code.
func ExampleEngine_Lookup() {
	ctx := context.Background()
	eng, codes := granted()
	for _, asker := range []icpcode.AccountID{"1001", "2002", "3003", "ops"} {
		rec, err := eng.Lookup(ctx, asker, codes[1], icpcode.Instance{})
		fmt.Println(asker, rec.State, err)
	}
	// Output:
	// 1001 Available <nil>
	// 2002 Available <nil>
	// 3003 None icpcode: no such code for this account
	// ops Available <nil>
}

// What happened to a code, the oldest first. The grantee sees it from the grant
// on.
func ExampleEngine_History() {
	eng, codes := granted()
	for _, asker := range []icpcode.AccountID{"1001", "2002"} {
		for e, err := range eng.History(context.Background(), asker, codes[1]) {
			fmt.Printf("%s sees: %d. %v by %s %v\n", asker, e.Seq, e.Action, e.Actor, err)
		}
	}
	// Output:
	// 1001 sees: 1. Issue by 1001 <nil>
	// 1001 sees: 2. Grant by 1001 <nil>
	// 2002 sees: 2. Grant by 1001 <nil>
}

// The codes that an account generated (本账号生成的服务码).
func ExampleEngine_Owned() {
	eng, _ := granted()
	for rec, err := range eng.Owned(context.Background(), icpcode.ListRequest{Actor: "1001", Newest: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v for %q\n", rec.State, rec.Grantee)
	}
	// Unordered output:
	// Available for ""
	// Available for "2002"
}

// A page of a service that keeps nothing between requests.
func ExampleEngine_OwnedPage() {
	ctx := context.Background()
	eng, _ := issued(5)
	r := icpcode.ListRequest{Actor: "1001", Newest: true, Limit: 2}
	for {
		page, err := eng.OwnedPage(ctx, r)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(page.Records))
		if page.Next == "" {
			break
		}
		r.After = page.Next // sealed: it may go to a browser and come back
	}
	// Output:
	// 2
	// 2
	// 1
}

// The codes that an account received (他人授权给我的服务码).
func ExampleEngine_Received() {
	eng, _ := granted()
	for rec, err := range eng.Received(context.Background(), icpcode.ListRequest{Actor: "2002"}) {
		fmt.Println(rec.State, "from", rec.Owner, err)
	}
	// Output:
	// Available from 1001 <nil>
}

// A nightly job over all accounts: which filings are at risk, and what to do.
func ExampleEngine_Review() {
	ctx := context.Background()
	eng, _ := filed()
	downgraded := func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
		_, today := tour()
		today.PublicIP = icpcode.No
		return map[icpcode.InstanceID]icpcode.Instance{ids[0]: today}, nil
	}
	for a, err := range eng.Review(ctx, icpcode.ListRequest{Actor: "ops", All: true, Facts: downgraded}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(a.Record.Owner, a.Record.Filing.Domain)
		for r := range a.Decision.Reasons(icpcode.English) {
			fmt.Printf("%s: %s: %s\n", r.Rule, r.Found, r.Remedy)
		}
	}
	// Output:
	// 1001 example.cn
	// RSK-DOWNGRADED: no public IP: ask the owner to upgrade the instance again and restore what it lost, such as an EIP
	// RSK-MOVE: a filing rests on this server: before leaving it, ask the holder to file an access or change filing with the new server's code; inside one cloud changing DNS is said to be enough
}

// How many more accounts may be granted to this year, and when that begins
// again, in Asia/Shanghai.
func ExampleEngine_GrantQuota() {
	eng, _ := granted()
	q, err := eng.GrantQuota(context.Background(), "1001")
	fmt.Println(q.Year, q.Out.Used, q.Out.Left(), q.Resets.Format("2006-01-02 15:04"), err)
	// Output:
	// 2026 1 9 2027-01-01 00:00 <nil>
}

func ExampleEngine_Grantees() {
	eng, _ := granted()
	to, err := eng.Grantees(context.Background(), "1001", 2026)
	fmt.Println(to, err)
	// Output:
	// [2002] <nil>
}

package icpcode_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

// The program of the README.
func Example() {
	ctx := context.Background()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	eng := icpcode.New(memstore.New(), &icpcode.Options{
		Clock: func() time.Time { return noon }, // only so that this prints the same for ever
	})
	server := icpcode.Instance{
		ID: "i-bp1abc", Owner: "1001", Product: icpcode.ECS, Region: "cn-hangzhou",
		Billing: icpcode.Subscription, Status: icpcode.StatusRunning,
		TermMonths: 12, Expires: noon.AddDate(0, 11, 0),
		Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
	}
	got, err := eng.Issue(ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "order-77", Instance: server, Quantity: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d codes, %v; %d left\n", len(got.Codes), got.State, got.Quota.Left())

	server.Region, server.IPHeld = "cn-hongkong", icpcode.Unknown
	_, err = eng.Issue(ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "order-78", Instance: server, Quantity: 4})
	var no *icpcode.RefusedError
	if errors.As(err, &no) {
		for r := range no.Decision.Reasons(icpcode.English) {
			fmt.Printf("%s: required %s; found %s\n\t%s\n", r.Rule, r.Required, r.Found, r.Remedy)
		}
	}
	// Output:
	// 2 codes, Available; 3 left
	// ELG-REGION: required a region in mainland China; found cn-hongkong, outside mainland China
	// 	buy in a mainland region
	// ELG-IPINUSE: required an IP that no other filing holds; found not known: whether another filing holds its IP
	// 	state whether another filing holds its IP
	// ELG-QUOTA: required at most 5 codes ever, for the instance; found 2 issued, 4 requested
	// 	request at most 3; use another instance, or buy a paid code
}

// Options and facts that the other examples share.
func tour() (*icpcode.Engine, icpcode.Instance) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	eng := icpcode.New(memstore.New(), &icpcode.Options{
		Clock:    func() time.Time { return now },
		Price:    icpcode.Money{Amount: decimal.RequireFromString("100"), Currency: "CNY"},
		Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == "ops", nil },
		VerifyPhone: func(_ context.Context, v icpcode.Verification) error {
			if v.Proof != "834211" {
				return icpcode.ErrNotVerified
			}
			return nil
		},
	})
	return eng, icpcode.Instance{
		ID: "i-bp1abc", Owner: "1001", Product: icpcode.ECS, Region: "cn-hangzhou",
		Billing: icpcode.Subscription, Status: icpcode.StatusRunning, TermMonths: 12, Expires: now.AddDate(1, 0, 0),
		Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
	}
}

// Issuing and granting is one action: verified beforehand, refused until the
// phone is verified, and then all or nothing.
func ExampleEngine_DryRun() {
	ctx := context.Background()
	eng, server := tour()
	r := icpcode.IssueRequest{
		Actor: "1001", RequestID: "order-1", Instance: server, Quantity: 2,
		GrantTo: "2002", Certification: icpcode.Enterprise,
	}
	before, err := eng.DryRun().Issue(ctx, r)
	fmt.Println("phone needed:", before.PhoneNeeded, "error:", err)

	_, err = eng.Issue(ctx, r)
	fmt.Println(err)

	r.Proof = "834211"
	got, err := eng.Issue(ctx, r)
	fmt.Println(len(got.Codes), "codes, error:", err)
	// Output:
	// phone needed: true error: <nil>
	// icpcode: refused: GRT-FIRST
	// 2 codes, error: <nil>
}

// The holder files, an operator approves, and the code is used for good.
func ExampleEngine_Submit() {
	ctx := context.Background()
	eng, server := tour()
	issued, err := eng.Issue(ctx, icpcode.IssueRequest{
		Actor: "1001", RequestID: "order-1", Instance: server, Quantity: 1,
		GrantTo: "2002", Certification: icpcode.Enterprise, Proof: "834211",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	filing := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "subject-9"}
	_, err = eng.Submit(ctx, icpcode.SubmitRequest{Actor: "1001", RequestID: "f-1", Code: issued.Codes[0], Filing: filing})
	fmt.Println("the owner:", err)
	got, err := eng.Submit(ctx, icpcode.SubmitRequest{Actor: "2002", RequestID: "f-1", Code: issued.Codes[0], Filing: filing})
	fmt.Println("the grantee:", got.State, err)
	got, err = eng.Approve(ctx, icpcode.ApproveRequest{Actor: "ops", RequestID: "a-1", Code: issued.Codes[0], ICPNumber: "浙ICP备12345678号-1"})
	fmt.Println("the operator:", got.State, err)
	for e, err := range eng.History(ctx, "1001", issued.Codes[0]) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d. %v by %s: %v\n", e.Seq, e.Action, e.Actor, e.To)
	}
	// Output:
	// the owner: icpcode: refused: FIL-HOLDER
	// the grantee: Filing <nil>
	// the operator: Filed <nil>
	// 1. Issue by 1001: Available
	// 2. Grant by 1001: Available
	// 3. Submit by 2002: Filing
	// 4. Approve by operator: Filed
}

// The rules are pure functions over plain values; no store is needed.
func ExampleRuleSet_Check() {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	rules, err := icpcode.Alibaba().At(day)
	if err != nil {
		fmt.Println(err)
		return
	}
	d := rules.Check(icpcode.IssueRequest{
		Actor: "1001", Quantity: 1,
		Instance: icpcode.Instance{Owner: "1001", Product: icpcode.ECS, Region: "cn-hangzhou", Billing: icpcode.PayAsYouGo},
	}, 0, day)
	fmt.Println("fails:", d.Fail)
	fmt.Println("cannot tell:", d.Unknown)
	for r := range d.Reasons(icpcode.Chinese) {
		if r.Rule == icpcode.ELGBilling {
			fmt.Println(r.Required, r.Found, r.Remedy)
		}
	}
	// Output:
	// fails: ELG-BILLING
	// cannot tell: ELG-TERM, ELG-REMAINING, ELG-PUBLICIP, ELG-STATUS, ELG-IPINUSE
	// 包年/包月，且非试用 按量付费 转包月
}

func ExampleRuleSet_ServersFor() {
	rules, err := icpcode.Alibaba().At(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rules.ServersFor(icpcode.ECS, 46))
	// Output:
	// 10 <nil>
}

// What a code may be used for, and if not, why not.
func ExampleEngine_Pick() {
	ctx := context.Background()
	eng, server := tour()
	if _, err := eng.Issue(ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "order-1", Instance: server, Quantity: 1}); err != nil {
		fmt.Println(err)
		return
	}
	expired := func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
		today := make(map[icpcode.InstanceID]icpcode.Instance)
		for _, id := range ids {
			today[id] = icpcode.Instance{Status: icpcode.StatusExpired}
		}
		return today, nil
	}
	for a, err := range eng.Pick(ctx, icpcode.ListRequest{Actor: "1001", Facts: expired}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(a.Record.State, "usable:", !a.Decision.Refused())
		for r := range a.Decision.Reasons(icpcode.English) {
			fmt.Printf("%s: %s\n", r.Rule, r.Remedy)
		}
	}
	// Output:
	// Invalid usable: false
	// ELG-STATUS: renew
	// LIF-EFFECTIVE: renew the instance: the code can then be used again
	// ELG-REMAINING: renew until at least 90 full days are left (a server just bought for the shortest term may still fail by a day or two)
}

// People paste codes.
func ExampleParseCode() {
	for _, s := range []string{"0123-4567-8901", "“０１２３ ４５６７ ８９０１”", "123456789012"} {
		c, err := icpcode.ParseCode(s)
		fmt.Println(c.Display(), c.Masked(), err)
	}
	// Output:
	// 0123-4567-8901 **********01 <nil>
	// 0123-4567-8901 **********01 <nil>
	//   icpcode: invalid request: Code does not begin with 0
}

func ExampleSplit() {
	parts, err := icpcode.Split(decimal.RequireFromString("100.00"), 3)
	fmt.Println(parts, err)
	// Output:
	// [33.34 33.33 33.33] <nil>
}

// A grant is judged without a store: its case says what the documents would.
func ExampleRuleSet_Decide() {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	rules, err := icpcode.Alibaba().At(day)
	if err != nil {
		fmt.Println(err)
		return
	}
	code := icpcode.CaseCode{State: icpcode.StateAvailable, Origin: icpcode.OriginFree, Asker: icpcode.RoleOwner}
	used := code
	used.State = icpcode.StateFiled
	d, err := rules.Decide(icpcode.Case{
		Operation: icpcode.OperationGrant, At: day, ForAnother: true, Certification: icpcode.Enterprise,
		Grant: &icpcode.CaseGrant{
			Out: icpcode.CaseCap{Used: 4}, In: icpcode.CaseCap{Used: 3}, // 4 of 10 grantees, 3 of 3 granters
			Phone: icpcode.PhoneUnasked, Codes: []icpcode.CaseCode{code, used},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for r := range d.Reasons(icpcode.English) {
		fmt.Println(r.Rule, r.Position, r.Found)
	}
	// Output:
	// GRT-IN 0 the target account has reached the cap of 3 in the natural year 2026
	// GRT-STATE 2 code 2 of 2: the code is Filed
}

// A decision is stored as JSON. A year later it explains itself without the
// rule book, and the very set that decided decides its case again.
func ExampleDecision_MarshalJSON() {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	book := icpcode.Alibaba()
	rules, err := book.At(day)
	if err != nil {
		fmt.Println(err)
		return
	}
	stored, err := json.Marshal(rules.Check(icpcode.IssueRequest{
		Actor: "1001", Quantity: 1,
		Instance: icpcode.Instance{Owner: "1001", Product: icpcode.ECS, Region: "cn-hongkong", Billing: icpcode.Subscription},
	}, 5, day))
	if err != nil {
		fmt.Println(err)
		return
	}

	var d icpcode.Decision
	if err := json.Unmarshal(stored, &d); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Case.At.Format(time.DateOnly), d.RuleSetVersion(), d.Fail)
	for r := range d.Reasons(icpcode.English) {
		if r.Outcome == icpcode.OutcomeUnknown {
			fmt.Println(r.Rule, r.Facts[0])
		}
	}
	for _, set := range book.Sets() {
		if set.Digest() == d.RuleSetDigest() {
			again, err := set.Decide(d.Case)
			fmt.Println(again.Verdict == d.Verdict, err)
		}
	}
	// Output:
	// 2026-03-01 alibaba-2026-01-06 ELG-REGION, ELG-QUOTA
	// ELG-BILLING trial
	// ELG-TERM term_months
	// ELG-REMAINING expires
	// ELG-PUBLICIP public_ip
	// ELG-STATUS status
	// ELG-IPINUSE ip_held
	// true <nil>
}

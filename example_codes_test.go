package icpcode_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
)

// Two of the five codes that the server can ever have.
func ExampleEngine_Issue() {
	ctx := context.Background()
	eng, server := tour()
	r := icpcode.IssueRequest{Actor: "1001", RequestID: "order-1", Instance: server, Quantity: 2}
	got, err := eng.Issue(ctx, r)
	fmt.Println(len(got.Codes), got.State, got.Quota.Left(), err)

	// A retry of the same request gets the same codes, and nothing more.
	again, err := eng.Issue(ctx, r)
	fmt.Println(again.Codes[0] == got.Codes[0], again.Replayed, err)
	// Output:
	// 2 Available 3 <nil>
	// true true <nil>
}

// The first grant to an account needs its phone; a second one does not.
func ExampleEngine_Grant() {
	ctx := context.Background()
	eng, codes := issued(2)
	r := icpcode.GrantRequest{
		Actor: "1001", RequestID: "grant-1", Codes: codes[:1], GrantTo: "2002", Certification: icpcode.Enterprise,
	}
	_, err := eng.Grant(ctx, r)
	fmt.Println(err)

	r.Proof = "834211"
	_, err = eng.Grant(ctx, r)
	fmt.Println(err)

	_, err = eng.Grant(ctx, icpcode.GrantRequest{
		Actor: "1001", RequestID: "grant-2", Codes: codes[1:], GrantTo: "2002", Certification: icpcode.Enterprise,
	})
	fmt.Println(err)
	// Output:
	// icpcode: refused: GRT-FIRST
	// <nil>
	// <nil>
}

// Paid codes are bought first and tied to a server later.
func ExampleEngine_Buy() {
	eng, _ := tour()
	got, err := eng.Buy(context.Background(), icpcode.BuyRequest{Actor: "1001", RequestID: "buy-1", Quantity: 3})
	fmt.Println(len(got.Codes), got.State, got.Money, err)
	// Output:
	// 3 Unbound 300.00 CNY <nil>
}

// A discount is spread over the codes to the cent, and comes back with them.
func ExampleEngine_Refund() {
	ctx := context.Background()
	eng, _ := tour()
	bought, err := eng.Buy(ctx, icpcode.BuyRequest{
		Actor: "1001", RequestID: "buy-1", Quantity: 3,
		Paid: decimal.NewNullDecimal(decimal.RequireFromString("250")),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := eng.Refund(ctx, icpcode.RefundRequest{Actor: "1001", RequestID: "refund-1", Code: bought.Codes[0]})
	fmt.Println(got.State, got.Money, err)
	// Output:
	// Refunded 83.34 CNY <nil>
}

func ExampleEngine_Bind() {
	ctx := context.Background()
	eng, server := tour()
	bought, err := eng.Buy(ctx, icpcode.BuyRequest{Actor: "1001", RequestID: "buy-1", Quantity: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := eng.Bind(ctx, icpcode.BindRequest{Actor: "1001", RequestID: "bind-1", Code: bought.Codes[0], Instance: server})
	fmt.Println(got.State, err)
	// Output:
	// Available <nil>
}

// An operator makes a code invalid. Its owner reads why.
func ExampleEngine_Void() {
	ctx := context.Background()
	eng, codes := issued(1)
	r := icpcode.VoidRequest{Actor: "ops", RequestID: "void-1", Code: codes[0], Reason: "leaked in a screenshot"}
	if _, err := eng.Void(ctx, r); err != nil {
		fmt.Println(err)
		return
	}
	rec, err := eng.Lookup(ctx, "1001", codes[0], icpcode.Instance{})
	cause, _ := rec.Why(icpcode.English, "1001", icpcode.Instance{})
	fmt.Println(rec.State, rec.Reason, err)
	fmt.Println(cause)
	// Output:
	// Invalid leaked in a screenshot <nil>
	// the provider voided it
}

// The server was refunded: its codes that are not used go with it. What was
// filed stays Filed, and is named, because it must move to another server.
func ExampleEngine_CloseInstance() {
	ctx := context.Background()
	eng, codes := filed()
	r := icpcode.CloseRequest{Actor: "ops", RequestID: "close-1", InstanceID: "i-bp1abc", Refunded: true, Reason: "refunded on request"}
	got, err := eng.CloseInstance(ctx, r)
	fmt.Println(len(got.Codes), got.State, err)
	fmt.Println(len(got.Resting), got.Resting[0] == codes[0])
	// Output:
	// 1 Refunded <nil>
	// 1 true
}

// A code that another system issued counts from now on.
func ExampleEngine_Import() {
	ctx := context.Background()
	eng, server := tour()
	code, err := icpcode.ParseCode("0123-4567-8901")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = eng.Import(ctx, icpcode.ImportRequest{
		Actor: "ops", RequestID: "import-1", Code: code, State: icpcode.StateAvailable,
		Owner: "1001", InstanceID: server.ID, Product: server.Product, Origin: icpcode.OriginFree,
		Issued: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC),
	})
	fmt.Println(err)
	got, err := eng.Issue(ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "order-1", Instance: server, Quantity: 1})
	fmt.Println(got.Quota.Left(), err)
	// Output:
	// <nil>
	// 3 <nil>
}

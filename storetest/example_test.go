package storetest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/storetest"
)

// The test of a store of yours. Each call must return a store that shares
// nothing with those before it, or keys that no other test writes.
func ExampleRun() { //nolint:testableexamples // it is a test
	_ = func(t *testing.T) { // func TestMyStore(t *testing.T)
		storetest.Run(t, func(testing.TB) icpcode.Store { return memstore.New() })
	}
}

// The answer to a commit is lost. The same request again finds out that it was
// done.
func ExampleNewFaulty() {
	ctx := context.Background()
	store := storetest.NewFaulty(memstore.New(), storetest.Fault{Method: storetest.Commit, Call: 1, Effect: storetest.FailAfter})
	eng := icpcode.New(store, &icpcode.Options{Price: icpcode.Money{Amount: decimal.NewFromInt(100), Currency: "CNY"}})
	r := icpcode.BuyRequest{Actor: "1001", RequestID: "buy-1", Quantity: 1}
	_, err := eng.Buy(ctx, r)
	fmt.Println(icpcode.CategoryOf(err))
	got, err := eng.Buy(ctx, r)
	fmt.Println(got.Replayed, err)
	// Output:
	// UnknownOutcome
	// true <nil>
}

package memstore_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// Two engines over one store share its codes; another store has none of them.
func Example() {
	ctx := context.Background()
	store := memstore.New()
	price := &icpcode.Options{Price: icpcode.Money{Amount: decimal.NewFromInt(100), Currency: "CNY"}}
	got, err := icpcode.New(store, price).Buy(ctx, icpcode.BuyRequest{Actor: "1001", RequestID: "buy-1", Quantity: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = icpcode.New(store, nil).Lookup(ctx, "1001", got.Codes[0], icpcode.Instance{})
	fmt.Println(err)
	_, err = icpcode.New(memstore.New(), nil).Lookup(ctx, "1001", got.Codes[0], icpcode.Instance{})
	fmt.Println(err)
	// Output:
	// <nil>
	// icpcode: no such code for this account
}

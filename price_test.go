package icpcode_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// TestAmounts looks at amounts of money along the edges of what they can be,
// and at what is said of those that they cannot be. What has too many places
// or digits to be looked at is none.
func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		name   string
		amount decimal.Decimal
		want   string
	}{
		{"nothing", decimal.Zero, ""},
		{"nothing, to 32 places", decimal.New(0, -32), ""},
		{"a cent", decimal.New(1, -2), ""},
		{"the most", decimal.RequireFromString("9999999999999999.99"), ""},
		{"10^16", decimal.New(1, 16), "is not below 10^16"},
		{"10^32", decimal.New(1, 32), "is not below 10^16"},
		{"10^33", decimal.New(1, 33), "is not an amount of money"},
		{"64 digits", decimal.RequireFromString(strings.Repeat("9", 64)), "is not below 10^16"},
		{"65 digits", decimal.RequireFromString(strings.Repeat("9", 65)), "is not an amount of money"},
		{"a tenth of a cent", decimal.New(1, -3), "has a fraction of a cent"},
		{"10^-32", decimal.New(1, -32), "has a fraction of a cent"},
		{"10^-33", decimal.New(1, -33), "is not an amount of money"},
		{"less than nothing", decimal.New(-1, -2), "is negative"},
	} {
		parts, err := icpcode.Split(c.amount, 1)
		var no *icpcode.InvalidError
		if c.want == "" && (err != nil || len(parts) != 1 || !parts[0].Equal(c.amount)) {
			t.Errorf("%s is %v, %v", c.name, parts, err)
		}
		if c.want != "" && (!errors.As(err, &no) || no.Problem != c.want) {
			t.Errorf("%s: got %v, want that it %s", c.name, err, c.want)
		}
	}
}

// TestSplitOverTheMost splits an amount over as many codes as one request can
// have.
func TestSplitOverTheMost(t *testing.T) {
	parts := must[[]decimal.Decimal](t)(icpcode.Split(decimal.RequireFromString("10.01"), 1000))
	if len(parts) != 1000 || parts[0].String() != "0.02" || parts[1].String() != "0.01" || parts[999].String() != "0.01" {
		t.Errorf("10.01 is split into %d parts from %s to %s", len(parts), parts[0], parts[len(parts)-1])
	}
}

// TestCurrencies buys in currencies of the first and last letters, and in what
// only looks like one.
func TestCurrencies(t *testing.T) {
	for currency, ok := range map[string]bool{"CNY": true, "AZN": true, "ZAR": true, "CN@": false, "CN[": false, "CN": false, "CNYX": false} {
		w := newWorld(t).with(func(o *icpcode.Options) { o.Price.Currency = currency })
		res, err := w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: theOwner, Quantity: 1})
		if ok && (err != nil || res.Money.Currency != currency) {
			t.Errorf("%s: bought for %v, %v", currency, res.Money, err)
		}
		if !ok && !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("%s: got %v", currency, err)
		}
	}
}

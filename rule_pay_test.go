package icpcode_test

import (
	"slices"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

func testPAYWhen(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	w.issue(i, 5)
	d := must[icpcode.Decision](t)(verify(w.ctx, w.eng, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1}))
	if d.Advice != icpcode.MakeRuleIDs(icpcode.PAYWhen) || d.Fail.Has(icpcode.PAYWhen) {
		t.Errorf("advice %v, fail %v", d.Advice, d.Fail)
	}
	advised := false
	for r := range d.Reasons(icpcode.English) {
		advised = advised || r.Rule == icpcode.PAYWhen && r.Outcome == icpcode.OutcomeAdvised && r.Remedy != ""
	}
	if !advised {
		t.Error("nobody is told that codes can be bought")
	}
	for _, n := range []int{1, 6} {
		d := must[icpcode.Decision](t)(verify(w.ctx, w.eng, icpcode.IssueRequest{Actor: "1001", Instance: w.server("1001"), Quantity: n}))
		if d.Advice != 0 {
			t.Errorf("advice %v where there are free codes", d.Advice)
		}
	}
	w.buy("1001", 1) // never a gate
}

func testPAYPrice(t *testing.T) {
	w := newWorld(t)
	w.with(func(o *icpcode.Options) { o.Price = icpcode.Money{} })
	_, err := w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 1})
	is(t, err, icpcode.ErrNoPrice)
	for _, bad := range []icpcode.Money{
		{Amount: decimal.NewFromInt(-1), Currency: "CNY"}, {Amount: decimal.NewFromInt(1)}, {Currency: "CNY"},
		{Amount: decimal.NewFromInt(1), Currency: "yuan"}, {Amount: decimal.New(1, 1_000_000_000), Currency: "CNY"},
	} {
		w.with(func(o *icpcode.Options) { o.Price = bad })
		_, err := w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 1})
		is(t, err, icpcode.ErrInvalid)
	}
	w.with(func(o *icpcode.Options) {
		o.Price = icpcode.Money{Amount: decimal.RequireFromString("12.5"), Currency: "CNY"}
	})
	if res := must[icpcode.Result](t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 3})); res.Money.String() != "37.50 CNY" {
		t.Errorf("three cost %v", res.Money)
	}
}

func testPAYExact(t *testing.T) {
	w := newWorld(t)
	res := must[icpcode.Result](t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{
		Actor: "1001", Quantity: 3, Paid: decimal.NewNullDecimal(decimal.RequireFromString("100.00")),
	}))
	var parts []string
	sum := decimal.Zero
	for _, c := range res.Codes {
		p := w.record(c).Paid.Amount
		parts = append(parts, p.String())
		sum = sum.Add(p)
	}
	if !slices.Equal(parts, []string{"33.34", "33.33", "33.33"}) || !sum.Equal(decimal.NewFromInt(100)) {
		t.Errorf("100.00 is split into %v", parts)
	}
	for _, total := range []string{"0", "0.01", "0.19", "9999999999999999.99"} {
		for n := 1; n <= 20; n++ {
			d := decimal.RequireFromString(total)
			parts := must[[]decimal.Decimal](t)(icpcode.Split(d, n))
			if got := decimal.Sum(decimal.Zero, parts...); !got.Equal(d) || len(parts) != n {
				t.Errorf("%s over %d adds up to %s", total, n, got)
			}
			if spread := parts[0].Sub(parts[n-1]); spread.GreaterThan(decimal.New(1, -2)) || spread.IsNegative() {
				t.Errorf("%s over %d differs by %s", total, n, spread)
			}
		}
	}
	for _, bad := range []string{"-0.01", "0.001", "10000000000000000", "1E+100"} {
		_, err := icpcode.Split(decimal.RequireFromString(bad), 2)
		is(t, err, icpcode.ErrInvalid)
		_, err = w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 3, Paid: decimal.NewNullDecimal(decimal.RequireFromString(bad))})
		is(t, err, icpcode.ErrInvalid)
	}
	for _, n := range []int{0, -1, 1001} {
		_, err := icpcode.Split(decimal.NewFromInt(1), n)
		is(t, err, icpcode.ErrInvalid)
	}
}

func testPAYRefund(t *testing.T) {
	w := newWorld(t)
	codes := must[icpcode.Result](t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{
		Actor: "1001", Quantity: 3, Paid: decimal.NewNullDecimal(decimal.RequireFromString("100.00")),
	})).Codes
	// What was paid for that code, also after the price has changed.
	w.with(func(o *icpcode.Options) {
		o.Price = icpcode.Money{Amount: decimal.RequireFromString("500"), Currency: "CNY"}
	})
	res := must[icpcode.Result](t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "1001", RequestID: "r", Code: codes[0]}))
	if res.Money.String() != "33.34 CNY" || w.record(codes[0]).Refunded.String() != "33.34 CNY" {
		t.Errorf("refunds %v, recorded %v", res.Money, w.record(codes[0]).Refunded)
	}
	// Once: the same request returns the same answer, another is refused.
	if again := must[icpcode.Result](t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "1001", RequestID: "r", Code: codes[0]})); !again.Replayed || again.Money.String() != "33.34 CNY" {
		t.Errorf("again %+v", again)
	}
	_, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "1001", RequestID: "r2", Code: codes[0]})
	refused(t, err, icpcode.LIFRefund)
	// Voiding pays nothing back.
	res = must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: codes[1], Reason: "test"}))
	if !res.Money.IsZero() || !w.record(codes[1]).Refunded.IsZero() {
		t.Errorf("voiding pays back %v", res.Money)
	}
}

func testPAYQuota(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	w.issue(i, 5)
	for _, c := range w.buy("1001", 2) {
		must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: c, Instance: i}))
	}
	i = w.server("1001")
	must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: w.buy("1001", 1)[0], Instance: i}))
	w.issue(i, 5) // all of the free quota is still there
	// Otherwise by policy.
	w.rules(func(s *icpcode.RuleSet) { s.Life.PaidUsesQuota = true })
	i = w.server("1001")
	must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: w.buy("1001", 1)[0], Instance: i}))
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 5})
	refused(t, err, icpcode.ELGQuota)
	w.issue(i, 4)
	_, err = w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: w.buy("1001", 1)[0], Instance: i})
	refused(t, err, icpcode.ELGQuota)
}

package icpcode_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// TestLifeImport imports over a code in every state, by every actor: nothing
// that is known is overwritten.
func TestLifeImport(t *testing.T) {
	for _, c := range lifeCases() {
		for _, actor := range []icpcode.AccountID{theOwner, theGrantee, ops, theStranger} {
			w := newWorld(t)
			spy := w.spied()
			code, i := c.make(w)
			before := spy.dump(t)
			_, err := w.eng.Import(w.ctx, icpcode.ImportRequest{
				Actor: actor, Code: code, State: icpcode.StateFiled, Owner: theOwner, InstanceID: i.ID, Product: i.Product,
				Origin: icpcode.OriginFree, Issued: at(2025, 5, 5, 0, 0, 0),
			})
			noCodes(t, c.String(), err, code)
			if actor == ops && c.state == icpcode.StateNone {
				must[int](t)(0, err)
				w.state(code, icpcode.StateFiled)
				continue
			}
			if actor == ops {
				is(t, err, icpcode.ErrDiffers)
			} else {
				refused(t, err, icpcode.LIFImport)
			}
			if after := spy.dump(t); after != before {
				t.Errorf("%v, by %s: the store has changed from\n%s\nto\n%s", c, actor, before, after)
			}
		}
	}
}

// forgetful is a store that does not find events at first.
type forgetful struct {
	icpcode.Store
	misses int
}

func (s *forgetful) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	if s.misses--; s.misses >= 0 {
		return nil, nil
	}
	return s.Store.Events(ctx, q)
}

// TestImportPurged imports a code again whose history cannot be compared. It
// may be one that another engine has just imported; if it still has none when
// asked again, it was purged.
func TestImportPurged(t *testing.T) {
	for _, c := range []struct {
		misses int
		want   error
	}{{1, nil}, {2, nil}, {3, icpcode.ErrDiffers}, {1000, icpcode.ErrDiffers}} {
		w := newWorld(t)
		code := must[icpcode.Code](t)(icpcode.Opaque.Parse("purged"))
		r := icpcode.ImportRequest{
			Actor: ops, Code: code, State: icpcode.StateFiled, Owner: theOwner, InstanceID: "i-1",
			Product: icpcode.ECS, Origin: icpcode.OriginFree, Issued: at(2025, 5, 5, 0, 0, 0),
		}
		must[icpcode.Result](t)(w.eng.Import(w.ctx, r))
		eng := icpcode.New(&forgetful{w.store, c.misses}, &w.opt)
		_, err := eng.Import(w.ctx, r)
		if !errors.Is(err, c.want) {
			t.Errorf("not found %d times: %v, want %v", c.misses, err, c.want)
		}
		noCodes(t, "a purged history", err, code)
		// A transaction is not tried again.
		_, err = w.eng.InTx(&forgetful{w.store, c.misses}).Import(w.ctx, r)
		is(t, err, icpcode.ErrConflict)
		if got := len(w.seen); got != 1 {
			t.Errorf("not found %d times: %d events, want that of the first import", c.misses, got)
		}
	}
}

// TestImportAgain imports a code again with one thing said otherwise, in both
// orders: each is another import, which changes nothing. The same in other
// words is the same.
func TestImportAgain(t *testing.T) {
	yuan := func(s string) icpcode.Money {
		return icpcode.Money{Amount: decimal.RequireFromString(s), Currency: "CNY"}
	}
	base := icpcode.ImportRequest{
		Actor: ops, Code: must[icpcode.Code](t)(icpcode.Opaque.Parse("again")), State: icpcode.StateFiled, Owner: theOwner,
		Grantee: theGrantee, InstanceID: "i-1", Product: icpcode.ECS, Origin: icpcode.OriginPaid,
		Issued: at(2025, 5, 5, 0, 0, 0), Granted: at(2025, 5, 6, 0, 0, 0), Paid: yuan("5"),
		Filing: &icpcode.Filing{Kind: icpcode.FilingChange},
	}
	filing := func(change func(*icpcode.Filing)) func(*icpcode.ImportRequest) {
		return func(r *icpcode.ImportRequest) {
			f := *r.Filing
			change(&f)
			r.Filing = &f
		}
	}
	free := func(o icpcode.Origin) func(*icpcode.ImportRequest) {
		return func(r *icpcode.ImportRequest) { r.Paid, r.Origin = icpcode.Money{}, o }
	}
	same := func(*icpcode.ImportRequest) {}
	for _, c := range []struct {
		what     string
		one, two func(*icpcode.ImportRequest)
	}{
		{"state", same, func(r *icpcode.ImportRequest) { r.State = icpcode.StateInvalid }},
		{"origin", free(icpcode.OriginFree), free(icpcode.OriginAuto)},
		{"owner", same, func(r *icpcode.ImportRequest) { r.Owner = "3003" }},
		{"grantee", same, func(r *icpcode.ImportRequest) { r.Grantee = "3003" }},
		{"instance", same, func(r *icpcode.ImportRequest) { r.InstanceID = "i-2" }},
		{"product", same, func(r *icpcode.ImportRequest) { r.Product = icpcode.NAT }},
		{"issued", same, func(r *icpcode.ImportRequest) { r.Issued = r.Issued.Add(time.Microsecond) }},
		{"granted", same, func(r *icpcode.ImportRequest) { r.Granted = r.Granted.Add(time.Microsecond) }},
		{"remark", same, func(r *icpcode.ImportRequest) { r.Remark = "old" }},
		{"amount", same, func(r *icpcode.ImportRequest) { r.Paid = yuan("5.01") }},
		{"currency", same, func(r *icpcode.ImportRequest) { r.Paid.Currency = "USD" }},
		{"filing", same, func(r *icpcode.ImportRequest) { r.Filing = nil }},
		{"kind of filing", same, filing(func(f *icpcode.Filing) { f.Kind = icpcode.FilingNone })},
		{"domain", same, filing(func(f *icpcode.Filing) { f.Domain = "old.cn" })},
		{"app", same, filing(func(f *icpcode.Filing) { f.App = "old" })},
		{"subject", same, filing(func(f *icpcode.Filing) { f.Subject = "s" })},
		{"number", same, filing(func(f *icpcode.Filing) { f.ICPNumber = "ICP-1" })},
		{"addresses", same, filing(func(f *icpcode.Filing) { f.IPs = []netip.Addr{netip.MustParseAddr("8.8.8.8")} })},
	} {
		one, two := base, base
		c.one(&one)
		c.two(&two)
		for range 2 {
			w := newWorld(t)
			spy := w.spied()
			must[icpcode.Result](t)(w.eng.Import(w.ctx, one))
			before := spy.dump(t)
			if _, err := w.eng.Import(w.ctx, two); err != icpcode.ErrDiffers {
				t.Errorf("another %s: got %v, want ErrDiffers", c.what, err)
			}
			if after := spy.dump(t); after != before {
				t.Errorf("another %s: the store has changed from\n%s\nto\n%s", c.what, before, after)
			}
			again := one
			again.Issued, again.Paid.Amount = one.Issued.UTC(), one.Paid.Amount.Add(decimal.New(0, -2))
			must[icpcode.Result](t)(w.eng.Import(w.ctx, again))
			if v := w.record(one.Code).Version; v != 1 {
				t.Errorf("%s: the same again made it version %d", c.what, v)
			}
			one, two = two, one
		}
	}
}

package console

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
)

// purchase is the form of a purchase of codes, and what became of it.
type purchase struct {
	RequestID, Quantity, Remark string

	Problem *problem
	Money   icpcode.Money // what it costs, or cost
	Confirm bool
	Codes   []icpcode.Code // that were bought
	Again   bool           // by this form, before
}

// sold shows a page where codes are sold, and none elsewhere.
func sold(do func(*call) (page, error)) func(*call) (page, error) {
	return func(c *call) (page, error) {
		if c.h.o.Paid == nil {
			return page{}, icpcode.ErrNoCode
		}
		return do(c)
	}
}

func buying(*call) (page, error) {
	return page{name: "buy", data: purchase{RequestID: newRequestID(), Quantity: "1"}}, nil
}

func priceOf(c *call) (page, error) { return c.buy(true) }
func buy(c *call) (page, error)     { return c.buy(false) }

// buy says what codes cost, or buys them.
func (c *call) buy(dry bool) (page, error) {
	f := purchase{RequestID: c.requestID(), Quantity: c.form("quantity"), Remark: c.form("remark")}
	got, err := f.bought(c, dry)
	if err != nil {
		p := c.problemOf(err)
		if errors.Is(err, httpapi.ErrNotPaid) {
			p = problem{
				Text: c.text("This purchase was not paid yet", "该笔购买尚未支付"), status: http.StatusPaymentRequired,
				Detail: c.text("Pay, and confirm again: nothing is bought twice.", "请支付后再次确认，不会重复购买。"),
			}
			f.Confirm = true
		}
		f.Confirm = f.Confirm || p.Repeat && !dry
		f.Problem = &p
		return page{status: p.status, name: "buy", data: f}, nil
	}
	f.Money, f.Confirm = got.Money, dry && !got.Replayed
	if !f.Confirm {
		f.Codes, f.Again = got.Codes, got.Replayed
	}
	return page{name: "buy", data: f}, nil
}

func (f *purchase) bought(c *call, dry bool) (icpcode.Result, error) {
	n, err := strconv.Atoi(f.Quantity)
	if err != nil {
		return icpcode.Result{}, &icpcode.InvalidError{Field: "Quantity", Problem: "cannot be read"}
	}
	r := icpcode.BuyRequest{Actor: c.account, RequestID: f.RequestID, Quantity: n, Remark: f.Remark}
	err = c.hook("Paid", func() (err error) {
		r.Paid, err = c.h.o.Paid(c, httpapi.Purchase{Account: c.account, RequestID: f.RequestID, Quantity: n, DryRun: dry})
		return err
	})
	if err != nil {
		return icpcode.Result{}, err
	}
	if dry {
		return c.h.eng.DryRun().Buy(c, r)
	}
	return c.h.eng.Buy(c, r)
}

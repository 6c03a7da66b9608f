package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/icpcode/icpcode"
)

// granting is an issue and the first grant of two accounts, which no other call names.
func (w *world) granting(n int) icpcode.IssueRequest {
	actor := icpcode.AccountID(fmt.Sprint("granter-", n))
	return icpcode.IssueRequest{
		Actor: actor, Instance: w.server(actor), Quantity: 1, GrantTo: icpcode.AccountID(fmt.Sprint("grantee-", n)),
		Certification: icpcode.Enterprise, Proof: "1",
	}
}

// TestHooksThatChange: a hook that asks its engine for a change is answered.
func TestHooksThatChange(t *testing.T) {
	for _, unmerged := range []bool{false, true} {
		w := newWorld(t)
		asked, observed := 0, 0
		var inner error
		w.phone = func(icpcode.Verification) error {
			if asked++; asked == 1 {
				_, inner = w.eng.Issue(w.ctx, w.granting(2))
			}
			return nil
		}
		w.with(func(o *icpcode.Options) {
			o.Unmerged = unmerged
			o.Observe = func(context.Context, []icpcode.Event) {
				if observed++; observed <= 2 {
					if _, err := w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 1}); err != nil {
						t.Errorf("an observer that buys: %v", err)
					}
				}
			}
		})
		if _, err := w.eng.Issue(w.ctx, w.granting(1)); err != nil || inner != nil {
			t.Errorf("a phone hook that grants: %v, and inside %v", err, inner)
		}
		if asked != 2 || observed != 4 {
			t.Errorf("the phone was asked %d times, and the observer %d", asked, observed)
		}
	}
}

// TestHooksWithoutEnd: a hook whose own changes call it again without end is
// stopped, and does not end the process.
func TestHooksWithoutEnd(t *testing.T) {
	const most = 2000
	w := newWorld(t)
	called := 0
	var innermost error
	w.phone = func(icpcode.Verification) error {
		if called++; called > most {
			return errors.New("without end")
		}
		_, err := w.eng.Issue(w.ctx, w.granting(10+called))
		if innermost == nil {
			innermost = err
		}
		return err
	}
	w.with(func(o *icpcode.Options) { o.Observe = nil })
	_, err := w.eng.Issue(w.ctx, w.granting(3))
	var hook *icpcode.HookError
	if !errors.As(innermost, &hook) || hook.Hook != "VerifyPhone" || called < 64 || called > most || !errors.Is(err, icpcode.ErrHook) {
		t.Errorf("a phone hook without end: asked %d times, %.200v, and inside %.200v", called, err, innermost)
	}

	buy := func() { _, _ = w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 1}) }
	called = 0
	w.with(func(o *icpcode.Options) {
		o.Observe = func(context.Context, []icpcode.Event) {
			if called++; called <= most {
				buy()
			}
		}
	})
	defer func() {
		p, _ := recover().(error)
		if hook = nil; !errors.As(p, &hook) || hook.Hook != "Observe" || called < 64 || called > most {
			t.Errorf("an observer without end was called %d times, and ends with %v", called, p)
		}
	}()
	buy()
}

package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/storetest"
)

// least makes the world's store one that takes the least.
func (w *world) least() *world {
	w.store = storetest.NewLeast(memstore.New())
	w.eng = icpcode.New(w.store, &w.opt)
	return w
}

// tooMuch checks that err tells the number that would fit.
func tooMuch(t *testing.T, err error, field string, most int) {
	t.Helper()
	var invalid *icpcode.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != field || !strings.Contains(invalid.Problem, fmt.Sprint(" ", most, " ")) {
		t.Errorf("got %v, want an InvalidError of %s that says %d", err, field, most)
	}
}

// TestRequestsFitTheStore: over a store that takes the least, what does not fit
// is refused with the number that would, asks no phone and writes nothing;
// that number is done.
func TestRequestsFitTheStore(t *testing.T) {
	w := newWorld(t).rules(func(s *icpcode.RuleSet) { s.Batch = 1000 }).least()
	server := w.server("1001")
	server.ContractQuota = 1000
	issue := func(i icpcode.Instance, n int, to icpcode.AccountID) error {
		r := icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: n, GrantTo: to, Certification: icpcode.Enterprise}
		before := w.calls
		_, verr := verify(w.ctx, w.eng, r)
		_, err := w.eng.Issue(w.ctx, r)
		if errors.Is(err, icpcode.ErrInvalid) && (!errors.Is(verr, icpcode.ErrInvalid) || w.calls != before) {
			t.Errorf("%d codes to %q: the dry run says %v, and the phone was asked %d times", n, to, verr, w.calls-before)
		}
		return err
	}
	tooMuch(t, issue(server, 20, "2002"), "Quantity", 19)
	tooMuch(t, issue(server, 32, ""), "Instance.ID", 31)
	if err := issue(server, 19, "2002"); err != nil {
		t.Errorf("19 codes with a grant: %v%s", err, why(err))
	}
	tooMuch(t, issue(server, 13, ""), "Instance.ID", 31)
	if err := issue(server, 12, ""); err != nil {
		t.Errorf("12 codes more: %v%s", err, why(err))
	}
	tooMuch(t, issue(server, 1, ""), "Instance.ID", 31)

	buy := func(n int) ([]icpcode.Code, error) {
		res, err := w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: "1001", Quantity: n})
		return res.Codes, err
	}
	_, err := buy(32)
	tooMuch(t, err, "Quantity", 31)
	codes, err := buy(31)
	if err != nil || len(codes) != 31 {
		t.Fatalf("31 codes bought: %v", err)
	}
	_, err = w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: codes[0], Instance: server})
	tooMuch(t, err, "Instance.ID", 31)
	_, err = w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{Actor: "1001", Instance: server, Filing: w.site()})
	tooMuch(t, err, "Instance.ID", 31)
	imported := icpcode.ImportRequest{
		Actor: ops, Code: must[icpcode.Code](t)(icpcode.Opaque.Parse("x")), State: icpcode.StateAvailable, Owner: "1001",
		InstanceID: server.ID, Product: server.Product, Origin: icpcode.OriginFree, Issued: w.now,
	}
	_, err = w.eng.Import(w.ctx, imported)
	tooMuch(t, err, "Instance.ID", 31)

	before := w.calls
	grant := icpcode.GrantRequest{Actor: "1001", Codes: codes, GrantTo: "3003", Certification: icpcode.Enterprise}
	_, err = w.eng.Grant(w.ctx, grant)
	tooMuch(t, err, "Codes", 30)
	if w.calls != before {
		t.Error("the phone was asked about a grant that does not fit")
	}
	grant.Codes = codes[:30]
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, grant))

	res := must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: server.ID, Reason: "x"}))
	if len(res.Codes) != 31 {
		t.Errorf("%d codes ended with their instance, want 31", len(res.Codes))
	}
}

// TestUsualStoresTakeAThousand: over a store that says nothing an instance has
// a thousand codes, which end at once, and a grant a thousand.
func TestUsualStoresTakeAThousand(t *testing.T) {
	w := newWorld(t).rules(func(s *icpcode.RuleSet) { s.Batch = 1000 })
	server := w.server("1001")
	server.ContractQuota = 1000
	r := icpcode.IssueRequest{Actor: "1001", Instance: server, Quantity: 513, GrantTo: "2002", Certification: icpcode.Enterprise}
	_, err := w.eng.Issue(w.ctx, r)
	tooMuch(t, err, "Quantity", 512) // two events for each code
	r.Quantity, r.GrantTo = 1000, ""
	codes := must[icpcode.Result](t)(w.eng.Issue(w.ctx, r)).Codes
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
		Actor: "1001", Codes: codes, GrantTo: "2002", Certification: icpcode.Enterprise}))
	r.Quantity = 1
	_, err = w.eng.Issue(w.ctx, r)
	if !errors.Is(err, icpcode.ErrRefused) {
		tooMuch(t, err, "Instance.ID", 1000)
	}
	res := must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: server.ID, Reason: "x"}))
	if len(res.Codes) != 1000 {
		t.Errorf("%d codes ended with their instance, want 1000", len(res.Codes))
	}
}

// TestSharedCommitsFitTheStore: requests that meet share commits, and no commit
// is larger than the store takes. The store would refuse it.
func TestSharedCommitsFitTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &slow{Least: storetest.NewLeast(memstore.New())}
		w.opt.Observe = nil
		w.opt.VerifyPhone = func(context.Context, icpcode.Verification) error { return nil } // called by many at once
		eng := icpcode.New(store, &w.opt)
		var wg sync.WaitGroup
		for i := range 200 {
			owner := icpcode.AccountID(fmt.Sprint("a", i))
			r := icpcode.IssueRequest{Actor: owner, Instance: w.server(owner), Quantity: 1 + i%5, Certification: icpcode.Enterprise}
			if i%3 == 0 {
				r.GrantTo = icpcode.AccountID(fmt.Sprint("g", i))
			}
			wg.Go(func() {
				if _, err := eng.Issue(w.ctx, r); err != nil {
					t.Errorf("%d codes: %v%s", r.Quantity, err, why(err))
				}
			})
		}
		wg.Wait()
		if store.refused > 0 {
			t.Errorf("%d commits were larger than the store takes", store.refused)
		}
		if store.commits > 100 || store.most < 50 {
			t.Errorf("%d commits, the largest of %d writes: nothing was shared", store.commits, store.most)
		}
	})
}

// slow takes time for a commit, so that requests meet, and counts.
type slow struct {
	*storetest.Least
	mu                     sync.Mutex
	commits, most, refused int
}

func (s *slow) Commit(ctx context.Context, c icpcode.Change) error {
	<-time.After(time.Millisecond) // of the bubble
	err := s.Least.Commit(ctx, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	s.most = max(s.most, len(c.Puts)+len(c.Events))
	if err != nil && !errors.Is(err, icpcode.ErrConflict) {
		s.refused++
	}
	return err
}

package sqltest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// now is when all of it happens: the caps of a natural year then meet no
// other year.
var now = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

const ops icpcode.AccountID = "ops"

// newEngine returns an engine over s.
func newEngine(s icpcode.Store) *icpcode.Engine { return engineWith(s, false) }

// twoEngines returns engines that know nothing of each other, over one store:
// in one requests share their commits, in the other each goes alone.
func twoEngines(s icpcode.Store) []*icpcode.Engine {
	return []*icpcode.Engine{engineWith(s, false), engineWith(s, true)}
}

func engineWith(s icpcode.Store, unmerged bool) *icpcode.Engine {
	return icpcode.New(s, &icpcode.Options{
		Unmerged: unmerged,
		Clock:    func() time.Time { return now }, Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil },
		Price:       icpcode.Money{Amount: decimal.RequireFromString("100.00"), Currency: "CNY"},
		VerifyPhone: func(context.Context, icpcode.Verification) error { return nil },
	})
}

// server returns facts that pass every rule, of an instance of the given
// quota; 0: the rule set's.
func server(owner icpcode.AccountID, id string, quota int) icpcode.Instance {
	return icpcode.Instance{
		ID: icpcode.InstanceID(id), Owner: owner, Product: icpcode.ECS, Region: "cn-hangzhou", Billing: icpcode.Subscription,
		Status: icpcode.StatusRunning, TermMonths: 12, Expires: now.AddDate(1, 0, 0), Trial: icpcode.No,
		PublicIP: icpcode.Yes, IPHeld: icpcode.No, ContractQuota: quota,
	}
}

// ack is a request that was acknowledged.
type ack struct {
	actor   icpcode.AccountID
	request string
	codes   []icpcode.Code
	granted bool // the codes were made by another request
}

const (
	// Codes of an instance, and how many are asked of each: the others are
	// refused.
	contract = 40
	asked    = 42
	// together is how many instances are issued for at a time: a little more
	// than there are writers, so that they meet often, but not always.
	together = 16
)

// job returns the n-th request of a load. All of them together ask for a
// few codes more than their instances have, some with a grant.
func job(n int) icpcode.IssueRequest {
	block := n / (together * asked)
	owner := icpcode.AccountID(fmt.Sprintf("o%d", block))
	r := icpcode.IssueRequest{
		Actor: owner, RequestID: fmt.Sprintf("r%d", n), Quantity: 1, Certification: icpcode.Enterprise,
		Instance: server(owner, fmt.Sprintf("i%d-%d", block, n%together), contract),
	}
	if n%4 == 0 {
		// A granter has ten grantees in a year, and a grantee three granters.
		r.GrantTo = icpcode.AccountID(fmt.Sprintf("g%d-%d", block/3, n/4%7))
	}
	return r
}

// load is writers at work: requests in order, each sent with its request ID
// until it is answered.
type load struct {
	job func(n int) icpcode.IssueRequest
	// engine is what a writer sends a request through, on its try from 0.
	engine func(writer, try int) *icpcode.Engine

	sent     atomic.Int64
	acked    atomic.Int64
	refused  atomic.Int64
	failed   atomic.Int64 // attempts that ended in an error
	replayed atomic.Int64 // of those the ones that had taken effect

	mu   sync.Mutex
	acks []ack
}

// reach waits until so many requests are acknowledged, in all.
func (l *load) reach(t testing.TB, acked int64) {
	t.Helper()
	limit := time.After(5 * time.Minute)
	for l.acked.Load() < acked {
		select {
		case <-limit:
			t.Fatalf("only %d of %d requests were acknowledged in five minutes", l.acked.Load(), acked)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(time.Millisecond):
		}
	}
}

// run lets so many writers work until stop says that it is enough, or ctx is
// done. Then every request that was sent has been answered.
func (l *load) run(ctx context.Context, t testing.TB, writers int, stop func() bool) {
	t.Helper()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for !stop() && ctx.Err() == nil {
				r := l.job(int(l.sent.Add(1)) - 1)
				if err := l.send(ctx, w, r); err != nil {
					t.Errorf("request %s: %v", r.RequestID, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// send sends a request until it is answered.
func (l *load) send(ctx context.Context, writer int, r icpcode.IssueRequest) error {
	for try := 0; ; try++ {
		res, err := l.engine(writer, try).Issue(ctx, r)
		if err == nil {
			if res.Replayed {
				l.replayed.Add(1)
			}
			l.acked.Add(1)
			l.mu.Lock()
			l.acks = append(l.acks, ack{actor: r.Actor, request: r.RequestID, codes: res.Codes})
			l.mu.Unlock()
			return nil
		}
		if refused(err) {
			l.refused.Add(1)
			return nil
		}
		if ctx.Err() != nil || errors.Is(err, icpcode.ErrInvalid) {
			return err
		}
		l.failed.Add(1)
		wait(ctx, time.Millisecond<<min(try, 6))
	}
}

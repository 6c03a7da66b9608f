package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// herdSize is how many goroutines want the same at once.
const herdSize = 16

// gate is a store that holds each Commit until so many have come as are to
// meet: by then all of them have decided on the same documents. It opens once
// and stays open.
type gate struct {
	icpcode.Store
	meet      int64
	open      chan struct{}
	commits   atomic.Int64
	conflicts atomic.Int64
}

func newGate(s icpcode.Store, meet int) *gate {
	return &gate{Store: s, meet: int64(meet), open: make(chan struct{})}
}

func (g *gate) Commit(ctx context.Context, c icpcode.Change) error {
	if g.commits.Add(1) == g.meet {
		close(g.open)
	}
	select {
	case <-g.open:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := g.Store.Commit(ctx, c)
	if errors.Is(err, icpcode.ErrConflict) {
		g.conflicts.Add(1)
	}
	return err
}

// forgetting is a store as one writes it without thinking: it checks that
// nothing has changed, and then writes, and between the two somebody else does
// the same. It is what the tests here must see.
type forgetting struct {
	icpcode.Store
	meet    int64
	checked atomic.Int64
	open    chan struct{}
	mu      sync.Mutex
}

func newForgetting(meet int) *forgetting {
	return &forgetting{Store: memstore.New(), meet: int64(meet), open: make(chan struct{})}
}

func (f *forgetting) Commit(ctx context.Context, c icpcode.Change) error {
	versions, err := f.versions(ctx, c)
	if err != nil {
		return err
	}
	for i, p := range c.Puts {
		if versions[i] != p.Expect {
			return icpcode.ErrConflict
		}
	}
	if f.checked.Add(1) == f.meet {
		close(f.open)
	}
	select {
	case <-f.open:
	case <-ctx.Done():
		return ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	// By now the versions may be others; it writes all the same.
	if versions, err = f.versions(ctx, c); err != nil {
		return err
	}
	puts := slices.Clone(c.Puts)
	for i := range puts {
		puts[i].Expect = versions[i]
		puts[i].Version = max(puts[i].Version, versions[i]+1)
	}
	c.Puts = puts
	return f.Store.Commit(ctx, c)
}

func (f *forgetting) versions(ctx context.Context, c icpcode.Change) ([]uint64, error) {
	var keys []icpcode.Key
	for _, p := range c.Puts {
		keys = append(keys, p.Key)
	}
	docs, err := f.Store.Load(ctx, keys...)
	var versions []uint64
	for _, d := range docs {
		versions = append(versions, d.Version)
	}
	return versions, err
}

// herd is what a herd of goroutines did.
type herd struct {
	ctx     context.Context
	store   icpcode.Store
	engines []*icpcode.Engine
	codes   []icpcode.Code // that somebody got
	lost    map[string]int // the refusals of those who got none
}

// newHerd has n engines over s. Where they do not merge what arrives together,
// all of it meets in the store.
func newHerd(t *testing.T, s icpcode.Store, n int, unmerged bool) *herd {
	t.Helper()
	w := newWorld(t)
	h := &herd{ctx: t.Context(), store: s, lost: map[string]int{}}
	for range n {
		h.engines = append(h.engines, icpcode.New(s, &icpcode.Options{
			Clock: w.opt.Clock, Operator: w.opt.Operator, RuleBook: theBook, Unmerged: unmerged,
			VerifyPhone: func(context.Context, icpcode.Verification) error { return nil },
		}))
	}
	return h
}

// run sends one request from each goroutine, all at the same time.
func (h *herd) run(t *testing.T, request func(n int) icpcode.IssueRequest) {
	t.Helper()
	type answer struct {
		codes []icpcode.Code
		err   error
	}
	answers := make([]answer, herdSize)
	var wg sync.WaitGroup
	for n := range herdSize {
		wg.Go(func() {
			res, err := h.engines[n%len(h.engines)].Issue(h.ctx, request(n))
			answers[n] = answer{res.Codes, err}
		})
	}
	wg.Wait()
	for n, a := range answers {
		h.codes = append(h.codes, a.codes...)
		var no *icpcode.RefusedError
		if errors.As(a.err, &no) {
			h.lost[no.Decision.Fail.String()]++
		} else if a.err != nil {
			t.Errorf("goroutine %d: %v", n, a.err)
		}
	}
}

// problems compares what the herd got with what the store holds and with what
// the rules allow.
func (h *herd) problems(instances []icpcode.InstanceID, quota int, granters, grantees []icpcode.AccountID) []string {
	var found []string
	problem := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	eng := h.engines[0]
	counted := map[icpcode.Code]bool{}
	out, in := map[icpcode.AccountID]map[icpcode.AccountID]bool{}, map[icpcode.AccountID]map[icpcode.AccountID]bool{}
	for _, id := range instances {
		page, err := h.store.List(h.ctx, icpcode.Query{By: icpcode.ByInstance, Value: string(id), Limit: 1000})
		if err != nil {
			problem("%v", err)
		}
		for _, r := range page.Records {
			counted[r.Code] = true
			if r.Grantee == "" {
				continue
			}
			if out[r.Owner] == nil {
				out[r.Owner] = map[icpcode.AccountID]bool{}
			}
			if in[r.Grantee] == nil {
				in[r.Grantee] = map[icpcode.AccountID]bool{}
			}
			out[r.Owner][r.Grantee], in[r.Grantee][r.Owner] = true, true
		}
		if len(page.Records) > quota {
			problem("%s has %d codes, its quota is %d", id, len(page.Records), quota)
		}
		docs, err := h.store.Load(h.ctx, icpcode.Key{Kind: icpcode.KindLedger, A: string(id)})
		l, _ := docs[0].Body.(*icpcode.Ledger)
		if l == nil {
			l = new(icpcode.Ledger)
		}
		if err != nil || l.Issued != len(page.Records) || l.Attached != len(page.Records) {
			problem("%s has %d codes, its ledger %+v, %v", id, len(page.Records), *l, err)
		}
	}
	got := map[icpcode.Code]bool{}
	for _, c := range h.codes {
		if got[c] {
			problem("a code was issued twice")
		}
		got[c] = true
		if !counted[c] {
			problem("a code that was issued is not there")
		}
	}
	if len(counted) != len(got) {
		problem("%d codes are there, %d were issued", len(counted), len(got))
	}
	for _, a := range granters {
		q, err := eng.GrantQuota(h.ctx, a)
		if err != nil || q.Out.Used != len(out[a]) || len(out[a]) > q.Out.Limit {
			problem("%s granted to %d, its count is %+v, %v", a, len(out[a]), q.Out, err)
		}
	}
	for _, a := range grantees {
		q, err := eng.GrantQuota(h.ctx, a)
		if err != nil || q.In.Used != len(in[a]) || len(in[a]) > q.In.Limit {
			problem("%s was granted by %d, its count is %+v, %v", a, len(in[a]), q.In, err)
		}
	}
	return found
}

// stampede is a herd's task, and what comes of it.
type stampede struct {
	name    string
	request func(w *world, n int) icpcode.IssueRequest
	codes   int    // how many must be issued
	lost    string // the rules that refuse the others
}

// accounts returns n names.
func accounts(prefix string, n int) []icpcode.AccountID {
	var names []icpcode.AccountID
	for i := range n {
		names = append(names, icpcode.AccountID(fmt.Sprint(prefix, i)))
	}
	return names
}

// rush lets a herd do it, and checks what came of it.
func (s *stampede) rush(t *testing.T, h *herd) {
	t.Helper()
	w := newWorld(t)
	requests := make([]icpcode.IssueRequest, herdSize)
	for n := range requests {
		requests[n] = s.request(w, n)
	}
	h.run(t, func(n int) icpcode.IssueRequest { return requests[n] })
	for _, p := range s.outcome(h) {
		t.Error(p)
	}
}

func stampedes() []stampede {
	many, granters := accounts("t", herdSize), accounts("g", herdSize)
	instance := func(w *world, owner icpcode.AccountID, id string, contract int) icpcode.Instance {
		i := w.server(owner)
		i.ID, i.ContractQuota = icpcode.InstanceID(id), contract
		return i
	}
	return []stampede{
		{"one instance", func(w *world, _ int) icpcode.IssueRequest {
			return icpcode.IssueRequest{Actor: theOwner, Instance: instance(w, theOwner, "i-0", 0), Quantity: 1}
		}, 5, "ELG-QUOTA"},
		{"one instance, two at a time", func(w *world, _ int) icpcode.IssueRequest {
			return icpcode.IssueRequest{Actor: theOwner, Instance: instance(w, theOwner, "i-0", 9), Quantity: 2}
		}, 8, "ELG-QUOTA"},
		{"one granter", func(w *world, n int) icpcode.IssueRequest {
			return icpcode.IssueRequest{
				Actor: theOwner, Instance: instance(w, theOwner, fmt.Sprint("i-", n), 0), Quantity: 1, GrantTo: many[n],
				Certification: icpcode.Enterprise,
			}
		}, 10, "GRT-OUT"},
		{"one grantee", func(w *world, n int) icpcode.IssueRequest {
			return icpcode.IssueRequest{
				Actor: granters[n], Instance: instance(w, granters[n], fmt.Sprint("i-", n), 0), Quantity: 1, GrantTo: many[0],
				Certification: icpcode.Enterprise,
			}
		}, 3, "GRT-IN"},
		{"one instance and one granter", func(w *world, n int) icpcode.IssueRequest {
			return icpcode.IssueRequest{
				Actor: theOwner, Instance: instance(w, theOwner, "i-0", 0), Quantity: 1, GrantTo: many[n], Certification: icpcode.Enterprise,
			}
		}, 5, "ELG-QUOTA"},
		{"one instance with room, and one granter", func(w *world, n int) icpcode.IssueRequest {
			return icpcode.IssueRequest{
				Actor: theOwner, Instance: instance(w, theOwner, "i-0", herdSize), Quantity: 1, GrantTo: many[n], Certification: icpcode.Enterprise,
			}
		}, 10, "GRT-OUT"},
		{"one of two granters and one of four grantees", func(w *world, n int) icpcode.IssueRequest {
			// Sixteen of a granter's codes may go to a grantee of the year.
			g := granters[n%2]
			return icpcode.IssueRequest{
				Actor: g, Instance: instance(w, g, fmt.Sprint("i-", n%2), 6), Quantity: 1, GrantTo: many[n%4], Certification: icpcode.Enterprise,
			}
		}, 12, "ELG-QUOTA"},
	}
}

// outcome lists what came out of a stampede otherwise than it must.
func (s *stampede) outcome(h *herd) []string {
	var ids []icpcode.InstanceID
	quota := 0
	w := &world{}
	for n := range herdSize {
		i := s.request(w, n).Instance
		ids = append(ids, i.ID)
		quota = max(i.ContractQuota, quota)
	}
	if quota == 0 {
		quota = 5
	}
	slices.Sort(ids)
	found := h.problems(slices.Compact(ids), quota, append(accounts("g", herdSize), theOwner), accounts("t", herdSize))
	if len(h.codes) != s.codes {
		found = append(found, fmt.Sprintf("%d codes were issued, want exactly %d", len(h.codes), s.codes))
	}
	for rules := range h.lost {
		if rules != s.lost && !(strings.HasPrefix(s.lost, "ELG") && strings.Contains(rules, s.lost)) {
			found = append(found, fmt.Sprintf("somebody was refused by %s, want %s", rules, s.lost))
		}
	}
	return found
}

// TestStampedes lets sixteen goroutines, over one engine and over two, want
// the last of something at the same time: they get exactly what there is, and
// all of them had read the same documents before.
func TestStampedes(t *testing.T) {
	for _, engines := range []int{1, 2} {
		for _, s := range stampedes() {
			t.Run(fmt.Sprintf("%s, %d engines", s.name, engines), func(t *testing.T) {
				for range 3 {
					g := newGate(memstore.New(), herdSize)
					h := newHerd(t, g, engines, true)
					s.rush(t, h)
					// Of those who met at the gate and write the same documents
					// only one could commit.
					if n := g.conflicts.Load(); n < herdSize-2 {
						t.Errorf("only %d of %d commits conflicted: they did not contend", n, g.commits.Load())
					}
				}
			})
		}
	}
}

// TestStampedesMerged lets the same meet in engines that merge, over a store that
// takes its time.
func TestStampedesMerged(t *testing.T) {
	for _, engines := range []int{1, 2} {
		for _, s := range stampedes() {
			t.Run(fmt.Sprintf("%s, %d engines", s.name, engines), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRunway(&delayed{Store: memstore.New()})
					r.open = true
					h := newHerd(t, r, engines, false)
					s.rush(t, h)
					if r.largest < 2 {
						t.Error("no two requests shared a commit")
					}
				})
			})
		}
	}
}

// TestStampedesSeeRaces runs the same over a store that checks and then acts:
// it oversells, and the test above would notice.
func TestStampedesSeeRaces(t *testing.T) {
	for _, s := range stampedes() {
		h := newHerd(t, newForgetting(herdSize), 1, true)
		w := newWorld(t)
		requests := make([]icpcode.IssueRequest, herdSize)
		for n := range requests {
			requests[n] = s.request(w, n)
		}
		h.run(t, func(n int) icpcode.IssueRequest { return requests[n] })
		found := s.outcome(h)
		if len(h.codes) <= s.codes || len(found) == 0 {
			t.Errorf("%s: a store that races issued %d codes and nobody noticed (%v)", s.name, len(h.codes), found)
		}
	}
}

// TestRepeatedAtOnce sends one request many times at once: it is done once, and
// everybody gets the same codes.
func TestRepeatedAtOnce(t *testing.T) {
	g := newGate(memstore.New(), herdSize)
	h := newHerd(t, g, 2, true)
	w := newWorld(t)
	r := icpcode.IssueRequest{
		Actor: theOwner, RequestID: "r", Instance: w.server(theOwner), Quantity: 2, GrantTo: theGrantee, Certification: icpcode.Enterprise,
	}
	h.run(t, func(int) icpcode.IssueRequest { return r })
	if len(h.lost) != 0 || len(h.codes) != 2*herdSize {
		t.Fatalf("%d codes, refused %v", len(h.codes), h.lost)
	}
	for n := range h.codes {
		if h.codes[n] != h.codes[n%2] {
			t.Fatal("one request has two results")
		}
	}
	h.codes = h.codes[:2]
	for _, p := range h.problems([]icpcode.InstanceID{r.Instance.ID}, 5, []icpcode.AccountID{theOwner}, []icpcode.AccountID{theGrantee}) {
		t.Error(p)
	}
	if n := g.conflicts.Load(); n < herdSize-1 {
		t.Errorf("only %d commits conflicted", n)
	}
}

// TestOneCodeManyWants lets everybody want something else of one code at once:
// exactly one of them gets it.
func TestOneCodeManyWants(t *testing.T) {
	for range 10 {
		w := newWorld(t)
		code := w.buy(theOwner, 1)[0]
		i := w.server(theOwner)
		g := newGate(w.store, herdSize)
		w.with(func(o *icpcode.Options) {
			o.Observe, o.Unmerged = nil, true
			o.VerifyPhone = func(context.Context, icpcode.Verification) error { return nil }
		})
		eng := icpcode.New(g, &w.opt)
		errs := make([]error, herdSize)
		names := make([]string, herdSize)
		var wg sync.WaitGroup
		for n := range herdSize {
			wg.Go(func() {
				switch n % 3 {
				case 0:
					names[n] = "refund"
					_, errs[n] = eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theOwner, Code: code})
				case 1:
					names[n] = "void"
					_, errs[n] = eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: code, Reason: "test"})
				case 2:
					names[n] = "bind"
					_, errs[n] = eng.Bind(w.ctx, icpcode.BindRequest{Actor: theOwner, Code: code, Instance: i})
				}
			})
		}
		wg.Wait()
		done := map[string]int{}
		for n, err := range errs {
			if err == nil {
				done[names[n]]++
			} else if !errors.Is(err, icpcode.ErrRefused) {
				t.Errorf("%s: %v", names[n], err)
			}
		}
		r := w.record(code)
		ended := done["refund"] + done["void"]
		if done["bind"] > 1 || ended != 1 || r.Version != uint64(1+done["bind"]+ended) {
			t.Errorf("done were %v, and the code is at version %d, %v", done, r.Version, r.State)
		}
		if paid := !r.Refunded.IsZero(); paid != (done["refund"] == 1) || paid != (r.State == icpcode.StateRefunded) {
			t.Errorf("refunded %v after %v, %v", r.Refunded, done, r.State)
		}
		if n := g.conflicts.Load(); n < herdSize-1 {
			t.Errorf("only %d commits conflicted", n)
		}
	}
}

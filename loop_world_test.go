package icpcode

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// shelf is the plainest store there is, for tests inside the package, which
// cannot import memstore. It is used by one goroutine at a time.
type shelf struct {
	docs    map[Key]Document
	events  map[Code][]Event
	loads   [][]Key // the keys of each Load
	commits int     // Commits that were tried
	fail    func(commit int) (effect shelfFault)
	poison  func(Change) error // fails Changes by what they write
	cut     int                // documents that Load keeps back
}

// shelfFault is what becomes of a Commit.
type shelfFault struct {
	err   error
	after bool // the Commit takes effect and the error is returned all the same
}

func newShelf() *shelf { return &shelf{docs: map[Key]Document{}, events: map[Code][]Event{}} }

func (s *shelf) Load(ctx context.Context, keys ...Key) ([]Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.loads = append(s.loads, slices.Clone(keys))
	if sorted := slices.SortedFunc(slices.Values(keys), Key.Compare); len(slices.Compact(sorted)) < len(keys) {
		return nil, errors.New("a key is asked for twice")
	}
	docs := make([]Document, 0, len(keys))
	for _, k := range keys {
		d := s.docs[k].Clone()
		d.Key = k
		docs = append(docs, d)
	}
	return docs[:len(docs)-s.cut], nil
}

func (s *shelf) Commit(ctx context.Context, c Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.commits++
	var fault shelfFault
	if s.fail != nil {
		fault = s.fail(s.commits)
	}
	if s.poison != nil && fault.err == nil {
		fault.err = s.poison(c)
	}
	if fault.err != nil && !fault.after {
		return fault.err
	}
	for i, p := range c.Puts {
		if i > 0 && c.Puts[i-1].Key.Compare(p.Key) >= 0 {
			return fmt.Errorf("the puts are not sorted: %v is after %v", p.Key, c.Puts[i-1].Key)
		}
		if p.Version <= p.Expect {
			return fmt.Errorf("the version of %v does not grow", p.Key)
		}
		if s.docs[p.Key].Version != p.Expect {
			return ErrConflict
		}
	}
	for i, e := range c.Events {
		last := uint64(len(s.events[e.Code]))
		if i > 0 && c.Events[i-1].Code == e.Code {
			last = c.Events[i-1].Seq
		}
		if e.Seq <= last {
			return ErrConflict
		}
		if e.Seq != last+1 {
			return fmt.Errorf("event %d follows %d", e.Seq, last)
		}
	}
	for _, p := range c.Puts {
		s.docs[p.Key] = p.Document.Clone()
	}
	for _, e := range c.Events {
		s.events[e.Code] = append(s.events[e.Code], e.Clone())
	}
	return fault.err
}

func (s *shelf) List(_ context.Context, q Query) (Page, error) {
	var page Page
	for _, k := range slices.SortedFunc(maps.Keys(s.docs), Key.Compare) {
		r, ok := s.docs[k].Body.(*Record)
		if !ok || q.State != StateNone && r.State != q.State {
			continue
		}
		value := map[Index]string{
			ByOwner: string(r.Owner), ByHolder: string(r.Holder()), ByGrantee: string(r.Grantee), ByInstance: string(r.InstanceID), ByICPNumber: r.ICPNumber(),
		}[q.By]
		if value == q.Value {
			page.Records = append(page.Records, *r.clone().(*Record))
		}
	}
	return page, nil
}

func (s *shelf) Events(_ context.Context, q EventQuery) ([]Event, error) {
	events := s.events[q.Code]
	events = events[min(q.After, uint64(len(events))):]
	return slices.Clone(events[:min(q.Limit, len(events))]), nil
}

// dump tells what is stored, by keys and versions.
func (s *shelf) dump() string {
	var b strings.Builder
	for _, k := range slices.SortedFunc(maps.Keys(s.docs), Key.Compare) {
		fmt.Fprintf(&b, "%+v: %d\n", k, s.docs[k].Version)
	}
	for _, c := range slices.SortedFunc(maps.Keys(s.events), Code.Compare) {
		fmt.Fprintf(&b, "%s: %d events\n", c, len(s.events[c]))
	}
	return b.String()
}

// codesOf makes every draw of an engine yield the next of the given codes.
type codesOf []uint64

func (c *codesOf) Read(b []byte) (int, error) {
	if len(*c) == 0 {
		return 0, errors.New("no more codes")
	}
	binary.LittleEndian.PutUint64(b, (*c)[0])
	*c = (*c)[1:]
	return 8, nil
}

func drawnCode(n uint64) Code { return Code{n: n + 1} }

// loopWorld is an engine over a shelf whose requests the test carries itself.
type loopWorld struct {
	t     *testing.T
	store *shelf
	eng   *Engine
	now   time.Time
	calls int // of the phone hook
}

func newLoopWorld(t *testing.T, codes ...uint64) *loopWorld {
	t.Helper()
	w := &loopWorld{t: t, store: newShelf(), now: time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)}
	o := Options{
		Clock:        func() time.Time { return w.now },
		Operator:     func(_ context.Context, a AccountID) (bool, error) { return a == "ops", nil },
		VerifyPhone:  func(context.Context, Verification) error { w.calls++; return nil },
		ImportFormat: Opaque,
	}
	if codes != nil {
		source := codesOf(codes)
		o.Entropy = &source
	}
	w.eng = New(w.store, &o)
	return w
}

func (w *loopWorld) server(id InstanceID, owner AccountID) Instance {
	return Instance{
		ID: id, Owner: owner, Product: ECS, Region: "cn-hangzhou", Billing: Subscription, Status: StatusRunning,
		TermMonths: 12, Expires: w.now.AddDate(1, 0, 0), Trial: No, PublicIP: Yes, IPHeld: No,
	}
}

func (w *loopWorld) enter(actor AccountID, id string, r request) *pending {
	w.t.Helper()
	p, err := w.eng.enter(w.t.Context(), new(scratch), actor, id, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// issue is a request of n codes for an instance, granted to to.
func (w *loopWorld) issue(owner AccountID, request string, id InstanceID, n int, to AccountID) *pending {
	w.t.Helper()
	return w.enter(owner, request, &issuing{IssueRequest: IssueRequest{
		Actor: owner, Instance: w.server(id, owner), Quantity: n, GrantTo: to, Certification: Enterprise,
	}})
}

// carry carries the batch, a merged one if there are several, and returns how
// many Commits were tried for it.
func (w *loopWorld) carry(batch ...*pending) int {
	w.t.Helper()
	before := w.store.commits
	if len(batch) > 1 {
		for _, p := range batch {
			p.failed = p.request.prepare(&p.call, &p.told, &errand{w.eng, w.t.Context(), p})
		}
		w.eng.fly(w.t.Context(), batch)
	}
	for _, p := range batch {
		for first := len(batch) == 1; first || errors.Is(p.err, errStale); first = false {
			p.failed = p.request.prepare(&p.call, &p.told, &errand{w.eng, w.t.Context(), p})
			if err := w.eng.carry(w.t.Context(), new(scratch), p); err != nil {
				w.t.Fatal(err)
			}
		}
		p.err = p.conclude(p.err)
	}
	return w.store.commits - before
}

// done carries a batch of which every request succeeds, in one commit.
func (w *loopWorld) done(batch ...*pending) {
	w.t.Helper()
	if n := w.carry(batch...); n != 1 {
		w.t.Errorf("a batch of %d took %d commits, want 1", len(batch), n)
	}
	for i, p := range batch {
		if p.err != nil {
			w.t.Fatalf("request %d: %v", i, p.err)
		}
	}
}

// acquaint lets a granter grant to grantees without the phone.
func (w *loopWorld) acquaint(granter AccountID, grantees ...AccountID) {
	for _, to := range grantees {
		k := acquaintanceKey(granter, to)
		w.store.docs[k] = Document{Key: k, Version: 1}
	}
}

func (w *loopWorld) ledger(id InstanceID) Ledger {
	w.t.Helper()
	l, ok := w.store.docs[ledgerKey(id)].Body.(*Ledger)
	if !ok {
		return Ledger{}
	}
	return *l
}

// consistent checks what must hold after every commit: the records are the
// sums of their events, the ledgers the counts over the records.
func (w *loopWorld) consistent() {
	w.t.Helper()
	attached := map[InstanceID]int{}
	for k, d := range w.store.docs {
		r, ok := d.Body.(*Record)
		if !ok {
			continue
		}
		sum, err := RecordOf(w.store.events[k.Code])
		if got, want := asJSON(w.t, r), asJSON(w.t, sum); err != nil || got != want || d.Version != r.Version {
			w.t.Errorf("the record is not the sum of its events (%v):\n%s\n%s", err, got, want)
		}
		attached[r.InstanceID]++
	}
	for id, n := range attached {
		if l := w.ledger(id); id != "" && l.Attached != n {
			w.t.Errorf("%s: %d codes, and the ledger counts %d", id, n, l.Attached)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func refusedBy(t *testing.T, err error, rules ...Rule) {
	t.Helper()
	var no *RefusedError
	if !errors.As(err, &no) || no.Decision.Fail != MakeRuleIDs(rules...) {
		t.Errorf("got %v, want a refusal by %v", err, MakeRuleIDs(rules...))
	}
}

// counter is entropy that never ends: the numbers from n.
type counter struct{ n uint64 }

func (c *counter) Read(b []byte) (int, error) {
	binary.LittleEndian.PutUint64(b, c.n)
	c.n++
	return 8, nil
}

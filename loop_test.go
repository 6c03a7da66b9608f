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
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
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
		sum, err := Replay(w.store.events[k.Code])
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

// TestRepeatedBeforeAnyRules repeats a request with a clock that stands before
// the first rule set: what was done is told, anything else has no rules.
func TestRepeatedBeforeAnyRules(t *testing.T) {
	w := newLoopWorld(t)
	first := w.issue("1001", "r", "i-1", 2, "")
	w.done(first)
	r := IssueRequest{Actor: "1001", RequestID: "r", Instance: w.server("i-1", "1001"), Quantity: 2}
	w.now = time.Date(2018, 9, 26, 0, 0, 0, 0, time.UTC)
	res, err := w.eng.Issue(t.Context(), r)
	if err != nil || !res.Replayed || !slices.Equal(res.Codes, first.res.Codes) {
		t.Errorf("again it answers %+v, %v", res, err)
	}
	r.Quantity = 1
	if _, err := w.eng.Issue(t.Context(), r); !errors.Is(err, ErrRequestReused) {
		t.Errorf("the ID for another request: %v", err)
	}
	for _, id := range []string{"", "s"} {
		r.RequestID = id
		if _, err := w.eng.Issue(t.Context(), r); !errors.Is(err, ErrNoRules) || !strings.Contains(err.Error(), "2018-09-26") {
			t.Errorf("request %q: %v", id, err)
		}
		if _, err := w.eng.DryRun().Issue(t.Context(), r); !errors.Is(err, ErrNoRules) {
			t.Errorf("request %q, dry: %v", id, err)
		}
	}
	if _, err := w.eng.CloseInstance(t.Context(), CloseRequest{Actor: "ops", RequestID: "c", InstanceID: "i-1", Reason: "gone"}); !errors.Is(err, ErrNoRules) {
		t.Errorf("a close: %v", err)
	}
	if w.store.commits != 1 {
		t.Errorf("%d commits", w.store.commits)
	}
}

// TestBatchDecidesInOrder carries N requests for the slots of one instance:
// the first ones get them, in their order, in one commit.
func TestBatchDecidesInOrder(t *testing.T) {
	for n := 2; n <= 8; n++ {
		w := newLoopWorld(t)
		var batch []*pending
		for i := range n {
			batch = append(batch, w.issue("1001", fmt.Sprint("r", i), "i-1", 1, ""))
		}
		if commits := w.carry(batch...); commits != 1 || len(w.store.loads) != 1 {
			t.Errorf("%d requests took %d loads and %d commits, want one of each", n, len(w.store.loads), commits)
		}
		for i, p := range batch {
			if i >= 5 {
				refusedBy(t, p.err, ELGQuota)
				if no := new(RefusedError); !errors.As(p.err, &no) || no.Decision.Quota.Used != 5 {
					t.Errorf("loser %d sees %d used", i, no.Decision.Quota.Used)
				}
				if _, there := w.store.docs[p.receipt]; there {
					t.Errorf("refused request %d left a receipt", i)
				}
				continue
			}
			if p.err != nil || p.res.Quota.Used != i+1 {
				t.Errorf("request %d: %v, used %d; want %d", i, p.err, p.res.Quota.Used, i+1)
			}
		}
		if l := w.ledger("i-1"); l.Issued != min(n, 5) || l.Attached != min(n, 5) {
			t.Errorf("%d requests: ledger %+v", n, l)
		}
		if d := w.store.docs[ledgerKey("i-1")]; d.Version != uint64(min(n, 5)) {
			t.Errorf("the ledger's version is %d", d.Version)
		}
		w.consistent()
	}
}

// TestBatchRefusedAlone shows that a batch of which nothing is written commits
// nothing.
func TestBatchRefusedAlone(t *testing.T) {
	w := newLoopWorld(t)
	a, b := w.issue("1001", "a", "i-1", 6, ""), w.issue("1001", "b", "i-1", 0, "")
	if n := w.carry(a, b); n != 0 {
		t.Errorf("two refusals took %d commits", n)
	}
	refusedBy(t, a.err, ELGQuota)
	refusedBy(t, b.err, ELGBatch)
}

// TestBatchOfALife takes one code through its life in one batch: its events
// are numbered on, and its record is written once.
func TestBatchOfALife(t *testing.T) {
	w := newLoopWorld(t)
	w.acquaint("1001", "2002")
	first := w.issue("1001", "r1", "i-1", 2, "")
	w.done(first)
	code, other := first.res.Codes[0], first.res.Codes[1]
	filing := Filing{Kind: FilingFirst, Domain: "example.cn", Subject: "s"}
	fixed := filing
	fixed.Domain = "fixed.cn"
	submit := func(actor AccountID, id string, c Code, f Filing) *pending {
		return w.enter(actor, id, &submission{filingRequest{SubmitRequest: SubmitRequest{Actor: actor, Code: c, Filing: f}}})
	}
	early := submit("2002", "b0", code, filing) // before the grant it is a stranger
	grant := w.enter("1001", "b1", &granting{GrantRequest: GrantRequest{Actor: "1001", Codes: []Code{code}, GrantTo: "2002", Certification: Enterprise}})
	owner := submit("1001", "b2", code, filing) // after it the owner is not the holder
	holder := submit("2002", "b3", code, filing)
	twice := submit("2002", "b4", code, filing)
	again := w.enter("2002", "b5", &resubmission{filingRequest{SubmitRequest: SubmitRequest{Actor: "2002", Code: code, Filing: fixed}}})
	approve := w.enter("ops", "b6", &approval{ApproveRequest: ApproveRequest{Actor: "ops", Code: code, ICPNumber: "ICP-1"}})
	ending := w.enter("ops", "b7", &closing{CloseRequest: CloseRequest{Actor: "ops", InstanceID: "i-1", Reason: "gone"}})
	late := w.issue("1001", "b8", "i-1", 1, "")
	if n := w.carry(early, grant, owner, holder, twice, again, approve, ending, late); n != 1 {
		t.Errorf("the life took %d commits", n)
	}
	if early.err != ErrNoCode {
		t.Errorf("before the grant: %v", early.err)
	}
	refusedBy(t, owner.err, FILHolder)
	refusedBy(t, twice.err, LIFSubmit)
	refusedBy(t, late.err, LIFClose)
	for i, p := range []*pending{grant, holder, again, approve, ending} {
		if p.err != nil {
			t.Errorf("request %d: %v", i, p.err)
		}
	}
	if !slices.Equal(ending.res.Codes, []Code{other}) {
		t.Errorf("the close ended %d codes, want the one that is not Filed", len(ending.res.Codes))
	}
	w.consistent()
	var actions []Action
	for i, e := range w.store.events[code] {
		actions = append(actions, e.Action)
		if e.Seq != uint64(i)+1 {
			t.Errorf("event %d has the number %d", i, e.Seq)
		}
	}
	want := []Action{ActionIssue, ActionGrant, ActionSubmit, ActionResubmit, ActionApprove}
	if !slices.Equal(actions, want) {
		t.Errorf("the code's history is %v, want %v", actions, want)
	}
	if r := w.store.docs[recordKey(code)].Body.(*Record); r.State != StateFiled || r.Filing.Domain != "fixed.cn" {
		t.Errorf("the code is %+v", r)
	}
	// Each request has its own events, for its observer.
	for _, p := range []*pending{grant, holder, again, approve, ending} {
		if len(p.events) != 1 || p.events[0].RequestID != p.requestID {
			t.Errorf("%s has the events %+v", p.requestID, p.events)
		}
	}
}

// TestBatchRepeats carries one request twice in a batch: it is done once, and
// both get the same answer. The same ID for another request is refused.
func TestBatchRepeats(t *testing.T) {
	w := newLoopWorld(t)
	a, b := w.issue("1001", "r", "i-1", 2, ""), w.issue("1001", "r", "i-1", 2, "")
	reused, other := w.issue("1001", "r", "i-1", 1, ""), w.issue("1002", "r", "i-2", 2, "")
	if n := w.carry(a, b, reused, other); n != 1 {
		t.Errorf("took %d commits", n)
	}
	if a.err != nil || b.err != nil || a.res.Replayed || !b.res.Replayed || !slices.Equal(a.res.Codes, b.res.Codes) {
		t.Errorf("the pair answers %+v (%v) and %+v (%v)", a.res, a.err, b.res, b.err)
	}
	if len(b.events) != 0 {
		t.Error("the repeated request has events to observe")
	}
	if reused.err != ErrRequestReused {
		t.Errorf("the ID for another request: %v", reused.err)
	}
	if other.err != nil || other.res.Replayed || slices.Contains(a.res.Codes, other.res.Codes[0]) {
		t.Errorf("another actor's request: %+v, %v", other.res, other.err)
	}
	if l := w.ledger("i-1"); l.Issued != 2 {
		t.Errorf("issued %d", l.Issued)
	}
	b.res.Codes[0] = Code{}
	if a.res.Codes[0].IsZero() {
		t.Error("the two answers share memory")
	}
	w.consistent()
}

// TestBatchRedraws makes the draws of a batch collide: in one request, between
// two, with a code that exists, and with one that the batch is about.
func TestBatchRedraws(t *testing.T) {
	w := newLoopWorld(t, 7, 7, 8, 8, 7, 9)
	a, b := w.issue("1001", "a", "i-1", 2, ""), w.issue("1002", "b", "i-2", 1, "")
	if n := w.carry(a, b); n != 2 || a.err != nil || b.err != nil {
		t.Errorf("took %d commits: %v, %v", n, a.err, b.err)
	}
	if want := []Code{drawnCode(7), drawnCode(8)}; !slices.Equal(a.res.Codes, want) {
		t.Errorf("the first got %v", a.res.Codes)
	}
	if want := []Code{drawnCode(9)}; !slices.Equal(b.res.Codes, want) {
		t.Errorf("the second got %v", b.res.Codes)
	}
	// One that exists conflicts, and the batch is decided again.
	source := codesOf{7, 20, 21, 22}
	w.eng = New(w.store, &Options{Clock: func() time.Time { return w.now }, Entropy: &source})
	c, d := w.issue("1001", "c", "i-1", 1, ""), w.issue("1002", "d", "i-2", 1, "")
	if n := w.carry(c, d); n != 2 || c.err != nil || d.err != nil {
		t.Errorf("took %d commits: %v, %v", n, c.err, d.err)
	}
	if !slices.Equal(slices.Concat(c.res.Codes, d.res.Codes), []Code{drawnCode(21), drawnCode(22)}) {
		t.Errorf("got %v and %v", c.res.Codes, d.res.Codes)
	}
	w.consistent()
}

// TestBatchRedrawsWhatItIsAbout draws a code that another request of the batch
// has read: it must not be issued over the code that is there.
func TestBatchRedrawsWhatItIsAbout(t *testing.T) {
	w := newLoopWorld(t, 7)
	first := w.issue("1001", "a", "i-1", 1, "")
	w.done(first)
	source := codesOf{7, 30}
	w.eng = New(w.store, &Options{
		Clock: func() time.Time { return w.now }, Entropy: &source, Operator: func(_ context.Context, a AccountID) (bool, error) { return a == "ops", nil },
	})
	void := w.enter("ops", "v", &ending{ReleaseRequest: ReleaseRequest{Actor: "ops", Code: drawnCode(7), Reason: "x"}, action: ActionVoid})
	issue := w.issue("1002", "b", "i-2", 1, "")
	w.carry(void, issue)
	if void.err != nil || issue.err != nil {
		t.Fatalf("%v, %v", void.err, issue.err)
	}
	if !slices.Equal(issue.res.Codes, []Code{drawnCode(30)}) {
		t.Errorf("issued %v though it existed", issue.res.Codes)
	}
	if r := w.store.docs[recordKey(drawnCode(7))].Body.(*Record); r.Owner != "1001" || r.State != StateInvalid || r.InstanceID != "i-1" {
		t.Errorf("the code that existed is now %+v", r)
	}
	w.consistent()
}

// TestBatchSharesCaps grants to more accounts than the year allows, from both
// sides, in one batch.
func TestBatchSharesCaps(t *testing.T) {
	w := newLoopWorld(t)
	var batch []*pending
	for i := range 12 {
		to := AccountID(fmt.Sprint("t", i))
		w.acquaint("1001", to)
		batch = append(batch, w.issue("1001", fmt.Sprint("o", i), InstanceID(fmt.Sprint("i-", i)), 1, to))
	}
	for i := range 5 {
		granter := AccountID(fmt.Sprint("g", i))
		w.acquaint(granter, "2002")
		batch = append(batch, w.issue(granter, "r", InstanceID("j-"+granter), 1, "2002"))
	}
	// One of the year is admitted after the cap is reached.
	batch = append(batch, w.issue("1001", "again", "i-again", 1, "t3"))
	if n := w.carry(batch...); n != 1 {
		t.Errorf("took %d commits", n)
	}
	for i, p := range batch {
		switch {
		case i < 10, i >= 12 && i < 15, i == 17:
			if p.err != nil {
				t.Errorf("grant %d: %v", i, p.err)
			}
		case i < 12:
			refusedBy(t, p.err, GRTOut)
		default:
			refusedBy(t, p.err, GRTIn)
		}
	}
	out := w.store.docs[granteesKey("1001", 2026)].Body.(*Partners)
	in := w.store.docs[grantersKey("2002", 2026)].Body.(*Partners)
	if len(out.Accounts) != 10 || len(in.Accounts) != 3 {
		t.Errorf("%d grantees and %d granters", len(out.Accounts), len(in.Accounts))
	}
	if w.ledger("i-10").Issued != 0 || w.ledger("i-9").Issued != 1 {
		t.Error("a refused grant issued, or a done one did not")
	}
	if w.calls != 0 {
		t.Errorf("the phone was asked %d times about acquaintances", w.calls)
	}
	w.consistent()
}

// TestBatchPhone has a first grant in the middle of a batch: it waits for the
// phone, the others are done.
func TestBatchPhone(t *testing.T) {
	w := newLoopWorld(t)
	before, first, after := w.issue("1001", "a", "i-1", 2, ""), w.issue("1001", "b", "i-1", 2, "2002"), w.issue("1001", "c", "i-1", 3, "")
	if n := w.carry(before, first, after); n != 1 {
		t.Errorf("took %d commits", n)
	}
	if before.err != nil || after.err != nil || first.err != errPhone {
		t.Fatalf("%v, %v, %v", before.err, first.err, after.err)
	}
	if w.calls != 0 || len(first.events) != 0 {
		t.Error("the loop asked the phone, or did without")
	}
	if w.ledger("i-1").Issued != 5 {
		t.Errorf("the others issued %d", w.ledger("i-1").Issued)
	}
	// The slots are gone meanwhile: verified, it is refused.
	if n := w.carry(first); n != 0 {
		t.Errorf("took %d commits", n)
	}
	refusedBy(t, first.err, ELGQuota)
	// Two first grants of the same pair: each is asked, the second is no
	// first one any more when the other was done.
	a, b := w.issue("1001", "d", "i-2", 1, "2002"), w.issue("1001", "e", "i-2", 1, "2002")
	a.request.(*issuing).verified = true
	w.carry(a, b)
	if a.err != nil || b.err != nil {
		t.Errorf("%v, %v", a.err, b.err)
	}
	w.consistent()
}

// TestBatchConflict conflicts until the k-th Commit: the whole batch is decided
// again, on fresh documents and with fresh codes.
func TestBatchConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for k := range 8 {
			w := newLoopWorld(t)
			seen := map[Code]bool{}
			w.store.fail = func(n int) shelfFault {
				if n <= k {
					// Somebody else takes a slot meanwhile.
					l := w.ledger("i-1")
					if n == 1 {
						l.Issued++
						l.Attached++
					}
					key := ledgerKey("i-1")
					w.store.docs[key] = Document{Key: key, Version: w.store.docs[key].Version + 1, Body: &l}
					return shelfFault{err: fmt.Errorf("wrapped: %w", ErrConflict)}
				}
				return shelfFault{}
			}
			var batch []*pending
			for i := range 5 {
				batch = append(batch, w.issue("1001", fmt.Sprint("r", i), "i-1", 1, ""))
			}
			if n := w.carry(batch...); n != k+1 || len(w.store.loads) != k+1 {
				t.Errorf("%d conflicts: %d loads and %d commits", k, len(w.store.loads), n)
			}
			for i, p := range batch {
				if i == 4 && k > 0 {
					refusedBy(t, p.err, ELGQuota)
					continue
				}
				if p.err != nil || seen[p.res.Codes[0]] {
					t.Errorf("request %d: %v, %v", i, p.err, p.res.Codes)
					continue
				}
				seen[p.res.Codes[0]] = true
			}
			if w.ledger("i-1").Issued != 5 {
				t.Errorf("issued %d", w.ledger("i-1").Issued)
			}
		}
	})
}

// TestBatchUnknownOutcome loses the answer of a Commit: the batch is tried again
// in halves, and the receipts tell what had happened.
func TestBatchUnknownOutcome(t *testing.T) {
	lost := errors.New("connection lost")
	for _, after := range []bool{false, true} {
		w := newLoopWorld(t)
		w.done(w.issue("1001", "old", "i-1", 3, ""))
		w.store.fail = func(n int) shelfFault {
			if n == 2 {
				return shelfFault{lost, after}
			}
			return shelfFault{}
		}
		batch := []*pending{
			w.issue("1001", "old", "i-1", 3, ""), // a receipt that is stored
			w.issue("1001", "a", "i-1", 2, ""),
			w.issue("1001", "a", "i-1", 2, ""), // rests on its neighbour's receipt
			w.issue("1001", "b", "i-1", 1, ""), // refused because of its neighbour
			w.issue("1001", "a", "i-1", 1, ""), // reuses its neighbour's ID
		}
		commits := 2
		if after {
			commits = 1
		}
		if n := w.carry(batch...); n != commits {
			t.Errorf("took effect %v: took %d commits, want %d", after, n, commits)
		}
		for i, p := range batch[:3] {
			if p.err != nil || p.res.Replayed != (i != 1 || after) {
				t.Errorf("took effect %v: request %d: %+v, %v", after, i, p.res, p.err)
			}
		}
		if len(batch[1].events) > 0 == after {
			t.Errorf("took effect %v: %d events to observe", after, len(batch[1].events))
		}
		refusedBy(t, batch[3].err, ELGQuota)
		if batch[4].err != ErrRequestReused {
			t.Errorf("the reused ID: %v", batch[4].err)
		}
		if w.ledger("i-1").Issued != 5 {
			t.Errorf("took effect %v: issued %d", after, w.ledger("i-1").Issued)
		}
		w.consistent()
	}
}

// TestBatchInDoubt loses the answer of a Commit, and then others take what
// there was: a request that was in it is not told that it was refused, since
// that Commit might yet take effect.
func TestBatchInDoubt(t *testing.T) {
	lost := errors.New("connection lost")
	w := newLoopWorld(t)
	w.store.fail = func(n int) shelfFault {
		if n == 1 {
			key := ledgerKey("i-1")
			w.store.docs[key] = Document{Key: key, Version: 9, Body: &Ledger{Issued: 5, Attached: 5}}
			return shelfFault{err: lost}
		}
		return shelfFault{}
	}
	in, out := w.issue("1001", "a", "i-1", 5, ""), w.issue("1001", "b", "i-1", 1, "")
	if n := w.carry(in, out); n != 1 {
		t.Errorf("took %d commits", n)
	}
	var unknown *UnknownOutcomeError
	if !errors.As(in.err, &unknown) || unknown.RequestID != "a" || !errors.Is(in.err, lost) {
		t.Errorf("what was in the commit answers %v", in.err)
	}
	refusedBy(t, out.err, ELGQuota)
	// The same request again is another one to the engine, and certain.
	again := w.issue("1001", "a", "i-1", 5, "")
	w.carry(again)
	refusedBy(t, again.err, ELGQuota)
}

// TestBatchPoisoned has requests whose Commit fails, beside others: they fail
// alone, wherever they stand.
func TestBatchPoisoned(t *testing.T) {
	bad := errors.New("cannot be written")
	for n := 2; n <= 9; n++ {
		for first := range n {
			for second := first; second < n; second++ {
				w := newLoopWorld(t)
				poison := map[Key]bool{}
				w.store.poison = func(c Change) error {
					for _, p := range c.Puts {
						if poison[p.Key] {
							return bad
						}
					}
					return nil
				}
				var batch []*pending
				for i := range n {
					batch = append(batch, w.issue("1001", fmt.Sprint("r", i), InstanceID(fmt.Sprint("i-", i/4)), 1, ""))
				}
				poison[batch[first].receipt], poison[batch[second].receipt] = true, true
				commits := w.carry(batch...)
				for i, p := range batch {
					if i == first || i == second {
						var unknown *UnknownOutcomeError
						if !errors.As(p.err, &unknown) || unknown.RequestID != p.requestID || !errors.Is(p.err, bad) {
							t.Errorf("of %d, %d is bad and answers %v", n, i, p.err)
						}
						continue
					}
					if p.err != nil {
						t.Errorf("of %d, %d and %d are bad, and %d answers %v", n, first, second, i, p.err)
					}
				}
				if commits < 3 || commits > 2*n {
					t.Errorf("of %d, %d and %d are bad, which took %d commits", n, first, second, commits)
				}
				w.consistent()
			}
		}
	}
}

// TestBatchManyPoisoned has more bad requests than attempts may fail in a row:
// it is the good ones in between that show that the store is in order.
func TestBatchManyPoisoned(t *testing.T) {
	w := newLoopWorld(t)
	bad := errors.New("cannot be written")
	var batch []*pending
	poison := map[Key]bool{}
	for i := range merging(0).Requests {
		batch = append(batch, w.issue("1001", fmt.Sprint("r", i), InstanceID(fmt.Sprint("i-", i)), 1, ""))
		poison[batch[i].receipt] = i%7 == 3
	}
	w.store.poison = func(c Change) error {
		for _, p := range c.Puts {
			if poison[p.Key] {
				return bad
			}
		}
		return nil
	}
	w.carry(batch...)
	for i, p := range batch {
		if errors.Is(p.err, bad) != (i%7 == 3) {
			t.Errorf("request %d: %v", i, p.err)
		}
	}
	w.consistent()
}

// TestBatchStoreIsDown fails everything: the callers are told soon. A batch is
// halved as long as fewer than sixteen attempts failed, and what is left by then
// is tried once, in the parts that there are.
func TestBatchStoreIsDown(t *testing.T) {
	down := errors.New("down")
	for size, tries := range map[int]int{128: 16 + 5, 100: 16 + 3} {
		w := newLoopWorld(t)
		w.store.fail = func(int) shelfFault { return shelfFault{err: down} }
		var batch []*pending
		for i := range size {
			batch = append(batch, w.issue("1001", fmt.Sprint("r", i), InstanceID(fmt.Sprint("i-", i)), 1, ""))
		}
		if n := w.carry(batch...); n != tries {
			t.Errorf("for %d requests the store was tried %d times, want %d", size, n, tries)
		}
		for i, p := range batch {
			if !errors.Is(p.err, ErrUnknownOutcome) || !errors.Is(p.err, down) {
				t.Errorf("request %d: %v", i, p.err)
			}
		}
	}
}

// TestBatchDoubts has a commit whose outcome is unknown, and then no answer from
// the store at all: only what the commit would have written is in doubt, not
// what had been done long before.
func TestBatchDoubts(t *testing.T) {
	w := newLoopWorld(t)
	w.done(w.issue("1001", "a", "i-1", 1, ""))
	w.store.fail = func(int) shelfFault {
		w.store.cut = 1
		return shelfFault{err: errors.New("connection lost")}
	}
	again, fresh := w.issue("1001", "a", "i-1", 1, ""), w.issue("1001", "b", "i-2", 1, "")
	w.carry(again, fresh)
	if errors.Is(again.err, ErrUnknownOutcome) || !errors.Is(again.err, ErrUnavailable) {
		t.Errorf("what was done before has %v, want no doubt", again.err)
	}
	if !errors.Is(fresh.err, ErrUnknownOutcome) {
		t.Errorf("what may have been done has %v, want ErrUnknownOutcome", fresh.err)
	}
}

// TestBatchPanics has a store that panics over one request of a batch: its
// caller meets the panic, the others are done.
func TestBatchPanics(t *testing.T) {
	w := newLoopWorld(t)
	var bad *pending
	w.store.poison = func(c Change) error {
		for _, p := range c.Puts {
			if p.Key == bad.receipt {
				panic("what is this?")
			}
		}
		return nil
	}
	var batch []*pending
	for i := range 5 {
		batch = append(batch, w.issue("1001", fmt.Sprint("r", i), "i-1", 1, ""))
	}
	bad = batch[3]
	met := func() (value any) {
		defer func() { value = recover() }()
		w.carry(batch...)
		return nil
	}()
	if met != "what is this?" {
		t.Errorf("the caller meets %v", met)
	}
	for i, p := range batch {
		if p != bad && p.err != nil {
			t.Errorf("request %d: %v", i, p.err)
		}
	}
	if l := w.ledger("i-1"); l.Issued != 4 {
		t.Errorf("issued %d", l.Issued)
	}
	w.consistent()
}

// TestBatchOneConflicts has one request that always conflicts beside others:
// it gives up alone.
func TestBatchOneConflicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLoopWorld(t)
		var bad *pending
		w.store.poison = func(c Change) error {
			for _, p := range c.Puts {
				if p.Key == bad.receipt {
					return ErrConflict
				}
			}
			return nil
		}
		var batch []*pending
		for i := range merging(0).Requests {
			batch = append(batch, w.issue("1001", fmt.Sprint("r", i), InstanceID(fmt.Sprint("i-", i/5)), 1, ""))
		}
		bad = batch[77]
		start := time.Now()
		w.carry(batch...)
		for i, p := range batch {
			if p == bad {
				if !errors.Is(p.err, ErrConflict) || errors.Is(p.err, ErrUnknownOutcome) {
					t.Errorf("what always conflicts answers %v", p.err)
				}
			} else if p.err != nil {
				t.Errorf("request %d: %v", i, p.err)
			}
		}
		if waited := time.Since(start); waited > 2*time.Second {
			t.Errorf("waited %v", waited)
		}
		w.consistent()
	})
}

// TestBatchListsWhatItWrites closes an instance for which a neighbour issues,
// and imports a code that a neighbour imports: what the store lists is not all
// that there is, and no number of attempts makes it so.
func TestBatchListsWhatItWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLoopWorld(t)
		w.done(w.issue("1001", "a", "i-1", 1, ""))
		issue := w.issue("1001", "b", "i-1", 2, "")
		ending := w.enter("ops", "c", &closing{CloseRequest: CloseRequest{Actor: "ops", InstanceID: "i-1", Reason: "gone"}})
		w.carry(issue, ending)
		if issue.err != nil || ending.err != nil || len(ending.res.Codes) != 3 {
			t.Errorf("issued (%v), and closed %d codes (%v), want 3", issue.err, len(ending.res.Codes), ending.err)
		}
		w.consistent()

		// The neighbour's outcome is unknown, the close comes after it.
		w = newLoopWorld(t)
		w.done(w.issue("1001", "a", "i-1", 1, ""))
		w.store.fail = func(n int) shelfFault {
			if n == 2 {
				return shelfFault{errors.New("connection lost"), true}
			}
			return shelfFault{}
		}
		issue = w.issue("1001", "b", "i-1", 2, "")
		ending = w.enter("ops", "c", &closing{CloseRequest: CloseRequest{Actor: "ops", InstanceID: "i-1", Reason: "gone"}})
		if n := w.carry(issue, ending); n != 2 || issue.err != nil || !issue.res.Replayed || ending.err != nil || len(ending.res.Codes) != 3 {
			t.Errorf("%d commits, issued (%v), and closed %d codes (%v), want 3", n, issue.err, len(ending.res.Codes), ending.err)
		}
		w.consistent()

		w = newLoopWorld(t)
		code, err := Opaque.Parse("X-1")
		if err != nil {
			t.Fatal(err)
		}
		imported := func(id string, owner AccountID) *pending {
			return w.enter("ops", id, &importing{ImportRequest: ImportRequest{
				Actor: "ops", Code: code, State: StateAvailable, Owner: owner, InstanceID: "i-1", Product: ECS,
				Origin: OriginFree, Issued: w.now,
			}})
		}
		first, same, differs := imported("a", "1001"), imported("b", "1001"), imported("c", "1002")
		w.carry(first, same, differs)
		if first.err != nil || same.err != nil || same.res.Replayed || differs.err != ErrDiffers {
			t.Errorf("imported %v, the same %v, another %v", first.err, same.err, differs.err)
		}
		if l := w.ledger("i-1"); l.Attached != 1 {
			t.Errorf("attached %d", l.Attached)
		}
		w.consistent()
	})
}

// TestBatchFailures has one request whose own part fails beside others that
// go on.
func TestBatchFailures(t *testing.T) {
	w := newLoopWorld(t, 1, 2) // two codes, then the entropy is at its end
	a, b, c := w.issue("1001", "a", "i-1", 2, ""), w.issue("1002", "b", "i-2", 1, ""), w.enter("ops", "c", &closing{CloseRequest: CloseRequest{
		Actor: "ops", InstanceID: "i-3", Reason: "gone"}})
	if n := w.carry(a, b, c); n != 1 {
		t.Errorf("took %d commits", n)
	}
	if a.err != nil || c.err != nil || !errors.Is(b.err, ErrEntropy) {
		t.Errorf("%v, %v, %v", a.err, b.err, c.err)
	}
	// A request with a receipt needs no entropy.
	again := w.issue("1001", "a", "i-1", 2, "")
	if n := w.carry(again); n != 0 || again.err != nil || !again.res.Replayed {
		t.Errorf("%d commits, %+v, %v", n, again.res, again.err)
	}
	// Documents that are kept back are nobody's answer.
	before := w.store.dump()
	w.store.cut = 1
	d, e := w.issue("1001", "d", "i-1", 0, ""), w.issue("1001", "e", "i-1", 0, "")
	w.carry(d, e)
	for _, p := range []*pending{d, e} {
		if p.err == nil || !strings.Contains(p.err.Error(), "documents") {
			t.Errorf("with a document missing: %v", p.err)
		}
	}
	if w.store.dump() != before {
		t.Error("something was written")
	}
}

// TestBatchManyKeys has so many documents that the view looks them up in a
// map, and some that the batch reads in a second Load.
func TestBatchManyKeys(t *testing.T) {
	w := newLoopWorld(t)
	var batch []*pending
	for i := range 40 {
		owner := AccountID(fmt.Sprint("a", i%7))
		to := AccountID(fmt.Sprint("t", i%3))
		w.acquaint(owner, to)
		if i%2 == 0 {
			to = ""
		}
		batch = append(batch, w.issue(owner, fmt.Sprint("r", i), InstanceID(fmt.Sprint("i-", i%10)), 1, to))
	}
	if n := w.carry(batch...); n != 1 {
		t.Errorf("took %d commits", n)
	}
	issued := 0
	for _, p := range batch {
		if p.err == nil {
			issued += len(p.res.Codes)
		}
	}
	if issued < 20 {
		t.Errorf("only %d were issued", issued)
	}
	w.consistent()
}

// counter is entropy that never ends: the numbers from n.
type counter struct{ n uint64 }

func (c *counter) Read(b []byte) (int, error) {
	binary.LittleEndian.PutUint64(b, c.n)
	c.n++
	return 8, nil
}

// TestBatchIsAsOneByOne carries random requests as one batch and, in another
// world, one by one: every answer is the same, and so is all that is stored.
func TestBatchIsAsOneByOne(t *testing.T) {
	var done, refused, merged int
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.IntRange(2, 20).Draw(r, "size")
		var worlds [2]*loopWorld
		var batches [2][]*pending
		// What is asked is drawn once, and asked in both worlds.
		type ask struct {
			kind, instance, code, n, id int
			actor, to                   AccountID
		}
		var asks []ask
		accounts := rapid.SampledFrom([]AccountID{"1001", "1001", "2002", "ops"})
		for range size {
			asks = append(asks, ask{
				kind: rapid.IntRange(0, 9).Draw(r, "kind"), instance: rapid.IntRange(1, 3).Draw(r, "instance"),
				code: rapid.IntRange(0, 5).Draw(r, "code"), n: rapid.IntRange(0, 3).Draw(r, "n"), id: rapid.IntRange(0, 30).Draw(r, "id"),
				actor: accounts.Draw(r, "actor"), to: rapid.SampledFrom([]AccountID{"", "2002", "3003"}).Draw(r, "to"),
			})
		}
		for k := range worlds {
			w := newLoopWorld(t)
			w.eng = New(w.store, &Options{
				Clock: func() time.Time { return w.now }, Entropy: &counter{n: 1}, Operator: func(_ context.Context, a AccountID) (bool, error) { return a == "ops", nil },
				Price: Money{Amount: decimal.NewFromInt(10), Currency: "CNY"}, VerifyPhone: func(context.Context, Verification) error { return nil },
			})
			w.acquaint("1001", "2002")
			free := w.issue("1001", "free", "i-1", 3, "")
			paid := w.enter("1001", "paid", &buying{BuyRequest: BuyRequest{Actor: "1001", Quantity: 3}})
			w.done(free)
			w.done(paid)
			codes := append(free.res.Codes, paid.res.Codes...)
			for _, a := range asks {
				id, code := InstanceID(fmt.Sprint("i-", a.instance)), codes[a.code]
				filing := Filing{Kind: FilingFirst, Domain: "example.cn", Subject: "s"}
				about := ReleaseRequest{Actor: a.actor, Code: code, Reason: "r"}
				batches[k] = append(batches[k], w.enter(a.actor, fmt.Sprint("r", a.id), []request{
					&issuing{IssueRequest: IssueRequest{Actor: a.actor, Instance: w.server(id, a.actor), Quantity: a.n, GrantTo: a.to, Certification: Enterprise}},
					&issuing{IssueRequest: IssueRequest{Actor: a.actor, Instance: w.server(id, a.actor), Quantity: a.n}},
					&buying{BuyRequest: BuyRequest{Actor: a.actor, Quantity: a.n}},
					&binding{BindRequest: BindRequest{Actor: a.actor, Code: code, Instance: w.server(id, a.actor)}},
					&granting{GrantRequest: GrantRequest{Actor: a.actor, Codes: []Code{code}, GrantTo: "2002", Certification: Enterprise}},
					&submission{filingRequest{SubmitRequest: SubmitRequest{Actor: a.actor, Code: code, Filing: filing}}},
					&resubmission{filingRequest{SubmitRequest: SubmitRequest{Actor: a.actor, Code: code, Filing: filing}}},
					&approval{ApproveRequest: ApproveRequest{Actor: a.actor, Code: code, ICPNumber: "ICP-1"}},
					&ending{ReleaseRequest: about, action: ActionRelease}, &ending{ReleaseRequest: about, action: ActionVoid},
				}[a.kind]))
			}
			worlds[k] = w
		}
		commits := worlds[0].carry(batches[0]...)
		for _, p := range batches[1] {
			worlds[1].carry(p)
		}
		for i, p := range batches[0] {
			q := batches[1][i]
			if got, want := fmt.Sprint(asJSON(t, p.res), p.res.Replayed, p.err, asJSON(t, p.events)), fmt.Sprint(asJSON(t, q.res), q.res.Replayed, q.err, asJSON(t, q.events)); got != want {
				r.Errorf("request %d in the batch answers\n%s\nalone\n%s", i, got, want)
			}
			if p.err == nil {
				done++
			} else {
				refused++
			}
		}
		if got, want := worlds[0].store.dump(), worlds[1].store.dump(); got != want {
			r.Errorf("after the batch there is\n%s\none by one\n%s", got, want)
		}
		for k, d := range worlds[0].store.docs {
			if got, want := asJSON(t, d.Body), asJSON(t, worlds[1].store.docs[k].Body); got != want {
				r.Errorf("%v is\n%s\none by one\n%s", k, got, want)
			}
		}
		if commits > 1 {
			r.Errorf("the batch took %d commits", commits)
		}
		merged += commits
		worlds[0].consistent()
	})
	if done < refused/10 || done == 0 || refused == 0 || merged == 0 {
		t.Errorf("%d were done, %d refused, in %d commits", done, refused, merged)
	}
}

// TestViewSecondLoad decides on a key that nobody loaded ahead: what was
// written before it is noticed is forgotten.
func TestViewSecondLoad(t *testing.T) {
	w := newLoopWorld(t)
	p := w.enter("1001", "r", &forgetful{issuing{IssueRequest: IssueRequest{
		Actor: "1001", Instance: w.server("i-1", "1001"), Quantity: 1, GrantTo: "2002", Certification: Enterprise,
	}}})
	w.acquaint("1001", "2002")
	many := w.issue("1001", "s", "i-1", 1, "")
	if n := w.carry(many, p); n != 1 || p.err != nil || many.err != nil {
		t.Fatalf("%d commits, %v, %v", n, p.err, many.err)
	}
	if len(w.store.loads) < 2 {
		t.Errorf("there was %d load: nothing was missing", len(w.store.loads))
	}
	if l := w.ledger("i-1"); l.Issued != 2 {
		t.Errorf("issued %d, want 2", l.Issued)
	}
	w.consistent()
}

// forgetful is an issue that does not say what it reads.
type forgetful struct{ issuing }

func (*forgetful) keys(_ *call, keys []Key) []Key { return keys }

// TestLoopGivesUp meets a store that conflicts for ever, without waiting.
func TestLoopGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLoopWorld(t)
		w.store.fail = func(int) shelfFault { return shelfFault{err: ErrConflict} }
		a, b := w.issue("1001", "a", "i-1", 1, ""), w.issue("1002", "b", "i-2", 6, "")
		start := time.Now()
		n := w.carry(a, b)
		if n != maxAttempts || !errors.Is(a.err, ErrConflict) || !strings.Contains(a.err.Error(), "64 attempts") {
			t.Errorf("after %d attempts: %v", n, a.err)
		}
		refusedBy(t, b.err, ELGQuota)
		if waited := time.Since(start); waited > maxAttempts*lastBackoff || waited == 0 {
			t.Errorf("waited %v", waited)
		}
		if len(w.store.docs) != 0 {
			t.Error("something was written")
		}
	})
}

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for i := range 200 {
			start := time.Now()
			if err := backOff(t.Context(), i); err != nil {
				t.Fatal(err)
			}
			waited := time.Since(start)
			if i < 2 && waited != 0 {
				t.Errorf("after conflict %d it waits %v, want not at all", i, waited)
			}
			if waited > lastBackoff {
				t.Errorf("after conflict %d it waits %v", i, waited)
			}
		}
		start := time.Now()
		for range 20 { // a random part of 80 µs
			if err := backOff(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
		}
		if time.Since(start) == 0 {
			t.Error("after conflict 2, the third, it never waits")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, i := range []int{0, 5} {
			if err := backOff(ctx, i); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled, it answers %v", err)
			}
		}
		ctx, cancel = context.WithTimeoutCause(t.Context(), time.Nanosecond, errors.New("late"))
		defer cancel()
		for i := 20; ; i++ {
			if err := backOff(ctx, i); err != nil {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("cancelled while waiting, it answers %v", err)
				}
				break
			}
		}
	})
}

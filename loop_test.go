package icpcode

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

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

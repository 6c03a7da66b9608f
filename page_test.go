package icpcode_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"pgregory.net/rapid"
)

// paged is a list, whole and page by page, each code with its decision as
// text.
type paged struct {
	name  string
	whole func(*icpcode.Engine, icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error]
	page  func(*icpcode.Engine, icpcode.ListRequest) (icpcode.AssessmentPage, error)
}

func plainly(all iter.Seq2[icpcode.Record, error]) iter.Seq2[icpcode.Assessment, error] {
	return func(yield func(icpcode.Assessment, error) bool) {
		for r, err := range all {
			if !yield(icpcode.Assessment{Record: r}, err) {
				return
			}
		}
	}
}

func plainPage(p icpcode.Page, err error) (icpcode.AssessmentPage, error) {
	q := icpcode.AssessmentPage{Next: p.Next}
	for _, r := range p.Records {
		q.Assessments = append(q.Assessments, icpcode.Assessment{Record: r})
	}
	return q, err
}

func pagedLists() []paged {
	ctx := context.Background()
	type list = iter.Seq2[icpcode.Assessment, error]
	return []paged{
		{"Owned", func(e *icpcode.Engine, r icpcode.ListRequest) list { return plainly(e.Owned(ctx, r)) },
			func(e *icpcode.Engine, r icpcode.ListRequest) (icpcode.AssessmentPage, error) {
				return plainPage(e.OwnedPage(ctx, r))
			}},
		{"Received", func(e *icpcode.Engine, r icpcode.ListRequest) list { return plainly(e.Received(ctx, r)) },
			func(e *icpcode.Engine, r icpcode.ListRequest) (icpcode.AssessmentPage, error) {
				return plainPage(e.ReceivedPage(ctx, r))
			}},
		{"Pick", func(e *icpcode.Engine, r icpcode.ListRequest) list { return e.Pick(ctx, r) },
			func(e *icpcode.Engine, r icpcode.ListRequest) (icpcode.AssessmentPage, error) {
				return e.PickPage(ctx, r)
			}},
		{"Review", func(e *icpcode.Engine, r icpcode.ListRequest) list { return e.Review(ctx, r) },
			func(e *icpcode.Engine, r icpcode.ListRequest) (icpcode.AssessmentPage, error) {
				return e.ReviewPage(ctx, r)
			}},
	}
}

func shownAs(a icpcode.Assessment) string {
	return fmt.Sprintf("%s %v %v %v", a.Record.Code.String(), a.Record.State, a.Decision.Fail, a.Decision.Unknown)
}

func (w *world) whole(l paged, r icpcode.ListRequest) []string {
	w.t.Helper()
	var all []string
	for a, err := range l.whole(w.eng, r) {
		if err != nil {
			w.t.Fatalf("%s: %v", l.name, err)
		}
		all = append(all, shownAs(a))
	}
	return all
}

// pages follows a list page by page, and returns its cursors, too.
func (w *world) pages(l paged, r icpcode.ListRequest) (all, cursors []string) {
	w.t.Helper()
	for range 10_000 {
		p, err := l.page(w.eng, r)
		if err != nil {
			w.t.Fatalf("%s: %v", l.name, err)
		}
		if limit := r.Limit; len(p.Assessments) > limit && limit > 0 || len(p.Assessments) > 1000 {
			w.t.Fatalf("%s: a page of %d holds %d", l.name, r.Limit, len(p.Assessments))
		}
		for _, a := range p.Assessments {
			all = append(all, shownAs(a))
		}
		if p.Next == "" {
			return all, cursors
		}
		cursors = append(cursors, p.Next)
		r.After = p.Next
	}
	w.t.Fatalf("%s does not end", l.name)
	return nil, nil
}

// market makes codes of several accounts in many states, some granted from one
// to another.
func (w *world) market() {
	w.t.Helper()
	for i := range 40 {
		w.now = w.now.Add(time.Second)
		from, to := icpcode.AccountID(fmt.Sprint("a", i%3)), icpcode.AccountID(fmt.Sprint("a", (i+1)%3))
		s := w.server(from)
		c := w.issue(s, 1+i%3)[0]
		if i%2 == 0 {
			must[icpcode.Result](w.t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
				Actor: from, Codes: []icpcode.Code{c}, GrantTo: to, Certification: icpcode.Enterprise}))
			from = to
		}
		if i%5 < 2 {
			f := w.site()
			f.Domain = fmt.Sprintf("Example%d.CN.", i%4)
			must[icpcode.Result](w.t)(w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: from, Code: c, Filing: f}))
			if i%5 == 0 {
				must[icpcode.Result](w.t)(w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: ops, Code: c, ICPNumber: "ICP-1"}))
			}
		}
		if i%11 == 3 {
			must[icpcode.Result](w.t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: s.ID, Reason: "x"}))
		}
	}
}

// requests are all that the lists of the market are asked for.
func (w *world) requests() []icpcode.ListRequest {
	var all []icpcode.ListRequest
	for _, newest := range []bool{false, true} {
		for _, r := range []icpcode.ListRequest{
			{Actor: "a0"}, {Actor: "a1"}, {Actor: ops, Account: "a2"}, {Actor: "nobody"},
			{Actor: "a0", State: icpcode.StateFiling}, {Actor: "a1", State: icpcode.StateInvalid},
			{Actor: ops, ICPNumber: "ICP-1"}, {Actor: "a0", ICPNumber: "ICP-1"}, {Actor: ops, InstanceID: "i-000003"},
			{Actor: ops, Domain: "example1.cn"}, {Actor: "a1", Domain: "EXAMPLE1。cn"}, {Actor: "a0", App: "x"},
			{Actor: ops, Account: "a0", Domain: "example0.cn"},
		} {
			r.Newest = newest
			all = append(all, r)
		}
	}
	return all
}

// TestPages: pages of any size have together what the whole list has, in its
// order, over a store whose own pages are full, short or empty.
func TestPages(t *testing.T) {
	w := newWorld(t)
	w.market()
	found := 0
	for _, look := range []int{1000, 3, 1} {
		w.store = &shortPages{w.store, look}
		w.eng = icpcode.New(w.store, &w.opt)
		for _, l := range pagedLists() {
			for _, r := range w.requests() {
				want := w.whole(l, r)
				found += len(want)
				for _, limit := range []int{1, 2, 7, 0, 1000} {
					r.Limit = limit
					if got, _ := w.pages(l, r); !slices.Equal(got, want) {
						t.Errorf("%s of %+v, with pages of the store of %d, has %d codes by page and %d as a whole, or in another order",
							l.name, r, look, len(got), len(want))
					}
				}
			}
		}
	}
	if found < 500 {
		t.Errorf("the lists had %d codes: nothing was proven", found)
	}
}

// shortPages is a store that looks at few records for a page, and so returns
// short ones, or none where a state is asked for.
type shortPages struct {
	icpcode.Store
	look int
}

func (s *shortPages) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	state := q.State
	q.State, q.Limit = icpcode.StateNone, min(q.Limit, s.look)
	p, err := s.Store.List(ctx, q)
	p.Records = slices.DeleteFunc(p.Records, func(r icpcode.Record) bool { return state != icpcode.StateNone && r.State != state })
	return p, err
}

// TestFilingsAreFoundByTheirHolders: a number or a service of a filing finds
// it for its holder and for operators, not for an owner who granted the code.
func TestFilingsAreFoundByTheirHolders(t *testing.T) {
	w := newWorld(t)
	w.market()
	found := 0
	for _, l := range pagedLists()[:1] {
		for _, r := range w.requests() {
			if r.ICPNumber == "" && r.Domain == "" || r.Actor == ops {
				continue
			}
			for a, err := range l.whole(w.eng, r) {
				if err != nil {
					t.Fatal(err)
				}
				found++
				if a.Record.Holder() != r.Actor {
					t.Errorf("%s of %+v shows an owner what a grantee files", l.name, r)
				}
			}
		}
	}
	if found == 0 {
		t.Error("nothing was found at all")
	}
}

// TestNewestFirst lists by instant of issue where that is asked for.
func TestNewestFirst(t *testing.T) {
	w := newWorld(t)
	w.market()
	last := time.Time{}
	for r, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: "a0", Newest: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if !last.IsZero() && r.Issued.After(last) {
			t.Errorf("a code issued at %v comes after one issued at %v", r.Issued, last)
		}
		last = r.Issued
	}
	if last.IsZero() {
		t.Error("the list is empty")
	}
}

// TestCursorsTellNothing: every cursor has the same length, none is like
// another, and the store's own, which hold codes, are nowhere in them.
func TestCursorsTellNothing(t *testing.T) {
	w := newWorld(t)
	w.market()
	w.store = &shortPages{w.store, 1000}
	w.eng = icpcode.New(w.store, &w.opt)
	seen := make(map[string]bool)
	var codes []string
	for r, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: ops, Account: "a0"}) {
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, r.Code.String())
	}
	size := 0
	for range 2 { // the same pages twice
		for _, l := range pagedLists() {
			for _, r := range w.requests() {
				r.Limit = 1
				_, cursors := w.pages(l, r)
				for _, c := range cursors {
					if size == 0 {
						size = len(c)
					}
					if len(c) != size {
						t.Fatalf("a cursor of %s has %d bytes, another %d", l.name, len(c), size)
					}
					if seen[c] {
						t.Fatalf("two cursors of %s are the same", l.name)
					}
					seen[c] = true
					box, err := base64.RawURLEncoding.DecodeString(c)
					if err != nil {
						t.Fatalf("a cursor is not fit for a URL: %v", err)
					}
					for _, code := range codes {
						if strings.Contains(string(box), code) || strings.Contains(c, code) {
							t.Fatalf("a cursor of %s shows a code", l.name)
						}
					}
				}
			}
		}
	}
	if len(seen) < 200 {
		t.Errorf("there were %d cursors: nothing was proven", len(seen))
	}
}

// TestCursorsHoldWhatTheyAreFor: a cursor is good for its list and asker, and
// an InvalidError anywhere else, also when a bit of it changes.
func TestCursorsHoldWhatTheyAreFor(t *testing.T) {
	w := newWorld(t)
	w.market()
	w.opt.CursorKey = [32]byte{1}
	w.eng = icpcode.New(w.store, &w.opt)
	good := icpcode.ListRequest{Actor: "a0", Limit: 2}
	first := must[icpcode.Page](t)(w.eng.OwnedPage(w.ctx, good))
	good.After = first.Next
	if first.Next == "" {
		t.Fatal("there is no second page")
	}
	second := must[icpcode.Page](t)(w.eng.OwnedPage(w.ctx, good))
	again := must[icpcode.Page](t)(icpcode.New(w.store, &w.opt).OwnedPage(w.ctx, good)) // another process
	if len(second.Records) != 2 || len(again.Records) != 2 || second.Records[0].Code != again.Records[0].Code {
		t.Errorf("an engine with the same key does not go on with the same page")
	}
	sized := good
	sized.Limit = 5
	must[icpcode.Page](t)(w.eng.OwnedPage(w.ctx, sized)) // the size of pages may change

	bad := func(what string, e *icpcode.Engine, r icpcode.ListRequest) {
		t.Helper()
		for _, l := range pagedLists() {
			if _, err := l.page(e, r); !errors.As(err, new(*icpcode.InvalidError)) {
				t.Errorf("%s: %s: %v, want an InvalidError", what, l.name, err)
			}
		}
	}
	owned := func(what string, e *icpcode.Engine, change func(*icpcode.ListRequest)) {
		t.Helper()
		r := good
		change(&r)
		if _, err := e.OwnedPage(w.ctx, r); !errors.As(err, new(*icpcode.InvalidError)) {
			t.Errorf("%s: %v, want an InvalidError", what, err)
		}
	}
	owned("another actor", w.eng, func(r *icpcode.ListRequest) { r.Actor = "a1" })
	owned("an operator", w.eng, func(r *icpcode.ListRequest) { r.Actor, r.Account = ops, "a0" })
	other := good
	other.Actor, other.Account, other.After = ops, "a0", ""
	other.After = must[icpcode.Page](t)(w.eng.OwnedPage(w.ctx, other)).Next
	other.Actor = "ops2"
	w.opt.Operator = func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops || a == "ops2", nil }
	if _, err := icpcode.New(w.store, &w.opt).OwnedPage(w.ctx, other); !errors.As(err, new(*icpcode.InvalidError)) {
		t.Errorf("a cursor of one operator given to another: %v, want an InvalidError", err)
	}
	owned("another state", w.eng, func(r *icpcode.ListRequest) { r.State = icpcode.StateFiled })
	owned("another order", w.eng, func(r *icpcode.ListRequest) { r.Newest = true })
	owned("an instance", w.eng, func(r *icpcode.ListRequest) { r.InstanceID = "i-000001" })
	owned("a number", w.eng, func(r *icpcode.ListRequest) { r.ICPNumber = "ICP-1" })
	owned("a domain", w.eng, func(r *icpcode.ListRequest) { r.Domain = "example1.cn" })
	owned("an app", w.eng, func(r *icpcode.ListRequest) { r.App = "example1.cn" })
	for i := range good.After {
		owned("a changed cursor", w.eng, func(r *icpcode.ListRequest) {
			b := []byte(r.After)
			b[i] ^= 1
			r.After = string(b)
		})
	}
	owned("a shorter cursor", w.eng, func(r *icpcode.ListRequest) { r.After = r.After[4:] })
	owned("a longer cursor", w.eng, func(r *icpcode.ListRequest) { r.After += "AAAA" })
	owned("a line more", w.eng, func(r *icpcode.ListRequest) { r.After += "\n" })
	for _, l := range pagedLists()[1:] {
		if _, err := l.page(w.eng, good); !errors.As(err, new(*icpcode.InvalidError)) {
			t.Errorf("the cursor of Owned given to %s: %v, want an InvalidError", l.name, err)
		}
	}
	w.opt.CursorKey = [32]byte{2}
	bad("another key", icpcode.New(w.store, &w.opt), good)
	w.opt.CursorKey = [32]byte{}
	bad("no key", icpcode.New(w.store, &w.opt), good)
	bad("another engine without a key", icpcode.New(w.store, nil), good)
	store := must[icpcode.Page](t)(w.store.List(w.ctx, icpcode.Query{By: icpcode.ByOwner, Value: "a0", Limit: 1}))
	bad("the store's own cursor", w.eng, icpcode.ListRequest{Actor: "a0", After: store.Next})
	for _, limit := range []int{-1, 1001} {
		bad("a limit out of range", w.eng, icpcode.ListRequest{Actor: "a0", Limit: limit})
		bad("to look at a number out of range", w.eng, icpcode.ListRequest{Actor: "a0", Look: limit})
	}
	for _, l := range pagedLists() {
		for _, r := range []icpcode.ListRequest{{Actor: "a0", Limit: 1}, {Actor: "a0", After: good.After}, {Actor: "a0", Look: 1}} {
			for _, err := range l.whole(w.eng, r) {
				if !errors.As(err, new(*icpcode.InvalidError)) {
					t.Errorf("%s of a page, asked for as a whole: %v", l.name, err)
				}
			}
		}
	}
}

// TestPagesAreBounded: a page asks the store for no more than 1,000 records,
// however few of them it shows.
func TestPagesAreBounded(t *testing.T) {
	w := newWorld(t)
	counting := &counting{Store: w.store}
	eng := icpcode.New(counting, &w.opt)
	for range 60 {
		w.buy("a0", 20)
	}
	// Some of a few hundred are shown: not one look for each of them.
	for i := range 300 {
		c := w.issue(w.server("a1"), 1)[0]
		if i%9 == 0 {
			must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: c, Reason: "not wanted"}))
		}
	}
	for _, limit := range []int{1, 20} {
		counting.records, counting.calls = 0, 0
		p := must[icpcode.Page](t)(eng.OwnedPage(w.ctx, icpcode.ListRequest{Actor: "a1", State: icpcode.StateInvalid, Limit: limit}))
		if len(p.Records) != limit || counting.records > 1000 || counting.calls > 8 {
			t.Errorf("a page of %d has %d codes, and cost %d records in %d calls", limit, len(p.Records), counting.records, counting.calls)
		}
	}
	for _, limit := range []int{1, 20, 1000} {
		counting.records, counting.calls = 0, 0
		p := must[icpcode.Page](t)(eng.OwnedPage(w.ctx, icpcode.ListRequest{Actor: "a0", State: icpcode.StateInvalid, Limit: limit}))
		if len(p.Records) != 0 || p.Next == "" || counting.records > 1000 || counting.calls > 7 {
			t.Errorf("a page of %d has %d codes, more: %v, and cost %d records in %d calls",
				limit, len(p.Records), p.Next != "", counting.records, counting.calls)
		}
	}
	// As many as are to be looked at, and no more; all pages together find all.
	found, looked, after := 0, 0, ""
	for pages := 1; ; pages++ {
		counting.records = 0
		p := must[icpcode.Page](t)(eng.OwnedPage(w.ctx, icpcode.ListRequest{Actor: "a1", State: icpcode.StateInvalid, Limit: 20, Look: 50, After: after}))
		if counting.records > 50 {
			t.Errorf("page %d cost %d records", pages, counting.records)
		}
		found, looked = found+len(p.Records), looked+counting.records
		if after = p.Next; after == "" {
			break
		}
	}
	if found != 34 || looked < 300 {
		t.Errorf("%d codes were found among %d, want 34 among 300", found, looked)
	}
	// What was received is not looked for among what is owned.
	counting.records, counting.calls = 0, 0
	p := must[icpcode.Page](t)(eng.ReceivedPage(w.ctx, icpcode.ListRequest{Actor: "a0"}))
	if len(p.Records) != 0 || p.Next != "" || counting.records != 0 || counting.calls != 1 {
		t.Errorf("received, by who owns 1,200: %d codes, more: %v, and cost %d records in %d calls",
			len(p.Records), p.Next != "", counting.records, counting.calls)
	}
}

// TestPage5000 follows 10^5 codes of one account by pages of 20: each page,
// the last as the first, asks the store once for 20 records.
func TestPage5000(t *testing.T) {
	w := newWorld(t)
	const n, limit = 100_000, 20
	var puts []icpcode.Put
	for i := range n {
		r := &icpcode.Record{
			Code: must[icpcode.Code](t)(icpcode.ParseCode(fmt.Sprintf("0%011d", i))), Version: 1, State: icpcode.StateAvailable,
			Last: icpcode.ActionIssue, Origin: icpcode.OriginFree, Owner: "a0", InstanceID: "i-1", Product: icpcode.ECS,
			Issued: w.now.Add(time.Duration(i) * time.Millisecond), Updated: w.now, RuleSetVersion: "2026-01-06",
		}
		puts = append(puts, icpcode.Put{Document: icpcode.Document{Key: icpcode.Key{Kind: icpcode.KindRecord, Code: r.Code}, Version: 1, Body: r}})
		if len(puts) == 1000 {
			if err := w.store.Commit(w.ctx, icpcode.Change{Puts: puts}); err != nil {
				t.Fatal(err)
			}
			puts = nil
		}
	}
	counting := &counting{Store: w.store}
	eng := icpcode.New(counting, &w.opt)
	r := icpcode.ListRequest{Actor: "a0", Newest: true, Limit: limit}
	for page := 1; ; page++ {
		counting.records, counting.calls = 0, 0
		p := must[icpcode.Page](t)(eng.OwnedPage(w.ctx, r))
		first := fmt.Sprintf("0%011d", n-1-(page-1)*limit)
		if len(p.Records) != limit || p.Records[0].Code.String() != first || counting.records != limit || counting.calls != 1 {
			t.Fatalf("page %d has %d codes, and cost %d records in %d calls", page, len(p.Records), counting.records, counting.calls)
		}
		if r.After = p.Next; r.After == "" {
			if page != n/limit {
				t.Errorf("page %d is the last, want %d", page, n/limit)
			}
			return
		}
	}
}

type counting struct {
	icpcode.Store
	records, calls int
}

func (s *counting) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	p, err := s.Store.List(ctx, q)
	s.records += len(p.Records)
	s.calls++
	return p, err
}

// TestStoresBreakPages wants an error where a store's page cannot be one.
func TestStoresBreakPages(t *testing.T) {
	w := newWorld(t)
	w.issue(w.server("a0"), 5)
	for name, spoil := range map[string]func(q icpcode.Query, p *icpcode.Page){
		"the cursor that it was given": func(q icpcode.Query, p *icpcode.Page) { p.Next = "x" },
		"a cursor that is too long":    func(_ icpcode.Query, p *icpcode.Page) { p.Next = strings.Repeat("x", 257) },
		"too many records": func(q icpcode.Query, p *icpcode.Page) {
			for len(p.Records) <= q.Limit {
				p.Records = append(p.Records, p.Records[0])
			}
		},
	} {
		eng := icpcode.New(&badPages{w.store, spoil}, &w.opt)
		r := icpcode.ListRequest{Actor: "a0", Limit: 2}
		p, err := eng.OwnedPage(w.ctx, r)
		if err == nil {
			r.After = p.Next
			_, err = eng.OwnedPage(w.ctx, r)
		}
		if err == nil || errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("a store that returns %s: %v, want an error that is not the caller's", name, err)
		}
	}
}

type badPages struct {
	icpcode.Store
	spoil func(q icpcode.Query, p *icpcode.Page)
}

func (s *badPages) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	if q.After == "x" {
		return icpcode.Page{Next: "x"}, nil
	}
	p, err := s.Store.List(ctx, q)
	s.spoil(q, &p)
	return p, err
}

// TestHiddenMatchesDoNotShow: what others have under a number, service or
// instance changes nothing of a stranger's pages.
func TestHiddenMatchesDoNotShow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		n := rapid.IntRange(0, 30).Draw(rt, "codes of others")
		for range n {
			c := w.issue(w.server("a0"), 1)[0]
			w.filed("a0", c)
		}
		limit := rapid.IntRange(1, 30).Draw(rt, "limit")
		for _, l := range pagedLists() {
			for _, r := range []icpcode.ListRequest{
				{Actor: "a1", ICPNumber: "浙ICP备12345678号-1"}, {Actor: "a1", Domain: "example.cn"}, {Actor: "a1", InstanceID: "i-000001"},
			} {
				r.Limit = limit
				p, err := l.page(w.eng, r)
				if err != nil || len(p.Assessments) != 0 || p.Next != "" {
					rt.Fatalf("%s: a stranger's page has %d codes, next %q, error %v", l.name, len(p.Assessments), p.Next, err)
				}
			}
		}
	})
}

var _ icpcode.Store = (*memstore.Store)(nil)

package icpcode_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
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
// short ones, or none where a state is asked for. Its cursors are as long as the
// codes in them, as those of databases are.
type shortPages struct {
	icpcode.Store
	look int
}

func (s *shortPages) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	state := q.State
	q.State, q.Limit = icpcode.StateNone, min(q.Limit, s.look)
	q.After, _, _ = strings.Cut(q.After, "/")
	p, err := s.Store.List(ctx, q)
	if p.Next != "" {
		p.Next += "/" + p.Records[len(p.Records)-1].Code.String()
	}
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

var _ icpcode.Store = (*memstore.Store)(nil)

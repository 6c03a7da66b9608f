package memstore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// write puts the next version of r.
func write(t tb, s icpcode.Store, r *icpcode.Record) {
	t.Helper()
	r.Version++
	commit(t, s, puts(putRecord(*r)))
}

func TestIndexes(t *testing.T) {
	s := memstore.New()
	a := icpcode.Record{Code: code(1), State: icpcode.StateUnbound, Owner: "1001"}
	b := icpcode.Record{Code: code(2), State: icpcode.StateAvailable, Owner: "1001", InstanceID: "i-1"}
	c := icpcode.Record{Code: code(4), State: icpcode.StateAvailable, Owner: "2002", Grantee: "1001", InstanceID: "i-1"}
	for _, r := range []*icpcode.Record{&a, &b, &c} {
		write(t, s, r)
	}
	check := func(by icpcode.Index, value string, state icpcode.State, want ...icpcode.Code) {
		t.Helper()
		for _, limit := range []int{1, 2, 1000} {
			q := icpcode.Query{By: by, Value: value, State: state, Limit: limit}
			got := codesOf(walk(t, s, q))
			want := append([]icpcode.Code{}, want...)
			slices.SortFunc(want, func(a, b icpcode.Code) int { return strings.Compare(b.String(), a.String()) })
			if diff := cmp.Diff(want, got, exactly); diff != "" {
				t.Errorf("List of %+v (-want +got):\n%s", q, diff)
			}
		}
	}
	check(icpcode.ByOwner, "1001", 0, a.Code, b.Code)
	check(icpcode.ByOwner, "1001", icpcode.StateUnbound, a.Code)
	check(icpcode.ByOwner, "2002", 0, c.Code)
	check(icpcode.ByOwner, "", 0)
	check(icpcode.ByHolder, "1001", 0, a.Code, b.Code, c.Code)
	check(icpcode.ByHolder, "1001", icpcode.StateAvailable, b.Code, c.Code)
	check(icpcode.ByHolder, "1001", icpcode.StateFiled)
	check(icpcode.ByHolder, "2002", 0)
	check(icpcode.ByInstance, "i-1", 0, b.Code, c.Code)
	check(icpcode.ByInstance, "", 0)
	check(icpcode.ByICPNumber, "", 0)

	// Bound, granted, approved: the code moves where it must.
	a.InstanceID, a.Grantee, a.State = "i-2", "3003", icpcode.StateFiled
	a.Filing = &icpcode.Filing{ICPNumber: "京ICP备1号"}
	write(t, s, &a)
	check(icpcode.ByOwner, "1001", 0, a.Code, b.Code)
	check(icpcode.ByOwner, "1001", icpcode.StateUnbound)
	check(icpcode.ByHolder, "1001", 0, b.Code, c.Code)
	check(icpcode.ByHolder, "3003", 0, a.Code)
	check(icpcode.ByInstance, "i-2", 0, a.Code)
	check(icpcode.ByICPNumber, "京ICP备1号", 0, a.Code)

	// A store knows no rule: the same again, backwards, and back again.
	a.InstanceID, a.Grantee, a.Filing = "", "", nil
	write(t, s, &a)
	check(icpcode.ByHolder, "1001", 0, b.Code, c.Code, a.Code)
	check(icpcode.ByHolder, "3003", 0)
	check(icpcode.ByInstance, "i-2", 0)
	check(icpcode.ByICPNumber, "京ICP备1号", 0)
	a.Grantee = "3003"
	write(t, s, &a)
	check(icpcode.ByHolder, "3003", 0, a.Code)
}

// TestCursor takes codes away behind, at and ahead of a cursor, enough of them
// that the list is packed in between, and adds others.
func TestCursor(t *testing.T) {
	const n = 200
	for _, at := range []int{1, 10, 99, 100, 150, 199} {
		for _, every := range []int{2, 3, 10} { // one in so many stays
			s := memstore.New()
			records := make([]icpcode.Record, n)
			for i := range records {
				records[i] = icpcode.Record{Code: code(i), Owner: "1001", State: icpcode.StateAvailable}
				write(t, s, &records[i])
			}
			q := icpcode.Query{By: icpcode.ByHolder, Value: "1001", Limit: at}
			page, err := s.List(t.Context(), q)
			if err != nil || len(page.Records) != at || page.Next == "" {
				t.Fatalf("the first page: %d records, next %q, %v", len(page.Records), page.Next, err)
			}
			seen := codesOf(page.Records)
			for i := range records {
				if i%every != 0 {
					records[i].Grantee = "2002"
					write(t, s, &records[i])
				}
			}
			for i := range 20 {
				write(t, s, &icpcode.Record{Code: code(n + i), Owner: "1001"})
			}
			q.After, q.Limit = page.Next, 7
			rest := walk(t, s, q)
			for i := range rest {
				if rest[i].Grantee != "" {
					t.Errorf("%d of %d: a page shows a code that was granted away", at, every)
				}
			}
			seen = append(seen, codesOf(rest)...)
			count := make(map[icpcode.Code]int)
			for _, c := range seen {
				count[c]++
			}
			for i := range n + 20 {
				times := count[code(i)]
				if i < n && i%every == 0 && times != 1 || times > 1 {
					t.Errorf("%d of %d: code %d was returned %d times", at, every, i, times)
				}
			}
			if got := len(walk(t, s, icpcode.Query{By: icpcode.ByOwner, Value: "1001", Limit: 50})); got != n+20 {
				t.Errorf("the owner has %d codes, want %d", got, n+20)
			}
			if got := len(walk(t, s, icpcode.Query{By: icpcode.ByHolder, Value: "2002", Limit: 50})); got != n-(n+every-1)/every {
				t.Errorf("the grantee has %d codes", got)
			}
		}
	}
}

// TestCursorBetween keeps a cursor whose code goes, with all others of the
// list: of what is added later only what was issued earlier comes after it.
func TestCursorBetween(t *testing.T) {
	s := memstore.New()
	records := make([]icpcode.Record, 40)
	for i := range records {
		records[i] = icpcode.Record{Code: code(i), Owner: "1001", Issued: at(i)}
		write(t, s, &records[i])
	}
	q := icpcode.Query{By: icpcode.ByHolder, Value: "1001", Limit: 20}
	page, err := s.List(t.Context(), q)
	if err != nil || page.Next == "" {
		t.Fatal(page.Next, err)
	}
	for i := range records {
		records[i].Grantee = "2002"
		write(t, s, &records[i])
	}
	before := icpcode.Record{Code: code(100), Owner: "1001", Issued: at(10)}
	after := icpcode.Record{Code: code(101), Owner: "1001", Issued: at(30)}
	write(t, s, &before)
	write(t, s, &after)
	q.After = page.Next
	if got := codesOf(walk(t, s, q)); !slices.Equal(got, []icpcode.Code{before.Code}) {
		t.Errorf("after the cursor there are %v, want only the code that was issued before", got)
	}
}

// TestFilteredPages looks for one state among many codes: every page is short
// work, and their sum is complete.
func TestFilteredPages(t *testing.T) {
	s := memstore.New()
	var want []icpcode.Code
	for i := range 3500 {
		r := icpcode.Record{Code: code(i), Owner: "1001", State: icpcode.StateAvailable}
		if i%1300 == 0 {
			r.State = icpcode.StateFiled
			want = append(want, r.Code)
		}
		write(t, s, &r)
	}
	slices.SortFunc(want, func(a, b icpcode.Code) int { return strings.Compare(b.String(), a.String()) })
	for _, limit := range []int{1, 2, 3, 1000} {
		q := icpcode.Query{By: icpcode.ByOwner, Value: "1001", State: icpcode.StateFiled, Limit: limit}
		if got := codesOf(walk(t, s, q)); !slices.Equal(got, want) {
			t.Errorf("with a limit of %d: %d codes, want %d", limit, len(got), len(want))
		}
	}
}

// TestTidy overwrites the same documents until nearly all memory is stale, and
// wants what lives to be whole, histories included.
func TestTidy(t *testing.T) {
	s := memstore.New()
	const n, rounds = 300, 40
	ledgers := make([]icpcode.Ledger, n)
	records := make([]icpcode.Record, n)
	for round := range rounds {
		for i := range records {
			r, l := &records[i], &ledgers[i]
			r.Code, r.Owner, r.Version = code(i), "1001", r.Version+1
			// Longer each time, so that nothing fits where it was.
			r.Remark = fmt.Sprintf("%0*d", 10*(round+1), i)
			l.Issued, l.Reason = i, r.Remark
			c := puts(putRecord(*r), put(ledgerKey(fmt.Sprint(i)), uint64(round), l))
			c.Events = []icpcode.Event{{Code: r.Code, Seq: r.Version, RequestID: fmt.Sprintf("r-%d-%d", i, round)}}
			commit(t, s, c)
		}
	}
	for i := range records {
		if diff := cmp.Diff(&records[i], load(t, s, recordKey(code(i))).Body, exactly); diff != "" {
			t.Fatalf("record %d changed:\n%s", i, diff)
		}
		if diff := cmp.Diff(&ledgers[i], load(t, s, ledgerKey(fmt.Sprint(i))).Body, exactly); diff != "" {
			t.Fatalf("ledger %d changed:\n%s", i, diff)
		}
		events, err := s.Events(t.Context(), icpcode.EventQuery{Code: code(i), Limit: 1000})
		if err != nil || len(events) != rounds {
			t.Fatalf("code %d has %d events, want %d (%v)", i, len(events), rounds, err)
		}
		for j, e := range events {
			if e.RequestID != fmt.Sprintf("r-%d-%d", i, j) {
				t.Fatalf("event %d of code %d is that of %s", j, i, e.RequestID)
			}
		}
	}
	if got := len(walk(t, s, icpcode.Query{By: icpcode.ByOwner, Value: "1001", Limit: 1000})); got != n {
		t.Errorf("the owner has %d codes, want %d", got, n)
	}
}

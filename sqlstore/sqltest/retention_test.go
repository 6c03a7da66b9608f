package sqltest

import (
	"errors"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
)

// TestPurgeReceipts forgets receipts in batches: the requests whose receipts
// are left are answered from them, and the others are done again.
func TestPurgeReceipts(t *testing.T) { each(t, engines, purgeReceipts) }

func purgeReceipts(t *testing.T, e engine) {
	t.Helper()
	store := sqlstore.New(e.migrated(t)[0], e.dialect, nil)
	issue := func(id string) icpcode.Result {
		t.Helper()
		res, err := newEngine(store).Buy(t.Context(), icpcode.BuyRequest{Actor: "a", RequestID: id, Quantity: 1})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	ids := []string{"r1", "r2", "r3", "r4", "r5"}
	for _, id := range ids {
		issue(id)
	}
	purge := func(want int) {
		t.Helper()
		if n, err := store.PurgeReceipts(t.Context(), now.AddDate(0, 0, 1), 2); n != want || err != nil {
			t.Fatalf("PurgeReceipts returned %d and error %v, want %d", n, err, want)
		}
	}
	if n, err := store.PurgeReceipts(t.Context(), now, 2); n != 0 || err != nil {
		t.Fatalf("PurgeReceipts of those before the first returned %d and error %v", n, err)
	}
	purge(2)
	purge(2)
	replayed := 0
	for _, id := range ids {
		if issue(id).Replayed {
			replayed++
		}
	}
	if replayed != 1 {
		t.Errorf("%d of %d requests were answered from receipts, want 1", replayed, len(ids))
	}
	purge(2)
	purge(2)
	purge(1)
	purge(0)
	if n, err := store.PurgeReceipts(t.Context(), now, 0); err == nil {
		t.Errorf("a limit of 0 was taken, and purged %d", n)
	}
}

// TestPurgeEvents forgets the histories of codes that ended, and nothing else.
func TestPurgeEvents(t *testing.T) { each(t, engines, purgeEvents) }

func purgeEvents(t *testing.T, e engine) {
	t.Helper()
	store := sqlstore.New(e.migrated(t)[0], e.dialect, nil)
	eng := newEngine(store)
	bought, err := eng.Buy(t.Context(), icpcode.BuyRequest{Actor: "a", RequestID: "r", Quantity: 5})
	if err != nil {
		t.Fatal(err)
	}
	ended := bought.Codes[:3]
	for _, c := range ended {
		if _, err := eng.Refund(t.Context(), icpcode.RefundRequest{Actor: "a", Code: c}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := store.PurgeEvents(t.Context(), now, 10); n != 0 || err != nil {
		t.Fatalf("PurgeEvents of those ended before the first returned %d and error %v", n, err)
	}
	for _, want := range []int{2, 1, 0} {
		if n, err := store.PurgeEvents(t.Context(), now.AddDate(0, 0, 1), 2); n != want || err != nil {
			t.Fatalf("PurgeEvents returned %d and error %v, want %d", n, err, want)
		}
	}
	again := icpcode.ImportRequest{Actor: ops, Code: ended[0], State: icpcode.StateRefunded, Owner: "a", Origin: icpcode.OriginPaid, Issued: now}
	if _, err := eng.Import(t.Context(), again); !errors.Is(err, icpcode.ErrDiffers) {
		t.Errorf("a code whose history was purged was imported: %v, want ErrDiffers", err)
	}
	for i, c := range bought.Codes {
		events, err := store.Events(t.Context(), icpcode.EventQuery{Code: c, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		want := 1
		if i < len(ended) {
			want = 0
		}
		if len(events) != want {
			t.Errorf("code %d has %d events left, want %d", i, len(events), want)
		}
		docs, err := store.Load(t.Context(), icpcode.Key{Kind: icpcode.KindRecord, Code: c})
		if err != nil || docs[0].Body == nil {
			t.Errorf("code %d was forgotten itself; error %v", i, err)
		}
	}
}

// TestPurgeEndedFilings forgets the history of a filing that ended: what happens
// to the code afterwards goes on where it was, and nothing ends again.
func TestPurgeEndedFilings(t *testing.T) { each(t, engines, purgeEndedFilings) }

func purgeEndedFilings(t *testing.T, e engine) {
	t.Helper()
	store := sqlstore.New(e.migrated(t)[0], e.dialect, nil)
	eng := newEngine(store)
	ctx := t.Context()
	res, err := eng.Issue(ctx, icpcode.IssueRequest{Actor: "a", Quantity: 3, Instance: server("a", "i-ended", 0)})
	if err != nil {
		t.Fatal(err)
	}
	old, next, open := res.Codes[0], res.Codes[1], res.Codes[2]
	f := icpcode.Filing{Kind: icpcode.FilingAccess, Domain: "Ended.cn", Subject: "s"}
	for _, c := range []icpcode.Code{old, next, open} {
		if _, err := eng.Submit(ctx, icpcode.SubmitRequest{Actor: "a", Code: c, Filing: f}); err != nil {
			t.Fatal(err)
		}
	}
	approve := func(c icpcode.Code, replaces ...icpcode.Code) icpcode.Result {
		t.Helper()
		res, err := eng.Approve(ctx, icpcode.ApproveRequest{Actor: ops, Code: c, ICPNumber: "n-1", Replaces: replaces})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	approve(old)
	if got := approve(next, old); len(got.Codes) != 2 || len(got.Candidates) != 0 {
		t.Errorf("the approval answers %+v", got)
	}
	if n, err := store.PurgeEvents(ctx, now.AddDate(0, 0, 1), 10); n != 1 || err != nil {
		t.Fatalf("PurgeEvents returned %d and error %v, want the one filing that ended", n, err)
	}
	if _, err := eng.Correct(ctx, icpcode.CorrectRequest{Actor: ops, Code: old, ICPNumber: "n-2"}); err != nil {
		t.Fatal(err)
	}
	var no *icpcode.RefusedError
	_, err = eng.End(ctx, icpcode.EndRequest{Actor: ops, Code: old, End: icpcode.EndCancelled, Reason: "x"})
	if !errors.As(err, &no) || !no.Decision.Fail.Has(icpcode.LIFEnd) {
		t.Errorf("a filing whose history was purged ends again: %v", err)
	}
	events, err := store.Events(ctx, icpcode.EventQuery{Code: old, Limit: 10})
	if err != nil || len(events) != 1 || events[0].Seq != 5 || events[0].Action != icpcode.ActionCorrect {
		t.Errorf("the history goes on as %+v, %v, want event 5", events, err)
	}
	r, err := eng.Lookup(ctx, ops, old, icpcode.Instance{})
	if err != nil || r.Version != 5 || r.ICPNumber() != "n-2" || r.Progress == nil || r.Progress.Successor != next {
		t.Errorf("the record is %+v, %v", r, err)
	}
	if got := approve(open).Candidates; len(got) != 1 || got[0] != next {
		t.Errorf("the candidates are %v, want what goes on", got)
	}
}

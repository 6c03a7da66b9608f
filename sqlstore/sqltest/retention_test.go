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

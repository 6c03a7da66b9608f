package icpcode_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// mapStore is a whole store: two maps and a lock. To adapt it, keep the four
// methods and replace the maps; what each method owes is said at
// icpcode.Store, and storetest.Run tells what is still missing.
type mapStore struct {
	mu     sync.Mutex
	docs   map[icpcode.Key]icpcode.Document // absent: version 0
	events map[icpcode.Code][]icpcode.Event // event n of a code is at n-1
}

// Load reads all keys under one lock, so receipts are no older than the rest.
func (s *mapStore) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	docs := make([]icpcode.Document, len(keys))
	for i, k := range keys {
		docs[i] = s.docs[k].Clone() // the caller may change what it gets
		docs[i].Key = k             // what is absent has a key, too
	}
	return docs, ctx.Err()
}

// Commit compares everything before it writes anything. A database does both
// in one transaction: UPDATE … WHERE version = Expect, or INSERT where Expect
// is 0; a row not matched or there already rolls back with ErrConflict.
func (s *mapStore) Commit(ctx context.Context, c icpcode.Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range c.Puts {
		if s.docs[p.Key].Version != p.Expect {
			return icpcode.ErrConflict
		}
	}
	for _, e := range c.Events {
		if e.Seq <= uint64(len(s.events[e.Code])) {
			return icpcode.ErrConflict
		}
	}
	for _, p := range c.Puts {
		s.docs[p.Key] = p.Clone() // the caller may change what it gave
	}
	for _, e := range c.Events {
		s.events[e.Code] = append(s.events[e.Code], e.Clone())
	}
	return nil
}

// List scans everything, which will do for a few thousand documents. A larger
// store has an index for each icpcode.Index, by the value and then the place.
// A cursor is a place: it holds while records come and go, as a count would
// not.
func (s *mapStore) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page icpcode.Page
	for _, d := range s.docs {
		r, ok := d.Clone().Body.(*icpcode.Record)
		if !ok || q.State != icpcode.StateNone && q.State != r.State {
			continue
		}
		v := q.By.Of(r)
		if v == q.Value && (v != "" || q.By == icpcode.Everything) && (q.After == "" || place(r) < q.After) {
			page.Records = append(page.Records, *r)
		}
	}
	slices.SortFunc(page.Records, func(a, b icpcode.Record) int { return strings.Compare(place(&b), place(&a)) })
	if len(page.Records) > q.Limit {
		page.Records = page.Records[:q.Limit]
		page.Next = place(&page.Records[q.Limit-1])
	}
	return page, ctx.Err()
}

// place is a text that is the greater the earlier a record comes in a list:
// the latest issued come first.
func place(r *icpcode.Record) string {
	return r.Issued.UTC().Format("20060102150405.000000 ") + r.Code.String()
}

func (s *mapStore) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page []icpcode.Event
	for i := q.After; i < uint64(len(s.events[q.Code])) && len(page) < q.Limit; i++ {
		page = append(page, s.events[q.Code][i].Clone())
	}
	return page, ctx.Err()
}

func newMapStore() icpcode.Store {
	return &mapStore{docs: map[icpcode.Key]icpcode.Document{}, events: map[icpcode.Code][]icpcode.Event{}}
}

func Example_customStore() {
	price := icpcode.Money{Amount: decimal.NewFromInt(20), Currency: "CNY"}
	eng := icpcode.New(newMapStore(), &icpcode.Options{Price: price})
	got, err := eng.Buy(context.Background(), icpcode.BuyRequest{Actor: "1001", RequestID: "order-77", Quantity: 2})
	fmt.Println(len(got.Codes), got.State, got.Money, err)
	// Output: 2 Unbound 40.00 CNY <nil>
}

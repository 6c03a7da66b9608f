package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// TestPageRatios compares the last page of a list of 10^6 codes with its
// first, newest first: both are found by their place, not counted to.
func TestPageRatios(t *testing.T) {
	mustMeasure(t, "bench")
	const n, limit = 1_000_000, 20
	s := memstore.New()
	for i := range n {
		code, err := icpcode.ParseCode(fmt.Sprintf("0%011d", uint64(i)*618_033_988_75%100_000_000_000))
		if err != nil {
			t.Fatal(err)
		}
		r := &icpcode.Record{
			Code: code, Version: 1, State: icpcode.StateAvailable, Last: icpcode.ActionIssue, Origin: icpcode.OriginFree,
			Owner: "1001", InstanceID: icpcode.InstanceID(fmt.Sprint("i-", i/5)), Product: icpcode.ECS, RuleSetVersion: "2026-01-06",
			Issued: now.Add(time.Duration(i/3) * time.Millisecond), Updated: now,
		}
		put := icpcode.Put{Document: icpcode.Document{Key: icpcode.Key{Kind: icpcode.KindRecord, Code: code}, Version: 1, Body: r}}
		if err := s.Commit(t.Context(), icpcode.Change{Puts: []icpcode.Put{put}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, by := range []icpcode.Index{icpcode.ByOwner, icpcode.Everything} {
		q := icpcode.Query{By: by, Newest: true, Limit: 1000}
		if by == icpcode.ByOwner {
			q.Value = "1001"
		}
		last := "" // the cursor of a page near the end
		for {
			page, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if page.Next == "" {
				break
			}
			last, q.After = q.After, page.Next
		}
		q.Limit = limit
		page := func(after string) float64 {
			q.After = after
			const rounds = 2000
			best := time.Hour
			for range 5 {
				start := time.Now()
				for range rounds {
					if p, err := s.List(t.Context(), q); err != nil || len(p.Records) != limit {
						t.Fatal(len(p.Records), err)
					}
				}
				best = min(best, time.Since(start)/rounds)
			}
			return float64(best)
		}
		first, end := page(""), page(last)
		t.Logf("a page of %d by %v, newest first, of %d codes: the last %.2f of the first, which takes %v",
			limit, by, n, end/first, time.Duration(first).Round(100*time.Nanosecond))
	}
}

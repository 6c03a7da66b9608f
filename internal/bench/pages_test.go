package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// TestPageRatios compares the last page of a list of 10^6 codes with its
// first, newest first: both are found by their place, not counted to. So is
// page 5,000 of the engine's.
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
		page := func(after string) {
			q.After = after
			if p, err := s.List(t.Context(), q); err != nil || len(p.Records) != limit {
				t.Fatal(len(p.Records), err)
			}
		}
		same(t, fmt.Sprintf("a page of %d by %v, newest first, of %d codes: the last / the first", limit, by, n),
			func() { page("") }, func() { page(last) })
	}
	enginePages(t, s)
}

// enginePages follows a list of an account by pages of 20 as a browser would,
// to page 5,000, and compares what that takes with page 1.
func enginePages(t *testing.T, s *memstore.Store) {
	t.Helper()
	const limit, last = 20, 5000
	eng := icpcode.New(s, &icpcode.Options{Clock: func() time.Time { return now }})
	r := icpcode.ListRequest{Actor: "1001", Newest: true, Limit: limit}
	for range last - 1 {
		p, err := eng.OwnedPage(t.Context(), r)
		if err != nil || len(p.Records) != limit || p.Next == "" {
			t.Fatal(len(p.Records), err)
		}
		r.After = p.Next
	}
	page := func(after string) {
		r := r
		r.After = after
		if p, err := eng.OwnedPage(t.Context(), r); err != nil || len(p.Records) != limit {
			t.Fatal(len(p.Records), err)
		}
	}
	same(t, fmt.Sprintf("OwnedPage of %d, newest first: page %d / page 1", limit, last), func() { page("") }, func() { page(r.After) })
}

// same fails where a page at the end costs more than one at the start, by more
// than a machine that is busy explains. They take turns.
func same(t *testing.T, what string, first, end func()) {
	t.Helper()
	const most, turns, rounds = 2, 40, 100
	best := [2]time.Duration{time.Hour, time.Hour}
	for range turns {
		for i, page := range []func(){first, end} {
			start := time.Now()
			for range rounds {
				page()
			}
			best[i] = min(best[i], time.Since(start)/rounds)
		}
	}
	ratio := float64(best[1]) / float64(best[0])
	t.Logf("%s: %.2fx, at most %.2fx; the first takes %v", what, ratio, float64(most), best[0].Round(100*time.Nanosecond))
	if ratio > most {
		t.Errorf("%s: %.2fx, want at most %.2fx", what, ratio, float64(most))
	}
}

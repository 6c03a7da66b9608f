package etcdstore

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/storetest"
)

// BenchmarkStore is on one node, and on three, that wait for the disk.
func BenchmarkStore(b *testing.B) {
	for _, nodes := range []int{1, 3} {
		b.Run(fmt.Sprintf("%d nodes", nodes), func(b *testing.B) {
			client := newCluster(b, nodes, false).client(b)
			storetest.Benchmark(b, func(testing.TB) icpcode.Store { return New(client, &Options{Prefix: rand.Text() + "/"}) })
		})
	}
}

// BenchmarkPages reads pages of 100 at the beginning of a list and near its
// end, for lists of two sizes.
func BenchmarkPages(b *testing.B) {
	for _, records := range []int{5_000, 50_000} {
		b.Run(fmt.Sprint(records), func(b *testing.B) { pages(b, records) })
	}
}

func pages(b *testing.B, records int) {
	s := New(newCluster(b, 1, true).client(b), nil)
	for from := 0; from < records; from += 100 {
		c := step(from, 100, 0)
		c.Events = nil
		if err := s.Commit(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	const limit = 100
	read := func(q icpcode.Query) string {
		page, err := s.List(b.Context(), q)
		if err != nil || len(page.Records) != limit {
			b.Fatalf("a page has %d records: %v", len(page.Records), err)
		}
		return page.Next
	}
	first := icpcode.Query{By: icpcode.ByOwner, Value: "owner", Newest: true, Limit: limit}
	last := first
	for range records/limit - 20 {
		last.After = read(last)
	}
	var took [2]time.Duration
	for b.Loop() {
		for i, q := range []icpcode.Query{first, last} {
			start := time.Now()
			read(q)
			took[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(took[0].Microseconds())/float64(b.N), "µs/first")
	b.ReportMetric(float64(took[1].Microseconds())/float64(b.N), "µs/last")
	b.ReportMetric(float64(took[1])/float64(took[0]), "last/first")
}

package memstore_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// issue is what a request that issues one code loads and writes.
type issue struct {
	keys   [2]icpcode.Key
	change icpcode.Change
}

const (
	benchOwners = 3000
	perInstance = 10
)

// at spreads the instants of a benchmark: a microsecond between two requests
// would pack better than life does.
func at(i int) time.Time {
	return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * 37 * time.Millisecond)
}

// newIssue returns the i-th request of many, on an instance of its own where
// the other of its perInstance codes are issued next to it.
func newIssue(i int) *issue {
	n := i / perInstance
	owner := icpcode.AccountID(fmt.Sprintf("10%08d", n%benchOwners))
	instance := icpcode.InstanceID(fmt.Sprintf("i-bp1%015d", n))
	request := fmt.Sprintf("order-%07d", i)
	// The codes are spread over their space, as those that are drawn.
	code, err := icpcode.ParseCode(fmt.Sprintf("0%011d", uint64(i)*618_033_988_75%100_000_000_000))
	if err != nil {
		panic(err)
	}
	used := uint64(i % perInstance)
	when := at(i)
	ledger := icpcode.Key{Kind: icpcode.KindLedger, A: string(instance)}
	receipt := icpcode.Key{Kind: icpcode.KindReceipt, A: string(owner), B: request}
	r := &icpcode.Receipt{Result: icpcode.Result{
		RequestID: request, Action: icpcode.ActionIssue, At: when, Codes: []icpcode.Code{code},
		State: icpcode.StateAvailable, Quota: icpcode.Quota{Used: int(used) + 1, Limit: 5, Requested: 1},
	}}
	for j := range r.Fingerprint {
		r.Fingerprint[j] = byte(i>>(j%4*8)) + byte(j)
	}
	return &issue{
		keys: [2]icpcode.Key{ledger, receipt},
		change: icpcode.Change{
			Puts: []icpcode.Put{
				{Expect: used, Document: icpcode.Document{Key: ledger, Version: used + 1,
					Body: &icpcode.Ledger{Issued: int(used) + 1, Attached: int(used) + 1}}},
				{Document: icpcode.Document{Key: recordKey(code), Version: 1, Body: &icpcode.Record{
					Code: code, Version: 1, State: icpcode.StateAvailable, Last: icpcode.ActionIssue,
					Origin: icpcode.OriginFree, Owner: owner, InstanceID: instance, Product: icpcode.ECS,
					RuleSetVersion: "2026-01-06", Issued: when, Updated: when,
				}}},
				{Document: icpcode.Document{Key: receipt, Version: 1, Body: r}},
			},
			Events: []icpcode.Event{{
				Code: code, Seq: 1, At: when, Action: icpcode.ActionIssue, Actor: owner, RequestID: request,
				To: icpcode.StateAvailable, RuleSetVersion: "2026-01-06", Owner: owner, InstanceID: instance,
				Product: icpcode.ECS, Origin: icpcode.OriginFree,
			}},
		},
	}
}

func recordKey(c icpcode.Code) icpcode.Key { return icpcode.Key{Kind: icpcode.KindRecord, Code: c} }

func (is *issue) run(s icpcode.Store) error {
	if _, err := s.Load(context.Background(), is.keys[:]...); err != nil {
		return err
	}
	return s.Commit(context.Background(), is.change)
}

// fill issues codes from the first up.
func fill(t tb, run func(*issue) error, n int) {
	for i := range n {
		if err := run(newIssue(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// floor does what has to be done to issue a code, with a mutex and maps: look
// for the receipt, guard the quota, keep the code, the event and the receipt.
// It has no indexes and keeps what is the caller's.
type floor struct {
	mu       sync.Mutex
	ledgers  map[string]icpcode.Ledger
	records  map[icpcode.Code]icpcode.Record
	events   map[icpcode.Code][]icpcode.Event
	receipts map[icpcode.Key]icpcode.Receipt
}

func newFloor() *floor {
	return &floor{
		ledgers:  make(map[string]icpcode.Ledger),
		records:  make(map[icpcode.Code]icpcode.Record),
		events:   make(map[icpcode.Code][]icpcode.Event),
		receipts: make(map[icpcode.Key]icpcode.Receipt),
	}
}

func (f *floor) issue(is *issue) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, done := f.receipts[is.keys[1]]; done {
		return icpcode.ErrRequestReused
	}
	l := f.ledgers[is.keys[0].A]
	r := is.change.Puts[1].Body.(*icpcode.Record)
	if _, taken := f.records[r.Code]; taken || l.Issued >= perInstance {
		return icpcode.ErrConflict
	}
	l.Issued++
	f.ledgers[is.keys[0].A] = l
	f.records[r.Code] = *r
	f.events[r.Code] = append(f.events[r.Code], is.change.Events[0])
	f.receipts[is.keys[1]] = *is.change.Puts[2].Body.(*icpcode.Receipt)
	return nil
}

// BenchmarkIssue measures the Load and the Commit that issue one code, and the
// floor in the same run. What it reports beside ns/op are medians over small
// batches, which other load on the machine disturbs less: floor-ns, store-ns
// and their ratio x-floor.
func BenchmarkIssue(b *testing.B) {
	for _, resident := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("resident=%d", resident), func(b *testing.B) {
			s, f := memstore.New(), newFloor()
			fill(b, func(is *issue) error { return is.run(s) }, resident)
			fill(b, f.issue, resident)
			runtime.GC()
			b.ReportAllocs()
			const n = 100
			var batch []*issue
			var store, floor []float64
			var start time.Time
			for next := resident; b.Loop(); batch = batch[1:] {
				if len(batch) == 0 {
					b.StopTimer()
					if next > resident {
						store = append(store, float64(time.Since(start))/n)
					}
					batch = newIssues(next, n)
					next += n
					start = time.Now()
					for _, is := range batch {
						if err := f.issue(is); err != nil {
							b.Fatal(err)
						}
					}
					floor = append(floor, float64(time.Since(start))/n)
					b.StartTimer()
					start = time.Now()
				}
				if err := batch[0].run(s); err != nil {
					b.Fatal(err)
				}
			}
			if len(store) == 0 {
				return // too short to say anything
			}
			b.ReportMetric(median(floor), "floor-ns")
			b.ReportMetric(median(store), "store-ns")
			b.ReportMetric(median(store)/median(floor), "x-floor")
		})
	}
}

func newIssues(first, n int) []*issue {
	batch := make([]*issue, n)
	for i := range batch {
		batch[i] = newIssue(first + i)
	}
	return batch
}

func median(a []float64) float64 {
	slices.Sort(a)
	return a[len(a)/2]
}

// BenchmarkGoroutines does the same from 1 and from 8 goroutines, for many
// instances, turn by turn in the same run. On two cores the time per request
// is to fall by a quarter at least: x-serial is what is left of it.
func BenchmarkGoroutines(b *testing.B) {
	const resident, goroutines = 100_000, 8
	s := memstore.New()
	fill(b, func(is *issue) error { return is.run(s) }, resident)
	runtime.GC()
	const n = goroutines * perInstance * 20
	var serial, parallel []float64
	for round := range 40 {
		batch := newIssues(resident+round*2*n, 2*n)
		start := time.Now()
		for _, is := range batch[:n] {
			if err := is.run(s); err != nil {
				b.Fatal(err)
			}
		}
		serial = append(serial, float64(time.Since(start))/float64(n))
		start = time.Now()
		var wg sync.WaitGroup
		for g := range goroutines {
			part := batch[n+g*n/goroutines : n+(g+1)*n/goroutines]
			wg.Go(func() {
				for _, is := range part {
					if err := is.run(s); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		parallel = append(parallel, float64(time.Since(start))/float64(n))
	}
	for b.Loop() { // the rounds are enough, however long it is to take
	}
	b.ReportMetric(median(serial), "serial-ns")
	b.ReportMetric(median(parallel), "parallel-ns")
	b.ReportMetric(median(parallel)/median(serial), "x-serial")
}

// BenchmarkHeap reports the bytes of heap per resident code: its record, one
// event, one receipt, its places in the indexes, and what they are kept in.
func BenchmarkHeap(b *testing.B) {
	for _, resident := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("resident=%d", resident), func(b *testing.B) {
			got := heapPerCode(b, resident)
			for b.Loop() { // once is enough, however long it is to take
			}
			b.ReportMetric(got, "B/code")
		})
	}
}

func heapPerCode(t tb, resident int) float64 {
	before := heap()
	s := memstore.New()
	fill(t, func(is *issue) error { return is.run(s) }, resident)
	after := heap()
	runtime.KeepAlive(s)
	return (float64(after) - float64(before)) / float64(resident)
}

// heap returns the bytes that are still used after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what pools kept from the first one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestHeap holds the promise of the package's documentation, with a margin for
// what a small store wastes.
func TestHeap(t *testing.T) {
	if got := heapPerCode(t, 30_000); got > 450 {
		t.Errorf("a code takes %.0f bytes of heap, want 450 at most", got)
	}
}

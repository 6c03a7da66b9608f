// Package bench measures the library beside the floors that it is judged by.
package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// rounds is how often floor and subject are measured in turn; the ratio is
// the median of the rounds, so that a machine whose speed drifts does not
// matter.
const rounds = 5

// row is one line of the table.
type row struct {
	name    string
	floor   func(*testing.B)
	subject func(*testing.B)
	bound   float64 // the ratio that was promised; only printed
	dream   float64
}

// mustMeasure skips a measurement in a test run.
func mustMeasure(t *testing.T, target string) {
	t.Helper()
	if os.Getenv("ICPCODE_BENCH") != "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("measuring is a step of its own: make %s", target)
	}
	t.Skipf("set ICPCODE_BENCH=1 (make %s) to measure; measuring proves nothing in a test run", target)
}

// TestRatios prints how the library compares with its floors, measured in
// turn in one run. It fails only for allocations, never for time.
func TestRatios(t *testing.T) {
	mustMeasure(t, "bench")
	t.Logf("%-48s %10s %10s %7s %7s %7s", "what", "floor", "here", "ratio", "at most", "dream")
	for _, r := range []row{
		{"transition / dense table", floorTransition, transition, 2, 1},
		{"decision over all ELG rules / hand-written", floorDecision, decision, 4, 2},
		{"draw a code / buffered draw of a number", floorDraw, draw, 1.3, 1},
		{"parse twelve digits / naive loop", floorParse, parse, 1.5, 0.7},
	} {
		measure(t, r)
	}
	issues(t)
	growth(t)
	heap(t)
}

func measure(t *testing.T, r row) {
	t.Helper()
	var floors, subjects, ratios []float64
	var allocs int64
	for range rounds {
		f, s := testing.Benchmark(r.floor), testing.Benchmark(r.subject)
		floors, subjects = append(floors, ns(f)), append(subjects, ns(s))
		ratios = append(ratios, ns(s)/ns(f))
		allocs = s.AllocsPerOp()
	}
	t.Logf("%-48s %8.1fns %8.1fns %6.2fx %6.2fx %6.2fx %3d allocs", r.name, median(floors), median(subjects), median(ratios), r.bound, r.dream, allocs)
	if allocs != 0 {
		t.Errorf("%s allocates %d times", r.name, allocs)
	}
}

func ns(r testing.BenchmarkResult) float64 { return float64(r.T.Nanoseconds()) / float64(r.N) }

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}

// The transition.

var sink atomic.Uint64

func transition(b *testing.B) {
	b.ReportAllocs()
	var n uint64
	for i := range b.N {
		if to, ok := icpcode.State(i%7).Next(icpcode.Action(i%15), icpcode.RoleOwner); ok {
			n += uint64(to)
		}
	}
	sink.Add(n)
}

// The decision.

// now is when the benchmarks ask, and server what they ask about.
var now = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

func server(id string) icpcode.Instance {
	return icpcode.Instance{
		ID: icpcode.InstanceID(id), Owner: "1001", Product: icpcode.ECS, Region: "cn-hangzhou",
		Billing: icpcode.Subscription, Status: icpcode.StatusRunning, TermMonths: 12, Expires: now.AddDate(1, 0, 0),
		Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
		IPs: []netip.Addr{netip.AddrFrom4([4]byte{47, 96, 1, 180})},
	}
}

func decision(b *testing.B) {
	b.ReportAllocs()
	set, err := icpcode.Alibaba().At(now)
	if err != nil {
		b.Fatal(err)
	}
	r := icpcode.IssueRequest{Actor: "1001", Instance: server("i-1"), Quantity: 1}
	b.ResetTimer()
	var n uint64
	for k := range b.N {
		d := set.Check(r, k&7, now)
		if !d.Refused() {
			n++
		}
	}
	sink.Add(n)
}

// The code.

func draw(b *testing.B) {
	b.ReportAllocs()
	r := bufio.NewReaderSize(rand.Reader, 512)
	var last icpcode.Code
	for range b.N {
		c, err := icpcode.Draw(r)
		if err != nil {
			b.Fatal(err)
		}
		last = c
	}
	sink.Add(uint64(len(last.String())))
}

const text = "012345678901"

func parse(b *testing.B) {
	b.ReportAllocs()
	var last icpcode.Code
	for range b.N {
		c, err := icpcode.ParseCode(text)
		if err != nil {
			b.Fatal(err)
		}
		last = c
	}
	sink.Add(uint64(len(last.String())))
}

// The issue.

// names of the k-th issue: five to an instance, forty instances to an owner.
func owner(k int) string { return "10" + strconv.Itoa(k/200) }

func request(k int) string { return "order-" + strconv.Itoa(k) }

func instance(k int) string { return "i-bp1h4adlltjc" + strconv.Itoa(k/5) }

// fleet is an engine with resident codes, that can issue one more at a time.
type fleet struct {
	eng *icpcode.Engine
	k   atomic.Int64
}

// newFleet returns a fleet with codes. Its clock goes on by a microsecond with
// each reading: a store keeps codes in the order of their issue, and a clock
// that stands would make each of them the neighbour of any other.
func newFleet(resident int) *fleet {
	var read atomic.Int64
	f := &fleet{eng: icpcode.New(memstore.New(), &icpcode.Options{Clock: func() time.Time {
		return now.Add(time.Duration(read.Add(1)) * time.Microsecond)
	}})}
	for range resident {
		f.one()
	}
	return f
}

func (f *fleet) one() {
	k := int(f.k.Add(1) - 1)
	i := server(instance(k))
	i.Owner = icpcode.AccountID(owner(k))
	_, err := f.eng.Issue(context.Background(), icpcode.IssueRequest{Actor: i.Owner, RequestID: request(k), Instance: i, Quantity: 1})
	if err != nil {
		panic(err)
	}
}

func issue(resident, goroutines int) func(*testing.B) {
	var f *fleet
	return func(b *testing.B) {
		b.ReportAllocs()
		if f == nil {
			f = newFleet(resident)
		}
		if goroutines == 1 {
			b.ResetTimer()
			for range b.N {
				f.one()
			}
			return
		}
		// Each goroutine has instances of its own, five codes to each as above.
		var wg sync.WaitGroup
		b.ResetTimer()
		each := (b.N + goroutines - 1) / goroutines
		base := int(f.k.Add(int64((each+10)*goroutines))) - (each+10)*goroutines
		base += 5 - base%5
		for g := range goroutines {
			wg.Go(func() {
				for n := range each {
					k := base + (n/5*goroutines+g)*5 + n%5
					i := server(instance(k))
					i.Owner = icpcode.AccountID(owner(k))
					_, err := f.eng.Issue(context.Background(), icpcode.IssueRequest{Actor: i.Owner, RequestID: request(k), Instance: i, Quantity: 1})
					if err != nil {
						panic(err)
					}
				}
			})
		}
		wg.Wait()
	}
}

// issues compares issuing with its floor and with itself in parallel, each time
// over a store of its own with 10^5 codes, and nobody else's garbage.
func issues(t *testing.T) {
	var ratios, parallel []float64
	for range rounds {
		floor, one, eight := per(floorIssue(100_000)), per(issue(100_000, 1)), per(issue(100_000, 8))
		ratios, parallel = append(ratios, one/floor), append(parallel, eight/one)
	}
	t.Logf("%-48s %10s %10s %6.2fx %6.2fx %6.2fx", "Engine.Issue, 10^5 resident / mutex and map", "", "", median(ratios), 4.0, 2.5)
	t.Logf("%-48s %10s %10s %6.2fx %6.2fx %6.2fx", "8 goroutines, many instances / itself serial", "", "", median(parallel), 0.75, 0.6)
}

// growth compares how issuing slows down from 10^3 to 10^6 resident codes
// with how the floor does.
func growth(t *testing.T) {
	var ratios []float64
	for range 3 {
		ours := per(issue(1_000_000, 1)) / per(issue(1_000, 1))
		floor := per(floorIssue(1_000_000)) / per(floorIssue(1_000))
		ratios = append(ratios, ours/floor)
		t.Logf("from 10^3 to 10^6 resident: here %.2fx, floor %.2fx", ours, floor)
	}
	t.Logf("%-48s %10s %10s %6.2fx %6.2fx %6.2fx", "growth from 10^3 to 10^6 / the floor's own", "", "", median(ratios), 1.2, 1.0)
}

// per measures 50,000 operations after the residents are there.
func per(f func(*testing.B)) float64 {
	const n = 50_000
	f(&testing.B{N: 1})
	runtime.GC()
	start := time.Now()
	f(&testing.B{N: n})
	return float64(time.Since(start).Nanoseconds()) / n
}

// heap prints what a code takes up with its receipt, event and indexes.
func heap(t *testing.T) {
	const n = 1_000_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f := newFleet(n)
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%-48s %10s %8.0f B %6s %5d B %5d B", "heap per code, 10^6 resident", "", float64(after.HeapAlloc-before.HeapAlloc)/n, "", 600, 300)
	runtime.KeepAlive(f)
}

// TestNothingAllocates holds the pure functions to what they promise.
func TestNothingAllocates(t *testing.T) {
	set, err := icpcode.Alibaba().At(now)
	if err != nil {
		t.Fatal(err)
	}
	entropy := bufio.NewReaderSize(&zeros{}, 512)
	r := icpcode.IssueRequest{Actor: "1001", Instance: server("i-1"), Quantity: 1}
	rec := icpcode.Record{State: icpcode.StateFiled, InstanceID: "i-1", Product: icpcode.ECS, Owner: "1001"}
	for name, f := range map[string]func(){
		"State.Next":     func() { _, _ = icpcode.StateAvailable.Next(icpcode.ActionSubmit, icpcode.RoleHolder) },
		"RuleSet.Check":  func() { d := set.Check(r, 2, now); sink.Add(uint64(d.Pass)) },
		"RuleSet.Review": func() { d := set.Review(rec, r.Instance, now); sink.Add(uint64(d.Pass)) },
		"ParseCode":      func() { _, _ = icpcode.ParseCode(text) },
		"Draw":           func() { _, _ = icpcode.Draw(entropy) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// zeros is a source that never ends.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// TestNames checks that the benchmarks issue what they mean to: five codes to
// an instance, never a sixth.
func TestNames(t *testing.T) {
	f := newFleet(1_000)
	h := newHandMade()
	for k := range 1_000 {
		if !h.issue(owner(k), request(k), instance(k), now) {
			t.Fatalf("the floor refuses issue %d", k)
		}
	}
	if h.issue(owner(0), "another", instance(0), now) {
		t.Error("the floor issues a sixth code")
	}
	i := server(instance(0))
	i.Owner = icpcode.AccountID(owner(0))
	_, err := f.eng.Issue(context.Background(), icpcode.IssueRequest{Actor: i.Owner, RequestID: "another", Instance: i, Quantity: 1})
	if err == nil || !strings.Contains(fmt.Sprint(err), "ELG-QUOTA") {
		t.Errorf("a sixth code: %v", err)
	}
}

func BenchmarkIssue(b *testing.B) { issue(100_000, 1)(b) }

func BenchmarkIssueFloor(b *testing.B) { floorIssue(100_000)(b) }

func BenchmarkDecision(b *testing.B) { decision(b) }

func BenchmarkDecisionFloor(b *testing.B) { floorDecision(b) }

package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// load is a number of callers who issue one code after the other, each as
// soon as the one before was answered.
type load struct {
	callers int
	hot     bool // all for one instance; otherwise each for instances of his own
}

func (l load) String() string {
	if l.hot {
		return fmt.Sprintf("%d callers, one instance", l.callers)
	}
	return fmt.Sprintf("%d callers, many instances", l.callers)
}

// crowd is an engine and what was issued by it.
type crowd struct {
	eng    *icpcode.Engine
	issued []int // by each caller
	hot    atomic.Int64
}

func newCrowd(l load, unmerged bool) *crowd {
	eng := icpcode.New(memstore.New(), &icpcode.Options{Clock: func() time.Time { return now }, Unmerged: unmerged})
	return &crowd{eng: eng, issued: make([]int, l.callers)}
}

// one issues the next code of a caller: five to an instance, or a thousand to
// the hot one, the most that an instance can have.
func (c *crowd) one(l load, caller int) error {
	k := c.issued[caller]
	c.issued[caller]++
	r := icpcode.IssueRequest{RequestID: "order-" + strconv.Itoa(caller) + "-" + strconv.Itoa(k), Quantity: 1}
	if l.hot {
		r.Actor = "10"
		r.Instance = server("i-bp1h4adlltjc-hot" + strconv.Itoa(int(c.hot.Add(1)-1)/1000))
		r.Instance.ContractQuota = 1000
	} else {
		r.Actor = icpcode.AccountID("10" + strconv.Itoa(caller))
		r.Instance = server("i-bp1h4adlltjc" + strconv.Itoa(caller) + "-" + strconv.Itoa(k/5))
	}
	r.Instance.Owner = r.Actor
	_, err := c.eng.Issue(context.Background(), r)
	return err
}

// press lets the callers issue n codes, and returns how long one of them took
// on average, and the slowest percent at least.
func (c *crowd) press(t *testing.T, l load, n int) (each, p99 time.Duration) {
	t.Helper()
	runtime.GC()
	took := make([][]time.Duration, l.callers)
	var wg sync.WaitGroup
	start := time.Now()
	for caller := range l.callers {
		wg.Go(func() {
			for range n / l.callers {
				begun := time.Now()
				if err := c.one(l, caller); err != nil {
					t.Errorf("%v: %v", l, err)
					return
				}
				took[caller] = append(took[caller], time.Since(begun))
			}
		})
	}
	wg.Wait()
	each = time.Since(start) / time.Duration(n)
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	return each, all[len(all)*99/100]
}

// TestMergeRatios prints what it costs over memstore, where there is nothing
// to gain, that an engine lets requests share their commits. What is to gain
// over databases is measured in the module sqlstore/sqltest.
func TestMergeRatios(t *testing.T) {
	mustMeasure(t, "bench-merge")
	const n = 25_600
	t.Logf("%-32s %10s %10s %8s %8s %8s", "memstore: merged / unmerged", "unmerged", "merged", "rate", "at least", "p99")
	for _, hot := range []bool{false, true} {
		for _, callers := range []int{1, 2, 4, 8, 16, 64} {
			l := load{callers, hot}
			var before, after, rates, tails []float64
			for round := range 2*rounds + 1 {
				alone, merged := newCrowd(l, true), newCrowd(l, false)
				alone.press(t, l, n/8)
				merged.press(t, l, n/8)
				// Who goes first changes.
				var a, m, slowA, slowM time.Duration
				if round%2 == 0 {
					a, slowA = alone.press(t, l, n)
					m, slowM = merged.press(t, l, n)
				} else {
					m, slowM = merged.press(t, l, n)
					a, slowA = alone.press(t, l, n)
				}
				before, after = append(before, float64(a)), append(after, float64(m))
				rates, tails = append(rates, float64(a)/float64(m)), append(tails, float64(slowM)/float64(slowA))
			}
			t.Logf("%-32v %8.0fns %8.0fns %7.2fx %7.2fx %7.2fx", l, median(before), median(after), median(rates), 0.95, median(tails))
		}
	}
}

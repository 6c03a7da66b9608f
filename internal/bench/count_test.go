package bench

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// What `make count-against` counts the instructions of, here and at another
// commit, into which this file is copied: it uses nothing of the others.

var counted = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

// stated returns facts whose texts are nobody's constants: two texts that the
// linker made one are compared without being read.
func stated(id string) icpcode.Instance {
	return icpcode.Instance{
		ID: icpcode.InstanceID(id), Owner: icpcode.AccountID(strings.Clone("1001")),
		Product: icpcode.Product(strings.Clone("ECS")), Region: strings.Clone("cn-hangzhou"),
		Billing: icpcode.Subscription, Status: icpcode.StatusRunning, TermMonths: 12, Expires: counted.AddDate(1, 0, 0),
		Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
	}
}

func BenchmarkCountCheck(b *testing.B) {
	i := stated("i-1")
	i.IPs = []netip.Addr{netip.AddrFrom4([4]byte{47, 96, 1, 180})}
	countCheck(b, i)
}

// BenchmarkCountCheckNoAddress shows what to look at the address costs.
func BenchmarkCountCheckNoAddress(b *testing.B) { countCheck(b, stated("i-1")) }

func countCheck(b *testing.B, i icpcode.Instance) {
	set, err := icpcode.Alibaba().At(counted)
	if err != nil {
		b.Fatal(err)
	}
	r := icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1}
	b.ResetTimer()
	var n uint64
	for k := range b.N {
		d := set.Check(r, k&7, counted)
		if !d.Refused() {
			n++
		}
	}
	if n == 0 {
		b.Fatal("all are refused")
	}
}

// BenchmarkCountIssue issues without merging, because under a counter of
// instructions every store is a slow one, which requests queue for.
func BenchmarkCountIssue(b *testing.B) {
	var read atomic.Int64
	eng := icpcode.New(memstore.New(), &icpcode.Options{Unmerged: true, Clock: func() time.Time {
		return counted.Add(time.Duration(read.Add(1)) * time.Microsecond)
	}})
	b.ReportAllocs()
	for k := range b.N {
		i := stated("i-bp1h4adlltjc" + strconv.Itoa(k/5))
		i.IPs = []netip.Addr{netip.AddrFrom4([4]byte{47, 96, 1, 180})}
		r := icpcode.IssueRequest{Actor: "1001", RequestID: "order-" + strconv.Itoa(k), Instance: i, Quantity: 1}
		if _, err := eng.Issue(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
}

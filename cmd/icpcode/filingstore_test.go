package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// TestFilingStore: more filings than are held in memory come out whole, each as
// it went in, by customer and service, and as often as asked.
func TestFilingStore(t *testing.T) {
	for _, n := range []int{0, 1, 100, 100_007} {
		var s filingStore
		var in []filed
		for k := range n {
			f := filed{
				customer: fmt.Sprint("客户", k*7919%13), icp: fmt.Sprint("ICP", k), domain: fmt.Sprintf("d%d.例子.cn", k*104729%(n+1)), instance: icpcode.InstanceID(fmt.Sprint("i-", k)),
				provider: "alibaba", product: icpcode.ECS, owner: "1001", state: icpcode.StateFiled,
			}
			if k%3 > 0 {
				f.ips = []netip.Addr{netip.AddrFrom4([4]byte{47, 96, byte(k >> 8), byte(k)}), netip.MustParseAddr("2408:4321::1")}[:k%3]
			}
			if k == 5 { // more than a byte can count, and one with a zone
				for i := range 700 {
					f.ips = append(f.ips, netip.AddrFrom4([4]byte{8, 8, byte(i >> 8), byte(i)}))
				}
				f.ips = append(f.ips, netip.MustParseAddr("fe80::1%eth0"))
			}
			if err := f.check(); err != nil {
				t.Fatal(err)
			}
			in = append(in, f)
			if err := s.add(&f); err != nil {
				t.Fatal(err)
			}
		}
		if spilled := len(s.runs) > 0; spilled != (n > 100) {
			t.Fatalf("%d filings: in a file: %v", n, spilled)
		}
		for range 2 {
			var last heldFiling
			seen := make(map[int]bool)
			err := s.each(func(h *heldFiling) error {
				if len(seen) > 0 && cmp.Or(strings.Compare(last.customer, h.customer), strings.Compare(last.service, h.service), last.place-h.place) >= 0 {
					t.Errorf("%d filings: %q %q comes after %q %q", n, h.customer, h.service, last.customer, last.service)
				}
				want := in[h.place]
				same := slices.Equal(h.ips, want.ips)
				h.ips, want.ips = nil, nil
				if last, seen[h.place] = *h, true; !same || !reflect.DeepEqual(h.filed, want) {
					t.Errorf("%d filings: %+v, want %+v", n, h.filed, in[h.place])
				}
				return nil
			})
			if err != nil || len(seen) != n || s.n != n {
				t.Errorf("%d filings: %d of %d, %v", n, len(seen), s.n, err)
			}
		}
		s.close()
	}
	whole := (&heldFiling{filed: filed{domain: "example.com", service: "example.com", ips: []netip.Addr{netip.MustParseAddr("::1")}}}).encode(nil)
	for n := range whole {
		var h heldFiling
		// Without its one address it is a filing without one.
		if err := h.decode(whole[:n]); (err == nil) != (n == len(whole)-4) {
			t.Errorf("of %d bytes %d are read as %+v, %v", len(whole), n, h, err)
		}
	}
}

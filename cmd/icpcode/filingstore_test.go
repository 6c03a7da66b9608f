package main

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"

	"github.com/icpcode/icpcode"
)

// TestFilingStore: more filings than are held in memory come out whole, each as
// it went in, by customer and service, and as often as asked.
func TestFilingStore(t *testing.T) {
	for _, n := range []int{0, 1, 100, chunkFilings, 2*chunkFilings + 7} {
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
			in = append(in, f)
			if err := s.add(&f); err != nil {
				t.Fatal(err)
			}
		}
		if spilled := len(s.runs) > 0; spilled != (n >= chunkFilings) {
			t.Fatalf("%d filings: in a file: %v", n, spilled)
		}
		for range 2 {
			var last heldFiling
			seen := make(map[int]bool)
			err := s.each(func(h *heldFiling) error {
				if len(seen) > 0 && compareHeld(&last, h) >= 0 {
					t.Errorf("%d filings: %q %q comes after %q %q", n, h.customer, h.service, last.customer, last.service)
				}
				if last, seen[h.place] = *h, true; !reflect.DeepEqual(h.filed, in[h.place]) || h.service != in[h.place].service() {
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
	var h heldFiling
	if err := h.decode([]byte{1, 2, 3}); err == nil {
		t.Error("a record that is cut is read")
	}
}

package main

import (
	"slices"
	"strings"
	"testing"
)

// TestReviewSameID: servers of two providers can have one ID. A filing that
// states its provider, or an address, is about that one's server; of one that
// states neither it cannot be told.
func TestReviewSameID(t *testing.T) {
	servers := file(t, "servers.csv", "id,provider,product,region,billing,status,expires,ips\n"+
		"s-1,alibaba,ECS,cn-hangzhou,subscription,running,2027-12-31,47.96.1.1\n"+
		"s-1,tencent,CVM,ap-guangzhou,subscription,running,2025-12-31,43.139.1.1\n"+
		"s-2,tencent,CVM,ap-guangzhou,subscription,running,2027-12-31,43.139.1.2\n")
	filings := file(t, "filings.csv", "domain,instance,ips,provider\na.cn,s-1,,alibaba\nb.cn,s-1,,腾讯云\nc.cn,s-1,,\nd.cn,,47.96.1.1,\ne.cn,,43.139.1.1,\nf.cn,s-2,,\ng.cn,s-2,,alibaba\n")
	r := runIt("review", filings, servers, "-at", "2026-11-26", "-json")
	var got []string
	for _, f := range decode[reviewDoc](t, r.out).Filings {
		got = append(got, strings.TrimSuffix(f.Domain, ".cn")+" "+f.Verdict)
	}
	if want := []string{"a fine", "b risk", "c unknown", "d fine", "e risk", "f fine", "g unknown"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if !strings.Contains(r.out, "several providers have a server s-1") {
		t.Errorf("it does not say that several providers have it:\n%s", r.out)
	}
}

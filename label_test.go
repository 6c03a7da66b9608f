package icpcode

import (
	"strings"
	"testing"
)

// TestProductLabel: products are called what people call them, also those of
// the presets, and one without a name stays as it is.
func TestProductLabel(t *testing.T) {
	for _, c := range []struct {
		product Product
		en, zh  string
	}{
		{SWAS, "Simple Application Server", "轻量应用服务器"},
		{"CVM", "CVM", "云服务器CVM"},
		{"DedicatedHost", "Dedicated Host", "专属主机"},
		{"", "", ""},
		{"made up", "made up", "made up"},
		{"\x1b", `"\x1b"`, `"\x1b"`},
	} {
		if en, zh := c.product.Label(English), c.product.Label(Chinese); en != c.en || zh != c.zh {
			t.Errorf("%q: %q, %q", c.product, en, zh)
		}
	}
}

// TestDNSNamesTheProvider: a provider that has a name appears by it.
func TestDNSNamesTheProvider(t *testing.T) {
	r := DNSReview{Case: DNSOtherProvider, Address: DNSAddress{Provider: "tencent", Instance: "ins-1"}}
	if got := new(RuleSet).DNSReason(r, ECS, Chinese).Found; !strings.Contains(got, "腾讯云的服务器（ins-1）") {
		t.Error(got)
	}
}

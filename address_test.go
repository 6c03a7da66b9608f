package icpcode

import (
	"net/netip"
	"testing"
	"time"
)

// ELG-PUBLICIP: addresses that are not public are no public IP.
func TestPublicAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"47.96.1.180": true, "8.8.8.8": true, "1.0.0.1": true, "223.255.255.1": true, "172.15.255.255": true, "172.32.0.0": true,
		"100.63.255.255": true, "100.128.0.0": true, "192.0.1.0": true, "198.17.255.255": true, "198.20.0.0": true,
		"2408:4000::1": true, "2400:3200::1": true, "2001:250::1": true, "2001:200::": true, "::ffff:47.96.1.180": true,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "127.0.0.1": false, "169.254.1.1": false,
		"100.64.0.0": false, "100.127.255.255": false, "0.0.0.0": false, "0.1.2.3": false, "192.0.0.1": false, "192.0.2.1": false,
		"198.18.0.1": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false,
		"240.0.0.1": false, "255.255.255.255": false, "::ffff:10.0.0.1": false,
		"::": false, "::1": false, "fe80::1": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "fec0::1": false,
		"2001:db8::1": false, "2001::1": false, "2002::1": false, "3fff::1": false, "64:ff9b::1": false, "100::1": false, "4000::1": false,
	} {
		if got := isPublic(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %v, want %v", text, got, want)
		}
	}
	if isPublic(netip.Addr{}) {
		t.Error("no address is public")
	}
}

// The short way by the first byte says what the long way says, at every edge
// of every block and in the middle of every /16.
func TestPublicAddressesByFirstByte(t *testing.T) {
	long := func(ip netip.Addr) bool {
		special := !ip.IsGlobalUnicast() || ip.IsPrivate()
		for _, p := range notPublic {
			special = special || p.Contains(ip)
		}
		return !special
	}
	try := func(ip netip.Addr) {
		if got, want := isPublic(ip), long(ip); got != want {
			t.Fatalf("%v is public: %v, want %v", ip, got, want)
		}
	}
	for i := range 1 << 16 {
		try(netip.AddrFrom4([4]byte{byte(i >> 8), byte(i), 7, 9}))
		try(netip.AddrFrom4([4]byte{byte(i >> 8), byte(i), 0, 0}))
		try(netip.AddrFrom4([4]byte{byte(i >> 8), byte(i), 255, 255}))
	}
	for _, p := range notPublic {
		if p.Addr().Is4() {
			try(p.Addr())
			try(p.Addr().Prev())
		}
	}
}

func TestUnmapped(t *testing.T) {
	mapped, plain := netip.MustParseAddr("::ffff:47.96.1.1"), netip.MustParseAddr("47.96.1.1")
	ips := []netip.Addr{netip.MustParseAddr("2408::1"), mapped}
	got := unmapped(ips)
	if got[0] != ips[0] || got[1] != plain || ips[1] != mapped {
		t.Errorf("unmapped made %v of %v", got, ips)
	}
	if !hasIP(ips, plain) || !hasIP([]netip.Addr{plain}, mapped) || hasIP(ips, netip.MustParseAddr("47.96.1.2")) {
		t.Error("hasIP takes an address for another")
	}
}

// W14, W9: what is stated as the public addresses decides, and the restrictive
// of two facts that contradict each other wins.
func TestPublicIPByAddress(t *testing.T) {
	set, err := Alibaba().At(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		public Tri
		ips    []string
		want   Tri
		found  string
	}{
		{Yes, nil, Yes, "present"},
		{Yes, []string{"10.0.0.1"}, No, "stated to have one, but 10.0.0.1 is not public"},
		{Yes, []string{"::ffff:192.168.0.1", "fd00::1"}, No, "stated to have one, but 192.168.0.1 is not public"},
		{Yes, []string{"10.0.0.1", "47.96.1.1"}, Yes, "10.0.0.1 and 1 more"},
		{Yes, []string{"::ffff:47.96.1.1"}, Yes, "47.96.1.1"},
		{Unknown, []string{"10.0.0.1"}, No, "10.0.0.1, which is not public"},
		{No, []string{"47.96.1.1"}, No, "stated to have none, but 47.96.1.1 is listed"},
	} {
		r := IssueRequest{Quantity: 1, Instance: Instance{ID: "i", Product: ECS, PublicIP: tt.public}}
		for _, ip := range tt.ips {
			r.Instance.IPs = append(r.Instance.IPs, netip.MustParseAddr(ip))
		}
		d := set.Check(r, 0, set.Effective)
		if d.Pass.Has(ELGPublicIP) != (tt.want == Yes) || d.Fail.Has(ELGPublicIP) != (tt.want == No) {
			t.Errorf("public %v, addresses %v: ELG-PUBLICIP passes: %v, fails: %v, want %v",
				tt.public, tt.ips, d.Pass.Has(ELGPublicIP), d.Fail.Has(ELGPublicIP), tt.want)
		}
		for reason := range d.Answers(English) {
			if reason.Rule == ELGPublicIP && reason.Found != tt.found {
				t.Errorf("public %v, addresses %v: found %q, want %q", tt.public, tt.ips, reason.Found, tt.found)
			}
		}
	}
}

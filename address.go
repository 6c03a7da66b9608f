package icpcode

import (
	"net/netip"
	"slices"
)

// notPublic are the blocks of unicast addresses that no server of the public
// Internet has, beside those that package netip tells: IANA's registries of special
// purpose addresses for IPv4 and IPv6.
var notPublic = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carriers' translation
	netip.MustParsePrefix("192.0.0.0/24"),    // protocols
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
	netip.MustParsePrefix("2001::/23"),       // protocols, Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4
	netip.MustParsePrefix("3fff::/20"),       // documentation
}

// globalIPv6 holds all public IPv6 addresses there are so far.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

// mixed4 are the first bytes of IPv4 addresses of which some are not public.
// Most addresses are told to be public by it alone: every decision asks.
var mixed4 = func() (first [256]bool) {
	for _, p := range notPublic {
		if !p.Addr().Is4() {
			continue
		}
		from := int(p.Addr().As4()[0])
		for i := range 1 << max(0, 8-p.Bits()) {
			first[from+i] = true
		}
	}
	for _, text := range [...]string{"10.0.0.0", "127.0.0.0", "169.254.0.0", "172.16.0.0", "192.168.0.0"} {
		first[netip.MustParseAddr(text).As4()[0]] = true // what package netip tells
	}
	for i := 224; i < 256; i++ {
		first[i] = true // multicast, and reserved
	}
	return first
}()

// isPublic reports whether an address can be a server's public one: it is not
// private, loopback, link-local, of a carrier's translation, of documentation,
// multicast or otherwise special (ELG-PUBLICIP). An IPv4-mapped address is the
// one that it maps.
func isPublic(ip netip.Addr) bool {
	if ip.Is4() && !mixed4[ip.As4()[0]] {
		return true
	}
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !globalIPv6.Contains(ip) {
		return false
	}
	for i := range notPublic {
		if notPublic[i].Contains(ip) {
			return false
		}
	}
	return true
}

// unmapped returns ips with IPv4-mapped addresses as the IPv4 addresses that
// they map. It does not write to ips.
func unmapped(ips []netip.Addr) []netip.Addr {
	if !anyMapped(ips) {
		return ips
	}
	ips = slices.Clone(ips)
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	return ips
}

// anyMapped reports whether one of ips is an IPv4-mapped address.
func anyMapped(ips []netip.Addr) bool {
	for i := range ips {
		if ips[i].Is4In6() {
			return true
		}
	}
	return false
}

// hasIP reports whether ip is one of ips, either of them mapped or not: records
// of before hold what was typed.
func hasIP(ips []netip.Addr, ip netip.Addr) bool {
	ip = ip.Unmap()
	for i := range ips {
		if ips[i].Unmap() == ip {
			return true
		}
	}
	return false
}

// noPublicIP reports whether addresses are stated and none of them is public.
func (i *Instance) noPublicIP() bool {
	return len(i.IPs) > 0 && !slices.ContainsFunc(i.IPs, isPublic)
}

package icpcode_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// testRSKDNS: a domain that does not resolve, or points elsewhere, is at risk;
// what cannot be told is not.
func testRSKDNS(t *testing.T) {
	w := newWorld(t)
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now))
	filed := icpcode.Instance{ID: "i-1", IPs: []netip.Addr{netip.MustParseAddr("47.96.1.1")}}
	hidden := icpcode.Instance{ID: "i-1", PublicIP: icpcode.Yes}
	none := icpcode.Instance{ID: "i-1", PublicIP: icpcode.No}
	ip := netip.MustParseAddr
	at := func(a string) icpcode.DNSAddress { return icpcode.DNSAddress{IP: ip(a)} }
	of := func(a, id, provider string) icpcode.DNSAddress {
		return icpcode.DNSAddress{IP: ip(a), Instance: icpcode.InstanceID(id), Provider: provider}
	}
	points := func(a ...icpcode.DNSAddress) icpcode.DNS {
		return icpcode.DNS{Resolves: icpcode.Yes, Addresses: a}
	}
	whole := func(a ...icpcode.DNSAddress) icpcode.DNS {
		return icpcode.DNS{Resolves: icpcode.Yes, Addresses: a, Complete: true}
	}
	proxy := icpcode.DNSAddress{IP: ip("47.97.9.9"), Known: true}
	for _, c := range []struct {
		name  string
		today icpcode.Instance
		ips   string // in the filing
		dns   icpcode.DNS
		want  icpcode.DNSCase
		ip    string // that it rests on
	}{
		{"not asked", filed, "", icpcode.DNS{}, icpcode.DNSUnanswered, ""},
		{"no answer", filed, "", icpcode.DNS{Complete: true}, icpcode.DNSUnanswered, ""},
		{"no such name", filed, "", icpcode.DNS{Resolves: icpcode.No}, icpcode.DNSNowhere, ""},
		{"the filed server", filed, "", points(of("47.96.1.1", "i-1", "alibaba")), icpcode.DNSFiled, "47.96.1.1"},
		{"its address, in no list", filed, "", points(at("47.96.1.1")), icpcode.DNSFiled, "47.96.1.1"},
		{"its address, mapped", filed, "", points(at("::ffff:47.96.1.1")), icpcode.DNSFiled, "::ffff:47.96.1.1"},
		{"the filed address of a server whose addresses are not known", hidden, "47.96.1.1", points(at("47.96.1.1")), icpcode.DNSFiled, "47.96.1.1"},
		{"the filed address of a server that has it no more", filed, "47.96.1.7", points(at("47.96.1.7")), icpcode.DNSUnlisted, "47.96.1.7"},
		{"the filed address of a server that has none any more", none, "47.96.1.7", points(at("47.96.1.7")), icpcode.DNSUnlisted, "47.96.1.7"},
		{"another of ours", filed, "", points(of("47.96.1.2", "i-2", "alibaba")), icpcode.DNSOtherServer, "47.96.1.2"},
		{"another of ours, which has the filed address", hidden, "47.96.1.1", points(of("47.96.1.1", "i-2", "alibaba")), icpcode.DNSOtherServer, "47.96.1.1"},
		{"another cloud", filed, "", points(of("43.1.1.1", "ins-2", "tencent")), icpcode.DNSOtherProvider, "43.1.1.1"},
		{"another cloud, where the IDs are the same", filed, "", points(of("43.1.1.1", "i-1", "tencent")), icpcode.DNSOtherProvider, "43.1.1.1"},
		{"a server filed with another cloud", icpcode.Instance{ID: "ins-2", Provider: "tencent"}, "", points(of("43.1.1.1", "ins-2", "tencent")), icpcode.DNSFiled, "43.1.1.1"},
		{"a private address", filed, "", points(at("10.0.0.1")), icpcode.DNSNotPublic, "10.0.0.1"},
		{"a loopback of IPv6", filed, "", points(at("::1")), icpcode.DNSNotPublic, "::1"},
		{"an address of no list", filed, "", points(at("47.96.9.9")), icpcode.DNSUnlisted, "47.96.9.9"},
		{"an address of no list, of all that there are", filed, "", whole(at("47.96.9.9")), icpcode.DNSStranger, "47.96.9.9"},
		{"a proxy", filed, "", whole(proxy), icpcode.DNSHidden, "47.97.9.9"},
		{"no server is known", icpcode.Instance{}, "", points(of("47.96.1.2", "i-2", "alibaba")), icpcode.DNSUnlisted, "47.96.1.2"},
		{"no server is known, but that of another cloud", icpcode.Instance{}, "", points(of("43.1.1.1", "ins-2", "tencent")), icpcode.DNSOtherProvider, "43.1.1.1"},
		{"several, one the filed", filed, "", points(at("10.0.0.1"), of("47.96.1.2", "i-2", "alibaba"), at("47.96.1.1")), icpcode.DNSFiled, "47.96.1.1"},
		{"several, one unknown", filed, "", points(of("47.96.1.2", "i-2", "alibaba"), at("47.96.9.9")), icpcode.DNSUnlisted, "47.96.9.9"},
		{"several, one behind a proxy", filed, "", whole(proxy, at("10.0.0.1")), icpcode.DNSHidden, "47.97.9.9"},
		{"several, none the filed", filed, "", whole(at("10.0.0.1"), of("43.1.1.1", "ins-2", "tencent"), at("47.96.9.9")), icpcode.DNSOtherProvider, "43.1.1.1"},
	} {
		var ips []netip.Addr
		if c.ips != "" {
			ips = append(ips, ip(c.ips))
		}
		got := set.ReviewDNS(&c.today, ips, &c.dns)
		if got.Case != c.want || got.Others != max(0, len(c.dns.Addresses)-1) && got.Case != icpcode.DNSNowhere {
			t.Errorf("%s: %+v, want case %d", c.name, got, c.want)
		}
		if c.ip != "" && got.Address.IP.String() != c.ip {
			t.Errorf("%s: it rests on %v, want %s", c.name, got.Address.IP, c.ip)
		}
		outcome := map[icpcode.DNSCase]icpcode.Outcome{
			icpcode.DNSFiled: icpcode.OutcomePassed, icpcode.DNSUnanswered: icpcode.OutcomeUnknown,
			icpcode.DNSUnlisted: icpcode.OutcomeUnknown, icpcode.DNSHidden: icpcode.OutcomeUnknown,
		}[c.want]
		if outcome == 0 && c.want != icpcode.DNSFiled {
			outcome = icpcode.OutcomeFailed
		}
		for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
			r := set.DNSReason(got, icpcode.ECS, l)
			if r.Rule != icpcode.RSKDNS || r.Outcome != outcome || r.Outcome != got.Outcome() || r.Required == "" || r.Found == "" || len(r.Citations) == 0 {
				t.Errorf("%s: %+v, want outcome %v", c.name, r, outcome)
			}
			if (r.Remedy == "") != (outcome == icpcode.OutcomePassed) {
				t.Errorf("%s: the remedy is %q", c.name, r.Remedy)
			}
			if c.ip != "" && !strings.Contains(r.Found, c.ip) {
				t.Errorf("%s: %q does not name %s", c.name, r.Found, c.ip)
			}
			if got.Others > 0 && !strings.Contains(r.Found, map[icpcode.Lang]string{icpcode.English: "more", icpcode.Chinese: "另有"}[l]) {
				t.Errorf("%s: %q does not tell of the other addresses", c.name, r.Found)
			}
		}
	}
	if n := testing.AllocsPerRun(10, func() {
		d := icpcode.DNS{Resolves: icpcode.Yes}
		set.ReviewDNS(&filed, nil, &d)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

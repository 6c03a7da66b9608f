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

// TestRemediesEndDNSFindings does each thing that a remedy of RSK-DNS offers,
// and sees the finding gone.
func TestRemediesEndDNSFindings(t *testing.T) {
	w := newWorld(t)
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now))
	old, next := w.server("1001"), w.server("1001")
	next.IPs = []netip.Addr{netip.MustParseAddr("47.96.3.3")}
	elsewhere := icpcode.Instance{ID: "ins-2", Provider: "tencent", IPs: []netip.Addr{netip.MustParseAddr("43.1.1.1")}}
	to := func(i icpcode.Instance) icpcode.DNS {
		return icpcode.DNS{Resolves: icpcode.Yes, Addresses: []icpcode.DNSAddress{{IP: i.IPs[0], Instance: i.ID, Provider: i.Provider}}}
	}
	unlisted := func(ip string, complete bool) icpcode.DNS {
		return icpcode.DNS{Resolves: icpcode.Yes, Addresses: []icpcode.DNSAddress{{IP: netip.MustParseAddr(ip)}}, Complete: complete}
	}
	other, gone := to(next), icpcode.DNS{Resolves: icpcode.No}
	other.Addresses[0].Provider = "alibaba"
	cloud := to(elsewhere)
	// Whose filing it is then, and where its domain points.
	type state struct {
		filed icpcode.Instance
		dns   icpcode.DNS
	}
	for _, k := range []struct {
		found  icpcode.DNS
		is     icpcode.DNSCase
		remedy []string
		then   []state
	}{
		{gone, icpcode.DNSNowhere, []string{"point the domain to the filed server"}, []state{{old, to(old)}}},
		{cloud, icpcode.DNSOtherProvider, []string{"file an access filing with that server's provider", "point the domain back to the filed server"},
			[]state{{elsewhere, cloud}, {old, to(old)}}},
		{other, icpcode.DNSOtherServer, []string{"point the domain to the filed server", "file a change filing with the other server's code"},
			[]state{{old, to(old)}, {next, other}}},
		{unlisted("10.0.0.1", false), icpcode.DNSNotPublic, []string{"point the domain to the filed server"}, []state{{old, to(old)}}},
		{unlisted("47.99.9.9", true), icpcode.DNSStranger, []string{"point the domain to the filed server"}, []state{{old, to(old)}}},
	} {
		got := set.ReviewDNS(&old, nil, &k.found)
		told := set.DNSReason(got, icpcode.ECS, icpcode.English).Remedy
		if got.Case != k.is || got.Outcome() != icpcode.OutcomeFailed {
			t.Errorf("%+v: case %d, want %d", k.found, got.Case, k.is)
		}
		for i, remedy := range k.remedy {
			if !strings.Contains(told, remedy) {
				t.Errorf("the remedy of case %d is %q and does not say %q", k.is, told, remedy)
			}
			if after := set.ReviewDNS(&k.then[i].filed, nil, &k.then[i].dns); after.Outcome() != icpcode.OutcomePassed {
				t.Errorf("case %d: after %q it is %+v", k.is, remedy, after)
			}
		}
	}

	// "Deregister the filing if the site has gone": then nothing is reviewed.
	if told := set.DNSReason(set.ReviewDNS(&old, nil, &gone), icpcode.ECS, icpcode.English).Remedy; !strings.Contains(told, "deregister the filing") {
		t.Errorf("the remedy of a site that has gone is %q", told)
	}
	c := w.issue(old, 1)[0]
	w.filed("1001", c)
	reviewed := func() (n int) {
		for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: ops, Account: "1001", Facts: each(func(icpcode.InstanceID) icpcode.Instance { return icpcode.Instance{} })}) {
			if err != nil {
				t.Fatal(err)
			}
			if a.Record.Code == c {
				n++
			}
		}
		return n
	}
	if reviewed() != 1 {
		t.Error("a filing in force is not reviewed")
	}
	must[icpcode.Result](t)(w.eng.End(w.ctx, icpcode.EndRequest{Actor: ops, Code: c, End: icpcode.EndDeregistered, Reason: "the site has gone"}))
	if reviewed() != 0 {
		t.Error("a filing that was deregistered is reviewed")
	}
}

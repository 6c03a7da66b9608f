package inventory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

func mainland(_, region string) icpcode.Tri {
	switch region {
	case "cn-hangzhou", "cn-beijing":
		return icpcode.Yes
	case "cn-hongkong":
		return icpcode.No
	}
	return icpcode.Unknown
}

// TestContradictions: of two records of one server the restrictive one of each
// fact counts, in whichever order they come, and both are told (K1c, W12).
func TestContradictions(t *testing.T) {
	ecs := func(members ...string) string { return inList(server(members...)) }
	const own = "id,provider,product,region,billing,status,term_months,first_term_months,created,expires,trial,public_ip,ips,ip_held,downgraded,partner_ip,contract_quota,owner,auto_renew\n"
	row := func(changes ...string) string {
		cells := strings.Split("w,alibaba,ECS,cn-hangzhou,subscription,running,12,6,2026-01-01,2027-01-01,no,yes,47.96.1.180,no,no,no,3,1001,yes", ",")
		for _, c := range changes {
			name, value, _ := strings.Cut(c, "=")
			for i, n := range strings.Split(strings.TrimSpace(own), ",") {
				if n == name {
					cells[i] = value
				}
			}
		}
		return own + strings.Join(cells, ",") + "\n"
	}
	for _, c := range []struct {
		name, a, b string
		want       string // the conflicts, as the first file being a
	}{
		{"the same twice", ecs(), ecs(), ""},
		{"another name alone", ecs(), ecs(`InstanceName:"x"`), ""},
		{"locked since", caseFile(t, "I1_old.json"), caseFile(t, "I1_new.json"), "status: running or locked: locked"},
		{"in another region", ecs(), ecs(`RegionId:"cn-hongkong"`), "region: cn-hangzhou or cn-hongkong: cn-hongkong"},
		{"in two regions that are as good", ecs(), ecs(`RegionId:"cn-beijing"`), "region: cn-hangzhou or cn-beijing: one of them"},
		{"in a region that is not known", ecs(), ecs(`RegionId:"cn-moon"`), "region: cn-hangzhou or cn-moon: unknown"},
		{"a status that cannot be read", ecs(), ecs(`Status:"Dancing"`), "status: running or unknown: unknown"},
		{"a status that cannot be read, and a bad one", ecs(`Status:"Stopped"`), ecs(`Status:"Dancing"`), "status: stopped or unknown: stopped"},
		{"a list that lacks the locks", ecs(), ecs(`OperationLocks:`), ""},
		{"an address less", ecs(`PublicIpAddress:{"IpAddress":["47.96.1.180","47.96.1.181"]}`, `EipAddress:{"IpAddress":""}`), ecs(`PublicIpAddress:{"IpAddress":["47.96.1.181"]}`, `EipAddress:{"IpAddress":""}`),
			"ips: 47.96.1.180 47.96.1.181 or 47.96.1.181: 47.96.1.181"},
		{"no address", ecs(`PublicIpAddress:{"IpAddress":["47.96.1.180"]}`, `EipAddress:{"IpAddress":""}`), ecs(`PublicIpAddress:{"IpAddress":[]}`, `EipAddress:{"IpAddress":""}`), "public_ip: yes or no: no"},
		{"another address", ecs(`PublicIpAddress:{"IpAddress":["47.96.1.180"]}`, `EipAddress:{"IpAddress":""}`), ecs(`PublicIpAddress:{"IpAddress":["47.96.1.181"]}`, `EipAddress:{"IpAddress":""}`), "ips: 47.96.1.180 or 47.96.1.181: unknown"},
		{"billing that cannot be read", ecs(), ecs(`InstanceChargeType:"Barter"`), "billing: subscription or unknown: unknown"},
		{"billing", row(), row("billing=pay-as-you-go"), "billing: subscription or pay-as-you-go: pay-as-you-go"},
		{"terms", row(), row("term_months=3", "first_term_months=1"), "term_months: 12 or 3: 3; first_term_months: 6 or 1: 1"},
		{"instants", row(), row("created=2026-02-01", "expires=2026-12-01"), "created: 2026-01-01 or 2026-02-01: 2026-02-01; expires: 2027-01-01 or 2026-12-01: 2026-12-01"},
		{"words", row(), row("trial=yes", "ip_held=yes", "downgraded=yes"), "trial: no or yes: yes; ip_held: no or yes: yes; downgraded: no or yes: yes"},
		{"auto-renewal", row(), row("auto_renew=no"), "auto_renew: yes or no: no"},
		{"a partner's address", row(), row("partner_ip=yes"), ""},
		{"contracts", row(), row("contract_quota=2"), "contract_quota: 3 or 2: 2"},
		{"what is missing is no contradiction", row(), row("billing=", "status=", "term_months=", "first_term_months=", "created=", "expires=", "trial=", "public_ip=", "ips=", "ip_held=", "downgraded=", "contract_quota=", "owner=", "product=", "region=", "auto_renew="), ""},
		{"owners", row(), row("owner=1002"), "owner: 1001 or 1002: unknown"},
		{"products", row(), row("product=NAT"), "product: ECS or NAT: unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, swapped := range []bool{false, true} {
				files := []string{c.a, c.b}
				if swapped {
					files = []string{c.b, c.a, c.b}
				}
				servers, wrong := surveyed(t, mainland, files...)
				if len(servers) != 1 || len(wrong) > 0 {
					t.Fatalf("%v, %v", servers, wrong)
				}
				var got []string
				for _, k := range servers[0].Conflicts {
					said := k.Said
					if len(said) == 2 && swapped {
						said = []inventory.Said{said[1], said[0]}
					}
					if f := []string{said[0].File, said[1].File}; said[0].Record != 1 || !swapped && f[0]+f[1] != "file1file2" || swapped && f[0]+f[1] != "file2file1" {
						t.Errorf("%s is said in %v", k.Fact, said)
					}
					taken := k.Taken
					if c.name == "in two regions that are as good" && (taken == said[0].Value || taken == said[1].Value) {
						taken = "one of them"
					}
					got = append(got, fmt.Sprintf("%s: %s or %s: %s", k.Fact, said[0].Value, said[1].Value, taken))
				}
				if g := strings.Join(got, "; "); g != c.want {
					t.Errorf("swapped %t: got %q, want %q", swapped, g, c.want)
				}
				if len(servers[0].Conflicts) == 0 {
					continue
				}
				// What was taken is what the facts are.
				told := told(servers[0])
				if i := &servers[0].Instance; servers[0].Format == inventory.AlibabaECS && i.Billing != icpcode.Subscription && !i.Expires.IsZero() {
					t.Errorf("an expiry without a subscription: %v", told)
				}
				k := servers[0].Conflicts[0]
				if i := &servers[0].Instance; k.Fact == "status" && k.Taken == "locked" && i.Status != icpcode.StatusLocked ||
					k.Fact == "region" && k.Taken != "unknown" && i.Region != k.Taken || k.Fact == "owner" && i.Owner != "" ||
					k.Fact == "public_ip" && (i.PublicIP != icpcode.No || len(i.IPs) > 0) || k.Fact == "ips" && (i.PublicIP != icpcode.Yes || len(i.IPs) > 1) {
					t.Errorf("%v, but the facts are %v", k, told)
				}
			}
		})
	}
}

// TestContradictionText: in both languages, with where each value stands, and
// safe to print.
func TestContradictionText(t *testing.T) {
	c := inventory.Conflict{Fact: "status", Taken: "locked", Said: []inventory.Said{{Value: "running", File: "a\x1b.json", Record: 1}, {Value: "locked", Record: 7}}}
	if got, want := c.String(), `status: the records of this server contradict each other: running ("a\x1b.json", record 1), locked (record 7); taken as locked`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := c.Text(icpcode.Chinese), `该服务器的多条记录中status互相矛盾：running（"a\x1b.json"，第1条记录），locked（第7条记录）；以 locked 为准`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	c.Taken = "unknown"
	if got, want := c.Text(icpcode.Chinese), `该服务器的多条记录中status互相矛盾：running（"a\x1b.json"，第1条记录），locked（第7条记录）；视为未知`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestRepeated: a server is yielded once, and further records of it are told.
func TestRepeated(t *testing.T) {
	var v inventory.Survey
	text := total(2, "a", "b") + total(2, "a", "b")
	for err := range v.Read("x", strings.NewReader(text)) {
		t.Error(err)
	}
	var got []string
	o := &inventory.Options{Survey: &v, Repeated: func(s *inventory.Server) { got = append(got, "again "+string(s.Instance.ID)) }}
	for range 2 { // a second file is a further record, too
		for s, err := range inventory.Read(strings.NewReader(text), o) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(s.Instance.ID))
		}
	}
	if want := "[ins-a ins-b again ins-a again ins-b again ins-a again ins-b again ins-a again ins-b]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	// What the first reading did not see is yielded as it is.
	o.Survey = new(inventory.Survey)
	for s, err := range inventory.Read(strings.NewReader(total(1, "c")), o) {
		if err != nil || s.Instance.ID != "ins-c" {
			t.Error(s, err)
		}
	}
}

// TestContradictionLimit: what contradicts is not held without bound.
func TestContradictionLimit(t *testing.T) {
	var v inventory.Survey
	var b strings.Builder
	for i := range 101 {
		b.WriteString(inList(server(fmt.Sprintf(`CreationTime:"2025-03-01T02:%02d:%02dZ"`, i/60, i%60))))
	}
	for err := range v.Read("x", strings.NewReader(b.String())) {
		t.Error(err)
	}
	for err := range v.Read("y", strings.NewReader(inList(server(`CreationTime:"2025-03-02T02:00:00Z"`)))) {
		if !strings.Contains(err.Error(), "records contradict other records") {
			t.Error(err)
		}
		return
	}
	t.Error("no limit")
}

// TestGateway: a server without an address is told of the NAT gateway of its
// network that has one (B15).
func TestGateway(t *testing.T) {
	nat := func(ips string) string {
		return `{"NatGateways":{"NatGateway":[{"NatGatewayId":"ngw-1","InstanceChargeType":"PrePaid","VpcId":"vpc-1","IpLists":{"IpList":[` + ips + `]}}]}}`
	}
	behind := func(members ...string) string {
		return inList(server(append([]string{`PublicIpAddress:{"IpAddress":[]}`, `EipAddress:{"IpAddress":""}`, `VpcAttributes:{"VpcId":"vpc-1"}`}, members...)...))
	}
	const told = `VpcId "ngw-1": no address of its own, but this NAT gateway in the same network has one; if it serves this server, ask for the code with the gateway`
	for _, c := range []struct {
		name, server, gateway string
		want                  bool
	}{
		{"behind it", behind(), nat(`{"IpAddress":"47.96.1.180"}`), true},
		{"in another network", behind(`VpcAttributes:{"VpcId":"vpc-2"}`), nat(`{"IpAddress":"47.96.1.180"}`), false},
		{"in no network", behind(`VpcAttributes:`), nat(`{"IpAddress":"47.96.1.180"}`), false},
		{"a gateway without an address", behind(), nat(``), false},
		{"with an address of its own", behind(`PublicIpAddress:{"IpAddress":["47.96.1.181"]}`), nat(`{"IpAddress":"47.96.1.180"}`), false},
		{"as people have it, which does not name its network", caseFile(t, "B15_behind_nat.json"), nat(`{"IpAddress":"47.96.1.180"}`), false},
	} {
		servers, wrong := surveyed(t, nil, c.server, c.gateway)
		if len(servers) != 2 || len(wrong) > 0 {
			t.Fatalf("%s: %v %v", c.name, servers, wrong)
		}
		if got := strings.Contains(notes(servers[0]), told); got != c.want || notes(servers[1]) != "" && strings.Contains(notes(servers[1]), "ngw-1") {
			t.Errorf("%s: %s", c.name, notes(servers[0]))
		}
	}
}

package inventory_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// hwEIP is a Huawei Cloud EIP; members are name=value, and name= removes one.
func hwEIP(members ...string) string {
	return record([][2]string{
		{"id", `"e-1"`}, {"public_ip_address", `"121.36.8.1"`}, {"status", `"ACTIVE"`}, {"lock_status", `null`},
	}, members)
}

// TestHuaweiAddresses: Huawei Cloud's EIPs, of both versions of the API, are
// joined to the servers and gateways that they are bound to.
func TestHuaweiAddresses(t *testing.T) {
	const public = `{"n":[{"addr":"121.36.8.1","OS-EXT-IPS:type":"floating","OS-EXT-IPS:port_id":"p-1"}]}`
	const private = `{"n":[{"addr":"192.168.0.5","OS-EXT-IPS:type":"fixed","OS-EXT-IPS:port_id":"p-1"}]}`
	ecs := func(addresses string) string {
		return `{"server":{"id":"h-1","status":"ACTIVE","metadata":{"charging_mode":"1"},"addresses":` + addresses + `}}`
	}
	const (
		v3      = `associate_instance_type="PORT"`
		v3Port  = `associate_instance_id="p-1"`
		vnic    = `vnic={"device_id":"h-1","port_id":"p-1"}`
		other   = `vnic={"device_id":"h-2","port_id":"p-2"}`
		v1      = `port_id="p-1"`
		v1Other = `port_id="p-2"`
		gone    = `public_ip_address "121.36.8.1" is in the server's own record, but a list of EIPs says that it is not bound here: whether there is an address is unknown public_ip: yes -> unknown ips: 121.36.8.1 -> unknown`
		locked  = ` "121.36.8.1" is locked: whether its address can be filed is unknown public_ip: yes -> unknown ips: 121.36.8.1 -> unknown`
		denied  = `public_ip_address "121.36.8.1" is bound here by the list of EIPs, but the server's own record has no address: whether there is one is unknown; print both lists again public_ip: no -> unknown`
	)
	for _, c := range []struct {
		name, eip, server string
		want              string
		says              string
	}{
		{"v3, the same", hwEIP(v3, v3Port, vnic), ecs(public), "yes [121.36.8.1]", ""},
		{"v3, another server's", hwEIP(v3, `associate_instance_id="p-2"`, other), ecs(public), "unknown []", gone},
		{"v3, without the interface", hwEIP(v3, v3Port), ecs(public), "yes [121.36.8.1]", ""},
		{"v3, and the server denies it", hwEIP(v3, v3Port, vnic), ecs(private), "unknown []", denied},
		{"v3, on a NAT gateway", hwEIP(`associate_instance_type="NATGW"`, `associate_instance_id="n-1"`, vnic), ecs(public), "unknown []", gone},
		{"v1, the same", hwEIP(v1), ecs(public), "yes [121.36.8.1]", ""},
		{"v1, another interface", hwEIP(v1Other), ecs(public), "unknown []", gone},
		{"v1, and the server's interfaces are not given", hwEIP(v1Other), ecs(strings.Replace(public, `,"OS-EXT-IPS:port_id":"p-1"`, "", 1)), "yes [121.36.8.1]", ""},
		{"v1, and the server denies it", hwEIP(v1), ecs(private), "unknown []", denied},
		{"not bound", hwEIP(`status="DOWN"`), ecs(public), "unknown []", gone},
		{"being bound", hwEIP(v1, `status="BINDING"`), ecs(private), "no []", `public_ip_address "121.36.8.1" is not counted: it names this server, but is not bound`},
		{"a load balancer's", hwEIP(v1, `status="ELB"`), ecs(public), "yes [121.36.8.1]", ""},
		{"frozen", hwEIP(v1, `status="FREEZED"`), ecs(public), "unknown []", "status" + locked},
		{"frozen by the police", hwEIP(v3, v3Port, vnic, `lock_status="police"`), ecs(public), "unknown []", "lock_status" + locked},
		{"a lock that was never heard of", hwEIP(v3, v3Port, vnic, `lock_status="new"`), ecs(public), "unknown []", "lock_status" + locked},
		{"no lock", hwEIP(v3, v3Port, vnic, `lock_status=""`), ecs(public), "yes [121.36.8.1]", ""},
		{"being updated, and no address", hwEIP(v1, `status="PENDING_UPDATE"`), ecs(private), "unknown []",
			`status "PENDING_UPDATE" names this server, but whether it is bound cannot be read: whether there is an address is unknown public_ip: no -> unknown`},
		{"an address of version 6", hwEIP(v3, v3Port, vnic, `public_ip_address=`, `public_ipv6_address="2407:c080::1"`), ecs(public), "yes [121.36.8.1 2407:c080::1]",
			"ips: 121.36.8.1 -> 121.36.8.1 2407:c080::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, list := range []string{`{"publicips":[%s]}`, `{"publicip":%s}`, `{"body":{"publicips":[%s],"total_count":1}}`, `%s`} {
				a := addressesOf(t, fmt.Sprintf(list, c.eip))
				if a.Len() != 1 {
					t.Fatalf("%s: %d addresses", list, a.Len())
				}
				servers, errs := readAny(c.server, nil)
				if len(servers) != 1 || len(errs) != 0 {
					t.Fatal(servers, errs)
				}
				s := servers[0]
				if got := applied(a, &s); got != c.says {
					t.Errorf("%s says %s\nwant %s", list, got, c.says)
				}
				ip := [...]string{"unknown", "no", "yes"}[s.Instance.PublicIP]
				if got := fmt.Sprint(ip, " ", s.Instance.IPs); got != c.want {
					t.Errorf("%s: got %s, want %s", list, got, c.want)
				}
			}
		})
	}
}

// TestHuaweiAddressList: what a list of Huawei Cloud's EIPs says about itself,
// and what only looks like one.
func TestHuaweiAddressList(t *testing.T) {
	b, err := os.ReadFile("testdata/huawei/eip_publicips_v3_schema.json")
	if err != nil {
		t.Fatal(err)
	}
	a := addressesOf(t, string(b))
	s := inventory.Server{Instance: icpcode.Instance{ID: "55555555-0000-4000-8000-000000000001", Provider: "huawei"}}
	if got := applied(a, &s); got != "public_ip: unknown -> yes ips: unknown -> 121.36.8.2" || a.Len() != 2 {
		t.Errorf("%d addresses, %s", a.Len(), got)
	}
	read := func(text string) (errs []string) {
		var a inventory.Addresses
		for err := range a.Read(strings.NewReader(text)) {
			errs = append(errs, err.Error())
			if a.Len() > 0 && !errors.As(err, new(*inventory.IncompleteError)) {
				t.Errorf("%s: %d addresses", text, a.Len())
			}
		}
		return errs
	}
	for _, c := range []struct{ text, want string }{
		{`{"publicips":[` + hwEIP() + `],"total_count":2}`, "[inventory: incomplete: 1 of 2 addresses; fetch the other pages too]"},
		{`{"publicips":[` + hwEIP() + `],"total":2}`, "[inventory: incomplete: 1 of 2 addresses; fetch the other pages too]"},
		{`{"publicips":[],"total_count":2}`, "[inventory: incomplete: 0 of 2 addresses; fetch the other pages too]"},
		{`{"publicips":[],"total_count":0}`, "[]"},
		{`{"publicips":[` + hwEIP(`id=""`) + `]}`, "[inventory: address 1, byte 14: id is missing]"},
	} {
		if got := fmt.Sprint(read(c.text)); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
	for _, text := range []string{`{"publicips":[` + hwEIP(`site_id="s"`) + `],"count":1}`, `{"publicips":[{"publicip_id":"e","publicip_address":"121.36.8.1","ip_version":4}]}`} {
		servers, errs := readAny(text, nil)
		if len(servers) > 0 || len(errs) != 1 || !errors.Is(errs[0], inventory.ErrFormat) {
			t.Errorf("%s: %v, %v", text, servers, errs)
		}
	}
}

// TestHuaweiAddressWords: what each status word says about a server without an
// address of its own.
func TestHuaweiAddressWords(t *testing.T) {
	for word, want := range map[string]icpcode.Tri{
		"ACTIVE": icpcode.Yes, "ELB": icpcode.Yes, "VPN": icpcode.Yes,
		"DOWN": icpcode.No, "BINDING": icpcode.No, "BIND_ERROR": icpcode.No, "PENDING_CREATE": icpcode.No, "NOTIFYING": icpcode.No,
		"PENDING_DELETE": icpcode.No, "NOTIFY_DELETE": icpcode.No,
		"PENDING_UPDATE": icpcode.Unknown, "ERROR": icpcode.Unknown, "FREEZED": icpcode.Unknown, "active": icpcode.Unknown,
	} {
		a := addressesOf(t, `{"publicips":[`+hwEIP(`port_id="h-1"`, `status="`+word+`"`)+`]}`)
		s := inventory.Server{Instance: icpcode.Instance{ID: "h-1", Provider: "huawei"}} // of which nothing is known
		if want != icpcode.Yes {
			s.Instance.PublicIP = icpcode.No
		}
		a.Apply(&s)
		if s.Instance.PublicIP != want {
			t.Errorf("%s: %v, want %v", word, s.Instance.PublicIP, want)
		}
	}
}

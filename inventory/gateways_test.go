package inventory_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/icpcode/icpcode/inventory"
)

// documentedBase is the healthy record of a format in docs_test.go.
func documentedBase(f inventory.Format) (base [][2]string) {
	for _, x := range documented[f] {
		base = append(base, [2]string{x.name, x.value})
	}
	return base
}

func TestTencentCLB(t *testing.T) {
	for name, list := range map[string]string{
		"API": `{"Response":{"TotalCount":1,"LoadBalancerSet":[%s]}}`, "tool": `{"TotalCount":1,"LoadBalancerSet":[%s]}`, "alone": `%s`,
	} {
		t.Run(name, func(t *testing.T) {
			const open = "ip [123.207.11.190]"
			tryTraps(t, inventory.TencentCLB, documentedBase(inventory.TencentCLB), list,
				"lb-1 CLB ap-guangzhou subscription running created 2025-12-27T07:53:46Z expires 2027-01-27T07:53:46Z "+open+" renews yes",
				[]trap{
					{"by the hour, with an expiry", []string{`ChargeType="POSTPAID_BY_HOUR"`}, []string{"subscription|pay-as-you-go", "2027-01-27T07:53:46Z|-", " renews yes|"}, ""},
					{"being created", []string{`Status=0`}, []string{"running|pending"}, ""},
					{"a status that was never heard of", []string{`Status=7`}, []string{"running|status?"}, `Status "7" cannot be read: taken as unknown`},
					{"isolated", []string{`Isolation=1`}, []string{"running|locked"}, `Isolation "1" holds although the status says otherwise: taken as locked`},
					{"isolation missing", []string{`Isolation=`}, []string{"running|status?"}, `Isolation is missing: whether it is locked is unknown, and so whether it runs normally`},
					{"blocked", []string{`IsBlock=true`}, []string{"running|locked"}, `IsBlock "true" holds although the status says otherwise: taken as locked`},
					{"no ZoneRegion", []string{`MasterZone={"Zone":"ap-shanghai-2"}`}, []string{"ap-guangzhou|ap-shanghai"}, ""},
					{"no zone: that of the backends is not its own", []string{`MasterZone=null`}, []string{"ap-guangzhou|"}, ""},
					{"inside", []string{`LoadBalancerType="INTERNAL"`, `LoadBalancerVips=["10.0.0.1"]`}, []string{open + "|ip? []"}, `LoadBalancerType "INTERNAL": no address of its own, and the list does not say whether an EIP is bound to it`},
					{"with a domain instead of addresses", []string{`LoadBalancerVips=null`}, []string{open + "|ip []"}, ""},
					{"version 6 too", []string{`AddressIPv6="2402:4e00::1"`}, []string{"190]|190 2402:4e00::1]"}, ""},
					{"another type", []string{`LoadBalancerType="NEW"`}, []string{open + "|ip? []"}, `LoadBalancerType "NEW" cannot be read: taken as unknown`},
					{"another instant", []string{`CreateTime="soon"`}, []string{"2025-12-27T07:53:46Z|-"}, `CreateTime "soon" cannot be read: taken as unknown`},
				})
		})
	}
}

func TestTencentNAT(t *testing.T) {
	for name, list := range map[string]string{"list": `{"NatGatewaySet":[%s],"TotalCount":1}`, "alone": `%s`} {
		t.Run(name, func(t *testing.T) {
			const ip = "ip [139.199.232.238]"
			tryTraps(t, inventory.TencentNAT, documentedBase(inventory.TencentNAT), list,
				"nat-1 NAT ap-guangzhou billing? running created 2025-09-20T12:28:24Z expires - "+ip,
				[]trap{
					{"in arrears", []string{`NetworkState="INSUFFICIENT"`}, []string{"running|locked"}, `NetworkState "INSUFFICIENT" holds although the status says otherwise: taken as locked`},
					{"a network word that was never heard of", []string{`NetworkState="NEW"`}, []string{"running|locked"}, `NetworkState "NEW" holds although the status says otherwise: taken as locked`},
					{"as the samples have it", []string{`NetworkState="RUNNING"`}, nil, ""},
					{"isolated", []string{`RestrictState="PROTECTIVELY_ISOLATED"`}, []string{"running|locked"}, `RestrictState "PROTECTIVELY_ISOLATED" holds although the status says otherwise: taken as locked`},
					{"restriction missing", []string{`RestrictState=`}, []string{"running|status?"}, `RestrictState is missing: whether it is locked is unknown, and so whether it runs normally`},
					{"being made larger", []string{`State="UPDATING"`}, []string{"running|status?"}, `State "UPDATING": it is being changed, so whether it runs normally is unknown`},
					{"failed", []string{`State="PENDFAILURE"`}, []string{"running|released"}, ""},
					{"going", []string{`State="DELETING"`}, []string{"running|released"}, ""},
					{"no address", []string{`PublicIpAddressSet=[]`}, []string{ip + "|no-ip []"}, ""},
					{"addresses missing", []string{`PublicIpAddressSet=`}, []string{ip + "|ip? []"}, ""},
					{"its address is blocked", []string{`PublicIpAddressSet=[{"PublicIpAddress":"139.199.232.238","IsBlocked":true}]`}, []string{ip + "|ip? []"},
						`IsBlocked "139.199.232.238" is locked: whether its address can be filed is unknown`},
					{"addresses of another kind", []string{`PublicIpAddressSet=[7]`}, []string{ip + "|ip? []"}, ""},
				})
		})
	}
}

func TestHuaweiNAT(t *testing.T) {
	for name, list := range map[string]string{"list": `{"nat_gateways":[%s]}`, "one": `{"nat_gateway":%s}`, "alone": `%s`} {
		t.Run(name, func(t *testing.T) {
			tryTraps(t, inventory.HuaweiNAT, documentedBase(inventory.HuaweiNAT), list,
				"n-1 NAT cn-north-4 subscription running created 2025-03-17T10:38:38Z expires - ip? []",
				[]trap{
					{"no order given", []string{`billing_info=`}, []string{"subscription|billing?", "cn-north-4|"}, ""},
					{"no order", []string{`billing_info=""`}, []string{"subscription|pay-as-you-go", "cn-north-4|"}, ""},
					{"an order of another shape", []string{`billing_info="x"`}, []string{"subscription|billing?", "cn-north-4|"}, `billing_info "x" cannot be read: taken as unknown`},
					{"with fractions", []string{`created_at="2025-03-17 10:38:38.665430"`}, nil, ""},
					{"its EIP is frozen", []string{`status="EIP_FREEZED"`}, []string{"running|locked"}, ""},
					{"out of order", []string{`status="INACTIVE"`}, []string{"running|status?"}, `status "INACTIVE" cannot be read: taken as unknown`},
					{"nothing says whether it is frozen", []string{`admin_state_up=`}, []string{"running|status?"}, `admin_state_up is missing: whether it is locked is unknown, and so whether it runs normally`},
					{"frozen", []string{`admin_state_up=false`}, []string{"running|locked"}, `admin_state_up "false" holds although the status says otherwise: taken as locked`},
				})
		})
	}
}

func TestHuaweiELB(t *testing.T) {
	const ip = "ip [121.36.8.1]"
	tryTraps(t, inventory.HuaweiELB, documentedBase(inventory.HuaweiELB), `{"loadbalancers":[%s]}`,
		"l-1 ELB cn-north-4 subscription running created 2025-03-17T10:38:38Z expires - "+ip,
		[]trap{
			{"no order", []string{`billing_info=""`}, []string{"subscription|pay-as-you-go"}, ""},
			{"frozen", []string{`operating_status="FROZEN"`}, []string{"running|locked"}, `operating_status "FROZEN" holds although the status says otherwise: taken as locked`},
			{"frozen by the police", []string{`frozen_scene="POLICE,ARREAR"`}, []string{"running|locked"}, `frozen_scene "POLICE,ARREAR" holds although the status says otherwise: taken as locked`},
			{"switched off", []string{`admin_state_up=false`}, []string{"running|stopped"}, `admin_state_up "false" although the status says otherwise: taken as stopped`},
			{"nothing behind it", []string{`operating_status="NO_MONITOR"`}, nil, ""},
			{"an operation that was never heard of", []string{`operating_status="NEW"`}, []string{"running|locked"}, `operating_status "NEW" holds although the status says otherwise: taken as locked`},
			{"operation missing", []string{`operating_status=`}, []string{"running|status?"}, `operating_status is missing: whether it is locked is unknown, and so whether it runs normally`},
			{"failed", []string{`provisioning_status="ERROR"`}, []string{"running|status?"}, `provisioning_status "ERROR" cannot be read: taken as unknown`},
			{"no EIP", []string{`eips=[]`}, []string{ip + "|no-ip []"}, ""},
			{"version 2, which does not say", []string{`eips=`}, []string{ip + "|ip? []"}, `id "l-1": no address of its own, and the list does not say whether an EIP is bound to it`},
			{"version 6", []string{`eips=[]`, `ipv6_bandwidth={"id":"b"}`}, []string{ip + "|ip [2407:c080::1]"}, ""},
			{"version 6 inside", []string{`eips=[]`, `ipv6_bandwidth=null`}, []string{ip + "|no-ip []"}, ""},
		})
	// Its EIP may be told by version 1 of their list alone, by its interface.
	a := addressesOf(t, `{"publicips":[`+hwEIP(`status="ELB"`, `port_id="p-1"`)+`]}`)
	servers, errs := readAny(`{"loadbalancer":`+record(documentedBase(inventory.HuaweiELB), []string{"eips="})+`}`, nil)
	if len(servers) != 1 || len(errs) > 0 {
		t.Fatal(servers, errs)
	}
	if got := applied(a, &servers[0]); !strings.HasSuffix(got, "public_ip: unknown -> yes ips: unknown -> 121.36.8.1") {
		t.Error(got)
	}
}

func TestENS(t *testing.T) {
	const ip = "ip [47.96.1.180]"
	tryTraps(t, inventory.AlibabaENS, documentedBase(inventory.AlibabaENS), `{"Code":0,"Instances":{"Instance":[%s]},"TotalCount":1}`,
		"i-1 ENS cn-hangzhou-telecom subscription running created 2025-03-01T02:00:00Z expires 2027-03-01T16:00:00Z "+ip,
		[]trap{
			{"by use", []string{`InstanceResourceType="EnsPostPaidInstance"`}, []string{"subscription|pay-as-you-go", "2027-03-01T16:00:00Z|-"}, ""},
			{"of a service", []string{`InstanceResourceType="EnsService"`}, []string{"subscription|pay-as-you-go", "2027-03-01T16:00:00Z|-"}, ""},
			{"another kind", []string{`InstanceResourceType="New"`}, []string{"subscription|billing?", "2027-03-01T16:00:00Z|-"}, `InstanceResourceType "New" cannot be read: taken as unknown`},
			{"expired", []string{`Status="Expired"`}, []string{"running|expired"}, ""},
			{"being stopped", []string{`Status="Stopping"`}, []string{"running|status?"}, `Status "Stopping" cannot be read: taken as unknown`},
			{"a placeholder", []string{`ExpiredTime="2119-07-13T02:38:57Z"`}, []string{"2027-03-01T16:00:00Z|-"}, `ExpiredTime "2119-07-13T02:38:57Z" is a placeholder although it is a subscription: taken as unknown`},
			{"no address", []string{`PublicIpAddress={"IpAddress":[]}`}, []string{ip + "|ip? []"}, `InstanceId "i-1": no address of its own, and the list does not say whether an EIP is bound to it`},
		})
	// The reader of ECS alone does not take it.
	for s, err := range inventory.ECS(strings.NewReader(`{"Instances":{"Instance":[` + record(documentedBase(inventory.AlibabaENS), nil) + `]}}`)) {
		if !errors.Is(err, inventory.ErrFormat) {
			t.Error(s, err)
		}
	}
}

// TestGatewayLists: the new lists are judged whole by what they say about
// themselves, a region at a time, and an EIP of Tencent Cloud is joined to a
// load balancer.
func TestGatewayLists(t *testing.T) {
	of := func(f inventory.Format, members ...string) string { return record(documentedBase(f), members) }
	clb := of(inventory.TencentCLB)
	for _, c := range []struct{ text, want string }{
		{`{"TotalCount":2,"LoadBalancerSet":[` + clb + `]}`, "[inventory: incomplete: 1 of 2 servers in ap-guangzhou; fetch the other pages too]"},
		{`{"TotalCount":2,"LoadBalancerSet":[` + clb + `]}{"TotalCount":2,"LoadBalancerSet":[` + of(inventory.TencentCLB, `LoadBalancerId="lb-2"`) + `]}`, "[]"},
		{`{"TotalCount":2,"LoadBalancerSet":[` + clb + `]}{"TotalCount":2,"LoadBalancerSet":[` + clb + `]}`, "[inventory: incomplete: 1 of 2 servers in ap-guangzhou; fetch the other pages too]"},
		{`{"TotalCount":3,"NatGatewaySet":[` + of(inventory.TencentNAT) + `]}`, "[inventory: incomplete: 1 of 3 servers in ap-guangzhou; fetch the other pages too]"},
		{`{"TotalCount":0,"NatGatewaySet":[]}{"TotalCount":0,"LoadBalancerSet":[]}{"nat_gateways":[]}{"loadbalancers":[]}`, "[]"},
		{`{"loadbalancers":[` + of(inventory.HuaweiELB) + `],"loadbalancers_links":[{"rel":"next","href":"x"}]}`, "[inventory: incomplete: 1 server in cn-north-4, and the list says that there are more; fetch the other pages too]"},
		{`{"Instances":{"Instance":[` + of(inventory.AlibabaENS) + `]},"TotalCount":2,"PageNumber":1}{"Instances":{"Instance":[]},"TotalCount":2,"PageNumber":2}`, "[inventory: incomplete: 1 of 2 servers in cn-hangzhou-telecom; fetch the other pages too]"},
		{`{"loadbalancers":[` + of(inventory.HuaweiELB, `id=""`) + `]}`, "[inventory: server 1, byte 18: id is missing]"},
	} {
		_, errs := readAny(c.text, nil)
		if got := fmt.Sprint(errs); got != c.want {
			t.Errorf("%s\n%s, want %s", c.text, got, c.want)
		}
	}
	a := addressesOf(t, `{"AddressSet":[{"AddressId":"eip-1","AddressIp":"47.96.1.181","AddressStatus":"BIND","InstanceId":"lb-1"}]}`)
	servers, _ := readAny(of(inventory.TencentCLB, `LoadBalancerType="INTERNAL"`, `LoadBalancerVips=["10.0.0.1"]`), nil)
	if got := applied(a, &servers[0]); got != "public_ip: unknown -> yes ips: unknown -> 47.96.1.181" {
		t.Error(got)
	}
	// What only looks so: an address and a router, Octavia's load balancer, one on
	// edge nodes (ECM), a private NAT gateway, a listener.
	for _, text := range []string{
		`{"id":"f","status":"ACTIVE","router_id":"r","floating_ip_address":"121.36.8.1"}`,
		`{"loadbalancers":[{"id":"l","provider":"amphora","vip_address":"10.0.0.1","provisioning_status":"ACTIVE","operating_status":"ONLINE","admin_state_up":true}]}`,
		`{"LoadBalancerSet":[{"LoadBalancerId":"lb-1","LoadBalancerVips":["121.36.8.1"],"LoadBalancerType":"OPEN","Status":1,"Region":"x","Position":{}}]}`,
		`{"nat_gateways":[{"id":"n","name":"x","downlink_vpcs":[],"status":"ACTIVE"}]}`,
		`{"id":"x","protocol":"TCP","loadbalancers":[{"id":"l"}]}`,
	} {
		servers, errs := readAny(text, nil)
		if len(servers) > 0 || len(errs) != 1 || !errors.Is(errs[0], inventory.ErrFormat) {
			t.Errorf("%s: %v, %v", text, servers, errs)
		}
	}
}

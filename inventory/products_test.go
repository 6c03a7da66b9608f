package inventory_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/icpcode/icpcode/inventory"
)

// readAny collects what Read yields.
func readAny(text string, o *inventory.Options) (servers []inventory.Server, errs []error) {
	for s, err := range inventory.Read(strings.NewReader(text), o) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		servers = append(servers, s)
	}
	return servers, errs
}

// oneOf reads text that holds a single server of a format.
func oneOf(t *testing.T, f inventory.Format, text string) inventory.Server {
	t.Helper()
	servers, errs := readAny(text, nil)
	if len(servers) != 1 || len(errs) != 0 {
		t.Fatalf("%d servers and errors %v; want 1 server and none", len(servers), errs)
	}
	if servers[0].Format != f {
		t.Fatalf("it is read as %s, want %s", servers[0].Format, f)
	}
	return servers[0]
}

// answer is what a file is read as, as a person would check it.
func answer(text string) string {
	servers, errs := readAny(text, nil)
	var lines []string
	for _, s := range servers {
		lines = append(lines, fmt.Sprintf("%s: %s/%s", s.Format, s.Instance.Provider, facts(s)))
		for _, n := range s.Notes {
			lines = append(lines, "  "+n.String())
		}
	}
	for _, err := range errs {
		lines = append(lines, strings.TrimPrefix(err.Error(), "inventory: "))
	}
	return strings.Join(lines, "\n")
}

// TestProducts reads every sample file but the ECS ones, for which see
// TestSamples. The facts were checked by hand against the files.
func TestProducts(t *testing.T) {
	wants := map[string]string{
		// BusinessStatus Normal and Status Running, but DisableReason EXPIRED.
		"swas/listinstances_doc2026.json": `Alibaba Cloud SWAS: alibaba/2ad1ae67295445f598017499dc**** SWAS cn-hangzhou subscription expired created 2021-03-08T05:31:06Z expires 2021-05-08T16:00:00Z ip []
  DisableReason "EXPIRED" although the status says otherwise: taken as expired
  PublicIpAddress "42.1.XX.XX" is masked: there is an address, but which is unknown`,
		// InstanceChargeType PayBySpec is metering. CreateTimeStamp is in 2017.
		"slb/clb_describeloadbalancers_doc2025.json": `Alibaba Cloud CLB: alibaba/lb-bp1b6c719dfa**** SLB cn-hangzhou pay-as-you-go running created 2021-12-02T02:49:05Z expires - ip? []
  CreateTimeStamp "1504147745000" contradicts the other instant of creation: the later one is taken
  AddressType "intranet": no address of its own, and the list does not say whether an EIP is bound to it`,
		// CreateTime is China's time with a Z: eight hours after CreateTimeStamp.
		"slb/clb_describeloadbalancers_intranet_doc2021.json": `Alibaba Cloud CLB: alibaba/lb-bp1b6c719d******exfuca5 SLB cn-hangzhou pay-as-you-go running created 2018-11-08T20:21:00Z expires - ip? []
  CreateTimeStamp "1541679713000" contradicts the other instant of creation: the later one is taken
  AddressType "intranet": no address of its own, and the list does not say whether an EIP is bound to it`,
		// PrePay that ends in 2999.
		"slb/clb_describeloadbalancerattribute_prepay_doc2021.json": `Alibaba Cloud CLB: alibaba/lb-bp1o94dp5i6ea******* SLB cn-hangzhou subscription running created 2017-08-31T02:49:05Z expires - ip [] renews yes
  EndTime "2999-09-08T16:00:00Z" is a placeholder although it is a subscription: taken as unknown
  EndTimeStamp "32493801600000" is a placeholder although it is a subscription: taken as unknown
  Address "42.250.6.**" is masked: there is an address, but which is unknown
  AutoReleaseTime "1513947075": it will be released by itself then`,
		// No RegionId. One of a hundred.
		"slb/alb_listloadbalancers_doc2026.json": `Alibaba Cloud ALB: alibaba/alb-o9ulmq5hgn68jk**** SLB cn-hangzhou pay-as-you-go locked created 2022-07-02T02:49:05Z expires - no-ip []
  LoadBalancerOperationLocks "FinancialLocked" holds although the status says otherwise: taken as locked
incomplete: 1 of 100 servers in cn-hangzhou; fetch the other pages too`,
		"slb/nlb_listloadbalancers_doc2026.json": `Alibaba Cloud NLB: alibaba/nlb-83ckzc8d4xlp8o**** SLB cn-hangzhou pay-as-you-go locked created 2022-07-18T17:22:00Z expires - ip []
  OperationLocks "SecurityLocked" holds although the status says otherwise: taken as locked
  PublicIPv4Address "120.XX.XX.69" is masked: there is an address, but which is unknown
incomplete: 1 of 10 servers in cn-hangzhou; fetch the other pages too`,
		// ExpiredTime of a PostPaid one.
		"nat/describenatgateways_doc2026.json": `Alibaba Cloud NAT gateway: alibaba/ngw-bp1047e2d4z7kf2ki**** NAT cn-hangzhou pay-as-you-go pending created 2021-06-08T12:20:20Z expires - ip []
  IpLists "116.62.XX.XX" is masked: there is an address, but which is unknown`,
		// CreationTime with seconds, ExpiredTime with minutes. No EIP is bound.
		"nat/describenatgateways_prepaid_1month_cn-shanghai_2020_printed.json": `Alibaba Cloud NAT gateway: alibaba/ngw-uf6htj15rgyp8ivix**** NAT cn-shanghai subscription running created 2020-09-28T07:24:09Z expires 2020-10-28T16:00:00Z no-ip []`,
		"nat64/describeipv6translators_prepay_2018.json": `Alibaba Cloud IPv6 translation: alibaba/ipv6trans-bp1bfkv90v1a3h14y8900 NAT64 cn-hangzhou subscription running created 2018-07-20T06:24:50Z expires 2018-08-20T16:00:00Z ip [47.99.56.116 47.99.58.215 2400:3200:1600::97]
Alibaba Cloud IPv6 translation: alibaba/ipv6trans-bp1tkg5he8yg8dc872ut3 NAT64 cn-hangzhou subscription running created 2018-07-24T09:00:50Z expires 2018-08-24T16:00:00Z ip [47.97.117.218 116.62.230.28 2400:3200:1600::202]
Alibaba Cloud IPv6 translation: alibaba/ipv6trans-bp1k41ey4z25dstw69w19 NAT64 cn-hangzhou subscription running created 2018-07-10T07:41:05Z expires 2018-08-10T16:00:00Z ip [47.99.41.204 47.99.34.154 2400:3200:1600::145]
Alibaba Cloud IPv6 translation: alibaba/ipv6trans-bp1s7u98sqx0j3319jibk NAT64 cn-hangzhou subscription running created 2018-07-11T01:47:00Z expires 2018-08-11T16:00:00Z ip [47.97.165.31 47.99.40.132 2400:3200:1600::91]`,
		// Lists of addresses hold no servers: see TestAddressSamples.
		"eip/describeeipaddresses_available_2019.json":    "",
		"eip/describeeipaddresses_doc2026_assembled.json": "",
		"eip/describeeipaddresses_nat_bound_doc2020.json": "",
		"tencent/vpc_describeaddresses_doc_ex1.json":      "",
		"huawei/eip_publicips_v3_schema.json":             "",
		// By the hour, with an ExpireTime; its CreateTime is China's.
		"tencent/clb_describeloadbalancers_doc_ex1.json": `Tencent Cloud CLB: tencent/lb-rbw5**** CLB ap-guangzhou pay-as-you-go running created 2023-12-27T07:53:46Z expires - ip []
  LoadBalancerVips "119.***.***.51" is masked: there is an address, but which is unknown`,
		"tencent/vpc_describenatgateways_doc_ex1.json": `Tencent Cloud NAT gateway: tencent/nat-3isn9hr0 NAT ap-guangzhou billing? running created 2017-09-20T12:28:24Z expires - ip [139.199.232.238]
Tencent Cloud NAT gateway: tencent/nat-mxkohguo NAT ap-guangzhou billing? stopped created 2018-07-25T03:37:29Z expires - no-ip []
  NetworkState "UNAVAILABLE" although the status says otherwise: taken as stopped`,
		"huawei/nat_gateways_v2_schema.json": `Huawei Cloud NAT gateway: huawei/55555555-0000-4000-8000-000000000001 NAT  billing? running created 2026-01-05T02:00:00Z expires - ip? []
  id "55555555-0000-4000-8000-000000000001": no address of its own, and the list does not say whether an EIP is bound to it`,
		"huawei/elb_loadbalancers_v3_schema.json": `Huawei Cloud ELB: huawei/77777777-0000-4000-8000-000000000001 ELB cn-north-4 subscription running created 2026-01-05T02:00:00Z expires - ip [121.36.8.3]`,
		"ens/describeinstances_schema.json":       `Alibaba Cloud ENS: alibaba/i-made-up ENS cn-hangzhou-telecom subscription running created 2026-01-05T02:00:00Z expires 2027-01-05T16:00:00Z ip [121.40.8.1]`,
		"tencent/lighthouse_describeinstances_doc_ex1.json": `Tencent Cloud Lighthouse: tencent/lhins-ruy9d2tw Lighthouse ap-guangzhou subscription running created 2020-04-28T03:46:09Z expires 2020-05-28T03:46:09Z ip [170.106.15.201] renews no
  InstanceId "lhins-ruy9d2tw": a Lighthouse gives no codes; file with it directly, in the account that bought it`,
		// POSTPAID_BY_HOUR with an ExpiredTime; RUNNING and isolated.
		"tencent/cvm_describeinstances_doc_ex1.json": `Tencent Cloud CVM: tencent/ins-xlsyru2j CVM ap-guangzhou pay-as-you-go locked created 2020-09-22T00:00:00Z expires - ip [123.207.11.190]
  RestrictState "PROTECTIVELY_ISOLATED" holds although the status says otherwise: taken as locked`,
		"tencent/cvm_describeinstances_doc_ex2.json": `Tencent Cloud CVM: tencent/ins-xlsyru2j CVM ap-guangzhou pay-as-you-go locked created 2020-09-22T00:00:00Z expires - ip [123.207.11.190]
  RestrictState "PROTECTIVELY_ISOLATED" holds although the status says otherwise: taken as locked`,
		// ACTIVE, but its virtual machine is stopped. No addresses, no expiry.
		"huawei/ecs_cloudservers_detail_active_2025.json": `Huawei Cloud ECS: huawei/bac642b0-a9ca-4a13-b6b9-9e41b35905b6 ECS ap-southeast-1 pay-as-you-go stopped created 2025-03-17T10:38:38Z expires - ip? []
  OS-EXT-STS:vm_state "stopped" although the status says otherwise: taken as stopped`,
		// A database is no server, and neither is what renews by use.
		"billing/queryavailableinstances_schema.json": `Alibaba Cloud billing: alibaba/i-made-up ECS cn-hangzhou subscription status? created 2026-01-05T02:00:00Z expires 2027-01-05T16:00:00Z ip? [] renews yes
Alibaba Cloud billing: alibaba/lb-made-up SLB cn-hangzhou pay-as-you-go status? created 2026-01-05T02:00:00Z expires - ip? []
Alibaba Cloud billing: alibaba/0a000000000000000000000000000001 SWAS cn-hangzhou subscription expired created 2025-11-05T02:00:00Z expires 2026-11-05T16:00:00Z ip? [] renews no`,
		"billing/describerenewinstances_schema.json": `Tencent Cloud renewals: tencent/ins-madeup01 CVM ap-guangzhou subscription status? created - expires 2027-01-06T15:59:59Z ip? [] renews yes
Tencent Cloud renewals: tencent/ins-madeup02 CVM ap-guangzhou subscription locked created - expires 2026-11-06T15:59:59Z ip? [] renews no`,
		"billing/describerenewinstances_doc_ex1.json": "", // object storage
	}
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(filepath.ToSlash(file), "testdata/")
		t.Run(name, func(t *testing.T) {
			want, ok := wants[name]
			if !ok {
				t.Fatal("nobody has checked this file")
			}
			if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(answer(string(b)), "\n")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
		delete(wants, name)
	}
	if len(wants) > 0 {
		t.Errorf("there is no file for %v", wants)
	}
}

// trap is one thing that records get wrong: members to set, as server takes
// them, and what is read then. Facts are those of the healthy record with
// replacements, each "old|new".
type trap struct {
	name    string
	members []string
	facts   []string
	notes   string
}

// tryTraps reads the record with each trap in turn.
func tryTraps(t *testing.T, f inventory.Format, base [][2]string, list, healthy string, traps []trap) {
	t.Helper()
	for _, c := range append([]trap{{name: "nothing special"}}, traps...) {
		t.Run(c.name, func(t *testing.T) {
			s := oneOf(t, f, fmt.Sprintf(list, record(base, c.members)))
			want := healthy
			for _, r := range c.facts {
				from, to, _ := strings.Cut(r, "|")
				if !strings.Contains(want, from) {
					t.Fatalf("%q is not in %q", from, want)
				}
				want = strings.Replace(want, from, to, 1)
			}
			if got := facts(s); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			each := map[inventory.Format]inventory.NoteKind{inventory.TencentLighthouse: inventory.NoteFilesDirectly, inventory.HuaweiNAT: inventory.NoteEIPUnlisted}
			if kind := each[f]; kind != 0 { // each of these says so
				at := slices.IndexFunc(s.Notes, func(n inventory.Note) bool { return n.Kind == kind })
				if at < 0 {
					t.Fatalf("notes %v", s.Notes)
				}
				s.Notes = slices.Delete(s.Notes, at, at+1)
			}
			if got := notes(s); got != c.notes {
				t.Errorf("notes:\n%s\nwant:\n%s", got, c.notes)
			}
			if s.Name != "web" {
				t.Errorf("the name is %q", s.Name)
			}
		})
	}
}

// record writes an object of base with the given members, each "key:value",
// which replace its own of the same name. An empty value removes one.
func record(base [][2]string, members []string) string { return object(base, "=", members) }

// object writes a JSON object of the members of base, each of which another
// one, given as its key, a separator and its value, replaces; without a value
// it is left out.
func object(base [][2]string, separator string, members []string) string {
	m := slices.Clone(base)
	for _, x := range members {
		key, value, _ := strings.Cut(x, separator)
		i := slices.IndexFunc(m, func(kv [2]string) bool { return kv[0] == key })
		if i < 0 {
			m = append(m, [2]string{key, value})
			continue
		}
		m[i][1] = value
	}
	var b strings.Builder
	for _, kv := range m {
		if kv[1] == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "%q:%s", kv[0], kv[1])
	}
	return "{" + b.String() + "}"
}

func TestSWAS(t *testing.T) {
	tryTraps(t, inventory.AlibabaSWAS, [][2]string{
		{"InstanceId", `"s1"`}, {"InstanceName", `"web"`}, {"RegionId", `"cn-hangzhou"`}, {"ChargeType", `"PrePaid"`},
		{"CreationTime", `"2025-03-08T05:31:06Z"`}, {"ExpiredTime", `"2026-05-08T16:00:00Z"`},
		{"Status", `"Running"`}, {"BusinessStatus", `"Normal"`}, {"PublicIpAddress", `"47.96.1.180"`},
	}, `{"TotalCount":1,"Instances":[%s]}`,
		"s1 SWAS cn-hangzhou subscription running created 2025-03-08T05:31:06Z expires 2026-05-08T16:00:00Z ip [47.96.1.180]",
		[]trap{
			{"instants as one fixture has them", []string{`CreationTime="2025-03-08T05:31:06.000+0000"`}, nil, ""},
			{"disabled", []string{`Status="Disabled"`, `DisableReason="FINANCIAL"`}, []string{"running|locked"}, ""},
			{"running but disabled", []string{`DisableReason="SECURITY"`}, []string{"running|locked"}, `DisableReason "SECURITY" holds although the status says otherwise: taken as locked`},
			{"running but expired", []string{`BusinessStatus="Expired"`}, []string{"running|expired"}, `BusinessStatus "Expired" although the status says otherwise: taken as expired`},
			{"overdue", []string{`BusinessStatus="Overdue"`}, []string{"running|locked"}, `BusinessStatus "Overdue" holds although the status says otherwise: taken as locked`},
			{"a word that is new", []string{`BusinessStatus="Strange"`}, []string{"running|locked"}, `BusinessStatus "Strange" holds although the status says otherwise: taken as locked`},
			{"no reason", []string{`DisableReason=""`}, nil, ""},
			{"null reason", []string{`DisableReason=null`}, nil, ""},
			{"business status missing", []string{`BusinessStatus=`}, []string{"running|status?"}, `BusinessStatus is missing: whether it is locked is unknown, and so whether it runs normally`},
			{"resetting", []string{`Status="Resetting"`}, []string{"running|status?"}, `Status "Resetting": it is being changed, so whether it runs normally is unknown`},
			{"stopping", []string{`Status="Stopping"`}, []string{"running|stopped"}, ""},
			{"starting", []string{`Status="Starting"`}, []string{"running|pending"}, ""},
			{"no address", []string{`PublicIpAddress=""`}, []string{"ip [47.96.1.180]|no-ip []"}, ""},
			{"address missing", []string{`PublicIpAddress=`}, []string{"ip [47.96.1.180]|ip? []"}, ""},
			{"address as of ECS", []string{`PublicIpAddress={"IpAddress":["47.96.1.180"]}`}, nil, ""},
		})
}

func TestCLB(t *testing.T) {
	base := [][2]string{
		{"LoadBalancerId", `"lb-1"`}, {"LoadBalancerName", `"web"`}, {"RegionId", `"cn-hangzhou"`}, {"PayType", `"PrePay"`}, {"InstanceChargeType", `"PayBySpec"`},
		{"CreateTime", `"2025-12-02T02:49:05Z"`}, {"CreateTimeStamp", `1764643745000`}, {"EndTime", `"2027-12-02T16:00:00Z"`}, {"EndTimeStamp", `1827763200000`},
		{"LoadBalancerStatus", `"active"`}, {"AddressType", `"internet"`}, {"Address", `"47.96.1.180"`},
	}
	const healthy = "lb-1 SLB cn-hangzhou subscription running created 2025-12-02T02:49:05Z expires 2027-12-02T16:00:00Z ip [47.96.1.180]"
	traps := []trap{
		{"numbers as texts", []string{`CreateTimeStamp="1764643745000"`, `EndTimeStamp="1827763200000"`}, nil, ""},
		{"minutes beside milliseconds", []string{`CreateTime="2025-12-02T02:49Z"`}, []string{"02:49:05|02:49:00"}, ""},
		{"milliseconds alone", []string{`CreateTime=`, `EndTime=`}, nil, ""},
		{"instants alone", []string{`CreateTimeStamp=`, `EndTimeStamp=`}, nil, ""},
		{"stamp a year later", []string{`CreateTimeStamp=1796179745000`}, []string{"created 2025|created 2026"}, `CreateTimeStamp "1796179745000" contradicts the other instant of creation: the later one is taken`},
		{"stamp a year earlier", []string{`CreateTimeStamp=1733107745000`}, nil, `CreateTimeStamp "1733107745000" contradicts the other instant of creation: the later one is taken`},
		{"end a year later", []string{`EndTimeStamp=1859385600000`}, nil, `EndTimeStamp "1859385600000" contradicts the other instant of expiry: the earlier one is taken`},
		{"end a year earlier", []string{`EndTimeStamp=1796227200000`}, []string{"expires 2027|expires 2026"}, `EndTimeStamp "1796227200000" contradicts the other instant of expiry: the earlier one is taken`},
		{"one end is never", []string{`EndTime="2999-09-08T16:00:00Z"`}, nil, `EndTime "2999-09-08T16:00:00Z" is a placeholder although it is a subscription: taken as unknown`},
		{"the other end is never", []string{`EndTimeStamp=32493801600000`}, nil, `EndTimeStamp "32493801600000" is a placeholder although it is a subscription: taken as unknown`},
		{"stamps in seconds", []string{`CreateTimeStamp=1764643745`}, nil, `CreateTimeStamp "1764643745" cannot be read: taken as unknown`},
		{"pay as you go", []string{`PayType="PayOnDemand"`}, []string{"subscription|pay-as-you-go", "2027-12-02T16:00:00Z|-"}, ""},
		{"ECS has another word", []string{`PayType="PrePaid"`}, []string{"subscription|billing?", "2027-12-02T16:00:00Z|-"}, `PayType "PrePaid" cannot be read: taken as unknown`},
		{"no billing in 2018", []string{`PayType=`}, []string{"subscription|billing?", "2027-12-02T16:00:00Z|-"}, ""},
		{"locked", []string{`LoadBalancerStatus="locked"`}, []string{"running|locked"}, ""},
		{"inactive", []string{`LoadBalancerStatus="inactive"`}, []string{"running|stopped"}, ""},
		{"intranet", []string{`AddressType="intranet"`, `Address="192.168.0.6"`}, []string{"ip [47.96.1.180]|ip? []"}, `AddressType "intranet": no address of its own, and the list does not say whether an EIP is bound to it`},
		{"internet with a private address", []string{`Address="192.168.0.6"`}, []string{"ip [47.96.1.180]|no-ip []"}, `Address "192.168.0.6" is not counted: it is not a public address`},
		{"internet with an empty address", []string{`Address=""`}, []string{"ip [47.96.1.180]|no-ip []"}, ""},
		{"address type missing", []string{`AddressType=`}, []string{"ip [47.96.1.180]|ip? []"}, ""},
		{"address type of ALB", []string{`AddressType="Internet"`}, []string{"ip [47.96.1.180]|ip? []"}, `AddressType "Internet" cannot be read: taken as unknown`},
	}
	for name, list := range map[string]string{
		"list":       `{"LoadBalancers":{"LoadBalancer":[%s]},"TotalCount":1}`,
		"attribute":  `%s`,
		"plain list": `{"LoadBalancers":[%s]}`,
	} {
		t.Run(name, func(t *testing.T) {
			tryTraps(t, inventory.AlibabaCLB, base, list, healthy, traps)
		})
	}
}

// TestCLBWithout: a list may leave the address out.
func TestCLBWithout(t *testing.T) {
	s := oneOf(t, inventory.AlibabaCLB, `{"LoadBalancers":{"LoadBalancer":[{"LoadBalancerId":"lb-1","AddressType":"internet"}]}}`)
	if got, want := facts(s), "lb-1 SLB  billing? status? created - expires - ip []"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBalancers(t *testing.T) {
	alb := [][2]string{
		{"LoadBalancerId", `"alb-1"`}, {"LoadBalancerName", `"web"`}, {"LoadBalancerEdition", `"Standard"`}, {"LoadBalancerBillingConfig", `{"PayType":"PostPay"}`},
		{"CreateTime", `"2025-07-02T02:49:05Z"`}, {"LoadBalancerStatus", `"Active"`}, {"LoadBalancerBussinessStatus", `"Normal"`}, {"AddressType", `"Internet"`},
	}
	t.Run("ALB", func(t *testing.T) {
		tryTraps(t, inventory.AlibabaALB, alb, `{"LoadBalancers":[%s],"NextToken":""}`,
			"alb-1 SLB  pay-as-you-go running created 2025-07-02T02:49:05Z expires - ip []",
			[]trap{
				{"region, as of one instance", []string{`RegionId="cn-hangzhou"`}, []string{"SLB  |SLB cn-hangzhou "}, ""},
				{"intranet", []string{`AddressType="Intranet"`}, []string{"ip []|no-ip []"}, ""},
				{"address type missing", []string{`AddressType=`}, []string{"ip []|ip? []"}, ""},
				{"address type of CLB", []string{`AddressType="internet"`}, []string{"ip []|ip? []"}, `AddressType "internet" cannot be read: taken as unknown`},
				{"addresses, as of one instance", []string{`ZoneMappings=[{"LoadBalancerAddresses":[{"Address":"47.96.1.180","IntranetAddress":"10.0.1.181"}]},{"LoadBalancerAddresses":[{"Address":"47.96.1.181"}]},{}]`}, []string{"[]|[47.96.1.180 47.96.1.181]"}, ""},
				{"and IPv6", []string{`Ipv6AddressType="Internet"`, `ZoneMappings=[{"LoadBalancerAddresses":[{"Address":"47.96.1.180","Ipv6Address":"2408:4321::1"}]}]`}, []string{"[]|[47.96.1.180 2408:4321::1]"}, ""},
				{"IPv6 inside", []string{`Ipv6AddressType="Intranet"`, `ZoneMappings=[{"LoadBalancerAddresses":[{"Address":"47.96.1.180","Ipv6Address":"2408:4321::1"}]}]`}, []string{"[]|[47.96.1.180]"}, ""},
				{"abnormal", []string{`LoadBalancerBussinessStatus="Abnormal"`}, []string{"running|locked"}, `LoadBalancerBussinessStatus "Abnormal" holds although the status says otherwise: taken as locked`},
				{"locked", []string{`LoadBalancerOperationLocks=[{"LockType":"SecurityLocked","LockReason":"nolock"}]`}, []string{"running|locked"}, `LoadBalancerOperationLocks "SecurityLocked" holds although the status says otherwise: taken as locked`},
				{"locks without business status", []string{`LoadBalancerBussinessStatus=`, `LoadBalancerOperationLocks=[]`}, nil, ""},
				{"neither", []string{`LoadBalancerBussinessStatus=`}, []string{"running|status?"}, `LoadBalancerBussinessStatus is missing: whether it is locked is unknown, and so whether it runs normally`},
				{"configuring", []string{`LoadBalancerStatus="Configuring"`}, []string{"running|status?"}, `LoadBalancerStatus "Configuring": it is being changed, so whether it runs normally is unknown`},
				{"failed", []string{`LoadBalancerStatus="CreateFailed"`}, []string{"running|released"}, ""},
				{"billing missing", []string{`LoadBalancerBillingConfig=`}, []string{"pay-as-you-go|billing?"}, ""},
				{"billing as of CLB", []string{`LoadBalancerBillingConfig={"PayType":"PrePay"}`}, []string{"pay-as-you-go|billing?"}, `PayType "PrePay" cannot be read: taken as unknown`},
			})
	})
	nlb := record(alb, []string{`LoadBalancerId="nlb-1"`, `LoadBalancerEdition=`, `LoadBalancerBussinessStatus=`, `LoadBalancerType="Network"`, `LoadBalancerBusinessStatus="Normal"`, `RegionId="cn-hangzhou"`,
		`ZoneMappings=[{"LoadBalancerAddresses":[{"PublicIPv4Address":"47.96.1.180"}]},{"LoadBalancerAddresses":[{"PublicIPv4Address":"47.96.1.181"}]}]`})
	for _, text := range []string{`{"LoadBalancers":[` + nlb + `]}`, nlb} {
		s := oneOf(t, inventory.AlibabaNLB, text)
		if got, want := facts(s), "nlb-1 SLB cn-hangzhou pay-as-you-go running created 2025-07-02T02:49:05Z expires - ip [47.96.1.180 47.96.1.181]"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestNAT(t *testing.T) {
	base := [][2]string{
		{"NatGatewayId", `"ngw-1"`}, {"Name", `"web"`}, {"RegionId", `"cn-hangzhou"`}, {"InstanceChargeType", `"PrePaid"`}, {"InternetChargeType", `"PayBySpec"`},
		{"CreationTime", `"2025-09-28T07:24:09Z"`}, {"ExpiredTime", `"2026-10-28T16:00Z"`}, {"Status", `"Available"`}, {"BusinessStatus", `"Normal"`},
		{"IpLists", `{"IpList":[{"IpAddress":"47.96.1.180"},{"IpAddress":"47.96.1.181"}]}`},
	}
	for name, list := range map[string]string{
		"list":             `{"NatGateways":{"NatGateway":[%s]},"PageNumber":1,"PageSize":10,"TotalCount":1}`,
		"old wrapper, XML": `{"DescribeNatGatewaysResponse":{"NatGateways":{"NatGateway":%s},"TotalCount":"1"}}`,
		"alone":            `%s`,
	} {
		t.Run(name, func(t *testing.T) {
			tryTraps(t, inventory.AlibabaNAT, base, list,
				"ngw-1 NAT cn-hangzhou subscription running created 2025-09-28T07:24:09Z expires 2026-10-28T16:00:00Z ip [47.96.1.180 47.96.1.181]",
				[]trap{
					{"pay as you go, no expiry", []string{`InstanceChargeType="PostPaid"`, `ExpiredTime=""`}, []string{"subscription|pay-as-you-go", "2026-10-28T16:00:00Z|-"}, ""},
					{"pay as you go, with an expiry", []string{`InstanceChargeType="PostPaid"`}, []string{"subscription|pay-as-you-go", "2026-10-28T16:00:00Z|-"}, ""},
					{"no EIP", []string{`IpLists={"IpList":[]}`}, []string{"ip [47.96.1.180 47.96.1.181]|no-ip []"}, ""},
					{"no list of EIPs", []string{`IpLists=`}, []string{"ip [47.96.1.180 47.96.1.181]|ip? []"}, ""},
					{"an EIP as a single object", []string{`IpLists={"IpList":{"IpAddress":"47.96.1.180"}}`}, []string{" 47.96.1.181|"}, ""},
					{"EIPs of another kind", []string{`IpLists={"IpList":[7]}`}, []string{"ip [47.96.1.180 47.96.1.181]|ip? []"}, "IpLists cannot be read: taken as unknown"},
					{"for a private network", []string{`NetworkType="intranet"`, `IpLists=`}, []string{"ip [47.96.1.180 47.96.1.181]|no-ip []"}, ""},
					{"locked", []string{`BusinessStatus="FinancialLocked"`}, []string{"running|locked"}, `BusinessStatus "FinancialLocked" holds although the status says otherwise: taken as locked`},
					{"business status missing", []string{`BusinessStatus=`}, []string{"running|status?"}, `BusinessStatus is missing: whether it is locked is unknown, and so whether it runs normally`},
					{"creating", []string{`Status="Creating"`}, []string{"running|pending"}, ""},
					{"converting", []string{`Status="Converting"`}, []string{"running|status?"}, `Status "Converting": it is being changed, so whether it runs normally is unknown`},
					{"deleting", []string{`Status="Deleting"`}, []string{"running|released"}, ""},
				})
		})
	}
}

func TestNAT64(t *testing.T) {
	tryTraps(t, inventory.AlibabaNAT64, [][2]string{
		{"Ipv6TranslatorId", `"ipv6trans-1"`}, {"Name", `"web"`}, {"RegionId", `"cn-hangzhou"`}, {"PayType", `"Prepay"`}, {"CreateTime", `1759044249000`}, {"EndTime", `1793203200000`},
		{"Status", `"active"`}, {"BusinessStatus", `"Normal"`}, {"AllocateIpv4Addr", `"47.96.1.180,47.96.1.181"`}, {"AllocateIpv6Addr", `"2400:3200:1600::97"`},
	}, `{"Ipv6Translators":{"Ipv6Translator":[%s]}}`,
		"ipv6trans-1 NAT64 cn-hangzhou subscription running created 2025-09-28T07:24:09Z expires 2026-10-28T16:00:00Z ip [47.96.1.180 47.96.1.181 2400:3200:1600::97]",
		[]trap{
			{"pay as you go", []string{`PayType="Postpay"`}, []string{"subscription|pay-as-you-go", "2026-10-28T16:00:00Z|-"}, ""},
			{"milliseconds as a text", []string{`EndTime="1793203200000"`}, nil, ""},
			{"before the beginning", []string{`EndTime=1759044248000`}, []string{"2026-10-28T16:00:00Z|2025-09-28T07:24:08Z"}, `EndTime "1759044248000" is not after the creation`},
			{"seconds", []string{`EndTime=1793203200`}, []string{"2026-10-28T16:00:00Z|-"}, `EndTime "1793203200" cannot be read: taken as unknown`},
			{"zero", []string{`EndTime=0`}, []string{"2026-10-28T16:00:00Z|-"}, `EndTime "0" cannot be read: taken as unknown`},
			{"one masked", []string{`AllocateIpv4Addr="47.96.1.180,47.96.XX.XX"`}, []string{"[47.96.1.180 47.96.1.181 2400:3200:1600::97]|[]"}, `AllocateIpv4Addr "47.96.XX.XX" is masked: there is an address, but which is unknown`},
			{"one unreadable", []string{`AllocateIpv4Addr="47.96.1.180, none"`}, []string{" 47.96.1.181|"}, `AllocateIpv4Addr "none" cannot be read: taken as unknown`},
			{"none", []string{`AllocateIpv4Addr=""`, `AllocateIpv6Addr=""`}, []string{"ip [47.96.1.180 47.96.1.181 2400:3200:1600::97]|no-ip []"}, ""},
			{"missing", []string{`AllocateIpv4Addr=`, `AllocateIpv6Addr=`}, []string{"ip [47.96.1.180 47.96.1.181 2400:3200:1600::97]|ip? []"}, ""},
			{"locked", []string{`BusinessStatus="FinancialLocked"`}, []string{"running|locked"}, `BusinessStatus "FinancialLocked" holds although the status says otherwise: taken as locked`},
			{"another status", []string{`Status="configuring"`}, []string{"running|status?"}, `Status "configuring" cannot be read: taken as unknown`},
		})
}

func TestCVM(t *testing.T) {
	base := [][2]string{
		{"InstanceId", `"ins-1"`}, {"InstanceName", `"web"`}, {"Placement", `{"Zone":"ap-guangzhou-3"}`}, {"InstanceChargeType", `"PREPAID"`},
		{"CreatedTime", `"2025-09-22T00:00:00+00:00"`}, {"ExpiredTime", `"2026-09-22T00:00:00Z"`}, {"InstanceState", `"RUNNING"`},
		{"RestrictState", `"NORMAL"`}, {"IsolatedSource", `"NOTISOLATED"`}, {"StopChargingMode", `"NOT_APPLICABLE"`}, {"PublicIpAddresses", `["123.207.11.190"]`},
	}
	for name, list := range map[string]string{
		"API":  `{"Response":{"TotalCount":1,"InstanceSet":[%s],"RequestId":"x"}}`,
		"tool": `{"TotalCount":1,"InstanceSet":[%s],"RequestId":"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			tryTraps(t, inventory.TencentCVM, base, list,
				"ins-1 CVM ap-guangzhou subscription running created 2025-09-22T00:00:00Z expires 2026-09-22T00:00:00Z ip [123.207.11.190]",
				[]trap{
					{"by the hour", []string{`InstanceChargeType="POSTPAID_BY_HOUR"`, `ExpiredTime=null`}, []string{"subscription|pay-as-you-go", "2026-09-22T00:00:00Z|-"}, ""},
					{"by the hour, with an expiry", []string{`InstanceChargeType="POSTPAID_BY_HOUR"`}, []string{"subscription|pay-as-you-go", "2026-09-22T00:00:00Z|-"}, ""},
					{"spot", []string{`InstanceChargeType="SPOTPAID"`}, []string{"subscription|pay-as-you-go", "2026-09-22T00:00:00Z|-"}, ""},
					{"on a host", []string{`InstanceChargeType="CDHPAID"`}, []string{"subscription|billing?", "2026-09-22T00:00:00Z|-"}, `InstanceChargeType "CDHPAID": it is paid for with its host, so its own billing is unknown`},
					{"expired", []string{`RestrictState="EXPIRED"`}, []string{"running|expired"}, `RestrictState "EXPIRED" although the status says otherwise: taken as expired`},
					{"isolated for money", []string{`RestrictState="PROTECTIVELY_ISOLATED"`, `IsolatedSource="ARREAR"`}, []string{"running|locked"}, `RestrictState "PROTECTIVELY_ISOLATED" holds although the status says otherwise: taken as locked`},
					{"returned", []string{`InstanceState="SHUTDOWN"`, `IsolatedSource="MANMADE"`}, []string{"running|refunded"}, ""},
					{"isolated by expiry", []string{`IsolatedSource="EXPIRE"`}, []string{"running|expired"}, `IsolatedSource "EXPIRE" although the status says otherwise: taken as expired`},
					{"restriction missing", []string{`RestrictState=`}, []string{"running|status?"}, `RestrictState is missing: whether it is locked is unknown, and so whether it runs normally`},
					{"rebooting", []string{`InstanceState="REBOOTING"`}, []string{"running|status?"}, `InstanceState "REBOOTING": it is being changed, so whether it runs normally is unknown`},
					{"going", []string{`InstanceState="TERMINATING"`}, []string{"running|released"}, ""},
					{"null addresses", []string{`PublicIpAddresses=null`}, []string{"ip [123.207.11.190]|no-ip []"}, ""},
					{"no addresses", []string{`PublicIpAddresses=[]`}, []string{"ip [123.207.11.190]|no-ip []"}, ""},
					{"addresses missing", []string{`PublicIpAddresses=`}, []string{"ip [123.207.11.190]|ip? []"}, ""},
					{"stopped without charges", []string{`InstanceState="STOPPED"`, `StopChargingMode="STOP_CHARGING"`}, []string{"running|stopped", "ip [123.207.11.190]|ip? []"}, `StopChargingMode "STOP_CHARGING": the stop without charges has released it unless it is an EIP, which the list does not say`},
					{"stopped without charges, no address", []string{`InstanceState="STOPPED"`, `StopChargingMode="STOP_CHARGING"`, `PublicIpAddresses=null`}, []string{"running|stopped", "ip [123.207.11.190]|no-ip []"}, ""},
					{"no zone", []string{`Placement={}`}, []string{"ap-guangzhou|"}, ""},
					{"a zone that is none", []string{`Placement={"Zone":"guangzhou"}`}, []string{"ap-guangzhou|"}, ""},
				})
		})
	}
}

func TestLighthouse(t *testing.T) {
	tryTraps(t, inventory.TencentLighthouse, [][2]string{
		{"InstanceId", `"lhins-1"`}, {"InstanceName", `"web"`}, {"BundleId", `"b"`}, {"Zone", `"ap-guangzhou-3"`}, {"InstanceChargeType", `"PREPAID"`},
		{"CreatedTime", `"2025-09-22T03:46:09Z"`}, {"ExpiredTime", `"2026-09-22T03:46:09Z"`}, {"InstanceState", `"RUNNING"`},
		{"InstanceRestrictState", `"NORMAL"`}, {"IsolatedTime", `null`}, {"PublicAddresses", `["123.207.11.190"]`},
	}, `{"TotalCount":1,"InstanceSet":[%s]}`,
		"lhins-1 Lighthouse ap-guangzhou subscription running created 2025-09-22T03:46:09Z expires 2026-09-22T03:46:09Z ip [123.207.11.190]",
		[]trap{
			{"isolated", []string{`InstanceState="SHUTDOWN"`, `IsolatedTime="2026-06-03T08:17:50Z"`}, []string{"running|locked"}, ""},
			{"running and isolated", []string{`IsolatedTime="2026-06-03T08:17:50Z"`}, []string{"running|locked"}, `IsolatedTime "2026-06-03T08:17:50Z" holds although the status says otherwise: taken as locked`},
			{"cut off", []string{`InstanceRestrictState="NETWORK_RESTRICT"`}, []string{"running|locked"}, `InstanceRestrictState "NETWORK_RESTRICT" holds although the status says otherwise: taken as locked`},
			{"restriction missing", []string{`InstanceRestrictState=`}, []string{"running|status?"}, `InstanceRestrictState is missing: whether it is locked is unknown, and so whether it runs normally`},
			{"no address", []string{`PublicAddresses=null`}, []string{"ip [123.207.11.190]|no-ip []"}, ""},
		})
}

func TestHuawei(t *testing.T) {
	base := [][2]string{
		{"id", `"h-1"`}, {"name", `"web"`}, {"status", `"ACTIVE"`}, {"OS-EXT-STS:vm_state", `"active"`}, {"created", `"2025-03-17T10:38:38Z"`}, {"metadata", `{"charging_mode":"1"}`},
		{"addresses", `{"net-1":[{"addr":"192.168.0.5","OS-EXT-IPS:type":"fixed"},{"addr":"47.96.1.180","OS-EXT-IPS:type":"floating"}],"status":[{"addr":"47.96.1.181","OS-EXT-IPS:type":"floating"}]}`},
	}
	const addresses = "ip [47.96.1.180 47.96.1.181]"
	for name, list := range map[string]string{
		"list":  `{"count":1,"servers":[%s]}`,
		"one":   `{"server":%s}`,
		"alone": `%s`,
	} {
		t.Run(name, func(t *testing.T) {
			tryTraps(t, inventory.HuaweiECS, base, list,
				"h-1 ECS  subscription running created 2025-03-17T10:38:38Z expires - "+addresses,
				[]trap{
					{"by use", []string{`metadata={"charging_mode":"0"}`}, []string{"subscription|pay-as-you-go"}, ""},
					{"a number", []string{`metadata={"charging_mode":1}`}, nil, ""},
					{"spot", []string{`metadata={"charging_mode":"2"}`}, []string{"subscription|pay-as-you-go"}, ""},
					{"no charging mode", []string{`metadata={}`}, []string{"subscription|billing?"}, ""},
					{"frozen", []string{`metadata={"charging_mode":"1","EcmResStatus":"freeze"}`}, []string{"running|locked"}, `EcmResStatus "freeze" holds although the status says otherwise: taken as locked`},
					{"frozen once", []string{`metadata={"charging_mode":"1","EcmResStatus":"normal"}`}, nil, ""},
					{"active but stopped", []string{`OS-EXT-STS:vm_state="stopped"`}, []string{"running|stopped"}, `OS-EXT-STS:vm_state "stopped" although the status says otherwise: taken as stopped`},
					{"shut off", []string{`status="SHUTOFF"`, `OS-EXT-STS:vm_state="stopped"`}, []string{"running|stopped"}, ""},
					{"resizing", []string{`status="VERIFY_RESIZE"`}, []string{"running|status?"}, `status "VERIFY_RESIZE": it is being changed, so whether it runs normally is unknown`},
					{"failed", []string{`status="ERROR"`}, []string{"running|status?"}, `status "ERROR" cannot be read: taken as unknown`},
					{"no EIP", []string{`addresses={"net-1":[{"addr":"192.168.0.5","OS-EXT-IPS:type":"fixed"}]}`}, []string{addresses + "|no-ip []"}, ""},
					{"no networks", []string{`addresses={}`}, []string{addresses + "|no-ip []"}, ""},
					{"addresses missing", []string{`addresses=`}, []string{addresses + "|ip? []"}, ""},
					{"addresses of another kind", []string{`addresses=[]`}, []string{addresses + "|ip? []"}, ""},
					{"no type", []string{`addresses={"n":[{"addr":"192.168.0.5"}]}`}, []string{addresses + "|ip? []"}, ""},
					{"released by itself", []string{`auto_terminate_time="2026-01-19T03:30:52Z"`}, nil, `auto_terminate_time "2026-01-19T03:30:52Z": it will be released by itself then`},
					{"not released by itself", []string{`auto_terminate_time=""`}, nil, ""},
				})
		})
	}
}

// TestBareBalancer: one load balancer of Huawei Cloud, bare, has its addresses
// under the key of a list of addresses, and is a load balancer all the same.
func TestBareBalancer(t *testing.T) {
	const elb = `"id":"e0","name":"lb","provisioning_status":"ACTIVE","operating_status":"ONLINE","admin_state_up":true,"provider":"vlb","vip_address":"192.168.0.3","vpc_id":"v"`
	const ips = `"publicips":[{"publicip_id":"p1","publicip_address":"121.36.8.1","ip_version":4}]`
	const eips = `"eips":[{"eip_id":"p1","eip_address":"121.36.8.1","ip_version":4}]`
	for _, text := range []string{"{" + elb + "," + ips + "," + eips + "}", "{" + elb + "," + eips + "," + ips + "}", `{"admin_state_up":true,` + ips + "," + strings.Replace(elb, `"admin_state_up":true,`, "", 1) + "," + eips + "}"} {
		var a inventory.Addresses
		servers, errs := readAny(text, &inventory.Options{Addresses: &a})
		if len(errs) > 0 || len(servers) != 1 || servers[0].Format != inventory.HuaweiELB || a.Len() != 0 || len(servers[0].Instance.IPs) != 1 {
			t.Errorf("%s: %v, %v, %d addresses", text, servers, errs, a.Len())
		}
	}
}

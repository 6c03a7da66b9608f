package inventory_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// field is a member of a record and what else it could be.
type field struct {
	name, value string
	others      []string
}

// documented are the formats of the first table of docs/inventory.md: a healthy
// record with every member that is read, and values that change what it says.
var documented = map[inventory.Format][]field{
	inventory.AlibabaECS: {
		{"InstanceId", `"i-1"`, []string{`"i-2"`}},
		{"InstanceName", `"web"`, []string{`"x"`}},
		{"RegionId", `"cn-hangzhou"`, []string{`"cn-beijing"`}},
		{"InstanceChargeType", `"PrePaid"`, []string{`"PostPaid"`}},
		{"CreationTime", `"2025-03-01T02:00Z"`, []string{`"2025-03-02T02:00Z"`}},
		{"ExpiredTime", `"2027-03-01T16:00Z"`, []string{`"2027-03-02T16:00Z"`}},
		{"Status", `"Running"`, []string{`"Stopped"`}},
		{"OperationLocks", `{"LockReason":[]}`, []string{`{"LockReason":[{"LockReason":"financial"}]}`}},
		{"PublicIpAddress", `{"IpAddress":["47.96.1.180"]}`, []string{`{"IpAddress":[]}`}},
		{"EipAddress", `{"IpAddress":""}`, []string{`{"IpAddress":"47.96.1.181"}`}},
		{"InternetMaxBandwidthOut", `5`, []string{`0`}},
		{"StoppedMode", `"Not-applicable"`, []string{`"StopCharging"`}},
		{"NetworkInterfaces", `{"NetworkInterface":[{"NetworkInterfaceId":"eni-1"}]}`, []string{`{"NetworkInterface":[{},{}]}`}},
	},
	inventory.AlibabaSWAS: {
		{"InstanceId", `"s-1"`, []string{`"s-2"`}},
		{"InstanceName", `"web"`, []string{`"x"`}},
		{"RegionId", `"cn-hangzhou"`, []string{`"cn-beijing"`}},
		{"ChargeType", `"PrePaid"`, []string{`"PostPaid"`}},
		{"CreationTime", `"2025-03-08T05:31:06Z"`, nil},
		{"ExpiredTime", `"2026-05-08T16:00:00Z"`, nil},
		{"Status", `"Running"`, nil},
		{"BusinessStatus", `"Normal"`, []string{`"Expired"`}},
		{"DisableReason", `""`, []string{`"EXPIRED"`}},
		{"PublicIpAddress", `"47.96.1.180"`, nil},
	},
	inventory.AlibabaCLB: {
		{"LoadBalancerId", `"lb-1"`, nil},
		{"LoadBalancerName", `"web"`, nil},
		{"RegionId", `"cn-hangzhou"`, nil},
		{"PayType", `"PrePay"`, []string{`"PayOnDemand"`}},
		{"RenewalStatus", `"AutoRenewal"`, nil},
		{"InstanceChargeType", `"PayBySpec"`, []string{`"PayByCLCU"`}},
		{"CreateTime", `"2025-12-02T02:49:05Z"`, []string{`"2026-12-02T02:49:05Z"`}},
		{"CreateTimeStamp", `1764643745000`, []string{`1796179745000`}},
		{"EndTime", `"2027-12-02T16:00:00Z"`, []string{`"2027-11-02T16:00:00Z"`}},
		{"EndTimeStamp", `1827763200000`, []string{`1796227200000`}},
		{"LoadBalancerStatus", `"active"`, nil},
		{"AddressType", `"internet"`, []string{`"intranet"`}},
		{"Address", `"47.96.1.180"`, []string{`"47.96.1.181"`}},
	},
	inventory.AlibabaALB: append(balancerFields("alb", "LoadBalancerBussinessStatus", "LoadBalancerOperationLocks"),
		field{"DNSName", `"alb-1.cn-hangzhou.alb.aliyuncs.com"`, []string{`"alb-1.cn-beijing.alb.aliyuncs.com"`}},
		field{"ZoneMappings", `[{"LoadBalancerAddresses":[{"Address":"47.96.1.180","Ipv6Address":"2408::1"}]}]`, nil}),
	inventory.AlibabaNLB: append(balancerFields("nlb", "LoadBalancerBusinessStatus", "OperationLocks"),
		field{"ZoneMappings", `[{"LoadBalancerAddresses":[{"PublicIPv4Address":"47.96.1.180","Ipv6Address":"2408::1"}]}]`, nil}),
	inventory.AlibabaNAT: {
		{"NatGatewayId", `"ngw-1"`, nil},
		{"Name", `"web"`, nil},
		{"RegionId", `"cn-hangzhou"`, nil},
		{"InstanceChargeType", `"PrePaid"`, []string{`"PostPaid"`}},
		{"InternetChargeType", `"PayBySpec"`, []string{`"PayByLcu"`}},
		{"CreationTime", `"2025-09-28T07:24:09Z"`, nil},
		{"ExpiredTime", `"2026-10-28T16:00Z"`, nil},
		{"Status", `"Available"`, nil},
		{"BusinessStatus", `"Normal"`, []string{`"FinancialLocked"`}},
		{"IpLists", `{"IpList":[{"IpAddress":"47.96.1.180"}]}`, []string{`{"IpList":[]}`}},
		{"NetworkType", `"internet"`, []string{`"intranet"`}},
	},
	inventory.AlibabaNAT64: {
		{"Ipv6TranslatorId", `"ipv6trans-1"`, nil},
		{"Name", `"web"`, nil},
		{"RegionId", `"cn-hangzhou"`, nil},
		{"PayType", `"Prepay"`, nil},
		{"CreateTime", `1759044249000`, nil},
		{"EndTime", `1793203200000`, nil},
		{"Status", `"active"`, nil},
		{"BusinessStatus", `"Normal"`, []string{`"FinancialLocked"`}},
		{"AllocateIpv4Addr", `"47.96.1.180"`, nil},
		{"AllocateIpv6Addr", `"2400:3200:1600::97"`, nil},
	},
	inventory.TencentCVM: {
		{"InstanceId", `"ins-1"`, nil},
		{"InstanceName", `"web"`, nil},
		{"Placement", `{"Zone":"ap-guangzhou-3"}`, nil},
		{"InstanceChargeType", `"PREPAID"`, nil},
		{"RenewFlag", `"NOTIFY_AND_AUTO_RENEW"`, nil},
		{"CreatedTime", `"2025-09-22T00:00:00Z"`, nil},
		{"ExpiredTime", `"2026-09-22T00:00:00Z"`, nil},
		{"InstanceState", `"RUNNING"`, nil},
		{"RestrictState", `"NORMAL"`, []string{`"EXPIRED"`}},
		{"IsolatedSource", `"NOTISOLATED"`, []string{`"ARREAR"`}},
		{"PublicIpAddresses", `["123.207.11.190"]`, []string{`null`}},
		{"StopChargingMode", `"NOT_APPLICABLE"`, []string{`"STOP_CHARGING"`}},
	},
	inventory.TencentLighthouse: {
		{"InstanceId", `"lhins-1"`, nil},
		{"InstanceName", `"web"`, nil},
		{"BundleId", `"b"`, nil},
		{"Zone", `"ap-guangzhou-3"`, nil},
		{"InstanceChargeType", `"PREPAID"`, nil},
		{"RenewFlag", `"NOTIFY_AND_AUTO_RENEW"`, nil},
		{"CreatedTime", `"2025-09-22T00:00:00Z"`, nil},
		{"ExpiredTime", `"2026-09-22T00:00:00Z"`, nil},
		{"InstanceState", `"RUNNING"`, nil},
		{"InstanceRestrictState", `"NORMAL"`, []string{`"NETWORK_RESTRICT"`}},
		{"IsolatedTime", `null`, []string{`"2026-06-03T08:17:50Z"`}},
		{"PublicAddresses", `["123.207.11.190"]`, nil},
	},
	inventory.AlibabaENS: {
		{"InstanceId", `"i-1"`, nil},
		{"InstanceName", `"web"`, nil},
		{"SpecName", `"ens.sn1.stiny"`, nil},
		{"EnsRegionId", `"cn-hangzhou-telecom"`, []string{`"cn-beijing-telecom"`}},
		{"InstanceResourceType", `"EnsInstance"`, []string{`"EnsPostPaidInstance"`}},
		{"CreationTime", `"2025-03-01T02:00:00Z"`, nil},
		{"ExpiredTime", `"2027-03-01T16:00:00Z"`, nil},
		{"Status", `"Running"`, nil},
		{"PublicIpAddress", `{"IpAddress":["47.96.1.180"]}`, nil},
	},
	inventory.TencentCLB: {
		{"LoadBalancerId", `"lb-1"`, nil},
		{"LoadBalancerName", `"web"`, nil},
		{"Forward", `1`, nil},
		{"TargetRegionInfo", `{"Region":"ap-beijing"}`, nil},
		{"MasterZone", `{"Zone":"ap-guangzhou-3","ZoneRegion":"ap-guangzhou"}`, nil},
		{"ChargeType", `"PREPAID"`, []string{`"POSTPAID_BY_HOUR"`}},
		{"PrepaidAttributes", `{"RenewFlag":"AUTO_RENEW","Period":1}`, []string{`{"RenewFlag":"MANUAL_RENEW","Period":1}`}},
		{"CreateTime", `"2025-12-27 15:53:46"`, nil},
		{"ExpireTime", `"2027-01-27 15:53:46"`, nil},
		{"Status", `1`, nil},
		{"Isolation", `0`, []string{`1`}},
		{"IsBlock", `false`, []string{`true`}},
		{"LoadBalancerType", `"OPEN"`, []string{`"INTERNAL"`}},
		{"LoadBalancerVips", `["123.207.11.190"]`, nil},
		{"AddressIPv6", `null`, []string{`"2402:4e00::1"`}},
	},
	inventory.TencentNAT: {
		{"NatGatewayId", `"nat-1"`, nil},
		{"NatGatewayName", `"web"`, nil},
		{"Zone", `"ap-guangzhou-1"`, nil},
		{"CreatedTime", `"2025-09-20 20:28:24"`, nil},
		{"State", `"AVAILABLE"`, nil},
		{"NetworkState", `"AVAILABLE"`, []string{`"INSUFFICIENT"`}},
		{"RestrictState", `"NORMAL"`, nil},
		{"PublicIpAddressSet", `[{"PublicIpAddress":"139.199.232.238","IsBlocked":false}]`, []string{`[]`}},
	},
	inventory.AlibabaBilling: {
		{"InstanceID", `"i-1"`, nil},
		{"ProductCode", `"ecs"`, []string{`"rds"`}},
		{"Region", `"cn-hangzhou"`, nil},
		{"SubscriptionType", `"Subscription"`, []string{`"PayAsYouGo"`}},
		{"CreateTime", `"2026-01-05T02:00:00Z"`, nil},
		{"EndTime", `"2027-01-05T16:00:00Z"`, nil},
		{"Status", `"Normal"`, []string{`"Expired"`}},
		{"RenewStatus", `"AutoRenewal"`, []string{`"NotRenewal"`}},
	},
	inventory.AlibabaRenewals: {
		{"InstanceId", `"i-1"`, nil},
		{"RenewalStatus", `"AutoRenewal"`, []string{`"Normal"`}},
		{"AutoRenewEnabled", `true`, []string{`false`}},
	},
	inventory.TencentRenewals: {
		{"InstanceId", `"ins-1"`, nil},
		{"InstanceName", `"web"`, nil},
		{"ProductCode", `"p_cvm"`, []string{`"p_cos"`}},
		{"RegionCode", `"ap-guangzhou"`, nil},
		{"ExpireTime", `"2027-01-06 23:59:59"`, nil},
		{"Status", `"NORMAL"`, []string{`"ISOLATED"`}},
		{"RenewFlag", `"NOTIFY_AND_AUTO_RENEW"`, []string{`"NOTIFY_AND_MANUAL_RENEW"`}},
	},
	inventory.HuaweiNAT: {
		{"id", `"n-1"`, nil},
		{"name", `"web"`, nil},
		{"router_id", `"v-1"`, nil},
		{"internal_network_id", `"net-1"`, nil},
		{"billing_info", `"o:p:cn-north-4:x"`, nil},
		{"created_at", `"2025-03-17 10:38:38"`, nil},
		{"status", `"ACTIVE"`, nil},
		{"admin_state_up", `true`, []string{`false`}},
	},
	inventory.HuaweiELB: {
		{"id", `"l-1"`, nil},
		{"name", `"web"`, nil},
		{"provider", `"vlb"`, nil},
		{"vip_port_id", `"p-1"`, nil},
		{"availability_zone_list", `["cn-north-4a"]`, []string{`[]`}},
		{"billing_info", `"o:p:cn-north-1:x"`, []string{`""`}},
		{"created_at", `"2025-03-17T10:38:38Z"`, nil},
		{"provisioning_status", `"ACTIVE"`, nil},
		{"operating_status", `"ONLINE"`, []string{`"FROZEN"`}},
		{"frozen_scene", `null`, []string{`"POLICE"`}},
		{"admin_state_up", `true`, []string{`false`}},
		{"eips", `[{"eip_address":"121.36.8.1"}]`, []string{`[]`}},
		{"ipv6_bandwidth", `null`, []string{`{"id":"b"}`}},
		{"ipv6_vip_address", `"2407:c080::1"`, nil},
	},
	inventory.HuaweiECS: {
		{"id", `"h-1"`, nil},
		{"name", `"web"`, nil},
		{"metadata", `{"charging_mode":"1"}`, []string{`{"charging_mode":"0"}`, `{"charging_mode":"1","EcmResStatus":"freeze"}`}},
		{"created", `"2025-03-17T10:38:38Z"`, nil},
		{"status", `"ACTIVE"`, nil},
		{"OS-EXT-STS:vm_state", `"active"`, []string{`"stopped"`}},
		{"OS-EXT-AZ:availability_zone", `"ap-southeast-1a"`, []string{`"cn-north-4a"`}},
		{"addresses", `{"n":[{"addr":"47.96.1.180","OS-EXT-IPS:type":"floating"}]}`, nil},
	},
}

func balancerFields(kind, business, locks string) []field {
	return []field{
		{"LoadBalancerId", `"` + kind + `-1"`, nil},
		{"LoadBalancerName", `"web"`, nil},
		{"RegionId", `"cn-hangzhou"`, []string{`"cn-beijing"`}},
		{"LoadBalancerBillingConfig", `{"PayType":"PostPay"}`, nil},
		{"CreateTime", `"2025-07-02T02:49:05Z"`, nil},
		{"LoadBalancerStatus", `"Active"`, nil},
		{business, `"Normal"`, []string{`"Abnormal"`}},
		{locks, `[]`, []string{`[{"LockType":"FinancialLocked"}]`}},
		{"AddressType", `"Internet"`, []string{`"Intranet"`}},
		{"Ipv6AddressType", `"Intranet"`, []string{`"Internet"`}},
	}
}

// documentedLists wrap a record.
var documentedLists = map[inventory.Format]string{
	inventory.AlibabaECS: `{"Instances":{"Instance":[%s]}}`, inventory.AlibabaSWAS: `{"Instances":[%s]}`,
	inventory.AlibabaCLB: `{"LoadBalancers":{"LoadBalancer":[%s]}}`, inventory.AlibabaALB: `{"LoadBalancers":[%s]}`,
	inventory.AlibabaNLB: `{"LoadBalancers":[%s]}`, inventory.AlibabaNAT: `{"NatGateways":{"NatGateway":[%s]}}`,
	inventory.AlibabaNAT64: `{"Ipv6Translators":{"Ipv6Translator":[%s]}}`, inventory.TencentCVM: `{"InstanceSet":[%s]}`,
	inventory.TencentLighthouse: `{"InstanceSet":[%s]}`, inventory.HuaweiECS: `{"servers":[%s]}`,
	inventory.AlibabaENS: `{"Instances":{"Instance":[%s]}}`, inventory.TencentCLB: `{"LoadBalancerSet":[%s]}`, inventory.TencentNAT: `{"NatGatewaySet":[%s]}`,
	inventory.AlibabaBilling: `{"Data":{"InstanceList":[%s]}}`, inventory.TencentRenewals: `{"InstanceList":[%s]}`,
	inventory.AlibabaRenewals: `{"InstanceRenewAttributes":{"InstanceRenewAttribute":[%s]}}`,
	inventory.HuaweiNAT:       `{"nat_gateways":[%s]}`, inventory.HuaweiELB: `{"loadbalancers":[%s]}`,
}

// told are the facts of a server by the columns of the table.
func told(s inventory.Server) map[string]string {
	i := &s.Instance
	return map[string]string{
		"ID": string(i.ID), "Name": s.Name, "Region": i.Region, "Billing": fmt.Sprint(i.Billing), "Created": i.Created.String(),
		"Expires": i.Expires.String(), "Status": fmt.Sprint(i.Status), "Public IP": fmt.Sprint(i.PublicIP, i.IPs), "Renews": fmt.Sprint(i.AutoRenew),
	}
}

// sources finds by trial which members tell each fact of a format.
func sources(t *testing.T, f inventory.Format) map[string][]string {
	t.Helper()
	found := make(map[string][]string)
	try(t, f, found)
	if f == inventory.AlibabaALB { // the name tells the region where nothing else does
		try(t, f, found, `RegionId=`)
	}
	if f == inventory.HuaweiELB { // the order tells the region where no zone does, and an address of version 6 counts with a bandwidth
		try(t, f, found, `availability_zone_list=[]`)
		try(t, f, found, `ipv6_bandwidth={"id":"b"}`)
	}
	if f == inventory.AlibabaRenewals { // the flag tells where the word does not
		try(t, f, found, `RenewalStatus=`)
	}
	if f == inventory.AlibabaECS { // interfaces tell something only where there is no address
		try(t, f, found, `PublicIpAddress={"IpAddress":[]}`)
	}
	for _, names := range found {
		slices.Sort(names)
	}
	return found
}

// try adds to found what the members of a record tell that is healthy but for
// the given ones.
func try(t *testing.T, f inventory.Format, found map[string][]string, given ...string) {
	t.Helper()
	var base [][2]string
	for _, x := range documented[f] {
		base = append(base, [2]string{x.name, x.value})
	}
	if f == inventory.AlibabaNLB {
		base = append(base, [2]string{"LoadBalancerType", `"Network"`})
	}
	tell := func(members ...string) map[string]string {
		servers, errs := readAny(fmt.Sprintf(documentedLists[f], record(base, append(slices.Clone(given), members...))), nil)
		if len(errs) > 0 || len(servers) == 0 { // a billing centre lists what is no server
			return map[string]string{}
		}
		if len(servers) != 1 || servers[0].Format != f {
			t.Fatalf("%s: %v", f, servers)
		}
		return told(servers[0])
	}
	healthy := tell()
	if len(healthy) == 0 {
		t.Fatalf("%s: the record cannot be read", f)
	}
	for _, x := range documented[f] {
		for _, value := range append([]string{""}, x.others...) {
			now := tell(x.name + "=" + value)
			if len(now) == 0 { // without its ID it is no server
				now = told(inventory.Server{})
				for fact := range now {
					now[fact] = healthy[fact]
				}
				now["ID"] = ""
			}
			for fact, was := range healthy {
				if now[fact] != was && !slices.Contains(found[fact], x.name) {
					found[fact] = append(found[fact], x.name)
				}
			}
		}
	}
}

// TestDocs: the first table of docs/inventory.md says for every format which
// member tells which fact, and the others name every format and column.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../docs/inventory.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	var columns []string
	rows := make(map[string]map[string][]string)
	quoted := regexp.MustCompile("`([^`.]+)[^`]*`")
	_, table, ok := strings.Cut(page, "## Which fact comes from which field")
	if !ok {
		t.Fatal("there is no table of fields")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if columns == nil {
			columns = cells
			continue
		}
		row := make(map[string][]string)
		for i, cell := range cells {
			var names []string
			for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
				if !slices.Contains(names, m[1]) {
					names = append(names, m[1])
				}
			}
			slices.Sort(names)
			row[strings.TrimSpace(columns[i])] = names
		}
		rows[strings.TrimSpace(cells[0])] = row
	}
	for f := range documented {
		row, ok := rows[f.String()]
		if !ok {
			t.Errorf("there is no row for %s", f)
			continue
		}
		found := sources(t, f)
		for fact := range told(inventory.Server{}) {
			if !slices.Equal(found[fact], row[fact]) {
				t.Errorf("%s, %s: the page says %v, but it is %v", f, fact, row[fact], found[fact])
			}
		}
		delete(rows, f.String())
	}
	for name := range rows {
		t.Errorf("the row %s is of no format", name)
	}
	_, table, _ = strings.Cut(page, "## What reads which")
	for f := inventory.AlibabaECS; f <= inventory.OwnCSV; f++ {
		if !strings.Contains(table, "\n| "+f.String()+" |") {
			t.Errorf("%s is not said to be read", f)
		}
		_, ok := documented[f]
		if own := f == inventory.OwnCSV || f == inventory.OwnJSON || f == inventory.AlibabaEIP || f == inventory.TencentEIP || f == inventory.HuaweiEIP; ok == own {
			t.Errorf("the fields of %s are not documented", f)
		}
	}
	// The columns, as the message about one that there is not lists them.
	_, errs := readAny("id,nonsense\n", nil)
	if len(errs) != 1 {
		t.Fatal(errs)
	}
	_, list, ok := strings.Cut(errs[0].Error(), "columns are ")
	if !ok {
		t.Fatal(errs)
	}
	_, table, _ = strings.Cut(page, "## The formats of this package")
	names := strings.Split(list, ", ")
	if len(names) < 15 {
		t.Errorf("the columns are %v", names)
	}
	for _, name := range names {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("the column %s is not documented", name)
		}
	}
	// Its examples.
	for _, example := range regexp.MustCompile("(?s)```(?:csv|json)\n(.*?)```").FindAllStringSubmatch(page, -1) {
		servers, errs := readAny(example[1], nil)
		if len(servers) != 1 || len(errs) > 0 || servers[0].Instance.PublicIP != icpcode.Yes {
			t.Errorf("%s is read as %v, %v", example[1], servers, errs)
		}
	}
}

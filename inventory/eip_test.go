package inventory_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// addressesOf reads lists of addresses that are as they should be.
func addressesOf(t *testing.T, texts ...string) *inventory.Addresses {
	t.Helper()
	var a inventory.Addresses
	for _, text := range texts {
		for err := range a.Read(strings.NewReader(text)) {
			t.Fatal(err)
		}
	}
	return &a
}

func eips(members ...string) string {
	var list []string
	for i, m := range members {
		if !strings.Contains(m, `"Status"`) {
			m += `,"Status":"InUse"`
		}
		if !strings.Contains(m, `"OperationLocks"`) {
			m += `,"OperationLocks":{"LockReason":[]}`
		}
		list = append(list, fmt.Sprintf(`{"AllocationId":"eip-%d",%s}`, i, m))
	}
	return `{"EipAddresses":{"EipAddress":[` + strings.Join(list, ",") + `]}}`
}

// TestAddressSamples: what the sample lists tell about the servers that they
// name.
func TestAddressSamples(t *testing.T) {
	var a inventory.Addresses
	for _, name := range []string{"eip/describeeipaddresses_available_2019.json", "eip/describeeipaddresses_doc2026_assembled.json",
		"eip/describeeipaddresses_nat_bound_doc2020.json", "tencent/vpc_describeaddresses_doc_ex1.json"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for err := range a.Read(strings.NewReader(string(b))) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a.Len() != 5 {
		t.Errorf("%d addresses, want 5", a.Len())
	}
	for _, c := range []struct{ provider, id, want string }{
		// It names the server, but is Available and not InUse.
		{"alibaba", "i-bp15zckdt37cdvf****", `IpAddress "47.75.XX.XX" is not counted: it names this server, but is not bound`},
		{"alibaba", "ngw-bp1kpih7t3izsxezx****", `IpAddress "47.xx.xx.184" is masked: there is an address, but which is unknown public_ip: unknown -> yes`},
		{"tencent", "ins-wf123456", `AddressIp "1.14.91.34" is not counted: it names this server, but is not bound`},
		{"tencent", "ins-12345678", `AddressIp "1.14.90.212" is not counted: it names this server, but is not bound`},
		{"alibaba", "ins-12345678", ""},
		{"alibaba", "", ""},
	} {
		s := inventory.Server{Instance: icpcode.Instance{ID: icpcode.InstanceID(c.id), Provider: c.provider}}
		if got := applied(&a, &s); got != c.want {
			t.Errorf("%s: %q, want %q", c.id, got, c.want)
		}
	}
}

// applied applies addresses and returns the notes and changes.
func applied(a *inventory.Addresses, s *inventory.Server) string {
	var lines []string
	changes := a.Apply(s)
	for _, n := range s.Notes {
		lines = append(lines, n.String())
	}
	for _, c := range changes {
		lines = append(lines, c.String())
	}
	return strings.Join(lines, " ")
}

func TestAddresses(t *testing.T) {
	ecs := func(members ...string) string { return inList(server(members...)) }
	none := `PublicIpAddress:{"IpAddress":[]}`
	two := `NetworkInterfaces:{"NetworkInterface":[{"NetworkInterfaceId":"eni-1"},{"NetworkInterfaceId":"eni-2"}]}`
	clb := `{"LoadBalancerId":"i-1","LoadBalancerStatus":"active","PayType":"PrePay","AddressType":"intranet","Address":"10.0.0.1"}`
	nat := `{"NatGatewayId":"i-1","InstanceChargeType":"PrePaid"}`
	cvm := func(ips string) string {
		return `{"InstanceId":"i-1","InstanceChargeType":"PREPAID","Placement":{},"PublicIpAddresses":` + ips + `}`
	}
	stopped := `{"InstanceId":"i-1","InstanceChargeType":"PREPAID","Placement":{},"StopChargingMode":"STOP_CHARGING","PublicIpAddresses":["47.96.1.180"]}`
	tencent := func(members string) string {
		return `{"Response":{"AddressSet":[{"AddressId":"eip-1","AddressIp":"47.96.1.181","AddressStatus":"BIND","InstanceId":"i-1",` + members + `}]}}`
	}
	const (
		denied = `IpAddress "47.96.1.181" is bound here by the list of EIPs, but the server's own record has no address: whether there is one is unknown; print both lists again public_ip: no -> unknown`
		twice  = `IpAddress "47.96.1.180" is in several records that contradict each other about what it is bound to: whether there is an address is unknown`
	)
	for _, c := range []struct {
		name, addresses, server string
		want                    string // public IP and addresses
		says                    string
	}{
		{"nothing about it", eips(`"InstanceId":"i-2","IpAddress":"47.96.1.181"`), ecs(), "yes [47.96.1.180]", ""},
		{"the same", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.180"`), ecs(), "yes [47.96.1.180]", ""},
		{"one more", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.181"`), ecs(), "yes [47.96.1.180 47.96.1.181]", "ips: 47.96.1.180 -> 47.96.1.180 47.96.1.181"},
		{"bound elsewhere", eips(`"InstanceId":"ngw-1","IpAddress":"47.96.1.180"`), ecs(), "unknown []",
			`IpAddress "47.96.1.180" is in the server's own record, but a list of EIPs says that it is not bound here: whether there is an address is unknown public_ip: yes -> unknown ips: 47.96.1.180 -> unknown`},
		{"not bound", eips(`"InstanceId":"","Status":"Available","IpAddress":"47.96.1.180"`), ecs(), "unknown []",
			`IpAddress "47.96.1.180" is in the server's own record, but a list of EIPs says that it is not bound here: whether there is an address is unknown public_ip: yes -> unknown ips: 47.96.1.180 -> unknown`},
		{"one of two bound elsewhere", eips(`"InstanceId":"ngw-1","IpAddress":"47.96.1.181"`), ecs(`EipAddress:{"IpAddress":"47.96.1.181"}`), "yes [47.96.1.180]",
			`IpAddress "47.96.1.181" is in the server's own record, but a list of EIPs says that it is not bound here: whether there is an address is unknown ips: 47.96.1.180 47.96.1.181 -> 47.96.1.180`},
		{"bound to the only interface", eips(`"InstanceId":"eni-9","InstanceType":"NetworkInterface","IpAddress":"47.96.1.180"`), ecs(), "yes [47.96.1.180]", ""},
		{"bound to another's interface", eips(`"InstanceId":"eni-9","InstanceType":"NetworkInterface","IpAddress":"47.96.1.180"`), ecs(two), "unknown []",
			`IpAddress "47.96.1.180" is in the server's own record, but a list of EIPs says that it is not bound here: whether there is an address is unknown public_ip: yes -> unknown ips: 47.96.1.180 -> unknown`},
		{"bound to the second interface", eips(`"InstanceId":"eni-2","InstanceType":"NetworkInterface","IpAddress":"47.96.1.181"`), ecs(none, two), "yes [47.96.1.181]",
			`public_ip: unknown -> yes ips: unknown -> 47.96.1.181`},
		{"several interfaces and nothing bound", eips(`"InstanceId":"i-2","IpAddress":"47.96.1.181"`), ecs(none, two), "unknown []",
			`NetworkInterfaces "2": the list does not say whether a secondary interface has an EIP`},
		{"the server denies it", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.181"`), ecs(none), "unknown []",
			denied},
		{"bound to the only interface, and the server denies it", eips(`"InstanceId":"eni-1","InstanceType":"NetworkInterface","IpAddress":"47.96.1.181"`), ecs(none, `NetworkInterfaces:{"NetworkInterface":[{"NetworkInterfaceId":"eni-1"}]}`), "unknown []", denied},
		{"a word that cannot be read, and no address", eips(`"InstanceId":"i-1","Status":"Strange","IpAddress":"47.96.1.181"`), ecs(none), "unknown []",
			`Status "Strange" names this server, but whether it is bound cannot be read: whether there is an address is unknown public_ip: no -> unknown`},
		{"locked", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.180","BusinessStatus":"Normal","OperationLocks":{"LockReason":[{"LockReason":"financial"}]}`), ecs(), "unknown []",
			`OperationLocks "47.96.1.180" is locked: whether its address can be filed is unknown public_ip: yes -> unknown ips: 47.96.1.180 -> unknown`},
		{"not activated", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.180","BusinessStatus":"Unactivated"`), ecs(), "unknown []",
			`BusinessStatus "47.96.1.180" is locked: whether its address can be filed is unknown public_ip: yes -> unknown ips: 47.96.1.180 -> unknown`},
		{"locked beside a good one", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.181","BusinessStatus":"FinancialLocked"`), ecs(`EipAddress:{"IpAddress":"47.96.1.181"}`), "yes [47.96.1.180]",
			`BusinessStatus "47.96.1.181" is locked: whether its address can be filed is unknown ips: 47.96.1.180 47.96.1.181 -> 47.96.1.180`},
		{"a locked one of a gateway", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.181","BusinessStatus":"FinancialLocked"`), nat, "unknown []",
			`BusinessStatus "47.96.1.181" is locked: whether its address can be filed is unknown`},
		{"masked", eips(`"InstanceId":"i-1","IpAddress":"47.96.XX.XX"`), ecs(), "yes []",
			`IpAddress "47.96.XX.XX" is masked: there is an address, but which is unknown ips: 47.96.1.180 -> unknown`},
		{"the server's is masked", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.181"`), ecs(`PublicIpAddress:{"IpAddress":["47.**.1.180"]}`), "yes []",
			`PublicIpAddress "47.**.1.180" is masked: there is an address, but which is unknown`},
		{"no address", eips(`"InstanceId":"i-1"`), ecs(), "yes [47.96.1.180]", ""},
		{"no status", eips(`"InstanceId":"i-2","Status":"Strange","IpAddress":"47.96.1.180"`), ecs(), "yes [47.96.1.180]", ""},
		{"no status, and names it", eips(`"InstanceId":"i-1","Status":"","IpAddress":"47.96.1.181"`), ecs(), "yes [47.96.1.180]",
			`Status names this server, but whether it is bound cannot be read: whether there is an address is unknown`},
		{"locked, and the server denies it", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.181","BusinessStatus":"FinancialLocked"`), ecs(none), "unknown []",
			`BusinessStatus "47.96.1.181" is locked: whether its address can be filed is unknown public_ip: no -> unknown`},
		{"twice, bound and not", `{"EipAddresses":{"EipAddress":[{"AllocationId":"e","InstanceId":"i-1","IpAddress":"47.96.1.180","Status":"InUse"},{"AllocationId":"e","InstanceId":"","IpAddress":"47.96.1.180","Status":"Available"}]}}`, ecs(), "unknown []",
			twice + " public_ip: yes -> unknown ips: 47.96.1.180 -> unknown"},
		{"twice, bound here and there", `{"EipAddresses":{"EipAddress":[{"AllocationId":"e","InstanceId":"i-2","IpAddress":"47.96.1.180","Status":"InUse"},{"AllocationId":"e","InstanceId":"i-1","IpAddress":"47.96.1.180","Status":"InUse"}]}}`, ecs(none), "unknown []",
			twice + " public_ip: no -> unknown"},
		{"twice, locked in one", `{"EipAddresses":{"EipAddress":[{"AllocationId":"e","InstanceId":"i-1","IpAddress":"47.96.1.180","Status":"InUse"},{"AllocationId":"e","InstanceId":"i-1","IpAddress":"47.96.1.180","Status":"InUse","BusinessStatus":"FinancialLocked"}]}}`, ecs(), "unknown []",
			`BusinessStatus "47.96.1.180" is locked: whether its address can be filed is unknown public_ip: yes -> unknown ips: 47.96.1.180 -> unknown`},
		{"twice, the later one elsewhere", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.181"`, `"InstanceId":"i-2","IpAddress":"47.96.1.181"`), ecs(), "yes [47.96.1.180]", ""},
		{"twice", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.181"`, `"InstanceId":"i-1","IpAddress":"47.96.1.181"`), ecs(), "yes [47.96.1.180 47.96.1.181]", "ips: 47.96.1.180 -> 47.96.1.180 47.96.1.181"},
		{"two of a gateway", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.182"`, `"InstanceId":"i-1","IpAddress":"47.96.1.181"`), nat, "yes [47.96.1.181 47.96.1.182]", "public_ip: unknown -> yes ips: unknown -> 47.96.1.181 47.96.1.182"},
		{"a load balancer inside", eips(`"InstanceId":"i-1","IpAddress":"47.96.1.181"`), clb, "yes [47.96.1.181]", "public_ip: unknown -> yes ips: unknown -> 47.96.1.181"},
		{"a load balancer inside, nothing bound", eips(`"InstanceId":"i-2","IpAddress":"47.96.1.181"`), clb, "unknown []", `AddressType "intranet": no address of its own, and the list does not say whether an EIP is bound to it`},
		{"another provider's", tencent(`"IsArrears":false`), nat, "unknown []", ""},

		{"Tencent, not of the first interface", tencent(`"IsArrears":false,"IsBlocked":false`), cvm("null"), "yes [47.96.1.181]", "public_ip: no -> yes ips: unknown -> 47.96.1.181"},
		{"Tencent, in arrears", tencent(`"IsArrears":true`), cvm(`["47.96.1.181"]`), "unknown []", `IsArrears "47.96.1.181" is locked: whether its address can be filed is unknown public_ip: yes -> unknown ips: 47.96.1.181 -> unknown`},
		{"Tencent, blocked", tencent(`"IsBlocked":"True"`), cvm(`["47.96.1.181"]`), "unknown []", `IsBlocked "47.96.1.181" is locked: whether its address can be filed is unknown public_ip: yes -> unknown ips: 47.96.1.181 -> unknown`},
		{"Tencent, in arrears, not of the first interface", tencent(`"IsArrears":true`), cvm(`null`), "unknown []", `IsArrears "47.96.1.181" is locked: whether its address can be filed is unknown public_ip: no -> unknown`},
		{"Tencent, as older documents spell it", caseFile(t, "J1_eip_min.json"), caseFile(t, "J1_cvm_min.json"), "yes [123.121.34.33]", "public_ip: no -> yes ips: unknown -> 123.121.34.33"},
		{"Tencent, a word that cannot be read", caseFile(t, "E1_status_other.json"), strings.Replace(cvm("null"), "i-1", "ins-bbbbbbbb", 1), "unknown []",
			`AddressStatus "BOUND" names this server, but whether it is bound cannot be read: whether there is an address is unknown public_ip: no -> unknown`},
		{"Tencent, a network interface", caseFile(t, "E1_eni.json"), cvm("null"), "unknown []",
			`NetworkInterfaceId "eni-x" is bound to a network interface that may be this server's: whether there is an address is unknown public_ip: no -> unknown`},
		{"Tencent, a network interface, and an address", caseFile(t, "E1_eni.json"), cvm(`["47.96.1.180"]`), "yes [47.96.1.180]", ""},
		{"Tencent, stopped without charges", tencent(`"IsArrears":false`), stopped, "yes [47.96.1.181]", "public_ip: unknown -> yes ips: unknown -> 47.96.1.181"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := addressesOf(t, c.addresses)
			servers, errs := readAny(c.server, nil)
			if len(servers) != 1 || len(errs) != 0 {
				t.Fatal(servers, errs)
			}
			s := servers[0]
			if got := applied(a, &s); got != c.says {
				t.Errorf("says %s\nwant %s", got, c.says)
			}
			ip := [...]string{"unknown", "no", "yes"}[s.Instance.PublicIP]
			if got := fmt.Sprint(ip, " ", s.Instance.IPs); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestAddressesOnTheFly: addresses are joined to the servers that come after
// them in the same input.
func TestAddressesOnTheFly(t *testing.T) {
	list := eips(`"InstanceId":"ngw-1","IpAddress":"47.96.1.181"`)
	nat := func(id string) string {
		return `{"NatGateways":{"NatGateway":[{"NatGatewayId":"` + id + `","InstanceChargeType":"PrePaid"}]}}`
	}
	var a inventory.Addresses
	var got []string
	for s, err := range inventory.Read(strings.NewReader(nat("ngw-1")+list+nat("ngw-1")+nat("ngw-2")), &inventory.Options{Addresses: &a}) {
		if err != nil {
			t.Fatal(err)
		}
		a.Apply(&s)
		got = append(got, fmt.Sprint(s.Record, s.Instance.IPs))
	}
	if want := "[1 [] 3 [47.96.1.181] 4 []]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// TestAddressesRead: errors are told as Read tells them, and servers are
// passed over.
func TestAddressesRead(t *testing.T) {
	var a inventory.Addresses
	text := inList(server(`InstanceId:""`), `7`) + `{"EipAddresses":{"EipAddress":[{"AllocationId":""},{"AllocationId":"eip-1"},7]},"TotalCount":5}` +
		`{"Code":"x"}` + server() + `{"AddressSet":[{"AddressIp":"47.96.1.180"}]}`
	var errs []string
	for err := range a.Read(strings.NewReader(text)) {
		errs = append(errs, err.Error())
	}
	at := func(part string) int { return strings.LastIndex(text, part) }
	want := []string{
		fmt.Sprintf("inventory: address 1, byte %d: AllocationId is missing", at(`{"AllocationId":""}`)),
		fmt.Sprintf("inventory: address 3, byte %d: is not an object", at(`7]},"TotalCount"`)),
		fmt.Sprintf("inventory: address 4, byte %d: AddressId is missing", at(`{"AddressIp"`)),
		"inventory: incomplete: 3 of 5 addresses; fetch the other pages too",
	}
	if fmt.Sprint(errs) != fmt.Sprint(want) || a.Len() != 1 {
		t.Errorf("%d addresses, errors\n%s\nwant\n%s", a.Len(), strings.Join(errs, "\n"), strings.Join(want, "\n"))
	}
	for err := range a.Read(strings.NewReader(text)) {
		if err == nil {
			t.Error("no error")
		}
		break
	}
	cause := errors.New("disk on fire")
	for err := range a.Read(io.MultiReader(strings.NewReader(`{"EipAddresses":{"EipAddress":[{"AllocationId":"e"`), iotest.ErrReader(cause))) {
		var e *inventory.InputError
		if !errors.Is(err, cause) || !errors.As(err, &e) || e.Record != 1 || err.Error() != "inventory: address 1, byte 50: disk on fire" {
			t.Error(err)
		}
	}
	// A CSV has no addresses.
	for err := range a.Read(strings.NewReader("id\nx\n")) {
		t.Error(err)
	}
	if changes := new(inventory.Addresses).Apply(&inventory.Server{}); changes != nil {
		t.Error(changes)
	}
}

// TestAddressesLimit: the index does not grow without bound.
func TestAddressesLimit(t *testing.T) {
	const most = 250_000
	const one = `{"AllocationId":"eip-000000","IpAddress":"47.96.1.180","InstanceId":"i"}` + "\n"
	var list strings.Builder
	for i := range most + 1 {
		fmt.Fprintf(&list, `{"AllocationId":"eip-%06d","IpAddress":"47.96.1.180","InstanceId":"i"}`+"\n", i)
	}
	var a inventory.Addresses
	var errs []error
	for err := range a.Read(strings.NewReader(list.String())) {
		errs = append(errs, err)
	}
	var e *inventory.InputError
	if len(errs) != 1 || !errors.As(errs[0], &e) || e.Offset != int64(most*len(one)) || a.Len() != most || !strings.Contains(e.Error(), "more than 250000 addresses") {
		t.Errorf("%d addresses, %v", a.Len(), errs)
	}
}

// BenchmarkAddresses says what an address takes.
func BenchmarkAddresses(b *testing.B) {
	var m0, m1 runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m0)
	var a inventory.Addresses
	i := 0
	for b.Loop() {
		i = i%200_000 + 1
		if i == 1 {
			a = inventory.Addresses{}
		}
		text := fmt.Sprintf(`{"AllocationId":"eip-bp1utfpg4zlhyo%06d","IpAddress":"47.%d.%d.%d","InstanceId":"i-bp1kpih7t3izsx%06d","Status":"InUse"}`, i, i>>16, i>>8&255, i&255, i)
		for err := range a.Read(strings.NewReader(text)) {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&m1)
	if a.Len() > 0 {
		b.ReportMetric(float64(m1.HeapAlloc-m0.HeapAlloc)/float64(a.Len()), "B/address")
	}
}

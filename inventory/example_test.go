package inventory_test

import (
	"fmt"
	"strings"

	"github.com/icpcode/icpcode/inventory"
)

func ExampleECS() {
	const list = `{"Instances": {"Instance": [
		{"InstanceId": "i-bp1", "InstanceChargeType": "PostPaid", "ExpiredTime": "2099-12-31T15:59Z",
		 "Status": "Running", "OperationLocks": {"LockReason": [{"LockReason": "financial"}]}}
	]}, "TotalCount": 3}`
	facts, err := inventory.ReadFacts(strings.NewReader("id,owner,billing,expires\ni-bp1,1001,subscription,2027-03-01\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for server, err := range inventory.ECS(strings.NewReader(list)) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(server.Instance.ID)
		for _, n := range server.Notes {
			fmt.Println("  note:", n)
		}
		for _, c := range facts.Apply(&server) {
			fmt.Println("  fact:", c)
		}
	}
	// Output:
	// i-bp1
	//   note: OperationLocks "financial" holds although the status says otherwise: taken as locked
	//   fact: owner: unknown -> 1001
	//   fact: billing: pay-as-you-go -> subscription
	//   fact: expires: unknown -> 2027-03-01
	// inventory: incomplete: 1 of 3 servers; fetch the other pages too
}

func ExampleRead() {
	// Several formats may follow one another, as with cat *.json.
	const input = `{"Instances": [{"InstanceId": "s1", "RegionId": "cn-hangzhou", "ChargeType": "PrePaid", "ExpiredTime": "2027-03-01T16:00:00Z", "PublicIpAddress": "47.96.1.180"}]}
		{"Response": {"InstanceSet": [{"InstanceId": "ins-1", "Placement": {"Zone": "ap-guangzhou-3"}, "InstanceChargeType": "POSTPAID_BY_HOUR"}]}}
		{"Code": "Throttling.User"}
		{"id": "web-1", "product": "ECS", "term_months": 12}`
	for server, err := range inventory.Read(strings.NewReader(input), nil) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		i := server.Instance
		fmt.Printf("%s: %s %s, billing %d, %d months\n", server.Format, i.ID, i.Region, i.Billing, i.TermMonths)
	}
	// Output:
	// Alibaba Cloud SWAS: s1 cn-hangzhou, billing 1, 0 months
	// Tencent Cloud CVM: ins-1 ap-guangzhou, billing 2, 0 months
	// inventory: server 3, byte 307: not an inventory of a known format: the provider answered with the error "Throttling.User"; nothing was listed: mend that and ask again
	// JSON: web-1 , billing 0, 12 months
}

func ExampleAddresses() {
	const (
		eips     = `{"EipAddresses": {"EipAddress": [{"AllocationId": "eip-1", "IpAddress": "47.96.1.181", "InstanceId": "lb-1", "InstanceType": "SlbInstance", "Status": "InUse"}]}}`
		balancer = `{"LoadBalancers": {"LoadBalancer": [{"LoadBalancerId": "lb-1", "AddressType": "intranet", "Address": "10.0.0.1"}]}}`
	)
	var addresses inventory.Addresses
	for err := range addresses.Read(strings.NewReader(eips)) {
		fmt.Println(err)
	}
	for server, err := range inventory.Read(strings.NewReader(balancer), nil) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		for _, n := range server.Notes {
			fmt.Println("note:", n)
		}
		for _, c := range addresses.Apply(&server) {
			fmt.Println("address:", c)
		}
	}
	// Output:
	// note: AddressType "intranet": no address of its own, and the list does not say whether an EIP is bound to it
	// address: public_ip: unknown -> yes
	// address: ips: unknown -> 47.96.1.181
}

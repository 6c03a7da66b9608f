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
	//   note: OperationLocks "financial" holds although Status says otherwise: taken as locked
	//   fact: owner: unknown -> 1001
	//   fact: billing: pay-as-you-go -> subscription
	//   fact: expires: unknown -> 2027-03-01
	// inventory: incomplete: 1 of 3 servers; fetch the other pages too
}

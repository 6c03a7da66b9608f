package inventory_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// TestSamples reads every sample file. The facts were checked by hand against
// the files.
func TestSamples(t *testing.T) {
	type want struct {
		servers []string
		notes   []string
		errs    []string
	}
	stopped := "no-ip []"
	hangzhou := func(id, status, created string) string {
		return "i-bp" + id + " ECS cn-hangzhou pay-as-you-go " + status + " created 20" + created + ":00Z expires - " + stopped
	}
	for name, w := range map[string]want{
		"describeinstances_cn-hangzhou_2024.json": {
			servers: []string{
				hangzhou("1h4adlltjc1d48goaq", "running", "24-04-14T22:32"),
				hangzhou("12wb21245k9ratqxuq", "running", "24-04-14T21:57"),
				hangzhou("1fg08f2vz469rafhzo", "running", "24-04-14T21:54"),
				hangzhou("1c9jzchxjophi6pbo4", "running", "24-04-14T21:52"),
				hangzhou("15f4112atpjn24efck", "stopped", "24-04-13T22:24"),
				hangzhou("16gx6r8ykwfd0ogyzb", "stopped", "24-04-13T21:25"),
				hangzhou("175juabkzcprwsqdxy", "stopped", "24-04-13T21:24"),
				hangzhou("13op1xah7fy6q06388", "stopped", "24-04-12T22:23"),
				hangzhou("15f4112atp0kfd78i0", "running", "24-04-12T21:40"),
				hangzhou("1bf78j96c6ky07ju8s", "stopped", "24-04-12T21:10"),
				hangzhou("1jfq2w26txcw6d8qzn", "stopped", "24-04-11T22:09"),
				hangzhou("19trejji1vzvjr1qq1", "running", "24-03-08T08:33"),
				hangzhou("19trejji1vzvjr1qps", "running", "24-03-08T08:33"),
				hangzhou("19trejji1vzvjr1qq0", "running", "24-03-08T08:33"),
				hangzhou("19trejji1vzvjr1qpy", "running", "24-03-08T08:33"),
				"i-bp19y1z08hlzzldsdod2 ECS cn-hangzhou pay-as-you-go running created 2024-01-16T03:13:00Z expires - ip [47.96.1.180]",
				"i-bp18hf5w2tc6o4irxm7l ECS cn-hangzhou pay-as-you-go running created 2024-01-16T02:25:00Z expires - ip? []",
				"i-bp18hf5w2tc6o4irxm7m ECS cn-hangzhou pay-as-you-go running created 2024-01-16T02:25:00Z expires - ip? []",
				hangzhou("1gteyhxk1nh83qdyjj", "running", "23-11-28T07:04"),
				hangzhou("11yd336sck89b8kjzv", "running", "23-08-24T09:11"),
				hangzhou("18ncx6mrfqom5acq8s", "running", "23-08-24T09:11"),
				hangzhou("11tkv4nbrkqg0uo5qu", "stopped", "23-08-24T09:09"),
				hangzhou("1e52qwj8vkp0j4gqf7", "stopped", "23-08-24T08:54"),
				hangzhou("1e52qwj8vkp0j4gqf4", "stopped", "23-08-24T08:54"),
			},
			notes: []string{
				`i-bp18hf5w2tc6o4irxm7l NetworkInterfaces "2": the list does not say whether a secondary interface has an EIP`,
				`i-bp18hf5w2tc6o4irxm7m NetworkInterfaces "3": the list does not say whether a secondary interface has an EIP`,
			},
		},
		"describeinstances_cn-beijing_2024.json": {servers: []string{
			"i-2zeehjnfm8c0saa4oz8f ECS cn-beijing pay-as-you-go running created 2024-03-21T05:46:00Z expires - no-ip []",
			"i-2zebej68ipknxhx10qy0 ECS cn-beijing pay-as-you-go running created 2023-05-24T01:51:00Z expires - ip [123.56.82.191]",
		}},
		"describeinstances_cn-shanghai_2024.json": {servers: []string{
			"i-uf62gcx2e4n6cnigoc15 ECS cn-shanghai pay-as-you-go running created 2024-01-22T03:28:00Z expires - no-ip []",
			"i-uf61mtifcttfljyf37m1 ECS cn-shanghai pay-as-you-go running created 2024-01-22T03:27:00Z expires - no-ip []",
			"i-uf6g5nhezj6qvqi8h8br ECS cn-shanghai pay-as-you-go running created 2023-11-09T05:31:00Z expires - no-ip []",
			"i-uf659o9rxxey22fpw1do ECS cn-shanghai pay-as-you-go running created 2023-10-24T07:06:00Z expires - ip [47.123.5.55]",
		}},
		"describeinstances_cn-hongkong_2024.json": {servers: []string{
			"i-j6cftv4731g8gu8jrmmh ECS cn-hongkong pay-as-you-go stopped created 2022-07-12T02:56:00Z expires - no-ip []",
		}},
		"describeinstances_empty_2024.json": {},
		"describeinstanceattribute_cn-hangzhou_2024.json": {servers: []string{
			"i-bp19trejji1vzvjr1qq1 ECS cn-hangzhou pay-as-you-go running created 2024-03-08T08:33:06Z expires - no-ip []",
		}},
		"prepaid_1week_cn-beijing_2018.json": {servers: []string{
			"i-2ze57isp1ali72tzkjow ECS cn-beijing subscription running created 2018-05-23T07:58:00Z expires 2018-05-30T16:00:00Z no-ip []",
		}},
		"doc_classic_2020.json": {
			servers: []string{"i-bp1j4i2jdf3owlhe**** ECS cn-hangzhou pay-as-you-go running created 2019-11-11T08:35:00Z expires - ip []"},
			notes:   []string{`i-bp1j4i2jdf3owlhe**** PublicIpAddress "121.40. **. **" is masked: there is an address, but which is unknown`},
			errs:    []string{"inventory: incomplete: 1 of 58 servers in cn-hangzhou; fetch the other pages too"},
		},
		"doc_vpc_eip_2021.json": {
			servers: []string{"i-bp67acfmxazb4p**** ECS cn-hangzhou pay-as-you-go running created 2017-12-10T04:04:00Z expires - ip []"},
			notes: []string{
				`i-bp67acfmxazb4p**** PublicIpAddress "121.40.**.**" is masked: there is an address, but which is unknown`,
				`i-bp67acfmxazb4p**** EipAddress "42.112.**.**" is masked: there is an address, but which is unknown`,
				`i-bp67acfmxazb4p**** AutoReleaseTime "2017-12-10T04:04Z": it will be released by itself then`,
			},
			errs: []string{"inventory: incomplete: 1 server in cn-hangzhou, and the list says that there are more; fetch the other pages too"},
		},
		"describeinstances_doc2026_locked.json": {
			servers: []string{"i-bp67acfmxazb4p**** ECS cn-hangzhou pay-as-you-go locked created 2017-12-10T04:04:00Z expires - ip []"},
			notes: []string{
				`i-bp67acfmxazb4p**** OperationLocks "Recycling" holds although the status says otherwise: taken as locked`,
				`i-bp67acfmxazb4p**** EipAddress "42.112.**.**" is masked: there is an address, but which is unknown`,
				`i-bp67acfmxazb4p**** AutoReleaseTime "2017-12-10T04:04Z": it will be released by itself then`,
			},
			errs: []string{"inventory: incomplete: 1 server in cn-hangzhou, and the list says that there are more; fetch the other pages too"},
		},
		"describeinstanceautorenewattribute_doc2021.json": {
			errs: []string{"inventory: byte 0: not an inventory of a known format: an object with InstanceRenewAttributes"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got want
			servers, errs := read(bytes.NewReader(sample(t, name)))
			for _, s := range servers {
				got.servers = append(got.servers, facts(s))
				for _, n := range s.Notes {
					got.notes = append(got.notes, string(s.Instance.ID)+" "+n.String())
				}
				unknown := s.Instance
				if unknown.Owner != "" || unknown.TermMonths != 0 || unknown.Trial != 0 || unknown.IPHeld != 0 || unknown.Downgraded != 0 {
					t.Errorf("%s: a fact that no inventory gives is known: %+v", unknown.ID, unknown)
				}
			}
			for _, err := range errs {
				got.errs = append(got.errs, err.Error())
			}
			if d := cmp.Diff(w, got, cmp.AllowUnexported(want{})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	// A file that is added must be added here.
	files, err := filepath.Glob(filepath.Join(samples, "*.json"))
	if err != nil || len(files) != 11 {
		t.Errorf("%d sample files, %v; want 11", len(files), err)
	}
}

func TestNames(t *testing.T) {
	servers, _ := read(bytes.NewReader(sample(t, "describeinstances_cn-hangzhou_2024.json")))
	if got := servers[0].Name; got != "iZbp1h4adlltjc1d48goddZ" {
		t.Errorf("the name is %q; HostName must not take its place", got)
	}
}

// TestStrings: texts are read as encoding/json reads them.
func TestStrings(t *testing.T) {
	for _, text := range []string{
		`"a b"`, `"\"\\\/\b\f\n\r\t"`, `"\u0039\u00aF\u09Fa\uABCD"`, `"\ud83d\ude00 \ud83d \ude00"`,
		`"\ud83d\u0041"`, `"\ud83dx"`, `"\ud83d\n"`, `"\ud83d"`, "\"\xff\u00e9中\U0001F600\x7f\"", `"\u0000"`,
	} {
		var want string
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if got := one(t, inList(server(`InstanceName:`+text))).Name; got != want {
			t.Errorf("%s is read as %q, want %q", text, got, want)
		}
	}
	for _, c := range "/:@G`g" {
		if _, errs := readText(inList(server(`InstanceName:"\u000` + string(c) + `"`))); len(errs) != 1 || !strings.Contains(errs[0].Error(), "hexadecimal") {
			t.Errorf("%c is no hexadecimal digit, but: %v", c, errs)
		}
	}
}

// server returns a list of one server: a healthy subscription with the given
// members, which replace its own of the same name. An empty value removes one.
// TestTraps holds what real lists get wrong, one trap a case.
func TestTraps(t *testing.T) {
	const (
		rest  = "subscription running created 2025-03-01T02:00:00Z expires 2027-03-01T16:00:00Z "
		whole = rest + "ip [47.96.1.180]"
	)
	for _, c := range []struct {
		name    string
		members []string
		want    string // facts after ID, product and region
		notes   string
	}{
		{"nothing special", nil, whole, ""},

		// Billing and dates.
		{"pay-as-you-go has no expiry", []string{`InstanceChargeType:"PostPaid"`}, "pay-as-you-go running created 2025-03-01T02:00:00Z expires - ip [47.96.1.180]", ""},
		{"charge type missing", []string{`InstanceChargeType:`}, "billing? running created 2025-03-01T02:00:00Z expires - ip [47.96.1.180]", ""},
		{"charge type of another product", []string{`InstanceChargeType:"PayBySpec"`}, "billing? running created 2025-03-01T02:00:00Z expires - ip [47.96.1.180]", `InstanceChargeType "PayBySpec" cannot be read: taken as unknown`},
		{"charge type is not a text", []string{`InstanceChargeType:["PrePaid"]`}, "billing? running created 2025-03-01T02:00:00Z expires - ip [47.96.1.180]", `InstanceChargeType cannot be read: taken as unknown`},
		{"subscription for ever", []string{`ExpiredTime:"2099-12-31T15:59Z"`}, "subscription running created 2025-03-01T02:00:00Z expires - ip [47.96.1.180]", `ExpiredTime "2099-12-31T15:59Z" is a placeholder although it is a subscription: taken as unknown`},
		{"subscription since 1970", []string{`ExpiredTime:"1970-01-01T00:00Z"`}, "subscription running created 2025-03-01T02:00:00Z expires - ip [47.96.1.180]", `ExpiredTime "1970-01-01T00:00Z" cannot be read: taken as unknown`},
		{"subscription of no length", []string{`ExpiredTime:"2025-03-01T02:00Z"`}, "subscription running created 2025-03-01T02:00:00Z expires 2025-03-01T02:00:00Z ip [47.96.1.180]", `ExpiredTime "2025-03-01T02:00Z" is not after the creation`},
		{"expiry missing", []string{`ExpiredTime:`}, "subscription running created 2025-03-01T02:00:00Z expires - ip [47.96.1.180]", ""},
		{"expiry empty", []string{`ExpiredTime:""`}, "subscription running created 2025-03-01T02:00:00Z expires - ip [47.96.1.180]", ""},
		{"two kinds of instants", []string{`CreationTime:"2025-03-01T02:00:06Z"`}, "subscription running created 2025-03-01T02:00:06Z expires 2027-03-01T16:00:00Z ip [47.96.1.180]", ""},
		{"an offset to the west", []string{`CreationTime:"2025-02-28T22:00-04:00"`}, whole, ""},
		{"an offset that is none", []string{`CreationTime:"2025-03-01T10:00*08:00"`}, "subscription running created - expires 2027-03-01T16:00:00Z ip [47.96.1.180]", `CreationTime "2025-03-01T10:00*08:00" cannot be read: taken as unknown`},
		{"an offset of 24 hours", []string{`CreationTime:"2025-03-01T10:00+24:00"`}, "subscription running created - expires 2027-03-01T16:00:00Z ip [47.96.1.180]", `CreationTime "2025-03-01T10:00+24:00" cannot be read: taken as unknown`},
		{"seconds cut off", []string{`CreationTime:"2025-03-01T10:00:0"`}, "subscription running created - expires 2027-03-01T16:00:00Z ip [47.96.1.180]", `CreationTime "2025-03-01T10:00:0" cannot be read: taken as unknown`},
		{"no digits behind the point", []string{`CreationTime:"2025-03-01T10:00:00.Z"`}, "subscription running created - expires 2027-03-01T16:00:00Z ip [47.96.1.180]", `CreationTime "2025-03-01T10:00:00.Z" cannot be read: taken as unknown`},
		{"thirteen signs that are no number", []string{`CreationTime:"17646437450x0"`}, "subscription running created - expires 2027-03-01T16:00:00Z ip [47.96.1.180]", `CreationTime "17646437450x0" cannot be read: taken as unknown`},
		{"milliseconds and an offset", []string{`CreationTime:"2025-03-01T10:00:06.250+0800"`}, "subscription running created 2025-03-01T02:00:06Z expires 2027-03-01T16:00:00Z ip [47.96.1.180]", ""},
		{"a date that is none", []string{`CreationTime:"2025-02-30T02:00Z"`}, "subscription running created - expires 2027-03-01T16:00:00Z ip [47.96.1.180]", `CreationTime "2025-02-30T02:00Z" cannot be read: taken as unknown`},
		{"the sale cycle is no term", []string{`SaleCycle:"Week"`}, whole, ""},
		{"scheduled release", []string{`AutoReleaseTime:"2026-04-01T00:00Z"`}, whole, `AutoReleaseTime "2026-04-01T00:00Z": it will be released by itself then`},

		// Status and locks.
		{"running with a financial lock", []string{`OperationLocks:{"LockReason":[{"LockReason":"financial","LockMsg":"overdue"}]}`}, strings.Replace(whole, "running", "locked", 1), `OperationLocks "financial" holds although the status says otherwise: taken as locked`},
		{"stopped with a lock", []string{`Status:"Stopped"`, `OperationLocks:{"LockReason":[{"LockReason":"security"}]}`}, strings.Replace(whole, "running", "locked", 1), ""},
		{"capital letters in a lock", []string{`Status:"Stopped"`, `OperationLocks:{"LockReason":[{"LockReason":"Recycling"}]}`}, strings.Replace(whole, "running", "locked", 1), ""},
		{"refunded in capitals, among others", []string{`Status:"Stopped"`, `OperationLocks:{"LockReason":[{"LockReason":"financial"},{"LockReason":"Refunded"},{"LockReason":"security"}]}`}, strings.Replace(whole, "running", "refunded", 1), ""},
		{"a lock as a single object", []string{`OperationLocks:{"LockReason":{"LockReason":"financial"}}`}, strings.Replace(whole, "running", "locked", 1), `OperationLocks "financial" holds although the status says otherwise: taken as locked`},
		{"locks as texts", []string{`OperationLocks:{"LockReason":["financial","security"]}`}, strings.Replace(whole, "running", "locked", 1), `OperationLocks "financial, security" holds although the status says otherwise: taken as locked`},
		{"a lock that does not say why", []string{`OperationLocks:{"LockReason":[{"LockMsg":"?"}]}`}, strings.Replace(whole, "running", "locked", 1), `OperationLocks holds although the status says otherwise: taken as locked`},
		{"a lock whose reason is empty", []string{`OperationLocks:{"LockReason":[{"LockReason":""}]}`}, strings.Replace(whole, "running", "locked", 1), `OperationLocks holds although the status says otherwise: taken as locked`},
		{"an empty object for the list of locks", []string{`OperationLocks:{"LockReason":{}}`}, whole, ""},
		{"null locks", []string{`OperationLocks:{"LockReason":null}`}, whole, ""},
		{"empty locks from XML", []string{`OperationLocks:{"LockReason":""}`}, whole, ""},
		{"empty locks from XML, shorter", []string{`OperationLocks:""`}, whole, ""},
		{"locks that are a number", []string{`OperationLocks:7`}, strings.Replace(whole, "running", "status?", 1), `OperationLocks cannot be read: taken as unknown`},
		{"locks missing", []string{`OperationLocks:`}, strings.Replace(whole, "running", "status?", 1), `OperationLocks is missing: whether it is locked is unknown, and so whether it runs normally`},
		{"locks null", []string{`OperationLocks:null`}, strings.Replace(whole, "running", "status?", 1), `OperationLocks is missing: whether it is locked is unknown, and so whether it runs normally`},
		{"locks missing of a stopped server", []string{`Status:"Stopping"`, `OperationLocks:`}, strings.Replace(whole, "running", "stopped", 1), ""},
		{"starting", []string{`Status:"Starting"`}, strings.Replace(whole, "running", "pending", 1), ""},
		{"pending", []string{`Status:"Pending"`}, strings.Replace(whole, "running", "pending", 1), ""},
		{"a status of another product", []string{`Status:"Resetting"`}, strings.Replace(whole, "running", "status?", 1), `Status "Resetting" cannot be read: taken as unknown`},
		{"status missing", []string{`Status:`}, strings.Replace(whole, "running", "status?", 1), ""},

		// Public IPs.
		{"EIP only", []string{`PublicIpAddress:{"IpAddress":[]}`, `EipAddress:{"AllocationId":"eip-1","IpAddress":"47.96.1.181"}`, `InternetMaxBandwidthOut:0`}, rest + "ip [47.96.1.181]", ""},
		{"public IP and EIP are one server", []string{`EipAddress:{"IpAddress":"47.96.1.181"}`}, rest + "ip [47.96.1.180 47.96.1.181]", ""},
		{"one good address among others", []string{`PublicIpAddress:{"IpAddress":["none","10.0.0.1","121.**.**.1","47.96.1.180"]}`}, rest + "ip []",
			"PublicIpAddress \"none\" cannot be read: taken as unknown\nPublicIpAddress \"10.0.0.1\" is not counted: it is not a public address\nPublicIpAddress \"121.**.**.1\" is masked: there is an address, but which is unknown"},
		{"two addresses without bandwidth", []string{`InternetMaxBandwidthOut:0`, `PublicIpAddress:{"IpAddress":["47.96.1.180","47.96.1.181"]}`}, rest + "no-ip []",
			"PublicIpAddress \"47.96.1.180\" is not counted: InternetMaxBandwidthOut is 0\nPublicIpAddress \"47.96.1.181\" is not counted: InternetMaxBandwidthOut is 0"},
		{"the same address twice", []string{`EipAddress:{"IpAddress":"47.96.1.180"}`}, whole, ""},
		{"EIP is an empty object", []string{`EipAddress:{}`}, whole, ""},
		{"none", []string{`PublicIpAddress:{"IpAddress":[]}`}, rest + "no-ip []", ""},
		{"null list", []string{`PublicIpAddress:{"IpAddress":null}`}, rest + "no-ip []", ""},
		{"single text for a list", []string{`PublicIpAddress:{"IpAddress":"47.96.1.180"}`}, whole, ""},
		{"empty text for a list", []string{`PublicIpAddress:{"IpAddress":""}`}, rest + "no-ip []", ""},
		{"text for the object", []string{`PublicIpAddress:"47.96.1.180"`}, whole, ""},
		{"list for the object", []string{`PublicIpAddress:["47.96.1.180"]`}, whole, ""},
		{"public IP missing", []string{`PublicIpAddress:`}, rest + "ip? []", ""},
		{"public IP null", []string{`PublicIpAddress:null`}, rest + "ip? []", ""},
		{"EIP missing", []string{`PublicIpAddress:{"IpAddress":[]}`, `EipAddress:`}, rest + "ip? []", ""},
		{"EIP missing, but a public IP", []string{`EipAddress:`}, whole, ""},
		{"masked", []string{`PublicIpAddress:{"IpAddress":["121.40.**.**"]}`}, rest + "ip []", `PublicIpAddress "121.40.**.**" is masked: there is an address, but which is unknown`},
		{"masked with spaces", []string{`PublicIpAddress:{"IpAddress":["121.40. **. **"]}`}, rest + "ip []", `PublicIpAddress "121.40. **. **" is masked: there is an address, but which is unknown`},
		{"masked with XX", []string{`PublicIpAddress:{"IpAddress":[]}`, `EipAddress:{"IpAddress":"42.112.XX.XX"}`}, rest + "ip []", `EipAddress "42.112.XX.XX" is masked: there is an address, but which is unknown`},
		{"no address at all", []string{`PublicIpAddress:{"IpAddress":["none"]}`}, rest + "ip? []", `PublicIpAddress "none" cannot be read: taken as unknown`},
		{"a number", []string{`PublicIpAddress:{"IpAddress":[7]}`}, rest + "ip? []", `PublicIpAddress cannot be read: taken as unknown`},
		{"an address with a zone", []string{`PublicIpAddress:{"IpAddress":["fe80::1%eth0"]}`}, rest + "ip? []", `PublicIpAddress "fe80::1%eth0" cannot be read: taken as unknown`},
		{"IPv6", []string{`PublicIpAddress:{"IpAddress":["2408:4321:180:1701::1"]}`}, rest + "ip [2408:4321:180:1701::1]", ""},
		{"IPv4 in IPv6", []string{`PublicIpAddress:{"IpAddress":["::ffff:47.96.1.180"]}`}, whole, ""},
		{"a private address", []string{`PublicIpAddress:{"IpAddress":["172.16.0.14"]}`}, rest + "no-ip []", `PublicIpAddress "172.16.0.14" is not counted: it is not a public address`},
		{"a carrier's address", []string{`PublicIpAddress:{"IpAddress":["100.100.0.1"]}`}, rest + "no-ip []", `PublicIpAddress "100.100.0.1" is not counted: it is not a public address`},
		{"stopped without charges", []string{`Status:"Stopped"`, `StoppedMode:"StopCharging"`}, strings.Replace(rest, "running", "stopped", 1) + "no-ip []", `PublicIpAddress "47.96.1.180" is not counted: StopCharging releases the address`},
		{"stopped without charges, no field", []string{`Status:"Stopped"`, `StoppedMode:"StopCharging"`, `PublicIpAddress:`}, strings.Replace(rest, "running", "stopped", 1) + "no-ip []", ""},
		{"stopped without charges keeps its EIP", []string{`Status:"Stopped"`, `StoppedMode:"StopCharging"`, `PublicIpAddress:{"IpAddress":[]}`, `EipAddress:{"IpAddress":"47.96.1.181"}`}, strings.Replace(rest, "running", "stopped", 1) + "ip [47.96.1.181]", ""},
		{"an address without bandwidth", []string{`InternetMaxBandwidthOut:0`}, rest + "no-ip []", `PublicIpAddress "47.96.1.180" is not counted: InternetMaxBandwidthOut is 0`},
		{"bandwidth as a text", []string{`InternetMaxBandwidthOut:"0"`}, rest + "no-ip []", `PublicIpAddress "47.96.1.180" is not counted: InternetMaxBandwidthOut is 0`},
		{"bandwidth missing", []string{`InternetMaxBandwidthOut:`}, whole, ""},
		{"bandwidth of minus one", []string{`InternetMaxBandwidthOut:-1`}, whole, ""},
		{"an EIP without address", []string{`PublicIpAddress:{"IpAddress":[]}`, `EipAddress:{"AllocationId":"eip-1","IpAddress":""}`}, rest + "ip? []", `EipAddress "eip-1" has no address: whether there is one is unknown`},
		{"an EIP without the field of its address", []string{`PublicIpAddress:{"IpAddress":[]}`, `EipAddress:{"AllocationId":"eip-1"}`}, rest + "ip? []", `EipAddress "eip-1" has no address: whether there is one is unknown`},
		{"an allocation that is no EIP's", []string{`PublicIpAddress:{"IpAddress":[],"AllocationId":"x"}`, `EipAddress:{"AllocationId":7,"IpAddress":""}`}, rest + "no-ip []", ""},
		{"secondary interfaces may have an EIP", []string{`PublicIpAddress:{"IpAddress":[]}`, `NetworkInterfaces:{"NetworkInterface":[{"Type":"Primary"},{"Type":"Secondary"}]}`}, rest + "ip? []", `NetworkInterfaces "2": the list does not say whether a secondary interface has an EIP`},
		{"secondary interfaces beside an address", []string{`NetworkInterfaces:{"NetworkInterface":[{},{}]}`}, whole, ""},
		{"interfaces in another shape", []string{`PublicIpAddress:{"IpAddress":[]}`, `NetworkInterfaces:{"Total":2,"NetworkInterface":{}}`}, rest + "no-ip []", ""},
		{"one interface", []string{`PublicIpAddress:{"IpAddress":[]}`, `NetworkInterfaces:{"NetworkInterface":[{"Type":"Primary"}]}`}, rest + "no-ip []", ""},

		// Keys and texts.
		{"keys that differ in case", []string{`STATUS:"Stopped"`, `status:"Stopped"`, `instanceId:"i-2"`, `Instancename:""`, `PublicIPAddress:{"IpAddress":[]}`}, whole, ""},
		{"escapes", []string{`Status:"Runn\u0069ng"`}, whole, ""},
		{"numbers and texts nobody reads", []string{`Cpu:"2"`, `Memory:1.5e+3`, `VlanId:10`, `SpotPriceLimit:-0.98`, `Tags:{"Tag":[[{"a":[null,true,false]}]]}`}, whole, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := one(t, inList(server(c.members...)))
			if got, want := facts(s), "i-1 ECS cn-hangzhou "+c.want; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if got := notes(s); got != c.notes {
				t.Errorf("notes:\n%s\nwant:\n%s", got, c.notes)
			}
			if s.Name != "web" || s.Instance.Provider != "alibaba" {
				t.Errorf("name %q, provider %q", s.Name, s.Instance.Provider)
			}
		})
	}
}

// TestShapes: the same two servers, wrapped in every way that is accepted.
func TestShapes(t *testing.T) {
	a, b := server(), server(`InstanceId:"i-2"`)
	want, errs := readText(inList(a, b))
	if len(want) != 2 || len(errs) > 0 {
		t.Fatal(len(want), errs)
	}
	list := inList(a, b)
	inner := strings.TrimSuffix(strings.TrimPrefix(list, "{"), "}")
	for name, text := range map[string]string{
		"other fields before":     `{"TotalCount":2,"PageNumber":1,"PageSize":10,"RequestId":"x","NextToken":"",` + inner + `}`,
		"other fields after":      `{` + inner + `,"PageSize":"10","NextToken":null,"RequestId":{"a":[1]},"TotalCount":"2","PageNumber":""}`,
		"other fields in between": `{"Instances":{"x":1,"Instance":[` + a + `,` + b + `],"y":[{}]}}`,
		"white space":             " \n\t\r" + strings.ReplaceAll(list, ",", " ,\r\n\t ") + "\n\n",
		"byte order mark":         "\xEF\xBB\xBF" + list,
		"old wrapper":             `{"DescribeInstancesResponse":` + list + `}`,
		"a body that is none":     `{"body":"x",` + inner + `}`,
		"SDK wrapper":             `{"headers":{"x":"y"},"statusCode":200,"body":` + list + `}`,
		"two documents":           inList(a) + "\n" + inList(b),
		"two documents, no space": inList(a) + inList(b),
		"list of documents":       "[" + inList(a) + "," + inList(b) + "]",
		"single objects":          `{"Instances":{"Instance":` + a + `}}{"Instances":{"Instance":` + b + `}}`,
		"bare servers":            a + b,
		"one server a line":       a + "\n" + b + "\n",
		"list of servers":         "[" + a + "," + b + "]",
		"empty lists around":      `[]{"Instances":{"Instance":[]}}{"Instances":{"Instance":null}}{"Instances":{"Instance":""}}{"Instances":null}{"Instances":""}{"Instances":{}}` + list,
	} {
		t.Run(name, func(t *testing.T) {
			got, errs := readText(text)
			if d := cmp.Diff(want, got, equal...); d != "" || len(errs) > 0 {
				t.Errorf("errors %v; servers (-want +got):\n%s", errs, d)
			}
		})
	}
}

func TestOtherFormats(t *testing.T) {
	for name, text := range map[string]string{
		"an error of the API":       `{"Code":"Forbidden.RAM","Message":"no","RequestId":"1"}`,
		"an empty object":           `{}`,
		"Simple Application Server": `{"Instances":[{"InstanceId":"1","RegionId":"cn-hangzhou"}],"TotalCount":1}`,
		"one of these":              `{"InstanceId":"1","RegionId":"cn-hangzhou","ChargeType":"PrePaid","Status":"Running"}`,
		"Tencent Cloud":             `{"Response":{"InstanceSet":[]}}`,
		"a server of these":         `{"InstanceId":"ins-1","InstanceChargeType":"PREPAID","Placement":{}}`,
		"EIPs":                      `{"EipAddresses":{"EipAddress":[]}}`,
		"a list in a text":          `{"Instances":"[]"}`,
		"servers as a number":       `{"Instances":{"Instance":5}}`,
	} {
		t.Run(name, func(t *testing.T) {
			servers, errs := readText(text)
			if len(servers) != 0 || len(errs) != 1 || !errors.Is(errs[0], inventory.ErrFormat) {
				t.Errorf("%d servers, %v; want ErrFormat", len(servers), errs)
			}
		})
	}
}

func TestPages(t *testing.T) {
	n := 0
	page := func(servers int, fields string) string {
		var list []string
		for range servers {
			n++
			list = append(list, server(fmt.Sprintf(`InstanceId:"i-%d"`, n)))
		}
		return strings.TrimSuffix(inList(list...), "}") + fields + "}\n"
	}
	const incomplete = "incomplete"
	for _, c := range []struct{ name, text, want string }{
		{"one page", page(2, `,"TotalCount":2,"PageNumber":1,"PageSize":10,"NextToken":""`), ""},
		{"first of two", page(2, `,"TotalCount":3,"PageNumber":1,"PageSize":2,"NextToken":""`), "2 of 3 servers"},
		{"second of two", page(1, `,"TotalCount":3,"PageNumber":2,"PageSize":2`), "1 of 3 servers"},
		{"both", page(2, `,"TotalCount":3,"PageNumber":1,"PageSize":2`) + page(1, `,"TotalCount":3,"PageNumber":2,"PageSize":2`), ""},
		{"both, in the order of a shell", page(1, `,"TotalCount":3,"PageNumber":2,"PageSize":2`) + page(2, `,"TotalCount":3,"PageNumber":1,"PageSize":2`), ""},
		{"and an empty one", page(2, `,"TotalCount":2,"PageNumber":1,"PageSize":2`) + page(0, `,"TotalCount":2,"PageNumber":2,"PageSize":2`), ""},
		{"the same page twice", page(2, `,"TotalCount":4,"PageNumber":1,"PageSize":2`) + page(2, `,"TotalCount":4,"PageNumber":1,"PageSize":2`), "4 of 8 servers"},
		{"two regions", page(2, `,"TotalCount":2,"PageNumber":1,"PageSize":10`) + page(3, `,"TotalCount":3,"PageNumber":1,"PageSize":10`), ""},
		{"two regions, the first incomplete", page(2, `,"TotalCount":5,"PageNumber":1,"PageSize":2`) + page(3, `,"TotalCount":3,"PageNumber":1,"PageSize":10`), "2 of 5 servers"},
		{"an absurd page number", page(2, `,"TotalCount":4,"PageNumber":1,"PageSize":2`) + page(2, `,"TotalCount":4,"PageNumber":2000000,"PageSize":2`), ""},
		{"by token, all", page(2, `,"NextToken":"a"`) + page(2, `,"NextToken":"b"`) + page(1, `,"NextToken":""`), ""},
		{"by token, with the total", page(2, `,"TotalCount":5,"NextToken":"a"`) + page(3, `,"TotalCount":5,"NextToken":""`), ""},
		{"by token, not the last", page(2, `,"NextToken":"a"`) + page(2, `,"NextToken":"b"`), "4 servers in cn-hangzhou, and the list"},
		{"by token, total missed", page(2, `,"TotalCount":9,"NextToken":"a"`) + page(3, `,"TotalCount":9,"NextToken":""`), "5 of 9 servers"},
		{"total reached, but a token", page(2, `,"TotalCount":2,"PageNumber":1,"PageSize":10,"NextToken":"a"`), "2 servers in cn-hangzhou, and the list"},
		{"no numbers", page(2, ``), ""},
		{"a server left out counts", `{"Instances":{"Instance":[7]},"TotalCount":1}`, "server 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, errs := readText(c.text)
			got := ""
			if len(errs) == 1 {
				got = errs[0].Error()
			}
			if len(errs) > 1 || !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("errors %v, want %q", errs, c.want)
			}
			var i *inventory.IncompleteError
			if strings.HasPrefix(got, "inventory: "+incomplete) != (len(errs) == 1 && errors.As(errs[0], &i)) {
				t.Errorf("%v is not an IncompleteError", errs)
			}
		})
	}
	for _, bad := range []string{`"x"`, `-1`, `1.5`, `99999999999`, `[1]`, `true`} {
		_, errs := readText(page(1, `,"TotalCount":`+bad))
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), "TotalCount is not a whole number") {
			t.Errorf("TotalCount %s: %v", bad, errs)
		}
	}
}

func TestNoteTexts(t *testing.T) {
	for k := inventory.NoteUnreadable; k <= inventory.NoteFilesDirectly; k++ {
		n := inventory.Note{Kind: k, Field: "Field", Value: "a\x1b[31mb\"c"}
		for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
			text := n.Text(l)
			if !strings.Contains(text, `Field "a\x1b[31mb\"c"`) || strings.Contains(text, "%") || strings.Contains(text, "\x1b") {
				t.Errorf("note %d: %s", k, text)
			}
		}
		if n.Text(icpcode.Chinese) == n.String() {
			t.Errorf("note %d is not translated", k)
		}
	}
	if s := (inventory.Note{}).String() + (inventory.Note{Kind: inventory.NoteFilesDirectly + 1}).String(); s != "" {
		t.Errorf("a note of no kind: %q", s)
	}
}

// FuzzECS: no input panics or hangs; what is accepted is JSON, and what is
// JSON is not called malformed.
func FuzzECS(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(samples, "*.json"))
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 20_000 {
			f.Add(b)
		}
	}
	f.Add([]byte(inList(server(`Status:"R\ud83d\ude00\u00e9\\\/\"\b\f\n\r\t"`, `a:[{},[],1e5,-0.5,true,false,null]`))))
	f.Add([]byte(`[` + server() + `,` + inList(server()) + `]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		servers, errs := read(bytes.NewReader(data))
		slow, slowErrs := read(iotest.OneByteReader(bytes.NewReader(data)))
		if d := cmp.Diff(servers, slow, equal...); d != "" || fmt.Sprint(errs) != fmt.Sprint(slowErrs) {
			t.Errorf("depends on how the input is cut: %v, %v\n%s", errs, slowErrs, d)
		}
		for _, s := range servers {
			if s.Instance.ID == "" {
				t.Error("a server without ID")
			}
		}
		var e *inventory.InputError
		fatal := len(errs) > 0 && errors.As(errs[len(errs)-1], &e)
		valid := true
		text := bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
		for d := json.NewDecoder(bytes.NewReader(text)); ; {
			var v json.RawMessage
			err := d.Decode(&v)
			if err == io.EOF {
				break
			}
			if err != nil {
				valid = false
				break
			}
		}
		if !fatal && !valid {
			t.Errorf("accepted although it is not JSON")
		}
		if fatal && valid && (strings.Contains(e.Err.Error(), "found") || errors.Is(e, io.ErrUnexpectedEOF)) &&
			!strings.Contains(e.Err.Error(), "instead of an object") && len(bytes.TrimSpace(text)) > 0 {
			t.Errorf("%v although it is JSON", e)
		}
	})
}

func BenchmarkECS(b *testing.B) {
	data := sample(b, "describeinstances_cn-hangzhou_2024.json")
	b.Run("inventory", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range inventory.ECS(bytes.NewReader(data)) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) { // the floor
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			var v struct {
				Instances struct {
					Instance []struct {
						ID                                         string `json:"InstanceId"`
						Region                                     string `json:"RegionId"`
						InstanceName, InstanceChargeType           string
						Status, StoppedMode                        string
						CreationTime, ExpiredTime, AutoReleaseTime string
						PublicIP                                   struct {
							IPs []string `json:"IpAddress"`
						} `json:"PublicIpAddress"`
						EIP struct {
							IP         string `json:"IpAddress"`
							Allocation string `json:"AllocationId"`
						} `json:"EipAddress"`
						OperationLocks          struct{ LockReason []struct{ LockReason string } }
						InternetMaxBandwidthOut int
					}
				}
			}
			if err := json.NewDecoder(bytes.NewReader(data)).Decode(&v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package inventory_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// holds runs f and returns how much the heap grew at most when f let it be
// looked at.
func holds(t *testing.T, f func(check func())) uint64 {
	t.Helper()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most, checks := heap(), uint64(0), 0
	f(func() {
		checks++
		most = max(most, heap())
	})
	if checks == 0 {
		t.Fatal("nobody looked")
	}
	return max(most, before) - before
}

// TestMixed reads all sample files one after the other as one input: what is
// read is what they are read as one by one, whatever is between them.
func TestMixed(t *testing.T) {
	var text strings.Builder
	var want, incomplete []string
	for _, pattern := range []string{"testdata/*/*.json", samples + "/*.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(b)
			text.WriteString("\n")
			servers, errs := readAny(string(b), nil)
			for _, s := range servers {
				want = append(want, s.Format.String()+facts(s)+notes(s))
			}
			var record *inventory.RecordError
			for _, err := range errs {
				if errors.As(err, &record) {
					want = append(want, record.Err.Error())
					continue
				}
				incomplete = append(incomplete, err.Error())
			}
		}
	}
	var got, gotIncomplete []string
	last := 0
	for s, err := range inventory.Read(strings.NewReader(text.String()), nil) {
		var record *inventory.RecordError
		if errors.As(err, &record) {
			got = append(got, record.Err.Error())
			last = record.Record
			continue
		}
		if err != nil {
			gotIncomplete = append(gotIncomplete, err.Error())
			continue
		}
		got = append(got, s.Format.String()+facts(s)+notes(s))
		if s.Record <= last {
			t.Errorf("record %d comes after record %d", s.Record, last)
		}
		last = s.Record
		if c := text.String()[s.Offset]; c != '{' {
			t.Errorf("record %d begins with %q at byte %d", s.Record, c, s.Offset)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// Two ECS lists with a token, of one region, length and server, are one here. One by
	// one they are two; an ECS list of 58, ALB and NLB are incomplete either way.
	if len(incomplete) != 5 || len(gotIncomplete) != 4 || !strings.Contains(fmt.Sprint(gotIncomplete), "incomplete: 1 server in cn-hangzhou, and the list says") {
		t.Errorf("incomplete: %q, one by one %q", gotIncomplete, incomplete)
	}
}

// give is what to do where it cannot be told what an input is.
const give = "; give servers, such as aliyun ecs DescribeInstances, tccli cvm DescribeInstances or hcloud ECS ListServersDetails prints"

// TestBetween: what is no record stands between those that are.
func TestBetween(t *testing.T) {
	a, b := inList(server()), inList(server(`InstanceId:"i-2"`))
	for _, c := range []struct{ name, text, want string }{
		{"an error of the API", `{"Code":"Throttling.User","Message":"slow","RequestId":"1"}`, `the provider answered with the error "Throttling.User"; nothing was listed: mend that and ask again`},
		{"an error of Tencent's", `{"Response":{"Error":{"Code":"AuthFailure","Message":"no"},"RequestId":"1"}}`, `the provider answered with the error "AuthFailure"; nothing was listed: mend that and ask again`},
		{"an empty object", `{}`, "it is an empty object"},
		{"something else", `{"a":1,"b":{"InstanceId":1},"Status":"x"}`, `an object with Status, "a", "b"` + give},
		{"much else", `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}`, `an object with "a", "b", "c", "d", "e"` + give},
		{"long keys", `{"` + strings.Repeat("a", 100) + `":1}`, `an object with "` + strings.Repeat("a", 32) + `"` + give},
		{"a key that would end the name of another", `{"a\u0000b":1}`, `an object with "a", "b"` + give},
	} {
		t.Run(c.name, func(t *testing.T) {
			servers, errs := readAny(a+c.text+b, nil)
			if len(servers) != 2 || servers[1].Instance.ID != "i-2" || servers[1].Record != 3 {
				t.Errorf("servers %v", servers)
			}
			var e *inventory.RecordError
			if len(errs) != 1 || !errors.As(errs[0], &e) || e.Record != 2 || e.Format != 0 || !errors.Is(e, inventory.ErrFormat) {
				t.Fatalf("errors %v", errs)
			}
			if got := e.Err.Error(); got != inventory.ErrFormat.Error()+": "+c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// TestLists: what a key of a list can hold.
func TestLists(t *testing.T) {
	const swas = `{"InstanceId":"s-1","RegionId":"cn-hangzhou","ChargeType":"PrePaid","PublicIpAddress":"47.96.1.180","Status":"Running"}`
	for _, c := range []struct{ name, text, want string }{
		{"a list of SWAS", `{"Instances":[` + swas + `]}`, "Alibaba Cloud SWAS"},
		{"a list of ECS, unwrapped", `{"Instances":[` + server() + `]}`, "Alibaba Cloud ECS"},
		{"two lists in one document", `{"Instances":[` + swas + `],"NatGateways":{"NatGateway":[{"NatGatewayId":"n"}]},"TotalCount":7}`, "Alibaba Cloud SWAS Alibaba Cloud NAT gateway"},
		{"an unwrapped list of gateways", `{"NatGateways":[{"NatGatewayId":"n"}]}`, "Alibaba Cloud NAT gateway"},
		{"null", `{"InstanceSet":null,"TotalCount":0}`, ""},
		{"an empty text", `{"NatGateways":""}`, ""},
		{"an empty text inside", `{"NatGateways":{"NatGateway":""}}`, ""},
		{"null inside", `{"NatGateways":{"NatGateway":null,"x":[1]}}`, ""},
		{"an empty object", `{"NatGateways":{}}`, ""},
		{"a text", `{"NatGateways":"x"}`, "byte 15: not an inventory of a known format: a text instead of a list"},
		{"a number", `{"NatGateways":7}`, "byte 15: not an inventory of a known format: the value of NatGateways is of another kind"},
		{"a number inside", `{"NatGateways":{"NatGateway":7}}`, "byte 29: not an inventory of a known format: the value of NatGateway is of another kind"},
		{"an object for a list", `{"InstanceSet":{"a":1}}`, "byte 15: not an inventory of a known format: the value of InstanceSet is of another kind"},
		{"cut off", `{"InstanceSet":`, "byte 15: unexpected EOF instead of a value"},
		{"cut off inside", `{"NatGateways":{"NatGateway":`, "byte 29: unexpected EOF instead of a value"},
		{"the list twice", `{"InstanceSet":[],"InstanceSet":[]}`, "byte 32: the key InstanceSet is there twice"},
		{"not an object", `{"InstanceSet":[7]}`, "server 1, byte 16: is not an object"},
		{"a server without ID", `{"InstanceSet":[{}]}`, "server 1, byte 16: InstanceId is missing"},
		{"a key twice, inside", `{"InstanceSet":[{"InstanceId":"i","Placement":{"Zone":"a-1","Zone":"b-1"}}]}`, "server 1, byte 16: has the key Zone twice"},
		{"a key twice, alone", `{"InstanceId":"i","InstanceChargeType":"PREPAID","Placement":{},"Placement":{}}`, "server 1, byte 0: has the key Placement twice"},
		{"each without ID", `[{"Instances":[{}]},{"LoadBalancers":{"LoadBalancer":[{}]}},{"LoadBalancers":[{},{"LoadBalancerType":"Network"}]},{"NatGateways":[{}]},{"Ipv6Translators":[{}]},{"servers":[{}]},{"EipAddresses":[{}]},{"AddressSet":[{}]},{"InstanceSet":[{"BundleId":""}]}]`,
			"server 1, byte 15: InstanceId is missing server 2, byte 54: LoadBalancerId is missing server 3, byte 78: LoadBalancerId is missing server 4, byte 81: LoadBalancerId is missing " +
				"server 5, byte 130: NatGatewayId is missing server 6, byte 155: Ipv6TranslatorId is missing server 7, byte 172: id is missing address 8, byte 194: AllocationId is missing address 9, byte 214: AddressId is missing " +
				"server 10, byte 235: InstanceId is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			servers, errs := readAny(c.text, nil)
			var got []string
			for _, s := range servers {
				got = append(got, s.Format.String())
			}
			for _, err := range errs {
				got = append(got, strings.TrimPrefix(err.Error(), "inventory: "))
			}
			if g := strings.Join(got, " "); g != c.want {
				t.Errorf("got  %s\nwant %s", g, c.want)
			}
		})
	}
}

// TestTotals: a list of Tencent's or Huawei's has a total and no page numbers.
func TestTotals(t *testing.T) {
	page := func(total int, ids ...string) string {
		var list []string
		for _, id := range ids {
			list = append(list, `{"InstanceId":"ins-`+id+`"}`)
		}
		return fmt.Sprintf(`{"Response":{"TotalCount":%d,"InstanceSet":[%s]}}`, total, strings.Join(list, ","))
	}
	for _, c := range []struct{ name, text, want string }{
		{"whole", page(2, "a", "b"), ""},
		{"the first page", page(3, "a", "b"), "incomplete: 2 of 3 servers"},
		{"both pages", page(3, "a", "b") + page(3, "c"), ""},
		{"two regions", page(2, "a", "b") + page(2, "c", "d"), ""},
		{"two regions, one incomplete", page(3, "a", "b") + page(2, "c", "d"), "incomplete: 2 of 3 servers"},
		{"other lists in between", page(3, "a", "b") + inList(server()) + page(3, "c"), ""},
		{"Huawei", `{"count":2,"servers":[{"id":"a"}]}`, "incomplete: 1 of 2 servers"},
		{"NLB with an empty last page", `{"LoadBalancers":[{"LoadBalancerId":"nlb-a","LoadBalancerType":"Network"}],"TotalCount":1,"NextToken":"x"}{"LoadBalancers":[],"TotalCount":1,"NextToken":""}`, ""},
		{"ALB with an empty last page", `{"LoadBalancers":[{"LoadBalancerId":"alb-a"}],"TotalCount":1,"NextToken":"x"}{"LoadBalancers":[],"TotalCount":1,"NextToken":""}`, ""},
		{"ALB and NLB, both with a page to come", `{"LoadBalancers":[{"LoadBalancerId":"alb-a"}],"TotalCount":2,"NextToken":"x"}{"LoadBalancers":[{"LoadBalancerId":"nlb-b","LoadBalancerType":"Network"}],"TotalCount":3,"NextToken":"x"}`,
			"incomplete: 1 of 2 servers; fetch the other pages too inventory: incomplete: 1 of 3 servers"},
		{"each kind of list by itself", page(3, "a") + `{"count":2,"servers":[{"id":"a"}]}`, "incomplete: 1 of 3 servers; fetch the other pages too inventory: incomplete: 1 of 2 servers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, errs := readAny(c.text, nil)
			var got []string
			for _, err := range errs {
				got = append(got, err.Error())
			}
			if g := strings.Join(got, " "); !strings.Contains(g, c.want) || c.want == "" && g != "" {
				t.Errorf("got %s, want %s", g, c.want)
			}
		})
	}
	// A loop that breaks at the first is not called again.
	n := 0
	for _, err := range inventory.Read(strings.NewReader(page(3)+`{"count":2,"servers":[]}`), nil) {
		if err == nil {
			t.Error("a server out of nothing")
		}
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d rounds", n)
	}
}

// TestRecordLimits: no record takes memory without bound.
func TestRecordLimits(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`"1.2.3.4",`, 5000), ",")
	long := strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("x", 60_000)+`",`, 10), ",")
	deep := strings.Repeat("[", 102)
	_, errs := readAny(inList(server(`PublicIpAddress:`+deep)), nil)
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "deeper than 100") {
		t.Errorf("nested too deep: %v", errs)
	}
	for name, c := range map[string]struct{ member, want string }{
		"many values": {`PublicIpAddress:[` + many + `]`, "has more than 4096 values"},
		"long values": {`PublicIpAddress:[` + long + `]`, "holds more than 256 KiB"},
	} {
		servers, errs := readAny(inList(server(c.member), server()), nil)
		var e *inventory.RecordError
		if len(servers) != 1 || len(errs) != 1 || !errors.As(errs[0], &e) || e.Err.Error() != c.want {
			t.Errorf("%s: %d servers, %v", name, len(servers), errs)
		}
		servers, errs = readAny(server(c.member)+server(), nil)
		if len(servers) != 1 || len(errs) != 1 || !errors.As(errs[0], &e) || e.Err.Error() != c.want {
			t.Errorf("%s, alone: %d servers, %v", name, len(servers), errs)
		}
	}
}

// TestHolds: no record, however large, makes the reader hold much.
func TestHolds(t *testing.T) {
	long := strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("x", 60_000)+`",`, 4), ",")
	many := strings.TrimSuffix(strings.Repeat(`"",`, 4000), ",")
	one := server(`InstanceName:"`+strings.Repeat("x", 15_000)+`"`, `PublicIpAddress:{"IpAddress":[`+long+`]}`, `EipAddress:{"IpAddress":[`+many+`]}`, `Description:"`+strings.Repeat("x", 1<<20)+`"`) + "\n"
	held := holds(t, func(check func()) {
		for s, err := range inventory.Read(io.LimitReader(&again{text: one}, int64(20*len(one))), nil) {
			if err != nil || s.Instance.ID != "i-1" {
				t.Fatal(s.Instance.ID, err)
			}
			check()
		}
	})
	if held > 4<<20 {
		t.Errorf("%d KiB are held, want at most 4 MiB", held>>10)
	}
}

// again is a reader of a text again and again, of any length.
type again struct {
	text string
	at   int
}

func (r *again) Read(b []byte) (int, error) {
	n := copy(b, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

// TestAlone: what a filter leaves of a list, one record a line.
func TestAlone(t *testing.T) {
	for text, want := range map[string]inventory.Format{
		server(): inventory.AlibabaECS,
		`{"InstanceId":"a","ChargeType":"PrePaid","RegionId":"cn-hangzhou","Status":"Running","PublicIpAddress":""}`: inventory.AlibabaSWAS,
		`{"LoadBalancerId":"a","LoadBalancerStatus":"active","PayType":"PrePay"}`:                                    inventory.AlibabaCLB,
		`{"LoadBalancerId":"alb-a","LoadBalancerStatus":"Active"}`:                                                   inventory.AlibabaALB,
		`{"LoadBalancerId":"nlb-a","LoadBalancerStatus":"Active","OperationLocks":[]}`:                               inventory.AlibabaNLB,
		`{"NatGatewayId":"a","InstanceChargeType":"PrePaid"}`:                                                        inventory.AlibabaNAT,
		`{"Ipv6TranslatorId":"a","PayType":"Prepay"}`:                                                                inventory.AlibabaNAT64,
		`{"InstanceId":"a","InstanceChargeType":"PREPAID","Placement":{}}`:                                           inventory.TencentCVM,
		`{"InstanceId":"a","InstanceChargeType":"PREPAID","BundleId":"b"}`:                                           inventory.TencentLighthouse,
		`{"id":"a","metadata":{"charging_mode":"1"},"status":"ACTIVE"}`:                                              inventory.HuaweiECS,
		`{"id":"a"}`: inventory.OwnJSON,
	} {
		for _, text := range []string{text, text + "\n", "[" + text + "]", `{"body":` + text + `}`} {
			if s := oneOf(t, want, text); s.Instance.ID == "" {
				t.Errorf("%s: no ID", text)
			}
		}
	}
	for _, text := range []string{`{"AllocationId":"a","IpAddress":"47.96.1.180"}`, `{"AddressId":"a","AddressIp":"47.96.1.180"}`} {
		var a inventory.Addresses
		servers, errs := readAny(text, &inventory.Options{Addresses: &a})
		if len(servers)+len(errs) > 0 || a.Len() != 1 {
			t.Errorf("%s: %d addresses, %v %v", text, a.Len(), servers, errs)
		}
	}
	// One too little of each.
	for _, text := range []string{
		`{"InstanceId":"a"}`, `{"LoadBalancerId":"a"}`, `{"NatGatewayId":"a"}`, `{"Ipv6TranslatorId":"a"}`, `{"AllocationId":"a"}`, `{"AddressId":"a"}`,
		`{"InstanceId":"a","ChargeType":"PrePaid","RegionId":"cn-hangzhou","Status":"Running"}`, `{"LoadBalancerId":"a","LoadBalancerStatus":"Active"}`,
		`{"id":"a","metadata":{}}`, `{"id":"a","metadata":{},"status":"ACTIVE"}`, `{"name":"a"}`, `{"InstanceId":"a","InstanceChargeType":"PREPAID"}`, `{"InstanceId":"a","ChargeType":"PrePaid","RegionId":"x"}`,
	} {
		servers, errs := readAny(text, nil)
		if len(servers) > 0 || len(errs) != 1 || !errors.Is(errs[0], inventory.ErrFormat) {
			t.Errorf("%s: %v %v", text, servers, errs)
		}
	}
}

func TestFormatNames(t *testing.T) {
	seen := make(map[string]bool)
	for f := inventory.AlibabaECS; f <= inventory.OwnCSV; f++ {
		name := f.String()
		if name == "" || name == "unknown" || seen[name] {
			t.Errorf("format %d is %q", f, name)
		}
		seen[name] = true
	}
	for _, f := range []inventory.Format{0, inventory.OwnCSV + 1} {
		if f.String() != "unknown" {
			t.Errorf("format %d is %q", f, f)
		}
	}
}

// TestECSOnly: ECS takes nothing else, also of what Read knows.
func TestECSOnly(t *testing.T) {
	for _, text := range []string{`{"id":"w-1"}`, `{"servers":[{"id":"a"}]}`, `{"NatGateways":[{"NatGatewayId":"n"}]}`, `{"Instances":[` + server() + `]}`} {
		servers, errs := readText(text)
		var e *inventory.InputError
		if len(servers) != 0 || len(errs) != 1 || !errors.As(errs[0], &e) || !errors.Is(e, inventory.ErrFormat) {
			t.Errorf("%s: %v %v", text, servers, errs)
		}
	}
	if servers, errs := readText("id\nw-1\n"); len(servers) != 0 || len(errs) != 1 {
		t.Errorf("a CSV: %v %v", servers, errs)
	}
	// What Read says of an ECS list is what ECS says.
	for s, err := range inventory.Read(strings.NewReader(inList(server())), nil) {
		if err != nil || s.Instance.Product != icpcode.ECS || s.Format != inventory.AlibabaECS || s.Offset != 26 || s.Record != 1 {
			t.Error(s)
		}
	}
}

// TestOddValues puts odd values for every value of every sample file: whatever
// a tool prints, nothing panics, every server is sound, and what is wrong is
// said to be wrong with a record or a list.
func TestOddValues(t *testing.T) {
	odd := []string{`null`, `""`, `7`, `-1.5`, `true`, `"x"`, `[]`, `[[]]`, `{}`, `[{}]`, `{"a":[1]}`, `"2099-12-31T15:59Z"`, `"` + strings.Repeat("y", 300) + `"`}
	tried := 0
	for _, pattern := range []string{"testdata/*/*.json", samples + "/*.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(b) > 10_000 {
				continue
			}
			for _, at := range values(b) {
				for _, v := range odd {
					text := string(b[:at[0]]) + v + string(b[at[1]:])
					var a inventory.Addresses
					servers, errs := readAny(text, &inventory.Options{Addresses: &a})
					tried++
					for _, s := range servers {
						a.Apply(&s)
						sound(t, s)
					}
					for _, err := range errs {
						var input *inventory.InputError
						if errors.As(err, &input) && !errors.Is(err, inventory.ErrFormat) && !strings.Contains(err.Error(), "is not a whole number") && at[0] > 0 {
							t.Errorf("%s with %s at byte %d: %v", file, v, at[0], err)
						}
					}
					if t.Failed() {
						t.Fatalf("%s with %s at byte %d", file, v, at[0])
					}
				}
			}
		}
	}
	if tried < 10_000 {
		t.Errorf("only %d were tried", tried)
	}
}

// values returns where the values of a JSON document begin and end.
func values(b []byte) (spans [][2]int) {
	d := json.NewDecoder(bytes.NewReader(b))
	var open []int
	key := func() bool { // is the last token a key?
		rest := bytes.TrimLeft(b[d.InputOffset():], " \t\r\n")
		return len(rest) > 0 && rest[0] == ':'
	}
	for {
		from := int(d.InputOffset())
		token, err := d.Token()
		if err != nil {
			return spans
		}
		from += len(b[from:]) - len(bytes.TrimLeft(b[from:], " \t\r\n,:"))
		switch token {
		case json.Delim('{'), json.Delim('['):
			open = append(open, from)
		case json.Delim('}'), json.Delim(']'):
			spans = append(spans, [2]int{open[len(open)-1], int(d.InputOffset())})
			open = open[:len(open)-1]
		default:
			if !key() {
				spans = append(spans, [2]int{from, int(d.InputOffset())})
			}
		}
	}
}

// TestCut cuts every sample file at every eleventh byte: what is read is a
// prefix of what is in it, and it is always said that something is missing.
func TestCut(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSpace(string(b))
		want, _ := readAny(text, nil)
		for n := 0; n < len(text); n += 11 {
			got, errs := readAny(text[:n], nil)
			if len(errs) != 1 || !errors.Is(errs[0], io.ErrUnexpectedEOF) {
				t.Fatalf("%s cut at byte %d: %v", file, n, errs)
			}
			if len(got) > len(want) || len(got) > 0 && cmp.Diff(want[:len(got)], got, equal...) != "" {
				t.Fatalf("%s cut at byte %d: %v", file, n, got)
			}
		}
	}
}

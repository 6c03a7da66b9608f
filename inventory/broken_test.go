package inventory_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// TestRecordErrors: a server that cannot be told apart is left out, with its
// place, and the others are answered.
func TestRecordErrors(t *testing.T) {
	for _, c := range []struct{ name, server, want string }{
		{"no ID", server(`InstanceId:`), "InstanceId is missing"},
		{"empty ID", server(`InstanceId:""`), "InstanceId is missing"},
		{"null ID", server(`InstanceId:null`), "InstanceId is missing"},
		{"an ID that is a list", server(`InstanceId:["i-1"]`), "InstanceId is missing"},
		{"space around it", server(`InstanceId:" i-1"`), "InstanceId has space around it"},
		{"a control character", server(`InstanceId:"i\u00001"`), "InstanceId has a control character"},
		{"not UTF-8", server("InstanceId:\"i\xff\""), "InstanceId is not valid UTF-8"},
		{"too long", server(`InstanceId:"` + strings.Repeat("i", 129) + `"`), "InstanceId is longer than 128 bytes"},
		{"a key twice", server(`Status:"Running","Status":"Stopped"`), "has the key Status twice"},
		{"not an object", `["i-1"]`, "is not an object"},
		{"null", `null`, "is not an object"},
		{"an ENS server", server(`EnsRegionId:"cn-hangzhou-telecom"`), "not an inventory of a known format: a list of another product: Alibaba Cloud edge services (ENS); give servers: aliyun ecs DescribeInstances, aliyun swas-open ListInstances"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := `{"Instances":{"Instance":[` + server(`InstanceId:"i-0"`) + `, `
			servers, errs := readText(before + c.server + `,` + server(`InstanceId:"i-2"`) + `]}}`)
			if len(servers) != 2 || servers[0].Instance.ID != "i-0" || servers[1].Instance.ID != "i-2" {
				t.Errorf("servers %v", servers)
			}
			var e *inventory.RecordError
			if len(errs) != 1 || !errors.As(errs[0], &e) {
				t.Fatalf("errors %v", errs)
			}
			if e.Record != 2 || e.Offset != int64(len(before)) || e.Err.Error() != c.want {
				t.Errorf("%v, want server 2, byte %d: %s", e, len(before), c.want)
			}
			if !errors.Is(e, e.Err) || !strings.HasPrefix(e.Error(), "inventory: server 2, byte ") {
				t.Errorf("%v", e)
			}
		})
	}
	// A bare server too.
	servers, errs := readText(server() + server(`InstanceId:" "`) + server())
	var e *inventory.RecordError
	if len(servers) != 2 || len(errs) != 1 || !errors.As(errs[0], &e) || e.Record != 2 || e.Offset != int64(len(server())) {
		t.Errorf("%d servers, %v", len(servers), errs)
	}
	if s := one(t, inList(server(`InstanceId:"服务器"`))); s.Instance.ID != "服务器" {
		t.Errorf("the ID is %s", s.Instance.ID)
	}
	// An ID of 128 bytes is one.
	if s := one(t, inList(server(`InstanceId:"`+strings.Repeat("i", 128)+`"`))); len(s.Instance.ID) != 128 {
		t.Errorf("the ID is %s", s.Instance.ID)
	}
}

// TestInputErrors: what cannot be read on ends the sequence with its place,
// after the servers before it.
func TestInputErrors(t *testing.T) {
	first := `{"Instances":{"Instance":[` + server()
	list := inList(server())
	for _, c := range []struct {
		name, text string
		servers    int
		record     int
		offset     int
		want       string
	}{
		{"empty", "", 0, 0, 0, "unexpected EOF instead of a value"},
		{"white space", " \n", 0, 0, 2, "unexpected EOF instead of a value"},
		{"a text", `"Instances"`, 0, 0, 0, "found '\"' instead of an object"},
		{"an HTML page", "<html>", 0, 0, 0, "found '<' instead of a value"},
		{"truncated after a server", first, 1, 0, len(first), "unexpected EOF instead of a comma or the end of the list"},
		{"truncated in the second", first + `,{"InstanceId":"i-`, 1, 2, len(first) + 18, "unexpected EOF instead of the rest of a string"},
		{"truncated in a number", first + `,{"Cpu":-`, 1, 2, len(first) + 9, "unexpected EOF instead of a digit"},
		{"truncated in a literal", first + `,{"Cpu":tru`, 1, 2, len(first) + 11, "unexpected EOF instead of true"},
		{"a comma too many", first + `,]`, 1, 2, len(first) + 1, "found ']' instead of a value"},
		{"a comma too many in an object", first + `,{"a":1,}`, 1, 2, len(first) + 8, "found '}' instead of a key"},
		{"no comma", first + first, 1, 0, len(first), "found '{' instead of a comma or the end of the list"},
		{"no colon", `{"Instances" {}}`, 0, 0, 13, "found '{' instead of a colon"},
		{"no quotes", `{Instances:{}}`, 0, 0, 1, "found 'I' instead of a key"},
		{"trailing garbage", list + "x", 1, 0, len(list), "found 'x' instead of a value"},
		{"trailing bracket", list + "]", 1, 0, len(list), "found ']' instead of a value"},
		{"a zero byte", list + "\x00", 1, 0, len(list), "found '\\x00' instead of a value"},
		{"trailing number", list + "12", 1, 0, len(list), "found '1' instead of an object"},
		{"a new line in a text", "{\"a\":\"\n\"}", 0, 0, 6, "found '\\n' instead of the rest of a string"},
		{"an escape that is none", `{"a":"\x"}`, 0, 0, 7, "found 'x' instead of an escape sequence"},
		{"a digit that is none", `{"a":"\u00g0"}`, 0, 0, 10, "found 'g' instead of a hexadecimal digit"},
		{"a leading zero", `{"a":01}`, 0, 0, 6, "found '1' instead of a comma or the end of the object"},
		{"a point too many", `{"a":1.}`, 0, 0, 7, "found '}' instead of a digit"},
		{"an exponent without digits", `{"a":1e+}`, 0, 0, 8, "found '}' instead of a digit"},
		{"a literal that is none", `{"a":nul}`, 0, 0, 8, "found '}' instead of null"},
		{"the list twice", `{"Instances":{},"Instances":{}}`, 0, 0, 28, "the key Instances is there twice"},
		{"UTF-16", "\xFF\xFE{\x00}\x00", 0, 0, 0, "the text is UTF-16; convert it to UTF-8"},
		{"UTF-16, the other way", "\xFE\xFF\x00{\x00}", 0, 0, 0, "the text is UTF-16; convert it to UTF-8"},
		{"nested too deep", `{"a":` + strings.Repeat("[", 102), 0, 0, 106, "values are nested deeper than 100 levels"},
		{"wrappers nested too deep", strings.Repeat(`{"body":`, 102), 0, 0, 808, "values are nested deeper than 100 levels"},
		{"documents nested too deep", strings.Repeat("[", 102), 0, 0, 101, "values are nested deeper than 100 levels"},
	} {
		t.Run(c.name, func(t *testing.T) {
			servers, errs := readText(c.text)
			var e *inventory.InputError
			if len(servers) != c.servers || len(errs) != 1 || !errors.As(errs[0], &e) {
				t.Fatalf("%d servers, errors %v; want %d servers", len(servers), errs, c.servers)
			}
			if e.Record != c.record || e.Offset != int64(c.offset) || e.Err.Error() != c.want {
				t.Errorf("server %d, byte %d: %v\nwant %d, %d: %s", e.Record, e.Offset, e.Err, c.record, c.offset, c.want)
			}
			if !errors.Is(e, e.Err) || !strings.HasPrefix(e.Error(), "inventory: ") {
				t.Errorf("%v", e)
			}
		})
	}
}

// TestTruncated cuts a list at every byte, and a file at every seventh: what
// is read is a prefix, and it is always said that something is missing.
func TestTruncated(t *testing.T) {
	for _, c := range []struct {
		text string
		step int
	}{
		{`{"TotalCount":2,` + strings.TrimPrefix(inList(server(), server(`InstanceId:"i-2"`)), "{"), 1},
		{strings.TrimSpace(string(sample(t, "describeinstances_cn-beijing_2024.json"))), 7},
	} {
		want, errs := readText(c.text)
		if len(want) != 2 || len(errs) != 0 {
			t.Fatal(want, errs)
		}
		for n := 0; n < len(c.text); n += c.step {
			got, errs := readText(c.text[:n])
			if len(errs) != 1 || !errors.Is(errs[0], io.ErrUnexpectedEOF) {
				t.Fatalf("cut at byte %d: %v", n, errs)
			}
			if d := cmp.Diff(want[:len(got)], got, equal...); len(got) > 0 && d != "" {
				t.Fatalf("cut at byte %d (-want +got):\n%s", n, d)
			}
		}
	}
}

// TestReaders: how a reader cuts its data makes no difference.
func TestReaders(t *testing.T) {
	data := sample(t, "describeinstances_cn-beijing_2024.json")
	want, _ := read(bytes.NewReader(data))
	for name, r := range map[string]io.Reader{
		"one byte at a time": iotest.OneByteReader(bytes.NewReader(data)),
		"half":               iotest.HalfReader(bytes.NewReader(data)),
		"data with EOF":      iotest.DataErrReader(bytes.NewReader(data)),
	} {
		got, errs := read(r)
		if d := cmp.Diff(want, got, equal...); d != "" || len(errs) > 0 {
			t.Errorf("%s: %v (-want +got):\n%s", name, errs, d)
		}
	}
}

type badReader struct{ n int }

func (b badReader) Read(p []byte) (int, error) { return b.n, nil }

func TestReaderErrors(t *testing.T) {
	cause := errors.New("disk on fire")
	list := inList(server())
	servers, errs := read(io.MultiReader(strings.NewReader(list[:len(list)-3]), iotest.ErrReader(cause)))
	var e *inventory.InputError
	if len(servers) != 1 || len(errs) != 1 || !errors.As(errs[0], &e) || !errors.Is(e, cause) || e.Offset != int64(len(list)-3) {
		t.Errorf("%d servers, %v", len(servers), errs)
	}
	// Also where the input could end.
	_, errs = read(io.MultiReader(strings.NewReader(list), iotest.ErrReader(cause)))
	if len(errs) != 1 || !errors.Is(errs[0], cause) {
		t.Errorf("%v", errs)
	}
	_, errs = read(badReader{0})
	if len(errs) != 1 || !errors.Is(errs[0], io.ErrNoProgress) {
		t.Errorf("a reader without progress: %v", errs)
	}
	for _, n := range []int{-1, 1 << 20} {
		_, errs = read(badReader{n})
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), "impossible count") {
			t.Errorf("a reader that returns %d: %v", n, errs)
		}
	}
}

// TestStop: a loop that breaks is not called again, wherever it breaks.
func TestStop(t *testing.T) {
	text := inList(server(), server(`InstanceId:""`), server(`InstanceId:"i-2"`)) + server(`InstanceId:"i-3"`) + inList(server(`InstanceId:"i-4"`))
	for stop := 1; stop <= 5; stop++ {
		n := 0
		for s, err := range inventory.ECS(strings.NewReader(text)) {
			if (err == nil) != (s.Instance.ID != "") {
				t.Errorf("%v and %v", s, err)
			}
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("%d rounds, want %d", n, stop)
		}
	}
}

// TestLimits: no part of one server takes memory without bound.
func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for name, text := range map[string]string{
		"a value that is kept": inList(server(`InstanceName:"` + long + `"`)),
		"a key":                inList(server(long + `:1`)),
		"a number":             inList(server(`InternetMaxBandwidthOut:` + strings.Repeat("1", 1<<20))),
	} {
		_, errs := readText(text)
		if len(errs) != 1 || !errors.Is(errs[0], inventory.ErrTooLong) {
			t.Errorf("%s: %v", name, errs)
		}
	}
	// What nobody reads may be as long as it likes.
	if s := one(t, inList(server(`Description:"`+long+`"`, `Memory:`+strings.Repeat("1", 1<<20)))); s.Instance.ID != "i-1" {
		t.Error(s)
	}
	many := func(value string, n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(value+",", n), ",") + "]"
	}
	s := one(t, inList(server(`PublicIpAddress:{"IpAddress":`+many(`"47.96.1.180"`, 1000)+`}`)))
	if s.Instance.PublicIP != icpcode.Yes || len(s.Instance.IPs) != 0 || !strings.Contains(notes(s), "more than 256") {
		t.Errorf("%v", s)
	}
	s = one(t, inList(server(`StoppedMode:"StopCharging"`, `PublicIpAddress:{"IpAddress":`+many(`"47.96.1.180"`, 1000)+`}`)))
	if s.Instance.PublicIP != icpcode.No {
		t.Errorf("%v", s)
	}
	var distinct []string
	for i := range 256 {
		distinct = append(distinct, fmt.Sprintf(`"47.96.2.%d"`, i))
	}
	s = one(t, inList(server(`PublicIpAddress:{"IpAddress":[`+strings.Join(distinct, ",")+`]}`, `EipAddress:{"IpAddress":"47.96.1.181"}`)))
	if s.Instance.PublicIP != icpcode.Yes || len(s.Instance.IPs) != 256 {
		t.Errorf("%d addresses, want 256", len(s.Instance.IPs))
	}
	s = one(t, inList(server(`Status:"`+strings.Repeat("x", 64)+`"`, `InstanceChargeType:"`+strings.Repeat("x", 65)+`"`)))
	for _, n := range s.Notes {
		if n.Value != strings.Repeat("x", 64) {
			t.Errorf("a note of %d bytes", len(n.Value))
		}
	}
	s = one(t, inList(server(`OperationLocks:{"LockReason":`+many(`"financial"`, 1000)+`}`)))
	if s.Instance.Status != icpcode.StatusLocked || len(s.Notes) != 1 || len(s.Notes[0].Value) > 64 {
		t.Errorf("%v", s)
	}
	s = one(t, inList(server(`PublicIpAddress:`+strings.Repeat("[", 50)+`"47.96.1.180"`+strings.Repeat("]", 50), `OperationLocks:`+strings.Repeat("[", 50)+strings.Repeat("]", 50))))
	if s.Instance.PublicIP != icpcode.Unknown || s.Instance.Status != icpcode.StatusUnknown {
		t.Errorf("%v", s)
	}
	s = one(t, inList(server(`Status:{}`, `StoppedMode:{}`, `InstanceName:{}`, `CreationTime:{}`, `ExpiredTime:{}`, `RegionId:{}`)))
	if len(s.Notes) != 6 || s.Instance.Region != "" {
		t.Errorf("%v", s)
	}
	if s = one(t, inList(server(`RegionId:null`))); s.Instance.Region != "" || len(s.Notes) != 0 {
		t.Errorf("%v", s)
	}
	s = one(t, inList(server(`RegionId:" cn "`, `NetworkInterfaces:[]`, `a:"\u00Ff"`)))
	if s.Instance.Region != "" || notes(s) != `RegionId " cn " cannot be read: taken as unknown` {
		t.Errorf("%v", s)
	}
}

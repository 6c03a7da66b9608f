package inventory_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// addSamples seeds a fuzz test with the sample files, and with records of our
// own formats.
func addSamples(f *testing.F) {
	seeds := 0
	for _, pattern := range []string{"testdata/*/*.json", "testdata/cases/files/*", samples + "/*.json"} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			if len(b) < 20_000 {
				f.Add(b)
				seeds++
			}
		}
	}
	if seeds < 20 {
		f.Fatalf("%d samples", seeds)
	}
	for _, doc := range otherLists(f) {
		if len(doc) < 500 {
			f.Add([]byte(doc))
		}
	}
	for format, fields := range documented {
		var m [][2]string
		for _, x := range fields {
			m = append(m, [2]string{x.name, x.value})
		}
		f.Add(fmt.Appendf(nil, documentedLists[format], record(m, nil)))
	}
	for _, text := range []string{
		"id,name,owner,product,provider,region,billing,status,term_months,created,expires,public_ip,ips,trial,partner_ip\n" +
			"w-1,\"店, 1\",1001,ECS,alibaba,cn-hangzhou,PrePaid,running,12,2026-03-01,2027-03-01 10:00,yes,47.96.1.180 2408::1,no,yes\n# x\n,,,\n\"\n",
		"id,owner\nw-1,#N/A\n#REF!,1\n#DIV/0!",
		`{"id":"w-1","term_months":12,"trial":false,"ips":["47.96.1.180"],"public_ip":true}` + "\n" + `{"id":"w-2","expires":null}`,
		eips(`"InstanceId":"i-1","IpAddress":"47.96.1.180"`, `"InstanceId":"eni-2","IpAddress":"47.96.1.181"`) +
			inList(server(`NetworkInterfaces:{"NetworkInterface":[{"NetworkInterfaceId":"eni-1"},{"NetworkInterfaceId":"eni-2"}]}`)),
		`{"server":{"id":"h","metadata":{"charging_mode":"1"},"status":"ACTIVE","addresses":{"n":[{"addr":"47.96.1.180","OS-EXT-IPS:type":"floating"}]}}}`,
		`{"Response":{"Error":{"Code":"x"}}}[{"Code":"y"}]`,
	} {
		f.Add([]byte(text))
	}
}

// sound checks what holds for every server.
func sound(t *testing.T, s inventory.Server) {
	t.Helper()
	i := &s.Instance
	if i.ID == "" || len(i.ID) > 128 || !utf8.ValidString(string(i.ID)) || !utf8.ValidString(s.Name) {
		t.Errorf("ID %q, name %q", i.ID, s.Name)
	}
	if len(i.IPs) > 256 || len(i.IPs) > 0 && i.PublicIP != icpcode.Yes {
		t.Errorf("%d addresses, public IP %d", len(i.IPs), i.PublicIP)
	}
	own := s.Format == inventory.OwnCSV || s.Format == inventory.OwnJSON
	if !own && (i.Billing != icpcode.Subscription && !i.Expires.IsZero() || i.TermMonths != 0 || i.Owner != "" || i.Trial != 0 || i.IPHeld != 0 || i.PartnerIP || i.Product == "" || i.Provider == "") {
		t.Errorf("a fact that no provider's list gives: %+v", i)
	}
	for _, x := range [...]time.Time{i.Created, i.Expires} {
		if y := x.Year(); !x.IsZero() && (y < 2000 || y > 9998) {
			t.Errorf("the year is %d", y)
		}
	}
	// The engine must take what was read for facts.
	set, err := icpcode.Alibaba().At(time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	r := icpcode.IssueRequest{Actor: "1001", Quantity: 1, Instance: *i}
	d := set.Check(r, 0, time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	if d.Pass|d.Fail|d.Unknown == 0 {
		t.Errorf("the engine decides nothing about %+v", i)
	}
	for _, n := range s.Notes {
		for _, l := range [...]icpcode.Lang{icpcode.English, icpcode.Chinese} {
			if text := n.Text(l); text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }) {
				t.Errorf("the note %q is not safe to print", text)
			}
		}
	}
}

// isJSON reports whether data is JSON values one after the other.
func isJSON(data []byte) bool {
	for d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")))); ; {
		var v json.RawMessage
		err := d.Decode(&v)
		if err == io.EOF {
			return true
		}
		if err != nil {
			return false
		}
	}
}

// FuzzRead: no input panics or hangs, how it is cut makes no difference, every
// server is sound, and what begins like JSON and is accepted is JSON.
func FuzzRead(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		servers, errs := readAny(string(data), nil)
		var slow []inventory.Server
		var slowErrs []error
		for s, err := range inventory.Read(iotest.OneByteReader(bytes.NewReader(data)), nil) {
			if err != nil {
				slowErrs = append(slowErrs, err)
				continue
			}
			slow = append(slow, s)
		}
		if d := cmp.Diff(servers, slow, equal...); d != "" || fmt.Sprint(errs) != fmt.Sprint(slowErrs) {
			t.Errorf("depends on how the input is cut: %v, %v\n%s", errs, slowErrs, d)
		}
		record, offset := 0, int64(-1)
		for _, s := range servers {
			sound(t, s)
			if s.Record <= record || s.Offset <= offset || s.Offset >= int64(len(data)) || s.Format.String() == "unknown" {
				t.Errorf("record %d of format %d at byte %d after record %d at byte %d", s.Record, s.Format, s.Offset, record, offset)
			}
			record, offset = s.Record, s.Offset
		}
		var fatal *inventory.InputError
		ended := len(errs) > 0 && errors.As(errs[len(errs)-1], &fatal)
		if head := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")), " \t\r\n"); !ended && len(head) > 0 && (head[0] == '{' || head[0] == '[') && !isJSON(data) {
			t.Error("accepted although it is not JSON")
		}
	})
}

// FuzzCSV: the same for what begins like a CSV of ours.
func FuzzCSV(f *testing.F) {
	f.Add("id,name\nw-1,x\n", "\n")
	f.Add("id,created,expires,public_ip,ips,trial\nw-1,2026-03-01,2027-03-01T10:00Z,yes,47.96.1.180,no\n", "w-2,,,no,47.96.1.181,\n")
	f.Add("id\n", "\"a\nb\"\n# c\n\r\n\"\"\"")
	f.Fuzz(func(t *testing.T, head, rest string) {
		servers, errs := readAny("id,"+head+rest, nil)
		slow := 0
		for _, err := range inventory.Read(iotest.OneByteReader(strings.NewReader("id,"+head+rest)), nil) {
			if err == nil {
				slow++
			}
		}
		if slow != len(servers) {
			t.Errorf("%d servers, byte by byte %d", len(servers), slow)
		}
		for _, s := range servers {
			sound(t, s)
			if s.Format != inventory.OwnCSV {
				t.Errorf("it is read as %s", s.Format)
			}
		}
		var fatal *inventory.InputError
		for i, err := range errs {
			if errors.As(err, &fatal) && i != len(errs)-1 {
				t.Errorf("it goes on after %v", err)
			}
		}
	})
}

// FuzzAddresses: no input panics or hangs, and addresses change nothing of the
// servers of the same input but their addresses.
func FuzzAddresses(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var a, b inventory.Addresses
		for err := range a.Read(bytes.NewReader(data)) {
			if err == nil {
				t.Error("nothing was yielded")
			}
		}
		servers, _ := readAny(string(data), &inventory.Options{Addresses: &b})
		if a.Len() != b.Len() {
			t.Errorf("%d addresses alone, %d with servers", a.Len(), b.Len())
		}
		for _, s := range servers {
			before := s
			changes := a.Apply(&s)
			sound(t, s)
			if (len(changes) == 0) != (before.Instance.PublicIP == s.Instance.PublicIP && fmt.Sprint(before.Instance.IPs) == fmt.Sprint(s.Instance.IPs)) {
				t.Errorf("%v, %v to %v", changes, before.Instance.IPs, s.Instance.IPs)
			}
			if !s.Instance.Created.Equal(before.Instance.Created) || s.Instance.Status != before.Instance.Status || s.Instance.Billing != before.Instance.Billing {
				t.Errorf("%+v became %+v", before, s)
			}
		}
	})
}

// FuzzInstant: an instant is what package time reads, or unreadable.
func FuzzInstant(f *testing.F) {
	for _, s := range []string{"2025-03-01T02:00Z", "2025-03-01T02:00:06Z", "2025-03-01T10:00:06.250+0800", "2025-02-29T00:00Z", "2024-02-29T23:59:59.999999999-12:30", "1764643745000", "32493801600000", "2025-03-01T02:00:06.Z"} {
		f.Add(s)
	}
	strict := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$`)
	f.Fuzz(func(t *testing.T, s string) {
		b, err := json.Marshal(s)
		if err != nil || !utf8.ValidString(s) {
			return
		}
		servers, errs := readAny(`{"NatGateways":[{"NatGatewayId":"n","CreationTime":`+string(b)+`}]}`, nil)
		if len(servers) != 1 || len(errs) > 0 {
			return // too long a text
		}
		got := servers[0].Instance.Created
		var want time.Time
		for _, layout := range []string{"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04:05Z0700"} {
			if x, err := time.Parse(layout, s); err == nil && x.UTC().Year() >= 2000 && x.UTC().Year() <= 9998 {
				want = x
			}
		}
		digits := len(s) >= 12 && strings.Trim(s, "0123456789") == ""
		if !got.IsZero() && !got.Equal(want) && !digits {
			t.Errorf("%q is read as %v, want %v", s, got, want)
		}
		if got.IsZero() && !want.IsZero() && strict.MatchString(s) {
			t.Errorf("%q is not read, want %v", s, want)
		}
	})
}

// FuzzSurvey: no two inputs panic or hang; both readings say the same errors;
// each server is yielded once and is sound; the order of the inputs changes no
// fact, and nothing that is missing.
func FuzzSurvey(f *testing.F) {
	f.Add([]byte(total(4, "a", "b")), []byte(total(4, "b", "c")))
	f.Add([]byte(inList(server())), []byte(inList(server(`Status:"Stopped"`, `RegionId:"cn-hongkong"`, `PublicIpAddress:{"IpAddress":[]}`))))
	f.Add([]byte("id;status\nw;running\n"), []byte(`{"id":"w","status":"locked","ips":["47.96.1.180"]}`))
	f.Add([]byte(byToken("x", "a")), []byte(byToken("")))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		ids := make(map[string]bool)
		servers, wrong := surveyed(t, mainland, string(a), string(b))
		for _, s := range servers {
			sound(t, s)
			id := s.Instance.Provider + "\x00" + string(s.Instance.ID)
			if ids[id] {
				t.Errorf("%q is there twice", id)
			}
			ids[id] = true
			for _, k := range s.Conflicts {
				if len(k.Said) < 2 || k.Text(icpcode.English) == "" || k.Text(icpcode.Chinese) == "" {
					t.Errorf("the conflict %+v", k)
				}
			}
		}
		swapped, wrongSwapped := surveyed(t, mainland, string(b), string(a))
		if len(swapped) != len(servers) || len(wrongSwapped) != len(wrong) {
			t.Errorf("%d servers and %d errors, the other way round %d and %d", len(servers), len(wrong), len(swapped), len(wrongSwapped))
		}
	})
}

// FuzzFactsAgain: no input panics or hangs, and facts that are read can be
// applied, once for good.
func FuzzFactsAgain(f *testing.F) {
	f.Add([]byte("id,owner,trial,term_months,ip_held,expires\nw,1001,no,12,no,2027/1/11\n"))
	f.Add([]byte("实例ID;产品;地域;公网IP\nw;轻量应用服务器;华东1（杭州）;47.0.0.1、47.0.0.2\n"))
	f.Add([]byte("\xEF\xBB\xBFid\towner\n# x\nw\t1.2E+15\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		facts, err := inventory.ReadFacts(bytes.NewReader(data))
		if err != nil {
			return
		}
		for id := range facts.IDs() {
			s := inventory.Server{Instance: icpcode.Instance{ID: id}, Format: inventory.OwnCSV}
			first := facts.Apply(&s)
			sound(t, s)
			if again := facts.Apply(&s); len(again) > 0 {
				t.Errorf("%v, and once more %v", first, again)
			}
		}
	})
}

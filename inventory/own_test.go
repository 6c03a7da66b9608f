package inventory_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// all writes every fact of a server.
func all(s inventory.Server) string {
	return fmt.Sprintf("%s %q: %s %s, %s, trial %d, held %d, downgraded %d, %d and %d months, quota %d, partner %t, renew %d",
		s.Format, s.Name, s.Instance.Owner, s.Instance.Provider, facts(s), s.Instance.Trial, s.Instance.IPHeld, s.Instance.Downgraded,
		s.Instance.TermMonths, s.Instance.FirstTermMonths, s.Instance.ContractQuota, s.Instance.PartnerIP, s.Instance.AutoRenew)
}

// TestOwn: the same two servers in each of our own formats.
func TestOwn(t *testing.T) {
	const (
		first = `"店, 1": 1001 alibaba, w-1 ECS cn-hangzhou subscription running created 2026-02-28T16:00:00Z expires 2027-03-01T02:00:00Z ip [47.96.1.180 2408:4321::1] renews yes, ` +
			`trial 1, held 1, downgraded 1, 12 and 3 months, quota 7, partner true, renew 2`
		second = `"":  , w-2   billing? status? created - expires - ip? [], trial 0, held 0, downgraded 0, 0 and 0 months, quota 0, partner false, renew 0`
	)
	const columns = "id,name,owner,provider,product,region,billing,status,created,expires,public_ip,ips,trial,ip_held,downgraded,term_months,first_term_months,contract_quota,partner_ip,auto_renew"
	row := `w-1,"店, 1",1001,alibaba,ECS,cn-hangzhou,PrePaid,running,2026-03-01,2027-03-01T10:00+08:00,yes,47.96.1.180 2408:4321::1,no,no,no,12,3,7,yes,yes`
	object := `{"id":"w-1","name":"店, 1","owner":"1001","provider":"alibaba","product":"ECS","region":"cn-hangzhou","billing":"subscription","status":"running",` +
		`"created":"2026-03-01","expires":"2027-03-01 10:00","public_ip":true,"ips":["47.96.1.180","2408:4321::1"],"trial":false,"ip_held":"no","downgraded":false,` +
		`"term_months":12,"first_term_months":"3","contract_quota":7,"partner_ip":true,"auto_renew":true}`
	for _, c := range []struct{ name, format, text string }{
		{"CSV", "CSV", columns + "\n" + row + "\nw-2,,,,,,,,,,,,,,,,,,,\n"},
		{"CSV of a spreadsheet", "CSV", "\xEF\xBB\xBF" + columns + "\r\n" + row + "\r\n" + "w-2,,,,,,,,,,unknown,,,,,,,,,\r\n"},
		{"CSV with comments", "CSV", "# mine\n\n" + columns + "\n# one\n" + row + "\n\nw-2" + strings.Repeat(",", 19)},
		{"CSV in quotes", "CSV", `"` + strings.ReplaceAll(columns, ",", `","`) + "\"\n" + row + "\n w-2 ,,,,,,,,,,,,,,,,,,,"},
		{"JSON lines", "JSON", object + "\n" + `{"id":"w-2"}` + "\n"},
		{"JSON list", "JSON", "[" + object + `,{"name":null,"trial":null,"ips":[],"id":"w-2"}]`},
		{"JSON with unknowns", "JSON", object + `{"id":"w-2","trial":"unknown","term_months":"unknown","status":""}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			servers, errs := readAny(c.text, nil)
			if len(errs) > 0 || len(servers) != 2 {
				t.Fatal(servers, errs)
			}
			for i, want := range []string{first, second} {
				if got := all(servers[i]); got != c.format+" "+want {
					t.Errorf("got  %s\nwant %s %s", got, c.format, want)
				}
				if servers[i].Record != i+1 {
					t.Errorf("it is record %d, want %d", servers[i].Record, i+1)
				}
			}
		})
	}
}

// TestOwnErrors: a bad record is left out with its place, the others are read.
func TestOwnErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"CSV value", "id,trial\nw-1,no\nw-2,maybe\nw-3,yes\n", `server 2, byte 16: line 3, trial: "maybe" is not no, yes or unknown`},
		{"CSV without ID", "id,trial\nw-1,no\n,no\nw-3,yes\n", `server 2, byte 16: line 3, id is missing`},
		{"CSV with a bad ID", "id,trial\nw-1,no\na\x01b,no\nw-3,yes\n", `server 2, byte 16: line 3, id: has a control character`},
		{"CSV with a cell too many", "id,trial\nw-1,no\nw-2,no,no\nw-3,yes\n", `server 2, byte 16: line 3: wrong number of fields`},
		{"CSV with a quote too many", "id,trial\nw-1,no\nw\"2,no\nw-3,yes\n", `server 2, byte 16: line 3: bare " in non-quoted-field`},
		{"CSV that contradicts itself", "id,public_ip,ips\nw-1,no,\nw-2,no,47.96.1.180\nw-3,yes,\n", `server 2, byte 25: line 3, there are ips although public_ip is not yes`},
		{"CSV with a private address", "id,ips\nw-1,\nw-2,10.0.0.1\nw-3,\n", `server 2, byte 12: line 3, ips: "10.0.0.1" is not a public address`},
		{"JSON value", `{"id":"w-1"}{"id":"w-2","trial":7}{"id":"w-3"}`, `server 2, byte 12: trial: "7" is not no, yes or unknown`},
		{"JSON of another kind", `{"id":"w-1"}{"id":"w-2","trial":{}}{"id":"w-3"}`, `server 2, byte 12: trial is not a text, number, boolean or list of texts`},
		{"JSON list of numbers", `{"id":"w-1"}{"id":"w-2","ips":[7]}{"id":"w-3"}`, `server 2, byte 12: ips is not a text, number, boolean or list of texts`},
		{"JSON that contradicts itself", `{"id":"w-1"}{"ips":["47.96.1.180"],"public_ip":false,"id":"w-2"}{"id":"w-3"}`, `server 2, byte 12: there are ips although public_ip is not yes`},
		{"JSON with an empty ID", `{"id":"w-1"}{"id":""}{"id":"w-3"}`, `server 2, byte 12: id is missing`},
		{"JSON key twice", `{"id":"w-1"}{"id":"w-2","id":"w-4"}{"id":"w-3"}`, `server 2, byte 12: has the key id twice`},
		{"JSON with a key that nobody knows", `{"id":"w-1"}{"id":"w-2","Trial":true,"x":1}{"id":"w-3"}`, `server 2, byte 12: not an inventory of a known format: an object with id, "Trial", "x"` + give},
		{"JSON with a provider's key", `{"id":"w-1"}{"id":"w-2","Status":"Running"}{"id":"w-3"}`, `server 2, byte 12: not an inventory of a known format: a server with only some of its fields: id, Status; give the whole answer of the tool, without a filter such as jq or --query`},
	} {
		t.Run(c.name, func(t *testing.T) {
			servers, errs := readAny(c.text, nil)
			if len(servers) != 2 || servers[0].Instance.ID != "w-1" || servers[1].Instance.ID != "w-3" || servers[1].Record != 3 {
				t.Errorf("servers %v", servers)
			}
			var e *inventory.RecordError
			if len(errs) != 1 || !errors.As(errs[0], &e) || e.Error() != "inventory: "+c.want {
				t.Errorf("errors %v\nwant %s", errs, c.want)
			}
		})
	}
}

// TestOwnInput: what is no CSV of ours as a whole.
func TestOwnInput(t *testing.T) {
	cause := errors.New("disk on fire")
	for _, c := range []struct {
		name   string
		text   io.Reader
		offset int64
		want   string
		is     error
	}{
		{"a column that nobody knows", strings.NewReader("id,Trial\n"), 0, `unknown column "Trial"; columns are id, name, owner`, inventory.ErrFormat},
		{"prose", strings.NewReader("hello world"), 0, "the first line names none of the columns", inventory.ErrFormat},
		{"a header of others", strings.NewReader("name,colour\n"), 0, `unknown column "colour"`, inventory.ErrFormat},
		{"no ID", strings.NewReader("\n name,trial\nx,no\n"), 2, "there is no column id", inventory.ErrFormat},
		{"a column twice", strings.NewReader("id,name,name\n"), 0, "column name is there twice", inventory.ErrFormat},
		{"a quote", strings.NewReader("id,na\"me\n"), 0, `line 1: bare "`, inventory.ErrFormat},
		{"nothing but comments", strings.NewReader("# a\n#b"), 0, "unexpected EOF instead of a header line", io.ErrUnexpectedEOF},
		{"no more than the reader gives", io.MultiReader(strings.NewReader("id\nw-1\nw-2"), iotest.ErrReader(cause)), 7, "disk on fire", cause},
		{"a long row", strings.NewReader("id,name\nw-1," + strings.Repeat("x", 1<<20)), 8, "longer", inventory.ErrTooLong},
		{"an open quote", strings.NewReader("id,name\nw-1,\"" + strings.Repeat("x\n", 1<<20)), 8, "longer", inventory.ErrTooLong},
		{"a long header", strings.NewReader(strings.Repeat("x", 1<<20)), 0, "longer", inventory.ErrTooLong},
		{"a page of HTML", strings.NewReader(" <html>"), 1, "a web page", inventory.ErrFormat},
		{"a control character", strings.NewReader("\x01"), 0, `it begins with '\x01'`, inventory.ErrFormat},
		{"gzip", strings.NewReader("\x1f\x8b"), 0, "compressed with gzip", inventory.ErrFormat},
	} {
		t.Run(c.name, func(t *testing.T) {
			var last error
			for _, err := range inventory.Read(c.text, nil) {
				last = err
			}
			var e *inventory.InputError
			if !errors.As(last, &e) || e.Offset != c.offset || !strings.Contains(e.Error(), c.want) || !errors.Is(last, c.is) {
				t.Errorf("%v, want byte %d: %s", last, c.offset, c.want)
			}
		})
	}
	for s, err := range inventory.Read(strings.NewReader("id\nw-1\nw-2\n"), nil) {
		if err != nil || s.Instance.ID != "w-1" {
			t.Errorf("%v %v", s, err)
		}
		break
	}
	if servers, errs := readAny("id\n", nil); len(servers)+len(errs) > 0 {
		t.Errorf("a CSV without servers: %v %v", servers, errs)
	}
}

// TestOwnStreams: a CSV is not held.
func TestOwnStreams(t *testing.T) {
	const n = 100_000
	row := "w-1,subscription,2027-03-01\n"
	r := io.MultiReader(strings.NewReader("id,billing,expires\n"), io.LimitReader(repeat(row), int64(n*len(row))))
	held := holds(t, func(check func()) {
		got := 0
		for s, err := range inventory.Read(r, nil) {
			if err != nil || s.Instance.Billing != icpcode.Subscription {
				t.Fatal(s, err)
			}
			if got++; got%20_000 == 0 {
				check()
			}
		}
		if got != n {
			t.Errorf("%d servers, want %d", got, n)
		}
	})
	if held > 1<<20 {
		t.Errorf("%d KiB are held, want at most 1 MiB", held>>10)
	}
}

// repeat is a reader of a text again and again.
type repeat string

func (r repeat) Read(b []byte) (int, error) {
	n := 0
	for n+len(r) <= len(b) {
		n += copy(b[n:], r)
	}
	if n == 0 {
		return 0, io.ErrShortBuffer
	}
	return n, nil
}

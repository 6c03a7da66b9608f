package inventory_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

func readFacts(t *testing.T, csv string) *inventory.Facts {
	t.Helper()
	f, err := inventory.ReadFacts(strings.NewReader(csv))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// apply sets the facts of csv on the server that the other tests use, and
// returns the changes.
func apply(t *testing.T, csv string) (inventory.Server, []string) {
	t.Helper()
	s := one(t, inList(server()))
	var changes []string
	for _, c := range readFacts(t, csv).Apply(&s) {
		changes = append(changes, c.String())
	}
	return s, changes
}

func TestFacts(t *testing.T) {
	for _, c := range []struct{ name, csv, want string }{
		{"owner", "owner\n1001", "owner: unknown -> 1001"},
		{"product", "product\nSWAS", "product: ECS -> SWAS"},
		{"provider", "provider\ntencent", "provider: alibaba -> tencent"},
		{"region", "region\ncn-heyuan", "region: cn-hangzhou -> cn-heyuan"},
		{"billing", "billing\npay-as-you-go", "billing: subscription -> pay-as-you-go"},
		{"billing in the provider's words", "billing\nPostPaid", "billing: subscription -> pay-as-you-go"},
		{"the same billing", "billing\nPrePaid", ""},
		{"status", "status\nlocked", "status: running -> locked"},
		{"term", "term_months\n12", "term_months: unknown -> 12"},
		{"first term", "first_term_months\n3", "first_term_months: unknown -> 3"},
		{"a date", "expires\n2026-09-01", "expires: 2027-03-02 -> 2026-09-01"},
		{"a time", "expires\n2026-09-01 10:00", "expires: 2027-03-02 -> 2026-09-01 10:00"},
		{"a time with seconds", "expires\n2026-09-01 10:00:07", "expires: 2027-03-02 -> 2026-09-01 10:00:07"},
		{"an instant", "expires\n2026-08-31T16:00:00Z", "expires: 2027-03-02 -> 2026-09-01"},
		{"an instant of the provider", "created\n2025-03-01T02:00Z", ""},
		{"creation", "created\n2024-01-01", "created: 2025-03-01 10:00 -> 2024-01-01"},
		{"the first and the last day", "created,expires\n2000-01-02,9998-12-31", "created: 2025-03-01 10:00 -> 2000-01-02\nexpires: 2027-03-02 -> 9998-12-31"},
		{"the first instant", "created\n2000-01-01T00:00Z", "created: 2025-03-01 10:00 -> 2000-01-01 08:00"},
		{"trial", "trial\nno", "trial: unknown -> no"},
		{"no public IP", "public_ip\nno", "public_ip: yes -> no"},
		{"addresses", "ips\n47.96.1.181  47.96.1.182", "ips: 47.96.1.180 -> 47.96.1.181 47.96.1.182"},
		{"no addresses", "ips\nunknown", "ips: 47.96.1.180 -> unknown"},
		{"the first and the last number", "term_months,first_term_months,contract_quota\n1,1200,1000", "term_months: unknown -> 1\nfirst_term_months: unknown -> 1200\ncontract_quota: none -> 1000"},
		{"partner", "partner_ip\nyes", "partner_ip: no -> yes"},
		{"no partner", "partner_ip\nno", ""},
		{"held", "ip_held\nyes", "ip_held: unknown -> yes"},
		{"auto-renewal", "auto_renew\nyes", "auto_renew: unknown -> yes"},
		{"auto-renewal, in Chinese", "续费方式\n到期不续费", "auto_renew: unknown -> no"},
		{"auto-renewal, as Tencent Cloud says it", "auto_renew\nNOTIFY_AND_AUTO_RENEW", "auto_renew: unknown -> yes"},
		{"downgraded", "downgraded\nno", "downgraded: unknown -> no"},
		{"contract", "contract_quota\n30", "contract_quota: none -> 30"},
		{"made unknown", "billing,status,region,expires,product,public_ip\nunknown,unknown,unknown,unknown,unknown,unknown",
			"billing: subscription -> unknown\nstatus: running -> unknown\nregion: cn-hangzhou -> unknown\nexpires: 2027-03-02 -> unknown\nproduct: ECS -> unknown\npublic_ip: yes -> unknown"},
		{"empty cells", "owner,term_months,trial\n,,", ""},
		{"space around", " owner , trial\n 1001 ,  no ", "owner: unknown -> 1001\ntrial: unknown -> no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header, row, _ := strings.Cut(c.csv, "\n")
			s, changes := apply(t, "id,"+header+"\ni-0,"+strings.Repeat(",", strings.Count(row, ","))+"\n# i-1 is next\ni-1,"+row+"\n")
			if got := strings.Join(changes, "\n"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if s.Instance.PublicIP != icpcode.Yes && s.Instance.IPs != nil {
				t.Errorf("addresses %v without a public IP", s.Instance.IPs)
			}
			// The same again changes nothing.
			if again := readFacts(t, "id,"+header+"\ni-1,"+row).Apply(&s); len(again) != 0 {
				t.Errorf("again: %v", again)
			}
		})
	}
}

func TestFactsOfOthers(t *testing.T) {
	s, changes := apply(t, "id,owner\ni-2,1001\n")
	if len(changes) != 0 || s.Instance.Owner != "" {
		t.Errorf("%v, owner %q", changes, s.Instance.Owner)
	}
	if c := new(inventory.Facts).Apply(&s); c != nil {
		t.Errorf("the zero value changed %v", c)
	}
	f := readFacts(t, "owner,id\n1,b\n2,a\n")
	if d := cmp.Diff([]icpcode.InstanceID{"b", "a"}, slices.Collect(f.IDs())); d != "" {
		t.Error(d)
	}
}

func TestFactsOfAddresses(t *testing.T) {
	for csv, want := range map[string]string{
		"id,ips\ni-1,47.96.1.181\n": "ip [47.96.1.181]",
		"id,ips\ni-1,unknown\n":     "no-ip []",
		"id,public_ip\ni-1,yes\n":   "ip []",
	} {
		s := one(t, inList(server(`PublicIpAddress:{"IpAddress":[]}`)))
		readFacts(t, csv).Apply(&s)
		if got := facts(s); !strings.HasSuffix(got, " "+want) {
			t.Errorf("%q: %s, want %s", csv, got, want)
		}
	}
}

// A byte order mark, as spreadsheets write it, is no part of the first name.
func TestFactsByteOrderMark(t *testing.T) {
	if _, changes := apply(t, "\uFEFFid,owner\ni-1,1001\n"); len(changes) != 1 {
		t.Errorf("%v", changes)
	}
	if _, err := inventory.ReadFacts(strings.NewReader("id,\uFEFFowner\n")); err == nil {
		t.Error("a mark inside the line was accepted")
	}
}

func TestFactsShared(t *testing.T) {
	f := readFacts(t, "id,ips\ni-1,47.96.1.181\n")
	a, b := one(t, inList(server())), one(t, inList(server()))
	f.Apply(&a)
	f.Apply(&b)
	a.Instance.IPs[0] = a.Instance.IPs[0].Next()
	if b.Instance.IPs[0] == a.Instance.IPs[0] {
		t.Error("two servers share their addresses")
	}
}

func TestFactsErrors(t *testing.T) {
	const row = "id,owner,billing,term_months,expires,trial,partner_ip,ips,public_ip,status,contract_quota\n# a comment\ni-0,,,,,,,,,,\n"
	for _, c := range []struct {
		name, csv string
		line      int
		column    string
		want      string
	}{
		{"nothing", "", 1, "", "there is no header line"},
		{"no id", "owner\n1\n", 1, "", "there is no column id"},
		{"id twice", "id,id\n", 1, "", "column id is there twice"},
		{"a column twice", "id,owner, owner\n", 1, "", "column owner is there twice"},
		{"an unknown column", "# hello\nid,term\n", 2, "", `unknown column "term"; columns are id, owner, product, provider, region, billing, status, term_months, first_term_months, created, expires, auto_renew, trial, public_ip, ips, partner_ip, ip_held, downgraded, contract_quota`},
		{"too few cells", "id,owner\ni-1\n", 2, "", "wrong number of fields"},
		{"a quote", "id,owner\ni-1,\"x\n", 2, "", `extraneous or missing " in quoted-field`},
		{"no ID", row + ",,,,,,,,,,", 4, "id", "is missing"},
		{"the ID twice", row + "i-0,,,,,,,,,,", 4, "id", `"i-0" is there twice`},
		{"another encoding", row + "i-1,\xB0\xA2,,,,,,,,,", 4, "owner", "is not valid UTF-8"},
		{"billing", row + "i-1,,prepayed,,,,,,,,", 4, "billing", `"prepayed" is not subscription, pay-as-you-go or unknown`},
		{"months in words", row + "i-1,,,three,,,,,,,", 4, "term_months", `"three" is not a number from 1 to 1200`},
		{"no months", row + "i-1,,,0,,,,,,,", 4, "term_months", `"0" is not a number from 1 to 1200`},
		{"many months", row + "i-1,,,1201,,,,,,,", 4, "term_months", `"1201" is not a number from 1 to 1200`},
		{"a date of another country", row + "i-1,,,,01/03/2026,,,,,,", 4, "expires", `"01/03/2026" is not a date like 2026-03-01, a time like 2026-03-01 10:00, both in China, or an RFC 3339 instant`},
		{"a date that is none", row + "i-1,,,,2026-02-29,,,,,,", 4, "expires", `"2026-02-29" is not a date`},
		{"a year too early", row + "i-1,,,,1999-12-31,,,,,,", 4, "expires", `"1999-12-31" is not a date`},
		{"a year too early, in UTC", row + "i-1,,,,2000-01-01,,,,,,", 4, "expires", `"2000-01-01" is not a date`},
		{"a year too late", row + "i-1,,,,9999-01-02,,,,,,", 4, "expires", `"9999-01-02" is not a date`},
		{"maybe", row + "i-1,,,,,maybe,,,,,", 4, "trial", `"maybe" is not no, yes or unknown`},
		{"a partner or not", row + "i-1,,,,,,unknown,,,,", 4, "partner_ip", `"unknown" is not no or yes`},
		{"an address", row + "i-1,,,,,,,47.96.1,,,", 4, "ips", `"47.96.1" is not an address`},
		{"a private address", row + "i-1,,,,,,,10.0.0.1,,,", 4, "ips", `"10.0.0.1" is not a public address`},
		{"an address twice", row + "i-1,,,,,,,47.96.1.180 47.96.1.180,,,", 4, "ips", `"47.96.1.180" is there twice`},
		{"many addresses", row + "i-1,,,,,,," + manyIPs(257) + ",,,", 4, "ips", "there are more than 256 addresses"},
		{"addresses but none", row + "i-1,,,,,,,47.96.1.180,no,,", 4, "ips", "there are addresses although public_ip is not yes"},
		{"status", row + "i-1,,,,,,,,,Dancing,", 4, "status", `"Dancing" is not running, pending, stopped, expired, locked, refunded, released or unknown`},
		{"quota", row + "i-1,,,,,,,,,,1001", 4, "contract_quota", `"1001" is not a number from 1 to 1000`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := inventory.ReadFacts(strings.NewReader(c.csv))
			var e *inventory.FactsError
			if f != nil || !errors.As(err, &e) {
				t.Fatalf("%v, %v", f, err)
			}
			if e.Line != c.line || e.Column != c.column || !strings.HasPrefix(e.Err.Error(), c.want) {
				t.Errorf("line %d, %q: %v\nwant %d, %q: %s", e.Line, e.Column, e.Err, c.line, c.column, c.want)
			}
			if c.column != "" && !strings.HasPrefix(e.Error(), fmt.Sprintf("inventory: facts, line %d, %s: ", c.line, c.column)) {
				t.Error(e)
			}
			if !errors.Is(e, e.Err) || !strings.HasPrefix(e.Error(), fmt.Sprintf("inventory: facts, line %d", c.line)) {
				t.Error(e)
			}
		})
	}
}

func manyIPs(n int) string {
	var ips []string
	for i := range n {
		ips = append(ips, fmt.Sprintf("47.96.%d.%d", i/256, i%256))
	}
	return strings.Join(ips, " ")
}

// comments is a CSV of comments that never ends.
type comments string

func (c comments) Read(b []byte) (int, error) { return copy(b, c), nil }

func TestFactsReaderErrors(t *testing.T) {
	cause := errors.New("disk on fire")
	for text, line := range map[string]int{"": 1, "id\ni-1\n": 3} {
		_, err := inventory.ReadFacts(io.MultiReader(strings.NewReader(text), iotest.ErrReader(cause)))
		var e *inventory.FactsError
		if !errors.As(err, &e) || !errors.Is(err, cause) || e.Line != line {
			t.Errorf("%v", err)
		}
	}
	for _, n := range []int{-1, 1 << 20} {
		if _, err := inventory.ReadFacts(badReader{n}); err == nil || !strings.Contains(err.Error(), "impossible count") {
			t.Errorf("a reader that returns %d: %v", n, err)
		}
	}
	if _, err := inventory.ReadFacts(io.MultiReader(strings.NewReader("id\n"), comments("#"+strings.Repeat("x", 2000)+"\n"))); err == nil || !strings.Contains(err.Error(), "more than 128 MiB") {
		t.Errorf("%v", err)
	}
}

// FuzzFacts: no input panics, and what is accepted can be applied, once.
func FuzzFacts(f *testing.F) {
	f.Add("id,owner,billing,term_months,expires,trial\ni-1,1001,PrePaid,12,2026-09-01,no\n")
	f.Add("\uFEFFid,ips,public_ip,partner_ip\n\"i-1\",47.96.1.180,yes,no\n")
	f.Fuzz(func(t *testing.T, csv string) {
		facts, err := inventory.ReadFacts(strings.NewReader(csv))
		if err != nil {
			var e *inventory.FactsError
			if !errors.As(err, &e) || e.Line < 1 {
				t.Errorf("%v", err)
			}
			return
		}
		for id := range facts.IDs() {
			s := inventory.Server{Instance: icpcode.Instance{ID: id}}
			facts.Apply(&s)
			if again := facts.Apply(&s); len(again) > 0 {
				t.Errorf("%s: applied again it changes %v", id, again)
			}
		}
	})
}

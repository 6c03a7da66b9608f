package inventory_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// caseFile is one of the inputs that people really have, reduced.
func caseFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "cases", "files", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// surveyed reads files as a whole, and returns what is said of each server and
// all that is wrong.
func surveyed(t *testing.T, mainland func(string, string) icpcode.Tri, files ...string) (servers []inventory.Server, wrong []string) {
	t.Helper()
	v := inventory.Survey{Mainland: mainland}
	first := make([]string, len(files))
	for n, text := range files {
		for err := range v.Read(fmt.Sprint("file", n+1), strings.NewReader(text)) {
			first[n] += err.Error() + "\n"
		}
	}
	for n, text := range files {
		second := ""
		for s, err := range inventory.Read(strings.NewReader(text), &inventory.Options{Survey: &v, File: fmt.Sprint("file", n+1)}) {
			if err != nil {
				second += err.Error() + "\n"
				wrong = append(wrong, strings.TrimPrefix(err.Error(), "inventory: "))
				continue
			}
			v.Addresses.Apply(&s)
			servers = append(servers, s)
		}
		if first[n] != second {
			t.Errorf("the first reading of file %d says\n%s\nthe second\n%s", n+1, first[n], second)
		}
	}
	for _, err := range v.Missing() {
		wrong = append(wrong, strings.TrimPrefix(err.Error(), "inventory: "))
	}
	return servers, wrong
}

func total(n int, ids ...string) string { return inZone("", n, ids...) }

// inZone is a page of CVM servers in a zone.
func inZone(zone string, n int, ids ...string) string {
	var list []string
	for _, id := range ids {
		list = append(list, fmt.Sprintf(`{"InstanceId":"ins-%s","Placement":{"Zone":%q}}`, id, zone))
	}
	return fmt.Sprintf(`{"Response":{"TotalCount":%d,"InstanceSet":[%s]}}`, n, strings.Join(list, ","))
}

// numbered is a page of ECS servers.
func numbered(number, n int, ids ...string) string {
	var list []string
	for _, id := range ids {
		list = append(list, server(fmt.Sprintf("InstanceId:%q", id)))
	}
	return strings.TrimSuffix(inList(list...), "}") + fmt.Sprintf(`,"TotalCount":%d,"PageNumber":%d,"PageSize":2}`, n, number)
}

// byToken is a page of ECS servers that a token or nothing follows.
func byToken(token string, ids ...string) string {
	var list []string
	for _, id := range ids {
		list = append(list, server(fmt.Sprintf("InstanceId:%q", id)))
	}
	return strings.TrimSuffix(inList(list...), "}") + fmt.Sprintf(`,"NextToken":%q}`, token)
}

// TestComplete: whether lists are whole is judged over all inputs together, by
// distinct records, a region and a list at a time (K1).
func TestComplete(t *testing.T) {
	eip := func(n, number int, ids ...string) string {
		var list []string
		for _, id := range ids {
			list = append(list, fmt.Sprintf(`{"AllocationId":%q,"RegionId":"cn-hangzhou","IpAddress":"47.96.1.180"}`, id))
		}
		return fmt.Sprintf(`{"EipAddresses":{"EipAddress":[%s]},"TotalCount":%d,"PageNumber":%d}`, strings.Join(list, ","), n, number)
	}
	link := `,"servers_links":[{"rel":"next","href":"https://ecs.example/x"}]}`
	for _, c := range []struct {
		name  string
		files []string
		want  string // what is missing
	}{
		// The files of the cases.
		{"a link to the next page", []string{caseFile(t, "J6_links_min.json")}, "incomplete: 1 server, and the list says that there are more"},
		{"two regions, half of each", []string{caseFile(t, "J7_regions_min.json")}, "incomplete: 1 of 2 servers in ap-guangzhou; fetch the other pages too incomplete: 1 of 2 servers in ap-shanghai"},
		{"pages in files, by total", []string{caseFile(t, "J4_pages_min_1.json"), caseFile(t, "J4_pages_min_2.json")}, ""},
		{"pages in files, by token", []string{caseFile(t, "D2_p1.json"), caseFile(t, "D2_p2.json")}, ""},
		{"pages in files, by token, sorted otherwise", []string{caseFile(t, "D2_p2.json"), caseFile(t, "D2_p1.json")}, ""},
		{"pages in files, Huawei", []string{caseFile(t, "D4_h1.json"), caseFile(t, "D4_h2.json")}, ""},
		{"one of two pages", []string{caseFile(t, "D4_h2.json")}, "incomplete: 2 of 4 servers"},
		{"one of two pages, by token", []string{caseFile(t, "D2_p1.json")}, "incomplete: 2 servers in cn-hangzhou, and the list says that there are more"},

		{"a page twice", []string{total(4, "a", "b"), total(4, "a", "b")}, "incomplete: 2 of 4 servers"},
		{"a page twice in one file", []string{total(4, "a", "b") + total(4, "a", "b")}, "incomplete: 2 of 4 servers"},
		{"a page by number twice", []string{numbered(1, 4, "a", "b") + numbered(1, 4, "a", "b")}, "incomplete: 2 of 4 servers"},
		{"a server twice on a page", []string{total(2, "a", "a")}, "incomplete: 1 of 2 servers"},
		{"pages that shifted", []string{total(4, "a", "b") + total(4, "b", "c")}, "incomplete: 3 of 4 servers"},
		{"pages that shifted, by number", []string{numbered(1, 4, "a", "b"), numbered(2, 4, "b", "c")}, "incomplete: 3 of 4 servers"},
		{"pages that shifted, all there", []string{total(4, "a", "b") + total(4, "b", "c") + total(4, "d")}, ""},
		{"pages in any order", []string{numbered(3, 5, "e"), numbered(1, 5, "a", "b"), numbered(2, 5, "c", "d")}, ""},
		{"a page is missing", []string{numbered(3, 5, "e"), numbered(1, 5, "a", "b")}, "incomplete: 3 of 5 servers"},
		{"a page is whole, and there again", []string{total(2, "a", "b"), total(2, "a", "b")}, ""},
		{"a whole list, and a part of it asked for with a filter", []string{total(3, "a", "b", "c"), total(2, "a", "b")}, ""},
		{"pages of a filter after the whole list", []string{total(5, "a", "b", "c", "d", "e"), total(4, "a", "b"), total(4, "c", "d")}, ""},
		{"pages of a filter, one missing, after the whole list", []string{total(5, "a", "b", "c", "d", "e"), total(4, "a", "b")}, "incomplete: 2 of 4 servers"},
		{"two regions whose lists are of one length", []string{inZone("ap-a-1", 3, "a", "b"), inZone("ap-b-1", 3, "d", "e"), inZone("ap-a-2", 3, "c"), inZone("ap-b-1", 3, "f")}, ""},
		{"two regions, one whole", []string{inZone("ap-a-1", 2, "a", "b"), inZone("ap-b-1", 2, "c")}, "incomplete: 1 of 2 servers in ap-b"},
		{"two accounts with lists of one length", []string{total(3, "a", "b") + total(3, "c") + total(3, "x", "y")}, "incomplete: 5 of 6 servers"},
		{"two accounts, by number", []string{numbered(1, 4, "a", "b"), numbered(1, 4, "x", "y")}, "incomplete: 4 of 8 servers"},
		{"two accounts, whole", []string{total(3, "a", "b") + total(3, "c") + total(3, "x", "y") + total(3, "z")}, ""},
		{"yesterday's pages and today's", []string{numbered(1, 3, "a", "b"), numbered(2, 3, "c"), numbered(1, 3, "a", "b"), numbered(2, 3, "d")}, ""},
		{"the last page is empty", []string{total(2, "a") + total(2, "b") + total(2)}, ""},
		{"the last page is empty, behind a whole one", []string{total(2, "a", "b"), total(2)}, ""},
		{"nothing but an empty page", []string{total(2)}, "incomplete: 0 of 2 servers"},
		{"an empty page of another list", []string{total(3, "a", "b", "c"), total(2)}, "incomplete: 0 of 2 servers"},
		{"by token, the last one missing", []string{byToken("x", "a"), byToken("y", "b")}, "incomplete: 2 servers in cn-hangzhou, and"},
		{"by token, the same page twice", []string{byToken("x", "a") + byToken("x", "a")}, "incomplete: 1 server in cn-hangzhou, and"},
		{"by token, the last one empty", []string{byToken("x", "a"), byToken("")}, ""},
		{"by link", []string{`{"servers":[{"id":"a"}]` + link, `{"servers":[{"id":"b"}],"servers_links":[{"rel":"self"},7]}`}, ""},
		{"an odd link", []string{`{"servers":[{"id":"b"}],"servers_links":{"rel":"next"}}`}, ""},
		{"pages of addresses", []string{eip(3, 1, "e1", "e2"), eip(3, 2, "e3")}, ""},
		{"pages of addresses, one missing", []string{eip(3, 1, "e1", "e2")}, "incomplete: 2 of 3 addresses in cn-hangzhou"},
		{"pages of addresses, one twice", []string{eip(4, 1, "e1", "e2"), eip(4, 1, "e1", "e2")}, "incomplete: 2 of 4 addresses"},
		{"a server and an address of one ID", []string{total(1, "a"), `{"AddressSet":[{"AddressId":"ins-a"}],"TotalCount":1}`}, ""},
		{"in a wrapper beside its own pages", []string{`{"InstanceSet":[{"InstanceId":"ins-a"}],"body":{"InstanceSet":[{"InstanceId":"ins-b"}],"TotalCount":2},"TotalCount":3}`}, "incomplete: 1 of 2 servers; fetch the other pages too incomplete: 1 of 3 servers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, wrong := surveyed(t, nil, c.files...)
			got := strings.Join(wrong, " ")
			if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if strings.Count(got, "incomplete") != strings.Count(c.want, "incomplete") {
				t.Errorf("got %q, want %q", got, c.want)
			}
			// One input after the other is the same as all in one.
			errs := ""
			for s, err := range inventory.Read(strings.NewReader(strings.Join(c.files, "\n")), nil) {
				if err != nil {
					errs += " " + strings.TrimPrefix(err.Error(), "inventory: ")
				} else if s.Instance.ID == "" {
					t.Error("a server without ID")
				}
			}
			if strings.TrimSpace(errs) != got {
				t.Errorf("in one input %q, in files %q", errs, got)
			}
		})
	}
}

// TestIncompleteFile: an incomplete list says in which file it is, if it is one.
func TestIncompleteFile(t *testing.T) {
	for want, files := range map[string][]string{
		"file2": {total(2, "a", "b"), total(3, "c") + total(3, "d")},
		"":      {total(3, "a"), total(3, "b")},
		"file1": {total(3)},
	} {
		var v inventory.Survey
		for n, text := range files {
			for err := range v.Read(fmt.Sprint("file", n+1), strings.NewReader(text)) {
				t.Error(err)
			}
		}
		missing := v.Missing()
		if len(missing) != 1 || missing[0].File != want || missing[0].Format != inventory.TencentCVM {
			t.Errorf("%v, want %q", missing, want)
		}
	}
	if missing := new(inventory.Survey).Missing(); missing != nil {
		t.Error(missing)
	}
}

// TestMillion: whether a million servers are whole is known to the last one,
// also where pages repeat others.
func TestMillion(t *testing.T) {
	const n = 300_000
	var b bytes.Buffer
	for i := range n / 1000 {
		var ids []string
		for j := range 1000 {
			ids = append(ids, fmt.Sprintf("i-%d", i*1000+j))
		}
		b.WriteString(total(n, ids...))
		if i%2 == 0 {
			b.WriteString(total(n, ids[:500]...))
		}
	}
	var v inventory.Survey
	for err := range v.Read("", bytes.NewReader(b.Bytes())) {
		t.Error(err)
	}
	if missing := v.Missing(); len(missing) > 0 {
		t.Error(missing)
	}
	got := 0
	for _, err := range inventory.Read(bytes.NewReader(b.Bytes()), &inventory.Options{Survey: &v}) {
		if err != nil {
			t.Error(err)
		}
		got++
	}
	if got != n {
		t.Errorf("%d servers, want %d", got, n)
	}
	cut := b.String()[:strings.LastIndex(b.String(), `{"InstanceId"`)-1] + "]}}"
	v = inventory.Survey{}
	for err := range v.Read("", strings.NewReader(cut)) {
		t.Error(err)
	}
	if missing := v.Missing(); len(missing) != 1 || missing[0].Found != n-1 || missing[0].Total != n {
		t.Errorf("%v, want that one is missing", missing)
	}
}

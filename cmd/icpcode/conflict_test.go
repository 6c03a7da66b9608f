package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// caseFile is one of the inputs that people really have, reduced.
func caseFile(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(otherSamples, "cases", "files", name)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestConflicts: records of one server that contradict each other are told in
// every output, and the restrictive one counts whichever comes first.
func TestConflicts(t *testing.T) {
	older, newer := caseFile(t, "I1_old.json"), caseFile(t, "I1_new.json")
	const id = "i-bp1ggggggggggggggggg"
	home, away := file(t, "a.csv", header+rowYes), file(t, "b.csv", header+strings.Replace(rowYes, "cn-hangzhou", "cn-hongkong", 1))
	for _, files := range [][]string{{older, newer}, {newer, older}} {
		r := runIt(append([]string{"precheck", "-json", "-at", "2026-06-01"}, files...)...)
		doc := decode[struct {
			Servers []struct {
				Verdict   string
				Conflicts []struct {
					Fact, Taken string
					Said        []struct {
						Value, File string
						Record      int
					}
				}
				Notes []string
			}
		}](t, r.out)
		if len(doc.Servers) != 1 || doc.Servers[0].Verdict != "no" || r.status != exitNo {
			t.Fatalf("status %d: %s%s", r.status, r.errors, r.out)
		}
		k := doc.Servers[0].Conflicts
		said := map[string]string{older: "running", newer: "locked"}
		if len(k) != 1 || k[0].Fact != "status" || k[0].Taken != "locked" || len(k[0].Said) != 2 ||
			k[0].Said[0].Value != said[files[0]] || k[0].Said[0].File != files[0] || k[0].Said[1].Value != said[files[1]] || k[0].Said[1].Record != 1 {
			t.Errorf("%+v", k)
		}
		if !strings.Contains(strings.Join(doc.Servers[0].Notes, "\n"), "contradict each other: "+said[files[0]]) {
			t.Errorf("the notes are %q", doc.Servers[0].Notes)
		}
		for _, args := range [][]string{nil, {"-csv"}, {"-explain", id}} {
			r := runIt(append(append([]string{"precheck", "-at", "2026-06-01"}, args...), files...)...)
			text := strings.Join(strings.Fields(r.out), " ")
			if !strings.Contains(text, "status: the records of this server contradict each other") || r.status != exitNo {
				t.Errorf("%q: status %d, %s", args, r.status, r.out)
			}
		}
	}
	for _, files := range [][]string{{home, away}, {away, home}} {
		r := runIt(append([]string{"precheck", "-json", "-issued", "0"}, files...)...)
		if r.status != exitNo || !strings.Contains(r.out, `"taken":"cn-hongkong"`) || !strings.Contains(r.out, "ELG-REGION") {
			t.Errorf("status %d: %s", r.status, r.out)
		}
	}
}

// TestPagesOfFiles: pages of one list in several files, or from standard input
// besides files, are one list.
func TestPagesOfFiles(t *testing.T) {
	for _, test := range []struct {
		names  []string
		status int
		want   string // on standard error
	}{
		{[]string{"J4_pages_min_1.json", "J4_pages_min_2.json"}, exitUnknown, ""},
		{[]string{"D2_p1.json", "D2_p2.json"}, exitNo, ""},
		{[]string{"D4_h1.json", "D4_h2.json"}, exitUnknown, ""},
		{[]string{"D4_h1.json"}, exitInput, "D4_h1.json: incomplete: 2 of 4 servers"},
		{[]string{"J6_links_min.json"}, exitInput, "J6_links_min.json: incomplete: 1 server, and the list says that there are more"},
		{[]string{"J7_regions_min.json"}, exitInput, "J7_regions_min.json: incomplete: 1 of 2 servers in ap-shanghai"},
		{[]string{"J4_pages_min_1.json", "J4_pages_min_1.json"}, exitInput, "J4_pages_min_1.json: incomplete: 1 of 2 servers"},
	} {
		var files []string
		for _, name := range test.names {
			files = append(files, caseFile(t, name))
		}
		for _, in := range []bool{false, true} {
			s := machine(nil)
			args := append([]string{"precheck", "-json", "-at", "2026-12-01"}, files...)
			if in {
				data, err := os.ReadFile(files[0])
				if err != nil {
					t.Fatal(err)
				}
				s.stdin = strings.NewReader(string(data))
				args[4] = stdinName
			}
			r := runOn(s, args...)
			if r.status != test.status || !in && !strings.Contains(r.errors, test.want) || test.want == "" && strings.Contains(r.errors, "incomplete") {
				t.Errorf("%q, standard input %t: status %d, %s", test.names, in, r.status, r.errors)
			}
			if complete := strings.Contains(r.out, `"complete": true`); complete != (test.status != exitInput) {
				t.Errorf("%q: complete is %t", test.names, complete)
			}
		}
	}
	r := runIt("precheck", "-lang", "zh", caseFile(t, "J7_regions_min.json"))
	if want := "ap-guangzhou清单不完整：共2台，只有1台"; !strings.Contains(r.errors, want) {
		t.Errorf("%s, want %s", r.errors, fmt.Sprintf("%q", want))
	}
}

// TestTermTooLong: W11. A term that was stated although creation and expiry
// leave less does not count, and both are shown.
func TestTermTooLong(t *testing.T) {
	const columns = "id,provider,owner,product,region,billing,status,created,expires,trial,public_ip,ip_held\n"
	row := func(created, expires string) string {
		return columns + "w-1,alibaba,1001,ECS,cn-hangzhou,subscription,running," + created + "," + expires + ",no,yes,no\n"
	}
	for _, test := range []struct {
		created, expires, stated string
		at                       string
		status                   int
		want                     string
	}{
		{"2025-06-01", "2025-07-01", "24", "2025-06-02", exitNo, "term_months is stated as 24, but it was created on 2025-06-01 and expires on 2025-07-01, which leaves 1 month: the shorter one counts"},
		{"2025-06-01", "2025-06-20", "24", "2025-06-02", exitNo, "which leaves 0 months"},
		{"2025-06-01", "2026-06-01", "24", "2025-06-02", exitYes, "which leaves 12 months"},
		{"2025-06-01", "2026-06-01", "12", "2025-06-02", exitYes, ""},
		{"2025-06-01 10:00", "2026-06-01", "12", "2025-06-02", exitYes, ""}, // a day without its hours
		{"2020-06-01", "2026-06-01", "12", "2025-06-02", exitYes, ""},       // renewed, or converted
	} {
		servers, facts := file(t, "w.csv", row(test.created, test.expires)), file(t, "f.csv", "id,term_months\nw-1,"+test.stated+"\n")
		r := runIt("precheck", servers, "-facts", facts, "-issued", "0", "-at", test.at, "-json", "-rules", "alibaba")
		if r.status != test.status || !strings.Contains(r.out, test.want) || test.want == "" && strings.Contains(r.out, "the shorter one") {
			t.Errorf("%+v: status %d, %s%s", test, r.status, r.errors, r.out)
		}
		if fails := strings.Contains(r.out, `"rule":"ELG-TERM","outcome":"failed"`); fails != (test.status == exitNo) {
			t.Errorf("%+v: ELG-TERM fails: %t\n%s", test, fails, r.out)
		}
		if test.want != "" && !strings.Contains(r.out, `{"fact":"term_months","taken":`) {
			t.Errorf("%+v: no conflict in\n%s", test, r.out)
		}
		r = runIt("precheck", servers, "-facts", facts, "-issued", "0", "-at", test.at, "-lang", "zh", "-rules", "alibaba")
		if test.want != "" && !strings.Contains(strings.ReplaceAll(strings.Join(strings.Fields(r.out), ""), " ", ""), "以较短者为准") {
			t.Errorf("%+v: %s", test, r.out)
		}
	}
}

// TestQuotaThatNoSourceGives: W15. It is unknown, not one code.
func TestQuotaThatNoSourceGives(t *testing.T) {
	const columns = "id,provider,owner,product,region,billing,status,expires,trial,public_ip,contract_quota\n"
	servers := func(contract string) string {
		return file(t, "b.csv", columns+"w-1,baidu,1001,BCC,bj,subscription,running,2027-12-01,no,yes,"+contract+"\n")
	}
	for _, issued := range []string{"0", "1"} {
		r := runIt("precheck", servers(""), "-issued", issued, "-at", "2026-12-01", "-json")
		if r.status != exitUnknown || !strings.Contains(r.out, `"facts_that_would_tell":["contract_quota"]`) || !strings.Contains(r.out, `"codes":0,"codes_at_most":null`) ||
			!strings.Contains(r.out, "state how many codes the provider allows (contract_quota)") {
			t.Errorf("%s issued: status %d, %s%s", issued, r.status, r.errors, r.out)
		}
	}
	if r := runIt("precheck", servers("3"), "-issued", "1", "-at", "2026-12-01", "-json"); r.status != exitYes || !strings.Contains(r.out, `"codes":2,"codes_at_most":2`) {
		t.Errorf("with a contract: status %d, %s%s", r.status, r.errors, r.out)
	}
	if r := runIt("precheck", servers(""), "-issued", "1", "-at", "2026-12-01"); !strings.Contains(r.out, "cannot tell   unknown  w-1") {
		t.Errorf("the table shows %s", r.out)
	}
	if r := runIt("precheck", servers(""), "-issued", "1", "-at", "2026-12-01", "-csv"); !strings.Contains(r.out, ",unknown,0,,") {
		t.Errorf("the CSV shows %s", r.out)
	}
	for lang, want := range map[string]string{"en": "no source says how many codes", "zh": "备案服务码数量未公开"} {
		if r := runIt("rules", "-rules", "baidu", "-at", "2026-12-01", "-lang", lang); !strings.Contains(unbroken(r.out), unbroken(want)) {
			t.Errorf("%s: %s", lang, r.out)
		}
	}
}

// unbroken is text without the spaces at which its lines are broken.
func unbroken(s string) string { return strings.Join(strings.Fields(s), "") }

// TestBeforeTheFirstRules: a preset that is asked about before its first date
// says when that is.
func TestBeforeTheFirstRules(t *testing.T) {
	r := runIt("precheck", caseFile(t, "J4_pages_min_1.json"), caseFile(t, "J4_pages_min_2.json"), "-at", "2026-06-01")
	if want := "no rules of Tencent Cloud are known for 2026-06-01 00:00; those that are known begin at 2026-11-21 00:00: ask with -at 2026-11-21 or later"; !strings.Contains(r.errors, want) {
		t.Errorf("%s, want %s", r.errors, want)
	}
	if r := runIt("rules", "-rules", "huawei", "-at", "2020-01-01", "-lang", "zh"); !strings.Contains(r.errors, "没有华为云在2020-01-01 00:00的规则，已知规则自2026-05-19 00:00起") {
		t.Errorf("%s", r.errors)
	}
}

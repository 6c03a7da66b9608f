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

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2026-03-01":                "2026-02-28T16:00:00Z",
		"2026-03-01 10:00":          "2026-03-01T02:00:00Z",
		"2026-03-01 10:00:30":       "2026-03-01T02:00:30Z",
		"2026-03-01T10:00:00Z":      "2026-03-01T10:00:00Z",
		"2026-03-01T10:00:00+08:00": "2026-03-01T02:00:00Z",
		"":                          "",
		"2026-02-30":                "",
		"now":                       "",
		"2026-3-1":                  "2026-02-28T16:00:00Z",
		"2026/06/01":                "2026-05-31T16:00:00Z",
		"2026.6.1":                  "2026-05-31T16:00:00Z",
		"20260601":                  "2026-05-31T16:00:00Z",
		"2026年6月1日":                 "2026-05-31T16:00:00Z",
		"2026/6/1 9:05":             "2026-06-01T01:05:00Z",
		"2026-06-01T09:05":          "2026-06-01T01:05:00Z",
		"2026-06-01 09:05:00 +0800": "2026-06-01T01:05:00Z",
		" 2026-06-01 ":              "2026-05-31T16:00:00Z",
		"06/01/2026":                "",
		"2026-13-01":                "",
	} {
		got, err := parseTime(text)
		if (err == nil) != (want != "") || err == nil && got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v; want %q", text, got, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "is not a date like 2026-03-01") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParseAccount(t *testing.T) {
	for text, want := range map[string]account{
		"":                              {},
		"id=1001":                       {id: "1001"},
		"id=1001, for=others":           {id: "1001", forOthers: true},
		"certification=企业":              {certification: icpcode.Enterprise},
		"certification=personal":        {certification: icpcode.Personal},
		"Certification = Self Employed": {certification: icpcode.SelfEmployed},
		"certification=ENTERPRISE,id=1,buyer=TRUE": {id: "1", buyer: true, certification: icpcode.Enterprise},
		"certification=个体工商户":                      {certification: icpcode.SoleTrader},
		"id=1,buyer=yes,for=self":                  {id: "1", buyer: true},
		"id=1,buyer=no":                            {id: "1"},
	} {
		if got, err := parseAccount([]string{text}); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	if got, err := parseAccount([]string{"id=1", "for=others"}); err != nil || got != (account{id: "1", forOthers: true}) {
		t.Errorf("given in two flags: %+v, %v", got, err)
	}
	for _, text := range []string{"id", "id=", "id=1,id=2", "colour=red", "certification=maybe", "buyer=yes", "id=1,buyer=perhaps", "for=me", "id=\x1b", "id=" + strings.Repeat("1", 129)} {
		if got, err := parseAccount([]string{text}); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestParseAssume(t *testing.T) {
	got, err := parseAssume([]string{"ELG-TERM,ELG-OWNER", "ELG-IPINUSE ELG-TERM"})
	if want := icpcode.MakeRuleIDs(icpcode.ELGOwner, icpcode.ELGTerm, icpcode.ELGIPInUse); err != nil || got != want {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for _, text := range []string{"ELG-QUOTA", "ELG-BATCH", "GRT-ENTERPRISE", "FIL-FOREIGN", "elg-term", "TERM"} {
		if got, err := parseAssume([]string{text}); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestParseIssued(t *testing.T) {
	counts := file(t, "issued.csv", "\uFEFFissued,id\n# two servers\n2,i-1\n0,\"i-2\"\n")
	parse := func(values []string) (*issued, error) { return newCommand(machine(nil), nil).parseIssued(values) }
	s, err := parse([]string{counts, "3"})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[icpcode.InstanceID]int{"i-1": 2, "i-2": 0, "i-3": 3} {
		if got := s.of(id); got != want {
			t.Errorf("%s: %d, want %d", id, got, want)
		}
	}
	if s, err = parse([]string{counts}); err != nil || s.of("i-3") != -1 {
		t.Errorf("of a server that is not in the file: %d, %v", s.of("i-3"), err)
	}
	for name, text := range map[string]string{
		"nothing": "", "no header": "i-1,2\n", "another column": "id,issued,colour\n", "a minus": "id,issued\ni-1,-1\n",
		"a word": "id,issued\ni-1,two\n", "no id": "id,issued\n,2\n", "twice": "id,issued\ni-1,2\ni-1,2\n", "short": "id,issued\ni-1\n",
		"a control": "id,issued\n\"i\x1b\",1\n",
	} {
		if _, err := parse([]string{file(t, "bad.csv", text)}); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
	for _, values := range [][]string{{"-1"}, {"1", "2"}, {counts, counts}, {"nowhere.csv"}, {"10000000"}} {
		if _, err := parse(values); err == nil {
			t.Errorf("%q: it is read", values)
		}
	}
}

// TestBooks: each server is judged by its own provider's rules, unless one book
// is named for all.
func TestBooks(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, china)
	for _, test := range []struct {
		names    []string
		provider string
		want     string
	}{
		{nil, "", "alibaba"}, {nil, "alibaba", "alibaba"}, {nil, "tencent", "tencent"}, {nil, "volcengine", "volcengine"}, {nil, "aws", "alibaba"},
		{[]string{"tencent"}, "tencent", "tencent"}, {[]string{"tencent"}, "alibaba", "tencent"}, {[]string{"tencent"}, "", "tencent"},
		{[]string{"huawei", "tencent"}, "tencent", "tencent"}, {[]string{"huawei", "tencent"}, "alibaba", "huawei"},
	} {
		b, err := openBooks(test.names, nil)
		if err != nil {
			t.Fatal(err)
		}
		set, err := b.at(test.provider, at)
		if err != nil || set.Provider != test.want {
			t.Errorf("%q, a server of %q: %v, %v; want %s", test.names, test.provider, set, err, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text  string
		limit int
		want  []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 40, []string{"one two three"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"中文字符", 4, []string{"中文", "字符"}},
		{"中文，字符", 6, []string{"中文，", "字符"}},
		{"中文，字符", 4, []string{"中", "文，", "字符"}},
		{"（中文）字符", 6, []string{"（中", "文）字", "符"}},
		{"购买3个月 ECS", 8, []string{"购买3个", "月 ECS"}},
		{"", 10, []string{""}},
	} {
		got := wrap(test.text, test.limit)
		if strings.Join(got, "|") != strings.Join(test.want, "|") {
			t.Errorf("%q in %d: %q, want %q", test.text, test.limit, got, test.want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

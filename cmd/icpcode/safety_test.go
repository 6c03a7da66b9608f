package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// payloads are names that somebody could give to a server.
var payloads = map[string]string{
	"colour":        "\x1b[31mred\x1b[0m",
	"window title":  "\x1b]0;owned\x07",
	"clear screen":  "a\x1b[2J\x1b[Hb",
	"C1 control":    "a\u009b31mb",
	"carriage":      "harmless\rno                0  i-forged",
	"new line":      "harmless\nyes              99  i-forged",
	"backspace":     "no\b\byes",
	"delete":        "no\x7f\x7fyes",
	"right to left": "abc\u202egnp.exe",
	"isolate":       "abc\u2067gnp\u2069",
	"Arabic mark":   "a\u061cb",
	"zero width":    "a\u200bb\ufeffc",
	"line mark":     "a\u2028b\u2029c",
	"tag":           "a\U000e0041b",
	"marks":         "z" + strings.Repeat("\u0335", 40),
	"formula":       "=HYPERLINK(\"http://example.invalid\",\"x\")",
	"plus":          "+1+cmd|' /C calc'!A0",
	"minus":         "-2+3",
	"at":            "@SUM(1,1)",
	"tab":           "\t=1+1",
	"spaces":        "  =1+1",
	"full width":    "＝1+1",
	"quote":         "\"=1+1",
	"comma":         "a,b;c|d",
	"long":          strings.Repeat("长", 5000),
}

// inventoryOf is a list of servers with these names, which also try to be
// regions and locks.
func inventoryOf(names map[string]string) string {
	var list []string
	for _, key := range sortedKeys(names) {
		name, _ := json.Marshal(names[key])
		list = append(list, fmt.Sprintf(`{"InstanceId": "i-%d", "InstanceName": %s, "RegionId": %s, "InstanceChargeType": %[2]s,
			"Status": "Running", "OperationLocks": {"LockReason": [{"LockReason": %[2]s}]}, "PublicIpAddress": {"IpAddress": [%[2]s]}}`, len(list), name, name))
	}
	// An ID has no control characters, or it is none, but may have these.
	list = append(list, `{"InstanceId": "i-\u202e\u200b=1", "InstanceChargeType": "PostPaid", "RegionId": "cn-hangzhou"}`)
	return `{"Instances": {"Instance": [` + strings.Join(list, ",") + `]}}`
}

// unsafe returns the first character that a terminal would act on or that
// would turn or hide text; 0 if there is none.
func unsafe(text string) rune {
	marks := 0
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return r
			}
		}
		if unicode.Is(unicode.M, r) {
			if marks++; marks > maxMarks {
				return r
			}
			continue
		}
		marks = 0
		if r != '\n' && (unicode.Is(unicode.C, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)) {
			return r
		}
	}
	return 0
}

// formula reports whether a spreadsheet would compute a cell.
func formula(text string) bool {
	text = strings.TrimLeft(text, " \u00A0\u3000")
	return text != "" && strings.ContainsAny(text[:1], "=+-@\t\r") || strings.HasPrefix(text, "＝") || strings.HasPrefix(text, "＋")
}

// TestChecksOfSafety: the checks below see what they look for.
func TestChecksOfSafety(t *testing.T) {
	seen, computed := 0, 0
	for _, name := range payloads {
		if unsafe(strings.ReplaceAll(name, "\n", "")) != 0 {
			seen++
		}
		if formula(name) {
			computed++
		}
	}
	if seen < 14 || computed < 6 {
		t.Errorf("of the payloads %d are seen as unsafe and %d as formulas", seen, computed)
	}
}

func TestSafety(t *testing.T) {
	path := file(t, "fleet.json", inventoryOf(payloads))
	for _, lang := range []string{"en", "zh"} {
		for _, args := range [][]string{nil, {"-json"}, {"-csv"}, {"-explain", "i-3"}, {"-explain", "i-3", "-json"}} {
			s := machine(nil)
			r := runOn(s, append([]string{"precheck", path, "-keep-going", "-lang", lang}, args...)...)
			if r.status != exitNo && r.status != exitUnknown {
				t.Fatalf("%v: status %d: %s", args, r.status, r.errors)
			}
			if args != nil && args[0] == "-csv" && lang == "zh" {
				r.out = strings.TrimPrefix(r.out, "\uFEFF") // for Excel
			}
			if bad := unsafe(r.out + r.errors); bad != 0 {
				t.Errorf("%v: %U gets through", args, bad)
			}
			if args == nil || args[0] == "-explain" && len(args) == 2 {
				within(t, "table", r.out, 80)
				if strings.Contains(r.out, "\nyes ") || strings.Contains(r.out, "\n可以 ") {
					t.Errorf("%v: a name forges a line", args)
				}
			}
		}
	}
}

// TestSafetyOfJSON: what JSON spells out is the same text.
func TestSafetyOfJSON(t *testing.T) {
	path := file(t, "fleet.json", inventoryOf(payloads))
	r := runIt("precheck", path, "-json")
	var doc struct{ Servers []struct{ Name string } }
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
		t.Fatal(err)
	}
	for i, key := range sortedKeys(payloads) {
		if doc.Servers[i].Name != payloads[key] {
			t.Errorf("%s: %q, want %q", key, doc.Servers[i].Name, payloads[key])
		}
	}
}

func TestSafetyOfCSV(t *testing.T) {
	path := file(t, "fleet.json", inventoryOf(payloads))
	r := runIt("precheck", path, "-csv")
	rows, err := csv.NewReader(strings.NewReader(r.out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	servers := make(map[string]bool)
	for n, row := range rows {
		if len(row) != len(csvColumns) {
			t.Errorf("row %d has %d cells", n, len(row))
		}
		for _, c := range row {
			if formula(c) || unsafe(c) != 0 || strings.Contains(c, "\n") {
				t.Errorf("row %d: cell %q", n, c)
			}
		}
		servers[row[1]] = true
	}
	if len(servers) != len(payloads)+2 {
		t.Errorf("%d servers, want %d, the one with the odd ID and the header", len(servers), len(payloads))
	}
}

// TestSafetyOfErrors: names of files and servers reach standard error too.
func TestSafetyOfErrors(t *testing.T) {
	evil := "\x1b[31m\u202e\nicpcode: all is well"
	facts := file(t, "facts.csv", "id,owner\ni-9,1001\n")
	good := file(t, "good.json", `{"Instances": {"Instance": []}}`)
	for _, args := range [][]string{
		{"precheck", evil},
		{"precheck", good, "-rules", evil},
		{"precheck", good, "-facts", evil},
		{"precheck", good, "-issued", evil},
		{"precheck", good, "-assume", evil},
		{"precheck", good, "-account", "id=" + evil},
		{"precheck", good, "-account", evil},
		{"precheck", good, "-at", evil},
		{"precheck", good, "-region", evil},
		{"precheck", good, "-lang", evil},
		{"precheck", good, "-explain", evil},
		{"precheck", good, "-" + evil},
		{"precheck", good, "-json=" + evil},
		{"precheck", file(t, "bad.json", `{"\u001b[31mkey": 1}`)},
		{"rules", evil},
		{"rules", "-diff", evil, evil},
		{evil},
		{"completion", evil},
		{"precheck", good, "-facts", facts},
	} {
		for _, lang := range []string{"C", "zh_CN"} {
			r := runOn(machine(map[string]string{"LANG": lang}), args...)
			if r.errors == "" {
				t.Errorf("%q: no error is told", args)
			}
			if bad := unsafe(r.errors); bad != 0 {
				t.Errorf("%q: %U gets through: %q", args, bad, r.errors)
			}
			for line := range strings.Lines(r.errors) {
				if strings.HasPrefix(line, "icpcode: all is well") {
					t.Errorf("%q: a name forges a line", args)
				}
			}
		}
	}
}

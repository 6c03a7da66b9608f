package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// take takes the tour from the top of the repository.
func take(t *testing.T, args ...string) (string, error) {
	t.Helper()
	t.Chdir("../..")
	return run(args, func(string) string { return "" })
}

var code = regexp.MustCompile(`\b0\d{3}-\d{4}-\d{4}\b`)

// numbered replaces codes, which are drawn anew each time, by numbers in the
// order in which they appear.
func numbered(s string) string {
	seen := make(map[string]string)
	return code.ReplaceAllStringFunc(s, func(c string) string {
		if seen[c] == "" {
			seen[c] = fmt.Sprintf("0xxx-xxxx-%04d", len(seen)+1)
		}
		return seen[c]
	})
}

// TestGolden compares the tour with testdata. Run it with -update to accept
// what it prints now, and read the difference.
func TestGolden(t *testing.T) {
	for name, args := range map[string][]string{
		"tour.txt":    nil,
		"tour_zh.txt": {"-lang", "zh"},
		// The rules before grants were limited, and one day on which the year
		// ends during the tour.
		"tour_2023.txt":     {"-at", "2023-06-01 10:00"},
		"tour_new_year.txt": {"-at", "2026-12-31 23:40"},
		"hongkong.txt":      {"testdata/inventory/ecs/describeinstances_cn-hongkong_2024.json"},
		"document.txt":      {"-assume", "", "testdata/inventory/ecs/doc_classic_2020.json", "testdata/tour/facts.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			golden, err := filepath.Abs(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			out, err := take(t, args...)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out) {
				if w := width(strings.TrimSuffix(line, "\n")); w > 100 {
					t.Errorf("a line of %d columns: %s", w, line)
				}
			}
			out = numbered(out)
			if *update {
				if err := os.WriteFile(golden, []byte(out), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if out != string(want) {
				t.Errorf("the tour is not what it was; see the first line that differs:\n%s", firstDifference(string(want), out))
			}
		})
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// TestTour looks for what the tour promises to show, whatever else it prints.
func TestTour(t *testing.T) {
	out, err := take(t)
	if err != nil {
		t.Fatal(err)
	}
	out = strings.Join(strings.Fields(out), " ")
	rest := out
	for _, want := range []string{
		"billing: pay-as-you-go -> subscription (1-5, 12-16, 19, 20)",
		"Assumed to pass where the fact is missing: ELG-IPINUSE.",
		"yes: 5 codes", "no: A", "cannot tell: O", "yes: 5 codes, assuming J", "yes: 8 codes",
		"ELG-REMAINING failed", "found 89 days left", "remedy renew", "source a web agency in Chengdu",
		"3 servers may have 18 codes together.",
		"5 of 5 used", "asks for one more -> refused ELG-QUOTA failed",
		"yes, once the phone is verified; nothing has changed: 5 of 5 left",
		"with phone code 000000 -> refused GRT-FIRST failed", "with phone code 834211 -> 0",
		"10 of 10 accounts in 2026", "an account too many -> refused GRT-OUT failed",
		"granter 3 of 3", "-> refused GRT-IN failed",
		"no such code for this account", "FIL-HOLDER failed", "2002 files", "-> under review",
		"-> Filed, 浙ICP备",
		"Refunded; 30.00 CNY to be paid back", "-> refused LIF-REFUND failed",
		": Filed", ": Invalid", ": Refunded", "RSK-RELEASED failed",
		"RSK-EXPIRING failed",
		"2026-11-19 23:59:59", ": Available", "2026-11-20 00:00:00", ": Invalid", "renews", ": Available",
		"2026-12-31 23:59:59", "GRT-OUT failed", "2026-12-31 23:59:59", "GRT-IN failed",
		"2027-01-01 00:00:00", "-> granted", "2027-01-01 00:00:00", "-> granted",
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("%q is missing, or not in its place", want)
		}
		rest = after
	}
}

func TestOtherFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	list := write("list.json", `{"TotalCount":3,"Instances":{"Instance":[{"InstanceName":"no ID"},{"InstanceId":"i-1","InstanceName":"a\u001b[31mb\u4e2d"}]}}`)
	facts := write("facts.csv", "id,owner\ni-2,1001\n")
	out, err := take(t, list, facts)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"server 1, byte", "InstanceId is missing", "2 of 3 servers", "i-2 is not in the inventory", "a?[31mb中"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Error("a name reached the terminal unescaped")
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-at", "tomorrow"}, `-at "tomorrow" is not a time`},
		{[]string{"-at", "2017-01-01 00:00"}, "no rule set is in force"},
		{[]string{"-assume", "ELG-X"}, "-assume: "},
		{[]string{"-lang", "fr"}, `-lang "fr" is neither en nor zh`},
		{[]string{"a", "b", "c"}, "more than two files"},
		{[]string{filepath.Join(dir, "none")}, "no such file"},
		{[]string{defaultInventory, filepath.Join(dir, "none")}, "no such file"},
		{[]string{broken}, broken + ": inventory: byte 1: unexpected EOF"},
		{[]string{defaultInventory, broken}, broken + ": inventory: facts, line 1: unknown column"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			if _, err := take(t, c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestPrint(t *testing.T) {
	for n, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 27: "AB", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := letter(n); got != want {
			t.Errorf("letter(%d) is %s, want %s", n, got, want)
		}
	}
	for want, numbers := range map[string][]int{"": nil, "3": {3}, "1, 2": {2, 1}, "1-3, 5": {1, 2, 3, 5}, "1, 3-6, 8, 9": {9, 8, 1, 3, 4, 5, 6}} {
		if got := list(numbers); got != want {
			t.Errorf("list(%v) is %s, want %s", numbers, got, want)
		}
	}
	for s, want := range map[string]string{"": "", "one two": "one two", "one two three": "one two|three", "备案服务码": "备案服务|码", "toolongforit x": "toolongforit|x"} {
		if got := strings.Join(wrap(s, 9), "|"); got != want {
			t.Errorf("wrap(%s) is %s, want %s", s, got, want)
		}
	}
	for s, want := range map[string]string{"web": "web", "a long name": "a long…", "备案服务码": "备案服…", "a\x00\u202eb": "a??b"} {
		if got := safe(s, 7); got != want {
			t.Errorf("safe(%q) is %q, want %q", s, got, want)
		}
	}
}

// TestLanguage: the tour speaks the language of the locale, unless it is told
// another one, and fits 80 columns.
func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		args []string
		zh   bool
	}{
		{nil, nil, false}, {map[string]string{"LANG": "zh_CN.UTF-8"}, nil, true}, {map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, nil, false},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, []string{"-lang", "en"}, false}, {map[string]string{"LANG": "de_DE", "LC_MESSAGES": "zh_TW"}, nil, true},
	} {
		out, err := run(append(c.args, "../../"+defaultInventory, "../../"+defaultFacts), func(name string) string { return c.env[name] })
		if err != nil || strings.Contains(out, "距到期不少于") != c.zh {
			t.Errorf("%v %v: %v; in Chinese it is %v", c.env, c.args, err, !c.zh)
		}
		for line := range strings.Lines(out) {
			// An address cannot be broken.
			if words := strings.Fields(line); len(words) == 1 && strings.HasPrefix(words[0], "http") {
				continue
			}
			if width(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("%v: wider than 80 columns: %s", c.env, line)
			}
		}
	}
}

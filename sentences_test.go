package icpcode_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// notYet are the rules of sentences that no test shows yet. The list only shrinks.
var notYet = map[icpcode.Rule]bool{}

// TestSentences: every sentence of the two pages names rules that exist and a test
// that exists, and is of a page that sources.md knows.
func TestSentences(t *testing.T) {
	page := string(must[[]byte](t)(os.ReadFile("docs/sentences.md")))
	sources := string(must[[]byte](t)(os.ReadFile("docs/sources.md")))
	tests := make(map[string]bool)
	for _, name := range append(must[[]string](t)(filepath.Glob("*_test.go")), "presets/calendar_test.go") {
		src := must[[]byte](t)(os.ReadFile(name))
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`).FindAllSubmatch(src, -1) {
			tests[string(m[1])] = true
		}
	}
	rows := regexp.MustCompile(`(?m)^\| (\S+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(page, -1)
	told := make(map[string]bool)
	n := 0
	for _, row := range rows {
		from, says, ids, test := row[1], row[2], row[3], row[4]
		if from == "Page" {
			continue
		}
		n++
		if told[from+says] || !strings.Contains(sources, "\n### "+from+"\n") {
			t.Errorf("%s: %q is told twice, or of a page that sources.md does not know", from, says)
		}
		told[from+says] = true
		for id := range strings.SplitSeq(ids, ", ") {
			var r icpcode.Rule
			if err := r.UnmarshalText([]byte(id)); err != nil {
				t.Errorf("%q: %v", says, err)
			}
			if (test == "not yet") != notYet[r] {
				t.Errorf("%q: %s is shown by %q", says, id, test)
			}
		}
		if id, ok := strings.CutPrefix(test, "TestRule/"); ok {
			var r icpcode.Rule
			if err := r.UnmarshalText([]byte(id)); err != nil || ruleTests[r] == nil || !strings.Contains(ids, id) {
				t.Errorf("%q: there is no %s, or it is of another rule", says, test)
			}
			continue
		}
		if test != "not yet" && !tests[test] {
			t.Errorf("%q: there is no %s", says, test)
		}
	}
	if n < 63 || n != strings.Count(page, "\n| free-codes |")+strings.Count(page, "\n| guide |") {
		t.Errorf("%d rows were read", n)
	}
}

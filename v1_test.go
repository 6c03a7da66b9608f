package icpcode_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

// The lists of docs/v1.md are those of the code, or of what tests hold to the
// code: what v1 freezes cannot change without a change of the page that
// promises it.
func TestV1(t *testing.T) {
	page := readText(t, "docs/v1.md")
	var ids []string
	for r := icpcode.Rule(1); r.String() != ""; r++ {
		ids = append(ids, r.String())
	}
	for _, list := range []struct {
		section string
		want    []string
	}{
		{"Rules", ids},
		{"Exit statuses", matches(`(?m)^\| ([0-9]) \|`, readText(t, "docs/cli.md"))},
		{"Types of problems", matches(`"urn:icpcode:problem:([a-z-]+)"`, readText(t, "httpapi/openapi.json"))},
		{"Tables", append(matches(`create table (?:if not exists )?(icp_\w+)`, readText(t, "sqlstore/schema/postgresql/*.sql")), "icp_schema")},
	} {
		t.Run(list.section, func(t *testing.T) {
			_, text, _ := strings.Cut(page, "\n## "+list.section+"\n")
			text, _, _ = strings.Cut(text, "\n## ")
			got := slices.DeleteFunc(matches("`([A-Za-z0-9_-]+)`", text), func(word string) bool { return word == "icpcode" })
			if len(list.want) < 3 {
				t.Fatalf("the code has %q only", list.want)
			}
			if d := cmp.Diff(sortedOnce(list.want), sortedOnce(got)); d != "" {
				t.Errorf("docs/v1.md says otherwise (- the code, + the page):\n%s", d)
			}
		})
	}
}

// Each test that the page names is in the folder that stands before it.
func TestV1NamesTests(t *testing.T) {
	named := 0
	for _, row := range regexp.MustCompile("(?m)`([a-z/.]+)`((?:,? `Test\\w+`)+) \\|$").FindAllStringSubmatch(readText(t, "docs/v1.md"), -1) {
		tests := readText(t, filepath.Join(filepath.FromSlash(row[1]), "*_test.go"))
		for _, name := range matches("`(Test\\w+)`", row[2]) {
			named++
			if !strings.Contains(tests, "\nfunc "+name+"(t *testing.T)") {
				t.Errorf("docs/v1.md says that %s in %s holds something, and it is not there", name, row[1])
			}
		}
	}
	if named < 10 {
		t.Errorf("docs/v1.md names %d tests", named)
	}
}

// readText reads the files that match a pattern, of which there must be one.
func readText(t *testing.T, pattern string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.FromSlash(pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("there is no %s (%v)", pattern, err)
	}
	var text strings.Builder
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	return text.String()
}

// matches returns what the group of a pattern matches in a text.
func matches(pattern, text string) []string {
	var all []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// sortedOnce returns each of the words once, in order.
func sortedOnce(words []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(words)))
}

// Package disable shows that every rule of the domain is held by the test
// that is named for it: it disables the rules one after the other and must
// see that test fail.
//
// There is no hook for it in the library. Each entry of the table in
// table_test.go is a change to a source file that takes one rule out; the go
// command builds the tests with the changed files laid over the real ones.
package disable

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/weave"
)

// disabling is one way to take a rule out of the library.
type disabling struct {
	rule  icpcode.Rule
	why   string // what the library does wrong with the edits
	edits []edit
	// pkg is the package whose TestRule/ID must fail, relative to the
	// module's root: "" is the root package.
	pkg string
}

// edit replaces old, which must occur exactly once in file, by new.
type edit struct{ file, old, new string }

func (d *disabling) dir() string { return "./" + d.pkg }

// root is the module's root, seen from this package's directory.
const root = "../.."

// allRules lists the rules that icpcode declares: those that have an ID.
func allRules() []icpcode.Rule {
	var rules []icpcode.Rule
	for r := icpcode.Rule(1); r.String() != ""; r++ {
		rules = append(rules, r)
	}
	return rules
}

// TestTable checks that the table disables every rule, and that its edits
// still fit the sources.
func TestTable(t *testing.T) {
	for _, r := range allRules() {
		if !slices.ContainsFunc(table, func(d disabling) bool { return d.rule == r }) {
			t.Errorf("%v is not in the table: add how to disable it to table_test.go", r)
		}
	}
	for i := range table {
		d := &table[i]
		if d.rule.String() == "" || d.why == "" || len(d.edits) == 0 {
			t.Errorf("entry %d (%v) says too little", i, d.rule)
		}
		if _, err := d.changed(); err != nil {
			t.Errorf("%v: %s: %v", d.rule, d.why, err)
		}
	}
}

// TestEachRuleDisabled runs the named tests once as they are, then once for
// each entry of the table. All entries are woven into one program for each
// package, in which a variable of the environment puts one of them into
// effect.
func TestEachRuleDisabled(t *testing.T) {
	if os.Getenv("CI") != "true" && os.Getenv("ICPCODE_DISABLE") != "1" {
		t.Skip("compiles the tests of the root package anew: run make disable, or set ICPCODE_DISABLE=1")
	}
	overlay := lay(t)
	programs, passed := map[string]string{}, map[string]string{}
	for i := range table {
		dir := table[i].dir()
		if programs[dir] != "" {
			continue
		}
		programs[dir] = build(t, dir, overlay)
		out, err := runProgram(t, programs[dir], dir, 0, "^TestRule$")
		if err != nil {
			t.Errorf("%s fails with every rule in force:\n%s", dir, out)
		}
		passed[dir] = out
	}
	for i := range table {
		d := &table[i]
		t.Run(d.rule.String(), func(t *testing.T) {
			t.Parallel()
			if !mentions(passed[d.dir()], "PASS", d.rule) {
				t.Fatalf("%s has no TestRule/%v that passes with the rule in force", d.dir(), d.rule)
			}
			out, err := runProgram(t, programs[d.dir()], d.dir(), i+1, fmt.Sprintf("^TestRule$/^%v$", d.rule))
			if problem := verdict(d.rule, out, err); problem != "" {
				t.Errorf("%s: %s", d.why, problem)
			}
		})
	}
}

// lay writes the woven sources, and returns the file that tells the go command
// to take them for the real ones.
func lay(t *testing.T) string {
	t.Helper()
	texts, err := weaveAll(table)
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, text := range texts {
		abs, err := filepath.Abs(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		laid := filepath.Join(tmp, strings.ReplaceAll(file, string(filepath.Separator), "_"))
		if err := os.WriteFile(laid, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[abs] = laid
	}
	config, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// build compiles the tests of a package. Vet is off: a disabled rule leaves
// code that cannot be reached.
func build(t *testing.T, dir, overlay string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "woven.test")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", program, dir)
	cmd.Dir = root
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the edited sources of %s do not compile; the number after __ is that of the entry in the table:\n%s", dir, out)
	}
	return program
}

// runProgram runs tests with an entry in effect and returns what they printed.
func runProgram(t *testing.T, program, dir string, entry int, tests string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.timeout=5m", "-test.run", tests)
	cmd.Dir = filepath.Join(root, dir)
	cmd.Env = append(cmd.Environ(), fmt.Sprintf("%s=%d", weave.Env, entry))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// weaveAll puts the edits of all entries into the sources that they change,
// and returns these and the switches, by file relative to the module's root.
func weaveAll(entries []disabling) (map[string]string, error) {
	files := map[string]*weave.File{}
	for i := range entries {
		d := &entries[i]
		changed, err := d.changed()
		if err != nil {
			return nil, fmt.Errorf("%v: %s: %w", d.rule, d.why, err)
		}
		for file, text := range changed {
			if files[file] == nil {
				original, err := readSource(file)
				if err != nil {
					return nil, err
				}
				if files[file], err = weave.New(original); err != nil {
					return nil, err
				}
			}
			if err := files[file].Add(i+1, text); err != nil {
				return nil, fmt.Errorf("%v: %s: %s: %w", d.rule, d.why, file, err)
			}
		}
	}
	texts := map[string]string{}
	for file, w := range files {
		texts[file] = w.Source()
		texts[filepath.Join(filepath.Dir(file), weave.SwitchFile)] = weave.SwitchText(w.Package())
	}
	return texts, nil
}

// verdict says what is wrong with a run of a rule's test without the rule, or
// "" if it failed as it should.
func verdict(r icpcode.Rule, out string, err error) string {
	if err == nil {
		return "the test passes all the same:\n" + out
	}
	if strings.Contains(out, "panic:") {
		return "the test panicked instead of failing:\n" + out
	}
	if !mentions(out, "FAIL", r) {
		return fmt.Sprintf("something failed (%v), but not TestRule/%v:\n%s", err, r, out)
	}
	return ""
}

// mentions reports whether a test's output has the result of a rule's test.
func mentions(out, result string, r icpcode.Rule) bool {
	return regexp.MustCompile(`(?m)^\s*--- ` + result + `: TestRule/` + regexp.QuoteMeta(r.String()) + ` \(`).MatchString(out)
}

// readSource returns a source file of the module.
func readSource(file string) (string, error) {
	b, err := os.ReadFile(filepath.Join(root, file))
	return string(b), err
}

// changed returns the edited sources by file.
func (d *disabling) changed() (map[string]string, error) {
	texts := map[string]string{}
	for _, e := range d.edits {
		text, ok := texts[e.file]
		if !ok {
			var err error
			if text, err = readSource(e.file); err != nil {
				return nil, err
			}
		}
		if n := strings.Count(text, e.old); n != 1 {
			return nil, fmt.Errorf("%s has this %d times, not once:\n%s", e.file, n, e.old)
		}
		if e.old == e.new {
			return nil, fmt.Errorf("%s: the edit changes nothing:\n%s", e.file, e.old)
		}
		texts[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	return texts, nil
}

// TestVerdict shows that only a test that fails counts.
func TestVerdict(t *testing.T) {
	failed := fmt.Errorf("exit status 1")
	for _, tt := range []struct {
		name, out string
		err       error
		good      bool
	}{
		{"fails", "--- FAIL: TestRule (0.00s)\n    --- FAIL: TestRule/ELG-TERM (0.00s)\nFAIL\n", failed, true},
		{"passes", "ok  \tpackage\n", nil, false},
		{"no such test", "testing: warning: no tests to run\nPASS\n", nil, false},
		{"does not start", "", failed, false},
		{"panics", "--- FAIL: TestRule/ELG-TERM (0.00s)\npanic: oh\n", failed, false},
		{"another fails", "    --- FAIL: TestRule/ELG-TERM-2 (0.00s)\nFAIL\n", failed, false},
	} {
		if problem := verdict(icpcode.ELGTerm, tt.out, tt.err); (problem == "") != tt.good {
			t.Errorf("%s: %q", tt.name, problem)
		}
	}
}

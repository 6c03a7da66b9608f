package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write what the golden tests see, also docs/cli.md")

// TestMain lets the test binary be icpcode: the completion test asks a shell
// to run it.
func TestMain(m *testing.M) {
	if os.Getenv("ICPCODE_TEST_MAIN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// result is what a run came to.
type result struct {
	status      int
	out, errors string
}

// machine is a system for tests: nothing is a terminal, the time is ten
// o'clock in China on 22 November 2026.
func machine(env map[string]string) *system {
	return &system{
		stdin: strings.NewReader(""),
		env:   func(name string) string { return env[name] },
		now:   func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, china) },
	}
}

// runOn runs the command on a machine.
func runOn(s *system, args ...string) result {
	var out, errs bytes.Buffer
	s.stdout, s.stderr = &out, &errs
	status := run(args, s)
	return result{status, out.String(), errs.String()}
}

// icpcode runs the command without an environment.
func runIt(args ...string) result { return runOn(machine(nil), args...) }

// file writes a file for a test and returns its name.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// golden compares what was seen with a file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("%s: line %d is\n\t%s\nwant\n\t%s\nif that is right: go test -update", path, i+1, g[i], w[i])
		}
	}
	t.Fatalf("%s: %d lines, want %d; if that is right: go test -update", path, len(g), len(w))
}

// columnsOf counts columns as terminals do, apart from the library that the
// command uses: Chinese, Japanese and Korean characters and full-width forms
// take two.
func columnsOf(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if unicode.Is(unicode.Mn, r) {
			n--
		}
		if r >= 0x1100 && r <= 0x115F || r >= 0x2E80 && r <= 0x303E || r >= 0x3041 && r <= 0xA4CF ||
			r >= 0xAC00 && r <= 0xD7A3 || r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE6F ||
			r >= 0xFF00 && r <= 0xFF60 || r >= 0xFFE0 && r <= 0xFFE6 || r >= 0x1F300 && r <= 0x1FAFF || r >= 0x20000 {
			n++
		}
	}
	return n
}

// within fails if a line is wider than the limit.
func within(t *testing.T, what, text string, limit int) {
	t.Helper()
	for n, line := range strings.Split(text, "\n") {
		if w := columnsOf(line); w > limit {
			t.Errorf("%s: line %d takes %d columns, not %d: %s", what, n+1, w, limit, line)
		}
	}
}

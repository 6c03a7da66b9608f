package icpcode_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// The program of the READMEs is the package's Example, and what they say that
// it prints is its output. ICPCODE_UPDATE=1 writes them anew.
func TestReadme(t *testing.T) {
	program, output := exampleProgram(t)
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want := block(t, block(t, string(text), "go", program), "text", output)
		if want == string(text) {
			continue
		}
		if os.Getenv("ICPCODE_UPDATE") == "" {
			t.Errorf("%s does not show the package's Example; ICPCODE_UPDATE=1 go test -run TestReadme . writes it", name)
			continue
		}
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// block replaces the first fenced block of a language.
func block(t *testing.T, text, lang, body string) string {
	t.Helper()
	fence := regexp.MustCompile("(?s)```" + lang + "\n.*?\n```\n")
	at := fence.FindStringIndex(text)
	if at == nil {
		t.Fatalf("there is no %s block", lang)
	}
	return text[:at[0]] + "```" + lang + "\n" + strings.TrimRight(body, "\n") + "\n```\n" + text[at[1]:]
}

// exampleProgram makes a program of the Example, and finds its output.
func exampleProgram(t *testing.T) (program, output string) {
	t.Helper()
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(source), "func Example() {\n")
	if !ok {
		t.Fatal("there is no Example")
	}
	body, comments, ok := strings.Cut(rest, "\t// Output:\n")
	if !ok {
		t.Fatal("the Example has no output")
	}
	comments, _, _ = strings.Cut(comments, "}\n")
	for line := range strings.Lines(comments) {
		output += strings.TrimPrefix(strings.TrimPrefix(line, "\t//"), " ")
	}
	program = `package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

func main() {
` + body + "}\n"
	return program, output
}

// Each link of a document to a file of the project leads to one, and to a
// heading that is there.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	found := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path == "bin" || d.Name() == "testdata" || d.Name() == "node_modules" || path != "." && strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".md") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			found++
			file, heading, _ := strings.Cut(m[1], "#")
			to := path
			if file != "" {
				to = filepath.Join(filepath.Dir(path), file)
			}
			target, err := os.ReadFile(to)
			if err != nil {
				if i, err := os.Stat(to); err != nil || !i.IsDir() {
					t.Errorf("%s: the link to %s leads nowhere", path, m[1])
				}
				continue
			}
			if heading != "" && !slices.Contains(anchors(string(target)), heading) {
				t.Errorf("%s: %s has no heading #%s", path, to, heading)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 50 {
		t.Errorf("only %d links were found", found)
	}
}

// anchors returns what headings of a document are linked by.
func anchors(text string) (all []string) {
	for line := range strings.Lines(text) {
		hashes, heading, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || hashes == "" || strings.Trim(hashes, "#") != "" {
			continue
		}
		var b strings.Builder
		for _, r := range strings.ToLower(heading) {
			switch {
			case r == ' ':
				b.WriteByte('-')
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				b.WriteRune(r)
			}
		}
		all = append(all, b.String())
	}
	return all
}

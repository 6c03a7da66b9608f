package icpcode_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
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

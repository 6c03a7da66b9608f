package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/icpcode/icpcode"
)

func TestPlainStoreKeepsTheContract(t *testing.T) {
	Run(t, func(testing.TB) icpcode.Store { return newPlain() })
}

// One store may serve all cases.
func TestCasesDoNotDisturbEachOther(t *testing.T) {
	s := newPlain()
	Run(t, func(testing.TB) icpcode.Store { return s })
}

func BenchmarkPlain(b *testing.B) {
	Benchmark(b, func(testing.TB) icpcode.Store { return newPlain() })
}

// sentences returns every sentence of the comments of store.go.
func sentences(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../store.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, group := range file.Comments {
		all = append(all, split(group)...)
	}
	return all
}

var (
	paragraph = regexp.MustCompile(`\n\s*\n|\n\s*- `)
	space     = regexp.MustCompile(`\s+`)
)

// split cuts a comment into paragraphs and items, and these into sentences: a
// sentence ends with a stop before a space and a capital.
func split(group *ast.CommentGroup) []string {
	var all []string
	for _, text := range paragraph.Split(group.Text(), -1) {
		text = strings.TrimPrefix(strings.TrimSpace(space.ReplaceAllString(text, " ")), "- ")
		for {
			end := -1
			for i := range text {
				if strings.HasPrefix(text[i:], ". ") && unicode.IsUpper(rune(text[i+2])) {
					end = i + 1
					break
				}
			}
			if end < 0 {
				break
			}
			all = append(all, text[:end])
			text = text[end+1:]
		}
		if text != "" {
			all = append(all, text)
		}
	}
	return all
}

func TestEverySentenceOfTheContractHasACase(t *testing.T) {
	contract := sentences(t)
	all := slices.Concat(basics, cases)
	must := 0
	for _, s := range contract {
		if !strings.Contains(s, "MUST") {
			continue
		}
		must++
		if !slices.ContainsFunc(all, func(tc testCase) bool { return tc.rule == s }) {
			t.Errorf("no case proves this sentence of the contract:\n%s", s)
		}
	}
	for _, tc := range all {
		if !slices.Contains(contract, tc.rule) {
			t.Errorf("case %s proves a sentence that the contract no longer has:\n%s", tc.name, tc.rule)
		}
	}
	// A parser that finds nothing proves nothing.
	if must < 20 {
		t.Errorf("found %d sentences with MUST in store.go, want at least 20", must)
	}
}

func TestCaseNamesAreUnique(t *testing.T) {
	seen := make(map[string]bool)
	for _, tc := range slices.Concat(basics, cases) {
		if seen[tc.name] {
			t.Errorf("two cases are called %s", tc.name)
		}
		seen[tc.name] = true
	}
}

// recorder stands in for the test of a store that is meant to fail.
type recorder struct {
	ctx    context.Context
	failed []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Errorf(format string, args ...any) {
	r.failed = append(r.failed, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// A failure prints the rule that was broken, which is the point of it all.
func TestFailurePrintsTheRule(t *testing.T) {
	r := &recorder{ctx: t.Context()}
	tc := testCase{name: "x", rule: "the rule", check: func(p *probe) { p.Fatalf("seen %d", 1) }}
	done := make(chan struct{})
	go func() { defer close(done); tc.run(r, newPlain(), patience) }()
	<-done
	if want := []string{"seen 1\nThe contract: the rule"}; !slices.Equal(r.failed, want) {
		t.Errorf("a case that failed printed %q, want %q", r.failed, want)
	}
}

func TestFillLeavesNoFieldZero(t *testing.T) {
	n := newNames()
	for _, k := range kinds {
		if k == icpcode.KindAcquaintance {
			continue
		}
		noZero(t, k.String(), reflect.ValueOf(n.body(n.key(k), 1)).Elem())
	}
	noZero(t, "event", reflect.ValueOf(n.event(n.code(), 1)))
}

func noZero(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	if v.IsZero() {
		t.Errorf("%s is zero", path)
	}
	switch v.Kind() {
	case reflect.Pointer:
		noZero(t, path, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); stored(f) {
				noZero(t, path+"."+f.Name, v.Field(i))
			}
		}
	}
}

// Stores may keep bodies and events as JSON: it loses nothing of what the
// suite asks them to keep.
func TestJSONKeepsEverything(t *testing.T) {
	n := newNames()
	again := func(from, to any) {
		t.Helper()
		text, err := json.Marshal(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, to); err != nil {
			t.Fatal(err)
		}
		if d := diff(from, to); d != "" {
			t.Errorf("JSON of a %T (-want +got):\n%s", from, d)
		}
	}
	for _, k := range kinds {
		if k == icpcode.KindAcquaintance {
			if icpcode.NewBody(k) != nil {
				t.Errorf("acquaintances have a body")
			}
			continue
		}
		again(n.body(n.key(k), 1), icpcode.NewBody(k))
		again(icpcode.NewBody(k), icpcode.NewBody(k))
	}
	e := n.event(n.code(), 1)
	again(&e, new(icpcode.Event))
	again(new(icpcode.Event), new(icpcode.Event))
}

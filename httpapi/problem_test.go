package httpapi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/icpcode/icpcode"
)

// TestProblemsInChinese holds that what this package finds wrong with a request
// has Chinese words.
func TestProblemsInChinese(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			name, ok := call.Fun.(*ast.Ident)
			text, literal := call.Args[1].(*ast.BasicLit)
			if !ok || name.Name != "bad" || !literal {
				return true
			}
			problem, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			found++
			zh := invalidDetail(icpcode.Chinese, "x", &icpcode.InvalidError{Problem: problem})
			if strings.Contains(zh, "有误") || !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%q is %q in Chinese", problem, zh)
			}
			return true
		})
	}
	if found < 10 {
		t.Errorf("only %d problems were found", found)
	}
}

// TestStatus holds that each category has a status, and none but the absence of
// an error is a success.
func TestStatus(t *testing.T) {
	for c := icpcode.CategoryNone; c <= icpcode.CategoryOther; c++ {
		if got := Status(c); (got == 200) != (c == icpcode.CategoryNone) || got != 200 && (got < 400 || got > 504) {
			t.Errorf("%v is answered %d", c, got)
		}
	}
}

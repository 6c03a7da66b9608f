package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// quotedText is what an error quotes of the input, and fields of a format.
var (
	quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	wordsOfEN  = regexp.MustCompile(`\b[a-z]+ [a-z]+\b|\b(?:is|are|has|the|than|there|twice|missing|unexpected|longer|more)\b`)
	verb       = regexp.MustCompile(`%[.\d]*[a-z]`)
)

// TestErrorsInChinese reads the texts of all errors in the source of package
// inventory, fills in their values, and fails for each that is not in Chinese
// entirely where the output is.
func TestErrorsInChinese(t *testing.T) {
	files, err := filepath.Glob("../../inventory/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, format := range errorTexts(t, name) {
			found++
			text := fill(format)
			zh := translate(text)
			if m := wordsOfEN.FindString(quotedText.ReplaceAllString(zh, "")); m != "" {
				t.Errorf("%s: %q is %q in Chinese output: %q is English", filepath.Base(name), text, zh, m)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d errors were found in the source", found)
	}
}

// fill puts values in the place of the verbs of a format.
func fill(format string) string {
	ended := strings.HasPrefix(format, "%w instead of")
	char := strings.HasPrefix(format, "found %q") || strings.Contains(format, "begins with %q")
	switch format {
	case "%q is not %s":
		format = "%q is not no, yes or unknown"
	case "has the key ":
		format += "%s twice"
	}
	return verb.ReplaceAllStringFunc(format, func(v string) string {
		switch v[len(v)-1] {
		case 'q':
			if char {
				return `'x'`
			}
			return `"x"`
		case 'd':
			return "7"
		case 'w':
			if ended {
				return io.ErrUnexpectedEOF.Error()
			}
			return "is not an object"
		}
		if ended {
			return "a value"
		}
		return "RegionId"
	})
}

// errorTexts are the texts of the errors of a file: what is given to the
// functions that make them, and the problems of a record, which say of a field
// what it is or has.
func errorTexts(t *testing.T, name string) (texts []string) {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	add := func(e ast.Expr, problem bool) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		if !problem || strings.HasPrefix(text, "is ") || strings.HasPrefix(text, "has ") || strings.HasPrefix(text, "holds ") {
			texts = append(texts, text)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if want, ok := wanted(n); ok {
				texts = append(texts, "found %q instead of "+want, "%w instead of "+want)
				break
			}
			if makesErrors(n.Fun) {
				add(n.Args[0], false)
				break
			}
			for _, a := range n.Args {
				add(a, true)
			}
		case *ast.ReturnStmt:
			for _, r := range n.Results {
				add(r, true)
			}
		case *ast.BinaryExpr:
			add(n.X, true)
			add(n.Y, true)
		}
		return true
	})
	return texts
}

func makesErrors(f ast.Expr) bool {
	s, ok := f.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, _ := s.X.(*ast.Ident)
	return pkg != nil && (pkg.Name == "errors" && s.Sel.Name == "New" || pkg.Name == "fmt" && s.Sel.Name == "Errorf")
}

// wanted returns what a call of the scanner says that it wants.
func wanted(call *ast.CallExpr) (want string, ok bool) {
	s, _ := call.Fun.(*ast.SelectorExpr)
	if s == nil || s.Sel.Name != "unexpected" && s.Sel.Name != "take" {
		return "", false
	}
	lit, _ := call.Args[len(call.Args)-1].(*ast.BasicLit)
	if lit == nil || lit.Kind != token.STRING {
		return "", false
	}
	want, err := strconv.Unquote(lit.Value)
	return want, err == nil
}

package icpcode

import (
	"cmp"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/icpcode/icpcode/internal/strictjson"
)

// foundProblem is what the source finds wrong with a field, with numbers and
// values in place of what only the run knows.
type foundProblem struct{ at, field, problem string }

// foundProblems finds the problems of fields in the source of these folders, and
// where a problem is that it cannot read.
func foundProblems(t *testing.T, folders ...string) (found []foundProblem, unread []string) {
	t.Helper()
	fs := token.NewFileSet()
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(fs, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(node ast.Node) bool {
				for _, e := range problemsOf(node) {
					at := fs.Position(e[1].Pos()).String()
					problem, ok := saidBy(e[1])
					if !ok {
						unread = append(unread, at)
						continue
					}
					field, _ := saidBy(e[0])
					found = append(found, foundProblem{at, field, problem})
				}
				return true
			})
		}
	}
	return found, unread
}

// problemsOf returns the field and the problem of an error that is made here, or
// the problem that a function returns.
func problemsOf(node ast.Node) (found [][2]ast.Expr) {
	switch n := node.(type) {
	case *ast.CallExpr:
		f, ok := n.Fun.(*ast.Ident)
		sel, method := n.Fun.(*ast.SelectorExpr)
		if len(n.Args) == 2 && (ok && f.Name == "invalid" || method && sel.Sel.Name == "bad") {
			found = append(found, [2]ast.Expr{n.Args[0], n.Args[1]})
		}
	case *ast.CompositeLit:
		id, ok := n.Type.(*ast.Ident)
		if sel, selected := n.Type.(*ast.SelectorExpr); selected {
			id, ok = sel.Sel, true
		}
		if ok && slices.Contains([]string{"Error", "InvalidError", "RuleBookError"}, id.Name) {
			e := [2]ast.Expr{&ast.BasicLit{Kind: token.STRING, Value: `""`}}
			for i, elt := range n.Elts {
				kv, keyed := elt.(*ast.KeyValueExpr)
				if !keyed && i < 2 {
					e[i] = elt
				}
				if keyed && kv.Key.(*ast.Ident).Name == "Field" {
					e[0] = kv.Value
				}
				if keyed && kv.Key.(*ast.Ident).Name == "Problem" {
					e[1] = kv.Value
				}
			}
			if e[1] != nil {
				found = append(found, e)
			}
		}
	case *ast.FuncDecl:
		if !strings.HasSuffix(n.Name.Name, "Problem") || n.Type.Results == nil {
			return nil
		}
		if id, ok := n.Type.Results.List[0].Type.(*ast.Ident); !ok || id.Name != "string" {
			return nil
		}
		ast.Inspect(n.Body, func(node ast.Node) bool {
			if r, ok := node.(*ast.ReturnStmt); ok {
				if p, ok := text(r.Results[0]); !ok || p != "" {
					found = append(found, [2]ast.Expr{&ast.BasicLit{Kind: token.STRING, Value: `""`}, r.Results[0]})
				}
			}
			return true
		})
	}
	return found
}

// saidBy returns what an expression says, with 7 for a number and X for another
// value, and whether it is a text at all.
func saidBy(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return text(e)
	case *ast.BinaryExpr:
		x, ok := saidBy(e.X)
		y, too := saidBy(e.Y)
		if !ok && !too {
			return "", false
		}
		return cmp.Or(x, "X") + cmp.Or(y, "X"), true
	case *ast.CallExpr:
		sel, ok := e.Fun.(*ast.SelectorExpr)
		if ok && sel.Sel.Name == "Itoa" {
			return "7", true
		}
		if ok && sel.Sel.Name == "Sprintf" {
			f, ok := text(e.Args[0])
			f = strings.ReplaceAll(f, "%d", "7")
			return formVerb.ReplaceAllString(f, "X"), ok
		}
	case *ast.Ident:
		if e.Name == "noneOf" {
			return noneOf, true
		}
		if e.Obj != nil {
			if v, ok := e.Obj.Decl.(*ast.ValueSpec); ok && len(v.Values) == 1 {
				return text(v.Values[0])
			}
		}
	}
	return "", false
}

// TestProblemsInChinese: every problem of a field that stands in the source has its
// Chinese, with the same numbers, and every field a name in both languages. What
// strictjson, the stores and this package say is in one table.
func TestProblemsInChinese(t *testing.T) {
	folders := []string{".", "internal/strictjson", "memstore"}
	if _, err := os.Stat("sqlstore"); err == nil {
		folders = append(folders, "sqlstore") // a module of its own, not there for users of this one
	}
	found, unread := foundProblems(t, folders...)
	for _, p := range found {
		if p.problem == "is not X" || p.problem == "is X, not X" {
			continue // TestFormsInChinese tries what they can be
		}
		zh := problemText(Chinese, p.problem)
		if !hasHan(zh) || strings.Contains(zh, "#") {
			t.Errorf("%s: %q has no Chinese: %q", p.at, p.problem, zh)
		}
		if first, _ := utf8.DecodeRuneInString(p.field); unicode.IsUpper(first) && first != 'X' && !hasHan(fieldLabel(Chinese, p.field)) {
			t.Errorf("%s: the field %s has no name", p.at, p.field)
		}
	}
	if len(found) < 200 {
		t.Errorf("only %d problems were found", len(found))
	}
	// These pass on what a function that ends in Problem or strictjson found.
	passed := map[string]int{"errors.go": 1, "import.go": 1, "instance.go": 2, "narrow.go": 1, "rulebook.go": 3}
	for _, at := range unread {
		name, _, _ := strings.Cut(at, ":")
		passed[name]--
	}
	for name, n := range passed {
		if n != 0 {
			t.Errorf("%s: of what it passes on %d more than are known: %v", name, -n, unread)
		}
	}
	for _, p := range problems {
		if strings.Count(p.English, "#") != strings.Count(p.Chinese, "#") {
			t.Errorf("%q, %q: the numbers differ", p.English, p.Chinese)
		}
	}
}

// typesIn adds the types that a rule book's JSON is read into.
func typesIn(typ reflect.Type, all map[reflect.Type]bool) {
	if all[typ] {
		return
	}
	all[typ] = true
	pointer := reflect.PointerTo(typ)
	if pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) || pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return
	}
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() {
				typesIn(f.Type, all)
			}
		}
	case reflect.Slice, reflect.Map:
		typesIn(typ.Elem(), all)
	}
}

// TestFormsInChinese: whatever stands where something else should in a rule book
// is told of in Chinese.
func TestFormsInChinese(t *testing.T) {
	types := make(map[reflect.Type]bool)
	typesIn(reflect.TypeFor[map[string]Citation](), types)
	typesIn(reflect.TypeFor[[]RuleSet](), types)
	if len(types) < 12 {
		t.Fatalf("only %d types were found", len(types))
	}
	told := 0
	for typ := range types {
		for _, doc := range []string{`1`, `1.5`, `"x"`, `"` + strings.Repeat("9", 2000) + `"`, `true`, `false`, `[]`, `{}`, `null`, `x`, ``, `{"x":1}`, `{"PRODUCT":1}`} {
			err := strictjson.Decode([]byte(doc), reflect.New(typ).Interface())
			if err == nil {
				continue
			}
			told++
			problem := bookError(err).Problem
			if zh := problemText(Chinese, problem); !hasHan(zh) {
				t.Errorf("%v from %.20s: %q has no Chinese", typ, doc, problem)
			}
		}
	}
	if told < 100 {
		t.Errorf("only %d were refused", told)
	}
	for _, c := range [][2]string{
		{"is a string, not an integer", "须为整数，不能是带引号的文本"},
		{"is not an integer", "须为整数"},
		{"is true, not a valid state", "须为状态，不能是true"},
		{"is odd, not an integer", "is odd, not an integer"},
		{"is a string, not odd", "is a string, not odd"},
		{"is not JSON: see line 3, column 18", "不是有效的JSON：见第3行第18列"},
		{"is not known, but spelt otherwise: batch", "不是已知的名称，应写作：batch"},
	} {
		if zh := problemText(Chinese, c[0]); zh != c[1] {
			t.Errorf("%q: %q, want %q", c[0], zh, c[1])
		}
	}
}

// TestErrorsInBothLanguages: field, problem, limit and value of an error, in words
// that people know.
func TestErrorsInBothLanguages(t *testing.T) {
	_, book := ParseRuleBook([]byte(`{"sets":[{"version":"x","effective":"2026-01-01T00:00:00+08:00","provider":"p","batch":1001}]}`))
	for _, c := range []struct {
		err    error
		en, zh string
	}{
		{invalid("Instance.TermMonths", "is not between 0 and 1200"), "the term bought, in months, is not between 0 and 1200", "购买月数：须为0至1200"},
		{fmt.Errorf("around: %w", invalid("Codes", "are not between 1 and 1000")), "the codes are not between 1 and 1000", "备案服务码：数量须为1至1000个"},
		{invalid("Remark", "is longer than 256 bytes"), "the remark is longer than 256 bytes", "备注：过长，最多256字节（一个汉字占三字节）"},
		{invalid("Filing.Domain", "is an address, not a domain name"), "the domain is an IP address, not a domain name", "域名处填写的是IP地址"},
		{(&filingEnd{EndRequest: EndRequest{Code: Code{n: 1}, End: EndMoved, Reason: "r"}}).normalize(), "the code that the filing moved to is empty", "移至的备案服务码：不能为空"},
		{invalid("Actor", "is empty"), "the account that asks is empty", "操作账号：不能为空"},
		{invalid("RequestID", "has space around it"), "the request's ID has space around it", "请求编号：首尾有空格"},
		{invalid("Filing.App", "has space around it"), "the name of the app has space around it", "App名称首尾有空格"},
		{invalid("Billing", "is none of unknown, subscription"), "the billing is none of unknown, subscription", "计费方式：须为以下之一：unknown、subscription"},
		{invalid("X", "is odd"), "X is odd", "X：is odd"},
		{book, "the rule book: sets[0].batch: is above 1000", "规则簿有误：sets[0].batch：超过上限1000"},
		{&RuleBookError{Problem: "is larger than 4 MiB"}, "the rule book: is larger than 4 MiB", "规则簿有误：超过4兆字节"},
		{&RuleBookError{"a", "names a rule that cannot be assumed: ELG-QUOTA"}, "the rule book: a: names a rule that cannot be assumed: ELG-QUOTA", "规则簿有误：a：含有不能假定通过的规则：ELG-QUOTA"},
		{&RefusedError{}, "refused: nothing was decided", "未通过：尚未判断"},
		{&RefusedError{Decision: Decision{Verdict: Verdict{Decided: true, Fail: 1 << ELGTerm, Unknown: 1 << ELGRegion}}}, "refused: ELG-TERM; unknown: ELG-REGION", "未通过：ELG-TERM；缺少事实，无法判断：ELG-REGION"},
		{fmt.Errorf("%w: x", ErrNoCode), "there is no such code for this account", "本账号没有该备案服务码"},
		{errors.New("of others"), "", ""},
		{nil, "", ""},
	} {
		if en, zh := ErrorText(c.err, English), ErrorText(c.err, Chinese); en != c.en || zh != c.zh {
			t.Errorf("%v: %q, %q, want %q, %q", c.err, en, zh, c.en, c.zh)
		}
	}
	for _, c := range categories {
		if en, zh := ErrorText(c.of, English), ErrorText(c.of, Chinese); en == "" || !hasHan(zh) {
			t.Errorf("%v says %q, %q", c.of, en, zh)
		}
	}
}

package icpcode

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// inside are problems of cases and of code, which no person typed.
var inside = []string{
	"cannot be read", "has a cap", "has a state that no code", "has an origin", "has facts that are not", "has parts", "has no ISO", "is not a SHA",
	"is not a known problem", "is not how a filing can end", "goes together with a filing that moved, and", "has a filing that ended", "names an account, which", "is not JSON", "is not \"\"", "is not Available or Invalid", "is not a web address",
}

// TestProblemsInChinese: every problem of a field that stands in the source has its
// Chinese, with the same numbers.
func TestProblemsInChinese(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			name := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			problem, ok := text(call.Args[1])
			if name != "invalid" && name != "bad" || !ok {
				return true
			}
			for _, p := range inside {
				if strings.HasPrefix(problem, p) {
					return true
				}
			}
			n++
			zh := problemText(Chinese, problem)
			if !hasHan(zh) || strings.Contains(zh, "#") {
				t.Errorf("%s: %q has no Chinese: %q", f.Name(), problem, zh)
			}
			return true
		})
	}
	if n < 100 {
		t.Errorf("only %d problems were found", n)
	}
	for _, p := range problems {
		if strings.Count(p.English, "#") != strings.Count(p.Chinese, "#") {
			t.Errorf("%q, %q: the numbers differ", p.English, p.Chinese)
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
		{invalid("Billing", "is none of unknown, subscription"), "Billing is none of unknown, subscription", "Billing：须为以下之一：unknown, subscription"},
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

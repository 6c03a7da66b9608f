package icpcode

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// latinWords are those that a Chinese text may have: names of products, and what
// has no Chinese.
var latinWords = []string{"App", "CDN", "DNS", "ECS", "EIP", "ENS", "ICP", "IP", "IPv6", "NAT", "NAT64", "SLB", "Web", "docs", "example.cn", "rules.md"}

var (
	latinWord = regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*(\.[a-z]+)?`)
	formVerb  = regexp.MustCompile(`%(\[\d+\])?[-+#.\d]*[a-zA-Z]`)
	// providersNumber are those that only a rule set may give.
	providersNumber = regexp.MustCompile(`\b(5|10|3|20|90)\b`)
)

// pairFault says what is wrong with a text in both languages, or "".
func pairFault(en, zh string) string {
	if hasHan(en) {
		return "the English has Chinese in it"
	}
	if strings.ContainsFunc(formVerb.ReplaceAllString(en, ""), unicode.IsLetter) && !hasHan(zh) {
		return "there is no Chinese"
	}
	if !slices.Equal(formVerb.FindAllString(en, -1), formVerb.FindAllString(zh, -1)) {
		return "the two take different verbs"
	}
	for _, w := range latinWord.FindAllString(formVerb.ReplaceAllString(zh, ""), -1) {
		if !slices.Contains(latinWords, w) {
			return w + " is not on the list of Latin words"
		}
	}
	return ""
}

// sourcePair is a text in both languages, where it stands.
type sourcePair struct {
	at, en, zh string
}

// text returns the text of a literal, and whether e is one.
func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// sourcePairs finds what is said in both languages in the source of this
// package, and what is said in another way than side by side. Tables of pairs
// are found by the Chinese in them.
func sourcePairs(t *testing.T) (pairs []sourcePair, alone []string) {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	// What says something, and which of its arguments are a pair.
	sayers := map[string][][2]int{"say": {{0, 1}}, "plural": {{1, 3}, {2, 3}}, "lack": {{2, 3}}}
	fs := token.NewFileSet()
	for _, f := range files {
		name := f.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fs, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				f, ok := n.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				for _, p := range sayers[f.Sel.Name] {
					en, ok := text(n.Args[p[0]])
					zh, both := text(n.Args[p[1]])
					if ok != both {
						alone = append(alone, fs.Position(n.Pos()).String())
					}
					if ok && both {
						pairs = append(pairs, sourcePair{fs.Position(n.Pos()).String(), en, zh})
					}
				}
			case *ast.CompositeLit:
				for i := range n.Elts {
					if i == 0 {
						continue
					}
					en, ok := text(n.Elts[i-1])
					zh, both := text(n.Elts[i])
					if ok && both && (hasHan(zh) || isBilingual(n)) {
						pairs = append(pairs, sourcePair{fs.Position(n.Pos()).String(), en, zh})
					}
				}
			}
			return true
		})
	}
	return pairs, alone
}

func isBilingual(n *ast.CompositeLit) bool {
	id, ok := n.Type.(*ast.Ident)
	return ok && id.Name == "Bilingual"
}

// TestBothLanguagesSideBySide: whatever this package says to people stands in
// the source in both languages, next to each other, with the same values; no
// number of a provider's is among them, and no Latin word in the Chinese that is
// not on a short list.
func TestBothLanguagesSideBySide(t *testing.T) {
	pairs, alone := sourcePairs(t)
	for _, at := range alone {
		t.Errorf("%s: one of the two languages is not a text that stands there", at)
	}
	if len(pairs) < 300 {
		t.Fatalf("found only %d pairs", len(pairs))
	}
	for _, p := range pairs {
		if fault := pairFault(p.en, p.zh); fault != "" {
			t.Errorf("%s: %q, %q: %s", p.at, p.en, p.zh, fault)
		}
		if providersNumber.MatchString(p.en) || providersNumber.MatchString(p.zh) {
			t.Errorf("%s: %q, %q: a number that a rule set should give", p.at, p.en, p.zh)
		}
	}
	for _, bad := range [][2]string{
		{"renew", "renew"}, {"state %s", "请说明"}, {"the region", "地域region"}, {"续费", "续费"}, {"%d of %s", "%s有%d"},
	} {
		if pairFault(bad[0], bad[1]) == "" {
			t.Errorf("%q passes for %q", bad[1], bad[0])
		}
	}
}

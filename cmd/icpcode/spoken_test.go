package main

import (
	"encoding/csv"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/spoken"
	"github.com/icpcode/icpcode/inventory"
)

var (
	verb = regexp.MustCompile(`%(?:\[(\d+)\])?[-+#.\d]*([a-zA-Z])`)
	// englishRun is English in a Chinese text: two words in a row in which no
	// name of a command, column or product is.
	englishRun   = regexp.MustCompile(`\b[a-z]{2,} [a-z]{2,}\b`)
	severalWords = regexp.MustCompile(`[A-Za-z]{2,}`)
	// asTyped is what people type, and names that have no Chinese.
	asTyped = regexp.MustCompile(`terraform show -json|go install|aliyun [a-z-]+ \w+|tccli [a-z]+ \w+|hcloud \w+ \w+|icpcode [a-z]+( -|\b)|gzip -dc|--?[a-z]+[= ][a-z/]+|-[a-z]+`)
)

// pair is a text in both languages, as it stands in the source.
type pair struct {
	at     token.Position
	en, zh string
}

// silent are errors that are made to end something and never shown.
var silent = []string{"stop", "stopped", "neither en nor zh"}

// sourceTexts finds every text in both languages in the source of a folder,
// and every error that is made in another way.
func sourceTexts(t *testing.T, dir string) (pairs []pair, alone []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) < 20 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	set := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		add := func(n ast.Node, list []ast.Expr) {
			if en, zh := literal(list[0]), literal(list[1]); en != "" && zh != "" {
				pairs = append(pairs, pair{set.Position(n.Pos()), en, zh})
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name, pkg := called(n.Fun)
				if pkg == "errors" && name == "New" || pkg == "fmt" && name == "Errorf" {
					if text := literal(n.Args[0]); !slices.Contains(silent, text) {
						alone = append(alone, set.Position(n.Pos()).String()+": "+text)
					}
				}
				if (name == "errorf" || name == "Errorf" || name == "say") && len(n.Args) >= 2 && pkg != "fmt" {
					add(n, n.Args)
				}
			case *ast.CompositeLit:
				if name, _ := called(n.Type); strings.EqualFold(name, "phrase") && len(n.Elts) == 2 {
					add(n, n.Elts)
				}
				for _, e := range n.Elts { // a table of them leaves the name out
					if c, ok := e.(*ast.CompositeLit); ok && c.Type == nil && len(c.Elts) == 3 && literal(c.Elts[0]) != "" && strings.ContainsFunc(literal(c.Elts[2]), isHan) {
						add(c, c.Elts[1:])
					}
				}
			}
			return true
		})
	}
	return pairs, alone
}

// called returns the name of a function or type, and of its package or receiver.
func called(f ast.Expr) (name, of string) {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name, ""
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			of = x.Name
		}
		return f.Sel.Name, of
	}
	return "", ""
}

// literal returns a text that stands in the source, also as a sum.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, _ := strconv.Unquote(e.Value) // the parser has read it
			return s
		}
	case *ast.BinaryExpr:
		return literal(e.X) + literal(e.Y)
	}
	return ""
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// TestErrorsInChinese: all errors of package inventory and of the command are
// made of a text in each language, the Chinese one is Chinese, and both say the
// same values.
func TestErrorsInChinese(t *testing.T) {
	for dir, least := range map[string]int{"../../inventory": 150, ".": 300} {
		pairs, alone := sourceTexts(t, dir)
		for _, a := range alone {
			t.Errorf("%s: an error in one language", a)
		}
		if len(pairs) < least {
			t.Errorf("%s: only %d texts were found in the source", dir, len(pairs))
		}
		for _, p := range pairs {
			if problem := compare(p.en, p.zh); problem != "" {
				t.Errorf("%s: %q, %q: %s", p.at, p.en, p.zh, problem)
			}
		}
	}
	for _, bad := range [][2]string{{"%q is missing", "%q is missing"}, {"%d of %s", "%d个"}, {"a list", "a list 列表 of things"}, {"%s is %d", "%d是%s"}} {
		if compare(bad[0], bad[1]) == "" {
			t.Errorf("%q passes for %q", bad[1], bad[0])
		}
	}
}

// compare says what is wrong with the Chinese of a text, or "".
func compare(en, zh string) string {
	words := func(s string) string { return verb.ReplaceAllString(asTyped.ReplaceAllString(s, ""), "") }
	if strings.Contains(en, "\nicpcode ") && strings.Contains(zh, "\nicpcode ") {
		return "" // examples
	}
	if len(severalWords.FindAllString(words(en), 2)) == 2 && !strings.ContainsFunc(zh, isHan) {
		return "there is no Chinese"
	}
	if m := englishRun.FindString(words(zh)); m != "" {
		return m + " is English"
	}
	a, b := verbs(en), verbs(zh)
	indexed := strings.Contains(en+zh, "%[")
	if !indexed && len(b) > 0 && !slices.Equal(a, b) {
		return "the values differ"
	}
	for _, v := range b {
		if !slices.Contains(a, v) {
			return v + " is said in Chinese alone"
		}
	}
	return ""
}

// verbs are the verbs of a format.
func verbs(format string) []string {
	var out []string
	for _, m := range verb.FindAllStringSubmatch(strings.ReplaceAll(format, "%%", ""), -1) {
		out = append(out, m[2])
	}
	return out
}

// TestInventoryErrorsSpeak makes errors of each type of package inventory, and
// of what is beneath it, and asks all for their Chinese.
func TestInventoryErrorsSpeak(t *testing.T) {
	seen := make(map[string]bool)
	check := func(err error) {
		t.Helper()
		zh := spoken.Text(err, icpcode.Chinese)
		if spoken.In(err) == nil || !strings.ContainsFunc(zh, isHan) || englishRun.MatchString(zh) || strings.Contains(zh, "inventory") {
			t.Errorf("%v: %s", err, zh)
		}
		seen[strings.SplitN(err.Error(), " ", 3)[1]] = true
	}
	texts := []string{
		"", "{", `{"Instances":7}`, `{"Instances":{"Instance":7}}`, `{"Instances":{"Instance":[7,8]}}`, `[1]`, "nul", `"x"`, `{"a":1,}`, `{"a" 1}`, "[1 2]", `{"a":"\x"}`, `{"a":1e}`,
		strings.Repeat("[", 200), `{"id":"w","id":"x"}`, `{"id":"w","trial":7}`, `{"id":"w","ips":"x"}`, `{"id":"w","ips":"10.0.0.1"}`, `{"id":"w","ips":"1.2.3.4 1.2.3.4"}`,
		"id,id\n", "name\n", "id,x\n", "id,name\nw\"\n", "id,name\nw\n", "id,name\n\"w\" x,\n", "id\n", "# \n", "id,owner\nw,1.2E+15\n", "id,owner\nw,#REF!\n", "id,trial\nw,maybe\n", "id,term_months\nw,x\n",
		"id,created\nw,x\n", "id,public_ip,ips\nw,no,47.96.1.1\n", "id,partner_ip\nw,x\n", "id,owner\nw,a\x01\n", "id,owner\nw," + strings.Repeat("x", 200) + "\n", "id\n" + strings.Repeat("x", 1<<20),
		"id,product\nw,轻量\n", "\xFF\xFEx", "\x01", `{"Instances":{"Instance":[{"InstanceId":"i-1","InstanceId":"i-2"}]}}`, `{"TotalCount":2,"Instances":{"Instance":[{"InstanceId":"i-1","Status":"Running","InstanceChargeType":"PrePaid"}]}}`,
		`{"TotalCount":"x","Instances":{"Instance":[]}}`, `{"id":"w","owner":{}}`,
	}
	for _, text := range texts {
		for _, err := range inventory.Read(strings.NewReader(text), nil) {
			if err != nil {
				check(err)
			}
		}
		if _, err := inventory.ReadFacts(strings.NewReader(text)); err != nil {
			check(err)
		}
	}
	for _, err := range []error{csv.ErrFieldCount, csv.ErrBareQuote, csv.ErrQuote} {
		check(csvProblem(&csv.ParseError{Line: 2, Err: err}))
	}
	if len(seen) < 5 {
		t.Errorf("only %v", seen)
	}
}

// TestKindWords: the command has words for every kind of input that package
// inventory knows, but for those that say all themselves.
func TestKindWords(t *testing.T) {
	for k := inventory.KindProduct; k <= inventory.KindNoHeader; k++ {
		_, found := kindWords[k]
		itself := k == inventory.KindProduct || k == inventory.KindNoDetails || k == inventory.KindPacked // binaryKind
		if found == itself {
			t.Errorf("kind %d: words %t", k, found)
		}
		if w := kindWords[k]; compare(w.en, w.zh) != "" || found && !strings.Contains(w.zh, "请") {
			t.Errorf("kind %d: %q, %q", k, w.en, w.zh)
		}
	}
}

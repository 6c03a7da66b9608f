package masking

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"testing"
)

func TestNoTextOfWholeCodes(t *testing.T) { NoTextOfWholeCodes(t, 500, wholeCodes) }

// wholeCodes are the functions, or packages, of the module that make a text of
// a whole code, and why they may.
var wholeCodes = map[string]string{
	"icpcode.Code.Masked":        "masks it",
	"icpcode.Code.MarshalText":   "is what stores and callers read back",
	"icpcode.Code.UnmarshalText": "compares it with what was read",
	"icpcode.Code.Value":         "is what a database stores",
	"memstore":                   "keeps and orders them",
	"ruletest":                   "compares codes of its own making",
	"storetest":                  "compares codes of its own making",
}

// TestTextsAreSeen plants what TestNoTextOfWholeCodes looks for.
func TestTextsAreSeen(t *testing.T) {
	const planted = `package planted
import ("errors"; "fmt"; "github.com/icpcode/icpcode")
func f(c icpcode.Code, r *icpcode.Record, all map[icpcode.Code]int) error {
	_ = fmt.Errorf("duplicate %v", c)
	_ = fmt.Sprint(r.Code, r, all)
	_ = errors.New(c.String())
	_ = "no " + r.Code.Display()
	_ = fmt.Sprintln([]icpcode.Code{c})
	_ = fmt.Errorf("duplicate %s %v", c.Masked(), r)
	return nil
}`
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "planted.go", planted, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	_, found := textsOf(t, "planted", set, []*ast.File{f}, importer.ForCompiler(set, "source", nil))
	lines := map[int]bool{}
	for _, w := range found {
		lines[w.at.Line] = true
	}
	for line := 4; line <= 9; line++ {
		if lines[line] != (line < 9) {
			t.Errorf("line %d: seen is %v", line, lines[line])
		}
	}
}

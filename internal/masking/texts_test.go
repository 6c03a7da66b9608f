package masking

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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

// tellers are packages and methods that make or show a text of what they are
// given.
var tellers = []string{"fmt", "log", "log/slog", "errors", "testing"}

// TestNoTextOfWholeCodes looks at each call in the sources of the module's
// packages: none may put a whole code into a text, such as an error's. Types
// that hold codes mask them themselves, so only a bare Code, or several in a
// slice, is looked for.
func TestNoTextOfWholeCodes(t *testing.T) {
	const format = `{{if and .GoFiles (ne .Name "main")}}{{.ImportPath}} {{.Dir}}{{range .GoFiles}} {{.}}{{end}}{{end}}`
	set := token.NewFileSet()
	source := importer.ForCompiler(set, "source", nil)
	calls, excused := 0, map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(goCommand(t, "list", "-f", format, modulePath+"/...")), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		var files []*ast.File
		for _, file := range fields[2:] {
			f, err := parser.ParseFile(set, filepath.Join(fields[1], file), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		n, found := textsOf(t, fields[0], set, files, source)
		calls += n
		for _, w := range found {
			pkg, _, _ := strings.Cut(w.in, ".")
			if wholeCodes[w.in] == "" && wholeCodes[pkg] == "" {
				t.Errorf("%v: %s %s", w.at, w.in, w.what)
			}
			excused[w.in], excused[pkg] = true, true
		}
	}
	if calls < 500 {
		t.Errorf("only %d calls were looked at", calls)
	}
	for in := range wholeCodes {
		if !excused[in] {
			t.Errorf("%s makes no text of a whole code any more", in)
		}
	}
}

// whole is a call that makes a text of a whole code.
type whole struct {
	at       token.Position
	in, what string
}

// textsOf returns how many calls the functions of a package make, and those
// that make a text of a whole code.
func textsOf(t *testing.T, path string, set *token.FileSet, files []*ast.File, imports types.Importer) (calls int, found []whole) {
	t.Helper()
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	pkg, err := (&types.Config{Importer: imports}).Check(path, set, files, info)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for _, decl := range f.Decls {
			in := pkg.Name() + "." + "a declaration"
			if fn, ok := decl.(*ast.FuncDecl); ok {
				in = pkg.Name() + "." + funcName(fn)
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				calls++
				if what := makesText(info, call); what != "" {
					found = append(found, whole{set.Position(call.Pos()), in, what})
				}
				return true
			})
		}
	}
	return calls, found
}

func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	return fmt.Sprintf("%v.%s", typ, f.Name.Name)
}

// makesText says how a call makes a text of a whole code, or "".
func makesText(info *types.Info, call *ast.CallExpr) string {
	callee := calleeOf(info, call)
	if callee == nil {
		return ""
	}
	name := callee.Name()
	if recv := callee.Signature().Recv(); recv != nil && isCode(recv.Type()) {
		if slices.Contains([]string{"String", "Display", "MarshalText", "AppendText", "Value"}, name) {
			return "makes a text of a code by " + name
		}
		return ""
	}
	if callee.Pkg() == nil || !slices.Contains(tellers, callee.Pkg().Path()) {
		return ""
	}
	for _, a := range call.Args {
		typ := info.Types[a].Type
		if _, one := typ.(*types.Named); one && callee.Pkg().Path() == "log/slog" {
			continue // which asks the code for what to log
		}
		if isCode(typ) {
			return "gives a whole code to " + callee.Pkg().Name() + "." + name
		}
	}
	return ""
}

// calleeOf returns the function or method that a call calls, if that is known.
func calleeOf(info *types.Info, call *ast.CallExpr) *types.Func {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		fn, _ := info.Uses[f].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		fn, _ := info.Uses[f.Sel].(*types.Func)
		return fn
	}
	return nil
}

// isCode reports whether a value of type t is a code, or several.
func isCode(t types.Type) bool {
	switch u := t.(type) {
	case *types.Named:
		return u.Obj().Name() == "Code" && u.Obj().Pkg() != nil && u.Obj().Pkg().Path() == modulePath
	case *types.Pointer:
		return isCode(u.Elem())
	case *types.Slice:
		return isCode(u.Elem())
	case *types.Array:
		return isCode(u.Elem())
	case *types.Map:
		return isCode(u.Key()) || isCode(u.Elem())
	}
	return false
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

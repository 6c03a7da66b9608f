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

// tellers are packages and methods that make or show a text of what they are
// given.
var tellers = []string{"fmt", "log", "log/slog", "errors", "testing"}

// NoTextOfWholeCodes looks at each call in the sources of the packages of the
// test's module: none may put a whole code into a text, such as an error's. Types
// that hold codes mask them themselves, so only a bare Code, or several in a
// slice, is looked for. Excuses are the functions, or packages, that do, and why
// they may; least is how many calls there must be.
func NoTextOfWholeCodes(t *testing.T, least int, excuses map[string]string) {
	t.Helper()
	set := token.NewFileSet()
	source := importer.ForCompiler(set, "source", nil)
	calls, excused := 0, map[string]bool{}
	for _, fields := range packages(t) {
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
			if excuses[w.in] == "" && excuses[pkg] == "" {
				t.Errorf("%v: %s %s", w.at, w.in, w.what)
			}
			excused[w.in], excused[pkg] = true, true
		}
	}
	if calls < least {
		t.Errorf("only %d calls were looked at", calls)
	}
	for in := range excuses {
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

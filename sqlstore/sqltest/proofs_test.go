package sqltest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// TestProofs asserts that what is proven on all engines is among proofs, so that
// it is proven on TiDB and on a reader's own database too.
func TestProofs(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	proven, named := map[string]bool{}, map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if len(n.Args) == 3 && is(n.Fun, "each") && is(n.Args[1], "engines") {
					proven[n.Args[2].(*ast.Ident).Name] = true
				}
			case *ast.ValueSpec:
				if n.Names[0].Name != "proofs" {
					return true
				}
				ast.Inspect(n, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok {
						named[id.Name] = true
					}
					return true
				})
			}
			return true
		})
	}
	if len(proven) < 8 {
		t.Errorf("only %d functions were found that prove something on all engines", len(proven))
	}
	for name := range proven {
		if !named[name] {
			t.Errorf("%s is not among proofs, in tidb_test.go", name)
		}
	}
}

// is reports whether an expression is a name.
func is(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

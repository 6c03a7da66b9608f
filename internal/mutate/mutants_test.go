package mutate

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"testing"
)

// mutant is one small mistake in a source file.
type mutant struct {
	file      string // relative to the module's root
	line, col int
	what      string // "< to <="
	from, to  int    // offsets in the file
	text      string // what stands there instead
}

func (m mutant) String() string { return fmt.Sprintf("%s:%d:%d: %s", m.file, m.line, m.col, m.what) }

// operators lists what each operator is mistaken for: its boundary, its
// negation, its opposite.
var operators = map[token.Token][]token.Token{
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
	token.INC: {token.DEC}, token.DEC: {token.INC},
	token.ADD_ASSIGN: {token.SUB_ASSIGN}, token.SUB_ASSIGN: {token.ADD_ASSIGN}, token.MUL_ASSIGN: {token.QUO_ASSIGN},
	token.QUO_ASSIGN: {token.MUL_ASSIGN},
}

// arithmetic are the operators that mean another thing for texts.
var arithmetic = []token.Token{
	token.ADD, token.SUB, token.MUL, token.QUO, token.REM,
	token.ADD_ASSIGN, token.SUB_ASSIGN, token.MUL_ASSIGN, token.QUO_ASSIGN,
}

// mutantsOf returns the mutants of a file, inside its functions.
func mutantsOf(set *token.FileSet, name string, f *ast.File, info *types.Info) []mutant {
	var all []mutant
	add := func(pos token.Pos, length int, what, text string) {
		at := set.Position(pos)
		all = append(all, mutant{name, at.Line, at.Column, what, at.Offset, at.Offset + length, text})
	}
	operator := func(pos token.Pos, op token.Token, operand ast.Expr) {
		if slices.Contains(arithmetic, op) && !isNumber(info, operand) {
			return
		}
		for _, other := range operators[op] {
			add(pos, len(op.String()), op.String()+" to "+other.String(), other.String())
		}
	}
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				operator(n.OpPos, n.Op, n.X)
			case *ast.IncDecStmt:
				operator(n.TokPos, n.Tok, n.X)
			case *ast.AssignStmt:
				operator(n.TokPos, n.Tok, n.Lhs[0])
			case *ast.UnaryExpr:
				if n.Op == token.SUB && isNumber(info, n.X) {
					add(n.OpPos, 1, "-x to x", "")
				}
				if n.Op == token.NOT {
					add(n.OpPos, 1, "!x to x", "")
				}
			}
			return true
		})
	}
	return all
}

func isNumber(info *types.Info, e ast.Expr) bool {
	tv := info.Types[e]
	if tv.Value != nil && tv.Value.Kind() == constant.String {
		return false
	}
	b, ok := tv.Type.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsNumeric != 0
}

// TestMutants shows which mutants a source has.
func TestMutants(t *testing.T) {
	const text = `package p

const outside = 1 + 2

func f(a, b int, s string, x bool) int {
	if a < b && !x {
		a++
	}
	s += s + "x"
	for a = range -b {
	}
	switch {
	case a == 1 || x:
		b -= a % 2
	}
	return b
}
`
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "p.go", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	if _, err := (&types.Config{}).Check("p", set, []*ast.File{f}, info); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range mutantsOf(set, "p.go", f, info) {
		got = append(got, m.String())
	}
	want := []string{
		"p.go:6:11: && to ||", "p.go:6:7: < to <=", "p.go:6:7: < to >=", "p.go:6:14: !x to x", "p.go:7:4: ++ to --",
		"p.go:10:16: -x to x", "p.go:13:14: || to &&", "p.go:13:9: == to !=", "p.go:14:5: -= to +=", "p.go:14:10: % to *",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

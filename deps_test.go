package icpcode_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/icpcode/icpcode/internal/pure"
)

const modulePath = "github.com/icpcode/icpcode"

// These are all the modules that the module may require, and those of them
// that the root package may pull in at run time. CONTRIBUTING.md says why.
var (
	allowedAtRunTime = []string{"github.com/shopspring/decimal"}
	allowedModules   = append([]string{"github.com/google/go-cmp", "pgregory.net/rapid"}, allowedAtRunTime...)
)

// goCommand runs the go command in the module's root.
func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("go")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("there is no go command to ask about imports")
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// within reports whether an import path belongs to one of the modules.
func within(path string, modules []string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") })
}

func TestRunTimeDependencies(t *testing.T) {
	const format = `{{if not .Standard}}{{.ImportPath}}{{end}}`
	allowed := append([]string{modulePath}, allowedAtRunTime...)
	for path := range strings.FieldsSeq(goCommand(t, "list", "-deps", "-f", format, ".")) {
		if !within(path, allowed) {
			t.Errorf("the root package pulls in %s: allowed are the standard library and %v", path, allowedAtRunTime)
		}
	}
}

func TestTestDependencies(t *testing.T) {
	const format = `{{range .TestImports}}{{.}} {{end}}{{range .XTestImports}}{{.}} {{end}}`
	allowed := append([]string{modulePath}, allowedModules...)
	for path := range strings.FieldsSeq(goCommand(t, "list", "-f", format, ".")) {
		first, _, _ := strings.Cut(path, "/")
		if strings.Contains(first, ".") && !within(path, allowed) {
			t.Errorf("the tests of the root package import %s: allowed are the standard library and %v", path, allowedModules)
		}
	}
}

func TestRequiredModules(t *testing.T) {
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Replace []struct{ Old struct{ Path string } }
	}
	if err := json.Unmarshal([]byte(goCommand(t, "mod", "edit", "-json")), &mod); err != nil {
		t.Fatal(err)
	}
	if len(mod.Require) == 0 {
		t.Error("go.mod requires nothing: this test does not see it")
	}
	for _, r := range mod.Require {
		if !slices.Contains(allowedModules, r.Path) {
			t.Errorf("go.mod requires %s: heavier things live in modules of their own", r.Path)
		}
	}
	for _, r := range mod.Replace {
		t.Errorf("go.mod replaces %s, which its users would not see", r.Old.Path)
	}
}

// TestMergeKnowsNothing holds the queue to the standard library: it can know
// no rule and no store.
func TestMergeKnowsNothing(t *testing.T) {
	const format = `{{if not .Standard}}{{.ImportPath}}{{end}}`
	own := modulePath + "/internal/merge"
	if got := strings.Fields(goCommand(t, "list", "-deps", "-f", format, own)); !slices.Equal(got, []string{own}) {
		t.Errorf("the queue is made of %v", got)
	}
}

// filesOf parses the files of a package that are no tests.
func filesOf(t *testing.T, dir string) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set, files := token.NewFileSet(), map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = f
	}
	if len(files) == 0 || dir == "." && len(files) < 10 {
		t.Fatalf("found only %d files of %s", len(files), dir)
	}
	return set, files
}

// notInPure are packages whose import makes a file impure, and of packages
// that are fine otherwise the functions that do.
var notInPure = map[string][]string{
	"context": nil, "crypto/rand": nil, "math/rand": nil, "math/rand/v2": nil, "database/sql": nil,
	"log": nil, "net": nil, "os": nil, "runtime": nil, "sync": nil, "sync/atomic": nil,
	"time": {
		"After", "AfterFunc", "LoadLocation", "Local", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until",
	},
	"log/slog": {"Debug", "Default", "Error", "Info", "Log", "LogAttrs", "New", "SetDefault", "Warn", "With"},
	"io":       {"ReadAll"},
}

// impurities lists what a file has that a pure one must not have.
func impurities(f *ast.File) []string {
	var found []string
	imported := map[string]string{} // name to path
	for _, spec := range f.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = path
		if functions, listed := notInPure[path]; listed && functions == nil {
			found = append(found, "imports "+path)
		}
		if spec.Name != nil && spec.Name.Name == "." {
			found = append(found, "imports "+path+" into its own scope")
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if ok && slices.Contains(notInPure[imported[x.Name]], n.Sel.Name) {
				found = append(found, "uses "+imported[x.Name]+"."+n.Sel.Name)
			}
		case *ast.Ident:
			if n.Name == "Store" {
				found = append(found, "knows the Store")
			}
		case *ast.ChanType, *ast.SelectStmt:
			found = append(found, "communicates")
		}
		return true
	})
	return found
}

// TestPureFiles goes by the list of package internal/pure, which also says
// what mutants are tried of.
func TestPureFiles(t *testing.T) {
	for _, p := range pure.Packages() {
		_, files := filesOf(t, cmp.Or(p.Dir, "."))
		if len(files) == 0 {
			t.Errorf("there is no package in %s", p.Dir)
		}
		for name, f := range files {
			if p.Whole != "" || p.Impure[filepath.Base(name)] != "" {
				continue
			}
			for _, what := range impurities(f) {
				t.Errorf("%s %s: it is pure, time and entropy are parameters", name, what)
			}
		}
		for name := range p.Impure {
			if name = filepath.Join(p.Dir, name); files[name] == nil && name != "doc.go" {
				t.Errorf("there is no file %s to be impure", name)
			}
		}
	}
}

// TestNoGoroutinesNoInit allows one goroutine, of the queue: a shared commit
// is no caller's own, and so must not be on the goroutine of one, who could not
// leave it.
func TestNoGoroutinesNoInit(t *testing.T) {
	for dir, allowed := range map[string]int{".": 0, "internal/merge": 1} {
		set, files := filesOf(t, dir)
		var started []string
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					started = append(started, set.Position(n.Pos()).String())
				case *ast.FuncDecl:
					if n.Recv == nil && n.Name.Name == "init" {
						t.Errorf("%v: the library has no init", set.Position(n.Pos()))
					}
				}
				return true
			})
		}
		if len(started) != allowed {
			t.Errorf("%s starts goroutines at %v, want %d places", dir, started, allowed)
		}
	}
}

// mutations lists where package-level variables are declared without a value,
// guarded by a lock, or changed.
func mutations(set *token.FileSet, files map[string]*ast.File) []string {
	var all []*ast.File
	for _, f := range files {
		all = append(all, f)
	}
	// Other packages are not looked at: names of this one resolve without
	// them.
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Error: func(error) {}, Importer: noImporter{}}
	pkg, _ := conf.Check(modulePath, set, all, &info)

	var found []string
	note := func(n ast.Node, format string, args ...any) {
		found = append(found, fmt.Sprintf("%v: ", set.Position(n.Pos()))+fmt.Sprintf(format, args...))
	}
	changes := func(e ast.Expr) {
		id := rootIdent(e)
		if id == nil {
			return
		}
		if v, ok := info.Uses[id].(*types.Var); ok && v.Parent() == pkg.Scope() {
			note(id, "changes the package-level variable %s", id.Name)
		}
	}
	for _, f := range all {
		for _, decl := range f.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				spec := spec.(*ast.ValueSpec)
				if len(spec.Values) == 0 {
					note(spec, "%s has no value, so it waits for one", spec.Names[0].Name)
				}
				ast.Inspect(spec, func(n ast.Node) bool {
					if isOnceValue(n) {
						return false
					}
					if id, ok := n.(*ast.Ident); ok && (id.Name == "sync" || id.Name == "atomic") {
						note(id, "%s is state", spec.Names[0].Name)
					}
					return true
				})
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, e := range n.Lhs {
						changes(e)
					}
				}
			case *ast.IncDecStmt:
				changes(n.X)
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN {
					changes(n.Key)
					changes(n.Value)
				}
			case *ast.CallExpr:
				name, ok := n.Fun.(*ast.Ident)
				if ok && len(n.Args) > 0 && slices.Contains([]string{"clear", "copy", "delete"}, name.Name) {
					changes(n.Args[0])
				}
			}
			return true
		})
	}
	slices.Sort(found)
	return found
}

// isOnceValue reports whether n is sync.OnceValue, which keeps a value that is
// made once and then never changes.
func isOnceValue(n ast.Node) bool {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "OnceValue" {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == "sync"
}

// rootIdent returns the variable that an expression is a part of, or nil.
func rootIdent(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

type noImporter struct{}

func (noImporter) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("%s is not looked at", path)
}

func TestNoMutableState(t *testing.T) {
	for _, dir := range []string{".", "internal/merge"} {
		set, files := filesOf(t, dir)
		for _, m := range mutations(set, files) {
			t.Error(m)
		}
	}
}

// TestGuardsSee plants what the tests above look for.
func TestGuardsSee(t *testing.T) {
	const planted = `package icpcode
import ("context"; clock "time"; "log/slog"; "sync")
var table = [2]int{1, 2}
var late []int
var once sync.Once
var byName = map[string]int{}
func f(ctx context.Context, s Store) {
	clock.Now(); slog.Info("")
	table[0] = 1; table[1]++
	late = append(late, 1)
	delete(byName, "")
	table := 1
	table = 2
	_ = table
	select {}
}
var kept = sync.OnceValue(func() int { return 1 })`
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "planted.go", planted, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	seen := strings.Join(impurities(f), "\n")
	for _, want := range []string{
		"imports context", "imports sync", "uses time.Now", "uses log/slog.Info", "knows the Store", "communicates",
	} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q was planted, seen were:\n%s", want, seen)
		}
	}
	changed := mutations(set, map[string]*ast.File{"planted.go": f})
	lines := []string{"4:5", "5:5", "5:10", "9:2", "9:16", "10:2", "11:9"}
	if len(changed) != len(lines) {
		t.Errorf("planted were %d kinds of mutable state, seen were:\n%s", len(lines), strings.Join(changed, "\n"))
	}
	for _, at := range lines {
		if !slices.ContainsFunc(changed, func(c string) bool { return strings.HasPrefix(c, "planted.go:"+at+": ") }) {
			t.Errorf("nothing seen at %s:\n%s", at, strings.Join(changed, "\n"))
		}
	}
}

package icpcode_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// Each operation of the engine has an example of its own, which go doc prints
// beside it, and each package that users import has one.
func TestEveryVerbHasAnExample(t *testing.T) {
	have := examples(t, ".")
	// The other lists are read page by page as the owned codes are; a
	// transaction needs a database.
	for _, like := range []string{"ReceivedPage", "PickPage", "ReviewPage", "PlanMovePage"} {
		have["Engine_"+like] = have["Engine_OwnedPage"]
	}
	have["Engine_InTx"] = examples(t, "sqlstore")["Store_InTx"]

	engine := reflect.TypeFor[*icpcode.Engine]()
	for i := range engine.NumMethod() {
		m := engine.Method(i)
		if m.Name != "Format" && !have["Engine_"+m.Name] {
			t.Errorf("there is no ExampleEngine_%s", m.Name)
		}
	}
	for _, dir := range []string{".", "memstore", "storetest", "ruletest", "inventory", "presets", "sqlstore", "console", "httpapi"} {
		if len(examples(t, dir)) == 0 {
			t.Errorf("package %s has no example", dir)
		}
	}
}

// examples returns the names of a folder's examples, without "Example".
func examples(t *testing.T, dir string) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(source), "func Example") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	names := make(map[string]bool)
	for _, e := range doc.Examples(files...) {
		names[e.Name] = true
	}
	return names
}

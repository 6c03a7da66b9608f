package disable

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// switchEnv names the entry of the table that is in effect in a woven test
// program, counted from 1; unset or 0: none.
const switchEnv = "ICPCODE_DISABLED"

// switchFile is the file that each woven package gets besides.
const switchFile = "disabled_switch.go"

const switchText = `package %s

import (
	"os"
	"strconv"
)

var disabledEntry, _ = strconv.Atoi(os.Getenv(%q))
`

// variant is a function of the library with one entry's edits in it.
type variant struct {
	entry int
	text  string // from "func" to the closing brace, with a name of its own
}

// woven is one source file with all of the entries in it: each function that
// an entry changes begins with a switch that goes on to that entry's variant.
// So the tests are compiled once, not once for each entry.
type woven struct {
	text     string
	set      *token.FileSet
	file     *ast.File
	variants map[string][]variant // by the name of the function
	imports  map[string]bool      // that only variants need, as written
}

func newWoven(text string) (*woven, error) {
	w := &woven{text: text, set: token.NewFileSet(), variants: map[string][]variant{}, imports: map[string]bool{}}
	var err error
	w.file, err = parser.ParseFile(w.set, "", text, parser.SkipObjectResolution)
	return w, err
}

// add takes in the file as an entry changes it. Only functions and imports may
// differ.
func (w *woven) add(entry int, changed string) error {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", changed, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	before, after := declarations(w.set, w.file, w.text), declarations(set, file, changed)
	if len(before) != len(after) {
		return fmt.Errorf("the edits add or remove a declaration: change the inside of a function instead")
	}
	differ := 0
	for i, d := range after {
		if d.text == before[i].text {
			continue
		}
		differ++
		switch decl := d.decl.(type) {
		case *ast.FuncDecl:
			if d.name != before[i].name || signature(set, decl) != signature(w.set, before[i].decl.(*ast.FuncDecl)) {
				return fmt.Errorf("the edits change the declaration of %s: change the inside instead", before[i].name)
			}
			at := set.Position(decl.Name.End()).Offset - set.Position(decl.Pos()).Offset
			w.variants[d.name] = append(w.variants[d.name], variant{entry, d.text[:at] + suffix(entry) + d.text[at:]})
		case *ast.GenDecl:
			if decl.Tok != token.IMPORT {
				return fmt.Errorf("the edits change what is outside of functions: change the inside of a function instead:\n%s", d.text)
			}
			for _, spec := range decl.Specs {
				w.imports[changed[set.Position(spec.Pos()).Offset:set.Position(spec.End()).Offset]] = true
			}
		}
	}
	if differ == 0 {
		return fmt.Errorf("the edits change nothing but comments")
	}
	return nil
}

// source returns the woven text.
func (w *woven) source() string {
	type insertion struct {
		from, to int
		text     string
	}
	var all []insertion
	offset := func(p token.Pos) int { return w.set.Position(p).Offset }
	for _, spec := range w.file.Imports {
		delete(w.imports, w.text[offset(spec.Pos()):offset(spec.End())])
	}
	for spec := range w.imports {
		all = append(all, insertion{offset(w.file.Name.End()), offset(w.file.Name.End()), "\n\nimport " + spec})
	}
	var end strings.Builder
	for _, decl := range w.file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || len(w.variants[funcName(f)]) == 0 {
			continue
		}
		call := f.Name.Name + "%s" + typeArguments(f) + "("
		if f.Recv != nil {
			call = "%[2]s." + f.Name.Name + "%[1]s("
		}
		names, renamed := parameters(f)
		for _, r := range renamed {
			all = append(all, insertion{offset(r.from), offset(r.to), r.name})
		}
		receiver := ""
		if f.Recv != nil {
			receiver, names = names[0], names[1:]
		}
		call += strings.Join(names, ", ") + ")"
		var b strings.Builder
		b.WriteString("\n\tswitch disabledEntry {\n")
		for _, v := range w.variants[funcName(f)] {
			to := fmt.Sprintf(call, suffix(v.entry))
			if f.Recv != nil {
				to = fmt.Sprintf(call, suffix(v.entry), receiver)
			}
			if f.Type.Results == nil {
				fmt.Fprintf(&b, "\tcase %d:\n\t\t%s\n\t\treturn\n", v.entry, to)
			} else {
				fmt.Fprintf(&b, "\tcase %d:\n\t\treturn %s\n", v.entry, to)
			}
			end.WriteString("\n" + v.text + "\n")
		}
		b.WriteString("\t}\n")
		at := offset(f.Body.Lbrace) + 1
		all = append(all, insertion{at, at, b.String()})
	}
	slices.SortStableFunc(all, func(a, b insertion) int { return b.from - a.from })
	text := w.text
	for _, i := range all {
		text = text[:i.from] + i.text + text[i.to:]
	}
	return text + end.String()
}

func suffix(entry int) string { return fmt.Sprintf("__%d", entry) }

// declared is one declaration of a file.
type declared struct {
	name string // of a function, with its receiver's type
	text string
	decl ast.Decl
}

func declarations(set *token.FileSet, f *ast.File, text string) []declared {
	var all []declared
	for _, d := range f.Decls {
		one := declared{text: text[set.Position(d.Pos()).Offset:set.Position(d.End()).Offset], decl: d}
		if f, ok := d.(*ast.FuncDecl); ok {
			one.name = funcName(f)
			one.text = text[set.Position(f.Type.Pos()).Offset:set.Position(d.End()).Offset]
		}
		all = append(all, one)
	}
	return all
}

func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	return expression(token.NewFileSet(), f.Recv.List[0].Type) + "." + f.Name.Name
}

// signature is what a function takes and gives, names included.
func signature(set *token.FileSet, f *ast.FuncDecl) string { return expression(set, f.Type) }

func expression(set *token.FileSet, n ast.Node) string {
	var b strings.Builder
	if err := printer.Fprint(&b, set, n); err != nil {
		return err.Error()
	}
	return b.String()
}

func typeArguments(f *ast.FuncDecl) string {
	if f.Type.TypeParams == nil {
		return ""
	}
	var names []string
	for _, field := range f.Type.TypeParams.List {
		for _, n := range field.Names {
			names = append(names, n.Name)
		}
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// renaming gives a name to a parameter that has none.
type renaming struct {
	from, to token.Pos
	name     string
}

// parameters returns what passes on a function's receiver and parameters, and
// the names that this needs.
func parameters(f *ast.FuncDecl) (names []string, renamed []renaming) {
	var fields []*ast.Field
	if f.Recv != nil {
		fields = append(fields, f.Recv.List...)
	}
	fields = append(fields, f.Type.Params.List...)
	name := func(i *ast.Ident, n int) string {
		if i.Name != "_" {
			return i.Name
		}
		made := fmt.Sprintf("blank%d", n)
		renamed = append(renamed, renaming{i.Pos(), i.End(), made})
		return made
	}
	for _, field := range fields {
		more := ""
		if _, ok := field.Type.(*ast.Ellipsis); ok {
			more = "..."
		}
		for _, i := range field.Names {
			names = append(names, name(i, len(names))+more)
		}
		if len(field.Names) == 0 {
			made := fmt.Sprintf("blank%d", len(names))
			renamed = append(renamed, renaming{field.Type.Pos(), field.Type.Pos(), made + " "})
			names = append(names, made+more)
		}
	}
	return names, renamed
}

// weave puts the edits of all entries into the sources that they change, and
// returns these and the switches, by file relative to the module's root.
func weave(entries []disabling) (map[string]string, error) {
	files := map[string]*woven{}
	for i := range entries {
		d := &entries[i]
		changed, err := d.changed()
		if err != nil {
			return nil, fmt.Errorf("%v: %s: %w", d.rule, d.why, err)
		}
		for file, text := range changed {
			if files[file] == nil {
				original, err := readSource(file)
				if err != nil {
					return nil, err
				}
				if files[file], err = newWoven(original); err != nil {
					return nil, err
				}
			}
			if err := files[file].add(i+1, text); err != nil {
				return nil, fmt.Errorf("%v: %s: %s: %w", d.rule, d.why, file, err)
			}
		}
	}
	texts := map[string]string{}
	for file, w := range files {
		texts[file] = w.source()
		texts[filepath.Join(filepath.Dir(file), switchFile)] = fmt.Sprintf(switchText, w.file.Name.Name, switchEnv)
	}
	return texts, nil
}

// TestWeave shows that each kind of function goes on to its variant, and that
// edits which cannot be woven are told of.
func TestWeave(t *testing.T) {
	const text = `package p

import "fmt"

type s struct{}

func plain(a int, b ...string) (int, error) { return a, nil }
func (x s) method(_ int, _ string) { fmt.Println() }
func (s) unnamed() int { return 1 }
func generic[A any, B comparable](a A, b B) B { return b }

var v = 1
`
	good, err := newWoven(text)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range []edit{
		{"", "return a, nil", "return a + 1, nil"}, {"", "{ fmt.Println() }", "{ fmt.Print(time.Now()) }"},
		{"", "return 1", "return 2"}, {"", "return b", "return *new(B)"}, {"", "return a, nil", "return a + 2, nil"},
	} {
		changed := strings.Replace(text, e.old, e.new, 1)
		if i == 1 {
			changed = strings.Replace(changed, `import "fmt"`, `import ("fmt"; "time")`, 1)
		}
		if err := good.add(i+1, changed); err != nil {
			t.Errorf("%q: %v", e.new, err)
		}
	}
	const want = `package p

import "time"

import "fmt"

type s struct{}

func plain(a int, b ...string) (int, error) {
	switch disabledEntry {
	case 1:
		return plain__1(a, b...)
	case 5:
		return plain__5(a, b...)
	}
 return a, nil }
func (x s) method(blank1 int, blank2 string) {
	switch disabledEntry {
	case 2:
		x.method__2(blank1, blank2)
		return
	}
 fmt.Println() }
func (blank0 s) unnamed() int {
	switch disabledEntry {
	case 3:
		return blank0.unnamed__3()
	}
 return 1 }
func generic[A any, B comparable](a A, b B) B {
	switch disabledEntry {
	case 4:
		return generic__4[A, B](a, b)
	}
 return b }

var v = 1

func plain__1(a int, b ...string) (int, error) { return a + 1, nil }

func plain__5(a int, b ...string) (int, error) { return a + 2, nil }

func (x s) method__2(_ int, _ string) { fmt.Print(time.Now()) }

func (s) unnamed__3() int { return 2 }

func generic__4[A any, B comparable](a A, b B) B { return *new(B) }
`
	if got := good.source(); got != want {
		t.Errorf("woven:\n%s\nwant:\n%s", got, want)
	}
	for _, e := range []edit{
		{"", "var v = 1", "var v = 2"}, {"", "a int", "a int8"}, {"", "var v = 1\n", ""}, {"", "func plain", "// new\nfunc plain"},
		{"", "return 1", "return 1)"},
	} {
		bad, err := newWoven(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := bad.add(1, strings.Replace(text, e.old, e.new, 1)); err == nil {
			t.Errorf("%q to %q was woven", e.old, e.new)
		}
	}
}

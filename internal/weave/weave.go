// Package weave puts many changed forms of functions into one Go source file,
// each to be chosen by a variable of the environment when a program runs. So
// tests are compiled once, not once for each change.
package weave

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"slices"
	"strings"
)

// Env names the change that is in effect in a woven program, counted from 1;
// unset or 0: none.
const Env = "ICPCODE_WOVEN"

// SwitchFile is the file that each woven package gets besides.
const SwitchFile = "woven_switch.go"

// SwitchText returns what is in it.
func SwitchText(pkg string) string { return fmt.Sprintf(switchText, pkg, Env) }

const switchText = `package %s

import (
	"os"
	"strconv"
)

var wovenChange, _ = strconv.Atoi(os.Getenv(%q))
`

// variant is a function with one change in it.
type variant struct {
	change int
	text   string // from "func" to the closing brace, with a name of its own
}

// File is one source file with changes in it: each function that one changes
// begins with a switch that goes on to its changed form.
type File struct {
	text     string
	set      *token.FileSet
	file     *ast.File
	variants map[string][]variant // by the name of the function
	imports  map[string]bool      // that only variants need, as written
}

// New returns a file without changes.
func New(text string) (*File, error) {
	w := &File{text: text, set: token.NewFileSet(), variants: map[string][]variant{}, imports: map[string]bool{}}
	var err error
	w.file, err = parser.ParseFile(w.set, "", text, parser.SkipObjectResolution)
	return w, err
}

// Package returns the name of the file's package.
func (w *File) Package() string { return w.file.Name.Name }

// Add takes in the file as change n makes it. Only the insides of functions
// and the imports may differ.
func (w *File) Add(n int, changed string) error {
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
			from := set.Position(decl.Name.Pos()).Offset - set.Position(decl.Pos()).Offset
			to := set.Position(decl.Name.End()).Offset - set.Position(decl.Pos()).Offset
			w.variants[d.name] = append(w.variants[d.name], variant{n, d.text[:from] + prefix + d.text[from:to] + Suffix(n) + d.text[to:]})
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

// Source returns the woven text.
func (w *File) Source() string {
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
		call := prefix + f.Name.Name + "%s" + typeArguments(f) + "("
		if f.Recv != nil {
			call = "%[2]s." + prefix + f.Name.Name + "%[1]s("
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
		b.WriteString("\n\tswitch wovenChange {\n")
		for _, v := range w.variants[funcName(f)] {
			to := fmt.Sprintf(call, Suffix(v.change))
			if f.Recv != nil {
				to = fmt.Sprintf(call, Suffix(v.change), receiver)
			}
			if f.Type.Results == nil {
				fmt.Fprintf(&b, "\tcase %d:\n\t\t%s\n\t\treturn\n", v.change, to)
			} else {
				fmt.Fprintf(&b, "\tcase %d:\n\t\treturn %s\n", v.change, to)
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

// prefix is what the name of a function that a change made begins with. A
// method of that name is not exported: tests that look at all methods of a type
// must not find it.
const prefix = "woven_"

// Suffix is what the name of a function that change n made ends in.
func Suffix(n int) string { return fmt.Sprintf("__%d", n) }

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

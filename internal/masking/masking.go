// Package masking holds that no type that a package of a module exports shows a
// whole code or a secret when it is printed or logged, for the tests of this
// module and of those that are nested in it. The types are found in the sources,
// so that a new one is looked at too: the go command builds the test once more,
// together with a list of them.
package masking

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/icpcode/icpcode"
)

const modulePath = "github.com/icpcode/icpcode"

// Least is what a walk must have met, so that it proves something.
type Least struct {
	Types, Codes, Secrets int // exported types, and those of them that can hold a code or a secret
}

// EveryType lists the exported types of all packages of the module that the test
// is of, and runs the test again in a program that has them. The test is
// TestEveryType, and hands in a variable of its package of the name everyType.
func EveryType(t *testing.T, everyType []reflect.Type, least Least) {
	t.Helper()
	if everyType != nil {
		(&walk{everyType}).lookAtAll(t, least)
		return
	}
	if _, err := exec.LookPath("go"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		// A test binary that was carried to a machine without Go has no sources.
		t.Skip("there is no go command to build the program with that has all types")
	}
	pc, _, _, _ := runtime.Caller(1)
	_, name, _ := strings.Cut(path.Base(runtime.FuncForPC(pc).Name()), ".")
	pkg := strings.TrimSuffix(path.Base(runtime.FuncForPC(pc).Name()), "."+name)
	text, n := list(t, pkg)
	if n < least.Types {
		t.Errorf("only %d exported types were found", n)
	}
	tmp := t.TempDir()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	laid := filepath.Join(tmp, "every_test.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(here, "every_test.go"): laid}})
	if err != nil {
		t.Fatal(err)
	}
	for file, b := range map[string][]byte{laid: []byte(text), filepath.Join(tmp, "overlay.json"): overlay} {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := goCommand(t, "test", "-vet=off", "-count=1", "-v", "-overlay", filepath.Join(tmp, "overlay.json"), "-run", "^TestEveryType$", ".")
	if !strings.Contains(out, looked) {
		t.Errorf("the types were not looked at:\n%s", out)
	}
}

func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// packages lists the packages of the test's module, each as its path, its
// directory and its files.
func packages(t *testing.T, more ...string) (all [][]string) {
	t.Helper()
	const format = `{{if and .GoFiles (ne .Name "main")}}{{.ImportPath}} {{.Dir}}{{range .GoFiles}} {{.}}{{end}}{{end}}`
	own := strings.TrimSpace(goCommand(t, "list", "-m")) + "/..."
	for line := range strings.SplitSeq(goCommand(t, append([]string{"list", "-f", format, own}, more...)...), "\n") {
		if fields := strings.Fields(line); len(fields) > 2 && !strings.HasSuffix(fields[0], "/internal/masking") {
			all = append(all, fields)
		}
	}
	return all
}

// list returns a source file of package pkg that fills everyType, and how many
// types it has.
func list(t *testing.T, pkg string) (text string, n int) {
	t.Helper()
	var imports, types strings.Builder
	set := token.NewFileSet()
	for i, fields := range packages(t, modulePath) {
		var names []string
		for _, file := range fields[2:] {
			f, err := parser.ParseFile(set, filepath.Join(fields[1], file), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, exported(f)...)
		}
		if len(names) == 0 {
			continue
		}
		fmt.Fprintf(&imports, "\tp%d %q\n", i, fields[0])
		for _, name := range names {
			n++
			fmt.Fprintf(&types, "\t\treflect.TypeFor[p%d.%s](),\n", i, name)
		}
	}
	return fmt.Sprintf("package %s\n\nimport (\n\t\"reflect\"\n%s)\n\nfunc init() {\n\teveryType = []reflect.Type{\n%s\t}\n}\n", pkg, &imports, &types), n
}

// exported returns the names of a file's exported types. Generic ones are left
// out: what they hold is what they are made of.
func exported(f *ast.File) []string {
	var names []string
	for _, decl := range f.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		for _, spec := range gen.Specs {
			if s := spec.(*ast.TypeSpec); s.Name.IsExported() && s.TypeParams == nil {
				names = append(names, s.Name.Name)
			}
		}
	}
	return names
}

var (
	codeType = reflect.TypeFor[icpcode.Code]()
	planted  = []string{"012345678901", "opaque-code-一二三四", "short"}
)

// looked is what the program that TestEveryType builds prints.
const looked = "each type was looked at"

// walk is a look at types.
type walk struct{ everyType []reflect.Type }

// lookAtAll plants a whole code wherever a type can hold one, and looks at all
// that is printed of it.
func (w *walk) lookAtAll(t *testing.T, least Least) {
	t.Helper()
	holders, secretHolders := 0, 0
	for _, typ := range w.everyType {
		if typ.Kind() == reflect.Interface {
			continue // what it holds is of one of the other types
		}
		held := false
		for _, text := range planted {
			v := reflect.New(typ).Elem()
			p := planter{walk: w, code: code(t, text)}
			p.plant(v, nil)
			if p.planted == 0 {
				continue
			}
			held = true
			for _, shown := range leaks(v, text) {
				t.Errorf("%v shows a whole code: it needs Format and LogValue in mask.go, or a masked text\n\t%s", typ, shown)
			}
		}
		if held {
			holders++
		}
		if w.lookForSecrets(t, typ) {
			secretHolders++
		}
	}
	if holders < least.Codes {
		t.Errorf("codes were planted in %d types only", holders)
	}
	if secretHolders < least.Secrets {
		t.Errorf("secrets were planted in %d types only", secretHolders)
	}
	t.Log(looked)
}

// secrets are the names of the fields that hold what must not stand in a log,
// besides codes.
var secrets = []string{"CursorKey", "Proof", "Key", "key", "nonces"}

// isSecret reports whether a field is one of them: a key of documents is none.
func isSecret(f reflect.StructField) bool {
	bytes := f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Array && f.Type.Len() == len(secret)
	return slices.Contains(secrets, f.Name) && (f.Type.Kind() == reflect.String || bytes && f.Type.Elem().Kind() == reflect.Uint8)
}

const secret = "secret-of-exactly-32-bytes-as-is"

// lookForSecrets does for secrets what lookAtAll does for codes, and reports
// whether the type can hold one.
func (w *walk) lookForSecrets(t *testing.T, typ reflect.Type) bool {
	v := reflect.New(typ).Elem()
	p := planter{walk: w, code: code(t, "other"), secrets: true}
	p.plant(v, nil)
	if p.planted == 0 {
		return false
	}
	for _, shown := range leaks(v, secret) {
		t.Errorf("%v shows a secret: it needs Format and LogValue in secret.go\n\t%s", typ, shown)
	}
	return true
}

func code(t *testing.T, text string) icpcode.Code {
	t.Helper()
	c, err := icpcode.Opaque.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// planter fills a value with a code, or with secrets and counts those.
type planter struct {
	*walk
	code    icpcode.Code
	secrets bool
	planted int
	hidden  bool // below a field that is not exported
}

// plant fills v, which can be set, and all that it holds. Above are the types
// that v is a part of, which end the filling of one that holds itself.
func (p *planter) plant(v reflect.Value, above []reflect.Type) {
	if v.Type() == codeType {
		v.Set(reflect.ValueOf(p.code))
		if !p.secrets {
			p.planted++
		}
		return
	}
	if slices.Contains(above, v.Type()) {
		return
	}
	above = append(slices.Clip(above), v.Type())
	switch v.Kind() {
	case reflect.Struct:
		if !strings.HasPrefix(v.Type().PkgPath(), modulePath) && v.Type().PkgPath() != "" {
			return // another module's, and not made for codes
		}
		for i := range v.NumField() {
			f, hidden := v.Field(i), p.hidden
			if p.secrets && isSecret(v.Type().Field(i)) {
				p.keep(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem())
				continue
			}
			p.hidden = p.hidden || !v.Type().Field(i).IsExported()
			p.plant(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem(), above)
			p.hidden = hidden
		}
	case reflect.Pointer:
		e := reflect.New(v.Type().Elem())
		p.plant(e.Elem(), above)
		v.Set(e)
	case reflect.Slice:
		s := reflect.MakeSlice(v.Type(), 2, 2)
		p.plant(s.Index(0), above)
		p.plant(s.Index(1), above)
		v.Set(s)
	case reflect.Array:
		if v.Len() > 0 {
			p.plant(v.Index(0), above)
		}
	case reflect.Map:
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		p.plant(key, above)
		p.plant(elem, above)
		m := reflect.MakeMap(v.Type())
		if key.Comparable() {
			m.SetMapIndex(key, elem)
		}
		v.Set(m)
	case reflect.Interface:
		if !p.hidden { // what is put in there is its own type's to mask
			p.fit(v, above)
		}
	}
}

// keep fills a field that is secret.
func (p *planter) keep(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(secret)
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(uint64(secret[i]))
		}
	case reflect.Slice:
		v.SetBytes([]byte(secret))
	default:
		panic("a secret of kind " + v.Kind().String())
	}
	p.planted++
}

// fit puts into an interface a value that holds a code. What is put into an
// A field of type any can hold anything; package icpcode's only one is HookError.Panic, for
// which there is TestHookPanicsWithACode.
func (p *planter) fit(v reflect.Value, above []reflect.Type) {
	if v.NumMethod() == 0 {
		return
	}
	for _, typ := range p.everyType {
		if !reflect.PointerTo(typ).Implements(v.Type()) || typ.Kind() == reflect.Interface {
			continue
		}
		e, before := reflect.New(typ), p.planted
		p.plant(e.Elem(), above)
		if p.planted == before {
			continue
		}
		v.Set(e)
		return
	}
}

// hasLock reports whether values of a type must not be copied, so that only
// pointers to them are printed.
func hasLock(t reflect.Type) bool {
	for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
		if reflect.PointerTo(t.Field(i).Type).Implements(reflect.TypeFor[sync.Locker]()) {
			return true
		}
	}
	return false
}

// leaks prints and logs v and what can hold it, and returns those texts that
// have the whole code.
func leaks(v reflect.Value, text string) []string {
	var found []string
	look := func(how, shown string) {
		c, _ := icpcode.Opaque.Parse(text)
		bare := strings.Trim(strings.TrimLeft(text, "0"), `"`)
		numbers := strings.Trim(fmt.Sprintf("%d", []byte(text)), "[]")
		inGo := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(text)), "[]byte{"), "}")
		shown = strings.Join(strings.Fields(shown), " ")
		for _, whole := range []string{
			text, c.Display(), bare, hex.EncodeToString([]byte(text)), numbers, strings.ReplaceAll(numbers, " ", ","), inGo,
		} {
			if strings.Contains(strings.ToLower(shown), strings.ToLower(whole)) {
				found = append(found, how+": "+shown)
				return
			}
		}
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	x, isCode := v.Interface(), v.Type() == codeType
	slice := reflect.Append(reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1), v).Interface()
	within := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "In", Type: v.Type()}})).Elem()
	within.Field(0).Set(v)
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10v", "%t"}
	if isCode {
		verbs = []string{"%#v"} // its documentation says so
	}
	forms := map[string]any{"a value": x, "a pointer": p.Interface(), "a slice": slice, "a field": within.Interface()}
	if hasLock(v.Type()) {
		forms = map[string]any{"a pointer": p.Interface()}
	}
	for _, verb := range verbs {
		for name, a := range forms {
			look(name+" under "+verb, fmt.Sprintf(verb, a))
		}
	}
	for name, a := range forms {
		if name != "a value" && name != "a pointer" {
			continue
		}
		var b strings.Builder
		slog.New(slog.NewTextHandler(&b, nil)).Info("", "logged", a)
		look(name+" in slog's text", b.String())
		b.Reset()
		slog.New(slog.NewJSONHandler(&b, nil)).Info("", "logged", a)
		look(name+" in slog's JSON", b.String())
		if s, ok := a.(fmt.Stringer); ok && !isCode {
			look("String", s.String())
		}
		if err, ok := a.(error); ok {
			look("Error", err.Error())
		}
	}
	return found
}

// Package masking shows that no type that a package of this module exports
// shows a whole code when it is printed or logged. The types are found in the
// sources, so that a new one is looked at too: the go command builds the test
// once more, together with a list of them.
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
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

const modulePath = "github.com/icpcode/icpcode"

// everyType has all exported types in the program that TestEveryType builds.
var everyType []reflect.Type

// TestEveryType lists the exported types of all packages of the module, and
// runs itself in a program that has them.
func TestEveryType(t *testing.T) {
	if everyType != nil {
		lookAtAll(t)
		return
	}
	if _, err := exec.LookPath("go"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("there is no go command to build the test with")
	}
	text, n := list(t)
	if n < 50 {
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

// list returns a source file that fills everyType, and how many types it has.
func list(t *testing.T) (text string, n int) {
	const format = `{{if and .GoFiles (ne .Name "main")}}{{.ImportPath}} {{.Dir}}{{range .GoFiles}} {{.}}{{end}}{{end}}`
	var imports, types strings.Builder
	set := token.NewFileSet()
	for i, line := range strings.Split(strings.TrimSpace(goCommand(t, "list", "-f", format, modulePath+"/...")), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
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
	return fmt.Sprintf("package masking\n\nimport (\n\t\"reflect\"\n%s)\n\nfunc init() {\n\teveryType = []reflect.Type{\n%s\t}\n}\n", &imports, &types), n
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

// lookAtAll plants a whole code wherever a type can hold one, and looks at all
// that is printed of it.
func lookAtAll(t *testing.T) {
	holders, secretHolders := 0, 0
	for _, typ := range everyType {
		if typ.Kind() == reflect.Interface {
			continue // what it holds is of one of the other types
		}
		held := false
		for _, text := range planted {
			v := reflect.New(typ).Elem()
			p := planter{code: code(t, text)}
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
		if lookForSecrets(t, typ) {
			secretHolders++
		}
	}
	if holders < 18 {
		t.Errorf("codes were planted in %d types only", holders)
	}
	if secretHolders < 5 {
		t.Errorf("secrets were planted in %d types only", secretHolders)
	}
	t.Log(looked)
}

// secrets are the names of the fields that hold what must not stand in a log,
// besides codes.
var secrets = []string{"CursorKey", "Proof"}

const secret = "secret-of-exactly-32-bytes-as-is"

// lookForSecrets does for secrets what lookAtAll does for codes, and reports
// whether the type can hold one.
func lookForSecrets(t *testing.T, typ reflect.Type) bool {
	v := reflect.New(typ).Elem()
	p := planter{code: code(t, "other"), secrets: true}
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
			if p.secrets && slices.Contains(secrets, v.Type().Field(i).Name) {
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
		reflect.Copy(v, reflect.ValueOf([]byte(secret)))
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
	for _, typ := range everyType {
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
	for _, verb := range verbs {
		for name, a := range map[string]any{"a value": x, "a pointer": p.Interface(), "a slice": slice, "a field": within.Interface()} {
			look(name+" under "+verb, fmt.Sprintf(verb, a))
		}
	}
	for name, a := range map[string]any{"a value": x, "a pointer": p.Interface()} {
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

// TestStoreInMemory prints a store that holds codes, which are not of type
// Code in there.
func TestStoreInMemory(t *testing.T) {
	store := memstore.New()
	engine := icpcode.New(store, &icpcode.Options{Price: icpcode.Money{Amount: decimal.NewFromInt(1), Currency: "CNY"}})
	got, err := engine.Buy(t.Context(), icpcode.BuyRequest{Actor: "1001", Quantity: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Codes {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			if shown := fmt.Sprintf(verb, store); strings.Contains(shown, strings.TrimLeft(c.String(), "0")) {
				t.Errorf("%s of a store shows a code", verb)
			}
		}
	}
}

// TestLeaksAreSeen shows that each way to print a code is looked at.
func TestLeaksAreSeen(t *testing.T) {
	for _, text := range planted {
		c := code(t, text)
		for _, leak := range []any{
			struct{ C icpcode.Code }{c}, formatted{c}, []icpcode.Code{c}, struct{ Text string }{"Duplicate entry '" + text + "'"},
			logged{c}, saying{c}, fmt.Errorf("no %v", c),
		} {
			if len(leaks(reflect.ValueOf(leak), text)) == 0 {
				t.Errorf("%T with %s was not seen", leak, text)
			}
		}
		if found := leaks(reflect.ValueOf(struct{ C string }{c.Masked()}), text); len(found) > 0 {
			t.Errorf("a masked code is taken for a whole one: %v", found)
		}
	}
}

type formatted struct{ c icpcode.Code }

func (f formatted) Format(s fmt.State, verb rune) {
	if verb == 'q' {
		_, _ = fmt.Fprintf(s, "%q", f.c)
	}
}

type logged struct{ c icpcode.Code }

func (logged) Format(fmt.State, rune) {}
func (l logged) LogValue() slog.Value { return slog.StringValue(l.c.Display()) }

type saying struct{ c icpcode.Code }

func (saying) Format(fmt.State, rune) {}
func (s saying) String() string       { return s.c.String() }
func (saying) LogValue() slog.Value   { return slog.Value{} }

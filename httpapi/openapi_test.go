package httpapi

import (
	"bytes"
	"encoding"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// TestDocument holds that the document is what the routes and the types of
// bodies and answers say.
func TestDocument(t *testing.T) {
	want, err := json.MarshalIndent(newDocument(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("openapi.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want, Document()) {
		t.Error("openapi.json is not what the handler does: go test -run TestDocument -update")
	}
}

type object = map[string]any

// documenter makes the document.
type documenter struct{ schemas object }

func newDocument() object {
	d := &documenter{schemas: object{}}
	paths := object{}
	for _, r := range routes() {
		item, _ := paths[r.path].(object)
		if item == nil {
			item = object{}
			paths[r.path] = item
		}
		item[strings.ToLower(r.method)] = d.operation(&r)
	}
	d.schemas["Problem"] = d.structure(reflect.TypeFor[problem](), false)
	d.schemas["Problem"].(object)["properties"].(object)["type"] = object{
		"type": "string", "examples": problemTypes(), "description": "One of the examples; a proxy or service in front may have others.",
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title":   "icpcode",
			"version": "1",
			"description": "ICP filing service codes (ICP备案服务码) over HTTP. The service says who is asking and what is known of servers. " +
				"A code is addressed by a handle that is good for one account. Unofficial.",
			"license": object{"name": "Apache License 2.0", "identifier": "Apache-2.0"},
		},
		"servers":    []object{{"url": "/"}},
		"security":   []object{{}},
		"paths":      paths,
		"components": object{"schemas": d.schemas},
	}
}

func (d *documenter) operation(r *route) object {
	params := []object{}
	if strings.Contains(r.path, handleMark) {
		params = append(params, object{
			"name": "code", "in": "path", "required": true, "schema": object{"type": "string", "pattern": "^[A-Za-z0-9_-]{38,}$"},
			"description": "The handle of a code, as an answer to the same account had it.",
		})
	}
	if r.change {
		params = append(params, object{
			"name": "Idempotency-Key", "in": "header", "required": false, "schema": object{"type": "string", "maxLength": 300},
			"description": "The request ID, bare or in quotes. Needed but in a dry run. The same request with the same key takes effect once.",
		})
	}
	params = append(params, object{
		"name": "Accept-Language", "in": "header", "required": false, "schema": object{"type": "string"},
		"description": "en or zh: the language of problems and their reasons.",
	})
	for _, name := range r.query {
		params = append(params, object{"name": name, "in": "query", "required": false, "schema": parameters[name], "description": parameterTexts[name]})
	}
	failed := object{
		"description": "Nothing was done, unless the type is urn:icpcode:problem:unknown-outcome.",
		"content":     object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
	}
	op := object{
		"operationId": lowerFirst(r.operation), "summary": r.summary, "parameters": params,
		"responses": object{
			"200": object{
				"description": "It was done.",
				"content":     object{"application/json": object{"schema": d.schema(reflect.TypeOf(r.answer), false)}},
			},
			"4XX": failed, "5XX": failed,
		},
	}
	if r.body != nil {
		op["requestBody"] = object{
			"required": true,
			"content":  object{"application/json": object{"schema": d.schema(reflect.TypeOf(r.body), true)}},
		}
	}
	return op
}

// problemTypes lists the types of all problems: those of categories, and the
// mistakes in the source.
func problemTypes() []string {
	const prefix = "urn:icpcode:problem:"
	var types []string
	for _, k := range kinds {
		types = append(types, prefix+k.name)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "problem.go", nil, 0)
	if err != nil {
		panic(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "newMistake" {
				name, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
				if err != nil {
					panic(err)
				}
				types = append(types, prefix+name)
			}
		}
		return true
	})
	slices.Sort(types)
	return types
}

// TestProblemsInDocs holds that docs/http.md names each type of problem, and
// no other.
func TestProblemsInDocs(t *testing.T) {
	for _, file := range []string{"../docs/http.md", "../docs/http.zh-CN.md"} {
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var named []string
		for line := range strings.Lines(string(doc)) {
			cells := strings.Split(line, "|")
			if len(cells) != 5 || !strings.ContainsAny(cells[1], "0123456789") {
				continue
			}
			for i, word := range strings.Split(cells[2], "`") {
				if i%2 == 1 && !strings.HasPrefix(word, "urn:") {
					named = append(named, "urn:icpcode:problem:"+word)
				}
			}
		}
		slices.Sort(named)
		if want := problemTypes(); len(want) < 20 || !slices.Equal(named, want) {
			t.Errorf("%s has the problems %v, want %v", file, named, want)
		}
	}
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

var (
	parameters = object{
		"dry_run": object{"type": "boolean"}, "all": object{"type": "boolean"}, "newest": object{"type": "boolean"}, "rejected": object{"type": "boolean"},
		"limit": object{"type": "integer", "minimum": 1, "maximum": maxPage}, "look": object{"type": "integer", "minimum": 1, "maximum": maxLook}, "year": object{"type": "integer", "minimum": 2000, "maximum": 9999},
		"stage": enumeration(reflect.TypeFor[icpcode.Stage]()), "before": object{"type": "string", "format": "date-time"},
		"state": enumeration(reflect.TypeFor[icpcode.State]()), "account": text(128), "instance": text(128), "to": text(128), "icp_number": text(128),
		"domain": text(253), "app": text(128), "after": object{"type": "string"},
	}
	parameterTexts = map[string]string{
		"dry_run": "Say what would be answered, and change nothing.", "newest": "The latest issued first.",
		"limit": "How many a page holds at most; 20 if nothing is said.",
		"look":  "How many codes are looked at for a page at most; 1000 if nothing is said. What is rare among many then takes more pages, each of them sooner.",
		"year":  "The natural year; that of now if nothing is said.",
		"all":   "All accounts: an error unless an operator asks, and names no account.", "stage": "Only filings whose review is in this stage.", "rejected": "Only filings that were sent back and not sent again.",
		"before": "With stage or rejected: only those that have been so since before this instant.",
		"state":  "Only codes that show this state.", "account": "Whose codes; only an operator may ask for those of others.",
		"to": "The server that filings would move to.", "instance": "Only codes of this server.", "icp_number": "Only codes of this ICP number.",
		"domain": "Only codes whose last filing is of this domain.", "app": "Only codes whose last filing is of this app.",
		"after": "The member next of the page before.",
	}
)

func text(most int) object { return object{"type": "string", "maxLength": most} }

// enumeration is the schema of a type whose values are words.
func enumeration(t reflect.Type) object {
	var words []string
	for i := range 256 {
		v := reflect.New(t).Elem()
		v.SetUint(uint64(i))
		b, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil || strings.Contains(string(b), "?") || slices.Contains(words, string(b)) {
			break
		}
		words = append(words, string(b))
	}
	return object{"type": "string", "enum": words}
}

// scalars are the schemas of types that are no objects in JSON.
var scalars = map[reflect.Type]object{
	reflect.TypeFor[time.Time]():       {"type": "string", "format": "date-time"},
	reflect.TypeFor[decimal.Decimal](): {"type": "string", "pattern": `^-?[0-9]+(\.[0-9]+)?$`},
	reflect.TypeFor[netip.Addr]():      {"type": "string"},
	reflect.TypeFor[icpcode.RuleIDs](): {"type": "string", "description": "IDs of rules, separated by spaces."},
	reflect.TypeFor[icpcode.Digest]():  {"type": "string"},
	reflect.TypeFor[map[string]any]():  {"type": "object"},
}

func (d *documenter) schema(t reflect.Type, body bool) object {
	if s, ok := scalars[t]; ok {
		return s
	}
	if t == reflect.TypeFor[icpcode.Code]() {
		panic("a code is shown as it is")
	}
	if t == reflect.TypeFor[icpcode.Decision]() {
		return d.named("Decision", d.decision)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem(), body)
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem(), body)}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Int, reflect.Uint64:
		return object{"type": "integer"}
	case reflect.Uint8:
		return d.named(t.Name(), func() object { return enumeration(t) })
	}
	return d.named(upperFirst(t.Name()), func() object { return d.structure(t, body) })
}

func upperFirst(s string) string { return string(unicode.ToUpper(rune(s[0]))) + s[1:] }

// named makes a schema once, and refers to it.
func (d *documenter) named(name string, schema func() object) object {
	if _, ok := d.schemas[name]; !ok {
		d.schemas[name] = object{}
		d.schemas[name] = schema()
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// member is a field as package json sees it.
type member struct {
	name     string
	optional bool
	kind     reflect.Type
	depth    int
}

// members lists the members of a struct: of those with one name the least deep.
func members(t reflect.Type, depth int) []member {
	var all []member
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("json")
		if f.Anonymous && !ok {
			all = append(all, members(f.Type, depth+1)...)
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		all = append(all, member{name, strings.Contains(options, "omit"), f.Type, depth})
	}
	return slices.DeleteFunc(all, func(m member) bool {
		return slices.ContainsFunc(all, func(o member) bool { return o.name == m.name && o.depth < m.depth })
	})
}

func (d *documenter) structure(t reflect.Type, body bool) object {
	properties, required := object{}, []string{}
	for _, m := range members(t, 0) {
		properties[m.name] = d.schema(m.kind, body)
		if !m.optional {
			required = append(required, m.name)
		}
	}
	s := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	if body {
		s["additionalProperties"] = false
	}
	return s
}

// decision is the schema of a decision, whose JSON docs/case.md describes.
func (d *documenter) decision() object {
	ids := object{"type": "array", "items": d.schema(reflect.TypeFor[icpcode.Rule](), false)}
	words := object{"type": "object", "properties": object{
		"required": object{"type": "string"}, "found": object{"type": "string"}, "remedy": object{"type": "string"},
	}, "required": []string{"required", "found"}}
	answer := object{"type": "object", "properties": object{
		"rule": d.schema(reflect.TypeFor[icpcode.Rule](), false), "outcome": d.schema(reflect.TypeFor[icpcode.Outcome](), false),
		"position": object{"type": "integer"}, "facts": d.schema(reflect.TypeFor[[]icpcode.Fact](), false),
		"citations": d.schema(reflect.TypeFor[[]icpcode.Citation](), false), "en": words, "zh": words,
	}, "required": []string{"outcome", "citations", "en", "zh"}}
	return object{
		"type": "object",
		"properties": object{
			"case": object{"type": "object"}, "refused": object{"type": "boolean"}, "pass": ids, "fail": ids, "unknown": ids, "assumed": ids,
			"advice": ids, "quota": d.schema(reflect.TypeFor[icpcode.Quota](), false), "phone_needed": object{"type": "boolean"},
			"rule_set": object{"type": "object", "properties": object{"version": object{"type": "string"}, "sha256": object{"type": "string"}}},
			"answers":  object{"type": "array", "items": answer},
		},
		"required": []string{"case", "refused", "pass", "fail", "unknown", "assumed", "advice", "phone_needed", "rule_set", "answers"},
	}
}

// TestEveryOperation holds that each method of the engine that a service needs
// has a route, and that each route is of one.
func TestEveryOperation(t *testing.T) {
	elsewhere := map[string]string{
		"DryRun": "the parameter dry_run", "InTx": "a transaction of the caller's has no HTTP", "Format": "package fmt",
		"Owned": "OwnedPage", "Received": "ReceivedPage", "Pick": "PickPage", "Review": "ReviewPage",
		"PlanMove": "PlanMovePage",
	}
	ours := map[string]bool{"Servers": true, "Find": true, "Reveal": true, "Document": true}
	routed := map[string]bool{}
	for _, r := range routes() {
		if routed[r.operation] {
			t.Errorf("%s has two routes", r.operation)
		}
		routed[r.operation] = true
		if r.change && r.method != http.MethodPost {
			t.Errorf("%s changes something by %s", r.operation, r.method)
		}
	}
	engine := reflect.TypeFor[*icpcode.Engine]()
	for i := range engine.NumMethod() {
		m := engine.Method(i)
		if elsewhere[m.Name] == "" && !routed[m.Name] {
			t.Errorf("the engine has %s, and the handler has not", m.Name)
		}
		// A change is what takes a RequestID.
		for _, r := range routes() {
			if r.operation != m.Name || m.Type.NumIn() < 3 {
				continue
			}
			in := m.Type.In(2)
			takes := false
			if in.Kind() == reflect.Struct {
				_, takes = in.FieldByName("RequestID")
			}
			if takes != r.change {
				t.Errorf("%s takes a request ID: %v, and needs a key here: %v", m.Name, takes, r.change)
			}
		}
	}
	for name := range routed {
		if _, ok := engine.MethodByName(name); !ok && !ours[name] {
			t.Errorf("the handler has %s, and the engine has not", name)
		}
	}
}

// TestEveryField holds that whatever a request of the engine can say is said
// by the body or the service, and that nothing that is not the client's to say
// has a member.
func TestEveryField(t *testing.T) {
	never := []string{"actor", "request_id", "assume", "certification", "instances", "after"}
	byOther := map[string]bool{"actor": true, "Idempotency-Key": true, "assume": true, "certification": true, "instances": true}
	// A handle in the path, and what the service says of a purchase.
	elsewhere := map[string]string{"Paid": "Buy", "Code": ""}
	engine := reflect.TypeFor[*icpcode.Engine]()
	for _, r := range routes() {
		if !r.change {
			continue
		}
		said := map[string]bool{}
		for _, m := range members(reflect.TypeOf(r.body), 0) {
			said[m.name] = true
			if slices.Contains(never, m.name) {
				t.Errorf("the body of %s may say %s", r.operation, m.name)
			}
		}
		method, ok := engine.MethodByName(r.operation)
		if !ok {
			t.Fatalf("the engine has no %s", r.operation)
		}
		of := method.Type.In(2)
		for i := range of.NumField() {
			f := of.Field(i)
			name := fieldName(f.Name)
			by, there := elsewhere[f.Name]
			if there && (by == r.operation || f.Name == "Code" && strings.Contains(r.path, handleMark)) {
				continue
			}
			// The service says what is known of the code's instance.
			if f.Name == "Instance" && (r.operation == "Submit" || r.operation == "Resubmit") {
				continue
			}
			if !byOther[name] && !said[name] {
				t.Errorf("the engine's %s takes %s, and the body has no %s", r.operation, f.Name, name)
			}
		}
	}
	request := reflect.TypeFor[icpcode.ListRequest]()
	for _, r := range routes() {
		method, ok := engine.MethodByName(r.operation)
		if !ok || method.Type.NumIn() < 3 || method.Type.In(2) != request {
			continue
		}
		for i := range request.NumField() {
			if name := fieldName(request.Field(i).Name); name != "actor" && name != "facts" && !slices.Contains(r.query, name) {
				t.Errorf("%s takes %s, and its query has no such parameter", r.operation, name)
			}
		}
	}
}

// TestNoWholeCode holds that no type of an answer can hold a whole code, but
// for those that are meant to.
func TestNoWholeCode(t *testing.T) {
	for _, r := range routes() {
		seen := map[reflect.Type]bool{}
		var look func(reflect.Type, string)
		look = func(of reflect.Type, path string) {
			if of == reflect.TypeFor[icpcode.Code]() {
				t.Errorf("the answer of %s holds a code as it is: %s", r.operation, path)
			}
			if seen[of] {
				return
			}
			seen[of] = true
			switch of.Kind() {
			case reflect.Pointer, reflect.Slice:
				look(of.Elem(), path)
			case reflect.Struct:
				if _, scalar := scalars[of]; scalar || of == reflect.TypeFor[icpcode.Decision]() {
					return
				}
				for _, m := range members(of, 0) {
					look(m.kind, path+"."+m.name)
				}
			}
		}
		look(reflect.TypeOf(r.answer), r.operation)
		if !seen[reflect.TypeFor[codeRef]()] && strings.Contains(r.path, "/codes/") && r.operation != "Reveal" {
			t.Errorf("%s answers with no code: this test does not see it", r.operation)
		}
	}
}

// Package nodeclient makes the client for Node of the OpenAPI document. It is
// a page of its own and no generator of npm's: those bring a tree of packages
// to build with, and a client that knows neither the Idempotency-Key nor
// problems nor pages, which is most of what a caller can get wrong here. What
// of OpenAPI the document does not use is an error.
package nodeclient

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

//go:embed head.mjs
var head string

// document is what is read of the OpenAPI document.
type document struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	OperationID string
	Summary     string
	Parameters  []parameter
	RequestBody *struct{ Content map[string]media }
	Responses   map[string]struct{ Content map[string]media }
}

type parameter struct {
	Name, In string
	Schema   schema
}

type media struct{ Schema schema }

type schema struct {
	Ref        string `json:"$ref"`
	Type       string
	Properties map[string]schema
	Examples   []string
	Pattern    string
	Required   []string
}

// resolve follows a reference.
func (d *document) resolve(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.Components.Schemas[name]
	}
	return s
}

// identifier is a name that needs no quotes in JavaScript, and no path or
// comment can be left by.
var identifier = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)

// Generate returns the client, an ECMAScript module, of an OpenAPI document in
// JSON.
func Generate(text []byte) ([]byte, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		return nil, fmt.Errorf("nodeclient: this is OpenAPI %q", d.OpenAPI)
	}
	var methods, lists, kinds []string
	handle := ""
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, verb := range slices.Sorted(maps.Keys(d.Paths[path])) {
			op := d.Paths[path][verb]
			method, err := d.method(strings.ToUpper(verb), path, &op)
			if err != nil {
				return nil, fmt.Errorf("nodeclient: %s %s: %w", verb, path, err)
			}
			methods = append(methods, method)
			for _, p := range op.Parameters {
				if p.In != "path" {
					continue
				}
				if handle == "" {
					handle = p.Schema.Pattern
				}
				if handle == "" || handle != p.Schema.Pattern || strings.Contains(handle, "/") {
					return nil, fmt.Errorf("nodeclient: %s %s: the pattern of a handle is %q", verb, path, p.Schema.Pattern)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.Components.Schemas[name]
		if _, paged := s.Properties["next"]; !paged {
			continue
		}
		for member, of := range s.Properties {
			if of.Type == "array" {
				lists = append(lists, fmt.Sprintf("%q", member))
			}
		}
	}
	for _, t := range d.Components.Schemas["Problem"].Properties["type"].Examples {
		kind, ok := strings.CutPrefix(t, "urn:icpcode:problem:")
		if !ok {
			return nil, fmt.Errorf("nodeclient: a problem has the type %q", t)
		}
		kinds = append(kinds, fmt.Sprintf("%q", kind))
	}
	if len(methods) == 0 || len(lists) == 0 || len(kinds) == 0 {
		return nil, errors.New("nodeclient: the document has no operations, no lists or no problems")
	}
	slices.Sort(lists)
	out := bytes.NewBufferString("// Code generated from openapi.json by httpapi/internal/nodeclient. DO NOT EDIT.\n\n")
	out.WriteString(strings.NewReplacer(
		"/*HANDLE*/", "/"+handle+"/", "/*KINDS*/", strings.Join(kinds, ", "), "/*LISTS*/", strings.Join(slices.Compact(lists), ", "), "  /*METHODS*/\n", strings.Join(methods, "\n"),
	).Replace(head))
	return out.Bytes(), nil
}

// method is the method of the client for one operation.
func (d *document) method(verb, path string, op *operation) (string, error) {
	if !identifier.MatchString(op.OperationID) || strings.Contains(op.Summary, "*/") {
		return "", fmt.Errorf("the operation is called %q", op.OperationID)
	}
	var args, sent []string
	var query []string
	told := ""
	address := `"` + path + `"`
	key := false
	for _, p := range op.Parameters {
		switch p.In + " " + p.Name {
		case "header Idempotency-Key":
			key = true
			continue
		case "header Accept-Language", "query dry_run": // of the options
			continue
		}
		if p.In == "path" && identifier.MatchString(p.Name) {
			args = append(args, p.Name)
			address = "`" + strings.Replace(path, "{"+p.Name+"}", "${handle("+p.Name+")}", 1) + "`"
			continue
		}
		if p.In != "query" {
			return "", fmt.Errorf("the parameter %s is in %s", p.Name, p.In)
		}
		query = append(query, p.Name)
	}
	if strings.Contains(strings.ReplaceAll(address, "${", ""), "{") {
		return "", errors.New("the path has a parameter that is not told of")
	}
	if op.RequestBody != nil {
		of, ok := op.RequestBody.Content["application/json"]
		if !ok {
			return "", errors.New("the body is no JSON")
		}
		body := "body: {}"
		if of := d.resolve(of.Schema); len(of.Properties) > 0 {
			body, args, told = "body", append(args, "body"), bodyText(&of)
		}
		sent = append(sent, body)
	}
	if query != nil {
		args, sent = append(args, "query"), append(sent, "query")
	}
	if _, ok := op.Responses["200"].Content["application/json"]; !ok {
		return "", errors.New("the answer is no JSON")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  /**\n   * %s\n%s", op.Summary, told)
	if query != nil {
		fmt.Fprintf(&b, "   * @param query may have %s\n", strings.Join(query, ", "))
	}
	options := "language, signal"
	if key {
		options = "key, dryRun, language, signal"
	}
	fmt.Fprintf(&b, "   * @param options may have %s\n   */\n", options)
	fmt.Fprintf(&b, "  %s(%s) {\n    return this.request(%q, %s, { %s });\n  }\n",
		op.OperationID, strings.Join(append(args, "options"), ", "), verb, address, strings.Join(append(sent, "...options"), ", "))
	return b.String(), nil
}

// bodyText says what a body has.
func bodyText(of *schema) string {
	var optional []string
	for _, name := range slices.Sorted(maps.Keys(of.Properties)) {
		if !slices.Contains(of.Required, name) {
			optional = append(optional, name)
		}
	}
	var parts []string
	if of.Required != nil {
		parts = append(parts, "has "+strings.Join(of.Required, ", "))
	}
	if optional != nil {
		parts = append(parts, "may have "+strings.Join(optional, ", "))
	}
	return "   * @param body " + strings.Join(parts, "; ") + "\n"
}

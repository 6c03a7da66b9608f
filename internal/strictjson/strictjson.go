// Package strictjson decodes one JSON document into a Go value and refuses
// all that encoding/json forgives: unknown fields, keys given twice or in
// another case, null, numbers that are no integers, text that is not UTF-8,
// and anything after the document. Every error says where.
//
// What it accepts encoding/json accepts too, with the same value. It reads
// structs by their json tags, embedded structs flattened, slices, maps from
// strings, integers, booleans, strings, and types that read themselves from one JSON string or
// number. It never recurses deeper than the type it decodes into.
package strictjson

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits on what a document may hold.
const (
	MaxElements = 1000 // of one array
	maxScalar   = 1024 // bytes of a scalar whose type reads itself
	maxDepth    = 100  // of a recursive type
)

// Error says what is wrong with a document, and where.
type Error struct {
	Path    string // "sets[1].products[0].quota", or "" for the whole document
	Problem string // "is a string, not an integer"
	Err     error  // what the type that reads itself said, or nil
}

// Error names the path and the problem.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Problem
	}
	return e.Path + ": " + e.Problem
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Decode reads data, one JSON document, into v, a pointer to a zero value.
// Every error is an [*Error]; then v is partly filled.
func Decode(data []byte, v any) error {
	d := decoder{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	d.dec.UseNumber()
	if err := d.value(reflect.ValueOf(v).Elem(), "", 0); err != nil {
		return err
	}
	_, err := d.dec.Token()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return &Error{Problem: "has something after the document"}
}

type decoder struct {
	data []byte
	dec  *json.Decoder
}

// next returns the next token and, for a string or number, its source.
func (d *decoder) next(path string) (json.Token, []byte, error) {
	start := d.dec.InputOffset()
	tok, err := d.dec.Token()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil, &Error{Path: path, Problem: "ends early"}
	}
	if err != nil {
		line, column := d.position()
		return nil, nil, &Error{Path: path, Problem: fmt.Sprintf("is not JSON: see line %d, column %d", line, column)}
	}
	raw := bytes.TrimLeft(d.data[start:d.dec.InputOffset()], " \t\r\n,:")
	if _, ok := tok.(string); ok && !faithful(raw) {
		return nil, nil, &Error{Path: path, Problem: "is not valid UTF-8"}
	}
	return tok, raw, nil
}

// position returns where what cannot be read begins: its line, and its column in
// characters.
func (d *decoder) position() (line, column int) {
	before := d.data[:d.dec.InputOffset()]
	rest := d.data[len(before):]
	before = d.data[:len(before)+len(rest)-len(bytes.TrimLeft(rest, " \t\r\n"))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
}

// faithful reports whether encoding/json reads the string literal raw without
// replacing any of it by U+FFFD.
func faithful(raw []byte) bool {
	if !utf8.Valid(raw) {
		return false
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++
		if raw[i] != 'u' {
			continue
		}
		r := hex4(raw[i+1:])
		i += 4
		if !utf16.IsSurrogate(r) {
			continue
		}
		if !bytes.HasPrefix(raw[i+1:], []byte(`\u`)) || utf16.DecodeRune(r, hex4(raw[i+3:])) == utf8.RuneError {
			return false
		}
		i += 6
	}
	return true
}

// hex4 reads four hexadecimal digits, which the scanner has seen to be there.
func hex4(b []byte) rune {
	n, _ := strconv.ParseUint(string(b[:4]), 16, 32)
	return rune(n)
}

func (d *decoder) value(v reflect.Value, path string, depth int) error {
	tok, raw, err := d.next(path)
	if err != nil {
		return err
	}
	if tok == nil {
		return &Error{Path: path, Problem: "is null"}
	}
	if depth > maxDepth {
		return &Error{Path: path, Problem: "is nested too deeply"}
	}
	switch u := v.Addr().Interface().(type) {
	case json.Unmarshaler:
		return self(v, path, tok, raw, isString(tok) || isNumber(tok), u.UnmarshalJSON)
	case encoding.TextUnmarshaler:
		text, _ := tok.(string)
		return self(v, path, tok, []byte(text), isString(tok), u.UnmarshalText)
	}
	switch v.Kind() {
	case reflect.Struct:
		if tok != json.Delim('{') {
			return mismatch(path, tok, "an object")
		}
		return d.object(v, path, depth)
	case reflect.Slice:
		if tok != json.Delim('[') {
			return mismatch(path, tok, "an array")
		}
		return d.array(v, path, depth)
	case reflect.Map:
		if tok != json.Delim('{') {
			return mismatch(path, tok, "an object")
		}
		return d.table(v, path, depth)
	case reflect.String:
		s, ok := tok.(string)
		if !ok {
			return mismatch(path, tok, "a string")
		}
		v.SetString(s)
	case reflect.Bool:
		b, ok := tok.(bool)
		if !ok {
			return mismatch(path, tok, "true or false")
		}
		v.SetBool(b)
	default:
		return integer(v, path, tok)
	}
	return nil
}

func isString(tok json.Token) bool { _, ok := tok.(string); return ok }

func isNumber(tok json.Token) bool { _, ok := tok.(json.Number); return ok }

// capitals finds where a word of a Go name ends and the next begins.
var capitals = regexp.MustCompile(`([a-z])([A-Z])`)

// words makes words of the name of a type: "rule IDs" of RuleIDs.
func words(name string) string {
	all := strings.Fields(capitals.ReplaceAllString(name, "$1 $2"))
	for i, w := range all {
		if len(w) < 2 || strings.ToUpper(w[:2]) != w[:2] {
			all[i] = strings.ToLower(w)
		}
	}
	return strings.Join(all, " ")
}

// self lets a type read itself from text.
func self(v reflect.Value, path string, tok json.Token, text []byte, ok bool, read func([]byte) error) error {
	name := "valid " + words(v.Type().Name())
	if !strings.HasSuffix(name, "s") {
		name = "a " + name
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		name = "a time such as 2026-01-06T00:00:00+08:00"
	}
	if !ok {
		return mismatch(path, tok, name)
	}
	if len(text) > maxScalar {
		return &Error{Path: path, Problem: "is too long"}
	}
	if err := read(text); err != nil {
		return &Error{Path: path, Problem: "is not " + name, Err: err}
	}
	return nil
}

func (d *decoder) array(v reflect.Value, path string, depth int) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for i := 0; d.dec.More(); i++ {
		if i == MaxElements {
			return &Error{Path: path, Problem: fmt.Sprintf("has more than %d elements", MaxElements)}
		}
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		if err := d.value(v.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1); err != nil {
			return err
		}
	}
	_, _, err := d.next(path)
	return err
}

// table reads an object whose keys are the document's own.
func (d *decoder) table(v reflect.Value, path string, depth int) error {
	v.Set(reflect.MakeMap(v.Type()))
	for d.dec.More() {
		tok, _, err := d.next(path)
		if err != nil {
			return err
		}
		key, _ := tok.(string)
		at := Join(path, key)
		if v.Len() == MaxElements {
			return &Error{Path: path, Problem: fmt.Sprintf("has more than %d elements", MaxElements)}
		}
		k := reflect.ValueOf(key).Convert(v.Type().Key())
		if v.MapIndex(k).IsValid() {
			return &Error{Path: at, Problem: "is given twice"}
		}
		e := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(e, at, depth+1); err != nil {
			return err
		}
		v.SetMapIndex(k, e)
	}
	_, _, err := d.next(path)
	return err
}

func (d *decoder) object(v reflect.Value, path string, depth int) error {
	fields := fieldsOf(v, nil)
	seen := make([]bool, len(fields))
	for d.dec.More() {
		tok, _, err := d.next(path)
		if err != nil {
			return err
		}
		key, _ := tok.(string)
		at := Join(path, key)
		i, err := find(fields, key, at)
		if err != nil {
			return err
		}
		if seen[i] {
			return &Error{Path: at, Problem: "is given twice"}
		}
		seen[i] = true
		if err := d.value(fields[i].value, at, depth+1); err != nil {
			return err
		}
	}
	_, _, err := d.next(path)
	return err
}

// find returns the index of the field named key. A key that differs in case
// is no match, but names the field that was meant.
func find(fields []field, key, at string) (int, error) {
	for i := range fields {
		if fields[i].name == key {
			return i, nil
		}
	}
	for i := range fields {
		if strings.EqualFold(fields[i].name, key) {
			return 0, &Error{Path: at, Problem: "is not known, but spelt otherwise: " + fields[i].name}
		}
	}
	return 0, &Error{Path: at, Problem: "is not known"}
}

type field struct {
	name  string
	value reflect.Value
}

// fieldsOf appends the fields of the struct v, those of embedded structs in
// place, without those that JSON does not see.
func fieldsOf(v reflect.Value, fields []field) []field {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			fields = fieldsOf(v.Field(i), fields)
			continue
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields = append(fields, field{name, v.Field(i)})
	}
	return fields
}

// Join adds a key to a path. A key that is no plain word is quoted, and a long
// one cut, as it is the document's and not the type's.
func Join(path, key string) string {
	plain := key != ""
	for i := range len(key) {
		c := key[i]
		plain = plain && (c == '_' || c == '-' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z')
	}
	if len(key) > 64 {
		key, plain = key[:64], false
	}
	if !plain {
		return path + "[" + strconv.QuoteToASCII(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func integer(v reflect.Value, path string, tok json.Token) error {
	n, ok := tok.(json.Number)
	if !ok {
		return mismatch(path, tok, "an integer")
	}
	if strings.ContainsAny(string(n), ".eE") {
		return &Error{Path: path, Problem: "is not an integer"}
	}
	if v.CanUint() {
		u, err := strconv.ParseUint(string(n), 10, v.Type().Bits())
		if err != nil {
			return &Error{Path: path, Problem: "is out of range"}
		}
		v.SetUint(u)
		return nil
	}
	if !v.CanInt() {
		return &Error{Path: path, Problem: "cannot be read into this type: " + v.Type().String()}
	}
	i, err := strconv.ParseInt(string(n), 10, v.Type().Bits())
	if err != nil {
		return &Error{Path: path, Problem: "is out of range"}
	}
	v.SetInt(i)
	return nil
}

func mismatch(path string, tok json.Token, want string) error {
	is := "an array"
	switch t := tok.(type) {
	case string:
		is = "a string"
	case json.Number:
		is = "a number"
	case bool:
		is = strconv.FormatBool(t)
	case json.Delim:
		if t == '{' {
			is = "an object"
		}
	}
	return &Error{Path: path, Problem: "is " + is + ", not " + want}
}

package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/icpcode/icpcode"
)

// maxBody bounds a body in bytes: a grant of 1,000 codes of the longest form
// fits.
const maxBody = 256 << 10

// read reads the body, JSON of at most maxBody bytes, before the time is over.
func (c *call) read(w http.ResponseWriter) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || len(c.r.Header.Values("Content-Type")) > 1 || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") ||
		c.r.Header.Get("Content-Encoding") != "" {
		return nil, errMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, c.r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, errTooLarge
	}
	if err != nil {
		// A client that broke off has canceled the request, too.
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(c.Err(), context.DeadlineExceeded) {
			return nil, errSlow
		}
		return nil, errBody
	}
	return body, nil
}

// parse reads a body into what is asked for. Members that are not known, stand
// twice or are written otherwise are errors: what is ignored could be what the
// sender meant.
func parse(body []byte, into any) error {
	if !utf8.Valid(body) {
		return bad("", "is not UTF-8")
	}
	if halfPair(body) {
		return bad("", "has a character that is none, half of a surrogate pair")
	}
	if err := noTwins(json.NewDecoder(bytes.NewReader(body))); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		return nil
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return bad(kind.Field, "is a JSON "+kind.Value+", which it cannot be")
	}
	var invalid *icpcode.InvalidError
	if errors.As(err, &invalid) {
		return err
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if name, err := strconv.Unquote(name); err == nil {
			return bad(shorten(name), "is not a known member")
		}
	}
	return bad("", "is not JSON of the form that is asked for")
}

// halfPair reports whether a JSON text has an escape of half a surrogate pair.
// A decoder makes another character of it, and so another account or server.
func halfPair(body []byte) bool {
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 || at+1 == len(body) {
			return false
		}
		if r := escaped(body[at:]); !utf16.IsSurrogate(r) {
			body = body[at+2:]
			continue
		} else if utf16.DecodeRune(r, escaped(body[at+6:])) == utf8.RuneError {
			return true
		}
		body = body[at+12:]
	}
}

// escaped is the number in an escape such as \u0061 at the beginning of a text,
// or 0 where there is none.
func escaped(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}

// maxDepth is how deep JSON may be nested: a filing's addresses are at 3.
const maxDepth = 8

// noTwins refuses a text that is no single JSON object, or has an object with
// two members of one name: decoders do not agree on which of them counts, nor
// whether case does.
func noTwins(d *json.Decoder) error {
	type object struct {
		names map[string]bool // nil: an array
		value bool            // a value comes next
	}
	var open []object
	for {
		token, err := d.Token()
		if err != nil {
			return bad("", "is not JSON")
		}
		if len(open) == 0 && token != json.Delim('{') {
			return bad("", "is not a JSON object")
		}
		top := func() *object { return &open[len(open)-1] }
		if token == json.Delim('}') || token == json.Delim(']') {
			open = open[:len(open)-1]
			if len(open) == 0 {
				if _, err := d.Token(); !errors.Is(err, io.EOF) {
					return bad("", "has something after the JSON object")
				}
				return nil
			}
			continue
		}
		if len(open) > 0 && top().names != nil {
			if !top().value {
				name, _ := token.(string)
				if shorten(name) != name || strings.ToLower(name) != name {
					return bad(shorten(name), "is not a known member")
				}
				if top().names[name] {
					return bad(name, "stands twice")
				}
				top().names[name], top().value = true, true
				continue
			}
			top().value = false
		}
		if token == json.Delim('{') {
			open = append(open, object{names: map[string]bool{}})
		}
		if token == json.Delim('[') {
			open = append(open, object{})
		}
		if len(open) > maxDepth {
			return bad("", "is nested too deep")
		}
	}
}

// shorten makes a name that a client sent fit to be repeated.
func shorten(name string) string {
	if len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }) {
		return "?" // it could hold a code
	}
	return name
}

// idempotencyKey reads the request ID: a string in quotes, as the draft on the
// Idempotency-Key header has it, or the bare text. "" is none.
func idempotencyKey(h http.Header) (string, error) {
	values := h.Values("Idempotency-Key")
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", bad("Idempotency-Key", "stands twice")
	}
	key := values[0]
	if !strings.HasPrefix(key, `"`) {
		return key, nil
	}
	var b strings.Builder
	for i := 1; i < len(key); i++ {
		if key[i] == '"' {
			if i != len(key)-1 || b.Len() == 0 {
				break
			}
			return b.String(), nil
		}
		if key[i] == '\\' {
			if i++; i == len(key) || key[i] != '"' && key[i] != '\\' {
				break
			}
		}
		b.WriteByte(key[i])
	}
	return "", bad("Idempotency-Key", "is not a string in quotes")
}

// query is the query of a URL, each of its parameters once.
type query map[string]string

func readQuery(r *http.Request, known []string) (query, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, bad("query", "cannot be read")
	}
	q := query{}
	for name, v := range values {
		if !slices.Contains(known, name) {
			return nil, bad(shorten(name), "is not a known parameter")
		}
		if len(v) > 1 {
			return nil, bad(name, "stands twice")
		}
		// Left out, it would be done in earnest, or of everything. "" is where a
		// list begins.
		if v[0] == "" && name != "after" {
			return nil, bad(name, "is empty")
		}
		q[name] = v[0]
	}
	return q, nil
}

func (q query) bool(name string) (bool, error) {
	if v := q[name]; v == "true" {
		return true, nil
	} else if v != "" && v != "false" {
		return false, bad(name, "is neither true nor false")
	}
	return false, nil
}

func (q query) int(name string, most int) (int, error) {
	if q[name] == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(q[name])
	if err != nil || n < 1 || n > most {
		return 0, bad(name, "is not from 1 to "+strconv.Itoa(most))
	}
	return n, nil
}

// language returns the language that is asked for, of those that there are.
func language(h http.Header) icpcode.Lang {
	best, lang := 0.0, icpcode.English
	accepted := strings.Join(h.Values("Accept-Language"), ",")
	if len(accepted) > 1000 {
		return lang
	}
	for item := range strings.SplitSeq(accepted, ",") {
		tag, params, _ := strings.Cut(item, ";")
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			w, err := strconv.ParseFloat(q, 64)
			if err != nil || !(w >= 0 && w <= 1) {
				continue
			}
			weight = w
		}
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if weight <= best {
			continue
		}
		for l, t := range tags {
			if t == primary {
				best, lang = weight, icpcode.Lang(l)
			}
		}
	}
	return lang
}

// tags are the tags of the languages, by [icpcode.Lang].
var tags = [...]string{icpcode.English: "en", icpcode.Chinese: "zh"}

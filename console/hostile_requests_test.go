package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// request sends what is no form of a browser's.
func (w *world) request(method, path string, as icpcode.AccountID, body string, headers ...string) seen {
	w.t.Helper()
	var content io.Reader = http.NoBody
	if body != "" {
		content = strings.NewReader(body)
	}
	r := httptest.NewRequest(http.MethodPost, "/", content)
	target, query, _ := strings.Cut(path, "?")
	r.Method, r.URL, r.RequestURI = method, &url.URL{Path: target, RawQuery: query}, path
	r.Header.Set("Test-Account", string(as))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	w.web.ServeHTTP(answer, r)
	p := seen{w.t, answer.Code, answer.Header(), strings.ReplaceAll(answer.Body.String(), "</span><span>", "")}
	if p.header.Get("Content-Security-Policy") != policy {
		w.t.Errorf("%s %s has the policy %q", method, path, p.header.Get("Content-Security-Policy"))
	}
	return p
}

// nothing wants an answer to be a page that does and tells nothing.
func (w *world) nothing(what string, f *htmlForm, p seen, status ...int) {
	w.t.Helper()
	if f.method != http.MethodHead {
		w.judge(what, f, p, "")
	}
	if len(status) > 0 && !slices.Contains(status, p.status) {
		w.t.Errorf("%s is answered %d, want %v: %s", what, p.status, status, p.body)
	}
	if w.done() != nothingDone {
		w.t.Errorf("%s: %s", what, w.done())
		w.renew()
	}
}

const formType = "application/x-www-form-urlencoded"

// TestHostileRequests sends each form as none is sent: by another method, in another
// form, from another site, from another account, and with far too many fields.
func TestHostileRequests(t *testing.T) {
	site, w := readSite(t), newWorld(t)
	for _, f := range site.forms {
		if f.method != http.MethodPost {
			continue
		}
		body := f.fields.Encode()
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace, "BREW", "post"} {
			w.nothing(f.key()+" "+method, f, w.request(method, f.action, f.as, body, "Content-Type", formType), 400, 404)
		}
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			g := *f
			g.method = method
			w.nothing(f.key()+" "+method, &g, w.request(method, f.action+"?"+body, f.as, "", "Content-Type", formType), 200, 404)
		}
		for _, c := range bodies(f.fields) {
			w.nothing(f.key()+" as "+c.kind, f, w.request(http.MethodPost, f.action, f.as, c.text, "Content-Type", c.kind), 400)
		}
		w.nothing(f.key()+" in its URL", f, w.request(http.MethodPost, f.action+"?"+body, f.as, "", "Content-Type", formType), 400)
		for _, from := range [][]string{
			{"Origin", "https://elsewhere.example"}, {"Origin", "null"}, {"Origin", "http://example.com.elsewhere.example"}, {"Origin", "http://example.com:81"},
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", markup}, {"Sec-Fetch-Site", "cross-site", "Origin", "http://example.com"},
		} {
			p := w.request(http.MethodPost, f.action, f.as, body, append(from, "Content-Type", formType)...)
			w.nothing(fmt.Sprintf("%s from %q", f.key(), from), f, p, 403)
		}
		for _, as := range []icpcode.AccountID{"", "1001", "2002", ops} {
			if as == f.as || f.pattern == "POST /buy" && as != "" { // anybody can buy
				continue
			}
			g := *f
			if g.as = as; as == ops {
				g.as = "" // it may see what others wrote, but not here
			}
			w.nothing(f.key()+" of "+string(as), &g, w.request(http.MethodPost, f.action, as, body, "Content-Type", formType), 200, 401, 404, 422)
		}
		w.many(f)
		w.unknownHandles(f)
	}
}

// bodies are the fields in forms that no page sends.
func bodies(fields url.Values) (all []struct{ kind, text string }) {
	add := func(kind, text string) { all = append(all, struct{ kind, text string }{kind, text}) }
	var parts bytes.Buffer
	m := multipart.NewWriter(&parts)
	flat := map[string]string{}
	for name, values := range fields {
		flat[name] = values[0]
		for _, v := range values {
			_ = m.WriteField(name, v) // to memory
		}
	}
	_ = m.Close()
	add(m.FormDataContentType(), parts.String())
	text, _ := json.Marshal(flat) // texts have a JSON form
	add("application/json", string(text))
	add("text/plain", fields.Encode())
	add("", fields.Encode())
	add(formType+"; =;;", fields.Encode())
	add(formType, "%zz="+fields.Encode())
	add(formType, "a;b&"+fields.Encode())
	return all
}

// many sends a form with more than any page has.
func (w *world) many(f *htmlForm) {
	w.t.Helper()
	for name, more := range map[string]string{
		"fields": strings.Repeat("&a=", 20_000), "names": func() string {
			var b strings.Builder
			for i := range 6_000 {
				fmt.Fprintf(&b, "&a%d=1", i)
			}
			return b.String()
		}(), "filings": strings.Repeat("&filing=x", 5_000), "replaced": strings.Repeat("&replaces=x", 5_000),
		"a field named at length": "&" + strings.Repeat("a", 60<<10) + "=1",
	} {
		p := w.request(http.MethodPost, f.action, f.as, f.fields.Encode()+more, "Content-Type", formType)
		if w.judge(f.key()+" with many "+name, f, p, ""); w.done() != nothingDone {
			w.renew() // what the form does not have is not read
		}
	}
	w.nothing(f.key()+" of 1 MiB", f, w.request(http.MethodPost, f.action, f.as, f.fields.Encode()+"&a="+strings.Repeat("a", 1<<20), "Content-Type", formType), 400)
}

// unknownHandles sends a form to the paths of codes that are others' or none.
func (w *world) unknownHandles(f *htmlForm) {
	w.t.Helper()
	parts := strings.Split(f.action, "/")
	if !strings.Contains(f.pattern, "{handle}") {
		return
	}
	good := parts[3]
	bad := []string{
		w.others[0], w.others[1], w.others[2], "", good[:len(good)-1], good + "A", good + "=", strings.ToLower(good), string(good[0]^1) + good[1:], good[:20] + "A" + good[20:],
		strings.Repeat("A", len(good)), "x", "%00", "\x00", "..", "<b>zq", "'; --", "\u202e", strings.Repeat("A", 100_000),
	}
	if f.as == ops {
		bad = slices.DeleteFunc(bad, func(s string) bool { return s == w.others[2] }) // it is its own
	}
	told := ""
	for _, handle := range bad {
		parts[3] = handle
		path := strings.Join(parts, "/")
		p := w.request(http.MethodPost, path, f.as, f.fields.Encode(), "Content-Type", formType)
		w.nothing(f.key()+" at "+handle[:min(len(handle), 50)], f, p, 404)
		if told == "" {
			told = p.body
		}
		if p.body != told {
			w.t.Errorf("%s at %.50q tells more than at another: %s", f.key(), handle, p.body)
		}
	}
}

// TestHostileQueries gives each page that is read what none of its links has.
func TestHostileQueries(t *testing.T) {
	site, w := readSite(t), newWorld(t)
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`\b(?:q|Query\(\))\.Get\("([^"]+)"\)`).FindAllStringSubmatch(source(t), -1) {
		names[m[1]] = true
	}
	if len(names) < 8 {
		t.Fatalf("the source reads only the parameters %v", names)
	}
	tried := map[string]bool{}
	for path, as := range site.paths {
		page, query, _ := strings.Cut(path, "?")
		was, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		f := &htmlForm{as: as, pattern: w.route(http.MethodGet, page)}
		if key := string(as) + f.pattern; tried[key] {
			continue
		} else {
			tried[key] = true
		}
		for name := range names {
			for _, h := range w.hostiles([]string{was.Get(name)}) {
				asked := maps.Clone(was)
				asked[name] = h.values
				p := w.request(http.MethodGet, page+"?"+asked.Encode(), as, "")
				what := fmt.Sprintf("%s of %s: %s: %s", path, as, name, h.name)
				if w.judge(what, f, p, strings.Join(h.values, "")); w.done() != nothingDone {
					t.Errorf("%s: %s", what, w.done())
				}
			}
		}
	}
}

// TestHostileHeaders gives each page headers that say what only the service may, and
// hostile ones of those that it reads: it is answered as without them.
func TestHostileHeaders(t *testing.T) {
	site, w := readSite(t), newWorld(t)
	read := map[string]bool{}
	for _, m := range regexp.MustCompile(`Header\.Get\("([^"]+)"\)|\.Cookie\("([^"]+)"\)`).FindAllStringSubmatch(source(t), -1) {
		read[m[1]+m[2]] = true
	}
	if want := map[string]bool{"Accept-Language": true, "icpcode_lang": true}; !maps.Equal(read, want) {
		t.Errorf("the source reads the headers %v: try what is hostile of each here", read)
	}
	if m := regexp.MustCompile(`\.(RemoteAddr|Referer|UserAgent|BasicAuth|TLS|Host|FormValue|RequestURI)\b`).FindString(source(t)); m != "" {
		t.Errorf("the source reads %s of a request", m)
	}
	headers := []string{
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-User", "X-Forwarded-Prefix", "Forwarded", "X-Real-Ip", "X-Remote-User", "X-Account", "X-User",
		"Account", "Authorization", "Proxy-Authorization", "X-Http-Method-Override", "X-Original-Url", "X-Rewrite-Url", "Referer", "User-Agent", "Host", "Via",
		"Idempotency-Key", "X-Request-Id", "Accept", "Accept-Encoding", "Accept-Charset", "If-None-Match", "If-Modified-Since", "Range", "X-Csrf-Token", "Content-Encoding",
	}
	values := []string{"ops", "3003", markup, "\xff\xfe", "DELETE", "/console/review", "a\tb", strings.Repeat("x", 100_000), "bytes=0-1", "gzip", "-1", "\u202e", ""}
	plain := func(p seen) string { return requestID.ReplaceAllString(p.body, "") }
	for path, as := range site.paths {
		f := &htmlForm{as: as, pattern: "GET"}
		en, zh := plain(w.request(http.MethodGet, path, as, "")), plain(w.request(http.MethodGet, path, as, "", "Accept-Language", "zh"))
		for _, v := range values {
			all := make([]string, 0, 2*len(headers))
			for _, h := range headers {
				all = append(all, h, v)
			}
			p := w.request(http.MethodGet, path, as, "", all...)
			if w.judge(path, f, p, v); plain(p) != en {
				t.Errorf("%s is another page with headers of %.40q: %s", path, v, p.body)
			}
			for _, h := range [][]string{{"Accept-Language", v}, {"Cookie", "icpcode_lang=" + v}, {"Cookie", v}, {"Cookie", "account=ops; session=" + v}, {"Accept-Language", "zh" + v}} {
				p := w.request(http.MethodGet, path, as, "", h...)
				if w.judge(path, f, p, v); plain(p) != en && plain(p) != zh {
					t.Errorf("%s is another page with %.40q: %s", path, h, p.body)
				}
			}
		}
	}
	if w.done() != nothingDone {
		t.Errorf("to look at pages is not nothing: %s", w.done())
	}
}

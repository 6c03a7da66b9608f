package console

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// hostile is what a field is given that its form would not have.
type hostile struct {
	name   string
	values []string // none: the field is missing
	free   bool     // as good a text as any, where people write what they like
}

const markup = `zq"'><img src=x onerror=alert(1)><script>alert(1)</script>`

// hostiles are those of a field that holds something.
func (w *world) hostiles(was []string) []hostile {
	all := []hostile{
		{"missing", nil, false}, {"empty", []string{""}, false}, {"spaces", []string{" \t\u3000"}, false},
		{"1 MiB", []string{strings.Repeat("x", 1<<20)}, false}, {"60 KiB", []string{strings.Repeat("好", 20<<10)[:60<<10]}, false},
		{"NUL", []string{"a\x00b"}, false}, {"no UTF-8", []string{"\xff\xfe"}, false}, {"surrogate in bytes", []string{"a\xed\xa0\x80"}, false},
		{"header", []string{"a\r\nSet-Cookie: a=b"}, false}, {"twice", append(slices.Clone(was), "zq<b>"), false},
		{"the same twice", append(slices.Clone(was), was[0]), false},
		{"surrogate as text", []string{`\ud800 %uD800 &#xD800;`}, true}, {"markup", []string{markup}, true}, {"attribute", []string{`' autofocus onfocus='alert(1)`}, true},
		{"SQL", []string{`'; DROP TABLE records; -- " OR 1=1`}, true}, {"template", []string{"{{.}}${7*7}<%=7*7%>"}, true},
		{"right to left", []string{"\u202e\u2066moc\u200b"}, true}, {"negative", []string{"-1"}, true}, {"huge", []string{strings.Repeat("9", 40)}, true},
		{"float", []string{"1e9"}, true}, {"hex", []string{"0x10"}, true}, {"NaN", []string{"NaN"}, true},
		{"path", []string{"../../review"}, true}, {"escaped path", []string{"%2e%2e%2freview%00"}, true}, {"URL", []string{"javascript:alert(1)//zq"}, true},
		{"account", []string{"3003"}, true}, {"instance", []string{"i-secret"}, true}, {"code", []string{w.others[0]}, true}, {"handle", []string{w.others[1]}, true},
	}
	if len(was[0]) > 40 { // a handle
		h := was[0]
		last := "A"
		if strings.HasSuffix(h, last) {
			last = "Q"
		}
		for name, altered := range map[string]string{
			"truncated": h[:len(h)-1], "altered at its end": h[:len(h)-1] + last, "altered at its start": string(h[0]^3) + h[1:], "longer": h + "A", "padded": h + "=",
			"cased otherwise": strings.ToUpper(h), "handles together": h + h,
		} {
			all = append(all, hostile{name, []string{altered}, false})
		}
	}
	return all
}

// may reports whether a form does what it is for with a field so filled in: it
// is a text as good as any, or need not be there.
func (h *hostile) may(f *htmlForm, name string) bool {
	written := []string{"remark", "reason", "rejection", "app", "subject", "icp_number", "to", "request_id", "numbers"}
	optional := []string{"remark", "to", "app", "ips", "refunded", "successor", "replaces", "numbers"}
	number := strings.HasPrefix(name, "icp_number_")
	name = regexp.MustCompile(`^replaces_[0-9]+$`).ReplaceAllString(name, "replaces")
	switch h.name {
	case "missing", "empty", "spaces":
		return slices.Contains(optional, name) || number || name == "reason" && regexp.MustCompile("/(withdraw|refund)$").MatchString(f.pattern)
	case "header": // lines, where there can be some
		return name == "rejection" || name == "numbers" || number || strings.HasSuffix(f.pattern, "/reveal") // which has no use for a request ID
	case "60 KiB":
		return name == "numbers" // lines of none of the filings
	}
	return h.free && (slices.Contains(written, name) || number || name == "server" && f.pattern == "POST /close")
}

// judge holds that an answer is a page, or leads to one, and that it tells nothing
// that the visitor may not know.
func (w *world) judge(what string, f *htmlForm, p seen, sent string) {
	w.t.Helper()
	if len(w.failed) > 0 {
		w.t.Errorf("%s: the service is told %v", what, w.failed)
	}
	if to := p.header.Get("Location"); p.status == http.StatusSeeOther {
		if !regexp.MustCompile(`^/console/(codes|review|servers)[A-Za-z0-9_/-]*$`).MatchString(to) {
			w.t.Errorf("%s leads to %q", what, to)
		}
	} else if p.status >= http.StatusInternalServerError || p.header.Get("Content-Type") != "text/html; charset=utf-8" ||
		!strings.HasPrefix(p.body, "<!doctype html>") || !strings.HasSuffix(p.body, "</html>\n") {
		w.t.Errorf("%s is answered %d, with no page: %.300q", what, p.status, p.body)
	}
	for _, cookie := range p.header.Values("Set-Cookie") {
		if !regexp.MustCompile(`^icpcode_lang=(en|zh); `).MatchString(cookie) {
			w.t.Errorf("%s sets the cookie %q", what, cookie)
		}
	}
	if strings.ContainsAny(sent, `<>"'`) && strings.Contains(p.body, sent) {
		w.t.Errorf("%s comes back as it is: %s", what, p.body)
	}
	if f.as != ops && strings.Contains(p.body, "secret") && !strings.Contains(sent, "secret") {
		w.t.Errorf("%s tells what is another account's: %s", what, p.body)
	}
	shows := p.status == http.StatusOK && slices.Contains([]string{"POST /apply", "POST /buy", "POST /codes/{handle}/reveal"}, f.pattern)
	for _, code := range w.whole {
		if !shows && !strings.Contains(sent, code) && strings.Contains(p.body, code) {
			w.t.Errorf("%s tells a whole code: %s", what, p.body)
		}
	}
}

// TestHostileFields gives each field of each form what the form would not have:
// what must be refused does nothing, and what is text is text wherever it stands.
func TestHostileFields(t *testing.T) {
	site := readSite(t)
	site.all(t)
	w := newWorld(t)
	tried, did := 0, 0
	for _, f := range site.forms {
		for _, name := range slices.Sorted(maps.Keys(f.fields)) {
			for _, h := range w.hostiles(f.fields[name]) {
				fields := maps.Clone(f.fields)
				if name == "app" {
					fields.Set("domain", "") // one of the two
				}
				if fields[name] = h.values; h.values == nil {
					delete(fields, name)
				}
				tried++
				what := f.key() + ": " + name + ": " + h.name
				sent := strings.Join(h.values, "")
				w.judge(what, f, w.post(f, fields), sent)
				if w.done() == nothingDone {
					continue
				}
				did++
				shown := w.store.commits == 0 && len(w.revealed) == 0 && name == "confirmed" // once more, to be confirmed
				if !h.may(f, name) && !shown {
					t.Errorf("%s: %s", what, w.done())
				}
				if h.name == "markup" && w.store.commits > 0 {
					lang := []string{"en", "zh"}[did%2]
					if n := w.everywhere(what, lang, sent); n == 0 && !slices.Contains([]string{"request_id", "numbers", "server"}, name) {
						t.Errorf("%s: no page shows it", what)
					}
				}
				w.renew()
			}
		}
	}
	t.Logf("%d fields of %d forms were filled in; %d did what the form is for", tried, len(site.forms), did)
}

// everywhere holds that a text that was written is one on every page, and returns
// how many times it is shown.
func (w *world) everywhere(what, lang, sent string) (n int) {
	w.t.Helper()
	for _, as := range []icpcode.AccountID{"1001", "2002", ops} {
		w.crawl(as, lang, func(path string, p seen) {
			w.judge(what+": "+path, &htmlForm{as: as}, p, sent)
			n += strings.Count(p.body, "zq&#34;")
		})
	}
	return n
}

// all wants every route that changes something to have a form, and every field that
// the source reads to be in one.
func (s *site) all(t *testing.T) {
	t.Helper()
	for _, r := range routes {
		if strings.HasPrefix(r.pattern, "POST ") && !slices.ContainsFunc(s.forms, func(f *htmlForm) bool { return f.pattern == r.pattern }) {
			t.Errorf("no form was found that is sent to %s", r.pattern)
		}
	}
	for _, m := range regexp.MustCompile(`c\.form\("([^"]+)"\)|PostForm\["([^"]+)"\]`).FindAllStringSubmatch(source(t), -1) {
		if name := m[1] + m[2]; !slices.ContainsFunc(s.forms, func(f *htmlForm) bool { return f.method == http.MethodPost && f.fields.Has(name) }) {
			t.Errorf("no form was found that has the field %s", name)
		}
	}
}

// source is the text of the package.
func source(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

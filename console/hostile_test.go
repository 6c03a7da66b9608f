package console

import (
	"context"
	"fmt"
	"html"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// watched counts what is written to a store: whatever changes it is a Commit.
type watched struct {
	icpcode.Store
	commits int
}

func (w *watched) Commit(ctx context.Context, c icpcode.Change) error {
	w.commits++ // also one of which nothing is known
	return w.Store.Commit(ctx, c)
}

// world is a stand with codes and filings of every kind. Two worlds are equal,
// code by code. Accounts 1001, 2002 and ops look at it; what is 3003's has "secret"
// in it.
type world struct {
	*stand

	store  *watched
	whole  []string // every code
	others []string // the code of 3003, and its handles for 3003 and for ops
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{stand: newStand(t)}
	paid := true
	w.sells(&paid)
	w.renew()
	return w
}

// renew makes the world as it was when it was new.
func (w *world) renew() {
	t := w.t
	t.Helper()
	w.store, w.whole, w.sent, w.revealed, w.failed = &watched{Store: memstore.New()}, nil, nil, nil, nil
	w.now = time.Date(2026, 3, 1, 12, 0, 0, 0, china)
	w.options.Entropy = rand.NewChaCha8([32]byte{1})
	w.eng = icpcode.New(w.store, &w.options)
	w.console.eng = w.eng
	must := func(r icpcode.Result, err error) icpcode.Code {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		w.whole = append(w.whole, r.Codes[0].String())
		return r.Codes[0]
	}
	ctx := t.Context()
	issue := func(by, to icpcode.AccountID, id icpcode.InstanceID, remark string) icpcode.Code {
		i := w.server(id, "cn-hangzhou")
		return must(w.eng.Issue(ctx, icpcode.IssueRequest{
			Actor: by, Instance: i, Quantity: 1, GrantTo: to, Proof: "834211", Certification: icpcode.Enterprise, Remark: remark,
		}))
	}
	file := func(by icpcode.AccountID, code icpcode.Code, domain, number string) {
		_, err := w.eng.Submit(ctx, icpcode.SubmitRequest{Actor: by, Code: code, Filing: icpcode.Filing{Kind: icpcode.FilingFirst, Domain: domain, Subject: "subject of " + domain}})
		if err == nil && number != "" {
			_, err = w.eng.Approve(ctx, icpcode.ApproveRequest{Actor: ops, Code: code, ICPNumber: number})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	own := func() icpcode.Code { return issue("1001", "", "i-hangzhou", "own") }
	own()
	must(w.eng.Buy(ctx, icpcode.BuyRequest{Actor: "1001", Quantity: 1}))
	file("1001", own(), "moves.example.cn", "浙ICP备1号")
	file("1001", own(), "moves.example.cn", "浙ICP备1号")
	file("1001", own(), "moves.example.cn", "")
	rejected := own()
	file("1001", rejected, "rejected.example.cn", "")
	if _, err := w.eng.Reject(ctx, icpcode.RejectRequest{Actor: ops, Code: rejected, Rejection: "the name"}); err != nil {
		t.Fatal(err)
	}
	issue("1001", "2002", "i-hangzhou", "")
	file("2002", issue("1001", "2002", "i-hangzhou", ""), "received.example.cn", "")
	secret := issue("3003", "", "i-secret", "secret remark")
	file("3003", secret, "secret.example.cn", "浙ICP备87654321号-secret")
	w.others = []string{secret.String(), w.console.handles.Seal("3003", secret), w.console.handles.Seal(ops, secret)}
	w.store.commits = 0
}

// done is what was done since the world was new.
func (w *world) done() string {
	return fmt.Sprintf("%d written, %d sent, %d shown", w.store.commits, len(w.sent), len(w.revealed))
}

const nothingDone = "0 written, 0 sent, 0 shown"

// htmlForm is a form of a page, filled in as a visitor would.
type htmlForm struct {
	as             icpcode.AccountID
	method, action string
	pattern        string // of the route that it is sent to
	fields         url.Values
}

// key names the form: those of two codes are one.
func (f *htmlForm) key() string {
	return fmt.Sprint(f.as, " ", f.pattern, " ", strings.Join(slices.Sorted(maps.Keys(f.fields)), " "), " ", f.fields.Get("do"))
}

// typed is what a visitor fills in where a form asks for it.
var typed = map[string]string{
	"server": "i-hangzhou", "quantity": "1", "to": "5005", "proof": "834211", "domain": "new.example.cn", "subject": "s", "ips": "47.96.1.180",
	"reason": "because", "icp_number": "浙ICP备9号", "rejection": "name", "remark": "r", "stage": "SMS", "q": "1001", "by": "account",
}

var (
	formTag   = regexp.MustCompile(`(?s)<form method="(get|post)"([^>]*)>(.*?)</form>`)
	fieldTag  = regexp.MustCompile(`(?s)<(input|textarea)([^>]*)>|<select([^>]*)>(.*?)</select>`)
	hrefTag   = regexp.MustCompile(` href="([^"#]*)"`)
	requestID = regexp.MustCompile(`name="request_id" value="[^"]*"`)
)

// attribute is that of a tag, "" if it has none.
func attribute(tag, name string) string {
	m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// forms reads the forms of a page.
func (w *world) forms(as icpcode.AccountID, path string, p seen) (all []*htmlForm) {
	for _, m := range formTag.FindAllStringSubmatch(p.body, -1) {
		f := &htmlForm{as: as, method: strings.ToUpper(m[1]), action: attribute(m[2], "action"), fields: url.Values{}}
		if f.action == "" {
			f.action, _, _ = strings.Cut(path, "?")
		}
		f.pattern = w.route(f.method, f.action)
		choices := []string{""}
		for _, tag := range fieldTag.FindAllStringSubmatch(m[3], -1) {
			attributes := tag[2] + tag[3]
			name, value := attribute(attributes, "name"), attribute(attributes, "value")
			if tag[4] != "" { // a choice: what is chosen first
				value = attribute(tag[4], "value")
			}
			if text, ok := typed[name]; ok && attribute(attributes, "type") != "hidden" {
				value = text
			}
			if strings.HasPrefix(name, "icp_number_") {
				value = "浙ICP备" + name[len("icp_number_"):] + "号"
			}
			if f.fields.Add(name, value); name == "do" && tag[4] != "" {
				choices = []string{"approve", "reject", "stage"}
			}
		}
		for _, what := range choices {
			one := *f
			if what != "" {
				one.fields = maps.Clone(f.fields)
				one.fields.Set("do", what)
			}
			all = append(all, &one)
		}
	}
	return all
}

// route is the pattern that a path is served by.
func (w *world) route(method, path string) string {
	_, pattern := w.console.mux.Handler(httptest.NewRequest(method, strings.TrimPrefix(path, "/console"), http.NoBody))
	return pattern
}

// send sends a form.
func (w *world) post(f *htmlForm, fields url.Values) seen {
	w.t.Helper()
	path := f.action
	if f.method == http.MethodGet {
		path, fields = path+"?"+fields.Encode(), nil
	}
	return w.do(f.method, path, f.as, "en", fields)
}

// crawl follows every link that an account finds, and returns the paths and the
// forms.
func (w *world) crawl(as icpcode.AccountID, lang string, look func(path string, p seen)) {
	w.t.Helper()
	paths := []string{"/console/servers", "/console/buy"}
	for i := 0; i < len(paths); i++ {
		p := w.do(http.MethodGet, paths[i], as, lang, nil).shows(http.StatusOK)
		look(paths[i], p)
		for _, m := range hrefTag.FindAllStringSubmatch(p.body, -1) {
			to := html.UnescapeString(m[1])
			if strings.HasPrefix(to, "?") {
				here, _, _ := strings.Cut(paths[i], "?")
				to = here + to
			}
			if strings.Contains(to, "lang=") || strings.Contains(to, "/assets/") || slices.Contains(paths, to) {
				continue
			}
			paths = append(paths, to)
		}
		for _, f := range w.forms(as, paths[i], p) {
			if to := f.action + "?" + f.fields.Encode(); f.method == http.MethodGet && !slices.Contains(paths, to) {
				paths = append(paths, to)
			}
		}
	}
}

// site are the forms of all pages, also of those that forms lead to, and the
// paths.
type site struct {
	forms []*htmlForm
	paths map[string]icpcode.AccountID
}

func readSite(t *testing.T) site {
	t.Helper()
	s, known := site{paths: map[string]icpcode.AccountID{}}, map[string]bool{}
	add := func(forms []*htmlForm) {
		for _, f := range forms {
			if !known[f.key()] {
				known[f.key()] = true
				s.forms = append(s.forms, f)
			}
		}
	}
	w := newWorld(t)
	for _, as := range []icpcode.AccountID{"1001", "2002", ops} {
		w.crawl(as, "en", func(path string, p seen) {
			s.paths[path] = as
			add(w.forms(as, path, p))
		})
	}
	if w.done() != nothingDone {
		t.Errorf("to look at all pages is not nothing: %s", w.done())
	}
	for i := 0; i < len(s.forms); i++ { //nolint:intrange // those that are confirmed come with what is sent
		w.renew()
		f := s.forms[i]
		p := w.post(f, f.fields)
		if p.status >= http.StatusBadRequest {
			t.Errorf("%s, filled in with %v, is answered %d: %s", f.key(), f.fields, p.status, p.body)
		}
		add(w.forms(f.as, f.action, p))
	}
	return s
}

package console

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/memstore"
)

// stand is a console over an engine in memory, and the browsers that look at
// it. Account 1001 has a server in Hangzhou and one in Hong Kong, and 3003 has
// i-secret.
type stand struct {
	t        *testing.T
	eng      *icpcode.Engine
	web      http.Handler
	console  *handler // behind it
	o        Options
	sent     []icpcode.Verification
	revealed []httpapi.Access
	failed   []error
	lapsed   bool // all servers have expired
	short    bool // all servers have 20 days left
	now      time.Time
	options  icpcode.Options // of the engine
}

const ops icpcode.AccountID = "ops"

func (s *stand) server(id icpcode.InstanceID, region string) icpcode.Instance {
	owner := icpcode.AccountID("1001")
	if id == "i-secret" {
		owner = "3003"
	}
	return icpcode.Instance{
		ID: id, Owner: owner, Product: icpcode.ECS, Region: region, Billing: icpcode.Subscription, Status: icpcode.StatusRunning,
		TermMonths: 12, Expires: s.now.AddDate(1, 0, 0), Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
		IPs: []netip.Addr{netip.MustParseAddr("47.96.1.180")}, ContractQuota: 50,
	}
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, china)}
	isOperator := func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil }
	s.options = icpcode.Options{
		ImportFormat: icpcode.TwelveDigits,
		Facts: func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			known := map[icpcode.InstanceID]icpcode.Instance{}
			for _, id := range ids {
				i := s.server(id, "cn-hangzhou")
				if s.lapsed {
					i.Expires = s.now.Add(-time.Hour)
				}
				if s.short {
					i.Expires = s.now.Add(20 * 24 * time.Hour)
				}
				known[id] = i
			}
			return known, nil
		},
		Clock: s.clock, Operator: isOperator,
		VerifyPhone: func(_ context.Context, v icpcode.Verification) error {
			if v.Proof != "834211" {
				return icpcode.ErrNotVerified
			}
			return nil
		},
	}
	s.eng = icpcode.New(memstore.New(), &s.options)
	servers := []icpcode.Instance{s.server("i-hangzhou", "cn-hangzhou"), s.server("i-hongkong", "cn-hongkong")}
	s.o = Options{
		Options: httpapi.Options{
			Account: func(r *http.Request) (icpcode.AccountID, error) {
				return icpcode.AccountID(r.Header.Get("Test-Account")), nil
			},
			Servers: func(_ context.Context, a icpcode.AccountID) ([]icpcode.Instance, error) {
				if a != "1001" {
					return nil, nil
				}
				return servers, nil
			},
			Facts: func(_ context.Context, a icpcode.AccountID, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
				known := map[icpcode.InstanceID]icpcode.Instance{}
				for _, i := range servers {
					if i.Owner == a && slices.Contains(ids, i.ID) {
						known[i.ID] = i
					}
				}
				return known, nil
			},
			Certification: func(context.Context, icpcode.AccountID) (icpcode.Certification, error) {
				return icpcode.Enterprise, nil
			},
			Reveal: func(_ context.Context, a httpapi.Access) error { s.revealed = append(s.revealed, a); return nil },
			Failed: func(_ context.Context, err error) { s.failed = append(s.failed, err) },
			Key:    [32]byte{1},
		},
		Base: "/console", Operator: isOperator, Clock: s.clock,
		SendProof: func(_ context.Context, v icpcode.Verification) error { s.sent = append(s.sent, v); return nil },
	}
	s.mount()
	return s
}

func (s *stand) mount() {
	console := New(s.eng, s.o)
	s.console, _ = console.(*handler)
	s.web = http.StripPrefix("/console", console)
}

// seen is a page.
type seen struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (s *stand) do(method, path string, as icpcode.AccountID, lang string, form url.Values) seen {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Test-Account", string(as))
	r.Header.Set("Accept-Language", lang)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.web.ServeHTTP(w, r)
	// Codes as they are copied, without what stands between their parts.
	p := seen{s.t, w.Code, w.Header(), strings.ReplaceAll(w.Body.String(), "</span><span>", "")}
	if got := p.header.Get("Content-Security-Policy"); got != policy {
		s.t.Errorf("%s has the policy %q", path, got)
	}
	if w.Code != http.StatusSeeOther && strings.Contains(p.header.Get("Content-Type"), "html") {
		tags := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(p.body, "")
		if regexp.MustCompile(`<script|<[^>]*\s(style|on[a-z]+)=`).MatchString(tags) {
			s.t.Errorf("%s has a script, or a style of its own: %s", path, p.body)
		}
		if p.header.Get("Cache-Control") != "no-store" {
			s.t.Errorf("%s may be stored", path)
		}
		for _, m := range regexp.MustCompile(`for="([^"]*)"`).FindAllStringSubmatch(p.body, -1) {
			if strings.Count(p.body, ` id="`+m[1]+`"`) != 1 {
				s.t.Errorf("%s has not one field %q for its label", path, m[1])
			}
		}
	}
	return p
}

func (s *stand) get(path string, as icpcode.AccountID) seen {
	s.t.Helper()
	return s.do(http.MethodGet, path, as, "en", nil)
}

// shows wants a status and texts.
func (p seen) shows(status int, texts ...string) seen {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("the status is %d, want %d: %s", p.status, status, p.body)
	}
	plain := html.UnescapeString(p.body)
	for _, text := range texts {
		if !strings.Contains(plain, text) {
			p.t.Fatalf("the page has no %q: %s", text, p.body)
		}
	}
	return p
}

// form reads the form with an action that ends so, as a browser would send it.
func (p seen) form(action string) (string, url.Values) {
	p.t.Helper()
	m := regexp.MustCompile(`(?s)<form method="post" action="([^"]*` + action + `)">(.*?)</form>`).FindStringSubmatch(p.body)
	if m == nil {
		p.t.Fatalf("there is no form %q: %s", action, p.body)
	}
	fields := url.Values{}
	for _, f := range regexp.MustCompile(`<(?:input|textarea|select)([^>]*)>`).FindAllStringSubmatch(m[2], -1) {
		name := regexp.MustCompile(` name="([^"]*)"`).FindStringSubmatch(f[1])
		value := regexp.MustCompile(` value="([^"]*)"`).FindStringSubmatch(f[1])
		fields.Set(name[1], "")
		if value != nil {
			fields.Set(name[1], html.UnescapeString(value[1]))
		}
	}
	return m[1], fields
}

// send fills in a form and sends it.
func (s *stand) send(p seen, action string, as icpcode.AccountID, fill ...string) seen {
	s.t.Helper()
	path, fields := p.form(action)
	for i := 0; i < len(fill); i += 2 {
		if !fields.Has(fill[i]) {
			s.t.Fatalf("the form %s has no field %q", action, fill[i])
		}
		fields.Set(fill[i], fill[i+1])
	}
	return s.do(http.MethodPost, path, as, "en", fields)
}

// follow goes where a change leads.
func (s *stand) follow(p seen, as icpcode.AccountID) seen {
	s.t.Helper()
	p.shows(http.StatusSeeOther)
	return s.get(p.header.Get("Location"), as)
}

func (s *stand) codes(as icpcode.AccountID) (all []icpcode.Record) {
	s.t.Helper()
	for r, err := range s.eng.Owned(s.t.Context(), icpcode.ListRequest{Actor: as, Account: as}) {
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func (s *stand) issue(n int) []icpcode.Code {
	s.t.Helper()
	got, err := s.eng.Issue(s.t.Context(), icpcode.IssueRequest{Actor: "1001", Instance: s.server("i-hangzhou", "cn-hangzhou"), Quantity: n})
	if err != nil {
		s.t.Fatal(err)
	}
	return got.Codes
}

// link is the path of a link in a table.
func (p seen) link(under string) string {
	p.t.Helper()
	m := regexp.MustCompile(`<td[^>]*><a href="(` + under + `[^"]*)">`).FindStringSubmatch(p.body)
	if m == nil {
		p.t.Fatalf("there is no link to %s: %s", under, p.body)
	}
	return m[1]
}

func (s *stand) wholeOf(as icpcode.AccountID) (all []string) {
	for _, r := range s.codes(as) {
		all = append(all, r.Code.String())
	}
	return all
}

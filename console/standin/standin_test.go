package standin_test

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/console"
	"github.com/icpcode/icpcode/console/standin"
	"github.com/icpcode/icpcode/memstore"
)

func server(id icpcode.InstanceID, owner icpcode.AccountID) icpcode.Instance {
	return icpcode.Instance{
		ID: id, Owner: owner, Product: icpcode.ECS, Region: "cn-hangzhou", Billing: icpcode.Subscription, Status: icpcode.StatusRunning,
		TermMonths: 12, Expires: time.Now().AddDate(1, 0, 0), Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
	}
}

// A console over a stand-in, as account 1001 sees it.
func Example() {
	service := standin.New("834211")
	service.AddServer(icpcode.Instance{ID: "i-hongkong", Owner: "1001", Product: icpcode.ECS, Region: "cn-hongkong"})
	engine := icpcode.New(memstore.New(), service.EngineOptions())
	pages := service.As("1001", http.StripPrefix("/console", console.New(engine, service.ConsoleOptions("/console"))))

	w := httptest.NewRecorder()
	pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/console/servers", http.NoBody))
	fmt.Println(w.Code, strings.Contains(w.Body.String(), "i-hongkong"))
	// Output: 200 true
}

// site is a console over a stand-in.
type site struct {
	t     *testing.T
	s     *standin.Service
	pages http.Handler
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := standin.New("834211")
	s.AddServer(server("i-1", "1001"))
	s.AddServer(server("i-2", "2002"))
	s.AddOperator("ops")
	s.Certify("1001", icpcode.Enterprise)
	engine := icpcode.New(memstore.New(), s.EngineOptions())
	return &site{t, s, http.StripPrefix("/console", console.New(engine, s.ConsoleOptions("/console")))}
}

// ask asks as an account, with a form if there is one.
func (s *site) ask(as icpcode.AccountID, path string, form url.Values) (status int, body string) {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/console"+path, http.NoBody)
	if form != nil {
		r = httptest.NewRequest(http.MethodPost, "/console"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	s.s.As(as, s.pages).ServeHTTP(w, r)
	return w.Code, html.UnescapeString(w.Body.String())
}

// TestAccounts: an account sees its own servers, an operator the reviews, and
// nobody anything.
func TestAccounts(t *testing.T) {
	s := newSite(t)
	status, body := s.ask("1001", "/servers", nil)
	if status != 200 || !strings.Contains(body, "i-1") || strings.Contains(body, "i-2") {
		t.Errorf("the servers of 1001 are %d %s", status, body)
	}
	for as, want := range map[icpcode.AccountID]int{"": 401, "1001": 404, "ops": 200} {
		if status, _ := s.ask(as, "/review", nil); status != want {
			t.Errorf("the reviews are answered %d to %q, want %d", status, as, want)
		}
	}
	gone := server("i-1", "1001")
	gone.Expires = time.Now().Add(-time.Hour)
	s.s.AddServer(gone)
	if _, body := s.ask("1001", "/servers", nil); !strings.Contains(body, "expired") {
		t.Errorf("a server that was changed is %s", body)
	}
}

// TestPhone: a wrong code grants nothing, the right one does, and another
// account's server gives nothing.
func TestPhone(t *testing.T) {
	s := newSite(t)
	form := url.Values{"request_id": {"r1"}, "server": {"i-1"}, "quantity": {"1"}, "to": {"2002"}}
	if status, body := s.ask("1001", "/apply/verify", form); status != 200 || len(s.s.Sent()) != 1 {
		t.Fatalf("it was answered %d, and sent was %v: %s", status, s.s.Sent(), body)
	}
	form.Set("proof", "1")
	if status, _ := s.ask("1001", "/apply", form); status != 422 {
		t.Errorf("a wrong code is answered %d", status)
	}
	form.Set("proof", "834211")
	for range 2 {
		if status, body := s.ask("1001", "/apply", form); status != 200 {
			t.Errorf("the right code is answered %d: %s", status, body)
		}
	}
	_, body := s.ask("2002", "/received", nil)
	links := regexp.MustCompile(`href="/console(/codes/[^"]*)"`).FindAllStringSubmatch(body, -1)
	if len(links) != 1 {
		t.Fatalf("received were %d: %s", len(links), body)
	}
	if status, _ := s.ask("2002", links[0][1]+"/reveal", url.Values{"request_id": {"r"}}); status != 200 || len(s.s.Revealed()) != 1 {
		t.Errorf("to show the code is answered %d, and the service told %v", status, s.s.Revealed())
	}
	form = url.Values{"request_id": {"r2"}, "server": {"i-2"}, "quantity": {"1"}}
	if status, _ := s.ask("1001", "/apply", form); status != 422 {
		t.Errorf("an application for another's server is answered %d", status)
	}
}

// TestBreak has each function fail, and mends it.
func TestBreak(t *testing.T) {
	sorry := errors.New("sorry")
	s := newSite(t)
	form := url.Values{"request_id": {"r1"}, "server": {"i-1"}, "quantity": {"1"}, "to": {"2002"}, "proof": {"834211"}}
	for function, path := range map[string]string{
		"Account": "/servers", "Servers": "/servers", "Operator": "/servers", "Facts": "/apply", "Certification": "/apply",
		"SendProof": "/apply/verify", "VerifyPhone": "/apply",
	} {
		asked := form
		if path == "/servers" {
			asked = nil
		}
		before := len(s.s.Failed())
		s.s.Break(function, sorry)
		if status, _ := s.ask("1001", path, asked); status != 502 || len(s.s.Failed()) != before+1 {
			t.Errorf("without %s it is answered %d, and the service told %v", function, status, s.s.Failed())
		}
		s.s.Break(function, nil)
	}
	if status, _ := s.ask("1001", "/apply", form); status != 200 {
		t.Errorf("mended, it is answered %d", status)
	}
	_, body := s.ask("1001", "/codes", nil)
	link := regexp.MustCompile(`href="/console(/codes/[^"]*)"`).FindStringSubmatch(body)
	s.s.Break("Reveal", sorry)
	if status, _ := s.ask("1001", link[1]+"/reveal", url.Values{"request_id": {"r"}}); status != 502 || len(s.s.Revealed()) != 0 {
		t.Errorf("a code is shown that the service was not told of: %d", status)
	}
}

// TestFormsThatMeet sends one form from eight windows at the same time: it is done
// once, and each is shown the same codes.
func TestFormsThatMeet(t *testing.T) {
	s := newSite(t)
	form := url.Values{"request_id": {"r"}, "server": {"i-1"}, "quantity": {"2"}}
	codes := regexp.MustCompile(`<code class="whole">.*?</code>`)
	var shown [8]string
	var all sync.WaitGroup
	for i := range shown {
		all.Go(func() {
			status, body := s.ask("1001", "/apply", form)
			shown[i] = fmt.Sprint(status, codes.FindAllString(body, -1))
		})
	}
	all.Wait()
	for _, one := range shown {
		if one != shown[0] || strings.Count(one, "<code") != 2 {
			t.Errorf("one is shown %s, another %s", shown[0], one)
		}
	}
	if _, body := s.ask("1001", "/codes", nil); strings.Count(body, "/console/codes/") != 2 {
		t.Errorf("not two codes were issued: %s", body)
	}
}

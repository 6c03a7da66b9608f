package console

import (
	"context"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
)

// TestServers: a server that can have codes has a button, and the other every
// reason why not, in the language of the browser or the one switched to.
func TestServers(t *testing.T) {
	s := newStand(t)
	p := s.get("/console/servers", "1001").shows(200, "i-hangzhou", "i-hongkong", "codes left: 50", "buy in a mainland region", `lang="en"`)
	if strings.Count(p.body, `href="/console/apply?server=`) != 1 {
		t.Errorf("not one of the servers has a button: %s", p.body)
	}
	s.do("GET", "/console/servers", "1001", "zh-CN,zh;q=0.9", nil).shows(200, "还可申请", "地域", "暂不能申请的原因", `lang="zh-CN"`)
	p = s.get("/console/servers?lang=zh", "1001").shows(200, "申请")
	if c := p.header.Get("Set-Cookie"); !strings.Contains(c, "icpcode_lang=zh") {
		t.Errorf("the switch sets the cookie %q", c)
	}
	s.get("/console/", "1001").shows(303)
	s.get("/console/servers", "2002").shows(200, "no servers")
	s.get("/console/assets/style.css", "1001").shows(200, "color-scheme")
}

// TestApply: verify, confirm, and the codes; the same form sent again does it
// once.
func TestApply(t *testing.T) {
	s := newStand(t)
	form := s.get("/console/apply?server=i-hangzhou", "1001").shows(200)
	s.send(form, "/apply/verify", "1001", "server", "i-hongkong").shows(422, "mainland")
	s.send(form, "/apply/verify", "1001", "quantity", "many").shows(400, "quantity")
	confirm := s.send(form, "/apply/verify", "1001", "quantity", "2", "remark", `<b>"shop"&</b>`).shows(200, "i-hangzhou")
	if len(s.codes("1001")) != 0 || len(s.sent) != 0 {
		t.Fatalf("to verify issued %d codes, and sent %v", len(s.codes("1001")), s.sent)
	}
	for i := range 3 {
		p := s.send(confirm, "/apply", "1001").shows(200, s.wholeOf("1001")...)
		if again := strings.Contains(p.body, "before"); again != (i > 0) {
			t.Errorf("time %d says of a repeated form %v", i, again)
		}
	}
	s.send(form, "/apply/verify", "1001", "quantity", "2", "remark", `<b>"shop"&</b>`).shows(200, "before")
	if n := len(s.codes("1001")); n != 2 {
		t.Errorf("%d codes were issued", n)
	}
	list := s.get("/console/codes", "1001").shows(200, `<b>"shop"&</b>`)
	if strings.Contains(list.body, "<b>") {
		t.Errorf("what people wrote is markup: %s", list.body)
	}
	for _, whole := range s.wholeOf("1001") {
		if strings.Contains(list.body, whole) {
			t.Error("a list shows a whole code")
		}
	}
	s.send(form, "/apply/verify", "1001", "quantity", "3").shows(409)
}

// TestGrant: the phone is asked once, a wrong code can be mended, and the
// grantee finds the codes and files with them; the owner cannot.
func TestGrant(t *testing.T) {
	s := newStand(t)
	form := s.get("/console/apply?server=i-hangzhou", "1001")
	confirm := s.send(form, "/apply/verify", "1001", "to", "2002").shows(200, "Code of the text message")
	if len(s.sent) != 1 || s.sent[0].Grantee != "2002" || s.sent[0].Granter != "1001" || s.sent[0].RequestID == "" {
		t.Fatalf("sent were %+v", s.sent)
	}
	wrong := s.send(confirm, "/apply", "1001", "proof", "1").shows(422, "Code of the text message")
	done := s.send(wrong, "/apply", "1001", "proof", "834211").shows(200, "granted to account")
	s.send(wrong, "/apply", "1001", "proof", "834211").shows(200, "before")
	if len(s.codes("1001")) != 1 || !strings.Contains(done.body, s.codes("1001")[0].Code.String()) {
		t.Errorf("granted were %v", s.codes("1001"))
	}
	received := s.get("/console/received", "2002").shows(200, "1001", "Available")
	own := s.get(s.get("/console/codes", "1001").shows(200, "2002").link("/console/codes/"), "1001").shows(200)
	if strings.Contains(own.body, "File with this code") {
		t.Error("the owner of a granted code can file with it")
	}
	s.get(received.link("/console/codes/"), "2002").shows(200, "File with this code")
	s.get("/console/received", "1001").shows(200, "no such codes")
}

// TestFiling: filed, sent back, corrected, approved; and withdrawn.
func TestFiling(t *testing.T) {
	s := newStand(t)
	s.issue(1)
	path := s.get("/console/codes", "1001").link("/console/codes/")
	code := s.get(path, "1001")
	s.send(code, "/file", "1001", "kind", "First", "subject", "s1").shows(422, "filing")
	s.send(code, "/file", "1001", "kind", "First", "domain", "example.cn", "subject", "s1", "ips", "x").shows(400, "ips")
	s.follow(s.send(code, "/file", "1001", "kind", "First", "domain", "example.cn", "subject", "s1", "ips", "47.96.1.180"), "1001").
		shows(200, "Filing", "example.cn", "Withdraw")
	s.send(code, "/file", "1001", "kind", "First", "domain", "example.cn", "subject", "s1", "ips", "47.96.1.180").shows(303) // twice
	review := s.get("/console/review", ops).shows(200, "example.cn", "1001")
	filing := s.get(review.link("/console/review/"), ops).shows(200, "s1")
	s.send(filing, "/reject", ops, "rejection", "").shows(400)
	s.follow(s.send(filing, "/reject", ops, "rejection", "the name differs\nfrom the licence"), ops).shows(200, "sent back")
	corrected := s.get(path, "1001").shows(200, "the name differs", `value="example.cn"`)
	s.follow(s.send(corrected, "/file", "1001", "kind", "First", "domain", "example2.cn"), "1001").shows(200, "example2.cn")
	s.follow(s.send(s.get(review.link("/console/review/"), ops), "/approve", ops, "icp_number", "浙ICP备1号"), ops).shows(200, "No filing")
	s.get(path, "1001").shows(200, "Filed", "浙ICP备1号")

	s.issue(1)
	path = s.get("/console/codes?state=Available", "1001").link("/console/codes/")
	filed := s.follow(s.send(s.get(path, "1001"), "/file", "1001", "kind", "First", "domain", "example3.cn", "subject", "s1"), "1001")
	s.follow(s.send(filed, "/withdraw", "1001"), "1001").shows(200, "Available")
}

// TestFilingAdvised: an account that files is told at once what is advised, in the
// language of the page, and goes on if the form comes again.
func TestFilingAdvised(t *testing.T) {
	s := newStand(t)
	s.short = true
	s.issue(1)
	code := s.get(s.get("/console/codes", "1001").link("/console/codes/"), "1001")
	form := []string{"kind", "First", "domain", "example.cn", "subject", "s1", "ips", "47.96.1.180"}
	sent := s.send(code, "/file", "1001", form...).shows(200, "Submitted", "20 days left", "at least 90 full days left", "renew", "Withdraw")
	s.send(code, "/file", "1001", form...).shows(303)
	// Corrected, it is advised again; a server that was renewed is not.
	s.send(sent, "/file", "1001", form...).shows(200, "Submitted", "20 days left")
	s.short = false
	s.follow(s.send(s.get(s.get("/console/codes", "1001").link("/console/codes/"), "1001"), "/file", "1001", form...), "1001").shows(200, "Filing")
}

// TestPages: 45 codes are on three pages.
func TestPages(t *testing.T) {
	s := newStand(t)
	for range 9 {
		s.issue(5)
	}
	path, seen := "/console/codes?state=Available", map[string]bool{}
	for i := range 3 {
		p := s.get(path, "1001").shows(200)
		for _, m := range regexp.MustCompile(`<td[^>]*><a href="([^"]*)">`).FindAllStringSubmatch(p.body, -1) {
			seen[m[1]] = true
		}
		next := regexp.MustCompile(`rel="next" href="([^"]*)"`).FindStringSubmatch(p.body)
		if (next == nil) != (i == 2) {
			t.Fatalf("page %d leads to %v", i, next)
		}
		if next != nil {
			path = "/console/codes" + html.UnescapeString(next[1])
		}
	}
	if len(seen) != 45 {
		t.Errorf("%d codes were on the pages", len(seen))
	}
}

// TestReveal shows a whole code to its holder, and tells the service first.
func TestReveal(t *testing.T) {
	s := newStand(t)
	code := s.issue(1)[0]
	p := s.get(s.get("/console/codes", "1001").link("/console/codes/"), "1001").shows(200, code.Masked())
	if strings.Contains(p.body, code.String()) {
		t.Error("a page shows a whole code that nobody asked for")
	}
	s.send(p, "/reveal", "1001").shows(200, code.String())
	if len(s.revealed) != 1 || s.revealed[0].Account != "1001" || s.revealed[0].Masked != code.Masked() {
		t.Errorf("the service was told %+v", s.revealed)
	}
	s.o.Reveal = func(context.Context, httpapi.Access) error { return errors.New("no log") }
	s.mount()
	if p := s.send(p, "/reveal", "1001").shows(502); strings.Contains(p.body, code.Display()) || len(s.failed) != 1 {
		t.Error("a code is shown though the service could not be told")
	}
	s.o.Reveal = nil
	s.mount()
	if p := s.send(p, "/reveal", "1001").shows(200); strings.Contains(p.body, code.Display()) {
		t.Error("a code is shown though the service has no such function")
	}
}

// TestStrangers: nobody, other accounts, other sites and customers at the
// pages of operators are shown nothing, and do nothing.
func TestStrangers(t *testing.T) {
	s := newStand(t)
	code := s.issue(1)[0]
	if _, err := s.eng.Submit(t.Context(), icpcode.SubmitRequest{Actor: "1001", Code: code, Filing: icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "s"}}); err != nil {
		t.Fatal(err)
	}
	own := s.get("/console/codes", "1001").link("/console/codes/")
	theirs := s.get("/console/review", ops).link("/console/review/")
	for _, path := range []string{"/console/", "/console/servers", "/console/codes", "/console/review", own} {
		s.get(path, "").shows(401, "log in")
	}
	no := s.get("/console/codes/nothing", "1001").shows(404).body
	for _, path := range []string{own, theirs, "/console/review"} {
		p := s.get(path, "2002").shows(404)
		if strings.ReplaceAll(strings.ReplaceAll(p.body, "2002", "1001"), path, "") != strings.ReplaceAll(no, "/console/codes/nothing", "") {
			t.Errorf("%s tells more than a path that is none: %s", path, p.body)
		}
	}
	s.get("/console/review", "1001").shows(404)
	s.get(theirs, "1001").shows(404)
	form := url.Values{"request_id": {"r"}, "icp_number": {"x"}, "rejection": {"x"}}
	for _, path := range []string{theirs + "/approve", theirs + "/reject", own + "/withdraw", own + "/file", own + "/reveal"} {
		for _, as := range []icpcode.AccountID{"", "2002"} {
			if p := s.do("POST", path, as, "en", form); p.status != 404 && p.status != 401 {
				t.Errorf("%s of %q is answered %d", path, as, p.status)
			}
		}
	}
	s.do("POST", own+"/withdraw", "1001", "en", url.Values{}).shows(400, "request")
	r := httptest.NewRequest(http.MethodPost, own+"/withdraw", strings.NewReader("request_id=r"))
	r.Header.Set("Test-Account", "1001")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	if s.web.ServeHTTP(w, r); w.Code != http.StatusForbidden {
		t.Errorf("a form of another site is answered %d", w.Code)
	}
	if rec := s.codes("1001"); len(rec) != 1 || rec[0].State != icpcode.StateFiling {
		t.Errorf("something was done: %v", rec)
	}
}

// TestFunctionsThatFail: what the service's functions cannot say is a page that
// says so, and the service is told.
func TestFunctionsThatFail(t *testing.T) {
	sorry := errors.New("sorry 012345678901")
	for name, spoil := range map[string]func(o *Options){
		"Account": func(o *Options) { o.Account = func(*http.Request) (icpcode.AccountID, error) { return "1001", sorry } },
		"Operator": func(o *Options) {
			o.Operator = func(context.Context, icpcode.AccountID) (bool, error) { return true, sorry }
		},
		"Servers": func(o *Options) {
			o.Servers = func(context.Context, icpcode.AccountID) ([]icpcode.Instance, error) { return nil, sorry }
		},
		"Certification": func(o *Options) {
			o.Certification = func(context.Context, icpcode.AccountID) (icpcode.Certification, error) { return 0, sorry }
		},
		"Assume": func(o *Options) {
			o.Assume = func(context.Context, icpcode.AccountID) (icpcode.RuleIDs, error) { return 0, sorry }
		},
	} {
		s := newStand(t)
		spoil(&s.o)
		s.mount()
		if p := s.get("/console/servers", "1001").shows(502); strings.Contains(p.body, "sorry") {
			t.Errorf("%s: the page says why: %s", name, p.body)
		}
		var hook *icpcode.HookError
		if len(s.failed) != 1 || !errors.As(s.failed[0], &hook) || hook.Hook != name {
			t.Errorf("%s: the service is told %v", name, s.failed)
		}
	}
}

// TestBothLanguages: each page has nothing of the other language but its name in
// the switch.
func TestBothLanguages(t *testing.T) {
	s := newStand(t)
	s.issue(1)
	paths := []string{"/console/servers", "/console/year", "/console/risk", "/console/file?server=i-1", "/console/risk/all", "/console/apply?server=i-hangzhou", "/console/codes", "/console/received", "/console/review", "/console/nothing", "/console/find?q=x.cn", "/console/close", "/console/rules"}
	paths = append(paths, s.get("/console/codes", "1001").link("/console/codes/"))
	for _, path := range paths {
		for lang, other := range map[string]*regexp.Regexp{"en": regexp.MustCompile(`\p{Han}+`), "zh": regexp.MustCompile(`>[^<]*[a-z]{3,} [a-z]{3,}[^<]*<`)} {
			body := s.do("GET", path, map[bool]icpcode.AccountID{true: ops, false: "1001"}[slices.Contains([]string{"/console/review", "/console/risk/all", "/console/find?q=x.cn", "/console/close", "/console/rules"}, path)], lang, nil).body
			body = strings.NewReplacer(">中文<", "><", ">English<", "><").Replace(body)
			if path == "/console/servers" {
				body = regexp.MustCompile(`(?s)<summary>(Source|来源)</summary>.*?</details>`).ReplaceAllString(body, "") // titles of documents
			}
			body = regexp.MustCompile(`(?s)<li id="d\d+">.*?</li>`).ReplaceAllString(body, "") // and those of the rules
			if found := other.FindString(body); found != "" {
				t.Errorf("%s in %s has %q", path, lang, found)
			}
		}
	}
}

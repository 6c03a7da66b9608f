package main

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/storetest"
)

// shop is the service over a file of SQLite's, with the demo's accounts, and
// what a browser knows of it.
type shop struct {
	t     *testing.T
	db    *sql.DB
	s     *service
	web   http.Handler
	now   time.Time
	texts []string // messages that were sent
}

func newShop(t *testing.T, faults ...storetest.Fault) *shop {
	t.Helper()
	db, err := open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	p := &shop{t: t, db: db, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))}
	if err := fill(t.Context(), db, p.now); err != nil {
		t.Fatal(err)
	}
	store := storetest.NewFaulty(sqlstore.New(db, sqlstore.SQLite, nil), faults...)
	p.s = newService(db, store, func() time.Time { return p.now }, func(_, text string) { p.texts = append(p.texts, text) })
	p.web = p.s.handler()
	return p
}

// answered is an answer, read as JSON.
type answered struct {
	t      *testing.T
	status int
	body   string
}

func (p *shop) do(method, path, account, id, body string) answered {
	p.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if account != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: "s-" + account})
	}
	if id != "" {
		r.Header.Set("Idempotency-Key", id)
	}
	w := httptest.NewRecorder()
	p.web.ServeHTTP(w, r)
	return answered{p.t, w.Code, w.Body.String()}
}

// into wants a status, and reads the answer.
func (a answered) into(status int, v any) {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("the answer is %d, want %d: %s", a.status, status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
}

type listed struct {
	Codes []struct {
		Code, State, Label, Grantee string
	}
	Next string
}

type problem struct {
	Category, Text, Field string
	Repeat                bool
	PhoneNeeded           bool `json:"phone_needed"`
	Reasons               []icpcode.Reason
}

// rules are those of the reasons, which must have their words in Chinese.
func (q problem) rules(t *testing.T) string {
	t.Helper()
	var all []string
	han := regexp.MustCompile(`\p{Han}`)
	for _, r := range q.Reasons {
		all = append(all, r.Rule.String())
		if !han.MatchString(r.Required) || !han.MatchString(r.Found) || !han.MatchString(r.Remedy) {
			t.Errorf("%v has no Chinese: %+v", r.Rule, r)
		}
	}
	if !han.MatchString(q.Text) {
		t.Errorf("the text is %q", q.Text)
	}
	return strings.Join(all, " ")
}

// TestService walks through all that the service offers.
func TestService(t *testing.T) {
	p := newShop(t)
	var servers []server
	p.do("GET", "/servers", "1001", "", "").into(200, &servers)
	if len(servers) != 2 || !servers[0].Apply || servers[0].Left != 5 || len(servers[0].Reasons) != 0 {
		t.Fatalf("the servers are %+v", servers)
	}
	if s := servers[1]; s.ID != "i-hongkong" || s.Apply || len(s.Reasons) != 1 || s.Reasons[0].Rule != icpcode.ELGRegion || !strings.Contains(s.Reasons[0].Required, "中国大陆") {
		t.Errorf("the server in Hong Kong is %+v", s)
	}

	// Apply, and file with it; the operator approves.
	var got icpcode.Result
	p.do("POST", "/codes", "1001", "r1", `{"server":"i-hangzhou","quantity":2}`).into(200, &got)
	if len(got.Codes) != 2 {
		t.Fatalf("codes %v", got.Codes)
	}
	code := got.Codes[0].String()
	pasted := code[:4] + " " + code[4:]
	p.do("POST", "/filings", "1001", "r2", `{"code":"`+pasted+`","kind":"First","domain":"example.cn","subject":"s1","ips":["47.96.1.180"]}`).into(200, &got)
	var no problem
	p.do("POST", "/approvals", "1001", "r3", `{"code":"`+code+`","icp_number":"浙ICP备1号"}`).into(422, &no)
	if got := no.rules(t); got != "LIF-APPROVE" {
		t.Errorf("a customer that approves is refused by %s", got)
	}
	p.do("POST", "/approvals", "ops", "r3", `{"code":"`+code+`","icp_number":"浙ICP备1号"}`).into(200, &got)
	var own listed
	p.do("GET", "/codes?state=Filed", "1001", "", "").into(200, &own)
	if len(own.Codes) != 1 || own.Codes[0].Code != code || own.Codes[0].Label != "已备案" {
		t.Errorf("filed are %+v", own)
	}

	// Buy and be refunded, once.
	p.do("POST", "/purchases", "1001", "r4", `{"quantity":1}`).into(200, &got)
	paid := got.Codes[0].String()
	for range 2 {
		p.do("POST", "/refunds", "1001", "r5", `{"code":"`+paid+`"}`).into(200, &got)
		if got.Money.String() != "100.00 CNY" {
			t.Errorf("paid back are %v", got.Money)
		}
	}
	p.do("POST", "/refunds", "1001", "r6", `{"code":"`+paid+`"}`).into(422, &no)

	// What is at risk at night: the server has become pay-as-you-go.
	var out strings.Builder
	if err := p.s.night(t.Context(), "ops", &out); err != nil || out.String() != "" {
		t.Errorf("before anything is at risk the night says %q, %v", out.String(), err)
	}
	if _, err := p.db.ExecContext(t.Context(), "update servers set facts = replace(facts, '\"subscription\"', '\"pay-as-you-go\"')"); err != nil {
		t.Fatal(err)
	}
	if err := p.s.night(t.Context(), "ops", &out); err != nil || strings.Count(out.String(), "\n") != 1 ||
		!strings.Contains(out.String(), "RSK-BILLING") || !strings.Contains(out.String(), "按量付费") || strings.Contains(out.String(), code) {
		t.Errorf("the night says %q, %v", out.String(), err)
	}
	if _, err := p.db.ExecContext(t.Context(), "drop table servers"); err != nil {
		t.Fatal(err)
	}
	if err := p.s.night(t.Context(), "ops", &out); icpcode.CategoryOf(err) != icpcode.CategoryHook {
		t.Errorf("without facts the night ends with %v", err)
	}
}

// TestRun: the demo can be added, and the nightly run run.
func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.db")
	if err := run(t.Context(), file, "", true, ""); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), file, "", false, "ops"); err != nil {
		t.Error(err)
	}
	if err := run(t.Context(), file, "", false, "1001"); err == nil {
		t.Error("a customer runs the nightly run")
	}
}

// TestErrors: each category of errors has a status, and those that a request
// can meet here are answered so, in Chinese.
func TestErrors(t *testing.T) {
	for c := icpcode.CategoryNone + 1; c <= icpcode.CategoryOther; c++ {
		if statuses[c] < 400 {
			t.Errorf("%v has the status %d", c, statuses[c])
		}
	}
	p := newShop(t)
	var got icpcode.Result
	p.do("POST", "/codes", "1001", "r1", `{"server":"i-hangzhou","quantity":1}`).into(200, &got)
	code := got.Codes[0].String()
	for _, c := range []struct {
		path, account, id, body string
		status                  int
		category, field         string
	}{
		{"/codes", "", "r2", `{}`, 401, "Other", ""},
		{"/codes", "nobody", "r2", `{}`, 401, "Other", ""},
		{"/codes", "1001", "", `{}`, 400, "Invalid", "Idempotency-Key"},
		{"/codes", "1001", "r2", `{`, 400, "Invalid", "body"},
		{"/codes", "1001", "r2", `{"server":"","quantity":1}`, 400, "Invalid", "Instance.ID"},
		{"/refunds", "1001", "r2", `{"code":"12"}`, 400, "Invalid", "Code"},
		{"/codes", "1001", "r1", `{"server":"i-hangzhou","quantity":2}`, 409, "Taken", ""},
		{"/refunds", "2002", "r2", `{"code":"` + code + `"}`, 404, "NoCode", ""},
		{"/refunds", "2002", "r2", `{"code":"012345678901"}`, 404, "NoCode", ""},
		{"/codes", "2002", "r2", `{"server":"i-hangzhou","quantity":1}`, 422, "Refused", ""},
	} {
		var no problem
		p.do("POST", c.path, c.account, c.id, c.body).into(c.status, &no)
		no.rules(t)
		if no.Category != c.category || no.Field != c.field || no.Repeat {
			t.Errorf("%s %s is answered %+v", c.path, c.body, no)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/codes", strings.NewReader(`{}`))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	if p.web.ServeHTTP(w, r); w.Code != http.StatusForbidden {
		t.Errorf("a form of another site is answered %d", w.Code)
	}
}

// TestGrantInTwoRequests: verify, the text message, the grant; its commit is
// lost, before it took effect or after, and the browser sends it again.
func TestGrantInTwoRequests(t *testing.T) {
	const form = `{"server":"i-hangzhou","quantity":3,"to":"2002","remark":"商城"`
	for _, effect := range []storetest.Effect{storetest.FailBefore, storetest.FailAfter} {
		p := newShop(t, storetest.Fault{Method: storetest.Commit, Call: 1, Effect: effect})
		var asked struct {
			Done        bool
			PhoneNeeded bool `json:"phone_needed"`
		}
		for range 2 { // a double click
			p.do("POST", "/codes/verify", "1001", "form-7", form+`}`).into(200, &asked)
		}
		if !asked.PhoneNeeded || asked.Done || len(p.texts) != 2 || p.texts[0] != p.texts[1] {
			t.Fatalf("beforehand it is answered %+v, and sent are %q", asked, p.texts)
		}
		proof := regexp.MustCompile(`\d{6}`).FindString(p.texts[0])
		wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, proof)
		var no problem
		p.do("POST", "/codes", "1001", "form-7", form+`}`).into(422, &no)
		if got := no.rules(t); got != "GRT-FIRST" || !no.PhoneNeeded {
			t.Errorf("without a code it is refused by %s", got)
		}
		p.do("POST", "/codes", "1001", "form-7", form+`,"proof":"`+wrong+`"}`).into(422, &no)
		p.do("POST", "/codes", "1001", "form-7", form+`,"proof":"`+proof+`"}`).into(503, &no)
		if no.Category != "UnknownOutcome" || !no.Repeat || no.Text != "办理结果暂未确认，请原样重新提交，不会重复办理" {
			t.Errorf("a lost commit is answered %+v", no)
		}
		var got icpcode.Result
		for range 2 {
			p.do("POST", "/codes", "1001", "form-7", form+`,"proof":"`+proof+`"}`).into(200, &got)
		}
		p.do("POST", "/codes/verify", "1001", "form-7", form+`}`).into(200, &asked)
		if !asked.Done || asked.PhoneNeeded || len(p.texts) != 2 {
			t.Errorf("after all it is answered %+v, and sent are %q", asked, p.texts)
		}
		var received listed
		p.do("GET", "/codes/received", "2002", "", "").into(200, &received)
		if len(got.Codes) != 3 || len(received.Codes) != 3 || received.Codes[0].Label != "可使用" {
			t.Errorf("granted are %v, received %+v", got.Codes, received)
		}
		p.do("GET", "/codes/received", "1001", "", "").into(200, &received)
		if len(received.Codes) != 0 {
			t.Errorf("the granter received %+v", received)
		}
	}
}

// TestFiveWrongCodes: then the right one is refused, too.
func TestFiveWrongCodes(t *testing.T) {
	p := newShop(t)
	const form = `{"server":"i-hangzhou","quantity":1,"to":"2002"`
	var v any
	p.do("POST", "/codes/verify", "1001", "f", form+`}`).into(200, &v)
	proof := regexp.MustCompile(`\d{6}`).FindString(p.texts[0])
	for range 5 {
		p.do("POST", "/codes", "1001", "f", form+`,"proof":"x"}`).into(422, &v)
	}
	p.do("POST", "/codes", "1001", "f", form+`,"proof":"`+proof+`"}`).into(422, &v)
}

// TestPagesOf20: 45 codes are on three pages, newest first, and a cursor is its
// account's alone.
func TestPagesOf20(t *testing.T) {
	p := newShop(t)
	if _, err := p.db.ExecContext(t.Context(), `update servers set facts = replace(facts, '"ECS"', '"ECS","contract_quota":100')`); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i := range 9 {
		var got icpcode.Result
		p.do("POST", "/codes", "1001", "r"+strconv.Itoa(i), `{"server":"i-hangzhou","quantity":5}`).into(200, &got)
		p.now = p.now.Add(time.Second)
	}
	var sizes []int
	path := "/codes"
	for range 3 {
		var page listed
		p.do("GET", path, "1001", "", "").into(200, &page)
		sizes = append(sizes, len(page.Codes))
		for _, c := range page.Codes {
			seen[c.Code] = true
		}
		if page.Next == "" {
			break
		}
		path = "/codes?after=" + page.Next
		p.do("GET", path, "2002", "", "").into(400, &problem{})
	}
	if len(sizes) != 3 || sizes[0] != 20 || sizes[1] != 20 || sizes[2] != 5 || len(seen) != 45 {
		t.Errorf("the pages have %v codes, %d different ones", sizes, len(seen))
	}
}

// TestGlueIsCounted compares what README says with the markers in the source.
func TestGlueIsCounted(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all, glue, parts := 0, 0, map[string]int{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		part := ""
		for line := range strings.Lines(string(b)) {
			all++
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), "// glue: "); ok {
				if (part == "") == (name == "end") {
					t.Fatalf("%s: %q after %q", file, name, part)
				}
				part = strings.TrimSuffix(name, "end")
				continue
			}
			if part != "" {
				glue++
				parts[part]++
			}
		}
		if part != "" {
			t.Errorf("%s: %s does not end", file, part)
		}
	}
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(b)
	want := []string{"**" + strconv.Itoa(glue) + " of its " + strconv.Itoa(all) + " lines are glue**"}
	for part, n := range parts {
		want = append(want, "| "+part+" | "+strconv.Itoa(n)+" |")
	}
	for _, w := range want {
		if !strings.Contains(readme, w) {
			t.Errorf("README.md does not say %q", w)
		}
	}
	if len(parts) != 4 {
		t.Errorf("there are %d parts", len(parts))
	}
}

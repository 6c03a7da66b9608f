package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// TestWholeCodes follows a code: it is shown whole in the answer that made it,
// in its replay and when it is asked for, and masked otherwise.
func TestWholeCodes(t *testing.T) {
	d := newDesk(t)
	made := d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":2}`)
	handles, whole := made.codes()
	if len(whole) != 2 || made.head.Get("Cache-Control") != "no-store" {
		t.Fatalf("the answer that made two codes is %s", made.text)
	}
	again := d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":2}`)
	if _, got := again.codes(); len(got) != 2 || got[0] != whole[0] || again.body["replayed"] != true || again.head.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the replay is %s", again.text)
	}
	h := handles[0]
	filing := `{"filing":{"kind":"First","domain":"example.cn","subject":"s-1"}}`
	hidden := func(what string, r reply) {
		t.Helper()
		if r.status != http.StatusOK {
			t.Errorf("%s is answered %d %s", what, r.status, r.text)
		}
		for _, c := range whole {
			if strings.Contains(r.text, c) {
				t.Errorf("%s shows a whole code: %s", what, r.text)
			}
		}
		if !strings.Contains(r.text, `"masked":"**********`) {
			t.Errorf("%s shows no code at all: %s", what, r.text)
		}
	}
	hidden("a dry run", d.send("1001", http.MethodPost, "/v1/codes/"+h+"/submit?dry_run=true", filing))
	hidden("a submission", d.must("1001", "b", "/v1/codes/"+h+"/submit", filing))
	hidden("a stage", d.must("ops", "b", "/v1/codes/"+d.handle("ops", whole[0])+"/stage", `{"stage":"SMS"}`))
	hidden("a grant", d.must("1001", "c", "/v1/codes/grant", `{"codes":["`+handles[1]+`"],"grant_to":"3003","proof":"1234"}`))
	for _, path := range []string{
		"/v1/codes/owned", "/v1/codes/owned?state=Filing&newest=true", "/v1/codes/pick", "/v1/codes/" + h, "/v1/codes/" + h + "/history",
	} {
		hidden(path, d.send("1001", http.MethodGet, path, ""))
	}
	hidden("what was received", d.send("3003", http.MethodGet, "/v1/codes/received", ""))
	hidden("all accounts", d.send("ops", http.MethodGet, "/v1/codes/owned", ""))
	hidden("what was found", d.send("1001", http.MethodPost, "/v1/codes/find", `{"code":"`+whole[0]+`"}`))

	got := d.send("1001", http.MethodPost, "/v1/codes/"+h+"/reveal", `{}`)
	if got.body["code"] != whole[0] || got.head.Get("Cache-Control") != "no-store" {
		t.Errorf("asked for a code, the answer is %s", got.text)
	}
	if len(d.seen) != 1 || d.seen[0].Account != "1001" || d.seen[0].Masked != code(t, whole[0]).Masked() {
		t.Errorf("the service heard of %+v", d.seen)
	}
}

func TestRevealIsNotedFirst(t *testing.T) {
	for name, test := range map[string]struct {
		reveal func(context.Context, Access) error
		status int
		kind   string
	}{
		"nobody notes it":  {nil, http.StatusForbidden, "hidden"},
		"the note fails":   {func(context.Context, Access) error { return errors.New("disk full") }, http.StatusBadGateway, "hook"},
		"the note panics":  {func(context.Context, Access) error { panic("disk") }, http.StatusBadGateway, "hook"},
		"the note is late": {func(ctx context.Context, _ Access) error { <-ctx.Done(); return ctx.Err() }, http.StatusBadGateway, "hook"},
	} {
		d := newDesk(t, func(d *desk) { d.opt.Reveal, d.opt.Timeout = test.reveal, time.Second/10 })
		handles, whole := d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":1}`).codes()
		got := d.send("1001", http.MethodPost, "/v1/codes/"+handles[0]+"/reveal", `{}`)
		got.is(t, name, test.status, test.kind)
		if strings.Contains(got.text, whole[0]) {
			t.Errorf("%s, and the code is shown: %s", name, got.text)
		}
	}
}

// TestStrangers holds that an account is told the same of a code of another
// as of one that does not exist.
func TestStrangers(t *testing.T) {
	d := newDesk(t)
	handles, whole := d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":1}`).codes()
	filing := `{"filing":{"kind":"First","domain":"example.cn","subject":"s-1"}}`
	for name, h := range map[string]string{
		"the owner's handle": handles[0], "a handle of its own": d.handle("2002", whole[0]),
		"the handle of no code": d.handle("2002", "099999999999"), "the code itself": whole[0], "nonsense": "x",
	} {
		for path, body := range map[string]string{
			"/submit": filing, "/resubmit": filing, "/bind": `{"instance":"i-3"}`, "/release": `{}`, "/refund": `{}`, "/reveal": `{}`,
			"/void": `{"reason":"x"}`, "/approve": `{"icp_number":"x"}`, "/stage": `{"stage":"SMS"}`, "/reject": `{"rejection":"x"}`,
		} {
			got := d.change("2002", "k"+path, "/v1/codes/"+h+path, body)
			got.is(t, "a stranger with "+name+" at "+path, http.StatusNotFound, "no-code")
			want := d.change("2002", "k"+path, "/v1/codes/y"+path, body)
			if got.text != want.text {
				t.Errorf("a stranger with %s at %s is told %s, and of nonsense %s", name, path, got.text, want.text)
			}
		}
		for _, path := range []string{"", "/history"} {
			d.send("2002", http.MethodGet, "/v1/codes/"+h+path, "").is(t, "a stranger with "+name+" at "+path, http.StatusNotFound, "no-code")
		}
		d.change("2002", "g", "/v1/codes/grant", `{"codes":["`+h+`"],"grant_to":"3003"}`).is(t, "a stranger with "+name+" granting", http.StatusNotFound, "no-code")
	}
	d.send("2002", http.MethodPost, "/v1/codes/find", `{"code":"`+whole[0]+`"}`).is(t, "a stranger with the code", http.StatusNotFound, "no-code")
	d.send("2002", http.MethodGet, "/v1/codes/owned?account=1001", "").is(t, "the list of another", http.StatusBadRequest, "invalid")
	if got := d.send("2002", http.MethodGet, "/v1/codes/owned", ""); len(got.body["records"].([]any)) != 0 {
		t.Errorf("a stranger's list has %s", got.text)
	}
}

// TestServersOfOthers holds that a desk whose facts keep to the asker tells
// the same of a server of another as of one that does not exist.
func TestServersOfOthers(t *testing.T) {
	d := newDesk(t)
	d.must("2002", "a", "/v1/codes/issue", `{"instance":"i-3","quantity":1}`)
	told := func(id string) string {
		got := d.change("1001", "k", "/v1/codes/issue", `{"instance":"`+id+`","quantity":1}`)
		got.is(t, "a server of another", http.StatusUnprocessableEntity, "refused")
		return strings.ReplaceAll(got.text, id, "?")
	}
	if other, none := told("i-3"), told("i-9"); other != none {
		t.Errorf("of a server of another is told\n%s\nand of none\n%s", other, none)
	}
}

func TestKeys(t *testing.T) {
	d := newDesk(t)
	const path, body = "/v1/codes/issue", `{"instance":"i-1","quantity":1}`
	d.send("1001", http.MethodPost, path, body).is(t, "no key", http.StatusBadRequest, "no-key")
	d.change("1001", "a", path, body, "Idempotency-Key: a").is(t, "two keys", http.StatusBadRequest, "invalid")
	for _, key := range []string{`"a`, `""`, `"a"b`, `"a\b"`, `"a\`, " a", "a\x01", strings.Repeat("x", 129)} {
		d.change("1001", key, path, body).is(t, fmt.Sprintf("the key %q", key), http.StatusBadRequest, "invalid")
	}
	first := d.must("1001", `order "7" \ 8`, path, body)
	if again := d.must("1001", `"order \"7\" \\ 8"`, path, body); again.body["replayed"] != true || again.body["request_id"] != `order "7" \ 8` {
		t.Errorf("the bare key is answered %s, in quotes %s", first.text, again.text)
	}
	d.change("1001", `order "7" \ 8`, path, `{"instance":"i-1","quantity":2}`).is(t, "another body", http.StatusUnprocessableEntity, "reused")
	d.change("1001", `order "7" \ 8`, "/v1/codes/buy", `{"quantity":1}`).is(t, "another operation", http.StatusUnprocessableEntity, "reused")
	if other := d.must("2002", `order "7" \ 8`, path, `{"instance":"i-3","quantity":1}`); other.body["replayed"] != false {
		t.Errorf("the key of another account is answered %s", other.text)
	}
}

func TestDryRun(t *testing.T) {
	d := newDesk(t)
	const path, body = "/v1/codes/issue?dry_run=true", `{"instance":"i-1","quantity":1,"grant_to":"3003"}`
	got := d.send("1001", http.MethodPost, path, body)
	if handles, _ := got.codes(); got.status != http.StatusOK || got.body["phone_needed"] != true || len(handles) > 0 || got.body["decision"] == nil {
		t.Errorf("a dry run is answered %d %s", got.status, got.text)
	}
	if list := d.send("1001", http.MethodGet, "/v1/codes/owned", ""); len(list.body["records"].([]any)) != 0 {
		t.Errorf("a dry run made %s", list.text)
	}
	made := d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":1,"grant_to":"3003","proof":"1234"}`)
	again := d.change("1001", "a", path, body)
	if _, whole := again.codes(); again.body["replayed"] != true || len(whole) > 0 {
		t.Errorf("a dry run of %s is answered %s", made.text, again.text)
	}
}

// TestLanguages holds that a problem is in the language asked for.
func TestLanguages(t *testing.T) {
	d := newDesk(t)
	for accept, want := range map[string]string{
		"": "en", "zh": "zh", "zh-CN,zh;q=0.9,en;q=0.8": "zh", "en-GB,zh;q=0.5": "en", "fr, zh-Hans;q=0.2": "zh", "zh;q=0": "en", "zh;q=2, en;q=0.1": "en",
		"*": "en", strings.Repeat("zh,", 1000): "en",
	} {
		got := d.change("1001", "k", "/v1/codes/issue", `{"instance":"i-9","quantity":1}`, "Accept-Language: "+accept)
		got.is(t, accept, http.StatusUnprocessableEntity, "refused")
		if got.head.Get("Content-Language") != want || got.head.Get("Vary") != "Accept-Language" {
			t.Errorf("asked for %q, the language is %q", accept, got.head.Get("Content-Language"))
		}
		reasons := got.body["reasons"].([]any)
		if len(reasons) < 5 {
			t.Errorf("a refusal has %d reasons: %s", len(reasons), got.text)
		}
		text := fmt.Sprint(got.body["title"], reasons[0].(map[string]any)["required"])
		if hasHan(text) != (want == "zh") {
			t.Errorf("asked for %q, it says %s", accept, text)
		}
		bad := d.change("1001", "k", "/v1/codes/issue", `{"instance":"","quantity":1}`, "Accept-Language: "+accept)
		if bad.body["field"] != "instance" || hasHan(fmt.Sprint(bad.body["detail"])) != (want == "zh") {
			t.Errorf("asked for %q, it says %s", accept, bad.text)
		}
	}
}

// TestBodies holds that whatever is not the one JSON object that is asked for
// changes nothing.
func TestBodies(t *testing.T) {
	d := newDesk(t)
	const path = "/v1/codes/issue"
	for body, field := range map[string]string{
		`{"instance":"i-1","quantity":1,"owner":"2002"}`: "owner",
		`{"instance":"i-1","quantity":1,"Quantity":2}`:   "quantity",
		`{"instance":"i-1","quantity":1,"quantity":2}`:   "quantity",
		"{\"in\u017ftance\":\"i-1\",\"quantity\":1}":     "?",
		`{"instance":"i-1","quantity":"1"}`:              "quantity",
		`{"instance":"i-1","quantity":1.5}`:              "quantity",
		`{"instance":"i-1","quantity":1e99}`:             "quantity",
		`{"instance":["i-1"],"quantity":1}`:              "instance",
		`{"instance":"i-1","quantity":1}{}`:              "",
		`{"instance":"i-1","quantity":1} x`:              "",
		`[]`:                                             "",
		`null`:                                           "",
		`"x"`:                                            "",
		`{`:                                              "",
		``:                                               "",
		`{"instance":"i-1","quantity":1,"012345678901":1}`:              "?",
		"{\"instance\":\"i-\xff\",\"quantity\":1}":                      "",
		`{"instance":"i-1","quantity":0}`:                               "",
		strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000): "",
	} {
		got := d.change("1001", "k", path, body, "Content-Type: ", "Content-Type: application/json")
		if got.status == http.StatusUnprocessableEntity && body == `{"instance":"i-1","quantity":0}` {
			continue // the rules have an answer to it
		}
		got.is(t, body, http.StatusBadRequest, "invalid")
		if f, _ := got.body["field"].(string); f != field {
			t.Errorf("of %s the field %q is said to be wrong, want %q", body, f, field)
		}
	}
	good := `{"instance":"i-1","quantity":1}`
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "", "application/json;;"} {
		d.send("1001", http.MethodPost, path, good, "Idempotency-Key: k", "Content-Type: ", "Content-Type: "+kind).is(t, kind, http.StatusUnsupportedMediaType, "media-type")
	}
	d.change("1001", "k", path, good, "Content-Encoding: gzip").is(t, "gzip", http.StatusUnsupportedMediaType, "media-type")
	d.change("1001", "k", path, `{"remark":"`+strings.Repeat("x", 1<<20)+`"}`).is(t, "1 MiB", http.StatusRequestEntityTooLarge, "too-large")
	if list := d.send("1001", http.MethodGet, "/v1/codes/owned", ""); len(list.body["records"].([]any)) != 0 {
		t.Errorf("bodies that are none made %s", list.text)
	}
}

func TestPaths(t *testing.T) {
	d := newDesk(t)
	d.send("1001", http.MethodGet, "/v1/nothing", "").is(t, "no path", http.StatusNotFound, "no-path")
	d.send("1001", http.MethodGet, "/v1/codes/a/b/c", "").is(t, "no path", http.StatusNotFound, "no-path")
	d.send("1001", http.MethodGet, "/v1/codes/", "").is(t, "no path", http.StatusNotFound, "no-path")
	for _, r := range routes() {
		path := strings.Replace(r.path, handleMark, "x", 1)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "ISSUE"} {
			if method == r.method {
				continue
			}
			got := d.send("1001", method, path, "")
			got.is(t, method+" "+path, http.StatusMethodNotAllowed, "method")
			if got.head.Get("Allow") != r.method {
				t.Errorf("%s %s allows %q", method, path, got.head.Get("Allow"))
			}
		}
	}
	for _, q := range []string{"x=1", "limit=0", "limit=201", "limit=x", "newest=1", "state=x", "limit=1&limit=2", "after=x", "after=%zz", "012345678901=1"} {
		got := d.send("1001", http.MethodGet, "/v1/codes/owned?"+q, "")
		got.is(t, q, http.StatusBadRequest, "invalid")
		if strings.Contains(got.text, "012345678901") {
			t.Errorf("%s is repeated: %s", q, got.text)
		}
	}
	if r := httptest.NewRecorder(); true {
		d.ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/v1/openapi.json", nil))
		if r.Code != http.StatusOK || !json.Valid(r.Body.Bytes()) {
			t.Errorf("the document is answered %d", r.Code)
		}
	}
}

// TestPages goes through lists page by page: each code is on one.
func TestPages(t *testing.T) {
	d := newDesk(t)
	d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":5}`)
	handles, _ := d.must("1001", "b", "/v1/codes/issue", `{"instance":"i-2","quantity":4}`).codes()
	seen := map[string]bool{}
	after := ""
	for pages := 0; ; pages++ {
		got := d.send("1001", http.MethodGet, "/v1/codes/owned?limit=2&after="+after, "")
		for _, r := range got.body["records"].([]any) {
			h := r.(map[string]any)["code"].(map[string]any)["handle"].(string)
			if seen[h] {
				t.Errorf("%s is on two pages", h)
			}
			seen[h] = true
		}
		if after = got.body["next"].(string); after == "" || pages > 9 {
			break
		}
		d.send("2002", http.MethodGet, "/v1/codes/owned?limit=2&after="+after, "").is(t, "a cursor of another", http.StatusBadRequest, "invalid")
	}
	if len(seen) != 9 {
		t.Errorf("the pages have %d codes of 9", len(seen))
	}
	h := "/v1/codes/" + handles[0]
	filing := `{"filing":{"kind":"First","domain":"example.cn","subject":"s-1"}}`
	d.must("1001", "c", h+"/submit", filing)
	for i := range 4 {
		d.must("1001", fmt.Sprint("d", i), h+"/resubmit", filing)
	}
	var actions []string
	for after, more := "", true; more; more = after != "" {
		got := d.send("1001", http.MethodGet, h+"/history?limit=4&after="+after, "")
		for _, e := range got.body["events"].([]any) {
			actions = append(actions, e.(map[string]any)["action"].(string))
		}
		if after = got.body["next"].(string); after != "" {
			d.send("1001", http.MethodGet, "/v1/codes/"+handles[1]+"/history?after="+after, "").is(t, "a cursor of another code", http.StatusBadRequest, "invalid")
		}
	}
	if got := strings.Join(actions, " "); got != "Issue Submit Resubmit Resubmit Resubmit Resubmit" {
		t.Errorf("the history by pages is %s", got)
	}
}

// TestPurchases holds that what was paid is the service's to say.
func TestPurchases(t *testing.T) {
	for name, test := range map[string]struct {
		paid   func(context.Context, Purchase) (decimal.NullDecimal, error)
		status int
		kind   string
	}{
		"nobody sells":   {nil, http.StatusInternalServerError, "setup"},
		"it is not paid": {func(context.Context, Purchase) (decimal.NullDecimal, error) { return decimal.NullDecimal{}, ErrNotPaid }, http.StatusPaymentRequired, "not-paid"},
		"a negative payment": {func(context.Context, Purchase) (decimal.NullDecimal, error) {
			return decimal.NewNullDecimal(decimal.New(-1, 0)), nil
		}, http.StatusBadGateway, "hook"},
	} {
		d := newDesk(t, func(d *desk) { d.opt.Paid = test.paid })
		d.change("1001", "a", "/v1/codes/buy", `{"quantity":1}`).is(t, name, test.status, test.kind)
	}
	var asked Purchase
	d := newDesk(t, func(d *desk) {
		d.opt.Paid = func(_ context.Context, p Purchase) (decimal.NullDecimal, error) {
			asked = p
			return decimal.NewNullDecimal(decimal.New(45, 0)), nil
		}
	})
	d.change("1001", "a", "/v1/codes/buy", `{"quantity":1,"paid":"1000"}`).is(t, "a payment that the client states", http.StatusBadRequest, "invalid")
	got := d.must("1001", "a", "/v1/codes/buy", `{"quantity":1}`)
	handles, whole := got.codes()
	if got.body["money"].(map[string]any)["amount"] != "45" || len(whole) != 1 || asked != (Purchase{Account: "1001", RequestID: "a", Quantity: 1}) {
		t.Errorf("a purchase is answered %s, the service was asked about %+v", got.text, asked)
	}
	if back := d.must("1001", "b", "/v1/codes/"+handles[0]+"/refund", `{}`); back.body["money"].(map[string]any)["amount"] != "45" {
		t.Errorf("the refund is %s", back.text)
	}
}

// TestAdvice: a filing that goes with advice on its server says so at once,
// with words, and where it is repeated with the rules.
func TestAdvice(t *testing.T) {
	short := server("i-1", "1001")
	short.Expires = noon.Add(20 * 24 * time.Hour)
	d := newDesk(t, func(d *desk) {
		d.engine.Facts = func(context.Context, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			return map[icpcode.InstanceID]icpcode.Instance{"i-1": short}, nil
		}
	})
	issued, _ := d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":1}`).codes()
	const filing = `{"filing":{"kind":"First","domain":"example.cn","subject":"s1"}}`
	for _, what := range []string{"submit", "resubmit"} {
		path := "/v1/codes/" + issued[0] + "/" + what
		for _, got := range []reply{d.send("1001", http.MethodPost, path+"?dry_run=true", filing), d.must("1001", what, path, filing)} {
			if advice, _ := json.Marshal(got.body["advice"]); string(advice) != `["ELG-REMAINING"]` || !strings.Contains(got.text, "at least 90 full days left") {
				t.Errorf("%s is answered %s", what, got.text)
			}
		}
		again := d.must("1001", what, path, filing)
		if advice, _ := json.Marshal(again.body["advice"]); string(advice) != `["ELG-REMAINING"]` || again.body["replayed"] != true || again.body["decision"] != nil {
			t.Errorf("%s again is answered %s", what, again.text)
		}
	}
}

package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode"
)

// TestOrigins holds that a page of another origin changes nothing, however it
// asks.
func TestOrigins(t *testing.T) {
	d := newDesk(t, func(d *desk) { d.opt.TrustedOrigins = []string{"https://console.example"} })
	const path, body = "/v1/codes/issue", `{"instance":"i-1","quantity":1}`
	for _, headers := range [][]string{
		{"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"}, {"Origin: https://evil.example"}, {"Origin: null"},
		{"Origin: https://console.example.evil.example"}, {"Origin: http://console.example"},
	} {
		d.change("1001", "k", path, body, headers...).is(t, fmt.Sprint(headers), http.StatusForbidden, "origin")
		d.send("1001", http.MethodPost, "/v1/codes/x/reveal", `{}`, headers...).is(t, fmt.Sprint(headers), http.StatusForbidden, "origin")
	}
	// What a form can send without asking first.
	for _, kind := range []string{"text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"} {
		d.send("1001", http.MethodPost, path, body, "Idempotency-Key: k", "Content-Type: ", "Content-Type: "+kind).is(t, kind, http.StatusUnsupportedMediaType, "media-type")
	}
	d.send("1001", http.MethodGet, path, "", "X-HTTP-Method-Override: POST", "Idempotency-Key: k").is(t, "an override", http.StatusMethodNotAllowed, "method")
	if list := d.send("1001", http.MethodGet, "/v1/codes/owned", ""); len(list.body["records"].([]any)) != 0 {
		t.Errorf("another origin made %s", list.text)
	}
	for _, headers := range [][]string{{"Origin: https://console.example"}, {"Sec-Fetch-Site: same-origin"}, {"Sec-Fetch-Site: none"}} {
		if got := d.change("1001", "k", path, body, headers...); got.status != http.StatusOK {
			t.Errorf("%v is answered %d %s", headers, got.status, got.text)
		}
	}
}

// TestHostileNumbers sends numbers that cost much to write out. What is allocated
// shows whether they were, on a machine of any speed: reading 200,000 digits takes
// some 90 MiB, and writing out the exponents gigabytes.
func TestHostileNumbers(t *testing.T) {
	d := newDesk(t)
	for _, amount := range []string{
		`"1e2147483647"`, `1e2147483647`, `"1e-2147483648"`, `"` + strings.Repeat("9", 200_000) + `"`, `"0.` + strings.Repeat("1", 200_000) + `"`, `"NaN"`, `"-1"`, `"1e9999999999999"`,
		`"1e100000000"`, `"1e-100000000"`, `{}`, `"0x1p1000000"`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := d.change("ops", "k", "/v1/codes/import", `{"code":"012345678901","state":"Unbound","owner":"1001","origin":"Paid","issued":"2026-01-01T00:00:00Z",
			"paid":{"amount":`+amount+`,"currency":"CNY"}}`)
		got.is(t, amount[:min(20, len(amount))], http.StatusBadRequest, "invalid")
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 128<<20 {
			t.Errorf("for the amount %.20s %d MiB were allocated", amount, took>>20)
		}
		if len(got.text) > 1000 {
			t.Errorf("the amount %.20s is answered in %d bytes", amount, len(got.text))
		}
	}
	for _, issued := range []string{`"9999-12-31T23:59:59Z"`, `"0000-00-00T00:00:00Z"`, `"-1"`, `0`, `"2026-01-01T00:00:00+99:99"`} {
		d.change("ops", "k", "/v1/codes/import", `{"code":"012345678901","state":"Available","owner":"1001","origin":"Free","instance":"i-1","product":"ECS","issued":`+issued+`}`).
			is(t, issued, http.StatusBadRequest, "invalid")
	}
}

// TestLongFields holds that a field of whatever length that fits a body is
// refused in few words, and does nothing.
func TestLongFields(t *testing.T) {
	d := newDesk(t)
	handles, _ := d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":1}`).codes()
	h, long := "/v1/codes/"+handles[0], strings.Repeat("x", 250<<10)
	for path, body := range map[string]string{
		"/v1/codes/issue":           `{"quantity":1,"instance":"@"}`,
		"/v1/codes/issue?":          `{"quantity":1,"instance":"i-1","remark":"@"}`,
		"/v1/codes/issue?x":         `{"quantity":1,"instance":"i-1","grant_to":"@"}`,
		"/v1/codes/grant":           `{"codes":["` + handles[0] + `"],"grant_to":"@"}`,
		"/v1/codes/grant?":          `{"codes":["@"],"grant_to":"2002"}`,
		"/v1/codes/find":            `{"code":"@"}`,
		h + "/submit":               `{"filing":{"kind":"First","domain":"example.cn","subject":"@"}}`,
		h + "/submit?":              `{"filing":{"kind":"@","domain":"example.cn","subject":"s"}}`,
		h + "/submit?x":             `{"filing":{"kind":"First","domain":"@","subject":"s"}}`,
		h + "/release":              `{"reason":"@"}`,
		"/v1/codes/buy":             `{"quantity":1,"remark":"@"}`,
		"/v1/codes/buy?":            `{"quantity":1,"@":1}`,
		"/v1/codes/" + long[:60000]: `{}`,
	} {
		path, _, _ = strings.Cut(path, "?")
		got := d.change("1001", "k", path, strings.ReplaceAll(body, "@", long))
		if got.status < 400 || got.status >= 500 {
			t.Errorf("%s with a long field is answered %d", path, got.status)
		}
		// A refusal explains itself at length, but never repeats what was sent.
		if strings.Contains(got.text, long[:1000]) {
			t.Errorf("%s with a long field is answered in %d bytes", path, len(got.text))
		}
	}
	got := d.send("1001", http.MethodGet, h, "")
	if got.body["version"] != float64(1) {
		t.Errorf("long fields changed the code: %s", got.text)
	}
	if len(d.failed) > 0 {
		t.Errorf("long fields made an operator look: %v", d.failed)
	}
}

// TestPathTricks holds that no spelling of a path leads elsewhere.
func TestPathTricks(t *testing.T) {
	d := newDesk(t)
	for _, path := range []string{
		"/v1//codes/owned", "/v1/codes/../codes/owned", "/v1/codes/./owned", "/v1/codes/owned/", "//v1/codes/owned", "/V1/codes/owned",
		"/v1/codes/x%2Freveal/..", "/v1/codes/%00/history", "/v1/codes/%2e%2e/history", "/v1/codes/{code}", "/",
	} {
		got := d.send("1001", http.MethodGet, path, "")
		if got.status != http.StatusNotFound {
			t.Errorf("%s is answered %d %s", path, got.status, got.text)
		}
	}
}

// TestPanics holds that a panic of the service's is an answer and no end, and
// that what was done before it is found again.
func TestPanics(t *testing.T) {
	boom := true
	d := newDesk(t, func(d *desk) {
		d.engine.Observe = func(_ context.Context, events []icpcode.Event) {
			if boom {
				panic([]icpcode.Code{events[0].Code})
			}
		}
	})
	const path, body = "/v1/codes/issue", `{"instance":"i-1","quantity":1}`
	d.change("1001", "k", path, body).is(t, "a panic", http.StatusInternalServerError, "other")
	if len(d.failed) != 1 || !strings.Contains(d.failed[0].Error(), "panic: a value of type []icpcode.Code") {
		t.Errorf("the service was told %v", d.failed)
	}
	boom = false
	if again := d.must("1001", "k", path, body); again.body["replayed"] != true {
		t.Errorf("after a panic, the same again is %s", again.text)
	}
	for name, change := range map[string]func(*Options){
		"Account": func(o *Options) { o.Account = func(*http.Request) (icpcode.AccountID, error) { panic("session") } },
		"Facts": func(o *Options) {
			o.Facts = func(context.Context, icpcode.AccountID, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
				panic("inventory")
			}
		},
		"facts of another": func(o *Options) {
			o.Facts = func(context.Context, icpcode.AccountID, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
				return map[icpcode.InstanceID]icpcode.Instance{"i-1": server("i-2", "1001")}, nil
			}
		},
		"facts that cannot be": func(o *Options) {
			o.Facts = func(context.Context, icpcode.AccountID, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
				return map[icpcode.InstanceID]icpcode.Instance{"i-1": {TermMonths: -1}}, nil
			}
		},
		"Certification": func(o *Options) {
			o.Certification = func(context.Context, icpcode.AccountID) (icpcode.Certification, error) { return 9, nil }
		},
		"Assume": func(o *Options) {
			o.Assume = func(context.Context, icpcode.AccountID) (icpcode.RuleIDs, error) { return 0, io.ErrUnexpectedEOF }
		},
	} {
		d := newDesk(t, func(d *desk) { change(&d.opt) })
		got := d.change("1001", "k", path, body)
		got.is(t, name, http.StatusBadGateway, "hook")
		if len(d.failed) != 1 || strings.Contains(got.text, "inventory") || strings.Contains(got.text, "EOF") {
			t.Errorf("%s: the service was told %v, and the client %s", name, d.failed, got.text)
		}
	}
}

// TestSameKeyAtOnce sends one request many times at once: it is done once.
func TestSameKeyAtOnce(t *testing.T) {
	d := newDesk(t)
	srv := httptest.NewServer(d)
	defer srv.Close()
	var all sync.WaitGroup
	answers := make(chan string, 50)
	for range cap(answers) {
		all.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/v1/codes/issue", strings.NewReader(`{"instance":"i-1","quantity":2}`))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header = http.Header{"X-Account": {"1001"}, "Idempotency-Key": {"k"}, "Content-Type": {"application/json"}}
			got, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer got.Body.Close() //nolint:errcheck // it was read
			b, err := io.ReadAll(got.Body)
			if err != nil || got.StatusCode != http.StatusOK {
				t.Errorf("%d %s, %v", got.StatusCode, b, err)
			}
			_, codes, _ := strings.Cut(string(b), `"codes":`)
			codes, _, _ = strings.Cut(codes, `]`)
			answers <- codes
		})
	}
	all.Wait()
	close(answers)
	first := <-answers
	for a := range answers {
		if a != first {
			t.Errorf("one request is answered %s and %s", first, a)
		}
	}
	if list := d.send("1001", http.MethodGet, "/v1/codes/owned", ""); len(list.body["records"].([]any)) != 2 {
		t.Errorf("one request made %s", list.text)
	}
}

// TestHalfRequests breaks bodies off, and sends them too slowly, over a real
// connection: nothing is done.
func TestHalfRequests(t *testing.T) {
	d := newDesk(t, func(d *desk) { d.opt.Timeout = time.Second / 5 })
	srv := httptest.NewUnstartedServer(d)
	srv.Config.IdleTimeout = time.Second / 5
	srv.Config.ReadHeaderTimeout = time.Second / 5 // what is left of a body is a header to the server
	srv.Start()
	defer srv.Close()
	at := srv.Listener.Addr().String()
	const head = "POST /v1/codes/issue HTTP/1.1\r\nHost: x\r\nX-Account: 1001\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\n"
	for what, text := range map[string]string{
		"a body that breaks off":       "Content-Length: 31\r\n\r\n{\"instance\":\"i-1\",",
		"a chunk that breaks off":      "Transfer-Encoding: chunked\r\n\r\n1f\r\n{\"instance\":\"i-1\",\"qua",
		"chunks without an end":        "Transfer-Encoding: chunked\r\n\r\n1f\r\n{\"instance\":\"i-1\",\"quantity\":1}\r\n",
		"a chunk that is none":         "Transfer-Encoding: chunked\r\n\r\nzz\r\n{\"instance\":\"i-1\",\"quantity\":1}\r\n0\r\n\r\n",
		"a body longer than it says":   "Content-Length: 18\r\n\r\n{\"instance\":\"i-1\",\"quantity\":1}",
		"two lengths":                  "Content-Length: 31\r\nContent-Length: 3\r\n\r\n{\"instance\":\"i-1\",\"quantity\":1}",
		"a body that is never sent":    "Content-Length: 31\r\n\r\n",
		"no body where one is needed":  "Content-Length: 0\r\n\r\n",
		"a body of which none is read": "Content-Length: 300000\r\n\r\n" + strings.Repeat(" ", 270_000),
	} {
		for _, leaves := range []bool{true, false} {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, head+text); err != nil && len(text) < 1000 {
				t.Fatal(err)
			}
			if leaves {
				_ = conn.(*net.TCPConn).CloseWrite()
			}
			if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			_ = conn.Close()
			var slow net.Error
			if errors.As(err, &slow) && slow.Timeout() {
				t.Errorf("%s (the client leaves: %v) keeps the connection", what, leaves)
			}
			if !strings.HasPrefix(string(answer), "HTTP/1.1 4") {
				t.Errorf("%s (the client leaves: %v) is answered %q", what, leaves, answer)
			}
		}
	}
	if list := d.send("1001", http.MethodGet, "/v1/codes/owned", ""); len(list.body["records"].([]any)) != 0 {
		t.Errorf("half requests made %s", list.text)
	}
}

// TestTrailers holds that what comes after a body says nothing of who asks.
func TestTrailers(t *testing.T) {
	d := newDesk(t)
	srv := httptest.NewServer(d)
	defer srv.Close()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it was read
	_, err = io.WriteString(conn, "POST /v1/codes/x/reveal HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"+
		"Transfer-Encoding: chunked\r\nTrailer: X-Account\r\n\r\n2\r\n{}\r\n0\r\nX-Account: ops\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 401") {
		t.Errorf("an account in a trailer is answered %q", answer)
	}
}

// TestHalfPairs holds that a text with half of a surrogate pair is refused: a
// decoder makes another text of it, and so another account.
func TestHalfPairs(t *testing.T) {
	d := newDesk(t)
	handles, _ := d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":1}`).codes()
	for _, half := range []string{`\ud800`, `x\uDFFFy`, `\udc00\ud800`, `\ud83d\\ude00`, `\ud83d\u0041`, `\ud83d\n`, `\\\ud800`} {
		for _, body := range []string{`{"codes":["` + handles[0] + `"],"grant_to":"` + half + `","proof":"1234"}`, `{"` + half + `":1}`} {
			d.change("1001", "k", "/v1/codes/grant", body).is(t, body, http.StatusBadRequest, "invalid")
		}
	}
	for i, whole := range []string{`\ud83d\uDE00`, `\\ud800`, `\\\\ud800`, `\u0041\ufffd`, `"}`, `\`} {
		remark := whole
		if i > 3 { // not in the text, but behind or before it
			remark = "x"
		}
		if got := d.change("1001", "whole", "/v1/codes/issue?dry_run=true", `{"instance":"i-1","quantity":1,"remark":"`+remark+`"}`); got.status != http.StatusOK {
			t.Errorf("the remark %s is answered %d %s", remark, got.status, got.text)
		}
		if halfPair([]byte(whole)) {
			t.Errorf("%s has half of a pair", whole)
		}
	}
}

// TestEmptyParameters holds that a parameter without a value is not taken for
// one that was left out: a change would be done, a list be of everything.
func TestEmptyParameters(t *testing.T) {
	d := newDesk(t)
	for _, path := range []string{"/v1/codes/issue?dry_run", "/v1/codes/issue?dry_run=", "/v1/codes/buy?dry_run="} {
		d.change("1001", "k", path, `{"instance":"i-1","quantity":1}`).is(t, path, http.StatusBadRequest, "invalid")
	}
	for _, name := range listQuery {
		got := d.send("ops", http.MethodGet, "/v1/codes/owned?"+name+"=", "")
		if name == "after" && got.status != http.StatusOK || name != "after" && got.status != http.StatusBadRequest {
			t.Errorf("an empty %s is answered %d %s", name, got.status, got.text)
		}
	}
	if list := d.send("1001", http.MethodGet, "/v1/codes/owned", ""); len(list.body["records"].([]any)) != 0 {
		t.Errorf("without a value of dry_run it made %s", list.text)
	}
}

// TestBadKeys holds that a key which is none is not repeated.
func TestBadKeys(t *testing.T) {
	d := newDesk(t)
	for _, key := range []string{strings.Repeat("k", 8000), "a\tb", "\xff", " \u00a0"} {
		got := d.change("1001", key, "/v1/codes/issue", `{"instance":"i-1","quantity":1}`)
		got.is(t, key[:1], http.StatusBadRequest, "invalid")
		if len(got.text) > 300 || got.body["request_id"] != nil {
			t.Errorf("the key %.20q is answered %.300s", key, got.text)
		}
	}
}

// slowToRead takes its time for a code that is there.
type slowToRead struct{ icpcode.Store }

func (s slowToRead) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	all, err := s.Store.Load(ctx, keys...)
	for _, d := range all {
		if d.Version > 0 {
			<-time.After(3 * time.Millisecond) // of a clock that stands still otherwise
		}
	}
	return all, err
}

// TestTimeOfNoCode holds that the time of an answer does not tell whether a code
// is none, or another account's.
func TestTimeOfNoCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(d *desk) { d.store = slowToRead{d.store} })
		_, codes := d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":1}`).codes()
		took := func(account, code string, status int) time.Duration {
			began := time.Now()
			if got := d.send(account, http.MethodPost, "/v1/codes/find", `{"code":"`+code+`"}`); got.status != status {
				t.Errorf("%s finds %s: %d %s", account, code, got.status, got.text)
			}
			return time.Since(began)
		}
		if own := took("1001", codes[0], http.StatusOK); own == 0 || own >= evenTime {
			t.Errorf("an account waits %v for its own code", own)
		}
		if other, none := took("2002", codes[0], http.StatusNotFound), took("2002", "099999999999", http.StatusNotFound); other != none {
			t.Errorf("a code of another takes %v, and none %v", other, none)
		}
	})
}

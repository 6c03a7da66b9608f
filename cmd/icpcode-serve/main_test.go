package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// buffer is what a command printed so far.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// running is a command that serves.
type running struct {
	api, metrics string // host and port, or a path
	dir          string // of its files
	out          *buffer
	stop         func() error
}

// start starts serve and waits until it listens.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{out: &buffer{}}
	ready := make(chan struct{})
	c := &config{env: func(string) string { return "" }, stderr: r.out, ready: func(api, metrics net.Addr) {
		r.api, r.metrics = api.String(), metrics.String()
		close(ready)
	}}
	ended := make(chan error, 1)
	go func() {
		ended <- c.serve(ctx, append([]string{"-listen", "127.0.0.1:0", "-metrics", "127.0.0.1:0"}, args...))
	}()
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = r.stop() })
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("it did not start: %v\n%s", err, r.out)
	}
	return r
}

// trusting starts serve over a fresh file, trusting loopback.
func trusting(t *testing.T, args ...string) *running {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	db := filepath.Join(dir, "codes.db")
	if status := run(t.Context(), []string{"migrate", "-db", db}, os.Getenv, io.Discard); status != exitDone {
		t.Fatalf("migrate ended with %d", status)
	}
	facts := write("facts.csv", "id,owner,product,region,billing,status,term_months,expires,trial,public_ip,ip_held\n"+
		"i-1,1001,ECS,cn-hangzhou,subscription,running,12,"+time.Now().AddDate(1, 0, 0).Format("2006-01-02")+",no,yes,no\n")
	s := start(t, append([]string{
		"-db", "@" + write("db", db+"\n"), "-trust-from", "127.0.0.1", "-facts", facts, "-operators", write("operators", "# staff\nops # Ann\n"),
	}, args...)...)
	s.dir = dir
	return s
}

// ask sends a request; headers are given as "Name: value".
func ask(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, string(text)
}

// TestRefusesToStart holds that whatever would let everybody be anybody does
// not start, and says why.
func TestRefusesToStart(t *testing.T) {
	dir := t.TempDir()
	for args, why := range map[string]string{
		"serve -db x.db": "-trust-from", "serve -db x.db -trust-from 127.0.0.1": "migrate", "serve": "-trust-from",
		"serve -trust-from 127.0.0.1": "ICPCODE_DB", "serve -demo -listen 0.0.0.0:0": "loopback", "serve -demo -listen :0": "loopback",
		"serve -demo -trust-from 127.0.0.1": "-trust-from", "serve -demo -db x.db": "-db", "serve -trust-from 0.0.0.0/0 -db x.db": "anybody",
		"serve -trust-from localhost -db x.db": "addresses", "serve -trust-from 127.0.0.1 -key abc -db x.db": "64",
		"serve -demo -metrics 0.0.0.0:0": "-metrics", "serve -trust-from 127.0.0.1 -operators none -db x.db": "none",
		"serve -trust-from 127.0.0.1 -db x.db -price 50": "go together", "serve -trust-from 127.0.0.1 -db x.db -paid true": "go together",
		"serve -trust-from 127.0.0.1 -db x.db -price 50 -paid true": "50.00 CNY", "serve -trust-from 127.0.0.1 -db x.db -verify-phone ./none": "cannot be run",
		"serve -demo -verify-phone true": "-verify-phone",
		"serve -demo -assume ELG-NONE":   "ID of a rule", "serve -demo x": "arguments", "serve -x": "-x", "begin": "begin",
		"migrate": "ICPCODE_DB", "migrate -db mysql://x": "package sqlstore", "migrate -db x?mode=memory": "package sqlstore",
		"serve -trust-from 127.0.0.1 -db @none": "none", "serve -trust-from 127.0.0.1 -db x.db -operators .": "is a directory",
		"serve -trust-from 127.0.0.1 -db x.db -account-header X_Account": "-account-header", "serve -trust-from 127.0.0.1 -db x.db -account-header host": "-account-header",
		"serve -trust-from 127.0.0.1 -db x.db -account-header=": "-account-header", "serve -trust-from 127.0.0.1 -db x.db -account-header cookie": "-account-header",
	} {
		var out buffer
		t.Chdir(dir)
		if status := run(t.Context(), strings.Fields(args), func(string) string { return "" }, &out); status != exitUsage || !strings.Contains(out.String(), why) {
			t.Errorf("%s ends with %d and says %q, want %q", args, status, out.String(), why)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("what did not start left %v, %v", left, err)
	}
}

func TestHosts(t *testing.T) {
	s := start(t, "-demo")
	for host, want := range map[string]int{
		s.api: 200, "LOCALHOST:" + port(s.api): 200, "evil.example": 421, "127.0.0.1": 421, "localhost:1": 421, "evil.example:" + port(s.api): 421,
		"127.0.0.1.nip.io:" + port(s.api): 421,
	} {
		if status, text := ask(t, http.MethodGet, "http://"+s.api+"/v1/instances", "", "Host: "+host, "Icpcode-Account: 1001"); status != want {
			t.Errorf("for the host %s it answers %d %s, want %d", host, status, text, want)
		}
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	named := start(t, "-demo", "-host", "codes.example,codes.example:8443")
	for host, want := range map[string]int{"codes.example": 200, "codes.example:8443": 200, named.api: 421} {
		if status, _ := ask(t, http.MethodGet, "http://"+named.api+"/v1/instances", "", "Host: "+host, "Icpcode-Account: 1001"); status != want {
			t.Errorf("for the host %s it answers %d, want %d", host, status, want)
		}
	}
}

func port(address string) string { _, p, _ := strings.Cut(address, ":"); return p }

// TestWhoIsTrusted holds that only trusted peers name the account that asks.
func TestWhoIsTrusted(t *testing.T) {
	s := trusting(t)
	url := "http://" + s.api + "/v1/instances"
	for what, test := range map[string]struct {
		headers []string
		want    int
	}{
		"an account":           {[]string{"Icpcode-Account: 1001"}, 200},
		"nobody":               {nil, 401},
		"two accounts":         {[]string{"Icpcode-Account: 1001", "Icpcode-Account: ops"}, 401},
		"two in other case":    {[]string{"Icpcode-Account: 1001", "icpcode-account: ops"}, 401},
		"an empty one":         {[]string{"Icpcode-Account: "}, 401},
		"another header":       {[]string{"X-Account: 1001", "X-Forwarded-User: ops", "Icpcode_Account: ops"}, 401},
		"another peer's claim": {[]string{"X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1"}, 401},
	} {
		if status, text := ask(t, http.MethodGet, url, "", test.headers...); status != test.want {
			t.Errorf("%s is answered %d %s, want %d", what, status, text, test.want)
		}
	}
	if status, text := ask(t, http.MethodGet, "http://"+s.api+"/v1/codes/owned", "", "Icpcode-Account: 1001, ops"); strings.Contains(text, "Operator") || status != 200 {
		t.Errorf("two accounts in one header are answered %d %s", status, text)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	other := trusting(t, "-trust-from", "10.0.0.0/8")
	_ = other.stop()
	t.Run("another peer", func(t *testing.T) {
		trust, err := parseTrust([]string{"10.0.0.0/8", "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		for peer, want := range map[string]bool{
			"10.1.2.3:9": true, "192.0.2.1:9": true, "[::ffff:192.0.2.1]:9": true, "192.0.2.2:9": false, "127.0.0.1:9": false, "[::1]:9": false,
			"@": false, "": false,
		} {
			if trust.has(peer, false) != want {
				t.Errorf("%q is trusted: %v", peer, !want)
			}
		}
		if trust.has("@", true) {
			t.Error("a socket is trusted that was not named")
		}
	})
}

func TestUntrustedPeer(t *testing.T) {
	s := &server{hosts: map[string]bool{"h": true}, header: "Icpcode-Account"}
	s.api = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("an untrusted peer got in") })
	w := newRecorder()
	s.answer(w, &http.Request{Host: "h", RemoteAddr: "127.0.0.1:1", Header: http.Header{"Icpcode-Account": {"ops"}}})
	if w.status != http.StatusForbidden {
		t.Errorf("an untrusted peer is answered %d", w.status)
	}
}

// recorder notes a status.
type recorder struct {
	header http.Header
	status int
}

func newRecorder() *recorder                    { return &recorder{header: http.Header{}} }
func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := trusting(t, "-listen", "unix:"+path, "-trust-from", "unix")
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", s.api)
	}}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/v1/instances", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Icpcode-Account", "1001")
	got, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close() //nolint:errcheck // only the status counts
	if got.StatusCode != http.StatusOK {
		t.Errorf("over a socket it answers %d", got.StatusCode)
	}
}

// TestServersOfOthers holds that a server of another is told of as one that is
// not there.
func TestServersOfOthers(t *testing.T) {
	s := trusting(t)
	told := func(id string) string {
		_, text := ask(t, http.MethodPost, "http://"+s.api+"/v1/codes/issue", `{"instance":"`+id+`","quantity":1}`, "Icpcode-Account: 2002", "Idempotency-Key: k")
		at := regexp.MustCompile(`"at":"[^"]*"`)
		return at.ReplaceAllString(strings.ReplaceAll(text, id, "?"), "")
	}
	if other, none := told("i-1"), told("i-9"); other != none || !strings.Contains(other, "refused") {
		t.Errorf("of a server of another is told\n%s\nand of none\n%s", other, none)
	}
}

// TestLogs holds that no code gets into a log, also where a client puts it
// into a path, a query or a header.
func TestLogs(t *testing.T) {
	s := trusting(t)
	as := []string{"Icpcode-Account: 1001", "Idempotency-Key: k"}
	_, text := ask(t, http.MethodPost, "http://"+s.api+"/v1/codes/issue", `{"instance":"i-1","quantity":1}`, as...)
	found := regexp.MustCompile(`"handle":"([^"]+)".*"code":"([0-9]{12})"`).FindStringSubmatch(text)
	if found == nil {
		t.Fatal(text)
	}
	handle, code := found[1], found[2]
	for _, url := range []string{"/v1/codes/" + code, "/v1/codes/owned?domain=" + code, "/v1/codes/owned?" + code + "=1", "/" + code, "/v1/codes/" + handle} {
		ask(t, http.MethodGet, "http://"+s.api+url, "", append(as, "User-Agent: "+code, "X-"+code+": "+code)...)
	}
	ask(t, code, "http://"+s.api+"/v1/codes/owned", "", as...)
	if status, text := ask(t, http.MethodPost, "http://"+s.api+"/v1/codes/"+handle+"/reveal", `{}`, as...); status != 200 || !strings.Contains(text, code) {
		t.Errorf("asked for the code it answers %d %s", status, text)
	}
	_, metrics := ask(t, http.MethodGet, "http://"+s.metrics+"/metrics", "")
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	for where, text := range map[string]string{"the log": s.out.String(), "the metrics": metrics} {
		if strings.Contains(text, code) || strings.Contains(text, handle) {
			t.Errorf("%s has a code or its handle:\n%s", where, text)
		}
	}
	if n := strings.Count(s.out.String(), `"msg":"request"`); n != 8 {
		t.Errorf("8 requests are logged %d times:\n%s", n, s.out)
	}
	if n := strings.Count(s.out.String(), `"msg":"a whole code is shown","account":"1001"`); n != 1 {
		t.Errorf("one access is logged %d times", n)
	}
	if !strings.Contains(metrics, `{operation="POST /v1/codes/issue",status="200"} 1`) {
		t.Errorf("the metrics are %s", metrics)
	}
}

// TestShutdown ends serve while a request is on its way: it is answered.
func TestShutdown(t *testing.T) {
	s := trusting(t)
	if status, _ := ask(t, http.MethodGet, "http://"+s.metrics+"/healthz", ""); status != 200 {
		t.Errorf("its health is %d", status)
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.api)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it was read to its end
	body := `{"instance":"i-1","quantity":1}`
	head := fmt.Sprintf("POST /v1/codes/issue HTTP/1.1\r\nHost: %s\r\nIcpcode-Account: 1001\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", s.api, len(body))
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	// The body is asked for once the request is being answered.
	const begun = "HTTP/1.1 100 Continue\r\n\r\n"
	said := make([]byte, len(begun))
	if _, err := io.ReadFull(conn, said); err != nil || string(said) != begun {
		t.Fatalf("the body is asked for with %q, %v", said, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.stop() }()
	awaitRefusal(t, s.api)
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200 OK") || !strings.Contains(string(answer), `"code":"0`) {
		t.Errorf("a request that was accepted is answered %q, %v", answer, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// awaitRefusal waits until no connection is taken any more.
func awaitRefusal(t *testing.T, address string) {
	t.Helper()
	for t.Context().Err() == nil {
		conn, err := net.DialTimeout("tcp", address, time.Second) //nolint:noctx // it has a time of its own
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

// fenced returns the block of a document with an info string.
func fenced(t *testing.T, info string) string {
	t.Helper()
	doc, err := os.ReadFile("../../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(doc), "\n```"+info+"\n")
	if !ok {
		t.Fatalf("docs/http.md has no block %q", info)
	}
	text, _, _ = strings.Cut(text, "\n```")
	return text + "\n"
}

// script runs a program of docs/http.md against a demonstration.
func script(t *testing.T, tools []string, name string, args ...string) string {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("there is no %s here: tools/clients installs it", tool)
			}
			t.Skipf("there is no %s here: tools/clients installs it", tool)
		}
	}
	s := start(t, "-demo")
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "API=http://"+s.api)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s\n%s", err, out, stderr.String(), s.out)
	}
	return string(out)
}

func TestWalk(t *testing.T) {
	got := script(t, []string{"sh", "curl", "jq"}, "sh", "-eu", "-c", fenced(t, "sh walk"))
	// Masked codes show their last digits.
	got = regexp.MustCompile(`(?m)^(\*{10})[0-9]{2}$`).ReplaceAllString(got, "$1")
	if want := fenced(t, "text walk"); got != want {
		t.Errorf("the walk prints\n%s\nwant\n%s", got, want)
	}
}

func TestNodeProgram(t *testing.T) {
	program := fenced(t, "js")
	if n := strings.Count(program, "\n"); n >= 40 {
		t.Errorf("the program has %d lines", n)
	}
	client, err := os.ReadFile("../../httpapi/client/node/icpcode.mjs")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"icpcode.mjs": string(client), "program.mjs": program} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := script(t, []string{"node"}, "node", filepath.Join(dir, "program.mjs"))
	if want := fenced(t, "text js"); got != want {
		t.Errorf("the program prints\n%s\nwant\n%s", got, want)
	}
}

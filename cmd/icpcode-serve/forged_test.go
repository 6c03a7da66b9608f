package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMetricsHosts holds that a page elsewhere, which gives its own name the
// address of -metrics, is told nothing by it.
func TestMetricsHosts(t *testing.T) {
	t.Parallel()
	s := start(t, "-demo", "-host", "codes.example:8443")
	for host, want := range map[string]int{
		s.metrics: 200, "LOCALHOST": 200, "10.1.2.3:9080": 200, "[::1]:9080": 200, "codes.example:9080": 200, "Codes.Example": 200,
		"evil.example": 421, "evil.example:" + port(s.metrics): 421, "127.0.0.1.nip.io": 421, "localhost.evil.example": 421, "0x7f000001": 421, "localhost.": 421,
	} {
		for _, path := range []string{"/metrics", "/healthz"} {
			if status, text := ask(t, http.MethodGet, "http://"+s.metrics+path, "", "Host: "+host); status != want {
				t.Errorf("%s for the host %s is answered %d %s, want %d", path, host, status, text, want)
			}
		}
	}
	if answer := raw(t, s.metrics, "GET /healthz HTTP/1.0\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.0 200") {
		t.Errorf("a probe that names no host is answered %q", answer)
	}
}

// TestOptionsOfAll holds that OPTIONS * is for the host, too, and is logged.
func TestOptionsOfAll(t *testing.T) {
	t.Parallel()
	s := trusting(t)
	for host, want := range map[string]string{"evil.example": "HTTP/1.1 421", s.api: "HTTP/1.1 404"} {
		if answer := raw(t, s.api, "OPTIONS * HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(answer, want) {
			t.Errorf("OPTIONS * for the host %s is answered %q", host, answer)
		}
	}
}

// TestLengthAndChunks sends a body with a length and chunks, as a client does
// that wants a proxy to pass on a second request unseen: only the first is
// answered, and the connection ends.
func TestLengthAndChunks(t *testing.T) {
	t.Parallel()
	s := trusting(t)
	hidden := "GET /v1/codes/owned?all=true HTTP/1.1\r\nHost: " + s.api + "\r\nIcpcode-Account: ops\r\nConnection: close\r\n\r\n"
	const body = `{"instance":"i-1","quantity":1}`
	head := "POST /v1/codes/issue?dry_run=true HTTP/1.1\r\nHost: " + s.api + "\r\nIcpcode-Account: 1001\r\nContent-Type: application/json\r\n"
	for _, lengths := range []string{"Content-Length: 38\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 38\r\n", "Transfer-Encoding: chunked\r\n"} {
		answer := raw(t, s.api, head+lengths+"\r\n1f\r\n"+body+"\r\n0\r\n\r\n"+hidden)
		if !strings.HasPrefix(answer, "HTTP/1.1 200") || strings.Count(answer, "HTTP/1.1 ") != 1 {
			t.Errorf("with %q it answers %q", lengths, answer)
		}
	}
}

// TestPasswordsAreNotFiles holds that the address of another database is taken
// for no file: none is made, and its password is not repeated.
func TestPasswordsAreNotFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, dsn := range []string{"host=db user=u password=open-sesame", "u:open-sesame@tcp(db:3306)/x", "u:open-sesame@db", "mysql://u:open-sesame@db/x", "postgres:/u:open-sesame@db/x"} {
		for _, args := range [][]string{{"migrate"}, {"serve", "-trust-from", "127.0.0.1"}} {
			var out buffer
			ctx, cancel := context.WithTimeout(t.Context(), patience/6) // for one that serves
			defer cancel()
			if status := run(ctx, append(args, "-db", dsn), func(string) string { return "" }, &out); status != exitUsage || strings.Contains(out.String(), "sesame") {
				t.Errorf("%v -db %s ends with %d and says %s", args, dsn, status, out.String())
			}
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// TestSecretOfAProgram holds that a program which repeats what it was told gets
// no phone's code into the log.
func TestSecretOfAProgram(t *testing.T) {
	enterprises := filepath.Join(t.TempDir(), "enterprises")
	if err := os.WriteFile(enterprises, []byte("1001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := trusting(t, "-enterprises", enterprises, "-verify-phone", program(t, `echo "cannot ask:" $(cat) >&2; exit 3`))
	for _, proof := range []string{"open-sesame", `open-\"sesame\"`, `\u003copen-sesame>`} {
		status, text := ask(t, http.MethodPost, "http://"+s.api+"/v1/codes/issue", `{"instance":"i-1","quantity":1,"grant_to":"2002","proof":"`+proof+`"}`,
			"Icpcode-Account: 1001", "Idempotency-Key: k")
		if status != http.StatusBadGateway {
			t.Errorf("a program that fails is answered %d %s", status, text)
		}
	}
	if log := s.out.String(); strings.Contains(log, "sesame") || strings.Count(log, "cannot ask") != 3 {
		t.Errorf("the log is %s", log)
	}
}

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what comes for certain.
const patience = 2 * time.Minute

// raw sends a text over a connection of its own, and returns what is answered
// until the server closes it, or so much time is over.
func raw(t *testing.T, address, text string) string {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it was read
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(conn, text) }() // a server that refuses does not read it all
	answer, err := io.ReadAll(conn)
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		t.Errorf("%.80q keeps the connection", text)
	}
	return string(answer)
}

// TestRawRequests sends what no client would: nothing of it is done, and
// nothing told.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	s := trusting(t)
	const body = `{"instance":"i-1","quantity":1}`
	as := "Icpcode-Account: 1001\r\n"
	change := fmt.Sprintf("Idempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	host := "Host: " + s.api + "\r\n"
	end := "Connection: close\r\n\r\n"
	for what, test := range map[string]struct {
		text string
		want string // the beginning of the status
	}{
		"no host":                        {"GET /v1/instances HTTP/1.1\r\n" + as + end, "400"},
		"no host, of old":                {"GET /v1/instances HTTP/1.0\r\n" + as + end, "421"},
		"two hosts":                      {"GET /v1/instances HTTP/1.1\r\n" + host + "Host: evil.example\r\n" + as + end, "400"},
		"another host in the line":       {"GET http://evil.example/v1/instances HTTP/1.1\r\n" + host + as + end, "421"},
		"this host in the line":          {"GET http://" + s.api + "/v1/instances HTTP/1.1\r\nHost: evil.example\r\n" + as + end, "200"},
		"a host and a user":              {"GET /v1/instances HTTP/1.1\r\nHost: x@" + s.api + "\r\n" + as + end, "4"},
		"a forwarded host":               {"GET /v1/instances HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: " + s.api + "\r\n" + as + end, "421"},
		"a tunnel":                       {"CONNECT " + s.api + " HTTP/1.1\r\n" + host + as + end, "404"},
		"an account after a space":       {"GET /v1/instances HTTP/1.1\r\n" + host + "Icpcode-Account : ops\r\n" + end, "400"},
		"an account on a folded line":    {"GET /v1/instances HTTP/1.1\r\n" + host + "X: y\r\n Icpcode-Account: ops\r\n" + end, "401"},
		"an account behind a bare CR":    {"GET /v1/instances HTTP/1.1\r\n" + host + "X: y\rIcpcode-Account: ops\r\n" + end, "400"},
		"a second account, in a change":  {"POST /v1/codes/issue HTTP/1.1\r\n" + host + as + "icpcode-account: ops\r\n" + change + end + body, "401"},
		"a second type of the body":      {"POST /v1/codes/issue HTTP/1.1\r\n" + host + as + "Content-Type: text/plain\r\n" + change + end + body, "415"},
		"a second type behind the first": {"POST /v1/codes/issue HTTP/1.1\r\n" + host + as + change + "Content-Type: text/plain\r\n" + end + body, "415"},
		"a second key":                   {"POST /v1/codes/issue HTTP/1.1\r\n" + host + as + "Idempotency-Key: j\r\n" + change + end + body, "400"},
		"a second length":                {"POST /v1/codes/issue HTTP/1.1\r\n" + host + as + "Content-Length: 3\r\n" + change + end + body, "400"},
		"a length and chunks":            {"POST /v1/codes/issue HTTP/1.1\r\n" + host + as + change + "Transfer-Encoding: chunked\r\n" + end + "0\r\n\r\nGET /v1/codes/owned HTTP/1.1\r\n" + host + as + "\r\n", "400"},
		"a coding of the body":           {"POST /v1/codes/issue HTTP/1.1\r\n" + host + as + change + "Transfer-Encoding: gzip\r\n" + end + body, "501"},
		"a header of 1 MiB":              {"GET /v1/instances HTTP/1.1\r\n" + host + as + "X: " + strings.Repeat("x", 1<<20) + "\r\n" + end, "431"},
		"an account of 1 MiB":            {"GET /v1/instances HTTP/1.1\r\n" + host + "Icpcode-Account: " + strings.Repeat("1", 1<<20) + "\r\n" + end, "431"},
		"an account of 1 KiB":            {"GET /v1/codes/owned HTTP/1.1\r\n" + host + "Icpcode-Account: " + strings.Repeat("1", 1<<10) + "\r\n" + end, "400"},
		"a path of 1 MiB":                {"GET /v1/codes/" + strings.Repeat("x", 1<<20) + " HTTP/1.1\r\n" + host + as + end, "431"},
		"a key of 1 MiB":                 {"POST /v1/codes/issue HTTP/1.1\r\n" + host + as + "Idempotency-Key: " + strings.Repeat("k", 1<<20) + "\r\n" + end, "431"},
		"50,000 headers":                 {"GET /v1/instances HTTP/1.1\r\n" + host + as + strings.Repeat("a:\r\n", 50_000) + end, "431"},
		"a request of no kind":           {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"},
		"HTTP/2 that was not agreed on":  {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "4"},
		"an upgrade that is not offered": {"GET /v1/instances HTTP/1.1\r\n" + host + as + "Upgrade: h2c\r\n" + end, "200"},
	} {
		answer := raw(t, s.api, test.text)
		status := strings.TrimPrefix(strings.TrimPrefix(answer, "HTTP/1.1 "), "HTTP/1.0 ")
		if !strings.HasPrefix(status, test.want) || status == answer {
			t.Errorf("%s is answered %.300q, want %s", what, answer, test.want)
		}
		if strings.Count(answer, "HTTP/1.") != 1 {
			t.Errorf("%s is answered more than once: %q", what, answer)
		}
	}
	if _, text := ask(t, http.MethodGet, "http://"+s.api+"/v1/codes/owned", "", "Icpcode-Account: 1001"); !strings.Contains(text, `"records":[]`) {
		t.Errorf("raw requests made %s", text)
	}
}

// TestStrangersKeepNobodyOut opens many connections from an address that is not
// trusted: they are hung up on, and do not use the room of the others.
func TestStrangersKeepNobodyOut(t *testing.T) {
	if runtime.GOOS != "linux" {
		if os.Getenv("CI") == "true" {
			t.Fatal("only Linux has a second loopback address without being told")
		}
		t.Skip("only Linux has a second loopback address without being told")
	}
	t.Parallel()
	const room, strangers = 20, 500
	s := trusting(t, "-max-connections", fmt.Sprint(room))
	dial := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	hungUp := make(chan struct{}, strangers)
	for range strangers {
		conn, err := dial.DialContext(t.Context(), "tcp", s.api)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		go func() {
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				hungUp <- struct{}{}
			}
		}()
	}
	if status, text := ask(t, http.MethodGet, "http://"+s.api+"/v1/instances", "", "Icpcode-Account: 1001"); status != http.StatusOK {
		t.Errorf("with strangers about, the proxy is answered %d %s", status, text)
	}
	late := time.After(patience / 4)
	for range strangers - room/10 {
		select {
		case <-hungUp:
		case <-late:
			t.Fatal("strangers are not hung up on: each waits for its time to be over")
		}
	}
	// What has room is told that it is a stranger.
	conn, err := dial.DialContext(t.Context(), "tcp", s.api)
	for err == nil {
		_, _ = io.WriteString(conn, "GET /v1/instances HTTP/1.1\r\nHost: "+s.api+"\r\nIcpcode-Account: ops\r\nConnection: close\r\n\r\n")
		answer, _ := io.ReadAll(conn)
		_ = conn.Close()
		if len(answer) > 0 {
			if !strings.HasPrefix(string(answer), "HTTP/1.1 403") {
				t.Errorf("a stranger is answered %q", answer)
			}
			break
		}
		conn, err = dial.DialContext(t.Context(), "tcp", s.api) // the others still have the room
	}
	if err != nil {
		t.Fatal(err)
	}
}

// crowd is how many connections TestCrowd opens: 10,000, or as many as this
// process may have.
func crowd(t *testing.T) int {
	t.Helper()
	const want, other = 10_000, 500
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Max < want+other {
		n := int(limit.Max) - other
		if n < 100 {
			t.Fatalf("a process may have %d files open here: raise it (ulimit -Hn)", limit.Max)
		}
		t.Logf("NOT 10,000 connections but %d: a process may have %d files open here (ulimit -Hn), and %d are wanted", n, limit.Max, want+other)
		return n
	}
	return want
}

var listensAt = regexp.MustCompile(`listening at tcp (\S+),`)

// TestCrowd opens 10,000 connections that send nothing, or half a request:
// others are answered, and all of them are ended.
func TestCrowd(t *testing.T) {
	t.Parallel()
	n := crowd(t)
	// A program of its own: it has its own files, and under the race detector
	// no process can have 10,000 goroutines.
	program := built(t)
	cmd := exec.CommandContext(t.Context(), program, "serve", "-demo", "-listen", "127.0.0.1:0", "-metrics", "", "-max-connections", fmt.Sprint(n+100))
	address, stderr := started(t, cmd)
	go func() { _, _ = io.Copy(io.Discard, stderr) }() // its log
	var conns []net.Conn
	for i := range n {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		conns = append(conns, conn)
		if i%2 == 0 {
			_, _ = io.WriteString(conn, "POST /v1/codes/issue HTTP/1.1\r\nHost: "+address+"\r\nIcpcode-Account: 1001\r\nIdempotency-Key: k\r\n")
		}
	}
	if status, text := ask(t, http.MethodGet, "http://"+address+"/v1/instances", "", "Icpcode-Account: 1001"); status != http.StatusOK {
		t.Errorf("in a crowd it answers %d %s", status, text)
	}
	until, kept := time.Now().Add(patience), 0
	for _, conn := range conns {
		_ = conn.SetReadDeadline(until) // an error shows when it is read
		_, err := io.Copy(io.Discard, conn)
		var slow net.Error
		if errors.As(err, &slow) && slow.Timeout() {
			kept++
		}
	}
	if kept > 0 {
		t.Errorf("of %d connections %d are kept open", n, kept)
	}
	if status, text := ask(t, http.MethodGet, "http://"+address+"/v1/codes/owned?instance=i-good-6", "", "Icpcode-Account: 1001"); status != http.StatusOK || !strings.Contains(text, `"records":[]`) {
		t.Errorf("after the crowd it answers %d %s", status, text)
	}
	t.Logf("%d connections were open", n)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// built compiles the program.
func built(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "icpcode-serve")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// started starts the program and waits until it says where it listens. What it
// says then is to be read, or it waits.
func started(t *testing.T, cmd *exec.Cmd) (address string, log io.Reader) {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for address == "" && lines.Scan() {
		if at := listensAt.FindStringSubmatch(lines.Text()); at != nil {
			address = at[1]
		}
	}
	return address, stderr
}

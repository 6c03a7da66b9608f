package sqltest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
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
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

var httpTime = flag.Duration("http", 0, "how long clients ask over HTTP, and the engine without it; 0: a few thousand requests")

const (
	httpClients = 64
	httpFew     = 3000 // requests, if no time is said
)

// serveProgram builds command icpcode-serve.
func serveProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "icpcode-serve")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	cmd.Dir = "../../cmd/icpcode-serve"
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// serving is a process of icpcode-serve.
type serving struct {
	cmd    *exec.Cmd
	url    string
	stderr *os.File
	ended  chan error
}

var servesAt = regexp.MustCompile(`listening at tcp (\S+),`)

// startServe starts serve and waits until it listens.
func startServe(t *testing.T, program string, args ...string) *serving {
	t.Helper()
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	s := &serving{stderr: stderr, ended: make(chan error, 1)}
	s.cmd = exec.Command(program, append([]string{"serve", "-listen", "127.0.0.1:0", "-metrics", "", "-trust-from", "127.0.0.1"}, args...)...)
	s.cmd.Stderr = stderr
	s.cmd.Env = append(os.Environ(), "ICPCODE_KEY="+strings.Repeat("ab", 32))
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.cmd.Wait() }()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it has ended, or has to
		_ = stderr.Close()
	})
	for s.url == "" {
		select {
		case err := <-s.ended:
			t.Fatalf("serve ended: %v\n%s", err, s.said(t))
		case <-time.After(time.Millisecond):
		}
		if at := servesAt.FindStringSubmatch(s.said(t)); at != nil {
			s.url = "http://" + at[1]
		}
	}
	return s
}

func (s *serving) said(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(s.stderr.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// stop tells serve to end, and sees that it does so as it should.
func (s *serving) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-s.ended; err != nil {
		t.Errorf("serve ended: %v\n%s", err, s.said(t))
	}
}

// httpAnswer is what the clients read of an answer.
type httpAnswer struct {
	Type, Title string
	Replayed    bool
	Codes       []struct{ Handle, Code string }
}

// asker asks for one thing in a load: the API, or the engine.
type asker interface {
	issue(ctx context.Context, r icpcode.IssueRequest) (codes []string, replayed bool, err error)
	submit(ctx context.Context, account icpcode.AccountID, key, code string, f icpcode.Filing) error
}

// overHTTP asks the API. A code is its handle, and whole has those that
// answers showed.
type overHTTP struct {
	client *http.Client
	url    string
	whole  *sync.Map // by handle
}

func (o *overHTTP) post(ctx context.Context, account icpcode.AccountID, key, path string, body any) (a httpAnswer, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return a, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url+path, bytes.NewReader(b))
	if err != nil {
		return a, err
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Icpcode-Account": {string(account)}, "Idempotency-Key": {key}}
	got, err := o.client.Do(r)
	if err != nil {
		return a, err
	}
	defer got.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(got.Body)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, err
	}
	if got.StatusCode == http.StatusUnprocessableEntity && a.Type == "urn:icpcode:problem:refused" {
		return a, icpcode.ErrRefused
	}
	if got.StatusCode != http.StatusOK {
		return a, fmt.Errorf("%d %s", got.StatusCode, a.Type)
	}
	return a, nil
}

func (o *overHTTP) issue(ctx context.Context, r icpcode.IssueRequest) (codes []string, replayed bool, err error) {
	a, err := o.post(ctx, r.Actor, r.RequestID, "/v1/codes/issue", map[string]any{"instance": r.Instance.ID, "quantity": r.Quantity})
	for _, c := range a.Codes {
		codes = append(codes, c.Handle)
		o.whole.Store(c.Handle, c.Code)
	}
	return codes, a.Replayed, err
}

func (o *overHTTP) submit(ctx context.Context, account icpcode.AccountID, key, code string, f icpcode.Filing) error {
	_, err := o.post(ctx, account, key, "/v1/codes/"+code+"/submit", map[string]any{"filing": f})
	return err
}

// engineItself asks the engine.
type engineItself struct{ eng *icpcode.Engine }

func (e engineItself) issue(ctx context.Context, r icpcode.IssueRequest) (codes []string, replayed bool, err error) {
	a, err := e.eng.Issue(ctx, r)
	for _, c := range a.Codes {
		codes = append(codes, c.String())
	}
	return codes, a.Replayed, err
}

func (e engineItself) submit(ctx context.Context, account icpcode.AccountID, key, code string, f icpcode.Filing) error {
	var c icpcode.Code
	if err := c.UnmarshalText([]byte(code)); err != nil {
		return err
	}
	_, err := e.eng.Submit(ctx, icpcode.SubmitRequest{Actor: account, RequestID: key, Code: c, Filing: f})
	return err
}

// httpLoad is what was done, and how.
type httpLoad struct {
	sent, done, refused, replayed atomic.Int64

	mu     sync.Mutex
	acks   []ack
	issued map[string][]string // codes by request
}

// httpRequest is the n-th request of the load, for a server that others ask
// for at the same time, and for more than it has.
func httpRequest(n int) icpcode.IssueRequest {
	r := job(n)
	r.GrantTo = ""
	return r
}

// run asks until it is enough. Each answer is a success or a refusal, or the
// test fails.
func (l *httpLoad) run(t *testing.T, a asker, long time.Duration) (perSecond float64) {
	t.Helper()
	l.issued = map[string][]string{}
	var all sync.WaitGroup
	began := time.Now()
	for range httpClients {
		all.Go(func() {
			for !t.Failed() {
				n := int(l.sent.Add(1)) - 1
				if long == 0 && n >= httpFew || long > 0 && time.Since(began) >= long {
					return
				}
				if n >= httpBlocks(long)*together*asked {
					t.Errorf("there are no servers for request %d", n)
					return
				}
				if err := l.ask(t.Context(), a, n); err != nil {
					t.Errorf("request %d is neither done nor refused: %v", n, err)
					return
				}
			}
		})
	}
	all.Wait()
	return float64(l.done.Load()+l.refused.Load()) / time.Since(began).Seconds()
}

// ask is one request, and what follows it: some are sent again, with some codes
// is filed.
func (l *httpLoad) ask(ctx context.Context, a asker, n int) error {
	r := httpRequest(n)
	codes, _, err := a.issue(ctx, r)
	if errors.Is(err, icpcode.ErrRefused) {
		l.refused.Add(1)
		return nil
	}
	if err != nil {
		return err
	}
	l.done.Add(1)
	l.mu.Lock()
	l.issued[string(r.Actor)+" "+r.RequestID] = codes
	l.mu.Unlock()
	if n%16 == 5 {
		again, replayed, err := a.issue(ctx, r)
		if err != nil {
			return err
		}
		if !replayed || strings.Join(again, " ") != strings.Join(codes, " ") {
			return fmt.Errorf("the same again is answered %v, replayed %v, and was %v", again, replayed, codes)
		}
		l.done.Add(1)
		l.replayed.Add(1)
	}
	if n%8 == 3 {
		f := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: fmt.Sprintf("site%d.example.cn", n), Subject: "row"}
		if err := a.submit(ctx, r.Actor, "file-"+r.RequestID, codes[0], f); err != nil {
			return err
		}
		l.done.Add(1)
	}
	return nil
}

// httpBlocks is how many blocks of servers the load needs: see job.
func httpBlocks(long time.Duration) int {
	if long == 0 {
		return httpFew/(together*asked) + 1
	}
	return int(long.Seconds()*20_000)/(together*asked) + 1
}

// httpFacts writes the facts of the servers.
func httpFacts(t *testing.T, long time.Duration) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,owner,product,region,billing,status,term_months,expires,trial,public_ip,ip_held,contract_quota\n")
	expires := time.Now().AddDate(1, 0, 0).Format(time.DateOnly)
	for n := range httpBlocks(long) {
		for k := range together {
			i := httpRequest(n*together*asked + k).Instance
			fmt.Fprintf(&b, "%s,%s,ECS,cn-hangzhou,subscription,running,12,%s,no,yes,no,%d\n", i.ID, i.Owner, expires, contract)
		}
	}
	file := filepath.Join(t.TempDir(), "facts.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// audited sees that a database holds what the load was told, and no more.
func (l *httpLoad) audited(t *testing.T, e engine, dsn string) {
	t.Helper()
	driver := "sqlite"
	if e.dialect == sqlstore.PostgreSQL {
		driver = "pgx"
	}
	db := dbtest.Open(t, driver, dsn)
	codes, problems, err := audit(t.Context(), db, sqlstore.New(db, e.dialect, nil), l.acks)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
	if codes != len(l.issued) {
		t.Errorf("there are %d codes, and clients were told of %d", codes, len(l.issued))
	}
}

// acknowledge makes acks of what was told: whole gives the code of a handle.
func (l *httpLoad) acknowledge(t *testing.T, whole func(string) string) {
	t.Helper()
	for request, codes := range l.issued {
		actor, id, _ := strings.Cut(request, " ")
		a := ack{actor: icpcode.AccountID(actor), request: id}
		for _, handle := range codes {
			var c icpcode.Code
			if err := c.UnmarshalText([]byte(whole(handle))); err != nil {
				t.Fatal(err)
			}
			a.codes = append(a.codes, c)
		}
		l.acks = append(l.acks, a)
	}
}

// httpDatabases are fresh databases: what -db says of one, and how a service
// opens it.
var httpDatabases = []struct {
	engine
	fresh func(t *testing.T) (flag, dsn string)
}{
	{sqliteFiles, func(t *testing.T) (string, string) { f := sqliteFile(t); return f, sqliteDSN(f) }},
	{onPostgres, func(t *testing.T) (string, string) {
		s := postgres(t)
		dsn := s.DSN(s.Database(t))
		return dsn, dsn
	}},
}

// TestServeLoad lets 64 clients ask icpcode-serve for codes of the same
// servers: each is answered, no code is issued twice or beyond a quota, and the
// share of what the engine does by itself is printed.
func TestServeLoad(t *testing.T) {
	program, facts := serveProgram(t), httpFacts(t, *httpTime)
	for _, d := range httpDatabases {
		t.Run(d.name, func(t *testing.T) {
			file, dsn := d.fresh(t)
			migrate := exec.CommandContext(t.Context(), program, "migrate", "-db", file)
			if out, err := migrate.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			s := startServe(t, program, "-db", file, "-facts", facts)
			transport := &http.Transport{MaxIdleConnsPerHost: httpClients}
			defer transport.CloseIdleConnections()
			o := &overHTTP{&http.Client{Transport: transport}, s.url, new(sync.Map)}
			var l httpLoad
			rate := l.run(t, o, *httpTime)
			s.stop(t)
			l.acknowledge(t, func(handle string) string { whole, _ := o.whole.Load(handle); return whole.(string) })
			l.audited(t, d.engine, dsn)
			if l.refused.Load() == 0 || l.replayed.Load() == 0 {
				t.Errorf("%d requests were refused and %d replayed: the load proves little", l.refused.Load(), l.replayed.Load())
			}
			own, alone := engineAlone(t, d.engine)
			t.Logf("over HTTP %d done, of them %d again, and %d refused, %.0f a second; the engine itself %d and %d, %.0f a second: a share of %.2f",
				l.done.Load(), l.replayed.Load(), l.refused.Load(), rate, own.done.Load(), own.refused.Load(), alone, rate/alone)
		})
	}
}

// engineAlone is the same load on the engine itself.
func engineAlone(t *testing.T, e engine) (*httpLoad, float64) {
	t.Helper()
	db := e.migrated(t)[0]
	const connections = 20 // as icpcode-serve has
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	expires := time.Now().AddDate(1, 0, 0)
	own := icpcode.New(sqlstore.New(db, e.dialect, nil), nil)
	var l httpLoad
	rate := l.run(t, current{engineItself{own}, expires}, *httpTime)
	return &l, rate
}

// current states of servers that they last from now on.
type current struct {
	asker

	expires time.Time
}

func (c current) issue(ctx context.Context, r icpcode.IssueRequest) ([]string, bool, error) {
	r.Instance.Expires = c.expires
	return c.asker.issue(ctx, r)
}

// TestServePostgreSQL runs icpcode-serve over PostgreSQL as an operator does.
func TestServePostgreSQL(t *testing.T) {
	program := serveProgram(t)
	server := postgres(t)
	dsn := server.DSN(server.Database(t))
	secret := filepath.Join(t.TempDir(), "db")
	if err := os.WriteFile(secret, []byte(dsn+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	facts := httpFacts(t, 0)
	// Without tables it does not start, and makes none.
	before := exec.CommandContext(t.Context(), program, "serve", "-db", "@"+secret, "-trust-from", "127.0.0.1", "-listen", "127.0.0.1:0", "-metrics", "")
	if out, err := before.CombinedOutput(); err == nil || strings.Contains(string(out), "listening") || !strings.Contains(string(out), "icpcode-serve migrate") {
		t.Errorf("without tables it says %v %s", err, out)
	}
	for range 2 { // a second time changes nothing
		if out, err := exec.CommandContext(t.Context(), program, "migrate", "-db", "@"+secret).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	// Two processes over one database are one service.
	one, two := startServe(t, program, "-db", "@"+secret, "-facts", facts), startServe(t, program, "-db", "@"+secret, "-facts", facts)
	ask := func(s *serving) *overHTTP { return &overHTTP{http.DefaultClient, s.url, new(sync.Map)} }
	r := httpRequest(1)
	codes, replayed, err := ask(one).issue(t.Context(), r)
	if err != nil || replayed || len(codes) != 1 {
		t.Fatalf("issued %v, replayed %v, %v", codes, replayed, err)
	}
	again, replayed, err := ask(two).issue(t.Context(), r)
	if err != nil || !replayed || again[0] != codes[0] {
		t.Errorf("another process answers %v, replayed %v, %v", again, replayed, err)
	}
	one.stop(t)
	f := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "row"}
	if err := ask(two).submit(t.Context(), r.Actor, "file", codes[0], f); err != nil {
		t.Errorf("a handle of the other process: %v", err)
	}
	two.stop(t)
	if said := two.said(t); strings.Contains(said, dsn) || !strings.Contains(said, `"msg":"ended"`) {
		t.Errorf("it said %s", said)
	}
	// A database that cannot be reached is told of without its password.
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	away := exec.CommandContext(t.Context(), program, "migrate", "-db", "postgres://icp:hush-hush@"+at+"/none?sslmode=disable")
	if out, err := away.CombinedOutput(); err == nil || strings.Contains(string(out), "hush-hush") {
		t.Errorf("of a database that is away it says %v %s", err, out)
	}
}

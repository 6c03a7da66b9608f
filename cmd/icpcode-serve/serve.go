package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/textproto"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/shopspring/decimal"
)

// What bounds a client that is slow, and what a shutdown waits for.
const (
	headerTime   = 5 * time.Second
	requestTime  = 10 * time.Second
	answerTime   = 30 * time.Second
	idleTime     = time.Minute
	shutdownTime = 20 * time.Second
	maxHeader    = 16 << 10
)

func (c *config) flags(f *flag.FlagSet) {
	f.BoolVar(&c.demo, "demo", false, "serve a made-up world from a temporary file, on loopback; visitors choose who to be")
	f.StringVar(&c.listen, "listen", "127.0.0.1:8080", "`address` to listen at, or unix:PATH")
	f.StringVar(&c.metrics, "metrics", "127.0.0.1:9080", "`address` of /healthz and /metrics; empty: none")
	f.Var(&c.hosts, "host", "`names` that a request may be for, with a port if it is not 80; else loopback and the port of -listen")
	f.Var(&c.trust, "trust-from", "`addresses` of the proxy or service that says in a header who is asking, or unix")
	f.StringVar(&c.header, "account-header", "Icpcode-Account", "`header` in which it says so")
	f.Var(&c.inventories, "inventory", "`file` of servers as a provider's tools print them; may be repeated")
	f.StringVar(&c.facts, "facts", "", "CSV `file` of facts about servers, with their owners")
	f.StringVar(&c.operators, "operators", "", "`file` with the operators, an account on each line")
	f.StringVar(&c.verified, "enterprises", "", "`file` with the accounts that are verified as enterprises")
	f.StringVar(&c.assume, "assume", "", "`rules` whose missing facts are assumed to pass, separated by spaces")
	f.StringVar(&c.key, "key", "", "64 hexadecimal `digits` that seal handles and cursors, or @FILE; else ICPCODE_KEY")
	c.programs.flags(f)
	f.IntVar(&c.maxConns, "max-connections", 1000, "`number` of connections at a time")
	f.IntVar(&c.dbConns, "db-connections", 20, "`number` of connections to the database")
}

// serve offers an engine over HTTP until ctx ends.
func (c *config) serve(ctx context.Context, args []string) (err error) {
	if err := c.parse("serve", args, c.flags); err != nil {
		return err
	}
	trust, err := parseTrust(c.trust)
	if err != nil {
		return err
	}
	if err := c.mayListen(); err != nil {
		return err
	}
	key, kept, err := c.sealing()
	if err != nil {
		return err
	}
	w, err := c.readWorld()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(c.stderr, nil))
	engine := icpcode.Options{
		Operator:  func(_ context.Context, a icpcode.AccountID) (bool, error) { return w.operators[a], nil },
		Facts:     w.all,
		CursorKey: key,
	}
	api := httpapi.Options{
		Servers: w.owned, Facts: w.known, Certification: w.certification, Key: key, Timeout: requestTime,
		Assume: func(context.Context, icpcode.AccountID) (icpcode.RuleIDs, error) { return w.assume, nil },
		Reveal: func(ctx context.Context, a httpapi.Access) error {
			log.InfoContext(ctx, "a whole code is shown", "account", a.Account, "owner", a.Owner, "code", a.Masked, "version", a.Version)
			return nil
		},
		Failed: func(ctx context.Context, err error) { log.ErrorContext(ctx, "a request failed", "error", err.Error()) },
	}
	if err := c.programs.set(c.demo, &engine, &api); err != nil {
		return err
	}
	if c.demo {
		dir, err := os.MkdirTemp("", "icpcode-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // it is temporary
		c.db = dir + "/demo.db"
		w.fill(time.Now().Truncate(time.Minute))
		engine.Price = icpcode.Money{Amount: decimal.New(50, 0), Currency: "CNY"}
		engine.VerifyPhone = demoPhone
		api.Paid = func(context.Context, httpapi.Purchase) (decimal.NullDecimal, error) {
			return decimal.NullDecimal{}, nil
		}
	}
	db, dialect, err := c.open(c.demo)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // what was answered was committed
	if c.demo {
		if err := sqlstore.Migrate(ctx, db, dialect); err != nil {
			return err
		}
	}
	store := sqlstore.New(db, dialect, nil)
	if err := store.Check(ctx); err != nil {
		if errors.Is(err, sqlstore.ErrSchema) {
			return misuse("%w: icpcode-serve migrate makes and upgrades the tables", err)
		}
		return err
	}
	eng := icpcode.New(store, &engine)
	if c.demo {
		if err := w.live(ctx, eng); err != nil {
			return fmt.Errorf("the demonstration: %w", err)
		}
	}
	l, err := c.listener(c.listen, c.trusts(trust))
	if err != nil {
		return err
	}
	s := &server{trust: trust, header: c.header, unix: l.Addr().Network() == "unix", demo: c.demo, log: log, check: store.Check}
	s.hosts = c.names(l.Addr())
	api.Account = s.account
	s.api = httpapi.New(eng, api)
	s.pages = s.console(eng, api, engine.Operator)
	c.tell(s, l.Addr(), kept)
	return c.run(ctx, s, l)
}

// headerForm is that of names which proxies pass on.
var headerForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// otherHeaders are those that the server keeps to itself, or clients send.
var otherHeaders = []string{
	"Accept", "Accept-Language", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Expect", "Host", "Idempotency-Key", "Origin",
	"Referer", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent",
}

// mayListen refuses to listen where every caller would be let in.
func (c *config) mayListen() error {
	if c.demo && len(c.trust) > 0 {
		return misuse("-demo lets its visitors choose who to be: it takes no -trust-from")
	}
	if c.demo && c.db != "" {
		return misuse("-demo keeps its codes in a temporary file: it takes no -db")
	}
	if !c.demo && len(c.trust) == 0 {
		return misuse("say with -trust-from which peer names the account that asks: no address, loopback included, is an account by itself. " +
			"To look around, there is -demo")
	}
	if c.demo && !isLoopback(c.listen) {
		return misuse("-demo listens on loopback only, and not at %s", c.listen)
	}
	if c.metrics != "" && !isLoopback(c.metrics) && len(c.trust) == 0 {
		return misuse("-metrics %s is beyond loopback", c.metrics)
	}
	if !headerForm.MatchString(c.header) || slices.Contains(otherHeaders, textproto.CanonicalMIMEHeaderKey(c.header)) {
		return misuse("-account-header %q cannot name the account that asks: it is no name of letters, digits and hyphens, or means something else", c.header)
	}
	return nil
}

// isLoopback reports whether an address is only for this machine.
func isLoopback(address string) bool {
	if strings.HasPrefix(address, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// trusts tells trusted peers from strangers; nil: there are no strangers.
func (c *config) trusts(t trusted) func(net.Addr) bool {
	if c.demo || strings.HasPrefix(c.listen, "unix:") {
		return nil
	}
	return func(peer net.Addr) bool { return t.has(peer.String(), false) }
}

func (c *config) listener(address string, trusts func(net.Addr) bool) (net.Listener, error) {
	network, address := "tcp", address
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	return newLimited(l, c.maxConns, trusts), nil
}

// names are the hosts that requests may be for.
func (c *config) names(at net.Addr) map[string]bool {
	names := map[string]bool{}
	for _, h := range c.hosts {
		names[strings.ToLower(h)] = true
	}
	if len(names) > 0 {
		return names
	}
	if tcp, ok := at.(*net.TCPAddr); ok {
		for _, h := range []string{"localhost", "127.0.0.1", "[::1]"} {
			names[fmt.Sprintf("%s:%d", h, tcp.Port)] = true
		}
		return names
	}
	return map[string]bool{"localhost": true}
}

// tell says what is trusted, and where to begin.
func (c *config) tell(s *server, at net.Addr, kept bool) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(c.stderr, format+"\n", args...) } // a closed stderr is no reason to stop
	say("listening at %s %s, for the hosts %s", at.Network(), at, sorted(s.hosts))
	if c.demo {
		say("DEMO: every visitor of this machine chooses who to be, on the page or in the header %s. All of it is made up, and gone at the end.", c.header)
		say("accounts: 1001 (an enterprise), 1002 (a person), 2001, 2002, 3001; operator: ops; a phone is verified by 1234")
		if at.Network() == "tcp" {
			say("look at it: http://%s/", at)
			say("or ask it: curl -H '%s: 1001' http://%s/v1/instances", c.header, at)
		}
	} else {
		say("trusting %s to say in the header %s who is asking; nobody else is answered", strings.Join(c.trust, ", "), c.header)
	}
	if !kept {
		say("handles and cursors end with this process: -key makes them last")
	}
}

// run serves until ctx ends, and then answers what was accepted.
func (c *config) run(ctx context.Context, s *server, l net.Listener) error {
	srv := s.http(s)
	failed := make(chan error, 2)
	go func() { failed <- srv.Serve(l) }()
	var side *http.Server
	var metricsAt net.Addr
	if c.metrics != "" {
		m, err := c.listener(c.metrics, nil)
		if err != nil {
			_ = srv.Close()
			return err
		}
		metricsAt = m.Addr()
		side = s.http(s.side())
		go func() { failed <- side.Serve(m) }()
	}
	if c.ready != nil {
		c.ready(l.Addr(), metricsAt)
	}
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	s.ending.Store(true)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	err = errors.Join(err, srv.Shutdown(last))
	if side != nil {
		err = errors.Join(err, side.Shutdown(last))
	}
	s.log.Info("ended")
	return err
}

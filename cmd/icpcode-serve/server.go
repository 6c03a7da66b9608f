package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/icpcode/icpcode"
)

// server stands before the handler: it lets in those requests that are for it
// and from whom it trusts, counts and logs.
type server struct {
	api    http.Handler
	pages  http.Handler // all but the API
	hosts  map[string]bool
	trust  trusted
	header string
	unix   bool
	demo   bool
	log    *slog.Logger
	check  func(context.Context) error
	ending atomic.Bool

	mu     sync.Mutex
	counts map[counted]int
	spent  map[string]time.Duration
}

// counted is what is counted: which operation, and how it was answered.
type counted struct {
	operation string
	status    int
}

// http is a server whose clients cannot hold it up.
func (s *server) http(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime + requestTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		DisableGeneralOptionsHandler: true, // it would answer OPTIONS * to any host and any peer
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	seen := &watched{ResponseWriter: w, status: http.StatusOK}
	// Of a length beside chunks the server takes the chunks, and does not tell.
	// A proxy that took the length would take the rest of the body for a
	// request that it had checked: after chunks there is none.
	if len(r.TransferEncoding) > 0 {
		w.Header().Set("Connection", "close")
	}
	account := ""
	if s.answer(seen, r) {
		if account = s.said(r); isPage(r.URL.Path) {
			account = s.visitor(r)
		}
	}
	// The path may hold what should not be in a log: the pattern cannot.
	operation := r.Pattern
	if operation == "" {
		operation = "none"
	}
	s.count(counted{operation, seen.status}, time.Since(began))
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("operation", operation), slog.Int("status", seen.status),
		slog.String("account", account), slog.Duration("took", time.Since(began)))
}

// answer answers a request, and reports whether it was let in.
func (s *server) answer(w http.ResponseWriter, r *http.Request) bool {
	if !s.hosts[strings.ToLower(r.Host)] {
		refuse(w, http.StatusMisdirectedRequest, "host", "This is not the host that the request is for.")
		return false
	}
	if !s.demo && !s.trust.has(r.RemoteAddr, s.unix) {
		refuse(w, http.StatusForbidden, "untrusted", "Only the proxy in front may ask.")
		return false
	}
	if isPage(r.URL.Path) {
		s.pages.ServeHTTP(w, r)
		return true
	}
	s.api.ServeHTTP(w, r)
	return true
}

// refuse answers what never reaches the handler.
func refuse(w http.ResponseWriter, status int, name, title string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "urn:icpcode:problem:" + name, "title": title, "status": status, "repeat": false})
}

// said is the account that the header names, "" if it does so twice or not at
// all.
func (s *server) said(r *http.Request) string {
	if values := r.Header.Values(s.header); len(values) == 1 {
		return values[0]
	}
	return ""
}

// account is who is asking: httpapi's Options.Account.
func (s *server) account(r *http.Request) (icpcode.AccountID, error) {
	return icpcode.AccountID(s.said(r)), nil
}

func (s *server) count(c counted, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts, s.spent = map[counted]int{}, map[string]time.Duration{}
	}
	s.counts[c]++
	s.spent[c.operation] += took
}

// side answers health and metrics, on a listener of their own.
func (s *server) side() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), headerTime)
		defer cancel()
		if s.ending.Load() || s.check(ctx) != nil {
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(w, "ok") // the client has left, or has not
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		put := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
		put("# TYPE icpcode_requests_total counter\n")
		for _, c := range slices.SortedFunc(maps.Keys(s.counts), func(a, b counted) int {
			return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
		}) {
			put("icpcode_requests_total{operation=%q,status=\"%d\"} %d\n", c.operation, c.status, s.counts[c])
		}
		put("# TYPE icpcode_request_seconds_total counter\n")
		for _, o := range slices.Sorted(maps.Keys(s.spent)) {
			put("icpcode_request_seconds_total{operation=%q} %g\n", o, s.spent[o].Seconds())
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.watches(r.Host) {
			refuse(w, http.StatusMisdirectedRequest, "host", "This is not the host that the request is for.")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// watches reports whether health and metrics may be asked for of a host: an
// address, localhost, one of -host at whatever port, or none. A web page
// elsewhere can make a name of its own lead here, and nothing else.
func (s *server) watches(host string) bool {
	host = hostname(host)
	if _, err := netip.ParseAddr(host); err == nil || host == "" || host == "localhost" {
		return true
	}
	for h := range s.hosts {
		if hostname(h) == host {
			return true
		}
	}
	return false
}

// hostname is a host without its port, in lower case.
func hostname(host string) string {
	return strings.ToLower((&url.URL{Host: host}).Hostname())
}

func sorted(names map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(names)), ", ") }

// watched notes the status of an answer.
type watched struct {
	http.ResponseWriter

	status int
}

func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// limited is a listener with so many connections at a time. Trusted peers wait
// for room. Strangers are only told that they are none of those. They have a
// tenth as much room of their own, so that they cannot keep others out; beyond
// it the listener hangs up.
type limited struct {
	net.Listener

	trusts          func(net.Addr) bool // nil: everybody
	room, strangers chan struct{}
	once            sync.Once
	closed          chan struct{}
}

func newLimited(l net.Listener, most int, trusts func(net.Addr) bool) *limited {
	most = max(1, most)
	return &limited{
		Listener: l, trusts: trusts, room: make(chan struct{}, most), strangers: make(chan struct{}, (most+9)/10), closed: make(chan struct{}),
	}
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.trusts == nil || l.trusts(c.RemoteAddr()) {
			select {
			case l.room <- struct{}{}:
				return &held{Conn: c, room: l.room}, nil
			case <-l.closed:
				_ = c.Close() // it was told nothing
				return nil, net.ErrClosed
			}
		}
		select {
		case l.strangers <- struct{}{}:
			return &held{Conn: c, room: l.strangers}, nil
		default:
			_ = c.Close() // it was told nothing
		}
	}
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// held gives its room back once it is closed.
type held struct {
	net.Conn

	once sync.Once
	room chan struct{}
}

func (c *held) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { <-c.room })
	return err
}

// errDemo is a step of the demonstration that should have been done.
var errDemo = errors.New("a step was not done")

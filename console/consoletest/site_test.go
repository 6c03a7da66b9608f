package consoletest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/console"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

var china = time.FixedZone("Asia/Shanghai", 8*60*60)

const ops icpcode.AccountID = "ops"

// proof is the code of every text message.
const proof = "834211"

// site is a console over an engine in memory. Account 1001 has a server in
// Hangzhou, one in Hong Kong and one whose facts are not known.
type site struct {
	t   *testing.T
	eng *icpcode.Engine
	url string

	mu     sync.Mutex
	now    time.Time
	lapsed bool // all servers have expired
	sent   int  // text messages
	posts  int  // changes that arrived

	doubled bool // the next change arrives twice
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(time.Second)
	return s.now
}

func (s *site) server(id icpcode.InstanceID) icpcode.Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := icpcode.Instance{
		ID: id, Owner: "1001", Product: icpcode.ECS, Region: "cn-hangzhou", Billing: icpcode.Subscription, Status: icpcode.StatusRunning,
		TermMonths: 12, Expires: time.Date(2027, 3, 1, 0, 0, 0, 0, china), Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
		IPs: []netip.Addr{netip.MustParseAddr("47.96.1.180")}, ContractQuota: 50,
	}
	switch id {
	case "i-hongkong":
		i.Region, i.TermMonths, i.Expires = "cn-hongkong", 1, time.Date(2026, 3, 20, 0, 0, 0, 0, china)
	case "i-unknown":
		i = icpcode.Instance{ID: id, Owner: "1001", Product: icpcode.ECS, Region: "cn-hangzhou"}
	}
	if s.lapsed {
		i.Expires = s.now.Add(-time.Hour)
	}
	return i
}

func (s *site) servers(of icpcode.AccountID) (all []icpcode.Instance) {
	if of != "1001" {
		return nil
	}
	for _, id := range []icpcode.InstanceID{"i-hangzhou", "i-hongkong", "i-unknown"} {
		all = append(all, s.server(id))
	}
	return all
}

// newSite serves a console at a free port of loopback. /as/ACCOUNT logs in.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, china)}
	isOperator := func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil }
	s.eng = icpcode.New(memstore.New(), &icpcode.Options{
		Clock: s.clock, Operator: isOperator, Price: icpcode.Money{Amount: decimal.New(50, 0), Currency: "CNY"},
		Facts: func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			known := map[icpcode.InstanceID]icpcode.Instance{}
			for _, id := range ids {
				known[id] = s.server(id)
			}
			return known, nil
		},
		VerifyPhone: func(_ context.Context, v icpcode.Verification) error {
			if v.Proof != proof {
				return icpcode.ErrNotVerified
			}
			return nil
		},
	})
	o := console.Options{
		Options: httpapi.Options{
			Account: func(r *http.Request) (icpcode.AccountID, error) {
				c, err := r.Cookie("account")
				if err != nil {
					return "", nil //nolint:nilerr // nobody is logged in
				}
				return icpcode.AccountID(c.Value), nil
			},
			Servers: func(_ context.Context, a icpcode.AccountID) ([]icpcode.Instance, error) { return s.servers(a), nil },
			Facts: func(_ context.Context, a icpcode.AccountID, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
				known := map[icpcode.InstanceID]icpcode.Instance{}
				for _, i := range s.servers(a) {
					if slices.Contains(ids, i.ID) {
						known[i.ID] = i
					}
				}
				return known, nil
			},
			Certification: func(context.Context, icpcode.AccountID) (icpcode.Certification, error) {
				return icpcode.Enterprise, nil
			},
			Paid: func(context.Context, httpapi.Purchase) (decimal.NullDecimal, error) {
				return decimal.NullDecimal{}, nil
			},
			Reveal: func(context.Context, httpapi.Access) error { return nil },
			Failed: func(_ context.Context, err error) { t.Errorf("the service is told of a failure: %v", err) },
		},
		Base: "/console", Operator: isOperator, Clock: s.clock,
		SendProof: func(context.Context, icpcode.Verification) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.sent++
			return nil
		},
	}
	mux := http.NewServeMux()
	mux.Handle("/console/", s.counting(http.StripPrefix("/console", console.New(s.eng, o))))
	mux.HandleFunc("GET /as/{account}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "account", Value: r.PathValue("account"), Path: "/"})
		http.Redirect(w, r, "/console/", http.StatusSeeOther)
	})
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	s.url = web.URL
	return s
}

// owned are the codes of an account.
func (s *site) owned(a icpcode.AccountID) (all []icpcode.Record) {
	s.t.Helper()
	for r, err := range s.eng.Owned(s.t.Context(), icpcode.ListRequest{Actor: a, Account: a}) {
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// issue issues a code for an account, and grants it to another unless that is
// "".
func (s *site) issue(by, to icpcode.AccountID) icpcode.Code {
	s.t.Helper()
	i := s.server(icpcode.InstanceID("i-of-" + by))
	i.Owner = by
	got, err := s.eng.Issue(s.t.Context(), icpcode.IssueRequest{
		Actor: by, Instance: i, Quantity: 1, GrantTo: to, Proof: proof, Certification: icpcode.Enterprise,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return got.Codes[0]
}

// lapse lets all servers expire.
func (s *site) lapse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lapsed = true
}

// days lets days pass.
func (s *site) days(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.AddDate(0, 0, n)
}

// double has the next change arrive twice, at the same time, as the clicks of
// an impatient visitor do.
func (s *site) double() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubled = true
}

func (s *site) posted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts
}

// counting counts changes, and doubles them.
func (s *site) counting(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			h.ServeHTTP(w, r)
			return
		}
		s.mu.Lock()
		s.posts++
		doubled := s.doubled
		s.doubled = false
		s.mu.Unlock()
		if doubled {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				s.t.Error(err)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			other := r.Clone(context.WithoutCancel(r.Context()))
			other.Body = io.NopCloser(bytes.NewReader(body))
			var both sync.WaitGroup
			both.Go(func() {
				seen := httptest.NewRecorder()
				if h.ServeHTTP(seen, other); seen.Code >= 400 {
					s.t.Errorf("the same again is answered %d %s", seen.Code, seen.Body)
				}
			})
			defer both.Wait()
		}
		h.ServeHTTP(w, r)
	})
}

// count wants an account to have so many codes.
func (s *site) count(a icpcode.AccountID, want int) {
	s.t.Helper()
	if got := len(s.owned(a)); got != want {
		s.t.Errorf("account %s has %d codes, want %d", a, got, want)
	}
}

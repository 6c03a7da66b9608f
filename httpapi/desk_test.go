package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

// desk is a service with a handler: the header X-Account is its session.
type desk struct {
	http.Handler
	t *testing.T

	mu      sync.Mutex
	seen    []Access
	failed  []error
	servers map[icpcode.InstanceID]icpcode.Instance
	engine  icpcode.Options
	opt     Options
	store   icpcode.Store
}

var noon = time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)

func server(id icpcode.InstanceID, owner icpcode.AccountID) icpcode.Instance {
	return icpcode.Instance{
		ID: id, Owner: owner, Product: icpcode.ECS, Region: "cn-hangzhou", Billing: icpcode.Subscription, Status: icpcode.StatusRunning,
		TermMonths: 12, Expires: noon.AddDate(0, 11, 0), Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
	}
}

// newDesk makes a desk; each of the functions may change its options first.
func newDesk(t *testing.T, change ...func(*desk)) *desk {
	t.Helper()
	d := &desk{t: t, store: memstore.New(), servers: map[icpcode.InstanceID]icpcode.Instance{}}
	for _, s := range []icpcode.Instance{server("i-1", "1001"), server("i-2", "1001"), server("i-3", "2002")} {
		d.servers[s.ID] = s
	}
	d.engine = icpcode.Options{
		Clock:       func() time.Time { return noon },
		Operator:    func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == "ops", nil },
		Price:       icpcode.Money{Amount: decimal.New(50, 0), Currency: "CNY"},
		VerifyPhone: func(_ context.Context, v icpcode.Verification) error { return verified(v.Proof) },
	}
	d.opt = Options{
		Account: func(r *http.Request) (icpcode.AccountID, error) {
			return icpcode.AccountID(r.Header.Get("X-Account")), nil
		},
		Facts: func(_ context.Context, asker icpcode.AccountID, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			known := map[icpcode.InstanceID]icpcode.Instance{}
			for _, id := range ids {
				if s := d.servers[id]; s.Owner == asker {
					known[id] = s
				}
			}
			return known, nil
		},
		Certification: func(context.Context, icpcode.AccountID) (icpcode.Certification, error) {
			return icpcode.Enterprise, nil
		},
		Paid: func(context.Context, Purchase) (decimal.NullDecimal, error) { return decimal.NullDecimal{}, nil },
		Reveal: func(_ context.Context, a Access) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.seen = append(d.seen, a)
			return nil
		},
		Failed: func(_ context.Context, err error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.failed = append(d.failed, err)
		},
		Key: [32]byte{7},
	}
	for _, f := range change {
		f(d)
	}
	d.Handler = New(icpcode.New(d.store, &d.engine), d.opt)
	return d
}

func verified(proof string) error {
	if proof != "1234" {
		return icpcode.ErrNotVerified
	}
	return nil
}

// reply is an answer.
type reply struct {
	status int
	head   http.Header
	text   string
	body   map[string]any
}

// send sends a request. Headers are given as "Name: value"; one without a value
// is taken out.
func (d *desk) send(account, method, path, body string, headers ...string) reply {
	d.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Account", account)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "" {
			r.Header.Del(name)
			continue
		}
		r.Header.Add(name, value)
	}
	return d.do(r)
}

func (d *desk) do(r *http.Request) reply {
	d.t.Helper()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	got := reply{status: w.Code, head: w.Header(), text: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &got.body); err != nil {
		d.t.Fatalf("%s %s: %d %q: %v", r.Method, r.URL.Path, got.status, got.text, err)
	}
	return got
}

// change sends a change, with a key.
func (d *desk) change(account, key, path, body string, headers ...string) reply {
	d.t.Helper()
	return d.send(account, http.MethodPost, path, body, append([]string{"Idempotency-Key: " + key}, headers...)...)
}

// must is change that has to succeed.
func (d *desk) must(account, key, path, body string) reply {
	d.t.Helper()
	got := d.change(account, key, path, body)
	if got.status != http.StatusOK {
		d.t.Fatalf("%s: %d %s", path, got.status, got.text)
	}
	return got
}

// codes returns the handles and the whole codes of an answer.
func (r reply) codes() (handles, whole []string) {
	all, _ := r.body["codes"].([]any)
	for _, c := range all {
		m := c.(map[string]any)
		handles = append(handles, m["handle"].(string))
		if w, ok := m["code"].(string); ok {
			whole = append(whole, w)
		}
	}
	return handles, whole
}

func (r reply) is(t *testing.T, what string, status int, kind string) {
	t.Helper()
	if r.status != status || r.body["type"] != "urn:icpcode:problem:"+kind {
		t.Errorf("%s is answered %d %s, want %d %s", what, r.status, r.text, status, kind)
	}
	if got := r.head.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%s is answered in %s", what, got)
	}
}

// handle is the handle of a code for an account.
func (d *desk) handle(account icpcode.AccountID, whole string) string {
	return NewHandles(d.opt.Key).Seal(account, code(d.t, whole))
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
}

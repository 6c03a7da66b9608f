package apitest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

// needNode skips a test where there is no Node to run it, and fails it where
// there has to be one.
func needNode(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no node here: tools/clients installs it")
		}
		t.Skip("there is no node here: tools/clients installs it")
	}
}

// faulty is a store that fails as it is told to.
type faulty struct {
	icpcode.Store

	fault atomic.Value // a string: the kind of problem to make
}

func (f *faulty) is(kind string) bool { now, _ := f.fault.Load().(string); return now == kind }

func (f *faulty) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	if f.is("unavailable") {
		return nil, errors.New("the database is away")
	}
	if f.is("ended") {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return f.Store.Load(ctx, keys...)
}

func (f *faulty) Commit(ctx context.Context, c icpcode.Change) error {
	if f.is("conflict") {
		return icpcode.ErrConflict
	}
	if f.is("unknown-outcome") { // it is written, and the answer is lost
		return errors.Join(f.Store.Commit(ctx, c), errors.New("the connection broke"))
	}
	return f.Store.Commit(ctx, c)
}

// walked is the service that Node asks: handlers of one engine, which know more
// or less.
func walked() http.Handler {
	store := &faulty{Store: memstore.New()}
	noon := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	var all []icpcode.Instance
	for _, id := range []icpcode.InstanceID{"i-1", "i-2", "i-3"} {
		all = append(all, icpcode.Instance{
			ID: id, Owner: "1001", Product: icpcode.ECS, Region: "cn-hangzhou", Billing: icpcode.Subscription, Status: icpcode.StatusRunning,
			TermMonths: 12, Expires: noon.AddDate(0, 11, 0), Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
		})
	}
	engine := icpcode.New(store, &icpcode.Options{
		Clock:    func() time.Time { return noon },
		Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == "ops", nil },
		Price:    icpcode.Money{Amount: decimal.New(50, 0), Currency: "CNY"},
		VerifyPhone: func(_ context.Context, v icpcode.Verification) error {
			if v.Proof != "1234" {
				return icpcode.ErrNotVerified
			}
			return nil
		},
		Observe: func(context.Context, []icpcode.Event) {
			if store.is("other") {
				panic("an observer")
			}
		},
	})
	bare := httpapi.Options{
		Account: func(r *http.Request) (icpcode.AccountID, error) {
			return icpcode.AccountID(r.Header.Get("X-Account")), nil
		},
		Facts: func(_ context.Context, asker icpcode.AccountID, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			known := map[icpcode.InstanceID]icpcode.Instance{}
			for _, i := range all {
				if i.Owner == asker && slices.Contains(ids, i.ID) {
					known[i.ID] = i
				}
			}
			if ids[0] == "i-hook" {
				return nil, errors.New("the inventory is away")
			}
			return known, nil
		},
		Certification: func(context.Context, icpcode.AccountID) (icpcode.Certification, error) {
			return icpcode.Enterprise, nil
		},
		Key: [32]byte{1},
	}
	plain := bare
	plain.Servers = func(context.Context, icpcode.AccountID) ([]icpcode.Instance, error) { return all, nil }
	plain.Reveal = func(context.Context, httpapi.Access) error { return nil }
	plain.Paid = func(_ context.Context, p httpapi.Purchase) (decimal.NullDecimal, error) {
		if p.Account != "1001" {
			return decimal.NullDecimal{}, httpapi.ErrNotPaid
		}
		return decimal.NullDecimal{}, nil
	}
	short := plain
	short.Timeout = 300 * time.Millisecond
	mux := http.NewServeMux()
	for prefix, o := range map[string]httpapi.Options{"/bare": bare, "/plain": plain, "/short": short} {
		mux.Handle(prefix+"/", http.StripPrefix(prefix, httpapi.New(engine, o)))
	}
	mux.Handle("/elsewhere/", http.RedirectHandler("/plain/v1/instances", http.StatusTemporaryRedirect))
	mux.HandleFunc("/silent/", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		store.fault.Store(r.Header.Get("X-Fault")) // requests come one after the other
		mux.ServeHTTP(w, r)
	})
}

// TestNodeClient walks every operation and every kind of problem with the
// client for Node.
func TestNodeClient(t *testing.T) {
	needNode(t)
	srv := httptest.NewServer(walked())
	defer srv.Close()
	cmd := exec.CommandContext(t.Context(), "node", "testdata/walk.mjs")
	cmd.Env = append(os.Environ(), "API="+srv.URL)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, stderr.String())
	}
	var walk struct {
		Done, Met, Kinds []string
		Node             string
	}
	if err := json.Unmarshal(out, &walk); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var document struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(httpapi.Document(), &document); err != nil {
		t.Fatal(err)
	}
	var operations []string
	for _, item := range document.Paths {
		for op := range maps.Values(item) {
			operations = append(operations, op.OperationID)
		}
	}
	slices.Sort(operations)
	if len(operations) < 30 || !slices.Equal(walk.Done, operations) {
		t.Errorf("Node did %v, and the operations are %v", walk.Done, operations)
	}
	if len(walk.Kinds) < 23 || !slices.Equal(walk.Met, walk.Kinds) {
		t.Errorf("Node met the problems %v, and there are %v", walk.Met, walk.Kinds)
	}
	t.Logf("Node %s did %d operations and met %d kinds of problems", walk.Node, len(walk.Done), len(walk.Met))
}

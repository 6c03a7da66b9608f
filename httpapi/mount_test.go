package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/memstore"
)

// What docs/http.md leaves to the reader.
var (
	store = memstore.New()
	key   = [32]byte{1}
)

func session(r *http.Request) (icpcode.AccountID, error) {
	account, _, _ := r.BasicAuth()
	return icpcode.AccountID(account), nil
}

func isOperator(_ context.Context, a icpcode.AccountID) (bool, error) { return a == "ops", nil }

func today(context.Context, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	return map[icpcode.InstanceID]icpcode.Instance{}, nil
}

func servers(_ context.Context, a icpcode.AccountID) ([]icpcode.Instance, error) {
	return []icpcode.Instance{{ID: "i-1", Owner: a}}, nil
}

func known(_ context.Context, a icpcode.AccountID, _ []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	return map[icpcode.InstanceID]icpcode.Instance{"i-1": {ID: "i-1", Owner: a}}, nil
}

func certified(context.Context, icpcode.AccountID) (icpcode.Certification, error) {
	return icpcode.Enterprise, nil
}

func noted(context.Context, httpapi.Access) error { return nil }

func mount(mux *http.ServeMux) {
	engine := icpcode.New(store, &icpcode.Options{Operator: isOperator, Facts: today})
	api := httpapi.New(engine, httpapi.Options{
		Account:       session,   // the account that asks, by your session; "" is none
		Servers:       servers,   // the servers of that account, to list them
		Facts:         known,     // what it may know of servers that it asks codes for
		Certification: certified, // how its real name was verified
		Reveal:        noted,     // keeps a note before a whole code is shown
		Key:           key,       // 32 random bytes that you keep: they seal handles
	})
	mux.Handle("/icp/", http.StripPrefix("/icp", api)) // its own paths begin with /v1/
}

// TestMount holds that docs/http.md shows the lines of mount, and that they
// serve.
func TestMount(t *testing.T) {
	source, err := os.ReadFile("mount_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../docs/http.md", "../docs/http.zh-CN.md"} {
		doc, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, block, _ := strings.Cut(string(doc), "\n```go\n")
		block, _, _ = strings.Cut(block, "\n```")
		lines := "\n\t" + strings.ReplaceAll(block, "\n", "\n\t") + "\n}\n"
		if !strings.Contains(string(source), "func mount(mux *http.ServeMux) {"+lines) {
			t.Errorf("%s mounts by\n%s", name, block)
		}
	}
	mux := http.NewServeMux()
	mount(mux)
	for account, want := range map[string]int{"1001": http.StatusOK, "": http.StatusUnauthorized} {
		r := httptest.NewRequest(http.MethodGet, "/icp/v1/instances", nil)
		r.SetBasicAuth(account, "")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != want || want == http.StatusOK && !strings.Contains(w.Body.String(), `"i-1"`) {
			t.Errorf("%q is answered %d %s", account, w.Code, w.Body)
		}
	}
}

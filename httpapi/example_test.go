package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/memstore"
)

// The engine behind HTTP in a service that has sessions of its own. A refusal
// has every reason.
func Example() {
	api := httpapi.New(icpcode.New(memstore.New(), nil), httpapi.Options{
		Account: func(*http.Request) (icpcode.AccountID, error) { return "1001", nil }, // by the session
		Facts: func(context.Context, icpcode.AccountID, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			return map[icpcode.InstanceID]icpcode.Instance{ // from the inventory
				"i-hongkong": {Owner: "1001", Product: icpcode.ECS, Region: "cn-hongkong", Billing: icpcode.PayAsYouGo},
			}, nil
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/icp/", http.StripPrefix("/icp", api))

	r := httptest.NewRequest(http.MethodPost, "/icp/v1/codes/issue", strings.NewReader(`{"instance":"i-hongkong","quantity":1}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "order-1")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)

	var problem struct {
		Title   string
		Reasons []struct{ Rule, Outcome, Remedy string }
	}
	err := json.Unmarshal(w.Body.Bytes(), &problem)
	fmt.Println(w.Code, problem.Title, err)
	for _, reason := range problem.Reasons {
		if reason.Outcome == "failed" {
			fmt.Println(reason.Rule, reason.Remedy)
		}
	}
	// Output:
	// 422 The rules refuse this. <nil>
	// ELG-BILLING convert it to subscription
	// ELG-REGION buy in a mainland region
}

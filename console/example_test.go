package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/console"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/memstore"
)

// A console in a service that has sessions of its own.
func Example() {
	engine := icpcode.New(memstore.New(), nil)
	who := func(*http.Request) (icpcode.AccountID, error) { return "1001", nil } // by the session
	servers := func(context.Context, icpcode.AccountID) ([]icpcode.Instance, error) {
		return []icpcode.Instance{{ID: "i-hongkong", Owner: "1001", Product: icpcode.ECS, Region: "cn-hongkong"}}, nil
	}
	mux := http.NewServeMux()
	mux.Handle("/console/", http.StripPrefix("/console", console.New(engine, console.Options{
		Options: httpapi.Options{Account: who, Servers: servers},
		Base:    "/console",
	})))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/console/servers", http.NoBody))
	fmt.Println(w.Code, strings.Contains(w.Body.String(), "buy in a mainland region"))
	// Output: 200 true
}

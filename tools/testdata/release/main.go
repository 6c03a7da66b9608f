// A program of a user of every library, which tools/release-try builds from a
// module proxy and runs.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/console"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/inventory"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/presets"
	"github.com/icpcode/icpcode/sqlstore"
)

func main() {
	engine := icpcode.New(memstore.New(), nil)
	account := func(*http.Request) (icpcode.AccountID, error) { return "1001", nil }
	mux := http.NewServeMux()
	mux.Handle("/v1/", httpapi.New(engine, httpapi.Options{Account: account}))
	mux.Handle("/console/", http.StripPrefix("/console", console.New(engine, console.Options{
		Options: httpapi.Options{Account: account}, Base: "/console",
	})))
	for _, path := range []string{"/v1/codes/owned", "/console/servers"} {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, nil))
		if answer.Code != http.StatusOK {
			log.Fatalf("%s answers %d: %s", path, answer.Code, answer.Body)
		}
		fmt.Println(path, answer.Code)
	}
	// A database is more than this program has; what it would call is there.
	_ = []any{sqlstore.New, sqlstore.Migrate, sqlstore.PostgreSQL}
	fmt.Println(len(presets.Names()), "presets, inventories of", inventory.Providers())
}

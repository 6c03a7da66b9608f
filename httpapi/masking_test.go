package httpapi_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/internal/masking"
	"github.com/icpcode/icpcode/memstore"
)

// everyType has all exported types in the program that TestEveryType builds.
var everyType []reflect.Type

// TestEveryType holds that no exported type of this module shows a whole code or
// a secret when it is printed or logged.
func TestEveryType(t *testing.T) {
	masking.EveryType(t, everyType, masking.Least{Types: 15, Codes: 3, Secrets: 2})
}

// TestNoTextOfWholeCodes: what makes a text of a whole code is listed here.
func TestNoTextOfWholeCodes(t *testing.T) {
	masking.NoTextOfWholeCodes(t, 100, map[string]string{
		"httpapi.call.result":     "answers the request that made it",
		"httpapi.Handles.Seal":    "seals it",
		"httpapi.reveal":          "shows it to the account that asked for it, and notes that",
		"httpapi.call.sealCursor": "seals it",
		"httpapi.call.openCursor": "is bound to it",
	})
}

// TestHandlerShowsNoKey: a handler that is printed shows no key.
func TestHandlerShowsNoKey(t *testing.T) {
	key := httpapi.Key([]byte("secret-of-exactly-32-bytes-as-is"))
	h := httpapi.New(icpcode.New(memstore.New(), nil), httpapi.Options{Key: key, Account: func(*http.Request) (icpcode.AccountID, error) { return "1001", nil }})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if shown := fmt.Sprintf(verb, h); strings.Contains(shown, "115 101 99") || strings.Contains(shown, "0x73, 0x65") || strings.Contains(shown, "secret") {
			t.Errorf("%s shows %s", verb, shown)
		}
	}
	if fmt.Sprint(key, httpapi.Key{}) != "*** " {
		t.Errorf("a key is shown as %v", key)
	}
}

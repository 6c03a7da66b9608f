package sqlstore_test

import (
	"reflect"
	"testing"

	"github.com/icpcode/icpcode/internal/masking"
)

// everyType has all exported types in the program that TestEveryType builds.
var everyType []reflect.Type

// TestEveryType holds that no exported type of this module shows a whole code or
// a secret when it is printed or logged.
func TestEveryType(t *testing.T) {
	masking.EveryType(t, everyType, masking.Least{Types: 3, Codes: 0, Secrets: 0})
}

// TestNoTextOfWholeCodes: what makes a text of a whole code is listed here.
func TestNoTextOfWholeCodes(t *testing.T) {
	masking.NoTextOfWholeCodes(t, 100, map[string]string{
		"sqlstore.positionOf":   "is a cursor, which the engine seals",
		"sqlstore.newestFirst":  "orders them",
		"sqlstore.history":      "is what the database looks for",
		"sqlstore.appendKey":    "is what the database stores",
		"sqlstore.appendRecord": "is what the database stores",
		"sqlstore.appendEvent":  "is what the database stores",
	})
}

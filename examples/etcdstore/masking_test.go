package etcdstore_test

import (
	"reflect"
	"testing"

	"github.com/icpcode/icpcode/internal/masking"
)

// everyType has all exported types in the program that TestEveryType builds.
var everyType []reflect.Type

// TestEveryType holds that no exported type of this module shows a whole code or
// a secret when it is printed or logged.
func TestEveryType(t *testing.T) { masking.EveryType(t, everyType, masking.Least{Types: 1}) }

package masking

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

// everyType has all exported types in the program that EveryType builds.
var everyType []reflect.Type

func TestEveryType(t *testing.T) { EveryType(t, everyType, Least{Types: 50, Codes: 18, Secrets: 5}) }

// TestStoreInMemory prints a store that holds codes, which are not of type
// Code in there.
func TestStoreInMemory(t *testing.T) {
	store := memstore.New()
	engine := icpcode.New(store, &icpcode.Options{Price: icpcode.Money{Amount: decimal.NewFromInt(1), Currency: "CNY"}})
	got, err := engine.Buy(t.Context(), icpcode.BuyRequest{Actor: "1001", Quantity: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Codes {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			if shown := fmt.Sprintf(verb, store); strings.Contains(shown, strings.TrimLeft(c.String(), "0")) {
				t.Errorf("%s of a store shows a code", verb)
			}
		}
	}
}

// TestLeaksAreSeen shows that each way to print a code is looked at.
func TestLeaksAreSeen(t *testing.T) {
	for _, text := range planted {
		c := code(t, text)
		for _, leak := range []any{
			struct{ C icpcode.Code }{c}, formatted{c}, []icpcode.Code{c}, struct{ Text string }{"Duplicate entry '" + text + "'"},
			logged{c}, saying{c}, fmt.Errorf("no %v", c),
		} {
			if len(leaks(reflect.ValueOf(leak), text)) == 0 {
				t.Errorf("%T with %s was not seen", leak, text)
			}
		}
		if found := leaks(reflect.ValueOf(struct{ C string }{c.Masked()}), text); len(found) > 0 {
			t.Errorf("a masked code is taken for a whole one: %v", found)
		}
	}
}

type formatted struct{ c icpcode.Code }

func (f formatted) Format(s fmt.State, verb rune) {
	if verb == 'q' {
		_, _ = fmt.Fprintf(s, "%q", f.c)
	}
}

type logged struct{ c icpcode.Code }

func (logged) Format(fmt.State, rune) {}
func (l logged) LogValue() slog.Value { return slog.StringValue(l.c.Display()) }

type saying struct{ c icpcode.Code }

func (saying) Format(fmt.State, rune) {}
func (s saying) String() string       { return s.c.String() }
func (saying) LogValue() slog.Value   { return slog.Value{} }

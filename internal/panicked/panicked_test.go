package panicked_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/panicked"
)

type text string

type number uint64

func (n number) String() string { return fmt.Sprintf("%012d", uint64(n)) }

type failure struct{ Code icpcode.Code }

func (f failure) Error() string { return "no " + f.Code.Masked() }

type inside struct{ code icpcode.Code }

type talks struct{ code icpcode.Code }

func (t *talks) Error() string { return "no " + t.code.Display() }

// TestNoShapeShowsACode hands in codes in every shape in which a function may
// panic with them.
func TestNoShapeShowsACode(t *testing.T) {
	const whole = "012345678901"
	for _, format := range []icpcode.Format{icpcode.TwelveDigits, icpcode.Opaque} {
		code, err := format.Parse(whole)
		if err != nil {
			t.Fatal(err)
		}
		array := [...]icpcode.Code{code}
		for _, v := range []any{
			code, &code, array[:], array, &array, map[icpcode.Code]int{code: 1}, map[string]icpcode.Code{"a": code}, []any{code}, []string{whole},
			inside{code}, &inside{code}, failure{code}, &failure{code}, &talks{code}, icpcode.Record{Code: code}, func() icpcode.Code { return code },
			whole, text(whole), []byte(whole), uint64(12345678901), number(12345678901), float64(12345678901), "no " + code.Display(), fmt.Sprint(inside{code}),
			fmt.Errorf("no %v", code), errors.Join(errors.New("no"), fmt.Errorf("no %v", []icpcode.Code{code})), fmt.Errorf("twice: %w", &talks{code}),
		} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
				shown := fmt.Sprintf(verb, struct{ V any }{panicked.Value(v)})
				if bare := strings.ReplaceAll(shown, "-", ""); strings.Contains(bare, whole[1:]) || strings.Contains(shown, "48, 49") || strings.Contains(shown, "48 49 50") || strings.Contains(shown, "0x2dfdc1c35") {
					t.Errorf("%T under %s shows %s", v, verb, shown)
				}
			}
		}
	}
}

// TestTheRestIsShown: what can hold no code is handed on as it is.
func TestTheRestIsShown(t *testing.T) {
	sorry := errors.New("sorry")
	for _, v := range []any{"broken at 2026-03-01T12:00:00.5", sorry, 7, 1.5, true, ""} {
		if got := panicked.Value(v); got != v {
			t.Errorf("%v is handed on as %v", v, got)
		}
	}
	got := func() (v any) {
		defer func() { v = panicked.Value(recover()) }()
		none := make([]int, len(fmt.Sprint()))
		return none[len(none)]
	}()
	if err, ok := got.(error); !ok || !strings.Contains(err.Error(), "out of range") {
		t.Errorf("an error of the runtime is handed on as %v", got)
	}
	for v, want := range map[any]any{
		"code 012345678901, and 0123-4567-8901.": "code **********01, and ************01.",
		text("broken"):                           "broken",
		struct{}{}:                               "a value of type struct {}",
		failure{}:                                "no ",
	} {
		if got := panicked.Value(v); got != want {
			t.Errorf("%v is handed on as %v, want %v", v, got, want)
		}
	}
}

package httpapi

import (
	"errors"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

func code(t *testing.T, text string) icpcode.Code {
	t.Helper()
	c, err := icpcode.Opaque.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHandles(t *testing.T) {
	h, other := NewHandles([32]byte{1}), NewHandles([32]byte{2})
	for _, text := range []string{"012345678901", "x", strings.Repeat("é", 32)} {
		c := code(t, text)
		handle := h.Seal("1001", c)
		if got, err := h.Open("1001", handle); err != nil || got != c {
			t.Errorf("the handle of %v opens as %v, %v", c, got, err)
		}
		if handle != NewHandles([32]byte{1}).Seal("1001", c) {
			t.Error("one code has two handles for one account")
		}
		if strings.Contains(handle, text) || handle == h.Seal("1002", c) {
			t.Errorf("the handle %s tells the code, or is that of another account", handle)
		}
		for name, open := range map[string]func() (icpcode.Code, error){
			"another account": func() (icpcode.Code, error) { return h.Open("1002", handle) },
			"another key":     func() (icpcode.Code, error) { return other.Open("1001", handle) },
			"the code itself": func() (icpcode.Code, error) { return h.Open("1001", text) },
			"a line more":     func() (icpcode.Code, error) { return h.Open("1001", handle+"\n") },
			"two lines":       func() (icpcode.Code, error) { return h.Open("1001", handle[:9]+"\r\n"+handle[9:]) },
			"nothing":         func() (icpcode.Code, error) { return h.Open("1001", "") },
			"a cursor": func() (icpcode.Code, error) {
				return h.Open("1001", h.seal(sealedCursor, "1001", text))
			},
		} {
			if got, err := open(); !errors.Is(err, icpcode.ErrNoCode) || !got.IsZero() {
				t.Errorf("%s opens as %v, %v", name, got, err)
			}
		}
		for i := range handle {
			b := []byte(handle)
			b[i] ^= 1
			if got, err := h.Open("1001", string(b)); err == nil {
				t.Fatalf("the handle %s, changed at %d, opens as %v", handle, i, got)
			}
		}
	}
}

// A handle of the zero key is of no use in another process.
func TestHandlesOfNoKey(t *testing.T) {
	c := code(t, "012345678901")
	if _, err := NewHandles([32]byte{}).Open("1001", NewHandles([32]byte{}).Seal("1001", c)); err == nil {
		t.Error("two random keys are the same")
	}
}

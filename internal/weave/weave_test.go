package weave

import (
	"strings"
	"testing"
)

// TestWeave shows that each kind of function goes on to its variant, and that
// edits which cannot be woven are told of.
func TestWeave(t *testing.T) {
	const text = `package p

import "fmt"

type s struct{}

func plain(a int, b ...string) (int, error) { return a, nil }
func (x s) method(_ int, _ string) { fmt.Println() }
func (s) unnamed() int { return 1 }
func generic[A any, B comparable](a A, b B) B { return b }

var v = 1
`
	good, err := New(text)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range []struct{ old, new string }{
		{"return a, nil", "return a + 1, nil"}, {"{ fmt.Println() }", "{ fmt.Print(time.Now()) }"},
		{"return 1", "return 2"}, {"return b", "return *new(B)"}, {"return a, nil", "return a + 2, nil"},
	} {
		changed := strings.Replace(text, e.old, e.new, 1)
		if i == 1 {
			changed = strings.Replace(changed, `import "fmt"`, `import ("fmt"; "time")`, 1)
		}
		if err := good.Add(i+1, changed); err != nil {
			t.Errorf("%q: %v", e.new, err)
		}
	}
	const want = `package p

import "time"

import "fmt"

type s struct{}

func plain(a int, b ...string) (int, error) {
	switch wovenChange {
	case 1:
		return woven_plain__1(a, b...)
	case 5:
		return woven_plain__5(a, b...)
	}
 return a, nil }
func (x s) method(blank1 int, blank2 string) {
	switch wovenChange {
	case 2:
		x.woven_method__2(blank1, blank2)
		return
	}
 fmt.Println() }
func (blank0 s) unnamed() int {
	switch wovenChange {
	case 3:
		return blank0.woven_unnamed__3()
	}
 return 1 }
func generic[A any, B comparable](a A, b B) B {
	switch wovenChange {
	case 4:
		return woven_generic__4[A, B](a, b)
	}
 return b }

var v = 1

func woven_plain__1(a int, b ...string) (int, error) { return a + 1, nil }

func woven_plain__5(a int, b ...string) (int, error) { return a + 2, nil }

func (x s) woven_method__2(_ int, _ string) { fmt.Print(time.Now()) }

func (s) woven_unnamed__3() int { return 2 }

func woven_generic__4[A any, B comparable](a A, b B) B { return *new(B) }
`
	if got := good.Source(); got != want {
		t.Errorf("woven:\n%s\nwant:\n%s", got, want)
	}
	for _, e := range []struct{ old, new string }{
		{"var v = 1", "var v = 2"}, {"a int", "a int8"}, {"var v = 1\n", ""}, {"func plain", "// new\nfunc plain"},
		{"return 1", "return 1)"},
	} {
		bad, err := New(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := bad.Add(1, strings.Replace(text, e.old, e.new, 1)); err == nil {
			t.Errorf("%q to %q was woven", e.old, e.new)
		}
	}
}

// Package panicked shows what a function panicked with, without the codes that
// may be in it.
package panicked

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
)

// fewest is how many digits in a row are taken for a code: a code whose first
// digit is 0 is printed with eleven where its number is.
const fewest = 11

// Value returns what may be handed on of a value that a function panicked with:
// a text, an error, a truth or a number as it is, and a text of it with the
// digits masked where it shows so many that they can be a code; of anything
// else, which can hold codes that are printed whole, a text that names its type.
// It cannot tell an opaque code from the text that it is part of.
func Value(v any) any {
	kind := reflect.ValueOf(v).Kind()
	_, isError := v.(error)
	if _, ofRuntime := v.(runtime.Error); !ofRuntime && !plain(kind) && (!isError || kind != reflect.Pointer) {
		if !isError {
			return fmt.Sprintf("a value of type %T", v)
		}
		return masked(fmt.Sprint(v)) // under %#v it would show what it holds
	}
	if text := fmt.Sprint(v); masked(text) != text {
		return masked(text)
	}
	if isError || strings.HasPrefix(fmt.Sprintf("%T", v), kind.String()) {
		return v
	}
	return masked(fmt.Sprint(v)) // of a type of its own, which may print itself otherwise
}

// plain reports whether values of a kind hold nothing but one text or number.
func plain(k reflect.Kind) bool {
	return k == reflect.String || reflect.Bool <= k && k <= reflect.Complex128
}

// masked masks each row of digits that can be a code, but for its last two. A
// code that is printed for people has a hyphen after each four.
func masked(s string) string {
	b := []byte(s)
	for i := 0; i < len(b); i++ {
		n, end := 0, i
		for j := i; j < len(b) && (isDigit(b[j]) || n > 0 && b[j] == '-'); j++ {
			if isDigit(b[j]) {
				n, end = n+1, j+1
			}
		}
		if n >= fewest {
			for j := i; j < end-2; j++ {
				b[j] = '*'
			}
		}
		i = max(i, end)
	}
	return string(b)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

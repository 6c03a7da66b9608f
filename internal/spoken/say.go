package spoken

import (
	"fmt"
	"strconv"

	"github.com/icpcode/icpcode"
)

// Say returns one of two phrases, which take the same verbs.
func Say(l icpcode.Lang, en, zh string, args ...any) string {
	if l == icpcode.Chinese {
		en = zh
	}
	if len(args) == 0 {
		return en
	}
	return fmt.Sprintf(en, args...)
}

// Count counts things: in English one or many of them, in Chinese with a measure
// word.
func Count(l icpcode.Lang, n int, one, many, zh string) string {
	if l == icpcode.Chinese {
		return Thousands(n) + zh
	}
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}

// Thousands writes n as 1,234,567.
func Thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

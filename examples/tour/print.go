package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/icpcode/icpcode"
)

const lineWidth = 80

// title begins a part of the tour.
func (t *tour) title(format string, args ...any) {
	t.part++
	fmt.Fprintf(&t.out, "\n%d. %s\n\n", t.part, fmt.Sprintf(format, args...))
}

// text prints a paragraph.
func (t *tour) text(format string, args ...any) { t.print("", "", fmt.Sprintf(format, args...)) }

// do prints what somebody does, and when.
func (t *tour) do(who icpcode.AccountID, format string, args ...any) {
	t.print(t.now.In(china).Format("2006-01-02 15:04:05")+"  ", "", fmt.Sprintf("%s %s", who, fmt.Sprintf(format, args...)))
}

// got prints what came of it.
func (t *tour) got(format string, args ...any) { t.print("    -> ", "", fmt.Sprintf(format, args...)) }

// print prints text, wrapped, behind first on its first line and below that on
// the others.
func (t *tour) print(first, rest, text string) {
	if rest == "" {
		rest = strings.Repeat(" ", width(first))
	}
	prefix := first
	for paragraph := range strings.SplitSeq(text, "\n") {
		for _, line := range wrap(paragraph, lineWidth-width(first)) {
			fmt.Fprintln(&t.out, strings.TrimRight(prefix+line, " "))
			prefix = rest
		}
	}
}

// reason prints one reason in full.
func (t *tour) reason(prefix string, r icpcode.Reason) {
	labels, colon := [...]string{"required", "found", "remedy", "source"}, ": "
	if t.lang == icpcode.Chinese {
		labels, colon = [...]string{"要求", "实际", "处理建议", "来源"}, "："
	}
	t.print(prefix, "", fmt.Sprintf("%s %s%s%s", r.Rule, r.Outcome.Label(t.lang), colon, r.Rule.Title(t.lang)))
	indent := strings.Repeat(" ", width(prefix))
	for i, text := range [...]string{r.Required, r.Found, r.Remedy, r.Source(t.lang)} {
		if text != "" {
			t.print(indent+"  "+labels[i]+strings.Repeat(" ", 10-width(labels[i])), "", text)
		}
	}
}

// list names servers by their numbers, "1-3, 7".
func list(numbers []int) string {
	slices.Sort(numbers)
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		switch part := strconv.Itoa(numbers[i]); {
		case j == i:
			parts = append(parts, part)
		case j == i+1:
			parts = append(parts, part, strconv.Itoa(numbers[j]))
		default:
			parts = append(parts, part+"-"+strconv.Itoa(numbers[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// letter names the n-th reason: A to Z, then AA.
func letter(n int) string {
	s := ""
	for ; n >= 0; n = n/26 - 1 {
		s = string(rune('A'+n%26)) + s
	}
	return s
}

// safe makes a name out of an inventory fit for a terminal, in at most limit
// columns.
func safe(name string, limit int) string {
	var b strings.Builder
	used := 0
	for _, r := range name {
		if !unicode.IsPrint(r) {
			r = '?'
		}
		if used += width(string(r)); used > limit-1 {
			return b.String() + "…"
		}
		b.WriteRune(r)
	}
	return b.String()
}

// width returns how many columns s takes: Chinese characters take two.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if wide(r) {
			n++
		}
	}
	return n
}

func wide(r rune) bool {
	return r >= 0x1100 && (r <= 0x115F || r >= 0x2E80 && r <= 0xA4CF || r >= 0xAC00 && r <= 0xD7A3 ||
		r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE6F || r >= 0xFF00 && r <= 0xFF60 ||
		r >= 0xFFE0 && r <= 0xFFE6 || r >= 0x1F300 && r <= 0x1FAFF || r >= 0x20000 && r <= 0x3FFFD)
}

// Marks that must not begin a line, and marks that must not end one.
const (
	closing = "，。、；：？！）》”"
	opening = "（《“"
)

// wrap breaks s into lines of at most limit columns, at spaces and between
// Chinese characters, but not before a mark that closes or behind one that opens.
func wrap(s string, limit int) []string {
	var lines []string
	line, word := "", ""
	flush := func(space string) {
		if line != "" && width(line)+width(word) > limit {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += word + space
		word = ""
	}
	for _, r := range s {
		if r == ' ' {
			flush(" ")
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(word)
		chinese := wide(r) || wide(last) || strings.ContainsRune(opening, r)
		if chinese && !strings.ContainsRune(closing, r) && !strings.ContainsRune(opening, last) {
			flush("")
		}
		word += string(r)
	}
	flush("")
	return append(lines, line)
}

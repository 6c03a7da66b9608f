package main

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// Names and values of an inventory are whatever somebody once typed. Nothing
// of them reaches a terminal, a spreadsheet or a log but through safe, cell or
// escapeJSON.

// maxMarks bounds the combining marks on one character: more would cover the
// lines around it.
const maxMarks = 2

// safe makes text fit for one line of a terminal: what does not print, or
// would turn the text around, is spelled out as \x1b or \u202e.
func safe(s string) string {
	marks := 0
	if plain(s) || utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !harmless(r, &marks) }) < 0 {
		return s
	}
	var b strings.Builder
	marks = 0
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				fmt.Fprintf(&b, `\x%02x`, s[i])
				continue
			}
		}
		if !harmless(r, &marks) {
			escape(&b, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// harmless reports whether r can stand in a line as it is. It counts the
// combining marks since the last other character in marks.
func harmless(r rune, marks *int) bool {
	if !unicode.Is(unicode.M, r) {
		*marks = 0
		return unicode.IsPrint(r) || unicode.Is(unicode.Zs, r)
	}
	*marks++
	return *marks <= maxMarks
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func escape(b *strings.Builder, r rune) {
	switch {
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	case r > 0xFFFF:
		fmt.Fprintf(b, `\U%08x`, r)
	default:
		fmt.Fprintf(b, `\u%04x`, r)
	}
}

// cell makes text fit for a cell of a spreadsheet as well: one that a
// spreadsheet would take for a formula gets an apostrophe in front.
func cell(s string) string {
	s = safe(s)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \u00A0\u3000"))
	if strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + s
	}
	return s
}

// escapeJSON spells out in a JSON document what safe does in text, so that the
// document means the same and can be looked at in a terminal.
func escapeJSON(doc []byte) []byte {
	marks := 0
	fine := func(r rune) bool { return r == '\n' || harmless(r, &marks) }
	if bytes.IndexFunc(doc, func(r rune) bool { return !fine(r) }) < 0 {
		return doc
	}
	var out []byte
	marks = 0
	for _, r := range string(doc) {
		switch {
		case fine(r):
			out = utf8.AppendRune(out, r)
		case r > 0xFFFF:
			high, low := surrogates(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

func surrogates(r rune) (high, low rune) {
	r -= 0x10000
	return 0xD800 + r>>10, 0xDC00 + r&0x3FF
}

// columns counts what text takes on a terminal: Chinese characters take two.
// The library's own guess from the locale is not asked, since terminals show
// the characters in doubt in one.
var columns = runewidth.Condition{StrictEmojiNeutral: true}

func width(s string) int {
	n := 0
	for _, r := range s {
		n += columns.RuneWidth(r)
	}
	return n
}

// pad fills s up to n columns.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-width(s)))
}

// padLeft fills s up to n columns from the left.
func padLeft(s string, n int) string {
	return strings.Repeat(" ", max(0, n-width(s))) + s
}

// shorten cuts s to n columns.
func shorten(s string, n int) string {
	if width(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if used += columns.RuneWidth(r); used > n-2 {
			return s[:i] + ".."
		}
	}
	return s
}

// wrap breaks s into lines of at most limit columns: at spaces, between
// Chinese characters, though not before their closing marks, and where nothing
// else helps inside a word.
func wrap(s string, limit int) []string {
	var lines []string
	line, used := "", 0
	for _, piece := range pieces(s) {
		w := width(strings.TrimRight(piece, " "))
		if used > 0 && used+w > limit {
			lines = append(lines, strings.TrimRight(line, " "))
			line, used = "", 0
		}
		for w > limit {
			cut, n := 0, 0
			for i, r := range piece {
				if n += columns.RuneWidth(r); n > limit {
					break
				}
				cut = i + utf8.RuneLen(r)
			}
			if cut == 0 {
				break
			}
			lines = append(lines, piece[:cut])
			piece = piece[cut:]
			w = width(strings.TrimRight(piece, " "))
		}
		line += piece
		used += width(piece)
	}
	return append(lines, strings.TrimRight(line, " "))
}

// closing are marks that do not begin a line.
const closing = "，。；：、）！？”’》」』】"

// opening are marks that do not end one.
const opening = "（“‘《「『【"

// pieces splits text into what is not broken: words with the spaces after
// them, and single wide characters with the marks that belong to them.
func pieces(s string) []string {
	var out []string
	word := ""
	flush := func() {
		if word != "" {
			out = append(out, word)
			word = ""
		}
	}
	var last rune
	for _, r := range s {
		wide := columns.RuneWidth(r) == 2
		switch {
		case strings.ContainsRune(closing, r), unicode.Is(unicode.M, r):
			if word == "" && len(out) > 0 {
				word = out[len(out)-1]
				out = out[:len(out)-1]
			}
		case r == ' ': // belongs to what is before it
		case wide && !strings.ContainsRune(opening, last), !wide && wideRune(last), last == ' ':
			flush()
		}
		word += string(r)
		last = r
	}
	flush()
	return out
}

// wideRune reports whether a line can be broken after r, a wide character.
func wideRune(r rune) bool {
	return r != 0 && columns.RuneWidth(r) == 2 && !strings.ContainsRune(opening, r)
}

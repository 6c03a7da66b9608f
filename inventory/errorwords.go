package inventory

import (
	"bytes"
	"slices"

	"github.com/icpcode/icpcode"
)

// errorWords are what spreadsheets show where a formula has no value.
var errorWords = []string{
	"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!",
	"#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA",
}

// longestErrorWord is how long one is at most, with what ends it.
const longestErrorWord = len("#GETTING_DATA") + 1

// formulaError says that a cell is one of the errors of a spreadsheet's formula,
// or nothing.
func formulaError(cell string) error {
	if len(cell) == 0 || cell[0] != '#' || !slices.Contains(errorWords, cell) {
		return nil
	}
	return errorf("%q is what a spreadsheet shows where a formula failed, and no value: mend the formula, or leave the cell empty",
		"%q 是表格公式出错时的显示内容，不是有效值：请修正公式，或将单元格留空", cell)
}

// lineError is an error about a line, counted from 1.
type lineError struct {
	line int
	err  error
}

// Error gives the line and the cause.
func (e *lineError) Error() string { return e.Text(icpcode.English) }

// Text returns them in language l.
func (e *lineError) Text(l icpcode.Lang) string { return atLine(e.line, e.err).Text(l) }

// Unwrap returns the cause.
func (e *lineError) Unwrap() error { return e.err }

// lineWatch finds lines of a CSV that begin with the error of a formula:
// otherwise they would pass for comments. The zero value is at the beginning.
type lineWatch struct {
	begun bool
	err   error  // that was found
	line  int    // of the last line break in what was seen
	tail  []byte // from a line break on that was not judged yet
}

// check takes the next bytes, which end the input if there are none.
func (w *lineWatch) check(p []byte) error {
	if w.err != nil {
		return w.err
	}
	if !w.begun {
		w.begun, w.tail = true, append(w.tail, '\n') // before the first line
	}
	last := len(p) == 0
	text := append(w.tail, p...) //nolint:gocritic // its memory is used again
	at := 0
	for {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			w.tail = text[:0]
			return nil
		}
		at += i
		rest := text[at+1:]
		if len(rest) < longestErrorWord && !last {
			w.tail = append(text[:0], text[at:]...)
			return nil
		}
		w.line++
		if len(rest) > 0 && rest[0] == '#' {
			word := rest[:min(len(rest), longestErrorWord)]
			if end := bytes.IndexAny(word, ",;\t\r\n"); end >= 0 {
				word = word[:end]
			}
			if err := formulaError(string(word)); err != nil {
				w.err = &lineError{w.line, err}
				return w.err
			}
		}
		at++
	}
}

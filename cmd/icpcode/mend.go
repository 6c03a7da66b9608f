package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
)

// mend returns a reader that undoes two things that spreadsheets do to a CSV,
// or nil where there is nothing to undo: lines that end in a carriage return
// alone, and cells such as ="1234567890123456", with which people keep Excel
// from reading a number. Lines stay lines.
func mend(in *bufio.Reader) io.Reader {
	head, _ := in.Peek(16 << 10) // what is wrong shows when it is read
	if looksLikeJSON(head) {
		return nil
	}
	returns := bytes.IndexByte(head, '\r') >= 0 && bytes.IndexByte(head, '\n') < 0
	texts := formulaText.Match(head)
	if !returns && !texts {
		return nil
	}
	var r io.Reader = in
	if returns {
		r = &returnReader{r}
	}
	if texts {
		r = &formulaReader{in: bufio.NewReaderSize(r, maxCSVLine)}
	}
	return r
}

// maxCSVLine is how long a line may be in which cells are mended.
const maxCSVLine = 256 << 10

// formulaText is a cell that is a formula for a text.
var formulaText = regexp.MustCompile(`(^|[,;\t\r\n])="([^",;\t\r\n]*)"`)

// returnReader makes line feeds of carriage returns.
type returnReader struct{ r io.Reader }

func (r *returnReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// formulaReader makes texts of formulas for texts, a line at a time. A line
// that is too long stays as it is.
type formulaReader struct {
	in  *bufio.Reader
	buf []byte
	err error
}

func (r *formulaReader) Read(p []byte) (int, error) {
	for len(r.buf) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		line, err := r.in.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			r.err = err
			line = formulaText.ReplaceAll(line, []byte(`$1"$2"`))
		}
		r.buf = append(r.buf[:0], line...)
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

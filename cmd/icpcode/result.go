package main

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
)

// isResult reports whether a line is the header of what precheck -csv prints,
// in either language.
func isResult(line string) bool {
	cells, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		return false
	}
	cells[0] = strings.TrimPrefix(cells[0], "\uFEFF")
	return slices.Equal(cells, csvColumns) || slices.Equal(cells, csvColumnsZh)
}

// result makes a CSV of servers of what precheck -csv prints: what is known of
// each server, without the answers.
func (s *source) result(test headerTest) {
	r := &resultReader{in: csv.NewReader(s.Reader), columns: []int{resultID, resultName, resultProvider, resultProduct, resultRegion}}
	if !test(r.header()) {
		r.columns = slices.Delete(r.columns, 1, 2) // facts have no names
	}
	r.in.ReuseRecord = true
	s.Reader, s.line = r, true
	s.notices = append(s.notices, errorf("it is what precheck -csv prints: read for id, name, provider, product and region, not for its answers",
		"这是precheck -csv的输出：只读取ID、名称、提供商、产品和地域，不读取其结论"))
}

// resultReader reads what precheck -csv prints as a CSV of servers with the
// same lines.
type resultReader struct {
	in      *csv.Reader
	columns []int // that are read
	begun   bool
	line    int // lines written
	last    [2]string
	buf     []byte
	err     error
}

// header is the header line of what is read.
func (r *resultReader) header() string {
	var names []string
	for _, n := range r.columns {
		names = append(names, csvColumns[n])
	}
	return strings.Join(names, ",")
}

func (r *resultReader) Read(p []byte) (int, error) {
	for len(r.buf) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		row, err := r.in.Read()
		if err != nil {
			r.err = err
			var bad *csv.ParseError
			if errors.As(err, &bad) {
				r.err = errorf("line %d: %v", "第%d行：%v", bad.Line, bad.Err)
			}
			continue
		}
		line, _ := r.in.FieldPos(0)
		r.buf = r.buf[:0]
		for ; r.line+1 < line; r.line++ {
			r.buf = append(r.buf, '\n')
		}
		r.row(row)
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

// The columns of the result that say what a server is.
const (
	resultID, resultName, resultProvider, resultProduct, resultRegion = 1, 2, 3, 4, 5
	resultCodes                                                       = 7
)

// row writes one row. Further reasons of a server are no further servers.
func (r *resultReader) row(row []string) {
	r.line++
	if !r.begun {
		r.begun = true
		r.buf = append(r.buf, r.header()+"\n"...)
		return
	}
	key := [2]string{row[resultProvider], row[resultID]}
	if key == r.last && row[resultCodes] == "" {
		r.buf = append(r.buf, '\n')
		return
	}
	r.last = key
	var cells []string
	for _, n := range r.columns {
		cells = append(cells, uncell(row[n]))
	}
	r.buf = append(r.buf, csvLine(cells)...)
}

// uncell takes back what cell did.
func uncell(s string) string {
	if rest, found := strings.CutPrefix(s, "'"); found && cell(rest) == s {
		return rest
	}
	return s
}

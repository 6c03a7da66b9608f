package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/spoken"
	"github.com/icpcode/icpcode/inventory"
)

// source is a file as UTF-8 text: JSON, or a CSV that begins with its header
// line. It is closed when it was read.
type source struct {
	io.Reader
	closers []func()
	text    *textReader // nil: a spreadsheet
	head    []byte      // of the text, to recognise what it is
	servers int         // read from it so far
	// line is whether places in it can be told by line alone: its bytes are not
	// those of the file.
	line bool
	// notices are what was assumed or passed over, also what shows only while
	// it is read.
	notices []error
}

// readError is what keeps a file from being read as text, in words that say
// where.
type readError struct{ err error }

// Error returns the text in English.
func (e *readError) Error() string { return e.Text(icpcode.English) }

// Text returns the text in language l.
func (e *readError) Text(l icpcode.Lang) string { return spoken.Text(e.err, l) }

// Unwrap returns the cause.
func (e *readError) Unwrap() error { return e.err }

// Read reads the text. What is wrong with it is told from what is wrong with
// the list in it.
func (s *source) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if err != nil && isSpoken(err) {
		err = &readError{err}
	}
	return n, err
}

// close lets go of the file. It was only read.
func (s *source) close() {
	for _, f := range s.closers {
		f()
	}
}

// told returns what was assumed of the text so far.
func (s *source) told() []error {
	out := slices.Clone(s.notices)
	switch {
	case s.text == nil:
	case s.text.charset == charsetGB18030:
		out = append(out, errorf("read as %v (GBK), as it is not UTF-8", "不是UTF-8编码，已按%v（GBK）读取", s.text.charset))
	case s.text.charset != charsetUTF8:
		out = append(out, errorf("read as %v", "已按%v编码读取", s.text.charset))
	case s.text.unsure:
		out = append(out, errorf("read as UTF-8, but it could be GBK: if names look wrong, save it as UTF-8 with a BOM",
			"已按UTF-8读取，但也可能是GBK：如名称显示异常，请另存为带BOM的UTF-8"))
	}
	return out
}

// headerTest reports whether a reader takes the first line of a CSV.
type headerTest func(line string) bool

// The readers of CSV files.
var (
	serversHeader headerTest = func(line string) bool {
		for _, err := range inventory.Read(strings.NewReader(line+"\n"), nil) {
			if err != nil {
				return false
			}
		}
		return true
	}
	factsHeader headerTest = func(line string) bool {
		_, err := inventory.ReadFacts(strings.NewReader(line + "\n"))
		return err == nil
	}
	issuedHeader headerTest = func(line string) bool {
		_, err := readIssued(strings.NewReader(line + "\n"))
		return err == nil
	}
)

// maxTitles is how many lines above the header line are passed over: titles,
// dates of export, empty lines.
const maxTitles = 20

// readText makes text of what r has. The error is that this is no text of any
// kind, in words; an error of r itself comes when the text is read.
func readText(r io.Reader, file io.Closer, test headerTest) (*source, error) {
	return readSheetText(r, file, test, "")
}

// readSheetText is readText for a sheet of a workbook; "": the only one that has
// the headers.
func readSheetText(r io.Reader, file io.Closer, test headerTest, sheet string) (*source, error) {
	s := &source{closers: []func(){func() { _ = file.Close() }}} // it is only read
	t := newTextReader(r)
	head, _ := t.in.Peek(sniffBytes) // what is wrong shows when it is read
	kind := binaryKind(head)
	if sheet != "" && !errors.Is(kind, errNoSheet) {
		s.close()
		return nil, errorf("it is no workbook and has no sheet %q", "不是工作簿，没有工作表%q", sheet)
	}
	if kind != nil {
		err := kind
		if errors.Is(kind, errNoSheet) {
			err = s.spreadsheet(t.in, test, sheet)
		}
		if err != nil {
			s.close()
			return nil, err
		}
		return s, nil
	}
	s.text, s.line = t, t.charset != charsetUTF8
	in := bufio.NewReaderSize(t, 64<<10)
	if mended := mend(in); mended != nil {
		in = bufio.NewReaderSize(mended, 64<<10)
		s.line = true
	}
	s.Reader = in
	s.head, _ = in.Peek(16 << 10)
	s.head = bytes.Clone(s.head)
	if terraformHead.Match(s.head) {
		return s, s.terraform(in)
	}
	if looksLikeJSON(s.head) {
		return s, nil
	}
	s.titles(in, test)
	return s, nil
}

// terraform makes a list of servers of Terraform's document.
func (s *source) terraform(in io.Reader) error {
	list, unknown, err := terraformServers(in)
	if err != nil {
		s.close()
		return err
	}
	s.Reader, s.line = bytes.NewReader(list), true
	if len(unknown) > 0 {
		s.notices = append(s.notices, errorf("known only after apply, so unknown here: %v", "应用后才能确定，此处视为未知：%v", unknown))
	}
	return nil
}

// looksLikeJSON reports whether the first character is one of JSON's brackets.
func looksLikeJSON(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\uFEFF")), " \t\r\n")
	return len(head) > 0 && (head[0] == '{' || head[0] == '[')
}

// titles passes over what stands above the header line of a CSV. Line numbers
// stay what they are.
func (s *source) titles(in *bufio.Reader, test headerTest) {
	text := strings.TrimPrefix(string(s.head), "\uFEFF")
	at := 0
	for n := range maxTitles {
		line, rest, whole := strings.Cut(text[at:], "\n")
		line = strings.TrimSuffix(line, "\r")
		if n > 0 && looksLikeJSON([]byte(line)) {
			s.skip(in, n, len(s.head)-len(text)+at)
			return
		}
		if !strings.HasPrefix(line, "#") && strings.TrimSpace(line) != "" {
			if isResult(line) {
				s.skip(in, n, len(s.head)-len(text)+at)
				s.result(test)
				return
			}
			if test(line) {
				s.skip(in, n, len(s.head)-len(text)+at)
				return
			}
		}
		if !whole {
			return
		}
		at = len(text) - len(rest)
	}
}

// skip leaves out n lines at the beginning, which take so many bytes.
func (s *source) skip(in *bufio.Reader, n, size int) {
	titled := false
	for line := range bytes.Lines(s.head[:size]) {
		line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\uFEFF")))
		titled = titled || len(line) > 0 && line[0] != '#'
	}
	if !titled {
		return // comments and empty lines are no titles
	}
	_, _ = in.Discard(size) // they were looked at
	s.Reader, s.line = io.MultiReader(strings.NewReader(strings.Repeat("\n", n)), in), true
	s.passedOver(1, n)
}

func (s *source) passedOver(from, to int) {
	if from == to {
		s.notices = append(s.notices, errorf("line %d is above the list: not read", "第%d行在清单之前：未读取", from))
		return
	}
	s.notices = append(s.notices, errorf("lines %d to %d are above the list: not read", "第%d至%d行在清单之前：未读取", from, to))
}

// sheetsError says that several sheets of a workbook could be meant.
type sheetsError struct{ names []string }

// Error returns the text in English.
func (e *sheetsError) Error() string { return e.Text(icpcode.English) }

// Text returns the text in language l.
func (e *sheetsError) Text(l icpcode.Lang) string {
	return spoken.Errorf("the sheets %v all have such rows: name one of them behind the file, FILE.xlsx#%[2]s", "工作表 %v 都有这样的行：请在文件名后指定其中一个，文件.xlsx#%[2]s",
		spoken.List(e.names), e.names[0]).Text(l)
}

// spreadsheet makes a CSV of a sheet of a workbook: of the one of that name, or
// without a name of the one that has the headers.
func (s *source) spreadsheet(in io.Reader, test headerTest, name string) error {
	data, err := io.ReadAll(io.LimitReader(in, maxWorkbook+1))
	if err != nil {
		return err
	}
	w, err := openWorkbook(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	s.line = true
	chosen, header, result := -1, 0, false
	var names []string
	for n := range w.sheets {
		if name != "" && w.sheets[n].name != name {
			continue
		}
		row, own, err := w.headerRow(w.sheets[n], test)
		if err != nil {
			return err
		}
		if name != "" {
			chosen = n // what is wrong with it is told when it is read
		}
		if row == 0 {
			continue
		}
		names = append(names, w.sheets[n].name)
		chosen, header, result = n, row, own
	}
	if len(names) > 1 {
		return &sheetsError{names}
	}
	if name != "" && chosen < 0 {
		var all spoken.List
		for _, k := range w.sheets {
			all = append(all, k.name)
		}
		return errorf("it has no sheet %q; its sheets are %v", "没有工作表%q；其中有 %v", name, all)
	}
	if chosen < 0 && len(w.sheets) != 1 {
		return errorf("none of its %d sheets has a line of headers with a column for the ID of servers (id, InstanceId, 实例ID)",
			"%d个工作表中都没有含实例ID列（id、InstanceId、实例ID）的表头", len(w.sheets))
	}
	chosen = max(chosen, 0) // what is wrong with the only one is told when it is read
	if len(w.sheets) > 1 && name == "" {
		s.notices = append(s.notices, errorf("read from the sheet %q; the others have no headers of a list of servers", "读取工作表%q；其余工作表没有服务器清单的表头", w.sheets[chosen].name))
	}
	r := &sheetReader{header: header}
	var stop func()
	r.next, stop = iter.Pull2(w.rows(w.sheets[chosen]))
	s.closers = append(s.closers, stop)
	s.Reader = r
	if result {
		s.result(test)
	}
	if header > 0 {
		if first := w.firstRow(w.sheets[chosen]); first < header {
			s.passedOver(first, header-1)
		}
	}
	return nil
}

// headerRow finds the row of a sheet that has the headers; 0: there is none.
// The result is true where they are those of precheck -csv.
func (w *workbook) headerRow(s sheet, test headerTest) (number int, result bool, err error) {
	n := 0
	for row, err := range w.rows(s) {
		if err != nil {
			return 0, false, err
		}
		line := strings.TrimSuffix(csvLine(row.cells), "\n")
		if result = isResult(line); result || test(line) {
			return row.number, result, nil
		}
		if n++; n == maxTitles {
			break
		}
	}
	return 0, false, nil
}

// firstRow is the number of the first row with something in it.
func (w *workbook) firstRow(s sheet) int {
	for row, err := range w.rows(s) {
		if err != nil {
			return 0 // it is told when it is read
		}
		return row.number
	}
	return 0
}

// csvLine writes a line of a CSV with quotes everywhere: a cell that begins
// with # is no comment.
func csvLine(cells []string) string {
	var b strings.Builder
	for n, c := range cells {
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
	}
	b.WriteByte('\n')
	return b.String()
}

// sheetReader reads a sheet as a CSV whose lines have the numbers of the rows.
type sheetReader struct {
	next   func() (sheetRow, error, bool)
	header int // the row with the headers, 0: the first
	width  int // cells in it
	line   int // lines written
	buf    []byte
	err    error
}

func (r *sheetReader) Read(p []byte) (int, error) {
	for len(r.buf) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

// fill makes a line of the next row.
func (r *sheetReader) fill() {
	row, err, ok := r.next()
	if !ok {
		err = io.EOF
	}
	if err != nil {
		r.err = err
		return
	}
	r.buf = r.buf[:0]
	for ; r.line+1 < row.number; r.line++ {
		r.buf = append(r.buf, '\n')
	}
	r.line++
	alone := !slices.ContainsFunc(row.cells[1:], func(c string) bool { return c != "" })
	if row.number < r.header || alone && strings.HasPrefix(row.cells[0], "#") {
		r.buf = append(r.buf, '\n') // a title, or a comment
		return
	}
	if r.width == 0 {
		r.width = len(row.cells)
	}
	for len(row.cells) < r.width {
		row.cells = append(row.cells, "")
	}
	r.buf = append(r.buf, csvLine(row.cells)...)
}

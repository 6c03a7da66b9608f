package main

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/spoken"
)

// The limits on a spreadsheet. A part is a file inside it; nothing is trusted
// that it says of its own size.
const (
	maxWorkbook = 64 << 20  // bytes of the file itself
	maxPart     = 256 << 20 // bytes of one part, unpacked
	maxShared   = 32 << 20  // bytes of the texts that its cells share
	maxToken    = 1 << 20   // bytes of one tag or text of a part
	maxStyles   = 64 << 10
	maxSheets   = 1000
	maxColumns  = 256 // cells beyond are passed over
)

// The errors of spreadsheets.
var (
	errSheetLarge = errorf("the spreadsheet is too large: save the sheet as CSV (UTF-8), or in parts", "表格过大：请另存为CSV UTF-8，或拆分成多个文件")
	errSheetForm  = errorf("it ends early or is damaged: open it in Excel and save it again", "文件不完整或已损坏：请用Excel打开后重新保存")
	errNoSheet    = errorf("it is a ZIP archive, but no .xlsx workbook: unpack it and give the files in it", "这是ZIP压缩包，但不是.xlsx工作簿：请解压后提供其中的文件")
)

// sheetError says which cell cannot be read.
type sheetError struct {
	sheet, cell string
	err         error
}

func (e *sheetError) Error() string { return e.Text(icpcode.English) }

func (e *sheetError) Unwrap() error { return e.err }

// Text returns the cell and the cause in language l.
func (e *sheetError) Text(l icpcode.Lang) string {
	return spoken.Errorf("sheet %q, cell %s: %v", "工作表%q，单元格%s：%v", e.sheet, e.cell, e.err).Text(l)
}

// workbook is an .xlsx file.
type workbook struct {
	parts  map[string]*zip.File
	sheets []sheet
	shared texts
	dates  []bool // by style: it shows a number as an instant
	from   int    // 1900 or 1904, where its days are counted from
}

// sheet is one sheet of a workbook, in the workbook's order.
type sheet struct{ name, part string }

// openWorkbook reads what is around the sheets.
func openWorkbook(r io.ReaderAt, size int64) (*workbook, error) {
	if size > maxWorkbook {
		return nil, errSheetLarge
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, errSheetForm
	}
	w := &workbook{parts: make(map[string]*zip.File), from: 1900}
	for _, f := range z.File {
		w.parts[strings.TrimPrefix(path.Clean("/"+f.Name), "/")] = f
	}
	targets, err := w.links("_rels/.rels", "")
	if err != nil {
		return nil, err
	}
	book := targets.of("officeDocument")
	if book == "" {
		return nil, errNoSheet
	}
	targets, err = w.links(path.Join(path.Dir(book), "_rels", path.Base(book)+".rels"), path.Dir(book))
	if err != nil {
		return nil, err
	}
	return w, errorsOf(w.readSheets(book, targets), w.readStyles(targets.of("styles")), w.readShared(targets.of("sharedStrings")))
}

// links are the parts that a part refers to.
type links struct {
	byID, byType map[string]string
}

func (l *links) of(kind string) string { return l.byType[kind] }

func (w *workbook) links(part, folder string) (*links, error) {
	l := &links{make(map[string]string), make(map[string]string)}
	if w.parts[part] == nil {
		return l, nil
	}
	err := w.each(part, func(e xml.StartElement, _ *sheetPart) error {
		if e.Name.Local != "Relationship" {
			return nil
		}
		target := attr(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join("/", folder, target)
		}
		target = strings.TrimPrefix(target, "/")
		l.byID[attr(e, "Id")] = target
		kind := path.Base(attr(e, "Type"))
		if l.byType[kind] == "" {
			l.byType[kind] = target
		}
		return nil
	})
	return l, err
}

func (w *workbook) readSheets(book string, l *links) error {
	return w.each(book, func(e xml.StartElement, _ *sheetPart) error {
		switch e.Name.Local {
		case "workbookPr":
			if truth(attr(e, "date1904")) {
				w.from = 1904
			}
		case "sheet":
			if len(w.sheets) == maxSheets {
				return errSheetLarge
			}
			s := sheet{attr(e, "name"), l.byID[attr(e, "id")]}
			if f := w.parts[s.part]; f != nil && !strings.Contains(s.part, "chartsheets/") {
				w.sheets = append(w.sheets, s)
			}
		}
		return nil
	})
}

func (w *workbook) readShared(part string) error {
	if w.parts[part] == nil {
		return nil
	}
	return w.each(part, func(e xml.StartElement, p *sheetPart) error {
		if e.Name.Local != "si" {
			return nil
		}
		s, err := p.text("si")
		if err != nil {
			return err
		}
		if len(w.shared.all)+len(s) > maxShared || len(w.shared.ends) >= maxShared/8 {
			return errSheetLarge
		}
		w.shared.add(s)
		return nil
	})
}

// texts are many texts in one piece of memory.
type texts struct {
	all  []byte
	ends []uint32
}

func (t *texts) add(s string) {
	t.all = append(t.all, s...)
	t.ends = append(t.ends, uint32(len(t.all))) //nolint:gosec // at most maxShared
}

func (t *texts) at(n int) (string, bool) {
	if n < 0 || n >= len(t.ends) {
		return "", false
	}
	start := uint32(0)
	if n > 0 {
		start = t.ends[n-1]
	}
	return string(t.all[start:t.ends[n]]), true
}

// sheetPart reads one part of a workbook, tag by tag, within the limits.
type sheetPart struct {
	xml  *xml.Decoder
	in   *limited
	file io.Closer
}

// limited is a reader that gives up where a part, or one token of it, is too
// large.
type limited struct {
	r           io.Reader
	left, token int64
}

func (l *limited) Read(b []byte) (int, error) {
	if l.left <= 0 || l.token <= 0 {
		return 0, errSheetLarge
	}
	n, err := l.r.Read(b[:min(int64(len(b)), 4<<10)])
	l.left -= int64(n)
	l.token -= int64(n)
	return n, err
}

func (w *workbook) open(name string) (*sheetPart, error) {
	part := w.parts[name]
	if part == nil {
		return nil, errSheetForm // it is spoken of, but not there
	}
	f, err := part.Open()
	if err != nil {
		return nil, errSheetForm
	}
	in := &limited{f, maxPart, maxToken}
	p := &sheetPart{xml.NewDecoder(in), in, f}
	p.xml.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errSheetForm }
	return p, nil
}

// next returns the next token, or io.EOF.
func (p *sheetPart) next() (xml.Token, error) {
	p.in.token = maxToken
	t, err := p.xml.Token()
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, errSheetLarge):
		return t, err
	}
	return nil, errSheetForm
}

// each goes through the tags of a part.
func (w *workbook) each(name string, yield func(xml.StartElement, *sheetPart) error) error {
	p, err := w.open(name)
	if err != nil {
		return err
	}
	defer func() { _ = p.file.Close() }() // it was only read
	for {
		t, err := p.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := yield(e, p); err != nil {
				return err
			}
		}
	}
}

// text returns the text up to the end of a tag that has just begun, without
// how it is pronounced: that of v itself, and of the others what is in their t.
func (p *sheetPart) text(end string) (string, error) {
	var b strings.Builder
	reading, spoken := end == "v", 0
	for {
		t, err := p.next()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			reading = t.Name.Local == "t"
			if t.Name.Local == "rPh" {
				spoken++
			}
		case xml.EndElement:
			reading = false
			if t.Name.Local == "rPh" {
				spoken--
			}
			if t.Name.Local == end {
				return unescaped(b.String()), nil
			}
		case xml.CharData:
			if reading && spoken == 0 {
				b.Write(t)
			}
		}
		if b.Len() > maxToken {
			return "", errSheetLarge
		}
	}
}

// unescaped turns _x000D_ and the like into characters.
func unescaped(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "_x")
		if i < 0 {
			return b.String() + s
		}
		n, err := uint64(0), strconv.ErrSyntax
		if len(s) >= i+7 && s[i+6] == '_' {
			n, err = strconv.ParseUint(s[i+2:i+6], 16, 16)
		}
		if err != nil {
			b.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i] + string(rune(n)))
		s = s[i+7:]
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func truth(s string) bool { return s == "1" || s == "true" }

// sheetRow is a row of a sheet, its cells as a CSV would have them.
type sheetRow struct {
	number int // from 1
	cells  []string
}

// rows reads a sheet, a row at a time. A row is good until the next one. Empty
// rows are left out. An error is the last that comes.
func (w *workbook) rows(s sheet) iter.Seq2[sheetRow, error] {
	return func(yield func(sheetRow, error) bool) {
		row := sheetRow{}
		at := func() bool {
			for len(row.cells) > 0 && row.cells[len(row.cells)-1] == "" {
				row.cells = row.cells[:len(row.cells)-1]
			}
			return len(row.cells) == 0 || yield(row, nil)
		}
		stopped := errors.New("stopped")
		column := 0
		err := w.each(s.part, func(e xml.StartElement, p *sheetPart) error {
			switch e.Name.Local {
			case "row":
				if !at() {
					return stopped
				}
				n, err := strconv.Atoi(attr(e, "r"))
				if err != nil {
					n = row.number + 1
				}
				if n <= row.number || n > maxRows {
					return errSheetForm
				}
				row, column = sheetRow{n, row.cells[:0]}, 0
			case "c":
				if n := columnOf(attr(e, "r")); n > 0 {
					column = n
				} else {
					column++
				}
				text, err := w.cell(e, p)
				if err != nil {
					return &sheetError{s.name, cellName(column, row.number), err}
				}
				if text == "" || column > maxColumns {
					return nil
				}
				for len(row.cells) < column {
					row.cells = append(row.cells, "")
				}
				row.cells[column-1] = text
			}
			return nil
		})
		if errors.Is(err, stopped) {
			return
		}
		if err != nil {
			yield(sheetRow{}, err)
			return
		}
		at()
	}
}

// maxRows is how many rows a sheet of Excel has.
const maxRows = 1 << 20

// columnOf returns the column of AB12, from 1, or 0.
func columnOf(name string) int {
	n := 0
	for i := 0; i < len(name) && 'A' <= name[i] && name[i] <= 'Z' && i < 3; i++ {
		n = n*26 + int(name[i]-'A') + 1
	}
	return n
}

// cellName is the other way.
func cellName(column, row int) string {
	name := ""
	for ; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name + strconv.Itoa(row)
}

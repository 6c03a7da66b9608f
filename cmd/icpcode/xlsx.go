package main

import (
	"fmt"
	"time"

	"github.com/xuri/excelize/v2"
)

// A report as an Excel workbook: the morning's answer, what is to be done, the
// servers or filings, and their reasons. Rows go through excelize's stream,
// which keeps them in temporary files. A text is never a formula there.

// sheetRows is how many rows of a list are on one sheet; what is more goes to
// further sheets. Excel takes 1,048,576.
const sheetRows = 1_000_000

// xlsxReport is a reporter.
type xlsxReport struct {
	*command
	file          *excelize.File
	rows, reasons *xlsxList
	date, head    int // styles
	columns       []string
}

// newWorkbook begins a workbook, the sheet of the morning's answer first.
func newWorkbook(c *command, columns []string) (*xlsxReport, error) {
	x := &xlsxReport{command: c, file: excelize.NewFile(), columns: columns}
	format := "yyyy-mm-dd hh:mm"
	var err error
	if x.date, err = x.file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
		return nil, err
	}
	x.head, err = x.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return nil, err
	}
	return x, x.file.SetSheetName("Sheet1", c.say("Today", "今天"))
}

// xlsxList is a list with headers, on as many sheets as it takes.
type xlsxList struct {
	x       *xlsxReport
	name    string
	headers []string
	wide    []float64
	sheets  int
	n       int // rows of the sheet, with the headers
	out     *excelize.StreamWriter
}

// begin begins a sheet: its headers stay where they are when it is scrolled.
func (l *xlsxList) begin() error {
	l.sheets++
	name := l.name
	if l.sheets > 1 {
		name += fmt.Sprint(" ", l.sheets)
	}
	if _, err := l.x.file.NewSheet(name); err != nil {
		return err
	}
	var err error
	if l.out, err = l.x.file.NewStreamWriter(name); err != nil {
		return err
	}
	for n, w := range l.wide {
		if err := l.out.SetColWidth(n+1, n+1, w); err != nil {
			return err
		}
	}
	if err := l.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]any, len(l.headers))
	for n, h := range l.headers {
		cells[n] = h
	}
	l.n = 0
	return l.write(cells)
}

// write writes a row.
func (l *xlsxList) write(cells []any) error {
	l.n++
	for n, c := range cells {
		switch c := c.(type) {
		case string:
			cells[n] = safe(c)
		case time.Time:
			if c.IsZero() {
				cells[n] = nil
				continue
			}
			cells[n] = excelize.Cell{StyleID: l.x.date, Value: wall(c)}
		}
	}
	return l.out.SetRow(fmt.Sprint("A", l.n), cells)
}

// wall is the time that clocks in China show, which is what a cell holds.
func wall(t time.Time) time.Time {
	t = t.In(china)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// row writes a row of the list.
func (l *xlsxList) row(cells ...any) error {
	if l.out != nil && l.n > sheetRows {
		if err := l.end(); err != nil {
			return err
		}
	}
	if l.out == nil {
		if err := l.begin(); err != nil {
			return err
		}
	}
	return l.write(cells)
}

// end makes a table of the sheet, which has a filter.
func (l *xlsxList) end() error {
	if l.out == nil {
		return nil
	}
	last, err := excelize.CoordinatesToCellName(len(l.headers), max(l.n, 2))
	if err != nil {
		return err
	}
	if err := l.out.AddTable(&excelize.Table{Range: "A1:" + last, StyleName: "TableStyleLight1"}); err != nil {
		return err
	}
	err = l.out.Flush()
	l.out = nil
	return err
}

func (x *xlsxReport) row(r *reportRow) error {
	if x.rows == nil {
		x.rows = &xlsxList{x: x, name: x.say("List", "清单"), headers: x.columns, wide: []float64{12, 26, 26}}
		x.reasons = &xlsxList{x: x, name: x.say("Reasons", "原因"), wide: []float64{26, 16, 10, 40, 40, 40, 18, 30, 60}, headers: []string{
			x.columns[r.key], x.say("rule", "规则"), x.say("outcome", "判断"), x.say("found", "实际"), x.say("required", "要求"), x.say("remedy", "处理建议"),
			x.say("by", "期限"), x.say("responsible", "处理人"), x.say("source", "来源"),
		}}
	}
	key := r.cells[r.key]
	if err := x.rows.row(append([]any(nil), r.cells...)...); err != nil {
		return err
	}
	for _, k := range r.reasons {
		if err := x.reasons.row(key, k.Rule.String(), k.Outcome.Label(x.lang), k.Found, k.Required, k.Remedy, k.by, k.responsible, k.Source(x.lang)); err != nil {
			return err
		}
	}
	return nil
}

// drop lets go of the temporary files.
func (x *xlsxReport) drop() { _ = x.file.Close() } // nothing of it was written

func (x *xlsxReport) finish(r *report) error {
	defer x.drop()
	todo := &xlsxList{x: x, name: x.say("To do", "待办"), wide: []float64{18, 60, 40, 10, 60}, headers: []string{
		x.say("by", "期限"), x.say("what to do", "要做的事"), x.say("responsible", "处理人"), x.say("how many", "数量"), x.say("of which the first", "其中前几项"),
	}}
	for n := range r.morning.Do {
		k := &r.morning.Do[n]
		by := k.by
		if by.IsZero() {
			by = r.at
		}
		if err := todo.row(by, k.Do, k.Responsible, k.Count, x.list(k.Which)); err != nil {
			return err
		}
	}
	for _, l := range []*xlsxList{x.rows, x.reasons, todo} {
		if l == nil {
			continue
		}
		if err := l.end(); err != nil {
			return err
		}
	}
	if err := x.today(r); err != nil {
		return err
	}
	return x.file.Write(x.command.out)
}

// today writes the first sheet, at most as many lines as a first screen has.
func (x *xlsxReport) today(r *report) error {
	out, err := x.file.NewStreamWriter(x.say("Today", "今天"))
	if err != nil {
		return err
	}
	if err := out.SetColWidth(1, 1, mostWidth); err != nil {
		return err
	}
	for n, line := range r.lines(x.speaker, x.problems) {
		if err := out.SetRow(fmt.Sprint("A", n+1), []any{excelize.Cell{StyleID: map[bool]int{true: x.head}[n == 0], Value: safe(line)}}); err != nil {
			return err
		}
	}
	return out.Flush()
}

// lines are the morning's answer as lines of text.
func (r *report) lines(s speaker, problems int) []string {
	p := s.parts(r.head, &r.morning, r.counts[verdictUnknown], mostWidth)
	lines := []string{p.Head}
	for n, text := range p.Tasks {
		lines = append(lines, fmt.Sprint(n+1, ". ", text))
	}
	for _, text := range [...]string{p.More, p.Otherwise, p.Tell} {
		if text != "" {
			lines = append(lines, text)
		}
	}
	if problems > 0 && len(lines) < firstLines {
		lines = append(lines, s.say("Not complete: %s could not be read.", "内容不完整：%s无法读取。", s.count(problems, "thing", "things", "项内容")))
	}
	return lines
}

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/thedatashed/xlsxreader"
	"github.com/xuri/excelize/v2"
)

// sheetsOf are the sheets of a workbook as our own reader reads them, with the
// numbers of the rows.
func sheetsOf(t *testing.T, book string) map[string][][]string {
	t.Helper()
	w, err := openWorkbook(strings.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][][]string)
	for _, s := range w.sheets {
		for row, err := range w.rows(s) {
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			out[s.name] = append(out[s.name], slices.Clone(row.cells))
		}
	}
	return out
}

// TestWorkbook: the workbook of a fleet and of filings is what -json says, read
// by our own reader and by two libraries; the first sheet is the first screen.
func TestWorkbook(t *testing.T) {
	words := map[string][4]string{"en": {"Today", "List", "Reasons", "To do"}, "zh": {"今天", "清单", "原因", "待办"}}
	for lang, names := range words {
		args := slices.Concat([]string{"precheck", "-lang", lang}, tour)
		doc := decode[serversDoc](t, runIt(append(args, "-json")...).out)
		today := decode[todayDoc](t, runIt(append(args, "-json")...).out).Today
		book := runIt(append(args, "-xlsx")...).out
		sheets := sheetsOf(t, book)
		if screen := sheets[names[0]]; len(screen) == 0 || len(screen) > firstLines || !strings.Contains(screen[0][0], "24") || !strings.HasPrefix(screen[1][0], "1. ") {
			t.Errorf("%s: the first sheet is %q", lang, screen)
		}
		list, reasons, todo := sheets[names[1]], sheets[names[2]], sheets[names[3]]
		if len(list) != len(doc.Servers)+1 || len(todo) != len(today.Do)+1 {
			t.Fatalf("%s: %d servers of %d, %d things to do of %d", lang, len(list)-1, len(doc.Servers), len(todo)-1, len(today.Do))
		}
		n := 1
		for k, s := range doc.Servers {
			if row := list[k+1]; row[1] != s.ID || row[2] != s.Name || row[6] != fmt.Sprint(s.Codes) {
				t.Errorf("%s: %q, want %+v", lang, row, s)
			}
			for _, r := range s.Reasons {
				if row := reasons[n]; row[0] != s.ID || row[1] != r.Rule || row[3] != r.Found || row[5] != r.Remedy {
					t.Errorf("%s: %q, want %s %+v", lang, row, s.ID, r)
				}
				n++
			}
		}
		if n != len(reasons) {
			t.Errorf("%s: %d reasons, want %d", lang, len(reasons)-1, n-1)
		}
		// Another library sees the same cells.
		other, err := xlsxreader.NewReader([]byte(book))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(other.Sheets, names[:2]) && other.Sheets[0] != names[0] {
			t.Errorf("%s: sheets %q", lang, other.Sheets)
		}
		k := 0
		for row := range other.ReadRows(names[1]) {
			if row.Error != nil {
				t.Fatal(row.Error)
			}
			if row.Cells[1].Value != list[k][1] {
				t.Errorf("%s: row %d is of %q for another library, want %q", lang, k, row.Cells[1].Value, list[k][1])
			}
			k++
		}
		if k != len(list) {
			t.Errorf("%s: another library sees %d rows, want %d", lang, k, len(list))
		}
		formed(t, book, names, doc.Servers[0].Expires.In(china))
	}
	filings, servers, dns, want := fleetOfFaults(t, 240)
	args := []string{"review", filings, servers, "-dns", dns, "-at", "2026-11-26"}
	doc := decode[reviewDoc](t, runIt(append(args, "-json")...).out)
	r := runIt(append(args, "-xlsx")...)
	sheets, reasons := sheetsOf(t, r.out), 0
	for _, f := range doc.Filings {
		reasons += len(f.Risks) + len(f.Unknowns)
	}
	if r.status != exitNo || len(sheets["List"]) != len(want)+1 || len(sheets["Reasons"]) != reasons+1 || sheets["Reasons"][0][0] != "domain or app" {
		t.Errorf("status %d, %d filings of %d, %d reasons of %d", r.status, len(sheets["List"])-1, len(want), len(sheets["Reasons"])-1, reasons)
	}
}

// formed looks at what people see of a workbook besides texts: types, headers
// that stay, filters.
func formed(t *testing.T, book string, names [4]string, expires time.Time) {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if got := f.GetSheetList(); !slices.Equal(got[:1], names[:1]) || len(got) != 4 || f.GetActiveSheetIndex() != 0 {
		t.Errorf("sheets %q, the first is shown: %v", got, f.GetActiveSheetIndex() == 0)
	}
	for _, name := range names[1:] {
		panes, err := f.GetPanes(name)
		if err != nil || !panes.Freeze || panes.YSplit != 1 {
			t.Errorf("%s: the headers do not stay: %+v, %v", name, panes, err)
		}
		tables, err := f.GetTables(name)
		if err != nil || len(tables) != 1 {
			t.Errorf("%s: tables with a filter: %v, %v", name, tables, err)
		}
	}
	codes, err1 := f.GetCellType(names[1], "G2")
	name, err2 := f.GetCellType(names[1], "B2")
	shown, err3 := f.GetCellValue(names[1], "J2")
	if err := errorsOf(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if codes == excelize.CellTypeInlineString || codes == excelize.CellTypeSharedString || name != excelize.CellTypeInlineString || shown != expires.Format("2006-01-02 15:04") {
		t.Errorf("codes are of type %v, an ID of %v, an expiry is shown as %q, want %s", codes, name, shown, expires)
	}
}

// TestWorkbookIsHarmless: a text is never a formula, a list that is too long for
// a sheet goes on, and a terminal gets no workbook.
func TestWorkbookIsHarmless(t *testing.T) {
	fleet := file(t, "fleet.csv", "id,name,provider,product,region\ns-1,=1+1,alibaba,ECS,cn-hangzhou\ns-2,\"a\u202eb\",alibaba,ECS,cn-hangzhou\n")
	book := runIt("precheck", fleet, "-xlsx").out
	f, err := excelize.OpenReader(strings.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if formula, err := f.GetCellFormula("List", "C2"); err != nil || formula != "" {
		t.Errorf("a formula: %q, %v", formula, err)
	}
	if list := sheetsOf(t, book)["List"]; list[1][2] != "=1+1" || list[2][2] != `a\u202eb` {
		t.Errorf("%q", list)
	}
	s := machine(nil)
	s.terminal = true
	if r := runOn(s, "precheck", fleet, "-xlsx"); r.status != exitUsage || r.out != "" {
		t.Errorf("a terminal gets %d bytes, status %d", len(r.out), r.status)
	}
	x, err := newWorkbook(newCommand(machine(nil), nil), []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	defer x.drop()
	l := &xlsxList{x: x, name: "L", headers: x.columns}
	for n := range 3 {
		if err := l.row("x", n); err != nil {
			t.Fatal(err)
		}
		l.n += sheetRows
	}
	if err := l.end(); err != nil || l.sheets != 3 {
		t.Errorf("%d sheets, %v", l.sheets, err)
	}
}

// calendar parses a calendar with another library, and looks at its lines.
func calendar(t *testing.T, text string) map[string]string {
	t.Helper()
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a bad line: %q", line)
		}
	}
	c, err := ics.ParseCalendar(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	for _, e := range c.Events() {
		start, err := e.GetAllDayStartAt()
		if err != nil {
			t.Fatal(err)
		}
		about := e.GetProperty(ics.ComponentPropertySummary).Value + "\n" + e.GetProperty(ics.ComponentPropertyDescription).Value
		id := strings.TrimSuffix(e.Id(), "@icpcode")
		if out[id] != "" {
			t.Errorf("%s is there twice", id)
		}
		out[id] = start.Format(time.DateOnly) + " " + about
	}
	return out
}

// TestCalendar: expiries with 30, 15 and 7 days before them, the days on which
// servers stop qualifying, and the end of the natural year; nothing of the past.
func TestCalendar(t *testing.T) {
	long := strings.Repeat("很长的名字", 40)
	fleet := file(t, "fleet.csv", "id,owner,provider,product,region,billing,status,expires,public_ip,trial,term_months,ip_held\n"+
		"s-1,1001,alibaba,ECS,cn-hangzhou,subscription,running,2027-03-05,yes,no,12,no\n"+
		"\"s;2,\\\",1001,alibaba,ECS,cn-hangzhou,subscription,running,2027-03-05,yes,no,12,no\n"+
		"s-3,1001,alibaba,ECS,cn-hangzhou,subscription,running,2026-12-10,yes,no,12,no\n"+
		"s-4,1001,alibaba,ECS,cn-hangzhou,subscription,expired,2026-11-01,yes,no,12,no\n"+
		"s-5,1001,alibaba,ECS,cn-hangzhou,pay-as-you-go,running,2027-01-05,yes,no,12,no\n"+
		"s-6,1001,alibaba,ECS,cn-hangzhou,subscription,released,2027-01-06,yes,no,12,no\n"+
		long[:120]+",1001,alibaba,ECS,cn-hangzhou,subscription,running,2027-09-01,yes,no,12,no\n")
	want := map[string]string{
		"precheck-expires-15-20261125": "", // 15 days before 10 December, and past
		"precheck-expires-7-20261203":  "2026-12-03 server expiry in 7 days, on 2026-12-10: 1 server\ns-3",
		"precheck-expires-0-20261210":  "2026-12-10 server expiry today: 1 server\ns-3",
		"precheck-expires-30-20270203": "2027-02-03 server expiry in 30 days, on 2027-03-05: 2 servers\ns-1, s;2,\\",
		"precheck-expires-15-20270218": "2027-02-18 server expiry in 15 days, on 2027-03-05: 2 servers", "precheck-expires-7-20270226": "2027-02-26 server expiry in 7 days", "precheck-expires-0-20270305": "2027-03-05 server expiry today: 2 servers",
		"precheck-lapses-20261205":     "2026-12-05 2 servers: too little time is left for new codes from today on, 10 codes fewer\ns-1",
		"precheck-caps-20270101":       "2027-01-01 the yearly caps",
		"precheck-expires-30-20270802": "2027-08-02", "precheck-expires-15-20270817": "2027-08-17", "precheck-expires-7-20270825": "2027-08-25", "precheck-expires-0-20270901": "2027-09-01",
		"precheck-lapses-20270603": "2027-06-03 1 server",
	}
	for _, lang := range []string{"en", "zh"} {
		r := runIt("precheck", fleet, "-at", "2026-11-26 10:00", "-issued", "0", "-ics", "-lang", lang)
		if r.errors != "" {
			t.Fatal(r.errors)
		}
		got := calendar(t, r.out)
		for id, text := range want {
			if text == "" && got[id] != "" || text != "" && got[id] == "" || lang == "en" && !strings.HasPrefix(got[id], text) {
				t.Errorf("%s: %s is %q, want %q", lang, id, got[id], text)
			}
		}
		if len(got) != len(want)-1 {
			t.Errorf("%s: %d events, want %d: %q", lang, len(got), len(want)-1, got)
		}
	}
	filings, servers, dns, _ := fleetOfFaults(t, 240)
	args := []string{"review", filings, servers, "-dns", dns, "-at", "2026-11-26"}
	got := calendar(t, runIt(append(args, "-ics")...).out)
	if e := got["review-expires-0-20261210"]; !strings.HasPrefix(e, "2026-12-10 server expiry today: 9 filings\n") || !strings.Contains(e, "d4.cn") || !strings.Contains(e, "d236.cn") {
		t.Errorf("%q of %q", e, got)
	}
	for _, c := range [][]string{{"-html", "-xlsx"}, {"-ics", "-json"}, {"-xlsx", "-csv"}} {
		if r := runIt(append(args, c...)...); r.status != exitUsage || r.out != "" {
			t.Errorf("%q: status %d", c, r.status)
		}
	}
}

// TestFold: lines are folded between characters, and unfold to what they were.
func TestFold(t *testing.T) {
	for n := range 300 {
		var b strings.Builder
		s := strings.Repeat("a", n%7) + strings.Repeat("备", n)
		fold(&b, s)
		for line := range strings.SplitSeq(b.String(), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) {
				t.Fatalf("%d: %q", n, line)
			}
		}
		if got := strings.ReplaceAll(b.String(), "\r\n ", ""); got != s+"\r\n" {
			t.Fatalf("%d: %q", n, got)
		}
	}
}

package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sheetDir = "testdata/sheets"

// readSheet reads a workbook as a CSV.
func readSheet(t testing.TB, name string, test headerTest) (string, *source) {
	t.Helper()
	f, err := os.Open(filepath.Join(sheetDir, name))
	if err != nil {
		t.Fatal(err)
	}
	s, err := readText(f, f, test)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer s.close()
	out, err := io.ReadAll(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out), s
}

// TestSheets: a workbook reads like the CSV that a person would write of it:
// dates as dates in China, truth as yes and no, text as text, a line for each
// row.
func TestSheets(t *testing.T) {
	const columns = `"id","name","owner","product","region","billing","status","created","expires","trial","term_months","public_ip","ip_held"` + "\n"
	for name, test := range map[string]struct {
		test headerTest
		want string
		told []string
	}{
		"servers.xlsx": {serversHeader, "\n\n" + columns +
			`"i-bp1aaaaaaaaaaaaaaaa1","官网 主站","1234567890123456","ECS","cn-hangzhou","subscription","running","2026-01-10 10:30:00","2027-01-11","no","12","yes","no"` + "\n\n" +
			`"i-bp1aaaaaaaaaaaaaaaa2","=1+1","1234567890123456","ECS","cn-hongkong","subscription","running","2026-01-10 10:30:00","2027-01-11","no","12","yes","no"` + "\n",
			[]string{`read from the sheet "服务器"; the others have no headers of a list of servers`, "lines 1 to 2 are above the list: not read"}},
		"office.xlsx": {serversHeader, columns +
			`"i-bp1bbbbbbbbbbbbbbbb1","官网","1001","ECS","cn-hangzhou","subscription","running","2026-01-10 10:00:00","2027-01-11","no","12","yes","no"` + "\n", nil},
		"facts.xlsx":         {factsHeader, `"id","owner","trial","term_months","ip_held","expires"` + "\n" + `"i-bp1ggggggggggggggggg","1001","no","12","no","2027-01-11"` + "\n", nil},
		"facts_damaged.xlsx": {factsHeader, `"id","owner","trial","term_months","ip_held"` + "\n" + `"i-bp1ggggggggggggggggg","1.23456789012346E+15","no","12","no"` + "\n", nil},
		"issued.xlsx":        {issuedHeader, `"实例ID","已申请数量"` + "\n" + `"i-bp1ggggggggggggggggg","5"` + "\n", nil},
		"y1904.xlsx":         {factsHeader, `"id","expires"` + "\n" + `"i-bp1ggggggggggggggggg","2027-01-11"` + "\n", nil},
	} {
		got, s := readSheet(t, name, test.test)
		if got != test.want {
			t.Errorf("%s is read as\n%s\nwant\n%s", name, got, test.want)
		}
		var told []string
		for _, n := range s.told() {
			told = append(told, n.Error())
		}
		if !slices.Equal(told, test.told) {
			t.Errorf("%s: told %q, want %q", name, told, test.told)
		}
	}
}

// TestSheetsAsked: what a spreadsheet has is answered, and what is wrong with
// one is told in both languages, with what to do.
func TestSheetsAsked(t *testing.T) {
	ecs := caseDir + "/A14_ecs.json"
	for _, test := range []struct {
		args   []string
		status int
		out    string
		en, zh string
	}{
		{[]string{"servers.xlsx", "-issued", "0"}, exitNo, `"name":"官网 主站"`, "", ""},
		{[]string{"office.xlsx", "-issued", "0"}, exitYes, `"verdict":"yes","codes":5`, "", ""},
		{[]string{ecs, "-facts", "facts.xlsx", "-issued", "0"}, exitYes, `"to":"1001"`, "", ""},
		{[]string{ecs, "-facts", "facts.xlsx", "-issued", "issued.xlsx"}, exitNo, "5 issued, 1 requested", "", ""},
		{[]string{"two.xlsx"}, exitUnknown, `"file":"testdata/sheets/two.xlsx#华北"`, `two.xlsx: the sheets Sheet1, 华北 all have servers: all are read; testdata/sheets/two.xlsx#Sheet1 reads one`, `工作表 Sheet1、华北 都有服务器：全部读取；只读一个请用 testdata/sheets/two.xlsx#Sheet1`},
		{[]string{"two.xlsx#华北"}, exitUnknown, `"file":"testdata/sheets/two.xlsx#华北"`, "", ""},
		{[]string{"two.xlsx#华南"}, exitInput, "", `it has no sheet "华南"; its sheets are Sheet1, 华北`, `没有工作表"华南"；其中有 Sheet1、华北`},
		{[]string{ecs, "-facts", "two.xlsx"}, exitUsage, "", "the sheets Sheet1, 华北 all have such rows: name one of them behind the file, FILE.xlsx#Sheet1", "工作表 Sheet1、华北 都有这样的行：请在文件名后指定其中一个"},
		{[]string{ecs, "-facts", "facts_damaged.xlsx"}, exitUsage, "", `facts_damaged.xlsx: line 2, owner: "1.23456789012346E+15" is a long number that a spreadsheet has shortened, and its last digits are lost: format the column as text`,
			`facts_damaged.xlsx：第2行，owner列："1.23456789012346E+15" 是被表格软件缩短的长数字，末尾几位已丢失：请将该列设为文本格式`},
		{[]string{ecs, "-facts", "formula.xlsx"}, exitUsage, "", `formula.xlsx: sheet "Sheet1", cell B2: a formula that was never computed`, `工作表"Sheet1"，单元格B2：公式尚未计算`},
		{[]string{"office.xls"}, exitInput, "", "old Excel file (.xls) or one with a password: save it in Excel as .xlsx", "旧版Excel文件（.xls）或加密文件"},
		{[]string{"office.ods"}, exitInput, "", "OpenDocument spreadsheet (.ods): save it as .xlsx", "OpenDocument表格（.ods）"},
		{[]string{"office.html"}, exitInput, "", "a web page or a table saved as one", "这是网页或以网页保存的表格"},
	} {
		for lang, want := range map[string]string{"en": test.en, "zh": test.zh} {
			args := []string{"precheck", "-json", "-at", "2026-06-01", "-lang", lang}
			for _, a := range test.args {
				if strings.Contains(a, ".") && !strings.Contains(a, "/") {
					a = filepath.Join(sheetDir, a)
				}
				args = append(args, a)
			}
			r := runIt(args...)
			if r.status != test.status || !strings.Contains(r.errors, want) || lang == "en" && !strings.Contains(r.out, test.out) {
				t.Errorf("%v: status %d, %q\n%s", args, r.status, r.errors, r.out)
			}
		}
	}
}

// workbookOf packs parts into a workbook.
func workbookOf(t testing.TB, sheet, shared, styles string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"_rels/.rels":     `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="r3" Type="x/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": shared, "xl/styles.xml": styles,
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rowsOf reads all rows of the first sheet.
func rowsOf(data []byte) ([]sheetRow, error) {
	w, err := openWorkbook(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	var rows []sheetRow
	for row, err := range w.rows(w.sheets[0]) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, sheetRow{row.number, slices.Clone(row.cells)})
	}
	return rows, nil
}

// TestCells: each kind of cell that spreadsheets write.
func TestCells(t *testing.T) {
	const styles = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/><numFmt numFmtId="165" formatCode="&quot;day&quot;0.00"/>` +
		`<numFmt numFmtId="166" formatCode="[Red]0;[h]"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>` +
		`<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="57"/><xf numFmtId="31"/></cellXfs></styleSheet>`
	const shared = `<sst><si><t>plain</t></si><si><r><t>ri</t></r><r><rPr/><t>ch</t></r><rPh><t>spoken</t></rPh></si><si><t xml:space="preserve"> a_x000D__x000A_b_x005F_x_xyz </t></si></sst>`
	for cell, want := range map[string]string{
		`<c r="A1" t="s"><v>0</v></c>`: "plain", `<c r="A1" t="s"><v>1</v></c>`: "rich", `<c r="A1" t="s"><v>2</v></c>`: "a b_x_xyz",
		`<c r="A1" t="inlineStr"><is><t>in</t><rPh><t>no</t></rPh></is></c>`: "in", `<c r="A1" t="str"><f>A2</f><v>text</v></c>`: "text", `<c r="A1" t="str"><f>A2</f><v></v></c>`: "",
		`<c r="A1" t="b"><v>1</v></c>`: "yes", `<c r="A1" t="b"><v>0</v></c>`: "no", `<c r="A1" t="e"><v>#N/A</v></c>`: "#N/A", `<c r="A1" t="d"><v>2027-01-11T10:00:00</v></c>`: "2027-01-11 10:00:00",
		`<c r="A1"><v>12</v></c>`: "12", `<c r="A1" t="n"><v>0.1</v></c>`: "0.1", `<c r="A1"><v>1.2E3</v></c>`: "1200", `<c r="A1"><v>-5</v></c>`: "-5", `<c r="A1"/>`: "", `<c r="A1" s="1"/>`: "",
		`<c r="A1"><v>123456789012345</v></c>`: "123456789012345", `<c r="A1"><v>1234567890123456</v></c>`: "1.23456789012346E+15", `<c r="A1"><v>1.2345678901234501E+15</v></c>`: "1.23456789012345E+15",
		`<c r="A1" s="1"><v>46398</v></c>`: "2027-01-11", `<c r="A1" s="2"><v>46398.4375</v></c>`: "2027-01-11 10:30:00", `<c r="A1" s="3"><v>46398</v></c>`: "2027-01-11", `<c r="A1" s="6"><v>46398</v></c>`: "2027-01-11",
		`<c r="A1" s="7"><v>46398</v></c>`: "2027-01-11", `<c r="A1" s="4"><v>46398</v></c>`: "46398", `<c r="A1" s="5"><v>46398</v></c>`: "46398", `<c r="A1" s="9"><v>46398</v></c>`: "46398", `<c r="A1" s="1"><v>-1</v></c>`: "-1", `<c r="A1" s="1"><v>60</v></c>`: "1900-03-01", `<c r="A1" s="1"><v>61</v></c>`: "1900-03-01",
		`<c r="A1" s="1"><v>46397.9999999</v></c>`: "2027-01-11",
	} {
		rows, err := rowsOf(workbookOf(t, `<worksheet><sheetData><row r="1">`+cell+`<c r="C1"><v>1</v></c></row></sheetData></worksheet>`, shared, styles))
		if err != nil || len(rows) != 1 || len(rows[0].cells) != 3 || rows[0].cells[0] != want {
			t.Errorf("%s: %q, %v; want %q", cell, rows, err, want)
		}
	}
	for cell, want := range map[string]error{
		`<c r="A1" t="s"><v>7</v></c>`: errCell, `<c r="A1"><v>x</v></c>`: errCell, `<c r="A1"><f>1+1</f></c>`: errFormula, `<c r="A1"><v>Inf</v></c>`: errCell, `<c r="A1" t="s"><v>-1</v></c>`: errCell,
	} {
		_, err := rowsOf(workbookOf(t, `<worksheet><sheetData><row r="1">`+cell+`</row></sheetData></worksheet>`, shared, styles))
		var at *sheetError
		if !errors.As(err, &at) || !errors.Is(err, want) || at.cell != "A1" || at.sheet != "S" {
			t.Errorf("%s: %v", cell, err)
		}
	}
}

// TestSheetLimits: nothing in a workbook makes the reader hold more than it
// says, or go on for ever.
func TestSheetLimits(t *testing.T) {
	const begin, end = `<worksheet><sheetData>`, `</sheetData></worksheet>`
	many := "<sst>" + strings.Repeat("<si><t>"+strings.Repeat("a", 1<<19)+"</t></si>", 1+maxShared>>19) + "</sst>"
	for what, data := range map[string][]byte{
		"one endless text":        workbookOf(t, begin+strings.Repeat(" ", maxToken+1<<16)+end, "", ""),
		"one endless tag":         workbookOf(t, begin+`<row r="`+strings.Repeat("1", maxToken+1<<16)+`"/>`+end, "", ""),
		"one endless cell":        workbookOf(t, begin+`<row><c t="inlineStr"><is>`+strings.Repeat("<t>"+strings.Repeat("a", 1<<18)+"</t>", 5)+`</is></c></row>`+end, "", ""),
		"endless shared texts":    workbookOf(t, begin+end, many, ""),
		"a file that is too long": make([]byte, maxWorkbook+1),
	} {
		if rows, err := rowsOf(data); !errors.Is(err, errSheetLarge) {
			t.Errorf("%s: %d rows, %v", what, len(rows), err)
		}
	}
	l := &limited{strings.NewReader("abcdef"), 3, 100}
	if out, err := io.ReadAll(l); len(out) != 6 || !errors.Is(err, errSheetLarge) {
		t.Errorf("a part that is too long: %q, %v", out, err) // it reads by 4 KiB
	}
	for what, sheet := range map[string]string{
		"rows backwards": begin + `<row r="2"/><row r="1"/>` + end, "a row beyond Excel's": begin + `<row r="1048577"/>` + end,
		"an entity": `<!DOCTYPE x [<!ENTITY a "b">]>` + begin + `<row r="1"><c t="inlineStr"><is><t>&a;</t></is></c></row>` + end,
		"no end":    begin + `<row r="1">`, "no XML": "\x00\x01", "another encoding": `<?xml version="1.0" encoding="GBK"?>` + begin + end,
	} {
		if rows, err := rowsOf(workbookOf(t, sheet, "", "")); !errors.Is(err, errSheetForm) {
			t.Errorf("%s: %q, %v", what, rows, err)
		}
	}
	whole := workbookOf(t, begin+end, "", "")
	if _, err := rowsOf(whole[:len(whole)/2]); !errors.Is(err, errSheetForm) {
		t.Errorf("half a file: %v", err)
	}
	lost := bytes.ReplaceAll(whole, []byte("xl/workbook.xml"), []byte("xl/workbook.xyz"))
	if _, err := rowsOf(lost); !errors.Is(err, errSheetForm) {
		t.Errorf("without its main part: %v", err) // fuzzing found it
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create("readme.txt"); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	if _, err := rowsOf(b.Bytes()); !errors.Is(err, errNoSheet) {
		t.Errorf("another archive: %v", err)
	}
}

// FuzzSheet: any sheet is read or refused, never more rows or columns than
// Excel has, and any file at all is refused at worst.
func FuzzSheet(f *testing.F) {
	for _, name := range []string{"servers.xlsx", "office.xlsx", "two.xlsx"} {
		data, err := os.ReadFile(filepath.Join(sheetDir, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "")
	}
	f.Add([]byte("PK\x03\x04"), `<worksheet><sheetData><row r="1"><c r="B1" t="s" s="1"><f>1</f><v>0</v></c><c t="b"><v>1</v></c></row></sheetData></worksheet>`)
	f.Add([]byte{}, `<worksheet><row><c r="ZZZ9" t="inlineStr"><is><r><t>_x0041_</t></r></is></c></row></worksheet>`)
	f.Fuzz(func(t *testing.T, file []byte, sheet string) {
		for _, data := range [][]byte{file, workbookOf(t, sheet, `<sst><si><t>a</t></si></sst>`, `<s><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></s>`)} {
			s, err := readText(bytes.NewReader(data), io.NopCloser(nil), serversHeader)
			if err != nil {
				if !isSpoken(err) {
					t.Errorf("%q has no words", err)
				}
				continue
			}
			_, _ = io.Copy(io.Discard, s) // what it makes of it is the reader's
			s.close()
		}
		rows, _ := rowsOf(workbookOf(t, sheet, "", ""))
		last := 0
		for _, row := range rows {
			if row.number <= last || row.number > maxRows || len(row.cells) == 0 || len(row.cells) > maxColumns {
				t.Errorf("row %d has %d cells", row.number, len(row.cells))
			}
			last = row.number
		}
	})
}

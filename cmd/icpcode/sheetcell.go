package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// What stands in the cells of a sheet, and what their styles make of it.

// readStyles finds the styles of cells that show numbers as instants.
func (w *workbook) readStyles(part string) error {
	if w.parts[part] == nil {
		return nil
	}
	formats := make(map[string]string)
	inside := false
	return w.each(part, func(e xml.StartElement, _ *sheetPart) error {
		switch e.Name.Local {
		case "numFmt":
			if len(formats) < maxStyles {
				formats[attr(e, "numFmtId")] = attr(e, "formatCode")
			}
		case "cellXfs", "cellStyleXfs", "cellStyles":
			inside = e.Name.Local == "cellXfs"
		case "xf":
			if inside && len(w.dates) < maxStyles {
				id := attr(e, "numFmtId")
				n, _ := strconv.Atoi(id) // 0 is no date
				code, own := formats[id]
				w.dates = append(w.dates, own && isDateFormat(code) || !own && isDateNumber(n))
			}
		}
		return nil
	})
}

// isDateNumber reports whether a number format that every Excel has, also a
// Chinese one, shows dates.
func isDateNumber(n int) bool {
	return 14 <= n && n <= 22 || 27 <= n && n <= 36 || 45 <= n && n <= 47 || 50 <= n && n <= 58
}

// isDateFormat reports whether a format such as yyyy"年"m"月" shows dates.
func isDateFormat(code string) bool {
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			i += 1 + strings.IndexByte(code[i+1:]+`"`, '"')
		case '[':
			i += strings.IndexByte(code[i:]+"]", ']')
		case '\\', '_', '*':
			i++
		case 'y', 'Y', 'm', 'M', 'd', 'D', 'h', 'H', 's', 'S':
			return true
		case ';':
			return false // the second part is for other numbers
		}
	}
	return false
}

// The errors of cells.
var (
	errFormula = errorf("a formula that was never computed: open the file in Excel and save it", "公式尚未计算：请用Excel打开并保存该文件")
	errCell    = errorf("a value that no spreadsheet writes", "无法识别的单元格内容")
)

// cell reads a cell that has just begun.
func (w *workbook) cell(e xml.StartElement, p *sheetPart) (string, error) {
	kind, value, formula, computed := attr(e, "t"), "", false, false
	for {
		t, err := p.next()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "f":
				formula = true
			case "is", "v":
				computed = computed || t.Name.Local == "v"
				if value, err = p.text(t.Name.Local); err != nil {
					return "", err
				}
			}
		case xml.EndElement:
			if t.Name.Local != "c" {
				continue
			}
			if formula && !computed {
				return "", errFormula
			}
			return w.written(kind, attr(e, "s"), value)
		}
	}
}

// written is the value of a cell as a CSV has it.
func (w *workbook) written(kind, style, value string) (string, error) {
	switch kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		s, ok := w.shared.at(n)
		if value != "" && (err != nil || !ok) {
			return "", errCell
		}
		return oneLine(s), nil
	case "str", "inlineStr", "e":
		return oneLine(value), nil
	case "b":
		if truth(value) {
			return "yes", nil
		}
		return "no", nil
	case "d":
		return strings.Replace(value, "T", " ", 1), nil
	}
	if value = strings.TrimSpace(value); value == "" {
		return "", nil
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return "", errCell
	}
	if n, err := strconv.Atoi(style); err == nil && 0 <= n && n < len(w.dates) && w.dates[n] {
		if t, ok := w.instant(f); ok {
			return t, nil
		}
	}
	return number(f), nil
}

// oneLine makes one line of a cell's text, so that a line of the CSV is a row
// of the sheet.
func oneLine(s string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\u00A0", " ").Replace(s))
}

// digitsOfExcel is how many digits Excel keeps of a number. It makes those
// that follow zeros.
const digitsOfExcel = 15

// number writes a number with all its digits, as far as Excel keeps them; a
// longer one as Excel shows it, since an account of sixteen digits that was
// kept as a number is another account.
func number(f float64) string {
	if math.Abs(f) >= math.Pow10(digitsOfExcel) {
		return strconv.FormatFloat(f, 'E', digitsOfExcel-1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// instant writes a number of days as the wall clock that a spreadsheet shows.
func (w *workbook) instant(days float64) (string, bool) {
	if days < 0 || days > 2_958_466 { // the year 9999
		return "", false
	}
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case w.from == 1904:
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days < 61: // Excel has a 29 February 1900
		start = start.AddDate(0, 0, 1)
	}
	whole := math.Floor(days)
	t := start.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round((days-whole)*24*60*60)) * time.Second)
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.Format(time.DateOnly), true
	}
	return fmt.Sprint(t.Format(time.DateTime)), true
}

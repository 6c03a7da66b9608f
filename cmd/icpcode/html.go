package main

import (
	"cmp"
	"crypto/sha256"
	_ "embed" // of the parts of the page
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// A report as one HTML file without outside resources. Texts of inventories go
// through safe, and then through html/template or JSON whose brackets are
// escaped: nothing of them is ever markup or script.

var (
	//go:embed page/report.html
	pageHTML string
	//go:embed page/report.css
	pageCSS string
	//go:embed page/report.js
	pageJS string
)

// staticRows is how many rows the page shows without its script.
const staticRows = 200

// htmlReport is a reporter.
type htmlReport struct {
	*command
	rows    spool
	count   int
	first   []pageRow
	reasons map[reasonKey]int
	known   []pageReason
}

// pageRow is a row as the page has it in JSON: rows are many, so it has no
// names.
type pageRow struct {
	verdict verdict
	cells   []string
	reasons []pageFound
	notes   []string
}

// MarshalJSON writes a list: verdict, cells, reasons, notes.
func (r pageRow) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{r.verdict, r.cells, r.reasons, r.notes})
}

// pageFound is what one row adds to a reason.
type pageFound struct {
	kind                   int // place of the reason
	found, by, responsible string
}

// MarshalJSON writes a list: place of the reason, found, by, responsible.
func (f pageFound) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{f.kind, f.found, f.by, f.responsible})
}

// pageReason is what rows with the same reason have in common.
type pageReason struct {
	Rule, Title, Outcome, Required, Remedy, Source string
}

// text is a cell as people read it.
func cellText(v any) string {
	switch v := v.(type) {
	case string:
		return safe(v)
	case int:
		return fmt.Sprint(v)
	case time.Time:
		return when(v)
	}
	return ""
}

func (h *htmlReport) row(r *reportRow) error {
	p := pageRow{verdict: r.verdict, cells: make([]string, len(r.cells)), reasons: []pageFound{}, notes: []string{}}
	for n, c := range r.cells {
		p.cells[n] = cellText(c)
	}
	for _, k := range r.reasons {
		f := pageFound{kind: h.reason(k), found: safe(k.Found), responsible: safe(k.responsible)}
		if k.responsible != "" {
			f.by = h.dueText(k.by)
		}
		p.reasons = append(p.reasons, f)
	}
	for _, n := range r.notes {
		p.notes = append(p.notes, safe(n))
	}
	if len(h.first) < staticRows {
		h.first = append(h.first, p)
	}
	doc, err := json.Marshal(p)
	if err != nil {
		return err
	}
	prefix := ",\n"
	if h.count == 0 {
		prefix = "\n"
	}
	h.count++
	_, _ = h.rows.WriteString(prefix) // the next one tells of errors
	_, err = h.rows.Write(escapeJSON(doc))
	return err
}

// reason is the place of a reason.
func (h *htmlReport) reason(k reportReason) int {
	key := reasonKey{rule: k.Rule, outcome: k.Outcome, required: k.Required, remedy: k.Remedy, source: k.Source(h.lang)}
	n, found := h.reasons[key]
	if !found {
		n = len(h.known)
		h.reasons[key] = n
		h.known = append(h.known, pageReason{
			Rule: k.Rule.String(), Title: k.Rule.Title(h.lang), Outcome: k.Outcome.Label(h.lang),
			Required: safe(k.Required), Remedy: safe(k.Remedy), Source: safe(key.source),
		})
	}
	return n
}

func (h *htmlReport) drop() { h.rows.close() }

// pageData is what the page is made of.
type pageData struct {
	Lang, Title, Unit string
	CSS               template.CSS
	Policy            string
	First             parts
	All               []string
	Problems          []string
	ProblemCount      int
	Charts            []svgChart
	Columns           []string
	Labels            []string
	Rows              []staticRow
	Total             int
	Basis             []string
	Say               map[string]string
	More              bool
}

// staticRow is a row for the template.
type staticRow struct {
	Verdict int
	Cells   []labelled
	Reasons []staticReason
	Notes   []string
}

type labelled struct{ Label, Text string }

type staticReason struct {
	pageReason
	Found, By, Who string
}

func (h *htmlReport) finish(r *report) error {
	defer h.rows.close()
	sum := sha256.Sum256([]byte(pageJS))
	lang := map[icpcode.Lang]string{icpcode.English: "en", icpcode.Chinese: "zh-CN"}[h.lang]
	d := pageData{
		Lang: lang, Title: r.title, Unit: r.unit, CSS: template.CSS(pageCSS), //nolint:gosec // it is part of the program
		Policy:   "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
		First:    h.parts(r.head, &r.morning, r.counts[verdictUnknown], mostWidth),
		Problems: h.firstProblems, ProblemCount: h.problems, Columns: r.columns, Labels: r.labels[:], Total: h.count, Basis: r.basis,
		More: h.count > len(h.first), Say: h.pageWords(h.count, len(h.first)),
	}
	for n := range r.morning.Do {
		d.All = append(d.All, h.taskText(&r.morning.Do[n]))
	}
	for _, c := range r.charts {
		d.Charts = append(d.Charts, h.draw(c))
	}
	for _, p := range h.first {
		s := staticRow{Verdict: int(p.verdict), Notes: p.notes}
		for n, c := range p.cells {
			s.Cells = append(s.Cells, labelled{r.columns[n], c})
		}
		for _, f := range p.reasons {
			s.Reasons = append(s.Reasons, staticReason{h.known[f.kind], f.found, f.by, f.responsible})
		}
		d.Rows = append(d.Rows, s)
	}
	page, err := template.New("report").Parse(pageHTML)
	if err != nil {
		return err
	}
	if err := page.Execute(h.out, d); err != nil {
		return err
	}
	return errorsOf(
		h.member("<script type=\"application/json\" id=\"about\">", map[string]any{"columns": r.columns, "labels": r.labels, "reasons": append([]pageReason{}, h.known...), "say": d.Say}),
		write(h.command, "</script>\n<script type=\"application/json\" id=\"rows\">["),
		h.rows.copyTo(h.command.out),
		write(h.command, "\n]</script>\n<script>"+pageJS+"</script>\n</body>\n</html>\n"),
	)
}

// pageWords are the words of the page and of its script.
func (s speaker) pageWords(rows, shown int) map[string]string {
	return map[string]string{
		"today": s.say("What to do first", "首先要做的事"), "all": s.say("Everything that is to be done", "全部待办事项"), "problems": s.say("Not complete", "内容不完整"),
		"rows": s.say("One by one", "逐项"), "basis": s.say("What this rests on", "依据"), "unofficial": s.say("Unofficial: the provider's own system decides.", "非官方：最终以提供商的系统为准。"),
		"search": s.say("search", "搜索"), "any": s.say("any verdict", "全部结论"), "anyRule": s.say("any rule", "全部规则"), "reasons": s.say("reasons", "原因"),
		"required": s.say("required", "要求"), "found": s.say("found", "实际"), "remedy": s.say("remedy", "处理建议"), "source": s.say("source", "来源"), "by": s.say("who and by when", "处理人与期限"),
		"note": s.say("note", "说明"), "back": s.say("back", "上一页"), "next": s.say("next", "下一页"), "of": s.say("{from} to {to} of {all}", "第{from}至{to}项，共{all}项"), "none": s.say("nothing matches", "没有符合条件的内容"),
		"static": s.say("Without scripts only the first %s of %s are shown: for all of them use -csv.", "未启用脚本，仅显示前%s项，共%s项；全部内容请用 -csv。", thousands(shown), thousands(rows)),
	}
}

// sortBars puts the longest first.
func sortBars(bars []bar) {
	slices.SortStableFunc(bars, func(a, b bar) int { return cmp.Compare(b.total(), a.total()) })
}

// svgChart is a chart as the template draws it.
type svgChart struct {
	Title, Note string
	Parts       []string
	Most        int
	Bars        []svgBar
	Lying       bool
	Ticks       []svgTick
	Text        string // for screen readers
}

type svgBar struct {
	Label                        string
	Sure, Maybe                  int
	X, Width                     float64
	SureY, SureH, MaybeY, MaybeH float64 // heights, or widths of bars that lie
}

type svgTick struct {
	X    float64
	Text string
}

// The picture: its width and height, and the height of what is below the bars.
const (
	svgWidth, svgHeight, svgFoot, svgHead = 360.0, 150.0, 18.0, 14.0
)

// draw measures a chart.
func (s speaker) draw(c chart) svgChart {
	out := svgChart{Title: c.title, Note: c.note, Lying: c.lying}
	if c.parts[1] != "" {
		out.Parts = c.parts[:]
	}
	for n := range c.bars {
		out.Most = max(out.Most, c.bars[n].total())
	}
	scale := 0.0
	if out.Most > 0 {
		scale = 1 / float64(out.Most)
	}
	step := svgWidth / float64(max(1, len(c.bars)))
	room := svgHeight - svgFoot - svgHead
	for n, b := range c.bars {
		k := svgBar{Label: b.label, Sure: b.sure, Maybe: b.maybe}
		if c.lying {
			k.SureH, k.MaybeH = 100*scale*float64(b.sure), 100*scale*float64(b.maybe)
			k.MaybeY = k.SureH
		} else {
			k.X, k.Width = float64(n)*step+step*0.1, step*0.8
			k.SureH, k.MaybeH = room*scale*float64(b.sure), room*scale*float64(b.maybe)
			k.SureY = svgHead + room - k.SureH
			k.MaybeY = k.SureY - k.MaybeH
			if n%max(1, len(c.bars)/4) == 0 && float64(n)*step < svgWidth-40 {
				out.Ticks = append(out.Ticks, svgTick{float64(n) * step, b.label[:min(len(b.label), 7)]})
			}
		}
		out.Bars = append(out.Bars, k)
		out.Text += fmt.Sprintf("%s: %d; ", b.label, b.total())
	}
	return out
}

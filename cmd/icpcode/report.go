package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/icpcode/icpcode"
)

// A report is what HTML and workbooks show of a run of precheck or review: the
// morning's answer, charts, and a row for each server or filing with its
// reasons.

// reportRow is one server or filing. Its cells are in the order of the columns:
// texts, ints, instants, or nil.
type reportRow struct {
	verdict verdict
	key     int // the column that names it
	cells   []any
	reasons []reportReason
	notes   []string
}

// reportReason is one reason of a row.
type reportReason struct {
	icpcode.Reason
	by          time.Time // by when something is to be done; zero: nothing is, or today
	responsible string    // the party that is to act; "": no one has to
}

// report is what is known behind the rows.
type report struct {
	kind    string // precheck or review
	at      time.Time
	title   string
	head    string
	unit    string // what the rows are
	columns []string
	labels  [numVerdicts]string
	counts  [numVerdicts]int
	morning morning
	basis   []string
	charts  []chart
	events  []event
}

// reporter writes a report in one form.
type reporter interface {
	row(r *reportRow) error
	finish(r *report) error
	// drop lets go of what was kept of a report that is not finished.
	drop()
}

// reporting adds the flags of reports.
func (c *command) reporting(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&c.html, "html", false, c.say(
		"a report as one HTML file, to look at in a browser: what to do first, charts, and a table to sort and filter",
		"输出一个HTML文件形式的报告，用浏览器查看：首先要做的事、图表，以及可排序和筛选的表格",
	))
	f.BoolVar(&c.xlsx, "xlsx", false, c.say(
		"a report as an Excel workbook: what to do first, what is to be done, the list, and its reasons",
		"输出Excel工作簿形式的报告：首先要做的事、待办、清单及其原因",
	))
	f.BoolVar(&c.ics, "ics", false, c.say(
		"a calendar: expiries and 30, 15 and 7 days before them, the days on which servers stop qualifying, and when the caps of grants begin anew",
		"输出日历文件：到期日及其前30、15、7天，服务器不再符合条件的日期，以及授权上限重新计算的日期",
	))
}

// reports is how many kinds of report were asked for.
func (c *command) reports() int { return btoi(c.html) + btoi(c.xlsx) + btoi(c.ics) }

// oneForm says what is wrong with the forms of output that were asked for: others
// are asked for, too.
func (c *command) oneForm(others bool) error {
	if c.reports() > 1 || c.reports() == 1 && others {
		return errorf("-html, -xlsx and -ics go neither with each other nor with -json, -csv, -sites and -explain", "-html、-xlsx、-ics 不能同用，也不能与 -json、-csv、-sites、-explain 同用")
	}
	if c.xlsx && c.terminal {
		return errorf("a workbook is no text for a terminal: -xlsx > FILE.xlsx", "工作簿不能输出到终端：-xlsx > 文件.xlsx")
	}
	return nil
}

// reporter makes the report that was asked for. The columns are those of its
// rows.
func (c *command) reporter(columns []string) (reporter, error) {
	switch {
	case c.ics:
		return icsReport{c}, nil
	case c.xlsx:
		return newWorkbook(c, columns)
	}
	return &htmlReport{command: c, reasons: make(map[reasonKey]int)}, nil
}

// chart is a chart of bars.
type chart struct {
	title, note string
	parts       [2]string // what the two parts of a bar are; "": there is one
	bars        []bar
	lying       bool // the bars lie, each with its text
}

// bar is one bar, of two parts.
type bar struct {
	label       string
	sure, maybe int
}

func (b *bar) total() int { return b.sure + b.maybe }

// Limits on charts.
const (
	chartMonths = 12
	chartWeeks  = 53
	chartBars   = 10 // that lie
)

// monthStarts are the instants at which capacity is shown: now, and the beginning of
// each of the next twelve months in China.
func monthStarts(at time.Time) []time.Time {
	list := []time.Time{at}
	y, m, _ := at.In(china).Date()
	for n := range chartMonths {
		list = append(list, time.Date(y, m+time.Month(n+1), 1, 0, 0, 0, 0, china))
	}
	return list
}

// midnight is the beginning of the day in China.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(china).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, china)
}

// expiry is how many servers or filings a day ends, and the first of them.
type expiry struct {
	date  time.Time // 00:00 in China
	count int
	names []string
}

// expiries are the days on which servers expire.
type expiries map[time.Time]*expiry

// horizon is how far ahead expiries are kept.
const horizon = 400 * day

// add notes what rests on a server that expires after at, and not too far ahead.
func (e expiries) add(at time.Time, i *icpcode.Instance, name string) {
	gone := i.Status == icpcode.StatusReleased || i.Status == icpcode.StatusRefunded
	if gone || i.Billing == icpcode.PayAsYouGo || i.Expires.IsZero() || !i.Expires.After(at) || i.Expires.Sub(at) > horizon {
		return
	}
	date := midnight(i.Expires)
	if e[date] == nil {
		e[date] = &expiry{date: date}
	}
	k := e[date]
	k.count++
	if len(k.names) < maxNamed {
		k.names = append(k.names, name)
	}
}

// byWeek is the chart of expiries.
func (e expiries) byWeek(s speaker, at time.Time, unit string) chart {
	c := chart{title: s.say("Expiries by week", "每周到期数量"), note: s.say("%s by the week in which their server expires, from today on", "按服务器到期所在的周统计%s，从今天起", unit)}
	from := midnight(at)
	for n := range chartWeeks {
		c.bars = append(c.bars, bar{label: from.AddDate(0, 0, 7*n).Format(time.DateOnly)})
	}
	for date, k := range e {
		if n := int(date.Sub(from) / (7 * day)); n < chartWeeks {
			c.bars[n].sure += k.count
		}
	}
	return c
}

// parts are the parts of the first screen.
type parts struct {
	Head      string
	Tasks     []string
	More      string // how many tasks are left out
	Otherwise string
	Tell      string
}

// parts finds how much of a morning fits on a first screen of that width.
func (s speaker) parts(head string, m *morning, unknown, width int) parts {
	p := parts{Head: head}
	lines := len(wrap(head, width))
	if m.Otherwise != "" {
		p.Otherwise = s.say("Otherwise %s.", "否则%s。", m.Otherwise)
		lines += len(wrap(p.Otherwise, width))
	}
	if m.WouldTell != nil {
		p.Tell = s.wouldTellText(unknown, m.WouldTell)
		lines += len(wrap(p.Tell, width))
	}
	for n := range m.Do {
		text := s.taskText(&m.Do[n])
		item := len(wrap(s.say("%d. %s", "%d. %s", n+1, text), width))
		left, more := m.Do[n:], 0
		if len(left) > 1 || m.More > 0 {
			more = 1
		}
		if lines+item+more > firstLines {
			p.More = s.moreText(left, m.More)
			break
		}
		lines += item
		p.Tasks = append(p.Tasks, text)
	}
	return p
}

// moreText says how many tasks are left out, and how many of them are for today.
func (s speaker) moreText(left []task, beyond int) string {
	today := 0
	for i := range left {
		if left[i].by.IsZero() {
			today++
		}
	}
	of := ""
	if today > 0 {
		of = s.say(", %s today", "（今天%s项）", thousands(today))
	}
	n := len(left) + beyond
	if n == 1 {
		return s.say("1 more thing to do%s: see below", "另有1项待处理%s，见下文", of)
	}
	return s.say("%s more things to do%s: see below", "另有%s项待处理%s，见下文", thousands(n), of)
}

// wouldTellText says which file would tell most of what cannot be told.
func (s speaker) wouldTellText(unknown int, w *wouldTell) string {
	if w.Count == unknown {
		return s.say("%s cannot be told: give %s.", "%s项无法判断，请补充：%s。", thousands(unknown), w.File)
	}
	return s.say("%s cannot be told. For %s of them give %s.", "%s项无法判断，其中%s项请补充：%s。", thousands(unknown), thousands(w.Count), w.File)
}

// screen are the lines of the first screen: first head, then the tasks as far as
// there is room, then what happens otherwise and what would tell most of the
// unknown ones.
func (s speaker) screen(head string, m *morning, unknown, width int) []string {
	p := s.parts(head, m, unknown, width)
	lines := wrap(p.Head, width)
	for n, text := range p.Tasks {
		lines = append(lines, wrap(s.say("%d. %s", "%d. %s", n+1, text), width)...)
	}
	for _, text := range [...]string{p.More, p.Otherwise, p.Tell} {
		if text != "" {
			lines = append(lines, wrap(text, width)...)
		}
	}
	return lines
}

// reportPrinter makes a report of what precheck answers.
type reportPrinter struct {
	*command
	at  time.Time
	out reporter
}

func (p *reportPrinter) begin(q *question) error {
	p.at = q.at
	return nil
}

// serverColumns are the columns of a report of servers.
func (s speaker) serverColumns() []string {
	return []string{
		s.say("verdict", "结论"), s.say("id", "实例ID"), s.say("name", "名称"), s.say("provider", "提供商"), s.say("product", "产品"), s.say("region", "地域"),
		s.say("codes", "可申请数量"), s.say("codes at most", "最多可申请数量"), s.say("renew before", "须在此前续费"), s.say("expires", "到期时间"),
	}
}

func (p *reportPrinter) server(a *answer) error {
	i := &a.server.Instance
	r := reportRow{verdict: a.verdict, key: 1, cells: []any{
		p.label(a.verdict), string(i.ID), a.server.Name, i.Provider, string(i.Product), i.Region, a.least, nil, nil, nil,
	}}
	if n := a.atMost(); n != nil {
		r.cells[7] = *n
	}
	if !a.until.IsZero() {
		r.cells[8] = a.until
	}
	if !i.Expires.IsZero() {
		r.cells[9] = i.Expires
	}
	for _, k := range a.reasons {
		r.reasons = append(r.reasons, reportReason{Reason: k})
	}
	r.notes = a.notes(p.lang)
	return p.out.row(&r)
}

func (p *reportPrinter) stop(error) error {
	p.out.drop()
	return nil
}

func (p *reportPrinter) end(f *fleet) error {
	today := f.today(p.at)
	r := &report{
		kind: "precheck", at: p.at, events: f.events(p.at), title: p.say("Which servers may have ICP filing service codes", "哪些服务器可以申请ICP备案服务码"), head: today.head(p.speaker, p.at),
		unit: p.say("servers", "服务器"), columns: p.serverColumns(), counts: f.servers, morning: today.morning, charts: f.charts(p.at),
	}
	for v := range numVerdicts {
		r.labels[v] = p.label(v)
	}
	for _, s := range f.sets {
		r.basis = append(r.basis, p.say("rule set %s for %s, from documents of %s", "规则集%s，用于%s，资料日期：%s", s.Version, p.servers(f.judged[s.Version]), s.AsOf))
	}
	if f.assumed != 0 {
		r.basis = append(r.basis, p.say("assumed to pass where the fact is missing: %s", "缺少事实时假定通过：%s", p.ruleList(f.assumed)))
	}
	r.basis = append(r.basis, newTable(p.command).givenLines(f)...)
	return p.out.finish(r)
}

// charts are the charts of a fleet.
func (f *fleet) charts(at time.Time) []chart {
	capacity := chart{
		title: f.say("Capacity over the next 12 months", "未来12个月的可申请数量"), note: f.say("codes that can be issued, if nothing is renewed, bought or used", "不续费、不新购、不使用时可申请的备案服务码"),
		parts: [2]string{f.say("certain", "确定"), f.say("if the missing facts pass", "所缺信息符合要求时")},
	}
	lapses, maybe := f.sortedLapses(), 0
	for _, k := range f.pending {
		maybe += k.Codes
	}
	for _, t := range monthStarts(at) {
		b := bar{label: t.In(china).Format(time.DateOnly), sure: f.now.Codes, maybe: maybe}
		for _, l := range lapses {
			if !l.date.After(t) {
				b.sure -= l.sure.Codes
				b.maybe -= l.maybe.Codes
			}
		}
		capacity.bars = append(capacity.bars, b)
	}
	counts := make(map[string]*bar)
	for _, r := range f.sortedReasons() {
		if r.outcome != icpcode.OutcomeFailed && r.outcome != icpcode.OutcomeUnknown {
			continue
		}
		label := r.rule.String() + " " + r.rule.Title(f.lang)
		if counts[label] == nil {
			counts[label] = &bar{label: label}
		}
		if r.outcome == icpcode.OutcomeFailed {
			counts[label].sure += r.servers
			continue
		}
		counts[label].maybe += r.servers
	}
	return []chart{capacity, f.frequent(counts), f.expires.byWeek(f.speaker, at, f.say("servers", "服务器"))}
}

// frequent is the chart of reasons.
func (s speaker) frequent(counts map[string]*bar) chart {
	c := chart{title: s.say("Reasons by frequency", "按次数排列的原因"), parts: [2]string{s.say("fails", "未通过"), s.say("not known", "未知")}, lying: true}
	for _, label := range sortedKeys(counts) {
		c.bars = append(c.bars, *counts[label])
	}
	sortBars(c.bars)
	c.bars = c.bars[:min(len(c.bars), chartBars)]
	return c
}

// filingColumns are the columns of a report of filings.
func (s speaker) filingColumns() []string {
	return []string{
		s.say("verdict", "结论"), s.say("customer", "客户"), s.say("domain or app", "域名或App"), s.say("ICP number", "备案号"),
		s.say("server", "实例ID"), s.say("provider", "提供商"), s.say("by", "期限"), s.say("server expires", "服务器到期时间"),
	}
}

// report makes a report of what review found.
func (r *reviewing) report() error {
	out, err := r.reporter(r.filingColumns())
	if err != nil {
		return err
	}
	e, paid, counts := make(expiries), make([]int, chartMonths+1), make(map[string]*bar)
	dates := monthStarts(r.q.at)
	err = r.each(func(f *reviewed) error {
		row := reportRow{verdict: f.verdict, key: 2, cells: []any{r.label(f.verdict), f.customer, strings.TrimSpace(f.domain + " " + f.app), f.icp, string(f.instance), f.provider, nil, nil}}
		if f.server != nil {
			i := &f.server.Instance
			row.cells[4], row.cells[5] = string(i.ID), i.Provider
			if !i.Expires.IsZero() {
				row.cells[7] = i.Expires
			}
			e.add(r.q.at, i, strings.TrimSpace(f.domain+f.app))
			for n, t := range dates {
				if i.Billing != icpcode.PayAsYouGo && i.Expires.After(t) {
					paid[n]++
				}
			}
		}
		if len(f.risks) > 0 {
			row.cells[6] = r.q.at
			if by := f.due(); !by.IsZero() {
				row.cells[6] = by
			}
		}
		for n, list := range [...][]finding{f.risks, f.unknowns} {
			for _, k := range list {
				row.reasons = append(row.reasons, reportReason{Reason: k.Reason, by: k.by, responsible: k.responsible})
				label := k.Rule.String() + " " + k.Rule.Title(r.lang)
				if counts[label] == nil {
					counts[label] = &bar{label: label}
				}
				counts[label].sure += 1 - n
				counts[label].maybe += n
			}
		}
		return out.row(&row)
	})
	if err != nil {
		return err
	}
	today := &r.sum.today
	doc := &report{
		kind: "review", at: r.q.at, events: e.events(r.speaker, r.q.at, func(n int) string { return r.count(n, "filing", "filings", "条备案") }),
		title: r.say("Which filings are at risk", "哪些备案有风险"), head: r.head(today), unit: r.say("filings", "备案"), morning: today.morning,
		columns: r.filingColumns(),
		basis:   []string{r.say("servers in the inventories: %d; filings that have ended and were not reviewed: %d", "清单中的服务器：%d台；已终止、未检查的备案：%d条", r.today.n, r.ended)},
	}
	for v := range numVerdicts {
		doc.labels[v] = r.label(v)
	}
	doc.counts = [numVerdicts]int{filingFine: today.Fine, filingAtRisk: today.AtRisk, filingUnknown: today.Unknown}
	capacity := chart{title: r.say("Paid servers over the next 12 months", "未来12个月服务器仍在有效期内的备案"), note: r.say("filings whose server is still paid for, if nothing is renewed", "不续费时，服务器仍在有效期内的备案数量")}
	for n, t := range dates {
		capacity.bars = append(capacity.bars, bar{label: t.In(china).Format(time.DateOnly), sure: paid[n]})
	}
	if r.dns == nil {
		doc.basis = append(doc.basis, r.say("where the domains point was not asked: give -dns FILE", "未检查域名解析：请用 -dns 给出文件"))
	}
	doc.charts = []chart{capacity, r.frequent(counts), e.byWeek(r.speaker, r.q.at, r.say("filings", "备案"))}
	return out.finish(doc)
}

package main

import (
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// diffHTML is the diffPrinter of a report: the servers whose verdict changes, or
// without inventories what differs.
type diffHTML struct {
	*command
	from, to *icpcode.RuleSet
	list     []change
	at       time.Time // zero: there are no inventories
	out      reporter
	err      error // the first one
	charts   map[string]*bar
	do       map[diffTask]*diffTaskServers
	order    []diffTask
	rows     [numVerdicts]int
}

// diffTask is what is to be done before the later set is in force.
type diffTask struct{ rule, remedy string }

type diffTaskServers struct {
	count   int
	servers crowd
}

// The kinds of what differs, in the places of the verdicts.
const (
	kindNoMore  = verdictYes
	kindNew     = verdictNo
	kindChanged = verdictUnknown
)

func (k *change) kind() verdict {
	switch {
	case k.From == "":
		return kindNew
	case k.To == "":
		return kindNoMore
	}
	return kindChanged
}

func (h *diffHTML) kindLabel(v verdict) string {
	return [numVerdicts]string{kindNoMore: h.say("no more", "取消"), kindNew: h.say("new", "新增"), kindChanged: h.say("changed", "变更")}[v]
}

func (h *diffHTML) changeColumns() []string {
	return []string{h.say("change", "变化"), h.say("rule", "规则"), h.say("of", "适用于"), h.say("before", "变化前"), h.say("after", "变化后")}
}

func (h *diffHTML) moveColumns() []string {
	return []string{
		h.say("verdict after", "变化后的结论"), h.say("id", "实例ID"), h.say("name", "名称"), h.say("provider", "提供商"), h.say("product", "产品"),
		h.say("region", "地域"), h.say("verdict before", "变化前的结论"),
	}
}

func (h *diffHTML) changes(from, to *icpcode.RuleSet, list []change) {
	h.from, h.to, h.list = from, to, list
	h.charts, h.do = make(map[string]*bar), make(map[diffTask]*diffTaskServers)
}

// start begins the table.
func (h *diffHTML) start(columns []string) {
	h.out, h.err = h.reporter(columns)
}

func (h *diffHTML) row(r *reportRow) {
	h.rows[r.verdict]++
	if h.err == nil {
		h.err = h.out.row(r)
	}
}

func (h *diffHTML) begin(q *question) {
	h.at = q.at
	h.start(h.moveColumns())
}

// counted adds to a bar of the chart of rules.
func (h *diffHTML) counted(rule string, sure, maybe int) {
	label := rule
	var r icpcode.Rule
	if r.UnmarshalText([]byte(rule)) == nil && rule != "" {
		label += " " + r.Title(h.lang)
	}
	if label == "" {
		label = h.say("about the set", "规则集本身")
	}
	if h.charts[label] == nil {
		h.charts[label] = &bar{label: label}
	}
	h.charts[label].sure += sure
	h.charts[label].maybe += maybe
}

func (h *diffHTML) server(b *both) {
	i := &b.after.server.Instance
	r := reportRow{verdict: b.after.verdict, key: 1, cells: []any{
		h.label(b.after.verdict), string(i.ID), b.after.server.Name, i.Provider, string(i.Product), i.Region, h.label(b.before.verdict),
	}}
	for _, k := range b.reasons(&b.after, &b.before) {
		r.reasons = append(r.reasons, reportReason{Reason: k, responsible: h.buyer(i.Owner), by: h.to.Effective})
		h.counted(k.Rule.String(), 1, 0)
		if b.before.verdict != verdictYes || k.Outcome != icpcode.OutcomeFailed {
			continue
		}
		task := diffTask{k.Rule.String(), k.Remedy}
		if h.do[task] == nil {
			h.do[task] = new(diffTaskServers)
			h.order = append(h.order, task)
		}
		h.do[task].count++
		h.do[task].servers.add(i.ID, i.Owner, 1)
	}
	for _, k := range b.reasons(&b.before, &b.after) {
		r.notes = append(r.notes, h.say("no more: %s %s", "取消：%s %s", k.Rule, k.Found))
		h.counted(k.Rule.String(), 0, 1)
	}
	h.row(&r)
}

func (h *diffHTML) stop(error) {
	if h.out != nil {
		h.out.drop()
	}
}

// tell is a change as one line.
func (h *diffHTML) tell(k *change) string {
	text := map[verdict]string{kindNew: k.To, kindNoMore: k.From, kindChanged: k.From + " -> " + k.To}[k.kind()]
	name := strings.TrimSpace(k.Rule + " " + h.productNames(k.Of))
	return h.say("%s, %s: %s", "%s，%s：%s", h.kindLabel(k.kind()), name, text)
}

// today are the tasks of servers that may have codes before, and no more after.
func (h *diffHTML) today() morning {
	m := morning{Do: []task{}}
	for _, t := range h.order {
		k := task{Count: h.do[t].count, Which: h.do[t].servers.ids, Rule: t.rule, Do: t.remedy, Responsible: h.buyer(h.do[t].servers.owner)}
		if h.to.Effective.After(h.at) {
			k.by, k.By = h.to.Effective, inChina(h.to.Effective)
		}
		m.Do = append(m.Do, k)
	}
	if len(m.Do) > 0 {
		m.Otherwise = h.say("these servers get no further code under %s", "按%s，这些服务器不能再申请备案服务码", h.to.Version)
	}
	m.limited()
	return m
}

func (h *diffHTML) end(m *moves) {
	doc := &report{
		kind: "rules", at: h.at, title: h.say("What differs between two versions of the rules", "两个版本的规则有何差异"),
		unit: h.say("changes", "项变化"), columns: h.changeColumns(), basis: []string{h.say("rule sets %s and %s", "规则集%s和%s", h.from.Version, h.to.Version)},
	}
	differ := h.count(len(h.list), "point differs", "points differ", "项差异")
	doc.head = h.say("From %s to %s: %s. Unofficial.", "从%s到%s：%s。非官方。", h.from.Version, h.to.Version, differ)
	if m == nil {
		h.start(doc.columns)
		for n := range h.list {
			k := &h.list[n]
			h.row(&reportRow{verdict: k.kind(), key: 1, cells: []any{h.kindLabel(k.kind()), k.Rule, h.productNames(k.Of), k.From, k.To}})
			h.counted(k.Rule, 1, 0)
		}
		for v := range numVerdicts {
			doc.labels[v] = h.kindLabel(v)
		}
	} else {
		doc.unit, doc.columns, doc.morning = h.say("servers", "服务器"), h.moveColumns(), h.today()
		doc.head = h.say("From %s to %s: %s; of %s the verdict changes for %s. For %s, China time. Unofficial.", "从%s到%s：%s；%s中有%s台结论改变。按北京时间%s判断。非官方。",
			h.from.Version, h.to.Version, differ, h.servers(m.servers), thousands(m.changed()), when(h.at))
		for n := range h.list {
			doc.basis = append(doc.basis, h.tell(&h.list[n]))
		}
		doc.charts = append(doc.charts, h.movesChart(m))
		for v := range numVerdicts {
			doc.labels[v] = h.label(v)
		}
	}
	doc.counts = h.rows
	chart := h.frequent(h.charts)
	chart.title, chart.parts = h.say("Changes by rule", "各规则的变化"), [2]string{}
	if m != nil {
		chart.parts = [2]string{h.say("new", "新增"), h.say("no more", "取消")}
	}
	doc.charts = append(doc.charts, chart)
	if h.err == nil {
		h.err = h.out.finish(doc)
	}
}

// movesChart shows how many servers go from one verdict to another.
func (h *diffHTML) movesChart(m *moves) chart {
	c := chart{title: h.say("Servers by verdict before and after", "变化前后的结论与服务器数量"), lying: true}
	for from := range numVerdicts {
		for to := range numVerdicts {
			if n := m.counts[[2]verdict{from, to}]; n > 0 {
				c.bars = append(c.bars, bar{label: h.label(from) + " -> " + h.label(to), sure: n})
			}
		}
	}
	sortBars(c.bars)
	return c
}

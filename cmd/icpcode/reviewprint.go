package main

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// filingsToday is the morning's answer of review.
type filingsToday struct {
	Filings int `json:"filings"`
	AtRisk  int `json:"at_risk"`
	Fine    int `json:"fine"`
	Unknown int `json:"unknown"`
	Ended   int `json:"ended"` // not reviewed
	morning
}

// summary is what all filings come to.
type summary struct {
	today   filingsToday
	unasked icpcode.RuleIDs
	sets    map[string]int  // by their version
	still   map[string]bool // the risks of before that are there still
	tasks   map[taskKey]int // places in today.Do
	missing map[string]int
}

// taskKey is what one thing to do has in common.
type taskKey struct {
	by                  int64
	rule                icpcode.Rule
	remedy, responsible string
}

// newSummary is that of no filing.
func newSummary(ended int) summary {
	return summary{
		today: filingsToday{Ended: ended, morning: morning{Do: []task{}}}, sets: make(map[string]int), still: make(map[string]bool),
		tasks: make(map[taskKey]int), missing: make(map[string]int),
	}
}

// summarize judges all filings, and puts together what a person should know
// first.
func (r *reviewing) summarize() error {
	if r.csv { // it has no first screen: a filing is summed when it is printed
		return nil
	}
	if err := r.each(r.summed); err != nil {
		return err
	}
	if r.past != nil {
		r.cleared = r.clearedSince()
	}
	s := &r.sum.today
	urgencies := make(map[string]int)
	for k := range r.sum.tasks {
		urgencies[k.rule.String()] = urgency(k.rule)
	}
	slices.SortStableFunc(s.Do, func(a, b task) int {
		return cmp.Or(a.by.Compare(b.by), urgencies[a.Rule]-urgencies[b.Rule], b.Count-a.Count)
	})
	if len(s.Do) > 0 {
		s.Otherwise = r.say("the provider can cancel the access of the filing, and the site goes offline", "提供商可能取消接入，网站将无法访问")
	}
	s.limited()
	r.sum.tasks = nil
	for _, kind := range [...]string{"inventory", "facts", "dns", "addresses"} {
		if n := r.sum.missing[kind]; n > 0 && (s.WouldTell == nil || n > s.WouldTell.Count) {
			s.WouldTell = &wouldTell{r.fileOf(kind), n}
		}
	}
	return nil
}

// summed adds a filing.
func (r *reviewing) summed(f *reviewed) error {
	s := &r.sum.today
	s.Filings++
	switch {
	case r.past != nil, f.verdict == filingAtRisk:
		s.AtRisk++
	case f.verdict == filingFine:
		s.Fine++
	default:
		s.Unknown++
		r.sum.missing[f.unknowns[0].missing]++
	}
	verdict := f.verdict
	if r.past != nil {
		verdict = filingAtRisk
	}
	r.verdicts[verdict]++
	r.sum.unasked |= f.unasked
	r.sum.sets[f.set.Version]++
	for _, k := range f.risks {
		key := taskKey{k.by.Unix(), k.Rule, k.Remedy, k.responsible}
		n, found := r.sum.tasks[key]
		if !found {
			n = len(s.Do)
			r.sum.tasks[key] = n
			a := task{Rule: k.Rule.String(), Do: k.Remedy, Responsible: k.responsible, by: k.by}
			if !k.by.IsZero() {
				a.By = inChina(k.by)
			}
			s.Do = append(s.Do, a)
		}
		s.Do[n].Count++
		if len(s.Do[n].Which) < maxNamed {
			s.Do[n].Which = append(s.Do[n].Which, strings.Clone(cmp.Or(f.domain, f.app)))
		}
	}
	return nil
}

// urgency orders what is to be done on one day: first where the site is down.
func urgency(r icpcode.Rule) int {
	return slices.Index([]icpcode.Rule{icpcode.RSKDNS, icpcode.RSKDowngraded, icpcode.RSKOwner, icpcode.RSKBilling, icpcode.RSKIP, icpcode.RSKExpiring, icpcode.RSKReleased}, r) * -1
}

// fileOf names a file that would tell something.
func (r *reviewing) fileOf(kind string) string {
	switch kind {
	case "inventory":
		return r.say("the inventory with the servers that are not listed", "包含所缺服务器的清单")
	case "facts":
		return r.say("-facts with what the inventories do not say of the servers", "用 -facts 给出清单中没有的服务器信息")
	case "dns":
		return r.say("-dns FILE with where the domains point, or -resolve", "用 -dns 给出域名解析，或使用 -resolve")
	}
	return r.say("-all-addresses with the addresses of all CDNs, proxies and other servers", "用 -all-addresses 给出全部CDN、代理及其他服务器的地址")
}

func (r *reviewing) print() error {
	switch {
	case r.json:
		return r.printJSON()
	case r.csv:
		return r.printCSV()
	case r.reports() > 0:
		return r.report()
	}
	return r.printTable()
}

// label is the verdict of a filing for people.
func (r *reviewing) label(v verdict) string {
	switch v {
	case filingFine:
		return r.say("fine", "正常")
	case filingAtRisk:
		return r.say("at risk", "有风险")
	}
	return r.say("cannot tell", "无法判断")
}

func (r *reviewing) printTable() error {
	t := newTable(r.command)
	s := &r.sum.today
	for _, l := range r.screen(r.head(s), &s.morning, s.Unknown, t.width) {
		t.line(l)
	}
	customer := ""
	t.title(r.say("THE FILINGS", "各条备案"))
	err := r.each(func(f *reviewed) error {
		if f.customer != customer {
			customer = f.customer
			t.text("", r.say("%s:", "%s：", customer))
		}
		r.printFiling(t, f)
		return nil
	})
	if err != nil {
		return err
	}
	r.printCleared(t)
	t.title(r.say("WHAT THIS RESTS ON", "依据"))
	t.item(r.say("servers in the inventories: %d; filings that have ended and were not reviewed: %d", "清单中的服务器：%d台；已终止、未检查的备案：%d条", r.today.n, r.ended))
	for _, version := range sortedKeys(r.sum.sets) {
		t.item(r.say("rule set %s for %s", "规则集%s，用于%s", version, r.count(r.sum.sets[version], "filing", "filings", "条备案")))
	}
	if unasked := r.sum.unasked; unasked != 0 {
		t.item(r.say("not asked where the facts are not known (-facts, or the columns owner and ips): %s", "缺少事实而未判断的规则（可用 -facts，或owner、ips列给出）：%s", unasked))
	}
	if r.dns == nil {
		t.item(r.say("where the domains point was not asked: give -dns FILE, or -resolve to ask name servers", "未检查域名解析：请用 -dns 给出文件，或用 -resolve 查询DNS"))
	}
	t.item(r.say("unofficial: the provider's own system decides", "非官方：最终以提供商的系统为准"))
	return nil
}

// printCleared tells of the risks that have cleared since -since.
func (r *reviewing) printCleared(t *table) {
	if r.past == nil {
		return
	}
	t.title(r.say("CLEARED SINCE", "已消除的风险"))
	if len(r.cleared) == 0 {
		t.item(r.say("nothing", "无"))
	}
	for _, k := range r.cleared {
		t.item(strings.Join(strings.Fields(k.Domain+k.App+" "+string(k.Instance)+" "+k.Rule), " "))
	}
}

// head is the first line of the first screen.
func (r *reviewing) head(s *filingsToday) string {
	if r.past != nil {
		return r.say("%s at risk anew, %d risks have cleared. For %s, China time. Unofficial.", "新增有风险的%s，已消除的风险%d项。按北京时间%s判断。非官方。",
			r.count(s.Filings, "filing", "filings", "条备案"), len(r.cleared), when(r.q.at))
	}
	return r.say("%s: %s at risk, %s fine, %s cannot tell. For %s, China time. Unofficial.", "%s：有风险%s条，正常%s条，无法判断%s条。按北京时间%s判断。非官方。",
		r.count(s.Filings, "filing", "filings", "条备案"), thousands(s.AtRisk), thousands(s.Fine), thousands(s.Unknown), when(r.q.at))
}

// printFiling prints one filing.
func (r *reviewing) printFiling(t *table, f *reviewed) {
	server := string(f.instance)
	if f.server != nil {
		i := f.server
		server = strings.Join(strings.Fields(fmt.Sprint(i.ID, " ", i.Provider, " ", i.Product, " ", i.Region)), " ")
	}
	room := 0
	for v := range numVerdicts {
		room = max(room, width(r.label(v)))
	}
	colour := verdictColours[f.verdict]
	head := t.paint(colour, pad(r.label(f.verdict), room)) + gap
	in := strings.Repeat(" ", room+len(gap))
	for n, l := range wrap(safe(cmp.Or(f.domain, f.app)+gap+server), t.width-len(in)) {
		if n > 0 {
			head = in
		}
		t.line(head + l)
	}
	for _, k := range f.risks {
		t.text(in+k.Rule.String()+" ", r.say("%s: %s; %s, %s", "%s：%s；%s，由%s办理", k.Found, k.Remedy, r.dueText(k.by), k.responsible))
	}
	for _, k := range f.unknowns {
		t.text(in+k.Rule.String()+" ", r.say("%s: %s", "%s：%s", k.Found, k.Remedy))
	}
	for _, k := range f.advice {
		t.text(in+k.Rule.String()+" ", r.say("advice: %s: %s", "建议：%s：%s", k.Found, k.Remedy))
	}
}

// jsonReviewed is the JSON form of a filing.
type jsonReviewed struct {
	Customer string             `json:"customer,omitempty"`
	Domain   string             `json:"domain,omitempty"`
	App      string             `json:"app,omitempty"`
	ICP      string             `json:"icp_number,omitempty"`
	Instance icpcode.InstanceID `json:"instance,omitempty"`
	Provider string             `json:"provider,omitempty"`
	Verdict  string             `json:"verdict"` // risk, fine, unknown
	By       *time.Time         `json:"by,omitempty"`
	RuleSet  string             `json:"rule_set"`
	Risks    []jsonFinding      `json:"risks"`
	Unknowns []jsonFinding      `json:"unknowns"`
	Advice   []jsonFinding      `json:"advice,omitempty"`
	Unasked  []string           `json:"not_asked,omitempty"`
}

type jsonFinding struct {
	icpcode.Reason
	By          *time.Time `json:"by,omitempty"`
	Responsible string     `json:"responsible,omitempty"`
}

// filingVerdicts are the verdicts for programs.
var filingVerdicts = [numVerdicts]string{filingFine: "fine", filingAtRisk: "risk", filingUnknown: "unknown"}

func (r *reviewing) document(f *reviewed) jsonReviewed {
	d := jsonReviewed{
		Customer: f.customer, Domain: f.domain, App: f.app, ICP: f.icp,
		Verdict: filingVerdicts[f.verdict], RuleSet: f.set.Version, Risks: findings(f.risks), Unknowns: findings(f.unknowns), Unasked: ids(f.unasked),
	}
	if len(f.advice) > 0 {
		d.Advice = findings(f.advice)
	}
	d.Instance, d.Provider = f.at()
	if by := f.due(); !by.IsZero() {
		d.By = inChina(by)
	}
	return d
}

func findings(list []finding) []jsonFinding {
	out := []jsonFinding{}
	for _, k := range list {
		j := jsonFinding{Reason: k.Reason, Responsible: k.responsible}
		if !k.by.IsZero() {
			j.By = inChina(k.by)
		}
		out = append(out, j)
	}
	return out
}

func (r *reviewing) printJSON() error {
	err := errorsOf(
		r.member("{\n\"at\": ", r.q.at.Truncate(time.Second).In(china)),
		r.member(",\n\"unofficial\": ", true),
		r.member(",\n\"today\": ", r.sum.today),
		write(r.command, ",\n\"filings\": ["),
	)
	prefix := "\n  "
	err = errorsOf(err, r.each(func(f *reviewed) error {
		err := r.member(prefix, r.document(f))
		prefix = ",\n  "
		return err
	}))
	err = errorsOf(err, write(r.command, "\n]"))
	if r.past != nil {
		err = errorsOf(err, r.member(",\n\"cleared\": ", r.cleared))
	}
	return errorsOf(err,
		r.member(",\n\"problems\": ", append([]string{}, r.firstProblems...)),
		r.member(",\n\"problem_count\": ", r.problems),
		r.member(",\n\"complete\": ", r.problems == 0),
		write(r.command, "\n}\n"),
	)
}

// The columns of review -csv, and what a spreadsheet of a Chinese user shows.
var (
	reviewColumns   = []string{"customer", "domain", "app", "icp_number", "instance", "provider", "verdict", "rule", "outcome", "found", "remedy", "by", "responsible", "source"}
	reviewColumnsZh = []string{"客户", "域名", "App名称", "备案号", "实例ID", "提供商", "结论", "规则", "判断", "实际", "处理建议", "期限", "处理人", "来源"}
)

func (r *reviewing) printCSV() error {
	columns := reviewColumns
	if r.lang == icpcode.Chinese {
		columns = reviewColumnsZh
		if err := write(r.command, "\uFEFF"); err != nil {
			return err
		}
	}
	w := csv.NewWriter(r.out)
	row := make([]string, len(columns))
	cells := func(at int, texts ...string) {
		clear(row[at:])
		for n, text := range texts {
			row[at+n] = cell(text)
		}
	}
	err := errorsOf(w.Write(columns), r.each(func(f *reviewed) error {
		err := r.summed(f)
		verdict := filingVerdicts[f.verdict]
		if r.lang == icpcode.Chinese {
			verdict = r.label(f.verdict)
		}
		instance, provider := f.at()
		cells(0, f.customer, f.domain, f.app, f.icp, string(instance), provider, verdict)
		if f.findings() == 0 {
			return errorsOf(err, w.Write(row))
		}
		for _, list := range [...][]finding{f.risks, f.unknowns, f.advice} {
			for _, k := range list {
				outcome, by := k.Outcome.String(), ""
				if r.lang == icpcode.Chinese {
					outcome = k.Outcome.Label(r.lang)
				}
				if k.Outcome == icpcode.OutcomeFailed {
					by = r.q.at.In(china).Format(time.DateOnly)
				}
				if !k.by.IsZero() {
					by = k.by.In(china).Format(time.DateOnly)
				}
				cells(foundColumn, k.Rule.String(), outcome, k.Found, k.Remedy, by, k.responsible, k.Source(r.lang))
				err = errorsOf(err, w.Write(row))
			}
		}
		return err
	}))
	w.Flush()
	return errorsOf(err, w.Error())
}

// foundColumn is the first column of review -csv that is of a finding.
const foundColumn = 7

package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// table prints answers for people. Servers that are equal in verdict and
// reasons stand together.
type table struct {
	*command
	to       io.StringWriter
	body     *spool // what follows the first screen; nil: there is none
	width    int
	verdicts int // columns of the longest verdict
	at       time.Time
	headed   bool // there is something to print
	groups   []*group
	byKey    map[string]*group
	held     int // servers in the groups
}

// group are servers with the same verdict and reasons.
type group struct {
	verdict verdict
	codes   string
	reasons [][2]string // label and text
	members []member
}

// member is a server of a group.
type member struct{ id, name, until string }

// The widths of the table: what other programs get, and what a terminal may
// make of it; and how many servers wait for others like them.
const (
	tableWidth = 80
	leastWidth = 60
	mostWidth  = 120
	codesWidth = 8
	gap        = "  "
	dateLines  = 12 // days of expiry shown
	setLines   = 20 // groups shown of each kind
	maxHeld    = 1000
)

func newTable(c *command) *table {
	t := &table{command: c, to: c.out, width: tableWidth, byKey: make(map[string]*group)}
	if c.columns > 0 {
		t.width = min(max(c.columns, leastWidth), mostWidth)
	}
	for v := range numVerdicts {
		t.verdicts = max(t.verdicts, width(c.label(v)))
	}
	return t
}

// indent is where the text beside verdict and codes begins.
func (t *table) indent() int { return t.verdicts + len(gap) + codesWidth + len(gap) }

// line prints one line.
func (t *table) line(s string) {
	_, _ = t.to.WriteString(strings.TrimRight(s, " ") + "\n") // Flush, or copyTo, tells of errors
}

// text prints a paragraph, its first line behind first, the others as far in.
func (t *table) text(first, s string) {
	in := width(first)
	for _, l := range wrap(safe(s), t.width-in) {
		t.line(first + l)
		first = strings.Repeat(" ", in)
	}
}

// item prints a paragraph of a list.
func (t *table) item(s string) { t.text("  - ", s) }

// title begins a part.
func (t *table) title(s string) {
	t.line("")
	t.line(t.paint(bold, s))
}

// The colours, as a terminal is told them.
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
)

var verdictColours = [numVerdicts]string{verdictYes: green, verdictNo: red, verdictUnknown: yellow}

// paint colours s on a terminal, unless NO_COLOR says not to.
func (c *command) paint(colour, s string) string {
	if !c.terminal || c.env("NO_COLOR") != "" || c.env("TERM") == "dumb" {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

// begin prints nothing before there is something to print: a file that is not
// there leaves no empty table.
func (t *table) begin(q *question) error {
	t.at, t.headed, t.body = q.at, false, &spool{}
	t.to = t.body
	return nil
}

// question is the line above answers that were cut short.
func (t *table) question() {
	t.text("", t.say("May these servers have ICP filing service codes? Judged for %s, China time. Unofficial.",
		"这些服务器能否申请ICP备案服务码？按北京时间%s判断。非官方。", when(t.at)))
}

// print prints first what first prints, then what was kept back for it.
func (t *table) print(first func()) error {
	defer t.body.close()
	t.to = t.out
	first()
	return t.body.copyTo(t.out)
}

// head prints what is above the first server.
func (t *table) head() {
	if t.headed {
		return
	}
	t.headed = true
	t.line("")
	t.line(t.paint(bold, pad(t.say("VERDICT", "结论"), t.verdicts)+gap+padLeft(t.say("CODES", "服务码"), codesWidth)+gap+t.say("SERVERS, NAMES, REASONS", "服务器、名称、原因")))
}

// codesOf shows how many codes a server may have.
func (s speaker) codesOf(a *answer) string {
	if a.unbounded() && a.least == 0 {
		return s.say("unknown", "未知")
	}
	if a.unbounded() {
		return s.say("%d or more", "至少%d", a.least)
	}
	if a.least == a.most {
		return fmt.Sprint(a.most)
	}
	return s.say("up to %d", "最多%d", a.most)
}

// server keeps the server until others like it are there.
func (t *table) server(a *answer) error {
	g := group{verdict: a.verdict, codes: t.codesOf(a), reasons: t.why(a)}
	key := fmt.Sprint(g.verdict, g.codes, g.reasons)
	if t.byKey[key] == nil {
		t.byKey[key] = &g
		t.groups = append(t.groups, &g)
	}
	m := member{id: string(a.server.Instance.ID), name: a.server.Name}
	if !a.until.IsZero() {
		m.until = when(a.until)
	}
	k := t.byKey[key]
	k.members = append(k.members, m)
	if t.held++; t.held == maxHeld {
		t.flush()
	}
	return nil
}

// why says what there is to say of a server besides its name.
func (t *table) why(a *answer) [][2]string {
	var out [][2]string
	for _, r := range a.reasons {
		if r.Outcome == icpcode.OutcomeFailed {
			out = append(out, [2]string{r.Rule.String() + " ", r.Found})
		}
	}
	if words := t.facts(a.missing); len(words) > 0 {
		out = append(out, [2]string{t.say("missing: ", "缺少："), t.list(words)})
	}
	if as := a.decision.Assumed; as != 0 {
		out = append(out, [2]string{t.say("assumed: ", "假定通过："), t.ruleList(as)})
	}
	for _, n := range a.notes(t.lang) {
		out = append(out, [2]string{t.say("note: ", "注意："), n})
	}
	return out
}

// flush prints the servers that wait.
func (t *table) flush() {
	if len(t.groups) > 0 {
		t.head()
	}
	for _, g := range t.groups {
		t.group(g)
	}
	t.groups, t.byKey, t.held = nil, make(map[string]*group), 0
}

func (t *table) group(g *group) {
	until := g.members[0].until
	for _, m := range g.members {
		if m.until != until {
			until = ""
		}
	}
	head := t.paint(verdictColours[g.verdict], pad(t.label(g.verdict), t.verdicts)) + gap + padLeft(g.codes, codesWidth) + gap
	for _, m := range g.members {
		t.member(head, m, until == "")
		head = strings.Repeat(" ", t.indent())
	}
	for _, r := range g.reasons {
		t.beside(r[0], r[1])
	}
	if until != "" {
		t.beside(t.say("renew before ", "续费期限："), until)
	}
}

// member prints the line of a server, with its own date if it has one.
func (t *table) member(head string, m member, dated bool) {
	id := safe(m.id)
	room := t.width - t.indent() - width(id) - len(gap)
	date := ""
	if dated && m.until != "" {
		date = gap + t.say("renew before %s", "续费期限：%s", m.until[:len("2006-01-02")])
		room -= width(date)
	}
	name := ""
	if room >= 4 {
		name = shorten(safe(m.name), room)
	}
	if name != "" {
		name = gap + name
	}
	if dated && room < 0 {
		date = ""
		defer t.beside(t.say("renew before ", "续费期限："), m.until)
	}
	for n, l := range wrap(id, t.width-t.indent()) {
		if n == 0 {
			l += name + date
		}
		t.line(head + l)
		head = strings.Repeat(" ", t.indent())
	}
}

// beside prints text beside verdict and codes.
func (t *table) beside(label, s string) {
	t.text(strings.Repeat(" ", t.indent())+label, s)
}

func (t *table) stop(error) error {
	t.flush()
	if !t.headed {
		t.body.close()
		return nil // nothing was answered
	}
	t.line("")
	t.text("", t.say("Stopped: the answers are not complete, so there are no totals.", "已中止：回答不完整，因此没有汇总。"))
	return t.print(t.question)
}

func (t *table) end(f *fleet) error {
	t.flush()
	if f.total() == 0 {
		t.line("")
		t.text("", t.say("There are no servers in it.", "其中没有服务器。"))
		return t.print(t.question)
	}
	t.reasons(f)
	t.codesPart(f)
	if t.sitesFlag > 0 {
		t.sites(f)
	}
	t.basis(f)
	return t.print(func() {
		today := f.today(t.at)
		for _, l := range t.screen(today.head(t.speaker, t.at), &today.morning, today.Unknown, t.width) {
			t.line(l)
		}
	})
}

// reasons explains each kind of reason once.
func (t *table) reasons(f *fleet) {
	if len(f.reasons) == 0 {
		return
	}
	t.title(t.say("WHY, AND WHAT TO DO", "原因与处理建议"))
	for _, r := range f.sortedReasons() {
		t.text("  ", t.say("%s %s: %s (%s)", "%s %s：%s（%s）", r.rule, r.outcome.Label(t.lang), r.rule.Title(t.lang), t.servers(r.servers)))
		found := strings.Join(r.found, t.say("; ", "；"))
		if r.more {
			found += t.say(", and more", "等")
		}
		for _, part := range [...]struct{ label, text string }{
			{t.say("required ", "要求："), r.required}, {t.say("found    ", "实际："), found},
			{t.say("remedy   ", "处理建议："), r.remedy}, {t.say("source   ", "来源："), r.source},
		} {
			if part.text != "" {
				t.text("    "+part.label, part.text)
			}
		}
	}
}

// codesPart is the capacity of the fleet.
func (t *table) codesPart(f *fleet) {
	t.title(t.say("THE FLEET", "汇总"))
	t.item(t.say("%s: %s %d, %s %d, %s %d", "%s：%s%d台，%s%d台，%s%d台", t.servers(f.total()),
		t.label(verdictYes), f.servers[verdictYes], t.label(verdictNo), f.servers[verdictNo], t.label(verdictUnknown), f.servers[verdictUnknown]))
	if f.now.Servers > 0 {
		t.item(t.say("%s can be issued now, on %s", "现在可申请%s，涉及%s", t.codes(f.now.Codes), t.servers(f.now.Servers)))
	} else {
		t.item(t.say("no code can be issued now", "现在没有可以申请的备案服务码"))
	}
	for n, facts := range f.sortedPending() {
		if n == setLines {
			t.item(t.say("and other sets of missing facts", "以及其他缺少事实的组合"))
			break
		}
		k := f.pending[facts]
		if k.Codes == 0 { // how many no source says
			t.item(t.say("perhaps codes on %s, if the missing facts are given and pass: %s", "补充以下信息后，%s或可申请：%s", t.servers(k.Servers), t.list(t.facts(facts))))
			continue
		}
		t.item(t.say("up to %s more on %s, if the missing facts pass: %s", "补充以下信息后，最多可再申请%s，涉及%s：%s", t.codes(k.Codes), t.servers(k.Servers), t.list(t.facts(facts))))
	}
	t.cures(f)
	if f.paid.Servers > 0 {
		t.item(t.say("no free code is left on %s: buy paid codes and bind them, or use other servers", "%s已没有免费备案服务码可申请：可购买收费备案服务码并绑定，或改用其他服务器", t.servers(f.paid.Servers)))
	}
	if f.replace.Servers > 0 {
		t.item(t.say("nothing that can be changed helps on %s: use other servers", "%s无法通过调整满足要求：请改用其他服务器", t.servers(f.replace.Servers)))
	}
	t.expiry(f)
	t.howToGive(f)
}

// cures are what would give more codes.
func (t *table) cures(f *fleet) {
	for n, what := range f.sortedCures() {
		if n == setLines {
			t.item(t.say("and other remedies", "以及其他处理建议"))
			return
		}
		k := f.cures[what]
		if what.certain {
			t.item(t.say("%s more on %s, after this: %s", "采取以下措施后，可再申请%s，涉及%s：%s", t.codes(k.Codes), t.servers(k.Servers), what.what))
			continue
		}
		t.item(t.say("up to %s more on %s, after this, if the missing facts pass too: %s", "采取以下措施后，若所缺信息也符合要求，最多可再申请%s，涉及%s：%s", t.codes(k.Codes), t.servers(k.Servers), what.what))
	}
}

// howToGive says how to state what is missing.
func (t *table) howToGive(f *fleet) {
	var missing factSet
	for facts := range f.pending {
		if f.pending[facts].Servers > 0 {
			missing |= facts
		}
	}
	if missing == 0 {
		return
	}
	columns := missing &^ (1<<factIssued | 1<<factCertification)
	if columns != 0 {
		t.item(t.say("give missing facts with -facts FILE, a CSV or .xlsx with the columns id, %s; or assume rules with -assume",
			"所缺信息用 -facts 文件给出（CSV或.xlsx，列为id、%s）；也可用 -assume 假定规则通过", t.list(t.columnWords(columns))))
	}
	if missing&(1<<factIssued) != 0 {
		t.item(t.say("give how many codes were issued so far with -issued: 0 for every server, or a file", "已申请数量用 -issued 给出：所有服务器相同的数字（如0），或文件"))
	}
	if missing&(1<<factCertification) != 0 {
		t.item(t.say("give the certification of the account with -account certification=enterprise", "账号认证类型用 -account certification=企业 给出"))
	}
}

// expiry says when codes are lost because servers expire.
func (t *table) expiry(f *fleet) {
	shown := 0
	for _, l := range f.sortedLapses() {
		if l.sure.Servers == 0 && l.maybe.Codes == 0 {
			continue
		}
		if shown++; shown > dateLines {
			t.item(t.say("and on later days", "以及之后的日期"))
			return
		}
		date := l.date.Format("2006-01-02")
		if l.sure.Servers > 0 {
			t.item(t.say("from %s: %s fewer, unless %s renewed", "%s起：若不续费，减少%s（%s剩余时长不足）", date, t.codes(l.sure.Codes), t.are(l.sure.Servers)))
		}
		if l.maybe.Codes > 0 {
			t.item(t.say("from %s: up to %s fewer of those that need facts, unless %s renewed", "%s起：若不续费，其中待补充信息的部分最多减少%s（%s剩余时长不足）", date, t.codes(l.maybe.Codes), t.are(l.maybe.Servers)))
		}
	}
}

// are counts servers that something happens to.
func (t *table) are(n int) string {
	if n == 1 {
		return t.say("1 server is", "1台服务器")
	}
	return t.servers(n) + t.say(" are", "")
}

// basis says what the answers rest on.
func (t *table) basis(f *fleet) {
	t.title(t.say("WHAT THIS RESTS ON", "依据"))
	for _, s := range f.sets {
		t.item(t.say("rule set %s for %s, from documents of %s", "规则集%s，用于%s，资料日期：%s", s.Version, t.servers(f.judged[s.Version]), s.AsOf))
	}
	if f.assumed != 0 {
		t.item(t.say("assumed to pass where the fact is missing: %s", "缺少事实时假定通过：%s", t.ruleList(f.assumed)))
	}
	for _, line := range t.givenLines(f) {
		t.item(line)
	}
	t.item(t.say("unofficial: the provider's own system decides", "非官方：最终以提供商的系统为准"))
}

// givenLines say which facts came from the user.
func (t *table) givenLines(f *fleet) []string {
	var lines, facts []string
	for _, name := range sortedKeys(f.given) {
		facts = append(facts, t.say("%s (%d)", "%s（%d台）", t.columnWord(name), f.given[name]))
	}
	if len(facts) > 0 {
		lines = append(lines, t.say("stated by you (with the number of servers): %s", "由您提供的事实：%s", t.list(facts)))
	}
	for _, v := range t.issFlags {
		lines = append(lines, t.say("codes issued so far, stated by you: %s", "已申请数量，由您提供：%s", v))
	}
	for _, v := range t.accFlags {
		lines = append(lines, t.say("the account, stated by you: %s", "申请账号，由您提供：%s", v))
	}
	return lines
}

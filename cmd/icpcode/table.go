package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// table prints answers for people.
type table struct {
	*command
	width    int
	verdicts int // columns of the longest verdict
	at       time.Time
	headed   bool // what is above the servers was printed
}

// The widths of the table: what other programs get, and what a terminal may
// make of it.
const (
	tableWidth = 80
	leastWidth = 60
	mostWidth  = 120
	codesWidth = 6
	gap        = "  "
	dateLines  = 12 // days of expiry shown
	setLines   = 20 // groups shown of each kind
)

func newTable(c *command) *table {
	t := &table{command: c, width: tableWidth}
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
	_, _ = t.out.WriteString(strings.TrimRight(s, " ") + "\n") // Flush tells of errors
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
	t.at, t.headed = q.at, false
	return nil
}

// head prints what is above the first server.
func (t *table) head() {
	if t.headed {
		return
	}
	t.headed = true
	t.text("", t.say("May these servers have ICP filing service codes? As of %s, China time. Unofficial.",
		"这些服务器能否申请ICP备案服务码？截至北京时间%s。非官方。", when(t.at)))
	t.line("")
	t.line(t.paint(bold, pad(t.say("VERDICT", "结论"), t.verdicts)+gap+padLeft(t.say("CODES", "数量"), codesWidth)+gap+t.say("SERVER, NAME, REASONS", "服务器、名称、原因")))
}

// codesOf shows how many codes a server may have.
func codesOf(a *answer) string {
	if a.open && a.verdict != verdictNo {
		return fmt.Sprintf("%d-?", a.least)
	}
	if a.least == a.most {
		return fmt.Sprint(a.most)
	}
	return fmt.Sprintf("%d-%d", a.least, a.most)
}

func (t *table) server(a *answer) error {
	t.head()
	i := &a.server.Instance
	id := safe(string(i.ID))
	room := t.width - t.indent()
	name := shorten(safe(a.server.Name), max(0, room-width(id)-len(gap)))
	if room-width(id)-len(gap) < 4 {
		name = ""
	}
	head := t.paint(verdictColours[a.verdict], pad(t.label(a.verdict), t.verdicts)) + gap + padLeft(codesOf(a), codesWidth) + gap
	for n, l := range wrap(id, room) {
		if n > 0 {
			head = strings.Repeat(" ", t.indent())
		}
		if n == 0 && name != "" {
			l += gap + name
		}
		t.line(head + l)
	}
	for _, r := range a.reasons {
		if r.Outcome == icpcode.Failed {
			t.beside(r.Rule.String()+" ", r.Found)
		}
	}
	if names := a.missing.names(); len(names) > 0 {
		t.beside(t.say("not known: ", "未知："), t.list(names))
	}
	if as := a.decision.Assumed; as != 0 {
		t.beside(t.say("assumed: ", "假定通过："), as.String())
	}
	if !a.until.IsZero() {
		t.beside(t.say("until: ", "截止："), when(a.until))
	}
	for _, n := range a.notes(t.lang) {
		t.beside(t.say("note: ", "注意："), n)
	}
	return nil
}

// beside prints text beside verdict and codes.
func (t *table) beside(label, s string) {
	t.text(strings.Repeat(" ", t.indent())+label, s)
}

func (t *table) stop(error) error {
	if !t.headed {
		return nil // nothing was answered
	}
	t.line("")
	t.text("", t.say("Stopped: the answers are not complete, so there are no totals.", "已中止：回答不完整，因此没有汇总。"))
	return nil
}

func (t *table) end(f *fleet) error {
	t.head()
	if f.total() == 0 {
		t.line("")
		t.text("", t.say("There are no servers in it.", "其中没有服务器。"))
	}
	t.reasons(f)
	t.codesPart(f)
	t.basis(f)
	return nil
}

// reasons explains each kind of reason once.
func (t *table) reasons(f *fleet) {
	if len(f.reasons) == 0 {
		return
	}
	t.title(t.say("WHY, AND WHAT TO DO", "原因与补救"))
	for _, r := range f.sortedReasons() {
		t.text("  ", t.say("%s %s: %s (%s)", "%s %s：%s（%s）", r.rule, r.outcome.Label(t.lang), r.rule.Title(t.lang), t.servers(r.servers)))
		found := strings.Join(r.found, t.say("; ", "；"))
		if r.more {
			found += t.say(", and more", "等")
		}
		for _, part := range [...]struct{ label, text string }{
			{t.say("required ", "要求："), r.required}, {t.say("found    ", "现状："), found},
			{t.say("remedy   ", "补救："), r.remedy}, {t.say("source   ", "来源："), r.source},
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
	t.item(t.say("%s: %s %d, %s %d, %s %d", "%s：%s%d，%s%d，%s%d", t.servers(f.total()),
		t.label(verdictYes), f.servers[verdictYes], t.label(verdictNo), f.servers[verdictNo], t.label(verdictUnknown), f.servers[verdictUnknown]))
	if f.now.Servers > 0 {
		t.item(t.say("%s can be issued now, on %s", "现在可申请%s，涉及%s", t.codes(f.now.Codes), t.servers(f.now.Servers)))
	} else {
		t.item(t.say("no code can be issued now", "现在不可申请"))
	}
	for n, facts := range f.sortedPending() {
		if n == setLines {
			t.item(t.say("and other sets of missing facts", "以及其他缺少事实的组合"))
			break
		}
		k := f.pending[facts]
		t.item(t.say("up to %s more on %s, once it is known: %s", "补充以下事实后，最多可再申请%s，涉及%s：%s", t.codes(k.Codes), t.servers(k.Servers), t.list(facts.names())))
	}
	for n, what := range f.sortedCures() {
		if n == setLines {
			t.item(t.say("and other remedies", "以及其他补救措施"))
			break
		}
		k := f.cures[what]
		if what.certain {
			t.item(t.say("%s more on %s, after this: %s", "采取以下措施后，可再申请%s，涉及%s：%s", t.codes(k.Codes), t.servers(k.Servers), what.what))
			continue
		}
		t.item(t.say("up to %s more on %s, after this, if what is not known turns out well: %s", "采取以下措施后，若未知事实均符合，最多可再申请%s，涉及%s：%s", t.codes(k.Codes), t.servers(k.Servers), what.what))
	}
	if f.replace.Servers > 0 {
		t.item(t.say("none on %s, whatever is done: use others", "%s无论如何都不可以：请改用其他服务器", t.servers(f.replace.Servers)))
	}
	t.expiry(f)
	if f.servers[verdictUnknown] > 0 {
		t.item(t.say("give what is not known with -facts (a CSV: id and the names above as columns), issued with -issued, certification with -account; or assume rules with -assume",
			"未知事实请用-facts给出（CSV，以id及上述名称为列），issued用-issued，certification用-account；也可用-assume假定规则通过"))
	}
}

// expiry says when codes are lost because servers expire.
func (t *table) expiry(f *fleet) {
	shown := 0
	for _, l := range f.sortedLapses() {
		if l.sure.Servers+l.maybe.Servers == 0 {
			continue
		}
		if shown++; shown > dateLines {
			t.item(t.say("and on later days", "以及之后的日期"))
			return
		}
		date := l.date.Format("2006-01-02")
		if l.sure.Servers > 0 {
			t.item(t.say("%s: %s fewer, as %s will not have long enough left", "%s：减少%s，因%s剩余时长不足", date, t.codes(l.sure.Codes), t.servers(l.sure.Servers)))
		}
		if l.maybe.Servers > 0 {
			t.item(t.say("%s: up to %s fewer of those not known, as %s will not have long enough left", "%s：尚未确定的最多减少%s，因%s剩余时长不足", date, t.codes(l.maybe.Codes), t.servers(l.maybe.Servers)))
		}
	}
}

// basis says what the answers rest on.
func (t *table) basis(f *fleet) {
	t.title(t.say("WHAT THIS RESTS ON", "依据"))
	for _, s := range f.sets {
		t.item(t.say("rule set %s for %s, as of %s: %s", "规则集%s，用于%s，截至%s：%s", s.Version, t.servers(f.judged[s.Version]), s.AsOf, s.Source))
	}
	if f.assumed != 0 {
		t.item(t.say("assumed to pass where the fact is missing: %s", "缺少事实时假定通过：%s", f.assumed))
	}
	for _, line := range t.givenLines(f) {
		t.item(line)
	}
	t.item(t.say("unofficial: the provider's own system decides", "非官方：最终以供应商的系统为准"))
}

// givenLines say which facts came from the user.
func (t *table) givenLines(f *fleet) []string {
	var lines []string
	for _, name := range sortedKeys(f.given) {
		lines = append(lines, t.say("%s was given, not read, for %s", "%s由用户给出而非读自清单：%s", name, t.servers(f.given[name])))
	}
	for _, v := range t.issFlags {
		lines = append(lines, t.say("codes issued so far were given: %s", "已申请数量由用户给出：%s", v))
	}
	for _, v := range t.accFlags {
		lines = append(lines, t.say("of the account this was given: %s", "申请账号的事实由用户给出：%s", v))
	}
	return lines
}

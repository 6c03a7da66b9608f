package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
)

// version finds the set that A or B of -diff names.
func (c *command) version(name string, q *question) (*icpcode.RuleSet, error) {
	list := q.books.list
	if len(c.ruleFlags) > 0 {
		all, err := openBooks(nil, c.open)
		if err != nil {
			return nil, err
		}
		list = append(slices.Clone(list), all.list...)
	}
	for _, b := range list {
		for _, s := range b.rules.Sets() {
			if s.Version == name {
				return b.rules.At(s.Effective)
			}
		}
	}
	b, err := openBook(name, c.open)
	if errors.Is(err, errNoBook) {
		return nil, errorf("%v; versions are %s", "%v；版本有%s", err, strings.Join(c.versionWords(), ", "))
	}
	if err != nil {
		return nil, err
	}
	return (&books{list: []book{b}}).at(b.provider, q.at)
}

// rulesDiff says how two versions differ, and for which servers it matters.
func (c *command) rulesDiff(args []string) error {
	if len(args) < 2 {
		return usage(errorf("-diff needs two versions", "-diff 需要两个版本"))
	}
	files := args[2:]
	if err := c.inventories(files); err != nil {
		return err
	}
	q, err := c.question()
	if err != nil {
		return err
	}
	from, err := c.version(args[0], q)
	if err != nil {
		return usage(err)
	}
	to, err := c.version(args[1], q)
	if err != nil {
		return usage(err)
	}
	var p diffPrinter = &diffTable{table: newTable(c)}
	report := &diffHTML{command: c}
	switch {
	case c.json:
		p = &diffJSON{command: c}
	case c.html:
		p = report
	}
	p.changes(from, to, c.compare(from, to))
	if len(files) == 0 {
		p.end(nil)
		return c.unwritten(report.err)
	}
	p.begin(q)
	m := &moves{counts: make(map[[2]verdict]int)}
	err = c.each(files, q, func(a *answer) error {
		if b := m.add(q, from, to, a); b != nil {
			p.server(b)
		}
		return nil
	})
	if err != nil {
		p.stop(err)
		return errors.Join(err, c.out.Flush())
	}
	p.end(m)
	return c.unwritten(report.err)
}

// diffPrinter shows what differs. It writes to a buffer that keeps the first
// error, of which its flush tells.
type diffPrinter interface {
	changes(from, to *icpcode.RuleSet, list []change)
	begin(q *question)
	server(b *both)
	stop(err error)
	end(m *moves) // nil: no inventories
}

// both is one server judged by two sets.
type both struct{ before, after answer }

// reasons are those of the one set that the other does not give, or gives
// otherwise.
func (b *both) reasons(of, other *answer) []icpcode.Reason {
	var out []icpcode.Reason
	for _, r := range of.reasons {
		same := func(o icpcode.Reason) bool { return o.Rule == r.Rule && o.Outcome == r.Outcome }
		if r.Outcome != icpcode.OutcomeAdvised && !slices.ContainsFunc(other.reasons, same) {
			out = append(out, r)
		}
	}
	return out
}

// moves counts verdicts that change.
type moves struct {
	servers int
	counts  map[[2]verdict]int
}

// add judges a server by both sets, and returns it if the verdict changes.
func (m *moves) add(q *question, from, to *icpcode.RuleSet, a *answer) *both {
	m.servers++
	b := &both{*a, *a}
	b.before.set, b.after.set = from, to
	b.before.reasons, b.after.reasons = nil, nil
	q.judge(&b.before)
	q.judge(&b.after)
	if b.before.verdict == b.after.verdict {
		return nil
	}
	m.counts[[2]verdict{b.before.verdict, b.after.verdict}]++
	return b
}

// changed is how many servers have another verdict.
func (m *moves) changed() int {
	n := 0
	for _, k := range m.counts {
		n += k
	}
	return n
}

// diffTable is the diffPrinter for people.
type diffTable struct{ *table }

func (t *diffTable) changes(from, to *icpcode.RuleSet, list []change) {
	t.text("", t.say("From %s to %s. Unofficial.", "从%s到%s。非官方。", from.Version, to.Version))
	if len(list) == 0 {
		t.item(t.say("nothing differs", "没有差异"))
	}
	for _, k := range list {
		name := strings.TrimSpace(k.Rule + " " + t.productNames(k.Of))
		switch {
		case k.From == "":
			name = strings.TrimSpace(name + t.say(" (new)", "（新增）"))
		case k.To == "":
			name = strings.TrimSpace(name + t.say(" (no more)", "（取消）"))
		}
		if name != "" {
			name += t.say(": ", "：")
		}
		switch {
		case k.From == "":
			t.item(name + k.To)
		case k.To == "":
			t.item(name + k.From)
		default:
			t.item(name + k.From + " -> " + k.To)
		}
	}
}

func (t *diffTable) begin(q *question) {
	t.title(t.say("SERVERS WHOSE VERDICT CHANGES", "结论改变的服务器"))
	t.text("", t.say("Judged for %s, China time.", "按北京时间%s判断。", when(q.at)))
}

func (t *diffTable) server(b *both) {
	i := &b.after.server.Instance
	t.text("  - ", fmt.Sprintf("%s  %s -> %s  %s", i.ID, t.label(b.before.verdict), t.label(b.after.verdict), b.after.server.Name))
	for _, r := range b.reasons(&b.before, &b.after) {
		t.text("      ", t.say("no more: %s %s", "取消：%s %s", r.Rule, r.Found))
	}
	for _, r := range b.reasons(&b.after, &b.before) {
		t.text("      ", t.say("new: %s %s", "新增：%s %s", r.Rule, r.Found))
	}
}

func (t *diffTable) stop(error) { _ = t.table.stop(nil) } // it writes to the buffer

func (t *diffTable) end(m *moves) {
	if m == nil {
		return
	}
	t.item(t.say("%s; the verdict changes for %d", "共%s，其中%d台结论改变", t.servers(m.servers), m.changed()))
	for from := range numVerdicts {
		for to := range numVerdicts {
			if n := m.counts[[2]verdict{from, to}]; n > 0 {
				t.item(t.say("%s -> %s: %s", "%s -> %s：%s", t.label(from), t.label(to), t.servers(n)))
			}
		}
	}
}

// diffJSON is the diffPrinter for programs.
type diffJSON struct {
	*command
	inventories, begun bool
}

// put writes a member of the document.
func (p *diffJSON) put(prefix string, v any) { _ = p.member(prefix, v) } // the buffer keeps the error

func (p *diffJSON) changes(from, to *icpcode.RuleSet, list []change) {
	p.put("{\n\"from\": ", from.Version)
	p.put(",\n\"to\": ", to.Version)
	p.put(",\n\"changes\": ", append([]change{}, list...))
}

func (p *diffJSON) begin(q *question) {
	p.inventories = true
	p.put(",\n\"at\": ", q.at.In(china))
	_ = write(p.command, ",\n\"servers\": [") // the buffer keeps the error
}

func (p *diffJSON) server(b *both) {
	prefix := ",\n  "
	if !p.begun {
		p.begun, prefix = true, "\n  "
	}
	p.put(prefix, struct {
		File   string             `json:"file"`
		ID     icpcode.InstanceID `json:"id"`
		Name   string             `json:"name,omitempty"`
		From   string             `json:"from"`
		To     string             `json:"to"`
		NoMore []icpcode.Reason   `json:"no_more"`
		New    []icpcode.Reason   `json:"new"`
	}{
		b.after.file, b.after.server.Instance.ID, b.after.server.Name, b.before.verdict.String(), b.after.verdict.String(),
		append([]icpcode.Reason{}, b.reasons(&b.before, &b.after)...),
		append([]icpcode.Reason{}, b.reasons(&b.after, &b.before)...),
	})
}

func (p *diffJSON) stop(err error) {
	_ = write(p.command, "\n]") // the buffer keeps the error
	p.put(",\n\"problems\": ", append(append([]string{}, p.firstProblems...), err.Error()))
	p.put(",\n\"complete\": ", false)
	_ = write(p.command, "\n}\n") // the buffer keeps the error
}

func (p *diffJSON) end(m *moves) {
	if m != nil {
		_ = write(p.command, "\n]") // the buffer keeps the error
		p.put(",\n\"problems\": ", append([]string{}, p.firstProblems...))
		p.put(",\n\"complete\": ", p.problems == 0)
		p.put(",\n\"server_count\": ", m.servers)
		p.put(",\n\"changed\": ", m.changed())
	}
	_ = write(p.command, "\n}\n") // the buffer keeps the error
}

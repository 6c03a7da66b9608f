package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/icpcode/icpcode"
)

// explain says everything about one server. It reads on to the end, since what
// was stated of the server may be stated of another one by mistake.
func (c *command) explain(files []string, q *question) error {
	var found *answer
	err := c.each(files, q, func(a *answer) error {
		if string(a.server.Instance.ID) == c.explainID {
			found = a
		}
		return nil
	})
	if found == nil && err != nil {
		return err
	}
	if found == nil && c.empty {
		return nil // it was told
	}
	if found == nil {
		return &exitError{exitInput, errorf("no server %q in %s", "%[2]s 中没有服务器 %[1]q", c.explainID, strings.Join(files, ", "))}
	}
	if shown := c.explained(found, q); err == nil {
		return shown
	}
	return errors.Join(err, c.out.Flush())
}

// explained shows the answer.
func (c *command) explained(found *answer, q *question) error {
	c.verdicts[found.verdict]++
	if c.json {
		p := jsonPrinter{command: c}
		s := p.of(found)
		for r := range found.decision.Answers(c.lang) {
			s.Answers = append(s.Answers, q.ours(found, r))
		}
		s.Unmatched = c.unmatched
		return c.unwritten(errorsOf(p.member("", s), write(c, "\n")))
	}
	t := newTable(c)
	t.whole(found, q)
	return nil
}

// whole prints one answer in full.
func (t *table) whole(a *answer, q *question) {
	i := &a.server.Instance
	t.text("", fmt.Sprintf("%s  %s", i.ID, a.server.Name))
	t.text("", t.say("%s for %s, China time, by rule set %s (unofficial)", "%s（按北京时间%s、规则集%s判断，非官方）",
		t.label(a.verdict), when(q.at), a.set.Version))
	for _, l := range t.factLines(a) {
		t.item(l)
	}
	t.title(t.say("RULES", "规则"))
	for r := range a.decision.Answers(t.lang) {
		r = q.ours(a, r)
		label := r.Outcome.Label(t.lang)
		colour := map[icpcode.Outcome]string{icpcode.OutcomePassed: green, icpcode.OutcomeFailed: red}[r.Outcome]
		if colour == "" {
			colour = yellow
		}
		t.line("  " + pad(r.Rule.String(), 15) + t.paint(colour, label))
		for _, part := range [...]struct{ label, text string }{
			{t.say("required ", "要求："), r.Required}, {t.say("found    ", "实际："), r.Found},
			{t.say("remedy   ", "处理建议："), r.Remedy}, {t.say("source   ", "来源："), r.Source(t.lang)},
		} {
			if part.text != "" {
				t.text("    "+part.label, part.text)
			}
		}
	}
}

// factLines are what is known of a server besides the rules' answers.
func (t *table) factLines(a *answer) []string {
	i := &a.server.Instance
	lines := []string{t.say("file %s", "文件 %s", a.file)}
	if i.Product != "" || i.Region != "" {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", t.provider(i.Provider), i.Product.Label(t.lang), i.Region)))
	}
	lines = append(lines, t.say("codes it can have now: %s", "现在可申请的备案服务码数量：%s", t.codesOf(a)))
	if a.missing != 0 {
		lines = append(lines, t.say("missing facts: %s", "缺少：%s", t.list(t.columnWords(a.missing))))
	}
	if !a.until.IsZero() {
		lines = append(lines, t.say("if nothing is renewed, this holds until %s", "若不续费，结论保持到%s", when(a.until)))
	}
	if a.decision.Assumed != 0 {
		lines = append(lines, t.say("assumed to pass: %s", "假定通过：%s", t.ruleList(a.decision.Assumed)))
	}
	for _, j := range a.joined {
		lines = append(lines, t.say("from a list of addresses: %s", "来自地址清单的%s", t.change(j)))
	}
	for _, g := range a.given {
		lines = append(lines, t.say("stated by you: %s", "由您提供的%s", t.change(g)))
	}
	for _, v := range t.issFlags {
		lines = append(lines, t.say("stated by you: -issued %s", "由您提供：-issued %s", v))
	}
	for _, v := range t.accFlags {
		lines = append(lines, t.say("stated by you: -account %s", "由您提供：-account %s", v))
	}
	for _, n := range a.notes(t.lang) {
		lines = append(lines, t.say("note: %s", "注意：%s", n))
	}
	return lines
}

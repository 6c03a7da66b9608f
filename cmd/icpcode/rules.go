package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/presets"
)

func (c *command) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   c.say("rules [RULE...] | rules -diff A B [FILE...]", "rules [规则...] | rules -diff A B [文件...]"),
		Short: c.say("the rules, one rule with its source, or what differs between two versions", "规则、单条规则及其来源，或两个版本的差异"),
		Long: c.say(
			"rules prints the rule book that is in force, or what it says of single rules, with where that comes from. With -json it prints the whole book in the form that -rules reads: a start for one of your own.\n\nWith -diff it says in words how version B differs from A. A version is the name of a rule set, such as alibaba-2024-02-01, or a preset or file, which stands for its set in force. Inventories that follow are judged by both, and the servers shown whose verdict is not the same.\n\nThe presets are: "+strings.Join(presets.Names(), ", ")+". None of them is official.",
			"rules 输出现行规则，或其中单条规则的内容及来源。加 -json 则以 -rules 可读取的形式输出整个规则簿，可据此编写自己的规则簿。\n\n加 -diff 则用文字说明版本B与A的差异。版本可为规则集名称（如alibaba-2024-02-01），也可为预置名称或文件（取其现行规则集）。其后的清单按两个版本分别判断，并列出结论不同的服务器。\n\n预置规则簿："+strings.Join(presets.Names(), "、")+"。均非官方。",
		),
		Example: c.say(
			"icpcode rules\nicpcode rules ELG-TERM ELG-QUOTA -rules tencent\nicpcode rules -diff alibaba-2024-02-01 alibaba-2026-01-06 ecs.json\nicpcode rules -diff alibaba-2024-02-01 alibaba -html > diff.html\nicpcode rules -json > mine.json",
			"icpcode rules\nicpcode rules ELG-TERM ELG-QUOTA -rules tencent\nicpcode rules -diff alibaba-2024-02-01 alibaba-2026-01-06 ecs.json\nicpcode rules -diff alibaba-2024-02-01 alibaba -html > diff.html\nicpcode rules -json > mine.json",
		),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case c.html && !c.diff:
				return usage(errorf("-html needs -diff", "-html 须与 -diff 同用"))
			case c.html && c.json:
				return usage(errorf("-html does not go with -json", "-html 不能与 -json 同用"))
			case c.diff:
				return c.rulesDiff(args)
			}
			return c.rules(args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if c.diff && len(args) < 2 {
				return beginning(typed, append(c.versionWords(), presetWords()...)), cobra.ShellCompDirectiveDefault
			}
			if c.diff {
				return nil, cobra.ShellCompDirectiveDefault // inventories
			}
			return beginning(strings.ToUpper(typed), c.ruleWords(allRules())), cobra.ShellCompDirectiveNoFileComp
		},
	}
	f := cmd.Flags()
	f.BoolVar(&c.diff, "diff", false, c.say("compare two versions", "比较两个版本"))
	f.BoolVar(&c.json, "json", false, c.say("JSON, for programs", "输出JSON，供程序使用"))
	f.BoolVar(&c.html, "html", false, c.say(
		"with -diff: a report as one HTML file, to look at in a browser",
		"与 -diff 同用：输出一个HTML文件形式的报告，用浏览器查看",
	))
	c.asking(cmd, c.say(
		"rule `BOOK`: a preset or a JSON file; without it "+defaultProvider,
		"`规则簿`：预置名称或JSON文件；未指定则为"+defaultProvider,
	))
	c.judging(cmd)
	return cmd
}

// ruleGroups are the groups of rules in the order in which people look for
// them.
const ruleGroups = "ELG COD LIF GRT PAY FIL RSK"

// allRules are all the rules there are, by group, those by which codes come to be
// first.
func allRules() []icpcode.Rule {
	var all []icpcode.Rule
	for r := icpcode.Rule(1); r.String() != ""; r++ {
		all = append(all, r)
	}
	place := func(r icpcode.Rule) int {
		n := strings.Index(ruleGroups, r.String()[:3])
		if r == icpcode.LIFIssue || r == icpcode.LIFBuy {
			n--
		}
		return n
	}
	slices.SortStableFunc(all, func(a, b icpcode.Rule) int { return place(a) - place(b) })
	return all
}

func ruleNames(rules []icpcode.Rule) []string {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.String()
	}
	return names
}

// versionWords are the versions of all presets.
func (c *command) versionWords() []cobra.Completion {
	var out []cobra.Completion
	for _, name := range presets.Names() {
		if p, err := presets.Lookup(name); err == nil {
			for _, s := range p.Book.Sets() {
				out = append(out, s.Version)
			}
		}
	}
	return out
}

// ruleBook is the book that -rules names.
func (c *command) ruleBook() (book, error) {
	switch len(c.ruleFlags) {
	case 0:
		return openBook(defaultProvider, c.open)
	case 1:
		return openBook(c.ruleFlags[0], c.open)
	}
	return book{}, errorf("one book at a time", "一次只能指定一个规则簿")
}

// rules prints a book, or some of its rules.
func (c *command) rules(names []string) error {
	var rules []icpcode.Rule
	for _, name := range names {
		var r icpcode.Rule
		if err := r.UnmarshalText([]byte(strings.ToUpper(name))); err != nil {
			en, zh := meant(strings.ToUpper(name), ruleNames(allRules()))
			return usage(errorf("%q is not the ID of a rule"+en+"; icpcode rules lists them", "%q 不是规则的ID"+zh+"；icpcode rules 列出所有规则", name))
		}
		rules = append(rules, r)
	}
	q, err := c.question()
	if err != nil {
		return err
	}
	b, err := c.ruleBook()
	if err != nil {
		return usage(err)
	}
	if c.json {
		return c.rulesJSON(b, rules)
	}
	set, err := (&books{list: []book{b}}).at(b.provider, q.at)
	if err != nil {
		return usage(err)
	}
	t := newTable(c)
	if len(rules) == 0 {
		t.book(b, set)
		return nil
	}
	for n, r := range rules {
		if n > 0 {
			t.line("")
		}
		t.rule(b, set, r)
	}
	return nil
}

// rulesJSON prints a book in the form that -rules reads, or rules as JSON.
func (c *command) rulesJSON(b book, rules []icpcode.Rule) error {
	var doc any = b.rules
	if len(rules) > 0 {
		type cited struct {
			Version   string             `json:"version"`
			Documents []icpcode.Citation `json:"documents"`
		}
		type one struct {
			Rule  string   `json:"rule"`
			Title string   `json:"title"`
			Cites []cited  `json:"citations"`
			Sets  []change `json:"sets"` // To is what the set says
		}
		var list []one
		for _, r := range rules {
			o := one{r.String(), r.Title(c.lang), []cited{}, []change{}}
			for _, s := range b.rules.Sets() {
				o.Cites = append(o.Cites, cited{s.Version, citations(r, &s)})
				for _, k := range c.settings(&s) {
					if k.rule == r && !isRegion(k) {
						o.Sets = append(o.Sets, change{Rule: s.Version, Of: k.of, To: k.text})
					}
				}
			}
			list = append(list, o)
		}
		doc = list
	}
	data, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return usage(err)
	}
	_, err = c.out.Write(append(escapeJSON(data), '\n'))
	return c.unwritten(err)
}

// isRegion reports whether k is about a region: there are too many to list.
func isRegion(k setting) bool { return k.name == regionSetting }

// book prints a whole book.
func (t *table) book(b book, set *icpcode.RuleSet) {
	title := b.name
	if b.preset != nil {
		title = t.say("%s (%s)", "%s（%s）", b.name, b.preset.Title(t.lang))
	}
	t.text("", t.say("Rule book %s. Unofficial: the provider's own system decides.", "规则簿%s。非官方：最终以提供商的系统为准。", title))
	n := newNotes(b.rules.Sets(), set)
	t.title(t.say("VERSIONS", "版本"))
	for _, s := range b.rules.Sets() {
		mark := ""
		if s.Version == set.Version {
			mark = t.say(" (shown below)", "（见下）")
		}
		t.item(t.say("%s, in force from %s, from documents of %s%s", "%s，自%s起生效（资料日期：%s）%s", s.Version, when(s.Effective), s.AsOf, mark) + n.marks(fieldDocuments(&s)))
	}
	t.sayings(set, n)
	t.title(t.say("ALL RULES", "全部规则"))
	for _, r := range allRules() {
		t.text("  "+pad(r.String(), 17), r.Title(t.lang)+n.marks(citations(r, set)))
	}
	t.sources(b, n)
	t.line("")
	t.text("", t.say("Presets for -rules: %s.", "可用于 -rules 的预置：%s。", t.list(presets.Names())))
}

// sayings prints what a set says, by product.
func (t *table) sayings(set *icpcode.RuleSet, n notes) {
	t.title(t.say("WHAT IS ASKED", "要求"))
	groups := make(map[string][]string)
	var order []string
	var mainland, other []string
	for _, k := range t.settings(set)[4:] { // the version is told above
		if isRegion(k) {
			if slices.Contains(set.MainlandRegions, k.of) {
				mainland = append(mainland, k.of)
			} else {
				other = append(other, k.of)
			}
			continue
		}
		if k.free {
			continue
		}
		if groups[k.of] == nil {
			order = append(order, k.of)
		}
		groups[k.of] = append(groups[k.of], k.text+n.marks(citedBy(set, k)))
	}
	for _, of := range order {
		name := t.productNames(of)
		switch of {
		case "":
			continue
		case anyProduct:
			name = t.say("other products supply no codes, and are otherwise judged by", "其他产品不支持备案服务码，但按以下要求判断")
		}
		t.item(name + t.say(": ", "：") + strings.Join(groups[of], t.say("; ", "；")))
	}
	for _, line := range groups[""] {
		t.item(line)
	}
	t.item(t.say("regions in mainland China: %s", "中国大陆地域：%s", t.list(mainland)) + n.marks(set.Cited("mainland_regions")))
	t.item(t.say("other regions: %s", "其他地域：%s", t.list(other)) + n.marks(set.Cited("other_regions")))
}

// sources prints the documents that a book cites, and what they leave open.
func (t *table) sources(b book, n notes) {
	if len(n.all) > 0 {
		t.title(t.say("DOCUMENTS", "依据文件"))
		for i, d := range n.all {
			t.text(pad("  ["+strconv.Itoa(i+1)+"]", 7), d.Text(t.lang))
		}
		t.text("  ", t.say("Rules without a number are inferred: no document says them.", "没有编号的规则为推断，没有文件说明。"))
	}
	if b.preset == nil {
		return
	}
	if len(b.preset.Notes) == 0 {
		return
	}
	t.title(t.say("WHAT THE DOCUMENTS LEAVE OPEN", "文件未说明之处"))
	for _, n := range b.preset.Notes {
		t.item(n.Rule.String() + t.say(": ", "：") + n.Text(t.lang))
	}
}

// rule prints one rule.
func (t *table) rule(b book, set *icpcode.RuleSet, r icpcode.Rule) {
	t.line(t.paint(bold, r.String()) + "  " + r.Title(t.lang))
	t.text("  ", t.say("source: %s", "来源：%s", t.cite(r, set)))
	t.text("  ", t.say("rule set: %s, from documents of %s", "规则集：%s（资料日期：%s）", set.Version, set.AsOf))
	said := false
	for _, k := range t.settings(set) {
		if k.rule != r || isRegion(k) {
			continue
		}
		said = true
		switch k.of {
		case "":
			t.item(k.text)
		case anyProduct:
			if r == icpcode.ELGProduct {
				k.text = t.say("supply no codes", "不支持")
			}
			t.item(t.say("products that are not listed: %s", "未列出的产品：%s", k.text))
		default:
			t.item(t.productNames(k.of) + t.say(": ", "：") + k.text)
		}
	}
	if !said {
		t.item(t.say("the same under every rule set", "在任何规则集下都相同"))
	}
	if b.preset != nil {
		for _, n := range b.preset.Notes {
			if n.Rule == r {
				t.item(t.say("note: ", "注意：") + n.Text(t.lang))
			}
		}
	}
}

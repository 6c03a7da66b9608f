package main

import (
	"slices"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/rulewords"
)

// setting is one point of a rule set, in words.
type setting struct {
	rule icpcode.Rule // that it belongs to; 0: none
	of   string       // what it is said of: "ECS"; the same in every language
	name string       // what it is called among those: "term"; not shown
	text string
	free bool // it asks for nothing
}

// key identifies the setting in every set.
func (s *setting) key() string { return s.of + "\x00" + s.name }

// anyProduct is what the settings of unlisted products are said of, and
// regionSetting the name of where a region is.
const (
	anyProduct    = rulewords.Others
	regionSetting = rulewords.Region
)

// settings puts everything that a rule set says into words.
func (s speaker) settings(set *icpcode.RuleSet) []setting {
	out := []setting{
		{0, "", "version", s.say("version %s", "版本 %s", set.Version), false},
		{0, "", "effective", s.say("in force from %s", "自%s起生效", when(set.Effective)), false},
		{0, "", "as_of", s.say("from documents of %s", "资料日期：%s", set.AsOf), false},
		{0, "", "source", s.say("source: %s", "来源：%s", s.sourceOf(set)), false},
	}
	for _, p := range rulewords.Points(set, s.lang) {
		out = append(out, setting{p.Rule, p.Of, p.Name, p.Text, p.Free})
	}
	return out
}

// change is a difference between two sets.
type change struct {
	Rule string `json:"rule,omitempty"`
	Of   string `json:"of,omitempty"` // products or regions
	From string `json:"from"`         // "" where there was nothing
	To   string `json:"to"`           // "" where there is nothing any more
}

// compare says in words how set b differs from a: in the order of b, and at its
// end what only a says.
func (s speaker) compare(a, b *icpcode.RuleSet) []change {
	before, after := s.settings(a), s.settings(b)
	was, is := byKey(before), byKey(after)
	var out []change
	for _, k := range after {
		o := was[k.key()]
		switch {
		case o == nil && isProduct(k):
			out = s.product(out, k, change{To: k.text})
		case o == nil:
			out = append(out, change{k.rule.String(), k.of, "", k.text})
		case o.text != k.text:
			out = append(out, change{k.rule.String(), k.of, o.text, k.text})
		}
	}
	for _, k := range before {
		switch {
		case is[k.key()] != nil:
		case isProduct(k):
			out = s.product(out, k, change{From: k.text})
		default:
			out = append(out, change{k.rule.String(), k.of, k.text, ""})
		}
	}
	return s.together(out)
}

func byKey(list []setting) map[string]*setting {
	m := make(map[string]*setting, len(list))
	for i := range list {
		m[list[i].key()] = &list[i]
	}
	return m
}

// isProduct reports whether k is said of a product that only one set lists, if
// the other does not say it: all listed products have the same settings.
func isProduct(k setting) bool { return k.of != "" && k.name != regionSetting }

// product adds k to what is said of a product that comes or goes, in one change
// of ELG-PRODUCT.
func (s speaker) product(out []change, k setting, c change) []change {
	c.Rule, c.Of = icpcode.ELGProduct.String(), k.of
	last := len(out) - 1
	if last < 0 || out[last].Rule != c.Rule || out[last].Of != c.Of || (out[last].From == "") != (c.From == "") {
		return append(out, c)
	}
	if c.From != "" {
		out[last].From += s.say("; ", "；") + c.From
	}
	if c.To != "" {
		out[last].To += s.say("; ", "；") + c.To
	}
	return out
}

// together puts what changes alike for several products or regions into one.
func (s speaker) together(list []change) []change {
	var out []change
	for _, c := range list {
		alike := func(o change) bool {
			return c.Of != "" && o.Of != "" && o.Rule == c.Rule && o.From == c.From && o.To == c.To
		}
		if i := slices.IndexFunc(out, alike); i >= 0 {
			out[i].Of += s.say(", ", "、") + c.Of
			continue
		}
		out = append(out, c)
	}
	return out
}

package console

import (
	"slices"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/rulewords"
)

// saying is one point of a rule set, in words.
type saying struct {
	Rule    icpcode.Rule
	Product icpcode.Product // "": it is not about products
	Text    string
	Notes   []int  // the documents behind it, from 1
	name    string // which of its rule's points it is
	region  string // "": it is not about regions
}

// of is what it is said of, in words; "": all.
func (s *saying) of(l icpcode.Lang) string {
	if s.region != "" {
		return s.region
	}
	return productLabel(s.Product, l)
}

// difference is a point that two sets say otherwise, "" where one says nothing.
type difference struct {
	Rule    icpcode.Rule
	Product icpcode.Product
	Region  string
	From    string
	To      string
}

// rulesPage is the rule book in force, and what differs from the next set.
type rulesPage struct {
	Set       *icpcode.RuleSet
	Sayings   []saying
	Rows      []row
	Documents []string
	Next      *icpcode.RuleSet // nil: there is none yet
	Changes   []difference
}

// rules says the set that is in force now, with its documents.
func rules(c *call) (page, error) {
	book := c.h.o.RuleBook
	if book == nil {
		book = icpcode.Alibaba()
	}
	now := c.h.o.Clock()
	set, err := book.At(now)
	if err != nil {
		return page{}, err
	}
	p := rulesPage{Set: set, Sayings: c.sayings(set)}
	for i := range p.Sayings {
		s := &p.Sayings[i]
		for _, d := range set.Citations(s.Rule, s.Product) {
			text := d.Text(c.lang)
			n := slices.Index(p.Documents, text)
			if n < 0 {
				n = len(p.Documents)
				p.Documents = append(p.Documents, text)
			}
			s.Notes = append(s.Notes, n+1)
		}
	}
	p.Rows = c.rows(p.Sayings)
	sets := book.Sets()
	if i := slices.IndexFunc(sets, func(s icpcode.RuleSet) bool { return s.Effective.After(now) }); i >= 0 {
		p.Next = &sets[i]
		p.Changes = differences(p.Sayings, c.sayings(p.Next))
	}
	return page{name: "rules", data: p}, nil
}

// row is what a set says in the same words of several products.
type row struct {
	saying

	Products string
}

// rows puts what is said alike of several products into one row.
func (c *call) rows(all []saying) (rows []row) {
	for _, s := range all {
		label := s.of(c.lang)
		i := slices.IndexFunc(rows, func(o row) bool { return o.Rule == s.Rule && o.Text == s.Text && slices.Equal(o.Notes, s.Notes) })
		if i >= 0 {
			rows[i].Products += c.text(", ", "、") + label
			continue
		}
		rows = append(rows, row{s, label})
	}
	return rows
}

func productLabel(p icpcode.Product, l icpcode.Lang) string {
	if p == rulewords.Others {
		return icpcode.Bilingual{English: "other products", Chinese: "其他产品"}.Text(l)
	}
	return p.Label(l)
}

// differences compares what two sets say.
func differences(from, to []saying) (all []difference) {
	same := func(s saying) func(saying) bool {
		return func(o saying) bool {
			return o.Rule == s.Rule && o.Product == s.Product && o.region == s.region && o.name == s.name
		}
	}
	for _, s := range to {
		i := slices.IndexFunc(from, same(s))
		if i < 0 {
			all = append(all, difference{s.Rule, s.Product, s.region, "", s.Text})
		} else if from[i].Text != s.Text {
			all = append(all, difference{s.Rule, s.Product, s.region, from[i].Text, s.Text})
		}
	}
	for _, s := range from {
		if !slices.ContainsFunc(to, same(s)) {
			all = append(all, difference{s.Rule, s.Product, s.region, s.Text, ""})
		}
	}
	return all
}

// sayings puts a set into words. Where it asks for nothing it says nothing.
func (c *call) sayings(set *icpcode.RuleSet) (all []saying) {
	for _, p := range rulewords.Points(set, c.lang) {
		if p.Free {
			continue
		}
		s := saying{Rule: p.Rule, Product: icpcode.Product(p.Of), Text: p.Text, name: p.Name}
		if p.Name == rulewords.Region {
			s.Product, s.region = "", p.Of
		}
		all = append(all, s)
	}
	return all
}

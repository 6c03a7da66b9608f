package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/presets"
)

// sourceOf says in one line which documents give the numbers of a rule set:
// publisher and title. A set that cites nothing has a text of its own.
func (s speaker) sourceOf(set *icpcode.RuleSet) string {
	var words []string
	for _, d := range fieldDocuments(set) {
		d.Address, d.Date, d.Dating, d.Note = "", "", "", icpcode.Bilingual{}
		words = append(words, d.Text(s.lang))
	}
	if len(words) == 0 {
		return set.Source
	}
	return strings.Join(words, s.say("; ", "；"))
}

// fieldDocuments are the documents that give the numbers of a set, not those of
// rules that are the same under every set.
func fieldDocuments(set *icpcode.RuleSet) []icpcode.Citation {
	bare := *set
	bare.Documents = make(map[string]icpcode.Citation)
	for path, keys := range set.Cites {
		var r icpcode.Rule
		if r.UnmarshalText([]byte(path)) == nil {
			continue
		}
		for _, k := range keys {
			bare.Documents[k] = set.Documents[k]
		}
	}
	return documents([]icpcode.RuleSet{bare})
}

// cite says where a rule comes from: the documents that the set cites for any
// of its products.
func (s speaker) cite(r icpcode.Rule, set *icpcode.RuleSet) string {
	return icpcode.Reason{Citations: citations(r, set)}.Source(s.lang)
}

// citations are the documents behind a rule for all products of a set, each
// once.
func citations(r icpcode.Rule, set *icpcode.RuleSet) []icpcode.Citation {
	all := []icpcode.Citation{}
	for _, p := range append(slices.Clone(set.Products), icpcode.ProductRules{}) {
		for _, c := range set.Citations(r, p.Product) {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	return all
}

// documents lists those that sets cite, each once, the official ones first.
func documents(sets []icpcode.RuleSet) []icpcode.Citation {
	var all []icpcode.Citation
	for _, s := range sets {
		for _, key := range slices.Sorted(maps.Keys(s.Documents)) {
			d := s.Documents[key]
			if !d.Inferred() && !slices.Contains(all, d) {
				all = append(all, d)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b icpcode.Citation) int {
		if a.Official == b.Official {
			return 0
		}
		if a.Official {
			return -1
		}
		return 1
	})
	return all
}

// notes numbers what a book cites: the documents, then what the set that is
// shown infers from.
type notes struct {
	all []icpcode.Citation
}

func newNotes(sets []icpcode.RuleSet, shown *icpcode.RuleSet) notes {
	n := notes{documents(sets)}
	for _, key := range slices.Sorted(maps.Keys(shown.Documents)) {
		if d := shown.Documents[key]; d.Inferred() {
			n.all = append(n.all, d)
		}
	}
	return n
}

// marks are the numbers of what is cited, " [1] [7]", or "" for nothing.
func (n notes) marks(cited []icpcode.Citation) string {
	var text strings.Builder
	for i, d := range n.all {
		if slices.Contains(cited, d) {
			text.WriteString(" [" + strconv.Itoa(i+1) + "]")
		}
	}
	return text.String()
}

// citedBy are the citations behind a setting of a set.
func citedBy(set *icpcode.RuleSet, k setting) []icpcode.Citation {
	if cited := set.Cited(k.name); len(cited) > 0 {
		return cited
	}
	return set.Citations(k.rule, icpcode.Product(k.of))
}

// productNames are what people call the products in a list of them.
func (s speaker) productNames(of string) string {
	sep := s.say(", ", "、")
	names := strings.Split(of, sep)
	for i, name := range names {
		names[i] = icpcode.Product(name).Label(s.lang)
		if name == anyProduct {
			names[i] = s.say("products that are not listed", "未列出的产品")
		}
	}
	return strings.Join(names, sep)
}

// provider is what people call a provider.
func (s speaker) provider(name string) string {
	p, err := presets.Lookup(name)
	if err != nil {
		return name
	}
	return p.Title(s.lang)
}

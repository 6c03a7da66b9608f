package main

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/presets"
)

// TestSourcesOfSets: the documents of every preset's sets are told in the
// language asked for, and the text of a set that cites nothing as it is.
func TestSourcesOfSets(t *testing.T) {
	han := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	for _, name := range presets.Names() {
		p, err := presets.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range p.Book.Sets() {
			if zh := (speaker{icpcode.Chinese}).sourceOf(&set); !han(zh) || !strings.Contains(zh, p.Chinese+"《") {
				t.Errorf("%s: in Chinese %q", set.Version, zh)
			}
			if en := (speaker{icpcode.English}).sourceOf(&set); !strings.Contains(en, p.English+", ") {
				t.Errorf("%s: in English %q", set.Version, en)
			}
			set.Cites, set.Documents, set.Source = nil, nil, "mine"
			if got := (speaker{icpcode.Chinese}).sourceOf(&set); got != "mine" {
				t.Errorf("%s: a source of the user's own is told as %q", set.Version, got)
			}
		}
	}
}

// TestCitedForAllProducts: what stands behind a rule is told for each product
// of the set, and once.
func TestCitedForAllProducts(t *testing.T) {
	sets := icpcode.Alibaba().Sets()
	for _, r := range allRules() {
		for i := range sets {
			got := citations(r, &sets[i])
			for _, p := range sets[i].Products {
				for _, c := range sets[i].Citations(r, p.Product) {
					if !slices.Contains(got, c) {
						t.Errorf("%s: %v of %s lacks %s", sets[i].Version, r, p.Product, c.Text(icpcode.English))
					}
				}
			}
			for n, c := range got {
				if slices.Contains(got[:n], c) {
					t.Errorf("%s: %v cites %s twice", sets[i].Version, r, c.Text(icpcode.English))
				}
			}
		}
	}
}

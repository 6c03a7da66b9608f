package main

import (
	"strings"
	"testing"
	"unicode"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/presets"
)

// TestCite: nothing that is printed names a source by the tag of a page of
// ours, and the sources of every preset are told in Chinese.
func TestCite(t *testing.T) {
	for _, s := range []speaker{{icpcode.English}, {icpcode.Chinese}} {
		for r := range allRules().All() {
			words := s.cite(r.Source()+" (rule set x)", nil)
			for _, tag := range []string{"S0", "S1", "T19", "INF", "rule set"} {
				if strings.Contains(words, tag) || words == r.Source() {
					t.Errorf("%v: %q", r, words)
				}
			}
		}
	}
	for _, name := range presets.Names() {
		p, err := presets.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range p.Book.Sets() {
			zh := (speaker{icpcode.Chinese}).sourceOf(&set)
			if zh == set.Source || strings.IndexFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) < 0 {
				t.Errorf("%s: in Chinese %q", set.Version, zh)
			}
			if got := (speaker{icpcode.English}).cite("S1", &set); name != defaultProvider && got != set.Source {
				t.Errorf("%s cites %q", set.Version, got)
			}
			set.Source = "mine"
			if got := (speaker{icpcode.Chinese}).sourceOf(&set); got != "mine" {
				t.Errorf("%s: a source of the user's own is told as %q", set.Version, got)
			}
		}
	}
}

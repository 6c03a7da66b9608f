package rulewords_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/rulewords"
	"github.com/icpcode/icpcode/presets"
)

// TestPresets says every preset in both languages: the same points, each once.
func TestPresets(t *testing.T) {
	for _, name := range presets.Names() {
		p, err := presets.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range p.Book.Sets() {
			en, zh := rulewords.Points(&set, icpcode.English), rulewords.Points(&set, icpcode.Chinese)
			if len(en) != len(zh) || len(en) < 20 {
				t.Fatalf("%s has %d points in English and %d in Chinese", set.Version, len(en), len(zh))
			}
			seen := make(map[[2]string]bool)
			for i, e := range en {
				z := zh[i]
				if e.Rule != z.Rule || e.Of != z.Of || e.Name != z.Name || e.Free != z.Free {
					t.Errorf("%s: %+v is %+v", set.Version, e, z)
				}
				if key := [2]string{e.Of, e.Name}; seen[key] {
					t.Errorf("%s: %+v is there twice", set.Version, e)
				} else {
					seen[key] = true
				}
				if strings.Contains(e.Text+z.Text, "%!") || strings.ContainsFunc(e.Text, isHan) || !strings.ContainsFunc(z.Text, isHan) {
					t.Errorf("%s: %q, %q", set.Version, e.Text, z.Text)
				}
			}
		}
	}
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

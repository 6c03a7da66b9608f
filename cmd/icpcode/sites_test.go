package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestSites: the fewest changes come first, no more servers than needed, then
// what is to be bought.
func TestSites(t *testing.T) {
	const renew, both = "2026-12-01", "2026-12-02"
	row := func(id, billing, expires, ip string) string {
		return id + ",1001,ECS,cn-hangzhou," + billing + ",running,12," + expires + ",no," + ip + ",no,,,\n"
	}
	text := header + rowYes + rowNo // five codes now, and a server that nothing helps
	for n := range 3 {
		text += row("s-renew-"+strconv.Itoa(n), "subscription", renew, "yes")
		text += row("s-both-"+strconv.Itoa(n), "subscription", both, "no")
	}
	fleet := file(t, "fleet.csv", text)
	huh := file(t, "huh.csv", text+rowHuh)
	for _, c := range []struct {
		files     string
		sites     int
		steps     string // servers x changes = codes of each step
		buy, sure int
	}{
		{fleet, 1, "", 0, 0},
		{fleet, 5, "", 0, 0},
		{fleet, 6, "1x1=5", 0, 0},
		{fleet, 15, "2x1=10", 0, 0},
		{fleet, 21, "3x1=15 1x2=5", 0, 0},
		{fleet, 35, "3x1=15 3x2=15", 0, 0},
		{fleet, 36, "3x1=15 3x2=15", 1, 1},
		{fleet, 46, "3x1=15 3x2=15", 3, 3},
		{huh, 10, "1x0=5?", 0, 1},
		{huh, 40, "1x0=5? 3x1=15 3x2=15", 0, 1},
	} {
		args := []string{"precheck", c.files, "-issued", "0", "-sites", strconv.Itoa(c.sites)}
		doc := decode[struct {
			Sites sitesPlan
		}](t, runIt(append(args, "-json")...).out)
		var steps []string
		for _, s := range doc.Sites.Steps {
			text := strconv.Itoa(s.Servers) + "x" + strconv.Itoa(s.Changes) + "=" + strconv.Itoa(s.Codes)
			if !s.Certain {
				text += "?"
			}
			if s.Do == "" {
				t.Errorf("%d sites: a step without words", c.sites)
			}
			steps = append(steps, text)
		}
		if got := strings.Join(steps, " "); got != c.steps || doc.Sites.Buy != c.buy || doc.Sites.BuyCertain != c.sure || doc.Sites.Now != 5 || doc.Sites.Asked != c.sites {
			t.Errorf("%d sites: %q, buy %d (%d), want %q, %d (%d)", c.sites, got, doc.Sites.Buy, doc.Sites.BuyCertain, c.steps, c.buy, c.sure)
		}
		for lang, words := range map[string][2]string{"en": {"FOR ", "buy"}, "zh": {"备案", "购买"}} {
			out := runIt(append(args, "-lang", lang)...).out
			_, part, found := strings.Cut(out, "\n"+words[0])
			if !found || (c.buy > 0 || c.sure > 0) != strings.Contains(strings.SplitN(part, "\n\n", 2)[0], words[1]+map[string]string{"en": " ", "zh": ""}[lang]+strconv.Itoa(max(c.buy, c.sure))) {
				t.Errorf("%d sites (%s):\n%s", c.sites, lang, part)
			}
		}
	}
	for _, args := range [][]string{{"-sites", "-1"}, {"-sites", "x"}, {"-sites", "5", "-csv"}, {"-sites", "5", "-explain", "s-yes"}, {"-sites", "1000001"}} {
		if r := runIt(slices.Concat([]string{"precheck", fleet}, args)...); r.status != exitUsage {
			t.Errorf("%q: status %d", args, r.status)
		}
	}
}

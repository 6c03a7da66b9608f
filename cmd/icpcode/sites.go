package main

import (
	"cmp"
	"maps"
	"slices"

	"github.com/icpcode/icpcode"
)

// What has to change so that a number of sites can be filed (-sites).

// maxSites is how many sites can be asked about.
const maxSites = 1_000_000

// option is what gives a server codes, and how many.
type option struct {
	cure
	changes, codes int
}

// step is one thing to do, with some servers.
type step struct {
	Do      string `json:"do"`
	Servers int    `json:"servers"`
	Changes int    `json:"changes"` // of each server; 0: a fact is to be stated
	Codes   int    `json:"codes"`
	Certain bool   `json:"certain"` // false: codes is the most that it can be
}

// sitesPlan is how a number of sites can be filed.
type sitesPlan struct {
	Asked int    `json:"asked"`
	Now   int    `json:"now"` // codes that can be issued now
	Steps []step `json:"steps"`
	// Buy is how many servers are to be bought on top of the steps, and
	// BuyCertain how many if no step that is not certain gives codes. -1: no
	// product of the rule set has a quota that is known.
	Product    icpcode.Product `json:"product,omitempty"`
	Buy        int             `json:"buy"`
	BuyCertain int             `json:"buy_if_uncertain_fail"`
}

// plan finds the fewest changes for so many sites: first what needs facts alone,
// then servers with one change, then those with more, of these the ones that
// give most codes; then servers to buy. Each server counts once.
func (f *fleet) plan(sites int) sitesPlan {
	p := sitesPlan{Asked: sites, Now: f.now.Codes, Steps: []step{}}
	rest, certainly := sites-p.Now, sites-p.Now
	for _, facts := range f.sortedPending() {
		k := f.pending[facts]
		if rest <= 0 || k.Codes == 0 {
			continue
		}
		p.Steps = append(p.Steps, step{Do: f.say("state what is missing: %s", "补充信息：%s", f.list(f.facts(facts))), Servers: k.Servers, Codes: k.Codes})
		rest -= k.Codes
	}
	options := slices.SortedFunc(maps.Keys(f.options), func(x, y option) int {
		return cmp.Or(cmp.Compare(btoi(y.certain), btoi(x.certain)), cmp.Compare(x.changes, y.changes), cmp.Compare(y.codes, x.codes), cmp.Compare(x.what, y.what))
	})
	for _, o := range options {
		n := f.options[o]
		if rest <= 0 || n <= 0 || o.codes <= 0 {
			continue
		}
		n = min(n, (rest+o.codes-1)/o.codes)
		p.Steps = append(p.Steps, step{Do: o.what, Servers: n, Changes: o.changes, Codes: n * o.codes, Certain: o.certain})
		rest -= n * o.codes
		if o.certain {
			certainly -= n * o.codes
		}
	}
	p.Product, p.Buy = f.buy(rest)
	_, p.BuyCertain = f.buy(certainly)
	return p
}

// buy answers how many servers so many sites need, of the product of which
// fewest are needed under the rules that judge most servers.
func (f *fleet) buy(sites int) (icpcode.Product, int) {
	if sites <= 0 {
		return "", 0
	}
	set := slices.MaxFunc(f.sets, func(a, b *icpcode.RuleSet) int { return f.judged[a.Version] - f.judged[b.Version] })
	best, least := icpcode.Product(""), -1
	for _, q := range set.Products {
		n, err := set.ServersFor(q.Product, sites)
		if err == nil && n > 0 && (least < 0 || n < least) {
			best, least = q.Product, n
		}
	}
	return best, least
}

// optionOf is what a server that may not have codes could do.
func optionOf(s share) option {
	return option{cure: s.cure, changes: s.changes, codes: s.tally.Codes}
}

// sites prints the plan.
func (t *table) sites(f *fleet) {
	p := f.plan(t.sitesFlag)
	t.title(t.say("FOR %s", "%s", map[bool]string{true: t.say("%s SITES", "备案%s个网站", thousands(p.Asked)), false: t.say("1 SITE", "备案1个网站")}[p.Asked != 1]))
	t.item(t.say("%s can be issued now", "现在可申请%s", t.codes(p.Now)))
	for _, s := range p.Steps {
		codes := t.codes(s.Codes)
		if !s.Certain {
			codes = t.say("up to %s", "最多%s", codes)
		}
		if s.Changes == 0 {
			t.item(t.say("on %s: %s; no change needed, %s", "%s：%s；无须变更，%s", t.servers(s.Servers), s.Do, codes))
			continue
		}
		t.item(t.say("on %s, %s each: %s; %s", "%s，每台%s：%s；%s", t.servers(s.Servers), t.count(s.Changes, "change", "changes", "项变更"), s.Do, codes))
	}
	switch {
	case p.Buy < 0 || p.BuyCertain < 0:
		t.item(t.say("how many servers to buy for the rest cannot be told: no source gives a quota", "其余需购买多少台服务器无法判断：配额未公开"))
	case p.Buy > 0:
		t.item(t.say("buy %s (%s)", "购买%s（%s）", t.servers(p.Buy), p.Product))
	default:
		t.item(t.say("nothing is to be bought", "无须购买服务器"))
	}
	if p.Buy >= 0 && p.BuyCertain > p.Buy {
		t.item(t.say("if what is not certain gives no codes: buy %s", "若不确定的部分均不能申请：购买%s", t.servers(p.BuyCertain)))
	}
}

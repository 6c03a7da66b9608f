package consoletest

import (
	"encoding/json"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/icpcode/icpcode"
)

// stop is where the tab key leads.
type stop struct {
	At                       int // its place among all that can have the focus; -1: nothing there
	What                     string
	Seen                     bool // its focus is
	Top, Bottom, Left, Right float64
}

// stops are all that can have the focus, in reading order, and the one that has it.
const stops = `(() => {
	const all = Array.from(document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")).filter(e => e.checkVisibility({contentVisibilityAuto: true}) && e.getClientRects().length > 0);
	const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
	return JSON.stringify({all: all.length, stop: {
		At: all.indexOf(e), What: e.outerHTML.slice(0, 120),
		Seen: e.matches(":focus-visible") && s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 && r.width > 0 && r.height > 0 &&
			r.right > 0 && r.bottom > 0 && r.left < innerWidth && r.top < innerHeight,
		Top: r.top + scrollY, Bottom: r.bottom + scrollY, Left: r.left, Right: r.right,
	}});
})()`

// tabbed is where the focus is, and how many places there are.
func (b *tab) tabbed() (s stop, all int) {
	b.t.Helper()
	var got struct {
		All  int
		Stop stop
	}
	if err := json.Unmarshal([]byte(b.eval(stops)), &got); err != nil {
		b.t.Fatal(err)
	}
	return got.Stop, got.All
}

// key presses keys one after another.
func (b *tab) key(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// around follows the tab key from the top of the page through all of it: every
// place once, each seen, in the order in which the page is read.
func (b *tab) around() {
	b.t.Helper()
	_, all := b.tabbed()
	var before stop
	for i := range all {
		b.key(kb.Tab)
		s, _ := b.tabbed()
		if s.At != i || !s.Seen {
			b.t.Fatalf("%v: the tab key leads to place %d of %d, want %d, seen: %v: %s\n%s", b.manner, s.At, all, i, s.Seen, s.What, b.text())
		}
		row := min(s.Bottom, before.Bottom)-max(s.Top, before.Top) > 8
		if i > 1 && (s.Bottom <= before.Top || row && s.Right <= before.Left) { // the first is seen over the others
			b.t.Errorf("%v: the tab key leads back, from %s to %s", b.manner, before.What, s.What)
		}
		before = s
	}
	b.key(kb.Tab)
	if s, _ := b.tabbed(); s.At > 0 {
		b.t.Errorf("%v: from the last place the tab key leads to place %d: %s", b.manner, s.At, s.What)
	}
}

// to presses the tab key until what a selector finds has the focus.
func (b *tab) to(selector string) {
	b.t.Helper()
	b.exists(selector)
	_, all := b.tabbed()
	for range all + 1 {
		if b.eval("String(document.activeElement.matches("+quoted(selector)+"))") == "true" {
			return
		}
		b.key(kb.Tab)
	}
	b.t.Fatalf("%v: the tab key never leads to %s", b.manner, selector)
}

// types types a text into the field that has the focus, as an input method does.
func (b *tab) types(selector, text string) {
	b.t.Helper()
	b.to(selector)
	call(b, input.InsertText, input.InsertTextParams{Text: text})
}

// hits goes to what a selector finds and presses a key there, which leads to
// another page.
func (b *tab) hits(selector, key string) {
	b.t.Helper()
	b.to(selector)
	b.goes(200, chromedp.KeyEvent(key))
	b.around()
}

// keyboard: applied, granted, filed and approved with nothing but a keyboard.
func keyboard(v visit) {
	b := v.as("1001")
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.around()
	b.open("/console/servers")
	b.to("a.skip")
	b.key(kb.Enter)
	b.key(kb.Tab)
	if b.eval(`String(document.activeElement === document.querySelector("main a[href]"))`) != "true" {
		v.t.Errorf("%v: after the skip link, the tab key does not lead to the first of the content", b.manner)
	}
	b.hits(`a[href*="/apply?server=i-hangzhou"]`, kb.Enter)
	b.types("[name=to]", "2002")
	b.hits(`form[action$="/apply/verify"] button`, kb.Enter)
	b.types("[name=proof]", proof)
	b.hits(`form[action$="/apply"] button`, " ")
	b.shows("granted to account 2002", "授权给账号2002")
	v.count("1001", 1)

	g := v.as("2002")
	call(g, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	if g.width == phone {
		g.to(".menu summary")
		g.key(" ")
	}
	g.hits(`nav a[href$="/received"]`, kb.Enter)
	g.hits("td a", kb.Enter)
	g.to("[name=kind]")
	g.key(kb.ArrowDown)
	g.types("[name=domain]", "例子.中国")
	g.types("[name=subject]", "主体-7")
	g.hits(`form[action$="/file"] button`, kb.Enter)
	g.shows("new website or app · 例子.中国", "新增互联网信息服务 · 例子.中国")

	o := v.as(ops)
	call(o, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	o.open("/console/review")
	o.around()
	o.to("[name=filing]")
	o.key(" ")
	if o.eval(`String(document.querySelector("[name=filing]").checked)`) != "true" {
		v.t.Errorf("%v: the space bar does not tick", o.manner)
	}
	o.hits("td a", kb.Enter)
	o.types("[name=icp_number]", "浙ICP备12345678号-1")
	o.hits(`form[action$="/approve"] button`, " ")
	o.shows("No filing is under review", "本页没有审核中的备案")
	if all := v.owned("1001"); len(all) != 1 || all[0].State != icpcode.StateFiled {
		v.t.Errorf("%v: after all this there is %+v", o.manner, all)
	}
}

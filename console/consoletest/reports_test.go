package consoletest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/icpcode/icpcode"
)

// The reports of the command, as somebody sees them: what -html writes is opened
// in Chromium and counted against what -json writes.

// buildCommand builds icpcode.
func buildCommand(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "icpcode")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "../../cmd/icpcode"
	build.Env = append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// runCommand is what a run writes. Exit statuses up to 4 are answers.
func runCommand(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	var out, errs bytes.Buffer
	c := exec.Command(program, args...)
	c.Stdout, c.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) || out.Len() == 0 {
		t.Fatalf("icpcode %q: %v: %s", args, err, errs.String())
	}
	return out.Bytes()
}

// reported is one row of a report, as -json has it.
type reported struct {
	id      string // what names it
	verdict int    // its place in the choice of verdicts
	reasons []string
	found   []string
}

// aReport is one kind of report.
type aReport struct {
	name string
	args []string
	rows func(*testing.T, []byte) []reported
	bars int // that stand in the last chart; 0: it has none
}

type jsonReason struct{ Rule, Found string }

func reasonsOf(r *reported, lists ...[]jsonReason) {
	for _, k := range slices.Concat(lists...) {
		r.reasons, r.found = append(r.reasons, k.Rule), append(r.found, k.Found)
	}
}

func fromJSON[T any](t *testing.T, text []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// reportFiles writes servers and filings of many kinds, and returns the reports
// about them. There are more rows than a page shows at once.
func reportFiles(t *testing.T) []aReport {
	t.Helper()
	const n = 230
	var servers, filings strings.Builder
	servers.WriteString("id,name,owner,provider,product,region,billing,status,created,expires,public_ip,ips,trial,term_months,ip_held,auto_renew\n")
	filings.WriteString("域名,实例ID,备案IP,客户,购买账号\n")
	billing := []string{"subscription", "subscription", "pay-as-you-go", "subscription", ""}
	expires := []string{"2027-12-31", "2026-12-20", "", "2027-02-01", "2027-05-05"}
	for k := range n {
		ip := fmt.Sprintf("47.96.%d.%d", k/200+1, k%200+1)
		fmt.Fprintf(&servers, "s-%03d,网站服务器%d号,1001,alibaba,ECS,cn-hangzhou,%s,running,2026-01-01,%s,yes,%s,no,12,%s,no\n",
			k, k, billing[k%5], expires[k%5], ip, []string{"no", "", "no"}[k%3])
		fmt.Fprintf(&filings, "d%03d.cn,s-%03d,%s,客户%d,1001\n", k, k, ip, k%9)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fleet, list := write("servers.csv", servers.String()), write("filings.csv", filings.String())
	asked := []string{"-at", "2026-11-26"}
	more := append(slices.Clone(asked), "-issued", "0", "-account", "certification=enterprise")
	verdicts := map[string]int{"yes": 0, "no": 1, "unknown": 2, "fine": 0, "risk": 1}
	return []aReport{
		{"precheck", slices.Concat([]string{"precheck", fleet}, more), func(t *testing.T, text []byte) (out []reported) {
			for _, s := range fromJSON[struct {
				Servers []struct {
					ID, Verdict string
					Reasons     []jsonReason
				}
			}](t, text).Servers {
				r := reported{id: s.ID, verdict: verdicts[s.Verdict]}
				reasonsOf(&r, s.Reasons)
				out = append(out, r)
			}
			return out
		}, 53},
		{"review", slices.Concat([]string{"review", list, fleet}, asked), func(t *testing.T, text []byte) (out []reported) {
			for _, f := range fromJSON[struct {
				Filings []struct {
					Domain, Verdict string
					Risks, Unknowns []jsonReason
				}
			}](t, text).Filings {
				r := reported{id: f.Domain, verdict: verdicts[f.Verdict]}
				reasonsOf(&r, f.Risks, f.Unknowns)
				out = append(out, r)
			}
			return out
		}, 53},
		{"rules", slices.Concat([]string{"rules", "-diff", "alibaba-2024-02-01", "alibaba-2026-01-06", fleet}, more), func(t *testing.T, text []byte) (out []reported) {
			for _, s := range fromJSON[struct {
				Servers []struct {
					ID, To string
					New    []jsonReason
				}
			}](t, text).Servers {
				r := reported{id: s.ID, verdict: verdicts[s.To]}
				reasonsOf(&r, s.New)
				out = append(out, r)
			}
			return out
		}, 0},
	}
}

// fileTab opens a file.
func (c *browser) fileTab(t *testing.T, m manner, path string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{manner: m, t: t, ctx: ctx}
	b.do(chromedp.EmulateViewport(m.width, 800))
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !m.script})
	b.do(chromedp.Navigate("file://" + path))
	b.fits()
	return b
}

// number is the number that an expression gives.
func (b *tab) number(expression string) int {
	b.t.Helper()
	n, err := strconv.Atoi(b.eval("String(" + expression + ")"))
	if err != nil {
		b.t.Fatalf("%v: %s: %v", b.manner, expression, err)
	}
	return n
}

// seen are the cells of the rows that can be seen, each with a bar behind it.
const seen = `Array.from(document.querySelectorAll("#body tr")).filter(r => r.getClientRects().length).map(r =>
	"|" + Array.from(r.cells).slice(0, -1).map(c => c.textContent).join("|") + "|").join("\n")`

// TestReports looks at every report in all manners: each row and each reason
// that -json has is there to be seen, nothing is wider than the screen, and
// search, filters, sorting and turning pages show what they say.
func TestReports(t *testing.T) {
	c := chromium(t)
	program := buildCommand(t)
	for _, r := range reportFiles(t) {
		rows, paths := make(map[icpcode.Lang][]reported), make(map[icpcode.Lang]string)
		for lang, word := range map[icpcode.Lang]string{icpcode.English: "en", icpcode.Chinese: "zh"} {
			args := append(slices.Clone(r.args), "-lang", word)
			rows[lang] = r.rows(t, runCommand(t, program, append(args, "-json")...))
			if n := len(rows[lang]); r.name != "rules" && n <= 200 || n < 20 {
				t.Fatalf("%s: %d rows are too few", r.name, n)
			}
			paths[lang] = filepath.Join(t.TempDir(), "report.html")
			if err := os.WriteFile(paths[lang], runCommand(t, program, append(args, "-html")...), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range manners(true) {
			t.Run(r.name+" "+m.String(), func(t *testing.T) {
				want, path := rows[m.lang], paths[m.lang]
				b := c.fileTab(t, m, path)
				b.firstScreen()
				b.charts(r.bars)
				if m.lang == icpcode.Chinese {
					b.drawn()
				}
				if !m.script {
					b.still(want)
					return
				}
				b.pages(want)
				b.narrowed(want)
				b.sorted(len(want))
			})
		}
	}
}

// firstScreen wants the first screen to be at most ten lines of text, at the top.
func (b *tab) firstScreen() {
	b.t.Helper()
	lines := b.number(`document.querySelectorAll("#today p, #today li").length`)
	top := b.number(`Math.round(document.querySelector("#today").getBoundingClientRect().top)`)
	if lines < 1 || lines > 10 || top > 200 || b.eval(`document.querySelector("#today .head").innerText`) == "" {
		b.t.Errorf("%v: %d lines on the first screen, from %d on", b.manner, lines, top)
	}
	if b.width == desktop {
		if bottom := b.number(`Math.round(document.querySelector("#today").getBoundingClientRect().bottom)`); bottom > 800 {
			b.t.Errorf("%v: the first screen ends at %d", b.manner, bottom)
		}
	}
}

// charts wants the bars of the last chart that stand, and every chart inside the
// screen.
func (b *tab) charts(bars int) {
	b.t.Helper()
	if got := b.number(`document.querySelectorAll("figure:last-of-type svg g").length`); got != bars {
		b.t.Errorf("%v: %d bars, want %d", b.manner, got, bars)
	}
	if out := b.number(`Array.from(document.querySelectorAll("figure")).filter(f => f.getBoundingClientRect().right > innerWidth || !f.getClientRects().length).length`); out > 0 {
		b.t.Errorf("%v: %d charts reach out of the screen", b.manner, out)
	}
}

// drawn wants a glyph for every character of the title and the columns.
func (b *tab) drawn() {
	b.t.Helper()
	const none = "\U0010ABCD"
	text := []rune(strings.Join(strings.Fields(b.eval(`document.querySelector("h1").textContent + document.querySelector("thead").textContent`)), ""))
	slices.Sort(text)
	text = slices.DeleteFunc(slices.Compact(text), func(r rune) bool { return r < 0x2E80 })
	var pictures []string
	if err := json.Unmarshal([]byte(b.eval(strings.Replace(glyphs, "%s", quoted(none+string(text)), 1))), &pictures); err != nil {
		b.t.Fatal(err)
	}
	if len(text) < 10 || slices.Contains(pictures[1:], pictures[0]) {
		b.t.Errorf("%v: of %q some are not drawn: tools/browser installs a font", b.manner, string(text))
	}
}

// still wants the first two hundred rows where there is no script, with their
// reasons.
func (b *tab) still(want []reported) {
	b.t.Helper()
	shown := want[:min(len(want), 200)]
	lines := strings.Split(b.eval(seen), "\n")
	if len(lines) != len(shown) || b.number(`document.querySelectorAll("noscript").length`) != map[bool]int{true: 1}[len(want) > len(shown)] {
		b.t.Fatalf("%v: %d rows without a script, want %d", b.manner, len(lines), len(shown))
	}
	b.eval(`(document.querySelectorAll("#body details").forEach(d => d.open = true), "")`)
	rows := strings.Split(b.eval(`Array.from(document.querySelectorAll("#body tr")).map(r => r.innerText.replace(/\s+/g, " ")).join("\n")`), "\n")
	for n, w := range shown {
		if !strings.Contains(lines[n], "|"+w.id+"|") {
			b.t.Errorf("%v: row %d is %s, want %s", b.manner, n, lines[n], w.id)
		}
		for k := range w.found {
			if !strings.Contains(rows[n], strings.Join(strings.Fields(w.found[k]), " ")) || !strings.Contains(rows[n], w.reasons[k]) {
				b.t.Errorf("%v: %s does not show %s, %s: %s", b.manner, w.id, w.reasons[k], w.found[k], rows[n])
			}
		}
	}
}

// pages turns the pages to the last one: together they are all rows.
func (b *tab) pages(want []reported) {
	b.t.Helper()
	for from := 0; from < len(want); from += 100 {
		to := min(len(want), from+100)
		lines := strings.Split(b.eval(seen), "\n")
		place := b.eval(`document.querySelector("#place").innerText`)
		if len(lines) != to-from || !strings.Contains(place, strconv.Itoa(len(want))) || !strings.Contains(place, strconv.Itoa(to)) {
			b.t.Fatalf("%v: %d rows from %d on, %q", b.manner, len(lines), from, place)
		}
		for n, line := range lines {
			if !strings.Contains(line, "|"+want[from+n].id+"|") {
				b.t.Errorf("%v: row %d is %s, want %s", b.manner, from+n, line, want[from+n].id)
			}
		}
		if disabled := b.eval(`String(document.querySelector("#next").disabled)`); disabled != strconv.FormatBool(to == len(want)) {
			b.t.Fatalf("%v: at %d of %d there is a next page: %s", b.manner, to, len(want), disabled)
		}
		if to < len(want) {
			b.do(chromedp.Click(chromedp.CSS("#next")))
		}
	}
}

// choose changes a choice as a user does.
func (b *tab) choose(id, value string) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`(e => { e.value = %s; e.dispatchEvent(new Event(e.tagName === "SELECT" ? "change" : "input")); return "" })(document.getElementById(%s))`, quoted(value), quoted(id)))
}

// count wants so many rows to be left.
func (b *tab) count(what string, want int) {
	b.t.Helper()
	place := b.eval(`document.querySelector("#place").innerText`)
	rows := b.number(`document.querySelectorAll("#body tr").length`)
	if rows != min(want, 100) || want > 0 && !strings.Contains(place, strconv.Itoa(want)) {
		b.t.Errorf("%v: %s: %d rows, %q; want %d", b.manner, what, rows, place, want)
	}
}

// narrowed filters by each verdict and each rule, searches for one row, and
// unfolds its reasons.
func (b *tab) narrowed(want []reported) {
	b.t.Helper()
	verdicts, rules := make(map[int]int), make(map[string]int)
	var one *reported
	for n := range want {
		verdicts[want[n].verdict]++
		names := slices.Clone(want[n].reasons)
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			rules[name]++
		}
		if len(want[n].reasons) > 0 {
			one = &want[n]
		}
	}
	if len(verdicts) < 1 || len(rules) < 1 || one == nil {
		b.t.Fatalf("%v: verdicts %v, rules %v", b.manner, verdicts, rules)
	}
	for v := range 3 {
		b.choose("verdict", strconv.Itoa(v))
		b.count(fmt.Sprintf("verdict %d", v), verdicts[v])
	}
	b.choose("verdict", "")
	for name, n := range rules {
		b.choose("rule", name)
		b.count(name, n)
	}
	b.choose("rule", "")
	b.choose("search", one.id)
	b.count("search", 1)
	visible := fmt.Sprintf(`String(document.querySelector("#body tr").innerText.replace(/\s+/g, " ").includes(%s))`, quoted(strings.Join(strings.Fields(one.found[0]), " ")))
	if folded := b.eval(visible); folded == "true" {
		b.t.Errorf("%v: %s shows its reasons before it is asked", b.manner, one.id)
	}
	b.do(chromedp.Click(chromedp.CSS("#body summary")))
	if unfolded := b.eval(visible); unfolded != "true" {
		b.t.Errorf("%v: %s does not show %q", b.manner, one.id, one.found[0])
	}
	b.fits()
	b.choose("search", "there is no such thing")
	b.count("search for nothing", 0)
	b.choose("search", "")
	b.count("all", len(want))
}

// sorted sorts by what names the rows, both ways. On a phone there are no heads of
// columns to press.
func (b *tab) sorted(n int) {
	b.t.Helper()
	if b.width == phone {
		return
	}
	column := b.number(`Array.from(document.querySelectorAll("#body tr:first-child td")).findIndex(c => /^(s-|d)\d{3}/.test(c.textContent))`)
	first := fmt.Sprintf(`document.querySelector("#body tr").cells[%d].textContent`, column)
	head := fmt.Sprintf("thead th:nth-child(%d) button", column+1)
	b.do(chromedp.Click(chromedp.CSS(head)))
	up := b.eval(first)
	b.do(chromedp.Click(chromedp.CSS(head)))
	if down := b.eval(first); up >= down || b.eval(`document.querySelector("[aria-sort]").getAttribute("aria-sort")`) != "descending" {
		b.t.Errorf("%v: sorted, the first is %q, then %q", b.manner, up, down)
	}
	b.count("sorted", n)
}

// TestReportOfManyServers: a report of a hundred thousand servers can be used:
// opened, searched and sorted in seconds.
func TestReportOfManyServers(t *testing.T) {
	c := chromium(t)
	program := buildCommand(t)
	var servers strings.Builder
	servers.WriteString("id,provider,product,region,billing,status,expires,public_ip\n")
	const n = 100_000
	for k := range n {
		fmt.Fprintf(&servers, "s-%06d,alibaba,ECS,cn-hangzhou,subscription,running,%d-01-%02d,yes\n", k, 2027+k%3, k%28+1)
	}
	dir := t.TempDir()
	fleet, path := filepath.Join(dir, "servers.csv"), filepath.Join(dir, "report.html")
	if err := os.WriteFile(fleet, []byte(servers.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, runCommand(t, program, "precheck", fleet, "-html", "-at", "2026-11-26", "-lang", "en"), 0o600); err != nil {
		t.Fatal(err)
	}
	took := func(what string, do func()) {
		t.Helper()
		began := time.Now()
		do()
		d := time.Since(began)
		t.Logf("%s: %v", what, d)
		if d > 30*time.Second { // on a machine of which others have most
			t.Errorf("%s takes %v", what, d)
		}
	}
	var b *tab
	took("open", func() { b = c.fileTab(t, manner{icpcode.English, desktop, true}, path) })
	b.count("all", n)
	took("search", func() { b.choose("search", "s-099999") })
	b.count("search", 1)
	took("search for nothing in particular", func() { b.choose("search", "") })
	took("sort", func() {
		b.do(chromedp.Click(chromedp.CSS("thead th:nth-child(2) button")), chromedp.Click(chromedp.CSS("thead th:nth-child(2) button")))
	})
	if first := b.eval(`document.querySelector("#body tr").cells[1].textContent`); first != "s-099999" {
		t.Errorf("sorted, the first is %s", first)
	}
}

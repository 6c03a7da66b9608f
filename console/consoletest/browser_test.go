package consoletest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/icpcode/icpcode"
)

// ceiling ends a test whose browser does not answer. No test waits for it.
const ceiling = 15 * time.Minute

// missing skips a test for want of something, and fails it in CI, where it must
// be there.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// chromium starts a browser with a profile of its own, which ends with the test.
func chromium(t *testing.T, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		missing(t, "there is no Chromium: tools/browser installs it")
	}
	o := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()))
	if os.Geteuid() == 0 {
		o = append(o, chromedp.NoSandbox) // as root it has none
	}
	o = append(o, more...)
	limited, end := context.WithTimeout(context.Background(), ceiling)
	t.Cleanup(end)
	all, stop := chromedp.NewExecAllocator(limited, o...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(all)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("Chromium did not end: %v", err)
		}
	})
	return &browser{ctx}
}

// browser is a Chromium that runs.
type browser struct {
	ctx context.Context //nolint:containedctx // of one test
}

// manner is how somebody looks at pages.
type manner struct {
	lang   icpcode.Lang
	width  int64
	script bool // pages may run scripts
}

func (m manner) String() string {
	lang, script := "en", "script"
	if m.lang == icpcode.Chinese {
		lang = "zh"
	}
	if !m.script {
		script = "no script"
	}
	return fmt.Sprintf("%s %d %s", lang, m.width, script)
}

const (
	phone   = 390
	desktop = 1280
)

// manners are all of them, or four in which each two of a language, a width and
// scripts or none meet: no page has a script, so that these cannot depend on all
// three.
func manners(all bool) (chosen []manner) {
	for _, lang := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
		for _, width := range []int64{phone, desktop} {
			for _, script := range []bool{true, false} {
				if all || script == ((lang == icpcode.English) == (width == phone)) {
					chosen = append(chosen, manner{lang, width, script})
				}
			}
		}
	}
	return chosen
}

// TestManners holds that each two meet in the four.
func TestManners(t *testing.T) {
	met := map[[2]any]bool{}
	for _, m := range manners(false) {
		met[[2]any{m.lang, m.width}], met[[2]any{m.lang, m.script}], met[[2]any{m.width, m.script}] = true, true, true
	}
	if len(manners(false)) != 4 || len(manners(true)) != 8 || len(met) != 12 {
		t.Errorf("in %v meet %v", manners(false), met)
	}
}

// tab is a page that somebody looks at.
type tab struct {
	manner

	t     *testing.T
	ctx   context.Context //nolint:containedctx // of one test
	site  *site
	looks *looks
}

// tab opens one for an account, with cookies of its own.
func (c *browser) tab(t *testing.T, s *site, m manner, as icpcode.AccountID) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{manner: m, t: t, ctx: ctx, site: s}
	languages := map[icpcode.Lang]string{icpcode.English: "en-GB,en;q=0.9", icpcode.Chinese: "zh-CN,zh;q=0.9"}
	b.do(chromedp.EmulateViewport(m.width, 800))
	call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": languages[m.lang]}})
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !m.script})
	b.open("/as/" + string(as))
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("%v: %v", b.manner, err)
	}
}

// call sends the browser a command that the driver has no action for.
func call[P any](b *tab, c cdp.Command[P, cdp.Empty], p P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, c, p); err != nil {
		b.t.Fatalf("%v: %s: %v", b.manner, c.Method, err)
	}
}

// goes does what leads to another page, and wants it answered so.
func (b *tab) goes(status int64, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	got, err := chromedp.RunResponse(b.ctx, actions...)
	if err != nil {
		b.t.Fatalf("%v: %v", b.manner, err)
	}
	if got.Status != status {
		b.t.Fatalf("%v: %s is answered %d, want %d: %s", b.manner, got.URL, got.Status, status, b.text())
	}
	b.fits()
}

// open opens a path of the site.
func (b *tab) open(path string) {
	b.t.Helper()
	b.goes(200, chromedp.Navigate(b.site.url+path))
}

// press clicks what a selector finds first, which leads to another page.
func (b *tab) press(selector string, status int64) {
	b.t.Helper()
	b.exists(selector)
	b.goes(status, chromedp.Click(chromedp.CSS(selector)))
}

// send presses the button of the form with an action that ends so.
func (b *tab) send(action string, status int64) {
	b.t.Helper()
	b.press(fmt.Sprintf("form[action$=%q] button", action), status)
}

// fill types texts into fields: name, text, and so on.
func (b *tab) fill(fields ...string) {
	b.t.Helper()
	b.fillIn("", fields...)
}

// fillIn does so in the form with an action that ends so.
func (b *tab) fillIn(action string, fields ...string) {
	b.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		selector := fmt.Sprintf("[name=%q]:not([type=hidden])", fields[i])
		if action != "" {
			selector = fmt.Sprintf("form[action$=%q] %s", action, selector)
		}
		b.exists(selector)
		if b.eval("document.querySelector("+quoted(selector)+").tagName") == "SELECT" {
			b.do(chromedp.SetValue(chromedp.CSS(selector), fields[i+1]))
			continue
		}
		b.eval("(e => { e.focus(); e.select() })(document.querySelector(" + quoted(selector) + ")), ''")
		call(b, input.InsertText, input.InsertTextParams{Text: fields[i+1]})
	}
}

// exists wants something on the page, at once: pages are whole when they are
// loaded.
func (b *tab) exists(selector string) {
	b.t.Helper()
	if !b.has(selector) {
		b.t.Fatalf("%v: the page has no %s: %s", b.manner, selector, b.text())
	}
}

func (b *tab) has(selector string) bool {
	b.t.Helper()
	return b.eval("String(document.querySelector("+quoted(selector)+") !== null)") == "true"
}

// shows wants the page to have a text, in the language of the tab.
func (b *tab) shows(english, chinese string) {
	b.t.Helper()
	want := english
	if b.lang == icpcode.Chinese {
		want = chinese
	}
	if text := b.text(); !strings.Contains(text, want) {
		b.t.Fatalf("%v: the page has no %q: %s", b.manner, want, text)
	}
}

// text is what can be read on the page.
func (b *tab) text() string {
	b.t.Helper()
	return b.eval("document.body.innerText")
}

// eval is the text that an expression of the test's gives; pages without
// scripts answer it, too.
func (b *tab) eval(expression string) string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		b.t.Fatalf("%v: %s: %v", b.manner, expression, err)
	}
	return got
}

// fits wants the page to be no wider than the screen, and to say its language.
func (b *tab) fits() {
	b.t.Helper()
	got := b.eval(`[document.documentElement.lang, document.documentElement.scrollWidth <= innerWidth ? "fits" : "is " + document.documentElement.scrollWidth].join(" ")`)
	if lang := map[icpcode.Lang]string{icpcode.English: "en", icpcode.Chinese: "zh-CN"}[b.lang]; got != lang+" fits" {
		b.t.Errorf("%v: the page is %q, want %q: %s", b.manner, got, lang+" fits", b.text())
	}
}

// codes are the whole codes on the page.
func (b *tab) codes() []string {
	b.t.Helper()
	return regexp.MustCompile(`\b[0-9]{12}\b`).FindAllString(strings.ReplaceAll(b.text(), "-", ""), -1)
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has a JSON form
	}
	return string(b)
}

package consoletest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/icpcode/icpcode"
)

// looks are which pages were looked at.
type looks struct {
	axe string // the script of axe-core

	mu    sync.Mutex
	pages map[string]bool
	times map[string]time.Duration // that paths took, in all manners
}

func (l *looks) took(path string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times[path] += d
}

// axe reads the script of axe-core, and wants it to be the one that its README
// names.
func axe(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	about, err := os.ReadFile("testdata/axe/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("SHA-256: `%x`", sha256.Sum256(script)); !strings.Contains(string(about), sum) {
		t.Fatalf("testdata/axe/README.md does not say %s", sum)
	}
	return string(script)
}

func newLooks(t *testing.T) *looks {
	t.Helper()
	return &looks{axe: axe(t), pages: map[string]bool{}, times: map[string]time.Duration{}}
}

// TestAxe holds that axe-core is what it should be, and that it finds what is
// planted.
func TestAxe(t *testing.T) {
	b := chromium(t).tab(t, newSite(t), manner{icpcode.English, desktop, true}, "1001")
	b.looks = newLooks(t)
	serious := func() (all []string) {
		for _, f := range b.found() {
			if f.serious() {
				all = append(all, f.ID)
			}
		}
		return all
	}
	if found := serious(); len(found) > 0 {
		t.Errorf("before anything is planted: %v", found)
	}
	b.eval(`(document.querySelector("h1").style.color = "#eee", document.querySelector("main").append(document.createElement("input")), "")`)
	if found := serious(); !slices.Contains(found, "color-contrast") || !slices.Contains(found, "label") {
		t.Errorf("planted were pale text and a field without a label, and found is %v", found)
	}
}

// finding is what axe-core says of a page.
type finding struct {
	ID, Impact, Help string
	Nodes            []string
}

func (f *finding) serious() bool { return f.Impact == "serious" || f.Impact == "critical" }

// The page has nothing to fetch, and its policy would not let it.
const runAxe = `axe.run(document, {preload: false, resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v =>
	({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html + " " + n.failureSummary)}))))`

// found is what axe-core finds on the page.
func (b *tab) found() (all []finding) {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](b.looks.axe+";\n"+runAxe, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%v: axe-core: %v", b.manner, err)
	}
	if err := json.Unmarshal([]byte(got), &all); err != nil {
		b.t.Fatal(err)
	}
	return all
}

// look wants nothing on the page that keeps people out: on a phone, and on a
// desktop in the light and in the dark. It keeps the page's picture under a name if
// ICPCODE_SHOTS is a folder.
func (b *tab) look(name string) {
	b.t.Helper()
	b.looks.mu.Lock()
	b.looks.pages[b.eval("document.body.dataset.page")] = true
	b.looks.mu.Unlock()
	dir := os.Getenv("ICPCODE_SHOTS")
	for _, scheme := range []string{"light", "dark"} {
		// Scripts or none look alike, and colours are those of the desktop.
		axe := b.script && (scheme == "light" || b.width == desktop)
		if !axe && dir == "" {
			continue
		}
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		if dir != "" {
			b.keep(filepath.Join(dir, strings.ReplaceAll(fmt.Sprintf("%s %v %s.png", name, b.manner, scheme), " ", "_")))
		}
		if axe {
			b.accessible(name + ", " + scheme)
		}
	}
}

// keep writes a picture of the whole page.
func (b *tab) keep(file string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(file, picture, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// accessible wants axe-core to find nothing serious.
func (b *tab) accessible(name string) {
	b.t.Helper()
	for _, f := range b.found() {
		if f.serious() {
			b.t.Errorf("%v: page %s: %s (%s): %s", b.manner, name, f.ID, f.Impact, strings.Join(f.Nodes, "\n\t"))
		} else {
			b.t.Logf("%v: page %s: %s (%s): %s", b.manner, name, f.ID, f.Impact, f.Help)
		}
	}
}

// unseen are the pages that nothing looked at.
func (l *looks) unseen(t *testing.T) (all []string) {
	t.Helper()
	files, err := filepath.Glob("../pages/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no pages: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\{\{define "([^"]*)"\}\}\{\{template "head" `).FindAllStringSubmatch(string(text), -1) {
			if !l.pages[m[1]] {
				all = append(all, m[1])
			}
		}
	}
	return all
}

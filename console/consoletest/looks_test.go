package consoletest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// looks are which pages were looked at.
type looks struct {
	axe string // the script of axe-core

	mu    sync.Mutex
	pages map[string]bool
}

// newLooks reads the script that tools/axe brings.
func newLooks(t *testing.T) *looks {
	t.Helper()
	l := &looks{pages: map[string]bool{}}
	name := os.Getenv("ICPCODE_AXE")
	if name == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("ICPCODE_AXE names no script of axe-core: run the tests with tools/axe")
		}
		t.Log("ICPCODE_AXE names no script of axe-core: pages are not searched for what keeps people out")
		return l
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	l.axe = string(b)
	return l
}

// finding is what axe-core says of a page.
type finding struct {
	ID, Impact, Help string
	Nodes            []string
}

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

// look wants nothing on the page that keeps people out, in the light and in the
// dark, and keeps its picture under a name if ICPCODE_SHOTS is a folder.
func (b *tab) look(name string) {
	b.t.Helper()
	b.looks.mu.Lock()
	b.looks.pages[b.eval("document.body.dataset.page")] = true
	b.looks.mu.Unlock()
	if !b.script {
		return // it looks as with scripts
	}
	for _, scheme := range []string{"light", "dark"} {
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		if dir := os.Getenv("ICPCODE_SHOTS"); dir != "" {
			picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				b.t.Fatal(err)
			}
			file := strings.ReplaceAll(fmt.Sprintf("%s %v %s.png", name, b.manner, scheme), " ", "_")
			if err := os.WriteFile(filepath.Join(dir, file), picture, 0o600); err != nil {
				b.t.Fatal(err)
			}
		}
		if b.looks.axe == "" || scheme == "dark" && b.width == phone { // colours are those of the desktop
			continue
		}
		for _, f := range b.found() {
			if f.Impact == "serious" || f.Impact == "critical" {
				b.t.Errorf("%v, %s: page %s: %s (%s): %s", b.manner, scheme, name, f.ID, f.Impact, strings.Join(f.Nodes, "\n\t"))
			} else {
				b.t.Logf("%v, %s: page %s: %s (%s): %s", b.manner, scheme, name, f.ID, f.Impact, f.Help)
			}
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

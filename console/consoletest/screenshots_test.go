package consoletest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/icpcode/icpcode"
)

// maxPicture is how many bytes a picture of the README may have.
const maxPicture = 150 << 10

// TestScreenshots takes the pictures of the README, and writes them if
// ICPCODE_SCREENSHOTS is a folder. Each must be small.
func TestScreenshots(t *testing.T) {
	chrome, s := chromium(t), newSite(t)
	v := visit{s, t, nil}
	for _, d := range []string{"shop.example.cn", "例子.中国", "app.example.cn"} {
		v.submitted(d, "")
	}
	take := func(b *tab, name string) {
		t.Helper()
		picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if len(picture) == 0 || len(picture) > maxPicture {
			t.Errorf("%s has %d bytes, want at most %d", name, len(picture), maxPicture)
		}
		if dir := os.Getenv("ICPCODE_SCREENSHOTS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, name), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	b := chrome.tab(t, s, manner{icpcode.English, desktop, true}, "1001")
	take(b, "console-servers.png")

	p := chrome.tab(t, s, manner{icpcode.Chinese, phone, true}, "1001")
	p.open("/console/apply?server=i-hangzhou")
	p.fill("quantity", "2", "to", "2002")
	p.send("/apply/verify", 200)
	take(p, "console-grant.png")

	o := chrome.tab(t, s, manner{icpcode.English, desktop, true}, ops)
	call(o, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
	o.open("/console/review")
	take(o, "console-review.png")
}

package consoletest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/icpcode/icpcode"
)

// glyphs draws each character by itself, in the font of the page, as a picture.
const glyphs = `JSON.stringify(Array.from(%s).map(c => {
	const canvas = document.createElement("canvas");
	canvas.width = canvas.height = 40;
	const pen = canvas.getContext("2d");
	pen.font = "32px " + getComputedStyle(document.body).fontFamily;
	pen.fillText(c, 2, 32);
	return canvas.toDataURL();
}))`

// undrawn returns the characters of a text that a browser draws as it draws
// one that no font has, or as another of them.
func undrawn(t *testing.T, c *browser, text string) string {
	t.Helper()
	b := c.tab(t, newSite(t), manner{icpcode.Chinese, desktop, true}, "1001")
	const none = "\U0010ABCD"
	var drawn []string
	if err := json.Unmarshal([]byte(b.eval(strings.Replace(glyphs, "%s", quoted(none+text), 1))), &drawn); err != nil {
		t.Fatal(err)
	}
	missing := ""
	for i, r := range []rune(none + text) {
		if slices.Contains(drawn[:i], drawn[i]) {
			missing += string(r)
		}
	}
	return missing
}

// TestFont holds that Chromium has a font with Chinese characters, and that
// this would be seen: where such fonts are hidden, it has none.
func TestFont(t *testing.T) {
	const text = "备案服务码"
	if missing := undrawn(t, chromium(t), text); missing != "" {
		t.Errorf("there is no font with %s: tools/browser installs one", missing)
	}
	hidden := filepath.Join(t.TempDir(), "fonts.conf")
	const conf = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include>/etc/fonts/fonts.conf</include>
<selectfont><rejectfont><pattern><patelt name="lang"><string>zh-cn</string></patelt></pattern></rejectfont></selectfont>
</fontconfig>`
	if err := os.WriteFile(hidden, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	if missing := undrawn(t, chromium(t, chromedp.Env("FONTCONFIG_FILE="+hidden)), text); missing != text {
		t.Errorf("without such a font, only %q are seen to be missing", missing)
	}
}

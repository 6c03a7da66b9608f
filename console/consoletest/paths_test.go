package consoletest

import "testing"

// TestApply: two codes for a server, and the same form sent again has them, not
// more.
func TestApply(t *testing.T) {
	chrome := chromium(t)
	for _, m := range manners() {
		t.Run(m.String(), func(t *testing.T) {
			s := newSite(t)
			b := chrome.tab(t, s, m, "1001")
			b.shows("buy in a mainland region", "暂不能申请的原因")
			b.press(`a[href*="/apply?server=i-hangzhou"]`, 200)
			b.fill("quantity", "2", "remark", "官网 & shop")
			b.send("/apply/verify", 200)
			s.count("1001", 0)
			b.send("/apply", 200)
			b.shows("Issued", "已生成")
			if n := len(b.codes()); n != 2 {
				t.Errorf("the page has %d codes: %s", n, b.text())
			}
			s.count("1001", 2)
		})
	}
}

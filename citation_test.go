package icpcode

import (
	"encoding/json"
	"testing"
)

// TestCitationText: one line that can be followed, in both languages.
func TestCitationText(t *testing.T) {
	provider := Bilingual{"Alibaba Cloud", "阿里云"}
	agency := Bilingual{"a Chengdu agency", "成都某代理商"}
	for _, c := range []struct {
		citation         Citation
		english, chinese string
	}{
		{
			Citation{provider, "申请(免费)ICP备案服务码", "2024-02-01", DatedAfter, "https://help.example.com/a", true, Bilingual{}},
			"Alibaba Cloud, 申请(免费)ICP备案服务码, text after 2024-02-01, official, https://help.example.com/a",
			"阿里云《申请(免费)ICP备案服务码》，2024-02-01之后的版本，官方，https://help.example.com/a",
		},
		{
			Citation{agency, "阿里云备案服务号获取指南", "2026-01-06", DatedItself, "", false, Bilingual{}},
			"a Chengdu agency, 阿里云备案服务号获取指南, 2026-01-06, unofficial",
			"成都某代理商《阿里云备案服务号获取指南》，2026-01-06，非官方",
		},
		{
			Citation{provider, "FAQ", "2019-09-17", DatedRead, "", true, Bilingual{"a copy", "副本"}},
			"Alibaba Cloud, FAQ, undated, read on 2019-09-17, official (a copy)",
			"阿里云《FAQ》，未注明日期，2019-09-17查阅，官方（副本）",
		},
		{Citation{Publisher: agency}, "a Chengdu agency, unofficial", "成都某代理商，非官方"},
		{Citation{Publisher: Bilingual{English: "Acme"}, Title: "Page"}, "Acme, Page, unofficial", "Acme《Page》，非官方"},
		{Citation{}, "inferred: no document says it", "推断（没有文件说明）"},
		{
			Citation{Note: Bilingual{"20 working days", "20个工作日"}},
			"inferred: 20 working days",
			"推断（20个工作日）",
		},
	} {
		if got := c.citation.Text(English); got != c.english {
			t.Errorf("%q, want %q", got, c.english)
		}
		if got := c.citation.Text(Chinese); got != c.chinese {
			t.Errorf("%q, want %q", got, c.chinese)
		}
		data, err := json.Marshal(c.citation)
		if err != nil {
			t.Fatal(err)
		}
		var back Citation
		if err := json.Unmarshal(data, &back); err != nil || back != c.citation {
			t.Errorf("%s reads back as %+v, %v", data, back, err)
		}
	}
}

// TestBilingualHasOneSide: a text that was written in one language is shown in
// both, not left out.
func TestBilingualHasOneSide(t *testing.T) {
	for _, b := range []Bilingual{{English: "x"}, {Chinese: "x"}} {
		if b.Text(English) != "x" || b.Text(Chinese) != "x" {
			t.Errorf("%+v: %q, %q", b, b.Text(English), b.Text(Chinese))
		}
	}
}

// TestInferred: only what names no document is inferred, whatever its note.
func TestInferred(t *testing.T) {
	note := Bilingual{"why", "原因"}
	if !(Citation{}).Inferred() || !(Citation{Note: note}).Inferred() {
		t.Error("a citation of no document is not inferred")
	}
	for _, c := range []Citation{{Publisher: note}, {Title: "x"}, {Date: "2026-01-06"}, {Address: "https://a.example"}, {Official: true}} {
		if c.Inferred() {
			t.Errorf("%+v is inferred", c)
		}
	}
}

package main

import (
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/presets"
)

// documents are what the tags of the library's sources stand for: publisher,
// title and date.
var documents = map[string]struct{ en, zh string }{
	"S0":  {"Alibaba Cloud, page on free filing service codes (official)", "阿里云《申请免费备案服务码》帮助页（官方）"},
	"S1":  {"an agency's guide to Alibaba Cloud's codes, 2026-01-06", "代理商《阿里云备案服务码指南》，2026-01-06"},
	"T19": {"Alibaba Cloud, product table and FAQs of 2019-09-17 (official)", "阿里云备案服务码产品表及常见问题，2019-09-17（官方）"},
	"API": {"Alibaba Cloud, Filing Service API (official)", "阿里云备案服务API文档（官方）"},
	"INF": {"inferred: no document says it", "推断：没有文档说明"},
}

// cite says in words where something comes from that the library tags, such as
// "S1; API 609 (rule set alibaba-2026-01-06)". The tags are of documents about
// Alibaba Cloud: under another provider's set the set says where its numbers
// come from.
func (s speaker) cite(tags string, set *icpcode.RuleSet) string {
	tags, _, _ = strings.Cut(tags, " (")
	tags, _, _ = strings.Cut(tags, "（")
	if set != nil && set.Provider != defaultProvider {
		return s.sourceOf(set)
	}
	var words []string
	for tag := range strings.SplitSeq(tags, "; ") {
		tag, detail, _ := strings.Cut(tag, " ")
		d, known := documents[tag]
		if !known {
			return tags
		}
		text := s.say(d.en, d.zh)
		if detail != "" {
			word := "error"
			if strings.Contains(detail, ",") {
				word = "errors"
			}
			text += s.say(", "+word+" ", "，错误码") + detail
		}
		words = append(words, text)
	}
	return strings.Join(words, s.say("; ", "；"))
}

// sourcesZh are the sources of the presets' sets in Chinese.
var sourcesZh = map[string]string{
	"alibaba-2018-09-27": "阿里云备案服务码产品表及常见问题，2019-09-17的版本",
	"alibaba-2024-02-01": "阿里云备案服务码产品表及常见问题，2019-09-17的版本；阿里云《申请免费备案服务码》（2024-02-01之后的版本）",
	"alibaba-2026-01-06": "成都某代理商的阿里云备案服务码指南，2026-01-06；阿里云《申请免费备案服务码》（2024-02-01之后的版本）",
	"baidu":              "百度智能云备案操作码帮助页；页面未注明日期，自查阅之日起生效",
	"huawei":             "华为云帮助页icp_02_0003、zh-cn_topic_0173231867；未说明自何时起，自页面日期起生效",
	"tencent":            "腾讯云备案授权码帮助页；页面未注明日期，自查阅之日起生效",
	"volcengine":         "火山引擎备案授权码帮助页当日的摘要",
}

// sourceOf is where a rule set comes from. A set of the user's own has one
// text.
func (s speaker) sourceOf(set *icpcode.RuleSet) string {
	if p, err := presets.Lookup(set.Provider); err == nil && s.lang == icpcode.Chinese {
		own := true
		for _, k := range p.Book.Sets() {
			own = own && (k.Version != set.Version || k.Source != set.Source)
		}
		for _, name := range [...]string{set.Version, set.Provider} {
			if zh := sourcesZh[name]; zh != "" && !own {
				return zh
			}
		}
	}
	return set.Source
}

// provider is what people call a provider.
func (s speaker) provider(name string) string {
	p, err := presets.Lookup(name)
	if err != nil {
		return name
	}
	return p.Title(s.lang)
}

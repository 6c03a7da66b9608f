package main

import (
	"strings"
	"testing"
)

// TestKnownWords: K9. A word for a provider or product that nothing knows is
// refused with those that are known, in our own format and in facts, and never
// becomes a no; one that can mean only one thing is understood.
func TestKnownWords(t *testing.T) {
	const columns = "id,provider,product,region,billing,status,term_months,created,expires,public_ip,owner,trial,ip_held\n"
	row := func(provider, product string) string {
		return columns + "web-1," + provider + "," + product + ",cn-hangzhou,Subscription,RUNNING,12个月,2026/3/1,20270301,TRUE,1001,No,否\n"
	}
	own := file(t, "own.json", strings.ReplaceAll(strings.ReplaceAll(runIt("rules", "-json").out, `"provider": "alibaba"`, `"provider": "desk"`), `"product": "SWAS"`, `"product": "Box-2"`))
	for _, c := range []struct {
		what   string
		text   string
		args   []string
		status int
		en, zh string
	}{
		{"an unknown product", row("alibaba", "ECSS"), nil, exitInput, `web-1: product "ECSS" is not known; known of alibaba are ECS, ENS, ElasticWeb`, `web-1：产品"ECSS"无法识别，alibaba可用的有：ECS、ENS`},
		{"the nearest one", row("alibaba", "ECSS"), nil, exitInput, "is ECS meant?", "是否为 ECS？"},
		{"without a provider", row("", "OSS"), nil, exitInput, "no provider is stated, so alibaba is assumed", "未给出提供商，按alibaba判断"},
		{"of another provider", row("alibaba", "CVM"), nil, exitInput, `product "CVM" is not known; known of alibaba are `, `产品"CVM"无法识别，alibaba可用的有：`},
		{"an unknown provider", row("alibba", "ECS"), nil, exitInput, `web-1: provider "alibba" is not known; known are alibaba, tencent, huawei, baidu, volcengine; is alibaba meant?`, `提供商"alibba"无法识别，可用的有：alibaba、tencent、huawei、baidu、volcengine；是否为 alibaba？`},
		{"a product in JSON", `{"id":"web-1","product":"ECSS"}`, nil, exitInput, `product "ECSS" is not known; known`, `产品"ECSS"`},
		{"go on", row("alibaba", "ECSS") + "web-2,alibaba,ECS,cn-hangzhou,包年包月,运行中,1年,2026年3月1日,2027.3.1,是,1001,no,no\n", []string{"-keep-going"}, exitInput, `product "ECSS"`, `产品"ECSS"`},
		{"a spelling", row("Alibaba Cloud", "Elastic Compute Service"), nil, exitYes, "", ""},
		{"another spelling", row("阿里", "云主机"), nil, exitYes, "", ""},
		{"no provider, and a product of one alone", strings.Replace(row("", "CVM"), "cn-hangzhou", "ap-guangzhou", 1), []string{"-at", "2026-12-01", "-account", "certification=enterprise"}, exitYes, "", ""},
		{"a product that no rule set lists", strings.Replace(row("tencent", "轻量应用服务器"), "cn-hangzhou", "ap-guangzhou", 1), []string{"-at", "2026-12-01"}, exitNo, "", ""},
		{"a product of the user's own rules", row("desk", "box 2"), []string{"-rules", own}, exitYes, "", ""},
		{"not of the user's own rules", row("desk", "box 3"), []string{"-rules", own}, exitInput, `known of desk are Box-2, `, `desk可用的有：Box-2、`},
	} {
		name := file(t, "own.txt", c.text)
		for lang, want := range map[string]string{"en": c.en, "zh": c.zh} {
			r := runIt(append([]string{"precheck", name, "-issued", "0", "-json", "-at", "2026-06-01", "-lang", lang}, c.args...)...)
			if r.status != c.status || !strings.Contains(r.errors, want) || want == "" && r.errors != "" || c.status == exitInput && strings.Contains(r.out, `"verdict":"no"`) {
				t.Errorf("%s: status %d, %q\n%s", c.what, r.status, r.errors, r.out)
			}
		}
	}
	ecs := caseDir + "/A14_ecs.json"
	facts := file(t, "facts.csv", "id,product\ni-bp1ggggggggggggggggg,ECSS\n")
	if r := runIt("precheck", ecs, "-facts", facts, "-at", "2026-06-01"); r.status != exitInput || !strings.Contains(r.errors, `i-bp1ggggggggggggggggg: product "ECSS" is not known; known of alibaba are ECS, `) {
		t.Errorf("in facts: status %d, %s", r.status, r.errors)
	}
	facts = file(t, "facts.csv", "id,product\ni-bp1ggggggggggggggggg,云虚拟主机\n")
	if r := runIt("precheck", ecs, "-facts", facts, "-at", "2026-06-01", "-json"); !strings.Contains(r.out, `"product":"WebHosting"`) {
		t.Errorf("in facts: status %d, %s\n%s", r.status, r.errors, r.out)
	}
}

// TestExplainUnmatched: rows about no server are in the JSON of -explain, too.
func TestExplainUnmatched(t *testing.T) {
	r := runIt(caseArgs("precheck", "A14_ecs.json", "-issued", "i-bp1gggggggggggggggg9=1", "-explain", "i-bp1ggggggggggggggggg", "-json", "-at", "2026-06-01")...)
	if r.status != exitUsage || !strings.Contains(r.out, `"unmatched":[{"file":"-issued","id":"i-bp1gggggggggggggggg9"}]`) {
		t.Errorf("status %d, %s\n%s", r.status, r.errors, r.out)
	}
}

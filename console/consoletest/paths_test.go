package consoletest

import (
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/icpcode/icpcode"
)

// visit is one path in one manner: a site of its own, and whoever looks at it.
type visit struct {
	*site

	t  *testing.T
	as func(icpcode.AccountID) *tab
}

// paths are those of the provider's documents.
var paths = []struct {
	name string
	walk func(visit)
}{
	{"apply", apply},
	{"grant", grant},
	{"caps", caps},
	{"died", died},
	{"file", file},
	{"file with a server", fileWithServer},
	{"paid", paid},
	{"grant later", grantLater},
	{"night", night},
	{"several", several},
	{"filters", filters},
	{"end", end},
	{"moved", moved},
	{"replaced", replaced},
	{"void", void},
	{"close", closed},
	{"twice", twice},
	{"language", language},
	{"nothing", nothing},
	{"keyboard", keyboard},
}

// everyWay are the paths that are walked in all manners, the others in four.
var everyWay = []string{"grant", "twice", "language"}

// TestPaths walks every path in both languages, on a phone and a desktop, with
// scripts and without, and wants every page to be looked at.
func TestPaths(t *testing.T) {
	chrome, looks := chromium(t), newLooks(t)
	t.Run("all", func(t *testing.T) {
		for _, p := range paths {
			for _, m := range manners(slices.Contains(everyWay, p.name)) {
				t.Run(p.name+"/"+m.String(), func(t *testing.T) {
					t.Parallel()
					began := time.Now()
					s := newSite(t)
					p.walk(visit{s, t, func(a icpcode.AccountID) *tab {
						b := chrome.tab(t, s, m, a)
						b.looks = looks
						return b
					}})
					looks.took(p.name, time.Since(began))
				})
			}
		}
	})
	for _, p := range paths {
		t.Logf("%-20s %v", p.name, looks.times[p.name].Round(time.Second/10))
	}
	if unseen := looks.unseen(t); len(unseen) > 0 && !t.Failed() && !strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		t.Errorf("nothing looks at the pages %v: walk a path over them", unseen)
	}
}

// apply: two codes for a server; another has every reason why it can have none.
func apply(v visit) {
	b := v.as("1001")
	b.shows("buy in a mainland region", "改购中国大陆地域的服务器")
	b.look("servers")
	b.press(`a[href*="/apply?server=i-hangzhou"]`, 200)
	b.look("apply")
	b.fill("server", "i-hongkong")
	b.send("/apply/verify", 422)
	b.look("apply refused")
	b.fill("server", "i-hangzhou", "quantity", "2", "remark", "官网 <b>&")
	b.send("/apply/verify", 200)
	b.look("apply confirm")
	v.count("1001", 0)
	b.send("/apply", 200)
	b.shows("Issued", "已生成")
	b.look("apply done")
	if n := len(b.codes()); n != 2 {
		v.t.Errorf("the page has %d codes: %s", n, b.text())
	}
	v.count("1001", 2)
	b.press(`main a[href$="/codes"]`, 200)
	b.shows("官网 <b>&", "官网 <b>&")
	b.look("codes")
	b.fill("state", "Filed")
	b.press("form.filter button", 200)
	b.shows("no such codes", "本页没有服务码")
	b.look("codes none")
}

// grant: the code of the text message is wrong, and then right; the grantee
// finds the code.
func grant(v visit) {
	b := v.as("1001")
	b.press(`a[href*="/apply?server=i-hangzhou"]`, 200)
	b.fill("to", "2002")
	b.send("/apply/verify", 200)
	b.shows("Code of the text message", "短信验证码")
	b.look("grant confirm")
	b.fill("proof", "111111")
	b.send("/apply", 422)
	b.shows("was not accepted", "手机验证未通过")
	b.look("grant wrong")
	v.count("1001", 0)
	b.fill("proof", proof)
	b.send("/apply", 200)
	b.shows("granted to account 2002", "授权给账号2002")
	v.count("1001", 1)
	if v.sent != 1 {
		v.t.Errorf("%d text messages were sent", v.sent)
	}
	whole := b.codes()
	g := v.as("2002")
	g.open("/console/received")
	g.shows("Available", "可使用")
	g.look("received")
	g.press("td a", 200)
	if n := len(g.codes()); n != 0 {
		v.t.Errorf("a code is shown that nobody asked for: %s", g.text())
	}
	g.look("code")
	g.send("/reveal", 200)
	g.look("code whole")
	if shown := g.codes(); len(whole) != 1 || len(shown) != 1 || whole[0] != shown[0] {
		v.t.Errorf("granted were %v, and shown is %v", whole, shown)
	}
	g.open("/console/year")
	g.shows("1 / 3", "1 / 3")
	g.look("year grantee")
}

// caps: the eleventh grantee and the fourth granter are refused, with what is
// the reason.
func caps(v visit) {
	for _, to := range []icpcode.AccountID{"g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "g9", "g10"} {
		v.issue("1001", to)
	}
	b := v.as("1001")
	b.open("/console/year")
	b.shows("10 / 10", "10 / 10")
	b.look("year")
	b.open("/console/apply?server=i-hangzhou")
	b.fill("to", "g11")
	b.send("/apply/verify", 422)
	b.shows("at most 10", "最多授权至10个")
	b.look("eleventh grantee")
	v.count("1001", 10)
	f := v.as("1001")
	f.open("/console/apply?server=i-hangzhou")
	f.fill("to", "g1") // it is one of the ten
	f.send("/apply/verify", 200)

	for _, by := range []icpcode.AccountID{"3001", "3002", "3003"} {
		v.issue(by, "4001")
	}
	f.open("/console/apply?server=i-hangzhou")
	f.fill("to", "4001")
	f.send("/apply/verify", 422)
	f.shows("at most 3", "最多接收3个")
	f.look("fourth granter")
	v.count("1001", 10)
}

// died: a received code is void, since its server was released.
func died(v visit) {
	v.issue("1001", "2002")
	_, err := v.eng.CloseInstance(v.t.Context(), icpcode.CloseRequest{Actor: ops, InstanceID: "i-of-1001", Reason: "released by its owner"})
	if err != nil {
		v.t.Fatal(err)
	}
	b := v.as("2002")
	b.open("/console/received")
	b.shows("Invalid", "已失效")
	b.look("received dead")
	b.press("td a", 200)
	b.shows("released by its owner", "released by its owner")
	b.shows("the instance of the account that granted it was released", "授权账号的实例已释放")
	b.shows("ask the granter for another code", "请联系授权账号另行授权备案服务码")
	b.look("code dead")
	if b.has(`form[action$="/file"]`) {
		v.t.Error("one can file with a code that is void")
	}
}

// fileWith fills in the form of a filing.
func (b *tab) fileWith(domain string) {
	b.t.Helper()
	b.fill("kind", "First", "domain", domain, "subject", "主体-7", "ips", "47.96.1.180")
}

// file: with a code; sent back, corrected, approved; and one is withdrawn.
func file(v visit) {
	v.issue("1001", "")
	v.issue("1001", "")
	b := v.as("1001")
	b.open("/console/codes")
	b.press("td a", 200)
	b.look("code to file with")
	b.fileWith("exa mple.cn")
	b.send("/file", 422)
	b.look("file refused")
	b.fileWith("例子.中国")
	b.send("/file", 200)
	b.shows("例子.中国", "例子.中国")
	b.look("code filing")
	here := b.eval("location.pathname")

	o := v.as(ops)
	o.open("/console/review")
	o.look("review")
	o.press("td a", 200)
	o.look("filing")
	o.fill("stage", "SMS")
	o.send("/stage", 200)
	o.shows("the regulator's SMS check", "管局短信核验")
	o.fill("rejection", "主办单位名称与营业执照不一致。\n请重新上传。")
	o.send("/reject", 200)
	o.shows("sent back", "已驳回")
	o.look("review sent back")

	b.open(here)
	b.shows("请重新上传。", "请重新上传。")
	b.look("code sent back")
	b.fill("domain", "例子2.中国")
	b.send("/file", 200)
	b.shows("例子2.中国", "例子2.中国")

	o.open("/console/review")
	o.press("td a", 200)
	o.fill("icp_number", "浙ICP备12345678号-1")
	o.send("/approve", 200)
	o.shows("No filing is under review", "本页没有审核中的备案")
	o.look("review none")
	b.open(here)
	b.shows("Filed", "已备案")
	b.shows("浙ICP备12345678号-1", "浙ICP备12345678号-1")
	b.look("code filed")

	b.open("/console/codes?state=Available")
	b.press("td a", 200)
	b.fileWith("other.example.cn")
	b.send("/file", 200)
	b.fill("reason", "换一个域名")
	b.send("/withdraw", 200)
	b.shows("Available", "可使用")
	b.look("code withdrawn")
}

// fileWithServer: the server issues its code by itself.
func fileWithServer(v visit) {
	b := v.as("1001")
	b.press(`a[href*="/file?server=i-hangzhou"]`, 200)
	b.look("file")
	b.fileWith("-")
	b.send("/file", 422)
	b.look("file with a server refused")
	v.count("1001", 0)
	b.fileWith("shop.example.cn")
	b.send("/file", 200)
	b.shows("shop.example.cn", "shop.example.cn")
	v.count("1001", 1)
}

// night: what is at risk, for everybody and for one, and nothing when nothing
// is.
func night(v visit) {
	code := v.issue("1001", "")
	_, err := v.eng.Submit(v.t.Context(), icpcode.SubmitRequest{
		Actor: "1001", Code: code, Filing: icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "s"},
	})
	if err != nil {
		v.t.Fatal(err)
	}
	o := v.as(ops)
	o.open("/console/risk/all")
	o.shows("No filing on this page is at risk", "本页没有有风险的备案")
	o.look("risk none")
	v.lapse()
	o.open("/console/risk/all")
	o.shows("example.cn", "example.cn")
	o.look("risk all")
	o.press("section a", 200)
	o.fill("rejection", "服务器已到期，请续费。")
	o.send("/reject", 200)
	b := v.as("1001")
	b.open("/console/risk")
	b.shows("renew", "续费")
	b.look("risk")
	b.open("/console/servers")
	b.look("servers lapsed")
}

// twice: what arrives twice at the same time, and a reload, do it once.
func twice(v visit) {
	b := v.as("1001")
	b.open("/console/apply?server=i-hangzhou")
	b.fill("quantity", "2", "to", "2002")
	b.send("/apply/verify", 200)
	b.fill("proof", proof)
	v.double()
	b.send("/apply", 200)
	v.count("1001", 2)
	b.goes(200, chromedp.Reload())
	b.shows("by this form, before", "此前已由本表单办理")
	if n := len(b.codes()); n != 2 {
		v.t.Errorf("after a reload the page has %d codes: %s", n, b.text())
	}
	v.count("1001", 2)

	b.open("/console/file?server=i-hangzhou")
	b.fileWith("shop.example.cn")
	v.double()
	b.send("/file", 200)
	b.goes(200, chromedp.Reload())
	v.count("1001", 3)
	if n := v.posted(); n != 4 {
		v.t.Errorf("the browser sent %d changes, want verify, apply, its reload and file", n)
	}
}

// language: the switch, which is kept.
func language(v visit) {
	b := v.as("1001")
	if b.lang == icpcode.English {
		b.lang = icpcode.Chinese
	} else {
		b.lang = icpcode.English
	}
	b.press(`.who a[hreflang]`, 200)
	b.shows("Servers", "服务器")
	b.open("/console/codes")
	b.shows("Codes of this account", "本账号生成的服务码")
}

// nothing: who has nothing, is nobody, or may not.
func nothing(v visit) {
	b := v.as("2002")
	b.shows("has no servers", "没有服务器")
	b.look("servers none")
	b.goes(404, chromedp.Navigate(v.url+"/console/review"))
	b.look("failed")
	b.open("/console/received")
	b.look("received none")
}

package consoletest

import (
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/icpcode/icpcode"
)

// paid: bought, bound and filed with; refunded; and refused to be bound.
func paid(v visit) {
	b := v.as("1001")
	b.open("/console/codes")
	b.press(`main a[href$="/buy"]`, 200)
	b.look("buy")
	b.fill("quantity", "2")
	b.send("/buy/verify", 200)
	b.shows("100", "100")
	b.look("buy confirm")
	v.count("1001", 0)
	v.double()
	b.send("/buy", 200)
	b.shows("Bought", "已购买")
	b.look("buy done")
	b.goes(200, chromedp.Reload())
	v.count("1001", 2)
	b.press(`main a[href*="state=Unbound"]`, 200)
	b.press("td a", 200)
	b.shows("Bought and issued by\n1001", "购买账号\n1001")
	b.look("code unbound")
	b.fillIn("/bind", "server", "i-hongkong")
	b.send("/bind", 422)
	b.shows("buy in a mainland region", "改购中国大陆地域的服务器")
	b.look("bind refused")
	b.fillIn("/bind", "server", "i-hangzhou")
	b.send("/bind", 200)
	b.look("bind confirm")
	b.send("/bind", 200)
	b.shows("Available", "可使用")
	b.fillIn("/file", "kind", "First", "domain", "paid.example.cn", "subject", "s")
	b.send("/file", 200)
	b.shows("paid.example.cn", "paid.example.cn")

	b.open("/console/codes?state=Unbound")
	b.press("td a", 200)
	b.fillIn("/refund", "reason", "不需要了")
	b.send("/refund", 200)
	b.look("refund confirm")
	b.send("/refund", 200)
	b.shows("Refunded", "已退费")
	b.look("code refunded")
}

// grantLater: a code that exists is granted, with the phone.
func grantLater(v visit) {
	v.issue("1001", "")
	b := v.as("1001")
	b.open("/console/codes")
	b.press("td a", 200)
	b.fillIn("/grant", "to", "2002")
	b.send("/grant", 200)
	b.look("grant later confirm")
	b.fill("proof", "000000")
	b.send("/grant", 422)
	b.shows("was not accepted", "手机验证未通过")
	b.fill("proof", proof)
	b.send("/grant", 200)
	b.shows("2002", "2002")
	g := v.as("2002")
	g.open("/console/received")
	g.shows("Available", "可使用")
}

// submitted files with a new code, and approves if a number is given.
func (v visit) submitted(domain, number string) {
	v.t.Helper()
	code := v.issue("1001", "")
	_, err := v.eng.Submit(v.t.Context(), icpcode.SubmitRequest{
		Actor: "1001", Code: code, Filing: icpcode.Filing{Kind: icpcode.FilingFirst, Domain: domain, Subject: "s"},
	})
	if err == nil && number != "" {
		_, err = v.eng.Approve(v.t.Context(), icpcode.ApproveRequest{Actor: ops, Code: code, ICPNumber: number})
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

// several: three filings at once, sent back with one reason, and approved.
func several(v visit) {
	domains := []string{"a.example.cn", "b.example.cn", "c.example.cn"}
	for _, d := range domains {
		v.submitted(d, "")
	}
	o := v.as(ops)
	tick := func(what string) {
		o.open("/console/review")
		for _, d := range domains {
			o.do(chromedp.Click(chromedp.CSS(`input[aria-label="` + d + `"]`)))
		}
		o.fillIn("/review/several", "do", what)
	}
	tick("reject")
	o.fillIn("/review/several", "rejection", "证件已过期，请更新。")
	o.send("/review/several", 200)
	o.shows("3", "3")
	o.look("several confirm reject")
	o.send("/review/several", 200)
	o.shows("Done: 3", "已办理：3")
	o.look("several done")
	o.open("/console/review")
	o.press(`a[href*="tick=all"]`, 200)
	o.look("review ticked")
	o.fillIn("/review/several", "do", "approve")
	o.send("/review/several", 200)
	o.look("several confirm approve")
	if n := o.eval(`String(document.querySelectorAll("input[name^=icp_number_]").length)`); n != "3" {
		v.t.Fatalf("the page asks for %s numbers: %s", n, o.text())
	}
	o.fill("icp_number_1", "浙ICP备12345678号-3", "numbers", "a.example.cn 浙ICP备12345678号-1\nother.example.cn 浙ICP备12345678号-9")
	o.send("/review/several", 200)
	o.shows("Done: 2, not done: 1", "已办理：2，未办理：1")
	o.shows("other.example.cn 浙ICP备12345678号-9", "other.example.cn 浙ICP备12345678号-9")
	o.look("several not all")
	o.open("/console/review")
	o.shows("b.example.cn", "b.example.cn")
	o.press("td a", 200)
	o.fill("icp_number", "浙ICP备12345678号-2")
	v.double()
	o.send("/approve", 200)
	o.shows("No filing is under review", "本页没有审核中的备案")
}

// filters: what is under review by its stage, and for how many days.
func filters(v visit) {
	v.submitted("first.example.cn", "")
	v.submitted("second.example.cn", "")
	o := v.as(ops)
	o.open("/console/review")
	o.press("td a", 200) // the second
	o.fill("stage", "SMS")
	v.double()
	o.send("/stage", 200)
	filter := func(stage, days string) {
		o.open("/console/review")
		o.fillIn("/review", "stage", stage, "days", days)
		o.press("form.filter button", 200)
	}
	filter("SMS", "")
	o.shows("second.example.cn", "second.example.cn")
	o.look("review by stage")
	if strings.Contains(o.text(), "first.example.cn") {
		v.t.Errorf("%v: a filing of another stage is shown: %s", o.manner, o.text())
	}
	filter("rejected", "")
	o.shows("No filing is under review", "本页没有审核中的备案")
	filter("SMS", "3")
	o.shows("No filing is under review", "本页没有审核中的备案")
	v.days(3)
	filter("SMS", "3")
	o.shows("second.example.cn", "second.example.cn")
	o.look("review by days")
}

// void: a code that was granted is void, and its holder reads why.
func void(v visit) {
	v.issue("1001", "2002")
	o := v.as(ops)
	o.open("/console/find")
	o.fill("by", "account", "q", "1001")
	o.press(`form[action$="/find"] button`, 200)
	o.press("td a", 200)
	o.fillIn("/void", "reason", "服务码已泄露")
	o.send("/void", 200)
	o.look("void confirm")
	g := v.as("2002")
	g.open("/console/received")
	g.shows("Available", "可使用")
	v.double()
	o.send("/void", 200)
	o.shows("服务码已泄露", "服务码已泄露")
	o.look("filing void")
	g.open("/console/received")
	g.shows("Invalid", "已失效")
	g.press("td a", 200)
	g.shows("服务码已泄露", "服务码已泄露")
	g.shows("the provider voided it", "该备案服务码已被作废")
}

// moved: a filing moves to the code of another server, and ends.
func moved(v visit) {
	v.submitted("moves.example.cn", "浙ICP备12345678号-1")
	v.submitted("moves.example.cn", "浙ICP备12345678号-1")
	v.submitted("stays.example.cn", "浙ICP备12345678号-2")
	o := v.as(ops)
	o.open("/console/find?q=moves.example.cn")
	o.press("tbody tr:last-child a", 200)
	o.fillIn("/end", "end", "Moved", "reason", "更换服务器")
	o.send("/end", 400)
	o.look("move refused")
	if n := o.eval(`String(document.querySelectorAll("[name=successor] option").length)`); n != "2" {
		v.t.Fatalf("%v: %s codes can be chosen, want none and the other of the website", o.manner, n)
	}
	to := o.eval(`document.querySelector("[name=successor] option:last-child").value`)
	o.fillIn("/end", "end", "Moved", "successor", to, "reason", "更换服务器")
	o.send("/end", 200)
	o.shows("moved to another code", "移至其他服务码")
	o.look("move confirm")
	v.double()
	o.send("/end", 200)
	o.shows("moved to another code", "移至其他服务码")
	o.look("filing moved")
	if n := o.eval(`String(document.querySelector("dl.facts").innerText.match(/\*{10}[0-9]{2}/g).length)`); n != "2" {
		v.t.Errorf("%v: the code that it moved to is not shown beside its own: %s", o.manner, o.text())
	}
	b := v.as("1001")
	b.open("/console/codes")
	b.press("tbody tr:last-child a", 200)
	b.shows("更换服务器", "更换服务器")
	if n := b.eval(`String(document.querySelector("dl.facts").innerText.match(/\*{10}[0-9]{2}/g).length)`); n != "1" {
		v.t.Errorf("%v: the holder is shown which code it moved to: %s", b.manner, b.text())
	}
}

// end: found by its domain, its number put right, and ended.
func end(v visit) {
	v.submitted("old.example.cn", "浙ICP备1号-1")
	o := v.as(ops)
	o.open("/console/find")
	o.look("find")
	o.fill("q", "nothing.example.cn")
	o.press(`form[action$="/find"] button`, 200)
	o.look("find none")
	o.fill("q", "old.example.cn")
	o.press(`form[action$="/find"] button`, 200)
	o.look("found")
	o.press("td a", 200)
	o.look("filing filed")
	o.fillIn("/correct", "icp_number", "浙ICP备12345678号-1")
	o.send("/correct", 200)
	o.look("correct confirm")
	o.send("/correct", 200)
	o.shows("浙ICP备12345678号-1", "浙ICP备12345678号-1")
	o.fillIn("/end", "reason", "网站已关闭")
	o.send("/end", 200)
	o.look("end confirm")
	o.send("/end", 200)
	o.shows("网站已关闭", "网站已关闭")
	o.look("filing ended")
	if o.has(`form[action$="/end"]`) {
		v.t.Error("a filing that ended can be ended again")
	}
}

// closed: a server is closed, after it was seen what rests on it.
func closed(v visit) {
	v.submitted("rests.example.cn", "浙ICP备1号-1")
	v.issue("1001", "2002")
	o := v.as(ops)
	o.open("/console/rules")
	o.shows("What is required", "规则内容")
	o.look("rules")
	o.open("/console/close")
	o.look("close")
	o.fill("server", "i-of-1001", "refunded", "1", "reason", "用户退订")
	o.send("/close", 200)
	o.shows("rests.example.cn", "rests.example.cn")
	o.look("close confirm")
	g := v.as("2002")
	g.open("/console/received")
	g.shows("Available", "可使用")
	o.send("/close", 200)
	o.look("close done")
	g.open("/console/received")
	g.shows("Invalid", "已失效")
	g.press("td a", 200)
	g.shows("用户退订", "用户退订")
	g.shows("the instance of the account that granted it was refunded", "授权账号的实例已退费")
}

// replaced: an approval ends the older filing that is ticked, as moved to it;
// the other goes on.
func replaced(v visit) {
	v.submitted("moves.example.cn", "浙ICP备12345678号-1")
	v.submitted("moves.example.cn", "浙ICP备12345678号-1")
	v.submitted("moves.example.cn", "")
	o := v.as(ops)
	o.open("/console/review")
	o.press("td a", 200)
	if n := o.eval(`String(document.querySelectorAll("[name=replaces]").length)`); n != "2" {
		v.t.Fatalf("%v: %s older filings can be ticked, want 2: %s", o.manner, n, o.text())
	}
	o.look("filing with older ones")
	o.do(chromedp.Click(chromedp.CSS("[name=replaces]")))
	ticked := strings.TrimSpace(o.eval(`document.querySelector("label:has([name=replaces])").innerText`))
	o.fillIn("/approve", "icp_number", "浙ICP备12345678号-1")
	v.double()
	o.send("/approve", 200)
	o.shows("No filing is under review", "本页没有审核中的备案")
	ended := 0
	for _, r := range v.owned("1001") {
		if r.State != icpcode.StateFiled {
			v.t.Errorf("%v: a code is %v", o.manner, r.State)
		}
		if p := r.Progress; p != nil && p.End == icpcode.EndMoved {
			ended++
			if !strings.HasPrefix(ticked, r.Code.Masked()) {
				v.t.Errorf("%v: %s ended, and ticked was %s", o.manner, r.Code.Masked(), ticked)
			}
		}
	}
	if ended != 1 {
		v.t.Errorf("%v: %d filings ended, want the one that was ticked", o.manner, ended)
	}
	o.open("/console/find?q=moves.example.cn")
	o.press("tbody tr:nth-child(2) a", 200)
	o.shows("moved to another code", "移至其他服务码")
	o.look("filing replaced")
}

package console

import (
	"errors"
	"net/http"
	"slices"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
)

// fieldLabels are the labels of the forms' fields, by the names that httpapi has
// for them.
var fieldLabels = [...]map[string]string{
	icpcode.English: {
		"quantity": "How many codes", "instance": "Server", "grant_to": "Grant to account", "remark": "Remark", "icp_number": "ICP number",
		"filing.domain": "Domain of the website", "filing.app": "Name of the app", "filing.subject": "Number of the filing subject",
		"filing.ips": "IP addresses", "filing_kind": "Kind of filing", "rejection": "What is to be corrected", "reason": "Reason", "state": "State",
		"stage": "Stage", "request_id": "The number of this form", "Idempotency-Key": "The number of this form", "form": "The form",
		"after": "The number of the page", "filings": "The ticked filings", "do": "What to do", "days": "Days", "end": "How it ended", "successor": "Code that it moved to",
		"replaces": "Earlier filings that end",
	},
	icpcode.Chinese: {
		"quantity": "服务码数量", "instance": "服务器", "grant_to": "目标账号ID", "remark": "备注", "icp_number": "备案号",
		"filing.domain": "网站域名", "filing.app": "App名称", "filing.subject": "主体编号",
		"filing.ips": "IP地址", "filing_kind": "备案类型", "rejection": "需要修改的内容", "reason": "原因", "state": "状态",
		"stage": "审核阶段", "request_id": "表单编号", "Idempotency-Key": "表单编号", "form": "表单", "after": "页码",
		"filings": "勾选的备案", "do": "操作", "days": "天数", "end": "终止方式", "successor": "移至的服务码", "replaces": "将终止的已有备案",
	},
}

// problem is what went wrong, for a page.
type problem struct {
	Text    string
	Detail  string           // which field, and why
	Reasons []icpcode.Reason // of a refusal
	Repeat  bool             // the same form can be sent again
	status  int
}

// problemOf puts an error into words, and tells the service of those that it
// should look at.
func (c *call) problemOf(err error) problem {
	category := icpcode.CategoryOf(err)
	p := problem{Text: category.Text(c.lang), Repeat: category.Repeat(), status: httpapi.Status(category)}
	if errors.Is(err, errNobody) {
		p.Text, p.status = c.text("Please log in first", "请先登录"), http.StatusUnauthorized
	}
	if errors.Is(err, icpcode.ErrNoCode) {
		p.Text = c.text("This account has no such page or code here", "本账号没有此页面或备案服务码")
	}
	if errors.Is(err, errForeign) {
		p.Text, p.status = c.text("This was sent by a page of another site, and nothing was done", "该请求来自其他网站的页面，未作任何处理"), http.StatusForbidden
		p.Detail = c.text("Open the page here and send its form.", "请在本站打开页面后提交。")
	}
	var invalid *icpcode.InvalidError
	if category == icpcode.CategoryInvalid && errors.As(err, &invalid) {
		p.Detail = httpapi.Detail(c.lang, invalid, fieldLabels[c.lang])
	}
	var no *icpcode.RefusedError
	if errors.As(err, &no) {
		p.Reasons = slices.Collect(no.Decision.Reasons(c.lang))
	}
	if p.status >= http.StatusInternalServerError && c.r.Context().Err() == nil {
		c.h.tell(c, err)
	}
	return p
}

// failed is the page of an error that no form can show.
func (c *call) failed(err error) page {
	p := c.problemOf(err)
	return page{status: p.status, name: "failed", data: p}
}

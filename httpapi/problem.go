package httpapi

import (
	"errors"
	"net/http"
	"strings"
	"unicode"

	"github.com/icpcode/icpcode"
)

// problem is an answer that is no success: RFC 9457.
type problem struct {
	Type   string `json:"type"` // urn:icpcode:problem:refused
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Repeat says that the same request, with the same key, may be answered
	// otherwise later.
	Repeat    bool   `json:"repeat"`
	Field     string `json:"field,omitempty"`      // what to mend
	RequestID string `json:"request_id,omitempty"` // of a change, once its key was read
	// Reasons are why the rules refuse, in the language asked for; Decision has
	// them in all languages.
	Reasons  []icpcode.Reason  `json:"reasons,omitempty"`
	Decision *icpcode.Decision `json:"decision,omitempty"`
}

// kind is a kind of problem.
type kind struct {
	name   string // the end of its type
	status int
	title  icpcode.Bilingual
}

// kinds are what an error of the engine is answered with, by its category.
var kinds = map[icpcode.Category]kind{
	icpcode.CategoryRefused:        {"refused", http.StatusUnprocessableEntity, icpcode.Bilingual{English: "The rules refuse this.", Chinese: "不符合规则，未办理。"}},
	icpcode.CategoryInvalid:        {"invalid", http.StatusBadRequest, icpcode.Bilingual{English: "The request cannot be read.", Chinese: "请求有误。"}},
	icpcode.CategoryNoCode:         {"no-code", http.StatusNotFound, icpcode.Bilingual{English: "There is no such code for this account.", Chinese: "该账号没有这个服务码。"}},
	icpcode.CategoryTaken:          {"differs", http.StatusConflict, icpcode.Bilingual{English: "The code is known already and differs.", Chinese: "该服务码已登记，且内容不同。"}},
	icpcode.CategoryConflict:       {"conflict", http.StatusServiceUnavailable, icpcode.Bilingual{English: "Too much is going on at once. Repeat the request with the same key.", Chinese: "同时办理的请求过多，请用同一个Idempotency-Key稍后重试。"}},
	icpcode.CategoryUnavailable:    {"unavailable", http.StatusServiceUnavailable, icpcode.Bilingual{English: "The service is unavailable. Repeat the request with the same key.", Chinese: "服务暂不可用，请用同一个Idempotency-Key稍后重试。"}},
	icpcode.CategoryUnknownOutcome: {"unknown-outcome", http.StatusServiceUnavailable, icpcode.Bilingual{English: "It is not known whether this was done. Repeat the request with the same key.", Chinese: "暂不能确定是否已办理，请用同一个Idempotency-Key重试。"}},
	icpcode.CategoryHook:           {"hook", http.StatusBadGateway, icpcode.Bilingual{English: "A part of the service failed. Repeat the request with the same key.", Chinese: "服务的一个环节出错，请用同一个Idempotency-Key稍后重试。"}},
	icpcode.CategorySetup:          {"setup", http.StatusInternalServerError, icpcode.Bilingual{English: "The service is not set up for this.", Chinese: "服务尚未配置此功能。"}},
	icpcode.CategoryEnded:          {"ended", http.StatusGatewayTimeout, icpcode.Bilingual{English: "This took too long. Repeat the request with the same key.", Chinese: "处理超时，请用同一个Idempotency-Key重试。"}},
	icpcode.CategoryOther:          {"other", http.StatusInternalServerError, icpcode.Bilingual{English: "Something went wrong.", Chinese: "服务出错。"}},
}

// Status returns the HTTP status that suits an error of a category, 200 for
// none. Over HTTP a request key that was used for another request is 422, not
// this package's 409 of [icpcode.CategoryTaken].
func Status(c icpcode.Category) int {
	if c == icpcode.CategoryNone {
		return http.StatusOK
	}
	return kinds[c].status
}

// mistake is a problem of HTTP itself. It changed nothing.
type mistake struct{ kind }

func (m *mistake) Error() string { return "httpapi: " + m.name }

func newMistake(name string, status int, english, chinese string) error {
	return &mistake{kind{name, status, icpcode.Bilingual{English: english, Chinese: chinese}}}
}

// Problems of HTTP.
var (
	errNobody    = newMistake("nobody", http.StatusUnauthorized, "You are not signed in.", "尚未登录。")
	errOrigin    = newMistake("origin", http.StatusForbidden, "A page of another origin may not change anything here.", "不允许来自其他站点页面的变更请求。")
	errNoPath    = newMistake("no-path", http.StatusNotFound, "There is nothing at this address.", "没有这个地址。")
	errMethod    = newMistake("method", http.StatusMethodNotAllowed, "This address has no such method.", "该地址不支持这个方法。")
	errNoKey     = newMistake("no-key", http.StatusBadRequest, "A change needs an Idempotency-Key.", "变更请求须带Idempotency-Key。")
	errReused    = newMistake("reused", http.StatusUnprocessableEntity, "This Idempotency-Key was used for another request.", "该Idempotency-Key已用于另一个请求。")
	errMediaType = newMistake("media-type", http.StatusUnsupportedMediaType, "The body must be application/json in UTF-8, not encoded.", "请求体须为application/json（UTF-8，未压缩）。")
	errTooLarge  = newMistake("too-large", http.StatusRequestEntityTooLarge, "The body is too large.", "请求体过大。")
	errSlow      = newMistake("slow", http.StatusRequestTimeout, "The body did not arrive in time.", "请求体未及时送达。")
	errBody      = newMistake("half", http.StatusBadRequest, "The body broke off.", "请求体不完整。")
	errHidden    = newMistake("hidden", http.StatusForbidden, "Whole codes are not shown here.", "此处不显示完整的服务码。")
)

// ErrNotPaid is what Options.Paid returns for a purchase that was not paid. It
// is answered 402.
var ErrNotPaid = newMistake("not-paid", http.StatusPaymentRequired, "This purchase was not paid.", "该笔购买尚未支付。")

// bad says what of a request cannot be read.
func bad(field, problem string) error { return &icpcode.InvalidError{Field: field, Problem: problem} }

// problem returns the answer to an error.
func (c *call) problem(err error) problem {
	category := icpcode.CategoryOf(err)
	k := kinds[category]
	var m *mistake
	if errors.As(err, &m) {
		k, category = m.kind, icpcode.CategoryInvalid
	}
	if errors.Is(err, icpcode.ErrRequestReused) && category == icpcode.CategoryTaken {
		errors.As(errReused, &m)
		k = m.kind
	}
	p := problem{
		Type: "urn:icpcode:problem:" + k.name, Title: k.title.Text(c.lang), Status: k.status, Repeat: category.Repeat(), RequestID: c.key,
	}
	var invalid *icpcode.InvalidError
	if category == icpcode.CategoryInvalid && errors.As(err, &invalid) {
		p.Field = fieldName(invalid.Field)
		if p.Field == "Idempotency-Key" {
			p.RequestID = "" // whatever was sent is none
		}
		p.Detail = invalidDetail(c.lang, p.Field, invalid)
	}
	var no *icpcode.RefusedError
	if category == icpcode.CategoryRefused && errors.As(err, &no) {
		p.Decision = &no.Decision
		for r := range no.Decision.Reasons(c.lang) {
			r.Citations = append([]icpcode.Citation{}, r.Citations...) // none is a list, too
			p.Reasons = append(p.Reasons, r)
		}
	}
	return p
}

// invalidDetail says which member cannot be read, and why.
func invalidDetail(l icpcode.Lang, field string, err *icpcode.InvalidError) string {
	problem := err.ProblemText(l)
	if l == icpcode.Chinese {
		if zh, ok := inChinese[problem]; ok {
			problem = zh
		} else if problem == err.Problem {
			problem = "有误（" + problem + "）"
		}
		if field == "" {
			return "请求体" + problem
		}
		return field + "：" + problem
	}
	if field == "" {
		field = "the body"
	}
	return field + " " + problem
}

// fieldNames are members whose names are not those of the engine's fields in
// lower case.
var fieldNames = map[string]string{
	"Instance.ID": "instance", "InstanceID": "instance", "ICPNumber": "icp_number", "RequestID": "Idempotency-Key",
	"Filing.ICPNumber": "filing.icp_number", "Filing.IPs": "filing.ips",
}

// fieldName returns the name that a field of the engine's has here.
func fieldName(field string) string {
	if name, ok := fieldNames[field]; ok {
		return name
	}
	if strings.Contains(field, "-") {
		return field
	}
	var b strings.Builder
	for i, r := range field {
		if unicode.IsUpper(r) && i > 0 && field[i-1] != '.' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

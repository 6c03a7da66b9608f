package main

import (
	"bytes"
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/console"
	"github.com/icpcode/icpcode/httpapi"
)

// Where the pages are. Everything else is the API's.
const (
	consoleBase = "/console"
	choicePath  = "/account" // where a visitor of the demonstration chooses an account
)

func isPage(path string) bool {
	return path == "/" || path == choicePath || path == consoleBase || strings.HasPrefix(path, consoleBase+"/")
}

// demoCookie names the account that a visitor of the demonstration chose.
const demoCookie = "icpcode_demo"

type demoAccount struct {
	ID   icpcode.AccountID
	What icpcode.Bilingual
}

// demoAccounts are those that a visitor of the demonstration can choose.
var demoAccounts = []demoAccount{
	{"1001", icpcode.Bilingual{
		English: "an enterprise with servers of every kind, which has granted codes to nine accounts this year",
		Chinese: "企业账号，有各种情况的服务器，本年度已向9个账号授权",
	}},
	{"1002", icpcode.Bilingual{
		English: "a person with one server",
		Chinese: "个人账号，有1台服务器",
	}},
	{"2001", icpcode.Bilingual{
		English: "another enterprise with one server",
		Chinese: "另一个企业账号，有1台服务器",
	}},
	{"2002", icpcode.Bilingual{
		English: "an account without servers, to grant to",
		Chinese: "没有服务器的账号，可以向它授权",
	}},
	{"3001", icpcode.Bilingual{
		English: "an account that two accounts have granted codes to this year",
		Chinese: "本年度已有2个账号向它授权",
	}},
	{"ops", icpcode.Bilingual{
		English: "the operator, who reviews filings",
		Chinese: "管理员，审核备案",
	}},
}

// console is the pages: those of package console, and in the demonstration the
// one where the visitor chooses an account.
func (s *server) console(eng *icpcode.Engine, api httpapi.Options, isOperator func(context.Context, icpcode.AccountID) (bool, error)) http.Handler {
	o := console.Options{Options: api, Base: consoleBase, Operator: isOperator}
	o.Account = func(r *http.Request) (icpcode.AccountID, error) { return icpcode.AccountID(s.visitor(r)), nil }
	mux := http.NewServeMux()
	start := consoleBase + "/"
	if s.demo {
		start = choicePath
		o.Accounts = choicePath
		o.Notice = icpcode.Bilingual{
			English: "Demonstration: all of it is made up, and gone when the program ends. Text messages are not sent: the code is always 1234.",
			Chinese: "演示环境：所有数据均为虚构，程序结束后即清除。不会真正发送短信，验证码固定为1234。",
		}
		o.ProofNote = icpcode.Bilingual{
			English: "Demonstration: no text message is sent. Enter 1234.",
			Chinese: "演示环境不发送短信，请填写1234。",
		}
		mux.HandleFunc("GET "+choicePath, s.choice)
		mux.Handle("POST "+choicePath, http.NewCrossOriginProtection().Handler(http.HandlerFunc(choose)))
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, start, http.StatusSeeOther) })
	mux.HandleFunc("GET "+consoleBase, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, consoleBase+"/", http.StatusSeeOther)
	})
	mux.Handle(consoleBase+"/", stripped(console.New(eng, o)))
	return mux
}

// stripped takes the console's path away, as [http.StripPrefix] does, and tells
// which of its pages was asked for, which that does not.
func stripped(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner := new(http.Request)
		*inner = *r
		inner.URL = new(url.URL)
		*inner.URL = *r.URL
		inner.URL.Path = strings.TrimPrefix(r.URL.Path, consoleBase)
		inner.URL.RawPath = strings.TrimPrefix(r.URL.RawPath, consoleBase)
		inner.Pattern = ""
		h.ServeHTTP(w, inner)
		if inner.Pattern != "" {
			r.Pattern = strings.Replace(inner.Pattern, "/", consoleBase+"/", 1)
		}
	})
}

// visitor is the account that a page is for: the one that the header names. The
// demonstration takes the one that was chosen where there is no header.
func (s *server) visitor(r *http.Request) string {
	if !s.demo || len(r.Header.Values(s.header)) > 0 {
		return s.said(r)
	}
	c, err := r.Cookie(demoCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

var choicePage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Choose an account</title>
<link rel="stylesheet" href="{{.Base}}/assets/style.css">
</head>
<body>
<main>
<h1>Choose an account <span lang="zh-CN">选择账号</span></h1>
<p>Demonstration: all of it is made up, and gone when the program ends.<br><span lang="zh-CN">演示环境：所有数据均为虚构，程序结束后即清除。</span></p>
<form method="post">
{{range .Accounts}}<p><button name="account" value="{{.ID}}">{{.ID}}</button><br>{{.What.English}}<br><span lang="zh-CN">{{.What.Chinese}}</span></p>
{{end}}</form>
</main>
</body>
</html>
`))

// choice is the page where the visitor chooses an account.
func (s *server) choice(w http.ResponseWriter, r *http.Request) {
	var b bytes.Buffer
	err := choicePage.Execute(&b, map[string]any{"Base": consoleBase, "Accounts": demoAccounts})
	if err != nil {
		s.log.ErrorContext(r.Context(), "a page failed", "error", err.Error())
		http.Error(w, "This page cannot be shown.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(b.Bytes()) // the client has left, or has not
}

// choose makes the visitor the account that was chosen, and shows its first
// page.
func choose(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxHeader)
	account, first := r.PostFormValue("account"), "/servers"
	if !slices.ContainsFunc(demoAccounts, func(d demoAccount) bool { return string(d.ID) == account }) {
		http.Redirect(w, r, choicePath, http.StatusSeeOther)
		return
	}
	switch account {
	case "ops":
		first = "/review"
	case "2002", "3001":
		first = "/received"
	}
	http.SetCookie(w, &http.Cookie{Name: demoCookie, Value: account, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, consoleBase+first, http.StatusSeeOther)
}

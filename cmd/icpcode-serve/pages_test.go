package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// visitor is a browser without its looks: it follows redirects and keeps
// cookies.
func visitor(t *testing.T) func(method, url string, form url.Values, headers ...string) (int, string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	return func(method, at string, form url.Values, headers ...string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Add(name, value)
		}
		got, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close() //nolint:errcheck // it was read
		text, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		return got.StatusCode, string(text)
	}
}

// TestDemoPages: the visitor of the demonstration chooses who to be, and the
// API still asks the header.
func TestDemoPages(t *testing.T) {
	s := start(t, "-demo")
	at, visit := "http://"+s.api, visitor(t)
	if status, text := visit(http.MethodGet, at+"/console/servers", nil); status != 401 || !strings.Contains(text, `href="/account"`) {
		t.Errorf("before the choice it answers %d %s", status, text)
	}
	if status, text := visit(http.MethodGet, at+"/", nil); status != 200 || !strings.Contains(text, `value="1001"`) {
		t.Errorf("the choice is answered %d %s", status, text)
	}
	for account, shows := range map[string]string{"1001": "i-good-4", "ops": "demo-1.example.cn", "3001": "Available", "2002": "no such codes"} {
		status, text := visit(http.MethodPost, at+"/account", url.Values{"account": {account}})
		if status != 200 || !strings.Contains(text, shows) || !strings.Contains(text, "1234") {
			t.Errorf("as %s the first page is %d %s, want %q", account, status, text, shows)
		}
	}
	if _, text := visit(http.MethodGet, at+"/console", nil, "Icpcode-Account: 1001"); !strings.Contains(text, "i-good-4") {
		t.Errorf("beside a cookie the header is not heard: %s", text)
	}
	if status, _ := visit(http.MethodGet, at+"/v1/instances", nil); status != 401 {
		t.Errorf("the API answers a cookie with %d", status)
	}
	if status, _ := visit(http.MethodPost, at+"/account", url.Values{"account": {"1001"}}, "Sec-Fetch-Site: cross-site"); status != 403 {
		t.Errorf("a choice by another site is answered %d", status)
	}
	if _, text := visit(http.MethodPost, at+"/account", url.Values{"account": {"9999"}}); !strings.Contains(text, `value="1001"`) {
		t.Errorf("a choice of none of the accounts is answered %s", text)
	}
	if _, text := visit(http.MethodGet, at+"/console/review", nil, "Icpcode-Account: ops"); !strings.Contains(text, "demo-1") {
		t.Errorf("the operator's page is %s", text)
	}
	_, metrics := ask(t, http.MethodGet, "http://"+s.metrics+"/metrics", "")
	if !strings.Contains(metrics, `{operation="GET /console/servers",status="401"} 1`) {
		t.Errorf("the metrics are %s", metrics)
	}
}

// TestTrustedPages: the pages are for the account that the proxy names, no
// cookie is heard, and nothing can be chosen.
func TestTrustedPages(t *testing.T) {
	s := trusting(t)
	at, visit := "http://"+s.api, visitor(t)
	if status, text := visit(http.MethodGet, at+"/", nil, "Icpcode-Account: 1001"); status != 200 || !strings.Contains(text, "i-1") || strings.Contains(text, "always 1234") {
		t.Errorf("the first page of 1001 is %d %s", status, text)
	}
	if status, _ := visit(http.MethodGet, at+"/console/review", nil, "Icpcode-Account: 1001"); status != 404 {
		t.Errorf("an operator's page answers another with %d", status)
	}
	if status, _ := visit(http.MethodGet, at+"/console/review", nil, "Icpcode-Account: ops"); status != 200 {
		t.Errorf("an operator's page answers it with %d", status)
	}
	for _, headers := range [][]string{{"Cookie: icpcode_demo=ops"}, {"Icpcode-Account: 1001", "Icpcode-Account: ops"}, {"Icpcode-Account: "}} {
		if status, _ := visit(http.MethodGet, at+"/console/review", nil, headers...); status != 401 {
			t.Errorf("%v is answered %d", headers, status)
		}
	}
	if status, _ := visit(http.MethodPost, at+"/account", url.Values{"account": {"ops"}}); status != 404 {
		t.Errorf("a choice is answered %d", status)
	}
}

// TestWithoutCommand: flags without a command are for serve.
func TestWithoutCommand(t *testing.T) {
	for args, want := range map[string]string{"-demo -listen 0.0.0.0:0": "loopback", "-h": "usage: icpcode-serve", "-help": "usage: icpcode-serve"} {
		var out buffer
		run(t.Context(), strings.Fields(args), func(string) string { return "" }, &out)
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s says %q, want %q", args, out.String(), want)
		}
	}
}

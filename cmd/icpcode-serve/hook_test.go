package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program writes a shell script.
func program(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	return path
}

// TestPrograms: what was paid and whose phone was verified is what the programs
// of the operator say.
func TestPrograms(t *testing.T) {
	t.Setenv("ICPCODE_KEY", strings.Repeat("ab", 32))
	heard := filepath.Join(t.TempDir(), "heard")
	verify := program(t, `
told=$(cat); echo "$told" >>'`+heard+`'
[ -z "$ICPCODE_KEY" ] || exit 9
case $told in *'"proof":"open-sesame"'*) exit 0 ;; *'"proof":"kill"'*) kill -9 $$ ;; *'"proof":"fail"'*) echo sorry >&2; exit 3 ;; esac
exit 1`)
	paid := program(t, `
told=$(cat); echo "$told" >>'`+heard+`'
case $told in *'"request_id":"paid"'*) exit 0 ;; *'"request_id":"less"'*) echo 40.50 ;; *'"request_id":"odd"'*) echo 1e9 ;; *'"request_id":"fail"'*) exit 2 ;; *) exit 1 ;; esac`)
	enterprises := filepath.Join(t.TempDir(), "enterprises")
	if err := os.WriteFile(enterprises, []byte("1001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := trusting(t, "-enterprises", enterprises, "-verify-phone", verify, "-paid", paid, "-price", "50.00 CNY")
	post := func(key, path, body string) (int, string) {
		return ask(t, http.MethodPost, "http://"+s.api+path, body, "Icpcode-Account: 1001", "Idempotency-Key: "+key)
	}
	for key, want := range map[string]struct {
		status int
		text   string
	}{
		"paid": {200, `"amount":"50"`}, "less": {200, `"amount":"40.5"`}, "unpaid": {402, "not-paid"}, "odd": {502, "hook"}, "fail": {502, "hook"},
	} {
		if status, text := post(key, "/v1/codes/buy", `{"quantity":1}`); status != want.status || !strings.Contains(text, want.text) {
			t.Errorf("the purchase %s is answered %d %s", key, status, text)
		}
	}
	_, owned := ask(t, http.MethodGet, "http://"+s.api+"/v1/codes/owned", "", "Icpcode-Account: 1001")
	_, handle, _ := strings.Cut(owned, `"handle":"`)
	handle, _, _ = strings.Cut(handle, `"`)
	for _, step := range []struct {
		proof  string
		status int
		text   string
	}{
		{"", 422, "GRT-FIRST"}, {"9999", 422, "GRT-FIRST"}, {"fail", 502, "hook"}, {"kill", 502, "hook"}, {"open-sesame", 200, `"codes":[{`},
	} {
		status, text := post("grant", "/v1/codes/grant", `{"codes":["`+handle+`"],"grant_to":"3001","proof":"`+step.proof+`"}`)
		if status != step.status || !strings.Contains(text, step.text) {
			t.Errorf("with the proof %q a grant is answered %d %s", step.proof, status, text)
		}
	}
	told, err := os.ReadFile(heard)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"account":"1001","dry_run":false,"quantity":1,"request_id":"paid"}`, `{"grantee":"3001","granter":"1001","proof":"open-sesame","request_id":"grant"}`,
	} {
		if !strings.Contains(string(told), want+"\n") {
			t.Errorf("the programs heard %s, want %s", told, want)
		}
	}
	if strings.Contains(s.out.String(), "open-sesame") || !strings.Contains(s.out.String(), "sorry") {
		t.Errorf("the log is %s", s.out)
	}
}

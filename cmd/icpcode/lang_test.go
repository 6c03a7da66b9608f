package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

// decode reads a JSON document.
func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return v
}

// chinese reports whether there are Chinese characters in text.
func chinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestLocale(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		args []string
		zh   bool
	}{
		{nil, nil, false},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, nil, true},
		{map[string]string{"LANG": "zh_CN.utf8"}, nil, true},
		{map[string]string{"LANG": "zh_CN"}, nil, true},
		{map[string]string{"LANG": "zh"}, nil, true},
		{map[string]string{"LANG": "zh_TW.UTF-8@radical"}, nil, true},
		{map[string]string{"LANG": "zh-Hans-CN"}, nil, true},
		{map[string]string{"LANG": "zh_CN.GB18030"}, nil, false}, // what is written is UTF-8
		{map[string]string{"LANG": "en_US.UTF-8"}, nil, false},
		{map[string]string{"LANG": "C"}, nil, false},
		{map[string]string{"LANG": "zha_CN.UTF-8"}, nil, false}, // Zhuang
		{map[string]string{"LC_ALL": "C", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}, nil, false},
		{map[string]string{"LC_ALL": "zh_CN.UTF-8", "LC_MESSAGES": "C", "LANG": "C"}, nil, true},
		{map[string]string{"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "C"}, nil, true},
		{map[string]string{"LC_MESSAGES": "en_US", "LANG": "zh_CN.UTF-8"}, nil, false},
		{map[string]string{"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, nil, true},
		{map[string]string{"LC_CTYPE": "zh_CN.UTF-8"}, nil, false},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, []string{"-lang", "en"}, false},
		{map[string]string{"LC_ALL": "C"}, []string{"-lang", "zh"}, true},
		{nil, []string{"--lang=zh"}, true},
		{nil, []string{"-lang=zh"}, true},
		{nil, []string{"--", "-lang", "zh"}, false},
	} {
		r := runOn(machine(test.env), append([]string{"precheck", ecsSamples + "/describeinstances_empty_2024.json"}, test.args...)...)
		if got := chinese(r.out); got != test.zh {
			t.Errorf("%v %v: Chinese %v, want %v", test.env, test.args, got, test.zh)
		}
	}
}

// TestHelp: help is there for every command in both languages, with flags and
// examples, and fits a terminal.
func TestHelp(t *testing.T) {
	for _, cmd := range []string{"", "precheck", "rules", "completion", "help"} {
		for _, lang := range []string{"en", "zh"} {
			args := append(strings.Fields(cmd), "-h", "-lang", lang)
			r := runIt(args...)
			if r.status != exitYes || r.errors != "" {
				t.Errorf("%q: status %d, %s", args, r.status, r.errors)
			}
			within(t, strings.Join(args, " "), r.out, 80)
			want := map[string][]string{"en": {"Usage:", "Flags", "-lang LANGUAGE"}, "zh": {"用法：", "选项", "-lang 语言"}}[lang]
			if cmd != "help" {
				want = append(want, map[string]string{"en": "Examples:", "zh": "示例："}[lang])
			}
			for _, w := range want {
				if !strings.Contains(r.out, w) {
					t.Errorf("%q: %q is missing:\n%s", args, w, r.out)
				}
			}
			if cmd != "" && cmd != "help" {
				if other := runIt("help", cmd, "-lang", lang); other.out != r.out {
					t.Errorf("help %s is not %s -h", cmd, cmd)
				}
			}
		}
	}
}

// TestDashes: one dash is as good as two, flags may come anywhere, and what
// follows a bare -- is no flag.
func TestDashes(t *testing.T) {
	yes := file(t, "yes.csv", header+rowYes)
	want := runIt("precheck", "--json", "--issued=0", "--at", "2026-12-01", yes)
	if want.status != exitYes {
		t.Fatal(want.errors)
	}
	for _, args := range [][]string{
		{"precheck", "-json", "-issued=0", "-at", "2026-12-01", yes},
		{"precheck", yes, "-json", "-issued", "0", "-at=2026-12-01"},
		{"-lang", "en", "precheck", yes, "-json", "-issued", "0", "--at=2026-12-01"},
		{"precheck", "-json", "-issued=0", "-at", "2026-12-01", "--", yes},
	} {
		if got := runIt(args...); got.out != want.out || got.status != want.status {
			t.Errorf("%q: status %d, %s\n%s", args, got.status, got.errors, got.out)
		}
	}
	if r := runIt("precheck", "--", "-json"); r.status != exitInput {
		t.Errorf("the file -json: status %d, %s", r.status, r.errors)
	}
}

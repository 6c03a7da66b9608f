package main

import (
	"errors"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/spoken"
)

// errorf makes an error in both languages, whose formats take the same verbs.
func errorf(en, zh string, args ...any) error { return spoken.Errorf(en, zh, args...) }

// tell returns an error in the language of the user, as far as it has words.
func (s speaker) tell(err error) string { return spoken.Text(err, s.lang) }

// errLang says that a language is neither of the two.
var errLang = errors.New("neither en nor zh")

// langNamed returns the language of that name.
func langNamed(name string) (icpcode.Lang, error) {
	switch name {
	case "en":
		return icpcode.English, nil
	case "zh":
		return icpcode.Chinese, nil
	}
	return icpcode.English, errLang
}

// langOf chooses the language: the flag -lang, else the first locale variable
// that is set. It looks at the flag before the command line is parsed, as
// errors and help speak the language too; a wrong value is found later.
func langOf(args []string, env func(string) string) icpcode.Lang {
	for i, a := range args {
		if a == "--" {
			break
		}
		name, found := strings.CutPrefix(a, "--lang=")
		if a == "--lang" && i+1 < len(args) {
			name, found = args[i+1], true
		}
		if l, err := langNamed(name); found && err == nil {
			return l
		}
	}
	for _, name := range [...]string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); v != "" {
			return langOfLocale(v)
		}
	}
	return icpcode.English
}

// langOfLocale reads a locale such as zh_CN.UTF-8. One of another character
// set gets English, since the output is always UTF-8.
func langOfLocale(locale string) icpcode.Lang {
	locale, _, _ = strings.Cut(locale, "@")
	name, charset, named := strings.Cut(locale, ".")
	language, _, _ := strings.Cut(strings.ReplaceAll(name, "-", "_"), "_")
	if !strings.EqualFold(language, "zh") {
		return icpcode.English
	}
	if named && !strings.EqualFold(strings.ReplaceAll(charset, "-", ""), "utf8") {
		return icpcode.English
	}
	return icpcode.Chinese
}

// speaker says things in the language of the user.
type speaker struct{ lang icpcode.Lang }

// say returns one of two phrases, which take the same verbs.
func (s speaker) say(en, zh string, args ...any) string {
	return spoken.Say(s.lang, en, zh, args...)
}

// servers counts servers, codes codes.
func (s speaker) servers(n int) string { return s.count(n, "server", "servers", "台服务器") }

func (s speaker) codes(n int) string { return s.count(n, "code", "codes", "个备案服务码") }

func (s speaker) count(n int, one, many, zh string) string {
	return spoken.Count(s.lang, n, one, many, zh)
}

// list joins words with commas.
func (s speaker) list(words []string) string { return strings.Join(words, s.say(", ", "、")) }

// ruleList lists the IDs of rules.
func (s speaker) ruleList(rules icpcode.RuleIDs) string { return s.list(ids(rules)) }

// thousands writes n as 1,234,567.
func thousands(n int) string { return spoken.Thousands(n) }

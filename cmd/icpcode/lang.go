package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// sentence is an error in both languages. In English it is its text.
type sentence struct {
	en, zh string
	args   []any
	cause  error // may be nil
}

// errorf makes a sentence of two formats, which take the same verbs.
func errorf(en, zh string, args ...any) error {
	e := &sentence{en: en, zh: zh, args: args}
	for _, a := range args {
		if err, ok := a.(error); ok {
			e.cause = err
		}
	}
	return e
}

func (e *sentence) Error() string { return speaker{}.say(e.en, e.zh, e.args...) }

func (e *sentence) Unwrap() error { return e.cause }

// spoken is an error that has words in both languages.
type spoken interface {
	error
	sentence() error
}

func (e *sentence) sentence() error { return e }

// spokenIn returns the outermost error in a chain that has words, or nil.
func spokenIn(err error) spoken {
	var s spoken
	if errors.As(err, &s) {
		return s
	}
	return nil
}

// tell returns an error in the language of the user, as far as it has words.
func (s speaker) tell(err error) string {
	var path *os.PathError
	if said := spokenIn(err); said != nil {
		e, ok := said.(*sentence)
		if !ok {
			return s.tell(said.sentence())
		}
		args := slices.Clone(e.args)
		for i, a := range args {
			if cause, ok := a.(error); ok {
				args[i] = s.tell(cause)
			}
		}
		return s.say(e.en, e.zh, args...)
	}
	var format *inventory.FormatError
	if errors.As(err, &format) {
		return format.Text(s.lang)
	}
	if errors.As(err, &path) {
		return path.Path + s.say(": ", "：") + s.reason(path.Err)
	}
	if s.lang == icpcode.Chinese {
		return translate(err.Error())
	}
	return err.Error()
}

// reason says why a file cannot be read.
func (s speaker) reason(err error) string {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return s.say("there is no such file", "没有该文件")
	case errors.Is(err, os.ErrPermission):
		return s.say("it may not be read", "没有读取权限")
	}
	return err.Error()
}

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
	if s.lang == icpcode.Chinese {
		en = zh
	}
	if len(args) == 0 {
		return en
	}
	return fmt.Sprintf(en, args...)
}

// servers counts servers, codes codes.
func (s speaker) servers(n int) string { return s.count(n, "server", "servers", "台服务器") }

func (s speaker) codes(n int) string { return s.count(n, "code", "codes", "个备案服务码") }

func (s speaker) count(n int, one, many, zh string) string {
	if s.lang == icpcode.Chinese {
		return thousands(n) + zh
	}
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// list joins words with commas.
func (s speaker) list(words []string) string { return strings.Join(words, s.say(", ", "、")) }

// thousands writes n as 1,234,567.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

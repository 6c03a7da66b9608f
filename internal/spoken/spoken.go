// Package spoken makes errors that have their words in both languages, side by
// side.
package spoken

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
)

// Texter is an error with words in both languages.
type Texter interface {
	error
	Text(l icpcode.Lang) string
}

// Phrase is a text in both languages.
type Phrase struct{ EN, ZH string }

// In returns the phrase in language l.
func (p Phrase) In(l icpcode.Lang) string {
	if l == icpcode.Chinese {
		return p.ZH
	}
	return p.EN
}

// List is words that a language separates in its own way.
type List []string

// Error is an error of two formats that take the same arguments. Arguments that
// are an error, a List or have a method In appear in the language that is asked
// for.
type Error struct {
	format Phrase
	args   []any
}

// Errorf makes an error. It wraps all errors among its arguments.
func Errorf(en, zh string, args ...any) *Error { return &Error{Phrase{en, zh}, args} }

// Error returns the text in English.
func (e *Error) Error() string { return e.Text(icpcode.English) }

// Text returns the text in language l.
func (e *Error) Text(l icpcode.Lang) string {
	if len(e.args) == 0 || !strings.Contains(e.format.In(l), "%") {
		return e.format.In(l) // one of the two can do without what the other needs
	}
	args := slices.Clone(e.args)
	for i, a := range args {
		switch a := a.(type) {
		case error:
			args[i] = Text(a, l)
		case interface{ In(l icpcode.Lang) string }:
			args[i] = a.In(l)
		case List:
			args[i] = strings.Join(a, Phrase{", ", "、"}.In(l))
		}
	}
	return fmt.Sprintf(e.format.In(l), args...)
}

// Unwrap returns the errors among the arguments.
func (e *Error) Unwrap() []error {
	var causes []error
	for _, a := range e.args {
		if err, ok := a.(error); ok {
			causes = append(causes, err)
		}
	}
	return causes
}

// In returns the outermost error of a chain that has words, or nil.
func In(err error) Texter {
	var t Texter
	if errors.As(err, &t) {
		return t
	}
	return nil
}

// Text returns an error in language l, as far as it has words. Those of files
// get the words that people know.
func Text(err error, l icpcode.Lang) string {
	if t := In(err); t != nil {
		return t.Text(l)
	}
	var path *fs.PathError
	if !errors.As(err, &path) {
		return err.Error()
	}
	reason := path.Err.Error()
	if errors.Is(path.Err, fs.ErrNotExist) {
		reason = Phrase{"there is no such file", "没有该文件"}.In(l)
	}
	if errors.Is(path.Err, fs.ErrPermission) {
		reason = Phrase{"it may not be read", "没有读取权限"}.In(l)
	}
	return path.Path + Phrase{": ", "："}.In(l) + reason
}

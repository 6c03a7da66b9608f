package icpcode

import (
	"slices"
	"strings"
)

// Citation names the document that a number, a date or a policy rests on, with
// what a reader needs to find it: [Citation.Text] is one line of all of it.
//
// The zero value is no document: what cites it is inferred. Its Note then says
// from what. A Citation is comparable and safe for concurrent use.
type Citation struct {
	Publisher Bilingual `json:"publisher,omitzero"`
	// Title is as published, most often in Chinese, so that it can be searched
	// for. It is not translated.
	Title string `json:"title,omitempty"`
	// Date is a day, "2026-01-06"; Dating says what of the document it dates.
	Date    string `json:"date,omitempty"`
	Dating  Dating `json:"dating,omitempty"`
	Address string `json:"address,omitempty"` // "https://…"; "" where none is known
	// Official says that the publisher is the one whose rules these are: the
	// provider itself, or the state.
	Official bool `json:"official"`
	// Note is what else a reader should know: that only a copy could be read,
	// or from what the rule was inferred.
	Note Bilingual `json:"note,omitzero"`
}

// Dating says what the date of a [Citation] is. The zero value is [DatedItself].
type Dating string

// The values of a [Dating].
const (
	DatedItself Dating = ""      // the date that the document bears
	DatedAfter  Dating = "after" // it bears none; its text is not older
	DatedRead   Dating = "read"  // it bears none; it was read on that day
)

// Bilingual is a text in both languages. One that has only one side reads the
// same in both. The zero value is no text.
type Bilingual struct {
	English string `json:"en"`
	Chinese string `json:"zh"`
}

// Text returns the text in language l, or the other where it has no such side.
func (b Bilingual) Text(l Lang) string {
	if l == Chinese && b.Chinese != "" || b.English == "" {
		return b.Chinese
	}
	return b.English
}

// Inferred reports whether c is no document: what cites it is inferred.
func (c Citation) Inferred() bool {
	c.Note = Bilingual{}
	return c == Citation{}
}

// Text returns one line in language l that a reader can follow to the document:
// publisher, title, date, whether it is official, and the address where there
// is one. What is inferred says so.
func (c Citation) Text(l Lang) string {
	note := c.Note.Text(l)
	if c.Inferred() {
		if note == "" {
			note = Bilingual{"no document says it", "没有文件说明"}.Text(l)
		}
		return strings.Replace(Bilingual{"inferred: %", "推断（%）"}.Text(l), "%", note, 1)
	}
	official := Bilingual{"unofficial", "非官方"}
	if c.Official {
		official = Bilingual{"official", "官方"}
	}
	publisher := c.Publisher.Text(l)
	parts := []string{publisher, c.Title}
	if l == Chinese && c.Title != "" {
		parts = []string{publisher + "《" + c.Title + "》"}
	}
	parts = append(parts, c.dated(l), official.Text(l), c.Address)
	text := joinParts(parts, Bilingual{", ", "，"}.Text(l))
	if note == "" {
		return text
	}
	return text + strings.Replace(Bilingual{" (%)", "（%）"}.Text(l), "%", note, 1)
}

// dated says of when the document is.
func (c Citation) dated(l Lang) string {
	if c.Date == "" {
		return ""
	}
	form := Bilingual{"%", "%"}
	if c.Dating == DatedAfter {
		form = Bilingual{"text after %", "%之后的版本"}
	}
	if c.Dating == DatedRead {
		form = Bilingual{"undated, read on %", "未注明日期，%查阅"}
	}
	return strings.Replace(form.Text(l), "%", c.Date, 1)
}

// joinParts joins what is not empty.
func joinParts(parts []string, comma string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), comma)
}

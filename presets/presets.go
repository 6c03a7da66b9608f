// Package presets holds rule books of cloud providers as dated data: that of
// [icpcode.Alibaba], and those of other clouds, which differ in kind.
//
// None of them is official. Each is transcribed from public documents, says
// which, and says in its notes what those documents leave open and what a
// [icpcode.RuleSet] cannot express. The provider's own system decides in the
// end: check a number against it before money depends on it.
//
// To add one, put a JSON file beside the others: the sets in the form of
// docs/rules.md, with name, titles, sources and notes around them.
package presets

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/strictjson"
)

// ErrUnknown says that there is no preset of that name.
var ErrUnknown = errors.New("presets: no such preset")

// Preset is the rule book of one provider, with where it comes from.
type Preset struct {
	Name    string // "huawei": the Provider of its sets, and of inventories
	English string // "Huawei Cloud"
	Chinese string // "华为云"
	Book    *icpcode.RuleBook
	Sources []Source
	Notes   []Note
}

// Source is a document that a preset was transcribed from.
type Source struct {
	Title string `json:"title"`
	URL   string `json:"url"` // "" where it has none
	// AsOf is the date of the document, or where it bears none that on which
	// it was read: "2026-05-19".
	AsOf string `json:"as_of"`
}

// Note says where a set of the preset is not what its sources say, or says
// more than they do.
type Note struct {
	Rule    icpcode.Rule `json:"rule"` // the rule that it is about
	English string       `json:"en"`
	Chinese string       `json:"zh"`
}

// Text returns the note in language l.
func (n Note) Text(l icpcode.Lang) string {
	if l == icpcode.Chinese {
		return n.Chinese
	}
	return n.English
}

// Title returns the provider's name in language l.
func (p *Preset) Title(l icpcode.Lang) string {
	if l == icpcode.Chinese {
		return p.Chinese
	}
	return p.English
}

//go:embed *.json
var files embed.FS

const alibaba = "alibaba"

// Names returns the names of all presets in alphabetical order.
func Names() []string {
	names := []string{alibaba}
	// Reading an embedded directory does not fail.
	entries, _ := files.ReadDir(".")
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	slices.Sort(names)
	return names
}

// Lookup returns the preset of that name, or an error matching [ErrUnknown].
// Each call returns a new one.
func Lookup(name string) (*Preset, error) {
	if name == alibaba {
		return fromAlibaba(), nil
	}
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("%w: %q; there are %s", ErrUnknown, name, strings.Join(Names(), ", "))
	}
	data, err := files.ReadFile(name + ".json")
	if err != nil {
		return nil, fmt.Errorf("presets: %w", err)
	}
	p, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("presets: %s.json: %w", name, err)
	}
	return p, nil
}

// parse reads the file of a preset.
func parse(data []byte) (*Preset, error) {
	var doc struct {
		Name    string            `json:"name"`
		English string            `json:"en"`
		Chinese string            `json:"zh"`
		Sources []Source          `json:"sources"`
		Notes   []Note            `json:"notes"`
		Sets    []icpcode.RuleSet `json:"sets"`
	}
	if err := strictjson.Decode(data, &doc); err != nil {
		return nil, err
	}
	book, err := icpcode.NewRuleBook(doc.Sets...)
	if err != nil {
		return nil, err
	}
	return &Preset{doc.Name, doc.English, doc.Chinese, book, doc.Sources, doc.Notes}, nil
}

// fromAlibaba wraps the book that the root package keeps.
func fromAlibaba() *Preset {
	return &Preset{
		Name: alibaba, English: "Alibaba Cloud", Chinese: "阿里云", Book: icpcode.Alibaba(),
		Sources: []Source{
			{Title: "阿里云：申请(免费)ICP备案服务码", AsOf: "2024-02-01"},
			{Title: "阿里云备案服务号获取指南 (a Chengdu agency's guide)", AsOf: "2026-01-06"},
			{Title: "阿里云：备案服务号 product table and FAQ", AsOf: "2019-09-17"},
		},
	}
}

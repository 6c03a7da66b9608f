// Package presets holds rule books of cloud providers as dated data: that of
// [icpcode.Alibaba], and those of other clouds, which differ in kind.
//
// None of them is official. Each is transcribed from public documents, says
// which, and says in its notes what those documents leave open and what a
// [icpcode.RuleSet] cannot express. The provider's own system decides in the
// end: check a number against it before money depends on it.
//
// To add one, put a JSON file beside the others: a rule book in the form of
// docs/rules.md, with name, titles and notes around it. Tests want a document,
// or what it is inferred from, for every number, date and policy.
package presets

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/alibaba"
	"github.com/icpcode/icpcode/internal/strictjson"
)

// ErrUnknown says that there is no preset of that name.
var ErrUnknown = errors.New("presets: no such preset")

// Preset is the rule book of one provider. Its sets cite the documents that they
// come from: see [icpcode.RuleSet.Citations].
type Preset struct {
	Name    string // "huawei": the Provider of its sets, and of inventories
	English string // "Huawei Cloud"
	Chinese string // "华为云"
	Book    *icpcode.RuleBook
	Notes   []Note
}

// Note says where a set of the preset is not what its documents say, or says
// more than they do.
type Note struct {
	Rule icpcode.Rule `json:"rule"` // the rule that it is about
	icpcode.Bilingual
}

// Title returns the provider's name in language l.
func (p *Preset) Title(l icpcode.Lang) string {
	return icpcode.Bilingual{English: p.English, Chinese: p.Chinese}.Text(l)
}

//go:embed *.json
var files embed.FS

// own is the preset that the root package has, too.
const own = "alibaba"

// Names returns the names of all presets in alphabetical order.
func Names() []string {
	names := []string{own}
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
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("%w: %q; there are %s", ErrUnknown, name, strings.Join(Names(), ", "))
	}
	data, err := read(name)
	if err != nil {
		return nil, fmt.Errorf("presets: %w", err)
	}
	p, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("presets: %s.json: %w", name, err)
	}
	return p, nil
}

func read(name string) ([]byte, error) {
	if name == own {
		return alibaba.JSON(), nil
	}
	return files.ReadFile(name + ".json")
}

// parse reads the file of a preset.
func parse(data []byte) (*Preset, error) {
	var doc struct {
		Name      string                      `json:"name"`
		English   string                      `json:"en"`
		Chinese   string                      `json:"zh"`
		Notes     []Note                      `json:"notes"`
		Documents map[string]icpcode.Citation `json:"documents"`
		Sets      []icpcode.RuleSet           `json:"sets"`
	}
	if err := strictjson.Decode(data, &doc); err != nil {
		return nil, err
	}
	// The book without what is around it, in the form that its own reader
	// checks.
	bare, err := json.Marshal(struct {
		Documents map[string]icpcode.Citation `json:"documents,omitempty"`
		Sets      []icpcode.RuleSet           `json:"sets"`
	}{doc.Documents, doc.Sets})
	if err != nil {
		return nil, err
	}
	book, err := icpcode.ParseRuleBook(bare)
	if err != nil {
		return nil, err
	}
	return &Preset{doc.Name, doc.English, doc.Chinese, book, doc.Notes}, nil
}

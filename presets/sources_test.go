package presets

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
)

// A row of docs/sources.md: what a document, or an inference, says of a field.
type row struct {
	preset, document, path string
	value                  string // "-" of a rule
	inferred               bool
}

// told reads docs/sources.md.
func told(t *testing.T) []row {
	t.Helper()
	data, err := os.ReadFile("../docs/sources.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	var preset, document string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "## "); ok {
			preset = name
		}
		if name, ok := strings.CutPrefix(line, "### "); ok {
			document = name
		}
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 4 {
			t.Fatalf("%s: %d cells", line, len(cells))
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[3] == "" {
			t.Errorf("%s: says not where", line)
		}
		r := row{preset: preset, document: document, path: strings.Trim(cells[0], "`"), value: cells[1]}
		if document == "inferred" {
			r.document, r.inferred = cells[3], true
		}
		rows = append(rows, r)
	}
	return rows
}

// citedAs reads the line that docs/sources.md has for each document, by preset and
// key.
func citedAs(t *testing.T) map[[2]string]string {
	t.Helper()
	data, err := os.ReadFile("../docs/sources.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := make(map[[2]string]string)
	var preset, document string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "## "); ok {
			preset, document = name, ""
		} else if name, ok := strings.CutPrefix(line, "### "); ok {
			document = name
		} else if at := [2]string{preset, document}; line != "" && document != "" && lines[at] == "" {
			lines[at] = line
		}
	}
	return lines
}

// checkCited reports where a book cites a document in other words than the line
// of docs/sources.md, and what names a set otherwise than its documents do.
func checkCited(preset string, book *icpcode.RuleBook, lines map[[2]string]string) []string {
	var problems []string
	for _, s := range book.Sets() {
		dated := false
		for key, d := range s.Documents {
			dated = dated || d.Date == s.AsOf
			if text := d.Text(icpcode.English) + "."; !d.Inferred() && !strings.HasPrefix(lines[[2]string{preset, key}], text) {
				problems = append(problems, fmt.Sprintf("%s: %s is cited as %q", s.Version, key, text))
			}
		}
		if !dated {
			problems = append(problems, fmt.Sprintf("%s: no document is of %s", s.Version, s.AsOf))
		}
		if s.Provider != preset || s.Version != preset+"-"+s.Effective.Format(time.DateOnly) {
			problems = append(problems, fmt.Sprintf("%s: of %s, in force from %v", s.Version, s.Provider, s.Effective))
		}
		if s.Assume != 0 {
			problems = append(problems, fmt.Sprintf("%s: no document lets %v be assumed", s.Version, s.Assume))
		}
	}
	return problems
}

// fieldsOf lists what a set says, by the paths of docs/rules.md, as text.
func fieldsOf(s *icpcode.RuleSet) map[string]string {
	fields := make(map[string]string)
	for _, p := range s.Products {
		valuesOf("products["+string(p.Product)+"].", reflect.ValueOf(p), fields)
	}
	bare := *s
	bare.Products = nil
	valuesOf("", reflect.ValueOf(bare), fields)
	return fields
}

func valuesOf(path string, v reflect.Value, fields map[string]string) {
	switch x := v.Interface().(type) {
	case time.Time:
		fields[path] = x.Format(time.RFC3339Nano)
		return
	case decimal.Decimal:
		fields[path] = x.String()
		return
	case []string:
		fields[path] = strings.Join(x, ", ")
		return
	case icpcode.RuleIDs:
		fields[path] = x.String()
		return
	}
	if v.Kind() != reflect.Struct {
		fields[path] = fmt.Sprint(v.Interface())
		return
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Type.Kind() == reflect.Map {
			continue
		}
		if f.Anonymous {
			valuesOf(path, v.Field(i), fields)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := path + name
		if f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]() && f.Type != reflect.TypeFor[decimal.Decimal]() {
			at += "."
		}
		valuesOf(at, v.Field(i), fields)
	}
}

// general is the path of the same field of every product.
var general = regexp.MustCompile(`^products\[[^\]]+\]\.`)

// checkSaid reports where a preset says what its documents do not, by the rows
// of docs/sources.md, and which of the rows it used.
func checkSaid(preset string, book *icpcode.RuleBook, rows []row, used map[row]bool) []string {
	var problems []string
	for _, s := range book.Sets() {
		bad := func(format string, args ...any) {
			problems = append(problems, s.Version+": "+fmt.Sprintf(format, args...))
		}
		for _, path := range s.Uncited() {
			bad("%s cites nothing", path)
		}
		fields := fieldsOf(&s)
		var products []string // a document names all of them
		for _, p := range s.Products {
			products = append(products, string(p.Product))
		}
		if len(products) == 0 {
			bad("no product supplies codes")
		}
		for path, value := range fields {
			for _, key := range keysOf(&s, path) {
				r, ok := find(rows, preset, key, path)
				if !ok {
					bad("%s: %s has no row", path, key)
					continue
				}
				used[r] = true
				if strings.HasSuffix(path, ".product") {
					value = strings.Join(products, ", ")
				}
				if value != r.value {
					bad("%s is %s, and %s says %s", path, value, key, r.value)
				}
				if r.inferred != s.Documents[key].Inferred() {
					bad("%s: %s is a document, or is none", path, key)
				}
			}
		}
		for _, r := range rows {
			if r.preset == preset && r.value == "-" && !slices.Contains(s.Cites[r.path], r.document) {
				bad("%s does not cite %s", r.path, r.document) // a rule is cited alike by all sets
			}
		}
		for path, keys := range s.Cites {
			if _, field := fields[path]; field || strings.HasPrefix(path, "products[") {
				continue
			}
			for _, key := range keys {
				r, ok := find(rows, preset, key, path)
				used[r] = true
				if !ok || r.value != "-" {
					bad("%s: %s has no row", path, key)
				}
			}
		}
	}
	return problems
}

// keysOf returns the keys that a field cites.
func keysOf(s *icpcode.RuleSet, path string) []string {
	if keys, ok := s.Cites[path]; ok {
		return keys
	}
	return s.Cites[general.ReplaceAllString(path, "products[].")]
}

// find returns the row of a field, that of one product before that of all.
func find(rows []row, preset, key, path string) (row, bool) {
	for _, p := range []string{path, general.ReplaceAllString(path, "products[].")} {
		for _, r := range rows {
			if r.preset == preset && r.document == key && r.path == p {
				return r, true
			}
		}
	}
	return row{}, false
}

// TestPresetsSayWhatDocumentsSay holds every preset against docs/sources.md.
func TestPresetsSayWhatDocumentsSay(t *testing.T) {
	rows, lines := told(t), citedAs(t)
	used := make(map[row]bool)
	for _, name := range Names() {
		p, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range append(checkSaid(name, p.Book, rows, used), checkCited(name, p.Book, lines)...) {
			t.Error(problem)
		}
	}
	seen := make(map[row]bool)
	for _, r := range rows {
		if !used[r] {
			t.Errorf("%s: %s of %s: no preset cites it", r.preset, r.path, r.document)
		}
		if seen[r] {
			t.Errorf("%s: %s of %s is told twice", r.preset, r.path, r.document)
		}
		seen[r] = true
	}
	t.Logf("%d rows", len(rows))
	if len(rows) < 200 {
		t.Errorf("only %d rows", len(rows))
	}
}

// TestEveryFlipIsSeen changes every value of every preset in turn, numbers, dates,
// lists, policies, citations and the parts of documents, and wants checkSaid or
// checkCited to see it.
func TestEveryFlipIsSeen(t *testing.T) {
	all, lines := told(t), citedAs(t)
	flips := 0
	for _, name := range Names() {
		p, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(p.Book)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		rows := slices.DeleteFunc(slices.Clone(all), func(r row) bool { return r.preset != name })
		check := func(at string) {
			flips++
			changed, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			book, err := icpcode.ParseRuleBook(changed)
			used := make(map[row]bool)
			if err == nil && len(checkSaid(name, book, rows, used)) == 0 && len(checkCited(name, book, lines)) == 0 && len(used) == len(rows) {
				t.Errorf("%s: not seen", at)
			}
		}
		for i, set := range doc["sets"].([]any) {
			flip(set.(map[string]any), fmt.Sprintf("%s[%d]", name, i), check)
		}
		for key, d := range doc["documents"].(map[string]any) {
			if _, document := d.(map[string]any)["title"]; document {
				flip(d.(map[string]any), name+"."+key, check)
			}
		}
	}
	t.Logf("%d flips seen", flips)
	if flips < 2000 {
		t.Errorf("only %d flips were made", flips)
	}
}

// unsaid are the fields that no test reads: what describes a set's documents in a
// line, and the Chinese of what is held in English.
var unsaid = []string{"source", "zh"}

// flip changes each value below v in turn, calls check, and changes it back.
func flip(v map[string]any, path string, check func(at string)) {
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if slices.Contains(unsaid, key) {
			continue
		}
		at := path + "." + key
		is := v[key]
		to := func(changed any) {
			v[key] = changed
			check(fmt.Sprintf("%s = %v", at, changed))
			v[key] = is
		}
		switch x := is.(type) {
		case bool:
			to(!x)
		case float64:
			to(x + 1)
			to(x - 1)
		case string:
			for _, other := range flippedText(key, x) {
				to(other)
			}
		case map[string]any:
			flip(x, at, check)
		case []any:
			for i := range x {
				// Which of several documents gives a field no row says: others of
				// the book's sets may cite the rest.
				if several := strings.HasSuffix(path, ".cites") && len(x) > 1 && key == strings.ToLower(key); several {
					break
				}
				to(append(slices.Clone(x[:i]), x[i+1:]...))
				if m, ok := x[i].(map[string]any); ok {
					flip(m, fmt.Sprintf("%s[%d]", at, i), check)
				}
				if text, ok := x[i].(string); ok {
					changed := slices.Clone(x)
					changed[i] = text + "x"
					to(changed)
				}
			}
		}
	}
}

// flippedText returns what a text of a preset could be instead.
func flippedText(key, x string) []string {
	if day, err := time.Parse(time.DateOnly, x); err == nil && key != "effective" {
		return []string{day.AddDate(0, 0, 1).Format(time.DateOnly)}
	}
	others := map[string][]string{
		"effective":  {strings.Replace(x, "T00:", "T01:", 1)},
		"assume":     {"ELG-REGION"},
		"dating":     {"", "after", "read"},
		"account":    {"", "others", "all"},
		"release_to": {"Invalid"},
		"min_order":  {"99.01"},
	}[key]
	if others == nil {
		return []string{x + "x"}
	}
	return slices.DeleteFunc(others, func(other string) bool { return other == x })
}

// publishers are those whose documents a preset may cite: the provider, the
// state, and where told the one who wrote the guide. K5: nothing of one
// provider under another.
var publishers = map[string][]string{
	"alibaba":    {"Alibaba Cloud", "a web agency in Chengdu"},
	"baidu":      {"Baidu AI Cloud"},
	"huawei":     {"Huawei Cloud"},
	"tencent":    {"Tencent Cloud"},
	"volcengine": {"Volcengine"},
}

// TestNothingOfOneProviderUnderAnother reads the publishers, and all texts for
// the names of other providers.
func TestNothingOfOneProviderUnderAnother(t *testing.T) {
	for _, name := range Names() {
		p, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, s := range p.Book.Sets() {
			texts = append(texts, s.Source)
			for key, d := range s.Documents {
				for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
					texts = append(texts, d.Text(l))
				}
				if d.Note != (icpcode.Bilingual{}) && (d.Note.English == "" || d.Note.Chinese == "") {
					t.Errorf("%s: %s: its note has one language", name, key)
				}
				if d.Inferred() {
					continue
				}
				state := d.Publisher.English == "Ministry of Information Industry"
				if !state && !slices.Contains(publishers[name], d.Publisher.English) {
					t.Errorf("%s: %s is published by %s", name, key, d.Publisher.English)
				}
				if d.Publisher.Chinese == "" || d.Date == "" {
					t.Errorf("%s: %s: %+v", name, key, d)
				}
				if d.Official != (state || d.Publisher.English == p.English) {
					t.Errorf("%s: %s: official is %v", name, key, d.Official)
				}
				if d.Address == "" && d.Note == (icpcode.Bilingual{}) {
					t.Errorf("%s: %s has no address and does not say so", name, key)
				}
			}
		}
		for _, n := range p.Notes {
			texts = append(texts, n.English, n.Chinese)
		}
		for _, other := range Names() {
			if other == name {
				continue
			}
			q, err := Lookup(other)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range texts {
				for _, word := range []string{other, q.English, q.Chinese} {
					if strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
						t.Errorf("%s names %s: %s", name, word, text)
					}
				}
			}
		}
	}
}

package icpcode

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// document reads a file of docs.
func document(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// section returns what stands under a heading, up to the next one that is not
// below it.
func section(t *testing.T, doc, heading string) string {
	t.Helper()
	_, text, ok := strings.Cut("\n"+doc, "\n"+heading+"\n")
	if !ok {
		t.Fatalf("there is no heading %q", heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	for n := 1; n <= len(level); n++ {
		text, _, _ = strings.Cut(text, "\n"+level[:n]+" ")
	}
	return text
}

// block returns the one fenced block of a language.
func block(t *testing.T, doc, language string) string {
	t.Helper()
	parts := strings.Split(doc, "\n```"+language+"\n")
	if len(parts) != 2 {
		t.Fatalf("there are %d blocks of %s, not one", len(parts)-1, language)
	}
	text, _, ok := strings.Cut(parts[1], "\n```")
	if !ok {
		t.Fatalf("the block of %s does not end", language)
	}
	return text
}

// rows returns the cells of all table rows whose first cell matches key.
func rows(t *testing.T, doc, key string, cells int) [][]string {
	t.Helper()
	match := regexp.MustCompile("^" + key + "$")
	var found [][]string
	for line := range strings.Lines(doc) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "| ")
		if !ok {
			continue
		}
		row := strings.Split(strings.TrimSuffix(line, "|"), "|")
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		if !match.MatchString(row[0]) {
			continue
		}
		if len(row) != cells {
			t.Fatalf("the row of %s has %d cells, not %d", row[0], len(row), cells)
		}
		found = append(found, row)
	}
	return found
}

// edge is one cell of the life-cycle table.
type edge struct {
	from, to State
	action   Action
	by       Role
}

func (e edge) String() string {
	return fmt.Sprintf("%v --> %v: %v (%v)", e.from, e.to, e.action, e.by)
}

// drawnEdges reads the edges of the diagram, and which states end.
func drawnEdges(t *testing.T, diagram string) (edges []edge, ends []State) {
	t.Helper()
	// StateNone stands for no code, and as the target of an import for any.
	states := map[string]State{"[*]": StateNone, "Imported": StateNone}
	for s := StateUnbound; s < numStates; s++ {
		states[s.String()] = s
	}
	roles := map[string]Role{"owner": RoleOwner, "grantee": RoleGrantee, "holder": RoleHolder, "operator": RoleOperator}
	format := regexp.MustCompile(`^(\S+) --> (\S+): (\w+) \(([a-z ]+)\)$`)
	ending := regexp.MustCompile(`^(\w+) --> \[\*\]$`)
	for line := range strings.Lines(diagram) {
		line = strings.TrimSpace(line)
		if !strings.Contains(line, "-->") {
			continue
		}
		if m := ending.FindStringSubmatch(line); m != nil {
			ends = append(ends, states[m[1]])
			continue
		}
		m := format.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("cannot read the edge %q", line)
		}
		from, ok := states[m[1]]
		to, ok2 := states[m[2]]
		if !ok || !ok2 {
			t.Fatalf("a state of %q does not exist", line)
		}
		e := edge{from: from, to: to}
		if err := e.action.UnmarshalText([]byte(m[3])); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for name := range strings.SplitSeq(m[4], " or ") {
			if roles[name] == 0 {
				t.Fatalf("a role of %q does not exist", line)
			}
			e.by |= roles[name]
		}
		edges = append(edges, e)
	}
	return edges, ends
}

// LIF: docs/lifecycle.md draws every step that the code allows, and no other.
func TestDocsDrawTheLifeCycle(t *testing.T) {
	edges, ends := drawnEdges(t, block(t, document(t, "lifecycle.md"), "mermaid"))
	drawn := make(map[edge]bool)
	for _, e := range edges {
		if drawn[e] {
			t.Errorf("%v is drawn twice", e)
		}
		drawn[e] = true
		if e.to == StateNone && e.action != ActionImport {
			t.Errorf("%v leads to an imported state", e)
		}
	}
	allowed := 0
	for s := range State(numStates) {
		for a := range Action(numActions) {
			c := steps[s][a]
			if c.by == 0 {
				continue
			}
			allowed++
			if e := (edge{s, c.to, a, c.by}); !drawn[e] {
				t.Errorf("%v is not drawn", e)
			}
		}
	}
	for _, e := range edges {
		if c := steps[e.from][e.action]; c.to != e.to || c.by != e.by {
			t.Errorf("%v is drawn and not so in the code", e)
		}
	}
	if allowed < 20 || len(edges) != allowed {
		t.Errorf("%d edges are drawn for %d steps", len(edges), allowed)
	}
	var terminal []State
	for s := range State(numStates) {
		if s.Terminal() {
			terminal = append(terminal, s)
		}
	}
	if !slices.Equal(ends, terminal) {
		t.Errorf("%v are drawn as terminal, not %v", ends, terminal)
	}
}

func TestDocsNameStatesAndActions(t *testing.T) {
	doc := document(t, "lifecycle.md")
	states := rows(t, section(t, doc, "## States"), "[A-Z][a-z]+", 4)[1:]
	var names []string
	for s := StateUnbound; s < numStates; s++ {
		names = append(names, s.Label(English)+" "+s.Label(Chinese))
	}
	var got []string
	for _, row := range states {
		got = append(got, row[0]+" "+row[1])
	}
	if !slices.Equal(got, names) {
		t.Errorf("states are %q, not %q", got, names)
	}
	names, got = nil, nil
	for a := ActionIssue; a < numActions; a++ {
		names = append(names, a.String()+" "+a.Label(Chinese)+" "+a.Rule().String())
	}
	for _, row := range rows(t, section(t, doc, "## Actions"), "[A-Z][A-Za-z]+", 4)[1:] {
		got = append(got, row[0]+" "+row[1]+" "+row[2])
	}
	if !slices.Equal(got, names) {
		t.Errorf("actions are %q, not %q", got, names)
	}
	// The API's numbers are told in both files.
	api := make(map[string]string)
	for _, row := range rows(t, section(t, document(t, "rules.md"), "## What the provider's API answers"), "[0-4]", 2) {
		if _, known := api[row[0]]; !known {
			api[row[0]] = row[1]
		}
	}
	for _, row := range states {
		if !strings.Contains(api[row[2]], row[0]) {
			t.Errorf("%s is status %s in one place and not in the other, %q", row[0], row[2], api[row[2]])
		}
	}
}

// defaults returns the set whose numbers docs/rules.md calls the default.
func defaults() *RuleSet {
	sets := Alibaba().Sets()
	return &sets[len(sets)-1]
}

// sourceOf returns what the tables of docs/rules.md say of where a rule comes
// from: the keys of its documents, and their dates. What is inferred comes
// last.
func sourceOf(r Rule) (keys, dates string) {
	set := defaults()
	var named, dated []string
	inferred := false
	for _, c := range set.Citations(r, ECS) {
		if c.Inferred() {
			inferred = true
			continue
		}
		for k, d := range set.Documents {
			if d == c {
				named, dated = append(named, k), append(dated, d.Date)
			}
		}
	}
	if inferred || len(named) == 0 {
		named, dated = append(named, "inferred"), append(dated, "inferred")
	}
	return strings.Join(named, "; "), strings.Join(dated, "; ")
}

func TestDocsTellEveryRule(t *testing.T) {
	doc := document(t, "rules.md")
	found := make(map[string]bool)
	for _, row := range rows(t, doc, "[A-Z]{3}-[A-Z]+", 6) {
		var r Rule
		if err := r.UnmarshalText([]byte(row[0])); err != nil {
			t.Errorf("%s is no rule", row[0])
			continue
		}
		if found[row[0]] {
			t.Errorf("%v is told twice", r)
		}
		found[row[0]] = true
		for i, cell := range row {
			if cell == "" || cell == "-" {
				t.Errorf("cell %d of %v is empty", i, r)
			}
		}
		keys, dates := sourceOf(r)
		if row[2] != keys {
			t.Errorf("%v has the source %q in the docs and %q in the presets", r, row[2], keys)
		}
		if row[3] != dates {
			t.Errorf("%v is as of %q, not %q", r, row[3], dates)
		}
		group, _, _ := strings.Cut(row[0], "-")
		_, after, _ := strings.Cut(doc, "\n## "+group+": ")
		if !strings.Contains(strings.Split(after, "\n## ")[0], "| "+row[0]+" |") {
			t.Errorf("%v does not stand under the heading of its group", r)
		}
		if row[5] != "fixed" && !strings.HasPrefix(row[5], "fixed: ") && !strings.Contains(row[5], "`") {
			t.Errorf("how to change %v names no field and does not say why it is fixed: %q", r, row[5])
		}
	}
	for r := Rule(1); r < numRules; r++ {
		if !found[r.String()] {
			t.Errorf("%v is not told", r)
		}
	}
	legend := section(t, doc, "## Sources")
	for key, d := range allDocuments(Alibaba().sets) {
		row := rows(t, legend, key, 2)
		if !d.Inferred() && (len(row) != 1 || row[0][1] != d.Text(English)) {
			t.Errorf("the legend of %s: %q, want %q", key, row, d.Text(English))
		}
	}
	if !strings.Contains(doc, "**This is unofficial.**") {
		t.Error("the rules do not say that they are unofficial")
	}
}

// What a rule's row says of how to change it names fields that exist.
func TestDocsNameFieldsThatExist(t *testing.T) {
	doc := document(t, "rules.md")
	var fields []string
	jsonFields("", reflect.TypeFor[RuleSet](), &fields)
	code := regexp.MustCompile("`([^`]+)`")
	for _, row := range rows(t, doc, "[A-Z]{3}-[A-Z]+", 6) {
		for _, m := range code.FindAllStringSubmatch(row[5], -1) {
			name := m[1]
			if in, ok := strings.CutPrefix(name, "Options."); ok {
				if _, exists := reflect.TypeFor[Options]().FieldByName(in); !exists {
					t.Errorf("%s: there is no %s", row[0], name)
				}
				continue
			}
			if in, ok := strings.CutPrefix(name, "Instance."); ok {
				if _, exists := reflect.TypeFor[Instance]().FieldByName(in); !exists {
					t.Errorf("%s: there is no %s", row[0], name)
				}
				continue
			}
			if !slices.Contains(fields, name) {
				t.Errorf("%s: a rule set has no field %s", row[0], name)
			}
		}
	}
	told := []string{}
	for _, row := range rows(t, section(t, doc, "## A rule book of your own"), "`.*`", 3) {
		told = append(told, strings.Trim(row[0], "`"))
	}
	want := append([]string{"sets", "documents"}, fields...)
	var parts []string
	jsonFields("documents.", reflect.TypeFor[Citation](), &parts)
	for _, p := range parts {
		if strings.Count(p, ".") == 1 { // the languages are told with the text
			want = append(want, p)
		}
	}
	slices.Sort(told)
	slices.Sort(want)
	if !slices.Equal(told, want) {
		t.Errorf("the fields told are\n%q\nand those that exist\n%q", told, want)
	}
}

// jsonFields adds the paths of t's JSON fields to fields. Those of base are
// those of products, and not listed again.
func jsonFields(path string, t reflect.Type, fields *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			jsonFields(path, f.Type, fields)
			continue
		}
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || tag == "-" {
			continue
		}
		*fields = append(*fields, path+tag)
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			jsonFields(path+tag+"[].", f.Type.Elem(), fields)
		}
		plain := f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]() && f.Type != reflect.TypeFor[decimal.Decimal]()
		if plain && tag != "base" {
			jsonFields(path+tag+".", f.Type, fields)
		}
	}
}

// The JSON in the docs is a book, and sets every field.
func TestDocsBookParses(t *testing.T) {
	text := block(t, document(t, "rules.md"), "json")
	b, err := ParseRuleBook([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	jsonFields("", reflect.TypeFor[RuleSet](), &fields)
	for _, f := range fields {
		name := f[strings.LastIndex(f, ".")+1:]
		if name == "stopped_passes" {
			continue // the one that would say nothing of its own
		}
		if !strings.Contains(text, `"`+name+`":`) {
			t.Errorf("the example does not show %s", f)
		}
	}
	set := b.Sets()[0]
	if set.Products[1].MinOrder.String() != "99" || !set.Assume.Has(ELGTerm) || set.Grant.MaxGranters != NoLimit {
		t.Errorf("the example reads as %+v", set)
	}
}

// The tables of the preset book are the book.
func TestDocsTellThePresets(t *testing.T) {
	doc := section(t, document(t, "rules.md"), "## The preset book")
	for _, s := range Alibaba().Sets() {
		text := section(t, doc, "### "+s.Version)
		if !strings.Contains(text, s.Effective.Format(time.DateOnly)) || !strings.Contains(text, "as of "+s.AsOf) {
			t.Errorf("%s does not tell its dates", s.Version)
		}
		var want, got [][]string
		for _, p := range s.Products {
			scope, other := "instance", ""
			if p.PerAccount {
				scope = "account"
			}
			if p.FirstPurchaseOnly {
				other = "first purchase; order of at least CNY " + p.MinOrder.String()
			}
			want = append(want, []string{
				string(p.Product), strconv.Itoa(p.TermMonths), strconv.Itoa(p.RemainingDays), strconv.Itoa(p.Quota), scope, other,
			})
		}
		for _, row := range rows(t, text, "[A-Za-z0-9]+", 7)[1:] {
			got = append(got, slices.Delete(row, 1, 2))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", s.Version, got, want)
		}
	}
	if n := strings.Count(doc, "\n### "); n != len(Alibaba().Sets()) {
		t.Errorf("%d sets are told, not %d", n, len(Alibaba().Sets()))
	}
}

// The default of each rule with a number is that of the newest preset.
func TestDocsTellTheDefaults(t *testing.T) {
	sets := Alibaba().Sets()
	s := sets[len(sets)-1]
	ecs := s.Products[0]
	want := map[Rule]string{
		ELGTerm: fmt.Sprintf("%d months, renewals included", ecs.TermMonths), ELGRemaining: strconv.Itoa(ecs.RemainingDays),
		ELGQuota: fmt.Sprintf("%d per instance", ecs.Quota), ELGBatch: strconv.Itoa(s.Batch),
		ELGAccount: "`" + string(s.Account) + "`", GRTOut: strconv.Itoa(s.Grant.MaxGrantees), GRTIn: strconv.Itoa(s.Grant.MaxGranters),
		LIFRelease: s.Life.ReleaseTo.String(), FILForeign: "`" + s.Provider + "`",
		RSKExpiring: fmt.Sprintf("%d days; %d for a review", s.Risk.ExpiringDays, s.Risk.ReviewDays),
	}
	doc := document(t, "rules.md")
	for r, w := range want {
		row := rows(t, doc, r.String(), 6)
		if len(row) != 1 || !strings.HasPrefix(row[0][4], w) {
			t.Errorf("the default of %v is not told as %q: %q", r, w, row)
		}
	}
	row := rows(t, doc, "ELG-PRODUCT", 6)[0]
	for _, p := range s.Products {
		if !strings.Contains(row[4], string(p.Product)) {
			t.Errorf("ELG-PRODUCT does not tell of %s", p.Product)
		}
	}
	if !strings.Contains(section(t, doc, "## ELG: may this instance issue a code?"), "`"+s.Version+"`") {
		t.Errorf("the defaults are not told to be those of %s", s.Version)
	}
}

// ruleOf returns the rule that rests on a field, or that the path names.
func ruleOf(path string) Rule {
	var r Rule
	if r.UnmarshalText([]byte(path)) == nil {
		return r
	}
	for r, fields := range ruleFields {
		if slices.Contains(fields, strings.TrimPrefix(path, "products[]")) {
			return Rule(r)
		}
	}
	return 0
}

// The errors of the API that a rule's document names are those that the table of
// the API maps to the rule.
func TestDocsMapTheAPI(t *testing.T) {
	told := make(map[string]string)
	for _, row := range rows(t, section(t, document(t, "rules.md"), "## What the provider's API answers"), `\d{3}`, 3) {
		if row[2] != "-" {
			told[row[0]] = row[2]
		}
	}
	named := make(map[string]string)
	number := regexp.MustCompile(`\d{3}`)
	for _, row := range rows(t, section(t, document(t, "sources.md"), "## alibaba"), "`.*`", 4) {
		if !strings.HasPrefix(row[3], "error") {
			continue
		}
		for _, code := range number.FindAllString(row[3], -1) {
			named[code] = ruleOf(strings.Trim(row[0], "`")).String()
		}
	}
	if !maps.Equal(told, named) {
		t.Errorf("told %v, named %v", told, named)
	}
}

package icpcode

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The documents that exist in both languages and are held equal here. That of
// the command is generated: cmd/icpcode holds it.
var bilingualDocs = []string{"rules", "operations", "inventory", "http"}

// A docPart is a heading, a fenced block, a table row, a list item or a
// paragraph of a document.
type docPart struct {
	kind  string   // "##", "code", "row", "item", "text"
	texts []string // the cells of a row, or the one text
}

// docParts splits a document.
func docParts(doc string) []docPart {
	var parts []docPart
	kind := "" // of the part that the next line may continue
	for line := range strings.Lines(doc) {
		line = strings.TrimSuffix(line, "\n")
		last := len(parts) - 1
		switch hashes, heading, ok := strings.Cut(line, " "); {
		case kind == "code" || strings.HasPrefix(line, "```"):
			if kind != "code" {
				parts, kind = append(parts, docPart{"code", []string{line}}), "code"
				continue
			}
			parts[last].texts[0] += "\n" + line
			if line == "```" {
				kind = ""
			}
		case line == "":
			kind = ""
		case ok && hashes != "" && strings.Trim(hashes, "#") == "":
			parts, kind = append(parts, docPart{hashes, []string{heading}}), ""
		case line[0] == '|':
			parts, kind = append(parts, docPart{"row", strings.Split(strings.Trim(line, "|"), "|")}), ""
		case strings.HasPrefix(line, "- "):
			parts, kind = append(parts, docPart{"item", []string{line[2:]}}), "item"
		case kind == "item" || kind == "text":
			parts[last].texts[0] += " " + strings.TrimSpace(line)
		default:
			parts, kind = append(parts, docPart{"text", []string{line}}), "text"
		}
	}
	return parts
}

var (
	docCode     = regexp.MustCompile("`[^`]+`")
	docLink     = regexp.MustCompile(`\]\(([^)]*)\)`)
	docRule     = regexp.MustCompile(`[A-Z]{3}-[A-Z]+`)
	docNumber   = regexp.MustCompile(`\d{4}-\d{2}-\d{2}|-?\d+(?:\.\d+)*%?`)
	docEmphasis = regexp.MustCompile(`\*+`)
	docThousand = regexp.MustCompile(`(\d),(\d{3})`)
	docDayEn    = regexp.MustCompile(`(\d{1,2}) (` + docMonths() + `)(?: (\d{4}))?`)
	docDayZh    = regexp.MustCompile(`(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日`)
)

// docWords are the numbers in words, in both languages. One and two are not
// among them: "one" is a pronoun, too. Percent and decimal are no numbers.
var (
	docWord  = regexp.MustCompile(`(?i)\b(?:three|four|five|six|seven|eight|nine|ten|twelve|hundred|million)\b|百分之|十进|十二|百万|[三四五六七八九十百]`)
	docWords = map[string]string{
		"三": "three", "四": "four", "五": "five", "六": "six", "七": "seven", "八": "eight", "九": "nine", "十": "ten",
		"十二": "twelve", "百": "hundred", "百万": "million", "百分之": "", "十进": "",
	}
)

func docMonths() string {
	var names []string
	for m := time.January; m <= time.December; m++ {
		names = append(names, m.String())
	}
	return strings.Join(names, "|")
}

// docStated returns what a text states in any language: its inline code, links,
// rules, numbers in digits and words, dates, and where it is emphasised, each in their order.
func docStated(text string) map[string][]string {
	stated := make(map[string][]string)
	stated["code"] = docCode.FindAllString(text, -1)
	text = docCode.ReplaceAllString(text, "` `")
	for _, m := range docLink.FindAllStringSubmatch(text, -1) {
		stated["links"] = append(stated["links"], m[1])
	}
	text = docLink.ReplaceAllString(text, "]")
	stated["rules"] = docRule.FindAllString(text, -1)
	stated["emphasis"] = docEmphasis.FindAllString(text, -1)
	for _, word := range docWord.FindAllString(text, -1) {
		if n, ok := docWords[word]; !ok {
			stated["words"] = append(stated["words"], strings.ToLower(word))
		} else if n != "" {
			stated["words"] = append(stated["words"], n)
		}
	}
	text = docDayEn.ReplaceAllStringFunc(text, func(s string) string {
		m := docDayEn.FindStringSubmatch(s)
		month, _ := time.Parse("January", m[2])
		return fmt.Sprintf("%s month %d day %s", m[3], month.Month(), m[1])
	})
	text = docDayZh.ReplaceAllString(text, "$1 month $2 day $3")
	for t := ""; t != text; { // a comma at a time
		t, text = text, docThousand.ReplaceAllString(text, "$1$2")
	}
	for _, at := range docNumber.FindAllStringIndex(text, -1) {
		n := text[at[0]:at[1]]
		if at[0] > 0 && n[0] == '-' && strings.ContainsAny(text[at[0]-1:at[0]], "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			n = n[1:] // a hyphen, as in UTF-8
		}
		stated["numbers"] = append(stated["numbers"], n)
	}
	return stated
}

// docPartDifference says in what a Chinese part states something else than the
// English one, or "".
func docPartDifference(en, zh docPart) string {
	if en.kind != zh.kind || len(en.texts) != len(zh.texts) {
		return fmt.Sprintf("%s of %d cells, not %s of %d", zh.kind, len(zh.texts), en.kind, len(en.texts))
	}
	for i := range en.texts {
		if en.kind == "code" {
			if en.texts[i] != zh.texts[i] {
				return "another block"
			}
			continue
		}
		if (strings.TrimSpace(en.texts[i]) == "") != (strings.TrimSpace(zh.texts[i]) == "") {
			return fmt.Sprintf("cell %d: one is empty", i)
		}
		want, got := docStated(en.texts[i]), docStated(zh.texts[i])
		for j, target := range want["links"] {
			if name, ok := strings.CutSuffix(target, ".md"); ok && slices.Contains(append(bilingualDocs, "cli"), name) {
				want["links"][j] = name + ".zh-CN.md"
			}
		}
		for _, what := range []string{"rules", "numbers", "words", "code", "links", "emphasis"} {
			if !slices.Equal(want[what], got[what]) {
				return fmt.Sprintf("%s %q, not %q", what, got[what], want[what])
			}
		}
	}
	return ""
}

// docDifferences says in what the Chinese document states something else than
// the English one.
func docDifferences(en, zh string) []string {
	want, got := docParts(en), docParts(zh)
	var found []string
	where := ""
	for i := range min(len(want), len(got)) {
		if strings.HasPrefix(want[i].kind, "#") {
			where = want[i].texts[0]
		}
		if i == 1 { // the links to each other
			continue
		}
		if d := docPartDifference(want[i], got[i]); d != "" {
			found = append(found, fmt.Sprintf("%s: %s: %s", where, got[i].texts[0], d))
		}
		if want[i].kind != got[i].kind {
			return found // whatever follows is shifted
		}
	}
	if len(want) != len(got) {
		found = append(found, fmt.Sprintf("%d parts, not %d", len(got), len(want)))
	}
	return found
}

// The documents that exist in both languages state the same, part by part: the
// headings and their levels, rules, numbers in digits and words, dates, code, tables, links.
func TestDocsInBothLanguages(t *testing.T) {
	for _, name := range bilingualDocs {
		t.Run(name, func(t *testing.T) {
			en, zh := document(t, name+".md"), document(t, name+".zh-CN.md")
			for _, d := range docDifferences(en, zh) {
				t.Error(d)
			}
			if p := docParts(en); len(p) < 50 || p[1].texts[0] != "[中文]("+name+".zh-CN.md)" {
				t.Error("the English document does not begin with a link to the Chinese one")
			}
			if docParts(zh)[1].texts[0] != "[English]("+name+".md)" {
				t.Error("the Chinese document does not begin with a link to the English one")
			}
		})
	}
	readme, err := os.ReadFile("README.zh-CN.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range bilingualDocs {
		if !strings.Contains(string(readme), "(docs/"+name+".zh-CN.md)") || strings.Contains(string(readme), "(docs/"+name+".md)") {
			t.Errorf("README.zh-CN.md does not name the Chinese %s", name)
		}
	}
}

// Any digit and any numeral from three on of a Chinese document that is another
// one is seen, and any other difference.
func TestDocsInBothLanguagesDiffer(t *testing.T) {
	digit := regexp.MustCompile(`\d|[三四五六七八九]`)
	next := make(map[string]string)
	for _, digits := range []string{"01234567890", "三四五六七八九三"} {
		r := []rune(digits)
		for i := range r[1:] {
			next[string(r[i])] = string(r[i+1])
		}
	}
	for _, name := range bilingualDocs {
		en, zh := document(t, name+".md"), document(t, name+".zh-CN.md")
		want, got := docParts(en), docParts(zh)
		flipped := 0
		for i, p := range got {
			for c, text := range p.texts {
				for _, at := range digit.FindAllStringIndex(text, -1) {
					other := text[:at[0]] + next[text[at[0]:at[1]]] + text[at[1]:]
					flipped++
					if docPartDifference(docPart{p.kind, want[i].texts[c : c+1]}, docPart{p.kind, []string{other}}) == "" {
						t.Errorf("%s: another digit is not seen: %s", name, other)
					}
				}
			}
		}
		if flipped < 100 {
			t.Errorf("%s: %d digits were changed", name, flipped)
		}
		lines := strings.SplitAfter(zh, "\n")
		first := func(pattern string) int {
			return slices.IndexFunc(lines[4:], regexp.MustCompile("(?m)"+pattern).MatchString) + 4
		}
		row := first(`^\| .*[^-]\|$`)
		for what, other := range map[string]string{
			"a line less":       strings.Join(slices.Delete(slices.Clone(lines), row, row+1), ""),
			"a line more":       strings.Join(slices.Insert(slices.Clone(lines), row, lines[row]), ""),
			"a cell less":       strings.Replace(zh, lines[row], lines[row][strings.Index(lines[row][1:], "|")+1:], 1),
			"a heading's level": strings.Replace(zh, "\n## ", "\n### ", 1),
			"a heading less":    strings.Replace(zh, lines[first("^## ")], "", 1),
			"code":              strings.Replace(zh, "`", "`x", 1),
			"no code":           docCode.ReplaceAllString(zh, ""),
			"a block":           strings.Replace(zh, "\n```\n", "\nx\n```\n", 1),
			"emphasis":          strings.Replace(zh, "**", "", 2),
			"a link":            strings.Replace(zh, "](", "](x", 2),
			"the end":           strings.Join(lines[:len(lines)-2], ""),
		} {
			if other == zh || len(docDifferences(en, other)) == 0 {
				t.Errorf("%s: %s is not seen", name, what)
			}
		}
	}
	en, zh := document(t, "rules.md"), document(t, "rules.zh-CN.md")
	for was, is := range map[string]string{
		"`documents.note`": "`documents.date`", "| 90 |": "| 91 |", "或-1表示": "或1表示", "2024年": "2025年", "1月1日": "1月2日",
		"ELG-BATCH、PAY-PRICE": "PAY-PRICE、ELG-BATCH", "1,001": "1,010", "三个自然月": "四个自然月",
	} {
		if !strings.Contains(zh, was) || len(docDifferences(en, strings.Replace(zh, was, is, 1))) == 0 {
			t.Errorf("%s in place of %s is not seen", is, was)
		}
	}
}

// What a Chinese document takes from code and tables is as the code has it.
func TestDocsInChineseTellTheSources(t *testing.T) {
	en, zh := document(t, "rules.md"), document(t, "rules.zh-CN.md")
	for key, d := range allDocuments(Alibaba().sets) {
		row := rows(t, section(t, zh, "## 依据"), key, 2)
		if !d.Inferred() && (len(row) != 1 || row[0][1] != d.Text(Chinese)) {
			t.Errorf("the legend of %s: %q, want %q", key, row, d.Text(Chinese))
		}
	}
	told := rows(t, zh, "[A-Z]{3}-[A-Z]+", 6)
	for i, row := range rows(t, en, "[A-Z]{3}-[A-Z]+", 6) {
		for _, c := range []int{2, 3} {
			if want := strings.ReplaceAll(row[c], "inferred", "推断"); told[i][c] != want {
				t.Errorf("%s: %q, want %q", row[0], told[i][c], want)
			}
		}
		if fixed := strings.HasPrefix(row[5], "fixed"); fixed != strings.HasPrefix(told[i][5], "不可改：") {
			t.Errorf("%s: that it is fixed is told in one language", row[0])
		}
	}
	// A state that the English document names is named in Chinese beside it.
	state := regexp.MustCompile(`\b(Unbound|Available|Filing|Filed|Refunded|Invalid)\b(?: Service)?`)
	named, got := 0, docParts(zh)
	for i, p := range docParts(en) {
		for c, text := range p.texts {
			if p.kind == "code" || i == 0 {
				continue
			}
			for _, m := range state.FindAllStringSubmatch(docCode.ReplaceAllString(text, ""), -1) {
				var s State
				if m[0] != m[1] { // "Filing Service API"
					continue
				}
				if err := s.UnmarshalText([]byte(m[1])); err != nil {
					t.Fatal(err)
				}
				named++
				if !strings.Contains(got[i].texts[c], s.Label(Chinese)) {
					t.Errorf("%s is not %s in %s", m[1], s.Label(Chinese), got[i].texts[c])
				}
			}
		}
	}
	if named < 30 {
		t.Errorf("%d states are named", named)
	}
	if len(told) != numRules-1 {
		t.Errorf("%d rules are told", len(told))
	}
	if !strings.Contains(zh, "**本规则并非官方。**") {
		t.Error("the rules do not say that they are unofficial")
	}
}

// A Chinese document has Latin letters for names alone: outside of code no two
// words in lower case follow each other, but where both quote a program, no word
// is there that the English document does not have, and where that has a
// sentence there is Chinese.
func TestDocsInChineseAreChinese(t *testing.T) {
	words := regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*`)
	han := regexp.MustCompile(`\p{Han}`)
	quoted := regexp.MustCompile("“[^”]*”")
	english := regexp.MustCompile(`(?:^|[^A-Za-z/.-])[a-z]{2,} [a-z]{2,}`)
	for _, name := range bilingualDocs {
		en, zh := document(t, name+".md"), document(t, name+".zh-CN.md")
		known := make(map[string]bool)
		for _, w := range words.FindAllString(en, -1) {
			known[strings.ToLower(w)], known[strings.ToLower(strings.TrimSuffix(w, "s"))] = true, true
		}
		for _, w := range []string{"icp", "api", "ip", "app", "commit"} {
			known[w] = true
		}
		want := docParts(en)
		for i, p := range docParts(zh) {
			for c, text := range p.texts {
				if p.kind == "code" || i == 1 {
					continue
				}
				if said := docCode.ReplaceAllString(want[i].texts[c], ""); len(english.FindAllString(said, 2)) == 2 && !han.MatchString(text) {
					t.Errorf("%s: not in Chinese: %s", name, text)
				}
				text = docLink.ReplaceAllString(docCode.ReplaceAllString(text, "，"), "")
				text = quoted.ReplaceAllStringFunc(text, func(q string) string {
					if strings.Contains(en, `"`+strings.Trim(q, "“”")+`"`) {
						return "" // what a program says
					}
					return q
				})
				if m := english.FindString(text); m != "" {
					t.Errorf("%s: English is left, %q: %s", name, m, text)
				}
				for _, w := range words.FindAllString(text, -1) {
					if !known[strings.ToLower(w)] {
						t.Errorf("%s: %q: %s", name, w, text)
					}
				}
			}
		}
	}
}

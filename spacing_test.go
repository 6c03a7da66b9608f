package icpcode

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The rule of this house: Chinese takes no space, neither beside its own
// punctuation nor at a number or a Latin word. What is set off by spaces is what a
// person types or a program gave: a flag, a command, a value in quotes; and the
// name of a product where its provider writes it so.
var (
	spacedMark   = regexp.MustCompile(`[，。；：！？、（）《》“”] | [，。；：！？、（）《》“”]`)
	spacedNumber = regexp.MustCompile(`\p{Han} (\d|%(\[\d\])?d)|((^|[^A-Za-z\d])\d+|%(\[\d\])?d) \p{Han}`)
	narrowMark   = regexp.MustCompile(`\p{Han}[,;:!?()]|[,;!?()]\p{Han}`)
	quoted       = regexp.MustCompile(`“[^”]*”`)
	spacedWord   = regexp.MustCompile(`\p{Han} ([-%$A-Za-z][^\s\p{Han}，。；：、（）]*)|([^\s\p{Han}，。；：、（）]*[A-Za-z]) \p{Han}`)
	typedWord    = regexp.MustCompile(`^[^\p{Han}]*(-{1,2}[a-z]|%(\[\d\])?[-.\d]*(\[\d\])?[a-z]\b)`)
)

// typedWords are those of commands that a person types.
var typedWords = []string{
	"buyer=yes", "certification", "completion", "dig", "help", "icpcode", "precheck", "review", "rules", "zh", "answer", "id,name,provider,product,region,billing,status,created,expires,public_ip",
	"+answer", "aliyun", "tccli", "hcloud", "terraform", "gzip", "jq", "json", "json.dumps(answer)", "answer.to_json_string()", "DescribeInstances", "ListServersDetails",
}

// spacingFault says what is wrong with the spaces of a Chinese text, or "".
func spacingFault(zh string) string {
	if m := spacedMark.FindString(zh); m != "" {
		return "a space beside " + strings.TrimSpace(m)
	}
	if m := spacedNumber.FindString(zh); m != "" {
		return "a space at a number: " + m
	}
	if m := narrowMark.FindString(quoted.ReplaceAllString(zh, "")); m != "" {
		return "a narrow mark: " + m
	}
	for _, m := range spacedWord.FindAllStringSubmatch(zh, -1) {
		if word := m[1] + m[2]; !typedWord.MatchString(word) && !slices.Contains(typedWords, word) {
			return "a space at a word: " + word
		}
	}
	return ""
}

// chineseTexts calls f with every text with Chinese in it in the sources of the
// program, and where it stands.
func chineseTexts(t *testing.T, f func(at, zh string)) {
	t.Helper()
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (slices.Contains([]string{"testdata", "tools", "storetest"}, d.Name()) || len(d.Name()) > 1 && d.Name()[0] == '.') {
			return fs.SkipDir
		}
		if folder := filepath.ToSlash(filepath.Dir(name)); strings.HasSuffix(name, ".json") && (folder == "presets" || folder == "internal/alibaba") {
			data, err := os.ReadFile(name)
			for _, zh := range zhOfJSON.FindAllStringSubmatch(string(data), -1) {
				f(name, zh[1])
			}
			return err
		}
		if strings.HasSuffix(name, ".html") {
			data, err := os.ReadFile(name)
			for i, line := range strings.Split(string(data), "\n") {
				for zh := range strings.SplitSeq(shownInChinese(line), "\n") {
					if hasHan(zh) {
						f(name+":"+strconv.Itoa(i+1), zh)
					}
				}
			}
			return err
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				zh, ok := text(e)
				if english := strings.Contains(zh, " the "); ok && hasHan(zh) && !english && !strings.Contains(zh, `\d`) {
					f(set.Position(n.Pos()).String(), zh)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var zhOfJSON = regexp.MustCompile(`"zh": "([^"]*)"`)

var (
	pairOfPage   = regexp.MustCompile(`\{\{t "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"\}\}`)
	valueOfPage  = regexp.MustCompile(`\{\{ ?[.$][^}]*\}\}|\{\{(state|kind|stage|time|ended|way|source|requestID|base)\b[^}]*\}\}`)
	actionOfPage = regexp.MustCompile(`\{\{[^}]*\}\}`)
	inlineTag    = regexp.MustCompile(`</?(a|b|code|span|strong)\b[^>]*>`)
	otherTag     = regexp.MustCompile(`<[^>]*>`)
)

// shownInChinese is roughly what a line of a page shows in Chinese, with 7 for a
// value and a line for each element that begins one.
func shownInChinese(line string) string {
	line = pairOfPage.ReplaceAllString(line, "$1")
	line = valueOfPage.ReplaceAllString(line, "7")
	line = actionOfPage.ReplaceAllString(line, "")
	line = strings.ReplaceAll(line, " <a ", "\n<a ") // the gap between two links
	line = inlineTag.ReplaceAllString(line, "")
	return otherTag.ReplaceAllString(line, "\n")
}

func TestChineseSpacing(t *testing.T) {
	n := 0
	chineseTexts(t, func(at, zh string) {
		n++
		if fault := spacingFault(zh); fault != "" {
			t.Errorf("%s: %q: %s", at, zh, fault)
		}
	})
	if n < 500 {
		t.Errorf("only %d texts were found", n)
	}
	for _, bad := range []string{
		"已办理： 3", "还可申请 5个", "还可申请%d 个", "公网 IP", "不是 JSON", "由Python 打印", "服务器，请续费 。", "没有服务器,请购买", "备案(首次)",
		shownInChinese(`<p>{{t "codes left:" "还可申请"}} {{.Left}}{{t "" "个"}}</p>`), shownInChinese(`<p>{{t "Done:" "已办理："}} <b>{{.Done}}</b></p>`),
	} {
		if spacingFault(strings.TrimSpace(bad)) == "" {
			t.Errorf("%q passes", bad)
		}
	}
	for _, good := range []string{"已办理：3", "请用 -facts 给出", "%q 不是IP地址", "不是 review -json 的输出", "2026-03-01 10:00，均为北京时间", shownInChinese(`{{t "Server " "服务器"}}<b>{{.ID}}</b>`)} {
		if fault := spacingFault(good); fault != "" {
			t.Errorf("%q: %s", good, fault)
		}
	}
}

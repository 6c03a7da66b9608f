package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// cliDocs is where the generated descriptions of the command live.
var cliDocs = map[string]string{"en": "../../docs/cli.md", "zh": "../../docs/cli.zh-CN.md"}

// pages are the parts of the descriptions that are written by hand.
var pages = map[string]struct{ intro, order, output, document, complete string }{
	"en": {
		intro: "# The command\n\n" +
			"Generated from the commands by `go test -run TestDocs -update` in `cmd/icpcode`; the same test fails where the two differ.\n" +
			"[中文](cli.zh-CN.md)\n\n" +
			"| Exit status | Meaning |\n|---|---|\n",
		order: "\nOf several, the first in the order 2, 3, 1, 4 counts.\n",
		output: "\n# Output for programs\n\n" +
			"Texts are in the language of `-lang`. In JSON, and in CSV with `-lang en`, everything else is the same in both languages: `verdict` is yes, no or\n" +
			"unknown. `codes` is how many the server can certainly have now, `codes_at_most` how many if every fact that is missing passes too.\n\n" +
			"`precheck -csv` writes a row for each server and reason, and one row for a server without reasons. `codes` and `codes_at_most` stand in the\n" +
			"first row of a server only, so that the column adds up. Text that a spreadsheet would compute has an apostrophe in front. With `-lang zh` the\n" +
			"file begins with a byte order mark and has Chinese headers, verdicts and outcomes, so that a Chinese Excel shows it as it is. What it prints can be\n" +
			"given back as an inventory, in either language: for what a server is, not for the answers. The columns are\n\n",
		document: "\n\n`precheck -json` writes one document, a server at a time:\n\n",
		complete: "`complete` is false if an inventory is incomplete or could not be read; `problems` has the first hundred of what is wrong. `unmatched` are the\n" +
			"rows of `-facts` and `-issued` about servers that are in no inventory. If the run stops at a problem, the document has neither `unmatched`,\n" +
			"`rule_sets`, `today` nor `fleet`. With `-sites` there is also `sites`, the plan. `today` is the first screen: what to do, first what is due first (`by` is\n" +
			"null: today), and the one file that would tell most; that of `review -json` has `filings`, `at_risk`, `fine`, `unknown` and `ended` for the counts.\n",
	},
	"zh": {
		intro: "# 命令\n\n" +
			"本页由 `cmd/icpcode` 中的 `go test -run TestDocs -update` 根据命令生成；两者不一致时同一测试失败。\n" +
			"[English](cli.md)\n\n" +
			"| 退出状态 | 含义 |\n|---|---|\n",
		order: "\n同时出现多种情况时，按2、3、1、4的顺序取第一个。\n",
		output: "\n# 供程序使用的输出\n\n" +
			"文字的语言由 `-lang` 决定。JSON以及 `-lang en` 的CSV中，其余内容两种语言相同：`verdict` 为yes、no或unknown；`codes` 为现在一定可以申请的数量，\n" +
			"`codes_at_most` 为所缺事实均符合要求时的数量。\n\n" +
			"`precheck -csv` 对每台服务器的每个原因输出一行，没有原因的服务器输出一行。数量只写在每台服务器的第一行，因此该列可以直接求和。会被表格软件当作公式\n" +
			"计算的文字前加有撇号。`-lang zh` 时文件带BOM，表头、结论和判断均为中文，可直接用中文版Excel打开。两种语言的输出都可以再作为清单读入：读取服务器本身\n" +
			"的信息，不读取结论。各列依次为\n\n",
		document: "\n\n`precheck -json` 输出一个文档，逐台服务器写出：\n\n",
		complete: "清单不完整或无法读取时 `complete` 为false；`problems` 列出前一百个问题；`unmatched` 为 `-facts` 和 `-issued` 中不在任何清单里的服务器。因问题中止时，\n" +
			"文档没有 `unmatched`、`rule_sets`、`today` 和 `fleet`。用 `-sites` 时另有 `sites`（方案）。`today` 即首屏内容：要做的事，先到期的在前（`by` 为null表示今天），\n" +
			"以及最有用的一个文件；`review -json` 的 `today` 中，数量为 `filings`、`at_risk`、`fine`、`unknown` 和 `ended`。\n",
	},
}

// statuses say what the exit statuses mean.
var statuses = []struct {
	status int
	en, zh string
}{
	{exitYes, "every server may have codes, every filing is fine; or what was asked for was printed", "所有服务器都可以申请，所有备案正常；或已输出所要求的内容"},
	{exitNo, "a server may not, or a filing is at risk", "有服务器不可以申请，或有备案存在风险"},
	{exitUsage, "the command line is wrong, or a file that it names besides inventories, also where that speaks of a server that is in no inventory",
		"命令行有误，或命令行所指的清单以外的文件有误（包括其中的服务器不在任何清单中）"},
	{exitInput, "an inventory is incomplete or cannot be read, there are no servers, or the output cannot be written", "清单不完整、无法读取或没有服务器，或输出无法写入"},
	{exitUnknown, "none may not and none is at risk, but of one it cannot be told", "没有不可以申请或有风险的，但有无法判断的"},
}

// TestDocs holds the descriptions: they are what -h prints.
func TestDocs(t *testing.T) {
	for lang, path := range cliDocs {
		var b strings.Builder
		page, c := pages[lang], newCommand(machine(nil), []string{"--lang", lang})
		b.WriteString(page.intro)
		for _, s := range statuses {
			fmt.Fprintf(&b, "| %d | %s |\n", s.status, c.say(s.en, s.zh))
		}
		b.WriteString(page.order)
		root := c.root()
		for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
			if cmd == root || cmd.IsAvailableCommand() {
				fmt.Fprintf(&b, "\n## %s\n\n```text\n%s```\n", cmd.CommandPath(), c.help(cmd))
			}
		}
		columns := csvColumns
		if lang == "zh" {
			columns = csvColumnsZh
		}
		b.WriteString(page.output + "    " + strings.Join(columns, "\n    ") + page.document + "```text\n" +
			"{\"at\", \"unofficial\", \"assume\", \"account\", \"issued\",\n \"servers\": [{" + members[jsonServer]() + "}],\n" +
			" \"problems\", \"problem_count\", \"complete\",\n \"unmatched\": [{" + members[jsonUnmatched]() + "}],\n" +
			" \"rule_sets\": [{" + members[jsonSet]() + "}],\n \"today\": {\"servers\", \"yes\", \"no\", \"unknown\", \"codes\",\n   \"do\": [{" + members[task]() + "}],\n   \"more\", \"otherwise\", \"would_tell\": {\"file\", \"count\"}},\n \"fleet\": {" + members[jsonFleet]() + "}}\n```\n\n" + page.complete)
		golden(t, path, b.String())
	}
}

// members lists the JSON names of a struct.
func members[T any]() string {
	var names []string
	for i := range reflect.TypeFor[T]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[T]().Field(i).Tag.Get("json"), ",")
		if name == "" {
			continue // not exported
		}
		names = append(names, `"`+name+`"`)
	}
	return strings.Join(wrap(strings.Join(names, ", "), 70), "\n   ")
}

// TestStatusesAreDocumented: the help of precheck names each exit status.
func TestStatusesAreDocumented(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		help := strings.Join(strings.Fields(runIt("precheck", "-h", "-lang", lang).out), " ")
		told := map[string][2]string{"en": {"exit status is", " "}, "zh": {"退出状态：", "表示"}}[lang]
		for _, s := range []string{"0", "1", "2", "3", "4"} {
			_, after, _ := strings.Cut(help, told[0])
			if !strings.Contains(after, s+told[1]) {
				t.Errorf("%s: status %s is not told", lang, s)
			}
		}
	}
}

package inventory

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// headSize is how much of an input is looked at to tell what it is.
const headSize = 2048

// head returns the first bytes that are left, without consuming them.
func (s *scanner) head() []byte {
	for s.end-s.pos < headSize && s.fill() {
	}
	return s.buf[s.pos:min(s.end, s.pos+headSize)]
}

var (
	pythonPrint  = regexp.MustCompile(`^[\[(\s]*\{\s*u?'`)
	tagged       = regexp.MustCompile(`^\[([A-Za-z][A-Za-z_ ]*)\]\s*\S`)
	errorCode    = regexp.MustCompile(`(?m)^\s*(?:ErrorCode|Error Code|code)\s*:\s*([\w.-]+)`)
	codeInLine   = regexp.MustCompile(`\bcode: ?([\w.-]+)`)
	errorLine    = regexp.MustCompile(`(?i)^(?:error|错误|exception|fatal)\b|^Traceback \(|^An error occurred|^[Uu]sage:|command not found|未找到命令|is not recognized as|No such file or directory|不是内部或外部命令`)
	tableRule    = regexp.MustCompile(`^[\s|+:=┌┬┐├┼┤└┴┘│─-]*[-=─]{3}[\s|+:=┌┬┐├┼┤└┴┘│─-]*$`)
	yamlKey      = regexp.MustCompile(`^(?:---|- ?[\w-]+:.*|[\w-]+:(?: .*)?)$`)
	bareID       = regexp.MustCompile(`^(?:i|ins|lhins|lb|ngw|eip)-[0-9a-zA-Z]+$`)
	commandPrint = regexp.MustCompile(`^(?:\[?[\w.-]+@[\w.-]+[^\n]*[#$%>] ?|PS [A-Z]:\\[^\n]*> ?|[A-Z]:\\[^\n]*>|[^\s{\["]*[$>#%] ?)(?:sudo )?(?:aliyun|tccli|hcloud|icpcode|cat|curl|python3?|jq|type)\b`)
)

// jsonOf says how the tools print JSON.
var jsonOf = phrase{
	"have the tool print JSON: aliyun prints it without --output, tccli with --output json, hcloud with --cli-output=json",
	"请让工具输出JSON：aliyun 不加 --output，tccli 用 --output json，hcloud 用 --cli-output=json",
}

// wholeAnswer says what to give instead of what a filter left.
var wholeAnswer = phrase{"give the whole answer of the tool, without a filter such as jq or --query", "请提供工具的完整输出，不要用 jq、--query 等筛选"}

// unreadable says what a text is that is neither JSON nor a CSV, or nil. People
// have these because a tool printed them.
func unreadable(head []byte) *FormatError {
	text := string(head)
	first, rest, _ := strings.Cut(text, "\n")
	first = strings.TrimSpace(first)
	second, _, _ := strings.Cut(rest, "\n")
	switch {
	case pythonPrint.Match(head):
		return &FormatError{
			kind: KindPython,
			what: phrase{"printed by Python, which is not JSON", "由Python直接打印，不是JSON"},
			do:   phrase{"print json.dumps(answer), or answer.to_json_string() of Tencent Cloud's SDK", "请用 json.dumps(answer) 打印，腾讯云SDK可用 answer.to_json_string()"},
		}
	case tagged.MatchString(first):
		return toolError(text, first)
	case commandPrint.MatchString(first):
		return &FormatError{
			kind: KindTerminal,
			what: phrase{"a copy of a terminal, with the command in it", "终端内容的副本，其中包含命令本身"},
			do:   phrase{"redirect the output into a file: COMMAND > servers.json", "请将输出重定向到文件：命令 > servers.json"},
		}
	case errorLine.MatchString(first):
		return toolError(text, first)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return &FormatError{kind: KindPacked, what: phrase{"a workbook or archive", "工作簿或压缩文件"}, do: phrase{"save the sheet as CSV", "请将工作表另存为CSV"}}
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return &FormatError{kind: KindPacked, what: phrase{"compressed with gzip", "经 gzip 压缩的文件"}, do: phrase{"unpack it first: gzip -dc FILE", "请先解压：gzip -dc 文件"}}
	case strings.HasPrefix(first, "<?xml") || strings.HasPrefix(first, "<Describe") || strings.HasPrefix(first, "<List"):
		return &FormatError{kind: KindXML, what: phrase{"XML", "XML"}, do: jsonOf}
	case strings.HasPrefix(first, "<"):
		return &FormatError{kind: KindWebPage, what: phrase{"a web page", "网页"}, do: jsonOf}
	case tableRule.MatchString(first) && first != "---" || tableRule.MatchString(strings.TrimRight(second, "\r")) && strings.TrimSpace(second) != "":
		return &FormatError{kind: KindTable, what: phrase{"a table for people", "供人阅读的表格"}, do: jsonOf}
	case bareID.MatchString(first) && (second == "" || bareID.MatchString(strings.TrimSpace(second))):
		return idList()
	case plainFile(text) != nil:
		return plainFile(text)
	case !strings.Contains(first, ",") && yamlKey.MatchString(first) && (first == "---" || strings.Contains(first, ":")):
		return &FormatError{kind: KindYAML, what: phrase{"YAML, or the settings of something", "YAML或配置文件"}, do: jsonOf}
	}
	return nil
}

// toolError says that a tool failed.
func toolError(text, first string) *FormatError {
	code := first
	for _, r := range [...]*regexp.Regexp{errorCode, codeInLine} {
		if m := r.FindStringSubmatch(text); m != nil {
			code = m[1]
			break
		}
	}
	return &FormatError{
		kind: KindToolError, detail: code,
		what: phrase{fmt.Sprintf("an error of the tool: %.80q", code), fmt.Sprintf("工具报错：%.80q", code)},
		do:   phrase{"nothing was listed: mend that and run it again", "没有列出任何内容：请排除该错误后重新运行"},
	}
}

func idList() *FormatError {
	return &FormatError{
		kind: KindIDs,
		what: phrase{"a list of IDs, without anything about the servers", "只有ID的列表，没有服务器信息"},
		do:   wholeAnswer,
	}
}

// scalarDocument says what a value is where an object should be.
func scalarDocument(k valueKind, value []byte, inList bool) *FormatError {
	if k == null {
		return &FormatError{kind: KindScalar, detail: "null", what: phrase{"null: a filter selected nothing", "null：筛选条件没有选中任何内容"}, do: wholeAnswer}
	}
	if k != text {
		return &FormatError{kind: KindScalar, detail: string(value), what: phrase{"a number or a word alone", "单独的数字或词"}, do: wholeAnswer}
	}
	if t := bytes.TrimSpace(value); len(t) > 0 && (t[0] == '{' || t[0] == '[') {
		return &FormatError{kind: KindEncoded, what: phrase{"JSON inside a text: it was encoded twice", "文本中的JSON：被编码了两次"}, do: phrase{"decode it first: jq -r .", "请先解码：jq -r ."}}
	}
	if inList {
		return idList()
	}
	return &FormatError{kind: KindScalar, detail: string(value), what: phrase{"a text alone", "单独的文本"}, do: wholeAnswer}
}

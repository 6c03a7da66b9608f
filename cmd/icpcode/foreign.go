package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// binaryKind says what a file is that is no text; nil: a text, and errNoSheet:
// a ZIP archive, which may be a workbook.
func binaryKind(head []byte) error {
	for _, k := range [...]struct{ magic, en, zh string }{
		{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "it is an old Excel file (.xls) or one with a password: save it in Excel as .xlsx, or as CSV UTF-8",
			"这是旧版Excel文件（.xls）或加密文件：请在Excel中另存为.xlsx或CSV UTF-8"},
		{"\x1F\x8B", "it is compressed (gzip): unpack it first, gzip -dc FILE | icpcode precheck -", "这是gzip压缩文件：请先解压，gzip -dc 文件 | icpcode precheck -"},
		{"BZh", "it is compressed (bzip2): unpack it first", "这是bzip2压缩文件：请先解压"},
		{"\xFD7zXZ\x00", "it is compressed (xz): unpack it first", "这是xz压缩文件：请先解压"},
		{"(\xB5/\xFD", "it is compressed (zstd): unpack it first", "这是zstd压缩文件：请先解压"},
		{"7z\xBC\xAF\x27\x1C", "it is a 7z archive: unpack it first", "这是7z压缩包：请先解压"},
		{"Rar!", "it is a RAR archive: unpack it first", "这是RAR压缩包：请先解压"},
		{"%PDF-", "it is a PDF: export the list as JSON or CSV instead", "这是PDF：请改为导出JSON或CSV"},
		{"\x89PNG", "it is a picture: export the list as JSON or CSV instead", "这是图片：请改为导出JSON或CSV"},
		{"\xFF\xD8\xFF", "it is a picture: export the list as JSON or CSV instead", "这是图片：请改为导出JSON或CSV"},
		{"SQLite format 3\x00", "it is a SQLite database: export the table as CSV with headers", "这是SQLite数据库：请将表导出为带表头的CSV"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return errorf(k.en, k.zh)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) && bytes.Contains(head, []byte("mimetypeapplication/vnd.oasis.opendocument.spreadsheet")):
		return errorf("it is an OpenDocument spreadsheet (.ods): save it as .xlsx, or as CSV in UTF-8", "这是OpenDocument表格（.ods）：请另存为.xlsx或CSV（UTF-8）")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return errNoSheet
	}
	return nil
}

// The commands that print what can be read.
const (
	printAliyun = "aliyun ecs DescribeInstances > ecs.json"
	printTccli  = "tccli cvm DescribeInstances > cvm.json"
	printHcloud = "hcloud ECS ListServersDetails > ecs.json"
)

// printing names the command that prints a whole list: that of the provider
// that the text shows, or else of each.
func printing(text string) string {
	lower := strings.ToLower(text)
	for _, p := range [...]struct {
		command string
		signs   []string
	}{
		{printTccli, []string{"tccli", "tencent", "ins-", "instanceset"}},
		{printHcloud, []string{"hcloud", "huawei", "myhuaweicloud", `"servers"`}},
		{printAliyun, []string{"aliyun", "alicloud", "alibaba", "sdk.servererror", "i-bp", "i-2z", "i-uf", "i-wz", "i-j6c", "cn-hangzhou", "instances.instance"}},
	} {
		if slices.ContainsFunc(p.signs, func(sign string) bool { return strings.Contains(lower, sign) }) {
			return p.command
		}
	}
	return printAliyun + "; " + printTccli + "; " + printHcloud
}

// The looks of texts that are no inventories.
var (
	ruleLine  = regexp.MustCompile(`(?m)^\s*[|+]?\s*[-=+:]{2,}[-=+:| ]*\s*$`)
	yamlLine  = regexp.MustCompile(`(?m)^\s*(- )?["']?[A-Za-z_][\w:-]*["']?:(\s|$)`)
	toolError = regexp.MustCompile(`(?m)^\s*(ERROR:|Error:|error:|\[[A-Z_]*ERROR\]|\[TencentCloudSDKException\]|ErrorCode:|Traceback \(most recent call last\):|usage: |Usage:|.*: command not found|.*不是内部或外部命令|.*is not recognized as )`)
	promptOne = regexp.MustCompile(`^(\[?[\w.-]+@[\w.-]+[^\n]*[#$%>] |PS [A-Z]:\\[^\n]*> |[A-Z]:\\[^\n]*>|\$ |% |> )(sudo )?(aliyun|tccli|hcloud|icpcode|cat|curl|python3?|jq|type) `)
)

// recognise says what a text is that no reader takes, and what to do; nil: it
// does not show. A byte order mark may be in front.
func recognise(head []byte) error {
	text := strings.TrimSpace(strings.TrimPrefix(string(head), "\uFEFF"))
	lower := strings.ToLower(text[:min(len(text), 512)])
	command := printing(text)
	switch {
	case text == "":
		return errorf("it is empty: the tool printed nothing there, or failed", "文件为空：工具没有输出内容，或执行失败")
	case strings.ContainsRune(text, 0):
		return errorf("it is no text: give what the provider's tool prints, %s", "不是文本文件：请提供云服务商工具的输出，%s", command)
	case strings.HasPrefix(text, "{'"), strings.HasPrefix(text, "[{'"), strings.HasPrefix(text, "['"):
		return errorf("it is what Python's print shows, not JSON: print(json.dumps(...)) instead, or %s", "这是Python的print输出，不是JSON：请改用print(json.dumps(...))，或 %s", command)
	case promptOne.MatchString(firstLine(text)):
		return errorf("it is a log of a terminal, with prompts: send the output itself to a file, %s", "这是终端记录，含有命令提示符：请将命令的输出直接写入文件，%s", command)
	case looksLikeJSON([]byte(text)):
		return recogniseJSON(text, command)
	case toolError.MatchString(text):
		return errorf("it is an error of the tool, not a list: %s; correct that and print it again, %s", "这是工具的报错，不是清单：%s；请解决后重新执行 %s", firstError(text), command)
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"), strings.HasPrefix(lower, "<table"), strings.Contains(lower, "<html"):
		return errorf("it is a web page or a table saved as one (consoles call it .xls): open it in Excel and save it as .xlsx, or %s",
			"这是网页或以网页保存的表格（控制台导出的.xls常是如此）：请用Excel打开后另存为.xlsx，或 %s", command)
	case strings.HasPrefix(text, "<"):
		return errorf("it is XML: ask for JSON, %s", "这是XML：请改为输出JSON，%s", command)
	case text == "null", text == "true", text == "false":
		return errorf("it is only %s: the tool's filter or query matched nothing; print the whole list, %s", "内容只有%s：筛选条件没有匹配到任何内容；请输出完整清单，%s", text, command)
	case strings.HasPrefix(text, `"`) && strings.Contains(text, `{\"`):
		return errorf("it is JSON inside a JSON text: unpack it first, jq -r . FILE", "这是嵌套在JSON文本中的JSON：请先解开，jq -r . 文件")
	case ruleLine.MatchString(text):
		return errorf("it is a table for people, not data: print JSON, without --output table or cols=, %s", "这是供人阅读的表格，不是数据：请输出JSON，不要加--output table或cols=，%s", command)
	case len(yamlLine.FindAllString(text, 3)) >= 2 || strings.HasPrefix(text, "---\n"):
		return errorf("it looks like YAML: print JSON, %s", "这似乎是YAML：请输出JSON，%s", command)
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// firstError is the line of a tool's error that says most.
func firstError(text string) string {
	best := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if best == "" || strings.HasPrefix(line, "ErrorCode:") || strings.Contains(line, "code:") {
			best = line
		}
	}
	return shorten(best, 100)
}

// outline is what the beginning of a JSON text shows.
type outline struct {
	outer []string // keys of the outermost object
	inner []string // keys of the first object in a list
	texts bool     // a list of texts or numbers, without objects
}

// outlineOf reads as much of a JSON text as there is.
func outlineOf(text string) *outline {
	o := &outline{}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	type frame struct {
		list, first bool // the first element of its list
		key         bool // a key comes next
	}
	var stack []frame
	sawObject := false
	for {
		t, err := dec.Token()
		if err != nil {
			return o
		}
		top := len(stack) - 1
		switch t := t.(type) {
		case json.Delim:
			if t == '}' || t == ']' {
				stack = stack[:top]
				if top > 0 && !stack[top-1].list {
					stack[top-1].key = true
				}
				continue
			}
			inList := top >= 0 && stack[top].list
			stack = append(stack, frame{list: t == '[', key: t == '{', first: t == '{' && inList && !sawObject})
			sawObject = sawObject || t == '{' && inList
			continue
		case string:
			if top >= 0 && !stack[top].list && stack[top].key {
				if top == 0 {
					o.outer = append(o.outer, t)
				}
				if stack[top].first {
					o.inner = append(o.inner, t)
				}
				stack[top].key = false
				continue
			}
		}
		if top >= 0 && stack[top].list && !sawObject {
			o.texts = true
		}
		if top >= 0 && !stack[top].list {
			stack[top].key = true
		}
	}
}

func (o *outline) has(keys ...string) bool {
	for _, k := range keys {
		if !slices.Contains(o.outer, k) && !slices.Contains(o.inner, k) {
			return false
		}
	}
	return true
}

// recogniseJSON is recognise for JSON.
func recogniseJSON(text, command string) error {
	o := outlineOf(text)
	switch {
	case o.has("terraform_version"), o.has("lineage", "serial"):
		return errorf("it is Terraform's state, which is not read yet: print the servers themselves, %s", "这是Terraform状态文件，暂不支持读取：请直接输出服务器清单，%s", command)
	case o.has("columns", "rows"):
		return errorf("it is the answer to a query (steampipe): print the provider's whole list instead, %s", "这是查询工具（steampipe）的结果：请改为输出云服务商的完整清单，%s", command)
	case o.has("Reservations"):
		return errorf("it is a list of Amazon's EC2: ICP filings are for servers in mainland China, of providers there", "这是亚马逊EC2的清单：ICP备案只适用于中国大陆云服务商的服务器")
	case o.has("Code", "Message"), o.has("code", "message"), o.has("error_code"), o.has("error_msg"), o.has("Error"):
		return errorf("it is an error that the provider answered: %s; correct that and print it again, %s", "这是云服务商返回的错误：%s；请解决后重新执行 %s", oneLine(shorten(text, 100)), command)
	case o.texts && len(o.outer) == 0 && len(o.inner) == 0:
		return errorf("it is a list of IDs or other single values: print the whole records, without jq or a query, %s", "这是ID等单个值的列表：请输出完整记录，不要用jq或查询筛选，%s", command)
	}
	keys := o.inner
	if len(keys) == 0 {
		keys = o.outer
	}
	if isCut(keys) {
		return errorf("its records have been cut or renamed by jq, --query or --filter (%s): print the whole records, %s",
			"记录经jq、--query或--filter裁剪或改名（%s）：请输出完整记录，%s", strings.Join(keys[:min(len(keys), 5)], ", "), command)
	}
	return nil
}

// isCut reports whether the keys are those of a part of a server's record.
func isCut(keys []string) bool {
	n := 0
	for _, k := range keys {
		switch strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(k)) {
		case "id", "instanceid", "name", "instancename", "status", "state", "instancestate", "region", "regionid", "expires", "expiredtime",
			"billing", "instancechargetype", "chargetype", "ip", "publicip", "publicipaddress", "publicipaddresses", "zone", "zoneid", "creationtime", "createdtime":
			n++
		}
	}
	return n >= 2 && n*3 >= len(keys)*2
}

package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/icpcode/icpcode/inventory"
)

// binaryKind says what a file is that is no text; nil: a text, and errNoSheet:
// a ZIP archive, which may be a workbook.
func binaryKind(head []byte) error {
	for _, k := range [...]struct{ magic, en, zh string }{
		{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "it is an old Excel file (.xls) or one with a password: save it in Excel as .xlsx, or as CSV UTF-8",
			"这是旧版Excel文件（.xls）或加密文件，请在Excel中另存为.xlsx或CSV UTF-8"},
		{"\x1F\x8B", "it is compressed (gzip): unpack it first, gzip -dc FILE | icpcode precheck -", "这是gzip压缩文件，请先解压，gzip -dc 文件 | icpcode precheck -"},
		{"BZh", "it is compressed (bzip2): unpack it first", "这是bzip2压缩文件，请先解压"},
		{"\xFD7zXZ\x00", "it is compressed (xz): unpack it first", "这是xz压缩文件，请先解压"},
		{"(\xB5/\xFD", "it is compressed (zstd): unpack it first", "这是zstd压缩文件，请先解压"},
		{"7z\xBC\xAF\x27\x1C", "it is a 7z archive: unpack it first", "这是7z压缩包，请先解压"},
		{"Rar!", "it is a RAR archive: unpack it first", "这是RAR压缩包，请先解压"},
		{"%PDF-", "it is a PDF: export the list as JSON or CSV instead", "这是PDF，请改为导出JSON或CSV"},
		{"\x89PNG", "it is a picture: export the list as JSON or CSV instead", "这是图片，请改为导出JSON或CSV"},
		{"\xFF\xD8\xFF", "it is a picture: export the list as JSON or CSV instead", "这是图片，请改为导出JSON或CSV"},
		{"SQLite format 3\x00", "it is a SQLite database: export the table as CSV with headers", "这是SQLite数据库，请将表导出为带表头的CSV"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return errorf(k.en, k.zh)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) && bytes.Contains(head, []byte("mimetypeapplication/vnd.oasis.opendocument.spreadsheet")):
		return errorf("it is an OpenDocument spreadsheet (.ods): save it as .xlsx, or as CSV in UTF-8", "这是OpenDocument表格（.ods），请另存为.xlsx或CSV（UTF-8）")
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

// recognise says what a text is that no reader takes, and what to do; nil: it
// does not show. The error is that of a reader, and need not tell.
func recognise(err error, head []byte) error {
	text := strings.TrimSpace(strings.TrimPrefix(string(head), "\uFEFF"))
	if text == "" {
		return errorf("it is empty: the tool printed nothing there, or failed", "文件为空：工具没有输出内容，或执行失败")
	}
	command := printing(text)
	if strings.ContainsRune(text, 0) {
		return errorf("it is no text: give what the provider's tool prints, such as %s", "不是文本文件，请提供云服务商工具的输出，例如 %s", command)
	}
	var format *inventory.FormatError
	if !errors.As(err, &format) {
		for _, err := range inventory.Read(strings.NewReader(text), nil) {
			if errors.As(err, &format) {
				break
			}
		}
	}
	if format == nil {
		return nil
	}
	if say, found := kindWords[format.Kind()]; found {
		return errorf(say.en, say.zh, format.Detail(), command)
	}
	return nil
}

// kindWords say of each kind of input what it is and what to do. They take the
// detail and the command that prints a list.
var kindWords = map[inventory.Kind]struct{ en, zh string }{
	inventory.KindPython: {"it is what Python's print shows, not JSON: print(json.dumps(...)) instead, or %[2]s",
		"这是Python的print输出，不是JSON，请改用print(json.dumps(...))，或 %[2]s"},
	inventory.KindTerminal: {"it is a log of a terminal, with prompts: send the output itself to a file, for example: %[2]s", "这是终端记录，含有命令提示符，请将命令的输出直接写入文件，例如 %[2]s"},
	inventory.KindToolError: {"it is an error of the tool, not a list: %.100[1]s; correct that and print it again: %[2]s",
		"这是工具的报错，不是清单：%.100[1]s；请解决后重新执行 %[2]s"},
	inventory.KindAnswered: {"it is an error that the provider answered: %.100[1]s; correct that and print it again: %[2]s",
		"这是云服务商返回的错误：%.100[1]s；请解决后重新执行 %[2]s"},
	inventory.KindWebPage: {"it is a web page or a table saved as one (consoles call it .xls): open it in Excel and save it as .xlsx, or %[2]s",
		"这是网页或以网页保存的表格（控制台导出的.xls常是如此），请用Excel打开后另存为.xlsx，或 %[2]s"},
	inventory.KindXML: {"it is XML: ask for JSON, such as %[2]s", "这是XML，请改为输出JSON，例如 %[2]s"},
	inventory.KindScalar: {"it is only %.40[1]s: the tool's filter or query matched nothing, or one value; print the whole list, such as %[2]s",
		"内容只有%.40[1]s：筛选条件没有匹配到内容，或只匹配到一个值；请输出完整清单，例如 %[2]s"},
	inventory.KindEncoded: {"it is JSON inside a JSON text: unpack it first, jq -r . FILE", "这是嵌套在JSON文本中的JSON，请先解开，jq -r . 文件"},
	inventory.KindTable: {"it is a table for people, not data: print JSON, without --output table or cols=, for example: %[2]s",
		"这是供人阅读的表格，不是数据，请输出JSON（不要加--output table或cols=），例如 %[2]s"},
	inventory.KindYAML:  {"it looks like YAML: print JSON, such as %[2]s", "这似乎是YAML，请输出JSON，例如 %[2]s"},
	inventory.KindState: {"it is Terraform's state file, which is not read itself: print it with terraform show -json, or the servers themselves, such as %[2]s", "这是Terraform状态文件，不直接读取，请用 terraform show -json 输出，或直接输出服务器清单，例如 %[2]s"},
	inventory.KindQuery: {"it is the answer to a query (steampipe): print the provider's whole list instead, such as %[2]s",
		"这是查询工具（steampipe）的结果，请改为输出云服务商的完整清单，例如 %[2]s"},
	inventory.KindINI: {"it is a file of settings, such as Ansible's list of hosts: it does not say how servers are paid for or until when; print the servers themselves, such as %[2]s",
		"这是配置文件（例如Ansible的主机清单），其中没有计费方式和到期时间，请直接输出服务器清单，例如 %[2]s"},
	inventory.KindSSH: {"it is the settings of SSH: it does not say how servers are paid for or until when; print the servers themselves, such as %[2]s",
		"这是SSH配置文件，其中没有计费方式和到期时间，请直接输出服务器清单，例如 %[2]s"},
	inventory.KindMetrics: {"it is metrics of Prometheus: they do not say how servers are paid for or until when; print the servers themselves, such as %[2]s",
		"这是Prometheus指标，其中没有计费方式和到期时间，请直接输出服务器清单，例如 %[2]s"},
	inventory.KindSource: {"it is Terraform's configuration, which is not read: print the servers themselves, such as %[2]s",
		"这是Terraform配置文件，无法读取，请直接输出服务器清单，例如 %[2]s"},
	inventory.KindHosts: {"it is a list of addresses: it does not say which servers have them; print the servers themselves, such as %[2]s",
		"这是IP地址列表，没有服务器信息，请直接输出服务器清单，例如 %[2]s"},
	inventory.KindNoHeader: {"its first line (%.60[1]q) names none of the columns: put one above it, such as id,name,provider,product,region,billing,status,created,expires,public_ip; or print the list with the tool, such as %[2]s",
		"第一行（%.60[1]q）不是表头，请在首行写上列名，例如 id,name,provider,product,region,billing,status,created,expires,public_ip；或用工具输出清单，例如 %[2]s"},
	inventory.KindIDs: {"it is a list of IDs or other single values: print the whole records, without jq or a query, for example: %[2]s",
		"这是ID等单个值的列表，请输出完整记录（不要用jq或查询筛选），例如 %[2]s"},
	inventory.KindSelection: {"its records have been cut or renamed by jq, --query or --filter (%[1]s): print the whole records, such as %[2]s",
		"记录经jq、--query或--filter裁剪或改名（%[1]s），请输出完整记录，例如 %[2]s"},
}

package main

import "regexp"

// phrasesZh say in Chinese what package inventory says of a record or a line
// in English. They are tried in this order on the whole text.
var phrasesZh = []struct {
	en *regexp.Regexp
	zh string
}{
	{regexp.MustCompile(`^inventory: facts, line (\d+), (\w+): `), "第${1}行，${2}列："},
	{regexp.MustCompile(`^inventory: facts, line (\d+): `), "第${1}行："},
	{regexp.MustCompile(`^inventory: `), ""},
	{regexp.MustCompile(`^not an inventory of a known format: `), "不是可识别的清单："},
	{regexp.MustCompile(`not an inventory of a known format$`), "不是可识别的清单"},
	{regexp.MustCompile(`an object with (\S+)$`), "含有${1}的对象"},
	{regexp.MustCompile(`the value of (\S+) is of another kind`), "${1}的值类型不符"},
	{regexp.MustCompile(`a text instead of a list`), "应为列表，实为文本"},
	{regexp.MustCompile(`is an ENS server, not an ECS one`), "这是ENS实例，不是ECS实例"},
	{regexp.MustCompile(`the text is UTF-16; convert it to UTF-8`), "文件为UTF-16编码，请转换为UTF-8"},
	{regexp.MustCompile(`the reader returned an impossible count`), "读取出错：返回的字节数无效"},
	{regexp.MustCompile(`more than (\d+) records contradict other records of the same servers: give lists of one day`), "同一服务器的记录相互矛盾，超过${1}条：请提供同一天导出的清单"},
	{regexp.MustCompile(`("(?:[^"\\]|\\.)*") means another product with each provider: state the provider too; known: `), "各云服务商的${1}不是同一种产品：请同时给出provider，可用的有："},
	{regexp.MustCompile(`("(?:[^"\\]|\\.)*") is what a spreadsheet shows where a formula failed, and no value: mend the formula, or leave the cell empty`), "${1}是表格公式出错时的显示内容，不是有效值：请修正公式，或将单元格留空"},
	{regexp.MustCompile(`("(?:[^"\\]|\\.)*") is a long number that a spreadsheet has shortened, and its last digits are lost: format the column as text, then paste the numbers again`), "${1}是被表格软件缩短的长数字，末尾几位已丢失：请将该列设为文本格式，再重新粘贴"},
	{regexp.MustCompile(`\bline (\d+)[,:] `), "第${1}行："},
	{regexp.MustCompile(`unknown column ("(?:[^"\\]|\\.)*"); columns are (.*)$`), "未知的列${1}；可用的列有 ${2}"},
	{regexp.MustCompile(`column (\w+) is there twice`), "列${1}出现两次"},
	{regexp.MustCompile(`there is no column id`), "没有id列"},
	{regexp.MustCompile(`there is no header line`), "没有表头"},
	{regexp.MustCompile(`unexpected EOF instead of [a-z ]+$`), "文件在此处中断，内容不完整：请重新输出完整清单"},
	{regexp.MustCompile(`unexpected EOF$`), "文件在此处中断，内容不完整：请重新输出完整清单"},
	{regexp.MustCompile(`found ('(?:[^'\\]|\\.)*') instead of [a-z: ]+$`), "JSON格式有误，此处不应出现${1}"},
	{regexp.MustCompile(`found ('(?:[^'\\]|\\.)*') instead of (\S+)$`), "JSON格式有误，此处不应出现${1}"},
	{regexp.MustCompile(`it begins with ('(?:[^'\\]|\\.)*')`), "开头为${1}，既不是JSON也不是CSV"},
	{regexp.MustCompile(`the key (\w+) is there twice`), "键${1}出现两次"},
	{regexp.MustCompile(`has the key (\w+) twice`), "键${1}出现两次"},
	{regexp.MustCompile(`(\w+) is missing`), "缺少${1}"},
	{regexp.MustCompile(`is missing`), "不能为空"},
	{regexp.MustCompile(`(\w+) is longer than (\d+) bytes`), "${1}超过${2}字节"},
	{regexp.MustCompile(`is longer than (\d+) bytes`), "超过${1}字节"},
	{regexp.MustCompile(`has a control character`), "含有控制字符"},
	{regexp.MustCompile(`has space around it`), "首尾有空格"},
	{regexp.MustCompile(`is not valid UTF-8`), "不是有效的UTF-8"},
	{regexp.MustCompile(`is not an object`), "不是JSON对象"},
	{regexp.MustCompile(`there are (?:ips|addresses) although public_ip is not yes`), "给出了地址（ips），但public_ip不是yes"},
	{regexp.MustCompile(`is not a date like .*$`), "应为日期（如2026-03-01）、时间（如2026-03-01 10:00，北京时间）或RFC 3339时刻"},
	{regexp.MustCompile(`is not a number from 1 to (\d+)`), "应为1至${1}的数字"},
	{regexp.MustCompile(`is not a whole number`), "不是整数"},
	{regexp.MustCompile(`is not a public address`), "不是公网地址"},
	{regexp.MustCompile(`is not an address`), "不是IP地址"},
	{regexp.MustCompile(`is not no or yes`), "应为yes或no"},
	{regexp.MustCompile(`is there twice`), "出现两次"},
	{regexp.MustCompile(`is not a text, number, boolean or list of texts`), "应为文本、数字、布尔值或文本列表"},
	{regexp.MustCompile(`("(?:[^"\\]|\\.)*") is not (.*) or unknown$`), "${1}应为以下之一：${2}、unknown"},
	{regexp.MustCompile(`wrong number of fields`), "单元格数与表头不同"},
	{regexp.MustCompile(`bare " in non-quoted-field`), "引号位置有误"},
	{regexp.MustCompile(`extraneous or missing " in quoted-field`), "引号不成对"},
	{regexp.MustCompile(`a value is longer than (\d+) KiB`), "值超过${1} KiB"},
	{regexp.MustCompile(`values are nested deeper than (\d+) levels`), "嵌套超过${1}层"},
	{regexp.MustCompile(`has more than (\d+) values`), "超过${1}个值"},
	{regexp.MustCompile(`holds more than (\d+) KiB`), "超过${1} KiB"},
	{regexp.MustCompile(`there are more than (\d+) addresses`), "地址多于${1}个"},
	{regexp.MustCompile(`the facts are more than (\d+) MiB`), "事实文件超过${1} MiB"},
	{regexp.MustCompile(`: ([^：]*)$`), "：${1}"},
}

// translate puts an error of package inventory into Chinese, as far as it is
// known.
func translate(text string) string {
	for _, p := range phrasesZh {
		text = p.en.ReplaceAllString(text, p.zh)
	}
	return text
}

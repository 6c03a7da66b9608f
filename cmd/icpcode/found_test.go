package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// english is a run of words that are no names.
var english = regexp.MustCompile(`[a-z]{2,} [a-z]{2,} [a-z]{2,}`)

// TestFound: files of more kinds that people have, each read or told what it
// is. They were tried on 26 November 2026 as a new user would.
func TestFound(t *testing.T) {
	ecs, err := os.ReadFile(caseDir + "/A14_ecs.json")
	if err != nil {
		t.Fatal(err)
	}
	one := strings.NewReplacer("\n", "").Replace(string(ecs))
	record := one[strings.Index(one, "[")+1 : strings.Index(one, "  ] },")]
	if i := strings.LastIndex(record, "}"); i > 0 {
		record = record[:i+1]
	}
	var zipped, gzipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	if w, err := z.Create("ecs.json"); err != nil {
		t.Fatal(err)
	} else if _, err = w.Write(ecs); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	g := gzip.NewWriter(&gzipped)
	if _, err := g.Write(ecs); err != nil || g.Close() != nil {
		t.Fatal(err)
	}
	utf16be, err := encoders["UTF-16BE with BOM"].NewEncoder().Bytes(ecs)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text    string
		as      string // "-facts", "-issued" beside the ECS list; "": an inventory
		servers int    // answered
		status  int
		en, zh  string
	}{
		"cols.txt":     {"InstanceId             | Status\n----------             | ------\ni-bp1h4adlltjc1d48goaq | Running\n", "", 0, exitInput, "a table for people", "供人阅读的表格"},
		"filter.json":  {`[{"id": "ins-abcdefgh", "ip": ["119.29.1.1"], "state": "RUNNING"}]`, "", 0, exitInput, "cut or renamed by jq, --query or --filter (id, ip, state)", "裁剪或改名（id, ip, state）"},
		"hcloud.txt":   {"+------+--------+\n| id   | status |\n+------+--------+\n| h-1  | ACTIVE |\n+------+--------+\n", "", 0, exitInput, "a table for people", "供人阅读的表格"},
		"table.md":     {"| id | product |\n|---|---|\n| i-1 | ECS |\n", "", 0, exitInput, "a table for people", "供人阅读的表格"},
		"lines.jsonl":  {record + "\n" + strings.Replace(record, "i-bp1ggg", "i-bp1hhh", 1) + "\n", "", 2, exitUnknown, "", ""},
		"shell.log":    {"[root@iZbp1 ~]# aliyun ecs DescribeInstances\n" + one + "\n[root@iZbp1 ~]# exit\n", "", 0, exitInput, "a log of a terminal, with prompts", "终端记录，含有命令提示符"},
		"script.log":   {"Script started on 2026-06-01\n" + string(ecs), "", 1, exitUnknown, "line 1 is above the list: not read", "第1行在清单之前：未读取"},
		"loop.txt":     {one + "\nERROR: SDK.ServerError\n", "", 1, exitInput, "found 'E' instead of", "JSON格式有误，此处不应出现'E'"},
		"tccli.yaml":   {"InstanceSet:\n- InstanceId: ins-abc\n  InstanceName: web\nTotalCount: 1\n", "", 0, exitInput, "it looks like YAML: print JSON, such as tccli cvm DescribeInstances", "这似乎是YAML，请输出JSON，例如 tccli cvm DescribeInstances"},
		"servers.zip":  {zipped.String(), "", 0, exitInput, "ZIP archive, but no .xlsx workbook: unpack it", "ZIP压缩包，但不是.xlsx工作簿"},
		"ecs.json.gz":  {gzipped.String(), "", 0, exitInput, "compressed (gzip): unpack it first", "gzip压缩文件，请先解压"},
		"console.xls":  {"<html><head></head><body><table><tr><td>id</td></tr></table></body></html>", "", 0, exitInput, "a web page or a table saved as one", "网页或以网页保存的表格"},
		"comma.json":   {`{"Instances": {"Instance": [{"InstanceId": "i-1",}]}}`, "", 0, exitInput, "found '}' instead of a key", "JSON格式有误，此处不应出现'}'"},
		"cut.json":     {string(ecs[:300]), "", 0, exitInput, "unexpected EOF", "文件在此处中断，内容不完整"},
		"tfstate.json": {`{"version":4,"terraform_version":"1.9.0","serial":3,"lineage":"x","resources":[]}`, "", 0, exitInput, "Terraform's state", "Terraform状态文件"},
		"double.json":  {`"{\"Instances\": {\"Instance\": []}}"`, "", 0, exitInput, "JSON inside a JSON text", "嵌套在JSON文本中的JSON"},
		"be.json":      {string(utf16be), "", 1, exitUnknown, "read as UTF-16BE", "已按UTF-16BE编码读取"},
		"ids.txt":      {"i-bp1aaa\ni-bp1bbb\n", "", 0, exitInput, "a list of IDs", "这是ID等单个值的列表"},
		"footer.csv":   {"清单\n\nid,product,region\ni-1,ECS,cn-hangzhou\n合计,1,\n", "", 1, exitUnknown, "is a line of totals and no server: not read", "是合计行，不是服务器：未读取"},
		"mac.csv":      {"id,owner,trial\ri-bp1ggggggggggggggggg,1001,no\r", "-facts", 1, exitUnknown, "", ""},
		"trick.csv":    {"id,owner,trial\r\n=\"i-bp1ggggggggggggggggg\",=\"1234567890123456\",no\r\n", "-facts", 1, exitUnknown, "", ""},
		"grouped.csv":  {"id,issued\ni-bp1ggggggggggggggggg,\"1,000\"\n", "-issued", 1, exitNo, "", ""},
		"mixed.csv":    {"id;issued\r\ni-bp1ggggggggggggggggg;2\n# end\r\n", "-issued", 1, exitUnknown, "", ""},
		"month.csv":    {"id,term_months\ni-bp1ggggggggggggggggg,two\n", "-facts", 0, exitUsage, `line 2, term_months: "two" is not a number from 1 to 1200`, `第2行，term_months列："two" 应为1至1200的数字`},
		"tri.csv":      {"id,trial\ni-bp1ggggggggggggggggg,maybe\n", "-facts", 0, exitUsage, `line 2, trial: "maybe" is not`, `第2行，trial列："maybe" 应为`},
		"short.csv":    {"id,trial\ni-bp1ggggggggggggggggg\n", "-facts", 0, exitUsage, "line 2", "单元格数与表头不同"},
		"colour.csv":   {"id,colour\ni-1,red\n", "-facts", 0, exitUsage, `unknown column "colour"`, `未知的列"colour"`},
		"null.bin":     {"\x00\x01\x00\x02\x00\x00\x03", "", 0, exitInput, "", ""},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for lang, want := range map[string]string{"en": test.en, "zh": test.zh} {
			args := []string{"precheck", path, "-json", "-at", "2026-06-01", "-lang", lang}
			if test.as != "" {
				args = append(args, caseDir+"/A14_ecs.json", test.as, path)
				args = append(args[:1], args[2:]...)
			}
			r := runIt(args...)
			if servers := strings.Count(r.out, `"verdict":`); r.status != test.status || servers != test.servers || !strings.Contains(r.errors, want) {
				t.Errorf("%s %s: status %d, %d servers: %s", name, lang, r.status, servers, r.errors)
			}
			if found := english.FindString(strings.ReplaceAll(r.errors, path, "")); lang == "zh" && found != "" {
				t.Errorf("%s: in Chinese it says %q: %s", name, found, r.errors)
			}
		}
	}
}

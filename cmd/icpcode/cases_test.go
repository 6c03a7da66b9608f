package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// caseDir holds inputs of the forms that people in this field have; its
// SOURCES.md says where they come from.
const caseDir = "testdata/cases"

// at is the time that is asked about in a case: the rules of Tencent begin
// later.
func at(name string) string {
	text, err := os.ReadFile(filepath.Join(caseDir, name))
	if err == nil && (strings.Contains(string(text), `"ins-`) || strings.Contains(string(text), `"ein-`)) {
		return "2026-12-01"
	}
	return "2026-06-01"
}

// caseArgs puts the folder before the names of files.
func caseArgs(args ...string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		if strings.Contains(a, "_") && strings.Contains(a, ".") {
			out[i] = filepath.Join(caseDir, a)
		}
	}
	return out
}

// TestStatedCases: K2, K7. What is stated besides the inventory is read as
// people write it, and what matches nothing is told and counts as a wrong file.
func TestStatedCases(t *testing.T) {
	for _, test := range []struct {
		what   string
		args   []string
		status int
		out    []string // in the JSON
		errors []string
	}{
		{"as it should be", []string{"-facts", "A14_facts_ok.csv", "-issued", "0", "-issued", "A14_issued_ok.csv"}, exitNo, []string{`"found":"5 issued, 1 requested"`}, nil},
		{"a space behind the ID", []string{"-facts", "A14_facts_ok.csv", "-issued", "0", "-issued", "A14_issued_space.csv"}, exitNo, []string{`"found":"5 issued, 1 requested"`}, nil},
		{"an ID that is mistyped", []string{"-facts", "A14_facts_ok.csv", "-issued", "0", "-issued", "A14_issued_typo.csv"}, exitUsage,
			[]string{`"unmatched": [{"file":"testdata/cases/A14_issued_typo.csv","id":"i-bp1ggggggggggggggggh"}]`},
			[]string{"A14_issued_typo.csv: i-bp1ggggggggggggggggh is in no inventory", "is i-bp1ggggggggggggggggg meant?"}},
		{"an ID in capitals", []string{"-facts", "A14_facts_ok.csv", "-issued", "0", "-issued", "A14_issued_case.csv"}, exitUsage,
			[]string{`"id":"I-BP1GGGGGGGGGGGGGGGGG"`}, []string{"I-BP1GGGGGGGGGGGGGGGGG is in no inventory", "is i-bp1ggggggggggggggggg meant?"}},
		{"facts and counts of GBK", []string{"-facts", "A14_facts_gbk.csv", "-issued", "0"}, exitYes,
			[]string{`{"fact":"owner","from":"unknown","to":"上海某公司"}`}, []string{"A14_facts_gbk.csv: read as GB18030 (GBK), as it is not UTF-8"}},
		{"of one server by name", []string{"-facts", "A14_facts_ok.csv", "-issued", "i-bp1ggggggggggggggggg=5"}, exitNo, []string{`"found":"5 issued, 1 requested"`}, nil},
		{"of another one by name", []string{"-facts", "A14_facts_ok.csv", "-issued", "i-bp1=5", "-issued", "0"}, exitUsage, []string{`{"file":"-issued","id":"i-bp1"}`}, []string{"-issued: i-bp1 is in no inventory"}},
		{"neither number nor file", []string{"-issued", "many"}, exitUsage, nil, []string{`"many" is neither a number (0), nor ID=NUMBER (i-1=2), nor a CSV file with the columns id and issued`}},
		{"a table for people", []string{"-issued", "A05_table.txt"}, exitUsage, nil, []string{"A05_table.txt: it is a table for people"}},
		{"an error as facts", []string{"-facts", "A06_cli_error.txt"}, exitUsage, nil, []string{"A06_cli_error.txt: it is an error of the tool, not a list: InvalidAccessKeyId.NotFound"}},
	} {
		args := slices.Concat([]string{"precheck", "A14_ecs.json", "-json", "-at", "2026-06-01"}, test.args)
		r := runIt(caseArgs(args...)...)
		if r.status != test.status || len(test.errors) == 0 && r.errors != "" {
			t.Errorf("%s: status %d, want %d: %s", test.what, r.status, test.status, r.errors)
		}
		for _, want := range test.out {
			if !strings.Contains(r.out, want) {
				t.Errorf("%s: without %s:\n%s", test.what, want, r.out)
			}
		}
		for _, want := range test.errors {
			if !strings.Contains(r.errors, want) {
				t.Errorf("%s: it says %q, not %q", test.what, r.errors, want)
			}
		}
	}
}

// TestEncodingCases: K7. Inventories in what shells and spreadsheets write are
// read, and what they were taken for is said.
func TestEncodingCases(t *testing.T) {
	for name, want := range map[string]struct{ server, told, zh string }{
		"A12_utf16le.json":        {`"name":"web"`, "read as UTF-16LE", "已按UTF-16LE编码读取"},
		"A12b_utf16le_nobom.json": {`"name":"web"`, "read as UTF-16LE", "已按UTF-16LE编码读取"},
		"A12d_gbk.json":           {`"name":"官网服务器"`, "read as GB18030 (GBK), as it is not UTF-8", "不是UTF-8编码，已按GB18030（GBK）读取"},
	} {
		r := runIt(caseArgs("precheck", name, "-json", "-at", at(name))...)
		if r.status != exitUnknown || !strings.Contains(r.out, want.server) || r.errors != "icpcode: "+caseDir+"/"+name+": "+want.told+"\n" {
			t.Errorf("%s: status %d, %q\n%s", name, r.status, r.errors, r.out)
		}
		if r = runIt(caseArgs("precheck", name, "-lang", "zh")...); r.errors != "icpcode: "+caseDir+"/"+name+"："+want.zh+"\n" {
			t.Errorf("%s: in Chinese %q", name, r.errors)
		}
	}
}

// TestForeignCases: K8. What is no inventory is told what it is, and which
// command prints one, in the language that was asked for; nothing else is
// printed.
func TestForeignCases(t *testing.T) {
	for name, want := range map[string]struct{ en, zh, command string }{
		"A04d_ids.json":       {"it is a list of IDs", "这是ID等单个值的列表", printAliyun},
		"A04e_subset.json":    {"its records have been cut or renamed", "记录经jq、--query或--filter裁剪或改名", printAliyun},
		"A05_table.txt":       {"it is a table for people", "这是供人阅读的表格", printAliyun},
		"A06_cli_error.txt":   {"it is an error of the tool, not a list: InvalidAccessKeyId.NotFound", "这是工具的报错，不是清单：InvalidAccessKeyId.NotFound", printAliyun},
		"A11_python_repr.txt": {"it is what Python's print shows", "这是Python的print输出", printTccli},
		"A15c_steampipe.json": {"it is the answer to a query (steampipe)", "这是查询工具（steampipe）的结果", printAliyun},
		"G9b_null.json":       {"it is only null", "内容只有null", printHcloud},
	} {
		for _, form := range []string{"", "-csv"} {
			args := caseArgs("precheck", name, "-at", at(name))
			if form != "" {
				args = append(args, form)
			}
			for lang, text := range map[string]string{"en": want.en, "zh": want.zh} {
				r := runIt(append(args, "-lang", lang)...)
				if r.status != exitInput || !strings.Contains(r.errors, text) || !strings.Contains(r.errors, want.command) || r.out != "" {
					t.Errorf("%s %s %s: status %d, %q, prints %q", name, form, lang, r.status, r.errors, r.out)
				}
				if lang == "zh" && strings.Contains(r.errors, "inventory") {
					t.Errorf("%s: not all is Chinese: %s", name, r.errors)
				}
			}
		}
	}
}

// TestTerraformCase: A15. What terraform show -json prints of a state is read.
func TestTerraformCase(t *testing.T) {
	r := runIt(caseArgs("precheck", "A15_tf_show.json", "-at", "2026-06-01", "-json")...)
	doc := decode[struct {
		Servers []struct{ ID, Name, Verdict string }
	}](t, r.out)
	if r.status != exitUnknown || len(doc.Servers) != 1 || doc.Servers[0].ID != "i-bp1" || doc.Servers[0].Name != "web" {
		t.Errorf("status %d, %+v, %s", r.status, doc, r.errors)
	}
	state := file(t, "terraform.tfstate", `{"version":4,"terraform_version":"1.9.5","resources":[]}`)
	if r := runIt("precheck", state); r.status != exitInput || !strings.Contains(r.errors, "terraform show -json") {
		t.Errorf("a state file: status %d, %s", r.status, r.errors)
	}
}

// TestOtherPrograms: K8. Files that list servers for other programs are told
// from lists without headers, and prose from both.
func TestOtherPrograms(t *testing.T) {
	for text, want := range map[string][2]string{
		"[web]\nweb1 ansible_host=47.96.1.1\n":                     {"it is a file of settings", "这是配置文件"},
		"; ours\n[default]\nregion = cn-hangzhou\n":                {"it is a file of settings", "这是配置文件"},
		"Host web1\n  HostName 47.96.1.1\n":                        {"it is the settings of SSH", "这是SSH配置文件"},
		"# HELP ecs_up x\n# TYPE ecs_up gauge\necs_up 1\n":         {"it is metrics of Prometheus", "这是Prometheus指标"},
		"variable \"region\" {\n  default = \"x\"\n}\n":            {"it is Terraform's configuration", "这是Terraform配置文件"},
		"47.96.1.1 web1\n47.96.1.2 web2\n":                         {"it is a list of addresses", "这是IP地址列表"},
		"i-bp1aaaa,web1,cn-hangzhou\ni-bp1bbbb,web2,cn-hangzhou\n": {`its first line ("i-bp1aaaa,web1,cn-hangzhou") names none of the columns`, `第一行（"i-bp1aaaa,web1,cn-hangzhou"）不是表头`},
		"Dear team, here they are.\n":                              {`its first line ("Dear team, here they are.") names none`, "不是表头"},
	} {
		name := file(t, "servers.txt", text)
		for n, lang := range []string{"en", "zh"} {
			r := runIt("precheck", name, "-lang", lang)
			if r.status != exitInput || !strings.Contains(r.errors, want[n]) || !strings.Contains(r.errors, printAliyun) || r.out != "" {
				t.Errorf("%q: status %d, %q, prints %q", text, r.status, r.errors, r.out)
			}
		}
	}
}

// TestEmptyCases: K10. Where there are no servers, nothing is said of them, and
// it is no success.
func TestEmptyCases(t *testing.T) {
	for _, args := range [][]string{
		{"K10_empty.json"}, {"J1_eip_min.json"}, {"K10_empty.json", "J1_eip_min.json", "-json"}, {"K10_empty.json", "-keep-going"}, {"K10_empty.json", "-csv"},
		{"K10_empty.json", "-explain", "i-1"},
	} {
		r := runIt(caseArgs(append([]string{"precheck"}, args...)...)...)
		if r.status != exitInput || !strings.Contains(r.errors, "there are no servers") {
			t.Errorf("%v: status %d, %q", args, r.status, r.errors)
		}
	}
}

// TestCases shows what is said of every case, in both languages.
func TestCases(t *testing.T) {
	names, err := filepath.Glob(caseDir + "/*_*")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d cases, %v", len(names), err)
	}
	for _, lang := range []string{"en", "zh"} {
		var b strings.Builder
		for _, path := range names {
			name := filepath.Base(path)
			args := []string{"precheck", path}
			if strings.HasPrefix(name, "A14_facts") || strings.HasPrefix(name, "A14_two") || strings.HasPrefix(name, "B10") {
				args = []string{"precheck", caseDir + "/A14_ecs.json", "-facts", path}
			}
			if strings.HasPrefix(name, "A14_issued") {
				args = []string{"precheck", caseDir + "/A14_ecs.json", "-issued", path}
			}
			args = append(args, "-at", at(name), "-lang", lang)
			r := runIt(args...)
			within(t, name+" "+lang, r.out, 80)
			fmt.Fprintf(&b, "$ icpcode %s\n%s%sexit status %d\n\n", strings.ReplaceAll(strings.Join(args, " "), caseDir+"/", ""), r.out, strings.ReplaceAll(r.errors, caseDir+"/", ""), r.status)
		}
		golden(t, "testdata/cases_"+lang+".txt", b.String())
	}
}

package main

import (
	"encoding/csv"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestUsage: wrong usage answers with the right one, in both languages, and
// prints nothing else.
func TestUsage(t *testing.T) {
	ecs := caseDir + "/A14_ecs.json"
	for _, test := range []struct {
		args   []string
		status int
		en, zh string
	}{
		{[]string{"precheck", ecs, "-jsn"}, exitUsage, "there is no flag -jsn; is -json meant?", "没有选项 -jsn；是否为 -json？"},
		{[]string{"precheck", ecs, "-keepgoing"}, exitUsage, "is -keep-going meant?", "是否为 -keep-going？"},
		{[]string{"precheck", ecs, "-fact", "x"}, exitUsage, "is -facts meant?", "是否为 -facts？"},
		{[]string{"precheck", ecs, "-colour"}, exitUsage, "there is no flag -colour\n", "没有选项 -colour\n"},
		{[]string{"precheck", ecs, "-at"}, exitUsage, "the flag -at needs a value", "选项 -at 缺少值"},
		{[]string{"precheck", ecs, "-json=maybe"}, exitUsage, `the flag -json has a wrong value, "maybe"`, `选项 -json 的值 "maybe" 有误`},
		{[]string{"prechek", ecs}, exitUsage, "is precheck meant?", "是否为 precheck？"},
		{[]string{ecs}, exitUsage, "icpcode precheck " + ecs, "icpcode precheck " + ecs},
		{[]string{"precheck", ecs, "-issued", "many"}, exitUsage, `"many" is neither a number (0), nor ID=NUMBER (i-1=2), nor a CSV file`, "既不是数字（0）"},
		{[]string{"precheck", ecs, "-issued", "i-1=many"}, exitUsage, `"many" is not a number from 0 to 1000000`, `"many" 应为0至1000000的数字`},
		{[]string{"precheck", ecs, "-rules", "alibba"}, exitUsage, "is alibaba meant?", "是否为 alibaba？"},
		{[]string{"precheck", ecs, "-assume", "TERM"}, exitUsage, "is ELG-TERM meant?", "是否为 ELG-TERM？"},
		{[]string{"rules", "ELG-TREM"}, exitUsage, "is ELG-TERM meant?", "是否为 ELG-TERM？"},
		{[]string{"precheck"}, exitUsage, "icpcode precheck -h says how it is used", "用法见 icpcode precheck -h"},
		{[]string{"precheck", "nowhere.json"}, exitInput, "nowhere.json: there is no such file\n", "nowhere.json：没有该文件\n"},
		{[]string{"precheck", ecs, "nowhere.json"}, exitInput, "-keep-going reports what cannot be read and answers the rest", "加 -keep-going 可报告无法读取的内容并回答其余部分"},
		{[]string{"precheck", caseDir + "/A05_table.txt", ecs}, exitInput, "-keep-going reports", "加 -keep-going"},
	} {
		for lang, want := range map[string]string{"en": test.en, "zh": test.zh} {
			r := runIt(append([]string{"-lang", lang}, test.args...)...)
			if r.status != test.status || !strings.Contains(r.errors, want) || r.out != "" {
				t.Errorf("%v: status %d, prints %q and says %q; want %q", test.args, r.status, r.out, r.errors, want)
			}
		}
	}
	if r := runIt("precheck", caseDir+"/A05_table.txt"); strings.Contains(r.errors, "-keep-going") {
		t.Errorf("of one file there is no rest to answer: %s", r.errors)
	}
}

// TestVersion names the version of the command and those of its rules.
func TestVersion(t *testing.T) {
	for _, flag := range []string{"-version", "--version"} {
		r := runIt(flag)
		if r.status != exitYes || !strings.HasPrefix(r.out, "icpcode ") || !strings.Contains(r.out, "\nrule sets: alibaba-2026-01-06 ") || r.errors != "" {
			t.Errorf("%s: status %d, %q, %q", flag, r.status, r.out, r.errors)
		}
	}
}

// TestDistance: changed, missing and added letters count alike.
func TestDistance(t *testing.T) {
	for pair, want := range map[[2]string]int{
		{"", ""}: 0, {"json", "json"}: 0, {"jsn", "json"}: 1, {"json", "jsn"}: 1, {"jsom", "json"}: 1, {"", "csv"}: 3, {"facts", "issued"}: 6, {"trem", "term"}: 2,
	} {
		if got := distance(pair[0], pair[1]); got != want {
			t.Errorf("%q: %d, want %d", pair, got, want)
		}
	}
}

// TestResult: what precheck -csv prints opens in a Chinese Excel with -lang zh,
// is for scripts with -lang en, adds up, and is read back.
func TestResult(t *testing.T) {
	for lang, columns := range map[string][]string{"en": csvColumns, "zh": csvColumnsZh} {
		r := runIt("precheck", ecsSamples+"/describeinstances_cn-hangzhou_2024.json", "-facts", "../../testdata/tour/facts.csv", "-at", "2026-03-01 10:00", "-account", "id=1001", "-issued", "0", "-csv", "-lang", lang)
		if marked := strings.HasPrefix(r.out, "\uFEFF"); marked != (lang == "zh") {
			t.Errorf("%s: a byte order mark: %v", lang, marked)
		}
		rows := readCSV(t, strings.TrimPrefix(r.out, "\uFEFF"))
		if strings.Join(rows[0], ",") != strings.Join(columns, ",") {
			t.Errorf("%s: headers %q", lang, rows[0])
		}
		sum, verdicts := 0, map[string]bool{}
		for _, row := range rows[1:] {
			if row[csvCodes] != "" {
				n, err := strconv.Atoi(row[csvCodes])
				if err != nil {
					t.Fatal(err)
				}
				sum += n
			}
			verdicts[row[6]] = true
		}
		if sum != 13 {
			t.Errorf("%s: the codes add up to %d, want 13", lang, sum)
		}
		if lang == "zh" && (!verdicts["可以"] || !verdicts["不可以"] || !verdicts["无法判断"] || len(verdicts) != 3) {
			t.Errorf("the verdicts in Chinese are %v", verdicts)
		}
		back := file(t, "fleet.csv", r.out)
		for _, args := range [][]string{{back}, {back, "-facts", back}} {
			again := runIt(append([]string{"precheck", "-json"}, args...)...)
			doc := decode[struct {
				Servers []struct{ ID, Name, Product, Region string }
			}](t, again.out)
			if len(doc.Servers) != 24 || doc.Servers[0].Product != "ECS" || doc.Servers[0].Region != "cn-hangzhou" || doc.Servers[0].Name == "" {
				t.Errorf("%s: of what it prints %d servers are read back: %s", lang, len(doc.Servers), again.errors)
			}
			if !strings.Contains(again.errors, "not for its answers") || strings.Contains(again.errors, "again") {
				t.Errorf("%s: reading it back tells %q", lang, again.errors)
			}
		}
	}
	name := filepath.Base(caseDir)
	if uncell(cell("=1+1")) != "=1+1" || uncell(cell(name)) != name || uncell("'tis") != "'tis" {
		t.Error("what cell adds is not taken away")
	}
}

func readCSV(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

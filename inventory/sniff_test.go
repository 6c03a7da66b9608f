package inventory_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// TestUnreadable: what people have instead of an inventory is told, with what
// to do, in both languages (K8).
func TestUnreadable(t *testing.T) {
	const (
		json  = "; have the tool print JSON: aliyun prints it without --output, tccli with --output json, hcloud with --cli-output=json"
		again = "; nothing was listed: mend that and run it again"
		facts = "; it does not say how servers are paid for, until when, or where they are; give what the provider's tool prints"
		whole = "; give the whole answer of the tool, without a filter such as jq or --query"
	)
	for _, c := range []struct{ name, text, want, zh string }{
		{"A05_table.txt", "", "a table for people" + json, "供人阅读的表格"},
		{"A06_cli_error.txt", "", `an error of the tool: "InvalidAccessKeyId.NotFound"` + again, "工具报错"},
		{"A11_python_repr.txt", "", "printed by Python, which is not JSON; print json.dumps(answer)", "由Python直接打印"},
		{"G9b_null.json", "", "null: a filter selected nothing" + whole, "null：筛选条件没有选中任何内容"},
		{"A04d_ids.json", "", "a list of IDs, without anything about the servers" + whole, "只有ID的列表"},
		{"A04e_subset.json", "", "a server with only some of its fields: InstanceId, Status, ExpiredTime, PublicIpAddress; give the whole answer of aliyun ecs DescribeInstances, without a filter", "只保留了部分字段的服务器"},
		{"A15c_steampipe.json", "", "the answer to a query, as Steampipe prints it", "Steampipe"},

		{"a table of tccli", "-----------\n|DescribeInstances|\n+----+\n", "a table for people" + json, "表格"},
		{"a table of hcloud", "+----+------+\n| id | name |\n+----+------+\n", "a table for people" + json, "表格"},
		{"a table with lines", "┌────┬──────┐\n│ id │ name │\n", "a table for people" + json, "表格"},
		{"a table of Markdown", "| id | name |\n|---|---|\n| a | b |\n", "a table for people" + json, "表格"},
		{"an error of tccli", "[TencentCloudSDKException] code:AuthFailure.SignatureExpire message:The provided credentials requestId:x\n", `an error of the tool: "AuthFailure.SignatureExpire"` + again, "工具报错"},
		{"an error of hcloud", "[USE_ERROR]The region is required\n", `an error of the tool: "[USE_ERROR]The region is required"` + again, "工具报错"},
		{"no such command", "bash: aliyun: command not found\n", `an error of the tool: "bash: aliyun: command not found"` + again, "工具报错"},
		{"no such command, in Chinese", "bash: tccli：未找到命令\n", "an error of the tool", "工具报错"},
		{"usage", "usage: tccli [-h] [--profile PROFILE]\n", "an error of the tool", "工具报错"},
		{"a traceback", "Traceback (most recent call last):\n  File \"a.py\"\n", "an error of the tool", "工具报错"},
		{"a Python list", "[{'InstanceId': 'i-1'}]", "printed by Python", "Python"},
		{"Python 2", "{u'Instances': []}", "printed by Python", "Python"},
		{"XML", "<?xml version='1.0'?><DescribeInstancesResponse/>", "XML" + json, "XML"},
		{"a web page", "<!DOCTYPE html>", "a web page" + json, "网页"},
		{"YAML", "Instances:\n  Instance:\n  - InstanceId: i-1\n", "YAML, or the settings of something" + json, "YAML"},
		{"YAML with a marker", "---\nInstances:\n", "YAML, or the settings of something" + json, "YAML"},
		{"IDs in lines", "i-bp1ccc\ni-bp1ddd\n", "a list of IDs, without anything about the servers" + whole, "只有ID的列表"},
		{"a copy of a terminal", "$ aliyun ecs DescribeInstances\n{}\n", "a copy of a terminal, with the command in it; redirect the output into a file: COMMAND > servers.json", "终端内容的副本"},
		{"a copy of a terminal with a prompt", "root@host:~# tccli cvm DescribeInstances\n{}\n", "a copy of a terminal", "终端内容的副本"},
		{"a workbook", "PK\x03\x04\x14\x00", "a workbook or archive; save the sheet as CSV", "工作簿"},
		{"gzip", "\x1f\x8b\x08", "compressed with gzip; unpack it first: gzip -dc FILE", "gzip"},
		{"encoded twice", `"{\"Instances\":{}}"`, "JSON inside a text: it was encoded twice; decode it first: jq -r .", "编码了两次"},
		{"a text", `"i-bp1"`, "a text alone" + whole, "单独的文本"},
		{"a number", "7", "a number or a word alone" + whole, "单独的数字或词"},
		{"true", "true", "a number or a word alone" + whole, "单独的数字或词"},
		{"IDs under a key", `["ins-1", "ins-2", null]`, "a list of IDs, without anything about the servers" + whole, "只有ID的列表"},
		{"CVM, some fields", `[{"InstanceId":"ins-1","InstanceState":"RUNNING"}]`, "a server with only some of its fields: InstanceId, InstanceState; give the whole answer of tccli cvm DescribeInstances, without a filter", "只保留了部分字段"},
		{"Lighthouse, some fields", `{"InstanceId":"lhins-1","InstanceState":"RUNNING"}`, "a server with only some of its fields: InstanceId, InstanceState; give the whole answer of tccli lighthouse DescribeInstances, without a filter", "只保留了部分字段"},
		{"Huawei, some fields", `{"id":"x","status":"ACTIVE","OS-EXT-AZ:availability_zone":"cn-north-4a"}`, "a server with only some of its fields: id, status, OS-EXT-AZ:availability_zone; give the whole answer of hcloud ECS ListServersDetails, without a filter", "只保留了部分字段"},
		{"an error of Huawei's", `{"error_code":"APIGW.0301","error_msg":"x"}`, `the provider answered with the error "APIGW.0301"; nothing was listed`, "提供商返回了错误"},
		{"Ansible's hosts", "# ours\n[web]\nweb1 ansible_host=47.96.1.1\n", "settings of another program, such as Ansible's list of hosts" + facts, "其他程序的配置文件"},
		{"INI", "; x\n[default]\nregion = cn-hangzhou\n", "settings of another program, such as Ansible's list of hosts" + facts, "其他程序的配置文件"},
		{"TOML", "[[servers]]\nip = \"47.96.1.1\"\n", "settings of another program, such as Ansible's list of hosts" + facts, "其他程序的配置文件"},
		{"TOML with a list first", "servers = [\"i-1\", \"i-2\"]\n", "settings of another program, such as Ansible's list of hosts" + facts, "其他程序的配置文件"},
		{"variables", "export REGION=cn-hangzhou\nID=x\n", "settings of another program, such as Ansible's list of hosts" + facts, "其他程序的配置文件"},
		{"SSH", "Host web1\n    HostName 47.96.1.1\n", "settings of SSH" + facts, "SSH"},
		{"metrics", "ecs_info{instance_id=\"i-1\"} 1\n", "metrics of Prometheus" + facts, "Prometheus"},
		{"metrics with help", "# HELP ecs_up x\n# TYPE ecs_up gauge\necs_up 1\n", "metrics of Prometheus" + facts, "Prometheus"},
		{"Terraform's configuration", "resource \"alicloud_instance\" \"web\" {\n}\n", "Terraform's configuration" + facts, "Terraform"},
		{"addresses", "47.96.1.1\n47.96.1.2\n", "a list of addresses, without anything about the servers" + facts, "只有地址的列表"},
		{"hosts", "# static\n47.96.1.1\tweb1 www # x\n", "a list of addresses", "只有地址的列表"},
		{"rows alone", "i-bp1aaaa,web1,cn-hangzhou,47.96.1.1\n", "no line of headers: the first line names none of the columns; put one above it, such as id,name,", "没有表头"},
		{"rows alone, one like a header", "name,i-bp1aaaa\n", "no line of headers", "没有表头"},
		{"names", "web1\nweb2\n", "no line of headers", "没有表头"},
		{"a letter", "Dear team, here they are.\n", "no line of headers", "没有表头"},
		{"Terraform's state", `{"format_version":"1.0","terraform_version":"1.9.0","values":{"root_module":{}}}`, "Terraform's state", "Terraform"},
	} {
		text := c.text
		if text == "" {
			text = caseFile(t, c.name)
		}
		servers, errs := readAny(text, nil)
		var e *inventory.FormatError
		if len(servers) > 0 || len(errs) != 1 || !errors.As(errs[0], &e) || !errors.Is(errs[0], inventory.ErrFormat) {
			t.Errorf("%s: %v, %v", c.name, servers, errs)
			continue
		}
		if got := e.Text(icpcode.English); !strings.Contains(got, ": "+c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if got := e.Text(icpcode.Chinese); !strings.Contains(got, c.zh) || !strings.HasPrefix(got, "不是可识别的清单：") {
			t.Errorf("%s: %s, want %s", c.name, got, c.zh)
		}
		// However slowly it comes.
		for _, err := range inventory.Read(iotest.OneByteReader(strings.NewReader(text)), nil) {
			if err == nil || err.Error() != errs[0].Error() {
				t.Errorf("%s: %v byte by byte, want %v", c.name, err, errs[0])
			}
		}
		// Files that are only read for their addresses say so, too, where no
		// record says it.
		var a inventory.Addresses
		for err := range a.Read(strings.NewReader(text)) {
			if err.Error() != errs[0].Error() {
				t.Errorf("%s: for addresses %v, want %v", c.name, err, errs[0])
			}
		}
	}
	if _, errs := readAny("[web]\n47.96.1.1\n", nil); len(errs) == 0 || strings.Contains(errs[0].Error(), "error of the tool") {
		t.Errorf("a list of Ansible's hosts: %v", errs)
	}
	// What only looks so.
	for _, text := range []string{"id,name\nweb-1,\"--- x\"\n", "# error\nid\nx\n", "# HELP\nid\nx\n", "\"id\",name\nx,y\n", "ID\nHost x\n", "id\n[web]\n"} {
		if servers, errs := readAny(text, nil); len(servers) != 1 || len(errs) > 0 {
			t.Errorf("%q: %v, %v", text, servers, errs)
		}
	}
}

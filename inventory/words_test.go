package inventory_test

import (
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// TestWords: what can mean only one thing is understood, in our own formats and
// in facts (K7, K9).
func TestWords(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"A19_own_aliyun.csv", "", "web-1 ECS cn-hangzhou subscription running created 2026-02-28T16:00:00Z expires 2027-02-28T16:00:00Z ip [] alibaba"},
		{"A19_own_tencentcloud.csv", "", "web-1 CVM ap-guangzhou subscription running created 2026-02-28T16:00:00Z expires 2027-02-28T16:00:00Z ip [] tencent"},
		{"A19_own_zhproduct.csv", "", "web-1 SWAS cn-hangzhou subscription running created 2026-02-28T16:00:00Z expires 2027-02-28T16:00:00Z ip [] alibaba"},
		{"A13_console_utf8.csv", "", "i-bp1fffffffffffffffff  cn-hangzhou subscription running created 2026-01-10T02:00:00Z expires 2027-01-10T16:00:00Z ip [47.0.0.5] "},
		{"A04c_renamed.json", "", "i-bp1cccccccccccccccc1  cn-hangzhou subscription running created - expires 2027-01-10T16:00:00Z ip? [] "},
		{"semicolons", "id;product;public_ip\nw;ecs;yes\n", "w ECS  billing? status? created - expires - ip [] "},
		{"tabs", "id\tname\tproduct\nw\ta,b;c\tcvm\n", "w CVM  billing? status? created - expires - ip? [] tencent"},
		{"a comment first", "# a,b,c,d\nid;product\nw;ECS\n", "w ECS  billing? status? created - expires - ip? [] "},
		{"one column", "id\nw\n", "w   billing? status? created - expires - ip? [] "},
		{"Chinese", "实例ID,供应商,产品,地域,付费类型,状态,创建时间,到期时间,公网IP\nw,腾讯云,轻量应用服务器,华南地区（广州）,按量计费,已关机,2026/1/10 10:00,2027年1月11日,47.0.0.5、47.0.0.6\n",
			"w Lighthouse ap-guangzhou pay-as-you-go stopped created 2026-01-10T02:00:00Z expires 2027-01-10T16:00:00Z ip [47.0.0.5 47.0.0.6] tencent"},
		{"the resource centre's", "资源ID,资源名称,产品,地域,状态\nw,web,云服务器ECS,华东1(杭州),运行中\n", "w ECS cn-hangzhou billing? running created - expires - ip? [] "},
		{"brackets of a keyboard", "id,region\nw,华东1(杭州)\n", "w  cn-hangzhou billing? status? created - expires - ip? [] "},
		{"Excel's days", "id,expires\nw,46398\n", "w   billing? status? created - expires 2027-01-10T16:00:00Z ip? [] "},
		{"Excel's hours", "id,created\nw,46032.5\n", "w   billing? status? created 2026-01-10T04:00:00Z expires - ip? [] "},
		{"capitals", "ID,STATUS,BILLING\nw,RUNNING,PREPAID\n", "w   subscription running created - expires - ip? [] "},
		{"a word for one product alone", "id,product\nw,NAT网关\n", "w NAT  billing? status? created - expires - ip? [] "},
		{"a product of the user's own", "id,product\nw,Site\n", "w Site  billing? status? created - expires - ip? [] "},
	} {
		text := c.text
		if text == "" {
			text = caseFile(t, c.name)
		}
		servers, errs := readAny(text, nil)
		if len(servers) != 1 || len(errs) > 0 {
			t.Errorf("%s: %v, %v", c.name, servers, errs)
			continue
		}
		if got := facts(servers[0]) + " " + servers[0].Instance.Provider; got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
	for text, want := range map[string]string{
		"id,product\nw,轻量应用服务器\n":   `line 2, product: "轻量应用服务器" means another product with each provider: state the provider too`,
		"id,owner\nw,1.23457E+15\n": `line 2, owner: "1.23457E+15" is a long number that a spreadsheet has shortened, and its last digits are lost: format the column as text`,
		"id,owner\n1.2E+15,1001\n":  `line 2, id: "1.2E+15" is a long number that a spreadsheet has shortened`,
		"id,expires\nw,1/11/2027\n": `line 2, expires: "1/11/2027" is not a date`,
		"id,expires\nw,2027/2/30\n": `line 2, expires: "2027/2/30" is not a date`,
		"id,镜像\nw,x\n":              `unknown column "镜像"`,
		"实例ID,id\nw,w\n":            "column id is there twice",
	} {
		servers, errs := readAny(text, nil)
		if len(servers) > 0 || len(errs) != 1 || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("%q: %v, %v; want %s", text, servers, errs, want)
		}
	}
}

// TestWordsOfFacts: the same in a CSV of facts.
func TestWordsOfFacts(t *testing.T) {
	const id = "i-bp1ggggggggggggggggg"
	for _, c := range []struct{ name, text, want string }{
		{"A14_facts_semicolon.csv", "", "owner: unknown -> 1001, term_months: unknown -> 12, trial: unknown -> no, ip_held: unknown -> no"},
		{"A14_facts_date2.csv", "", "owner: unknown -> 1001, term_months: unknown -> 12, expires: unknown -> 2027-01-11, trial: unknown -> no, ip_held: unknown -> no"},
		{"A14_facts_zh.csv", "", "owner: unknown -> 1001, term_months: unknown -> 12, trial: unknown -> no, ip_held: unknown -> no"},
		{"Chinese", "实例ID\t购买账号\t购买时长（月）\t是否试用\t产品\n" + id + "\t1001\t1年\t否\t云服务器\n", "owner: unknown -> 1001, product: unknown -> CVM, term_months: unknown -> 12, trial: unknown -> no"},
	} {
		text := c.text
		if text == "" {
			text = caseFile(t, c.name)
		}
		f, err := inventory.ReadFacts(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		s := inventory.Server{Instance: icpcode.Instance{ID: id, Provider: "tencent"}}
		said := make(map[string]bool)
		for _, k := range f.Apply(&s) {
			said[k.String()] = true
		}
		for want := range strings.SplitSeq(c.want, ", ") {
			if !said[want] {
				t.Errorf("%s: without %s: %v", c.name, want, said)
			}
		}
		if len(said) != strings.Count(c.want, ", ")+1 {
			t.Errorf("%s: %v", c.name, said)
		}
	}
	for _, name := range []string{"A14_facts_sci.csv", "A14_two_accounts.csv"} {
		_, err := inventory.ReadFacts(strings.NewReader(caseFile(t, name)))
		if err == nil || !strings.Contains(err.Error(), "line 2, owner: \"1.23457E+15\" is a long number that a spreadsheet has shortened, and its last digits are lost: format the column as text") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSpellings: what people write for the words of a closed list.
func TestSpellings(t *testing.T) {
	for _, c := range []struct{ column, cells, want string }{
		{"billing", "Subscription,SUBSCRIPTION,PrePaid,prepaid,包年包月,预付费", "subscription"},
		{"billing", "Pay-As-You-Go,pay as you go,PAY_AS_YOU_GO,PostPaid,POSTPAID_BY_HOUR,按量付费,按需计费", "pay-as-you-go"},
		{"status", "Running,RUNNING,ACTIVE,运行中,正常", "running"},
		{"status", "Stopped,SHUTOFF,已停止,停机", "stopped"},
		{"status", "Expired,已到期", "expired"},
		{"provider", "Alibaba,ALIBABA CLOUD,AlibabaCloud,aliyun,阿里云", "alibaba"},
		{"provider", "Tencent Cloud,tencent-cloud,QCloud,腾讯云", "tencent"},
		{"provider", "Huawei,华为云", "huawei"},
		{"provider", "百度智能云,Baidu", "baidu"},
		{"trial", "No,FALSE,n,否,无,0", "no"},
		{"public_ip", "Yes,TRUE,y,是,有,1", "yes"},
		{"partner_ip", "Yes,TRUE,是", "yes"},
		{"term_months", "12,12个月,12 months,1年,1 Year", "12"},
		{"expires", "2027-03-01,2027/3/1,2027.3.1,20270301,2027年3月1日,46447", "2027-03-01"},
		{"expires", "2027-03-01 10:30,2027/3/1 10:30,2027-03-01T10:30,2027-03-01 02:30:00Z,2027-03-01 10:30:00 +0800", "2027-03-01 10:30"},
		{"product", "ECS,ecs,云服务器,Elastic Compute Service,云服务器 ECS", "ECS"},
		{"product", "swas,轻量,轻量应用服务器,Simple Application Server", "SWAS"},
		{"product", "CLB,alb,负载均衡 SLB", "SLB"},
	} {
		for cell := range strings.SplitSeq(c.cells, ",") {
			f, err := inventory.ReadFacts(strings.NewReader("id," + c.column + "\nw," + cell + "\n"))
			if err != nil {
				t.Errorf("%s %q: %v", c.column, cell, err)
				continue
			}
			s := inventory.Server{Instance: icpcode.Instance{ID: "w"}}
			if c.column != "provider" {
				s.Instance.Provider = "alibaba"
			}
			changes := f.Apply(&s)
			if len(changes) != 1 || changes[0].To != c.want {
				t.Errorf("%s %q: %v, want %s", c.column, cell, changes, c.want)
			}
		}
	}
	// A dash says nothing, and what can mean two things is not taken.
	f, err := inventory.ReadFacts(strings.NewReader("id,expires,ips,billing,term_months\nw,-,--,—,-\n"))
	if err != nil || len(f.Apply(&inventory.Server{Instance: icpcode.Instance{ID: "w"}})) != 0 {
		t.Errorf("dashes: %v", err)
	}
	for _, c := range [][2]string{{"billing", "monthly"}, {"status", "shutdown"}, {"trial", "7"}, {"expires", "01/03/2027"}, {"partner_ip", "unknown"}} {
		if _, err := inventory.ReadFacts(strings.NewReader("id," + c[0] + "\nw," + c[1] + "\n")); err == nil {
			t.Errorf("%s %q is taken", c[0], c[1])
		}
	}
}

// TestProductsOf: a word for a product means what the provider has by that
// name, wherever the provider is stated; of one provider alone, it tells it.
func TestProductsOf(t *testing.T) {
	for _, c := range []struct{ provider, word, want, of string }{
		{"tencent", "云服务器", "CVM", "tencent"}, {"baidu", "云服务器", "BCC", "baidu"}, {"huawei", "弹性云服务器", "ECS", "huawei"}, {"", "ecs", "ECS", ""},
		{"", "cvm", "CVM", "tencent"}, {"", "Flexus L实例", "FlexusL", "huawei"}, {"alibaba", "CVM", "CVM", "alibaba"}, {"mine", "Box", "Box", "mine"}, {"mine", "ecs", "ecs", "mine"},
	} {
		servers, errs := readAny("id,provider,product\nw,"+c.provider+","+c.word+"\n", nil)
		if len(errs) > 0 || len(servers) != 1 || string(servers[0].Instance.Product) != c.want || servers[0].Instance.Provider != c.of {
			t.Errorf("%s of %q: %v, %v; want %s of %q", c.word, c.provider, servers, errs, c.want, c.of)
		}
		f, err := inventory.ReadFacts(strings.NewReader("id,product,provider\nw," + c.word + "," + c.provider + "\n"))
		s := inventory.Server{Instance: icpcode.Instance{ID: "w"}}
		if err == nil {
			f.Apply(&s)
		}
		if err != nil || string(s.Instance.Product) != c.want || s.Instance.Provider != c.of {
			t.Errorf("%s of %q in facts: %v, %v; want %s of %q", c.word, c.provider, s.Instance, err, c.want, c.of)
		}
	}
	for _, p := range inventory.Providers() {
		if len(inventory.Products(p)) == 0 {
			t.Errorf("%s has no products", p)
		}
	}
}

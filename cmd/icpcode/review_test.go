package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// reviewDoc is what review -json prints, as far as tests ask.
type reviewDoc struct {
	Today struct {
		Filings, Fine, Unknown, Ended int
		AtRisk                        int `json:"at_risk"`
		Do                            []struct {
			Rule, Do, Responsible string
			By                    *time.Time
			Count                 int
			Which                 []string
		}
		WouldTell *struct{ Count int } `json:"would_tell"`
	}
	Filings []struct {
		Customer, Domain, App, Instance, Verdict string
		Risks, Unknowns                          []struct {
			Rule, Outcome, Found, Remedy, Responsible string
			By                                        *time.Time
			Citations                                 []any
		}
	}
	Complete bool
}

// plantedFault is a kind of filing, with what is known of its server and domain.
type plantedFault struct {
	name    string
	server  string // billing,status,expires,public_ip,ips[,owner[,auto_renew]]; "": it is in no inventory
	points  string // records of the domain, in which $ is the filed address
	state   string
	verdict string
	rules   string // of the risks, or of what cannot be told
}

// cloud is a provider with what its servers need.
type cloud struct{ provider, product, region, prefix string }

var (
	reviewClouds = []cloud{{"alibaba", "ECS", "cn-hangzhou", "47.96"}, {"tencent", "CVM", "ap-guangzhou", "43.139"}, {"huawei", "ECS", "cn-north-4", "121.36"}}
	faults       = []plantedFault{
		{"fine", "subscription,running,2027-12-31,yes,$", "A $", "", "fine", ""},
		{"fine, www alone", "subscription,running,2027-12-31,yes,$", "www A $", "已备案", "fine", ""},
		{"fine, by a name of its own", "subscription,running,2027-12-31,yes,$", "CNAME own; own A $", "", "fine", ""},
		{"fine, one of several", "subscription,running,2027-12-31,yes,$", "A 10.0.0.1; A $", "", "fine", ""},
		{"expires", "subscription,running,2026-12-10,yes,$", "A $", "", "risk", "RSK-EXPIRING"},
		{"expires before the review can end", "subscription,running,2026-12-25,yes,$", "A $", "审核中", "risk", "RSK-EXPIRING"},
		{"expired", "subscription,expired,2026-11-01,yes,$", "A $", "", "risk", "RSK-EXPIRING"},
		{"released", "subscription,released,2027-12-31,yes,$", "A $", "", "risk", "RSK-RELEASED"},
		{"pay as you go", "pay-as-you-go,running,,yes,$", "A $", "", "risk", "RSK-BILLING"},
		{"expires, and does not renew itself", "subscription,running,2026-12-12,yes,$,1001,no", "A $", "", "risk", "RSK-EXPIRING"},
		{"expired, and was to renew itself", "subscription,running,2026-11-20,yes,$,1001,yes", "A $", "", "risk", "RSK-EXPIRING"},
		{"fine, renews itself", "subscription,running,2026-12-12,yes,$,1001,yes", "A $", "", "fine", ""},
		{"sold", "subscription,running,2027-12-31,yes,$,2002", "A $", "", "risk", "RSK-OWNER"},
		{"fine, of the same owner", "subscription,running,2027-12-31,yes,$,1001", "A $", "", "fine", ""},
		{"no address any more", "subscription,running,2027-12-31,no,", "NX", "", "risk", "RSK-DNS RSK-DOWNGRADED RSK-IP"},
		{"another address", "subscription,running,2027-12-31,yes,$9", "A $9", "", "risk", "RSK-IP"},
		{"it does not resolve", "subscription,running,2027-12-31,yes,$", "NX", "", "risk", "RSK-DNS"},
		{"a private address", "subscription,running,2027-12-31,yes,$", "A 192.168.1.1", "", "risk", "RSK-DNS"},
		{"another of ours", "subscription,running,2027-12-31,yes,$", "A other", "", "risk", "RSK-DNS"},
		{"another cloud", "subscription,running,2027-12-31,yes,$", "A foreign", "", "risk", "RSK-DNS"},
		{"an unknown address", "subscription,running,2027-12-31,yes,$", "A 8.8.8.8", "", "unknown", "RSK-DNS"},
		{"name servers failed", "subscription,running,2027-12-31,yes,$", "FAIL", "", "unknown", "RSK-DNS"},
		{"a name elsewhere", "subscription,running,2027-12-31,yes,$", "CNAME far.example.net.", "", "unknown", "RSK-DNS"},
		{"not asked about", "subscription,running,2027-12-31,yes,$", "", "", "unknown", "RSK-DNS"},
		{"no server", "", "A $", "", "unknown", "RSK-RELEASED"},
		{"no status", "subscription,,2027-12-31,yes,$", "A $", "", "unknown", "RSK-RELEASED"},
		{"no expiry", "subscription,running,,yes,$", "A $", "", "unknown", "RSK-EXPIRING"},
		{"no address that can be told", "subscription,running,2027-12-31,yes,", "A $", "", "unknown", "RSK-IP"},
		{"ended", "", "", "已注销", "", ""},
	}
)

// fleetOfFaults writes n filings of all kinds over all clouds, and what they need.
func fleetOfFaults(t *testing.T, n int) (filings, servers, dns string, want map[string]plantedFault) {
	t.Helper()
	var f, s strings.Builder
	var answers []string
	f.WriteString("客户,域名,实例ID,备案IP,提供商,备案状态,购买账号\n")
	s.WriteString("id,provider,product,region,billing,status,expires,public_ip,ips,owner,auto_renew\n")
	for k, c := range reviewClouds {
		fmt.Fprintf(&s, "other-%d,%s,%s,%s,subscription,running,2027-12-31,yes,%s.250.1,,\n", k, c.provider, c.product, c.region, c.prefix)
	}
	want = make(map[string]plantedFault)
	for k := range n {
		p, c := faults[k%len(faults)], k/len(faults)%len(reviewClouds)
		at := reviewClouds[c]
		ip := fmt.Sprintf("%s.%d.%d", at.prefix, k/200, k%200+1)
		id, domain := fmt.Sprintf("s-%d", k), fmt.Sprintf("d%d.cn", k)
		fmt.Fprintf(&f, "customer-%d,%s,%s,%s,%s,%s,1001\n", k%7, domain, id, ip, at.provider, p.state)
		if p.verdict != "" {
			want[domain] = p
		}
		moved := fmt.Sprintf("%s.%d.%d", at.prefix, 100+k/200, k%200+1)
		if p.server != "" {
			cells := strings.NewReplacer("$9", moved, "$", ip).Replace(p.server)
			fmt.Fprintf(&s, "%s,%s,%s,%s,%s\n", id, at.provider, at.product, at.region, cells+strings.Repeat(",", 6-strings.Count(cells, ",")))
		}
		words := strings.NewReplacer("$9", moved, "$", ip, "other", at.prefix+".250.1", "foreign", reviewClouds[(c+1)%len(reviewClouds)].prefix+".250.1")
		for r := range strings.SplitSeq(words.Replace(p.points), "; ") {
			answers = append(answers, massdns(domain, strings.Fields(r))...)
		}
	}
	return file(t, "filings.csv", f.String()), file(t, "servers.csv", s.String()), file(t, "dns.json", strings.Join(answers, "\n")), want
}

// massdns makes a line of massdns's JSON of NX, FAIL or [NAME] TYPE VALUE.
func massdns(domain string, words []string) []string {
	if len(words) == 0 {
		return nil
	}
	if len(words) == 1 {
		status := map[string]string{"NX": "NXDOMAIN", "FAIL": "SERVFAIL"}[words[0]]
		return []string{fmt.Sprintf(`{"name":"%s.","type":"A","class":"IN","status":%q,"data":{}}`, domain, status)}
	}
	name := domain
	if len(words) == 3 {
		name, words = words[0]+"."+domain, words[1:]
	}
	value := words[1]
	if value == "own" {
		value += "." + domain
	}
	return []string{fmt.Sprintf(`{"name":"%s.","type":%q,"class":"IN","status":"NOERROR","data":{"answers":[{"ttl":60,"type":%q,"class":"IN","name":"%[1]s.","data":%[4]q}]}}`, name, words[0], words[0], value)}
}

// TestReviewFindsPlantedFaults: of a thousand filings over three clouds every
// planted fault is found, nothing else is, and what cannot be told is not.
func TestReviewFindsPlantedFaults(t *testing.T) {
	filings, servers, dns, want := fleetOfFaults(t, 1000)
	args := []string{"review", filings, servers, "-dns", dns, "-at", "2026-11-26"}
	r := runIt(append(args, "-json")...)
	doc := decode[reviewDoc](t, r.out)
	if r.status != exitNo || len(doc.Filings) != len(want) || !doc.Complete || doc.Today.Filings != len(want) || doc.Today.Ended != 1000-len(want) {
		t.Fatalf("status %d, %d filings of %d, %+v: %s", r.status, len(doc.Filings), len(want), doc.Today, r.errors)
	}
	seen := make(map[string]int)
	counts := make(map[string]int)
	for _, f := range doc.Filings {
		p := want[f.Domain]
		counts[f.Verdict]++
		list := f.Risks
		if f.Verdict == "unknown" {
			list = f.Unknowns
		}
		var rules []string
		for _, k := range list {
			rules = append(rules, k.Rule)
			if k.Found == "" || k.Remedy == "" || (f.Verdict == "risk") != (k.Responsible != "") {
				t.Errorf("%s (%s): %+v", f.Domain, p.name, k)
			}
			if ahead := k.Rule == "RSK-EXPIRING" && strings.HasPrefix(p.name, "expires"); (k.By != nil) != (ahead && f.Verdict == "risk") {
				t.Errorf("%s (%s): by %v", f.Domain, p.name, k.By)
			}
		}
		slices.Sort(rules)
		if f.Verdict != p.verdict || strings.Join(rules, " ") != p.rules {
			t.Errorf("%s (%s): %s for %v, want %s for %s", f.Domain, p.name, f.Verdict, rules, p.verdict, p.rules)
		}
		seen[p.name]++
	}
	if len(seen) != len(faults)-1 || doc.Today.AtRisk != counts["risk"] || doc.Today.Fine != counts["fine"] || doc.Today.Unknown != counts["unknown"] {
		t.Errorf("kinds %v, counts %v, first %+v", seen, counts, doc.Today)
	}
	// The same of JSON, and the same counts in the other outputs.
	var list []map[string]string
	rows, err := csv.NewReader(strings.NewReader(readFile(t, filings))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		m := make(map[string]string)
		for n, cell := range row {
			m[rows[0][n]] = cell
		}
		list = append(list, m)
	}
	body, err := json.Marshal(map[string]any{"filings": list})
	if err != nil {
		t.Fatal(err)
	}
	if j := runIt("review", file(t, "filings.json", string(body)), servers, "-dns", dns, "-at", "2026-11-26", "-json"); j.out != r.out {
		t.Errorf("of JSON: status %d, %.300s", j.status, j.errors)
	}
	printed, err := csv.NewReader(strings.NewReader(runIt(append(args, "-csv")...).out)).ReadAll()
	if err != nil || !slices.Equal(printed[0], reviewColumns) {
		t.Fatalf("%v, %v", printed[0], err)
	}
	verdicts := make(map[string]string)
	for _, row := range printed[1:] {
		verdicts[row[1]] = row[6]
	}
	for _, f := range doc.Filings {
		if verdicts[f.Domain] != f.Verdict {
			t.Errorf("%s is %s in the CSV, %s in JSON", f.Domain, verdicts[f.Domain], f.Verdict)
		}
	}
	// If all addresses are stated, an unknown one is a finding.
	whole := decode[reviewDoc](t, runIt(append(args, "-json", "-all-addresses", file(t, "all.txt", "# ours\n9.9.9.0/24\n"))...).out)
	for _, f := range whole.Filings {
		if p := want[f.Domain]; p.name == "an unknown address" && (f.Verdict != "risk" || f.Risks[0].Rule != "RSK-DNS") {
			t.Errorf("%s: %+v", f.Domain, f)
		}
	}
	if whole.Today.AtRisk <= doc.Today.AtRisk {
		t.Errorf("at risk %d with all addresses, %d without", whole.Today.AtRisk, doc.Today.AtRisk)
	}
	hidden := decode[reviewDoc](t, runIt(append(args, "-json", "-all-addresses", file(t, "all.txt", "8.8.8.8\n"))...).out)
	if hidden.Today.Unknown != doc.Today.Unknown || hidden.Today.AtRisk != doc.Today.AtRisk {
		t.Errorf("a proxy: %+v, want %+v", hidden.Today, doc.Today)
	}
}

// TestReviewFirstScreen: the first screen takes at most ten lines in both
// languages, names what to do first, and what would tell most.
func TestReviewFirstScreen(t *testing.T) {
	filings, servers, dns, _ := fleetOfFaults(t, 240)
	for lang, words := range map[string][]string{
		"en": {"at risk", "1. today, d", "file an access or change filing", "Otherwise the provider can cancel", "cannot be told"},
		"zh": {"有风险", "1. 今天，d", "办理接入备案或变更备案", "否则提供商可能取消接入", "无法判断"},
	} {
		r := runIt("review", filings, servers, "-dns", dns, "-at", "2026-11-26", "-lang", lang)
		screen, rest, found := strings.Cut(r.out, "\n\n")
		if n := strings.Count(screen, "\n") + 1; !found || n > firstLines {
			t.Errorf("%s: %d lines:\n%s", lang, n, screen)
		}
		for _, w := range words {
			if !strings.Contains(strings.ReplaceAll(screen, "\n", map[string]string{"en": " ", "zh": ""}[lang]), w) {
				t.Errorf("%s: without %q:\n%s", lang, w, screen)
			}
		}
		for line := range strings.Lines(r.out) {
			if width(strings.TrimSpace(line)) > tableWidth {
				t.Errorf("%s: a wide line: %s", lang, line)
			}
		}
		if n := strings.Count(rest, "RSK-DNS"); n < 50 {
			t.Errorf("%s: RSK-DNS is told %d times", lang, n)
		}
	}
}

// TestReviewTogether: filings of one domain with two servers of one cloud need
// one of them; with two clouds, each needs its own.
func TestReviewTogether(t *testing.T) {
	servers := file(t, "servers.csv", "id,provider,product,region,billing,status,expires,ips\n"+
		"i-1,alibaba,ECS,cn-hangzhou,subscription,running,2027-12-31,47.96.1.1\ni-2,alibaba,ECS,cn-hangzhou,subscription,running,2027-12-31,47.96.1.2\n"+
		"ins-1,tencent,CVM,ap-guangzhou,subscription,running,2027-12-31,43.139.1.1\n")
	dns := file(t, "zone.txt", "example.cn. 60 IN A 47.96.1.2\nexample.com. 60 IN A 43.139.1.1\n")
	filings := file(t, "filings.csv", "domain,instance,ips,app\nexample.cn,i-1,,\nEXAMPLE.cn.,,47.96.1.2,\nexample.com,i-1,,\nexample.com,ins-1,,\n,i-1,,某App\n")
	doc := decode[reviewDoc](t, runIt("review", filings, servers, "-dns", dns, "-at", "2026-11-26", "-json").out)
	var got []string
	for _, f := range doc.Filings {
		got = append(got, f.Domain+f.App+" "+f.Instance+" "+f.Verdict)
	}
	if want := []string{"某App i-1 fine", "example.cn i-1 fine", "EXAMPLE.cn. i-2 fine", "example.com i-1 risk", "example.com ins-1 fine"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestReviewInputs: files of every kind that cannot be read are told, in both
// languages, and nothing wrong is said.
func TestReviewInputs(t *testing.T) {
	servers := file(t, "servers.csv", "id,provider,product,region,billing,status,expires,ips\ni-1,alibaba,ECS,cn-hangzhou,subscription,running,2027-12-31,47.96.1.1\n")
	good := "domain,instance\nexample.cn,i-1\n"
	for _, c := range []struct {
		what, filings, dns, all string
		status                  int
		en, zh                  string
	}{
		{"fine", good, "", "", exitYes, "", ""},
		{"of Excel's semicolons", "域名;实例ID\nexample.cn;i-1\n", "", "", exitYes, "", ""},
		{"no list of filings", "id,name\ni-1,x\n", "", "", exitInput, "it is no list of filings", "不是备案列表"},
		{"empty", "", "", "", exitInput, "it is no list of filings", "不是备案列表"},
		{"headers alone", "domain,instance\n", "", "", exitInput, "there are no filings", "没有备案"},
		{"a column twice", "domain,域名\nx.cn,y.cn\n", "", "", exitInput, "domain is there twice", "domain出现两次"},
		{"a column twice in JSON", `[{"domain":"x.cn","site":"y.cn"}]`, "", "", exitInput, "domain is there twice", "domain出现两次"},
		{"too few cells", "domain,instance\nexample.cn\n", "", "", exitInput, "line 2: it has not as many cells", "第2行：单元格数"},
		{"neither domain nor app", "domain,app\n,\n", "", "", exitInput, "line 2: it has neither", "第2行：域名与App"},
		{"no domain", "domain,instance\nlocalhost,i-1\n", "", "", exitInput, `line 2: "localhost" is no domain`, "不是域名"},
		{"no address", "domain,ips\nexample.cn,47.96\n", "", "", exitInput, `line 2: "47.96" is not an IP address`, "不是IP地址"},
		{"a state that is not known", "domain,state\nexample.cn,maybe\n", "", "", exitInput, `line 2: state "maybe" is not known; known are filed`, "状态\"maybe\""},
		{"a provider that is not known", "domain,provider\nexample.cn,aws\n", "", "", exitInput, `line 2: provider "aws"`, "提供商\"aws\""},
		{"JSON, cut", `{"filings":[{"domain":"example.cn","instance":"i-1"}`, "", "", exitInput, "it ends early", "内容不完整"},
		{"JSON, one a line", `{"domain":"example.cn","instance":"i-1"}` + "\n" + `{"domain":"a.cn","instance":"i-1"}`, "", "", exitYes, "", ""},
		{"JSON, a list", `[{"域名":"example.cn","实例ID":"i-1","备案IP":["47.96.1.1"]}]`, "", "", exitYes, "", ""},
		{"JSON, of another form", `{"filings":{"a":1}}`, "", "", exitInput, "filings is not a list", "filings应为列表"},
		{"JSON, an object for a text", `[{"domain":{"a":1}}]`, "", "", exitInput, "filing 1: domain is not a text", "第1条备案"},
		{"JSON, a number", `[7]`, "", "", exitInput, "not JSON of that form", "JSON格式有误"},
		{"a zone", good, "$ORIGIN example.cn.\n@ 60 IN SOA a b (1\n 2 3 )\n@ A 47.96.1.1 ; here\n  TXT x\n", "", exitYes, "", ""},
		{"a zone without the name", good, "$ORIGIN example.cn.\n@ IN SOA a b 1\nmail A 47.96.1.1\n", "", exitNo, "", ""},
		{"a zone with a wildcard", good, "$ORIGIN example.cn.\n@ IN SOA a b 1\n* A 47.96.1.1\n", "", exitUnknown, "", ""},
		{"aliases in a ring", good, "example.cn. CNAME www.example.cn.\nwww.example.cn. CNAME example.cn.\n", "", exitUnknown, "", ""},
		{"DNS over HTTPS", good, `{"Status":0,"Question":[{"name":"example.cn.","type":1}],"Answer":[{"name":"example.cn.","type":5,"data":"c.example.net."},{"name":"c.example.net.","type":1,"data":"47.96.1.1"}]}`, "", exitYes, "", ""},
		{"dnsx", good, `{"host":"example.cn","a":["47.96.1.1"],"status_code":"NOERROR"}`, "", exitYes, "", ""},
		{"dnsx, no such name", good, `{"host":"example.cn","status_code":"NXDOMAIN"}`, "", exitNo, "", ""},
		{"dnsx, no address of the name alone", good, `{"host":"example.cn","status_code":"NOERROR"}`, "", exitUnknown, "", ""},
		{"zdns", good, `{"name":"example.cn","results":{"A":{"status":"NOERROR","data":{"answers":[{"name":"example.cn","type":"A","answer":"47.96.1.1"}]}}}}`, "", exitYes, "", ""},
		{"Alibaba Cloud DNS", good, `{"DomainRecords":{"Record":[{"RR":"@","DomainName":"example.cn","Type":"A","Value":"47.96.1.1","Status":"ENABLE"}]}}`, "", exitYes, "", ""},
		{"no records", good, "{}", "", exitUsage, "it has no DNS records", "没有DNS记录"},
		{"prose for a zone", good, "hello world\n", "", exitUsage, "line 1: not a record", "第1行：不是区域文件的记录"},
		{"a relative name without a zone", good, "www A 47.96.1.1\n", "", exitUsage, "is a relative name", "相对名称"},
		{"no address in a zone", good, "example.cn. A x\n", "", exitUsage, `line 1: "x" is not an IP address`, "不是IP地址"},
		{"cut JSON of DNS", good, `{"host":"example.cn"`, "", exitUsage, "it ends early", "内容不完整"},
		{"no addresses", good, "example.cn. A 47.96.1.1\n", "x\n", exitUsage, `line 1: "x" is not an IP address or prefix`, "不是IP地址或网段"},
	} {
		args := []string{"review", file(t, "filings", c.filings), servers, "-at", "2026-11-26"}
		if c.dns != "" {
			args = append(args, "-dns", file(t, "dns", c.dns))
		}
		if c.all != "" {
			args = append(args, "-all-addresses", file(t, "all", c.all))
		}
		for lang, want := range map[string]string{"en": c.en, "zh": c.zh} {
			r := runIt(append(args, "-lang", lang)...)
			if r.status != c.status || !strings.Contains(r.errors, want) || want == "" && r.errors != "" || want != "" && strings.Contains(r.out, "example.cn") {
				t.Errorf("%s (%s): status %d, want %d: %s\n%s", c.what, lang, r.status, c.status, r.errors, r.out)
			}
		}
	}
	for _, args := range [][]string{{"review"}, {"review", "x"}, {"review", "-", "-"}, {"review", "x", servers, "-csv", "-json"}} {
		if r := runIt(args...); r.status != exitUsage {
			t.Errorf("%q: status %d", args, r.status)
		}
	}
	// What can be answered is, if it is to go on.
	bad := file(t, "filings.csv", "domain,instance\nexample.cn,i-1\n,i-1\n")
	r := runIt("review", bad, servers, "-at", "2026-11-26", "-keep-going")
	if r.status != exitInput || !strings.Contains(r.out, "example.cn") || !strings.Contains(r.errors, "line 3") {
		t.Errorf("status %d, %s\n%s", r.status, r.errors, r.out)
	}
	// A name with control characters does not reach the terminal.
	evil := file(t, "filings.csv", "domain,instance,customer\nexample.cn,i-1,\"a\x1b[31m\"\n")
	if r := runIt("review", evil, servers, "-at", "2026-11-26"); strings.Contains(r.out, "\x1b") || !strings.Contains(r.out, `\x1b`) {
		t.Errorf("%q", r.out)
	}
}

// FuzzReview: whatever a list of filings or a file of DNS has, reading it ends,
// and what it says of a domain is one of three.
func FuzzReview(f *testing.F) {
	f.Add("domain,instance\nexample.cn,i-1\n", "example.cn. A 47.96.1.1\n")
	f.Add(`[{"domain":"example.cn","ips":["47.96.1.1"]}]`, `{"host":"example.cn","a":["47.96.1.1"],"status_code":"NOERROR"}`)
	f.Add("", "$ORIGIN cn.\n@ SOA a b (\n* CNAME @\n")
	f.Fuzz(func(t *testing.T, filings, dns string) {
		if s, err := readText(strings.NewReader(filings), io.NopCloser(nil), filingsHeader); err == nil {
			err := readFilings(s, func(k *filed, _ place, err error) bool {
				if err == nil && k.service == "" {
					t.Errorf("a filing of nothing: %+v", *k)
				}
				return true
			})
			if err != nil && !isSpoken(err) {
				t.Errorf("no words for %v", err)
			}
		}
		r, err := readResolved(strings.NewReader(dns))
		if err != nil {
			return
		}
		for name := range r.names {
			ips, resolves := r.of(name)
			if (len(ips) > 0) != (resolves == icpcode.Yes) {
				t.Errorf("%q: %v, %v", name, ips, resolves)
			}
		}
	})
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

package main

import (
	"cmp"
	"context"
	"io"
	"iter"
	"net/netip"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/icpcode/icpcode"
)

func (c *command) reviewCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   c.say("review FILINGS INVENTORY...", "review 备案列表 清单..."),
		Short: c.say("which filings are at risk, why, and what to do by when", "哪些备案有风险、原因，以及由谁在何时之前处理"),
		Long: c.say(
			"review compares filings that were made with the servers that there are today: each filing is at risk, fine, or it cannot be told. Its first lines say what to do first, by when, for which domain, which party is responsible, and what happens otherwise; then how much could not be told, and which file would tell most of it.\n\nFILINGS is a CSV, an Excel workbook (.xlsx) or JSON with the columns domain or app, and as far as they are known instance, ips, provider, product, owner, icp_number, state (filed, filing, ended) and customer, in English or Chinese. A filing without an instance belongs to the server that has one of its filed addresses. The inventories are those of precheck.\n\nWith -dns, a file says where the domains point: a zone file, what dig +noall +answer prints, or the JSON of massdns, zdns, dnsx, DNS over HTTPS or Alibaba Cloud DNS. The domain itself and www below it are looked for. An address of no listed server cannot be told, unless -all-addresses says that it names all others that there are. With -resolve, icpcode asks name servers itself; without it, it asks no network.\n\nThe exit status is 0 if every filing is fine, 1 if one is at risk, 4 if none is but of one it cannot be told, 3 if a file is incomplete or cannot be read, 2 if the command line or a file that it names is wrong.",
			"review 将已有的备案与现在的服务器对照：每条备案为有风险、正常，或无法判断。开头几行先说明最先要做的事：期限、域名、由谁处理、不处理的后果；然后说明有多少无法判断，以及补充哪个文件最有用。\n\n备案列表可为CSV、Excel工作簿（.xlsx）或JSON，列有域名（domain）或app，以及已知的实例ID（instance）、备案IP（ips）、提供商（provider）、产品（product）、购买账号（owner）、备案号（icp_number）、状态（state：已备案、审核中、已注销）、客户（customer），中英文均可。没有实例ID的备案按备案IP对应服务器。清单与 precheck 相同。\n\n-dns 的文件给出域名解析：区域文件、dig +noall +answer 的输出，或massdns、zdns、dnsx、DNS over HTTPS、阿里云云解析的JSON。查看域名本身及其www。解析到的地址不属于清单中任何服务器时无法判断，除非用 -all-addresses 给出其余全部地址。使用 -resolve 时，icpcode 直接查询DNS；否则不访问网络。\n\n退出状态：0表示全部正常；1表示有风险；4表示没有风险但有无法判断的；3表示文件不完整或无法读取；2表示命令行或其所指文件有误。",
		),
		Example: "icpcode review filings.csv ecs.json eip.json\nicpcode review filings.xlsx *.json -dns zone.txt -all-addresses addresses.txt\nicpcode review filings.csv ecs.json -json > review.json\nicpcode review filings.csv ecs.json -html > review.html",
		Args: func(_ *cobra.Command, files []string) error {
			switch {
			case len(files) < 2:
				return errorf("name the list of filings, then the inventory files; - is standard input", "请先指定备案列表，再指定清单文件；- 表示标准输入")
			case c.csv && c.json:
				return errorf("-csv does not go with -json", "-csv 不能与 -json 同用")
			case c.dnsFile != "" && c.resolveFlag != "":
				return errorf("-resolve does not go with -dns: both say where the domains point", "-resolve 不能与 -dns 同用：两者都给出域名解析")
			}
			return c.oneForm(c.json || c.csv)
		},
		RunE: func(_ *cobra.Command, files []string) error { return c.review(files[0], files[1:]) },
	}
	f := cmd.Flags()
	f.BoolVar(&c.json, "json", false, c.say("one JSON document, for programs", "输出一个JSON文档，供程序使用"))
	f.BoolVar(&c.csv, "csv", false, c.say("CSV, a row for each filing and reason", "输出CSV，每条备案的每个原因一行"))
	c.reporting(cmd)
	f.StringVar(&c.dnsFile, "dns", "", c.say("`FILE` that says where domains point", "给出域名解析的`文件`"))
	f.StringVar(&c.resolveFlag, "resolve", "", c.say(
		"ask the name server at `ADDRESS`, such as 223.5.5.5:53, where the domains point; without an address those of this machine",
		"向`地址`处的DNS服务器（例如223.5.5.5:53）查询域名解析；不给出地址则使用本机的DNS服务器",
	))
	f.Lookup("resolve").NoOptDefVal = systemServers
	f.StringVar(&c.allFile, "all-addresses", "", c.say(
		"`FILE` with the addresses and prefixes of all CDNs, proxies and other servers, one a line: then an address of none is a finding",
		"列出全部CDN、代理及其他服务器的地址和网段的`文件`，每行一个：此时不在其中的地址视为风险",
	))
	f.StringVar(&c.sinceFile, "since", "", c.say(
		"`FILE` that review -json printed before: only what is new and what has cleared, and the exit status is 1 only if a risk is new",
		"此前 review -json 输出的`文件`：只列出新增和已消除的风险，仅当有新增风险时退出状态为1",
	))
	f.StringVar(&c.factsFile, "facts", "", c.say(
		"CSV or .xlsx `FILE` with facts that no inventory gives, by server: id,owner,downgraded,...",
		"CSV或.xlsx`文件`，按服务器给出清单没有的事实：id,owner,downgraded等列",
	))
	f.StringVar(&c.regionFlag, "region", "", c.say("`REGION` of servers whose inventory does not say theirs", "清单未说明地域的服务器所在的`地域`"))
	c.owning(cmd)
	f.BoolVar(&c.keepGoing, "keep-going", false, c.say(
		"report what cannot be read and answer the rest; the exit status is 3 all the same", "遇到无法读取的内容时报告并继续回答其余部分；退出状态仍为3"))
	c.asking(cmd, c.say(
		"rule `BOOK` to judge all filings by: a preset or a JSON file; several: each by that of its provider",
		"用于判断所有备案的`规则簿`：预置名称或JSON文件；给出多个时按提供商选用",
	))
	return cmd
}

// The verdicts about filings.
const (
	filingFine    = verdictYes
	filingAtRisk  = verdictNo
	filingUnknown = verdictUnknown
)

// finding is a reason why a filing is at risk or cannot be told.
type finding struct {
	icpcode.Reason
	by          time.Time // zero: at once; only of risks
	responsible string    // the party that is to act
	missing     string    // of what cannot be told: the kind of file that would
}

// reviewed is what there is to say of one filing.
type reviewed struct {
	filed
	server   *listed // nil: in no inventory
	set      *icpcode.RuleSet
	verdict  verdict
	risks    []finding
	unknowns []finding
	advice   []finding       // what is no risk as it stands
	unasked  icpcode.RuleIDs // rules of which the facts are not known, which no list gives
}

// findings is how much there is to say of it.
func (r *reviewed) findings() int { return len(r.risks) + len(r.unknowns) + len(r.advice) }

// at names the server, by the inventories or as the list does.
func (r *reviewed) at() (id icpcode.InstanceID, provider string) {
	if r.server != nil {
		return r.server.ID, r.server.Provider
	}
	return r.instance, r.provider
}

// due is when something is to be done first.
func (r *reviewed) due() time.Time {
	if len(r.risks) == 0 {
		return time.Time{}
	}
	first := r.risks[0].by
	for _, k := range r.risks {
		if k.by.Before(first) {
			first = k.by
		}
	}
	return first
}

// reviewing is one run of review.
type reviewing struct {
	*command
	q        *question
	today    today
	filings  filingStore
	filing   icpcode.Filing       // the one that is judged
	server   icpcode.Instance     // and its server
	together map[string][]*listed // the servers of services that are filed more than once
	sum      summary
	ended    int
	dns      *resolved
	all      *addressSet
	past     *past      // nil: all is told
	cleared  []pastRisk // since then
}

func (c *command) review(list string, files []string) error {
	if err := c.inventories(append([]string{list, c.dnsFile, c.allFile, c.sinceFile}, files...)); err != nil {
		return err
	}
	q, err := c.question()
	if err != nil {
		return err
	}
	q.bare = true
	r := &reviewing{
		command: c, q: q, today: newToday(),
	}
	defer r.filings.close()
	if err := r.besides(); err != nil {
		return usage(err)
	}
	var servers []netip.AddrPort
	if c.resolveFlag != "" {
		if servers, err = nameServers(c.resolveFlag, openFile); err != nil {
			return usage(errorf("-resolve: %v", "-resolve：%v", err))
		}
	}
	if err := c.there([]string{list}); err != nil {
		return err
	}
	err = c.each(files, q, func(a *answer) error {
		r.today.add(a)
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.read(list); err != nil {
		return err
	}
	if len(servers) > 0 {
		if r.dns, err = r.resolve(context.Background(), &asker{servers: servers, every: queryEvery, wait: queryWait}); err != nil {
			return c.unwritten(err)
		}
	}
	if r.filings.n == 0 && c.problems == 0 {
		c.empty = true
		c.complain(c.say("there are no filings in what was given: nothing was answered", "所给内容中没有备案，没有可回答的内容"))
		return nil
	}
	r.sum = newSummary(r.ended)
	if err := errorsOf(r.gather(), r.summarize()); err != nil {
		return c.unwritten(err)
	}
	return c.unwritten(r.print())
}

// besides reads the files beside filings and inventories.
func (r *reviewing) besides() error {
	if r.dnsFile != "" {
		var err error
		if r.dns, err = besideFile(r.command, r.dnsFile, readResolved); err != nil {
			return err
		}
	}
	if r.sinceFile != "" {
		var err error
		if r.past, err = besideFile(r.command, r.sinceFile, readPast); err != nil {
			return err
		}
	}
	if r.allFile != "" {
		var err error
		if r.all, err = besideFile(r.command, r.allFile, readAddresses); err != nil {
			return err
		}
	}
	return nil
}

// besideFile reads a text file.
func besideFile[T any](c *command, name string, read func(io.Reader) (*T, error)) (*T, error) {
	f, err := c.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	out, err := read(newTextReader(f))
	if err != nil {
		return nil, errorf("%s: %v", "%s：%v", c.shown(name), err)
	}
	return out, nil
}

// read reads the filings.
func (r *reviewing) read(list string) error {
	s, err := r.readable(list, filingsHeader)
	if err != nil {
		return r.problem(list, err, nil, false)
	}
	defer s.close()
	var ended, kept error
	err = readFilings(s, func(f *filed, at place, err error) bool {
		if err != nil {
			ended = r.problem(list, errorf("%s: %v: %v", "%s：%v：%v", r.shown(list), at(), err), nil, r.keepGoing)
			return ended == nil
		}
		if f.state == 0 {
			r.ended++
			return true
		}
		if err := r.settle(f); err != nil {
			ended = r.problem(list, errorf("%s: %v: %v", "%s：%v：%v", r.shown(list), at(), err), nil, r.keepGoing)
			return ended == nil
		}
		kept = r.filings.add(f)
		return kept == nil
	})
	r.assumed(list, s)
	if kept != nil {
		return r.unwritten(kept)
	}
	if ended != nil {
		return ended
	}
	if err != nil {
		return r.problem(list, errorf("%s: %v", "%s：%v", r.shown(list), err), nil, false)
	}
	return nil
}

// settle spells the provider and the product of a filing as the rules do. There
// are rules for what it lets pass.
func (r *reviewing) settle(f *filed) error {
	i := icpcode.Instance{Provider: f.provider, Product: f.product}
	if i.Provider != "" || i.Product != "" {
		i.Provider = providerOf(i.Provider)
		if err := r.q.books.settle(&i); err != nil {
			return err
		}
		f.provider, f.product = i.Provider, i.Product
	}
	if r.today.of(f) != nil {
		return nil
	}
	_, err := r.q.books.at(f.provider, r.q.at)
	return err
}

// match finds the server and the rules of a filing.
func (r *reviewing) match(f *reviewed) error {
	f.server = r.today.of(&f.filed)
	var err error
	if f.server != nil {
		f.set = f.server.set
		return nil
	}
	f.set, err = r.q.books.at(f.provider, r.q.at)
	return err
}

// providerNames are providers, as the rules spell them, by other names.
var providerNames = map[string]string{
	"aliyun": "alibaba", "alibabacloud": "alibaba", "阿里云": "alibaba", "tencentcloud": "tencent", "qcloud": "tencent", "腾讯云": "tencent",
	"huaweicloud": "huawei", "华为云": "huawei", "baiducloud": "baidu", "百度智能云": "baidu", "百度云": "baidu", "火山引擎": "volcengine",
}

// providerOf spells a provider as the rules do.
func providerOf(word string) string {
	return cmp.Or(providerNames[unspaced(word)], word)
}

// toldByLists are the rules whose facts lists of servers give: where they are not
// known, it cannot be told whether the filing is at risk.
var toldByLists = icpcode.MakeRuleIDs(icpcode.RSKExpiring, icpcode.RSKReleased, icpcode.RSKBilling)

// judge answers for one filing.
func (r *reviewing) judge(f *reviewed) {
	today := &r.server
	*today = icpcode.Instance{}
	if f.server != nil {
		*today = f.server.Instance
	}
	if f.owner == "" {
		today.Owner = "" // it cannot be compared
	}
	r.filing = f.filed.filing()
	rec := icpcode.Record{State: f.state, Owner: f.owner, InstanceID: today.ID, Product: cmp.Or(today.Product, f.product), Filing: &r.filing}
	d := f.set.Review(rec, *today, r.q.at)
	d.Pass = 0 // words are the costly part
	if f.server != nil {
		untold := d.Unknown &^ toldByLists
		if len(f.ips) > 0 {
			untold &^= icpcode.MakeRuleIDs(icpcode.RSKIP)
		}
		f.unasked = untold
		d.Unknown &^= untold
		d.Assumed &^= untold
	} else {
		d.Unknown, d.Assumed = 0, 0 // there is one reason: no server
	}
	for reason := range told(&d, r.lang) {
		switch {
		case reason.Outcome == icpcode.OutcomeFailed:
			f.risks = append(f.risks, r.risk(f, reason, today))
		case reason.Rule == icpcode.RSKExpiring && reason.Outcome == icpcode.OutcomeAdvised:
			f.advice = append(f.advice, r.risk(f, reason, today))
		case reason.Outcome == icpcode.OutcomeAdvised:
		case reason.Rule == icpcode.RSKExpiring && today.Billing == icpcode.PayAsYouGo: // it has no term
		default:
			f.unknowns = append(f.unknowns, finding{Reason: reason, missing: "facts"})
		}
	}
	if f.server == nil {
		f.unknowns = append(f.unknowns, finding{Reason: icpcode.Reason{
			Rule: icpcode.RSKReleased, Outcome: icpcode.OutcomeUnknown, Required: r.say("a server in the inventories", "清单中有备案的服务器"),
			Found:  r.noServer(&f.filed),
			Remedy: r.say("give the inventory that has it; if it is gone, file with another server at once", "请提供包含该服务器的清单；若服务器已不存在，请立即用其他服务器办理备案"),
		}, missing: "inventory"})
	}
	r.pointing(f, today)
	f.verdict = filingFine
	if len(f.unknowns) > 0 {
		f.verdict = filingUnknown
	}
	if len(f.risks) > 0 {
		f.verdict = filingAtRisk
	}
}

// told are the answers of a decision, mostly none: of most filings nothing is
// wrong.
func told(d *icpcode.Decision, l icpcode.Lang) iter.Seq[icpcode.Reason] {
	if d.Pass|d.Fail|d.Unknown|d.Advice == 0 {
		return func(func(icpcode.Reason) bool) {}
	}
	return d.Answers(l)
}

// noServer says why there is no server for a filing.
func (r *reviewing) noServer(f *filed) string {
	if f.instance == "" && len(f.ips) == 0 {
		return r.say("the list does not say which server it was filed with", "列表未说明用哪台服务器备案")
	}
	if f.instance == "" {
		return r.say("no listed server has the filed address", "清单中没有服务器使用备案IP")
	}
	if r.today.several(f.instance) {
		return r.say("several providers have a server %s: the list does not say whose it is", "多个提供商都有服务器%s：列表未说明提供商", f.instance)
	}
	return r.say("the server %s is in no inventory", "服务器%s不在任何清单中", f.instance)
}

// pointing asks where the domain points (RSK-DNS).
func (r *reviewing) pointing(f *reviewed, today *icpcode.Instance) {
	if r.dns == nil || f.domain == "" {
		return
	}
	ips, resolves := r.dns.of(f.domain)
	d := icpcode.DNS{Resolves: resolves, Complete: r.all != nil}
	filed := *today
	filed.ID, filed.Provider = cmp.Or(filed.ID, f.instance), cmp.Or(filed.Provider, f.provider, f.set.Provider)
	for _, ip := range ips {
		a := icpcode.DNSAddress{IP: ip, Known: r.all.has(ip)}
		if at := r.today.byIP[ip]; at != nil {
			a.Instance, a.Provider = at.ID, cmp.Or(at.Provider, at.set.Provider)
			if r.alsoFiled(f, at, a.Provider, filed.Provider) {
				a.Instance = filed.ID // the domain is filed with both: one of them is enough
			}
		}
		d.Addresses = append(d.Addresses, a)
	}
	review := f.set.ReviewDNS(&filed, f.ips, &d)
	reason := f.set.DNSReason(review, cmp.Or(today.Product, f.product), r.lang)
	switch review.Outcome() {
	case icpcode.OutcomeFailed:
		f.risks = append(f.risks, r.risk(f, reason, today))
	case icpcode.OutcomeUnknown:
		missing := "addresses"
		if review.Case == icpcode.DNSUnanswered {
			missing = "dns"
		}
		f.unknowns = append(f.unknowns, finding{Reason: reason, missing: missing})
	}
}

// alsoFiled reports whether the domain of a filing is filed with a server, too,
// which is of the same provider.
func (r *reviewing) alsoFiled(f *reviewed, at *listed, provider, own string) bool {
	return f.server != at && provider == own && slices.Contains(r.together[f.service], at)
}

// risk says what is to be done, by when, and which party is responsible.
func (r *reviewing) risk(f *reviewed, reason icpcode.Reason, today *icpcode.Instance) finding {
	k := finding{Reason: reason}
	if reason.Rule == icpcode.RSKExpiring && today.Expires.After(r.q.at) {
		k.by = today.Expires
	}
	switch reason.Rule {
	case icpcode.RSKDNS:
		k.responsible = r.say("the DNS administrator of the domain", "域名解析的管理人员")
	case icpcode.RSKOwner:
		k.responsible = r.say("the filing subject", "备案主体")
	default:
		k.responsible = r.say("the account that bought the server", "服务器的购买账号")
		if owner := cmp.Or(f.owner, today.Owner); owner != "" {
			k.responsible = r.say("account %s, which bought the server", "服务器的购买账号%s", owner)
		}
	}
	return k
}

package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// saying is one point of a rule set, in words.
type saying struct {
	Rule    icpcode.Rule
	Product icpcode.Product // "": it is not about products
	Text    string
	Notes   []int // the documents behind it, from 1
}

// difference is a point that two sets say otherwise, "" where one says nothing.
type difference struct {
	Rule    icpcode.Rule
	Product icpcode.Product
	From    string
	To      string
}

// rulesPage is the rule book in force, and what differs from the next set.
type rulesPage struct {
	Set       *icpcode.RuleSet
	Sayings   []saying
	Rows      []row
	Documents []string
	Next      *icpcode.RuleSet // nil: there is none yet
	Changes   []difference
}

// rules says the set that is in force now, with its documents.
func rules(c *call) (page, error) {
	book := c.h.o.RuleBook
	if book == nil {
		book = icpcode.Alibaba()
	}
	now := time.Now()
	set, err := book.At(now)
	if err != nil {
		return page{}, err
	}
	p := rulesPage{Set: set, Sayings: c.sayings(set)}
	for i := range p.Sayings {
		s := &p.Sayings[i]
		for _, d := range set.Citations(s.Rule, s.Product) {
			text := d.Text(c.lang)
			n := slices.Index(p.Documents, text)
			if n < 0 {
				n = len(p.Documents)
				p.Documents = append(p.Documents, text)
			}
			s.Notes = append(s.Notes, n+1)
		}
	}
	p.Rows = c.rows(p.Sayings)
	sets := book.Sets()
	if i := slices.IndexFunc(sets, func(s icpcode.RuleSet) bool { return s.Effective.After(now) }); i >= 0 {
		p.Next = &sets[i]
		p.Changes = differences(p.Sayings, c.sayings(p.Next))
	}
	return page{name: "rules", data: p}, nil
}

// row is what a set says in the same words of several products.
type row struct {
	saying

	Products string
}

// rows puts what is said alike of several products into one row.
func (c *call) rows(all []saying) (rows []row) {
	for _, s := range all {
		label := s.Product.Label(c.lang)
		i := slices.IndexFunc(rows, func(o row) bool { return o.Rule == s.Rule && o.Text == s.Text && slices.Equal(o.Notes, s.Notes) })
		if i >= 0 {
			rows[i].Products += c.text(", ", "、") + label
			continue
		}
		rows = append(rows, row{s, label})
	}
	return rows
}

// differences compares what two sets say.
func differences(from, to []saying) (all []difference) {
	same := func(s saying) func(saying) bool {
		return func(o saying) bool { return o.Rule == s.Rule && o.Product == s.Product }
	}
	for _, s := range to {
		i := slices.IndexFunc(from, same(s))
		if i < 0 {
			all = append(all, difference{s.Rule, s.Product, "", s.Text})
		} else if from[i].Text != s.Text {
			all = append(all, difference{s.Rule, s.Product, from[i].Text, s.Text})
		}
	}
	for _, s := range from {
		if !slices.ContainsFunc(to, same(s)) {
			all = append(all, difference{s.Rule, s.Product, s.Text, ""})
		}
	}
	return all
}

// sayings puts a set into words. What it asks for nothing of is left out.
func (c *call) sayings(set *icpcode.RuleSet) (all []saying) {
	say := func(r icpcode.Rule, en, zh string, values ...string) {
		all = append(all, saying{Rule: r, Text: c.fill(en, zh, values...)})
	}
	for i := range set.Products {
		all = append(all, c.requirements(set.Products[i].Product, &set.Products[i].Requirements)...)
	}
	if len(set.MainlandRegions) > 0 {
		say(icpcode.ELGRegion, "in mainland China: %", "位于中国大陆的地域：%", strings.Join(set.MainlandRegions, " "))
	}
	if !set.BatchUnknown {
		say(icpcode.ELGBatch, "at most % codes in one request", "单次最多申请%个", strconv.Itoa(set.Batch))
	}
	if set.Account != icpcode.AccountAny {
		say(icpcode.ELGAccount, icpcode.ELGAccount.Title(icpcode.English), icpcode.ELGAccount.Title(icpcode.Chinese))
	}
	all = append(all, c.grantRules(&set.Grant)...)
	say(icpcode.LIFRelease, "a filing that is withdrawn leaves its code %", "备案撤回后服务码的状态：%", set.Life.ReleaseTo.Label(c.lang))
	if set.Life.SellsCodes {
		say(icpcode.PAYWhen, "the provider sells codes", "提供商出售收费备案服务码")
	} else {
		say(icpcode.PAYWhen, "the provider sells no codes", "提供商不出售收费备案服务码")
	}
	if set.Filing.Refuse != 0 {
		say(icpcode.FILCheck, "a filing is refused if its server fails %", "备案时服务器不满足以下规则即拒绝：%", names(set.Filing.Refuse))
	}
	say(icpcode.RSKExpiring, "days that an expiry is warned of ahead: %", "到期前提醒的天数：%", strconv.Itoa(set.Risk.ExpiringDays))
	if set.Assume != 0 {
		say(0, "taken to pass where a fact is missing: %", "缺少信息时视为符合：%", names(set.Assume))
	}
	return all
}

func names(set icpcode.RuleIDs) string {
	var all []string
	for r := range set.All() {
		all = append(all, r.String())
	}
	return strings.Join(all, " ")
}

// fill puts values into a text.
func (c *call) fill(en, zh string, values ...string) string {
	text := c.text(en, zh)
	for _, v := range values {
		text = strings.Replace(text, "%", v, 1)
	}
	return text
}

func (c *call) requirements(p icpcode.Product, q *icpcode.Requirements) (all []saying) {
	say := func(asks bool, r icpcode.Rule, text string) {
		if asks {
			all = append(all, saying{Rule: r, Product: p, Text: text})
		}
	}
	quota := c.fill("codes ever, for each instance: %", "每个实例累计可申请：%个", strconv.Itoa(q.Quota))
	if q.PerAccount {
		quota = c.fill("codes ever, for the product in one account: %", "每个账号该产品累计可申请：%个", strconv.Itoa(q.Quota))
	}
	if q.QuotaUnknown {
		quota = c.text("how many codes is not known", "可申请的数量未知")
	}
	say(q.Subscription, icpcode.ELGBilling, icpcode.ELGBilling.Title(c.lang))
	say(q.TermMonths > 0, icpcode.ELGTerm, c.fill("bought for months, at least: %", "购买时长不少于%个月", strconv.Itoa(q.TermMonths)))
	say(q.RemainingDays > 0, icpcode.ELGRemaining, c.fill("days left until expiry, at least: %", "距到期不少于%天（按每24小时计1天）", strconv.Itoa(q.RemainingDays)))
	say(q.Mainland, icpcode.ELGRegion, icpcode.ELGRegion.Title(c.lang))
	say(q.PublicIP, icpcode.ELGPublicIP, icpcode.ELGPublicIP.Title(c.lang))
	say(q.Running, icpcode.ELGStatus, icpcode.ELGStatus.Title(c.lang))
	say(q.IPFree, icpcode.ELGIPInUse, icpcode.ELGIPInUse.Title(c.lang))
	say(!q.MinOrder.IsZero(), icpcode.ELGProduct, c.fill("the order is of at least % yuan", "订单金额不少于%元", q.MinOrder.String()))
	say(true, icpcode.ELGQuota, quota)
	return all
}

func (c *call) grantRules(g *icpcode.GrantRules) (all []saying) {
	say := func(asks bool, r icpcode.Rule, text string) {
		if asks {
			all = append(all, saying{Rule: r, Text: text})
		}
	}
	if !g.Allowed {
		say(true, icpcode.GRTOwner, c.text("codes cannot be granted", "不可授权"))
		return all
	}
	say(true, icpcode.GRTOwner, c.text("codes can be granted", "可以授权"))
	say(g.Enterprise, icpcode.GRTEnterprise, c.text("granters are enterprise accounts", "授权账号须通过企业认证"))
	say(g.MaxGrantees != icpcode.NoLimit, icpcode.GRTOut,
		c.fill("at most % grantees of one granter in a natural year", "每个自然年一个账号最多授权给%个账号", strconv.Itoa(g.MaxGrantees)))
	say(g.MaxGranters != icpcode.NoLimit, icpcode.GRTIn,
		c.fill("at most % granters to one grantee in a natural year", "每个自然年一个账号最多接收%个账号的授权", strconv.Itoa(g.MaxGranters)))
	say(g.VerifyFirst, icpcode.GRTFirst, c.text("the first grant to an account verifies the phone", "首次授权给某账号，须通过手机验证码验证"))
	return all
}

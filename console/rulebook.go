package console

import (
	"fmt"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/presets"
)

// saying is one point of a rule set, in words.
type saying struct {
	Rule    icpcode.Rule
	Product icpcode.Product // "": it is not about products
	Text    string
	Notes   []int  // the documents behind it, from 1
	name    string // which of its rule's points it is
}

// otherProducts is what a set says of the products that it does not list.
const otherProducts icpcode.Product = "*"

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
	now := c.h.o.Clock()
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
		label := productLabel(s.Product, c.lang)
		i := slices.IndexFunc(rows, func(o row) bool { return o.Rule == s.Rule && o.Text == s.Text && slices.Equal(o.Notes, s.Notes) })
		if i >= 0 {
			rows[i].Products += c.text(", ", "、") + label
			continue
		}
		rows = append(rows, row{s, label})
	}
	return rows
}

func productLabel(p icpcode.Product, l icpcode.Lang) string {
	if p == otherProducts {
		return icpcode.Bilingual{English: "other products", Chinese: "其他产品"}.Text(l)
	}
	return p.Label(l)
}

// differences compares what two sets say.
func differences(from, to []saying) (all []difference) {
	same := func(s saying) func(saying) bool {
		return func(o saying) bool { return o.Rule == s.Rule && o.Product == s.Product && o.name == s.name }
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

// sayings puts a set into words. Where it asks for nothing it says nothing.
func (c *call) sayings(set *icpcode.RuleSet) (all []saying) {
	say := func(r icpcode.Rule, name, text string) {
		all = append(all, saying{Rule: r, name: name, Text: text})
	}
	listed := func(r icpcode.Rule, name, en, zh string, list []string) {
		if len(list) > 0 {
			say(r, name, c.fill(en, zh, strings.Join(list, " ")))
		}
	}
	say(icpcode.FILForeign, "", c.fill("for servers of %s", "仅适用于%s服务器", c.provider(set.Provider)))
	for i := range set.Products {
		all = append(all, c.requirements(set.Products[i].Product, &set.Products[i].Requirements)...)
	}
	all = append(all, c.requirements(otherProducts, &set.Base)...)
	listed(icpcode.ELGRegion, "mainland", "in mainland China: %s", "位于中国大陆的地域：%s", set.MainlandRegions)
	listed(icpcode.ELGRegion, "others", "outside mainland China: %s", "不在中国大陆的地域：%s", set.OtherRegions)
	if set.BatchUnknown {
		say(icpcode.ELGBatch, "", c.text("how many in one request is not known", "单次最多可申请的数量未知"))
	} else {
		say(icpcode.ELGBatch, "", c.fill("at most %d codes in one request", "单次最多申请%d个", set.Batch))
	}
	switch set.Account {
	case icpcode.AccountOthers:
		say(icpcode.ELGAccount, "", c.text("codes for another account need an enterprise account", "为其他账号申请时，申请账号须通过企业认证"))
	case icpcode.AccountAll:
		say(icpcode.ELGAccount, "", c.text("all codes need an enterprise account", "所有申请账号均须通过企业认证"))
	}
	all = append(all, c.grantRules(&set.Grant)...)
	all = append(all, c.lifeRules(&set.Life)...)
	listed(icpcode.FILCheck, "refuse", "a filing is refused if its server fails %s", "备案时服务器不满足以下规则即拒绝：%s", names(set.Filing.Refuse))
	listed(icpcode.FILCheck, "advise", "a filing is advised, and not refused, if its server fails %s", "备案时服务器不满足以下规则仅作提示：%s", names(set.Filing.Advise))
	say(icpcode.RSKExpiring, "", c.fill("days that an expiry is warned of ahead: %d", "到期前提醒的天数：%d", set.Risk.ExpiringDays))
	say(icpcode.RSKExpiring, "review", c.fill("days that a review is taken to last at most: %d", "审核最长按%d天估算", set.Risk.ReviewDays))
	listed(0, "", "taken to pass where a fact is missing: %s", "缺少信息时视为符合：%s", names(set.Assume))
	return all
}

func (c *call) lifeRules(l *icpcode.LifeRules) (all []saying) {
	say := func(r icpcode.Rule, text string) { all = append(all, saying{Rule: r, Text: text}) }
	say(icpcode.LIFRelease, c.fill("a filing that is withdrawn leaves its code %s", "备案撤回后服务码的状态：%s", l.ReleaseTo.Label(c.lang)))
	if !l.SellsCodes {
		say(icpcode.PAYWhen, c.text("the provider sells no codes", "提供商不出售收费备案服务码"))
		return all
	}
	say(icpcode.PAYWhen, c.text("the provider sells codes", "提供商出售收费备案服务码"))
	if l.CloseRefundsPaid {
		say(icpcode.LIFClose, c.text("a refunded server refunds its paid codes", "实例退费时，已绑定的收费备案服务码按实付金额退费"))
	}
	if l.PaidUsesQuota {
		say(icpcode.PAYQuota, c.text("a paid code uses the quota of its server", "收费备案服务码占用实例配额"))
	}
	return all
}

func names(set icpcode.RuleIDs) (all []string) {
	for r := range set.All() {
		all = append(all, r.String())
	}
	return all
}

func (c *call) provider(name string) string {
	p, err := presets.Lookup(name)
	if err != nil {
		return name
	}
	return p.Title(c.lang)
}

// fill puts values into a text.
func (c *call) fill(en, zh string, values ...any) string {
	return fmt.Sprintf(c.text(en, zh), values...)
}

func (c *call) requirements(p icpcode.Product, q *icpcode.Requirements) (all []saying) {
	say := func(asks bool, r icpcode.Rule, text string) {
		if asks {
			all = append(all, saying{Rule: r, Product: p, Text: text})
		}
	}
	quota := c.fill("codes ever, for each instance: %d", "每个实例累计可申请：%d个", q.Quota)
	if q.PerAccount {
		quota = c.fill("codes ever, for the product in one account: %d", "每个账号该产品累计可申请：%d个", q.Quota)
	}
	if q.QuotaUnknown {
		quota = c.text("how many codes is not known", "可申请的数量未知")
	}
	term := c.fill("bought for months, renewals included, at least: %d", "购买时长（含续费）不少于%d个月", q.TermMonths)
	if q.FirstPurchaseOnly {
		term = c.fill("first bought for months, at least: %d", "首次购买时长不少于%d个月", q.TermMonths)
	}
	status := icpcode.ELGStatus.Title(c.lang)
	if q.StoppedPasses {
		status = c.text("running or stopped, not expired", "正常运行或已停止，未到期")
	}
	say(q.Subscription, icpcode.ELGBilling, icpcode.ELGBilling.Title(c.lang))
	say(q.TermMonths > 0, icpcode.ELGTerm, term)
	say(q.RemainingDays > 0, icpcode.ELGRemaining, c.fill("days left until expiry, at least: %d", "距到期不少于%d天（按每24小时计1天）", q.RemainingDays))
	say(q.Mainland, icpcode.ELGRegion, icpcode.ELGRegion.Title(c.lang))
	say(q.PublicIP, icpcode.ELGPublicIP, icpcode.ELGPublicIP.Title(c.lang))
	say(q.Running, icpcode.ELGStatus, status)
	say(q.IPFree, icpcode.ELGIPInUse, icpcode.ELGIPInUse.Title(c.lang))
	say(!q.MinOrder.IsZero(), icpcode.ELGProduct, c.fill("the order is of at least CNY %s", "订单金额不少于%s元", q.MinOrder))
	say(p != otherProducts, icpcode.ELGQuota, quota)
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
		c.fill("at most %d grantees of one granter in a natural year", "每个自然年一个账号最多授权给%d个账号", g.MaxGrantees))
	say(g.MaxGranters != icpcode.NoLimit, icpcode.GRTIn,
		c.fill("at most %d granters to one grantee in a natural year", "每个自然年一个账号最多接收%d个账号的授权", g.MaxGranters))
	say(g.VerifyFirst, icpcode.GRTFirst, c.text("the first grant to an account verifies the phone", "首次授权给某账号，须通过手机验证码验证"))
	return all
}

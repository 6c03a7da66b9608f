// Package rulewords puts a rule set into words, in both languages, for whatever
// shows one: the command and the console. It knows no rule by itself: it says
// every field of the set.
package rulewords

import (
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/spoken"
	"github.com/icpcode/icpcode/presets"
)

// Point is one point of a rule set, in words.
type Point struct {
	Rule icpcode.Rule // that it belongs to; 0: none
	Of   string       // what it is said of: "ECS"; the same in every language; "": all
	Name string       // what it is called among those: "term"; not shown
	Text string
	Free bool // it asks for nothing
}

// Others is what the points of products that a set does not list are said of,
// and Region the name of the points that say where a region is.
const (
	Others = "*"
	Region = "region"
)

// Points puts everything that a rule set asks into words of language l.
func Points(set *icpcode.RuleSet, l icpcode.Lang) []Point {
	s := speaker{l}
	out := []Point{{icpcode.FILForeign, "", "provider", s.say("for servers of %s", "仅适用于%s服务器", s.provider(set.Provider)), false}}
	for i := range set.Products {
		out = append(out, s.requirements(string(set.Products[i].Product), &set.Products[i].Requirements)...)
	}
	out = append(out, s.requirements(Others, &set.Base)...)
	for _, r := range set.MainlandRegions {
		out = append(out, Point{icpcode.ELGRegion, r, Region, s.say("in mainland China", "位于中国大陆"), false})
	}
	for _, r := range set.OtherRegions {
		out = append(out, Point{icpcode.ELGRegion, r, Region, s.say("outside mainland China", "不在中国大陆"), false})
	}
	batch := s.say("at most %d in one request", "单次最多申请%d个", set.Batch)
	if set.BatchUnknown {
		batch = s.say("how many in one request is not known", "单次最多可申请的数量未知")
	}
	out = append(out,
		Point{icpcode.ELGBatch, "", "batch", batch, false},
		Point{icpcode.ELGAccount, "", "account", s.account(set.Account), false},
	)
	out = append(out, s.policy(set)...)
	return append(out, Point{0, "", "assume", s.assumes(set.Assume), set.Assume == 0})
}

func (s speaker) assumes(set icpcode.RuleIDs) string {
	if set == 0 {
		return s.say("no rule is assumed to pass", "不假定任何规则通过")
	}
	return s.say("assumed to pass where the fact is missing: %s", "缺少事实时假定通过：%s", s.ruleList(set))
}

func (s speaker) account(a icpcode.AccountRule) string {
	switch a {
	case icpcode.AccountOthers:
		return s.say("codes for another account need an enterprise account", "为其他账号申请时，申请账号须通过企业认证")
	case icpcode.AccountAll:
		return s.say("all codes need an enterprise account", "所有申请账号均须通过企业认证")
	}
	return s.say("any account can ask for codes", "申请账号的认证类型不限")
}

// requirements says what is asked of a product, in the order of the rules.
func (s speaker) requirements(of string, q *icpcode.Requirements) []Point {
	status := s.say("running, not expired", "正常运行，未到期")
	if q.StoppedPasses {
		status = s.say("running or stopped, not expired", "正常运行或已停止，未到期")
	}
	// asks is a point that may ask for nothing.
	asks := func(r icpcode.Rule, name string, asked bool, text, free string) Point {
		if !asked {
			text = free
		}
		return Point{r, of, name, text, !asked}
	}
	out := []Point{
		asks(icpcode.ELGProduct, "order", !q.MinOrder.IsZero(),
			s.say("an order of at least CNY %s", "订单金额不低于%s元", q.MinOrder), s.say("any order", "订单金额不限")),
		asks(icpcode.ELGBilling, "billing", q.Subscription,
			s.say("a subscription, no trial", "包年/包月，非试用"), s.say("any billing", "计费方式不限")),
		asks(icpcode.ELGTerm, "term", q.TermMonths > 0, s.term(q), s.say("any term", "购买时长不限")),
		asks(icpcode.ELGRemaining, "remaining", q.RemainingDays > 0,
			s.say("at least %s left", "距到期不少于%s（按每24小时计1天）", s.count(q.RemainingDays, "full day", "full days", "天")),
			s.say("any time left", "剩余时长不限")),
		asks(icpcode.ELGRegion, "mainland", q.Mainland, s.say("in mainland China", "位于中国大陆"), s.say("in any region", "地域不限")),
		asks(icpcode.ELGPublicIP, "ip", q.PublicIP,
			s.say("with a public IP of the provider's", "有提供商的公网IP"), s.say("with or without a public IP", "有无公网IP均可")),
		asks(icpcode.ELGStatus, "status", q.Running, status, s.say("in any state", "状态不限")),
		asks(icpcode.ELGIPInUse, "held", q.IPFree,
			s.say("with an IP that no other filing holds", "IP未被其他备案占用"), s.say("with any IP", "IP是否被占用均可")),
	}
	if of != Others {
		out = append(out, Point{icpcode.ELGQuota, of, "quota", s.quota(q), false})
	}
	return out
}

func (s speaker) term(q *icpcode.Requirements) string {
	months := s.count(q.TermMonths, "calendar month", "calendar months", "个月")
	if q.FirstPurchaseOnly {
		return s.say("first bought for at least %s", "首次购买至少%s", months)
	}
	return s.say("bought for at least %s, renewals included", "购买至少%s（含续费）", months)
}

func (s speaker) quota(q *icpcode.Requirements) string {
	if q.QuotaUnknown {
		return s.say("no source says how many codes", "备案服务码数量未公开")
	}
	if q.PerAccount {
		return s.say("%s ever, for all of them in one account", "一个账号下累计%s", s.codes(q.Quota))
	}
	return s.say("%s ever, for each", "每个实例累计%s", s.codes(q.Quota))
}

// policy is all that is not about servers.
func (s speaker) policy(set *icpcode.RuleSet) []Point {
	g, l, r := &set.Grant, &set.Life, &set.Risk
	yes := func(b bool, en, zh, notEn, notZh string) string {
		if b {
			return s.say(en, zh)
		}
		return s.say(notEn, notZh)
	}
	limit := func(n int, en, zh, noEn, noZh string) string {
		if n == icpcode.NoLimit {
			return s.say(noEn, noZh)
		}
		return s.say(en, zh, n)
	}
	listed := func(rules icpcode.RuleIDs, en, zh, noEn, noZh string) string {
		if rules == 0 {
			return s.say(noEn, noZh)
		}
		return s.say(en, zh, s.ruleList(rules))
	}
	granting := []Point{{icpcode.GRTOwner, "", "grant.allowed", yes(g.Allowed, "codes can be granted", "可以授权", "codes cannot be granted", "不可授权"), false}}
	if g.Allowed {
		granting = append(granting,
			Point{icpcode.GRTEnterprise, "", "grant.enterprise", yes(g.Enterprise, "granters are enterprise accounts", "授权账号须通过企业认证", "any account grants", "任何账号均可授权"), false},
			Point{icpcode.GRTOut, "", "grant.max_grantees", limit(g.MaxGrantees, "at most %d grantees of one granter in a natural year", "一个账号每个自然年最多授权至%d个不同的账号", "any number of grantees", "被授权账号数不限"), false},
			Point{icpcode.GRTIn, "", "grant.max_granters", limit(g.MaxGranters, "at most %d granters to one grantee in a natural year", "一个账号每个自然年最多接收%d个不同账号的授权", "any number of granters", "授权账号数不限"), false},
			Point{icpcode.GRTFirst, "", "grant.verify_first", yes(g.VerifyFirst, "the first grant to an account verifies the phone", "首次授权给某账号，须通过手机验证码验证", "no phone is verified", "授权时无须验证手机"), false},
		)
	}
	return append(granting,
		Point{icpcode.LIFRelease, "", "life.release_to", s.say("a filing that is withdrawn leaves its code %s", "备案撤回后服务码的状态：%s", l.ReleaseTo.Label(s.lang)), false},
		Point{icpcode.LIFClose, "", "life.close_refunds_paid", yes(l.CloseRefundsPaid, "a refunded server refunds its paid codes", "实例退费时，已绑定的收费备案服务码按实付金额退费", "a refunded server refunds no paid code", "实例退费时，收费备案服务码不退费"), !l.SellsCodes},
		Point{icpcode.PAYQuota, "", "life.paid_uses_quota", yes(l.PaidUsesQuota, "a paid code uses the quota of its server", "收费备案服务码占用实例配额", "a paid code uses no quota", "收费备案服务码不占配额"), !l.SellsCodes},
		Point{icpcode.PAYWhen, "", "life.sells_codes", yes(l.SellsCodes, "the provider sells codes", "提供商出售收费备案服务码", "the provider sells no codes", "提供商不出售收费备案服务码"), false},
		Point{icpcode.FILCheck, "", "filing.refuse", listed(set.Filing.Refuse, "a filing is refused if its server fails %s", "备案时服务器不满足以下规则即拒绝：%s", "no filing is refused for its server", "备案时不因服务器条件拒绝"), false},
		Point{icpcode.FILCheck, "", "filing.advise", listed(set.Filing.Advise, "a filing whose server fails %s is advised of that, and not refused", "备案时服务器不满足以下规则仅作提示：%s", "a filing is told nothing about its server", "备案时不提示服务器条件"), false},
		Point{icpcode.RSKExpiring, "", "risk.expiring_days", s.say("an expiry is warned of %s ahead", "到期前%s提醒", s.count(r.ExpiringDays, "day", "days", "天")), false},
		Point{icpcode.RSKExpiring, "", "risk.review_days", s.say("a review is taken to last up to %s", "审核时长按最长%s估算", s.count(r.ReviewDays, "day", "days", "天")), false},
	)
}

// speaker says things in one language.
type speaker struct{ lang icpcode.Lang }

// say returns one of two phrases, which take the same verbs.
func (s speaker) say(en, zh string, args ...any) string {
	return spoken.Say(s.lang, en, zh, args...)
}

func (s speaker) codes(n int) string { return s.count(n, "code", "codes", "个备案服务码") }

func (s speaker) count(n int, one, many, zh string) string {
	return spoken.Count(s.lang, n, one, many, zh)
}

// ruleList lists the IDs of rules.
func (s speaker) ruleList(rules icpcode.RuleIDs) string {
	var all []string
	for r := range rules.All() {
		all = append(all, r.String())
	}
	return strings.Join(all, s.say(", ", "、"))
}

// provider is what people call a provider.
func (s speaker) provider(name string) string {
	p, err := presets.Lookup(name)
	if err != nil {
		return name
	}
	return p.Title(s.lang)
}

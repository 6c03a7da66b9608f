package icpcode

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Lang is the language of explanations. The zero value is [English].
type Lang uint8

// The languages.
const (
	English Lang = iota
	Chinese
)

// say returns a text in language l with its verbs filled in. Both languages
// stand side by side wherever something is said, and take the same verbs.
func (l Lang) say(en, zh string, args ...any) string {
	return fmt.Sprintf(Bilingual{en, zh}.Text(l), args...)
}

// plural is say of one or many, as n asks. Chinese makes no difference.
func (l Lang) plural(n int, one, many, zh string) string {
	if n == 1 {
		return l.say(one, zh, n)
	}
	return l.say(many, zh, n)
}

// join lists parts, leaving out empty ones.
func (l Lang) join(parts ...string) string {
	return joinParts(parts, l.say("; ", "；"))
}

// labelOf returns the label of n in a table indexed by it, "" where it has
// none.
func labelOf[N ~uint8](l Lang, labels []Bilingual, n N) string {
	if int(n) >= len(labels) {
		return ""
	}
	return labels[n].Text(l)
}

// Labels of outcomes and facts, indexed by their values.
var (
	outcomeLabels       = []Bilingual{{"passed", "通过"}, {"failed", "未通过"}, {"unknown", "未知"}, {"assumed", "假定通过"}, {"advice", "建议"}}
	billingLabels       = []Bilingual{Subscription: {"subscription", "包年/包月"}, PayAsYouGo: {"pay-as-you-go", "按量付费"}}
	trialLabels         = []Bilingual{No: {"not a trial", "非试用"}, Yes: {"a trial", "试用"}}
	certificationLabels = []Bilingual{
		Personal: {"a personal account", "个人账号"}, SelfEmployed: {"a self-employed account", "个体账号"},
		SoleTrader: {"a sole trader's account", "个体工商户账号"}, Enterprise: {"an enterprise account", "企业账号"},
	}
	statusLabels = []Bilingual{
		StatusRunning: {"running", "运行中"}, StatusPending: {"being created or starting", "创建或启动中"}, StatusStopped: {"stopped", "已停止"},
		StatusExpired: {"expired", "已到期"}, StatusLocked: {"locked", "已锁定"}, StatusRefunded: {"refunded", "已退费"}, StatusReleased: {"released", "已释放"},
	}
	productLabels = map[Product]Bilingual{
		ECS: {"ECS", "云服务器ECS"}, SWAS: {"Simple Application Server", "轻量应用服务器"}, ElasticWeb: {"Elastic Web Hosting", "弹性Web托管"}, NAT: {"NAT Gateway", "NAT网关"},
		SLB: {"SLB", "负载均衡SLB"}, WebHosting: {"Web Hosting", "云虚拟主机"}, Marketplace: {"Marketplace website", "云市场建站"}, NAT64: {"NAT64", "IPv6转换服务NAT64"}, ENS: {"ENS", "边缘节点服务ENS"},
		"CVM": {"CVM", "云服务器CVM"}, "Lighthouse": {"Lighthouse", "轻量应用服务器Lighthouse"}, "CLB": {"CLB", "负载均衡CLB"}, "ELB": {"ELB", "弹性负载均衡ELB"},
		"FlexusL": {"Flexus L", "Flexus L实例"}, "DedicatedHost": {"Dedicated Host", "专属主机"}, "BCC": {"BCC", "云服务器BCC"},
	}
)

// providerLabels are the providers of the presets.
var providerLabels = map[string]Bilingual{
	"alibaba": {"Alibaba Cloud", "阿里云"}, "tencent": {"Tencent Cloud", "腾讯云"}, "huawei": {"Huawei Cloud", "华为云"},
	"baidu": {"Baidu AI Cloud", "百度智能云"}, "volcengine": {"Volcengine", "火山引擎"},
}

// String returns the outcome in English, "passed".
func (o Outcome) String() string { return name(outcomeNames, o) }

// MarshalText returns the outcome in English.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads an outcome in English.
func (o *Outcome) UnmarshalText(b []byte) error { return parseName(o, "Outcome", outcomeNames, b) }

// Label returns the outcome in language l, "?" for none.
func (o Outcome) Label(l Lang) string {
	return cmp.Or(labelOf(l, outcomeLabels, o), "?")
}

// Label returns what people call the product in language l, "云服务器ECS" for
// [ECS]: the product itself where this package knows no name for it.
func (p Product) Label(l Lang) string {
	if label, ok := productLabels[p]; ok {
		return label.Text(l)
	}
	return plain(string(p))
}

// Title returns what the rule says, in a few words of language l, or "" for
// no rule.
func (r Rule) Title(l Lang) string {
	if r == 0 || r >= numRules {
		return ""
	}
	return ruleTitles[r].Text(l)
}

// ruleTitles is indexed by Rule.
var ruleTitles = [numRules]Bilingual{
	ELGProduct:   {"the product supplies codes", "产品支持备案服务码"},
	ELGOwner:     {"the applicant bought the instance", "申请账号为购买该实例的账号"},
	ELGBilling:   {"the instance is a subscription and no trial", "实例为包年/包月且非试用"},
	ELGTerm:      {"the instance was bought for long enough", "购买时长符合要求"},
	ELGRemaining: {"enough time is left until expiry", "剩余时长符合要求"},
	ELGRegion:    {"the region is in mainland China", "地域在中国大陆"},
	ELGPublicIP:  {"the instance has a public IP", "实例有公网IP"},
	ELGStatus:    {"the instance runs normally", "实例正常运行"},
	ELGIPInUse:   {"no other filing holds the IP", "IP未被其他备案占用"},
	ELGQuota:     {"the quota covers the codes requested", "配额足够"},
	ELGBatch:     {"the request is not too large", "单次申请数量不超限"},
	ELGAccount:   {"the owner is enterprise-verified", "购买账号已通过企业认证"},

	CODFormat:      {"a code is twelve digits, the first of them 0", "备案服务码为以0开头的12位数字"},
	CODOpaque:      {"nothing is read out of a code's text", "不从备案服务码的字面解读任何信息"},
	CODUnique:      {"no two codes are ever equal", "备案服务码永不重复"},
	CODUnguessable: {"codes are drawn at random", "备案服务码随机生成"},
	CODInput:       {"codes are read as people paste them", "识别粘贴输入的备案服务码"},
	CODInstant:     {"a code is usable at once", "备案服务码即时生成，立即可用"},
	CODOne:         {"one code, one website or app", "一个备案服务码只用于一个网站或App"},

	LIFIssue:     {"a free code is issued", "申请免费备案服务码"},
	LIFBuy:       {"a paid code is bought", "购买收费备案服务码"},
	LIFImport:    {"a code issued elsewhere is taken over", "导入在别处生成的备案服务码"},
	LIFBind:      {"a paid code is bound to an instance", "将收费备案服务码绑定到实例"},
	LIFSubmit:    {"a filing is submitted", "提交备案"},
	LIFResubmit:  {"a filing is corrected and sent again", "修改后重新提交备案"},
	LIFApprove:   {"a filing is approved", "备案通过"},
	LIFReject:    {"a filing is sent back to be corrected", "备案被驳回，须修改"},
	LIFStage:     {"the stage of a review is told", "记录备案审核所处的阶段"},
	LIFRelease:   {"a filing is withdrawn or rejected for good", "备案撤回或最终驳回"},
	LIFRefund:    {"a paid code is refunded", "收费备案服务码退费"},
	LIFVoid:      {"a code is voided", "备案服务码作废"},
	LIFClose:     {"an instance that is refunded or released ends its codes that are not Filed", "实例退费或释放后，其未备案成功的备案服务码不能再用"},
	LIFEnd:       {"a filing ends, and its code stays used", "备案终止，备案服务码仍为已使用"},
	LIFCorrect:   {"a wrong ICP number is put right", "更正登记有误的备案号"},
	LIFEffective: {"a code works only while its instance does", "实例未到期、未退费、未释放时，备案服务码才可使用"},
	LIFView:      {"the granter and the grantee each see a state of their own", "授权方与被授权方各自看到的状态"},

	GRTEnterprise: {"the granter is enterprise-verified", "授权账号已通过企业认证"},
	GRTOut:        {"the number of grantees a year is limited", "每个自然年授权的账号数有上限"},
	GRTIn:         {"the number of granters a year is limited", "每个自然年接收授权的账号数有上限"},
	GRTFirst:      {"the first grant needs phone verification", "首次授权给某账号，须通过手机验证码验证"},
	GRTAtomic:     {"issue and grant happen together or not at all", "生成并授权：全部成功或全部不生效"},
	GRTVerify:     {"verification says beforehand what would happen", "验证：事先告知操作结果"},
	GRTOnce:       {"a code is granted once", "备案服务码只能授权一次"},
	GRTState:      {"only an unused code is granted", "只能授权未使用的备案服务码"},
	GRTRepeat:     {"a grantee counts once a year", "同一账号每个自然年只计一次"},
	GRTOwner:      {"ownership never moves", "购买账号永不变更"},
	GRTPrivate:    {"neither side learns of the other's counterparties", "不向任何一方透露对方的往来账号"},

	PAYWhen:   {"paid codes are for where no free one is left", "无法申请新的免费备案服务码时，可购买收费备案服务码"},
	PAYPrice:  {"the price is configured", "收费备案服务码的价格须先配置"},
	PAYExact:  {"money is exact", "金额精确到分，不多不少"},
	PAYRefund: {"a refund is what was paid, once", "按实付金额退费，且仅一次"},
	PAYQuota:  {"a paid code uses no free quota", "收费备案服务码不占免费配额"},

	FILHolder:  {"only the holder files", "只有持有账号可用该备案服务码备案"},
	FILWhat:    {"the filing says what is filed", "备案内容完整"},
	FILSuccess: {"success uses the code up", "备案成功后，备案服务码即为已使用，不能再用"},
	FILCheck:   {"the server behind a filing is still eligible", "备案时服务器仍符合条件"},
	FILPick:    {"the holder is shown which codes can be used", "向持有账号列出可用的备案服务码"},
	FILService: {"one domain or app is one service, however it is typed", "同一域名或App无论如何书写，都是同一互联网信息服务"},
	FILForeign: {"a server needs its own provider's code", "服务器须使用其提供商的备案服务码"},

	RSKExpiring:   {"the server behind a filing does not expire soon", "备案所用服务器未临近到期"},
	RSKReleased:   {"the server behind a filing still exists", "备案所用服务器未释放"},
	RSKBilling:    {"the server behind a filing stays a subscription", "备案所用服务器保持包年/包月"},
	RSKDowngraded: {"the server behind a filing stays eligible", "备案所用服务器保持符合备案条件"},
	RSKOwner:      {"the server behind a filing keeps its owner", "备案所用服务器未转给其他账号"},
	RSKIP:         {"the filed IP stays on the server", "备案IP仍在服务器上"},
	RSKDNS:        {"the filed domain points to the server behind it", "备案域名解析到备案的服务器"},
	RSKMove:       {"a filing moves before its server goes", "更换服务器前，先办理接入备案或变更备案"},
	RSKEnded:      {"a filing that ended is at no risk", "已终止的备案不再提示风险"},
}

// fromSet are the rules whose numbers or policy the rule set gives.
const fromSet = elgRules&^(1<<ELGOwner) |
	1<<GRTEnterprise | 1<<GRTOut | 1<<GRTIn | 1<<GRTFirst | 1<<PAYWhen | 1<<FILForeign |
	1<<RSKExpiring | 1<<RSKDowngraded

// words are what an explainer says of one rule.
type words struct {
	required, found, remedy string
	lacks                   string // the facts that are missing
	facts                   []Fact // the same
	free                    bool   // the rule set imposes nothing here
}

// lack notes that a fact is missing, and what it is called.
func (w *words) lack(e *explainer, f Fact, en, zh string) {
	w.lacks = joinParts([]string{w.lacks, e.say(en, zh)}, e.say("; ", "、"))
	w.facts = append(w.facts, f)
}

// explainer finds the words. It is a Decision with what its texts need.
type explainer struct {
	*Decision
	Lang
	outcome  Outcome
	set      *RuleSet // never nil
	q        *Requirements
	listed   bool // the set lists the instance's product
	action   Action
	instance Instance // that it is about
	state    State    // of the code, as the asker sees it now
	cause    cause    // why it is dead
	lapsed   bool     // it is recorded as Available, and its instance has expired or is gone
	roles    Role     // of the asker towards it
	asked    bool     // the remedy says already to ask the granter
	paid     bool
	closed   Action
	ended    End
	beside   bool // it is about a code that an approval replaces
}

// explainers is indexed by Rule; where it has none, step or general speaks.
var explainers = [numRules]func(*explainer) words{
	ELGProduct: (*explainer).product, ELGOwner: (*explainer).owner, ELGBilling: (*explainer).billing,
	ELGTerm: (*explainer).term, ELGRemaining: (*explainer).remaining, ELGRegion: (*explainer).region,
	ELGPublicIP: (*explainer).publicIP, ELGStatus: (*explainer).status, ELGIPInUse: (*explainer).ipInUse,
	ELGQuota: (*explainer).quota, ELGBatch: (*explainer).batch, ELGAccount: (*explainer).account,
	LIFImport: (*explainer).importing, LIFRefund: (*explainer).refund, LIFClose: (*explainer).close,
	LIFEnd: (*explainer).end, FILService: (*explainer).service,
	LIFEffective: (*explainer).effective, GRTEnterprise: (*explainer).enterprise,
	GRTOut: (*explainer).grantsOut, GRTIn: (*explainer).grantsIn, GRTFirst: (*explainer).firstGrant,
	GRTOnce: (*explainer).once, PAYWhen: (*explainer).buy, FILHolder: (*explainer).holder,
	FILWhat: (*explainer).filing, FILForeign: (*explainer).foreign, RSKExpiring: (*explainer).expiring,
	RSKReleased: (*explainer).released, RSKBilling: (*explainer).rebilled,
	RSKDowngraded: (*explainer).downgraded, RSKOwner: (*explainer).resold, RSKIP: (*explainer).ipGone,
	RSKMove: (*explainer).move,
}

// reason explains one answer.
func (d *Decision) reason(l Lang, r Rule, o Outcome) Reason { return d.reasonOf(l, r, o, -1) }

// reasonOf explains one answer about the code at a position of several, or
// about the whole where that is negative. It names no code and no account.
func (d *Decision) reasonOf(l Lang, r Rule, o Outcome, position int) Reason {
	code := &d.Case.Code
	several := 0
	if position >= 0 {
		code, several = d.Case.other(position)
	}
	e := explainer{
		Decision: d, Lang: l, outcome: o, set: d.set, action: d.action(), instance: *d.Case.today(code),
		state: code.State, cause: causeOf(code.Last), roles: d.Case.roles(code), paid: code.Origin == OriginPaid, closed: d.Case.Closed,
		ended: code.Ended, beside: position >= 0 && d.Case.Operation == OperationApprove,
	}
	if e.action != ActionBind && lapsed(code.State, &e.instance, d.Case.At) {
		e.state, e.cause, e.lapsed = StateInvalid, lapse(&e.instance), true
	}
	reason := e.reason(r)
	if several > 1 {
		reason.Found = l.say("code %d of %d: %s", "第%d个（共%d个）：%s", position+1, several, reason.Found)
	}
	reason.Position = position + 1
	return reason
}

func (e *explainer) reason(r Rule) Reason {
	l, o := e.Lang, e.outcome
	if e.set == nil {
		e.set = new(RuleSet)
	}
	product := e.instance.Product
	if e.filed() {
		product = e.Case.Code.Product
	}
	e.q, e.listed = e.set.requirements(product)
	if o == OutcomeAdvised && (elgRules | 1<<RSKExpiring).Has(r) {
		e.outcome = OutcomeFailed // but it does not refuse (FIL-CHECK, RSK-EXPIRING)
	}
	w := e.words(r)
	if e.filed() && filingRules.Has(r) && w.remedy != "" {
		w.remedy = e.forHolder(r, w.remedy)
	}
	if o == OutcomeUnknown || o == OutcomeAssumed {
		e.unknown(&w)
	} else {
		w.facts = nil
	}
	if e.outcome == OutcomeFailed && r < numRules {
		for _, f := range factsOf[r] {
			if e.known(f) {
				w.facts = append(w.facts, f)
			}
		}
	}
	if w.found == "" {
		w.found = l.say("not known", "未知")
	}
	if w.remedy == "" {
		w.remedy = l.say("see rule %s in docs/rules.md", "请查看规则说明中的%s", r)
	}
	if o == OutcomePassed {
		w.remedy = ""
		if w.free {
			w.required = l.say("nothing", "无要求")
		}
	}
	return Reason{
		Rule: r, Outcome: o, Required: w.required, Found: w.found, Remedy: w.remedy, Facts: w.facts,
		Citations: e.set.Citations(r, product),
	}
}

// undecided is the reason of a zero Decision.
func undecided(l Lang) Reason {
	return Reason{
		Outcome: OutcomeUnknown, Required: l.say("a decision", "须先有判断结果"), Found: l.say("nothing was decided", "尚未判断"), Remedy: l.say("ask first", "请先发起申请或验证"),
	}
}

func (e *explainer) words(r Rule) words {
	if r == 0 || r >= numRules || e.Decision.set == nil && fromSet.Has(r) {
		return e.general(r)
	}
	if explain := explainers[r]; explain != nil {
		return explain(e)
	}
	if a := e.actionOf(r); a != ActionNone {
		return e.step(a)
	}
	return e.general(r)
}

// general explains a rule that has no words of its own.
func (e *explainer) general(r Rule) words {
	w := words{required: r.Title(e.Lang)}
	if e.outcome == OutcomePassed {
		w.found = e.say("it is so", "符合")
	}
	if e.outcome == OutcomeFailed {
		w.found = e.say("it is not so", "不符合")
	}
	return w
}

// unknown names the missing fact of w.
func (e *explainer) unknown(w *words) {
	if w.lacks != "" {
		w.found = e.say("not known: %s", "未说明%s", w.lacks)
		w.remedy = e.say("state %s", "请说明%s", w.lacks)
	}
	if e.outcome == OutcomeAssumed && w.lacks != "" {
		w.found = e.say("not known; assumed to pass: %s", "未说明%s，假定通过", w.lacks)
	}
	if e.outcome == OutcomeAssumed && w.lacks == "" {
		w.found = e.join(w.found, e.say("assumed to pass", "假定通过"))
	}
}

// plain returns text that came with a request, quoted if it is not an ID.
func plain(s string) string {
	if s != "" && checkID("", s) != nil {
		return fmt.Sprintf("%q", s)
	}
	return s
}

// when shows an instant in Asia/Shanghai. A reader of Chinese takes it for
// Beijing time, and is not shown the zone.
func (l Lang) when(t time.Time) string {
	t = t.In(shanghai)
	if l != Chinese {
		return t.Format("2006-01-02 15:04:05.999999999 -07:00")
	}
	if t.Second() == 0 && t.Nanosecond() == 0 {
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("2006-01-02 15:04:05.999999999")
}

// span shows the time from t to u, not before it, in whole days and hours:
// what is short of n days never reads as n days. It does not go through a
// time.Duration, which ends after 292 years.
func (e *explainer) span(t, u time.Time) string {
	const perHour = 60 * 60
	seconds := u.Unix() - t.Unix()
	if u.Nanosecond() < t.Nanosecond() {
		seconds--
	}
	days, hours := int(seconds/perHour/24), int(seconds/perHour%24)
	if days == 0 && hours == 0 {
		return e.say("less than an hour", "不足1小时")
	}
	text := ""
	if days > 0 {
		text = e.plural(days, "%d day", "%d days", "%d天")
	}
	if hours > 0 {
		text += e.plural(hours, " %d hour", " %d hours", "%d小时")
	}
	return strings.TrimSpace(text)
}

// expiry shows how long the paid term lasts, or when it ended; "" where that
// is not known.
func (e *explainer) expiry() string {
	i := &e.instance
	if i.Billing == PayAsYouGo || i.Expires.IsZero() {
		return ""
	}
	if !e.Case.At.Before(i.Expires) {
		return e.say("expired at %s", "已于%s到期", e.when(i.Expires))
	}
	return e.say("%s left, until %s", "剩余%s，%s到期", e.span(e.Case.At, i.Expires), e.when(i.Expires))
}

// lapse is the expiry of an instance that has expired: both facts where its
// status says so and its date does not.
func (e *explainer) lapse() string {
	date := e.expiry()
	if e.instance.Status == StatusExpired && (date == "" || e.Case.At.Before(e.instance.Expires)) {
		return e.join(labelOf(e.Lang, statusLabels, e.instance.Status), date)
	}
	return date
}

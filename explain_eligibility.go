package icpcode

import (
	"slices"
	"strings"
)

// product: ELG-PRODUCT.
func (e *explainer) product() words {
	i := &e.instance
	var listed []string
	for _, p := range e.set.Products {
		listed = append(listed, e.productName(p.Product))
	}
	w := words{
		required: e.say("a product that supplies codes: %s", "支持备案服务码的产品：%s", strings.Join(listed, e.say(", ", "、"))),
		found:    e.productName(i.Product), remedy: e.say("use a server of a listed product", "改用支持备案服务码的产品"),
	}
	if len(listed) == 0 {
		w.required = e.say("a product that supplies codes: the rule set lists none", "支持备案服务码的产品：规则集未列出任何产品")
	}
	if i.Product == "" {
		w.lack(e, FactProduct, "the product", "产品类型")
		return w
	}
	if !e.listed || e.q.MinOrder.IsZero() {
		return w
	}
	w.required = e.join(w.required, e.say("an order of at least CNY %s", "订单金额不低于%s元", e.q.MinOrder))
	w.remedy = e.say("use a server whose order reaches CNY %s", "改用订单金额达到%s元的服务器", e.q.MinOrder)
	if i.OrderAmount.IsZero() {
		w.lack(e, FactOrderAmount, "the amount of the order", "订单金额")
		return w
	}
	if checkAmount("", i.OrderAmount) != nil {
		w.lack(e, FactOrderAmount, "the amount of the order", "订单金额")
		return w
	}
	w.found = e.join(w.found, e.say("an order of CNY %s", "订单金额%s元", i.OrderAmount))
	return w
}

func (e *explainer) productName(p Product) string { return p.Label(e.Lang) }

// provider names a provider as people know it.
func (l Lang) provider(name string) string {
	if label, ok := providerLabels[name]; ok {
		return label.Text(l)
	}
	return plain(name)
}

// mend is what changes the instance, which a grantee cannot: the facts that are
// stated when a grantee files are judged, too (FIL-CHECK).
func (e *explainer) mend(en, zh string) string { return e.forOwner(e.say(en, zh)) }

func (e *explainer) forOwner(do string) string {
	if e.received() {
		e.asked = true
		return e.say("ask the granter to %s", "请联系授权账号%s", do)
	}
	return do
}

// owner: ELG-OWNER.
func (e *explainer) owner() words {
	if e.filed() {
		return e.keptOwner()
	}
	w := words{
		required: e.say("the account that bought the instance", "购买该实例的账号"), found: e.say("another account bought it", "由其他账号购买"),
		remedy: e.say("apply with the purchasing account (the new owner of a second-hand server applies itself)", "使用购买账号申请（二手服务器由接手后的账号重新申请）"),
	}
	if e.state != StateNone {
		w.remedy = e.say("use a code that was issued for the present owner", "使用由当前所属账号申请的备案服务码")
	}
	if e.Case.Bought.asker() == Yes {
		w.found = e.say("the applicant bought it", "由申请账号购买")
	}
	if e.Case.Bought == RelationUnknown {
		w.lack(e, FactOwner, "who bought it", "由哪个账号购买")
	}
	return w
}

// billing: ELG-BILLING.
func (e *explainer) billing() words {
	i := &e.instance
	w := words{
		required: e.say("subscription, not a trial", "包年/包月，且非试用"), free: !e.q.Subscription,
		found: e.join(labelOf(e.Lang, billingLabels, i.Billing), labelOf(e.Lang, trialLabels, i.Trial)),
	}
	if i.Trial == Yes {
		w.remedy = e.mend("buy a subscription in place of the trial", "改购包年/包月（试用实例不可申请）")
	}
	if i.Billing == PayAsYouGo {
		w.remedy = e.mend("convert it to subscription", "转包月")
	}
	if i.Billing == BillingUnknown {
		w.lack(e, FactBilling, "how it is paid for", "计费方式")
	}
	if i.Trial == Unknown {
		w.lack(e, FactTrial, "whether it is a trial", "是否为试用")
	}
	return w
}

// term: ELG-TERM.
func (e *explainer) term() words {
	i, n := &e.instance, e.q.TermMonths
	w := words{
		required: e.plural(n, "bought for at least %d calendar month, renewals included", "bought for at least %d calendar months, renewals included", "购买时长至少%d个月（含续费）"),
		remedy:   e.forOwner(e.plural(n, "renew until %d calendar month is bought", "renew until %d calendar months are bought", "续费至购满%d个月")),
		free:     n == 0,
	}
	months, lacks, what := i.TermMonths, FactTermMonths, Bilingual{"the term bought, in months", "购买月数"}
	if e.q.FirstPurchaseOnly {
		w.required = e.plural(n, "first bought for at least %d calendar month", "first bought for at least %d calendar months", "首次购买时长至少%d个月")
		w.remedy = e.say("use an instance that was first bought for that long (renewing does not help)", "改用首次购买时长符合要求的实例（续费不能补足）")
		lacks, what = FactFirstTermMonths, Bilingual{"the term of the first purchase, in months", "首次购买月数"}
		if i.FirstTermMonths > 0 {
			months = i.FirstTermMonths
		}
	}
	if i.Billing == PayAsYouGo {
		w = e.noTerm(w)
		if months > 0 {
			w.found = e.join(w.found, e.plural(months, "but %d calendar month is stated", "but %d calendar months are stated", "但记有购买时长%d个月"))
		}
		return w
	}
	if months > 0 {
		w.found = e.plural(months, "%d calendar month", "%d calendar months", "%d个月")
		if e.q.FirstPurchaseOnly && i.FirstTermMonths == 0 {
			w.found = e.plural(months, "%d calendar month, renewals included", "%d calendar months, renewals included", "%d个月（含续费）")
		}
	}
	if e.outcome == OutcomeFailed {
		w.found = e.join(w.found, e.denied(months))
	}
	w.lack(e, lacks, what.English, what.Chinese)
	return w
}

// denied shows what contradicts a term of so many months that failed: the other
// term, and creation and expiry. 0: the term is not known.
func (e *explainer) denied(months int) string {
	i, n := &e.instance, e.q.TermMonths
	var other string
	switch longer := i.FirstTermMonths > i.TermMonths; {
	case longer && e.q.FirstPurchaseOnly && i.TermMonths > 0:
		other = e.plural(i.TermMonths, "but %d calendar month is stated with renewals included", "but %d calendar months are stated with renewals included", "但含续费的购买时长记为%d个月")
	case longer && !e.q.FirstPurchaseOnly && (i.TermMonths > 0 || i.FirstTermMonths >= n):
		other = e.plural(i.FirstTermMonths, "but %d calendar month is stated for the first purchase alone", "but %d calendar months are stated for the first purchase alone", "但首次购买时长记为%d个月")
	}
	if i.Created.IsZero() || months > 0 && (months < n || !i.lastsBelow(n, 0)) {
		return other
	}
	from, to := e.when(i.Created), e.when(i.Expires)
	if i.Expires.Before(i.Created) {
		return e.join(e.say("it was created at %s, after its expiry at %s", "创建时间%s晚于到期时间%s", from, to), other)
	}
	if months == 0 {
		return e.join(e.say("too short, for it lasts from %s to %s", "自%s至%s，时长不足", from, to), other)
	}
	return e.join(e.say("but it lasts from %s to %s only", "但自%s至%s，不足此时长", from, to), other)
}

// noTerm says that what is paid as it goes has no paid term.
func (e *explainer) noTerm(w words) words {
	w.found = e.say("pay-as-you-go, which has no term", "按量付费，无购买时长")
	w.remedy = e.mend("convert it to subscription", "转包月")
	return w
}

// shortestMonth is in days. What is asked for in fewer days no purchase of whole
// months misses.
const shortestMonth = 28

// remaining: ELG-REMAINING.
func (e *explainer) remaining() words {
	n := e.q.RemainingDays
	w := words{
		required: e.plural(n, "at least %d full day left", "at least %d full days left", "距到期不少于%d天（按每24小时计1天）"),
		found:    e.expiry(), free: n == 0,
		remedy: e.plural(n, "renew until at least %d full day is left", "renew until at least %d full days are left", "续费至距到期不少于%d天"),
	}
	if n >= shortestMonth {
		w.remedy += e.say(" (a server just bought for the shortest term may still fail by a day or two)", "（刚按最短时长购买的服务器也可能差一两天）")
	}
	w.remedy = e.forOwner(w.remedy)
	if e.instance.Billing == PayAsYouGo {
		return e.noTerm(w)
	}
	if e.instance.Status == StatusExpired {
		w.found = e.lapse()
		return w
	}
	if e.instance.Expires.IsZero() {
		w.lack(e, FactExpires, "when it expires", "到期时间")
	}
	return w
}

// region: ELG-REGION.
func (e *explainer) region() words {
	region := plain(e.instance.Region)
	w := words{
		required: e.say("a region in mainland China", "中国大陆地域"), found: region,
		remedy: e.say("buy in a mainland region", "改购中国大陆地域的服务器"), free: !e.q.Mainland,
	}
	if e.instance.Region == "" {
		w.found = ""
		w.lack(e, FactRegion, "the region", "地域")
		return w
	}
	if e.outcome == OutcomeFailed {
		w.found = e.say("%s, outside mainland China", "%s，不在中国大陆", region)
	}
	if e.outcome == OutcomeUnknown || e.outcome == OutcomeAssumed {
		w.found = e.say("not known: the rule set does not list %s", "规则集未列出地域%s，无法判断", region)
		w.facts = []Fact{FactRegion}
		w.remedy = e.say("state the region as the provider spells it", "请按提供商的写法说明地域")
	}
	return w
}

// publicIP: ELG-PUBLICIP.
func (e *explainer) publicIP() words {
	w := words{
		required: e.say("a public IP of the provider's", "由提供商分配的公网IP"), found: e.addresses(),
		remedy: e.mend("buy public bandwidth or bind an EIP", "购买公网带宽或绑定EIP"), free: !e.q.PublicIP,
	}
	if e.set.gateways() && !e.received() && e.instance.Product != NAT && e.instance.Product != SLB {
		w.remedy = e.say("%s (if it is reached through a NAT gateway or load balancer with a public IP, apply with that)", "%s（若经由有公网IP的NAT网关或负载均衡访问，请用该网关或负载均衡申请）", w.remedy)
	}
	if e.instance.PublicIP == Unknown && !e.instance.noPublicIP() {
		w.lack(e, FactPublicIP, "whether it has a public IP", "是否有公网IP")
	}
	return w
}

// gateways reports whether what servers can be reached through supplies codes.
func (s *RuleSet) gateways() bool {
	_, nat := s.requirements(NAT)
	_, slb := s.requirements(SLB)
	return nat || slb
}

// addresses shows the public addresses, which may be masked; "" where it is
// not known whether there are any.
func (e *explainer) addresses() string {
	i := &e.instance
	if i.PartnerIP && i.PublicIP == Yes {
		return e.say("stated to have one, but it is a partner's own IP", "记为有公网IP，但属于合作伙伴的自有IP，不是提供商分配的公网IP")
	}
	if i.PartnerIP {
		return e.say("a partner's own IP", "合作伙伴的自有IP，不是提供商分配的公网IP")
	}
	if at := slices.IndexFunc(i.IPs, isPublic); i.PublicIP == No && at >= 0 {
		return e.say("stated to have none, but %s is listed", "记为无公网IP，但公网IP列表中有%s", i.IPs[at].Unmap())
	}
	if i.PublicIP == No {
		return e.say("no public IP", "无公网IP")
	}
	if len(i.IPs) == 0 && i.PublicIP == Yes {
		return e.say("present", "有公网IP")
	}
	if len(i.IPs) == 0 {
		return ""
	}
	first := i.IPs[0].Unmap()
	if i.noPublicIP() && i.PublicIP == Yes {
		return e.say("stated to have one, but %s is not public", "记为有公网IP，但%s不是公网地址", first)
	}
	if i.noPublicIP() {
		return e.say("%s, which is not public", "%s，不是公网地址", first)
	}
	if len(i.IPs) == 1 {
		return first.String()
	}
	return e.say("%s and %d more", "%s等，另有%d个", first, len(i.IPs)-1)
}

// status: ELG-STATUS.
func (e *explainer) status() words {
	i := &e.instance
	w := words{required: e.say("running, not expired", "正常运行，未到期"), found: labelOf(e.Lang, statusLabels, i.Status), free: !e.q.Running}
	if e.q.StoppedPasses {
		w.required = e.say("running or stopped, not expired", "正常运行或已停止，未到期")
	}
	w.remedy = e.mend("start it", "启动实例")
	if i.Status == StatusPending {
		w.remedy = e.say("wait until it runs", "等待实例进入运行状态")
	}
	var settle, renew string
	if i.Status == StatusLocked {
		settle = e.mend("pay what is owed, or have the lock lifted", "结清欠费或申请解除锁定")
		w.remedy = settle
	}
	if i.expired(e.Case.At) {
		renew = e.mend("renew", "续费")
		w.remedy = e.join(renew, settle)
	}
	if i.gone() {
		w.remedy = e.say("use another instance", "改用其他实例")
	}
	if renew != "" {
		if i.Status == StatusExpired {
			w.found = "" // lapse says it
		}
		w.found = e.join(w.found, e.lapse())
	}
	if i.Status == StatusUnknown {
		w.lack(e, FactStatus, "its status", "实例状态")
	}
	return w
}

// ipInUse: ELG-IPINUSE.
func (e *explainer) ipInUse() words {
	w := words{
		required: e.say("an IP that no other filing holds", "IP未被其他备案占用"), found: e.say("held by another filing", "已被其他备案占用且未释放"),
		remedy: e.say("use another IP, or release the other filing if it is yours", "更换公网IP（占用该IP的备案若属于本账号，也可先取消其接入）"), free: !e.q.IPFree,
	}
	if e.instance.IPHeld == No {
		w.found = e.say("held by no other filing", "未被其他备案占用")
	}
	if e.instance.IPHeld == Unknown {
		w.found = ""
		w.lack(e, FactIPHeld, "whether another filing holds its IP", "该IP是否被其他备案占用")
	}
	return w
}

// orBuy is a remedy with a paid code where the provider sells them.
func (e *explainer) orBuy(alone, sold Bilingual) string {
	if e.set.Life.SellsCodes {
		return sold.Text(e.Lang)
	}
	return alone.Text(e.Lang)
}

// quota: ELG-QUOTA.
func (e *explainer) quota() words {
	q := e.Quota
	w := words{
		required: e.plural(q.Limit, "at most %d code ever, for the instance", "at most %d codes ever, for the instance", "该实例累计最多申请%d个备案服务码"),
		found:    e.say("%d issued, %d requested", "已申请%d个，本次申请%d个", max(q.Used, 0), q.Requested),
		remedy:   e.orBuy(Bilingual{"use another instance", "改用其他实例"}, Bilingual{"use another instance, or buy a paid code", "改用其他实例，或购买收费备案服务码"}), free: !e.listed,
	}
	if e.q.PerAccount && e.instance.ContractQuota == 0 {
		w.required = e.plural(q.Limit, "at most %d code ever, for this product in the account", "at most %d codes ever, for this product in the account", "账号下该产品累计最多申请%d个备案服务码")
		w.remedy = e.orBuy(Bilingual{"use another product", "改用其他产品"}, Bilingual{"use another product, or buy a paid code", "改用其他产品，或购买收费备案服务码"})
	}
	if e.instance.ContractQuota > 0 && e.listed {
		w.required = e.join(w.required, e.say("as the contract says", "以合同约定为准"))
	}
	left := q.Left()
	switch {
	case e.instance.Product == "":
		w.required = e.say("codes left of the product's quota", "产品配额内仍有剩余服务码")
		w.lack(e, FactProduct, "the product", "产品类型")
	case q.Limit == UnknownLimit:
		w.required = e.say("codes left of the quota, which no source gives", "配额内尚有余量（没有资料给出配额数量）")
		w.lack(e, FactContractQuota, "how many codes the provider allows", "提供商允许申请的备案服务码数量")
	case q.Used >= 0:
	case q.Requested > q.Limit: // too many, whatever was issued before
		w.found = e.say("%d requested", "本次申请%d个", q.Requested)
		left = q.Limit
	case e.Case.Bought == RelationUnknown:
		w.lack(e, FactOwner, "who bought it", "由哪个账号购买")
	case e.Case.Bought.asker() == Yes:
		w.lack(e, FactIssued, "how many codes were issued", "已申请的备案服务码数量")
	default:
		w.found = e.say("not known: the count is for the instance's owner alone", "未知，已申请数量仅告知实例的购买账号")
		w.remedy = e.say("apply as the owner", "使用购买账号申请")
	}
	if left > 0 {
		w.remedy = e.join(e.say("request at most %d", "本次最多申请%d个", left), w.remedy)
	}
	return w
}

// batch: ELG-BATCH.
func (e *explainer) batch() words {
	w := words{
		required: e.say("1 to %d codes in one request", "单次申请1至%d个备案服务码", e.set.Batch), found: e.say("%d requested", "本次申请%d个", e.Quota.Requested),
		remedy: e.say("split the request", "分多次申请"),
	}
	if e.set.BatchUnknown {
		w.required = e.say("a number of codes that one request may ask for, which no source gives", "单次申请的数量不超限（没有资料给出单次上限）")
		w.remedy = e.say("request one code at a time", "每次只申请1个")
	}
	if e.Quota.Requested < 1 {
		w.remedy = e.say("request at least one", "至少申请1个")
	}
	return w
}

// account: ELG-ACCOUNT.
func (e *explainer) account() words {
	w := e.certified()
	w.required = e.say("an enterprise account, to issue codes", "申请备案服务码的账号须通过企业认证")
	w.remedy = e.say("verify as an enterprise, or file with the purchasing account", "完成企业认证，或使用购买账号备案")
	w.free = e.set.Account == AccountAny || e.set.Account == AccountOthers && !e.Case.ForAnother
	if e.set.Account == AccountOthers {
		w.required = e.say("an enterprise account, to issue codes for another account", "为其他账号申请备案服务码，申请账号须通过企业认证")
	}
	return w
}

func (e *explainer) certified() words {
	w := words{found: labelOf(e.Lang, certificationLabels, e.Case.Certification)}
	if e.Case.Certification == CertificationUnknown {
		w.lack(e, FactCertification, "how the account was verified", "账号的认证类型")
	}
	return w
}

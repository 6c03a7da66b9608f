package icpcode

import (
	"fmt"
	"slices"
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

// say returns a phrase in language l with its verbs filled in. Phrases are
// written in English where they are used; chinese holds the other side.
func (l Lang) say(phrase string, args ...any) string {
	if l == Chinese {
		if zh, ok := chinese[phrase]; ok {
			phrase = zh
		}
	}
	return fmt.Sprintf(phrase, args...)
}

// plural is say of one or many, as n asks.
func (l Lang) plural(n int, one, many string) string {
	if n == 1 {
		return l.say(one, n)
	}
	return l.say(many, n)
}

// join lists parts, leaving out empty ones.
func (l Lang) join(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, l.say("; "))
}

// labelOf returns the label of n in a table indexed by it, "" where it has
// none.
func labelOf[N ~uint8](l Lang, labels []string, n N) string {
	if int(n) >= len(labels) || labels[n] == "" {
		return ""
	}
	return l.say(labels[n])
}

// Labels of outcomes and facts, indexed by their values.
var (
	outcomeLabels       = []string{"passed", "failed", "unknown", "assumed", "advice"}
	billingLabels       = []string{Subscription: "subscription", PayAsYouGo: "pay-as-you-go"}
	trialLabels         = []string{No: "not a trial", Yes: "a trial"}
	certificationLabels = []string{
		Personal: "a personal account", SelfEmployed: "a self-employed account",
		SoleTrader: "a sole trader's account", Enterprise: "an enterprise account",
	}
	statusLabels = []string{
		StatusRunning: "running", StatusPending: "being created or starting", StatusStopped: "stopped",
		StatusExpired: "expired", StatusLocked: "locked", StatusRefunded: "refunded", StatusReleased: "released",
	}
	productLabels = map[Product]string{
		ECS: "ECS", SWAS: "Simple Application Server", ElasticWeb: "Elastic Web Hosting", NAT: "NAT Gateway",
		SLB: "SLB", WebHosting: "Web Hosting", Marketplace: "Marketplace website", NAT64: "NAT64", ENS: "ENS",
	}
)

// String returns the outcome in English, "passed".
func (o Outcome) String() string { return o.Label(English) }

// Label returns the outcome in language l.
func (o Outcome) Label(l Lang) string { return labelOf(l, outcomeLabels, o) }

// Title returns what the rule says, in a few words of language l, or "" for
// no rule.
func (r Rule) Title(l Lang) string {
	if r == 0 || r >= numRules {
		return ""
	}
	return l.say(ruleTexts[r].title)
}

// Source returns where the rule comes from, in the tags of docs/rules.md:
// "S1; API 410; T19". The tag INF marks what no source says.
func (r Rule) Source() string {
	if r >= numRules {
		return ""
	}
	return ruleTexts[r].source
}

// ruleTexts is indexed by Rule.
var ruleTexts = [numRules]struct{ title, source string }{
	ELGProduct:   {"the product supplies codes", "S0; S1; API 411, 600"},
	ELGOwner:     {"the applicant bought the instance", "S0; API 412, 604"},
	ELGBilling:   {"the instance is a subscription and no trial", "S1; API 410; T19"},
	ELGTerm:      {"the instance was bought for long enough", "S1; T19"},
	ELGRemaining: {"enough time is left until expiry", "S1"},
	ELGRegion:    {"the region is in mainland China", "S1; T19"},
	ELGPublicIP:  {"the instance has a public IP", "S1; API 403"},
	ELGStatus:    {"the instance runs normally", "API 413"},
	ELGIPInUse:   {"no other filing holds the IP", "S1"},
	ELGQuota:     {"the quota covers the codes requested", "S1; API 609"},
	ELGBatch:     {"the request is not too large", "API 603"},
	ELGAccount:   {"the owner is enterprise-verified", "S0"},

	CODFormat:      {"a code is twelve digits, the first of them 0", "S1"},
	CODOpaque:      {"nothing is read out of a code's text", "API"},
	CODUnique:      {"no two codes are ever equal", "INF"},
	CODUnguessable: {"codes are drawn at random", "INF"},
	CODInput:       {"codes are read as people paste them", "INF"},
	CODInstant:     {"a code is usable at once", "S1"},
	CODOne:         {"one code, one website or app", "S0; S1; T19"},

	LIFIssue:     {"a free code is issued", "S0; S1; API"},
	LIFBuy:       {"a paid code is bought", "S0"},
	LIFImport:    {"a code issued elsewhere is taken over", "INF"},
	LIFBind:      {"a paid code is bound to an instance", "S0; API"},
	LIFSubmit:    {"a filing is submitted", "S0"},
	LIFResubmit:  {"a filing is corrected and sent again", "T19"},
	LIFApprove:   {"a filing is approved", "S0; API"},
	LIFRelease:   {"a filing is withdrawn or rejected", "INF"},
	LIFRefund:    {"a paid code is refunded", "S0; INF"},
	LIFVoid:      {"a code is voided", "S0; API; T19"},
	LIFClose:     {"an instance is closed with its codes", "S0; T19; INF"},
	LIFEffective: {"a code works only while its instance does", "T19"},
	LIFView:      {"each side sees the state in its own words", "S0"},

	GRTEnterprise: {"the granter is enterprise-verified", "S0"},
	GRTOut:        {"a granter has few grantees a year", "S0"},
	GRTIn:         {"a grantee has few granters a year", "S0"},
	GRTFirst:      {"the first grant needs phone verification", "S0; INF"},
	GRTAtomic:     {"issue and grant happen together or not at all", "S0"},
	GRTVerify:     {"verification says beforehand what would happen", "S0"},
	GRTOnce:       {"a code is granted once", "INF"},
	GRTState:      {"only an unused code is granted", "INF"},
	GRTRepeat:     {"a grantee counts once a year", "INF"},
	GRTOwner:      {"ownership never moves", "S0; S1"},
	GRTPrivate:    {"nobody learns the other's counterparties", "INF"},

	PAYWhen:   {"paid codes are for where no free one is left", "S0"},
	PAYPrice:  {"the price is configured", "INF"},
	PAYExact:  {"money is exact", "INF"},
	PAYRefund: {"a refund is what was paid, once", "INF"},
	PAYQuota:  {"a paid code uses no free quota", "INF"},

	FILHolder:  {"only the holder files", "API 616"},
	FILWhat:    {"the filing says what is filed", "S0; S1"},
	FILSuccess: {"success uses the code up", "S0; S1"},
	FILPick:    {"the holder is shown which codes can be used", "S0"},
	FILForeign: {"a server needs its own provider's code", "S0"},

	RSKExpiring:   {"the server behind a filing does not expire soon", "S1"},
	RSKReleased:   {"the server behind a filing still exists", "S1"},
	RSKBilling:    {"the server behind a filing stays a subscription", "S1"},
	RSKDowngraded: {"the server behind a filing stays eligible", "S1"},
	RSKOwner:      {"the server behind a filing keeps its owner", "S1"},
	RSKIP:         {"the filed IP stays on the server", "S0"},
	RSKMove:       {"a filing moves before its server goes", "S1; T19"},
}

// fromSet are the rules whose numbers or policy the rule set gives.
const fromSet = elgRules&^(1<<ELGOwner) |
	1<<GRTEnterprise | 1<<GRTOut | 1<<GRTIn | 1<<GRTFirst | 1<<PAYWhen | 1<<FILForeign |
	1<<RSKExpiring | 1<<RSKDowngraded

// words are what an explainer says of one rule.
type words struct {
	required, found, remedy string
	lacks                   string // the fact that is missing
	free                    bool   // the rule set imposes nothing here
}

// explainer finds the words. It is a Decision with what its texts need.
type explainer struct {
	*Decision
	Lang
	outcome Outcome
	set     *RuleSet // never nil
	q       *Requirements
	listed  bool // the set lists the instance's product
}

// explainers is indexed by Rule; where it has none, step or general speaks.
var explainers = [numRules]func(*explainer) words{
	ELGProduct: (*explainer).product, ELGOwner: (*explainer).owner, ELGBilling: (*explainer).billing,
	ELGTerm: (*explainer).term, ELGRemaining: (*explainer).remaining, ELGRegion: (*explainer).region,
	ELGPublicIP: (*explainer).publicIP, ELGStatus: (*explainer).status, ELGIPInUse: (*explainer).ipInUse,
	ELGQuota: (*explainer).quota, ELGBatch: (*explainer).batch, ELGAccount: (*explainer).account,
	LIFImport: (*explainer).importing, LIFRefund: (*explainer).refund, LIFClose: (*explainer).close,
	LIFEffective: (*explainer).effective, GRTEnterprise: (*explainer).enterprise,
	GRTOut: (*explainer).grantsOut, GRTIn: (*explainer).grantsIn, GRTFirst: (*explainer).firstGrant,
	GRTOnce: (*explainer).once, PAYWhen: (*explainer).buy, FILHolder: (*explainer).holder,
	FILWhat: (*explainer).filing, FILForeign: (*explainer).foreign, RSKExpiring: (*explainer).expiring,
	RSKReleased: (*explainer).released, RSKBilling: (*explainer).rebilled,
	RSKDowngraded: (*explainer).downgraded, RSKOwner: (*explainer).resold, RSKIP: (*explainer).ipGone,
	RSKMove: (*explainer).move,
}

// reason explains one answer. It names no code and no account.
func (d *Decision) reason(l Lang, r Rule, o Outcome) Reason {
	e := explainer{Decision: d, Lang: l, outcome: o, set: d.set}
	if d.set == nil {
		e.set = new(RuleSet)
	}
	e.q, e.listed = e.set.requirements(d.instance.Product)
	w := e.words(r)
	if o == Missing || o == Assumed {
		e.unknown(&w)
	}
	if w.found == "" {
		w.found = l.say("not known")
	}
	if w.remedy == "" {
		w.remedy = l.say("see rule %s in docs/rules.md", r)
	}
	if o == Passed {
		w.remedy = ""
		if w.free {
			w.required = l.say("nothing")
		}
	}
	source := r.Source()
	if fromSet.Has(r) && d.RuleSet() != "" {
		source = l.say("%s (rule set %s)", source, plain(d.RuleSet()))
	}
	return Reason{Rule: r, Outcome: o, Required: w.required, Found: w.found, Remedy: w.remedy, Source: source}
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
	if e.outcome == Passed {
		w.found = e.say("it is so")
	}
	if e.outcome == Failed {
		w.found = e.say("it is not so")
	}
	return w
}

// unknown names the missing fact of w.
func (e *explainer) unknown(w *words) {
	if w.lacks != "" {
		w.found = e.say("not known: %s", w.lacks)
		w.remedy = e.say("state %s", w.lacks)
	}
	if e.outcome == Assumed && w.lacks != "" {
		w.found = e.say("not known; assumed to pass: %s", w.lacks)
	}
	if e.outcome == Assumed && w.lacks == "" {
		w.found = e.join(w.found, e.say("assumed to pass"))
	}
}

// fact names a field that the caller can state.
func (e *explainer) fact(what, field string) string {
	return e.say("%s (%s)", e.say(what), field)
}

// plain returns text that came with a request, quoted if it is not an ID.
func plain(s string) string {
	if s != "" && checkID("", s) != nil {
		return fmt.Sprintf("%q", s)
	}
	return s
}

// when shows an instant in Asia/Shanghai.
func when(t time.Time) string {
	return t.In(shanghai).Format("2006-01-02 15:04:05.999999999 -07:00")
}

// span shows the time from t to u, not before it, exactly: what is short of n
// days never reads as n days. It does not go through a time.Duration, which
// ends after 292 years.
func (e *explainer) span(t, u time.Time) string {
	const perDay = 24 * 60 * 60
	seconds, nanos := u.Unix()-t.Unix(), u.Nanosecond()-t.Nanosecond()
	if nanos < 0 {
		seconds, nanos = seconds-1, nanos+int(time.Second)
	}
	text := e.plural(int(seconds/perDay), "%d day", "%d days")
	seconds %= perDay
	if seconds == 0 && nanos == 0 {
		return text
	}
	fraction := strings.TrimRight(fmt.Sprintf(".%09d", nanos), ".0")
	return text + e.say(" %dh%dm%d%ss", seconds/3600, seconds/60%60, seconds%60, fraction)
}

// expiry shows how long the paid term lasts, or when it ended; "" where that
// is not known.
func (e *explainer) expiry() string {
	i := &e.instance
	if i.Billing == PayAsYouGo || i.Expires.IsZero() {
		return ""
	}
	if !e.At.Before(i.Expires) {
		return e.say("expired at %s", when(i.Expires))
	}
	return e.say("%s left, until %s", e.span(e.At, i.Expires), when(i.Expires))
}

// product: ELG-PRODUCT.
func (e *explainer) product() words {
	i := &e.instance
	var listed []string
	for _, p := range e.set.Products {
		listed = append(listed, e.productName(p.Product))
	}
	w := words{
		required: e.say("a product that supplies codes: %s", strings.Join(listed, e.say(", "))),
		found:    e.productName(i.Product), remedy: e.say("use a server of a listed product"),
	}
	if len(listed) == 0 {
		w.required = e.say("a product that supplies codes: the rule set lists none")
	}
	if i.Product == "" {
		w.lacks = e.fact("the product", "Instance.Product")
		return w
	}
	if !e.listed || e.q.MinOrder.IsZero() {
		return w
	}
	w.required = e.join(w.required, e.say("an order of at least CNY %s", e.q.MinOrder))
	w.remedy = e.say("use a server whose order reaches CNY %s", e.q.MinOrder)
	if i.OrderAmount.IsZero() {
		w.lacks = e.fact("the amount of the order", "Instance.OrderAmount")
		return w
	}
	w.found = e.join(w.found, e.say("an order of CNY %s", i.OrderAmount))
	return w
}

func (e *explainer) productName(p Product) string {
	if label, ok := productLabels[p]; ok {
		return e.say(label)
	}
	return plain(string(p))
}

// owner: ELG-OWNER.
func (e *explainer) owner() words {
	w := words{
		required: e.say("the account that bought the instance"), found: e.say("another account bought it"),
		remedy: e.say("apply with the purchasing account; the new owner of a second-hand server applies itself"),
	}
	if e.actor == e.instance.Owner {
		w.found = e.say("the applicant bought it")
	}
	if e.instance.Owner == "" {
		w.lacks = e.fact("who bought it", "Instance.Owner")
	}
	return w
}

// billing: ELG-BILLING.
func (e *explainer) billing() words {
	i := &e.instance
	w := words{
		required: e.say("subscription, not a trial"), free: !e.q.Subscription,
		found: e.join(labelOf(e.Lang, billingLabels, i.Billing), labelOf(e.Lang, trialLabels, i.Trial)),
	}
	if i.Trial == Yes {
		w.remedy = e.say("buy a subscription in place of the trial")
	}
	if i.Billing == PayAsYouGo {
		w.remedy = e.say("convert it to subscription")
	}
	var billing, trial string
	if i.Billing == BillingUnknown {
		billing = e.fact("how it is paid for", "Instance.Billing")
	}
	if i.Trial == Unknown {
		trial = e.fact("whether it is a trial", "Instance.Trial")
	}
	w.lacks = e.join(billing, trial)
	return w
}

// term: ELG-TERM.
func (e *explainer) term() words {
	i, n := &e.instance, e.q.TermMonths
	w := words{
		required: e.plural(n, "bought for at least %d calendar month, renewals included", "bought for at least %d calendar months, renewals included"),
		remedy:   e.plural(n, "renew until %d calendar month is bought", "renew until %d calendar months are bought"),
		free:     n == 0,
	}
	months, lacks := i.TermMonths, e.fact("the term bought, in months", "Instance.TermMonths")
	if e.q.FirstPurchaseOnly {
		w.required = e.plural(n, "first bought for at least %d calendar month", "first bought for at least %d calendar months")
		w.remedy = e.say("use an instance that was first bought for that long; renewing does not help")
		lacks = e.fact("the term of the first purchase, in months", "Instance.FirstTermMonths")
		if i.FirstTermMonths > 0 {
			months = i.FirstTermMonths
		}
	}
	if i.Billing == PayAsYouGo {
		return e.noTerm(w)
	}
	if months > 0 {
		w.found = e.plural(months, "%d calendar month", "%d calendar months")
		if e.q.FirstPurchaseOnly && i.FirstTermMonths == 0 {
			w.found = e.plural(months, "%d calendar month, renewals included", "%d calendar months, renewals included")
		}
	}
	if months == 0 && e.outcome == Failed && !i.Created.IsZero() {
		w.found = e.say("too short, for it lasts from %s to %s", when(i.Created), when(i.Expires))
	}
	w.lacks = lacks
	return w
}

// noTerm says that what is paid as it goes has no paid term.
func (e *explainer) noTerm(w words) words {
	w.found = e.say("pay-as-you-go, which has no term")
	w.remedy = e.say("convert it to subscription")
	return w
}

// remaining: ELG-REMAINING.
func (e *explainer) remaining() words {
	n := e.q.RemainingDays
	w := words{
		required: e.plural(n, "at least %d day of 24 hours left", "at least %d days of 24 hours left"),
		found:    e.expiry(), free: n == 0,
		remedy: e.say("renew; a server fresh from the shortest term that can be bought may fail by a day or two"),
	}
	if e.instance.Billing == PayAsYouGo {
		return e.noTerm(w)
	}
	if e.instance.Expires.IsZero() {
		w.lacks = e.fact("when it expires", "Instance.Expires")
	}
	return w
}

// region: ELG-REGION.
func (e *explainer) region() words {
	region := plain(e.instance.Region)
	w := words{
		required: e.say("a region in mainland China"), found: region,
		remedy: e.say("buy in a mainland region"), free: !e.q.Mainland,
	}
	if e.instance.Region == "" {
		w.found = ""
		w.lacks = e.fact("the region", "Instance.Region")
		return w
	}
	if e.outcome == Failed {
		w.found = e.say("%s, outside mainland China", region)
	}
	if e.outcome == Missing || e.outcome == Assumed {
		w.found = e.say("not known: the rule set does not list %s", region)
		w.remedy = e.say("state the region as the provider spells it (Instance.Region), or add it to the rule set")
	}
	return w
}

// publicIP: ELG-PUBLICIP.
func (e *explainer) publicIP() words {
	w := words{
		required: e.say("a public IP of the provider's"), found: e.addresses(),
		remedy: e.say("buy public bandwidth or bind an EIP"), free: !e.q.PublicIP,
	}
	if e.instance.PublicIP == Unknown {
		w.lacks = e.fact("whether it has a public IP", "Instance.PublicIP")
	}
	return w
}

// addresses shows the public addresses, which may be masked; "" where it is
// not known whether there are any.
func (e *explainer) addresses() string {
	i := &e.instance
	if i.PartnerIP {
		return e.say("a partner's own IP")
	}
	if i.PublicIP == No {
		return e.say("no public IP")
	}
	if len(i.IPs) == 0 && i.PublicIP == Yes {
		return e.say("present")
	}
	if len(i.IPs) == 0 {
		return ""
	}
	if len(i.IPs) == 1 {
		return i.IPs[0].String()
	}
	return e.say("%s and %d more", i.IPs[0], len(i.IPs)-1)
}

// status: ELG-STATUS.
func (e *explainer) status() words {
	i := &e.instance
	w := words{required: e.say("running, not expired"), found: labelOf(e.Lang, statusLabels, i.Status), free: !e.q.Running}
	if e.q.StoppedPasses {
		w.required = e.say("running or stopped, not expired")
	}
	w.remedy = e.say("start it")
	if i.Status == StatusPending {
		w.remedy = e.say("wait until it runs")
	}
	var settle, renew string
	if i.Status == StatusLocked {
		settle = e.say("settle the lock")
		w.remedy = settle
	}
	if i.expired(e.At) {
		renew = e.say("renew")
		w.remedy = e.join(renew, settle)
	}
	if i.gone() {
		w.remedy = e.say("use another instance")
	}
	if renew != "" && !i.Expires.IsZero() && !e.At.Before(i.Expires) {
		w.found = e.join(w.found, e.expiry())
	}
	if i.Status == StatusUnknown {
		w.lacks = e.fact("its status", "Instance.Status")
	}
	return w
}

// ipInUse: ELG-IPINUSE.
func (e *explainer) ipInUse() words {
	w := words{
		required: e.say("an IP that no other filing holds"), found: e.say("held by another filing"),
		remedy: e.say("release the other filing or use another IP"), free: !e.q.IPFree,
	}
	if e.instance.IPHeld == No {
		w.found = e.say("held by no other filing")
	}
	if e.instance.IPHeld == Unknown {
		w.found = ""
		w.lacks = e.fact("whether another filing holds its IP", "Instance.IPHeld")
	}
	return w
}

// quota: ELG-QUOTA.
func (e *explainer) quota() words {
	q := e.Quota
	w := words{
		required: e.plural(q.Limit, "at most %d code ever, for the instance", "at most %d codes ever, for the instance"),
		found:    e.say("%d issued, %d requested", max(q.Used, 0), q.Requested),
		remedy:   e.say("use another instance, or buy a paid code"), free: !e.listed,
	}
	if e.q.PerAccount {
		w.required = e.plural(q.Limit, "at most %d code ever, for this product in the account", "at most %d codes ever, for this product in the account")
		w.remedy = e.say("use another product, or buy a paid code")
	}
	if e.instance.ContractQuota > 0 && e.listed {
		w.required = e.join(w.required, e.say("as the contract says"))
	}
	if q.Left() > 0 {
		w.remedy = e.join(e.say("request at most %d", q.Left()), w.remedy)
	}
	if q.Used < 0 && owner(e.actor, &e.instance) == Yes {
		w.lacks = e.say("how many codes were issued")
	}
	if q.Used < 0 && w.lacks == "" {
		w.found = e.say("not known: the count is for the instance's owner alone")
		w.remedy = e.say("apply as the owner (Instance.Owner)")
	}
	return w
}

// batch: ELG-BATCH.
func (e *explainer) batch() words {
	w := words{
		required: e.say("1 to %d codes in one request", e.set.Batch), found: e.say("%d requested", e.Quota.Requested),
		remedy: e.say("split the request"),
	}
	if e.Quota.Requested < 1 {
		w.remedy = e.say("request at least one")
	}
	return w
}

// account: ELG-ACCOUNT.
func (e *explainer) account() words {
	w := e.certified()
	w.required = e.say("an enterprise account, to issue codes")
	w.remedy = e.say("verify as an enterprise, or file with the purchasing account")
	w.free = e.set.Account == AccountAny || e.set.Account == AccountOthers && !e.forOthers
	if e.set.Account == AccountOthers {
		w.required = e.say("an enterprise account, to issue codes for another account")
	}
	return w
}

func (e *explainer) certified() words {
	w := words{found: labelOf(e.Lang, certificationLabels, e.certification)}
	if e.certification == CertificationUnknown {
		w.lacks = e.fact("how the account was verified", "Certification")
	}
	return w
}

// roleLabels name the parts of an actor, by the number of their bit.
var roleLabels = []string{"the owner", "the grantee", "the holder", "an operator"}

func (e *explainer) rolesName(by Role) string {
	var names []string
	for n := range roleLabels {
		if by>>n&1 != 0 {
			names = append(names, e.say(roleLabels[n]))
		}
	}
	return strings.Join(names, e.say(" or "))
}

// asker says which part the actor plays.
func (e *explainer) asker() string {
	roles := e.roles &^ RoleHolder
	if roles == 0 {
		return e.say("asked by neither owner, grantee nor operator")
	}
	if e.roles&(RoleOwner|RoleHolder) == RoleOwner {
		return e.say("asked by the owner, who granted it to another account")
	}
	return e.say("asked by %s", e.rolesName(roles))
}

// actionOf returns the action that a rule of the life of a code is about.
func (e *explainer) actionOf(r Rule) Action {
	if r == e.action.Rule() {
		return e.action
	}
	for a := range Action(numActions) {
		if a.Rule() == r {
			return a
		}
	}
	return ActionNone
}

// step explains a step in the life of a code: from which states, and by whom.
// Who may submit and grant is for FIL-HOLDER and GRT-ONCE to say.
func (e *explainer) step(a Action) words {
	var from []string
	var by Role
	for s := range State(numStates) {
		if steps[s][a].by == 0 {
			continue
		}
		by |= steps[s][a].by
		if s != StateNone {
			from = append(from, s.Label(e.Lang))
		}
	}
	w := words{remedy: e.stepRemedy(a)}
	if len(from) > 0 {
		w.required = e.say("the code is %s", strings.Join(from, e.say(" or ")))
		w.found = e.say("the code is %s", e.state.Label(e.Lang))
	}
	if e.outcome == Passed && len(from) > 0 && e.state < numStates && steps[e.state][a].by == 0 {
		w.found = e.say("recorded so, and %s now", e.state.Label(e.Lang))
	}
	if by == RoleHolder || a == ActionGrant {
		return w
	}
	w.required = e.join(w.required, e.say("done by %s", e.rolesName(by)))
	w.found = e.join(w.found, e.asker())
	return w
}

// stepRemedy says how to get from the state of the code to where a is allowed.
func (e *explainer) stepRemedy(a Action) string {
	if e.state < numStates && steps[e.state][a].by != 0 {
		return e.say("have it done by %s", e.rolesName(steps[e.state][a].by))
	}
	if e.state.Terminal() {
		return e.say("use another code: this one is spent")
	}
	if e.state == StateFiling {
		return e.say("wait until its filing ends, or withdraw the filing")
	}
	if e.state == StateUnbound {
		return e.say("bind it to an instance first")
	}
	if e.state == StateAvailable && a == ActionBind {
		return e.say("none is needed: it is tied to its instance, for good")
	}
	if e.state == StateAvailable {
		return e.say("submit a filing with it first")
	}
	return e.say("have it done by the account that may")
}

// importing: LIF-IMPORT.
func (e *explainer) importing() words {
	return words{
		required: e.say("done by %s", e.rolesName(RoleOperator)), found: e.join(e.detailName(), e.operatorOrNot()),
		remedy: e.say("have an operator import it"),
	}
}

func (e *explainer) operatorOrNot() string {
	if e.roles&RoleOperator != 0 {
		return e.say("asked by an operator")
	}
	return e.say("asked by an account that is no operator")
}

// refund: LIF-REFUND.
func (e *explainer) refund() words {
	w := e.step(ActionRefund)
	w.required = e.join(e.say("a paid code"), w.required)
	if !e.paid {
		w.found = e.join(e.say("a code that was not bought"), w.found)
		w.remedy = e.say("nothing was paid for it, so nothing can be paid back")
	}
	return w
}

// closeLabels are what closed an instance.
var closeLabels = []string{
	ActionCloseRefund: "the instance was refunded and closed", ActionCloseRelease: "the instance was released and closed",
}

// close: LIF-CLOSE, of the closing and of what a closed instance refuses.
func (e *explainer) close() words {
	w := words{required: e.say("an instance that was not closed"), found: labelOf(e.Lang, closeLabels, e.closed)}
	if w.found == "" {
		w.found = e.say("not closed")
	}
	w.remedy = e.say("use another instance")
	if e.action == ActionImport {
		w.remedy = e.say("import it in the state in which the closing left it")
	}
	if e.action != ActionCloseRefund && e.action != ActionCloseRelease {
		return w
	}
	w.required = e.join(w.required, e.say("done by %s", e.rolesName(RoleOperator)))
	w.found = e.join(w.found, e.operatorOrNot())
	w.remedy = e.say("have an operator close it")
	if e.closed != ActionNone {
		w.remedy = e.say("none is needed: it is closed already")
	}
	return w
}

// effective: LIF-EFFECTIVE.
func (e *explainer) effective() words {
	w := words{
		required: e.say("an instance that has neither expired nor gone"), found: e.instanceNow(),
		remedy: e.say("have the instance renewed: the code can then be used again"),
	}
	if w.found == "" && e.outcome == Failed {
		w.found = e.say("the instance has expired or gone")
	}
	if w.found == "" && e.outcome == Passed {
		w.found = e.say("nothing against it is known")
	}
	if e.instance.gone() {
		w.remedy = e.say("use another code")
	}
	return w
}

// instanceNow shows the status and expiry of the instance, as far as known.
func (e *explainer) instanceNow() string {
	return e.join(labelOf(e.Lang, statusLabels, e.instance.Status), e.expiry())
}

// enterprise: GRT-ENTERPRISE.
func (e *explainer) enterprise() words {
	w := e.certified()
	w.required = e.say("an enterprise account, to grant codes")
	w.remedy = e.say("verify as an enterprise, or file with the purchasing account")
	w.free = !e.set.Grant.Enterprise
	return w
}

// grantsOut: GRT-OUT.
func (e *explainer) grantsOut() words {
	year, n := NaturalYear(e.At), e.set.Grant.MaxGrantees
	w := words{
		required: e.say("different grantees of one granter in the natural year %d: at most %d", year, n),
		found:    e.say("the cap of %d is reached, and this grantee would be another one", n),
		remedy:   e.say("grant to an account of this year, or wait until %s", when(yearEnds(year))),
		free:     n == NoLimit,
	}
	return e.capped(w)
}

// grantsIn: GRT-IN. Nothing in it tells whom the target has to do with, nor
// how many they are (GRT-PRIVATE).
func (e *explainer) grantsIn() words {
	year, n := NaturalYear(e.At), e.set.Grant.MaxGranters
	w := words{
		required: e.say("different granters to one grantee in the natural year %d: at most %d", year, n),
		found:    e.say("the target account has reached the cap of %d in the natural year %d", n, year),
		remedy:   e.say("wait until %s, or file with the purchasing account", when(yearEnds(year))),
		free:     n == NoLimit,
	}
	return e.capped(w)
}

func (e *explainer) capped(w words) words {
	if e.outcome == Passed {
		w.found = e.say("within the cap")
	}
	if !e.set.Grant.Allowed && e.outcome != Passed {
		w.required = e.say("a rule set that allows grants")
		w.found = e.say("it allows none")
		w.remedy = e.say("file with the purchasing account")
	}
	return w
}

// firstGrant: GRT-FIRST.
func (e *explainer) firstGrant() words {
	w := words{
		required: e.say("phone verification of the first grant ever to an account"),
		found:    e.say("the first grant to this account, and the phone was not verified"),
		remedy:   e.say("verify the phone, then grant again"), free: !e.set.Grant.VerifyFirst,
	}
	if e.outcome == Passed {
		w.found = e.say("verified, or granted to before")
	}
	if e.outcome == Passed && e.PhoneNeeded {
		w.found = e.say("the first grant to this account: the phone is yet to be verified")
	}
	return w
}

// once: GRT-ONCE. In a batch the roles are those of the first code refused,
// and another code of it may be what was granted before.
func (e *explainer) once() words {
	w := words{
		required: e.say("a code that was never granted, to an account other than its owner"),
		found:    e.say("granted to its own owner, or granted before"),
		remedy:   e.say("choose another account, or codes that were never granted"),
	}
	if e.outcome == Passed {
		w.found = e.say("never granted")
	}
	if e.outcome != Passed && e.roles != 0 && e.roles&(RoleOwner|RoleHolder) != RoleOwner|RoleHolder {
		w.found = e.asker()
		w.remedy = e.say("use a code of your own that was never granted")
	}
	return w
}

// buy: PAY-WHEN.
func (e *explainer) buy() words {
	w := words{
		required: e.say("nothing: it is advice"), found: e.say("no free code is left for this"),
		remedy: e.say("buy a paid code and bind it to the instance"),
	}
	if e.Quota.Left() > 0 {
		w.found = e.say("fewer free codes are left than requested")
	}
	if e.set.Life.PaidUsesQuota {
		w.remedy = e.say("buy a paid code and bind it to an instance with quota left")
	}
	return w
}

// holder: FIL-HOLDER.
func (e *explainer) holder() words {
	return words{
		required: e.say("the holder: the grantee if the code was granted, else its owner"), found: e.asker(),
		remedy: e.say("have the holder file, or use a code of your own"),
	}
}

// filing: FIL-WHAT.
func (e *explainer) filing() words {
	w := words{
		required: e.say("a kind of filing, one domain or one app, its subject, and only IPs of the instance"),
		found:    e.detailName(), remedy: e.say("correct the filing"),
	}
	if w.found == "" {
		w.found = e.general(FILWhat).found
	}
	return w
}

// detailName is d.detail, "Filing.Domain is not one domain name", in the
// language asked for.
func (e *explainer) detailName() string {
	field, problem, ok := strings.Cut(e.detail, " ")
	if !ok || e.Lang != Chinese {
		return e.detail
	}
	var n int
	if _, err := fmt.Sscanf(problem, "is longer than %d bytes", &n); err == nil {
		return e.say("%s is longer than %d bytes", field, n)
	}
	return e.say("%s %s", field, e.say(problem))
}

// foreign: FIL-FOREIGN.
func (e *explainer) foreign() words {
	w := words{
		required: e.say("a server of the provider of the code, %s", plain(e.set.Provider)),
		found:    e.say("a server of %s", plain(e.instance.Provider)),
		remedy:   e.say("get the code from the provider that sold the server"),
	}
	if e.instance.Provider == "" {
		w.found = e.say("no other provider is named")
	}
	return w
}

// expiring: RSK-EXPIRING.
func (e *explainer) expiring() words {
	n := e.set.Risk.ExpiringDays
	w := words{required: e.plural(n, "no expiry within %d day", "no expiry within %d days"), found: e.expiry(), remedy: e.say("renew")}
	if e.state == StateFiling && e.set.Risk.ReviewDays > n {
		n = e.set.Risk.ReviewDays
		w.required = e.plural(n, "no expiry within %d day, before the review can end", "no expiry within %d days, before the review can end")
	}
	if w.found == "" {
		w.found = labelOf(e.Lang, statusLabels, e.instance.Status)
		w.lacks = e.fact("when it expires", "Instance.Expires")
	}
	return w
}

// released: RSK-RELEASED.
func (e *explainer) released() words {
	w := words{
		required: e.say("an instance that still exists"), found: labelOf(e.Lang, statusLabels, e.instance.Status),
		remedy: e.say("file an access or change filing with another server's code at once"),
	}
	if e.instance.Status == StatusUnknown {
		w.lacks = e.fact("its status", "Instance.Status")
	}
	return w
}

// rebilled: RSK-BILLING.
func (e *explainer) rebilled() words {
	w := words{
		required: e.say("an instance that stays a subscription"), found: labelOf(e.Lang, billingLabels, e.instance.Billing),
		remedy: e.say("convert it to subscription"),
	}
	if e.instance.Billing == BillingUnknown {
		w.lacks = e.fact("how it is paid for", "Instance.Billing")
	}
	return w
}

// downgraded: RSK-DOWNGRADED.
func (e *explainer) downgraded() words {
	i := &e.instance
	var lower, ip, region string
	if i.Downgraded == Yes {
		lower = e.say("downgraded")
	}
	if i.PartnerIP || i.PublicIP == No {
		ip = e.addresses()
	}
	if e.set.region(&Requirements{Mainland: true}, i) == No {
		region = e.say("%s, outside mainland China", plain(i.Region))
	}
	w := words{
		required: e.say("an instance as eligible as when its codes were issued"), found: e.join(lower, ip, region),
		remedy: e.say("upgrade it again and restore what it lost, such as an EIP"),
	}
	if i.Downgraded == Unknown {
		w.lacks = e.fact("whether it was downgraded", "Instance.Downgraded")
	}
	if w.found == "" {
		w.found = e.general(RSKDowngraded).found
	}
	return w
}

// resold: RSK-OWNER.
func (e *explainer) resold() words {
	w := words{
		required: e.say("an instance that keeps its owner"), found: e.say("another account owns it now"),
		remedy: e.say("file an access or change filing with a code of a server of your own"),
	}
	if e.outcome == Passed {
		w.found = e.say("it has the same owner")
	}
	if e.instance.Owner == "" {
		w.lacks = e.fact("who owns it", "Instance.Owner")
	}
	return w
}

// ipGone: RSK-IP.
func (e *explainer) ipGone() words {
	w := words{
		required: e.say("the filed IP on the instance"), found: e.addresses(),
		remedy: e.say("put the filed IP back, or file a change filing"),
	}
	if e.outcome == Failed {
		w.found = e.join(e.say("the filed IP is gone"), w.found)
	}
	w.lacks = e.fact("the filed IPs", "Filing.IPs")
	if len(e.instance.IPs) == 0 {
		w.lacks = e.fact("its public IPs", "Instance.IPs")
	}
	return w
}

// move: RSK-MOVE.
func (e *explainer) move() words {
	return words{
		required: e.say("nothing: it is advice"), found: e.say("a filing rests on this server"),
		remedy: e.say("before leaving it, file an access or change filing with the new server's code; within one cloud changing DNS is said to do"),
	}
}

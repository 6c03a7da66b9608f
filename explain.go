package icpcode

import (
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
	return joinParts(parts, l.say("; "))
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

// MarshalText returns the outcome in English.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads an outcome in English.
func (o *Outcome) UnmarshalText(b []byte) error { return parseName(o, "Outcome", outcomeLabels, b) }

// Label returns the outcome in language l.
func (o Outcome) Label(l Lang) string { return labelOf(l, outcomeLabels, o) }

// Title returns what the rule says, in a few words of language l, or "" for
// no rule.
func (r Rule) Title(l Lang) string {
	if r == 0 || r >= numRules {
		return ""
	}
	return l.say(ruleTitles[r])
}

// ruleTitles is indexed by Rule.
var ruleTitles = [numRules]string{
	ELGProduct:   "the product supplies codes",
	ELGOwner:     "the applicant bought the instance",
	ELGBilling:   "the instance is a subscription and no trial",
	ELGTerm:      "the instance was bought for long enough",
	ELGRemaining: "enough time is left until expiry",
	ELGRegion:    "the region is in mainland China",
	ELGPublicIP:  "the instance has a public IP",
	ELGStatus:    "the instance runs normally",
	ELGIPInUse:   "no other filing holds the IP",
	ELGQuota:     "the quota covers the codes requested",
	ELGBatch:     "the request is not too large",
	ELGAccount:   "the owner is enterprise-verified",

	CODFormat:      "a code is twelve digits, the first of them 0",
	CODOpaque:      "nothing is read out of a code's text",
	CODUnique:      "no two codes are ever equal",
	CODUnguessable: "codes are drawn at random",
	CODInput:       "codes are read as people paste them",
	CODInstant:     "a code is usable at once",
	CODOne:         "one code, one website or app",

	LIFIssue:     "a free code is issued",
	LIFBuy:       "a paid code is bought",
	LIFImport:    "a code issued elsewhere is taken over",
	LIFBind:      "a paid code is bound to an instance",
	LIFSubmit:    "a filing is submitted",
	LIFResubmit:  "a filing is corrected and sent again",
	LIFApprove:   "a filing is approved",
	LIFReject:    "a filing is sent back to be corrected",
	LIFStage:     "the stage of a review is told",
	LIFRelease:   "a filing is withdrawn or rejected",
	LIFRefund:    "a paid code is refunded",
	LIFVoid:      "a code is voided",
	LIFClose:     "an instance is closed with its codes",
	LIFEffective: "a code works only while its instance does",
	LIFView:      "each side sees the state in its own words",

	GRTEnterprise: "the granter is enterprise-verified",
	GRTOut:        "a granter has few grantees a year",
	GRTIn:         "a grantee has few granters a year",
	GRTFirst:      "the first grant needs phone verification",
	GRTAtomic:     "issue and grant happen together or not at all",
	GRTVerify:     "verification says beforehand what would happen",
	GRTOnce:       "a code is granted once",
	GRTState:      "only an unused code is granted",
	GRTRepeat:     "a grantee counts once a year",
	GRTOwner:      "ownership never moves",
	GRTPrivate:    "nobody learns the other's counterparties",

	PAYWhen:   "paid codes are for where no free one is left",
	PAYPrice:  "the price is configured",
	PAYExact:  "money is exact",
	PAYRefund: "a refund is what was paid, once",
	PAYQuota:  "a paid code uses no free quota",

	FILHolder:  "only the holder files",
	FILWhat:    "the filing says what is filed",
	FILSuccess: "success uses the code up",
	FILPick:    "the holder is shown which codes can be used",
	FILService: "one domain or app is one service, however it is typed",
	FILForeign: "a server needs its own provider's code",

	RSKExpiring:   "the server behind a filing does not expire soon",
	RSKReleased:   "the server behind a filing still exists",
	RSKBilling:    "the server behind a filing stays a subscription",
	RSKDowngraded: "the server behind a filing stays eligible",
	RSKOwner:      "the server behind a filing keeps its owner",
	RSKIP:         "the filed IP stays on the server",
	RSKMove:       "a filing moves before its server goes",
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
func (w *words) lack(e *explainer, f Fact, what string) {
	w.lacks = e.join(w.lacks, e.say(what))
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
	roles    Role     // of the asker towards it
	paid     bool
	closed   Action
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

// reason explains one answer.
func (d *Decision) reason(l Lang, r Rule, o Outcome) Reason { return d.reasonOf(l, r, o, -1) }

// reasonOf explains one answer about the code at a position of a grant, or
// about the whole where that is negative. It names no code and no account.
func (d *Decision) reasonOf(l Lang, r Rule, o Outcome, position int) Reason {
	code := &d.Case.Code
	if position >= 0 {
		code = &d.Case.Grant.Codes[position]
	}
	e := explainer{
		Decision: d, Lang: l, outcome: o, set: d.set, action: d.action(), instance: *d.Case.today(code),
		state: code.State, roles: d.Case.roles(code), paid: code.Origin == OriginPaid, closed: d.Case.Closed,
	}
	if e.action != ActionBind && lapsed(code.State, &e.instance, d.Case.At) {
		e.state = StateInvalid
	}
	reason := e.reason(r)
	if position >= 0 && len(d.Case.Grant.Codes) > 1 {
		reason.Found = l.say("code %d of %d: %s", position+1, len(d.Case.Grant.Codes), reason.Found)
	}
	reason.Position = position + 1
	return reason
}

func (e *explainer) reason(r Rule) Reason {
	l, o := e.Lang, e.outcome
	if e.set == nil {
		e.set = new(RuleSet)
	}
	e.q, e.listed = e.set.requirements(e.instance.Product)
	w := e.words(r)
	if o == OutcomeUnknown || o == OutcomeAssumed {
		e.unknown(&w)
	} else {
		w.facts = nil
	}
	if o == OutcomeFailed && r < numRules {
		for _, f := range factsOf[r] {
			if e.known(f) {
				w.facts = append(w.facts, f)
			}
		}
	}
	if w.found == "" {
		w.found = l.say("not known")
	}
	if w.remedy == "" {
		w.remedy = l.say("see rule %s in docs/rules.md", r)
	}
	if o == OutcomePassed {
		w.remedy = ""
		if w.free {
			w.required = l.say("nothing")
		}
	}
	return Reason{
		Rule: r, Outcome: o, Required: w.required, Found: w.found, Remedy: w.remedy, Facts: w.facts,
		Citations: e.set.Citations(r, e.instance.Product),
	}
}

// undecided is the reason of a zero Decision.
func undecided(l Lang) Reason {
	return Reason{
		Outcome: OutcomeUnknown, Required: l.say("a decision"), Found: l.say("nothing was decided"), Remedy: l.say("ask first"),
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
		w.found = e.say("it is so")
	}
	if e.outcome == OutcomeFailed {
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
	if e.outcome == OutcomeAssumed && w.lacks != "" {
		w.found = e.say("not known; assumed to pass: %s", w.lacks)
	}
	if e.outcome == OutcomeAssumed && w.lacks == "" {
		w.found = e.join(w.found, e.say("assumed to pass"))
	}
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
		return e.say("less than an hour")
	}
	text := ""
	if days > 0 {
		text = e.plural(days, "%d day", "%d days")
	}
	if hours > 0 {
		text += e.plural(hours, " %d hour", " %d hours")
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
		return e.say("expired at %s", when(i.Expires))
	}
	return e.say("%s left, until %s", e.span(e.Case.At, i.Expires), when(i.Expires))
}

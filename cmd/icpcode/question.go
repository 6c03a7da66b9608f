package main

import (
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// question is what is asked of every server: may it have one more code?
type question struct {
	at      time.Time
	account account
	assume  icpcode.RuleIDs
	books   *books
	// The addresses of the survey are joined first, then facts win.
	survey *inventory.Survey
	facts  *inventory.Facts
	issued *issued
	region string // of servers whose inventory does not name theirs
	bare   bool   // only the facts are asked for
	lang   icpcode.Lang
}

// verdict is the answer about one server.
type verdict uint8

const (
	verdictYes     verdict = iota
	verdictNo              // a rule fails
	verdictUnknown         // none fails, but a fact is missing that could
	numVerdicts
)

// String returns the name of the verdict for programs.
func (v verdict) String() string { return [...]string{"yes", "no", "unknown"}[v] }

// label returns the verdict for people.
func (s speaker) label(v verdict) string {
	switch v {
	case verdictYes:
		return s.say("yes", "可以")
	case verdictNo:
		return s.say("no", "不可以")
	}
	return s.say("cannot tell", "无法判断")
}

// answer is what there is to say of one server.
type answer struct {
	file     string
	server   inventory.Server
	joined   []inventory.Change // facts of lists of addresses
	given    []inventory.Change // facts that the user gave
	terms    []shortTerm        // that were stated too long
	set      *icpcode.RuleSet
	q        icpcode.Requirements
	listed   bool // the set lists the product
	decision icpcode.Decision
	verdict  verdict
	// least and most are how many codes it can have now: certainly, and if
	// every fact that is missing passes too.
	least, most int
	// open says that no source gives the quota: it can be more than most. So it
	// can where the product is unknown, see unbounded.
	open bool
	// until is when the answer becomes no by itself, because the paid term
	// runs out; zero if it does not, or is no already.
	until   time.Time
	missing factSet
	reasons []icpcode.Reason // all rules that did not simply pass, then advice
}

// others stands for the account that codes are for, if it is not the applicant.
const others = "another account"

// ask answers the question about one server. The error is that no rules are
// known for it at that time.
func (q *question) ask(file string, s inventory.Server) (*answer, error) {
	a := &answer{file: file, server: s}
	a.joined = q.survey.Addresses.Apply(&a.server)
	a.given = q.facts.Apply(&a.server)
	i := &a.server.Instance
	if i.Region == "" && q.region != "" {
		i.Region = q.region
		a.given = append(a.given, inventory.Change{Fact: "region", From: "unknown", To: q.region})
	}
	if i.Owner == "" && q.account.buyer {
		i.Owner = q.account.id
		a.given = append(a.given, inventory.Change{Fact: "owner", From: "unknown", To: string(q.account.id)})
	}
	a.settleTerm()
	err := q.books.settle(i)
	if err != nil {
		return nil, err
	}
	if a.set, err = q.books.at(i.Provider, q.at); err != nil {
		return nil, err
	}
	if !q.bare {
		q.judge(a)
	}
	return a, nil
}

// settleTerm takes the term that creation and expiry leave where a longer one
// was stated: the restrictive one of two facts that contradict each other.
func (a *answer) settleTerm() {
	i := &a.server.Instance
	if i.Billing == icpcode.PayAsYouGo || i.Created.IsZero() || i.Expires.IsZero() || !i.Expires.After(i.Created) {
		return
	}
	months := 0
	// Days that were stated without their hours are not held against each other.
	for end := i.Expires.Add(day); !icpcode.AddMonths(i.Created, months+1).After(end) && months < max(i.TermMonths, i.FirstTermMonths); {
		months++
	}
	for _, f := range [...]struct {
		name   string
		stated *int
	}{{"term_months", &i.TermMonths}, {"first_term_months", &i.FirstTermMonths}} {
		if *f.stated <= months {
			continue
		}
		a.terms = append(a.terms, shortTerm{f.name, *f.stated, months, i.Created, i.Expires})
		*f.stated = months // 0 is unknown, and the two instants then prove it too short
	}
}

// shortTerm is a term that was stated although creation and expiry leave less.
type shortTerm struct {
	fact             string
	stated, months   int
	created, expires time.Time
}

func (t *shortTerm) text(s speaker) string {
	return s.say("%s is stated as %d, but it was created on %s and expires on %s, which leaves %s: the shorter one counts",
		"%s 给出的是%d，但创建于%s、到期于%s，仅够%s：以较短者为准",
		t.fact, t.stated, t.created.In(china).Format(time.DateOnly), t.expires.In(china).Format(time.DateOnly), s.count(t.months, "month", "months", "个月"))
}

// mainland says whether the rules in force list a provider's region as one of
// mainland China.
func (q *question) mainland(provider, region string) icpcode.Tri {
	set, err := q.books.at(provider, q.at)
	if err != nil {
		return icpcode.Unknown
	}
	return set.Mainland(region)
}

// judge answers under a.set.
func (q *question) judge(a *answer) {
	i := &a.server.Instance
	a.q, a.listed = a.set.Requirements(i.Product)
	used := q.issued.of(i.ID)
	if i.TermMonths == 0 && i.FirstTermMonths >= a.q.TermMonths {
		i.TermMonths = i.FirstTermMonths // renewals only add to it
	}
	request := icpcode.IssueRequest{
		Actor: q.account.id, Instance: *i, Quantity: 1,
		Certification: q.account.certification, Assume: q.assume,
	}
	if request.Actor == "" {
		request.Actor = i.Owner // whoever bought it applies
	}
	if q.account.forOthers {
		request.GrantTo = others
	}
	a.decision = a.set.Check(request, used, q.at)
	d := &a.decision
	left := max(0, d.Quota.Limit)
	if used >= 0 {
		left = d.Quota.Left()
	}
	a.open = d.Quota.Limit == icpcode.UnknownLimit
	switch {
	case d.Fail != 0:
		a.verdict = verdictNo
	case d.Refused():
		a.verdict, a.most = verdictUnknown, left
	default:
		a.verdict, a.least, a.most = verdictYes, left, left
	}
	if a.verdict != verdictNo {
		a.until = lapses(&a.q, i)
	}
	a.missing = 0
	a.reasons = a.reasons[:0]
	told := *d
	told.Pass = 0 // words are the costly part
	for r := range told.Answers(q.lang) {
		a.reasons = append(a.reasons, q.ours(a, r))
	}
}

// ours names the columns that give the facts which a reason lacks. How many
// codes were issued is given here for any server, also one whose owner is not
// known.
func (q *question) ours(a *answer, r icpcode.Reason) icpcode.Reason {
	s := speaker{q.lang}
	if r.Outcome != icpcode.OutcomeUnknown {
		return r
	}
	if r.Rule == icpcode.ELGQuota && !a.open && a.decision.Quota.Used < 0 {
		r.Facts = append(r.Facts, icpcode.FactIssued)
	}
	if r.Rule == icpcode.ELGQuota && !a.open && a.server.Instance.Product != "" {
		r.Facts = []icpcode.Fact{icpcode.FactIssued}
		r.Found = s.say("not known: how many codes were issued", "未说明已申请的备案服务码数量")
		r.Remedy = s.say("state how many codes were issued", "请说明已申请的备案服务码数量")
	}
	if names := a.add(r.Facts); names != "" {
		r.Remedy += s.say(" ("+names+")", "（"+names+"）")
	}
	return r
}

// add notes facts that are missing, and returns their names.
func (a *answer) add(missing []icpcode.Fact) string {
	var names []string
	for _, f := range missing {
		names = append(names, f.String())
		if i := slices.Index(factNames[:], f.String()); i >= 0 {
			a.missing |= 1 << i
		}
	}
	return strings.Join(names, ", ")
}

// unbounded reports whether nothing says how many codes it can have at most: no
// source gives the quota, or its product is not known.
func (a *answer) unbounded() bool {
	unknown := a.server.Instance.Product == "" && a.decision.Quota.Limit == 0
	return (a.open || unknown) && a.verdict != verdictNo
}

// atMost is how many codes it can have if all that is not known turns out well;
// nil if nothing says how many.
func (a *answer) atMost() *int {
	if a.unbounded() {
		return nil
	}
	return &a.most
}

// could is how many codes the server could have if nothing but its quota
// counted.
func (a *answer) could() int {
	if q := a.decision.Quota; q.Used >= 0 {
		return q.Left()
	}
	return max(0, a.decision.Quota.Limit)
}

const day = 24 * time.Hour

// lapses returns the last instant at which so much of the paid term is left as
// q asks for, or the instant at which it ends if q asks that it has not; zero
// if time does not matter.
func lapses(q *icpcode.Requirements, i *icpcode.Instance) time.Time {
	if i.Billing == icpcode.PayAsYouGo || i.Expires.IsZero() {
		return time.Time{}
	}
	if q.RemainingDays > 0 {
		return i.Expires.Add(-time.Duration(q.RemainingDays) * day)
	}
	if q.Running {
		return i.Expires
	}
	return time.Time{}
}

// fact is one that a person can give.
type fact uint8

// The facts, in the order in which they are shown.
const (
	factOwner fact = iota
	factProduct
	factOrder
	factBilling
	factTrial
	factTerm
	factFirstTerm
	factExpires
	factRegion
	factPublicIP
	factStatus
	factIPHeld
	factIssued
	factCertification
	factContract
	numFacts
)

// factNames are the columns of -facts, but issued, which -issued gives, and
// certification, which -account gives.
var factNames = [numFacts]string{
	"owner", "product", "order_amount", "billing", "trial", "term_months", "first_term_months", "expires",
	"region", "public_ip", "status", "ip_held", "issued", "certification", "contract_quota",
}

// factWordsZh are the facts in Chinese.
var factWordsZh = [numFacts]string{
	"购买账号", "产品", "订单金额", "计费方式", "是否试用", "购买月数", "首次购买月数", "到期时间",
	"地域", "是否有公网IP", "状态", "IP是否被其他备案占用", "已申请数量", "账号认证类型", "合同约定的数量",
}

// facts names the facts of a set for people: in English by the columns that
// give them, which say what they are.
func (s speaker) facts(set factSet) []string {
	if s.lang != icpcode.Chinese {
		return set.names()
	}
	var words []string
	for f := range numFacts {
		if set&(1<<f) != 0 {
			words = append(words, factWordsZh[f])
		}
	}
	return words
}

// columnsZh are the columns of -facts that are no facts of factWordsZh.
var columnsZh = map[string]string{
	"name": "名称", "provider": "提供商", "created": "创建时间", "ips": "公网IP", "partner_ip": "是否为合作伙伴IP", "downgraded": "是否已降配",
	"auto_renew": "是否自动续费",
}

// columnWord is what a column of -facts is called.
func (s speaker) columnWord(name string) string {
	if s.lang != icpcode.Chinese {
		return name
	}
	if i := slices.Index(factNames[:], name); i >= 0 {
		return factWordsZh[i]
	}
	if word := columnsZh[name]; word != "" {
		return word
	}
	return name
}

// columnWords are the columns that give facts: in Chinese with what they say.
func (s speaker) columnWords(set factSet) []string {
	names := set.names()
	for i, word := range s.facts(set) {
		if word != names[i] {
			names[i] += "（" + word + "）"
		}
	}
	return names
}

// valuesZh are the values of facts in Chinese.
var valuesZh = map[string]string{
	"unknown": "未知", "none": "无", "yes": "是", "no": "否", "subscription": "包年/包月", "pay-as-you-go": "按量付费", "running": "运行中", "pending": "创建中",
	"stopped": "已停止", "expired": "已到期", "locked": "已锁定", "refunded": "已退费", "released": "已释放",
}

// change is a fact that was stated or joined, in words.
func (s speaker) change(c inventory.Change) string {
	value := func(v string) string {
		if zh := valuesZh[v]; zh != "" && s.lang == icpcode.Chinese {
			return zh
		}
		return v
	}
	return s.columnWord(c.Fact) + s.say(": ", "：") + value(c.From) + " -> " + value(c.To)
}

// factSet is a set of facts.
type factSet uint16

func (s factSet) names() []string {
	var names []string
	for f := range numFacts {
		if s&(1<<f) != 0 {
			names = append(names, factNames[f])
		}
	}
	return names
}

func (s factSet) String() string { return strings.Join(s.names(), ", ") }

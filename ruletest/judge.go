package ruletest

import (
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// env is what an operation meets beside the documents.
type env struct {
	now    time.Time // to the microsecond
	hook   bool      // there is a phone hook
	price  icpcode.Money
	format icpcode.Format
}

// answer is what the model expects of an operation.
type answer struct {
	err error // nil, or what errors.Is must find
	verdict
	assumed icpcode.RuleIDs
	quota   icpcode.Quota // of a decision about an instance
	sells   bool          // the provider sells codes
	phone   bool          // it passes once the phone is verified
	replay  bool          // it was done before
	noop    bool          // it is an import of a code that is known already
	early   bool          // it is answered whatever is stored
	res     icpcode.Result
	drawn   int  // how many codes the engine draws; they are not in res
	large   bool // it does not fit into one commit of the store
}

// verdict is what the rules that were asked say.
type verdict struct {
	pass, fail, unknown icpcode.RuleIDs
	advice              icpcode.RuleIDs // of a filing (FIL-CHECK)
}

func (v *verdict) say(r icpcode.Rule, t icpcode.Tri) {
	only := icpcode.MakeRuleIDs(r)
	v.pass, v.fail, v.unknown = v.pass&^only, v.fail&^only, v.unknown&^only
	if t == icpcode.Yes {
		v.pass |= only
	}
	if t == icpcode.No {
		v.fail |= only
	}
	if t == icpcode.Unknown {
		v.unknown |= only
	}
}

// must says that r fails unless ok. A rule that failed once stays failed.
func (v *verdict) must(r icpcode.Rule, ok bool) {
	if !ok || !v.fail.Has(r) {
		v.say(r, yes(ok))
	}
}

func yes(ok bool) icpcode.Tri {
	if ok {
		return icpcode.Yes
	}
	return icpcode.No
}

// conclude turns what the rules say into a refusal, or nothing. That there is
// quota left cannot be assumed.
func (a *answer) conclude(assume icpcode.RuleIDs) {
	a.assumed = a.unknown & assume &^ icpcode.MakeRuleIDs(icpcode.ELGQuota, icpcode.ELGBatch)
	if a.fail != 0 || a.unknown&^a.assumed != 0 {
		a.err = icpcode.ErrRefused
	}
}

// decide says what an operation must answer.
func (m *model) decide(o *op, e *env) answer {
	set := m.inForce(e.now)
	if o.invalid != "" {
		return answer{err: icpcode.ErrInvalid, early: true}
	}
	if r, done := m.receipts[receiptOf{o.actor, o.id}]; done && o.id != "" {
		if r.is != o.identity() {
			return answer{err: icpcode.ErrRequestReused}
		}
		return answer{replay: true, res: r.res}
	}
	if set == nil {
		return answer{err: icpcode.ErrNoRules, early: true}
	}
	a := m.judge(o, e, set)
	a.res.At, a.sells = e.now, set.Life.SellsCodes
	return a
}

func (m *model) judge(o *op, e *env, set *icpcode.RuleSet) answer {
	switch o.kind {
	case opIssue:
		return m.judgeIssue(o, e, set)
	case opAuto:
		return m.judgeAuto(o, e, set)
	case opBuy:
		return m.judgeBuy(o, e, set)
	case opBind:
		return m.judgeBind(o, e, set)
	case opGrant:
		return m.judgeGrant(o, e, set)
	case opSubmit, opResubmit:
		return m.judgeSubmit(o, e, set)
	case opClose:
		return m.judgeClose(o, set)
	case opImport:
		return m.judgeImport(o, e, set)
	}
	return m.judgeCode(o, set)
}

// count is the count that decides an issue: how many were issued, if that is
// the actor's to know, and whether the instance was closed.
func (m *model) count(o *op, set *icpcode.RuleSet) (used int, closed bool) {
	owner := o.inst.Owner
	if owner == "" && (o.assume | set.Assume).Has(icpcode.ELGOwner) {
		owner = o.actor
	}
	if owner != o.actor {
		return -1, false
	}
	l := m.ledgers[o.inst.ID]
	if l != nil {
		used, closed = l.Issued, l.Closed != icpcode.ActionNone
	}
	if q, _ := requirements(set, o.inst.Product); q.PerAccount && o.inst.ContractQuota == 0 {
		used = max(used, m.accounts[accountProduct{owner, o.inst.Product}])
	}
	return used, closed
}

// judgeInstance answers the eligibility rules, and that a closed instance
// issues and binds nothing more.
func (m *model) judgeInstance(a *answer, o *op, e *env, set *icpcode.RuleSet, n int, asked icpcode.RuleIDs) {
	used, closed := m.count(o, set)
	f := facts{set: set, inst: &o.inst, actor: o.actor, now: e.now, used: used, n: n, cert: o.cert, others: o.to != "" && o.to != o.actor}
	v := f.answer()
	a.pass |= v.pass & asked
	a.fail |= v.fail & (asked | icpcode.MakeRuleIDs(icpcode.FILForeign))
	a.unknown |= v.unknown & asked
	a.quota = icpcode.Quota{Used: used, Limit: f.limit(), Requested: n}
	if closed {
		a.fail |= icpcode.MakeRuleIDs(icpcode.LIFClose)
	}
}

func (m *model) judgeIssue(o *op, e *env, set *icpcode.RuleSet) answer {
	a := answer{drawn: o.n}
	m.judgeInstance(&a, o, e, set, o.n, elg)
	if o.to != "" {
		m.judgePartners(&a, o, e, set)
	}
	a.conclude(o.assume | set.Assume)
	if o.to == "" {
		a.tooLarge(m.room(o.inst.ID, o.n) && m.fits(m.counts(o.inst.Product)+o.n, o.n))
	} else {
		a.tooLarge(m.room(o.inst.ID, o.n) && m.fits(m.counts(o.inst.Product)+3+o.n, 2*o.n))
	}
	a.res = icpcode.Result{Action: icpcode.ActionIssue, State: icpcode.StateAvailable, Quota: a.quota}
	a.res.Quota.Used += o.n
	return a
}

// judgePartners answers the rules of granting that do not look at the code.
func (m *model) judgePartners(a *answer, o *op, e *env, set *icpcode.RuleSet) {
	g := &set.Grant
	enterprise := icpcode.Yes
	if g.Enterprise {
		enterprise = yes(o.cert == icpcode.Enterprise)
		if o.cert == icpcode.CertificationUnknown {
			enterprise = icpcode.Unknown
		}
	}
	a.say(icpcode.GRTEnterprise, enterprise)
	fits := func(k partnersOf, other icpcode.AccountID, limit int) bool {
		known := m.partners[k]
		return g.Allowed && (limit == icpcode.NoLimit || slices.Contains(known, other) || len(known) < limit)
	}
	y := year(e.now)
	a.must(icpcode.GRTOut, fits(partnersOf{false, o.actor, y}, o.to, g.MaxGrantees))
	a.must(icpcode.GRTIn, fits(partnersOf{true, o.to, y}, o.actor, g.MaxGranters))
	a.must(icpcode.GRTOnce, o.actor != o.to)
	first := g.VerifyFirst && !m.met[pair{o.actor, o.to}]
	a.must(icpcode.GRTFirst, !first || e.hook)
	a.phone = first && e.hook
}

func (m *model) judgeAuto(o *op, e *env, set *icpcode.RuleSet) answer {
	a := answer{drawn: 1}
	m.judgeInstance(&a, o, e, set, 1, elg&^icpcode.MakeRuleIDs(icpcode.ELGAccount))
	a.must(icpcode.FILWhat, o.filingFits())
	a.conclude(o.assume | set.Assume)
	a.tooLarge(m.room(o.inst.ID, 1))
	a.res = icpcode.Result{Action: icpcode.ActionIssue, State: icpcode.StateFiling, Quota: a.quota}
	a.res.Quota.Used++
	return a
}

func (m *model) judgeBuy(o *op, e *env, set *icpcode.RuleSet) answer {
	if e.price.Currency == "" {
		return answer{err: icpcode.ErrNoPrice}
	}
	a := answer{drawn: o.n}
	a.say(icpcode.ELGBatch, batchOf(set, o.n))
	a.conclude(0)
	a.tooLarge(m.fits(o.n, o.n))
	a.res = icpcode.Result{Action: icpcode.ActionBuy, State: icpcode.StateUnbound, Money: o.total(e.price)}
	return a
}

func (m *model) judgeBind(o *op, e *env, set *icpcode.RuleSet) answer {
	r := m.visible(o.code, o.actor)
	if r == nil {
		return answer{err: icpcode.ErrNoCode}
	}
	asked := elg &^ icpcode.MakeRuleIDs(icpcode.ELGQuota, icpcode.ELGBatch, icpcode.ELGAccount)
	if set.Life.PaidUsesQuota {
		asked |= icpcode.MakeRuleIDs(icpcode.ELGQuota)
	}
	a := answer{}
	m.judgeInstance(&a, o, e, set, 1, asked)
	a.must(icpcode.LIFBind, r.State == icpcode.StateUnbound && o.actor == r.Owner)
	a.conclude(o.assume | set.Assume)
	a.tooLarge(m.room(o.inst.ID, 1))
	a.res = icpcode.Result{Action: icpcode.ActionBind, State: icpcode.StateAvailable, Codes: []icpcode.Code{o.code}}
	return a
}

func (m *model) judgeGrant(o *op, e *env, set *icpcode.RuleSet) answer {
	a := answer{}
	for _, c := range o.codes {
		if m.visible(c, o.actor) == nil {
			return answer{err: icpcode.ErrNoCode}
		}
	}
	for i := range o.today {
		if !slices.ContainsFunc(o.codes, func(c icpcode.Code) bool { return m.codes[c].InstanceID == o.today[i].ID }) {
			return answer{err: icpcode.ErrInvalid} // facts about something else
		}
	}
	for _, c := range o.codes {
		r := m.codes[c]
		a.must(icpcode.GRTState, r.State == icpcode.StateUnbound || r.State == icpcode.StateAvailable)
		a.must(icpcode.GRTOnce, r.Grantee == "" && r.Owner == o.actor)
		today := icpcode.Instance{}
		for i := range o.today {
			if o.today[i].ID == r.InstanceID {
				today = o.today[i]
			}
		}
		a.must(icpcode.LIFEffective, works(r, &today, e.now))
	}
	m.judgePartners(&a, o, e, set)
	a.conclude((o.assume | set.Assume) & icpcode.MakeRuleIDs(icpcode.GRTEnterprise))
	a.tooLarge(m.fits(3+len(o.codes), len(o.codes)))
	a.res = icpcode.Result{Action: icpcode.ActionGrant, State: m.codes[o.codes[0]].State, Codes: o.codes}
	for _, c := range o.codes {
		if m.codes[c].State != a.res.State {
			a.res.State = icpcode.StateNone
		}
	}
	return a
}

// judgeUse answers whether a code can be filed with.
func (m *model) judgeUse(v *verdict, r *icpcode.Record, actor icpcode.AccountID, today *icpcode.Instance, now time.Time, set *icpcode.RuleSet) {
	v.must(icpcode.LIFSubmit, r.State == icpcode.StateAvailable)
	v.must(icpcode.FILHolder, actor == holder(r))
	v.must(icpcode.LIFEffective, works(r, today, now))
	if today.Provider != "" && today.Provider != set.Provider {
		v.must(icpcode.FILForeign, false)
	}
}

// judgeStated holds today's facts about the instance of a code against a
// filing (FIL-CHECK): those of the code's owner and product, and only what is
// known.
func (v *verdict) judgeStated(r *icpcode.Record, today *icpcode.Instance, now time.Time, set *icpcode.RuleSet) {
	of := *today
	of.Product = r.Product
	f := facts{set: set, inst: &of, actor: r.Owner, now: now}
	said := f.answer()
	v.pass |= said.pass & (set.Filing.Refuse | set.Filing.Advise)
	v.fail |= said.fail & set.Filing.Refuse
	v.advice |= said.fail & set.Filing.Advise
}

func (m *model) judgeSubmit(o *op, e *env, set *icpcode.RuleSet) answer {
	r := m.visible(o.code, o.actor)
	if r == nil {
		return answer{err: icpcode.ErrNoCode}
	}
	if o.inst.ID != "" && o.inst.ID != r.InstanceID {
		return answer{err: icpcode.ErrInvalid}
	}
	a := answer{}
	today := o.inst
	today.ID = r.InstanceID // also where the facts do not name it
	m.judgeUse(&a.verdict, r, o.actor, &today, e.now, set)
	if from := (map[kind]icpcode.State{opSubmit: icpcode.StateAvailable, opResubmit: icpcode.StateFiling}); r.State == from[o.kind] {
		a.judgeStated(r, &today, e.now, set)
	}
	a.res = icpcode.Result{Action: icpcode.ActionSubmit, State: icpcode.StateFiling, Codes: []icpcode.Code{o.code}}
	if o.kind == opResubmit {
		a.res.Action = icpcode.ActionResubmit
		a.pass &^= icpcode.MakeRuleIDs(icpcode.LIFSubmit)
		a.fail &^= icpcode.MakeRuleIDs(icpcode.LIFSubmit)
		a.must(icpcode.LIFResubmit, r.State == icpcode.StateFiling)
	}
	a.must(icpcode.FILWhat, o.filingFits())
	a.conclude(0)
	a.res.Advice = a.advice
	return a
}

// judgeCode answers the operations on one code that need no facts.
func (m *model) judgeCode(o *op, set *icpcode.RuleSet) answer {
	r := m.visible(o.code, o.actor)
	if r == nil {
		return answer{err: icpcode.ErrNoCode}
	}
	a := answer{res: icpcode.Result{Codes: []icpcode.Code{o.code}}}
	switch o.kind {
	case opApprove:
		a.must(icpcode.LIFApprove, r.State == icpcode.StateFiling && o.actor == m.operator)
		a.res.Action, a.res.State = icpcode.ActionApprove, icpcode.StateFiled
		if o.actor == m.operator {
			if slices.ContainsFunc(o.codes, func(c icpcode.Code) bool { return m.codes[c] == nil }) {
				return answer{err: icpcode.ErrNoCode}
			}
			m.judgeReplaces(o, r, &a)
		}
	case opReject:
		a.must(icpcode.LIFReject, r.State == icpcode.StateFiling && o.actor == m.operator)
		a.res.Action, a.res.State = icpcode.ActionReject, icpcode.StateFiling
	case opStage:
		a.must(icpcode.LIFStage, r.State == icpcode.StateFiling && o.actor == m.operator)
		a.res.Action, a.res.State = icpcode.ActionStage, icpcode.StateFiling
	case opEnd:
		if o.actor == m.operator && o.end == icpcode.EndMoved && m.codes[o.next] == nil {
			return answer{err: icpcode.ErrNoCode}
		}
		m.judgeEnd(o, r, &a)
	case opCorrect:
		a.must(icpcode.LIFCorrect, r.State == icpcode.StateFiled && o.actor == m.operator)
		a.res.Action, a.res.State = icpcode.ActionCorrect, icpcode.StateFiled
	case opRelease:
		a.must(icpcode.LIFRelease, r.State == icpcode.StateFiling && (o.actor == m.operator || o.actor == holder(r)))
		a.res.Action, a.res.State = icpcode.ActionRelease, icpcode.StateAvailable
		if set.Life.ReleaseTo == icpcode.StateInvalid {
			a.res.Action, a.res.State = icpcode.ActionForfeit, icpcode.StateInvalid
		}
	case opRefund:
		open := r.State == icpcode.StateUnbound || r.State == icpcode.StateAvailable
		a.must(icpcode.LIFRefund, open && r.Origin == icpcode.OriginPaid && o.actor == r.Owner)
		a.res.Action, a.res.State, a.res.Money = icpcode.ActionRefund, icpcode.StateRefunded, r.Paid
	case opVoid:
		a.must(icpcode.LIFVoid, !terminal(r.State) && o.actor == m.operator)
		a.res.Action, a.res.State = icpcode.ActionVoid, icpcode.StateInvalid
	}
	a.conclude(0)
	return a
}

func terminal(s icpcode.State) bool {
	return s == icpcode.StateFiled || s == icpcode.StateRefunded || s == icpcode.StateInvalid
}

func (m *model) judgeClose(o *op, set *icpcode.RuleSet) answer {
	a := answer{}
	l := m.ledgers[o.inst.ID]
	a.must(icpcode.LIFClose, o.actor == m.operator && (l == nil || l.Closed == icpcode.ActionNone))
	a.conclude(0)
	a.res.Action = icpcode.ActionCloseRelease
	if o.refunded {
		a.res.Action = icpcode.ActionCloseRefund
	}
	var back icpcode.Money
	mixed := false
	states := map[icpcode.State]bool{}
	for _, c := range m.order {
		r := m.codes[c]
		if r.InstanceID == o.inst.ID && rests(r) {
			a.res.Resting = append(a.res.Resting, c)
		}
		if r.InstanceID != o.inst.ID || r.State != icpcode.StateAvailable && r.State != icpcode.StateFiling {
			continue
		}
		to := icpcode.StateInvalid
		if o.refunded && r.State == icpcode.StateAvailable {
			to = icpcode.StateRefunded
		}
		states[to] = true
		a.res.State = to
		a.res.Codes = append(a.res.Codes, c)
		if p := closeRefund(r, o.refunded, set); p.Amount.IsPositive() {
			mixed = mixed || back.Currency != "" && back.Currency != p.Currency
			back = icpcode.Money{Amount: back.Amount.Add(p.Amount), Currency: p.Currency}
		}
	}
	if len(a.res.Resting) > 0 {
		a.res.Advice = icpcode.MakeRuleIDs(icpcode.RSKMove)
	}
	if len(states) > 1 {
		a.res.State = icpcode.StateNone // they differ
	}
	if !mixed {
		a.res.Money = back
	}
	return a
}

// rests reports whether a filing rests on a code.
func rests(r *icpcode.Record) bool {
	ended := r.Progress != nil && r.Progress.End != icpcode.EndNone
	return r.State == icpcode.StateFiling || r.State == icpcode.StateFiled && !ended
}

// closeRefund is what is paid back for a code when its instance is closed.
func closeRefund(r *icpcode.Record, refunded bool, set *icpcode.RuleSet) icpcode.Money {
	if refunded && r.State == icpcode.StateAvailable && r.Origin == icpcode.OriginPaid && set.Life.CloseRefundsPaid {
		return r.Paid
	}
	return icpcode.Money{}
}

func (m *model) judgeImport(o *op, e *env, _ *icpcode.RuleSet) answer {
	a := answer{}
	a.must(icpcode.LIFImport, o.actor == m.operator)
	a.conclude(0)
	i := o.imp
	a.res = icpcode.Result{Action: icpcode.ActionImport, State: i.State, Codes: []icpcode.Code{o.code}}
	if known := m.codes[o.code]; known != nil {
		a.res.State = known.State
	}
	if a.err != nil {
		return a
	}
	if e.format == icpcode.TwelveDigits && len(o.code.String()) != 12 {
		return answer{err: icpcode.ErrInvalid}
	}
	if m.codes[o.code] != nil {
		a.noop = true
		if m.imports[o.code] != o.identity() {
			a.err = icpcode.ErrDiffers
		}
		return a
	}
	l := m.ledgers[i.InstanceID]
	if i.InstanceID != "" && l != nil && l.Closed != icpcode.ActionNone && !terminal(i.State) {
		a.must(icpcode.LIFClose, false)
		a.conclude(0)
	}
	if i.InstanceID != "" {
		a.tooLarge(m.room(i.InstanceID, 1))
	}
	return a
}

package ruletest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// model is what the rules say, in maps and loops. It is written separately
// from the engine: it reads the data of the rule sets and the records that it
// keeps itself, and calls nothing of what it is compared with.
type model struct {
	sets     []icpcode.RuleSet
	operator icpcode.AccountID

	codes    map[icpcode.Code]*icpcode.Record // as the store must have them
	order    []icpcode.Code                   // all codes that ever were
	ledgers  map[icpcode.InstanceID]*icpcode.Ledger
	accounts map[accountProduct]int // codes ever issued under the quota
	partners map[partnersOf][]icpcode.AccountID
	met      map[pair]bool
	receipts map[receiptOf]receipt
	imports  map[icpcode.Code]identity

	touched []icpcode.Key                     // what the last apply wrote
	acts    map[icpcode.Code][]icpcode.Action // what the last apply made happen
}

type (
	accountProduct struct {
		account icpcode.AccountID
		product icpcode.Product
	}
	// partnersOf names the different grantees of an account in a year, or its
	// different granters.
	partnersOf struct {
		granters bool
		account  icpcode.AccountID
		year     int
	}
	pair      struct{ granter, grantee icpcode.AccountID }
	receiptOf struct {
		actor icpcode.AccountID
		id    string
	}
	receipt struct {
		is  identity
		res icpcode.Result
	}
)

func newModel(sets []icpcode.RuleSet, operator icpcode.AccountID) *model {
	return &model{
		sets: sets, operator: operator,
		codes: map[icpcode.Code]*icpcode.Record{}, ledgers: map[icpcode.InstanceID]*icpcode.Ledger{},
		accounts: map[accountProduct]int{}, partners: map[partnersOf][]icpcode.AccountID{}, met: map[pair]bool{},
		receipts: map[receiptOf]receipt{}, imports: map[icpcode.Code]identity{}, acts: map[icpcode.Code][]icpcode.Action{},
	}
}

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
	assumed icpcode.Rules
	quota   icpcode.Quota // of a decision about an instance
	phone   bool          // it passes once the phone is verified
	replay  bool          // it was done before
	noop    bool          // it is an import of a code that is known already
	early   bool          // it is answered before anything is loaded
	res     icpcode.Result
	drawn   int // how many codes the engine draws; they are not in res
}

// verdict is what the rules that were asked say.
type verdict struct{ pass, fail, unknown icpcode.Rules }

func (v *verdict) say(r icpcode.Rule, t icpcode.Tri) {
	only := icpcode.MakeRules(r)
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

// conclude turns what the rules say into a refusal, or nothing.
func (a *answer) conclude(assume icpcode.Rules) {
	a.assumed = a.unknown & assume
	if a.fail != 0 || a.unknown&^a.assumed != 0 {
		a.err = icpcode.ErrRefused
	}
}

// inForce returns the set in force, or nil.
func (m *model) inForce(now time.Time) *icpcode.RuleSet {
	var in *icpcode.RuleSet
	for i := range m.sets {
		if !m.sets[i].Effective.After(now) {
			in = &m.sets[i]
		}
	}
	return in
}

// version returns the set of a version.
func (m *model) version(v string) *icpcode.RuleSet {
	for i := range m.sets {
		if m.sets[i].Version == v {
			return &m.sets[i]
		}
	}
	return nil
}

// countedPerAccount reports whether any set counts a product per account.
func (m *model) countedPerAccount(p icpcode.Product) bool {
	for i := range m.sets {
		for _, q := range m.sets[i].Products {
			if q.Product == p && q.PerAccount {
				return true
			}
		}
	}
	return false
}

// requirements returns what a product must meet, and whether it is listed.
func requirements(s *icpcode.RuleSet, p icpcode.Product) (icpcode.Requirements, bool) {
	for _, q := range s.Products {
		if q.Product == p {
			return q.Requirements, true
		}
	}
	return s.Base, false
}

// The parts that an account plays towards a code.
func holder(r *icpcode.Record) icpcode.AccountID {
	if r.Grantee == "" {
		return r.Owner
	}
	return r.Grantee
}

// visible returns the record of a code, or nil for an actor to whom there is
// none.
func (m *model) visible(c icpcode.Code, actor icpcode.AccountID) *icpcode.Record {
	r := m.codes[c]
	if r == nil || actor != m.operator && actor != r.Owner && actor != r.Grantee {
		return nil
	}
	return r
}

// works reports whether a code works, as far as these facts about its
// instance tell (LIF-EFFECTIVE).
func works(r *icpcode.Record, today *icpcode.Instance, now time.Time) bool {
	if r.State != icpcode.StateAvailable || today.ID == "" || today.ID != r.Instance {
		return true
	}
	return !expired(today, now) && today.Status != icpcode.StatusReleased && today.Status != icpcode.StatusRefunded
}

// decide says what an operation must answer.
func (m *model) decide(o *op, e *env) answer {
	set := m.inForce(e.now)
	if o.invalid != "" {
		return answer{err: icpcode.ErrInvalid, early: true}
	}
	if set == nil {
		return answer{err: icpcode.ErrNoRules, early: true}
	}
	if r, done := m.receipts[receiptOf{o.actor, o.id}]; done && o.id != "" {
		if r.is != o.identity() {
			return answer{err: icpcode.ErrRequestReused}
		}
		return answer{replay: true, res: r.res}
	}
	a := m.judge(o, e, set)
	a.res.At = e.now
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
	if q, _ := requirements(set, o.inst.Product); q.PerAccount {
		used = m.accounts[accountProduct{owner, o.inst.Product}]
	}
	return used, closed
}

// judgeInstance answers the eligibility rules, and that a closed instance
// issues and binds nothing more.
func (m *model) judgeInstance(a *answer, o *op, e *env, set *icpcode.RuleSet, n int, asked icpcode.Rules) {
	used, closed := m.count(o, set)
	f := facts{set: set, inst: &o.inst, actor: o.actor, now: e.now, used: used, n: n, cert: o.cert, others: o.to != "" && o.to != o.actor}
	v := f.answer()
	a.pass |= v.pass & asked
	a.fail |= v.fail & (asked | icpcode.MakeRules(icpcode.FILForeign))
	a.unknown |= v.unknown & asked
	a.quota = icpcode.Quota{Used: used, Limit: f.limit(), Requested: n}
	if closed {
		a.fail |= icpcode.MakeRules(icpcode.LIFClose)
	}
}

func (m *model) judgeIssue(o *op, e *env, set *icpcode.RuleSet) answer {
	a := answer{drawn: o.n}
	m.judgeInstance(&a, o, e, set, o.n, elg)
	if o.to != "" {
		m.judgePartners(&a, o, e, set)
	}
	a.conclude(o.assume | set.Assume)
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
	m.judgeInstance(&a, o, e, set, 1, elg&^icpcode.MakeRules(icpcode.ELGAccount))
	a.must(icpcode.FILWhat, o.filingFits())
	a.conclude(o.assume | set.Assume)
	a.res = icpcode.Result{Action: icpcode.ActionIssue, State: icpcode.StateFiling, Quota: a.quota}
	a.res.Quota.Used++
	return a
}

func (m *model) judgeBuy(o *op, e *env, set *icpcode.RuleSet) answer {
	if e.price.Currency == "" {
		return answer{err: icpcode.ErrNoPrice}
	}
	a := answer{drawn: o.n}
	a.must(icpcode.ELGBatch, o.n >= 1 && o.n <= set.Batch)
	a.conclude(0)
	a.res = icpcode.Result{Action: icpcode.ActionBuy, State: icpcode.StateUnbound, Money: o.total(e.price)}
	return a
}

func (m *model) judgeBind(o *op, e *env, set *icpcode.RuleSet) answer {
	r := m.visible(o.code, o.actor)
	if r == nil {
		return answer{err: icpcode.ErrNoCode}
	}
	asked := elg &^ icpcode.MakeRules(icpcode.ELGQuota, icpcode.ELGBatch, icpcode.ELGAccount)
	if set.Life.PaidUsesQuota {
		asked |= icpcode.MakeRules(icpcode.ELGQuota)
	}
	a := answer{}
	m.judgeInstance(&a, o, e, set, 1, asked)
	a.must(icpcode.LIFBind, r.State == icpcode.StateUnbound && o.actor == r.Owner)
	a.conclude(o.assume | set.Assume)
	a.res = icpcode.Result{Action: icpcode.ActionBind, State: icpcode.StateAvailable, Codes: []icpcode.Code{o.code}}
	return a
}

func (m *model) judgeGrant(o *op, e *env, set *icpcode.RuleSet) answer {
	a := answer{}
	for _, c := range o.codes {
		r := m.visible(c, o.actor)
		if r == nil {
			return answer{err: icpcode.ErrNoCode}
		}
		a.must(icpcode.GRTState, r.State == icpcode.StateUnbound || r.State == icpcode.StateAvailable)
		a.must(icpcode.GRTOnce, r.Grantee == "" && r.Owner == o.actor)
		today := icpcode.Instance{}
		for i := range o.today {
			if o.today[i].ID == r.Instance {
				today = o.today[i]
			}
		}
		a.must(icpcode.LIFEffective, works(r, &today, e.now))
	}
	m.judgePartners(&a, o, e, set)
	a.conclude((o.assume | set.Assume) & icpcode.MakeRules(icpcode.GRTEnterprise))
	a.res = icpcode.Result{Action: icpcode.ActionGrant, State: m.codes[o.codes[0]].State, Codes: o.codes}
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

func (m *model) judgeSubmit(o *op, e *env, set *icpcode.RuleSet) answer {
	r := m.visible(o.code, o.actor)
	if r == nil {
		return answer{err: icpcode.ErrNoCode}
	}
	if o.inst.ID != "" && o.inst.ID != r.Instance {
		return answer{err: icpcode.ErrInvalid}
	}
	a := answer{}
	m.judgeUse(&a.verdict, r, o.actor, &o.inst, e.now, set)
	a.res = icpcode.Result{Action: icpcode.ActionSubmit, State: icpcode.StateFiling, Codes: []icpcode.Code{o.code}}
	if o.kind == opResubmit {
		a.res.Action = icpcode.ActionResubmit
		a.pass &^= icpcode.MakeRules(icpcode.LIFSubmit)
		a.fail &^= icpcode.MakeRules(icpcode.LIFSubmit)
		a.must(icpcode.LIFResubmit, r.State == icpcode.StateFiling)
	}
	a.must(icpcode.FILWhat, o.filingFits())
	a.conclude(0)
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
	for _, c := range m.order {
		r := m.codes[c]
		if r.Instance != o.inst.ID || r.State != icpcode.StateAvailable && r.State != icpcode.StateFiling {
			continue
		}
		a.res.Codes = append(a.res.Codes, c)
		if p := closeRefund(r, o.refunded, set); !p.IsZero() {
			mixed = mixed || back.Currency != "" && back.Currency != p.Currency
			back = icpcode.Money{Amount: back.Amount.Add(p.Amount), Currency: p.Currency}
		}
	}
	if !mixed {
		a.res.Money = back
	}
	return a
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
	l := m.ledgers[i.Instance]
	if i.Instance != "" && l != nil && l.Closed != icpcode.ActionNone && !terminal(i.State) {
		a.must(icpcode.LIFClose, false)
		a.conclude(0)
	}
	return a
}

// apply does what decide allowed. The result has the codes that were drawn,
// and the request ID.
func (m *model) apply(o *op, e *env, res icpcode.Result) {
	set := m.inForce(e.now)
	m.touched = m.touched[:0]
	clear(m.acts)
	switch o.kind {
	case opIssue, opAuto:
		m.applyIssue(o, e, set, res.Codes)
	case opBuy:
		parts := split(o.total(e.price), len(res.Codes))
		for i, c := range res.Codes {
			m.born(c, e, set, icpcode.ActionBuy, icpcode.Record{
				State: icpcode.StateUnbound, Origin: icpcode.OriginPaid, Owner: o.actor, Paid: parts[i], Remark: o.text,
			})
		}
	case opBind:
		assumed := m.judge(o, e, set).assumed
		r := m.happen(o.code, e, icpcode.ActionBind, icpcode.StateAvailable)
		r.Instance, r.Product, r.ContractQuota = o.inst.ID, o.inst.Product, o.inst.ContractQuota
		r.RuleSet, r.Assumed = set.Version, assumed
		m.attach(o.inst.ID, o.inst.Product, r.Owner, 1, set.Life.PaidUsesQuota)
	case opGrant:
		for _, c := range o.codes {
			m.grant(c, e, m.codes[c].State, o.to)
		}
		m.partner(o.actor, o.to, year(e.now))
	case opImport:
		m.applyImport(o, e, set)
	case opClose:
		m.applyClose(o, e, set, res)
	default:
		m.applyCode(o, e, res)
	}
	id := receiptOf{o.actor, res.RequestID}
	res.Replayed, res.PhoneNeeded = false, false
	m.receipts[id] = receipt{o.as(res.RequestID).identity(), res}
	m.touch(icpcode.Key{Kind: icpcode.KindReceipt, A: string(o.actor), B: res.RequestID})
}

func (m *model) touch(k icpcode.Key) {
	if !slices.Contains(m.touched, k) {
		m.touched = append(m.touched, k)
	}
}

// born makes a code come into being.
func (m *model) born(c icpcode.Code, e *env, set *icpcode.RuleSet, a icpcode.Action, r icpcode.Record) *icpcode.Record {
	r.Code, r.Version, r.Last, r.RuleSet, r.Updated = c, 1, a, set.Version, e.now
	if r.Issued.IsZero() {
		r.Issued = e.now
	}
	m.codes[c] = &r
	m.order = append(m.order, c)
	m.acts[c] = append(m.acts[c], a)
	m.touch(icpcode.Key{Kind: icpcode.KindRecord, Code: c})
	return &r
}

// happen makes something happen to a code.
func (m *model) happen(c icpcode.Code, e *env, a icpcode.Action, to icpcode.State) *icpcode.Record {
	r := m.codes[c]
	r.Version++
	r.State, r.Last, r.Updated = to, a, e.now
	m.acts[c] = append(m.acts[c], a)
	m.touch(icpcode.Key{Kind: icpcode.KindRecord, Code: c})
	return r
}

func (m *model) grant(c icpcode.Code, e *env, s icpcode.State, to icpcode.AccountID) {
	r := m.happen(c, e, icpcode.ActionGrant, s)
	r.Grantee, r.Granted = to, e.now
}

// attach counts codes that are tied to an instance.
func (m *model) attach(i icpcode.InstanceID, p icpcode.Product, owner icpcode.AccountID, n int, counts bool) {
	l := m.ledgers[i]
	if l == nil {
		l = new(icpcode.Ledger)
		m.ledgers[i] = l
	}
	l.Attached += n
	m.touch(icpcode.Key{Kind: icpcode.KindLedger, A: string(i)})
	if !counts {
		return
	}
	l.Issued += n
	m.accounts[accountProduct{owner, p}] += n
	if m.countedPerAccount(p) {
		m.touch(icpcode.Key{Kind: icpcode.KindAccountLedger, A: string(owner), B: string(p)})
	}
}

// partner records that two accounts are partners of a year, and acquainted.
func (m *model) partner(granter, grantee icpcode.AccountID, y int) {
	add := func(k partnersOf, other icpcode.AccountID, kind icpcode.Kind) {
		if slices.Contains(m.partners[k], other) {
			return
		}
		m.partners[k] = append(m.partners[k], other)
		slices.Sort(m.partners[k])
		m.touch(icpcode.Key{Kind: kind, A: string(k.account), Year: y})
	}
	add(partnersOf{false, granter, y}, grantee, icpcode.KindGrantees)
	add(partnersOf{true, grantee, y}, granter, icpcode.KindGranters)
	if !m.met[pair{granter, grantee}] {
		m.met[pair{granter, grantee}] = true
		m.touch(icpcode.Key{Kind: icpcode.KindAcquaintance, A: string(granter), B: string(grantee)})
	}
}

func (m *model) applyIssue(o *op, e *env, set *icpcode.RuleSet, codes []icpcode.Code) {
	a := m.judge(o, e, set)
	r := icpcode.Record{
		State: icpcode.StateAvailable, Origin: icpcode.OriginFree, Owner: o.actor, Instance: o.inst.ID, Product: o.inst.Product,
		Assumed: a.assumed, ContractQuota: o.inst.ContractQuota, Remark: o.text,
	}
	if o.kind == opAuto {
		r.Origin = icpcode.OriginAuto
	}
	for _, c := range codes {
		m.born(c, e, set, icpcode.ActionIssue, r)
		if o.kind == opAuto {
			m.happen(c, e, icpcode.ActionSubmit, icpcode.StateFiling).Filing = copied(&o.filing)
		}
		if o.to != "" {
			m.grant(c, e, icpcode.StateAvailable, o.to)
		}
	}
	m.attach(o.inst.ID, o.inst.Product, o.actor, len(codes), true)
	if o.to != "" {
		m.partner(o.actor, o.to, year(e.now))
	}
}

func (m *model) applyImport(o *op, e *env, set *icpcode.RuleSet) {
	if m.codes[o.code] != nil {
		return
	}
	i := o.imp
	m.imports[o.code] = o.identity()
	r := m.born(o.code, e, set, icpcode.ActionImport, icpcode.Record{
		State: i.State, Origin: i.Origin, Owner: i.Owner, Grantee: i.Grantee, Instance: i.Instance, Product: i.Product,
		Issued: micro(i.Issued), Filing: copied(i.Filing), Paid: i.Paid, Remark: i.Remark,
	})
	if i.State == icpcode.StateRefunded {
		r.Refunded = i.Paid
	}
	if i.Instance != "" {
		m.attach(i.Instance, i.Product, i.Owner, 1, i.Origin != icpcode.OriginPaid || set.Life.PaidUsesQuota)
	}
	if i.Grantee != "" {
		r.Granted = micro(i.Granted)
		m.partner(i.Owner, i.Grantee, year(r.Granted))
	}
}

func (m *model) applyClose(o *op, e *env, set *icpcode.RuleSet, res icpcode.Result) {
	for _, c := range res.Codes {
		r := m.codes[c]
		back, to := closeRefund(r, o.refunded, set), icpcode.StateInvalid
		if o.refunded && r.State == icpcode.StateAvailable {
			to = icpcode.StateRefunded
		}
		m.happen(c, e, res.Action, to)
		r.Refunded, r.Reason = back, o.text
	}
	m.attach(o.inst.ID, "", "", 0, false)
	l := m.ledgers[o.inst.ID]
	l.Closed, l.ClosedAt, l.Reason = res.Action, e.now, o.text
}

func (m *model) applyCode(o *op, e *env, res icpcode.Result) {
	r := m.happen(o.code, e, res.Action, res.State)
	if o.kind == opSubmit || o.kind == opResubmit {
		r.Filing = copied(&o.filing)
		return
	}
	if o.kind == opApprove {
		r.Filing = copied(r.Filing)
		if r.Filing == nil {
			r.Filing = new(icpcode.Filing)
		}
		r.Filing.ICPNumber = o.text
		return
	}
	if o.text != "" {
		r.Reason = o.text
	}
	if o.kind == opRefund {
		r.Refunded = r.Paid
	}
}

func copied(f *icpcode.Filing) *icpcode.Filing {
	if f == nil {
		return nil
	}
	c := *f
	c.IPs = slices.Clone(f.IPs)
	return &c
}

// micro truncates an instant as the library does on entry.
func micro(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }

// split divides money to the cent; the first codes get the cents that are
// left over (PAY-EXACT).
func split(total icpcode.Money, n int) []icpcode.Money {
	left := total.Amount.Shift(2).IntPart()
	parts := make([]icpcode.Money, n)
	for i := range parts {
		part := (left + int64(n-i) - 1) / int64(n-i)
		parts[i] = icpcode.Money{Amount: decimal.New(part, -2), Currency: total.Currency}
		left -= part
	}
	return parts
}

// seen returns the record as an actor may see it (LIF-VIEW, GRT-PRIVATE).
func (m *model) seen(r *icpcode.Record, actor icpcode.AccountID, today *icpcode.Instance, now time.Time) icpcode.Record {
	v := *r
	if !works(r, today, now) {
		v.State = icpcode.StateInvalid
	}
	if actor == m.operator {
		return v
	}
	if actor != r.Owner {
		v.Paid, v.Refunded, v.Remark, v.Assumed, v.ContractQuota = icpcode.Money{}, icpcode.Money{}, "", 0, 0
		if r.State == icpcode.StateRefunded && r.Last == icpcode.ActionCloseRefund {
			v.State = icpcode.StateInvalid
		}
	}
	if actor != holder(r) {
		v.Filing = nil
	}
	return v
}

// The life of a code, as a list of steps: what leads from where to where.
var life = []struct {
	action   icpcode.Action
	from, to icpcode.State
}{
	{icpcode.ActionIssue, icpcode.StateNone, icpcode.StateAvailable},
	{icpcode.ActionBuy, icpcode.StateNone, icpcode.StateUnbound},
	{icpcode.ActionBind, icpcode.StateUnbound, icpcode.StateAvailable},
	{icpcode.ActionGrant, icpcode.StateUnbound, icpcode.StateUnbound},
	{icpcode.ActionGrant, icpcode.StateAvailable, icpcode.StateAvailable},
	{icpcode.ActionSubmit, icpcode.StateAvailable, icpcode.StateFiling},
	{icpcode.ActionResubmit, icpcode.StateFiling, icpcode.StateFiling},
	{icpcode.ActionApprove, icpcode.StateFiling, icpcode.StateFiled},
	{icpcode.ActionRelease, icpcode.StateFiling, icpcode.StateAvailable},
	{icpcode.ActionForfeit, icpcode.StateFiling, icpcode.StateInvalid},
	{icpcode.ActionRefund, icpcode.StateUnbound, icpcode.StateRefunded},
	{icpcode.ActionRefund, icpcode.StateAvailable, icpcode.StateRefunded},
	{icpcode.ActionVoid, icpcode.StateUnbound, icpcode.StateInvalid},
	{icpcode.ActionVoid, icpcode.StateAvailable, icpcode.StateInvalid},
	{icpcode.ActionVoid, icpcode.StateFiling, icpcode.StateInvalid},
	{icpcode.ActionCloseRefund, icpcode.StateAvailable, icpcode.StateRefunded},
	{icpcode.ActionCloseRefund, icpcode.StateFiling, icpcode.StateInvalid},
	{icpcode.ActionCloseRelease, icpcode.StateAvailable, icpcode.StateInvalid},
	{icpcode.ActionCloseRelease, icpcode.StateFiling, icpcode.StateInvalid},
}

// leads reports whether an event can have led from a state to another.
func leads(a icpcode.Action, from, to icpcode.State) bool {
	if a == icpcode.ActionImport {
		return from == icpcode.StateNone && to != icpcode.StateNone
	}
	for _, s := range life {
		if s.action == a && s.from == from && s.to == to {
			return true
		}
	}
	return false
}

// identity is what makes a request the one it is: operation, targets,
// quantity, grantee and remark, but not facts, proof or clock.
type identity struct {
	kind     kind
	code     icpcode.Code
	inst     icpcode.InstanceID
	n        int
	to       icpcode.AccountID
	text     string
	refunded bool
	more     string
}

func (o *op) identity() identity {
	id := identity{kind: o.kind, text: o.text}
	switch o.kind {
	case opIssue:
		id.inst, id.n, id.to = o.inst.ID, o.n, o.to
	case opAuto:
		id.inst, id.more = o.inst.ID, fmt.Sprint(o.filing)
	case opBuy:
		id.n = o.n
		if o.paid.Valid {
			id.more = o.paid.Decimal.StringFixed(2)
		}
	case opBind:
		id.code, id.inst = o.code, o.inst.ID
	case opGrant:
		id.to = o.to
		var b strings.Builder
		for _, c := range o.codes {
			b.WriteString(c.String())
			b.WriteByte(' ')
		}
		id.more = b.String()
	case opSubmit, opResubmit:
		id.code, id.more = o.code, fmt.Sprint(o.filing)
	case opClose:
		id.inst, id.refunded = o.inst.ID, o.refunded
	case opImport:
		i := *o.imp
		i.Actor, i.RequestID, i.Filing = "", "", nil
		i.Issued, i.Granted = micro(i.Issued), micro(i.Granted)
		id.code, id.more = o.code, fmt.Sprint(i, o.imp.Filing != nil)
		if o.imp.Filing != nil {
			id.more += fmt.Sprint(*o.imp.Filing)
		}
	default:
		id.code = o.code
	}
	return id
}

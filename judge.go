package icpcode

import "time"

// Decide answers every rule that the operation of c asks, under the rules of
// s, from c alone: it is what the [Engine] decides by. A case that cannot be is
// an [*InvalidError]. It is pure.
func (s *RuleSet) Decide(c Case) (Decision, error) {
	if err := c.normalize(); err != nil {
		return Decision{}, err
	}
	d := Decision{Case: c}
	s.decide(&d)
	return d, nil
}

// decide answers d.Case, which is normalised.
func (s *RuleSet) decide(d *Decision) {
	d.set, d.Decided = s, true
	d.Case.Assume &= askedRules
	switch d.Case.Operation {
	case OperationIssue:
		s.judgeInstance(d, elgRules)
		d.judgeClosed()
		if d.Case.Grant != nil {
			s.judgeGrant(d)
		}
	case OperationSubmitAuto:
		s.judgeInstance(d, autoRules)
		d.judgeClosed()
		d.judgeFiling()
	case OperationBuy:
		d.Quota.Requested = d.Case.Quantity
		d.answer(ELGBatch, s.batch(d.Case.Quantity))
	case OperationBind:
		asked := bindRules
		if s.Life.PaidUsesQuota {
			asked |= 1 << ELGQuota
		}
		s.judgeInstance(d, asked)
		d.judgeClosed()
		d.judgeStep(ActionBind)
	case OperationGrant:
		for i := range d.Case.Grant.Codes {
			d.judgeGranted(&d.Case.Grant.Codes[i])
		}
		s.judgeGrant(d)
	case OperationSubmit, OperationResubmit:
		s.judgeUse(d)
		d.judgeFiling()
	case OperationPick:
		s.judgeUse(d)
	case OperationReview:
		s.judgeRisk(d)
	case OperationPlanMove:
		s.judgeMove(d)
	case OperationServersFor:
		s.judgeServers(d)
	case OperationCloseRefund, OperationCloseRelease:
		d.answer(LIFClose, tri(d.Case.Operator && d.Case.Closed == ActionNone))
		if d.Case.Resting > 0 {
			d.Advice |= 1 << RSKMove
		}
	case OperationImport:
		_, may := StateNone.Next(ActionImport, d.asker())
		d.answer(LIFImport, tri(may))
		if may && !d.Case.Code.State.Terminal() {
			d.judgeClosed()
		}
	case OperationApprove:
		d.judgeStep(ActionApprove)
		for i := range d.Case.Replaces {
			d.judgeReplaced(&d.Case.Replaces[i])
		}
	case OperationEnd:
		d.judgeEnd()
	default:
		d.judgeStep(d.action())
	}
	d.Pass &^= d.Fail
}

// action returns what the operation does to a code. A release can be the end
// of it by policy (LIF-RELEASE).
func (d *Decision) action() Action {
	a := ActionNone
	if d.Case.Operation < numOperations {
		a = actionsOf[d.Case.Operation]
	}
	if a == ActionRelease && d.set != nil && d.set.Life.ReleaseTo == StateInvalid {
		return ActionForfeit
	}
	return a
}

// asker returns the parts that the asker plays towards the code, or where there
// is none, as an operator.
func (d *Decision) asker() Role { return d.Case.roles(&d.Case.Code) }

func (c *Case) roles(code *CaseCode) Role {
	if c.Operator {
		return code.Asker | RoleOperator
	}
	return code.Asker
}

// today returns today's facts about the instance of Code, or of a code of the
// grant.
func (c *Case) today(code *CaseCode) *Instance {
	if code.Instance > 0 {
		return &c.Grant.Instances[code.Instance-1]
	}
	if c.Operation == OperationGrant {
		return new(Instance)
	}
	return &c.Instance
}

// tally gathers what rules answer, two bits each. Even rules and odd ones have
// words of their own, so that no answer reaches into its neighbour's place.
type tally struct{ even, odd RuleIDs }

// evenRules are every second rule.
const evenRules RuleIDs = 0x5555_5555_5555_5555

// with notes an answer, without a branch where r is a constant. It returns the
// tally, since one that is written through a pointer is kept in memory.
func (t tally) with(r Rule, answer Tri) tally {
	if r%2 == 0 {
		return tally{t.even | RuleIDs(answer)<<r, t.odd}
	}
	return tally{t.even, t.odd | RuleIDs(answer)<<r}
}

// split returns those of the rules in asked that pass, fail and are unknown.
func (t tally) split(asked RuleIDs) (pass, fail, unknown RuleIDs) {
	pass = (t.even>>1&evenRules | t.odd>>1&^evenRules) & asked
	fail = (t.even&evenRules | t.odd&^evenRules) & asked
	return pass, fail, asked &^ (pass | fail)
}

// judgeInstance answers the eligibility rules in asked about the instance.
func (s *RuleSet) judgeInstance(d *Decision, asked RuleIDs) {
	c := &d.Case
	i := &c.Instance
	q, listed := s.requirements(i.Product)
	d.Quota.Requested = 1
	if c.Operation == OperationIssue {
		d.Quota.Requested = c.Quantity
	}
	d.Quota.Used = c.IssuedInstance
	// A contract is about the instance. Otherwise what the instance issued as
	// another product counts as well, or it would have two quotas.
	if q.PerAccount && i.ContractQuota == 0 && c.IssuedInstance >= 0 {
		d.Quota.Used = -1
		if c.IssuedAccount >= 0 {
			d.Quota.Used = max(c.IssuedInstance, c.IssuedAccount)
		}
	}
	if listed {
		d.Quota.Limit = q.limit()
	}
	if listed && i.ContractQuota > 0 {
		d.Quota.Limit = i.ContractQuota
	}
	t := s.judgeServer(q, i, c.At)
	t = t.with(ELGProduct, q.product(i, listed))
	t = t.with(ELGOwner, c.Bought.asker())
	t = t.with(ELGQuota, quota(i, listed, d.Quota))
	t = t.with(ELGBatch, s.batch(d.Quota.Requested))
	t = t.with(ELGAccount, s.account(c.Certification, c.ForAnother))
	d.Pass, d.Fail, d.Unknown = t.split(asked)
	if s.Life.SellsCodes && d.Fail.Has(ELGQuota) && max(0, d.Quota.Used) >= d.Quota.Limit && asked.Has(ELGBatch) {
		d.Advice |= 1 << PAYWhen
	}
	if s.foreign(i) {
		d.Fail |= 1 << FILForeign
	}
	d.Assumed = (c.Assume | s.Assume) & d.Unknown & Assumable
}

// judgeServer answers what an instance must be itself, whatever is done with it.
func (s *RuleSet) judgeServer(q *Requirements, i *Instance, at time.Time) (t tally) {
	left := i.left(at)
	t = t.with(ELGBilling, q.billing(i))
	t = t.with(ELGTerm, q.term(i))
	t = t.with(ELGRemaining, q.remaining(i, left))
	t = t.with(ELGRegion, s.region(q, i))
	t = t.with(ELGPublicIP, q.publicIP(i))
	t = t.with(ELGStatus, q.status(i, left))
	t = t.with(ELGIPInUse, q.ipFree(i))
	return t
}

// asker reports whether the asker is the account in question (ELG-OWNER).
func (v Relation) asker() Tri {
	if v == RelationUnknown {
		return Unknown
	}
	return tri(v == RelationAsker || v == RelationBoth)
}

// owner reports whether the owner of the code is the account in question
// (RSK-OWNER).
func (v Relation) owner() Tri {
	if v == RelationUnknown {
		return Unknown
	}
	return tri(v == RelationOwner || v == RelationBoth)
}

// foreign reports whether another provider sold the instance (FIL-FOREIGN).
func (s *RuleSet) foreign(i *Instance) bool {
	return i.Provider != "" && i.Provider != s.Provider
}

// judgeClosed answers LIF-CLOSE: a closed instance issues and binds nothing
// more.
func (d *Decision) judgeClosed() {
	if d.Case.Closed != ActionNone {
		d.answer(LIFClose, No)
	}
}

// judgeGrant answers the rules of granting that do not look at a code:
// GRT-ENTERPRISE, GRT-OUT, GRT-IN, GRT-FIRST, and of GRT-ONCE that an account
// cannot grant to itself.
func (s *RuleSet) judgeGrant(d *Decision) {
	g, rules := d.Case.Grant, &s.Grant
	enterprise := Yes
	if rules.Enterprise {
		enterprise = tri(d.Case.Certification == Enterprise)
		if d.Case.Certification == CertificationUnknown {
			enterprise = Unknown
		}
	}
	d.answer(GRTEnterprise, enterprise)
	d.Assumed |= (d.Case.Assume | s.Assume) & d.Unknown & (1 << GRTEnterprise)
	d.answer(GRTOut, s.within(&g.Out, rules.MaxGrantees))
	d.answer(GRTIn, s.within(&g.In, rules.MaxGranters))
	d.answer(GRTOnce, tri(d.Case.ForAnother))
	if !rules.VerifyFirst || g.Acquainted || g.Phone == PhoneVerified {
		d.answer(GRTFirst, Yes)
		return
	}
	d.PhoneNeeded = g.Phone != PhoneNone && d.Case.ForAnother
	d.answer(GRTFirst, tri(g.Phone == PhoneUnasked))
}

// within answers whether one more counterparty keeps within a cap. What was
// withheld is known only under the rule set that answered it.
func (s *RuleSet) within(c *CaseCap, limit int) Tri {
	if !s.Grant.Allowed {
		return No
	}
	if c.Used < 0 && limit != NoLimit {
		if c.Kept != Unknown && c.Under == s.Digest() {
			return c.Kept
		}
		return Unknown
	}
	return tri(c.admits(limit))
}

// admits reports whether a counterparty keeps within the cap: those of the
// year cost nothing again (GRT-REPEAT).
func (c *CaseCap) admits(limit int) bool {
	if limit == NoLimit || c.Partner {
		return true
	}
	return c.Used < limit
}

// judgeGranted answers the rules of granting that look at a code: GRT-STATE,
// GRT-ONCE and LIF-EFFECTIVE.
func (d *Decision) judgeGranted(code *CaseCode) {
	roles := d.Case.roles(code)
	_, may := code.State.Next(ActionGrant, roles|RoleOwner)
	ours := roles&RoleOwner != 0
	d.answer(GRTState, tri(may))
	d.answer(GRTOnce, tri(!code.Granted && ours))
	d.answer(LIFEffective, tri(!lapsed(code.State, d.Case.today(code), d.Case.At)))
}

// lapsed reports whether an Available code does not work at t, because its
// instance has expired or is gone (LIF-EFFECTIVE).
func lapsed(s State, today *Instance, t time.Time) bool {
	return s == StateAvailable && (today.expired(t) || today.gone())
}

// judgeStep answers whether the life of the code allows an action.
func (d *Decision) judgeStep(a Action) {
	code := &d.Case.Code
	_, may := code.State.Next(a, d.asker())
	if a == ActionRefund && code.Origin != OriginPaid {
		may = false
	}
	d.answer(a.Rule(), tri(may))
}

// judgeReplaced answers whether an approval may end the filing of another code:
// LIF-END and FIL-SERVICE.
func (d *Decision) judgeReplaced(o *CaseOther) {
	d.answer(LIFEnd, tri(o.State == StateFiled && o.Ended == EndNone))
	d.answer(FILService, tri(o.SameService))
}

// judgeEnd answers whether a filing may end: LIF-END, and where it moved,
// FIL-SERVICE. A filing ends once; the same again is nothing new.
func (d *Decision) judgeEnd() {
	code, e := &d.Case.Code, d.Case.End
	_, may := code.State.Next(ActionEnd, d.asker())
	if code.Ended != EndNone && !e.Again {
		may = false
	}
	if e.Successor != nil {
		d.answer(FILService, tri(e.Successor.SameService))
		may = may && e.Successor.State == StateFiled
	}
	d.answer(LIFEnd, tri(may))
}

// judgeUse answers whether the asker can file with the code now: the life of
// the code, FIL-HOLDER, LIF-EFFECTIVE, FIL-FOREIGN, and where its life allows
// it FIL-CHECK.
func (s *RuleSet) judgeUse(d *Decision) {
	code, today := &d.Case.Code, &d.Case.Instance
	a := d.action()
	_, may := code.State.Next(a, RoleHolder)
	d.answer(a.Rule(), tri(may))
	if may {
		s.judgeStated(d)
	}
	d.answer(FILHolder, tri(d.asker()&RoleHolder != 0))
	d.answer(LIFEffective, tri(!lapsed(code.State, today, d.Case.At)))
	if s.foreign(today) {
		d.answer(FILForeign, No)
	}
}

// judgeFiling answers FIL-WHAT: what the filing says, and that its addresses
// are the instance's where those are known.
func (d *Decision) judgeFiling() {
	f := &d.Case.Filing
	d.answer(FILWhat, tri(f.Problem == 0 && f.fits(&d.Case.Instance)))
}

// judgeServers answers whether any number of servers of the product can give
// codes for so many sites.
func (s *RuleSet) judgeServers(d *Decision) {
	q, listed := s.requirements(d.Case.Instance.Product)
	d.Quota.Requested = d.Case.Quantity
	if !listed {
		d.answer(ELGProduct, No)
		return
	}
	d.Quota.Limit = q.limit()
	if q.QuotaUnknown {
		d.answer(ELGQuota, Unknown)
		return
	}
	d.answer(ELGQuota, tri(q.Quota > 0 && !(q.PerAccount && d.Case.Quantity > q.Quota)))
}

// judgeRisk answers what became of the instance of a code that a filing rests
// on (RSK).
func (s *RuleSet) judgeRisk(d *Decision) {
	code, today := &d.Case.Code, &d.Case.Instance
	if code.State != StateFiled && code.State != StateFiling {
		return
	}
	if code.Ended != EndNone {
		return // RSK-ENDED
	}
	q, _ := s.requirements(code.Product)
	asked := rskRules
	lasting := s.lasting(code.State, today, d.Case.At)
	if lasting == No && today.renews(d.Case.At) {
		asked &^= 1 << RSKExpiring
		d.Advice = 1 << RSKExpiring
	}
	var t tally
	t = t.with(RSKExpiring, lasting)
	t = t.with(RSKReleased, present(today))
	t = t.with(RSKBilling, prepaid(q, today))
	t = t.with(RSKDowngraded, s.undiminished(q, today))
	t = t.with(RSKOwner, d.Case.Bought.owner())
	t = t.with(RSKIP, keepsIPs(&d.Case.Filing, today))
	d.Pass, d.Fail, d.Unknown = t.split(asked)
	if today.stated() || d.Case.Bought != RelationUnknown {
		d.Assumed = d.Unknown
	}
	if d.Fail != 0 {
		d.Advice |= 1 << RSKMove
	}
}

// judgeMove answers whether the instance could issue the code that a filing
// needs that is to move to it, and advises how to move (RSK-MOVE).
func (s *RuleSet) judgeMove(d *Decision) {
	s.judgeInstance(d, autoRules&^(1<<ELGBatch))
	d.judgeClosed()
	d.Advice |= 1 << RSKMove
}

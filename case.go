package icpcode

import (
	"net/netip"
	"slices"
	"time"
)

// Operation is what a [Case] asks about. The zero value is none, which no rule
// set decides.
type Operation uint8

// The operations: those of the [Engine], by the names of its methods, and
// [RuleSet.ServersFor].
const (
	OperationNone Operation = iota
	OperationIssue
	OperationSubmitAuto
	OperationBuy
	OperationBind
	OperationGrant
	OperationSubmit
	OperationResubmit
	OperationApprove
	OperationReject
	OperationStage
	OperationRelease
	OperationRefund
	OperationVoid
	OperationCloseRefund
	OperationCloseRelease
	OperationEnd
	OperationCorrect
	OperationImport
	OperationPick
	OperationReview
	OperationPlanMove
	OperationServersFor

	numOperations = iota
)

// Relation says which account something is of, without naming it. The zero
// value is unknown.
type Relation uint8

// The values of a [Relation]. Where no code is concerned there is no owner of
// it, and only RelationAsker and RelationAnother are used.
const (
	RelationUnknown Relation = iota
	RelationAsker            // the account that asks
	RelationOwner            // the owner of the code, which is not the asker
	RelationBoth             // the asker, which owns the code
	RelationAnother          // neither
)

// Phone says what became of the verification of a first grant (GRT-FIRST).
type Phone uint8

// The values of [Phone].
const (
	PhoneNone     Phone = iota // there is nothing to verify a phone with
	PhoneUnasked               // it was not asked for yet
	PhoneVerified              // it was verified
	PhoneRefused               // what was given as proof was not accepted
	PhoneNoProof               // the request had no proof, and the hook refused that
)

// Case is everything that a decision about one operation rests on: the
// operation, the instant, what the request states, and what the documents say
// as numbers and words. [RuleSet.Decide] makes a [Decision] of it, and of
// nothing else, so that a Case written down today can be judged again later,
// or under other rules. It names no account and holds no code and no proof.
// Its JSON form is described in docs/case.md. The zero value is no case.
type Case struct {
	At            time.Time // in UTC, to the microsecond
	Operation     Operation
	Operator      bool          // the asker is one of the provider's own staff or systems
	ForAnother    bool          // the codes are for another account than the asker
	Certification Certification // of the asker
	// Bought says whose the instance is. Closed is how it was closed;
	// ActionNone: not, or not the asker's to know.
	Bought Relation
	Closed Action

	Resting  int     // filings that rest on the instance (CloseRefund, CloseRelease)
	Quantity int     // codes asked for, or sites (Issue, Buy, ServersFor)
	Assume   RuleIDs // what the request assumes
	// IssuedInstance and IssuedAccount are how many codes were issued before,
	// for the instance and for its product in the account. Negative: not
	// known, not counted, or not the asker's to know.
	IssuedInstance int
	IssuedAccount  int

	// Instance holds the facts about the instance that the operation is about,
	// or today's about that of the code. Its Owner is empty.
	Instance Instance
	Code     CaseCode   // the one code that the operation is about; zero: none
	Filing   CaseFiling // the filing, as far as rules ask; zero: nothing is known of one
	Grant    *CaseGrant // the part of a grant; nil: none

	// End is how a filing is to end (End); nil: none is. Replaces are the codes
	// whose filings an approval is to end, at most 16 (Approve). Both are
	// nothing but the kind of end where no operator asks.
	End      *CaseEnd
	Replaces []CaseOther
}

// CaseCode is what a [Case] knows of one code.
type CaseCode struct {
	State State `json:"state"` // as recorded, in the asker's words (LIF-VIEW)
	// Last is what ended a Refunded or Invalid code: Refund, Void, Forfeit, a
	// close, or the Import of a code that was dead before. ActionNone: not known.
	Last    Action  `json:"last,omitzero"`
	Origin  Origin  `json:"origin"`
	Asker   Role    `json:"asker"` // the parts that the asker plays towards it
	Granted bool    `json:"granted,omitzero"`
	Ended   End     `json:"ended,omitzero"`   // how its filing ended (LIF-END)
	Product Product `json:"product,omitzero"` // of its instance
	// Instance says which of CaseGrant.Instances is its own, counted from 1;
	// 0: none. What is stated of the instance of Case.Code is in Case.Instance.
	Instance int `json:"instance,omitzero"`
}

// CaseGrant is the part of a [Case] that is about a grant.
type CaseGrant struct {
	// Out is the granter's count of grantees in the natural year, In the
	// grantee's count of granters (GRT-OUT, GRT-IN).
	Out        CaseCap `json:"out"`
	In         CaseCap `json:"in"`
	Acquainted bool    `json:"acquainted,omitzero"` // a grant between the two ever happened
	Phone      Phone   `json:"phone"`               // (GRT-FIRST)
	// Codes are those of an [Engine.Grant], 1 to 1000 in the order of the
	// request, and Instances today's facts about their instances, as far as
	// they were stated. Their Owner is empty.
	Codes     []CaseCode `json:"codes,omitempty"`
	Instances []Instance `json:"instances,omitempty"`
}

// CaseEnd is the part of a [Case] that is about the end of a filing (LIF-END).
type CaseEnd struct {
	End       End        `json:"end"`
	Again     bool       `json:"again,omitzero"`      // the filing ended in just this way before
	Successor *CaseOther `json:"successor,omitempty"` // the code that it moved to; nil: none
}

// CaseOther is what a [Case] knows of a code beside that which it is about.
type CaseOther struct {
	State       State `json:"state"`
	Ended       End   `json:"ended,omitzero"`        // how its filing ended
	SameService bool  `json:"same_service,omitzero"` // as that of Case.Code, which is known of both (FIL-SERVICE)
}

// CaseCap is how far a cap on counterparties is used.
type CaseCap struct {
	// Used is how many there are, up to 1000. Negative: it is not the asker's
	// to know, and Kept says instead what the rule answered, under the rule
	// set whose digest Under is.
	Used    int
	Partner bool // the other side of the grant is one of them (GRT-REPEAT)
	Kept    Tri
	Under   Digest
}

// CaseFiling is what a [Case] knows of a filing.
type CaseFiling struct {
	Problem FilingProblem `json:"problem,omitzero"` // what is wrong with what was filed (FIL-WHAT)
	IPs     []netip.Addr  `json:"ips,omitempty"`
}

// other returns the code at a position of those that the operation is about
// beside Code, and how many there are.
func (c *Case) other(position int) (code *CaseCode, of int) {
	if c.Operation != OperationApprove {
		return &c.Grant.Codes[position], len(c.Grant.Codes)
	}
	o := &c.Replaces[position]
	return &CaseCode{State: o.State, Ended: o.Ended}, len(c.Replaces)
}

// actionsOf is what each operation does to a code, where that is one action.
var actionsOf = [numOperations]Action{
	OperationIssue: ActionIssue, OperationSubmitAuto: ActionIssue, OperationBuy: ActionBuy, OperationBind: ActionBind,
	OperationGrant: ActionGrant, OperationSubmit: ActionSubmit, OperationResubmit: ActionResubmit,
	OperationApprove: ActionApprove, OperationReject: ActionReject, OperationStage: ActionStage, OperationRelease: ActionRelease, OperationRefund: ActionRefund,
	OperationVoid: ActionVoid, OperationCloseRefund: ActionCloseRefund, OperationCloseRelease: ActionCloseRelease,
	OperationEnd: ActionEnd, OperationCorrect: ActionCorrect,
	OperationImport: ActionImport, OperationPick: ActionSubmit, OperationServersFor: ActionIssue,
}

// parts says what a case of each operation has beside facts.
var parts = [numOperations]struct {
	code, codes, filing bool
	grant               Tri // Unknown: it may have one
}{
	OperationIssue:      {grant: Unknown},
	OperationSubmitAuto: {filing: true, grant: No},
	OperationBuy:        {grant: No},
	OperationBind:       {code: true, grant: No},
	OperationGrant:      {codes: true, grant: Yes},
	OperationSubmit:     {code: true, filing: true, grant: No},
	OperationResubmit:   {code: true, filing: true, grant: No},
	OperationApprove:    {code: true, grant: No},
	OperationReject:     {code: true, grant: No},
	OperationStage:      {code: true, grant: No},
	OperationRelease:    {code: true, grant: No},
	OperationRefund:     {code: true, grant: No},
	OperationVoid:       {code: true, grant: No},
	OperationEnd:        {code: true, grant: No},
	OperationCorrect:    {code: true, grant: No},
	OperationImport:     {code: true, grant: No},
	OperationPick:       {code: true, grant: No},
	OperationReview:     {code: true, filing: true, grant: No},
	OperationPlanMove:   {code: true, grant: No},

	OperationCloseRefund: {grant: No}, OperationCloseRelease: {grant: No}, OperationServersFor: {grant: No},
}

// normalize brings the case into the form in which cases are compared, and
// refuses one that cannot be. It shares no slice with what it was given once
// it changed one.
func (c *Case) normalize() error {
	if c.Operation == OperationNone || c.Operation >= numOperations {
		return invalid("Operation", "is not a known operation")
	}
	var err error
	if c.Operation == OperationServersFor && c.At.IsZero() {
		c.At = time.Time{}
	} else if c.At, err = instant("At", c.At); err != nil {
		return err
	}
	if err := checkCertification(c.Certification); err != nil {
		return err
	}
	if c.Bought > RelationAnother {
		return invalid("Bought", "is not a known value")
	}
	if c.Closed != ActionNone && c.Closed != ActionCloseRefund && c.Closed != ActionCloseRelease {
		return invalid("Closed", "is not how an instance is closed")
	}
	if closes := c.Operation == OperationCloseRefund || c.Operation == OperationCloseRelease; c.Resting < 0 || c.Resting > 0 && !closes {
		return invalid("Resting", "is not what the operation has")
	}
	c.Assume &= askedRules
	c.IssuedInstance, c.IssuedAccount = max(c.IssuedInstance, -1), max(c.IssuedAccount, -1)
	if err := c.Instance.anonymous("Instance"); err != nil {
		return err
	}
	if err := c.checkCode(); err != nil {
		return err
	}
	if err := c.checkGrant(); err != nil {
		return err
	}
	if err := c.checkEnd(); err != nil {
		return err
	}
	return c.checkFiling()
}

func (c *Case) checkEnd() error {
	e := c.End
	if (e != nil) != (c.Operation == OperationEnd) {
		return invalid("End", "is not what the operation has")
	}
	if len(c.Replaces) > 0 && c.Operation != OperationApprove || len(c.Replaces) > maxReplaces {
		return invalid("Replaces", "are not as many as the operation can have")
	}
	for i := range c.Replaces {
		if err := c.Replaces[i].check("Replaces"); err != nil {
			return err
		}
	}
	if e == nil {
		return nil
	}
	if e.End == EndNone || e.End > EndMoved || e.Again && c.Code.Ended != e.End {
		return invalid("End", "is not how a filing can end")
	}
	if (e.Successor != nil) != (c.Operator && e.End == EndMoved) {
		return invalid("End.Successor", "goes together with a filing that moved, and an operator that asks")
	}
	if e.Successor != nil {
		return e.Successor.check("End.Successor")
	}
	return nil
}

func (o *CaseOther) check(field string) error {
	if o.State == StateNone || o.State >= numStates {
		return invalid(field, "has a state that no code has")
	}
	return checkEnded(field, o.State, o.Ended)
}

// checkEnded checks how the filing of a code ended: only that of a Filed code
// can have.
func checkEnded(field string, s State, ended End) error {
	if ended > EndMoved || ended != EndNone && s != StateFiled {
		return invalid(field, "has a filing that ended as it cannot")
	}
	return nil
}

// anonymous checks facts that must not say whose the instance is.
func (i *Instance) anonymous(field string) error {
	if i.Owner != "" {
		return invalid(field+".Owner", "names an account, which a case does not")
	}
	return i.normalize()
}

func (c *Case) checkCode() error {
	if (c.Code != CaseCode{}) != parts[c.Operation].code {
		return invalid("Code", "is not what the operation has")
	}
	if parts[c.Operation].code {
		return c.Code.normalize("Code", 0)
	}
	return nil
}

// checkCodes brings the codes of a grant into their form. Only those of
// [OperationGrant] exist already.
func (g *CaseGrant) checkCodes(o Operation) error {
	if (len(g.Codes) > 0) != parts[o].codes || len(g.Codes) > maxGrantCodes {
		return invalid("Grant.Codes", "are not as many as the operation is about")
	}
	if len(g.Instances) > len(g.Codes) {
		return invalid("Grant.Instances", "are more than the codes have")
	}
	g.Codes, g.Instances = slices.Clone(g.Codes), slices.Clone(g.Instances)
	for i := range g.Codes {
		if err := g.Codes[i].normalize("Grant.Codes", len(g.Instances)); err != nil {
			return err
		}
	}
	for i := range g.Instances {
		if err := g.Instances[i].anonymous("Grant.Instances"); err != nil {
			return err
		}
	}
	return nil
}

func (c *CaseCode) normalize(field string, instances int) error {
	if c.State == StateNone || c.State >= numStates {
		return invalid(field, "has a state that no code has")
	}
	if c.Origin > OriginPaid {
		return invalid(field, "has an origin that is not a known value")
	}
	if c.Last != ActionNone && (c.State != StateRefunded && c.State != StateInvalid || causeOf(c.Last) == causeNone) {
		return invalid(field, "was ended in a way that it cannot have been")
	}
	if err := optionalID(field+".Product", string(c.Product)); err != nil {
		return err
	}
	if c.Instance < 0 || c.Instance > instances {
		return invalid(field, "has facts that are not among those of the instances")
	}
	if err := checkEnded(field, c.State, c.Ended); err != nil {
		return err
	}
	if c.Asker&^(RoleOwner|RoleGrantee|RoleHolder) != 0 || c.Asker&RoleGrantee != 0 && !c.Granted {
		return invalid(field, "has parts that the asker cannot play")
	}
	c.Asker = rolesOf(c.Asker&RoleOwner != 0, c.Asker&RoleGrantee != 0, c.Granted)
	return nil
}

// rolesOf returns the parts that an account plays: the holder is the grantee,
// where there is one.
func rolesOf(owner, grantee, granted bool) Role {
	var role Role
	if owner {
		role |= RoleOwner
	}
	if grantee {
		role |= RoleGrantee
	}
	if grantee || owner && !granted {
		role |= RoleHolder
	}
	return role
}

// lacks reports whether a part is there that must not be, or the other way
// round.
func lacks(there bool, must Tri) bool {
	return there && must == No || !there && must == Yes
}

func (c *Case) checkGrant() error {
	g := c.Grant
	if lacks(g != nil, parts[c.Operation].grant) {
		return invalid("Grant", "is not what the operation has")
	}
	if g == nil {
		return nil
	}
	if g.Phone > PhoneNoProof {
		return invalid("Grant.Phone", "is not a known value")
	}
	for _, limit := range [...]*CaseCap{&g.Out, &g.In} {
		if limit.Kept > Yes {
			return invalid("Grant", "has a cap whose answer is not Unknown, No or Yes")
		}
		if limit.Used >= 0 && limit.Kept != Unknown {
			return invalid("Grant", "has a cap with both a count and an answer")
		}
	}
	kept := *g
	kept.Out.Used, kept.In.Used = max(g.Out.Used, -1), max(g.In.Used, -1)
	c.Grant = &kept
	return kept.checkCodes(c.Operation)
}

func (c *Case) checkFiling() error {
	f := &c.Filing
	if f.Problem >= numFilingProblems {
		return invalid("Filing.Problem", "is not a known problem")
	}
	if !parts[c.Operation].filing && (f.Problem != 0 || len(f.IPs) > 0) {
		return invalid("Filing", "is not what the operation has")
	}
	f.IPs = unmapped(f.IPs)
	return checkIPs("Filing.IPs", f.IPs)
}

// begin makes c, which is zero, a case of which nothing more is known. Field by
// field, because a composite literal would be copied.
func (c *Case) begin(o Operation, t time.Time) {
	c.Operation, c.At = o, t
	c.IssuedInstance, c.IssuedAccount = -1, -1
}

// issue takes over what a request for an issue states.
func (c *Case) issue(r *IssueRequest) {
	c.Quantity, c.Certification, c.Assume = r.Quantity, r.Certification, r.Assume
	c.ForAnother = r.GrantTo != "" && r.GrantTo != r.Actor
	c.Instance = r.Instance
	c.Instance.Owner = ""
	c.Bought = relation(r.Instance.Owner, r.Actor, "")
}

// state takes over facts, but whose the instance is.
func (c *Case) state(i *Instance) {
	c.Instance = *i
	c.Instance.Owner = ""
}

// round makes instants and addresses, which were not checked, those of the
// normal form: requests of the engine were brought into it on entry.
func (c *Case) round() {
	i := &c.Instance
	if c.At.Nanosecond()|i.Created.Nanosecond()|i.Expires.Nanosecond() != 0 {
		c.At, i.Created, i.Expires = c.At.Truncate(time.Microsecond), i.Created.Truncate(time.Microsecond), i.Expires.Truncate(time.Microsecond)
	}
	if anyMapped(i.IPs) {
		i.IPs = unmapped(i.IPs)
	}
}

// relation says which account a is, to the asker and to the owner of the code,
// if there is one.
func relation(a, asker, owner AccountID) Relation {
	if a == "" {
		return RelationUnknown
	}
	if a == owner && a == asker {
		return RelationBoth
	}
	if a == owner {
		return RelationOwner
	}
	if a == asker {
		return RelationAsker
	}
	return RelationAnother
}

// about makes c one about the code of r, and today's facts about its instance.
func (c *Case) about(r *Record, roles Role, asker AccountID, today *Instance) {
	c.Code = r.part(roles)
	c.Operator = roles&RoleOperator != 0
	c.state(today)
	c.Bought = relation(today.Owner, asker, r.Owner)
}

// part is what a case knows of the code.
func (r *Record) part(roles Role) CaseCode {
	return CaseCode{
		State: r.seen(roles), Last: r.lastEnd(), Origin: r.Origin, Product: r.Product, Asker: roles &^ RoleOperator, Granted: r.Grantee != "",
		Ended: r.ended(),
	}
}

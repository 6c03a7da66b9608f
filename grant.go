package icpcode

import (
	"errors"
	"slices"
	"strings"
)

// grant is a grant to be judged: the two accounts, and what they have
// to do with each other so far.
type grant struct {
	granter, grantee AccountID
	out, in          *Partners // of the granter and of the grantee in the natural year; nil: none
	acquainted       bool      // a grant between the two ever happened
	year             int
}

// grantPuts is how many documents a grant puts at most, beside its records:
// those of its year, and that the two are acquainted.
const grantPuts = 3

// grantKeys adds the keys of the documents that a grant needs.
func grantKeys(keys []Key, granter, grantee AccountID, year int) []Key {
	return append(keys, granteesKey(granter, year), grantersKey(grantee, year), acquaintanceKey(granter, grantee))
}

// readGrant reads the documents of a grant in a natural year.
func readGrant(v *view, granter, grantee AccountID, year int) grant {
	return grant{
		granter: granter, grantee: grantee, year: year,
		out:        read[Partners](v, granteesKey(granter, year)),
		in:         read[Partners](v, grantersKey(grantee, year)),
		acquainted: v.exists(acquaintanceKey(granter, grantee)),
	}
}

// part is what a case knows of the grant.
func (g *grant) part(p Phone) *CaseGrant {
	return &CaseGrant{
		Out: CaseCap{Used: g.out.len(), Partner: g.out.has(g.grantee)}, In: CaseCap{Used: g.in.len(), Partner: g.in.has(g.granter)},
		Acquainted: g.acquainted, Phone: p,
	}
}

func (p *Partners) len() int {
	if p == nil {
		return 0
	}
	return len(p.Accounts)
}

func (p *Partners) has(a AccountID) bool {
	if p == nil {
		return false
	}
	_, ok := slices.BinarySearch(p.Accounts, a)
	return ok
}

// with returns p with a, and whether that is a change. A document of the most
// partners that any cap can count stays as it is.
func (p *Partners) with(a AccountID) (*Partners, bool) {
	if p == nil {
		return &Partners{[]AccountID{a}}, true
	}
	i, found := slices.BinarySearch(p.Accounts, a)
	if found || len(p.Accounts) >= maxPartners {
		return p, false
	}
	grown := make([]AccountID, 0, len(p.Accounts)+1)
	grown = append(append(append(grown, p.Accounts[:i]...), a), p.Accounts[i:]...)
	return &Partners{grown}, true
}

// record writes that the two are partners of the year and acquainted for
// ever, each only where it is new.
func (g *grant) record(v *view) {
	if out, changed := g.out.with(g.grantee); changed {
		v.put(granteesKey(g.granter, g.year), out)
	}
	if in, changed := g.in.with(g.granter); changed {
		v.put(grantersKey(g.grantee, g.year), in)
	}
	if !g.acquainted {
		v.put(acquaintanceKey(g.granter, g.grantee), nil)
	}
}

// phone is the part of a request that may need a phone verified.
type phone struct{ verified bool }

// state says what a case knows of the phone.
func (p *phone) state(c *call) Phone {
	if p.verified {
		return PhoneVerified
	}
	if c.canVerify {
		return PhoneUnasked
	}
	return PhoneNone
}

// ask asks the phone hook about a first grant, if that is all that is missing.
func (p *phone) ask(c *call, last *told, d desk, v Verification) error {
	if !errors.Is(last.err, errPhone) {
		return nil
	}
	err := d.verify(v)
	p.verified = err == nil
	if !errors.Is(err, ErrNotVerified) {
		return err
	}
	refused := Decision{Case: last.verdict.Case}
	g := *refused.Case.Grant
	g.Phone = PhoneRefused
	if v.Proof == "" {
		g.Phone = PhoneNoProof
	}
	refused.Case.Grant = &g
	c.set.decide(&refused)
	return &RefusedError{Decision: refused.shown(), Err: err}
}

// granting is what [Engine.Grant] makes of a GrantRequest.
type granting struct {
	GrantRequest
	phone
	learned
}

func (r *granting) prepare(c *call, last *told, d desk) error {
	if err := r.learn(last, d); err != nil {
		return err
	}
	return r.ask(c, last, d, Verification{Granter: r.Actor, Grantee: r.GrantTo, Proof: r.Proof})
}

func (r *granting) normalize() error {
	if len(r.Codes) == 0 || len(r.Codes) > maxGrantCodes {
		return invalid("Codes", "are not between 1 and 1000")
	}
	r.Codes = slices.Clone(r.Codes)
	seen := make(map[Code]struct{}, len(r.Codes))
	for _, code := range r.Codes {
		if code.IsZero() {
			return invalid("Codes", "has an empty code")
		}
		if _, twice := seen[code]; twice {
			return invalid("Codes", "names a code twice")
		}
		seen[code] = struct{}{}
	}
	if err := checkID("GrantTo", string(r.GrantTo)); err != nil {
		return err
	}
	if len(r.Instances) > maxGrantCodes {
		return invalid("Instances", "are more than 1000")
	}
	r.Instances = slices.Clone(r.Instances)
	about := make(map[InstanceID]struct{}, len(r.Instances))
	for i := range r.Instances {
		if err := checkSubject(&r.Instances[i]); err != nil {
			return err
		}
		if _, twice := about[r.Instances[i].ID]; twice {
			return invalid("Instances", "has facts about an instance twice")
		}
		about[r.Instances[i].ID] = struct{}{}
	}
	return checkCertification(r.Certification)
}

func (r *granting) fingerprint(p *digest) {
	p.action(ActionGrant)
	p.text(string(r.GrantTo))
	for _, code := range r.Codes {
		p.code(code)
	}
}

func (r *granting) keys(c *call, keys []Key) []Key {
	for _, code := range r.Codes {
		keys = append(keys, recordKey(code))
	}
	return grantKeys(keys, r.Actor, r.GrantTo, NaturalYear(c.at))
}

func (r *granting) draws(*RuleSet) int { return 0 }

func (r *granting) writes(*call) (puts, events int) { return len(r.Codes) + grantPuts, len(r.Codes) }

func (r *granting) decide(c *call, v *view) (Result, Decision, error) {
	d := c.decision(OperationGrant)
	records := make([]*Record, len(r.Codes))
	part := CaseGrant{Codes: make([]CaseCode, len(r.Codes))}
	for i, code := range r.Codes {
		rec, roles, err := c.find(v, code)
		if err != nil {
			return Result{}, d, err
		}
		records[i] = rec
		part.Codes[i] = rec.part(roles)
	}
	if err := r.tell(c, &part, records); err != nil {
		return Result{}, d, err
	}
	g := readGrant(v, r.Actor, r.GrantTo, NaturalYear(c.at))
	d.Case.ForAnother, d.Case.Certification, d.Case.Assume = r.GrantTo != r.Actor, r.Certification, r.Assume
	d.Case.Grant = g.part(r.state(c))
	d.Case.Grant.Codes, d.Case.Grant.Instances = part.Codes, part.Instances
	err := c.decide(&d)
	if err != nil && !errors.Is(err, errPhone) {
		return Result{}, d, err
	}
	if err := c.capacity.fits("Codes", len(r.Codes), 1, grantPuts); err != nil {
		return Result{}, d, err
	}
	if err != nil {
		return Result{}, d, err
	}
	for _, rec := range records {
		e := c.event(rec.Code, ActionGrant, rec.State)
		e.Grantee, e.Assumed = r.GrantTo, d.Assumed
		v.occur(e)
	}
	g.record(v)
	res := c.result(ActionGrant, records[0].State, r.Codes...)
	res.PhoneNeeded = d.PhoneNeeded
	for _, rec := range records {
		if rec.State != res.State {
			res.State = StateNone
		}
	}
	return res, d, nil
}

// tell tells the part of the grant today's facts about the instances of the codes: the
// request's own, or if it has none those that were asked for.
func (r *granting) tell(c *call, k *CaseGrant, records []*Record) error {
	theirs := make(map[InstanceID]int, len(records)) // the place of each in k.Instances, from 1
	for _, rec := range records {
		theirs[rec.InstanceID] = 0
	}
	for i := range r.Instances {
		if _, is := theirs[r.Instances[i].ID]; !is {
			return invalid("Instances", "has one that is not the instance of any of the codes")
		}
	}
	facts := r.Instances
	if len(facts) == 0 {
		today, err := r.about(c, records...)
		if err != nil {
			return err
		}
		for id := range theirs {
			if i := today[id]; i.stated() {
				facts = append(facts, i)
			}
		}
		slices.SortFunc(facts, func(a, b Instance) int { return strings.Compare(string(a.ID), string(b.ID)) })
	}
	for i := range facts {
		k.Instances = append(k.Instances, facts[i])
		k.Instances[i].Owner = ""
		theirs[facts[i].ID] = i + 1
	}
	for i, rec := range records {
		k.Codes[i].Instance = theirs[rec.InstanceID]
	}
	return nil
}

func checkCertification(cert Certification) error {
	if cert > Enterprise {
		return invalid("Certification", "is not a known value")
	}
	return nil
}

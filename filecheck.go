package icpcode

// FilingRules say what facts that are stated when a filing is made are held
// against it (FIL-CHECK). The zero value judges none.
type FilingRules struct {
	// Refuse names the rules that refuse where they fail, Advise those that
	// advise: of ELG all but ELG-PRODUCT, ELG-QUOTA, ELG-BATCH and
	// ELG-ACCOUNT, none in both. What a rule lacks a fact for is not asked.
	Refuse RuleIDs `json:"refuse"`
	Advise RuleIDs `json:"advise"`
}

// filingRules are those that a filing can be judged by: what is true of a
// server today. Its product does not change, and nothing is issued.
const filingRules = bindRules &^ (1 << ELGProduct)

// judgeStated answers what the set holds against a filing of today's facts
// (FIL-CHECK). A rule that lacks a fact is not asked. The owner is held against
// that of the code, because a grantee may file.
func (s *RuleSet) judgeStated(d *Decision) {
	c := &d.Case
	q, _ := s.requirements(c.Code.Product)
	t := s.judgeServer(q, &c.Instance, c.At)
	t = t.with(ELGOwner, c.Bought.owner())
	pass, fail, _ := t.split(s.Filing.Refuse | s.Filing.Advise)
	d.Pass |= pass
	d.Fail |= fail & s.Filing.Refuse
	d.Advice |= fail & s.Filing.Advise
}

// filing checks which rules a set holds against a filing.
func (c *checker) filing(f *FilingRules) {
	if other := f.Refuse &^ filingRules; other != 0 {
		c.bad("filing.refuse", "names a rule that no filing is judged by: "+other.String())
	}
	if other := f.Advise &^ filingRules; other != 0 {
		c.bad("filing.advise", "names a rule that no filing is judged by: "+other.String())
	}
	if both := f.Advise & f.Refuse; both != 0 {
		c.bad("filing.advise", "names a rule that refuses: "+both.String())
	}
}

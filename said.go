package icpcode

import (
	"encoding/json"
	"slices"
	"time"
)

// said is what a decision says that was read back from JSON.
type said struct {
	RuleSet ruleSetName
	Answers []saidAnswer
}

// ruleSetName names a rule set.
type ruleSetName struct {
	Version string `json:"version"`
	Digest  Digest `json:"sha256"`
}

// saidAnswer is a [Reason] in both languages.
type saidAnswer struct {
	Rule      Rule       `json:"rule,omitzero"`
	Outcome   Outcome    `json:"outcome"`
	Position  int        `json:"position,omitzero"`
	Facts     []Fact     `json:"facts,omitempty"`
	Citations []Citation `json:"citations"`
	English   saidWords  `json:"en"`
	Chinese   saidWords  `json:"zh"`
}

// saidWords are the words of a [Reason].
type saidWords struct {
	Required string `json:"required"`
	Found    string `json:"found"`
	Remedy   string `json:"remedy,omitzero"`
}

func (r *Reason) words() saidWords { return saidWords{r.Required, r.Found, r.Remedy} }

// reason returns the answer in language l.
func (a *saidAnswer) reason(l Lang) Reason {
	w := a.English
	if l == Chinese {
		w = a.Chinese
	}
	return Reason{
		Rule: a.Rule, Outcome: a.Outcome, Position: a.Position, Required: w.Required, Found: w.Found, Remedy: w.Remedy,
		Facts: slices.Clone(a.Facts), Citations: slices.Clone(a.Citations),
	}
}

// decisionJSON is the JSON form of a Decision.
type decisionJSON struct {
	Case        caseJSON     `json:"case"`
	Refused     bool         `json:"refused"`
	Pass        []Rule       `json:"pass"`
	Fail        []Rule       `json:"fail"`
	Unknown     []Rule       `json:"unknown"`
	Assumed     []Rule       `json:"assumed"`
	Advice      []Rule       `json:"advice"`
	Quota       Quota        `json:"quota,omitzero"`
	PhoneNeeded bool         `json:"phone_needed"`
	RuleSet     ruleSetName  `json:"rule_set"`
	Answers     []saidAnswer `json:"answers"` // as of [Decision.Answers]
}

// MarshalJSON writes the decision with all of its answers in words of both
// languages. docs/case.md describes the form.
func (d Decision) MarshalJSON() ([]byte, error) {
	j := decisionJSON{
		Case: d.Case.json(), Refused: d.Refused(), Pass: d.Pass.list(), Fail: d.Fail.list(), Unknown: d.Unknown.list(),
		Assumed: d.Assumed.list(), Advice: d.Advice.list(), Quota: d.Quota, PhoneNeeded: d.PhoneNeeded,
		RuleSet: ruleSetName{d.RuleSetVersion(), d.RuleSetDigest()}, Answers: []saidAnswer{},
	}
	if d.said != nil {
		j.Answers = d.said.Answers
		return json.Marshal(j)
	}
	for r := range d.Answers(English) {
		j.Answers = append(j.Answers, saidAnswer{
			Rule: r.Rule, Outcome: r.Outcome, Position: r.Position, Facts: r.Facts, Citations: append([]Citation{}, r.Citations...),
			English: r.words(),
		})
	}
	i := 0
	for r := range d.Answers(Chinese) {
		j.Answers[i].Chinese = r.words()
		i++
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what [Decision.MarshalJSON] wrote: a decision that
// explains itself in the words that were written, whatever the library says by
// now. What it does not know, or what contradicts itself, is an
// [*InvalidError].
func (d *Decision) UnmarshalJSON(data []byte) error {
	var j decisionJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*d = Decision{
		Case: j.Case.value(), Quota: j.Quota, said: &said{j.RuleSet, j.Answers},
		Verdict: Verdict{
			Decided: j.Case.Operation != OperationNone, PhoneNeeded: j.PhoneNeeded,
			Pass: MakeRuleIDs(j.Pass...), Fail: MakeRuleIDs(j.Fail...), Unknown: MakeRuleIDs(j.Unknown...),
			Assumed: MakeRuleIDs(j.Assumed...), Advice: MakeRuleIDs(j.Advice...),
		},
	}
	if d.Refused() != j.Refused || d.Assumed&^d.Unknown != 0 || d.Pass&(d.Fail|d.Unknown) != 0 || d.Fail&d.Unknown != 0 {
		return invalid("Decision", "contradicts itself")
	}
	return nil
}

// tell hands out those answers that are asked for: all of them, or what
// refuses and the advice.
func (s *said) tell(l Lang, d *Decision, asked, advice RuleIDs, yield func(Reason) bool) {
	for i := range s.Answers {
		a := &s.Answers[i]
		wanted := asked.Has(a.Rule)
		if a.Outcome == OutcomeAdvised {
			wanted = advice.Has(a.Rule)
		}
		// A rule that one code of several fails can pass for another.
		if a.Outcome == OutcomePassed && d.Fail.Has(a.Rule) && asked&d.Pass == 0 {
			wanted = false
		}
		if a.Rule == 0 {
			wanted = true
		}
		if wanted && !yield(a.reason(l)) {
			return
		}
	}
}

// list returns the rules in the order in which they are declared; empty, never
// nil.
func (s RuleIDs) list() []Rule {
	rules := make([]Rule, 0, s.Len())
	for r := range s.All() {
		rules = append(rules, r)
	}
	return rules
}

// caseJSON is the JSON form of a Case.
type caseJSON struct {
	Operation      Operation     `json:"operation"`
	At             time.Time     `json:"at,omitzero"`
	Operator       bool          `json:"operator,omitzero"`
	Resting        int           `json:"resting,omitzero"`
	Quantity       int           `json:"quantity,omitzero"`
	ForAnother     bool          `json:"for_another,omitzero"`
	Certification  Certification `json:"certification,omitzero"`
	Assume         []Rule        `json:"assume,omitempty"`
	Instance       Instance      `json:"instance,omitzero"`
	Bought         Relation      `json:"bought,omitzero"`
	IssuedInstance *int          `json:"issued_instance,omitempty"`
	IssuedAccount  *int          `json:"issued_account,omitempty"`
	Closed         Action        `json:"closed,omitzero"`
	Code           CaseCode      `json:"code,omitzero"`
	Filing         CaseFiling    `json:"filing,omitzero"`
	Grant          *CaseGrant    `json:"grant,omitempty"`
	End            *CaseEnd      `json:"end,omitempty"`
	Replaces       []CaseOther   `json:"replaces,omitempty"`
}

// MarshalJSON writes the case; what is zero or not known is left out.
func (c Case) MarshalJSON() ([]byte, error) { return json.Marshal(c.json()) }

// UnmarshalJSON reads what [Case.MarshalJSON] wrote. It does not check whether
// the case can be: [RuleSet.Decide] does.
func (c *Case) UnmarshalJSON(data []byte) error {
	var j caseJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*c = j.value()
	return nil
}

func (c Case) json() caseJSON {
	c.Instance.Created, c.Instance.Expires = c.Instance.Created.UTC(), c.Instance.Expires.UTC()
	return caseJSON{
		Operation: c.Operation, At: c.At.UTC(), Operator: c.Operator, Resting: c.Resting, Quantity: c.Quantity, ForAnother: c.ForAnother,
		Certification: c.Certification, Assume: c.Assume.list(), Instance: c.Instance, Bought: c.Bought,
		IssuedInstance: counted(c.IssuedInstance), IssuedAccount: counted(c.IssuedAccount), Closed: c.Closed,
		Code: c.Code, Filing: c.Filing, Grant: c.Grant, End: c.End, Replaces: c.Replaces,
	}
}

func (j *caseJSON) value() Case {
	return Case{
		Operation: j.Operation, At: j.At, Operator: j.Operator, Resting: j.Resting, Quantity: j.Quantity, ForAnother: j.ForAnother,
		Certification: j.Certification, Assume: MakeRuleIDs(j.Assume...), Instance: j.Instance, Bought: j.Bought,
		IssuedInstance: uncounted(j.IssuedInstance), IssuedAccount: uncounted(j.IssuedAccount), Closed: j.Closed,
		Code: j.Code, Filing: j.Filing, Grant: j.Grant, End: j.End, Replaces: j.Replaces,
	}
}

// counted is a count in JSON, where one that is not known is left out.
func counted(n int) *int {
	if n < 0 {
		return nil
	}
	return &n
}

func uncounted(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

// IsZero reports whether nothing is known of a filing.
func (f CaseFiling) IsZero() bool { return f.Problem == 0 && len(f.IPs) == 0 }

// capJSON is the JSON form of a CaseCap.
type capJSON struct {
	Used    *int    `json:"used,omitempty"`
	Partner bool    `json:"partner,omitzero"`
	Kept    Tri     `json:"kept,omitzero"`
	Under   *Digest `json:"under,omitempty"`
}

// MarshalJSON writes the cap; a count that is not the asker's to know is left
// out.
func (c CaseCap) MarshalJSON() ([]byte, error) {
	j := capJSON{Used: counted(c.Used), Partner: c.Partner, Kept: c.Kept}
	if c.Under != (Digest{}) {
		j.Under = &c.Under
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what [CaseCap.MarshalJSON] wrote.
func (c *CaseCap) UnmarshalJSON(data []byte) error {
	var j capJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*c = CaseCap{Used: uncounted(j.Used), Partner: j.Partner, Kept: j.Kept}
	if j.Under != nil {
		c.Under = *j.Under
	}
	return nil
}

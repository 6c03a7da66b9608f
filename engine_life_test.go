package icpcode_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// The parties of the life test. The grantee is a stranger before the grant.
const (
	theOwner    icpcode.AccountID = "1001"
	theGrantee  icpcode.AccountID = "2002"
	theStranger icpcode.AccountID = "6666"
)

// lifeCase is one code in one state, and what it was before.
type lifeCase struct {
	state         icpcode.State // StateNone: nobody issued it
	granted, paid bool
}

func (c lifeCase) String() string {
	return fmt.Sprintf("%v granted %v paid %v", c.state, c.granted, c.paid)
}

// lifeCases lists every state that a code can be in, granted or not, bought or
// not.
func lifeCases() []lifeCase {
	cases := []lifeCase{{state: icpcode.StateNone}}
	for s := icpcode.StateUnbound; s <= icpcode.StateInvalid; s++ {
		for _, granted := range []bool{false, true} {
			cases = append(cases, lifeCase{s, granted, true})
			if s != icpcode.StateUnbound && s != icpcode.StateRefunded {
				cases = append(cases, lifeCase{s, granted, false})
			}
		}
	}
	return cases
}

// make takes a code to where the case wants it. The instance is the code's, or
// one that it can be bound to.
func (c lifeCase) make(w *world) (icpcode.Code, icpcode.Instance) {
	w.t.Helper()
	i := w.server(theOwner)
	if c.state == icpcode.StateNone {
		return must[icpcode.Code](w.t)(icpcode.ParseCode("000000000000")), i
	}
	var code icpcode.Code
	if c.paid {
		code = w.buy(theOwner, 1)[0]
	} else {
		code = w.issue(i, 1)[0]
	}
	holder := theOwner
	if c.granted {
		must[icpcode.Result](w.t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
			Actor: theOwner, Codes: []icpcode.Code{code}, GrantTo: theGrantee, Certification: icpcode.Enterprise}))
		holder = theGrantee
	}
	if c.paid && c.state != icpcode.StateUnbound {
		must[icpcode.Result](w.t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: theOwner, Code: code, Instance: i}))
	}
	if c.state == icpcode.StateFiling || c.state == icpcode.StateFiled {
		must[icpcode.Result](w.t)(w.submit(holder, code))
	}
	if c.state == icpcode.StateFiled {
		must[icpcode.Result](w.t)(w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: ops, Code: code, ICPNumber: "ICP-1"}))
	}
	if c.state == icpcode.StateRefunded {
		must[icpcode.Result](w.t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theOwner, Code: code}))
	}
	if c.state == icpcode.StateInvalid {
		must[icpcode.Result](w.t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: code, Reason: "test"}))
	}
	w.state(code, c.state)
	return code, i
}

// lifeOperation is an operation, and who may do what with it according to the
// description of the domain.
type lifeOperation struct {
	name string
	do   func(w *world, actor icpcode.AccountID, c icpcode.Code, i icpcode.Instance) error
	// from lists the states in which the operation changes the code, each with
	// the state that it leads to: "Filing>Filed". "=" stays.
	from string
	// by lists who may: "owner", "holder", "operator", "anyone".
	by string
	// state and party are the rules that refuse in another state and to
	// another party; one rule for both is named twice.
	state, party icpcode.Rule
	// about says that the operation is about an instance or an account, and
	// not about the code: it may be done whatever the code's state is, and
	// strangers get a refusal instead of ErrNoCode.
	about bool
}

var lifeOperations = []lifeOperation{
	{
		name: "Bind", from: "Unbound>Available", by: "owner", state: icpcode.LIFBind, party: icpcode.LIFBind,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: actor, Code: c, Instance: w.server(actor)})
			return err
		},
	},
	{
		name: "Grant", from: "Unbound>= Available>=", by: "owner", state: icpcode.GRTState, party: icpcode.GRTOnce,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{
				Actor: actor, Codes: []icpcode.Code{c}, GrantTo: "3003", Certification: icpcode.Enterprise})
			return err
		},
	},
	{
		name: "Submit", from: "Available>Filing", by: "holder", state: icpcode.LIFSubmit, party: icpcode.FILHolder,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.submit(actor, c)
			return err
		},
	},
	{
		name: "Resubmit", from: "Filing>=", by: "holder", state: icpcode.LIFResubmit, party: icpcode.FILHolder,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: actor, Code: c, Filing: w.site()})
			return err
		},
	},
	{
		name: "Approve", from: "Filing>Filed", by: "operator", state: icpcode.LIFApprove, party: icpcode.LIFApprove,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: actor, Code: c, ICPNumber: "ICP-2"})
			return err
		},
	},
	{
		name: "Reject", from: "Filing>=", by: "operator", state: icpcode.LIFReject, party: icpcode.LIFReject,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Reject(w.ctx, icpcode.RejectRequest{Actor: actor, Code: c, Rejection: "the domain has expired"})
			return err
		},
	},
	{
		name: "Stage", from: "Filing>=", by: "operator", state: icpcode.LIFStage, party: icpcode.LIFStage,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Stage(w.ctx, icpcode.StageRequest{Actor: actor, Code: c, Stage: icpcode.StageSMS})
			return err
		},
	},
	{
		name: "End", from: "Filed>=", by: "operator", state: icpcode.LIFEnd, party: icpcode.LIFEnd,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.End(w.ctx, icpcode.EndRequest{Actor: actor, Code: c, End: icpcode.EndCancelled, Reason: "gone"})
			return err
		},
	},
	{
		name: "Correct", from: "Filed>=", by: "operator", state: icpcode.LIFCorrect, party: icpcode.LIFCorrect,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Correct(w.ctx, icpcode.CorrectRequest{Actor: actor, Code: c, ICPNumber: "ICP-3"})
			return err
		},
	},
	{
		name: "Release", from: "Filing>Available", by: "holder operator", state: icpcode.LIFRelease, party: icpcode.LIFRelease,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: actor, Code: c})
			return err
		},
	},
	{
		name: "Refund", from: "Unbound>Refunded Available>Refunded", by: "owner", state: icpcode.LIFRefund, party: icpcode.LIFRefund,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: actor, Code: c})
			return err
		},
	},
	{
		name: "Void", from: "Unbound>Invalid Available>Invalid Filing>Invalid", by: "operator",
		state: icpcode.LIFVoid, party: icpcode.LIFVoid,
		do: func(w *world, actor icpcode.AccountID, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: actor, Code: c, Reason: "again"})
			return err
		},
	},
	{
		name: "Close, refunded", from: "Available>Refunded Filing>Invalid", by: "operator", party: icpcode.LIFClose, about: true,
		do: func(w *world, actor icpcode.AccountID, _ icpcode.Code, i icpcode.Instance) error {
			_, err := w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: actor, InstanceID: i.ID, Refunded: true, Reason: "x"})
			return err
		},
	},
	{
		name: "Close, released", from: "Available>Invalid Filing>Invalid", by: "operator", party: icpcode.LIFClose, about: true,
		do: func(w *world, actor icpcode.AccountID, _ icpcode.Code, i icpcode.Instance) error {
			_, err := w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: actor, InstanceID: i.ID, Reason: "x"})
			return err
		},
	},
	{
		name: "Issue", by: "owner", party: icpcode.ELGOwner, about: true,
		do: func(w *world, actor icpcode.AccountID, _ icpcode.Code, i icpcode.Instance) error {
			_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: actor, Instance: i, Quantity: 1})
			return err
		},
	},
	{
		name: "SubmitAuto", by: "owner", party: icpcode.ELGOwner, about: true,
		do: func(w *world, actor icpcode.AccountID, _ icpcode.Code, i icpcode.Instance) error {
			_, err := w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{Actor: actor, Instance: i, Filing: w.site()})
			return err
		},
	},
	{
		name: "Buy", by: "anyone", about: true,
		do: func(w *world, actor icpcode.AccountID, _ icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: actor, Quantity: 1})
			return err
		},
	},
}

// parties lists what an actor is to a code.
func (c lifeCase) parties(actor icpcode.AccountID) []string {
	is := []string{"anyone"}
	if actor == ops {
		is = append(is, "operator")
	}
	if actor == theOwner {
		is = append(is, "owner")
	}
	if actor == theGrantee && c.granted {
		is = append(is, "grantee")
	}
	if actor == theGrantee && c.granted || actor == theOwner && !c.granted {
		is = append(is, "holder")
	}
	return is
}

// want returns what an operation must answer: the state after it, the rules
// that refuse, and whether the code must be none to the actor.
func (o *lifeOperation) want(c lifeCase, actor icpcode.AccountID) (to icpcode.State, refusedBy []icpcode.Rule, none bool) {
	parties := c.parties(actor)
	to = c.state
	inState := false
	for cell := range strings.FieldsSeq(o.from) {
		from, next, _ := strings.Cut(cell, ">")
		if from != c.state.String() {
			continue
		}
		inState = true
		for s := icpcode.StateUnbound; s <= icpcode.StateInvalid; s++ {
			if s.String() == next {
				to = s
			}
		}
	}
	may := false
	for who := range strings.FieldsSeq(o.by) {
		may = may || slices.Contains(parties, who)
	}
	if !o.about && (len(parties) == 1 || c.state == icpcode.StateNone) {
		return c.state, nil, true
	}
	if o.name == "Grant" && c.granted { // once, whoever asks
		may = false
	}
	if o.name == "Refund" && !c.paid {
		inState = false
	}
	if !may {
		refusedBy = append(refusedBy, o.party)
	}
	if !o.about && !inState && !slices.Contains(refusedBy, o.state) {
		refusedBy = append(refusedBy, o.state)
	}
	if len(refusedBy) > 0 {
		to = c.state
	}
	return to, refusedBy, false
}

// TestLifeOfEveryCode takes every operation by every actor on a code in every
// state: it succeeds exactly where the description says so; otherwise it is
// refused by the operation's rules, to strangers there is no such code, and
// nothing has changed.
func TestLifeOfEveryCode(t *testing.T) {
	asked, succeeded, refusals, nones := 0, 0, 0, 0
	for _, forfeits := range []bool{false, true} {
		for _, c := range lifeCases() {
			for _, o := range lifeOperations {
				if forfeits && o.name != "Release" {
					continue
				}
				if forfeits {
					o.from = "Filing>Invalid"
				}
				for _, actor := range []icpcode.AccountID{theOwner, theGrantee, ops, theStranger} {
					what := fmt.Sprintf("%v, %s by %v, forfeits %v", c, o.name, c.parties(actor), forfeits)
					w := newWorld(t)
					if forfeits {
						w.rules(func(s *icpcode.RuleSet) { s.Life.ReleaseTo = icpcode.StateInvalid })
					}
					spy := w.spied()
					code, i := c.make(w)
					before, seen := spy.dump(t), len(w.seen)
					to, rules, none := o.want(c, actor)
					err := o.do(w, actor, code, i)
					asked++
					noCodes(t, what, err, code)
					if none || len(rules) > 0 {
						if none && (err != icpcode.ErrNoCode) {
							t.Errorf("%s: got %v, want ErrNoCode", what, err)
						}
						if len(rules) > 0 {
							if got := failing(err); got != icpcode.MakeRuleIDs(rules...) {
								t.Errorf("%s: got %v, want a refusal by %v", what, err, icpcode.MakeRuleIDs(rules...))
							}
						}
						if after := spy.dump(t); after != before {
							t.Errorf("%s: refused, and yet the store has changed from\n%s\nto\n%s", what, before, after)
						}
						if len(w.seen) != seen {
							t.Errorf("%s: refused, and yet observed", what)
						}
						if none {
							nones++
						} else {
							refusals++
						}
						continue
					}
					if err != nil {
						t.Errorf("%s: %v%s", what, err, why(err))
						continue
					}
					succeeded++
					if c.state == icpcode.StateNone {
						_, err := w.eng.Lookup(w.ctx, ops, code, icpcode.Instance{})
						is(t, err, icpcode.ErrNoCode)
						continue
					}
					w.state(code, to)
				}
			}
		}
	}
	// Five states come granted or not and paid or not, Unbound and Refunded
	// only paid; and there is the code that nobody issued.
	if cases := 1 + 4*4 + 2*2; asked != cases*(len(lifeOperations)+1)*4 {
		t.Errorf("asked %d times, want %d", asked, cases*(len(lifeOperations)+1)*4)
	}
	if succeeded < 100 || refusals < 500 || nones < 150 {
		t.Errorf("%d times done, %d refused, %d times no code", succeeded, refusals, nones)
	}
}

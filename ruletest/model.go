package ruletest

import (
	"time"

	"github.com/icpcode/icpcode"
)

// model is what the rules say, in maps and loops. It is written separately
// from the engine: it reads the data of the rule sets and the records that it
// keeps itself, and calls nothing of what it is compared with.
type model struct {
	sets     []icpcode.RuleSet
	operator icpcode.AccountID
	limit    int // of the store: see limitOf

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
	if r.State != icpcode.StateAvailable || today.ID == "" || today.ID != r.InstanceID {
		return true
	}
	return !expired(today, now) && today.Status != icpcode.StatusReleased && today.Status != icpcode.StatusRefunded
}

// seen returns the record as an actor may see it (LIF-VIEW, GRT-PRIVATE).
func (m *model) seen(r *icpcode.Record, actor icpcode.AccountID, today *icpcode.Instance, now time.Time) icpcode.Record {
	v := *r
	if !works(r, today, now) {
		v.State, v.Lapsed = icpcode.StateInvalid, true
	}
	if actor == m.operator {
		return v
	}
	if actor != r.Owner {
		v.Paid, v.Refunded, v.Remark, v.Assumed, v.ContractQuota = icpcode.Money{}, icpcode.Money{}, "", 0, 0
		if r.State == icpcode.StateRefunded && (r.Last == icpcode.ActionCloseRefund || r.Origin != icpcode.OriginPaid) {
			v.State = icpcode.StateInvalid
		}
	}
	if actor != holder(r) {
		v.Filing = nil
	}
	v.Progress = known(v.Progress, actor == holder(r))
	if private(r.Last, actor == holder(r), actor == r.Owner) {
		v.Reason = ""
	}
	return v
}

// private reports whether the reason of an action is not the viewer's to
// know: of a release it is the holder's, of a refund the owner's.
func private(a icpcode.Action, holder, owner bool) bool {
	if a == icpcode.ActionRelease || a == icpcode.ActionForfeit {
		return !holder
	}
	return a == icpcode.ActionRefund && !owner
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
	{icpcode.ActionReject, icpcode.StateFiling, icpcode.StateFiling},
	{icpcode.ActionStage, icpcode.StateFiling, icpcode.StateFiling},
	{icpcode.ActionEnd, icpcode.StateFiled, icpcode.StateFiled},
	{icpcode.ActionCorrect, icpcode.StateFiled, icpcode.StateFiled},
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

package icpcode

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// pageSize is how many records or events the engine asks a store for at once.
const pageSize = 200

// ListRequest asks for codes. Only those that concern Account are found, as
// Actor may see them.
type ListRequest struct {
	Actor AccountID
	// Account is whose codes are asked for; "" means Actor's, and for an
	// operator who names an instance or number everybody's. Only an operator
	// may ask for those of others.
	Account AccountID
	// Instance and ICPNumber narrow the list, at most one of them.
	Instance  InstanceID
	ICPNumber string
	// State narrows the list to one state, as the list shows it; StateNone
	// means all.
	State State
	// Facts returns today's facts about an instance, as far as known, and
	// nil knows none: a code whose instance has expired then shows its
	// recorded state (LIF-EFFECTIVE).
	Facts func(InstanceID) Instance
}

// Assessment is a code and what the rules say of it.
type Assessment struct {
	Record   Record
	Decision Decision
}

// GrantQuota is how far an account has used its caps on grants in a natural
// year. It tells numbers only, never who the counterparties are (GRT-PRIVATE).
// Partners are counted to 1000.
type GrantQuota struct {
	Year   int
	Out    Quota     // different grantees of the account (GRT-OUT)
	In     Quota     // different granters to the account (GRT-IN)
	Resets time.Time // when both begin again: 1 January 00:00 Asia/Shanghai
}

// GrantQuota returns the caps on grants of the actor's own account in the
// natural year of now.
func (e *Engine) GrantQuota(ctx context.Context, actor AccountID) (GrantQuota, error) {
	now, set, _, err := e.ask(ctx, actor)
	if err != nil {
		return GrantQuota{}, err
	}
	year := NaturalYear(now)
	var v view
	if err := e.load(ctx, &v, []Key{granteesKey(actor, year), grantersKey(actor, year)}); err != nil {
		return GrantQuota{}, err
	}
	q := GrantQuota{Year: year, Resets: yearEnds(year)}
	q.Out.Limit, q.In.Limit = set.Grant.MaxGrantees, set.Grant.MaxGranters
	if p := read[Partners](&v, granteesKey(actor, year)); p != nil {
		q.Out.Used = len(p.Accounts)
	}
	if p := read[Partners](&v, grantersKey(actor, year)); p != nil {
		q.In.Used = len(p.Accounts)
	}
	return q, nil
}

// Lookup returns one code as the actor may see it now. Today's facts about
// its instance are optional. To an actor who is neither its owner nor its
// grantee nor an operator the answer is [ErrNoCode], whatever there is.
func (e *Engine) Lookup(ctx context.Context, actor AccountID, code Code, today Instance) (Record, error) {
	r, roles, now, err := e.lookup(ctx, actor, code)
	if err != nil {
		return Record{}, err
	}
	if err := today.normalize(); err != nil {
		return Record{}, err
	}
	if err := today.settle("today.ID", r.Instance); err != nil {
		return Record{}, err
	}
	return r.view(roles, today, now), nil
}

func (e *Engine) lookup(ctx context.Context, actor AccountID, code Code) (*Record, Role, time.Time, error) {
	now, _, operator, err := e.ask(ctx, actor)
	if err != nil {
		return nil, 0, now, err
	}
	var v view
	if err := e.load(ctx, &v, []Key{recordKey(code)}); err != nil {
		return nil, 0, now, err
	}
	c := call{actor: actor, operator: operator}
	r, roles, err := c.find(&v, code)
	return r, roles, now, err
}

// ask checks a reading request and reads the clock for it.
func (e *Engine) ask(ctx context.Context, actor AccountID) (now time.Time, set *RuleSet, operator bool, err error) {
	if err := ctx.Err(); err != nil {
		return now, nil, false, err
	}
	if err := checkID("Actor", string(actor)); err != nil {
		return now, nil, false, err
	}
	if now, set, err = e.now(); err != nil {
		return now, nil, false, err
	}
	operator, err = e.isOperator(actor)
	return now, set, operator, err
}

// Owned lists the codes that the account issued or bought, or that were
// imported as its (本账号生成的服务码), also those it granted away. The order is the store's. An error ends the
// list.
func (e *Engine) Owned(ctx context.Context, r ListRequest) iter.Seq2[Record, error] {
	return e.records(ctx, r, ByOwner, func(rec *Record, account AccountID) bool { return rec.Owner == account })
}

// Received lists the codes that were granted to the account
// (他人授权给我的服务码), also those that are dead. An error ends the list.
func (e *Engine) Received(ctx context.Context, r ListRequest) iter.Seq2[Record, error] {
	return e.records(ctx, r, ByHolder, func(rec *Record, account AccountID) bool { return rec.Grantee == account })
}

// Pick lists the codes that the account holds, and for each whether it can be
// filed with now, and if not why (FIL-PICK). An error ends the list.
func (e *Engine) Pick(ctx context.Context, r ListRequest) iter.Seq2[Assessment, error] {
	holds := func(rec *Record, account AccountID) bool { return rec.Holder() == account }
	return e.assess(ctx, r, ByHolder, holds, func(c *call, rec *Record, roles Role, today Instance) (Decision, error) {
		d := c.decision(ActionSubmit)
		c.judgeUse(&d, rec, roles, today, ActionSubmit)
		return d, nil
	})
}

// Review lists those filings that the account's codes carry and that are at
// risk because of what became of the codes' instances (RSK). ListRequest.Facts
// says what that is. The findings are the Decision's refusals and advice; a
// filing about whose instance nothing is known is listed too, since nobody can
// tell. An error ends the list.
func (e *Engine) Review(ctx context.Context, r ListRequest) iter.Seq2[Assessment, error] {
	return func(yield func(Assessment, error) bool) {
		c, q, err := e.query(ctx, &r, ByOwner)
		if err != nil {
			yield(Assessment{}, err)
			return
		}
		risky := func(a Assessment, err error) bool {
			return err == nil && !a.Decision.Refused() || yield(a, err)
		}
		owned := func(rec *Record, account AccountID) bool { return rec.Owner == account }
		received := func(rec *Record, account AccountID) bool { return rec.Grantee == account }
		if q.By != ByOwner { // one pass has them all
			owned = func(rec *Record, account AccountID) bool { return rec.Owner == account || rec.Grantee == account }
		}
		if !e.walk(ctx, c, q, &r, owned, e.review(ctx), risky) || q.By != ByOwner {
			return
		}
		q.By = ByHolder
		e.walk(ctx, c, q, &r, received, e.review(ctx), risky)
	}
}

// review returns the assessment of one code, which also knows which instances
// were closed.
func (e *Engine) review(ctx context.Context) judgement {
	return func(c *call, rec *Record, roles Role, today Instance) (Decision, error) {
		if rec.State != StateFiling && rec.State != StateFiled {
			return c.decision(rec.Last), nil
		}
		var v view
		if err := e.load(ctx, &v, []Key{ledgerKey(rec.Instance)}); err != nil {
			return Decision{}, err
		}
		if l := read[Ledger](&v, ledgerKey(rec.Instance)); l != nil {
			today = l.close(today, rec)
		}
		shown := *rec
		if roles&(RoleHolder|RoleOperator) == 0 {
			shown.Filing = nil // nor are its addresses the owner's to know
		}
		d := c.set.Review(shown, today, c.at)
		d.roles, d.actor = roles, c.actor
		return d, nil
	}
}

// records lists the records that keep keeps, as the actor may see them.
func (e *Engine) records(ctx context.Context, r ListRequest, by Index, keep func(*Record, AccountID) bool) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		none := func(*call, *Record, Role, Instance) (Decision, error) { return Decision{}, nil }
		for a, err := range e.assess(ctx, r, by, keep, none) {
			if !yield(a.Record, err) {
				return
			}
		}
	}
}

// judgement says something of a record, given today's facts about its
// instance.
type judgement func(c *call, rec *Record, roles Role, today Instance) (Decision, error)

// assess lists what keep keeps, each with what judge says of it.
func (e *Engine) assess(
	ctx context.Context, r ListRequest, by Index, keep func(*Record, AccountID) bool, judge judgement,
) iter.Seq2[Assessment, error] {
	return func(yield func(Assessment, error) bool) {
		c, q, err := e.query(ctx, &r, by)
		if err != nil {
			yield(Assessment{}, err)
			return
		}
		e.walk(ctx, c, q, &r, keep, judge, yield)
	}
}

// walk goes through one query for assess. It reports whether to go on.
func (e *Engine) walk(
	ctx context.Context, c *call, q Query, r *ListRequest,
	keep func(*Record, AccountID) bool, judge judgement, yield func(Assessment, error) bool,
) bool {
	for rec, err := range e.pages(ctx, q) {
		if err != nil {
			yield(Assessment{}, err)
			return false
		}
		roles := rec.roles(c.actor, c.operator)
		if !c.all && !keep(&rec, r.Account) || r.ICPNumber != "" && roles&(RoleHolder|RoleOperator) == 0 {
			continue // not the account's, or a number that is not the viewer's to know
		}
		today, err := r.facts(rec.Instance)
		if err != nil {
			yield(Assessment{}, err)
			return false
		}
		shown := rec.view(roles, today, c.at)
		if r.State != StateNone && shown.State != r.State {
			continue
		}
		d, err := judge(c, &rec, roles, today)
		if !yield(Assessment{shown, d}, err) || err != nil {
			return false
		}
	}
	return true
}

// query checks a list and turns it into a query.
func (e *Engine) query(ctx context.Context, r *ListRequest, by Index) (*call, Query, error) {
	now, set, operator, err := e.ask(ctx, r.Actor)
	if err != nil {
		return nil, Query{}, err
	}
	all := operator && r.Account == "" && (r.Instance != "" || r.ICPNumber != "")
	if r.Account == "" {
		r.Account = r.Actor
	}
	if err := checkID("Account", string(r.Account)); err != nil {
		return nil, Query{}, err
	}
	if r.Account != r.Actor && !operator {
		return nil, Query{}, invalid("Account", "is another's, which only an operator may ask for")
	}
	if r.Instance != "" && r.ICPNumber != "" {
		return nil, Query{}, invalid("ICPNumber", "does not go together with an instance")
	}
	if r.State >= numStates {
		return nil, Query{}, invalid("State", "is not a known state")
	}
	q := Query{By: by, Value: string(r.Account)}
	if r.Instance != "" {
		q.By, q.Value = ByInstance, string(r.Instance)
	}
	if r.ICPNumber != "" {
		q.By, q.Value = ByICPNumber, r.ICPNumber
	}
	if err := checkID("Query", q.Value); err != nil {
		return nil, Query{}, err
	}
	// What shows as one of these is recorded as it.
	if r.State == StateUnbound || r.State == StateFiling || r.State == StateFiled {
		q.State = r.State
	}
	return &call{actor: r.Actor, operator: operator, at: now, set: set, book: e.opt.Rules, all: all}, q, nil
}

// facts asks for today's facts about an instance.
func (r *ListRequest) facts(id InstanceID) (Instance, error) {
	if r.Facts == nil || id == "" {
		return Instance{}, nil
	}
	var today Instance
	if err := guard("Facts", func() error { today = r.Facts(id); return nil }); err != nil {
		return today, err
	}
	if err := today.settle("Facts", id); err != nil {
		return today, err
	}
	return today, today.normalize()
}

// pages goes through all pages of a query.
func (e *Engine) pages(ctx context.Context, q Query) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		q.Limit = pageSize
		for {
			page, err := e.store.List(ctx, q)
			if err != nil {
				yield(Record{}, fmt.Errorf("icpcode: list: %w", err))
				return
			}
			for _, r := range page.Records {
				if !yield(r, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			if page.Next == q.After {
				yield(Record{}, fmt.Errorf("icpcode: list: the store returned the cursor that it was given"))
				return
			}
			q.After = page.Next
		}
	}
}

// History lists what happened to a code, as the actor may see it: the owner
// every event, without what a grantee's filings say; the grantee what happened
// from the grant on; an operator everything. Request IDs show only of the
// viewer's own requests, and operators as "operator". An error ends the list;
// to a stranger it is [ErrNoCode].
func (e *Engine) History(ctx context.Context, actor AccountID, code Code) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		rec, roles, _, err := e.lookup(ctx, actor, code)
		if err != nil {
			yield(Event{}, err)
			return
		}
		q := EventQuery{Code: code, Limit: pageSize}
		granted := false
		for {
			events, err := e.store.Events(ctx, q)
			if err != nil {
				yield(Event{}, fmt.Errorf("icpcode: events: %w", err))
				return
			}
			for _, ev := range events {
				granted = granted || ev.Grantee != ""
				q.After = ev.Seq
				shown, ok := ev.view(rec, roles, granted)
				if ok && !yield(shown, nil) {
					return
				}
			}
			if len(events) == 0 {
				return // a shorter page may have another after it
			}
		}
	}
}

// asOperator stands for staff and systems of the provider in a history that a
// customer sees.
const asOperator AccountID = "operator"

// view returns the event as an actor with the given roles may see it, and
// whether at all.
func (e Event) view(rec *Record, roles Role, granted bool) (Event, bool) {
	if roles&RoleOperator != 0 {
		return e, true
	}
	if roles&RoleOwner == 0 {
		if !granted {
			return e, false
		}
		e.Paid, e.Refund, e.Remark = Money{}, Money{}, ""
		e.Assumed, e.ContractQuota = 0, 0
	}
	if roles&RoleHolder == 0 && granted {
		e.Filing = nil
	}
	if roles&RoleOwner == 0 && e.Action == ActionCloseRefund && e.To == StateRefunded {
		e.To = StateInvalid // LIF-VIEW, as the record shows
	}
	own := e.Actor == rec.Owner && roles&RoleOwner != 0 || e.Actor == rec.Grantee && roles&RoleGrantee != 0
	if !own {
		e.RequestID = ""
	}
	if !own && !e.Action.tells(roles) {
		e.Reason = ""
	}
	if e.Actor != rec.Owner && e.Actor != rec.Grantee {
		e.Actor = asOperator
	}
	return e, true
}

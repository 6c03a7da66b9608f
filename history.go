package icpcode

import (
	"context"
	"iter"
)

// History lists what happened to a code, as the actor may see it: the owner
// every event, without what a grantee's filings say; the grantee what happened
// from the grant on; an operator everything. Request IDs show only of the
// viewer's own requests, and operators as "operator". Where a history was
// purged it begins with what came after. An error ends the list; to a stranger
// it is [ErrNoCode].
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
				yield(Event{}, unavailable(ctx, "events", err))
				return
			}
			for _, ev := range events {
				// Of a code that has a grantee, the grant was purged as well.
				purged := q.After == 0 && ev.Seq > 1 && rec.Grantee != ""
				granted = granted || purged || ev.Grantee != ""
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
		e.Filing, e.Step = nil, e.Step.seen(roles)
	} else {
		e.Step = e.Step.seen(roles | RoleHolder) // nothing was granted: it is its own
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

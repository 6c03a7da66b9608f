package icpcode

import (
	"context"
	"iter"
)

// Review lists those filings that the account's codes carry and that are at
// risk because of what became of the codes' instances (RSK), as Options.Facts
// or ListRequest.Facts says. An operator reviews all accounts in one pass by
// naming none. The findings are the Decision's refusals and advice; a filing
// is listed too if nothing is known about its instance. An error ends the
// list: facts that could not be had are no finding. Filings that are at no risk
// are listed where there is advice: where the instance renews itself before it
// expires, if the balance suffices (RSK-EXPIRING). Those are not refused.
func (e *Engine) Review(ctx context.Context, r ListRequest) iter.Seq2[Assessment, error] {
	return e.all(ctx, reviewed(r))
}

// reviewed is the list of what the account owns, then of what it received.
func reviewed(r ListRequest) *listing {
	return &listing{
		name: "review", r: r, passes: []pass{{ByOwner, isOwner}, {ByGrantee, isGrantee}},
		only: func(rec *Record) bool {
			return rec.State == StateFiling || rec.State == StateFiled && rec.ended() == EndNone
		},
		judge: review, closed: true,
		wanted: func(a *Assessment) bool { return a.Decision.Refused() || a.Decision.Advice != 0 },
	}
}

// review judges one code, and also knows which instances were closed.
func review(l *listing, rec *Record, roles Role, today Instance) Decision {
	if ledger := read[Ledger](&l.view, ledgerKey(rec.InstanceID)); ledger != nil {
		today = ledger.close(today, rec)
	}
	d := l.call.decision(OperationReview)
	d.Case.about(rec, roles, l.call.actor, &today)
	if roles&(RoleHolder|RoleOperator) != 0 {
		d.Case.reviewed(rec.Filing) // nor are its addresses the owner's to know
	}
	l.call.set.decide(&d)
	return d
}

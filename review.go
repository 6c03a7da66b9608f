package icpcode

import (
	"context"
	"iter"
)

// Review lists those filings that the account's codes carry and that are at
// risk because of what became of the codes' instances (RSK). ListRequest.Facts
// says what that is. The findings are the Decision's refusals and advice; a
// filing is listed too if nothing is known about its instance. An error ends
// the list.
func (e *Engine) Review(ctx context.Context, r ListRequest) iter.Seq2[Assessment, error] {
	return e.all(ctx, e.reviewed(ctx, r))
}

// reviewed is the list of what the account owns, then of what it received.
func (e *Engine) reviewed(ctx context.Context, r ListRequest) *listing {
	return &listing{
		name: "review", r: r, passes: []pass{{ByOwner, isOwner}, {ByHolder, isGrantee}}, judge: e.review(ctx),
		wanted: func(a *Assessment) bool { return a.Decision.Refused() },
	}
}

// review judges one code, and also knows which instances were closed.
func (e *Engine) review(ctx context.Context) judgement {
	return func(c *call, rec *Record, roles Role, today Instance) (Decision, error) {
		if rec.State == StateFiling || rec.State == StateFiled {
			var v view
			if err := e.load(ctx, &v, []Key{ledgerKey(rec.InstanceID)}); err != nil {
				return Decision{}, err
			}
			if l := read[Ledger](&v, ledgerKey(rec.InstanceID)); l != nil {
				today = l.close(today, rec)
			}
		}
		d := Decision{Case: c.newCase(OperationReview)}
		d.Case.about(rec, roles, c.actor, &today)
		if roles&(RoleHolder|RoleOperator) != 0 {
			d.Case.reviewed(rec.Filing) // nor are its addresses the owner's to know
		}
		c.set.decide(&d)
		return d, nil
	}
}

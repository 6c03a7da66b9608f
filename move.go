package icpcode

import (
	"context"
	"iter"
)

// PlanMove answers beforehand what moving filings from one instance to another
// needs (RSK-MOVE). It lists the filings that rest on r.InstanceID, as the
// actor may see them, each with a decision on whether the other instance could
// issue the actor a code for the access or change filing, by the facts to
// states about it. Each filing needs a code of its own: Decision.Quota says how
// many are left. Nothing is changed. An error ends the list.
func (e *Engine) PlanMove(ctx context.Context, r ListRequest, to Instance) iter.Seq2[Assessment, error] {
	return func(yield func(Assessment, error) bool) {
		l, err := e.moved(ctx, r, to)
		if err != nil {
			yield(Assessment{}, err)
			return
		}
		e.all(ctx, l)(yield)
	}
}

// PlanMovePage is one page of [Engine.PlanMove], as OwnedPage is of Owned. Its cursor
// is good for the same two instances.
func (e *Engine) PlanMovePage(ctx context.Context, r ListRequest, to Instance) (AssessmentPage, error) {
	l, err := e.moved(ctx, r, to)
	if err != nil {
		return AssessmentPage{}, err
	}
	return e.page(ctx, l)
}

// moved is the list of what rests on an instance, judged by another one.
func (e *Engine) moved(ctx context.Context, r ListRequest, to Instance) (*listing, error) {
	if err := checkID("InstanceID", string(r.InstanceID)); err != nil {
		return nil, err
	}
	if err := checkSubject(&to); err != nil {
		return nil, err
	}
	if to.ID == r.InstanceID {
		return nil, invalid("Instance.ID", "is that of the instance to be left")
	}
	_, set, operator, err := e.ask(ctx, r.Actor)
	if err != nil {
		return nil, err
	}
	c := &call{actor: r.Actor, operator: operator, set: set, book: e.opt.RuleBook}
	var v view
	if err := e.load(ctx, &v, c.ledgerKeys(nil, &to)); err != nil {
		return nil, err
	}
	ledgers := c.readLedgers(&v, &to, 0)
	return &listing{
		name: "move\x00" + string(to.ID), r: r, passes: []pass{{ByOwner, isOwner}, {ByGrantee, isGrantee}},
		only: (*Record).carries, asks: (*Record).lapses,
		judge: func(l *listing, rec *Record, roles Role, _ Instance) Decision {
			d := l.call.decision(OperationPlanMove)
			d.Case.about(rec, roles, l.call.actor, &to)
			ledgers.tell(&d.Case)
			l.call.set.decide(&d)
			return d
		},
	}, nil
}

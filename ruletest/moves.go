package ruletest

import (
	"errors"

	"github.com/icpcode/icpcode"
)

// move asks what a planned move from the instance of a code to another one
// needs (RSK-MOVE). An operator that names no account sees the filings of all.
func (w *world) move(from icpcode.InstanceID, account icpcode.AccountID, to icpcode.Instance) {
	m, now := w.model, micro(w.now)
	if from == "" || to.ID == "" {
		return
	}
	r := icpcode.ListRequest{Actor: account, InstanceID: from, Facts: each(w.todays)}
	if from == to.ID {
		for a, err := range w.eng.PlanMove(w.ctx, r, to) {
			if !errors.Is(err, icpcode.ErrInvalid) {
				w.fail(nil, "a move from an instance to itself answers %+v, %v", a.Record, err)
			}
		}
		return
	}
	want := map[icpcode.Code]icpcode.Record{}
	for _, c := range m.order {
		rec := m.codes[c]
		if rec.InstanceID == from && rests(rec) && m.visible(c, account) != nil {
			today := w.todays(from)
			want[c] = m.seen(rec, account, &today, now)
		}
	}
	set := m.inForce(now)
	var a answer
	m.judgeInstance(&a, &op{actor: account, inst: to}, w.env(), set, 1, elg&^icpcode.MakeRuleIDs(icpcode.ELGBatch, icpcode.ELGAccount))
	a.conclude(set.Assume)
	var listed []icpcode.Assessment
	for got, err := range w.eng.PlanMove(w.ctx, r, to) {
		if err != nil {
			w.Fatalf("%v", err)
		}
		v, ok := want[got.Record.Code]
		if !ok || !sameRecord(&got.Record, &v) {
			w.fail(nil, "a move by %q lists\n%+v, want\n%+v", account, got.Record, v)
		}
		listed = append(listed, got)
		delete(want, got.Record.Code)
		d := &got.Decision
		w.twice(nil, d)
		if !a.says(d) || d.Quota != a.quota || d.Advice != icpcode.MakeRuleIDs(icpcode.RSKMove) || d.Refused() != (a.err != nil) {
			w.fail(nil, "a move by %q to %s is answered%s\nquota %+v, advice %v, want%s\nquota %+v", account, brief(&to), spell(d), d.Quota, d.Advice, spell(a.decision()), a.quota)
		}
		w.seen.mark(canMove, a.err == nil)
		w.seen.mark(cannotMove, a.err != nil)
		w.seen.mark(movedByOperator, account == w.operator)
	}
	if len(want) > 0 {
		w.fail(nil, "a move by %q lacks %d filings, such as %+v", account, len(want), one(want))
	}
	w.movePages(r, to, listed)
}

// moves asks about a move in turn, by each that may and one that may not see
// what rests on an instance.
func (w *world) moves() {
	order := w.model.order
	if len(order) == 0 {
		return
	}
	rec := w.model.codes[order[w.turn%len(order)]]
	for i, c := range order {
		if other := w.model.codes[c]; rests(other) && (i+w.turn)%3 == 0 {
			rec = other
		}
	}
	actor := [...]icpcode.AccountID{rec.Owner, holder(rec), w.operator, w.everyone[w.turn%len(w.everyone)]}[w.turn%4]
	to := w.servers[w.turn%len(w.servers)]
	for _, s := range w.servers { // mostly one of the actor's own
		if s.owner == actor && w.turn%3 > 0 {
			to = s
		}
	}
	w.move(rec.InstanceID, actor, w.troubled(to.id))
}

package ruletest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// look reads something through the engine after each step, in turn: the
// quotas of grants, the lists, and one code as everybody sees it.
func (w *world) look() {
	if w.model.inForce(micro(w.now)) == nil {
		return
	}
	account := w.everyone[w.turn%len(w.everyone)]
	w.quotas(account)
	w.list(account)
	w.review(account)
	if w.turn%3 == 0 {
		w.moves()
	}
	if len(w.model.order) > 0 {
		w.lookup(w.model.order[w.turn%len(w.model.order)])
	}
}

// quotas checks the report of an account on its grants.
func (w *world) quotas(account icpcode.AccountID) {
	got, err := w.eng.GrantQuota(w.ctx, account)
	if err != nil {
		w.Fatalf("%v", err)
	}
	set, y := w.model.inForce(micro(w.now)), year(micro(w.now))
	out, in := w.model.partners[partnersOf{false, account, y}], w.model.partners[partnersOf{true, account, y}]
	if got.Year != y || !got.Resets.Equal(newYear(y+1)) ||
		got.Out != (icpcode.Quota{Used: len(out), Limit: set.Grant.MaxGrantees}) ||
		got.In != (icpcode.Quota{Used: len(in), Limit: set.Grant.MaxGranters}) {
		w.fail(nil, "%q is told %+v; its grantees are %q, its granters %q", account, got, out, in)
	}
}

// list checks one of the lists of an account.
func (w *world) list(account icpcode.AccountID) {
	m, now := w.model, micro(w.now)
	set := m.inForce(now)
	if w.turn%11 > 8 {
		account = w.inReview(account)
	}
	r := icpcode.ListRequest{Actor: account, Account: account, Facts: each(w.todays), Newest: w.turn%4 < 2}
	if w.turn%5 == 0 {
		r.Actor = w.operator
	}
	switch w.turn % 11 {
	case 1, 2, 3, 4, 5, 6:
		r.State = icpcode.State(w.turn % 11)
	case 7:
		r.InstanceID = w.servers[w.turn%len(w.servers)].id
	case 8:
		r.ICPNumber = w.numbers[0]
	case 9:
		r.Stage = icpcode.Stage(1 + w.turn/11%3)
	case 10:
		r.Rejected = true
		if w.turn%4 == 0 {
			r.Stage = icpcode.StageReview
		}
	}
	reviewed := r.Stage != icpcode.StageNone || r.Rejected
	if reviewed && w.turn%4 > 0 {
		r.Before = now.Add(-time.Duration(w.turn%2) * day)
	}
	// Without one of these all accounts have the codes of other worlds, too.
	all := r.Actor == w.operator && (r.InstanceID != "" || r.ICPNumber != "") && w.turn%2 == 0
	if all {
		r.Account = "" // all accounts
	}
	keep := func(rec *icpcode.Record, kind int) (icpcode.Record, bool) {
		today := w.todays(rec.InstanceID)
		v := m.seen(rec, r.Actor, &today, now)
		mine := [...]bool{rec.Owner == account || all, rec.Grantee == account || all && rec.Grantee != "", holder(rec) == account || all}[kind]
		return v, mine && (r.State == icpcode.StateNone || v.State == r.State) &&
			(r.InstanceID == "" || rec.InstanceID == r.InstanceID) &&
			(r.ICPNumber == "" || v.Filing != nil && v.Filing.ICPNumber == r.ICPNumber) && (!reviewed || w.reviewed(&r, v.Progress))
	}
	kind := w.turn % 3
	want := map[icpcode.Code]icpcode.Record{}
	for _, c := range m.order {
		if v, ok := keep(m.codes[c], kind); ok {
			want[c] = v
		}
	}
	var shown []icpcode.Record
	check := func(got *icpcode.Record) {
		shown = append(shown, *got)
		v, ok := want[got.Code]
		if !ok || !sameRecord(got, &v) {
			w.fail(nil, "list %d of %q for %q, %+v, has\n%+v, want\n%+v", kind, account, r.Actor, r.State, *got, v)
		}
		delete(want, got.Code)
	}
	if kind < 2 {
		lists := [...]func() iter.Seq2[icpcode.Record, error]{
			func() iter.Seq2[icpcode.Record, error] { return w.eng.Owned(w.ctx, r) },
			func() iter.Seq2[icpcode.Record, error] { return w.eng.Received(w.ctx, r) },
		}
		for rec, err := range lists[kind]() {
			if err != nil {
				w.Fatalf("%v", err)
			}
			check(&rec)
		}
	} else {
		for a, err := range w.eng.Pick(w.ctx, r) {
			if err != nil {
				w.Fatalf("%v", err)
			}
			check(&a.Record)
			w.twice(nil, &a.Decision)
			rec := m.codes[a.Record.Code]
			today := w.todays(rec.InstanceID)
			w.dies(nil, &a.Decision, rec, r.Actor, &today)
			var v verdict
			m.judgeUse(&v, rec, r.Actor, &today, now, set)
			if rec.State == icpcode.StateAvailable {
				v.judgeStated(rec, &today, now, set)
			}
			if a.Decision.Fail != v.fail || a.Decision.Advice != v.advice || a.Decision.Unknown != 0 || a.Decision.Refused() != (v.fail != 0) {
				w.fail(nil, "to file with a %v code %q is refused by %v with the advice %v, want %v, %v", rec.State, r.Actor, a.Decision.Fail, a.Decision.Advice, v.fail, v.advice)
			}
		}
	}
	w.pages(kind, r, shown)
	if len(want) > 0 {
		w.fail(nil, "list %d of %q for %q, %v, lacks %d codes, such as %+v", kind, account, r.Actor, r.State, len(want), one(want))
	}
}

// inReview returns, mostly, an account with a filing of which something was told.
func (w *world) inReview(account icpcode.AccountID) icpcode.AccountID {
	for i, c := range w.model.order {
		if r := w.model.codes[c]; r.State == icpcode.StateFiling && r.Progress != nil && (i+w.turn)%4 > 0 {
			account = holder(r)
		}
	}
	return account
}

// reviewed reports whether a filing is in the stage that is asked for, or was
// sent back, since before the instant that is asked for.
func (w *world) reviewed(r *icpcode.ListRequest, p *icpcode.Progress) bool {
	if p == nil || r.Stage != icpcode.StageNone && p.Stage != r.Stage || r.Rejected && p.Rejection == "" {
		return false
	}
	young := r.Stage != icpcode.StageNone && !p.Staged.Before(r.Before) || r.Rejected && !p.Rejected.Before(r.Before)
	if !r.Before.IsZero() && young {
		w.seen.mark(tooYoung, true)
		return false
	}
	w.seen.mark(listedStage, r.Stage != icpcode.StageNone)
	w.seen.mark(listedRejected, r.Rejected)
	w.seen.mark(listedOld, !r.Before.IsZero())
	return true
}

// pages checks that the pages of a list have what the whole list has, in its
// order, and that the order is the one that was asked for.
func (w *world) pages(kind int, r icpcode.ListRequest, want []icpcode.Record) {
	if r.Newest && !slices.IsSortedFunc(want, func(a, b icpcode.Record) int { return b.Issued.Compare(a.Issued) }) {
		w.fail(nil, "list %d of %q is not in the order of issue", kind, r.Actor)
	}
	r.Limit = 1 + w.turn%7
	var got []icpcode.Record
	for next := true; next; next = r.After != "" {
		var p icpcode.Page
		var err error
		switch kind {
		case 0:
			p, err = w.eng.OwnedPage(w.ctx, r)
		case 1:
			p, err = w.eng.ReceivedPage(w.ctx, r)
		default:
			var a icpcode.AssessmentPage
			a, err = w.eng.PickPage(w.ctx, r)
			p.Next = a.Next
			for i := range a.Assessments {
				p.Records = append(p.Records, a.Assessments[i].Record)
			}
		}
		if err != nil {
			w.Fatalf("%v", err)
		}
		if len(p.Records) > r.Limit {
			w.fail(nil, "a page of list %d of %q has %d codes, want %d at most", kind, r.Actor, len(p.Records), r.Limit)
		}
		got = append(got, p.Records...)
		r.After = p.Next
	}
	if !slices.EqualFunc(got, want, func(a, b icpcode.Record) bool { return sameRecord(&a, &b) }) {
		w.fail(nil, "list %d of %q has %d codes by page of %d, and %d as a whole, or others", kind, r.Actor, len(got), r.Limit, len(want))
	}
}

func one(records map[icpcode.Code]icpcode.Record) icpcode.Record {
	var least icpcode.Record
	for c, r := range records {
		if least.Code.IsZero() || c.Compare(least.Code) < 0 {
			least = r
		}
	}
	return least
}

// todays returns what is known of an instance today.
func (w *world) todays(id icpcode.InstanceID) icpcode.Instance {
	s := w.byID[id]
	if s == nil {
		return icpcode.Instance{}
	}
	return s.today(w.model, micro(w.now))
}

// lookup checks what everybody sees of a code, and of its history.
func (w *world) lookup(c icpcode.Code) {
	m, now := w.model, micro(w.now)
	rec := m.codes[c]
	today := w.todays(rec.InstanceID)
	viewer := [...]icpcode.AccountID{rec.Owner, holder(rec), w.operator, w.everyone[w.turn%len(w.everyone)]}[w.turn%4]
	visible := m.visible(c, viewer) != nil
	got, err := w.eng.Lookup(w.ctx, viewer, c, today)
	if !visible {
		if !errors.Is(err, icpcode.ErrNoCode) {
			w.fail(nil, "to the stranger %q a code of %q shows %+v, %v", viewer, rec.Owner, got, err)
		}
		w.history(c, viewer, visible)
		return
	}
	if cause, remedy := w.why(rec, viewer, &today); err == nil {
		if said, does := got.Why(icpcode.English, viewer, today); said != cause || does != remedy {
			w.fail(nil, "why a code is dead is said to %q as %q, %q, want %q, %q (LIF-VIEW)", viewer, said, does, cause, remedy)
		}
	}
	if v := m.seen(rec, viewer, &today, now); err != nil || !sameRecord(&got, &v) {
		w.fail(nil, "to %q a code shows\n%+v (%v), want\n%+v", viewer, got, err, v)
	}
	w.history(c, viewer, visible)
}

// history checks which events of a code a viewer is shown, and what of them.
func (w *world) history(c icpcode.Code, viewer icpcode.AccountID, visible bool) {
	rec := w.model.codes[c]
	events, err := w.store.Events(w.ctx, icpcode.EventQuery{Code: c, Limit: 1000})
	if err != nil {
		w.Fatalf("%v", err)
	}
	want := events
	if viewer != w.operator {
		want = nil
		granted := false
		for _, e := range events {
			granted = granted || e.Grantee != ""
			if v, ok := shown(e, rec, viewer, granted); ok {
				want = append(want, v)
			}
		}
	}
	n := 0
	for e, err := range w.eng.History(w.ctx, viewer, c) {
		if err != nil {
			if visible || !errors.Is(err, icpcode.ErrNoCode) {
				w.fail(nil, "the history of a code is %v to %q", err, viewer)
			}
			return
		}
		if n >= len(want) || !sameEvent(&e, &want[n]) {
			w.fail(nil, "of the events of a code %q sees as number %d\n%+v, want\n%+v", viewer, n, e, want)
		}
		n++
	}
	if n != len(want) || !visible {
		w.fail(nil, "%q sees %d events of a code, want %d", viewer, n, len(want))
	}
}

// shown returns an event as the owner or grantee may see it: the grantee what
// happened from the grant on, without the owner's money and remarks; the owner
// not what a grantee's filing says. Neither sees who the operators are, nor the
// request IDs of others.
func shown(e icpcode.Event, rec *icpcode.Record, viewer icpcode.AccountID, granted bool) (icpcode.Event, bool) {
	mine := viewer == rec.Owner
	if !mine && !(granted && viewer == rec.Grantee) {
		return e, false
	}
	if !mine {
		e.Paid, e.Refund, e.Remark, e.Assumed, e.ContractQuota = icpcode.Money{}, icpcode.Money{}, "", 0, 0
	}
	own := !granted || viewer == rec.Grantee
	if !own {
		e.Filing = nil
	}
	e.Step = stepped(e.Step, own)
	if e.Actor != viewer {
		e.RequestID = ""
		if private(e.Action, viewer == holder(rec), mine) {
			e.Reason = ""
		}
	}
	if !mine && e.Action == icpcode.ActionCloseRefund && e.To == icpcode.StateRefunded {
		e.To = icpcode.StateInvalid
	}
	if e.Actor != rec.Owner && e.Actor != rec.Grantee {
		e.Actor = "operator"
	}
	return e, true
}

// each makes a hook for facts of a function that knows one instance at a time.
func each(one func(icpcode.InstanceID) icpcode.Instance) func(context.Context, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	return func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
		known := make(map[icpcode.InstanceID]icpcode.Instance, len(ids))
		for _, id := range ids {
			known[id] = one(id)
		}
		return known, nil
	}
}

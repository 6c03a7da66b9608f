package ruletest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/icpcode/icpcode"
)

// errHook is how a phone hook fails that is no refusal.
var errHook = errors.New("ruletest: no signal")

// steps makes things happen one after the other, and checks all that must
// hold of each.
func (w *world) steps(todos []todo) {
	for i := range todos {
		t := &todos[i]
		if t.op == nil {
			t.change(w)
			continue
		}
		w.try(t.op, t.fault, t.times)
		w.turn++
		w.look()
		if w.turn%16 == 0 {
			w.audit()
		}
	}
}

// outcome adjusts what the rules say by what the phone will say.
func (a answer) outcome(p phone) answer {
	if a.err != nil || !a.phone || p == phoneYes {
		return a
	}
	if p == phoneNo {
		a.err = icpcode.ErrRefused
		a.say(icpcode.GRTFirst, icpcode.No)
		return a
	}
	a.err = icpcode.ErrHook
	return a
}

// try does an operation, first as a dry run, and compares it with the model.
func (w *world) try(o *op, f fault, times int) {
	e := w.env()
	rules := w.model.decide(o, e)
	a := rules.outcome(o.phone)
	commits := a.err == nil && !a.replay
	if o.kind == opApprove && !commits && f == badLoad {
		f, times = noFault, 0 // it loads twice, and its receipt the second time
	}
	if !commits && f != badLoad || rules.early {
		f, times = noFault, 0
	}

	w.rehearse(o, &rules)

	w.tap.arm(f, times)
	w.reads, w.asks, w.heard, w.phone = 0, 0, w.heard[:0], o.phone
	res, err := o.do(w.ctx, w.eng)
	w.Logf("      %v", told{w.model, res, err})
	w.seen.count(o, &a, f, micro(w.now))
	if w.tap.fired != w.tap.times {
		w.Fatalf("of %d injected faults %d fired", w.tap.times, w.tap.fired)
	}
	if want := clockReads(o); w.reads != want {
		w.fail(o, "the clock is read once per operation: it was read %d times", w.reads)
	}
	if f == badLoad {
		if !errors.Is(err, errLost) || errors.Is(err, icpcode.ErrRefused) {
			w.fail(o, "the store could not be read, and the answer is %v", err)
		}
		w.unchanged(o)
		return
	}
	asks := 0
	if rules.err == nil && rules.phone && !rules.replay {
		asks = 1
	}
	if w.asks != asks {
		w.fail(o, "the phone must be asked %d times, and was %d times", asks, w.asks)
	}
	if f == lostAnswer || f == lostCommit {
		w.unknown(o, res, err, f, &a)
		return
	}
	w.expect(o, &a, res, err, "")
	w.explained(o, &a, res)
	if w.asks > 0 {
		want := icpcode.Verification{Granter: o.actor, Grantee: o.to, Proof: o.proof, RequestID: w.asked.RequestID}
		if w.asked != want || o.id != "" && w.asked.RequestID != o.id {
			w.fail(o, "the phone hook was asked about %+v", w.asked)
		}
	}
	if !commits {
		w.unchanged(o)
		return
	}
	w.changed(o, e, res, true)
}

// told prints an answer; only a failing sequence does.
type told struct {
	model *model
	res   icpcode.Result
	err   error
}

func (t told) String() string {
	if t.err != nil {
		return fmt.Sprintf("-> %v", t.err)
	}
	codes, drawn := make([]int, len(t.res.Codes)), len(t.model.order)
	for i, c := range t.res.Codes {
		codes[i] = slices.Index(t.model.order, c)
		if codes[i] < 0 {
			codes[i] = drawn
			drawn++
		}
	}
	return fmt.Sprintf("-> %v code#%v", t.res.State, codes)
}

func clockReads(o *op) int {
	if o.invalid != "" {
		return 0
	}
	return 1
}

// unknown checks that a request whose commit has an unknown outcome says so,
// and that the same request again takes effect exactly once.
func (w *world) unknown(o *op, res icpcode.Result, err error, f fault, a *answer) {
	var lost *icpcode.UnknownOutcomeError
	if !errors.As(err, &lost) || !errors.Is(err, errLost) || lost.RequestID == "" || o.id != "" && lost.RequestID != o.id {
		w.fail(o, "the outcome of the commit is unknown, and the answer is %v, %v", res, err)
	}
	if len(w.heard) > 0 {
		w.fail(o, "the observer heard of a commit whose outcome is unknown")
	}
	again := o.as(lost.RequestID)
	if f == lostCommit {
		w.unchanged(o)
		w.try(again, noFault, 0)
		return
	}
	w.asks = 0
	res, err = again.do(w.ctx, w.eng)
	if err != nil || !res.Replayed || w.asks > 0 || len(w.heard) > 0 {
		w.fail(o, "the request had succeeded; again it answers %+v, %v, asking the phone %d times", res, err, w.asks)
	}
	res.Replayed = false
	e := w.env()
	w.expect(again, a, res, nil, "")
	w.changed(again, e, res, false)
}

// rehearse makes the dry run and checks that it answers as the real run will,
// and changes nothing.
func (w *world) rehearse(o *op, rules *answer) {
	w.tap.arm(noFault, 0)
	w.asks, w.heard = 0, w.heard[:0]
	a := *rules
	a.drawn = 0
	drawn := o.kind == opIssue || o.kind == opAuto || o.kind == opBuy
	res, err := o.do(w.ctx, w.dry)
	if a.err == nil && o.id == "" && res.RequestID == "" {
		res.RequestID = "none is drawn"
	}
	w.expect(o, &a, res, err, "dry run: ")
	if a.err == nil && res.PhoneNeeded != (a.phone && !a.replay) {
		w.fail(o, "the dry run says that the phone is needed: %v", res.PhoneNeeded)
	}
	if a.err == nil && drawn && !a.replay && len(res.Codes) > 0 {
		w.fail(o, "the dry run shows codes")
	}
	w.verifies(o, &a, res)
	if w.asks > 0 || len(w.heard) > 0 || w.tap.commits > 0 {
		w.fail(o, "the dry run asked the phone %d times, told the observer of %d events and committed %d times", w.asks, len(w.heard), w.tap.commits)
	}
}

// verifies checks what a dry run says beforehand (GRT-VERIFY).
func (w *world) verifies(o *op, a *answer, res icpcode.Result) {
	d := res.Decision
	if a.err != nil || a.replay {
		if d != nil {
			w.fail(o, "the dry run has a decision, and nothing was decided or refused: %+v", *d)
		}
		return
	}
	if d == nil || d.Refused() {
		w.fail(o, "the dry run says nothing of its decision, or refuses: %+v", d)
		return
	}
	w.twice(o, d)
	w.explained(o, a, res)
	if o.kind != opIssue {
		return // the model knows of others what refuses, not what passed
	}
	if !a.says(d) {
		w.fail(o, "the dry run answers%s, want%s", spell(d), spell(a.decision()))
	}
	if d.Quota != a.quota {
		w.fail(o, "the dry run shows the quota %+v, want %+v", d.Quota, a.quota)
	}
	if d.PhoneNeeded != a.phone {
		w.fail(o, "the dry run's decision says that the phone is needed: %v", d.PhoneNeeded)
	}
}

// explained checks that what advises can be said in words, but of a request
// that was done before.
func (w *world) explained(o *op, a *answer, res icpcode.Result) {
	if a.err != nil || a.replay || a.res.Advice == 0 {
		return
	}
	if d := res.Decision; d == nil || d.Refused() || d.Advice != a.res.Advice {
		w.fail(o, "it advises %v, and the decision is %+v", a.res.Advice, d)
	}
}

// unchanged checks that an operation changed nothing.
func (w *world) unchanged(o *op) {
	if len(w.tap.written) > 0 || len(w.heard) > 0 {
		w.fail(o, "it did nothing, yet wrote %d documents and told the observer of %d events", len(w.tap.written), len(w.heard))
	}
	y := year(micro(w.now))
	keys := []icpcode.Key{
		{Kind: icpcode.KindGrantees, A: string(o.actor), Year: y}, {Kind: icpcode.KindGranters, A: string(o.to), Year: y},
	}
	if !o.code.IsZero() {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindRecord, Code: o.code})
	}
	for _, c := range o.codes {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindRecord, Code: c})
	}
	if o.inst.ID != "" {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindLedger, A: string(o.inst.ID)})
	}
	if o.id != "" {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindReceipt, A: string(o.actor), B: o.id})
	}
	w.compare(o, keys)
}

// changed lets the model do what the engine did, and checks that both wrote
// the same, that no quota or cap was exceeded, and that the observer was told.
func (w *world) changed(o *op, e *env, res icpcode.Result, told bool) {
	before := make(map[icpcode.Code]uint64)
	for c, r := range w.model.codes {
		before[c] = r.Version
	}
	w.within(o, e, len(res.Codes))
	w.model.apply(o, e, res)
	w.cash(o, res)
	written := slices.Clone(w.tap.written)
	slices.SortFunc(written, icpcode.Key.Compare)
	touched := slices.Clone(w.model.touched)
	slices.SortFunc(touched, icpcode.Key.Compare)
	if !slices.Equal(written, touched) {
		w.fail(o, "it wrote %+v, want %+v", written, touched)
	}
	w.compare(o, touched)
	if !slices.Contains(w.used, res.RequestID) {
		w.used = append(w.used, res.RequestID)
	}
	w.done = append(w.done, o.as(res.RequestID))
	if o.kind == opImport && w.imports[o.code] == nil {
		w.imports[o.code] = o.imp
	}
	n := 0
	for c, acts := range w.model.acts {
		n += len(acts)
		w.happened(o, c, before[c], acts, res.RequestID, told)
	}
	if told && n != len(w.heard) {
		w.fail(o, "the observer was told of %d events, want %d", len(w.heard), n)
	}
}

// happened checks the new events of a code.
func (w *world) happened(o *op, c icpcode.Code, after uint64, acts []icpcode.Action, id string, told bool) {
	events, err := w.store.Events(w.ctx, icpcode.EventQuery{Code: c, After: after, Limit: 1000})
	if err != nil {
		w.Fatalf("%v", err)
	}
	var heard []icpcode.Event
	for _, ev := range w.heard {
		if ev.Code == c {
			heard = append(heard, ev)
		}
	}
	if len(events) != len(acts) || told && len(heard) != len(events) {
		w.fail(o, "%d events were stored and %d heard of %v, want %v", len(events), len(heard), c, acts)
	}
	set := w.model.inForce(micro(w.now))
	for i := range events {
		ev := &events[i]
		if told && !sameEvent(ev, &heard[i]) {
			w.fail(o, "the observer heard %+v, stored is %+v", heard[i], *ev)
		}
		if ev.Action != acts[i] || ev.Seq != after+uint64(i)+1 || ev.Actor != o.actor || ev.RequestID != id ||
			!ev.At.Equal(micro(w.now)) || ev.RuleSetVersion != set.Version {
			w.fail(o, "event %d of %v is %+v", i, c, *ev)
		}
	}
}

// within checks that the engine adds to no quota above its limit and to no
// cap, whatever else it may say. It runs before the model takes the operation
// in.
func (w *world) within(o *op, e *env, n int) {
	set := w.model.inForce(e.now)
	usesQuota := o.kind == opIssue || o.kind == opAuto || o.kind == opBind && set.Life.PaidUsesQuota
	if usesQuota {
		f := facts{set: set, inst: &o.inst}
		used, _ := w.model.count(o, set)
		if used < 0 || used+n > f.limit() {
			w.fail(o, "the quota of %d was exceeded: %d were issued, and %d more (ELG-QUOTA)", f.limit(), used, n)
		}
		w.seen.mark(quotaUsedUp, used+n == f.limit())
	}
	if o.to == "" {
		return
	}
	y := year(e.now)
	for _, side := range []struct {
		of    partnersOf
		other icpcode.AccountID
		limit int
	}{
		{partnersOf{false, o.actor, y}, o.to, set.Grant.MaxGrantees}, {partnersOf{true, o.to, y}, o.actor, set.Grant.MaxGranters},
	} {
		known := w.model.partners[side.of]
		if side.limit == icpcode.NoLimit || slices.Contains(known, side.other) {
			continue
		}
		if len(known) >= side.limit {
			w.fail(o, "the cap of %d partners was exceeded: there were %d (GRT-OUT, GRT-IN)", side.limit, len(known))
		}
		w.seen.mark(capReached, len(known)+1 == side.limit)
	}
}

// cash follows the money (PAY-EXACT).
func (w *world) cash(o *op, res icpcode.Result) {
	switch o.kind {
	case opBuy:
		w.cashIn[res.Money.Currency] += fen(res.Money)
	case opRefund:
		w.paid[res.Money.Currency] += fen(res.Money)
	case opImport:
		if w.model.acts[o.code] != nil {
			w.cashIn[o.imp.Paid.Currency] += fen(o.imp.Paid)
			if o.imp.State == icpcode.StateRefunded {
				w.paid[o.imp.Paid.Currency] += fen(o.imp.Paid)
			}
		}
	case opClose:
		sums := map[string]int64{}
		for _, c := range res.Codes {
			p := w.model.codes[c].Refunded
			sums[p.Currency] += fen(p)
		}
		delete(sums, "")
		for cur, sum := range sums {
			w.paid[cur] += sum
		}
		w.seen.mark(closedPaid, !res.Money.IsZero())
		w.seen.mark(twoCurrencies, len(sums) > 1)
	}
}

// fen is an amount in hundredths.
func fen(m icpcode.Money) int64 { return m.Amount.Shift(2).IntPart() }

// fail ends the check.
func (w *world) fail(o *op, format string, args ...any) {
	w.Helper()
	for i, a := range args {
		// What holds codes masks them under fmt, where tidy cannot number them.
		if _, masks := a.(fmt.Formatter); masks {
			if text, err := json.Marshal(a); err == nil {
				args[i] = string(text)
			}
		}
	}
	s := fmt.Sprintf(format, args...)
	if o != nil {
		s = fmt.Sprintf("%#v:\n%s", o, s)
	}
	w.Fatalf("%s", w.tidy(fmt.Sprintf("at %v: %s", w.now.In(shanghai), s)))
}

func explain(err error) string {
	var no *icpcode.RefusedError
	if errors.As(err, &no) {
		return fmt.Sprintf("%v (unknown %v, assumed %v)", err, no.Decision.Unknown, no.Decision.Assumed)
	}
	return fmt.Sprint(err)
}

package ruletest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/icpcode/icpcode"
)

// expect compares an answer with that of the model. Run says which run it is
// of, for messages.
func (w *world) expect(o *op, a *answer, res icpcode.Result, err error, run string) {
	if a.err != nil {
		if !errors.Is(err, a.err) {
			w.fail(o, "%sit answers %v, want %v (fail %v, unknown %v)", run, explain(err), a.err, a.fail, a.unknown)
		}
		if res.RequestID != "" || res.Action != icpcode.ActionNone || len(res.Codes) > 0 {
			w.fail(o, "%swith the error %v comes the result %+v", run, err, res)
		}
		if errors.Is(a.err, icpcode.ErrRefused) {
			w.refused(o, a, err, run)
		}
		return
	}
	if err != nil {
		w.fail(o, "%sit answers %v, want success", run, explain(err))
	}
	want := a.res
	if res.Replayed != a.replay {
		w.fail(o, "%sreplayed is %v, want %v", run, res.Replayed, a.replay)
	}
	if res.RequestID == "" || o.id != "" && res.RequestID != o.id {
		w.fail(o, "%sthe result is of request %q", run, res.RequestID)
	}
	if res.Action != want.Action || !res.At.Equal(want.At) || res.State != want.State || res.Quota != want.Quota || !same(res.Money, want.Money) {
		w.fail(o, "%sthe result is %+v, want %+v", run, res, want)
	}
	if res.Advice != want.Advice {
		w.fail(o, "%sthe result advises %v, want %v (FIL-CHECK, RSK-MOVE)", run, res.Advice, want.Advice)
	}
	if !slices.Equal(res.Candidates, want.Candidates) {
		w.fail(o, "%sthe result names %v, want %v", run, res.Candidates, want.Candidates)
	}
	if a.drawn > 0 {
		w.fresh(o, res.Codes, a.drawn)
		return
	}
	if o.kind == opClose {
		if a.replay {
			if !slices.Equal(res.Codes, want.Codes) || !slices.Equal(res.Resting, want.Resting) {
				w.fail(o, "%sthe request again has codes %v, want %v", run, res.Codes, want.Codes)
			}
			return
		}
		res.Codes, want.Codes = slices.Clone(res.Codes), slices.Clone(want.Codes)
		if !sameCodes(res.Resting, want.Resting) {
			w.fail(o, "%sfilings are said to rest on the codes %v, want %v", run, res.Resting, want.Resting)
		}
		slices.SortFunc(res.Codes, icpcode.Code.Compare)
		slices.SortFunc(want.Codes, icpcode.Code.Compare)
	}
	drawn := o.kind == opIssue || o.kind == opAuto || o.kind == opBuy
	if (!drawn || a.replay) && !slices.Equal(res.Codes, want.Codes) {
		w.fail(o, "%sthe result has codes %v, want %v", run, res.Codes, want.Codes)
	}
}

// sameCodes reports whether two lists have the same codes, in any order.
func sameCodes(a, b []icpcode.Code) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.SortFunc(a, icpcode.Code.Compare)
	slices.SortFunc(b, icpcode.Code.Compare)
	return slices.Equal(a, b)
}

// refused compares a refusal with that of the model.
func (w *world) refused(o *op, a *answer, err error, run string) {
	var no *icpcode.RefusedError
	if !errors.As(err, &no) {
		w.fail(o, "%sthe refusal is a %T", run, err)
		return
	}
	d := &no.Decision
	w.twice(o, d)
	if !a.says(d) || !d.Refused() {
		w.fail(o, "%srefused by%s, want%s", run, spell(d), spell(a.decision()))
	}
	if o.kind == opSubmit || o.kind == opResubmit || o.kind == opRelease {
		today := o.inst
		if r := w.model.codes[o.code]; today.ID == "" {
			today.ID = r.InstanceID
		}
		w.dies(o, d, w.model.codes[o.code], o.actor, &today)
	}
	if o.kind != opIssue && o.kind != opAuto && o.kind != opBind {
		return
	}
	if d.Quota != a.quota {
		w.fail(o, "%sthe refusal shows the quota %+v, want %+v", run, d.Quota, a.quota)
	}
	none := a.sells && a.fail.Has(icpcode.ELGQuota) && max(0, a.quota.Used) >= a.quota.Limit && o.kind != opBind
	if d.Advice.Has(icpcode.PAYWhen) != none {
		w.fail(o, "%sthe refusal advises %v", run, d.Advice)
	}
}

// says reports whether a decision answers every rule as the model does.
func (a *answer) says(d *icpcode.Decision) bool {
	return d.Pass == a.pass && d.Fail == a.fail && d.Unknown == a.unknown && d.Assumed == a.assumed
}

func (a *answer) decision() *icpcode.Decision {
	return &icpcode.Decision{Verdict: icpcode.Verdict{Decided: true, Pass: a.pass, Fail: a.fail, Unknown: a.unknown, Assumed: a.assumed}}
}

func spell(d *icpcode.Decision) string {
	return fmt.Sprintf("\npass %v\nfail %v\nunknown %v\nassumed %v", d.Pass, d.Fail, d.Unknown, d.Assumed)
}

// fresh checks codes that were drawn: as many as asked for, twelve digits,
// and none that ever was.
func (w *world) fresh(o *op, codes []icpcode.Code, n int) {
	if len(codes) != n {
		w.fail(o, "%d codes were issued, want %d", len(codes), n)
	}
	for i, c := range codes {
		if s := c.String(); len(s) != 12 || s[0] != '0' {
			w.fail(o, "a code is not twelve digits that begin with 0 (COD-FORMAT)")
		}
		if w.model.codes[c] != nil || slices.Contains(codes[:i], c) {
			w.fail(o, "a code was issued a second time (COD-UNIQUE)")
		}
	}
}

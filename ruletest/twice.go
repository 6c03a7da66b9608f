package ruletest

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// perJSON is of how many decisions one goes through JSON as a whole, with every
// reason in both languages, which costs many times what its case does.
const perJSON = 4

// twice judges the case of a decision again, by the pure function alone, as it
// is read back from JSON: the same set must answer the same. Of one in perJSON
// the whole decision is read back, which must say and write the same.
func (w *world) twice(o *op, d *icpcode.Decision) {
	w.seen.judged[d.Case.Operation]++
	w.judged++
	var c icpcode.Case
	if w.judged%perJSON == 0 {
		w.seen.read++
		c = w.readBack(o, d).Case
	} else if text, err := json.Marshal(d.Case); err != nil {
		w.fail(o, "a case is not written: %v\n%+v", err, d.Case)
	} else if err := json.Unmarshal(text, &c); err != nil {
		w.fail(o, "a case is not read back: %v\n%s", err, text)
	}
	again, err := w.deciding(w.now).Decide(c)
	if err != nil {
		w.fail(o, "a case that was decided cannot be: %v\n%+v", err, c)
		return
	}
	if again.Verdict != d.Verdict || again.Quota != d.Quota || again.PhoneNeeded != d.PhoneNeeded {
		w.fail(o, "a case is decided otherwise by the pure function: %+v, not %+v\n%+v", again.Verdict, d.Verdict, c)
	}
}

// readBack writes a decision as JSON, and reads it.
func (w *world) readBack(o *op, d *icpcode.Decision) icpcode.Decision {
	first, err := json.Marshal(d)
	var back icpcode.Decision
	if err == nil {
		err = json.Unmarshal(first, &back)
	}
	if err != nil {
		w.fail(o, "a decision is not written or not read back: %v\n%s", err, first)
		return back
	}
	if second, err := json.Marshal(back); err != nil || string(second) != string(first) {
		w.fail(o, "a decision is written, read and written as another: %v\n%s\n%s", err, first, second)
	}
	for _, l := range [...]icpcode.Lang{icpcode.English, icpcode.Chinese} {
		if !slices.EqualFunc(slices.Collect(d.Reasons(l)), slices.Collect(back.Reasons(l)), sameReason) {
			w.fail(o, "a decision that was read back gives other reasons:\n%s", first)
		}
	}
	return back
}

// deciding is the set that the engine decides by at t.
func (w *world) deciding(t time.Time) *icpcode.RuleSet {
	book := w.book
	if w.engineBook != nil {
		book = w.engineBook
	}
	if w.ownSets == nil {
		w.ownSets = book.Sets()
	}
	for i, k := range slices.Backward(w.ownSets) {
		if !t.Before(k.Effective) {
			return &w.ownSets[i]
		}
	}
	w.Fatalf("a decision at %v, before the first set", t)
	return nil
}

func sameReason(a, b icpcode.Reason) bool {
	return a.Rule == b.Rule && a.Outcome == b.Outcome && a.Position == b.Position && a.Required == b.Required && a.Found == b.Found &&
		a.Remedy == b.Remedy && slices.Equal(a.Facts, b.Facts) && slices.Equal(a.Citations, b.Citations)
}

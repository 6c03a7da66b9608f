package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/storetest"
)

// begin returns a store that is bound to a transaction over s: it works on a
// copy, which commit puts in the place of what s has.
func (s *mapStore) begin() (tx *mapStore, commit func()) {
	tx = &mapStore{docs: maps.Clone(s.docs), events: maps.Clone(s.events)}
	for c := range tx.events {
		tx.events[c] = slices.Clip(tx.events[c])
	}
	return tx, func() { s.docs, s.events = tx.docs, tx.events }
}

// TestInTx issues and files in one transaction, which is rolled back and then
// done again.
func TestInTx(t *testing.T) {
	w := newWorld(t)
	db := newMapStore().(*mapStore)
	w.store = db
	w.with(func(*icpcode.Options) {})
	i := w.server(theOwner)
	for _, commits := range []bool{false, true} {
		store, commit := db.begin()
		tx := w.eng.InTx(store)
		first := icpcode.IssueRequest{Actor: theOwner, RequestID: "1", Instance: i, Quantity: 2}
		issued := must[icpcode.Result](t)(tx.Issue(w.ctx, first))
		filed := must[icpcode.Result](t)(tx.Submit(w.ctx, icpcode.SubmitRequest{
			Actor: theOwner, RequestID: "2", Code: issued.Codes[0], Filing: w.site()}))
		again := must[icpcode.Result](t)(tx.Issue(w.ctx, first))
		if !again.Replayed || len(again.Events) != 0 || !slices.Equal(again.Codes, issued.Codes) {
			t.Errorf("the same request again in the transaction: %+v", again)
		}
		_, err := tx.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 4})
		refused(t, err, icpcode.ELGQuota)
		if len(w.seen) != 0 || len(db.docs) != 0 {
			t.Errorf("before the caller commits %d events were observed, and the store has %d documents", len(w.seen), len(db.docs))
		}
		told := slices.Concat(issued.Events, filed.Events)
		var actions []icpcode.Action
		for _, e := range told {
			actions = append(actions, e.Action)
		}
		if want := []icpcode.Action{icpcode.ActionIssue, icpcode.ActionIssue, icpcode.ActionSubmit}; !slices.Equal(actions, want) {
			t.Errorf("the results tell %v, want %v", actions, want)
		}
		if !commits {
			continue
		}
		commit()
		w.state(issued.Codes[0], icpcode.StateFiling)
		w.state(issued.Codes[1], icpcode.StateAvailable)
		for _, e := range told {
			events := must[[]icpcode.Event](t)(db.Events(w.ctx, icpcode.EventQuery{Code: e.Code, After: e.Seq - 1, Limit: 1}))
			if diff := cmp.Diff([]icpcode.Event{e}, events, byValue); diff != "" {
				t.Errorf("an event that was told is not the one that is stored: %s", diff)
			}
		}
		// Outside of a transaction nobody needs the events.
		outside := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, RequestID: "3", Instance: i, Quantity: 1}))
		if outside.Events != nil || len(w.seen) != 1 {
			t.Errorf("outside the result tells %d events, and %d were observed", len(outside.Events), len(w.seen))
		}
		if again := must[icpcode.Result](t)(w.eng.Issue(w.ctx, first)); !again.Replayed || again.Events != nil {
			t.Errorf("the same request again, outside: %+v", again)
		}
	}
}

// TestInTxTriesOnce makes each operation meet a conflict: it is not tried
// again, since a transaction reads the same again.
func TestInTxTriesOnce(t *testing.T) {
	for _, o := range changing {
		w := newWorld(t)
		in := newInputs(w)
		seen := len(w.seen)
		faulty := storetest.NewFaulty(w.store, storetest.Fault{Method: storetest.Commit, Call: 1, Effect: storetest.Conflict})
		w.eng = w.eng.InTx(faulty)
		err := o.do(in)
		is(t, err, icpcode.ErrConflict)
		if errors.Is(err, icpcode.ErrUnknownOutcome) || len(faulty.Fired()) != 1 || faulty.Calls(storetest.Commit) != 1 {
			t.Errorf("%s: %v after %d commits", o.name, err, faulty.Calls(storetest.Commit))
		}
		if len(w.seen) != seen {
			t.Errorf("%s was observed", o.name)
		}
		noCodes(t, o.name, err, in.codes...)
	}
}

// TestInTxErrors makes every call of the store fail in turn: the error is the
// store's, and nothing about it is unknown before the caller commits.
func TestInTxErrors(t *testing.T) {
	for _, effect := range []storetest.Effect{storetest.FailBefore, storetest.FailAfter} {
		for _, o := range changing {
			for call := 1; ; call++ {
				w := newWorld(t)
				in := newInputs(w)
				faulty := storetest.NewFaulty(w.store, storetest.Fault{Call: call, Effect: effect})
				w.eng = w.eng.InTx(faulty)
				err := o.do(in)
				if len(faulty.Fired()) == 0 {
					if err != nil || call == 1 {
						t.Errorf("%s: %v, without a fault", o.name, err)
					}
					break
				}
				is(t, err, storetest.ErrInjected)
				if errors.Is(err, icpcode.ErrUnknownOutcome) || errors.Is(err, icpcode.ErrConflict) || faulty.Calls(storetest.Commit) > 1 {
					t.Errorf("%s, call %d, %v: got %v", o.name, call, effect, err)
				}
			}
		}
	}
}

// TestInTxStale lists and reads what does not fit together: outside it would
// be read again, here it is a conflict.
func TestInTxStale(t *testing.T) {
	w := newWorld(t)
	in := newInputs(w)
	must[icpcode.Result](t)(w.eng.Import(w.ctx, in.imported))
	in.closing.InstanceID = in.issue.Instance.ID
	in.repeat("again")
	spy := w.spied()
	listed, read := 0, 0
	spy.list = func(q icpcode.Query, call func(icpcode.Query) (icpcode.Page, error)) (icpcode.Page, error) {
		listed++
		page, err := call(q)
		page.Records = page.Records[1:]
		return page, err
	}
	spy.read = func(icpcode.EventQuery, func(icpcode.EventQuery) ([]icpcode.Event, error)) ([]icpcode.Event, error) {
		read++
		return nil, nil
	}
	tx := w.eng.InTx(spy)
	_, err := tx.CloseInstance(w.ctx, in.closing)
	is(t, err, icpcode.ErrConflict)
	_, err = tx.Import(w.ctx, in.imported)
	is(t, err, icpcode.ErrConflict)
	if listed != 1 || read != 1 || spy.calls("Commit") != 0 {
		t.Errorf("listed %d times, read events %d times, committed %d times", listed, read, spy.calls("Commit"))
	}
}

// TestStaleForEver is the same outside of a transaction: it is listed and read
// again, so often and no more.
func TestStaleForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		in := newInputs(w)
		in.closing.InstanceID = in.issue.Instance.ID
		must[icpcode.Result](t)(w.eng.Issue(w.ctx, in.issue))
		spy := w.spied()
		listed := 0
		spy.list = func(q icpcode.Query, call func(icpcode.Query) (icpcode.Page, error)) (icpcode.Page, error) {
			if listed++; listed > 100 {
				return icpcode.Page{}, errors.New("listed without end")
			}
			page, err := call(q)
			page.Records = page.Records[1:]
			return page, err
		}
		_, err := w.eng.CloseInstance(w.ctx, in.closing)
		is(t, err, icpcode.ErrConflict)
		if listed != 64 || spy.calls("Commit") != 0 {
			t.Errorf("listed %d times, want 64, and committed %d times", listed, spy.calls("Commit"))
		}
	})
}

// TestInTxPhone asks the phone once and outside of the commit.
func TestInTxPhone(t *testing.T) {
	down := errors.New("no signal")
	for _, says := range []error{nil, icpcode.ErrNotVerified, down} {
		w := newWorld(t)
		w.phone = func(icpcode.Verification) error { return says }
		faulty := storetest.NewFaulty(w.store)
		w.eng = w.eng.InTx(faulty)
		res, err := w.grant(theOwner, theGrantee)
		commits := 0
		if says == nil {
			commits = 1
		}
		if w.calls != 1 || faulty.Calls(storetest.Commit) != commits || !errors.Is(err, says) && !errors.Is(err, icpcode.ErrRefused) {
			t.Errorf("the phone says %v: asked %d times, %d commits, %v", says, w.calls, faulty.Calls(storetest.Commit), err)
		}
		if len(res.Events) != 2*commits {
			t.Errorf("the phone says %v: %d events", says, len(res.Events))
		}
	}
}

// TestInTxDry makes dry runs in a transaction, either way round.
func TestInTxDry(t *testing.T) {
	w := newWorld(t)
	i := w.server(theOwner)
	store := memstore.New()
	must[icpcode.Result](t)(w.eng.InTx(store).Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 3}))
	faulty := storetest.NewFaulty(store)
	for name, eng := range map[string]*icpcode.Engine{"dry in tx": w.eng.InTx(faulty).DryRun(), "tx of dry": w.eng.DryRun().InTx(faulty)} {
		res, err := eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 2})
		if err != nil || res.Quota.Used != 5 || res.Events != nil || res.Codes != nil {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
		_, err = eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 3})
		refused(t, err, icpcode.ELGQuota)
	}
	d, err := verify(w.ctx, w.eng.InTx(faulty), icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 3})
	if err != nil || !d.Fail.Has(icpcode.ELGQuota) {
		t.Errorf("Verify in a transaction: %v, %v", d.Fail, err)
	}
	if faulty.Calls(storetest.Commit) != 0 || faulty.Calls(storetest.Load) == 0 {
		t.Errorf("%d commits, %d loads", faulty.Calls(storetest.Commit), faulty.Calls(storetest.Load))
	}
	defer func() {
		if p := recover(); fmt.Sprint(p) != "icpcode: InTx needs a Store" {
			t.Errorf("InTx(nil) panics with %v", p)
		}
	}()
	w.eng.InTx(nil)
}

// TestInTxCancelled ends before the Commit, if the context does.
func TestInTxCancelled(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	ctx, cancel := context.WithCancel(w.ctx)
	spy.load = func(_ context.Context, _ []icpcode.Key, call func() ([]icpcode.Document, error)) ([]icpcode.Document, error) {
		defer cancel()
		return call()
	}
	_, err := w.eng.InTx(spy).Issue(ctx, icpcode.IssueRequest{Actor: theOwner, Instance: w.server(theOwner), Quantity: 1})
	is(t, err, context.Canceled)
	if spy.calls("Load") != 1 || spy.calls("Commit") != 0 {
		t.Errorf("%d loads, %d commits", spy.calls("Load"), spy.calls("Commit"))
	}
}

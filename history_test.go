package icpcode_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// purged is a store that has forgotten the first events of every code.
type purged struct {
	icpcode.Store
	upTo uint64
}

func (s *purged) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	q.After = max(q.After, s.upTo)
	return s.Store.Events(ctx, q)
}

// TestHistoryAfterAPurge: what was purged takes the grant with it, and so the
// only event that tells the owner's filings from the grantee's. What follows
// is the grantee's alone.
func TestHistoryAfterAPurge(t *testing.T) {
	w := newWorld(t)
	own := w.issue(w.server("1001"), 1)[0]
	w.filed("1001", own)
	granted := must[icpcode.Result](t)(w.grant("1001", "2002")).Codes[0]
	w.filed("2002", granted)
	after := func(c icpcode.Code) {
		t.Helper()
		r := w.record(c)
		r.Version++
		e := icpcode.Event{
			Code: c, Seq: r.Version, At: w.now, Action: icpcode.ActionApprove, Actor: ops, RequestID: "later", From: r.State, To: r.State,
			RuleSetVersion: r.RuleSetVersion, Filing: r.Filing, Step: &icpcode.Step{End: icpcode.EndMoved, Successor: own},
		}
		k := icpcode.Key{Kind: icpcode.KindRecord, Code: c}
		if err := w.store.Commit(w.ctx, icpcode.Change{
			Puts:   []icpcode.Put{{Expect: r.Version - 1, Document: icpcode.Document{Key: k, Version: r.Version, Body: &r}}},
			Events: []icpcode.Event{e},
		}); err != nil {
			t.Fatal(err)
		}
		w.eng = icpcode.New(&purged{w.store, r.Version - 1}, &w.opt)
	}
	for _, tt := range []struct {
		code   icpcode.Code
		viewer icpcode.AccountID
		filing bool
	}{
		{own, "1001", true}, {own, ops, true}, {granted, "1001", false}, {granted, "2002", true}, {granted, ops, true},
	} {
		after(tt.code)
		var seen []icpcode.Event
		for e, err := range w.eng.History(w.ctx, tt.viewer, tt.code) {
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, e)
		}
		if len(seen) != 1 {
			t.Fatalf("%s sees %d events after the purge, want 1", tt.viewer, len(seen))
		}
		e := seen[0]
		// That it ended is the owner's to know, too, but not where it went.
		step := icpcode.Step{End: icpcode.EndMoved}
		if tt.viewer == ops {
			step.Successor = own
		}
		if (e.Filing != nil) != tt.filing || e.Step == nil || *e.Step != step {
			t.Errorf("%s sees the filing of the event after the purge: %v, want %v: %+v", tt.viewer, e.Filing != nil, tt.filing, e)
		}
	}
}

// TestViewsOfTheFiling: what later versions record of a filing is its holder's
// and operators' alone, as the filing is.
func TestViewsOfTheFiling(t *testing.T) {
	w := newWorld(t)
	c := must[icpcode.Result](t)(w.grant("1001", "2002")).Codes[0]
	w.filed("2002", c)
	r := w.record(c)
	r.Version++
	r.Progress = &icpcode.Progress{Stage: icpcode.StageSMS, Staged: w.now}
	k := icpcode.Key{Kind: icpcode.KindRecord, Code: c}
	put := icpcode.Put{Expect: r.Version - 1, Document: icpcode.Document{Key: k, Version: r.Version, Body: &r}}
	if err := w.store.Commit(w.ctx, icpcode.Change{Puts: []icpcode.Put{put}}); err != nil {
		t.Fatal(err)
	}
	for viewer, all := range map[icpcode.AccountID]bool{"1001": false, "2002": true, ops: true} {
		got := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, viewer, c, icpcode.Instance{}))
		if (got.Filing != nil) != all || (got.Progress != nil) != all {
			t.Errorf("%s sees filing %v and progress %v, want %v of both", viewer, got.Filing, got.Progress, all)
		}
	}
}

// TestRecordOfAPurgedHistory says that what is missing was purged, not that the
// events are in disorder.
func TestRecordOfAPurgedHistory(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	w.filed("1001", c)
	events, err := w.store.Events(w.ctx, icpcode.EventQuery{Code: c, Limit: 10})
	if err != nil || len(events) != 3 {
		t.Fatal(len(events), err)
	}
	for _, tt := range []struct {
		events []icpcode.Event
		purged bool
	}{{events[1:], true}, {events[2:], true}, {[]icpcode.Event{events[0], events[2]}, false}} {
		_, err := icpcode.RecordOf(tt.events)
		if !errors.Is(err, icpcode.ErrInvalid) || strings.Contains(err.Error(), "purged") != tt.purged {
			t.Errorf("RecordOf: %v, want it to say that events were purged: %v", err, tt.purged)
		}
	}
}

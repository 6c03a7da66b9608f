package sqltest

import (
	"context"
	"hash/fnv"
	"testing"

	"github.com/icpcode/icpcode"
)

// reviewAgrees reviews all filings of a store, after clients raced or the server
// crashed, where every second instance was released: the review finds a filing
// exactly if the documents say that it rests on one of these, or on one that was
// closed, and has not ended. It returns how many it found.
func reviewAgrees(t *testing.T, store icpcode.Store) int {
	t.Helper()
	released := func(id icpcode.InstanceID) bool {
		h := fnv.New32a()
		_, _ = h.Write([]byte(id))
		return h.Sum32()%2 == 0
	}
	eng := newEngine(store)
	all := icpcode.ListRequest{Actor: ops, Facts: func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
		facts := map[icpcode.InstanceID]icpcode.Instance{}
		for _, id := range ids {
			facts[id] = icpcode.Instance{ID: id, Status: icpcode.StatusRunning}
			if released(id) {
				facts[id] = icpcode.Instance{ID: id, Status: icpcode.StatusReleased}
			}
		}
		return facts, nil
	}}
	want := map[icpcode.Code]bool{}
	for rec, err := range eng.Owned(t.Context(), all) {
		if err != nil {
			t.Fatal(err)
		}
		ended := rec.Progress != nil && rec.Progress.End != icpcode.EndNone
		if rec.State != icpcode.StateFiling && (rec.State != icpcode.StateFiled || ended) {
			continue
		}
		docs, err := store.Load(t.Context(), icpcode.Key{Kind: icpcode.KindLedger, A: string(rec.InstanceID)})
		if err != nil {
			t.Fatal(err)
		}
		closed := docs[0].Body.(*icpcode.Ledger).Closed != icpcode.ActionNone
		if closed || released(rec.InstanceID) {
			want[rec.Code] = true
		}
	}
	found := 0
	for a, err := range eng.Review(t.Context(), all) {
		if err != nil {
			t.Fatal(err)
		}
		if !a.Decision.Fail.Has(icpcode.RSKReleased) {
			t.Errorf("the review lists a filing with %v, and nothing is wrong", a.Decision.Fail|a.Decision.Advice)
			continue
		}
		found++
		if !want[a.Record.Code] {
			t.Errorf("the review finds a filing in state %v that is not at risk, or finds it twice: %+v", a.Record.State, a.Record.Progress)
		}
		delete(want, a.Record.Code)
	}
	for range want {
		t.Error("the review does not find a filing that rests on a server which was released")
	}
	return found
}

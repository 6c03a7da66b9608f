package icpcode_test

import (
	"testing"

	"github.com/icpcode/icpcode"
)

// Facts that name no instance are taken for the code's where only that can be
// meant, and facts about another are refused: none are dropped.
func TestFactsAreOfTheCodesInstance(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	c := w.issue(i, 1)[0]
	other := icpcode.Instance{ID: "i-other", Status: icpcode.StatusExpired}
	gone := icpcode.Instance{Status: icpcode.StatusExpired}
	if r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, "1001", c, gone)); r.State != icpcode.StateInvalid {
		t.Errorf("Lookup shows %v", r.State)
	}
	_, err := w.eng.Lookup(w.ctx, "1001", c, other)
	is(t, err, icpcode.ErrInvalid)
	_, err = w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: w.site(), Instance: gone})
	refused(t, err, icpcode.LIFEffective)
	_, err = w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: w.site(), Instance: other})
	is(t, err, icpcode.ErrInvalid)
	for _, facts := range [][]icpcode.Instance{{gone}, {other}, {i, i}} {
		_, err = w.eng.Grant(w.ctx, icpcode.GrantRequest{
			Actor: "1001", Codes: []icpcode.Code{c}, GrantTo: "2002", Certification: icpcode.Enterprise, Instances: facts,
		})
		is(t, err, icpcode.ErrInvalid)
	}
	for facts, want := range map[*icpcode.Instance]icpcode.State{&gone: icpcode.StateInvalid, {}: icpcode.StateAvailable} {
		for r, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: "1001", Facts: func(icpcode.InstanceID) icpcode.Instance { return *facts }}) {
			if err != nil || r.State != want {
				t.Errorf("Owned shows %v, %v, want %v", r.State, err, want)
			}
		}
	}
}

// What was filed and said before a grant is not the grantee's to know.
func TestGrantHidesWhatWasBefore(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	must[icpcode.Result](t)(w.submit("1001", c))
	must[icpcode.Result](t)(w.eng.Release(w.ctx, icpcode.CodeRequest{Actor: "1001", Code: c, Reason: "private"}))
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: []icpcode.Code{c}, GrantTo: "2002", Certification: icpcode.Enterprise}))
	if r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, "2002", c, icpcode.Instance{})); r.Filing != nil || r.Reason != "" {
		t.Errorf("the grantee sees %+v, %q", r.Filing, r.Reason)
	}
}

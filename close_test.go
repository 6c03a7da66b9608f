package icpcode_test

import (
	"testing"

	"github.com/icpcode/icpcode"
)

// TestCloseTellsState closes instances: the result says what state their codes
// have now, if it is the same for all that changed.
func TestCloseTellsState(t *testing.T) {
	for _, tt := range []struct {
		codes, filing int
		refunded      bool
		want          icpcode.State
	}{
		{1, 0, true, icpcode.StateRefunded}, {1, 0, false, icpcode.StateInvalid}, {1, 1, true, icpcode.StateInvalid},
		{3, 0, true, icpcode.StateRefunded}, {3, 3, true, icpcode.StateInvalid}, {3, 1, false, icpcode.StateInvalid},
		{3, 1, true, icpcode.StateNone}, {3, 2, true, icpcode.StateNone}, {0, 0, true, icpcode.StateNone},
	} {
		w := newWorld(t)
		i := w.server(theOwner)
		var codes []icpcode.Code
		if tt.codes > 0 {
			codes = w.issue(i, tt.codes)
		}
		for _, c := range codes[:tt.filing] {
			must[icpcode.Result](t)(w.submit(theOwner, c))
		}
		r := icpcode.CloseRequest{Actor: ops, RequestID: "close", InstanceID: i.ID, Refunded: tt.refunded, Reason: "gone"}
		for _, again := range []bool{false, true} {
			res := must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, r))
			if res.State != tt.want || len(res.Codes) != tt.codes || res.Replayed != again {
				t.Errorf("%d codes, %d in a filing, refunded %v: %v, want %v", tt.codes, tt.filing, tt.refunded, res, tt.want)
			}
		}
		for _, c := range codes {
			if got := w.record(c).State; tt.want != icpcode.StateNone && got != tt.want {
				t.Errorf("the code is %v, and %v was told", got, tt.want)
			}
		}
	}
}

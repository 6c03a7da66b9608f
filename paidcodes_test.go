package icpcode_test

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// bindFaults are what can be wrong with an instance whose quota is used up, as
// far as it can matter to binding.
var bindFaults = []func(*icpcode.IssueRequest){
	func(r *icpcode.IssueRequest) { r.Instance.Status = icpcode.StatusStopped },
	func(r *icpcode.IssueRequest) { r.Instance.Status = icpcode.StatusExpired },
	func(r *icpcode.IssueRequest) { r.Instance.Status = icpcode.StatusUnknown },
	func(r *icpcode.IssueRequest) { r.Instance.Trial = icpcode.Yes },
	func(r *icpcode.IssueRequest) { r.Instance.Trial = icpcode.Unknown },
	func(r *icpcode.IssueRequest) { r.Instance.Billing = icpcode.PayAsYouGo },
	func(r *icpcode.IssueRequest) { r.Instance.TermMonths = 2 },
	func(r *icpcode.IssueRequest) { r.Instance.TermMonths = 0 },
	func(r *icpcode.IssueRequest) { r.Instance.Expires = at(2026, 3, 11, 0, 0, 0) },
	func(r *icpcode.IssueRequest) { r.Instance.Expires = time.Time{} },
	func(r *icpcode.IssueRequest) { r.Instance.Region = "cn-hongkong" },
	func(r *icpcode.IssueRequest) { r.Instance.Region = "" },
	func(r *icpcode.IssueRequest) { r.Instance.PublicIP = icpcode.No },
	func(r *icpcode.IssueRequest) { r.Instance.IPs = []netip.Addr{netip.MustParseAddr("10.0.0.1")} },
	func(r *icpcode.IssueRequest) { r.Instance.IPHeld = icpcode.Yes },
	func(r *icpcode.IssueRequest) { r.Instance.IPHeld = icpcode.Unknown },
	func(r *icpcode.IssueRequest) { r.Instance.Owner = "" },
	func(r *icpcode.IssueRequest) { r.Instance.Provider = "tencent" },
	func(r *icpcode.IssueRequest) { r.Certification = icpcode.Personal },
	func(r *icpcode.IssueRequest) { r.GrantTo = "2002" },
	func(r *icpcode.IssueRequest) { r.Quantity = 30 },
}

// TestPaidCodeBindsWhereAdvised: PAY-WHEN says to bind a paid code to the very
// instance if and only if the dry run of Bind, with the same facts, lets it.
func TestPaidCodeBindsWhereAdvised(t *testing.T) {
	const here = "buy a paid code and bind it to the instance"
	rng := rand.New(rand.NewPCG(15, 2))
	chance := func(n int) bool { return rng.IntN(n) == 0 }
	seen := make(map[[2]bool]int) // whether the advice says so, and whether Bind does it
	closed := 0
	for n := range 1_000 {
		w := newWorld(t)
		usesQuota := chance(3)
		w.rules(func(s *icpcode.RuleSet) { s.Life.PaidUsesQuota = usesQuota })
		i := w.server("1001")
		w.issue(i, 5)
		paid := w.buy("1001", 1)[0]
		if chance(6) {
			must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Reason: "gone"}))
			closed++
		}
		r := icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1, Certification: icpcode.Enterprise}
		if chance(3) {
			r.Assume = icpcode.RuleIDs(rng.Uint64())
		}
		if chance(8) {
			w.now = w.now.AddDate(2, 0, 0) // the instance expires meanwhile
		}
		for range rng.IntN(3) {
			bindFaults[rng.IntN(len(bindFaults))](&r)
		}
		_, err := w.eng.DryRun().Issue(w.ctx, r)
		var no *icpcode.RefusedError
		if !errors.As(err, &no) {
			t.Fatalf("world %d: a used up quota answers %v", n, err)
		}
		_, err = w.eng.DryRun().Bind(w.ctx, icpcode.BindRequest{Actor: "1001", Code: paid, Instance: r.Instance, Assume: r.Assume})
		if err != nil && !errors.Is(err, icpcode.ErrRefused) {
			t.Fatalf("world %d: binding answers %v", n, err)
		}
		binds, advised := err == nil, false
		for reason := range no.Decision.Reasons(icpcode.English) {
			advised = advised || reason.Rule == icpcode.PAYWhen && reason.Remedy == here
		}
		seen[[2]bool{advised, binds}]++
		if advised && !binds || binds && !advised && no.Decision.Advice.Has(icpcode.PAYWhen) {
			t.Errorf("world %d: told to bind it to the instance: %v; binding answers %v%s", n, advised, err, why(err))
		}
	}
	t.Logf("%v, %d closed", seen, closed)
	if seen[[2]bool{true, true}] < 100 || seen[[2]bool{false, false}] < 300 || closed < 50 {
		t.Errorf("%v: too little was seen", seen)
	}
}

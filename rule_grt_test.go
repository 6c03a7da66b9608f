package icpcode_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

func testGRTEnterprise(t *testing.T) {
	w := newWorld(t)
	codes := w.issue(w.server("1001"), 5)
	for n, cert := range []icpcode.Certification{icpcode.Personal, icpcode.SelfEmployed, icpcode.SoleTrader, 0, icpcode.Enterprise} {
		_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[n : n+1], GrantTo: "2002", Certification: cert})
		if cert == icpcode.Enterprise {
			must[int](t)(0, err)
			continue
		}
		if cert == 0 {
			if no := refused(t, err); no.Unknown != icpcode.MakeRuleIDs(icpcode.GRTEnterprise) {
				t.Errorf("unknown are %v", no.Unknown)
			}
			continue
		}
		refused(t, err, icpcode.GRTEnterprise)
	}
	// Until 2024-02-01 00:00 in Beijing anybody granted.
	w.now = at(2024, 1, 31, 23, 59, 59)
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[:1], GrantTo: "2002", Certification: icpcode.Personal}))
	w.now = at(2024, 2, 1, 0, 0, 0)
	_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes[1:2], GrantTo: "2002", Certification: icpcode.Personal})
	refused(t, err, icpcode.GRTEnterprise)
}

func testGRTOut(t *testing.T) {
	w := newWorld(t)
	w.now = at(2026, 12, 31, 23, 59, 59)
	for n := range 10 {
		must[icpcode.Result](t)(w.grant("1001", icpcode.AccountID(fmt.Sprint("t", n))))
	}
	_, err := w.grant("1001", "t10")
	refused(t, err, icpcode.GRTOut)
	w.verifies("1001", "t10", icpcode.GRTOut)
	must[icpcode.Result](t)(w.grant("1001", "t3")) // any number of codes
	w.now = w.now.Add(time.Second)                 // 1 January 00:00 in Beijing, still 31 December in UTC
	if w.now.UTC().Year() != 2026 {
		t.Fatal("the test does not cross the year in Beijing alone")
	}
	must[icpcode.Result](t)(w.grant("1001", "t10"))
	// The plain grant counts in the same way.
	codes := w.issue(w.server("1001"), 1)
	for n := range 9 {
		must[icpcode.Result](t)(w.grant("1001", icpcode.AccountID(fmt.Sprint("u", n))))
	}
	_, err = w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes, GrantTo: "u9", Certification: icpcode.Enterprise})
	refused(t, err, icpcode.GRTOut)
	if q := must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, "1001")); q.Out.Used != 10 || q.Out.Limit != 10 || q.Out.Left() != 0 || q.Year != 2027 || !q.Resets.Equal(at(2028, 1, 1, 0, 0, 0)) {
		t.Errorf("quota %+v", q)
	}
}

// verifies checks what a dry run of a grant fails: these rules and no other.
func (w *world) verifies(from, to icpcode.AccountID, rules ...icpcode.Rule) {
	w.t.Helper()
	_, err := w.eng.DryRun().Issue(w.ctx, icpcode.IssueRequest{
		Actor: from, Instance: w.server(from), Quantity: 1, GrantTo: to, Certification: icpcode.Enterprise,
	})
	if d := refused(w.t, err, rules...); d.Unknown != 0 {
		w.t.Errorf("the dry run does not know %v", d.Unknown)
	}
}

func testGRTIn(t *testing.T) {
	w := newWorld(t)
	w.now = at(2026, 12, 31, 23, 59, 59)
	for n := range 3 {
		must[icpcode.Result](t)(w.grant(icpcode.AccountID(fmt.Sprint("g", n)), "2002"))
	}
	_, err := w.grant("g3", "2002")
	refused(t, err, icpcode.GRTIn)
	w.verifies("g3", "2002", icpcode.GRTIn)
	must[icpcode.Result](t)(w.grant("g1", "2002")) // any number of codes
	w.now = w.now.Add(time.Second)
	must[icpcode.Result](t)(w.grant("g3", "2002"))
	if q := must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, "2002")); q.In.Used != 1 || q.In.Limit != 3 || q.Year != 2027 {
		t.Errorf("quota %+v", q)
	}
}

func testGRTFirst(t *testing.T) {
	w := newWorld(t)
	w.phone = func(v icpcode.Verification) error {
		if v.Granter != "1001" || v.Grantee != "2002" {
			t.Errorf("verifies %+v", v)
		}
		if v.Proof != "834211" {
			return fmt.Errorf("wrong code: %w", icpcode.ErrNotVerified)
		}
		return nil
	}
	i := w.server("1001")
	r := icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1, GrantTo: "2002", Certification: icpcode.Enterprise, Proof: "000000"}
	_, err := w.eng.Issue(w.ctx, r)
	refused(t, err, icpcode.GRTFirst)
	// Not asked when something else refuses.
	bad := r
	bad.Quantity = 6
	_, err = w.eng.Issue(w.ctx, bad)
	refused(t, err, icpcode.ELGQuota)
	if w.calls != 1 {
		t.Errorf("the phone was asked %d times, want once", w.calls)
	}
	r.Proof = "834211"
	must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
	// Never again, not even in a later year.
	w.now = w.now.AddDate(0, 10, 0)
	r.Proof, r.Instance = "", w.server("1001")
	must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
	if w.calls != 2 {
		t.Errorf("the phone was asked %d times, want twice", w.calls)
	}
	// A hook that fails or panics issues nothing, and is no refusal.
	other := w.server("1001")
	r = icpcode.IssueRequest{Actor: "1001", Instance: other, Quantity: 1, GrantTo: "2002", Certification: icpcode.Enterprise}
	r.GrantTo = "2003"
	w.phone = func(icpcode.Verification) error { return io.ErrUnexpectedEOF }
	_, err = w.eng.Issue(w.ctx, r)
	is(t, err, icpcode.ErrHook)
	is(t, err, io.ErrUnexpectedEOF)
	w.phone = func(icpcode.Verification) error { panic("down") }
	_, err = w.eng.Issue(w.ctx, r)
	is(t, err, icpcode.ErrHook)
	w.issue(other, 5)
	// Without a hook first grants are refused.
	w.with(func(o *icpcode.Options) { o.VerifyPhone = nil })
	r.Instance = w.server("1001")
	_, err = w.eng.Issue(w.ctx, r)
	refused(t, err, icpcode.GRTFirst)
}

func testGRTAtomic(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 2, GrantTo: "2002", Certification: icpcode.Enterprise}))
	for _, c := range res.Codes {
		if r := w.record(c); r.Grantee != "2002" || r.Version != 2 || r.State != icpcode.StateAvailable {
			t.Errorf("issued and granted: %+v", r)
		}
	}
	for n := range 3 {
		must[icpcode.Result](t)(w.grant(icpcode.AccountID(fmt.Sprint("g", n)), "3003"))
	}
	seen := len(w.seen)
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 2, GrantTo: "3003", Certification: icpcode.Enterprise})
	refused(t, err, icpcode.GRTIn)
	if len(w.seen) != seen {
		t.Error("a refusal has events")
	}
	w.issue(i, 3) // the failure cost no quota
	// All reasons are given, those of the instance and those of the grant.
	i.Region, i.PublicIP = "cn-hongkong", icpcode.No
	_, err = w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1, GrantTo: "3003", Certification: icpcode.Personal})
	refused(t, err, icpcode.ELGRegion, icpcode.ELGPublicIP, icpcode.ELGQuota, icpcode.ELGAccount, icpcode.GRTEnterprise, icpcode.GRTIn)
	// A batch grant too: one code that cannot be granted refuses all.
	codes := w.issue(w.server("1001"), 3)
	must[icpcode.Result](t)(w.submit("1001", codes[2]))
	_, err = w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes, GrantTo: "2002", Certification: icpcode.Enterprise})
	refused(t, err, icpcode.GRTState)
	if r := w.record(codes[0]); r.Grantee != "" {
		t.Error("a batch was granted in part")
	}
}

func testGRTVerify(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	r := icpcode.IssueRequest{Actor: "1001", RequestID: "r1", Instance: i, Quantity: 2, GrantTo: "2002", Certification: icpcode.Enterprise}
	asked := func() icpcode.Decision { return must[icpcode.Decision](t)(verify(w.ctx, w.eng, r)) }
	if d := asked(); d.Refused() || !d.PhoneNeeded {
		t.Errorf("before the first grant: refused %v, phone %v", d.Refused(), d.PhoneNeeded)
	}
	if w.calls != 0 || len(w.seen) != 0 {
		t.Error("verifying called a hook")
	}
	must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
	r.RequestID = "r2"
	if d := asked(); d.Refused() || d.PhoneNeeded || d.Quota.Used != 2 {
		t.Errorf("after it: refused %v, phone %v, quota %+v", d.Refused(), d.PhoneNeeded, d.Quota)
	}
	if q := must[icpcode.Decision](t)(verify(w.ctx, w.eng, r)).Quota; q.Used != 2 {
		t.Errorf("verifying used quota: %+v", q)
	}
	r.Quantity = 4
	if d := asked(); !d.Refused() || d.Fail != icpcode.MakeRuleIDs(icpcode.ELGQuota) {
		t.Errorf("over the quota: fails %v", d.Fail)
	}
	r.Quantity = 3
	must[icpcode.Result](t)(w.eng.Issue(w.ctx, r)) // nothing was used up by asking
}

func testGRTOnce(t *testing.T) {
	w := newWorld(t)
	codes := w.issue(w.server("1001"), 3)
	grant := func(actor, to icpcode.AccountID, codes ...icpcode.Code) error {
		_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: actor, Codes: codes, GrantTo: to, Certification: icpcode.Enterprise})
		return err
	}
	refused(t, grant("1001", "1001", codes[0]), icpcode.GRTOnce)
	if err := grant("1001", "2002", codes[:2]...); err != nil {
		t.Fatal(err, why(err))
	}
	refused(t, grant("1001", "2003", codes[0]), icpcode.GRTOnce)
	refused(t, grant("1001", "2002", codes[0]), icpcode.GRTOnce)
	refused(t, grant("2002", "2003", codes[0]), icpcode.GRTOnce) // not passed on
	is(t, grant("6666", "2003", codes[0]), icpcode.ErrNoCode)
	is(t, grant("1001", "2003", codes[2], codes[2]), icpcode.ErrInvalid)
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: w.server("1001"), Quantity: 1, GrantTo: "1001", Certification: icpcode.Enterprise})
	refused(t, err, icpcode.GRTOnce)
}

func testGRTState(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	codes := w.issue(i, 4)
	must[icpcode.Result](t)(w.submit("1001", codes[1]))
	w.filed("1001", codes[2])
	must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: codes[3], Reason: "test"}))
	grant := func(c icpcode.Code) error {
		_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: []icpcode.Code{c}, GrantTo: "2002", Certification: icpcode.Enterprise})
		return err
	}
	bought := w.buy("1001", 2)
	must[icpcode.Result](t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "1001", Code: bought[1]}))
	for _, c := range []icpcode.Code{codes[1], codes[2], codes[3], bought[1]} {
		refused(t, grant(c), icpcode.GRTState)
	}
	// The result tells the state of the codes, and none where they differ.
	for _, batch := range [][]icpcode.Code{w.issue(i, 1), w.buy("1001", 2), append(w.buy("1001", 1), w.issue(w.server("1001"), 1)...)} {
		want := w.record(batch[0]).State
		if w.record(batch[len(batch)-1]).State != want {
			want = icpcode.StateNone
		}
		res := must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: batch, GrantTo: "2002", Certification: icpcode.Enterprise}))
		if res.State != want {
			t.Errorf("the result says %v, want %v", res.State, want)
		}
	}
	for _, c := range []icpcode.Code{codes[0], bought[0]} {
		before := w.record(c).State
		if err := grant(c); err != nil {
			t.Fatal(err, why(err))
		}
		w.state(c, before)
	}
}

func testGRTRepeat(t *testing.T) {
	w := newWorld(t)
	quota := func() int { return must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, "1001")).Out.Used }
	for range 3 {
		must[icpcode.Result](t)(w.grant("1001", "2002"))
		if got := quota(); got != 1 {
			t.Errorf("%d grantees after granting to one", got)
		}
	}
	w.now = at(2027, 1, 1, 0, 0, 0)
	if got := quota(); got != 0 {
		t.Errorf("%d grantees in the new year", got)
	}
	must[icpcode.Result](t)(w.grant("1001", "2002"))
	if got := quota(); got != 1 {
		t.Errorf("%d grantees after granting in the new year", got)
	}
	// At the cap the partners of the year are still admitted.
	for n := range 9 {
		must[icpcode.Result](t)(w.grant("1001", icpcode.AccountID(fmt.Sprint("t", n))))
	}
	must[icpcode.Result](t)(w.grant("1001", "2002"))
	// Partners are recorded under every rule set: those of January 2024 meet
	// the cap of February.
	w = newWorld(t)
	w.now = at(2024, 1, 15, 0, 0, 0)
	for n := range 12 {
		must[icpcode.Result](t)(w.grant("1001", icpcode.AccountID(fmt.Sprint("t", n))))
	}
	w.now = at(2024, 2, 1, 0, 0, 0)
	_, err := w.grant("1001", "t99")
	refused(t, err, icpcode.GRTOut)
	must[icpcode.Result](t)(w.grant("1001", "t11"))
}

func testGRTOwner(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	c := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 1, GrantTo: "2002", Certification: icpcode.Enterprise})).Codes[0]
	w.filed("2002", c)
	if r := w.record(c); r.Owner != "1001" || r.InstanceID != i.ID || r.Grantee != "2002" || r.Holder() != "2002" {
		t.Errorf("after the grantee filed: %+v", r)
	}
	// It stays charged to the owner's instance.
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: i, Quantity: 5})
	refused(t, err, icpcode.ELGQuota)
}

func testGRTPrivate(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		must[icpcode.Result](t)(w.grant(icpcode.AccountID(fmt.Sprint("secret-", n)), "2002"))
	}
	_, err := w.grant("1001", "2002")
	no := refused(t, err, icpcode.GRTIn)
	for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
		for r := range no.Reasons(l) {
			if strings.Contains(fmt.Sprintf("%+v", r), "secret") {
				t.Errorf("the granter learns who else grants: %+v", r)
			}
		}
	}
	if strings.Contains(fmt.Sprintf("%+v", no), "secret") {
		t.Error("the error carries who else grants")
	}
	if in := no.Case.Grant.In; in.Used >= 0 || in.Partner || in.Kept != icpcode.No {
		t.Errorf("the granter learns of the target's cap %+v", in)
	}
	// A report is one's own: the caller names whom it has authenticated.
	if q := must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, "1001")); q.In.Used != 0 || q.Out.Used != 0 {
		t.Errorf("a report shows another's counts: %+v", q)
	}
	// An account does not list another's codes, nor their history.
	told := 0
	for _, err := range w.eng.Received(w.ctx, icpcode.ListRequest{Actor: "1001", Account: "2002"}) {
		told++
		is(t, err, icpcode.ErrInvalid)
	}
	if told != 1 {
		t.Errorf("to list another's codes is told %d times that it cannot be", told)
	}
	c := must[icpcode.Result](t)(w.grant("secret-0", "2002")).Codes[0]
	must[icpcode.Result](t)(w.submit("2002", c))
	for _, err := range w.eng.History(w.ctx, "1001", c) {
		is(t, err, icpcode.ErrNoCode)
	}
	// The owner does not see what its grantee files, the grantee not what was
	// before the grant.
	if r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, "secret-0", c, icpcode.Instance{})); r.Filing != nil || r.State != icpcode.StateFiling {
		t.Errorf("the owner sees %+v", r)
	}
	var seqs []uint64
	for e, err := range w.eng.History(w.ctx, "2002", c) {
		seqs = append(seqs, must[icpcode.Event](t)(e, err).Seq)
	}
	if !slices.Equal(seqs, []uint64{2, 3}) {
		t.Errorf("the grantee sees the events %v, want the grant and what followed", seqs)
	}
	t.Run("nothing of others is told", testNothingOfOthersIsTold)
	t.Run("pages hide many others", func(t *testing.T) { samePages(t, "mm"+strings.Repeat("t", 250)+"gm", 1000, 1) })
	t.Run("the rest is told", testWhatMayBeToldIsTold)
}

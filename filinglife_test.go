package icpcode_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

func testFILService(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	i.ContractQuota = 20
	file := func(f icpcode.Filing) icpcode.Code {
		t.Helper()
		c := w.issue(i, 1)[0]
		f.Kind, f.Subject = icpcode.FilingAccess, "subject-1"
		must[icpcode.Result](t)(w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: f}))
		return c
	}
	// One service in many forms, which are kept as they were typed, and what
	// looks like it.
	typed := []string{"例子.cn", "例子。CN", "xn--fsqu00a.cn", "XN--FSQU00A．CN｡"}
	for _, d := range append(typed, "www.例子.cn", "例子.com") {
		if got := w.record(file(icpcode.Filing{Domain: d})).Filing.Domain; got != d {
			t.Errorf("%q is kept as %q", d, got)
		}
	}
	file(icpcode.Filing{App: "例子.cn"})
	file(icpcode.Filing{App: "App"})
	file(icpcode.Filing{App: "app"})
	count := func(r icpcode.ListRequest) (n int) {
		t.Helper()
		r.Actor = "1001"
		for _, err := range w.eng.Owned(w.ctx, r) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	for _, d := range typed {
		if n := count(icpcode.ListRequest{Domain: d}); n != len(typed) {
			t.Errorf("%q is the domain of %d filings, want %d", d, n, len(typed))
		}
	}
	for _, app := range []string{"App", "app", "例子.cn"} {
		if n := count(icpcode.ListRequest{App: app}); n != 1 {
			t.Errorf("%q is the app of %d filings, want 1", app, n)
		}
	}
}

// passed is a world with filings of one service: an older one of a grantee's,
// one of an owner's, and one under review, whose approval could replace both.
type passed struct {
	*world
	old, own, next icpcode.Code
}

func newPassed(t *testing.T) *passed {
	t.Helper()
	w := newWorld(t)
	p := &passed{world: w, old: must[icpcode.Result](t)(w.grant("1001", "2002")).Codes[0]}
	p.file("2002", p.old, "xn--fsqu00a.cn")
	p.approve(p.old)
	w.now = w.now.Add(time.Hour)
	p.own = w.issue(w.server("3003"), 1)[0]
	p.file("3003", p.own, "例子。cn")
	p.approve(p.own)
	w.now = w.now.Add(time.Hour)
	p.next = must[icpcode.Result](t)(w.grant("3003", "4004")).Codes[0]
	p.file("4004", p.next, "例子.CN")
	return p
}

func (p *passed) file(actor icpcode.AccountID, c icpcode.Code, domain string) {
	p.t.Helper()
	f := icpcode.Filing{Kind: icpcode.FilingAccess, Domain: domain, Subject: "subject-1"}
	must[icpcode.Result](p.t)(p.eng.Submit(p.ctx, icpcode.SubmitRequest{Actor: actor, Code: c, Filing: f}))
}

func (p *passed) approve(c icpcode.Code, replaces ...icpcode.Code) icpcode.Result {
	p.t.Helper()
	return must[icpcode.Result](p.t)(p.tryApprove(ops, c, replaces...))
}

func (p *passed) tryApprove(actor icpcode.AccountID, c icpcode.Code, replaces ...icpcode.Code) (icpcode.Result, error) {
	return p.eng.Approve(p.ctx, icpcode.ApproveRequest{Actor: actor, Code: c, ICPNumber: "浙ICP备1号", Replaces: replaces})
}

func (p *passed) end(actor icpcode.AccountID, c icpcode.Code, end icpcode.End, to icpcode.Code, reason string) (icpcode.Result, error) {
	return p.eng.End(p.ctx, icpcode.EndRequest{Actor: actor, Code: c, End: end, Successor: to, Reason: reason})
}

// sees checks what each viewer sees of the end of the filing of p.old: in the
// record and in the last event of the history.
func (p *passed) sees(want icpcode.Progress, shown map[icpcode.AccountID]bool) {
	p.t.Helper()
	for viewer, successor := range shown {
		want := want
		if !successor {
			want.Successor = icpcode.Code{}
		}
		got := must[icpcode.Record](p.t)(p.eng.Lookup(p.ctx, viewer, p.old, icpcode.Instance{}))
		if diff := cmp.Diff(&want, got.Progress, byValue); diff != "" {
			p.t.Errorf("%s sees of the end, to the right: %s", viewer, diff)
		}
		var last icpcode.Event
		for e, err := range p.eng.History(p.ctx, viewer, p.old) {
			if err != nil {
				p.t.Fatal(err)
			}
			last = e
		}
		step := &icpcode.Step{End: want.End, Successor: want.Successor}
		if diff := cmp.Diff(step, last.Step, byValue); diff != "" || last.Action != icpcode.ActionEnd || last.Reason != want.EndReason {
			p.t.Errorf("%s sees as the last event %+v: %s", viewer, last, diff)
		}
	}
}

func testLIFEnd(t *testing.T) {
	w := newPassed(t)
	var none icpcode.Code
	for _, actor := range []icpcode.AccountID{"1001", "2002"} {
		_, err := w.end(actor, w.old, icpcode.EndCancelled, none, "gone")
		refused(t, err, icpcode.LIFEnd)
	}
	_, err := w.end("9009", w.old, icpcode.EndCancelled, none, "gone")
	if !errors.Is(err, icpcode.ErrNoCode) {
		t.Errorf("to a stranger the answer is %v", err)
	}
	_, err = w.end(ops, w.next, icpcode.EndCancelled, none, "gone")
	refused(t, err, icpcode.LIFEnd) // it is under review
	_, err = w.end(ops, w.old, icpcode.EndMoved, w.next, "moved")
	refused(t, err, icpcode.LIFEnd) // and nothing moves to it before it is approved

	// It ends once. The same again is nothing new, whatever the reason.
	res := must[icpcode.Result](t)(w.end(ops, w.old, icpcode.EndMoved, w.own, "moved"))
	if res.Action != icpcode.ActionEnd || res.State != icpcode.StateFiled || !slices.Equal(res.Codes, []icpcode.Code{w.old}) {
		t.Errorf("the result is %+v", res)
	}
	version, since := w.record(w.old).Version, w.now
	w.now = w.now.Add(time.Hour)
	must[icpcode.Result](t)(w.end(ops, w.old, icpcode.EndMoved, w.own, "another reason"))
	if got := w.record(w.old); got.Version != version || got.State != icpcode.StateFiled || got.Reason != "moved" {
		t.Errorf("after the same end again the record is %+v", got)
	}
	w.approve(w.next)
	for _, other := range []struct {
		end icpcode.End
		to  icpcode.Code
	}{{icpcode.EndCancelled, none}, {icpcode.EndDeregistered, none}, {icpcode.EndMoved, w.next}} {
		_, err = w.end(ops, w.old, other.end, other.to, "another end")
		refused(t, err, icpcode.LIFEnd)
	}
	w.sees(icpcode.Progress{End: icpcode.EndMoved, Ended: since, EndReason: "moved", Successor: w.own},
		map[icpcode.AccountID]bool{ops: true, "1001": false, "2002": false})
	w.staysUsed("2002", w.old)

	// The code stays used whatever ended its filing.
	for _, end := range []icpcode.End{icpcode.EndDeregistered, icpcode.EndCancelled} {
		c := w.issue(w.server("1001"), 1)[0]
		w.filed("1001", c)
		must[icpcode.Result](t)(w.end(ops, c, end, none, "gone"))
		if p := w.record(c).Progress; p == nil || p.End != end {
			t.Errorf("after the end %v the record has %+v", end, p)
		}
		w.staysUsed("1001", c)
	}
}

// staysUsed checks that a code is Filed and can be used for no other site
// (FIL-SUCCESS).
func (w *world) staysUsed(holder icpcode.AccountID, c icpcode.Code) {
	w.t.Helper()
	w.state(c, icpcode.StateFiled)
	for _, domain := range []string{w.site().Domain, "other.cn"} {
		f := w.site()
		f.Domain = domain
		_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: holder, Code: c, Filing: f})
		refused(w.t, err, icpcode.LIFSubmit)
	}
	w.state(c, icpcode.StateFiled)
}

// TestReplaces: an approval ends the filings that it replaces, all or none.
func TestReplaces(t *testing.T) {
	w := newPassed(t)
	other := w.issue(w.server("1001"), 2)
	w.file("1001", other[0], "example.com")
	w.approve(other[0])
	for _, tt := range []struct {
		replaces []icpcode.Code
		rule     icpcode.Rule
		position int
	}{
		{[]icpcode.Code{w.old, other[0]}, icpcode.FILService, 2},
		{[]icpcode.Code{other[1], w.old}, icpcode.LIFEnd, 1}, // it was not filed
	} {
		res, err := w.tryApprove(ops, w.next, tt.replaces...)
		var no *icpcode.RefusedError
		if !errors.As(err, &no) || !no.Decision.Fail.Has(tt.rule) {
			t.Fatalf("it answers %+v, %v, want a refusal by %v", res, err, tt.rule)
		}
		for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
			var positions []int
			for r := range no.Decision.Reasons(l) {
				positions = append(positions, r.Position)
			}
			if len(positions) == 0 || slices.ContainsFunc(positions, func(p int) bool { return p != tt.position }) {
				t.Errorf("the reasons are about the codes %v, want %d", positions, tt.position)
			}
		}
		w.state(w.next, icpcode.StateFiling)
		if r := w.record(w.old); r.Progress != nil {
			t.Errorf("a refused approval ended a filing: %+v", r.Progress)
		}
	}
	if _, err := w.tryApprove(ops, w.next, must[icpcode.Code](t)(icpcode.ParseCode("099999999999"))); !errors.Is(err, icpcode.ErrNoCode) {
		t.Errorf("replacing a code that is none answers %v", err)
	}
	// Others than operators learn nothing of codes that they name.
	_, err := w.tryApprove("4004", w.next, w.old, must[icpcode.Code](t)(icpcode.ParseCode("099999999999")))
	refused(t, err, icpcode.LIFApprove)

	// The dry run and the answer name what could be replaced, too.
	ask := func(e *icpcode.Engine, replaces ...icpcode.Code) icpcode.Result {
		t.Helper()
		return must[icpcode.Result](t)(e.Approve(w.ctx, icpcode.ApproveRequest{
			Actor: ops, RequestID: "approve", Code: w.next, ICPNumber: "浙ICP备1号", Replaces: replaces,
		}))
	}
	if got := ask(w.eng.DryRun()).Candidates; !slices.Equal(got, []icpcode.Code{w.own, w.old}) {
		t.Errorf("the dry run names %v", got)
	}
	for range 2 { // the second time it is answered from its receipt
		res := ask(w.eng, w.old)
		if !slices.Equal(res.Candidates, []icpcode.Code{w.own}) || !slices.Equal(res.Codes, []icpcode.Code{w.next, w.old}) || res.State != icpcode.StateFiled {
			t.Errorf("the answer is %+v", res)
		}
	}
	w.sees(icpcode.Progress{End: icpcode.EndMoved, Ended: w.now, Successor: w.next},
		map[icpcode.AccountID]bool{ops: true, "1001": false, "2002": false})
	if r := w.record(w.own); r.Progress != nil {
		t.Errorf("what was not named ended: %+v", r.Progress)
	}
	// What ended is replaced no more.
	again := must[icpcode.Result](t)(w.grant("3003", "4004")).Codes[0]
	w.file("4004", again, "例子.cn")
	_, err = w.tryApprove(ops, again, w.old)
	refused(t, err, icpcode.LIFEnd)
	if got := w.approve(again).Candidates; !slices.Equal(got, []icpcode.Code{w.next, w.own}) {
		t.Errorf("the candidates are %v", got)
	}
}

// TestManyCandidates: an approval names at most sixteen, and can replace as
// many.
func TestManyCandidates(t *testing.T) {
	w := newPassed(t)
	i := w.server("1001")
	i.ContractQuota = 100
	codes := w.issue(i, 20)
	for _, c := range codes {
		w.file("1001", c, "many.cn")
	}
	for _, c := range codes[:19] {
		w.approve(c)
	}
	var field *icpcode.InvalidError
	if _, err := w.tryApprove(ops, codes[19], codes[:17]...); !errors.As(err, &field) || field.Field != "Replaces" {
		t.Errorf("to replace 17 at once answers %v", err)
	}
	res := w.approve(codes[19], codes[:16]...)
	if len(res.Codes) != 17 || len(res.Candidates) != 3 {
		t.Errorf("%d codes changed and %d are named, want 17 and 3", len(res.Codes), len(res.Candidates))
	}
	more := w.issue(i, 20)
	for _, c := range more {
		w.file("1001", c, "many.cn")
		res = w.approve(c)
	}
	if len(res.Candidates) != 16 {
		t.Errorf("%d codes are named, want 16", len(res.Candidates))
	}
}

// TestCandidatesAreOfWhatIsApproved has the holder correct the domain while an
// approval is under way, after it listed the filings for the old one: it names
// those for the new one.
func TestCandidatesAreOfWhatIsApproved(t *testing.T) {
	w := newPassed(t)
	other := w.issue(w.server("1001"), 1)[0]
	w.file("1001", other, "example.com")
	w.approve(other)
	corrected := false
	w.store = &meddled{w.store, func(q icpcode.Query) {
		if q.By != icpcode.ByService || corrected {
			return
		}
		corrected = true
		f := icpcode.Filing{Kind: icpcode.FilingAccess, Domain: "EXAMPLE.com", Subject: "subject-1"}
		must[icpcode.Result](t)(w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: "4004", Code: w.next, Filing: f}))
	}}
	w.with(func(*icpcode.Options) {})
	if res := w.approve(w.next); !corrected || !slices.Equal(res.Candidates, []icpcode.Code{other}) {
		t.Errorf("it names %v, want the one of the domain that was approved", res.Candidates)
	}
}

// meddled is a store that calls a function after each List.
type meddled struct {
	icpcode.Store
	after func(icpcode.Query)
}

func (l *meddled) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	page, err := l.Store.List(ctx, q)
	l.after(q)
	return page, err
}

func testLIFCorrect(t *testing.T) {
	w := newPassed(t)
	correct := func(actor icpcode.AccountID, c icpcode.Code, number string) (icpcode.Result, error) {
		return w.eng.Correct(w.ctx, icpcode.CorrectRequest{Actor: actor, Code: c, ICPNumber: number})
	}
	_, err := correct(ops, w.next, "浙ICP备2号")
	refused(t, err, icpcode.LIFCorrect) // it has none yet
	for _, actor := range []icpcode.AccountID{"1001", "2002"} {
		_, err = correct(actor, w.old, "浙ICP备2号")
		refused(t, err, icpcode.LIFCorrect)
	}
	before := w.record(w.old)
	for range 2 { // the same again is no event
		res := must[icpcode.Result](t)(correct(ops, w.old, "浙ICP备2号"))
		if res.Action != icpcode.ActionCorrect || res.State != icpcode.StateFiled {
			t.Errorf("the result is %+v", res)
		}
	}
	r := w.record(w.old)
	if r.Version != before.Version+1 || r.ICPNumber() != "浙ICP备2号" || r.State != icpcode.StateFiled || r.Filing.Domain != before.Filing.Domain {
		t.Errorf("the record is %+v", r)
	}
	// Lists find the right number, and no more the wrong one.
	for number, want := range map[string]int{"浙ICP备1号": 1, "浙ICP备2号": 1} {
		n := 0
		for _, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: ops, ICPNumber: number}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != want {
			t.Errorf("%d codes have the number %s, want %d", n, number, want)
		}
	}
	// A filing that ended is corrected as well, and stays ended.
	must[icpcode.Result](t)(w.end(ops, w.old, icpcode.EndDeregistered, icpcode.Code{}, "by order"))
	ended := w.record(w.old).Progress
	must[icpcode.Result](t)(correct(ops, w.old, "浙ICP备3号"))
	if diff := cmp.Diff(ended, w.record(w.old).Progress, byValue); diff != "" {
		t.Errorf("correcting the number changes the end: %s", diff)
	}
	// Both numbers stand in the history, for the holder and operators.
	for viewer, want := range map[icpcode.AccountID][]string{
		ops: {"浙ICP备1号>浙ICP备2号", "浙ICP备2号>浙ICP备3号"}, "2002": {"浙ICP备1号>浙ICP备2号", "浙ICP备2号>浙ICP备3号"}, "1001": {"", ""},
	} {
		var got []string
		for e, err := range w.eng.History(w.ctx, viewer, w.old) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Action != icpcode.ActionCorrect {
				continue
			}
			said := ""
			if e.Step != nil && e.Filing != nil {
				said = e.Step.Corrected + ">" + e.Filing.ICPNumber
			}
			got = append(got, said)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s sees the corrections %q, want %q", viewer, got, want)
		}
	}
}

// TestCorrectNoNumber: a code that was imported as Filed can lack number and
// filing.
func TestCorrectNoNumber(t *testing.T) {
	w := newPassed(t)
	c := must[icpcode.Code](t)(icpcode.ParseCode("088888888888"))
	must[icpcode.Result](t)(w.eng.Import(w.ctx, icpcode.ImportRequest{
		Actor: ops, Code: c, State: icpcode.StateFiled, Owner: "1001", InstanceID: "i-9", Product: icpcode.ECS, Origin: icpcode.OriginFree,
		Issued: w.now,
	}))
	must[icpcode.Result](t)(w.end(ops, c, icpcode.EndCancelled, icpcode.Code{}, "gone"))
	must[icpcode.Result](t)(w.eng.Correct(w.ctx, icpcode.CorrectRequest{Actor: ops, Code: c, ICPNumber: "浙ICP备9号"}))
	r := w.record(c)
	if r.ICPNumber() != "浙ICP备9号" || r.Progress == nil || r.Progress.End != icpcode.EndCancelled {
		t.Errorf("the record is %+v", r)
	}
	// What it is for is not known, so that nothing moves to it or from it.
	_, err := w.end(ops, w.old, icpcode.EndMoved, c, "moved")
	refused(t, err, icpcode.FILService)
}

func testRSKEnded(t *testing.T) {
	w := newPassed(t)
	gone := func(id icpcode.InstanceID) icpcode.Instance {
		return icpcode.Instance{ID: id, Status: icpcode.StatusReleased}
	}
	found := func(actor icpcode.AccountID) (codes []icpcode.Code) {
		t.Helper()
		for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: actor, Facts: each(gone)}) {
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, a.Record.Code)
		}
		return codes
	}
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now))
	pure := func() bool {
		r := w.record(w.old)
		return set.Review(r, gone(r.InstanceID), w.now).Refused()
	}
	viewers := []icpcode.AccountID{"1001", "2002"}
	for _, actor := range viewers {
		if got := found(actor); !slices.Equal(got, []icpcode.Code{w.old}) {
			t.Errorf("%s finds %v at risk", actor, got)
		}
	}
	if len(found(ops)) != 3 || !pure() {
		t.Errorf("%d filings are at risk, want 3", len(found(ops)))
	}
	w.approve(w.next, w.old)
	for _, actor := range viewers {
		if got := found(actor); len(got) > 0 {
			t.Errorf("%s finds %v at risk, whose filing ended", actor, got)
		}
	}
	if got := found(ops); len(got) != 2 || slices.Contains(got, w.old) || pure() {
		t.Errorf("%v are at risk, want what goes on", got)
	}
}

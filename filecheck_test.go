package icpcode_test

import (
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// unfit are facts each of which one rule that refuses a filing fails.
var unfit = map[icpcode.Rule]func(*icpcode.Instance){
	icpcode.ELGBilling:  func(i *icpcode.Instance) { i.Billing = icpcode.PayAsYouGo },
	icpcode.ELGRegion:   func(i *icpcode.Instance) { i.Region = "cn-hongkong" },
	icpcode.ELGPublicIP: func(i *icpcode.Instance) { i.PartnerIP = true },
	icpcode.ELGStatus:   func(i *icpcode.Instance) { i.Status = icpcode.StatusStopped },
	icpcode.ELGOwner:    func(i *icpcode.Instance) { i.Owner = "3003" },
}

// testFILCheck: facts that are stated when a filing is made refuse it or
// advise, as the set says, and what is not stated is not asked.
func testFILCheck(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	c := w.issue(i, 1)[0]
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: []icpcode.Code{c}, GrantTo: "2002", Certification: icpcode.Enterprise}))
	submit := func(today icpcode.Instance) (icpcode.Result, error) {
		return w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "2002", Code: c, Filing: w.site(), Instance: today})
	}
	pick := func(today icpcode.Instance) icpcode.Decision {
		for a, err := range w.eng.Pick(w.ctx, icpcode.ListRequest{Actor: "2002", Facts: each(func(icpcode.InstanceID) icpcode.Instance { return today })}) {
			if err != nil || a.Record.Code != c {
				t.Fatal(a.Record, err)
			}
			return a.Decision
		}
		t.Fatal("no code to pick")
		return icpcode.Decision{}
	}
	before := len(w.seen)
	for rule, spoil := range unfit {
		today := i
		spoil(&today)
		_, err := submit(today)
		d := refused(t, err, rule)
		if got := pick(today); got.Fail != d.Fail {
			t.Errorf("Pick is refused by %v, Submit by %v", got.Fail, d.Fail)
		}
	}
	if w.state(c, icpcode.StateAvailable); len(w.seen) != before {
		t.Errorf("a refused filing wrote %d events", len(w.seen)-before)
	}
	// What only advises refuses nothing, and only what is stated is judged.
	short := i
	short.TermMonths, short.Expires = 1, w.now.Add(20*24*time.Hour)
	advice := icpcode.MakeRuleIDs(icpcode.ELGTerm, icpcode.ELGRemaining)
	if d := pick(short); d.Refused() || d.Advice != advice {
		t.Errorf("refused %v, advice %v, want %v", d.Fail, d.Advice, advice)
	}
	must[icpcode.Result](t)(submit(icpcode.Instance{Region: "cn-hangzhou"}))
	// A filing that is corrected is judged as one that is submitted. There the
	// facts are those of the hook.
	for rule, spoil := range unfit {
		today := i
		spoil(&today)
		w.with(func(o *icpcode.Options) {
			o.Facts = each(func(icpcode.InstanceID) icpcode.Instance { return today })
		})
		r := icpcode.SubmitRequest{Actor: "2002", Code: c, Filing: w.site()}
		_, err := w.eng.Resubmit(w.ctx, r)
		refused(t, err, rule)
	}
	// The sets before judge nothing.
	w.with(func(o *icpcode.Options) { o.Facts = nil })
	w.now = at(2026, 1, 5, 12, 0, 0)
	old := w.issue(i, 1)[0]
	short.Billing, short.Region, short.PublicIP = icpcode.PayAsYouGo, "cn-hongkong", icpcode.Unknown
	must[icpcode.Result](t)(w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: old, Filing: w.site(), Instance: short}))
}

// A grantee is told what is wrong and who can mend it, and the text names no account.
func TestFilingIsToldWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	c := w.issue(i, 1)[0]
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: []icpcode.Code{c}, GrantTo: "2002", Certification: icpcode.Enterprise}))
	for _, k := range []struct {
		rule   icpcode.Rule
		en, zh string
	}{
		{icpcode.ELGBilling, "ask the granter to convert it to subscription", "请联系授权账号转包月"},
		{icpcode.ELGOwner, "file with the code of a server of your own", "使用自己服务器的备案服务码进行备案"},
	} {
		today := i
		unfit[k.rule](&today)
		_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "2002", Code: c, Filing: w.site(), Instance: today})
		d := refused(t, err, k.rule)
		for l, want := range map[icpcode.Lang]string{icpcode.English: k.en, icpcode.Chinese: k.zh} {
			for r := range d.Reasons(l) {
				if r.Remedy != want || strings.Contains(r.Found+r.Required, "3003") || len(r.Facts) == 0 {
					t.Errorf("%+v, want the remedy %q", r, want)
				}
			}
		}
	}
	// Advice says what was found, too.
	short := i
	short.Expires = w.now.Add(20 * 24 * time.Hour)
	res := must[icpcode.Result](t)(w.eng.DryRun().Submit(w.ctx, icpcode.SubmitRequest{Actor: "2002", Code: c, Filing: w.site(), Instance: short}))
	n := 0
	for r := range res.Decision.Reasons(icpcode.English) {
		n++
		if r.Rule != icpcode.ELGRemaining || r.Outcome != icpcode.OutcomeAdvised || !strings.HasPrefix(r.Found, "20 days left") ||
			r.Required != "at least 90 full days left" || len(r.Facts) == 0 {
			t.Errorf("%+v", r)
		}
	}
	if n != 1 {
		t.Errorf("%d reasons", n)
	}
}

// A filing is told at once what the set advises, and
// once more where the request is repeated; the words are in the first answer.
func TestFilingIsToldWhatIsAdvised(t *testing.T) {
	w := newWorld(t)
	server := w.server("1001")
	codes, short := w.issue(server, 1), server
	short.TermMonths, short.Created, short.Expires = 1, w.now.AddDate(0, -1, 0), w.now.Add(20*24*time.Hour)
	advice := icpcode.MakeRuleIDs(icpcode.ELGTerm, icpcode.ELGRemaining)
	told := func(name string, res icpcode.Result, err error) {
		t.Helper()
		if err != nil || res.Advice != advice || res.Replayed {
			t.Fatalf("%s: %+v, %v, want the advice %v", name, res, err, advice)
		}
		if d := res.Decision; d == nil || d.Refused() || d.Advice != advice {
			t.Fatalf("%s: the decision is %+v", name, d)
		}
		n := 0
		for r := range res.Decision.Reasons(icpcode.Chinese) {
			if n++; r.Outcome != icpcode.OutcomeAdvised || r.Found == "" || r.Remedy == "" || !advice.Has(r.Rule) {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if n != advice.Len() {
			t.Errorf("%s: %d reasons", name, n)
		}
	}
	again := func(name string, res icpcode.Result, err error) {
		t.Helper()
		if err != nil || !res.Replayed || res.Advice != advice || res.Decision != nil {
			t.Errorf("%s again: %+v, %v", name, res, err)
		}
	}
	r := icpcode.SubmitRequest{Actor: "1001", RequestID: "submit", Code: codes[0], Filing: w.site(), Instance: short}
	dry, err := w.eng.DryRun().Submit(w.ctx, r)
	told("a dry run of Submit", dry, err)
	got, err := w.eng.Submit(w.ctx, r)
	told("Submit", got, err)
	r.Instance = icpcode.Instance{} // facts are no part of what is repeated
	got, err = w.eng.Submit(w.ctx, r)
	again("Submit", got, err)
	got, err = w.eng.DryRun().Submit(w.ctx, r)
	again("a dry run of Submit", got, err)

	// The facts may be those of the hook.
	w.with(func(o *icpcode.Options) {
		o.Facts = each(func(icpcode.InstanceID) icpcode.Instance { return short })
	})
	r.RequestID = "resubmit"
	got, err = w.eng.Resubmit(w.ctx, r)
	told("Resubmit", got, err)
	got, err = w.eng.Resubmit(w.ctx, r)
	again("Resubmit", got, err)

	// Nothing is advised of a server with which nothing is wrong, and in no
	// words where nothing is said of it.
	w.with(func(o *icpcode.Options) { o.Facts = nil })
	for _, today := range []icpcode.Instance{server, {}} {
		r = icpcode.SubmitRequest{Actor: "1001", Code: codes[0], Filing: w.site(), Instance: today}
		if got, err = w.eng.Resubmit(w.ctx, r); err != nil || got.Advice != 0 || got.Decision != nil {
			t.Errorf("%+v: %+v, %v", today, got, err)
		}
	}
}

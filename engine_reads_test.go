package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// TestStrangersLearnNothing asks as a stranger for codes that are unknown,
// somebody's, dead or used: the answer is the same error, found by asking the
// store for the same documents.
func TestStrangersLearnNothing(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	codes := map[string]icpcode.Code{
		"unknown": must[icpcode.Code](t)(icpcode.ParseCode("000000000001")), "opaque": must[icpcode.Code](t)(icpcode.Opaque.Parse("x-1")),
	}
	for _, c := range lifeCases()[1:] {
		codes[c.String()], _ = c.make(w)
	}
	own := w.server(theStranger)
	mine := w.issue(own, 1)[0]
	asks := map[string]func(c icpcode.Code) error{
		"Bind": func(c icpcode.Code) error {
			_, err := w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: theStranger, RequestID: "r", Code: c, Instance: own})
			return err
		},
		"Grant": func(c icpcode.Code) error {
			_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{
				Actor: theStranger, RequestID: "r", Codes: []icpcode.Code{c}, GrantTo: "3003", Certification: icpcode.Enterprise})
			return err
		},
		"Grant with one's own": func(c icpcode.Code) error {
			_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{
				Actor: theStranger, RequestID: "r", Codes: []icpcode.Code{mine, c}, GrantTo: "3003", Certification: icpcode.Enterprise})
			return err
		},
		"Submit": func(c icpcode.Code) error {
			_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: theStranger, RequestID: "r", Code: c, Filing: w.site()})
			return err
		},
		"Submit with an instance": func(c icpcode.Code) error {
			_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: theStranger, RequestID: "r", Code: c, Filing: w.site(), Instance: own})
			return err
		},
		"Resubmit": func(c icpcode.Code) error {
			_, err := w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: theStranger, RequestID: "r", Code: c})
			return err
		},
		"Approve": func(c icpcode.Code) error {
			_, err := w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: theStranger, RequestID: "r", Code: c, ICPNumber: "x"})
			return err
		},
		"Release": func(c icpcode.Code) error {
			_, err := w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: theStranger, RequestID: "r", Code: c})
			return err
		},
		"Refund": func(c icpcode.Code) error {
			_, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theStranger, RequestID: "r", Code: c})
			return err
		},
		"Void": func(c icpcode.Code) error {
			_, err := w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: theStranger, RequestID: "r", Code: c, Reason: "x"})
			return err
		},
		"Lookup": func(c icpcode.Code) error {
			r, err := w.eng.Lookup(w.ctx, theStranger, c, icpcode.Instance{})
			if diff := cmp.Diff(icpcode.Record{}, r, byValue); diff != "" {
				t.Errorf("a stranger is shown %s", diff)
			}
			return err
		},
		"History": func(c icpcode.Code) error {
			n := 0
			var last error
			for e, err := range w.eng.History(w.ctx, theStranger, c) {
				n++
				last = err
				if e.Seq != 0 {
					t.Errorf("a stranger is shown %+v", e)
				}
			}
			if n != 1 {
				t.Errorf("a stranger is shown %d events", n)
			}
			return last
		},
	}
	for name, ask := range asks {
		var text string
		var calls []string
		for which, c := range codes {
			spy.forget()
			err := ask(c)
			if err != icpcode.ErrNoCode {
				t.Errorf("%s, %s: got %v", name, which, err)
			}
			var got []string
			for _, call := range spy.forget() {
				got = append(got, strings.ReplaceAll(call, `"`+c.String()+`"`, "the code"))
			}
			// Keys are sorted, and where the code stands among them tells
			// nothing about it but itself.
			for i := range got {
				method, keys, _ := strings.Cut(got[i], " ")
				parts := strings.Split(strings.Trim(keys, "[]"), "},{")
				slices.Sort(parts)
				got[i] = method + fmt.Sprint(parts)
			}
			if calls == nil {
				calls, text = got, err.Error()
			}
			if !slices.Equal(got, calls) || len(got) == 0 {
				t.Errorf("%s, %s: the store is asked\n%v, for another code\n%v", name, which, got, calls)
			}
			if err.Error() != text {
				t.Errorf("%s, %s: %q, for another code %q", name, which, err, text)
			}
		}
	}
	// Nor do lists by instance or number, of what is not one's own.
	for by, r := range map[string]icpcode.ListRequest{
		"instance": {Actor: theStranger, InstanceID: "i-000001"}, "number": {Actor: theStranger, ICPNumber: "ICP-1"},
	} {
		for _, list := range []func(context.Context, icpcode.ListRequest) iter.Seq2[icpcode.Record, error]{w.eng.Owned, w.eng.Received} {
			for rec, err := range list(w.ctx, r) {
				t.Errorf("by %s a stranger finds %+v, %v", by, rec, err)
			}
		}
	}
}

// theWholeLife is a paid code with everything on it that somebody must not
// see: bought under a remark, bound under an assumption and a contract,
// granted, filed by the grantee, rejected, filed again and approved.
func theWholeLife(w *world) (icpcode.Code, icpcode.Instance) {
	w.t.Helper()
	i := w.server(theOwner)
	i.ContractQuota, i.TermMonths = 50, 0
	code := must[icpcode.Result](w.t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{
		Actor: theOwner, RequestID: "buy", Quantity: 1, Remark: "secret remark", Paid: decimal.NewNullDecimal(decimal.RequireFromString("77.77")),
	})).Codes[0]
	must[icpcode.Result](w.t)(w.eng.Bind(w.ctx, icpcode.BindRequest{
		Actor: theOwner, RequestID: "bind", Code: code, Instance: i, Assume: icpcode.MakeRuleIDs(icpcode.ELGTerm)}))
	must[icpcode.Result](w.t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
		Actor: theOwner, RequestID: "grant", Codes: []icpcode.Code{code}, GrantTo: theGrantee, Assume: icpcode.MakeRuleIDs(icpcode.GRTEnterprise)}))
	file := icpcode.SubmitRequest{Actor: theGrantee, RequestID: "submit", Code: code, Filing: w.site()}
	must[icpcode.Result](w.t)(w.eng.Submit(w.ctx, file))
	must[icpcode.Result](w.t)(w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: ops, RequestID: "release", Code: code, Reason: "rejected"}))
	file.RequestID = "submit again"
	must[icpcode.Result](w.t)(w.eng.Submit(w.ctx, file))
	must[icpcode.Result](w.t)(w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: ops, RequestID: "approve", Code: code, ICPNumber: "ICP-1"}))
	return code, i
}

// TestLookupPerViewer shows one code to each who may see it.
func TestLookupPerViewer(t *testing.T) {
	w := newWorld(t)
	code, i := theWholeLife(w)
	full := w.record(code)
	if full.Paid.String() != "77.77 CNY" || full.Remark != "secret remark" || full.Assumed != icpcode.MakeRuleIDs(icpcode.ELGTerm) ||
		full.ContractQuota != 50 || full.ICPNumber() != "ICP-1" || full.Grantee != theGrantee || full.Version != 7 {
		t.Fatalf("the operator sees %+v", full)
	}
	owner := full
	owner.Filing = nil // it is the grantee's
	if diff := cmp.Diff(owner, must[icpcode.Record](t)(w.eng.Lookup(w.ctx, theOwner, code, i)), byValue); diff != "" {
		t.Errorf("the owner sees otherwise: %s", diff)
	}
	grantee := full
	grantee.Paid, grantee.Remark, grantee.Assumed, grantee.ContractQuota = icpcode.Money{}, "", 0, 0
	if diff := cmp.Diff(grantee, must[icpcode.Record](t)(w.eng.Lookup(w.ctx, theGrantee, code, i)), byValue); diff != "" {
		t.Errorf("the grantee sees otherwise: %s", diff)
	}
	// An owner that did not grant sees its filing.
	own := w.issue(w.server(theOwner), 1)[0]
	must[icpcode.Result](t)(w.submit(theOwner, own))
	if r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, theOwner, own, icpcode.Instance{})); r.Filing == nil {
		t.Error("the owner does not see its own filing")
	}
	// What is shown is the viewer's: changing it changes nothing.
	full.Filing.IPs[0] = full.Filing.IPs[0].Next()
	full.Filing.Domain = "changed.cn"
	if got := w.record(code); got.Filing.Domain != "example.cn" || got.Filing.IPs[0] == full.Filing.IPs[0] {
		t.Error("what is shown shares memory with what is stored")
	}
}

// TestHistoryPerViewer shows the history of one code to each who may see it.
func TestHistoryPerViewer(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	code, _ := theWholeLife(w)
	stored := spy.events(t, code)
	history := func(actor icpcode.AccountID) (events []icpcode.Event) {
		for e, err := range w.eng.History(w.ctx, actor, code) {
			events = append(events, must[icpcode.Event](t)(e, err))
		}
		return events
	}
	if diff := cmp.Diff(stored, history(ops), byValue); diff != "" {
		t.Errorf("the operator sees otherwise: %s", diff)
	}
	want := make([]icpcode.Event, 0, len(stored))
	for _, e := range stored {
		if e.Actor == ops {
			e.Actor = "operator"
		}
		if e.Actor != theOwner {
			e.RequestID = ""
		}
		if e.Action == icpcode.ActionRelease {
			e.Reason = "" // told to the holder
		}
		e.Filing = nil
		want = append(want, e)
	}
	if diff := cmp.Diff(want, history(theOwner), byValue); diff != "" {
		t.Errorf("the owner sees otherwise: %s", diff)
	}
	want = want[:0]
	for _, e := range stored[2:] { // from the grant on
		if e.Actor == ops {
			e.Actor = "operator"
		}
		if e.Actor != theGrantee {
			e.RequestID = ""
		}
		e.Assumed = 0
		want = append(want, e)
	}
	if diff := cmp.Diff(want, history(theGrantee), byValue); diff != "" {
		t.Errorf("the grantee sees otherwise: %s", diff)
	}
	// The refund of a granted code is the owner's business.
	code = w.buy(theOwner, 1)[0]
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
		Actor: theOwner, Codes: []icpcode.Code{code}, GrantTo: theGrantee, Certification: icpcode.Enterprise}))
	must[icpcode.Result](t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theOwner, Code: code}))
	for _, e := range history(theGrantee) {
		if !e.Refund.IsZero() || !e.Paid.IsZero() {
			t.Errorf("the grantee sees what was refunded: %+v", e)
		}
	}
	if events := history(theOwner); events[2].Refund.IsZero() || events[0].Paid.IsZero() {
		t.Error("the owner does not see what was paid and refunded")
	}
	// An imported code of a grantee begins with its grant.
	imported := must[icpcode.Code](t)(icpcode.Opaque.Parse("imported"))
	must[icpcode.Result](t)(w.eng.Import(w.ctx, icpcode.ImportRequest{
		Actor: ops, Code: imported, State: icpcode.StateFiling, Owner: theOwner, Grantee: theGrantee, InstanceID: "i-1", Product: icpcode.ECS,
		Origin: icpcode.OriginFree, Issued: w.now, Granted: w.now, Filing: &icpcode.Filing{Domain: "old.cn"}, Remark: "secret remark"}))
	code = imported
	if events := history(theGrantee); len(events) != 1 || events[0].Filing == nil || events[0].Remark != "" || events[0].Actor != "operator" {
		t.Errorf("the grantee sees the import as %+v", events)
	}
	if events := history(theOwner); len(events) != 1 || events[0].Filing != nil || events[0].Remark == "" {
		t.Errorf("the owner sees the import as %+v", events)
	}
}

// TestLongHistory has a history of several pages: all of it is shown, as much
// as is asked for, and an error ends it.
func TestLongHistory(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	code := w.issue(w.server(theOwner), 1)[0]
	must[icpcode.Result](t)(w.submit(theOwner, code))
	for range 598 {
		must[icpcode.Result](t)(w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: theOwner, Code: code, Filing: w.site()}))
	}
	n := uint64(0)
	for e, err := range w.eng.History(w.ctx, theOwner, code) {
		n++
		if err != nil || e.Seq != n {
			t.Fatalf("after %d comes %d, %v", n-1, e.Seq, err)
		}
	}
	if n != 600 {
		t.Errorf("%d events are shown, want 600", n)
	}
	for _, stop := range []int{1, 200, 201} {
		spy.forget()
		n := 0
		for _, err := range w.eng.History(w.ctx, theOwner, code) {
			if n++; n == stop || err != nil {
				break
			}
		}
		if pages := spy.calls("Events"); pages != (stop+199)/200 {
			t.Errorf("stopped at %d after %d pages", stop, pages)
		}
	}
	broken := errors.New("broken")
	pages := 0
	spy.read = func(q icpcode.EventQuery, call func(icpcode.EventQuery) ([]icpcode.Event, error)) ([]icpcode.Event, error) {
		if pages++; pages == 2 {
			return nil, broken
		}
		return call(q)
	}
	n, failed := 0, 0
	for _, err := range w.eng.History(w.ctx, theOwner, code) {
		if err == nil {
			n++
			continue
		}
		failed++
		is(t, err, broken)
		noCodes(t, "History", err, code)
	}
	if n != 200 || failed != 1 {
		t.Errorf("%d events and %d errors, want 200 and one", n, failed)
	}
}

// listing is one of the engine's lists, with its records alone.
type listing struct {
	name string
	list func(icpcode.ListRequest) iter.Seq2[icpcode.Record, error]
}

func (w *world) listings() []listing {
	assessed := func(list func(context.Context, icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error]) func(icpcode.ListRequest) iter.Seq2[icpcode.Record, error] {
		return func(r icpcode.ListRequest) iter.Seq2[icpcode.Record, error] {
			return func(yield func(icpcode.Record, error) bool) {
				for a, err := range list(w.ctx, r) {
					if !yield(a.Record, err) {
						return
					}
				}
			}
		}
	}
	return []listing{
		{"Owned", func(r icpcode.ListRequest) iter.Seq2[icpcode.Record, error] { return w.eng.Owned(w.ctx, r) }},
		{"Received", func(r icpcode.ListRequest) iter.Seq2[icpcode.Record, error] { return w.eng.Received(w.ctx, r) }},
		{"Pick", assessed(w.eng.Pick)},
		{"Review", assessed(w.eng.Review)},
	}
}

// TestLists goes through each list with a store of small and of empty pages:
// all is shown once, no more pages are asked for than needed, an error of the
// store ends it.
func TestLists(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	i := w.server(theOwner)
	i.ContractQuota = 100
	// Ten of the owner's, of which five are granted; five to be reviewed.
	codes := w.issue(i, 10)
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
		Actor: theOwner, Codes: codes[5:], GrantTo: theGrantee, Certification: icpcode.Enterprise}))
	for n, c := range codes {
		if n%2 == 0 {
			holder := theOwner
			if n >= 5 {
				holder = theGrantee
			}
			w.filed(holder, c)
		}
	}
	released := func(id icpcode.InstanceID) icpcode.Instance {
		return icpcode.Instance{ID: id, Status: icpcode.StatusReleased}
	}
	empty := false
	spy.list = func(q icpcode.Query, call func(icpcode.Query) (icpcode.Page, error)) (icpcode.Page, error) {
		// Every other page is empty, the others hold two.
		q.Limit = 2
		after, pause := strings.CutPrefix(q.After, "pause:")
		if empty && !pause && q.After != "" {
			return icpcode.Page{Next: "pause:" + q.After}, nil
		}
		q.After = after
		return call(q)
	}
	broken := errors.New("broken")
	for _, c := range []struct {
		list  string
		actor icpcode.AccountID
		want  []icpcode.Code
	}{
		{"Owned", theOwner, codes}, {"Received", theOwner, nil}, {"Pick", theOwner, codes[:5]},
		{"Review", theOwner, []icpcode.Code{codes[0], codes[2], codes[4], codes[6], codes[8]}},
		{"Owned", theGrantee, nil}, {"Received", theGrantee, codes[5:]}, {"Pick", theGrantee, codes[5:]},
		{"Review", theGrantee, []icpcode.Code{codes[6], codes[8]}},
	} {
		for _, l := range w.listings() {
			if l.name != c.list {
				continue
			}
			for _, empty = range []bool{false, true} {
				for _, r := range []icpcode.ListRequest{
					{Actor: c.actor, Facts: each(released)}, {Actor: ops, Account: c.actor, Facts: each(released)},
					{Actor: c.actor, InstanceID: i.ID, Facts: each(released)},
				} {
					var got []icpcode.Code
					for rec, err := range l.list(r) {
						got = append(got, must[icpcode.Record](t)(rec, err).Code)
					}
					want := slices.SortedFunc(slices.Values(c.want), icpcode.Code.Compare)
					if slices.SortFunc(got, icpcode.Code.Compare); !slices.Equal(got, want) {
						t.Errorf("%s of %s by %s: %d codes, want %d", l.name, c.actor, r.Actor, len(got), len(want))
					}
				}
			}
			if len(c.want) == 0 {
				continue
			}
			empty = false
			r := icpcode.ListRequest{Actor: c.actor, Facts: each(released)}
			spy.forget()
			for _, err := range l.list(r) {
				must[int](t)(0, err)
				break
			}
			if n := spy.calls("List"); n > 3 || l.name == "Owned" && n != 1 {
				t.Errorf("%s was stopped at once, after %d pages", l.name, n)
			}
			// The store fails at the n-th page.
			small := spy.list
			for fail := 1; fail <= 3; fail++ {
				page, failed := 0, 0
				spy.list = func(q icpcode.Query, call func(icpcode.Query) (icpcode.Page, error)) (icpcode.Page, error) {
					if page++; page == fail {
						return icpcode.Page{}, broken
					}
					return small(q, call)
				}
				for rec, err := range l.list(r) {
					if err == nil {
						continue
					}
					failed++
					is(t, err, broken)
					if !rec.Code.IsZero() {
						t.Errorf("%s: an error comes with a record", l.name)
					}
				}
				if failed != 1 || page != fail {
					t.Errorf("%s failed at page %d: %d errors, %d pages", l.name, fail, failed, page)
				}
			}
			// A cursor that does not move would never end.
			pages := 0
			spy.list = func(q icpcode.Query, call func(icpcode.Query) (icpcode.Page, error)) (icpcode.Page, error) {
				if pages++; pages == 10 {
					return icpcode.Page{}, broken
				}
				q.After = ""
				page, err := small(q, call)
				page.Next = "for ever"
				return page, err
			}
			failed := 0
			for _, err := range l.list(r) {
				if err != nil {
					failed++
				}
			}
			if failed != 1 || pages != 2 {
				t.Errorf("%s over a cursor that does not move: %d pages and %d errors", l.name, pages, failed)
			}
			spy.list = small
		}
	}
	// A review needs the ledger too.
	spy.load = func(context.Context, []icpcode.Key, func() ([]icpcode.Document, error)) ([]icpcode.Document, error) {
		return nil, broken
	}
	failed := 0
	for _, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: theOwner, Facts: each(released)}) {
		is(t, err, broken)
		failed++
	}
	if failed != 1 {
		t.Errorf("a review without ledgers: %d errors", failed)
	}
}

// TestListStates narrows a list to each state, as it is shown.
func TestListStates(t *testing.T) {
	w := newWorld(t)
	count := map[icpcode.State]int{}
	for _, c := range lifeCases()[1:] {
		code, _ := c.make(w)
		count[w.record(code).State]++
	}
	// Two Available ones whose instance has expired read Invalid.
	expired := w.server(theOwner)
	w.issue(expired, 2)
	count[icpcode.StateInvalid] += 2
	facts := func(id icpcode.InstanceID) icpcode.Instance {
		if id == expired.ID {
			return icpcode.Instance{ID: id, Status: icpcode.StatusExpired}
		}
		return icpcode.Instance{}
	}
	for s := icpcode.StateNone; s <= icpcode.StateInvalid; s++ {
		n := 0
		for rec, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: theOwner, State: s, Facts: each(facts)}) {
			if must[icpcode.Record](t)(rec, err).State != s && s != icpcode.StateNone {
				t.Errorf("among the %v ones is one that is %v", s, rec.State)
			}
			n++
		}
		want := count[s]
		if s == icpcode.StateNone {
			for _, m := range count {
				want += m
			}
		}
		if n != want || n == 0 {
			t.Errorf("%d codes are shown as %v, want %d", n, s, want)
		}
	}
}

// TestBrokenLoads gives every operation a store that returns too few or too
// many documents or others, or fails: the answer is an error, and nothing changes.
func TestBrokenLoads(t *testing.T) {
	broken := errors.New("broken")
	for _, how := range []string{"too few", "too many", "none", "others", "fails"} {
		w := newWorld(t)
		spy := w.spied()
		in := newInputs(w)
		in.list.Facts = each(func(id icpcode.InstanceID) icpcode.Instance { return icpcode.Instance{ID: id} })
		before := spy.dump(t)
		spy.load = func(_ context.Context, _ []icpcode.Key, call func() ([]icpcode.Document, error)) ([]icpcode.Document, error) {
			docs, err := call()
			switch how {
			case "others":
				if spy.calls("Load") > 1000 {
					t.Fatal("asked for the same documents again and again")
				}
				for i := range docs {
					docs[i].Key.A += "x"
				}
				return docs, err
			case "too few":
				return docs[1:], err
			case "too many":
				return append(docs, icpcode.Document{}), err
			case "none":
				return nil, err
			}
			return nil, broken
		}
		for _, o := range operations {
			if o.name == "Owned" || o.name == "Received" || o.name == "Pick" {
				continue // they only list
			}
			err := o.do(in)
			if err == nil || errors.Is(err, icpcode.ErrInvalid) || errors.Is(err, icpcode.ErrUnknownOutcome) || !strings.HasPrefix(err.Error(), "icpcode: load: ") {
				t.Errorf("%s, %s: got %v", how, o.name, err)
			}
			if how == "fails" {
				is(t, err, broken)
			}
			noCodes(t, o.name, err, in.codes...)
		}
		if after := spy.dump(t); after != before {
			t.Errorf("%s: the store has changed from\n%s\nto\n%s", how, before, after)
		}
	}
}

// TestWhoIsToldTheReason says why to each who may see the code: a holder's
// reasons are the holder's to know, an owner's the owner's, and an operator's
// are meant for both, but for those about the holder's filing. An operator is
// told all of them.
func TestWhoIsToldTheReason(t *testing.T) {
	const reason = "because"
	release := func(w *world, actor icpcode.AccountID, c icpcode.Code) error {
		must[icpcode.Result](t)(w.submit(theGrantee, c))
		_, err := w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: actor, Code: c, Reason: reason})
		return err
	}
	closing := func(w *world, i icpcode.Instance, refunded bool) error {
		_, err := w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: refunded, Reason: reason})
		return err
	}
	for _, s := range []struct {
		what string
		do   func(w *world, c icpcode.Code, i icpcode.Instance) error
		told []icpcode.AccountID
	}{
		{
			"withdrawn", func(w *world, c icpcode.Code, _ icpcode.Instance) error { return release(w, theGrantee, c) },
			[]icpcode.AccountID{theGrantee, ops},
		},
		{
			"rejected", func(w *world, c icpcode.Code, _ icpcode.Instance) error { return release(w, ops, c) },
			[]icpcode.AccountID{theGrantee, ops},
		},
		{
			"withdrawn for good", func(w *world, c icpcode.Code, _ icpcode.Instance) error {
				w.rules(func(s *icpcode.RuleSet) { s.Life.ReleaseTo = icpcode.StateInvalid })
				return release(w, theGrantee, c)
			},
			[]icpcode.AccountID{theGrantee, ops},
		},
		{
			"refunded", func(w *world, c icpcode.Code, _ icpcode.Instance) error {
				_, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theOwner, Code: c, Reason: reason})
				return err
			},
			[]icpcode.AccountID{theOwner, ops},
		},
		{
			"voided", func(w *world, c icpcode.Code, _ icpcode.Instance) error {
				_, err := w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: c, Reason: reason})
				return err
			},
			[]icpcode.AccountID{theOwner, theGrantee, ops},
		},
		{
			"closed, refunded", func(w *world, _ icpcode.Code, i icpcode.Instance) error { return closing(w, i, true) },
			[]icpcode.AccountID{theOwner, theGrantee, ops},
		},
		{
			"closed, released", func(w *world, _ icpcode.Code, i icpcode.Instance) error { return closing(w, i, false) },
			[]icpcode.AccountID{theOwner, theGrantee, ops},
		},
	} {
		w := newWorld(t)
		c, i := lifeCase{state: icpcode.StateAvailable, granted: true, paid: true}.make(w)
		must[int](t)(0, s.do(w, c, i))
		for _, actor := range []icpcode.AccountID{theOwner, theGrantee, ops} {
			want := ""
			if slices.Contains(s.told, actor) {
				want = reason
			}
			if got := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, actor, c, icpcode.Instance{})).Reason; got != want {
				t.Errorf("%s: the record tells %s %q, want %q", s.what, actor, got, want)
			}
			var last icpcode.Event
			for e, err := range w.eng.History(w.ctx, actor, c) {
				last = must[icpcode.Event](t)(e, err)
			}
			if last.Reason != want {
				t.Errorf("%s: the history tells %s %q, want %q", s.what, actor, last.Reason, want)
			}
		}
	}
}

// TestRefundsPerViewer shows what was refunded (LIF-VIEW): to a grantee a code
// is 已失效 if it was the instance, and 已退费 only if it was the code itself,
// which has to have been bought.
func TestRefundsPerViewer(t *testing.T) {
	closed := func(w *world, c icpcode.Code, i icpcode.Instance) error {
		_, err := w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: true, Reason: "gone"})
		return err
	}
	imported := func(o icpcode.Origin) func(*world) icpcode.Code {
		return func(w *world) icpcode.Code {
			return must[icpcode.Result](t)(w.eng.Import(w.ctx, icpcode.ImportRequest{
				Actor: ops, Code: must[icpcode.Code](t)(icpcode.Opaque.Parse("old")), State: icpcode.StateRefunded, Owner: theOwner,
				Grantee: theGrantee, InstanceID: "i-old", Product: icpcode.ECS, Origin: o, Issued: w.now, Granted: w.now,
			})).Codes[0]
		}
	}
	with := func(paid bool, do func(*world, icpcode.Code, icpcode.Instance) error) func(*world) icpcode.Code {
		return func(w *world) icpcode.Code {
			c, i := lifeCase{state: icpcode.StateAvailable, granted: true, paid: paid}.make(w)
			must[int](t)(0, do(w, c, i))
			return c
		}
	}
	for _, s := range []struct {
		what string
		code func(*world) icpcode.Code
		want icpcode.State
	}{
		{"the instance of a free code", with(false, closed), icpcode.StateInvalid},
		{"the instance of a paid code", with(true, closed), icpcode.StateInvalid},
		{"the code", with(true, func(w *world, c icpcode.Code, _ icpcode.Instance) error {
			_, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theOwner, Code: c})
			return err
		}), icpcode.StateRefunded},
		{"a free code, elsewhere", imported(icpcode.OriginFree), icpcode.StateInvalid},
		{"a paid code, elsewhere", imported(icpcode.OriginPaid), icpcode.StateRefunded},
	} {
		w := newWorld(t)
		c := s.code(w)
		for actor, want := range map[icpcode.AccountID]icpcode.State{theOwner: icpcode.StateRefunded, theGrantee: s.want} {
			if got := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, actor, c, icpcode.Instance{})).State; got != want {
				t.Errorf("%s was refunded: it is %v to %s, want %v", s.what, got, actor, want)
			}
		}
	}
}

// TestReviewTellsHowItWasClosed reviews what was filed with an instance that
// was refunded, and with one that was released.
func TestReviewTellsHowItWasClosed(t *testing.T) {
	for refunded, want := range map[bool]string{true: "refunded", false: "released"} {
		w := newWorld(t)
		i := w.server(theOwner)
		w.filed(theOwner, w.issue(i, 1)[0])
		must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: refunded, Reason: "gone"}))
		n := 0
		for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: theOwner}) {
			n++
			d := must[icpcode.Assessment](t)(a, err).Decision
			if got := found(t, &d, icpcode.RSKReleased); got != want {
				t.Errorf("found %q, want %q", got, want)
			}
		}
		if n != 1 {
			t.Errorf("%d filings are at risk, want 1", n)
		}
	}
}

// TestEachRuleHasOneAnswer asks for an issue and grant: of each rule of both
// the decision says that it passed, failed or is unknown, and one of them only.
func TestEachRuleHasOneAnswer(t *testing.T) {
	w := newWorld(t)
	asked := icpcode.MakeRuleIDs(icpcode.GRTEnterprise, icpcode.GRTOut, icpcode.GRTIn, icpcode.GRTFirst, icpcode.GRTOnce)
	for r := icpcode.ELGProduct; r <= icpcode.ELGAccount; r++ {
		asked |= icpcode.MakeRuleIDs(r)
	}
	account, enterprise := icpcode.MakeRuleIDs(icpcode.ELGAccount), icpcode.MakeRuleIDs(icpcode.GRTEnterprise)
	for _, c := range []struct {
		what          string
		change        func(*icpcode.IssueRequest)
		fail, unknown icpcode.RuleIDs
	}{
		{"good", func(*icpcode.IssueRequest) {}, 0, 0},
		{"personal", func(r *icpcode.IssueRequest) { r.Certification = icpcode.Personal }, account | enterprise, 0},
		{"not stated", func(r *icpcode.IssueRequest) { r.Certification = 0 }, 0, account | enterprise},
		{"to oneself", func(r *icpcode.IssueRequest) { r.GrantTo = r.Actor }, icpcode.MakeRuleIDs(icpcode.GRTOnce), 0},
	} {
		r := icpcode.IssueRequest{Actor: theOwner, Instance: w.server(theOwner), Quantity: 1, GrantTo: theGrantee, Certification: icpcode.Enterprise}
		c.change(&r)
		d := must[icpcode.Decision](t)(verify(w.ctx, w.eng, r))
		if d.Fail != c.fail || d.Unknown != c.unknown || d.Pass != asked&^c.fail&^c.unknown {
			t.Errorf("%s: pass %v, fail %v, unknown %v", c.what, d.Pass, d.Fail, d.Unknown)
		}
	}
}

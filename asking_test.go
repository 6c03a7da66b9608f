package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

// factory is a hook for facts that counts what it is asked.
type factory struct {
	calls int
	asked []icpcode.InstanceID
	today map[icpcode.InstanceID]icpcode.Instance
	err   error
}

func (f *factory) facts(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	f.calls++
	f.asked = append(f.asked, ids...)
	return f.today, f.err
}

func (f *factory) forget() { f.calls, f.asked = 0, nil }

// TestFactsAreAskedOncePerPage: 200 codes of one instance, of which three carry
// filings, cost a review one call for facts and one Load of ledgers. Lists ask
// only about codes for which facts make a difference.
func TestFactsAreAskedOncePerPage(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	i := w.server("1001")
	i.ContractQuota = 200
	codes := slices.Concat(w.issue(i, 20), w.issue(i, 20), w.issue(i, 20), w.issue(i, 20), w.issue(i, 20),
		w.issue(i, 20), w.issue(i, 20), w.issue(i, 20), w.issue(i, 20), w.issue(i, 20))
	for _, c := range codes[:3] {
		w.filed("1001", c)
	}
	f := &factory{today: map[icpcode.InstanceID]icpcode.Instance{i.ID: {ID: i.ID, Status: icpcode.StatusExpired}}}
	w.with(func(o *icpcode.Options) { o.Facts = f.facts })
	for _, c := range []struct {
		what                string
		list                func(icpcode.ListRequest) ([]icpcode.Record, error)
		r                   icpcode.ListRequest
		found, facts, loads int
	}{
		{"a review", w.reviewAll, icpcode.ListRequest{Actor: "1001"}, 3, 1, 1},
		{"a review of all accounts", w.reviewAll, icpcode.ListRequest{Actor: ops}, 3, 1, 1},
		{"a page of a review", w.reviewPage, icpcode.ListRequest{Actor: "1001", Limit: 1000}, 3, 1, 1},
		{"a short page of a review", w.reviewPage, icpcode.ListRequest{Actor: "1001", Limit: 2}, 2, 1, 1},
		{"what it owns", w.ownedAll, icpcode.ListRequest{Actor: "1001"}, 200, 1, 0},
		{"what is invalid", w.ownedAll, icpcode.ListRequest{Actor: "1001", State: icpcode.StateInvalid}, 197, 1, 0},
		{"what is available", w.ownedAll, icpcode.ListRequest{Actor: "1001", State: icpcode.StateAvailable}, 0, 1, 0},
		{"what is filed", w.ownedAll, icpcode.ListRequest{Actor: "1001", State: icpcode.StateFiled}, 3, 0, 0},
		{"what it received", w.receivedAll, icpcode.ListRequest{Actor: "1001"}, 0, 0, 0},
	} {
		f.forget()
		spy.forget()
		got, err := c.list(c.r)
		if err != nil || len(got) != c.found || f.calls != c.facts || len(f.asked) != c.facts || spy.calls("Load") != c.loads {
			t.Errorf("%s has %d codes (%v), want %d; facts were asked %d times about %q, want %d; %d Loads, want %d",
				c.what, len(got), err, c.found, f.calls, f.asked, c.facts, spy.calls("Load"), c.loads)
		}
	}
}

func (w *world) reviewAll(r icpcode.ListRequest) (all []icpcode.Record, err error) {
	for a, err := range w.eng.Review(w.ctx, r) {
		if err != nil {
			return all, err
		}
		all = append(all, a.Record)
	}
	return all, nil
}

func (w *world) reviewPage(r icpcode.ListRequest) (all []icpcode.Record, err error) {
	p, err := w.eng.ReviewPage(w.ctx, r)
	for _, a := range p.Assessments {
		all = append(all, a.Record)
	}
	return all, err
}

func (w *world) ownedAll(r icpcode.ListRequest) (all []icpcode.Record, err error) {
	for rec, err := range w.eng.Owned(w.ctx, r) {
		if err != nil {
			return all, err
		}
		all = append(all, rec)
	}
	return all, nil
}

func (w *world) receivedAll(r icpcode.ListRequest) (all []icpcode.Record, err error) {
	for rec, err := range w.eng.Received(w.ctx, r) {
		if err != nil {
			return all, err
		}
		all = append(all, rec)
	}
	return all, nil
}

// optional are the operations whose facts are optional, without any. Each asks
// about the same expired instance, which refuses it or shows.
func optional(w *world, i icpcode.Instance, codes []icpcode.Code) map[string]func(facts icpcode.Instance) error {
	shows := func(r icpcode.Record, err error) error {
		if err == nil && r.State == icpcode.StateInvalid {
			return errExpired
		}
		return err
	}
	site := w.site()
	return map[string]func(icpcode.Instance) error{
		"Submit": func(facts icpcode.Instance) error {
			_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: i.Owner, RequestID: "s", Code: codes[0], Filing: site, Instance: facts})
			return err
		},
		"Resubmit": func(facts icpcode.Instance) error {
			_, err := w.eng.Resubmit(w.ctx, icpcode.SubmitRequest{Actor: i.Owner, RequestID: "r", Code: codes[1], Filing: site, Instance: facts})
			return err
		},
		"Grant": func(facts icpcode.Instance) error {
			r := icpcode.GrantRequest{
				Actor: i.Owner, RequestID: "g", Codes: codes[2:4], GrantTo: "2002", Certification: icpcode.Enterprise,
			}
			if facts.ID != "" {
				r.Instances = []icpcode.Instance{facts}
			}
			_, err := w.eng.Grant(w.ctx, r)
			return err
		},
		"Lookup": func(facts icpcode.Instance) error { return shows(w.eng.Lookup(w.ctx, i.Owner, codes[4], facts)) },
	}
}

var errExpired = errors.New("the instance has expired")

// TestFactsServeRequests: a request that states nothing is judged by what
// Options.Facts says, asked once: not if it was done before, not for a
// stranger, not again at a conflict. What a request states wins, whole.
func TestFactsServeRequests(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	i := w.server("1001")
	codes := w.issue(i, 5)
	must[icpcode.Result](t)(w.submit("1001", codes[1]))
	f := &factory{today: map[icpcode.InstanceID]icpcode.Instance{
		// It has no address, which a filing needs; and what was not asked for does not count.
		i.ID: {Status: icpcode.StatusExpired, PublicIP: icpcode.No}, "i-not-asked": {ID: "i-other"},
	}}
	w.with(func(o *icpcode.Options) { o.Facts = f.facts })
	all := optional(w, i, codes)
	if len(all) != 4 {
		t.Fatalf("%d operations", len(all))
	}
	for name, do := range all {
		for _, dry := range []bool{false, true} {
			real := w.eng
			if dry {
				w.eng = real.DryRun()
			}
			f.forget()
			err := do(icpcode.Instance{})
			w.eng = real
			if !errors.Is(err, errExpired) && !errors.Is(err, icpcode.ErrRefused) {
				t.Errorf("%s, dry %v, without facts of its own: %v", name, dry, err)
			}
			if f.calls != 1 || !slices.Equal(f.asked, []icpcode.InstanceID{i.ID}) {
				t.Errorf("%s, dry %v: facts were asked %d times, about %q", name, dry, f.calls, f.asked)
			}
		}
	}
	// Unknown again: it passes, with conflicts on the way.
	f.today = nil
	for _, name := range []string{"Submit", "Resubmit", "Grant"} {
		f.forget()
		conflicts := 3
		spy.commit = func(_ context.Context, _ icpcode.Change, call func() error) error {
			if conflicts--; conflicts >= 0 {
				return icpcode.ErrConflict
			}
			return call()
		}
		if err := all[name](icpcode.Instance{}); err != nil || f.calls != 1 || conflicts >= 0 {
			t.Errorf("%s: %v%s, %d conflicts to come; facts were asked %d times, want once", name, err, why(err), conflicts, f.calls)
		}
		if err := all[name](icpcode.Instance{}); err != nil || f.calls != 1 {
			t.Errorf("%s again: %v; facts were asked %d times, want once", name, err, f.calls)
		}
	}
	spy.commit = nil
	// Own facts win, whole: nothing of the hook's is added to them.
	f.today = map[icpcode.InstanceID]icpcode.Instance{i.ID: {Status: icpcode.StatusExpired}}
	f.forget()
	r, err := w.eng.Lookup(w.ctx, "1001", codes[4], icpcode.Instance{ID: i.ID})
	if err != nil || r.State != icpcode.StateAvailable || f.calls != 0 {
		t.Errorf("with facts of its own Lookup shows %v, %v; facts were asked %d times", r.State, err, f.calls)
	}
	if _, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: codes[4], Filing: w.site(), Instance: i}); err != nil || f.calls != 0 {
		t.Errorf("with facts of its own Submit: %v; facts were asked %d times", err, f.calls)
	}
	for _, actor := range []icpcode.AccountID{"3003", "2002"} {
		if _, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: actor, Code: codes[4], Filing: w.site()}); !errors.Is(err, icpcode.ErrNoCode) || f.calls != 0 {
			t.Errorf("a stranger: %v; facts were asked %d times", err, f.calls)
		}
	}
}

// TestFactsOfManyCodes: a grant asks about all instances at once, and the code
// of an expired one is refused by its place in the request.
func TestFactsOfManyCodes(t *testing.T) {
	w := newWorld(t)
	one, two := w.server("1001"), w.server("1001")
	codes := slices.Concat(w.issue(two, 2), w.issue(one, 1), w.buy("1001", 1))
	f := &factory{today: map[icpcode.InstanceID]icpcode.Instance{one.ID: {Status: icpcode.StatusExpired}}}
	w.with(func(o *icpcode.Options) { o.Facts = f.facts })
	_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes, GrantTo: "2002", Certification: icpcode.Enterprise})
	d := refused(t, err, icpcode.LIFEffective)
	var places []int
	for r := range d.Reasons(icpcode.English) {
		places = append(places, r.Position)
	}
	if !slices.Equal(places, []int{3}) || f.calls != 1 || !slices.Equal(f.asked, []icpcode.InstanceID{one.ID, two.ID}) {
		t.Errorf("refused at %d; facts were asked %d times, about %q", places, f.calls, f.asked)
	}
}

// TestFactsThatFail: what the hook cannot say ends the operation as a
// HookError. It is never a finding, never a refusal, and nothing is done.
func TestFactsThatFail(t *testing.T) {
	sorry := errors.New("sorry")
	for what, spoil := range map[string]func(f *factory, id icpcode.InstanceID){
		"an error":       func(f *factory, _ icpcode.InstanceID) { f.err = fmt.Errorf("no inventory: %w", sorry) },
		"the same error": func(f *factory, _ icpcode.InstanceID) { f.err = &icpcode.HookError{Hook: "Facts", Err: sorry} },
		"another's facts": func(f *factory, id icpcode.InstanceID) {
			f.today = map[icpcode.InstanceID]icpcode.Instance{id: {ID: "i-other"}}
		},
		"facts out of range": func(f *factory, id icpcode.InstanceID) {
			f.today = map[icpcode.InstanceID]icpcode.Instance{id: {TermMonths: -1}}
		},
		"a panic": nil,
	} {
		w := newWorld(t)
		spy := w.spied()
		i := w.server("1001")
		codes := w.issue(i, 5)
		w.filed("1001", codes[1])
		f := &factory{}
		hook := f.facts
		if spoil != nil {
			spoil(f, i.ID)
		} else {
			hook = func(context.Context, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
				panic(codes[0])
			}
		}
		w.with(func(o *icpcode.Options) { o.Facts = hook })
		before := spy.dump(t)
		all := optional(w, i, codes)
		for name, list := range map[string]func(icpcode.ListRequest) ([]icpcode.Record, error){
			"Review": w.reviewAll, "ReviewPage": w.reviewPage, "Owned": w.ownedAll,
		} {
			all[name] = func(icpcode.Instance) error {
				got, err := list(icpcode.ListRequest{Actor: "1001"})
				if len(got) > 0 {
					t.Errorf("%s, %s: %d codes were shown", what, name, len(got))
				}
				return err
			}
		}
		for name, do := range all {
			err := do(icpcode.Instance{})
			var failed *icpcode.HookError
			if !errors.As(err, &failed) || failed.Hook != "Facts" || errors.Is(err, icpcode.ErrInvalid) || errors.Is(err, icpcode.ErrRefused) {
				t.Errorf("%s, %s: %v", what, name, err)
			}
			if f.err != nil && !errors.Is(err, sorry) {
				t.Errorf("%s, %s: %v does not unwrap to what the hook said", what, name, err)
			}
			noCodes(t, name, err, codes...)
		}
		if after := spy.dump(t); after != before || w.calls != 0 {
			t.Errorf("%s: the store has changed, or a phone was asked", what)
		}
	}
}

// TestFactsThatAskTheirEngine: a hook that looks a code up with the engine that
// asks it ends, as an error.
func TestFactsThatAskTheirEngine(t *testing.T) {
	w := newWorld(t)
	code := w.issue(w.server("1001"), 1)[0]
	asked := 0
	var last error
	w.with(func(o *icpcode.Options) {
		o.Facts = func(ctx context.Context, _ []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			asked++
			_, err := w.eng.Lookup(ctx, "1001", code, icpcode.Instance{})
			if last == nil {
				last = err
			}
			return nil, err
		}
	})
	_, err := w.eng.Lookup(w.ctx, "1001", code, icpcode.Instance{})
	var hook *icpcode.HookError
	if !errors.As(err, &hook) || !errors.As(last, &hook) || hook.Hook != "Facts" || asked < 64 || asked > 100_000 {
		t.Errorf("asked %d times: %v, at last %v", asked, err, last)
	}
}

// TestOperatorThatFails: no operation goes on as if the actor were none.
func TestOperatorThatFails(t *testing.T) {
	sorry := errors.New("sorry")
	w := newWorld(t)
	spy := w.spied()
	in := newInputs(w)
	before := spy.dump(t)
	w.with(func(o *icpcode.Options) {
		o.Operator = func(context.Context, icpcode.AccountID) (bool, error) { return true, sorry }
	})
	for _, o := range operations {
		var hook *icpcode.HookError
		if err := o.do(in); !errors.As(err, &hook) || hook.Hook != "Operator" || !errors.Is(err, sorry) {
			t.Errorf("%s: %v", o.name, err)
		}
	}
	if after := spy.dump(t); after != before {
		t.Error("the store has changed")
	}
}

// TestAllAccounts: an operator that names no account is shown the codes of all
// accounts, by list and by page; another actor those of its own.
func TestAllAccounts(t *testing.T) {
	w := newWorld(t)
	w.market()
	accounts := []icpcode.AccountID{"a0", "a1", "a2"}
	found := 0
	for _, l := range pagedLists() {
		for _, state := range []icpcode.State{icpcode.StateNone, icpcode.StateAvailable, icpcode.StateFiling, icpcode.StateFiled, icpcode.StateInvalid} {
			var want []string
			for _, a := range accounts {
				want = append(want, w.whole(l, icpcode.ListRequest{Actor: ops, Account: a, State: state})...)
			}
			slices.Sort(want)
			want = slices.Compact(want) // a granted code is its owner's and its grantee's to review
			r := icpcode.ListRequest{Actor: ops, State: state, Limit: 7}
			paged, _ := w.pages(l, r)
			r.Limit = 0
			whole := w.whole(l, r)
			slices.Sort(paged)
			slices.Sort(whole)
			if d := cmp.Diff(want, whole); d != "" {
				t.Errorf("%s of all accounts, %v: %s", l.name, state, d)
			}
			if d := cmp.Diff(whole, paged); d != "" {
				t.Errorf("%s of all accounts, %v, by pages: %s", l.name, state, d)
			}
			found += len(whole)
		}
		own := w.whole(l, icpcode.ListRequest{Actor: "a0"})
		if same := w.whole(l, icpcode.ListRequest{Actor: "a0", Account: "a0"}); !slices.Equal(own, same) {
			t.Errorf("%s without an account has %d codes, and with its own %d", l.name, len(own), len(same))
		}
	}
	for _, l := range pagedLists() {
		whole := w.whole(l, icpcode.ListRequest{Actor: ops})
		if same := w.whole(l, icpcode.ListRequest{Actor: ops, All: true}); !slices.Equal(whole, same) {
			t.Errorf("%s of all accounts has %d codes, and %d where that is asked for by name", l.name, len(whole), len(same))
		}
		for _, r := range []icpcode.ListRequest{{Actor: "a0", All: true}, {Actor: "a0", Account: "a0", All: true}, {Actor: ops, Account: "a0", All: true}} {
			var field *icpcode.InvalidError
			if _, err := l.page(w.eng, r); !errors.As(err, &field) || field.Field != "All" {
				t.Errorf("%s of all accounts for %s, of %q: %v", l.name, r.Actor, r.Account, err)
			}
		}
	}
	if found < 150 {
		t.Errorf("the lists had %d codes: nothing was proven", found)
	}
}

// TestGrantees: a granter is told its own grantees of a natural year; a grantee
// only how many granters it had.
func TestGrantees(t *testing.T) {
	w := newWorld(t)
	for _, to := range []icpcode.AccountID{"2003", "2002", "2003"} {
		must[icpcode.Result](t)(w.grant("1001", to))
	}
	w.now = at(2027, 1, 1, 0, 0, 0)
	must[icpcode.Result](t)(w.grant("1001", "2004"))
	for _, c := range []struct {
		actor icpcode.AccountID
		year  int
		want  []icpcode.AccountID
	}{
		{"1001", 0, []icpcode.AccountID{"2004"}}, {"1001", 2027, []icpcode.AccountID{"2004"}},
		{"1001", 2026, []icpcode.AccountID{"2002", "2003"}}, {"1001", 2025, nil}, {"2003", 2026, nil}, {ops, 2026, nil},
	} {
		if got, err := w.eng.Grantees(w.ctx, c.actor, c.year); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s is told %q (%v) of %d, want %q", c.actor, got, err, c.year, c.want)
		}
	}
	for _, year := range []int{-1, 1999, 10_000} {
		_, err := w.eng.Grantees(w.ctx, "1001", year)
		is(t, err, icpcode.ErrInvalid)
	}
}

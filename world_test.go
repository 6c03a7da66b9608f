package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

// beijing is the zone that the rules count in.
var beijing = time.FixedZone("CST", 8*60*60)

func at(year int, month time.Month, day, hour, minute, sec int) time.Time {
	return time.Date(year, month, day, hour, minute, sec, 0, beijing)
}

// world is an engine over an in-memory store whose clock and phone the test
// holds. Accounts are free names; "ops" is the operator.
type world struct {
	t     testing.TB
	ctx   context.Context
	store icpcode.Store
	eng   *icpcode.Engine
	opt   icpcode.Options
	now   time.Time
	phone func(icpcode.Verification) error
	calls int // of the phone hook
	seen  []icpcode.Event
	n     int
}

// byValue lets go-cmp compare what == compares.
var byValue = cmpopts.EquateComparable(icpcode.Code{}, netip.Addr{})

const ops icpcode.AccountID = "ops"

// newWorld begins at noon of 1 March 2026 in Beijing.
func newWorld(t testing.TB) *world {
	w := &world{t: t, ctx: context.Background(), now: at(2026, 3, 1, 12, 0, 0), store: memstore.New()}
	w.phone = func(icpcode.Verification) error { return nil }
	w.opt = icpcode.Options{
		Clock:    func() time.Time { return w.now },
		Price:    icpcode.Money{Amount: decimal.RequireFromString("100.00"), Currency: "CNY"},
		Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil },
		VerifyPhone: func(_ context.Context, v icpcode.Verification) error {
			w.calls++
			return w.phone(v)
		},
		Observe:      func(_ context.Context, events []icpcode.Event) { w.seen = append(w.seen, events...) },
		ImportFormat: icpcode.Opaque,
	}
	w.eng = icpcode.New(w.store, &w.opt)
	return w
}

// with makes the engine anew with other options.
func (w *world) with(change func(*icpcode.Options)) *world {
	change(&w.opt)
	w.eng = icpcode.New(w.store, &w.opt)
	return w
}

// rules makes the engine anew with the set in force now, changed.
func (w *world) rules(change func(*icpcode.RuleSet)) *world {
	w.t.Helper()
	book := icpcode.Alibaba()
	var sets []icpcode.RuleSet
	for _, s := range book.Sets() {
		set := s
		set.Products = slices.Clone(set.Products)
		change(&set)
		sets = append(sets, set)
	}
	book, err := icpcode.NewRuleBook(sets...)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.with(func(o *icpcode.Options) { o.RuleBook = book })
}

// server returns facts that pass every rule now.
func (w *world) server(owner icpcode.AccountID) icpcode.Instance {
	w.n++
	return icpcode.Instance{
		ID: icpcode.InstanceID(fmt.Sprintf("i-%06d", w.n)), Owner: owner, Product: icpcode.ECS, Region: "cn-hangzhou",
		Billing: icpcode.Subscription, Status: icpcode.StatusRunning, TermMonths: 12,
		Expires: w.now.AddDate(1, 0, 0), Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
		Downgraded: icpcode.No, IPs: []netip.Addr{netip.MustParseAddr("47.96.1.180")},
	}
}

func (w *world) site() icpcode.Filing {
	return icpcode.Filing{
		Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "subject-1",
		IPs: []netip.Addr{netip.MustParseAddr("47.96.1.180")},
	}
}

// must fails the test on an error.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%v%s", err, why(err))
		}
		return v
	}
}

// why spells out a refusal.
func why(err error) string {
	var no *icpcode.RefusedError
	s := ""
	if errors.As(err, &no) {
		for r := range no.Decision.Reasons(icpcode.English) {
			s += fmt.Sprintf("\n\t%s: required %s; found %s", r.Rule, r.Required, r.Found)
		}
	}
	return s
}

// issue issues n codes for an instance to its owner.
func (w *world) issue(i icpcode.Instance, n int) []icpcode.Code {
	w.t.Helper()
	return must[icpcode.Result](w.t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: i.Owner, Instance: i, Quantity: n})).Codes
}

// grant is an issue and grant of one code.
func (w *world) grant(from, to icpcode.AccountID) (icpcode.Result, error) {
	return w.eng.Issue(w.ctx, icpcode.IssueRequest{
		Actor: from, Instance: w.server(from), Quantity: 1, GrantTo: to, Certification: icpcode.Enterprise,
	})
}

func (w *world) buy(actor icpcode.AccountID, n int) []icpcode.Code {
	w.t.Helper()
	return must[icpcode.Result](w.t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{Actor: actor, Quantity: n})).Codes
}

func (w *world) submit(actor icpcode.AccountID, c icpcode.Code) (icpcode.Result, error) {
	return w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: actor, Code: c, Filing: w.site()})
}

// filed takes a code of actor's through a filing to its approval.
func (w *world) filed(actor icpcode.AccountID, c icpcode.Code) {
	w.t.Helper()
	must[icpcode.Result](w.t)(w.submit(actor, c))
	must[icpcode.Result](w.t)(w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: ops, Code: c, ICPNumber: "浙ICP备12345678号-1"}))
}

// record returns a code as an operator sees it.
func (w *world) record(c icpcode.Code) icpcode.Record {
	w.t.Helper()
	return must[icpcode.Record](w.t)(w.eng.Lookup(w.ctx, ops, c, icpcode.Instance{}))
}

// state checks the recorded state of a code.
func (w *world) state(c icpcode.Code, want icpcode.State) {
	w.t.Helper()
	if got := w.record(c).State; got != want {
		w.t.Errorf("the code is %v, want %v", got, want)
	}
}

// refused checks that err is a refusal that names exactly the given rules as
// failing, in English and Chinese, with everything that a reason must have.
func refused(t testing.TB, err error, rules ...icpcode.Rule) *icpcode.Decision {
	t.Helper()
	var no *icpcode.RefusedError
	if !errors.As(err, &no) {
		t.Fatalf("got %v, want a refusal by %v", err, icpcode.MakeRuleIDs(rules...))
	}
	if !errors.Is(err, icpcode.ErrRefused) {
		t.Errorf("%v does not match ErrRefused", err)
	}
	if want := icpcode.MakeRuleIDs(rules...); no.Decision.Fail != want {
		t.Errorf("refused by %v, want %v", no.Decision.Fail, want)
	}
	lasting(t, no.Decision)
	for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
		named := icpcode.RuleIDs(0)
		for r := range no.Decision.Reasons(l) {
			named |= icpcode.MakeRuleIDs(r.Rule)
			if r.Required == "" || r.Found == "" || r.Remedy == "" || r.Source(icpcode.English) == "" {
				t.Errorf("the reason for %v is not complete: %+v", r.Rule, r)
			}
		}
		if named&no.Decision.Fail != no.Decision.Fail {
			t.Errorf("the reasons name %v, want all of %v", named, no.Decision.Fail)
		}
	}
	return &no.Decision
}

// is checks that err matches target.
func is(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
}

// each makes a hook for facts of a function that knows one instance at a time.
func each(one func(icpcode.InstanceID) icpcode.Instance) func(context.Context, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	return func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
		known := make(map[icpcode.InstanceID]icpcode.Instance, len(ids))
		for _, id := range ids {
			known[id] = one(id)
		}
		return known, nil
	}
}

// verify returns what the rules say beforehand of an issue, as a refusal or not.
func verify(ctx context.Context, eng *icpcode.Engine, r icpcode.IssueRequest) (icpcode.Decision, error) {
	got, err := eng.DryRun().Issue(ctx, r)
	var no *icpcode.RefusedError
	if errors.As(err, &no) {
		return no.Decision, nil
	}
	if err != nil {
		return icpcode.Decision{}, err
	}
	if got.Decision == nil {
		return icpcode.Decision{}, errors.New("nothing was decided: the request was done")
	}
	return *got.Decision, nil
}

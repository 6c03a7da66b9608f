package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// inputs is one valid request of every kind, for a test to spoil. All of them
// would succeed, each on a code of its own.
type inputs struct {
	w        *world
	issue    icpcode.IssueRequest
	auto     icpcode.SubmitAutoRequest
	buy      icpcode.BuyRequest
	bind     icpcode.BindRequest
	grant    icpcode.GrantRequest
	submit   icpcode.SubmitRequest
	resubmit icpcode.SubmitRequest
	approve  icpcode.ApproveRequest
	reject   icpcode.RejectRequest
	stage    icpcode.StageRequest
	end      icpcode.EndRequest
	correct  icpcode.CorrectRequest
	release  icpcode.ReleaseRequest
	refund   icpcode.RefundRequest
	void     icpcode.VoidRequest
	closing  icpcode.CloseRequest
	imported icpcode.ImportRequest
	list     icpcode.ListRequest
	lookup   struct {
		actor icpcode.AccountID
		code  icpcode.Code
		today icpcode.Instance
	}
	codes []icpcode.Code
}

func newInputs(w *world) *inputs {
	in := &inputs{w: w}
	i := w.server(theOwner)
	i.ContractQuota = 100
	codes := w.issue(i, 12)
	paid := w.buy(theOwner, 2)
	in.codes = slices.Concat(codes[:7], paid, codes[7:])
	for _, c := range slices.Concat(codes[3:6], codes[7:9]) {
		must[icpcode.Result](w.t)(w.submit(theOwner, c))
	}
	for _, c := range codes[9:] {
		w.filed(theOwner, c)
	}
	in.issue = icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1, GrantTo: theGrantee, Certification: icpcode.Enterprise}
	in.auto = icpcode.SubmitAutoRequest{Actor: theOwner, Instance: i, Filing: w.site()}
	in.buy = icpcode.BuyRequest{Actor: theOwner, Quantity: 1, Paid: decimal.NewNullDecimal(decimal.RequireFromString("99.99"))}
	in.bind = icpcode.BindRequest{Actor: theOwner, Code: paid[0], Instance: i}
	in.grant = icpcode.GrantRequest{
		Actor: theOwner, Codes: codes[:1], GrantTo: theGrantee, Certification: icpcode.Enterprise, Instances: []icpcode.Instance{i},
	}
	in.submit = icpcode.SubmitRequest{Actor: theOwner, Code: codes[1], Filing: w.site(), Instance: i}
	in.resubmit = icpcode.SubmitRequest{Actor: theOwner, Code: codes[3], Filing: w.site(), Instance: i}
	in.approve = icpcode.ApproveRequest{Actor: ops, Code: codes[4], ICPNumber: "浙ICP备12345678号-1", Replaces: codes[9:10]}
	in.reject = icpcode.RejectRequest{Actor: ops, Code: codes[7], Rejection: "the domain has expired\nand the photo is dark"}
	in.stage = icpcode.StageRequest{Actor: ops, Code: codes[8], Stage: icpcode.StageSMS}
	in.end = icpcode.EndRequest{Actor: ops, Code: codes[10], End: icpcode.EndMoved, Successor: codes[11], Reason: "moved"}
	in.correct = icpcode.CorrectRequest{Actor: ops, Code: codes[11], ICPNumber: "浙ICP备87654321号"}
	in.release = icpcode.ReleaseRequest{Actor: theOwner, Code: codes[5], Reason: "withdrawn"}
	in.refund = icpcode.RefundRequest{Actor: theOwner, Code: paid[1]}
	in.void = icpcode.VoidRequest{Actor: ops, Code: codes[6], Reason: "test"}
	in.closing = icpcode.CloseRequest{Actor: ops, InstanceID: w.server(theOwner).ID, Reason: "gone"}
	in.imported = icpcode.ImportRequest{
		Actor: ops, Code: must[icpcode.Code](w.t)(icpcode.Opaque.Parse("import-me")), State: icpcode.StateFiled, Owner: theOwner,
		Grantee: theGrantee, InstanceID: i.ID, Product: i.Product, Origin: icpcode.OriginPaid, Issued: at(2025, 5, 5, 0, 0, 0),
		Granted: at(2025, 5, 6, 0, 0, 0), Paid: icpcode.Money{Amount: decimal.NewFromInt(5), Currency: "CNY"},
		Filing: &icpcode.Filing{
			Kind: icpcode.FilingFirst, Domain: "old.cn", Subject: "s", ICPNumber: "ICP-1",
			IPs: []netip.Addr{netip.MustParseAddr("47.96.1.180")},
		},
	}
	in.list = icpcode.ListRequest{Actor: theOwner}
	in.lookup.actor, in.lookup.code = theOwner, codes[2]
	return in
}

// operation is one thing that an engine can be asked.
type operation struct {
	name string
	do   func(in *inputs) error
}

// operations are all of them, those that change something first.
var operations = []operation{
	{"Issue", func(in *inputs) error { _, err := in.w.eng.Issue(in.w.ctx, in.issue); return err }},
	{"SubmitAuto", func(in *inputs) error { _, err := in.w.eng.SubmitAuto(in.w.ctx, in.auto); return err }},
	{"Buy", func(in *inputs) error { _, err := in.w.eng.Buy(in.w.ctx, in.buy); return err }},
	{"Bind", func(in *inputs) error { _, err := in.w.eng.Bind(in.w.ctx, in.bind); return err }},
	{"Grant", func(in *inputs) error { _, err := in.w.eng.Grant(in.w.ctx, in.grant); return err }},
	{"Submit", func(in *inputs) error { _, err := in.w.eng.Submit(in.w.ctx, in.submit); return err }},
	{"Resubmit", func(in *inputs) error { _, err := in.w.eng.Resubmit(in.w.ctx, in.resubmit); return err }},
	{"Approve", func(in *inputs) error { _, err := in.w.eng.Approve(in.w.ctx, in.approve); return err }},
	{"Reject", func(in *inputs) error { _, err := in.w.eng.Reject(in.w.ctx, in.reject); return err }},
	{"Stage", func(in *inputs) error { _, err := in.w.eng.Stage(in.w.ctx, in.stage); return err }},
	{"End", func(in *inputs) error { _, err := in.w.eng.End(in.w.ctx, in.end); return err }},
	{"Correct", func(in *inputs) error { _, err := in.w.eng.Correct(in.w.ctx, in.correct); return err }},
	{"Release", func(in *inputs) error { _, err := in.w.eng.Release(in.w.ctx, in.release); return err }},
	{"Refund", func(in *inputs) error { _, err := in.w.eng.Refund(in.w.ctx, in.refund); return err }},
	{"Void", func(in *inputs) error { _, err := in.w.eng.Void(in.w.ctx, in.void); return err }},
	{"CloseInstance", func(in *inputs) error { _, err := in.w.eng.CloseInstance(in.w.ctx, in.closing); return err }},
	{"Import", func(in *inputs) error { _, err := in.w.eng.Import(in.w.ctx, in.imported); return err }},
	{"DryRun", func(in *inputs) error { _, err := in.w.eng.DryRun().Issue(in.w.ctx, in.issue); return err }},
	{"Lookup", func(in *inputs) error {
		_, err := in.w.eng.Lookup(in.w.ctx, in.lookup.actor, in.lookup.code, in.lookup.today)
		return err
	}},
	{"Grantees", func(in *inputs) error { _, err := in.w.eng.Grantees(in.w.ctx, in.lookup.actor, 0); return err }},
	{"GrantQuota", func(in *inputs) error { _, err := in.w.eng.GrantQuota(in.w.ctx, in.lookup.actor); return err }},
	{"History", func(in *inputs) error {
		for _, err := range in.w.eng.History(in.w.ctx, in.lookup.actor, in.lookup.code) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"Owned", func(in *inputs) error {
		for _, err := range in.w.eng.Owned(in.w.ctx, in.list) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"Received", func(in *inputs) error {
		for _, err := range in.w.eng.Received(in.w.ctx, in.list) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"Pick", func(in *inputs) error {
		for _, err := range in.w.eng.Pick(in.w.ctx, in.list) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"Review", func(in *inputs) error {
		for _, err := range in.w.eng.Review(in.w.ctx, in.list) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
}

// TestBadInput makes each part of each request bad: the answer is a typed
// error that names the field, or a refusal by the rule; nothing is changed or
// used up, and no hook is asked.
func TestBadInput(t *testing.T) {
	w := newWorld(t)
	noon, spy := w.now, w.spied()
	in := newInputs(w)
	must[icpcode.Result](t)(w.grant(theOwner, "3003"))
	for _, o := range operations[len(changing):] { // those that read
		if err := o.do(in); err != nil {
			t.Fatalf("%s: %v", o.name, err)
		}
	}
	before := spy.dump(t)
	spy.forget()
	seen, calls := len(w.seen), w.calls
	opt := w.opt
	done := map[string]int{}
	for _, s := range spoilings() {
		bad := *in
		bad.grant.Codes = slices.Clone(in.grant.Codes)
		bad.grant.Instances = slices.Clone(in.grant.Instances)
		filing := in.imported.Filing.IPs
		bad.imported.Filing = new(icpcode.Filing)
		*bad.imported.Filing = *in.imported.Filing
		bad.imported.Filing.IPs = slices.Clone(filing)
		s.spoil(&bad)
		loaded := spy.calls("Load")
		var err error
		for _, o := range operations {
			if o.name == s.operation {
				err = o.do(&bad)
				done[o.name]++
			}
		}
		what := s.operation + ": " + s.what
		noCodes(t, what, err, in.codes...)
		var invalid *icpcode.InvalidError
		if s.rule != 0 {
			if !failing(err).Has(s.rule) {
				t.Errorf("%s: got %v, want a refusal by %v", what, err, s.rule)
			}
		} else if !errors.As(err, &invalid) || !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("%s: got %v, want an *InvalidError", what, err)
		} else if invalid.Field != s.field || invalid.Problem == "" {
			t.Errorf("%s: got %v, want the field %s", what, err, s.field)
		}
		if (s.field == "Actor" || s.field == "RequestID" || s.field == "Options.Clock") && spy.calls("Load") != loaded {
			t.Errorf("%s: the store was asked", what)
		}
		w.now = noon
		w.with(func(o *icpcode.Options) { *o = opt })
	}
	for _, o := range operations {
		if done[o.name] < 5 {
			t.Errorf("%s was spoilt in %d ways only", o.name, done[o.name])
		}
	}
	if after := spy.dump(t); after != before {
		t.Errorf("the store has changed from\n%s\nto\n%s", before, after)
	}
	if spy.calls("Commit") != 0 {
		t.Errorf("%d commits were tried", spy.calls("Commit"))
	}
	if len(w.seen) != seen || w.calls != calls {
		t.Errorf("%d events were observed, the phone was asked %d times", len(w.seen)-seen, w.calls-calls)
	}
	// What was spoilt was good before, and nothing was used up.
	for _, o := range operations {
		if err := o.do(in); err != nil {
			t.Errorf("unspoilt, %s: %v%s", o.name, err, why(err))
		}
	}
	if got := must[icpcode.Decision](t)(verify(w.ctx, w.eng, in.issue)).Quota.Used; got != 12+1+1 {
		t.Errorf("issued are %d", got)
	}
}

// TestGoodInput walks along the edges of what is accepted.
func TestGoodInput(t *testing.T) {
	w := newWorld(t)
	long := icpcode.AccountID(strings.Repeat("x", 128))
	i := w.server(long)
	i.ID = icpcode.InstanceID(strings.Repeat("码", 42) + "12")
	i.ContractQuota, i.TermMonths, i.FirstTermMonths = 1000, 1200, 1200
	i.Created, i.Expires = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9998, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	i.IPs = slices.Repeat([]netip.Addr{netip.MustParseAddr("8.8.8.8")}, 256)
	r := icpcode.IssueRequest{
		Actor: long, RequestID: "a b\u00adc d\U0010FFFF", Instance: i, Quantity: 20, Remark: strings.Repeat("x", 256), GrantTo: "授权 账号",
		Certification: icpcode.Enterprise, Proof: "\x00\xff any bytes",
	}
	res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
	if res.RequestID != r.RequestID {
		t.Errorf("the request ID came back as %q", res.RequestID)
	}
	rec := w.record(res.Codes[19])
	if rec.Owner != long || rec.InstanceID != i.ID || rec.Grantee != r.GrantTo || rec.Remark != r.Remark {
		t.Errorf("recorded %+v", rec)
	}
	// Instants are truncated to the microsecond.
	w.now = time.Date(9998, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	must[icpcode.Result](t)(w.submit(r.GrantTo, res.Codes[0]))
	if got, want := w.record(res.Codes[0]).Updated, w.now.Truncate(time.Microsecond); !got.Equal(want) || got != want {
		t.Errorf("updated %v, want %v", got, want)
	}
}

// TestLastValues states each fact at the last value that it can have: what
// there is to say against it, a rule says.
func TestLastValues(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		what  string
		state func(*icpcode.Instance)
		want  icpcode.RuleIDs
	}{
		{"billing", func(i *icpcode.Instance) { i.Billing = icpcode.PayAsYouGo }, icpcode.MakeRuleIDs(icpcode.ELGBilling)},
		{"status", func(i *icpcode.Instance) { i.Status = icpcode.StatusReleased }, icpcode.MakeRuleIDs(icpcode.ELGStatus)},
		{"trial", func(i *icpcode.Instance) { i.Trial = icpcode.Yes }, icpcode.MakeRuleIDs(icpcode.ELGBilling)},
		{"public IP", func(i *icpcode.Instance) { i.PublicIP = icpcode.Yes }, 0},
		{"IP held", func(i *icpcode.Instance) { i.IPHeld = icpcode.Yes }, icpcode.MakeRuleIDs(icpcode.ELGIPInUse)},
		{"downgraded", func(i *icpcode.Instance) { i.Downgraded = icpcode.Yes }, 0},
		{"auto-renewal", func(i *icpcode.Instance) { i.AutoRenew = icpcode.Yes }, 0},
	} {
		i := w.server(theOwner)
		c.state(&i)
		d, err := verify(w.ctx, w.eng, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
		if err != nil || d.Fail != c.want {
			t.Errorf("%s: refused by %v, %v, want %v", c.what, d.Fail, err, c.want)
		}
	}
}

// TestDomainLengths files for domains along the edges of what is accepted: of
// at most 253 bytes, in labels of 63 letters, which in Chinese are more bytes.
func TestDomainLengths(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server(theOwner), 1)[0]
	dry := w.eng.DryRun()
	for _, d := range []struct {
		domain string
		ok     bool
	}{
		{"a.b", true},
		{strings.Repeat("a", 63) + ".cn", true},
		{strings.Repeat("网", 63) + ".中国", true},
		{strings.Repeat("abcdefghi.", 25) + "com", true},
		{strings.Repeat("abcdefghi.", 25) + "info", false},
	} {
		f := w.site()
		f.Domain = d.domain
		_, err := dry.Submit(w.ctx, icpcode.SubmitRequest{Actor: theOwner, Code: c, Filing: f})
		if d.ok && err != nil {
			t.Errorf("a domain of %d bytes: %v%s", len(d.domain), err, why(err))
		}
		if !d.ok {
			refused(t, err, icpcode.FILWhat)
		}
	}
}

// TestFilingWithoutAddresses files with an instance that has no address: what
// is served from an address is not served from it.
func TestFilingWithoutAddresses(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server(theOwner), 1)[0]
	dry := w.eng.DryRun()
	r := icpcode.SubmitRequest{Actor: theOwner, Code: c, Filing: w.site(), Instance: icpcode.Instance{PublicIP: icpcode.No}}
	_, err := dry.Submit(w.ctx, r)
	refused(t, err, icpcode.ELGPublicIP, icpcode.FILWhat)
	r.Filing.IPs = nil
	_, err = dry.Submit(w.ctx, r)
	refused(t, err, icpcode.ELGPublicIP)
}

// TestBeforeAnyRules asks at a time that no rule set covers.
func TestBeforeAnyRules(t *testing.T) {
	w := newWorld(t)
	in := newInputs(w)
	spy := w.spied()
	w.now = at(2018, 9, 26, 23, 59, 59)
	for _, o := range operations {
		if err := o.do(in); !errors.Is(err, icpcode.ErrNoRules) {
			t.Errorf("%s: got %v, want ErrNoRules", o.name, err)
		}
	}
	if n := spy.calls("Commit") + spy.calls("Load") + spy.calls("List"); n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
	// A rule set that says no more than it must allows nothing.
	w.now = at(2026, 3, 1, 12, 0, 0)
	least := must[*icpcode.RuleBook](t)(icpcode.NewRuleBook(icpcode.RuleSet{
		Version: "least", Provider: "alibaba", Source: "none", AsOf: "2026-01-06", Effective: at(2020, 1, 1, 0, 0, 0),
		Batch: 1, Life: icpcode.LifeRules{ReleaseTo: icpcode.StateAvailable},
	}))
	w.with(func(o *icpcode.Options) { o.RuleBook = least })
	rules := map[string]icpcode.Rule{
		"Issue": icpcode.ELGProduct, "SubmitAuto": icpcode.ELGProduct, "Bind": icpcode.ELGProduct, "Grant": icpcode.GRTOut,
	}
	for _, o := range operations {
		if err := o.do(in); rules[o.name] != 0 && !failing(err).Has(rules[o.name]) {
			t.Errorf("%s under the least of rule sets: %v", o.name, err)
		}
	}
}

// TestContextDone asks with a context that is done: nobody is asked anything.
func TestContextDone(t *testing.T) {
	w := newWorld(t)
	in := newInputs(w)
	spy := w.spied()
	ctx, cancel := context.WithCancelCause(w.ctx)
	cancel(errors.New("gone"))
	w.ctx = ctx
	clock := 0
	w.with(func(o *icpcode.Options) { o.Clock = func() time.Time { clock++; return w.now } })
	for _, o := range operations {
		if err := o.do(in); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", o.name, err)
		}
	}
	if n := fmt.Sprint(spy.calls("Load"), spy.calls("Commit"), spy.calls("List"), spy.calls("Events"), clock); n != "0 0 0 0 0" {
		t.Errorf("calls of the store and the clock: %s", n)
	}
}

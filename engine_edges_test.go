package icpcode_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// TestFullInstance attaches as many codes to an instance as it can have, free
// and paid and imported ones; the next is an error, and closing the instance
// ends them all in one commit.
func TestFullInstance(t *testing.T) {
	w := newWorld(t)
	i := w.server(theOwner)
	i.ContractQuota = 1000
	for range 49 {
		w.issue(i, 20)
	}
	spare := w.buy(theOwner, 19)
	for _, c := range spare[:18] {
		must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: theOwner, Code: c, Instance: i}))
	}
	imported := icpcode.ImportRequest{
		Actor: ops, Code: must[icpcode.Code](t)(icpcode.Opaque.Parse("one")), State: icpcode.StateRefunded, Owner: theOwner,
		InstanceID: i.ID, Product: i.Product, Origin: icpcode.OriginPaid, Issued: w.now, Paid: icpcode.Money{Amount: decimal.NewFromInt(7), Currency: "CNY"},
	}
	must[icpcode.Result](t)(w.eng.Import(w.ctx, imported))
	if r := w.record(imported.Code); r.Refunded.String() != "7.00 CNY" {
		t.Errorf("a refunded code was imported as %+v", r)
	}
	last := w.issue(i, 1)[0] // the thousandth
	var full *icpcode.InvalidError
	is := func(what string, _ icpcode.Result, err error) {
		t.Helper()
		if !errors.As(err, &full) || full.Field != "Instance.ID" || !strings.Contains(err.Error(), "one instance can have") {
			t.Errorf("%s on a full instance: %v", what, err)
		}
	}
	res, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
	is("Issue", res, err)
	res, err = w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{Actor: theOwner, Instance: i, Filing: w.site()})
	is("SubmitAuto", res, err)
	res, err = w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: theOwner, Code: spare[18], Instance: i})
	is("Bind", res, err)
	imported.Code = must[icpcode.Code](t)(icpcode.Opaque.Parse("two"))
	res, err = w.eng.Import(w.ctx, imported)
	is("Import", res, err)
	w.state(spare[18], icpcode.StateUnbound)
	res = must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: true, Reason: "gone"}))
	if len(res.Codes) != 999 || res.Money.String() != "1800.00 CNY" {
		t.Errorf("the close ended %d codes and pays %v back", len(res.Codes), res.Money)
	}
	w.state(last, icpcode.StateRefunded)
}

// TestCloseReadsTornDocuments closes an instance over a store whose Load, as it
// may, reads the ledger after a commit and a record before it: nothing of the
// close is written until all of it can be.
func TestCloseReadsTornDocuments(t *testing.T) {
	for torn := range 3 {
		for _, bound := range []bool{false, true} {
			w := newWorld(t)
			i := w.server(theOwner)
			var codes []icpcode.Code
			if bound {
				codes = w.buy(theOwner, 3)
			} else {
				codes = w.issue(i, 3)
			}
			slices.SortFunc(codes, icpcode.Code.Compare)
			key := icpcode.Key{Kind: icpcode.KindRecord, Code: codes[torn]}
			before := icpcode.Document{Key: key} // the code was not there yet
			if bound {                           // or not tied to the instance
				before = must[[]icpcode.Document](t)(w.store.Load(w.ctx, key))[0]
				for _, c := range codes {
					must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: theOwner, Code: c, Instance: i}))
				}
			}
			spy := w.spied()
			late := false
			spy.load = func(_ context.Context, keys []icpcode.Key, call func() ([]icpcode.Document, error)) ([]icpcode.Document, error) {
				docs, err := call()
				if n := slices.Index(keys, key); n >= 0 && !late {
					late = true
					docs[n] = before
				}
				return docs, err
			}
			res := must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{
				Actor: ops, RequestID: "close", InstanceID: i.ID, Reason: "gone"}))
			if !late {
				t.Fatal("no record came late")
			}
			if len(res.Codes) != 3 || spy.calls("Commit") != 1 {
				t.Errorf("code %d came late, bound %v: the close ended %d codes in %d commits, want 3 in one",
					torn, bound, len(res.Codes), spy.calls("Commit"))
			}
			for _, c := range codes {
				if r := w.record(c); r.State != icpcode.StateInvalid || r.Last != icpcode.ActionCloseRelease {
					t.Errorf("code %d came late, bound %v: a code is %v", torn, bound, r.State)
				}
			}
		}
	}
}

// TestManyCodesInOneGrant grants as many codes as one request can name.
func TestManyCodesInOneGrant(t *testing.T) {
	w := newWorld(t)
	var codes []icpcode.Code
	for range 50 {
		codes = append(codes, w.buy(theOwner, 20)...)
	}
	r := icpcode.GrantRequest{Actor: theOwner, Codes: codes, GrantTo: theGrantee, Certification: icpcode.Enterprise}
	if res := must[icpcode.Result](t)(w.eng.Grant(w.ctx, r)); !slices.Equal(res.Codes, codes) {
		t.Errorf("granted %d codes", len(res.Codes))
	}
	if r := w.record(codes[999]); r.Grantee != theGrantee || r.State != icpcode.StateUnbound {
		t.Errorf("granted %+v", r)
	}
}

// TestManyInstancesInOneGrant states the facts about as many instances as one
// request can. All of them are read: it is refused for the last one alone.
func TestManyInstancesInOneGrant(t *testing.T) {
	w := newWorld(t)
	r := icpcode.GrantRequest{Actor: theOwner, GrantTo: theGrantee, Certification: icpcode.Enterprise}
	for range 1000 {
		i := w.server(theOwner)
		r.Codes, r.Instances = append(r.Codes, w.issue(i, 1)...), append(r.Instances, i)
	}
	last := &r.Instances[999]
	last.Status = icpcode.StatusExpired
	_, err := w.eng.Grant(w.ctx, r)
	refused(t, err, icpcode.LIFEffective)
	last.Status = icpcode.StatusRunning
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, r))
}

// TestManyPartners grants to more accounts than are counted, where no cap
// forbids it. Should one come into force within the year, those that were
// counted cost nothing again, and any other is a new one.
func TestManyPartners(t *testing.T) {
	w := newWorld(t)
	most := func(n int) {
		w.rules(func(s *icpcode.RuleSet) {
			if s.Grant.Allowed {
				s.Grant.MaxGrantees = n
			}
		})
	}
	name := func(n int) icpcode.AccountID { return icpcode.AccountID(fmt.Sprintf("g%04d", n)) }
	most(icpcode.NoLimit)
	for n := range 1001 {
		must[icpcode.Result](t)(w.grant(theOwner, name(n)))
	}
	if q := must[icpcode.GrantQuota](t)(w.eng.GrantQuota(w.ctx, theOwner)); q.Out.Used != 1000 {
		t.Errorf("%d grantees are counted", q.Out.Used)
	}
	most(1000)
	must[icpcode.Result](t)(w.grant(theOwner, name(999)))
	_, err := w.grant(theOwner, name(1000))
	refused(t, err, icpcode.GRTOut)
}

// found returns what the reason of a rule found, of a refusal.
func found(t testing.TB, d *icpcode.Decision, rule icpcode.Rule) string {
	t.Helper()
	for r := range d.Reasons(icpcode.English) {
		if r.Rule == rule {
			return r.Found
		}
	}
	t.Fatalf("%v is not among the reasons", rule)
	return ""
}

// TestRefusedGrantTellsOfEach grants several codes of which some cannot be: each
// of those has its own reasons, as it would have alone, by its position.
func TestRefusedGrantTellsOfEach(t *testing.T) {
	w := newWorld(t)
	i := w.server(theOwner)
	codes := w.issue(i, 4)
	must[icpcode.Result](t)(w.submit(theOwner, codes[1]))
	must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: codes[2], Reason: "test"}))
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
		Actor: theOwner, Codes: codes[3:], GrantTo: theGrantee, Certification: icpcode.Enterprise,
	}))
	old := w.server(theOwner)
	lapsed := w.issue(old, 1)[0]
	old.Expires = w.now
	const (
		filing  = "GRT-STATE: the code is Filing, wait until its filing ends, or withdraw the filing"
		invalid = "GRT-STATE: the code is Invalid; the provider voided it, use another code"
		granted = "GRT-ONCE: asked by the owner, who granted it to another account, use a code of your own that was never granted"
	)
	for _, c := range []struct {
		codes []icpcode.Code
		want  []string
	}{
		{[]icpcode.Code{codes[1]}, []string{"1 " + filing}},
		{[]icpcode.Code{codes[0], codes[1], codes[2]}, []string{"2 " + filing, "3 " + invalid}},
		{[]icpcode.Code{codes[2], codes[1], codes[0]}, []string{"1 " + invalid, "2 " + filing}},
		{[]icpcode.Code{codes[3], codes[2]}, []string{"1 " + granted, "2 " + invalid}},
		{[]icpcode.Code{codes[3], codes[1]}, []string{"1 " + granted, "2 " + filing}},
		{[]icpcode.Code{codes[2], codes[3]}, []string{"1 " + invalid, "2 " + granted}},
		{[]icpcode.Code{codes[3], lapsed}, []string{
			"1 " + granted,
			"2 LIF-EFFECTIVE: its instance has expired; running; expired at 2026-03-01 12:00:00 +08:00, renew the instance: the code can then be used again",
		}},
	} {
		r := icpcode.GrantRequest{Actor: theOwner, Codes: c.codes, GrantTo: theGrantee, Certification: icpcode.Enterprise}
		if slices.Contains(c.codes, lapsed) {
			r.Instances = []icpcode.Instance{old}
		}
		_, err := w.eng.Grant(w.ctx, r)
		var no *icpcode.RefusedError
		if !errors.As(err, &no) {
			t.Fatalf("granted, or %v", err)
		}
		var got []string
		for r := range no.Decision.Reasons(icpcode.English) {
			_, found, many := strings.Cut(r.Found, fmt.Sprintf("code %d of %d: ", r.Position, len(c.codes)))
			if !many {
				found = r.Found
			}
			if many != (len(c.codes) > 1) {
				t.Errorf("of %d codes, one is told as %q", len(c.codes), r.Found)
			}
			got = append(got, fmt.Sprintf("%d %v: %s, %s", r.Position, r.Rule, found, r.Remedy))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Error(d)
		}
	}
}

// TestRefusedRefundTellsWhy refunds what was not bought, and what is in use.
func TestRefusedRefundTellsWhy(t *testing.T) {
	w := newWorld(t)
	i := w.server(theOwner)
	free, paid := w.issue(i, 1)[0], w.buy(theOwner, 1)[0]
	must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: theOwner, Code: paid, Instance: i}))
	must[icpcode.Result](t)(w.submit(theOwner, paid))
	for c, want := range map[icpcode.Code]string{
		free: "a code that was not bought; the code is Available; asked by the owner",
		paid: "the code is Filing; asked by the owner",
	} {
		_, err := w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: theOwner, Code: c})
		if got := found(t, refused(t, err, icpcode.LIFRefund), icpcode.LIFRefund); got != want {
			t.Errorf("found %q, want %q", got, want)
		}
	}
}

// TestCloseInTwoCurrencies closes an instance whose codes were paid for in
// different ones: each record has its own, there is no sum.
func TestCloseInTwoCurrencies(t *testing.T) {
	w := newWorld(t)
	i := w.server(theOwner)
	var codes []icpcode.Code
	for _, m := range []icpcode.Money{
		{Amount: decimal.RequireFromString("10.00"), Currency: "CNY"}, {Amount: decimal.RequireFromString("2.50"), Currency: "USD"},
	} {
		w.with(func(o *icpcode.Options) { o.Price = m })
		c := w.buy(theOwner, 1)[0]
		must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: theOwner, Code: c, Instance: i}))
		codes = append(codes, c)
	}
	// One that was a gift adds nothing.
	gift := must[icpcode.Result](t)(w.eng.Buy(w.ctx, icpcode.BuyRequest{
		Actor: theOwner, Quantity: 1, Paid: decimal.NewNullDecimal(decimal.Zero)})).Codes[0]
	must[icpcode.Result](t)(w.eng.Bind(w.ctx, icpcode.BindRequest{Actor: theOwner, Code: gift, Instance: i}))
	res := must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: i.ID, Refunded: true, Reason: "gone"}))
	if len(res.Codes) != 3 || !res.Money.IsZero() || res.Money.Currency != "" {
		t.Errorf("the close ended %d codes and pays %v back", len(res.Codes), res.Money)
	}
	if a, b := w.record(codes[0]).Refunded.String(), w.record(codes[1]).Refunded.String(); a != "10.00 CNY" || b != "2.50 USD" {
		t.Errorf("paid back are %s and %s", a, b)
	}
	// What is at risk afterwards knows that the instance was refunded.
	filed := w.server(theOwner)
	c := w.issue(filed, 1)[0]
	w.filed(theOwner, c)
	must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: filed.ID, Refunded: true, Reason: "gone"}))
	n := 0
	for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: theOwner}) {
		n++
		if err != nil || !a.Decision.Fail.Has(icpcode.RSKReleased) {
			t.Errorf("at risk is %+v, %v", a.Decision.Fail, err)
		}
	}
	if n != 1 {
		t.Errorf("%d are at risk, want the one that is Filed", n)
	}
}

// TestPerAccountOwnerAssumed counts a product per account where whose instance
// it is is only assumed: it is the actor's.
func TestPerAccountOwnerAssumed(t *testing.T) {
	w := newWorld(t)
	w.now = at(2020, 1, 1, 0, 0, 0)
	ask := func(n int) error {
		i := w.server("")
		i.Product = icpcode.ElasticWeb
		_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: n, Assume: icpcode.MakeRuleIDs(icpcode.ELGOwner)})
		return err
	}
	must[int](t)(0, ask(3))
	refused(t, ask(3), icpcode.ELGQuota)
	must[int](t)(0, ask(2))
	i := w.server(theOwner)
	i.Product = icpcode.ElasticWeb
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
	refused(t, err, icpcode.ELGQuota)
}

// TestServersForNothing asks how many servers no site needs, or too many.
func TestServersForNothing(t *testing.T) {
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(at(2026, 3, 1, 0, 0, 0)))
	if n, err := set.ServersFor("OSS", 0); n != 0 || err != nil {
		t.Errorf("no site needs %d servers, %v", n, err)
	}
	for _, sites := range []int{-1, 1_000_000_001} {
		_, err := set.ServersFor(icpcode.ECS, sites)
		is(t, err, icpcode.ErrInvalid)
	}
	_, err := set.ServersFor("OSS", 1)
	refused(t, err, icpcode.ELGProduct)
	if n, err := set.ServersFor(icpcode.ECS, 1_000_000_000); n != 200_000_000 || err != nil {
		t.Errorf("10^9 sites need %d servers, %v", n, err)
	}
	old := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(at(2020, 1, 1, 0, 0, 0)))
	if n, err := old.ServersFor(icpcode.ElasticWeb, 5); n != 1 || err != nil {
		t.Errorf("five sites of one account need %d servers, %v", n, err)
	}
	_, err = old.ServersFor(icpcode.ElasticWeb, 6)
	refused(t, err, icpcode.ELGQuota)
}

// TestRecordOfRefuses gives RecordOf what is no whole history of one code.
func TestRecordOfRefuses(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	a, _ := theWholeLife(w)
	b := w.issue(w.server(theOwner), 1)[0]
	whole := spy.events(t, a)
	if r := must[icpcode.Record](t)(icpcode.RecordOf(whole)); r.State != icpcode.StateFiled || r.Version != uint64(len(whole)) {
		t.Errorf("replayed %+v", r)
	}
	for name, events := range map[string][]icpcode.Event{
		"a gap": slices.Delete(slices.Clone(whole), 2, 3), "no beginning": whole[1:], "one twice": append(slices.Clone(whole), whole[len(whole)-1]),
		"two codes": append(slices.Clone(whole[:1]), spy.events(t, b)...), "backwards": {whole[1], whole[0]},
	} {
		if _, err := icpcode.RecordOf(events); !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if r, err := icpcode.RecordOf(nil); err != nil || r.State != icpcode.StateNone {
		t.Errorf("nothing adds up to %+v, %v", r, err)
	}
	jump := slices.Clone(whole)
	jump[3].From = icpcode.StateFiled
	_, err := icpcode.RecordOf(jump)
	is(t, err, icpcode.ErrInvalid)
}

// TestCodeForms takes codes through every form that they are kept in.
func TestCodeForms(t *testing.T) {
	digits, opaque := must[icpcode.Code](t)(icpcode.ParseCode("012345678901")), must[icpcode.Code](t)(icpcode.Opaque.Parse("备案-6F96"))
	for c, text := range map[icpcode.Code]string{digits: "012345678901", opaque: "备案-6F96", {}: ""} {
		if v := must[any](t)(c.Value()); (text != "" || v != nil) && v != text {
			t.Errorf("%q is stored as %v", text, v)
		}
		for _, src := range []any{text, []byte(text)} {
			var back icpcode.Code
			if err := back.Scan(src); err != nil || back != c {
				t.Errorf("%T %q is read as %v, %v", src, text, back, err)
			}
		}
		var back icpcode.Code
		b := must[[]byte](t)(json.Marshal(map[string]icpcode.Code{"c": c}))
		var m map[string]icpcode.Code
		if err := json.Unmarshal(b, &m); err != nil || m["c"] != c {
			t.Errorf("%q is read from JSON as %v, %v", text, m["c"], err)
		}
		if got := must[[]byte](t)(c.AppendText([]byte("code:"))); string(got) != "code:"+text {
			t.Errorf("%q is appended as %q", text, got)
		}
		if err := back.UnmarshalText([]byte(text)); err != nil || back != c {
			t.Errorf("%q is read from text as %v, %v", text, back, err)
		}
	}
	var c icpcode.Code
	if err := c.Scan(nil); err != nil || !c.IsZero() {
		t.Errorf("NULL is read as %v, %v", c, err)
	}
	for _, src := range []any{12345678901, 1.5, true, "a b", " 012345678901", []byte("\xff"), string(make([]byte, 65))} {
		c := digits
		if err := c.Scan(src); !errors.Is(err, icpcode.ErrInvalid) || c != digits {
			t.Errorf("%v is read as %v, %v", src, c, err)
		}
	}
	for text, want := range map[string]string{"": "", "x": "********", "12345678": "********", "123456789": "**********89", "一二三四": "**********三四"} {
		c := icpcode.Code{}
		if text != "" {
			c = must[icpcode.Code](t)(icpcode.Opaque.Parse(text))
		}
		if got := c.Masked(); got != want {
			t.Errorf("%q is masked as %q, want %q", text, got, want)
		}
	}
	_, err := icpcode.Format(9).Parse("x")
	is(t, err, icpcode.ErrInvalid)
	if _, err := icpcode.Opaque.Parse(string(bytes.Repeat([]byte(" "), 300)) + "x"); !errors.Is(err, icpcode.ErrInvalid) {
		t.Errorf("a long text: %v", err)
	}
	for r := icpcode.ELGProduct; r.String() != ""; r++ {
		var back icpcode.Rule
		if err := back.UnmarshalText(must[[]byte](t)(r.MarshalText())); err != nil || back != r {
			t.Errorf("%v is read as %v, %v", r, back, err)
		}
	}
}

// biased yields numbers from the top of the range, which would make small codes
// likelier, before it yields others.
type biased struct{ high, n int }

func (b *biased) Read(p []byte) (int, error) {
	b.n++
	for i := range 8 {
		p[i] = 0xff
		if b.n > b.high {
			p[i] = byte(i)
		}
	}
	return 8, nil
}

// TestDrawWithoutBias draws from a source that begins out of range.
func TestDrawWithoutBias(t *testing.T) {
	for high, ok := range map[int]bool{0: true, 1: true, 63: true, 64: false, 1000: false} {
		source := &biased{high: high}
		c, err := icpcode.Draw(bufio.NewReaderSize(source, 16))
		if ok != (err == nil) || ok == c.IsZero() || !ok && !errors.Is(err, icpcode.ErrEntropy) {
			t.Errorf("after %d draws out of range: %v, %v", high, c, err)
		}
		if source.n <= min(high, 60) {
			t.Errorf("after %d draws out of range it had asked %d times", high, source.n)
		}
	}
}

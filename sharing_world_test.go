package icpcode_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// sharing runs one script on an engine. With spoil it changes everything that
// the engine hands out, and everything that the script handed in, as soon as
// the call is over. What the engine answers and what is stored must be the
// same as without.
type sharing struct {
	t      *testing.T
	spoil  bool
	eng    *icpcode.Engine
	inTx   icpcode.Store // set: the mutating steps go through InTx over it
	called map[string]bool
	log    []string
	at     time.Time
}

func (s *sharing) say(what string, vs ...any) { s.log = append(s.log, what+": "+s.dump(vs)) }

// dump writes down everything that can be seen of values.
func (s *sharing) dump(vs []any) string {
	var b strings.Builder
	for _, v := range vs {
		if err, ok := v.(error); ok {
			fmt.Fprintf(&b, "%v", err)
			var no *icpcode.RefusedError
			if errors.As(err, &no) {
				v = no.Decision
			}
		}
		if d, ok := v.(icpcode.Decision); ok {
			for r := range d.Answers(icpcode.English) {
				fmt.Fprintf(&b, "\n%+v", r)
			}
		}
		if a, ok := v.(icpcode.Assessment); ok {
			for r := range a.Decision.Answers(icpcode.English) {
				fmt.Fprintf(&b, "\n%+v", r)
			}
		}
		if r, ok := v.(icpcode.Result); ok && r.Decision != nil {
			b.WriteString(s.dump([]any{*r.Decision}))
		}
		if r, ok := v.(icpcode.ListRequest); ok {
			r.Facts = nil
			v = fmt.Sprintf("%+v", r)
		}
		text, err := json.Marshal(v)
		if err != nil {
			s.t.Fatalf("%T: %v", v, err)
		}
		b.Write(text)
		b.WriteString("\n")
	}
	return b.String()
}

// handed says what the engine handed out, and spoils it.
func (s *sharing) handed(what string, vs ...any) {
	s.say(what, vs...)
	if s.spoil {
		for _, v := range vs {
			spoil(reasonsOf(v))
		}
		spoil(vs)
	}
}

// reasonsOf are all the reasons of the decisions in a value.
func reasonsOf(v any) (all []icpcode.Reason) {
	var d *icpcode.Decision
	var no *icpcode.RefusedError
	switch v := v.(type) {
	case icpcode.Decision:
		d = &v
	case icpcode.Assessment:
		d = &v.Decision
	case icpcode.Result:
		d = v.Decision
	case error:
		if errors.As(v, &no) {
			d = &no.Decision
		}
	}
	if d == nil {
		return nil
	}
	return slices.AppendSeq(slices.Collect(d.Answers(icpcode.Chinese)), d.Reasons(icpcode.English))
}

// call calls a method of the engine with arguments after the context, gives
// keep what came back and spoils all of it.
func (s *sharing) call(method string, keep func(out []reflect.Value), args ...any) {
	s.t.Helper()
	eng := s.eng
	if s.inTx != nil {
		eng = eng.InTx(s.inTx)
	}
	called, dry := strings.CutPrefix(method, "DryRun.")
	if dry {
		eng = eng.DryRun()
	}
	m := reflect.ValueOf(eng).MethodByName(called)
	if !m.IsValid() {
		s.t.Fatalf("there is no Engine.%s", method)
	}
	s.called[method] = true
	before := s.dump(args)
	in := []reflect.Value{reflect.ValueOf(context.Background())}
	for _, a := range args {
		in = append(in, reflect.ValueOf(a))
	}
	out := m.Call(in)
	if len(out) == 1 && out[0].Type().CanSeq2() {
		for v, err := range out[0].Seq2() {
			s.handed(method, v.Interface(), err.Interface())
		}
	} else {
		if keep != nil {
			keep(out)
		}
		var vs []any
		for _, o := range out {
			vs = append(vs, o.Interface())
		}
		s.handed(method, vs...)
	}
	if after := s.dump(args); after != before {
		s.t.Errorf("%s changes what the caller passed:\n%s\nto\n%s", method, before, after)
	}
	if s.spoil {
		spoil(args)
	}
}

// codes returns a keeper of a result's codes.
func codes(into *[]icpcode.Code) func([]reflect.Value) {
	return func(out []reflect.Value) { *into = slices.Clone(out[0].Interface().(icpcode.Result).Codes) }
}

// spoil changes all memory that can be reached from v through what is
// exported, also the room behind slices.
func spoil(v any) { spoilValue(reflect.ValueOf(v), map[uintptr]bool{}) }

func spoilValue(v reflect.Value, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Pointer()] {
			seen[v.Pointer()] = true
			spoilValue(v.Elem(), seen)
		}
	case reflect.Interface:
		if !v.IsNil() {
			spoilValue(v.Elem(), seen)
		}
	case reflect.Slice:
		whole := v.Slice(0, v.Cap())
		for i := range whole.Len() {
			spoilValue(whole.Index(i), seen)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			v.SetMapIndex(k, reflect.Value{})
		}
	case reflect.Struct:
		exported := 0
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				exported++
				spoilValue(v.Field(i), seen)
			}
		}
		if exported == 0 && v.CanSet() && token.IsExported(v.Type().Name()) { // a time, an address, a code
			v.SetZero()
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString("[redacted]")
		}
	case reflect.Bool:
		if v.CanSet() {
			v.SetBool(!v.Bool())
		}
	default:
		if v.CanSet() && v.CanInt() {
			v.SetInt(v.Int() ^ 1)
		}
		if v.CanSet() && v.CanUint() {
			v.SetUint(v.Uint() ^ 1)
		}
	}
}

// counted is entropy that is the same in every run.
type counted struct{ n uint64 }

func (c *counted) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = byte((c.n * 0x9E3779B97F4A7C15) >> 56)
	}
	return len(p), nil
}

// newSharing returns a script's engine over a store.
func newSharing(t *testing.T, store icpcode.Store, spoiling, unmerged, tx bool) *sharing {
	s := &sharing{t: t, spoil: spoiling, called: map[string]bool{}, at: at(2026, 3, 1, 12, 0, 0)}
	opt := &icpcode.Options{
		RuleBook: icpcode.Alibaba(), Clock: func() time.Time { return s.at }, Entropy: &counted{}, Unmerged: unmerged,
		Price:    icpcode.Money{Amount: decimal.RequireFromString("99.50"), Currency: "CNY"},
		Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil },
		VerifyPhone: func(_ context.Context, v icpcode.Verification) error {
			s.handed("VerifyPhone", &v)
			return nil
		},
		Observe: func(_ context.Context, events []icpcode.Event) { s.handed("Observe", events) },
	}
	opt.Facts = s.facts()
	s.eng = icpcode.New(store, opt)
	if tx {
		s.inTx = store
	}
	if spoiling { // the options are copied, and a book's sets are its own
		set, err := opt.RuleBook.At(s.at)
		if err != nil {
			t.Fatal(err)
		}
		spoil(set)
		spoil(opt.RuleBook.Sets())
		opt.Price, opt.ImportFormat, opt.Unmerged = icpcode.Money{}, icpcode.Opaque, !unmerged
		opt.Clock, opt.Operator, opt.Facts = nil, nil, nil
	}
	return s
}

func (s *sharing) server(id icpcode.InstanceID) icpcode.Instance {
	return icpcode.Instance{
		ID: id, Owner: "1001", Product: icpcode.ECS, Region: "cn-hangzhou",
		Billing: icpcode.Subscription, Status: icpcode.StatusRunning, TermMonths: 12,
		Created: s.at.AddDate(0, -1, 0).Add(time.Nanosecond), Expires: s.at.AddDate(1, 0, 0).Add(time.Nanosecond),
		Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
		IPs: []netip.Addr{netip.MustParseAddr("::ffff:47.96.1.180"), netip.MustParseAddr("47.96.1.181")},
	}
}

func (s *sharing) site() icpcode.Filing {
	return icpcode.Filing{
		Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "subject-1",
		IPs: []netip.Addr{netip.MustParseAddr("47.96.1.181")},
	}
}

// facts answers with the same memory each time, which is the inventory's and
// not the engine's to change.
func (s *sharing) facts() func(context.Context, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	known := map[icpcode.InstanceID]icpcode.Instance{}
	return func(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
		defer s.handed("Facts", ids)
		for _, id := range ids {
			if _, ok := known[id]; !ok {
				i := s.server(id)
				i.Billing = icpcode.PayAsYouGo
				known[id] = i
			}
		}
		return known, nil
	}
}

// script calls every method of the engine, most of them more than once.
func (s *sharing) script() {
	var first, more, auto, paid, gone []icpcode.Code
	issue := icpcode.IssueRequest{Actor: "1001", RequestID: "r1", Instance: s.server("i-1"), Quantity: 3, Remark: "three"}
	s.call("DryRun.Issue", nil, issue)
	issue.Instance = s.server("i-1")
	s.call("DryRun.Issue", nil, issue)
	issue.Instance = s.server("i-1")
	s.call("Issue", codes(&first), issue)
	issue.Instance = s.server("i-1")
	s.call("Issue", nil, issue) // a replay
	s.call("Issue", nil, icpcode.IssueRequest{Actor: "1001", Instance: s.server("i-1"), Quantity: 3})
	s.call("Issue", codes(&more), icpcode.IssueRequest{
		Actor: "1001", Instance: s.server("i-2"), Quantity: 2, GrantTo: "2002", Certification: icpcode.Enterprise, Proof: "1234",
	})
	s.call("SubmitAuto", codes(&auto), icpcode.SubmitAutoRequest{Actor: "1001", Instance: s.server("i-3"), Filing: s.site(), Remark: "auto"})
	s.call("Buy", codes(&paid), icpcode.BuyRequest{Actor: "1001", RequestID: "r2", Quantity: 2})
	s.call("Bind", nil, icpcode.BindRequest{Actor: "1001", Code: nth(paid, 0), Instance: s.server("i-1")})
	grant := func() icpcode.GrantRequest {
		return icpcode.GrantRequest{
			Actor: "1001", RequestID: "r3", Codes: []icpcode.Code{nth(first, 1), nth(first, 2)}, GrantTo: "2003",
			Certification: icpcode.Enterprise, Proof: "1", Instances: []icpcode.Instance{s.server("i-1")},
		}
	}
	s.call("Grant", nil, grant())
	s.call("Grant", nil, grant())
	s.call("Grant", nil, icpcode.GrantRequest{Actor: "1001", Codes: []icpcode.Code{nth(first, 1)}, GrantTo: "2004", Certification: icpcode.Enterprise})
	submit := func(actor icpcode.AccountID, c icpcode.Code, i icpcode.InstanceID) icpcode.SubmitRequest {
		return icpcode.SubmitRequest{Actor: actor, Code: c, Filing: s.site(), Instance: s.server(i)}
	}
	s.call("Submit", nil, submit("1001", nth(first, 0), "i-1"))
	s.call("Resubmit", nil, submit("1001", nth(first, 0), "i-1"))
	s.call("Stage", nil, icpcode.StageRequest{Actor: ops, Code: nth(first, 0), Stage: icpcode.StageReview})
	s.call("Reject", nil, icpcode.RejectRequest{Actor: ops, Code: nth(first, 0), Rejection: "the photo is dark"})
	s.call("Approve", nil, icpcode.ApproveRequest{Actor: ops, Code: nth(first, 0), ICPNumber: "浙ICP备1号"})
	s.call("Submit", nil, submit("2003", nth(first, 1), "i-1"))
	s.call("Release", nil, icpcode.ReleaseRequest{Actor: "2003", Code: nth(first, 1), Reason: "withdrawn"})
	s.call("Submit", nil, submit("2003", nth(first, 1), "i-1"))
	s.call("Approve", nil, icpcode.ApproveRequest{Actor: ops, Code: nth(first, 1), ICPNumber: "浙ICP备2号"})
	s.call("Correct", nil, icpcode.CorrectRequest{Actor: ops, Code: nth(first, 1), ICPNumber: "浙ICP备4号"})
	s.call("End", nil, icpcode.EndRequest{Actor: ops, Code: nth(first, 1), End: icpcode.EndCancelled, Reason: "gone"})
	s.call("Submit", nil, submit("2003", nth(first, 2), "i-1"))
	s.call("Approve", nil, icpcode.ApproveRequest{Actor: ops, Code: nth(first, 2), ICPNumber: "浙ICP备5号", Replaces: []icpcode.Code{nth(first, 0)}})
	s.call("Refund", nil, icpcode.RefundRequest{Actor: "1001", Code: nth(paid, 1), Reason: "too many"})
	s.call("Void", nil, icpcode.VoidRequest{Actor: ops, Code: nth(more, 0), Reason: "misused"})
	filing := s.site()
	filing.ICPNumber = "浙ICP备3号"
	gone = []icpcode.Code{must[icpcode.Code](s.t)(icpcode.ParseCode("012345678901"))}
	s.call("Import", nil, icpcode.ImportRequest{
		Actor: ops, Code: nth(gone, 0), State: icpcode.StateFiled, Owner: "1001", InstanceID: "i-4", Product: icpcode.ECS,
		Origin: icpcode.OriginFree, Issued: s.at.AddDate(-1, 0, 0), Filing: &filing,
	})
	for _, c := range slices.Concat(first, more, auto, paid, gone) {
		for _, actor := range []icpcode.AccountID{"1001", "2003", ops} {
			s.call("Lookup", nil, actor, c, icpcode.Instance{})
			s.call("History", nil, actor, c)
		}
	}
	facts := s.facts()
	s.call("PlanMove", nil, icpcode.ListRequest{Actor: "1001", InstanceID: "i-1", Facts: facts}, s.server("i-2"))
	s.call("PlanMovePage", nil, icpcode.ListRequest{Actor: "1001", InstanceID: "i-1", Facts: facts}, s.server("i-2"))
	for _, list := range []string{"Owned", "Received", "Pick", "Review"} {
		for _, r := range []icpcode.ListRequest{
			{Actor: "1001", Facts: facts}, {Actor: "2003", Facts: facts}, {Actor: ops, Account: "1001"}, {Actor: ops, InstanceID: "i-1", Facts: facts},
		} {
			s.call(list, nil, r)
			s.call(list+"Page", nil, r)
			s.call(list+"Page", nil, r)
			s.call(list, nil, r)
			s.call(list+"Page", nil, r)
			s.call(list+"Page", nil, r)
		}
	}
	s.call("GrantQuota", nil, icpcode.AccountID("1001"))
	s.call("Grantees", nil, icpcode.AccountID("1001"), 2026)
	s.call("Grantees", nil, icpcode.AccountID("1001"), 2026)
	s.call("CloseInstance", nil, icpcode.CloseRequest{Actor: ops, RequestID: "r4", InstanceID: "i-1", Refunded: true, Reason: "refunded"})
	s.call("CloseInstance", nil, icpcode.CloseRequest{Actor: ops, RequestID: "r4", InstanceID: "i-1", Refunded: true, Reason: "refunded"})
}

// nth returns one of the codes that a step gave, or none if it gave none.
func nth(codes []icpcode.Code, n int) icpcode.Code {
	if n < len(codes) {
		return codes[n]
	}
	return icpcode.Code{}
}

// kept writes down everything that a store has after the script.
func (s *sharing) kept(store icpcode.Store) []string {
	var all []string
	add := func(v any, err error) {
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, s.dump([]any{v}))
	}
	page, err := store.List(context.Background(), icpcode.Query{By: icpcode.ByOwner, Value: "1001", Limit: 1000})
	add(len(page.Records), err)
	slices.SortFunc(page.Records, func(a, b icpcode.Record) int { return a.Code.Compare(b.Code) })
	keys := []icpcode.Key{
		{Kind: icpcode.KindGrantees, A: "1001", Year: 2026}, {Kind: icpcode.KindGranters, A: "2003", Year: 2026},
		{Kind: icpcode.KindReceipt, A: "1001", B: "r1"}, {Kind: icpcode.KindReceipt, A: "1001", B: "r2"},
		{Kind: icpcode.KindReceipt, A: "1001", B: "r3"}, {Kind: icpcode.KindReceipt, A: string(ops), B: "r4"},
	}
	for _, r := range page.Records {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindRecord, Code: r.Code}, icpcode.Key{Kind: icpcode.KindLedger, A: string(r.InstanceID)})
		events, err := store.Events(context.Background(), icpcode.EventQuery{Code: r.Code, Limit: 1000})
		add(events, err)
		rec, err := icpcode.RecordOf(events)
		add(rec, err)
		if text := s.dump([]any{r}); text != all[len(all)-1] {
			s.t.Errorf("a record is not the sum of its events:\n%s\n%s", text, all[len(all)-1])
		}
	}
	for _, k := range keys {
		docs, err := store.Load(context.Background(), k)
		add(docs, err)
	}
	return all
}

// run does the script and returns all that was answered and kept.
func (s *sharing) run(store icpcode.Store) []string {
	s.script()
	return append(s.log, s.kept(store)...)
}

// differ returns where two runs differ first, or "".
func differ(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("step %d:\n%s\nspoiled:\n%s", i, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d steps and %d", len(a), len(b))
	}
	return ""
}

func tx(on bool, hook string) bool { return on && hook == "Observe" }

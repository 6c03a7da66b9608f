package icpcode_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// before is what the engine of commit 496d791 left in a store that keeps JSON:
// testdata/before/store.json. The requests that it was sent have filings with
// domains and addresses in spellings that are compared differently now.
type before struct {
	Steps []struct {
		Method  string          `json:"method"`
		Request json.RawMessage `json:"request"`
		Result  icpcode.Result  `json:"result"`
	} `json:"steps"`
	Documents []struct {
		Key     icpcode.Key     `json:"key"`
		Version uint64          `json:"version"`
		Body    json.RawMessage `json:"body"`
	} `json:"documents"`
	Events []json.RawMessage `json:"events"`
}

// readBefore reads it into a store.
func readBefore(t *testing.T) (*before, icpcode.Store) {
	t.Helper()
	text, err := os.ReadFile("testdata/before/store.json")
	if err != nil {
		t.Fatal(err)
	}
	b := new(before)
	if err := json.Unmarshal(text, b); err != nil {
		t.Fatal(err)
	}
	var c icpcode.Change
	for _, d := range b.Documents {
		put := icpcode.Put{Document: icpcode.Document{Key: d.Key, Version: d.Version, Body: icpcode.NewBody(d.Key.Kind)}}
		if put.Body != nil {
			if err := json.Unmarshal(d.Body, put.Body); err != nil {
				t.Fatalf("%v: %v", d.Key, err)
			}
		}
		c.Puts = append(c.Puts, put)
	}
	for _, text := range b.Events {
		var events []icpcode.Event
		if err := json.Unmarshal(text, &events); err != nil {
			t.Fatal(err)
		}
		c.Events = append(c.Events, events...)
	}
	slices.SortFunc(c.Puts, func(a, b icpcode.Put) int { return a.Key.Compare(b.Key) })
	slices.SortStableFunc(c.Events, func(a, b icpcode.Event) int { return a.Code.Compare(b.Code) })
	s := memstore.New()
	if err := s.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if len(b.Steps) < 16 || len(c.Puts) < 30 {
		t.Fatalf("there are %d requests and %d documents: nothing would be proven", len(b.Steps), len(c.Puts))
	}
	return b, s
}

// send sends a request of before again.
func send(ctx context.Context, e *icpcode.Engine, method string, request []byte) (icpcode.Result, error) {
	switch method {
	case "Issue":
		return again(ctx, request, e.Issue)
	case "SubmitAuto":
		return again(ctx, request, e.SubmitAuto)
	case "Buy":
		return again(ctx, request, e.Buy)
	case "Bind":
		return again(ctx, request, e.Bind)
	case "Grant":
		return again(ctx, request, e.Grant)
	case "Submit":
		return again(ctx, request, e.Submit)
	case "Resubmit":
		return again(ctx, request, e.Resubmit)
	case "Approve":
		return again(ctx, request, e.Approve)
	case "Release":
		return again(ctx, request, e.Release)
	case "Refund":
		return again(ctx, request, e.Refund)
	case "Void":
		return again(ctx, request, e.Void)
	case "CloseInstance":
		return again(ctx, renamed(request), e.CloseInstance)
	case "Import":
		return again(ctx, renamed(request), e.Import)
	}
	panic(method)
}

// renamed gives a field of a request of before the name that it has now.
func renamed(request []byte) []byte {
	return bytes.Replace(request, []byte(`"Instance":`), []byte(`"InstanceID":`), 1)
}

// factsNow gives facts of before the names and words that they have now.
var factsNow = strings.NewReplacer(
	`"TermMonths":`, `"term_months":`, `"FirstTermMonths":`, `"first_term_months":`, `"OrderAmount":`, `"order_amount":`,
	`"PublicIP":`, `"public_ip":`, `"PartnerIP":`, `"partner_ip":`, `"IPHeld":`, `"ip_held":`, `"ContractQuota":`, `"contract_quota":`,
	`"Unknown"`, `"unknown"`, `"No"`, `"no"`, `"Yes"`, `"yes"`, `"Subscription"`, `"subscription"`, `"PayAsYouGo"`, `"pay-as-you-go"`,
	`"Running"`, `"running"`, `"Enterprise"`, `"enterprise"`,
)

func again[R any](ctx context.Context, request []byte, do func(context.Context, R) (icpcode.Result, error)) (icpcode.Result, error) {
	var r R
	in := json.NewDecoder(strings.NewReader(factsNow.Replace(string(request))))
	in.DisallowUnknownFields()
	if err := in.Decode(&r); err != nil {
		return icpcode.Result{}, err
	}
	return do(ctx, r)
}

func engineAfter(s icpcode.Store) *icpcode.Engine {
	return icpcode.New(s, &icpcode.Options{
		Clock:    func() time.Time { return time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC) },
		Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil }, ImportFormat: icpcode.Opaque,
	})
}

// TestReceiptsOfBefore sends every request of before again: each is known, and
// answered as it was. What differs in more than spelling is another request.
func TestReceiptsOfBefore(t *testing.T) {
	b, s := readBefore(t)
	eng := engineAfter(s)
	for i, step := range b.Steps {
		res, err := send(t.Context(), eng, step.Method, step.Request)
		if err != nil || !res.Replayed {
			t.Errorf("request %d, %s: replayed is %v, error %v", i+1, step.Method, res.Replayed, err)
			continue
		}
		res.Replayed = false
		if d := cmp.Diff(step.Result, res, byValue); d != "" {
			t.Errorf("request %d, %s, answers (-before +now):\n%s", i+1, step.Method, d)
		}
		for from, to := range map[string]string{"主体-1": "主体-2", "47.96.1.180": "47.96.1.181", "Shop.Example.CN": "Shop2.Example.CN"} {
			other := bytes.ReplaceAll(step.Request, []byte(from), []byte(to))
			if bytes.Equal(other, step.Request) {
				continue
			}
			if _, err := send(t.Context(), eng, step.Method, other); err == nil {
				t.Errorf("request %d, %s, with another filing, is taken for the same", i+1, step.Method)
			}
		}
	}
}

// TestSpellingsAreOneRequest: a retry may spell its domain or addresses in
// another way.
func TestSpellingsAreOneRequest(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	r := icpcode.SubmitRequest{Actor: "1001", RequestID: "r", Code: c, Filing: w.site()}
	first := must[icpcode.Result](t)(w.eng.Submit(w.ctx, r))
	for _, domain := range []string{"EXAMPLE.cn", "example.cn.", "example。cn"} {
		r.Filing.Domain = domain
		r.Filing.IPs = []netip.Addr{netip.MustParseAddr("::ffff:47.96.1.180")}
		if res := must[icpcode.Result](t)(w.eng.Submit(w.ctx, r)); !res.Replayed || res.At != first.At {
			t.Errorf("with %q the request is another one", domain)
		}
	}
	r.Filing.Domain = "example.com"
	_, err := w.eng.Submit(w.ctx, r)
	is(t, err, icpcode.ErrRequestReused)
	if ips := w.record(c).Filing.IPs; len(ips) != 1 || ips[0].Is4In6() {
		t.Errorf("the record has the addresses %v", ips)
	}
}

// TestBodiesOfBefore: what was written before reads back whole, writes the same
// again, and adds up.
func TestBodiesOfBefore(t *testing.T) {
	b, s := readBefore(t)
	compact := func(text []byte) string {
		var out bytes.Buffer
		if err := json.Compact(&out, text); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	records := make(map[icpcode.Code]icpcode.Record)
	for _, d := range b.Documents {
		body := icpcode.NewBody(d.Key.Kind)
		if body == nil {
			continue
		}
		if err := json.Unmarshal(d.Body, body); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(body)
		if err != nil || string(text) != compact(d.Body) {
			t.Errorf("%v was\n%s\nand is written as\n%s (%v)", d.Key, compact(d.Body), text, err)
		}
		if r, ok := body.(*icpcode.Record); ok {
			records[d.Key.Code] = *r
		}
	}
	for _, text := range b.Events {
		var events []icpcode.Event
		if err := json.Unmarshal(text, &events); err != nil {
			t.Fatal(err)
		}
		now, err := json.Marshal(events)
		if err != nil || string(now) != compact(text) {
			t.Errorf("events were\n%s\nand are written as\n%s (%v)", compact(text), now, err)
		}
		sum, err := icpcode.RecordOf(events)
		if d := cmp.Diff(records[events[0].Code], sum, byValue); err != nil || d != "" {
			t.Errorf("events of before add up to another record (%v):\n%s", err, d)
		}
	}
	found := func(r icpcode.ListRequest) int {
		n := 0
		for _, err := range engineAfter(s).Owned(t.Context(), r) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	for _, tt := range []struct {
		r    icpcode.ListRequest
		want int
	}{
		{icpcode.ListRequest{Actor: "1001"}, 9}, {icpcode.ListRequest{Actor: ops, Account: "4004"}, 1},
		{icpcode.ListRequest{Actor: ops, Domain: "例子.cn"}, 1}, {icpcode.ListRequest{Actor: ops, Domain: "shop.example.cn"}, 1},
		{icpcode.ListRequest{Actor: ops, Domain: "old.example.com"}, 1}, {icpcode.ListRequest{Actor: ops, App: "我的App"}, 1},
		{icpcode.ListRequest{Actor: "1001", State: icpcode.StateFiled}, 2},
	} {
		if got := found(tt.r); got != tt.want {
			t.Errorf("%+v lists %d codes, want %d", tt.r, got, tt.want)
		}
	}
}

// TestImportOfBeforeAgain: an import with mapped addresses, sent again under
// another ID, is the same code.
func TestImportOfBeforeAgain(t *testing.T) {
	b, s := readBefore(t)
	for _, step := range b.Steps {
		if step.Method != "Import" {
			continue
		}
		for _, edit := range [][2]string{{`"r15"`, `"other"`}, {`::ffff:47.96.1.180`, `47.96.1.180`}, {`Old.Example.COM`, `old.example.com.`}} {
			step.Request = bytes.ReplaceAll(step.Request, []byte(edit[0]), []byte(edit[1]))
			if res, err := send(t.Context(), engineAfter(s), step.Method, step.Request); err != nil || res.State != icpcode.StateFiled {
				t.Errorf("with %s the import answers %v, %v, want a no-op", edit[1], res.State, err)
			}
		}
		return
	}
	t.Error("nothing was imported before")
}

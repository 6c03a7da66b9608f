package icpcode_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

// The fuzzers of texts that get into stores. Each text is refused with an
// error that names its field, or is kept byte for byte. `make fuzz` runs them;
// what they found before is under testdata/fuzz, and every test run tries it.

// invalidOrRefused reports whether an error says that a text was not taken.
func invalidOrRefused(err error) bool {
	return errors.Is(err, icpcode.ErrInvalid) || errors.Is(err, icpcode.ErrRefused)
}

// FuzzTexts puts IDs, remarks and filings through the engine into a store.
func FuzzTexts(f *testing.F) {
	f.Add("1001", "i-bp1", "备注", "r-1", "example.cn", "", "subject-1", "浙ICP备1号")
	f.Add("a'b\\", "i\"--", "%_", "r\u200b", "例子.中国", "", "s;drop", "x")
	f.Add("𠮷田商店", "é", "é", "R", "", "𠮷野家外卖😀", "ß", "ẞ")
	f.Add(" a", "\xff", "\x00", "\n", "a..b", "app", "", "\u202e")
	f.Add(strings.Repeat("长", 42), "i", strings.Repeat("r", 257), "r", "xn--fiq228c.xn--fiqs8s", "", "s", strings.Repeat("9", 128))
	f.Fuzz(func(t *testing.T, actor, instance, remark, request, domain, app, subject, number string) {
		w := newWorld(t)
		server := w.server(icpcode.AccountID(actor))
		server.ID = icpcode.InstanceID(instance)
		site := w.site()
		site.Domain, site.App, site.Subject = domain, app, subject
		res, err := w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{
			Actor: icpcode.AccountID(actor), RequestID: request, Instance: server, Filing: site, Remark: remark,
		})
		if err != nil {
			if !invalidOrRefused(err) {
				t.Fatalf("a text ends as %v", err)
			}
			return
		}
		code := res.Codes[0]
		if _, err := w.eng.Approve(w.ctx, icpcode.ApproveRequest{Actor: ops, Code: code, ICPNumber: number}); err != nil {
			if !invalidOrRefused(err) {
				t.Fatalf("a number ends as %v", err)
			}
			number = ""
		}
		got, err := w.eng.Lookup(w.ctx, icpcode.AccountID(actor), code, icpcode.Instance{})
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Owner) != actor || string(got.InstanceID) != instance || got.Remark != remark || got.ICPNumber() != number {
			t.Errorf("stored were %+v", got)
		}
		if got.Filing == nil || got.Filing.Domain != domain || got.Filing.App != app || got.Filing.Subject != subject {
			t.Errorf("filed was %+v", got.Filing)
		}
		events, err := w.store.Events(w.ctx, icpcode.EventQuery{Code: code, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		sum, err := icpcode.RecordOf(events)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(got, sum, byValue); d != "" {
			t.Errorf("the record is not the sum of its events: %s", d)
		}
		roundTrip(t, events, new([]icpcode.Event))
		roundTrip(t, got, new(icpcode.Record))
		for by, value := range map[icpcode.Index]string{
			icpcode.ByOwner: actor, icpcode.ByHolder: actor, icpcode.ByInstance: instance, icpcode.ByService: got.Service(), icpcode.ByICPNumber: number,
		} {
			page, err := w.store.List(w.ctx, icpcode.Query{By: by, Value: value, Limit: 10})
			if err != nil || value != "" && len(page.Records) != 1 {
				t.Errorf("%v %q finds %v, %v", by, value, page, err)
			}
		}
		again, err := w.eng.SubmitAuto(w.ctx, icpcode.SubmitAutoRequest{
			Actor: icpcode.AccountID(actor), RequestID: request, Instance: server, Filing: site, Remark: remark,
		})
		if request != "" && (err != nil || !again.Replayed || again.Codes[0] != code) {
			t.Errorf("the same again answers %+v, %v", again, err)
		}
	})
}

// roundTrip writes v as JSON, reads it back into to, and compares.
func roundTrip(t *testing.T, v, to any) {
	t.Helper()
	first, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(first, to); err != nil {
		t.Fatalf("%s is not read back: %v", first, err)
	}
	second, err := json.Marshal(to)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("%s reads back as %s", first, second)
	}
}

// FuzzCode parses codes as people paste them, and stores them.
func FuzzCode(f *testing.F) {
	for _, s := range []string{"012345678901", "０1234-5678-901", "“0123 4567 8901”", "abc", "a b", "short", "𠮷-😀", "\u00a0x", "999999999999", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, format := range []icpcode.Format{icpcode.TwelveDigits, icpcode.Opaque} {
			c, err := format.Parse(s)
			if err != nil {
				if !errors.Is(err, icpcode.ErrInvalid) || len(s) > 4 && strings.Contains(err.Error(), s) {
					t.Errorf("%q is refused as %v", s, err)
				}
				continue
			}
			again, err := format.Parse(c.String())
			if err != nil || again != c {
				t.Errorf("%q is %q, which is %v, %v", s, c, again, err)
			}
			if len(c.String()) > 4 && strings.Contains(c.Masked(), c.String()) {
				t.Errorf("%q is masked as %q", s, c.Masked())
			}
			var back icpcode.Code
			roundTrip(t, c, &back)
			var scanned icpcode.Code
			if v, err := c.Value(); err != nil || scanned.Scan(v) != nil || scanned != c || back != c {
				t.Errorf("%q comes back as %q and %q, %v", s, scanned, back, err)
			}
			w := newWorld(t)
			_, err = w.eng.Import(w.ctx, icpcode.ImportRequest{
				Actor: ops, Code: c, State: icpcode.StateUnbound, Owner: "1001", Origin: icpcode.OriginPaid, Issued: w.now, Paid: w.opt.Price,
			})
			if err != nil {
				t.Fatalf("%q cannot be imported: %v%s", c, err, why(err))
			}
			if r, err := w.eng.Lookup(w.ctx, "1001", c, icpcode.Instance{}); err != nil || r.Code != c {
				t.Errorf("%q is stored as %q, %v", c, r.Code, err)
			}
		}
	})
}

// FuzzCursor hands texts in as places in lists.
func FuzzCursor(f *testing.F) {
	w := newWorld(f)
	for range 3 {
		w.issue(w.server("1001"), 2)
	}
	page, err := w.eng.OwnedPage(w.ctx, icpcode.ListRequest{Actor: "1001", Limit: 2})
	if err != nil {
		f.Fatal(err)
	}
	stored, err := w.store.List(w.ctx, icpcode.Query{By: icpcode.ByOwner, Value: "1001", Limit: 2})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{page.Next, stored.Next, "", "0", "-1", "99999999999999999999", "a'b", strings.Repeat("A", 256), "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, after string) {
		got, err := w.eng.OwnedPage(w.ctx, icpcode.ListRequest{Actor: "1001", Limit: 2, After: after})
		if err != nil && !errors.Is(err, icpcode.ErrInvalid) || err == nil && len(got.Records) > 2 {
			t.Errorf("%q gives %d records and %v", after, len(got.Records), err)
		}
		if err != nil && len(after) > 4 && strings.Contains(err.Error(), after) {
			t.Errorf("%q stands in the error: %v", after, err)
		}
		// A stored cursor is never a caller's. It must do no harm all the same.
		raw, err := w.store.List(w.ctx, icpcode.Query{By: icpcode.ByOwner, Value: "1001", Limit: 2, After: after})
		if err == nil && len(raw.Records) > 2 {
			t.Errorf("%q gives %d records", after, len(raw.Records))
		}
		for _, r := range raw.Records {
			if r.Owner != "1001" {
				t.Errorf("%q gives a record of %s", after, r.Owner)
			}
		}
	})
}

// FuzzBody reads bodies of documents as a store does, and keeps them.
func FuzzBody(f *testing.F) {
	for _, s := range []string{
		`{"issued":3,"attached":3,"closed":"CloseRefund","closed_at":"2026-03-01T04:00:00Z","reason":"x"}`, `{"accounts":["1001","𠮷田"]}`,
		`{"code":"012345678901","version":1,"state":"Available","last":"Issue","origin":"Free","owner":"1001","rule_set":"v","issued":"2026-03-01T04:00:00Z","updated":"2026-03-01T04:00:00Z","filing":{"kind":"First","subject":"s","domain":"example.cn","ips":["::ffff:1.2.3.4"]},"paid":{"amount":"1.20","currency":"CNY"}}`,
		`{"fingerprint":[1],"result":{"request_id":"r","action":"Issue","at":"2026-03-01T04:00:00Z","codes":["012345678901"],"state":"Available"}}`,
		`{}`, `null`, `{"code":"a b"}`, `{"issued":1e400}`, `{"paid":{"amount":"1e999999999"}}`,
	} {
		for kind := icpcode.KindLedger; kind <= icpcode.KindReceipt; kind++ {
			f.Add(uint8(kind), []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, text []byte) {
		body := icpcode.NewBody(icpcode.Kind(kind))
		if body == nil || json.Unmarshal(text, body) != nil {
			return
		}
		first, err := json.Marshal(body)
		if err != nil {
			return // such as an instant of the year 10000, which no engine writes
		}
		back := icpcode.NewBody(icpcode.Kind(kind))
		if err := json.Unmarshal(first, back); err != nil {
			t.Fatalf("%s is not read back: %v", first, err)
		}
		second, err := json.Marshal(back)
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%s reads back as %s, %v", first, second, err)
		}
		doc := icpcode.Document{Key: icpcode.Key{Kind: icpcode.Kind(kind), A: "a"}, Version: 1, Body: body}
		if r, ok := body.(*icpcode.Record); ok {
			if r.Code.IsZero() {
				return
			}
			doc.Key = icpcode.Key{Kind: icpcode.KindRecord, Code: r.Code}
		}
		copied := doc.Clone()
		if third, err := json.Marshal(copied.Body); err != nil || !bytes.Equal(first, third) {
			t.Fatalf("%s is cloned as %s, %v", first, third, err)
		}
	})
}

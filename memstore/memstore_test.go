package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// The keys of tests.

func TestUnknown(t *testing.T) {
	s := memstore.New()
	keys := []icpcode.Key{
		receiptKey("1001", "r"), ledgerKey("i-1"), recordKey(code(1)), acquaintance("1", "2"), recordKey(code(4)),
		{Kind: icpcode.KindAccountLedger, A: "1", B: "ECS"}, {Kind: icpcode.KindGrantees, A: "1", Year: 2026},
		{Kind: icpcode.KindGranters, A: "1", Year: 2026},
	}
	docs, err := s.Load(t.Context(), keys...)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range docs {
		if d.Key != keys[i] || d.Version != 0 || d.Body != nil {
			t.Errorf("document %d is %v at version %d with %v, want %v absent", i, d.Key, d.Version, d.Body, keys[i])
		}
	}
	if docs, err := s.Load(t.Context()); err != nil || len(docs) != 0 {
		t.Errorf("Load of nothing = %v, %v", docs, err)
	}
	if ev, err := s.Events(t.Context(), icpcode.EventQuery{Code: code(1), Limit: 1}); err != nil || len(ev) != 0 {
		t.Errorf("Events of an unknown code = %v, %v", ev, err)
	}
	if r := walk(t, s, icpcode.Query{By: icpcode.ByOwner, Value: "1", Limit: 1}); len(r) != 0 {
		t.Errorf("List of an unknown owner = %v", r)
	}
}

// TestKeysAreBytes writes under keys that a careless store would confuse.
func TestKeysAreBytes(t *testing.T) {
	s := memstore.New()
	var keys []icpcode.Key
	names := []string{"", "a", "A", "a ", " a", "á", "a\u0301", "a\x00", "aa", "ab", "b"}
	for _, a := range names {
		keys = append(keys, ledgerKey(a))
		for _, year := range []int{-1, 0, 2025, 2026} {
			keys = append(keys, icpcode.Key{Kind: icpcode.KindGrantees, A: a, Year: year},
				icpcode.Key{Kind: icpcode.KindGranters, A: a, Year: year})
		}
		for _, b := range names {
			keys = append(keys, receiptKey(a, b), icpcode.Key{Kind: icpcode.KindAccountLedger, A: a, B: b})
		}
	}
	for i, k := range keys {
		b := icpcode.NewBody(k.Kind)
		switch b := b.(type) {
		case *icpcode.Ledger:
			b.Issued = i
		case *icpcode.Partners:
			b.Accounts = []icpcode.AccountID{icpcode.AccountID(fmt.Sprint(i))}
		case *icpcode.Receipt:
			b.Result.RequestID = fmt.Sprint(i)
		}
		commit(t, s, puts(put(k, 0, b)))
	}
	for i, k := range keys {
		d := load(t, s, k)
		var got string
		switch b := d.Body.(type) {
		case *icpcode.Ledger:
			got = fmt.Sprint(b.Issued)
		case *icpcode.Partners:
			got = string(b.Accounts[0])
		case *icpcode.Receipt:
			got = b.Result.RequestID
		}
		if got != fmt.Sprint(i) {
			t.Errorf("key %+v yields what was written to key %s, want %d", k, got, i)
		}
	}
	for _, a := range []string{"AB", "ab", "0", "00000000001", "000000000001", "100000000001", "00000000000x",
		strings.Repeat("x", 64), strings.Repeat("x", 63)} {
		c, err := icpcode.Opaque.Parse(a)
		if err != nil {
			t.Fatal(err)
		}
		commit(t, s, puts(putRecord(icpcode.Record{Code: c, Version: 1, Remark: a})))
		if r := load(t, s, recordKey(c)).Body.(*icpcode.Record); r.Code != c || r.Remark != a {
			t.Errorf("code %s reads back as %v of %s", a, r.Code, r.Remark)
		}
	}
}

func TestVersions(t *testing.T) {
	s := memstore.New()
	k := ledgerKey("i-1")
	commit(t, s, puts(put(k, 0, &icpcode.Ledger{Issued: 1})))
	for _, expect := range []uint64{0, 2, 1<<64 - 2} {
		err := s.Commit(t.Context(), puts(put(k, expect, &icpcode.Ledger{Issued: 9})))
		if !errors.Is(err, icpcode.ErrConflict) {
			t.Errorf("Commit that expects version %d of 1: %v, want a conflict", expect, err)
		}
	}
	// Versions grow, not always by one.
	p := put(k, 1, &icpcode.Ledger{Issued: 2})
	p.Version = 1<<64 - 1
	commit(t, s, puts(p))
	if d := load(t, s, k); d.Version != 1<<64-1 || d.Body.(*icpcode.Ledger).Issued != 2 {
		t.Errorf("the ledger is %v at version %d", d.Body, d.Version)
	}
	commit(t, s, icpcode.Change{Puts: []icpcode.Put{put(acquaintance("a", "b"), 0, nil)}})
	if d := load(t, s, acquaintance("a", "b")); d.Version != 1 || d.Body != nil {
		t.Errorf("the acquaintance is %v at version %d", d.Body, d.Version)
	}
}

func TestAcquaintance(t *testing.T) {
	s := memstore.New()
	k := acquaintance("1001", "2002")
	commit(t, s, puts(put(k, 0, nil)))
	if d := load(t, s, k); d.Version != 1 || d.Body != nil {
		t.Errorf("an acquaintance is %v at version %d, want none at 1", d.Body, d.Version)
	}
	if d := load(t, s, acquaintance("2002", "1001")); d.Version != 0 {
		t.Error("acquaintances have a direction")
	}
	if err := s.Commit(t.Context(), puts(put(k, 0, nil))); !errors.Is(err, icpcode.ErrConflict) {
		t.Errorf("an acquaintance put again: %v, want a conflict", err)
	}
}

// TestAllOrNothing lets each part of a Change conflict in turn.
func TestAllOrNothing(t *testing.T) {
	whole := func() icpcode.Change {
		c := puts(put(ledgerKey("i-1"), 0, &icpcode.Ledger{Issued: 1}),
			putRecord(icpcode.Record{Code: code(1), Version: 1, Owner: "1001"}),
			put(acquaintance("1001", "2002"), 0, nil),
			put(receiptKey("1001", "r"), 0, &icpcode.Receipt{}))
		c.Events = []icpcode.Event{{Code: code(1), Seq: 1}, {Code: code(2), Seq: 1}}
		return c
	}
	for i := range 4 {
		c := whole()
		c.Puts[i].Expect, c.Puts[i].Version = 1, 2
		testNothing(t, c, icpcode.ErrConflict)
	}
	c := whole()
	s := memstore.New()
	commit(t, s, icpcode.Change{Events: c.Events[1:]})
	if err := s.Commit(t.Context(), c); !errors.Is(err, icpcode.ErrConflict) {
		t.Errorf("Commit of an event that exists: %v, want a conflict", err)
	}
	checkNothing(t, s, c)

	s = memstore.New()
	commit(t, s, whole())
	for _, p := range whole().Puts {
		if d := load(t, s, p.Key); d.Version != 1 {
			t.Errorf("%v has version %d, want 1", p.Key, d.Version)
		}
	}
}

// testNothing commits c to an empty store and wants the error and no trace.
func testNothing(t *testing.T, c icpcode.Change, want error) {
	t.Helper()
	s := memstore.New()
	err := s.Commit(t.Context(), c)
	if err == nil || want != nil && !errors.Is(err, want) {
		t.Errorf("Commit: %v, want %v", err, want)
	}
	if want == nil && errors.Is(err, icpcode.ErrConflict) {
		t.Errorf("Commit: %v: nothing was in its way", err)
	}
	checkNothing(t, s, c)
	for i := range c.Events {
		if ev, _ := s.Events(t.Context(), icpcode.EventQuery{Code: c.Events[i].Code, Limit: 1}); len(ev) != 0 {
			t.Error("a failed Commit left an event")
		}
	}
}

func checkNothing(t *testing.T, s *memstore.Store, c icpcode.Change) {
	t.Helper()
	var keys []icpcode.Key
	for _, p := range c.Puts {
		keys = append(keys, p.Key)
	}
	for _, k := range keys {
		// Keys that are no keys cannot be loaded either.
		if d, err := s.Load(t.Context(), k); err == nil && d[0].Version != 0 {
			t.Errorf("a failed Commit wrote %v", k)
		}
	}
	if r := walk(t, s, icpcode.Query{By: icpcode.ByOwner, Value: "1001", Limit: 9}); len(r) != 0 {
		t.Error("a failed Commit left a code in a list")
	}
}

// TestMalformed commits Changes that no store should accept. They are plain
// errors: to call them conflicts would have them retried.
func TestMalformed(t *testing.T) {
	ledger := func(k icpcode.Key) icpcode.Change { return puts(put(k, 0, &icpcode.Ledger{})) }
	at := func(seqs ...uint64) (c icpcode.Change) {
		for _, seq := range seqs {
			c.Events = append(c.Events, icpcode.Event{Code: code(1), Seq: seq})
		}
		return c
	}
	sorted := puts(put(ledgerKey("a"), 0, &icpcode.Ledger{}), put(ledgerKey("b"), 0, &icpcode.Ledger{}))
	unsorted := icpcode.Change{Puts: []icpcode.Put{sorted.Puts[1], sorted.Puts[0]}}
	old := ledger(ledgerKey("i"))
	old.Puts[0].Version = 0
	for name, c := range map[string]icpcode.Change{
		"kind 0":              ledger(icpcode.Key{A: "i"}),
		"unknown kind":        ledger(icpcode.Key{Kind: 99, A: "i"}),
		"a field too many":    ledger(icpcode.Key{Kind: icpcode.KindLedger, A: "i", B: "b"}),
		"a year too many":     ledger(icpcode.Key{Kind: icpcode.KindLedger, A: "i", Year: 2026}),
		"a code too many":     ledger(icpcode.Key{Kind: icpcode.KindLedger, A: "i", Code: code(1)}),
		"body of other kind":  puts(put(receiptKey("a", "r"), 0, &icpcode.Ledger{})),
		"record for a ledger": puts(put(ledgerKey("a"), 0, &icpcode.Record{})),
		"ledger for a record": puts(put(recordKey(code(1)), 0, &icpcode.Ledger{})),
		"no body":             puts(put(ledgerKey("a"), 0, nil)),
		"nil body":            puts(put(ledgerKey("a"), 0, (*icpcode.Ledger)(nil))),
		"nil record":          puts(put(recordKey(code(1)), 0, (*icpcode.Record)(nil))),
		"strange body":        puts(put(ledgerKey("a"), 0, struct{ icpcode.Body }{&icpcode.Ledger{}})),
		"acquaintance's body": puts(put(acquaintance("a", "b"), 0, &icpcode.Ledger{})),
		"version not above":   old,
		"a year of friends":   puts(put(icpcode.Key{Kind: icpcode.KindAcquaintance, Year: 1}, 0, nil)),
		"unsorted puts":       unsorted,
		"put twice":           {Puts: []icpcode.Put{sorted.Puts[0], sorted.Puts[0]}},
		"event 0":             at(0, 1),
		"events from 2":       at(2),
		"events with a gap":   at(1, 3),
		"event twice":         at(1, 1),
		"unsorted events":     {Events: []icpcode.Event{{Code: code(2), Seq: 1}, {Code: code(1), Seq: 1}}},
		"split events": {Events: []icpcode.Event{{Code: code(1), Seq: 1}, {Code: code(2), Seq: 1},
			{Code: code(1), Seq: 2}}},
	} {
		t.Run(name, func(t *testing.T) { testNothing(t, c, nil) })
	}
	s := memstore.New()
	commit(t, s, at(1))
	if err := s.Commit(t.Context(), at(3)); err == nil || errors.Is(err, icpcode.ErrConflict) {
		t.Errorf("events with a gap behind those that are stored: %v, want an error that is no conflict", err)
	}
	if err := s.Commit(t.Context(), at(1, 2)); !errors.Is(err, icpcode.ErrConflict) {
		t.Errorf("an event that exists: %v, want a conflict", err)
	}
	for _, k := range []icpcode.Key{{}, {Kind: 99}, {Kind: icpcode.KindRecord, A: "a", Code: code(1)}} {
		if _, err := s.Load(t.Context(), ledgerKey("a"), k); err == nil {
			t.Errorf("Load of %+v gave no error", k)
		}
	}
}

func TestQueries(t *testing.T) {
	s := memstore.New()
	commit(t, s, puts(putRecord(icpcode.Record{Code: code(1), Version: 1, Owner: "1001"})))
	good := icpcode.Query{By: icpcode.ByOwner, Value: "1001", Limit: 1}
	bad := map[string]icpcode.Query{}
	for _, limit := range []int{-1, 0, 1001} {
		q := good
		q.Limit = limit
		bad[fmt.Sprint("Limit ", limit)] = q
		_, err := s.Events(t.Context(), icpcode.EventQuery{Code: code(1), Limit: limit})
		var invalid *icpcode.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != "Limit" {
			t.Errorf("Events with a limit of %d: %v", limit, err)
		}
	}
	for _, by := range []icpcode.Index{0, icpcode.Everything + 1, 255} {
		q := good
		q.By = by
		bad[fmt.Sprint("By ", by)] = q
	}
	for _, after := range []string{"x y", "0", "-1", "+1", "01", "A", "3w5e11264sgsg", " 1", "1\n"} {
		q := good
		q.After = after
		bad["After "+after] = q
	}
	for name, q := range bad {
		_, err := s.List(t.Context(), q)
		var invalid *icpcode.InvalidError
		field, _, _ := strings.Cut(name, " ")
		if !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("List with %s: %v, want an InvalidError of %s", name, err, field)
		}
	}
	for _, limit := range []int{1, 1000} {
		q := good
		q.Limit = limit
		if r := walk(t, s, q); len(r) != 1 {
			t.Errorf("List with a limit of %d found %d records", limit, len(r))
		}
	}
}

func TestContext(t *testing.T) {
	s := memstore.New()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err1 := s.Load(ctx, ledgerKey("a"))
	err2 := s.Commit(ctx, puts(put(ledgerKey("a"), 0, &icpcode.Ledger{})))
	_, err3 := s.List(ctx, icpcode.Query{})
	_, err4 := s.Events(ctx, icpcode.EventQuery{})
	for i, err := range []error{err1, err2, err3, err4} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("method %d: %v, want %v", i, err, context.Canceled)
		}
	}
	if d := load(t, s, ledgerKey("a")); d.Version != 0 {
		t.Error("a Commit that was cancelled before it began wrote")
	}
}

func TestEvents(t *testing.T) {
	s := memstore.New()
	const n = 2500
	for seq := uint64(1); seq <= n; {
		var c icpcode.Change
		for range min(1+seq%7, n+1-seq) {
			c.Events = append(c.Events, icpcode.Event{Code: code(4), Seq: seq, RequestID: fmt.Sprint(seq),
				Reason: fmt.Sprint("reason ", seq%40)}) // more than have room as words
			seq++
		}
		commit(t, s, c)
	}
	for _, limit := range []int{1, 7, 999, 1000} {
		for _, after := range []uint64{0, 1, 1499, n - 1, n, n + 1, 1<<64 - 1} {
			got, err := s.Events(t.Context(), icpcode.EventQuery{Code: code(4), After: after, Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			want := 0
			if after < n {
				want = min(limit, int(n-after))
			}
			if len(got) != want {
				t.Errorf("%d events after %d, at most %d: want %d", len(got), after, limit, want)
			}
			for i, e := range got {
				seq := after + uint64(i) + 1
				if e.Seq != seq || e.Code != code(4) || e.RequestID != fmt.Sprint(seq) ||
					e.Reason != fmt.Sprint("reason ", seq%40) {
					t.Fatalf("event %d is %+v", seq, e)
				}
			}
		}
	}
	// Events make no record, and a record may come later.
	if d := load(t, s, recordKey(code(4))); d.Version != 0 || d.Body != nil {
		t.Errorf("events made a record: %v", d)
	}
	p := put(recordKey(code(4)), 0, &icpcode.Record{Code: code(4), Version: n, Remark: "late"})
	commit(t, s, puts(p))
	if ev, err := s.Events(t.Context(), icpcode.EventQuery{Code: code(4), After: n - 1, Limit: 9}); err != nil || len(ev) != 1 {
		t.Errorf("a record made events go: %v, %v", ev, err)
	}
}

// TestLargeChange commits more documents than the contract asks for, among
// them ones larger than a chunk of memory.
func TestLargeChange(t *testing.T) {
	s := memstore.New()
	var all []icpcode.Put
	var c icpcode.Change
	for i := range 700 {
		all = append(all, putRecord(icpcode.Record{Code: code(i), Version: 1, Owner: "1001", Remark: fmt.Sprint(i)}),
			put(ledgerKey(fmt.Sprint("i-", i)), 0, &icpcode.Ledger{Issued: i, Reason: strings.Repeat("x", i*i/4)}))
		c.Events = append(c.Events, icpcode.Event{Code: code(i), Seq: 1, Remark: fmt.Sprint(i)})
		all = append(all, put(acquaintance("1001", fmt.Sprintf("%04d", i)), 0, nil))
	}
	c.Puts = puts(all...).Puts
	slices.SortFunc(c.Events, func(a, b icpcode.Event) int { return a.Code.Compare(b.Code) })
	commit(t, s, c)
	for i := range 700 {
		if r := load(t, s, recordKey(code(i))).Body.(*icpcode.Record); r.Remark != fmt.Sprint(i) {
			t.Fatalf("record %d is that of %s", i, r.Remark)
		}
		if l := load(t, s, ledgerKey(fmt.Sprint("i-", i))).Body.(*icpcode.Ledger); l.Issued != i || len(l.Reason) != i*i/4 {
			t.Fatalf("ledger %d is that of %d", i, l.Issued)
		}
	}
	if got := walk(t, s, icpcode.Query{By: icpcode.ByHolder, Value: "1001", Limit: 99}); len(got) != 700 {
		t.Errorf("the owner holds %d codes, want 700", len(got))
	}
}

func TestPurgeReceipts(t *testing.T) {
	s := memstore.New()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const n = 3000
	for i := range n {
		actor, request := fmt.Sprint(i%7), fmt.Sprint("r-", i)
		commit(t, s, puts(
			put(receiptKey(actor, request), 0, &icpcode.Receipt{Result: icpcode.Result{RequestID: request,
				At: start.Add(time.Duration(i) * time.Hour)}}),
			put(ledgerKey(request), 0, &icpcode.Ledger{Issued: i})))
	}
	check := func(from int) {
		t.Helper()
		for i := range n {
			want := uint64(1)
			if i < from {
				want = 0
			}
			request := fmt.Sprint("r-", i)
			if d := load(t, s, receiptKey(fmt.Sprint(i%7), request)); d.Version != want {
				t.Fatalf("receipt %d has version %d, want %d", i, d.Version, want)
			}
			if d := load(t, s, ledgerKey(request)); d.Version != 1 || d.Body.(*icpcode.Ledger).Issued != i {
				t.Fatalf("ledger %d is %v", i, d)
			}
		}
	}
	if got := s.PurgeReceipts(start); got != 0 {
		t.Errorf("purged %d receipts of before the first, want none", got)
	}
	check(0)
	if got := s.PurgeReceipts(start.Add(2000 * time.Hour)); got != 2000 {
		t.Errorf("purged %d receipts, want 2000", got)
	}
	check(2000)
	// A purged key is free again.
	commit(t, s, puts(put(receiptKey("0", "r-0"), 0, &icpcode.Receipt{Result: icpcode.Result{At: start}})))
	if got := s.PurgeReceipts(start.AddDate(1, 0, 0)); got != 1001 {
		t.Errorf("purged %d receipts, want the other 1000 and the new one", got)
	}
	check(n)
}

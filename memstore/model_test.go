package memstore_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"pgregory.net/rapid"
)

// model is the contract said again in the simplest way: two maps, and a scan
// for every question.
type model struct {
	docs   map[icpcode.Key]icpcode.Document
	events map[icpcode.Code][]icpcode.Event
}

// commit reports whether there is a conflict, else writes.
func (m *model) commit(c icpcode.Change) (conflict bool) {
	for _, p := range c.Puts {
		if m.docs[p.Key].Version != p.Expect {
			return true
		}
	}
	for _, e := range c.Events {
		if e.Seq <= uint64(len(m.events[e.Code])) {
			return true
		}
	}
	for _, p := range c.Puts {
		m.docs[p.Key] = p.Document.Clone()
	}
	for _, e := range c.Events {
		m.events[e.Code] = append(m.events[e.Code], e.Clone())
	}
	return false
}

// list returns the records that match, by code.
func (m *model) list(q icpcode.Query) map[icpcode.Code]icpcode.Record {
	found := make(map[icpcode.Code]icpcode.Record)
	for k, d := range m.docs {
		if k.Kind != icpcode.KindRecord {
			continue
		}
		r := d.Body.(*icpcode.Record)
		if q.By.Of(r) == q.Value && (q.State == icpcode.StateNone || q.State == r.State) {
			found[k.Code] = *r
		}
	}
	return found
}

// The small world in which rapid looks for trouble.
var (
	accounts  = []icpcode.AccountID{"1001", "2002", "3003"}
	instances = []icpcode.InstanceID{"", "i-1", "i-2"}
	worldKeys = func() (keys []icpcode.Key) {
		for i := range 6 {
			keys = append(keys, recordKey(code(i)), receiptKey("1001", fmt.Sprint(i)))
		}
		for _, a := range accounts {
			keys = append(keys, icpcode.Key{Kind: icpcode.KindGrantees, A: string(a), Year: 2026},
				icpcode.Key{Kind: icpcode.KindAccountLedger, A: string(a), B: "ECS"}, ledgerKey(string(a)),
				acquaintance(string(a), "1001"), acquaintance("1001", "x"+string(a)))
		}
		return keys
	}()
)

func drawBody(t *rapid.T, k icpcode.Key, version uint64) icpcode.Body {
	state := rapid.SampledFrom([]icpcode.State{icpcode.StateUnbound, icpcode.StateAvailable}).Draw(t, "state")
	n := rapid.IntRange(0, 3).Draw(t, "n")
	switch k.Kind {
	case icpcode.KindRecord:
		r := &icpcode.Record{Code: k.Code, Version: version, State: state,
			Owner:      rapid.SampledFrom(accounts).Draw(t, "owner"),
			InstanceID: rapid.SampledFrom(instances).Draw(t, "instance"),
			Issued:     at(n), Remark: string(make([]byte, n*100)),
		}
		if n > 0 {
			r.Grantee = rapid.SampledFrom(accounts).Draw(t, "grantee")
		}
		if n > 1 {
			r.Filing = &icpcode.Filing{ICPNumber: fmt.Sprint("京ICP备", n), App: fmt.Sprint(n)}
		}
		return r
	case icpcode.KindReceipt:
		return &icpcode.Receipt{Result: icpcode.Result{At: at(n), Codes: []icpcode.Code{code(n)}, State: state}}
	case icpcode.KindGrantees:
		return &icpcode.Partners{Accounts: slices.Clone(accounts[:n])}
	case icpcode.KindLedger, icpcode.KindAccountLedger:
		return &icpcode.Ledger{Issued: n, Reason: string(make([]byte, n*100))}
	}
	return nil
}

func (m *model) drawChange(t *rapid.T) icpcode.Change {
	var c icpcode.Change
	keys := rapid.SliceOfNDistinct(rapid.SampledFrom(worldKeys), 1, 6, rapid.ID).Draw(t, "keys")
	slices.SortFunc(keys, icpcode.Key.Compare)
	for _, k := range keys {
		if k.Kind == icpcode.KindAcquaintance && m.docs[k].Version > 0 {
			continue
		}
		expect := m.docs[k].Version
		if rapid.IntRange(0, 19).Draw(t, "stale") == 0 {
			expect = uint64(rapid.IntRange(0, 3).Draw(t, "expect"))
		}
		version := expect + uint64(rapid.IntRange(1, 2).Draw(t, "step"))
		c.Puts = append(c.Puts, icpcode.Put{Expect: expect,
			Document: icpcode.Document{Key: k, Version: version, Body: drawBody(t, k, version)}})
	}
	for i := range 6 {
		n := max(0, rapid.IntRange(-2, 2).Draw(t, "events"))
		first := uint64(len(m.events[code(i)]))
		if first > 0 && rapid.IntRange(0, 19).Draw(t, "stale") == 0 {
			first--
		}
		for j := range uint64(n) {
			c.Events = append(c.Events, icpcode.Event{Code: code(i), Seq: first + j + 1, At: at(i),
				Actor: rapid.SampledFrom(accounts).Draw(t, "actor"), RequestID: fmt.Sprint(first, j)})
		}
	}
	slices.SortFunc(c.Events, func(a, b icpcode.Event) int {
		if c := a.Code.Compare(b.Code); c != 0 {
			return c
		}
		return int(a.Seq) - int(b.Seq)
	})
	return c
}

// TestModel compares the store with the model after every step.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := memstore.New()
		m := model{docs: make(map[icpcode.Key]icpcode.Document), events: make(map[icpcode.Code][]icpcode.Event)}
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) {
				c := m.drawChange(t)
				want := m.commit(c)
				err := s.Commit(t.Context(), c)
				if want != errors.Is(err, icpcode.ErrConflict) || !want && err != nil {
					t.Fatalf("Commit: %v, conflict expected: %v", err, want)
				}
			},
			"purge": func(t *rapid.T) {
				before := at(rapid.IntRange(0, 4).Draw(t, "before"))
				want := m.purge(before)
				if got := s.PurgeReceipts(before); got != want {
					t.Fatalf("purged %d receipts, want %d", got, want)
				}
			},
			"": func(t *rapid.T) { m.check(t, s) },
		})
	})
}

func (m *model) purge(before time.Time) int {
	n := len(m.docs)
	maps.DeleteFunc(m.docs, func(k icpcode.Key, d icpcode.Document) bool {
		return k.Kind == icpcode.KindReceipt && d.Body.(*icpcode.Receipt).Result.At.Before(before)
	})
	return n - len(m.docs)
}

func (m *model) check(t *rapid.T, s icpcode.Store) {
	docs, err := s.Load(t.Context(), worldKeys...)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range worldKeys {
		want := m.docs[k]
		want.Key = k
		if !reflect.DeepEqual(want, docs[i]) {
			t.Fatalf("document %v (-want +got):\n%s", k, cmp.Diff(want, docs[i], exactly))
		}
	}
	for i := range 6 {
		after := rapid.IntRange(0, 3).Draw(t, "after")
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		got, err := s.Events(t.Context(), icpcode.EventQuery{Code: code(i), After: uint64(after), Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		want := m.events[code(i)]
		want = want[min(after, len(want)):]
		want = want[:min(limit, len(want))]
		if len(want)+len(got) > 0 && !reflect.DeepEqual(want, got) {
			t.Fatalf("events (-want +got):\n%s", cmp.Diff(want, got, exactly))
		}
	}
	q := icpcode.Query{Limit: rapid.IntRange(1, 4).Draw(t, "limit")}
	q.State = rapid.SampledFrom([]icpcode.State{icpcode.StateNone, icpcode.StateAvailable}).Draw(t, "state")
	q.By = icpcode.Index(rapid.IntRange(1, int(icpcode.Everything)).Draw(t, "index"))
	values := map[icpcode.Index][]string{
		icpcode.ByOwner:     {"1001", "2002", "3003"},
		icpcode.ByHolder:    {"1001", "2002", "3003"},
		icpcode.ByGrantee:   {"1001", "2002", "3003"},
		icpcode.ByInstance:  {"i-1", "i-2"},
		icpcode.ByICPNumber: {"京ICP备2", "京ICP备3"},
		icpcode.ByService:   {"app:2", "app:3"},
		icpcode.Everything:  {""},
	}
	for _, q.Value = range values[q.By] {
		records := walk(t, s, q)
		got := make(map[icpcode.Code]icpcode.Record)
		for _, r := range records {
			got[r.Code] = r
		}
		if !slices.IsSortedFunc(records, newestFirst) {
			t.Fatalf("the records of %+v are not in order", q)
		}
		if len(got) != len(records) {
			t.Fatalf("a record was listed twice for %+v", q)
		}
		if want := m.list(q); !reflect.DeepEqual(want, got) {
			t.Fatalf("records of %+v (-want +got):\n%s", q, cmp.Diff(want, got, exactly))
		}
	}
}

func newestFirst(a, b icpcode.Record) int {
	if c := b.Issued.Compare(a.Issued); c != 0 {
		return c
	}
	return strings.Compare(b.Code.String(), a.Code.String())
}

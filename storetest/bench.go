package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// Benchmark measures a store: what an engine asks of it to issue one code (a
// Load of three documents, a Commit of three and an event, over again on a
// conflict), spread over many instances and on a single one, by one goroutine
// and by several; a page of 100 codes of one owner among many; and the history
// of one code. newStore is called once for each.
func Benchmark(b *testing.B, newStore func(testing.TB) icpcode.Store) {
	for _, where := range []struct {
		name      string
		instances int
	}{{"spread", 1000}, {"hot", 1}} {
		b.Run("issue/"+where.name+"/serial", func(b *testing.B) {
			i := newIssuer(newStore(b), where.instances)
			b.ReportAllocs()
			for b.Loop() {
				if err := i.issue(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			i.report(b)
		})
		b.Run("issue/"+where.name+"/parallel", func(b *testing.B) {
			i := newIssuer(newStore(b), where.instances)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := i.issue(b.Context()); err != nil {
						b.Error(err)
						return
					}
				}
			})
			i.report(b)
		})
	}
	b.Run("list", func(b *testing.B) {
		const owners, codes = 20, 200
		s, n := newStore(b), newNames()
		for i := range owners {
			var ch icpcode.Change
			for range codes {
				c := n.code()
				e := birth(c, n.owner(uint64(i)), "list")
				ch.Events = append(ch.Events, e)
				ch.Puts = append(ch.Puts, recordOf(e))
			}
			for _, part := range parts(ch, leastWrites) {
				if err := commit(b.Context(), s, part); err != nil {
					b.Fatal(err)
				}
			}
		}
		q := icpcode.Query{By: icpcode.ByOwner, Value: string(n.owner(owners / 2)), Limit: 100}
		b.ReportAllocs()
		for b.Loop() {
			page, err := s.List(b.Context(), q)
			if err != nil {
				b.Fatal(err)
			}
			if len(page.Records) == 0 {
				b.Fatal("List returned nothing")
			}
		}
	})
	b.Run("events", func(b *testing.B) {
		const codes, length = 1000, 10
		s, n := newStore(b), newNames()
		all := make([]icpcode.Code, codes)
		for i := range all {
			all[i] = n.code()
			var ch icpcode.Change
			n.write(&ch, all[i], 0, length, nil)
			if err := commit(b.Context(), s, ch); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			events, err := s.Events(b.Context(), icpcode.EventQuery{Code: all[i%codes], Limit: 100})
			if err != nil {
				b.Fatal(err)
			}
			if len(events) != length {
				b.Fatalf("Events returned %d events, want %d", len(events), length)
			}
		}
	})
}

// issuer issues codes for some instances in turn.
type issuer struct {
	*names
	store     icpcode.Store
	instances uint64
	issued    atomic.Uint64
	conflicts atomic.Uint64
}

func newIssuer(s icpcode.Store, instances int) *issuer {
	return &issuer{names: newNames(), store: s, instances: uint64(instances)}
}

func (n *names) owner(i uint64) icpcode.AccountID {
	return icpcode.AccountID(fmt.Sprintf("%so%d", n.prefix, i))
}

func birth(c icpcode.Code, owner icpcode.AccountID, request string) icpcode.Event {
	return icpcode.Event{
		Code: c, Seq: 1, At: time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC), Action: icpcode.ActionIssue,
		Actor: owner, RequestID: request, To: icpcode.StateAvailable, RuleSetVersion: "2026-01-06",
		Owner: owner, InstanceID: "i-" + icpcode.InstanceID(owner), Product: icpcode.ECS, Origin: icpcode.OriginFree,
	}
}

// recordOf returns the Put of the record that one event makes.
func recordOf(e icpcode.Event) icpcode.Put {
	return icpcode.Put{Document: icpcode.Document{Key: recordKey(e.Code), Version: 1, Body: &icpcode.Record{
		Code: e.Code, Version: 1, State: e.To, Last: e.Action, Origin: e.Origin, Owner: e.Owner,
		InstanceID: e.InstanceID, Product: e.Product, RuleSetVersion: e.RuleSetVersion, Issued: e.At, Updated: e.At,
	}}}
}

func (i *issuer) issue(ctx context.Context) error {
	turn := i.issued.Add(1)
	owner, request := i.owner(turn%i.instances), i.id()
	ledger := icpcode.Key{Kind: icpcode.KindLedger, A: "i-" + string(owner)}
	receipt := icpcode.Key{Kind: icpcode.KindReceipt, A: string(owner), B: request}
	for {
		c := i.code()
		docs, err := i.store.Load(ctx, ledger, recordKey(c), receipt)
		if err != nil {
			return err
		}
		var used icpcode.Ledger
		if docs[0].Body != nil {
			used = *docs[0].Body.(*icpcode.Ledger)
		}
		used.Issued++
		used.Attached++
		e := birth(c, owner, request)
		err = i.store.Commit(ctx, icpcode.Change{
			Puts: []icpcode.Put{
				{Expect: docs[0].Version, Document: icpcode.Document{Key: ledger, Version: docs[0].Version + 1, Body: &used}},
				recordOf(e),
				{Document: icpcode.Document{Key: receipt, Version: 1, Body: &icpcode.Receipt{Result: icpcode.Result{
					RequestID: request, Action: e.Action, At: e.At, Codes: []icpcode.Code{c}, State: e.To,
				}}}},
			},
			Events: []icpcode.Event{e},
		})
		if err == nil {
			return nil
		}
		if !errors.Is(err, icpcode.ErrConflict) {
			return err
		}
		i.conflicts.Add(1)
	}
}

func (i *issuer) report(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(i.conflicts.Load())/float64(max(1, i.issued.Load())), "conflicts/op")
}

package memstore_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// herd runs f in goroutines 0 to n-1 that start together.
func herd(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-gate
			f(i)
		})
	}
	ready.Wait()
	close(gate)
	done.Wait()
}

// TestHerd sends 16 goroutines for the last places of one instance. In every
// round all of them have read the same ledger, so that they must contend.
func TestHerd(t *testing.T) {
	const goroutines, quota = 16, 100
	s := memstore.New()
	k := ledgerKey("i-1")
	var issued, conflicts atomic.Int64
	for round := range quota + 3 {
		var read sync.WaitGroup
		read.Add(goroutines)
		herd(goroutines, func(i int) {
			docs, err := s.Load(t.Context(), k)
			read.Done()
			if err != nil {
				t.Error(err)
				return
			}
			read.Wait()
			l := &icpcode.Ledger{}
			if docs[0].Body != nil {
				l = docs[0].Body.(*icpcode.Ledger)
			}
			if l.Issued == quota {
				return
			}
			l.Issued++
			c := code(round*goroutines + i)
			change := puts(put(k, docs[0].Version, l),
				putRecord(icpcode.Record{Code: c, Version: 1, Owner: "1001", InstanceID: "i-1"}),
				put(receiptKey("1001", fmt.Sprint(round, i)), 0, &icpcode.Receipt{}))
			change.Events = []icpcode.Event{{Code: c, Seq: 1}}
			switch err := s.Commit(t.Context(), change); {
			case err == nil:
				issued.Add(1)
			case errors.Is(err, icpcode.ErrConflict):
				conflicts.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	if issued.Load() != quota || conflicts.Load() != quota*(goroutines-1) {
		t.Errorf("%d commits succeeded and %d met conflicts, want %d and %d",
			issued.Load(), conflicts.Load(), quota, quota*(goroutines-1))
	}
	for _, by := range []icpcode.Index{icpcode.ByOwner, icpcode.ByInstance} {
		value := map[icpcode.Index]string{icpcode.ByOwner: "1001", icpcode.ByInstance: "i-1"}[by]
		if got := len(walk(t, s, icpcode.Query{By: by, Value: value, Limit: 7})); got != quota {
			t.Errorf("index %d has %d codes, want %d", by, got, quota)
		}
	}
}

// TestCrossing commits pairs of Changes of which each writes what the other
// expects to be as it was.
func TestCrossing(t *testing.T) {
	s := memstore.New()
	for i := range 2000 {
		a, b := ledgerKey(fmt.Sprint("a-", i)), receiptKey("1001", fmt.Sprint("b-", i))
		if i%2 == 0 {
			b = recordKey(code(i))
		}
		body := func() icpcode.Body { return icpcode.NewBody(b.Kind) }
		changes := []icpcode.Change{
			puts(put(a, 0, &icpcode.Ledger{Issued: 1}), put(b, 0, body())),
			puts(put(b, 0, body()), put(a, 0, &icpcode.Ledger{Issued: 2})),
		}
		var errs [2]error
		herd(2, func(i int) { errs[i] = s.Commit(t.Context(), changes[i]) })
		won := slices.Index(errs[:], nil)
		if won < 0 || !errors.Is(errs[1-won], icpcode.ErrConflict) {
			t.Fatalf("pair %d: %v, want one success and one conflict", i, errs)
		}
		if l := load(t, s, a).Body.(*icpcode.Ledger); l.Issued != won+1 {
			t.Fatalf("pair %d: the loser wrote the ledger", i)
		}
	}
}

// TestReceiptsLast reads a ledger and the receipt of the commit that raised
// it: who sees the ledger must see the receipt, wherever it stands in Load.
func TestReceiptsLast(t *testing.T) {
	const n = 3000
	s := memstore.New()
	var seen int
	herd(2, func(i int) {
		if i == 0 {
			for v := range uint64(n) {
				if err := s.Commit(t.Context(), puts(put(ledgerKey("i-1"), v, &icpcode.Ledger{}),
					put(receiptKey("1001", fmt.Sprint(v+1)), 0, &icpcode.Receipt{}))); err != nil {
					t.Error(err)
				}
			}
			return
		}
		for v := uint64(1); v <= n; {
			docs, err := s.Load(t.Context(), receiptKey("1001", fmt.Sprint(v)), ledgerKey("i-1"))
			if err != nil {
				t.Error(err)
				return
			}
			if docs[1].Version >= v && docs[0].Version == 0 {
				t.Errorf("the ledger is at %d, and there is no receipt of the commit that raised it to %d", docs[1].Version, v)
				return
			}
			if docs[0].Version != 0 {
				v++
				seen++
			}
		}
	})
	if seen != n {
		t.Errorf("saw %d receipts of %d", seen, n)
	}
}

// TestMoving lets goroutines grant codes back and forth while others list
// them. Those that stay must be in every list exactly once, and none may be
// where it is not.
func TestMoving(t *testing.T) {
	const n, movers, rounds = 120, 4, 30
	s := memstore.New()
	records := make([]icpcode.Record, n)
	for i := range records {
		records[i] = icpcode.Record{Code: code(i), Owner: "1001", InstanceID: "i-1"}
		write(t, s, &records[i])
	}
	stays := func(i int) bool { return i%4 == 0 }
	var moves atomic.Int64
	herd(movers+2, func(g int) {
		if g < movers {
			for round := range rounds {
				for i := g; i < n; i += movers {
					if stays(i) {
						continue
					}
					r := &records[i]
					r.Version++
					r.Grantee = icpcode.AccountID(fmt.Sprint("200", (round+i)%3))
					if (round+i)%4 == 0 {
						r.Grantee = ""
					}
					if err := s.Commit(t.Context(), puts(putRecord(*r))); err != nil {
						t.Errorf("code %d: %v", i, err)
						return
					}
					moves.Add(1)
				}
			}
			return
		}
		for round := range rounds {
			holder := "1001"
			if g == movers+1 {
				holder = fmt.Sprint("200", round%3)
			}
			times := make(map[icpcode.Code]int)
			for _, r := range walk(t, s, icpcode.Query{By: icpcode.ByHolder, Value: holder, Limit: 7}) {
				times[r.Code]++
				if string(r.Holder()) != holder {
					t.Errorf("a list of %s has a code of %s", holder, r.Holder())
				}
			}
			for i := range n {
				if stays(i) && holder == "1001" && times[code(i)] != 1 {
					t.Errorf("a code that was there all the time was returned %d times", times[code(i)])
				}
			}
			for _, by := range []icpcode.Index{icpcode.ByOwner, icpcode.ByInstance} {
				value := map[icpcode.Index]string{icpcode.ByOwner: "1001", icpcode.ByInstance: "i-1"}[by]
				if got := len(walk(t, s, icpcode.Query{By: by, Value: value, Limit: 50})); got != n {
					t.Errorf("index %d has %d codes, want %d", by, got, n)
				}
			}
		}
	})
	if want := int64(rounds * n * 3 / 4); moves.Load() != want {
		t.Errorf("%d codes moved, want %d", moves.Load(), want)
	}
	held := 0
	for _, holder := range []string{"1001", "2000", "2001", "2002"} {
		held += len(walk(t, s, icpcode.Query{By: icpcode.ByHolder, Value: holder, Limit: 50}))
	}
	if held != n {
		t.Errorf("%d codes are held, want %d", held, n)
	}
}

// TestStaleMove races two grants of one code that were decided on the same
// version: one wins, and the lists know only the winner.
func TestStaleMove(t *testing.T) {
	s := memstore.New()
	for i := range 500 {
		r := icpcode.Record{Code: code(i), Owner: "1001"}
		write(t, s, &r)
		var errs [2]error
		herd(2, func(g int) {
			moved := r
			moved.Version++
			moved.Grantee = icpcode.AccountID(fmt.Sprint("200", g))
			errs[g] = s.Commit(t.Context(), puts(putRecord(moved)))
		})
		if won := slices.Index(errs[:], nil); won < 0 || !errors.Is(errs[1-won], icpcode.ErrConflict) {
			t.Fatalf("race %d: %v, want one success and one conflict", i, errs)
		}
	}
	a := len(walk(t, s, icpcode.Query{By: icpcode.ByHolder, Value: "2000", Limit: 99}))
	b := len(walk(t, s, icpcode.Query{By: icpcode.ByHolder, Value: "2001", Limit: 99}))
	c := len(walk(t, s, icpcode.Query{By: icpcode.ByHolder, Value: "1001", Limit: 99}))
	if a+b != 500 || c != 0 {
		t.Errorf("the grantees hold %d and %d codes, the granter %d, want 500 in all and none", a, b, c)
	}
}

// TestPurgeWhileBusy purges receipts while others write and read.
func TestPurgeWhileBusy(t *testing.T) {
	s := memstore.New()
	const goroutines, n = 4, 500
	var purged atomic.Int64
	herd(goroutines+1, func(g int) {
		if g == goroutines {
			for range 50 {
				purged.Add(int64(s.PurgeReceipts(at(1))))
			}
			return
		}
		for i := range n {
			old, kept := receiptKey(fmt.Sprint(g), fmt.Sprint("old-", i)), receiptKey(fmt.Sprint(g), fmt.Sprint("kept-", i))
			if err := s.Commit(t.Context(), puts(
				put(old, 0, &icpcode.Receipt{Result: icpcode.Result{At: at(0)}}),
				put(kept, 0, &icpcode.Receipt{Result: icpcode.Result{At: at(1)}}))); err != nil {
				t.Error(err)
			}
			if docs, err := s.Load(t.Context(), kept); err != nil || docs[0].Version != 1 {
				t.Errorf("a receipt that is to be kept is gone: %v, %v", docs, err)
			}
		}
	})
	if got := purged.Load() + int64(s.PurgeReceipts(at(1))); got != goroutines*n {
		t.Errorf("%d receipts were purged, want %d", got, goroutines*n)
	}
}

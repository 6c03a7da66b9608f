package memstore_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// exactly compares documents and events without mercy: an amount also by its
// exponent, an empty list not as none.
var exactly = cmp.Options{
	cmp.Comparer(func(a, b icpcode.Code) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) && a.Exponent() == b.Exponent() }),
}

// tb is what *testing.T, *testing.B and *rapid.T have in common.
type tb interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func code(n int) icpcode.Code {
	if n%5 == 4 { // some are opaque
		c, err := icpcode.Opaque.Parse(fmt.Sprintf("备案-%d", n))
		if err != nil {
			panic(err)
		}
		return c
	}
	c, err := icpcode.ParseCode(fmt.Sprintf("0%011d", n))
	if err != nil {
		panic(err)
	}
	return c
}

func ledgerKey(instance string) icpcode.Key {
	return icpcode.Key{Kind: icpcode.KindLedger, A: instance}
}

func receiptKey(actor, request string) icpcode.Key {
	return icpcode.Key{Kind: icpcode.KindReceipt, A: actor, B: request}
}

func acquaintance(a, b string) icpcode.Key {
	return icpcode.Key{Kind: icpcode.KindAcquaintance, A: a, B: b}
}

// put is a Put that raises the version by one.
func put(k icpcode.Key, expect uint64, b icpcode.Body) icpcode.Put {
	return icpcode.Put{Expect: expect, Document: icpcode.Document{Key: k, Version: expect + 1, Body: b}}
}

// putRecord puts r as it is, at its version.
func putRecord(r icpcode.Record) icpcode.Put {
	return icpcode.Put{Expect: r.Version - 1,
		Document: icpcode.Document{Key: recordKey(r.Code), Version: r.Version, Body: &r}}
}

func puts(p ...icpcode.Put) icpcode.Change {
	slices.SortFunc(p, func(a, b icpcode.Put) int { return a.Key.Compare(b.Key) })
	return icpcode.Change{Puts: p}
}

func commit(t tb, s icpcode.Store, c icpcode.Change) {
	t.Helper()
	if err := s.Commit(t.Context(), c); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

func load(t tb, s icpcode.Store, k icpcode.Key) icpcode.Document {
	t.Helper()
	d, err := s.Load(t.Context(), k)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	if len(d) != 1 {
		t.Fatalf("Load of one key returned %d documents", len(d))
	}
	return d[0]
}

// walk follows a query to its end, in pages of limit.
func walk(t tb, s icpcode.Store, q icpcode.Query) []icpcode.Record {
	t.Helper()
	var all []icpcode.Record
	for range 10_000 {
		p, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		if len(p.Records) > q.Limit {
			t.Fatalf("a page holds %d records, more than its limit of %d", len(p.Records), q.Limit)
		}
		all = append(all, p.Records...)
		if p.Next == "" {
			return all
		}
		q.After = p.Next
	}
	t.Fatal("the pages do not end")
	return nil
}

func codesOf(records []icpcode.Record) []icpcode.Code {
	codes := make([]icpcode.Code, len(records))
	for i := range records {
		codes[i] = records[i].Code
	}
	return codes
}

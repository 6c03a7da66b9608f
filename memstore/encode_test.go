package memstore_test

import (
	"fmt"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// filler puts something other than zero into every field there is, also into
// those that a type is given tomorrow: what packs them must keep up.
type filler struct {
	t    tb
	only int // if not negative, fill only that field, counted from 0
	n    int
}

func (f *filler) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time, decimal.Decimal, netip.Addr, icpcode.Code:
		f.leaf(v)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				f.t.Fatalf("%v has a field %s that only its package can fill", v.Type(), v.Type().Field(i).Name)
			}
			if v.Type().Field(i).Tag.Get("json") == "-" {
				continue // it is not kept
			}
			f.fill(v.Field(i))
		}
	case reflect.Pointer:
		n := f.n
		p := reflect.New(v.Type().Elem())
		f.fill(p.Elem())
		if f.only < 0 || n <= f.only && f.only < f.n {
			v.Set(p)
		}
	case reflect.Slice:
		n := f.n
		s := reflect.MakeSlice(v.Type(), 2, 2)
		f.fill(s.Index(0))
		f.fill(s.Index(1))
		if f.only < 0 || n <= f.only && f.only < f.n {
			v.Set(s)
		}
	default:
		f.leaf(v)
	}
}

func (f *filler) leaf(v reflect.Value) {
	n := f.n
	f.n++
	if f.only >= 0 && f.only != n {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, n, 567_891_000, time.UTC)))
		return
	case decimal.Decimal:
		v.Set(reflect.ValueOf(decimal.New(int64(1000+n)*10, -3)))
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})))
		return
	case icpcode.Code:
		v.Set(reflect.ValueOf(code(n + 100)))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(fmt.Sprint("text ", n))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(-int64(n) - 1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(n) + 1)
	case reflect.Array:
		reflect.Copy(v, reflect.ValueOf([]byte(strings.Repeat(string(rune('A'+n%26)), v.Len()))))
	default:
		f.t.Fatalf("the test cannot fill a %v", v.Type())
	}
}

// bodyKeys has a key for every type of body.
var bodyKeys = []icpcode.Key{
	ledgerKey("i-1"),
	{Kind: icpcode.KindAccountLedger, A: "1001", B: "ECS"},
	{Kind: icpcode.KindGrantees, A: "1001", Year: 2026},
	{Kind: icpcode.KindGranters, A: "1001", Year: 2026},
	recordKey(code(1)),
	recordKey(code(4)),
	receiptKey("1001", "r"),
}

// roundTrip commits a document and an event and compares what comes back.
func roundTrip(t tb, k icpcode.Key, b icpcode.Body) {
	t.Helper()
	s := memstore.New()
	want := icpcode.Document{Key: k, Version: 7, Body: b}
	commit(t, s, puts(icpcode.Put{Document: want}))
	if diff := cmp.Diff(want, load(t, s, k), exactly); diff != "" {
		t.Errorf("a %T changed in the store (-put +loaded):\n%s", b, diff)
	}
	if r, ok := b.(*icpcode.Record); ok {
		got := walk(t, s, icpcode.Query{By: icpcode.ByOwner, Value: string(r.Owner), Limit: 1})
		want := []icpcode.Record{*r}
		// A list knows the code from the store, not from whom it asked.
		if diff := cmp.Diff(want, got, exactly); diff != "" {
			t.Errorf("a record changed in the store (-put +listed):\n%s", diff)
		}
	}
}

func roundTripEvent(t tb, e icpcode.Event) {
	t.Helper()
	s := memstore.New()
	// What is shared with a first event and a record must not mix them up.
	first := icpcode.Event{Code: e.Code, Seq: 1, At: e.At.Add(-time.Hour), Actor: e.Owner, Reason: "first"}
	e.Seq = 2
	c := puts(putRecord(icpcode.Record{Code: e.Code, Version: 1, Owner: e.Grantee, RuleSetVersion: e.RuleSetVersion}))
	c.Events = []icpcode.Event{first}
	commit(t, s, c)
	commit(t, s, icpcode.Change{Events: []icpcode.Event{e}})
	got, err := s.Events(t.Context(), icpcode.EventQuery{Code: e.Code, Limit: 9})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]icpcode.Event{first, e}, got, exactly); diff != "" {
		t.Errorf("events changed in the store (-committed +loaded):\n%s", diff)
	}
}

// TestEveryField fails when a type gets a field that the store forgets.
func TestEveryField(t *testing.T) {
	for _, k := range bodyKeys {
		f := filler{t: t, only: -1}
		b := icpcode.NewBody(k.Kind)
		f.fill(reflect.ValueOf(b).Elem())
		roundTrip(t, k, b)
		for i := range f.n {
			one := filler{t: t, only: i}
			b := icpcode.NewBody(k.Kind)
			one.fill(reflect.ValueOf(b).Elem())
			if r, ok := b.(*icpcode.Record); ok && r.Grantee != "" {
				r.Owner = "1001"
			}
			roundTrip(t, k, b)
		}
		roundTrip(t, k, icpcode.NewBody(k.Kind))
	}
	var e icpcode.Event
	f := filler{t: t, only: -1}
	f.fill(reflect.ValueOf(&e).Elem())
	roundTripEvent(t, e)
	for i := range f.n {
		var e icpcode.Event
		one := filler{t: t, only: i}
		one.fill(reflect.ValueOf(&e).Elem())
		roundTripEvent(t, e)
	}
}

// TestEmptyLists tells an empty list from none.
func TestEmptyLists(t *testing.T) {
	roundTrip(t, bodyKeys[2], &icpcode.Partners{Accounts: []icpcode.AccountID{}})
	roundTrip(t, bodyKeys[6], &icpcode.Receipt{Result: icpcode.Result{Codes: []icpcode.Code{}}})
	roundTrip(t, bodyKeys[4], &icpcode.Record{Filing: &icpcode.Filing{IPs: []netip.Addr{}}})
	roundTrip(t, bodyKeys[6], &icpcode.Receipt{Result: icpcode.Result{RequestID: "r", Codes: make([]icpcode.Code, 3)}})
	roundTrip(t, bodyKeys[4], &icpcode.Record{Code: code(1), Version: 7, Filing: &icpcode.Filing{IPs: make([]netip.Addr, 2)}})
}

// Generators of values from the whole of their range.

var (
	genString = rapid.OneOf(rapid.SampledFrom([]string{"", "1001", "ECS", "2026-01-06"}), rapid.String())
	genTime   = rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "zero") {
			return time.Time{}
		}
		first, last := time.Time{}.UnixMicro(), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC).UnixMicro()
		return time.UnixMicro(rapid.OneOf(rapid.Int64Range(first, last), rapid.Int64Range(-2, 2)).Draw(t, "µs")).UTC()
	})
	genDecimal = rapid.Custom(func(t *rapid.T) decimal.Decimal {
		exp := rapid.Int32().Draw(t, "exponent")
		digits := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "digits"))
		if rapid.Bool().Draw(t, "negative") {
			digits.Neg(digits)
		}
		return decimal.NewFromBigInt(digits, exp)
	})
	genAddr = rapid.Custom(func(t *rapid.T) netip.Addr {
		b := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address")
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			a, _ := netip.AddrFromSlice(b[:4])
			return a
		case 1:
			return netip.AddrFrom16([16]byte(b)).WithZone("eth0")
		case 2:
			return netip.Addr{}
		}
		return netip.AddrFrom16([16]byte(b))
	})
	genCode = rapid.Custom(func(t *rapid.T) icpcode.Code {
		return code(rapid.IntRange(0, 99_999_999_999).Draw(t, "code"))
	})
)

// random fills v at random.
func random(t *rapid.T, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(genTime.Draw(t, "time")))
		return
	case decimal.Decimal:
		v.Set(reflect.ValueOf(genDecimal.Draw(t, "decimal")))
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(genAddr.Draw(t, "address")))
		return
	case icpcode.Code:
		v.Set(reflect.ValueOf(genCode.Draw(t, "code")))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				random(t, v.Field(i))
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "set") {
			v.Set(reflect.New(v.Type().Elem()))
			random(t, v.Elem())
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 3).Draw(t, "length"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range v.Len() {
			random(t, v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(uint64(rapid.Byte().Draw(t, "byte")))
		}
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.String:
		v.SetString(genString.Draw(t, "text"))
	case reflect.Int:
		v.SetInt(rapid.Int64().Draw(t, "number"))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Uint8().Draw(t, "number")))
	case reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "number"))
	default:
		t.Fatalf("the test cannot fill a %v", v.Type())
	}
}

func TestRandomValues(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		k := rapid.SampledFrom(bodyKeys).Draw(rt, "key")
		b := icpcode.NewBody(k.Kind)
		random(rt, reflect.ValueOf(b).Elem())
		roundTrip(rt, k, b)
		e := icpcode.Event{}
		random(rt, reflect.ValueOf(&e).Elem())
		e.At = e.At.Add(2 * time.Hour) // not to leave the range with the first
		roundTripEvent(rt, e)
	})
}

// TestInstants pins down what is not kept of an instant.
func TestInstants(t *testing.T) {
	s := memstore.New()
	at := time.Date(2026, 1, 1, 0, 0, 0, 123_456_789, time.FixedZone("", 8*60*60))
	commit(t, s, puts(putRecord(icpcode.Record{Code: code(1), Version: 1, Issued: at})))
	got := load(t, s, recordKey(code(1))).Body.(*icpcode.Record).Issued
	if want := at.Truncate(time.Microsecond); !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("%v came back as %v, want %v in UTC", at, got, want)
	}
}

// TestNoAliasing changes what was put, and what was loaded, and wants neither
// to be seen by anybody else.
func TestNoAliasing(t *testing.T) {
	for _, k := range bodyKeys {
		fresh := func() icpcode.Body {
			f := filler{t: t, only: -1}
			b := icpcode.NewBody(k.Kind)
			f.fill(reflect.ValueOf(b).Elem())
			return b
		}
		s := memstore.New()
		in := fresh()
		commit(t, s, puts(put(k, 0, in)))
		spoil(reflect.ValueOf(in))
		for range 2 {
			out := load(t, s, k).Body
			if diff := cmp.Diff(fresh(), out, exactly); diff != "" {
				t.Fatalf("%T shares memory with the caller:\n%s", in, diff)
			}
			spoil(reflect.ValueOf(out))
		}
		if r, ok := fresh().(*icpcode.Record); ok {
			for range 2 {
				out := walk(t, s, icpcode.Query{By: icpcode.ByOwner, Value: string(r.Owner), Limit: 1})
				if diff := cmp.Diff([]icpcode.Record{*r}, out, exactly); diff != "" {
					t.Fatalf("listed records share memory:\n%s", diff)
				}
				spoil(reflect.ValueOf(out))
			}
		}
	}
	fresh := func() []icpcode.Event {
		var e icpcode.Event
		f := filler{t: t, only: -1}
		f.fill(reflect.ValueOf(&e).Elem())
		e.Seq = 1
		return []icpcode.Event{e}
	}
	s := memstore.New()
	in := fresh()
	commit(t, s, icpcode.Change{Events: in})
	spoil(reflect.ValueOf(in))
	for range 2 {
		out, err := s.Events(t.Context(), icpcode.EventQuery{Code: fresh()[0].Code, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fresh(), out, exactly); diff != "" {
			t.Fatalf("events share memory:\n%s", diff)
		}
		spoil(reflect.ValueOf(out))
	}
}

// spoil sets everything that v leads to to zero.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		spoil(v.Elem())
		v.Elem().SetZero()
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
			v.Index(i).SetZero()
		}
	case reflect.Struct:
		switch v.Interface().(type) {
		case time.Time, decimal.Decimal, netip.Addr, icpcode.Code:
			return
		}
		for i := range v.NumField() {
			spoil(v.Field(i))
		}
	}
}

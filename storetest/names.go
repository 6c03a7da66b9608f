package storetest

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
)

// names makes the names and documents of one case. They are random against
// everything else in the store, and in order within the case, so that the same
// steps make the same things again.
type names struct {
	prefix string
	base   uint64 // of twelve-digit codes
	n      atomic.Uint64
}

func newNames() *names {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return &names{
		prefix: strings.ToLower(rand.Text()[:12]) + "-",
		base:   binary.LittleEndian.Uint64(b[:]) % 100_000_000_000,
	}
}

// id returns a fresh ID.
func (n *names) id() string { return n.prefix + strconv.FormatUint(n.n.Add(1), 10) }

// code returns a fresh twelve-digit code, above those before it except once
// in a million runs.
func (n *names) code() icpcode.Code {
	return must(icpcode.ParseCode(fmt.Sprintf("0%011d", (n.base+n.n.Add(1))%100_000_000_000)))
}

// opaque returns a code whose text is s.
func opaque(s string) icpcode.Code { return must(icpcode.Opaque.Parse(s)) }

// must is for codes that the suite itself makes.
func must(c icpcode.Code, err error) icpcode.Code {
	if err != nil {
		panic(err)
	}
	return c
}

// kinds are all kinds of documents.
var kinds = [...]icpcode.Kind{
	icpcode.KindLedger, icpcode.KindAccountLedger, icpcode.KindGrantees, icpcode.KindGranters,
	icpcode.KindAcquaintance, icpcode.KindRecord, icpcode.KindReceipt,
}

// key returns a fresh key of kind k.
func (n *names) key(k icpcode.Kind) icpcode.Key {
	key := icpcode.Key{Kind: k}
	switch k {
	case icpcode.KindRecord:
		key.Code = n.code()
	case icpcode.KindAccountLedger, icpcode.KindAcquaintance, icpcode.KindReceipt:
		key.A, key.B = n.id(), n.id()
	case icpcode.KindGrantees, icpcode.KindGranters:
		key.A, key.Year = n.id(), 2026
	default:
		key.A = n.id()
	}
	return key
}

// put returns a Put of a body under k that has no zero field. It has none
// under the key of an acquaintance.
func (n *names) put(k icpcode.Key, expect, version uint64) icpcode.Put {
	d := icpcode.Document{Key: k, Version: version}
	if k.Kind != icpcode.KindAcquaintance {
		d.Body = n.body(k, version)
	}
	return icpcode.Put{Expect: expect, Document: d}
}

func (n *names) body(k icpcode.Key, version uint64) icpcode.Body {
	body := icpcode.NewBody(k.Kind)
	n.fill(reflect.ValueOf(body).Elem())
	switch b := body.(type) {
	case *icpcode.Ledger:
		b.Closed = icpcode.ActionCloseRelease
	case *icpcode.Record:
		b.Code, b.Version, b.Issued = k.Code, version, issuedAt(k.Code)
	case *icpcode.Receipt:
		b.Result.RequestID = k.B
	case *icpcode.Partners:
		slices.Sort(b.Accounts)
	}
	return body
}

// firstIssued is the first instant that issuedAt returns.
var firstIssued = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// issuedAt returns when a code was issued, which never changes: some codes
// were at one instant.
func issuedAt(c icpcode.Code) time.Time {
	h := fnv.New64a()
	_, _ = io.WriteString(h, c.String()) // never fails
	return firstIssued.Add(time.Duration(h.Sum64()%200) * 1_000_003 * time.Microsecond)
}

// event returns an event that has no zero field.
func (n *names) event(c icpcode.Code, seq uint64) icpcode.Event {
	var e icpcode.Event
	n.fill(reflect.ValueOf(&e).Elem())
	e.Code, e.Seq = c, seq
	return e
}

// write adds to ch the step of code c from version expect to version: its
// record, which edit may alter, and the events between.
func (n *names) write(ch *icpcode.Change, c icpcode.Code, expect, version uint64, edit func(*icpcode.Record)) {
	put := n.put(recordKey(c), expect, version)
	if edit != nil {
		edit(put.Body.(*icpcode.Record))
	}
	ch.Puts = append(ch.Puts, put)
	for seq := expect + 1; seq <= version; seq++ {
		ch.Events = append(ch.Events, n.event(c, seq))
	}
}

func recordKey(c icpcode.Code) icpcode.Key {
	return icpcode.Key{Kind: icpcode.KindRecord, Code: c}
}

// tidy puts a Change into the order that Commit is promised.
func tidy(ch icpcode.Change) icpcode.Change {
	slices.SortFunc(ch.Puts, func(a, b icpcode.Put) int { return a.Key.Compare(b.Key) })
	slices.SortStableFunc(ch.Events, func(a, b icpcode.Event) int {
		if c := a.Code.Compare(b.Code); c != 0 {
			return c
		}
		return int(a.Seq) - int(b.Seq)
	})
	return ch
}

// fill sets every field of v that is stored to something of its own, so that
// a field that is lost or mixed up with another shows, also one that did not
// exist when this was written.
func (n *names) fill(v reflect.Value) {
	i := n.n.Add(1)
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC).Add(time.Duration(i) * 1_000_003 * time.Microsecond)
		return
	case *decimal.Decimal:
		*p = decimal.New(int64(i)*100+int64(i%99)+1, -2)
		return
	case *netip.Addr:
		*p = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if i%2 == 0 {
			*p = netip.AddrFrom16([16]byte{0x24, 0x08, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)})
		}
		return
	case *icpcode.Money:
		p.Amount, p.Currency = decimal.New(int64(i)*100+int64(i%99)+1, -2), "CNY"
		return
	case *icpcode.Code:
		*p = n.code()
		return
	case *icpcode.RuleIDs:
		*p = icpcode.MakeRuleIDs(icpcode.Rule(i%50)+1, icpcode.Rule((i+7)%50)+1)
		return
	case *icpcode.State:
		*p = icpcode.State(i%6) + 1
		return
	case *icpcode.Action:
		*p = icpcode.Action(i%14) + 1
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for f := range v.NumField() {
			if stored(v.Type().Field(f)) {
				n.fill(v.Field(f))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		n.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for e := range v.Len() {
			n.fill(v.Index(e))
		}
	case reflect.Array: // of bytes, any of them
		for e := range v.Len() {
			v.Index(e).SetUint((i*37 + uint64(e)*101) % 256)
		}
	case reflect.String:
		v.SetString(n.prefix + strconv.FormatUint(i, 10) + ` 备案 '"\%_😀`)
	case reflect.Int:
		v.SetInt(int64(i%1000) + 1)
	case reflect.Uint8:
		v.SetUint(i%3 + 1) // valid in every enumeration
	case reflect.Uint64:
		v.SetUint(i)
	case reflect.Bool:
		v.SetBool(true)
	default:
		panic(fmt.Sprintf("storetest: cannot fill a %s", v.Type()))
	}
}

// stored reports whether a field is kept: those that say json:"-" are not.
func stored(f reflect.StructField) bool {
	return f.IsExported() && f.Tag.Get("json") != "-"
}

// wipe overwrites everything that v leads to, where it is. Values that cannot
// be changed through their methods are only replaced.
func wipe(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			wipe(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			wipe(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				wipe(v.Field(i))
			}
		}
	}
	if v.CanSet() {
		v.SetZero()
	}
}

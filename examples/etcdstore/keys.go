package etcdstore

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"

	"github.com/icpcode/icpcode"
)

var kinds = [...]string{
	icpcode.KindLedger: "ledger", icpcode.KindAccountLedger: "account", icpcode.KindGrantees: "grantees",
	icpcode.KindGranters: "granters", icpcode.KindAcquaintance: "acquaintance", icpcode.KindRecord: "record",
	icpcode.KindReceipt: "receipt",
}

var lists = [...]string{
	icpcode.ByOwner: "owner", icpcode.ByHolder: "holder", icpcode.ByGrantee: "grantee", icpcode.ByInstance: "instance", icpcode.ByICPNumber: "number",
	icpcode.ByService: "service", icpcode.Everything: "all",
}

// layout makes the keys of a store. It is what all of them begin with.
type layout string

// doc is the key of a document. IDs are escaped: what they have of "/" is not
// a separator, and what differs in one byte has another key.
func (l layout) doc(k icpcode.Key) string {
	return fmt.Sprintf("%sdoc/%s/%s/%s/%d/%s", l, kinds[k.Kind], url.PathEscape(k.A), url.PathEscape(k.B), k.Year,
		url.PathEscape(k.Code.String()))
}

func (l layout) record(c icpcode.Code) string {
	return l.doc(icpcode.Key{Kind: icpcode.KindRecord, Code: c})
}

// history is what the keys of a code's events begin with.
func (l layout) history(c icpcode.Code) string {
	return fmt.Sprintf("%sevent/%s/", l, url.PathEscape(c.String()))
}

// event is the key of one event: in the order of their sequence.
func (l layout) event(c icpcode.Code, seq uint64) string {
	return fmt.Sprintf("%s%020d", l.history(c), seq)
}

// list is what the keys of a list begin with.
func (l layout) list(by icpcode.Index, s icpcode.State, value string) string {
	return fmt.Sprintf("%slist/%s/%v/%s/", l, lists[by], s, url.PathEscape(value))
}

// places are the keys of a record in the lists that it is in, but for their
// tags.
func (l layout) places(r *icpcode.Record) []string {
	var all []string
	order := newest(r)
	for by := icpcode.ByOwner; by <= icpcode.Everything; by++ {
		value := by.Of(r)
		if value == "" && by != icpcode.Everything {
			continue
		}
		for _, s := range []icpcode.State{icpcode.StateNone, r.State} {
			all = append(all, l.list(by, s, value)+order)
		}
	}
	return all
}

// A place in a list begins with an instant of this many digits.
const instantDigits = 16

// newest is a text by which records sort that were issued last, and of those
// of one instant the ones whose code is last. etcd could return keys in
// descending order, but would read the whole list for that: so the bits are
// inverted. A code that begins with another one comes before it: "~" is after
// all digits.
func newest(r *icpcode.Record) string {
	at := uint64(r.Issued.UnixMicro()) ^ 1<<63 // in order, also before 1970
	return fmt.Sprintf("%0*x%x~", instantDigits, ^at, inverted([]byte(r.Code.String())))
}

// codeAt reads the code of a place, of which a list's beginning is cut off.
func codeAt(place string) (icpcode.Code, error) {
	var c icpcode.Code
	digits, _, ok := strings.Cut(place[min(instantDigits, len(place)):], "~")
	text, err := hex.DecodeString(digits)
	if err == nil && ok {
		err = c.UnmarshalText(inverted(text))
	}
	if err != nil || c.IsZero() {
		return c, fmt.Errorf("etcdstore: a place in a list does not decode: %w", err)
	}
	return c, nil
}

func inverted(b []byte) []byte {
	for i := range b {
		b[i] = ^b[i]
	}
	return b
}

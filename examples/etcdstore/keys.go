package etcdstore

import (
	"encoding/hex"
	"fmt"
	"net/url"

	"github.com/icpcode/icpcode"
)

var kinds = [...]string{
	icpcode.KindLedger: "ledger", icpcode.KindAccountLedger: "account", icpcode.KindGrantees: "grantees",
	icpcode.KindGranters: "granters", icpcode.KindAcquaintance: "acquaintance", icpcode.KindRecord: "record",
	icpcode.KindReceipt: "receipt",
}

var lists = [...]string{
	icpcode.ByOwner: "owner", icpcode.ByHolder: "holder", icpcode.ByInstance: "instance", icpcode.ByICPNumber: "number",
	icpcode.ByService: "service", icpcode.Everything: "all",
}

// docKey is the key of a document. IDs are escaped: what they have of "/" is
// not a separator, and what differs in one byte has another key.
func docKey(k icpcode.Key) string {
	return fmt.Sprintf("doc/%s/%s/%s/%d/%s", kinds[k.Kind], url.PathEscape(k.A), url.PathEscape(k.B), k.Year,
		url.PathEscape(k.Code.String()))
}

// history is the prefix of the events of a code.
func history(c icpcode.Code) string { return "event/" + url.PathEscape(c.String()) + "/" }

// eventKey is the key of one event: in the order of their sequence.
func eventKey(c icpcode.Code, seq uint64) string { return fmt.Sprintf("%s%020d", history(c), seq) }

// listKey is the prefix of a list.
func listKey(by icpcode.Index, s icpcode.State, value string) string {
	return fmt.Sprintf("list/%s/%v/%s/", lists[by], s, url.PathEscape(value))
}

// places are the keys of a record in the lists that it is in, but for their
// tags.
func places(r *icpcode.Record) []string {
	var all []string
	order := newest(r)
	for by := icpcode.ByOwner; by <= icpcode.Everything; by++ {
		value := by.Of(r)
		if value == "" && by != icpcode.Everything {
			continue
		}
		for _, s := range []icpcode.State{icpcode.StateNone, r.State} {
			all = append(all, listKey(by, s, value)+order)
		}
	}
	return all
}

// newest is a text by which records sort that were issued last, and of those
// of one instant the ones whose code is last. etcd could return keys in
// descending order, but would read the whole list for that: so the bits are
// inverted. A code that begins with another one comes before it: "~" is after
// all digits.
func newest(r *icpcode.Record) string {
	at := uint64(r.Issued.UnixMicro()) ^ 1<<63 // in order, also before 1970
	code := []byte(r.Code.String())
	for i := range code {
		code[i] = ^code[i]
	}
	return fmt.Sprintf("%016x%s~", ^at, hex.EncodeToString(code))
}

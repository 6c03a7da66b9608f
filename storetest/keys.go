package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
)

// lookalikes are pairs of texts that are equal to somebody: to a collation, to
// a normalisation, to a number, to a pattern.
var lookalikes = [][2]string{
	{"case", "CASE"},
	{"a", "ａ"},           // full-width
	{"1", "１"},           // full-width
	{"é", "e\u0301"},     // NFC and NFD
	{"Å", "\u212b"},      // the letter and the angstrom sign
	{"k", "\u212a"},      // the kelvin sign
	{"e", "é"},           // accent-insensitive
	{"ss", "ß"},          // German
	{"i", "ı"},           // Turkish
	{"s", "ſ"},           // long s
	{"fi", "ﬁ"},          // ligature
	{"あ", "ぁ"},           // small kana
	{"あ", "ア"},           // katakana
	{"ア", "ｱ"},           // half-width
	{"🍣", "🍺"},           // equal under utf8mb4_unicode_ci
	{"码", "碼"},           // simplified, traditional
	{"a", "a\u200b"},     // a character of no width or weight
	{"-", "\u2010"},      // hyphens
	{"'", "''"},          // quoting
	{"\\", "\\\\"},       // escaping
	{"%", "x"},           // patterns
	{"_", "x"},           // patterns
	{"1", "01"},          // numbers
	{"10", "1e1"},        // numbers
	{"x" + nines, "x98"}, // columns of 16 characters
}

const nines = "99999999999999999999999999999999"

func checkKeyBytes(p *probe) {
	// Spaces inside are part of an ID.
	for _, pair := range append(slices.Clone(lookalikes), [2]string{"x y", "x  y"}, [2]string{"x y", "x\u00a0y"}) {
		if !p.distinct("IDs", pair, p.twins(p.id()+".", pair)) {
			return
		}
	}
	// The longest IDs, 128 bytes, differ in the last one.
	prefix := p.id()
	long := strings.Repeat("x", 127-len(prefix))
	p.distinct("long IDs", []string{"…a", "…b"}, p.twins(prefix, [2]string{long + "a", long + "b"}))
}

// twins returns pairs of keys, of every kind and in every text of it, of which
// the one has the first text of pair where the other has the second.
func (p *probe) twins(prefix string, pair [2]string) (keys [2][]icpcode.Key) {
	other := p.id()
	for i, text := range pair {
		text = prefix + text
		keys[i] = []icpcode.Key{
			{Kind: icpcode.KindLedger, A: text},
			{Kind: icpcode.KindAccountLedger, A: text, B: other},
			{Kind: icpcode.KindAccountLedger, A: other, B: text},
			{Kind: icpcode.KindGrantees, A: text, Year: 2026},
			{Kind: icpcode.KindGranters, A: text, Year: 2026},
			{Kind: icpcode.KindAcquaintance, A: text, B: other},
			{Kind: icpcode.KindAcquaintance, A: other, B: text},
			{Kind: icpcode.KindReceipt, A: text, B: other},
			{Kind: icpcode.KindReceipt, A: other, B: text},
		}
	}
	return keys
}

// distinct writes the first keys, then the second, and checks that none is
// taken for another. It reports whether that held.
func (p *probe) distinct(what string, names any, keys [2][]icpcode.Key) bool {
	p.Helper()
	var want [2][]icpcode.Document
	write := func(i int) error {
		var ch icpcode.Change
		for _, k := range keys[i] {
			version := uint64(i) + 1
			if k.Kind == icpcode.KindAcquaintance {
				version = 1
			}
			put := p.put(k, 0, version)
			ch.Puts = append(ch.Puts, put)
			want[i] = append(want[i], put.Clone())
		}
		return p.store.Commit(p.ctx, tidy(ch))
	}
	if err := write(0); err != nil {
		p.Errorf("%s: Commit of keys with the first of %q returned %v", what, names, err)
		return false
	}
	for _, d := range p.load(keys[1]...) {
		if d.Version != 0 {
			p.Errorf("%s: of %q the store takes the second for the first in %v", what, names, d.Key)
			return false
		}
	}
	if err := write(1); err != nil {
		p.Errorf("%s: of %q the second cannot be written where the first is: Commit returned %v", what, names, err)
		return false
	}
	if d := diff(slices.Concat(want[0], want[1]), p.load(slices.Concat(keys[0], keys[1])...)); d != "" {
		p.Errorf("%s: of %q the one has overwritten the other (-want +got):\n%s", what, names, d)
		return false
	}
	return true
}

func checkKeyFields(p *probe) {
	a, b := p.id(), p.id()
	key := func(k icpcode.Kind, a, b string, year int) icpcode.Key {
		return icpcode.Key{Kind: k, A: a, B: b, Year: year}
	}
	for _, k := range []icpcode.Kind{icpcode.KindAccountLedger, icpcode.KindAcquaintance, icpcode.KindReceipt} {
		// Joined with any of these, or with nothing, the two would be one.
		for _, joint := range []string{"", "/", "|", ":", ",", ";", "-", "_", ".", "#", " ", "\\", `","`, "', '"} {
			first := p.id() + "x"
			if !p.distinct("key parts", []string{joint}, [2][]icpcode.Key{
				{key(k, first+joint+"y", "z", 0)}, {key(k, first, "y"+joint+"z", 0)},
			}) {
				return
			}
		}
		if !p.distinct("swapped parts", []string{a, b}, [2][]icpcode.Key{{key(k, a, b, 0)}, {key(k, b, a, 0)}}) {
			return
		}
	}
	_ = p.distinct("years", []int{2025, 2026}, [2][]icpcode.Key{
		{key(icpcode.KindGrantees, a, "", 2025), key(icpcode.KindGranters, a, "", 2025)},
		{key(icpcode.KindGrantees, a, "", 2026), key(icpcode.KindGranters, a, "", 2026)},
	}) && p.distinct("directions", []string{"granted to", "granted by"}, [2][]icpcode.Key{
		{key(icpcode.KindGrantees, b, "", 2026)}, {key(icpcode.KindGranters, b, "", 2026)},
	}) && p.distinct("kinds", []string{"account ledger", "receipt, acquaintance, ledger"}, [2][]icpcode.Key{
		{key(icpcode.KindAccountLedger, a, a, 0)},
		{key(icpcode.KindLedger, a, "", 0), key(icpcode.KindAcquaintance, a, a, 0), key(icpcode.KindReceipt, a, a, 0)},
	})
}

// codePairs returns lookalikes among codes, which have no spaces.
func (p *probe) codePairs() [][2]icpcode.Code {
	long := p.id()
	long += strings.Repeat("x", 63-len(long))
	pairs := [][2]icpcode.Code{{opaque(long + "a"), opaque(long + "b")}}
	for _, alike := range []func(digits string) string{
		func(d string) string { return d[1:] }, // no leading zero
		func(d string) string { return "0" + d },
		func(d string) string { return d[:4] + "-" + d[4:8] + "-" + d[8:] },
		func(d string) string { return strings.Map(func(r rune) rune { return r - '0' + '０' }, d) }, // full-width
	} {
		c := p.code()
		pairs = append(pairs, [2]icpcode.Code{c, opaque(alike(c.String()))})
	}
	for _, pair := range lookalikes {
		if strings.Contains(pair[1], "\u200b") {
			continue // does not print, so it is in no code
		}
		prefix := p.id() + "."
		pairs = append(pairs, [2]icpcode.Code{opaque(prefix + pair[0]), opaque(prefix + pair[1])})
	}
	return pairs
}

func checkCodeBytes(p *probe) {
	for _, pair := range p.codePairs() {
		if !p.distinct("codes", []string{pair[0].String(), pair[1].String()},
			[2][]icpcode.Key{{recordKey(pair[0])}, {recordKey(pair[1])}}) {
			return
		}
	}
	for _, pair := range p.codePairs() {
		names := []string{pair[0].String(), pair[1].String()}
		var first, second icpcode.Change
		owner := icpcode.AccountID(p.id())
		own := func(r *icpcode.Record) { r.Owner = owner }
		p.write(&first, pair[0], 0, 2, own)
		p.write(&second, pair[1], 0, 1, own)
		p.commit(first)
		if events := p.history(pair[1]); len(events) != 0 {
			p.Fatalf("of the codes %q the second has the events of the first", names)
		}
		p.commit(second)
		for i, ch := range []icpcode.Change{first, second} {
			p.same(fmt.Sprintf("the history of the code %q beside %q", names[i], names[1-i]), p.history(pair[i]), ch.Events)
		}
		for _, limit := range []int{1, 2} {
			records := p.list(icpcode.Query{By: icpcode.ByOwner, Value: string(owner), Limit: limit})
			if len(records) != 2 {
				p.Fatalf("with %d records on a page, List returned %d of the two codes %q", limit, len(records), names)
			}
		}
	}
}

func checkListedBytes(p *probe) {
	for _, pair := range lookalikes {
		prefix := p.id() + "."
		var codes [2]icpcode.Code
		var ch icpcode.Change
		for i := range pair {
			codes[i] = p.code()
			p.write(&ch, codes[i], 0, 1, func(r *icpcode.Record) {
				text := prefix + pair[i]
				r.Owner, r.Grantee = icpcode.AccountID(text), icpcode.AccountID(text)
				r.InstanceID, r.Filing.ICPNumber, r.Filing.Domain, r.Filing.App = icpcode.InstanceID(text), text, "", text
			})
		}
		p.commit(ch)
		for _, by := range indexes {
			for i := range pair {
				value := prefix + pair[i]
				if by == icpcode.ByService {
					value = "app:" + value
				}
				records := p.list(icpcode.Query{By: by, Value: value, Limit: 10})
				if len(records) != 1 || records[0].Code != codes[i] {
					p.Fatalf("List by %v of one of %q returned %d records, want the one that has it", by, pair, len(records))
				}
			}
		}
	}
}

package memstore

import (
	"encoding/binary"
	"math/big"
	"net/netip"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// codec packs values into bytes or reads them back. The same methods do both,
// field by field, so that the two cannot disagree. A zero field takes one bit;
// those bits stand in bytes of eight, each in front of the first field that it
// speaks of. The bytes never leave the process: their form may change.
//
// Packing never writes to the value that it packs.
type codec struct {
	reading bool
	b       []byte // what was packed so far; reading: what is left
	bits    int    // how many bits were used
	at      int    // packing: where in b the byte of the last bit is
	flags   byte   // reading: that byte
	words   words
}

// words are the strings and the instant that the record and the events of one
// code have in common. They hold each of them once. For documents that have
// nothing in common they are not shared, and everything stands in full.
type words struct {
	shared bool
	based  bool
	base   int64 // instants count from here, if based; microseconds since 1970
	n      int
	list   [16]string
}

// add returns the place of s from 1 up, or 0 if there is no room for it.
func (w *words) add(s string) int {
	for i, t := range w.list[:w.n] {
		if s == t {
			return i + 1
		}
	}
	if w.n == len(w.list) {
		return 0
	}
	w.list[w.n] = s
	w.n++
	return w.n
}

// bit packs v, or reads one bit back and ignores v.
func (c *codec) bit(v bool) bool {
	i := c.bits & 7
	c.bits++
	if c.reading {
		if i == 0 {
			c.flags, c.b = c.b[0], c.b[1:]
		}
		return c.flags>>i&1 != 0
	}
	if i == 0 {
		c.at = len(c.b)
		c.b = append(c.b, 0)
	}
	if v {
		c.b[c.at] |= 1 << i
	}
	return v
}

// size packs or reads a length.
func (c *codec) size(n int) int {
	if !c.reading {
		c.b = binary.AppendUvarint(c.b, uint64(n))
		return n
	}
	u, w := binary.Uvarint(c.b)
	c.b = c.b[w:]
	return int(u)
}

// take reads n bytes, which remain the store's.
func (c *codec) take(n int) []byte {
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

// bytes packs b, or reads bytes back, which remain the store's.
func (c *codec) bytes(b []byte) []byte {
	n := c.size(len(b))
	if c.reading {
		return c.take(n)
	}
	c.b = append(c.b, b...)
	return b
}

type integer interface {
	~int | ~int32 | ~int64 | ~uint8 | ~uint32 | ~uint64
}

func number[T integer](c *codec, p *T) {
	if !c.bit(*p != 0) {
		return
	}
	if !c.reading {
		c.b = binary.AppendVarint(c.b, int64(*p))
		return
	}
	v, w := binary.Varint(c.b)
	c.b = c.b[w:]
	*p = T(v)
}

// text is for strings that do not repeat within one code.
func text[T ~string](c *codec, p *T) {
	if !c.bit(*p != "") {
		return
	}
	n := c.size(len(*p))
	if c.reading {
		*p = T(c.take(n))
		return
	}
	c.b = append(c.b, *p...)
}

// word is for strings that do.
func word[T ~string](c *codec, p *T) {
	if !c.words.shared {
		text(c, p)
		return
	}
	if !c.bit(*p != "") {
		return
	}
	i := 0
	if !c.reading {
		i = c.words.add(string(*p))
	}
	if i = c.size(i); i == 0 {
		text(c, p)
	} else if c.reading {
		*p = T(c.words.list[i-1])
	}
}

// moment keeps an instant to the microsecond and reads it back in UTC.
func (c *codec) moment(p *time.Time) {
	if !c.bit(!p.IsZero()) {
		return
	}
	w := &c.words // base is 0 unless they are shared
	var t int64
	if c.reading {
		number(c, &t)
		*p = time.UnixMicro(w.base + t).UTC()
		return
	}
	t = p.UnixMicro()
	if w.shared && !w.based {
		w.based, w.base = true, t
	}
	t -= w.base
	number(c, &t)
}

func (c *codec) money(p *icpcode.Money) {
	c.decimal(&p.Amount)
	word(c, &p.Currency)
}

// decimal keeps the digits and the exponent: 1.50 does not become 1.5.
func (c *codec) decimal(p *decimal.Decimal) {
	exp := p.Exponent()
	if !c.bit(exp != 0 || !p.IsZero()) {
		return
	}
	var digits *big.Int
	var magnitude []byte
	if !c.reading {
		digits = p.Coefficient()
		magnitude = digits.Bytes()
	}
	negative := c.bit(!c.reading && digits.Sign() < 0)
	number(c, &exp)
	magnitude = c.bytes(magnitude)
	if !c.reading {
		return
	}
	digits = new(big.Int).SetBytes(magnitude)
	if negative {
		digits.Neg(digits)
	}
	*p = decimal.NewFromBigInt(digits, exp)
}

// numeric marks the first byte of a packed code that is twelve digits. Any
// other packed code begins with its length, which is less: at most 64 bytes.
const numeric = 0x80

// appendCode packs a code: five bytes for twelve digits, and for any other its
// length and text. No packed code is the beginning of another.
func appendCode(b []byte, code icpcode.Code) []byte {
	at := len(b)
	b = append(b, 0)
	b, _ = code.AppendText(b) // it never fails
	if n, ok := twelveDigits(b[at+1:]); ok {
		return append(b[:at], numeric|byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	b[at] = byte(len(b) - at - 1)
	return b
}

// twelveDigits returns the number that s is if it is a zero and eleven digits.
func twelveDigits(s []byte) (n uint64, ok bool) {
	if len(s) != 12 || s[0] != '0' {
		return 0, false
	}
	for _, d := range s {
		d -= '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + uint64(d)
	}
	return n, true
}

// code packs or reads a code.
func (c *codec) code(p *icpcode.Code) {
	if !c.reading {
		c.b = appendCode(c.b, *p)
		return
	}
	if n := c.b[0]; n < numeric {
		c.unmarshal(p, c.take(1 + int(n))[1:])
		return
	}
	n := uint64(c.b[0]&^numeric)<<32 | uint64(binary.BigEndian.Uint32(c.b[1:]))
	c.take(5)
	var s [12]byte
	for i := len(s) - 1; i >= 0; i-- {
		s[i] = byte('0' + n%10)
		n /= 10
	}
	c.unmarshal(p, s[:])
}

func (c *codec) unmarshal(p *icpcode.Code, s []byte) {
	if err := p.UnmarshalText(s); err != nil {
		panic(err) // it was the text of a code
	}
}

// appendKey packs what tells the documents of one table apart. No packed key
// is the beginning of another.
func appendKey(b []byte, k *icpcode.Key) []byte {
	if k.Kind == icpcode.KindRecord {
		return appendCode(b, k.Code)
	}
	b = append(b, byte(k.Kind))
	b = binary.AppendVarint(b, int64(k.Year))
	b = binary.AppendUvarint(b, uint64(len(k.A)))
	b = append(b, k.A...)
	b = binary.AppendUvarint(b, uint64(len(k.B)))
	return append(b, k.B...)
}

// cutKey reads what appendKey packed for a document other than a record, and
// returns what follows.
func cutKey(b []byte) (k icpcode.Key, rest []byte) {
	k.Kind = icpcode.Kind(b[0])
	year, w := binary.Varint(b[1:])
	k.Year = int(year)
	c := codec{reading: true, b: b[1+w:]}
	k.A = string(c.bytes(nil))
	k.B = string(c.bytes(nil))
	return k, c.b
}

// body packs or reads the body of a document other than a record.
func (c *codec) body(k *icpcode.Key, b icpcode.Body) {
	switch b := b.(type) {
	case *icpcode.Ledger:
		c.ledger(b)
	case *icpcode.Partners:
		c.partners(b)
	case *icpcode.Receipt:
		c.receipt(b, k.B)
	}
}

func (c *codec) ledger(l *icpcode.Ledger) {
	number(c, &l.Issued)
	number(c, &l.Attached)
	number(c, &l.Closed)
	c.moment(&l.ClosedAt)
	text(c, &l.Reason)
}

func (c *codec) partners(p *icpcode.Partners) {
	if !c.bit(p.Accounts != nil) {
		return
	}
	n := c.size(len(p.Accounts))
	if c.reading {
		p.Accounts = make([]icpcode.AccountID, n)
	}
	for i := range p.Accounts {
		text(c, &p.Accounts[i])
	}
}

// receipt leaves out the request ID, which is part of the key.
func (c *codec) receipt(r *icpcode.Receipt, requestID string) {
	if c.reading {
		copy(r.Fingerprint[:], c.take(len(r.Fingerprint)))
	} else {
		c.b = append(c.b, r.Fingerprint[:]...)
	}
	s := &r.Result
	if c.bit(s.RequestID != requestID) {
		text(c, &s.RequestID)
	} else if c.reading {
		s.RequestID = requestID
	}
	number(c, &s.Action)
	c.moment(&s.At)
	c.codes(&s.Codes)
	c.codes(&s.Candidates)
	c.codes(&s.Resting)
	number(c, &s.Advice)
	number(c, &s.State)
	number(c, &s.Quota.Used)
	number(c, &s.Quota.Limit)
	number(c, &s.Quota.Requested)
	c.money(&s.Money)
	phoneNeeded, replayed := c.bit(s.PhoneNeeded), c.bit(s.Replayed)
	if c.reading {
		s.PhoneNeeded, s.Replayed = phoneNeeded, replayed
	}
}

func (c *codec) codes(p *[]icpcode.Code) {
	if !c.bit(*p != nil) {
		return
	}
	n := c.size(len(*p))
	if c.reading {
		*p = make([]icpcode.Code, n)
	}
	for i := range *p {
		c.code(&(*p)[i])
	}
}

// record leaves out the code and the version, which the document has.
func (c *codec) record(r *icpcode.Record, code icpcode.Code, version uint64) {
	if c.bit(r.Code != code) {
		c.code(&r.Code)
	} else if c.reading {
		r.Code = code
	}
	if c.bit(r.Version != version) {
		number(c, &r.Version)
	} else if c.reading {
		r.Version = version
	}
	number(c, &r.State)
	number(c, &r.Last)
	number(c, &r.Origin)
	word(c, &r.Owner)
	word(c, &r.Grantee)
	word(c, &r.InstanceID)
	word(c, &r.Product)
	word(c, &r.RuleSetVersion)
	number(c, &r.Assumed)
	number(c, &r.ContractQuota)
	c.moment(&r.Issued)
	c.moment(&r.Granted)
	c.moment(&r.Updated)
	c.filing(&r.Filing)
	c.money(&r.Paid)
	c.money(&r.Refunded)
	word(c, &r.Remark)
	word(c, &r.Reason)
	c.progress(&r.Progress)
}

func (c *codec) progress(at **icpcode.Progress) {
	if !c.bit(*at != nil) {
		return
	}
	if c.reading {
		*at = new(icpcode.Progress)
	}
	p := *at
	number(c, &p.Stage)
	c.moment(&p.Staged)
	word(c, &p.Rejection)
	c.moment(&p.Rejected)
	number(c, &p.End)
	c.moment(&p.Ended)
	word(c, &p.EndReason)
	c.optionalCode(&p.Successor)
}

// optionalCode packs or reads a code that may be none.
func (c *codec) optionalCode(p *icpcode.Code) {
	if c.bit(!p.IsZero()) {
		c.code(p)
	}
}

func (c *codec) filing(p **icpcode.Filing) {
	if !c.bit(*p != nil) {
		return
	}
	if c.reading {
		*p = new(icpcode.Filing)
	}
	f := *p
	number(c, &f.Kind)
	word(c, &f.Domain)
	word(c, &f.App)
	word(c, &f.Subject)
	c.addrs(&f.IPs)
	word(c, &f.ICPNumber)
}

func (c *codec) addrs(p *[]netip.Addr) {
	if !c.bit(*p != nil) {
		return
	}
	n := c.size(len(*p))
	if c.reading {
		*p = make([]netip.Addr, n)
	}
	for i := range *p {
		a := &(*p)[i]
		if !c.reading {
			b, _ := a.MarshalBinary() // it never fails
			c.bytes(b)
		} else if err := a.UnmarshalBinary(c.bytes(nil)); err != nil {
			panic(err) // it was marshalled
		}
	}
}

// event leaves out the code and the sequence, which its place tells.
func (c *codec) event(e *icpcode.Event) {
	c.moment(&e.At)
	number(c, &e.Action)
	word(c, &e.Actor)
	text(c, &e.RequestID)
	number(c, &e.From)
	number(c, &e.To)
	word(c, &e.RuleSetVersion)
	number(c, &e.Assumed)
	word(c, &e.Reason)
	word(c, &e.Owner)
	word(c, &e.Grantee)
	word(c, &e.InstanceID)
	word(c, &e.Product)
	number(c, &e.Origin)
	number(c, &e.ContractQuota)
	word(c, &e.Remark)
	c.moment(&e.Issued)
	c.moment(&e.Granted)
	c.filing(&e.Filing)
	c.money(&e.Paid)
	c.money(&e.Refund)
	c.step(&e.Step)
}

func (c *codec) step(at **icpcode.Step) {
	if !c.bit(*at != nil) {
		return
	}
	if c.reading {
		*at = new(icpcode.Step)
	}
	s := *at
	number(c, &s.Stage)
	word(c, &s.Rejection)
	number(c, &s.End)
	c.optionalCode(&s.Successor)
	word(c, &s.Corrected)
}

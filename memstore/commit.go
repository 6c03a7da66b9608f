package memstore

import (
	"context"
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/icpcode/icpcode"
)

// Errors of a Change that no store could write. Nothing was written.
var (
	errKey      = errors.New("memstore: a key is of an unknown kind, or uses fields that are not for its kind")
	errBody     = errors.New("memstore: a body is not of its key's kind")
	errVersion  = errors.New("memstore: a new version is not above the expected one")
	errOrder    = errors.New("memstore: a Change is not sorted, or names a document twice")
	errSequence = errors.New("memstore: events do not follow one another")
	errFull     = errors.New("memstore: full")
)

// plan is a Change made ready: what it writes, and the shards to lock. Plans
// are used again and again.
type plan struct {
	shards uint64 // a set
	docs   []docWrite
	codes  []codeWrite
	keys   []byte // all packed keys
	blob   []byte
	record []byte
}

func (s *Store) newPlan() *plan {
	p, _ := s.plans.Get().(*plan)
	if p == nil {
		p = new(plan)
	}
	return p
}

// recycle forgets everything that is the caller's.
func (s *Store) recycle(p *plan) {
	clear(p.docs)
	clear(p.codes)
	p.shards, p.docs, p.codes, p.keys = 0, p.docs[:0], p.codes[:0], p.keys[:0]
	s.plans.Put(p)
}

// docWrite writes a document other than a record.
type docWrite struct {
	key    *icpcode.Key
	put    *icpcode.Put
	packed []byte // the key
	shard  uint32
	hash   uint32
	slot   uint32
	ref    uint32
	found  bool
}

// codeWrite writes a record, events or both.
type codeWrite struct {
	key    icpcode.Key
	put    *icpcode.Put // nil: events alone
	events []icpcode.Event
	packed []byte          // the code
	before *icpcode.Record // nil: none
	shard  uint32
	hash   uint32
	place  uint32
	found  bool
}

// Commit implements [icpcode.Store]. A Change that breaks the rules of
// [icpcode.Change] is an error that is not a conflict, and writes nothing.
func (s *Store) Commit(ctx context.Context, c icpcode.Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p := s.newPlan()
	defer s.recycle(p)
	if err := s.prepare(p, &c); err != nil {
		return err
	}
	for m := p.shards; m != 0; m &= m - 1 {
		s.shards[bits.TrailingZeros64(m)].mu.Lock()
	}
	defer func() {
		for m := p.shards; m != 0; m &= m - 1 {
			s.shards[bits.TrailingZeros64(m)].mu.Unlock()
		}
	}()
	if err := s.expect(p, len(c.Events)); err != nil {
		return err
	}
	for i := range p.docs {
		s.writeDoc(p, &p.docs[i])
	}
	for i := range p.codes {
		s.writeCode(p, &p.codes[i])
	}
	for m := p.shards; m != 0; m &= m - 1 {
		s.shards[bits.TrailingZeros64(m)].tidy()
	}
	return nil
}

// prepare checks the form of a Change and plans it.
func (s *Store) prepare(p *plan, c *icpcode.Change) error {
	for i := range c.Puts {
		put := &c.Puts[i]
		if i > 0 && c.Puts[i-1].Key.Compare(put.Key) >= 0 {
			return errOrder
		}
		if !valid(&put.Key) {
			return errKey
		}
		if !fits(put.Key.Kind, put.Body) {
			return errBody
		}
		if put.Version <= put.Expect {
			return errVersion
		}
		if put.Key.Kind == icpcode.KindRecord {
			p.codes = append(p.codes, codeWrite{key: put.Key, put: put})
		} else {
			p.docs = append(p.docs, docWrite{key: &put.Key, put: put})
		}
	}
	if err := p.planEvents(c.Events); err != nil {
		return err
	}
	for i := range p.docs {
		d := &p.docs[i]
		d.packed = p.pack(d.key)
		d.shard, d.hash = s.home(d.key, d.packed)
		p.shards |= 1 << d.shard
	}
	for i := range p.codes {
		if err := s.planCode(p, &p.codes[i]); err != nil {
			return err
		}
	}
	return nil
}

// planEvents puts events beside the records of the same codes. Both are in the
// order of codes.
func (p *plan) planEvents(events []icpcode.Event) error {
	j, records := 0, len(p.codes)
	for len(events) > 0 {
		code, n := events[0].Code, 1
		for n < len(events) && events[n].Code == code {
			if events[n].Seq != events[n-1].Seq+1 {
				return errSequence
			}
			n++
		}
		if events[0].Seq == 0 {
			return errSequence
		}
		if n < len(events) && code.Compare(events[n].Code) >= 0 {
			return errOrder
		}
		for j < records && p.codes[j].key.Code.Compare(code) < 0 {
			j++
		}
		if j < records && p.codes[j].key.Code == code {
			p.codes[j].events = events[:n]
		} else {
			k := icpcode.Key{Kind: icpcode.KindRecord, Code: code}
			p.codes = append(p.codes, codeWrite{key: k, events: events[:n]})
		}
		events = events[n:]
	}
	return nil
}

// pack packs a key.
func (p *plan) pack(k *icpcode.Key) []byte {
	n := len(p.keys)
	p.keys = appendKey(p.keys, k)
	return p.keys[n:len(p.keys):len(p.keys)]
}

// planCode finds out what shards are touched by a code and by the lists that
// its record leaves and joins. To know those that it leaves it reads the
// record ahead. That the record is still the same when it is locked is ensured
// by its version, which only grows.
func (s *Store) planCode(p *plan, w *codeWrite) error {
	w.packed = p.pack(&w.key)
	w.shard, w.hash = s.home(&w.key, w.packed)
	p.shards |= 1 << w.shard
	if w.put == nil {
		return nil
	}
	if w.put.Expect > 0 {
		d := icpcode.Document{Key: w.key}
		s.loadRecord(&d)
		if d.Version != w.put.Expect {
			return icpcode.ErrConflict
		}
		w.before = d.Body.(*icpcode.Record)
		s.touch(p, w.before)
	}
	s.touch(p, w.put.Body.(*icpcode.Record))
	return nil
}

// touch adds the shards of the lists of a record.
func (s *Store) touch(p *plan, r *icpcode.Record) {
	for i, v := range values(r) {
		if listed(i, v) {
			p.shards |= 1 << s.shardOf(v)
		}
	}
}

// expect checks that everything is as the Change expects, and that there is
// room for it. From here on the shards are locked.
func (s *Store) expect(p *plan, events int) error {
	var err error
	for i := range p.docs {
		d := &p.docs[i]
		sh := &s.shards[d.shard]
		d.slot, d.ref, d.found = sh.find(*sh.table(d.key.Kind), d.hash, d.packed)
		var version uint64
		if d.found {
			c := codec{reading: true, b: sh.mem.at(d.ref)[len(d.packed):]}
			number(&c, &version)
		}
		if d.put.Expect != version {
			return icpcode.ErrConflict
		}
	}
	for i := range p.codes {
		w := &p.codes[i]
		sh := &s.shards[w.shard]
		w.place, w.found = sh.findCode(w.hash, w.packed)
		var version, last uint64
		if w.found {
			var e entry
			e.peek(sh.mem.at(sh.entries[w.place]))
			version, last = e.version, e.events
		}
		if w.put != nil && w.put.Expect != version {
			return icpcode.ErrConflict
		}
		if len(w.events) > 0 {
			if w.events[0].Seq <= last {
				return icpcode.ErrConflict
			}
			if w.events[0].Seq != last+1 {
				err = errSequence // unless something conflicts
			}
		}
	}
	for m := p.shards; m != 0; m &= m - 1 {
		sh := &s.shards[bits.TrailingZeros64(m)]
		if !sh.mem.room(len(p.docs)+len(p.codes)+events) || len(sh.entries)+len(p.codes) > maxPlaces {
			return errFull
		}
	}
	return err
}

func (s *Store) writeDoc(p *plan, d *docWrite) {
	sh := &s.shards[d.shard]
	c := codec{b: append(p.blob[:0], d.packed...)}
	number(&c, &d.put.Version)
	c.body(d.key, d.put.Body)
	p.blob = c.b
	t := sh.table(d.key.Kind)
	if !d.found {
		t.insert(d.hash, sh.mem.put(p.blob))
	} else if ref := sh.mem.replace(d.ref, p.blob); ref != d.ref {
		(*t)[d.slot] = ref
	}
}

func (s *Store) writeCode(p *plan, w *codeWrite) {
	sh := &s.shards[w.shard]
	var e entry
	if w.found {
		e.open(sh.mem.at(sh.entries[w.place]))
	} else {
		w.place = uint32(len(sh.entries))
		sh.codes.insert(w.hash, w.place)
		sh.entries = append(sh.entries, 0)
	}
	record := e.b
	for i := range w.events {
		sh.chain(&e, &w.events[i], p.blob)
		p.blob = e.b
	}
	if w.put != nil {
		r := w.put.Body.(*icpcode.Record)
		s.relist(w, r, s.number(&e, w))
		e.version = w.put.Version
		e.begin(p.record)
		e.record(r, w.key.Code, e.version)
		p.record = e.b
		record = e.b
	}
	e.pack(p.blob, w.packed, record)
	p.blob = e.b
	if w.found {
		sh.entries[w.place] = sh.mem.replace(sh.entries[w.place], p.blob)
	} else {
		sh.entries[w.place] = sh.mem.put(p.blob)
	}
}

// number returns what items call a code: its number, or for a text its place
// among those that are kept.
func (s *Store) number(e *entry, w *codeWrite) uint64 {
	if w.packed[0] >= numeric {
		return uint64(w.packed[0]&^numeric)<<32 | uint64(binary.BigEndian.Uint32(w.packed[1:]))
	}
	if e.opaque == 0 {
		e.opaque = s.opaque.add(w.key.Code.String())
	}
	return e.opaque
}

// valid reports whether a key is of a known kind and uses its fields alone.
func valid(k *icpcode.Key) bool {
	switch k.Kind {
	case icpcode.KindLedger:
		return k.B == "" && k.Year == 0 && k.Code.IsZero()
	case icpcode.KindAccountLedger, icpcode.KindAcquaintance, icpcode.KindReceipt:
		return k.Year == 0 && k.Code.IsZero()
	case icpcode.KindGrantees, icpcode.KindGranters:
		return k.B == "" && k.Code.IsZero()
	case icpcode.KindRecord:
		return k.A == "" && k.B == "" && k.Year == 0
	}
	return false
}

// fits reports whether a body is what documents of kind k have.
func fits(k icpcode.Kind, b icpcode.Body) bool {
	switch b := b.(type) {
	case nil:
		return k == icpcode.KindAcquaintance
	case *icpcode.Ledger:
		return b != nil && (k == icpcode.KindLedger || k == icpcode.KindAccountLedger)
	case *icpcode.Partners:
		return b != nil && (k == icpcode.KindGrantees || k == icpcode.KindGranters)
	case *icpcode.Record:
		return b != nil && k == icpcode.KindRecord
	case *icpcode.Receipt:
		return b != nil && k == icpcode.KindReceipt
	}
	return false
}

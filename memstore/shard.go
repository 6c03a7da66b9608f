package memstore

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/icpcode/icpcode"
)

// shard is one part of a Store. Documents and lists go by the hash of their
// account or instance, so that what one request writes is mostly together;
// codes go by their own hash.
type shard struct {
	mu       sync.Mutex
	docs     table // ledgers, partners and acquaintances
	receipts table
	codes    table    // to places in entries
	entries  []uint32 // the blob of every code, in order of arrival
	lists    [numIndexes]map[string]*list
	all      list // of the codes in entries that have a record
	mem      arena
	_        [64]byte // keep what neighbours lock on another cache line
}

// table maps the hash of a key to where the key's blob is, which begins with
// the packed key. Keys of one hash are put at the next free ones, so single
// entries cannot be deleted.
type table map[uint32]uint32

// find returns where in t the key is, or would be, and its blob.
func (sh *shard) find(t table, hash uint32, key []byte) (slot, ref uint32, ok bool) {
	for ; ; hash++ {
		ref, ok := t[hash]
		if !ok {
			return hash, 0, false
		}
		if bytes.HasPrefix(sh.mem.at(ref), key) {
			return hash, ref, true
		}
	}
}

// findCode returns the place in sh.entries of a code.
func (sh *shard) findCode(hash uint32, key []byte) (place uint32, ok bool) {
	for ; ; hash++ {
		place, ok := sh.codes[hash]
		if !ok {
			return 0, false
		}
		if bytes.HasPrefix(sh.mem.at(sh.entries[place]), key) {
			return place, true
		}
	}
}

// insert adds to t a key that is not in it.
func (t *table) insert(hash, ref uint32) {
	if *t == nil {
		*t = make(table)
	}
	for {
		if _, taken := (*t)[hash]; !taken {
			break
		}
		hash++
	}
	(*t)[hash] = ref
}

// table returns the table that holds documents of kind k.
func (sh *shard) table(k icpcode.Kind) *table {
	if k == icpcode.KindReceipt {
		return &sh.receipts
	}
	return &sh.docs
}

// entry is what there is of one code: the record and the events. Its blob is
// the packed code, four bytes that tell where the last event is, the head, the
// rest and the packed record. The codec is that of the record and the events.
type entry struct {
	codec
	last    uint32 // the last event's blob; 0: none
	version uint64 // of the record; 0: there is none yet
	events  uint64 // how many
	opaque  uint64 // what items call a code that is not twelve digits; 0: nothing yet
}

// codeSize returns the size of the packed code with which b begins.
func codeSize(b []byte) int {
	if b[0] >= numeric {
		return 5
	}
	return 1 + int(b[0])
}

// peek reads the blob of an entry as far as its head.
func (e *entry) peek(blob []byte) {
	blob = blob[codeSize(blob):]
	e.last = binary.BigEndian.Uint32(blob)
	e.reading = true
	e.b = blob[4:]
	e.head()
}

// open reads the blob of an entry as far as its record, which is what the
// codec reads next.
func (e *entry) open(blob []byte) {
	e.peek(blob)
	e.rest()
	e.bits = 0
	e.words.shared = true
}

// begin makes the codec pack something new, into b.
func (e *entry) begin(b []byte) {
	e.reading = false
	e.b = b[:0]
	e.bits = 0
	e.words.shared = true
}

// pack packs the entry, into b, from its packed code and record.
func (e *entry) pack(b, code, record []byte) {
	e.begin(b)
	e.b = append(e.b, code...)
	e.b = binary.BigEndian.AppendUint32(e.b, e.last)
	e.head()
	e.rest()
	e.b = append(e.b, record...)
}

func (e *entry) head() {
	number(&e.codec, &e.version)
	number(&e.codec, &e.events)
}

func (e *entry) rest() {
	c, w := &e.codec, &e.words
	number(c, &e.opaque)
	based := c.bit(w.based)
	number(c, &w.base)
	n := c.size(w.n)
	var sizes [len(w.list)]int
	total := 0
	for i := range n {
		sizes[i] = c.size(len(w.list[i]))
		total += sizes[i]
	}
	if !c.reading {
		for _, s := range w.list[:n] {
			c.b = append(c.b, s...)
		}
		return
	}
	w.based, w.n = based, n
	all := string(c.take(total)) // one allocation for all of them
	for i := range n {
		w.list[i], all = all[:sizes[i]], all[sizes[i]:]
	}
}

// chain packs an event behind the last one, by way of b.
func (sh *shard) chain(e *entry, v *icpcode.Event, b []byte) {
	e.begin(b)
	e.b = binary.AppendUvarint(e.b, uint64(e.last))
	e.event(v)
	e.last = sh.mem.put(e.b)
	e.events++
}

// unchain returns the packed event at ref and where the one before it is.
func (a *arena) unchain(ref uint32) (event []byte, prev uint32) {
	b := a.at(ref)
	p, w := binary.Uvarint(b)
	return b[w:], uint32(p)
}

// tidy copies what lives to a new arena if less than half does. The time that
// it takes is in proportion to what was written since the last time.
func (sh *shard) tidy() {
	if !sh.mem.sparse() {
		return
	}
	old := sh.mem
	sh.mem = arena{}
	for _, t := range []table{sh.docs, sh.receipts} {
		for slot, ref := range t {
			t[slot] = sh.mem.put(old.at(ref))
		}
	}
	var refs []uint32
	var space []byte
	for i, ref := range sh.entries {
		blob := old.at(ref)
		last := blob[codeSize(blob):][:4]
		refs = refs[:0]
		for ref := binary.BigEndian.Uint32(last); ref != 0; {
			refs = append(refs, ref)
			_, ref = old.unchain(ref)
		}
		prev := uint32(0)
		for _, ref := range slices.Backward(refs) {
			event, _ := old.unchain(ref)
			space = append(binary.AppendUvarint(space[:0], uint64(prev)), event...)
			prev = sh.mem.put(space)
		}
		binary.BigEndian.PutUint32(last, prev)
		sh.entries[i] = sh.mem.put(blob)
	}
}

package icpcode

import "slices"

// view is the evolving snapshot on which requests are decided one after the
// other: what was loaded, and what the requests so far have written over it.
// A decision reads, then refuses or writes; once it writes it cannot fail.
type view struct {
	slots   []slot
	index   map[Key]int // over slots, once there are many
	events  []Event
	missing []Key // keys that a decision read and no load asked for
}

// slot is one document in a view.
type slot struct {
	Document        // as it is now
	expect   uint64 // the version that the store has
	loaded   Body   // the body that the store has
	dirty    bool
	created  bool // at version 0 without having been loaded
}

// manySlots is from where on a map beats going through the slots.
const manySlots = 16

func (v *view) find(k Key) *slot {
	if len(v.slots) <= manySlots {
		for i := range v.slots {
			if v.slots[i].Key == k {
				return &v.slots[i]
			}
		}
		return nil
	}
	if v.index == nil {
		v.index = make(map[Key]int, 2*len(v.slots))
		for i := range v.slots {
			v.index[v.slots[i].Key] = i
		}
	}
	if i, ok := v.index[k]; ok {
		return &v.slots[i]
	}
	return nil
}

func (v *view) add(s slot) *slot {
	v.slots = append(v.slots, s)
	if v.index != nil {
		v.index[s.Key] = len(v.slots) - 1
	}
	return &v.slots[len(v.slots)-1]
}

// fill takes over what the store loaded.
func (v *view) fill(docs []Document) {
	for _, d := range docs {
		if v.find(d.Key) == nil {
			v.add(slot{Document: d, expect: d.Version, loaded: d.Body})
		}
	}
}

// reset forgets what was written.
func (v *view) reset() {
	kept := v.slots[:0]
	for _, s := range v.slots {
		if s.created {
			continue
		}
		s.Version, s.Body, s.dirty = s.expect, s.loaded, false
		kept = append(kept, s)
	}
	clear(v.slots[len(kept):])
	v.slots, v.index, v.events, v.missing = kept, nil, nil, nil
}

// read returns the body under k as a B, or nil if there is none. If k was not
// loaded it is noted in v.missing, and what is decided does not count.
func read[B any](v *view, k Key) *B {
	s := v.find(k)
	if s == nil {
		v.missing = append(v.missing, k)
		return nil
	}
	b, _ := any(s.Body).(*B)
	return b
}

// exists reports whether there is a document under k, which may have no body.
func (v *view) exists(k Key) bool {
	s := v.find(k)
	if s == nil {
		v.missing = append(v.missing, k)
		return false
	}
	return s.Version > 0
}

// put writes a body under a key that was loaded.
func (v *view) put(k Key, b Body) {
	s := v.find(k)
	if s == nil {
		v.missing = append(v.missing, k)
		return
	}
	s.Body, s.dirty = b, true
	s.Version++
}

// vacant reports whether none of the codes that were drawn is known to exist.
// Those that were not loaded are left to the store, which asks that they be
// absent.
func (v *view) vacant(codes []Code) bool {
	for _, c := range codes {
		if s := v.find(recordKey(c)); s != nil && s.Version > 0 {
			return false
		}
	}
	return true
}

// occur makes e happen to its code: it completes the event with its sequence
// and the state before, and writes the record that follows. A code that was
// not loaded is created, and the store is asked that it be absent.
func (v *view) occur(e Event) {
	k := recordKey(e.Code)
	s := v.find(k)
	if s == nil {
		s = v.add(slot{Document: Document{Key: k}, created: true})
	}
	r := new(Record)
	if s.Body != nil {
		*r = *s.Body.(*Record)
	}
	e.Seq, e.From = r.Version+1, r.State
	r.apply(&e)
	s.Body, s.Version, s.dirty = r, r.Version, true
	v.events = append(v.events, e)
}

// writes reports whether anything was written.
func (v *view) writes() bool {
	for i := range v.slots {
		if v.slots[i].dirty {
			return true
		}
	}
	return false
}

// change returns what was written, in the order that stores ask for.
func (v *view) change() Change {
	c := Change{Puts: make([]Put, 0, len(v.slots)), Events: v.events}
	for i := range v.slots {
		s := &v.slots[i]
		if !s.dirty {
			continue
		}
		c.Puts = append(c.Puts, Put{s.expect, s.Document})
	}
	slices.SortFunc(c.Puts, func(a, b Put) int { return a.Key.Compare(b.Key) })
	byCode := func(a, b Event) int { return a.Code.Compare(b.Code) }
	if !slices.IsSortedFunc(c.Events, byCode) {
		c.Events = slices.Clone(c.Events)
		slices.SortStableFunc(c.Events, byCode)
	}
	return c
}

// The keys of the documents.

func ledgerKey(i InstanceID) Key { return Key{Kind: KindLedger, A: string(i)} }

func accountLedgerKey(a AccountID, p Product) Key {
	return Key{Kind: KindAccountLedger, A: string(a), B: string(p)}
}

func granteesKey(granter AccountID, year int) Key {
	return Key{Kind: KindGrantees, A: string(granter), Year: year}
}

func grantersKey(grantee AccountID, year int) Key {
	return Key{Kind: KindGranters, A: string(grantee), Year: year}
}

func acquaintanceKey(granter, grantee AccountID) Key {
	return Key{Kind: KindAcquaintance, A: string(granter), B: string(grantee)}
}

func recordKey(c Code) Key { return Key{Kind: KindRecord, Code: c} }

func receiptKey(actor AccountID, requestID string) Key {
	return Key{Kind: KindReceipt, A: string(actor), B: requestID}
}

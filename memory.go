package icpcode

import (
	"sync"
)

// maxRemembered is how many partners a document may list to be remembered.
const maxRemembered = 100

// memory remembers documents as an engine last committed them, or read them
// for its last commits. What is decided on them may only be committed: whether
// they are still so is for the store to compare.
type memory struct {
	limit int

	mu    sync.Mutex
	docs  map[Key]Document
	order []Key // in which they came, the oldest at next once it is full
	next  int
}

func newMemory(limit int) *memory { return &memory{limit: limit, docs: map[Key]Document{}} }

// recall fills v with the documents under keys, with receipts as if there were
// none, and reports whether it knows all of them.
func (m *memory) recall(v *view, keys []Key) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range keys {
		d, known := m.docs[k]
		if k.Kind == KindReceipt {
			d, known = Document{Key: k}, true
		}
		if !known {
			return false
		}
		v.add(slot{Document: d, expect: d.Version, loaded: d.Body})
	}
	return true
}

// keep remembers the documents of a view that was committed.
func (m *memory) keep(v *view) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range v.slots {
		d := v.slots[i].Document
		p, _ := d.Body.(*Partners)
		if d.Key.Kind == KindReceipt || d.Version == 0 || p != nil && len(p.Accounts) > maxRemembered {
			delete(m.docs, d.Key)
			continue
		}
		if _, known := m.docs[d.Key]; !known {
			m.admit(d.Key)
		}
		m.docs[d.Key] = d
	}
}

// admit makes room for one more document.
func (m *memory) admit(k Key) {
	if len(m.order) < m.limit {
		m.order = append(m.order, k)
		return
	}
	delete(m.docs, m.order[m.next])
	m.order[m.next] = k
	m.next = (m.next + 1) % m.limit
}

// forget forgets the documents of a view whose commit failed.
func (m *memory) forget(v *view) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range v.slots {
		delete(m.docs, v.slots[i].Key)
	}
}

// certain reports whether what was decided on remembered documents can only be
// right if it can be committed: nobody was refused, and every document is
// written but those that only ever gain what was found in them.
func (v *view) certain(batch []*pending) bool {
	for _, p := range batch {
		if p.err != nil {
			return false
		}
	}
	for i := range v.slots {
		switch v.slots[i].Key.Kind {
		case KindLedger, KindAccountLedger, KindRecord:
			if !v.slots[i].dirty {
				return false
			}
		}
	}
	return len(v.missing) == 0
}

package ruletest

import "github.com/icpcode/icpcode"

// limitOf is how many documents and events together a store takes in one
// commit; 0: 1,024 documents, each with an event.
func limitOf(s icpcode.Store) int {
	if l, ok := s.(icpcode.Limited); ok {
		return l.MaxWrites()
	}
	return 0
}

// MaxWrites implements [icpcode.Limited]: it is the store's.
func (t *tap) MaxWrites() int { return limitOf(t.Store) }

// fits reports whether one commit can write so much, with the receipt.
func (m *model) fits(documents, events int) bool {
	documents++
	if m.limit == 0 {
		return documents <= 1024 && events <= 1024
	}
	return documents+events <= m.limit
}

// room reports whether an instance can have n more codes: when it is closed,
// its ledger, the receipt, and each code with an event are one commit.
func (m *model) room(i icpcode.InstanceID, n int) bool {
	if l := m.ledgers[i]; l != nil {
		n += l.Attached
	}
	return n <= 1000 && m.fits(1+n, n)
}

// counts is how many ledgers an issue for a product writes.
func (m *model) counts(p icpcode.Product) int {
	if m.countedPerAccount(p) {
		return 2
	}
	return 1
}

// tooLarge makes what would succeed an error, if it does not fit.
func (a *answer) tooLarge(fits bool) {
	if a.err == nil && !fits {
		a.err, a.phone, a.large = icpcode.ErrInvalid, false, true
	}
}

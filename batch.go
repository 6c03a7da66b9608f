package icpcode

import (
	"errors"
	"slices"
)

// batch is requests that are decided one after the other, each on what those
// before it did, and committed as one Change.
type batch struct {
	requests  []*pending
	conflicts int  // that it met
	waited    bool // its last attempt took as long as one that waits for a lock
}

// decide decides the requests whose callers have not left. A caller that
// leaves from here on cannot know what becomes of its request.
func (b *batch) decide(v *view) {
	for _, p := range b.requests {
		p.ticket.Hold(func() {
			p.underway = true
			p.answer(v)
		})
	}
}

// note notes that an attempt failed.
func (b *batch) note(s *scratch, err error) {
	certain := errors.Is(err, ErrConflict) || !s.committing
	for _, p := range b.requests {
		p.ticket.Hold(func() {
			p.underway = false
			if certain || p.err != nil {
				return
			}
			if slot := s.view.find(p.receipt); slot != nil && slot.dirty {
				p.doubt = err
			}
		})
	}
}

// answer hands the requests back to their callers, with err if it is not nil.
func (b *batch) answer(err error) {
	for _, p := range b.requests {
		p.ticket.Answer(func() {
			if err != nil {
				p.err = err
			}
		})
	}
}

// divides reports whether a batch that failed is to be tried in halves: after
// an error, so that one bad request fails alone, and now and then where all
// it meets are conflicts.
func (b *batch) divides(s *scratch, conflict bool) bool {
	if len(b.requests) == 1 {
		return false
	}
	if conflict {
		return !b.waited && b.conflicts%halving == 0
	}
	return s.failures < maxFailures
}

// halves returns the two halves of a batch, or a batch of one request itself.
func (b *batch) halves() []batch {
	n := len(b.requests) / 2
	if n == 0 {
		return []batch{*b}
	}
	return []batch{{requests: b.requests[:n], conflicts: b.conflicts}, {requests: b.requests[n:], conflicts: b.conflicts}}
}

// names adds the keys that a request names.
func (p *pending) names(keys []Key) []Key {
	if p.receipt.Kind != 0 {
		keys = append(keys, p.receipt)
	}
	if p.set == nil {
		return keys
	}
	return p.request.keys(&p.call, keys)
}

// weight is how much of a Change the request can fill.
func (p *pending) weight() int {
	if p.set == nil {
		return 1
	}
	puts, events := p.request.writes(&p.call)
	return p.capacity.weigh(puts+1, events)
}

// answer decides the request on the view.
func (p *pending) answer(v *view) {
	p.told = told{}
	if p.receipt.Kind != 0 {
		if r := read[Receipt](v, p.receipt); r != nil {
			p.replay(r)
			return
		}
	}
	if p.failed != nil {
		p.err = p.failed
		return
	}
	if !p.dry && !v.vacant(p.codes) {
		p.err = errStale
		return
	}
	before := len(v.events)
	res, d, err := p.request.decide(&p.call, v)
	res.Advice = d.Advice
	p.res, p.err = res, err
	if p.dry || d.Advice != 0 || errors.Is(err, errPhone) {
		verdict := d // only here does it outlive the attempt
		p.verdict = &verdict
	}
	if err != nil {
		return
	}
	p.events = v.events[before:len(v.events):len(v.events)]
	if p.dry {
		if len(p.codes) > 0 {
			p.res.Codes = nil // they were not drawn
		}
		return
	}
	v.put(p.receipt, &Receipt{Fingerprint: p.print, Result: p.res})
}

// replay answers with the receipt of a request that was done before.
func (p *pending) replay(r *Receipt) {
	if r.Fingerprint != p.print && r.Fingerprint != p.typed {
		p.err = ErrRequestReused
		return
	}
	p.res = r.Result
	p.res.Codes = slices.Clone(r.Result.Codes)
	p.res.Candidates = slices.Clone(r.Result.Candidates)
	p.res.Resting = slices.Clone(r.Result.Resting)
	p.res.Replayed = true
}

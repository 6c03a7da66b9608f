package icpcode

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of what is merged.
const (
	maxMerged    = 128  // requests in a Change
	maxDocuments = 1024 // in a Change of several requests: what every store takes
)

// Flights at a time. One is decided while the other commits; more of them, of
// fewer requests each, do less. Those that are overdue leave their places to
// others: perhaps the store has forgotten them.
const (
	fewFlights  = 2
	manyFlights = 16 // with those that are overdue
	// A flight is overdue once it takes this many times what flights usually
	// take, but not before leastOverdue.
	overdue      = 4
	leastOverdue = 10 * time.Millisecond
)

// quick is what a flight of one request takes where it is not worth while to
// wait for others: waiting costs as much. One flight in sampling is timed.
const (
	quick    = 20 * time.Microsecond
	sampling = 16
)

// merger lets requests that meet at an engine share their commits.
//
// A request goes at once, on the goroutine of its caller, while no more than
// one other is in flight and it names none of its keys. Otherwise it queues.
// When a flight lands or is overdue, those of the queue who can go then, in the
// order in which they came, make the next one: they are loaded together,
// decided one after the other on one evolving view, and committed as one
// Change, on a goroutine of its own. So no key is in two flights, unless one
// was given up, and the engine does not conflict with itself; and nobody
// overtakes a request with which he shares a key.
//
// Over a store that answers within microseconds nobody waits for anybody.
type merger struct {
	engine *Engine
	quick  atomic.Bool // over such a store

	mu      sync.Mutex
	flights []*flight
	queue   []*pending
	waiting map[Key]int   // how many of queue name a key
	short   bool          // some of queue may wait for nothing but a place
	typical time.Duration // of a flight of one request: the median
	usual   time.Duration // of all flights: an average
	alarm   bool          // set, for when a flight is overdue
	boarded uint64        // counts the requests
}

// ticket is what a request has of the merger.
type ticket struct {
	solo   flight    // its own, if it goes alone
	draws  int       // codes
	wake   chan bool // true: go alone; false: it has been answered
	joined *merged   // nil while it queues
	own    bool      // it goes alone after all

	left, answered bool
	// doubt is the error of a Commit with this request in it. It may have
	// taken effect, or do so yet: from then on nothing but success is certain.
	doubt error
}

func newMerger(e *Engine) *merger {
	return &merger{engine: e, typical: 5 * quick, waiting: map[Key]int{}}
}

// carry takes a request to its answer, alone or with others. Its error is that
// of a caller who left: the request is no longer his to look at.
func (m *merger) carry(ctx context.Context, s *scratch, p *pending) error {
	if m.quick.Load() {
		if p.print[0] >= 256/sampling {
			m.engine.carry(ctx, s, nil, s.alone[:], 0)
			return nil
		}
	} else {
		p.ticket = ticket{solo: flight{keys: s.keys}, doubt: p.doubt}
		if d, ok := p.request.(drawer); ok && p.set != nil {
			p.draws = d.draws(p.set)
		}
		if !m.board(p) {
			if alone, err := m.wait(ctx, p); err != nil || !alone {
				return err
			}
		}
		defer m.land(&p.solo)
	}
	begun := time.Now()
	m.engine.carry(ctx, s, nil, s.alone[:], 0)
	m.time(time.Since(begun))
	return nil
}

// time notes how long a request took that went alone. It follows the median:
// a goroutine that had to wait for a processor says nothing about the store.
func (m *merger) time(d time.Duration) {
	if d == 0 {
		return // the clock stands, as in a test
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if d > m.typical {
		m.typical += m.typical / 4
	} else {
		m.typical -= m.typical / 5
	}
	if m.typical < quick {
		m.quick.Store(true)
	}
	if m.typical > 2*quick {
		m.quick.Store(false)
	}
}

// board lets a request go at once, or queues it. It may also take others along
// who wait for a place.
func (m *merger) board(p *pending) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.boarded++
	p.solo.since = m.boarded
	now := time.Now()
	free := !m.blocked(p.solo.keys, nil)
	if free && !m.short && m.place(now) {
		m.enter(&p.solo, now)
		return true
	}
	p.wake = make(chan bool, 1)
	m.queue = append(m.queue, p)
	for _, k := range p.solo.keys {
		m.waiting[k]++
	}
	m.short = m.short || free
	m.dispatch(now)
	return false
}

// place reports whether there is a place for one more flight.
func (m *merger) place(now time.Time) bool {
	held := 0
	for _, f := range m.flights {
		if now.Sub(f.begun) < m.patience() {
			held++
		}
	}
	return held < fewFlights && len(m.flights) < manyFlights
}

// patience is how long a flight may take until it is overdue.
func (m *merger) patience() time.Duration { return max(overdue*m.usual, leastOverdue) }

// enter begins a flight.
func (m *merger) enter(f *flight, now time.Time) {
	f.since, f.begun = m.boarded, now
	m.flights = append(m.flights, f)
}

// blocked reports whether a flight, or a request of the queue that comes
// first, names one of the keys. Who comes first is in passed, or nil: all of
// the queue.
func (m *merger) blocked(keys []Key, passed map[Key]struct{}) bool {
	for i := range keys {
		if passed == nil && len(m.waiting) > 0 && m.waiting[keys[i]] > 0 {
			return true
		}
		if _, ok := passed[keys[i]]; ok {
			return true
		}
		for _, f := range m.flights {
			if f.names(&keys[i]) {
				return true
			}
		}
	}
	return false
}

// land ends a flight, and lets those go who waited for it.
func (m *merger) land(f *flight) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.Index(m.flights, f)
	if i < 0 {
		return // it was given up
	}
	m.flights = slices.Delete(m.flights, i, i+1)
	m.short = m.short || m.awaited(f)
	now := time.Now()
	m.usual += (min(now.Sub(f.begun), m.patience()) - m.usual) / 8
	m.dispatch(now)
}

// awaited reports whether somebody waits for a key of f.
func (m *merger) awaited(f *flight) bool {
	return len(m.waiting) > 0 && slices.ContainsFunc(f.keys, func(k Key) bool { return m.waiting[k] > 0 })
}

// dispatch lets go of the queue who can, as long as there are places. Who still
// waits for one goes when a flight is overdue, whether or not anything else
// happens: it may wait for what the caller of another holds.
func (m *merger) dispatch(now time.Time) {
	for m.short && m.place(now) {
		batch := m.pick()
		if len(batch) == 0 {
			return
		}
		if len(batch) == 1 {
			p := batch[0]
			p.own = true
			m.enter(&p.solo, now)
			p.wake <- true
			continue
		}
		f := merge(batch)
		m.enter(&f.flight, now)
		// The engine's own context: nobody's values and no deadline, and it
		// is done early only when nobody waits any more.
		var ctx context.Context
		ctx, f.cancel = context.WithCancel(context.Background())
		go m.fly(ctx, f)
	}
	if m.short && !m.alarm && len(m.flights) < manyFlights {
		m.alarm = true
		time.AfterFunc(m.patience(), func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.alarm = false
			m.dispatch(time.Now())
		})
	}
}

// pick takes from the queue those who can go together now.
func (m *merger) pick() []*pending {
	var picked []*pending
	passed := map[Key]struct{}{}
	stay := m.queue[:0]
	documents := 0
	m.short = false
	for i, p := range m.queue {
		n := len(p.solo.keys) + p.draws
		if len(picked) == maxMerged || len(picked) > 0 && documents+n > maxDocuments {
			stay = append(stay, m.queue[i:]...)
			m.short = true
			break
		}
		if m.blocked(p.solo.keys, passed) {
			for _, k := range p.solo.keys {
				passed[k] = struct{}{}
			}
			stay = append(stay, p)
			continue
		}
		documents += n
		picked = append(picked, p)
		m.forget(p)
	}
	clear(m.queue[len(stay):])
	m.queue = stay
	return picked
}

// forget takes a request's keys out of those that are waited for.
func (m *merger) forget(p *pending) {
	for _, k := range p.solo.keys {
		if m.waiting[k]--; m.waiting[k] == 0 {
			delete(m.waiting, k)
		}
	}
}

// wait waits until the request was answered, or is to go alone.
func (m *merger) wait(ctx context.Context, p *pending) (alone bool, err error) {
	select {
	case alone = <-p.wake:
		return alone, nil
	case <-ctx.Done():
	}
	if err := m.leave(ctx, p); err != nil {
		return false, err
	}
	return <-p.wake, nil // it was answered, or let go, at the same time
}

// leave takes a request from the merger because its caller leaves. What it
// returns is for the caller; nil means that it is too late to leave.
func (m *merger) leave(ctx context.Context, p *pending) error {
	m.mu.Lock()
	if p.own {
		m.mu.Unlock()
		return nil
	}
	if f := p.joined; f != nil {
		m.mu.Unlock()
		last, err := f.leave(ctx, p)
		if last {
			m.land(&f.flight)
		}
		return err
	}
	defer m.mu.Unlock()
	m.queue = slices.DeleteFunc(m.queue, func(q *pending) bool { return q == p })
	m.forget(p)
	now := time.Now()
	m.giveUp(now, p.solo.since)
	m.short = true // perhaps: who waited behind it, or for what was given up
	m.dispatch(now)
	return p.leaving(ctx)
}

// giveUp gives up the flights that began before and are overdue: a caller has
// waited in vain, and perhaps they never land. They keep their keys no longer.
// If they go on after all, versions tell.
func (m *merger) giveUp(now time.Time, before uint64) {
	m.flights = slices.DeleteFunc(m.flights, func(f *flight) bool {
		return f.since < before && now.Sub(f.begun) >= m.patience()
	})
}

// leaving is the answer to a caller who leaves while no Commit is on its way.
func (p *pending) leaving(ctx context.Context) error {
	if p.doubt != nil {
		return &UnknownOutcomeError{RequestID: p.requestID, Err: p.doubt}
	}
	return ctx.Err()
}

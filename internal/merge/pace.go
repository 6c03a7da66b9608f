package merge

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Tuning is what a [Queue] goes by. All of it must be set.
type Tuning struct {
	// Requests and Weight are the most that a flight of several requests
	// carries. A request that weighs more goes alone.
	Requests, Weight int
	// Places is how many flights there are at a time, not counting those
	// that are overdue.
	Places int
	// A flight is overdue once it takes Overdue times what flights usually
	// take, but not before LeastOverdue.
	Overdue      int
	LeastOverdue time.Duration
	// A flight of several requests waits 1/Linger of the time that it took
	// for the callers it answered, and looks for them Yields times at most.
	Linger, Yields int
	// Quick is what a flight of one request takes where it does not pay to
	// wait for others. One in Sample is timed there, and what has to try
	// again; it queues after Straight more tries.
	Quick            time.Duration
	Sample, Straight int
}

// pace follows how long a flight of one request takes: the median, since a
// goroutine that had to wait for a processor says nothing about the store.
type pace struct {
	quick atomic.Bool // it does not pay to wait for others
	watch atomic.Bool // it may not be so any more: time all
	limit time.Duration
	one   uint32 // in so many is timed

	mu      sync.Mutex
	typical time.Duration
}

func newPace(t Tuning) pace {
	return pace{limit: t.Quick, one: uint32(t.Sample), typical: 5 * t.Quick}
}

// sample reports whether a flight that does not queue is to be timed. It does
// not depend on what is asked.
func (p *pace) sample() bool { return p.watch.Load() || rand.Uint32N(p.one) == 0 }

// note notes how long a flight took.
func (p *pace) note(d time.Duration) {
	if d == 0 {
		return // the clock stands, as in a test
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if d > p.typical {
		p.typical += p.typical / 4
	} else {
		p.typical -= p.typical / 5
	}
	if p.typical < p.limit {
		p.quick.Store(true)
	}
	if p.typical > 2*p.limit {
		p.quick.Store(false)
	}
	p.watch.Store(d > 2*p.limit)
}

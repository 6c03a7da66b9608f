// Package merge lets requests that meet travel together. It knows what a
// request needs, by keys, and how much it may carry, by a weight, and nothing
// else: neither what a request asks nor where it goes.
//
// A request goes at once, on the goroutine of its caller, while there is a
// place and nothing that is under way needs one of its keys. Otherwise it
// queues. When a flight lands, those of the queue that can go then make the
// next one, in the order in which they came. So no key is in two flights,
// unless one was given up, and nothing overtakes a request with which it
// shares a key.
//
// Three things hold whatever is asked, and however many ask:
//
//   - What a caller that leaves costs the others is the keys of its own
//     request. No step looks through the whole queue.
//   - A flight that takes much longer than usual loses its place to others, so
//     that it holds up nothing but what needs its keys. There is no bound on
//     how many of them there are.
//   - Flights are timed by chance, and whenever they have to try again. So a
//     destination that becomes slow is noticed.
//
// Over one that answers within microseconds nothing waits for anything.
package merge

import (
	"container/heap"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrLeft is the answer to a caller whose context ended first. Its request is
// its own again: no flight touches it any more.
var ErrLeft = errors.New("merge: the caller has left")

// Queue is where requests meet. R is what a caller asks, K what it needs.
type Queue[K comparable, R any] struct {
	tuning Tuning
	carry  func(ctx context.Context, batch []R)
	yield  func() // runtime.Gosched; a test counts
	pace   pace

	mu     sync.Mutex
	lines  map[K]*line[K, R] // of the keys that are taken or waited for
	ready  order[K, R]       // those that wait for nothing but a place
	seated []*flight[K, R]   // those that hold a place, in the order in which they began
	late   int               // flights that are overdue
	wary   bool              // some are, and nothing has landed since they began
	landed uint64            // flights when the last one landed that was not late
	begun  uint64            // flights so far
	came   uint64            // tickets so far
	queued int               // tickets that queue
	usual  time.Duration     // of all flights: an average
	alarm  bool              // set, for when a flight is overdue
}

// New returns a queue. Carry takes the requests of a flight of several to
// their answers: it calls Answer of each one's ticket. Its context has no
// values and no deadline, and is done once all of its callers have left.
func New[K comparable, R any](t Tuning, carry func(ctx context.Context, batch []R)) *Queue[K, R] {
	return &Queue[K, R]{tuning: t, carry: carry, yield: runtime.Gosched, pace: newPace(t), lines: map[K]*line[K, R]{}}
}

// flight is what is under way together.
type flight[K comparable, R any] struct {
	lines   []*line[K, R] // of the keys that it holds
	number  uint64
	begun   time.Time
	lost    []*line[K, R]   // of those that it held until it was given up
	late    bool            // it is overdue
	shared  []*Ticket[K, R] // its passengers; none where one request goes alone
	present atomic.Int64    // callers of shared that still wait
	cancel  context.CancelFunc
}

// Do takes a request to its answer, alone or with others. Alone means that
// try is called, on the goroutine of the caller, until it reports that the
// request has its answer. The keys are not looked at any more once Do has
// returned, and neither is the request, if the error is [ErrLeft].
func (q *Queue[K, R]) Do(ctx context.Context, t *Ticket[K, R], r R, keys []K, weight int, try func() (done bool)) error {
	*t = Ticket[K, R]{request: r, weight: weight, index: -1}
	if q.pace.quick.Load() && q.straight(try) {
		return nil
	}
	q.board(t, keys)
	alone, err := q.wait(ctx, t)
	if err != nil || !alone {
		return err
	}
	// A request whose caller has left meanwhile says nothing of the store.
	defer func() { q.land(t.flight, ctx.Err() == nil) }()
	for done := q.timed(try); !done; {
		done = try()
	}
	return nil
}

// straight tries without a look at the queue, and reports whether that was
// enough. What has to try again is timed.
func (q *Queue[K, R]) straight(try func() bool) bool {
	if !q.pace.sample() && try() {
		return true
	}
	for range q.tuning.Straight {
		if q.timed(try) {
			return true
		}
		if !q.pace.quick.Load() {
			return false
		}
	}
	return false
}

// timed tries, and notes how long that took.
func (q *Queue[K, R]) timed(try func() bool) bool {
	begun := time.Now()
	done := try()
	q.pace.note(time.Since(begun))
	return done
}

// board takes a ticket into the queue, and lets go what can go.
func (q *Queue[K, R]) board(t *Ticket[K, R], keys []K) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t.wake = make(chan bool, 1)
	t.number = q.came
	q.came++
	q.queued++
	t.stands = make([]stand[K, R], 0, len(keys)) // its address is kept: it must not grow
	for _, k := range keys {
		l := q.lines[k]
		if l == nil {
			l = &line[K, R]{key: k}
			q.lines[k] = l
		}
		if l.last != nil && l.last.ticket == t {
			continue // it names the key twice
		}
		t.stands = append(t.stands, stand[K, R]{ticket: t, line: l})
		s := &t.stands[len(t.stands)-1]
		l.append(s)
		if l.holder != nil || l.first != s {
			t.blocked++
		}
	}
	if t.blocked == 0 {
		heap.Push(&q.ready, t)
	}
	q.dispatch(time.Now())
}

// wait waits until the request was answered, or is to go alone.
func (q *Queue[K, R]) wait(ctx context.Context, t *Ticket[K, R]) (alone bool, err error) {
	select {
	case alone = <-t.wake:
		return alone, nil
	case <-ctx.Done():
	}
	if q.leave(t) {
		return false, ErrLeft
	}
	return <-t.wake, nil // it was answered, or let go, at the same time
}

// leave takes a ticket from where it is because its caller leaves, and reports
// whether it could.
func (q *Queue[K, R]) leave(t *Ticket[K, R]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	f := t.flight
	if f == nil {
		q.giveUp(t, now)
		q.step(t)
		for i := range t.stands {
			q.tidy(t.stands[i].line)
		}
		q.dispatch(now)
		return true
	}
	if f.shared == nil || !t.abandon() {
		return false
	}
	if f.present.Add(-1) == 0 {
		f.cancel()
		q.unseat(f)
		q.lose(f)
		q.dispatch(now)
	}
	return true
}

// giveUp gives up the flights that are overdue and hold what a ticket has
// waited for in vain: perhaps they never land. They keep their keys no longer.
// If they go on after all, the destination must tell.
func (q *Queue[K, R]) giveUp(t *Ticket[K, R], now time.Time) {
	q.overdue(now)
	for i := range t.stands {
		if f := t.stands[i].line.holder; f != nil && f.late {
			q.lose(f)
		}
	}
}

// step takes a ticket out of all lines, and lets move up what stood behind it.
func (q *Queue[K, R]) step(t *Ticket[K, R]) {
	q.queued--
	if t.index >= 0 {
		heap.Remove(&q.ready, t.index)
	}
	for i := range t.stands {
		s := &t.stands[i]
		first := s.line.first == s
		s.line.remove(s)
		if first && s.line.holder == nil {
			q.moveUp(s.line)
		}
	}
}

// moveUp lets the first of a line know that it is, and that the key is free.
func (q *Queue[K, R]) moveUp(l *line[K, R]) {
	if l.first == nil {
		return
	}
	t := l.first.ticket
	if t.blocked--; t.blocked == 0 {
		heap.Push(&q.ready, t)
	}
}

// tidy forgets an empty line of a key that is free.
func (q *Queue[K, R]) tidy(l *line[K, R]) {
	if l.first == nil && l.holder == nil && l.lost == 0 {
		delete(q.lines, l.key)
	}
}

// dispatch lets go what can go, as long as there are places. What still waits
// for one goes when a flight is overdue, whether or not anything else happens:
// it may wait for what the caller of another holds.
func (q *Queue[K, R]) dispatch(now time.Time) {
	for len(q.ready) > 0 && q.place(now) {
		q.depart(q.pick(), now)
	}
	if len(q.ready) > 0 && !q.alarm {
		q.alarm = true
		time.AfterFunc(q.seated[0].begun.Add(q.patience()).Sub(now), func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.alarm = false
			q.dispatch(time.Now())
		})
	}
}

// place reports whether there is a place for one more flight. While all that
// is under way hangs, there are as many again: those that have nothing to do
// with it then wait for a time that grows with the logarithm of what hangs.
func (q *Queue[K, R]) place(now time.Time) bool {
	q.overdue(now)
	places := q.tuning.Places
	if q.wary {
		places = max(places, q.late)
	}
	return len(q.seated) < places
}

// overdue takes their places from the flights that are overdue.
func (q *Queue[K, R]) overdue(now time.Time) {
	patience := q.patience()
	n := 0
	for ; n < len(q.seated) && now.Sub(q.seated[n].begun) >= patience; n++ {
		f := q.seated[n]
		f.late = true
		q.late++
		q.wary = q.wary || f.number >= q.landed
	}
	if n > 0 {
		q.seated = append(q.seated[:0], q.seated[n:]...)
	}
}

// patience is how long a flight may take until it is overdue.
func (q *Queue[K, R]) patience() time.Duration {
	return max(time.Duration(q.tuning.Overdue)*q.usual, q.tuning.LeastOverdue)
}

// pick takes from the queue what goes together now: the first that can go, and
// what fits beside it. For a key that was given up it is the first alone. While
// anything hangs, only requests that need one of the first one's keys are
// beside it, which would wait for it anyway: no request shall hang with a
// stranger.
func (q *Queue[K, R]) pick() []*Ticket[K, R] {
	var batch []*Ticket[K, R]
	weight := 0
	for t := q.ready[0]; t != nil; t = q.companion(batch[0]) {
		single := t.doubtful()
		if len(batch) > 0 && (single || len(batch) == q.tuning.Requests || weight+t.weight > q.tuning.Weight) {
			break
		}
		q.step(t)
		weight += t.weight
		batch = append(batch, t)
		if single {
			break
		}
	}
	return batch
}

// companion returns the first that can go beside t, which has left the queue,
// or nil.
func (q *Queue[K, R]) companion(t *Ticket[K, R]) *Ticket[K, R] {
	if q.late == 0 {
		if len(q.ready) == 0 {
			return nil
		}
		return q.ready[0]
	}
	var next *Ticket[K, R]
	for i := range t.stands {
		s := t.stands[i].line.first
		if s != nil && s.ticket.index >= 0 && (next == nil || s.ticket.number < next.number) {
			next = s.ticket
		}
	}
	return next
}

// depart begins a flight.
func (q *Queue[K, R]) depart(batch []*Ticket[K, R], now time.Time) {
	f := &flight[K, R]{number: q.begun, begun: now}
	q.begun++
	q.seated = append(q.seated, f)
	for _, t := range batch {
		t.flight = f
		for i := range t.stands {
			q.take(f, t.stands[i].line)
		}
	}
	if len(batch) == 1 {
		batch[0].wake <- true
		return
	}
	f.shared = batch
	f.present.Store(int64(len(batch)))
	// It has no values and no deadline, and is done early only when no caller
	// waits any more.
	var ctx context.Context
	ctx, f.cancel = context.WithCancel(context.Background())
	go q.fly(ctx, f)
}

// take gives a free key to a flight. The first in line waits for it.
func (q *Queue[K, R]) take(f *flight[K, R], l *line[K, R]) {
	if l.holder == f {
		return
	}
	l.holder = f
	f.lines = append(f.lines, l)
	if l.first == nil {
		return
	}
	t := l.first.ticket
	t.blocked++
	if t.index >= 0 {
		heap.Remove(&q.ready, t.index)
	}
}

// fly carries a flight of several requests.
func (q *Queue[K, R]) fly(ctx context.Context, f *flight[K, R]) {
	defer f.cancel()
	defer func() { q.land(f, ctx.Err() == nil) }()
	requests := make([]R, len(f.shared))
	for i, t := range f.shared {
		requests[i] = t.request
	}
	q.carry(ctx, requests)
	q.linger(len(requests), time.Since(f.begun)/time.Duration(q.tuning.Linger))
}

// land ends a flight, and lets go what waited for it. If it was the
// destination that ended it, that one is known to be there.
func (q *Queue[K, R]) land(f *flight[K, R], answered bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if answered {
		q.wary, q.landed = false, q.begun
		q.usual += (min(now.Sub(f.begun), q.patience()) - q.usual) / 8
	}
	q.unseat(f)
	for _, l := range f.lost {
		l.lost--
		q.tidy(l)
	}
	for _, l := range f.lines {
		q.free(l)
	}
	q.dispatch(now)
}

// unseat takes its place from a flight, if it has one.
func (q *Queue[K, R]) unseat(f *flight[K, R]) {
	if i := slices.Index(q.seated, f); i >= 0 {
		q.seated = slices.Delete(q.seated, i, i+1)
	}
	if f.late {
		f.late = false
		q.late--
	}
}

// free sets a key free that a flight held.
func (q *Queue[K, R]) free(l *line[K, R]) {
	l.holder = nil
	q.moveUp(l)
	q.tidy(l)
}

// lose gives up a flight that has not landed: its keys are free for others, but
// it is known that they may hang.
func (q *Queue[K, R]) lose(f *flight[K, R]) {
	for _, l := range f.lines {
		l.lost++
		q.free(l)
	}
	f.lines, f.lost = nil, append(f.lost, f.lines...)
}

// linger gives the callers of n answered requests a little time to come back,
// so that they can share the next flight with those that queued meanwhile.
// Otherwise the two would take turns for ever.
func (q *Queue[K, R]) linger(n int, most time.Duration) {
	begun := time.Now()
	n += q.Waiting()
	for range q.tuning.Yields {
		q.yield()
		if q.Waiting() >= n || time.Since(begun) >= most {
			return
		}
	}
}

// Waiting returns how many requests queue.
func (q *Queue[K, R]) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.queued
}

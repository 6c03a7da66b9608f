package merge

import (
	"slices"
	"sync"
)

// line is the requests that wait for a key, in the order in which they came.
type line[K comparable, R any] struct {
	key         K
	holder      *flight[K, R] // that has the key now; nil: it is free
	lost        int           // flights that had it and were given up, and have not landed
	first, last *stand[K, R]
}

// stand is the place of a ticket in a line.
type stand[K comparable, R any] struct {
	ticket         *Ticket[K, R]
	line           *line[K, R]
	before, behind *stand[K, R]
}

func (l *line[K, R]) append(s *stand[K, R]) {
	s.before = l.last
	if l.last == nil {
		l.first = s
	} else {
		l.last.behind = s
	}
	l.last = s
}

func (l *line[K, R]) remove(s *stand[K, R]) {
	if s.before == nil {
		l.first = s.behind
	} else {
		s.before.behind = s.behind
	}
	if s.behind == nil {
		l.last = s.before
	} else {
		s.behind.before = s.before
	}
	s.before, s.behind = nil, nil
}

// Ticket is a request's place in the queue, and then in a flight. The zero
// value is for one that goes alone.
type Ticket[K comparable, R any] struct {
	request R
	weight  int
	wake    chan bool // true: go alone; false: it has been answered

	// Guarded by the queue's lock.
	number  uint64
	stands  []stand[K, R]
	blocked int           // in how many lines it is not the first, or a flight has the key
	index   int           // in Queue.ready; negative: it is not there
	flight  *flight[K, R] // that carries it; nil while it queues

	mu             sync.Mutex
	left, answered bool
}

// Hold calls f, unless the caller has left. If the caller wants to leave
// meanwhile, it waits until f returns: what f does with the request is done
// before its caller has it back. A flight looks at a request only so, except at
// what never changes.
func (t *Ticket[K, R]) Hold(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.left {
		f()
	}
}

// Answer gives the request back to its caller, answered by f, unless the
// caller has left.
func (t *Ticket[K, R]) Answer(f func()) {
	t.mu.Lock()
	shared := t.flight != nil && t.flight.shared != nil
	if !t.left {
		f()
		t.answered = true
	}
	left := t.left
	t.mu.Unlock()
	if shared && !left {
		t.flight.present.Add(-1)
		t.wake <- false // from here on the ticket is the caller's
	}
}

// doubtful reports whether a key of the ticket is one of those whose flight was
// given up.
func (t *Ticket[K, R]) doubtful() bool {
	return slices.ContainsFunc(t.stands, func(s stand[K, R]) bool { return s.line.lost > 0 })
}

// abandon notes that the caller leaves, and reports whether it still can.
func (t *Ticket[K, R]) abandon() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left = !t.answered
	return t.left
}

// order is a heap of tickets: the first is the one that came first.
type order[K comparable, R any] []*Ticket[K, R]

func (o order[K, R]) Len() int           { return len(o) }
func (o order[K, R]) Less(i, j int) bool { return o[i].number < o[j].number }

func (o order[K, R]) Swap(i, j int) {
	o[i], o[j] = o[j], o[i]
	o[i].index, o[j].index = i, j
}

// Push is heap.Interface's.
func (o *order[K, R]) Push(x any) {
	t := x.(*Ticket[K, R])
	t.index = len(*o)
	*o = append(*o, t)
}

// Pop is heap.Interface's.
func (o *order[K, R]) Pop() any {
	last := len(*o) - 1
	t := (*o)[last]
	(*o)[last] = nil
	*o = (*o)[:last]
	t.index = -1
	return t
}

package icpcode

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

const (
	// halving is how many conflicts in a row halve a merged flight, so that a
	// request that always conflicts ends up alone.
	halving = 8
	// maxFailures is how many attempts of a merged flight may fail in a row,
	// other than by a conflict, until the store is taken to be out of order.
	// It takes about half as many to find a bad request by halving.
	maxFailures = 16
	// lingering is the share of a flight's time that it waits at its end for
	// the callers it answered, and maxYields how often it looks at most.
	lingering = 16
	maxYields = 4096
)

// flight is what goes to one commit.
type flight struct {
	keys  []Key            // that they name
	index map[Key]struct{} // the same, of a merged one
	since uint64           // merger.boarded when it began
	begun time.Time        // when it entered
}

func (f *flight) names(k *Key) bool {
	if f.index == nil {
		return slices.Contains(f.keys, *k)
	}
	_, ok := f.index[*k]
	return ok
}

// merged is a flight of several requests. A nil one stands for a request that
// goes alone, on the goroutine of its caller.
type merged struct {
	flight
	batch    []*pending
	cancel   context.CancelFunc
	failures int // attempts in a row that failed, other than by a conflict

	// mu is held while the batch is decided, which reads memory that the
	// callers may want back. It guards what follows, and left, answered and
	// doubt of the batch.
	mu      sync.Mutex
	decided bool // until it fails, a Commit may be on its way
	present int  // callers who wait
}

// merge makes one flight of several requests.
func merge(batch []*pending) *merged {
	f := &merged{batch: batch, present: len(batch)}
	f.index = make(map[Key]struct{}, 4*len(batch))
	for _, p := range batch {
		p.joined = f
		for _, k := range p.solo.keys {
			if _, twice := f.index[k]; !twice {
				f.index[k] = struct{}{}
				f.keys = append(f.keys, k)
			}
		}
	}
	return f
}

// fly carries a merged flight to its answers.
func (m *merger) fly(ctx context.Context, f *merged) {
	s := m.engine.scratch.Get().(*scratch)
	defer m.engine.release(s)
	defer f.cancel()
	defer m.land(&f.flight)
	type part struct {
		batch []*pending
		tries int
	}
	todo := []part{{f.batch, 0}}
	defer func() {
		for _, t := range todo { // the store ended the goroutine
			f.note(s, t.batch, errEnded)
			f.answer(t.batch, errEnded)
		}
	}()
	s.keys = append(s.keys[:0], f.keys...)
	for len(todo) > 0 {
		t := todo[0]
		halve, tries := m.engine.carry(ctx, s, f, t.batch, t.tries)
		todo = todo[1:]
		if halve {
			n := len(t.batch) / 2
			todo = append([]part{{t.batch[:n], tries}, {t.batch[n:], tries}}, todo...)
		}
		if len(todo) > 0 {
			s.gather(todo[0].batch)
		}
	}
	m.linger(len(f.batch), time.Since(f.begun)/lingering)
}

// errEnded is the answer where a store called runtime.Goexit.
var errEnded = errors.New("icpcode: the store ended the goroutine that called it")

// panicError is what a store panicked with during a merged flight.
type panicError struct{ value any }

func (p *panicError) Error() string { return fmt.Sprintf("icpcode: the store panicked: %v", p.value) }

// linger gives the callers of n answered requests a little time to come back,
// so that they can share the next flight with those who queued meanwhile.
// Otherwise the two would take turns for ever.
func (m *merger) linger(n int, most time.Duration) {
	begun := time.Now()
	n += m.queued()
	for range maxYields {
		runtime.Gosched()
		if m.queued() >= n || time.Since(begun) >= most {
			return
		}
	}
}

func (m *merger) queued() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queue)
}

// try makes one attempt, and notes what became of it.
func (e *Engine) try(ctx context.Context, s *scratch, f *merged, batch []*pending) (err error) {
	if f != nil {
		defer func() {
			if value := recover(); value != nil {
				err = &panicError{value} // for the caller
				f.note(s, batch, err)
			}
		}()
	}
	err = e.attempt(ctx, s, f, batch)
	if err != nil {
		f.note(s, batch, err)
		if e.memory != nil {
			e.memory.forget(&s.view)
		}
	}
	return err
}

// decide decides a batch. Requests whose callers have left stay undecided; a
// caller who leaves from here on cannot know what becomes of his.
func (f *merged) decide(v *view, batch []*pending) {
	if f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.decided = true
	}
	for _, p := range batch {
		if !p.left {
			p.answer(v)
		}
	}
}

// undecide takes back that a Commit may be on its way.
func (f *merged) undecide() {
	if f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.decided = false
	}
}

// note notes that an attempt failed.
func (f *merged) note(s *scratch, batch []*pending, err error) {
	conflict := errors.Is(err, ErrConflict)
	if f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.decided = false
		if !conflict {
			f.failures++
		}
	}
	if conflict || !s.committing {
		return
	}
	for _, p := range batch {
		if slot := s.view.find(p.receipt); p.err == nil && slot != nil && slot.dirty {
			p.doubt = err
		}
	}
}

// halves reports whether a batch that failed is to be tried in halves: after
// an error, so that one bad request fails alone, and now and then where all
// it meets are conflicts.
func (f *merged) halves(batch []*pending, tries int, conflict bool) bool {
	if f == nil || len(batch) == 1 {
		return false
	}
	if conflict {
		return tries%halving == 0
	}
	return f.failures < maxFailures
}

// answer hands a batch back to its callers, with err if it is not nil.
func (f *merged) answer(batch []*pending, err error) {
	if f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		if err == nil {
			f.failures = 0
		}
	}
	for _, p := range batch {
		if err != nil {
			p.err = err
		}
		if f != nil && !p.left {
			p.answered = true
			f.present--
			p.wake <- false
		}
	}
}

// leave takes p out of the flight, and reports whether nobody is left who
// waits for it. The error is for the caller; nil means that p was answered.
func (f *merged) leave(ctx context.Context, p *pending) (last bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.answered {
		return false, nil
	}
	p.left = true
	f.present--
	if f.present == 0 {
		f.cancel()
	}
	if f.decided {
		return f.present == 0, &UnknownOutcomeError{RequestID: p.requestID, Err: ctx.Err()}
	}
	return f.present == 0, p.leaving(ctx)
}

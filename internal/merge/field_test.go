package merge_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode/internal/merge"
)

// ms is what a flight takes that nothing holds up.
const ms = time.Millisecond

func tuning() merge.Tuning {
	return merge.Tuning{
		Requests: 8, Weight: 20, Places: 2, Overdue: 4, LeastOverdue: 10 * ms, Linger: 16, Yields: 8,
		Quick: 20 * time.Microsecond, Sample: 16, Straight: 2,
	}
}

// ask is a request: its name, and the letters that it needs.
type ask struct {
	name, keys string
	weight     int

	ticket merge.Ticket[rune, *ask]
	err    error
	alone  int          // how often it tried
	tried  atomic.Int64 // the same, to look at while it goes on
	done   bool         // Do has returned
}

// field is a queue and what is under way from it. It is for the inside of a
// bubble of package synctest.
type field struct {
	t       *testing.T
	queue   *merge.Queue[rune, *ask]
	takes   func(names string) time.Duration // of a flight; negative: until it is cancelled
	hangs   func(names string)               // whatever its context says
	again   map[string]int                   // tries that are not enough
	mu      sync.Mutex
	away    []string // flights under way, each as "a+b"
	begun   []string // all flights, in their order
	holders map[rune]int
	crossed int // keys that were in two flights
}

func newField(t *testing.T, u merge.Tuning) *field {
	f := &field{t: t, holders: map[rune]int{}, again: map[string]int{}}
	f.takes = func(string) time.Duration { return ms }
	f.queue = merge.New[rune, *ask](u, func(ctx context.Context, batch []*ask) {
		f.fly(ctx, batch)
		for _, a := range batch {
			a.ticket.Hold(func() { a.alone = 0 })
			a.ticket.Answer(func() { a.err = ctx.Err() })
		}
	})
	return f
}

// fly is under way with a batch.
func (f *field) fly(ctx context.Context, batch []*ask) {
	var names []string
	for _, a := range batch {
		names = append(names, a.name)
	}
	name := strings.Join(names, "+")
	note := func(n int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		seen := map[rune]bool{}
		for _, a := range batch {
			for _, k := range a.keys {
				if !seen[k] {
					f.holders[k] += n
					seen[k] = true
				}
				if f.holders[k] > 1 {
					f.crossed++
				}
			}
		}
		if n > 0 {
			f.begun, f.away = append(f.begun, name), append(f.away, name)
		} else {
			i := slices.Index(f.away, name)
			f.away = slices.Delete(f.away, i, i+1)
		}
	}
	note(1)
	defer note(-1)
	if f.hangs != nil {
		f.hangs(name)
	}
	if d := f.takes(name); d >= 0 {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	} else {
		<-ctx.Done()
	}
}

// do sends a request, and waits for its answer.
func (f *field) do(ctx context.Context, a *ask) {
	err := f.queue.Do(ctx, &a.ticket, a, []rune(a.keys), a.weight, func() bool {
		a.alone++
		a.tried.Add(1)
		f.fly(ctx, []*ask{a})
		if a.alone <= f.again[a.name] {
			return false
		}
		a.ticket.Answer(func() { a.err = nil })
		return true
	})
	if err != nil {
		a.err = err
	}
	a.done = true
}

// send sends a request, and waits until all wait.
func (f *field) send(ctx context.Context, name, keys string) *ask {
	a := &ask{name: name, keys: keys, weight: 1}
	go f.do(ctx, a)
	synctest.Wait()
	return a
}

// is checks what is under way.
func (f *field) is(when string, want ...string) {
	f.t.Helper()
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if away := slices.Sorted(slices.Values(f.away)); !slices.Equal(away, want) {
		f.t.Errorf("%s: under way are %v, want %v", when, away, want)
	}
}

// rest lets time pass, and all go on until they wait.
func rest(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// flights counts the flights so far.
func (f *field) flights() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.begun)
}

// order checks which flights there were.
func (f *field) order(want ...string) {
	f.t.Helper()
	rest(time.Second)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.begun, want) {
		f.t.Errorf("the flights were %v, want %v", f.begun, want)
	}
	if f.crossed > 0 {
		f.t.Errorf("%d keys were in two flights", f.crossed)
	}
}

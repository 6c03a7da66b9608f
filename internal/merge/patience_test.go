package merge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode/internal/merge"
)

// These tests show what a queue knows of its flights: how long one may take
// until it is overdue, and how often it tries.

// never is a sampling that times nothing by chance.
const never = 1 << 30

// stranger is when a request began that needs nothing of the flights that
// hang, counted from when those began. It is what flights may take.
func (f *field) stranger(places int) time.Duration {
	f.t.Helper()
	began := map[string]time.Time{}
	before := f.takes
	f.takes = func(name string) time.Duration {
		f.mu.Lock()
		defer f.mu.Unlock()
		began[name] = time.Now()
		if strings.HasPrefix(name, "hang") {
			return time.Hour
		}
		return before(name)
	}
	for n := range places {
		f.send(f.t.Context(), fmt.Sprint("hang", n), string(rune('0'+n)))
	}
	start := time.Now()
	f.send(f.t.Context(), "stranger", "s")
	rest(time.Minute)
	f.mu.Lock()
	defer f.mu.Unlock()
	if began["stranger"].IsZero() {
		f.t.Error("the stranger never went")
	}
	return began["stranger"].Sub(start)
}

// TestPatience has flights that take long, and asks how long the next ones may
// take: so many times what is usual, and what is usual is an average in which
// each new one counts for an eighth.
func TestPatience(t *testing.T) {
	tuned := tuning()
	tuned.Overdue = 100
	cancelled := func(f *field, shared bool) {
		if shared {
			f.send(f.t.Context(), "first", "k")
		}
		ctx, cancel := context.WithTimeout(f.t.Context(), 8*ms)
		defer cancel()
		f.takes = func(name string) time.Duration {
			if name == "first" {
				return ms
			}
			return -1
		}
		f.send(ctx, "a", "k")
		if shared {
			f.send(ctx, "b", "k")
		}
		rest(time.Second)
		if shared && f.begun[1] != "a+b" {
			f.t.Errorf("the flights were %v", f.begun)
		}
		f.takes = func(string) time.Duration { return ms }
	}
	flights := func(f *field, n int, d time.Duration) {
		f.takes = func(string) time.Duration { return d }
		for range n {
			f.send(f.t.Context(), "a", "k")
			rest(time.Second)
		}
	}
	for name, tt := range map[string]struct {
		before func(f *field)
		want   time.Duration
	}{
		"nothing is known":             {func(*field) {}, 10 * ms},
		"one of 8 ms":                  {func(f *field) { flights(f, 1, 8*ms) }, 100 * ms},
		"two of 8 ms":                  {func(f *field) { flights(f, 2, 8*ms) }, 100 * (ms + 7*ms/8)},
		"one of 8 ms and one of 1 ms":  {func(f *field) { flights(f, 1, 8*ms); flights(f, 1, ms) }, 100 * ms},
		"one of 8 ms and one of none":  {func(f *field) { flights(f, 1, 8*ms); flights(f, 1, 0) }, 100 * (ms - ms/8)},
		"one that its caller ended":    {func(f *field) { cancelled(f, false) }, 10 * ms},
		"several that callers ended":   {func(f *field) { cancelled(f, true) }, 100 * ms / 8}, // of the first
		"one that took far too long":   {func(f *field) { flights(f, 1, time.Second/2) }, 100 * 10 * ms / 8},
		"those of before are past now": {func(f *field) { flights(f, 200, ms) }, 100 * (ms - 7*time.Nanosecond)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newField(t, tuned)
				tt.before(f)
				if got := f.stranger(2); got != tt.want {
					t.Errorf("a flight is overdue after %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// TestTriesStraight counts how often a request tries where it is quick until
// it queues: behind one that hangs, where it can be seen.
func TestTriesStraight(t *testing.T) {
	for sample, want := range map[int]int{never: 3, 1: 2} {
		synctest.Test(t, func(t *testing.T) {
			tuned := tuning()
			tuned.Sample = sample
			f := newField(t, tuned)
			f.takes = func(name string) time.Duration {
				if name == "hangs" {
					return time.Hour
				}
				return 5 * time.Microsecond
			}
			f.send(t.Context(), "hangs", "k")
			for range 30 {
				f.do(t.Context(), &ask{name: "q", keys: "q", weight: 1})
			}
			f.again["a"] = 9
			a := f.send(t.Context(), "a", "k")
			rest(time.Second)
			if tried := int(a.tried.Load()); tried != want {
				t.Errorf("one in %d is timed: it tried %d times until it queued, want %d", sample, tried, want)
			}
			rest(2 * time.Hour)
			if !a.done || a.alone != 10 {
				t.Errorf("in the end it tried %d times, done %v", a.alone, a.done)
			}
		})
	}
}

// goes lets n requests go, one after the other.
func (f *field) goes(n int, takes time.Duration) {
	f.takes = func(string) time.Duration { return takes }
	for range n {
		f.do(f.t.Context(), &ask{name: "q", keys: "q", weight: 1})
	}
}

// quick reports whether requests go straight: also behind one that hangs. No
// time passes.
func (f *field) quick() bool {
	hung := make(chan bool)
	f.takes = func(string) time.Duration { return 0 }
	f.hangs = func(name string) {
		if name == "hung" {
			<-hung
		}
	}
	f.send(f.t.Context(), "hung", "k")
	beside := f.send(f.t.Context(), "beside", "k")
	went := beside.done
	close(hung)
	synctest.Wait()
	f.hangs, f.crossed = nil, 0
	return went
}

// TestMedian shows when a queue ceases to share, and when it begins again. The
// median of what a flight takes is followed in steps: a quarter up, a fifth
// down. Quick is so short here that each step is a number of nanoseconds.
func TestMedian(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tuned := tuning()
		tuned.Sample, tuned.Quick = 1, 5
		f := newField(t, tuned)
		for _, step := range []struct {
			flights int
			takes   time.Duration
			quick   bool
		}{
			{0, 0, false},   // 25 ns is the median at first
			{9, 1, false},   // 20 16 13 11 9 8 7 6 5
			{1, 5, true},    // 4
			{5, 100, true},  // 5 6 7 8 10
			{1, 100, false}, // 12
			{5, 1, false},   // 10 8 7 6 5
			{1, 1, true},    // 4
		} {
			f.goes(step.flights, step.takes)
			if got := f.quick(); got != step.quick {
				t.Errorf("after %d more flights of %v: quick is %v, want %v", step.flights, step.takes, got, step.quick)
			}
		}
	})
}

// TestWatch shows that one flight which took more than twice of what is quick
// has all of them timed, until one is not so slow.
func TestWatch(t *testing.T) {
	for takes, watched := range map[time.Duration]bool{40 * time.Microsecond: false, 40*time.Microsecond + 1: true} {
		synctest.Test(t, func(t *testing.T) {
			tuned := tuning()
			tuned.Sample = never
			f := newField(t, tuned)
			f.goes(30, time.Microsecond)
			f.goes(100, ms)
			if !f.quick() {
				t.Error("flights of which none is timed were noticed")
			}
			f.takes = func(string) time.Duration { return takes }
			f.again["again"] = 1 // what has to try again is timed
			f.do(t.Context(), &ask{name: "again", keys: "q", weight: 1})
			f.goes(100, ms)
			if got := !f.quick(); got != watched {
				t.Errorf("one took %v: the slow ones after it were noticed: %v, want %v", takes, got, watched)
			}
		})
	}
}

// TestAnswers has a flight answer its callers at different times. It goes on
// as long as one that has no answer waits, and not longer.
func TestAnswers(t *testing.T) {
	for _, stays := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			resume := make(chan bool)
			type asked struct {
				ticket merge.Ticket[rune, *asked]
				name   string
			}
			var ended error
			queue := merge.New[rune, *asked](tuning(), func(ctx context.Context, batch []*asked) {
				<-resume // one has left by now
				batch[0].ticket.Answer(func() {})
				batch[1].ticket.Answer(func() {})
				select {
				case <-ctx.Done():
				case <-resume:
				}
				ended = ctx.Err()
				batch[2].ticket.Answer(func() {})
				batch[3].ticket.Answer(func() {})
			})
			first := make(chan bool)
			go func() {
				a := &asked{name: "first"}
				_ = queue.Do(t.Context(), &a.ticket, a, []rune("k"), 1, func() bool {
					<-first
					a.ticket.Answer(func() {})
					return true
				})
			}()
			synctest.Wait()
			left := map[string]error{}
			leave := map[string]context.CancelFunc{}
			for _, name := range []string{"0 leaves first", "1 is answered", "2 leaves", "3 may stay"} {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				leave[name[:1]] = cancel
				go func() {
					a := &asked{name: name}
					err := queue.Do(ctx, &a.ticket, a, []rune("k"), 1, func() bool { t.Error(name, "went alone"); return true })
					left[name[:1]] = err
				}()
				synctest.Wait()
			}
			close(first)
			synctest.Wait()
			leave["0"]()
			synctest.Wait()
			resume <- true
			synctest.Wait()
			leave["2"]()
			synctest.Wait()
			if !stays {
				leave["3"]()
				synctest.Wait()
			} else {
				close(resume)
				synctest.Wait()
			}
			if stays != (ended == nil) {
				t.Errorf("one stays: %v, and the flight ended with %v", stays, ended)
			}
			for n, want := range map[string]error{"0": merge.ErrLeft, "1": nil, "2": merge.ErrLeft} {
				if !errors.Is(left[n], want) {
					t.Errorf("%s has %v, want %v", n, left[n], want)
				}
			}
		})
	}
}

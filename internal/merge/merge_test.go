package merge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode/internal/merge"
)

func TestOrder(t *testing.T) {
	for name, tt := range map[string]struct {
		asks    string // "name:keys" or "name:keys:weight", in their order
		flights string
	}{
		"strangers go at once":            {"1:a 2:b", "1 2"},
		"the third waits for a place":     {"1:a 2:b 3:c 4:d", "1 2 3+4"},
		"the same key waits":              {"1:a 2:a 3:a", "1 2+3"},
		"a stranger passes":               {"1:a 2:a 3:b", "1 3 2"},
		"none overtakes one that shares":  {"1:a 2:ab 3:bc 4:c", "1 2+3+4"},
		"nor for a place":                 {"1:a 2:b 3:a 4:c 5:ac 6:d", "1 2 3+4+5+6"},
		"a key named twice":               {"1:aa 2:aa 3:ba", "1 2+3"},
		"no keys":                         {"1: 2: 3: 4:", "1 2 3+4"},
		"two lines meet":                  {"1:a 2:b 3:ab 4:b 5:a", "1 2 3+4+5"},
		"eight at a time":                 {"0:a 1:a 2:a 3:a 4:a 5:a 6:a 7:a 8:a 9:a", "0 1+2+3+4+5+6+7+8 9"},
		"twenty in weight":                {"0:a 1:a:7 2:a:7 3:a:6 4:a:1", "0 1+2+3 4"},
		"no more than twenty":             {"0:a 1:a:7 2:a:7 3:a:7 4:a:1", "0 1+2 3+4"},
		"too heavy goes alone":            {"0:a 1:a:7 2:a:50 3:a:7", "0 1 2 3"},
		"the heavy is not passed":         {"0:a 1:b 2:c:7 3:d:19 4:e:1", "0 1 2 3+4"},
		"those that came first go first":  {"1:a 2:b 3:c 4:a 5:d 6:e 7:f 8:g 9:h A:i B:j", "1 2 3+4+5+6+7+8+9+A B"},
		"places are left while one waits": {"1:ab 2:ab 3:c 4:d", "1 3 2+4"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newField(t, tuning())
				f.takes = func(string) time.Duration { return ms + time.Duration(f.flights())*time.Microsecond }
				var all []*ask
				for s := range strings.FieldsSeq(tt.asks) {
					parts := strings.Split(s, ":")
					a := &ask{name: parts[0], keys: parts[1], weight: 1}
					if len(parts) > 2 {
						_, _ = fmt.Sscan(parts[2], &a.weight)
					}
					all = append(all, a)
					go f.do(t.Context(), a)
					synctest.Wait()
				}
				f.order(strings.Fields(tt.flights)...)
				for _, a := range all {
					if !a.done || a.err != nil {
						t.Errorf("%s: done %v, %v", a.name, a.done, a.err)
					}
				}
			})
		})
	}
}

// TestTries tries on, alone, until it is enough, and holds its keys meanwhile.
func TestTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newField(t, tuning())
		f.again["1"] = 5
		a, b := f.send(t.Context(), "1", "a"), f.send(t.Context(), "2", "a")
		f.order("1", "1", "1", "1", "1", "1", "2")
		if a.alone != 6 || b.alone != 1 {
			t.Errorf("%d and %d tries", a.alone, b.alone)
		}
	})
}

func TestLeave(t *testing.T) {
	ctx := func(t *testing.T) (context.Context, func()) {
		c, cancel := context.WithCancel(t.Context())
		return c, func() { cancel(); synctest.Wait() }
	}
	left := func(t *testing.T, a *ask) {
		t.Helper()
		if !a.done || !errors.Is(a.err, merge.ErrLeft) {
			t.Errorf("%s: done %v, %v", a.name, a.done, a.err)
		}
	}
	t.Run("queue", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newField(t, tuning())
			f.send(t.Context(), "1", "ab")
			c, leave := ctx(t)
			gone := f.send(c, "2", "ab")
			f.send(t.Context(), "3", "bc")
			f.send(t.Context(), "4", "a")
			leave()
			left(t, gone)
			f.send(t.Context(), "5", "c")
			f.order("1", "3+4+5")
		})
	})
	t.Run("ready", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newField(t, tuning())
			f.send(t.Context(), "1", "a")
			f.send(t.Context(), "2", "b")
			c, leave := ctx(t)
			gone := f.send(c, "3", "c")
			f.send(t.Context(), "4", "c")
			f.send(t.Context(), "5", "d")
			leave()
			left(t, gone)
			f.order("1", "2", "4+5")
		})
	})
	t.Run("flight", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newField(t, tuning())
			f.takes = func(name string) time.Duration {
				if strings.Contains(name, "+") {
					return -1
				}
				return ms
			}
			f.send(t.Context(), "1", "a")
			c, leave := ctx(t)
			d, leave2 := ctx(t)
			two, three := f.send(c, "2", "a"), f.send(d, "3", "a")
			rest(2 * ms)
			f.is("after the first", "2+3")
			f.send(t.Context(), "4", "a")
			leave()
			left(t, two)
			f.is("when one has left", "2+3")
			leave2()
			left(t, three)
			f.crossed = 0 // the keys of 2+3 were given up
			f.order("1", "2+3", "4")
		})
	})
}

// TestHold has a caller leave while its request is held: it has it back only
// when what is done with it is done. There is no bubble around it, since to
// wait for a lock is not to wait, there.
func TestHold(t *testing.T) {
	held, resume := make(chan *ask), make(chan bool)
	queue := merge.New[rune, *ask](tuning(), func(_ context.Context, batch []*ask) {
		for _, a := range batch {
			a.ticket.Hold(func() {
				held <- a
				for range 1000 {
					runtime.Gosched()
				}
				a.alone = 7
			})
		}
		<-resume
		for _, a := range batch {
			a.ticket.Hold(func() { a.alone++ })
			a.ticket.Answer(func() { a.err = errAnswered })
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first, boarded := make(chan bool), make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		var a ask
		_ = queue.Do(t.Context(), &a.ticket, &a, []rune("ab"), 1, func() bool { boarded <- true; <-first; return true })
	})
	<-boarded
	asks := [2]ask{}
	for i := range asks {
		wg.Go(func() {
			c := t.Context()
			if i == 0 {
				c = ctx
			}
			a := &asks[i]
			err := queue.Do(c, &a.ticket, a, []rune("ab"), 1, func() bool { t.Error("it went alone"); return true })
			if i == 0 {
				close(resume)
			}
			if i == 0 && (!errors.Is(err, merge.ErrLeft) || a.alone != 7 || a.err != nil) {
				t.Errorf("the one that left has %v, %d, %v", err, a.alone, a.err)
			}
			if i == 1 && (err != nil || a.alone != 8 || a.err != errAnswered) {
				t.Errorf("the one that stayed has %v, %d, %v", err, a.alone, a.err)
			}
		})
	}
	for queue.Waiting() < 2 {
		runtime.Gosched()
	}
	first <- true
	for range asks {
		if a := <-held; a == &asks[0] {
			cancel()
		}
	}
	wg.Wait()
}

var errAnswered = errors.New("answered")

// TestOverdue has flights that hang. Strangers go on, those that need the same
// keys wait, and as soon as one of them leaves, the keys are given up.
func TestOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newField(t, tuning())
		hang := true
		f.takes = func(name string) time.Duration {
			if name[0] == 'H' && hang {
				return time.Hour
			}
			return ms
		}
		f.send(t.Context(), "H1", "a")
		f.send(t.Context(), "H2", "b")
		f.send(t.Context(), "H3", "c")
		f.send(t.Context(), "x", "d")
		f.is("at first", "H1", "H2")
		rest(9 * ms)
		f.is("before they are overdue", "H1", "H2")
		rest(ms)
		f.is("when they are", "H1", "H2", "H3", "x")
		f.send(t.Context(), "y", "e")
		rest(ms)
		f.is("when x has landed", "H1", "H2", "H3", "y")
		rest(time.Second)
		waits := f.send(t.Context(), "z", "a")
		f.is("z waits", "H1", "H2", "H3")
		c, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		f.send(c, "w", "a")
		rest(time.Second)
		f.is("w has left", "H1", "H2", "H3", "z")
		hang = false
		rest(time.Hour)
		if !waits.done || waits.err != nil {
			t.Errorf("z: %v, %v", waits.done, waits.err)
		}
		f.is("in the end")
		f.send(t.Context(), "1", "abc")
		f.is("and after it", "1")
	})
}

// TestGivenUp asks for a key whose flight was given up and has not come back:
// what asks for it goes alone, so that nothing else hangs with it, until that
// flight lands.
func TestGivenUp(t *testing.T) {
	for _, shared := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newField(t, tuning())
			back := make(chan bool)
			f.takes = func(string) time.Duration { return ms + time.Duration(f.flights())*time.Microsecond }
			f.hangs = func(name string) {
				if name == "H" || name == "H+I" {
					<-back
				}
			}
			c, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if shared {
				f.send(t.Context(), "0", "a")
				f.send(c, "H", "a")
				f.send(c, "I", "a")
			} else {
				f.send(t.Context(), "H", "a")
				f.send(c, "I", "a")
			}
			rest(time.Second)
			busy := func() {
				f.send(t.Context(), "x", "x")
				f.send(t.Context(), "y", "y")
			}
			busy()
			f.send(t.Context(), "s", "b")
			f.send(t.Context(), "1", "a")
			f.send(t.Context(), "2", "a")
			f.send(t.Context(), "r", "c")
			rest(time.Second)
			close(back)
			rest(time.Second)
			busy()
			f.send(t.Context(), "S", "b")
			f.send(t.Context(), "3", "a")
			f.send(t.Context(), "4", "a")
			want := []string{"H", "x", "y", "s", "1", "r", "2", "x", "y", "S+3+4"}
			if shared {
				want = append([]string{"0", "H+I"}, want[1:]...)
			}
			f.crossed = 0 // one was given up
			f.order(want...)
		})
	}
}

// TestRandom lets random requests come, hang, be cancelled and land. All of
// them have an answer, no key is in two flights but where one was given up,
// and of a key the order is that in which they came.
func TestRandom(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 0))
			impatient := seed%2 == 1
			f := newField(t, tuning())
			moods := rand.New(rand.NewPCG(seed, 1))
			f.takes = func(string) time.Duration {
				f.mu.Lock()
				defer f.mu.Unlock()
				if moods.IntN(20) == 0 && impatient {
					return 50 * ms
				}
				return time.Duration(moods.IntN(int(3 * ms)))
			}
			var wg sync.WaitGroup
			var all []*ask
			for n := range 300 {
				a := &ask{name: fmt.Sprintf("%03d", n), weight: 1 + dice.IntN(6)}
				for range dice.IntN(4) {
					a.keys += string(rune('a' + dice.IntN(12)))
				}
				ctx, cancel := context.WithCancel(t.Context())
				if impatient && dice.IntN(3) == 0 {
					ctx, cancel = context.WithTimeout(t.Context(), time.Duration(dice.IntN(int(20*ms))))
				}
				all = append(all, a)
				wg.Go(func() { defer cancel(); f.do(ctx, a) })
				synctest.Wait()
				rest(time.Duration(dice.IntN(int(ms))))
			}
			wg.Wait()
			last := map[rune]string{}
			keys := map[string]string{}
			for _, a := range all {
				keys[a.name] = a.keys
				if a.err != nil && !impatient {
					t.Errorf("%s: %v", a.name, a.err)
				}
			}
			for _, flight := range f.begun {
				for name := range strings.SplitSeq(flight, "+") {
					for _, k := range keys[name] {
						if last[k] > name {
							t.Errorf("of %c, %s went before %s", k, last[k], name)
						}
						last[k] = name
					}
				}
			}
			if f.crossed > 0 && !impatient {
				t.Errorf("%d keys were in two flights", f.crossed)
			}
			if most := slices.MaxFunc(f.begun, func(a, b string) int { return len(a) - len(b) }); len(most) < 4*3-1 {
				t.Errorf("at most %s went together", most)
			}
			f.send(t.Context(), "last", "abcdefghijkl")
			f.is("the keys are free", "last")
		})
	}
}

// TestEnds ends flights by a panic and by the end of their goroutine: their
// keys are free.
func TestEnds(t *testing.T) {
	for name, end := range map[string]func(){"panic": func() { panic("x") }, "end": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newField(t, tuning())
				a := new(ask)
				go func() {
					defer func() { _ = recover() }()
					_ = f.queue.Do(t.Context(), &a.ticket, a, []rune("a"), 1, func() bool { end(); return true })
				}()
				synctest.Wait()
				f.send(t.Context(), "1", "a")
				f.is("afterwards", "1")
			})
		})
	}
}

// TestPace has a destination that is quick, then slow, then quick again.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newField(t, tuning())
		takes := 5 * time.Microsecond
		f.takes = func(string) time.Duration { return takes }
		shares := func() bool {
			before := f.flights()
			for n := range 20 {
				go f.do(t.Context(), &ask{name: fmt.Sprint("s", n), keys: string(rune('A' + n)), weight: 1})
			}
			rest(time.Second)
			return f.flights()-before < 20
		}
		alone := func(n int) {
			for range n {
				f.do(t.Context(), &ask{name: "q", keys: "q", weight: 1})
			}
		}
		if !shares() {
			t.Error("before anything is known of it, none shared a flight")
		}
		for round := range 5 {
			takes = 5 * time.Microsecond
			if alone(200); shares() {
				t.Errorf("round %d: they waited for others where it was quick", round)
			}
			takes = ms
			if alone(16 * 30); !shares() {
				t.Errorf("round %d: it is slow and none shared a flight", round)
			}
		}
	})
}

// TestStraight has requests that have to try again where it is quick: after
// three tries they queue, and what they took is noticed.
func TestStraight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tuned := tuning()
		tuned.Sample = never // else, once in 256 times, both are timed at first and cross twice only
		f := newField(t, tuned)
		takes := 5 * time.Microsecond
		f.takes = func(string) time.Duration { return takes }
		for range 100 {
			f.do(t.Context(), &ask{name: "q", keys: "q", weight: 1})
		}
		a, b := &ask{name: "a", keys: "k", weight: 1}, &ask{name: "b", keys: "k", weight: 1}
		f.again["a"], f.again["b"] = 5, 5
		go f.do(t.Context(), a)
		go f.do(t.Context(), b)
		rest(time.Second)
		if f.crossed < 3 || f.crossed > 7 || a.alone != 6 || b.alone != 6 {
			t.Errorf("crossed %d times in %d and %d tries", f.crossed, a.alone, b.alone)
		}
		// All that is slow has to try again, and that is enough to notice it.
		takes = ms
		var all []*ask
		for n := range 64 {
			all = append(all, &ask{name: fmt.Sprint("s", n), keys: "k", weight: 1})
			f.again[all[n].name] = 3
			go f.do(t.Context(), all[n])
		}
		rest(10 * ms)
		before := f.flights()
		rest(10 * time.Second)
		if got := f.flights() - before; got > 64 {
			t.Errorf("64 took %d more flights", got)
		}
	})
}

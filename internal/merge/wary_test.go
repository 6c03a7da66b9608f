package merge_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// hanging has flights hang whose names begin with H, until all is over.
func hanging(t *testing.T) *field {
	f := newField(t, tuning())
	f.takes = func(name string) time.Duration {
		if name[0] == 'H' {
			return time.Hour
		}
		return ms
	}
	return f
}

// TestKeysAreForgotten shows that the queue knows a key as long as it is taken
// or waited for, and no longer.
func TestKeysAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newField(t, tuning())
		lines := func(when string, want int) {
			t.Helper()
			if got := f.queue.Lines(); got != want {
				t.Errorf("%s: %d keys are known, want %d", when, got, want)
			}
		}
		f.send(t.Context(), "1", "ab")
		lines("under way", 2)
		ctx, cancel := context.WithCancel(t.Context())
		f.send(ctx, "2", "ac")
		lines("one waits", 3)
		cancel()
		synctest.Wait()
		lines("and leaves", 2)
		f.send(t.Context(), "3", "a")
		f.is("a key stays taken when one leaves that waited for it", "1")
		f.order("1", "3")
		lines("in the end", 0)
	})
}

// TestKeysOfTheLost shows that a key which was given up is known until its
// flight has landed.
func TestKeysOfTheLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := hanging(t)
		f.send(t.Context(), "H", "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		f.send(ctx, "leaves", "a")
		rest(time.Second)
		if got := f.queue.Lines(); got != 1 {
			t.Errorf("%d keys are known, want that one which was given up", got)
		}
		rest(time.Hour)
		if got := f.queue.Lines(); got != 0 {
			t.Errorf("%d keys are known in the end", got)
		}
	})
}

// TestPlacesGrow shows how many strangers go while all that is under way
// hangs: as many as hang; and that those which have landed count no more.
func TestPlacesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := hanging(t)
		f.send(t.Context(), "H1", "a")
		f.send(t.Context(), "H2", "b")
		rest(10 * ms)
		f.send(t.Context(), "H3", "c")
		f.send(t.Context(), "H4", "d")
		f.send(t.Context(), "H5", "e")
		f.is("two hang: two more go", "H1", "H2", "H3", "H4")
		rest(10 * ms)
		f.is("then the third", "H1", "H2", "H3", "H4", "H5")
		rest(10 * ms)
		for _, name := range []string{"s1", "s2", "s3", "s4", "s5", "s6"} {
			f.send(t.Context(), name, name[1:])
		}
		f.is("five hang: five more go", "H1", "H2", "H3", "H4", "H5", "s1", "s2", "s3", "s4", "s5")
		rest(2 * time.Hour)
		f.is("in the end")
		// Once more, with two: what landed late is forgotten. After a landing
		// the usual time is longer, so it takes longer to be overdue.
		f.send(t.Context(), "H6", "a")
		f.send(t.Context(), "H7", "b")
		rest(time.Minute)
		f.send(t.Context(), "s7", "7")
		f.send(t.Context(), "s8", "8")
		f.send(t.Context(), "s9", "9")
		f.is("two hang again: two more go", "H6", "H7", "s7", "s8")
	})
}

// TestWary shows when the first goes without strangers, so that it does not
// hang with one: when a flight is overdue.
func TestWary(t *testing.T) {
	for name, before := range map[string]func(t *testing.T, f *field){
		"nothing has landed": func(*testing.T, *field) {},
		"the first after one that landed": func(t *testing.T, f *field) {
			f.send(t.Context(), "0", "0")
			rest(ms)
		},
		"the second after one that landed": func(t *testing.T, f *field) {
			f.send(t.Context(), "0", "0")
			rest(ms)
			ctx, cancel := context.WithTimeout(t.Context(), ms)
			defer cancel()
			f.send(ctx, "Hx", "0") // its caller ends it, which says nothing
			rest(ms)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := hanging(t)
				before(t, f)
				f.send(t.Context(), "H1", "a")
				rest(5 * ms)
				f.send(t.Context(), "H2", "b")
				f.send(t.Context(), "x", "x")
				f.send(t.Context(), "y", "y")
				rest(5 * ms)
				f.is("when H1 is overdue", "H1", "H2", "x")
			})
		})
	}
}

// TestWaryBesideOthers has a flight land after another began, which hangs. That
// says nothing of strangers. What needs the same keys goes together, and
// everything does once nothing hangs.
func TestWaryBesideOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := hanging(t)
		f.send(t.Context(), "H1", "a")
		f.send(t.Context(), "0", "0")
		rest(5 * ms)
		f.send(t.Context(), "H2", "b")
		f.send(t.Context(), "x", "x")
		f.send(t.Context(), "y", "y")
		f.send(t.Context(), "x2", "xz")
		f.send(t.Context(), "z", "z")
		f.send(t.Context(), "x3", "x")
		rest(5 * ms)
		f.is("when H1 is overdue", "H1", "H2", "x+x2+x3")
		rest(ms)
		f.is("then", "H1", "H2", "y")
		rest(2 * time.Hour)
		f.send(t.Context(), "H3", "a")
		f.send(t.Context(), "0", "0")
		f.send(t.Context(), "v", "v")
		f.send(t.Context(), "w", "w")
		rest(ms)
		f.is("when nothing is overdue", "H3", "v+w")
	})
}

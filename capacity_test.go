package icpcode

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type sized struct {
	Store
	n int
}

func (s sized) MaxWrites() int { return s.n }

func TestCapacityOfStores(t *testing.T) {
	for _, tt := range []struct {
		store           Store
		total, attached int
	}{
		{newShelf(), 1024, 1000}, {sized{n: 0}, 1024, 1000}, {sized{n: 64}, 64, 31}, {sized{n: 65}, 65, 31}, {sized{n: 100}, 100, 49},
		{sized{n: 128}, 128, 63}, {sized{n: 2002}, 2002, 1000}, {sized{n: 5000}, 5000, 1000},
	} {
		c := capacityOf(tt.store)
		if c.total() != tt.total || c.attached() != tt.attached {
			t.Errorf("%v: %d writes and %d codes, want %d and %d", tt.store, c.total(), c.attached(), tt.total, tt.attached)
		}
		if k := c.attached(); c.weigh(2+k, k) > c.total() {
			t.Errorf("%v: closing an instance of %d codes weighs %d of %d", tt.store, k, c.weigh(2+k, k), c.total())
		}
	}
	for _, n := range []int{-1, 1, 63} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("an engine over a store that takes %d writes", n)
				}
			}()
			New(sized{n: n}, nil)
		}()
	}
}

// TestCapacityTellsTheNumber: what does not fit is told with the largest number
// that does.
func TestCapacityTellsTheNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := capacity(rapid.OneOf(rapid.Just(0), rapid.IntRange(leastWrites, 3000)).Draw(t, "capacity"))
		events, others := rapid.IntRange(1, 2).Draw(t, "events"), rapid.IntRange(0, 5).Draw(t, "others")
		n := rapid.IntRange(1, 1000).Draw(t, "n")
		err := c.fits("Quantity", n, events, others)
		if fits := c.weigh(n+others+1, n*events) <= c.total(); fits != (err == nil) {
			t.Fatalf("%d codes fit: %v, but %v", n, fits, err)
		}
		if err == nil {
			return
		}
		most := 0
		for most < 1000 && c.fits("Quantity", most+1, events, others) == nil {
			most++
		}
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "at most "+strconv.Itoa(most)+" codes") {
			t.Fatalf("%v, want it to say that %d fit", err, most)
		}
	})
}

package icpcode

import "strconv"

// usualPuts is how many Puts a Change of any store that is not [Limited] can
// have, each record with an event beside it.
const usualPuts = 1024

// leastWrites is the least that a [Limited] store takes.
const leastWrites = 64

// capacity is how much a Change can have: the limit of a [Limited] store, or
// 0 for any other.
type capacity int

// weigh says how much of a Change so many Puts and events fill, and total how
// much there is.
func (c capacity) weigh(puts, events int) int {
	if c == 0 {
		return max(puts, events)
	}
	return puts + events
}

func (c capacity) total() int {
	if c == 0 {
		return usualPuts
	}
	return int(c)
}

// attached is how many codes an instance can have, so that closing it, with
// its ledger and the receipt, fits into one Change.
func (c capacity) attached() int {
	if c == 0 {
		return maxAttached
	}
	return min(maxAttached, (int(c)-2)/2)
}

// fits checks that n codes, each with its record and so many events, fit into
// one Change beside other Puts. Field is what the caller would make less of.
func (c capacity) fits(field string, n, events, others int) error {
	others++ // the receipt
	if c.weigh(others+n, n*events) <= c.total() {
		return nil
	}
	most := c.total() / max(1, events)
	if c != 0 {
		most = (int(c) - others) / (1 + events)
	}
	return invalid(field, "does not fit into one commit of this store: at most "+strconv.Itoa(min(most, c.total()-others))+" codes do")
}

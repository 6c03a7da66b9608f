package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/icpcode/icpcode"
)

// A crowd is a set of records that a query matches: the steady ones always,
// while the others come and go.
type crowd struct {
	query    icpcode.Query
	steady   []icpcode.Code
	versions map[icpcode.Code]uint64
	spare    []icpcode.Code // codes that are yet to be born
	leaving  []icpcode.Code // to be granted away
	owner    icpcode.AccountID
	since    time.Time // all were issued from then on
	turn     int
}

// crowd commits a crowd. The codes of all parts are mingled, so that some come
// before and some after any place in a listing.
func (p *probe) crowd(by icpcode.Index, newest bool, limit int) *crowd {
	owner := icpcode.AccountID(p.id())
	c := &crowd{
		query: icpcode.Query{By: by, Value: string(owner), State: icpcode.StateAvailable, Newest: newest, Limit: limit},
		owner: owner, since: firstIssued, versions: make(map[icpcode.Code]uint64),
	}
	if by == icpcode.Everything {
		c.query.Value, c.since = "", late()
	}
	var ch icpcode.Change
	for i := range 120 {
		code := p.code()
		switch i % 4 {
		case 0, 2:
			c.spare = append(c.spare, code)
			continue
		case 1:
			c.steady = append(c.steady, code)
		case 3:
			c.leaving = append(c.leaving, code)
		}
		p.place(c, &ch, code, true)
	}
	p.commit(ch)
	c.spare, c.leaving = inward(c.spare), inward(c.leaving)
	return c
}

// inward returns the first code, the last, the second, the last but one and so
// on.
func inward(codes []icpcode.Code) []icpcode.Code {
	var ordered []icpcode.Code
	for i := range codes {
		from := i / 2
		if i%2 == 1 {
			from = len(codes) - 1 - i/2
		}
		ordered = append(ordered, codes[from])
	}
	return ordered
}

// place adds to ch the next version of a code, which is to match or not.
func (p *probe) place(c *crowd, ch *icpcode.Change, code icpcode.Code, matches bool) {
	v := c.versions[code]
	p.write(ch, code, v, v+1, func(r *icpcode.Record) {
		r.Issued = c.since.Add(issuedAt(code).Sub(firstIssued))
		r.Owner, r.State = c.owner, icpcode.StateFiling // to another holder, in any case in another state
		if matches {
			r.Grantee, r.State = "", icpcode.StateAvailable
		}
	})
	c.versions[code] = v + 1
}

// change moves the crowd on. Every other time two codes are born, in between
// two are granted away and leave the state, until none is left to; one from
// either end, so that the places of what lies between move to and fro. Two that
// stay are written again.
func (p *probe) change(c *crowd) error {
	var ch icpcode.Change
	from, matches := &c.spare, true
	if c.turn%2 == 1 {
		from, matches = &c.leaving, false
	}
	n := min(2, len(*from))
	for _, code := range (*from)[:n] {
		p.place(c, &ch, code, matches)
	}
	*from = (*from)[n:]
	for _, half := range []int{0, len(c.steady) / 2} {
		p.place(c, &ch, c.steady[half+c.turn%(len(c.steady)/2)], true)
	}
	c.turn++
	return commit(p.ctx, p.store, ch)
}

// steadyOnce checks that a listing has every steady code once.
func (c *crowd) steadyOnce(records []icpcode.Record) error {
	seen := make(map[icpcode.Code]int)
	for i := range records {
		seen[records[i].Code]++
	}
	missing, twice := 0, 0
	for _, code := range c.steady {
		if seen[code] == 0 {
			missing++
		}
		if seen[code] > 1 {
			twice++
		}
	}
	if missing+twice > 0 {
		return fmt.Errorf("of %d records that matched throughout, List by %v, %d on a page, left out %d and returned %d more than once, "+
			"while others came and went", len(c.steady), c.query.By, c.query.Limit, missing, twice)
	}
	return nil
}

func checkListWhileChanging(p *probe) {
	for _, by := range []icpcode.Index{icpcode.ByOwner, icpcode.ByHolder, icpcode.Everything} {
		for _, limit := range []int{1, 4, 11} {
			p.listWhileChanging(by, true, limit)
			if by != icpcode.Everything { // else what others have may come before
				p.listWhileChanging(by, false, limit)
			}
		}
	}
}

func (p *probe) listWhileChanging(by icpcode.Index, newest bool, limit int) {
	p.Helper()
	c := p.crowd(by, newest, limit)
	var wrong error
	records, err := listUntil(p.ctx, p.store, c.query,
		func() { wrong = errors.Join(wrong, p.change(c)) },
		func(r *icpcode.Record) bool { return newest && r.Issued.Before(c.since) })
	if err := errors.Join(err, wrong); err != nil {
		p.Fatalf("%v", err)
	}
	if err := c.steadyOnce(records); err != nil {
		p.Fatalf("%v", err)
	}
	if newest && !slices.IsSortedFunc(records, newestFirst) {
		p.Fatalf("%v", breaks(ruleNewest, "List by %v, newest first, was out of order while others came and went", by))
	}
	if c.turn < 3 {
		p.Fatalf("List by %v returned everything at once: nothing was proven", by)
	}
}

func checkListWhileRacing(p *probe) {
	for round := range 4 {
		p.listWhileRacing(round)
	}
}

func (p *probe) listWhileRacing(round int) {
	c := p.crowd(icpcode.ByHolder, round%2 == 1, 5)
	var changes, pages atomic.Int64
	var stop atomic.Bool
	p.together(
		func() error {
			defer stop.Store(true)
			for !stop.Load() {
				if err := p.change(c); err != nil {
					return err
				}
				// Never far ahead, for changes to last to the last page.
				for changes.Add(1); changes.Load() > pages.Load()+2 && !stop.Load(); {
					runtime.Gosched()
				}
			}
			return nil
		},
		func() error {
			defer stop.Store(true)
			records, err := list(p.ctx, p.store, c.query, func() {
				// A change at least between any two pages.
				before := changes.Load()
				for pages.Add(1); changes.Load() == before && !stop.Load(); {
					runtime.Gosched()
				}
			})
			if err != nil || stop.Load() {
				return err // or the writer has failed and says why
			}
			if err := c.steadyOnce(records); err != nil {
				return err
			}
			if pages.Load() < 2 {
				return errors.New("List returned everything at once: nothing was proven")
			}
			return nil
		},
	)
}

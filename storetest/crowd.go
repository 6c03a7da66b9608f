package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

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
	turn     int
}

// crowd commits a crowd. The codes of all parts are mingled, so that some come
// before and some after any place in a listing.
func (p *probe) crowd(by icpcode.Index, limit int) *crowd {
	owner := icpcode.AccountID(p.id())
	c := &crowd{
		query: icpcode.Query{By: by, Value: string(owner), State: icpcode.StateAvailable, Limit: limit},
		owner: owner, versions: make(map[icpcode.Code]uint64),
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
		p.join(c, &ch, code)
	}
	p.commit(ch)
	return c
}

// join adds to ch the next version of a code of the crowd that matches.
func (p *probe) join(c *crowd, ch *icpcode.Change, code icpcode.Code) {
	v := c.versions[code]
	p.write(ch, code, v, v+1, func(r *icpcode.Record) {
		r.Owner, r.Grantee, r.State = c.owner, "", icpcode.StateAvailable
	})
	c.versions[code] = v + 1
}

// change moves the crowd on: two codes from either end of what is left are
// born, two are granted away or leave the state, two that stay are written
// again.
func (p *probe) change(c *crowd) error {
	var ch icpcode.Change
	for _, end := range []int{0, 1} {
		take := func(codes *[]icpcode.Code) (code icpcode.Code, ok bool) {
			n := len(*codes)
			if n == 0 {
				return code, false
			}
			i := end * (n - 1)
			code = (*codes)[i]
			*codes = slices.Delete(*codes, i, i+1)
			return code, true
		}
		if code, ok := take(&c.spare); ok {
			p.join(c, &ch, code)
		}
		if code, ok := take(&c.leaving); ok {
			v := c.versions[code]
			p.write(&ch, code, v, v+1, func(r *icpcode.Record) { // to another holder, in any case in another state
				r.Owner, r.State = c.owner, icpcode.StateFiling
			})
			c.versions[code] = v + 1
		}
		i := c.turn % (len(c.steady) / 2)
		p.join(c, &ch, c.steady[end*(len(c.steady)/2)+i])
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
		return fmt.Errorf("of %d records that matched throughout, List by %s, %d on a page, left out %d and returned %d more than once, "+
			"while others came and went", len(c.steady), indexName(c.query.By), c.query.Limit, missing, twice)
	}
	return nil
}

func checkListWhileChanging(p *probe) {
	for _, by := range []icpcode.Index{icpcode.ByOwner, icpcode.ByHolder} {
		for _, limit := range []int{1, 4, 11} {
			c := p.crowd(by, limit)
			var wrong error
			records, err := list(p.ctx, p.store, c.query, func() { wrong = errors.Join(wrong, p.change(c)) })
			if err := errors.Join(err, wrong); err != nil {
				p.Fatalf("%v", err)
			}
			if err := c.steadyOnce(records); err != nil {
				p.Fatalf("%v", err)
			}
			if c.turn < 3 {
				p.Fatalf("List by %s returned everything at once: nothing was proven", indexName(by))
			}
		}
	}
}

func checkListWhileRacing(p *probe) {
	const listings = 4
	c := p.crowd(icpcode.ByHolder, 5)
	var changed atomic.Int64
	var stop atomic.Bool
	p.together(
		func() error {
			defer stop.Store(true)
			for !stop.Load() {
				if err := p.change(c); err != nil {
					return err
				}
				changed.Add(1)
				runtime.Gosched()
			}
			return nil
		},
		func() error {
			defer stop.Store(true)
			for range listings {
				// The writer never waits; the reader does, for a change to
				// happen between any two pages.
				pages := 1
				records, err := list(p.ctx, p.store, c.query, func() {
					pages++
					for before := changed.Load(); changed.Load() == before && !stop.Load(); {
						runtime.Gosched()
					}
				})
				if err != nil {
					return err
				}
				if stop.Load() {
					return nil // the writer has failed and says why
				}
				if err := c.steadyOnce(records); err != nil {
					return err
				}
				if pages < 3 {
					return errors.New("List returned everything at once: nothing was proven")
				}
			}
			return nil
		},
	)
}

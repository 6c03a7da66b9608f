package lincheck

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/icpcode/icpcode"
)

// Racing is a store that checks the versions, and then writes whatever they are
// by now: the fault that the checker must see.
type Racing struct {
	icpcode.Store
	mu    sync.Mutex
	fired atomic.Int64 // writes over another one's
}

// Fired returns how many commits wrote over another one's.
func (r *Racing) Fired() int64 { return r.fired.Load() }

// Commit implements [icpcode.Store], wrongly.
func (r *Racing) Commit(ctx context.Context, c icpcode.Change) error {
	before, err := r.versions(ctx, c)
	if err != nil {
		return err
	}
	for i, p := range c.Puts {
		if before[i] != p.Expect {
			return icpcode.ErrConflict
		}
	}
	for range 20 {
		runtime.Gosched()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	after, err := r.versions(ctx, c)
	if err != nil {
		return err
	}
	puts := c.Puts
	c.Puts, c.Events = nil, slices.Clone(c.Events)
	for i, p := range puts {
		// An acquaintance that is there by now has no other version to write.
		if p.Key.Kind == icpcode.KindAcquaintance && after[i] != 0 {
			continue
		}
		if r, ok := p.Body.(*icpcode.Record); ok {
			p.Body = renumbered(r, after[i]-before[i], c.Events)
		}
		p.Version += after[i] - before[i]
		p.Expect = after[i]
		c.Puts = append(c.Puts, p)
	}
	err = r.Store.Commit(ctx, c)
	if err == nil && !slices.Equal(before, after) {
		r.fired.Add(1)
	}
	return err
}

// renumbered returns a record whose last events come after so many others, and
// gives those events their numbers.
func renumbered(r *icpcode.Record, others uint64, events []icpcode.Event) *icpcode.Record {
	later := r.Clone()
	later.Version += others
	for i := range events {
		if events[i].Code == r.Code {
			events[i].Seq += others
		}
	}
	return &later
}

func (r *Racing) versions(ctx context.Context, c icpcode.Change) ([]uint64, error) {
	var keys []icpcode.Key
	for _, p := range c.Puts {
		keys = append(keys, p.Key)
	}
	docs, err := r.Store.Load(ctx, keys...)
	var versions []uint64
	for _, d := range docs {
		versions = append(versions, d.Version)
	}
	return versions, err
}

// Tearing is a store that now and then ends none of the filings that an approval
// replaces: the fault that the checker must see.
type Tearing struct {
	icpcode.Store
	fired atomic.Int64
}

// Fired returns how many commits it tore.
func (t *Tearing) Fired() int64 { return t.fired.Load() }

// Commit implements [icpcode.Store], wrongly.
func (t *Tearing) Commit(ctx context.Context, c icpcode.Change) error {
	approves := slices.ContainsFunc(c.Events, func(e icpcode.Event) bool { return e.Action == icpcode.ActionApprove })
	left := icpcode.Change{Puts: slices.Clone(c.Puts)}
	for _, e := range c.Events {
		if !approves || e.Action != icpcode.ActionEnd {
			left.Events = append(left.Events, e)
			continue
		}
		left.Puts = slices.DeleteFunc(left.Puts, func(p icpcode.Put) bool {
			return p.Key.Kind == icpcode.KindRecord && p.Key.Code == e.Code
		})
	}
	err := t.Store.Commit(ctx, left)
	if err == nil && len(left.Events) < len(c.Events) {
		t.fired.Add(1)
	}
	return err
}

// Lagging is a store whose lists know nothing of how filings ended: the fault
// that the checker must see in a review. It loads single documents right.
type Lagging struct {
	icpcode.Store
	fired atomic.Int64
}

// Fired returns how many ended filings it listed as if they went on.
func (l *Lagging) Fired() int64 { return l.fired.Load() }

// List implements [icpcode.Store], wrongly.
func (l *Lagging) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	page, err := l.Store.List(ctx, q)
	page.Records = slices.Clone(page.Records)
	for i := range page.Records {
		if p := page.Records[i].Progress; p != nil && p.End != icpcode.EndNone {
			page.Records[i].Progress = nil
			l.fired.Add(1)
		}
	}
	return page, err
}

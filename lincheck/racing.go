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
	c.Puts = nil
	for i, p := range puts {
		// An acquaintance that is there by now has no other version to write.
		if p.Key.Kind == icpcode.KindAcquaintance && after[i] != 0 {
			continue
		}
		p.Expect, p.Version = after[i], max(p.Version, after[i]+1)
		c.Puts = append(c.Puts, p)
	}
	err = r.Store.Commit(ctx, c)
	if err == nil && !slices.Equal(before, after) {
		r.fired.Add(1)
	}
	return err
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

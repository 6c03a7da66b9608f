package storetest

import (
	"context"
	"fmt"

	"github.com/icpcode/icpcode"
)

// Least is a store that hands its calls to another and takes the least that a
// store can: 64 Puts and events in one Change (see [icpcode.Limited]). A
// larger Change is an error and is not written. It shows whether what stands
// above a store keeps its limit.
type Least struct{ store icpcode.Store }

// NewLeast returns a store over s that takes the least.
func NewLeast(s icpcode.Store) *Least { return &Least{s} }

var _ icpcode.Limited = (*Least)(nil)

// MaxWrites implements [icpcode.Limited].
func (l *Least) MaxWrites() int { return leastWrites }

// Commit implements [icpcode.Store].
func (l *Least) Commit(ctx context.Context, c icpcode.Change) error {
	if n := len(c.Puts) + len(c.Events); n > leastWrites {
		return fmt.Errorf("storetest: a Change of %d Puts and %d events, more than %d", len(c.Puts), len(c.Events), leastWrites)
	}
	return l.store.Commit(ctx, c)
}

// Load implements [icpcode.Store].
func (l *Least) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	return l.store.Load(ctx, keys...)
}

// List implements [icpcode.Store].
func (l *Least) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	return l.store.List(ctx, q)
}

// Events implements [icpcode.Store].
func (l *Least) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	return l.store.Events(ctx, q)
}

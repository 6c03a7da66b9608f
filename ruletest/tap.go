package ruletest

import (
	"context"
	"errors"
	"fmt"

	"github.com/icpcode/icpcode"
)

// fault is what happens to the next call of a store.
type fault uint8

const (
	noFault    fault = iota
	conflict         // the commit meets another one
	lostAnswer       // the commit takes effect, and its answer is lost
	lostCommit       // the commit is lost, and nobody knows
	badLoad          // nothing can be read
)

// errLost is the error of a store that does not know, or cannot read.
var errLost = errors.New("ruletest: connection lost")

// tap stands between an engine and its store. It counts the calls, notes what
// was written, and makes calls go wrong.
type tap struct {
	icpcode.Store
	next    fault
	times   int // how often next happens
	fired   int
	loads   int
	commits int
	written []icpcode.Key // what was committed
	events  int
}

// arm forgets what was noted and says what goes wrong next.
func (t *tap) arm(f fault, times int) {
	t.next, t.times, t.fired, t.loads, t.commits, t.events = f, times, 0, 0, 0, 0
	t.written = t.written[:0]
}

func (t *tap) fires(f fault) bool {
	if t.next != f || t.fired == t.times {
		return false
	}
	t.fired++
	return true
}

func (t *tap) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	t.loads++
	if t.fires(badLoad) {
		return nil, errLost
	}
	return t.Store.Load(ctx, keys...)
}

func (t *tap) Commit(ctx context.Context, c icpcode.Change) error {
	t.commits++
	if t.fires(conflict) {
		return fmt.Errorf("%w: injected", icpcode.ErrConflict)
	}
	if t.fires(lostCommit) {
		return errLost
	}
	var written []icpcode.Key
	for _, p := range c.Puts {
		written = append(written, p.Key)
	}
	if err := t.Store.Commit(ctx, c); err != nil {
		return err
	}
	t.written = append(t.written, written...)
	t.events += len(c.Events)
	if t.fires(lostAnswer) {
		return errLost
	}
	return nil
}

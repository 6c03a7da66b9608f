package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/icpcode/icpcode"
)

const (
	// maxAttempts bounds the transactions that InTx begins.
	maxAttempts = 64
	// The pause after the i-th conflict is drawn from 0 to firstPause << i, at
	// most lastPause.
	firstPause = time.Millisecond
	lastPause  = 100 * time.Millisecond
)

// InTx calls f in a transaction of its own and commits it: what f does with tx,
// in tables of the caller's, and with eng, which is bound to the transaction,
// is committed together or not at all. eng is the one that InTx was given, over
// this store; f must use the one that it is given itself.
//
// At a conflict of either, also one at the commit or between statements of the
// caller's (a deadlock, a serialization failure), InTx rolls back, pauses for a
// moment and begins again, at most 64 times. So f is called more than once: it
// must not keep what it did before, and its requests must have the same request
// IDs each time. Any other error of f ends it: InTx rolls back and returns that
// error. A unique key that the caller's own row would break is such an error.
//
// The hooks of the engine's options are called while the transaction is open. A
// hook that asks the same database needs a connection of its own then, so the
// pool must have two; over SQLite, where one transaction writes at a time, a hook
// must not write. A hook that fails ends InTx.
//
// If the commit itself fails otherwise, the error matches
// [icpcode.ErrUnknownOutcome]: call InTx again, with the same request IDs. What
// was done then is answered with Result.Replayed, and f finds its own row
// there. Result.Events are for the caller to observe once InTx has returned nil.
func (s *Store) InTx(ctx context.Context, eng *icpcode.Engine, f func(tx *sql.Tx, eng *icpcode.Engine) error) error {
	for i := 0; ; i++ {
		err := s.inTx(ctx, eng, f)
		if err == nil || !s.passes(err) {
			return err
		}
		if i == maxAttempts-1 {
			return fmt.Errorf("sqlstore: gave up after %d transactions: %w: %w", maxAttempts, icpcode.ErrConflict, err)
		}
		pause := time.NewTimer(rand.N(min(lastPause, firstPause<<min(i, 20))))
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
}

// inTx makes one transaction.
func (s *Store) inTx(ctx context.Context, eng *icpcode.Engine, f func(*sql.Tx, *icpcode.Engine) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(ctx, "begin", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the Commit
	if err := f(tx, eng.InTx(s.In(tx))); err != nil {
		return err
	}
	err = tx.Commit()
	if err == nil || s.passes(err) || errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return fmt.Errorf("%w: %w", icpcode.ErrUnknownOutcome, s.explain(ctx, "commit", err))
}

// passes reports whether an error rolled the transaction back and would not
// meet it again. A unique key that is taken would, where it is the caller's
// own; a store's own is an ErrConflict by then.
func (s *Store) passes(err error) bool {
	// A hook that asks the database by itself, and is held up, would be so
	// again: by this very transaction.
	if errors.Is(err, icpcode.ErrUnknownOutcome) || errors.Is(err, icpcode.ErrHook) {
		return false
	}
	if errors.Is(err, icpcode.ErrConflict) {
		return true
	}
	return s.classify(err) == conflict && !s.taken(err)
}

// taken reports whether an error is that of a unique key.
func (s *Store) taken(err error) bool {
	if s.dialect == PostgreSQL {
		state, _ := sqlState(err)
		return state == "23505"
	}
	n, _ := s.errorNumber(err)
	if s.dialect == SQLite {
		return n == 1555 || n == 2067 || n == 2579
	}
	return n == 1062
}

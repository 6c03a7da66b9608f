package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
)

// sqlite writes a Change in a transaction, row by row: there is no round trip
// to save, and taking rows out of one argument costs four times as much.
type sqlite struct{}

func (sqlite) value(s *statement, _ *column, v any) { s.arg("?", v) }

func (sqlite) shown(s *statement, c *column, _ bool) {
	if c.kind == integer {
		s.add("cast(t.", c.name, " as text)")
		return
	}
	s.add("t.", c.name)
}

func (sqlite) array() (before, after string) { return "json_array(", ")" }

// keyed joins in the order that it writes.
func (sqlite) keyed(s *statement, t *table, keys []row) {
	all, _ := jsonArray(keys) // texts and integers never fail
	s.add("json_each(")
	s.arg("?", all)
	s.add(") as x cross join ", t.name, " as t on ")
	for i := range t.keys {
		if i > 0 {
			s.add(" and ")
		}
		s.add("t.", t.columns[i].name, " = x.value ->> ", strconv.Itoa(i))
	}
}

func (sqlite) locked() string { return "" }

func (sqlite) unfit() string { return "" }

func (sqlite) all(*statement) {}

func (sqlite) indexed(string) string { return "" }

func (f sqlite) before(s *statement, p position) { rows(f, s, "<", p) }

func (f sqlite) upTo(s *statement, p position) { rows(f, s, ">=", p) }

func (sqlite) unindexed(column string) string { return "+" + column }

// commitSQLite writes in a transaction that begins with a write, so that it
// has the lock for writing before it reads anything: one that reads first may
// be refused the lock later. Statements are prepared before, for the database
// may have a single connection.
func (s *Store) commitSQLite(ctx context.Context, on conn, all []step) (err error) {
	if tx, ok := on.(*sql.Tx); ok {
		return savepoint(ctx, tx, all)
	}
	stmts := make([]*sql.Stmt, len(all))
	for i := range all {
		if stmts[i], err = s.stmt(ctx, s.known.keep(all[i].shape, &all[i].statement)); err != nil {
			return err
		}
	}
	// There is one writer at a time. To queue here is fairer, and cheaper,
	// than to sleep and look again, as SQLite does.
	select {
	case s.writing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.writing }()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for i := range all {
		res, err := tx.StmtContext(ctx, stmts[i]).ExecContext(ctx, all[i].args...)
		if err == nil {
			err = all[i].done(res)
		}
		if err != nil {
			return errors.Join(err, undone(tx.Rollback()))
		}
	}
	return tx.Commit()
}

// undone leaves out that a transaction was over already.
func undone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// savepoint writes in a transaction of the caller's.
func savepoint(ctx context.Context, tx *sql.Tx, all []step) error {
	if _, err := tx.ExecContext(ctx, "savepoint icpcode"); err != nil {
		return err
	}
	for i := range all {
		res, err := tx.ExecContext(ctx, all[i].text(), all[i].args...)
		if err == nil {
			err = all[i].done(res)
		}
		if err != nil {
			return errors.Join(err, undoSavepoint(ctx, tx))
		}
	}
	_, err := tx.ExecContext(ctx, "release icpcode")
	return err
}

// undoSavepoint takes back what was written since, also under a context that is
// done: the caller may commit what it wrote before.
func undoSavepoint(ctx context.Context, tx *sql.Tx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	if _, err := tx.ExecContext(ctx, "rollback to icpcode"); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "release icpcode")
	return err
}

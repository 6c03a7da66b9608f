package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// PurgeReceipts forgets at most limit receipts (1 to 1000) of requests that
// were done before an instant, and returns how many it forgot: fewer than
// limit when no more were left. A request that is repeated after its receipt
// is gone is done a second time, so purge only what nobody repeats any more.
// Several purges may be at work at once.
func (s *Store) PurgeReceipts(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.purge(ctx, before, limit, receipts, "at", func(tx *sql.Tx, keys []row) error {
		return s.forget(ctx, tx, receipts, keys)
	})
}

// PurgeEvents forgets the whole histories of at most limit codes (1 to 1000)
// that were Filed, Refunded or Invalid for good since before an instant, and
// returns of how many: fewer than limit when no more were left. The codes
// themselves stay for ever, so that none is drawn again; but nobody can tell
// any more how they came to be, and one that was imported cannot be imported
// again ([icpcode.ErrDiffers]). Several purges may be at work at once.
func (s *Store) PurgeEvents(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.purge(ctx, before, limit, codes, "ended", func(tx *sql.Tx, keys []row) error {
		if err := s.forget(ctx, tx, events, keys); err != nil {
			return err
		}
		var text statement
		f := s.flavour()
		text.add("update ", codes.name, " set ended = null where ")
		anyOf(f, &text, codes.columns[:1], keys)
		_, err := tx.ExecContext(ctx, text.text(), text.args...)
		return err
	})
}

// purge finds rows by an instant that has an index, and has them forgotten, in
// one transaction for each time that it looks.
func (s *Store) purge(
	ctx context.Context, before time.Time, limit int, t *table, by string, forget func(*sql.Tx, []row) error,
) (n int, err error) {
	if err := checkLimit(limit); err != nil {
		return 0, err
	}
	if err := s.check(ctx, s.db); err != nil {
		return 0, err
	}
	defer func() { err = s.explain(ctx, "purge", err) }()
	for n < limit {
		found, err := s.due(ctx, t, by, before, limit-n)
		if err != nil || len(found) == 0 {
			return n, err
		}
		forgotten, err := s.purgeDue(ctx, t, by, before, found, forget)
		n += forgotten
		if err != nil || forgotten == len(found) {
			return n, err
		}
		// Others were at it, too: there may be more.
	}
	return n, nil
}

// due returns the keys of rows that can be forgotten.
func (s *Store) due(ctx context.Context, t *table, by string, before time.Time, limit int) ([]row, error) {
	f := s.flavour()
	var text statement
	text.add("select ")
	text.shownKeys(f, t)
	text.add(" from ", t.name, " as t where t.", by, " < ")
	f.value(&text, &column{name: by, kind: instant}, moment(before))
	text.add(" order by t.", by, " limit ")
	f.value(&text, &column{name: "", kind: integer}, int64(limit))
	return keysOf(ctx, s.db, &text, t.keys)
}

// purgeDue forgets what was found, as far as it is still due once it is locked:
// another purge may have forgotten a row meanwhile, and another request have
// written it anew.
func (s *Store) purgeDue(
	ctx context.Context, t *table, by string, before time.Time, found []row, forget func(*sql.Tx, []row) error,
) (n int, err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			n, err = 0, errors.Join(err, undone(tx.Rollback()))
		}
	}()
	f := s.flavour()
	if s.dialect == SQLite {
		// A transaction that begins with a write is the only one that writes.
		if _, err := tx.ExecContext(ctx, "update "+t.name+" set "+by+" = "+by+" where 0"); err != nil {
			return 0, err
		}
	}
	var text statement
	text.add("select ")
	text.shownKeys(f, t)
	text.add(" from ", t.name, " as t where ")
	anyOf(f, &text, t.columns[:t.keys], found)
	text.add(" and t.", by, " < ")
	f.value(&text, &column{name: by, kind: instant}, moment(before))
	if s.dialect != SQLite {
		text.add(" for update")
	}
	locked, err := keysOf(ctx, tx, &text, t.keys)
	if err != nil {
		return 0, err
	}
	if len(locked) > 0 {
		if err := forget(tx, locked); err != nil {
			return 0, err
		}
	}
	return len(locked), tx.Commit()
}

// shownKeys reads the key of t.
func (s *statement) shownKeys(f flavour, t *table) {
	for i := range t.keys {
		if i > 0 {
			s.add(", ")
		}
		f.shown(s, &t.columns[i], false)
	}
}

func keysOf(ctx context.Context, on conn, text *statement, width int) (keys []row, err error) {
	rows, err := on.QueryContext(ctx, text.text(), text.args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		cols := make([]string, width)
		to := make([]any, width)
		for i := range cols {
			to[i] = &cols[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		key := make(row, width)
		for i := range cols {
			key[i] = cols[i]
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// forget deletes the rows of t that begin with keys.
func (s *Store) forget(ctx context.Context, on conn, t *table, keys []row) error {
	var text statement
	text.add("delete from ", t.name, " where ")
	anyOf(s.flavour(), &text, t.columns[:len(keys[0])], keys)
	_, err := on.ExecContext(ctx, text.text(), text.args...)
	return err
}

// anyOf compares columns with any of several keys.
func anyOf(f flavour, s *statement, columns []column, keys []row) {
	s.add("(")
	s.names(columns)
	s.add(") in (")
	if _, ok := f.(mySQL); !ok {
		s.add("values ")
	}
	for i, k := range keys {
		if i > 0 {
			s.add(", ")
		}
		s.add("(")
		for j := range columns {
			if j > 0 {
				s.add(", ")
			}
			f.value(s, &columns[j], k[j])
		}
		s.add(")")
	}
	s.add(")")
}

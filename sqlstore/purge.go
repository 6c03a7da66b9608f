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
// again ([icpcode.ErrDiffers]).
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

// purge finds rows by an instant that has an index, and has them forgotten.
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
	f := s.flavour()
	var text statement
	text.add("select ")
	text.names(t.columns[:t.keys])
	text.add(" from ", t.name, " where ", by, " < ")
	f.value(&text, &column{by, instant}, moment(before))
	text.add(" order by ", by, " limit ")
	f.value(&text, &column{"", integer}, int64(limit))
	keys, err := keysOf(ctx, s.db, &text, t.keys)
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	if err := forget(tx, keys); err != nil {
		return 0, errors.Join(err, undone(tx.Rollback()))
	}
	return len(keys), tx.Commit()
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

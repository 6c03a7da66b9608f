package sqlstore

import (
	"context"
	"errors"
	"fmt"
)

// Check finds out whether the Store can keep its promises on this database:
// [ErrSchema] if the tables are not there or not this package's version,
// [ErrSettings] for a setting that breaks one. A Store checks by itself before
// its first use, and again until it found nothing wrong; call Check at the
// start of a service to fail early.
func (s *Store) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.dialect == MySQL {
		// What is found out holds for the one session it was asked of.
		c, err := s.db.Conn(ctx)
		if err != nil {
			return s.explain(ctx, "check", err)
		}
		defer func() { _ = c.Close() }() // back to the pool
		return s.checkOn(ctx, c)
	}
	return s.checkOn(ctx, s.db)
}

// check is Check unless that was done.
func (s *Store) check(ctx context.Context, on conn) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.ready.Load() {
		return nil
	}
	if on == conn(s.db) {
		return s.Check(ctx)
	}
	return s.checkOn(ctx, on)
}

func (s *Store) checkOn(ctx context.Context, on conn) error {
	err := s.checkSettings(ctx, on)
	if err == nil {
		err = s.checkSchema(ctx, on)
	}
	if err == nil && s.dialect == MySQL {
		err = s.fit(ctx, on)
	}
	if err != nil {
		return s.explain(ctx, "check", err)
	}
	s.ready.Store(true)
	return nil
}

func (s *Store) checkSchema(ctx context.Context, on conn) error {
	have, err := versionOf(ctx, on)
	if err != nil && s.noTable(err) {
		return fmt.Errorf("%w: there is none; call Migrate", ErrSchema)
	}
	if err != nil {
		return err
	}
	if have < schemaVersion {
		return fmt.Errorf("%w: it is version %d; call Migrate", ErrSchema, have)
	}
	if have > schemaVersion {
		return newer(have)
	}
	return nil
}

// noTable reports whether the database says that a table does not exist.
func (s *Store) noTable(err error) bool {
	if state, ok := sqlState(err); ok && s.dialect == PostgreSQL {
		return state == "42P01"
	}
	n, ok := s.errorNumber(err)
	return ok && (s.dialect == MySQL && n == 1146 || s.dialect == SQLite && n == 1)
}

func (s *Store) checkSettings(ctx context.Context, on conn) error {
	switch s.dialect {
	case MySQL:
		return s.checkMySQL(ctx, on)
	case SQLite:
		return errors.Join(checkSQLite(ctx, on), checkUncommitted(ctx, on))
	default:
		return s.checkPostgreSQL(ctx, on)
	}
}

// checkSQLite refuses a version that does not know what the statements use.
func checkSQLite(ctx context.Context, on conn) (err error) {
	rows, err := on.QueryContext(ctx, "select sqlite_version()")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var version string
		if err := rows.Scan(&version); err != nil {
			return err
		}
		var major, minor int
		if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
			return err
		}
		if major < 3 || major == 3 && minor < 38 {
			return fmt.Errorf("%w: this is SQLite %s, and 3.38 is the least", ErrSettings, version)
		}
	}
	return rows.Err()
}

// checkUncommitted refuses a connection that reads what others that share its
// cache have not committed.
func checkUncommitted(ctx context.Context, on conn) (err error) {
	rows, err := on.QueryContext(ctx, "pragma read_uncommitted")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var set int
		if err := rows.Scan(&set); err != nil {
			return err
		}
		if set != 0 {
			return fmt.Errorf("%w: the pragma read_uncommitted is set", ErrSettings)
		}
	}
	return rows.Err()
}

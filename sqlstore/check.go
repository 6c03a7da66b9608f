package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
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
	return s.checkOn(ctx, on)
}

func (s *Store) checkOn(ctx context.Context, on conn) error {
	err := s.checkSettings(ctx, on)
	if err == nil {
		err = s.checkSchema(ctx, on)
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
		return checkSQLite(ctx, on)
	default:
		return s.checkPostgreSQL(ctx, on)
	}
}

// checkPostgreSQL finds out how reads are isolated.
func (s *Store) checkPostgreSQL(ctx context.Context, on conn) error {
	v, err := settings(ctx, on, "select name, setting from pg_settings where name = 'default_transaction_isolation'")
	if err != nil {
		return err
	}
	level := v["default_transaction_isolation"]
	s.isolated.Store(level == "serializable" || level == "repeatable read")
	return nil
}

// checkMySQL refuses what would shorten texts without an error, show what is
// not committed, or read what another node has not heard of yet.
func (s *Store) checkMySQL(ctx context.Context, on conn) error {
	v, err := variables(ctx, on)
	if err != nil {
		return err
	}
	if !strings.Contains(v["sql_mode"], "STRICT_TRANS_TABLES") && !strings.Contains(v["sql_mode"], "STRICT_ALL_TABLES") {
		return fmt.Errorf("%w: sql_mode has neither STRICT_TRANS_TABLES nor STRICT_ALL_TABLES", ErrSettings)
	}
	if v["tx_isolation"] == "READ-UNCOMMITTED" || v["transaction_isolation"] == "READ-UNCOMMITTED" {
		return fmt.Errorf("%w: transactions are isolated by READ UNCOMMITTED", ErrSettings)
	}
	if n, err := strconv.Atoi(v["wsrep_sync_wait"]); v["wsrep_on"] == "ON" && (err != nil || n&1 == 0) {
		return fmt.Errorf("%w: on a Galera cluster wsrep_sync_wait must have bit 1, and is %s", ErrSettings, v["wsrep_sync_wait"])
	}
	if err := checkTiDB(v); err != nil {
		return err
	}
	// Whether several statements are allowed is the driver's to say. They are
	// used only where the guard is seen to fail.
	var probe statement
	probe.add("do 0; ")
	guard(&probe, -2)
	_, err = on.ExecContext(ctx, string(probe.buf))
	const syntaxError, disabledOnTiDB = 1064, 8130
	switch n, _ := s.errorNumber(err); {
	case err == nil, n == syntaxError, n == disabledOnTiDB:
		s.several.Store(false)
	case n == outOfRange:
		// A node of a Galera cluster may roll back between two statements of
		// one text, in favour of another node, and goes on with the rest.
		s.several.Store(v["wsrep_on"] != "ON")
	default:
		return err
	}
	return nil
}

// variables returns the settings of the session that matter here.
func variables(ctx context.Context, on conn) (map[string]string, error) {
	return settings(ctx, on, "show variables where variable_name in "+
		"('version', 'sql_mode', 'tx_isolation', 'transaction_isolation', 'wsrep_on', 'wsrep_sync_wait'"+tidbNames()+")")
}

// settings returns what a query answers, as names and values.
func settings(ctx context.Context, on conn, query string) (v map[string]string, err error) {
	rows, err := on.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	v = make(map[string]string)
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		v[strings.ToLower(name)] = value
	}
	return v, rows.Err()
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

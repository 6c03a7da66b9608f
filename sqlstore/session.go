package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A session is a connection with its settings, and each that a pool opens may
// have others: a server's defaults change while a service runs, and so does
// what a service says in its DSN. Statements are written so that most settings
// do not matter to them. What matters all the same, each reading statement asks
// of the session that it runs in: if that is not known to be fit, it answers
// with a row of the kind unfit, and Store.refit looks into it.

// unfit is the kind of the row that says so.
const unfit = -1

// refit finds out whether a session is fit whose answer says that this is not
// known, and reads again in a session of which it is.
func (s *Store) refit(ctx context.Context, on conn, text *statement, width int) ([]sql.NullString, []int, error) {
	if s.dialect != MySQL {
		return nil, nil, fmt.Errorf("%w: client_encoding is not UTF8", ErrSettings)
	}
	if on == conn(s.db) {
		c, err := s.db.Conn(ctx)
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = c.Close() }() // back to the pool
		on = c
	}
	if err := s.checkMySQL(ctx, on); err != nil {
		return nil, nil, err
	}
	if err := s.fit(ctx, on); err != nil {
		return nil, nil, err
	}
	all, kinds, err := s.rows(ctx, on, text, width)
	if slices.Contains(kinds, unfit) {
		return nil, nil, fmt.Errorf("%w: the session forgets its variables", ErrSettings)
	}
	return all, kinds, err
}

// checkPostgreSQL refuses what would have texts taken for other texts, and
// finds out how reads are isolated.
func (s *Store) checkPostgreSQL(ctx context.Context, on conn) error {
	v, err := settings(ctx, on, "select name, setting from pg_settings where name in ('default_transaction_isolation', 'array_nulls') "+
		"union all select 'encoding', pg_client_encoding()")
	if err != nil {
		return err
	}
	if e := v["encoding"]; e != "UTF8" {
		return fmt.Errorf("%w: client_encoding is %s, and not UTF8", ErrSettings, e)
	}
	if v["array_nulls"] == "off" {
		return fmt.Errorf("%w: array_nulls is off", ErrSettings)
	}
	level := v["default_transaction_isolation"]
	s.isolated.Store(level == "serializable" || level == "repeatable read")
	return nil
}

// mysqlFacts is what Check found out of a MySQL database.
type mysqlFacts struct {
	several   bool   // statements in one text are allowed
	collation string // of the tables
}

// checkMySQL refuses what would shorten texts without an error, show what is
// not committed, hide what is, or read what another node has not heard of yet.
func (s *Store) checkMySQL(ctx context.Context, on conn) error {
	v, err := variables(ctx, on)
	if err != nil {
		return err
	}
	if v["version"] == "" {
		return fmt.Errorf("%w: SHOW VARIABLES cannot be read, for character_set_results has no ASCII or sql_select_limit is too low", ErrSettings)
	}
	if !strings.Contains(v["sql_mode"], "STRICT_TRANS_TABLES") && !strings.Contains(v["sql_mode"], "STRICT_ALL_TABLES") {
		return fmt.Errorf("%w: sql_mode has neither STRICT_TRANS_TABLES nor STRICT_ALL_TABLES", ErrSettings)
	}
	if v["tx_isolation"] == "READ-UNCOMMITTED" || v["transaction_isolation"] == "READ-UNCOMMITTED" {
		return fmt.Errorf("%w: transactions are isolated by READ UNCOMMITTED", ErrSettings)
	}
	// Either leaves sessions of the pool in a transaction, and what they read
	// as old as that is.
	if v["autocommit"] != "ON" {
		return fmt.Errorf("%w: autocommit is off", ErrSettings)
	}
	if t := v["completion_type"]; t != "" && t != "NO_CHAIN" && t != "0" {
		return fmt.Errorf("%w: completion_type is %s", ErrSettings, t)
	}
	if n, err := strconv.Atoi(v["wsrep_sync_wait"]); v["wsrep_on"] == "ON" && (err != nil || n&1 == 0) {
		return fmt.Errorf("%w: on a Galera cluster wsrep_sync_wait must have bit 1, and is %s", ErrSettings, v["wsrep_sync_wait"])
	}
	return checkTiDB(v)
}

// takesSeveral finds out whether several statements are allowed in one text,
// which is the driver's to say. They are used only where the guard is seen to
// fail.
func (s *Store) takesSeveral(ctx context.Context, on conn) (bool, error) {
	var probe statement
	probe.add("do 0; ")
	guard(&probe, -2)
	_, err := on.ExecContext(ctx, string(probe.buf))
	const syntaxError, disabledOnTiDB = 1064, 8130
	n, _ := s.errorNumber(err)
	if err == nil || n == syntaxError || n == disabledOnTiDB {
		return false, nil
	}
	if n != outOfRange {
		return false, err
	}
	return true, nil
}

// fit notes in a session that it was checked. The first time it also finds out
// what the store has to know of the database.
func (s *Store) fit(ctx context.Context, on conn) error {
	if s.mysql.Load() == nil {
		facts, err := s.facts(ctx, on)
		if err != nil {
			return err
		}
		s.mysql.Store(&facts)
	}
	_, err := on.ExecContext(ctx, "set @icpcode_fit = 1")
	return err
}

func (s *Store) facts(ctx context.Context, on conn) (mysqlFacts, error) {
	v, err := variables(ctx, on)
	if err != nil {
		return mysqlFacts{}, err
	}
	schema, err := settings(ctx, on, "select 'collation', cast(collation_name as binary) from information_schema.columns "+
		"where table_schema = database() and table_name = 'icp_codes' and column_name = 'code'")
	if err != nil {
		return mysqlFacts{}, err
	}
	several, err := s.takesSeveral(ctx, on)
	// A node of a Galera cluster may roll back between two statements of one
	// text, in favour of another node, and goes on with the rest.
	return mysqlFacts{several: several && v["wsrep_on"] != "ON", collation: schema["collation"]}, err
}

// variables returns the settings of the session that matter here.
func variables(ctx context.Context, on conn) (map[string]string, error) {
	return settings(ctx, on, "show variables where variable_name in ('version', 'sql_mode', 'tx_isolation', "+
		"'transaction_isolation', 'autocommit', 'completion_type', 'wsrep_on', 'wsrep_sync_wait'"+tidbNames()+")")
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

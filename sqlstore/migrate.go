package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The schema of each dialect: 0001.sql, 0002.sql and so on, each from the one
// before.
//
//go:embed schema
var schema embed.FS

// schemaVersion is the newest version there is.
const schemaVersion = 3

// Migrate makes the tables that a [Store] needs, all named icp_ something, or
// brings them from an older version to this one. It is safe to call at every
// start of every process. A schema newer than this package is [ErrSchema], and
// left as it is.
//
// On PostgreSQL the tables are made where the connection's search_path says.
func Migrate(ctx context.Context, db *sql.DB, d Dialect) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	defer func() { _ = c.Close() }() // back to the pool
	switch d {
	case PostgreSQL:
		err = migratePostgreSQL(ctx, c)
	case MySQL:
		err = migrateMySQL(ctx, c)
	case SQLite:
		err = migrateSQLite(ctx, c)
	default:
		panic("sqlstore: Migrate needs a dialect")
	}
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	return nil
}

const createSchema = "create table if not exists icp_schema (version integer not null primary key)"

// script returns the script that leads to a version.
func script(d, version string) string {
	b, err := schema.ReadFile("schema/" + d + "/" + version + ".sql")
	if err != nil {
		panic(err) // it is built in
	}
	return string(b)
}

// execute runs a script, statement by statement. None of these scripts has a
// semicolon at the end of a line within a statement.
func execute(ctx context.Context, on conn, script string) error {
	for s := range strings.SplitSeq(script, ";\n") {
		if strings.TrimSpace(s) == "" {
			continue
		}
		if _, err := on.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// upgrade runs what is missing, each version by run, and fill in what no script
// can.
func upgrade(ctx context.Context, on conn, f flavour, dialect string, run func(script string) error) error {
	have, err := versionOf(ctx, on)
	if err != nil {
		return err
	}
	if have > schemaVersion {
		return newer(have)
	}
	for v := have + 1; v <= schemaVersion; v++ {
		if err := run(script(dialect, fmt.Sprintf("%04d", v))); err != nil {
			return fmt.Errorf("to version %d: %w", v, err)
		}
		if v == 2 {
			if err := fillServices(ctx, on, f); err != nil {
				return fmt.Errorf("to version %d: %w", v, err)
			}
		}
	}
	return nil
}

func newer(have int) error {
	return fmt.Errorf("%w: it is version %d, and this package knows %d", ErrSchema, have, schemaVersion)
}

// versionOf returns the version of the schema, 0 for an empty one.
func versionOf(ctx context.Context, on conn) (version int, err error) {
	rows, err := on.QueryContext(ctx, "select coalesce(max(version), 0) from icp_schema")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := rows.Scan(&version); err != nil {
			return 0, err
		}
	}
	return version, rows.Err()
}

// migratePostgreSQL goes by a lock that the transaction gives back.
func migratePostgreSQL(ctx context.Context, c *sql.Conn) error {
	tx, err := c.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	if _, err := tx.ExecContext(ctx, "select pg_advisory_xact_lock(hashtext('icpcode schema'))"); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, createSchema); err != nil {
		return err
	}
	err = upgrade(ctx, tx, postgreSQL{}, "postgresql", func(script string) error {
		_, err := tx.ExecContext(ctx, script)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, insertVersion+" on conflict do nothing"); err != nil {
		return err
	}
	return tx.Commit()
}

var insertVersion = "insert into icp_schema (version) values (" + strconv.Itoa(schemaVersion) + ")"

// migrateMySQL needs no lock, and has none that holds across the nodes of a
// cluster: each statement commits by itself, and can be repeated. One that lost
// against the same of another process is.
func migrateMySQL(ctx context.Context, c *sql.Conn) error {
	return repeat(ctx, func() error { return migrateMySQLOnce(ctx, c) })
}

// maxMigrations is how often a migration is tried.
const maxMigrations = 50

// repeat does something again as long as it loses against others.
func repeat(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if try == maxMigrations || (&Store{dialect: MySQL}).classify(err) != conflict {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(time.Duration(try) * time.Millisecond):
		}
	}
}

func migrateMySQLOnce(ctx context.Context, c *sql.Conn) error {
	settings, err := variables(ctx, c)
	if err != nil {
		return err
	}
	if _, err := c.ExecContext(ctx, createSchema+" engine = InnoDB"); err != nil {
		return err
	}
	err = upgrade(ctx, c, mySQL{}, "mysql", func(script string) error {
		if !strings.Contains(settings["version"], "MariaDB") {
			script = strings.ReplaceAll(script, "utf8mb4_nopad_bin", "utf8mb4_0900_bin")
		}
		return execute(ctx, repeated{c}, script)
	})
	if err != nil {
		return err
	}
	if _, err := c.ExecContext(ctx, insertVersion+" on duplicate key update version = icp_schema.version"); err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, "commit and no chain no release") // where autocommit is off
	return err
}

// repeated is a connection on which a change of a table may have been made
// before, by another process or by one that was killed.
type repeated struct{ *sql.Conn }

func (r repeated) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	res, err := r.Conn.ExecContext(ctx, query, args...)
	const (
		noSuchColumn    = 1054
		duplicateColumn = 1060
		duplicateIndex  = 1061
		noSuchIndex     = 1091
	)
	n, _ := (&Store{}).errorNumber(err)
	if strings.Contains(query, "alter table") && slices.Contains([]int{noSuchColumn, duplicateColumn, duplicateIndex, noSuchIndex}, n) {
		return nil, nil
	}
	return res, err
}

// migrateSQLite waits for others that write, for up to ten seconds.
func migrateSQLite(ctx context.Context, c *sql.Conn) (err error) {
	var before int
	if err := c.QueryRowContext(ctx, "pragma busy_timeout").Scan(&before); err != nil {
		return err
	}
	if _, err := c.ExecContext(ctx, "pragma busy_timeout = 10000"); err != nil {
		return err
	}
	defer func() {
		_, e := c.ExecContext(context.WithoutCancel(ctx), "pragma busy_timeout = "+strconv.Itoa(before))
		err = errors.Join(err, e)
	}()
	if _, err := c.ExecContext(ctx, "begin immediate"); err != nil {
		return err
	}
	err = func() error {
		if _, err := c.ExecContext(ctx, createSchema+" strict"); err != nil {
			return err
		}
		err := upgrade(ctx, c, sqlite{}, "sqlite", func(script string) error {
			return execute(ctx, c, script)
		})
		if err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, insertVersion+" on conflict do nothing"); err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, "commit")
		return err
	}()
	if err != nil {
		_, undo := c.ExecContext(context.WithoutCancel(ctx), "rollback")
		return errors.Join(err, undo)
	}
	return nil
}

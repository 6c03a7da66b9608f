package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// Errors that callers may want to tell apart. A conflict matches
// [icpcode.ErrConflict].
var (
	// ErrUnavailable says that the database could not be reached, or answered
	// that it takes no work now. It says nothing of whether a Commit took
	// effect.
	ErrUnavailable = errors.New("sqlstore: database is unavailable")
	// ErrSchema says that the tables are not there, or are of another version
	// of this package: see [Migrate].
	ErrSchema = errors.New("sqlstore: the schema is not this version's")
	// ErrSettings says that the database or the connection is set up in a way
	// that would break a promise of the store's.
	ErrSettings = errors.New("sqlstore: unfit settings")
)

var (
	errKey     = errors.New("sqlstore: a key of an unknown kind")
	errVersion = errors.New("sqlstore: a document has another version")
)

// class is what an error means for who sees it.
type class uint8

const (
	other       class = iota
	conflict          // rolled back; the same again may succeed
	unavailable       // cannot be reached, or refuses work
)

// classify goes by the codes that databases document, never by text.
func (s *Store) classify(err error) class {
	if errors.Is(err, errVersion) {
		return conflict
	}
	if state, ok := sqlState(err); ok && s.dialect == PostgreSQL {
		return classOfState(state)
	}
	if n, ok := s.errorNumber(err); ok {
		if s.dialect == SQLite {
			return classOfSQLite(n)
		}
		return classOfMySQL(n)
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return unavailable
	}
	// All that the server says has a number. What has none is the driver's,
	// whose word for a broken connection is a plain error.
	if s.dialect == MySQL && !errors.Is(err, sql.ErrTxDone) && !errors.Is(err, ErrSchema) && !errors.Is(err, ErrSettings) {
		return unavailable
	}
	return other
}

// sqlState returns the SQLSTATE that pgx and lib/pq give.
func sqlState(err error) (string, bool) {
	var e interface{ SQLState() string }
	if !errors.As(err, &e) {
		return "", false
	}
	return e.SQLState(), true
}

func classOfState(state string) class {
	switch state {
	case "IC001", // icp_conflict
		"23505",          // unique_violation
		"40001", "40P01", // serialization_failure, deadlock_detected
		"55P03": // lock_not_available
		return conflict
	case "57P01", "57P02", "57P03", // admin_shutdown, crash_shutdown, cannot_connect_now
		"53300": // too_many_connections
		return unavailable
	}
	if strings.HasPrefix(state, "08") {
		return unavailable
	}
	return other
}

// classOfMySQL goes by error numbers. Not all of them are MySQL's or MariaDB's
// own: databases that speak their protocol add some.
func classOfMySQL(n int) class {
	switch n {
	case outOfRange, // see guard
		1062,             // duplicate key
		1213, 1205, 1020, // deadlock, lock wait timeout, record changed since last read
		3101,                   // a group refused the transaction
		8002, 8005, 8022, 9007, // TiDB: write conflicts
		8027, 8028, // TiDB: the schema changed in between, or is not known for certain
		8147, // TiDB: what it checks late was not unique
		8133: // TiDB: a list found that an index and its table differ, which passes when it is of writers under way
		return conflict
	case 1040, 1047, 1053, 1203, // too many connections, node not ready, shutdown, too many of one user's
		9001, 9002, 9003, 9005: // TiDB: its servers do not answer, are busy, or have no leader
		return unavailable
	}
	return other
}

// classOfSQLite goes by result codes, extended or not.
func classOfSQLite(n int) class {
	switch n {
	case 1555, 2067, 2579: // constraints: primary key, unique, rowid
		return conflict
	}
	switch n & 0xff {
	case 5, 6: // busy, locked
		return conflict
	case 10, 14: // I/O error, cannot open
		return unavailable
	}
	return other
}

// errorNumber finds the number of an error: as Options.ErrorNumber says, by a
// method Code() int, or in a field that a well-known driver has.
func (s *Store) errorNumber(err error) (int, bool) {
	if err == nil {
		return 0, false
	}
	if s.opt.ErrorNumber != nil {
		return s.opt.ErrorNumber(err)
	}
	var e interface{ Code() int }
	if errors.As(err, &e) {
		return e.Code(), true
	}
	return numberField(err)
}

// numberField finds a field in an error, or in one that it wraps.
func numberField(err error) (int, bool) {
	if n, ok := ownNumber(err); ok {
		return n, true
	}
	switch w := err.(type) { //nolint:errorlint // this is what errors.As does
	case interface{ Unwrap() error }:
		if inner := w.Unwrap(); inner != nil {
			return numberField(inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range w.Unwrap() {
			if n, ok := numberField(inner); ok {
				return n, true
			}
		}
	}
	return 0, false
}

// ownNumber finds a field in an error itself: go-sql-driver/mysql has Number,
// mattn/go-sqlite3 ExtendedCode.
func ownNumber(err error) (int, bool) {
	if v := reflect.Indirect(reflect.ValueOf(err)); v.Kind() == reflect.Struct {
		for _, name := range [...]string{"Number", "ExtendedCode"} {
			if f := v.FieldByName(name); f.CanInt() {
				return int(f.Int()), true
			} else if f.CanUint() {
				return int(f.Uint()), true
			}
		}
	}
	return 0, false
}

// explain wraps an error of the database's with what it means. Under a context
// that is done it matches the context's error, which drivers often leave out.
func (s *Store) explain(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	c := s.classify(err)
	err = s.discreet(err)
	if c == conflict {
		return fmt.Errorf("sqlstore: %s: %w: %w", doing, icpcode.ErrConflict, err)
	} else if done := done(ctx); done != nil {
		if errors.Is(err, done) {
			return fmt.Errorf("sqlstore: %s: %w", doing, err)
		}
		return fmt.Errorf("sqlstore: %s: %w: %w", doing, done, err)
	} else if c == unavailable {
		return fmt.Errorf("%w: %s: %w", ErrUnavailable, doing, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", doing, err)
}

// databaseError is an error of the database's, whose own text may hold values
// of statements, and so whole codes, also of other accounts.
type databaseError struct {
	text string
	err  error
}

func (e *databaseError) Error() string { return e.text }
func (e *databaseError) Unwrap() error { return e.err }

// discreet returns err with a text that holds no values of statements.
func (s *Store) discreet(err error) error {
	text := s.describe(err)
	if text == err.Error() {
		return err
	}
	return &databaseError{text, err}
}

// describe returns the text of an error where all that it has from the database
// is known to hold no values of statements. Otherwise it returns the
// database's number for it.
func (s *Store) describe(err error) string {
	if s.opt.ErrorNumber != nil && s.dialect == MySQL {
		if n, ok := s.opt.ErrorNumber(err); ok && !slices.Contains(plainNumbers, n) {
			return fmt.Sprintf("error %d", n)
		}
	}
	if e, ok := err.(interface{ SQLState() string }); ok && s.dialect == PostgreSQL {
		if state := e.SQLState(); !plainState(state) {
			return "SQLSTATE " + state
		}
	}
	if n, ok := ownNumber(err); ok && s.dialect == MySQL && !slices.Contains(plainNumbers, n) {
		return fmt.Sprintf("error %d", n)
	}
	switch w := err.(type) { //nolint:errorlint // this is what errors.As does
	case interface{ Unwrap() error }:
		if inner := w.Unwrap(); inner != nil {
			if text := s.describe(inner); text != inner.Error() {
				return text
			}
		}
	case interface{ Unwrap() []error }:
		all, plain := make([]string, 0, 2), true
		for _, inner := range w.Unwrap() {
			text := s.describe(inner)
			all, plain = append(all, text), plain && text == inner.Error()
		}
		if !plain {
			return strings.Join(all, ": ")
		}
	}
	return err.Error()
}

// plainNumbers are MySQL's errors whose texts name tables, columns, accounts or
// settings, but no values: MySQL 8.4 Error Message Reference, chapter 2, and
// MariaDB's list.
var plainNumbers = []int{
	1021, 1037, 1041, 1114, 1153, // no room: on disk, in memory, in a table, in a packet
	1040, 1042, 1043, 1047, 1053, 1129, 1130, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1927, // the connection
	1044, 1045, 1049, 1142, 1143, 1227, 1370, 1820, 1862, // who may do what
	1046, 1054, 1146, 1193, 1267, 1271, // the schema, and settings
	1048, 1264, 1364, 1406, // columns that a value does not fit, by name
	1020, 1205, 1213, 1223, 1290, 1317, 1568, 1792, 1836, 1969, 3024, 3101, 8130, // transactions, and time
}

// plainState reports whether PostgreSQL's errors of a state name no values:
// those of data (22), constraints (23), functions (P0), syntax and the server's
// own faults may.
func plainState(state string) bool {
	if state == "42601" || len(state) != 5 {
		return false
	}
	return slices.Contains([]string{"08", "25", "26", "28", "34", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "IC"}, state[:2])
}

// done returns the error of a context that is done, or is about to be: drivers
// that watch the deadline themselves may be the first to see it.
func done(ctx context.Context) error {
	if d, ok := ctx.Deadline(); ok && !time.Now().Before(d) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/icpcode/icpcode"
)

// The errors of drivers, as they are made.
type (
	stateError  string                           // pgx, lib/pq
	codeError   int                              // modernc.org/sqlite
	mysqlError  struct{ Number uint16 }          // go-sql-driver/mysql
	sqliteError struct{ Code, ExtendedCode int } // mattn/go-sqlite3
)

func (e stateError) Error() string    { return "state " + string(e) }
func (e stateError) SQLState() string { return string(e) }
func (e codeError) Error() string     { return fmt.Sprint("code ", int(e)) }
func (e codeError) Code() int         { return int(e) }
func (e *mysqlError) Error() string   { return fmt.Sprint("number ", e.Number) }
func (e sqliteError) Error() string   { return fmt.Sprint("code ", e.Code) }

// TestRepeat repeats what lost against others, and nothing else, and not for
// ever.
func TestRepeat(t *testing.T) {
	lost, other := fmt.Errorf("to version 1: %w", &mysqlError{1213}), &mysqlError{1146}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		what  string
		ctx   context.Context //nolint:containedctx // of the case
		fails []error         // the last one again and again
		want  error
		calls int
	}{
		{"done at once", t.Context(), []error{nil}, nil, 1},
		{"lost twice", t.Context(), []error{lost, lost, nil}, nil, 3},
		{"another error", t.Context(), []error{lost, other}, other, 2},
		{"always lost", t.Context(), []error{lost}, lost, maxMigrations},
		{"lost in vain", ended, []error{lost}, context.Canceled, 1},
	} {
		calls := 0
		err := repeat(tc.ctx, func() error {
			calls++
			return tc.fails[min(calls, len(tc.fails))-1]
		})
		if !errors.Is(err, tc.want) || calls != tc.calls {
			t.Errorf("%s: %v after %d calls, want %v after %d", tc.what, err, calls, tc.want, tc.calls)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		d    Dialect
		err  error
		want error // nil: neither
	}{
		{PostgreSQL, stateError("40001"), icpcode.ErrConflict},
		{PostgreSQL, stateError("40P01"), icpcode.ErrConflict},
		{PostgreSQL, stateError("23505"), icpcode.ErrConflict},
		{PostgreSQL, stateError("IC001"), icpcode.ErrConflict},
		{PostgreSQL, stateError("57P01"), ErrUnavailable},
		{PostgreSQL, stateError("08006"), ErrUnavailable},
		{PostgreSQL, stateError("53300"), ErrUnavailable},
		{PostgreSQL, stateError("40003"), nil}, // statement_completion_unknown: not surely rolled back
		{PostgreSQL, stateError("42P01"), nil},
		{MySQL, &mysqlError{1213}, icpcode.ErrConflict},
		{MySQL, &mysqlError{1205}, icpcode.ErrConflict},
		{MySQL, &mysqlError{1062}, icpcode.ErrConflict},
		{MySQL, &mysqlError{1690}, icpcode.ErrConflict},
		{MySQL, &mysqlError{1047}, ErrUnavailable},
		{MySQL, &mysqlError{1180}, nil},                 // an error during COMMIT
		{MySQL, &mysqlError{8005}, icpcode.ErrConflict}, // TiDB's, up to 9005
		{MySQL, &mysqlError{9007}, icpcode.ErrConflict},
		{MySQL, &mysqlError{8028}, icpcode.ErrConflict},
		{MySQL, &mysqlError{8133}, icpcode.ErrConflict},
		{MySQL, &mysqlError{8147}, icpcode.ErrConflict},
		{MySQL, &mysqlError{8501}, nil}, // its outcome is not known
		{MySQL, &mysqlError{9005}, ErrUnavailable},
		{MySQL, &mysqlError{1146}, nil},
		{MySQL, errors.New("invalid connection"), ErrUnavailable}, // go-sql-driver's
		{MySQL, ErrSettings, nil},
		{SQLite, codeError(5), icpcode.ErrConflict},
		{SQLite, codeError(5 | 2<<8), icpcode.ErrConflict}, // busy, with a snapshot
		{SQLite, codeError(1555), icpcode.ErrConflict},
		{SQLite, codeError(19 | 3<<8), nil}, // another constraint
		{SQLite, codeError(14), ErrUnavailable},
		{SQLite, sqliteError{19, 2067}, icpcode.ErrConflict},
		{SQLite, errors.Join(errors.New("rolled back"), fmt.Errorf("at last: %w", sqliteError{19, 2067})), icpcode.ErrConflict},
		{SQLite, errors.Join(errors.New("rolled back"), errors.New("without a number")), nil},
		{PostgreSQL, driver.ErrBadConn, ErrUnavailable},
		{MySQL, io.ErrUnexpectedEOF, ErrUnavailable},
		{MySQL, &net.OpError{Op: "dial", Err: io.EOF}, ErrUnavailable},
		{SQLite, errVersion, icpcode.ErrConflict},
		{PostgreSQL, errors.New("duplicate key, deadlock, conflict"), nil}, // never by text
	} {
		s := Store{dialect: tc.d}
		err := s.explain(t.Context(), "commit", fmt.Errorf("wrapped: %w", tc.err))
		for _, category := range []error{icpcode.ErrConflict, ErrUnavailable} {
			if got, want := errors.Is(err, category), category == tc.want; got != want {
				t.Errorf("%v: %v matches %v: %t, want %t", tc.d, tc.err, category, got, want)
			}
		}
		if !errors.Is(err, tc.err) {
			t.Errorf("%v: %v lost the driver's error", tc.d, err)
		}
	}
}

// TestErrorNumber asks the caller's function instead of guessing.
func TestErrorNumber(t *testing.T) {
	odd := errors.New("odd")
	s := Store{dialect: MySQL, opt: Options{ErrorNumber: func(err error) (int, bool) { return 1213, errors.Is(err, odd) }}}
	if err := s.explain(t.Context(), "commit", odd); !errors.Is(err, icpcode.ErrConflict) {
		t.Errorf("%v does not match ErrConflict", err)
	}
	if err := s.explain(t.Context(), "commit", &mysqlError{1213}); errors.Is(err, icpcode.ErrConflict) {
		t.Errorf("%v matches ErrConflict, though the function knows no number", err)
	}
}

// TestErrorsUnderContexts asserts that a context which is done shows, but
// never hides a conflict, nor makes one.
func TestErrorsUnderContexts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := Store{dialect: PostgreSQL}
	if err := s.explain(ctx, "load", &net.OpError{Op: "read", Err: io.EOF}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not match the context's error", err)
	}
	if err := s.explain(ctx, "commit", stateError("40001")); !errors.Is(err, icpcode.ErrConflict) {
		t.Errorf("%v does not match ErrConflict", err)
	}
	if err := s.explain(ctx, "commit", nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}

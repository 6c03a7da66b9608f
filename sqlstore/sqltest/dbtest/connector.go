package dbtest

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// errGone is what a round trip that does not pass answers. It is no
// driver.ErrBadConn: after that, database/sql would try again by itself.
var errGone = fmt.Errorf("dbtest: the link is gone: %w", io.ErrUnexpectedEOF)

// Connector does to a database in a file what [Proxy] does to one behind a
// network: each statement, and each begin and commit of a transaction, is a
// round trip that meets the fate that its plan says. A connection that lost one is
// gone, and what was not committed on it with it. It is safe for concurrent
// use if its plan is.
type Connector struct {
	driver driver.Driver
	dsn    string
	plan   Plan
	fired  [Lose + 1]atomic.Int64 // round trips by their fate
}

// NewConnector returns a connector, for sql.OpenDB, to what d opens.
func NewConnector(d driver.Driver, dsn string, plan Plan) *Connector {
	return &Connector{driver: d, dsn: dsn, plan: plan}
}

// Fired returns how many round trips met a fate so far.
func (c *Connector) Fired(f Fate) int { return int(c.fired[f].Load()) }

// Driver implements [driver.Connector].
func (c *Connector) Driver() driver.Driver { return c.driver }

// connection is what a modern driver's connections can do.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

// Connect implements [driver.Connector].
func (c *Connector) Connect(context.Context) (driver.Conn, error) {
	inner, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	able, ok := inner.(connection)
	if !ok {
		return nil, errors.Join(fmt.Errorf("dbtest: %T lacks a method of a modern driver", inner), inner.Close())
	}
	return &conn{connection: able, connector: c}, nil
}

// conn is one connection.
type conn struct {
	connection
	connector *Connector
	gone      bool
}

// trip makes a round trip, or not.
func (c *conn) trip(do func() error) error {
	if c.gone {
		return driver.ErrBadConn
	}
	fate := c.connector.plan()
	c.connector.fired[fate].Add(1)
	c.gone = fate != Pass
	if fate == Drop {
		return errGone
	}
	if err := do(); err != nil || fate == Pass {
		return err
	}
	return errGone
}

// IsValid implements [driver.Validator]: a connection that is gone is closed.
func (c *conn) IsValid() bool {
	v, ok := c.connection.(driver.Validator)
	return !c.gone && (!ok || v.IsValid())
}

// ResetSession implements [driver.SessionResetter].
func (c *conn) ResetSession(ctx context.Context) error {
	if r, ok := c.connection.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// CheckNamedValue implements [driver.NamedValueChecker].
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := c.connection.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// ExecContext implements [driver.ExecerContext].
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (res driver.Result, err error) {
	err = c.trip(func() error { res, err = c.connection.ExecContext(ctx, query, args); return err })
	return res, err
}

// QueryContext implements [driver.QueryerContext].
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = c.trip(func() error { rows, err = c.connection.QueryContext(ctx, query, args); return err })
	return finish(rows, err)
}

// finish lets a query whose answer is lost run to its end.
func finish(rows driver.Rows, err error) (driver.Rows, error) {
	if err == nil || rows == nil {
		return rows, err
	}
	row := make([]driver.Value, len(rows.Columns()))
	next := rows.Next(row)
	for next == nil {
		next = rows.Next(row)
	}
	if next == io.EOF { //nolint:errorlint // drivers return it bare
		next = nil
	}
	return nil, errors.Join(err, next, rows.Close())
}

// PrepareContext implements [driver.ConnPrepareContext]. It is no round trip.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	inner, err := c.connection.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	able, ok := inner.(statement)
	if !ok {
		return nil, errors.Join(fmt.Errorf("dbtest: %T lacks a method of a modern driver", inner), inner.Close())
	}
	return &stmt{able, c}, nil
}

// BeginTx implements [driver.ConnBeginTx].
func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (t driver.Tx, err error) {
	err = c.trip(func() error { t, err = c.connection.BeginTx(ctx, o); return err })
	if err != nil {
		return nil, err
	}
	return &tx{t, c}, nil
}

// tx is one transaction.
type tx struct {
	driver.Tx
	conn *conn
}

// Commit implements [driver.Tx].
func (t *tx) Commit() error { return t.conn.trip(t.Tx.Commit) }

// statement is what a modern driver's statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// stmt is one prepared statement.
type stmt struct {
	statement
	conn *conn
}

// ExecContext implements [driver.StmtExecContext].
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (res driver.Result, err error) {
	err = s.conn.trip(func() error { res, err = s.statement.ExecContext(ctx, args); return err })
	return res, err
}

// QueryContext implements [driver.StmtQueryContext].
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = s.conn.trip(func() error { rows, err = s.statement.QueryContext(ctx, args); return err })
	return finish(rows, err)
}

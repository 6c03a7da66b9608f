package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/icpcode/icpcode"
)

// Dialect is the SQL that a database speaks. The zero Dialect is none.
type Dialect uint8

// The dialects.
const (
	PostgreSQL Dialect = iota + 1 // 15 and later
	MySQL                         // MariaDB 10.6, TiDB 7.4 and later; MySQL 8.0.17 and later, never run
	SQLite                        // 3.38 and later
)

// String returns the name of the dialect, "PostgreSQL".
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case MySQL:
		return "MySQL"
	case SQLite:
		return "SQLite"
	}
	return "?"
}

// Options configures a [Store]. The zero value is for all well-known drivers.
type Options struct {
	// ErrorNumber returns the number that the database gave an error, 1213
	// for a deadlock of MySQL's, and false for an error that has none. nil:
	// by a method Code() int, or by the field that go-sql-driver/mysql and
	// mattn/go-sqlite3 have. PostgreSQL's errors are read by their method
	// SQLState() string.
	ErrorNumber func(error) (int, bool)
}

// Store is an [icpcode.Store] in a database. Make one with [New]: the zero
// Store is not usable. A Store is safe for concurrent use and needs no
// closing; the database is the caller's to close.
type Store struct {
	db      *sql.DB
	dialect Dialect
	opt     Options
	ready   atomic.Bool // Check found nothing wrong
	mysql   atomic.Pointer[mysqlFacts]

	// PostgreSQL isolates by default more than reads need: at SERIALIZABLE it
	// breaks reads off, too, and a busy table's again and again.
	isolated atomic.Bool

	known    texts
	prepared sync.Map      // text to *sql.Stmt, where drivers keep none
	writing  chan struct{} // held by the one who writes to SQLite
}

var _ icpcode.Store = (*Store)(nil)

// New returns a Store over db, whose tables [Migrate] made. It does not touch
// the database yet: the first use of the Store does what [Store.Check] does.
// Nil options mean the zero Options. New panics if db is nil or the dialect
// unknown.
func New(db *sql.DB, d Dialect, o *Options) *Store {
	if db == nil {
		panic("sqlstore: New needs a database")
	}
	if d < PostgreSQL || d > SQLite {
		panic("sqlstore: New needs a dialect")
	}
	s := &Store{db: db, dialect: d, writing: make(chan struct{}, 1)}
	if o != nil {
		s.opt = *o
	}
	return s
}

// In returns a store that works in a transaction of the caller's, to commit
// codes and rows of the caller's own together or not at all. It is for
// [icpcode.Engine.InTx], and of one goroutine, as the transaction is. tx must
// be of the database that the Store was made with.
//
// After any error but a refusal the transaction must be rolled back: a
// conflict may have ended it already.
//
// The transaction may have any isolation level: what it commits rests on what
// is committed. At READ UNCOMMITTED its lists and look-ups show more than that,
// and a request may be refused because of it.
func (s *Store) In(tx *sql.Tx) icpcode.Store {
	return &txStore{s: s, tx: tx, seen: make(map[icpcode.Key]icpcode.Document)}
}

// Load implements [icpcode.Store], in one statement.
func (s *Store) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	return s.load(ctx, s.db, keys)
}

// Commit implements [icpcode.Store].
func (s *Store) Commit(ctx context.Context, c icpcode.Change) error {
	return s.commit(ctx, s.db, &c)
}

// List implements [icpcode.Store], newest first whatever Query.Newest says. A
// Limit out of its range is an [*icpcode.InvalidError], and so is an After that
// List did not return.
func (s *Store) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	return s.list(ctx, s.db, &q)
}

// Events implements [icpcode.Store]. A Limit out of its range is an
// [*icpcode.InvalidError].
func (s *Store) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	return s.events(ctx, s.db, &q)
}

// conn is what a [*sql.DB], a [*sql.Conn] and a [*sql.Tx] have in common.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (s *Store) flavour() flavour {
	switch s.dialect {
	case PostgreSQL:
		return postgreSQL{}
	case MySQL:
		return mySQL{mysqlFacts: *s.mysql.Load()}
	default:
		return sqlite{}
	}
}

func (s *Store) load(ctx context.Context, on conn, keys []icpcode.Key) ([]icpcode.Document, error) {
	if len(keys) == 0 {
		return nil, ctx.Err()
	}
	if err := s.check(ctx, on); err != nil {
		return nil, err
	}
	return s.loadBy(ctx, on, s.flavour(), keys)
}

func (s *Store) loadBy(ctx context.Context, on conn, f flavour, keys []icpcode.Key) ([]icpcode.Document, error) {
	docs := make([]icpcode.Document, len(keys))
	all, err := wantedOf(keys, docs)
	if err != nil {
		return nil, err
	}
	h, most, single := shape{use: loading}, 0, true
	for i := range all {
		h.with(all[i].table, 0, all[i].keys)
		most = max(most, width(all[i].table))
		single = single && len(all[i].keys) == 1
	}
	var text statement
	if s.dialect != MySQL {
		text = s.known.begin(h)
	} else if single && on == conn(s.db) {
		// What an engine asks for one request: worth being prepared.
		f = mySQL{mysqlFacts: *s.mysql.Load(), prepared: true}
		text = s.known.begin(h)
		text.prepared = true
	}
	load(f, &text, all, most)
	if s.dialect != MySQL || text.prepared {
		s.known.keep(h, &text)
	}
	err = s.read(ctx, on, "load", &text, most, func(kind int, c *cells) {
		if packed(tableOf(icpcode.Kind(kind))) {
			c.unpack()
		}
		d := c.document(icpcode.Kind(kind))
		found(docs, &d)
	})
	if err != nil {
		return nil, err
	}
	return docs, nil
}

// wantedOf sorts keys out by table, and gives each document its key.
func wantedOf(keys []icpcode.Key, docs []icpcode.Document) ([]wanted, error) {
	all := make([]wanted, 0, 6)
	for i := range keys {
		docs[i].Key = keys[i]
		t := tableOf(keys[i].Kind)
		if t == nil {
			return nil, errKey
		}
		var w *wanted
		for j := range all {
			if all[j].table == t {
				w = &all[j]
			}
		}
		if w == nil {
			all = append(all, wanted{kind: keys[i].Kind, table: t})
			w = &all[len(all)-1]
		}
		w.keys = append(w.keys, appendKey(make(row, 0, 3), &keys[i]))
	}
	// In one order, the statements are fewer.
	slices.SortFunc(all, func(a, b wanted) int { return cmp.Compare(a.table.place, b.table.place) })
	return all, nil
}

// found puts a document where its key was asked for: every time it was.
func found(docs []icpcode.Document, d *icpcode.Document) {
	first := true
	for i := range docs {
		if docs[i].Key != d.Key {
			continue
		}
		if first {
			docs[i], first = *d, false
		} else {
			docs[i] = d.Clone()
		}
	}
}

const maxLimit = 1000

func checkLimit(n int) error {
	if n < 1 || n > maxLimit {
		return &icpcode.InvalidError{Field: "Limit", Problem: "is not from 1 to 1000"}
	}
	return nil
}

func (s *Store) events(ctx context.Context, on conn, q *icpcode.EventQuery) ([]icpcode.Event, error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	if err := s.check(ctx, on); err != nil {
		return nil, err
	}
	var text statement
	history(s.flavour(), &text, q)
	var all []icpcode.Event
	err := s.read(ctx, on, "events", &text, len(events.columns), func(_ int, c *cells) {
		all = append(all, c.event())
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b icpcode.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	return all, nil
}

// rereads is how often a read is tried again that the database broke off in
// favour of a writer, as clusters may.
const rereads = 10

// read runs a query and hands over its rows, one at a time.
func (s *Store) read(ctx context.Context, on conn, doing string, text *statement, width int, each func(int, *cells)) error {
	var err error
	for range rereads {
		// Rows come only with an answer that is whole.
		var all []sql.NullString
		var kinds []int
		all, kinds, err = s.rows(ctx, on, text, width)
		if err == nil && slices.Contains(kinds, unfit) {
			all, kinds, err = s.refit(ctx, on, text, width)
		}
		if err == nil {
			c := cells{}
			for i, kind := range kinds {
				c.left = all[i*width : (i+1)*width]
				each(kind, &c)
			}
			return c.err
		}
		if _, ok := on.(*sql.Tx); ok || s.classify(err) != conflict {
			break
		}
	}
	return s.explain(ctx, doing, err)
}

func (s *Store) rows(ctx context.Context, on conn, text *statement, width int) (all []sql.NullString, kinds []int, err error) {
	if s.isolated.Load() && on == conn(s.db) {
		tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted, ReadOnly: true})
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = tx.Rollback() }() // there is nothing to commit
		on = tx
	}
	rows, err := s.query(ctx, on, text)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	cols := make([]sql.NullString, width)
	var kind int
	to := make([]any, width+1)
	to[0] = &kind
	for i := range cols {
		to[i+1] = &cols[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return nil, nil, err
		}
		kinds = append(kinds, kind)
		all = append(all, cols...)
	}
	return all, kinds, rows.Err()
}

func (s *Store) query(ctx context.Context, on conn, text *statement) (*sql.Rows, error) {
	if (s.dialect == SQLite || text.prepared) && on == conn(s.db) {
		stmt, err := s.stmt(ctx, text.text())
		if err != nil {
			return nil, err
		}
		return stmt.QueryContext(ctx, text.args...)
	}
	return on.QueryContext(ctx, text.text(), text.args...)
}

// stmt returns a prepared statement. There are as many as ways to leave out
// columns of one row, and to ask for one document of each kind.
func (s *Store) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt, ok := s.prepared.Load(text); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := s.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if before, ok := s.prepared.LoadOrStore(text, stmt); ok {
		return before.(*sql.Stmt), stmt.Close()
	}
	return stmt, nil
}

// undoLimit bounds a roll back, which the caller's context may not cut short.
const undoLimit = 5 * time.Second

func (s *Store) commit(ctx context.Context, on conn, c *icpcode.Change) error {
	if err := s.check(ctx, on); err != nil {
		return err
	}
	w, err := writesOf(c)
	if err != nil || len(w.batches) == 0 {
		return s.explain(ctx, "commit", err)
	}
	switch s.dialect {
	case PostgreSQL:
		err = postgreSQL{}.commit(ctx, on, &s.known, w)
	case MySQL:
		if err = w.fits(); err == nil {
			err = s.flavour().(mySQL).commit(ctx, on, w)
		}
	default:
		err = s.commitSQLite(ctx, on, steps(sqlite{}, &s.known, w))
	}
	return s.explain(ctx, "commit", err)
}

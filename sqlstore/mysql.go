package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"strconv"
)

// mySQL is MySQL and MariaDB. It writes every value into the text of its
// statements: several statements in one text cannot be prepared. Where the
// connection allows them, a Commit is one round trip; otherwise each statement
// is.
type mySQL struct {
	mysqlFacts

	prepared bool   // the text is one statement, prepared before
	lock     string // what locks the rows that are read
}

// value writes a literal that reads the same in every character set and SQL
// mode: what is not plain ASCII is in hexadecimal digits, which are a binary
// string. An introducer makes characters of them that take the collation of
// the column they are compared with; but no JSON on TiDB, which demands to
// have them converted, as it does of every other binary string.
//
// MySQL 8.4 Reference Manual, 11.1.4 "Hexadecimal Literals", 12.3.8 "Character
// Set Introducers"; error 3144, ER_INVALID_JSON_CHARSET.
func (m mySQL) value(s *statement, c *column, v any) {
	if m.prepared {
		// What comes apart from the text is in whatever character set the
		// session says, so it is digits.
		if text, ok := v.(string); ok {
			s.args = append(s.args, hex.EncodeToString([]byte(text)))
			s.add("convert(unhex(convert(? using latin1)) using utf8mb4) collate ", m.collation)
			return
		}
		s.args = append(s.args, v)
		s.add("?")
		return
	}
	switch v := v.(type) {
	case nil:
		s.add("null")
	case int64:
		s.buf = strconv.AppendInt(s.buf, v, 10)
	case string:
		if quotable(v) {
			s.add("_utf8mb4'", v, "'")
			return
		}
		before, after := "_utf8mb4 x'", "'"
		if c != nil && c.kind == document {
			before, after = "convert(x'", "' using utf8mb4)"
		}
		s.add(before)
		s.buf = hex.AppendEncode(s.buf, []byte(v))
		s.add(after)
	}
}

// quotable reports whether s may stand between single quotes: it is ASCII
// without those, backslashes and control characters, and there is any. JSON
// mostly is.
func quotable(s string) bool {
	if s == "" {
		return false // EMPTY_STRING_IS_NULL
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '\'' || c == '\\' {
			return false
		}
	}
	return true
}

// shown reads a column as bytes: a binary string has no collation, so that a
// union finds no two that do not mix, whatever the session's is, and no
// character set that it would be sent in. What is in a JSON array must be
// characters, for bytes would stand there in base64.
//
// MySQL 8.4 Reference Manual, 12.8.4 "Collation Coercibility in Expressions",
// 14.10 "Cast Functions and Operators", 13.5 "The JSON Data Type".
func (m mySQL) shown(s *statement, c *column, inArray bool) {
	switch {
	case inArray && c.kind == text:
		s.add("t.", c.name)
	case inArray:
		s.add("convert(t.", c.name, " using utf8mb4) collate ", m.collation)
	case c.kind == document:
		s.add("cast(convert(t.", c.name, " using utf8mb4) as binary)")
	default:
		s.add("cast(t.", c.name, " as binary)")
	}
}

func (mySQL) array() (before, after string) {
	return "cast(convert(json_array(", ") using utf8mb4) as binary)"
}

func (m mySQL) keyed(s *statement, t *table, keys []row) {
	s.add(t.name, " as t ")
	if m.lock != "" {
		s.add("force index (primary) ") // a scan would lock the whole table
	}
	s.add("where (")
	for i := range t.keys {
		if i > 0 {
			s.add(", ")
		}
		s.add("t.", t.columns[i].name)
	}
	s.add(") in (")
	for i, k := range keys {
		if i > 0 {
			s.add(", ")
		}
		s.add("(")
		for j := range t.keys {
			if j > 0 {
				s.add(", ")
			}
			m.value(s, &t.columns[j], k[j])
		}
		s.add(")")
	}
	s.add(")")
}

func (m mySQL) locked() string { return m.lock }

// unfit asks for what Store.fit noted. A variable of the server's costs more,
// and there would be several.
func (mySQL) unfit() string { return " from dual where @icpcode_fit is null" }

// indexed forces the index: where tables are small, or were never
// analysed, scanning one looks cheaper.
func (mySQL) indexed(index string) string { return " force index (" + index + ")" }

// before writes what rows would say. Of rows no index is read from a position
// on.
func (m mySQL) before(s *statement, p position) { m.beside(s, "<", "<", p) }

func (m mySQL) upTo(s *statement, p position) { m.beside(s, ">", ">=", p) }

func (m mySQL) beside(s *statement, instants, codesOfOne string, p position) {
	issued, code := columnOf(codes, "issued"), columnOf(codes, "code")
	s.add("(t.issued ", instants, " ")
	m.value(s, issued, p.issued)
	s.add(" or t.issued = ")
	m.value(s, issued, p.issued)
	s.add(" and t.code ", codesOfOne, " ")
	m.value(s, code, p.code)
	s.add(")")
}

func (mySQL) unindexed(column string) string { return column } // the index is forced

// all asks for all rows, whatever sql_select_limit says.
func (mySQL) all(s *statement) { s.add(" limit 18446744073709551615") }

func (m mySQL) insertMany(s *statement, t *table, rows []row) {
	s.add("(")
	s.names(t.columns)
	s.add(") values ")
	for i, r := range rows {
		if i > 0 {
			s.add(", ")
		}
		s.add("(")
		for j := range t.columns {
			if j > 0 {
				s.add(", ")
			}
			m.value(s, &t.columns[j], r[j])
		}
		s.add(")")
	}
}

// updateMany only marks the rows that are at their versions, so that row_count
// tells whether all are; overwrite then writes them. Either touches rows by
// the primary key, and locks them in its order. An update that joins the new
// rows would need a temporary table, on which MariaDB 10.11 has been seen to
// crash.
func (m mySQL) updateMany(s *statement, b *batch) {
	t := b.table
	s.add("update ", t.name, " as t set version = -version where ")
	for i, r := range b.updates {
		if i > 0 {
			s.add(" or ")
		}
		s.add("(")
		matchKey(m, s, t, r)
		s.add(" and t.version = ")
		m.value(s, nil, b.expects[i])
		s.add(")")
	}
}

// overwrite writes rows that are there.
func (m mySQL) overwrite(s *statement, t *table, rows []row) {
	s.add("insert into ", t.name, " ")
	m.insertMany(s, t, rows)
	s.add(" on duplicate key update ")
	for i := t.keys; i < len(t.columns); i++ {
		if i > t.keys {
			s.add(", ")
		}
		s.add(t.columns[i].name, " = values(", t.columns[i].name, ")")
	}
}

func (m mySQL) commit(ctx context.Context, on conn, w *writes) error {
	return m.transact(ctx, on, steps(m, nil, w))
}

func (m mySQL) transact(ctx context.Context, on conn, all []step) error {
	begin, end, undo := "start transaction", "commit and no chain no release", "rollback and no chain no release"
	if _, ok := on.(*sql.Tx); ok {
		begin, end, undo = "savepoint icpcode", "release savepoint icpcode", "rollback to savepoint icpcode"
	} else {
		c, err := on.(*sql.DB).Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }() // back to the pool; its error is none of the Commit's
		on = c
	}
	err := m.run(ctx, on, begin, all, end)
	if err != nil {
		m.undo(ctx, on, undo)
	}
	return err
}

// run sends the statements of a transaction, in one text if it may. There,
// after an update that did not find every row at its version, the next
// statement fails: its number is out of range.
func (m mySQL) run(ctx context.Context, on conn, begin string, all []step, end string) error {
	if m.several {
		var s statement
		s.add(begin)
		for i := range all {
			s.add("; ", string(all[i].buf))
			if n := all[i].updates; n > 0 {
				s.add("; ")
				guard(&s, n)
			}
		}
		s.add("; ", end)
		_, err := on.ExecContext(ctx, s.text())
		return err
	}
	if _, err := on.ExecContext(ctx, begin); err != nil {
		return err
	}
	for i := range all {
		res, err := on.ExecContext(ctx, all[i].text())
		if err == nil {
			err = all[i].done(res)
		}
		if err != nil {
			return err
		}
	}
	_, err := on.ExecContext(ctx, end)
	return err
}

// guard adds a statement that fails if the one before did not update n rows.
func guard(s *statement, n int) {
	s.add("set @icpcode = 9223372036854775807 + (row_count() <> ", strconv.Itoa(n), ")")
}

// outOfRange is how it fails.
const outOfRange = 1690

// undo rolls back after an error, and has a connection thrown away that
// cannot: nobody may go on inside the transaction.
func (mySQL) undo(ctx context.Context, on conn, undo string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	if _, err := on.ExecContext(ctx, undo); err == nil {
		return
	}
	if c, ok := on.(*sql.Conn); ok {
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
	}
}

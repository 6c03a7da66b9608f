package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strconv"
)

// postgreSQL writes a Change in one statement, of data-modifying CTEs. The
// text of a statement depends only on which tables take part, and on whether
// one row or several of each do, so that a driver which keeps prepared
// statements needs one round trip.
type postgreSQL struct{}

// Arguments are typed in the text, and most are given as text: no driver has
// to know a type.
func (postgreSQL) value(s *statement, c *column, v any) {
	s.arg("$", v)
	s.add(pgArguments[c.kind])
}

var (
	pgArguments = [...]string{
		text: "::text", integer: "::bigint", instant: "::text::timestamp at time zone 'UTC'",
		amount: "::text::numeric", document: "::text::jsonb",
	}
	pgArrays = [...]string{
		text: "::text::text[]", integer: "::text::bigint[]", instant: "::text::timestamp[]",
		amount: "::text::numeric[]", document: "::text::jsonb[]",
	}
)

func (postgreSQL) shown(s *statement, c *column, _ bool) {
	switch c.kind {
	case text:
		s.add("t.", c.name)
	case integer, amount, document:
		s.add("t.", c.name, "::text")
	case instant:
		s.add("to_char(t.", c.name, " at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')")
	}
}

func (postgreSQL) array() (before, after string) { return "json_build_array(", ")::text" }

// keyed reads by the primary key, whatever the planner knows of the table.
func (p postgreSQL) keyed(s *statement, t *table, keys []row) {
	s.add("(select * from ")
	p.limited(s, t.columns[:t.keys], keys, 0)
	s.add(") x join ", t.name, " as t on ")
	s.matchKeys(t)
}

// limited is unnest with a limit of all rows, as a number that the planner does
// not see. So it expects a tenth of the rows, and makes no plan that reads the
// table whole because it was small, or had never been analysed.
func (p postgreSQL) limited(s *statement, columns []column, rows []row, without uint64) {
	first := strconv.Itoa(len(s.args) + 1) // the first column is a text of the key
	p.unnest(s, columns, rows, without)
	s.add(" limit (select cardinality($", first, "::text::text[]))")
}

// unnest adds rows as a table x, an array for each column but those left out.
func (postgreSQL) unnest(s *statement, columns []column, rows []row, without uint64) {
	s.add("unnest(")
	for i := range columns {
		if without&(1<<i) == 0 {
			s.arg("$", pgArray(rows, i))
			s.add(pgArrays[columns[i].kind], ", ")
		}
	}
	s.uncomma()
	s.add(") x(")
	for i := range columns {
		if without&(1<<i) == 0 {
			s.add(columns[i].name, ", ")
		}
	}
	s.uncomma()
	s.add(")")
}

// pgArray returns a column of rows as the text of an array.
func pgArray(rows []row, column int) string {
	b := []byte{'{'}
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := r[column].(type) {
		case nil:
			b = append(b, "null"...)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case string:
			b = append(b, '"')
			for j := range len(v) {
				if v[j] == '"' || v[j] == '\\' {
					b = append(b, '\\')
				}
				b = append(b, v[j])
			}
			b = append(b, '"')
		}
	}
	return string(append(b, '}'))
}

// field adds the value of a column in several rows: none, one, or that of x.
func (p postgreSQL) field(s *statement, c *column, v any, bit, nulls, same uint64) {
	switch {
	case nulls&bit != 0:
		s.add("null")
	case same&bit != 0:
		p.value(s, c, v)
	default:
		s.add("x.", c.name)
		if c.kind == instant {
			s.add(" at time zone 'UTC'")
		}
	}
}

// insertMany gives once what all rows have in common.
func (p postgreSQL) insertMany(s *statement, t *table, rows []row) {
	nulls, same := alike(rows)
	s.add("(")
	for i := range t.columns {
		if nulls&(1<<i) == 0 {
			s.add(t.columns[i].name, ", ")
		}
	}
	s.uncomma()
	s.add(") select ")
	for i := range t.columns {
		if bit := uint64(1) << i; nulls&bit == 0 {
			p.field(s, &t.columns[i], rows[0][i], bit, nulls, same)
			s.add(", ")
		}
	}
	s.uncomma()
	s.add(" from ")
	p.unnest(s, t.columns, rows, nulls|same)
}

// updateMany first locks in the order of the keys: however the tables are
// joined, no two Commits wait for each other.
func (p postgreSQL) updateMany(s *statement, b *batch) {
	t := b.table
	nulls, same := alike(b.updates)
	keys := uint64(1)<<t.keys - 1
	nulls, same = nulls&^keys, same&^keys
	s.add("update ", t.name, " as t set ")
	for i := t.keys; i < len(t.columns); i++ {
		if i > t.keys {
			s.add(", ")
		}
		s.add(t.columns[i].name, " = ")
		p.field(s, &t.columns[i], b.updates[0][i], 1<<i, nulls, same)
	}
	rows := make([]row, len(b.updates))
	for i, r := range b.updates {
		rows[i] = append(slices.Clip(r), b.expects[i])
	}
	s.add(" from (select x.* from (select * from ")
	p.limited(s, expecting(t), rows, nulls|same)
	s.add(") x join ", t.name, " as t on ")
	s.matchKeys(t)
	s.add(" order by ")
	for i := range t.keys {
		if i > 0 {
			s.add(", ")
		}
		s.add("t.", t.columns[i].name)
	}
	s.add(" for update of t) x where ")
	s.matchKeys(t)
	s.add(" and t.version = x.expect")
}

func (postgreSQL) locked() string { return "" }

// unfit is a session of which the server takes what it is sent for another
// encoding's, and keeps it so.
func (postgreSQL) unfit() string { return " where pg_client_encoding() <> 'UTF8'" }

func (postgreSQL) all(*statement) {}

func (postgreSQL) indexed(string) string { return "" }

func (p postgreSQL) before(s *statement, at position) { rows(p, s, "<", at) }

func (p postgreSQL) upTo(s *statement, at position) { rows(p, s, ">=", at) }

func (postgreSQL) unindexed(column string) string { return "(" + column + " || '')" }

// commit writes everything in one statement. A row that is there already is
// an error by itself; icp_conflict raises one if the updates found other
// versions. Either undoes all.
func (p postgreSQL) commit(ctx context.Context, on conn, known *texts, w *writes) error {
	h := shape{use: committing}
	for i := range w.batches {
		b := &w.batches[i]
		h.with(b.table, 0, b.updates)
		h.with(b.table, 1, b.inserts)
	}
	s := known.begin(h)
	var updated int64
	s.add("with ")
	for i := range w.batches {
		b := &w.batches[i]
		if len(b.updates) > 0 {
			s.add(b.table.name, "_u as (")
			update(p, &s, b)
			s.add(" returning 1), ")
			updated += int64(len(b.updates))
		}
		if len(b.inserts) > 0 {
			s.add(b.table.name, "_i as (")
			insert(p, &s, b.table, b.inserts)
			s.add("), ")
		}
	}
	s.uncomma()
	// Fails where texts would be taken for another encoding's, or the nulls of
	// arrays for texts.
	s.add(" select 1 / (", pgFit, ")::int, case when 0")
	for i := range w.batches {
		if len(w.batches[i].updates) > 0 {
			s.add(" + (select count(*) from ", w.batches[i].table.name, "_u)")
		}
	}
	s.add(" <> ")
	s.arg("$", updated)
	s.add("::bigint then icp_conflict() end")
	_, err := on.ExecContext(ctx, known.keep(h, &s), s.args...)
	const divisionByZero = "22012"
	if state, _ := sqlState(err); state == divisionByZero {
		return fmt.Errorf("%w: %s does not hold", ErrSettings, pgFit)
	}
	return err
}

const pgFit = "pg_client_encoding() = 'UTF8' and current_setting('array_nulls') = 'on'"

package sqlstore

import (
	"database/sql"
	"iter"
	"strconv"
	"sync"

	"github.com/icpcode/icpcode"
)

// statement is SQL text under way, with its arguments. One whose text is known
// from before only collects the arguments.
type statement struct {
	buf      []byte
	args     []any
	known    string
	prepared bool // on MySQL: has its arguments apart
}

// text returns the text.
func (s *statement) text() string {
	if s.known != "" {
		return s.known
	}
	return string(s.buf)
}

func (s *statement) add(parts ...string) {
	if s.known != "" {
		return
	}
	for _, p := range parts {
		s.buf = append(s.buf, p...)
	}
}

// arg adds an argument under its number, "$3" or "?3".
func (s *statement) arg(mark string, v any) {
	s.args = append(s.args, v)
	if s.known != "" {
		return
	}
	s.buf = append(s.buf, mark...)
	s.buf = strconv.AppendInt(s.buf, int64(len(s.args)), 10)
}

// uncomma takes back a comma that nothing followed.
func (s *statement) uncomma() {
	if s.known == "" {
		s.buf = s.buf[:len(s.buf)-len(", ")]
	}
}

func (s *statement) names(columns []column) {
	if s.known != "" {
		return
	}
	for i := range columns {
		if i > 0 {
			s.add(", ")
		}
		s.add(columns[i].name)
	}
}

// maxTexts is how many texts are remembered: many more than the dozens that
// are in use, but shapes follow what callers write.
const maxTexts = 1000

// texts remembers the texts of statements by what they depend on.
type texts struct {
	mu  sync.RWMutex
	all map[shape]string
}

// shape is what the text of a statement depends on.
type shape struct {
	use purpose
	// rows says how many rows of each table take part, in two bits for each
	// way to: 0, 1 or more.
	rows uint64
	// nulls are the columns without a value in any of the rows, and same those
	// with one value in all of several.
	nulls, same [numTables][ways]uint64
}

// ways is how many ways there are for rows to take part: as updates and
// inserts.
const ways = 2

// purpose is what a statement is for.
type purpose uint8

const (
	loading purpose = iota + 1
	committing
	updating
	overwriting
	inserting
)

// with adds rows of a table that take part in one way, or are keys to be read.
func (h *shape) with(t *table, way uint, rows []row) {
	h.rows |= uint64(min(len(rows), 2)) << (2 * (ways*t.place + way))
	if len(rows) == 0 {
		return
	}
	nulls, same := alike(rows)
	h.nulls[t.place][way] = nulls
	if len(rows) > 1 {
		h.same[t.place][way] = same
	}
}

// alike returns in which columns no row has a value, and in which all have the
// same.
func alike(rows []row) (nulls, same uint64) {
	for i, v := range rows[0] {
		bit := uint64(1) << i
		all := true
		for _, r := range rows[1:] {
			if r[i] != v {
				all = false
				break
			}
		}
		if all && v == nil {
			nulls |= bit
		} else if all {
			same |= bit
		}
	}
	return nulls, same
}

// begin returns a statement of a shape, whose text may be known.
func (t *texts) begin(h shape) statement {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return statement{known: t.all[h]}
}

// keep remembers the text of a statement of that shape, and returns it.
func (t *texts) keep(h shape, s *statement) string {
	if s.known != "" {
		return s.known
	}
	text := string(s.buf)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil || len(t.all) == maxTexts {
		t.all = make(map[shape]string)
	}
	t.all[h] = text
	return text
}

// matchKeys compares the key of x with that of t.
func (s *statement) matchKeys(t *table) {
	for i := range t.keys {
		if i > 0 {
			s.add(" and ")
		}
		s.add("t.", t.columns[i].name, " = x.", t.columns[i].name)
	}
}

// flavour is what the SQL of one dialect has of its own.
type flavour interface {
	// value adds a value for a column.
	value(s *statement, c *column, v any)
	// shown adds the expression that reads a column of t as text, an instant
	// as layout says: as it is sent, or as an element of an array.
	shown(s *statement, c *column, inArray bool)
	// array is what stands before and after the elements of a JSON array, as
	// text.
	array() (before, after string)
	// keyed adds what follows "from" to read the rows t of several keys. It
	// must be read by the primary key however small the table was when the
	// statement was planned.
	keyed(s *statement, t *table, keys []row)
	// locked is what ends the reading of rows that must be locked, or "".
	locked() string
	// unfit is a condition, which holds in a session that is not known to be
	// fit for the statement; "": there is none.
	unfit() string
	// indexed names the index by which a table is to be read, where the
	// database has to be told.
	indexed(index string) string
	// before is the condition that t was issued before a position, or is at it
	// and its code comes before, in the way that an index of both is read from
	// that position on.
	before(s *statement, p position)
	// upTo is the condition that t comes before a position in a list, or is at
	// it.
	upTo(s *statement, p position)
	// unindexed is a column for which no index may be used.
	unindexed(column string) string
	// all adds what makes sure that all rows of a statement are returned.
	all(s *statement)
}

// setwise is a flavour that writes several rows in one statement.
type setwise interface {
	// insertMany adds what follows the name of the table.
	insertMany(s *statement, t *table, rows []row)
	// updateMany adds the whole statement, which must touch every row that is
	// at the version expected, and no other.
	updateMany(s *statement, b *batch)
}

// wanted is the keys of one table that a Load asks for.
type wanted struct {
	kind  icpcode.Kind
	table *table
	keys  []row
}

// packed reports whether load reads a row of t as one JSON array. Records are
// by far the widest rows, and what is mostly asked of them is whether there
// are any: their columns would be paid for in every answer, also an empty one.
func packed(t *table) bool { return t == codes }

// width is how many columns load reads of a row of t.
func width(t *table) int {
	if packed(t) {
		return 1
	}
	return len(t.columns)
}

// load reads keys in one statement. A row is its kind, the columns of its
// table, and as many NULLs as it has columns less than the given width.
func load(f flavour, s *statement, all []wanted, most int) {
	lock := f.locked()
	for i := range all {
		w := &all[i]
		if i > 0 {
			s.add(" union all ")
		}
		if lock != "" {
			s.add("(")
		}
		s.add("select ", strconv.Itoa(int(w.kind)))
		if packed(w.table) {
			before, after := f.array()
			s.add(", ", before)
			showing(f, s, w.table, true)
			s.add(after)
		} else {
			s.add(", ")
			showing(f, s, w.table, false)
		}
		for range most - width(w.table) {
			s.add(", null")
		}
		s.add(" from ")
		if len(w.keys) > 1 {
			f.keyed(s, w.table, w.keys)
		} else {
			s.add(w.table.name, " as t where ")
			matchKey(f, s, w.table, w.keys[0])
		}
		if lock != "" {
			s.add(lock, ")")
		}
	}
	doubted(f, s, most)
}

// doubted adds a row of the kind unfit where the session is not known to be
// fit, to a statement that reads so many columns beside the kind.
func doubted(f flavour, s *statement, width int) {
	condition := f.unfit()
	if condition == "" {
		return
	}
	s.add(" union all select ", strconv.Itoa(unfit))
	for range width {
		s.add(", null")
	}
	s.add(condition)
	f.all(s)
}

// rows compares instant and code as a row.
func rows(f flavour, s *statement, operator string, p position) {
	s.add("(t.issued, t.code) ", operator, " (")
	f.value(s, columnOf(codes, "issued"), p.issued)
	s.add(", ")
	f.value(s, columnOf(codes, "code"), p.code)
	s.add(")")
}

// ordered begins a statement that has an order and a limit, and so must stand in
// parentheses in a union. It returns what ends it.
func ordered(f flavour, s *statement, width int) (end func()) {
	if f.unfit() == "" {
		return func() {}
	}
	s.add("(")
	return func() {
		s.add(")")
		doubted(f, s, width)
	}
}

// showing reads all columns of t.
func showing(f flavour, s *statement, t *table, inArray bool) {
	for i := range t.columns {
		if i > 0 {
			s.add(", ")
		}
		f.shown(s, &t.columns[i], inArray)
	}
}

// matchKey compares the key of t with that of r.
func matchKey(f flavour, s *statement, t *table, r row) {
	for i := range t.keys {
		if i > 0 {
			s.add(" and ")
		}
		s.add("t.", t.columns[i].name, " = ")
		f.value(s, &t.columns[i], r[i])
	}
}

func history(f flavour, s *statement, q *icpcode.EventQuery) {
	defer ordered(f, s, len(events.columns))()
	s.add("select 0, ")
	showing(f, s, events, false)
	s.add(" from ", events.name, " as t where t.code = ")
	f.value(s, &events.columns[0], q.Code.String())
	s.add(" and t.seq > ")
	f.value(s, &events.columns[1], int64(q.After))
	s.add(" order by t.seq limit ")
	f.value(s, &column{name: "", kind: integer}, int64(q.Limit))
}

func insert(f flavour, s *statement, t *table, rows []row) {
	s.add("insert into ", t.name, " ")
	if len(rows) > 1 {
		f.(setwise).insertMany(s, t, rows)
		return
	}
	s.add("(")
	// About half of the columns have no value, and every argument costs.
	for i, v := range rows[0] {
		if v != nil {
			s.add(t.columns[i].name, ", ")
		}
	}
	s.uncomma()
	s.add(") values (")
	for i, v := range rows[0] {
		if v != nil {
			f.value(s, &t.columns[i], v)
			s.add(", ")
		}
	}
	s.uncomma()
	s.add(")")
}

func update(f flavour, s *statement, b *batch) {
	if len(b.updates) > 1 {
		f.(setwise).updateMany(s, b)
		return
	}
	t, r := b.table, b.updates[0]
	s.add("update ", t.name, " as t set ")
	for i := t.keys; i < len(t.columns); i++ {
		if i > t.keys {
			s.add(", ")
		}
		s.add(t.columns[i].name, " = ")
		if r[i] == nil {
			s.add("null")
			continue
		}
		f.value(s, &t.columns[i], r[i])
	}
	s.add(" where ")
	matchKey(f, s, t, r)
	s.add(" and t.version = ")
	f.value(s, &t.columns[t.keys], b.expects[0])
}

// step is one statement of a transaction.
type step struct {
	statement
	shape   shape
	updates int // how many rows it must update; 0: it is no update
}

// steps returns the statements that write w, in the order of its tables. known
// is nil where no text is like another.
func steps(f flavour, known *texts, w *writes) []step {
	all := make([]step, 0, 2*len(w.batches))
	begin := func(use purpose, t *table, rows []row) *statement {
		var s step
		if known != nil {
			s.shape.use = use
			s.shape.with(t, 0, rows)
			s.statement = known.begin(s.shape)
		}
		all = append(all, s)
		return &all[len(all)-1].statement
	}
	for i := range w.batches {
		for b := range apart(f, &w.batches[i]) {
			if n := len(b.updates); n > 0 {
				update(f, begin(updating, b.table, b.updates), b)
				all[len(all)-1].updates = n
				if m, ok := f.(mySQL); ok && n > 1 {
					m.overwrite(begin(overwriting, b.table, b.updates), b.table, b.updates)
				}
			}
			if len(b.inserts) > 0 {
				insert(f, begin(inserting, b.table, b.inserts), b.table, b.inserts)
			}
		}
	}
	return all
}

// apart splits a batch into those that go in statements of their own: none but
// itself where several rows go in one.
func apart(f flavour, b *batch) iter.Seq[*batch] {
	return func(yield func(*batch) bool) {
		if _, ok := f.(setwise); ok {
			yield(b)
			return
		}
		for i := range b.updates {
			if !yield(&batch{table: b.table, updates: b.updates[i : i+1], expects: b.expects[i : i+1]}) {
				return
			}
		}
		for i := range b.inserts {
			if !yield(&batch{table: b.table, inserts: b.inserts[i : i+1]}) {
				return
			}
		}
	}
}

// done judges what the statement did.
func (s *step) done(res sql.Result) error {
	if s.updates == 0 {
		return nil
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n != int64(s.updates) {
		return errVersion
	}
	return nil
}

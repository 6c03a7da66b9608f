package sqlstore

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/icpcode/icpcode"
)

// writes is a Change as rows, by table.
type writes struct {
	batches []batch // in the order of the tables, none of them empty
}

// batch is the rows of one table, each kind sorted by key.
type batch struct {
	table   *table
	ensures []row // of acquaintances: what is there already is left
	inserts []row // must be absent
	updates []row // must be at the version in expects
	expects []int64
}

// writesOf sorts out a Change. The engine sorts its documents by key, which is
// also the order of the tables here, so that two Commits lock in one order.
func writesOf(c *icpcode.Change) (*writes, error) {
	w := &writes{batches: make([]batch, 0, 6)}
	ensured := false
	for i := range c.Puts {
		p := &c.Puts[i]
		if p.Key.Kind > icpcode.KindAcquaintance && !ensured {
			ensured = true
			w.ensure(c.Ensures)
		}
		t := tableOf(p.Key.Kind)
		if t == nil || p.Key.Kind == icpcode.KindAcquaintance {
			return nil, errKey
		}
		r, err := appendPut(make(row, 0, len(t.columns)), p)
		if err != nil {
			return nil, err
		}
		b := w.batch(t)
		if p.Expect == 0 {
			b.inserts = append(b.inserts, r)
		} else {
			b.updates = append(b.updates, r)
			b.expects = append(b.expects, int64(p.Expect))
		}
	}
	if !ensured {
		w.ensure(c.Ensures)
	}
	for i := range c.Events {
		r, err := appendEvent(make(row, 0, len(events.columns)), &c.Events[i])
		if err != nil {
			return nil, err
		}
		b := w.batch(events)
		b.inserts = append(b.inserts, r)
	}
	return w, nil
}

func (w *writes) ensure(keys []icpcode.Key) {
	for i := range keys {
		b := w.batch(acquaintances)
		b.ensures = append(b.ensures, appendKey(nil, &keys[i]))
	}
}

// batch returns the batch of t, which is the last one or comes after it.
func (w *writes) batch(t *table) *batch {
	if n := len(w.batches); n == 0 || w.batches[n-1].table != t {
		w.batches = append(w.batches, batch{table: t})
	}
	return &w.batches[len(w.batches)-1]
}

// appendObject appends a row as a JSON object by the names of its columns,
// NULLs left out, for a statement that takes many rows in one argument. A JSON
// document is set in as it is.
func appendObject(b []byte, columns []column, r row) []byte {
	start := len(b)
	for i := range columns {
		if r[i] == nil {
			continue
		}
		b = append(b, ',', '"')
		b = append(b, columns[i].name...)
		b = append(b, '"', ':')
		b = appendJSON(b, columns[i].kind, r[i])
	}
	b[start] = '{' // a row has at least its key
	return append(b, '}')
}

func appendJSON(b []byte, k kind, v any) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(b, v, 10)
	case string:
		if k == document {
			return append(b, v...)
		}
		if plain(v) {
			b = append(b, '"')
			b = append(b, v...)
			return append(b, '"')
		}
		q, _ := json.Marshal(v) // a string never fails
		return append(b, q...)
	}
	panic("sqlstore: a value of another type")
}

// plain reports whether s is of ASCII letters, digits and signs that mean
// nothing in JSON, arrays or SQL literals.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', 'A' <= c && c <= 'Z':
		case c == '-', c == '.', c == ':', c == ' ', c == '_', c == '/', c == '@', c == '+':
		default:
			return false
		}
	}
	return true
}

// objects returns rows as a JSON array of objects. With expects, each has its
// expected version under "expect".
func objects(columns []column, rows []row, expects []int64) string {
	b := []byte{'['}
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendObject(b, columns, r)
		if expects != nil {
			b = append(b[:len(b)-1], `,"expect":`...)
			b = strconv.AppendInt(b, expects[i], 10)
			b = append(b, '}')
		}
	}
	return string(append(b, ']'))
}

// expecting returns the columns of t, and the one that objects adds.
func expecting(t *table) []column {
	return append(slices.Clip(t.columns), column{"expect", integer})
}

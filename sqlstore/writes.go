package sqlstore

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/icpcode/icpcode"
)

// writes is a Change as rows, by table.
type writes struct {
	batches []batch // in the order of the tables, none of them empty
}

// batch is the rows of one table, each kind sorted by key.
type batch struct {
	table   *table
	inserts []row // must be absent
	updates []row // must be at the version in expects
	expects []int64
}

// writesOf sorts out a Change. The engine sorts its documents by key, which is
// also the order of the tables here, so that two Commits lock in one order.
func writesOf(c *icpcode.Change) (*writes, error) {
	w := &writes{batches: make([]batch, 0, 6)}
	for i := range c.Puts {
		p := &c.Puts[i]
		t := tableOf(p.Key.Kind)
		if t == nil {
			return nil, errKey
		}
		if t == acquaintances && p.Expect != 0 {
			return nil, errVersion // it is written once
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

// batch returns the batch of t, which is the last one or comes after it.
func (w *writes) batch(t *table) *batch {
	if n := len(w.batches); n == 0 || w.batches[n-1].table != t {
		w.batches = append(w.batches, batch{table: t})
	}
	return &w.batches[len(w.batches)-1]
}

// expecting returns the columns of t, and the one for what an update expects.
func expecting(t *table) []column {
	return append(slices.Clip(t.columns), column{name: "expect", kind: integer})
}

// fits reports what does not fit into its column as it is. In a session without
// a strict sql_mode MySQL would shorten it without a word.
func (w *writes) fits() error {
	for i := range w.batches {
		b := &w.batches[i]
		for _, rows := range [][]row{b.inserts, b.updates} {
			for _, r := range rows {
				for j, v := range r {
					if c := &b.table.columns[j]; !c.fits(v) {
						return fmt.Errorf("sqlstore: a value does not fit into %s.%s", b.table.name, c.name)
					}
				}
			}
		}
	}
	return nil
}

func (c *column) fits(v any) bool {
	switch v := v.(type) {
	case string:
		switch c.kind {
		case instant:
			return len(v) == len(layout)
		case amount:
			return len(v) <= len("-999999999999999999.99")
		}
		return utf8.ValidString(v) && (c.most == 0 || len(v) <= c.most || utf8.RuneCountInString(v) <= c.most)
	case int64:
		return c.most != small || v == int64(int32(v))
	}
	return v == nil
}

package sqlstore

import (
	"context"
	"database/sql"
	"reflect"

	"github.com/icpcode/icpcode"
)

// txStore is a store in a transaction of the caller's.
//
// On MySQL that may be READ UNCOMMITTED, and no statement can tell: the level
// of a single transaction is no variable. Then a document may be read that is
// never committed, and even one that is written under the same version by
// another afterwards. So there a txStore remembers what it has read, and a
// Commit reads it again first, locking it, which at any level is what was
// committed last. Before a Commit nothing is locked that others may want to
// write.
type txStore struct {
	s  *Store
	tx *sql.Tx

	checked bool // SQLite: nothing is read that is not committed
	// seen is what was loaded since the last Commit, and listed what a list
	// returned, without what is absent. An absent document that another is
	// about to write is a conflict by itself.
	seen   map[icpcode.Key]icpcode.Document
	listed map[icpcode.Code]icpcode.Record
}

// check does for SQLite what cannot be done once and for all.
func (t *txStore) check(ctx context.Context) error {
	if t.checked || t.s.dialect != SQLite {
		return nil
	}
	if err := checkUncommitted(ctx, t.tx); err != nil {
		return t.s.explain(ctx, "check", err)
	}
	t.checked = true
	return nil
}

func (t *txStore) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	if err := t.check(ctx); err != nil {
		return nil, err
	}
	docs, err := t.s.load(ctx, t.tx, keys)
	if err != nil || t.s.dialect != MySQL {
		return docs, err
	}
	// A receipt is an answer by itself. It never changes, so that locking it
	// is in no other's way.
	if err := t.confirm(ctx, docs, func(d *icpcode.Document) bool { return d.Key.Kind == icpcode.KindReceipt }); err != nil {
		return nil, err
	}
	for i := range docs {
		if docs[i].Version > 0 {
			t.seen[docs[i].Key] = docs[i].Clone()
		}
	}
	return docs, nil
}

func (t *txStore) Commit(ctx context.Context, c icpcode.Change) error {
	if err := t.check(ctx); err != nil {
		return err
	}
	if t.s.dialect == MySQL {
		if err := t.confirmSeen(ctx, &c); err != nil {
			return err
		}
	}
	err := t.s.commit(ctx, t.tx, &c)
	if err == nil {
		clear(t.seen)
		clear(t.listed)
	}
	return err
}

func (t *txStore) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	if err := t.check(ctx); err != nil {
		return icpcode.Page{}, err
	}
	page, err := t.s.list(ctx, t.tx, &q)
	if err == nil && t.s.dialect == MySQL {
		if t.listed == nil {
			t.listed = make(map[icpcode.Code]icpcode.Record)
		}
		for i := range page.Records {
			r := icpcode.Document{Body: &page.Records[i]}.Clone().Body.(*icpcode.Record)
			t.listed[r.Code] = *r
		}
	}
	return page, err
}

func (t *txStore) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	if err := t.check(ctx); err != nil {
		return nil, err
	}
	return t.s.events(ctx, t.tx, &q)
}

// confirmSeen confirms all that was loaded, and of what was listed only what is
// about to be written: lists are long, and mostly for looking at.
func (t *txStore) confirmSeen(ctx context.Context, c *icpcode.Change) error {
	docs := make([]icpcode.Document, 0, len(t.seen))
	for _, d := range t.seen {
		docs = append(docs, d)
	}
	for i := range c.Puts {
		key := c.Puts[i].Key
		r, ok := t.listed[key.Code]
		if _, loaded := t.seen[key]; ok && !loaded && key.Kind == icpcode.KindRecord {
			docs = append(docs, icpcode.Document{Key: key, Version: r.Version, Body: &r})
		}
	}
	return t.confirm(ctx, docs, func(*icpcode.Document) bool { return true })
}

// confirm reads documents again that were found, now locking them. What others
// have changed since is a conflict.
func (t *txStore) confirm(ctx context.Context, docs []icpcode.Document, which func(*icpcode.Document) bool) error {
	var keys []icpcode.Key
	var found []*icpcode.Document
	for i := range docs {
		if docs[i].Version > 0 && which(&docs[i]) {
			keys, found = append(keys, docs[i].Key), append(found, &docs[i])
		}
	}
	if len(keys) == 0 {
		return nil
	}
	locks := t.s.flavour().(mySQL)
	locks.lock = " for update"
	again, err := t.s.loadBy(ctx, t.tx, locks, keys)
	const readOnly = 1792 // the transaction, which may share locks
	if n, _ := t.s.errorNumber(err); n == readOnly {
		locks.lock = " lock in share mode"
		again, err = t.s.loadBy(ctx, t.tx, locks, keys)
	}
	if err != nil {
		return err
	}
	for i := range again {
		if again[i].Version != found[i].Version || !reflect.DeepEqual(again[i].Body, found[i].Body) {
			return t.s.explain(ctx, "load", errVersion)
		}
	}
	return nil
}

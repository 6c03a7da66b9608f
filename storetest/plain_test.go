package storetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/icpcode/icpcode"
)

// plain is a correct store of the simplest kind. The broken stores are this
// one with one thing changed.
type plain struct {
	mu     sync.Mutex
	docs   map[icpcode.Key]icpcode.Document
	events map[icpcode.Code][]icpcode.Event // event n is at n-1, less those that were purged
	purged map[icpcode.Code]uint64          // how many were
	index  map[entry]map[icpcode.Code]bool
}

type entry struct {
	by    icpcode.Index
	value string
}

func newPlain() *plain {
	return &plain{
		docs:   make(map[icpcode.Key]icpcode.Document),
		events: make(map[icpcode.Code][]icpcode.Event),
		purged: make(map[icpcode.Code]uint64),
		index:  make(map[entry]map[icpcode.Code]bool),
	}
}

func (s *plain) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	docs := make([]icpcode.Document, len(keys))
	for i, k := range keys {
		docs[i] = s.get(k)
	}
	return docs, nil
}

// The methods below need the lock.

func (s *plain) get(k icpcode.Key) icpcode.Document {
	d, ok := s.docs[k]
	if !ok {
		return icpcode.Document{Key: k}
	}
	return d.Clone()
}

// conflict compares a Change with what is stored.
func (s *plain) conflict(c icpcode.Change) error {
	for i, p := range c.Puts {
		if stored := s.docs[p.Key].Version; stored != p.Expect {
			return fmt.Errorf("document %d is at %d: %w", i, stored, icpcode.ErrConflict)
		}
	}
	for _, e := range c.Events {
		if e.Seq <= s.purged[e.Code]+uint64(len(s.events[e.Code])) {
			return fmt.Errorf("event %d exists: %w", e.Seq, icpcode.ErrConflict)
		}
	}
	return nil
}

func (s *plain) apply(c icpcode.Change) {
	for _, p := range c.Puts {
		s.set(p.Clone())
	}
	for _, e := range c.Events {
		s.events[e.Code] = append(s.events[e.Code], e.Clone())
	}
}

func (s *plain) set(d icpcode.Document) {
	if old, ok := s.docs[d.Key].Body.(*icpcode.Record); ok {
		for _, by := range indexes {
			delete(s.index[entry{by, by.Of(old)}], old.Code)
		}
	}
	s.docs[d.Key] = d
	if r, ok := d.Body.(*icpcode.Record); ok {
		for _, by := range indexes {
			if e := (entry{by, by.Of(r)}); e.value != "" {
				if s.index[e] == nil {
					s.index[e] = make(map[icpcode.Code]bool)
				}
				s.index[e][r.Code] = true
			}
		}
	}
}

func (s *plain) Commit(ctx context.Context, c icpcode.Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.conflict(c); err != nil {
		return err
	}
	s.apply(c)
	return nil
}

// records returns the records that match q after its cursor, the latest issued
// first.
func (s *plain) records(q icpcode.Query) []icpcode.Record {
	codes := maps.Keys(s.index[entry{q.By, q.Value}])
	if q.By == icpcode.Everything {
		codes = func(yield func(icpcode.Code) bool) {
			for k := range s.docs {
				if k.Kind == icpcode.KindRecord && !yield(k.Code) {
					return
				}
			}
		}
	}
	var all []icpcode.Record
	for code := range codes {
		r, ok := s.docs[recordKey(code)].Body.(*icpcode.Record)
		if ok && (q.State == icpcode.StateNone || r.State == q.State) && (q.By != icpcode.Everything || q.After == "" || place(r) < q.After) {
			all = append(all, r.Clone())
		}
	}
	slices.SortFunc(all, newestFirst)
	return all
}

// place is a cursor at a record. Where a record stands before another, its
// place is the greater text.
func place(r *icpcode.Record) string {
	return r.Issued.UTC().Format("20060102150405.000000 ") + r.Code.String()
}

// page cuts the first page out of records that are in order.
func page(records []icpcode.Record, q icpcode.Query) (icpcode.Page, error) {
	if q.After != "" {
		records = slices.DeleteFunc(records, func(r icpcode.Record) bool { return place(&r) >= q.After })
	}
	if len(records) <= q.Limit {
		return icpcode.Page{Records: records}, nil
	}
	return icpcode.Page{Records: records[:q.Limit], Next: place(&records[q.Limit-1])}, nil
}

func (s *plain) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	if err := ctx.Err(); err != nil {
		return icpcode.Page{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return page(s.records(q), q)
}

func (s *plain) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events[q.Code]
	after := max(q.After, s.purged[q.Code]) - s.purged[q.Code]
	events = events[min(after, uint64(len(events))):]
	events = slices.Clone(events[:min(q.Limit, len(events))])
	for i := range events {
		events[i] = events[i].Clone()
	}
	return events, nil
}

func (s *plain) PurgeEvents(_ context.Context, before time.Time, limit int) (int, error) {
	return s.purge(limit, func(r *icpcode.Record) bool { return !r.Over().IsZero() && r.Over().Before(before) }), nil
}

// purge forgets the events of at most limit codes for which over holds.
func (s *plain) purge(limit int, over func(*icpcode.Record) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for c, events := range s.events {
		r, ok := s.docs[recordKey(c)].Body.(*icpcode.Record)
		if ok && len(events) > 0 && n < limit && over(r) {
			s.purged[c] += uint64(len(events))
			s.events[c] = nil
			n++
		}
	}
	return n
}

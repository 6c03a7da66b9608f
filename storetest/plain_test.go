package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/icpcode/icpcode"
)

// plain is a correct store of the simplest kind. The broken stores are this
// one with one thing changed.
type plain struct {
	mu     sync.Mutex
	docs   map[icpcode.Key]icpcode.Document
	events map[icpcode.Code][]icpcode.Event
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
		if e.Seq <= uint64(len(s.events[e.Code])) {
			return fmt.Errorf("event %d exists: %w", e.Seq, icpcode.ErrConflict)
		}
	}
	return nil
}

func (s *plain) apply(c icpcode.Change) {
	for _, p := range c.Puts {
		s.set(p.Clone())
	}
	for _, k := range c.Ensures {
		s.docs[k] = icpcode.Document{Key: k, Version: 1}
	}
	for _, e := range c.Events {
		s.events[e.Code] = append(s.events[e.Code], e.Clone())
	}
}

func (s *plain) set(d icpcode.Document) {
	if old, ok := s.docs[d.Key].Body.(*icpcode.Record); ok {
		for _, by := range indexes {
			delete(s.index[entry{by, indexValue(old, by)}], old.Code)
		}
	}
	s.docs[d.Key] = d
	if r, ok := d.Body.(*icpcode.Record); ok {
		for _, by := range indexes {
			if e := (entry{by, indexValue(r, by)}); e.value != "" {
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

// records returns the records that match q, by code.
func (s *plain) records(q icpcode.Query) []icpcode.Record {
	var all []icpcode.Record
	for code := range s.index[entry{q.By, q.Value}] {
		r, ok := s.get(recordKey(code)).Body.(*icpcode.Record)
		if ok && (q.State == icpcode.StateNone || r.State == q.State) {
			all = append(all, *r)
		}
	}
	slices.SortFunc(all, func(a, b icpcode.Record) int { return a.Code.Compare(b.Code) })
	return all
}

// page cuts the first page out of records that are sorted by code.
func page(records []icpcode.Record, q icpcode.Query) (icpcode.Page, error) {
	if q.After != "" {
		var after icpcode.Code
		if err := after.UnmarshalText([]byte(q.After)); err != nil {
			return icpcode.Page{}, err
		}
		records = slices.DeleteFunc(records, func(r icpcode.Record) bool { return r.Code.Compare(after) <= 0 })
	}
	if len(records) <= q.Limit {
		return icpcode.Page{Records: records}, nil
	}
	return icpcode.Page{Records: records[:q.Limit], Next: records[q.Limit-1].Code.String()}, nil
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
	events = events[min(q.After, uint64(len(events))):]
	events = slices.Clone(events[:min(q.Limit, len(events))])
	for i := range events {
		events[i] = events[i].Clone()
	}
	return events, nil
}

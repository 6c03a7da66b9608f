package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/icpcode/icpcode"
)

// Stores whose Load is wrong.
var brokenLoads = []brokenStore{
	{"has an error for what is absent", func(s *twisted) {
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			docs, err := s.plain.Load(ctx, keys...)
			for _, d := range docs {
				if d.Version == 0 {
					return nil, errors.New("not found")
				}
			}
			return docs, err
		}
	}, []string{"load-absent"}},
	{"has an empty body for what is absent", func(s *twisted) {
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			docs, err := s.plain.Load(ctx, keys...)
			for i := range docs {
				if docs[i].Version == 0 {
					docs[i].Body = icpcode.NewBody(docs[i].Key.Kind)
				}
			}
			return docs, err
		}
	}, []string{"load-absent"}},
	{"leaves out what is absent", func(s *twisted) {
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			docs, err := s.plain.Load(ctx, keys...)
			return slices.DeleteFunc(docs, func(d icpcode.Document) bool { return d.Version == 0 }), err
		}
	}, []string{"load-absent", "load-order"}},
	{"loads in the order of its keys", func(s *twisted) {
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			return s.plain.Load(ctx, slices.SortedFunc(slices.Values(keys), icpcode.Key.Compare)...)
		}
	}, []string{"load-order"}},
	{"loads a key once", func(s *twisted) {
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			seen := make(map[icpcode.Key]bool)
			docs, err := s.plain.Load(ctx, keys...)
			for i := range docs {
				if seen[keys[i]] {
					docs[i] = icpcode.Document{Key: keys[i]}
				}
				seen[keys[i]] = true
			}
			return docs, err
		}
	}, []string{"load-duplicates"}},
	{"loads from a replica", func(s *twisted) {
		replica := s.late()
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			return replica.Load(ctx, keys...)
		}
	}, []string{"load-acknowledged"}},
	{"reads receipts first, then the rest", func(s *twisted) {
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) (docs []icpcode.Document, err error) {
			err = ctx.Err()
			s.split(func(gap func()) {
				docs = make([]icpcode.Document, len(keys))
				for i, k := range keys {
					if k.Kind == icpcode.KindReceipt {
						docs[i] = s.get(k)
					}
				}
				gap()
				for i, k := range keys {
					if k.Kind != icpcode.KindReceipt {
						docs[i] = s.get(k)
					}
				}
			})
			return docs, err
		}
	}, []string{"load-receipts-last"}},
	{"reads key by key", func(s *twisted) {
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			docs := make([]icpcode.Document, 0, len(keys))
			for _, k := range keys {
				one, err := s.plain.Load(ctx, k)
				if err != nil {
					return nil, err
				}
				docs = append(docs, one...)
				runtime.Gosched()
			}
			return docs, nil
		}
	}, []string{"load-receipts-last"}},
}

// Stores that take keys for one another.
var brokenKeys = []brokenStore{
	{"folds case", func(s *twisted) { s.keyed(texts(strings.ToLower)) }, []string{"keys-bytes"}},
	{"folds accents", func(s *twisted) {
		s.keyed(texts(strings.NewReplacer("é", "e").Replace))
	}, []string{"keys-bytes"}},
	{"normalises", func(s *twisted) {
		s.keyed(texts(strings.NewReplacer("e\u0301", "é").Replace))
	}, []string{"keys-bytes"}},
	{"drops what has no width", func(s *twisted) {
		s.keyed(texts(strings.NewReplacer("\u200b", "").Replace))
	}, []string{"keys-bytes"}},
	{"collapses spaces", func(s *twisted) {
		s.keyed(texts(func(t string) string { return strings.Join(strings.Fields(t), " ") }))
	}, []string{"keys-bytes"}},
	{"has columns of 64 characters", func(s *twisted) {
		s.keyed(texts(func(t string) string { return t[:min(64, len(t))] }))
	}, []string{"keys-bytes"}},
	{"folds the case of codes", func(s *twisted) {
		s.keyed(func(k icpcode.Key) icpcode.Key {
			k.Code, _ = icpcode.Opaque.Parse(strings.ToLower(k.Code.String()))
			return k
		})
	}, []string{"keys-codes"}},
	{"keeps codes as numbers", func(s *twisted) {
		s.keyed(func(k icpcode.Key) icpcode.Key {
			if n, err := strconv.ParseUint(k.Code.String(), 10, 64); err == nil {
				k.Code, _ = icpcode.Opaque.Parse(fmt.Sprint(n))
			}
			return k
		})
	}, []string{"keys-codes"}},
	{"reads codes as people type them", func(s *twisted) {
		s.keyed(func(k icpcode.Key) icpcode.Key {
			if c, err := icpcode.ParseCode(k.Code.String()); err == nil {
				k.Code = c
			}
			return k
		})
	}, []string{"keys-codes"}},
	{"folds the case of codes of events", func(s *twisted) {
		s.onEvents = func(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
			s.mu.Lock()
			for c := range s.events {
				if strings.EqualFold(c.String(), q.Code.String()) {
					q.Code = c
					break
				}
			}
			s.mu.Unlock()
			return s.plain.Events(ctx, q)
		}
	}, []string{"keys-codes"}},
	{"folds the case of what it lists by", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			q.Value = strings.ToLower(q.Value)
			return page(s.scan(func(r *icpcode.Record) bool { return strings.ToLower(q.By.Of(r)) == q.Value }), q)
		}
	}, []string{"keys-listed"}},
	{"joins the parts of a key", func(s *twisted) {
		s.keyed(func(k icpcode.Key) icpcode.Key {
			return icpcode.Key{Kind: k.Kind, Year: k.Year, Code: k.Code, A: k.A + k.B}
		})
	}, []string{"keys-fields"}},
	{"joins the parts of a key by a slash", func(s *twisted) {
		s.keyed(func(k icpcode.Key) icpcode.Key {
			return icpcode.Key{Kind: k.Kind, Year: k.Year, Code: k.Code, A: k.A + "/" + k.B}
		})
	}, []string{"keys-fields"}},
	{"forgets the year", func(s *twisted) {
		s.keyed(func(k icpcode.Key) icpcode.Key { k.Year = 0; return k })
	}, []string{"keys-fields"}},
	{"has one table for both directions of a grant", func(s *twisted) {
		s.keyed(func(k icpcode.Key) icpcode.Key {
			if k.Kind == icpcode.KindGranters {
				k.Kind = icpcode.KindGrantees
			}
			return k
		})
	}, []string{"keys-fields"}},
}

package storetest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"

	"github.com/icpcode/icpcode"
)

// Stores whose Commit is wrong.
var brokenCommits = []brokenStore{
	{"reports a conflict as success", func(s *twisted) {
		s.onCommit = func(ctx context.Context, c icpcode.Change) error {
			if err := s.plain.Commit(ctx, c); !errors.Is(err, icpcode.ErrConflict) {
				return err
			}
			return nil
		}
	}, []string{"conflict-stale", "conflict-future", "conflict-present", "conflict-gone", "conflict-event", "no-retry"}},
	{"reports a conflict as another error", func(s *twisted) {
		s.onCommit = func(ctx context.Context, c icpcode.Change) error {
			if err := s.plain.Commit(ctx, c); err != nil {
				return errors.New(err.Error())
			}
			return nil
		}
	}, []string{"conflict-stale", "context-done", "crossing"}},
	{"writes up to the conflict", func(s *twisted) {
		s.onCommit = func(ctx context.Context, c icpcode.Change) error {
			for i := range c.Puts {
				if err := s.plain.Commit(ctx, icpcode.Change{Puts: c.Puts[i : i+1]}); err != nil {
					return err
				}
			}
			return s.plain.Commit(ctx, icpcode.Change{Events: c.Events})
		}
	}, []string{"conflict-writes-nothing", "commit-large-or-nothing"}},
	{"writes events before it compares", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			err := s.conflict(c)
			if err != nil && s.conflict(icpcode.Change{Events: c.Events}) == nil {
				s.apply(icpcode.Change{Events: c.Events})
			}
			return err
		})
	}, []string{"conflict-writes-nothing"}},
	{"writes acquaintances in spite of a conflict", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			err := s.conflict(c)
			if err != nil {
				s.apply(icpcode.Change{Puts: slices.DeleteFunc(slices.Clone(c.Puts), func(p icpcode.Put) bool {
					return p.Key.Kind != icpcode.KindAcquaintance
				})})
			}
			return err
		})
	}, []string{"conflict-writes-nothing"}},
	{"ignores an expected absence", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			c.Puts = slices.DeleteFunc(slices.Clone(c.Puts), func(p icpcode.Put) bool { return p.Expect == 0 })
			return s.conflict(c)
		})
	}, []string{"conflict-present", "crossing-births", "concurrent-herd"}},
	{"lets the last write win", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			return s.conflict(icpcode.Change{Events: c.Events})
		})
	}, []string{"conflict-stale", "conflict-writes-nothing", "crossing"}},
	{"accepts versions that were", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			for _, p := range c.Puts {
				if stored := s.docs[p.Key].Version; stored < p.Expect || p.Expect == 0 && stored > 0 {
					return icpcode.ErrConflict
				}
			}
			return s.conflict(icpcode.Change{Events: c.Events})
		})
	}, []string{"conflict-stale", "crossing"}},
	{"accepts versions that are to come", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			for _, p := range c.Puts {
				if stored := s.docs[p.Key].Version; stored > p.Expect || stored == 0 && p.Expect > 0 {
					return icpcode.ErrConflict
				}
			}
			return s.conflict(icpcode.Change{Events: c.Events})
		})
	}, []string{"conflict-future", "no-retry"}},
	{"updates what is not there", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			c.Puts = slices.DeleteFunc(slices.Clone(c.Puts), func(p icpcode.Put) bool { return s.docs[p.Key].Version == 0 })
			return s.conflict(c)
		})
	}, []string{"conflict-gone"}},
	{"compares the first Put only", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			return s.conflict(icpcode.Change{Puts: c.Puts[:min(1, len(c.Puts))], Events: c.Events})
		})
	}, []string{"conflict-stale", "conflict-gone", "conflict-writes-nothing", "commit-large-or-nothing"}},
	{"compares all Puts but the last", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			return s.conflict(icpcode.Change{Puts: c.Puts[:max(0, len(c.Puts)-1)], Events: c.Events})
		})
	}, []string{"conflict-gone", "conflict-writes-nothing", "commit-large-or-nothing"}},
	{"writes over events that exist", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			for _, e := range c.Events {
				s.events[e.Code] = slices.DeleteFunc(s.events[e.Code], func(old icpcode.Event) bool { return old.Seq == e.Seq })
			}
			return s.conflict(icpcode.Change{Puts: c.Puts})
		})
	}, []string{"conflict-event"}},
	{"skips events that exist", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			c.Events = slices.DeleteFunc(c.Events, func(e icpcode.Event) bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				return e.Seq <= uint64(len(s.events[e.Code]))
			})
		})
	}, []string{"conflict-event", "conflict-writes-nothing"}},
	{"forgets the events of all codes but the first", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			c.Events = slices.DeleteFunc(c.Events, func(e icpcode.Event) bool { return e.Code != c.Events[0].Code })
		})
	}, []string{"commit-writes-all"}},
	{"forgets acquaintances", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			c.Puts = slices.DeleteFunc(c.Puts, func(p icpcode.Put) bool { return p.Key.Kind == icpcode.KindAcquaintance })
		})
	}, []string{"commit-writes-all", "load-acknowledged"}},
	{"takes an acquaintance that is there already", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			c.Puts = slices.DeleteFunc(slices.Clone(c.Puts), func(p icpcode.Put) bool { return p.Key.Kind == icpcode.KindAcquaintance })
			return s.conflict(c)
		})
	}, []string{"conflict-met"}},
	{"takes no acquaintances", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			for _, p := range c.Puts {
				if p.Body == nil {
					return errors.New("a document without a body")
				}
			}
			return s.conflict(c)
		})
	}, []string{"load-absent", "whole-bodies"}},
	{"accepts at most 1,000 documents", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			if len(c.Puts) > 1000 {
				return errors.New("too many parameters")
			}
			return s.conflict(c)
		})
	}, []string{"commit-large"}},
	{"commits by batches of 500", func(s *twisted) {
		s.onCommit = func(ctx context.Context, c icpcode.Change) error {
			for batch := range slices.Chunk(c.Puts, 500) {
				if err := s.plain.Commit(ctx, icpcode.Change{Puts: batch}); err != nil {
					return err
				}
			}
			return s.plain.Commit(ctx, icpcode.Change{Events: c.Events})
		}
	}, []string{"commit-large-or-nothing"}},
	{"writes later, unless the caller has gone", func(s *twisted) {
		var late []func()
		s.onCommit = func(ctx context.Context, c icpcode.Change) error {
			err := ctx.Err()
			if err != nil {
				return err
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, write := range late {
				write()
			}
			late = nil
			if err = s.conflict(c); err == nil {
				late = append(late, func() {
					if ctx.Err() == nil {
						s.apply(c)
					}
				})
			}
			return err
		}
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			s.mu.Lock()
			for _, write := range late {
				write()
			}
			late = nil
			s.mu.Unlock()
			return s.plain.Load(ctx, keys...)
		}
	}, []string{"commit-kept"}},
	{"counts versions by itself", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			for i := range c.Puts {
				c.Puts[i].Version = c.Puts[i].Expect + 1
			}
		})
	}, []string{"version-jumps"}},
	{"has 32 bits for a version", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			for i := range c.Puts {
				c.Puts[i].Version = uint64(uint32(c.Puts[i].Version))
			}
		})
	}, []string{"version-jumps"}},
}

// Stores that retry, or do not look at the context.
var brokenManners = []brokenStore{
	{"retries until there is no conflict", func(s *twisted) {
		s.onCommit = func(ctx context.Context, c icpcode.Change) error {
			for {
				if err := s.plain.Commit(ctx, c); !errors.Is(err, icpcode.ErrConflict) {
					return err
				}
				runtime.Gosched()
			}
		}
	}, []string{"no-retry"}},
	{"writes later what conflicted", func(s *twisted) {
		var later []icpcode.Change
		s.onCommit = func(ctx context.Context, c icpcode.Change) error {
			err := s.plain.Commit(ctx, c)
			if errors.Is(err, icpcode.ErrConflict) {
				later = append(later, c)
			}
			return err
		}
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			for _, c := range later {
				_ = s.plain.Commit(ctx, c)
			}
			return s.plain.Load(ctx, keys...)
		}
	}, []string{"no-retry"}},
	{"ignores the context", func(s *twisted) {
		s.onCommit = func(_ context.Context, c icpcode.Change) error { return s.plain.Commit(context.Background(), c) }
	}, []string{"context-done"}},
	{"ignores the context of reads", func(s *twisted) {
		s.onEvents = func(_ context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
			return s.plain.Events(context.Background(), q)
		}
	}, []string{"context-done"}},
	{"looks at the context when it has written", func(s *twisted) {
		s.onCommit = func(ctx context.Context, c icpcode.Change) error {
			return cmp.Or(s.plain.Commit(context.Background(), c), ctx.Err())
		}
	}, []string{"context-done"}},
}

// Stores that are wrong only when calls meet. These are races of logic, not of
// memory, so that they are caught under the race detector and without it.
var brokenRaces = []brokenStore{
	{"compares, then writes", func(s *twisted) {
		s.onCommit = func(ctx context.Context, c icpcode.Change) (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.split(func(gap func()) {
				if err = s.conflict(c); err == nil {
					gap()
					s.apply(c)
				}
			})
			return err
		}
	}, []string{"crossing", "crossing-births", "crossing-ring", "concurrent-herd"}},
	{"compares all, then again the first alone", func(s *twisted) {
		s.onCommit = func(ctx context.Context, c icpcode.Change) (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.split(func(gap func()) {
				if err = s.conflict(c); err == nil {
					gap()
					if err = s.conflict(icpcode.Change{Puts: c.Puts[:min(1, len(c.Puts))]}); err == nil {
						s.apply(c)
					}
				}
			})
			return err
		}
	}, []string{"crossing-ring"}},
	{"writes a changed copy of everything", func(s *twisted) {
		s.onCommit = func(ctx context.Context, c icpcode.Change) (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.split(func(gap func()) {
				if err = s.conflict(c); err == nil {
					docs := maps.Clone(s.docs)
					gap()
					s.docs = docs
					s.apply(c)
				}
			})
			return err
		}
	}, []string{"concurrent-spread"}},
	{"writes events one by one, the last first", func(s *twisted) {
		s.onCommit = func(ctx context.Context, c icpcode.Change) error {
			err := s.plain.Commit(ctx, icpcode.Change{Puts: c.Puts})
			if err != nil {
				return err
			}
			s.split(func(gap func()) {
				for _, e := range slices.Backward(c.Events) {
					s.apply(icpcode.Change{Events: []icpcode.Event{e}})
					gap()
				}
			})
			return nil
		}
		s.onEvents = func(ctx context.Context, q icpcode.EventQuery) (events []icpcode.Event, err error) {
			err = ctx.Err()
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, e := range s.events[q.Code] {
				if e.Seq > q.After {
					events = append(events, e)
				}
			}
			slices.SortFunc(events, func(a, b icpcode.Event) int { return cmp.Compare(a.Seq, b.Seq) })
			return events[:min(q.Limit, len(events))], err
		}
	}, []string{"events-racing"}},
}

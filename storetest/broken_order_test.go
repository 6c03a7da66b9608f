package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// ordered makes a store whose pages are in another order, of which place is a
// cursor.
func (s *twisted) ordered(less func(a, b *icpcode.Record) bool) {
	s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		records := s.records(q)
		slices.SortStableFunc(records, func(a, b icpcode.Record) int {
			if less(&a, &b) {
				return -1
			}
			if less(&b, &a) {
				return 1
			}
			return 0
		})
		from := 0
		for i := range records {
			if q.After == records[i].Code.String() {
				from = i + 1
			}
		}
		records = records[from:]
		if len(records) <= q.Limit {
			return icpcode.Page{Records: records}, ctx.Err()
		}
		return icpcode.Page{Records: records[:q.Limit], Next: records[q.Limit-1].Code.String()}, ctx.Err()
	}
}

// Stores whose List is in another order, or leaves out what has no value.
var brokenOrders = []brokenStore{
	{"lists by the code", func(s *twisted) {
		s.ordered(func(a, b *icpcode.Record) bool { return a.Code.Compare(b.Code) > 0 })
	}, []string{"list-newest"}},
	{"lists the oldest first", func(s *twisted) {
		s.ordered(func(a, b *icpcode.Record) bool { return newestFirst(*a, *b) > 0 })
	}, []string{"list-newest"}},
	{"lists the first code of an instant first", func(s *twisted) {
		s.ordered(func(a, b *icpcode.Record) bool {
			if c := a.Issued.Compare(b.Issued); c != 0 {
				return c > 0
			}
			return a.Code.String() < b.Code.String()
		})
	}, []string{"list-newest"}},
	{"lists numbers before texts", func(s *twisted) {
		s.ordered(func(a, b *icpcode.Record) bool {
			if c := a.Issued.Compare(b.Issued); c != 0 {
				return c > 0
			}
			return a.Code.Compare(b.Code) > 0
		})
	}, []string{"list-newest"}},
	{"lists codes of an instant without their case", func(s *twisted) {
		s.ordered(func(a, b *icpcode.Record) bool {
			if c := a.Issued.Compare(b.Issued); c != 0 {
				return c > 0
			}
			return strings.ToLower(a.Code.String()) > strings.ToLower(b.Code.String())
		})
	}, []string{"list-newest"}},
	{"lists by the millisecond", func(s *twisted) {
		s.ordered(func(a, b *icpcode.Record) bool {
			if c := a.Issued.Truncate(time.Millisecond).Compare(b.Issued.Truncate(time.Millisecond)); c != 0 {
				return c > 0
			}
			return a.Code.String() > b.Code.String()
		})
	}, []string{"list-newest"}},
	{"has a cursor of the instant alone", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			records := slices.DeleteFunc(s.records(q), func(r icpcode.Record) bool {
				return q.After != "" && r.Issued.Format(time.RFC3339Nano) >= q.After
			})
			if len(records) <= q.Limit {
				return icpcode.Page{Records: records}, ctx.Err()
			}
			return icpcode.Page{Records: records[:q.Limit], Next: records[q.Limit-1].Issued.Format(time.RFC3339Nano)}, ctx.Err()
		}
	}, []string{"list-newest", "list-pages"}},
	{"puts the page into the cursor", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			q.After = strings.TrimLeft(q.After, " ")
			page, err := s.plain.List(ctx, q)
			if page.Next != "" {
				page.Next = strings.Repeat(" ", 200) + page.Next
			}
			return page, err
		}
	}, []string{"list-cursor"}},
	{"lists everything that was filed", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return page(slices.DeleteFunc(s.records(q), func(r icpcode.Record) bool {
				return q.By == icpcode.Everything && r.Filing == nil
			}), q)
		}
	}, []string{"list-everything"}},
	{"ignores the state of everything", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			if q.By == icpcode.Everything {
				q.State = icpcode.StateNone
			}
			return s.plain.List(ctx, q)
		}
	}, []string{"list-everything"}},
	{"lists services as they were typed", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			if q.By != icpcode.ByService {
				return s.plain.List(ctx, q)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			records := s.scan(func(r *icpcode.Record) bool {
				return r.Filing != nil && (r.Filing.Domain == q.Value || "app:"+r.Filing.App == q.Value) &&
					(q.State == icpcode.StateNone || r.State == q.State)
			})
			slices.SortFunc(records, newestFirst)
			return page(records, q)
		}
	}, []string{"list-moved"}},
}

// Stores that parse what they kept as if a person had typed it.
var brokenCodes = []brokenStore{
	{"reads back only twelve digits", func(s *twisted) {
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			docs, err := s.plain.Load(ctx, keys...)
			for _, d := range docs {
				if d.Key.Kind == icpcode.KindRecord && d.Version > 0 && err == nil {
					_, err = icpcode.ParseCode(d.Key.Code.String())
				}
			}
			return docs, err
		}
	}, []string{"whole-codes", "commit-writes-all"}},
}

// forgetful makes a store that forgets the histories of codes for which over
// returns an instant before the one given.
func (s *twisted) forgetful(over func(*icpcode.Record) time.Time) {
	s.onPurge = func(before time.Time, limit int) int {
		return s.purge(limit, func(r *icpcode.Record) bool { return !over(r).IsZero() && over(r).Before(before) })
	}
}

// Stores whose limit is wrong, or what they forget.
var brokenLimits = []brokenStore{
	{"takes 63 writes", func(s *twisted) { s.limit = 63 }, []string{"limit-least"}},
	{"takes one less than it says", func(s *twisted) {
		s.limit = 100
		s.accept(func(c icpcode.Change) error {
			if len(c.Puts)+len(c.Events) >= s.limit {
				return errors.New("too many operations")
			}
			return s.conflict(c)
		})
	}, []string{"limit-taken"}},
	{"does not count the events", func(s *twisted) {
		s.limit = 64
		s.accept(func(c icpcode.Change) error {
			if len(c.Puts) > s.limit/2 || len(c.Events) > s.limit/2-2 {
				return errors.New("too many operations")
			}
			return s.conflict(c)
		})
	}, []string{"limit-taken"}},
	{"writes what fits", func(s *twisted) {
		s.limit = 100
		s.given(func(c *icpcode.Change) { c.Puts = c.Puts[:min(len(c.Puts), s.limit/2)] })
	}, []string{"limit-taken"}},
	{"forgets Filed codes", func(s *twisted) {
		s.forgetful(func(r *icpcode.Record) time.Time {
			if r.State == icpcode.StateFiled {
				return r.Updated
			}
			return r.Over()
		})
	}, []string{"purge-spares"}},
	{"forgets codes by their last update", func(s *twisted) {
		s.forgetful(func(r *icpcode.Record) time.Time { return r.Updated })
	}, []string{"purge-spares"}},
	{"forgets everything that is over", func(s *twisted) {
		s.forgetful(func(r *icpcode.Record) time.Time { return time.Unix(min(r.Over().Unix(), 1), 0) })
	}, []string{"purge-spares"}},
	{"forgets how many events there were", func(s *twisted) {
		s.onPurge = func(before time.Time, limit int) int {
			n := s.purge(limit, func(r *icpcode.Record) bool { return !r.Over().IsZero() && r.Over().Before(before) })
			clear(s.purged)
			return n
		}
		s.accept(func(c icpcode.Change) error {
			for _, e := range c.Events {
				if e.Seq != uint64(len(s.events[e.Code]))+1 && s.docs[recordKey(e.Code)].Version > 0 && len(c.Events) == 1 {
					return errors.New("events do not follow one another")
				}
			}
			return s.conflict(c)
		})
	}, []string{"purge-goes-on"}},
	{"forgets the code, too", func(s *twisted) {
		s.onPurge = func(before time.Time, limit int) int {
			n := s.purge(limit, func(r *icpcode.Record) bool { return !r.Over().IsZero() && r.Over().Before(before) })
			for c, purged := range s.purged {
				if purged > 0 {
					delete(s.docs, recordKey(c))
				}
			}
			return n
		}
	}, []string{"purge-goes-on"}},
}

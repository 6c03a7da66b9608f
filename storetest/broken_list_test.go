package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/icpcode/icpcode"
)

// Stores whose List is wrong.
var brokenLists = []brokenStore{
	{"has no index of ICP numbers", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			if q.By == icpcode.ByICPNumber {
				return icpcode.Page{}, ctx.Err()
			}
			return s.plain.List(ctx, q)
		}
	}, []string{"list-indexes"}},
	{"has one index for owners and holders", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return page(s.scan(func(r *icpcode.Record) bool {
				return q.Value == q.By.Of(r) || q.By <= icpcode.ByHolder && (string(r.Owner) == q.Value || string(r.Holder()) == q.Value)
			}), q)
		}
	}, []string{"list-indexes", "list-moved"}},
	{"numbers its pages", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			records := s.records(q)
			skip, _ := strconv.Atoi(q.After)
			records = records[min(skip, len(records)):]
			if len(records) <= q.Limit {
				return icpcode.Page{Records: records}, ctx.Err()
			}
			return icpcode.Page{Records: records[:q.Limit], Next: strconv.Itoa(skip + q.Limit)}, ctx.Err()
		}
	}, []string{"list-while-changing", "list-while-racing"}},
	{"lists by the last update", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			after, _ := strconv.ParseInt(q.After, 10, 64)
			records := s.records(q)
			slices.SortFunc(records, func(a, b icpcode.Record) int { return a.Updated.Compare(b.Updated) })
			records = slices.DeleteFunc(records, func(r icpcode.Record) bool { return r.Updated.UnixMicro() <= after })
			if len(records) <= q.Limit {
				return icpcode.Page{Records: records}, ctx.Err()
			}
			return icpcode.Page{Records: records[:q.Limit], Next: fmt.Sprint(records[q.Limit-1].Updated.UnixMicro())}, ctx.Err()
		}
	}, []string{"list-while-changing", "list-pages"}},
	{"lists in no order", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return page(s.scan(func(r *icpcode.Record) bool {
				return q.By.Of(r) == q.Value && (q.State == icpcode.StateNone || r.State == q.State)
			}), q)
		}
	}, []string{"list-pages"}},
	{"filters by state after it cuts the page", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			all := q
			all.State = icpcode.StateNone
			page, err := s.plain.List(ctx, all)
			if q.State != icpcode.StateNone {
				page.Records = slices.DeleteFunc(page.Records, func(r icpcode.Record) bool { return r.State != q.State })
			}
			if len(page.Records) == 0 {
				page.Next = ""
			}
			return page, err
		}
	}, []string{"list-pages"}},
	{"ignores the state", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			q.State = icpcode.StateNone
			return s.plain.List(ctx, q)
		}
	}, []string{"list-state", "list-pages"}},
	{"indexes the state of birth", func(s *twisted) {
		births := make(map[icpcode.Code]icpcode.State)
		s.given(func(c *icpcode.Change) {
			for _, p := range c.Puts {
				if r, ok := p.Body.(*icpcode.Record); ok && p.Expect == 0 {
					births[r.Code] = r.State
				}
			}
		})
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			state := q.State
			q.State = icpcode.StateNone
			return page(slices.DeleteFunc(s.records(q), func(r icpcode.Record) bool {
				return state != icpcode.StateNone && births[r.Code] != state
			}), q)
		}
	}, []string{"list-state"}},
	{"indexes the holder of birth", func(s *twisted) { s.stale(icpcode.ByHolder, true) }, []string{"list-moved"}},
	{"lists as received what the holder owns", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			if q.By == icpcode.ByGrantee {
				q.By = icpcode.ByHolder
			}
			return s.plain.List(ctx, q)
		}
	}, []string{"list-grantee", "list-moved"}},
	{"indexes the instance of birth", func(s *twisted) { s.stale(icpcode.ByInstance, true) }, []string{"list-moved"}},
	{"indexes the first ICP number", func(s *twisted) { s.stale(icpcode.ByICPNumber, false) }, []string{"list-moved"}},
	{"lists what has no instance under none", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if q.Value == "" {
				return page(s.scan(func(r *icpcode.Record) bool { return q.By.Of(r) == "" }), q)
			}
			return page(s.records(q), q)
		}
	}, []string{"list-without"}},
	{"reads the index, then the records", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			err := ctx.Err()
			var records []icpcode.Record
			s.split(func(gap func()) {
				records = s.records(q)
				gap()
				for i, r := range records {
					records[i] = *s.get(recordKey(r.Code)).Body.(*icpcode.Record)
				}
			})
			if err != nil {
				return icpcode.Page{}, err
			}
			return page(records, q)
		}
	}, []string{"list-racing"}},
	{"puts one too many on a page", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			q.Limit++
			return s.plain.List(ctx, q)
		}
	}, []string{"list-limit"}},
	{"has no limit for pages", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			q.Limit = 1 << 30
			return s.plain.List(ctx, q)
		}
	}, []string{"list-limit"}},
	{"lists no more than 1,000 in all", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			page, err := s.plain.List(ctx, q)
			if len(page.Records) == 1000 {
				page.Next = ""
			}
			return page, err
		}
	}, []string{"list-limit"}},
	{"lists from a replica", func(s *twisted) {
		replica := s.late()
		s.onList = replica.List
	}, []string{"list-acknowledged"}},
}

// Stores whose Events is wrong.
var brokenEvents = []brokenStore{
	{"orders events by their time", func(s *twisted) {
		s.onEvents = func(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
			events, err := s.plain.Events(ctx, q)
			slices.SortStableFunc(events, func(a, b icpcode.Event) int { return a.At.Compare(b.At) })
			return events, err
		}
	}, []string{"events-order"}},
	{"returns the event that it is to follow", func(s *twisted) {
		s.onEvents = func(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
			q.After = max(q.After, 1) - 1
			return s.plain.Events(ctx, q)
		}
	}, []string{"events-after"}},
	{"returns the last events within the limit", func(s *twisted) {
		s.onEvents = func(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
			limit := q.Limit
			q.Limit = 1 << 30
			events, err := s.plain.Events(ctx, q)
			return events[max(0, len(events)-limit):], err
		}
	}, []string{"events-after"}},
	{"has no limit for events", func(s *twisted) {
		s.onEvents = func(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
			q.Limit = 1 << 30
			return s.plain.Events(ctx, q)
		}
	}, []string{"events-after"}},
	{"returns no more than 100 events", func(s *twisted) {
		s.onEvents = func(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
			q.Limit = min(q.Limit, 100)
			return s.plain.Events(ctx, q)
		}
	}, []string{"events-after"}},
	{"has an error for a code that it does not know", func(s *twisted) {
		s.onEvents = func(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
			events, err := s.plain.Events(ctx, q)
			if err == nil && len(events) == 0 {
				err = errors.New("not found")
			}
			return events, err
		}
	}, []string{"events-unknown"}},
	{"finds events by the beginning of a code", func(s *twisted) {
		s.onEvents = func(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
			s.mu.Lock()
			for c := range s.events {
				if strings.HasPrefix(c.String(), q.Code.String()) {
					q.Code = c
				}
			}
			s.mu.Unlock()
			return s.plain.Events(ctx, q)
		}
	}, []string{"events-unknown"}},
	{"reads events from a replica", func(s *twisted) {
		replica := s.late()
		s.onEvents = replica.Events
	}, []string{"events-acknowledged"}},
}

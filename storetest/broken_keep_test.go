package storetest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
)

// Stores that do not keep what they are given, or share it.
var brokenKeeping = []brokenStore{
	{"keeps milliseconds", func(s *twisted) {
		s.instants(func(t time.Time) time.Time { return t.Truncate(time.Millisecond) })
	}, []string{"instants"}},
	{"keeps seconds", func(s *twisted) {
		s.instants(func(t time.Time) time.Time { return t.Truncate(time.Second) })
	}, []string{"instants"}},
	{"keeps nanoseconds since 1970", func(s *twisted) {
		s.instants(func(t time.Time) time.Time { return time.Unix(0, t.UnixNano()) })
	}, []string{"instants"}},
	{"keeps seconds as a float", func(s *twisted) {
		s.instants(func(t time.Time) time.Time {
			return time.UnixMicro(int64(float64(float32(t.Unix())) * 1e6))
		})
	}, []string{"instants"}},
	{"keeps money as a float", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			for _, p := range c.Puts {
				if r, ok := p.Body.(*icpcode.Record); ok {
					r.Paid.Amount = decimal.NewFromFloat(r.Paid.Amount.InexactFloat64())
				}
			}
		})
	}, []string{"money"}},
	{"keeps tenths of a yuan", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			for i := range c.Events {
				c.Events[i].Refund.Amount = c.Events[i].Refund.Amount.Round(1)
			}
		})
	}, []string{"money"}},
	{"loses a field of a ledger", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			for _, p := range c.Puts {
				if l, ok := p.Body.(*icpcode.Ledger); ok {
					l.Reason = ""
				}
			}
		})
	}, []string{"whole-bodies", "commit-writes-all"}},
	{"loses a field of a filing", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			for _, p := range c.Puts {
				if r, ok := p.Body.(*icpcode.Record); ok && r.Filing != nil {
					r.Filing.IPs = nil
				}
			}
		})
	}, []string{"whole-bodies", "whole-records-listed"}},
	{"has 64 KiB for a body", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			for _, p := range c.Puts {
				if b, ok := p.Body.(*icpcode.Partners); ok {
					b.Accounts = b.Accounts[:min(len(b.Accounts), 65535/131)]
				}
			}
		})
	}, []string{"whole-largest"}},
	{"keeps a field that is to be emptied", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			for _, p := range c.Puts {
				s.mu.Lock()
				old, ok := s.docs[p.Key].Body.(*icpcode.Record)
				s.mu.Unlock()
				if r, ok2 := p.Body.(*icpcode.Record); ok && ok2 {
					r.Reason = cmp.Or(r.Reason, old.Reason)
				}
			}
		})
	}, []string{"whole-bodies"}},
	{"lists records without their filing", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			page, err := s.plain.List(ctx, q)
			for i := range page.Records {
				page.Records[i].Filing = nil
			}
			return page, err
		}
	}, []string{"whole-records-listed"}},
	{"loses a field of an event", func(s *twisted) {
		s.given(func(c *icpcode.Change) {
			for i := range c.Events {
				c.Events[i].Product = ""
			}
		})
	}, []string{"whole-events"}},
	{"keeps the bodies that it is given", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			err := s.conflict(c)
			if err == nil {
				s.apply(c)
				for _, p := range c.Puts {
					s.docs[p.Key] = p.Document
				}
				return errDone
			}
			return err
		})
		s.done()
	}, []string{"sharing-given"}},
	{"keeps the events that it is given", func(s *twisted) {
		s.accept(func(c icpcode.Change) error {
			err := s.conflict(c)
			if err == nil {
				s.apply(icpcode.Change{Puts: c.Puts})
				for _, e := range c.Events {
					s.events[e.Code] = append(s.events[e.Code], e)
				}
				return errDone
			}
			return err
		})
		s.done()
	}, []string{"sharing-given"}},
	{"sorts the keys that it is given", func(s *twisted) {
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			order := slices.Clone(keys)
			slices.SortFunc(keys, icpcode.Key.Compare)
			return s.plain.Load(ctx, order...)
		}
	}, []string{"sharing-given"}},
	{"returns its own bodies", func(s *twisted) {
		s.onLoad = func(ctx context.Context, keys []icpcode.Key) ([]icpcode.Document, error) {
			docs, err := s.plain.Load(ctx, keys...)
			s.mu.Lock()
			defer s.mu.Unlock()
			for i := range docs {
				docs[i].Body = s.docs[keys[i]].Body
			}
			return docs, err
		}
	}, []string{"sharing-returned"}},
	{"lists its own filings", func(s *twisted) {
		s.onList = func(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
			page, err := s.plain.List(ctx, q)
			s.mu.Lock()
			defer s.mu.Unlock()
			for i, r := range page.Records {
				page.Records[i] = *s.docs[recordKey(r.Code)].Body.(*icpcode.Record)
			}
			return page, err
		}
	}, []string{"sharing-returned"}},
	{"returns its own events", func(s *twisted) {
		s.onEvents = func(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
			events, err := s.plain.Events(ctx, q)
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.events[q.Code][min(int(q.After), len(s.events[q.Code])):][:len(events)], err
		}
	}, []string{"sharing-returned"}},
}

package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/icpcode/icpcode"
)

// The functions here call a store and return what is wrong as an error, for
// any goroutine. The methods of the same names end the case, and are for its
// own.

// load loads keys and checks that the answer has their shape.
func load(ctx context.Context, s icpcode.Store, keys ...icpcode.Key) ([]icpcode.Document, error) {
	docs, err := s.Load(ctx, keys...)
	if err != nil {
		return nil, fmt.Errorf("Load: %w", err)
	}
	if len(docs) != len(keys) {
		return nil, breaks(ruleOrder, "Load of %d keys returned %d documents", len(keys), len(docs))
	}
	for i := range docs {
		if docs[i].Key != keys[i] {
			return nil, breaks(ruleOrder, "Load returned %v as document %d, want %v", docs[i].Key, i, keys[i])
		}
		if docs[i].Version == 0 && docs[i].Body != nil {
			return nil, breaks(ruleAbsent, "Load returned a body at version 0 for %v", keys[i])
		}
	}
	return docs, nil
}

// breaks says what is wrong where rule is broken, whatever the case is about.
func breaks(rule, format string, args ...any) error {
	return &ruleError{rule, fmt.Errorf(format, args...)}
}

// maxCursor is how many bytes Page.Next can have.
const maxCursor = 256

// maxPages is more than any listing here has, empty pages included.
const maxPages = 2_000

// list follows a query from its first page to its last, calling between after
// every page but the last.
func list(ctx context.Context, s icpcode.Store, q icpcode.Query, between func()) ([]icpcode.Record, error) {
	return listUntil(ctx, s, q, between, func(*icpcode.Record) bool { return false })
}

// listUntil is list that stops at the first record at which end holds, which
// it leaves out.
func listUntil(
	ctx context.Context, s icpcode.Store, q icpcode.Query, between func(), end func(*icpcode.Record) bool,
) ([]icpcode.Record, error) {
	var all []icpcode.Record
	for range maxPages {
		page, err := s.List(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("List: %w", err)
		}
		if len(page.Records) > q.Limit {
			return nil, breaks(rulePage, "List returned %d records on a page of at most %d", len(page.Records), q.Limit)
		}
		if len(page.Next) > maxCursor {
			return nil, breaks(ruleCursor, "List returned a Next of %d bytes", len(page.Next))
		}
		for i := range page.Records {
			if end(&page.Records[i]) {
				return all, nil
			}
			all = append(all, page.Records[i])
		}
		if page.Next == "" {
			return all, nil
		}
		q.After = page.Next
		if between != nil {
			between()
		}
	}
	return nil, fmt.Errorf("List had not ended after %d pages", maxPages)
}

// history pages through the events of one code.
func history(ctx context.Context, s icpcode.Store, c icpcode.Code, limit int) ([]icpcode.Event, error) {
	var all []icpcode.Event
	for {
		events, err := s.Events(ctx, icpcode.EventQuery{Code: c, After: uint64(len(all)), Limit: limit})
		if err != nil {
			return nil, fmt.Errorf("Events: %w", err)
		}
		if len(events) > limit {
			return nil, breaks(ruleEventsPage, "Events returned %d events, more than the limit of %d", len(events), limit)
		}
		for i := range events {
			if events[i].Code != c || events[i].Seq != uint64(len(all))+1 {
				return nil, breaks(ruleEventsPage, "Events returned event %d of code %v, want %d of %v",
					events[i].Seq, events[i].Code.Masked(), len(all)+1, c.Masked())
			}
			all = append(all, events[i])
		}
		if len(events) < limit {
			return all, nil
		}
	}
}

// maxChance is how often a Commit may conflict by chance: an engine would give
// up then.
const maxChance = 64

// commit repeats a Commit as long as it conflicts, as if by chance: it is for
// Changes with which nothing competes. Like an engine it waits a little longer
// each time, up to a random part of 20 ms.
func commit(ctx context.Context, s icpcode.Store, ch icpcode.Change) error {
	ch = tidy(ch)
	for i := range maxChance {
		err := s.Commit(ctx, ch)
		if !errors.Is(err, icpcode.ErrConflict) {
			if err != nil {
				return fmt.Errorf("Commit: %w", err)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("Commit: %w", ctx.Err())
		case <-time.After(rand.N(min(20*time.Microsecond<<min(i, 20), 20*time.Millisecond))):
		}
	}
	return fmt.Errorf("Commit conflicted %d times, though every expectation held", maxChance)
}

func (p *probe) load(keys ...icpcode.Key) []icpcode.Document {
	p.Helper()
	docs, err := load(p.ctx, p.store, keys...)
	if err != nil {
		p.Fatalf("%v", err)
	}
	return docs
}

func (p *probe) list(q icpcode.Query) []icpcode.Record {
	p.Helper()
	records, err := list(p.ctx, p.store, q, nil)
	if err != nil {
		p.Fatalf("%v", err)
	}
	return records
}

func (p *probe) history(c icpcode.Code) []icpcode.Event {
	p.Helper()
	events, err := history(p.ctx, p.store, c, 1000)
	if err != nil {
		p.Fatalf("%v", err)
	}
	return events
}

// commit commits a Change of which every expectation holds, in as many parts
// as the store needs.
func (p *probe) commit(ch icpcode.Change) {
	p.Helper()
	for _, part := range parts(ch, p.most) {
		if err := p.store.Commit(p.ctx, part); err != nil {
			p.Fatalf("Commit returned %v, though every expectation held", err)
		}
	}
}

// parts splits a Change into ones of at most n Puts and events, with each
// record the events of its code. What is one code's must fit.
func parts(ch icpcode.Change, n int) []icpcode.Change {
	ch = tidy(ch)
	if len(ch.Puts)+len(ch.Events) <= n {
		return []icpcode.Change{ch}
	}
	var all []icpcode.Change
	var part icpcode.Change
	add := func(puts []icpcode.Put, events []icpcode.Event) {
		if len(part.Puts)+len(part.Events)+len(puts)+len(events) > n {
			all = append(all, part)
			part = icpcode.Change{}
		}
		part.Puts, part.Events = append(part.Puts, puts...), append(part.Events, events...)
	}
	events := ch.Events
	for i, put := range ch.Puts {
		k := 0
		for k < len(events) && put.Key.Kind == icpcode.KindRecord && events[k].Code == put.Key.Code {
			k++
		}
		add(ch.Puts[i:i+1], events[:k])
		events = events[k:]
	}
	if len(events) > 0 {
		panic("storetest: events without their record")
	}
	return append(all, part)
}

// refuse commits a Change of which an expectation does not hold.
func (p *probe) refuse(what string, ch icpcode.Change) {
	p.Helper()
	if err := p.store.Commit(p.ctx, tidy(ch)); !errors.Is(err, icpcode.ErrConflict) {
		p.Fatalf("%s: Commit returned %v, want ErrConflict", what, err)
	}
}

// same compares two values of any type of the root package.
func (p *probe) same(what string, got, want any) {
	p.Helper()
	if d := diff(want, got); d != "" {
		p.Fatalf("%s differs (-want +got):\n%s", what, d)
	}
}

// diff compares instants and amounts by value, and a missing list is an
// empty one.
func diff(want, got any) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateComparable(icpcode.Code{}, netip.Addr{}))
}

// together runs fs at the same time and ends the case at the first error of
// any, when all have returned.
func (p *probe) together(fs ...func() error) {
	p.Helper()
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			p.Fatalf("%v", err)
		}
	}
}

// within runs f, which has nothing to wait for, and reports whether it came
// back before the probe's patience ended.
func (p *probe) within(f func()) bool {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
		return true
	case <-time.After(p.patience):
		return false
	}
}

// meet runs calls at the same time, each with a context that holds its call
// inside the store, at its first look at the context, until the others have
// got as far. So they meet even on one core and in a store that takes no time
// at all. It reports whether they did: each began before any had ended. The
// first of the calls is started last in every other round.
func (p *probe) meet(round int, calls ...func(ctx context.Context)) bool {
	m := &meeting{all: make(chan struct{})}
	m.missing.Store(int32(len(calls)))
	begun, ended := make([]time.Time, len(calls)), make([]time.Time, len(calls))
	order := make([]int, len(calls))
	for i := range order {
		order[i] = (i + round) % len(calls)
	}
	var wg sync.WaitGroup
	for _, i := range order {
		wg.Go(func() {
			ctx := &meetingContext{Context: p.ctx, meeting: m}
			begun[i] = time.Now()
			calls[i](ctx)
			ended[i] = time.Now()
		})
	}
	wg.Wait()
	lastBegun := slices.MaxFunc(begun, time.Time.Compare)
	firstEnded := slices.MinFunc(ended, time.Time.Compare)
	return !firstEnded.Before(lastBegun)
}

// grace bounds the wait for a call that cannot come, because the store holds
// a lock while it looks at a context.
const grace = 2 * time.Millisecond

type meeting struct {
	missing atomic.Int32
	all     chan struct{}
}

func (m *meeting) arrive() {
	if m.missing.Add(-1) == 0 {
		close(m.all)
		return
	}
	select {
	case <-m.all:
	case <-time.After(grace):
	}
}

type meetingContext struct {
	context.Context
	meeting *meeting
	once    sync.Once
}

func (c *meetingContext) Done() <-chan struct{} {
	c.once.Do(c.meeting.arrive)
	return c.Context.Done()
}

func (c *meetingContext) Err() error {
	c.once.Do(c.meeting.arrive)
	return c.Context.Err()
}

package icpcode_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"pgregory.net/rapid"
)

// TestCursorsTellNothing: every cursor has the same length, none is like
// another, and the store's own, which hold codes, are nowhere in them.
func TestCursorsTellNothing(t *testing.T) {
	w := newWorld(t)
	w.market()
	w.store = &shortPages{w.store, 1000}
	w.eng = icpcode.New(w.store, &w.opt)
	seen := make(map[string]bool)
	var codes []string
	for r, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: ops, Account: "a0"}) {
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, r.Code.String())
	}
	size := 0
	for range 2 { // the same pages twice
		for _, l := range pagedLists() {
			for _, r := range w.requests() {
				r.Limit = 1
				_, cursors := w.pages(l, r)
				for _, c := range cursors {
					if size == 0 {
						size = len(c)
					}
					if len(c) != size {
						t.Fatalf("a cursor of %s has %d bytes, another %d", l.name, len(c), size)
					}
					if seen[c] {
						t.Fatalf("two cursors of %s are the same", l.name)
					}
					seen[c] = true
					box, err := base64.RawURLEncoding.DecodeString(c)
					if err != nil {
						t.Fatalf("a cursor is not fit for a URL: %v", err)
					}
					for _, code := range codes {
						if strings.Contains(string(box), code) || strings.Contains(c, code) {
							t.Fatalf("a cursor of %s shows a code", l.name)
						}
					}
				}
			}
		}
	}
	if len(seen) < 200 {
		t.Errorf("there were %d cursors: nothing was proven", len(seen))
	}
}

// TestCursorsHoldWhatTheyAreFor: a cursor is good for its list and asker, and
// an InvalidError anywhere else, also when a bit of it changes.
func TestCursorsHoldWhatTheyAreFor(t *testing.T) {
	w := newWorld(t)
	w.market()
	w.opt.CursorKey = [32]byte{1}
	w.eng = icpcode.New(w.store, &w.opt)
	good := icpcode.ListRequest{Actor: "a0", Limit: 2}
	first := must[icpcode.Page](t)(w.eng.OwnedPage(w.ctx, good))
	good.After = first.Next
	if first.Next == "" {
		t.Fatal("there is no second page")
	}
	second := must[icpcode.Page](t)(w.eng.OwnedPage(w.ctx, good))
	again := must[icpcode.Page](t)(icpcode.New(w.store, &w.opt).OwnedPage(w.ctx, good)) // another process
	if len(second.Records) != 2 || len(again.Records) != 2 || second.Records[0].Code != again.Records[0].Code {
		t.Errorf("an engine with the same key does not go on with the same page")
	}
	sized := good
	sized.Limit = 5
	must[icpcode.Page](t)(w.eng.OwnedPage(w.ctx, sized)) // the size of pages may change

	bad := func(what string, e *icpcode.Engine, r icpcode.ListRequest) {
		t.Helper()
		for _, l := range pagedLists() {
			if _, err := l.page(e, r); !errors.As(err, new(*icpcode.InvalidError)) {
				t.Errorf("%s: %s: %v, want an InvalidError", what, l.name, err)
			}
		}
	}
	owned := func(what string, e *icpcode.Engine, change func(*icpcode.ListRequest)) {
		t.Helper()
		r := good
		change(&r)
		if _, err := e.OwnedPage(w.ctx, r); !errors.As(err, new(*icpcode.InvalidError)) {
			t.Errorf("%s: %v, want an InvalidError", what, err)
		}
	}
	owned("another actor", w.eng, func(r *icpcode.ListRequest) { r.Actor = "a1" })
	owned("an operator", w.eng, func(r *icpcode.ListRequest) { r.Actor, r.Account = ops, "a0" })
	other := good
	other.Actor, other.Account, other.After = ops, "a0", ""
	other.After = must[icpcode.Page](t)(w.eng.OwnedPage(w.ctx, other)).Next
	other.Actor = "ops2"
	w.opt.Operator = func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops || a == "ops2", nil }
	if _, err := icpcode.New(w.store, &w.opt).OwnedPage(w.ctx, other); !errors.As(err, new(*icpcode.InvalidError)) {
		t.Errorf("a cursor of one operator given to another: %v, want an InvalidError", err)
	}
	owned("another state", w.eng, func(r *icpcode.ListRequest) { r.State = icpcode.StateFiled })
	owned("another order", w.eng, func(r *icpcode.ListRequest) { r.Newest = true })
	owned("an instance", w.eng, func(r *icpcode.ListRequest) { r.InstanceID = "i-000001" })
	owned("a number", w.eng, func(r *icpcode.ListRequest) { r.ICPNumber = "ICP-1" })
	owned("a domain", w.eng, func(r *icpcode.ListRequest) { r.Domain = "example1.cn" })
	owned("an app", w.eng, func(r *icpcode.ListRequest) { r.App = "example1.cn" })
	for i := range good.After {
		owned("a changed cursor", w.eng, func(r *icpcode.ListRequest) {
			b := []byte(r.After)
			b[i] ^= 1
			r.After = string(b)
		})
	}
	owned("a shorter cursor", w.eng, func(r *icpcode.ListRequest) { r.After = r.After[4:] })
	owned("a longer cursor", w.eng, func(r *icpcode.ListRequest) { r.After += "AAAA" })
	owned("a line more", w.eng, func(r *icpcode.ListRequest) { r.After += "\n" })
	for _, l := range pagedLists()[1:] {
		if _, err := l.page(w.eng, good); !errors.As(err, new(*icpcode.InvalidError)) {
			t.Errorf("the cursor of Owned given to %s: %v, want an InvalidError", l.name, err)
		}
	}
	w.opt.CursorKey = [32]byte{2}
	bad("another key", icpcode.New(w.store, &w.opt), good)
	w.opt.CursorKey = [32]byte{}
	bad("no key", icpcode.New(w.store, &w.opt), good)
	bad("another engine without a key", icpcode.New(w.store, nil), good)
	store := must[icpcode.Page](t)(w.store.List(w.ctx, icpcode.Query{By: icpcode.ByOwner, Value: "a0", Limit: 1}))
	bad("the store's own cursor", w.eng, icpcode.ListRequest{Actor: "a0", After: store.Next})
	for _, limit := range []int{-1, 1001} {
		bad("a limit out of range", w.eng, icpcode.ListRequest{Actor: "a0", Limit: limit})
		bad("to look at a number out of range", w.eng, icpcode.ListRequest{Actor: "a0", Look: limit})
	}
	for _, l := range pagedLists() {
		for _, r := range []icpcode.ListRequest{{Actor: "a0", Limit: 1}, {Actor: "a0", After: good.After}, {Actor: "a0", Look: 1}} {
			for _, err := range l.whole(w.eng, r) {
				if !errors.As(err, new(*icpcode.InvalidError)) {
					t.Errorf("%s of a page, asked for as a whole: %v", l.name, err)
				}
			}
		}
	}
}

// TestStoresBreakPages wants an error where a store's page cannot be one.
func TestStoresBreakPages(t *testing.T) {
	w := newWorld(t)
	w.issue(w.server("a0"), 5)
	for name, spoil := range map[string]func(q icpcode.Query, p *icpcode.Page){
		"the cursor that it was given": func(q icpcode.Query, p *icpcode.Page) { p.Next = "x" },
		"a cursor that is too long":    func(_ icpcode.Query, p *icpcode.Page) { p.Next = strings.Repeat("x", 257) },
		"too many records": func(q icpcode.Query, p *icpcode.Page) {
			for len(p.Records) <= q.Limit {
				p.Records = append(p.Records, p.Records[0])
			}
		},
	} {
		eng := icpcode.New(&badPages{w.store, spoil}, &w.opt)
		r := icpcode.ListRequest{Actor: "a0", Limit: 2}
		p, err := eng.OwnedPage(w.ctx, r)
		if err == nil {
			r.After = p.Next
			_, err = eng.OwnedPage(w.ctx, r)
		}
		if err == nil || errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("a store that returns %s: %v, want an error that is not the caller's", name, err)
		}
	}
}

type badPages struct {
	icpcode.Store
	spoil func(q icpcode.Query, p *icpcode.Page)
}

func (s *badPages) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	if q.After == "x" {
		return icpcode.Page{Next: "x"}, nil
	}
	p, err := s.Store.List(ctx, q)
	s.spoil(q, &p)
	return p, err
}

// TestHiddenMatchesDoNotShow: what others have under a number, service or
// instance changes nothing of a stranger's pages.
func TestHiddenMatchesDoNotShow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		n := rapid.IntRange(0, 30).Draw(rt, "codes of others")
		for range n {
			c := w.issue(w.server("a0"), 1)[0]
			w.filed("a0", c)
		}
		limit := rapid.IntRange(1, 30).Draw(rt, "limit")
		for _, l := range pagedLists() {
			for _, r := range []icpcode.ListRequest{
				{Actor: "a1", ICPNumber: "浙ICP备12345678号-1"}, {Actor: "a1", Domain: "example.cn"}, {Actor: "a1", InstanceID: "i-000001"},
			} {
				r.Limit = limit
				p, err := l.page(w.eng, r)
				if err != nil || len(p.Assessments) != 0 || p.Next != "" {
					rt.Fatalf("%s: a stranger's page has %d codes, next %q, error %v", l.name, len(p.Assessments), p.Next, err)
				}
			}
		}
	})
}

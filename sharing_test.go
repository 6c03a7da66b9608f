package icpcode_test

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

var _ io.Reader = (*counted)(nil)

// TestNothingIsShared changes everything that an engine hands out or was
// handed, and sees that neither its later answers nor the store are different.
func TestNothingIsShared(t *testing.T) {
	for _, mode := range []struct {
		name         string
		unmerged, tx bool
	}{{"merged", false, false}, {"unmerged", true, false}, {"in a transaction", false, true}} {
		t.Run(mode.name, func(t *testing.T) {
			plainStore, spoiledStore := memstore.New(), memstore.New()
			plain := newSharing(t, plainStore, false, mode.unmerged, mode.tx)
			spoiled := newSharing(t, spoiledStore, true, mode.unmerged, mode.tx)
			if d := differ(plain.run(plainStore), spoiled.run(spoiledStore)); d != "" {
				t.Error(d)
			}
			engine := reflect.TypeFor[*icpcode.Engine]()
			for i := range engine.NumMethod() {
				name := engine.Method(i).Name
				if !plain.called[name] && !slices.Contains([]string{"DryRun", "InTx", "Format"}, name) {
					t.Errorf("the script does not call Engine.%s", name)
				}
			}
			for _, what := range []string{"VerifyPhone", "Observe", "Facts"} {
				if !tx(mode.tx, what) && !slices.ContainsFunc(plain.log, func(l string) bool { return strings.HasPrefix(l, what+": ") }) {
					t.Errorf("%s was handed nothing", what)
				}
			}
		})
	}
}

// TestSharingIsSeen runs the script on stores that share memory in one place
// each.
func TestSharingIsSeen(t *testing.T) {
	for _, where := range []string{"events committed", "documents loaded"} {
		plain := newSharing(t, memstore.New(), false, true, false)
		plain.script()
		store := &sharingStore{Store: memstore.New(), where: where, docs: map[icpcode.Key]icpcode.Document{}}
		spoiled := newSharing(t, store, true, true, false)
		spoiled.script()
		if differ(plain.log, spoiled.log) == "" {
			t.Errorf("a store that shares %s was not seen", where)
		}
	}
}

// sharingStore keeps and hands out the same memory.
type sharingStore struct {
	icpcode.Store
	where  string
	events map[icpcode.Code][]icpcode.Event
	docs   map[icpcode.Key]icpcode.Document
}

func (s *sharingStore) Commit(ctx context.Context, c icpcode.Change) error {
	err := s.Store.Commit(ctx, c)
	if err == nil {
		for _, e := range c.Events {
			if s.events == nil {
				s.events = map[icpcode.Code][]icpcode.Event{}
			}
			s.events[e.Code] = append(s.events[e.Code], e)
		}
		for _, p := range c.Puts {
			s.docs[p.Key] = p.Document
		}
	}
	return err
}

func (s *sharingStore) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	if s.where != "events committed" {
		return s.Store.Events(ctx, q)
	}
	return s.events[q.Code][min(q.After, uint64(len(s.events[q.Code]))):], ctx.Err()
}

func (s *sharingStore) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	docs, err := s.Store.Load(ctx, keys...)
	if s.where == "documents loaded" {
		for i, k := range keys {
			if d, ok := s.docs[k]; ok {
				docs[i] = d
			}
		}
	}
	return docs, err
}

// TestCloneSharesNothing spoils clones of what has something behind each
// pointer.
func TestCloneSharesNothing(t *testing.T) {
	rec := icpcode.Record{
		Filing:   &icpcode.Filing{Domain: "example.cn", IPs: []netip.Addr{netip.MustParseAddr("47.96.1.181")}},
		Progress: &icpcode.Progress{Stage: icpcode.StageSMS, EndReason: "moved"},
	}
	event := icpcode.Event{Filing: rec.Filing, Step: &icpcode.Step{Rejection: "x"}}
	s := sharing{t: t}
	for _, v := range []reflect.Value{reflect.ValueOf(rec), reflect.ValueOf(event)} {
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Pointer && f.IsNil() {
				t.Errorf("%s.%s is nil here", v.Type(), v.Type().Field(i).Name)
			}
		}
	}
	before := s.dump([]any{rec, event})
	r, e := rec.Clone(), event.Clone()
	if after := s.dump([]any{r, e}); after != before {
		t.Errorf("%s is cloned as %s", before, after)
	}
	spoil([]any{&r, &e})
	if after := s.dump([]any{rec, event}); after != before {
		t.Errorf("%s is %s once its clone was changed", before, after)
	}
	if s.dump([]any{r, e}) == before {
		t.Error("nothing was spoilt")
	}
}

// TestSharingTogether has callers whose requests shared a commit change all that
// they are handed, at the same time: the race detector sees memory that two of
// them have, and what is stored is as it was.
func TestSharingTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers = 40
		c := newCrew(t)
		var mu sync.Mutex
		observed := 0
		c.world = c.with(func(o *icpcode.Options) {
			o.Observe = func(_ context.Context, events []icpcode.Event) {
				mu.Lock()
				observed += len(events)
				mu.Unlock()
				spoil(events)
			}
		})
		i := c.server(theOwner)
		i.ContractQuota = 1000
		request := func(n int) icpcode.IssueRequest {
			return icpcode.IssueRequest{
				Actor: theOwner, RequestID: fmt.Sprint("r", n), Instance: i, Quantity: 2, GrantTo: "2001",
				Certification: icpcode.Enterprise, Remark: "kept",
			}
		}
		for n := range callers {
			go func() {
				res, err := c.eng.Issue(c.ctx, request(n))
				if err != nil {
					t.Error(err)
				}
				spoil([]any{&res})
			}()
			synctest.Wait()
		}
		c.runway.clear()
		if c.runway.largest < callers/2 || observed != callers*2*2 {
			t.Fatalf("at most %d shared a commit, and %d events were observed", c.runway.largest, observed)
		}
		for n := range callers {
			again := must[icpcode.Result](t)(c.eng.Issue(c.ctx, request(n)))
			if !again.Replayed || len(again.Codes) != 2 {
				t.Fatalf("request %d answers %+v", n, again)
			}
			for _, code := range again.Codes {
				rec := must[icpcode.Record](t)(c.eng.Lookup(c.ctx, theOwner, code, icpcode.Instance{}))
				if rec.Code != code || rec.Owner != theOwner || rec.Grantee != "2001" || rec.Remark != "kept" || rec.InstanceID != i.ID {
					t.Errorf("the record of request %d is %+v", n, rec)
				}
			}
		}
	})
}

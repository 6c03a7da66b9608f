package sqltest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// Modes of the process that writes SQLite. In both it files a site twice, and
// the second filing replaces the first. In tornMode, the planted bug, what is
// replaced and what replaces it are written one after the other.
const (
	endsMode = "ends:"
	tornMode = "torn:"
)

// replaceFiling does what the n-th job asks, as far as it has not been done: it
// is repeated whole, with the same request IDs.
func replaceFiling(ctx context.Context, eng *icpcode.Engine, n int) ([]icpcode.Code, error) {
	owner := icpcode.AccountID(fmt.Sprint("o", n))
	var codes []icpcode.Code
	for k, kind := range []icpcode.FilingKind{icpcode.FilingFirst, icpcode.FilingAccess} {
		id := func(what string) string { return fmt.Sprint(what, n, "-", k) }
		res, err := eng.Issue(ctx, icpcode.IssueRequest{
			Actor: owner, RequestID: id("issue"), Instance: server(owner, fmt.Sprint("i", n), 10), Quantity: 1,
		})
		if err != nil {
			return nil, err
		}
		filing := icpcode.Filing{Kind: kind, Domain: fmt.Sprintf("site%d.example.cn", n), Subject: "s"}
		if _, err := eng.Submit(ctx, icpcode.SubmitRequest{Actor: owner, RequestID: id("submit"), Code: res.Codes[0], Filing: filing}); err != nil {
			return nil, err
		}
		_, err = eng.Approve(ctx, icpcode.ApproveRequest{
			Actor: ops, RequestID: id("approve"), Code: res.Codes[0], ICPNumber: fmt.Sprint("ICP-", n), Replaces: codes,
		})
		if err != nil {
			return nil, err
		}
		codes = append(codes, res.Codes[0])
	}
	return codes, nil
}

// tornStore writes a Change about several codes one code after the other.
type tornStore struct{ icpcode.Store }

// Commit implements [icpcode.Store], wrongly.
func (s tornStore) Commit(ctx context.Context, c icpcode.Change) error {
	parts := map[icpcode.Code]*icpcode.Change{}
	var order []icpcode.Code
	var rest icpcode.Change
	for _, p := range c.Puts {
		if p.Key.Kind != icpcode.KindRecord || p.Expect == 0 {
			rest.Puts = append(rest.Puts, p)
			continue
		}
		parts[p.Key.Code] = &icpcode.Change{Puts: []icpcode.Put{p}}
		order = append(order, p.Key.Code)
	}
	if len(parts) < 2 {
		return s.Store.Commit(ctx, c)
	}
	for _, e := range c.Events {
		parts[e.Code].Events = append(parts[e.Code].Events, e)
	}
	for i, code := range order {
		if i > 0 {
			wait(ctx, 5*time.Millisecond)
		}
		if err := s.Store.Commit(ctx, *parts[code]); err != nil {
			return err
		}
	}
	return s.Store.Commit(ctx, rest)
}

// ends returns how often a filing ended, as its history has it.
func ends(t *testing.T, store *sqlstore.Store, c icpcode.Code) int {
	t.Helper()
	events, err := store.Events(t.Context(), icpcode.EventQuery{Code: c, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range events {
		if e.Action == icpcode.ActionEnd {
			n++
		}
	}
	return n
}

// torn returns how many sites have a filing that was replaced without one that
// replaces it, or the other way round, or whose end is not once in its history
// or names another code than that of the other filing. It also returns how many
// sites have two filings that are as they should be.
func (c *sqliteCrash) torn(t *testing.T) (torn, whole int) {
	t.Helper()
	db := dbtest.Open(t, "sqlite", sqliteDSN(c.path))
	store := sqlstore.New(db, sqlstore.SQLite, nil)
	successors, replacing := map[string]icpcode.Code{}, map[string]icpcode.Code{}
	for rec, err := range newEngine(store).Owned(t.Context(), icpcode.ListRequest{Actor: ops}) {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Filing == nil || rec.State != icpcode.StateFiled {
			continue
		}
		if over(&rec) && rec.Progress.End == icpcode.EndMoved && ends(t, store, rec.Code) == 1 {
			successors[rec.Filing.Domain] = rec.Progress.Successor
		}
		if rec.Filing.Kind == icpcode.FilingAccess {
			replacing[rec.Filing.Domain] = rec.Code
		}
	}
	for domain, successor := range successors {
		if replacing[domain] == successor {
			whole++
		} else {
			torn++
		}
	}
	for domain := range replacing {
		if _, ended := successors[domain]; !ended {
			torn++
		}
	}
	reviewAgrees(t, store)
	return torn, whole
}

// TestCrashSQLiteEnds kills a process while it replaces filings in a SQLite
// file: what replaces and what is replaced end together or not at all.
func TestCrashSQLiteEnds(t *testing.T) {
	c := &sqliteCrash{path: sqliteFile(t), mode: endsMode, open: map[int]bool{}}
	rounds := size(6, 100)
	for range rounds {
		c.round(t, 20)
		if torn, whole := c.torn(t); torn > 0 || whole < len(c.acks) || whole > len(c.acks)+len(c.open) {
			t.Fatalf("%d filings are torn and %d whole, and %d were acknowledged", torn, whole, len(c.acks))
		}
	}
	if len(c.acks) < 10*rounds || c.lost < rounds {
		t.Errorf("%d were acknowledged and %d interrupted: that is too little to prove anything", len(c.acks), c.lost)
	}
}

// TestCrashSQLiteSeesTorn runs the same with a store that tears them.
func TestCrashSQLiteSeesTorn(t *testing.T) {
	c := &sqliteCrash{path: sqliteFile(t), mode: tornMode, open: map[int]bool{}}
	for range 20 {
		c.round(t, 10)
		if torn, _ := c.torn(t); torn > 0 {
			return
		}
	}
	t.Error("a store that tears filings was killed 20 times, and none was found torn")
}

// meddled is a store that changes what is written.
type meddled struct {
	icpcode.Store
	meddle func(*icpcode.Change)
}

// Commit implements [icpcode.Store], wrongly.
func (m meddled) Commit(ctx context.Context, c icpcode.Change) error {
	m.meddle(&c)
	return m.Store.Commit(ctx, c)
}

// TestTornSees writes filings whose end is not in their history, and filings
// that moved to themselves: torn must find each.
func TestTornSees(t *testing.T) {
	for name, meddle := range map[string]func(*icpcode.Change){
		"no event": func(c *icpcode.Change) {
			c.Events = slices.DeleteFunc(slices.Clone(c.Events), func(e icpcode.Event) bool { return e.Action == icpcode.ActionEnd })
		},
		"another code": func(c *icpcode.Change) {
			for _, p := range c.Puts {
				if r, ok := p.Body.(*icpcode.Record); ok && over(r) {
					r.Progress.Successor = r.Code
				}
			}
		},
		"": func(*icpcode.Change) {},
	} {
		t.Run(name, func(t *testing.T) {
			c := &sqliteCrash{path: sqliteFile(t)}
			db := dbtest.Open(t, "sqlite", sqliteDSN(c.path))
			if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite); err != nil {
				t.Fatal(err)
			}
			eng := newEngine(meddled{sqlstore.New(db, sqlstore.SQLite, nil), meddle})
			if _, err := replaceFiling(t.Context(), eng, 1); err != nil {
				t.Fatal(err)
			}
			torn, whole := c.torn(t)
			if good := name == ""; torn+whole != 1 || good != (whole == 1) {
				t.Errorf("%d sites are torn and %d whole", torn, whole)
			}
		})
	}
}

package sqltest

import (
	"context"
	"fmt"
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

// torn returns how many sites have a filing that was replaced without one that
// replaces it, or the other way round, and how many have two filings that are
// as they should be.
func (c *sqliteCrash) torn(t *testing.T) (torn, whole int) {
	t.Helper()
	db := dbtest.Open(t, "sqlite", sqliteDSN(c.path))
	store := sqlstore.New(db, sqlstore.SQLite, nil)
	ended, replaced := map[string]bool{}, map[string]bool{}
	for rec, err := range newEngine(store).Owned(t.Context(), icpcode.ListRequest{Actor: ops}) {
		if err != nil {
			t.Fatal(err)
		}
		if rec.Filing == nil || rec.State != icpcode.StateFiled {
			continue
		}
		if rec.Progress != nil && rec.Progress.End == icpcode.EndMoved {
			ended[rec.Filing.Domain] = true
		}
		if rec.Filing.Kind == icpcode.FilingAccess {
			replaced[rec.Filing.Domain] = true
		}
	}
	for domain := range ended {
		if replaced[domain] {
			whole++
		} else {
			torn++
		}
	}
	for domain := range replaced {
		if !ended[domain] {
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

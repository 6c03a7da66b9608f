package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
)

// TestSQLRatios measures what issuing through the library costs beside SQL
// written by hand, which writes the same rows. Rivals work in turn, in one
// run, and each ratio is the median over their laps.
func TestSQLRatios(t *testing.T) {
	mustMeasure(t, "bench-sql")
	for _, c := range []struct {
		kind    kind
		callers []int
		hand    bound // of the engine against the best that can be written by hand
		naive   bound // against what users write; zero: only printed
	}{
		{postgresKind, []int{1, 16, 64}, bound{least: 0.55, dream: 0.85}, bound{least: 1.3, dream: 2}},
		{mariaKind, []int{1, 16, 64}, bound{least: 0.55, dream: 0.85}, bound{least: 1.1, dream: 1.5}},
		{sqliteKind, []int{1, 16}, bound{least: 0.6, dream: 0.9}, bound{}},
	} {
		t.Run(c.kind.name, func(t *testing.T) {
			for _, n := range c.callers {
				t.Run(crowd{callers: n}.String(), func(t *testing.T) { ratios(t, c.kind, crowd{callers: n}, c.hand, c.naive) })
			}
			hot := crowd{c.callers[len(c.callers)-1], true}
			t.Run(hot.String(), func(t *testing.T) { ratios(t, c.kind, hot, bound{}, bound{}) })
			for _, n := range []int{1, 16} {
				t.Run(fmt.Sprintf("%d refused", n), func(t *testing.T) { refusals(t, c.kind, n) })
			}
		})
	}
}

// ratios compares all who issue. A zero bound is not looked at.
func ratios(t *testing.T, k kind, c crowd, hand, naive bound) {
	t.Helper()
	a := k.arena(t, c.callers, true, nil)
	o := a.compete(t, c)
	o.show(t, c.String(), a.rivals)
	if hand != (bound{}) {
		verdict(t, fmt.Sprintf("%s, %v: Engine.Issue / by hand", k.name, c), o.ratio(mergedRival, handRival, rate), hand)
	}
	if naive != (bound{}) {
		verdict(t, fmt.Sprintf("%s, %v: Engine.Issue / naive", k.name, c), o.ratio(mergedRival, naiveRival, rate), naive)
	}
}

// refusals compares the refusal of an instance that has no codes left with
// reading its row.
func refusals(t *testing.T, k kind, callers int) {
	t.Helper()
	a := k.arena(t, callers, true, nil)
	engines := slices.DeleteFunc(a.rivals, func(r rival) bool { return r.name != mergedRival && r.name != aloneRival })
	a.rivals = append([]rival{{readRival, reading(t, a)}}, engines...)
	o := a.turns(t, callers, func(r rival) func(context.Context) error {
		return func(ctx context.Context) error {
			o := a.next(crowd{})
			o.instance = a.full(rand.IntN(fullOnes))
			err := r.issue(ctx, &o)
			if errors.Is(err, icpcode.ErrRefused) {
				return nil
			}
			return err
		}
	})
	o.show(t, fmt.Sprintf("%d refused", callers), a.rivals)
	verdict(t, fmt.Sprintf("%s, %d callers: refusal / read by primary key", k.name, callers), o.ratio(mergedRival, readRival, rate),
		bound{least: 0.6, dream: 0.9})
}

const readRival = "read by primary key"

// reading returns what reads the count of an instance, and no more.
func reading(t testing.TB, a *arena) func(context.Context, *order) error {
	t.Helper()
	text := "select issued from icp_ledgers where instance = ?"
	query := func(ctx context.Context, o *order) *sql.Row { return a.db.QueryRowContext(ctx, text, o.instance) }
	switch a.kind.dialect {
	case sqlstore.PostgreSQL:
		text = numbered(text)
	case sqlstore.SQLite: // elsewhere the driver prepares by itself, or need not
		stmt, err := a.db.PrepareContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = stmt.Close() })
		query = func(ctx context.Context, o *order) *sql.Row { return stmt.QueryRowContext(ctx, o.instance) }
	}
	return func(ctx context.Context, o *order) error {
		var issued int
		if err := query(ctx, o).Scan(&issued); err != nil {
			return err
		}
		if issued != maxQuota {
			return fmt.Errorf("%s has codes left", o.instance)
		}
		return nil
	}
}

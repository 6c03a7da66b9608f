package sqltest

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
)

var listed = flag.Int("listed", 1_000_000, "how many codes a list has whose pages are timed")

// TestSQLPaging compares the time that pages take at the end of a long list
// with the time at its start, in turns.
func TestSQLPaging(t *testing.T) {
	mustMeasure(t, "bench-sql")
	const page, rounds = 100, 200
	n := *listed
	for _, e := range []struct {
		engine
		numbers, code, issued string // n(i), from 1 on; the code and the instant of i
	}{
		{onPostgres, fmt.Sprintf("generate_series(1, %d) as n(i)", n), "'0' || lpad(i::text, 11, '0')", "timestamptz '2025-01-01 00:00:00+00' + i * interval '1 ms'"},
		{onMultiMariaDB, fmt.Sprintf("(select seq as i from seq_1_to_%d) as n", n), "concat('0', lpad(i, 11, '0'))", "timestampadd(microsecond, i * 1000, '2025-01-01 00:00:00.000000')"},
		{sqliteFiles, fmt.Sprintf("(with recursive n(i) as (select 1 union all select i + 1 from n where i < %d) select i from n)", n),
			"'0' || printf('%011d', i)", "strftime('%Y-%m-%d %H:%M:%f', 1735689600 + i / 1000.0, 'unixepoch') || '000'"},
	} {
		t.Run(e.name, func(t *testing.T) {
			db := e.migrated(t)[0]
			text := "insert into icp_codes (code, version, state, action, origin, owner, holder, instance, issued, updated) select " + e.code +
				", 1, 'Available', 'Issue', 'Free', 'o', 'o', 'i', " + e.issued + ", '2025-01-01 00:00:00.000000' from " + e.numbers
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
			store := sqlstore.New(db, e.dialect, nil)
			for _, q := range []icpcode.Query{
				{By: icpcode.ByOwner, Value: "o"},
				{By: icpcode.ByOwner, Value: "o", State: icpcode.StateFiled}, // of which there are none
				{By: icpcode.ByInstance, Value: "i", State: icpcode.StateAvailable},
				{By: icpcode.Everything},
				{By: icpcode.Everything, State: icpcode.StateAvailable},
			} {
				q.Newest, q.Limit = true, page
				starts, ends := make([]time.Duration, rounds), make([]time.Duration, rounds)
				for i := range rounds {
					starts[i] = timed(t, store, q, "")
					// Where a page before ended that was about to reach the end.
					before := 2*page + 1 + i
					if q.State == icpcode.StateFiled {
						before += 1000 // as many are looked at there
					}
					at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(before) * time.Millisecond)
					ends[i] = timed(t, store, q, fmt.Sprintf("%s 0%011d", at.Format("2006-01-02 15:04:05.000000"), before))
				}
				slices.Sort(starts)
				slices.Sort(ends)
				ratio := float64(ends[rounds/2]) / float64(starts[rounds/2])
				what := fmt.Sprintf("%s: a page by %v of %d codes, state %v, at the end / at the start", e.name, q.By, n, q.State)
				t.Logf("%s: %v / %v", what, ends[rounds/2], starts[rounds/2])
				verdict(t, what, ratio, bound{most: 2, dream: 1})
			}
		})
	}
}

// timed reads one page, which must be full but where a state is rare.
func timed(t *testing.T, store *sqlstore.Store, q icpcode.Query, after string) time.Duration {
	t.Helper()
	q.After = after
	start := time.Now()
	page, err := store.List(t.Context(), q)
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	if want := q.Limit; q.State != icpcode.StateFiled && len(page.Records) != want || page.Next == "" {
		t.Fatalf("the page after %q has %d records and goes on after %q", after, len(page.Records), page.Next)
	}
	return took
}

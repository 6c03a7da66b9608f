package sqltest

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

var grown = flag.Int("grown", 1_000_000, "how many codes a large table has in benchmarks; the small one has 100000")

const (
	smallTable = 100_000
	// codesEach is how many codes of a filled table an instance has.
	codesEach = 10
)

// TestSQLGrowth measures how issuing slows down where the tables are large.
// They are filled by SQL; -grown 10000000 takes minutes.
func TestSQLGrowth(t *testing.T) {
	mustMeasure(t, "bench-sql")
	most := 16
	tables := map[int]*arena{}
	for _, codes := range []int{smallTable, *grown} {
		a := postgresKind.arena(t, most, false, nil)
		start := time.Now()
		grow(t, a.db, codes)
		t.Logf("%d codes were filled in in %v", codes, time.Since(start).Round(time.Second))
		tables[codes] = a
	}
	// The rivals of the small table are the floors of those of the large.
	small, large := tables[smallTable], tables[*grown]
	both := &arena{kind: small.kind, tag: "order-"}
	for i, r := range small.rivals {
		if r.name != naiveRival {
			both.rivals = append(both.rivals,
				rival{r.name + ", small", filledIn(r, smallTable)},
				rival{r.name + ", large", filledIn(large.rivals[i], *grown)})
		}
	}
	for _, callers := range []int{1, most} {
		load := crowd{callers: callers}
		o := both.compete(t, load)
		o.show(t, load.String(), both.rivals)
		for _, name := range []string{handRival, mergedRival, aloneRival} {
			t.Logf("%-24v %-32s p50 %5.2fx   p99 %5.2fx of the small table's", load, name,
				o.ratio(name+", large", name+", small", p50), o.ratio(name+", large", name+", small", p99))
		}
		verdict(t, fmt.Sprintf("PostgreSQL, %v: p99 with %d codes / with %d", load, *grown, smallTable),
			o.ratio(mergedRival+", large", mergedRival+", small", p99), bound{most: 1.5, dream: 1.1})
	}
}

// filledIn lets a rival issue for any instance of a table that was filled.
func filledIn(r rival, codes int) func(context.Context, *order) error {
	return func(ctx context.Context, o *order) error {
		n := rand.IntN(codes / codesEach)
		filled := orderOf(n, "i-fill1h4adllt"+strconv.Itoa(n), o.request)
		return r.issue(ctx, &filled)
	}
}

// grow makes codes with their events, receipts and ledgers, as if they had been
// issued one after the other, ten to an instance and four hundred to an owner.
// The numbers of the codes are spread over all that there are.
func grow(t testing.TB, db *sql.DB, codes int) {
	t.Helper()
	do := func(text string, args ...any) {
		if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	// Indexes are made faster than kept.
	rebuild := indexes(t, db)
	for _, i := range rebuild {
		do(i.drop)
	}
	const each = `select '0' || lpad((n * 61803398877 % 100000000000)::text, 11, '0') as code, 'fill-' || n as request,
		'i-fill1h4adllt' || n / 10 as instance, '10' || n / 400 as owner, timestamptz '2026-02-01' + n * interval '1 ms' as at,
		n % 10 + 1 as used from generate_series(0::bigint, $1::bigint - 1) n`
	do("insert into icp_ledgers (instance, version, issued, attached) "+
		"select 'i-fill1h4adllt' || n, $2::bigint, $2::bigint, $2::bigint from generate_series(0, $1::bigint - 1) n", codes/codesEach, codesEach)
	do(intoCodes+"select code, 1, 'Available', 'Issue', 'Free', owner, owner, instance, 'ECS', 'alibaba-2026-01-06', 1000, at, at "+
		"from ("+each+") x", codes)
	do(intoEvents+"select code, 1, at, 'Issue', owner, request, 'None', 'Available', 'alibaba-2026-01-06', owner, instance, 'ECS', 'Free', 1000 "+
		"from ("+each+") x", codes)
	do(intoRecs+`select owner, request, 1, at, md5(request) || md5(instance), jsonb_build_object('request_id', request, 'action', 'Issue',
		'at', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'codes', jsonb_build_array(code), 'state', 'Available',
		'quota', jsonb_build_object('used', used, 'limit', 1000, 'requested', 1)) from (`+each+") x", codes)
	for _, i := range rebuild {
		do(i.make)
	}
	do("vacuum (analyze)")
	do("checkpoint")
}

type index struct{ drop, make string }

// indexes returns how to drop and to make the indexes of the tables that grow
// fills.
func indexes(t testing.TB, db *sql.DB) []index {
	t.Helper()
	const tables = "('icp_codes', 'icp_events', 'icp_receipts')"
	rows, err := db.QueryContext(t.Context(), `
		select format('alter table %s drop constraint %I', conrelid::regclass, conname),
			format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
		from pg_constraint where contype = 'p' and conrelid::regclass::text in `+tables+`
		union all
		select format('drop index %I', indexname), indexdef
		from pg_indexes where tablename in `+tables+` and indexdef not like 'CREATE UNIQUE%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var all []index
	for rows.Next() {
		var i index
		if err := rows.Scan(&i.drop, &i.make); err != nil {
			t.Fatal(err)
		}
		all = append(all, i)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) < 3 {
		t.Fatalf("the tables have only %d indexes", len(all))
	}
	return all
}

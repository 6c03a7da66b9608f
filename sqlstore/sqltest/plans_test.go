package sqltest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

// everything asks a store for everything there is, once, about accounts,
// instances and codes whose names begin with prefix. Some of it writes and
// reads one row of a table, and some several.
func everything(ctx context.Context, store *sqlstore.Store, prefix string) error {
	eng := newEngine(store)
	owner, grantee := icpcode.AccountID(prefix+"owner"), icpcode.AccountID(prefix+"grantee")
	facts := server(owner, prefix+"i", 0)
	issue := func(request string, n int) (icpcode.Result, error) {
		return eng.Issue(ctx, icpcode.IssueRequest{
			Actor: owner, RequestID: prefix + request, Quantity: n, Certification: icpcode.Enterprise, Instance: facts,
		})
	}
	one, err := issue("one", 1)
	if err != nil {
		return err
	}
	several, err := issue("several", 3)
	if err != nil {
		return err
	}
	bought, err := eng.Buy(ctx, icpcode.BuyRequest{Actor: owner, RequestID: prefix + "buy", Quantity: 2})
	if err != nil {
		return err
	}
	if _, err := eng.Refund(ctx, icpcode.RefundRequest{Actor: owner, RequestID: prefix + "refund", Code: bought.Codes[0]}); err != nil {
		return err
	}
	if _, err := eng.Grant(ctx, icpcode.GrantRequest{
		Actor: owner, RequestID: prefix + "grant", Codes: several.Codes, GrantTo: grantee, Certification: icpcode.Enterprise,
	}); err != nil {
		return err
	}
	filing := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: prefix + "example.cn", Subject: prefix + "subject", IPs: []netip.Addr{netip.MustParseAddr("203.0.113.7")}}
	if _, err := eng.Submit(ctx, icpcode.SubmitRequest{Actor: owner, RequestID: prefix + "submit", Code: one.Codes[0], Filing: filing}); err != nil {
		return err
	}
	if _, err := eng.Approve(ctx, icpcode.ApproveRequest{
		Actor: ops, RequestID: prefix + "approve", Code: one.Codes[0], ICPNumber: prefix + "icp",
	}); err != nil {
		return err
	}
	for by, value := range map[icpcode.Index]string{
		icpcode.ByOwner: string(owner), icpcode.ByHolder: string(grantee), icpcode.ByGrantee: string(grantee), icpcode.ByInstance: string(facts.ID), icpcode.ByICPNumber: prefix + "icp",
		icpcode.ByService: filing.Service(), icpcode.Everything: "",
	} {
		for _, state := range []icpcode.State{icpcode.StateNone, icpcode.StateAvailable} {
			q := icpcode.Query{By: by, Value: value, State: state, Newest: true, Limit: 2}
			for range 3 { // pages, of lists that may have no end
				page, err := store.List(ctx, q)
				if err != nil {
					return err
				}
				if q.After = page.Next; q.After == "" {
					break
				}
			}
		}
	}
	if _, err := store.Events(ctx, icpcode.EventQuery{Code: one.Codes[0], Limit: 100}); err != nil {
		return err
	}
	if _, err := eng.CloseInstance(ctx, icpcode.CloseRequest{
		Actor: ops, RequestID: prefix + "close", InstanceID: facts.ID, Refunded: true, Reason: "returned",
	}); err != nil {
		return err
	}
	long := now.AddDate(-10, 0, 0)
	if _, err := store.PurgeReceipts(ctx, long, 10); err != nil {
		return err
	}
	_, err = store.PurgeEvents(ctx, long, 10)
	return err
}

// many is how many codes are in the tables when plans are judged, and few is
// how many rows may then be read that were not asked for.
const many, few = 50_000, 500

// fill puts many codes of many owners and instances into the tables, from a
// table n(i) of numbers. text is the expression of a text that begins with
// '%' and ends with the number.
func fill(t *testing.T, db *sql.DB, numbers, text string) {
	t.Helper()
	pad := func(s string) string { return strings.ReplaceAll(text, "%", s) }
	for _, into := range []string{
		"icp_codes (code, version, state, action, origin, owner, holder, instance, icp_number, service, issued, updated, ended) select " +
			pad("0") + ", 1, 'Filed', 'Approve', 'Free', " + pad("fo") + ", " + pad("fo") + ", " + pad("fi") + ", " + pad("icp") + ", " + pad("fs") +
			", '2025-01-01 00:00:00', '2025-01-01 00:00:00', '2025-01-01 00:00:00'",
		"icp_events (code, seq, at, action, from_state, to_state) select " + pad("0") + ", 1, '2025-01-01 00:00:00', 'Issue', 'None', 'Available'",
		"icp_ledgers (instance, version, issued, attached) select " + pad("fi") + ", 1, 1, 1",
		"icp_receipts (actor, request_id, version, at, fingerprint, result) select " +
			pad("fo") + ", " + pad("r") + ", 1, '2025-01-01 00:00:00', '', '{}'",
		"icp_acquaintances (granter, grantee) select " + pad("fo") + ", " + pad("fg"),
		"icp_partners (account, direction, year, version) select " + pad("fo") + ", 'grantees', 2026, 1",
	} {
		if _, err := db.ExecContext(t.Context(), "insert into "+into+" from "+numbers); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPostgreSQLPlans prepares every statement while the tables are empty and
// never analysed, until the plans are kept, fills the tables, and counts what
// the same statements read. The planted table shows that the counter counts.
func TestPostgreSQLPlans(t *testing.T) {
	db := onPostgres.migrated(t)[0]
	db.SetMaxOpenConns(1) // the plans are the connection's
	ctx := t.Context()
	exec := func(text string) {
		t.Helper()
		if _, err := db.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range tables(t, db, "select relname from pg_stat_user_tables") {
		exec("alter table " + table + " set (autovacuum_enabled = off)")
	}
	store := sqlstore.New(db, sqlstore.PostgreSQL, nil)
	for i := range 8 { // five plans are made for the arguments, then one is kept
		if err := everything(ctx, store, fmt.Sprintf("empty%d-", i)); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, db, fmt.Sprintf("generate_series(1, %d) as n(i)", many), "'%' || lpad(i::text, 11, '0')")
	exec("create table planted as select code from icp_codes")
	read := func() (n int64) {
		t.Helper()
		exec("select pg_stat_force_next_flush()")
		if err := db.QueryRowContext(ctx, "select sum(seq_tup_read) from pg_stat_user_tables").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := read()
	for i := range 3 {
		if err := everything(ctx, store, fmt.Sprintf("full%d-", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := read() - before; n > few {
		t.Errorf("%d rows were read by scanning tables", n)
	}
	exec("select count(*) from planted")
	if n := read() - before; n < many {
		t.Errorf("a planted scan of %d rows counts as %d", many, n)
	}
}

func tables(t *testing.T, db *sql.DB, query string) (names []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestMySQLPlans counts what statements read one after the other, in tables
// that were never analysed.
func TestMySQLPlans(t *testing.T) {
	for _, e := range []engine{onMariaDB, onMultiMariaDB} {
		t.Run(e.name, func(t *testing.T) {
			db := e.migrated(t)[0]
			db.SetMaxOpenConns(1) // the counters are the connection's
			ctx := t.Context()
			fill(t, db, fmt.Sprintf("(select seq as i from seq_1_to_%d) as n", many), "concat('%', lpad(i, 11, '0'))")
			read := func() (n int64) {
				t.Helper()
				for _, counter := range []string{"Handler_read_rnd_next", "Handler_read_next", "Handler_read_first"} {
					var more int64
					if err := db.QueryRowContext(ctx, "show session status like '"+counter+"'").Scan(&counter, &more); err != nil {
						t.Fatal(err)
					}
					n += more
				}
				return n
			}
			store := sqlstore.New(db, sqlstore.MySQL, nil)
			before := read()
			for i := range 3 {
				if err := everything(ctx, store, fmt.Sprintf("full%d-", i)); err != nil {
					t.Fatal(err)
				}
			}
			// Every look at the counters reads some dozens of its own.
			if n := read() - before; n > 3*few {
				t.Errorf("%d rows were read by scanning tables", n)
			}
			if _, err := db.ExecContext(ctx, "select count(remark) from icp_codes"); err != nil {
				t.Fatal(err)
			}
			if n := read() - before; n < many {
				t.Errorf("a planted scan of %d rows counts as %d", many, n)
			}
		})
	}
}

// TestSQLitePlans asks SQLite how it goes about each statement: the tables
// are always t there, and are searched, never scanned.
func TestSQLitePlans(t *testing.T) {
	path := sqliteFile(t)
	db := dbtest.Open(t, "sqlite", sqliteDSN(path))
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite); err != nil {
		t.Fatal(err)
	}
	heard := &recorder{driver: db.Driver(), dsn: sqliteDSN(path)}
	recorded := sql.OpenDB(heard)
	defer func() { _ = recorded.Close() }()
	if err := everything(t.Context(), sqlstore.New(recorded, sqlstore.SQLite, nil), "x-"); err != nil {
		t.Fatal(err)
	}
	scans := func(text string) (found []string) {
		t.Helper()
		// Arguments that are not given are NULL, which changes no plan.
		var args []any
		for n := 1; strings.Contains(text, fmt.Sprintf("?%d", n)); n++ {
			args = append(args, nil)
		}
		rows, err := db.QueryContext(t.Context(), "explain query plan "+text, args...)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if detail == "SCAN t USING INDEX icp_codes_issued" && strings.Contains(text, " limit ") {
				continue // the first page of everything, which is where the index begins
			}
			if strings.HasPrefix(detail, "SCAN t") || strings.HasPrefix(detail, "SCAN icp_") {
				found = append(found, detail)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return found
	}
	texts := heard.texts()
	judged := 0
	for _, text := range texts {
		if !strings.Contains(text, "icp_") || strings.Contains(text, "icp_schema") {
			continue
		}
		judged++
		if found := scans(text); len(found) > 0 {
			t.Errorf("%v in\n%s", found, text)
		}
	}
	if judged < 20 {
		t.Errorf("only %d statements were judged, of %d", judged, len(texts))
	}
	if len(scans("select 0 from icp_codes as t where t.remark = ?1")) == 0 {
		t.Error("a planted scan was not found")
	}
}

// recorder connects to a database and remembers the statements.
type recorder struct {
	driver driver.Driver
	dsn    string

	mu  sync.Mutex
	all []string
}

func (r *recorder) Driver() driver.Driver { return r.driver }

func (r *recorder) Connect(context.Context) (driver.Conn, error) {
	c, err := r.driver.Open(r.dsn)
	return &recorded{c, r}, err
}

func (r *recorder) texts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.all)
	slices.Sort(all)
	return slices.Compact(all)
}

// recorded has none of a connection's shortcuts: all statements are prepared.
type recorded struct {
	driver.Conn
	by *recorder
}

func (c *recorded) Prepare(text string) (driver.Stmt, error) {
	c.by.mu.Lock()
	c.by.all = append(c.by.all, text)
	c.by.mu.Unlock()
	return c.Conn.Prepare(text)
}

// tidbPlans asks TiDB which plans it made for what a store sent, in tables that
// were never analysed: none reads a table or an index whole.
func tidbPlans(t *testing.T) {
	s := tidb(t)
	name := s.Database(t)
	db := dbtest.Open(t, s.Driver(), s.DSN(name)+fewTrips+"&cte_max_recursion_depth=1000000")
	ctx := t.Context()
	if err := sqlstore.Migrate(ctx, db, sqlstore.MySQL); err != nil {
		t.Fatal(err)
	}
	store := sqlstore.New(db, sqlstore.MySQL, nil)
	if err := everything(ctx, store, "empty-"); err != nil {
		t.Fatal(err)
	}
	fill(t, db, fmt.Sprintf("(with recursive n (i) as (select 1 union all select i + 1 from n where i < %d) select i from n) as n", many/10),
		"concat('%', lpad(i, 11, '0'))")
	if err := everything(ctx, store, "full-"); err != nil {
		t.Fatal(err)
	}
	const seen = "select digest_text from information_schema.statements_summary where schema_name = database() " +
		"and table_names like '%icp\\_%' and table_names not like '%icp\\_schema' and stmt_type <> 'CreateTable' " +
		"and digest_text not like '%recursive%'" // those that fill the tables
	judged, err := column(ctx, db, seen)
	if err != nil || len(judged) < 20 {
		t.Errorf("only %d statements were judged, %v", len(judged), err)
	}
	// A page of everything begins where its index does, and Migrate goes through
	// what an older version wrote.
	const scans = seen + " and plan like '%FullScan%' and digest_text not like 'update `icp_codes` set `issued` %' " +
		"and (plan like '%TableFullScan%' or plan not like '%index:icp_codes_issued(issued, code), keep order:true%')"
	found, err := column(ctx, db, scans)
	if err != nil || len(found) > 0 {
		t.Errorf("%d statements scan, %v:\n%s", len(found), err, strings.Join(found, "\n"))
	}
	if _, err := column(ctx, db, "select count(remark) from icp_codes"); err != nil {
		t.Fatal(err)
	}
	if found, err = column(ctx, db, scans); err != nil || len(found) == 0 {
		t.Errorf("a planted scan was not found, %v", err)
	}
}

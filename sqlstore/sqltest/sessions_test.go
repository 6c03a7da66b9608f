package sqltest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
	"github.com/icpcode/icpcode/storetest"
)

var updateDocs = flag.Bool("update", false, "write the tables of docs/sessions.md instead of comparing them")

// hostile are texts that a session's settings may turn into others.
var hostile = []string{
	"𠮷田商店", "𠮷野家外卖😀", "备案", "é", "ÅÄÖ", "trailing  .", "it's", `a"b`, `back\slash`, `\`, `\\'`, "a -- b", "/*", "%_", "{[|]}~@^`#$",
	"null", "NULL", "0x41", "ﬀ", "ß", "ΣΑΣ", "ı", "x\u00a0x", "e\u0301", "\U0010fffd",
}

// survive lets one store write every hostile text wherever there is one, and
// compares what another store reads of it, and this one of its own. A stranger
// whose name is what a lossy session would make of the grantee's gets nothing.
func survive(ctx context.Context, own, reference *sqlstore.Store, prefix string, texts []string) error {
	eng := newEngine(own)
	owner := icpcode.AccountID(prefix + "𠮷o")
	facts := server(owner, prefix+`i'"\`, 100)
	for i, text := range texts {
		grantee := icpcode.AccountID(prefix + text)
		if i > 0 {
			grantee = ""
		}
		got, err := eng.Issue(ctx, icpcode.IssueRequest{
			Actor: owner, RequestID: prefix + text, Quantity: 1, Certification: icpcode.Enterprise, Instance: facts, GrantTo: grantee, Remark: text,
		})
		if err != nil {
			return fmt.Errorf("%q: %w", text, err)
		}
		key := icpcode.Key{Kind: icpcode.KindRecord, Code: got.Codes[0]}
		for _, s := range []*sqlstore.Store{own, reference} {
			docs, err := s.Load(ctx, key, icpcode.Key{Kind: icpcode.KindReceipt, A: string(owner), B: prefix + text})
			if err != nil {
				return err
			}
			r, ok := docs[0].Body.(*icpcode.Record)
			if !ok || r.Remark != text || r.Owner != owner || r.Grantee != grantee || docs[1].Version == 0 {
				return fmt.Errorf("%q was read as %+v", text, docs[0].Body)
			}
			events, err := s.Events(ctx, icpcode.EventQuery{Code: r.Code, Limit: 10})
			if err != nil {
				return err
			}
			sum, err := icpcode.RecordOf(events)
			if d := diff(*r, sum); err != nil || d != "" {
				return fmt.Errorf("%q is not the sum of its events: %w", text, errors.Join(err, errors.New(d)))
			}
		}
		if i > 0 {
			continue
		}
		filing := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: text}
		for _, stranger := range []string{strings.ReplaceAll(string(grantee), "𠮷", "?"), strings.ToUpper(string(grantee)), string(grantee) + "x"} {
			if stranger == string(grantee) {
				continue
			}
			r := icpcode.SubmitRequest{Actor: icpcode.AccountID(stranger), Code: got.Codes[0], Filing: filing}
			if _, err := eng.Submit(ctx, r); !errors.Is(err, icpcode.ErrNoCode) {
				return fmt.Errorf("a stranger %q was answered %w", stranger, err)
			}
		}
		if _, err := eng.Submit(ctx, icpcode.SubmitRequest{Actor: grantee, Code: got.Codes[0], Filing: filing}); err != nil {
			return fmt.Errorf("the grantee cannot file: %w", err)
		}
	}
	for _, s := range []*sqlstore.Store{own, reference} {
		page, err := s.List(ctx, icpcode.Query{By: icpcode.ByOwner, Value: string(owner), Limit: 1000})
		if err != nil || len(page.Records) != len(texts) {
			return fmt.Errorf("%d of %d codes are listed: %w", len(page.Records), len(texts), err)
		}
	}
	return nil
}

// sessionsOf is a MariaDB database with a store over sessions as they should
// be, and others over any.
type sessionsOf struct {
	server    *dbtest.Server
	name      string
	reference *sqlstore.Store
	n         int
}

func newSessions(t *testing.T) *sessionsOf {
	t.Helper()
	s := mariadb(t)
	o := &sessionsOf{server: s, name: s.Database(t)}
	db := dbtest.Open(t, s.Driver(), s.DSN(o.name))
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.MySQL); err != nil {
		t.Fatal(err)
	}
	o.reference = sqlstore.New(db, sqlstore.MySQL, nil)
	return o
}

// dsn returns the DSN of sessions with params, which replace those of the
// other tests.
func (o *sessionsOf) dsn(params string) string {
	dsn, _, _ := strings.Cut(o.server.DSN(o.name), "?")
	return dsn + "?" + params
}

func set(name, value string) string { return name + "=" + url.QueryEscape("'"+value+"'") }

// judge tries sessions: it returns "passes", or "refused", or "no connection"
// where the database itself refuses them. Anything else fails the test.
func (o *sessionsOf) judge(t *testing.T, params string, texts []string) string {
	t.Helper()
	db, err := sql.Open("mysql", o.dsn(params))
	if err != nil {
		t.Fatalf("%s: %v", params, err)
	}
	defer func() { _ = db.Close() }()
	if err := db.PingContext(t.Context()); err != nil {
		return "no connection"
	}
	store := sqlstore.New(db, sqlstore.MySQL, nil)
	err = store.Check(t.Context())
	if errors.Is(err, sqlstore.ErrSettings) {
		return "refused"
	}
	if err != nil {
		t.Errorf("%s: Check returned error %v, which is not ErrSettings", params, err)
	}
	o.n++
	if err := survive(t.Context(), store, o.reference, fmt.Sprintf("%d-", o.n), texts); err != nil {
		t.Errorf("%s passes Check, and then: %v", params, err)
	}
	return "passes"
}

func (o *sessionsOf) names(t *testing.T, query string) []string {
	t.Helper()
	db := dbtest.Open(t, o.server.Driver(), o.server.DSN(o.name))
	return tables(t, db, query)
}

// sqlModes returns every flag of sql_mode that the server has, and the names
// of combinations.
func (o *sessionsOf) sqlModes(t *testing.T) []string {
	t.Helper()
	all := o.names(t, "select enum_value_list from information_schema.system_variables where variable_name = 'SQL_MODE'")
	if len(all) != 1 {
		t.Fatalf("the server says %q of its sql_mode", all)
	}
	return slices.DeleteFunc(strings.Split(all[0], ","), func(s string) bool { return strings.HasPrefix(s, "?") || s == "" })
}

// TestSessions tries every character set, every collation and every flag of
// sql_mode that the server has, and holds docs/sessions.md to what came of it.
func TestSessions(t *testing.T) {
	o := newSessions(t)
	var doc strings.Builder
	table := func(title, what string, values []string, params func(string) string) {
		results := map[string][]string{}
		for _, v := range values {
			texts := hostile
			if len(values) > 100 {
				texts = hostile[:2] // of collations there are very many
			}
			r := o.judge(t, params(v), texts)
			results[r] = append(results[r], v)
		}
		fmt.Fprintf(&doc, "\n| %s | | |\n|---|---|---|\n", title)
		for _, r := range []string{"passes", "refused", "no connection"} {
			all := results[r]
			if len(all) == 0 {
				continue
			}
			names := strings.Join(all, " ")
			if len(all) == len(values) {
				names = "all"
			}
			fmt.Fprintf(&doc, "| %s | %d | %s |\n", r, len(all), names)
		}
		if n := len(results["passes"]) + len(results["refused"]); n == 0 {
			t.Errorf("no %s was judged", what)
		}
	}
	charsets := o.names(t, "select character_set_name from information_schema.character_sets order by 1")
	table("`charset=`", "character set", charsets, func(v string) string { return "charset=" + v })
	for _, variable := range []string{"character_set_results", "character_set_connection"} {
		table("`"+variable+"=`", variable, charsets, func(v string) string { return "charset=utf8mb4&" + set(variable, v) })
	}
	collations := o.names(t, "select full_collation_name from information_schema.collation_character_set_applicability order by 1")
	table("`collation=`", "collation", collations, func(v string) string {
		return "charset=utf8mb4&" + set("collation_connection", v)
	})
	modes := o.sqlModes(t)
	table("`sql_mode=`, alone", "sql_mode", append([]string{"''"}, modes...), func(v string) string {
		return "charset=utf8mb4&" + set("sql_mode", strings.Trim(v, "'"))
	})
	table("`sql_mode=`, with STRICT_TRANS_TABLES", "sql_mode", modes, func(v string) string {
		return "charset=utf8mb4&" + set("sql_mode", v+",STRICT_TRANS_TABLES")
	})
	table("others", "setting", []string{
		"autocommit=0", "autocommit=1", "completion_type=1", "completion_type=2", "tx_isolation='READ-UNCOMMITTED'", "tx_isolation='READ-COMMITTED'",
		"tx_isolation='SERIALIZABLE'", "sql_select_limit=1", "sql_select_limit=20", "sql_safe_updates=1", "unique_checks=0", "time_zone='+08:00'", "parseTime=true", "interpolateParams=true",
	}, func(v string) string {
		name, value, _ := strings.Cut(v, "=")
		return "charset=utf8mb4&" + name + "=" + url.QueryEscape(value)
	})
	const path = "../../docs/sessions.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin = "<!-- what follows is written by `go test -run TestSessions . -update` in sqlstore/sqltest -->\n"
	before, after, ok := strings.Cut(string(page), begin)
	if !ok {
		t.Fatalf("%s has no line %q", path, begin)
	}
	if *updateDocs {
		if err := os.WriteFile(path, []byte(before+begin+doc.String()), 0o644); err != nil { //nolint:gosec // a page of the documentation
			t.Fatal(err)
		}
	} else if d := cmp.Diff(after, doc.String()); d != "" {
		t.Errorf("docs/sessions.md says otherwise; -update writes it:\n%s", d)
	}
}

// TestConformanceOfSessions runs the conformance suite with each call in a
// session of other settings than the one before: what one writes, others read.
func TestConformanceOfSessions(t *testing.T) {
	o := newSessions(t)
	all := new(spread)
	for _, params := range []string{
		"charset=utf8", "charset=gbk", "charset=latin1", "charset=swe7", "charset=sjis&multiStatements=true", "charset=binary",
		"charset=utf8mb4&collation=utf8mb4_bin", "charset=utf8mb4&collation=utf8mb4_general_ci&multiStatements=true&interpolateParams=true",
		"charset=utf8mb4&" + set("character_set_connection", "latin1"),
		"charset=utf8mb4&" + set("sql_mode", "EMPTY_STRING_IS_NULL,STRICT_TRANS_TABLES"),
		"charset=utf8mb4&" + set("sql_mode", "ORACLE,STRICT_ALL_TABLES"),
		"charset=utf8mb4&" + set("sql_mode", "ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,STRICT_ALL_TABLES") + "&multiStatements=true",
		"charset=utf8mb4&sql_select_limit=20",
		"charset=utf8mb4&" + set("collation_connection", "utf32_bin"),
	} {
		store := sqlstore.New(dbtest.Open(t, "mysql", o.dsn(params)), sqlstore.MySQL, nil)
		if err := store.Check(t.Context()); err != nil {
			t.Fatalf("%s: %v", params, err)
		}
		all.stores = append(all.stores, store)
	}
	storetest.Run(t, func(testing.TB) icpcode.Store { return all })
}

// changing opens the sessions of one DSN, and later those of another.
type changing struct {
	first, later driver.Connector
	changed      atomic.Bool
	opened       atomic.Int64 // of the later ones
}

func (c *changing) Driver() driver.Driver { return c.first.Driver() }

func (c *changing) Connect(ctx context.Context) (driver.Conn, error) {
	if c.changed.Load() {
		c.opened.Add(1)
		return c.later.Connect(ctx)
	}
	return c.first.Connect(ctx)
}

func connector(t *testing.T, dsn string) driver.Connector {
	t.Helper()
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	c, err := mysql.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSessionsOpenedLater lets a pool open sessions with other settings after
// the store was checked: they are refused, or everything holds.
func TestSessionsOpenedLater(t *testing.T) {
	for _, tc := range []struct {
		params string
		refuse bool
	}{
		{"charset=gbk", false},
		{"charset=latin1", false},
		{"charset=utf8mb4&collation=utf8mb4_bin", false},
		{"charset=utf8mb4&" + set("sql_mode", ""), true},
		{"charset=utf8mb4&autocommit=0", true},
		{"charset=utf8mb4&completion_type=1", true},
		{"charset=utf8mb4&" + set("tx_isolation", "READ-UNCOMMITTED"), true},
	} {
		t.Run(tc.params, func(t *testing.T) {
			o := newSessions(t)
			c := &changing{first: connector(t, o.dsn("charset=utf8mb4")), later: connector(t, o.dsn(tc.params))}
			db := sql.OpenDB(c)
			defer func() { _ = db.Close() }()
			db.SetMaxIdleConns(0) // every use is a session of its own
			store := sqlstore.New(db, sqlstore.MySQL, nil)
			if err := store.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.changed.Store(true)
			err := survive(t.Context(), store, o.reference, "", hostile)
			if tc.refuse && !errors.Is(err, sqlstore.ErrSettings) || !tc.refuse && err != nil {
				t.Errorf("refused must be %t: %v", tc.refuse, err)
			}
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			_, err = store.In(tx).Load(t.Context(), icpcode.Key{Kind: icpcode.KindLedger, A: "i"})
			if tc.refuse && !errors.Is(err, sqlstore.ErrSettings) || !tc.refuse && err != nil {
				t.Errorf("in a transaction, refused must be %t: %v", tc.refuse, err)
			}
			if c.opened.Load() == 0 {
				t.Error("no session was opened later")
			}
		})
	}
}

// TestTextsFit writes texts and numbers that the columns do not hold, in a
// session that would shorten them without a word.
func TestTextsFit(t *testing.T) {
	o := newSessions(t)
	db := dbtest.Open(t, "mysql", o.dsn("charset=utf8mb4"))
	db.SetMaxOpenConns(1)
	store := sqlstore.New(db, sqlstore.MySQL, nil)
	if err := store.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "set sql_mode = ''"); err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]icpcode.Ledger{
		"long":     {Reason: strings.Repeat("长", 257)},
		"many":     {Issued: 1 << 40},
		"no UTF-8": {Reason: "a\xffb"},
	} {
		key := icpcode.Key{Kind: icpcode.KindLedger, A: name}
		put := icpcode.Put{Document: icpcode.Document{Key: key, Version: 1, Body: &l}}
		if err := store.Commit(t.Context(), icpcode.Change{Puts: []icpcode.Put{put}}); err == nil {
			docs, err := store.Load(t.Context(), key)
			if err != nil || !cmp.Equal(docs[0].Body, icpcode.Body(&l)) {
				t.Errorf("%s: Commit returned no error, and wrote %+v, error %v", name, docs[0].Body, err)
			}
		}
	}
}

// TestPostgreSQLSessions refuses sessions in which texts mean others.
func TestPostgreSQLSessions(t *testing.T) {
	s := postgres(t)
	name := s.Database(t)
	good := dbtest.Open(t, s.Driver(), s.DSN(name))
	if err := sqlstore.Migrate(t.Context(), good, sqlstore.PostgreSQL); err != nil {
		t.Fatal(err)
	}
	reference := sqlstore.New(good, sqlstore.PostgreSQL, nil)
	for i, tc := range []struct {
		set    string
		refuse bool
	}{
		{"client_encoding = LATIN1", true},
		{"client_encoding = GBK", true},
		{"client_encoding = SQL_ASCII", true},
		{"array_nulls = off", true},
		{"client_encoding = UNICODE", false},
		{"datestyle = German", false},
		{"standard_conforming_strings = off", false},
	} {
		t.Run(tc.set, func(t *testing.T) {
			variable, value, _ := strings.Cut(tc.set, " = ")
			db := dbtest.Open(t, s.Driver(), s.DSN(s.Database(t))+"&"+variable+"="+value)
			if err := sqlstore.New(db, sqlstore.PostgreSQL, nil).Check(t.Context()); tc.refuse && !errors.Is(err, sqlstore.ErrSettings) {
				t.Errorf("Check returned error %v, want ErrSettings", err)
			}
			// And later, in the one session that the pool has.
			later := dbtest.Open(t, s.Driver(), s.DSN(name))
			later.SetMaxOpenConns(1)
			store := sqlstore.New(later, sqlstore.PostgreSQL, nil)
			if err := store.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := later.ExecContext(t.Context(), "set "+tc.set); err != nil {
				t.Fatal(err)
			}
			if err := survive(t.Context(), store, reference, fmt.Sprintf("%d-", i), hostile); tc.refuse != (err != nil) {
				t.Errorf("refused must be %t: %v", tc.refuse, err)
			}
		})
	}
}

package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	_ "modernc.org/sqlite" // driver "sqlite"
)

func main() {
	file := flag.String("db", "shop.db", "the SQLite `file`")
	listen := flag.String("listen", "localhost:8080", "the `address` to serve on")
	demo := flag.Bool("demo", false, "add accounts, servers and sessions to try it with, and end")
	night := flag.String("night", "", "review the filings of all accounts as this `operator`, and end")
	flag.Parse()
	if err := run(context.Background(), *file, *listen, *demo, icpcode.AccountID(*night)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, file, listen string, demo bool, night icpcode.AccountID) error {
	db, err := open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what was committed is on the disk
	s := newService(db, sqlstore.New(db, sqlstore.SQLite, nil), time.Now, func(to, text string) { log.Printf("text message to %s: %s", to, text) })
	switch {
	case demo:
		return fill(ctx, db, time.Now())
	case night != "":
		return s.night(ctx, night, os.Stdout)
	}
	server := &http.Server{Addr: listen, Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	log.Printf("serving on http://%s", listen)
	return server.ListenAndServe()
}

// open opens the database and makes the tables that are not there.
func open(ctx context.Context, file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite); err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, `
		create table if not exists accounts (id text primary key, certification text not null, operator integer not null default 0);
		create table if not exists sessions (token text primary key, account text not null references accounts);
		create table if not exists servers (id text primary key, owner text not null references accounts, facts text not null);
		create table if not exists messages (granter text, grantee text, request text, code text not null, wrong integer not null default 0,
			accepted integer not null default 0, primary key (granter, grantee, request));`)
	return db, err
}

// fill adds a customer with two servers, one of which is in Hong Kong, another
// customer, and an operator. Their sessions are named like them.
func fill(ctx context.Context, db *sql.DB, now time.Time) error {
	expires := now.AddDate(0, 11, 0).UTC().Format(time.RFC3339)
	facts := func(region, owner string) string {
		return fmt.Sprintf(`{"owner":%q,"product":"ECS","region":%q,"billing":"subscription","status":"running","term_months":12,`+
			`"expires":%q,"trial":"no","public_ip":"yes","ips":["47.96.1.180"],"ip_held":"no"}`, owner, region, expires)
	}
	_, err := db.ExecContext(ctx, `
		insert into accounts values ('1001', 'enterprise', 0), ('2002', 'personal', 0), ('ops', 'unknown', 1);
		insert into sessions values ('s-1001', '1001'), ('s-2002', '2002'), ('s-ops', 'ops');
		insert into servers values ('i-hangzhou', '1001', ?), ('i-hongkong', '1001', ?);`,
		facts("cn-hangzhou", "1001"), facts("cn-hongkong", "1001"))
	return err
}

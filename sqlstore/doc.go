// Package sqlstore keeps the documents of an [icpcode.Engine] in a database
// that a service runs already: PostgreSQL, MariaDB, MySQL or TiDB, or a file of
// SQLite's. It uses database/sql and imports no driver:
//
//	db, err := sql.Open("pgx", "postgres://localhost/shop")
//	...
//	if err := sqlstore.Migrate(ctx, db, sqlstore.PostgreSQL); err != nil {
//		return err
//	}
//	eng := icpcode.New(sqlstore.New(db, sqlstore.PostgreSQL, nil), nil)
//
// # What it asks of a database
//
// Nothing but guarded writes at the default isolation level. A Commit is one
// statement on PostgreSQL. On MySQL it is one round trip where the connection
// allows several statements in one text (multiStatements=true with
// go-sql-driver/mysql), and otherwise, and always on Galera, where such a text
// is not atomic, a few for each kind of document: however many documents a
// Change has. On SQLite it is a transaction, row by row: there is no round
// trip to save. A Load is one statement everywhere.
//
// What a database answers to two writers of one document, whether at the
// statement or at the end of the transaction, is a conflict, matching
// [icpcode.ErrConflict], and the engine decides again. So the store works
// unchanged on clusters that refuse at COMMIT, like Galera. On such a cluster
// reads must wait for what other nodes have committed: wsrep_sync_wait=1,
// which [Store.Check] insists on.
//
// # Drivers
//
// Tested are github.com/jackc/pgx/v5/stdlib, github.com/go-sql-driver/mysql
// and modernc.org/sqlite, and with the conformance suite github.com/lib/pq and
// github.com/mattn/go-sqlite3. Others should do if their errors have a method
// SQLState() string or Code() int; see [Options] for those that have neither.
// Errors are told apart by those codes, never by their text.
//
// # Tables
//
// The tables are for reading, too: words for states and actions, instants
// with microseconds in UTC, decimal money, one column for each field. NULL
// means that the field has no value.
//
//	icp_ledgers, icp_account_ledgers   codes issued, by instance; by account and product
//	icp_partners                       whom an account granted to, or was granted by, in a year
//	icp_acquaintances                  who ever granted to whom
//	icp_codes                          every code as it is now
//	icp_events                         how it came to be so
//	icp_receipts                       which requests were done, and their results
//
// Only the store may write to them, and rows are never deleted but by
// [Store.PurgeReceipts] and [Store.PurgeEvents].
//
// # Your own transaction
//
// [Store.InTx] makes a transaction, begins it again at a conflict, and commits
// a code together with the row of the order that it was bought with. See its
// example. [Store.In] works in a transaction that is the caller's already.
package sqlstore

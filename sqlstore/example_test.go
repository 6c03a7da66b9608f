package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
)

// A service on PostgreSQL.
func Example() { //nolint:testableexamples // there is no server
	// With the driver imported: _ "github.com/jackc/pgx/v5/stdlib"
	db, err := sql.Open("pgx", "postgres://localhost/shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	if err := sqlstore.Migrate(context.Background(), db, sqlstore.PostgreSQL); err != nil {
		fmt.Println(err)
		return
	}
	eng := icpcode.New(sqlstore.New(db, sqlstore.PostgreSQL, nil), nil)
	_ = eng // as with any other store
}

// Issue a code and mark the caller's own order as delivered, both or neither.
func ExampleStore_InTx() { //nolint:testableexamples // there is no server
	deliver := func(ctx context.Context, store *sqlstore.Store, eng *icpcode.Engine, r icpcode.IssueRequest) error {
		return store.InTx(ctx, eng, func(tx *sql.Tx, eng *icpcode.Engine) error {
			got, err := eng.Issue(ctx, r)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, "update orders set code = $1 where id = $2", got.Codes[0], r.RequestID)
			return err
		})
	}
	_ = deliver
}

package sqltest

import (
	"flag"
	"testing"

	"github.com/icpcode/icpcode/internal/year"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

var years = flag.Int("years", 1, "how many seeds of a provider's year are played on SQLite")

// TestYear plays a provider's year on SQLite. Its page is that of memstore:
// nothing tells the two apart, but that SQLite forgot histories on the way.
func TestYear(t *testing.T) {
	for seed := range *years {
		db := dbtest.Open(t, "sqlite", sqliteDSN(sqliteFile(t))+"&_pragma=synchronous(off)")
		if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite); err != nil {
			t.Fatal(err)
		}
		page, err := year.Play(t.Context(), sqlstore.New(db, sqlstore.SQLite, nil), uint64(seed))
		if err != nil {
			t.Fatal(err)
		}
		want, err := year.Play(t.Context(), memstore.New(), uint64(seed))
		if err != nil {
			t.Fatal(err)
		}
		if page.String() != want.String() || page.Events == 0 || page.Purged == 0 || want.Purged > 0 {
			t.Errorf("SQLite:\n%v\nmemstore:\n%v", page, want)
		}
		t.Logf("\n%vhistories         %d forgotten", page, page.Purged)
	}
}

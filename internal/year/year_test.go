package year

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

var seeds = flag.Int("years", 3, "how many seeds are played")

// TestYear plays years on memstore. The page of the first is printed with -v.
func TestYear(t *testing.T) {
	for seed := range *seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			page, err := Play(context.Background(), memstore.New(), uint64(seed))
			if err != nil {
				t.Fatal(err)
			}
			if page.Codes["Filed"] < 100 || page.Grants < 100 || page.MostGranters != 3 || len(page.Refused) < 10 ||
				page.Filings["moved"] == 0 || len(page.Raised) < 5 || len(page.Gone) < 3 || page.Fullest != 5 {
				t.Errorf("too little happened:\n%v", page)
			}
			if seed > 0 {
				return
			}
			if page.Advised == 0 || len(page.Raised) != 6 || len(page.Gone) != 6 {
				t.Errorf("too little happened:\n%v", page)
			}
			t.Logf("\n%v", page)
			if again, err := Play(context.Background(), memstore.New(), 0); err != nil || again.String() != page.String() {
				t.Errorf("the same seed gives another page: %v\n%v", err, again)
			}
		})
	}
}

// forgets is a store with a planted bug: it commits another change than asked.
type forgets struct {
	icpcode.Store
	change func(*icpcode.Change)
}

func (s forgets) Commit(ctx context.Context, c icpcode.Change) error {
	puts := c.Puts
	c.Puts = nil
	for _, p := range puts {
		p.Document = p.Document.Clone()
		c.Puts = append(c.Puts, p)
	}
	s.change(&c)
	return s.Store.Commit(ctx, c)
}

// TestYearFindsPlantedBugs: an audit that nothing fails would be worth nothing.
func TestYearFindsPlantedBugs(t *testing.T) {
	for name, k := range map[string]struct {
		change func(*icpcode.Change)
		found  string
	}{
		"ends without a trace in the record": {func(c *icpcode.Change) {
			for i := range c.Puts {
				if r, ok := c.Puts[i].Body.(*icpcode.Record); ok && r.State == icpcode.StateFiled {
					r.Progress = nil
				}
			}
		}, ""},
		"counts too few codes": {func(c *icpcode.Change) {
			for i := range c.Puts {
				if l, ok := c.Puts[i].Body.(*icpcode.Ledger); ok && l.Issued == 5 {
					l.Issued--
				}
			}
		}, "a ledger counts"},
		"pays back nothing": {func(c *icpcode.Change) {
			for i := range c.Puts {
				if r, ok := c.Puts[i].Body.(*icpcode.Record); ok {
					r.Refunded = icpcode.Money{}
				}
			}
		}, "not the sum of its events"},
	} {
		_, err := Play(context.Background(), forgets{memstore.New(), k.change}, 1)
		var f FoundError
		if !errors.As(err, &f) || !strings.Contains(err.Error(), k.found) {
			t.Errorf("%s: found %v", name, err)
		}
		t.Log(name, ": ", err)
	}
}

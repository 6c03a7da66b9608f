package year

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
			if page.Done["Import"] == 0 || page.Done["Correct"] == 0 || page.Receipts == 0 || page.Advised == 0 || len(page.Raised) != 6 || len(page.Gone) != 6 {
				t.Errorf("too little happened:\n%v", page)
			}
			for _, what := range []string{"Stage", "Reject", "Resubmit", "Approve", "End", "Refund", "CloseInstance", "Release"} {
				if page.Done[what] == 0 {
					t.Errorf("no %s was done:\n%v", what, page)
				}
			}
			if page.MostGrantees != 10 || page.Refused["GRT-OUT"] == 0 || page.Refused["GRT-IN"] == 0 {
				t.Errorf("no cap on grants was met:\n%v", page)
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

// purges is a store that forgets the histories of all codes, whatever they are.
type purges struct {
	icpcode.Store
	before time.Time
}

func (s *purges) PurgeEvents(_ context.Context, before time.Time, _ int) (int, error) {
	s.before = before
	return 1, nil
}

func (s *purges) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	events, err := s.Store.Events(ctx, q)
	return slices.DeleteFunc(events, func(e icpcode.Event) bool { return e.At.Before(s.before) }), err
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
		"puts no number right": {func(c *icpcode.Change) {
			for i := range c.Puts {
				if r, ok := c.Puts[i].Body.(*icpcode.Record); ok && r.Last == icpcode.ActionCorrect {
					r.Filing.ICPNumber = "wrong"
				}
			}
		}, ""},
		"counts no code that is imported": {func(c *icpcode.Change) {
			if len(c.Events) == 0 || c.Events[0].Action != icpcode.ActionImport {
				return
			}
			for i := range c.Puts {
				if l, ok := c.Puts[i].Body.(*icpcode.Ledger); ok {
					l.Issued--
				}
			}
		}, "a ledger counts"},
		"drops an event": {func(c *icpcode.Change) {
			if len(c.Events) == 2 {
				c.Events = c.Events[:1]
			}
		}, "do not follow one another"},
		"forgets what is not over": {func(*icpcode.Change) {}, "that was not over before"},
	} {
		var store icpcode.Store = forgets{memstore.New(), k.change}
		if k.found == "that was not over before" {
			store = &purges{Store: store}
		}
		_, err := Play(context.Background(), store, 1)
		var f FoundError
		if !errors.As(err, &f) || !strings.Contains(err.Error(), k.found) {
			t.Errorf("%s: found %v", name, err)
		}
		t.Log(name, ": ", err)
	}
}

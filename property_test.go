package icpcode_test

import (
	"os"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/ruletest"
)

// TestProperties proves the invariants that doc.go lists: for the preset
// rules, and for a book whose quotas and caps are so small that every sequence
// meets them, over a store that all of its checks fill.
func TestProperties(t *testing.T) {
	t.Run("Alibaba", func(t *testing.T) {
		t.Parallel()
		ruletest.Run(t, icpcode.Alibaba())
	})
	t.Run("small", func(t *testing.T) {
		t.Parallel()
		data, err := os.ReadFile("ruletest/testdata/small.json")
		if err != nil {
			t.Fatal(err)
		}
		book, err := icpcode.ParseRuleBook(data)
		if err != nil {
			t.Fatal(err)
		}
		ruletest.RunStore(t, book, func(testing.TB) icpcode.Store { return memstore.New() })
	})
}

package memstore_test

import (
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(testing.TB) icpcode.Store { return memstore.New() })
}

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(testing.TB) icpcode.Store { return memstore.New() })
}

// TestLeast keeps every Change of the suite within the least that a store can
// take.
func TestLeast(t *testing.T) {
	storetest.Run(t, func(testing.TB) icpcode.Store { return storetest.NewLeast(memstore.New()) })
}

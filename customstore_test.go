package icpcode_test

import (
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/storetest"
)

// The store of the CustomStore example keeps the contract.
func TestCustomStore(t *testing.T) {
	storetest.Run(t, func(testing.TB) icpcode.Store { return newMapStore() })
}

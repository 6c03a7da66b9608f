package ruletest_test

import (
	"os"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/ruletest"
)

// The test of a rule book of yours.
func ExampleRun() { //nolint:testableexamples // it is a test
	_ = func(t *testing.T) { // func TestMyRules(t *testing.T)
		data, err := os.ReadFile("rules.json")
		if err != nil {
			t.Fatal(err)
		}
		book, err := icpcode.ParseRuleBook(data)
		if err != nil {
			t.Fatal(err)
		}
		ruletest.Run(t, book)
	}
}

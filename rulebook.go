package icpcode

import (
	"fmt"
	"time"
)

// RuleBook holds the versions of the rules in order of their effective dates.
// A decision at an instant uses the set in force at that instant. The zero
// value holds none: [RuleBook.At] always fails. A RuleBook does not change
// and is safe for concurrent use.
type RuleBook struct {
	sets       []*RuleSet
	perAccount map[Product]bool // products that any set counts per account
}

// At returns the set in force at t, or an error matching [ErrNoRules] before
// the first set. The set must not be modified.
func (b *RuleBook) At(t time.Time) (*RuleSet, error) {
	for i := len(b.sets) - 1; i >= 0; i-- {
		if !t.Before(b.sets[i].Effective) {
			return b.sets[i], nil
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrNoRules, t.In(shanghai).Format(time.RFC3339))
}

package icpcode

import (
	"sync"

	"github.com/icpcode/icpcode/internal/alibaba"
	"github.com/icpcode/icpcode/internal/strictjson"
)

// Alibaba returns a book of Alibaba Cloud's rules as far as they are public.
// It is unofficial: the provider may judge otherwise. Each set cites the
// documents that its numbers come from: see [RuleSet.Citations].
//
//   - alibaba-2018-09-27: the product table as of 2019-09-17, from 27
//     September 2018. Anyone may grant codes to anyone.
//   - alibaba-2024-02-01: the same table, with the rules on accounts and
//     grants that took effect on 1 February 2024.
//   - alibaba-2026-01-06: an agency's guide of 6 January 2026: five products,
//     each with 90 days left, under the rules on accounts and grants of 2024.
//
// The book names today's regions in all of its sets. Each call returns a new
// book; to change one, see [RuleBook.Sets].
func Alibaba() *RuleBook { return compile(alibabaSets()) }

// alibabaSets reads the sets once. They are never changed: compile copies them.
var alibabaSets = sync.OnceValue(func() []RuleSet {
	var doc struct {
		Name    string `json:"name"`
		English string `json:"en"`
		Chinese string `json:"zh"`
		Notes   []struct {
			Rule Rule `json:"rule"`
			Bilingual
		} `json:"notes"`
		Documents map[string]Citation `json:"documents"`
		Sets      []RuleSet           `json:"sets"`
	}
	err := strictjson.Decode(alibaba.JSON(), &doc)
	if err == nil {
		var b *RuleBook
		if b, err = bookOf(doc.Documents, doc.Sets); err == nil {
			return b.Sets()
		}
	}
	panic("icpcode: the rule book of Alibaba Cloud: " + err.Error()) // the tests read it
})

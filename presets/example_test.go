package presets_test

import (
	"fmt"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/presets"
)

func ExampleLookup() {
	p, err := presets.Lookup("tencent")
	if err != nil {
		fmt.Println(err)
		return
	}
	set := p.Book.Sets()[0]
	fmt.Println(p.Title(icpcode.English), "as of", set.AsOf)
	for _, q := range set.Products {
		fmt.Println(q.Product, "may have", q.Quota, "codes after", q.TermMonths, "months")
	}
	// Output:
	// Tencent Cloud as of 2026-11-21
	// CVM may have 5 codes after 3 months
}

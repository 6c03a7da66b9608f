package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// TestColumnWordsAreRead: what a column is called in Chinese can head it in a
// file of facts, and means that column.
func TestColumnWordsAreRead(t *testing.T) {
	values := map[string]string{
		"owner": "1001", "product": "SLB", "order_amount": "99.50", "billing": "包年/包月", "trial": "否", "term_months": "7", "first_term_months": "8",
		"expires": "2027-01-01", "region": "cn-beijing", "public_ip": "是", "status": "运行中", "ip_held": "否", "contract_quota": "9",
		"provider": "阿里云", "created": "2026-01-01", "ips": "8.8.8.8", "partner_ip": "是", "downgraded": "是", "auto_renew": "是",
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(columnsZh)), func(name string) bool { return name == "name" }) // no fact
	for f := range numFacts {
		if f != factIssued && f != factCertification {
			names = append(names, factNames[f])
		}
	}
	s := speaker{icpcode.Chinese}
	for _, name := range names {
		value, known := values[name]
		if !known {
			t.Errorf("%s has no value to try", name)
		}
		f, err := inventory.ReadFacts(strings.NewReader("实例ID," + s.columnWord(name) + "\ni-1," + value + "\n"))
		if err != nil {
			t.Errorf("%s, called %s: %v", name, s.columnWord(name), err)
			continue
		}
		server := inventory.Server{Instance: icpcode.Instance{ID: "i-1"}}
		changes := f.Apply(&server)
		if !slices.ContainsFunc(changes, func(c inventory.Change) bool { return c.Fact == name }) {
			t.Errorf("%s, called %s: changes %v", name, s.columnWord(name), changes)
		}
	}
}

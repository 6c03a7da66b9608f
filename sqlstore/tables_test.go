package sqlstore

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSchemasHaveTheTables compares the tables that statements are made for
// with those of each dialect's schema, column by column.
func TestSchemasHaveTheTables(t *testing.T) {
	create := regexp.MustCompile(`(?s)create table (?:if not exists )?(\w+) \((.*?)\n\)`)
	for _, dialect := range []string{"postgresql", "mysql", "sqlite"} {
		found := map[string][]string{}
		for _, m := range create.FindAllStringSubmatch(script(dialect, "0001"), -1) {
			for line := range strings.Lines(m[2]) {
				fields := strings.Fields(line)
				if len(fields) > 1 && fields[0] != "primary" && fields[0] != "index" {
					found[m[1]] = append(found[m[1]], fields[0])
				}
			}
		}
		all := []*table{ledgers, accountLedgers, partners, acquaintances, codes, receipts, events}
		if len(found) != len(all) {
			t.Errorf("%s has %d tables, want %d", dialect, len(found), len(all))
		}
		for place, table := range all {
			var want []string
			for _, c := range table.columns {
				want = append(want, c.name)
			}
			if !slices.Equal(found[table.name], want) {
				t.Errorf("%s has %s %v, want %v", dialect, table.name, found[table.name], want)
			}
			if table.place != uint(place) {
				t.Errorf("%s is at place %d, want %d", table.name, table.place, place)
			}
		}
	}
}

// TestPlain asserts that what is written between quotes as it is, cannot end
// them in any SQL mode or character set.
func TestPlain(t *testing.T) {
	for b := range 256 {
		s := string([]byte{byte(b)})
		if !plain(s) {
			continue
		}
		if b >= 0x80 || b < ' ' || strings.ContainsAny(s, `'"\`+"`%?;{}") {
			t.Errorf("%q is taken for plain", s)
		}
	}
	if !plain("2026-01-06 04:00:00.000000") || !plain("i-bp1abc_2.x/y:z@w+v") {
		t.Error("what IDs and instants are made of is not taken for plain")
	}
	var s statement
	mySQL{}.value(&s, nil, `it's "备案"\`)
	if got, want := string(s.buf), `_utf8mb4 x'697427732022e5a487e6a188225c'`; got != want {
		t.Errorf("a text with quotes is written %s, want %s", got, want)
	}
}

package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// described is a column as the scripts of a dialect leave it.
type described struct{ name, kind string }

// schemaOf returns the tables that the scripts of a dialect make, in turn.
func schemaOf(t *testing.T, dialect string) map[string][]described {
	t.Helper()
	change := regexp.MustCompile(`(?s)(create|alter) table (?:if not exists )?(\w+)(.*)`)
	column := regexp.MustCompile(`(?:\n    |add column )(?:add column )?(\w+) +([a-z]+(?:\(\d+\))?)`)
	rename := regexp.MustCompile(`rename column (\w+) to (\w+)`)
	found := map[string][]described{}
	for version := range schemaVersion {
		text := regexp.MustCompile(`--.*`).ReplaceAllString(script(dialect, fmt.Sprintf("%04d", version+1)), "")
		for statement := range strings.SplitSeq(text, ";\n") {
			m := change.FindStringSubmatch(statement)
			if m == nil {
				continue
			}
			if r := rename.FindStringSubmatch(m[3]); r != nil {
				i := slices.IndexFunc(found[m[2]], func(d described) bool { return d.name == r[1] })
				found[m[2]][i].name = r[2]
				continue
			}
			for _, c := range column.FindAllStringSubmatch(m[3], -1) {
				if !slices.Contains([]string{"primary", "index", "add", "drop"}, c[1]) {
					found[m[2]] = append(found[m[2]], described{c[1], c[2]})
				}
			}
		}
	}
	return found
}

var allTables = []*table{ledgers, accountLedgers, partners, acquaintances, codes, receipts, events}

// TestSchemasHaveTheTables compares the tables that statements are made for
// with those of each dialect's schema, column by column.
func TestSchemasHaveTheTables(t *testing.T) {
	for _, dialect := range []string{"postgresql", "mysql", "sqlite"} {
		found := schemaOf(t, dialect)
		if len(found) != len(allTables) {
			t.Errorf("%s has %d tables, want %d", dialect, len(found), len(allTables))
		}
		for place, table := range allTables {
			var got, want []string
			for _, d := range found[table.name] {
				got = append(got, d.name)
			}
			for _, c := range table.columns {
				want = append(want, c.name)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s has %s %v, want %v", dialect, table.name, got, want)
			}
			if table.place != uint(place) {
				t.Errorf("%s is at place %d, want %d", table.name, table.place, place)
			}
		}
	}
}

// TestMySQLSizes compares how large a value may be with MySQL's schema.
func TestMySQLSizes(t *testing.T) {
	found := schemaOf(t, "mysql")
	for _, table := range allTables {
		for i, c := range table.columns {
			want := 0
			if kind := found[table.name][i].kind; kind == "int" {
				want = small
			} else if _, size, ok := strings.Cut(kind, "char("); ok {
				n, err := strconv.Atoi(strings.TrimSuffix(size, ")"))
				if err != nil {
					t.Fatal(err)
				}
				want = n
			}
			if c.most != want {
				t.Errorf("%s.%s holds %d, and in the schema %d", table.name, c.name, c.most, want)
			}
		}
	}
}

// TestFits asserts what is at the edge of a column.
func TestFits(t *testing.T) {
	for _, tc := range []struct {
		c    column
		v    any
		want bool
	}{
		{column{most: 3}, "长长长", true},
		{column{most: 3}, "长长长长", false},
		{column{most: 3}, "a\xff", false},
		{column{kind: integer, most: small}, int64(math.MaxInt32), true},
		{column{kind: integer, most: small}, int64(math.MaxInt32 + 1), false},
		{column{kind: integer}, int64(math.MaxInt64), true},
		{column{kind: instant}, moment(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)), true},
		{column{kind: instant}, moment(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), false},
		{column{kind: amount}, "999999999999999999.99", true},
		{column{kind: amount}, "99999999999999999999.99", false},
		{column{most: 3}, nil, true},
	} {
		if got := tc.c.fits(tc.v); got != tc.want {
			t.Errorf("%v fits %+v: %t, want %t", tc.v, tc.c, got, tc.want)
		}
	}
}

// TestQuotable asserts that what is written between quotes as it is cannot
// end them, in any SQL mode or character set.
func TestQuotable(t *testing.T) {
	for b := range 256 {
		if quotable(string([]byte{byte(b)})) != (b >= ' ' && b <= '~' && b != '\'' && b != '\\') {
			t.Errorf("the byte %#x is judged wrongly", b)
		}
	}
	for text, want := range map[string]string{
		`it's`:                   `_utf8mb4 x'69742773'`,
		`\`:                      `_utf8mb4 x'5c'`,
		`备`:                      `_utf8mb4 x'e5a487'`,
		`{"codes":["0123"]} -- `: `_utf8mb4'{"codes":["0123"]} -- '`,
	} {
		var s statement
		mySQL{}.value(&s, nil, text)
		if got := string(s.buf); got != want {
			t.Errorf("%s is written %s, want %s", text, got, want)
		}
	}
	var s statement
	mySQL{}.value(&s, &column{name: "result", kind: document}, `["备"]`)
	if got, want := string(s.buf), `convert(x'5b22e5a487225d' using utf8mb4)`; got != want {
		t.Errorf("JSON is written %s, want %s: a binary string is refused, error 3144", got, want)
	}
}

// TestShapes asserts that statements of one shape have one text: whichever
// rows are written in whichever way, and whichever of their columns are NULL.
func TestShapes(t *testing.T) {
	put := func(expect uint64, code string, edit func(*icpcode.Record)) icpcode.Put {
		r := &icpcode.Record{State: icpcode.StateAvailable, Last: icpcode.ActionIssue, Owner: "o"}
		if err := r.Code.UnmarshalText([]byte(code)); err != nil {
			t.Fatal(err)
		}
		edit(r)
		return icpcode.Put{Expect: expect, Document: icpcode.Document{
			Key: icpcode.Key{Kind: icpcode.KindRecord, Code: r.Code}, Version: expect + 1, Body: r,
		}}
	}
	bare := func(*icpcode.Record) {}
	remarked := func(r *icpcode.Record) { r.Remark = "x" }
	instanced := func(r *icpcode.Record) { r.InstanceID = "i" }
	made := func(known *texts, puts []icpcode.Put) []string {
		w, err := writesOf(&icpcode.Change{Puts: puts})
		if err != nil {
			t.Fatal(err)
		}
		var heard recording
		if err := (postgreSQL{}).commit(t.Context(), &heard, known, w); err != nil {
			t.Fatal(err)
		}
		for _, s := range steps(sqlite{}, known, w) {
			heard.texts = append(heard.texts, known.keep(s.shape, &s.statement))
		}
		return heard.texts
	}
	var known texts
	edits := []func(*icpcode.Record){bare, remarked, instanced}
	for _, first := range edits {
		for _, second := range edits {
			for _, expects := range [][2]uint64{{0, 0}, {0, 1}, {1, 0}, {1, 1}} {
				puts := []icpcode.Put{put(expects[0], "012345678901", first), put(expects[1], "012345678902", second)}
				for _, some := range [][]icpcode.Put{puts, puts[:1], puts[1:]} {
					if got, want := made(&known, some), made(new(texts), some); !slices.Equal(got, want) {
						t.Fatalf("what is known from before:\n%s\nwhat is made afresh:\n%s", got, want)
					}
				}
			}
		}
	}
}

// TestTextsAreBounded asserts that shapes that callers make up cost no memory.
func TestTextsAreBounded(t *testing.T) {
	var known texts
	for i := range 3 * maxTexts {
		h := shape{use: loading, rows: uint64(i)}
		s := known.begin(h)
		s.add("select")
		known.keep(h, &s)
		if again := known.begin(h); again.known != "select" {
			t.Fatal("the text that was kept last is not known")
		}
		if len(known.all) > maxTexts {
			t.Fatalf("%d texts are kept", len(known.all))
		}
	}
}

// recording is a connection that remembers what it is told.
type recording struct{ texts []string }

func (r *recording) ExecContext(_ context.Context, text string, _ ...any) (sql.Result, error) {
	r.texts = append(r.texts, text)
	return driver.RowsAffected(1), nil
}

func (*recording) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	return nil, sql.ErrConnDone
}

package sqlstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// Lists are read newest first, and those issued at one instant by their codes,
// the last first. Each index begins with what the list is by and goes on with
// that, so that a page costs the same wherever it begins.

// position is where a page ends: the instant at which a record was issued, as
// layout says, and its code. The zero position is before all of them.
type position struct{ issued, code string }

func (p position) String() string {
	if p == (position{}) {
		return ""
	}
	return p.issued + " " + p.code
}

func positionOf(r *icpcode.Record) position { return position{issued(r).(string), r.Code.String()} }

func parsePosition(s string) (position, error) {
	if s == "" {
		return position{}, nil
	}
	if len(s) > len(layout)+1 && s[len(layout)] == ' ' {
		p := position{s[:len(layout)], s[len(layout)+1:]}
		if _, err := time.Parse(layout, p.issued); err == nil {
			return p, nil
		}
	}
	return position{}, &icpcode.InvalidError{Field: "After", Problem: "is not what a page before of this list returned"}
}

// looked is how many records are looked at for a page.
const looked = 1000

// index is what a list goes by.
type index struct {
	name   string // in the schema
	column string // "": everything
	// state is whether the index has the state asked for, too. Others are
	// looked through for it, so many records for a page.
	state bool
}

// indexOf returns the index for a query, or nil.
func indexOf(q *icpcode.Query) *index {
	switch q.By {
	case icpcode.ByOwner:
		return &index{name: "icp_codes_owner", column: "owner"}
	case icpcode.ByHolder:
		return &index{name: "icp_codes_holder", column: "holder"}
	case icpcode.ByGrantee:
		return &index{name: "icp_codes_grantee", column: "grantee"}
	case icpcode.ByInstance:
		return &index{name: "icp_codes_instance", column: "instance"}
	case icpcode.ByICPNumber:
		return &index{name: "icp_codes_icp_number", column: "icp_number"}
	case icpcode.ByService:
		return &index{name: "icp_codes_service", column: "service"}
	case icpcode.Everything:
		if q.State == icpcode.StateNone {
			return &index{name: "icp_codes_issued"}
		}
		return &index{name: "icp_codes_state", state: true}
	}
	return nil
}

func (s *Store) list(ctx context.Context, on conn, q *icpcode.Query) (icpcode.Page, error) {
	if err := checkLimit(q.Limit); err != nil {
		return icpcode.Page{}, err
	}
	by := indexOf(q)
	if by == nil {
		return icpcode.Page{}, &icpcode.InvalidError{Field: "By", Problem: "is not a known index"}
	}
	after, err := parsePosition(q.After)
	if err != nil {
		return icpcode.Page{}, err
	}
	if err := s.check(ctx, on); err != nil {
		return icpcode.Page{}, err
	}
	// What is added meanwhile moves neither end of what is looked at.
	var last position
	if q.State != icpcode.StateNone && !by.state {
		if last, err = s.lookedAt(ctx, on, q, by, after); err != nil {
			return icpcode.Page{}, err
		}
	}
	var text statement
	list(s.flavour(), &text, q, by, after, last)
	var page icpcode.Page
	err = s.read(ctx, on, "list", &text, len(codes.columns), func(_ int, c *cells) {
		page.Records = append(page.Records, *c.document(icpcode.KindRecord).Body.(*icpcode.Record))
	})
	if err != nil {
		return icpcode.Page{}, err
	}
	// A union promises no order.
	slices.SortFunc(page.Records, newestFirst)
	if n := len(page.Records); n == q.Limit {
		last = positionOf(&page.Records[n-1])
	}
	page.Next = last.String()
	return page, nil
}

func newestFirst(a, b icpcode.Record) int {
	if c := b.Issued.Compare(a.Issued); c != 0 {
		return c
	}
	return strings.Compare(b.Code.String(), a.Code.String())
}

// lookedAt returns the position of the last record that is looked at for a
// page, or none if the list ends before.
func (s *Store) lookedAt(ctx context.Context, on conn, q *icpcode.Query, by *index, after position) (last position, err error) {
	f := s.flavour()
	var text statement
	func() {
		defer ordered(f, &text, 2)()
		text.add("select 0, ")
		f.shown(&text, columnOf(codes, "issued"), false)
		text.add(", ")
		f.shown(&text, columnOf(codes, "code"), false)
		text.from(f, q, by, after)
		text.add(" order by t.issued desc, t.code desc limit 1 offset ")
		f.value(&text, &column{kind: integer}, int64(looked-1))
	}()
	err = s.read(ctx, on, "list", &text, 2, func(_ int, c *cells) {
		last = position{c.text(), c.text()}
	})
	return last, err
}

// list reads a page of records, those after one position and up to another.
func list(f flavour, s *statement, q *icpcode.Query, by *index, after, last position) {
	defer ordered(f, s, len(codes.columns))()
	s.add("select 0, ")
	showing(f, s, codes, false)
	s.from(f, q, by, after)
	if q.State != icpcode.StateNone && !by.state {
		s.add(" and ", f.unindexed("t.state"), " = ")
		f.value(s, columnOf(codes, "state"), q.State.String())
	}
	if last != (position{}) {
		s.add(" and ")
		f.upTo(s, last)
	}
	s.add(" order by t.issued desc, t.code desc limit ")
	f.value(s, &column{kind: integer}, int64(q.Limit))
}

// from adds the records of a list that come after a position.
func (s *statement) from(f flavour, q *icpcode.Query, by *index, after position) {
	s.add(" from ", codes.name, " as t", f.indexed(by.name))
	and := " where "
	if by.column != "" {
		s.add(and, "t.", by.column, " = ")
		f.value(s, columnOf(codes, by.column), q.Value)
		and = " and "
	}
	if by.state {
		s.add(and, "t.state = ")
		f.value(s, columnOf(codes, "state"), q.State.String())
		and = " and "
	}
	if after != (position{}) {
		s.add(and)
		f.before(s, after)
	}
}

// columnOf returns a column of t by its name.
func columnOf(t *table, name string) *column {
	return &t.columns[slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })]
}

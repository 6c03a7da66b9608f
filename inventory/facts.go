package inventory

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
)

// Facts are facts about servers that no inventory gives, by instance ID. The
// zero value holds none. Facts do not change and are safe for concurrent use.
type Facts struct {
	columns []*column // nil at id
	rows    map[icpcode.InstanceID][]string
	ids     []icpcode.InstanceID
}

// Change is one fact that [Facts.Apply] set.
type Change struct {
	Fact string // the name of the column, "term_months"
	From string // as it was, "unknown" if it was not known
	To   string
}

// String returns "billing: pay-as-you-go -> subscription".
func (c Change) String() string { return c.Fact + ": " + c.From + " -> " + c.To }

// FactsError says where a CSV of facts cannot be read.
type FactsError struct {
	Line   int    // from 1
	Column string // the name of the column; "" if it is not about one
	Err    error
}

// Error gives the place and the cause, in English.
func (e *FactsError) Error() string { return "inventory: facts, " + e.Text(icpcode.English) }

// Text returns the place and the cause in language l.
func (e *FactsError) Text(l icpcode.Lang) string {
	if e.Column == "" {
		return atLine(e.Line, e.Err).Text(l)
	}
	return errorf("line %d, %s: %v", "第%d行，%s列：%v", e.Line, e.Column, e.Err).Text(l)
}

// Unwrap returns the cause.
func (e *FactsError) Unwrap() error { return e.Err }

// ReadFacts reads a CSV of facts in UTF-8. Its first line names the columns,
// in any order; each further line is about one server. Lines that begin with
// # are comments.
//
//	id                the server's ID; the only column that must be there
//	owner             the account that bought it
//	product           ECS, SWAS, …
//	provider, region  in the provider's spelling
//	billing           subscription or pay-as-you-go (or PrePaid, PostPaid)
//	status            running, pending, stopped, expired, locked, refunded, released
//	term_months       the term bought in months, renewals included
//	first_term_months that of the first purchase alone
//	created, expires  2026-03-01, 2026-03-01 10:00, both in China, or RFC 3339
//	auto_renew        yes or no: whether it renews itself
//	trial, ip_held, downgraded, public_ip  yes or no
//	ips               the public addresses, separated by spaces
//	partner_ip        yes or no
//	contract_quota    codes that a contract allows
//	order_amount      what was paid for the order, in yuan
//
// An empty cell leaves the fact as the inventory has it; "unknown" makes it
// unknown. Reading is strict: an unknown or repeated column, a repeated ID or
// a value that a column does not take is a [*FactsError].
func ReadFacts(r io.Reader) (*Facts, error) {
	in := bufio.NewReaderSize(&cappedReader{r: r, left: maxFacts}, headSize)
	head, _ := in.Peek(headSize) // what is wrong with it is told when it is read
	c := csv.NewReader(in)
	c.Comment, c.Comma = '#', separatorOf(head)
	header, err := c.Read()
	if isEOF(err) {
		return nil, &FactsError{Line: 1, Err: errorf("there is no header line", "没有表头")}
	}
	if err != nil {
		return nil, csvError(err, 1)
	}
	columns, id, err := readHeader(header)
	line, _ := c.FieldPos(0)
	if err != nil {
		return nil, &FactsError{Line: line, Err: err}
	}
	f := &Facts{columns: columns, rows: make(map[icpcode.InstanceID][]string)}
	for {
		row, err := c.Read()
		if isEOF(err) {
			return f, nil
		}
		if err != nil {
			return nil, csvError(err, line+1)
		}
		line, _ = c.FieldPos(0)
		if err := f.add(row, id); err != nil {
			err.Line = line
			return nil, err
		}
	}
}

// maxFacts bounds the memory that a CSV takes: enough for a million lines.
const maxFacts = 128 << 20

func readHeader(header []string) (columns []*column, id int, err error) {
	id = -1
	for i, name := range header {
		if i == 0 {
			name = strings.TrimPrefix(name, "\uFEFF")
		}
		name = columnOf(name)
		if name == "id" {
			if id >= 0 {
				return nil, 0, errorf("column %s is there twice", "列%s出现两次", name)
			}
			id = i
			columns = append(columns, nil)
			continue
		}
		col := columnNamed(name)
		if col == nil {
			return nil, 0, errorf("unknown column %q; columns are id, %v", "未知的列%q；可用的列有id、%v", name, columnNames())
		}
		if slices.Contains(columns, col) {
			return nil, 0, errorf("column %s is there twice", "列%s出现两次", name)
		}
		columns = append(columns, col)
	}
	if id < 0 {
		return nil, 0, errorf("there is no column id", "没有id列")
	}
	return columns, id, nil
}

// add checks a row and keeps it.
func (f *Facts) add(row []string, id int) *FactsError {
	for n, col := range f.columns {
		if err := formulaError(strings.TrimSpace(row[n])); err != nil {
			name := "id"
			if col != nil {
				name = col.name
			}
			return &FactsError{Column: name, Err: err}
		}
	}
	key := strings.TrimSpace(row[id])
	if p := idProblem(key); p != nil {
		return &FactsError{Column: "id", Err: p}
	}
	if err := damaged(key); err != nil {
		return &FactsError{Column: "id", Err: err}
	}
	if _, ok := f.rows[icpcode.InstanceID(key)]; ok {
		return &FactsError{Column: "id", Err: errorf("%q is there twice", "%q 出现两次", key)}
	}
	var i icpcode.Instance
	denied := false
	for n, col := range f.columns {
		row[n] = strings.TrimSpace(row[n])
		if col == nil {
			continue
		}
		if isBlank(row[n]) {
			row[n] = ""
			continue
		}
		if err := col.read(&i, row[n]); err != nil {
			return &FactsError{Column: col.name, Err: err}
		}
		denied = denied || col.name == "public_ip" && i.PublicIP != icpcode.Yes
	}
	if denied && len(i.IPs) > 0 {
		return &FactsError{Column: "ips", Err: errorf("there are addresses although public_ip is not yes", "给出了地址，但public_ip不是yes")}
	}
	f.rows[icpcode.InstanceID(key)] = row
	f.ids = append(f.ids, icpcode.InstanceID(key))
	return nil
}

// IDs iterates over the IDs in the order of the file: one that no inventory
// has is likely mistyped.
func (f *Facts) IDs() iter.Seq[icpcode.InstanceID] { return slices.Values(f.ids) }

// Apply sets the facts that f has about s, and returns what that changed, in
// the order of the columns. A fact that was the same before is not a change.
func (f *Facts) Apply(s *Server) []Change {
	var changes []Change
	row := f.rows[s.Instance.ID]
	provider := s.Instance.Provider // that tells what a word for a product means
	if n := slices.IndexFunc(f.columns, func(c *column) bool { return c != nil && c.name == "provider" }); row != nil && n >= 0 && row[n] != "" {
		provider = wordOf("provider", row[n])
	}
	for n, text := range row {
		col := f.columns[n]
		if col == nil || text == "" {
			continue
		}
		var v icpcode.Instance
		// ReadFacts has read the same text before without an error.
		_ = col.read(&v, text)
		if col.name == "product" {
			var has string
			v.Product, has, _ = productOf(v.Product, provider) // as it is where that does not tell
			if s.Instance.Provider == "" && provider == "" && has != "" {
				s.Instance.Provider = has
				changes = append(changes, Change{"provider", "unknown", has})
			}
		}
		from := col.format(&s.Instance)
		col.set(&s.Instance, &v)
		if to := col.format(&s.Instance); to != from {
			changes = append(changes, Change{col.name, from, to})
		}
	}
	return changes
}

// cappedReader fails when more than left bytes are read.
type cappedReader struct {
	r     io.Reader
	left  int64
	watch lineWatch
}

func (c *cappedReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if n < 0 || n > len(b) {
		return 0, errCount
	}
	if c.left -= int64(n); c.left < 0 {
		return 0, errorf("the facts are more than %d MiB", "事实文件超过%d MiB", maxFacts>>20)
	}
	if n > 0 {
		if err := c.watch.check(b[:n]); err != nil {
			return 0, err
		}
	}
	if errors.Is(err, io.EOF) {
		if err := c.watch.check(nil); err != nil {
			return 0, err
		}
	}
	return n, err
}

// csvError gives an error of package csv its line, or that of the reader the
// line that it was about to read.
func csvError(err error, line int) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return &FactsError{Line: p.Line, Err: csvReason(p.Err)}
	}
	var l *lineError
	if errors.As(err, &l) {
		return &FactsError{Line: l.line, Err: l.err}
	}
	return &FactsError{Line: line, Err: err}
}

package inventory

import (
	"encoding/csv"
	"errors"
	"strings"

	"github.com/icpcode/icpcode"
)

// own reads an object of this package's own format: its members are the
// columns of ReadFacts, and name.
func (b *builder) own() (problem error) {
	if problem := b.id(keyID); problem != nil {
		return problem
	}
	t := b.t
	var o ownServer
	for n := t.first(0); n > 0; n = t.nodes[n].next {
		v := &t.nodes[n]
		cell, ok := b.cell(n)
		if !ok {
			return errorf("%s is not a text, number, boolean or list of texts", "%s应为文本、数字、布尔值或文本列表", keyNames[v.key])
		}
		if err := o.set(b.s, keyNames[v.key], cell); err != nil {
			return errorf("%s: %v", "%s：%v", keyNames[v.key], err)
		}
	}
	return o.settle(b.s)
}

// cell returns a value as the cell of a CSV would have it.
func (b *builder) cell(n int32) (string, bool) {
	t := b.t
	switch t.nodes[n].kind {
	case null:
		return "", true
	case text, number:
		return strings.TrimSpace(string(t.word(n))), true
	case boolean:
		return yesNo(string(t.word(n)) == "true"), true
	case list:
		var words []string
		for c := t.first(n); c > 0; c = t.nodes[c].next {
			if t.nodes[c].kind != text {
				return "", false
			}
			words = append(words, string(t.word(c)))
		}
		return strings.Join(words, " "), true
	}
	return "", false
}

// ownServer sets the facts of a server one column at a time.
type ownServer struct {
	denied bool // public_ip is there and not yes
}

func (o *ownServer) set(s *Server, name, cell string) error {
	if cell == "" || name != "id" && name != "name" && isBlank(cell) {
		return nil
	}
	if err := formulaError(cell); err != nil {
		return err
	}
	switch name {
	case "id":
		if p := idProblem(cell); p != nil {
			return p
		}
		if err := damaged(cell); err != nil {
			return err
		}
		s.Instance.ID = icpcode.InstanceID(cell)
		return nil
	case "name":
		s.Name = strings.ToValidUTF8(cell, "\uFFFD")
		return nil
	}
	if err := columnNamed(name).read(&s.Instance, cell); err != nil {
		return err
	}
	if name == "public_ip" {
		o.denied = s.Instance.PublicIP != icpcode.Yes
	}
	return nil
}

func (o *ownServer) settle(s *Server) error {
	i := &s.Instance
	if i.ID == "" {
		return errorf("id is missing", "缺少id")
	}
	var err error
	if i.Product, i.Provider, err = productOf(i.Product, i.Provider); err != nil {
		return errorf("product: %v", "product：%v", err)
	}
	if len(i.IPs) > 0 {
		if o.denied {
			return errorf("there are ips although public_ip is not yes", "给出了地址（ips），但public_ip不是yes")
		}
		i.PublicIP = icpcode.Yes
	}
	return nil
}

// csv reads the rest of the input as a CSV. Its first line names the columns.
func (d *decoder) csv() {
	d.format = OwnCSV
	if d.addressesOnly {
		return
	}
	in := newRowReader(d.scanner)
	header, err := in.next()
	if err == nil {
		var names []string
		if names, err = ownHeader(header); err == nil {
			d.rows(in, names)
			return
		}
	}
	if isEOF(err) {
		err = cutShort("a header line")
	}
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		err = errorf("%v: %v", "%v：%v", ErrFormat, atLine(bad.Line, csvReason(bad.Err)))
	}
	d.failAt(in.at, err)
}

// rows reads what follows the header.
func (d *decoder) rows(in *rowReader, names []string) {
	for {
		row, err := in.next()
		var bad *csv.ParseError
		if err != nil && !errors.As(err, &bad) {
			if !isEOF(err) {
				d.failAt(in.at, err)
			}
			return
		}
		d.records++
		s := Server{Format: OwnCSV, Record: d.records, Offset: in.at}
		if err != nil {
			err = atLine(bad.Line, csvReason(bad.Err))
		} else if err = s.fromRow(names, row); err != nil {
			line, _ := in.csv.FieldPos(0)
			err = errorf("line %d, %v", "第%d行，%v", line, err)
		}
		if err != nil {
			s, err = Server{}, &RecordError{Record: d.records, Offset: in.at, Format: OwnCSV, Err: err}
		}
		if d.hand(&s, err, in.at); d.err != nil {
			return
		}
	}
}

// ownHeader checks the names of the columns.
func ownHeader(header []string) ([]string, error) {
	if e := headless(header); e != nil {
		return nil, e
	}
	names := make([]string, 0, len(header))
	seen := make(map[string]bool)
	for _, name := range header {
		name = columnOf(name)
		if name != "id" && name != "name" && columnNamed(name) == nil {
			return nil, errorf("%v: unknown column %.64q; columns are id, name, %v", "%v：未知的列%.64q；可用的列有id、name、%v", ErrFormat, name, columnNames())
		}
		if seen[name] {
			return nil, errorf("%v: column %s is there twice", "%v：列%s出现两次", ErrFormat, name)
		}
		seen[name] = true
		names = append(names, name)
	}
	if !seen["id"] {
		return nil, errorf("%v: there is no column id", "%v：没有id列", ErrFormat)
	}
	return names, nil
}

func (s *Server) fromRow(names, row []string) error {
	var o ownServer
	for i, cell := range row {
		if err := o.set(s, names[i], strings.TrimSpace(cell)); err != nil {
			return errorf("%s: %v", "%s：%v", names[i], err)
		}
	}
	return o.settle(s)
}

// maxRow is how much one row of a CSV may take, with the comments before it:
// package csv holds rows whole.
const maxRow = 256 << 10

// rowReader reads the rows of a CSV from what a scanner has not consumed.
type rowReader struct {
	s     *scanner
	csv   *csv.Reader
	start int64 // of the CSV in the input
	given int64 // bytes that csv has taken
	at    int64 // where in the input the last row begins
	watch lineWatch
}

func newRowReader(s *scanner) *rowReader {
	r := &rowReader{s: s, start: s.offset()}
	r.csv = csv.NewReader(r)
	r.csv.Comment, r.csv.Comma = '#', separatorOf(s.head())
	r.csv.ReuseRecord = true
	return r
}

// next returns the next row, valid until the next call.
func (r *rowReader) next() ([]string, error) {
	r.at = r.start + r.csv.InputOffset()
	return r.csv.Read()
}

// Read is for csv.
func (r *rowReader) Read(p []byte) (int, error) {
	s := r.s
	if r.start+r.given-r.at > maxRow {
		return 0, ErrTooLong
	}
	if s.pos == s.end && !s.fill() {
		if err := r.watch.check(nil); err != nil {
			return 0, err
		}
		return 0, s.readErr
	}
	n := copy(p, s.buf[s.pos:s.end])
	if err := r.watch.check(p[:n]); err != nil {
		return 0, err
	}
	s.pos += n
	r.given += int64(n)
	return n, nil
}

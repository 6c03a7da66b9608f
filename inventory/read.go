package inventory

import (
	"bytes"
	"errors"
	"io"
	"iter"
)

// Options configures [Read]. The zero value is what most callers want.
type Options struct {
	// Addresses collects the addresses (EIPs) that the input holds, before the
	// servers that come after them are yielded. nil: lists of addresses are
	// checked and passed over.
	Addresses *Addresses
	// Survey is what [Survey.Read] took note of in a first reading of this and
	// all other inputs. Then each server is yielded once, with the facts that
	// all its records give together; [Survey.Missing] tells of missing pages;
	// and Addresses is not filled: the survey has its own. nil: this input
	// is judged alone, and each record is yielded by itself.
	Survey *Survey
	// OwnerBuys takes the OwnerId of Alibaba Cloud's billing list for the account
	// that bought the server, which the list does not say. Where there is a
	// Survey, its own OwnerBuys counts.
	OwnerBuys bool
	// File is the input's name, for [Said.File].
	File string
	// Repeated is called, if it is there, for each record of a server that was
	// yielded before. It may not keep the server.
	Repeated func(*Server)
}

// Read reads the servers of any format that is listed at [Format]. Which it is
// shows from the content, document by document: pages may follow one another,
// as may lists of several regions and of several products. A list may be
// wrapped as old documents and the SDKs wrap it; single servers are accepted
// too, bare or in a list. A CSV is a file of its own. Nil options mean the zero
// Options.
//
// The sequence reads r as it is ranged over, once. Instead of a server it can
// yield an error: a [*RecordError] for a record that is left out, after which
// it goes on with the next; an [*IncompleteError] after everything else for each
// list of which pages are missing; or an [*InputError] where
// the input cannot be read on, which ends it. The servers before an error are as
// good as any. Some 2 MiB and 30 bytes a server are held, besides the Addresses.
func Read(r io.Reader, o *Options) iter.Seq2[Server, error] {
	return func(yield func(Server, error) bool) {
		d := decoder{scanner: newScanner(r), yield: yield}
		if o != nil {
			d.addresses, d.survey, d.file, d.repeated = o.Addresses, o.Survey, o.File, o.Repeated
			d.b.ownerBuys = o.OwnerBuys
		}
		if d.survey != nil {
			d.addresses, d.b.ownerBuys = nil, d.survey.OwnerBuys
		} else {
			d.lists = newPages()
		}
		d.run()
	}
}

// decoder decodes one input.
type decoder struct {
	*scanner
	yield         func(Server, error) bool
	only          Format     // accept nothing else; 0: any
	addresses     *Addresses // may be nil
	addressesOnly bool       // pass servers over
	survey        *Survey    // may be nil
	surveying     bool       // in the first reading, which yields no servers
	file          string
	repeated      func(*Server)

	lists    *pages // nil in the second reading of a survey
	page     *page  // that is being read, or nil
	foreign  bool   // the list is of another product
	scalars  int    // values without fields in the list that is being read
	records  int    // seen so far
	inside   bool   // of a record
	format   Format // of the last one
	doc, rec tree   // of a document, and of a record in a list
	b        builder
}

func (d *decoder) run() {
	if d.only == 0 && d.sniff() {
		d.csv()
	} else {
		for first := true; d.err == nil && (first || !d.done()); first = false {
			d.document(0)
		}
	}
	if errors.Is(d.err, errStop) {
		return
	}
	if d.err != nil {
		e := &InputError{Offset: d.errAt, Format: d.format, Err: d.err}
		if d.inside {
			e.Record = d.records
		}
		d.yield(Server{}, e)
		return
	}
	if d.survey != nil {
		return
	}
	for _, err := range d.lists.missing() {
		if !d.yield(Server{}, err) {
			return
		}
	}
}

// sniff reports whether the input is a CSV. JSON begins with a bracket or a
// value, and anything else is an error that says what it is.
func (d *decoder) sniff() bool {
	c := d.peek()
	if d.err != nil || c == 0 {
		return false
	}
	if e := unreadable(d.head()); e != nil {
		d.fail(e)
		return false
	}
	word := bytes.HasPrefix(d.head(), []byte("null")) || bytes.HasPrefix(d.head(), []byte("true")) || bytes.HasPrefix(d.head(), []byte("false"))
	if c == '{' || c == '[' || c == '"' && !bytes.ContainsAny(firstLine(d.head()), ",;\t") || word || c == '-' || '0' <= c && c <= '9' {
		return false
	}
	if 'a' <= c|0x20 && c|0x20 <= 'z' || c == '#' || c == '"' || c >= 0x80 {
		return true
	}
	d.fail(errorf("%v: it begins with %q", "%v：开头为%q，既不是JSON也不是CSV", ErrFormat, c))
	return false
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return line
}

// isWrapper reports whether an object under this key is what the document is
// about. No server has such a key, so nothing of one is lost.
func isWrapper(name []byte) bool {
	return string(name) == "body" || string(name) == "Data" || bytes.HasSuffix(name, []byte("Response"))
}

// document reads one top-level value: a page, a list of such, or one server.
func (d *decoder) document(depth int) {
	if depth > maxDepth {
		d.fail(errDepth)
		return
	}
	switch k := d.kind(); {
	case k == list:
		scalars := d.scalars
		d.scalars = 0
		for first := true; d.element(first); first = false {
			d.document(depth + 1)
		}
		d.scalars = scalars
		return
	case k == noValue:
		return
	case k != object && d.only == 0:
		d.odd(depth > 0)
		return
	}
	// Which of the two an object is shows only when its keys are read, so
	// both are read at once.
	start := d.offset()
	outer := d.page
	defer func() { d.page = outer }()
	d.page = nil
	total, number, more := -1, 0, false
	found, wrapped := 0, false
	t := &d.doc
	t.reset(object)
	var seen keySet
	last := int32(0)
	for first := true; ; first = false {
		name, ok := d.member(first)
		if !ok {
			break
		}
		k := keyOf(name)
		again := k > 0 && !seen.add(k)
		if k == keyPublicips && len(t.nodes) > 1 {
			t.noteStrange(name) // of a load balancer: a list of addresses has nothing of its own
			d.skip(0)
			continue
		}
		if k.isList() {
			if again {
				d.fail(errorf("the key %s is there twice", "键%s出现两次", keyNames[k]))
				return
			}
			if found++; found == 1 && d.lists != nil {
				d.page = d.lists.begin()
			}
			d.list(k, start)
			continue
		}
		switch {
		case isWrapper(name):
			if k := d.kind(); k == object || k == list {
				wrapped = true
				d.document(depth + 1)
				t.reset(object)
				last = 0
			} else {
				d.skip(0)
			}
		case k == keyTotalCount || k == keyCount || k == keyTotal || k == keyTotalOf:
			total = d.count(keyNames[k])
		case k == keyPageNumber:
			number = d.count("PageNumber")
		case k == keyNextToken:
			_, token := d.scalar()
			more = more || len(token) > 0
		case k == keyServersLinks || k == keyELBLinks:
			more = d.nextLink() || more
		case k == keyPageSize:
			d.skip(0)
		case k == 0:
			t.noteStrange(name)
			d.peruse(t, 0)
		default:
			if again {
				t.fail(errorf("has the key %s twice", "键%s出现两次", keyNames[k]))
			}
			if c := d.capture(t, 0, last, k, 0); c > 0 {
				last = c
			}
		}
		if d.err != nil {
			return
		}
	}
	if d.err != nil || wrapped && found == 0 {
		return
	}
	if found > 0 {
		if p := d.page; p != nil {
			p.format = d.format
			if found == 1 { // of which of several lists would it speak?
				p.total, p.number, p.more = total, number, more
			}
			d.lists.end(p)
		}
		return
	}
	f := t.formatAlone()
	if d.only != 0 && f != d.only {
		d.failAt(start, t.errFormat())
		return
	}
	d.records++
	d.emit(t, f, start, t.errFormat)
}

// odd reads a value where an object should be. Of several in a list the first
// one tells.
func (d *decoder) odd(inList bool) {
	at := d.offset()
	k, value := d.scalar()
	if d.err != nil || d.addressesOnly {
		return
	}
	if d.scalars++; d.scalars > 1 {
		return
	}
	d.records++
	d.hand(nil, &RecordError{Record: d.records, Offset: at, Err: scalarDocument(k, value, inList)}, at)
}

// nextLink reports whether a list of links has one to the next page:
// [{"rel": "next", "href": "…"}].
func (d *decoder) nextLink() bool {
	if d.kind() != list {
		d.skip(0)
		return false
	}
	found := false
	for first := true; d.element(first); first = false {
		if d.kind() != object {
			d.skip(0)
			continue
		}
		for first := true; ; first = false {
			name, ok := d.member(first)
			if !ok {
				break
			}
			if string(name) != "rel" {
				d.skip(0)
				continue
			}
			_, rel := d.scalar()
			found = found || string(rel) == "next"
		}
	}
	return found
}

// record reads one element of a list.
func (d *decoder) record(outer key, nested bool) {
	d.records++
	d.inside = true
	k := d.kind()
	start := d.offset()
	t := &d.rec
	t.reset(k)
	if k == object {
		d.members(t, 0, 0)
	} else {
		d.skip(0)
		t.fail(errNoObject)
	}
	if d.err != nil {
		return
	}
	d.inside = false
	f := t.formatIn(outer, nested)
	if d.only != 0 && f != d.only {
		f = 0
	}
	if f != 0 || t.problem != nil {
		d.emit(t, f, start, nil)
		return
	}
	if d.isForeign() {
		d.records--
		return
	}
	d.emit(t, 0, start, func() *FormatError { return t.foreign(outer) })
}

// isForeign notes that the list is of another product, and reports whether that
// was known: one record tells what the whole list is.
func (d *decoder) isForeign() bool {
	known := d.foreign
	d.foreign = true
	if d.page != nil {
		d.page.foreign = true
	}
	return known
}

// emit makes sense of a record and yields what came of it. Where it is of no
// format, other says what it is.
func (d *decoder) emit(t *tree, f Format, start int64, other func() *FormatError) {
	d.format = f
	if d.addressesOnly && !f.isAddress() {
		d.records-- // only addresses count
		return
	}
	s := Server{Format: f, Record: d.records, Offset: start}
	d.b.t, d.b.s = t, &s
	var err error
	if t.problem != nil {
		err = t.problem
	} else if f == 0 {
		err = other()
	} else if f.isAddress() {
		if err = d.address(f); err == nil {
			return
		}
	} else if problem := d.b.build(f); errors.Is(problem, errNoServer) {
		if d.lists != nil && d.page != nil {
			d.lists.record(d.page, identity{s.Instance.Provider, string(s.Instance.ID), true}, s.Instance.Region)
		}
		return
	} else if problem != nil {
		err = problem
	}
	if isLimit(err) {
		d.failAt(start, err)
		return
	}
	if err != nil {
		if d.lists != nil {
			d.lists.unreadable(d.page)
		}
		err = &RecordError{Record: d.records, Offset: start, Format: f, Err: err}
	}
	d.hand(&s, err, start)
}

// hand hands on a server or the error about a record.
func (d *decoder) hand(s *Server, err error, start int64) {
	switch {
	case err != nil:
		s = &Server{}
	case d.surveying:
		if err := d.survey.note(d.page, s, d.file); err != nil {
			d.failAt(start, err)
		}
		return
	case d.survey != nil:
		if d.survey.settle(s, d.file) {
			if d.repeated != nil {
				d.repeated(s)
			}
			return
		}
	case d.page != nil:
		d.lists.record(d.page, identityOf(s), s.Instance.Region)
	}
	if !d.yield(*s, err) {
		d.fail(errStop)
	}
}

// address reads a record that is an address.
func (d *decoder) address(f Format) error {
	read := d.b.eip
	switch f {
	case TencentEIP:
		read = d.b.tencentEIP
	case HuaweiEIP:
		read = d.b.huaweiEIP
	}
	a, problem := read()
	if problem != nil {
		return problem
	}
	if d.lists != nil && d.page != nil {
		d.lists.record(d.page, identity{a.provider, a.id, true}, a.region)
	}
	if d.addresses == nil {
		return nil
	}
	return d.addresses.add(a)
}

// build makes sense of a record that is a server.
func (b *builder) build(f Format) (problem error) {
	switch f {
	case AlibabaECS:
		return b.ecs()
	case AlibabaSWAS:
		return b.swas()
	case AlibabaCLB:
		return b.clb()
	case AlibabaALB:
		return b.alb()
	case AlibabaNLB:
		return b.nlb()
	case AlibabaNAT:
		return b.nat()
	case AlibabaNAT64:
		return b.nat64()
	case TencentCVM:
		return b.cvm()
	case TencentLighthouse:
		return b.lighthouse()
	case HuaweiECS:
		return b.huawei()
	case AlibabaENS:
		return b.ens()
	case TencentCLB:
		return b.tencentCLB()
	case TencentNAT:
		return b.tencentNAT()
	case HuaweiNAT:
		return b.huaweiNAT()
	case HuaweiELB:
		return b.huaweiELB()
	case AlibabaBilling:
		return b.alibabaBilling()
	case AlibabaRenewals:
		return b.alibabaRenewals()
	case TencentRenewals:
		return b.tencentRenewals()
	}
	return b.own()
}

package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Options configures [Read]. The zero value is what most callers want.
type Options struct {
	// Addresses collects the addresses (EIPs) that the input holds, before the
	// servers that come after them are yielded. nil: lists of addresses are
	// checked and passed over.
	Addresses *Addresses
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
// it goes on with the next; an [*IncompleteError] after everything else if
// pages are missing; or an [*InputError] where the input cannot be read on,
// which ends it. The servers before an error are as good as any. At most some
// 2 MiB are held, however large the input, besides the Addresses.
func Read(r io.Reader, o *Options) iter.Seq2[Server, error] {
	return func(yield func(Server, error) bool) {
		d := decoder{scanner: newScanner(r), yield: yield}
		if o != nil {
			d.addresses = o.Addresses
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

	records  int    // seen so far
	inside   bool   // of a record
	format   Format // of the last one
	doc, rec tree   // of a document, and of a record in a list
	b        builder
	pages    [OwnCSV + 1]listing // by format
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
	for i := range d.pages {
		if err := d.pages[i].close(); err != nil && !d.yield(Server{}, err) {
			return
		}
	}
}

// sniff reports whether the input is a CSV. JSON begins with a bracket;
// neither is an error.
func (d *decoder) sniff() bool {
	c := d.peek()
	if d.err != nil || c == 0 || c == '{' || c == '[' {
		return false
	}
	if 'a' <= c|0x20 && c|0x20 <= 'z' || c == '#' || c == '"' || c >= 0x80 {
		return true
	}
	d.fail(fmt.Errorf("%w: it begins with %q", ErrFormat, c))
	return false
}

// isWrapper reports whether an object under this key is what the document is
// about. No server has such a key, so nothing of one is lost.
func isWrapper(name []byte) bool {
	return string(name) == "body" || bytes.HasSuffix(name, []byte("Response"))
}

// document reads one top-level value: a page, a list of such, or one server.
func (d *decoder) document(depth int) {
	if depth > maxDepth {
		d.fail(errDepth)
		return
	}
	if d.kind() == list {
		for first := true; d.element(first); first = false {
			d.document(depth + 1)
		}
		return
	}
	// Which of the two an object is shows only when its keys are read, so
	// both are read at once.
	start := d.offset()
	p := page{total: -1}
	found, wrapped, before := 0, false, d.records
	t := &d.doc
	t.reset(object)
	var seen keySet
	last := int32(0)
	for first := true; ; first = false {
		name, ok := d.member(first)
		if !ok {
			break
		}
		k := keys[string(name)]
		again := k > 0 && !seen.add(k)
		if k.isList() {
			if again {
				d.fail(fmt.Errorf("the key %s is there twice", keyNames[k]))
				return
			}
			found++
			d.list(k, start)
			continue
		}
		switch {
		case isWrapper(name):
			if d.kind() == object {
				wrapped = true
				d.document(depth + 1)
				t.reset(object)
				last = 0
			} else {
				d.skip(0)
			}
		case k == keyTotalCount || k == keyCount:
			p.total = d.count(keyNames[k])
		case k == keyPageNumber:
			p.number = d.count("PageNumber")
		case k == keyPageSize:
			p.size = d.count("PageSize")
		case k == keyNextToken:
			_, token := d.scalar()
			p.more = len(token) > 0
		case k == 0:
			t.noteStrange(name)
			d.skip(0)
		default:
			if again {
				t.fail("has the key " + keyNames[k] + " twice")
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
		if found > 1 {
			p = page{total: -1} // of which of the lists would it speak?
		}
		p.servers = d.records - before
		p.format = d.format
		if p.servers == 0 && p.format == AlibabaALB && d.pages[AlibabaNLB].last.more {
			p.format = AlibabaNLB // an empty list does not show which it is
		}
		d.pages[p.format].add(p)
		return
	}
	f := t.formatAlone()
	if d.only != 0 && f != d.only {
		d.failAt(start, t.errFormat())
		return
	}
	d.records++
	d.emit(t, f, start)
}

// list reads the value of a key of a list, in a document that began at start.
func (d *decoder) list(outer key, start int64) {
	if d.only != 0 && outer != keyInstances {
		d.failAt(start, fmt.Errorf("%w: an object with %s", ErrFormat, keyNames[outer]))
		return
	}
	at := d.offset()
	k := d.kind()
	d.rec.reset(object)
	d.format = d.rec.formatIn(outer, k != list)
	if d.addressesOnly && !d.format.isAddress() {
		d.skip(0)
		return
	}
	switch k {
	case list:
		if d.only != 0 {
			break
		}
		for first := true; d.element(first); first = false {
			d.record(outer, false)
		}
		return
	case object:
		if outer == keyServer {
			d.record(outer, false)
			return
		}
		if innerKeys[outer] == 0 {
			break
		}
		d.nested(outer, innerKeys[outer])
		return
	case null, text:
		d.emptyOr(at)
		return
	case noValue:
		return
	}
	d.failAt(at, fmt.Errorf("%w: the value of %s is of another kind", ErrFormat, keyNames[outer]))
}

// nested reads an object with a list under the inner key.
func (d *decoder) nested(outer, inner key) {
	for first := true; ; first = false {
		name, ok := d.member(first)
		if !ok {
			return
		}
		if keys[string(name)] != inner {
			d.skip(0)
			continue
		}
		at := d.offset()
		switch d.kind() {
		case list:
			for first := true; d.element(first); first = false {
				d.record(outer, true)
			}
		case object: // as XML has it, where a list of one is not a list
			d.record(outer, true)
		case null, text:
			d.emptyOr(at)
		default:
			d.failAt(at, fmt.Errorf("%w: the value of %s is of another kind", ErrFormat, keyNames[inner]))
		}
	}
}

// emptyOr accepts null and "", which stand for an empty list.
func (d *decoder) emptyOr(at int64) {
	if _, b := d.scalar(); len(b) > 0 {
		d.failAt(at, fmt.Errorf("%w: a text instead of a list", ErrFormat))
	}
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
		t.fail("is not an object")
	}
	if d.err != nil {
		return
	}
	d.inside = false
	d.emit(t, t.formatIn(outer, nested), start)
}

// emit makes sense of a record and yields what came of it.
func (d *decoder) emit(t *tree, f Format, start int64) {
	d.format = f
	if d.addressesOnly && !f.isAddress() {
		d.records-- // only addresses count
		return
	}
	s := Server{Format: f, Record: d.records, Offset: start}
	d.b.t, d.b.s = t, &s
	var err error
	if t.problem != "" {
		err = errors.New(t.problem)
	} else if f == 0 {
		err = t.errFormat()
	} else if f.isAddress() {
		if err = d.address(f); err == nil {
			return
		}
	} else if problem := d.b.build(f); problem != "" {
		err = errors.New(problem)
	}
	if errors.Is(err, errAddresses) {
		d.failAt(start, err)
		return
	}
	if err != nil {
		s, err = Server{}, &RecordError{Record: d.records, Offset: start, Format: f, Err: err}
	}
	if !d.yield(s, err) {
		d.fail(errStop)
	}
}

// address reads a record that is an address.
func (d *decoder) address(f Format) error {
	read := d.b.eip
	if f == TencentEIP {
		read = d.b.tencentEIP
	}
	a, problem := read()
	if problem != "" {
		return errors.New(problem)
	}
	if d.addresses == nil {
		return nil
	}
	return d.addresses.add(a)
}

// build makes sense of a record that is a server.
func (b *builder) build(f Format) (problem string) {
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
	}
	return b.own()
}

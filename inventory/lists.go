package inventory

// list reads the value of a key of a list, in a document that began at start.
func (d *decoder) list(outer key, start int64) {
	if d.only != 0 && outer != keyInstances {
		d.failAt(start, errorf("%v: an object with %s", "%v：含有%s的对象", ErrFormat, keyNames[outer]))
		return
	}
	at := d.offset()
	k := d.kind()
	d.rec.reset(object)
	d.format = d.rec.formatIn(outer, k != list)
	d.foreign = false
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
		if outer.isOne() {
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
	d.failAt(at, errorf("%v: the value of %s is of another kind", "%v：%s的值类型不符", ErrFormat, keyNames[outer]))
}

// nested reads an object with a list under the inner key.
func (d *decoder) nested(outer, inner key) {
	seen := false
	for first := true; ; first = false {
		name, ok := d.member(first)
		if !ok {
			return
		}
		if keyOf(name) != inner {
			if k := d.kind(); seen || k != list && k != object {
				d.skip(0)
				continue
			}
			d.innerOther(outer, string(name))
			continue
		}
		seen = true
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
			d.failAt(at, errorf("%v: the value of %s is of another kind", "%v：%s的值类型不符", ErrFormat, keyNames[inner]))
		}
	}
}

// innerOther reads a list under another inner key than that of the servers.
func (d *decoder) innerOther(outer key, name string) {
	at := d.offset()
	t := &d.rec
	t.reset(object)
	d.peruse(t, 0)
	if d.err != nil || len(t.inner) == 0 || d.isForeign() {
		return
	}
	d.records++
	d.emit(t, 0, at, func() *FormatError { return t.foreign(outer, name) })
}

// emptyOr accepts null and "", which stand for an empty list.
func (d *decoder) emptyOr(at int64) {
	if _, b := d.scalar(); len(b) > 0 {
		d.failAt(at, errorf("%v: a text instead of a list", "%v：应为列表，实为文本", ErrFormat))
	}
}

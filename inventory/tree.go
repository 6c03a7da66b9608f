package inventory

// tree holds what is wanted of one record: of its members those whose keys
// some format reads, and of these all that is wanted below. Everything else is
// checked and skipped. It is reused from record to record.
type tree struct {
	nodes   []node // nodes[0] is the record itself
	text    []byte // of all texts and numbers, one after the other
	strange []byte // the first keys of the record that no format reads, each with a 0 behind it
	unnoted bool   // there are more such keys
	inner   []byte // the same of what is inside of these keys, of a document
	problem error  // what makes the record unreadable, or nil
}

// node is one value. 0 stands for no node, since nothing has the record below
// it.
type node struct {
	kind        valueKind
	key         key
	from, to    int32 // in text
	next, below int32 // the next sibling and the first child
}

// Limits on what is kept of one record: more than any has.
const (
	maxNodes   = 4096
	maxText    = 256 << 10
	maxStrange = 12
	maxNamed   = 5 // in a message
)

func (t *tree) reset(k valueKind) {
	t.nodes = append(t.nodes[:0], node{kind: k})
	t.text = t.text[:0]
	t.strange, t.inner, t.unnoted = t.strange[:0], t.inner[:0], false
	t.problem = nil
}

// fail notes the first problem.
func (t *tree) fail(problem error) {
	if t.problem == nil {
		t.problem = problem
	}
}

// add appends a node below parent, whose last child so far is last, and
// returns it, or 0 if there are too many.
func (t *tree) add(parent, last int32, k key, kind valueKind) int32 {
	if len(t.nodes) == maxNodes {
		t.fail(errorf("has more than %d values", "超过%d个值", maxNodes))
		return 0
	}
	n := int32(len(t.nodes)) //nolint:gosec // at most maxNodes
	t.nodes = append(t.nodes, node{kind: kind, key: k})
	if last > 0 {
		t.nodes[last].next = n
	} else {
		t.nodes[parent].below = n
	}
	return n
}

// keep stores the text of a node.
func (t *tree) keep(n int32, b []byte) {
	if len(t.text)+len(b) > maxText {
		t.fail(errorf("holds more than %d KiB", "超过%d KiB", maxText>>10))
		return
	}
	v := &t.nodes[n]
	v.from = int32(len(t.text)) //nolint:gosec // at most maxText
	t.text = append(t.text, b...)
	v.to = int32(len(t.text)) //nolint:gosec // at most maxText
}

func (t *tree) first(n int32) int32 { return t.nodes[n].below }

// member returns the value of a member of the record, or 0.
func (t *tree) member(k key) int32 { return t.in(0, k) }

// child returns the value of a member of n, or 0.
func (t *tree) child(n int32, k key) int32 {
	if n == 0 {
		return 0
	}
	return t.in(n, k)
}

func (t *tree) in(n int32, k key) int32 {
	if t.nodes[n].kind != object {
		return 0
	}
	for c := t.nodes[n].below; c > 0; c = t.nodes[c].next {
		if t.nodes[c].key == k {
			return c
		}
	}
	return 0
}

// has reports whether the record has the member.
func (t *tree) has(k key) bool { return t.member(k) > 0 }

// word returns the text of a text or number, which is nil for anything else.
func (t *tree) word(n int32) []byte {
	if n <= 0 {
		return nil
	}
	v := &t.nodes[n]
	return t.text[v.from:v.to]
}

// keySet is a set of keys.
type keySet [int(lastKey)/64 + 1]uint64

// add reports whether k is new.
func (s *keySet) add(k key) bool {
	old := s[k/64]
	s[k/64] |= 1 << (k % 64)
	return s[k/64] != old
}

// capture reads a value into the tree as a child of parent, behind last, and
// returns it, or 0 if it was not kept.
func (s *scanner) capture(t *tree, parent, last int32, k key, depth int) int32 {
	if depth > maxDepth {
		s.fail(errDepth)
		return 0
	}
	kind := s.kind()
	if s.err != nil {
		return 0
	}
	n := t.add(parent, last, k, kind)
	if n == 0 {
		s.skip(depth)
		return 0
	}
	switch kind {
	case text:
		t.keep(n, s.str())
	case number:
		t.keep(n, s.number())
	case boolean:
		if s.buf[s.pos] == 't' {
			t.keep(n, []byte("true"))
		} else {
			t.keep(n, []byte("false"))
		}
		s.skip(depth)
	case list:
		last := int32(0)
		for first := true; s.element(first); first = false {
			if c := s.capture(t, n, last, 0, depth+1); c > 0 {
				last = c
			}
		}
	case object:
		s.members(t, n, depth+1)
	default:
		s.skip(depth)
	}
	return n
}

// members reads an object into the node n; its members are depth deep.
func (s *scanner) members(t *tree, n int32, depth int) {
	var seen keySet
	last := int32(0)
	anyKey := t.nodes[n].key == keyAddresses // whose keys are names of networks
	for first := true; ; first = false {
		name, ok := s.member(first)
		if !ok {
			return
		}
		k := keyOf(name)
		if anyKey {
			k = 0
		}
		if k == 0 && !anyKey {
			if n == 0 {
				t.noteStrange(name)
			}
			s.skip(depth)
			continue
		}
		if k > 0 && !seen.add(k) {
			t.fail(errorf("has the key %s twice", "键%s出现两次", keyNames[k]))
		}
		if c := s.capture(t, n, last, k, depth); c > 0 {
			last = c
		}
	}
}

// noteStrange keeps the name of a member that no format reads.
func (t *tree) noteStrange(name []byte) {
	if len(t.strange) >= maxStrange*(longestStrange+1) {
		t.unnoted = true
		return
	}
	t.strange = append(append(t.strange, name[:min(len(name), longestStrange)]...), 0)
}

// longestStrange is how much of a name is kept.
const longestStrange = 32

// maxInner is how many names are kept of what is inside of a document.
const maxInner = 40

// peruse reads a value and keeps the first names that are in it, down to the
// elements of a list of a list.
func (s *scanner) peruse(t *tree, depth int) {
	if depth > maxPeruse || len(t.inner) >= maxInner*longestStrange {
		s.skip(depth)
		return
	}
	switch s.kind() {
	case list:
		for first := true; s.element(first); first = false {
			s.peruse(t, depth+1)
		}
	case object:
		for first := true; ; first = false {
			name, ok := s.member(first)
			if !ok {
				return
			}
			t.inner = append(append(t.inner, name[:min(len(name), longestStrange)]...), 0)
			s.peruse(t, depth+1)
		}
	default:
		s.skip(depth)
	}
}

// maxPeruse is how deep the fields of a list's records are in a document.
const maxPeruse = 4

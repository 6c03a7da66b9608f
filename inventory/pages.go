package inventory

// page is what one document says about the list that it is a part of.
type page struct {
	format  Format
	servers int
	total   int  // TotalCount; -1: not given
	number  int  // PageNumber; 0 or less: not given
	size    int  // PageSize
	more    bool // NextToken is not empty
}

// listing follows the pages of a list, and of one list after another, to tell
// whether any is incomplete. Pages by number may come in any order, as a shell
// sorts their files; pages by token, or with nothing but the total, follow one
// another.
type listing struct {
	open    bool
	last    page
	servers int
	numbers pageSet
	missing *IncompleteError
}

// add takes the next page.
func (l *listing) add(p page) {
	if !l.continues(p) {
		l.end()
		l.open = true
		l.servers = 0
		clear(l.numbers)
	}
	l.numbers.add(p.number)
	l.servers += p.servers
	l.last = p
}

// continues reports whether p belongs to the list of the pages before it.
func (l *listing) continues(p page) bool {
	if !l.open {
		return false
	}
	if l.last.more {
		return true
	}
	if p.number <= 0 && l.last.number <= 0 {
		return p.total == l.last.total && l.servers < p.total
	}
	return p.number > 0 && !l.numbers.has(p.number) && p.total == l.last.total && p.size == l.last.size
}

// end notes what the current list lacks.
func (l *listing) end() {
	if !l.open || !l.last.more && l.servers >= l.last.total {
		return
	}
	if l.missing == nil {
		l.missing = &IncompleteError{}
	}
	l.missing.Format = l.last.format
	l.missing.Found += l.servers
	l.missing.Total += max(0, l.last.total)
}

// close ends the last list and returns an [*IncompleteError] or nil.
func (l *listing) close() error {
	l.end()
	if l.missing == nil {
		return nil
	}
	return l.missing
}

// pageSet is a set of page numbers, one bit each. It holds numbers up to
// maxPage, which is enough for ten million servers, and takes any other for a
// member, so that a list that uses one is cut there and read as incomplete.
type pageSet []uint64

const maxPage = 1 << 20

func (s pageSet) has(n int) bool {
	if n > maxPage {
		return true
	}
	return n/64 < len(s) && s[n/64]&(1<<(n%64)) != 0
}

func (s *pageSet) add(n int) {
	if n <= 0 || n > maxPage {
		return
	}
	for n/64 >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[n/64] |= 1 << (n % 64)
}

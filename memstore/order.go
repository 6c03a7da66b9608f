package memstore

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/icpcode/icpcode"
)

// item is one code in a list: when it was issued (59 bits, microseconds since
// the year 1), then which it is (37 bits: the number of twelve digits, or from
// firstOpaque on the place of its text). Twelve bytes without a pointer, since
// every code is in four lists or more.
type item [3]uint32

// firstOpaque is above all numbers of twelve digits, the first a zero. There is
// room above it for ten times as many codes as a store can hold.
const firstOpaque = 100_000_000_000

// yearOne is the first microsecond that an item can tell; the last is in the
// year 18268.
var yearOne = time.Time{}.UnixMicro()

func makeItem(issued time.Time, code uint64) item {
	t := min(max(issued.UnixMicro()-yearOne, 0), 1<<59-1)
	return item{uint32(t >> 27), uint32(t<<5) | uint32(code>>32), uint32(code)}
}

func (a item) issued() uint64 { return uint64(a[0])<<27 | uint64(a[1]>>5) }
func (a item) code() uint64   { return uint64(a[1]&31)<<32 | uint64(a[2]) }

// cursor returns a as text.
func (a item) cursor() string {
	var b [12]byte
	for i, v := range a {
		binary.BigEndian.PutUint32(b[4*i:], v)
	}
	return hex.EncodeToString(b[:])
}

// parseCursor reads what cursor returned; "" is nil.
func (s *Store) parseCursor(text string) (*item, error) {
	if text == "" {
		return nil, nil
	}
	var a item
	b, err := hex.DecodeString(text)
	if err == nil && len(b) == 12 {
		for i := range a {
			a[i] = binary.BigEndian.Uint32(b[4*i:])
		}
		if s.opaque.known(a.code()) && a.cursor() == text {
			return &a, nil
		}
	}
	return nil, &icpcode.InvalidError{Field: "After", Problem: "is not what a page before of this list returned"}
}

// opaque has the texts of the codes that are not twelve digits. It is locked
// last of all, while shards are.
type opaque struct {
	mu    sync.RWMutex
	texts []string
}

func (o *opaque) add(text string) (code uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.texts = append(o.texts, strings.Clone(text))
	return firstOpaque + uint64(len(o.texts)) - 1
}

func (o *opaque) known(code uint64) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return code < firstOpaque+uint64(len(o.texts))
}

// appendText appends the text of a code.
func (o *opaque) appendText(b []byte, code uint64) []byte {
	if code < firstOpaque {
		digits := [12]byte{}
		for i := len(digits) - 1; i >= 0; i-- {
			digits[i] = byte('0' + code%10)
			code /= 10
		}
		return append(b, digits[:]...)
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	return append(b, o.texts[code-firstOpaque]...)
}

// compare orders items as lists do, the first issued first.
func (o *opaque) compare(a, b item) int {
	if c := cmp.Compare(a.issued(), b.issued()); c != 0 {
		return c
	}
	x, y := a.code(), b.code()
	if x == y || x < firstOpaque && y < firstOpaque {
		return cmp.Compare(x, y)
	}
	var space [2][64]byte
	return strings.Compare(string(o.appendText(space[0][:0], x)), string(o.appendText(space[1][:0], y)))
}

// list holds the codes that have one value under one index, the first issued
// first, in chunks, none of them empty. Nearly always a code is added at the
// end. Elsewhere that costs a chunk, not the list.
type list struct {
	chunks [][]item
	one    [1][]item // where chunks begins: few lists have a second
}

// maxChunk is how many items a chunk of a list has at most.
const maxChunk = 512

// find returns where a is, or would be: the chunk and the place in it.
func (l *list) find(o *opaque, a item) (chunk, place int, found bool) {
	chunk = sort.Search(len(l.chunks), func(i int) bool {
		c := l.chunks[i]
		return o.compare(c[len(c)-1], a) >= 0
	})
	if chunk == len(l.chunks) {
		return chunk, 0, false
	}
	place, found = slices.BinarySearchFunc(l.chunks[chunk], a, o.compare)
	return chunk, place, found
}

func (l *list) add(o *opaque, a item) {
	n := len(l.chunks)
	if n > 0 {
		last := l.chunks[n-1]
		if o.compare(last[len(last)-1], a) < 0 {
			if len(last) < maxChunk {
				l.chunks[n-1] = append(last, a)
				return
			}
			l.chunks = append(l.chunks, []item{a})
			return
		}
	}
	i, place, found := l.find(o, a)
	if found {
		return
	}
	if n == 0 {
		l.one[0] = append(make([]item, 0, 2), a) // a second code costs nothing then
		l.chunks = l.one[:]
		return
	}
	c := slices.Insert(l.chunks[i], place, a)
	l.chunks[i] = c
	if len(c) > maxChunk {
		l.chunks[i] = c[: maxChunk/2 : maxChunk/2]
		l.chunks = slices.Insert(l.chunks, i+1, slices.Clone(c[maxChunk/2:]))
	}
}

func (l *list) remove(o *opaque, a item) {
	i, place, found := l.find(o, a)
	if !found {
		return
	}
	if l.chunks[i] = slices.Delete(l.chunks[i], place, place+1); len(l.chunks[i]) == 0 {
		l.chunks = slices.Delete(l.chunks, i, i+1)
	}
}

// before appends to page at most n items that come before one, or the last of
// all if it is nil: the last issued first. It reports whether there are more.
func (l *list) before(o *opaque, a *item, page []item, n int) (_ []item, more bool) {
	i, place := len(l.chunks), 0
	if a != nil {
		i, place, _ = l.find(o, *a)
	}
	for {
		if place == 0 {
			if i == 0 {
				return page, false
			}
			i--
			place = len(l.chunks[i])
		}
		if n == 0 {
			return page, true
		}
		n--
		place--
		page = append(page, l.chunks[i][place])
	}
}

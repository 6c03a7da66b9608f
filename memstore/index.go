package memstore

import (
	"context"
	"sort"
	"strconv"
	"strings"

	"github.com/icpcode/icpcode"
)

// numIndexes is how many indexes there are, from ByOwner on.
const numIndexes = int(icpcode.ByICPNumber)

// values returns what r is listed under, by index less one, where "" is
// nothing except for owners and holders.
func values(r *icpcode.Record) [numIndexes]string {
	return [numIndexes]string{string(r.Owner), string(r.Holder()), string(r.Instance), r.ICPNumber()}
}

// listed reports whether index i lists records under v.
func listed(i int, v string) bool { return v != "" || i <= int(icpcode.ByHolder)-1 }

// list holds the codes that have one value under one index, in the order in
// which they came to have it. Sequences number them for ever, so that a cursor
// holds good when codes leave the list and when it is packed.
type list struct {
	ids   []uint32
	seqs  []uint64 // of ids; nil while they are 1, 2, 3 …
	last  uint64   // the last sequence given out
	stale int      // how many of ids are gone
}

// gone is the ID in the place of a code that left its list.
const gone = ^uint32(0)

// IDs name the codes of a store: the shard in the low bits, and above it the
// place in its entries.
func makeID(shard, place uint32) uint32 { return place*numShards | shard }

// maxPlaces is how many codes one shard can hold.
const maxPlaces = 1<<32/numShards - 1

// find returns the place of the first entry whose sequence is above seq.
func (l *list) find(seq uint64) int {
	if l.seqs == nil {
		return int(min(seq, uint64(len(l.ids))))
	}
	return sort.Search(len(l.seqs), func(i int) bool { return l.seqs[i] > seq })
}

// seq returns the sequence of entry i.
func (l *list) seq(i int) uint64 {
	if l.seqs == nil {
		return uint64(i) + 1
	}
	return l.seqs[i]
}

func (l *list) add(id uint32) (seq uint64) {
	l.last++
	l.ids = append(l.ids, id)
	if l.seqs != nil {
		l.seqs = append(l.seqs, l.last)
	}
	return l.last
}

func (l *list) remove(seq uint64) {
	l.ids[l.find(seq-1)] = gone
	l.stale++
	if l.stale > 8 && l.stale > len(l.ids)/2 {
		l.pack()
	}
}

// pack drops the entries that are gone.
func (l *list) pack() {
	n := len(l.ids) - l.stale
	ids, seqs := make([]uint32, 0, n), make([]uint64, 0, n)
	for i, id := range l.ids {
		if id != gone {
			ids, seqs = append(ids, id), append(seqs, l.seq(i))
		}
	}
	l.ids, l.seqs, l.stale = ids, seqs, 0
}

// enlist and delist keep the lists; the shard of v must be locked.
func (s *Store) enlist(index int, v string, id uint32) (seq uint64) {
	lists := &s.shards[s.shardOf(v)].lists[index]
	l := (*lists)[v]
	if l == nil {
		if *lists == nil {
			*lists = make(map[string]*list)
		}
		l = new(list)
		(*lists)[strings.Clone(v)] = l
	}
	return l.add(id)
}

func (s *Store) delist(index int, v string, seq uint64) {
	s.shards[s.shardOf(v)].lists[index][v].remove(seq)
}

// candidate is a code that was in a list when its lock was held.
type candidate struct {
	id  uint32
	seq uint64
}

// candidates returns at most n codes that are listed after seq, and whether
// there are more.
func (s *Store) candidates(index int, v string, seq uint64, n int) (page []candidate, more bool) {
	sh := &s.shards[s.shardOf(v)]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	l := sh.lists[index][v]
	if l == nil {
		return nil, false
	}
	i := l.find(seq)
	page = make([]candidate, 0, min(n, len(l.ids)-i))
	for ; i < len(l.ids); i++ {
		if l.ids[i] == gone {
			continue
		}
		if len(page) == n {
			return page, true
		}
		page = append(page, candidate{l.ids[i], l.seq(i)})
	}
	return page, false
}

// List implements [icpcode.Store]. It looks at the codes of no other value,
// and with a state at no more than 1000 codes in one call, so that a page can
// hold fewer than there are. Codes come in the order in which they came to
// have the value. A Query out of its range is an [*icpcode.InvalidError].
func (s *Store) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	if err := ctx.Err(); err != nil {
		return icpcode.Page{}, err
	}
	if q.By < icpcode.ByOwner || int(q.By) > numIndexes {
		return icpcode.Page{}, &icpcode.InvalidError{Field: "By", Problem: "is not a known index"}
	}
	if err := checkLimit(q.Limit); err != nil {
		return icpcode.Page{}, err
	}
	after, err := parseCursor(q.After)
	if err != nil {
		return icpcode.Page{}, err
	}
	index := int(q.By) - 1
	look := q.Limit
	if q.State != icpcode.StateNone {
		look = maxLimit
	}
	found, more := s.candidates(index, q.Value, after, look)
	var page icpcode.Page
	if q.State == icpcode.StateNone {
		page.Records = make([]icpcode.Record, 0, len(found))
	}
	for i, c := range found {
		var r icpcode.Record
		if s.matching(&r, c, index, q.Value) && (q.State == icpcode.StateNone || r.State == q.State) {
			page.Records = append(page.Records, r)
		}
		if len(page.Records) == q.Limit {
			more = more || i < len(found)-1
			found = found[:i+1]
			break
		}
	}
	if more {
		page.Next = strconv.FormatUint(found[len(found)-1].seq, 36)
	}
	return page, nil
}

// matching reads the record of c into r, which is zero, and reports whether it
// is still where c was found. A record that went and came back is listed anew.
func (s *Store) matching(r *icpcode.Record, c candidate, index int, v string) bool {
	sh := &s.shards[c.id%numShards]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	blob := sh.mem.at(sh.entries[c.id/numShards])
	var e entry
	e.open(blob)
	if e.seqs[index] != c.seq {
		return false
	}
	var code icpcode.Code
	key := codec{reading: true, b: blob}
	key.code(&code)
	e.record(r, code, e.version)
	return values(r)[index] == v
}

func parseCursor(s string) (seq uint64, err error) {
	if s == "" {
		return 0, nil
	}
	seq, err = strconv.ParseUint(s, 36, 64)
	if err != nil || seq == 0 || strconv.FormatUint(seq, 36) != s {
		return 0, &icpcode.InvalidError{Field: "After", Problem: "is not what a page before returned"}
	}
	return seq, nil
}

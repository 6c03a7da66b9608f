package memstore

import (
	"context"
	"strings"

	"github.com/icpcode/icpcode"
)

// numIndexes is how many indexes have values, from ByOwner on.
const numIndexes = int(icpcode.ByService)

// values returns what r is listed under, by index less one, where "" is
// nothing except for owners and holders.
func values(r *icpcode.Record) [numIndexes]string {
	return [numIndexes]string{string(r.Owner), string(r.Holder()), string(r.Grantee), string(r.InstanceID), r.ICPNumber(), r.Service()}
}

// listed reports whether index i lists records under v.
func listed(i int, v string) bool { return v != "" || i <= int(icpcode.ByHolder)-1 }

// maxPlaces is how many codes one shard can hold.
const maxPlaces = 1<<32/numShards - 1

// enlist and delist keep the lists; the shard of v must be locked.
func (s *Store) enlist(index int, v string, a item) {
	lists := &s.shards[s.shardOf(v)].lists[index]
	l := (*lists)[v]
	if l == nil {
		if *lists == nil {
			*lists = make(map[string]*list)
		}
		l = new(list)
		(*lists)[strings.Clone(v)] = l
	}
	l.add(&s.opaque, a)
}

func (s *Store) delist(index int, v string, a item) {
	lists := s.shards[s.shardOf(v)].lists[index]
	l := lists[v]
	l.remove(&s.opaque, a)
	if len(l.chunks) == 0 {
		delete(lists, v)
	}
}

// relist takes a record out of the lists that it leaves and into those that it
// joins. Their shards are locked.
func (s *Store) relist(w *codeWrite, r *icpcode.Record, code uint64) {
	now := makeItem(r.Issued, code)
	sh := &s.shards[w.shard]
	if w.before == nil {
		sh.all.add(&s.opaque, now)
		for i, v := range values(r) {
			if listed(i, v) {
				s.enlist(i, v, now)
			}
		}
		return
	}
	was := makeItem(w.before.Issued, code)
	if was != now {
		sh.all.remove(&s.opaque, was)
		sh.all.add(&s.opaque, now)
	}
	before := values(w.before)
	for i, v := range values(r) {
		if v == before[i] && was == now {
			continue
		}
		if listed(i, before[i]) {
			s.delist(i, before[i], was)
		}
		if listed(i, v) {
			s.enlist(i, v, now)
		}
	}
}

// candidates returns at most n codes that were listed when the lock was held,
// and whether there are more.
func (s *Store) candidates(index int, v string, after *item, n int) (page []item, more bool) {
	sh := &s.shards[s.shardOf(v)]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	l := sh.lists[index][v]
	if l == nil {
		return nil, false
	}
	return l.before(&s.opaque, after, nil, n)
}

// stream reads the codes of one shard, some at a time.
type stream struct {
	shard *shard
	items []item // read and not yet taken
	last  *item  // the last one read
	more  bool
}

func (r *stream) fill(o *opaque, n int) {
	r.shard.mu.Lock()
	defer r.shard.mu.Unlock()
	r.items, r.more = r.shard.all.before(o, r.last, r.items[:0], n)
	if len(r.items) > 0 {
		last := r.items[len(r.items)-1]
		r.last = &last
	}
}

// everything is candidates over all codes: the shards' lists merged.
func (s *Store) everything(after *item, n int) (page []item, more bool) {
	batch := n/numShards + 4
	streams := make([]stream, 0, numShards)
	for i := range s.shards {
		r := stream{shard: &s.shards[i], last: after}
		if r.fill(&s.opaque, batch); len(r.items) > 0 {
			streams = append(streams, r)
		}
	}
	page = make([]item, 0, n)
	for len(streams) > 0 {
		if len(page) == n {
			return page, true
		}
		first := 0
		for i := range streams {
			if s.opaque.compare(streams[i].items[0], streams[first].items[0]) > 0 {
				first = i
			}
		}
		r := &streams[first]
		page = append(page, r.items[0])
		if r.items = r.items[1:]; len(r.items) > 0 {
			continue
		}
		if r.more {
			r.fill(&s.opaque, batch)
		}
		if len(r.items) == 0 {
			streams[first] = streams[len(streams)-1]
			streams = streams[:len(streams)-1]
		}
	}
	return page, false
}

// List implements [icpcode.Store]. It looks at the codes of no other value,
// and with a state at no more than 1000 codes in one call, so that a page can
// hold fewer than there are. Codes always come the latest issued first. A
// Query out of its range is an [*icpcode.InvalidError].
func (s *Store) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	if err := ctx.Err(); err != nil {
		return icpcode.Page{}, err
	}
	if q.By < icpcode.ByOwner || q.By > icpcode.Everything {
		return icpcode.Page{}, &icpcode.InvalidError{Field: "By", Problem: "is not a known index"}
	}
	if q.By == icpcode.Everything && q.Value != "" {
		return icpcode.Page{}, &icpcode.InvalidError{Field: "Value", Problem: "is set, though everything is asked for"}
	}
	if err := checkLimit(q.Limit); err != nil {
		return icpcode.Page{}, err
	}
	after, err := s.parseCursor(q.After)
	if err != nil {
		return icpcode.Page{}, err
	}
	look := q.Limit
	if q.State != icpcode.StateNone {
		look = maxLimit
	}
	var found []item
	var more bool
	if q.By == icpcode.Everything {
		found, more = s.everything(after, look)
	} else {
		found, more = s.candidates(int(q.By)-1, q.Value, after, look)
	}
	var page icpcode.Page
	if q.State == icpcode.StateNone {
		page.Records = make([]icpcode.Record, 0, len(found))
	}
	for i, a := range found {
		var r icpcode.Record
		if s.matching(&r, a, &q) {
			page.Records = append(page.Records, r)
		}
		if len(page.Records) == q.Limit {
			more = more || i < len(found)-1
			found = found[:i+1]
			break
		}
	}
	if more {
		page.Next = found[len(found)-1].cursor()
	}
	return page, nil
}

// matching reads the record of a into r, which is zero, and reports whether it
// is still where it was found.
func (s *Store) matching(r *icpcode.Record, a item, q *icpcode.Query) bool {
	var space [80]byte
	text := s.opaque.appendText(space[:0], a.code())
	k := icpcode.Key{Kind: icpcode.KindRecord}
	if err := k.Code.UnmarshalText(text); err != nil {
		panic(err) // it was the text of a code
	}
	d := icpcode.Document{Key: k}
	if s.loadRecord(&d); d.Version == 0 {
		return false
	}
	*r = *d.Body.(*icpcode.Record)
	return makeItem(r.Issued, a.code()) == a && (q.By == icpcode.Everything || q.By.Of(r) == q.Value) &&
		(q.State == icpcode.StateNone || r.State == q.State)
}

package memstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"pgregory.net/rapid"
)

// TestCollisions gives different keys the same hash, which seldom happens by
// itself: in a shard of a million keys about a hundred times.
func TestCollisions(t *testing.T) {
	var sh shard
	key := func(i int) []byte { return fmt.Append(nil, "key-", i, ";") }
	const hash = 1<<32 - 3 // so that the free ones lie around the end
	for i := range 10 {
		if _, _, ok := sh.find(sh.docs, hash, key(i)); ok {
			t.Fatalf("key %d is there before it was put", i)
		}
		sh.docs.insert(hash, sh.mem.put(append(key(i), "body"...)))
		code := append(key(i), 0, 0, 0, 0)
		code[0] = byte(len(key(i)) - 1)
		sh.codes.insert(hash, uint32(len(sh.entries)))
		sh.entries = append(sh.entries, sh.mem.put(code))
	}
	for i := range 10 {
		slot, ref, ok := sh.find(sh.docs, hash, key(i))
		if !ok || string(sh.mem.at(ref)) != string(key(i))+"body" || sh.docs[slot] != ref {
			t.Errorf("key %d is not where it was put", i)
		}
		code := key(i)
		code[0] = byte(len(code) - 1)
		if place, ok := sh.findCode(hash, code); !ok || place != uint32(i) {
			t.Errorf("code %d is not where it was put", i)
		}
	}
}

// TestArena puts blobs of all sizes and replaces them.
func TestArena(t *testing.T) {
	var a arena
	text := func(i, n int) string { return strings.Repeat(string(rune('a'+i%26)), n) }
	refs := make(map[uint32]string)
	for i := range 3000 {
		n := i * 7 % 300
		if i%100 == 0 {
			n = i * 60 // more than a chunk holds
		}
		ref := a.put([]byte(text(i, n)))
		if _, taken := refs[ref]; taken || ref == 0 {
			t.Fatalf("blob %d is put where another one is", i)
		}
		refs[ref] = text(i, n)
	}
	check := func() {
		t.Helper()
		live := 0
		for ref, want := range refs {
			if got := string(a.at(ref)[:len(want)]); got != want {
				t.Fatalf("the blob at %x is %.20q of %d bytes, want %.20q of %d", ref, got, len(got), want, len(want))
			}
			live += len(a.at(ref))
		}
		if have := a.size - a.dead; have < live || have > live+3*len(refs) {
			t.Errorf("%d bytes are said to live, want %d and the sizes", have, live)
		}
	}
	check()
	i := 0
	for ref, old := range refs {
		n := len(old) + i%3 - 1
		if i++; n < 0 {
			n = 0
		}
		s := text(i, n)
		moved := a.replace(ref, []byte(s))
		if n <= len(old) && moved != ref {
			t.Errorf("a blob moved to get shorter")
		}
		delete(refs, ref)
		refs[moved] = s
		if i == 1000 {
			break
		}
	}
	check()
}

// TestFull makes believe that all of the memory that can be addressed is used.
func TestFull(t *testing.T) {
	s := New()
	k := icpcode.Key{Kind: icpcode.KindLedger, A: "i-1"}
	c := icpcode.Change{Puts: []icpcode.Put{{Document: icpcode.Document{Key: k, Version: 1, Body: &icpcode.Ledger{}}}}}
	chunks := make([][]byte, maxChunks)
	for i := range s.shards {
		s.shards[i].mem.chunks = chunks
	}
	if err := s.Commit(t.Context(), c); !errors.Is(err, errFull) {
		t.Errorf("Commit to a full store: %v", err)
	}
	for i := range s.shards {
		s.shards[i].mem.chunks = nil
	}
	if err := s.Commit(t.Context(), c); err != nil {
		t.Errorf("Commit when there is room again: %v", err)
	}
}

// TestList adds and removes items in all orders and wants what a sorted slice
// would have.
func TestList(t *testing.T) {
	var o opaque
	texts := []uint64{o.add("!first"), o.add("0last"), o.add("备案")}
	rapid.Check(t, func(t *rapid.T) {
		var l list
		var want []item
		n := rapid.IntRange(0, 3*maxChunk).Draw(t, "n")
		step := rapid.SampledFrom([]int{1, 7, 1009}).Draw(t, "step") // 1: in order
		draw := func(i int) item {
			issued := time.UnixMicro(int64(i * step % 2003 / 2)) // some at one instant
			code := uint64(i*step%2003%5) * 20_000_000_000
			if i%4 == 3 {
				code = texts[i%3]
			}
			return makeItem(issued, code)
		}
		for i := range n {
			a := draw(i)
			l.add(&o, a)
			if at, found := slices.BinarySearchFunc(want, a, o.compare); !found {
				want = slices.Insert(want, at, a)
			}
			if i%3 == 2 && i > n/2 {
				b := draw(i * 5 % n)
				l.remove(&o, b)
				if at, found := slices.BinarySearchFunc(want, b, o.compare); found {
					want = slices.Delete(want, at, at+1)
				}
			}
		}
		for _, c := range l.chunks {
			if len(c) == 0 || len(c) > maxChunk {
				t.Fatalf("a chunk has %d items", len(c))
			}
		}
		slices.Reverse(want)
		var got []item
		var after *item
		for {
			page, more := l.before(&o, after, nil, 1+len(got)%97)
			got = append(got, page...)
			if !more {
				break
			}
			after = &got[len(got)-1]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("the list has %d items, want %d, or they are in another order", len(got), len(want))
		}
	})
}

// TestItem packs instants and codes and reads them back.
func TestItem(t *testing.T) {
	for _, issued := range []time.Time{{}, time.UnixMicro(0), time.Date(9998, 12, 31, 23, 59, 59, 999_999_000, time.UTC)} {
		for _, code := range []uint64{0, 1, firstOpaque - 1, firstOpaque, 1<<37 - 1} {
			a := makeItem(issued, code)
			if got := int64(a.issued()) + yearOne; got != issued.UnixMicro() || a.code() != code {
				t.Errorf("an item of %v and %d says %v and %d", issued, code, time.UnixMicro(got).UTC(), a.code())
			}
		}
	}
}

// TestForeignCursors wants an error where the cursor is none of this store.
func TestForeignCursors(t *testing.T) {
	s := New()
	for _, c := range []string{
		"x", "1", strings.Repeat("0", 25), strings.Repeat("F", 24), strings.Repeat("0", 22), makeItem(time.Time{}, firstOpaque).cursor(),
	} {
		q := icpcode.Query{By: icpcode.ByOwner, Value: "1001", After: c, Limit: 1}
		if _, err := s.List(t.Context(), q); !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("List after %q: %v", c, err)
		}
	}
}

// TestCandidates moves a code between the two steps of a List: between finding
// it in a list and reading its record.
func TestCandidates(t *testing.T) {
	s := New()
	code, err := icpcode.ParseCode("012345678901")
	if err != nil {
		t.Fatal(err)
	}
	r := icpcode.Record{Code: code, Owner: "1001"}
	grant := func(to icpcode.AccountID) {
		t.Helper()
		r.Version, r.Grantee = r.Version+1, to
		put := icpcode.Put{Expect: r.Version - 1, Document: icpcode.Document{
			Key: icpcode.Key{Kind: icpcode.KindRecord, Code: code}, Version: r.Version, Body: &r}}
		if err := s.Commit(t.Context(), icpcode.Change{Puts: []icpcode.Put{put}}); err != nil {
			t.Fatal(err)
		}
	}
	const holder = int(icpcode.ByHolder) - 1
	q := icpcode.Query{By: icpcode.ByHolder, Value: "1001"}
	grant("")
	found, more := s.candidates(holder, "1001", nil, 9)
	if len(found) != 1 || more {
		t.Fatalf("found %d codes and more: %v, want one", len(found), more)
	}
	matching := func(a item) bool {
		var got icpcode.Record
		return s.matching(&got, a, &q) && got.Code == code
	}
	if !matching(found[0]) {
		t.Error("the code is not where it was found")
	}
	grant("2002") // where it is the first, too
	if matching(found[0]) {
		t.Error("a code is listed where it is no more")
	}
	r.Issued = time.UnixMicro(1)
	grant("")
	if matching(found[0]) {
		t.Error("a code that came back elsewhere is where it was, too: it would be listed twice")
	}
	if again, _ := s.candidates(holder, "1001", nil, 9); len(again) != 1 || again[0] == found[0] {
		t.Errorf("a code that came back is found as %v", again)
	}
}

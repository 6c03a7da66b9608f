package memstore

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
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

// TestList removes entries in all orders and wants the same answers as from a
// list that is never packed.
func TestList(t *testing.T) {
	for step := 1; step < 60; step++ {
		var l list
		const n = 60
		alive := make(map[uint64]uint32)
		for id := range uint32(n) {
			alive[l.add(id)] = id
		}
		for i, seq := 0, uint64(0); i < n && step%2 == 1 && step%3 != 0 && step%5 != 0; i++ {
			l.remove(seq + 1)
			delete(alive, seq+1)
			seq = (seq + uint64(step)) % n // coprime: every one once
			if i%5 == 0 {
				id := uint32(n + i)
				alive[l.add(id)] = id
			}
			if stale := len(l.ids) - len(alive); stale != l.stale || stale > 8 && stale > len(l.ids)/2 {
				t.Fatalf("%d of %d entries are stale, and %d are alive", l.stale, len(l.ids), len(alive))
			}
			for after := range uint64(n) {
				first := l.find(after)
				for j, id := range l.ids {
					if seq := l.seq(j); (j >= first) != (seq > after) {
						t.Fatalf("entry %d is at %d; those after %d begin at %d", seq, j, after, first)
					} else if want, ok := alive[seq]; ok && id != want || !ok && id != gone {
						t.Fatalf("entry %d is %d, want %d", seq, id, want)
					}
				}
			}
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
	grant("")
	found, more := s.candidates(holder, "1001", 0, 9)
	if len(found) != 1 || more {
		t.Fatalf("found %d codes and more: %v, want one", len(found), more)
	}
	matching := func(c candidate) bool {
		var got icpcode.Record
		return s.matching(&got, c, holder, "1001") && got.Code == code
	}
	if !matching(found[0]) {
		t.Error("the code is not where it was found")
	}
	grant("2002") // where it is the first, too
	if matching(found[0]) {
		t.Error("a code is listed where it is no more")
	}
	grant("")
	if matching(found[0]) {
		t.Error("a code that came back is where it was, and is where it came back: it would be listed twice")
	}
	if again, _ := s.candidates(holder, "1001", 0, 9); len(again) != 1 || again[0].seq == found[0].seq {
		t.Errorf("a code that came back is found as %v", again)
	}
}

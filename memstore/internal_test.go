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

// Package memstore keeps the documents of an [icpcode.Engine] in memory: for
// tests, tools and services that can lose them or keep them elsewhere.
//
// A code takes about 320 bytes, with its record, its first event, the receipt
// of its request and its places in the indexes.
package memstore

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"github.com/icpcode/icpcode"
)

// Store is an [icpcode.Store] in memory. Everything is lost with it, and
// nothing is forgotten before: codes and events stay for ever, receipts until
// [Store.PurgeReceipts].
//
// Instants come back in UTC and to the microsecond; everything else comes back
// as it was given, also decimals with all their digits.
//
// Make one with [New]: the zero Store is not usable, and a Store must not be
// copied. A Store is safe for concurrent use. What touches different accounts,
// instances and codes goes on in parallel.
type Store struct {
	seed   maphash.Seed
	plans  sync.Pool // of *plan
	opaque opaque
	shards [numShards]shard
}

// Format prints no more than the type: what is stored is full of codes, and
// changes while it would be printed.
func (*Store) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("memstore.Store")) }

// numShards is also the number of bits of a plan's set of shards.
const numShards = 64

// maxLimit is the largest Limit of a query.
const maxLimit = 1000

var _ icpcode.Store = (*Store)(nil)

// New returns an empty Store.
func New() *Store { return &Store{seed: maphash.MakeSeed()} }

// shardOf returns the shard of an account or instance.
func (s *Store) shardOf(v string) uint32 {
	return uint32(maphash.String(s.seed, v) % numShards)
}

// home returns the shard of a key, and the hash under which it is kept there.
// Keys of one account or instance are all in its shard.
func (s *Store) home(k *icpcode.Key, packed []byte) (shard, hash uint32) {
	h := maphash.Bytes(s.seed, packed)
	if k.Kind == icpcode.KindRecord {
		return uint32(h % numShards), uint32(h >> 32)
	}
	return s.shardOf(k.A), uint32(h >> 32)
}

// Load implements [icpcode.Store]. A key that uses fields which are not for
// its kind is an error.
func (s *Store) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	docs := make([]icpcode.Document, len(keys))
	receipts := false
	for i := range keys {
		k := &keys[i]
		if !valid(k) {
			return nil, errKey
		}
		docs[i].Key = *k
		if k.Kind == icpcode.KindReceipt {
			receipts = true // they come last
		} else if k.Kind == icpcode.KindRecord {
			s.loadRecord(&docs[i])
		} else {
			s.load(&docs[i])
		}
	}
	if receipts {
		for i := range docs {
			if docs[i].Key.Kind == icpcode.KindReceipt {
				s.load(&docs[i])
			}
		}
	}
	return docs, nil
}

func (s *Store) load(d *icpcode.Document) {
	var space [256]byte
	key := appendKey(space[:0], &d.Key)
	i, hash := s.home(&d.Key, key)
	sh := &s.shards[i]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	_, ref, ok := sh.find(*sh.table(d.Key.Kind), hash, key)
	if !ok {
		return
	}
	c := codec{reading: true, b: sh.mem.at(ref)[len(key):]}
	number(&c, &d.Version)
	d.Body = icpcode.NewBody(d.Key.Kind)
	c.body(&d.Key, d.Body)
}

func (s *Store) loadRecord(d *icpcode.Document) {
	var space [80]byte
	key := appendKey(space[:0], &d.Key)
	i, hash := s.home(&d.Key, key)
	sh := &s.shards[i]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	place, ok := sh.findCode(hash, key)
	if !ok {
		return
	}
	var e entry
	e.open(sh.mem.at(sh.entries[place]))
	if e.version == 0 {
		return
	}
	r := new(icpcode.Record)
	e.record(r, d.Key.Code, e.version)
	d.Version, d.Body = e.version, r
}

// Events implements [icpcode.Store]. A Limit out of its range is an
// [*icpcode.InvalidError].
func (s *Store) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	k := icpcode.Key{Kind: icpcode.KindRecord, Code: q.Code}
	var space [80]byte
	key := appendKey(space[:0], &k)
	i, hash := s.home(&k, key)
	sh := &s.shards[i]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	place, ok := sh.findCode(hash, key)
	if !ok {
		return nil, nil
	}
	var e entry
	e.open(sh.mem.at(sh.entries[place]))
	if q.After >= e.events {
		return nil, nil
	}
	end := q.After + min(uint64(q.Limit), e.events-q.After)
	events := make([]icpcode.Event, end-q.After)
	ref := e.last
	for seq := e.events; seq > q.After; seq-- {
		packed, prev := sh.mem.unchain(ref)
		if seq <= end {
			v := &events[seq-q.After-1]
			v.Code, v.Seq = q.Code, seq
			e.b, e.bits = packed, 0
			e.event(v)
		}
		ref = prev
	}
	return events, nil
}

// PurgeReceipts forgets the receipts of the requests that were done before an
// instant, and returns how many there were. A request that is repeated after
// its receipt is gone is done a second time, so purge only what nobody repeats
// any more. It takes time in proportion to all receipts, one shard at a time.
func (s *Store) PurgeReceipts(before time.Time) int {
	n := 0
	for i := range s.shards {
		n += s.purge(&s.shards[i], before)
	}
	return n
}

func (s *Store) purge(sh *shard, before time.Time) int {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	var kept table
	n := 0
	for _, ref := range sh.receipts {
		blob := sh.mem.at(ref)
		k, rest := cutKey(blob)
		c := codec{reading: true, b: rest}
		var version uint64
		number(&c, &version)
		var r icpcode.Receipt
		c.receipt(&r, k.B)
		if r.Result.At.Before(before) {
			sh.mem.free(ref)
			n++
			continue
		}
		_, hash := s.home(&k, blob[:len(blob)-len(rest)])
		kept.insert(hash, ref)
	}
	if n > 0 {
		sh.receipts = kept
		sh.tidy()
	}
	return n
}

func checkLimit(n int) error {
	if n < 1 || n > maxLimit {
		return &icpcode.InvalidError{Field: "Limit", Problem: "is not from 1 to 1000"}
	}
	return nil
}

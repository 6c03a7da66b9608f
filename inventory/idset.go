package inventory

import "hash/maphash"

// idSet remembers records by a hash of eight bytes of what identifies them: of
// a million, two that differ are taken for the same one in one run out of some
// thirty million. It takes 18 to 28 bytes a record.
type idSet struct {
	seed   maphash.Seed
	shards [256]idShard
	n      int
}

// idShard is a hash table with linear probing, which grows by half.
type idShard struct {
	slots []idSlot
	n     int
}

// idSlot is one record. A hash of 0 stands for an empty slot.
type idSlot struct {
	hash   uint64
	page   uint32 // the page on which it was first
	digest uint32 // of its facts; see yielded
}

// identity is what two records of the same thing have in common.
type identity struct {
	provider, id string
	address      bool // and not a server
}

func newIDSet() *idSet { return &idSet{seed: maphash.MakeSeed()} }

func (s *idSet) hash(id identity) uint64 { return maphash.Comparable(s.seed, id) | 1 }

// add returns the slot of the record, valid until the next call, and whether it
// is new.
func (s *idSet) add(hash uint64) (slot *idSlot, isNew bool) {
	shard := &s.shards[hash>>56]
	if (shard.n+1)*8 > len(shard.slots)*7 {
		shard.grow()
	}
	slot = shard.find(hash)
	if slot.hash == hash {
		return slot, false
	}
	slot.hash = hash
	shard.n++
	s.n++
	return slot, true
}

// find returns the slot with the hash, or the empty one where it belongs.
func (s *idShard) find(hash uint64) *idSlot {
	i := int(hash>>1) % len(s.slots) //nolint:gosec // shifted: not negative
	for s.slots[i].hash != 0 && s.slots[i].hash != hash {
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	return &s.slots[i]
}

func (s *idShard) grow() {
	old := s.slots
	s.slots = make([]idSlot, max(8, len(old)+len(old)/2))
	for i := range old {
		if old[i].hash != 0 {
			*s.find(old[i].hash) = old[i]
		}
	}
}

// lookup returns the slot of a record that is there, or nil.
func (s *idSet) lookup(hash uint64) *idSlot {
	shard := &s.shards[hash>>56]
	if len(shard.slots) == 0 {
		return nil
	}
	if slot := shard.find(hash); slot.hash == hash {
		return slot
	}
	return nil
}

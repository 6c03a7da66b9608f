package memstore

import "encoding/binary"

// arena holds blobs of bytes end to end, so that a million of them are a few
// thousand objects to the garbage collector, without a pointer in them. The
// zero arena is empty.
type arena struct {
	chunks [][]byte
	size   int // bytes of all blobs
	dead   int // of those that were freed
}

const (
	maxChunks = 1 << 16
	chunkSize = 1 << 16 // also how far into its chunk a blob begins at most
	firstSize = 1 << 8  // chunks double up to chunkSize, so that a small arena is small
)

// room reports whether n more blobs fit, whatever their sizes.
func (a *arena) room(n int) bool { return len(a.chunks)+n <= maxChunks }

// put copies data into the arena and returns where it is, never 0.
func (a *arena) put(data []byte) uint32 {
	var prefix [binary.MaxVarintLen64]byte
	w := binary.PutUvarint(prefix[:], uint64(len(data)))
	need := w + len(data)
	i := len(a.chunks) - 1
	if i < 0 || cap(a.chunks[i])-len(a.chunks[i]) < need {
		i++
		size := chunkSize
		if i < 8 {
			size = firstSize << i
		}
		unused := max(0, 1-i) // the first byte of the first chunk: 0 is no blob
		a.chunks = append(a.chunks, make([]byte, unused, max(size, unused+need)))
	}
	c := a.chunks[i]
	ref := uint32(i)<<16 | uint32(len(c))
	c = append(c, prefix[:w]...)
	a.chunks[i] = append(c, data...)
	a.size += need
	return ref
}

// at returns the blob at ref, which remains the arena's.
func (a *arena) at(ref uint32) []byte {
	c := a.chunks[ref>>16][ref&0xffff:]
	n, w := binary.Uvarint(c)
	return c[w : w+int(n) : w+int(n)]
}

// replace puts data in the place of the blob at ref and returns where it is
// now. A blob that got shorter keeps its tail: blobs tell their own end.
func (a *arena) replace(ref uint32, data []byte) uint32 {
	if b := a.at(ref); len(data) <= len(b) {
		copy(b, data)
		return ref
	}
	a.free(ref)
	return a.put(data)
}

func (a *arena) free(ref uint32) {
	n := len(a.at(ref))
	var prefix [binary.MaxVarintLen64]byte
	n += binary.PutUvarint(prefix[:], uint64(n))
	a.dead += n
}

// sparse reports whether copying what lives would free at least half.
func (a *arena) sparse() bool { return a.dead > chunkSize/2 && a.dead > a.size/2 }

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"io"
	"net/netip"
	"os"
	"slices"

	"github.com/icpcode/icpcode"
)

// heldFiling is a filing with what it is sorted by.
type heldFiling struct {
	filed
	place int // in the list
}

// chunkBytes is how many bytes of filings are in memory at once, as they are
// written to the file: memory without pointers costs the garbage collector
// nothing.
const chunkBytes = 4 << 20

// filingStore keeps filings and hands them out by customer and service, as often
// as asked. Beyond a chunk they are in a temporary file, in sorted runs. The zero
// value is empty.
type filingStore struct {
	n       int
	chunk   []byte
	records []span // of the chunk
	runs    []span // of the file; each is sorted
	file    *os.File
	end     int64
}

// span is a part of a chunk or of the file.
type span struct{ from, to int64 }

func (s *filingStore) add(f *filed) error {
	h := heldFiling{*f, s.n}
	from := int64(len(s.chunk))
	s.chunk = h.encode(s.chunk)
	s.records = append(s.records, span{from, int64(len(s.chunk))})
	s.n++
	if len(s.chunk) < chunkBytes {
		return nil
	}
	return s.spill()
}

func (s *filingStore) record(at span) []byte { return s.chunk[at.from:at.to] }

func (s *filingStore) sort() {
	slices.SortFunc(s.records, func(a, b span) int { return compareRecords(s.record(a), s.record(b)) })
}

// spill moves the chunk to the file.
func (s *filingStore) spill() error {
	s.sort()
	if s.file == nil {
		f, err := os.CreateTemp("", "icpcode-*")
		if err != nil {
			return err
		}
		_ = os.Remove(f.Name()) // at once, where that can be, or by close
		s.file = f
	}
	w := bufio.NewWriterSize(s.file, 64<<10)
	run := span{from: s.end}
	for _, at := range s.records {
		var length [binary.MaxVarintLen64]byte
		k := binary.PutUvarint(length[:], uint64(at.to-at.from)) //nolint:gosec // it is not negative
		_, _ = w.Write(length[:k])                               // Flush tells of errors
		_, _ = w.Write(s.record(at))
		s.end += int64(k) + at.to - at.from
	}
	run.to = s.end
	s.runs = append(s.runs, run)
	s.chunk, s.records = s.chunk[:0], s.records[:0]
	return w.Flush()
}

// close lets go of the file.
func (s *filingStore) close() {
	if s.file != nil {
		_ = s.file.Close()           // it was only kept to be read
		_ = os.Remove(s.file.Name()) // it is gone where that could be at once
	}
}

// encode appends a filing, first what it is sorted by: its customer and its
// service, each with its length, and its place in eight bytes.
func (h *heldFiling) encode(b []byte) []byte {
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	text(h.customer)
	text(h.service)
	b = binary.BigEndian.AppendUint64(b, uint64(h.place)) //nolint:gosec // it is not negative
	b = append(b, byte(h.state))
	for _, s := range [...]string{h.icp, h.domain, h.app, string(h.instance), h.provider, string(h.product), string(h.owner)} {
		text(s)
	}
	var written [64]byte
	for _, ip := range h.ips {
		ip := ip.AppendTo(written[:0]) // with its zone
		b = binary.AppendUvarint(b, uint64(len(ip)))
		b = append(b, ip...)
	}
	return b
}

// compareRecords compares what encode wrote.
func compareRecords(a, b []byte) int {
	customerA, a := cutText(a)
	customerB, b := cutText(b)
	serviceA, a := cutText(a)
	serviceB, b := cutText(b)
	return cmp.Or(bytes.Compare(customerA, customerB), bytes.Compare(serviceA, serviceB), bytes.Compare(a[:8], b[:8]))
}

// cutText cuts a text with its length off a record.
func cutText(b []byte) (text, rest []byte) {
	n, k := binary.Uvarint(b)
	return b[k : k+int(n)], b[k+int(n):] //nolint:gosec // it was a length
}

var errHeld = errorf("the temporary file was changed", "临时文件已被改动")

// decode reads what encode wrote. It reuses the room for addresses.
func (h *heldFiling) decode(b []byte) error {
	all := string(b)
	bad := false
	take := func(n uint64) string {
		if n > uint64(len(all)) {
			bad, n = true, uint64(len(all))
		}
		s := all[:n]
		all = all[n:]
		return s
	}
	text := func() string {
		n, k := binary.Uvarint(b[len(b)-len(all):])
		if k <= 0 {
			bad = true
			return ""
		}
		take(uint64(k))
		return take(n)
	}
	*h = heldFiling{filed: filed{ips: h.ips[:0]}}
	h.customer, h.service = text(), text()
	for _, digit := range []byte(take(8)) {
		h.place = h.place<<8 | int(digit)
	}
	if state := take(1); state != "" {
		h.state = icpcode.State(state[0])
	}
	h.icp, h.domain, h.app = text(), text(), text()
	h.instance, h.provider, h.product, h.owner = icpcode.InstanceID(text()), text(), icpcode.Product(text()), icpcode.AccountID(text())
	for all != "" && !bad {
		ip, err := netip.ParseAddr(text())
		bad = bad || err != nil
		h.ips = append(h.ips, ip)
	}
	if bad {
		return errHeld
	}
	return nil
}

// runReader reads a run.
type runReader struct {
	in  *bufio.Reader
	now []byte // the record
}

// next reads the next record.
func (r *runReader) next() error {
	length, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	if length > 64<<10 {
		return errHeld
	}
	r.now = slices.Grow(r.now[:0], int(length))[:length]
	if _, err := io.ReadFull(r.in, r.now); err != nil {
		return errHeld
	}
	return nil
}

// runs are those that are not at their end: the one with the first filing first.
type runHeap []*runReader

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(a, b int) bool { return compareRecords(h[a].now, h[b].now) < 0 }
func (h runHeap) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }

// Push is for package heap.
func (h *runHeap) Push(x any) { *h = append(*h, x.(*runReader)) }

// Pop is for package heap.
func (h *runHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// each hands out the filings in order, each until the next one.
func (s *filingStore) each(yield func(h *heldFiling) error) error {
	var h heldFiling
	hand := func(record []byte) error {
		if err := h.decode(record); err != nil {
			return err
		}
		return yield(&h)
	}
	if len(s.runs) == 0 {
		s.sort()
		for _, at := range s.records {
			if err := hand(s.record(at)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(s.records) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.chunk, s.records = nil, nil
	var open runHeap
	for _, run := range s.runs {
		r := &runReader{in: bufio.NewReaderSize(io.NewSectionReader(s.file, run.from, run.to-run.from), 32<<10)}
		if err := r.next(); err != nil {
			return err
		}
		open = append(open, r)
	}
	heap.Init(&open)
	for len(open) > 0 {
		if err := hand(open[0].now); err != nil {
			return err
		}
		switch err := open[0].next(); {
		case err == nil:
			heap.Fix(&open, 0)
		case errors.Is(err, io.EOF):
			heap.Pop(&open)
		default:
			return err
		}
	}
	return nil
}

// each judges the filings, by customer and service, and hands out those that are
// told, each until the next one.
func (r *reviewing) each(yield func(f *reviewed) error) error {
	var f reviewed
	return r.filings.each(func(h *heldFiling) error {
		f = reviewed{filed: h.filed, risks: f.risks[:0], unknowns: f.unknowns[:0], advice: f.advice[:0]}
		if err := r.match(&f); err != nil {
			return err // it was matched before
		}
		r.judge(&f)
		if r.past != nil && !r.isNew(&f) {
			return nil
		}
		return yield(&f)
	})
}

// gather finds the servers of services that are filed more than once: where a
// domain points is judged together.
func (r *reviewing) gather() error {
	if r.dns == nil {
		return nil
	}
	seed := maphash.MakeSeed()
	once, again := make(map[uint64]struct{}, r.filings.n), make(map[uint64]struct{})
	err := r.filings.each(func(h *heldFiling) error {
		key := maphash.String(seed, h.service)
		if _, seen := once[key]; seen {
			again[key] = struct{}{}
		}
		once[key] = struct{}{}
		return nil
	})
	if err != nil || len(again) == 0 {
		return err
	}
	r.together = make(map[string][]*listed)
	return r.filings.each(func(h *heldFiling) error {
		if _, several := again[maphash.String(seed, h.service)]; several {
			if at := r.today.of(&h.filed); at != nil {
				r.together[h.service] = append(r.together[h.service], at)
			}
		}
		return nil
	})
}

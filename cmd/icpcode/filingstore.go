package main

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"io"
	"math"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
)

// heldFiling is a filing with what it is sorted by.
type heldFiling struct {
	filed
	service string
	place   int // in the list
}

func compareHeld(a, b *heldFiling) int {
	return cmp.Or(strings.Compare(a.customer, b.customer), strings.Compare(a.service, b.service), cmp.Compare(a.place, b.place))
}

// chunkFilings is how many filings are in memory at once.
const chunkFilings = 20_000

// filingStore keeps filings and hands them out by customer and service, as often
// as asked. Beyond a chunk they are in a temporary file, in sorted runs. The zero
// value is empty.
type filingStore struct {
	n     int
	chunk []heldFiling
	runs  []fileRun
	file  *os.File
	end   int64
}

// fileRun is a part of the file whose records are sorted.
type fileRun struct{ from, to int64 }

func (s *filingStore) add(f *filed) error {
	s.chunk = append(s.chunk, heldFiling{*f, f.service(), s.n})
	s.n++
	if len(s.chunk) < chunkFilings {
		return nil
	}
	return s.spill()
}

func (s *filingStore) sort() {
	slices.SortFunc(s.chunk, func(a, b heldFiling) int { return compareHeld(&a, &b) })
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
	run := fileRun{from: s.end}
	var record []byte
	for n := range s.chunk {
		record = s.chunk[n].encode(record[:0])
		var length [binary.MaxVarintLen64]byte
		k := binary.PutUvarint(length[:], uint64(len(record)))
		_, _ = w.Write(length[:k]) // Flush tells of errors
		_, _ = w.Write(record)
		s.end += int64(k + len(record))
	}
	run.to = s.end
	s.runs = append(s.runs, run)
	clear(s.chunk)
	s.chunk = s.chunk[:0]
	return w.Flush()
}

// close lets go of the file.
func (s *filingStore) close() {
	if s.file != nil {
		_ = s.file.Close()           // it was only kept to be read
		_ = os.Remove(s.file.Name()) // it is gone where that could be at once
	}
}

func (h *heldFiling) encode(b []byte) []byte {
	number := func(n int) { b = binary.AppendUvarint(b, uint64(n)) } //nolint:gosec // it is not negative
	text := func(s string) {
		number(len(s))
		b = append(b, s...)
	}
	number(h.place)
	number(int(h.state))
	for _, s := range [...]string{h.customer, h.service, h.icp, h.domain, h.app, string(h.instance), h.provider, string(h.product), string(h.owner)} {
		text(s)
	}
	for _, ip := range h.ips {
		text(ip.String()) // with its zone
	}
	return b
}

var errHeld = errorf("the temporary file was changed", "临时文件已被改动")

// decode reads what encode wrote.
func (h *heldFiling) decode(b []byte) error {
	all := string(b)
	at, bad := 0, false
	number := func() int {
		n, k := binary.Uvarint(b[at:])
		if k <= 0 || n > math.MaxInt32 {
			at, bad = len(b), true
			return 0
		}
		at += k
		return int(n) //nolint:gosec // it is small
	}
	text := func() string {
		n := number()
		if n > len(b)-at {
			at, bad = len(b), true
			return ""
		}
		at += n
		return all[at-n : at]
	}
	*h = heldFiling{place: number()}
	h.state = icpcode.State(number()) //nolint:gosec // as it was written
	h.customer, h.service, h.icp, h.domain, h.app = text(), text(), text(), text(), text()
	h.instance, h.provider, h.product, h.owner = icpcode.InstanceID(text()), text(), icpcode.Product(text()), icpcode.AccountID(text())
	for at < len(b) {
		ip, err := netip.ParseAddr(text())
		if err != nil {
			return errHeld
		}
		h.ips = append(h.ips, ip)
	}
	if bad {
		return errHeld
	}
	return nil
}

// runReader reads a run.
type runReader struct {
	in     *bufio.Reader
	record []byte
	now    heldFiling
}

// next reads the next filing.
func (r *runReader) next() error {
	length, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	if length > 64<<10 {
		return errHeld
	}
	r.record = slices.Grow(r.record[:0], int(length))[:length]
	if _, err := io.ReadFull(r.in, r.record); err != nil {
		return errHeld
	}
	return r.now.decode(r.record)
}

// runs are those that are not at their end: the one with the first filing first.
type runHeap []*runReader

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(a, b int) bool { return compareHeld(&h[a].now, &h[b].now) < 0 }
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
	if len(s.runs) == 0 {
		s.sort()
		for n := range s.chunk {
			if err := yield(&s.chunk[n]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(s.chunk) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.chunk = nil
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
		if err := yield(&open[0].now); err != nil {
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
		f = reviewed{filed: h.filed, service: h.service, risks: f.risks[:0], unknowns: f.unknowns[:0], advice: f.advice[:0]}
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
	r.together = make(map[string][]*answer)
	return r.filings.each(func(h *heldFiling) error {
		if _, several := again[maphash.String(seed, h.service)]; several {
			if at := r.today.of(&h.filed); at != nil {
				r.together[h.service] = append(r.together[h.service], at)
			}
		}
		return nil
	})
}

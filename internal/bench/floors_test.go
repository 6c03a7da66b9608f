package bench

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

type cell struct {
	to icpcode.State
	by icpcode.Role
}

var dense = func() (t [7][15]cell) {
	for s := range icpcode.State(7) {
		for a := range icpcode.Action(15) {
			for _, by := range []icpcode.Role{icpcode.RoleOwner, icpcode.RoleHolder, icpcode.RoleOperator} {
				if to, ok := s.Next(a, by); ok {
					t[s][a] = cell{to, t[s][a].by | by}
				}
			}
		}
	}
	return t
}()

func floorTransition(b *testing.B) {
	var n uint64
	for i := range b.N {
		c := &dense[i%7][i%15]
		if c.by&icpcode.RoleOwner != 0 {
			n += uint64(c.to)
		}
	}
	sink.Add(n)
}

// answers is what ten hand-written rules fill field by field.
type answers struct {
	rule [10]struct {
		required, found int64
		ok              bool
	}
}

//go:noinline
func handWritten(d *answers, i *icpcode.Instance, actor icpcode.AccountID, used, n int, t time.Time) {
	set := func(k int, required, found int64, ok bool) {
		a := &d.rule[k]
		a.required, a.found, a.ok = required, found, ok
	}
	set(0, 0, 0, i.Product == icpcode.ECS)
	set(1, 0, 0, i.Owner == actor)
	set(2, 0, int64(i.Billing), i.Billing == icpcode.Subscription && i.Trial == icpcode.No)
	set(3, 3, int64(i.TermMonths), i.TermMonths >= 3)
	left := i.Expires.Sub(t)
	set(4, 90, int64(left), left >= 90*24*time.Hour)
	set(5, 0, 0, len(i.Region) > 3 && i.Region[:3] == "cn-" && i.Region != "cn-hongkong")
	set(6, 0, int64(i.PublicIP), i.PublicIP == icpcode.Yes)
	set(7, 0, int64(i.Status), i.Status == icpcode.StatusRunning && left > 0)
	set(8, 5, int64(used), used+n <= 5)
	set(9, 20, int64(n), n >= 1 && n <= 20)
}

func floorDecision(b *testing.B) {
	i := server("i-1")
	var d answers
	var n uint64
	for k := range b.N {
		handWritten(&d, &i, "1001", k&7, 1, now)
		if d.rule[8].ok {
			n++
		}
	}
	sink.Add(n)
}

func floorDraw(b *testing.B) {
	r := bufio.NewReaderSize(rand.Reader, 512)
	var n uint64
	for range b.N {
		p, err := r.Peek(8)
		if err != nil {
			b.Fatal(err)
		}
		n += binary.LittleEndian.Uint64(p) % 100_000_000_000
		if _, err := r.Discard(8); err != nil {
			b.Fatal(err)
		}
	}
	sink.Add(n)
}

//go:noinline
func naive(s string) (uint64, bool) {
	if len(s) != 12 || s[0] != '0' {
		return 0, false
	}
	var n uint64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
	}
	return n, true
}

func floorParse(b *testing.B) {
	var n uint64
	for range b.N {
		v, ok := naive(text)
		if ok {
			n += v
		}
	}
	sink.Add(n)
}

// handMade is what a user would write in memory without the library: a guard,
// the code, its event and a receipt, under one mutex.
type handMade struct {
	mu       sync.Mutex
	issued   map[string]int
	codes    map[uint64]*handCode
	receipts map[[2]string]uint64
	owners   map[string][]uint64
	entropy  *bufio.Reader
}

type handCode struct {
	owner, instance, product, rules string
	state                           int
	issued                          time.Time
	events                          []handEvent
}

type handEvent struct {
	at     time.Time
	action int
	actor  string
}

func newHandMade() *handMade {
	return &handMade{
		issued: map[string]int{}, codes: map[uint64]*handCode{}, receipts: map[[2]string]uint64{}, owners: map[string][]uint64{},
		entropy: bufio.NewReaderSize(rand.Reader, 512),
	}
}

func (h *handMade) issue(owner, request, instance string, at time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, done := h.receipts[[2]string{owner, request}]; done {
		return true
	}
	if h.issued[instance]+1 > 5 {
		return false
	}
	for {
		p, err := h.entropy.Peek(8)
		if err != nil {
			return false
		}
		n := binary.LittleEndian.Uint64(p) % 100_000_000_000
		_, _ = h.entropy.Discard(8)
		if _, taken := h.codes[n]; taken {
			continue
		}
		h.issued[instance]++
		h.codes[n] = &handCode{
			owner: owner, instance: instance, product: "ECS", rules: "2026", state: 1, issued: at,
			events: []handEvent{{at, 1, owner}},
		}
		h.receipts[[2]string{owner, request}] = n
		h.owners[owner] = append(h.owners[owner], n)
		return true
	}
}

func floorIssue(resident int) func(*testing.B) {
	h := newHandMade()
	k := 0
	one := func() {
		if !h.issue(owner(k), request(k), instance(k), now) {
			panic("refused")
		}
		k++
	}
	for range resident {
		one()
	}
	return func(b *testing.B) {
		for range b.N {
			one()
		}
	}
}

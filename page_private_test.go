package icpcode_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"pgregory.net/rapid"
)

// secrets makes codes of one second-hand server and files all of them for one
// domain, under one number: mine are a1's, which a1 files itself; granted are
// a1's, which a2 files; theirs are a0's. The remarks number a1's own.
func (w *world) secrets(who string) {
	w.t.Helper()
	w.with(func(o *icpcode.Options) {
		o.Operator = func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil }
	})
	mine, theirs := 0, 0
	for i, c := range who {
		w.now = at(2026, 3, 1, 12, 0, 0).Add(time.Duration(i) * time.Second)
		r := icpcode.ImportRequest{
			Actor: ops, State: icpcode.StateFiled, Owner: "a1", InstanceID: "i-shared", Product: icpcode.ECS, Origin: icpcode.OriginFree,
			Issued: w.now, Filing: &icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "s", ICPNumber: "ICP-1"},
		}
		w.n++
		r.Code = must[icpcode.Code](w.t)(icpcode.Opaque.Parse(fmt.Sprintf("secret-%06d", w.n)))
		switch c {
		case 'm':
			mine++
			r.Remark = fmt.Sprint(mine)
		case 'g':
			r.Grantee, r.Granted, r.Remark = "a2", w.now, "granted"
		case 't':
			r.Owner = "a0"
			r.Code = must[icpcode.Code](w.t)(icpcode.Opaque.Parse(r.Code.String() + strings.Repeat("-", 1+w.n%50)))
			if theirs++; theirs > 500 {
				r.InstanceID = "i-other" // one server has no more than 1,000
			}
		}
		must[icpcode.Result](w.t)(w.eng.Import(w.ctx, r))
	}
}

// pagesSeen is what a1 can see of the pages of a list: the codes of each, and
// whether there is another, and how long its cursor is.
func (w *world) pagesSeen(l paged, r icpcode.ListRequest) string {
	w.t.Helper()
	var seen strings.Builder
	for range 10_000 {
		p, err := l.page(w.eng, r)
		if err != nil {
			w.t.Fatalf("%s: %v", l.name, err)
		}
		for _, a := range p.Assessments {
			seen.WriteString(a.Record.Remark + "," + a.Record.State.String() + " ")
		}
		if r.After = p.Next; p.Next == "" {
			return seen.String() + "end"
		}
		fmt.Fprintf(&seen, "more, after %d bytes\n", len(p.Next))
	}
	w.t.Fatalf("%s does not end", l.name)
	return ""
}

// samePages compares what a1 sees in a world where others have their codes
// among its own with what it sees where there are only its own: GRT-PRIVATE of
// pages, their lengths, their number and their cursors.
func samePages(t testing.TB, who string, look int, limits ...int) {
	t.Helper()
	full, alone := newWorld(t), newWorld(t)
	full.secrets(who)
	withGranted := strings.ReplaceAll(who, "t", "")
	alone.secrets(withGranted)
	own := newWorld(t)
	own.secrets(strings.ReplaceAll(withGranted, "g", ""))
	for _, w := range []*world{full, alone, own} {
		w.store = &shortPages{w.store, look}
		w.with(func(*icpcode.Options) {})
	}
	for _, l := range pagedLists() {
		for _, state := range []icpcode.State{icpcode.StateNone, icpcode.StateFiled, icpcode.StateInvalid} {
			for _, limit := range limits {
				for what, r := range map[string]icpcode.ListRequest{
					"server": {InstanceID: "i-shared"}, "domain": {Domain: "example.cn"}, "number": {ICPNumber: "ICP-1"},
				} {
					r.Actor, r.Newest, r.State, r.Limit = "a1", true, state, limit
					other := alone
					if what != "server" {
						other = own // nor is an owner told what a grantee files
					}
					if got, want := full.pagesSeen(l, r), other.pagesSeen(l, r); got != want {
						t.Fatalf("%s by %s, state %v, in pages of %d over a store that looks at %d, of %.40q: what others have shows. With them:\n%s\nwithout:\n%s",
							l.name, what, state, limit, look, who, got, want)
					}
				}
			}
		}
	}
}

// TestPagesHideOthers: nothing of a page depends on codes that are not its
// asker's to know.
func TestPagesHideOthers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		who := string(rapid.SliceOfN(rapid.SampledFrom([]rune("mgt")), 0, 25).Draw(rt, "codes"))
		samePages(t, who, rapid.SampledFrom([]int{1, 2, 3, 1000}).Draw(rt, "look"), rapid.IntRange(1, 8).Draw(rt, "limit"))
	})
}

// TestPagesHideManyOthers: also where others have more than a page looks at.
func TestPagesHideManyOthers(t *testing.T) {
	who := "mm" + strings.Repeat("t", 1100) + "m" + strings.Repeat("g", 30) + "m"
	samePages(t, who, 1000, 1, 2, 20)
}

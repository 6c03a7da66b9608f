package year

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// importCode takes over a code that was issued elsewhere, up to two years ago;
// the same again does nothing, and something else is an error.
func (p *play) importCode() {
	i := p.server()
	c, err := icpcode.Opaque.Parse(fmt.Sprintf("OLD-%05d", len(p.codes)))
	if err != nil {
		fail("a code of another provider is not read: %v", err)
	}
	r := icpcode.ImportRequest{
		Actor: ops, Code: c, Owner: i.Owner, InstanceID: i.ID, Product: i.Product, Origin: icpcode.OriginFree,
		State:  []icpcode.State{icpcode.StateAvailable, icpcode.StateFiling, icpcode.StateFiled, icpcode.StateInvalid}[p.IntN(4)],
		Issued: p.now.AddDate(0, -p.IntN(24), 0),
	}
	if to := p.account(); p.IntN(3) == 0 && to != i.Owner {
		r.Grantee, r.Granted = to, r.Issued
	}
	f := p.filing(icpcode.FilingFirst, "", i.ID)
	if r.State == icpcode.StateFiling || r.State == icpcode.StateFiled {
		r.Filing = &f
	}
	if r.State == icpcode.StateFiled {
		f.ICPNumber = fmt.Sprintf("浙ICP备%08d号-9", p.sites)
	}
	_, err = p.eng.Import(p.ctx, r)
	done := p.told("Import", err)
	p.expect("Import", done, r.State == icpcode.StateFiled || r.State == icpcode.StateInvalid || !p.closed[i.ID])
	if !done {
		return
	}
	heard := p.page.Events
	if _, err := p.eng.Import(p.ctx, r); err != nil || p.page.Events != heard {
		fail("the same import again answers %v, with %d events", err, p.page.Events-heard)
	}
	other := r
	other.Owner += "x"
	if _, err := p.eng.Import(p.ctx, other); !errors.Is(err, icpcode.ErrDiffers) {
		fail("another import of a code answers %v", err)
	}
	k := p.byCode[c]
	k.owner, k.holder, k.server, k.state = i.Owner, i.Owner, i.ID, r.State
	p.counted[i.ID]++
	if r.Grantee != "" {
		k.holder = r.Grantee
		p.page.Grants++
		y := icpcode.NaturalYear(r.Granted)
		p.joined[icpcode.Key{Kind: icpcode.KindGrantees, A: string(r.Owner), Year: y}]++
		p.joined[icpcode.Key{Kind: icpcode.KindGranters, A: string(r.Grantee), Year: y}]++
	}
	if r.Filing != nil {
		p.filed(k, &f)
		k.state, k.number = r.State, f.ICPNumber
	}
}

// correct puts a number right; the same again does nothing.
func (p *play) correct() {
	c := p.pick(func(c *code) bool { return c.state == icpcode.StateFiled || c.state == icpcode.StateFiling })
	if c == nil {
		return
	}
	r := icpcode.CorrectRequest{Actor: ops, Code: c.code, ICPNumber: fmt.Sprintf("浙ICP备%08d号-2", p.IntN(1e8))}
	_, err := p.eng.Correct(p.ctx, r)
	done := p.told("Correct", err)
	p.expect("Correct", done, c.state == icpcode.StateFiled)
	if !done {
		return
	}
	heard := p.page.Events
	if _, err := p.eng.Correct(p.ctx, r); err != nil || p.page.Events != heard {
		fail("the same correction again answers %v, with %d events", err, p.page.Events-heard)
	}
	if step := c.events[len(c.events)-1].Step; step == nil || step.Corrected != c.number {
		fail("a correction is recorded as %+v, and the number was %q", step, c.number)
	}
	c.number = r.ICPNumber
}

// heard remembers what the observer is told: what the store forgets of it is
// checked at the end.
func (p *play) heard(_ context.Context, events []icpcode.Event) {
	p.page.Events += len(events)
	for i := range events {
		c := p.byCode[events[i].Code]
		if c == nil {
			c = p.born(events[i].Code, "", "", icpcode.StateNone)
		}
		c.events = append(c.events, events[i])
	}
}

// purge forgets receipts and histories of more than 60 days ago, as far as the
// store can.
func (p *play) purge() {
	before := p.now.AddDate(0, 0, -60)
	switch s := p.store.(type) {
	case interface{ PurgeReceipts(time.Time) int }:
		p.page.Receipts += s.PurgeReceipts(before)
	case interface {
		PurgeReceipts(context.Context, time.Time, int) (int, error)
	}:
		p.page.Receipts += all(func() (int, error) { return s.PurgeReceipts(p.ctx, before, most) })
	}
	if s, ok := p.store.(icpcode.Purger); ok {
		p.page.Purged += all(func() (int, error) { return s.PurgeEvents(p.ctx, before, most) })
		for _, c := range p.codes {
			c.purged = before
		}
	}
}

// most is how many a store forgets at once.
const most = 1000

func all(purge func() (int, error)) (sum int) {
	for {
		n, err := purge()
		if err != nil {
			fail("a purge ends with %v", err)
		}
		sum += n
		if n < most {
			return sum
		}
	}
}

// history checks that a store has each event that the observer was told, but
// for those of a code that was over before the last purge: of these it has what
// came later. It returns what was told.
func (p *play) history(c *code) []icpcode.Event {
	kept, err := p.store.Events(p.ctx, icpcode.EventQuery{Code: c.code, Limit: 1000})
	if err != nil {
		fail("the events of a code cannot be read: %v", err)
	}
	gone := len(c.events) - len(kept)
	if gone < 0 || !slices.EqualFunc(kept, c.events[gone:], func(a, b icpcode.Event) bool { return sameJSON(a, b) }) {
		fail("of a code %d events are kept, which are not the last of the %d that were told", len(kept), len(c.events))
	}
	if gone == 0 {
		return c.events
	}
	sum, err := icpcode.RecordOf(c.events[:gone])
	if err != nil {
		fail("the forgotten events of a code do not add up: %v", err)
	}
	if over := sum.Over(); over.IsZero() || !over.Before(c.purged) {
		fail("the history of a %v code that was not over before %v was forgotten", sum.State, c.purged)
	}
	return c.events
}

package storetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/icpcode/icpcode"
)

func checkEventsOrder(p *probe) {
	c, other := p.code(), p.code()
	var want []icpcode.Event
	for v := uint64(0); v < 12; v += 3 {
		var ch icpcode.Change
		p.write(&ch, c, v, v+3, nil)
		for i := range ch.Events {
			// Clocks go back. The sequence is what orders.
			ch.Events[i].At = instants[3].AddDate(0, 0, -int(ch.Events[i].Seq))
		}
		want = append(want, ch.Events...)
		p.write(&ch, other, v, v+3, nil)
		p.commit(ch)
	}
	p.same("the history of a code", p.history(c), want)
}

func checkEventsAfter(p *probe) {
	const n = 25
	before, c, after := p.code(), p.code(), p.code()
	var ch icpcode.Change
	for _, code := range []icpcode.Code{before, c, after} {
		p.write(&ch, code, 0, n, nil)
	}
	p.commit(ch)
	check := func(n, after uint64, limit int) {
		p.Helper()
		events, err := p.store.Events(p.ctx, icpcode.EventQuery{Code: c, After: after, Limit: limit})
		if err != nil {
			p.Fatalf("Events: %v", err)
		}
		want := min(uint64(limit), n-min(n, after))
		for i, e := range events {
			if e.Code != c || e.Seq != after+1+uint64(i) {
				p.Fatalf("Events after %d, at most %d, returned event %d of %v at place %d, want %d of %v",
					after, limit, e.Seq, e.Code.Masked(), i, after+1+uint64(i), c.Masked())
			}
		}
		if uint64(len(events)) != want {
			p.Fatalf("Events after %d, at most %d, of a code with %d returned %d, want %d", after, limit, n, len(events), want)
		}
	}
	for seq := range uint64(n + 2) {
		for _, limit := range []int{1, 2, 7, n, 1000} {
			check(n, seq, limit)
		}
	}
	// More events than one answer holds.
	for v := uint64(n); v < 1100; {
		next := min(v+215, v+uint64(p.most)-1, 1100)
		var ch icpcode.Change
		p.write(&ch, c, v, next, nil)
		p.commit(ch)
		v = next
	}
	check(1100, 0, 1000)
	check(1100, 99, 1000)
	check(1100, 1000, 1000)
}

func checkEventsUnknown(p *probe) {
	prefix := p.id()
	known := opaque(prefix + "known")
	var ch icpcode.Change
	p.write(&ch, known, 0, 3, nil)
	p.commit(ch)
	for _, c := range []icpcode.Code{p.code(), opaque(prefix + "unknown"), opaque(prefix + "know"), opaque(prefix + "known1")} {
		for _, after := range []uint64{0, 1, 100} {
			events, err := p.store.Events(p.ctx, icpcode.EventQuery{Code: c, After: after, Limit: 10})
			if err != nil || len(events) != 0 {
				p.Fatalf("Events after %d of a code that was never written returned %d events and error %v, want none", after, len(events), err)
			}
		}
	}
}

func checkEventsRacing(p *probe) {
	const rounds = 150
	c := p.code()
	met := 0
	for round := range rounds {
		v := uint64(round) * 3
		var ch icpcode.Change
		p.write(&ch, c, v, v+3, nil)
		var errs [2]error
		var events []icpcode.Event
		if p.meet(round,
			func(ctx context.Context) { errs[0] = commit(ctx, p.store, ch) },
			func(ctx context.Context) {
				after := v - min(v, 3)
				events, errs[1] = p.store.Events(ctx, icpcode.EventQuery{Code: c, After: after, Limit: 1000})
				for i := range events {
					if events[i].Seq != after+1+uint64(i) {
						errs[1] = fmt.Errorf("Events after %d returned event %d at place %d, while more were written", after, events[i].Seq, i)
						return
					}
				}
				if n := uint64(len(events)); errs[1] == nil && n < v-after {
					errs[1] = fmt.Errorf("Events after %d returned %d events of the %d that were acknowledged", after, n, v-after)
				}
			},
		) {
			met++
		}
		if err := errors.Join(errs[:]...); err != nil {
			p.Fatalf("%v", err)
		}
	}
	p.contended(met, rounds)
}

func checkEventsAcknowledged(p *probe) {
	c := p.code()
	for v := range uint64(50) {
		var ch icpcode.Change
		p.write(&ch, c, v, v+1, nil)
		p.together(func() error { return commit(p.ctx, p.store, ch) })
		p.together(func() error {
			events, err := p.store.Events(p.ctx, icpcode.EventQuery{Code: c, After: v, Limit: 10})
			if err == nil && len(events) != 1 {
				err = fmt.Errorf("Events after %d returned %d events, after the Commit of event %d had returned", v, len(events), v+1)
			}
			return err
		})
	}
}

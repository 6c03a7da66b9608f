package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/icpcode/icpcode"
)

func checkAbsent(p *probe) {
	// Neighbours exist, so that the store is not merely empty.
	var ch icpcode.Change
	for _, k := range kinds {
		ch.Puts = append(ch.Puts, p.put(p.key(k), 0, 1))
	}
	p.commit(ch)
	var keys []icpcode.Key
	for _, k := range kinds {
		keys = append(keys, p.key(k))
	}
	for i, d := range p.load(keys...) {
		if d.Version != 0 || d.Body != nil {
			p.Errorf("Load of %v, never written, returned version %d and body %v", keys[i], d.Version, d.Body)
		}
	}
	for _, k := range keys {
		if d := p.load(k)[0]; d.Version != 0 || d.Body != nil {
			p.Errorf("Load of %v alone, never written, returned version %d and body %v", k, d.Version, d.Body)
		}
	}
	if docs := p.load(); len(docs) != 0 {
		p.Errorf("Load of no key returned %d documents", len(docs))
	}
}

func checkLoadOrder(p *probe) {
	var ch icpcode.Change
	var keys []icpcode.Key
	want := make(map[icpcode.Key]uint64)
	for i, k := range slices.Concat(kinds[:], kinds[:]) {
		here, absent := p.key(k), p.key(k)
		keys = append(keys, here, absent)
		version := uint64(i) + 1
		if k == icpcode.KindAcquaintance {
			version = 1
		}
		put := p.put(here, 0, version)
		ch.Puts = append(ch.Puts, put)
		want[here] = put.Version
	}
	p.commit(ch)
	same := func(keys []icpcode.Key) {
		p.Helper()
		for i, d := range p.load(keys...) {
			if d.Version != want[keys[i]] {
				p.Fatalf("Load returned version %d for %v, key %d of %d, want %d", d.Version, keys[i], i, len(keys), want[keys[i]])
			}
		}
	}
	same(keys)
	slices.Reverse(keys)
	same(keys)
	slices.SortFunc(keys, icpcode.Key.Compare)
	same(keys)
	slices.Reverse(keys)
	same(keys)
}

func checkLoadDuplicates(p *probe) {
	a, b, absent := p.key(icpcode.KindLedger), p.key(icpcode.KindRecord), p.key(icpcode.KindLedger)
	ch := icpcode.Change{Puts: []icpcode.Put{p.put(a, 0, 1), p.put(b, 0, 2)}}
	p.commit(ch)
	docs := p.load(b, a, absent, a, b, b, absent)
	for i, want := range []uint64{2, 1, 0, 1, 2, 2, 0} {
		if docs[i].Version != want || (docs[i].Body == nil) != (want == 0) {
			p.Fatalf("Load of repeated keys returned version %d and body %v as document %d, want version %d",
				docs[i].Version, docs[i].Body, i, want)
		}
	}
}

func checkLoadAcknowledged(p *probe) {
	const rounds, readers = 100, 4
	ledger, receipt := p.key(icpcode.KindLedger), p.key(icpcode.KindReceipt)
	met := p.key(icpcode.KindAcquaintance)
	acknowledged := make(chan uint64)
	steps := []func() error{func() error {
		defer close(acknowledged)
		for v := range uint64(rounds) {
			ch := icpcode.Change{Puts: []icpcode.Put{p.put(ledger, v, v+1), p.put(receipt, v, v+1)}}
			if v == 1 {
				ch.Puts = append(ch.Puts, p.put(met, 0, 1))
			}
			if err := commit(p.ctx, p.store, ch); err != nil {
				return err
			}
			acknowledged <- v + 1
		}
		return nil
	}}
	for range readers {
		steps = append(steps, func() (wrong error) {
			for v := range acknowledged {
				docs, err := load(p.ctx, p.store, ledger, receipt, met)
				if err != nil {
					wrong = err
				} else if docs[0].Version < v || docs[1].Version < v {
					wrong = fmt.Errorf("Load returned versions %d and %d after the Commit of version %d had returned",
						docs[0].Version, docs[1].Version, v)
				} else if v > 1 && docs[2].Version != 1 {
					wrong = fmt.Errorf("Load returned version %d of an acquaintance after its Commit had returned", docs[2].Version)
				}
			}
			return wrong
		})
	}
	p.together(steps...)
}

func checkReceiptsLast(p *probe) {
	const rounds, between = 200, 60
	met := 0
	for round := range rounds {
		ledger, receipt := p.key(icpcode.KindLedger), p.key(icpcode.KindReceipt)
		p.commit(icpcode.Change{Puts: []icpcode.Put{p.put(ledger, 0, 1)}})
		full := icpcode.Change{Puts: []icpcode.Put{p.put(ledger, 1, 2), p.put(receipt, 0, 1)}}
		// What lies between the receipt and the ledger takes time to read.
		keys := make([]icpcode.Key, 0, between+2)
		keys = append(keys, receipt)
		for range between {
			keys = append(keys, p.key(kinds[round%len(kinds)]))
		}
		keys = append(keys, ledger)
		if round%4 == 3 {
			slices.Reverse(keys)
		}
		var written atomic.Bool
		var errs [2]error
		overlapped := p.meet(round,
			func(ctx context.Context) {
				errs[0] = commit(ctx, p.store, full)
				written.Store(true)
			},
			func(ctx context.Context) {
				errs[1] = p.readReceipts(ctx, keys, receipt, ledger, written.Load)
			},
		)
		for _, err := range errs {
			if err != nil {
				p.Fatalf("round %d: %v", round, err)
			}
		}
		if overlapped {
			met++
		}
	}
	p.contended(met, rounds)
}

// readReceipts loads keys until a Load has begun after the Commit was over.
func (p *probe) readReceipts(ctx context.Context, keys []icpcode.Key, receipt, ledger icpcode.Key, written func() bool) error {
	for last := false; ; last = written() {
		docs, err := load(ctx, p.store, keys...)
		if err != nil {
			return err
		}
		r, l := docs[slices.Index(keys, receipt)].Version, docs[slices.Index(keys, ledger)].Version
		if r == 0 && l == 2 {
			return errors.New("a Load returned the full ledger without the receipt that was committed with it: " +
				"a repeated request would be refused, though it had succeeded")
		}
		if last {
			return nil
		}
		runtime.Gosched() // the writer may be on the same core
	}
}

// contended ends the case if it proved nothing because hardly any calls met.
func (p *probe) contended(met, rounds int) {
	p.Helper()
	if met < rounds/10 {
		p.Fatalf("the calls met in %d of %d rounds only, so nothing was proven: is there one lock around the "+
			"whole store, or is the context never looked at?", met, rounds)
	}
}

func checkContext(p *probe) {
	k, c := p.key(icpcode.KindLedger), p.code()
	var ch icpcode.Change
	p.write(&ch, c, 0, 1, nil)
	ch.Puts = append(ch.Puts, p.put(k, 0, 1))
	met := p.key(icpcode.KindAcquaintance)
	ch.Puts = append(ch.Puts, p.put(met, 0, 1))
	owner := ch.Puts[0].Body.(*icpcode.Record).Owner
	tidy(ch)

	cancelled, cancel := context.WithCancel(p.ctx)
	cancel()
	expired, cancel := context.WithDeadline(p.ctx, time.Now().Add(-time.Hour))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, expired} {
		for _, call := range []struct {
			name string
			do   func() error
		}{
			{"Load", func() error { _, err := p.store.Load(ctx, k); return err }},
			{"Commit", func() error { return p.store.Commit(ctx, ch) }},
			{"List", func() error {
				_, err := p.store.List(ctx, icpcode.Query{By: icpcode.ByOwner, Value: string(owner), Limit: 10})
				return err
			}},
			{"Events", func() error {
				_, err := p.store.Events(ctx, icpcode.EventQuery{Code: c, Limit: 10})
				return err
			}},
		} {
			var err error
			if !p.within(func() { err = call.do() }) {
				p.Fatalf("%s did not return under a context that was done before", call.name)
			}
			if !errors.Is(err, ctx.Err()) {
				p.Fatalf("%s under a context that was done before returned error %v, want one that matches %v", call.name, err, ctx.Err())
			}
		}
	}
	for _, d := range p.load(k, recordKey(c), met) {
		if d.Version != 0 {
			p.Fatalf("Commit under a context that was done before wrote %v", d.Key)
		}
	}
	if events := p.history(c); len(events) != 0 {
		p.Fatalf("Commit under a context that was done before wrote %d events", len(events))
	}
}

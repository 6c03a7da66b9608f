package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// A world is a state to commit, base, and a Change over it, next, that writes
// one document of every kind and more: some are there and some are not.
type world struct {
	base, next icpcode.Change
	keys       []icpcode.Key   // all that next names
	codes      []icpcode.Code  // all that next names
	queries    []icpcode.Query // each finds some of what next writes
}

func (p *probe) world() world {
	var w world
	here := []icpcode.Code{p.code()}
	absent := p.code()
	here = append(here, opaque(p.id()+"_AbC"))

	for _, k := range []icpcode.Kind{icpcode.KindLedger, icpcode.KindGrantees} {
		key := p.key(k)
		w.base.Puts = append(w.base.Puts, p.put(key, 0, 2))
		w.next.Puts = append(w.next.Puts, p.put(key, 2, 3))
	}
	for _, k := range []icpcode.Kind{icpcode.KindAccountLedger, icpcode.KindGranters, icpcode.KindReceipt} {
		w.next.Puts = append(w.next.Puts, p.put(p.key(k), 0, 1))
	}
	w.base.Puts = append(w.base.Puts, p.put(p.key(icpcode.KindAcquaintance), 0, 1))
	w.next.Puts = append(w.next.Puts, p.put(p.key(icpcode.KindAcquaintance), 0, 1))
	for _, c := range here {
		p.write(&w.base, c, 0, 2, nil)
		p.write(&w.next, c, 2, 3, nil)
	}
	p.write(&w.next, absent, 0, 2, nil)
	tidy(w.base)
	tidy(w.next)

	for _, put := range w.next.Puts {
		w.keys = append(w.keys, put.Key)
	}
	w.codes = append(here, absent)
	for _, ch := range []icpcode.Change{w.base, w.next} {
		for _, put := range ch.Puts {
			if r, ok := put.Body.(*icpcode.Record); ok {
				for _, by := range indexes {
					w.queries = append(w.queries, icpcode.Query{By: by, Value: by.Of(r), Limit: 10})
				}
			}
		}
	}
	return w
}

// sight is all that can be seen of a world.
type sight struct {
	Documents []icpcode.Document
	Events    [][]icpcode.Event
	Listed    [][]icpcode.Record
}

func (p *probe) look(w world) sight {
	p.Helper()
	v := sight{Documents: p.load(w.keys...)}
	for _, c := range w.codes {
		v.Events = append(v.Events, p.history(c))
	}
	for _, q := range w.queries {
		v.Listed = append(v.Listed, p.list(q))
	}
	return v
}

// A plant is one wrong expectation in a Change that is right otherwise.
type plant struct {
	what string
	kind plantKind
	put  int          // the Put that it is in
	code icpcode.Code // the code whose event exists
}

type plantKind int

const (
	stale   plantKind = iota // expects an older version than the stored one
	future                   // expects a newer one
	present                  // expects absence, where something is
	gone                     // expects something, where nothing is
	event                    // has an event that exists
)

// plants lists every wrong expectation that w.next can have: each kind at
// every Put that it is possible at, first and last among them, and an existing
// event of either existing code.
func (w world) plants() []plant {
	var all []plant
	for i, put := range w.next.Puts {
		at := fmt.Sprintf("at Put %d of %d", i+1, len(w.next.Puts))
		if put.Expect == 0 {
			all = append(all, plant{what: "a version expected " + at + ", where nothing is", kind: gone, put: i})
			continue
		}
		all = append(all,
			plant{what: "a stale version expected " + at, kind: stale, put: i},
			plant{what: "a future version expected " + at, kind: future, put: i},
			plant{what: "absence expected " + at + ", where something is", kind: present, put: i})
	}
	for i, c := range w.codes[:2] {
		all = append(all, plant{what: fmt.Sprintf("an event of code %d that exists", i+1), kind: event, code: c})
	}
	return all
}

// with returns w.next with one wrong expectation.
func (p *probe) with(w world, pl plant) icpcode.Change {
	ch := icpcode.Change{Puts: slices.Clone(w.next.Puts), Events: slices.Clone(w.next.Events)}
	if pl.kind == event {
		ch.Events = append(ch.Events, p.event(pl.code, 2))
		return tidy(ch)
	}
	put := &ch.Puts[pl.put]
	switch pl.kind {
	case stale:
		put.Expect--
	case present:
		put.Expect = 0
	case future, gone:
		put.Expect++
		put.Version = put.Expect + 1
	}
	return ch
}

// refused commits every wrong expectation of the given kinds, each over a
// world of its own, and then the same Change without it, which shows that
// nothing else was wrong.
func (p *probe) refused(of ...plantKind) {
	p.Helper()
	planted := 0
	for i, pl := range p.world().plants() {
		if !slices.Contains(of, pl.kind) {
			continue
		}
		planted++
		w := p.world()
		pl = w.plants()[i]
		p.commit(w.base)
		p.refuse(pl.what, p.with(w, pl))
		if err := p.store.Commit(p.ctx, w.next); err != nil {
			p.Fatalf("Commit returned %v for a Change whose expectations hold, after it was refused with %s", err, pl.what)
		}
	}
	if planted < 2 {
		p.Fatalf("the case planted %d conflicts", planted)
	}
}

func checkStale(p *probe)       { p.refused(stale) }
func checkFuture(p *probe)      { p.refused(future) }
func checkPresent(p *probe)     { p.refused(present) }
func checkGone(p *probe)        { p.refused(gone) }
func checkEventExists(p *probe) { p.refused(event) }

func checkNothing(p *probe) {
	for i := range p.world().plants() {
		w := p.world()
		pl := w.plants()[i]
		p.commit(w.base)
		before := p.look(w)
		p.refuse(pl.what, p.with(w, pl))
		p.same("with "+pl.what+", what the store holds after the conflict", p.look(w), before)
	}
}

func checkAll(p *probe) {
	for range 3 {
		w := p.world()
		p.commit(w.base)
		p.commit(w.next)
		p.holds(w.base, w.next)
	}
}

// holds checks that the store holds what Changes, the later over the earlier,
// have written.
func (p *probe) holds(changes ...icpcode.Change) {
	p.Helper()
	want := make(map[icpcode.Key]icpcode.Document)
	events := make(map[icpcode.Code][]icpcode.Event)
	for _, ch := range changes {
		for _, put := range ch.Puts {
			want[put.Key] = put.Document
		}
		for _, e := range ch.Events {
			events[e.Code] = append(events[e.Code], e)
		}
	}
	for k, d := range want {
		p.same("the document that was committed", p.load(k)[0], d)
	}
	for c, history := range events {
		p.same("the history that was committed", p.history(c), history)
	}
	for _, d := range want {
		r, ok := d.Body.(*icpcode.Record)
		if !ok {
			continue
		}
		for _, by := range indexes {
			q := icpcode.Query{By: by, Value: by.Of(r), Limit: 1000}
			if found := p.list(q); !slices.ContainsFunc(found, func(f icpcode.Record) bool { return f.Code == r.Code && f.Version == r.Version }) {
				p.Fatalf("List by %v does not find a record that was committed", by)
			}
		}
	}
}

func checkNoRetry(p *probe) {
	k := p.key(icpcode.KindLedger)
	p.commit(icpcode.Change{Puts: []icpcode.Put{p.put(k, 0, 1)}})
	early := icpcode.Change{Puts: []icpcode.Put{p.put(k, 2, 5)}}
	var err error
	returned := make(chan struct{})
	go func() { defer close(returned); err = p.store.Commit(p.ctx, early) }()
	waited := false
	select {
	case <-returned:
	case <-time.After(p.patience):
		waited = true
	}
	// Only now does version 2 come to be.
	if e := commit(p.ctx, p.store, icpcode.Change{Puts: []icpcode.Put{p.put(k, 1, 2)}}); e != nil {
		p.Errorf("%v, while a Commit that conflicts was under way", e)
	}
	if waited {
		select {
		case <-returned:
			p.Fatalf("Commit of an expectation that did not hold was still at it after %v, and returned %v once it held", p.patience, err)
		case <-time.After(p.patience):
			p.Fatalf("Commit of an expectation that did not hold never returns")
		}
	}
	if !errors.Is(err, icpcode.ErrConflict) {
		p.Fatalf("Commit of an expectation that did not hold returned %v, want ErrConflict", err)
	}
	for range 20 {
		if d := p.load(k)[0]; d.Version != 2 {
			p.Fatalf("the document is at version %d: a Commit that returned ErrConflict was done later", d.Version)
		}
	}
}

func checkVersionJumps(p *probe) {
	ledger, c := p.key(icpcode.KindLedger), p.code()
	var written []icpcode.Change
	expect := uint64(0)
	far := min(1000, uint64(p.most)) // 10 and the events between them fit
	for _, version := range []uint64{2, 3, 10, far, far + 1} {
		var ch icpcode.Change
		ch.Puts = append(ch.Puts, p.put(ledger, expect<<32, version<<32))
		p.write(&ch, c, expect, version, nil)
		p.commit(ch)
		written = append(written, ch)
		docs := p.load(ledger, recordKey(c))
		if docs[0].Version != version<<32 || docs[1].Version != version {
			p.Fatalf("Load returned versions %d and %d, want %d and %d", docs[0].Version, docs[1].Version, version<<32, version)
		}
		expect = version
	}
	p.holds(written...)
}

// large returns the largest Change that the store must take: as many codes as
// fit, as when an instance is closed.
func (p *probe) large(ledger, receipt icpcode.Key, codes []icpcode.Code, expect uint64) icpcode.Change {
	ch := icpcode.Change{Puts: []icpcode.Put{p.put(ledger, expect, expect+1), p.put(receipt, expect, expect+1)}}
	for _, c := range codes {
		p.write(&ch, c, expect, expect+1, func(r *icpcode.Record) { r.InstanceID = icpcode.InstanceID(ledger.A) })
	}
	return tidy(ch)
}

func (p *probe) largeWorld() (ledger, receipt icpcode.Key, codes []icpcode.Code) {
	for range min(usualPuts, p.most/2+1) - 2 {
		codes = append(codes, p.code())
	}
	return p.key(icpcode.KindLedger), p.key(icpcode.KindReceipt), codes
}

func checkLarge(p *probe) {
	ledger, receipt, codes := p.largeWorld()
	for v := range uint64(2) {
		ch := p.large(ledger, receipt, codes, v)
		if err := p.store.Commit(p.ctx, ch); err != nil {
			p.Fatalf("Commit of %d documents, all at version %d, returned %v", len(ch.Puts), v, err)
		}
		keys := make([]icpcode.Key, len(ch.Puts))
		for i := range ch.Puts {
			keys[i] = ch.Puts[i].Key
		}
		for i, d := range p.load(keys...) {
			if dd := diff(ch.Puts[i].Document, d); dd != "" {
				p.Fatalf("document %d of %d differs (-want +got):\n%s", i+1, len(keys), dd)
			}
		}
		for _, c := range []icpcode.Code{codes[0], codes[len(codes)/2], codes[len(codes)-1]} {
			if n := len(p.history(c)); n != int(v)+1 {
				p.Fatalf("a code has %d events, want %d", n, v+1)
			}
		}
		if n := len(p.list(icpcode.Query{By: icpcode.ByInstance, Value: ledger.A, Limit: 1000})); n != len(codes) {
			p.Fatalf("List returned %d codes of the instance, want %d", n, len(codes))
		}
	}
}

func checkLargeConflict(p *probe) {
	ledger, receipt, codes := p.largeWorld()
	p.commit(p.large(ledger, receipt, codes, 0))
	for _, at := range []int{0, len(codes) / 2, len(codes) + 1} {
		ch := p.large(ledger, receipt, codes, 1)
		ch.Puts[at].Expect, ch.Puts[at].Version = 7, 8
		p.refuse(fmt.Sprintf("a wrong version expected at Put %d of %d", at+1, len(ch.Puts)), ch)
		keys := make([]icpcode.Key, len(ch.Puts))
		for i := range ch.Puts {
			keys[i] = ch.Puts[i].Key
		}
		for i, d := range p.load(keys...) {
			if d.Version != 1 {
				p.Fatalf("document %d of %d is at version %d after a Commit that conflicted at %d", i+1, len(keys), d.Version, at+1)
			}
		}
		for _, c := range []icpcode.Code{codes[0], codes[len(codes)/2], codes[len(codes)-1]} {
			if n := len(p.history(c)); n != 1 {
				p.Fatalf("a code has %d events after a Commit that conflicted, want 1", n)
			}
		}
	}
}

func checkKept(p *probe) {
	w := p.world()
	for _, ch := range []icpcode.Change{w.base, w.next} {
		ctx, cancel := context.WithCancel(p.ctx)
		err := p.store.Commit(ctx, ch)
		cancel() // the caller has gone, as callers do
		if err != nil {
			p.Fatalf("Commit returned %v, though every expectation held", err)
		}
	}
	p.holds(w.base, w.next)
}

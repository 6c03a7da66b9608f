package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/icpcode/icpcode"
)

// crossingRounds is how often Changes cross. Two statements of a database can
// pass each other in a window that is hit in one round of ten or so.
const crossingRounds = 200

// cross commits Changes at the same time, of which at most one may win, and
// checks that what is stored is the winner's and nothing of the others. It
// returns the winner, or -1, and whether the Commits met.
func (p *probe) cross(round int, before []icpcode.Put, changes ...icpcode.Change) (winner int, met bool) {
	p.Helper()
	errs := make([]error, len(changes))
	calls := make([]func(context.Context), len(changes))
	for i := range changes {
		tidy(changes[i])
		calls[i] = func(ctx context.Context) { errs[i] = p.store.Commit(ctx, changes[i]) }
	}
	met = p.meet(round, calls...)
	winner = -1
	for i, err := range errs {
		if err != nil && !errors.Is(err, icpcode.ErrConflict) {
			p.Fatalf("round %d: one of %d Commits that cross returned %v, want nil or ErrConflict", round, len(changes), err)
		}
		if err != nil {
			continue
		}
		if winner >= 0 {
			p.Fatalf("round %d: Commits %d and %d both succeeded, though each expected what the other wrote", round, winner+1, i+1)
		}
		winner = i
	}
	want := make(map[icpcode.Key]icpcode.Document)
	events := make(map[icpcode.Code][]icpcode.Event)
	for _, ch := range changes {
		for _, put := range ch.Puts {
			want[put.Key] = icpcode.Document{Key: put.Key}
		}
		for _, e := range ch.Events {
			events[e.Code] = nil
		}
	}
	for _, put := range before {
		want[put.Key] = put.Document
	}
	if winner >= 0 {
		for _, put := range changes[winner].Puts {
			want[put.Key] = put.Document
		}
		for _, e := range changes[winner].Events {
			events[e.Code] = append(events[e.Code], e)
		}
	}
	what := fmt.Sprintf("round %d, won by %d: what is stored after Commits that crossed", round, winner+1)
	for k, d := range want {
		p.same(what, p.load(k)[0], d)
	}
	for c, history := range events {
		p.same(what, p.history(c), history)
	}
	return winner, met
}

// crossing runs rounds of crossing Changes.
func (p *probe) crossing(changes func(round int) (before []icpcode.Put, crossing []icpcode.Change)) {
	p.Helper()
	met, won := 0, 0
	for round := range crossingRounds {
		before, crossing := changes(round)
		if len(before) > 0 {
			p.commit(icpcode.Change{Puts: before})
		}
		winner, overlapped := p.cross(round, before, crossing...)
		if overlapped {
			met++
		}
		if winner >= 0 {
			won++
		}
	}
	p.contended(met, crossingRounds)
	if won < crossingRounds/10 {
		p.Fatalf("of Commits that cross, one succeeded in %d of %d rounds only", won, crossingRounds)
	}
}

func checkCrossing(p *probe) {
	p.crossing(func(int) ([]icpcode.Put, []icpcode.Change) {
		a, b := p.key(icpcode.KindLedger), p.key(icpcode.KindGrantees)
		before := []icpcode.Put{p.put(a, 0, 1), p.put(b, 0, 1)}
		var changes []icpcode.Change
		for i := range uint64(2) {
			// Each raises the one document and guards it by the other; beside
			// them it writes something of its own.
			ch := icpcode.Change{Puts: []icpcode.Put{
				p.put(a, 1, 2+i), p.put(b, 1, 3-i), p.put(p.key(icpcode.KindReceipt), 0, 1),
			}}
			p.write(&ch, p.code(), 0, 1, nil)
			changes = append(changes, ch)
		}
		return before, changes
	})
}

func checkCrossingBirths(p *probe) {
	p.crossing(func(round int) ([]icpcode.Put, []icpcode.Change) {
		// None of the documents exists: nothing is there to lock. In every
		// other round they draw the same code, too.
		ledger, receipt, code := p.key(icpcode.KindLedger), p.key(icpcode.KindReceipt), p.code()
		var changes []icpcode.Change
		for range 2 {
			ch := icpcode.Change{Puts: []icpcode.Put{p.put(ledger, 0, 1), p.put(receipt, 0, 1)}}
			if round%2 == 1 {
				code = p.code()
			}
			p.write(&ch, code, 0, 1, nil)
			changes = append(changes, ch)
		}
		return nil, changes
	})
}

func checkCrossingRing(p *probe) {
	p.crossing(func(int) ([]icpcode.Put, []icpcode.Change) {
		// Each of three shares one document with each of the others.
		keys := []icpcode.Key{p.key(icpcode.KindLedger), p.key(icpcode.KindGranters), p.key(icpcode.KindReceipt)}
		var before []icpcode.Put
		for _, k := range keys {
			before = append(before, p.put(k, 0, 1))
		}
		var changes []icpcode.Change
		for i := range keys {
			changes = append(changes, icpcode.Change{Puts: []icpcode.Put{
				p.put(keys[i], 1, 2), p.put(keys[(i+1)%len(keys)], 1, 2),
			}})
		}
		return before, changes
	})
}

// checkHerd lets everybody issue codes of one instance until its quota is
// used up, as an engine would.
func checkHerd(p *probe) {
	const herd, quota = 16, 40
	ledger := p.key(icpcode.KindLedger)
	var issued, conflicts atomic.Int64
	codes := make([][]icpcode.Code, herd)
	// All of them have read the empty ledger before the first one writes.
	first := p.load(ledger)[0]
	issue := func(i int) error {
		for doc := first; ; {
			var used icpcode.Ledger
			if doc.Body != nil {
				used = *doc.Body.(*icpcode.Ledger)
			}
			if uint64(used.Issued) != doc.Version || used.Attached != used.Issued {
				return fmt.Errorf("the ledger counts %d and %d at version %d: it is of two moments", used.Issued, used.Attached, doc.Version)
			}
			if used.Issued >= quota {
				return nil
			}
			used.Issued++
			used.Attached++
			c := p.code()
			ch := icpcode.Change{Puts: []icpcode.Put{
				{Expect: doc.Version, Document: icpcode.Document{Key: ledger, Version: doc.Version + 1, Body: &used}},
				p.put(p.key(icpcode.KindReceipt), 0, 1),
			}}
			p.write(&ch, c, 0, 1, func(r *icpcode.Record) { r.InstanceID = icpcode.InstanceID(ledger.A) })
			switch err := p.store.Commit(p.ctx, tidy(ch)); {
			case err == nil:
				issued.Add(1)
				codes[i] = append(codes[i], c)
			case errors.Is(err, icpcode.ErrConflict):
				conflicts.Add(1)
			default:
				return fmt.Errorf("Commit: %w", err)
			}
			docs, err := load(p.ctx, p.store, ledger)
			if err != nil {
				return err
			}
			doc = docs[0]
		}
	}
	var goroutines []func() error
	for i := range herd {
		goroutines = append(goroutines, func() error { return issue(i) })
	}
	p.together(goroutines...)

	if conflicts.Load() < herd-1 {
		p.Fatalf("%d Commits expected an absent ledger and one may win, but only %d conflicted", herd, conflicts.Load())
	}
	if issued.Load() != quota {
		p.Fatalf("%d Commits succeeded under a quota of %d", issued.Load(), quota)
	}
	var all []icpcode.Code
	for _, c := range codes {
		all = append(all, c...)
	}
	p.listed("the codes of the instance", icpcode.Query{By: icpcode.ByInstance, Value: ledger.A, Limit: 7}, all...)
	for _, c := range all {
		if n := len(p.history(c)); n != 1 {
			p.Fatalf("a code that was issued once has %d events", n)
		}
	}
}

// checkSpread lets everybody write documents of his own and read those of all.
func checkSpread(p *probe) {
	const writers, rounds = 8, 40
	type lane struct {
		ledger, receipt icpcode.Key
		code            icpcode.Code
		done            atomic.Uint64
	}
	lanes := make([]lane, writers)
	owner := icpcode.AccountID(p.id())
	for i := range lanes {
		l := &lanes[i]
		l.ledger, l.receipt, l.code = p.key(icpcode.KindLedger), p.key(icpcode.KindReceipt), p.code()
	}
	read := func(l *lane) error {
		at := l.done.Load()
		docs, err := load(p.ctx, p.store, l.receipt, recordKey(l.code), l.ledger)
		if err != nil {
			return err
		}
		for _, d := range docs {
			if d.Version < at || d.Version > rounds {
				return fmt.Errorf("Load returned version %d of %v, of which %d was acknowledged", d.Version, d.Key, at)
			}
			if r, ok := d.Body.(*icpcode.Record); ok && (r.Version != d.Version || r.Code != l.code) {
				return fmt.Errorf("Load returned the record of %v at version %d for %v at %d", r.Code.Masked(), r.Version, l.code.Masked(), d.Version)
			}
		}
		events, err := history(p.ctx, p.store, l.code, 1000)
		if err == nil && uint64(len(events)) < at {
			err = fmt.Errorf("Events returned %d events, of which %d were acknowledged", len(events), at)
		}
		return err
	}
	var goroutines []func() error
	for i := range lanes {
		goroutines = append(goroutines, func() error {
			l := &lanes[i]
			for v := range uint64(rounds) {
				ch := icpcode.Change{Puts: []icpcode.Put{p.put(l.ledger, v, v+1), p.put(l.receipt, v, v+1)}}
				p.write(&ch, l.code, v, v+1, func(r *icpcode.Record) { r.Owner = owner })
				if err := commit(p.ctx, p.store, ch); err != nil {
					return err
				}
				l.done.Store(v + 1)
				if err := read(&lanes[(i+int(v))%writers]); err != nil {
					return err
				}
				records, err := list(p.ctx, p.store, icpcode.Query{By: icpcode.ByOwner, Value: string(owner), Limit: 3}, nil)
				if err != nil {
					return err
				}
				for k := range records {
					if records[k].Owner != owner {
						return errors.New("List returned a record of another owner")
					}
				}
			}
			return nil
		})
	}
	p.together(goroutines...)
	for i := range lanes {
		l := &lanes[i]
		for _, d := range p.load(l.ledger, l.receipt, recordKey(l.code)) {
			if d.Version != rounds {
				p.Fatalf("%v is at version %d after %d Commits that succeeded", d.Key, d.Version, rounds)
			}
		}
		if n := len(p.history(l.code)); n != rounds {
			p.Fatalf("a code has %d events after %d Commits that succeeded", n, rounds)
		}
	}
}

package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// late returns an instant at which nothing else in a store was issued, so that
// what was is found first among everything.
func late() time.Time {
	return time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rand.N(30*365*24*3600*1_000_000)) * time.Microsecond)
}

// newestFirst is the order of Query.Newest.
func newestFirst(a, b icpcode.Record) int {
	if c := b.Issued.Compare(a.Issued); c != 0 {
		return c
	}
	return strings.Compare(b.Code.String(), a.Code.String())
}

// series commits records of one account, instance, number and service, that
// were issued from an instant on: in batches, some at one instant, and in no
// order. Among their codes are some whose text comes before and after all
// numbers.
func (p *probe) series(at time.Time, n int) []icpcode.Record {
	account, instance, number := p.id(), p.id(), p.id()
	var all []icpcode.Record
	for i := range n {
		c := p.code()
		if i%3 == 1 {
			c = opaque(string([]rune("!Za0Bc~备")[i%8]) + p.id()) // the bytes of its text decide
		}
		if i%6 == 2 {
			c = opaque("备" + p.id())
		}
		var ch icpcode.Change
		p.write(&ch, c, 0, 1, func(r *icpcode.Record) {
			r.Owner, r.Grantee = icpcode.AccountID(account), ""
			r.InstanceID, r.Filing.ICPNumber = icpcode.InstanceID(instance), number
			r.Filing.Domain, r.Filing.App = "", number
			r.State = icpcode.StateAvailable
			if i%4 == 0 {
				r.State = icpcode.StateFiling
			}
			r.Issued = at.Add(time.Duration(i%5) * time.Microsecond)
		})
		p.commit(ch)
		all = append(all, *ch.Puts[0].Body.(*icpcode.Record))
	}
	slices.SortFunc(all, newestFirst)
	return all
}

// among are queries that find a record, over each index and with its state.
func among(r *icpcode.Record, limit int) []icpcode.Query {
	var all []icpcode.Query
	for _, by := range append(indexes[:], icpcode.Everything) {
		if by.Of(r) == "" && by != icpcode.Everything {
			continue
		}
		q := icpcode.Query{By: by, Value: by.Of(r), Limit: limit, Newest: true}
		all = append(all, q)
		q.State = r.State
		all = append(all, q)
	}
	return all
}

func checkListNewest(p *probe) {
	at := late()
	want := p.series(at, 37)
	for _, limit := range []int{1, 2, 7, 36, 37, 1000} {
		for _, q := range among(&want[0], limit) {
			if q.By == icpcode.Everything && limit < 7 {
				continue // what others have there may come first
			}
			// What others have there was issued earlier, or after all of these.
			got, err := listUntil(p.ctx, p.store, q, nil, func(r *icpcode.Record) bool { return r.Issued.Before(at) })
			if err != nil {
				p.Fatalf("%v", err)
			}
			got = slices.DeleteFunc(got, func(r icpcode.Record) bool { return r.Owner != want[0].Owner })
			matching := slices.DeleteFunc(slices.Clone(want), func(r icpcode.Record) bool {
				return q.State != icpcode.StateNone && r.State != q.State
			})
			p.inOrder(q, got, matching)
		}
	}
}

// inOrder checks that a query listed exactly the records wanted, in order.
func (p *probe) inOrder(q icpcode.Query, got, want []icpcode.Record) {
	p.Helper()
	for i := range min(len(got), len(want)) {
		if got[i].Code != want[i].Code {
			p.Fatalf("List by %v, %d on a page, newest first, returned a code issued at %v at place %d, want one issued at %v",
				q.By, q.Limit, got[i].Issued, i+1, want[i].Issued)
		}
	}
	if len(got) != len(want) {
		p.Fatalf("List by %v, %d on a page, newest first, returned %d records, want %d", q.By, q.Limit, len(got), len(want))
	}
}

func checkListEverything(p *probe) {
	account := icpcode.AccountID(p.id())
	want := make(map[icpcode.Code]icpcode.State)
	for i := range 12 {
		var ch icpcode.Change
		c := p.code()
		p.write(&ch, c, 0, 1, func(r *icpcode.Record) {
			r.Owner, r.State = account, icpcode.State(i%6)+1
			switch i % 3 { // also what is under no other index
			case 0:
				r.InstanceID, r.Filing = "", nil
			case 1:
				r.Filing.ICPNumber, r.Filing.Domain, r.Filing.App = "", "", ""
			}
		})
		p.commit(ch)
		want[c] = icpcode.State(i%6) + 1
	}
	for state := icpcode.StateNone; state <= icpcode.StateInvalid; state++ {
		for _, newest := range []bool{false, true} {
			seen := make(map[icpcode.Code]int)
			for _, r := range p.list(icpcode.Query{By: icpcode.Everything, State: state, Newest: newest, Limit: 1000}) {
				if _, ours := want[r.Code]; ours {
					seen[r.Code]++
				}
				if state != icpcode.StateNone && r.State != state {
					p.Fatalf("List of everything in state %v returned a record in state %v", state, r.State)
				}
			}
			for c, has := range want {
				times := 1
				if state != icpcode.StateNone && has != state {
					times = 0
				}
				if seen[c] != times {
					p.Fatalf("List of everything in state %v returned a record in state %v %d times, want %d", state, has, seen[c], times)
				}
			}
		}
	}
}

// checkListCursor lists the records with the longest codes.
func checkListCursor(p *probe) {
	owner := icpcode.AccountID(p.id())
	var codes []icpcode.Code
	for range 4 {
		var ch icpcode.Change
		c := opaque(p.long(64))
		p.write(&ch, c, 0, 1, func(r *icpcode.Record) { r.Owner = owner })
		p.commit(ch)
		codes = append(codes, c)
	}
	for _, newest := range []bool{false, true} {
		p.listed("the longest codes", icpcode.Query{By: icpcode.ByOwner, Value: string(owner), Newest: newest, Limit: 1}, codes...)
	}
}

// checkMetTwice puts an acquaintance that is there already.
func checkMetTwice(p *probe) {
	k, ledger := p.key(icpcode.KindAcquaintance), p.key(icpcode.KindLedger)
	p.commit(icpcode.Change{Puts: []icpcode.Put{p.put(k, 0, 1)}})
	p.refuse("absence expected of an acquaintance that is there",
		icpcode.Change{Puts: []icpcode.Put{p.put(k, 0, 1), p.put(ledger, 0, 1)}})
	docs := p.load(k, ledger)
	if docs[0].Version != 1 || docs[0].Body != nil || docs[1].Version != 0 {
		p.Fatalf("after a conflict at an acquaintance it is at version %d with body %v, and what was written beside it at %d, want 1, none and 0",
			docs[0].Version, docs[0].Body, docs[1].Version)
	}
}

func checkLeast(p *probe) {
	l, ok := p.store.(icpcode.Limited)
	if !ok {
		return
	}
	if n := l.MaxWrites(); n != 0 && n < leastWrites {
		p.Fatalf("MaxWrites returned %d", n)
	}
}

func checkLimit(p *probe) {
	ch := icpcode.Change{Puts: []icpcode.Put{p.put(p.key(icpcode.KindReceipt), 0, 1)}}
	for len(ch.Puts)+len(ch.Events) < p.most-1 && len(ch.Puts) < usualPuts {
		p.write(&ch, p.code(), 0, 1, nil)
	}
	if len(ch.Puts) < usualPuts && len(ch.Puts)+len(ch.Events) < p.most {
		ch.Puts = append(ch.Puts, p.put(p.key(icpcode.KindLedger), 0, 1))
	}
	if err := p.store.Commit(p.ctx, tidy(ch)); err != nil {
		p.Fatalf("Commit of %d Puts and %d events returned %v", len(ch.Puts), len(ch.Events), err)
	}
	for _, put := range ch.Puts {
		if d := p.load(put.Key)[0]; d.Version != 1 {
			p.Fatalf("of a Change of %d Puts and %d events %v was not written", len(ch.Puts), len(ch.Events), put.Key)
		}
	}
}

// checkWholeCodes keeps codes of all forms. A store that parses what it kept
// as a person's input loses some.
func checkWholeCodes(p *probe) {
	for _, c := range []icpcode.Code{p.code(), opaque(p.id()), opaque("Ab-" + p.id() + "/备:{}"), opaque(strings.ToUpper(p.id()))} {
		var ch icpcode.Change
		receipt := p.put(p.key(icpcode.KindReceipt), 0, 1)
		receipt.Body.(*icpcode.Receipt).Result.Codes = []icpcode.Code{c}
		p.write(&ch, c, 0, 2, nil)
		ch.Puts = append(ch.Puts, receipt)
		p.commit(ch)
		p.holdsExactly(ch, c)
	}
}

// purged commits codes that were over at the beginning of time, so that no
// more than they are forgotten, and has them forgotten. It reports false over
// a store that forgets nothing.
func (p *probe) purged(edit ...func(*icpcode.Record)) (codes []icpcode.Code, ok bool) {
	p.Helper()
	s, ok := p.store.(icpcode.Purger)
	if !ok {
		return nil, false
	}
	for _, e := range edit {
		var ch icpcode.Change
		c := p.code()
		p.write(&ch, c, 0, 3, func(r *icpcode.Record) {
			r.State, r.Progress, r.Updated = icpcode.StateInvalid, nil, instants[0]
			e(r)
		})
		p.commit(ch)
		codes = append(codes, c)
	}
	for {
		n, err := s.PurgeEvents(p.ctx, instants[0].Add(time.Second), 1000)
		if err != nil {
			p.Fatalf("PurgeEvents: %v", err)
		}
		if n < 1000 {
			return codes, true
		}
	}
}

func checkPurgeSpares(p *probe) {
	state := func(s icpcode.State) func(*icpcode.Record) {
		return func(r *icpcode.Record) { r.State = s }
	}
	spared := []struct {
		what string
		edit func(*icpcode.Record)
	}{
		{"an Unbound code", state(icpcode.StateUnbound)},
		{"an Available code", state(icpcode.StateAvailable)},
		{"a Filing code", state(icpcode.StateFiling)},
		{"a Filed code whose filing has not ended", state(icpcode.StateFiled)},
		{"a code that was over later", func(r *icpcode.Record) { r.Updated = instants[3] }},
		{"a Filed code whose filing ended later", func(r *icpcode.Record) {
			r.State, r.Progress = icpcode.StateFiled, &icpcode.Progress{End: icpcode.EndCancelled, Ended: instants[3]}
		}},
	}
	edits := make([]func(*icpcode.Record), len(spared))
	for i := range spared {
		edits[i] = spared[i].edit
	}
	codes, ok := p.purged(edits...)
	if !ok {
		return
	}
	for i, c := range codes {
		if n := len(p.history(c)); n != 3 {
			p.Fatalf("PurgeEvents left %d of 3 events of %s", n, spared[i].what)
		}
	}
}

func checkPurgeGoesOn(p *probe) {
	codes, ok := p.purged(
		func(*icpcode.Record) {},
		func(r *icpcode.Record) { r.State = icpcode.StateRefunded },
		func(r *icpcode.Record) {
			r.State, r.Updated = icpcode.StateFiled, instants[3]
			r.Progress = &icpcode.Progress{End: icpcode.EndDeregistered, Ended: instants[0]}
		},
	)
	if !ok {
		return
	}
	for _, c := range codes {
		events, err := p.store.Events(p.ctx, icpcode.EventQuery{Code: c, Limit: 10})
		if err != nil || len(events) > 0 {
			p.Fatalf("Events returned %d events and error %v of a code whose history was purged, want none", len(events), err)
		}
		if d := p.load(recordKey(c))[0]; d.Version != 3 {
			p.Fatalf("PurgeEvents left version %d of a record, want 3", d.Version)
		}
		var ch icpcode.Change
		p.write(&ch, c, 3, 4, nil)
		p.commit(ch)
		events, err = p.store.Events(p.ctx, icpcode.EventQuery{Code: c, Limit: 10})
		if err != nil {
			p.Fatalf("Events: %v", err)
		}
		p.same("the history that goes on after a purge", events, ch.Events)
		again := icpcode.Change{Events: []icpcode.Event{p.event(c, 4)}}
		p.refuse(fmt.Sprintf("event %d written again after a purge", 4), again)
	}
}

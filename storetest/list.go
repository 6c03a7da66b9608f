package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/icpcode/icpcode"
)

// indexes are those that have values.
var indexes = [...]icpcode.Index{
	icpcode.ByOwner, icpcode.ByHolder, icpcode.ByGrantee, icpcode.ByInstance, icpcode.ByICPNumber, icpcode.ByService,
}

// apart are those under which a record can have a value alone: what it has
// under ByGrantee, it has under ByHolder, too.
var apart = [...]icpcode.Index{
	icpcode.ByOwner, icpcode.ByHolder, icpcode.ByInstance, icpcode.ByICPNumber, icpcode.ByService,
}

// setIndex makes r have value under the index by.
func setIndex(r *icpcode.Record, by icpcode.Index, value string) {
	switch by {
	case icpcode.ByOwner:
		r.Owner = icpcode.AccountID(value)
	case icpcode.ByHolder:
		r.Grantee = icpcode.AccountID(value)
	case icpcode.ByInstance:
		r.InstanceID = icpcode.InstanceID(value)
	case icpcode.ByICPNumber:
		r.Filing.ICPNumber = value
	case icpcode.ByService:
		r.Filing.Domain, r.Filing.App = value, ""
	}
}

// listed checks that q lists exactly the given codes, in any order.
func (p *probe) listed(what string, q icpcode.Query, want ...icpcode.Code) {
	p.Helper()
	records := p.list(q)
	got := make([]icpcode.Code, len(records))
	for i := range records {
		got[i] = records[i].Code
	}
	slices.SortFunc(got, icpcode.Code.Compare)
	slices.SortFunc(want, icpcode.Code.Compare)
	if !slices.Equal(got, want) {
		missing, extra := 0, len(got)-len(slices.Compact(slices.Clone(got)))
		for _, c := range want {
			if !slices.Contains(got, c) {
				missing++
			}
		}
		p.Fatalf("%s: List by %v, %d on a page, returned %d records of %d: %d are missing, %d came more than once",
			what, q.By, q.Limit, len(got), len(want), missing, extra)
	}
}

func checkListIndexes(p *probe) {
	value, other := p.id(), p.id()
	for _, by := range apart {
		var codes []icpcode.Code
		for i := range 6 {
			// Three have the value under this index, one under each other, and
			// two have nothing to do with it.
			var ch icpcode.Change
			c := p.code()
			p.write(&ch, c, 0, 1, func(r *icpcode.Record) {
				switch {
				case i < 3:
					setIndex(r, by, value)
				case i == 3:
					for _, b := range apart {
						setIndex(r, b, other)
					}
				}
			})
			p.commit(ch)
			if i < 3 {
				codes = append(codes, c)
			}
		}
		var ch icpcode.Change
		for _, b := range apart {
			if b == by {
				continue
			}
			p.write(&ch, p.code(), 0, 1, func(r *icpcode.Record) { setIndex(r, b, value+"x") })
		}
		p.commit(ch)
		p.listed("three records have the value", icpcode.Query{By: by, Value: value, Limit: 10}, codes...)
		p.listed("other records have the value under other indexes", icpcode.Query{By: by, Value: value + "x", Limit: 10})
		p.listed("no record has the value", icpcode.Query{By: by, Value: p.id(), Limit: 10})
		value = p.id()
	}

	// One value, the same text under all indexes, of different records.
	same := p.id()
	var ch icpcode.Change
	var codes []icpcode.Code
	for _, by := range apart {
		codes = append(codes, p.code())
		p.write(&ch, codes[len(codes)-1], 0, 1, func(r *icpcode.Record) { setIndex(r, by, same) })
	}
	p.commit(ch)
	for i, by := range apart {
		p.listed("each of five records has the value under one index", icpcode.Query{By: by, Value: same, Limit: 10}, codes[i])
	}
}

func checkListPages(p *probe) {
	const n = 23
	owner := icpcode.AccountID(p.id())
	instance, number, service := p.id(), p.id(), p.id()
	var all, filing []icpcode.Code
	for i := range n {
		c := p.code()
		if i%3 == 0 {
			c = opaque(p.id())
		}
		var ch icpcode.Change
		p.write(&ch, c, 0, 1, func(r *icpcode.Record) {
			r.Owner, r.Grantee = owner, ""
			r.InstanceID, r.Filing.ICPNumber, r.Filing.Domain = icpcode.InstanceID(instance), number, service
			r.Issued, r.Updated = instants[3], instants[3] // all at once, as a batch is
			r.State = icpcode.StateAvailable
			if i%4 == 0 {
				r.State = icpcode.StateFiling
			}
		})
		p.commit(ch)
		all = append(all, c)
		if i%4 == 0 {
			filing = append(filing, c)
		}
	}
	for _, by := range apart {
		value := map[icpcode.Index]string{
			icpcode.ByOwner: string(owner), icpcode.ByHolder: string(owner), icpcode.ByInstance: instance,
			icpcode.ByICPNumber: number, icpcode.ByService: service,
		}[by]
		for _, limit := range []int{1, 2, 3, 7, n - 1, n, n + 1, 1000} {
			p.listed("page by page", icpcode.Query{By: by, Value: value, Limit: limit}, all...)
			p.listed("page by page, by state", icpcode.Query{By: by, Value: value, State: icpcode.StateFiling, Limit: limit}, filing...)
		}
	}
}

// checkListGrantee lists what an account received, which holds as many codes of
// its own.
func checkListGrantee(p *probe) {
	account, other := icpcode.AccountID(p.id()), icpcode.AccountID(p.id())
	var received, filing, held []icpcode.Code
	for i := range 12 {
		c := p.code()
		var ch icpcode.Change
		p.write(&ch, c, 0, 1, func(r *icpcode.Record) {
			r.Owner, r.Grantee, r.State = account, "", icpcode.StateAvailable
			if i%3 == 1 {
				r.Owner, r.Grantee = other, account
			}
			if i%3 == 2 {
				r.Grantee = other
			}
			if i%2 == 0 {
				r.State = icpcode.StateFiling
			}
		})
		p.commit(ch)
		if i%3 < 2 {
			held = append(held, c)
		}
		if i%3 == 1 {
			received = append(received, c)
			if i%2 == 0 {
				filing = append(filing, c)
			}
		}
	}
	for _, limit := range []int{1, 2, 4, 1000} {
		p.listed("of twelve records the account is the grantee of four", icpcode.Query{By: icpcode.ByGrantee, Value: string(account), Limit: limit}, received...)
		p.listed("and two of these are being filed",
			icpcode.Query{By: icpcode.ByGrantee, Value: string(account), State: icpcode.StateFiling, Limit: limit}, filing...)
		p.listed("it holds four more", icpcode.Query{By: icpcode.ByHolder, Value: string(account), Limit: limit}, held...)
	}
}

func checkListState(p *probe) {
	c, owner := p.code(), icpcode.AccountID(p.id())
	states := []icpcode.State{
		icpcode.StateUnbound, icpcode.StateAvailable, icpcode.StateFiling, icpcode.StateAvailable, icpcode.StateFiling,
		icpcode.StateFiled, icpcode.StateRefunded, icpcode.StateInvalid,
	}
	instance, number := p.id(), p.id()
	for v, now := range states {
		var ch icpcode.Change
		p.write(&ch, c, uint64(v), uint64(v)+1, func(r *icpcode.Record) {
			r.Owner, r.Grantee, r.State = owner, "", now
			r.InstanceID, r.Filing.ICPNumber, r.Filing.Domain = icpcode.InstanceID(instance), number, number
		})
		p.commit(ch)
		for _, q := range []icpcode.Query{
			{By: icpcode.ByOwner, Value: string(owner)}, {By: icpcode.ByHolder, Value: string(owner)},
			{By: icpcode.ByInstance, Value: instance}, {By: icpcode.ByICPNumber, Value: number}, {By: icpcode.ByService, Value: number},
		} {
			q.Limit = 10
			for state := icpcode.StateUnbound; state <= icpcode.StateInvalid; state++ {
				q.State = state
				if state == now {
					p.listed("the state asked for", q, c)
				} else {
					p.listed("another state than the code's", q)
				}
			}
		}
	}
}

func checkListMoved(p *probe) {
	c := p.code()
	var at uint64
	step := func(edit func(*icpcode.Record)) {
		p.Helper()
		var ch icpcode.Change
		p.write(&ch, c, at, at+1, edit)
		p.commit(ch)
		at++
	}
	owner, grantee := p.id(), p.id()
	record := icpcode.Record{}
	set := func(r *icpcode.Record) {
		r.Owner, r.Grantee, r.InstanceID, r.State = icpcode.AccountID(owner), record.Grantee, record.InstanceID, icpcode.StateAvailable
		r.Filing = record.Filing
	}
	expect := func(when string, by icpcode.Index, value string, found bool) {
		p.Helper()
		for _, state := range []icpcode.State{icpcode.StateNone, icpcode.StateAvailable} {
			q := icpcode.Query{By: by, Value: value, State: state, Limit: 10}
			if found {
				p.listed(when, q, c)
			} else {
				p.listed(when, q)
			}
		}
	}

	step(set)
	expect("before the grant", icpcode.ByHolder, owner, true)
	expect("before the grant", icpcode.ByHolder, grantee, false)
	expect("before the grant", icpcode.ByGrantee, owner, false)
	expect("before the grant", icpcode.ByGrantee, grantee, false)
	expect("before the grant", icpcode.ByOwner, owner, true)
	record.Grantee = icpcode.AccountID(grantee)
	step(set)
	expect("after the grant", icpcode.ByHolder, owner, false)
	expect("after the grant", icpcode.ByHolder, grantee, true)
	expect("after the grant", icpcode.ByGrantee, owner, false)
	expect("after the grant", icpcode.ByGrantee, grantee, true)
	expect("after the grant", icpcode.ByOwner, owner, true)
	expect("after the grant", icpcode.ByOwner, grantee, false)

	instance := p.id()
	expect("before it was bound", icpcode.ByInstance, instance, false)
	record.InstanceID = icpcode.InstanceID(instance)
	step(set)
	expect("after it was bound", icpcode.ByInstance, instance, true)

	number, domain := p.id(), p.id()
	record.Filing = &icpcode.Filing{Kind: icpcode.FilingFirst, Domain: domain + ".CN.", Subject: "1"}
	step(set)
	expect("before approval", icpcode.ByICPNumber, number, false)
	expect("after it was filed", icpcode.ByService, domain+".cn", true)
	expect("after it was filed", icpcode.ByService, domain+".CN.", false)
	record.Filing = &icpcode.Filing{Kind: icpcode.FilingFirst, App: domain, Subject: "1", ICPNumber: number}
	step(set)
	expect("after another service was filed", icpcode.ByService, domain+".cn", false)
	expect("after another service was filed", icpcode.ByService, "app:"+domain, true)
	expect("after approval", icpcode.ByICPNumber, number, true)
	second := p.id()
	record.Filing = &icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "1", ICPNumber: second}
	step(set)
	expect("after the number changed", icpcode.ByICPNumber, number, false)
	expect("after the number changed", icpcode.ByICPNumber, second, true)
	record.Filing = nil
	step(set)
	expect("after the filing was dropped", icpcode.ByICPNumber, second, false)
	expect("after the filing was dropped", icpcode.ByService, "example.cn", false)
	expect("after everything", icpcode.ByHolder, grantee, true)
	expect("after everything", icpcode.ByGrantee, grantee, true)
	expect("after everything", icpcode.ByInstance, instance, true)
}

func checkListWithout(p *probe) {
	var codes []icpcode.Code
	for _, strip := range []func(*icpcode.Record){
		func(r *icpcode.Record) { r.Grantee = "" },
		func(r *icpcode.Record) { r.InstanceID = "" },
		func(r *icpcode.Record) { r.Filing = nil },
		func(r *icpcode.Record) { r.Filing.ICPNumber, r.Filing.Domain, r.Filing.App = "", "", "" },
	} {
		c := p.code()
		var ch icpcode.Change
		p.write(&ch, c, 0, 1, strip)
		p.commit(ch)
		codes = append(codes, c)
	}
	for _, by := range []icpcode.Index{icpcode.ByGrantee, icpcode.ByInstance, icpcode.ByICPNumber, icpcode.ByService} {
		q := icpcode.Query{By: by, Limit: 1000}
		for _, r := range p.list(q) {
			if slices.Contains(codes, r.Code) || by.Of(&r) == "" {
				p.Fatalf("List by %v returned a record that has none", by)
			}
		}
	}
}

func checkListRacing(p *probe) {
	const rounds = 200
	c, owner, grantee := p.code(), p.id(), p.id()
	met, found := 0, 0
	version := uint64(0)
	// At even versions the code is the owner's and Available, at odd ones the
	// grantee's and Filing.
	step := func(ctx context.Context) error {
		var ch icpcode.Change
		p.write(&ch, c, version, version+1, func(r *icpcode.Record) {
			r.Owner, r.Grantee, r.State = icpcode.AccountID(owner), "", icpcode.StateAvailable
			if version%2 == 0 {
				r.Grantee, r.State = icpcode.AccountID(grantee), icpcode.StateFiling
			}
		})
		version++
		return commit(ctx, p.store, ch)
	}
	for round := range rounds {
		q := icpcode.Query{By: icpcode.ByHolder, Value: owner, State: icpcode.StateAvailable, Limit: 10}
		if round/2%2 == 1 {
			q.Value, q.State = grantee, icpcode.StateFiling
		}
		var errs [2]error
		var records []icpcode.Record
		if p.meet(round,
			func(ctx context.Context) { errs[0] = step(ctx) },
			func(ctx context.Context) { records, errs[1] = list(ctx, p.store, q, nil) },
		) {
			met++
		}
		if err := errors.Join(errs[:]...); err != nil {
			p.Fatalf("%v", err)
		}
		for i := range records {
			r := &records[i]
			found++
			if string(r.Holder()) != q.Value || r.State != q.State || (r.Version%2 == 1) != (r.State == icpcode.StateFiling) {
				p.Fatalf("List by the holder %q in state %v returned a record of holder %q in state %v, at version %d",
					q.Value, q.State, r.Holder(), r.State, r.Version)
			}
		}
	}
	p.contended(met, rounds)
	if found == 0 {
		p.Fatalf("no listing of %d found the record at all", rounds)
	}
}

func checkListLimit(p *probe) {
	const n = 1010
	owner := p.id()
	var codes []icpcode.Code
	for len(codes) < n {
		var ch icpcode.Change
		for range n / 2 {
			codes = append(codes, p.code())
			p.write(&ch, codes[len(codes)-1], 0, 1, func(r *icpcode.Record) { r.Owner = icpcode.AccountID(owner) })
		}
		p.commit(ch)
	}
	for _, limit := range []int{1, 3, 999, 1000} {
		q := icpcode.Query{By: icpcode.ByOwner, Value: owner, Limit: limit}
		for range 3 {
			page, err := p.store.List(p.ctx, q)
			if err != nil {
				p.Fatalf("List: %v", err)
			}
			if len(page.Records) > limit {
				p.Fatalf("List returned %d records on a page of at most %d", len(page.Records), limit)
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
	}
	p.listed("more records than the largest page holds", icpcode.Query{By: icpcode.ByOwner, Value: owner, Limit: 1000}, codes...)
}

func checkListAcknowledged(p *probe) {
	owner := p.id()
	var at uint64
	c := p.code()
	for i := range 50 {
		fresh := p.code()
		var ch icpcode.Change
		holder := p.id()
		p.write(&ch, c, at, at+1, func(r *icpcode.Record) {
			r.Owner, r.Grantee = icpcode.AccountID(owner), icpcode.AccountID(holder)
		})
		at++
		p.write(&ch, fresh, 0, 1, func(r *icpcode.Record) { r.Owner = icpcode.AccountID(owner) })
		p.together(func() error { return commit(p.ctx, p.store, ch) })
		p.together(
			func() error {
				records, err := list(p.ctx, p.store, icpcode.Query{By: icpcode.ByOwner, Value: owner, Limit: 1000}, nil)
				if err != nil {
					return err
				}
				for _, r := range records {
					if r.Code == c && r.Version != at {
						return fmt.Errorf("List returned version %d of a record, after the Commit of version %d had returned", r.Version, at)
					}
				}
				if !slices.ContainsFunc(records, func(r icpcode.Record) bool { return r.Code == fresh }) || len(records) != i+2 {
					return fmt.Errorf("List returned %d records of the %d whose Commits had returned", len(records), i+2)
				}
				return nil
			},
			func() error {
				records, err := list(p.ctx, p.store, icpcode.Query{By: icpcode.ByHolder, Value: holder, Limit: 10}, nil)
				if err == nil && len(records) != 1 {
					err = fmt.Errorf("List returned %d records of a holder, after the Commit that made it one had returned", len(records))
				}
				return err
			},
		)
	}
}

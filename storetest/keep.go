package storetest

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
)

func checkWholeBodies(p *probe) {
	for _, k := range kinds {
		if k == icpcode.KindAcquaintance {
			met := p.put(p.key(k), 0, 1)
			p.commit(icpcode.Change{Puts: []icpcode.Put{met}})
			p.same("an acquaintance", p.load(met.Key)[0], met.Document)
			continue
		}
		full := p.put(p.key(k), 0, 1)
		// The least that a body can hold is not the same as no body.
		empty := icpcode.Put{Document: icpcode.Document{Key: p.key(k), Version: 1, Body: icpcode.NewBody(k)}}
		switch b := empty.Body.(type) {
		case *icpcode.Record:
			b.Code, b.Version = empty.Key.Code, empty.Version
			b.State, b.Last, b.Owner = icpcode.StateAvailable, icpcode.ActionIssue, icpcode.AccountID(p.id())
			b.Issued, b.Updated = instants[3], instants[3]
		case *icpcode.Receipt:
			b.Result.RequestID, b.Result.Action, b.Result.At = empty.Key.B, icpcode.ActionIssue, instants[3]
		}
		ch := icpcode.Change{Puts: []icpcode.Put{full, empty}}
		for _, put := range ch.Puts {
			if k == icpcode.KindRecord {
				ch.Events = append(ch.Events, p.event(put.Key.Code, 1))
			}
		}
		p.commit(ch)
		p.same("a document with every field set", p.load(full.Key)[0], full.Document)
		p.same("a document with hardly any field set", p.load(empty.Key)[0], empty.Document)

		// What is written over a document leaves nothing of the old one.
		again := icpcode.Change{Puts: []icpcode.Put{full}}
		again.Puts[0].Expect, again.Puts[0].Version, again.Puts[0].Body = 1, 2, empty.Body
		if k == icpcode.KindRecord {
			r := *empty.Body.(*icpcode.Record)
			r.Code, r.Version, r.Issued = full.Key.Code, 2, full.Body.(*icpcode.Record).Issued
			again.Puts[0].Body = &r
			again.Events = []icpcode.Event{p.event(r.Code, 2)}
		}
		p.commit(again)
		p.same("a document with hardly any field set, written over a full one", p.load(full.Key)[0], again.Puts[0].Document)
	}
}

// long returns a text of n bytes, most of them in characters of three.
func (p *probe) long(n int) string {
	s := p.id()
	s += strings.Repeat("备", (n-len(s))/3)
	return s + strings.Repeat("x", n-len(s))
}

func checkWholeLargest(p *probe) {
	partners := p.put(icpcode.Key{Kind: icpcode.KindGrantees, A: p.long(128), Year: 2026}, 0, 1)
	receipt := p.put(icpcode.Key{Kind: icpcode.KindReceipt, A: p.long(128), B: p.long(128)}, 0, 1)
	accounts, result := partners.Body.(*icpcode.Partners), &receipt.Body.(*icpcode.Receipt).Result
	accounts.Accounts, result.Codes = nil, nil
	for range 1000 {
		accounts.Accounts = append(accounts.Accounts, icpcode.AccountID(p.long(128)))
		result.Codes = append(result.Codes, opaque(p.long(64)))
	}
	ch := icpcode.Change{Puts: []icpcode.Put{partners, receipt}}
	c := opaque(p.long(64))
	var filing icpcode.Filing
	p.write(&ch, c, 0, 1, func(r *icpcode.Record) {
		r.Owner, r.Grantee = icpcode.AccountID(p.long(128)), icpcode.AccountID(p.long(128))
		r.InstanceID, r.Product = icpcode.InstanceID(p.long(128)), icpcode.Product(p.long(128))
		r.Remark, r.Reason = p.long(256), p.long(256)
		r.Progress.EndReason, r.Progress.Rejection, r.Progress.Successor = p.long(256), p.long(2000), opaque(p.long(64))
		filing = *r.Filing
		// Four labels of 54 characters each, four bytes long.
		filing.Domain = strings.Repeat("xn--j50i"+strings.Repeat("a", 53)+".", 4)
		filing.App, filing.Subject, filing.ICPNumber = p.long(128), p.long(128), p.long(128)
		for len(filing.IPs) < 256 {
			filing.IPs = append(filing.IPs, filing.IPs[0].Next())
		}
		r.Filing = &filing
	})
	e := &ch.Events[0]
	e.Actor, e.RequestID, e.Owner, e.Grantee = icpcode.AccountID(p.long(128)), p.long(128), icpcode.AccountID(p.long(128)), icpcode.AccountID(p.long(128))
	e.InstanceID, e.Product = icpcode.InstanceID(p.long(128)), icpcode.Product(p.long(128))
	e.Remark, e.Reason, e.Filing = p.long(256), p.long(256), &filing
	e.Step.Rejection, e.Step.Corrected, e.Step.Successor = p.long(2000), p.long(128), opaque(p.long(64))
	p.commit(ch)
	p.holds(ch)
}

func checkWholeRecords(p *probe) {
	var ch icpcode.Change
	p.write(&ch, p.code(), 0, 1, nil)
	p.commit(ch)
	want := ch.Puts[0].Body.(*icpcode.Record)
	for _, by := range indexes {
		p.same("a record listed by "+by.String(), p.list(icpcode.Query{By: by, Value: by.Of(want), Limit: 10}), []icpcode.Record{*want})
	}
}

func checkWholeEvents(p *probe) {
	var ch icpcode.Change
	c := p.code()
	p.write(&ch, c, 0, 2, nil)
	// The second is as bare as an event can be.
	ch.Events[1] = icpcode.Event{Code: c, Seq: 2, At: ch.Events[0].At, Action: icpcode.ActionVoid, Actor: "operator", RequestID: p.id()}
	p.commit(ch)
	p.same("the history of a code", p.history(c), ch.Events)
}

// instants are the first and the last that the library handles, and some that
// are lost where a column, a float or a time zone is not up to them.
var instants = [...]time.Time{
	time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(2000, 1, 1, 0, 0, 0, 1000, time.UTC),
	time.Date(2023, 12, 31, 15, 59, 59, 999_999_000, time.UTC), // a microsecond before the year ends in Shanghai
	time.Date(2024, 2, 29, 23, 59, 59, 123_457_000, time.UTC),
	time.Date(2025, 3, 30, 1, 30, 0, 500_000_000, time.UTC), // in the hour that is skipped in Europe
	time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),           // beyond 32 bits
	time.Date(2262, 4, 11, 23, 47, 17, 0, time.UTC),         // beyond 64 bits of nanoseconds
	time.Date(9998, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
}

func checkInstants(p *probe) {
	for _, at := range instants {
		ledger, receipt := p.put(p.key(icpcode.KindLedger), 0, 1), p.put(p.key(icpcode.KindReceipt), 0, 1)
		ledger.Body.(*icpcode.Ledger).ClosedAt = at
		receipt.Body.(*icpcode.Receipt).Result.At = at
		ch := icpcode.Change{Puts: []icpcode.Put{ledger, receipt}}
		c := p.code()
		p.write(&ch, c, 0, 1, func(r *icpcode.Record) { r.Issued, r.Granted, r.Updated = at, at, at })
		ch.Events[0].At, ch.Events[0].Issued, ch.Events[0].Granted = at, at, at
		p.commit(ch)
		p.holdsExactly(ch, c)
	}
}

func checkMoney(p *probe) {
	for _, amount := range []string{
		"0.01", "0.1", "12.50", "99.99", "1234567.89", "9007199254740993.01", "9999999999999999.99",
	} {
		money := icpcode.Money{Amount: decimal.RequireFromString(amount), Currency: "CNY"}
		receipt := p.put(p.key(icpcode.KindReceipt), 0, 1)
		receipt.Body.(*icpcode.Receipt).Result.Money = money
		ch := icpcode.Change{Puts: []icpcode.Put{receipt}}
		c := p.code()
		p.write(&ch, c, 0, 1, func(r *icpcode.Record) { r.Paid, r.Refunded = money, money })
		ch.Events[0].Paid, ch.Events[0].Refund = money, money
		p.commit(ch)
		p.holdsExactly(ch, c)
	}
}

// holdsExactly checks every way to read what ch, with one code, has written.
func (p *probe) holdsExactly(ch icpcode.Change, c icpcode.Code) {
	p.Helper()
	for _, put := range ch.Puts {
		p.same("the document that was committed", p.load(put.Key)[0], put.Document)
		if r, ok := put.Body.(*icpcode.Record); ok {
			p.same("the record that List returns", p.list(icpcode.Query{By: icpcode.ByOwner, Value: string(r.Owner), Limit: 10}), []icpcode.Record{*r})
		}
	}
	p.same("the history that was committed", p.history(c), ch.Events)
}

// twice makes the same thing two times, so that one can be spoilt.
func twice[T any](p *probe, f func() T) (a, b T) {
	n := p.n.Load()
	a = f()
	p.n.Store(n)
	return a, f()
}

func checkSharingGiven(p *probe) {
	type given struct {
		Keys   []icpcode.Key
		Change icpcode.Change
	}
	g, want := twice(p, func() given {
		var g given
		for _, k := range kinds {
			key := p.key(k)
			g.Keys = append(g.Keys, key)
			switch k {
			case icpcode.KindRecord:
				p.write(&g.Change, key.Code, 0, 2, nil)
			default:
				g.Change.Puts = append(g.Change.Puts, p.put(key, 0, 1))
			}
		}
		slices.Reverse(g.Keys)
		tidy(g.Change)
		return g
	})
	p.commit(g.Change)
	p.load(g.Keys...)
	p.same("what was given to Load and Commit, after they returned,", g, want)
	wipe(reflect.ValueOf(&g).Elem())
	p.holds(want.Change)
}

func checkSharingReturned(p *probe) {
	w := p.world()
	p.commit(w.base)
	p.commit(w.next)
	// Text shares nothing with the store.
	picture := func() string {
		p.Helper()
		text, err := json.MarshalIndent(p.look(w), "", "  ")
		if err != nil {
			p.Fatalf("%v", err)
		}
		return string(text)
	}
	before := picture()
	spoil := func(method string, returned any, err error) {
		p.Helper()
		if err != nil {
			p.Fatalf("%s: %v", method, err)
		}
		wipe(reflect.ValueOf(returned))
		p.same("what the store returns, after what "+method+" returned was overwritten,", picture(), before)
	}
	docs, err := p.store.Load(p.ctx, w.keys...)
	spoil("Load", docs, err)
	for _, q := range w.queries {
		page, err := p.store.List(p.ctx, q)
		spoil("List", page.Records, err)
	}
	for _, c := range w.codes {
		events, err := p.store.Events(p.ctx, icpcode.EventQuery{Code: c, Limit: 10})
		spoil("Events", events, err)
	}
}

package ruletest

import (
	"slices"

	"github.com/icpcode/icpcode"
)

// document returns what the store must have under a key: nil for nothing.
func (m *model) document(k icpcode.Key) (body icpcode.Body, exists bool) {
	switch k.Kind {
	case icpcode.KindLedger:
		l := m.ledgers[icpcode.InstanceID(k.A)]
		return l, l != nil
	case icpcode.KindAccountLedger:
		n := m.accounts[accountProduct{icpcode.AccountID(k.A), icpcode.Product(k.B)}]
		return &icpcode.Ledger{Issued: n}, n > 0 && m.countedPerAccount(icpcode.Product(k.B))
	case icpcode.KindGrantees, icpcode.KindGranters:
		p := m.partners[partnersOf{k.Kind == icpcode.KindGranters, icpcode.AccountID(k.A), k.Year}]
		return &icpcode.Partners{Accounts: p}, len(p) > 0
	case icpcode.KindAcquaintance:
		return nil, m.met[pair{icpcode.AccountID(k.A), icpcode.AccountID(k.B)}]
	case icpcode.KindRecord:
		r := m.codes[k.Code]
		return r, r != nil
	}
	r, ok := m.receipts[receiptOf{icpcode.AccountID(k.A), k.B}]
	return &icpcode.Receipt{Result: r.res}, ok
}

// compare checks that the store has under keys what the model has. O is what
// was done last, if anything.
func (w *world) compare(o *op, keys []icpcode.Key) {
	for len(keys) > 0 {
		some := keys[:min(len(keys), 500)]
		keys = keys[len(some):]
		docs, err := w.store.Load(w.ctx, some...)
		if err != nil || len(docs) != len(some) {
			w.Fatalf("%d documents of %d were loaded: %v", len(docs), len(some), err)
			return
		}
		for i := range docs {
			w.compareOne(o, some[i], &docs[i])
		}
	}
}

func (w *world) compareOne(o *op, k icpcode.Key, d *icpcode.Document) {
	want, exists := w.model.document(k)
	if d.Key != k || exists != (d.Version > 0) {
		w.fail(o, "the document %+v exists: %v, want %v", k, d.Version > 0, exists)
	}
	if !exists {
		return
	}
	switch want := want.(type) {
	case *icpcode.Ledger:
		got, ok := d.Body.(*icpcode.Ledger)
		if !ok || got.Issued != want.Issued || got.Attached != want.Attached || got.Closed != want.Closed ||
			!got.ClosedAt.Equal(want.ClosedAt) || got.Reason != want.Reason {
			w.fail(o, "the ledger %+v is %+v, want %+v", k, d.Body, *want)
		}
	case *icpcode.Partners:
		got, ok := d.Body.(*icpcode.Partners)
		if !ok || !slices.Equal(got.Accounts, want.Accounts) {
			w.fail(o, "the partners %+v are %+v, want %+v", k, d.Body, *want)
		}
	case *icpcode.Record:
		got, ok := d.Body.(*icpcode.Record)
		if !ok || !sameRecord(got, want) || d.Version != want.Version {
			w.fail(o, "the record at version %d is\n%+v %+v, want\n%+v %+v", d.Version, d.Body, filing(got), *want, filing(want))
			return
		}
		w.auditCode(o, got)
	case *icpcode.Receipt:
		got, ok := d.Body.(*icpcode.Receipt)
		if !ok || !sameResult(&got.Result, &want.Result) {
			w.fail(o, "the receipt %+v is %+v, want %+v", k, d.Body, *want)
		}
	}
}

func filing(r *icpcode.Record) any {
	if r == nil || r.Filing == nil {
		return nil
	}
	return *r.Filing
}

// auditCode checks that a record is what its events add up to, and that its
// events tell the life of a code: each by whom it may be, from where it may
// be, and nothing after the end.
func (w *world) auditCode(o *op, r *icpcode.Record) {
	events, err := w.store.Events(w.ctx, icpcode.EventQuery{Code: r.Code, Limit: 1000})
	if err != nil {
		w.Fatalf("%v", err)
	}
	if replayed, err := icpcode.RecordOf(events); err != nil || !sameRecord(&replayed, r) {
		w.fail(o, "the events add up to\n%+v %+v (%v), the record is\n%+v %+v", replayed, filing(&replayed), err, *r, filing(r))
	}
	if r.Version != uint64(len(events)) {
		w.fail(o, "the record has version %d after %d events", r.Version, len(events))
	}
	if v, ended := w.ended[r.Code]; ended && v != r.Version {
		w.fail(o, "something happened to a code after its end: it was at version %d, and is %+v", v, *r)
	}
	if terminal(r.State) && r.State != icpcode.StateFiled {
		w.ended[r.Code] = r.Version
	}
	state, owner, grantee := icpcode.StateNone, r.Owner, icpcode.AccountID("")
	ends := 0
	for i := range events {
		e := &events[i]
		if e.Action == icpcode.ActionEnd {
			ends++
		}
		if e.Seq != uint64(i)+1 || e.Code != r.Code || e.From != state || !leads(e.Action, e.From, e.To) {
			w.fail(o, "event %d is %+v in state %v", i+1, *e, state)
		}
		state = e.To
		may := e.Actor == owner
		switch e.Action {
		case icpcode.ActionSubmit, icpcode.ActionResubmit:
			// FIL-HOLDER
			may = grantee == "" && e.Actor == owner || grantee != "" && e.Actor == grantee
		case icpcode.ActionRelease, icpcode.ActionForfeit:
			may = e.Actor == w.operator || grantee == "" && e.Actor == owner || grantee != "" && e.Actor == grantee
		case icpcode.ActionApprove, icpcode.ActionReject, icpcode.ActionStage, icpcode.ActionEnd, icpcode.ActionCorrect, icpcode.ActionVoid, icpcode.ActionImport, icpcode.ActionCloseRefund, icpcode.ActionCloseRelease:
			may = e.Actor == w.operator
		}
		if !may {
			w.fail(o, "%q may not %v the code of %q, granted to %q", e.Actor, e.Action, owner, grantee)
		}
		if e.Grantee != "" {
			if grantee != "" || e.Grantee == owner {
				w.fail(o, "the code of %q was granted to %q, then to %q (GRT-ONCE)", owner, grantee, e.Grantee)
			}
			grantee = e.Grantee
		}
	}
	if ends > 1 || ends == 0 && ended(r) {
		w.fail(o, "the filing of a code ended %d times, and its record says %+v (LIF-END)", ends, r.Progress)
	}
}

// audit checks all documents that there can be, and counts again from the
// records in the store alone.
func (w *world) audit() {
	w.compare(nil, w.everything())
	w.recount()
}

// everything lists the keys of all documents that there can be.
func (w *world) everything() []icpcode.Key {
	m := w.model
	var keys []icpcode.Key
	for id := range w.byID {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindLedger, A: string(id)})
	}
	for _, c := range append([]icpcode.Code{w.nowhere}, m.order...) {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindRecord, Code: c})
	}
	accounts := append(slices.Clone(w.everyone), w.passive[:2]...)
	y := year(micro(w.now))
	for _, a := range accounts {
		for _, p := range w.products {
			keys = append(keys, icpcode.Key{Kind: icpcode.KindAccountLedger, A: string(a), B: string(p)})
		}
		for _, y := range []int{y - 1, y, y + 1} {
			keys = append(keys, icpcode.Key{Kind: icpcode.KindGrantees, A: string(a), Year: y}, icpcode.Key{Kind: icpcode.KindGranters, A: string(a), Year: y})
		}
		for _, b := range accounts {
			keys = append(keys, icpcode.Key{Kind: icpcode.KindAcquaintance, A: string(a), B: string(b)})
		}
	}
	for k := range m.partners {
		kind := icpcode.KindGrantees
		if k.granters {
			kind = icpcode.KindGranters
		}
		keys = append(keys, icpcode.Key{Kind: kind, A: string(k.account), Year: k.year})
	}
	for p := range m.met {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindAcquaintance, A: string(p.granter), B: string(p.grantee)})
	}
	for r := range m.receipts {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindReceipt, A: string(r.actor), B: r.id})
	}
	slices.SortFunc(keys, icpcode.Key.Compare)
	return slices.Compact(keys)
}

// recount counts over the records in the store: ledgers equal counts over
// codes, partners equal counterparties, money in equals money out and money
// held. It does not look at what the model kept.
func (w *world) recount() {
	ledgers := map[icpcode.InstanceID]icpcode.Ledger{}
	accounts := map[accountProduct]int{}
	partners := map[partnersOf][]icpcode.AccountID{}
	met := map[pair]bool{}
	held := map[string]int64{}
	for _, c := range w.model.order {
		r := w.record(c)
		if r.InstanceID != "" {
			l := ledgers[r.InstanceID]
			l.Attached++
			if r.Origin != icpcode.OriginPaid || w.model.version(r.RuleSetVersion).Life.PaidUsesQuota {
				l.Issued++
				accounts[accountProduct{r.Owner, r.Product}]++
			}
			ledgers[r.InstanceID] = l
		}
		if r.Grantee != "" {
			y := year(r.Granted)
			for _, side := range []struct {
				of    partnersOf
				other icpcode.AccountID
			}{{partnersOf{false, r.Owner, y}, r.Grantee}, {partnersOf{true, r.Grantee, y}, r.Owner}} {
				if !slices.Contains(partners[side.of], side.other) {
					partners[side.of] = append(partners[side.of], side.other)
				}
			}
			met[pair{r.Owner, r.Grantee}] = true
		}
		if !r.Refunded.IsZero() && !same(r.Refunded, r.Paid) {
			w.fail(nil, "a code was refunded %v, and %v was paid for it (PAY-REFUND)", r.Refunded, r.Paid)
		}
		held[r.Paid.Currency] += fen(r.Paid) - fen(r.Refunded)
	}
	for id, want := range ledgers {
		if got := load[icpcode.Ledger](w, icpcode.Key{Kind: icpcode.KindLedger, A: string(id)}); got == nil || got.Issued != want.Issued || got.Attached != want.Attached {
			w.fail(nil, "the ledger of %s is %+v; its codes count %d issued and %d attached", id, got, want.Issued, want.Attached)
		}
	}
	for k, want := range accounts {
		if !w.model.countedPerAccount(k.product) {
			continue
		}
		if got := load[icpcode.Ledger](w, icpcode.Key{Kind: icpcode.KindAccountLedger, A: string(k.account), B: string(k.product)}); got == nil || got.Issued != want {
			w.fail(nil, "the ledger of %q for %q is %+v; its codes count %d", k.account, k.product, got, want)
		}
	}
	for k, want := range partners {
		kind := icpcode.KindGrantees
		if k.granters {
			kind = icpcode.KindGranters
		}
		slices.Sort(want)
		if got := load[icpcode.Partners](w, icpcode.Key{Kind: kind, A: string(k.account), Year: k.year}); got == nil || !slices.Equal(got.Accounts, want) {
			w.fail(nil, "the partners of %+v are %+v; the codes say %q", k, got, want)
		}
	}
	if len(met) != len(w.model.met) {
		w.fail(nil, "%d pairs of accounts are acquainted; the codes say %d", len(w.model.met), len(met))
	}
	for _, cur := range []string{"CNY", "USD"} {
		if in, out := w.cashIn[cur], w.paid[cur]; in != out+held[cur] {
			w.fail(nil, "money in %s: %d came in, %d was paid back, and %d is held (in cents)", cur, in, out, held[cur])
		}
	}
}

func (w *world) record(c icpcode.Code) *icpcode.Record {
	r := load[icpcode.Record](w, icpcode.Key{Kind: icpcode.KindRecord, Code: c})
	if r == nil {
		w.fail(nil, "the record of a code is gone")
		return new(icpcode.Record)
	}
	return r
}

// load reads the body of one document from the store, nil if there is none.
func load[B any](w *world, k icpcode.Key) *B {
	docs, err := w.store.Load(w.ctx, k)
	if err != nil || len(docs) != 1 {
		w.Fatalf("%d documents of 1 were loaded: %v", len(docs), err)
		return nil
	}
	b, _ := any(docs[0].Body).(*B)
	return b
}

// same reports whether two amounts are. No money has no currency.
func same(a, b icpcode.Money) bool {
	return a.Amount.Equal(b.Amount) && (a.Currency == b.Currency || a.Amount.IsZero())
}

func sameRecord(a, b *icpcode.Record) bool {
	return a.Code == b.Code && a.Version == b.Version && a.State == b.State && a.Last == b.Last && a.Origin == b.Origin && a.Lapsed == b.Lapsed &&
		a.Owner == b.Owner && a.Grantee == b.Grantee && a.InstanceID == b.InstanceID && a.Product == b.Product &&
		a.RuleSetVersion == b.RuleSetVersion && a.Assumed == b.Assumed && a.ContractQuota == b.ContractQuota &&
		a.Issued.Equal(b.Issued) && a.Granted.Equal(b.Granted) && a.Updated.Equal(b.Updated) &&
		sameFiling(a.Filing, b.Filing) && same(a.Paid, b.Paid) && same(a.Refunded, b.Refunded) &&
		a.Remark == b.Remark && a.Reason == b.Reason && sameProgress(a.Progress, b.Progress)
}

func sameProgress(a, b *icpcode.Progress) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Stage == b.Stage && a.Staged.Equal(b.Staged) && a.Rejection == b.Rejection && a.Rejected.Equal(b.Rejected) &&
		a.End == b.End && a.Ended.Equal(b.Ended) && a.EndReason == b.EndReason && a.Successor == b.Successor
}

func sameFiling(a, b *icpcode.Filing) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == b.Kind && a.Domain == b.Domain && a.App == b.App && a.Subject == b.Subject &&
		slices.Equal(a.IPs, b.IPs) && a.ICPNumber == b.ICPNumber
}

func sameEvent(a, b *icpcode.Event) bool {
	return a.Code == b.Code && a.Seq == b.Seq && a.At.Equal(b.At) && a.Action == b.Action && a.Actor == b.Actor &&
		a.RequestID == b.RequestID && a.From == b.From && a.To == b.To && a.RuleSetVersion == b.RuleSetVersion && a.Assumed == b.Assumed &&
		a.Reason == b.Reason && a.Owner == b.Owner && a.Grantee == b.Grantee && a.InstanceID == b.InstanceID &&
		a.Product == b.Product && a.Origin == b.Origin && a.ContractQuota == b.ContractQuota && a.Remark == b.Remark &&
		a.Issued.Equal(b.Issued) && a.Granted.Equal(b.Granted) && sameFiling(a.Filing, b.Filing) &&
		same(a.Paid, b.Paid) && same(a.Refund, b.Refund) &&
		(a.Step == nil) == (b.Step == nil) && (a.Step == nil || *a.Step == *b.Step)
}

func sameResult(a, b *icpcode.Result) bool {
	return a.RequestID == b.RequestID && a.Action == b.Action && a.At.Equal(b.At) && slices.Equal(a.Codes, b.Codes) && slices.Equal(a.Resting, b.Resting) &&
		a.State == b.State && a.Quota == b.Quota && same(a.Money, b.Money) && slices.Equal(a.Candidates, b.Candidates)
}

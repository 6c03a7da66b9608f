package icpcode

import (
	"context"
	"iter"
	"slices"
	"time"
)

// pageSize is how many records or events the engine asks a store for at once.
const pageSize = 200

// ListRequest asks for codes. Only those that concern Account are found, as
// Actor may see them.
type ListRequest struct {
	Actor AccountID
	// Account has the codes that are asked for. "" means Actor; where an
	// operator names an instance, a number or a service, it means all
	// accounts. Only an operator may ask for the codes of others.
	Account AccountID
	// InstanceID, ICPNumber, Domain and App narrow the list, at most one of
	// them. Domain and App are of the last filing; a domain is found in
	// whatever form it was typed (FIL-SERVICE).
	InstanceID InstanceID
	ICPNumber  string
	Domain     string
	App        string
	// State narrows the list to one state, as the list shows it; StateNone
	// means all.
	State State
	// Facts returns today's facts about an instance, as far as known, and
	// nil knows none: a code whose instance has expired then shows its
	// recorded state (LIF-EFFECTIVE).
	Facts func(InstanceID) Instance
	// Newest asks for the latest issued first; false: in any order.
	Newest bool
	// After and Limit are for the methods whose names end in Page. After is
	// the Next of the page before, "" for the first page. Limit is how many
	// a page holds at most, 1 to 1000; 0 means 20.
	After string
	Limit int
}

// Assessment is a code and what the rules say of it.
type Assessment struct {
	Record   Record
	Decision Decision
}

// GrantQuota is how far an account has used its caps on grants in a natural
// year. It tells numbers only, never who the counterparties are (GRT-PRIVATE).
// Partners are counted to 1000.
type GrantQuota struct {
	Year   int
	Out    Quota     // different grantees of the account (GRT-OUT)
	In     Quota     // different granters to the account (GRT-IN)
	Resets time.Time // when both begin again: 1 January 00:00 Asia/Shanghai
}

// GrantQuota returns the caps on grants of the actor's own account in the
// natural year of now.
func (e *Engine) GrantQuota(ctx context.Context, actor AccountID) (GrantQuota, error) {
	now, set, _, err := e.ask(ctx, actor)
	if err != nil {
		return GrantQuota{}, err
	}
	year := NaturalYear(now)
	var v view
	if err := e.load(ctx, &v, []Key{granteesKey(actor, year), grantersKey(actor, year)}); err != nil {
		return GrantQuota{}, err
	}
	q := GrantQuota{Year: year, Resets: yearEnds(year)}
	q.Out.Limit, q.In.Limit = set.Grant.MaxGrantees, set.Grant.MaxGranters
	if p := read[Partners](&v, granteesKey(actor, year)); p != nil {
		q.Out.Used = len(p.Accounts)
	}
	if p := read[Partners](&v, grantersKey(actor, year)); p != nil {
		q.In.Used = len(p.Accounts)
	}
	return q, nil
}

// Lookup returns one code as the actor may see it now. Today's facts about
// its instance are optional. To an actor who is neither its owner nor its
// grantee nor an operator the answer is [ErrNoCode], whatever there is.
func (e *Engine) Lookup(ctx context.Context, actor AccountID, code Code, today Instance) (Record, error) {
	r, roles, now, err := e.lookup(ctx, actor, code)
	if err != nil {
		return Record{}, err
	}
	if err := today.normalize(); err != nil {
		return Record{}, err
	}
	if err := today.settle("today.ID", r.InstanceID); err != nil {
		return Record{}, err
	}
	return r.view(roles, today, now), nil
}

func (e *Engine) lookup(ctx context.Context, actor AccountID, code Code) (*Record, Role, time.Time, error) {
	now, _, operator, err := e.ask(ctx, actor)
	if err != nil {
		return nil, 0, now, err
	}
	var v view
	if err := e.load(ctx, &v, []Key{recordKey(code)}); err != nil {
		return nil, 0, now, err
	}
	c := call{actor: actor, operator: operator}
	r, roles, err := c.find(&v, code)
	return r, roles, now, err
}

// ask checks a reading request and reads the clock for it.
func (e *Engine) ask(ctx context.Context, actor AccountID) (now time.Time, set *RuleSet, operator bool, err error) {
	if err := ctx.Err(); err != nil {
		return now, nil, false, err
	}
	if err := checkID("Actor", string(actor)); err != nil {
		return now, nil, false, err
	}
	if now, set, err = e.now(); err != nil {
		return now, nil, false, err
	}
	operator, err = e.isOperator(actor)
	return now, set, operator, err
}

// Owned lists the codes that the account issued or bought, or that were
// imported as its (本账号生成的服务码), also those it granted away. An error ends
// the list.
func (e *Engine) Owned(ctx context.Context, r ListRequest) iter.Seq2[Record, error] {
	return records(e.all(ctx, owned(r)))
}

// Received lists the codes that were granted to the account
// (他人授权给我的服务码), also those that are dead. An error ends the list.
func (e *Engine) Received(ctx context.Context, r ListRequest) iter.Seq2[Record, error] {
	return records(e.all(ctx, received(r)))
}

// Pick lists the codes that the account holds, and for each whether it can be
// filed with now, and if not why (FIL-PICK). An error ends the list.
func (e *Engine) Pick(ctx context.Context, r ListRequest) iter.Seq2[Assessment, error] {
	return e.all(ctx, picked(r))
}

func records(all iter.Seq2[Assessment, error]) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for a, err := range all {
			if !yield(a.Record, err) {
				return
			}
		}
	}
}

func isOwner(r *Record, a AccountID) bool   { return r.Owner == a }
func isGrantee(r *Record, a AccountID) bool { return r.Grantee == a }
func isHolder(r *Record, a AccountID) bool  { return r.Holder() == a }

func owned(r ListRequest) *listing {
	return &listing{name: "owned", r: r, passes: []pass{{ByOwner, isOwner}}}
}

func received(r ListRequest) *listing {
	return &listing{name: "received", r: r, passes: []pass{{ByHolder, isGrantee}}}
}

func picked(r ListRequest) *listing {
	return &listing{name: "pick", r: r, passes: []pass{{ByHolder, isHolder}},
		judge: func(c *call, rec *Record, roles Role, today Instance) (Decision, error) {
			d := Decision{Case: c.newCase(OperationPick)}
			d.Case.about(rec, roles, c.actor, &today)
			c.set.decide(&d)
			return d, nil
		}}
}

// listing is one list on its way: what is asked for, and what is shown of each
// record.
type listing struct {
	name   string // tells cursors of different lists apart
	r      ListRequest
	passes []pass
	judge  judgement                // nil: says nothing
	wanted func(a *Assessment) bool // nil: all

	call *call
	all  bool  // of all accounts
	base Query // of each pass
}

// pass is one way through an index, and the records of it that are the
// account's.
type pass struct {
	by   Index
	keep func(*Record, AccountID) bool
}

// judgement says something of a record, given today's facts about its
// instance.
type judgement func(c *call, rec *Record, roles Role, today Instance) (Decision, error)

// begin checks a list, and prepares its passes.
func (e *Engine) begin(ctx context.Context, l *listing) error {
	now, set, operator, err := e.ask(ctx, l.r.Actor)
	if err != nil {
		return err
	}
	l.call = &call{actor: l.r.Actor, operator: operator, at: now, set: set, book: e.opt.RuleBook}
	return l.prepare()
}

// all goes through a whole list.
func (e *Engine) all(ctx context.Context, l *listing) iter.Seq2[Assessment, error] {
	return func(yield func(Assessment, error) bool) {
		l := *l // of this run
		if err := e.begin(ctx, &l); err != nil {
			yield(Assessment{}, err)
			return
		}
		if l.r.After != "" || l.r.Limit != 0 {
			yield(Assessment{}, invalid("After", "and Limit are of pages, and this list is whole"))
			return
		}
		for i := range l.passes {
			for rec, err := range e.pages(ctx, l.query(i)) {
				var a Assessment
				show := true
				if err == nil {
					a, show, err = l.show(i, &rec)
				}
				if (show || err != nil) && !yield(a, err) || err != nil {
					return
				}
			}
		}
	}
}

// show returns what the list shows of a record that pass i came to, and whether
// it does.
func (l *listing) show(i int, rec *Record) (Assessment, bool, error) {
	c := l.call
	roles := rec.roles(c.actor, c.operator)
	if !l.all && !l.passes[i].keep(rec, l.r.Account) {
		return Assessment{}, false, nil // not the account's
	}
	if l.r.aboutFiling() && roles&(RoleHolder|RoleOperator) == 0 {
		return Assessment{}, false, nil // a filing that is not the viewer's to know
	}
	today, err := l.r.facts(rec.InstanceID)
	if err != nil {
		return Assessment{}, false, err
	}
	a := Assessment{Record: rec.view(roles, today, c.at)}
	if l.r.State != StateNone && a.Record.State != l.r.State {
		return a, false, nil
	}
	if l.judge != nil {
		if a.Decision, err = l.judge(c, rec, roles, today); err != nil {
			return Assessment{}, false, err
		}
	}
	return a, l.wanted == nil || l.wanted(&a), nil
}

// query returns the query of pass i.
func (l *listing) query(i int) Query {
	q := l.base
	if q.By == 0 {
		q.By, q.Value = l.passes[i].by, string(l.r.Account)
	}
	return q
}

// prepare checks what is asked for, and turns it into a query.
func (l *listing) prepare() error {
	r := &l.r
	narrowed, err := r.narrow(&l.base)
	if err != nil {
		return err
	}
	l.all = l.call.operator && r.Account == "" && narrowed
	if r.Account == "" {
		r.Account = r.Actor
	}
	if err := checkID("Account", string(r.Account)); err != nil {
		return err
	}
	if r.Account != r.Actor && !l.call.operator {
		return invalid("Account", "is another's, which only an operator may ask for")
	}
	if r.State >= numStates {
		return invalid("State", "is not a known state")
	}
	// What shows as one of these is recorded as it.
	if r.State == StateUnbound || r.State == StateFiling || r.State == StateFiled {
		l.base.State = r.State
	}
	l.base.Newest = r.Newest
	if narrowed {
		// One pass has the records of all passes.
		passes := l.passes
		l.passes = []pass{{keep: func(rec *Record, a AccountID) bool {
			return slices.ContainsFunc(passes, func(p pass) bool { return p.keep(rec, a) })
		}}}
	}
	return nil
}

// narrow makes q a query for the one instance, number or service that is asked
// for, if any.
func (r *ListRequest) narrow(q *Query) (bool, error) {
	f := Filing{Domain: r.Domain, App: r.App}
	for _, n := range [...]struct {
		by           Index
		field, typed string
		value        string
	}{
		{ByInstance, "InstanceID", string(r.InstanceID), string(r.InstanceID)},
		{ByICPNumber, "ICPNumber", r.ICPNumber, r.ICPNumber},
		{ByService, "Domain", r.Domain, f.Service()},
		{ByService, "App", r.App, f.Service()},
	} {
		if n.typed == "" {
			continue
		}
		if q.By != 0 {
			return true, invalid(n.field, "does not go together with an instance, a number or another service")
		}
		q.By, q.Value = n.by, n.value
		if n.field == "Domain" {
			if p := domainProblem(n.typed); p != "" {
				return true, invalid(n.field, p)
			}
		} else if err := checkID(n.field, n.typed); err != nil {
			return true, err
		}
	}
	return q.By != 0, nil
}

// aboutFiling reports whether something of a filing is asked for.
func (r *ListRequest) aboutFiling() bool { return r.ICPNumber != "" || r.Domain != "" || r.App != "" }

// facts asks for today's facts about an instance.
func (r *ListRequest) facts(id InstanceID) (Instance, error) {
	if r.Facts == nil || id == "" {
		return Instance{}, nil
	}
	var today Instance
	if err := guard("Facts", func() error { today = r.Facts(id); return nil }); err != nil {
		return today, err
	}
	if err := today.settle("Facts", id); err != nil {
		return today, err
	}
	return today, today.normalize()
}

// pages goes through all pages of a query.
func (e *Engine) pages(ctx context.Context, q Query) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		q.Limit = pageSize
		for {
			page, err := e.listPage(ctx, q)
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, r := range page.Records {
				if !yield(r, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			q.After = page.Next
		}
	}
}

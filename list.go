package icpcode

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"
)

// pageSize is how many records or events the engine asks a store for at once.
const pageSize = 200

// ListRequest asks for codes. Only those that concern Account are found, as
// Actor may see them.
type ListRequest struct {
	Actor AccountID
	// Account has the codes that are asked for. "" means Actor, and all
	// accounts where Actor is an operator. Only an operator may ask for the
	// codes of others.
	Account AccountID
	// All says that all accounts are meant, for a job that must not review or
	// list a part in silence: if Actor is no operator, or Account is set, the
	// error matches [ErrInvalid].
	All bool
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
	// Stage narrows the list to filings whose review is in that stage
	// (LIF-STAGE), Rejected to those that were sent back and not sent again
	// (LIF-REJECT), and Before, with one of them, to those that have been so
	// since before that instant. Such lists have only filings that are the
	// asker's to know.
	Stage    Stage
	Rejected bool
	Before   time.Time
	// Facts is asked for today's facts instead of Options.Facts, which says
	// how. If both are nil nothing is known: a code whose instance has expired
	// then shows its recorded state (LIF-EFFECTIVE).
	Facts func(context.Context, []InstanceID) (map[InstanceID]Instance, error)
	// Newest asks for the latest issued first; false: in any order.
	Newest bool
	// After, Limit and Look are for the methods whose names end in Page. After
	// is the Next of the page before, "" for the first page. Limit is how many
	// a page holds at most, 1 to 1000; 0 means 20. Look is how many codes are
	// looked at for a page at most, 1 to 1000; 0 means 1000. What is rare among
	// many codes then takes more pages, each of them sooner.
	After string
	Limit int
	Look  int
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

// Grantees returns the different accounts to which the actor's own account
// granted codes in a natural year, sorted: those that GRT-OUT counts. At most
// 1000 are kept. Year 0 is that of now. What an account received in the year
// is told as a number only, by GrantQuota (GRT-PRIVATE).
func (e *Engine) Grantees(ctx context.Context, actor AccountID, year int) ([]AccountID, error) {
	now, _, _, err := e.ask(ctx, actor)
	if err != nil {
		return nil, err
	}
	if year == 0 {
		year = NaturalYear(now)
	}
	if year < 2000 || year > 9999 { // 9999 has begun in Shanghai when 9998 ends in UTC
		return nil, invalid("year", "is outside the years 2000 to 9999")
	}
	var v view
	if err := e.load(ctx, &v, []Key{granteesKey(actor, year)}); err != nil {
		return nil, err
	}
	p := read[Partners](&v, granteesKey(actor, year))
	if p == nil {
		return nil, nil
	}
	return slices.Clone(p.Accounts), nil
}

// Lookup returns one code as the actor may see it now. Today's facts about
// its instance are optional; if none is stated, Options.Facts is asked. Every
// actor but its owner, its grantee and operators is answered [ErrNoCode],
// whatever there is.
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
	if !today.stated() && e.opt.Facts != nil && r.lapses() {
		known, err := e.facts(ctx, e.opt.Facts, []InstanceID{r.InstanceID})
		if err != nil {
			return Record{}, err
		}
		today = known[r.InstanceID]
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
	operator, err = e.isOperator(ctx, actor)
	return now, set, operator, err
}

// Owned lists the codes that the account issued or bought, or that were
// imported as its (本账号生成的服务码), also those it granted away: of all accounts,
// every code. An error ends the list.
func (e *Engine) Owned(ctx context.Context, r ListRequest) iter.Seq2[Record, error] {
	return records(e.all(ctx, owned(r)))
}

// Received lists the codes that were granted to the account
// (他人授权给我的服务码), also those that are dead: of all accounts, every code
// that was granted. An error ends the list.
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

// Each of these reports whether a record is in a list of account a, or in that
// of all accounts, which is "".
func isOwner(r *Record, a AccountID) bool   { return a == "" || r.Owner == a }
func isGrantee(r *Record, a AccountID) bool { return r.Grantee != "" && (a == "" || r.Grantee == a) }
func isHolder(r *Record, a AccountID) bool  { return a == "" || r.Holder() == a }

func owned(r ListRequest) *listing {
	return &listing{name: "owned", r: r, passes: []pass{{ByOwner, isOwner}}, asks: (*Record).lapses}
}

func received(r ListRequest) *listing {
	return &listing{name: "received", r: r, passes: []pass{{ByGrantee, isGrantee}}, asks: (*Record).lapses}
}

func picked(r ListRequest) *listing {
	return &listing{name: "pick", r: r, passes: []pass{{ByHolder, isHolder}},
		judge: func(l *listing, rec *Record, roles Role, today Instance) Decision {
			d := l.call.decision(OperationPick)
			d.Case.about(rec, roles, l.call.actor, &today)
			l.call.set.decide(&d)
			return d
		}}
}

// listing is one list on its way: what is asked for, and what is shown of each
// record.
type listing struct {
	name   string // tells cursors of different lists apart
	r      ListRequest
	passes []pass
	only   func(*Record) bool       // the records that can be in it; nil: all
	asks   func(*Record) bool       // those for which facts make a difference; nil: all
	judge  judgement                // nil: says nothing
	closed bool                     // judge also asks how instances were closed
	wanted func(a *Assessment) bool // nil: all

	call  *call
	base  Query // of each pass
	mixed bool  // the query finds records, too, that are not the asker's to know
	today map[InstanceID]Instance
	view  view // the ledgers
}

// pass is one way through an index, and the records of it that are the
// account's.
type pass struct {
	by   Index
	keep func(*Record, AccountID) bool
}

// judgement says something of a record, given today's facts about its
// instance.
type judgement func(l *listing, rec *Record, roles Role, today Instance) Decision

// begin checks a list, and prepares its passes.
func (e *Engine) begin(ctx context.Context, l *listing) error {
	now, set, operator, err := e.ask(ctx, l.r.Actor)
	if err != nil {
		return err
	}
	l.call = &call{actor: l.r.Actor, operator: operator, at: now, set: set, book: e.opt.RuleBook}
	if l.r.Facts == nil {
		l.r.Facts = e.opt.Facts
	}
	l.today = make(map[InstanceID]Instance)
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
		if l.r.After != "" || l.r.Limit != 0 || l.r.Look != 0 {
			yield(Assessment{}, invalid("After", "and Limit and Look are of pages, and this list is whole"))
			return
		}
		for i := range l.passes {
			for page, err := range e.pages(ctx, l.query(i)) {
				clear(l.today) // what is known of one page at a time is kept
				l.view = view{}
				var found []shown
				if err == nil {
					found, err = e.show(ctx, &l, i, page)
				}
				if err != nil {
					yield(Assessment{}, err)
					return
				}
				for n := range found {
					if !yield(found[n].Assessment, nil) {
						return
					}
				}
			}
		}
	}
}

// shown is what a list shows of one of the records that it came to.
type shown struct {
	Assessment
	at int // which record
}

// show returns what the list shows of the records that pass i came to.
func (e *Engine) show(ctx context.Context, l *listing, i int, records []Record) ([]shown, error) {
	c := l.call
	var found []shown
	for n := range records {
		if l.concerns(i, &records[n]) {
			found = append(found, shown{at: n})
		}
	}
	if err := e.inform(ctx, l, records, found); err != nil {
		return nil, err
	}
	kept := found[:0]
	for _, s := range found {
		rec := &records[s.at]
		roles := rec.roles(c.actor, c.operator)
		today := l.today[rec.InstanceID]
		s.Record = rec.view(roles, today, c.at)
		if l.r.State != StateNone && s.Record.State != l.r.State {
			continue
		}
		if l.judge != nil {
			today.IPs = slices.Clone(today.IPs) // which the decision keeps
			s.Decision = l.judge(l, rec, roles, today)
		}
		if l.wanted == nil || l.wanted(&s.Assessment) {
			kept = append(kept, s)
		}
	}
	return kept, nil
}

// concerns reports whether a record that pass i came to can be in the list,
// whatever today's facts are.
func (l *listing) concerns(i int, rec *Record) bool {
	if !l.passes[i].keep(rec, l.r.Account) || l.only != nil && !l.only(rec) {
		return false
	}
	if !l.knows(rec) || l.r.aboutReview() && !l.r.inReview(rec.Progress) {
		return false
	}
	s := l.r.State
	return s == StateNone || rec.seen(rec.roles(l.call.actor, l.call.operator)) == s || rec.lapses() && s == StateInvalid
}

// knows reports whether the asker may know that a record is what the list is
// narrowed to.
func (l *listing) knows(rec *Record) bool {
	roles := rec.roles(l.call.actor, l.call.operator)
	if l.r.aboutFiling() {
		return roles&(RoleHolder|RoleOperator) != 0 // an owner is not told of a grantee's filing
	}
	return roles != 0
}

// inform learns today's facts about the instances of the records found, and
// how they were closed, in one call each. What it learned of the page before
// it does not ask again.
func (e *Engine) inform(ctx context.Context, l *listing, records []Record, found []shown) error {
	var about []*Record
	for _, s := range found {
		about = append(about, &records[s.at])
	}
	if l.closed {
		var keys []Key
		for _, id := range instancesOf(about) {
			if l.view.find(ledgerKey(id)) == nil {
				keys = append(keys, ledgerKey(id))
			}
		}
		if err := e.load(ctx, &l.view, keys); err != nil {
			return err
		}
	}
	about = slices.DeleteFunc(about, func(r *Record) bool {
		_, known := l.today[r.InstanceID]
		return known || l.asks != nil && !l.asks(r)
	})
	ids := instancesOf(about)
	if l.r.Facts == nil || len(ids) == 0 {
		return nil
	}
	today, err := e.facts(ctx, l.r.Facts, ids)
	maps.Copy(l.today, today)
	return err
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
	if r.All && (r.Account != "" || !l.call.operator) {
		return invalid("All", "is for an operator that names no account")
	}
	if r.Account == "" && !l.call.operator {
		r.Account = r.Actor
	}
	if err := optionalID("Account", string(r.Account)); err != nil {
		return err
	}
	if r.Account == "" && !narrowed {
		l.base.By, narrowed = Everything, true
	}
	if r.Account != r.Actor && !l.call.operator {
		return invalid("Account", "is another's, which only an operator may ask for")
	}
	if r.State >= numStates {
		return invalid("State", "is not a known state")
	}
	if err := r.checkReview(); err != nil {
		return err
	}
	if r.aboutReview() && r.State == StateNone {
		l.base.State = StateFiling // nothing else is under review
	}
	// What shows as one of these is recorded as it.
	if r.State == StateUnbound || r.State == StateFiling || r.State == StateFiled {
		l.base.State = r.State
	}
	l.base.Newest = r.Newest
	l.mixed = narrowed && !l.call.operator
	if narrowed {
		// One pass has the records of all passes.
		passes := l.passes
		l.passes = []pass{{keep: func(rec *Record, a AccountID) bool {
			return slices.ContainsFunc(passes, func(p pass) bool { return p.keep(rec, a) })
		}}}
	}
	return nil
}

// pages goes through all pages of a query.
func (e *Engine) pages(ctx context.Context, q Query) iter.Seq2[[]Record, error] {
	return func(yield func([]Record, error) bool) {
		q.Limit = pageSize
		for {
			page, err := e.listPage(ctx, q)
			if !yield(page.Records, err) || err != nil {
				return
			}
			if page.Next == "" {
				return
			}
			q.After = page.Next
		}
	}
}

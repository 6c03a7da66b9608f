package icpcode

import (
	"errors"
	"slices"
	"time"
)

// call is what the decision of one request rests on beside its documents. It
// is fixed when the request enters; only the codes change between its
// attempts.
type call struct {
	actor     AccountID
	operator  bool // actor is an operator
	requestID string
	at        time.Time
	set       *RuleSet
	book      *RuleBook
	price     Money
	format    Format // of imported codes
	canVerify bool   // there is a phone hook
	canAsk    bool   // there is a hook for facts
	dry       bool
	capacity  capacity // of a Change

	codes []Code // drawn for this attempt, as many as the request draws
}

// request is one operation on its way through the engine. Its methods are
// pure, but for what prepare asks of a desk.
type request interface {
	// normalize checks the request and truncates its instants.
	normalize() error
	// fingerprint writes what makes the request the one it is.
	fingerprint(d *digest)
	// prepare gets what decide needs beside documents, and keeps it. It is
	// called before a request is decided, and again, with what decide told,
	// when that is errPhone, errFacts or errStale.
	prepare(c *call, last *told, d desk) error
	// draws says how many codes are to be drawn.
	draws(set *RuleSet) int
	// keys adds the keys that decide will read.
	keys(c *call, keys []Key) []Key
	// writes says how many documents decide puts at most, and how many events
	// it makes happen.
	writes(c *call) (puts, events int)
	// decide refuses, or writes to the view what the request does. It sees
	// nothing but the request, the call and the view.
	decide(c *call, v *view) (Result, Decision, error)
}

// Answers of decide that are not for the caller.
var (
	errPhone = errors.New("icpcode: the phone must be verified first")
	errStale = errors.New("icpcode: what was drawn or listed before does not fit")
	errFacts = errors.New("icpcode: facts about instances must be asked for first")
)

// unasked matches errFacts, and says which instances must be asked about.
type unasked []InstanceID

func (unasked) Error() string        { return errFacts.Error() }
func (unasked) Is(target error) bool { return target == errFacts }

// told is what decide told of a request.
type told struct {
	res     Result
	verdict *Decision // of a dry run, where rules advise, and where the phone is needed
	err     error
	events  []Event
}

// desk is where a request asks for what is no document of its own. What it
// answers may be out of date by the time the request is decided.
type desk interface {
	// attached lists the codes of an instance.
	attached(id InstanceID) ([]Code, error)
	// sharing returns the service of a filing under review, and at most 16
	// codes of filings for the same that are going on, but those to skip.
	sharing(code Code, skip []Code) (service string, codes []Code, err error)
	// birth returns the first event of a code, or nil.
	birth(code Code) (*Event, error)
	// verify asks the phone hook. A *HookError is its failure; anything else
	// matches ErrNotVerified.
	verify(v Verification) error
	// facts asks for today's facts about different instances. What it returns
	// has each of them.
	facts(ids []InstanceID) (map[InstanceID]Instance, error)
}

// learned is the part of a request that takes facts from Options.Facts, where
// it brings none.
type learned struct{ today map[InstanceID]Instance }

// learn asks for the facts that were lacking.
func (l *learned) learn(last *told, d desk) error {
	var about unasked
	if !errors.As(last.err, &about) {
		return nil
	}
	today, err := d.facts(about)
	if err == nil {
		l.today = today
	}
	return err
}

// about returns today's facts about the instances of records that have one. It
// matches errFacts where they must be asked for first.
func (l *learned) about(c *call, records ...*Record) (map[InstanceID]Instance, error) {
	if !c.canAsk {
		return nil, nil
	}
	ids := instancesOf(records)
	for _, id := range ids {
		if _, known := l.today[id]; !known {
			return nil, unasked(ids)
		}
	}
	return l.today, nil
}

// instancesOf returns the instances of records, each once.
func instancesOf(records []*Record) []InstanceID {
	var ids []InstanceID
	for _, r := range records {
		if r.InstanceID != "" {
			ids = append(ids, r.InstanceID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// direct is a request that needs nothing beforehand and draws nothing.
type direct struct{}

func (direct) prepare(*call, *told, desk) error { return nil }
func (direct) draws(*RuleSet) int               { return 0 }

// event returns an event of this call, to be completed.
func (c *call) event(code Code, a Action, to State) Event {
	return Event{
		Code: code, At: c.at, Action: a, Actor: c.actor, RequestID: c.requestID, To: to, RuleSetVersion: c.set.Version,
	}
}

// result returns a result of this call, to be completed.
func (c *call) result(a Action, s State, codes ...Code) Result {
	return Result{RequestID: c.requestID, Action: a, At: c.at, State: s, Codes: codes}
}

// decision returns a decision of this call yet to be made, whose case is to be
// completed.
func (c *call) decision(o Operation) (d Decision) {
	d.Case.begin(o, c.at)
	d.Case.Operator = c.operator
	return d
}

// decide decides a case, and turns the decision into an error: a refusal, or
// that the phone must be verified first. A dry run stops short of the phone.
func (c *call) decide(d *Decision) error {
	c.set.decide(d)
	if err := d.err(); err != nil {
		return err
	}
	if d.PhoneNeeded && !c.dry {
		return errPhone
	}
	return nil
}

// find returns the record of a code and the parts that the actor plays. To a
// stranger every code is the same: there is none.
func (c *call) find(v *view, code Code) (*Record, Role, error) {
	r := read[Record](v, recordKey(code))
	if r == nil {
		return nil, 0, ErrNoCode
	}
	roles := r.roles(c.actor, c.operator)
	if roles == 0 {
		return nil, 0, ErrNoCode
	}
	return r, roles, nil
}

// oneCode is a direct request that changes one code and nothing else.
type oneCode struct{ direct }

func (oneCode) writes(*call) (puts, events int) { return 1, 1 }

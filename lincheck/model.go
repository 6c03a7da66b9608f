// Package lincheck checks that the operations of an [icpcode.Engine] are
// linearizable: that whatever many clients did at the same time could as well
// have been done one after the other, each at some instant between its call
// and its answer.
//
// It is a module of its own, so that the checker stays out of the library's
// go.mod. The model in this file is written from the description of the
// domain and calls none of the library's code.
package lincheck

import (
	"maps"
	"reflect"
	"slices"

	"github.com/anishathalye/porcupine"
	"github.com/icpcode/icpcode"
)

// The limits of the rule book that the histories are made under: small ones,
// so that short histories reach them.
const (
	quota       = 3 // codes of an instance
	maxGrantees = 2 // of a granter
	maxGranters = 2 // of a grantee
)

// kind is what a client asks.
type kind string

const (
	issue    kind = "issue"
	buy      kind = "buy"
	bind     kind = "bind"
	grant    kind = "grant"
	submit   kind = "submit"
	resubmit kind = "resubmit"
	approve  kind = "approve"
	release  kind = "release"
	refund   kind = "refund"
	void     kind = "void"
	closing  kind = "close"
	end      kind = "end"
	lookup   kind = "look up"
	grantees kind = "count grantees"
	granters kind = "count granters"
	review   kind = "review"
)

// input is one request of a client. A request that is sent again, also by
// another client, has the same actor and ID.
type input struct {
	World    int // nothing is shared between two of them
	Kind     kind
	Actor    icpcode.AccountID
	Operator bool
	ID       string // of the request; "" for those that only read
	Instance icpcode.InstanceID
	Code     icpcode.Code
	N        int               // how many codes; of a review: released or running
	To       icpcode.AccountID // the grantee; "": none
	// End is how a filing ends, and Other the code that it moved to, or which
	// an approval replaces.
	End   icpcode.End
	Other icpcode.Code
}

// output is what the client was told.
type output struct {
	NoCode  bool
	Refused icpcode.RuleIDs // the rules that fail; 0: done
	Codes   []icpcode.Code
	// What was looked up or counted.
	State   icpcode.State
	Version uint64
	Grantee icpcode.AccountID
	Ended   icpcode.End
	Count   int
}

// code is what the model knows of a code.
type code struct {
	State    icpcode.State
	Version  uint64
	Owner    icpcode.AccountID
	Grantee  icpcode.AccountID
	Instance icpcode.InstanceID
	Paid     bool
	Known    bool // what it was filed for is known: the one service that there is
	// How its filing ended, and where it went.
	Ended icpcode.End
	Next  icpcode.Code
}

func (c code) holder() icpcode.AccountID {
	if c.Grantee != "" {
		return c.Grantee
	}
	return c.Owner
}

// instance is what the model counts for an instance.
type instance struct {
	Issued int
	Closed bool
}

// pair is a granter and a grantee.
type pair struct{ From, To icpcode.AccountID }

// request names a request.
type request struct {
	Actor icpcode.AccountID
	ID    string
}

// state is everything, at one instant. It is never changed: a step makes
// another one.
type state struct {
	Instances map[icpcode.InstanceID]instance
	Codes     map[icpcode.Code]code
	Partners  map[pair]bool
	Done      map[request]output
}

func (s *state) clone() *state {
	return &state{maps.Clone(s.Instances), maps.Clone(s.Codes), maps.Clone(s.Partners), maps.Clone(s.Done)}
}

func (s *state) count(of func(pair) bool) int {
	n := 0
	for p := range s.Partners {
		if of(p) {
			n++
		}
	}
	return n
}

// model is one world.
func model() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			worlds := map[int][]porcupine.Operation{}
			for _, o := range history {
				w := o.Input.(input).World
				worlds[w] = append(worlds[w], o)
			}
			return slices.Collect(maps.Values(worlds))
		},
		Init: func() any {
			return &state{
				map[icpcode.InstanceID]instance{}, map[icpcode.Code]code{}, map[pair]bool{}, map[request]output{},
			}
		},
		Step: func(s, in, out any) (bool, any) {
			ok, next := step(s.(*state), in.(input), out.(output))
			return ok, next
		},
		Equal: func(a, b any) bool { return reflect.DeepEqual(a, b) },
	}
}

// step reports whether the answer is right in state s, and what comes after.
func step(s *state, r input, o output) (bool, *state) {
	id := request{r.Actor, r.ID}
	if first, done := s.Done[id]; done && r.ID != "" {
		return reflect.DeepEqual(first, o), s
	}
	switch r.Kind {
	case lookup:
		c, known := s.Codes[r.Code]
		return o.NoCode == !known && o.State == c.State && o.Version == c.Version && o.Grantee == c.Grantee && o.Ended == c.Ended, s
	case grantees:
		return o.Count == s.count(func(p pair) bool { return p.From == r.Actor }), s
	case granters:
		return o.Count == s.count(func(p pair) bool { return p.To == r.Actor }), s
	case review:
		return o.Count == len(o.Codes) && slices.Equal(o.Codes, s.atRisk(r)), s
	}
	if r.Code != (icpcode.Code{}) && !s.sees(r) {
		return o.NoCode, s
	}
	fails := s.fails(r)
	if fails != 0 || o.NoCode || o.Refused != 0 {
		// A decision reads several documents, not all at the same instant. Its
		// refusal is right if one of its reasons holds.
		return !o.NoCode && o.Refused&fails != 0, s
	}
	next := s.clone()
	if !next.do(r, o) {
		return false, s
	}
	next.Done[id] = o
	return true, next
}

// What a review is told of an instance, the N of its request.
const (
	released = 1
	running  = 2
)

// atRisk returns the codes of an instance whose filings go on and rest on a
// server that is gone, in their order: it was released, or it was closed.
func (s *state) atRisk(r input) []icpcode.Code {
	var codes []icpcode.Code
	for name, c := range s.Codes {
		open := c.State == icpcode.StateFiling || c.State == icpcode.StateFiled && c.Ended == icpcode.EndNone
		if c.Instance == r.Instance && open && (r.N == released || s.Instances[r.Instance].Closed) {
			codes = append(codes, name)
		}
	}
	slices.SortFunc(codes, icpcode.Code.Compare)
	return codes
}

// sees reports whether the code exists to the actor.
func (s *state) sees(r input) bool {
	c, known := s.Codes[r.Code]
	return known && (r.Operator || r.Actor == c.Owner || r.Actor == c.Grantee)
}

// fails lists the rules that refuse a request.
func (s *state) fails(r input) icpcode.RuleIDs {
	var rules []icpcode.Rule
	no := func(rule icpcode.Rule, when bool) {
		if when {
			rules = append(rules, rule)
		}
	}
	c, i := s.Codes[r.Code], s.Instances[r.Instance]
	is := func(states ...icpcode.State) bool { return slices.Contains(states, c.State) }
	const (
		unbound, available, filing = icpcode.StateUnbound, icpcode.StateAvailable, icpcode.StateFiling
	)
	switch r.Kind {
	case issue:
		no(icpcode.LIFClose, i.Closed)
		no(icpcode.ELGQuota, i.Issued+r.N > quota)
	case bind:
		no(icpcode.LIFClose, i.Closed)
		no(icpcode.LIFBind, !is(unbound) || r.Actor != c.Owner)
	case grant:
		no(icpcode.GRTState, !is(unbound, available))
		no(icpcode.GRTOnce, c.Grantee != "" || r.Actor != c.Owner)
	case submit:
		no(icpcode.LIFSubmit, !is(available))
		no(icpcode.FILHolder, r.Actor != c.holder())
	case resubmit:
		no(icpcode.LIFResubmit, !is(filing))
		no(icpcode.FILHolder, r.Actor != c.holder())
	case approve:
		no(icpcode.LIFApprove, !is(filing) || !r.Operator)
		if r.Other != (icpcode.Code{}) {
			old := s.Codes[r.Other]
			no(icpcode.LIFEnd, old.State != icpcode.StateFiled || old.Ended != icpcode.EndNone)
			no(icpcode.FILService, !c.Known || !old.Known)
		}
	case end:
		ended := c.Ended != icpcode.EndNone && !c.again(r)
		no(icpcode.LIFEnd, !is(icpcode.StateFiled) || !r.Operator || ended)
		if r.Other != (icpcode.Code{}) {
			other := s.Codes[r.Other]
			no(icpcode.LIFEnd, other.State != icpcode.StateFiled)
			no(icpcode.FILService, !c.Known || !other.Known)
		}
	case release:
		no(icpcode.LIFRelease, !is(filing) || !r.Operator && r.Actor != c.holder())
	case refund:
		no(icpcode.LIFRefund, !is(unbound, available) || r.Actor != c.Owner || !c.Paid)
	case void:
		no(icpcode.LIFVoid, !is(unbound, available, filing) || !r.Operator)
	case closing:
		no(icpcode.LIFClose, i.Closed || !r.Operator)
	}
	if r.To != "" && !s.Partners[pair{r.Actor, r.To}] {
		no(icpcode.GRTOut, s.count(func(p pair) bool { return p.From == r.Actor }) >= maxGrantees)
		no(icpcode.GRTIn, s.count(func(p pair) bool { return p.To == r.To }) >= maxGranters)
	}
	return icpcode.MakeRuleIDs(rules...)
}

// do does what was asked, and reports whether the answer says so. It changes s.
func (s *state) do(r input, o output) bool {
	if r.To != "" {
		s.Partners[pair{r.Actor, r.To}] = true
	}
	i := s.Instances[r.Instance]
	switch r.Kind {
	case issue, buy:
		if len(o.Codes) != r.N {
			return false
		}
		c := code{State: icpcode.StateAvailable, Version: 1, Owner: r.Actor, Grantee: r.To, Instance: r.Instance}
		if r.To != "" {
			c.Version++
		}
		if r.Kind == buy {
			c.State, c.Paid = icpcode.StateUnbound, true
		} else {
			i.Issued += r.N
			s.Instances[r.Instance] = i
		}
		for _, drawn := range o.Codes {
			if _, known := s.Codes[drawn]; known {
				return false
			}
			s.Codes[drawn] = c
		}
		return true
	case closing:
		return s.close(r, o)
	}
	c := s.Codes[r.Code]
	if r.Kind != end || !c.again(r) {
		c.Version++
	}
	changed := []icpcode.Code{r.Code}
	switch r.Kind {
	case bind:
		c.State, c.Instance = icpcode.StateAvailable, r.Instance
	case grant:
		c.Grantee, c.Known = r.To, false
	case submit, resubmit:
		c.State, c.Known = icpcode.StateFiling, true
	case approve:
		c.State = icpcode.StateFiled
		if r.Other != (icpcode.Code{}) {
			old := s.Codes[r.Other]
			old.Version++
			old.Ended, old.Next = icpcode.EndMoved, r.Code
			s.Codes[r.Other] = old
			changed = append(changed, r.Other)
		}
	case end:
		c.Ended, c.Next = r.End, r.Other
	case release:
		c.State = icpcode.StateAvailable
	case refund:
		c.State = icpcode.StateRefunded
	case void:
		c.State = icpcode.StateInvalid
	}
	s.Codes[r.Code] = c
	return slices.Equal(o.Codes, changed)
}

// again reports whether the filing of a code ended before as it is to end.
func (c code) again(r input) bool { return c.Ended == r.End && c.Next == r.Other }

// close releases an instance.
func (s *state) close(r input, o output) bool {
	i := s.Instances[r.Instance]
	i.Closed = true
	s.Instances[r.Instance] = i
	ended := map[icpcode.Code]bool{}
	for name, c := range s.Codes {
		if c.Instance != r.Instance || c.State != icpcode.StateAvailable && c.State != icpcode.StateFiling {
			continue
		}
		c.State = icpcode.StateInvalid
		c.Version++
		s.Codes[name] = c
		ended[name] = true
	}
	for _, c := range o.Codes {
		if !ended[c] {
			return false
		}
		delete(ended, c)
	}
	return len(ended) == 0
}

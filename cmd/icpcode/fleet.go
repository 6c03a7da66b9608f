package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// tally is a number of servers and the codes that they could have.
type tally struct {
	Servers int `json:"servers"`
	Codes   int `json:"codes"`
}

func (t *tally) add(o tally, sign int) {
	t.Servers += sign * o.Servers
	t.Codes += sign * o.Codes
}

// cure is what would give servers codes that have none.
type cure struct {
	what    string // the remedies
	certain bool   // nothing else is unknown of these servers
}

// share is what one server, or one account where codes are counted per
// account, adds to the totals.
type share struct {
	verdict verdict
	tally   tally
	missing factSet   // of an unknown one
	cure    cure      // of one that may not; what is "" if nothing helps
	changes int       // remedies in the cure
	paid    bool      // nothing but a paid code helps
	until   time.Time // of one that may, or perhaps
	id      icpcode.InstanceID
	owner   icpcode.AccountID
}

// better reports whether s is the better of two for the same codes.
func (s *share) better(o *share) bool {
	rank := [numVerdicts]int{verdictYes: 2, verdictUnknown: 1, verdictNo: 0}
	if s.verdict != o.verdict {
		return rank[s.verdict] > rank[o.verdict]
	}
	if s.verdict == verdictNo {
		return s.cure.what != "" && o.cure.what == ""
	}
	return s.until.IsZero() || !o.until.IsZero() && s.until.After(o.until)
}

// reasonKey is what reasons have in common that are counted as one.
type reasonKey struct {
	set              string
	rule             icpcode.Rule
	outcome          icpcode.Outcome
	required, remedy string
	source           string
}

// reasonCount is how often there was a reason, and some of what was found.
type reasonCount struct {
	reasonKey
	servers int
	found   []string
	more    bool
}

// Limits on what is kept of a fleet, however large it is.
const (
	maxFound   = 3    // values shown of one reason
	maxGroups  = 1000 // reasons, cures and sets of missing facts
	maxProblem = 100  // problems in the JSON document
)

// day counts from 1970 in China.
type lapse struct {
	date        time.Time // 00:00 in China
	sure, maybe tally
	servers     crowd
}

// fleet adds up answers. It holds no server, only what differs between groups
// of them.
type fleet struct {
	speaker
	servers  [numVerdicts]int
	now      tally
	pending  map[factSet]*tally
	cures    map[cure]*tally
	needing  map[cure]*crowd
	options  map[option]int // servers that may not, by what would help, for -sites
	replace  tally          // servers that nothing helps; Codes is 0
	paid     tally          // servers that can only have paid codes; Codes is 0
	lapses   map[time.Time]*lapse
	reasons  map[reasonKey]*reasonCount
	expires  expiries
	accounts map[string]share // the best so far, where codes are counted per account
	sets     []*icpcode.RuleSet
	judged   map[string]int // servers by set
	assumed  icpcode.RuleIDs
	given    map[string]int // servers by fact
}

func newFleet(s speaker) *fleet {
	return &fleet{
		speaker: s,
		pending: make(map[factSet]*tally), cures: make(map[cure]*tally), needing: make(map[cure]*crowd), options: make(map[option]int),
		lapses: make(map[time.Time]*lapse), reasons: make(map[reasonKey]*reasonCount),
		expires: make(expiries), accounts: make(map[string]share), judged: make(map[string]int), given: make(map[string]int),
	}
}

// total is the number of servers.
func (f *fleet) total() int {
	n := 0
	for _, k := range f.servers {
		n += k
	}
	return n
}

// add takes the answer about the next server.
func (f *fleet) add(a *answer) {
	f.servers[a.verdict]++
	if f.judged[a.set.Version] == 0 {
		f.sets = append(f.sets, a.set)
	}
	f.judged[a.set.Version]++
	f.assumed |= a.decision.Assumed
	for _, c := range a.given {
		f.given[c.Fact]++
	}
	for _, r := range a.reasons {
		f.count(a, r)
	}
	f.expires.add(a.decision.Case.At, &a.server.Instance, string(a.server.Instance.ID))
	s := f.share(a)
	if i := &a.server.Instance; a.q.PerAccount && i.ContractQuota == 0 && a.listed {
		key := string(i.Owner) + "\x00" + string(i.Product) + "\x00" + a.set.Version
		old, found := f.accounts[key]
		if found && !s.better(&old) {
			return
		}
		if found {
			f.apply(old, -1)
		}
		f.accounts[key] = s
	}
	f.apply(s, 1)
}

// share is what a adds to the totals.
func (f *fleet) share(a *answer) share {
	s := share{verdict: a.verdict, tally: tally{1, a.most}, until: a.until, id: a.server.Instance.ID, owner: a.server.Instance.Owner}
	switch a.verdict {
	case verdictUnknown:
		s.missing = a.missing
	case verdictNo:
		s.cure, s.changes = f.cure(a)
		s.paid = paidOnly(a)
		s.tally.Codes = a.could()
		if s.cure.what == "" {
			s.tally.Codes = 0
		}
	}
	return s
}

// apply adds a share to the totals, or with sign -1 takes it out again.
func (f *fleet) apply(s share, sign int) {
	switch s.verdict {
	case verdictYes:
		f.now.add(s.tally, sign)
	case verdictUnknown:
		tallyOf(f.pending, s.missing, 0).add(s.tally, sign)
	case verdictNo:
		if s.paid {
			f.paid.add(s.tally, sign)
			return
		}
		if s.cure.what == "" {
			f.replace.add(s.tally, sign)
			return
		}
		if o := optionOf(s); f.options[o] > 0 || len(f.options) < maxGroups {
			f.options[o] += sign
		}
		several := cure{f.say("several remedies", "多项措施"), false}
		tallyOf(f.cures, s.cure, several).add(s.tally, sign)
		tallyOf(f.needing, s.cure, several).add(s.id, s.owner, sign)
		return
	}
	if s.until.IsZero() {
		return
	}
	y, m, d := s.until.In(china).Date()
	date := time.Date(y, m, d, 0, 0, 0, 0, china)
	if f.lapses[date] == nil {
		f.lapses[date] = &lapse{date: date}
	}
	l := f.lapses[date]
	l.servers.add(s.id, s.owner, sign)
	if s.verdict == verdictYes {
		l.sure.add(s.tally, sign)
		return
	}
	l.maybe.add(s.tally, sign)
}

// tallyOf returns the tally of a group, or that of rest if there are too many.
func tallyOf[K comparable, T any](groups map[K]*T, key, rest K) *T {
	if groups[key] == nil && len(groups) >= maxGroups {
		key = rest
	}
	if groups[key] == nil {
		groups[key] = new(T)
	}
	return groups[key]
}

// incurable are the rules that no remedy makes this server pass.
var incurable = icpcode.MakeRuleIDs(icpcode.ELGProduct, icpcode.ELGRegion, icpcode.ELGQuota, icpcode.FILForeign)

// paidOnly reports whether all that keeps the server from another code is that
// its free ones are used, and a paid one can be had.
func paidOnly(a *answer) bool {
	return a.decision.Fail == icpcode.MakeRuleIDs(icpcode.ELGQuota) &&
		slices.ContainsFunc(a.reasons, func(r icpcode.Reason) bool { return r.Rule == icpcode.PAYWhen })
}

// cure returns what would let the server have codes, what being "" if nothing
// does and another server is needed, and how many changes that takes.
func (f *fleet) cure(a *answer) (c cure, changes int) {
	i, fail := &a.server.Instance, a.decision.Fail
	gone := i.Status == icpcode.StatusRefunded || i.Status == icpcode.StatusReleased
	if fail&incurable != 0 || fail.Has(icpcode.ELGStatus) && gone || fail.Has(icpcode.ELGTerm) && a.q.FirstPurchaseOnly {
		return cure{}, 0
	}
	// Who converts a server to subscription chooses the term.
	bought := icpcode.RuleIDs(0)
	if i.Billing == icpcode.PayAsYouGo {
		bought = icpcode.MakeRuleIDs(icpcode.ELGTerm, icpcode.ELGRemaining) & a.decision.Unknown
	}
	var remedies, terms []string
	for _, r := range a.reasons {
		if r.Outcome == icpcode.OutcomeFailed {
			remedies = append(remedies, r.Remedy)
		}
		if bought.Has(r.Rule) {
			terms = append(terms, r.Required)
		}
	}
	remedies = renewOnce(distinct(remedies), f.say("renew until ", "续费至"), f.say(" and ", "，且"), f.say("renew; ", "续费；"))
	what := strings.Join(remedies, f.say("; ", "；"))
	if len(terms) > 0 {
		what = f.say("%s; then also required: %s", "%s；此后还须满足：%s", what, strings.Join(terms, f.say("; ", "；")))
	}
	return cure{what, a.decision.Unknown&^a.decision.Assumed&^bought == 0}, len(remedies)
}

// distinct leaves out what another says too, word for word and more.
func distinct(remedies []string) []string {
	var out []string
	for i, r := range remedies {
		said := func(o string) bool { return strings.HasPrefix(o, r) }
		if !slices.ContainsFunc(out, said) && !slices.ContainsFunc(remedies[i+1:], said) {
			out = append(out, r)
		}
	}
	return out
}

// renewOnce makes one of the remedies that begin with renew: what to renew until
// is said together, where the first of them stood, and bare renewing before
// something else is said by them.
func renewOnce(remedies []string, renew, and, bare string) []string {
	var out []string
	first := -1
	for _, r := range remedies {
		until, also := strings.CutPrefix(r, renew)
		if also && first >= 0 {
			out[first] += and + until
			continue
		}
		if also {
			first = len(out)
		}
		out = append(out, r)
	}
	for i := range out {
		if first >= 0 {
			out[i] = strings.TrimPrefix(out[i], bare)
		}
	}
	return out
}

// count counts a reason.
func (f *fleet) count(a *answer, r icpcode.Reason) {
	k := reasonKey{a.set.Version, r.Rule, r.Outcome, r.Required, r.Remedy, r.Source(f.lang)}
	c := f.reasons[k]
	if c == nil {
		if len(f.reasons) >= maxGroups {
			return
		}
		c = &reasonCount{reasonKey: k}
		f.reasons[k] = c
	}
	c.servers++
	if slices.Contains(c.found, r.Found) {
		return
	}
	if len(c.found) == maxFound {
		c.more = true
		return
	}
	c.found = append(c.found, r.Found)
}

// sortedReasons returns the reasons by set, rule and outcome.
func (f *fleet) sortedReasons() []*reasonCount {
	return slices.SortedFunc(maps.Values(f.reasons), func(x, y *reasonCount) int {
		return cmp.Or(
			cmp.Compare(x.set, y.set), cmp.Compare(x.rule, y.rule), cmp.Compare(x.outcome, y.outcome),
			cmp.Compare(x.required, y.required), cmp.Compare(x.remedy, y.remedy),
		)
	})
}

// sortedLapses returns the days on which codes are lost, the first one first.
func (f *fleet) sortedLapses() []*lapse {
	return slices.SortedFunc(maps.Values(f.lapses), func(x, y *lapse) int { return x.date.Compare(y.date) })
}

// sortedCures returns the remedies, those that give most codes first.
func (f *fleet) sortedCures() []cure {
	return slices.SortedFunc(maps.Keys(f.cures), func(x, y cure) int {
		return cmp.Or(cmp.Compare(f.cures[y].Codes, f.cures[x].Codes), cmp.Compare(x.what, y.what), cmp.Compare(btoi(y.certain), btoi(x.certain)))
	})
}

// sortedPending returns the sets of missing facts, those that could give most
// codes first.
func (f *fleet) sortedPending() []factSet {
	return slices.SortedFunc(maps.Keys(f.pending), func(x, y factSet) int {
		return cmp.Or(cmp.Compare(f.pending[y].Codes, f.pending[x].Codes), cmp.Compare(x, y))
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

package ruletest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// coverage counts what was seen in a run, so that a run that stopped testing
// something can say so.
type coverage struct {
	steps   int
	done    [numKinds]int
	refused [numKinds]int
	fail    map[icpcode.Rule]int
	unknown map[icpcode.Rule]int
	assumed map[icpcode.Rule]int
	risks   map[icpcode.Rule]int // findings of reviews
	marks   map[mark]int
	judged  map[icpcode.Operation]int // decisions that were judged a second time
	read    int                       // of those, from their JSON

	tooLarge int // requests that did not fit into one commit of the store
}

// mark is something else that was seen.
type mark string

const (
	issuedAndGranted mark = "an issue and grant"
	unfit            mark = "a filing that was refused because of its server"
	advised          mark = "a filing that went with advice on its server"
	longerFirst      mark = "a term that failed although a longer first purchase was stated"
	firstGrant       mark = "a grant after the phone was verified"
	whyToOwner       mark = "a dead code that told its owner why"
	whyToGrantee     mark = "a dead code that told its grantee why"
	canMove          mark = "a filing that could move to another instance"
	cannotMove       mark = "a filing that could not move to another instance"
	movedByOperator  mark = "an operator that asked about a move"
	movedByPages     mark = "a move that was asked by several pages"
	reviewedByPages  mark = "a review that was asked by several pages"
	endedAtRisk      mark = "a filing that ended, with whose instance something is wrong"
	listedStage      mark = "a filing that was listed by its stage"
	listedRejected   mark = "a filing that was listed as sent back"
	listedOld        mark = "a filing that was listed because it has been so for long"
	tooYoung         mark = "a filing that was not listed because it has been so too shortly"
	noSignal         mark = "a phone hook that failed"
	earlyGrant       mark = "a grant on 1 January in Shanghai, before it is that in UTC"
	quotaUsedUp      mark = "a quota that was used up to the last code"
	capReached       mark = "a cap on partners that was reached"
	repeated         mark = "the same request again"
	reused           mark = "another request under the same ID"
	importedAgain    mark = "the same import again"
	differs          mark = "an import that differs"
	closedPaid       mark = "a closed instance whose paid codes were refunded"
	atEase           mark = "a filing with which nothing is wrong"
	renewing         mark = "a filing whose instance renews itself before it expires"
	closedFiled      mark = "a closed instance on which filings rest"
	twoCurrencies    mark = "an instance closed with paid codes in two currencies"
	stranger         mark = "a stranger"
	unreadable       mark = "a request that cannot be read"
	beforeRules      mark = "an instant before the first rule set"
	noPrice          mark = "no price"
	commitConflicts  mark = "a commit that met a conflict"
	answerWasLost    mark = "a commit whose answer was lost"
	commitWasLost    mark = "a commit that was lost, unknown to the engine"
	nothingLoads     mark = "a store that cannot be read"
)

func newCoverage() *coverage {
	return &coverage{
		fail: map[icpcode.Rule]int{}, unknown: map[icpcode.Rule]int{}, assumed: map[icpcode.Rule]int{}, risks: map[icpcode.Rule]int{}, marks: map[mark]int{},
		judged: map[icpcode.Operation]int{},
	}
}

func (c *coverage) mark(m mark, seen bool) {
	if seen {
		c.marks[m]++
	}
}

// count counts an operation and its answer.
func (c *coverage) count(o *op, a *answer, f fault, now time.Time) {
	c.steps++
	c.mark(commitConflicts, f == conflict)
	c.mark(answerWasLost, f == lostAnswer)
	c.mark(commitWasLost, f == lostCommit)
	c.mark(nothingLoads, f == badLoad)
	if a.large {
		c.tooLarge++
	}
	if a.err == nil {
		c.mark(repeated, a.replay)
		c.mark(importedAgain, a.noop)
		if a.replay || a.noop {
			return
		}
		c.done[o.kind]++
		c.mark(closedFiled, o.kind == opClose && len(a.res.Resting) > 0)
		c.mark(advised, a.advice != 0)
		c.mark(issuedAndGranted, o.kind == opIssue && o.to != "")
		c.mark(firstGrant, a.phone)
		c.mark(earlyGrant, o.to != "" && year(now) != now.UTC().Year())
		for r := range a.assumed.All() {
			c.assumed[r]++
		}
		return
	}
	for err, m := range map[error]mark{
		icpcode.ErrRequestReused: reused, icpcode.ErrDiffers: differs, icpcode.ErrNoCode: stranger, icpcode.ErrInvalid: unreadable,
		icpcode.ErrNoRules: beforeRules, icpcode.ErrNoPrice: noPrice, icpcode.ErrHook: noSignal,
	} {
		c.mark(m, errors.Is(a.err, err))
	}
	if !errors.Is(a.err, icpcode.ErrRefused) {
		return
	}
	c.refused[o.kind]++
	c.mark(longerFirst, a.fail.Has(icpcode.ELGTerm) && 0 < o.inst.TermMonths && o.inst.TermMonths < o.inst.FirstTermMonths)
	c.mark(unfit, (o.kind == opSubmit || o.kind == opResubmit) && a.fail&elg != 0)
	for r := range a.fail.All() {
		c.fail[r]++
	}
	for r := range (a.unknown &^ a.assumed).All() {
		c.unknown[r]++
	}
}

// String lists what was seen.
func (c *coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d operations\ndone and refused:", c.steps)
	for k := range c.done {
		fmt.Fprintf(&b, " %v %d %d,", kind(k), c.done[k], c.refused[k])
	}
	for _, m := range []struct {
		what string
		n    map[icpcode.Rule]int
	}{{"refused by", c.fail}, {"unknown", c.unknown}, {"assumed", c.assumed}, {"at risk by", c.risks}} {
		fmt.Fprintf(&b, "\n%s:", m.what)
		for _, r := range slices.Sorted(maps.Keys(m.n)) {
			fmt.Fprintf(&b, " %v %d,", r, m.n[r])
		}
	}
	for _, m := range slices.Sorted(maps.Keys(c.marks)) {
		fmt.Fprintf(&b, "\n%s: %d", m, c.marks[m])
	}
	all := 0
	for _, n := range c.judged {
		all += n
	}
	fmt.Fprintf(&b, "\n%d decisions judged twice, from the JSON of their cases, %d of them from their own:", all, c.read)
	for _, o := range slices.Sorted(maps.Keys(c.judged)) {
		fmt.Fprintf(&b, " %v %d,", o, c.judged[o])
	}
	return b.String()
}

// shortfall is something that was not seen often enough.
type shortfall struct {
	what string
	seen int
}

// seldom is how often everything must be seen.
const seldom = 5

// missing lists what the book makes possible and was not seen often enough.
func (s *setup) missing() []shortfall {
	var missing []shortfall
	need := func(possible bool, what string, seen int) {
		if possible && seen < seldom {
			missing = append(missing, shortfall{what, seen})
		}
	}
	c := s.seen
	p := s.possible()
	for k := range kind(numKinds) {
		possible := true
		if k == opIssue || k == opAuto || k == opBind {
			possible = p.issue
		}
		if k == opGrant {
			possible = p.grant
		}
		need(possible, k.String()+" done", c.done[k])
		need(true, k.String()+" refused", c.refused[k])
	}
	for r := range p.fail.All() {
		need(true, "refused by "+r.String(), c.fail[r])
	}
	for r := range p.unknown.All() {
		need(true, "refused because a fact for "+r.String()+" is unknown", c.unknown[r])
	}
	for _, r := range [...]icpcode.Rule{icpcode.RSKExpiring, icpcode.RSKReleased, icpcode.RSKBilling, icpcode.RSKDowngraded, icpcode.RSKOwner, icpcode.RSKIP} {
		need(r != icpcode.RSKBilling || p.billing, "a finding by "+r.String(), c.risks[r])
	}
	for m, possible := range map[mark]bool{
		whyToOwner: true, whyToGrantee: true, canMove: p.issue, cannotMove: true, movedByOperator: true,
		movedByPages: true, reviewedByPages: true, endedAtRisk: true,
		listedStage: true, listedRejected: true, listedOld: true, tooYoung: true, longerFirst: p.fail.Has(icpcode.ELGTerm),
		issuedAndGranted: p.issueAndGrant, closedFiled: true, atEase: true, renewing: true, unfit: p.unfit, advised: p.advised, firstGrant: p.verify, noSignal: p.verify, earlyGrant: p.earlyGrant, quotaUsedUp: p.issue,
		closedPaid: p.closedPaid, capReached: p.cap, repeated: true, reused: true, importedAgain: true, differs: true, stranger: true, unreadable: true,
		noPrice: true, commitConflicts: true, answerWasLost: true, commitWasLost: true, nothingLoads: true,
	} {
		need(possible, string(m), c.marks[m])
	}
	for o := icpcode.OperationIssue; o < icpcode.OperationServersFor; o++ { // the last is no method of an engine
		need(true, o.String()+" judged a second time", c.judged[o])
	}
	need(true, "a decision read back from JSON", c.read)
	slices.SortFunc(missing, func(a, b shortfall) int { return strings.Compare(a.what, b.what) })
	return missing
}

// possible says what a book makes possible.
type possible struct {
	fail, unknown                                                                             icpcode.RuleIDs
	issue, grant, issueAndGrant, verify, cap, earlyGrant, closedPaid, unfit, advised, billing bool
}

// possible looks at the sets that are in force for more than a moment.
func (s *setup) possible() possible {
	p := possible{
		fail: icpcode.MakeRuleIDs(
			icpcode.ELGProduct, icpcode.ELGOwner, icpcode.ELGBatch, icpcode.LIFImport, icpcode.LIFBind, icpcode.LIFSubmit,
			icpcode.LIFResubmit, icpcode.LIFApprove, icpcode.LIFReject, icpcode.LIFStage, icpcode.LIFEnd, icpcode.LIFCorrect, icpcode.FILService, icpcode.LIFRelease, icpcode.LIFRefund, icpcode.LIFVoid, icpcode.LIFClose,
			icpcode.LIFEffective, icpcode.GRTOnce, icpcode.GRTState, icpcode.FILHolder, icpcode.FILWhat, icpcode.FILForeign,
		),
		unknown: icpcode.MakeRuleIDs(icpcode.ELGProduct, icpcode.ELGOwner),
	}
	can := func(ok bool, in *icpcode.RuleIDs, rules ...icpcode.Rule) {
		if ok {
			*in |= icpcode.MakeRuleIDs(rules...)
		}
	}
	for i := range s.sets {
		set := &s.sets[i]
		until := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		if i+1 < len(s.sets) {
			until = s.sets[i+1].Effective
		}
		if until.Sub(set.Effective) < 31*day {
			continue
		}
		supplies := false
		asked := []icpcode.Requirements{set.Base}
		for _, q := range set.Products {
			supplies = supplies || q.Quota > 0
			p.billing = p.billing || q.Subscription
			asked = append(asked, q.Requirements)
		}
		for _, q := range set.Products {
			can(!q.QuotaUnknown, &p.fail, icpcode.ELGQuota)
			can(q.QuotaUnknown, &p.unknown, icpcode.ELGQuota)
		}
		can(set.BatchUnknown, &p.unknown, icpcode.ELGBatch)
		for _, q := range asked {
			can(q.Subscription, &p.fail, icpcode.ELGBilling)
			can(q.TermMonths > 1, &p.fail, icpcode.ELGTerm)
			can(q.RemainingDays > 0, &p.fail, icpcode.ELGRemaining)
			can(q.Mainland && len(set.OtherRegions) > 0, &p.fail, icpcode.ELGRegion)
			can(q.PublicIP, &p.fail, icpcode.ELGPublicIP)
			can(q.Running, &p.fail, icpcode.ELGStatus)
			can(q.IPFree, &p.fail, icpcode.ELGIPInUse)
			can(q.Subscription, &p.unknown, icpcode.ELGBilling)
			can(q.TermMonths > 0, &p.unknown, icpcode.ELGTerm)
			can(q.RemainingDays > 0, &p.unknown, icpcode.ELGRemaining)
			can(q.Mainland, &p.unknown, icpcode.ELGRegion)
			can(q.PublicIP, &p.unknown, icpcode.ELGPublicIP)
			can(q.Running, &p.unknown, icpcode.ELGStatus)
			can(q.IPFree, &p.unknown, icpcode.ELGIPInUse)
		}
		can(set.Account != icpcode.AccountAny, &p.fail, icpcode.ELGAccount)
		can(set.Account != icpcode.AccountAny, &p.unknown, icpcode.ELGAccount)
		g := &set.Grant
		small := func(limit int) bool { return !g.Allowed || limit != icpcode.NoLimit && limit <= mostPassive }
		can(g.Enterprise, &p.fail, icpcode.GRTEnterprise)
		can(g.Enterprise, &p.unknown, icpcode.GRTEnterprise)
		can(g.VerifyFirst, &p.fail, icpcode.GRTFirst)
		can(small(g.MaxGrantees), &p.fail, icpcode.GRTOut)
		can(small(g.MaxGranters), &p.fail, icpcode.GRTIn)
		p.unfit = p.unfit || supplies && set.Filing.Refuse != 0
		p.advised = p.advised || supplies && set.Filing.Advise != 0
		p.closedPaid = p.closedPaid || set.Life.CloseRefundsPaid
		p.issue = p.issue || supplies
		p.grant = p.grant || g.Allowed
		p.issueAndGrant = p.issueAndGrant || supplies && g.Allowed
		p.verify = p.verify || g.VerifyFirst
		p.cap = p.cap || g.Allowed && (small(g.MaxGrantees) || small(g.MaxGranters))
		p.earlyGrant = p.earlyGrant || g.Allowed && newYear(year(set.Effective)+1).Before(until)
	}
	p.unknown &^= s.assumed()
	return p
}

// assumed are the rules whose unknown every set assumes to pass.
func (s *setup) assumed() icpcode.RuleIDs {
	all := s.sets[0].Assume
	for i := range s.sets {
		all &= s.sets[i].Assume
	}
	return all
}

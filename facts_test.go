package icpcode_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// Facts that name no instance are taken for the code's where only that can be
// meant, and facts about another are refused: none are dropped.
func TestFactsAreOfTheCodesInstance(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	c := w.issue(i, 1)[0]
	other := icpcode.Instance{ID: "i-other", Status: icpcode.StatusExpired}
	gone := icpcode.Instance{Status: icpcode.StatusExpired}
	if r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, "1001", c, gone)); r.State != icpcode.StateInvalid {
		t.Errorf("Lookup shows %v", r.State)
	}
	_, err := w.eng.Lookup(w.ctx, "1001", c, other)
	is(t, err, icpcode.ErrInvalid)
	_, err = w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: w.site(), Instance: gone})
	refused(t, err, icpcode.ELGStatus, icpcode.LIFEffective)
	_, err = w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: w.site(), Instance: other})
	is(t, err, icpcode.ErrInvalid)
	for _, facts := range [][]icpcode.Instance{{gone}, {other}, {i, i}} {
		_, err = w.eng.Grant(w.ctx, icpcode.GrantRequest{
			Actor: "1001", Codes: []icpcode.Code{c}, GrantTo: "2002", Certification: icpcode.Enterprise, Instances: facts,
		})
		is(t, err, icpcode.ErrInvalid)
	}
	for facts, want := range map[*icpcode.Instance]icpcode.State{&gone: icpcode.StateInvalid, {}: icpcode.StateAvailable} {
		for r, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: "1001", Facts: each(func(icpcode.InstanceID) icpcode.Instance { return *facts })}) {
			if err != nil || r.State != want {
				t.Errorf("Owned shows %v, %v, want %v", r.State, err, want)
			}
		}
	}
}

// What was filed and said before a grant is not the grantee's to know.
func TestGrantHidesWhatWasBefore(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	must[icpcode.Result](t)(w.submit("1001", c))
	must[icpcode.Result](t)(w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: "1001", Code: c, Reason: "private"}))
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: []icpcode.Code{c}, GrantTo: "2002", Certification: icpcode.Enterprise}))
	if r := must[icpcode.Record](t)(w.eng.Lookup(w.ctx, "2002", c, icpcode.Instance{})); r.Filing != nil || r.Reason != "" {
		t.Errorf("the grantee sees %+v, %q", r.Filing, r.Reason)
	}
}

// A review to which nothing is stated about an instance cannot tell, and lists
// its filing. Any one fact, with or without the ID, is about the instance, and
// what lacks beside it raises no finding.
func TestReviewOfNothingOrOneFact(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	w.filed("1001", w.issue(i, 1)[0])
	for what, today := range map[string]icpcode.Instance{
		"nothing":                {},
		"its ID":                 {ID: i.ID},
		"its owner":              {Owner: "1001"},
		"its product":            {Product: icpcode.ECS},
		"its provider":           {Provider: "alibaba"},
		"its region":             {Region: "cn-hangzhou"},
		"its billing":            {Billing: icpcode.Subscription},
		"its status":             {Status: icpcode.StatusRunning},
		"its term":               {TermMonths: 12},
		"its first term":         {FirstTermMonths: 12},
		"its creation":           {Created: at(2025, 1, 1, 0, 0, 0)},
		"its expiry":             {Expires: w.now.AddDate(1, 0, 0)},
		"that it renews itself":  {AutoRenew: icpcode.Yes},
		"its order":              {OrderAmount: decimal.NewFromInt(99)},
		"that it is no trial":    {Trial: icpcode.No},
		"a public IP":            {PublicIP: icpcode.Yes},
		"a partner's IP":         {PartnerIP: true},
		"its IPs":                {IPs: []netip.Addr{netip.MustParseAddr("47.96.1.180")}},
		"that its IP is free":    {IPHeld: icpcode.No},
		"that it is as it was":   {Downgraded: icpcode.No},
		"what its contract says": {ContractQuota: 7},
	} {
		cannotTell := false
		facts := func(icpcode.InstanceID) icpcode.Instance { return today }
		for a, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: "1001", Facts: each(facts)}) {
			d := must[icpcode.Assessment](t)(a, err).Decision
			cannotTell = d.Unknown&^d.Assumed != 0
		}
		if cannotTell != (what == "nothing") {
			t.Errorf("where %s is stated: the review cannot tell is %v", what, cannotTell)
		}
	}
}

// How many codes an instance issued is told to its owner alone. Where it is not
// stated who that is, the actor can be assumed to be; where it is, nobody else.
func TestCountIsTheOwnersAlone(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	w.issue(i, 2)
	assume := icpcode.MakeRuleIDs(icpcode.ELGOwner)
	for _, q := range []struct {
		what         string
		actor, owner icpcode.AccountID
		assume       icpcode.RuleIDs
		told         bool
	}{
		{"the owner", "1001", "1001", 0, true},
		{"the owner, which is assumed too", "1001", "1001", assume, true},
		{"somebody who is assumed to be the owner", "1001", "", assume, true},
		{"somebody who may be the owner", "1001", "", 0, false},
		{"a stranger", "6666", "1001", 0, false},
		{"a stranger, who assumes to be the owner", "6666", "1001", assume, false},
	} {
		i.Owner = q.owner
		d := must[icpcode.Decision](t)(verify(w.ctx, w.eng, icpcode.IssueRequest{Actor: q.actor, Instance: i, Quantity: 1, Assume: q.assume}))
		if q.told && d.Quota.Used != 2 || !q.told && d.Quota.Used >= 0 {
			t.Errorf("%s is told of %d codes", q.what, d.Quota.Used)
		}
	}
}

// A region that the set does not list is unknown, however long its name is.
func TestRegionsOfEveryLength(t *testing.T) {
	w := newWorld(t)
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(w.now))
	for n := range 129 {
		r := icpcode.IssueRequest{Actor: "1001", Instance: w.server("1001"), Quantity: 1}
		r.Instance.Region = strings.Repeat("x", n)
		if d := set.Check(r, 0, w.now); !d.Unknown.Has(icpcode.ELGRegion) {
			t.Errorf("a region of %d bytes is not unknown", n)
		}
	}
}

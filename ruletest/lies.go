package ruletest

import (
	"net/netip"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// facts returns what a request says of a server: mostly the truth.
func (g *gen) facts(s *server, assume *icpcode.RuleIDs) icpcode.Instance {
	i := s.today(g.model, g.now)
	if g.roll(4) < 3 {
		return i
	}
	q, _ := requirements(g.set(), s.product)
	for range 1 + g.roll(2) {
		among(g, lies)(g, &i, &q)
	}
	if i.Expires.Year() > 9998 {
		i.Expires = time.Time{}
	}
	if assume == nil {
		return i
	}
	switch g.roll(4) {
	case 2:
		*assume = elg | icpcode.MakeRuleIDs(icpcode.GRTEnterprise)
	case 3:
		*assume = icpcode.MakeRuleIDs(among(g, slices.Collect(elg.All())))
	}
	return i
}

// lies change one fact each: it fails its rule, just passes it, or is unknown.
var lies = []func(*gen, *icpcode.Instance, *icpcode.Requirements){
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) {
		i.Product = among(g, []icpcode.Product{"", g.unlisted})
	},
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) {
		i.Owner = among(g, []icpcode.AccountID{"", g.everyone[0], g.everyone[1]})
	},
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) {
		i.Billing = among(g, []icpcode.Billing{icpcode.PayAsYouGo, icpcode.BillingUnknown})
	},
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) {
		i.Trial = among(g, []icpcode.Tri{icpcode.Yes, icpcode.Unknown})
	},
	func(g *gen, i *icpcode.Instance, q *icpcode.Requirements) {
		i.TermMonths = max(0, min(q.TermMonths-1+g.roll(2), 1200))
		i.FirstTermMonths = max(0, min(q.TermMonths-1+g.roll(2), 1200))
	},
	func(g *gen, i *icpcode.Instance, q *icpcode.Requirements) {
		// Only creation and expiry are known, and just prove it too short.
		i.TermMonths, i.FirstTermMonths = 0, 0
		created := monthsAfter(i.Expires, -q.TermMonths).Add(time.Duration(g.roll(3)-1) * time.Microsecond)
		if created.Year() > 2000 {
			i.Created = created
		}
	},
	func(g *gen, i *icpcode.Instance, q *icpcode.Requirements) {
		// A long term is stated, and creation and expiry deny it, or just not.
		i.TermMonths, i.FirstTermMonths = 1200, 1200
		created := monthsAfter(i.Expires, -q.TermMonths).Add(day + time.Duration(g.roll(3)-1)*time.Microsecond)
		if created.Year() > 2000 {
			i.Created = created
		}
	},
	func(g *gen, i *icpcode.Instance, q *icpcode.Requirements) {
		// One of the two terms is known.
		i.FirstTermMonths = 0
		if g.roll(2) == 1 {
			i.TermMonths, i.FirstTermMonths = 0, max(0, min(q.TermMonths-1+g.roll(2), 1200))
		}
	},
	func(g *gen, i *icpcode.Instance, q *icpcode.Requirements) {
		i.TermMonths, i.FirstTermMonths = max(0, min(q.TermMonths-1+g.roll(2), 1200)), 0
	},
	func(g *gen, i *icpcode.Instance, q *icpcode.Requirements) {
		// More months are stated for the first purchase than with renewals
		// included, which just fail or just do not.
		i.TermMonths, i.FirstTermMonths = max(1, min(q.TermMonths-1+g.roll(2), 1199)), 1200
	},
	func(g *gen, i *icpcode.Instance, q *icpcode.Requirements) {
		i.Expires = g.now.Add(time.Duration(q.RemainingDays)*day + time.Duration(g.roll(3)-1)*time.Microsecond)
	},
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) {
		i.Expires = g.now.Add(time.Duration(g.roll(3)-1) * time.Microsecond)
	},
	func(_ *gen, i *icpcode.Instance, _ *icpcode.Requirements) { i.Expires = time.Time{} },
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) {
		i.Region = "atlantis"
		if other := g.set().OtherRegions; len(other) > 0 && g.roll(2) == 1 {
			i.Region = other[0]
		}
	},
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) {
		i.PublicIP, i.IPs = among(g, []icpcode.Tri{icpcode.No, icpcode.Unknown}), nil
	},
	func(_ *gen, i *icpcode.Instance, _ *icpcode.Requirements) { i.PublicIP = icpcode.No }, // though addresses are listed
	func(_ *gen, i *icpcode.Instance, _ *icpcode.Requirements) { i.PartnerIP = true },
	func(_ *gen, i *icpcode.Instance, _ *icpcode.Requirements) { i.IPs = nil },
	func(_ *gen, i *icpcode.Instance, _ *icpcode.Requirements) { i.IPs = addresses[1:] },
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) {
		i.Status = among(g, []icpcode.Status{
			icpcode.StatusUnknown, icpcode.StatusStopped, icpcode.StatusExpired, icpcode.StatusReleased,
			icpcode.StatusUnknown, icpcode.StatusStopped, icpcode.StatusLocked, icpcode.StatusRefunded, icpcode.StatusPending,
		})
	},
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) {
		i.IPHeld = among(g, []icpcode.Tri{icpcode.Yes, icpcode.Unknown})
	},
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) {
		i.Provider = among(g, []string{"not-" + g.set().Provider, g.set().Provider})
	},
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) { i.ContractQuota = 1 + g.roll(8) },
	func(g *gen, i *icpcode.Instance, q *icpcode.Requirements) {
		i.OrderAmount = among(g, []decimal.Decimal{decimal.Zero, q.MinOrder.Sub(decimal.New(1, -2)).Abs(), q.MinOrder})
	},
	func(g *gen, i *icpcode.Instance, _ *icpcode.Requirements) { i.Product = among(g, g.products) },
}

// product draws what a server is: mostly something that supplies codes now.
func (g *gen) product() icpcode.Product {
	if listed := g.set().Products; len(listed) > 0 && g.roll(6) < 5 {
		return among(g, listed).Product
	}
	return among(g, g.products)
}

// addresses are all that there are.
var addresses = []netip.Addr{
	netip.MustParseAddr("47.96.1.180"), netip.MustParseAddr("47.96.1.181"), netip.MustParseAddr("2408:4000::1"),
}

const day = 24 * time.Hour

package inventory

import (
	"github.com/icpcode/icpcode"
)

// The lists of the billing centres hold what an account pays for: servers among
// much else. They say how it is paid for and whether it renews itself, and
// nothing of what a server is like.

// errNoServer says that a record is of something that is no server, as most of
// what a billing centre lists.
var errNoServer = errorf("not a server", "不是服务器")

var (
	subscriptionType = words[icpcode.Billing]{{"Subscription", icpcode.Subscription}, {"PayAsYouGo", icpcode.PayAsYouGo}}

	// alibabaCodes are the product codes of what supplies service codes.
	alibabaCodes = words[icpcode.Product]{
		{"ecs", icpcode.ECS}, {"swas", icpcode.SWAS}, {"slb", icpcode.SLB}, {"alb", icpcode.SLB}, {"nlb", icpcode.SLB},
		{"nat_gw", icpcode.NAT}, {"ens", icpcode.ENS},
	}
	tencentCodes = words[icpcode.Product]{{"p_cvm", CVM}, {"p_lighthouse", Lighthouse}, {"p_clb", CLB}}

	// A service that is normal can be stopped all the same.
	alibabaBilled = words[icpcode.Status]{
		{"Normal", icpcode.StatusUnknown}, {"WaitForExpire", icpcode.StatusUnknown},
		{"Creating", icpcode.StatusPending}, {"Expired", icpcode.StatusExpired},
	}
	tencentBilled = words[icpcode.Status]{
		{"NORMAL", icpcode.StatusUnknown}, {"ISOLATED", icpcode.StatusLocked}, // waiting to be destroyed
	}

	alibabaRenewal = words[icpcode.Tri]{
		{"AutoRenewal", icpcode.Yes}, {"ManualRenewal", icpcode.No}, {"NotRenewal", icpcode.No}, {"Normal", icpcode.No},
	}
	tencentRenewal = words[icpcode.Tri]{
		{"NOTIFY_AND_AUTO_RENEW", icpcode.Yes}, {"NOTIFY_AND_MANUAL_RENEW", icpcode.No}, {"DISABLE_NOTIFY_AND_MANUAL_RENEW", icpcode.No},
		{"AUTO_RENEW", icpcode.Yes}, {"MANUAL_RENEW", icpcode.No}, // of CLB
	}
)

// renewal sets whether the server renews itself to what a member says. What is
// paid for by use has no term to renew.
func (b *builder) renewal(k key, meanings words[icpcode.Tri]) {
	b.renewalIs(b.word(k), k, meanings)
}

func (b *builder) renewalIs(flag []byte, k key, meanings words[icpcode.Tri]) {
	i := &b.s.Instance
	if len(flag) == 0 || i.Billing != icpcode.Subscription {
		return
	}
	v, ok := meanings.meaning(flag)
	if !ok {
		b.s.note(NoteUnreadable, keyNames[k], flag)
		return
	}
	i.AutoRenew = v
}

// alibabaBilling: QueryAvailableInstances. It names the account that has the
// service, not the one that bought it.
func (b *builder) alibabaBilling() (problem error) {
	if problem := b.id(keyBilledID); problem != nil {
		return problem
	}
	i := &b.s.Instance
	i.Provider = alibaba
	b.placeIs(b.word(keyBilledRegion), keyNames[keyBilledRegion])
	var server bool
	if i.Product, server = alibabaCodes.meaning(b.word(keyProductCode)); !server {
		return errNoServer
	}
	b.billing(keySubscriptionType, subscriptionType)
	i.Created = b.instant(keyCreateTime)
	b.expires(keyEndTime)
	b.renewal(keyRenewStatus, alibabaRenewal)
	b.status(keyStatus, alibabaBilled)
	if owner := b.word(keyBilledOwner); b.ownerBuys && len(owner) > 0 {
		if idProblem(owner) != nil {
			b.s.note(NoteUnreadable, keyNames[keyBilledOwner], owner)
		} else {
			i.Owner = icpcode.AccountID(owner)
		}
	}
	return nil
}

// alibabaRenewals: DescribeInstanceAutoRenewAttribute, which takes subscriptions
// alone.
func (b *builder) alibabaRenewals() (problem error) {
	if problem := b.id(keyInstanceID); problem != nil {
		return problem
	}
	i := &b.s.Instance
	i.Product, i.Provider, i.Billing = icpcode.ECS, alibaba, icpcode.Subscription
	b.renewal(keyRenewalStatus, alibabaRenewal)
	if n := b.member(keyAutoRenewEnabled); b.member(keyRenewalStatus) == 0 && n > 0 && b.t.nodes[n].kind == boolean {
		i.AutoRenew = icpcode.No
		if b.flag(keyAutoRenewEnabled) {
			i.AutoRenew = icpcode.Yes
		}
	}
	return nil
}

// tencentRenewals: DescribeRenewInstances, which lists subscriptions alone. Its
// instants have no zone; they are China's.
func (b *builder) tencentRenewals() (problem error) {
	if problem := b.id(keyInstanceID); problem != nil {
		return problem
	}
	i := &b.s.Instance
	i.Provider = tencent
	b.placeIs(b.word(keyRegionCode), keyNames[keyRegionCode])
	var server bool
	if i.Product, server = tencentCodes.meaning(b.word(keyProductCode)); !server {
		return errNoServer
	}
	i.Billing = icpcode.Subscription
	b.name(keyInstanceName)
	i.Expires = b.instantIn(keyExpireTime, china)
	b.renewal(keyRenewFlag, tencentRenewal)
	b.status(keyStatus, tencentBilled)
	return nil
}

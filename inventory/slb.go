package inventory

import (
	"bytes"

	"github.com/icpcode/icpcode"
)

var (
	clbBilling = words[icpcode.Billing]{
		{"PayOnDemand", icpcode.PayAsYouGo},
		{"PrePay", icpcode.Subscription},
	}
	clbStatus = words[icpcode.Status]{
		{"active", icpcode.StatusRunning},
		{"inactive", icpcode.StatusStopped},
		{"locked", icpcode.StatusLocked},
	}
	balancerBilling = words[icpcode.Billing]{{"PostPay", icpcode.PayAsYouGo}}
	balancerStatus  = words[icpcode.Status]{
		{"Active", icpcode.StatusRunning},
		{"Inactive", icpcode.StatusStopped},
		{"Provisioning", icpcode.StatusPending},
		{"Configuring", changing},
		{"CreateFailed", icpcode.StatusReleased},
		{"Deleting", icpcode.StatusReleased},
		{"Deleted", icpcode.StatusReleased},
	}
)

// clb: Classic Load Balancer. Its InstanceChargeType is how its use is
// metered; PayType is the billing. The list has no expiry, and the reply about
// one instance has each instant twice, also where the two differ.
func (b *builder) clb() (problem error) {
	if problem := b.id(keyLoadBalancerID); problem != nil {
		return problem
	}
	b.s.Instance.Product, b.s.Instance.Provider = icpcode.SLB, alibaba
	b.name(keyLoadBalancerName)
	b.place()
	b.billing(keyPayType, clbBilling)
	b.clbTerm()
	b.renewal(keyRenewalStatus, alibabaRenewal)
	b.status(keyLoadBalancerStatus, clbStatus)
	switch string(b.word(keyAddressType)) {
	case "internet":
		known := b.addresses(keyAddress, 0)
		if !known && b.s.Instance.PublicIP == icpcode.Unknown {
			b.s.Instance.PublicIP = icpcode.Yes // whichever it is
		}
		b.settleAddresses(known)
	case "intranet":
		b.s.note(NoteEIPUnlisted, "AddressType", b.word(keyAddressType))
	case "":
	default:
		b.s.note(NoteUnreadable, "AddressType", b.word(keyAddressType))
	}
	b.autoRelease(keyAutoReleaseTime)
	return nil
}

func (b *builder) clbTerm() {
	i := &b.s.Instance
	i.Created = b.instant(keyCreateTime)
	if stamp := b.instant(keyCreateTimeStamp); i.Created.IsZero() || differ(i.Created, stamp) {
		if !i.Created.IsZero() {
			b.s.note(NoteLaterCreation, "CreateTimeStamp", b.word(keyCreateTimeStamp))
		}
		if stamp.After(i.Created) {
			i.Created = stamp
		}
	}
	b.expires(keyEndTime)
	first := i.Expires
	b.expires(keyEndTimeStamp)
	if i.Expires.IsZero() {
		i.Expires = first
		return
	}
	if differ(first, i.Expires) {
		b.s.note(NoteEarlierExpiry, "EndTimeStamp", b.word(keyEndTimeStamp))
	}
	if !first.IsZero() && first.Before(i.Expires) {
		i.Expires = first
	}
}

// alb: Application Load Balancer. It can only be pay-as-you-go. The list
// gives its name in the DNS instead of addresses, and no region.
func (b *builder) alb() (problem error) {
	problem = b.balancer(keyLoadBalancerBussinessStatus, keyLoadBalancerOperationLocks)
	if problem == nil {
		b.placeByName()
		b.zones(keyAddress)
	}
	return problem
}

// placeByName takes the region out of the name in the DNS if nothing else gives
// it: "alb-1.cn-hangzhou.alb.aliyuncs.com".
func (b *builder) placeByName() {
	if b.s.Instance.Region != "" {
		return
	}
	_, rest, _ := bytes.Cut(b.word(keyDNSName), []byte("."))
	region, rest, _ := bytes.Cut(rest, []byte("."))
	if bytes.HasPrefix(rest, []byte("alb.")) {
		b.placeIs(region, "DNSName")
	}
}

// nlb: Network Load Balancer, with an address in each of its zones.
func (b *builder) nlb() (problem error) {
	problem = b.balancer(keyLoadBalancerBusinessStatus, keyOperationLocks)
	if problem == nil {
		b.zones(keyPublicIPv4Address)
	}
	return problem
}

func (b *builder) balancer(business, locks key) (problem error) {
	if problem := b.id(keyLoadBalancerID); problem != nil {
		return problem
	}
	b.s.Instance.Product, b.s.Instance.Provider = icpcode.SLB, alibaba
	b.name(keyLoadBalancerName)
	b.place()
	payType := b.t.child(b.t.member(keyLoadBalancerBillingConfig), keyPayType)
	b.billingIs(b.wordOf(payType, keyPayType), keyPayType, balancerBilling)
	b.s.Instance.Created = b.instant(keyCreateTime)
	b.status(keyLoadBalancerStatus, balancerStatus)
	given := b.restriction(business, "Normal", nil)
	given = b.locks(locks) || given
	b.needs(given, business)
	return nil
}

// zones: AddressType, and the addresses in the zones if they are given. One
// that faces the internet has addresses, whether or not they are given.
func (b *builder) zones(address key) {
	i := &b.s.Instance
	switch string(b.word(keyAddressType)) {
	case "Internet":
		i.PublicIP = icpcode.Yes
		b.zoneAddresses(address)
		if string(b.word(keyIpv6AddressType)) == "Internet" {
			b.zoneAddresses(keyIpv6Address)
		}
		b.settleAddresses(false)
	case "Intranet":
		b.settleAddresses(true)
	case "":
	default:
		b.s.note(NoteUnreadable, "AddressType", b.word(keyAddressType))
	}
}

func (b *builder) zoneAddresses(address key) {
	t := b.t
	b.found = b.found[:0]
	zones := t.member(keyZoneMappings)
	if zones == 0 {
		return
	}
	for zone := t.first(zones); zone > 0; zone = t.nodes[zone].next {
		list := t.child(zone, keyLoadBalancerAddresses)
		if list == 0 {
			continue
		}
		for c := t.first(list); c > 0; c = t.nodes[c].next {
			if a := t.child(c, address); a > 0 && t.nodes[a].kind == text {
				b.found = append(b.found, a)
			}
		}
	}
	b.useAddresses(keyNames[address], 0)
}
